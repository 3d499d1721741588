"""Two tables of one office as one series: each in its own codes, joined, the break kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hansa
from hansa.errors import HansaError
from hansa.facts.series import _spans, facts_cube, of_years, without_years
from hansa.panel import Header
from hansa.sources.spec import FactsSpec

OLD = """geo,activity,time,employment,employment_status
LT00,10,2019,900,
EE00,10,2019,100,
EE00,11,2019,50,
EE00,10,2020,110,
EE00,11,2020,55,
"""
NEW = """geo,activity,time,employment,employment_status
EE00,10,2021,200,b
EE00,11,2021,60,b
EE00,10,2022,220,
EE00,11,2022,66,p
"""


def written(folder: Path, old: str = OLD, new: str = NEW, version: str = "nuts:2021") -> list[Path]:
    for name, text, geography in (("old", old, "nuts:2013"), ("new", new, version)):
        (folder / f"{name}.csv").write_text(text)
        (folder / f"{name}.meta.toml").write_text(
            f'geography = "{geography}"\nclassification = "nace:2"\nabsent_rows = "unknown"\n'
            f'source = "{name} table"\n'
        )
    return [folder / "old.csv", folder / "new.csv"]


SPEC = FactsSpec(convert="nuts:2021", leave_out=("LT00",))


def test_both_series_are_there_and_growth_across_the_break_is_not(tmp_path: Path) -> None:
    paths = written(tmp_path)
    growth = hansa.compute("growth_rate", paths, describe=SPEC).to_pandas()
    found = growth.set_index(["activity", "time"])["value"]
    assert found["10", 2020] == pytest.approx(0.10)
    assert np.isnan(found["10", 2021]), "a new series begins in 2021"
    assert found["10", 2022] == pytest.approx(0.10)


def test_growth_over_a_period_with_the_break_inside_is_absent(tmp_path: Path) -> None:
    over = hansa.compute("growth_rate", written(tmp_path), describe=SPEC, start=2019, end=2022)
    table = over.to_pandas()
    assert table["value"].isna().all()
    assert set(table.loc[table.geo == "EE00", "status"]) == {"b", "b;p"}


def test_the_header_names_both_sources_and_what_was_left_out(tmp_path: Path) -> None:
    cube = facts_cube(written(tmp_path), SPEC)
    assert cube.years == (2019, 2020, 2021, 2022)
    assert cube.header.geography == "nuts:2021"
    assert cube.header.source == "old table [2019–2020]; new table [2021–2022]"
    assert any("LT00" in step for step in cube.header.steps)


def test_two_versions_without_a_conversion_are_refused(tmp_path: Path) -> None:
    with pytest.raises(HansaError) as refused:
        facts_cube(written(tmp_path), FactsSpec())
    assert "different codes for regions" in str(refused.value)
    assert "nuts:2013, nuts:2021" in str(refused.value)


def test_a_code_that_cannot_be_moved_is_named(tmp_path: Path) -> None:
    with pytest.raises(HansaError, match="LT00"):
        facts_cube(written(tmp_path), FactsSpec(convert="nuts:2021"))


def test_a_cell_in_both_series_is_refused(tmp_path: Path) -> None:
    both = NEW + "EE00,10,2020,111,\n"
    with pytest.raises(HansaError, match="more than one row"):
        hansa.compute("employment", written(tmp_path, new=both), describe=SPEC)


def test_series_may_share_a_year_with_different_regions(tmp_path: Path) -> None:
    """Regions of another office's table, in the same years."""
    shared = NEW + "LV00,10,2020,77,\nLV00,10,2019,70,\n"
    cube = facts_cube(written(tmp_path, new=shared), SPEC)
    cells = cube.year(2020).cells.value
    rows = [cells[cube.activity.place["10"], cube.geo.place[geo]] for geo in ("EE00", "LV00")]
    assert rows == [110.0, 77.0]


def test_sums_that_a_publisher_does_not_keep_to_the_last_unit(tmp_path: Path) -> None:
    table = (
        "geo,activity,time,employment,payroll\n"
        "EE00,C,2020,600,{total}\nEE00,10,2020,300,3000000\nEE00,11,2020,{part},3200000\n"
    )
    (tmp_path / "t.csv").write_text(table.format(part=306, total=6_100_000))
    spec = {"geography": "nuts:2021", "classification": "nace:2", "absent_rows": "unknown"}
    with pytest.raises(HansaError, match="more than their published total"):
        hansa.compute("employment", tmp_path / "t.csv", describe=spec)
    loose = {**spec, "sums_within": {"employment": 10, "payroll": 50_000}}
    found = hansa.compute("employment", tmp_path / "t.csv", describe=loose)
    assert any("hold within 10" in step for step in found.header.steps)
    # Wages are printed in steps of 100,000: rounding alone explains what they miss.
    hansa.compute("employment", tmp_path / "t.csv", describe=loose, of="payroll")
    (tmp_path / "t.csv").write_text(table.format(part=313, total=6_100_000))
    with pytest.raises(HansaError, match="more than their published total"):
        hansa.compute("employment", tmp_path / "t.csv", describe=loose)


def test_bounds_of_hidden_cells_rest_on_sums_as_loose_as_declared(tmp_path: Path) -> None:
    rows = "".join(f"EE00,10.{i},2020,{n}\n" for i, n in ((1, 300), (3, 194), (4, 100)))
    text = f"geo,activity,time,employment\nEE00,10,2020,600\nEE00,10.2,2020,\n{rows}"
    (tmp_path / "t.csv").write_text(text)
    spec = {"geography": "nuts:2021", "classification": "nace:2", "absent_rows": "unknown"}

    def bounds(**more: object) -> tuple[float, float]:
        made = hansa.fill(tmp_path / "t.csv", describe={**spec, **more}).table.to_pylist()
        one = next(r for r in made if r["activity"] == "10.2")
        return one["employment_lower"], one["employment_upper"]

    assert bounds()[1] < 10
    assert bounds(sums_within={"employment": 10}) == (0, 16)


def test_series_in_other_units_are_refused(tmp_path: Path) -> None:
    paths = written(tmp_path)
    meta = paths[1].with_suffix(".meta.toml")
    meta.write_text(meta.read_text() + '[unit]\nemployment = "thousand persons"\n')
    with pytest.raises(HansaError, match="differ in unit"):
        facts_cube(paths, SPEC)


def test_a_result_names_the_series_of_the_years_it_shows(tmp_path: Path) -> None:
    paths = written(tmp_path)
    both = hansa.compute("employment", paths, describe=SPEC).header
    assert both.source == "old table [2019–2020]; new table [2021–2022]"
    late = hansa.compute("growth_rate", paths, describe=SPEC, start=2021, end=2022).header
    assert late.source == "new table"
    early = hansa.compute("employment", paths, describe=SPEC, start=2019, end=2020).header
    assert early.source == "old table"
    across = hansa.compute("growth_rate", paths, describe=SPEC, start=2020, end=2022).header
    assert across.source == both.source
    # What is said of the one series only goes with it.
    moved = "small changes of their boundaries are not seen"
    assert any(moved in note and note.endswith("[2019–2020]") for note in both.notes)
    assert any(moved in note and not note.endswith("]") for note in early.notes)
    assert not any(moved in note for note in late.notes)


def test_years_with_gaps_are_told_as_they_are() -> None:
    header = Header("employment", source="one [2015, 2018–2020]; two [2016–2017]; all")
    assert of_years(header, [2017]).source == "two; all"
    assert of_years(header, [2015, 2019]).source == "one; all"
    assert of_years(header, [2015, 2016]).source == header.source
    assert of_years(header, [2030]).source == "all"
    assert without_years(header.source) == "one; two; all"


@given(st.sets(st.integers(1990, 2030), min_size=1), st.sets(st.integers(1990, 2030), min_size=1))
def test_years_that_a_text_carries_are_read_back(own: set[int], shown: set[int]) -> None:
    header = Header("employment", source=f"one [{_spans(sorted(own))}]")
    found = of_years(header, shown).source
    wanted = "one" if shown <= own else header.source if shown & own else ""
    assert found == wanted
