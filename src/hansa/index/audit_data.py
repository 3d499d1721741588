"""Steps 1 and 2 of an audit: framework and data.

Source: OECD/JRC Handbook on Constructing Composite Indicators (2008), and the ten steps of the JRC.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hansa.errors import listed
from hansa.index.audit_parts import (
    TITLES,
    AuditFinding,
    AuditStep,
    Case,
    Check,
    Columns,
    Hit,
    Tables,
    columns_of,
    counted,
    entries,
    percent,
    unjudged,
)
from hansa.index.correlations import correlate_with
from hansa.index.data import availability
from hansa.index.normalise import ORDERED
from hansa.index.statistics import column_statistics
from hansa.index.tree import Floats, Node

REASONS = ("rationale", "definition", "description")


def framework(case: Case) -> AuditStep:
    """Step 1: tree, names, source and rationale of each indicator."""
    tree = case.tree
    found = _sources(case)
    alone = Check(
        1, "only-child", "note", "is an aggregate of one element and repeats it",
        "aggregates have one element each and repeat it",
        "every aggregate has at least two elements",
        "take the aggregate out, or give it more elements", "2 elements or more", 2,
    )  # fmt: skip
    found += alone.judge(
        case, (Hit(tree.codes[p], 1, "1 element") for p, c in tree.families if c.size == 1)
    )
    nameless = Check(
        1, "no-name", "note", "has no name", "elements have no name", "every element has a name",
        "fill the column name",
    )  # fmt: skip
    found += nameless.judge(case, (Hit(n.code) for n in tree.nodes if not n.name))
    sizes = [c.size for _, c in tree.families]
    summary = (
        f"{counted(tree.leaves, 'indicator')} under {counted(len(tree.families), 'aggregate')} in "
        f"{int(tree.level.max())} levels; families have {min(sizes)} to {max(sizes)} elements. "
        f"{sum(bool(n.source) for n in tree.indicators)} of {tree.leaves} indicators state a "
        f"source, {sum(bool(_why(n)) for n in tree.indicators)} a rationale or definition."
    )
    return AuditStep(1, TITLES[0], summary, {"tree": _tree(case)}, tuple(found))


def _sources(case: Case) -> list[AuditFinding]:
    tree = case.tree
    source = Check(
        1, "missing-source", "warning", "states no source", "indicators state no source",
        "every indicator states its source",
        "name publisher, table and date in the column source", "a source for every indicator",
    )  # fmt: skip
    found = source.judge(case, (Hit(n.code) for n in tree.indicators if not n.source))
    root = tree.codes[tree.root]
    if not any(_why(n) for n in tree.indicators):
        why = "the metadata has no rationale or definition of any indicator"
        fix = f"add a column {listed(REASONS)} that says why each indicator belongs"
        return [*found, unjudged(1, "missing-rationale", root, why, fix)]
    rationale = Check(
        1, "missing-rationale", "note", "has no rationale", "indicators have no rationale",
        "every indicator has a rationale", "say why the indicator belongs in its aggregate",
    )  # fmt: skip
    return found + rationale.judge(case, (Hit(n.code) for n in tree.indicators if not _why(n)))


def _why(node: Node) -> str:
    return next((v for k, v in node.more.items() if k.lower() in REASONS and v), "")


def _tree(case: Case) -> Columns:
    nodes = case.tree.nodes
    return {
        "code": [n.code for n in nodes],
        "name": [n.name for n in nodes],
        "parent": [n.parent for n in nodes],
        "level": [n.level for n in nodes],
        "direction": [n.direction if n.indicator else None for n in nodes],
        "role": [n.role for n in nodes],
        "unit": [n.unit for n in nodes],
        "denominator": [n.denominator for n in nodes],
        "source": [n.source for n in nodes],
        "rationale": [_why(n) for n in nodes],
        "quality": [n.quality for n in nodes],
        "first_year": [n.first_year for n in nodes],
        "last_year": [n.last_year for n in nodes],
    }


def data(case: Case) -> AuditStep:
    """Step 2: units of measure, coverage, vintage, size, outliers."""
    there = availability(case.tree, case.before.values)
    unit = Check(
        2, "missing-unit", "warning", "states no unit of measure",
        "indicators state no unit of measure", "every indicator states its unit of measure",
        "fill the column unit", "a unit of measure for every indicator",
    )  # fmt: skip
    found = unit.judge(case, (Hit(n.code) for n in case.tree.indicators if not n.unit))
    found += [*_coverage(case, there), *_vintage(case), *_size(case), *_outliers(case)]
    found += _twins(case)
    gaps = int(np.isnan(case.before.values).sum())
    summary = (
        f"{counted(len(case.before.units), 'unit')}, {counted(case.tree.leaves, 'indicator')}, "
        f"{counted(len(case.before.years), 'year')}: {gaps} of {case.before.values.size} cells "
        f"are missing ({gaps / max(case.before.values.size, 1):.1%}). Least covered indicator "
        f"{percent(float(there[:, : case.tree.leaves].mean(axis=0).min()))}, least covered unit "
        f"{percent(float(_by_unit(case, there)[:, -1].min()))}. {_treated(case)}"
    )
    return AuditStep(2, TITLES[1], summary.replace("%)", " %)"), _data_tables(case, there),
                     tuple(found))  # fmt: skip


def _treated(case: Case) -> str:
    lost = sum(e.changed for e in entries(case, "denominate"))
    said = f"{counted(lost, 'cell')} more for want of a denominator. " if lost else ""
    table = [row for e in entries(case, "treat") for row in e.table]
    if not case.result.stage.done("treat"):
        return said + "Extreme values were not treated."
    codes = dict.fromkeys(str(r["code"]) for r in table if r["stage"] not in ("none", "undefined"))
    told = f"{counted(len(codes), 'indicator')} treated"
    return said + told + (f": {listed(codes)}." if codes else ".")


def _by_unit(case: Case, there: Floats) -> Floats:
    """Mean availability of each unit over its years (units, nodes)."""
    own, n = case.before.unit, len(case.before.units)
    total = np.zeros((n, there.shape[1]))
    np.add.at(total, own, there)
    return np.asarray(total / np.bincount(own, minlength=n)[:, None])


def _coverage(case: Case, there: Floats) -> Iterator[AuditFinding]:
    tree, codes = case.tree, case.tree.codes
    least = case.limit("coverage_indicator")
    by_indicator = there[:, : tree.leaves].mean(axis=0)
    empty = Check(
        2, "empty-indicator", "error", "has no value at all", "indicators have no value at all",
        "", "take it out, or find data", "values", 0,
    )  # fmt: skip
    yield from empty.judge(case, (Hit(codes[j], 0.0, "0 %")
                                  for j in np.flatnonzero(by_indicator == 0)))  # fmt: skip
    few = Check(
        2, "low-coverage-indicator", "warning", "has too few values",
        "indicators have too few values", "every indicator is covered well",
        "find a better source, or take the indicator out", f"{percent(least)} of units",
        least, "least",
    )  # fmt: skip
    low = np.flatnonzero((by_indicator < least) & (by_indicator > 0))
    yield from few.judge(case, (Hit(codes[j], float(by_indicator[j]), percent(by_indicator[j]))
                                for j in low))  # fmt: skip
    yield from _unit_coverage(case, _by_unit(case, there))


def _unit_coverage(case: Case, own: Floats) -> Iterator[AuditFinding]:
    tree, names = case.tree, case.before.units
    least, node_least = case.limit("coverage_unit"), case.limit("coverage_node")
    kept = np.isin(np.array(names, object), np.array(case.result.data.units, object))
    few = Check(
        2, "low-coverage-unit", "warning", "has too few values and is ranked",
        "units have too few values and are ranked", "every ranked unit is covered well",
        "leave the unit out (step screen), or find data", f"{percent(least)} of indicators",
        least, "least",
    )  # fmt: skip
    total = own[:, tree.root]
    low = total < least
    yield from few.judge(case, (Hit(names[i], float(total[i]), percent(total[i]))
                                for i in np.flatnonzero(low & kept)))  # fmt: skip
    gone = Check(
        2, "screened-out", "note", "was left out", "units were left out", "",
        "say so beside the ranking",
    )  # fmt: skip
    yield from gone.judge(case, (Hit(names[i], float(total[i]), f"{percent(total[i])} covered")
                                 for i in np.flatnonzero(~kept)))  # fmt: skip
    part = Check(
        2, "low-coverage-node", "warning", "has too few values below an aggregate",
        "units have too few values below an aggregate",
        "every unit has enough values below every aggregate",
        "set node_available in the step screen, or min_children in aggregate",
        f"{percent(node_least)} of its indicators", node_least, "least",
    )  # fmt: skip
    inner = own[:, tree.leaves : tree.root]
    bad = (inner < node_least) & (kept & ~low)[:, None]
    yield from part.judge(case, (
        Hit(f"{names[i]} in {tree.codes[tree.leaves + a]}", float(inner[i, a]),
            percent(inner[i, a])) for i, a in np.argwhere(bad)
    ))  # fmt: skip


def _vintage(case: Case) -> list[AuditFinding]:
    tree, most = case.tree, case.limit("data_age")
    year = int(case.result.data.time[case.rows[0]])
    told = [n for n in tree.indicators if n.last_year is not None]
    if not told:
        return [unjudged(2, "old-data", tree.codes[tree.root],
                         "the metadata has no years of the data",
                         "fill the columns first_year and last_year")]  # fmt: skip
    old = Check(
        2, "old-data", "warning", "rests on old data", "indicators rest on old data",
        "data are recent", "find newer data, or say so beside the ranking",
        f"at most {most:g} years before {year}", most,
    )  # fmt: skip
    silent = Check(
        2, "no-year", "note", "states no year of its data", "indicators state no year of data", "",
        "fill the column last_year",
    )  # fmt: skip
    none = silent.judge(case, (Hit(n.code) for n in tree.indicators if n.last_year is None))
    ages = [(n, year - int(n.last_year or year)) for n in told]
    return none + old.judge(case, (Hit(n.code, a, f"{a} years, {n.last_year}")
                            for n, a in ages if a > most))  # fmt: skip


def _size(case: Case) -> Iterator[AuditFinding]:
    """Indicators and the index that follow the size of units."""
    tree, own = case.tree, case.result.data
    done = case.result.stage.done("denominate")
    if any(n.denominator for n in tree.indicators):
        undone = Check(
            2, "not-denominated", "warning", "names a denominator and was not divided by it",
            "indicators name a denominator and were not divided by it",
            "indicators that name a denominator were divided by it",
            "add the step denominate to the recipe, or empty the column denominator",
        )  # fmt: skip
        left = [n for n in tree.indicators if n.denominator and n.code not in _divided(case)]
        yield from undone.judge(case, (Hit(n.code, found=f"by {n.denominator}") for n in left))
    if not own.denominators or not case.enough:
        return
    sizes = np.column_stack([d[case.rows] for d in own.denominators.values()])
    line = case.limit("size_correlation")
    follows = Check(
        2, "follows-size", "note" if done else "warning", "follows the size of units",
        "indicators follow the size of units", "no indicator follows the size of units",
        "divide by a measure of size, or say why size belongs", f"|r| at most {line:g}", line,
    )  # fmt: skip
    nodes = [*range(tree.leaves), tree.root]
    names = [tree.codes[i] for i in nodes]
    r = correlate_with(case.scores[:, nodes], names, sizes, tuple(own.denominators)).r
    with np.errstate(invalid="ignore"):
        hits = np.argwhere(np.abs(r) > line)
    yield from follows.judge(case, (
        Hit(names[i], abs(float(r[i, j])), f"r = {r[i, j]:.2f} with {list(own.denominators)[j]}")
        for i, j in hits if j == int(np.nanargmax(np.abs(r[i])))
    ))  # fmt: skip


def _divided(case: Case) -> set[str]:
    return {str(row["code"]) for e in entries(case, "denominate") for row in e.table}


def _outliers(case: Case) -> Iterator[AuditFinding]:
    stage, codes = case.result.stage, case.tree.codes
    assert stage.raw is not None
    skew, kurt = case.limit("skewness"), case.limit("kurtosis")
    said = "left after treatment" if stage.done("treat") else "that were not treated"
    extreme = Check(
        2, "extreme-values", "warning", f"has extreme values {said}",
        f"indicators have extreme values {said}", "no indicator has extreme values left",
        "treat it (step treat), take a log, or a rule of ranks",
        f"|skewness| < {skew:g} or kurtosis < {kurt:g}", skew,
    )  # fmt: skip
    hits: dict[str, Hit] = {}
    for scope in stage.scopes:
        s = column_statistics(stage.raw.values[scope.rows], codes[: case.tree.leaves])
        with np.errstate(invalid="ignore"):
            bad = (np.abs(s.skewness) >= skew) & (s.kurtosis >= kurt)
        for j in np.flatnonzero(bad):
            if scope.scales[j].rule not in ORDERED:
                hits[codes[j]] = Hit(codes[j], abs(float(s.skewness[j])),
                    f"skewness {s.skewness[j]:.2f}, kurtosis {s.kurtosis[j]:.2f}")  # fmt: skip
    yield from extreme.judge(case, hits.values())
    s = column_statistics(case.before.values, codes[: case.tree.leaves])
    most = case.limit("same_values")
    same = Check(
        2, "same-values", "note", "has one value for most units",
        "indicators have one value for most units", "no value is shared by most units",
        "look whether it tells units apart; a finer measure may", f"at most {percent(most)}", most,
    )  # fmt: skip
    with np.errstate(invalid="ignore"):
        often = (s.share_same > most) & (s.minimum < s.maximum)
    yield from same.judge(case, (Hit(codes[j], float(s.share_same[j]), percent(s.share_same[j]))
                                 for j in np.flatnonzero(often)))  # fmt: skip


def _twins(case: Case) -> list[AuditFinding]:
    """Units that have the same values throughout: one unit twice, or an area and its only part."""
    check = Check(
        2, "identical-units", "warning", "have the same values everywhere",
        "groups of units have the same values everywhere", "no two units have the same values",
        "look whether one of them stands in the data twice, under another name",
    )  # fmt: skip
    values = case.before.values[case.before.time == case.before.years[-1]]
    units = case.before.unit[case.before.time == case.before.years[-1]]
    alike: dict[bytes, list[str]] = {}
    for unit, row in zip(units, values, strict=True):
        if (~np.isnan(row)).sum() >= 3:
            # Two or fewer values agree by chance. Adding 0 makes -0 and 0 one number.
            alike.setdefault((row + 0.0).tobytes(), []).append(case.before.units[unit])
    several = [codes for codes in alike.values() if len(codes) > 1]
    return check.judge(case, (Hit(" and ".join(codes)) for codes in several))


def _data_tables(case: Case, there: Floats) -> Tables:
    tree, before = case.tree, case.before
    own = _by_unit(case, there)
    inner = tree.codes[tree.leaves :]
    s = column_statistics(before.values, tree.codes[: tree.leaves])
    ranked = set(case.result.data.units)
    return {
        "coverage by unit": {
            "unit": before.units,
            "name": before.names,
            "ranked": [u in ranked for u in before.units],
            **{code: own[:, tree.leaves + a] for a, code in enumerate(inner)},
        },
        "statistics": {
            "code": s.names, "unit": [n.unit for n in tree.indicators], "n": s.n,
            "coverage": s.share_available, "minimum": s.minimum, "maximum": s.maximum,
            "mean": s.mean, "median": s.median, "sd": s.sd, "skewness": s.skewness,
            "kurtosis": s.kurtosis, "share_nonzero": s.share_nonzero,
            "share_unique": s.share_unique, "share_same": s.share_same,
        },
        "treatment": columns_of(row for e in entries(case, "treat") for row in e.table),
        "denominators": columns_of(row for e in entries(case, "denominate") for row in e.table),
    }  # fmt: skip
