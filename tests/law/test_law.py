"""The law of missing values, clause by clause, through the public interface.

`docs/explanation/law.md` names the test that holds each clause. Numbers are compared exactly:
jobs are whole numbers below 2^53, so their sums are exact, and the same quotient of the same
sums has the same bits. Where a sum is weighted, 1e-12 relative allows for rounding.
"""

from __future__ import annotations

import csv
import math
import re
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import hansa
from hansa.codes import geographies, geography_codes
from hansa.errors import HansaError
from small_tables import (
    UNKNOWN,
    ZERO,
    absent,
    definition,
    facts,
    present,
    results,
    table,
)

few = settings(derandomize=True, max_examples=25, deadline=None)
fewer = settings(derandomize=True, max_examples=15, deadline=None)

ONE_YEAR = ("employment", "cluster_share", "focus", "location_quotient_total")
GROWTH = ("employment_change", "growth_rate", "growth_annual", "growth_symmetric")


# --- tables that hypothesis draws -------------------------------------------------------------


def flat(draw, least: int, years: tuple[int, ...] = (2020,)) -> dict:
    """Jobs by (region, activity, year) for 2 to 4 regions and activities, `least` or more each."""
    regions = [f"R{i}" for i in range(draw(st.integers(2, 4)))]
    activities = [f"A{i}" for i in range(draw(st.integers(2, 4)))]
    jobs = st.integers(least, 500)
    return {(r, a, t): draw(jobs) for t in years for r in regions for a in activities}


full_tables = st.composite(lambda draw: flat(draw, 1))()
tables_with_zeros = st.composite(lambda draw: flat(draw, 0))()
three_years = st.composite(lambda draw: flat(draw, 1, (2018, 2019, 2020)))()


def with_totals(true: dict, along_activity: bool, along_geo: bool) -> dict:
    """The same jobs with published totals along activities, along regions, or both."""
    whole = dict(true)
    if along_activity:
        for (r, _, t), jobs in true.items():
            whole[r, "TOTAL", t] = whole.get((r, "TOTAL", t), 0) + jobs
    if along_geo:
        for (_, a, t), jobs in list(whole.items()):
            whole["TOTAL", a, t] = whole.get(("TOTAL", a, t), 0) + jobs
    return whole


def as_facts(jobs: dict, hidden=frozenset(), no_row=frozenset(), flags=None):
    """A facts table; `hidden` cells have an empty value, those of `no_row` no row."""
    return table(
        [
            (r, a, t, None if (r, a, t) in hidden else n, (flags or {}).get((r, a, t), ""))
            for (r, a, t), n in jobs.items()
            if (r, a, t) not in no_row
        ]
    )


# --- clause 1 -----------------------------------------------------------------------------------


def test_1_a_missing_row_is_what_the_header_says():
    """R2 has no row for A. Zero: R2 has no such jobs. Unknown: nobody can say."""
    jobs = facts(
        """
                A     B
        R1     30    70
        R2      .   180
        """
    )
    zero = results(hansa.compute("focus", jobs, describe=ZERO))
    unknown = results(hansa.compute("focus", jobs, describe=UNKNOWN))
    assert zero["R2", "A", 2020] == 0
    assert zero["R2", "B", 2020] == 1
    assert unknown["R2", "A", 2020] is None
    assert unknown["R2", "B", 2020] is None, "the region's total holds the missing cell"
    assert zero["R1", "A", 2020] == unknown["R1", "A", 2020] == 0.3


def test_1_an_undeclared_absent_row_is_zero_and_the_recipe_says_so():
    jobs = facts(
        """
                A     B
        R1     30    70
        R2      .   180
        """
    )
    panel = hansa.compute("employment", jobs)
    assert results(panel)["R2", "A", 2020] == 0
    assert any("taken as zero" in step for step in panel.header.steps)


@few
@given(tables_with_zeros, st.data())
def test_1_an_empty_value_is_absent_whatever_the_header_says(true, data):
    cell = data.draw(st.sampled_from(sorted(true)))
    jobs = as_facts(true, hidden={cell})
    for header in (ZERO, UNKNOWN):
        found = results(hansa.compute("employment", jobs, describe=header))
        assert found == {key: None if key == cell else n for key, n in true.items()}


@few
@given(tables_with_zeros, st.data())
def test_1_an_absent_row_is_a_zero_or_an_empty_value(true, data):
    """Leaving a row out says the same as writing 0 (zero) or nothing (unknown) into it."""
    cell = data.draw(st.sampled_from(sorted(true)))
    others = set(true) - {cell}
    assume(any(key[0] == cell[0] for key in others) and any(key[1] == cell[1] for key in others))
    left_out = as_facts(true, no_row={cell})
    for measure in ONE_YEAR:
        zero = results(hansa.compute(measure, left_out, describe=ZERO))
        assert zero == results(hansa.compute(measure, as_facts({**true, cell: 0}), describe=ZERO))
        unknown = results(hansa.compute(measure, left_out, describe=UNKNOWN))
        empty = as_facts(true, hidden={cell})
        assert unknown == results(hansa.compute(measure, empty, describe=UNKNOWN))


# --- clause 2 -----------------------------------------------------------------------------------


def test_2_a_result_carries_the_flags_of_all_it_used():
    """Without published totals a quotient uses every cell of the table."""
    jobs = facts(
        """
                A     B
        R1    30e    70
        R2     20  180p
        """
    )
    for measure, wanted in {
        "employment": {"R1 A": "e", "R1 B": "", "R2 A": "", "R2 B": "p"},
        "focus": {"R1 A": "e", "R1 B": "e", "R2 A": "p", "R2 B": "p"},
        "cluster_share": {"R1 A": "e", "R1 B": "p", "R2 A": "e", "R2 B": "p"},
        "location_quotient_total": dict.fromkeys(("R1 A", "R1 B", "R2 A", "R2 B"), "e;p"),
    }.items():
        panel = hansa.compute(measure, jobs, describe=UNKNOWN, min_cell=0)
        found = {f"{r} {a}": text for (r, a, _), text in results(panel, "status").items()}
        assert found == wanted, measure


def test_2_with_published_totals_the_flags_of_other_cells_stay_where_they_are():
    jobs = facts(
        """
                A     B  TOTAL
        R1    30e    70    100
        R2     20  180p    200
        TOTAL  50   250    300
        """
    )
    panel = hansa.compute("location_quotient_total", jobs, describe=UNKNOWN, min_cell=0)
    found = {f"{r} {a}": text for (r, a, _), text in results(panel, "status").items()}
    assert found == {"R1 A": "e", "R1 B": "", "R2 A": "", "R2 B": "p"}


@few
@given(tables_with_zeros, st.data())
def test_2_flags_of_shares_are_the_union_of_the_flags_used(true, data):
    """And `z` where their total is zero (clause 7)."""
    flags = {key: data.draw(st.sampled_from(("", "p", "u", "b", "d"))) for key in true}
    jobs = as_facts(true, flags=flags)

    def union(keys) -> str:
        return ";".join(sorted({flags[key] for key in keys} - {""}))

    used = {
        "employment": lambda r, a: [k for k in true if k[:2] == (r, a)],
        "focus": lambda r, a: [k for k in true if k[0] == r],
        "cluster_share": lambda r, a: [k for k in true if k[1] == a],
        "location_quotient_total": lambda r, a: list(true),
    }
    for measure, keys in used.items():
        panel = hansa.compute(measure, jobs, describe=UNKNOWN, min_cell=0)
        gone = absent(panel)
        for key, text in results(panel, "status").items():
            wanted = union(keys(*key[:2])).split(";") + ["z"] * (key in gone)
            assert text == ";".join(filter(None, wanted)), (measure, key)


def test_2_an_absent_value_says_why():
    jobs = facts(
        """
                A     B
        R1     :c    70
        R2      :   180
        """
    )
    status = results(hansa.compute("employment", jobs, describe=UNKNOWN), "status")
    assert status["R1", "A", 2020] == "c"
    assert status["R2", "A", 2020] == "m"


# --- clause 3 -----------------------------------------------------------------------------------


def depends(measure: str, layout: tuple[bool, bool], cell, key) -> bool:
    """By hand: whether the result at `key` uses the jobs of `cell`, a part and no total.

    layout  published totals along activities (every region has its TOTAL), along regions (the
            TOTAL of the reference area is there for every activity)
    """
    own = cell[:2] == key[:2]
    region_total = cell[0] == key[0] and not layout[0]
    unit_total = cell[1] == key[1] and not layout[1]
    all_total = not layout[0] and not layout[1]
    return {
        "employment": own,
        "focus": own or region_total,
        "cluster_share": own or unit_total,
        "location_quotient_total": own or region_total or unit_total or all_total,
    }[measure]


@pytest.mark.parametrize("layout", [(False, False), (True, False), (False, True), (True, True)])
@fewer
@given(true=full_tables, data=st.data())
def test_3_one_empty_cell_empties_exactly_the_results_that_use_it(layout, true, data):
    jobs = with_totals(true, *layout)
    cell = data.draw(st.sampled_from(sorted(true)))
    for measure in ONE_YEAR:
        before = results(hansa.compute(measure, as_facts(jobs), describe=UNKNOWN))
        after = results(hansa.compute(measure, as_facts(jobs, hidden={cell}), describe=UNKNOWN))
        wanted = {
            key: None if depends(measure, layout, cell, key) else value
            for key, value in before.items()
        }
        assert None not in before.values()
        assert after == wanted, measure


@fewer
@given(three_years, st.data())
def test_3_growth_spreads_absence_to_the_two_years_that_meet_in_it(true, data):
    cell = data.draw(st.sampled_from(sorted(true)))
    jobs = as_facts(true, hidden={cell})
    r, a, t = cell
    for measure in GROWTH:
        lost = absent(hansa.compute(measure, jobs, describe=UNKNOWN))
        no_year_before = {(*key[:2], 2018) for key in true}
        assert lost == no_year_before | ({(r, a, t), (r, a, t + 1)} & set(true))
    # The contribution also divides by the jobs of the whole region in the earlier year.
    lost = absent(hansa.compute("growth_contribution", jobs, describe=UNKNOWN))
    next_year = {key for key in true if key[0] == r and key[2] == t + 1}
    assert lost == no_year_before | {cell} | next_year


@few
@given(tables_with_zeros, st.booleans(), st.booleans(), st.data())
def test_3_an_empty_cell_never_makes_a_result_appear(true, along_activity, along_geo, data):
    """Whatever is hidden already, and with every kind of reference."""
    jobs = with_totals(true, along_activity, along_geo)
    hidden = set(data.draw(st.lists(st.sampled_from(sorted(jobs)), max_size=3)))
    one_more = data.draw(st.sampled_from(sorted(jobs)))
    for measure in ONE_YEAR:
        for reference in ("all", "complete"):
            before, after = (
                present(
                    hansa.compute(measure, as_facts(jobs, h), describe=UNKNOWN, reference=reference)
                )
                for h in (hidden, hidden | {one_more})
            )
            assert after <= before, (measure, reference)


# --- clauses 3, 4 and 5 on tables with parents ------------------------------------------------

REGIONS = {"SI": ("SI03", "SI04"), "EE": ()}
ACTIVITIES = {"F": ("41", "42", "43"), "L": ("68",), "B": ()}
NESTED = {**UNKNOWN, "classification": "nace:2", "geography": "nuts:2013"}


@st.composite
def nested_tables(draw):
    """Jobs of Slovenia with its two regions and Estonia, in sections and some divisions."""
    leaves = lambda tree: [leaf for top, below in tree.items() for leaf in below or (top,)]  # noqa: E731
    jobs = st.integers(0, 500)
    true = {(r, a, 2015): draw(jobs) for r in leaves(REGIONS) for a in leaves(ACTIVITIES)}
    for (r, a, t), n in list(true.items()):
        for top in (top for top, below in ACTIVITIES.items() if a in below):
            true[r, top, t] = true.get((r, top, t), 0) + n
    for (r, a, t), n in list(true.items()):
        for top in (top for top, below in REGIONS.items() if r in below):
            true[top, a, t] = true.get((top, a, t), 0) + n
    hidden = draw(st.sets(st.sampled_from(sorted(true)), max_size=6))
    return true, hidden


@few
@given(nested_tables(), st.sampled_from([{}, {"without": ("B",)}, {"reference": "SI"}]))
def test_3_and_5_what_is_known_in_spite_of_hidden_cells_is_the_truth(drawn, options):
    """No silent wrong number: every result of a table with gaps is that of the full table."""
    true, hidden = drawn
    for measure in ONE_YEAR:
        whole = results(hansa.compute(measure, as_facts(true), describe=NESTED, **options))
        gaps = hansa.compute(measure, as_facts(true, hidden), describe=NESTED, **options)
        for key in present(gaps):
            assert results(gaps)[key] == whole[key], (measure, key)


@few
@given(nested_tables())
def test_4_nothing_is_filled_without_a_step(drawn):
    """A finest cell is known where the source knows it, and nowhere else."""
    true, hidden = drawn
    panel = hansa.compute("employment", as_facts(true, hidden), describe=NESTED)
    for key, value in results(panel).items():
        assert value == (None if key in hidden else true[key])
    assert not [step for step in panel.header.steps if "fill" in step]


def test_4_a_cell_that_follows_by_subtraction_stays_absent():
    """100 - 70 = 30, but saying so is a step (`fill`) that the recipe would show."""
    jobs = facts(
        """
                A     B  TOTAL
        R1      :    70    100
        """
    )
    assert results(hansa.compute("employment", jobs, describe=UNKNOWN))["R1", "A", 2020] is None


# --- clause 5 -----------------------------------------------------------------------------------


def test_5_a_published_total_keeps_the_region_known_when_a_part_is_hidden():
    jobs = facts(
        """
                A     B  TOTAL
        R1      :    70    100
        R2     20   180    200
        """
    )
    found = results(hansa.compute("focus", jobs, describe=UNKNOWN))
    assert found["R1", "A", 2020] is None
    assert found["R1", "B", 2020] == 0.7
    without = jobs[jobs.activity != "TOTAL"]
    found = results(hansa.compute("focus", without, describe=UNKNOWN))
    assert found["R1", "B", 2020] is None, "70 of 70 would be a total that is too small"
    assert found["R2", "B", 2020] == 0.9


@few
@given(full_tables, st.booleans(), st.booleans())
def test_5_published_totals_change_nothing_when_nothing_is_hidden(true, along_activity, along_geo):
    for measure in ONE_YEAR:
        plain = hansa.compute(measure, as_facts(true), describe=UNKNOWN)
        totals = as_facts(with_totals(true, along_activity, along_geo))
        assert results(hansa.compute(measure, totals, describe=UNKNOWN)) == results(plain)


def test_5_a_missing_total_is_the_sum_of_its_parts_only_where_these_are_the_whole():
    """In R1 the total holds 30 jobs more than A and B: some activities are not listed.

    So the parts of R2, whose total is empty, say nothing about its total: 20/50 would be wrong.
    """
    jobs = facts(
        """
                A     B  TOTAL
        R1     30    40    100
        R2     20    30      :
        """
    )
    found = results(hansa.compute("focus", jobs, describe=UNKNOWN))
    assert found["R1", "A", 2020] == 0.3
    assert found["R2", "A", 2020] is None
    whole = jobs.replace(100.0, 70.0)
    found = results(hansa.compute("focus", whole, describe=UNKNOWN))
    assert found["R2", "A", 2020] == 0.4


def test_5_a_parent_is_the_sum_of_its_parts_only_where_these_make_it_up():
    """Section L is division 68 alone; of section F two of three divisions are in the table."""
    jobs = facts(
        """
                L    68     F    41    42
        R1      :    50     :    20    30
        """
    )
    described = {**UNKNOWN, "classification": "nace:2", "level": {"activity": "section"}}
    found = results(hansa.compute("employment", jobs, describe=described))
    assert found["R1", "L", 2020] == 50
    assert found["R1", "F", 2020] is None


def test_5_totals_and_parents_are_never_added_to_their_parts():
    jobs = facts(
        """
                F    41    42    43  TOTAL
        SI    100    20    30    50    100
        SI03   60    10    20    30     60
        SI04   40    10    10    20     40
        """
    )
    panel = hansa.compute("location_quotient_total", jobs, describe={**NESTED})
    assert {key[:2] for key in results(panel)} == {
        (r, a) for r in ("SI03", "SI04") for a in ("41", "42", "43")
    }
    assert results(panel)["SI03", "41", 2020] == (10 * 100) / (60 * 20)


def test_5_parts_above_their_published_total_are_refused():
    jobs = facts(
        """
                A     B  TOTAL
        R1     30    70     90
        """
    )
    with pytest.raises(HansaError, match="more than their published total"):
        hansa.compute("focus", jobs, describe=UNKNOWN)


# --- clause 6 -----------------------------------------------------------------------------------


def same_region(version: str) -> dict[str, tuple[str, str]]:
    """Code -> (label, versions) in one version, from the code list as it is shipped."""
    path = Path(hansa.__file__).parent / "codes" / "data" / "nuts.csv"
    with path.open(encoding="utf-8", newline="") as rows:
        return {
            row["code"]: (row["label"], row["versions"])
            for row in csv.DictReader(rows)
            if version in row["versions"].split(";")
        }


@pytest.mark.parametrize("version", ["2006", "2010", "2013", "2016", "2021", "2024"])
def test_6_two_versions_of_nuts_never_meet_in_an_area(version):
    """An area may be used with another version only where each member is one and the same."""
    here = same_region(version)
    for name, area in geographies().items():
        if area.geography == "country":
            continue
        own = same_region(area.geography.partition(":")[2])
        shared = all(here.get(m) == own[m] for m in area.members)
        facts_of_version = table([(code, "A", 2015, 1, "") for code in here if len(code) == 4])
        described = {**UNKNOWN, "geography": f"nuts:{version}"}

        def measured(name=name, jobs=facts_of_version, described=described):
            return hansa.compute("employment", jobs, describe=described, regions=name)

        if shared:
            assert measured().table.num_rows, name
        else:
            with pytest.raises(HansaError, match="different versions of the regional codes"):
                measured()


def test_6_a_code_with_two_meanings_is_refused():
    """NO02 lost two municipalities between NUTS 2016 and 2021 and kept its code."""
    jobs = table([("NO02", "A", 2015, 7, ""), ("DK01", "A", 2015, 7, "")])
    with pytest.raises(HansaError, match="NO02"):
        hansa.compute(
            "employment",
            jobs,
            describe={**UNKNOWN, "geography": "nuts:2013"},
            regions="bsr-nuts2-2021",
        )
    assert geography_codes("nuts:2013").label["NO02"] != geography_codes("nuts:2021").label["NO02"]


def test_6_a_table_that_mixes_versions_is_refused():
    jobs = table([("LT00", "A", 2015, 7, ""), ("LT01", "A", 2015, 7, "")])
    with pytest.raises(HansaError, match="several versions of NUTS are mixed"):
        hansa.compute("employment", jobs, describe={**UNKNOWN, "geography": "nuts:2013"})


def test_6_a_definition_on_another_classification_is_refused():
    jobs = table([("R1", "A", 2015, 7, "")])
    with pytest.raises(HansaError, match="different classifications"):
        hansa.compute("employment", jobs, "hansa-divisions", describe=UNKNOWN)


# --- clause 7 -----------------------------------------------------------------------------------


@few
@given(tables_with_zeros)
def test_7_a_zero_denominator_gives_absent(true):
    """By hand: which totals are zero, and so which results cannot exist."""
    region = {k[0]: sum(n for j, n in true.items() if j[0] == k[0]) for k in true}
    unit = {k[1]: sum(n for j, n in true.items() if j[1] == k[1]) for k in true}
    none = {
        "focus": {k for k in true if region[k[0]] == 0},
        "cluster_share": {k for k in true if unit[k[1]] == 0},
        "location_quotient_total": {k for k in true if region[k[0]] == 0 or unit[k[1]] == 0},
    }
    for measure, gone in none.items():
        panel = hansa.compute(measure, as_facts(true), describe=UNKNOWN, min_cell=0)
        assert absent(panel) == gone
        status = results(panel, "status")
        assert status == {k: "z" if k in gone else "" for k in true}, "not hidden: there is none"


@few
@given(st.composite(lambda draw: flat(draw, 0, (2019, 2020)))())
def test_7_growth_from_nothing_is_absent_and_nothing_is_infinite(true):
    jobs = as_facts(true)
    for measure in ("growth_rate", "growth_annual"):
        found = results(hansa.compute(measure, jobs, describe=UNKNOWN))
        for r, a, t in true:
            if t == 2020:
                assert (found[r, a, t] is None) == (true[r, a, 2019] == 0)
    for measure in (*ONE_YEAR, *GROWTH, "growth_contribution"):
        for value in results(hansa.compute(measure, jobs, describe=UNKNOWN)).values():
            assert value is None or math.isfinite(value), measure


# --- clause 8 -----------------------------------------------------------------------------------


def test_8_a_result_says_which_share_of_it_rests_on_estimates(tmp_path):
    """Cluster X holds 30 estimated jobs of 40; a quotient says the larger share of its parts."""
    jobs = facts(
        """
                A     B     C
        R1    30e    10    60
        R2     20    20   160
        """
    )
    groups = definition(tmp_path, "cluster,activity,weight\nX,A,1\nX,B,1\nY,C,1\n")

    def shares(measure):
        panel = hansa.compute(measure, jobs, groups, describe=UNKNOWN)
        return {key[:2]: share for key, share in results(panel, "estimated").items()}

    assert shares("employment") == {
        ("R1", "X"): 30 / 40,
        ("R1", "Y"): 0,
        ("R2", "X"): 0,
        ("R2", "Y"): 0,
    }
    # focus = size over region: R1 30/40 over 30/100, R2 nothing; Y in R1 rests on its total.
    assert shares("focus") == {
        ("R1", "X"): 0.75,
        ("R1", "Y"): 0.3,
        ("R2", "X"): 0,
        ("R2", "Y"): 0,
    }


@few
@given(tables_with_zeros, st.data())
def test_8_the_share_of_a_sum_is_that_of_its_estimated_jobs(true, data):
    estimated = data.draw(st.sets(st.sampled_from(sorted(true)), min_size=1))
    flags = dict.fromkeys(estimated, "e")
    panel = hansa.compute("employment", as_facts(true, flags=flags), describe=UNKNOWN)
    summed = panel.summed("activity")
    for row in summed.rows():
        own = [k for k in true if k[0] == row["geo"]]
        jobs = sum(true[k] for k in own)
        if jobs:
            wanted = sum(true[k] for k in own if k in estimated) / jobs
            assert row["estimated"] == pytest.approx(wanted, rel=1e-12, abs=0)
        else:
            assert row["estimated"] == float(any(k in estimated for k in own))


def test_8_a_sum_of_estimated_zeros_rests_on_estimates(tmp_path):
    """0 of 0 jobs are estimated, yet the zero is an estimate and says so."""
    jobs = facts(
        """
                A     B     C
        R1     0e    0e    60
        R2     20    20   160
        """
    )
    groups = definition(tmp_path, "cluster,activity,weight\nX,A,1\nX,B,1\n")
    panel = hansa.compute("location_quotient_total", jobs, groups, describe=UNKNOWN)
    assert results(panel)["R1", "X", 2020] == 0
    assert results(panel, "estimated")["R1", "X", 2020] == 1


# --- the page about it --------------------------------------------------------------------------


def test_the_page_of_the_law_names_tests_that_exist():
    root = Path(__file__).resolve().parents[2]
    text = (root / "docs" / "explanation" / "law.md").read_text(encoding="utf-8")
    clauses = re.split(r"^## (\d) ", text, flags=re.M)[1:]
    assert clauses[::2] == [str(n) for n in range(1, 10)]
    code = "".join(p.read_text(encoding="utf-8") for p in (root / "tests").rglob("test_*.py"))
    for number, body in zip(clauses[::2], clauses[1::2], strict=True):
        named = re.findall(r"`(test_\w+)`", body)
        assert named, f"clause {number} names no test"
        for name in named:
            assert f"def {name}(" in code, name
