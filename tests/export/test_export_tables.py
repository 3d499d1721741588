"""CSV and Parquet that others read: pandas, polars, DuckDB; and Hansa again."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from export_panels import STATUS, TEXTS, VALUES, quotients, traps
from hypothesis import given, settings
from hypothesis import strategies as st

import hansa
import hansa.export
from hansa.errors import HansaError, UsageError
from hansa.export.prepare import prepared
from hansa.export.reading import panel_of
from hansa.export.verb import FORMATS, format_of
from hansa.files import csv_bytes
from hansa.panel import Header, Panel

CODES = ["01", "002", "0", "=1+1", "-3", "1e5", "TRUE", "NA"]


def test_csv_as_pandas_and_duckdb_read_it(tmp_path: Path) -> None:
    done = hansa.export(traps(), tmp_path / "a.csv")
    assert [p.name for p in done.paths] == ["a.meta.toml", "a.csv"]
    assert (done.to, done.rows, done.absent) == ("csv", 8, 1)
    texts = {"geo": str, "entity": str, "status": str, "method": str}
    frame = pd.read_csv(tmp_path / "a.csv", dtype=texts, keep_default_na=False, na_values=[""])
    frame = frame.astype({"value": float})
    assert frame["geo"].tolist() == CODES
    assert frame["entity"].tolist() == list(TEXTS)
    assert [None if pd.isna(v) else v for v in frame["value"]] == list(VALUES)
    assert [None if pd.isna(v) else v for v in frame["method"]] == [None, *TEXTS[1:]]
    found = duckdb.sql(
        f"select * from read_csv('{tmp_path / 'a.csv'}', all_varchar = true)"
    ).fetchall()
    assert [row[0] for row in found] == CODES
    assert [row[1] for row in found] == list(TEXTS)
    assert [None if row[3] is None else float(row[3]) for row in found] == list(VALUES)
    assert [row[4] or "" for row in found] == list(STATUS)


def test_parquet_as_polars_and_duckdb_read_it(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    hansa.export(traps(), path)
    frame = pl.read_parquet(path)
    assert frame["geo"].to_list() == CODES
    assert frame["value"].to_list() == list(VALUES)
    assert frame["status"].to_list() == list(STATUS)
    found = duckdb.sql(f"select geo, value, method from '{path}'").fetchall()
    assert found == list(zip(CODES, VALUES, [None, *TEXTS[1:]], strict=True))
    header = json.loads(pq.read_schema(path).metadata[b"hansa"])
    assert header["dims"] == ["geo", "entity", "time"]
    assert header["licence"] == "CC BY 4.0"


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_what_went_out_comes_in_again(tmp_path: Path, name: str) -> None:
    before = traps()
    hansa.export(before, tmp_path / name)
    after = panel_of(tmp_path / name)
    assert (after.dims, after.header) == (before.dims, before.header)
    assert prepared(after).panel.rows() == prepared(before).panel.rows()
    hansa.export(tmp_path / name, tmp_path / "again" / name)
    assert (tmp_path / "again" / name).read_bytes() == (tmp_path / name).read_bytes()


def test_labels_stand_beside_codes(tmp_path: Path) -> None:
    hansa.export(quotients(), tmp_path / "a.csv", labels="both")
    frame = pl.read_csv(tmp_path / "a.csv")
    assert frame.columns[:5] == ["geo", "geo_label", "cluster", "cluster_label", "time"]
    assert dict(zip(frame["geo"], frame["geo_label"], strict=True))["DE60"] == "Hamburg"
    assert "Food and drink" in frame["cluster_label"].to_list()
    hansa.export(quotients(), tmp_path / "b.csv")
    assert "geo_label" not in pl.read_csv(tmp_path / "b.csv").columns


def test_labels_already_there_are_not_added_twice(tmp_path: Path) -> None:
    hansa.export(quotients(), tmp_path / "a.csv", labels="both")
    hansa.export(tmp_path / "a.csv", tmp_path / "b.csv", labels="both")
    assert (tmp_path / "b.csv").read_bytes() == (tmp_path / "a.csv").read_bytes()


def test_codes_without_labels_are_said(tmp_path: Path) -> None:
    done = hansa.export(traps(), tmp_path / "a.csv")
    assert done.notes == (
        "no flag that Hansa knows, kept in status as it was: x;q",
        "no labels are known for the codes of geo",
    )


def test_one_time_of_several(tmp_path: Path) -> None:
    done = hansa.export(quotients((2016, 2018)), tmp_path / "a.csv", time=2018)
    assert set(pl.read_csv(tmp_path / "a.csv")["time"]) == {2018}
    assert done.rows == 5
    with pytest.raises(UsageError, match=r"nothing at 2017\n.*needed: +2016, 2018\n.*--time 2018"):
        hansa.export(quotients((2016, 2018)), tmp_path / "b.csv", time=["2016", "2017"])
    assert not (tmp_path / "b.csv").exists()


def test_a_facts_table_of_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "jobs.csv").write_text(
        "region,nace,year,jobs,pay\nnorth,01,2020,30,60\nnorth,02,2020,,\n"
    )
    say = {
        "columns": {
            "geo": "region",
            "activity": "nace",
            "time": "year",
            "employment": "jobs",
            "payroll": "pay",
        },
        "classification": "nace:2",
        "absent_rows": "unknown",
    }
    hansa.export(
        tmp_path / "jobs.csv",
        tmp_path / "a.csv",
        describe=say,
        measure="employment",
        labels="both",
    )
    frame = pl.read_csv(tmp_path / "a.csv", infer_schema=False)
    assert frame["activity"].to_list() == ["01", "02"]
    assert frame["activity_label"][1] == "Forestry and logging"
    assert frame["value"].to_list() == ["30", None]
    assert frame["status"].to_list() == [None, "m"]


def test_several_measures_have_to_be_chosen_from(tmp_path: Path) -> None:
    (tmp_path / "jobs.csv").write_text(
        "geo,activity,time,employment,payroll\nnorth,10,2020,30,60\n"
    )
    with pytest.raises(UsageError, match=r"several measures\n.*employment, payroll"):
        hansa.export(tmp_path / "jobs.csv", tmp_path / "a.xlsx")
    say = {"absent_rows": "unknown"}
    done = hansa.export(tmp_path / "jobs.csv", tmp_path / "a.csv", measure="payroll", describe=say)
    assert done.rows == 1
    assert pl.read_csv(tmp_path / "a.csv")["value"].to_list() == [60]


def test_a_data_frame_goes_out(tmp_path: Path) -> None:
    frame = quotients().to_polars()
    panel = Panel.of(frame, ("geo", "cluster", "time"), quotients().header)
    hansa.export(panel, tmp_path / "a.csv")
    hansa.export(quotients(), tmp_path / "b.csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


@pytest.mark.parametrize("kind", [pa.float64(), pa.float32()])
def test_what_is_no_number_is_absent(tmp_path: Path, kind: pa.DataType) -> None:
    value = pa.array([float("nan"), 0.0], kind)
    table = pa.table({"geo": ["a", "b"], "value": value, "upper": value})
    panel = Panel.of(table, ("geo",), Header("employment"))
    assert hansa.export(panel, tmp_path / "a.csv").absent == 1
    assert (tmp_path / "a.csv").read_text() == "geo,value,upper,status\na,,,\nb,0,0,\n"
    hansa.export(panel, tmp_path / "a.parquet")
    assert pl.read_parquet(tmp_path / "a.parquet")["value"].to_list() == [None, 0.0]


# --- refused ---------------------------------------------------------------------------


def test_a_row_twice_is_refused(tmp_path: Path) -> None:
    panel = quotients()
    double = Panel(
        panel.dims, pa.concat_tables([panel.table, panel.table.slice(0, 1)]), panel.header
    )
    with pytest.raises(HansaError, match=r"twice.*\n.*geo=DE60, cluster=wood-furniture, time=2018"):
        hansa.export(double, tmp_path / "a.csv")


def test_a_row_without_a_code_is_refused(tmp_path: Path) -> None:
    table = pa.table({"geo": ["a", None], "time": [2020, 2020], "value": [1.0, 2.0]})
    panel = Panel.of(table, ("geo", "time"), Header("employment"))
    with pytest.raises(HansaError, match=r"a row has no geo\n.*row 2 of 2"):
        hansa.export(panel, tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("name", "to", "text"),
    [
        ("a", "", "the ending of a names no format"),
        ("a.doc", "", "the ending of a.doc names no format"),
        ("a.csv", "word", "unknown format 'word'"),
        ("a.csv", "xlsx", "the file would hold xlsx under the ending of csv"),
        ("a.sdmx.csv", "csv", "the file would hold csv under the ending of sdmx-csv"),
    ],
)
def test_wrong_endings(tmp_path: Path, name: str, to: str, text: str) -> None:
    with pytest.raises(UsageError, match=text) as problem:
        hansa.export(quotients(), tmp_path / name, to=to)
    assert "needed:" in str(problem.value)
    assert list(tmp_path.iterdir()) == []


def test_the_format_by_ending_or_by_name() -> None:
    assert format_of(Path("A.SDMX.CSV")) == "sdmx-csv"
    assert format_of(Path("a.csv"), "sdmx-csv") == "sdmx-csv"
    assert format_of(Path("a.pq")) == "parquet"
    assert format_of(Path("noending"), "gpkg") == "gpkg"
    assert set(FORMATS) == {"csv", "parquet", "xlsx", "sdmx-csv", "geojson", "gpkg"}


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"wide": True}, "csv has no use for --wide"),
        ({"geometry": "x.geojson"}, "csv has no use for --geometry"),
        ({"crs": 3035}, "csv has no use for --crs 3035"),
        ({"sdmx_version": "1.0"}, "csv has no use for --sdmx-version"),
        ({"labels": "all"}, "unknown labels 'all'"),
        ({"colour": "red"}, "unknown option colour"),
    ],
)
def test_options_without_sense(tmp_path: Path, options: dict[str, object], text: str) -> None:
    with pytest.raises(UsageError, match=text):
        hansa.export(quotients(), tmp_path / "a.csv", **options)


def test_the_table_itself_and_its_description_are_never_overwritten(tmp_path: Path) -> None:
    hansa.export(quotients(), tmp_path / "a.csv")
    before = (tmp_path / "a.csv").read_bytes(), (tmp_path / "a.meta.toml").read_bytes()
    own = r"place of what it is made of\n.*{}\n(.*\n)*.*another name than {}"
    with pytest.raises(UsageError, match=own.format("a.csv", "a.csv")):
        hansa.export(tmp_path / "a.csv", tmp_path / "a.csv", time=2018)
    with pytest.raises(UsageError, match=own.format("a.csv", "a.csv")):
        hansa.export(tmp_path / "a.csv", tmp_path / "." / "a.csv")
    with pytest.raises(UsageError, match=own.format("a.meta.toml", "a.meta.toml")):
        hansa.export(tmp_path / "a.csv", tmp_path / "a.txt", to="csv")
    hansa.export(quotients(), tmp_path / "b.parquet")
    with pytest.raises(UsageError, match=own.format("b.parquet", "b.parquet")):
        hansa.export(tmp_path / "b.parquet", tmp_path / "b.parquet")
    after = (tmp_path / "a.csv").read_bytes(), (tmp_path / "a.meta.toml").read_bytes()
    assert after == before


def test_a_new_header_never_becomes_that_of_the_table(tmp_path: Path) -> None:
    """`jobs.txt` has the header `jobs.meta.toml`, which `jobs.csv` would be read with."""
    (tmp_path / "jobs.csv").write_text("geo,activity,time,employment\nnorth,01,2020,30\n")
    facts = {"classification": "nace:2", "absent_rows": "unknown"}
    with pytest.raises(UsageError, match=r"read as the header of the table\n.*jobs.meta.toml\n"):
        hansa.export(tmp_path / "jobs.csv", tmp_path / "jobs.txt", to="csv", describe=facts)
    assert [one.name for one in tmp_path.iterdir()] == ["jobs.csv"]
    hansa.export(quotients(), tmp_path / "lq.parquet")
    hansa.export(tmp_path / "lq.parquet", tmp_path / "lq.csv")
    bare = pl.read_csv(tmp_path / "jobs.csv", infer_schema=False)
    bare.cast({"time": pl.Int32, "employment": pl.Float64}).write_parquet(tmp_path / "b.parquet")
    with pytest.raises(UsageError, match="read as the header of the table"):
        hansa.export(tmp_path / "b.parquet", tmp_path / "b.csv", describe=facts)


@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx"])
def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, ending: str) -> None:
    folder, file = tmp_path / f"folder.{ending}", tmp_path / "file"
    folder.mkdir()
    file.touch()
    for out, words in (
        (folder, "Is a directory"),
        (file / f"a.{ending}", "File exists|Not a directory"),
        (Path(f"/proc/o.{ending}"), "No such file or directory"),
    ):
        with pytest.raises(HansaError, match="the file cannot be written") as caught:
            hansa.export(quotients(), out)
        assert re.fullmatch(words, caught.value.finding.printed)
        assert caught.value.finding.place.startswith(str(out.parent))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", folder.name]


@pytest.mark.parametrize("ending", ["csv", "sdmx.csv"])
def test_a_zero_has_no_sign(tmp_path: Path, ending: str) -> None:
    table = pa.table({"geo": ["a", "b"], "value": [-0.0, -1.5], "lower": [-0.0, None]})
    panel = Panel.of(table, ("geo",), Header("m", kind="intensive"))
    hansa.export(panel, tmp_path / f"a.{ending}")
    text = (tmp_path / f"a.{ending}").read_text()
    assert not re.search(r"-0\b", text)
    assert "-1.5" in text


def test_a_mark_that_is_no_flag_is_told_and_kept(tmp_path: Path) -> None:
    table = pa.table({"geo": ["a", "b", "c"], "value": [1.0] * 3, "status": ["p", "weird", "7"]})
    done = hansa.export(Panel(("geo",), table, Header("m")), tmp_path / "a.csv")
    assert "no flag that Hansa knows, kept in status as it was: weird, 7" in done.notes
    assert (tmp_path / "a.csv").read_text().endswith("b,1,weird\nc,1,7\n")
    known = hansa.export(quotients(), tmp_path / "b.csv")
    assert not [note for note in known.notes if "no flag" in note]


def test_nothing_to_export() -> None:
    with pytest.raises(UsageError, match="there is nothing to export"):
        hansa.export(42, "a.csv")


def test_a_damaged_header_is_named(tmp_path: Path) -> None:
    hansa.export(quotients(), tmp_path / "a.csv")
    (tmp_path / "a.meta.toml").write_text("[panel\n")
    with pytest.raises(HansaError, match=r"header beside the table cannot be read\n.*a.meta.toml"):
        hansa.export(tmp_path / "a.csv", tmp_path / "b.csv")


# --- any text, any number ---------------------------------------------------------------

LEGAL = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), min_size=1)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(LEGAL, st.floats(allow_nan=True, allow_infinity=False)), min_size=1))
def test_any_text_and_number_survive_csv(rows: list[tuple[str, float]]) -> None:
    table = pa.table(
        {
            "geo": [str(i) for i in range(len(rows))],
            "value": [v for _, v in rows],
            "method": [t for t, _ in rows],
        }
    )
    ready = prepared(Panel.of(table, ("geo",), Header("employment")))
    text = csv_bytes(ready.panel.table).decode()
    found = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["geo"] for row in found] == table["geo"].to_pylist()
    assert [row["method"] for row in found] == [text for text, _ in rows]
    numbers = [float(row["value"]) if row["value"] else None for row in found]
    assert numbers == [None if math.isnan(value) else value for _, value in rows]
