"""Stars and marks: each inequality where it binds, hidden cells, rules as data."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hansa
from hansa.law import Quantity
from hansa.measures.presence import Known, evaluate
from hansa.measures.reliability import unreliable
from hansa.measures.rules import RuleSet, find_rules, rule_sets
from hansa.measures.thresholds import quantile_bounds
from small_tables import UNKNOWN, definition, facts, results

US = find_rules("us-strong")
NAMES = ["qualifying", "significant", "strong", "strong-10"]


def us(quotients, jobs, plants):
    """The mark of each region of one cluster, by hand-made values."""
    row = lambda values: Quantity(np.array([values], float))  # noqa: E731
    values = {
        "location_quotient_traded": row(quotients),
        "employment": row(jobs),
        "establishments": row(plants),
    }
    found = evaluate(US, row(jobs), values, min_cell=0)
    low, high = found.counted()
    assert (low == high).all()
    return [([None, *NAMES])[int(k)] for k in low[0]]


# Five regions: the quantiles of type 7 are the second, third and fourth value, and for a tenth
# from the top 0.6 of the way from the fourth to the fifth.
FAR = [10, 20, 30, 40, 50]


def test_five_regions_by_hand():
    """Quartiles of 1, 2, 3, 4, 5 are 2, 3 and 4; the last tenth begins at 4.6."""
    assert us([1, 2, 3, 4, 5], [99, 98, 97, 96, 95], [9, 9, 9, 9, 1]) == [None] * 5, (
        "plants: the lowest quarter is 9, and nobody has more"
    )
    assert us([1, 2, 3, 4, 5], [90, 91, 95, 97, 98], [1, 2, 5, 6, 7]) == [
        None,
        None,
        "qualifying",
        "strong",
        "strong-10",
    ]


@pytest.mark.parametrize(
    ("quotient", "mark"),
    [(2.0, None), (2.01, "qualifying"), (3.0, "qualifying")],
)
def test_above_the_lowest_quarter_means_more_than_it(quotient, mark):
    """The third region's quotient moves: at the quarter itself (2) it does not qualify."""
    assert us([1, 2, quotient, 4, 5], [5, 6, 8, 9, 10], [5, 6, 8, 9, 10])[2] == mark


def test_the_median_itself_is_not_significant():
    """Six regions: median of 1, 2, 3, 3, 5, 6 is 3; quarter 2.25, upper quarter 4.5."""
    marks = us([1, 2, 3, 3, 5, 6], [1, 2, 8, 8, 9, 9], [1, 2, 8, 8, 9, 9])
    assert marks == [None, None, "qualifying", "qualifying", "strong", "strong-10"]
    marks = us([1, 2, 3, 3.2, 5, 6], [1, 2, 8, 8, 9, 9], [1, 2, 8, 8, 9, 9])
    assert marks[3] == "significant"


def test_strong_takes_ties_at_the_upper_quarter():
    assert us([1, 2, 3, 4, 4], [1, 2, 8, 8, 9], [1, 2, 8, 8, 9])[3:] == ["strong-10"] * 2


def test_strong_needs_a_quotient_of_one():
    below = us([0.1, 0.2, 0.3, 0.4, 0.99], [1, 2, 8, 8, 9], [1, 2, 8, 8, 9])
    assert below[4] == "significant"
    assert us([0.1, 0.2, 0.3, 0.4, 1.0], [1, 2, 8, 8, 9], [1, 2, 8, 8, 9])[4] == "strong-10"


def test_size_must_exceed_the_lowest_quarter():
    """Jobs 5, 7, 7, 8, 9: the quarter is 7, and 7 is not more than it."""
    assert us([1, 2, 3, 9, 4], [5, 9, 8, 7, 7], [5, 9, 8, 7, 9])[3] is None


def test_regions_without_jobs_change_nothing():
    before = us([1, 2, 3, 4, 5], FAR, FAR)
    with_empty = us([1, 2, 3, 4, 5, 0, 0], [*FAR, 0, 0], [*FAR, 0, 0])
    assert with_empty == [*before, None, None]


def test_a_population_of_three_says_nothing(tmp_path):
    table = facts("A B\nR1 60 100\nR2 200 10\nR3 300 40")
    table["establishments"] = 5
    groups = definition(tmp_path, "cluster,activity,weight,kind\nX,A,1,traded\nY,B,1,traded\n")
    panel = hansa.compute("strong_cluster", table, groups, describe=UNKNOWN, min_cell=0)
    assert set(results(panel).values()) == {None}
    assert set(results(panel, "reason").values()) == {"population too small"}


RULES = RuleSet(
    id="test",
    version="1",
    label="a test",
    source="here",
    smallest=1,
    award=(
        {
            "name": "size",
            "conditions": [{"measure": "employment", "compare": "quantile", "threshold": 0.6}],
        },
        {
            "name": "rank",
            "conditions": [{"measure": "employment", "compare": "rank", "threshold": 2}],
        },
        {"name": "jobs", "conditions": [{"measure": "employment", "threshold": 4}]},
    ),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=4))
def test_every_completion_lies_between_certain_and_possible(ends):
    """All ways to fill hidden cells with whole numbers, tried one by one."""
    low = np.array([[min(pair) for pair in ends]], float)
    high = np.array([[max(pair) for pair in ends]], float)
    hidden = Quantity(np.where(low == high, low, np.nan), None, low, high)
    found = evaluate(RULES, hidden, {"employment": hidden}, min_cell=0)
    least, most = found.counted()
    for values in product(*(range(min(pair), max(pair) + 1) for pair in ends)):
        full = Quantity(np.array([values], float))
        stars, _ = evaluate(RULES, full, {"employment": full}, min_cell=0).counted()
        assert (least <= stars).all()
        assert (stars <= most).all()


def test_quantile_bounds_by_hand():
    """Known 1 and 3, a third region somewhere between nothing and 10: median 1 to 3."""
    low, high = np.array([1, 3, 0.0]), np.array([1, 3, 10.0])
    sure, may = np.array([True, True, False]), np.array([True] * 3)
    assert quantile_bounds(low, high, sure, may, 0.5) == (1, 3)
    assert quantile_bounds(low, high, np.array([True] * 3), may, 0.0) == (0, 1)


def test_a_hidden_cell_makes_stars_possible_only():
    table = facts("""
            A     B  TOTAL
    R1   2000  1000   3000
    R2     :c  1000   3000
    R3   1000  1000   2000
    R4   1100  1000   2100
    R5    900  1000   1900
    """)
    panel = hansa.compute(
        "presence_stars", table, describe=UNKNOWN, hidden="bounds", rules="eco-2007-draft"
    )
    stars = {key[:2]: value for key, value in results(panel).items()}
    most = {key[:2]: value for key, value in results(panel, "upper").items()}
    assert stars["R2", "A"] is None
    assert most["R2", "A"] > 0
    assert stars["R3", "A"] == 0
    assert "size possible" in results(panel, "reason")["R2", "A", 2020]
    assert panel.header.notes[0].startswith("DRAFT. Rule set eco-2007-draft")


# The same table as below with R1 and R2 alike: both would have every star of theirs for certain.
UNSURE = """
          A     B  TOTAL
R1   9000{a}  1000  10000{t}
R2   9000  1000  10000
R3   1000  9000  10000
R4   1000  9000  10000
"""


def stars_of(a="", t="", rules="eco-2007-draft"):
    """(fewest, most stars, reason) of each region in A, with a status on a cell or a total."""
    panel = hansa.compute(
        "presence_stars", facts(UNSURE.format(a=a, t=t)), describe=UNKNOWN, rules=rules
    )
    parts = (results(panel, "lower"), results(panel, "upper"), results(panel, "reason"))
    return {r: tuple(p[r, "A", 2020] for p in parts) for r in ("R1", "R2", "R3", "R4")}


def test_a_cell_of_low_reliability_has_stars_possible_at_most():
    """R1 and R2 have 9 000 of 10 000 jobs, the base 20 000 of 40 000: quotient 1.8, no star.

    Type 7 of 1, 1, 9, 9 thousand at 0.9 is 9 thousand: size and focus are met by both.
    """
    plain, marked = stars_of(), stars_of(a=":u")
    assert plain["R1"][:2] == plain["R2"][:2] == (2, 2)
    assert marked["R1"][:2] == (0, 2), "what is not met stays not met, what is met is possible"
    assert marked["R1"][2].startswith(
        "of low reliability: possible at most; size possible: Size: jobs 9\u202f000 ≥ 9\u202f000"
    )
    assert "specialisation no" in marked["R1"][2]
    others = ("R2", "R3", "R4")
    assert [marked[r] for r in others] == [plain[r] for r in others], "thresholds stay as printed"


def test_low_reliability_of_a_total_leaves_the_stars_of_cells_alone():
    marked = stars_of(t=":u")
    assert marked == stars_of()
    panel = hansa.compute("presence_stars", facts(UNSURE.format(a="", t=":u")), describe=UNKNOWN)
    assert results(panel, "status")["R1", "A", 2020] == "u", "the status still says so"


def test_a_mark_of_low_reliability_is_possible_and_counts_as_possible_in_the_strong_share():
    """By the rules of the United States: the own mark of jobs or of plants is enough."""
    row = lambda values: Quantity(np.array([values], float))  # noqa: E731
    plants = row([1, 2, 5, 6, 7]).flagged(np.array([[0, 0, 0, 0, 1]], bool), "u")
    jobs = row([90, 91, 95, 97, 98])
    values = {
        "location_quotient_traded": row([1, 2, 3, 4, 5]),
        "employment": jobs,
        "establishments": plants,
    }
    known = {"establishments": Known(unreliable=unreliable(plants))}
    low, high = evaluate(US, jobs, values, 0, known).counted()
    assert low.tolist() == [[0, 0, 1, 3, 0]]
    assert high.tolist() == [[0, 0, 1, 3, 4]]


def test_growth_of_low_reliability_in_either_year_is_possible_at_most(tmp_path):
    path = tmp_path / "fast.toml"
    path.write_text(OWN.format(id="fast", measure="growth_rate"), encoding="utf-8")
    for first, last in (("", ""), (":u", ""), ("", ":u")):
        grids = {
            2019: f"A B\nR1 100{first} 100\nR2 100 100",
            2020: f"A B\nR1 200{last} 100\nR2 200 100",
        }
        panel = hansa.compute(
            "presence_stars", facts(grids), describe=UNKNOWN, rules=str(path), start=2019, end=2020
        )
        own = [results(panel, part)["R1", "A", 2020] for part in ("lower", "upper")]
        assert own == ([0, 1] if first or last else [1, 1])
        assert results(panel)["R2", "A", 2020] == 1, "another region's mark changes nothing"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.booleans()), min_size=1, max_size=5)
)
def test_certain_implies_possible_and_reliability_only_takes_certainty(cells):
    low = np.array([[min(a, b) for a, b, _ in cells]], float)
    high = np.array([[max(a, b) for a, b, _ in cells]], float)
    where = np.array([[u for *_, u in cells]])
    plain = Quantity(np.where(low == high, low, np.nan), None, low, high)
    marked = plain.flagged(where, "u")
    known = {"employment": Known(unreliable=where)}
    before = evaluate(RULES, plain, {"employment": plain}, min_cell=0)
    after = evaluate(RULES, marked, {"employment": marked}, 0, known)
    assert not (after.certain & ~after.possible).any()
    assert not after.certain[:, where].any()
    assert (after.possible == before.possible).all()
    assert (after.certain[:, ~where] == before.certain[:, ~where]).all()


def test_each_star_names_what_it_met():
    table = facts("A B\nR1 9000 1000\nR2 1000 9000\nR3 1000 9000\nR4 1000 9000")
    panel = hansa.compute("presence_stars", table, describe=UNKNOWN)
    reason = results(panel, "reason")["R1", "A", 2020]
    assert reason == (
        "size yes: Size: jobs 9\u202f000 ≥ 6\u202f600 (top 10 % of 4 regions); "
        "specialisation yes: Specialisation (all jobs as base) 3 ≥ 2; "
        "focus yes: Share of the region 0.9 ≥ 0.66 (top 10 % of 4 regions)"
    )
    assert results(panel, "label")["R1", "A", 2020] == "size, specialisation, focus"


OWN = """
format = 1
id = "{id}"
version = "1"
label = "half of all jobs"
source = "a test"
smallest = 1

[[award]]
name = "half"
[[award.condition]]
measure = "{measure}"
threshold = 0.5
"""


def test_rules_of_ones_own(tmp_path):
    path = tmp_path / "half.toml"
    path.write_text(OWN.format(id="half", measure="focus"), encoding="utf-8")
    panel = hansa.compute(
        "presence_stars", facts("A B\nR1 90 10"), describe=UNKNOWN, rules=str(path)
    )
    assert results(panel) == {("R1", "A", 2020): 1, ("R1", "B", 2020): 0}
    assert panel.header.notes[0] == "Rule set half 1: half of all jobs."


def test_changed_rules_are_other_rules(tmp_path):
    path = tmp_path / "us.toml"
    path.write_text(OWN.format(id="us-strong", measure="focus"), encoding="utf-8")
    with pytest.raises(hansa.HansaError, match="carries the name of a shipped one"):
        find_rules(str(path))


def test_a_rule_on_a_class_is_refused(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(OWN.format(id="own", measure="quadrant"), encoding="utf-8")
    with pytest.raises(hansa.HansaError, match=r"the rule set is wrong at 'award\.0\.conditions"):
        find_rules(str(path))
    with pytest.raises(hansa.HansaError, match="unknown rule set 'none'"):
        find_rules("none")


def test_every_draft_says_what_is_not_confirmed():
    for rules in rule_sets().values():
        assert (rules.certainty == "draft") == rules.id.endswith("-draft")
        assert bool(rules.to_confirm) == (rules.certainty == "draft")


def test_an_area_of_several_regions_has_no_stars(tmp_path):
    area = tmp_path / "both.toml"
    area.write_text(
        'id = "both"\ntitle = "Both"\ngeography = "local"\nmembers = ["R1", "R2"]\n'
        'status = "ours"\nsource = "a test"\n',
        encoding="utf-8",
    )
    table = facts("A B\nR1 9000 1000\nR2 1000 9000\nR3 1000 9000\nR4 1000 9000")
    panel = hansa.compute("presence_stars", table, describe=UNKNOWN, area=str(area))
    assert set(results(panel).values()) == {None}
    assert set(results(panel, "status").values()) == {"z"}
