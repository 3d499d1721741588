"""The command line as a contract: help, listings, exit codes, what it loads."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

import hansa
from hansa.cli import app

COMMANDS = (
    "demo",
    "new",
    "run",
    "report",
    "compute",
    "reduce",
    "check",
    "measures",
    "definitions",
    "geographies",
)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from hansa.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_lists_every_command() -> None:
    done = run("--help")
    assert done.returncode == 0
    for name in COMMANDS:
        assert f"\n  {name} " in done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    result = CliRunner().invoke(app, [name, "--help"])
    assert result.exit_code == 0
    assert len(result.stdout.split("\n")) > 5


@pytest.mark.parametrize(
    "code",
    [
        "import hansa",
        "import sys; sys.argv = ['hansa', '--help']\n"
        "from hansa.cli import app\napp(standalone_mode=False)",
    ],
)
def test_help_and_import_load_neither_numpy_nor_arrow(code: str) -> None:
    heavy = ("numpy", "pyarrow", "ibis", "pydantic", "rich", "vl_convert")
    check = f"\nimport sys; print('LOADED', [m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code + check], capture_output=True, text=True, check=True
    )
    assert "LOADED []" in done.stdout


def test_version() -> None:
    assert run("--version").stdout == f"hansa {hansa.__version__}\n"


def test_wrong_usage_exits_2_and_refused_input_exits_1(tmp_path) -> None:
    assert run("compute").returncode == 2
    assert run("nonsense").returncode == 2
    table = tmp_path / "t.csv"
    table.write_text("geo,activity,time,employment\nA,x,2020,1\n")
    unknown = run("compute", "lq", "--facts", str(table))
    assert unknown.returncode == 2
    assert "no measure is called plain lq" in unknown.stderr
    absent = run("compute", "employment", "--facts", str(tmp_path / "no.csv"))
    assert absent.returncode == 1
    assert "the file is not there" in absent.stderr


@pytest.mark.parametrize("name", ["measures", "definitions", "geographies"])
def test_listings_speak_json(name: str) -> None:
    entries = json.loads(run(name, "--json").stdout)[name]
    assert len(entries) >= 1
    for entry in entries:
        assert entry["id"]
        assert entry["source"]


def test_a_measure_states_definition_formula_unit_and_source() -> None:
    text = run("measures", "location_quotient_total").stdout
    for head in ("what:", "formula:", "unit:", "needs:", "source:"):
        assert head in text


def test_compute_writes_csv_parquet_and_the_screen_alike(tmp_path) -> None:
    table = tmp_path / "t.csv"
    table.write_text(
        "geo,activity,time,employment\nA,x,2020,30\nA,y,2020,70\nB,x,2020,20\nB,y,2020,180\n"
    )
    args = ("compute", "location_quotient_total", "--facts", str(table), "--set", "min_cell=0")
    screen = run(*args).stdout
    assert screen == (
        "geo,activity,time,value,status\n"
        "A,x,2020,1.8,\nA,y,2020,0.84,\nB,x,2020,0.6,\nB,y,2020,1.08,\n"
    )
    assert run(*args, "--out", str(tmp_path / "o.csv")).returncode == 0
    assert (tmp_path / "o.csv").read_text() == screen
    assert 'measure = "location_quotient_total"' in (tmp_path / "o.meta.toml").read_text()
    assert run(*args, "--out", str(tmp_path / "o.parquet")).returncode == 0
    import pyarrow.parquet as pq

    assert pq.read_table(tmp_path / "o.parquet")["value"].to_pylist() == [1.8, 0.84, 0.6, 1.08]
    wrong = run(*args, "--out", str(tmp_path / "o.docx"))
    assert wrong.returncode == 2
    assert not (tmp_path / "o.docx").exists()


def test_compute_names_the_columns_it_does_not_use_and_keeps_the_screen_pure(tmp_path) -> None:
    table = tmp_path / "t.csv"
    table.write_text(
        "geo,activity,time,employment,payroll,payroll_status,town,nuts_level\n"
        "A,x,2020,30,9,,Here,2\nA,y,2020,70,8,e,Here,2\n"
    )
    done = run("compute", "focus", "--facts", str(table), "--where", "nuts_level=2")
    assert done.stdout == "geo,activity,time,value,status\nA,x,2020,0.3,tiny\nA,y,2020,0.7,\n"
    assert "  note: columns that are not used: town\n" in done.stderr
    table.write_text("geo,activity,time,employment\nA,x,2020,30\n")
    assert "not used" not in run("compute", "focus", "--facts", str(table)).stderr


def test_growth_compares_with_the_year_before_and_names_it(tmp_path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("geo,activity,time,employment\nA,x,2018,100\nA,x,2019,110\nA,x,2021,120\n")
    out = run("compute", "growth_rate", "--facts", str(table)).stdout
    rows = [line.split(",")[2:5] for line in out.splitlines()[1:]]
    assert rows == [
        ["2017", "2018", ""],
        ["2018", "2019", "0.10000000000000009"],
        ["2020", "2021", ""],
    ]
    period = run(
        "compute", "growth_rate", "--facts", str(table), "--set", "from=2018", "--set", "to=2021"
    ).stdout
    assert period.splitlines()[1:] == ["A,x,2018,2021,0.19999999999999996,"]
