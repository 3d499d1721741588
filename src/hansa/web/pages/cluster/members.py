"""What a cluster is made of, who carries it, and how it grows."""

from __future__ import annotations

from collections.abc import Iterator

from hansa.clusters import Member
from hansa.codes.codelist import Codelist
from hansa.report.document import Section, Table
from hansa.report.part import QUOTIENT, Part
from hansa.views import sentences
from hansa.views.carried import carried
from hansa.views.format import MISSING, grouped, joined
from hansa.views.reading import At, Cell, Reading, read, within
from hansa.web.pages.where.activity import named_definition

MOST = 12
LONGEST = 3600
"""Letters of a list of members that an address has room for."""


def members_of(part: Part) -> list[Member]:
    """The rows of the definition that make up the cluster shown."""
    return [m for m in part.own.definition.members if m.cluster == part.picks.cluster]


def members_query(part: Part) -> str:
    """The members as they stand in an address: `31.01,31.02*0.5`; empty where too many."""
    parts = [
        m.activity if m.weight == 1 else f"{m.activity}*{m.weight:g}" for m in members_of(part)
    ]
    text = ",".join(parts)
    return text if len(text) <= LONGEST else ""


def members_section(part: Part) -> Section:
    """Members of the cluster with labels, weights and reasons."""
    definition, own = part.own.definition, members_of(part)
    label = definition.label_of(part.picks.cluster)
    codes = part.result.cube.activity.codelist
    told = [any(getattr(m, name) for m in own) for name in ("subcluster", "reason")]
    shown = (True, any(_label(codes, m) for m in own), told[0], True, told[1])
    heads = ("Code", "Activity", "Part of the cluster", "Weight", "Reason")
    rows = [(m.activity, _label(codes, m), m.subcluster, _weight(m), m.reason) for m in own]
    kept = [tuple(t for t, there in zip(r, shown, strict=True) if there) for r in (heads, *rows)]
    return Section(
        id=f"members{part.suffix}",
        question=f"What is {within(label)} made of?{part.heading}",
        answer=(_made_of(label, own, definition.kind_of(part.picks.cluster)),),
        tables=(
            Table(
                f"Members of {within(label)}",
                kept[0],
                tuple(kept[1:]),
                "Weight: the share of the jobs of the activity that belong to the cluster.",
            ),
        ),
        certainty=tuple(_covered(part)),
        line=f"Definition {definition.id} {definition.version}".rstrip()
        + (f"; {definition.source}." if definition.source else "."),
        python=_python(part),
        command=f"hansa definitions {named_definition(part.result, definition)[0]} --json",
    )


def _python(part: Part) -> str:
    _, call = named_definition(part.result, part.own.definition)
    return (
        "from hansa.clusters import find_definition\n"
        f"definition = {call}\n"
        f'[m for m in definition.members if m.cluster == "{part.picks.cluster}"]'
    )


def _label(codes: Codelist, member: Member) -> str:
    label = codes.label.get(member.activity, "")
    return "" if label == member.activity else label


def _weight(member: Member) -> str:
    return grouped(member.weight, 0 if member.weight == 1 else 2)


def _made_of(label: str, own: list[Member], kind: str) -> str:
    parts = dict.fromkeys(m.subcluster for m in own if m.subcluster)
    activities = f"{len(own)} activit{'y' if len(own) == 1 else 'ies'}"
    text = f"{label} is put together from {activities}"
    if len(parts) > 1:
        text += f" in {len(parts)} parts: {joined([within(p) for p in parts])}"
    partly = sum(m.weight < 1 for m in own)
    if partly:
        verb = "enters" if partly == 1 else "enter"
        text += f"; {partly} {verb} with a part of the jobs"
    if kind:
        text += f". It counts as {kind}"
    return f"{text}."


def _covered(part: Part) -> Iterator[str]:
    """What the source can say of the cluster."""
    own = next(c for c in part.own.coverage.clusters if c.cluster == part.picks.cluster)
    if own.state == "not computable":
        yield "The facts of the study hold none of these activities."
        return
    if own.outside:
        some = joined(
            [*own.outside[:8], *([f"{len(own.outside) - 8} more"][: len(own.outside) > 8])]
        )
        yield f"Outside the facts of the study: {some}. The cluster is the sum of the rest."
    if own.partial:
        yield "The facts are coarser than the definition: the size of the cluster has bounds."
    if not own.outside and not own.partial:
        yield "The facts hold every one of these activities."


def carriers_section(part: Part) -> Section | None:
    """Which regions carry the cluster, and how its jobs grow there."""
    panels = part.base.regions
    size = panels.get("employment")
    if size is None:
        return None
    at = part.at(cluster=part.picks.cluster)
    label = part.own.definition.label_of(part.picks.cluster)
    growth = panels.get("growth_rate")
    growth = growth if growth is not None and len(growth) else None
    reading = read(size, "geo", at, part.words)
    rates = read(growth, "geo", at, part.words) if growth is not None else None
    grows = ", and how does it grow?" if rates is not None else "?"
    return Section(
        id=f"carriers{part.suffix}",
        question=f"Which regions carry {within(label)}{grows}{part.heading}",
        answer=(
            carried(size, panels.get(QUOTIENT), at, part.words),
            *_growth(part, rates, at),
        ),
        tables=(_table(part, reading, rates, label),),
        certainty=sentences.certainties(size, "geo", at, part.words),
        **part.origin("employment"),
    )


def _growth(part: Part, rates: Reading | None, at: At) -> Iterator[str]:
    """How the whole area grows, then the regions that grow and decline most."""
    if rates is None:
        return
    area = part.base.area.get("growth_rate")
    where = part.area
    if area is not None and len(area) and where is not None:
        yield sentences.growth(area, At(where.geo, at.cluster, rates.at.time), part.words)
    solid = [c for c in rates.known if not c.tiny and c.value is not None]
    up, down = [c for c in solid if c.middle > 0], [c for c in solid if c.middle < 0][::-1]
    parts = []
    for title, cells in (("Fastest growth", up[:3]), ("Strongest decline", down[:3])):
        if cells:
            items = [f"{c.name} ({_brief(c, rates)})" for c in cells]
            parts.append(f"{title} {rates.period}: {joined(items)}.")
    if any(c.bounded for c in (*up[:3], *down[:3])):
        parts.append("The order is possible, not certain: growth lies between bounds.")
    if parts:
        yield " ".join(parts)


def _brief(cell: Cell, rates: Reading) -> str:
    """`+12 %, +5 % to +20 %`: for a list in brackets."""
    text = rates.scale.with_interval(cell.value, cell.lower, cell.upper)
    return text.replace(" (", ", ").rstrip(")")


def _table(part: Part, sizes: Reading, rates: Reading | None, label: str) -> Table:
    """The regions with most jobs: size, share of the cluster, growth."""
    share = part.base.regions.get("cluster_share")
    at = At(None, sizes.at.cluster, sizes.at.time)
    shares = read(share, "geo", at, part.words) if share is not None else None
    columns = [("Jobs", sizes), ("Share of the cluster", shares), ("Growth", rates)]
    there = [(head, own) for head, own in columns if own is not None]
    cells = [{c.code: c for c in own.cells} for _, own in there]
    shown = sizes.ordered[:MOST]
    rows = tuple(
        (
            f"{cell.name} ({cell.code})" if cell.name != cell.code else cell.name,
            *(_number(c.get(cell.code), own) for c, (_, own) in zip(cells, there, strict=True)),
        )
        for cell in shown
    )
    left = len(sizes.ordered) - len(shown)
    since = f"; growth {rates.period}" if rates is not None else ""
    note = f"{MISSING} not known or not applicable."
    if left > 0:
        note = f"The first {MOST} of {len(sizes.ordered)} regions by jobs. {note}"
    title = f"Regions with most jobs in {within(label)}, {sizes.at.time}{since}"
    return Table(title, ("Region", *(head for head, _ in there)), rows, note)


def _number(cell: Cell | None, own: Reading) -> str:
    if cell is None or cell.absent:
        return "new" if cell is not None and "entry" in cell.status else MISSING
    return own.scale.with_interval(cell.value, cell.lower, cell.upper)
