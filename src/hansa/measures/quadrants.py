"""Four kinds of clusters by growth of jobs and of wages, and how firm the label is.

Methods: clusters, section 6 (BSR InnoNet 2009, chapter 2.1, figure 4).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from hansa.errors import UsageError
from hansa.language import N_
from hansa.law import (
    Floats,
    Marked,
    Quantity,
    absent,
    difference,
    monotone,
    ratio,
    side_by_side,
)
from hansa.measures.catalogue import measure
from hansa.measures.growth import blank_breaks, moved
from hansa.measures.scene import Bools, Choices, Scene
from hansa.measures.wages import (
    COLUMNS,
    against,
    benchmark,
    growth_factor,
    left_out,
    said_left_out,
    wage,
)

LABELS = ("growth", "challenged", "mature", "restructuring", "in transition")
EITHER = "challenged or mature"
BOUNDARY = "boundary"
ON_THE_LINE = 1e-9
"""Distance from a line below which a cluster lies on it."""

LEVEL = 1 - ON_THE_LINE
"""Wage level from which a cluster is mature: that of all jobs."""

_SOURCE = "BSR InnoNet 2009, chapter 2.1, figure 4 and note 10"
Labels = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Sums:
    """Jobs and wage bill of two years: of units (units x regions) and of all jobs (regions,)."""

    jobs: tuple[Quantity, Quantity]
    pay: tuple[Quantity, Quantity]
    all_jobs: tuple[Quantity, Quantity]
    all_pay: tuple[Quantity, Quantity]


@dataclass(frozen=True)
class Movement:
    """Where a cluster stands in the figure (units x regions).

    jobs    growth of jobs; wages: growth of wages against the benchmark
    level   average wage of the first year over that of all jobs
    region  growth of all jobs (1 x regions)
    """

    jobs: Quantity
    wages: Quantity
    level: Quantity
    region: Quantity


def movement(sums: Sums, how: str, unknown: Bools | None = None) -> Movement:
    """Growth of jobs and of wages; `how` names the benchmark of wages.

    unknown  clusters left out of the benchmark because nothing is known of them, where others
             decide that
    """
    growth = growth_factor(sums.jobs, sums.pay)
    if unknown is None:
        none = left_out(growth, sums.jobs, how)
    else:
        none = left_out(growth, sums.jobs, "plain") | unknown
    of_all = growth_factor(
        (sums.all_jobs[0][None, :], sums.all_jobs[1][None, :]),
        (sums.all_pay[0][None, :], sums.all_pay[1][None, :]),
    )
    yardstick = benchmark(growth, sums.jobs[0], none, of_all[0], how)
    region = monotone(ratio(sums.all_jobs[1], sums.all_jobs[0]), _less_one)
    wages = said_left_out(against(growth, yardstick), none, sums.jobs)
    jobs = monotone(ratio(sums.jobs[1], sums.jobs[0]), _less_one)
    before = wage(sums.jobs[0], sums.pay[0])
    return Movement(
        blank_breaks(blank_breaks(jobs, sums.jobs[1]), sums.pay[1]),
        wages,
        ratio(before, wage(sums.all_jobs[0], sums.all_pay[0])[None, :]),
        blank_breaks(region, sums.all_jobs[1])[None, :],
    )


def _less_one(x: Floats) -> Floats:
    return x - 1


def _signs(low: Floats, high: Floats) -> tuple[Bools, Bools, Bools, Bools]:
    """Whether a value is surely above, surely below, possibly above, possibly below zero.

    A bound that is not known excludes nothing.
    """
    return (
        low > ON_THE_LINE,
        high < -ON_THE_LINE,
        ~(high <= ON_THE_LINE),
        ~(low >= -ON_THE_LINE),
    )


def _sides(m: Movement, x_line: str) -> tuple[tuple[Bools, ...], tuple[Bools, ...]]:
    """Signs of growth against its line, and of wages against theirs."""
    (low, high), (line_low, line_high) = m.jobs.bounds(), m.region.bounds()
    if x_line == "region":
        low, high = low - line_high, high - line_low
    return _signs(low, high), _signs(*m.wages.bounds())


def _open(m: Movement, x_line: str) -> Bools:
    """Clusters with a bound that is not known."""
    parts = [m.jobs, m.wages, *([m.region] if x_line == "region" else [])]
    gone = np.zeros(m.jobs.shape, bool)
    for part in parts:
        low, high = part.bounds()
        gone = gone | np.isnan(low) | np.isnan(high)
    return gone


def classes(m: Movement, x_line: str) -> Labels:
    """The class of each cluster; `boundary` on a line or across one, None where not known."""
    (right, left, *_), (above, below, *_) = _sides(m, x_line)
    low, high = m.level.bounds()
    found = np.full(m.jobs.shape, None, object)
    known = ~_open(m, x_line)
    found[known] = BOUNDARY
    found[known & right & above] = "growth"
    found[known & right & below] = EITHER
    found[known & right & below & (low >= LEVEL)] = "mature"
    found[known & right & below & (high < LEVEL)] = "challenged"
    found[known & left & above] = "restructuring"
    found[known & left & below] = "in transition"
    return found


def agreement(m: Movement, x_line: str, label: Labels, gone: Bools) -> tuple[Bools, Bools]:
    """Whether each replicate has a label for certain, and possibly.

    label  shape (units, 1); m: units x replicates
    gone   replicates in which the cluster has no jobs in one of the years: no label
    """
    (right, left, mright, mleft), (above, below, mabove, mbelow) = _sides(m, x_line)
    low, high = m.level.bounds()
    sure = {
        "growth": right & above,
        "mature": right & below & (low >= LEVEL),
        "challenged": right & below & (high < LEVEL),
        EITHER: right & below,
        "restructuring": left & above,
        "in transition": left & below,
    }
    may = {
        "growth": mright & mabove,
        "mature": mright & mbelow & ~(high < LEVEL),
        "challenged": mright & mbelow & ~(low >= LEVEL),
        EITHER: mright & mbelow,
        "restructuring": mleft & mabove,
        "in transition": mleft & mbelow,
    }
    certain, possible = np.zeros(right.shape, bool), np.zeros(right.shape, bool)
    for name in sure:
        certain |= (label == name) & sure[name]
        possible |= (label == name) & may[name]
    return certain & ~gone, possible & ~gone


def without(area: Quantity, member: Quantity) -> Quantity:
    """An area less one of its members, never below zero; bounds from those of both."""
    rest = difference(area, member)
    if rest.lower is None or rest.upper is None:
        return rest
    return Quantity(
        rest.value,
        rest.flags,
        np.maximum(rest.lower, 0),
        np.maximum(rest.upper, 0),
        rest.estimated,
    )


def _sums(scene: Scene) -> Sums | None:
    """Jobs and wages of both years at the scene's place; None without an earlier year."""
    views = [scene.view(column) for column in COLUMNS]
    if any(view.before is None for view in views):
        return None
    jobs, pay = ((view.before, view.after) for view in views)
    (e0, e1), (p0, p1) = jobs, pay
    assert e0 is not None
    assert p0 is not None
    return Sums(
        (e0.size, e1.size), (p0.size, p1.size), (e0.region, e1.region), (p0.region, p1.region)
    )


def _small(sums: Sums, min_cell: float) -> Bools:
    """Cells that may be too small for a colour in one of the years, those without jobs included."""
    start, end = (jobs.bounds()[0] for jobs in sums.jobs)
    found: Bools = (start < min_cell) | (end < min_cell)
    return found


@measure(
    "quadrant",
    label=N_("Kind of cluster"),
    unit=N_("class"),
    kind="nominal",
    formula="sign of growth_rate (less the line x) and of relative_wage_growth",
    source=_SOURCE,
    needs=COLUMNS,
    uses=("growth_rate", "relative_wage_growth"),
    years=2,
    options=("benchmark", "x_line"),
)
def quadrant(scene: Scene) -> Marked:
    """Growth, challenged or mature, restructuring, or in transition; none for tiny cells."""
    sums = _sums(scene)
    nothing = np.full(scene.shape, None, object)
    if sums is None:
        why = np.full(scene.shape, "no earlier year to compare with", object)
        return Marked(absent(scene.shape, "m"), why, nothing)
    moves = movement(sums, scene.choices.benchmark)
    view = scene.view(COLUMNS[0])
    assert view.before is not None
    label = classes(moves, scene.choices.x_line)
    other = classes(moves, "region" if scene.choices.x_line == "zero" else "zero")
    small = _small(sums, scene.choices.min_cell)
    label[small], other[small] = None, None
    tiny = small & (sums.jobs[0].bounds()[1] > 0) & (sums.jobs[1].bounds()[1] > 0)
    flags = moved(moves.wages, view.before, view.after).flagged(tiny, "tiny")
    flags = flags.flagged(label == BOUNDARY, "boundary")
    quantity = Quantity(np.full(scene.shape, np.nan), flags.flags)
    return Marked(quantity, _reasons(scene, sums, moves, (label, other)), label)


def _reasons(
    scene: Scene, sums: Sums, moves: Movement, labels: tuple[Labels, Labels]
) -> npt.NDArray[np.object_]:
    """What led to a label, and the label against the other line where it differs."""
    label, other = labels
    reason = np.full(label.shape, None, object)
    here = "all jobs" if scene.choices.x_line == "zero" else "zero"
    for i, j in np.ndindex(label.shape):
        if label[i, j] is None:
            reason[i, j] = _no_label(sums, moves, (i, j), scene.choices)
            continue
        text = f"jobs {_percent(moves.jobs, (i, j))}, wages {_percent(moves.wages, (i, j))}"
        text += f" against the benchmark ({scene.choices.benchmark})"
        if label[i, j] in ("mature", "challenged", EITHER):
            text += f"; wage level {_level(moves.level, (i, j))}"
        if other[i, j] is not None and other[i, j] != label[i, j]:
            line = f" ({_percent(moves.region, (0, j))})" if here == "all jobs" else ""
            text += f"; with growth held against {here}{line}: {other[i, j]}"
        reason[i, j] = text
    return reason


def _level(level: Quantity, at: tuple[int, int]) -> str:
    low, high = (float(part[at]) for part in level.bounds())
    if np.isnan(low) or np.isnan(high):
        return "not known"
    return f"{low:.2f} of all jobs" if low == high else f"{low:.2f} to {high:.2f} of all jobs"


def _no_label(sums: Sums, moves: Movement, at: tuple[int, int], choices: Choices) -> str:
    min_cell = choices.min_cell
    start, end = (float(jobs.value[at]) for jobs in sums.jobs)
    lows = [float(jobs.bounds()[0][at]) for jobs in sums.jobs]
    if np.isnan(start) or np.isnan(end):
        return "jobs not known" if not min(lows) < min_cell else "jobs not known, may be tiny"
    if start == 0 or end == 0:
        return "no jobs" if start == end else "entry" if start == 0 else "exit"
    if min(start, end) < min_cell:
        return f"tiny: {start:.0f} jobs at the start, {end:.0f} at the end"
    wages = [wage(jobs, pay).value[at] for jobs, pay in zip(sums.jobs, sums.pay, strict=True)]
    if np.isnan(wages).any():
        return "wages not known"
    if np.isnan(moves.wages.value[at]):
        return (
            f"growth of wages or its benchmark ({choices.benchmark}) is not known: something in "
            "it is hidden or breaks; another benchmark, or hidden = bounds, may help"
        )
    return "growth of all jobs not known"


def _percent(q: Quantity, at: tuple[int, int]) -> str:
    low, high = (float(part[at]) for part in q.bounds())
    return _signed(low) if low == high else f"{_signed(low)} to {_signed(high)}"


def _signed(share: float) -> str:
    """A share as per cent with a true minus sign; what rounds to nothing has no sign."""
    text = f"{100 * share:+.1f} %".replace("-", "\N{MINUS SIGN}")
    return text[1:] if text[1:] == "0.0 %" else text


@measure(
    "quadrant_stability",
    label=N_("Firmness of the kind"),
    unit=N_("share of replicates with the same label"),
    kind="intensive",
    formula="share of the replicates, each without one region (or country), with the same quadrant",
    source="Hansa, own method (methods: clusters, section 6)",
    needs=COLUMNS,
    uses=("quadrant",),
    years=2,
    options=("benchmark", "x_line", "leave_out"),
)
def quadrant_stability(scene: Scene) -> Quantity:
    """How often an area keeps its label when one of its regions is left out; 0.9 counts as stable.

    A replicate that a hidden cell leaves open counts in the upper bound only. A region that is
    not made of others has no replicates.
    """
    found = quadrant.function(scene)
    assert isinstance(found, Marked)
    columns = [_firmness(scene, j, found[:, [j]]) for j in range(scene.shape[1])]
    firm = side_by_side(columns)
    low, high = firm.bounds()
    return firm.flagged((low != high) & ~np.isnan(low), "interval")


def _firmness(scene: Scene, j: int, kind: Marked) -> Quantity:
    label = kind.label
    assert label is not None
    groups = _groups(scene, j)
    if len(groups) < 2:
        return absent(label.shape, "z")
    area = _sums(scene.over((scene.area.columns[j],)))
    members = _sums(scene.over(groups))
    if area is None or members is None:
        return absent(label.shape, "m")
    rest = Sums(*(_less(area, members, part) for part in ("jobs", "pay", "all_jobs", "all_pay")))
    # A cluster that one region hides stays in the benchmark of that replicate, as an interval.
    how, factor = scene.choices.benchmark, growth_factor(area.jobs, area.pay)
    unknown = np.isnan(factor.value) & how.endswith("-known")
    gone = (rest.jobs[0].value == 0) | (rest.jobs[1].value == 0)
    certain, possible = agreement(movement(rest, how, unknown), scene.choices.x_line, label, gone)
    blank = np.array([[own[0] in (None, BOUNDARY)] for own in label])
    low = np.where(blank, np.nan, certain.mean(axis=1)[:, None])
    high = np.where(blank, np.nan, possible.mean(axis=1)[:, None])
    return Quantity(np.where(low == high, low, np.nan), kind.quantity.flags, low, high)


def _less(area: Sums, members: Sums, part: str) -> tuple[Quantity, Quantity]:
    """Both years of an area less each group of its members."""
    (before, after), (one, two) = getattr(area, part), getattr(members, part)
    return without(_unrounded(before, one), one), without(_unrounded(after, two), two)


def _unrounded(area: Quantity, groups: Quantity) -> Quantity:
    """The sum of all groups in place of a total that differs from it by rounding only."""
    summed = groups.value.sum(axis=-1)
    if area.value.ndim == 2:
        summed = summed[:, None]
    allowed = (groups.shape[-1] + 1) / 2
    near = np.abs(summed - area.value) <= allowed
    value = np.where(near, summed, area.value)
    if area.lower is None or area.upper is None:
        return replace(area, value=value)
    return replace(
        area,
        value=value,
        lower=np.where(near, summed, area.lower),
        upper=np.where(near, summed, area.upper),
    )


def _groups(scene: Scene, j: int) -> tuple[tuple[int, ...], ...]:
    """What each replicate leaves out: single regions, or all regions of a country."""
    members = scene.area.members[j] if scene.area.members else ()
    if scene.choices.leave_out == "region":
        return tuple((i,) for i in members)
    if not any(scene.area.countries):
        raise UsageError(
            "the codes of the regions know no country to leave out",
            admissible="leave_out = region",
            fix="--set leave_out=region, or declare the geography of the table",
        )
    by_country: dict[str, list[int]] = {}
    for i in members:
        by_country.setdefault(scene.area.countries[i], []).append(i)
    return tuple(tuple(own) for name, own in sorted(by_country.items()) if name)
