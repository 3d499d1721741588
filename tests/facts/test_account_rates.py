"""Rates on drawn accounts: false errors, and single planted errors that are found."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(BENCH))
    yield
    for name in ("account_rates", "account_errors", "account_tables"):
        sys.modules.pop(name, None)


@pytest.mark.usefixtures("bench")
def test_a_sample_of_both_rates():
    from account_rates import measured

    rates = measured(12, 42, seed=7)
    assert rates.error_share <= 0.01, rates.alarms
    assert rates.found_share >= 0.95, rates.missed
    assert len(rates.planted) >= 12


@pytest.mark.long
@pytest.mark.usefixtures("bench")
def test_the_published_rates():
    from account_rates import FINAL_SEED, measured

    rates = measured(1000, 1000, FINAL_SEED)
    assert rates.error_share <= 0.01, rates.alarms
    assert rates.found_share >= 0.95, rates.missed


@pytest.mark.usefixtures("bench")
def test_drawn_accounts_are_valid_by_the_rule_that_judges_errors():
    from account_errors import ranking_possible, sums_possible
    from account_tables import drawn

    accounts = [drawn(np.random.default_rng([3, k])) for k in range(60)]
    assert all(ranking_possible(a) for a in accounts)
    assert all(sums_possible(a) for a in accounts)


@pytest.mark.usefixtures("bench")
def test_the_judging_rule_knows_an_impossible_ranking():
    from account_errors import ranking_possible
    from account_tables import Drawn, Sheet

    told = {"rank": "r", "value": "v", "high": True, "has_change": False, "has_earlier": False}

    def possible(ranks: str, values: str) -> bool:
        columns = {"r": ranks.split(), "v": values.split()}
        return ranking_possible(Drawn({"ranking_table.csv": Sheet(columns)}, [], told))

    assert possible("1 2 3", "9 8 7")
    assert possible("2 1 3", "8 8 7")
    assert possible("1 1 3", "8 8 7")
    assert not possible("2 1 3", "9 8 7")
    assert not possible("1 1 3", "9 8 7")
    assert not possible("1 2 4", "9 8 7")
