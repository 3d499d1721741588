"""The sections on size, specialisation and place: what an area, a region, a cluster is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hansa.language import _
from hansa.panel import Panel
from hansa.report.document import Section, Table
from hansa.report.part import QUOTIENT, Part
from hansa.report.profiles import cluster_profile, region_profile
from hansa.report.signs import key, sign, signs, without_key
from hansa.views import sentences
from hansa.views.bars import size_bars
from hansa.views.carried import carried
from hansa.views.choropleth import choropleth
from hansa.views.figure import Figure
from hansa.views.format import share_estimated
from hansa.views.heattable import heat_table
from hansa.views.league import League, league
from hansa.views.leaguechart import interval_chart
from hansa.views.quotients import specialisation_bars
from hansa.views.reading import At, Reading, read, within
from hansa.views.starsmap import stars_map
from hansa.views.tilemap import tile_map
from hansa.views.tiles import layout_for
from hansa.views.topplaces import sharper, top_places, top_sentence

STARS = ("presence_stars", "strong_cluster")


def area_section(part: Part) -> Section | None:
    """The area against the reference, where it is not itself the reference."""
    panel, at = part.base.area.get(QUOTIENT), part.area
    if panel is None or at is None or _all_one(panel):
        return None
    carriers = tuple(_carried(part, panel, at))
    return Section(
        id=f"area{part.suffix}",
        question=_("What are the strengths of {place}?", place=part.place(at, panel))
        + part.heading,
        answer=(sentences.strongest(panel, at, part.words),),
        figures=(specialisation_bars(panel, at, part.words),),
        certainty=(*_sure(part, panel, at, part.order("cluster", area=True)), *carriers),
        **part.origin(QUOTIENT, area=True),
    )


def _all_one(panel: Panel) -> bool:
    values = np.array([v for v in panel.table["value"].to_pylist() if v is not None])
    return bool(values.size == 0 or np.allclose(values, 1, rtol=0, atol=1e-9))


def _carried(part: Part, panel: Panel, at: At) -> Iterator[str]:
    """How many regions and countries stand behind each of the first three of the area."""
    jobs = part.base.regions.get("employment")
    if jobs is None:
        return
    reading = read(panel, "cluster", at, part.words)
    for cell in [c for c in reading.known if not c.tiny][:3]:
        here = At(cluster=cell.code, time=reading.at.time)
        yield carried(jobs, part.base.regions.get(QUOTIENT), here, part.words)


def size_section(part: Part) -> Section | None:
    """Size and growth do not depend on the base: they are shown once a definition."""
    panels = part.base.area if part.area else part.base.regions
    size = panels.get("employment")
    if size is None or not part.first_base:
        return None
    at = part.area or part.at(geo=part.picks.region)
    growth = panels.get("growth_rate")
    growth = growth if growth is not None and len(growth) else None
    answer = [sentences.largest(size, at, part.words)]
    if growth is not None:
        answer.append(sentences.fastest(growth, at, part.words))
    return Section(
        id=f"size{part.suffix}",
        question=_how_large(part.place(at, size), growth is not None),
        answer=tuple(answer),
        figures=(size_bars(size, growth, at, part.words),),
        certainty=_sure(part, size, at),
        **part.origin("employment", area=bool(part.area)),
    )


def _how_large(place: str, grow: bool) -> str:
    if grow:
        return _("How large are the clusters of {place}, and how do they grow?", place=place)
    return _("How large are the clusters of {place}?", place=place)


def region_section(part: Part) -> Section | None:
    """The portfolio of one region, with its profile."""
    panel = part.base.regions.get(QUOTIENT)
    if panel is None:
        return None
    at = part.at(geo=part.picks.region)
    return Section(
        id=f"region{part.suffix}",
        question=_("What is {place} specialised in?", place=part.place(at, panel)) + part.heading,
        answer=(sentences.strongest(panel, at, part.words),),
        figures=(specialisation_bars(panel, at, part.words),),
        tables=(region_profile(part, at),),
        certainty=_sure(part, panel, at, part.order("cluster")),
        **part.origin(QUOTIENT),
    )


def regions_section(part: Part) -> Section | None:
    """Every region beside every cluster, where there are several regions."""
    panel = part.base.regions.get(QUOTIENT)
    if panel is None or len(panel.distinct("geo")) < 2:
        return None
    figure = heat_table(panel, part.at(), part.words, part.base.area.get(QUOTIENT))
    return Section(
        id=f"regions{part.suffix}",
        question=_("Which regions are specialised in what?") + part.heading,
        answer=(figure.title.rstrip(".") + ".",),
        figures=(figure,),
        **part.origin(QUOTIENT),
    )


def cluster_section(part: Part) -> Section | None:
    """Where one cluster concentrates: map, league, stars, profile."""
    panel = part.base.regions.get(QUOTIENT)
    if panel is None:
        return None
    at = part.at(cluster=part.picks.cluster)
    label = part.own.definition.label_of(part.picks.cluster)
    table = league(panel, at, part.words, part.order("geo"))
    reading = read(panel, "geo", at, part.words)
    shown = list(_maps(part, panel, reading))
    if len(table.ranked) > 1:
        shown.append(interval_chart(table, chosen=(part.picks.region,)))
    return Section(
        id=f"cluster{part.suffix}",
        question=_("Where do the jobs of {cluster} concentrate?", cluster=within(label))
        + part.heading,
        answer=(sentences.map_title(reading, part.words, label).rstrip(".") + ".",),
        figures=tuple(shown),
        tables=(_league_table(table), cluster_profile(part, at)),
        certainty=_sure(part, panel, at, part.order("geo")),
        **part.origin(QUOTIENT),
    )


_LONGEST = 6
"""Letters of a code that a square has room for."""


def _maps(part: Part, panel: Panel, reading: Reading) -> Iterator[Figure]:
    """Squares, and true areas where there is a geometry.

    Regions that have names for codes and no place of their own get no squares: nobody could tell
    one from another.
    """
    codes = [c.code for c in reading.cells]
    layout = layout_for(codes, panel.header.geography)
    if layout.placed or max(map(len, codes), default=0) <= _LONGEST or len(reading.known) < 2:
        yield tile_map(panel, reading.at, part.words, layout)
    if part.result.geometry is not None:
        yield choropleth(panel, part.result.geometry, reading.at, part.words)


def stars_section(part: Part) -> Section | None:
    """Stars of one cluster by a rule set."""
    name = next((n for n in STARS if n in part.base.regions), None)
    if name is None:
        return None
    panel = part.base.regions[name]
    at = part.at(cluster=part.picks.cluster)
    if at.cluster not in panel.distinct("cluster"):
        return None
    figure = stars_map(panel, at, part.words)
    label = part.own.definition.label_of(part.picks.cluster)
    return Section(
        id=f"stars{part.suffix}",
        question=_("Where are regional agglomerations of {cluster}?", cluster=within(label))
        + part.heading,
        answer=(figure.title.rstrip(".") + ".",),
        figures=(figure,),
        certainty=panel.header.notes[:1],
        **part.origin(name),
    )


def _sure(part: Part, panel: Panel, at: At, order: Panel | None = None) -> tuple[str, ...]:
    """How sure the numbers of a ranking are, and how sure its first ten places."""
    along = "geo" if at.geo is None else "cluster"
    reading = read(panel, along, at, part.words)
    by = sharper(reading, read(order, along, at, part.words)) if order is not None else None
    top = top_sentence(top_places(reading, by), reading.what)
    lines = sentences.certainties(panel, along, at, part.words)
    return (*((top,) if top else ()), *lines)


def _league_table(table: League) -> Table:
    """The league with each interval beside its value: fits a page where columns for it do not."""
    coded = any(row.code != row.name for row in table.rows)
    told = any(row.status if row.best is None else row.flags for row in table.rows)
    estimated = any(share_estimated(row.estimated) for row in table.rows)
    shown = (True, coded, True, True, estimated, told)
    signed = signs(row.status for row in table.rows if row.best is None)
    heads = (
        _("Rank (best–worst)"),
        _("Code"),
        _("Region"),
        _("Value (bounds)"),
        _("Estimated"),
        _("Status"),
    )
    rows = [
        (
            row.rank_text,
            row.code,
            row.name,
            table.scale.with_interval(row.value, row.lower, row.upper),
            share_estimated(row.estimated),
            signed.get(row.status, row.status) if row.best is None else sign(row.flags),
        )
        for row in table.rows
    ]
    letters = key([*(sign(r.flags) for r in table.rows if r.best is not None), *signed.values()])
    return Table(
        f"{table.title}. {table.subtitle}",
        tuple(h for h, there in zip(heads, shown, strict=True) if there),
        tuple(tuple(t for t, there in zip(r, shown, strict=True) if there) for r in rows),
        " ".join(filter(None, (without_key(table.note), letters))),
    )
