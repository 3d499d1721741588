"""`hansa fill` as a stranger meets it: messages, files, and results that carry the bounds on."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from hansa.cli import app
from hansa.cli import main as program

TABLE = """geo,activity,time,employment,employment_status
TOTAL,TOTAL,2015,100,
N,TOTAL,2015,60,
S,TOTAL,2015,40,
TOTAL,A,2015,30,
N,A,2015,,c
S,A,2015,,c
TOTAL,B,2015,70,
N,B,2015,,c
S,B,2015,,c
"""


def main(arguments: list[str]) -> int:
    """The exit code of the program."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["hansa", *arguments])
        with pytest.raises(SystemExit) as stop:
            program()
    return int(stop.value.code or 0)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "table.csv").write_text(TABLE, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


REFUSED = [
    (["--prior", "guess"], "hansa: unknown prior 'guess'\n"
     "  needed: best, margins, years, units, equal\n"
     "  do:     name one of them, or none for bounds only\n"),
    (["--prior", "units"], "hansa: the prior 'units' needs numbers of local units\n"
     "  needed: a column establishments, or --units FILE\n"
     "  do:     name the file, or do without\n"),
    (["--tolerance", "some"], "hansa: the tolerance is no number\n  found:  'some'\n"
     "  needed: auto, exact, rounded, or a number of the table's unit\n"),
    (["--tolerance", "nan"], "hansa: the tolerance is no number from zero on\n  found:  nan\n"
     "  needed: auto, exact, rounded, or a number of the table's unit\n"),
    (["--tolerance=-1"], "hansa: the tolerance is no number from zero on\n  found:  -1.0\n"
     "  needed: auto, exact, rounded, or a number of the table's unit\n"),
    (["--draws", "5"], "hansa: draws need a number and a file\n  found:  --draws 5\n"
     "  do:     --draws 20 --draws-out draws.parquet\n"),
    (["--draws-out", "d.csv"], "hansa: draws need a number and a file\n"
     "  found:  --draws-out d.csv\n  do:     --draws 20 --draws-out draws.parquet\n"),
    (["--draws=-5"],
     "hansa: draws is no number from zero on\n  found:  -5\n  needed: 0 or more, whole\n"),
    (["--seed=-1"],
     "hansa: seed is no number from zero on\n  found:  -1\n  needed: 0 or more, whole\n"),
    (["--report", "r.json", "--draws", "2", "--draws-out", "d.xls"],
     "hansa: results cannot be written as .xls\n  where:  d.xls\n"
     "  needed: .csv or .parquet\n  do:     change the ending of --draws-out\n"),
    (["--draws", "2", "--draws-out", "out.csv"],
     "hansa: two results would be written to one file\n  found:  out.csv, out.csv\n"
     "  do:     name another file for each of --out, --draws-out and --report\n"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "message"), REFUSED, ids=[" ".join(r[0]) for r in REFUSED])
def test_wrong_options_are_refused_and_nothing_is_written(
    options: list[str], message: str, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["fill", "table.csv", "--out", "out.csv", *options]) == 2
    assert capfd.readouterr() == ("", message)
    assert [path.name for path in folder.iterdir()] == ["table.csv"]


def test_units_on_other_codes_are_refused(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "units.csv").write_text("geo,activity,time,establishments\nUKC1,A,2015,3\n", "utf-8")
    (folder / "units.meta.toml").write_text('format = 1\ngeography = "nuts:2013"\n', "utf-8")
    assert main(["fill", "table.csv", "--units", "units.csv", "--out", "out.csv"]) == 1
    _, told = capfd.readouterr()
    assert "hansa: two columns of the facts use different codes for regions" in told
    assert "employment: local; establishments: nuts:2013" in told
    assert not (folder / "out.csv").exists()


def test_result_says_what_was_done(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    options = ["--tolerance", "exact", "--out", "out.csv", "--report", "r.json",
               "--draws", "2", "--draws-out", "d.csv"]  # fmt: skip
    assert main(["fill", "table.csv", *options]) == 0
    out, told = capfd.readouterr()
    assert out == ""
    assert told == (
        "d.csv: 8 rows\nout.csv: 9 rows\n"
        "employment: 4 hidden cells: 0 follow from the sums, 4 lie within bounds, "
        "0 have no sum above them and stay empty\n"
        "  sums hold exactly: 2015\n"
    )
    report = json.loads((folder / "r.json").read_text("utf-8"))
    [year] = report["measures"]["employment"]
    assert (year["hidden"], year["bounded"], year["share_estimated"]) == (4, 4, 1.0)
    meta = (folder / "out.meta.toml").read_text("utf-8")
    assert "intervals of 4 hidden cells from published sums (sums hold exactly)" in meta


def test_bounds_and_estimates_travel_into_results(folder: Path) -> None:
    """The location quotient of A in N: (18 / 60) / (30 / 100), from 0 to (30 / 60) / (30 / 100)."""
    run = CliRunner()
    filled = ["fill", "table.csv", "--tolerance", "exact", "--prior", "margins", "--out", "f.csv"]
    assert run.invoke(app, filled).exit_code == 0
    asked = ["compute", "location_quotient_total", "--facts", "f.csv", "--out", "lq.csv"]
    done = run.invoke(app, asked)
    assert done.exit_code == 0, done.output
    found = pd.read_csv(folder / "lq.csv").set_index(["activity", "geo"])
    row = found.loc[("A", "N")]
    assert row.value == pytest.approx(1.0, abs=1e-6)
    assert (row.lower, row.upper) == pytest.approx((0.0, 5 / 3))
    assert "-0" not in (folder / "f.csv").read_text("utf-8")
    assert row.estimated == 1
    assert "imputed" in row.status
    assert "interval" in row.status
