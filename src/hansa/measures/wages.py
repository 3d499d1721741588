"""Wages as a proxy for productivity (methods: clusters, section 5)."""

from __future__ import annotations

import numpy as np

from hansa.errors import UsageError
from hansa.language import N_
from hansa.law import Quantity, absent, choose, monotone, product, ratio, total
from hansa.measures.catalogue import measure
from hansa.measures.growth import blank_breaks, moved
from hansa.measures.scene import Bools, Scene, View
from hansa.measures.slices import Slice

_SOURCE = "BSR InnoNet 2009, chapter 2.1, note 9 and figure 4"
WAGE_UNIT = "currency of the wage bill per person"
COLUMNS = ("employment", "payroll")


def wage(jobs: Quantity, pay: Quantity) -> Quantity:
    """Average wage: the wage bill over the jobs; not applicable (`z`) where there are none."""
    return ratio(pay, jobs)


def covered(jobs: Quantity, pay: Quantity) -> Quantity:
    """The wage bills, missing (`m`) where there are jobs and the bill is 0.

    Jobs without any wage bill were covered by one table and not by the other.
    """
    uneven = (pay.value == 0) & (jobs.value > 0)
    return choose(uneven, absent(pay.shape, "m"), pay) if uneven.any() else pay


def growth_factor(jobs: tuple[Quantity, Quantity], pay: tuple[Quantity, Quantity]) -> Quantity:
    """Average wage after over before; absent across a break in either series."""
    factor = ratio(wage(jobs[1], pay[1]), wage(jobs[0], pay[0]))
    return blank_breaks(blank_breaks(factor, jobs[1]), pay[1])


def left_out(growth: Quantity, jobs: tuple[Quantity, Quantity], how: str) -> Bools:
    """Clusters that have no part in the benchmark (units x regions).

    Those without jobs in one of the years have no growth of wages; with `-known` also those whose
    growth is not known.
    """
    none: Bools = (jobs[0].value == 0) | (jobs[1].value == 0)
    return none | np.isnan(growth.value) if how.endswith("-known") else none


def mean_growth(growth: Quantity, weight: Quantity, none: Bools, how: str) -> Quantity:
    """Mean growth factor of wages over the clusters of a region, shape (regions,).

    growth  growth factors (units x regions); none: clusters that have no part in the mean
    weight  jobs of the first year, for a weighted mean
    """
    counts = Quantity(np.ones(growth.shape)) if how.startswith("plain") else weight
    here = _kept(counts, none)
    return ratio(total(_kept(product(growth, counts), none), axis=0), total(here, axis=0))


def _kept(q: Quantity, none: Bools) -> Quantity:
    """Zero where a unit does not count."""
    return q.map(lambda part: np.where(none, np.zeros((), part.dtype), part))


def benchmark(
    growth: Quantity, weight: Quantity, none: Bools, of_all: Quantity, how: str
) -> Quantity:
    """Growth factor G that the wages of a cluster are held against, shape (regions,).

    none    clusters that have no part in it (`left_out`)
    of_all  growth factor of the wage of all jobs, for `totals`
    """
    if how == "totals":
        return of_all
    return mean_growth(growth, weight, none, how)


def against(growth: Quantity, yardstick: Quantity) -> Quantity:
    """Growth of wages relative to the benchmark: growth factor / G - 1."""
    return monotone(ratio(growth, yardstick[None, :]), lambda x: x - 1)


@measure(
    "average_wage",
    label=N_("Average wage (proxy for productivity)"),
    unit=WAGE_UNIT,
    kind="intensive",
    formula="w_cr = P_cr / E_cr",
    source=_SOURCE,
    needs=COLUMNS,
)
def average_wage(jobs: Slice, pay: Slice) -> Quantity:
    """Wage bill of a cluster in a region over its jobs; areas sum both first, then divide."""
    return wage(jobs.size, pay.size)


@measure(
    "relative_wage",
    label=N_("Wage against its yardstick"),
    unit=N_("ratio"),
    kind="intensive",
    formula="w_cr / w_c of the country (or of the reference area, or of all jobs of the region)",
    source="Hansa, after BSR InnoNet 2009, chapter 2.1, note 9",
    needs=COLUMNS,
    uses=("average_wage",),
    options=("wage_reference",),
)
def relative_wage(scene: Scene) -> Quantity:
    """Average wage against the same cluster in the country: a raw ranking only ranks countries."""
    how = scene.choices.wage_reference
    if how == "country":
        if not any(scene.area.countries):
            raise UsageError(
                "the codes of the regions know no country to compare wages with",
                admissible="wage_reference = reference, region",
                fix="--set wage_reference=region, or declare the geography of the table",
            )
        yardstick = scene.countries().of("average_wage")
    else:
        jobs, pay = (scene.view(column).now for column in COLUMNS)
        over = "of_unit" if how == "reference" else "of_region"
        yardstick = wage(getattr(jobs, over), getattr(pay, over))
    return ratio(scene.of("average_wage"), yardstick)


@measure(
    "relative_wage_growth",
    label=N_("Growth of wages against the benchmark"),
    unit=N_("share"),
    kind="intensive",
    formula="(w_cr1 / w_cr0) / G - 1, G the benchmark growth factor of the region",
    source=_SOURCE,
    needs=COLUMNS,
    uses=("average_wage",),
    years=2,
    options=("benchmark",),
)
def relative_wage_growth(scene: Scene) -> Quantity:
    """Growth of the average wage against the region's clusters (or all of its jobs)."""
    views = [scene.view(column) for column in COLUMNS]
    jobs, pay = views
    if jobs.before is None or pay.before is None:
        return absent(scene.shape, "m")
    sizes, wages = (jobs.before.size, jobs.after.size), (pay.before.size, pay.after.size)
    growth = growth_factor(sizes, wages)
    whole = growth_factors_of_all(jobs, pay)
    how = scene.choices.benchmark
    none = left_out(growth, sizes, how)
    found = against(growth, benchmark(growth, sizes[0], none, whole, how))
    return said_left_out(moved(found, jobs.before, jobs.after), none, sizes)


def growth_factors_of_all(jobs: View, pay: View) -> Quantity:
    """Growth factor of the average wage of all jobs of each region, shape (regions,)."""
    assert jobs.before is not None
    assert pay.before is not None
    pairs = [(v.before.region[None, :], v.after.region[None, :]) for v in (jobs, pay) if v.before]
    return growth_factor(pairs[0], pairs[1])[0]


def said_left_out(found: Quantity, none: Bools, jobs: tuple[Quantity, Quantity]) -> Quantity:
    """Flag `d` where clusters with jobs are left out of the benchmark for want of knowledge."""
    unknown = none & ~((jobs[0].value == 0) | (jobs[1].value == 0))
    short = unknown.any(axis=0)
    if not short.any():
        return found
    return found.flagged(np.broadcast_to(short, found.shape), "d")
