"""`hansa index`: what each command prints and writes, what it refuses, with which exit code.

A small index of one year, a panel of two with a unit in one year only and one without a score.
The numbers on the screen are those of the library; that these are right is tested in tests/index.
"""

from __future__ import annotations

import json
import math
import random
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import openpyxl
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

import hansa
from hansa.cli import main

INDICATORS = """\
code,type,parent,direction,weight,name,unit,target,denominator
top,aggregate,,1,1,Small index,,,
p,aggregate,top,1,1,Pillar P,,,
q,aggregate,top,1,2,Pillar Q,,,
a,indicator,p,1,1,Alpha,km,60,
b,indicator,p,-1,1,Beta,days,,
c,indicator,q,1,1,Gamma,EUR,,Pop
d,indicator,q,1,3,Delta,score,,
Pop,denominator,,,,Population,,,
"""
PLAIN = """\
code,type,parent,direction,weight,name
top,aggregate,,1,1,Small index
a,indicator,top,1,1,Alpha
b,indicator,top,-1,1,Beta
"""
RECIPE = """\
[[step]]
do = "denominate"
[[step]]
do = "normalise"
rule = "min-max"
range = [1, 100]
[[step]]
do = "weigh"
[[step]]
do = "aggregate"
"""
FEW = ("--replications", "60")
FINITE = """\
[[factor]]
id = "normaliser"
options = [{ "normalise.rule" = "min-max" }, { "normalise.rule" = "rank" }]
[[factor]]
id = "out"
drop = "all"
"""


def random_rows(years: tuple[int, ...]) -> list[list]:
    rng = random.Random(4)
    return [
        [u, f"Unit {u}", year, *(round(rng.uniform(1, 60), 2) for _ in range(2)),
         round(rng.uniform(100, 900), 1), *(round(rng.uniform(1, 9), 3) for _ in range(2))]
        for year in years for u in "ABCDEFGH"
    ]  # fmt: skip


def folder(path: Path, rows: list[list], recipe: str = RECIPE) -> Path:
    path.mkdir()
    (path / "indicators.csv").write_text(INDICATORS)
    lines = [",".join("" if v is None else str(v) for v in row) for row in rows]
    (path / "data.csv").write_text("\n".join(["unit,name,year,a,b,c,d,Pop", *lines]) + "\n")
    if recipe:
        (path / "recipe.toml").write_text(recipe)
    return path


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return folder(tmp_path / "small", random_rows((2020,)))


@pytest.fixture
def panel(tmp_path: Path) -> Path:
    """H only in 2020, C without a value in 2020."""
    rows = [r for r in random_rows((2018, 2020)) if (r[0], r[2]) != ("H", 2018)]
    for row in rows:
        if (row[0], row[2]) == ("C", 2020):
            row[3:7] = [None] * 4
    return folder(tmp_path / "panel", rows)


Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run any command of hansa: exit code, output, messages."""

    def done(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["hansa", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main()
        out, err = capsys.readouterr()
        return int(stopped.value.code or 0), out, err

    return done


@pytest.fixture
def call(command: Call) -> Call:
    """Run a command of an index."""
    return partial(command, "index")


@pytest.fixture
def check(command: Call) -> Call:
    """Run `hansa check`."""
    return partial(command, "check")


def table(path: Path) -> list[dict]:
    return pc.read_csv(path).to_pylist()


def files(path: Path) -> dict[str, bytes]:
    return {str(p.relative_to(path)): p.read_bytes() for p in path.rglob("*") if p.is_file()}


# --- run ------------------------------------------------------------------------------------


def test_run_prints_the_league_and_says_what_each_step_did(call, small: Path) -> None:
    code, out, err = call("run", small, *FEW)
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "Small index, 2020: 8 units, 4 indicators"
    assert lines[1].startswith("Rank with its 90 % interval over 60 replications (seed 20090507)")
    assert "indicators divided by their denominators" in err
    result = hansa.index(small, replications=60)
    spread = result.robustness.years[2020][1]
    assert len(lines) == 10
    for line in lines[2:]:
        rank, _, rest = line.strip().partition(" ")
        between, score, unit, name = rest.split(maxsplit=3)
        row = result.data.row_of(unit)
        low, high = spread.quantile(0.05)[row], spread.quantile(0.95)[row]
        assert between == f"({math.floor(low)}–{math.ceil(high)})"
        assert int(rank) == result.rank[row]
        assert score == f"{result.score[row]:.2f}"
        assert name == f"Unit {unit}"
    code, out, _ = call("run", small, "--replications", 0)
    assert code == 0
    assert "ranks carry no interval" in out
    assert "–" not in out


def test_run_writes_tables_that_hold_what_python_gives(call, small: Path, tmp_path) -> None:
    out_dir = tmp_path / "out"
    code, _, err = call("run", small, *FEW, "--out", out_dir, "--sensitivity", "rank:A")
    assert code == 0
    names = {"normalised", "scores", "ranks", "coverage", "weights", "steps", "robustness",
             "acceptability", "pairs", "draws", "sensitivity"}  # fmt: skip
    assert {p.name for p in out_dir.iterdir()} == {f"{n}.csv" for n in names} | {"recipe.json"}
    assert "sensitivity.csv" in err
    result = hansa.index(small, replications=60)
    for row in table(out_dir / "scores.csv"):
        assert row["top"] == pytest.approx(result.score[result.data.row_of(row["unit"])])
        assert row["time"] == 2020
    shares = table(out_dir / "acceptability.csv")
    assert sum(r["share"] for r in shares if r["unit"] == "A") == pytest.approx(1)
    recipe = json.loads((out_dir / "recipe.json").read_text())
    assert recipe["seed"] == 20090507
    assert recipe["replications"] == 60
    assert [s["do"] for s in recipe["step"]] == ["denominate", "normalise", "weigh", "aggregate"]
    assert [f["id"] for f in recipe["factor"]] == [f.id for f in result.evaluator.factors]


def test_a_second_run_writes_the_same_bytes_and_another_seed_other_draws(
    call, small: Path, tmp_path
) -> None:
    for name, seed in (("one", 5), ("two", 5), ("three", 6)):
        assert call("run", small, *FEW, "--seed", seed, "--out", tmp_path / name)[0] == 0
    one, two, three = (files(tmp_path / n) for n in ("one", "two", "three"))
    assert one == two
    assert one["scores.csv"] == three["scores.csv"]
    assert one["robustness.csv"] != three["robustness.csv"]


def test_tables_of_an_earlier_run_do_not_stay_beside_those_of_this_one(
    call, small: Path, tmp_path
) -> None:
    out_dir = tmp_path / "out"
    (small / "factors.toml").write_text(FINITE)
    call("run", small, *FEW, "--out", out_dir, "--sensitivity", "shift")
    assert (out_dir / "sensitivity.csv").exists()
    call("intervals", small, "--out", out_dir / "intervals.csv")
    (out_dir / "notes.csv").write_text("mine\n")
    assert call("run", small, "--replications", 0, "--out", out_dir)[0] == 0
    left = {p.stem for p in out_dir.iterdir()}
    assert not left & {"robustness", "acceptability", "pairs", "draws", "sensitivity"}
    # What this command never writes is not its own to remove.
    assert {"notes", "intervals", "scores"} <= left


def test_a_unit_of_which_much_is_missing_is_marked_on_the_screen(call, tmp_path) -> None:
    rows = random_rows((2018, 2020))
    for row in rows:
        if (row[0], row[2]) == ("C", 2020):
            row[3] = row[5] = None
        if (row[0], row[2]) == ("D", 2018):
            row[4] = None
    path = folder(tmp_path / "gaps", rows)
    fill = '[[step]]\ndo = "impute"\nrule = "panel-constant"\n'
    _, screen, _ = call("run", path, *FEW, "--out", tmp_path / "out")
    said = "[n of all]: indicators observed"
    assert "C  Unit C  [2 of 4]\n" in screen
    assert screen.count(" of 4]") == 1
    assert said in screen
    for name in ("scores", "ranks", "robustness"):
        got = {
            (r["unit"], r["time"]): r["available"] for r in table(tmp_path / "out" / f"{name}.csv")
        }
        assert got["C", 2020] == 0.5
        assert got["D", 2018] == 0.75
        assert got["A", 2020] == 1
    content = json.loads(call("run", path, *FEW, "--json")[1])
    assert (
        next(r for r in content["ranks"] if r["unit"] == "C" and r["time"] == 2020)["available"]
        == 0.5
    )
    _, screen, _ = call("change", path, "--from", 2018, "--to", 2020, *FEW)
    assert "C  [2020: 2 of 4]" in screen
    assert "D  [2018: 3 of 4]" in screen
    assert said in screen
    call("change", path, "--from", 2018, "--to", 2020, *FEW, "--out", tmp_path / "c.csv")
    (row,) = (r for r in table(tmp_path / "c.csv") if r["unit"] == "C")
    assert (row["available_before"], row["available_after"]) == (1, 0.5)
    (path / "recipe.toml").write_text(
        RECIPE.replace('[[step]]\ndo = "normalise"', fill + '[[step]]\ndo = "normalise"')
    )
    assert "C  Unit C  [2 of 4, 2 filled]" in call("run", path, *FEW)[1]
    screen = call("intervals", path)[1]
    assert "C  [2 of 4, 2 filled]" in screen
    assert said in screen


def test_draws_of_a_run_can_be_played_again(call, small: Path, tmp_path) -> None:
    call("run", small, *FEW, "--out", tmp_path / "one")
    lines = (tmp_path / "one" / "draws.csv").read_text().splitlines()
    (tmp_path / "some.csv").write_text("\n".join([lines[0], *lines[11:31]]) + "\n")
    code, _, _ = call("run", small, "--replay", tmp_path / "some.csv", "--out", tmp_path / "two")
    assert code == 0
    played = table(tmp_path / "two" / "robustness.csv")
    result = hansa.index(small, replications=60)
    ranks = result.robustness.ranks[:, 10:30]
    for row in played:
        own = ranks[result.data.row_of(row["unit"])]
        assert row["replications"] == 20
        assert row["mean"] == pytest.approx(own.mean())
        assert (row["best"], row["worst"]) == (own.min(), own.max())
    foreign = tmp_path / "foreign.csv"
    foreign.write_text("replication,luck\n0,1\n")
    code, _, err = call("run", small, "--replay", foreign)
    assert code == 1
    assert "the draws have no column" in err
    cell = lines[1].split(",")
    at = lines[0].split(",").index("normaliser")
    for value in ("9", "x", "", "0.5"):
        cell[at] = value
        foreign.write_text("\n".join([lines[0], ",".join(cell)]) + "\n")
        code, out, err = call("run", small, "--replay", foreign)
        assert code == 1, value
        assert not out
        assert str(foreign) in err


def test_run_as_json(call, small: Path) -> None:
    (small / "factors.toml").write_text(FINITE)
    code, out, _ = call("run", small, *FEW, "--json", "--sensitivity", "shift")
    content = json.loads(out)
    assert code == 0
    assert set(content) == {"scores", "ranks", "robustness", "sensitivity", "steps", "coverage",
                            "replications"}  # fmt: skip
    assert content["replications"] == {
        "asked": 60, "computed": 60, "seed": 20090507, "warnings": [],
    }  # fmt: skip
    assert [r["unit"] for r in content["ranks"]] == list("ABCDEFGH")
    assert sorted(r["top"] for r in content["ranks"]) == list(range(1, 9))
    assert [(r["target"], r["factor"], r["exact"]) for r in content["sensitivity"]] == [
        ("shift", "normaliser", True), ("shift", "out", True),
    ]  # fmt: skip


def test_a_missing_score_is_null_and_no_rank(call, panel: Path) -> None:
    content = json.loads(call("run", panel, *FEW, "--json")[1])
    gone = [r for r in content["scores"] if (r["unit"], r["time"]) == ("C", 2020)]
    assert gone[0]["top"] is None
    ranks = [r["top"] for r in content["ranks"] if r["time"] == 2020]
    assert sorted(r for r in ranks if r) == list(range(1, 8))
    assert ranks.count(None) == 1
    code, out, _ = call("run", panel, *FEW)
    assert code == 0
    assert "Unit C" not in out
    assert "nan" not in out


def test_replications_that_fail_are_on_the_first_line(call, small: Path, tmp_path) -> None:
    factors = tmp_path / "factors.toml"
    factors.write_text(
        '[[factor]]\nid = "mean"\noptions = [{ "aggregate.rule" = "arithmetic" }, '
        '{ "normalise.range" = [0, 100], "aggregate.rule" = "geometric" }]\n'
    )
    code, out, _ = call("run", small, *FEW, "--factors", factors)
    assert code == 0
    assert out.startswith("Warning: ")
    assert "of 60 replications could not be computed" in out.splitlines()[0]
    assert "geometric" in out.splitlines()[0]


# --- intervals ------------------------------------------------------------------------------


def test_intervals_on_the_screen_as_table_and_as_json(call, small: Path, tmp_path) -> None:
    code, out, _ = call("intervals", small)
    assert code == 0
    assert out.splitlines()[0].startswith("Best and worst rank under weights within 25%")
    assert len(out.splitlines()) == 9
    content = json.loads(call("intervals", small, "--json")[1])["intervals"]
    assert [r["rank"] for r in content] == list(range(1, 9))
    assert all(r["best"] <= r["rank"] <= r["worst"] for r in content)
    for ending in ("csv", "parquet"):
        path = tmp_path / f"t.{ending}"
        assert call("intervals", small, "--out", path)[0] == 0
        rows = table(path) if ending == "csv" else pq.read_table(path).to_pylist()
        assert {r["unit"]: (r["best"], r["worst"]) for r in rows} == {
            r["unit"]: (r["best"], r["worst"]) for r in content
        }
    wide = json.loads(call("intervals", small, "--any-weights", "--json")[1])["intervals"]
    fixed = json.loads(call("intervals", small, "--spread", 0, "--json")[1])["intervals"]
    for narrow, some, every in zip(fixed, content, wide, strict=True):
        assert narrow["best"] == narrow["worst"] == narrow["rank"]
        assert every["best"] <= some["best"]
        assert every["worst"] >= some["worst"]
    assert any(r["best"] < r["worst"] for r in content)


# --- whatif ---------------------------------------------------------------------------------


def test_whatif_a_value_a_target_the_best_and_a_percentage(call, small: Path) -> None:
    from hansa.index.whatif import Change, Sheet

    result = hansa.index(small, replications=60)
    sheet = Sheet(result.evaluator, result.robustness)
    row = result.data.row_of("A")
    now = sheet.entry.data.values[row]
    best = sheet.entry.data.values[:, 0].max()
    for texts, cells in (
        (["a=best"], {"a": best}),
        (["a=target"], {"a": 60.0}),
        (["b=-10%", "d=7.5"], {"b": now[1] * 0.9, "d": 7.5}),
        (["c=+50%"], {"c": now[2] * 1.5}),
    ):
        options = [o for text in texts for o in ("--set", text)]
        code, out, _ = call("whatif", small, "--unit", "A", *options, *FEW, "--json")
        assert code == 0
        got = json.loads(out)["answer"]
        want = sheet.answer("A", Change({("A", k): v for k, v in cells.items()}), both=True)
        for name in ("before", "frozen", "live"):
            reading = getattr(want, name)
            assert got[name]["score"] == pytest.approx(reading.scores[row])
            assert got[name]["rank"] == reading.ranks[row]
            assert got[name]["interval"] == pytest.approx(list(reading.interval))
        moved = {u: [int(a), int(b)] for u, a, b in
                 zip("ABCDEFGH", want.before.ranks, want.live.ranks, strict=True)
                 if a != b and u != "A"}  # fmt: skip
        assert got["others"] == moved


def test_whatif_on_the_screen(call, small: Path) -> None:
    code, out, _ = call("whatif", small, "--unit", "A", "--weight", "q=0", "--drop", "b", *FEW)
    assert code == 0
    shares, lines = out.splitlines()[:2], out.splitlines()[2:]
    assert shares == ["q: 66.7% of its family becomes 0.0%", "b: 50.0% of its family becomes 0.0%"]
    assert [line[:12].strip() for line in lines[:3]] == ["as it is", "changed, sca", "changed, sca"]
    assert all("rank" in line and "(90 %:" in line for line in lines[:3])
    z = hansa.index(small).stage.data.values[0, 0]
    assert f"score {z:8.2f}" in lines[1]  # a is all that is left
    assert f"score {z:8.2f}" in lines[2]


def test_whatif_back_from_the_places_to_the_values(call, small: Path) -> None:
    code, out, _ = call("whatif", small, "--unit", "A", "--gain", 2, "--replications", 0, "--json")
    assert code == 0
    gain = json.loads(out)["gain"]
    assert set(json.loads(out)) == {"unit", "gain"}
    assert gain["possible"]
    assert gain["aim"] == gain["rank"] - 2
    options = [o for row in gain["together"] for o in ("--set", f"{row['code']}={row['then']!r}")]
    again = json.loads(
        call("whatif", small, "--unit", "A", *options, "--replications", 0, "--json")[1]
    )["answer"]
    assert again["frozen"]["rank"] == gain["reached"] <= gain["aim"]
    assert again["before"]["interval"] is None
    text = call("whatif", small, "--unit", "A", "--gain", 2, "--replications", 0)[1]
    assert text.startswith(f"From rank {gain['rank']} to {gain['aim']}: reaches rank")
    lines = text.splitlines()
    cut = lines.index("Each alone:")
    typed = [line.strip().replace(": ", "=").split(" -> ") for line in lines[1:]]
    typed = [f"{now.partition('=')[0]}={then}" for now, then in (t for t in typed if len(t) == 2)]
    for cells in (typed[: cut - 1], *([one] for one in typed[cut - 1 :])):
        options = [o for one in cells for o in ("--set", one)]
        answer = call("whatif", small, "--unit", "A", *options, "--replications", 0, "--json")[1]
        assert json.loads(answer)["answer"]["frozen"]["rank"] <= gain["aim"], cells
    stuck = call(
        "whatif", small, "--unit", "C", "--gain", 7, "--changeable", "b", "--replications", 0
    )
    assert stuck[0] == 0
    assert "cannot reach it" in stuck[1]


def test_whatif_beside_a_unit_without_a_score(call, panel: Path) -> None:
    code, out, _ = call("whatif", panel, "--unit", "A", "--set", "a=59", *FEW, "--json")
    assert code == 0
    assert "C" not in str(json.loads(out)["answer"]["others"])
    code, out, _ = call("whatif", panel, "--unit", "C", "--set", "a=59", *FEW, "--json")
    assert code == 0
    answer = json.loads(out)["answer"]
    assert answer["before"] == {"score": None, "rank": None, "interval": None}
    assert answer["live"]["rank"] >= 1
    assert answer["frozen"]["interval"] is not None
    code, out, _ = call("whatif", panel, "--unit", "C", "--weight", "q=1", *FEW)
    assert code == 0
    assert "nan" not in out
    code, _, err = call("whatif", panel, "--unit", "C", "--gain", 1, "--replications", 0)
    assert code == 1
    assert "C has no score" in err


def test_json_has_no_nan(call, small: Path) -> None:
    """A scale of places has no way back: refused, or without a number."""
    text = RECIPE.replace("min-max", "rank").replace("range = [1, 100]\n", "")
    (small / "recipe.toml").write_text(text)
    code, out, _ = call("whatif", small, "--unit", "A", "--gain", 1, "--replications", 0, "--json")
    assert code in (0, 1, 2)
    assert "NaN" not in out


# --- change ---------------------------------------------------------------------------------


def test_change_on_the_screen_as_table_and_as_json(call, panel: Path, tmp_path) -> None:
    options = (panel, "--from", 2018, "--to", 2020, *FEW)
    code, out, err = call("change", *options)
    assert code == 0
    assert "among the 6 units" in out.splitlines()[0]
    assert len(out.splitlines()) == 7
    assert "left out, without a score in one of the years: C, H" in err
    content = json.loads(call("change", *options, "--json")[1])
    assert (content["from"], content["to"]) == (2018, 2020)
    rows = content["changes"]
    assert sorted(r["unit"] for r in rows) == list("ABDEFG")
    assert [r["change"] for r in rows] == sorted((r["change"] for r in rows), reverse=True)
    assert sum(r["change"] for r in rows) == 0
    for r in rows:
        assert r["rank_before"] - r["rank_after"] == r["change"]
        assert r["rank_own"] + r["rank_others"] == pytest.approx(r["change"], abs=1e-9)
        assert r["score_own"] + r["score_others"] == pytest.approx(r["score_change"])
        assert r["low"] <= r["median"] <= r["high"]
        assert r["changed"] == (r["low"] > 0 or r["high"] < 0)
    back = json.loads(call("change", panel, "--from", 2020, "--to", 2018, *FEW, "--json")[1])
    assert {r["unit"]: -r["change"] for r in back["changes"]} == {
        r["unit"]: r["change"] for r in rows
    }
    path = tmp_path / "c.csv"
    assert call("change", *options, "--out", path)[0] == 0
    first = path.read_bytes()
    assert sorted(r["unit"] for r in table(path)) == list("ABDEFG")
    call("change", *options, "--out", path)
    assert path.read_bytes() == first


def test_years_on_scales_of_their_own_show_no_change_of_score(call, panel: Path) -> None:
    text = RECIPE.replace("range = [1, 100]", 'range = [1, 100]\nscope = "year"')
    (panel / "recipe.toml").write_text(text)
    code, out, err = call("change", panel, "--from", 2018, "--to", 2020, *FEW)
    assert code == 0
    assert "score +" not in out
    assert "score -" not in out
    assert "no parts: each year has a scale of its own" in err


# --- audit and report -----------------------------------------------------------------------


def test_audit_as_text_tables_and_findings(call, small: Path, tmp_path) -> None:
    (small / "factors.toml").write_text(FINITE)
    code, out, _ = call("audit", small, *FEW)
    assert code == 0
    assert out.startswith("Audit of Small index (top), 2020: 8 units, 4 indicators\n0 errors")
    assert "a states no source." in out
    content = json.loads(call("audit", small, *FEW, "--json")[1])
    severities = {f["severity"] for f in content["findings"]}
    assert "warning" in severities
    assert "error" not in severities
    for ending in ("txt", "xlsx"):
        assert call("audit", small, *FEW, "--out", tmp_path / f"a.{ending}")[0] == 0
    assert (tmp_path / "a.txt").read_text() == out
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert len(book.sheetnames) > 2
    assert all(sheet.max_row >= 1 for sheet in book)


def test_an_audit_with_an_error_exits_1_and_still_writes(call, tmp_path: Path) -> None:
    """Columns that all say the same in another unit: nothing is left to weigh."""
    rows = random_rows((2020,))
    for row in rows:
        row[4] = 7.0
    path = folder(tmp_path / "flat", rows)
    out = tmp_path / "a.json"
    (path / "factors.toml").write_text(FINITE)
    code, _, _ = call("audit", path, *FEW, "--out", out)
    found = json.loads(out.read_text())["findings"]
    errors = [f for f in found if f["severity"] == "error"]
    assert errors
    assert code == 1
    assert any("b" in f["place"] or "b" in f["rule"] for f in errors)


def test_report_is_one_page_that_says_how_it_was_made(call, small: Path, tmp_path) -> None:
    path = tmp_path / "r.html"
    (small / "factors.toml").write_text(FINITE)
    code, _, err = call("report", small, "--out", path, "--unit", "A", *FEW)
    assert code == 0
    page = path.read_text()
    assert "Small index" in page
    assert "Unit D" in page
    assert "hansa index run small --replications 60" in page
    assert f"{path}: " in err


def test_a_report_names_the_sources_that_indicators_state(call, small: Path, tmp_path) -> None:
    path, rows = tmp_path / "r.html", (small / "indicators.csv").read_text().splitlines()

    def page(*sources: str, option: str = "") -> str:
        told = ["source", *sources]
        named = [f'{row},"{told.pop(0) if told else ""}"' for row in order(rows)]
        (small / "indicators.csv").write_text("\n".join(named) + "\n")
        own = ("--source", option) if option else ()
        assert call("report", small, "--out", path, "--replications", 0, *own)[0] == 0
        return path.read_text()

    assert "Source of the indicators: not stated." in page()
    said = page("Office, tables", "A survey", "Office, tables", "A survey")
    assert "Source of the indicators: Office, tables; A survey." in said
    assert "not stated" not in said
    assert "4 of 4 indicators state a source" in said
    assert "Source of the indicators: Ours." in page("Office", option="Ours")
    said = page("Office", "", "Office")
    assert "Source of the indicators: Office; not stated for 2 of 4 indicators." in said
    said = page("One", "Two", "Three", "Four")
    assert "indicators: One; Two; Three; and 1 more, named in indicators.csv." in said
    assert "is true of nobody" in page(*["Model data, ours"] * 4)


def order(rows: list[str]) -> list[str]:
    """Rows of a table of indicators: the head, the indicators, the others."""
    return [rows[0], *sorted(rows[1:], key=lambda row: ",indicator," not in row)]


def test_a_report_profiles_the_groups_that_are_named(call, small: Path, tmp_path) -> None:
    path = tmp_path / "r.html"
    group = ("--group", "Two towns=A,B")
    code, _, _ = call("report", small, "--out", path, *group, "--replications", "0")
    assert code == 0
    assert "Two towns" in path.read_text()
    code, _, err = call("report", small, "--out", path, "--group", "None=A,ZZ")
    assert code != 0
    assert "ZZ" in err


# --- export ---------------------------------------------------------------------------------


def test_a_workbook_comes_back_as_the_same_index(call, panel: Path, tmp_path) -> None:
    book = tmp_path / "i.xlsx"
    code, _, err = call("export", panel, "--out", book)
    assert code == 0
    assert "recipe.toml is no part of the workbook" in err
    one = call("run", panel, *FEW, "--json")
    two = call("run", book, *FEW, "--json", "--recipe", panel / "recipe.toml")
    assert one == two
    first = openpyxl.load_workbook(book)
    assert {"indicators", "data"} <= set(first.sheetnames)


def test_the_coin_tool_takes_one_year_and_says_what_it_leaves_out(
    call, small: Path, panel: Path, tmp_path
) -> None:
    book = tmp_path / "c.xlsx"
    code, _, err = call("export", small, "--out", book, "--coin-tool")
    assert code == 1
    assert "cannot hold all of this index" in err
    assert not book.exists()
    code, _, err = call("export", small, "--out", book, "--coin-tool", "--lossy")
    assert code == 0
    assert "left out: the year 2020" in err
    assert {"Database", "Framework"} <= set(openpyxl.load_workbook(book).sheetnames)
    (small / "recipe.toml").unlink()
    ours = json.loads(call("run", small, "--replications", 0, "--json")[1])["scores"]
    theirs = json.loads(call("run", book, "--replications", 0, "--json")[1])["scores"]
    for mine, other in zip(ours, theirs, strict=True):
        assert other["unit"] == mine["unit"]
        for node in "abcd":
            assert other[node] == pytest.approx(mine[node])
        assert sorted(v for k, v in other.items() if isinstance(v, float)) == pytest.approx(
            sorted(v for v in mine.values() if isinstance(v, float))
        )
    code, _, err = call("export", panel, "--out", tmp_path / "p.xlsx", "--coin-tool", "--lossy")
    assert code == 1
    assert "years 2018, 2020" in err
    assert not (tmp_path / "p.xlsx").exists()


# --- refusals -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("run", "nowhere"), 1, "there is no such index"),
        (("run", "SMALL", "--replications", -1), 2, "replications cannot be negative"),
        (("run", "SMALL", *FEW, "--sensitivity", "luck"), 2, "no target 'luck'"),
        (("run", "SMALL", *FEW, "--sensitivity", "rank:Z"), 2, "no unit 'Z'"),
        (("run", "SMALL", "--recipe", "nowhere.toml"), 1, "nowhere.toml"),
        (("run", "SMALL", "--factors", "nowhere.toml"), 1, "nowhere.toml"),
        (("run",), 2, ""),
        (("intervals", "SMALL", "--spread", 1.5), 2, "the spread is no share"),
        (("intervals", "SMALL", "--spread", 20), 2, "for 20 %: --spread 0.2\n"),
        (("intervals", "PANEL"), 1, "C 2020"),
        (("intervals", "SMALL", "--out", "OUT.docx"), 2, ".docx"),
        (("whatif", "SMALL"), 2, ""),
        (("whatif", "SMALL", "--unit", "A"), 2, "nothing is asked"),
        (("whatif", "SMALL", "--unit", "Z", "--set", "a=3"), 2, "no unit 'Z'"),
        (("whatif", "SMALL", "--unit", "Z", "--gain", 1), 2, "no unit 'Z'"),
        (("run", "SMALL", "--replay", "nowhere.csv"), 1, "nowhere.csv"),
        (("intervals", "SMALL", "--any-weights", "--level", 1), 2, "level"),
        (("whatif", "SMALL", "--unit", "A", "--set", "z=3"), 2, "no node 'z'"),
        (("whatif", "SMALL", "--unit", "A", "--set", "p=3"), 2, "p is no indicator"),
        (("whatif", "SMALL", "--unit", "A", "--set", "a=x"), 2, "'x'"),
        (("whatif", "SMALL", "--unit", "A", "--set", "a"), 2, "NAME=VALUE"),
        (("whatif", "SMALL", "--unit", "A", "--set", "b=target"), 2, "b has no target"),
        (("whatif", "SMALL", "--unit", "A", "--set", "a=inf"), 2, "finite"),
        (("whatif", "SMALL", "--unit", "A", "--weight", "a=-1"), 2, "a cannot have this weight"),
        (("whatif", "SMALL", "--unit", "A", "--drop", "top"), 2, "the index itself"),
        (("whatif", "SMALL", "--unit", "A", "--drop", "p", "--drop", "q"), 2, "nothing is left"),
        (("whatif", "SMALL", "--unit", "A", "--gain", 99), 2, "cannot gain 99 places"),
        (("whatif", "SMALL", "--unit", "A", "--changeable", "a"), 2, "--gain"),
        (("whatif", "SMALL", "--unit", "A", "--gain", 1, "--changeable", "p"), 2, "p is no ind"),
        (("change", "SMALL", "--from", 2018, "--to", 2020, *FEW), 2, "no year 2018"),
        (("change", "PANEL", "--from", 2018, "--to", 2020, "--replications", 0), 2, "replications"),
        (("change", "PANEL", "--to", 2020), 2, ""),
        (("change", "PANEL", "--from", 2018, "--to", 2020, "--out", "OUT.xlsx"), 2, ".xlsx"),
        (("audit", "SMALL", "--out", "OUT.docx"), 2, ".docx"),
        (("audit", "SMALL", "--outcome", "luck", *FEW, "--out", "OUT.json"), 2, "luck"),
        (("report", "SMALL", "--out", "OUT.docx"), 2, ".docx"),
        (("report", "SMALL", "--out", "OUT.html", "--unit", "Z", *FEW), 2, "no unit 'Z'"),
        (("export", "nowhere", "--out", "OUT.xlsx"), 1, "there is no such index"),
        (("export", "SMALL", "--out", "OUT.csv"), 2, ".csv"),
    ],
    ids=lambda v: " ".join(map(str, v)) if isinstance(v, tuple) else "",
)
def test_refused_and_nothing_is_written(
    call, small: Path, panel: Path, tmp_path, arguments, code: int, told: str
) -> None:
    names = {"SMALL": small, "PANEL": panel}
    own = [names.get(a, a) for a in arguments]
    own = [tmp_path / a if str(a).startswith("OUT") else a for a in own]
    before = files(tmp_path)
    got, out, err = call(*own)
    assert got == code, err
    assert told in err
    assert not out
    assert "Traceback" not in err
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("data.csv", "A,Unit A,2020,", "A,Unit A,2020,x", "unit A, column a"),
        ("indicators.csv", "a,indicator,p", "a,indicator,zz", "zz"),
        ("indicators.csv", "b,indicator,p,-1", "b,indicator,p,0", "b"),
        ("recipe.toml", 'do = "weigh"', 'do = "weight"', "no step 'weight'"),
        ("recipe.toml", 'rule = "min-max"', 'rules = "min-max"', "rules"),
        ("recipe.toml", "[[step]]", "[[stepp]]", "stepp"),
    ],
)
@pytest.mark.parametrize("kept", [False, True])
def test_broken_input_leaves_an_earlier_result_as_it_was(
    call, small: Path, tmp_path, file, old, new, told, kept: bool
) -> None:
    out_dir = tmp_path / "out"
    if kept:
        call("run", small, "--replications", 0, "--out", out_dir)
    before = files(out_dir) if kept else {}
    path = small / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    code, out, err = call("run", small, *FEW, "--out", out_dir)
    assert code in (1, 2)
    assert told in err
    assert not out
    assert (files(out_dir) if out_dir.exists() else {}) == before


def test_an_index_without_recipe_and_years(call, tmp_path: Path) -> None:
    path = tmp_path / "bare"
    path.mkdir()
    (path / "indicators.csv").write_text(PLAIN)
    (path / "data.csv").write_text("unit,a,b\nX,1,9\nY,5,5\nZ,9,4\n")
    code, out, _ = call("run", path, "--replications", 0)
    assert code == 0
    assert out.splitlines()[0] == "Small index: 3 units, 2 indicators"
    assert [line.split()[0:3] for line in out.splitlines()[2:]] == [
        ["1", "100.00", "Z"], ["2", "65.00", "Y"], ["3", "0.00", "X"],
    ]  # fmt: skip
    answer = json.loads(
        call("whatif", path, "--unit", "X", "--set", "a=9", "--replications", 50, "--json")[1]
    )["answer"]
    assert answer["live"]["score"] == pytest.approx(50)
    assert answer["live"]["rank"] == 2
    far = json.loads(
        call("whatif", path, "--unit", "X", "--set", "a=99", "--set", "b=0", *FEW, "--json")[1]
    )["answer"]
    assert far["before"]["interval"] == [3, 3]
    assert far["live"]["interval"] == [1, 1]


def test_check_of_an_index_folder_is_its_audit(call, check, small: Path) -> None:
    (small / "factors.toml").write_text(FINITE)
    audited = json.loads(call("audit", small, "--json")[1])["findings"]
    code, out, _ = check(small, "--json")
    found = json.loads(out)["findings"]
    # What is in order is no finding of a check.
    assert 0 < len(found) < len(audited)
    assert [f for f in audited if f in found] == found
    assert [f for f in audited if f["severity"] != "note"] == [
        f for f in found if f["severity"] != "note"
    ]
    assert code == 0
    assert [f.as_dict() for f in hansa.check(small)] == found
    (small / "data.csv").write_text("unit,year\n")
    code, out, _ = check(small, "--json")
    (finding,) = json.loads(out)["findings"]
    assert (code, finding["severity"]) == (1, "error")


def test_check_of_a_folder_of_folders_says_which_to_check(check, small: Path, tmp_path) -> None:
    code, _, said = check(small.parent)
    assert code == 2
    assert "this folder is nothing that can be checked, but there is something in it" in said
    assert f"{small.name} (an index)" in said
    assert f"hansa check {small}" in said
    (tmp_path / "nothing").mkdir()
    code, _, said = check(tmp_path / "nothing")
    assert code == 2
    assert "name another folder, or the table" in said
