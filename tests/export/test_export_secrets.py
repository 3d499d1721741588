"""What is confidential does not leave, in no format."""

from __future__ import annotations

import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from export_panels import boundaries

import hansa
import hansa.export
from hansa.errors import HansaError
from hansa.export.guard import guarded
from hansa.panel import Header, Panel

NAMES = ("a.csv", "a.parquet", "a.xlsx", "a.sdmx.csv", "a.geojson", "a.gpkg")
SECRET = 7319.0


def panel(status: str, value: float | None, low: float | None, high: float | None, *steps: str):
    table = pa.table(
        {
            "geo": ["DE60", "SE11"],
            "value": pa.array([value, 4.0], pa.float64()),
            "status": [status, ""],
            "lower": pa.array([low, 4.0], pa.float64()),
            "upper": pa.array([high, 4.0], pa.float64()),
        }
    )
    return Panel(("geo",), table, Header("employment", geography="nuts:2013", steps=steps))


def written(folder: Path, own: Panel, name: str) -> str:
    """Everything that stands in the exported file, unpacked, as one text."""
    path = folder / name
    more: dict[str, Any] = {}
    if name.endswith(("geojson", "gpkg")):
        more["geometry"] = boundaries(folder)
    hansa.export(own, path, **more)
    if name.endswith(".xlsx"):
        with zipfile.ZipFile(path) as file:
            return "".join(file.read(n).decode() for n in file.namelist())
    if name.endswith(".parquet"):
        return str(pl.read_parquet(path).to_dicts())
    if name.endswith(".gpkg"):
        with sqlite3.connect(path) as file:
            return "".join(
                str(file.execute(f"SELECT * FROM {t}").fetchall()) for t in ("regions", "data")
            )
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_tight_bounds_of_a_confidential_cell_stay_behind(tmp_path: Path, name: str) -> None:
    text = written(tmp_path, panel("c;interval", None, SECRET - 9, SECRET + 9), name)
    assert "7310" not in text
    assert "7328" not in text
    assert "c;interval" in text, "the reason stays"


@pytest.mark.parametrize("name", NAMES)
def test_wide_bounds_of_a_confidential_cell_may_leave(tmp_path: Path, name: str) -> None:
    text = written(tmp_path, panel("c;interval", None, 1234.5, SECRET), name)
    assert "1234.5" in text
    assert "7319" in text


@pytest.mark.parametrize("name", NAMES)
def test_a_known_confidential_value_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(HansaError, match=r"cells hold a value\n.*geo=DE60\n(.*\n)*.*hansa protect"):
        written(tmp_path, panel("p;c", SECRET, SECRET, SECRET), name)
    assert not (tmp_path / name).exists()


def test_filled_cells_by_the_rule_of_the_filling() -> None:
    tight, notes = guarded(panel("c;imputed", SECRET, SECRET - 300, SECRET + 300))
    assert tight.rows()[0]["value"] is None
    assert tight.rows()[0]["upper"] is None
    assert notes == ("confidential cells left empty, their bounds all but give them: 1",)
    assert tight.header.steps == notes
    wide, notes = guarded(panel("c;imputed", SECRET, 0.0, 20_000.0))
    assert (wide.rows()[0]["value"], notes) == (SECRET, ())
    reason = "confidential cells given out: the office agreed"
    given, notes = guarded(panel("c;imputed", SECRET, SECRET, SECRET, reason))
    assert (given.rows()[0]["value"], notes) == (SECRET, (reason,))


def test_a_reason_for_filled_cells_does_not_cover_known_values() -> None:
    reason = "confidential cells given out: the office agreed"
    with pytest.raises(HansaError, match="confidential cells hold a value"):
        guarded(panel("c", SECRET, SECRET, SECRET, reason))


def test_results_keep_what_their_audit_allowed() -> None:
    step = "computed focus of employment"
    kept, notes = guarded(panel("c;imputed", 0.5, 0.49, 0.51, step))
    assert kept.rows()[0]["value"] == 0.5
    assert notes[0].startswith("1 results rest on confidential cells (status c)")
    bare, notes = guarded(panel("c;interval", None, 0.49, 0.51, step))
    assert bare.rows()[0]["lower"] is None
    assert len(notes) == 1


@pytest.mark.parametrize("status", ["see C note 3", "c?"])
def test_a_mark_of_an_office_that_may_mean_confidential(status: str) -> None:
    with pytest.raises(HansaError, match="confidential cells hold a value"):
        guarded(panel(status, SECRET, None, None))


def test_cells_without_the_flag_are_left_alone() -> None:
    own = panel("e;imputed", SECRET, SECRET, SECRET)
    assert guarded(own) == (own, ())


def test_from_an_own_table_by_way_of_protection(tmp_path: Path) -> None:
    rows = ["geo,activity,time,employment,establishments"]
    for geo, jobs in (("north", (60, 20, 20)), ("south", (20, 10, 15))):
        units = (9, 2, 7) if geo == "north" else (5, 4, 6)
        for code, n, u in zip(("10", "16", "62"), jobs, units, strict=True):
            mark = ",c" if (geo, code) == ("north", "16") else ","
            rows.append(f"{geo},{code},2020,{n},{u}{mark}")
    rows[0] += ",employment_status"
    own = tmp_path / "own.csv"
    own.write_text("\n".join(rows) + "\n")
    say = {"classification": "nace:2", "absent_rows": "unknown"}
    with pytest.raises(HansaError, match=r"geo=north, activity=16, time=2020"):
        hansa.export(own, tmp_path / "a.csv", measure="employment", describe=say)
    safe = hansa.protect(own, describe=say)
    done = hansa.export(safe, tmp_path / "a.csv", measure="employment")
    found = pl.read_csv(tmp_path / "a.csv", infer_schema=False)
    cell = found.filter((pl.col("geo") == "north") & (pl.col("activity") == "16"))
    assert (cell["value"].to_list(), cell["status"].to_list()) == ([None], ["c"])
    assert done.absent >= 1


def test_from_hidden_cells_by_way_of_filling(tmp_path: Path) -> None:
    table = tmp_path / "jobs.csv"
    table.write_text(
        "geo,activity,time,employment,employment_status\n"
        "n,16,2020,7361,\nn,16.1,2020,42,\nn,16.2,2020,,c\nn,62,2020,2517,\n"
    )
    say = {"classification": "nace:2", "absent_rows": "unknown"}
    hansa.export(hansa.fill(table, describe=say), tmp_path / "a.csv", measure="employment")
    text = (tmp_path / "a.csv").read_text()
    assert "7319" not in text
    assert "n,16.2,2020,,c" in text
    told = hansa.fill(table, describe=say, reason="published elsewhere")
    done = hansa.export(told, tmp_path / "b.csv", measure="employment")
    assert "n,16.2,2020,7319,c;imputed" in (tmp_path / "b.csv").read_text()
    assert done.notes == (
        "confidential cells given out: published elsewhere",
        "no labels are known for the codes of geo",
    )
