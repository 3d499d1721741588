"""Prosperity as a product: identities that hold for every region, by hand and by Hypothesis."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as drawn

from hansa.law import Quantity, flags_to_text
from hansa.measures.prosperity import (
    UNITS,
    WHOLE,
    Accounts,
    decompose,
    factors_of,
    logarithmic_mean,
    prosperity,
    terms_of,
)

usual = settings(derandomize=True, max_examples=20, deadline=None)
PARTS = tuple(f.name for f in fields(Accounts))
KINDS = [(long, hours) for long in (False, True) for hours in (False, True)]
positive = st.floats(1e-3, 1e9, allow_nan=False, allow_infinity=False)


def accounts(values: dict[str, list[float]], **flags: list[int]) -> Accounts:
    return Accounts(
        **{
            name: Quantity(
                np.array(values[name], float),
                np.array(flags[name], np.uint64) if name in flags else None,
            )
            for name in PARTS
        }
    )


@st.composite
def some_regions(draw: st.DrawFn) -> Accounts:
    count = draw(st.integers(1, 4))
    array = drawn.arrays(np.float64, (len(PARTS), count), elements=positive)
    return accounts(dict(zip(PARTS, draw(array).tolist(), strict=True)))


def example() -> Accounts:
    """Two regions whose numbers can be followed by hand."""
    return accounts(
        {
            "euro": [60_000.0, 50_000.0],
            "pps": [50_000.0, 50_000.0],
            "population": [2_000.0, 1_000.0],
            "workers": [1_000.0, 600.0],
            "hours": [1_500_000.0, 900_000.0],
            "residents": [950.0, 500.0],
            "labour_force": [1_000.0, 520.0],
        }
    )


def test_the_factors_of_a_region_followed_by_hand() -> None:
    own = example()[:1]
    # 60 000 million euro in 1 500 million hours; 1 500 000 thousand hours of 1 000 thousand workers
    found = dict(zip(terms_of(), factors_of(own).value[:, 0], strict=True))
    assert found == pytest.approx(
        {"productivity": 40, "hours_per_worker": 1500, "employment_rate": 0.5, "prices": 5 / 6},
        rel=1e-15,
    )
    assert prosperity(own).value[0] == 25_000
    per_worker = dict(
        zip(terms_of(hours=False), factors_of(own, hours=False).value[:, 0], strict=True)
    )
    assert per_worker["productivity_per_worker"] == 60_000
    long = dict(zip(terms_of(long=True), factors_of(own, long=True).value[:, 0], strict=True))
    assert long["commuting"] == 1000 / 950
    assert long["employed_share"] == 0.95
    assert long["activity_rate"] == 0.5


def test_contributions_followed_by_hand() -> None:
    own = example()
    found = decompose(own[:1], own[1:])
    # 25 000 against 50 000: the logarithmic mean is 25 000 / ln 2
    mean = 25_000 / math.log(2)
    wanted = [math.log(40 / (500 / 9)), 0.0, math.log(0.5 / 0.6), math.log(5 / 6)]
    assert found.logs.value[:, 0] == pytest.approx(wanted, abs=1e-15)
    assert found.contributions.value[:, 0] == pytest.approx([mean * w for w in wanted], abs=1e-9)
    assert found.gap.value[0] == -25_000
    assert found.whole_log.value[0] == pytest.approx(-math.log(2), rel=1e-15)


@pytest.mark.parametrize(("long", "hours"), KINDS)
@usual
@given(own=some_regions())
def test_the_product_of_the_factors_is_prosperity(own: Accounts, long: bool, hours: bool) -> None:
    made = factors_of(own, long=long, hours=hours).value.prod(axis=0)
    assert made == pytest.approx(prosperity(own).value, rel=1e-12)


@pytest.mark.parametrize(("long", "hours"), KINDS)
@usual
@given(own=some_regions(), beside=some_regions())
def test_contributions_add_up_without_a_residual(
    own: Accounts, beside: Accounts, long: bool, hours: bool
) -> None:
    found = decompose(own, beside.summed(), long=long, hours=hours)
    scale = np.abs(found.contributions.value).sum(axis=0) + found.whole.value
    rest = found.contributions.value.sum(axis=0) - found.gap.value
    assert (np.abs(rest) <= 1e-12 * (scale + found.whole_reference.value)).all()
    assert found.logs.value.sum(axis=0) == pytest.approx(found.whole_log.value, abs=1e-12)


@pytest.mark.parametrize(("long", "hours"), KINDS)
@usual
@given(own=some_regions())
def test_the_reference_against_itself_gives_zeros(own: Accounts, long: bool, hours: bool) -> None:
    whole = own.summed()
    found = decompose(whole, whole, long=long, hours=hours)
    assert not found.logs.value.any()
    assert not found.contributions.value.any()
    assert not found.gap.value.any()


@usual
@given(own=some_regions(), beside=some_regions(), times=st.floats(0.01, 100))
def test_the_unit_of_money_moves_prices_and_output_alone(
    own: Accounts, beside: Accounts, times: float
) -> None:
    """The same euro counted in another currency everywhere changes nothing."""

    def other(a: Accounts) -> Accounts:
        return replace(a, euro=replace(a.euro, value=a.euro.value * times))

    reference = beside.summed()
    one, two = decompose(own, reference), decompose(other(own), other(reference))
    assert two.logs.value == pytest.approx(one.logs.value, abs=1e-11)


@usual
@given(own=some_regions())
def test_regions_keep_their_own_order_and_a_sum_is_that_of_its_parts(own: Accounts) -> None:
    count = len(own.euro.value)
    turned = list(range(count))[::-1]
    reference = own.summed()
    plain, other = decompose(own, reference), decompose(own[turned], reference)
    assert (plain.contributions.value[:, turned] == other.contributions.value).all()
    assert reference.pps.value[0] == pytest.approx(math.fsum(own.pps.value), rel=1e-12)
    # Prosperity of the whole is the mean weighted by inhabitants, never the plain mean.
    weighted = np.average(prosperity(own).value, weights=own.population.value)
    assert prosperity(reference).value[0] == pytest.approx(weighted, rel=1e-9)


@usual
@given(a=positive, b=positive)
def test_the_logarithmic_mean_lies_between_the_two_and_between_the_other_means(
    a: float, b: float
) -> None:
    found = float(logarithmic_mean(np.array(a), np.array(b)))
    assert found == pytest.approx(float(logarithmic_mean(np.array(b), np.array(a))), rel=1e-12)
    slack = 1e-9 * max(a, b)
    assert math.sqrt(a * b) - slack <= found <= (a + b) / 2 + slack


@pytest.mark.parametrize("apart", [1e-15, 1e-12, 1e-9, 1e-6, 1e-3, 0.5, 3.0])
def test_the_logarithmic_mean_keeps_its_digits_close_to_equal(apart: float) -> None:
    from decimal import Decimal, getcontext

    getcontext().prec = 60
    a, b = 25_000.0 * (1 + apart), 25_000.0
    x, y = Decimal(a), Decimal(b)
    exact = float((x - y) / (x / y).ln()) if x != y else b
    assert float(logarithmic_mean(np.array(a), np.array(b))) == pytest.approx(exact, rel=1e-14)


@pytest.mark.parametrize("a", [0.0, -1.0, math.nan])
def test_the_logarithmic_mean_knows_nothing_of_numbers_below_zero(a: float) -> None:
    assert np.isnan(logarithmic_mean(np.array(a), np.array(2.0)))
    assert np.isnan(logarithmic_mean(np.array(2.0), np.array(a)))


@pytest.mark.parametrize("name", PARTS[:5])
@pytest.mark.parametrize(("value", "letter"), [(math.nan, "m"), (0.0, "z"), (-5.0, "z")])
def test_a_factor_that_is_absent_or_not_above_zero_empties_the_whole_decomposition(
    name: str, value: float, letter: str
) -> None:
    own = example()
    wrong = getattr(own, name).value.copy()
    wrong[0] = value
    own = replace(own, **{name: Quantity(wrong)})
    found = decompose(own, example().summed())
    assert np.isnan(found.logs.value[:, 0]).all()
    assert np.isnan(found.contributions.value[:, 0]).all()
    assert np.isfinite(found.contributions.value[:, 1]).all(), "another region stays as it was"
    assert found.logs.flags is not None
    texts = {flags_to_text(int(bits)) for bits in found.logs.flags[:, 0]}
    # A zero below a fraction line leaves nothing, as an absent number does (clause 7).
    assert texts <= {letter, "m"}
    assert not np.isinf(found.factors.value).any()


def test_a_reference_with_a_hole_empties_every_region() -> None:
    own = example()
    hole = replace(
        own, hours=Quantity(np.array([math.nan, 900_000.0]), np.array([4, 0], np.uint64))
    )
    found = decompose(own, hole.summed())
    assert np.isnan(found.contributions.value).all()
    assert np.isfinite(found.gap.value).all(), "prosperity itself needs no hours"
    assert found.contributions.flags is not None
    assert {flags_to_text(int(b)) for b in found.contributions.flags.ravel()} == {"c"}
    assert np.isfinite(decompose(own, hole.summed(), hours=False).contributions.value).all()


def test_what_is_known_of_a_region_stays_known() -> None:
    own = replace(example(), hours=Quantity(np.array([math.nan, 900_000.0])))
    found = decompose(own, example().summed())
    assert found.factors.value[2:, 0].tolist() == [0.5, 5 / 6]
    assert found.whole.value[0] == 25_000


def test_flags_and_shares_estimated_travel_to_what_they_touch() -> None:
    own = example()
    provisional, estimated = 1 << 15, 1 << 4
    own = replace(
        own,
        hours=Quantity(own.hours.value, np.array([provisional, 0], np.uint64)),
        population=Quantity(
            own.population.value, np.array([estimated, 0], np.uint64), estimated=np.array([1.0, 0])
        ),
    )
    found = decompose(own, example().summed())
    assert found.contributions.flags is not None
    letters = [flags_to_text(int(b)) for b in found.contributions.flags[:, 0]]
    # Every contribution rests on prosperity, and so on inhabitants; only two on hours.
    assert letters == ["e;p", "e;p", "e", "e"]
    assert not found.contributions.flags[:, 1].any()
    assert found.contributions.estimated is not None
    assert found.contributions.estimated[:, 0].tolist() == [1.0] * 4


@pytest.mark.parametrize(("long", "hours"), KINDS)
def test_every_factor_has_a_unit(long: bool, hours: bool) -> None:
    assert {*terms_of(long=long, hours=hours), WHOLE} <= set(UNITS)
