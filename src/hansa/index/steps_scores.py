"""The steps of a recipe that turn a common scale into scores: weigh, aggregate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np

from hansa.errors import HansaError, UsageError, listed
from hansa.index import aggregate as rules
from hansa.index.chain import Entry, Stage, refuse_after, refuse_before, step
from hansa.index.schemes import OPTIONS_OF_SCHEMES, SCHEMES, Family, family_weights
from hansa.index.tree import Floats, IndexTree, shares


@step(*OPTIONS_OF_SCHEMES)
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
    own = {int(k): v for k, v in (level or {}).items()}
    for name in (scheme, *own.values()):
        if name not in SCHEMES:
            raise UsageError(
                f"there is no weighting scheme {name!r}",
                admissible=listed(SCHEMES, 20),
                fix="correct scheme in the step weigh",
            )
    if any(name not in ("given", "equal") for name in (scheme, *own.values())):
        refuse_before(stage, "weigh by data or people", "normalise")
    weight = tree.weight.copy()
    said: list[str] = []
    warnings: list[str] = []
    experts: dict[str, Floats] = {}
    x = np.full((stage.data.unit.size, len(tree.nodes)), np.nan)
    x[:, : tree.leaves] = stage.data.values
    for p, children in tree.families:
        name = own.get(int(tree.level[children].max()), scheme)
        family = Family(tree, p, children, x[:, children])
        one = family_weights(name, family, options)
        weight[children] = one.weights
        x[:, p] = rules.weighted_mean(x[:, children], one.weights)
        said += one.said
        warnings += one.warnings
        for who, given in (one.by_expert or {}).items():
            experts.setdefault(who, np.full(weight.size, np.nan))[children] = given
    _refuse_weights(tree, weight)
    by_expert = np.stack(list(experts.values())) if experts else None
    after = replace(stage, share=shares(tree, weight), experts=by_expert)
    return after, Entry("weigh", {}, 0, tuple(said), tuple(warnings))


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


@step("rule", *(f.name for f in fields(rules.Rule) if f.name != "name"))
def aggregate(
    stage: Stage,
    level: Mapping[str, Any] | None = None,
    node: Mapping[str, Any] | None = None,
    **options: Any,
) -> tuple[Stage, Entry]:
    """Children to parent, bottom-up.

    level    another rule for parents of a height: { 2 = "geometric" }
    node     another rule for single parents: { Index = { rule = "power", power = 0.5 } }
    options  rule, and what `hansa.index.aggregate.Rule` has
    """
    refuse_after(stage, "aggregate", "aggregate")
    refuse_before(stage, "aggregate", "normalise")
    tree = stage.tree
    chosen = rules_of(tree, options, level or {}, node or {})
    share = shares(tree, tree.weight) if stage.share is None else stage.share
    after = replace(stage, share=share, rules=chosen)
    scores, said = scored(after)
    return replace(after, scores=scores), Entry("aggregate", {}, len(said), tuple(said))


def rules_of(
    tree: IndexTree, options: Mapping[str, Any], level: Mapping[str, Any], node: Mapping[str, Any]
) -> dict[int, rules.Rule]:
    """The rule of each parent. Raises UsageError for names and options that are not there."""
    every = _rule(options, "step aggregate")
    by_level = {int(k): _rule(v, f"level {k}") for k, v in level.items()}
    by_node = {tree.at(k): _rule(v, f"node {k}") for k, v in node.items()}
    out = {}
    for p, _ in tree.families:
        out[p] = by_node.get(p, by_level.get(int(tree.level[p]), every))
    return out


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
    return rules.Rule(name, **options)


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
        some = np.isnan(x).any(axis=1)
        if some.any():
            lost = int(np.isnan(scores[some, p]).sum())
            told = f"{tree.codes[p]}: {int(some.sum()) - lost} scores from less than all children"
            said.append(told + (f", {lost} missing" if lost else ""))
    return scores, said


def refuse_outside(stage: Stage, p: int, children: Any, x: Floats) -> None:
    """Raise HansaError where a child's value lies outside the domain of its parent's rule."""
    rule: rules.Rule = stage.rules[p]
    raised = x if rule.floor is None else np.fmax(x, np.where(np.isnan(x), x, rule.floor))
    assert stage.share is not None
    bad = np.argwhere(rules.outside(raised, rule) & (stage.share[children] > 0))
    if bad.size:
        row, child = bad[0]
        name = stage.tree.codes[children[child]]
        raise HansaError(
            f"the {rule.name} mean has no meaning for this value",
            place=f"{stage.data.label(int(row))}, {name} under {stage.tree.codes[p]}"
            + (f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""),
            printed=f"{x[row, child]:g}",
            admissible="values above 0" if (rule.exponent or 0) <= 0 else "values of 0 or more",
            fix="normalise with range = [1, 100]; or floor = 0.01 (counted in the log); or "
            "limit = true (a 0 then gives 0)",
        )
