"""Sentences and their certainty words."""

from __future__ import annotations

from hansa.views import sentences as say
from hansa.views.reading import At, Cell, read

from .panels import NAMES, quotients, rates, sizes


def cell(
    value: float | None, lower: float | None = None, upper: float | None = None, **rest
) -> Cell:
    return Cell("x", "X", value, lower, upper, **rest)


def test_certainty_words_have_fixed_meanings() -> None:
    assert say.certainty(cell(2.0), 1) == "certain"
    assert say.certainty(cell(2.4, 2.3, 2.6), 1) == "certain"
    assert say.certainty(cell(1.2, 0.9, 1.5), 1) == "possible"
    assert say.certainty(cell(1.2, 0.9, 1.5), 1, draws=0.95) == "likely"
    assert say.certainty(cell(1.2, 0.9, 1.5), 1, draws=0.89) == "possible"
    assert say.certainty(cell(2.0, estimated=0.12), 1) == "possible"
    assert say.certainty(cell(None, 2.0, 3.0), 1) == "certain"
    assert say.certainty(cell(2.0, 1.1, None), 1) == "certain"
    assert say.certainty(cell(0.5, 0.1, None), 1) == "possible"
    assert say.certainty(cell(0.5, None, 0.9), 1) == "certain"
    assert say.certainty(cell(None), 1) == "cannot be said"


def test_one_specialisation() -> None:
    panel = quotients({"cluster": "wood", "value": 2.4, "lower": 2.3, "upper": 2.6})
    assert say.specialisation(panel, At("UKL2", "wood"), NAMES) == (
        "Wood and furniture in East Wales: 2.4 times the share of Great Britain; "
        "certain (2.3 to 2.6)."
    )


def test_a_specialisation_that_cannot_be_said() -> None:
    panel = quotients({"cluster": "wood", "value": None, "status": "c"})
    assert say.specialisation(panel, At("UKL2", "wood"), NAMES) == (
        "Wood and furniture in East Wales: cannot be said (confidential)."
    )


def test_zero_is_none_and_not_zero_times() -> None:
    panel = quotients({"cluster": "wood", "value": 0.0})
    assert "none, against a presence in Great Britain" in say.specialisation(
        panel, At("UKL2", "wood"), NAMES
    )


def test_largest_clusters() -> None:
    panel = sizes({"cluster": "wood", "value": 400.0}, {"cluster": "food", "value": 1000.0})
    assert say.largest(panel, words=NAMES) == (
        "Largest clusters of East Wales in 2018, jobs: "
        "food and drink (1\u202f000) and wood and furniture (400)."
    )


def test_an_order_with_overlapping_intervals_is_possible_only() -> None:
    panel = sizes(
        {"cluster": "wood", "value": 900.0, "lower": 800.0, "upper": 1100.0},
        {"cluster": "food", "value": 1000.0, "lower": 950.0, "upper": 1050.0},
    )
    assert "The order is possible, not certain" in say.largest(panel, words=NAMES)


def test_fastest_growth_leaves_tiny_cells_aside() -> None:
    panel = rates(
        {"cluster": "wood", "value": -0.1},
        {"cluster": "food", "value": 0.25},
        {"cluster": "ships", "value": 4.0, "status": "tiny"},
    )
    assert say.fastest(panel, words=NAMES) == (
        "Fastest growth in East Wales from 2015 to 2018: food and drink (+25\u202f%, certain). "
        "Strongest decline in East Wales from 2015 to 2018: "
        "wood and furniture (−10\u202f%, certain)."
    )


def test_growth_is_ordered_by_what_is_certain_and_what_may_have_shrunk_is_not_named() -> None:
    panel = rates(
        {"cluster": "food", "value": 0.57},
        {"cluster": "wood", "value": None, "lower": 0.5, "upper": 0.9},
        {"cluster": "ships", "value": None, "lower": -0.6, "upper": 1.8},
    )
    assert say.fastest(panel, words=NAMES) == (
        "Fastest growth in East Wales from 2015 to 2018: food and drink (+57\u202f%) and "
        "wood and furniture (between +50\u202f% and +90\u202f%); each certain. "
        "Ordered by how much is certain at least; the true order may be another, as growth lies "
        "between bounds. "
        "Not named: one cluster that may have grown or shrunk."
    )


def test_strongest_specialisations() -> None:
    panel = quotients(
        {"cluster": "food", "value": 2.4, "lower": 2.3, "upper": 2.6},
        {"cluster": "wood", "value": 1.5, "estimated": 0.12},
        {"cluster": "ships", "value": 0.5},
    )
    assert say.strongest(panel, words=NAMES) == (
        "Strongest specialisations of East Wales in 2018, as multiples of the share of "
        "Great Britain: food and drink (2.4, certainly above 1: 2.3 to 2.6); "
        "wood and furniture (1.5, possible: 12\u202f% estimated)."
    )


def test_what_cannot_be_said_and_why() -> None:
    panel = quotients(
        {"cluster": "food", "value": 2.4},
        {"cluster": "wood", "value": None, "status": "c"},
        {"cluster": "ships", "value": None, "status": "m"},
    )
    assert say.unsaid(panel, "cluster", words=NAMES) == (
        "Cannot be said for 2 of 3 clusters. Confidential: Wood and furniture. Missing: Ships."
    )


def test_nothing_is_said_where_everything_is_known() -> None:
    assert say.unsaid(quotients({"value": 2.4}), "cluster") == ""


def test_clusters_certainly_above_1_come_first() -> None:
    panel = quotients(
        {"cluster": "food", "value": 9.0, "lower": 0.5, "upper": 30.0, "estimated": 0.6},
        {"cluster": "wood", "value": 1.5, "lower": 1.4, "upper": 1.6, "estimated": 0.001},
        {"cluster": "ships", "value": 1.2},
    )
    assert say.strongest(panel, words=NAMES) == (
        "Strongest specialisations of East Wales in 2018, as multiples of the share of "
        "Great Britain: wood and furniture (1.5, certainly above 1: 1.4 to 1.6); ships (1.2, "
        "certainly above 1); food and drink (9, possible: 0.5 to 30, 60\u202f% estimated). "
        "The order is possible, not certain: the intervals overlap."
    )
    title = say.specialised_title(read(panel, "cluster", words=NAMES), NAMES)
    assert title.startswith(
        "East Wales: possibly most specialised in wood and furniture, 1.5 times"
    )


def test_what_rests_wholly_on_estimates_and_may_lie_below_1_is_not_among_the_strongest() -> None:
    wholly = {"cluster": "food", "value": 9.0, "lower": 0.0, "upper": 30.0, "estimated": 1.0}
    text = say.strongest(quotients(wholly, {"cluster": "ships", "value": 1.2}), words=NAMES)
    assert "food" not in text
    assert text.endswith(
        "Not named: one cluster that is known by estimates or bounds alone and may lie above or "
        "below 1."
    )
    alone = say.strongest(quotients(wholly, {"cluster": "ships", "value": 0.5}), words=NAMES)
    assert "food and drink (9, possible: 0 to 30, 100\u202f% estimated)" in alone
    assert "None is certainly above 1." in alone
    sure = {**wholly, "lower": 2.0}
    assert "food and drink (9, certainly above 1: 2 to 30, 100" in say.strongest(
        quotients(sure), words=NAMES
    )


def test_heading_and_sentence_say_equally_how_sure_the_order_is() -> None:
    """What is not known may stand anywhere: both say among how many, neither more than that."""
    rows = (
        {"cluster": "food", "value": 1000.0},
        {"cluster": "wood", "value": 400.0},
        {"cluster": "ships", "value": None, "status": "c"},
    )
    panel = sizes(*rows)
    title = say.largest_title(read(panel, "cluster", words=NAMES), NAMES)
    assert title == (
        "Food and drink is the largest cluster of East Wales: 1\u202f000 jobs (of 2 known clusters)"
    )
    assert say.largest(panel, words=NAMES) == (
        "Largest clusters of East Wales in 2018 (of 2 known clusters), jobs: "
        "food and drink (1\u202f000) and wood and furniture (400)."
    )
    open_rows = (rows[0] | {"lower": 300.0, "upper": 1200.0}, rows[1])
    title = say.largest_title(read(sizes(*open_rows), "cluster", words=NAMES), NAMES)
    assert "Food and drink may be the largest" in title
    assert "The order is possible" in say.largest(sizes(*open_rows), words=NAMES)


def test_an_estimate_that_rounds_to_nothing_is_not_given_in_per_cent() -> None:
    panel = quotients(
        {"cluster": "food", "value": 2.4, "lower": 2.3, "upper": 2.6, "estimated": 0.002}
    )
    assert say.strongest(panel, words=NAMES).endswith("(2.4, certainly above 1: 2.3 to 2.6).")
    assert "less than 1\u202f% of the number" in say.specialisation(panel, At("UKL2"), NAMES)
    assert any("less than 1" in line for line in say.certainties(panel, "cluster", words=NAMES))
