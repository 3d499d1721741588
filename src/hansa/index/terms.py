"""What the names in a recipe and the words in a table of an audit are called for people."""

from __future__ import annotations

from hansa.language import pgettext, pN_

STEPS = (
    *(pN_("index step", "denominate"), pN_("index step", "screen"), pN_("index step", "treat")),
    *(pN_("index step", "impute"), pN_("index step", "normalise"), pN_("index step", "weigh")),
    pN_("index step", "aggregate"),
)
RULES = (
    # of the common scale
    *(pN_("index rule", "min-max"), pN_("index rule", "goalposts"), pN_("index rule", "scaled")),
    *(pN_("index rule", "z"), pN_("index rule", "distance-to-max")),
    *(pN_("index rule", "distance-to-reference"), pN_("index rule", "distance-to-target")),
    *(pN_("index rule", "none"), pN_("index rule", "rank"), pN_("index rule", "percentile-rank")),
    *(pN_("index rule", "borda"), pN_("index rule", "fraction-of-max")),
    # of means
    *(pN_("index rule", "arithmetic"), pN_("index rule", "geometric")),
    *(pN_("index rule", "harmonic"), pN_("index rule", "power"), pN_("index rule", "median")),
    *(pN_("index rule", "mazziotta-pareto"), pN_("index rule", "owa")),
    pN_("index rule", "copeland"),
    # of filling
    *(pN_("index rule", "mean"), pN_("index rule", "group-mean")),
    *(pN_("index rule", "group-median"), pN_("index rule", "panel-latest")),
    *(pN_("index rule", "panel-constant"), pN_("index rule", "panel-linear")),
    *(pN_("index rule", "pillar-mean"), pN_("index rule", "regression")),
    *(pN_("index rule", "nearest"), pN_("index rule", "hot-deck")),
    pN_("index rule", "regression-draws"),
    # of weights
    *(pN_("index rule", "given"), pN_("index rule", "equal"), pN_("index rule", "pca")),
    *(pN_("index rule", "pca-rotated"), pN_("index rule", "correlation")),
    *(pN_("index rule", "entropy"), pN_("index rule", "critic"), pN_("index rule", "budget")),
    *(pN_("index rule", "swing"), pN_("index rule", "ahp")),
    # what was done to extreme values
    pN_("index rule", "winsorised"),
)
KINDS = (
    *(pN_("index choice", "options"), pN_("index choice", "range")),
    *(pN_("index choice", "weights"), pN_("index choice", "dirichlet")),
    *(pN_("index choice", "experts"), pN_("index choice", "drop")),
    *(pN_("index choice", "imputation"), pN_("index choice", "noise")),
)
CELLS = (
    *(pN_("audit cell", "strength"), pN_("audit cell", "weakness")),
    *(pN_("audit cell", "redundant"), pN_("audit cell", "trade-off")),
    *(pN_("audit cell", "framework"), pN_("audit cell", "performance")),
    *(pN_("audit cell", "undefined"), pN_("audit cell", "winsorised"), pN_("audit cell", "none")),
)


def step(name: str) -> str:
    """A step of a recipe."""
    return pgettext("index step", name)


def rule(name: str) -> str:
    """A rule of a step: of a scale, a mean, of filling, of weights."""
    return pgettext("index rule", name)


def kind(name: str) -> str:
    """A kind of choice that replications vary (`hansa.index.factors.KINDS`)."""
    return pgettext("index choice", name)


def cell(word: str) -> str:
    """A word of a table of an audit; codes and names stay."""
    return pgettext("audit cell", word)
