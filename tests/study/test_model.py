"""The model region set: repeatable, consistent, hidden as an office hides, plausible in size."""

from __future__ import annotations

import io
import tomllib
from functools import cache

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from hansa.clusters import definitions
from hansa.codes import classification, geography
from hansa.study.config import study_from
from hansa.study.model import AREA, REFERENCE, STUDY, model_facts

KEYS = ["geo", "activity", "time"]


@cache
def table() -> pd.DataFrame:
    return pq.read_table(io.BytesIO(model_facts())).to_pandas()


@cache
def regions() -> pd.DataFrame:
    """The cells of the 31 regions, totals left out."""
    rows = table()
    return rows[~rows["geo"].isin([AREA, REFERENCE]) & (rows["activity"] != "TOTAL")]


def totals(name: str = "employment") -> pd.DataFrame:
    rows = table()[table()["activity"] == "TOTAL"]
    return rows.pivot(index="geo", columns="time", values=name)


def clusters(kind: str) -> pd.Series:
    members = definitions()["hansa-nace2"].members
    return pd.Series({m.activity: m.cluster for m in members if m.kind == kind})


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert model_facts() == model_facts()
    assert model_facts(1) != model_facts(2)
    assert len(model_facts()) < 6_000_000


def test_it_covers_31_regions_615_classes_and_ten_years() -> None:
    rows = table()
    classes = {c for c, level in classification("nace:2").level.items() if level == "class"}
    assert set(rows["geo"]) == {*geography("bsr-31").members, AREA, REFERENCE}
    assert set(rows["activity"]) == {*classes, "TOTAL"}
    assert set(rows["time"]) == set(range(2014, 2024))
    assert not rows.duplicated(KEYS).any()
    assert not (rows["employment"] == 0).any(), "a cell without jobs has no row"
    for code in (AREA, REFERENCE):
        assert (rows["geo"] == code).sum() == 616 * 10


def test_the_study_says_that_it_is_model_data() -> None:
    study = study_from(tomllib.loads(STUDY), "STUDY")
    assert study.facts["model"].model_data
    assert study.geography == "bsr-31"
    assert study.reference == REFERENCE


@pytest.mark.parametrize("name", ["employment", "payroll", "establishments"])
def test_published_totals_are_the_sums_of_their_parts(name: str) -> None:
    all_totals = totals(name)
    own = all_totals.drop([AREA, REFERENCE])
    assert (own.sum() == all_totals.loc[AREA]).all()
    assert (all_totals.loc[REFERENCE] > all_totals.loc[AREA]).all()
    rows = table()[table()["activity"] != "TOTAL"]
    for code in (AREA, REFERENCE):
        assert (rows[rows["geo"] == code].groupby("time")[name].sum() == all_totals.loc[code]).all()
    published = regions().groupby(["geo", "time"])[name].sum().unstack()
    assert (published <= own).all().all()


def test_a_class_of_the_area_is_the_sum_of_its_regions_where_nothing_is_hidden() -> None:
    cells = regions().groupby(["activity", "time"])["employment"].agg(["sum", "count", "size"])
    rows = table()
    area = rows[rows["geo"] == AREA].set_index(["activity", "time"])["employment"]
    whole = cells[cells["count"] == cells["size"]]
    assert len(whole) > 3000
    assert (area.loc[whole.index] == whole["sum"]).all()
    partly = cells[cells["count"] < cells["size"]]
    assert (area.loc[partly.index] > partly["sum"]).all()


def test_small_cells_are_hidden_and_hidden_cells_are_empty() -> None:
    rows = regions()
    hidden = rows["employment_status"] == "c"
    assert hidden[rows["establishments"] < 3].all()
    assert (hidden == rows["employment"].isna()).all()
    assert (hidden == rows["payroll"].isna()).all()
    assert (hidden == (rows["payroll_status"] == "c")).all()
    assert not table()[table()["geo"].isin([AREA, REFERENCE])]["employment"].isna().any()
    assert not totals().isna().any().any()
    assert 0.04 <= hidden.mean() <= 0.08
    lost = 1 - rows.groupby("time")["employment"].sum() / totals().loc[AREA]
    assert lost.between(0.002, 0.015).all()


@pytest.mark.parametrize(
    "year",
    [
        2014,
        *(pytest.param(year, marks=pytest.mark.long) for year in range(2015, 2023)),
        2023,
    ],
)
def test_no_hidden_cell_follows_from_the_published_totals(year: int) -> None:
    """Hidden cells are the unknowns of linear equations: one a region, one a class of the area.

    A cell follows from them only where its unit vector lies in the space of the equations.
    """
    rows = regions()
    hidden = rows[(rows["time"] == year) & (rows["employment_status"] == "c")]
    equations = np.vstack(
        [
            pd.get_dummies(hidden["geo"], dtype=float).to_numpy().T,
            pd.get_dummies(hidden["activity"], dtype=float).to_numpy().T,
        ]
    )
    assert equations.sum(axis=1).min() >= 2
    determined = np.diag(np.linalg.pinv(equations) @ equations)
    assert determined.max() < 0.999


def test_a_realistic_share_of_cluster_results_is_lost() -> None:
    for year in (2014, 2023):
        hidden = regions()[(regions()["time"] == year) & (regions()["employment_status"] == "c")]
        of = pd.concat([clusters("traded"), clusters("local")])
        lost = pd.Series(zip(hidden["geo"], hidden["activity"].map(of), strict=True)).nunique()
        assert 0.15 <= lost / (31 * of.nunique()) <= 0.30


def test_many_cells_are_empty_or_tiny_and_few_industries_hold_much() -> None:
    rows = regions()
    tiny = 31 * 615 * 10 - (rows["employment"] >= 50).sum() - rows["employment"].isna().sum()
    assert 0.3 <= tiny / (31 * 615 * 10) <= 0.5
    latest = table()[(table()["geo"] == REFERENCE) & (table()["time"] == 2023)]
    sizes = latest[latest["activity"] != "TOTAL"]["employment"].sort_values(ascending=False)
    assert 0.5 < sizes.head(62).sum() / sizes.sum() < 0.9


def test_wages_are_plausible_and_units_fit_the_jobs() -> None:
    rows = regions().dropna(subset=["employment"])
    wage = rows["payroll"] / rows["employment"]
    assert wage[rows["employment"] >= 10].between(7_999, 70_001).all()
    assert (rows["establishments"] <= rows["employment"]).all()
    assert (rows["establishments"] > 0).all()
    average = totals("payroll") / totals()
    assert average.loc["PL62", 2014] < average.loc["EE00", 2014] < average.loc["SE11", 2014]
    assert (average[2023] > average[2014]).all()


def test_a_common_shock_stands_in_one_year() -> None:
    own = totals().drop([AREA, REFERENCE])
    change = own.pct_change(axis=1)
    assert (change[2020] < change[2019]).all()
    assert (change[2020] < 0).mean() > 0.9
    assert (change[2021] > 0).mean() > 0.9


def test_specialisation_lasts_and_local_industries_have_almost_none() -> None:
    spread = {}
    for kind in ("traded", "local"):
        rows = regions().assign(cluster=regions()["activity"].map(clusters(kind)))
        jobs = rows.groupby(["time", "geo", "cluster"])["employment"].sum().unstack("time")
        share = np.log(jobs[(jobs > 500).all(axis=1)]).sub(
            np.log(totals()), axis=0, level="geo"
        )  # by region and cluster, against the region's size
        centred = share - share.groupby("cluster").transform("mean")
        spread[kind] = centred[2023].std()
        if kind == "traded":
            assert np.corrcoef(centred[2014], centred[2023])[0, 1] > 0.95
    assert spread["local"] < 0.35
    assert spread["traded"] > 2 * spread["local"]
