"""The regions and countries behind the figure of a macro-region."""

from __future__ import annotations

from typing import Any

import pytest

from hansa.errors import UsageError
from hansa.views.carried import carried, carriers
from hansa.views.reading import At

from .dynamics_panels import WORDS, jobs, quotients

JOBS: list[dict[str, Any]] = [
    {"geo": "SE11", "value": 500.0},
    {"geo": "SE12", "value": 20.0, "lower": 10.0, "upper": 30.0},
    {"geo": "FI1B", "value": None, "lower": 5.0, "upper": 50.0},
    {"geo": "EE00", "value": 0.0},
    {"geo": "LV00", "value": None, "status": "c"},
    {"geo": "LT01", "value": 3.0, "lower": 0.0, "upper": 6.0},
]
SHARES: list[dict[str, Any]] = [
    {"geo": "SE11", "value": 2.0, "lower": 1.8, "upper": 2.2},
    {"geo": "SE12", "value": 1.2, "lower": 0.9, "upper": 1.5},
    {"geo": "FI1B", "value": 9.0, "status": "tiny"},
    {"geo": "LV00", "value": 3.0},
]


def panels() -> tuple[Any, Any]:
    return tuple(
        make([{"cluster": "food", **row} for row in rows])
        for make, rows in ((jobs, JOBS), (quotients, SHARES))
    )


def test_a_region_counts_when_its_size_is_certainly_above_zero() -> None:
    found = carriers(*panels())
    assert found.regions == ("SE11", "SE12", "FI1B"), "a lower bound above 0 is enough"
    assert found.countries == ("FI", "SE")
    assert found.none == ("EE00",)
    assert found.unknown == ("LV00", "LT01"), "a bound of 0 leaves it open"


def test_a_share_counts_when_it_is_certainly_larger_and_not_tiny() -> None:
    assert carriers(*panels()).above == ("SE11",)


def test_the_sentence() -> None:
    assert carried(*panels(), words=WORDS) == (
        "Food and drink: carried by 3 regions in 2 countries in 2018; in 1 of 3 the share "
        "is certainly larger than in Europe; 1 region has none; of 2 regions it is not known."
    )


def test_the_sentence_without_quotients_and_with_one_region() -> None:
    one = jobs([{"geo": "SE11", "cluster": "food", "value": 5.0}])
    assert carried(one, None, words=WORDS) == (
        "Food and drink: carried by 1 region in 1 country in 2018."
    )
    local = jobs([{"geo": "01", "cluster": "food", "value": 5.0}], geography="local")
    assert carried(local, None, words=WORDS) == "Food and drink: carried by 1 region in 2018."


def test_nothing_known_is_said() -> None:
    gone = jobs([{"geo": "SE11", "cluster": "food", "value": None, "status": "c"}])
    assert carried(gone, None, words=WORDS) == (
        "Food and drink: no region is known to have jobs in 2018; of 1 region it is not known."
    )


def test_one_cluster_at_a_time() -> None:
    rows = [{"geo": "SE11", "cluster": c, "value": 5.0} for c in ("food", "wood")]
    with pytest.raises(UsageError, match="one cluster"):
        carried(jobs(rows), None)
    assert carried(jobs(rows), None, At(cluster="wood"), WORDS).startswith("Wood and furniture: ")
