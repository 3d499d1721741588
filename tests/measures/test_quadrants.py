"""Four kinds of clusters: the plane is parted, the labels are firm where they should be.

New York State is recomputed here with pandas alone; tolerance 1e-12, as everywhere.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hansa
from hansa.law import Quantity
from hansa.measures.composition import split
from hansa.measures.quadrants import BOUNDARY, LABELS, Sums, classes, movement
from small_tables import UNKNOWN, facts, results


def sums(jobs, pay):
    """Two years of units in one region; `jobs` and `pay` are pairs of lists."""
    own = [tuple(Quantity(np.array(year, float)[:, None]) for year in pair) for pair in (jobs, pay)]
    whole = [tuple(Quantity(q.value.sum(axis=0)) for q in pair) for pair in own]
    return Sums(*own, *whole)


positive = st.lists(st.integers(1, 50), min_size=4, max_size=4)


@settings(max_examples=200, deadline=None)
@given(positive, positive, positive, positive, st.sampled_from(["plain", "weighted", "totals"]))
def test_labels_part_the_plane(e0, e1, p0, p1, how):
    found = movement(sums((e0, e1), (p0, p1)), how)
    labels = classes(found, "zero")[:, 0]
    for label, x, y, level in zip(
        labels,
        found.jobs.value[:, 0],
        found.wages.value[:, 0],
        found.level.value[:, 0],
        strict=True,
    ):
        if abs(x) < 1e-9 or abs(y) < 1e-9:
            assert label == BOUNDARY
        elif x > 0:
            assert label == ("growth" if y > 0 else "mature" if level >= 1 else "challenged")
        else:
            assert label == ("restructuring" if y > 0 else "in transition")
    assert set(labels) <= {*LABELS, BOUNDARY}


@settings(max_examples=100, deadline=None)
@given(positive, positive, positive, positive)
def test_swapping_the_years_mirrors_growth(e0, e1, p0, p1):
    there = movement(sums((e0, e1), (p0, p1)), "totals").jobs.value
    back = movement(sums((e1, e0), (p1, p0)), "totals").jobs.value
    assert (np.sign(there) == -np.sign(back)).all()


@settings(max_examples=50, deadline=None)
@given(positive, positive, positive, positive, st.floats(0.5, 3))
def test_scaling_all_wages_of_the_end_changes_nothing(e0, e1, p0, p1, factor):
    for how in ("plain", "weighted", "totals"):
        plain = movement(sums((e0, e1), (p0, p1)), how).wages.value
        scaled = movement(sums((e0, e1), (p0, [p * factor for p in p1])), how).wages.value
        np.testing.assert_allclose(scaled, plain, rtol=0, atol=1e-12)


def test_a_cluster_that_is_everything_lies_on_the_line():
    found = movement(sums(([10], [20]), ([100], [300])), "totals")
    assert found.wages.value[0, 0] == pytest.approx(0, abs=1e-15)
    assert classes(found, "zero")[0, 0] == BOUNDARY


def scaled_copies():
    """Three regions of the same shape, twice and four times as large."""
    grids = {}
    for column, pair in {
        "employment": {2019: (10, 30), 2020: (20, 24)},
        "payroll": {2019: (100, 300), 2020: (300, 250)},
    }.items():
        grids[column] = {
            year: "A B\n" + "\n".join(f"R{k} {k * a} {k * b}" for k in (1, 2, 4))
            for year, (a, b) in pair.items()
        }
    pay = facts(grids["payroll"]).rename(columns={"employment": "payroll"})
    return facts(grids["employment"]).merge(
        pay[["geo", "activity", "time", "payroll"]], on=["geo", "activity", "time"]
    )


def area(folder: Path, members) -> str:
    path = folder / "area.toml"
    path.write_text(
        f'id = "area"\ntitle = "Area"\ngeography = "local"\nmembers = {list(members)!r}\n'
        'status = "ours"\nsource = "a test"\n',
        encoding="utf-8",
    )
    return str(path)


def test_scaled_copies_are_perfectly_stable(tmp_path):
    over = {"area": area(tmp_path, ["R1", "R2", "R4"]), "start": 2019, "end": 2020}
    panel = hansa.compute(
        "quadrant_stability", scaled_copies(), describe=UNKNOWN, min_cell=0, **over
    )
    assert set(results(panel).values()) == {1.0}


def test_a_single_region_has_no_replicates():
    panel = hansa.compute(
        "quadrant_stability", scaled_copies(), describe=UNKNOWN, min_cell=0, start=2019, end=2020
    )
    assert set(results(panel).values()) == {None}
    assert set(results(panel, "status").values()) == {"z"}


def test_wages_need_a_country_or_another_yardstick():
    with pytest.raises(hansa.HansaError, match="know no country to compare wages with"):
        hansa.compute("relative_wage", scaled_copies(), describe=UNKNOWN)


def test_a_country_is_its_own_row_or_all_of_its_regions():
    """Estonia is one region at this level: its wage is its country's. Denmark lacks regions."""
    pay = [("EE00", 200.0), ("DK01", 300.0)]
    table = pd.DataFrame(
        [(geo, "C", 2020, 10.0, wages) for geo, wages in pay],
        columns=["geo", "activity", "time", "employment", "payroll"],
    )
    panel = hansa.compute(
        "relative_wage",
        table,
        describe={**UNKNOWN, "geography": "nuts:2013", "classification": "nace:2"},
        min_cell=0,
    )
    assert results(panel) == {("EE00", "C", 2020): 1.0, ("DK01", "C", 2020): None}


def test_a_break_in_either_column_stops_growth_of_wages():
    table = scaled_copies()
    table["payroll_status"] = np.where((table.geo == "R1") & (table.time == 2020), "b", "")
    panel = hansa.compute(
        "relative_wage_growth", table, describe=UNKNOWN, min_cell=0, start=2019, end=2020
    )
    found = results(panel)
    assert found["R1", "A", 2020] is None
    assert found["R2", "A", 2020] is not None


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_split_adds_up(seed):
    random = np.random.default_rng(seed)
    jobs = tuple(random.integers(1, 90, (3, 5)).astype(float) for _ in range(2))
    pay = tuple(random.integers(1, 900, (3, 5)).astype(float) for _ in range(2))
    change = pay[1].sum(1) / jobs[1].sum(1) - pay[0].sum(1) / jobs[0].sum(1)
    np.testing.assert_allclose(sum(split(jobs, pay)), change, rtol=0, atol=1e-12)


def test_a_region_that_never_had_jobs_changes_nothing():
    jobs, pay = ([10.0, 10.0], [10.0, 30.0]), ([100.0, 300.0], [120.0, 900.0])
    plain = split(*(tuple(np.array([year]) for year in pair) for pair in (jobs, pay)))
    wider = split(*(tuple(np.array([[*year, 0.0]]) for year in pair) for pair in (jobs, pay)))
    np.testing.assert_array_equal(plain, wider)
    began = split(
        (np.array([[10.0, 0.0]]), np.array([[10.0, 5.0]])),
        (np.array([[100.0, 0.0]]), np.array([[100.0, 50.0]])),
    )
    assert np.isnan(began).all()


STUDY = Path(__file__).parents[1] / "studies" / "new-york"
STATE = "New York State"


@pytest.fixture(scope="module")
def qcew(hansa_data):
    return pd.read_parquet(hansa_data / "employment" / "us_ny_counties_naics3_2000_2008.parquet")


def new_york(measure, table, **options):
    describe = {
        **UNKNOWN,
        "total": ["TOTAL", STATE],
        "unit": {"payroll": "USD", "employment": "jobs"},
    }
    over = {"area": "TOTAL", "start": 2000, "end": 2008, **options}
    panel = hansa.compute(measure, table, str(STUDY / "clusters.csv"), describe=describe, **over)
    part = "label" if measure == "quadrant" else "value"
    return {key[1]: value for key, value in results(panel, part).items()}, panel


def by_pandas(qcew, geo):
    """Jobs and wage bills of clusters in one place, from the rows of the table alone."""
    groups = pd.read_csv(STUDY / "clusters.csv", dtype=str)
    rows = qcew[qcew.geo == geo].merge(groups, on="activity")
    rows = rows[rows.time.isin([2000, 2008])]
    size = rows.groupby(["cluster", "time"])["activity"].nunique().unstack()
    wide = rows.pivot_table(
        index="cluster", columns="time", values=["employment", "payroll"], aggfunc="sum"
    )
    return wide[size[2000] == size[2008]].astype(float)


@pytest.mark.data
def test_new_york_by_pandas(qcew):
    """Every cluster whose industries are there in both years; the internet's are not."""
    own = by_pandas(qcew, STATE)
    assert "internet" not in own.index
    jobs = own["employment"][2008] / own["employment"][2000] - 1
    wage = {t: own["payroll"][t] / own["employment"][t] for t in (2000, 2008)}
    factor = wage[2008] / wage[2000]
    total = qcew[(qcew.geo == STATE) & (qcew.activity == "TOTAL")].set_index("time")
    level = wage[2000] / (total.payroll[2000] / total.employment[2000])
    yardsticks = {
        "plain-known": factor.mean(),
        "weighted-known": np.average(factor, weights=own["employment"][2000]),
        "totals": (total.payroll[2008] / total.employment[2008])
        / (total.payroll[2000] / total.employment[2000]),
    }
    for how, yardstick in yardsticks.items():
        wages = factor / yardstick - 1
        found, _ = new_york("relative_wage_growth", qcew, benchmark=how)
        for cluster in own.index:
            assert found[cluster] == pytest.approx(wages[cluster], rel=1e-12)
        expected = {
            c: ("growth" if wages[c] > 0 else "mature" if level[c] >= 1 else "challenged")
            if jobs[c] > 0
            else ("restructuring" if wages[c] > 0 else "in transition")
            for c in own.index
        }
        labels, _ = new_york("quadrant", qcew, benchmark=how)
        assert {c: labels[c] for c in own.index} == expected
        assert labels["internet"] is None


@pytest.mark.data
def test_new_york_three_clusters_by_hand(qcew):
    """Read off the state's rows and divided with a pencil; all jobs: 46 225 to 62 195 USD, x 1.346.

    Finance: 374 069 to 362 214 jobs (-3.2 %), 158 492 to 253 153 USD, x 1.60: 18.7 % above.
    Professional services: 664 445 to 717 204 jobs (+7.9 %), 74 158 to 96 481 USD, x 1.3010: 3.3 %
    below, from a level of 1.60 of all jobs.
    Arts and tourism: 144 790 to 149 204 jobs (+3.0 %), 39 008 to 52 277 USD, x 1.3402: 0.4 % below
    all jobs, from a level of 0.84, but 0.8 % above the plain mean of the clusters.
    """
    labels, panel = new_york("quadrant", qcew, benchmark="totals")
    reasons = {key[1]: text for key, text in results(panel, "reason").items()}
    against = "against the benchmark (totals)"
    assert labels["finance"] == "restructuring"
    assert reasons["finance"] == f"jobs −3.2 %, wages +18.7 % {against}"
    assert labels["business-services"] == "mature"
    assert reasons["business-services"] == (
        f"jobs +7.9 %, wages −3.3 % {against}; wage level 1.60 of all jobs"
    )
    assert labels["arts-tourism"] == "challenged"
    assert reasons["arts-tourism"] == (
        f"jobs +3.0 %, wages −0.4 % {against}; wage level 0.84 of all jobs"
    )
    assert "growth of the average wage of all jobs" in " ".join(panel.header.notes)

    plain, panel = new_york("quadrant", qcew, benchmark="plain-known")
    assert {c for c in plain if plain[c] != labels[c]} == {"arts-tourism"}
    assert plain["arts-tourism"] == "growth", "the benchmark decides, and it is named"
    assert "over the clusters whose growth of wages is known" in " ".join(panel.header.notes)


@pytest.mark.data
def test_a_county_held_against_its_own_growth(qcew):
    """Monroe County lost 6.1 % of its jobs: three clusters lost less, and change sides."""
    (zero, reasons), (region, _) = (monroe(qcew, line) for line in ("zero", "region"))
    differ = {c for c in zero if zero[c] != region[c]}
    assert {c: (zero[c], region[c]) for c in differ} == {
        "farm-food": ("in transition", "challenged"),
        "electronics": ("restructuring", "growth"),
        "wholesale": ("restructuring", "growth"),
    }
    for cluster in zero:
        told = f"with growth held against all jobs (−6.1 %): {region[cluster]}"
        assert (told in (reasons[cluster] or "")) == (cluster in differ)


def monroe(qcew, x_line):
    """Labels and reasons of one county."""
    _, panel = new_york("quadrant", qcew, benchmark="totals", x_line=x_line, area=())
    return [
        {key[1]: text for key, text in results(panel, part).items() if key[0] == "Monroe County"}
        for part in ("label", "reason")
    ]


@pytest.mark.data
def test_new_york_stability_by_leaving_counties_out(qcew):
    """Finance, with totals as the benchmark: counties whose rows are all there, one by one."""
    state = by_pandas(qcew, STATE).loc["finance"]
    total = qcew[(qcew.geo == STATE) & (qcew.activity == "TOTAL")].set_index("time")
    same, known = 0, 0
    counties = sorted(set(qcew.geo) - {STATE})
    for county in counties:
        rows = qcew[(qcew.geo == county) & qcew.activity.isin(["523", "524", "525"])]
        counts = rows[rows.time.isin([2000, 2008])].groupby("time").activity.nunique()
        if counts.get(2000, 0) < 3 or counts.get(2008, 0) < 3:
            continue
        known += 1
        part = by_pandas(qcew, county).loc["finance"]
        all_jobs = qcew[(qcew.geo == county) & (qcew.activity == "TOTAL")].set_index("time")
        jobs, pay, every = {}, {}, {}
        for t in (2000, 2008):
            jobs[t] = state["employment"][t] - part["employment"][t]
            pay[t] = state["payroll"][t] - part["payroll"][t]
            every[t] = (total.payroll[t] - all_jobs.payroll[t]) / (
                total.employment[t] - all_jobs.employment[t]
            )
        x = jobs[2008] / jobs[2000] - 1
        y = (pay[2008] / jobs[2008]) / (pay[2000] / jobs[2000]) / (every[2008] / every[2000]) - 1
        same += x < 0 < y
    assert 10 < known < len(counties), "some counties hide a part"
    _, panel = new_york("quadrant_stability", qcew, benchmark="totals")
    low = results(panel, "lower")["TOTAL", "finance", 2008]
    high = results(panel, "upper")["TOTAL", "finance", 2008]
    assert low == pytest.approx(same / len(counties))
    assert high >= low + (len(counties) - known) / len(counties) - 1e-12
    _, tighter = new_york("quadrant_stability", qcew, benchmark="totals", hidden="bounds")
    assert results(tighter, "lower")["TOTAL", "finance", 2008] >= low
    assert results(tighter, "upper")["TOTAL", "finance", 2008] <= high
