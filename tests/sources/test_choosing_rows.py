"""Rows picked and left out; words that no row has; totals that nobody declared."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import hansa
from hansa.cli import app

ROWS = {
    "geo": ["A", "A", "A", "B", "B", "B"],
    "activity": ["x", "y", "z", "x", "y", "z"],
    "time": [2020] * 6,
    "employment": [1, 2, 3, 4, 5, 6],
}


@pytest.fixture(params=["plain", "dictionary", "csv"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    data = pa.table(ROWS)
    if request.param == "dictionary":
        for name in ("geo", "activity"):
            at = data.column_names.index(name)
            data = data.set_column(at, name, data[name].dictionary_encode())
    if request.param == "csv":
        path = tmp_path / "t.csv"
        lines = [",".join(map(str, row)) for row in zip(*ROWS.values(), strict=True)]
        path.write_text("\n".join([",".join(ROWS), *lines]) + "\n")
    else:
        path = tmp_path / "t.parquet"
        pq.write_table(data, path)
    return path


def compute(table: Path, *options: str) -> list[str]:
    done = CliRunner().invoke(app, ["compute", "employment", "--facts", str(table), *options])
    assert done.exit_code == 0, done.exception
    return [line for line in done.stdout.splitlines() if "," in line][1:]


def test_rows_left_out_leave_no_ghosts(table: Path) -> None:
    assert compute(table, "--where", "geo=B", "--where", "activity=x") == ["B,x,2020,4,"]


def test_a_column_named_twice_keeps_both_values(table: Path) -> None:
    rows = compute(table, "--where", "activity=x", "--where", "activity=z", "--where", "geo=A")
    assert rows == ["A,x,2020,1,", "A,z,2020,3,"]


def test_rows_can_be_left_out_by_name(table: Path) -> None:
    assert compute(table, "--where", "activity!=y", "--where", "geo!=A") == [
        "B,x,2020,4,",
        "B,z,2020,6,",
    ]


def test_reduce_leaves_out_alike(table: Path) -> None:
    found = hansa.reduce(table, ["geo"], {"where": {"activity!": ["y", "z"]}})
    assert found.to_pylist() == [
        {"geo": "A", "employment": 1},
        {"geo": "B", "employment": 4},
    ]


def test_an_undeclared_total_is_pointed_at(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    rows = ["geo,activity,time,employment"]
    for geo, jobs in (("A", (10, 20, 30)), ("B", (5, 6, 7))):
        rows += [f"{geo},{a},2020,{n}" for a, n in zip("xyz", jobs, strict=True)]
        rows.append(f"{geo},everything,2020,{sum(jobs)}")
    path.write_text("\n".join(rows) + "\n")
    found = [f for f in hansa.check(path) if "looks like the total" in f.rule]
    assert [f.place for f in found] == ["t.csv, activity everything"]
    assert "total=everything" in found[0].fix
    declared = hansa.check(path, {"total": "everything"})
    assert not [f for f in declared if "looks like the total" in f.rule]
