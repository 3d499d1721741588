"""Identities that hold for every table: means, sums, permutations, splits, units.

Tolerances: 1e-12 relative for one quotient; sums of up to 16 quotients are compared to 1e-12
absolute, since each of their terms is at most a few units large and rounded to 1e-16. Where
only the order of rows changes the numbers must be the same to the bit, because jobs are whole.
"""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hansa
from hansa.errors import HansaError
from small_tables import UNKNOWN, ZERO, definition, facts, groups, results, table

few = settings(derandomize=True, max_examples=25, deadline=None)

ONE_YEAR = ("employment", "cluster_share", "focus", "location_quotient_total")
INTENSIVE = ONE_YEAR[1:]


@st.composite
def tables(draw, least: int = 0):
    regions = [f"R{i}" for i in range(draw(st.integers(2, 4)))]
    activities = [f"A{i}" for i in range(draw(st.integers(2, 4)))]
    return {(r, a): draw(st.integers(least, 500)) for r in regions for a in activities}


def as_facts(jobs: dict, times: float = 1):
    return table([(r, a, 2020, n * times, "") for (r, a), n in jobs.items()])


def values(measure: str, jobs: dict, **options) -> dict:
    panel = hansa.compute(measure, as_facts(jobs), describe=UNKNOWN, **options)
    return {key[:2]: value for key, value in results(panel).items()}


def sums(jobs: dict) -> tuple[dict, dict, int]:
    region: dict = {}
    unit: dict = {}
    for (r, a), n in jobs.items():
        region[r] = region.get(r, 0) + n
        unit[a] = unit.get(a, 0) + n
    return region, unit, sum(region.values())


@few
@given(tables())
def test_the_employment_weighted_mean_quotient_is_one(jobs):
    """sum_r x_r LQ_cr = 1 for each activity present, sum_c p_c LQ_cr = 1 for each region."""
    region, unit, everything = sums(jobs)
    quotient = values("location_quotient_total", jobs)
    for a in (a for a, n in unit.items() if n):
        parts = (n / everything * quotient[r, a] for r, n in region.items() if n)
        assert math.fsum(parts) == pytest.approx(1, abs=1e-12)
    for r in (r for r, n in region.items() if n):
        parts = (n / everything * quotient[r, a] for a, n in unit.items() if n)
        assert math.fsum(parts) == pytest.approx(1, abs=1e-12)


@few
@given(tables(least=1))
def test_shares_add_up_to_one(jobs):
    region, unit, _ = sums(jobs)
    share, focus = values("cluster_share", jobs), values("focus", jobs)
    for a in unit:
        assert math.fsum(share[r, a] for r in region) == pytest.approx(1, abs=1e-12)
    for r in region:
        assert math.fsum(focus[r, a] for a in unit) == pytest.approx(1, abs=1e-12)


@few
@given(tables(), st.randoms(use_true_random=False))
def test_permuting_rows_changes_nothing(jobs, chance):
    shuffled = list(jobs.items())
    chance.shuffle(shuffled)
    for measure in ONE_YEAR:
        assert values(measure, dict(shuffled)) == values(measure, jobs)


@few
@given(tables(), st.randoms(use_true_random=False))
def test_renaming_regions_and_activities_renames_the_results(jobs, chance):
    """New names in another order of the alphabet: results move with them."""
    region, unit, _ = sums(jobs)
    new = {}
    for names, letter in ((list(region), "P"), (list(unit), "Q")):
        renamed = [f"{letter}{i}" for i in range(len(names))]
        chance.shuffle(renamed)
        new |= dict(zip(names, renamed, strict=True))
    for measure in ONE_YEAR:
        moved = values(measure, {(new[r], new[a]): n for (r, a), n in jobs.items()})
        assert moved == {(new[r], new[a]): value for (r, a), value in values(measure, jobs).items()}


@few
@given(tables(), st.data())
def test_splitting_a_region_and_adding_the_parts_restores_it(jobs, data):
    """R0 becomes R0a and R0b: their jobs add up to R0's, and no other region notices."""
    split = {}
    for (r, a), n in jobs.items():
        if r == "R0":
            part = data.draw(st.integers(0, n))
            split |= {("R0a", a): part, ("R0b", a): n - part}
        else:
            split[r, a] = n
    for measure in ONE_YEAR:
        before, after = values(measure, jobs), values(measure, split)
        for key in (key for key in before if key[0] != "R0"):
            assert after[key] == before[key]
    for measure in ("employment", "cluster_share"):
        before, after = values(measure, jobs), values(measure, split)
        for a in {a for _, a in jobs}:
            if before["R0", a] is None:
                assert after["R0a", a] is after["R0b", a] is None
            else:
                added = after["R0a", a] + after["R0b", a]
                assert added == pytest.approx(before["R0", a], rel=1e-12, abs=0)


@few
@given(tables())
def test_a_region_without_jobs_changes_nothing(jobs):
    unit = sums(jobs)[1]
    more = jobs | {("R9", a): 0 for a in unit}
    for measure in ONE_YEAR:
        before, after = values(measure, jobs), values(measure, more)
        assert {key: after[key] for key in before} == before
        for a in unit:
            own = {"employment": 0, "cluster_share": 0 if unit[a] else None}
            assert after["R9", a] == own.get(measure)


@few
@given(tables(), st.sampled_from([0.001, 0.5, 3, 1000]))
def test_the_unit_of_the_jobs_is_no_matter(jobs, times):
    """Persons or thousand persons: shares and quotients are the same."""
    for measure in INTENSIVE:
        scaled = hansa.compute(measure, as_facts(jobs, times), describe=UNKNOWN)
        for (r, a, _), value in results(scaled).items():
            before = values(measure, jobs)[r, a]
            assert (value is None) == (before is None)
            assert before is None or value == pytest.approx(before, rel=1e-12, abs=0)


@few
@given(tables(least=1))
def test_log_quotients_change_sign_when_region_and_reference_change_places(jobs):
    """LQ of R0 against the rest, and of the rest against R0, where each is a published row."""
    a_to_b = values("location_quotient_total", jobs, reference="R1")
    b_to_a = values("location_quotient_total", jobs, reference="R0")
    for a in sums(jobs)[1]:
        total = math.log(a_to_b["R0", a]) + math.log(b_to_a["R1", a])
        assert total == pytest.approx(0, abs=1e-12)


@few
@given(tables(), st.integers(1, 99))
def test_splitting_a_cluster_and_adding_the_parts_restores_it(jobs, percent):
    """A0 whole, or in two clusters by weight: the parts add up to the whole."""
    parts = groups({"X1": {"A0": percent / 100}, "X2": {"A0": 1 - percent / 100}})
    one = values("employment", jobs)
    panel = hansa.compute("employment", as_facts(jobs), parts, describe=UNKNOWN)
    two = results(panel)
    for r in {r for r, _ in jobs}:
        added = two[r, "X1", 2020] + two[r, "X2", 2020]
        assert added == pytest.approx(one[r, "A0"], rel=1e-12, abs=0)


@few
@given(tables())
def test_a_cluster_of_one_activity_is_that_activity(jobs):
    alike = groups({a: {a: 1} for a in sums(jobs)[1]})
    for measure in ONE_YEAR:
        panel = hansa.compute(measure, as_facts(jobs), alike, describe=UNKNOWN)
        assert {key[:2]: v for key, v in results(panel).items()} == values(measure, jobs)


# --- base and reference -----------------------------------------------------------------------


def test_activities_left_out_of_the_base():
    """Without B the region R1 has 90 jobs and the reference 160: (30/90) / (50/160)."""
    jobs = facts(
        """
                A     B     C
        R1     30    10    60
        R2     20    30    50
        """
    )
    found = hansa.compute("location_quotient_total", jobs, describe=UNKNOWN, without=("B",))
    assert results(found)["R1", "A", 2020] == pytest.approx((30 / 90) / (50 / 160), rel=1e-12)
    assert "without B" in found.header.base
    with pytest.raises(HansaError, match="X cannot be left out of the base"):
        hansa.compute("focus", jobs, describe=UNKNOWN, without=("X",))


def test_references_all_a_code_a_geography_and_complete():
    """EE and LV are the regions; the reference is what differs.

    all           250 of 1000 jobs are in A
    DE            100 of 600, as its own row says
    baltic-three  150 of 400: EE 30 of 100, LV 40 of 100, LT 80 of 200
    """
    jobs = facts(
        """
                A     B
        EE     30    70
        LV     40    60
        LT     80   120
        DE    100   500
        """
    )
    for reference, share in {"all": 250 / 1000, "DE": 100 / 600, "baltic-three": 150 / 400}.items():
        panel = hansa.compute(
            "location_quotient_total",
            jobs,
            describe={**UNKNOWN, "geography": "country"},
            reference=reference,
        )
        assert results(panel)["EE", "A", 2020] == pytest.approx(0.3 / share, rel=1e-12)


def test_a_complete_reference_takes_the_countries_that_publish_both():
    """A is hidden in LV, so LV's base is unknown too: the reference is EE and DE for A and B.

    With published totals LV's base is known, and only A leaves LV out.
    """
    jobs = facts(
        """
                A     B
        EE     30    70
        LV     :c    60
        DE    100   500
        """
    )
    described = {**UNKNOWN, "geography": "country"}
    panel = hansa.compute("location_quotient_total", jobs, describe=described, reference="complete")
    found = results(panel)
    assert found["EE", "A", 2020] == pytest.approx(0.3 / (130 / 700), rel=1e-12)
    assert found["EE", "B", 2020] == pytest.approx(0.7 / (570 / 700), rel=1e-12)
    assert found["LV", "B", 2020] is None
    with_totals = facts(
        """
                A     B  TOTAL
        EE     30    70    100
        LV     :c    60     90
        DE    100   500    600
        """
    )
    panel = hansa.compute(
        "location_quotient_total", with_totals, describe=described, reference="complete"
    )
    found = results(panel)
    assert found["EE", "A", 2020] == pytest.approx(0.3 / (130 / 700), rel=1e-12)
    assert found["EE", "B", 2020] == pytest.approx(0.7 / (630 / 790), rel=1e-12)
    assert found["LV", "B", 2020] == pytest.approx((60 / 90) / (630 / 790), rel=1e-12)


def test_an_area_is_the_sum_of_its_members():
    jobs = facts(
        """
                A     B
        EE     30    70
        LV     40    60
        LT     80   120
        DE    100   500
        """
    )
    described = {**UNKNOWN, "geography": "country"}
    size = hansa.compute("employment", jobs, describe=described, area=("baltic-three",))
    assert results(size) == {("baltic-three", "A", 2020): 150, ("baltic-three", "B", 2020): 250}
    quotient = hansa.compute(
        "location_quotient_total", jobs, describe=described, area=("baltic-three",)
    )
    found = results(quotient)["baltic-three", "A", 2020]
    assert found == pytest.approx((150 / 400) / (250 / 1000), rel=1e-12)
    hidden = jobs.copy()
    hidden.loc[(hidden.geo == "LT") & (hidden.activity == "A"), "employment"] = None
    size = hansa.compute("employment", hidden, describe=described, area=("baltic-three",))
    assert results(size)["baltic-three", "A", 2020] is None


def test_an_area_whose_members_are_partly_outside_says_so():
    """Lithuania has no row: the sum is that of the other two, marked d, and names it."""
    jobs = facts(
        """
                A     B
        EE     30    70
        LV     40    60
        """
    )
    panel = hansa.compute(
        "employment",
        jobs,
        describe={**UNKNOWN, "geography": "country"},
        area=("baltic-three",),
    )
    assert results(panel)["baltic-three", "A", 2020] == 70
    assert results(panel, "status")["baltic-three", "A", 2020] == "d"
    assert "Members of baltic-three outside the source: LT." in panel.header.notes


def test_a_country_put_together_from_some_of_its_regions_says_which_it_lacks():
    """Denmark has five NUTS 2 regions, the table two: the other three are named."""
    jobs = facts("A\nDK01 10\nDK02 20")
    panel = hansa.compute(
        "location_quotient_total",
        jobs,
        describe={**UNKNOWN, "geography": "nuts:2013"},
        reference="nordic-five",
        area=("nordic-five",),
    )
    assert set(results(panel, "status").values()) == {"d;tiny"}
    lacking = "DK03, DK04, DK05, FI, IS, NO, SE"
    assert f"Members of nordic-five outside the source: {lacking}." in panel.header.notes
    assert f"Reference members outside the source: {lacking}." in panel.header.notes


@pytest.mark.parametrize(
    ("rows", "said"), [("DK 100\n", "DK01 lies in DK"), ("", "DK01 lies in two members")]
)
def test_regions_that_overlap_are_never_added_up(tmp_path, rows, said):
    """Denmark and a part of Denmark in one area would count Copenhagen twice."""
    area = tmp_path / "mine.toml"
    area.write_text(
        'id = "mine"\ntitle = "Mine"\ngeography = "nuts:2013"\nmembers = ["DK", "DK01"]\n'
        'status = "ours"\nsource = "me"\n',
        encoding="utf-8",
    )
    jobs = facts(f"A\n{rows}DK01 10\nDK02 20")
    for options in ({"area": (str(area),)}, {"reference": str(area)}, {"regions": str(area)}):
        with pytest.raises(HansaError, match=said):
            hansa.compute(
                "employment",
                jobs,
                describe={**UNKNOWN, "geography": "nuts:2013"},
                **options,
            )


def test_a_traded_base_with_the_divisions_of_hansa():
    """Food (10) and machinery (28) are traded, construction (41) is local.

    R1: 30 of 40 traded jobs in food; all: 50 of 100.
    """
    jobs = facts(
        """
               10    28    41
        R1     30    10    60
        R2     20    40   940
        """
    )
    described = {**UNKNOWN, "classification": "nace:2"}
    traded = hansa.compute("location_quotient_traded", jobs, "hansa-divisions", describe=described)
    assert results(traded)["R1", "food", 2020] == pytest.approx(1.5, rel=1e-12)
    assert not any(key[1] == "construction" for key in results(traded))
    local = hansa.compute("location_quotient_local", jobs, "hansa-divisions", describe=described)
    assert results(local)["R1", "construction", 2020] == pytest.approx(1, rel=1e-12)
    total = hansa.compute("location_quotient_total", jobs, "hansa-divisions", describe=described)
    assert results(total)["R1", "food", 2020] == pytest.approx(0.3 / (50 / 1100), rel=1e-12)


def test_clusters_that_overlap_are_no_base(tmp_path):
    shared = definition(tmp_path, "cluster,activity,weight,kind\nX,A,1,traded\nY,A,1,traded\n")
    assert shared.overlapping
    with pytest.raises(HansaError, match="overlap: their sum is no base"):
        hansa.compute("location_quotient_traded", facts("A\nR1 1"), shared, describe=ZERO)
