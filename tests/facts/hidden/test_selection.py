"""What hiding tells: the office's rule is recovered from the pattern, and draws are as wide."""

from __future__ import annotations

import numpy as np
import pytest

from hansa.facts.hidden.selection import FEWEST, Sizes, Tried, sizes_of


def made(seed: int, unit: float = 1.0) -> tuple[Sizes, np.ndarray, np.ndarray]:
    """Cells of all sizes with a prior that errs by half; of those below 10 nine tenths are hidden.

    Returns the sizes of the hidden cells, their truth and their prior.
    """
    rng = np.random.default_rng(seed)
    value = np.maximum(np.round(rng.lognormal(3.5, 1.8, 6000)), 1.0)
    guess = value * np.exp(rng.standard_t(4, value.size) * 0.5)
    spread = np.full(value.size, 0.35)
    hidden = rng.random(value.size) < np.where(value < 10, 0.9, 0.05)
    found = sizes_of(
        value[~hidden] * unit,
        Tried(guess[~hidden] * unit, spread[~hidden]),
        Tried(guess[hidden] * unit, spread[hidden]),
        unit,
    )
    assert found is not None
    return found, value[hidden] * unit, guess[hidden] * unit


@pytest.mark.parametrize("seed", range(3))
def test_the_rule_of_the_office_is_recovered(seed: int) -> None:
    found, _, _ = made(seed)
    small = found.edges[1:] <= 9.5
    assert (found.hiding[small] > 0.75).all()
    assert np.average(found.hiding[~small & (found.edges[1:] < 1000)]) < 0.15


@pytest.mark.parametrize("seed", range(3))
def test_a_hidden_cell_is_nearer_its_truth_than_its_prior_is(seed: int) -> None:
    found, truth, guess = made(seed)
    ours, prior = (np.abs(np.log(x / truth)) for x in (found.value, guess))
    assert ours.mean() < 0.9 * prior.mean()
    far = guess > 20
    assert np.log(found.value[far] / truth[far]).mean() < np.log(guess[far] / truth[far]).mean()


@pytest.mark.parametrize("seed", range(3))
def test_the_middle_of_the_draws_holds_what_it_says(seed: int) -> None:
    found, truth, _ = made(seed)
    rng = np.random.default_rng(100 + seed)
    drawn = np.array([found.drawn(rng) for _ in range(200)])
    for share in (0.5, 0.9):
        low, high = np.quantile(drawn, (0.5 - share / 2, 0.5 + share / 2), axis=0)
        inside = (truth >= low) & (truth <= high)
        assert abs(inside.mean() - share) < 0.08


def test_the_unit_of_the_table_does_not_matter() -> None:
    """Jobs, and the same jobs in thousands."""
    jobs, _, _ = made(4)
    thousands, _, _ = made(4, 0.001)
    np.testing.assert_allclose(thousands.chance, jobs.chance, atol=1e-6)
    np.testing.assert_allclose(thousands.value, jobs.value * 0.001, rtol=1e-6)


def test_chances_are_chances_even_far_out() -> None:
    rng = np.random.default_rng(7)
    value = rng.lognormal(3, 1, 200)
    near = np.full(200, 0.05)
    hidden = Tried(np.array([1e-3, 30.0, 1e7]), np.full(3, 0.05))
    found = sizes_of(value, Tried(value, near), hidden, 1.0)
    assert found is not None
    assert (found.chance >= 0).all()
    np.testing.assert_allclose(found.chance.sum(axis=1), 1.0)
    assert np.isfinite(found.value).all()
    drawn = found.drawn(rng)
    assert (drawn >= found.edges[0]).all()
    assert (drawn <= found.edges[-1]).all()


def test_few_known_cells_teach_nothing() -> None:
    few = np.arange(1.0, FEWEST)
    tried = Tried(few, np.ones(few.size))
    assert sizes_of(few, tried, Tried(np.ones(3), np.ones(3)), 1.0) is None
    none = Tried(np.empty(0), np.empty(0))
    many = np.arange(1.0, 500.0)
    assert sizes_of(many, Tried(many, np.ones(many.size)), none, 1.0) is None
