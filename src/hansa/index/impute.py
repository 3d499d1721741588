"""Gaps filled by a named rule, indicator by indicator (methods: index, section 2.2).

Values are rows by columns on the raw scale, NaN for a gap; a row is a unit in a year. A rule
looks at originals only: cells that are `marked` as filled earlier are kept and never used, so
a second run changes nothing. Whatever stays empty carries a reason. `impute_rules` holds the
rules along a column, `impute_models` those along a row, `impute_draws` many completed tables.
Sources: OECD/JRC Handbook (2008), step 3; conventions of COINr 1.1 (Impute).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from hansa.errors import UsageError, listed
from hansa.index import impute_models, impute_rules
from hansa.index.impute_models import Basis
from hansa.index.impute_rules import REASONS, Bools, Filled
from hansa.index.tree import Floats, Ints

__all__ = ["REASONS", "RULES", "Filled", "Options", "Rows", "impute"]

T = TypeVar("T")


@dataclass(frozen=True)
class Rows:
    """What stands beside the values.

    unit, time  (rows,) code of the unit, and year
    group       (rows,) code of the group, -1 for none
    family      (columns,) code of the parent, -1 for none; direction (columns,) +1 or -1
    marked      (rows, columns) cells an earlier step filled
    """

    unit: Ints
    time: Ints
    group: Ints | None = None
    family: Ints | None = None
    direction: Floats | None = None
    marked: Bools | None = None


@dataclass(frozen=True)
class Options:
    """Options of the rules.

    max_back      panel-latest: panel years to look back, all by default
    single        panel-linear with one value: `missing` or `constant`
    min_siblings  pillar-mean and nearest: indicators that must be there
    predictors    regression and nearest: columns, siblings by default
    nearest       how many nearest units
    """

    max_back: int | None = None
    single: str = "missing"
    min_siblings: int = 2
    predictors: tuple[int, ...] | None = None
    nearest: int = 5


def impute(x: Floats, rows: Rows, rules: str | Sequence[str], options: Options) -> Filled:
    """Each column by its own rule of `RULES` (one name, or one a column), all from originals.

    Raises UsageError for an unknown rule and for a rule without what it needs.
    """
    names = [rules] * x.shape[1] if isinstance(rules, str) else list(rules)
    names = [name.strip().replace("_", "-").replace(" ", "-") for name in names]
    if unknown := sorted({n for n in names if n not in RULES}):
        raise UsageError(
            f"there is no imputation rule {unknown[0]!r}",
            admissible=listed(RULES, 20),
            fix="name one of them in the step impute",
        )
    if len(names) != x.shape[1]:
        raise UsageError(
            "one imputation rule a column is needed",
            printed=f"{len(names)} rules for {x.shape[1]} columns",
            admissible="one rule for all, or one a column",
            fix="name a rule for each indicator",
        )
    out = Filled(x.copy(), np.zeros(x.shape, bool), np.zeros(x.shape, np.uint8))
    for name in dict.fromkeys(names):
        at = np.flatnonzero([n == name for n in names])
        made = RULES[name](x, rows, options)
        for whole, part in ((out.x, made.x), (out.mask, made.mask), (out.reason, made.reason)):
            whole[:, at] = part[:, at]
    return out


def _none(x: Floats, rows: Rows, options: Options) -> Filled:
    return impute_rules.none(x)


def _mean(x: Floats, rows: Rows, options: Options) -> Filled:
    return impute_rules.mean(x, rows.time, rows.marked)


def _median(x: Floats, rows: Rows, options: Options) -> Filled:
    return impute_rules.median(x, rows.time, rows.marked)


def _group_mean(x: Floats, rows: Rows, options: Options) -> Filled:
    group = _needed(rows.group, "group-mean", "groups")
    return impute_rules.group_mean(x, rows.time, group, rows.marked)


def _group_median(x: Floats, rows: Rows, options: Options) -> Filled:
    group = _needed(rows.group, "group-median", "groups")
    return impute_rules.group_median(x, rows.time, group, rows.marked)


def _latest(x: Floats, rows: Rows, options: Options) -> Filled:
    return impute_rules.panel_latest(x, rows.unit, rows.time, options.max_back, rows.marked)


def _constant(x: Floats, rows: Rows, options: Options) -> Filled:
    return impute_rules.panel_constant(x, rows.unit, rows.time, rows.marked)


def _linear(x: Floats, rows: Rows, options: Options) -> Filled:
    return impute_rules.panel_linear(x, rows.unit, rows.time, options.single, rows.marked)


def _pillar(x: Floats, rows: Rows, options: Options) -> Filled:
    family = _needed(rows.family, "pillar-mean", "families")
    direction = _needed(rows.direction, "pillar-mean", "directions")
    return impute_models.pillar_mean(
        x, rows.time, family, direction, options.min_siblings, rows.marked
    )


def _regression(x: Floats, rows: Rows, options: Options) -> Filled:
    basis = _basis(rows, options, "regression")
    return impute_models.regression(x, rows.time, basis, rows.marked)


def _nearest(x: Floats, rows: Rows, options: Options) -> Filled:
    basis = _basis(rows, options, "nearest")
    return impute_models.nearest(
        x, rows.time, basis, options.nearest, options.min_siblings, rows.marked
    )


RULES: Mapping[str, Callable[[Floats, Rows, Options], Filled]] = {
    "none": _none,
    "mean": _mean,
    "median": _median,
    "group-mean": _group_mean,
    "group-median": _group_median,
    "panel-latest": _latest,
    "panel-constant": _constant,
    "panel-linear": _linear,
    "pillar-mean": _pillar,
    "regression": _regression,
    "nearest": _nearest,
}
"""The rules by name."""


def _basis(rows: Rows, options: Options, rule: str) -> Basis:
    if options.predictors is not None:
        return Basis(options.predictors, None)
    return Basis(None, _needed(rows.family, rule, "families"))


def _needed(what: T | None, rule: str, name: str) -> T:
    if what is None:
        raise UsageError(
            f"the rule {rule} needs {name}",
            printed="none given",
            admissible="a column of groups" if name == "groups" else "the tree of the index",
            fix="name the group column in the step impute"
            if name == "groups"
            else "give the tree, or choose another rule",
        )
    return what
