"""First places of a ranking: certain, possible, and what regions that are not known change."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hansa.views.league import league
from hansa.views.reading import At, read
from hansa.views.topplaces import above, reaching, sharper, top_places, top_sentence

from .panels import panel, quotients


def bounded(geo: str, low: float | None, high: float | None, status: str = "") -> dict:
    """One region between two bounds; exact where they meet, absent without them."""
    value = None if low is None or high is None else (low + high) / 2
    return {"geo": geo, "value": value, "lower": low, "upper": high, "status": status}


def places(*rows: dict, count: int = 2):
    return top_places(read(quotients(*rows), "geo"), count=count)


def test_two_places_of_five_by_hand() -> None:
    """R1 is above all; R2 and R3 overlap; R4 ends below both; R5 is far below."""
    found = places(
        bounded("R1", 8, 9),
        bounded("R2", 4, 6),
        bounded("R3", 3, 5),
        bounded("R4", 1, 2),
        bounded("R5", 0, 1),
    )
    assert (found.certain, found.possible, found.ranked, found.unknown) == (1, 3, 5, 0)
    assert top_sentence(found, "regions") == (
        "1 of the 2 top places is certain; 3 regions may hold one of them."
    )


def test_what_is_open_upwards_may_stand_before_all() -> None:
    """Growth from what may be nothing: R3 has a value, one bound, and any place."""
    half = {"geo": "R3", "value": 1.0, "lower": 0.0, "upper": None, "status": "e"}
    rows = (bounded("R1", 8, 9), bounded("R2", 4, 6), half)
    assert (places(*rows).certain, places(*rows).possible) == (1, 3)
    ranks = {row.code: (row.best, row.worst) for row in league(quotients(*rows)).rows}
    assert ranks == {"R1": (1, 2), "R2": (2, 3), "R3": (1, 3)}


def test_bounds_that_touch_make_a_place_possible_only() -> None:
    found = places(bounded("R1", 8, 9), bounded("R2", 4, 6), bounded("R3", 3, 4))
    assert (found.certain, found.possible) == (1, 3)
    assert places(bounded("R1", 8, 9), bounded("R2", 4, 6), bounded("R3", 3, 3.9)).certain == 2


def test_exact_numbers_are_certain_by_what_is_printed_and_ties_are_not() -> None:
    exact = [bounded(f"R{i}", v, v) for i, v in enumerate((5, 4, 3, 2))]
    assert top_sentence(places(*exact), "regions") == (
        "All 2 top places are certain by the printed numbers."
    )
    tied = [bounded(f"R{i}", v, v) for i, v in enumerate((5, 4, 4, 2))]
    assert (places(*tied).certain, places(*tied).possible) == (1, 3)


def test_regions_that_are_not_known_may_stand_anywhere() -> None:
    """One hidden region above both: one place is left for certain, held by the first."""
    rows = [bounded(f"R{i}", v, v + 0.5) for i, v in enumerate((5, 4, 3, 2))]
    found = places(*rows, bounded("R9", None, None, "c"))
    assert (found.certain, found.strictly, found.unknown) == (2, 1, 1)
    assert top_sentence(found, "regions") == (
        "Among the 4 regions that are known, all 2 top places are certain. Counting the 1 that is "
        "not known, which may stand anywhere, 1 of the 2 is certain."
    )
    for status in ("z", "entry"):
        assert places(*rows, bounded("R9", None, None, status)).unknown == 0, "it has no value"


def test_a_short_ranking_says_nothing() -> None:
    found = places(bounded("R1", 1, 2), bounded("R2", 3, 4))
    assert not found.meaningful
    assert top_sentence(found, "regions") == ""


def test_shares_rank_quotients_where_only_the_reference_is_unsure() -> None:
    """Shares 0.3 and 0.2 against a reference of 0.1 to 0.2: quotients overlap, ranks do not."""
    q = quotients(bounded("R1", 1.5, 3), bounded("R2", 1, 2), bounded("R3", 0.5, 1))
    rows = [bounded("R1", 0.3, 0.3), bounded("R2", 0.2, 0.2), bounded("R3", 0.1, 0.1)]
    share = panel(
        [{"cluster": "food", **row} for row in rows],
        measure="focus", label="Share of the region", unit="share 0-1", kind="intensive",
    )  # fmt: skip
    assert [r.rank_text for r in league(q).rows] == ["1 (1–2)", "2 (1–3)", "3 (2–3)"]
    table = league(q, order=share)
    assert [r.rank_text for r in table.rows] == ["1 (1–1)", "2 (2–2)", "3 (3–3)"]
    assert "intervals of the share of the region overlap" in table.note
    without = share.among("geo", ["R1", "R2"])
    assert sharper(read(q, "geo"), read(without, "geo", At(cluster="food"))) is None
    assert next(r.rank_text for r in league(q, order=without).rows) == "1 (1–2)"


ENDS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=7)


@settings(max_examples=100, deadline=None)
@given(ENDS, st.integers(1, 3), st.randoms(use_true_random=False))
def test_every_true_table_keeps_certain_places_and_possible_ones(ends, count, random) -> None:
    low = np.array([min(e) for e in ends], float)
    high = np.array([max(e) for e in ends], float)
    certain, possible = reaching(low, high) < count, above(low, high) < count
    assert not (certain & ~possible).any()
    assert certain.sum() <= count
    true = np.array([random.randint(int(a), int(b)) for a, b in zip(low, high, strict=True)])
    among = np.array([(np.delete(true, i) > true[i]).sum() < count for i in range(len(true))])
    assert (among | ~certain).all()
    assert (possible | ~among).all()


@pytest.mark.parametrize("count", [1, 2, 3])
def test_exact_values_without_ties_make_certain_and_possible_one(count: int) -> None:
    exact = np.array([3.0, 1.0, 2.0, 5.0])
    assert (reaching(exact, exact) < count).sum() == (above(exact, exact) < count).sum() == count
