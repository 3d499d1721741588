"""Similarity of regions against sums by hand, against every completion of hidden cells, and pandas.

Tolerance: 1e-9, as shares are quotients of floats summed in another order.
"""

from __future__ import annotations

import math
from itertools import product as every
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hansa
from hansa.clusters import find_definition
from hansa.errors import HansaError, UsageError
from hansa.law import Quantity, bit, flags_to_text
from hansa.measures.similarity import LEAST_KNOWN, similar_regions, similarity
from small_tables import UNKNOWN

few = settings(derandomize=True, max_examples=60, deadline=None)
WHOLE = 10


def exact(*columns: list[float]) -> Quantity:
    return Quantity(np.array(columns, float).T)


def test_by_hand() -> None:
    # 0.5 + 0.2 + 0.1 shared, and nothing outside the clusters in the second region.
    found = similarity(exact([0.5, 0.3, 0.1], [0.6, 0.2, 0.2]), 0)
    assert found.value == pytest.approx([1.0, 0.8])
    assert found.lower is None


def test_jobs_in_no_cluster_are_a_group_of_their_own() -> None:
    # 0.2 shared in the clusters, 0.5 of each region outside.
    found = similarity(exact([0.3, 0.2], [0.0, 0.5]), 0)
    assert found.value[1] == pytest.approx(0.2 + 0.5)


def test_one_minus_half_of_the_index_of_krugman() -> None:
    a, b = np.random.default_rng(1).dirichlet(np.ones(9), 2)
    found = similarity(exact(list(a), list(b)), 0)
    assert found.value[1] == pytest.approx(1 - np.abs(a - b).sum() / 2)


def test_regions_with_nothing_in_common_are_not_alike_at_all() -> None:
    found = similarity(exact([1.0, 0.0], [0.0, 1.0]), 0)
    assert found.value.tolist() == [1.0, 0.0]


def test_a_hidden_share_makes_an_interval() -> None:
    # Known of the second region: 0.7 in the first cluster; the rest lies anywhere.
    found = similarity(exact([0.6, 0.3], [0.7, math.nan]), 0)
    assert found.lower is not None
    assert found.upper is not None
    assert math.isnan(found.value[1])
    assert found.lower[1] == pytest.approx(0.6 + 0.1)
    assert found.upper[1] == pytest.approx(0.6 + 0.3)
    assert flags_to_text(int(found.flags[1])) == "interval"


def test_little_known_cannot_be_said() -> None:
    shares = exact([0.6, 0.4], [LEAST_KNOWN - 0.01, math.nan], [LEAST_KNOWN, math.nan])
    found = similarity(shares, 0)
    assert found.lower is not None
    assert np.isnan(found.lower).tolist() == [False, True, False]
    assert flags_to_text(int(found.flags[1])) == "m"
    assert np.isnan(similarity(shares, 1).value).all()


def test_statuses_and_estimates_travel() -> None:
    flags = np.zeros((2, 2), np.uint64)
    flags[0, 1] = bit("p")
    estimated = np.array([[0.0, 0.5], [0.0, 0.0]])
    own = exact([0.5, 0.5], [0.5, 0.5])
    found = similarity(Quantity(own.value, flags, estimated=estimated), 0)
    assert flags_to_text(int(found.flags[1])) == "p"
    assert found.estimated[1] == pytest.approx(0.25)


@st.composite
def hidden(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whole numbers that add up to 10 in each of two regions, and bounds around them."""
    true = np.zeros((3, 2), int)
    for region in range(2):
        left = WHOLE
        for group in range(3):
            true[group, region] = draw(st.integers(0, left))
            left -= true[group, region]
    low = np.array([[draw(st.integers(0, v)) for v in row] for row in true])
    high = np.array([[draw(st.integers(v, WHOLE)) for v in row] for row in true])
    return true, low, high


def completions(low: np.ndarray, high: np.ndarray) -> list[tuple[int, ...]]:
    """Every way to fill one region, jobs in no cluster last."""
    ranges = [range(a, b + 1) for a, b in zip(low, high, strict=True)]
    return [(*own, WHOLE - sum(own)) for own in every(*ranges) if sum(own) <= WHOLE]


@few
@given(hidden())
def test_every_completion_lies_inside_and_the_upper_end_is_reached(case) -> None:
    true, low, high = case
    shares = Quantity(np.where(low == high, true, np.nan) / WHOLE, None, low / WHOLE, high / WHOLE)
    found = similarity(shares, 0)
    ways = [completions(low[:, i], high[:, i]) for i in range(2)]
    sums = [sum(map(min, a, b)) / WHOLE for a, b in every(*ways)]
    if found.lower is None and np.isnan(found.value[1]):
        return
    ends = found.bounds()
    if np.isnan(ends[0][1]):
        assert min(sum(row) for row in low.T) < LEAST_KNOWN * WHOLE
        return
    assert ends[0][1] <= min(sums) + 1e-9
    assert ends[1][1] == pytest.approx(max(sums), abs=1e-9)


def frame(*cells: tuple[str, str, float | None]) -> pd.DataFrame:
    names = ["geo", "activity", "employment"]
    return pd.DataFrame([(*c,) for c in cells], columns=names).assign(time=2020)


def focus(*cells: tuple[str, str, float | None], total: dict[str, float]) -> hansa.Panel:
    rows = [*cells, *((geo, "TOTAL", jobs) for geo, jobs in total.items())]
    found = hansa.compute("focus", frame(*rows), describe=UNKNOWN)
    table = found.to_arrow().rename_columns(
        ["cluster" if n == "activity" else n for n in found.table.column_names]
    )
    return hansa.Panel.of(table, ("geo", "cluster", "time"), found.header)


CELLS = (("R1", "A", 60), ("R1", "B", 40), ("R2", "A", 30), ("R2", "B", None), ("R3", "A", 100))


def test_a_panel_by_partner() -> None:
    cells = (*CELLS, ("R3", "B", 0), ("R2", "C", 60), ("R1", "C", 0), ("R3", "C", 0))
    panel = similar_regions(focus(*cells, total={"R1": 100, "R2": 100, "R3": 100}), "R1")
    assert panel.dims == ("geo", "partner", "time")
    second, third = panel.rows()
    assert (second["partner"], second["value"]) == ("R2", None)
    # 30 in A are shared, and of the ten that are hidden or in no cluster none to ten.
    assert (second["lower"], second["upper"]) == pytest.approx((0.3, 0.4))
    assert (third["partner"], third["value"]) == ("R3", pytest.approx(0.6))
    assert panel.header.kind == "intensive"


def test_refusals() -> None:
    own = focus(*CELLS, total={"R1": 100, "R2": 100, "R3": 100})
    with pytest.raises(UsageError, match="the panel has no geo R9"):
        similar_regions(own, "R9")
    with pytest.raises(UsageError, match="the panel has no time 1999"):
        similar_regions(own, "R1", 1999)
    with pytest.raises(UsageError, match="says nothing of how alike"):
        similar_regions(own.with_header(measure="employment"), "R1")
    with pytest.raises(HansaError, match="clusters that share activities"):
        similar_regions(own.with_header(overlapping=True), "R1")


@pytest.mark.data
def test_a_corner_of_the_british_table(hansa_data: Path) -> None:
    """Three regions added up in pandas from the raw table and the list of members alone."""
    path = hansa_data / "employment" / "uk_bres_nuts2_sic4_2015_2018.parquet"
    raw = pd.read_parquet(path)
    raw = raw[(raw["year"] == 2018) & raw["geo"].isin(["UKD6", "UKK1", "UKI3"])]
    definition = find_definition("hansa-nace2")
    cluster = {m.activity: m.cluster for m in definition.members if m.kind != "outside"}
    code = raw["sic4"].map(lambda c: c if "." in c else f"{c[:2]}.{c[2:]}")
    raw = raw.assign(cluster=code.map(cluster).fillna("none"))
    jobs = raw.groupby(["cluster", "geo"])["employment"].sum().unstack(fill_value=0)
    share = jobs / jobs.sum()
    describe = {
        "columns": {"time": "year", "activity": "sic4"},
        "classification": "nace:2",
        "geography": "nuts:2013",
        "absent_rows": "unknown",
    }
    table = raw.drop(columns="cluster")
    panel = hansa.compute("focus", table, "hansa-nace2", describe=describe)
    found = {row["partner"]: row["value"] for row in similar_regions(panel, "UKD6").rows()}
    assert len(found) == 2
    for other, value in found.items():
        by_hand = np.minimum(share["UKD6"], share[other]).sum()
        assert value == pytest.approx(by_hand, abs=1e-9)
        assert 0.5 < value < 0.95
