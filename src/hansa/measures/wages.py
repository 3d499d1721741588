"""Wages as a proxy for productivity (methods: clusters, section 5)."""

from __future__ import annotations

import numpy as np

from hansa.errors import UsageError
from hansa.law import Quantity, absent, bit, monotone, product, ratio, total
from hansa.measures.catalogue import measure
from hansa.measures.growth import moved, without_breaks
from hansa.measures.scene import Bools, Scene
from hansa.measures.slices import Slice

_SOURCE = "BSR InnoNet 2009, chapter 2.1, note 9 and figure 4"
WAGE_UNIT = "currency of the wage bill per person"
COLUMNS = ("employment", "payroll")


def wage(jobs: Quantity, pay: Quantity) -> Quantity:
    """Average wage: the wage bill over the jobs; not applicable (`z`) where there are none."""
    found = ratio(pay, jobs)
    none = jobs.value == 0
    return found.flagged(none, "z") if none.any() else found


def left_out(growth: Quantity, how: str) -> Bools:
    """Clusters that have no part in the benchmark (units x regions).

    Those without jobs in one of the years have no growth of wages; with `-known` also those whose
    growth is not known.
    """
    none = np.zeros(growth.shape, bool)
    if growth.flags is not None:
        none |= np.isnan(growth.value) & ((growth.flags & bit("z")) != 0)
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
    growth: Quantity, weight: Quantity, none: Bools, of_all: tuple[Quantity, Quantity], how: str
) -> Quantity:
    """Growth factor G that the wages of a cluster are held against, shape (regions,).

    none    clusters that have no part in it (`left_out`)
    of_all  average wage of the whole region before and after, for `totals`
    """
    if how == "totals":
        return ratio(of_all[1], of_all[0])
    return mean_growth(growth, weight, none, how)


def against(growth: Quantity, yardstick: Quantity) -> Quantity:
    """Growth of wages relative to the benchmark: growth factor / G - 1."""
    return monotone(ratio(growth, yardstick[None, :]), lambda x: x - 1)


@measure(
    "average_wage",
    label="Average wage (proxy for productivity)",
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
    label="Wage against its yardstick",
    unit="ratio",
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
    label="Growth of wages against the benchmark",
    unit="share",
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
    jobs, pay = (scene.view(column) for column in COLUMNS)
    if jobs.before is None or pay.before is None:
        return absent(scene.shape, "m")
    growth = ratio(wage(jobs.after.size, pay.after.size), wage(jobs.before.size, pay.before.size))
    of_all = [
        wage(j.of_region, p.of_region)[0]
        for j, p in ((jobs.before, pay.before), (jobs.after, pay.after))
    ]
    how = scene.choices.benchmark
    none = left_out(growth, how)
    yardstick = benchmark(growth, jobs.before.size, none, (of_all[0], of_all[1]), how)
    found = moved(against(growth, yardstick), jobs.before, jobs.after)
    found = without_breaks(without_breaks(found, jobs.after), pay.after)
    small = (jobs.before.size.value < scene.choices.min_cell) & ~np.isnan(found.value)
    return found.flagged(small, "tiny")
