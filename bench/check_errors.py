"""One error planted in a valid table, and whether it can be found in principle.

`detectable` decides by the table's own redundancy before any check has run, with formulas of its
own: an error can be found and its cell named if

- law: it breaks a rule of form (status, bound, sign, key, code), or
- sums: it breaks published sums by more than the worst case of rounding, and these sums have no
  other cell in common, or
- series: it lies between (or beside) years that agree within a factor of two and differs from them
  by more than anything a valid table does, or
- units: pay a job changes by more than the widest range of wages.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from check_tables import MOST_JUMP, WAGE_RANGE, Axis, Table

Key = tuple[int, int, int]
LARGE = 100
SPIKE = 4.0
AGREE = 2.0


@dataclass(frozen=True)
class Planted:
    """What was done: the cells that are wrong, or the whole line, and why it can be found.

    cells  cells any of which names the error (for a swap: both)
    sum    codes and year of the one sum it breaks where no cell can be named
    line   codes and years that have to be named for a whole region, activity or year
    by     law, sums, series, units; "" where it cannot be found
    """

    kind: str
    cells: tuple[Key, ...] = ()
    line: tuple[str, ...] = ()
    by: str = ""
    sum: tuple[str, ...] = ()
    measure: str = "employment"


def _pick(rng: np.random.Generator, where: np.ndarray) -> Key | None:
    keys = np.argwhere(where)
    return None if not len(keys) else tuple(int(i) for i in keys[rng.integers(len(keys))])  # type: ignore[return-value]


def _known(table: Table, least: float = 0) -> np.ndarray:
    jobs = table.columns["employment"]
    with np.errstate(invalid="ignore"):
        return table.listed & (jobs > least)


def _leaves(table: Table) -> np.ndarray:
    leaf = np.zeros(table.listed.shape, bool)
    leaf[np.ix_(range(len(leaf)), table.activity.leaves, table.geo.leaves)] = True
    return leaf


# --- what can be found -----------------------------------------------------------------


def sums_of(table: Table, key: Key, values: np.ndarray) -> list[tuple[str, float, float, str]]:
    """Sums a cell enters: axis, parts minus whole, worst case of rounding, code of the whole."""
    t, a, g = key
    unit = table.unit["employment"]
    found = []
    for name, axis, line, own in (
        ("activity", table.activity, values[t, :, g], a),
        ("geo", table.geo, values[t, a, :], g),
    ):
        for whole, parts in axis.families:
            if own == whole or own in parts:
                gap = line[list(parts)].sum() - line[whole]
                slack = (len(parts) + 1) / 2 * unit
                found.append((name, float(gap), slack, axis.codes[whole]))
    return found


def broken_axes(table: Table, key: Key) -> list[str]:
    """Axes on which the cell breaks a sum beyond rounding."""
    sums = sums_of(table, key, table.columns["employment"])
    return [name for name, gap, slack, _ in sums if abs(gap) > slack]


def one_sum(table: Table, key: Key) -> tuple[str, ...]:
    """Codes and year of the only broken sum: it shows that something is wrong, not which cell."""
    t, a, g = key
    for name, gap, slack, whole in sums_of(table, key, table.columns["employment"]):
        if abs(gap) > slack:
            other = table.geo.codes[g] if name == "activity" else table.activity.codes[a]
            return (whole, other, str(table.years[t]))
    return ()


def by_sums(table: Table, key: Key) -> bool:
    """Broken sums on both axes, or two on one (a parent and its own parts), meet in one cell."""
    return len(broken_axes(table, key)) > 1


def by_series(table: Table, key: Key) -> bool:
    """Between or beside years that agree, and further away than a valid table ever goes."""
    t, a, g = key
    x = table.columns["employment"][:, a, g]
    unit = table.unit["employment"]
    last = len(x) - 1
    beside = [s for s in (t - 1, t + 1) if 0 <= s <= last]
    if last < 1 or np.isnan(x[[t, *beside]]).any():
        return False
    low, high = x[beside].min(), x[beside].max()
    if len(beside) == 2:
        far = x[t] > SPIKE * high or x[t] * SPIKE < low
        return bool(low > 0 and high <= AGREE * low and far and max(x[t], low) >= LARGE * unit)
    beyond = t + 2 * (beside[0] - t)
    if 0 <= beyond <= last and not max(x[beyond], low) <= AGREE * min(x[beyond], low):
        return False
    small, large = min(x[t], low), max(x[t], low)
    return bool(small >= 10 * unit and large >= LARGE * unit and large > 1.25 * MOST_JUMP * small)


def by_wage(table: Table, key: Key, factor: float) -> bool:
    """Pay a job moves out of the range that a valid table has, in a cell that is not small."""
    if "payroll" not in table.columns:
        return False
    jobs, pay = table.columns["employment"], table.columns["payroll"]
    with np.errstate(invalid="ignore"):
        known = (jobs > 0) & (pay > 0)
    enough = jobs[key] >= 10 and pay[key] >= 10 and known.sum() >= 30
    return bool(known[key] and enough and factor > 2 * WAGE_RANGE**2)


# --- errors of one number ---------------------------------------------------------------


def _number(kind: str, change: Callable[[np.random.Generator, float], float]) -> Callable:
    def plant(table: Table, rng: np.random.Generator) -> Planted | None:
        key = _pick(rng, _known(table, 9 * table.unit["employment"]))
        if key is None:
            return None
        unit = table.unit["employment"]
        before = table.columns["employment"][key]
        after = round(change(rng, before) / unit) * unit
        if after == before or np.isnan(after):
            return None
        table.columns["employment"][key] = after
        by = "sums" if by_sums(table, key) else "series" if by_series(table, key) else ""
        factor = max(after, before) / max(min(after, before), 1e-9)
        if not by and after > 0 and by_wage(table, key, factor):
            by = "units"
        return Planted(kind, (key,), by=by, sum=() if by else one_sum(table, key))

    return plant


def _transposed(rng: np.random.Generator, value: float) -> float:
    text = f"{value:.0f}"
    places = [i for i in range(len(text) - 1) if text[i] != text[i + 1]]
    if not places or value != round(value):
        return value
    i = int(rng.choice(places))
    return float(text[:i] + text[i + 1] + text[i] + text[i + 2 :])


def _not_updated(table: Table, rng: np.random.Generator) -> Planted | None:
    """A total keeps the number of the year before."""
    if len(table.years) < 2:
        return None
    whole = ~_leaves(table) & _known(table)
    whole[0] = False
    key = _pick(rng, whole)
    if key is None:
        return None
    jobs = table.columns["employment"]
    old = jobs[key[0] - 1, key[1], key[2]]
    if np.isnan(old) or old == jobs[key]:
        return None
    jobs[key] = old
    by = "sums" if by_sums(table, key) else ""
    return Planted("a total not updated", (key,), by=by, sum=() if by else one_sum(table, key))


def _swapped(table: Table, rng: np.random.Generator) -> Planted | None:
    """Two cells of one region and year change places."""
    jobs = table.columns["employment"]
    first = _pick(rng, _leaves(table) & _known(table, 9))
    if first is None:
        return None
    t, a, g = first
    others = [b for b in table.activity.leaves if b != a and jobs[t, b, g] > 0]
    others = [b for b in others if table.listed[t, b, g] and jobs[t, b, g] != jobs[first]]
    if not others:
        return None
    second = (t, int(rng.choice(others)), g)
    jobs[first], jobs[second] = jobs[second], jobs[first]
    both = (first, second)
    alone = all(by_sums(table, key) for key in both)
    return Planted("two cells swapped", both, by="sums" if alone or _one_pair(table, both) else "")


def _one_pair(table: Table, both: tuple[Key, Key]) -> bool:
    """The columns of both are wrong, and in one region only their exchange mends them."""
    jobs = table.columns["employment"]
    (t, a, g), (_, b, _) = both
    if any(broken_axes(table, key) != ["geo"] for key in both):
        return False
    family = next(parts for whole, parts in table.geo.families if g in parts)
    slack = (len(family) + 1) * table.unit["employment"]
    gap = sums_of(table, both[0], jobs)[-1][1]
    mends = np.abs(jobs[t, a, list(family)] - jobs[t, b, list(family)] - gap) <= 2 * slack
    return int(mends.sum()) == 1


# --- errors of a line ------------------------------------------------------------------


def _line(kind: str, what: str) -> Callable:
    def plant(table: Table, rng: np.random.Generator) -> Planted | None:
        jobs = table.columns["employment"]
        unit = table.unit["employment"]
        key = _pick(rng, _leaves(table) & _known(table))
        if key is None:
            return None
        t, a, g = key
        cut = {"year": (t,), "region": (t, slice(None), g), "activity": (t, a)}[what]
        factor = float(rng.choice([10, 12, 100, 1000, 1e-3, 1e-2, 0.1]))
        own, before = jobs[cut], jobs.copy()
        large = int((np.nan_to_num(own) * min(factor, 1) >= 10 * unit).sum())
        jobs[cut] = np.round(own * factor / unit) * unit
        line = {"year": (), "region": (table.geo.codes[g],), "activity": (table.activity.codes[a],)}
        by = ""
        if large >= 5 and len(table.years) > 1 and _beside(before, t, cut[1:]) >= 5:
            by = "series"
        elif large >= 5 and what != "year" and _line_sums(table, t, a, g, what) >= 5:
            by = "sums"
        return Planted(kind, line=(*line[what], str(table.years[t])), by=by)

    return plant


def _beside(before: np.ndarray, t: int, cut: tuple) -> int:
    """Cells of a line that are known in the year and in a year beside it."""
    best = 0
    for s in (t - 1, t + 1):
        if 0 <= s < len(before):
            both = before[(t, *cut)] + before[(s, *cut)]
            best = max(best, int((np.nan_to_num(both) > 0).sum()))
    return best


def _line_sums(table: Table, t: int, a: int, g: int, what: str) -> int:
    """Sums across the line that are broken beyond rounding."""
    jobs = table.columns["employment"]
    others = range(jobs.shape[1]) if what == "region" else range(jobs.shape[2])
    axis = "geo" if what == "region" else "activity"
    count = 0
    for i in others:
        key = (t, i, g) if what == "region" else (t, a, i)
        found = [
            abs(gap) > 2 * slack for n, gap, slack, _ in sums_of(table, key, jobs) if n == axis
        ]
        count += any(found)
    return count


def _zero_year(table: Table, rng: np.random.Generator) -> Planted | None:
    t = int(rng.integers(len(table.years)))
    jobs = table.columns["employment"]
    jobs[t][~np.isnan(jobs[t])] = 0
    if "payroll" in table.columns:
        table.columns["payroll"][t][~np.isnan(table.columns["payroll"][t])] = 0
    return Planted("a whole year of zeros", line=(str(table.years[t]),), by="law")


def _zero_region(table: Table, rng: np.random.Generator) -> Planted | None:
    if len(table.years) < 3:
        return None
    jobs = table.columns["employment"]
    t, g = int(rng.integers(len(table.years))), int(rng.choice(table.geo.leaves))
    usual = np.median((np.nan_to_num(jobs[:, :, g]) > 0).sum(axis=1))
    for name in table.columns:
        own = table.columns[name][t, :, g]
        own[~np.isnan(own)] = 0
    line = (table.geo.codes[g], str(table.years[t]))
    return Planted("a region of zeros in one year", line=line, by="series" if usual >= 5 else "")


# --- errors of another column, and of form ----------------------------------------------


def _pay(table: Table, rng: np.random.Generator) -> Planted | None:
    if "payroll" not in table.columns:
        return None
    key = _pick(rng, _known(table, 9) & (np.nan_to_num(table.columns["payroll"]) > 0))
    if key is None:
        return None
    factor = float(rng.choice([1000, 1e-3]))
    pay = table.columns["payroll"]
    pay[key] = max(1.0, round(pay[key] * factor))
    by = "units" if by_wage(table, key, 1000) else ""
    return Planted("payroll in other units", (key,), by=by, measure="payroll")


def _negative(table: Table, rng: np.random.Generator) -> Planted | None:
    key = _pick(rng, _known(table))
    if key is None:
        return None
    table.columns["employment"][key] *= -1
    return Planted("a sign turned", (key,), by="law")


def _duplicate(table: Table, rng: np.random.Generator) -> Planted | None:
    key = _pick(rng, _known(table, 9))
    if key is None:
        return None
    t, a, g = key
    other = f"{table.columns['employment'][key] + 7:.0f}"
    values = dict.fromkeys(table.columns, other)
    table.extra.append((table.geo.codes[g], table.activity.codes[a], str(table.years[t]), values))
    return Planted("a key twice", (key,), by="law")


def _status(kind: str, text: str) -> Callable:
    def plant(table: Table, rng: np.random.Generator) -> Planted | None:
        key = _pick(rng, _known(table))
        if key is None:
            return None
        table.status[key] = text
        return Planted(kind, (key,), by="law")

    return plant


def _bound(table: Table, rng: np.random.Generator) -> Planted | None:
    """Bounds beside the jobs; one lies on the wrong side of its value."""
    jobs = table.columns["employment"]
    key = _pick(rng, _known(table, 9))
    if key is None or "rounding" in table.describe:
        return None
    table.columns["employment_lower"] = jobs - np.minimum(jobs, 2)
    table.columns["employment_upper"] = jobs + 2
    table.columns["employment_upper"][key] = jobs[key] - 5
    return Planted("a bound crossed", (key,), by="law")


def _code(kind: str, change: Callable[[str], str], which: str) -> Callable:
    def plant(table: Table, rng: np.random.Generator) -> Planted | None:
        if "classification" not in table.describe:
            return None
        axis: Axis = table.activity if which == "activity" else table.geo
        ok = [i for i, code in enumerate(axis.codes) if change(code)]
        if not ok:
            return None
        where = table.listed.copy()
        rest = [i for i in range(len(axis.codes)) if i not in ok]
        where[(slice(None), rest) if which == "activity" else (slice(None), slice(None), rest)] = 0
        key = _pick(rng, where)
        if key is None:
            return None
        t, a, g = key
        geo, activity = table.geo.codes[g], table.activity.codes[a]
        keys = (geo, change(activity)) if which == "activity" else (change(geo), activity)
        table.spelled[table.row(key) - 2] = (*keys, str(table.years[t]))
        return Planted(kind, (key,), by="law")

    return plant


def _text(table: Table, rng: np.random.Generator) -> Planted | None:
    key = _pick(rng, _known(table, 9))
    if key is None:
        return None
    table.texts["employment", key] = f"{table.columns['employment'][key]:.0f} jobs"
    return Planted("words among numbers", (key,), by="law")


KINDS: dict[str, Callable[[Table, np.random.Generator], Planted | None]] = {
    "ten times too large": _number("ten times too large", lambda _r, v: v * 10),
    "a digit lost": _number("a digit lost", lambda _r, v: v // 10),
    "a thousand times too large": _number("a thousand times too large", lambda _r, v: v * 1000),
    "a thousand times too small": _number("a thousand times too small", lambda _r, v: v / 1000),
    "digits exchanged": _number("digits exchanged", _transposed),
    "a zero for a number": _number("a zero for a number", lambda _r, _v: 0.0),
    "a total not updated": _not_updated,
    "two cells swapped": _swapped,
    "a year in other units": _line("a year in other units", "year"),
    "a region-year in other units": _line("a region-year in other units", "region"),
    "an activity-year in other units": _line("an activity-year in other units", "activity"),
    "a whole year of zeros": _zero_year,
    "a region of zeros in one year": _zero_region,
    "payroll in other units": _pay,
    "a sign turned": _negative,
    "a key twice": _duplicate,
    "a value marked confidential": _status("a value marked confidential", "c"),
    "a value marked not available": _status("a value marked not available", "z"),
    "a status nobody knows": _status("a status nobody knows", "?"),
    "a bound crossed": _bound,
    "a code without its zero": _code(
        "a code without its zero", lambda c: c[1:] if c.startswith("0") else "", "activity"
    ),
    "a region that does not exist": _code(
        "a region that does not exist", lambda c: c[:2] + "Q" + c[3:] if len(c) == 4 else "", "geo"
    ),
    "words among numbers": _text,
}


NUMBERS = (*tuple(KINDS)[:11], "payroll in other units")


def plant(kind: str, table: Table, rng: np.random.Generator) -> Planted | None:
    """Plant one error of a kind; None where the table has no place for it."""
    return KINDS[kind](table, rng)
