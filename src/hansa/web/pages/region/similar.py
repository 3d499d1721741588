"""Which regions are like this one: by the structure of jobs, each with how sure it is."""

from __future__ import annotations

from dataclasses import replace

from hansa.measures.similarity import LEAST_KNOWN, SOURCE, similar_regions
from hansa.panel import Panel
from hansa.report.document import Section
from hansa.report.part import Part
from hansa.views.figure import Figure
from hansa.views.format import grouped, joined
from hansa.views.league import League, league
from hansa.views.leaguechart import interval_chart
from hansa.views.reading import At
from hansa.web.pages.where.activity import focus_of

_NAMED = 3
_FEW = 6


def likeness(part: Part, region: str) -> Panel | None:
    """Similarity of a region to the others, along `geo`; None where it cannot be defined."""
    _, focus = focus_of(part)
    if focus.header.overlapping or len(focus.distinct("geo")) < 2:
        return None
    found = similar_regions(focus, region, part.at().time)
    table = found.table.drop_columns("geo")
    names = ["geo" if name == "partner" else name for name in table.column_names]
    return Panel(("geo", "time"), table.rename_columns(names), found.header)


def nearest(panel: Panel | None, count: int) -> tuple[str, ...]:
    """The regions most like one, the most alike first; fewer where little is known.

    panel  of `likeness`
    """
    if panel is None:
        return ()
    return tuple(row.code for row in league(panel).ranked[:count])


def similar_section(part: Part, panel: Panel) -> Section:
    """The regions most like one, with ranks as intervals; `panel` of `likeness`."""
    region, part_with = part.picks.region, focus_of(part)[0]
    name = part.words.name(region, panel.header)
    table = league(panel, At(), replace(part.words, title=f"Regions like {name}"))
    origin = part_with.origin("focus")
    return Section(
        id=f"similar{part.suffix}",
        question=f"Which regions are like {name}?{part.heading}",
        answer=tuple(_answer(name, table)),
        figures=(_figure(table, name),) if len(table.ranked) > 1 else (),
        certainty=(*_sure(table), *_method()),
        line=origin["line"],
        python=_python(origin["python"], region),
        command=origin["command"],
    )


def _figure(table: League, name: str) -> Figure:
    made = interval_chart(_titled(table, name))
    return replace(made, id="similar")


def _titled(table: League, name: str) -> League:
    first = table.ranked[0]
    verb = "is" if first.worst == 1 else "may be"
    return replace(table, title=f"{first.name} {verb} most like {name}")


def _answer(name: str, table: League) -> list[str]:
    ranked = table.ranked
    if not ranked:
        return [
            f"Cannot be said: of the jobs of {name}, or of every other region, less than "
            f"{grouped(100 * LEAST_KNOWN)} % are known by cluster."
        ]
    items = [
        f"{row.name} ({table.scale.with_interval(row.value, row.lower, row.upper)} alike)"
        for row in ranked[:_NAMED]
    ]
    text = f"Most like {name} in what its jobs do: {joined(items)}."
    first = [row for row in ranked if row.best == 1]
    if len(first) > 1:
        text += f" The order is possible, not certain: {len(first)} regions may be the first."
    return [text]


def _sure(table: League) -> list[str]:
    """How sure the order is, how many numbers are intervals, and who cannot be said."""
    lines = [table.top] if table.top else []
    ranked, of = table.ranked, len(table.rows)
    bounded = sum(row.lower is not None and row.lower != row.upper for row in ranked)
    if bounded:
        lines.append(
            f"{bounded} of {of} similarities are known between two ends: shares are hidden, or the "
            "publisher rounds."
        )
    gone = [row.name for row in table.rows if row.best is None]
    if gone:
        some = joined([*gone[:_FEW], *([f"{len(gone) - _FEW} more"] if gone[_FEW:] else [])])
        lines.append(
            f"Cannot be said for {len(gone)} of {of} regions, of which too few jobs are known by "
            f"cluster: {some}."
        )
    return lines


def _method() -> list[str]:
    return [
        "How alike two regions are: the sum over all clusters of the smaller of the two shares of "
        "jobs, jobs in no cluster being one more group. 100 % is the same structure, 0 % nothing "
        "in common. Where shares are hidden or bounded, the number lies between the two ends that "
        "they allow; regions whose ends overlap may change places.",
        f"A region is compared where at least {grouped(100 * LEAST_KNOWN)} % of its jobs are known "
        f"by cluster. Source of the measure: {SOURCE}.",
    ]


def _python(line: str, region: str) -> str:
    """The line that gives the shares, and what is made of them."""
    first, _, last = line.rpartition("\n")
    return (
        f"{first}\nfrom hansa.measures.similarity import similar_regions\n"
        f'focus = {last}\nsimilar_regions(focus, "{region}").to_pandas()'
    )
