"""The command `hansa export`."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyogrio
import pytest
import typer
from export_panels import boundaries, quotients
from typer.testing import CliRunner, Result

import hansa
import hansa.export
from hansa.cli import export as command
from hansa.errors import UsageError


def run(*arguments: object) -> Result:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.callback()(lambda: None)
    command.register(app)
    return CliRunner().invoke(app, ["export", *map(str, arguments)])


@pytest.fixture
def table(tmp_path: Path) -> Path:
    hansa.export(quotients((2016, 2018)), tmp_path / "lq.csv")
    return tmp_path / "lq.csv"


def test_to_a_workbook(table: Path, tmp_path: Path) -> None:
    done = run(table, "--out", tmp_path / "lq.xlsx", "--time", "2018")
    assert done.exit_code == 0, done.output
    assert "lq.xlsx: xlsx, 5 rows, 1 absent" in done.stderr
    assert set(pl.read_excel(tmp_path / "lq.xlsx")["time"]) == {2018}


def test_to_a_map(table: Path, tmp_path: Path) -> None:
    shapes = boundaries(tmp_path, notice="")
    options = ("--geometry", shapes, "--geometry-notice", "© Someone", "--wide", "--crs", "3035")
    done = run(table, "--out", tmp_path / "lq.gpkg", *options)
    assert done.exit_code == 0, done.output
    assert "note: 2 cells have no row in the table" in done.stderr
    assert pyogrio.read_info(tmp_path / "lq.gpkg", layer="regions")["crs"] == "EPSG:3035"


def test_to_sdmx_of_the_older_version(table: Path, tmp_path: Path) -> None:
    done = run(table, "--out", tmp_path / "a.csv", "--to", "sdmx-csv", "--sdmx-version", "1.0")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "a.csv").read_text().startswith("DATAFLOW,FREQ,GEO,CLUSTER,TIME_PERIOD,")


def test_a_facts_table_with_its_description(tmp_path: Path) -> None:
    (tmp_path / "jobs.csv").write_text("region,nace,year,jobs\nnorth,01,2020,30\n")
    done = run(
        tmp_path / "jobs.csv",
        "--columns",
        "geo=region,activity=nace,time=year,employment=jobs",
        "--classification",
        "nace:2",
        "--absent-rows",
        "unknown",
        "--out",
        tmp_path / "a.parquet",
        "--labels",
        "both",
    )
    assert done.exit_code == 0, done.output
    (row,) = pl.read_parquet(tmp_path / "a.parquet").to_dicts()
    assert (row["activity"], row["value"]) == ("01", 30.0)
    assert row["activity_label"].startswith("Crop and animal production")


def test_what_makes_no_sense_is_refused(table: Path, tmp_path: Path) -> None:
    done = run(table, "--out", tmp_path / "lq.docx")
    assert isinstance(done.exception, UsageError)
    assert "the ending of lq.docx names no format" in str(done.exception)
    done = run(table, "--out", tmp_path / "lq.geojson")
    assert "geojson needs the boundaries" in str(done.exception)


def test_without_a_place_to_write_it_is_wrong_usage(table: Path) -> None:
    assert run(table).exit_code == 2
