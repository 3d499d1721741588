"""Shrunken quotients lie between 1 and the plain ones, and small regions are pulled most."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import hansa
from hansa.measures.shrinkage import shape_by_moments, shrunken
from small_tables import UNKNOWN, facts, results


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_between_one_and_the_plain_quotient(seed):
    random = np.random.default_rng(seed)
    jobs = random.integers(0, 200, (3, 6)).astype(float)
    expected = random.integers(1, 200, (3, 6)).astype(float)
    shape = shape_by_moments(jobs, expected)
    found = shrunken(jobs, expected, shape[:, None])
    plain = jobs / expected
    assert (np.minimum(1, plain) - 1e-12 <= found).all()
    assert (found <= np.maximum(1, plain) + 1e-12).all()


def test_the_shape_is_found_again():
    """Factors with a = 4, many regions: the moments give it back within a tenth."""
    random = np.random.default_rng(20261128)
    expected = random.uniform(50, 500, (1, 40_000))
    jobs = random.poisson(expected * random.gamma(4, 1 / 4, expected.shape)).astype(float)
    assert abs(shape_by_moments(jobs, expected)[0] - 4) < 0.4


def test_a_hidden_cell_stays_absent():
    table = facts("A B TOTAL\nR1 10 90 100\nR2 :c 80 100\nR3 30 70 100\nTOTAL 60 240 300")
    found = results(
        hansa.compute("location_quotient_shrunken", table, describe=UNKNOWN, min_cell=0)
    )
    assert found["R2", "A", 2020] is None
    assert found["R1", "A", 2020] is not None
