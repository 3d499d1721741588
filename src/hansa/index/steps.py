"""The steps of a recipe up to the common scale: denominate, screen, treat, normalise.

`impute` lives in `steps_impute`, `weigh` and `aggregate` in `steps_scores`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

import hansa.index.steps_impute
import hansa.index.steps_scores  # noqa: F401
from hansa.errors import HansaError, UsageError, listed
from hansa.index import normalise as scale_rules
from hansa.index import treat as treatments
from hansa.index.chain import Entry, Scope, Stage, refuse_after, step
from hansa.index.data import IndexData, availability
from hansa.index.ranks import SAME
from hansa.index.statistics import moments
from hansa.index.tree import Floats, IndexTree, Ints, Node


@step()
def denominate(stage: Stage, only: Sequence[str] = ()) -> tuple[Stage, Entry]:
    """Divide indicators by their denominator of the same year: x' = x k / D.

    only  indicators to divide; all that name a denominator by default
    """
    refuse_after(stage, "denominate", "denominate", "treat", "normalise", "aggregate")
    tree, data = stage.tree, stage.data
    named = [i for i, node in enumerate(tree.indicators) if node.denominator]
    if only:
        named = [tree.at(code) for code in only]
        if any(i >= tree.leaves for i in named):
            raise UsageError(
                "only indicators are denominated",
                printed=listed(only),
                fix="name indicators in only",
            )
    values, lost, table = data.values.copy(), 0, []
    for i in named:
        node = tree.nodes[i]
        if not node.denominator:
            raise UsageError(
                f"{node.code} names no denominator",
                place=f"indicator {node.code}",
                admissible=listed(tree.denominators),
                fix="fill the column denominator in indicators.csv, or leave it out of only",
            )
        by = data.denominators[node.denominator]
        with np.errstate(divide="ignore", invalid="ignore"):
            # A zero denominator gives absent, not infinity (clause 7 of the law).
            values[:, i] = np.where(by == 0, np.nan, values[:, i] * node.scale_factor / by)
        gone = np.flatnonzero(np.isnan(values[:, i]) & ~np.isnan(data.values[:, i]))
        lost += gone.size
        table.append(
            {
                "code": node.code,
                "denominator": node.denominator,
                "factor": node.scale_factor,
                "unit": _unit(tree, i),
                "became_missing": "; ".join(data.label(r) for r in gone),
            }
        )
    said = [f"{len(named)} indicators divided by their denominators"]
    if lost:
        said.append(f"{lost} cells are missing because their denominator is missing or zero")
    entry = Entry("denominate", {}, lost, tuple(said), table=tuple(table))
    return replace(stage, data=replace(data, values=values)), entry


def _unit(tree: IndexTree, i: int) -> str:
    node = tree.nodes[i]
    by = tree.labels.get(node.denominator, node.denominator)
    times = "" if node.scale_factor == 1 else f" x {node.scale_factor:g}"
    return f"{node.unit or node.code}{times} per {by}"


@step()
def screen(
    stage: Stage,
    min_available: float = 0.65,
    min_nonzero: float | None = None,
    node_available: float | None = None,
    keep: Sequence[str] = (),
    drop: Sequence[str] = (),
) -> tuple[Stage, Entry]:
    """Leave out units with too little data, and say which.

    min_available, node_available  share of indicators, in all and below every aggregate
    min_nonzero                    share of values that are not zero
    keep, drop                     units that stay or go whatever they have
    """
    refuse_after(stage, "screen", "normalise", "aggregate")
    for name, share in (
        ("min_available", min_available),
        ("min_nonzero", min_nonzero),
        ("node_available", node_available),
    ):
        if share is not None and not 0 <= share <= 1:
            raise UsageError(
                f"{name} is no share", printed=f"{share}", admissible="0 to 1", fix="0.65"
            )
    tree, data = stage.tree, stage.data
    _refuse_units(data, keep, drop)
    there = availability(tree, data.values)
    every = there[:, tree.root]
    ok = every >= min_available - SAME
    if node_available is not None:
        ok &= (there[:, tree.leaves :] >= node_available - SAME).all(axis=1)
    if min_nonzero is not None:
        known = (~np.isnan(data.values)).sum(axis=1)
        share = 1 - (data.values == 0).sum(axis=1) / np.maximum(known, 1)
        ok &= (share >= min_nonzero - SAME) & (known > 0)
    codes = np.array(data.units, object)[data.unit]
    ok = (ok | np.isin(codes, list(keep))) & ~np.isin(codes, list(drop))
    if not ok.any():
        raise HansaError(
            "screening leaves no unit",
            printed=f"best availability {every.max():.0%}, needed {min_available:.0%}",
            admissible="at least one unit",
            fix="lower the thresholds, shorten drop, or name units in keep",
        )
    out = np.flatnonzero(~ok)
    table = [{"unit": data.label(r), "available": float(every[r])} for r in out]
    said = [_left_out(data, out, ok.size)]
    lost = sorted(set(data.years) - set(np.unique(data.time[ok]).tolist()))
    if lost:
        said.append(f"no unit is left in {listed(lost)}")
    entry = Entry("screen", {}, out.size, tuple(said) if out.size else (), table=tuple(table))
    return replace(stage, data=data.kept(np.flatnonzero(ok))), entry


def _left_out(data: IndexData, out: Ints, rows: int) -> str:
    """Rows left out, by unit, with the number of years where there are several."""
    unit, count = np.unique(data.unit[out], return_counts=True)
    years = len(data.years)
    told = [
        data.units[u] + (f" ({n} of {years} years)" if years > 1 else "")
        for u, n in zip(unit, count.tolist(), strict=True)
    ]
    return f"{out.size} of {rows} rows left out: {listed(told, 12)}"


def _refuse_units(data: IndexData, keep: Sequence[str], drop: Sequence[str]) -> None:
    if unknown := [u for u in (*keep, *drop) if u not in data.units]:
        raise UsageError(
            f"there is no unit {listed(unknown)}",
            admissible=listed(data.units, 60),
            fix="correct keep or drop",
        )
    if both := sorted(set(keep) & set(drop)):
        raise UsageError(
            f"{listed(both)} is to be kept and dropped", fix="name it in keep or in drop"
        )


@step(treatments.Options)
def treat(
    stage: Stage, scope: str = "pooled", allow_mixed_scales: bool = False, **options: Any
) -> tuple[Stage, Entry]:
    """Limit the leverage of extreme values: pass, winsorise, else a log.

    scope    pooled: one decision and one form an indicator over all years; year: one a year
    options  of `hansa.index.treat.Options`
    """
    refuse_after(stage, "treat", "treat", "normalise", "aggregate")
    chosen: treatments.Options = _options(treatments.Options, options, "treat")
    treatments.refuse(chosen)
    tree, data = stage.tree, stage.data
    parts = _parts(data, scope, "treat", ("pooled", "year"))
    values, found, table, said = data.values.copy(), [], [], []
    for rows in parts:
        own = []
        g1, g2 = (m.tolist() for m in moments(data.values[rows]))
        for j, node in enumerate(tree.indicators):
            one = _treated_column(data.values[rows, j], chosen, node, (g1[j], g2[j]))
            values[rows, j] = one.treatment.apply(data.values[rows, j])
            own.append(one.treatment)
            table.append(_treated(data, rows, node.code, one))
            if not one.passes:
                said.append(f"{node.code} still has extreme values after treatment ({one.stage})")
        found.append((rows, tuple(own)))
    changed = int(np.count_nonzero((values != data.values) & ~np.isnan(values)))
    many = sum(row["stage"] not in ("none", "undefined") for row in table)
    entry = Entry(
        "treat", {}, changed, (f"{many} columns treated, {changed} cells changed",), tuple(said),
        tuple(table),
    )  # fmt: skip
    after = replace(stage, data=replace(data, values=values), treatments=tuple(found))
    return replace(after, mixed=scope == "year" and not allow_mixed_scales), entry


def _treated_column(
    x: Floats, chosen: treatments.Options, node: Node, first: tuple[float, float]
) -> treatments.Treated:
    try:
        return treatments.remembered(x, chosen, node.treatment, first)
    except UsageError as error:
        f = error.finding
        raise UsageError(
            f.rule,
            place=f"indicator {node.code}",
            printed=f.printed,
            admissible=f.admissible,
            fix=f.fix,
        ) from error


def _treated(data: IndexData, rows: Ints, code: str, one: treatments.Treated) -> dict[str, object]:
    steps = [number for pair in one.measures for number in pair]
    names = ("g1", "g2", "g1_after", "g2_after", "g1_last", "g2_last")
    return {
        "code": code,
        "stage": one.stage,
        "passes": one.passes,
        **dict(zip(names, [*steps, *[None] * (6 - len(steps))], strict=True)),
        "moved": "; ".join(data.label(int(rows[r])) for r in one.moved),
    }


def _options(kind: Any, given: dict[str, Any], name: str) -> Any:
    known = [f.name for f in fields(kind)]
    if unknown := sorted(set(given) - set(known)):
        raise UsageError(
            f"the step {name} has no option {listed(unknown)}", admissible=listed(known, 12)
        )
    return kind(**given)


def _parts(data: IndexData, scope: str, name: str, admissible: Sequence[str]) -> list[Ints]:
    if scope not in admissible:
        raise UsageError(
            f"there is no scope {scope!r}",
            admissible=listed(admissible),
            fix=f"correct the option scope of the step {name}",
        )
    return [np.arange(data.unit.size)] if scope == "pooled" else list(data.by_year())


@step(scale_rules.Options)
def normalise(
    stage: Stage, scope: str = "pooled", base: int | None = None, **options: Any
) -> tuple[Stage, Entry]:
    """Bring indicators to a common scale on which higher is better.

    scope    pooled: one scale over all years; year: one a year; base: that of the year `base`
    options  of `hansa.index.normalise.Options`
    """
    refuse_after(stage, "normalise", "normalise", "aggregate")
    if "range" in options:
        options["range"] = _range(options["range"])
    chosen: scale_rules.Options = _options(scale_rules.Options, options, "normalise")
    tree, data = stage.tree, stage.data
    if stage.mixed and scope != "year" and len(data.years) > 1:
        raise HansaError(
            "values treated year by year would meet on one scale",
            printed=f"treat: scope = year; normalise: scope = {scope}",
            admissible="one scope for both",
            fix="treat with scope = pooled, or set allow_mixed_scales = true there",
        )
    if base is not None and scope != "base":
        raise UsageError(
            "a base year without scope = base changes nothing",
            printed=f"base = {base}, scope = {scope}",
            fix='scope = "base", or no base',
        )
    _refuse_logged(stage, chosen)
    _refuse_fraction(stage, chosen)
    fitted = _fitted_rows(data, scope, base)
    values = np.empty_like(data.values)
    scopes: list[Scope] = []
    said: list[str] = []
    warnings: list[str] = []
    for rows, source in fitted:
        where = _reference_row(data, source, chosen)
        scales = scale_rules.fit_all(data.values[source], tree.indicators, chosen, where)
        values[rows] = scale_rules.apply(data.values[rows], scales)
        warnings += _no_scale(stage, (rows, source), values, scales)
        scopes.append(Scope(rows, source, scales))
        said += _clipped(tree, data.values[rows], scales)
    warnings += _mixed_ranges(tree, chosen)
    after = replace(stage, data=replace(data, values=values), raw=data, scopes=tuple(scopes))
    return after, Entry("normalise", {}, 0, tuple(said), tuple(warnings))


def _no_scale(
    stage: Stage, scope: tuple[Ints, Ints], values: Floats, scales: Sequence[scale_rules.Scale]
) -> list[str]:
    """Warnings about indicators that a scale cannot hold; an infinite result is refused."""
    tree, data = stage.tree, stage.data
    rows, source = scope
    endless = np.argwhere(np.isinf(values[rows]))
    if endless.size:
        row, j = endless[0]
        raise HansaError(
            f"{scales[j].rule} gives an infinite value",
            place=f"{data.label(rows[row])}, indicator {tree.codes[j]}",
            printed=f"{data.values[rows[row], j]:g}",
            fix="use min-max or rank for this indicator (column normaliser)",
        )
    year = f" in {data.time[rows[0]]}" if rows.size < data.unit.size else ""
    found = []
    for j in np.flatnonzero(~np.isnan(data.values[rows]).all(axis=0)).tolist():
        if not np.isnan(values[rows, j]).all():
            continue
        if scales[j].rule == "distance-to-reference":
            why = "the reference unit has no value, or the worst one"
        elif np.isnan(data.values[source, j]).all():
            why = "the base year has no value"
        else:
            why = "all units have the same value"
        found.append(
            f"{tree.codes[j]} is missing{year}, because {why}: take it out, or normalise it by "
            "goalposts"
        )
    return found


def _refuse_fraction(stage: Stage, chosen: scale_rules.Options) -> None:
    """Fractions of a maximum have a meaning for values above 0 only."""
    for j, node in enumerate(stage.tree.indicators):
        if (node.normaliser or chosen.rule) != "fraction-of-max" or chosen.literal:
            continue
        bad = np.flatnonzero(stage.data.values[:, j] <= 0)
        if bad.size:
            raise HansaError(
                "fraction-of-max needs values above 0",
                place=f"{stage.data.label(bad[0])}, indicator {node.code}"
                + (f" (and {bad.size - 1} more)" if bad.size > 1 else ""),
                printed=f"{stage.data.values[bad[0], j]:g}",
                admissible="all values above 0",
                fix="use min-max or rank for this indicator (column normaliser)",
            )


def _range(given: Any) -> tuple[float, float]:
    if (
        isinstance(given, Sequence)
        and len(given) == 2
        and all(isinstance(v, int | float) for v in given)
    ):
        return float(given[0]), float(given[1])
    raise UsageError("a range has two numbers", printed=f"range = {given}", fix="range = [0, 100]")


def _fitted_rows(data: IndexData, scope: str, base: int | None) -> list[tuple[Ints, Ints]]:
    """Rows that share a scale, and the rows it is fitted on."""
    if scope == "base":
        if base not in data.years:
            raise UsageError(
                "the base year has no data",
                printed=f"base = {base}",
                admissible=listed(data.years, 30),
                fix="name a year of the data as base",
            )
        every = np.arange(data.unit.size)
        return [(every, np.flatnonzero(data.time == base))]
    return [(rows, rows) for rows in _parts(data, scope, "normalise", ("pooled", "year", "base"))]


def _reference_row(data: IndexData, source: Ints, chosen: scale_rules.Options) -> int | None:
    if chosen.rule != "distance-to-reference":
        return None
    if chosen.reference not in data.units:
        raise UsageError(
            f"there is no reference unit {chosen.reference!r}",
            admissible=listed(data.units, 60),
            fix='reference = "CODE" of a unit',
        )
    own = np.flatnonzero(data.unit[source] == data.units.index(chosen.reference))
    return int(own[-1]) if own.size else None


def _refuse_logged(stage: Stage, chosen: scale_rules.Options) -> None:
    """Goalposts and targets are in raw units: a column that was logged has none."""
    needy = ("goalposts", "scaled", "distance-to-target")
    for j, node in enumerate(stage.tree.indicators):
        if (node.normaliser or chosen.rule) in needy and any(
            own[j].form for _, own in stage.treatments
        ):
            raise HansaError(
                f"{node.code} was logged, but its goalposts and target are in raw units",
                place=f"indicator {node.code}",
                fix='treatment = "none" or "winsorise 5" for it, or another normaliser',
            )


def _clipped(tree: IndexTree, x: Floats, scales: Sequence[scale_rules.Scale]) -> list[str]:
    counts = [(tree.codes[j], s.clipped(x[:, j])) for j, s in enumerate(scales)
              if np.isfinite(s.low) or np.isfinite(s.high)]  # fmt: skip
    return [f"{code}: {n} values outside the ends of the scale were cut" for code, n in counts if n]


def _mixed_ranges(tree: IndexTree, chosen: scale_rules.Options) -> list[str]:
    """A warning where scales meet that cannot be averaged."""
    wide: dict[str, list[str]] = {}
    for node in tree.indicators:
        rule = node.normaliser or chosen.rule
        name = f"{chosen.range[0]:g} to {chosen.range[1]:g}"
        if rule in ("fraction-of-max", "percentile-rank", *scale_rules.UNIT_RANGE):
            name = "0 to 1"
        elif rule in ("z", "rank", "borda", "none"):
            name = rule
        wide.setdefault(name, []).append(node.code)
    if len(wide) < 2:
        return []
    told = "; ".join(f"{name}: {listed(codes, 5)}" for name, codes in wide.items())
    return [f"scales meet that cannot be averaged: {told}"]
