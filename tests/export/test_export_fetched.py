"""Tables fetched as SOURCE:DATASET: all their columns go out, and nobody calls them jobs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from typer.testing import CliRunner

import hansa
import hansa.export
from hansa.cli import app
from hansa.errors import HansaError, UsageError
from hansa.export.described import Described
from hansa.export.reading import panel_of

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "sources" / "live"))

from sdmx_server import SdmxServer

NAME = "eurostat:nama_10r_2gdp"


def gdp() -> pa.Table:
    rows = [
        {"freq": "A", "unit": unit, "geo": geo, "TIME_PERIOD": year, "OBS_VALUE": value,
         "OBS_FLAG": "p" if year == "2020" else ""}
        for unit in ("MIO_EUR", "PPS_HAB")
        for geo in ("SE11", "SE12")
        for year, value in (("2019", "1.5"), ("2020", ""))
    ]  # fmt: skip
    return pa.Table.from_pylist(rows)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with SdmxServer({"nama_10r_2gdp": gdp()}) as server:
        monkeypatch.setenv("HANSA_AT", f"eurostat={server.home}")
        monkeypatch.setenv("HANSA_CACHE", str(tmp_path / "cache"))
        for ending in ("csv", "parquet"):
            fetched = ["fetch", NAME, "--out", str(tmp_path / f"gdp.{ending}")]
            assert CliRunner().invoke(app, fetched).exit_code == 0
        yield tmp_path


@pytest.mark.parametrize("source", ["gdp.csv", "gdp.parquet"])
def test_all_columns_go_out_with_the_description(folder: Path, source: str) -> None:
    columns = ["freq", "unit", "geo", "TIME_PERIOD", "value", "status", "OBS_FLAG"]
    for ending in ("csv", "parquet", "xlsx"):
        done = hansa.export(folder / source, folder / f"out.{ending}")
        assert (done.rows, done.absent) == (8, 4)
    assert pl.read_csv(folder / "out.csv").columns == columns
    assert (folder / "out.csv").read_bytes() == (folder / "gdp.csv").read_bytes()
    sheet = pl.read_excel(folder / "out.xlsx", sheet_name="Data")
    assert sheet.columns == columns
    assert sheet["value"].to_list() == pl.read_parquet(folder / "out.parquet")["value"].to_list()
    about = dict(pl.read_excel(folder / "out.xlsx", sheet_name="About", has_header=False).rows())
    assert about["Source"].startswith("ESTAT, ")
    assert not {"Measure", "Kind"} & set(about)
    first = panel_of(folder / source)
    assert isinstance(first, Described)
    for again in ("out.csv", "out.parquet"):
        found = panel_of(folder / again)
        assert isinstance(found, Described)
        assert found.as_facts() == first.as_facts()


def test_what_was_fetched_in_python_goes_out_as_it_is(folder: Path) -> None:
    hansa.export(hansa.fetch(NAME), folder / "own.csv")
    assert (folder / "own.csv").read_bytes() == (folder / "gdp.csv").read_bytes()
    assert 'time = "TIME_PERIOD"' in (folder / "own.meta.toml").read_text()


def test_a_header_of_the_same_words_may_lie_beside_a_parquet(folder: Path) -> None:
    (folder / "gdp.meta.toml").unlink()
    (folder / "gdp.csv").unlink()
    hansa.export(folder / "gdp.parquet", folder / "gdp.csv")
    assert isinstance(panel_of(folder / "gdp.parquet"), Described)


@pytest.mark.parametrize(
    ("out", "options", "words"),
    [
        ("o.sdmx.csv", {}, "sdmx-csv needs to know what is measured"),
        ("o.gpkg", {"geometry": "b.geojson"}, "gpkg needs to know what is measured"),
        ("o.csv", {"labels": "both"}, "what the codes are called is not said"),
        ("o.csv", {"time": 2019}, "no time to choose from"),
    ],
)
def test_what_needs_a_measure_is_refused_and_never_called_employment(
    folder: Path, out: str, options: dict[str, object], words: str
) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        hansa.export(folder / "gdp.csv", folder / out, **options)
    assert "employment" not in str(caught.value)
    assert not (folder / out).exists()


def test_confidential_values_stay_here(folder: Path) -> None:
    text = (folder / "gdp.csv").read_text().replace("2019,1.5,,", "2019,1.5,c,", 1)
    (folder / "gdp.csv").write_text(text)
    with pytest.raises(HansaError, match="confidential cells hold a value") as caught:
        hansa.export(folder / "gdp.csv", folder / "o.csv")
    assert caught.value.finding.place == "row 1"


def test_a_table_of_jobs_is_still_read_as_one(tmp_path: Path) -> None:
    (tmp_path / "jobs.csv").write_text("geo,activity,time,employment\nnorth,01,2020,30\n")
    (tmp_path / "jobs.meta.toml").write_text(
        'format = 1\nsource = "ours"\nclassification = "nace:2"\nabsent_rows = "unknown"\n'
    )
    assert panel_of(tmp_path / "jobs.csv").header.measure == "employment"


def test_without_its_description_nobody_is_told_to_call_it_employment(folder: Path) -> None:
    (folder / "gdp.meta.toml").unlink()
    with pytest.raises(HansaError, match="the table holds no measure") as caught:
        hansa.export(folder / "gdp.csv", folder / "o.xlsx")
    assert caught.value.finding.fix == "say which column it is: --columns MEASURE=NAME"
