"""Profile sheets: everything known of one region by cluster, or of one cluster by region."""

from __future__ import annotations

from collections.abc import Iterator

from hansa.language import N_, _
from hansa.panel import Panel
from hansa.report.document import Table
from hansa.report.part import QUOTIENT, Part
from hansa.views.format import MISSING
from hansa.views.reading import At, Cell, read
from hansa.views.written import because

NUMBERS = {
    "employment": N_("Jobs"),
    "focus": N_("Share of the region"),
    "cluster_share": N_("Share of the cluster"),
    QUOTIENT: N_("Specialisation"),
    "growth_rate": N_("Growth"),
    "average_wage": N_("Average wage (proxy for productivity)"),
    "presence_stars": N_("Stars"),
}
# A share of the region says little down a list of regions, one of the cluster little across one.
_LEFT_OUT = {"cluster": "cluster_share", "geo": "focus"}
NAMES = {"strong_cluster": N_("Mark"), "quadrant": N_("Kind of cluster")}
MOST_ROWS = 15


def region_profile(part: Part, at: At) -> Table:
    """One region: a row for each cluster, the most specialised first."""
    name = part.words.name(at.geo or "", part.base.regions[QUOTIENT].header)
    return _profile(part, "cluster", at, name, _("Cluster"))


def cluster_profile(part: Part, at: At) -> Table:
    """One cluster: a row for each region, the most specialised first."""
    name = part.own.definition.label_of(at.cluster or "")
    return _profile(part, "geo", at, f"{name[0].lower()}{name[1:]}", _("Region"))


def _profile(part: Part, along: str, at: At, name: str, thing: str) -> Table:
    panels = part.base.regions
    last = at.time or panels[QUOTIENT].distinct("time")[-1]
    here = At(at.geo, at.cluster, last)
    reading = read(panels[QUOTIENT], along, here, part.words)
    shown = reading.ordered[:MOST_ROWS]
    names = [n for n in NUMBERS if n in panels and n != _LEFT_OUT[along]]
    codes = frozenset(cell.code for cell in shown)
    columns = {_(NUMBERS[n]): _numbers(part, panels[n], along, here, codes) for n in names}
    columns |= {_(NAMES[n]): _labels(panels[n], along, here) for n in NAMES if n in panels}
    columns = {head: cells for head, cells in columns.items() if cells}
    rows = tuple(
        (cell.name, *(cells.get(cell.code, MISSING) for cells in columns.values()))
        for cell in shown
    )
    stamps = [
        panels[n].header.notes[0]
        for n in ("presence_stars", *NAMES)
        if n in panels and panels[n].header.kind == "ordinal"
    ]
    note = " ".join((*_first_ones(len(shown), len(reading.ordered)), *stamps))
    return Table(_title(part, name, last), (thing, *columns), rows, note)


def _first_ones(shown: int, every: int) -> Iterator[str]:
    if shown < every:
        yield _(
            "The first {shown} of {all}; all are in the tables beside the report.",
            shown=shown,
            all=every,
        )
    yield _("{sign} not known or not applicable.", sign=MISSING)


def _title(part: Part, name: str, last: int) -> str:
    growth = part.base.regions.get("growth_rate")
    if growth is None or not len(growth):
        return _("Profile of {name}, {year}", name=name, year=last)
    start = growth.table["from"][0].as_py()
    return _("Profile of {name}, {year}; changes since {start}", name=name, year=last, start=start)


def _there(panel: Panel, along: str, at: At) -> bool:
    """Whether a panel has the year, and the cluster where one is asked for."""
    wanted = {"time": at.time, "geo": at.geo, "cluster": at.cluster}
    return all(
        value is None or name == along or value in panel.distinct(name)
        for name, value in wanted.items()
    )


def _numbers(part: Part, panel: Panel, along: str, at: At, shown: frozenset[str]) -> dict[str, str]:
    if not _there(panel, along, at):
        return {}
    reading = read(panel, along, at, part.words)
    # Of thousands of regions, those that are not shown are not put into words.
    return {c.code: _text(c, reading.scale) if c.code in shown else "" for c in reading.cells}


def _text(cell: Cell, scale: object) -> str:
    text: str = scale.with_interval(cell.value, cell.lower, cell.upper)  # type: ignore[attr-defined]
    return because(text, cell.reason)


def _labels(panel: Panel, along: str, at: At) -> dict[str, str]:
    if not _there(panel, along, at):
        return {}
    for name in ("time", "geo", "cluster"):
        value = getattr(at, name)
        if name != along and value is not None:
            panel = panel.where(name, value)
    return {row[along]: _(row["label"]) or MISSING for row in panel.rows()}
