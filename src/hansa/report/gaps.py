"""What a study could not say: counted by base, by cluster, with the reason."""

from __future__ import annotations

from collections.abc import Mapping

from hansa.codes.codelist import versions_with
from hansa.cube import Cube
from hansa.language import _, ngettext
from hansa.panel import Panel
from hansa.report.document import Table
from hansa.report.part import base_named
from hansa.study.run import BaseResult, DefinitionResult, StudyResult
from hansa.views.format import MISSING, joined, per_cent

QUOTIENT = "location_quotient_total"


def gaps(result: StudyResult) -> tuple[tuple[str, ...], tuple[Table, ...]]:
    """Sentences and tables on what is missing under each base, and by cluster."""
    answer: list[str] = []
    tables: list[Table] = []
    for own in result.results:
        rows = [_base_row(b) for b in own.bases if QUOTIENT in b.regions]
        if rows:
            answer += [_sentence(b, result.names) for b in own.bases if QUOTIENT in b.regions]
            tables.append(_bases(own, rows))
        tables.append(_clusters(own, result.cube.activity.codelist.names))
        if listed := [b for b in own.bases if b.members]:
            tables.append(_references(own, listed))
    return tuple(answer), tuple(tables)


def _last_year(panel: Panel) -> list[dict[str, object]]:
    times = panel.distinct("time")
    return panel.where("time", times[-1]).rows() if times else []


def _counts(base: BaseResult) -> tuple[int, int, int, int, int]:
    """Known and all cells, regions with any known cell and all, clusters with any."""
    rows = _last_year(base.regions[QUOTIENT])
    known = [row for row in rows if row["value"] is not None]
    return (
        len(known),
        len(rows),
        len({row["geo"] for row in known}),
        len({row["geo"] for row in rows}),
        len({row["cluster"] for row in known}),
    )


def _base_row(base: BaseResult) -> tuple[str, ...]:
    known, cells, regions, of, clusters = _counts(base)
    left = ", ".join(base.base.without) or _("nothing")
    return (
        base_named(base.base.name),
        left,
        _("{count} of {all}", count=known, all=cells),
        _("{count} of {all}", count=regions, all=of),
        str(clusters),
    )


def _regions(base: BaseResult, known: bool) -> set[str]:
    rows = _last_year(base.regions[QUOTIENT])
    there = {str(row["geo"]) for row in rows if row["value"] is not None}
    return there if known else {str(row["geo"]) for row in rows} - there


def _sentence(base: BaseResult, names: Mapping[str, str]) -> str:
    known, cells, regions, of = _counts(base)[:4]
    said = {"base": base_named(base.base.name), "all": of}
    if known == cells:
        return _("Base {base}: every quotient of {all} regions can be computed.", **said)
    said |= {"known": known, "cells": cells, "share": per_cent(known / cells), "regions": regions}
    lost = [_named(code, names) for code in sorted(_regions(base, known=False))]
    if lost:
        return _(
            "Base {base}: {known} of {cells} quotients ({share}) can be computed, in {regions} of "
            "{all} regions; lost: {lost}.",
            **said,
            lost=joined(lost),
        )
    return _(
        "Base {base}: {known} of {cells} quotients ({share}) can be computed, in {regions} of "
        "{all} regions.",
        **said,
    )


def _named(code: str, names: Mapping[str, str]) -> str:
    """A code with its name: `DE60 (Hamburg)`."""
    name = names.get(code, code)
    return code if name == code else f"{code} ({name})"


def _bases(own: DefinitionResult, rows: list[tuple[str, ...]]) -> Table:
    return Table(
        _(
            "What each base leaves of the specialisation of regions, {definition}",
            definition=own.definition.name,
        ),
        (_("Base"), _("Left out"), _("Quotients"), _("Regions"), _("Clusters")),
        tuple(rows),
        _(
            "A quotient is lost where the cluster, the total of the region or that of the "
            "reference is not known: a part of it is missing, and a sum around it would be too "
            "small."
        ),
    )


def _clusters(own: DefinitionResult, names: Mapping[str, str]) -> Table:
    bases = [b for b in own.bases if QUOTIENT in b.regions]
    counted = [_by_cluster(b) for b in bases]
    heads = [_("Cluster"), _("From this source"), _("Codes that never occur in it")]
    heads += [_head(_("Regions"), b, bases) for b in bases]
    rows = []
    for c in own.coverage.clusters:
        row = [own.definition.label_of(c.cluster), _(c.state), _outside(c.outside, names)]
        rows.append((*row, *(str(counts.get(c.cluster, 0)) for counts in counted)))
    return Table(
        _("What the source says about each cluster, {definition}", definition=own.definition.name),
        tuple(heads),
        tuple(rows),
        _numbered(
            _(
                "Exact: every code is there. Bounded: the source is coarser than the cluster. "
                "Codes that never occur lie outside the source; the cluster is computed over the "
                "rest. Regions: those with a known quotient."
            ),
            bases,
        ),
    )


def _outside(codes: tuple[str, ...], names: Mapping[str, str]) -> str:
    return "; ".join(_named(code, names) for code in codes) or MISSING


def _references(own: DefinitionResult, bases: list[BaseResult]) -> Table:
    rows = tuple(
        (own.definition.label_of(c), *(_members(b, c) for b in bases)) for c in bases[0].members
    )
    return Table(
        _(
            "Members of the reference of each cluster, {definition}",
            definition=own.definition.name,
        ),
        (_("Cluster"), *(_head(_("Members"), b, bases) for b in bases)),
        rows,
        _numbered(
            _(
                "A member counts where both the cluster and the base are published there; one that "
                "never is does not appear."
            ),
            bases,
        ),
    )


def _members(base: BaseResult, cluster: str) -> str:
    """How many members make up the reference of a cluster, and which are left out."""
    used = base.members[cluster]
    every = sorted({code for codes in base.members.values() for code in codes})
    left = [code for code in every if code not in used]
    if not used or not left:
        return str(len(used))
    return _("{count}, without {members}", count=len(used), members=", ".join(left))


def _numbered(note: str, bases: list[BaseResult]) -> str:
    """A note with the numbers of the bases, where a table has several."""
    if len(bases) < 2:
        return note
    named = "; ".join(f"({i}) {base_named(b.base.name)}" for i, b in enumerate(bases, 1))
    return f"{note} {_('Bases: {bases}.', bases=named)}"


def _head(text: str, base: BaseResult, bases: list[BaseResult]) -> str:
    return f"{text} ({bases.index(base) + 1})" if len(bases) > 1 else text


def _by_cluster(base: BaseResult) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in _last_year(base.regions[QUOTIENT]):
        if row["value"] is not None:
            counts[str(row["cluster"])] = counts.get(str(row["cluster"]), 0) + 1
    return counts


def set_aside(cube: Cube) -> str:
    """The codes of other versions that were left out, by the versions they belong to."""
    groups: dict[tuple[str, ...], list[str]] = {}
    rows = 0
    for entry in cube.set_aside:
        dimension, code, count = entry.replace(":", "").split()[:3]
        axis = cube.geo if dimension == "geo" else cube.activity
        scheme = axis.codelist.id.partition(":")[0]
        groups.setdefault(versions_with(code, scheme), []).append(code)
        rows += int(count)
    parts = [_valid_in(", ".join(codes), versions) for versions, codes in sorted(groups.items())]
    return ngettext(
        "{number} rows were set aside because their codes are not of the declared version: "
        "{codes}.",
        "{number} rows were set aside because their codes are not of the declared version: "
        "{codes}.",
        rows,
        codes="; ".join(parts),
    )


def _valid_in(codes: str, versions: tuple[str, ...]) -> str:
    if versions:
        return _("{codes} (valid in {versions})", codes=codes, versions=joined(list(versions)))
    return _("{codes} (unknown)", codes=codes)
