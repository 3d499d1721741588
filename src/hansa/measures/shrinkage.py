"""Location quotients pulled towards 1 where few jobs were to be expected.

Methods: clusters, section 2. Jobs E of a cluster in a region vary around the expected number
m = E_r E_c / E by a factor that follows a gamma distribution with mean 1 and shape a; the
posterior mean of the factor is (E + a) / (m + a).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hansa.language import N_
from hansa.law import Floats, Quantity, product, ratio
from hansa.measures.catalogue import measure
from hansa.measures.scene import Scene


def shape_by_moments(jobs: Floats, expected: Floats) -> Floats:
    """Shape a of the factors of each unit (units x regions -> units); infinite without spread.

    Var(E) = m + m^2 / a, so 1/a = sum((E - m)^2 - m) / sum(m^2), over the regions where both are
    known: a spread is estimated from what is seen, it is no total. NaN where nothing is known.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        above = np.nansum((jobs - expected) ** 2 - expected, axis=1)
        square = np.nansum(np.where(np.isnan(jobs), np.nan, expected**2), axis=1)
        shape = np.where(above > 0, square / above, np.inf)
    return np.where(square > 0, shape, np.nan)


def shrunken(jobs: Floats, expected: Floats, shape: Floats) -> Floats:
    """(E + a) / (m + a); 1 where a is infinite. Lies between 1 and E / m."""
    with np.errstate(invalid="ignore"):
        pulled = (jobs + shape) / (expected + shape)
    none = np.isinf(shape) & ~np.isnan(jobs) & ~np.isnan(expected)
    found: Floats = np.where(none, 1.0, pulled)
    return found


@measure(
    "location_quotient_shrunken",
    label=N_("Specialisation, shrunken (all jobs as base)"),
    unit=N_("ratio"),
    kind="intensive",
    formula="(E_cr + a_c) / (m_cr + a_c), m_cr = E_r E_c / E, a_c by moments over regions",
    source="Hansa, own choice (gamma-Poisson shrinkage; Clayton and Kaldor 1987, section 3)",
    base="total",
    uses=("location_quotient_total",),
)
def location_quotient_shrunken(scene: Scene) -> Quantity:
    """The quotient pulled towards 1, most where few jobs were to be expected."""
    everywhere = scene.everywhere().view().now
    spread = shape_by_moments(
        everywhere.size.value,
        ratio(product(everywhere.of_region, everywhere.of_unit), everywhere.of_all).value,
    )[:, None]
    now = scene.view().now
    plain = scene.of("location_quotient_total")
    expected = ratio(product(now.of_region, now.of_unit), now.of_all)
    value = shrunken(now.size.value, expected.value, spread)
    # Where the plain quotient is not defined (no jobs to compare with), neither is this one.
    value = np.where(np.isnan(plain.value), np.nan, value)
    if plain.lower is None:
        return replace(plain, value=value)
    (low, high), (least, most) = now.size.bounds(), expected.bounds()
    return replace(
        plain,
        value=value,
        lower=shrunken(low, most, spread),
        upper=shrunken(high, least, spread),
    )
