"""How often `hansa check` is wrong: false alarms on valid tables, planted errors it finds.

The tables, the errors and the rule that says what can be found are in `bench/check_*.py`; the check
shares nothing with them. Seeds 1 to 99 were looked at; the published rates have seed 2026.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

import check_rates
from check_errors import KINDS


def found(rates):
    """Planted errors found and named, and all that can be found."""
    good = rates.count("error") + rates.count("warning")
    return good, good + rates.count("unnamed") + rates.count("missed")


@pytest.mark.long
def test_a_sample_of_valid_tables_and_of_planted_errors():
    rates = check_rates.run(seed=7, tables=40, errors=40)
    assert (rates.tables, rates.with_error) == (40, 0)
    good, every = found(rates)
    assert every == 40
    assert good >= 38, rates.misses


@pytest.mark.long
def test_the_rates_of_a_thousand():
    rates = check_rates.run(seed=check_rates.FINAL_SEED, tables=1000, errors=1000)
    assert rates.tables == 1000
    assert rates.with_error <= 10, rates.misses
    good, every = found(rates)
    assert every == 1000
    assert good >= 950, rates.misses
    assert {kind for kind, _ in rates.errors} == set(KINDS)
