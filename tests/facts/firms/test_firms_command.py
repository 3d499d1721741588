"""What leaves the machine: panels that other commands read, and messages without rows or ids."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from model_firms import model_rows
from typer.testing import CliRunner

import hansa
from hansa.cli.firms import register
from hansa.errors import HansaError, UsageError
from hansa.facts.firms import Choices, Machine, firm_panels
from hansa.files import csv_bytes
from hansa.sources.spec import spec_from

app = typer.Typer()
register(app)
app.callback()(lambda: None)


@pytest.fixture(scope="module")
def register_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("register") / "firms.parquet"
    pq.write_table(model_rows(1500, 11, geos=3, units=2, years=tuple(range(2012, 2018))), path)
    return path


@pytest.fixture(scope="module")
def made(register_file: Path) -> Path:
    out = register_file.parent / "out"
    ran = CliRunner().invoke(
        app, ["firms", str(register_file), "--out", str(out), "--json"], catch_exceptions=False
    )
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.stdout)["firms"] > 1000
    return out


def rows_of(folder: Path, name: str) -> list[dict]:
    """A panel as other commands read it."""
    return hansa.read(folder / f"{name}.csv", name).rows()


def test_panels_and_account_are_written_and_nothing_else(made: Path) -> None:
    names = {p.name for p in made.iterdir()}
    assert {"entry_rate.csv", "entry_rate.meta.toml", "survival_5.csv", "account.json"} <= names
    # What the engine put aside is gone.
    assert not [n for n in names if n.startswith(".")]


def test_rates_come_from_published_numbers_alone(made: Path) -> None:
    born, firms, rate = (rows_of(made, n) for n in ("entry", "firms", "entry_rate"))
    assert len(born) == len(firms) == len(rate) == 4 * 3 * 6
    hidden = 0
    for b, f, r in zip(born, firms, rate, strict=True):
        if b["value"] is None or f["value"] is None:
            assert r["value"] is None
            hidden += "c" in r["status"]
        else:
            assert r["value"] == pytest.approx(b["value"] / f["value"], rel=1e-12)
    assert hidden


def test_no_count_of_one_or_two_firms_and_no_id_leaves(made: Path, register_file: Path) -> None:
    for name in ("firms", "entry", "exit", "young", "high_growth", "growth_base", "survivors_1"):
        values = {row["value"] for row in rows_of(made, name)}
        assert not values & {1.0, 2.0}, name
    text = b"".join(p.read_bytes() for p in made.iterdir())
    assert b"SE0" not in text
    ids = set(pq.read_table(register_file)["id"].to_pylist())
    assert not [i for i in list(ids)[:200] if i.encode() in text]


def test_other_commands_read_the_panels(made: Path) -> None:
    panel = hansa.read(made / "employment.csv")
    assert panel.header.absent_rows == "unknown"
    shares = hansa.compute("location_quotient_total", made / "employment.csv")
    assert len(shares) > 0
    assert [f for f in hansa.check(made / "employment.csv") if f.severity == "error"] == []


def test_two_largest_hide_employment(tmp_path: Path) -> None:
    rows = [(f"s{i}", "n", "10", 1000 if i < 2 else 1) for i in range(9)]
    rows += [(f"x{g}{a}{i}", g, a, 20) for g in "ns" for a in ("10", "62") for i in range(12)
             if (g, a) != ("n", "10")]  # fmt: skip
    lines = ["id,geo,activity,time,employment", *(f"{i},{g},{a},2020,{e}" for i, g, a, e in rows)]
    (tmp_path / "d.csv").write_text("\n".join(lines) + "\n")
    panel = firm_panels([tmp_path / "d.csv"], machine=Machine(tmp_path))["employment"]
    cell = {(r["geo"], r["activity"]): (r["value"], r["status"]) for r in panel.rows()}
    assert cell["n", "10"] == (None, "c")
    # One more in its row and column, or the totals would give it back.
    assert sum(s == "c" for _, s in cell.values()) >= 4


def test_clusters_in_place_of_activities(tmp_path: Path) -> None:
    table = model_rows(900, 4, units=3, geos=2, years=(2015, 2016, 2017))
    codes = {"A00": "10", "A01": "16", "A02": "62"}
    activity = pa.array([codes[a] for a in table["activity"].to_pylist()])
    pq.write_table(table.set_column(2, "activity", activity), tmp_path / "f.parquet")
    members = "cluster,activity,weight\nwood,16,1\nfood,10,1\n"
    (tmp_path / "own.csv").write_text(members)
    ran = CliRunner().invoke(
        app,
        ["firms", str(tmp_path / "f.parquet"), "--out", str(tmp_path / "out"), "--definition",
         str(tmp_path / "own.csv"), "--classification", "nace:2"],
        catch_exceptions=False,
    )  # fmt: skip
    assert ran.exit_code == 0, ran.output
    panel = hansa.read(tmp_path / "out" / "firms.csv", "firms")
    assert panel.distinct("activity") == ["TOTAL", "food", "outside", "wood"]


def write(tmp_path: Path, text: str) -> Path:
    (tmp_path / "bad.csv").write_text(text, encoding="utf-8")
    return tmp_path / "bad.csv"


HEAD = "id,geo,activity,time,employment,birth,death\n"


@pytest.mark.parametrize(
    ("text", "rule", "place"),
    [
        ("p19,n,10,2020,-417,2015,\n", "a number is negative", "row 2, column employment"),
        ("p19,n,10,2020,many,2015,\n", "a cell is no number", "row 2, column employment"),
        ("p19,n,10,20x0,4,2015,\n", "a year cannot be read", "row 2, column time"),
        ("p19,n,10,2020,4,June,\n", "a date cannot be read", "row 2, column birth"),
        ("p19,,10,2020,4,2015,\n", "a key is empty", "row 2, column geo"),
        ("p19,n,10,2020,4,2015,2012\n", "a firm dies before its birth", "row 2"),
        ("p18,n,10,2020,4,,\np19,n,10,2020,4,,\np19,s,10,2020,4,,\n",
         "a firm stands twice in a year", "row 4"),
        ("p19,n,10,2020,4,2015,\np19,n,10,2021,4,2016,\n", "rows of one firm differ in its birth",
         "row 3"),
        ("p19,n,10,2020,4,,\np19\t,n,10,2020,4,,\n", "a firm stands twice in a year", "row 3"),
        ("p19,n,10,2020,4,2021,\n", "a firm is active before its birth", "row 2"),
        ("p19,n,10,2019,4,,2019\np19,n,10,2020,4,,2019\n", "a firm is active after its death",
         "row 3"),
        ("p19, ,10,2020,4,2015,\n", "a key is empty", "row 2, column of geo"),
        ("\u00a0,n,10,2020,4,2015,\n", "a key is empty", "row 2, column id"),
        ("p19,total ,10,2020,4,2015,\n", "a firm stands in a total", "column of geo"),
        ("p18,n,10,2020,4,2015,\np19,n,10,2020\n", "a row has fewer columns than the header",
         "row 3"),
        ("p19,n,10,2020,4,2015,\np19,n,10,2022,4,2015,\n",
         "years are missing between the first and the last", "bad.csv"),
        ("p19,TOTAL,10,2020,4,2015,\n", "a firm stands in a total", "column of geo"),
        ("", "there are no rows of firms", "bad.csv"),
        ("p19,n,10,2020,4,2015,,x\n", "a row has more columns than the header", "row 2"),
    ],
)  # fmt: skip
def test_wrong_rows_are_refused_without_showing_them(
    tmp_path: Path, text: str, rule: str, place: str
) -> None:
    with pytest.raises(HansaError) as refused:
        firm_panels([write(tmp_path, HEAD + text)], machine=Machine(tmp_path))
    assert refused.value.finding.rule == rule
    assert place in refused.value.finding.place
    assert "1 such" not in str(refused.value)
    for secret in ("p19", "many", "June", "-417"):
        assert secret not in str(refused.value)


def test_two_firms_leave_nothing_at_all(tmp_path: Path) -> None:
    made = firm_panels([write(tmp_path, HEAD + "x,n,10,2020,4,2015,\ny,s,62,2020,9,2020,\n")],
                       machine=Machine(tmp_path))  # fmt: skip
    assert made.account["firms"] is None
    assert made.lines[0] == "rows of fewer firms than may be counted, 2020 to 2020"
    values = [r["value"] for name in made for r in made[name].rows()]
    assert set(values) <= {None, 0.0}


def test_a_column_that_is_not_there_or_only_in_some_files(tmp_path: Path) -> None:
    one = write(tmp_path, "id,geo,activity,time,jobs\nx,n,10,2020,4\n")
    with pytest.raises(HansaError, match="there is no column 'employment'"):
        firm_panels([one], machine=Machine(tmp_path))
    two = tmp_path / "two.csv"
    two.write_text(HEAD + "y,n,10,2020,4,2015,\n")
    spec = spec_from({"columns": {"employment": "jobs"}}, "test")
    with pytest.raises(HansaError, match="only some of the files have a column birth"):
        firm_panels([one, two], spec=spec, machine=Machine(tmp_path))


def test_weaker_rules_need_a_reason(tmp_path: Path) -> None:
    for weaker in ({"fewest": 2}, {"share": 0.05}, {"dominance": 0.9}, {"p_percent": 0.05}):
        with pytest.raises(UsageError, match="would protect less than the rule of the house"):
            Choices(**weaker)
        assert Choices(**weaker, reason="agreed with the office")
    assert Choices(fewest=5)
    for text in ("ten", "0", "1.01", "0.12345"):
        with pytest.raises(UsageError, match="the growth is no share a year"):
            Choices(growth=text)
    with pytest.raises(UsageError, match=r"0.10 is 10 % a year\n.*--growth 0.2$"):
        Choices(growth="20")
    assert Choices(growth=0.2).factor == Choices(growth="0.20").factor
    with pytest.raises(UsageError, match="a handful of firms in a cell"):
        Choices(fewest=1_000_000)
    one = write(tmp_path, HEAD + "x,n,10,2020,4,2015,\n")
    with pytest.raises(UsageError, match="geo, activity or both"):
        firm_panels([one], by=("time",), machine=Machine(tmp_path))


def test_the_call_in_python_takes_names_as_text_and_refuses_what_it_does_not_know(
    tmp_path: Path,
) -> None:
    one = write(tmp_path, HEAD + "".join(f"x{i},n,10,2020,4,2015,\n" for i in range(5)))
    made = hansa.firms(str(one), by="activity", without="survival, age", growth=0.2)
    assert made["firms"].distinct("geo") == ["TOTAL"]
    assert not [name for name in made if name.startswith(("survivors", "young"))]
    assert made.account["growth"] == "0.2"
    both = hansa.firms([one], by="geo,activity")["firms"]
    assert both.rows() == hansa.firms([one])["firms"].rows()
    with pytest.raises(UsageError, match="unknown option nope") as refused:
        hansa.firms(one, nope=1)
    assert "p_percent" in str(refused.value)
    table = pa.table({"id": ["p19"]})
    for wrong in (table, [table]):
        with pytest.raises(UsageError, match="rows of firms are read from files") as refused:
            hansa.firms(wrong)
        assert "a Table; what it holds is not shown" in str(refused.value)
        assert "p19" not in str(refused.value)


def test_by_region_alone_and_decimals(tmp_path: Path) -> None:
    table = model_rows(600, 2, geos=2, years=(2015, 2016, 2017), money=False)
    half = pa.array(np.asarray(table["employment"].to_numpy(), float) / 2 + 0.25)
    at = table.column_names.index("employment")
    (tmp_path / "f.csv").write_bytes(csv_bytes(table.set_column(at, "employment", half)))
    made = firm_panels([tmp_path / "f.csv"], by=("geo",), machine=Machine(tmp_path))
    rows = made["employment"].rows()
    assert {r["activity"] for r in rows} == {"TOTAL"}
    total = [r["value"] for r in rows if (r["geo"], r["time"]) == ("TOTAL", 2016)]
    wanted = sum(v for v, t in zip(half.to_pylist(), table["time"].to_pylist(), strict=True)
                 if t == 2016)  # fmt: skip
    assert total == [pytest.approx(wanted, abs=1e-9)]


def test_survival_of_a_large_table_is_published_and_the_account_says_by_which_proof(
    register_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hansa.facts.firms.together.SMALL", 10)
    made = firm_panels([register_file], machine=Machine(tmp_path))
    did = made.account["all_tables_together"]
    shown = [r for k in range(1, 6) for r in made[f"survivors_{k}"].rows()]
    assert did["survival"] == {
        "published": sum(r["value"] is not None for r in shown),
        "hidden": sum(r["status"] == "c" for r in shown),
    }
    assert did["survival"]["published"] > 40
    assert did["survival"]["hidden"] > 0
    assert did["proven_at_once"] + did["proven_by_hiding_more"] == did["confidential"] > 100
    assert did["unproven"] == 0
    assert f"survivors: {did['survival']['published']:,} cells published" in "\n".join(made.lines)
    assert f"{did['confidential']:,} confidential numbers and rests" in made.lines[-1]
