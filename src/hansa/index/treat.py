"""Outliers: limit the leverage of extreme values (methods: index, section 2.4).

Works on raw columns, before direction. Conventions: OECD/JRC Handbook (2008); COINr 1.1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from hansa.errors import UsageError, listed
from hansa.index.statistics import moments
from hansa.index.tree import Floats, Ints

LOGS = ("log_range", "log_shift", "log_gii", "log_signed", "box-cox")


REMEMBERED = 2000
"""Rows of a column up to which its treatment is kept."""


@dataclass(frozen=True)
class Options:
    """When a column passes, and what happens to one that does not.

    skewness, kurtosis  passes if |G1| < skewness or G2 < kurtosis
    winsorise           points at most that are moved inwards
    log                 form of the second stage; empty for none
    box_cox             exponent of that form
    combine             the log is taken of the winsorised column
    """

    skewness: float = 2.0
    kurtosis: float = 3.5
    winsorise: int = 5
    log: str = "log_range"
    box_cox: float = 0.0
    combine: bool = False


def refuse(options: Options) -> None:
    """Raise UsageError for thresholds that are none and forms that are not there."""
    if options.log and options.log not in LOGS:
        raise UsageError(
            f"there is no log form {options.log!r}",
            admissible=listed(LOGS),
            fix='correct log in the step treat, or log = "" for none',
        )
    numbers = (options.skewness, options.kurtosis, options.box_cox)
    if not np.isfinite(numbers).all() or options.winsorise < 0:
        raise UsageError(
            "an option of treatment is out of its range",
            printed=f"skewness {options.skewness}, kurtosis {options.kurtosis}, "
            f"winsorise {options.winsorise}, box_cox {options.box_cox}",
            admissible="finite thresholds, winsorise of 0 or more",
            fix="correct it",
        )


@dataclass(frozen=True)
class Treatment:
    """What is done to one column: values cut at low and high, then a log of what is left.

    form       name of the log form, empty for none
    end        least and greatest value that the log form was fitted on
    exponent   of box-cox
    mirrored   log_signed of a column with a long lower tail
    """

    low: float = -np.inf
    high: float = np.inf
    form: str = ""
    end: tuple[float, float] = (np.nan, np.nan)
    exponent: float = 0.0
    mirrored: bool = False

    def apply(self, x: Floats) -> Floats:
        """Raw values (...) treated; also of rows that it was not fitted on. NaN stays NaN."""
        cut: Floats = np.clip(x, self.low, self.high)
        low, high = self.end
        reach = high - low
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.mirrored:
                return np.asarray(-np.log(high + 0.01 * reach - cut))
            if self.form in ("log_range", "log_signed"):
                return np.log(cut - low + 0.01 * reach)
            if self.form == "log_gii":
                return np.log((high - 1) * (cut - low) / reach + 1)
            if self.form == "log_shift" or (self.form == "box-cox" and self.exponent == 0):
                return np.log(cut - low + 1)
            if self.form == "box-cox":
                return np.asarray(((cut - low + 1) ** self.exponent - 1) / self.exponent)
        return cut

    def back(self, z: Floats) -> Floats:
        """The raw value behind a treated one, inside the cuts."""
        low, high = self.end
        reach = high - low
        with np.errstate(over="ignore", invalid="ignore"):
            if self.mirrored:
                return np.asarray(high + 0.01 * reach - np.exp(-z))
            if self.form in ("log_range", "log_signed"):
                return np.asarray(np.exp(z) + low - 0.01 * reach)
            if self.form == "log_gii":
                return np.asarray((np.exp(z) - 1) * reach / (high - 1) + low)
            if self.form == "log_shift" or (self.form == "box-cox" and self.exponent == 0):
                return np.asarray(np.exp(z) + low - 1)
            if self.form == "box-cox":
                return np.asarray((z * self.exponent + 1) ** (1 / self.exponent) + low - 1)
        return np.asarray(z)


@dataclass(frozen=True)
class Treated:
    """How one column was treated.

    stage     none, undefined, winsorised, the name of a log form, or both
    passes    whether it passes at the end
    measures  (G1, G2) before, then after each stage that was tried
    moved     rows that winsorising moved
    """

    treatment: Treatment
    stage: str
    passes: bool
    measures: tuple[tuple[float, float], ...]
    moved: Ints


def passes(g1: float, g2: float, options: Options) -> bool:
    """Whether a column with this skewness and kurtosis needs no treatment; undefined ones pass."""
    if np.isnan(g1) or np.isnan(g2):
        return True
    return abs(g1) < options.skewness or g2 < options.kurtosis


def _moments(x: Floats) -> tuple[float, float]:
    g1, g2 = moments(x[:, None])
    return float(g1[0]), float(g2[0])


def treat(
    x: Floats, options: Options, own: str = "", first: tuple[float, float] | None = None
) -> Treated:
    """The default chain on one column (rows,): pass, winsorise, else log of the original.

    first  skewness and kurtosis of the column, where they are known

    own  treatment of this indicator alone: `none`, `winsorise j` (obeyed whatever the rule
         says), the name of a log form, or `thresholds s k` (skewness and kurtosis of the rule)
    """
    own, options = _thresholds(own, options)
    first = first or _moments(x)
    fine = passes(*first, options)
    tried = _Tried(x, options, [first])
    if own and np.isnan(first[0]) and own != "none":
        # Few values, or one value everywhere: no form has a meaning.
        return tried.done(Treatment(), "undefined", True)
    if own:
        return _forced(tried, fine, own)
    if fine:
        stage = "undefined" if np.isnan(first).any() else "none"
        return tried.done(Treatment(), stage, True)
    cut = Treatment()
    if options.winsorise > 0:
        cut = winsorise(x, options)
        fine = tried.measure(cut)
        if fine or not options.log:
            return tried.done(cut, "winsorised", fine)
    if not options.log:
        return tried.done(Treatment(), "none", False)
    start = cut if options.combine else Treatment()
    log = fit_log(x, options.log, options.box_cox, start)
    stage = f"winsorised, {options.log}" if options.combine else options.log
    return tried.done(log, stage, tried.measure(log))


def remembered(x: Floats, options: Options, own: str, first: tuple[float, float]) -> Treated:
    """What `treat` gives, kept for columns that are not long: a what-if question changes one of
    many, and the others are treated as they were."""
    if x.size > REMEMBERED:
        return treat(x, options, own, first)
    return _remembered(x.tobytes(), options, own, first)


@lru_cache(1024)
def _remembered(column: bytes, options: Options, own: str, first: tuple[float, float]) -> Treated:
    return treat(np.frombuffer(column), options, own, first)


def _thresholds(own: str, options: Options) -> tuple[str, Options]:
    """Thresholds of one indicator, where its treatment gives them."""
    word, *numbers = own.split() or [""]
    if word != "thresholds":
        return own, options
    try:
        skew, kurt = (float(n) for n in numbers)
    except ValueError as problem:
        raise UsageError(
            f"there is no treatment {own!r}",
            admissible="thresholds 2 3.5",
            fix="give skewness and kurtosis in the column treatment",
        ) from problem
    return "", replace(options, skewness=skew, kurtosis=kurt)


@dataclass
class _Tried:
    """One column and the moments after each treatment that was tried on it."""

    x: Floats
    options: Options
    measures: list[tuple[float, float]]

    def measure(self, treatment: Treatment) -> bool:
        after = _moments(treatment.apply(self.x))
        self.measures.append(after)
        # Moments that a treatment made undefined have not been put right by it.
        return passes(*after, self.options) and not np.isnan(after[0])

    def done(self, treatment: Treatment, stage: str, fine: bool) -> Treated:
        with np.errstate(invalid="ignore"):
            moved = np.flatnonzero((self.x < treatment.low) | (self.x > treatment.high))
        return Treated(treatment, stage, fine, tuple(self.measures), moved)


def _forced(tried: _Tried, fine: bool, own: str) -> Treated:
    word, *number = own.split()
    if own == "none":
        return tried.done(Treatment(), "none", fine)
    if word == "winsorise" and len(number) == 1 and number[0].isdigit():
        treatment, stage = winsorise(tried.x, tried.options, int(number[0])), "winsorised"
    elif own in LOGS:
        treatment, stage = fit_log(tried.x, own, tried.options.box_cox), own
    else:
        raise UsageError(
            f"there is no treatment {own!r}",
            admissible=f"none, winsorise 3, {listed(LOGS)}",
            fix="correct the column treatment in indicators.csv",
        )
    return tried.done(treatment, stage, tried.measure(treatment))


def winsorise(x: Floats, options: Options, forced: int | None = None) -> Treatment:
    """Move the ends inwards one step at a time, all tied values together.

    The side of the longer tail moves. Stops where the rule passes or `options.winsorise` points
    sit where they were moved to; ties may exceed that number.
    forced  points to move whatever the rule says
    """
    low, high = -np.inf, np.inf
    x = x.copy()
    most = options.winsorise if forced is None else forced
    moved = {True: 0, False: 0}
    while sum(moved.values()) < most:
        g1, g2 = _moments(x)
        if forced is None and passes(g1, g2, options):
            break
        distinct = np.unique(x[~np.isnan(x)])
        if distinct.size < 2:
            break
        upper = not g1 < 0
        end = distinct[-1] if upper else distinct[0]
        moved[upper] = int(np.count_nonzero(x == end))
        if upper:
            high = float(distinct[-2])
        else:
            low = float(distinct[1])
        x = np.clip(x, low, high)
    return Treatment(low, high)


def fit_log(x: Floats, form: str, exponent: float = 0.0, cut: Treatment | None = None) -> Treatment:
    """A log form fitted on one column (rows,), after a cut where one is given.

    Every form keeps the order of the units. Raises UsageError where a form has no meaning.
    """
    if form not in LOGS:
        raise UsageError(f"there is no log form {form!r}", admissible=listed(LOGS))
    cut = cut or Treatment()
    own = cut.apply(x)
    low, high = float(np.nanmin(own)), float(np.nanmax(own))
    if form == "log_gii" and high <= 1:
        raise UsageError(
            "log_gii needs a maximum above 1",
            printed=f"maximum {high:g}",
            fix="use log_range, or another unit of measure",
        )
    mirrored = form == "log_signed" and not _moments(own)[0] > 0
    return replace(cut, form=form, end=(low, high), exponent=exponent, mirrored=mirrored)
