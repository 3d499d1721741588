"""A common scale on which higher is better (methods: index, section 2.5).

Direction is applied once, here: y = d x. A rule is fitted on the rows of its scope and then
applied to any rows, so a new value can be read on the scale of an earlier run.
Source: OECD/JRC Handbook (2008), step 5; conventions of COINr 1.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hansa.errors import HansaError, UsageError, listed
from hansa.index.ranks import SAME
from hansa.index.statistics import RELATIVE
from hansa.index.tree import Floats, Node

STRAIGHT = (
    "min-max",
    "goalposts",
    "scaled",
    "z",
    "distance-to-max",
    "distance-to-reference",
    "distance-to-target",
    "none",
)
ORDERED = ("rank", "percentile-rank", "borda")
RULES = (*STRAIGHT, *ORDERED, "fraction-of-max")

UNIT_RANGE = ("distance-to-max", "distance-to-reference", "distance-to-target")


@dataclass(frozen=True)
class Options:
    """How to normalise.

    range      of min-max, goalposts and scaled
    mean, sd   that z gives
    clip       goalposts: keep values outside them at the ends
    cap        distances: no more than 1
    reference  distance-to-reference: code of the unit
    literal    fraction-of-max: y / max(y) whatever the direction
    """

    rule: str = "min-max"
    range: tuple[float, float] = (0.0, 100.0)
    mean: float = 0.0
    sd: float = 1.0
    clip: bool = True
    cap: bool = False
    reference: str = ""
    literal: bool = False


@dataclass(frozen=True)
class Scale:
    """One fitted column: a + (b - a) (y - origin) / span, then cut at low and high.

    rule  names the rule; those of `ORDERED` and fraction-of-max use `fitted` values instead
    """

    rule: str
    direction: float
    origin: float = np.nan
    span: float = np.nan
    a: float = 0.0
    b: float = 1.0
    low: float = -np.inf
    high: float = np.inf
    fitted: Floats | None = None
    literal: bool = False

    def apply(self, x: Floats) -> Floats:
        """Raw values of the indicator (...) on the scale; NaN stays NaN."""
        y = self.direction * np.asarray(x, float)
        if self.rule in ORDERED:
            return self._ordered(y)
        if self.rule == "fraction-of-max":
            with np.errstate(divide="ignore", invalid="ignore"):
                down = self.direction < 0 and not self.literal
                share: Floats = self.origin / y if down else y / self.origin
            return share
        with np.errstate(divide="ignore", invalid="ignore"):
            out = self.a + (self.b - self.a) * ((y - self.origin) / self.span)
        if np.isinf(self.low) and np.isinf(self.high):
            return np.asarray(out)
        found: Floats = np.clip(out, self.low, self.high)
        return found

    def raw(self, z: Floats) -> Floats:
        """The raw value behind a value on a straight scale; NaN for other rules."""
        if self.rule not in STRAIGHT:
            return np.full(np.shape(z), np.nan)
        y = self.origin + self.span * (np.asarray(z, float) - self.a) / (self.b - self.a)
        return np.asarray(self.direction * y)

    def clipped(self, x: Floats) -> int:
        """How many values lie outside the ends of the scale."""
        y = self.direction * np.asarray(x, float)
        with np.errstate(divide="ignore", invalid="ignore"):
            out = self.a + (self.b - self.a) * ((y - self.origin) / self.span)
        return int(np.count_nonzero((out < self.low) | (out > self.high)))

    def _ordered(self, y: Floats) -> Floats:
        assert self.fitted is not None
        n = self.fitted.size
        slack = SAME * (self.fitted[-1] - self.fitted[0]) if n else 0.0
        below = np.searchsorted(self.fitted, y - slack, side="left").astype(float)
        below[np.isnan(y)] = np.nan
        if self.rule == "rank":
            below += 1
        elif self.rule == "percentile-rank":
            below = below / (n - 1) if n > 1 else np.full(y.shape, np.nan)
        return below


def fit(
    x: Floats, node: Node, options: Options, ends: tuple[float, float], reference: int | None = None
) -> Scale:
    """The scale of one column, fitted on the rows of its scope (rows,).

    ends       least and greatest value of the column, NaN for a column without any
    reference  row of the reference unit, in `x`
    Raises HansaError naming the indicator where the rule has no meaning for its values.
    """
    rule = node.normaliser or options.rule
    d = float(node.direction)
    if rule not in RULES:
        raise UsageError(
            f"there is no normaliser {rule!r}",
            place=f"indicator {node.code}" if node.normaliser else "step normalise, rule",
            admissible=listed(RULES, 12),
            fix="use one of these names",
        )
    low, high = ends if d > 0 else (-ends[1], -ends[0])
    if rule in ORDERED:
        return Scale(rule, d, fitted=np.sort(d * x[~np.isnan(x)]))
    if rule == "fraction-of-max":
        return Scale(rule, d, high, literal=options.literal)
    if rule == "none":
        return Scale(rule, d, origin=0.0, span=1.0)
    a, b = (0.0, 1.0) if rule in UNIT_RANGE else options.range
    # Values that differ by rounding errors only are one value.
    same = not high - low > RELATIVE * max(abs(low), abs(high))
    if rule == "z":
        y = d * x[~np.isnan(x)]
        sd = np.nan if same or y.size < 2 else float(y.std(ddof=1))
        centre = float(y.mean()) if y.size else np.nan
        return Scale(rule, d, centre, sd, options.mean, options.mean + options.sd)
    if rule in ("goalposts", "scaled"):
        return _posts(node, options, rule)
    end = high
    if rule == "distance-to-reference":
        end = d * x[reference] if reference is not None else np.nan
    if rule == "distance-to-target":
        end = _target(node, low)
    top = 1.0 if options.cap and rule in UNIT_RANGE[1:] else np.inf
    span = np.nan if same or end == low else float(end - low)
    return Scale(rule, d, low, span, a, b, high=top)


def _posts(node: Node, options: Options, rule: str) -> Scale:
    if node.goalpost_low is None or node.goalpost_high is None:
        raise HansaError(
            f"{rule} needs goalposts",
            place=f"indicator {node.code}",
            printed="goalpost_low or goalpost_high is empty",
            admissible="two different numbers in raw units",
            fix="fill both columns in indicators.csv, or normalise this one by min-max",
        )
    if node.goalpost_low == node.goalpost_high:
        raise HansaError(
            "the goalposts are equal",
            place=f"indicator {node.code}",
            printed=f"goalpost_low = goalpost_high = {node.goalpost_low:g}",
            admissible="two different numbers in raw units",
            fix="correct one of them in indicators.csv",
        )
    d = float(node.direction)
    low, high = sorted((d * node.goalpost_low, d * node.goalpost_high))
    a, b = options.range
    if rule == "scaled" or not options.clip:
        return Scale(rule, d, low, high - low, a, b)
    return Scale(rule, d, low, high - low, a, b, min(a, b), max(a, b))


def _target(node: Node, low: float) -> float:
    if node.target is None:
        raise HansaError(
            "distance-to-target needs a target",
            place=f"indicator {node.code}",
            printed="target is empty",
            admissible="a number in raw units",
            fix="fill the column target in indicators.csv",
        )
    aim = node.direction * node.target
    if aim <= low:
        raise HansaError(
            "the target is no better than the worst value",
            place=f"indicator {node.code}",
            printed=f"target {node.target:g}, worst value {node.direction * low:g}",
            admissible="a target that is better than at least one unit",
            fix="correct the target or the direction, or use another normaliser",
        )
    return float(aim)


def apply(x: Floats, scales: Sequence[Scale]) -> Floats:
    """Columns of raw values (rows, columns) each on its own scale."""
    straight = np.array([s.rule in STRAIGHT for s in scales], bool)
    out = np.empty(np.shape(x))
    if straight.any():
        own = [s for s in scales if s.rule in STRAIGHT]
        d, origin, span, a, b, low, high = np.array(
            [(s.direction, s.origin, s.span, s.a, s.b, s.low, s.high) for s in own]
        ).T
        with np.errstate(divide="ignore", invalid="ignore"):
            found = a + (b - a) * ((d * x[:, straight] - origin) / span)
        out[:, straight] = np.clip(found, low, high)
    for j in np.flatnonzero(~straight).tolist():
        out[:, j] = scales[j].apply(x[:, j])
    return out


def fit_all(
    x: Floats, nodes: Sequence[Node], options: Options, reference: int | None = None
) -> tuple[Scale, ...]:
    """The scales of all columns, fitted on the rows given (rows, columns)."""
    if not (np.isfinite(options.range).all() and options.range[0] < options.range[1]):
        raise UsageError(
            "a scale goes from a lower to a higher number",
            place="step normalise, range",
            printed=str(list(options.range)),
            admissible="two finite numbers, the lower one first",
            fix="range = [0, 100]",
        )
    if not (np.isfinite([options.mean, options.sd]).all() and options.sd > 0):
        raise UsageError(
            "z needs a finite mean and a standard deviation above 0",
            place="step normalise",
            printed=f"mean = {options.mean}, sd = {options.sd}",
            fix="mean = 0, sd = 1",
        )
    low, high = np.fmin.reduce(x, axis=0).tolist(), np.fmax.reduce(x, axis=0).tolist()
    return tuple(
        fit(x[:, j], node, options, (low[j], high[j]), reference) for j, node in enumerate(nodes)
    )
