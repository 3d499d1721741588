"""Which regions are like this one: by the structure of jobs, each with how sure it is."""

from __future__ import annotations

from dataclasses import replace

from hansa.language import _, ngettext
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
_FIRST = 15
_MOST = 25
"""Regions drawn: the first ones, and those further down that may be the first."""


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
    title = _("Regions like {region}", region=name)
    table = league(panel, At(), replace(part.words, title=title))
    origin = part_with.origin("focus")
    return Section(
        id=f"similar{part.suffix}",
        question=_("Which regions are like {region}?", region=name) + part.heading,
        answer=(_answer(name, table),),
        figures=(_figure(table, name),) if len(table.ranked) > 1 else (),
        certainty=(*_sure(table), *_method()),
        line=origin["line"],
        python=_python(origin["python"], region),
        command=origin["command"],
    )


def open_order(table: League) -> bool:
    """True where most regions may be the most alike: who is cannot be said."""
    first = sum(row.best == 1 for row in table.ranked)
    return first > _FEW and 2 * first > len(table.ranked)


def _figure(table: League, name: str) -> Figure:
    last = max(i for i, row in enumerate(table.ranked) if row.best == 1) + 1
    top = _FIRST if open_order(table) else min(_MOST, max(_FIRST, last))
    made = interval_chart(_titled(table, name), top)
    return replace(made, id="similar")


def _titled(table: League, name: str) -> League:
    first = table.ranked[0]
    said = {"first": first.name, "region": name}
    if open_order(table):
        title = _("Which region is most like {region} cannot be said", region=name)
    elif first.worst == 1:
        title = _("{first} is most like {region}", **said)
    else:
        title = _("{first} may be most like {region}", **said)
    return replace(table, title=title)


def _answer(name: str, table: League) -> str:
    ranked = table.ranked
    if not ranked:
        return _(
            "Cannot be said: of the jobs of {region}, or of every other region, less than {share} "
            "are known by cluster.",
            region=name,
            share=_percent(LEAST_KNOWN),
        )
    first = [row.name for row in ranked if row.best == 1]
    if open_order(table):
        return _(
            "Which regions are most like {region} cannot be said: {count} of {all} may be the "
            "first.",
            region=name,
            count=len(first),
            all=len(ranked),
        )
    items = [
        _(
            "{region} ({share} alike)",
            region=row.name,
            share=table.scale.with_interval(row.value, row.lower, row.upper),
        )
        for row in ranked[:_NAMED]
    ]
    text = _(
        "Most like {region} in what its jobs do: {regions}.", region=name, regions=joined(items)
    )
    if len(first) > 1:
        text += " " + _(
            "The order is possible, not certain: the first may be any of {regions}.",
            regions=joined(_some(first)),
        )
    return text


def _some(names: list[str]) -> list[str]:
    rest = len(names) - _FEW
    return [*names[:_FEW], _("{count} more", count=rest)] if rest > 0 else names


def _percent(share: float) -> str:
    return _("{number} %", number=grouped(100 * share))


def _sure(table: League) -> list[str]:
    """How sure the order is, how many numbers are intervals, and who cannot be said."""
    lines = [table.top] if table.top else []
    ranked, of = table.ranked, len(table.rows)
    bounded = sum(row.lower is not None and row.lower != row.upper for row in ranked)
    if bounded:
        lines.append(
            ngettext(
                "{number} of {all} similarities is known between two ends: shares are hidden, or "
                "the publisher rounds.",
                "{number} of {all} similarities are known between two ends: shares are hidden, or "
                "the publisher rounds.",
                bounded,
                all=of,
            )
        )
    if gone := [row.name for row in table.rows if row.best is None]:
        lines.append(
            _(
                "Cannot be said for {count} of {all} regions, of which too few jobs are known by "
                "cluster: {regions}.",
                count=len(gone),
                all=of,
                regions=joined(_some(gone)),
            )
        )
    return lines


def _method() -> list[str]:
    return [
        _(
            "How alike two regions are: the sum over all clusters of the smaller of the two shares "
            "of jobs, jobs in no cluster being one more group. 100 % is the same structure, 0 % "
            "nothing in common. Where shares are hidden or bounded, the number lies between the "
            "two ends that they allow; regions whose ends overlap may change places."
        ),
        _(
            "A region is compared where at least {share} of its jobs are known by cluster. Source "
            "of the measure: {source}.",
            share=_percent(LEAST_KNOWN),
            source=SOURCE,
        ),
    ]


def _python(line: str, region: str) -> str:
    """The line that gives the shares, and what is made of them."""
    first, _, last = line.rpartition("\n")
    return (
        f"{first}\nfrom hansa.measures.similarity import similar_regions\n"
        f'focus = {last}\nsimilar_regions(focus, "{region}").to_pandas()'
    )
