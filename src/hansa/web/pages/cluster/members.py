"""What a cluster is made of, who carries it, and how it grows."""

from __future__ import annotations

from collections.abc import Iterator

from hansa.clusters import Member
from hansa.codes.codelist import Codelist
from hansa.language import _, named, ngettext
from hansa.report.document import Section, Table
from hansa.report.part import QUOTIENT, Part, definition_named
from hansa.views import sentences
from hansa.views.carried import carried
from hansa.views.format import MISSING, grouped, joined
from hansa.views.reading import At, Cell, Reading, read, within
from hansa.views.written import because
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
    heads = (_("Code"), _("Activity"), _("Part of the cluster"), _("Weight"), _("Reason"))
    rows = [(m.activity, _label(codes, m), *_said(m)) for m in own]
    kept = [tuple(t for t, there in zip(r, shown, strict=True) if there) for r in (heads, *rows)]
    return Section(
        id=f"members{part.suffix}",
        question=_("What is {cluster} made of?", cluster=within(label)) + part.heading,
        answer=(_made_of(label, own, definition.kind_of(part.picks.cluster)),),
        tables=(
            Table(
                _("Members of {cluster}", cluster=within(label)),
                kept[0],
                tuple(kept[1:]),
                _("Weight: the share of the jobs of the activity that belong to the cluster."),
            ),
        ),
        certainty=tuple(_covered(part)),
        line="; ".join(
            filter(
                None,
                (
                    _("Definition: {definition}", definition=definition_named(definition)),
                    named("definition", definition.source).rstrip("."),
                ),
            )
        )
        + ".",
        python=_python(part),
        command=f"hansa definitions {named_definition(part.result, definition)[0]} --json",
    )


def _python(part: Part) -> str:
    _name, call = named_definition(part.result, part.own.definition)
    return (
        "from hansa.clusters import find_definition\n"
        f"definition = {call}\n"
        f'[m for m in definition.members if m.cluster == "{part.picks.cluster}"]'
    )


def _label(codes: Codelist, member: Member) -> str:
    label = codes.names.get(member.activity, "")
    return "" if label == member.activity else label


def _said(m: Member) -> tuple[str, str, str]:
    """Its part of the cluster, its weight and why it is there."""
    return named("cluster", m.subcluster), _weight(m), named("reason", m.reason)


def _weight(member: Member) -> str:
    return grouped(member.weight, 0 if member.weight == 1 else 2)


def _made_of(label: str, own: list[Member], kind: str) -> str:
    parts = dict.fromkeys(named("cluster", m.subcluster) for m in own if m.subcluster)
    if len(parts) > 1:
        text = ngettext(
            "{cluster} is put together from {number} activity in {count} parts: {parts}",
            "{cluster} is put together from {number} activities in {count} parts: {parts}",
            len(own),
            cluster=label,
            count=len(parts),
            parts=joined([within(p) for p in parts]),
        )
    else:
        text = ngettext(
            "{cluster} is put together from {number} activity",
            "{cluster} is put together from {number} activities",
            len(own),
            cluster=label,
        )
    if partly := sum(m.weight < 1 for m in own):
        text += ngettext(
            "; {number} enters with a part of the jobs",
            "; {number} enter with a part of the jobs",
            partly,
        )
    if kind:
        text += ". " + _("It counts as {kind}", kind=_(kind))
    return f"{text}."


def _covered(part: Part) -> Iterator[str]:
    """What the source can say of the cluster."""
    own = next(c for c in part.own.coverage.clusters if c.cluster == part.picks.cluster)
    if own.state == "not computable":
        yield _("The facts of the study hold none of these activities.")
        return
    if own.outside:
        some = [*own.outside[:8]]
        if (more := len(own.outside) - 8) > 0:
            some.append(_("{count} more", count=more))
        yield _(
            "Outside the facts of the study: {codes}. The cluster is the sum of the rest.",
            codes=joined(some),
        )
    if own.partial:
        yield _("The facts are coarser than the definition: the size of the cluster has bounds.")
    if not own.outside and not own.partial:
        yield _("The facts hold every one of these activities.")


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
    question = _("Which regions carry {cluster}?", cluster=within(label))
    if rates is not None:
        question = _("Which regions carry {cluster}, and how does it grow?", cluster=within(label))
    return Section(
        id=f"carriers{part.suffix}",
        question=question + part.heading,
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
    up, down, open_ones = sentences.changes(rates)
    parts = []
    if up:
        regions = joined([f"{c.name} ({_brief(c, rates)})" for c in up[:3]])
        parts.append(_("Fastest growth {period}: {regions}.", period=rates.period, regions=regions))
    if down:
        regions = joined([f"{c.name} ({_brief(c, rates)})" for c in down[:3]])
        parts.append(
            _("Strongest decline {period}: {regions}.", period=rates.period, regions=regions)
        )
    if any(c.bounded for c in (*up[:3], *down[:3])):
        parts.append(
            _(
                "Ordered by how much is certain at least; the true order may be another, as growth "
                "lies between bounds."
            )
        )
    if open_ones:
        parts.append(
            ngettext(
                "Not named: {number} region where it may have grown or shrunk.",
                "Not named: {number} regions where it may have grown or shrunk.",
                len(open_ones),
            )
        )
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
    columns = [(_("Jobs"), sizes), (_("Share of the cluster"), shares), (_("Growth"), rates)]
    there = [(head, own) for head, own in columns if own is not None]
    cells = [{c.code: c for c in own.cells} for _head, own in there]
    shown = sizes.ordered[:MOST]
    rows = tuple(
        (
            f"{cell.name} ({cell.code})" if cell.name != cell.code else cell.name,
            *(_number(c.get(cell.code), own) for c, (_head, own) in zip(cells, there, strict=True)),
        )
        for cell in shown
    )
    note = _("{missing} not known or not applicable.", missing=MISSING)
    if len(sizes.ordered) > len(shown):
        first = _("The first {most} of {all} regions by jobs.", most=MOST, all=len(sizes.ordered))
        note = f"{first} {note}"
    said = {"cluster": within(label), "time": sizes.at.time}
    title = _("Regions with most jobs in {cluster}, {time}", **said)
    if rates is not None:
        title = _(
            "Regions with most jobs in {cluster}, {time}; growth {period}",
            **said,
            period=rates.period,
        )
    return Table(title, (_("Region"), *(head for head, _own in there)), rows, note)


def _number(cell: Cell | None, own: Reading) -> str:
    if cell is None or cell.absent:
        text = _("new") if cell is not None and "entry" in cell.status else MISSING
        return because(text, cell.reason if cell is not None else "")
    return own.scale.with_interval(cell.value, cell.lower, cell.upper)
