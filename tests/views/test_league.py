"""Ranks and their intervals."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hansa.errors import HansaError
from hansa.views.league import League, league
from hansa.views.leaguechart import interval_chart
from hansa.views.quotients import specialisation_bars

from .index_texts import overlaps, words_of
from .panels import NAMES, data, quotients, words


def ranks(table: League) -> dict[str, str]:
    return {row.code: row.rank_text for row in table.rows}


def bounded(geo: str, value: float | None, lower: float | None, upper: float | None) -> dict:
    return {"geo": geo, "value": value, "lower": lower, "upper": upper}


def test_ranks_of_four_regions_checked_by_hand() -> None:
    # UKC1 is certainly first; UKC2 and UKD1 overlap; UKD3 is certainly last.
    table = league(
        quotients(
            bounded("UKD3", 0.5, 0.4, 0.6),
            bounded("UKC2", 2.0, 1.5, 2.2),
            bounded("UKC1", 4.0, 3.5, 4.5),
            bounded("UKD1", 1.8, 1.6, 1.9),
        )
    )
    assert ranks(table) == {
        "UKC1": "1 (1–1)",
        "UKC2": "2 (2–3)",
        "UKD1": "3 (2–3)",
        "UKD3": "4 (4–4)",
    }
    assert [row.code for row in table.rows] == ["UKC1", "UKC2", "UKD1", "UKD3"]


def test_touching_intervals_may_change_places() -> None:
    table = league(quotients(bounded("UKC1", 2.0, 1.5, 2.5), bounded("UKC2", 3.0, 2.5, 3.5)))
    assert ranks(table) == {"UKC2": "1 (1–2)", "UKC1": "2 (1–2)"}


def test_without_bounds_the_interval_comes_from_ties_and_the_note_says_so() -> None:
    rows = [("UKC1", 3.0), ("UKC2", 2.0), ("UKD1", 2.0), ("UKD3", 1.0)]
    table = league(quotients(*({"geo": g, "value": v} for g, v in rows)))
    assert ranks(table) == {
        "UKC1": "1 (1–1)",
        "UKC2": "2 (2–3)",
        "UKD1": "2 (2–3)",
        "UKD3": "4 (4–4)",
    }
    assert "from ties alone" in table.note


def test_an_absent_region_is_not_ranked_and_says_why() -> None:
    table = league(
        quotients({"geo": "UKC1", "value": None, "status": "c"}, {"geo": "UKC2", "value": 0.0})
    )
    assert ranks(table) == {"UKC2": "1 (1–1)", "UKC1": "·"}
    assert table.rows[-1].status == "confidential"
    assert table.table()[-1][0] == "·"


def test_a_region_known_by_two_bounds_has_an_interval_of_ranks_only() -> None:
    table = league(quotients(bounded("UKC1", None, 1.0, 3.0), bounded("UKC2", 2.0, 2.0, 2.0)))
    assert ranks(table) == {"UKC1": "1–2", "UKC2": "1 (1–2)"}


def test_the_picture_prints_every_rank_with_its_interval_and_keeps_the_chosen_region() -> None:
    rows = [bounded(f"UK{x}", 10.0 - i, 9.5 - i, 10.2 - i) for i, x in enumerate("CDEFG")]
    figure = interval_chart(league(quotients(*rows), words=NAMES), top=2, chosen=("UKG",))
    assert [v["geo"] for v in data(figure.spec, "geo", "at")] == ["UKC", "UKD", "UKG"]
    drawn = words(figure.spec)
    assert {"1 (1–1)", "2 (2–2)", "5 (5–5)"} <= set(drawn)
    assert figure.title == "Food and drink: West Midlands (England) ranks 5 (5–5) of 5 regions"
    assert len(figure.rows) == 5


def test_nothing_known_is_refused() -> None:
    with pytest.raises(HansaError, match="nothing to rank"):
        interval_chart(league(quotients({"geo": "UKC1", "value": None})))


def test_wide_bounds_take_no_place_from_a_value() -> None:
    """0 to 19 may be higher than 2.4, and 3 to 4 is: only that counts before the rank."""
    table = league(
        quotients(
            bounded("UKC1", None, 0.0, 19.0),
            bounded("UKC2", 2.4, 2.4, 2.4),
            bounded("UKD1", None, 3.0, 4.0),
            bounded("UKD3", 0.5, 0.5, 0.5),
        )
    )
    assert ranks(table) == {
        "UKD1": "1–2", "UKC2": "2 (2–3)", "UKD3": "3 (3–4)", "UKC1": "1–4",
    }  # fmt: skip
    assert [row.code for row in table.rows] == ["UKD1", "UKC2", "UKD3", "UKC1"]
    assert "stands where its lower bound puts it" in table.note


@pytest.mark.parametrize("region", ["Warmińsko-mazurskie", "Lin"])
def test_what_the_line_at_one_means_is_never_cut(region: str) -> None:
    """A reference with a long name, the line at the left: the words move, or become fewer."""
    for reference in (
        "members where both the cluster and the base are published",
        "the members of a list that is longer than any picture is wide, where all of them publish "
        "both the cluster and the base",
    ):
        values = list(enumerate((9.2, 4.6, 1.2), 1))
        labels = {f"UKC{n}": region for n, _ in values} | {f"x{n}": region for n, _ in values}
        named = replace(NAMES, labels=labels, reference=reference)
        regions = quotients(*({"geo": f"UKC{n}", "value": value} for n, value in values))
        clusters = quotients(*({"cluster": f"x{n}", "value": value} for n, value in values))
        for figure in (interval_chart(league(regions, words=named)),
                       specialisation_bars(clusters, words=named)):  # fmt: skip
            for narrow in (False, True):
                overlaps(figure, narrow)
                said = words_of(figure.narrow if narrow else figure.spec)
                assert any(text.startswith("same share") for text in said)
