"""Regions side by side: what they share and where they differ, and their numbers in tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from hansa.language import N_, _
from hansa.panel import Panel
from hansa.report.document import Section, Table
from hansa.report.part import QUOTIENT, Part
from hansa.report.sections import STARS
from hansa.views.compare import comparison_bars, sides_of, standing_out
from hansa.views.compare_words import Side, alone, differences, places_named, shared
from hansa.views.format import MISSING, joined, scale_of
from hansa.views.reading import At, Cell, Reading, read, within
from hansa.views.sentences import certainties, certainty
from hansa.views.written import Written, because

_TABLES = {
    "employment": N_("Jobs"),
    "growth_rate": N_("Growth of jobs"),
    "presence_stars": N_("Stars"),
}
_LONGEST = 22
"""Letters of a region's name in the head of a column."""


def compared_section(part: Part, codes: Sequence[str]) -> Section | None:
    """The specialisation of some regions side by side; None without quotients."""
    if QUOTIENT not in part.base.regions:
        return None
    origin = _origin(part, codes)
    part = _cut(part, codes)
    panel, at = part.base.regions[QUOTIENT], At()
    sides = sides_of(panel, codes, at, part.words)
    rows = standing_out(sides)
    place = places_named(sides)
    return Section(
        id=f"compared{part.suffix}",
        question=_("What do {regions} share, and where do they differ?", regions=place)
        + part.heading,
        answer=(shared(sides), differences(sides)),
        figures=(comparison_bars(panel, codes, at, part.words),),
        tables=(_summary(part, sides), *_by_cluster(part, sides, rows)),
        certainty=tuple(_sure(part, panel, sides)),
        **origin,
    )


def _cut(part: Part, codes: Sequence[str]) -> Part:
    """The part with these regions alone, in the year it speaks of: small panels are read fast."""
    panels = {}
    for name in (QUOTIENT, *_TABLES, *STARS):
        panel = part.base.regions.get(name)
        if panel is None or not len(panel):
            continue
        times = panel.distinct("time")
        time = part.at().time if part.at().time in times else times[-1]
        panels[name] = panel.where("time", time).among("geo", codes)
    return replace(part, base=replace(part.base, regions=panels))


def _summary(part: Part, sides: list[Side]) -> Table:
    """A row a region: largest cluster, strongest specialisation, how many above 1, stars."""
    stars = next((n for n in STARS if n in part.base.regions), None)
    heads = [_("Region"), _("Largest cluster (jobs)"), _("Most specialised in")]
    heads += [_("Above 1 for certain"), _("At most"), _("Alone certainly above 1")]
    if stars is not None:
        starred = stars == "presence_stars"
        heads.append(_("Clusters with stars") if starred else _("Clusters with marks"))
    own = dict(alone(sides, 2))
    rows = []
    for side in sides:
        row = [*_in_short(part, side), joined(own[side.name]) or MISSING]
        if stars is not None:
            row.append(_starred(part, part.base.regions[stars], side.code))
        rows.append(tuple(row))
    note = _(
        "{missing} none, or not known. At most: clusters that may lie above 1, the certain ones "
        "included. Alone: where all the others are certainly at 1 or below; the first two. "
        "Clusters of which nothing is known, and tiny ones, are not counted.",
        missing=MISSING,
    )
    return Table(_("The regions in short"), tuple(heads), tuple(rows), note)


def _in_short(part: Part, side: Side) -> Iterator[str]:
    solid = [c for c in side.reading.known if not c.tiny]
    above = [c for c in solid if c.middle > 1]
    yield f"{side.name} ({side.code})" if side.name != side.code else side.name
    yield _largest(part, side)
    yield _named(next(iter(above), None), side.reading)
    yield str(sum(certainty(c, 1) == "certain" for c in above))
    yield str(sum(c.high > 1 for c in solid))


def _largest(part: Part, side: Side) -> str:
    size = part.base.regions.get("employment")
    if size is None:
        return MISSING
    reading = read(size, side.reading.axis, At(side.code, None, side.reading.at.time), part.words)
    return _named(next(iter(reading.known), None), reading)


def _named(cell: Cell | None, reading: Reading) -> str:
    if cell is None:
        return MISSING
    number = reading.scale.with_interval(cell.value, cell.lower, cell.upper)
    return f"{within(cell.name)}: {number}"


def _starred(part: Part, panel: Panel, region: str) -> str:
    """How many clusters have a star: for certain, and at most."""
    cells = read(panel, "cluster", At(region), part.words).cells
    known = [c for c in cells if not c.absent]
    sure, may = sum(c.low >= 1 for c in known), sum(c.high >= 1 for c in known)
    text = str(sure) if sure == may else _("{least} to {most}", least=sure, most=may)
    return Written(text, sure if sure == may else None, (sure, may))


def _by_cluster(part: Part, sides: list[Side], codes: list[str]) -> Iterator[Table]:
    """Jobs, growth and stars of the clusters pictured, a column a region."""
    for name, title in _TABLES.items():
        panel = part.base.regions.get(name)
        if panel is None:
            continue
        readings = [read(panel, "cluster", At(s.code), part.words) for s in sides]
        cells = [{c.code: c for c in reading.cells} for reading in readings]
        rows = tuple(
            (
                part.own.definition.label_of(code),
                *(_cell(own.get(code), panel) for own in cells),
            )
            for code in codes
        )
        note = _("{missing} not known.", missing=MISSING)
        caption = _("{title}, {period}", title=_(title), period=readings[0].period)
        yield Table(caption, (_("Cluster"), *short_names(sides)), rows, note)


def short_names(sides: Sequence[Side]) -> list[str]:
    """Names that fit above a column; with their codes where they could not be told apart."""
    names = [_short(side.name) for side in sides]
    return [
        name if names.count(name) == 1 else f"{name} ({side.code})"
        for name, side in zip(names, sides, strict=True)
    ]


def _short(name: str) -> str:
    if len(name) <= _LONGEST:
        return name
    start, _space, _rest = name[:_LONGEST].rpartition(" ")
    return f"{(start or name[: _LONGEST - 1]).rstrip(' ,-')}…"


def _cell(cell: Cell | None, panel: Panel) -> str:
    if cell is None or cell.absent:
        text = _("new") if cell is not None and "entry" in cell.status else MISSING
        return because(text, cell.reason if cell is not None else "")
    return scale_of(panel.header).with_interval(cell.value, cell.lower, cell.upper)


def _sure(part: Part, panel: Panel, sides: list[Side]) -> Iterator[str]:
    """How much is known of each region; said once where it is the same of all."""
    lines = {
        side.name: " ".join(certainties(panel, "cluster", side.reading.at, part.words))
        for side in sides
    }
    if len(set(lines.values())) == 1:
        yield _("In each of the regions: {text}", text=next(iter(lines.values())))
        return
    for name, line in lines.items():
        yield f"{name}: {line}"


def _origin(part: Part, codes: Sequence[str]) -> dict[str, str]:
    """As for every region, then those that are compared."""
    made = part.origin(QUOTIENT)
    wanted = ", ".join(f'"{code}"' for code in codes)
    python = f'{made["python"]}.among("geo", [{wanted}]).to_pandas()'
    return {**made, "python": python}
