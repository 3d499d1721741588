"""Step 2 of an audit: the data.

Source: OECD/JRC Handbook on Constructing Composite Indicators (2008), and the ten steps of the JRC.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hansa.index.audit_parts import (
    TITLES,
    AuditFinding,
    AuditStep,
    Case,
    Check,
    Hit,
    Tables,
    columns_of,
    entries,
    unjudged,
)
from hansa.index.audit_words import (
    fixed,
    general,
    indicators,
    percent,
    several,
    together,
    units,
    years,
)
from hansa.index.correlations import correlate_with
from hansa.index.data import availability
from hansa.index.normalise import ORDERED
from hansa.index.statistics import column_statistics
from hansa.index.tree import Floats
from hansa.language import _, ngettext


def data(case: Case) -> AuditStep:
    """Step 2: units of measure, coverage, vintage, size, outliers."""
    there = availability(case.tree, case.before.values)
    unit = Check(
        2, "missing-unit", "warning", _("states no unit of measure"),
        _("{n} indicators state no unit of measure"),
        _("every indicator states its unit of measure"), _("fill the column unit"),
        _("a unit of measure for every indicator"),
    )  # fmt: skip
    found = unit.judge(case, (Hit(n.code) for n in case.tree.indicators if not n.unit))
    found += [*_coverage(case, there), *_vintage(case), *_size(case), *_outliers(case)]
    found += _twins(case)
    gaps, cells = int(np.isnan(case.before.values).sum()), case.before.values.size
    covered = _(
        "{units}, {indicators}, {years}: {gaps} of {cells} cells are missing ({share}). Least "
        "covered indicator {indicator}, least covered unit {unit}.",
        units=units(len(case.before.units)),
        indicators=indicators(case.tree.leaves),
        years=years(len(case.before.years)),
        gaps=gaps,
        cells=cells,
        share=percent(gaps / max(cells, 1), 1),
        indicator=percent(float(there[:, : case.tree.leaves].mean(axis=0).min())),
        unit=percent(float(_by_unit(case, there)[:, -1].min())),
    )
    summary = " ".join((covered, *_treated(case)))
    return AuditStep(2, TITLES[1], summary, _data_tables(case, there), tuple(found))


def _treated(case: Case) -> Iterator[str]:
    if lost := sum(e.changed for e in entries(case, "denominate")):
        yield ngettext(
            "{number} cell more for want of a denominator.",
            "{number} cells more for want of a denominator.",
            lost,
        )
    table = [row for e in entries(case, "treat") for row in e.table]
    codes = dict.fromkeys(str(r["code"]) for r in table if r["stage"] not in ("none", "undefined"))
    if not case.result.stage.done("treat"):
        yield _("Extreme values were not treated.")
    elif codes:
        yield ngettext(
            "{number} indicator treated: {codes}.",
            "{number} indicators treated: {codes}.",
            len(codes),
            codes=several(codes),
        )
    else:
        yield _("0 indicators treated.")


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
        2, "empty-indicator", "error", _("has no value at all"),
        _("{n} indicators have no value at all"), "", _("take it out, or find data"), _("values"),
        0,
    )  # fmt: skip
    yield from empty.judge(case, (Hit(codes[j], 0.0, "0 %")
                                  for j in np.flatnonzero(by_indicator == 0)))  # fmt: skip
    few = Check(
        2, "low-coverage-indicator", "warning", _("has too few values"),
        _("{n} indicators have too few values"), _("every indicator is covered well"),
        _("find a better source, or take the indicator out"),
        _("{share} of units", share=percent(least)), least, "least",
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
        2, "low-coverage-unit", "warning", _("has too few values and is ranked"),
        _("{n} units have too few values and are ranked"), _("every ranked unit is covered well"),
        _("leave the unit out (step screen), or find data"),
        _("{share} of indicators", share=percent(least)), least, "least",
    )  # fmt: skip
    total = own[:, tree.root]
    low = total < least
    yield from few.judge(case, (Hit(names[i], float(total[i]), percent(total[i]))
                                for i in np.flatnonzero(low & kept)))  # fmt: skip
    gone = Check(
        2, "screened-out", "note", _("was left out"), _("{n} units were left out"), "",
        _("say so beside the ranking"),
    )  # fmt: skip
    yield from gone.judge(case, (
        Hit(names[i], float(total[i]), _("{share} covered", share=percent(total[i])))
        for i in np.flatnonzero(~kept)
    ))  # fmt: skip
    part = Check(
        2, "low-coverage-node", "warning", _("has too few values below an aggregate"),
        _("{n} units have too few values below an aggregate"),
        _("every unit has enough values below every aggregate"),
        _("set node_available in the step screen, or min_children in aggregate"),
        _("{share} of its indicators", share=percent(node_least)), node_least, "least",
    )  # fmt: skip
    inner = own[:, tree.leaves : tree.root]
    bad = (inner < node_least) & (kept & ~low)[:, None]
    yield from part.judge(case, (
        Hit(_("{unit} in {aggregate}", unit=names[i], aggregate=tree.codes[tree.leaves + a]),
            float(inner[i, a]), percent(inner[i, a])) for i, a in np.argwhere(bad)
    ))  # fmt: skip


def _vintage(case: Case) -> list[AuditFinding]:
    tree, most = case.tree, case.limit("data_age")
    year = int(case.result.data.time[case.rows[0]])
    told = [n for n in tree.indicators if n.last_year is not None]
    if not told:
        return [unjudged(2, "old-data", tree.codes[tree.root],
                         _("the metadata has no years of the data"),
                         _("fill the columns first_year and last_year"))]  # fmt: skip
    old = Check(
        2, "old-data", "warning", _("rests on old data"), _("{n} indicators rest on old data"),
        _("data are recent"), _("find newer data, or say so beside the ranking"),
        _("at most {most} years before {year}", most=general(most), year=year), most,
    )  # fmt: skip
    silent = Check(
        2, "no-year", "note", _("states no year of its data"),
        _("{n} indicators state no year of data"), "", _("fill the column last_year"),
    )  # fmt: skip
    none = silent.judge(case, (Hit(n.code) for n in tree.indicators if n.last_year is None))
    ages = [(n, year - int(n.last_year or year)) for n in told]
    return none + old.judge(case, (
        Hit(n.code, a, _("{age} years, {year}", age=a, year=n.last_year))
        for n, a in ages if a > most
    ))  # fmt: skip


def _size(case: Case) -> Iterator[AuditFinding]:
    """Indicators and the index that follow the size of units."""
    tree, own = case.tree, case.result.data
    done = case.result.stage.done("denominate")
    if any(n.denominator for n in tree.indicators):
        undone = Check(
            2, "not-denominated", "warning", _("names a denominator and was not divided by it"),
            _("{n} indicators name a denominator and were not divided by it"),
            _("indicators that name a denominator were divided by it"),
            _("add the step denominate to the recipe, or empty the column denominator"),
        )  # fmt: skip
        left = [n for n in tree.indicators if n.denominator and n.code not in _divided(case)]
        yield from undone.judge(case, (
            Hit(n.code, found=_("by {denominator}", denominator=n.denominator)) for n in left
        ))  # fmt: skip
    if not own.denominators or not case.enough:
        return
    sizes = np.column_stack([d[case.rows] for d in own.denominators.values()])
    line = case.limit("size_correlation")
    follows = Check(
        2, "follows-size", "note" if done else "warning", _("follows the size of units"),
        _("{n} indicators follow the size of units"), _("no indicator follows the size of units"),
        _("divide by a measure of size, or say why size belongs"),
        _("|r| at most {most}", most=general(line)), line,
    )  # fmt: skip
    nodes, by = [*range(tree.leaves), tree.root], tuple(own.denominators)
    names = [tree.codes[i] for i in nodes]
    r = correlate_with(case.scores[:, nodes], names, sizes, by).r
    with np.errstate(invalid="ignore"):
        hits = np.argwhere(np.abs(r) > line)
    yield from follows.judge(case, (
        Hit(names[i], abs(float(r[i, j])),
            _("r = {r} with {other}", r=fixed(r[i, j]), other=by[j]))
        for i, j in hits if j == int(np.nanargmax(np.abs(r[i])))
    ))  # fmt: skip


def _divided(case: Case) -> set[str]:
    return {str(row["code"]) for e in entries(case, "denominate") for row in e.table}


def _outliers(case: Case) -> Iterator[AuditFinding]:
    stage, codes = case.result.stage, case.tree.codes
    assert stage.raw is not None
    skew, kurt = case.limit("skewness"), case.limit("kurtosis")
    told = (
        (_("has extreme values left after treatment"),
         _("{n} indicators have extreme values left after treatment"))
        if stage.done("treat")
        else (_("has extreme values that were not treated"),
              _("{n} indicators have extreme values that were not treated"))
    )  # fmt: skip
    extreme = Check(
        2, "extreme-values", "warning", *told, _("no indicator has extreme values left"),
        _("treat it (step treat), take a log, or a rule of ranks"),
        _("|skewness| < {skewness} or kurtosis < {kurtosis}", skewness=general(skew),
          kurtosis=general(kurt)), skew,
    )  # fmt: skip
    hits: dict[str, Hit] = {}
    for scope in stage.scopes:
        s = column_statistics(stage.raw.values[scope.rows], codes[: case.tree.leaves])
        with np.errstate(invalid="ignore"):
            bad = (np.abs(s.skewness) >= skew) & (s.kurtosis >= kurt)
        for j in np.flatnonzero(bad):
            if scope.scales[j].rule not in ORDERED:
                hits[codes[j]] = Hit(codes[j], abs(float(s.skewness[j])),
                    _("skewness {skewness}, kurtosis {kurtosis}", skewness=fixed(s.skewness[j]),
                      kurtosis=fixed(s.kurtosis[j])))  # fmt: skip
    yield from extreme.judge(case, hits.values())
    yield from _shared(case)


def _shared(case: Case) -> Iterator[AuditFinding]:
    """Indicators that tell few units apart."""
    codes = case.tree.codes
    s = column_statistics(case.before.values, codes[: case.tree.leaves])
    most = case.limit("same_values")
    same = Check(
        2, "same-values", "note", _("has one value for most units"),
        _("{n} indicators have one value for most units"),
        _("no value is shared by most units"),
        _("look whether it tells units apart; a finer measure may"),
        _("at most {most}", most=percent(most)), most,
    )  # fmt: skip
    with np.errstate(invalid="ignore"):
        often = (s.share_same > most) & (s.minimum < s.maximum)
    yield from same.judge(case, (Hit(codes[j], float(s.share_same[j]), percent(s.share_same[j]))
                                 for j in np.flatnonzero(often)))  # fmt: skip


def _twins(case: Case) -> list[AuditFinding]:
    """Units that have the same values throughout: one unit twice, or an area and its only part."""
    check = Check(
        2, "identical-units", "warning", _("have the same values everywhere"),
        _("{n} groups of units have the same values everywhere"),
        _("no two units have the same values"),
        _("look whether one of them stands in the data twice, under another name"),
    )  # fmt: skip
    values = case.before.values[case.before.time == case.before.years[-1]]
    rows = case.before.unit[case.before.time == case.before.years[-1]]
    alike: dict[bytes, list[str]] = {}
    for unit, row in zip(rows, values, strict=True):
        if (~np.isnan(row)).sum() >= 3:
            # Two or fewer values agree by chance. Adding 0 makes -0 and 0 one number.
            alike.setdefault((row + 0.0).tobytes(), []).append(case.before.units[unit])
    twins = [codes for codes in alike.values() if len(codes) > 1]
    return check.judge(case, (Hit(together(*codes)) for codes in twins))


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
