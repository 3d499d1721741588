"""Bounds where numbers may be negative: against every corner, tried one by one."""

from __future__ import annotations

from itertools import product as combinations

import numpy as np
import pytest

from hansa.law import Quantity, product, weighted_total


def between(low: float, high: float) -> Quantity:
    """One number known between two bounds."""
    return Quantity(np.array([np.nan]), None, np.array([low]), np.array([high]))


SIGNS = [(2.0, 3.0), (-3.0, -2.0), (-1.0, 4.0), (0.0, 5.0), (-2.0, 0.0)]


@pytest.mark.parametrize("a", SIGNS)
@pytest.mark.parametrize("b", SIGNS)
def test_a_product_lies_between_its_corners(a, b) -> None:
    found = product(between(*a), between(*b))
    corners = [x * y for x, y in combinations(a, b)]
    assert (found.lower[0], found.upper[0]) == (min(corners), max(corners))


@pytest.mark.parametrize("cells", list(combinations(SIGNS, SIGNS)))
def test_a_weighted_total_lies_between_its_corners(cells) -> None:
    rows = Quantity(
        np.full((2, 1), np.nan), None, *(np.array([[c[end]] for c in cells]) for end in (0, 1))
    )
    weights = [(0.25, 0.75), (1.0, 1.0)]
    found = weighted_total(rows, [(row, *w) for row, w in enumerate(weights)])
    ends = [[w * x for w, x in combinations(weights[i], cells[i])] for i in (0, 1)]
    sums = [x + y for x, y in combinations(*ends)]
    assert found.lower[0] == pytest.approx(min(sums))
    assert found.upper[0] == pytest.approx(max(sums))


def test_an_unknown_number_stays_unknown_in_a_product() -> None:
    found = product(between(-1.0, 2.0), between(np.nan, np.nan))
    assert np.isnan(found.lower[0])
    assert np.isnan(found.upper[0])
