"""Steps 5 and 6 of an audit: the common scale, weights and means.

Sources: OECD/JRC Handbook (2008), steps 5 and 6; Paruolo, Saisana and Saltelli 2013; Becker et al.
2017.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from hansa.errors import HansaError
from hansa.index import terms
from hansa.index.audit_parts import (
    TITLES,
    AuditFinding,
    AuditStep,
    Case,
    Check,
    Hit,
    columns_of,
    few_units,
    unjudged,
)
from hansa.index.audit_words import fixed, general, percent
from hansa.index.factors import apply_changes
from hansa.index.ranks import ranks
from hansa.index.ratios import importance_shares
from hansa.index.retold import retold
from hansa.index.tree import Floats
from hansa.language import _, ngettext


def normalisation(case: Case) -> AuditStep:
    """Step 5: rules and scales, zero ranges, cells cut, scales that cannot be averaged."""
    stage = case.result.stage
    assert stage.raw is not None
    rows = [row for number in range(len(stage.scopes)) for row in _scales(case, number)]
    most = case.limit("clipped")
    flat = Check(
        5, "zero-range", "error", _("has the same value everywhere and drops out of the index"),
        _("{n} indicators have the same value everywhere and drop out of the index"),
        _("every indicator varies"), _("take it out of the tree"), _("a range above 0"), 0,
    )  # fmt: skip
    found = flat.judge(case, (Hit(r["code"], 0.0, _("range 0")) for r in rows if r["constant"]))
    cut = Check(
        5, "clipped", "warning", _("has values cut at the ends of its scale"),
        _("{n} indicators have values cut at the ends of their scales"),
        _("values outside the ends of a scale are few"),
        _("widen the goalposts, or say what the target means"),
        _("at most {share} of values", share=percent(most)), most,
    )  # fmt: skip
    found += cut.judge(case, (
        Hit(r["code"], r["clipped"] / r["n"],
            _("{cut} of {all} values", cut=r["clipped"], all=r["n"]))
        for r in rows if r["n"] and r["clipped"] > most * r["n"]
    ))  # fmt: skip
    found += [*_narrow(case, rows), *_mixed(case)]
    rules = dict.fromkeys(r["rule"] for r in rows)
    summary = _(
        "Rule: {rules}; {turned} of {scales} scales are turned round. {cut} values lie outside the "
        "ends of their scale and were cut; {constant} columns do not vary.",
        rules=", ".join(map(terms.rule, rules)),
        turned=sum(r["direction"] < 0 for r in rows),
        scales=len(rows),
        cut=sum(r["clipped"] for r in rows),
        constant=sum(r["constant"] for r in rows),
    )
    return AuditStep(5, TITLES[4], summary, {"scales": columns_of(rows)}, tuple(found))


def _scales(case: Case, number: int) -> Iterator[dict[str, Any]]:
    stage = case.result.stage
    scope = stage.scopes[number]
    assert stage.raw is not None
    raw, z = stage.raw.values[scope.rows], stage.data.values[scope.rows]
    years = sorted({int(t) for t in stage.data.time[scope.rows]})
    for j, (node, scale) in enumerate(zip(case.tree.indicators, scope.scales, strict=True)):
        x, own = raw[~np.isnan(raw[:, j]), j], z[~np.isnan(z[:, j]), j]
        cut = np.isfinite(scale.low) or np.isfinite(scale.high)
        yield {
            "code": node.code, "years": f"{years[0]}-{years[-1]}" if years[1:] else f"{years[0]}",
            "rule": scale.rule, "direction": int(scale.direction), "n": x.size,
            "raw_minimum": x.min() if x.size else np.nan,
            "raw_maximum": x.max() if x.size else np.nan,
            "minimum": own.min() if own.size else np.nan,
            "maximum": own.max() if own.size else np.nan,
            "goalpost_low": node.goalpost_low, "goalpost_high": node.goalpost_high,
            "clipped": scale.clipped(x) if cut else 0,
            "reach": abs(scale.b - scale.a),
            "constant": bool(x.size) and bool(x.min() == x.max()),
        }  # fmt: skip


def _narrow(case: Case, rows: Sequence[dict[str, Any]]) -> list[AuditFinding]:
    fixed = [r for r in rows if r["rule"] in ("goalposts", "scaled") and not r["constant"]]
    if not fixed:
        return []
    least = case.limit("range_used")
    check = Check(
        5, "narrow-use", "note", _("uses little of its scale and so weighs less than it was given"),
        _("{n} indicators use little of their scales and so weigh less than they were given"),
        _("indicators use their scales"), _("set goalposts nearer to the values there are"),
        _("at least {share} of the scale", share=percent(least)), least, "least",
    )  # fmt: skip
    used = [(r["code"], (r["maximum"] - r["minimum"]) / r["reach"]) for r in fixed]
    return check.judge(case, (Hit(c, u, percent(u)) for c, u in used if u < least))


def _mixed(case: Case) -> Iterator[AuditFinding]:
    stage, root = case.result.stage, case.tree.codes[case.tree.root]
    told = [w for e in stage.log if e.step == "normalise" for w in e.warnings
            if w.startswith("scales meet")]  # fmt: skip
    for text in told:
        yield AuditFinding(
            5, "mixed-scales", "warning", root, _("averages scales that cannot be averaged"),
            found=retold(text).partition(": ")[2], needed=_("one scale for all"),
            fix=_("choose one rule and range for all indicators"), codes=(root,),
        )  # fmt: skip
    if len(stage.scopes) > 1:
        yield AuditFinding(
            5, "scale-by-year", "note", root,
            _("has a scale a year: scores of years do not compare"), len(stage.scopes),
            ngettext("{number} scale", "{number} scales", len(stage.scopes)), 1,
            _("one scale over all years"),
            _("normalise with scope = pooled, or fixed goalposts"), (root,),
        )  # fmt: skip


def weighting(case: Case, known: Sequence[AuditFinding] = ()) -> AuditStep:
    """Step 6: what elements move beside what they were given, and how far means compensate.

    known  findings of step 4
    """
    rows = _importance(case)
    tables = {"weights": columns_of(rows)}
    found = [*_plain_weights(case)]
    if case.enough:
        found = [*_silent(case, rows, known), *_dominated(case, rows), *found]
    else:
        found.insert(0, few_units(case, 6))
    moved, told = _compensation(case)
    found += moved
    summary = " ".join((*_weights_told(case, rows), told))
    return AuditStep(6, TITLES[5], summary, tables, tuple(found))


def _weights_told(case: Case, rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The mean, the range of weights, and where weight and importance lie farthest apart."""
    leaf = case.weight[: case.tree.leaves]
    rules = dict.fromkeys(rule.name for rule in case.result.stage.rules.values())
    yield _(
        "Mean: {rules}. Effective weights of indicators run from {low} to {high}.",
        rules=", ".join(map(terms.rule, rules)),
        low=percent(leaf[leaf > 0].min(), 1),
        high=percent(leaf.max(), 1),
    )
    if above := [r for r in rows if r["times"] == r["times"]]:
        most = max(above, key=lambda r: abs(r["importance"] - r["weight"]))
        yield _(
            "The largest distance between weight and importance within a family is that of "
            "{element} in {parent}: weight {weight}, importance {importance}.",
            element=most["code"],
            parent=most["parent"],
            weight=percent(most["weight"]),
            importance=percent(most["importance"]),
        )


def _importance(case: Case) -> list[dict[str, Any]]:
    """A row for each element: weight, correlation ratio with its parent, share of its family."""
    tree, rows = case.tree, []
    for p, c, own in case.ratios:
        part = importance_shares(own, case.share[c])
        for k, i in enumerate(c):
            rows.append({
                "code": tree.codes[i], "parent": tree.codes[p], "level": int(tree.level[i]),
                "weight": float(part.weight[k]), "effective_weight": float(case.weight[i]),
                "n": int(own.n[k]), "knots": int(own.knots[k]), "siblings": c.size,
                "r": float(case.among.r[i, p]), "r_squared": float(own.linear[k]),
                "correlation_ratio": float(own.ratio[k]), "importance": float(part.share[k]),
                "times": float(part.times[k]), "r_with_index": float(case.among.r[i, tree.root]),
            })  # fmt: skip
    return rows


def _silent(
    case: Case, rows: Sequence[dict[str, Any]], known: Sequence[AuditFinding]
) -> Iterator[AuditFinding]:
    line = case.limit("silent")
    check = Check(
        6, "silent", "warning", _("does not move its aggregate"),
        _("{n} elements do not move their aggregates"), _("every element moves its aggregate"),
        _("take it out, weigh it more, or move it to where it belongs"),
        _("|r| with the parent at least {least}", least=general(line)), line, "least",
    )  # fmt: skip
    # What works against its family is said in step 4, with the same remedy.
    against = {c for f in known for c in f.codes if f.rule == "negative-loading"}
    rows = [r for r in rows if r["code"] not in against]
    quiet = {r["code"] for r in rows if r["siblings"] > 1 and _quiet(r, line)}
    yield from check.judge(case, (
        Hit(r["code"], abs(r["r"]), _("r = {r} with {parent}, correlation ratio {ratio}",
            r=fixed(r["r"]), parent=r["parent"], ratio=fixed(r["correlation_ratio"])))
        for r in rows if r["code"] in quiet
    ))  # fmt: skip
    whole = Check(
        6, "silent-in-index", "note", _("does not move the index"),
        _("{n} indicators do not move the index"), _("every indicator moves the index"),
        _("say why it is in the index"),
        _("|r| with the index at least {least}", least=general(line)), line, "least",
    )  # fmt: skip
    yield from whole.judge(case, (
        Hit(r["code"], abs(r["r_with_index"]), f"r = {fixed(r['r_with_index'])}") for r in rows
        if r["level"] == 1 and r["code"] not in quiet and abs(r["r_with_index"]) < line
    ))  # fmt: skip


def _quiet(row: dict[str, Any], line: float) -> bool:
    """Neither a line nor a curve: knots alone explain (knots + 1) / (n - 1) by chance."""
    chance = (row["knots"] + 1) / max(row["n"] - 1, 1)
    return bool(abs(row["r"]) < line and row["correlation_ratio"] < line**2 + chance)


def _dominated(case: Case, rows: Sequence[dict[str, Any]]) -> Iterator[AuditFinding]:
    points, times = case.limit("dominated_points"), case.limit("dominated_times")
    check = Check(
        6, "dominates", "warning", _("decides its aggregate far beyond its weight"),
        _("{n} elements decide their aggregates far beyond their weights"),
        _("no element decides its aggregate beyond its weight"),
        _("even out the spread of siblings (goalposts, rule), or weigh it less"),
        _("at most {times} times its weight, or {points} above it", times=general(times),
          points=percent(points)), times,
    )  # fmt: skip
    yield from check.judge(case, (
        Hit(r["code"], r["times"], _("importance {importance} in {parent}, weight {weight}",
            importance=percent(r["importance"]), parent=r["parent"], weight=percent(r["weight"])))
        for r in rows if r["times"] > times and r["importance"] - r["weight"] > points
    ))  # fmt: skip


def _plain_weights(case: Case) -> Iterator[AuditFinding]:
    tree, most = case.tree, case.limit("weight_ratio")
    gone = Check(
        6, "no-score", "warning", _("has no score"), _("{n} units have no score"),
        _("every unit has a score"),
        _("leave the unit out (step screen), or lower min_children in aggregate"), _("a score"),
    )  # fmt: skip
    yield from gone.judge(case, (Hit(case.codes[i])
                                 for i in np.flatnonzero(np.isnan(case.rank))))  # fmt: skip
    none = Check(
        6, "zero-weight", "note", _("has no weight"), _("{n} elements have no weight"), "",
        _("take it out, or give it a weight"),
    )  # fmt: skip
    yield from none.judge(case, (Hit(tree.codes[i], 0.0, _("weight 0"))
                                 for i in np.flatnonzero(case.share == 0)))  # fmt: skip
    leaf = case.weight[: tree.leaves]
    low = int(np.where(leaf > 0, leaf, np.inf).argmin())
    high = int(leaf.argmax())
    ratio = float(leaf[high] / leaf[low])
    told = _(
        "{times} times: {most} {high}, {least} {low}",
        times=fixed(ratio, 1),
        most=tree.codes[high],
        high=percent(leaf[high], 1),
        least=tree.codes[low],
        low=percent(leaf[low], 1),
    )
    check = Check(
        6, "unequal-weights", "note", _("weighs indicators very differently"), "",
        _("no indicator weighs over {times} times another", times=general(most)),
        _("say that this is meant: it follows from sizes of families and their weights"),
        _("at most {times} times", times=general(most)), most,
    )  # fmt: skip
    hit = Hit(tree.codes[tree.root], ratio, told)
    yield from check.judge(case, [hit] if ratio > most * (1 + 1e-9) else [])


def _compensation(case: Case) -> tuple[list[AuditFinding], str]:
    """Ranks by geometric in place of arithmetic means, on scales from 1 to 100."""
    result, root = case.result, case.tree.codes[case.tree.root]
    rules = {rule.name for rule in result.stage.rules.values()}
    scale = {s.rule for scope in result.stage.scopes for s in scope.scales}
    if rules != {"arithmetic"} or scale != {"min-max"}:
        why = _("it is compared for arithmetic means of min-max scales only")
        fix = _("vary aggregate.rule in the replications")
        return [unjudged(6, "compensation", root, why, fix)], ""
    changes = {"normalise.range": [1, 100], "aggregate.rule": "geometric",
               "aggregate.level": {}, "aggregate.node": {}}  # fmt: skip
    try:
        other = result.evaluator.partial(apply_changes(result.recipe, changes))
    except HansaError as problem:
        why, fix = retold(problem.finding.rule), retold(problem.finding.fix)
        return [unjudged(6, "compensation", root, why, fix)], ""
    assert other.scores is not None
    moved = np.abs(ranks(other.scores[case.rows, case.tree.root]) - case.rank)
    mean, line = _mean(moved), case.limit("compensation") * case.units
    told = _(
        "With geometric means ranks move by {mean} places on average and {most} at most ({unit}).",
        mean=fixed(mean),
        most=fixed(np.nanmax(moved), 0),
        unit=case.codes[int(np.nanargmax(moved))],
    )
    check = Check(
        6, "compensation", "note",
        _("lets strengths make up for weaknesses, and this decides ranks"), "",
        _("ranks hardly depend on how far strengths make up for weaknesses"),
        _("say whether weaknesses may be made up for; if not, take geometric means"),
        _("at most {places} places on average", places=fixed(line, 1)), line,
    )  # fmt: skip
    hits = [Hit(root, mean, _("{mean} places", mean=fixed(mean)))] if mean > line else []
    return check.judge(case, hits), told


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")
