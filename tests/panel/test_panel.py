"""The one data type: what it demands, what may be summed, what goes along with a sum.

Shares of a sum are compared to 1e-12 relative; everything else is exact.
"""

from __future__ import annotations

import json

import pandas as pd
import pyarrow as pa
import pytest

import hansa
from hansa.errors import HansaError, UsageError
from hansa.panel import METADATA_KEY, Header, Panel
from small_tables import UNKNOWN, facts


def sizes(grid: str, **described) -> Panel:
    return hansa.compute("employment", facts(grid), describe={**UNKNOWN, **described})


def of(panel: Panel, *columns: str) -> list[tuple]:
    return [tuple(row[c] for c in columns) for row in panel.rows()]


def test_an_extensive_panel_is_summed_over_each_dimension():
    panel = sizes("A B\nR1 30 70\nR2 20 180")
    assert of(panel.summed("activity"), "geo", "value") == [("R1", 100), ("R2", 200)]
    assert of(panel.summed("geo"), "activity", "value") == [("A", 50), ("B", 250)]
    assert of(panel.summed("geo").summed("activity"), "time", "value") == [(2020, 300)]


def test_an_absent_member_makes_the_sum_absent_and_flags_join():
    panel = sizes("A B\nR1 30e 70p\nR2 20 :c")
    summed = panel.summed("activity")
    assert of(summed, "geo", "value", "status") == [("R1", 100, "e;p"), ("R2", None, "c")]


@pytest.mark.parametrize("measure", ["focus", "cluster_share", "location_quotient_total"])
def test_sums_of_shares_and_quotients_are_refused(measure):
    panel = hansa.compute(measure, facts("A B\nR1 30 70"), describe=UNKNOWN)
    with pytest.raises(HansaError, match=f"{measure} cannot be summed over activity"):
        panel.summed("activity")


def test_a_sum_carries_its_bounds_and_the_share_that_is_estimated():
    """30 estimated of 100 jobs; 28..32 and 69..71 make 97..103."""
    frame = pd.DataFrame(
        {
            "geo": "R1",
            "activity": ["A", "B"],
            "time": 2020,
            "employment": [30, 70],
            "employment_lower": [28, 69],
            "employment_upper": [32, 71],
            "employment_status": ["e", ""],
        }
    )
    summed = hansa.compute("employment", frame, describe=UNKNOWN).summed("activity")
    (row,) = summed.rows()
    assert (row["value"], row["lower"], row["upper"]) == (100, 97, 103)
    assert row["estimated"] == pytest.approx(0.3, rel=1e-12)


def test_parts_that_overlap_are_not_summed():
    frame = facts("A\nDK 50\nDK01 20\nDK02 30")
    panel = hansa.read(frame, describe={**UNKNOWN, "geography": "nuts:2013"})
    with pytest.raises(HansaError, match="DK01 lies in DK"):
        panel.summed("geo")
    panel = hansa.read(facts("A TOTAL\nR1 20 50"), describe=UNKNOWN)
    with pytest.raises(HansaError, match="A lies in TOTAL"):
        panel.summed("activity")
    assert of(panel.summed("geo"), "activity", "value") == [("A", 20), ("TOTAL", 50)]


def test_a_dimension_that_is_not_there_is_refused():
    with pytest.raises(UsageError, match="the panel has no dimension cluster"):
        sizes("A\nR1 1").summed("cluster")


def test_a_panel_needs_its_columns_and_known_dimensions():
    rows = pa.table({"geo": ["R1"], "value": [1.0]})
    assert Panel.of(rows, ["geo"], Header("x")).rows() == [
        {"geo": "R1", "value": 1.0, "status": ""}
    ]
    with pytest.raises(UsageError, match="needs the columns time"):
        Panel.of(rows, ["geo", "time"], Header("x"))
    with pytest.raises(UsageError, match="planet is no dimension"):
        Panel.of(rows, ["planet"], Header("x"))


def test_a_panel_goes_to_pandas_polars_and_arrow_and_keeps_its_header(tmp_path):
    import pyarrow.parquet as pq

    panel = sizes("A B\nR1 30 :")
    assert panel.to_pandas()["value"].isna().tolist() == [False, True]
    assert panel.to_polars()["value"].to_list() == [30.0, None]
    pq.write_table(panel.to_arrow(), tmp_path / "sizes.parquet")
    stored = json.loads(pq.read_schema(tmp_path / "sizes.parquet").metadata[METADATA_KEY])
    again = Header.from_dict({k: v for k, v in stored.items() if k not in ("format", "dims")})
    assert again == panel.header
    assert pa.table(panel).num_rows == 2, "a panel speaks the Arrow C stream"


def test_a_header_of_another_version_is_refused_by_name():
    header = Header("employment", unit="persons", notes=("one", "two"))
    assert Header.from_dict(header.as_dict()) == header
    with pytest.raises(HansaError, match="colour"):
        Header.from_dict({"measure": "employment", "colour": "red"})


def test_a_result_states_what_it_is():
    """Every function states unit, kind, base, reference, definition and versions."""
    panel = hansa.compute(
        "location_quotient_total",
        facts("10 41\nR1 30 70"),
        "hansa-divisions",
        describe={**UNKNOWN, "classification": "nace:2", "source": "A survey"},
    )
    header = panel.header
    assert (header.measure, header.unit, header.kind) == (
        "location_quotient_total",
        "ratio",
        "intensive",
    )
    assert header.base == "total: all activities of the source"
    assert header.reference == "all regions of the source"
    assert header.definition == "hansa-divisions"
    assert header.classification == "nace:2"
    assert header.source == "A survey"
    assert header.steps[-1] == "computed location_quotient_total of employment"
