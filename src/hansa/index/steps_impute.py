"""The step of a recipe that fills gaps, and marks every cell that it fills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hansa.errors import UsageError, listed
from hansa.index import impute as imputation
from hansa.index.chain import Entry, Stage, refuse_after, step
from hansa.index.factors import generator
from hansa.index.impute_draws import Draws, hot_deck, regression_draws
from hansa.index.impute_models import Basis
from hansa.index.impute_rules import REASONS
from hansa.index.tree import Ints

DRAWN = ("hot-deck", "regression-draws")


@dataclass(frozen=True)
class StepOptions:
    """Options of `hansa.index.impute.Options`, predictors by code."""

    max_back: int | None = None
    single: str = "missing"
    min_siblings: int = 2
    predictors: Sequence[str] | None = None
    nearest: int = 5


@step(StepOptions)
def impute(
    stage: Stage,
    rule: str = "none",
    rules: Mapping[str, str] | None = None,
    group: str = "",
    draws: int = 0,
    draw: int | None = None,
    **options: Any,
) -> tuple[Stage, Entry]:
    """Fill gaps by a named rule, on raw values.

    rule, rules  for all indicators, and other rules by code
    group        column of groups, where a rule needs one
    draws, draw  rules hot-deck and regression-draws: completed tables, and which of them to
                 take; their mean without a number
    options      of `hansa.index.impute.Options`; predictors by code
    """
    refuse_after(stage, "impute", "normalise", "aggregate")
    own = _names(stage, rule, rules or {})
    chosen = _options(stage, options)
    rows = _rows(stage, group)
    if any(name in DRAWN for name in own):
        filled, mask, reason = _drawn(stage, own, rows, chosen, (draws, draw))
    else:
        found = _rules(stage, rows, own, chosen)
        filled, mask, reason = found.x, found.mask, found.reason
    data = stage.data
    table = tuple(
        {"row": data.label(int(i)), "code": stage.tree.codes[j], "filled": False,
         "reason": REASONS[reason[i, j]]}
        for i, j in np.argwhere((reason > 0) & ~mask)
    )  # fmt: skip
    many = int(mask.sum())
    said = [
        f"{many} of {int(np.isnan(data.values).sum())} gaps filled ({listed(dict.fromkeys(own))})"
    ]
    after = replace(data, values=filled, filled=data.filled | mask)
    return replace(stage, data=after), Entry("impute", {}, many, tuple(said), (), table)


def _names(stage: Stage, rule: str, by_code: Mapping[str, str]) -> list[str]:
    own = [rule] * stage.tree.leaves
    for code, name in by_code.items():
        j = stage.tree.at(code)
        if j >= stage.tree.leaves:
            raise UsageError(f"{code} is no indicator", fix="name indicators in rules")
        own[j] = name
    return own


def _options(stage: Stage, given: Mapping[str, Any]) -> imputation.Options:
    options = dict(given)
    if options.get("predictors") is not None:
        options["predictors"] = tuple(stage.tree.at(code) for code in options["predictors"])
        if any(j >= stage.tree.leaves for j in options["predictors"]):
            raise UsageError("predictors are indicators", fix="name indicators in predictors")
    return imputation.Options(**options)


def _rows(stage: Stage, group: str) -> imputation.Rows:
    data, tree = stage.data, stage.tree
    codes: Ints | None = None
    if group:
        texts = data.group(group)
        names = sorted(set(texts) - {""})
        codes = np.array([names.index(t) if t else -1 for t in texts], np.int64)
    return imputation.Rows(
        data.unit, data.time, codes, tree.parent[: tree.leaves], tree.direction, data.filled
    )


def _rules(
    stage: Stage, rows: imputation.Rows, own: Sequence[str], chosen: imputation.Options
) -> imputation.Filled:
    return imputation.impute(stage.data.values, rows, own, chosen)


def _drawn(
    stage: Stage, own: Sequence[str], rows: imputation.Rows, chosen: imputation.Options,
    which: tuple[int, int | None],
) -> tuple[Any, Any, Any]:  # fmt: skip
    kinds = sorted(set(own))
    if len(kinds) > 1:
        raise UsageError(
            "drawn tables are of one rule for all indicators",
            printed=listed(kinds),
            fix="take one rule, without rules by code",
        )
    draws, draw = which
    if draw is not None and not 0 <= draw < max(draws, 1):
        raise UsageError(
            "there is no such completed table",
            printed=f"draw = {draw}, draws = {draws}",
            admissible=f"0 to {max(draws, 1) - 1}",
            fix="name another draw, or make more",
        )
    made = tables(stage, kinds[0], rows, chosen, draws)
    x = made.x.copy()
    values = made.values.mean(axis=0) if draw is None else made.values[draw]
    x[made.row, made.column] = values
    return x, made.mask, made.reason


def tables(
    stage: Stage, kind: str, rows: imputation.Rows, chosen: imputation.Options, draws: int
) -> Draws:
    """All completed tables of a stage; the same for the same data and rule."""
    rng = generator(SEED, "impute", purpose=kind)
    x = stage.data.values
    if kind == "hot-deck":
        return hot_deck(x, rows.time, rows.group, draws, rng, rows.marked)
    basis = Basis(chosen.predictors, rows.family)
    return regression_draws(x, rows.time, basis, draws, rng, rows.marked)


SEED = 20090507
"""Of completed tables: they belong to the recipe, not to one run of replications."""
