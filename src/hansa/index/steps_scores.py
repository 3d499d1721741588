"""The steps of a recipe that turn a common scale into scores: weigh, aggregate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np

from hansa.errors import HansaError, UsageError, listed
from hansa.index import aggregate as rules
from hansa.index.chain import Entry, Stage, refuse_after, refuse_before, refuse_kind, step
from hansa.index.schemes import (
    SCHEMES,
    Family,
    SchemeOptions,
    family_weights,
    options_of,
)
from hansa.index.tree import Floats, IndexTree, shares


@step(SchemeOptions)
def weigh(
    stage: Stage, scheme: str = "given", level: Mapping[str, str] | None = None, **options: Any
) -> tuple[Stage, Entry]:
    """One weight a node among its siblings.

    scheme   given, equal, or one of `hansa.index.schemes.SCHEMES` for every family
    level    another scheme for the families whose children have a height: { 1 = "pca" }
    options  of the scheme
    """
    refuse_after(stage, "weigh", "aggregate")
    tree = stage.tree
    own = by_level(tree, level or {}, children=True)
    used = {scheme, *own.values()}
    _refuse_schemes(tree, used, options)
    if used - {"given", "equal"}:
        refuse_before(stage, "weigh by data or people", "normalise")
    weight = tree.weight.copy()
    said: list[str] = []
    warnings: list[str] = []
    experts: dict[str, Floats] = {}
    x = np.full((stage.data.unit.size, len(tree.nodes)), np.nan)
    x[:, : tree.leaves] = stage.data.values
    for p, children in tree.families:
        name = own.get(int(tree.level[children].max()), scheme)
        family = Family(tree, p, children, x[:, children], stage.data.labels)
        one = family_weights(name, family, options)
        weight[children] = one.weights
        if used - {"given", "equal"}:
            x[:, p] = rules.weighted_mean(x[:, children], one.weights)
        said += one.said
        warnings += one.warnings
        for who, given in (one.by_expert or {}).items():
            experts.setdefault(who, np.full(weight.size, np.nan))[children] = given
    _refuse_weights(tree, weight)
    by_expert = np.stack(list(experts.values())) if experts else None
    after = replace(stage, share=shares(tree, weight), experts=by_expert)
    return after, Entry("weigh", {}, 0, tuple(said), tuple(warnings))


def _refuse_schemes(tree: IndexTree, used: set[str], options: Mapping[str, Any]) -> None:
    """Schemes that are not there, options that none of them takes, parents that nobody has."""
    for name in sorted(used - set(SCHEMES)):
        raise UsageError(
            f"there is no weighting scheme {name!r}",
            admissible=listed(SCHEMES, 20),
            fix="correct scheme in the step weigh",
        )
    known = {option for name in used for option in options_of(name)}
    if useless := sorted(set(options) - known):
        raise UsageError(
            f"no scheme in use takes the option {listed(useless)}",
            printed=listed(sorted(used)),
            admissible=listed(sorted(known)) or "none",
            fix="leave it out of the step weigh, or name another scheme",
        )
    parents = {str(row.get("parent", "")) for key in ("points", "judgements")
               for row in options.get(key, ())}  # fmt: skip
    aggregates = {tree.codes[p] for p, _ in tree.families}
    if strangers := sorted(parents - aggregates):
        raise HansaError(
            f"experts judged {listed(strangers)}, which is no aggregate",
            place="step weigh, points or judgements, column parent",
            admissible=listed(sorted(aggregates), 20),
            fix="correct the code of the parent",
        )


def by_level(tree: IndexTree, given: Mapping[str, Any], children: bool = False) -> dict[int, Any]:
    """Settings by height, of parents or of the children of families. Raises UsageError."""
    heights = {int(tree.level[c].max() if children else tree.level[p]) for p, c in tree.families}
    out = {}
    for key, value in given.items():
        if not str(key).isdigit() or int(key) not in heights:
            raise UsageError(
                f"no {'siblings have' if children else 'aggregate has'} the height {key}",
                admissible=listed(sorted(heights)),
                fix="name heights of the tree in level",
            )
        out[int(key)] = value
    return out


def _refuse_weights(tree: IndexTree, weight: Floats) -> None:
    for p, children in tree.families:
        if not (weight[children] > 0).any():
            raise HansaError(
                "all weights of a family are zero",
                place=f"aggregate {tree.codes[p]}",
                printed=listed(tree.codes[c] for c in children),
                admissible="at least one weight above 0 among siblings",
                fix="correct the column weight in indicators.csv",
            )


@step(rules.Rule)
def aggregate(
    stage: Stage,
    rule: str = "arithmetic",
    level: Mapping[str, Any] | None = None,
    node: Mapping[str, Any] | None = None,
    **options: Any,
) -> tuple[Stage, Entry]:
    """Children to parent, bottom-up.

    rule     of `hansa.index.aggregate.RULES`
    level    another rule for parents of a height: { 2 = "geometric" }
    node     another rule for single parents: { Index = { rule = "power", power = 0.5 } }
    options  of `hansa.index.aggregate.Rule`
    """
    refuse_after(stage, "aggregate", "aggregate")
    refuse_before(stage, "aggregate", "normalise")
    tree = stage.tree
    chosen = rules_of(tree, {"rule": rule, **options}, level or {}, node or {})
    share = shares(tree, tree.weight) if stage.share is None else stage.share
    after = replace(stage, share=share, rules=chosen)
    scores, said = scored(after)
    return replace(after, scores=scores), Entry("aggregate", {}, len(said), tuple(said))


def rules_of(
    tree: IndexTree, options: Mapping[str, Any], level: Mapping[str, Any], node: Mapping[str, Any]
) -> dict[int, rules.Rule]:
    """The rule of each parent. Raises UsageError for names and options that are not there."""
    every = _rule(options, "step aggregate")
    height = {k: _rule(v, f"level {k}") for k, v in by_level(tree, level).items()}
    by_node = {tree.at(k): _rule(v, f"node {k}") for k, v in node.items()}
    if leaves := [tree.codes[i] for i in by_node if i < tree.leaves]:
        raise UsageError(
            f"{listed(leaves)} is an indicator and has nothing to aggregate",
            fix="name aggregates in node",
        )
    return {p: by_node.get(p, height.get(int(tree.level[p]), every)) for p, _ in tree.families}


LIMITED = ("geometric", "harmonic")
"""Means that have a limit at 0."""


def _rule(given: Any, place: str) -> rules.Rule:
    options = {"rule": given} if isinstance(given, str) else dict(given)
    name = options.pop("rule", "arithmetic")
    known = [f.name for f in fields(rules.Rule) if f.name != "name"]
    if name not in rules.RULES:
        raise UsageError(
            f"there is no aggregation {name!r}",
            place=place,
            admissible=listed(rules.RULES, 12),
            fix="correct rule",
        )
    if unknown := sorted(set(options) - set(known)):
        raise UsageError(
            f"aggregation has no option {listed(unknown)}",
            place=place,
            admissible=listed(["rule", *known], 12),
        )
    for f in fields(rules.Rule):
        if f.name in options:
            refuse_kind(f"{place}, {f.name}", options[f.name], str(f.type))
    rule = rules.Rule(name, **options)
    if not (rule.alpha > 0 and 0 <= rule.min_children <= 1 and np.isfinite(rule.power)):
        raise UsageError(
            "an option of aggregation is out of its range",
            place=place,
            printed=f"alpha = {rule.alpha}, min_children = {rule.min_children}, "
            f"power = {rule.power}",
            admissible="alpha above 0, min_children from 0 to 1, a finite power",
            fix="correct it",
        )
    return rule


def scored(stage: Stage) -> tuple[Floats, list[str]]:
    """Scores of all nodes (rows, nodes), and sentences about parents made of some children."""
    tree, share = stage.tree, stage.share
    assert share is not None
    scores = np.full((stage.data.unit.size, len(tree.nodes)), np.nan)
    scores[:, : tree.leaves] = stage.data.values
    said = []
    for p, children in tree.families:
        rule: rules.Rule = stage.rules[p]
        x = scores[:, children]
        refuse_outside(stage, p, children, x)
        if rule.name == "copeland":
            for rows in stage.data.by_year():
                scores[rows, p] = rules.combine(x[rows], share[children], rule)
        else:
            scores[:, p] = rules.combine(x, share[children], rule)
        if rule.floor is not None and (low := int((x < rule.floor).sum())):
            said.append(f"{tree.codes[p]}: {low} children raised to the floor {rule.floor:g}")
        some = np.isnan(x).any(axis=1)
        if some.any():
            lost = int(np.isnan(scores[some, p]).sum())
            told = f"{tree.codes[p]}: {int(some.sum()) - lost} scores from less than all children"
            said.append(told + (f", {lost} missing" if lost else ""))
    return scores, said


def refuse_outside(stage: Stage, p: int, children: Any, x: Floats) -> None:
    """Raise HansaError where a child's value lies outside the domain of its parent's rule."""
    rule: rules.Rule = stage.rules[p]
    assert stage.share is not None
    if rule.exponent == 1:
        return
    own = stage.share[children]
    raised = x if rule.floor is None else np.fmax(x, np.where(np.isnan(x), x, rule.floor))
    bad = np.argwhere(rules.outside(raised, rule) & (own > 0))
    whole = np.flatnonzero(rules.undefined(raised, np.broadcast_to(own, x.shape), rule))
    if not bad.size and not whole.size:
        return
    if bad.size:
        row, child = (int(i) for i in bad[0])
        where, more = f"{stage.tree.codes[children[child]]} under ", len(bad) - 1
        printed = f"{x[row, child]:g}"
    else:
        row, where, more = int(whole[0]), "", len(whole) - 1
        printed = f"children {listed(f'{v:g}' for v in x[row])}: their mean is 0 or less"
    raise HansaError(
        f"the {rule.name} mean has no meaning for this value",
        place=f"{stage.data.label(row)}, {where}{stage.tree.codes[p]}"
        + (f" (and {more} more)" if more else ""),
        printed=printed,
        admissible="values of 0 or more" if (rule.exponent or 0) > 0 else "values above 0",
        fix="normalise with range = [1, 100]; or floor = 0.01 (counted in the log)"
        + ("; or limit = true (a 0 then gives 0)" if rule.name in LIMITED else ""),
    )
