"""The section on how sure the rankings of a study are: every cluster's first ten regions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hansa.language import N_, _
from hansa.panel import Panel
from hansa.report.document import Section, Table
from hansa.report.part import QUOTIENT, Part
from hansa.views.format import MISSING, THIN
from hansa.views.reading import At, read
from hansa.views.topplaces import TOP, TopPlaces, sharper, top_places


@dataclass(frozen=True)
class Sure:
    """First places of several rankings together; a ranking of ten or fewer counts as none."""

    rankings: int
    left_out: int
    places: int
    certain: int
    strictly: int
    unknown: int
    bounded: bool

    @property
    def share(self) -> float:
        """Share of the places that are certain."""
        return self.certain / self.places


def together(found: Sequence[TopPlaces]) -> Sure:
    """The places of all rankings that have more members than places."""
    own = [t for t in found if t.meaningful]
    return Sure(
        rankings=len(own),
        left_out=sum(t.ranked > 0 for t in found) - len(own),
        places=sum(t.count for t in own),
        certain=sum(t.certain for t in own),
        strictly=sum(t.strictly for t in own),
        unknown=sum(t.unknown for t in own),
        bounded=any(t.bounded for t in own),
    )


def rankings(part: Part, panel: Panel, along: str) -> dict[str, TopPlaces]:
    """The first places of every cluster (along `geo`), or of every region (along `cluster`)."""
    last = part.at().time or panel.distinct("time")[-1]
    now, order = panel.where("time", last), part.order(along)
    by = order.where("time", last) if order is not None else None
    found = {}
    for code in now.distinct("cluster" if along == "geo" else "geo"):
        at = At(cluster=code, time=last) if along == "geo" else At(geo=code, time=last)
        reading = read(now, along, at, part.words)
        ordered = sharper(reading, read(by, along, at, part.words)) if by is not None else None
        found[code] = top_places(reading, ordered)
    return found


def certain_section(part: Part) -> Section | None:
    """How many of the first ten places are certain, over all clusters and all regions."""
    panel = part.base.regions.get(QUOTIENT)
    if panel is None:
        return None
    by_cluster = rankings(part, panel, "geo")
    sure = together(list(by_cluster.values()))
    if not sure.places:
        return None
    return Section(
        id=f"certain{part.suffix}",
        question=_("How sure are the first ten places?") + part.heading,
        answer=tuple(_answer(part, panel, sure)),
        tables=(_table(part, by_cluster),),
        certainty=(
            _(
                "A place is certain where fewer than ten others can reach the region, whatever the "
                "true values inside the bounds are; it is possible where fewer than ten are above "
                "it in every case."
            ),
        ),
        **part.origin(QUOTIENT),
    )


def _answer(part: Part, panel: Panel, sure: Sure) -> Iterator[str]:
    yield _sentence(sure, "cluster")
    regions = together(list(rankings(part, panel, "cluster").values()))
    if regions.places:
        yield _sentence(regions, "region")


_CERTAIN = {
    ("cluster", True): N_(
        "The {top} most specialised regions of each cluster: {certain} of {places} places "
        "({share}) are certain, over {rankings} clusters"
    ),
    ("cluster", False): N_(
        "The {top} most specialised regions of each cluster: {certain} of {places} places "
        "({share}) are certain by the printed numbers, over {rankings} clusters"
    ),
    ("region", True): N_(
        "The {top} most specialised clusters of each region: {certain} of {places} places "
        "({share}) are certain, over {rankings} regions"
    ),
    ("region", False): N_(
        "The {top} most specialised clusters of each region: {certain} of {places} places "
        "({share}) are certain by the printed numbers, over {rankings} regions"
    ),
}
_FEWER = {
    "cluster": N_("({count} more rank {top} regions or fewer)"),
    "region": N_("({count} more rank {top} clusters or fewer)"),
}
_STRICTLY = {
    "cluster": N_(
        "Counting regions that are not known, which may stand anywhere, {count} ({share}) are."
    ),
    "region": N_(
        "Counting clusters that are not known, which may stand anywhere, {count} ({share}) are."
    ),
}


def _sentence(sure: Sure, each: str) -> str:
    """The places of all rankings of one kind: of each `cluster` (its regions) or `region`."""
    text = _(
        _CERTAIN[each, sure.bounded],
        top=TOP,
        certain=sure.certain,
        places=sure.places,
        share=_percent(sure.share),
        rankings=sure.rankings,
    )
    if sure.left_out:
        text = f"{text} {_(_FEWER[each], count=sure.left_out, top=TOP)}"
    if sure.unknown:
        share = _percent(sure.strictly / sure.places)
        text = f"{text}. {_(_STRICTLY[each], count=sure.strictly, share=share)}"
        return text
    return f"{text}."


def _percent(share: float) -> str:
    return f"{100 * share:.0f}{THIN}%"


def _table(part: Part, found: dict[str, TopPlaces]) -> Table:
    """A row a cluster that has a ranking, the surest first; what none has needs no column."""
    there = {code: t for code, t in found.items() if t.ranked}
    ordered = sorted(there.items(), key=lambda item: (-item[1].certain, item[0]))
    unknown = any(t.unknown for t in there.values())
    heads = (
        _("Cluster"),
        _("Certain"),
        _("Possible"),
        _("Regions"),
        _("Not known"),
        _("Certain with these"),
    )
    rows = tuple(
        (
            part.own.definition.label_of(code),
            *((str(t.certain), str(t.possible)) if t.meaningful else (MISSING, MISSING)),
            str(t.ranked),
            str(t.unknown),
            str(t.strictly) if t.meaningful else MISSING,
        )
        for code, t in ordered
    )
    note = " ".join(_note(unknown, short=any(not t.meaningful for t in there.values())))
    shown = len(heads) if unknown else len(heads) - 2
    title = _("First {top} places of each cluster, by specialisation", top=TOP)
    return Table(title, heads[:shown], tuple(row[:shown] for row in rows), note)


def _note(unknown: bool, *, short: bool) -> Iterator[str]:
    yield _(
        "Certain: regions that are among the first {top} in every case. Possible: those that may "
        "be. Regions: those with a value or bounds.",
        top=TOP,
    )
    if unknown:
        yield _("Certain with these: as certain, with each region not known taken to stand above.")
    if short:
        yield _("{sign} no more than {top} regions are ranked.", sign=MISSING, top=TOP)
