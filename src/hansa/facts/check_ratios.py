"""Two measures of one cell beside each other, and a cell beside its row and column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np

from hansa.facts.check_cells import Bools, Cells, Key, Spot, middle, number
from hansa.facts.check_series import JUMPS, departure, logs
from hansa.facts.check_slips import times_off, usual_factor
from hansa.facts.check_words import at, in_year, with_mark
from hansa.facts.check_words import together as joined
from hansa.language import N_, _, ngettext
from hansa.law import Floats

WAGE = N_("payroll and employment do not go together")
UNIT = N_("employment and establishments do not go together")
PRODUCT = N_("value added and employment do not go together")
NO_PAY = N_("jobs without any payroll")
NO_UNITS = N_("jobs without any establishment")
PEERS = N_("a number is far from what region and activity suggest")

_DEVIATIONS = 6
_NORMAL = 1.4826
_LEAST = 0.05


def pairs(measures: Mapping[str, Cells], taken: Mapping[str, Bools]) -> list[Spot]:
    """What measures of one table say of each other, but for cells that are explained already.

    Measures on other codes or years than the jobs are left alone.
    """
    jobs = measures.get("employment")
    found: list[Spot] = []
    if jobs is None:
        return found
    for name, rule, factor in (
        ("payroll", WAGE, 8.0),
        ("value_added", PRODUCT, 30.0),
        ("establishments", UNIT, 100.0),
    ):
        other = measures.get(name)
        if other is None or not _same_axes(jobs, other):
            continue
        ratio = _ratios(jobs, other, taken["employment"] | taken[name])
        found += _levels(jobs, other, ratio)
        found += _ratio((rule, factor), jobs, other, ratio)
        found += _without(jobs, other)
    return found


def together(measure: str, spots: list[Spot], laid: Mapping[str, Cells]) -> list[Spot]:
    """Jumps that another measure of the same cell shares are more likely true: notes then."""
    own = laid[measure]
    others = [c for name, c in laid.items() if name != measure and _same_axes(own, c)]
    found = []
    for s in spots:
        if s.rule in JUMPS and s.severity == "warning":
            size = departure(own, s.cells[0])
            moved = {c.measure: departure(c, s.cells[0]) for c in others}
            shared = [name for name, d in moved.items() if d * size > _SHARED * size**2]
            if shared:
                too = ngettext(
                    "{measures} moves too",
                    "{measures} move too",
                    len(shared),
                    measures=joined(shared),
                )
                s = replace(s, severity="note", printed=f"{s.printed}; {too}")
        found.append(s)
    return found


_SHARED = 0.4


def _same_axes(first: Cells, second: Cells) -> bool:
    return (first.years, first.activity.codes, first.geo.codes) == (
        second.years,
        second.activity.codes,
        second.geo.codes,
    )


def _ratios(jobs: Cells, other: Cells, taken: Bools) -> Floats:
    """Logarithm of pay or value a job, or of jobs an establishment."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.log(other.positive / jobs.positive)
    sign = -1 if other.measure == "establishments" else 1
    return np.where(taken, np.nan, sign * ratio)


_LEVEL = {
    "payroll": N_("all payroll a job is far from that of the others"),
    "value_added": N_("all value_added a job is far from that of the others"),
}


def _levels(jobs: Cells, other: Cells, ratio: Floats) -> Iterator[Spot]:
    """Years and regions of a year whose ratios are all far from those of the others."""
    if other.measure == "establishments":
        return
    year = middle(ratio.reshape(len(ratio), -1), 1)[:, 0]
    usual = float(np.nanmedian(year)) if (~np.isnan(year)).any() else np.nan
    rest = ratio - middle(middle(ratio, 2), 0)
    region = np.squeeze(middle(rest, 1), 1)
    many = np.sum(~np.isnan(rest), axis=1)
    lines = [("", t, float(year[t] - usual), 99) for t in range(len(year))]
    lines += [
        (f"{at('geo', jobs.geo.codes[g])}, ", int(t), float(region[t, g]), int(many[t, g]))
        for t, g in np.argwhere(~np.isnan(region))
        if not abs(year[t] - usual) > _FIVE
    ]
    for name, t, away, count in lines:
        if abs(away) > _FIVE and count >= 4:
            factor = usual_factor(away)
            yield Spot(
                "warning",
                _LEVEL[other.measure],
                (),
                times_off(with_mark(f"{np.exp(abs(away)):.3g}"), away > 0),
                _(
                    "one unit of {measure} and of employment for the whole table",
                    measure=other.measure,
                ),
                _("look for another unit: about {factor} times", factor=factor)
                if factor
                else _("compare the source"),
                where=f"{other.measure}, {name}{_('time {time}', time=jobs.years[t])}",
                weight=abs(away),
            )


_FIVE = np.log(5)


def _ratio(by: tuple[str, float], jobs: Cells, other: Cells, ratio: Floats) -> Iterator[Spot]:
    """Ratios far from those of the activity and of the region."""
    rule, factor = by
    upside = other.measure == "establishments"
    with np.errstate(invalid="ignore"):
        small = 1.5 / np.sqrt(jobs.positive / (jobs.unit or 1))
    usual, noise = _expected(ratio)
    away = ratio - usual
    with np.errstate(invalid="ignore"):
        far = (np.abs(away) > np.log(factor) + small) & (np.abs(away) > _DEVIATIONS * noise)
        far &= (jobs.value >= 3 * (jobs.unit or 1)) | (away > np.log(300))
    for t, a, g in np.argwhere(far):
        key = (int(t), int(a), int(g))
        yield _pair(rule, jobs, other, key, (float(usual[key]), float(noise[key]), upside))


def _expected(ratio: Floats) -> tuple[Floats, Floats]:
    """Ratio by year, activity and region (medians), and how widely its activity spreads."""
    level = middle(ratio.reshape(len(ratio), -1), 1)[:, :, None]
    rest = ratio - level
    by_activity = middle(middle(rest, 2), 0)
    count = np.sum(~np.isnan(rest), axis=(0, 2), keepdims=True)
    by_activity = np.where(count >= 4, by_activity, np.nan)
    rest = rest - np.nan_to_num(by_activity)
    by_region = middle(middle(rest, 1), 0)
    rest = rest - np.nan_to_num(by_region)
    overall = _NORMAL * float(np.nanmedian(np.abs(rest))) if (~np.isnan(rest)).any() else np.nan
    own = _NORMAL * middle(middle(np.abs(rest), 2), 0)
    noise = np.fmax(np.fmax(own, overall), _LEAST)
    usual = level + np.nan_to_num(by_activity) + np.nan_to_num(by_region)
    return np.broadcast_to(usual, ratio.shape), np.broadcast_to(noise, ratio.shape)


def _pair(rule: str, jobs: Cells, other: Cells, key: Key, usual: tuple[float, float, bool]) -> Spot:
    expected, noise, upside = usual
    n, x = jobs.at(key), other.at(key)
    ratio = n / x if upside else x / n
    each = N_("{number} jobs each") if upside else N_("{number} a job")
    between = N_("about {low} to {high} jobs each, as others of the activity and region")
    if not upside:
        between = N_("about {low} to {high} a job, as others of the activity and region")
    low, high = np.exp(expected - 2 * noise), np.exp(expected + 2 * noise)
    away = float(np.log(ratio) - expected)
    factor = usual_factor(away)
    about = times_off(with_mark(f"{np.exp(abs(away)):.3g}"), away > 0)
    hint = (
        _("one of the two may be in another unit: about {factor} times", factor=factor)
        if factor
        else ""
    )
    return Spot(
        "note" if upside else "warning",
        rule,
        (key,),
        _(
            "{measure} {value}, employment {jobs}: {each}, {about}",
            measure=other.measure,
            value=number(x),
            jobs=number(n),
            each=_(each, number=_round(ratio)),
            about=about,
        ),
        _(between, low=_round(low), high=_round(high)),
        hint or _("compare both numbers with the source"),
        weight=abs(away) / noise,
    )


def _round(x: float) -> str:
    return with_mark(f"{x:.3g}") if x < 100 else f"{float(f'{x:.3g}'):.0f}"


def _without(jobs: Cells, other: Cells) -> Iterator[Spot]:
    """Jobs beside a zero of the other measure."""
    least = 2 * other.unit if other.measure == "establishments" else 0
    with np.errstate(invalid="ignore"):
        none: Bools = (other.value == 0) & other.listed & (jobs.value > max(least, 0))
    rules = {"establishments": NO_UNITS, "payroll": NO_PAY}
    if other.measure not in rules:
        return
    for t, a, g in np.argwhere(none):
        key = (int(t), int(a), int(g))
        rounded = other.measure == "establishments" and other.unit > 1
        needed = _(
            "{measure} above 0 where there are jobs, or an empty cell", measure=other.measure
        )
        if rounded:
            half = number(other.unit / 2)
            needed = _(
                "{needed}; 0 may be up to {number} before rounding", needed=needed, number=half
            )
        yield Spot(
            "note" if rounded else "warning",
            rules[other.measure],
            (key,),
            _("employment {jobs}, {measure} 0", jobs=number(jobs.at(key)), measure=other.measure),
            needed,
            _("leave the cell empty if its number is not known"),
            weight=jobs.at(key),
        )


def peers(cells: Cells, taken: Bools) -> list[Spot]:
    """Cells of a single year that are far above or below what row and column suggest.

    Expected is region x activity / all; specialisation makes wide differences usual, so only what
    is far beyond the table's own spread is said, and only as a note.
    """
    if len(cells.years) > 2:
        return []
    found = []
    a, g = np.array(cells.cube.activity.leaves), np.array(cells.cube.geo.leaves)
    if len(a) < 8 or len(g) < 8:
        return []
    y = logs(cells, taken)[:, a][:, :, g]
    x = np.where(np.isnan(y), np.nan, cells.value[:, a][:, :, g])
    for t, own in enumerate(x):
        for i, j, expected, weight in _outliers(own, cells.unit or 1):
            key = (t, int(a[i]), int(g[j]))
            found.append(
                Spot(
                    "note",
                    PEERS,
                    (key,),
                    _(
                        "{number}, {times} times what is expected",
                        number=number(cells.at(key)),
                        times=with_mark(f"{cells.at(key) / expected:.3g}"),
                    ),
                    _(
                        "about {expected} by the sizes of region and activity; a strong "
                        "specialisation is possible",
                        expected=_round(expected),
                    ),
                    _("compare the cell with the source"),
                    weight=weight,
                )
            )
    return found


def _outliers(x: Floats, unit: float) -> Iterator[tuple[int, int, float, float]]:
    rows, columns = np.nansum(x, axis=1), np.nansum(x, axis=0)
    total = rows.sum()
    if total <= 0:
        return
    # A cell never counts towards its own expectation.
    x0 = np.nan_to_num(x)
    rest = total - rows[:, None] - columns[None, :] + x0
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = (rows[:, None] - x0) * (columns[None, :] - x0) / rest
        away = np.log((x + 3 * unit) / (expected + 3 * unit))
    spread = _NORMAL * float(np.nanmedian(np.abs(away)))
    with np.errstate(invalid="ignore"):
        far = (away > np.log(100)) & (away > 8 * spread) & (x >= 200 * unit) & (expected > 0)
    for i, j in np.argwhere(far):
        yield int(i), int(j), float(expected[i, j]), float(away[i, j])


_ENDS = {
    ("geo", True): N_("a region ends inside the years of the table"),
    ("geo", False): N_("a region begins inside the years of the table"),
    ("activity", True): N_("an activity ends inside the years of the table"),
    ("activity", False): N_("an activity begins inside the years of the table"),
}


def ends(cells: Cells, taken: Bools) -> list[Spot]:
    """Activities and regions that begin or end inside the years: a change of the codes, perhaps."""
    found = []
    some = (np.nan_to_num(cells.value) > 0) & ~taken
    for what, axis, codes in (("activity", 2, cells.activity.codes), ("geo", 1, cells.geo.codes)):
        alive = some.sum(axis=axis)
        there = alive > 0
        for i in np.flatnonzero(there.any(axis=0) & ~there.all(axis=0)):
            turns = [t for t, (p, q) in enumerate(pairwise(there[:, i])) if p != q]
            if len(turns) != 1 or alive[:, i].max() < 5:
                continue
            t = turns[0]
            ended = bool(there[t, i])
            found.append(
                Spot(
                    "note",
                    _ENDS[what, ended],
                    (),
                    _(
                        "{number} numbers above zero in {year}, none in {other}",
                        number=alive[t if ended else t + 1, i],
                        year=cells.years[t if ended else t + 1],
                        other=cells.years[t + 1 if ended else t],
                    ),
                    "",
                    _("a change of the codes? Growth across it says nothing of the thing measured"),
                    where=in_year(at(what, codes[int(i)]), cells.years[t + 1]),
                    weight=float(alive[:, i].max()),
                )
            )
    return found
