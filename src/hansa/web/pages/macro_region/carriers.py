"""Which regions and countries carry the strengths of a macro-region."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hansa.report.document import Section, Table
from hansa.report.part import QUOTIENT, Part
from hansa.views.carried import carried, carriers
from hansa.views.figure import Figure
from hansa.views.format import MISSING, joined
from hansa.views.reading import At, Cell, Reading, read, within
from hansa.views.tilemap import tile_map
from hansa.views.tiles import country, layout_for

_MOST = 15
"""Clusters whose carriers are counted, the strongest first."""
_LISTED = 40
"""Regions that the table of one cluster shows."""
_LONGEST = 6
"""Letters of a code that a square has room for."""


def carriers_section(part: Part, inside: tuple[str, ...]) -> Section | None:
    """Regions behind the strongest clusters, and behind the one that is chosen.

    inside  regions that lie in the macro-region; None is returned where they are not known
    """
    jobs, panel, at = part.base.regions["employment"], part.base.area[QUOTIENT], part.area
    if not inside or at is None:
        return None
    strong = [c for c in read(panel, "cluster", at, part.words).known if not c.tiny][:_MOST]
    if not strong:
        return None
    cluster = part.picks.cluster if part.picks.cluster in part.own.definition.clusters else ""
    chosen = cluster or strong[0].code
    here = At(cluster=chosen, time=part.at().time)
    quotients = part.base.regions[QUOTIENT]
    label = part.own.definition.label_of(chosen)
    sizes = read(jobs, "geo", here, part.words)
    return Section(
        id="carriers",
        question=f"Which regions and countries carry {within(label)}?",
        answer=(carried(jobs, quotients, here, part.words),),
        figures=tuple(_map(part, here)),
        tables=(_regions(part, sizes, here), _strengths(part, strong)),
        certainty=tuple(_sure(part, strong, sizes)),
        **part.origin(QUOTIENT),
    )


def _map(part: Part, here: At) -> Iterator[Figure]:
    panel = part.base.regions[QUOTIENT]
    reading = read(panel, "geo", here, part.words)
    codes = [c.code for c in reading.cells]
    layout = layout_for(codes, panel.header.geography)
    if len(reading.known) > 1 and (layout.placed or max(map(len, codes)) <= _LONGEST):
        yield tile_map(panel, here, part.words, layout)


def _regions(part: Part, sizes: Reading, here: At) -> Table:
    """The regions of one cluster, the largest first."""
    shares = read(part.base.regions[QUOTIENT], "geo", here, part.words)
    share = {c.code: c for c in shares.cells}
    rows = []
    for cell in sizes.ordered[:_LISTED]:
        own = share.get(cell.code)
        rows.append(
            (
                cell.name,
                cell.code,
                country(cell.code) or MISSING,
                _text(sizes, cell),
                _text(shares, own) if own else MISSING,
            )
        )
    left = len(sizes.cells) - len(rows)
    coded = any(row[0] != row[1] for row in rows)
    shown = (0, 1, 2, 3, 4) if coded else (0, 3, 4)
    heads = ("Region", "Code", "Country", _head(sizes.header.unit), "Specialisation (bounds)")
    label = part.own.definition.label_of(here.cluster or "")
    return Table(
        f"Regions of {label}, {sizes.period}",
        tuple(heads[i] for i in shown),
        tuple(tuple(row[i] for i in shown) for row in rows),
        f"Specialisation: the share of the cluster as a multiple of that in "
        f"{part.words.reference or shares.header.reference}. {MISSING}: not known."
        + (f" {left} smaller regions are not listed." if left else ""),
    )


def _head(unit: str) -> str:
    return "Jobs" if unit in ("", "jobs") else f"Jobs ({unit})"


def _text(reading: Reading, cell: Cell) -> str:
    return reading.scale.with_interval(cell.value, cell.lower, cell.upper)


def _strengths(part: Part, strong: list[Cell]) -> Table:
    """How many regions and countries stand behind each of the strongest clusters."""
    jobs, quotients = part.base.regions["employment"], part.base.regions[QUOTIENT]
    scale = read(part.base.area[QUOTIENT], "cluster", part.area or At(), part.words).scale
    time = part.at().time
    rows = []
    for cell in strong:
        found = carriers(jobs, quotients, At(cluster=cell.code, time=time))
        rows.append(
            (
                cell.name,
                scale.with_interval(cell.value, cell.lower, cell.upper),
                str(len(found.regions)),
                str(len(found.above)),
                " ".join(found.countries) or MISSING,
                str(len(found.unknown)),
            )
        )
    return Table(
        f"What carries the {len(strong)} most specialised clusters",
        (
            "Cluster",
            "Specialisation (bounds)",
            "Regions with jobs",
            "of them above the reference",
            "Countries",
            "Not known",
        ),
        tuple(rows),
        "A region counts when it has jobs for certain, and as above the reference when its share "
        "is larger for certain.",
    )


def _sure(part: Part, strong: list[Cell], sizes: Reading) -> Iterator[str]:
    if sizes.absent:
        names = joined([c.name for c in sizes.absent][:6])
        more = len(sizes.absent) - 6
        rest = f" and {more} more" if more > 0 else ""
        yield f"Nothing is known of the jobs in {names}{rest}."
    bounded = sum(1 for c in sizes.known if c.bounded)
    if bounded:
        many = "region" if bounded == 1 else "regions"
        yield f"Of {bounded} {many} only two bounds of the jobs are known."
    open_ones = [c.name for c in strong if c.bounded and c.low < 1 <= c.high]
    if open_ones:
        yield f"Not certain whether above the reference at all: {joined(open_ones)}."
    if part.result.cube.geo.codelist.is_local:
        yield "The table declares no geography: countries of its regions are not known."


def the_reference_itself(part: Part, title: str) -> Section:
    """Said where an area is compared with itself."""
    return Section(
        id="area",
        question=f"What are the strengths of {title}?",
        answer=(
            f"Nothing stands out: {title} is compared with itself. Choose another reference above.",
        ),
        certainty=("Certain: every share is its own multiple of one.",),
        **part.origin(QUOTIENT, area=True),
    )


def with_file(section: Section, name: str, content: str) -> Section:
    """The lines of a section that need a file of the reader's own, led by what writes it."""
    if not content:
        return section
    _, _, rest = section.python.partition("\n")
    return replace(
        section,
        python=f"import hansa, pathlib\npathlib.Path({name!r}).write_text({content!r})\n{rest}",
        command=f"{section.command}   # {name}: the file shown above"
        if "#" not in section.command
        else section.command,
    )
