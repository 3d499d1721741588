"""Findings on a facts table: what is wrong, what is undeclared, what a reader should know."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from hansa.cube import Cube
from hansa.errors import Finding, HansaError
from hansa.facts.check_deep import MOST, Read, deep_findings
from hansa.facts.check_refused import above_totals
from hansa.facts.check_words import at, in_year, percent, some
from hansa.language import N_, _
from hansa.law import Quantity
from hansa.sources.guess.codes import CALLED_TOTAL
from hansa.sources.raw import column_names, raw_table
from hansa.sources.spec import MEASURES, FactsSpec, beside
from hansa.sources.tabular import read_facts, read_table

WITHOUT_JOBS = "payroll stands without employment"
_UNDECLARED = {
    "classification": N_("no classification is declared"),
    "geography": N_("no geography is declared"),
}
_SUCH_AS = {"classification": "nace:2", "geography": "nuts:2013"}
_ORDER = {"error": 0, "warning": 1, "note": 2}


def check_facts(
    paths: list[Path], spec: FactsSpec | None = None, *, deep: bool = False
) -> list[Finding]:
    """Findings on one table of one or several files, errors first.

    deep  also cell by cell: sums, series, units, statuses. Without it, what stops a computation.
    """
    spec = spec or FactsSpec()
    findings: list[Finding] = []
    try:
        wanted = _measures(paths[0], beside(paths[0], spec))
    except HansaError as problem:
        return [problem.finding]
    place = ", ".join(p.name for p in paths)
    unused: tuple[str, ...] | None = None
    read: dict[str, Cube] = {}
    for measure in wanted:
        try:
            cube = read_facts(paths, spec, measure)
            if unused is None:
                findings += [*_undeclared(cube, place), *_set_aside(cube, place)]
                unused = cube.unused
            if deep:
                read[measure] = cube
            findings += _of_cube(cube, measure, place, above=not deep)
        except HansaError as problem:
            findings.append(problem.finding)
            if deep and problem.finding.rule == WITHOUT_JOBS and len(paths) == 1:
                read |= _read_alone(paths[0], spec, measure)
    if read:
        findings = deep_findings(Read(tuple(paths), spec, read), findings)
    findings += _unused(unused or (), place)
    unique = list(dict.fromkeys(findings))
    return sorted(unique, key=lambda f: _ORDER[f.severity])


def _read_alone(path: Path, spec: FactsSpec, measure: str) -> dict[str, Cube]:
    """Jobs and payroll contradict each other in a row: each is still looked at by itself."""
    own = beside(path, spec)
    other = {"employment": "payroll", "payroll": "employment"}[measure]
    try:
        table = raw_table(path, own).drop_columns([own.columns.get(other, other)])
        columns = {k: v for k, v in own.columns.items() if not k.startswith(other)}
        return {measure: read_table(table, own.model_copy(update={"columns": columns}), measure)}
    except (HansaError, KeyError):
        return {}


def _measures(path: Path, spec: FactsSpec) -> list[str]:
    """The measures a table holds, in columns or in rows."""
    names = column_names(path, spec)
    found = [m for m in MEASURES if m in names or m in spec.columns]
    told = spec.columns.get("measure", "measure")
    if not found and told in names:
        rows = raw_table(path, spec)[told]
        found = [m for m in MEASURES if m in set(pc.unique(rows).to_pylist())]
    return found or [spec.measure or "employment"]


def _of_cube(cube: Cube, measure: str, place: str, above: bool) -> Iterable[Finding]:
    missing = zeros = cells = 0
    for time in cube.years:
        rows = cube.load(time)
        laid = cube.laid_out(time, rows)
        if above:
            yield from above_totals(cube, laid, f"{place}, {measure}", time)
        if time == cube.years[0]:
            yield from _unsaid_totals(cube, laid, place)
        values = rows.values.value
        cells += values.size
        missing += int(np.isnan(values).sum())
        zeros += int((values == 0).sum())
        if values.size and not np.nansum(values):
            yield Finding(
                "warning",
                in_year(place, time),
                _("every {measure} of the year is zero or missing", measure=measure),
                "0",
                _("values, or no rows for the year"),
                _("leave the year out, or declare zeros = 'hidden'"),
            )
    yield from _gaps(cube, measure, place, (missing, zeros, cells))


def _undeclared(cube: Cube, place: str) -> Iterable[Finding]:
    for name, codes in (("classification", cube.activity), ("geography", cube.geo)):
        if codes.codelist.is_local:
            yield Finding(
                "note",
                place,
                _(_UNDECLARED[name]),
                some(codes.codes, 4),
                _("a code list such as {id}", id=_SUCH_AS[name]),
                _(
                    "declare it (--{name} ID): codes then have labels, a hierarchy and conversions",
                    name=name,
                ),
            )
    possible = len(cube.years) * len(cube.geo) * len(cube.activity)
    if any("not declared" in step for step in cube.header.steps) and cube.size < possible:
        yield Finding(
            "warning",
            place,
            _("what an absent row means is not declared: taken as zero"),
            _("{number} rows of {possible} possible", number=cube.size, possible=possible),
            _("absent_rows = zero or unknown"),
            _("declare it in the study, in NAME.meta.toml or by --absent-rows"),
        )


def _unused(names: Sequence[str], place: str) -> Iterable[Finding]:
    if names:
        yield Finding(
            "note",
            place,
            _("columns that are not used"),
            some(names, 20),
            "",
            _("map them (--columns OURS=NAME) where they carry a key or a measure"),
        )


def _set_aside(cube: Cube, place: str) -> Iterable[Finding]:
    if cube.set_aside:
        yield Finding(
            "warning",
            place,
            _("rows set aside: their codes are not in the declared version"),
            some(map(_aside, cube.set_aside), MOST),
            _(
                "codes of {geo} and {activity}",
                geo=cube.geo.codelist.id,
                activity=cube.activity.codelist.id,
            ),
            _("convert them, or leave them out on purpose"),
        )


_ASIDE = {
    "geo": N_("geo {code}: {number} rows"),
    "activity": N_("activity {code}: {number} rows"),
}
_OF_CODE = re.compile(r"(geo|activity) (.+): (\d+) rows")


def _aside(text: str) -> str:
    """How many rows of a code were set aside, as the reader says it, in the language spoken."""
    match = _OF_CODE.fullmatch(text)
    return _(_ASIDE[match[1]], code=match[2], number=match[3]) if match else text


def _unsaid_totals(cube: Cube, laid: Quantity, place: str) -> Iterable[Finding]:
    """Codes that add up all others of a table without hierarchy, or are called so."""
    for name, axis, values in (
        ("activity", cube.activity, laid.value),
        ("geo", cube.geo, laid.value.T),
    ):
        if not axis.codelist.is_local or len(axis.roots) < 4:
            continue
        rows = values[list(axis.roots)]
        summed = np.abs(2 * rows - rows.sum(axis=0)) <= len(rows) / 2
        for i, node in enumerate(axis.roots):
            code = axis.codes[node]
            adds_up = summed[i].all() and rows[i].any()
            if adds_up or code.strip().lower() in CALLED_TOTAL:
                yield Finding(
                    "warning",
                    f"{place}, {at(name, code)}",
                    _("a code looks like the total of all others"),
                    _("it is their sum") if adds_up else _("by its name"),
                    _("totals are declared, so that they are not added to their parts"),
                    _("say so: total = ['{code}'] or --table total={code}", code=code),
                )


def _gaps(cube: Cube, measure: str, place: str, counts: tuple[int, int, int]) -> Iterable[Finding]:
    missing, zeros, cells = counts
    if missing:
        yield Finding(
            "note",
            place,
            _("{measure} is missing in some rows", measure=measure),
            _share(missing, cells),
            "",
            _("results that depend on them stay absent"),
        )
    if zeros and cube.header.zeros == "printed":
        yield Finding(
            "note",
            place,
            _(
                "zeros of {measure} are taken as printed; some may stand for hidden cells",
                measure=measure,
            ),
            _share(zeros, cells),
            "",
            _("declare zeros = 'hidden' where the publisher prints 0 for a hidden cell"),
        )


def _share(some_rows: int, rows: int) -> str:
    share = percent(some_rows / rows)
    return _("{number} of {all} rows ({share})", number=some_rows, all=rows, share=share)
