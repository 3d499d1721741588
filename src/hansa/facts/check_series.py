"""Cells against their own years: jumps that the size of a cell does not explain.

Changes are logarithms. What all cells of a year, an activity and a region do together is taken out
first (medians), then a cell is measured by what cells of its size usually do: the noise of small
cells is that of a count (its standard deviation falls with the root of the size) times what the
table itself shows, both by the median of absolute deviations (Hampel 1974).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from hansa.facts.check_cells import Bools, Cells, Key, Spot, middle, number, span
from hansa.facts.check_families import Sums
from hansa.facts.check_slips import slip
from hansa.facts.check_words import either
from hansa.language import N_, _
from hansa.law import Floats

SPIKE = N_("a number stands out between its own years")
JUMP = N_("a number jumps at the end of its series")
STEP = N_("a number jumps from one year to the next")

JUMPS = (SPIKE, JUMP, STEP)
COMPARE = N_("compare it with the source; if it is true, flag it b or say so in a note")

_SMALL = 3.0
"""Units added before a logarithm, so that 0, 1 and 2 jobs are nearly the same."""

_NORMAL = 1.4826
"""From the median of absolute deviations to a standard deviation."""

_PER_BIN = 40
_LEAST = 0.08
"""Standard deviation below which no change of a large cell is taken to be known."""


def surprise(cells: Cells, key: Key, value: float) -> float:
    """How far a value is from the nearer of its neighbours in time, as a logarithm."""
    t, a, g = key
    small = _SMALL * (cells.unit or 1)
    beside = [cells.value[s, a, g] for s in (t - 1, t + 1) if 0 <= s < len(cells.years)]
    known = [x for x in beside if not np.isnan(x)]
    if not known:
        return 0.0
    return float(min(abs(np.log((max(value, 0) + small) / (x + small))) for x in known))


def logs(cells: Cells, without: Bools) -> Floats:
    """Logarithms of the values, the places left out that are explained otherwise."""
    small = _SMALL * (cells.unit or 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        y = np.log(np.maximum(cells.value, 0) + small)
    y[without] = np.nan
    return y


def own_changes(y: Floats) -> Floats:
    """Changes from year to year without what year, activity and region do together."""
    change = np.diff(y, axis=0)
    change -= middle(change.reshape(len(change), -1), 1)[:, :, None]
    for axis, enough in ((2, 8), (1, 8)):
        common = middle(change, axis)
        many = np.sum(~np.isnan(change), axis=axis, keepdims=True) >= enough
        change -= np.where(many, common, 0)
    return change


def noise(deviation: Floats, size: Floats) -> Floats:
    """Standard deviation that cells of a size usually have; same shape, NaN for no deviation.

    size  in units of rounding
    """
    base = np.sqrt(_LEAST**2 + 1 / (size + _SMALL))
    relative = np.abs(deviation) / base
    known = ~np.isnan(relative)
    if not known.any():
        return base
    overall = max(1.0, _NORMAL * float(np.median(relative[known])))
    scale = np.full(deviation.shape, overall)
    bins = np.floor(np.log2(np.where(known, size, 0) + 1)).astype(int)
    for k in np.unique(bins[known]):
        own = known & (bins == k)
        if own.sum() >= _PER_BIN:
            scale[own] = max(1.0, _NORMAL * float(np.median(relative[own])))
    result: Floats = base * scale
    return result


def jumps(cells: Cells, sums: Sums, taken: Bools) -> list[Spot]:
    """Spikes inside a series, jumps at its ends, and steps where there are two years only."""
    if len(cells.years) < 2:
        return []
    y = logs(cells, taken)
    change = own_changes(y)
    if len(cells.years) == 2:
        return [*_steps(cells, sums, y, change)]
    return [*_spikes(cells, sums, y, change), *_ends(cells, sums, y, change)]


def _size(cells: Cells, y: Floats) -> Floats:
    unit = cells.unit or 1
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(np.exp(y) / unit - _SMALL).clip(min=0)


def _spikes(cells: Cells, sums: Sums, y: Floats, change: Floats) -> Iterator[Spot]:
    """Years that differ from both neighbours while these agree with each other."""
    up, down = change[:-1], -change[1:]
    deviation = (up + down) / 2
    around = (y[:-2] + y[2:]) / 2
    spread = np.abs(up - down)
    larger = _size(cells, np.fmax(around, y[1:-1]))
    sd = noise(deviation, _size(cells, around))
    with np.errstate(invalid="ignore"):
        far = (np.abs(deviation) > np.log(2.5)) & (np.abs(deviation) > 6 * sd)
        far &= (spread < np.abs(deviation) / 2) & (larger >= 20)
    for t, a, g in np.argwhere(far):
        key = (int(t) + 1, int(a), int(g))
        beside = cells.value[t, a, g], cells.value[t + 2, a, g]
        low, high = _plausible(cells, around[t, a, g], sd[t, a, g], beside)
        text = _(
            "{before} before and {after} after",
            before=number(beside[0]),
            after=number(beside[1]),
        )
        yield _spot(
            SPIKE, (cells, sums), key, text, (low, high), abs(deviation[t, a, g]) / sd[t, a, g]
        )


def _ends(cells: Cells, sums: Sums, y: Floats, change: Floats) -> Iterator[Spot]:
    """A first or last year that is far from a neighbour which agrees with the year beyond."""
    for end, next_, beyond, step, rest in ((0, 1, 2, 0, 1), (-1, -2, -3, -1, -2)):
        sign = -1 if end == 0 else 1
        deviation = sign * change[step]
        sd = noise(deviation, _size(cells, y[next_]))
        larger = _size(cells, np.fmax(y[end], y[next_]))
        smaller = _size(cells, np.fmin(y[end], y[next_]))
        with np.errstate(invalid="ignore"):
            far = (np.abs(deviation) > np.log(7)) & (np.abs(deviation) > 8 * sd)
            far &= (np.abs(change[rest]) < np.abs(deviation) / 4) & (larger >= 60)
            far &= (smaller >= 5) | (cells.value[end] == 0)
        for a, g in np.argwhere(far):
            key = (end % len(cells.years), int(a), int(g))
            beside = cells.value[next_, a, g], cells.value[beyond, a, g]
            low, high = _plausible(cells, y[next_][a, g], sd[a, g], beside)
            told = N_("{next} the year after, {beyond} the year beyond")
            if end != 0:
                told = N_("{next} the year before, {beyond} the year beyond")
            text = _(told, next=number(beside[0]), beyond=number(beside[1]))
            yield _spot(
                JUMP, (cells, sums), key, text, (low, high), abs(deviation[a, g]) / sd[a, g]
            )


def _steps(cells: Cells, sums: Sums, y: Floats, change: Floats) -> Iterator[Spot]:
    """Two years that do not go together: either may be wrong."""
    d = change[0]
    larger, smaller = _size(cells, np.fmax(y[0], y[1])), _size(cells, np.fmin(y[0], y[1]))
    sd = noise(d, smaller)
    with np.errstate(invalid="ignore"):
        far = (np.abs(d) > np.log(7)) & (np.abs(d) > 8 * sd)
        far &= (larger >= 60) & ((smaller >= 5) | (np.minimum(*cells.value) == 0))
    for a, g in np.argwhere(far):
        key = (1, int(a), int(g))
        before = float(cells.value[0, a, g])
        low, high = _plausible(cells, y[0, a, g], sd[a, g], (before, before))
        text = _(
            "{before} in {year}: one of the two may be wrong",
            before=number(before),
            year=cells.years[0],
        )
        spot = _spot(STEP, (cells, sums), key, text, (low, high), abs(d[a, g]) / sd[a, g])
        where = either([cells.name((0, *key[1:])), str(cells.years[1])])
        yield replace(spot, where=where)


def _plausible(
    cells: Cells, centre: float, sd: float, beside: tuple[float, float]
) -> tuple[float, float]:
    """About what the number should be: its neighbours, and four deviations around them."""
    small = _SMALL * (cells.unit or 1)
    unit = cells.unit or 1e-6
    low = min(*beside, np.exp(centre - 4 * sd) - small)
    high = max(*beside, np.exp(centre + 4 * sd) - small)
    digits = max(unit, 10.0 ** (np.floor(np.log10(max(high, unit))) - 2))
    return max(0.0, np.floor(low / digits) * digits), np.ceil(high / digits) * digits


def _spot(
    rule: str,
    of: tuple[Cells, Sums],
    key: Key,
    text: str,
    between: tuple[float, float],
    weight: float,
) -> Spot:
    cells, sums = of
    printed = cells.at(key)
    hint = slip(printed, *_narrow(between))
    needed = _(
        "about {span}, by its own years and by what others of its size do", span=span(*between)
    )
    true = sums.confirmed(key, printed - float(np.clip(printed, *between)))
    return Spot(
        "note" if true else "warning",
        rule,
        (key,),
        f"{number(printed)}, {text}" + (f" ({hint}?)" if hint and not true else ""),
        _("{needed}, though a published sum agrees with the number", needed=needed)
        if true
        else needed,
        _(COMPARE),
        weight=weight,
    )


def _narrow(between: tuple[float, float]) -> tuple[float, float]:
    """The middle of what is plausible: only a slip that leads there is worth a word."""
    low, high = between
    centre = float(np.sqrt(max(low, 1e-9) * max(high, 1e-9)))
    return max(low, centre / 1.25), min(high, centre * 1.25)


def departure(cells: Cells, key: Key) -> float:
    """How far a number is above (or below) the mean of its neighbours in time, as a logarithm."""
    t, a, g = key
    small = _SMALL * (cells.unit or 1)
    beside = [cells.value[s, a, g] for s in (t - 1, t + 1) if 0 <= s < len(cells.years)]
    logs_beside = [np.log(x + small) for x in beside if x >= 0]
    value = cells.value[key]
    if not logs_beside or not value >= 0:
        return 0.0
    return float(np.log(value + small) - np.mean(logs_beside))
