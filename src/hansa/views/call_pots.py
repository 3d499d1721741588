"""The pots of a call after a decision: used, filled from gap money, idle, and still asked for."""

from __future__ import annotations

from hansa.language import _
from hansa.programme.laboratory import Outcome, PotRow, pot_rows
from hansa.views.call_words import funder_names, mode_text, money_of, rule_text
from hansa.views.canvas import (
    Caption,
    Layer,
    Plot,
    compose,
    hatch,
    inner_width,
    rects,
    rules,
    texts,
)
from hansa.views.figure import Figure, both
from hansa.views.rowplot import Column, Rows
from hansa.views.theme import DEEP, GROUND, INK, LINE, Format


def pots_figure(outcome: Outcome) -> Figure:
    """A row a funder: what is paid from its own pot and from gap money, and what stays idle.

    A line marks what all ranked proposals together ask of it.
    """
    rows = _drawn(outcome)
    caption = _caption(outcome, rows)
    specs = both(lambda form: compose(caption, _plot(outcome, rows, form), form))
    money, asked = money_of(outcome.call), _asked(outcome)
    return Figure(
        id="pots",
        columns=(_("Funder"), _("Name"), _("Available"), _("Gap money"), _("Used"), _("Idle"),
                 _("Asked by all ranked")),
        rows=tuple(
            (r.funder, _name(outcome, r), money.text(r.available), money.text(r.gap),
             money.text(r.used), money.text(r.idle), money.text(asked.get(r.funder, 0)))
            for r in rows
        ),
        **vars(caption),
        **specs,
    )  # fmt: skip


def _drawn(outcome: Outcome) -> tuple[PotRow, ...]:
    rows = pot_rows(outcome)
    return tuple(sorted(rows, key=lambda r: (-r.gap, r.idle, r.funder)))


def _name(outcome: Outcome, row: PotRow) -> str:
    return funder_names(outcome.call, (row.funder,))


def _asked(outcome: Outcome) -> dict[str, int]:
    every = outcome.contest.demand([True] * len(outcome.contest.proposals))
    asked = dict(zip(outcome.contest.pots.funders, every, strict=True))
    return {**asked, "common pot": sum(every)}


def _caption(outcome: Outcome, rows: tuple[PotRow, ...]) -> Caption:
    money, s = money_of(outcome.call), outcome.call.settings
    idle = [r for r in rows if r.idle]
    empty = [r.funder for r in rows if r.available + r.gap and not r.idle]
    title = _(
        "{idle} stays idle in {count} of {all} pots",
        idle=money.full(sum(r.idle for r in idle)), count=len(idle), all=len(rows),
    )  # fmt: skip
    if empty:
        title = _("{title}; used up: {pots}", title=title, pots=funder_names(outcome.call, empty))
    subtitle = _(
        "{unit}; {mode}, {rule}. Solid: paid from the own pot. Hatched: paid from gap money. "
        "Empty: idle. Line with number: what all ranked proposals ask.",
        unit=money.unit[:1].upper() + money.unit[1:],
        mode=mode_text(outcome.mode), rule=rule_text(outcome.rule),
    )  # fmt: skip
    alt = _("A bar for each pot. {title}. {subtitle}", title=title, subtitle=subtitle)
    source = _("Source: {source}", source=s.source or s.title)
    return Caption(title, subtitle, alt, (), source, s.model_data)


def _plot(outcome: Outcome, pots: tuple[PotRow, ...], form: Format) -> Plot:
    money, asked = money_of(outcome.call), _asked(outcome)
    said = [
        _("{name}: {used} used, {gap} of it from gap money, {idle} idle, {asked} asked",
          name=_name(outcome, r), used=money.full(r.used), gap=money.full(r.gap),
          idle=money.full(r.idle), asked=money.full(asked.get(r.funder, 0)))
        for r in pots
    ]  # fmt: skip
    things = tuple(
        {"funder": r.funder, "name": _name(outcome, r), "hover": text}
        for r, text in zip(pots, said, strict=True)
    )
    rows = Rows(tuple(_name(outcome, r) for r in pots), form, things)
    across = inner_width(form, outcome.call.settings.model_data) - rows.left
    most = max((max(r.available + r.gap, r.used, asked.get(r.funder, 0)) for r in pots), default=1)
    column = Column(0, across - 60, 0, max(1, most))
    layers: list[Layer] = [*rows.furniture(across)]
    own, idle, gap, lines, marks, labels = [], [], [], [], [], []
    for i, r in enumerate(pots):
        span, start, end = rows.span(i), column.pixel(r.used - r.gap), column.pixel(r.used)
        own.append({"x": 0, "x2": start, **span, **rows.thing(i)})
        if r.gap:
            gap.append({"x": start, "x2": end, **span, **rows.thing(i)})
            lines += [{**rows.codes(i), **h} for h in hatch(start, end, span["y"], span["y2"])]
        if r.idle:
            last = column.pixel(r.used + r.idle)
            idle.append({"x": end, "x2": last, **span, **rows.thing(i)})
        at = column.pixel(asked.get(r.funder, 0))
        marks.append({"x": at, "x2": at, "y": span["y"] - 3, "y2": span["y2"] + 3, **rows.thing(i)})
        edge = max(at, column.pixel(r.used + r.idle)) + 5
        text = money.text(asked.get(r.funder, 0))
        labels.append({"x": edge, "y": rows.middle(i), "text": text, **rows.codes(i)})
    layers.append(rects(own, fill=DEEP))
    if idle:
        layers.append(rects(idle, fill=GROUND, stroke=LINE, strokeWidth=1.2))
    if gap:
        layers += [rects(gap, fill=GROUND, stroke=DEEP, strokeWidth=1.2), rules(lines, color=DEEP)]
    layers += [rules(marks, color=INK, strokeWidth=2), texts(labels, fontSize=form.small)]
    return Plot(round(across), rows.height, tuple(layers), left=rows.left, above=8)
