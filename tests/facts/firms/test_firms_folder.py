"""Where panels are written: never beside those of another register, never over somebody's work."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import hansa.facts.firms
from hansa.cli.firms import register
from hansa.errors import HansaError

app = typer.Typer()
register(app)
app.callback()(lambda: None)

ROWS = "id,geo,activity,time,employment\n" + "".join(
    f"F{i},A,10,{t},{5 + i}\n" for i in range(20) for t in range(2015, 2021)
)


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    (tmp_path / "register.csv").write_text(ROWS)
    return tmp_path / "register.csv"


def run(rows: Path, out: Path, *more: str) -> None:
    arguments = ["firms", str(rows), "--out", str(out), *more]
    ran = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert ran.exit_code == 0, ran.output


def refused(rows: Path, out: Path, monkeypatch: pytest.MonkeyPatch, *more: str) -> str:
    """The refusal, which comes before anything is read."""
    monkeypatch.setattr(hansa.facts.firms, "firm_panels", None)
    with pytest.raises(HansaError) as problem:
        CliRunner().invoke(
            app, ["firms", str(rows), "--out", str(out), *more], catch_exceptions=False
        )
    return str(problem.value)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_second_run_leaves_no_panel_of_the_first(rows: Path, tmp_path: Path) -> None:
    out = tmp_path / "panels"
    run(rows, out)
    (out / "notes.txt").write_text("mine")
    assert "survivors_1.csv" in names(out)
    run(rows, out, "--without", "survival,growth,flows")
    assert not [n for n in names(out) if n.startswith(("survivors", "growth", "entry", "."))]
    assert {"firms.csv", "firms.meta.toml", "account.json", "notes.txt"} <= names(out)
    run(rows, out, "--format", "parquet")
    assert {n.partition(".")[2] for n in names(out)} == {"parquet", "json", "txt"}
    assert json.loads((out / "account.json").read_text())["format"] == "parquet"
    run(rows, out)
    assert {n.partition(".")[2] for n in names(out)} == {"csv", "meta.toml", "json", "txt"}


def test_a_run_that_is_refused_leaves_the_panels_as_they_are(rows: Path, tmp_path: Path) -> None:
    out = tmp_path / "panels"
    run(rows, out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    rows.write_text(ROWS + "F0,A,10,2020,5\n")
    ran = CliRunner().invoke(app, ["firms", str(rows), "--out", str(out)])
    assert ran.exit_code != 0
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_tables_of_somebody_else_are_not_written_over(
    rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "panels"
    run(rows, out)
    (out / "entry.parquet").write_bytes(b"mine")
    text = refused(rows, out, monkeypatch)
    assert "tables that no account of an earlier run names" in text
    assert "found:  entry.parquet\n" in text
    (out / "account.json").write_text("[]")
    assert "the account in the folder is none of firms" in refused(rows, out, monkeypatch)


@pytest.mark.parametrize("name", ["firms.csv", "entry.tsv"])
def test_the_register_is_not_written_over(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).write_text(ROWS)
    text = refused(tmp_path / name, tmp_path, monkeypatch)
    assert "a panel would be written over the rows of firms" in text
    assert (tmp_path / name).read_text() == ROWS


def test_a_place_that_is_no_folder_is_refused_before_anything_is_read(
    rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for out in (rows, rows / "deeper", Path("/proc/x")):
        text = refused(rows, out, monkeypatch)
        assert "the panels cannot be written there" in text
        assert f"--out {out}" in text
    assert rows.read_text() == ROWS
