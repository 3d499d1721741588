"""Growth in its forms (methods: clusters, section 4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from hansa.language import N_
from hansa.law import Floats, Quantity, any_carries, bit, carries, difference, monotone, ratio
from hansa.measures.catalogue import FACTS_UNIT, measure
from hansa.measures.slices import Slice

_SOURCE = "BSR InnoNet 2009, chapter 2.1, figures 2 and 4"


def moved(result: Quantity, before: Slice, after: Slice) -> Quantity:
    """Mark units that began or ended: growth from nothing has no rate."""
    for empty, filled, name in ((before, after, "entry"), (after, before, "exit")):
        here = empty.size.value == 0
        if here.any() and (here := here & (filled.size.value > 0)).any():
            result = result.flagged(here, name)
    return result


def _rate(before: Slice, after: Slice, function: Callable[[Floats], Floats]) -> Quantity:
    """A rate made of the quotient of the two years; growth from nothing says `entry`, not `z`."""
    rate = monotone(ratio(after.size, before.size), function)
    rate = rate.unflagged((before.size.value == 0) & (after.size.value > 0), "z")
    return without_breaks(moved(rate, before, after), after)


def without_breaks(result: Quantity, after: Slice) -> Quantity:
    """A break in series in the later year makes growth across it absent."""
    return blank_breaks(result, after.size)


def blank_breaks(result: Quantity, after: Quantity) -> Quantity:
    """Absent where the later year carries a break in series."""
    if after.flags is None or not any_carries(after.flags, bit("b")):
        return result
    broken = carries(after.flags, bit("b"))

    def blanked(part: Floats | None) -> Floats | None:
        return None if part is None else np.where(broken, np.nan, part)

    return replace(
        result,
        value=np.where(broken, np.nan, result.value),
        lower=blanked(result.lower),
        upper=blanked(result.upper),
    )


@measure(
    "employment_change",
    label=N_("Jobs gained"),
    unit=FACTS_UNIT,
    kind="extensive",
    formula="E_cr1 - E_cr0",
    source=_SOURCE,
    years=2,
)
def employment_change(before: Slice, after: Slice) -> Quantity:
    """Jobs at the end less jobs at the start."""
    return without_breaks(moved(difference(after.size, before.size), before, after), after)


@measure(
    "growth_rate",
    label=N_("Growth over the period"),
    unit=N_("share"),
    kind="intensive",
    formula="E_cr1 / E_cr0 - 1",
    source=_SOURCE,
    years=2,
)
def growth_rate(before: Slice, after: Slice) -> Quantity:
    """Jobs gained as a share of the jobs at the start; absent where there were none."""
    return _rate(before, after, lambda x: x - 1)


@measure(
    "growth_annual",
    label=N_("Growth per year"),
    unit=N_("share per year"),
    kind="intensive",
    formula="(E_cr1 / E_cr0) ^ (1 / years) - 1",
    source=_SOURCE,
    years=2,
)
def growth_annual(before: Slice, after: Slice) -> Quantity:
    """The constant yearly rate that leads from the start to the end."""
    years = after.time - before.time
    return _rate(before, after, lambda x: x ** (1 / years) - 1)


@measure(
    "growth_symmetric",
    label=N_("Growth, symmetric"),
    unit=N_("share, -2 to 2"),
    kind="intensive",
    formula="2 (E_cr1 - E_cr0) / (E_cr1 + E_cr0)",
    source="Davis, Haltiwanger, Schuh (1996), Job Creation and Destruction, chapter 2",
    years=2,
)
def growth_symmetric(before: Slice, after: Slice) -> Quantity:
    """Jobs gained over the mean of both years: defined for units that begin or end."""
    one, two = before.size, after.size
    plain = Quantity(one.value, one.flags, None, None, one.estimated)
    summed = Quantity(one.value + two.value, None)
    rate = monotone(ratio(difference(replace(two, lower=None, upper=None), plain), summed), _twice)
    if one.lower is not None or two.lower is not None:
        (l0, u0), (l1, u1) = one.bounds(), two.bounds()
        rate = replace(rate, lower=_symmetric(u0, l1), upper=_symmetric(l0, u1))
    return without_breaks(moved(rate, before, after), after)


def _twice(x: Floats) -> Floats:
    return 2 * x


def _symmetric(start: Floats, end: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        result: Floats = np.where(start + end == 0, np.nan, 2 * (end - start) / (end + start))
    return result


@measure(
    "growth_contribution",
    label=N_("Contribution to growth"),
    unit=N_("share of the region's jobs at the start"),
    kind="intensive",
    formula="(E_cr1 - E_cr0) / E_r0",
    source=_SOURCE,
    base="total",
    years=2,
    part_of_base=True,
)
def growth_contribution(before: Slice, after: Slice) -> Quantity:
    """Jobs gained as a share of all jobs of the region at the start; adds up over clusters."""
    return without_breaks(ratio(difference(after.size, before.size), before.of_region), after)
