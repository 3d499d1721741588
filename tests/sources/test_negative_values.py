"""Value added may be negative: it is read with its bounds, converted, and read again."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from hansa.cli import app
from hansa.errors import HansaError
from hansa.sources.spec import spec_from
from hansa.sources.tabular import read_facts, read_table

GB = {"geography": "nuts:2013", "classification": "nace:2", "absent_rows": "unknown"}
KEYS = "geo,activity,time"
BOUNDED = """\
UKC1,10,2015,5,5,5
UKM2,10,2015,-100,-120,-80
UKM3,10,2015,30,,
"""
LINKS = """\
from_code,to_code,people,jobs
UKM2,UKM7,75,60
UKM2,UKM9,25,40
UKM3,UKM8,2,3
UKM3,UKM9,1,1
"""


def cells(cube) -> dict[str, tuple[float, float, float]]:
    """Region to value, lower, upper of the only year."""
    values = cube.load(2015).values
    low, high = values.bounds()
    codes = [cube.geo.codes[g] for g in cube.load(2015).geo]
    return dict(zip(codes, zip(values.value, low, high, strict=True), strict=True))


def in_file(path: Path, names: str, rows: str = BOUNDED) -> Path:
    path.write_text(f"{KEYS},{names}\n{rows}", encoding="utf-8")
    return path


OWN = "value_added,value_added_lower,value_added_upper"
THEIRS = {"value_added": "gva", "value_added_lower": "low", "value_added_upper": "high"}


@pytest.mark.parametrize(
    ("names", "describe"),
    [
        (OWN, {}),
        ("gva,low,high", {"columns": THEIRS}),
        ("value,lower,upper", {"measure": "value_added"}),
    ],
    ids=["our names", "their names", "one measure"],
)
def test_negative_value_added_is_read_with_its_bounds(names, describe, tmp_path):
    path = in_file(tmp_path / "t.csv", names)
    found = cells(read_facts(path, spec_from(GB | describe, "describe"), "value_added"))
    assert found == {"UKC1": (5, 5, 5), "UKM2": (-100, -120, -80), "UKM3": (30, 30, 30)}


def test_negative_rows_of_a_measure_in_a_column_measure():
    table = pa.table(
        {"geo": ["A", "A"], "activity": ["x"] * 2, "time": [2015] * 2, "value": [-7, 3]}
        | {"measure": ["value_added", "employment"], "lower": [-9, 3], "upper": [-7, 3]}
    )
    assert cells(read_table(table, None, "value_added")) == {"A": (-7, -9, -7)}


def test_bounds_of_other_measures_are_not_negative(tmp_path):
    names = OWN.replace("value_added", "employment")
    path = in_file(tmp_path / "t.csv", names, "UKC1,10,2015,5,-1,9\n")
    with pytest.raises(HansaError) as refused:
        read_facts(path, spec_from(GB, "describe"))
    assert str(refused.value) == (
        "employment_lower is negative\n"
        f"  where:  {path}, row 2, column employment_lower\n"
        "  found:  -1\n"
        "  needed: zero or more; an empty cell for a missing value\n"
        "  do:     correct the cell; a mark for a missing value is named: "
        'missing = ["-1"] in study.toml or NAME.meta.toml, or --table missing=-1'
    )


def test_the_bounds_of_a_negative_value_still_hold_it(tmp_path):
    path = in_file(tmp_path / "t.csv", OWN, "UKC1,10,2015,-100,-80,-120\n")
    with pytest.raises(HansaError) as refused:
        read_facts(path, spec_from(GB, "describe"), "value_added")
    assert "  found:  -80 ≤ -100 ≤ -120\n" in str(refused.value)


def test_rounding_spreads_a_negative_value_to_both_sides():
    table = pa.table({"geo": ["A", "B"], "activity": ["x"] * 2, "time": [2015] * 2})
    table = table.append_column("value_added", pa.array([-200, -20]))
    spec = spec_from({"rounding": [[0, 10], [100, 50]]}, "describe")
    found = cells(read_table(table, spec, "value_added"))
    assert found == {"A": (-200, -225, -175), "B": (-20, -25, -15)}


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_negative_value_added_is_split_over_several_weights_by_hand(ending, tmp_path):
    """-100 (-120 to -80) is split 75:25 by people and 60:40 by jobs, 30 by 2:1 and by 3:1.

    UKM7: people -75 (-90 to -60), jobs -72 to -48: -90 to -48 over both.
    UKM8: people 20, jobs 22.5.
    UKM9: people -25 + 10 = -15 (-20 to -10), jobs -48 + 7.5 to -32 + 7.5: -40.5 to -10.
    """
    path = in_file(tmp_path / "t.csv", OWN)
    (tmp_path / "links.csv").write_text(LINKS, encoding="utf-8")
    out = tmp_path / f"out.{ending}"
    options = ["--to", "nuts:2021", "--links", str(tmp_path / "links.csv"), "--weight", "people"]
    options += ["--geography", "nuts:2013", "--classification", "nace:2"]
    options += ["--absent-rows", "unknown", "--out", str(out)]
    ran = CliRunner().invoke(app, ["convert", str(path), *options], catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    found = cells(read_facts(out, None, "value_added"))
    assert found.keys() == {"UKC1", "UKM7", "UKM8", "UKM9"}
    assert found["UKC1"] == (5, 5, 5)
    assert found["UKM7"] == pytest.approx((-75, -90, -48))
    assert found["UKM8"] == pytest.approx((20, 20, 22.5))
    assert found["UKM9"] == pytest.approx((-15, -40.5, -10))
