"""Claimed and seen: the strengths named in 2009 beside the specialisation of an area.

What a claim is held against is a hand-made table of clusters, each with its reason. A claim is
`seen` where at least one of its clusters has a location quotient of 1 or more over its whole
interval, `not seen` where all are certainly below 1; else nothing can be said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from hansa.errors import HansaError, UsageError, listed
from hansa.language import N_, _
from hansa.panel import Panel
from hansa.views.canvas import (
    Caption,
    Layer,
    Plot,
    Thing,
    compose,
    inner_width,
    rects,
    rules,
    texts,
)
from hansa.views.captions import header_notes, open_note, source_line
from hansa.views.figure import Figure, both
from hansa.views.format import joined, spelled
from hansa.views.hover import cell_thing
from hansa.views.lettering import fitted, width
from hansa.views.published import HeavyRows, Stronghold
from hansa.views.quotients import symmetric_reach, tick_text
from hansa.views.reading import (
    HERE,
    PLAIN,
    At,
    Cell,
    Reading,
    Words,
    place_name,
    read,
    reference_name,
)
from hansa.views.rowplot import (
    GAP,
    Column,
    Placed,
    Rows,
    arrows,
    axis_layer,
    bars,
    intervals,
    reference_label,
    same_share,
    unknown,
    whiskers,
)
from hansa.views.theme import ABOVE, BELOW, CONTEXT, INK, QUIET, Format

Verdict = Literal["claimed and seen", "claimed and not seen", "cannot be said"]
VERDICTS: tuple[Verdict, ...] = ("claimed and seen", "claimed and not seen", "cannot be said")
VERDICT_WORDS = (N_("claimed and seen"), N_("claimed and not seen"), N_("cannot be said"))
"""How the verdicts are printed; `_` says them."""
_BAND = "#F1F3F5"
CLAIMS = N_("Claims: BSR InnoNet conference publication, May 2009, chapter 2.3, table 1 (of 2007).")
ILLUSTRATION = N_(
    "An illustration: the quotients are model data, so nothing here speaks for or against a claim."
)


@dataclass(frozen=True)
class Link:
    """A cluster that stands for a claimed area, and why; an empty cluster says that none can."""

    claim: str
    cluster: str
    reason: str


@dataclass(frozen=True)
class Claim:
    """A claimed area, the clusters held against it, and what they say.

    why  the reason where nothing can be said, else empty
    """

    stronghold: Stronghold
    cells: tuple[Cell, ...]
    verdict: Verdict
    why: str = ""


@dataclass(frozen=True)
class _Line:
    """A row of the picture: a claim as heading, or one of its clusters."""

    claim: Claim
    cell: Cell | None = None

    @property
    def name(self) -> str:
        return self.claim.stronghold.name if self.cell is None else self.cell.name


def claims(
    panel: Panel,
    strongholds: Iterable[Stronghold],
    links: Iterable[Link],
    at: At = HERE,
    words: Words = PLAIN,
) -> tuple[Claim, ...]:
    """What the location quotients of one area say about each claim, the most named first.

    panel  location quotients by cluster, of the area that `at` names
    links  clusters of each claim, of the definition the panel was made with
    Raises UsageError for a panel of something else, HansaError for clusters it does not hold.
    """
    return _judged(_reading(panel, at, words), strongholds, tuple(links))


def claims_chart(
    panel: Panel,
    strongholds: Iterable[Stronghold],
    links: Iterable[Link],
    at: At = HERE,
    words: Words = PLAIN,
    claimed: str = "",
) -> Figure:
    """Every claim with the location quotients of its clusters, and what they say together.

    claimed  a sentence on where the claims come from; without it, those of 2009
    """
    reading = _reading(panel, at, words)
    found = _judged(reading, strongholds, tuple(links))
    caption = _caption(reading, found, words, claimed or CLAIMS)
    lines = [
        line for claim in found for line in (_Line(claim), *(_Line(claim, c) for c in claim.cells))
    ]
    reference = reference_name(reading.header, words)
    specs = both(lambda form: compose(caption, _plot(lines, reading, reference, form), form))
    return Figure(
        id=f"claims-{reading.at.geo or 'all'}-{reading.at.time or 'all'}",
        columns=(
            *(_("Claim"), _("Countries"), _("What is seen"), _("Cluster")),
            _("Location quotient"),
        ),
        rows=tuple(_table(found, reading)),
        **vars(caption),
        **specs,
    )


def _reading(panel: Panel, at: At, words: Words) -> Reading:
    if not panel.header.measure.startswith("location_quotient") or "cluster" not in panel.dims:
        raise UsageError(
            "claims of strength are held against location quotients of clusters",
            printed=f"{panel.header.measure} by {listed(panel.dims)}",
            admissible="location_quotient_total or location_quotient_traded with a definition",
        )
    return read(panel, "cluster", at, words)


def _judged(
    reading: Reading, strongholds: Iterable[Stronghold], links: Sequence[Link]
) -> tuple[Claim, ...]:
    cells = {c.code: c for c in reading.cells}
    if strange := sorted({x.cluster for x in links if x.cluster} - cells.keys()):
        raise HansaError(
            "the panel lacks clusters that stand for claims",
            printed=listed(strange),
            admissible=listed(sorted(cells)),
            fix="use the definition that the links were written for (hansa-nace2)",
        )
    found = [_judge(s, cells, [x for x in links if x.claim == s.code]) for s in strongholds]
    return tuple(sorted(found, key=lambda c: (-c.stronghold.countries, c.stronghold.name)))


def _judge(stronghold: Stronghold, cells: dict[str, Cell], links: Sequence[Link]) -> Claim:
    own = tuple(cells[x.cluster] for x in links if x.cluster)
    if not own:
        reason = next((x.reason for x in links), _("No cluster stands for it."))
        return Claim(stronghold, (), "cannot be said", reason)
    sides = [_side(c) for c in own]
    if "above" in sides:
        return Claim(stronghold, own, "claimed and seen")
    if all(side == "below" for side in sides):
        return Claim(stronghold, own, "claimed and not seen")
    open_ones = [c.name for c, side in zip(own, sides, strict=True) if side == "open"]
    return Claim(stronghold, own, "cannot be said", _unsure(open_ones))


def _unsure(names: Sequence[str]) -> str:
    return _("Not certain: {names}.", names=", ".join(names))


def _side(cell: Cell) -> Literal["above", "below", "open"]:
    """The side of 1 on which the whole interval lies; `open` where that is not certain."""
    if cell.absent or cell.tiny or (cell.estimated > 0 and not cell.bounded):
        return "open"
    if cell.low >= 1:
        return "above"
    return "below" if cell.high < 1 else "open"


def _caption(reading: Reading, found: Sequence[Claim], words: Words, claimed: str) -> Caption:
    header = reading.header
    title = words.title or _title(found, header.model_data)
    when = f", {reading.at.time}" if reading.at.time is not None else ""
    place = place_name(reading, words)
    subtitle = _(
        "Strengths claimed by countries, and the share of their clusters in {place} as a multiple "
        "of the share in {reference}{when}. Each step doubles.",
        place=place,
        reference=reference_name(header, words),
        when=when,
    )
    notes = [_(ILLUSTRATION)] if header.model_data else []
    notes += [
        _(
            "Seen: at least one of the clusters is certainly at 1 or above. Not seen: all are "
            "certainly below. Which clusters stand for a claim is our choice, with reasons."
        ),
        *(f"{c.stronghold.name}: {c.why}" for c in found if c.why and not c.cells),
        *_mark_notes(found),
        *header_notes(header),
    ]
    verdicts = "; ".join(f"{c.stronghold.name}: {_(c.verdict)}" for c in found)
    alt = f"{_('Bars from 1 in groups, a group a claim.')} {title}. {verdicts}."
    # The line of the source without its first word.
    quotients = source_line(header, words, reference=True).partition(": ")[2]
    source = f"{_(claimed)} {_('Quotients: {source}', source=quotients)}"
    return Caption(title, subtitle, alt, tuple(notes), source, header.model_data)


def _title(found: Sequence[Claim], model_data: bool) -> str:
    said = (N_("{count} seen"), N_("{count} not seen"), N_("{count} cannot be said"))
    counts = [sum(c.verdict == v for c in found) for v in VERDICTS]
    parts = [_(text, count=spelled(n)) for n, text in zip(counts, said, strict=True) if n]
    count, findings = spelled(len(found)).capitalize(), joined(parts)
    if model_data:
        return _("Illustration. {count} claims: {findings}", count=count, findings=findings)
    return _("{count} claims: {findings}", count=count, findings=findings)


def _mark_notes(found: Sequence[Claim]) -> list[str]:
    cells = [c for claim in found for c in claim.cells]
    notes = []
    if any(c.absent for c in cells):
        notes.append(_("Dashed and empty: not known."))
    if any(c.bounded and c.value is not None for c in cells):
        notes.append(_("Whisker: from the lowest to the highest possible value."))
    notes += open_note(cells)
    if any(c.value is None and not c.absent for c in cells):
        notes.append(_("Hatched, with outline: only the two bounds are known."))
    if any(c.tiny for c in cells):
        notes.append(_("Grey: too small to carry a rate."))
    reach = symmetric_reach([c.high for c in cells if not c.absent])
    if any(c.value is not None and not 1 / reach <= c.value <= reach for c in cells):
        notes.append(_("Arrow: beyond the axis; the number is printed beside it."))
    return notes


def _plot(lines: Sequence[_Line], reading: Reading, reference: str, form: Format) -> Plot:
    things = tuple(_thing(line, reading) for line in lines)
    rows = HeavyRows(tuple(line.name for line in lines), form, things)
    across = inner_width(form, reading.header.model_data) - rows.left
    places = [Placed(i, line.cell) for i, line in enumerate(lines) if line.cell is not None]
    known = [p for p in places if not p.cell.absent]
    printed = {p.row: _label(p.cell, reading) for p in known}
    room = max((width(t, form.small) for t in printed.values()), default=0) + 16
    reach = symmetric_reach([p.cell.high for p in known])
    column = Column(10, round(across - room), 1 / reach, reach, log=True)
    one = column.pixel(1)
    heads = frozenset(i for i, line in enumerate(lines) if line.cell is None)
    values = [
        {**rows.codes(i), "x": across, "y": rows.middle(i), "text": t} for i, t in printed.items()
    ]
    layers: list[Layer] = [
        _bands(sorted(heads), rows, across),
        *rows.furniture(across, heads),
        _axis(column, rows, reach),
        *_marks(known, column, rows),
        _line_at_one(places, one, rows),
        *_heads(lines, rows, across),
        *_absent([p for p in places if p.cell.absent], one, rows),
        texts(values, fontSize=form.small, align="right"),
        reference_label(one, same_share(reference), (-rows.left, across), -33, form.small, 600),
    ]
    return Plot(across, rows.height, tuple(layers), rows.left, 44, 4)


def _thing(line: _Line, reading: Reading) -> Thing:
    """The cluster of a row; a claim has no code of ours."""
    return {} if line.cell is None else cell_thing(line.cell, reading)


def _marks(known: Sequence[Placed], column: Column, rows: Rows) -> list[Layer]:
    exact = [(p, _fill(p.cell)) for p in known if p.cell.value is not None]
    beyond = [
        (p.row, column.pixel(p.cell.middle), p.cell.middle > 1)
        for p in (own[0] for own in exact)
        if column.beyond(p.cell.middle)
    ]
    return [
        bars(exact, column, rows, 1),
        *intervals([p for p in known if p.cell.value is None], column, rows),
        *whiskers([p for p, _ in exact if p.cell.bounded], column, rows),
        *arrows(beyond, rows),
    ]


def _heads(lines: Sequence[_Line], rows: Rows, across: float) -> list[Layer]:
    """What each claim amounts to, in the row of its name."""
    small = rows.form.small
    items = []
    for i, line in enumerate(lines):
        if line.cell is None:
            of = line.claim.stronghold
            text = _(
                "{n} of {all} countries: {verdict}",
                n=of.countries,
                all=of.of,
                verdict=_(line.claim.verdict),
            )
            items.append(
                {
                    "x": 0 if rows.form.narrow else 10,
                    "y": rows.middle(i),
                    "text": fitted(text, small, across - GAP),
                }
            )
    return [texts(items, fontSize=small, fontWeight=600)]


def _bands(heads: Sequence[int], rows: Rows, across: float) -> Layer:
    """A pale band behind each claim, so that no line runs through its words."""
    tops = [i * rows.pitch for i in heads]
    return rects(
        [{"x": -rows.left, "x2": across, "y": y, "y2": y + rows.pitch} for y in tops], fill=_BAND
    )


def _line_at_one(places: Sequence[Placed], x: float, rows: Rows) -> Layer:
    """The reference line, beside the clusters only."""
    stretches = rows.stretches()
    if len(stretches) == 1:
        stretches = [
            {"y": i * rows.pitch, "y2": (i + 1) * rows.pitch} for i in range(len(rows.names))
        ]
    return rules(
        [{"x": x, "x2": x, **stretches[p.row]} for p in places], color=INK, strokeWidth=1.2
    )


def _absent(places: Sequence[Placed], start: float, rows: Rows) -> list[Layer]:
    if not places:
        return []
    reasons = [
        {**rows.codes(p.row), "x": start + 40, "y": rows.middle(p.row), "text": p.cell.reason}
        for p in places
    ]
    style = {"fontSize": rows.form.small, "color": QUIET, "fontStyle": "italic"}
    return [*unknown(places, start, rows), texts(reasons, **style)]


def _axis(column: Column, rows: Rows, reach: float) -> Layer:
    steps = round(reach).bit_length() - 1
    ticks = [2.0**k for k in range(-steps, steps + 1)]
    names = " : ".join(f"datum.value == {t} ? '{tick_text(t)}'" for t in ticks)
    return axis_layer(column, rows, ticks, f"{names} : ''")


def _fill(cell: Cell) -> str:
    if cell.tiny:
        return CONTEXT
    return ABOVE if cell.middle >= 1 else BELOW


def _label(cell: Cell, reading: Reading) -> str:
    return reading.scale.with_interval(cell.value, cell.lower, cell.upper)


def _of(own: Stronghold) -> str:
    return _("{n} of {all}", n=own.countries, all=own.of)


def _table(found: Sequence[Claim], reading: Reading) -> Iterable[tuple[str, ...]]:
    for claim in found:
        own = claim.stronghold
        head = (own.name, _of(own), _(claim.verdict))
        for cell in claim.cells:
            yield (*head, cell.name, cell.reason if cell.absent else _label(cell, reading))
        if not claim.cells:
            yield (*head, "", claim.why)
