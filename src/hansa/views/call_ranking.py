"""The ranking of a call as rows: who is funded, why not, what it costs to come this far."""

from __future__ import annotations

from typing import Any

from hansa.language import _
from hansa.programme.laboratory import Outcome
from hansa.programme.noise import Spread
from hansa.views.call_words import (
    CERTAINTY_WORDS,
    funder_names,
    least_of,
    mode_text,
    money_of,
    outcome_sentence,
    reason_text,
    rule_text,
    score_of,
    share_of,
    title_of,
)
from hansa.views.canvas import (
    Caption,
    Layer,
    Plot,
    compose,
    inner_width,
    points,
    rects,
    rules,
    texts,
)
from hansa.views.figure import Figure, both
from hansa.views.format import MISSING, grouped
from hansa.views.lettering import width
from hansa.views.rowplot import Column, Rows
from hansa.views.theme import DEEP, GROUND, INK, LINE, PALE, QUIET, Format

_PRICE = 62  # pixels that the longest price may take
_SIGN = 14


def ranking_figure(outcome: Outcome, spread: Spread | None = None) -> Figure:
    """A row a ranked proposal: funded or not, its score, and the least new money down to it.

    spread  how often each is funded where scores are uncertain; None: not asked. A single draw is
            the decision itself: no spread is known, and nothing is said of draws
    """
    spread = spread if spread is not None and spread.draws > 1 else None
    drawn = (_("Funded in draws"), _("In words")) if spread else ()
    caption = _caption(outcome, spread)
    specs = both(lambda form: compose(caption, _plot(outcome, spread, form), form))
    return Figure(
        id="ranking",
        columns=(
            _("Rank"), _("Proposal"), _("Title"), _("Score"), _("Funded"), _("Reason"),
            _("Pots that are short"), _("Lacks"), _("Least new money under the rule"),
            _("Price of the ranking down to here"), *drawn,
        ),
        rows=tuple(_rows(outcome, spread)),
        **vars(caption),
        **specs,
    )  # fmt: skip


def _caption(outcome: Outcome, spread: Spread | None) -> Caption:
    s, money = outcome.call.settings, money_of(outcome.call)
    subtitle = _(
        "Proposals in rank order; {mode}, {rule}. Bar: least new money with which everything down "
        "to this rank could be funded, {unit}.",
        mode=mode_text(outcome.mode), rule=rule_text(outcome.rule), unit=money.unit,
    )  # fmt: skip
    notes = [_("Filled: funded. Empty: not funded.")]
    if spread is not None:
        notes.append(
            _("Half filled: depends on the scores ({draws} draws).", draws=grouped(spread.draws))
        )
    left = len(outcome.places) - len(outcome.contest.proposals)
    if left:
        notes.append(_("Not ranked and not drawn: {count}; they are in the table.", count=left))
    title = outcome_sentence(outcome).rstrip(".")
    alt = _("A list of proposals. {title}. {subtitle}", title=title, subtitle=subtitle)
    source = _("Source: {source}", source=s.source or s.title)
    return Caption(title, subtitle, alt, tuple(notes), source, s.model_data)


def _hover(outcome: Outcome, rank: int) -> str:
    place, step = outcome.places[rank], outcome.prices[rank]
    name, money = place.proposal.id, money_of(outcome.call)
    why = outcome.reasons.get(name)
    said = _("funded") if why is None else reason_text(why)
    parts = [f"{title_of(outcome.call, place.proposal)} ({name}): {said}"]
    if why is not None and why.lack.total:
        short = why.lack.named(outcome.contest.pots.funders)
        parts.append(_("lacks {amount}", amount=money.full(why.lack.total)))
        if short:
            parts.append(funder_names(outcome.call, short))
    parts.append(_("funding down to here takes {amount}", amount=money.full(step.price.total)))
    return "; ".join(parts)


def _plot(outcome: Outcome, spread: Spread | None, form: Format) -> Plot:
    own = [place for place in outcome.places if place.rank]
    titles = [title_of(outcome.call, p.proposal) for p in own]
    named = zip(own, titles, strict=True)
    names = tuple(f"{p.rank}  {p.proposal.id}  {title}" for p, title in named)
    things = tuple(
        {"proposal": p.proposal.id, "name": titles[i], "hover": _hover(outcome, i)}
        for i, p in enumerate(own)
    )
    rows = Rows(names, form, things)
    across = inner_width(form, outcome.call.settings.model_data) - rows.left
    digits = outcome.call.settings.score_digits
    scores = [grouped((p.score or 0) / 10**digits, digits) for p in own]
    wide = round(max((width(t, form.body) for t in scores), default=0))
    start = 2 * _SIGN + wide + 14
    most = max((s.price.total for s in outcome.prices), default=0)
    column = Column(start, across - _PRICE, 0, max(1, most))
    layers = [*rows.furniture(across), *_signs(outcome, spread, rows)]
    layers += [_scores(scores, rows, 2 * _SIGN + wide), *_prices(outcome, rows, column)]
    last = max((i for i, p in enumerate(own) if p.proposal.id in set(outcome.funded)), default=-1)
    if outcome.rule == "strict":
        y = (last + 1) * rows.pitch
        layers.append(
            rules([{"x": -rows.left, "x2": across, "y": y, "y2": y}], color=INK, strokeWidth=1.2)
        )
    return Plot(round(across), rows.height, tuple(layers), left=rows.left, above=8)


def _signs(outcome: Outcome, spread: Spread | None, rows: Rows) -> list[Layer]:
    funded = set(outcome.funded)
    full: list[dict[str, Any]] = []
    empty: list[dict[str, Any]] = []
    half: list[dict[str, Any]] = []
    for i, name in enumerate(outcome.contest.proposals):
        spot = {"x": _SIGN / 2, "y": rows.middle(i), **rows.thing(i)}
        (full if name in funded else empty).append(spot)
        if spread is not None and spread.certainty(i) == "depends on the scores":
            half.append(spot)
    layers = []
    if empty:
        layers.append(
            points(empty, shape="circle", filled=True, size=90, color=GROUND, stroke=LINE)
        )
    if full:
        layers.append(points(full, shape="circle", filled=True, size=90, color=DEEP))
    if half:
        # A triangle over one half: readable without colour, whatever lies below.
        ends = [
            {**s, "x": s["x"], "x2": s["x"] + 5, "y": s["y"] - 5, "y2": s["y"] + 5} for s in half
        ]
        layers.append(rects(ends, fill=PALE, stroke=INK, strokeWidth=0.8))
    return layers


def _scores(scores: list[str], rows: Rows, x: float) -> Layer:
    items = [
        {"x": x, "y": rows.middle(i), "text": t, **rows.codes(i)} for i, t in enumerate(scores)
    ]
    return texts(items, align="right", fontSize=rows.form.body, color=QUIET)


def _prices(outcome: Outcome, rows: Rows, column: Column) -> list[Layer]:
    money = money_of(outcome.call)
    bars, labels = [], []
    for i, step in enumerate(outcome.prices):
        end = column.pixel(step.price.total)
        if step.price.total:
            bars.append({"x": column.start, "x2": end, **rows.span(i), **rows.thing(i)})
        text = money.text(step.price.total)
        labels.append({"x": end + 4, "y": rows.middle(i), "text": text, **rows.thing(i)})
    layers = [rects(bars, fill=PALE, stroke=DEEP, strokeWidth=1)] if bars else []
    return [*layers, texts(labels, fontSize=rows.form.small)]


def _rows(outcome: Outcome, spread: Spread | None) -> list[tuple[str, ...]]:
    money = money_of(outcome.call)
    funded = set(outcome.funded)
    rows: list[tuple[str, ...]] = []
    for i, place in enumerate(outcome.places):
        name, why = place.proposal.id, outcome.reasons.get(place.proposal.id)
        step = outcome.prices[i] if place.rank else None
        if why is not None:
            said = reason_text(why)
        elif place.rank:
            said = ""
        else:
            said = _status(place.status, place.reason)
        rows.append((
            str(place.rank or MISSING), name, title_of(outcome.call, place.proposal),
            score_of(outcome.call, place.score),
            _("yes") if name in funded else _("no"), said,
            funder_names(outcome.call, why.lack.named(outcome.contest.pots.funders)) if why else "",
            money.text(why.lack.total) if why else "",
            least_of(outcome, why) if why else "",
            money.text(step.price.total) if step else MISSING,
            *(_drawn(spread, i if place.rank else None) if spread else ()),
        ))  # fmt: skip
    return rows


def _drawn(spread: Spread, position: int | None) -> tuple[str, str]:
    """In what share of the draws a proposal is funded, and in words; nothing of who has no rank."""
    if position is None:
        return "", ""
    return share_of(spread, position), _(CERTAINTY_WORDS[spread.certainty(position)])


def _status(status: str, reason: str) -> str:
    from hansa.views.call_words import STATUS_WORDS

    return f"{_(STATUS_WORDS[status])}: {reason}" if reason else _(STATUS_WORDS[status])
