"""SDMX-CSV that pysdmx reads, and Hansa again."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from export_panels import VALUES, quotients, traps
from pysdmx.io import read_sdmx
from pysdmx.model.dataset import ActionType

import hansa
import hansa.export
from hansa.errors import HansaError, UsageError
from hansa.export.prepare import prepared
from hansa.export.sdmxcsv import sdmx_csv
from hansa.panel import Header, Panel


@contextmanager
def older_texts() -> Iterator[None]:
    """pysdmx 1.10 stops at any empty cell with the texts of pandas 3; with those before it reads.

    It does so with the samples of the standard too.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pd.option_context("future.infer_string", False):
            yield


def read(path: Path) -> Any:
    with older_texts():
        (dataset,) = read_sdmx(path).data
    return dataset


def cells(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_pysdmx_reads_what_the_panel_says(tmp_path: Path) -> None:
    hansa.export(quotients((2016, 2018)), tmp_path / "a.sdmx.csv")
    dataset = read(tmp_path / "a.sdmx.csv")
    assert dataset.structure == "Dataflow=HANSA:LOCATION_QUOTIENT_TOTAL(1.0.0)"
    assert dataset.action == ActionType.Information
    rows = dataset.data.to_dict("records")
    for ours, theirs in zip(quotients((2016, 2018)).rows(), rows, strict=True):
        assert theirs["GEO"] == ours["geo"]
        assert theirs["CLUSTER"] == ours["cluster"]
        assert (theirs["FREQ"], theirs["TIME_PERIOD"]) == ("A", str(ours["time"]))
        value = float(theirs["OBS_VALUE"]) if theirs["OBS_VALUE"] else None
        assert value == ours["value"]
        assert float(theirs["OBS_LOWER"]) == ours["lower"]
        assert theirs["HANSA_STATUS"] == ours["status"]
        assert theirs["UNIT_MEASURE"] == "ratio"


def test_version_1_for_older_programs(tmp_path: Path) -> None:
    hansa.export(quotients(), tmp_path / "a.csv", to="sdmx-csv", sdmx_version="1.0")
    head = (tmp_path / "a.csv").read_text().splitlines()[0].split(",")
    assert head[:3] == ["DATAFLOW", "FREQ", "GEO"]
    dataset = read(tmp_path / "a.csv")
    assert dataset.structure == "Dataflow=HANSA:LOCATION_QUOTIENT_TOTAL(1.0)"
    assert len(dataset.data) == 5
    with pytest.raises(UsageError, match=r"unknown version of SDMX-CSV '3'"):
        hansa.export(quotients(), tmp_path / "b.sdmx.csv", sdmx_version="3")


def test_labels_as_the_standard_writes_them(tmp_path: Path) -> None:
    hansa.export(quotients(), tmp_path / "a.sdmx.csv", labels="both")
    first = cells(tmp_path / "a.sdmx.csv")[0]
    assert first["STRUCTURE_ID"].endswith("(1.0.0): Specialisation")
    assert first["GEO: Region"] == "DE60: Hamburg"
    assert first["FREQ: Frequency"] == "A: Annual"
    assert first["OBS_STATUS: Observation status"] == "A: Normal value"
    assert not (tmp_path / "a.sdmx.meta.toml").exists()
    data = read(tmp_path / "a.sdmx.csv").data
    assert set(data["GEO"]) == {"DE60", "DE80", "SE11"}
    assert set(data["CLUSTER"]) == {"wood-furniture", "food"}
    assert len(data) == 5


@pytest.mark.parametrize(
    ("status", "value", "obs", "conf"),
    [
        ("", 1.0, "A", "F"),
        ("", None, "O", "F"),
        ("p;e", 1.0, "E", "F"),
        ("p", 1.0, "P", "F"),
        ("s", 1.0, "E", "F"),
        ("b;imputed", 1.0, "B", "F"),
        ("c;imputed", 1.0, "I", "C"),
        ("f;u", 1.0, "F", "F"),
        ("d;p", 1.0, "D", "F"),
        ("n;u", 1.0, "N", "F"),
        ("u", 1.0, "U", "F"),
        ("r;x;tiny", 1.0, "A", "F"),
        ("c;m", None, "Q", "C"),
        ("m;z", None, "M", "F"),
        ("d;m", None, "O", "F"),
        ("b;m", None, "B", "F"),
        ("interval", None, "O", "F"),
        ("see note 3", 1.0, "A", "F"),
    ],
)
def test_flags_as_codes_and_as_they_are(
    status: str, value: float | None, obs: str, conf: str
) -> None:
    table = pa.table({"geo": ["a"], "value": pa.array([value]), "status": [status]})
    header = Header("employment", steps=("computed employment of employment",))
    (row,) = sdmx_csv(prepared(Panel.of(table, ("geo",), header))).to_pylist()
    assert (row["OBS_STATUS"], row["CONF_STATUS"]) == (obs, conf)
    assert row["HANSA_STATUS"] == status, "nothing is dropped"
    assert row["OBS_VALUE"] == value


@pytest.mark.parametrize(
    ("time", "frequency"),
    [
        ("2023", "A"),
        ("2023-S1", "S"),
        ("2023-T3", "T"),
        ("2023-Q2", "Q"),
        ("2023-07", "M"),
        ("2023-M07", "M"),
        ("2023-W05", "W"),
        ("2023-07-31", "D"),
    ],
)
def test_frequency_by_the_time(time: str, frequency: str) -> None:
    table = pa.table({"geo": ["a"], "time": [time], "value": [1.0]})
    ready = prepared(Panel.of(table, ("geo", "time"), Header("employment")))
    (row,) = sdmx_csv(ready).to_pylist()
    assert (row["FREQ"], row["TIME_PERIOD"]) == (frequency, time)


def test_a_time_that_is_no_period_is_refused(tmp_path: Path) -> None:
    table = pa.table({"geo": ["a"], "time": ["spring 2023"], "value": [1.0]})
    panel = Panel.of(table, ("geo", "time"), Header("employment"))
    with pytest.raises(HansaError, match=r"no period of SDMX\n.*column time\n.*'spring 2023'"):
        hansa.export(panel, tmp_path / "a.sdmx.csv")


def test_every_trap_comes_through(tmp_path: Path) -> None:
    hansa.export(traps(), tmp_path / "a.sdmx.csv")
    rows = cells(tmp_path / "a.sdmx.csv")
    assert [r["GEO"] for r in rows] == ["01", "002", "0", "=1+1", "-3", "1e5", "TRUE", "NA"]
    assert [float(r["OBS_VALUE"]) if r["OBS_VALUE"] else None for r in rows] == list(VALUES)
    assert {r["FREQ"] for r in rows} == {"Q"}
    assert [r["ENTITY"] for r in rows] == traps().table["entity"].to_pylist()
    assert [r["ESTIMATED_SHARE"] for r in rows[:3]] == ["0", "", "0.25"]
    data = read(tmp_path / "a.sdmx.csv").data
    assert data["GEO"].tolist() == [r["GEO"] for r in rows]


def test_a_code_with_a_colon_has_no_place_beside_a_label(tmp_path: Path) -> None:
    table = pa.table({"geo": ["DE60", "DE:60"], "value": [1.0, 2.0]})
    panel = Panel.of(table, ("geo",), Header("employment", geography="nuts:2013"))
    with pytest.raises(HansaError, match=r"cannot stand beside its label\n.*DE:60"):
        hansa.export(panel, tmp_path / "a.sdmx.csv", labels="both")
    hansa.export(panel, tmp_path / "a.sdmx.csv")
    assert [r["GEO"] for r in cells(tmp_path / "a.sdmx.csv")] == ["DE60", "DE:60"]


def test_classes_and_reasons(tmp_path: Path) -> None:
    table = pa.table(
        {"geo": ["a", "b"], "label": ["rising", None], "status": ["", "m"], "reason": ["x", None]}
    )
    panel = Panel(("geo",), table, Header("kind", kind="nominal"))
    hansa.export(panel, tmp_path / "a.sdmx.csv")
    first, second = cells(tmp_path / "a.sdmx.csv")
    assert (first["OBS_VALUE"], first["REASON"]) == ("rising", "x")
    assert (second["OBS_VALUE"], second["OBS_STATUS"]) == ("", "O")


def test_codes_like_numbers_are_warned_of(tmp_path: Path) -> None:
    table = pa.table({"geo": ["DE60", "DE80"], "activity": ["01", "02"], "value": [1.0, 2.0]})
    header = Header("employment", geography="nuts:2013", classification="nace:2")
    panel = Panel.of(table, ("geo", "activity"), header)
    done = hansa.export(panel, tmp_path / "a.sdmx.csv")
    assert [r["ACTIVITY"] for r in cells(tmp_path / "a.sdmx.csv")] == ["01", "02"]
    assert done.notes[0].startswith("the codes of activity look like numbers")
    done = hansa.export(panel, tmp_path / "b.sdmx.csv", labels="both")
    assert read(tmp_path / "b.sdmx.csv").data["ACTIVITY"].tolist() == ["01", "02"]
    assert done.notes == ()


def test_hansa_reads_it_again(tmp_path: Path) -> None:
    table = pa.table(
        {
            "geo": ["DE60", "DE80"],
            "activity": ["01", "02"],
            "time": [2020, 2020],
            "value": [10.0, None],
            "status": ["p", "c;m"],
        }
    )
    header = Header(
        "employment",
        unit="persons",
        classification="nace:2",
        geography="nuts:2013",
        absent_rows="unknown",
        source="An office",
    )
    before = Panel(("geo", "activity", "time"), table, header)
    hansa.export(before, tmp_path / "a.sdmx.csv")
    after = hansa.read(tmp_path / "a.sdmx.csv")
    assert after.header.source == "An office"
    assert after.header.geography == "nuts:2013"
    rows = [(r["geo"], r["activity"], r["value"], r["status"]) for r in after.rows()]
    assert rows == [("DE60", "01", 10.0, "p"), ("DE80", "02", None, "c;m")]
