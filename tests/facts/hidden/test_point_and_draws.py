"""The best point and the draws: within every sum and bound, and nothing else touched."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sparse
from scipy.optimize import minimize

import hansa
from hansa.facts.hidden.draws import draws
from hansa.facts.hidden.intervals import Component
from hansa.facts.hidden.point import nearest
from hansa.solve import Polytope
from tables import REASON, UK, fill, masked, sums, truth

LOCAL = {"absent_rows": "unknown"}


def two_margins(rows: np.ndarray, columns: np.ndarray) -> Polytope:
    """All tables with these margins, cells row by row."""
    wide, tall = columns.size, rows.size
    over_rows = np.kron(np.eye(tall), np.ones(wide))
    over_columns = np.kron(np.ones(tall), np.eye(wide))
    ends = np.concatenate([rows, columns])
    size = wide * tall
    matrix = sparse.csc_matrix(np.vstack([over_rows, over_columns]))
    return Polytope(matrix, ends, ends, np.zeros(size), np.full(size, np.inf))


@pytest.mark.parametrize("seed", range(3))
def test_two_margins_without_bounds_are_iterative_proportional_fitting(seed: int) -> None:
    rng = np.random.default_rng(seed)
    full, prior = rng.gamma(1.0, 50.0, (2, 6, 9))
    fitted = prior.copy()
    for _ in range(5000):
        fitted *= (full.sum(axis=1) / fitted.sum(axis=1))[:, None]
        fitted *= full.sum(axis=0) / fitted.sum(axis=0)
    point = nearest(two_margins(full.sum(axis=1), full.sum(axis=0)), prior.ravel())
    assert point.holds
    np.testing.assert_allclose(point.x.reshape(full.shape), fitted, rtol=1e-5, atol=1e-5)


def test_a_point_that_misses_its_sums_says_so() -> None:
    """Rows of 10 and columns of 12 cannot both hold: whatever comes out is no solution."""
    point = nearest(two_margins(np.array([5.0, 5.0]), np.array([6.0, 6.0])), np.ones(4))
    assert point.miss > 0.05
    assert not point.holds


def test_a_draw_that_misses_its_sums_is_not_given() -> None:
    impossible = two_margins(np.array([5.0, 5.0]), np.array([6.0, 6.0]))
    part = Component(np.arange(4), np.arange(4), impossible)
    own = nearest(impossible, np.ones(4))
    found = draws([(part, own)], [np.ones(4)] * 3, np.ones(4))
    assert found.shape == (3, 4)
    assert np.isnan(found).all()


@pytest.mark.parametrize("seed", range(3))
def test_weights_cost_what_they_say(seed: int) -> None:
    """The weighted divergence of the point against a general solver on the same problem."""
    rng = np.random.default_rng(seed)
    full, prior = rng.gamma(1.0, 50.0, (2, 3, 4))
    weight = rng.lognormal(0, 1, prior.size)
    problem = two_margins(full.sum(axis=1), full.sum(axis=0))
    point = nearest(problem, prior.ravel(), None, weight)
    assert point.holds

    q = np.maximum(prior.ravel(), 1e-3)
    sums = {"type": "eq", "fun": lambda x: (problem.matrix @ x - problem.row_lower)[1:]}
    other = minimize(
        lambda x: (weight * (x * np.log(x / q) - x + q)).sum(),
        full.ravel(),
        jac=lambda x: weight * np.log(x / q),
        bounds=[(1e-6, None)] * q.size,
        constraints=[sums],
        method="SLSQP",
        options={"maxiter": 1000, "ftol": 1e-12},
    )
    assert other.success
    np.testing.assert_allclose(point.x, other.x, rtol=1e-3, atol=1e-2)


def test_a_cell_with_a_good_prior_stays_and_the_other_gives_way() -> None:
    """Two cells that add up to 30, both guessed 10: x = 10 exp(y / w), so w1 ln(x1 / 10) =
    w2 ln(x2 / 10); with weights 100 and 1 the first moves to 10.0692 (root of that equation).
    """
    one = Polytope(
        sparse.csc_matrix(np.ones((1, 2))), *([np.array([30.0])] * 2),
        np.zeros(2), np.full(2, np.inf),
    )  # fmt: skip
    x = nearest(one, np.full(2, 10.0), None, np.array([100.0, 1.0])).x
    assert x.sum() == pytest.approx(30)
    assert 100 * np.log(x[0] / 10) == pytest.approx(np.log(x[1] / 10), rel=1e-6)
    assert x[0] == pytest.approx(10.0692, abs=1e-4)


def test_a_cell_without_a_point_keeps_its_bounds_and_no_value(monkeypatch) -> None:
    """Newton's method cut short: the cells stay empty, and the account says why."""
    monkeypatch.setattr("hansa.facts.hidden.point.STEPS", 0)
    data = pd.DataFrame(
        [("UKC", "01", 100), ("UKC1", "01", np.nan), ("UKC2", "01", np.nan), ("UKC", "02", 900),
         ("UKC1", "02", np.nan), ("UKC2", "02", np.nan), ("UKC1", "A", 30), ("UKC1", "03", 0)],
        columns=["geo", "activity", "employment"],
    ).assign(time=2015)  # fmt: skip
    found = hansa.fill(data, reason=REASON, describe=UK, tolerance="exact", prior="equal")
    row = found.table.to_pandas().set_index(["activity", "geo"]).loc[("01", "UKC1")]
    assert np.isnan(row.employment)
    assert (row.employment_lower, row.employment_upper) == (0, 30)
    assert "imputed" not in row.employment_status
    assert found.report["measures"]["employment"][0]["without_a_point"] > 0
    assert any("have bounds and no value: no point was found" in line for line in found.lines)


def holds(value: dict, slack: float, known: set) -> None:
    """Every sum of given cells holds; where a rest is missing, only an excess is wrong."""
    checked = 0
    for whole, parts, off in sums(slack):
        listed = [p for p in parts if "*" not in "".join(p)]
        if "*" in "".join(whole) or not all(k in value for k in (whole, *listed)):
            continue
        if not {whole, *listed} - known:
            continue
        more = sum(value[p] for p in listed) - value[whole]
        assert more <= off + 1e-4, (whole, more)
        if len(listed) == len(parts):
            assert more >= -off - 1e-4, (whole, more)
        checked += 1
    assert checked > 3


@pytest.mark.parametrize(("step", "seed"), [(0.0, 1), (0.0, 2), (1.0, 3)])
def test_point_and_draws_keep_to_all_sums_and_bounds(step: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = truth(rng, step)
    hidden = masked(rng, made.keys, 0.4)
    how = "rounded" if step else "exact"
    found = hansa.fill(
        made.table(hidden), reason=REASON, describe=UK, tolerance=how, draws=4, seed=7
    )
    rows = found.table.to_pandas().set_index(["activity", "geo"])
    given = rows[rows.employment.notna()]
    inside = (given.employment >= given.employment_lower) & (
        given.employment <= given.employment_upper.fillna(np.inf)
    )
    assert inside.all()
    known = set(made.keys) - hidden
    holds(dict(given.employment), 0.5 if step else 0.0, known)
    drawn = found.draws.to_pandas().set_index(["activity", "geo"])
    assert set(drawn.draw) == {1, 2, 3, 4}
    for _, own in drawn.groupby("draw"):
        values = {**{k: made.printed[k] for k in known}, **dict(own.value)}
        holds(values, 0.5 if step else 0.0, known)
        low, high = (rows.loc[own.index, f"employment_{end}"] for end in ("lower", "upper"))
        assert (own.value >= low - 1e-4).all()
        assert (own.value <= high + 1e-4).all()


def test_the_same_seed_gives_the_same_draws() -> None:
    rng = np.random.default_rng(5)
    made = truth(rng)
    data = made.table(masked(rng, made.keys, 0.4))
    one, same, other = (
        hansa.fill(data, reason=REASON, describe=UK, draws=2, seed=seed).draws for seed in (1, 1, 2)
    )
    assert one.equals(same)
    assert not one.equals(other)


@pytest.mark.parametrize("prior", ["best", "margins", "years", "equal", ""])
def test_nothing_known_changes(prior: str) -> None:
    rng = np.random.default_rng(6)
    made = truth(rng)
    hidden = masked(rng, made.keys, 0.5)
    found = fill(made.table(hidden), prior=prior)
    for key in set(made.keys) - hidden:
        row = found.loc[key]
        assert row.employment == made.printed[key]
        assert row.employment_lower == row.employment_upper == row.employment
        assert row.employment_status == ""


def test_every_filled_value_is_named_as_one() -> None:
    """Hiding one more cell makes no value appear that does not say it was filled."""
    rng = np.random.default_rng(8)
    made = truth(rng)
    hidden = masked(rng, made.keys, 0.4)
    found = fill(made.table(hidden), tolerance="exact")
    for key in sorted(set(made.keys) - hidden)[::8]:
        more = fill(made.table(hidden | {key}), tolerance="exact")
        appeared = more.employment.notna() & found.employment.isna()
        assert not appeared.any()
    values = found.loc[sorted(hidden)]
    values = values[values.employment.notna()]
    summed = ~values.employment_status.str.contains("imputed")
    # The only other way is a whole of parts that are all known (law, clause 5).
    assert (values[summed].employment_lower == values[summed].employment_upper).all()
    assert {a for a, g in values[summed].index if g not in ("UKC",)} <= {"A"}
    uncertain = values.employment_lower < values.employment_upper
    assert (values[uncertain].employment_estimated == 1).all()
    assert values[uncertain].employment_status.str.contains("interval").all()
