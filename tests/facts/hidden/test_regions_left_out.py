"""Regions that a table does not list keep their share of what is hidden."""

from __future__ import annotations

from pathlib import Path

import pytest

import hansa
from hansa.axes import Axis
from hansa.codes.codelist import geography_codes
from hansa.facts.hidden.system import shares_left

SPEC = {"geography": "nuts:2021", "classification": "nace:2", "absent_rows": "unknown"}


def test_three_of_38_regions_leave_the_rest_to_35() -> None:
    axis = Axis(("DE", "DE60", "DE80", "DEF0"), geography_codes("nuts:2021"))
    one = (0, pytest.approx(1 / 38))
    assert shares_left(axis) == {4: (0, pytest.approx(35 / 38)), 1: one, 2: one, 3: one}


def test_all_regions_leave_nothing() -> None:
    axis = Axis(("DK", "DK01", "DK02", "DK03", "DK04", "DK05"), geography_codes("nuts:2021"))
    assert shares_left(axis) == {}


def test_a_hidden_cell_is_no_share_of_the_whole_country(tmp_path: Path) -> None:
    """One region of 38 is listed beside Germany: half of Germany would be a bad guess of it."""
    rows = ["geo,activity,time,employment"]
    for code, whole, part in (("10", 50_000, 1_300), ("11", 9_000, 240), ("20", 30_000, 800)):
        rows += [f"DE,{code},2020,{whole}", f"DE60,{code},2020,{part}"]
    rows += ["DE,29,2020,850000", "DE60,29,2020,"]
    (tmp_path / "t.csv").write_text("\n".join(rows) + "\n")
    made = hansa.fill(tmp_path / "t.csv", describe=SPEC)
    one = next(r for r in made.table.to_pylist() if (r["geo"], r["activity"]) == ("DE60", "29"))
    assert one["employment_upper"] == pytest.approx(850_000, rel=0.01)
    assert 0 < one["employment"] < 60_000
    assert any("share of DE 97%" in step for step in made.description["steps"])
