"""One call under every mode and rule: a grid of proposals by modes, funded or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hansa.language import N_, _
from hansa.programme.laboratory import Outcome, as_skipped, pot_rows
from hansa.programme.losses import blockers
from hansa.views.call_words import funder_names, mode_text, money_of, rule_text, title_of
from hansa.views.canvas import Caption, Layer, Plot, compose, inner_width, rects, rules, texts
from hansa.views.figure import Figure, both
from hansa.views.format import MISSING, grouped, joined
from hansa.views.rowplot import Rows
from hansa.views.theme import DEEP, GROUND, INK, LINE, QUIET, Format

_HEAD = 44


def modes_figure(outcomes: Sequence[Outcome]) -> Figure:
    """A row a ranked proposal, a column a mode and rule; a filled square is funded."""
    caption = _caption(outcomes)
    specs = both(lambda form: compose(caption, _plot(outcomes, form), form))
    names = _order(outcomes)
    titles = {p.proposal.id: title_of(outcomes[0].call, p.proposal) for p in outcomes[0].places}
    return Figure(
        id="modes",
        columns=(_("Rank"), _("Proposal"), _("Title"), *(_column_name(o) for o in outcomes)),
        rows=tuple(
            (str(i), n, titles[n], *(_("yes") if n in o.funded else _("no") for o in outcomes))
            for i, n in enumerate(names, 1)
        ),
        **vars(caption),
        **specs,
    )


def _order(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    return outcomes[0].contest.proposals


def _column_name(outcome: Outcome) -> str:
    return f"{mode_text(outcome.mode)}, {rule_text(outcome.rule)}"


def modes_sentence(outcomes: Sequence[Outcome]) -> str:
    """How many are funded everywhere, and what the mode changes."""
    names = _order(outcomes)
    always = sum(all(n in o.funded for o in outcomes) for n in names)
    never = sum(not any(n in o.funded for o in outcomes) for n in names)
    fewest = min(outcomes, key=lambda o: len(o.funded))
    most = max(outcomes, key=lambda o: len(o.funded))
    return _(
        "{always} of {all} ranked proposals are funded whatever the mode and rule, {never} never. "
        "Fewest are funded under {fewest} ({low}), most under {most} ({high}).",
        always=always, all=len(names), never=never,
        fewest=_column_name(fewest), low=len(fewest.funded),
        most=_column_name(most), high=len(most.funded),
    )  # fmt: skip


def _caption(outcomes: Sequence[Outcome]) -> Caption:
    s = outcomes[0].call.settings
    title = modes_sentence(outcomes).split(". ")[0].rstrip(".")
    subtitle = _(
        "Proposals in rank order, a column a mode and ranking rule. Filled: funded. Empty: not. "
        "Crossed: passed over, one of lower score is funded."
    )
    notes = []
    late = [_column_name(o) for o in outcomes if o.decision.ended != "optimal"]
    if late:
        notes.append(
            _(
                "Found in the time given, a better choice may exist: {columns}.",
                columns=joined(late),
            )
        )
    alt = _("A grid. {title}. {subtitle}", title=title, subtitle=subtitle)
    source = _("Source: {source}", source=s.source or s.title)
    return Caption(title, subtitle, alt, tuple(notes), source, s.model_data)


def _plot(outcomes: Sequence[Outcome], form: Format) -> Plot:
    places = [p for p in outcomes[0].places if p.rank]
    names = tuple(
        f"{p.rank}  {p.proposal.id}" if form.narrow
        else f"{p.rank}  {p.proposal.id}  {title_of(outcomes[0].call, p.proposal)}"
        for p in places
    )  # fmt: skip
    rows = Rows(names, form, tuple({"proposal": p.proposal.id} for p in places))
    across = inner_width(form, outcomes[0].call.settings.model_data) - rows.left
    step = min(34.0, across / len(outcomes))
    layers: list[Layer] = [*rows.furniture(across), *_heads(outcomes, step, form)]
    full: list[dict[str, Any]] = []
    empty: list[dict[str, Any]] = []
    crossed: list[dict[str, Any]] = []
    for c, o in enumerate(outcomes):
        funded = set(o.funded)
        for i, place in enumerate(places):
            name = place.proposal.id
            x, y = c * step + step / 2, rows.middle(i)
            said = _("{proposal}: funded") if name in funded else _("{proposal}: not funded")
            hover = f"{said.format(proposal=name)} ({_column_name(o)})"
            box = {"x": x - 6, "x2": x + 6, "y": y - 6, "y2": y + 6, "proposal": name,
                   "hover": hover}  # fmt: skip
            (full if name in funded else empty).append(box)
            if name in o.passed:
                for low, high in ((y - 6, y + 6), (y + 6, y - 6)):
                    crossed.append(
                        {"x": x - 6, "x2": x + 6, "y": low, "y2": high, "proposal": name}
                    )
    layers.append(rects(empty, fill=GROUND, stroke=LINE, strokeWidth=1))
    layers.append(rects(full, fill=DEEP))
    if crossed:
        layers.append(rules(crossed, color=INK, strokeWidth=1.2))
    return Plot(round(across), rows.height, tuple(layers), left=rows.left, above=_HEAD + 6)


def _heads(outcomes: Sequence[Outcome], step: float, form: Format) -> list[Layer]:
    """The mode over its columns, the rule over each."""
    items, modes = [], []
    for c, o in enumerate(outcomes):
        items.append({"x": c * step + step / 2, "y": -8, "text": rule_text(o.rule)[:3] + "."})
        if c == 0 or outcomes[c - 1].mode != o.mode:
            modes.append({"x": c * step + 2, "y": -26, "text": _(_SHORT[o.mode])})
    return [
        texts(items, align="center", fontSize=form.small, color=QUIET),
        texts(modes, fontSize=form.small, fontWeight=600),
    ]


_SHORT = {"virtual": N_("Distributed"), "mixed": N_("With top-up"), "real": N_("Common")}


def comparison_rows(outcomes: Sequence[Outcome]) -> list[tuple[str, ...]]:
    """A row a mode and rule: funded, paid, idle, over borders, lost to pots, proven.

    After the rules of a mode comes the procedure that follows the list and funds whatever fits.
    """
    common = {o.rule: set(o.funded) for o in outcomes if o.mode == "real"}
    rows = []
    for i, o in enumerate(outcomes):
        lost = len(common[o.rule] - set(o.funded)) if o.rule in common else None
        ended = _("certain") if o.decision.ended == "optimal" else _("may be beaten")
        rows.append(_compared(o, rule_text(o.rule), ended, lost))
        if i + 1 == len(outcomes) or outcomes[i + 1].mode != o.mode:
            rows.append(_compared(as_skipped(o), _("what still fits"), _("procedure"), None))
    return rows


def _compared(o: Outcome, rule: str, ended: str, lost: int | None) -> tuple[str, ...]:
    money, pots, own = money_of(o.call), pot_rows(o), o.crossing.countries
    most = blockers(o)
    return (
        mode_text(o.mode), rule, str(len(o.funded)),
        money.text(sum(o.contest.demand(o.decision.funded or ()))),
        money.text(sum(r.gap for r in pots)), money.text(sum(r.idle for r in pots)),
        money.text(o.crossing.crossing),
        grouped(sum(own) / len(own), 1) if own else MISSING,
        str(len(o.passed)), MISSING if lost is None else str(lost),
        funder_names(o.call, (most[0].funder,)) if most else "", ended,
    )  # fmt: skip
