"""Whole years, regions or activities that are wrong together: other units, nothing at all."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hansa.errors import Severity
from hansa.facts.check_cells import Bools, Cells, Spot, middle
from hansa.facts.check_families import SYSTEMATIC, Family, Sums
from hansa.facts.check_slips import usual_factor
from hansa.facts.check_words import at, either, in_year, with_mark
from hansa.language import N_, _
from hansa.law import Floats

UNITS = {
    "region": N_("all numbers of a region are by one factor too large or too small"),
    "activity": N_("all numbers of an activity are by one factor too large or too small"),
    "year": N_("all numbers of a year are by one factor too large or too small"),
}
EMPTY = {
    "geo": N_("a region has nothing but zeros in one year"),
    "activity": N_("an activity has nothing but zeros in one year"),
}
GONE = {
    "geo": N_("a region vanishes and returns"),
    "activity": N_("an activity vanishes and returns"),
}

WRONG_UNITS = tuple(UNITS.values())

_LARGE_NUMBERS = N_("{count} numbers, about {times} times too large")
_SMALL_NUMBERS = N_("{count} numbers, about {times} times too small")

_LEVEL = np.log(5)
_LARGE = 50
"""Units that the larger of two numbers has to hold for their ratio to count."""
_CELLS = 4
_SURE = 8

Block = tuple[Spot, tuple[int | slice, int | slice, int | slice]]
_ALL = slice(None)


def blocks(cells: Cells, sums: Sums) -> tuple[list[Spot], Bools]:
    """What is wrong with whole years, regions and activities, and which cells that explains."""
    taken = np.zeros(cells.value.shape, bool)
    spots: list[Spot] = []
    for finder in (_empty, _levels, _beside_sums):
        for spot, where in finder(cells, sums, taken.copy()):
            if not taken[where].all():
                spots.append(spot)
                taken[where] = True
    return spots, taken


def _empty(cells: Cells, _sums: Sums, _taken: Bools) -> Iterator[Block]:
    """Regions and activities whose numbers are all zero, or gone, in one year only."""
    some = np.nan_to_num(cells.value) > 0
    zero = cells.value == 0
    for what, axis, codes in (("geo", 1, cells.geo.codes), ("activity", 2, cells.activity.codes)):
        alive, printed = some.sum(axis=axis), zero.sum(axis=axis)
        usual = np.median(alive, axis=0)
        for t, i in np.argwhere((alive == 0) & (usual >= 3)[None, :] & _others(alive)):
            if not some[t].any():
                continue
            gone = not printed[t, i]
            inside = 0 < t < len(cells.years) - 1
            if gone and not (inside and alive[:t, i].any() and alive[t + 1 :, i].any()):
                continue
            where = (int(t), _ALL, int(i)) if what == "geo" else (int(t), int(i), _ALL)
            yield (
                Spot(
                    "warning",
                    (GONE if gone else EMPTY)[what],
                    (),
                    _("no number above zero; {usual:.0f} of them in other years", usual=usual[i]),
                    _("values, or no rows for it in the year"),
                    _("compare with the source; leave the rows out where nothing was collected"),
                    where=in_year(at(what, codes[int(i)]), cells.years[int(t)]),
                    weight=float(usual[i]),
                ),
                where,
            )


def _others(alive: Floats) -> Bools:
    """Places that have something in most other years."""
    share = (alive > 0).mean(axis=0)
    result: Bools = np.broadcast_to(share[None, :] >= 0.5, alive.shape)
    return result


def _ratios(cells: Cells, taken: Bools, least: float) -> Floats:
    """Logarithms of change from year to year, NaN where both numbers are below `least` units."""
    unit = cells.unit or 1e-9
    value = np.where(taken, np.nan, cells.value)
    y = np.log(np.maximum(value, unit / 2))
    with np.errstate(invalid="ignore"):
        large = np.fmax(value[1:], value[:-1]) >= least * unit
    result: Floats = np.where(large, np.diff(y, axis=0), np.nan)
    return result


def _levels(cells: Cells, _sums: Sums, taken: Bools) -> Iterator[Block]:
    """Levels that shift together from one year to the next."""
    if len(cells.years) < 2:
        return
    # All cells speak for the year: large ones alone may be those that are too large.
    flat = _ratios(cells, taken, 2).reshape(len(cells.years) - 1, -1)
    year = middle(flat, 1)
    spread = middle(np.abs(flat - year), 1)[:, 0]
    count = np.sum(~np.isnan(flat), axis=1)
    yield from _of_line(cells, ("year", -1), year[:, 0], spread, count)
    change = _ratios(cells, taken, _LARGE) - np.nan_to_num(year)[:, :, None]
    for what, axis in (("region", 1), ("activity", 2)):
        level = middle(change, axis)
        wide = np.squeeze(middle(np.abs(change - level), axis), axis)
        many = np.sum(~np.isnan(change), axis=axis)
        level = np.squeeze(level, axis)
        with np.errstate(invalid="ignore"):
            hit = (np.abs(level) > _LEVEL) & (many >= _CELLS)
        for i in np.flatnonzero(hit.any(axis=0)):
            yield from _of_line(cells, (what, int(i)), level[:, i], wide[:, i], many[:, i])


def _of_line(
    cells: Cells, line: tuple[str, int], level: Floats, spread: Floats, count: Floats
) -> Iterator[Block]:
    """Years in which one line (a year, region or activity) has another level than around them."""
    with np.errstate(invalid="ignore"):
        hit = (np.abs(level) > _LEVEL) & (spread < np.abs(level) / 4) & (count >= _CELLS)
    for t in np.flatnonzero(hit):
        back = t > 0 and hit[t - 1] and abs(level[t] + level[t - 1]) < abs(level[t]) / 3
        if back:
            continue
        yield _shift(cells, line, int(t), level, count)


def _shift(cells: Cells, line: tuple[str, int], t: int, level: Floats, count: Floats) -> Block:
    """A shift between year t and the next: of one year, of the first one, or from a year on."""
    last = len(cells.years) - 1
    returns = t + 1 < len(level) and abs(level[t] + level[t + 1]) < abs(level[t]) / 3
    years: tuple[int, ...] = (t + 1,)
    if t == 0 and not returns and last > 1:
        years = (0,)
    elif last == 1:
        years = (0, 1)
    later = not returns and years == (t + 1,) and t + 1 < last
    factor = float(np.exp(level[t] if years != (0,) else -level[t]))
    usual = usual_factor(float(level[t]))
    sure = bool(usual) and count[t] >= _SURE
    what, i = line
    code = "" if i < 0 else (cells.geo if what == "region" else cells.activity).codes[i]
    time = either([str(cells.years[y]) for y in years])
    time = _("time {time} and later", time=time) if later else _("time {time}", time=time)
    place = {"region": "geo", "activity": "activity"}.get(what)
    named = f"{at(place, code)}, {time}" if place else time
    spot = _unit_spot(what, named, factor, usual, sure, int(count[t]))
    year = _ALL if last == 1 else slice(years[0], None) if later else years[0]
    where = {
        "year": (year, _ALL, _ALL),
        "region": (year, _ALL, i),
        "activity": (year, i, _ALL),
    }[what]
    return spot, where  # type: ignore[return-value]


def _unit_spot(what: str, where: str, factor: float, usual: int, sure: bool, count: int) -> Spot:
    large = factor > 1
    ratio = factor if large else 1 / factor
    severity: Severity = "error" if sure else "warning"
    about = f"{usual}" if usual else with_mark(f"{ratio:.3g}")
    if not usual:
        fix = _(
            "compare them with the source: another unit, another definition, or a break (flag b)"
        )
    elif large:
        fix = _("divide them by {about} if the unit is another one", about=about)
    else:
        fix = _("multiply them by {about} if the unit is another one", about=about)
    return Spot(
        severity,
        UNITS[what],
        (),
        _(_LARGE_NUMBERS if large else _SMALL_NUMBERS, count=count, times=about),
        _("one unit for the whole table, such as persons or thousand persons"),
        fix,
        where=where,
        weight=count * abs(np.log(factor)),
    )


def _beside_sums(cells: Cells, sums: Sums, taken: Bools) -> Iterator[Block]:
    """A member of many families that is off by one factor in all of them.

    If a whole region was multiplied by k, the parts of its country exceed the total of each
    activity by (1 - 1/k) times the region's own number. A family whose sums fail in other years
    as well is not complete: its gaps say nothing of one year.
    """
    for f in sums.families:
        with np.errstate(invalid="ignore"):
            broken = sums.broken[id(f)] | (np.abs(f.gap) > f.slack)
        for t in np.flatnonzero(broken.sum(axis=1) >= _CELLS):
            found = None if _fails_elsewhere(f, int(t)) else _scaled_member(cells, sums, f, int(t))
            if found is None:
                continue
            member, ratio, count = found
            what = "region" if f.axis == "geo" else "activity"
            code = getattr(cells, f.axis).codes[member]
            where = (int(t), _ALL, member) if f.axis == "geo" else (int(t), member, _ALL)
            name = in_year(at(f.axis, code), cells.years[int(t)])
            usual = usual_factor(float(np.log(ratio)))
            if usual or f.complete:
                yield _unit_spot(what, name, ratio, usual, True, count), where


def _fails_elsewhere(f: Family, t: int) -> bool:
    """True where the sums of a family often fail in other years."""
    others = np.arange(len(f.gap)) != t
    gap, slack = f.gap[others], f.slack[others]
    known = ~np.isnan(gap)
    with np.errstate(invalid="ignore"):
        fails = (np.abs(gap) > slack)[known].sum()
    return bool(fails > SYSTEMATIC * max(known.sum(), 1))


def _scaled_member(cells: Cells, sums: Sums, f: Family, t: int) -> tuple[int, float, int] | None:
    """The member, the factor, and in how many sums it shows; None where no member explains them.

    A member that agrees with another family it is in is not the wrong one.
    """
    value, half = cells.value[t], cells.half[t]
    if f.axis == "geo":
        value, half = value.T, half.T
    best = None
    for member in f.members:
        if any(
            np.sum(sums.tested[id(o)][t] & ~sums.broken[id(o)][t]) >= _CELLS
            for o in sums.beside(f, member)
        ):
            continue
        sign = -1 if member == f.node else 1
        near = _NEAR if f.complete else 0.0
        fit = _one_factor(sign * f.gap[t], f.slack[t], (value[member], half[member]), near)
        if fit is not None and (best is None or fit[0] < best[0]):
            best = fit[0], (member, fit[1], fit[2])
    return None if best is None else best[1]


_NEAR = 0.02


def _one_factor(
    gap: Floats, slack: Floats, own: tuple[Floats, Floats], near: float
) -> tuple[float, float, int] | None:
    """Misfit, factor and number of sums where gaps are one share of a member's own numbers.

    own  the numbers and half of their rounding unit; divided by a small factor, rounding grows
    """
    x, half = own
    known = ~np.isnan(gap) & ~np.isnan(x)
    share = float((gap[known] * x[known]).sum() / max((x[known] ** 2).sum(), 1e-300))
    if share >= 1 - 1e-9 or abs(np.log(1 - share)) < np.log(1.5):
        return None
    bound = slack + abs(share) * half
    telling = known & (np.fmax(np.abs(gap), np.abs(share * x)) > 4 * bound)
    if telling.sum() < _CELLS:
        return None
    rest = np.abs(gap - share * x)
    fits = rest <= bound + near * np.abs(gap)
    if fits[telling].mean() < 0.9:
        return None
    misfit = float(rest[telling].sum() / np.abs(gap[telling]).sum())
    return misfit, 1 / (1 - share), int(telling.sum())
