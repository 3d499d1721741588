"""Which regions and countries carry the strengths of a macro-region."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hansa.language import _, named, ngettext
from hansa.report.document import Section, Table
from hansa.report.part import QUOTIENT, Part
from hansa.views import sentences
from hansa.views.carried import carried, carriers
from hansa.views.figure import Figure
from hansa.views.format import MISSING, joined
from hansa.views.reading import At, Cell, Reading, read, reference_name, within
from hansa.views.tilemap import tile_map
from hansa.views.tiles import country, layout_for
from hansa.views.written import because

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
        question=_("Which regions and countries carry {cluster}?", cluster=within(label)),
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
                _country(part, country(cell.code)),
                _text(sizes, cell),
                _text(shares, own) if own else MISSING,
            )
        )
    left = len(sizes.cells) - len(rows)
    coded = any(row[0] != row[1] for row in rows)
    shown = (0, 1, 2, 3, 4) if coded else (0, 3, 4)
    heads = (
        _("Region"),
        _("Code"),
        _("Country"),
        _head(sizes.header.unit),
        _("Specialisation (bounds)"),
    )
    label = part.own.definition.label_of(here.cluster or "")
    note = _(
        "Specialisation: the share of the cluster as a multiple of that in {reference}. "
        "{missing}: not known.",
        reference=reference_name(shares.header, part.words),
        missing=MISSING,
    )
    if left:
        note += " " + ngettext(
            "{number} smaller region is not listed.",
            "{number} smaller regions are not listed.",
            left,
        )
    return Table(
        _("Regions of {cluster}, {period}", cluster=label, period=sizes.period),
        tuple(heads[i] for i in shown),
        tuple(tuple(row[i] for i in shown) for row in rows),
        note,
    )


def _country(part: Part, code: str) -> str:
    """The name of a country where the code list of the table has one."""
    return named("place", part.result.cube.geo.codelist.names.get(code, code)) or MISSING


def _head(unit: str) -> str:
    return _("Jobs") if unit in ("", "jobs") else _("Jobs ({unit})", unit=_(unit))


def _text(reading: Reading, cell: Cell) -> str:
    text = reading.scale.with_interval(cell.value, cell.lower, cell.upper)
    return because(text, cell.reason)


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
                ", ".join(_country(part, code) for code in found.countries) or MISSING,
                str(len(found.unknown)),
            )
        )
    return Table(
        _("What carries the {count} most specialised clusters", count=len(strong)),
        (
            _("Cluster"),
            _("Specialisation (bounds)"),
            _("Regions with jobs"),
            _("of them above the reference"),
            _("Countries"),
            _("Not known"),
        ),
        tuple(rows),
        _(
            "A region counts when it has jobs for certain, and as above the reference when its "
            "share is larger for certain."
        ),
    )


def _sure(part: Part, strong: list[Cell], sizes: Reading) -> Iterator[str]:
    if sizes.absent:
        names = [c.name for c in sizes.absent][:6]
        if (more := len(sizes.absent) - 6) > 0:
            names.append(_("{count} more", count=more))
        yield _("Nothing is known of the jobs in {places}.", places=joined(names))
    bounded = sum(1 for c in sizes.known if c.bounded)
    if bounded:
        yield ngettext(
            "Of {number} region only two bounds of the jobs are known.",
            "Of {number} regions only two bounds of the jobs are known.",
            bounded,
        )
    open_ones = [c.name for c in strong if c.bounded and c.low < 1 <= c.high]
    if open_ones:
        yield _(
            "Not certain whether above the reference at all: {clusters}.",
            clusters=joined(open_ones),
        )
    if part.result.cube.geo.codelist.is_local:
        yield _("The table declares no geography: countries of its regions are not known.")


def without_strengths(part: Part, title: str) -> Section:
    """Said where an area is compared with itself, or where no quotient of it is known."""
    known = any(value is not None for value in part.base.area[QUOTIENT].table["value"].to_pylist())
    said = _(
        "Nothing stands out: {place} is compared with itself. Choose another reference above.",
        place=title,
    )
    if not known:
        said = sentences.strongest(part.base.area[QUOTIENT], part.area or At(), part.words)
    return Section(
        id="area",
        question=_("What are the strengths of {place}?", place=title),
        answer=(said,),
        certainty=(_("Certain: every share is its own multiple of one."),) if known else (),
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
        command=f"{section.command}   # {name}: the file shown on the page"
        if "#" not in section.command
        else section.command,
    )
