"""A study from folder to files and back: real tables, the model set, replay, refusals."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

import hansa
from hansa.cli import app
from hansa.errors import HansaError, UsageError
from hansa.study.check import check_path
from hansa.study.config import read_study

STUDIES = Path(__file__).parent.parent / "studies"
TOML = """\
format = 1
title = "North and south"
definitions = ["wood.csv"]
[facts.jobs]
file = "jobs.csv"
absent_rows = "unknown"
"""
JOBS = """\
geo,activity,time,employment
north,16,2020,30
north,62,2020,70
south,16,2020,20
south,62,2020,180
north,16,2021,60
north,62,2021,70
south,16,2021,20
south,62,2021,
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    study = tmp_path / "a study"
    study.mkdir()
    (study / "study.toml").write_text(TOML)
    (study / "jobs.csv").write_text(JOBS)
    (study / "wood.csv").write_text("cluster,activity,weight\nwood,16,1\ncode,62,1\n")
    return study


def command(*arguments: object):
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=True)


def test_a_small_study_by_hand(folder: Path) -> None:
    result = hansa.run(folder)
    base = result.results[0].bases[0]
    quotients = {
        (r["geo"], r["cluster"], r["time"]): r["value"]
        for r in base.regions["location_quotient_total"].rows()
    }
    assert quotients[("north", "wood", 2020)] == (30 / 100) / (50 / 300)
    assert quotients[("south", "code", 2020)] == 1.08
    # One hidden cell in 2021: the total of the reference is unknown, so every quotient is.
    assert all(v is None for (_, _, time), v in quotients.items() if time == 2021)
    growth = {(r["geo"], r["cluster"]): r["value"] for r in base.regions["growth_rate"].rows()}
    assert growth == {
        ("north", "wood"): 1.0,
        ("north", "code"): 0.0,
        ("south", "wood"): 0.0,
        ("south", "code"): None,
    }


def test_run_writes_everything_and_replays_to_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    assert command("run", folder).exit_code == 0
    out = folder / "out"
    recipe = json.loads((out / "recipe.json").read_text())
    assert {e["file"] for e in recipe["outputs"]} == {
        str(p.relative_to(out)) for p in out.rglob("*") if p.is_file() and p.name != "recipe.json"
    }
    replay = command("run", out / "recipe.json", "--out", tmp_path / "again")
    assert replay.exit_code == 0, replay.output
    for path in out.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "again" / path.relative_to(out)).read_bytes()


def test_nothing_of_a_machine_or_a_moment_gets_into_the_results(folder: Path) -> None:
    command("run", folder)
    for path in (folder / "out").rglob("*"):
        if path.is_file():
            text = path.read_bytes()
            assert str(folder).encode() not in text
            assert not re.search(rb"20\d\d-\d\d-\d\dT\d\d:\d\d", text), path


def test_names_that_the_font_of_the_pdf_lacks_stop_nothing(folder: Path) -> None:
    for name in ("study.toml", "jobs.csv", "wood.csv"):
        path = folder / name
        path.write_text(re.sub(r"\bNorth\b|\bnorth\b|\bcode\b", "東京", path.read_text()))
    done = command("run", folder)
    assert done.exit_code == 0, done.output
    assert "☐ stands for a character that the font of the PDF does not have" in done.stderr
    assert (folder / "out" / "brief.pdf").stat().st_size
    assert "東京" in (folder / "out" / "report.html").read_text()
    assert command("run", folder / "out" / "recipe.json").exit_code == 0


def test_a_changed_input_is_refused_by_a_replay(folder: Path) -> None:
    command("run", folder)
    (folder / "jobs.csv").write_text(JOBS.replace("60", "61"))
    done = command("run", folder / "out" / "recipe.json")
    assert isinstance(done.exception, HansaError)
    assert "jobs.csv" in str(done.exception)
    assert "not the file the recipe was made with" in str(done.exception)


def test_the_header_beside_a_table_is_an_input(folder: Path) -> None:
    header = folder / "jobs.meta.toml"
    command("run", folder)
    header.write_text('absent_rows = "unknown"\n')
    done = command("run", folder / "out" / "recipe.json")
    assert "not the file the recipe was made with" in str(done.exception)
    assert "jobs.meta.toml" in str(done.exception)
    command("run", folder)
    inputs = json.loads((folder / "out" / "recipe.json").read_text())["inputs"]
    assert [e["file"] for e in inputs][:2] == ["jobs.csv", "jobs.meta.toml"]
    assert command("run", folder / "out" / "recipe.json").exit_code == 0
    header.unlink()
    done = command("run", folder / "out" / "recipe.json")
    assert "jobs.meta.toml" in str(done.exception)


def test_results_that_are_gone_are_removed_and_foreign_files_stay(folder: Path) -> None:
    command("run", folder)
    mine = folder / "out" / "notes.txt"
    mine.write_text("mine")
    (folder / "study.toml").write_text(TOML.replace("[facts", 'measures = ["focus"]\n[facts'))
    command("run", folder)
    assert mine.read_text() == "mine"
    names = {p.name for p in (folder / "out" / "tables").rglob("*.csv")}
    assert names == {"focus.csv", "coverage.csv"}


def test_a_broken_table_leaves_earlier_results_alone(folder: Path) -> None:
    command("run", folder)
    before = {p: p.read_bytes() for p in (folder / "out").rglob("*") if p.is_file()}
    (folder / "jobs.csv").write_text(JOBS.replace("180", "many"))
    done = command("run", folder)
    assert isinstance(done.exception, HansaError)
    assert "text stands where a number is needed" in str(done.exception)
    assert before == {p: p.read_bytes() for p in (folder / "out").rglob("*") if p.is_file()}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("title =", "titel ="), "titel"),
        (("format = 1", "format = 7"), "format = 1 is the only one"),
        (("file =", "fil ="), "facts.jobs"),
        (('absent_rows = "unknown"', 'absent_rows = "nothing"'), "absent_rows"),
        (("[facts.jobs]", "[facts.jobs"), "study.toml cannot be read"),
        (("wood.csv", "steel.csv"), "unknown cluster definition"),
    ],
)
def test_a_wrong_study_is_refused_by_its_key(
    folder: Path, change: tuple[str, str], message: str
) -> None:
    path = folder / "study.toml"
    path.write_text(path.read_text().replace(*change))
    with pytest.raises((HansaError, UsageError), match=re.escape(message)):
        hansa.run(folder)


def test_a_cluster_of_no_weight_is_found(folder: Path) -> None:
    members = folder / "wood.csv"
    members.write_text(members.read_text() + "none,16,0\nnone,62,0\n")
    said = "every weight of a cluster is 0, so nothing is known of it"
    for place in (folder, members):
        found = [f for f in check_path(place) if f.rule == said]
        assert [(f.severity, f.printed) for f in found] == [("warning", "none")]
    panel = hansa.compute("employment", folder, "wood.csv")
    assert "1 of 3 clusters lie outside the source." in panel.header.notes
    assert not any("without some of their codes" in note for note in panel.header.notes)


def test_a_folder_without_a_study_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HansaError, match="this is no study folder"):
        read_study(tmp_path)


def test_new_makes_a_study_that_only_lacks_its_table(tmp_path: Path) -> None:
    target = tmp_path / "mine"
    assert command("new", target).exit_code == 0
    with pytest.raises(HansaError, match="the file is not there"):
        hansa.run(target)
    assert isinstance(command("new", target).exception, HansaError)


@pytest.mark.slow
def test_the_demo_says_first_what_is_real_and_what_is_model(tmp_path: Path) -> None:
    done = command("demo", tmp_path / "demo", "--no-serve")
    assert done.exit_code == 0, done.output
    offline, way, first, second = done.output.splitlines()[:4]
    assert offline == "No live data in this demo: the network is switched off."
    assert "hansa fetch" in way
    assert first.startswith("REAL in this demo: the tables printed in")
    assert "computed from its two Monitor tables" in first
    assert second.startswith("MODEL DATA: everything else in ")
    pictures = list((tmp_path / "demo" / "out" / "figures").glob("*.svg"))
    real = {p.name for p in pictures if "Model data" not in p.read_text()}
    assert real == {
        f"{name}.svg"
        for name in (
            "claimed-2009", "asked-2009", "tried-2009", "tried-20091",
            "monitor-link", "monitor-link1", "monitor-ranks", "monitor-ranks1",
        )
    }  # fmt: skip
    assert len(pictures) > len(real) + 6
    (tmp_path / "demo" / "study.toml").write_text("other")
    refused = command("demo", tmp_path / "demo", "--no-serve")
    assert isinstance(refused.exception, HansaError)


@pytest.mark.data
@pytest.mark.parametrize("name", ["uk", "baltic", "new-york"])
def test_the_real_studies_run_and_replay(
    name: str, hansa_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANSA_DATA", str(hansa_data))
    folder = tmp_path / name
    shutil.copytree(STUDIES / name, folder)
    assert command("run", folder).exit_code == 0
    replay = command("run", folder / "out" / "recipe.json")
    assert replay.exit_code == 0, replay.output
    report = (folder / "out" / "report.html").read_text()
    assert "How sure are we" in report


@pytest.mark.data
def test_the_uk_study_says_what_its_zeros_are(
    hansa_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANSA_DATA", str(hansa_data))
    result = hansa.run(STUDIES / "uk")
    base = result.results[0].bases[0]
    for panel in (*base.regions.values(), *base.area.values()):
        assert "Zeros taken as printed; some may stand for hidden cells." in panel.header.notes
    missing = {c for plan in result.results[0].coverage.clusters for c in plan.outside}
    codes = result.cube.activity.codelist
    classes = {leaf for c in missing for leaf in codes.leaves(c)}
    # 90 classes never occur; six of them (84.21, 84.22, 97 to 99) belong to no cluster.
    beyond = {"84.21", "84.22"} | codes.leaves("T") | codes.leaves("U")
    assert classes | beyond == {c for c, level in codes.level.items() if level == "class"} - set(
        result.cube.activity.codes
    )
    assert len(classes) == 84


@pytest.mark.data
def test_the_baltic_study_shows_two_bases_and_what_each_loses(
    hansa_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANSA_DATA", str(hansa_data))
    result = hansa.run(STUDIES / "baltic")
    known = []
    for base in result.results[0].bases:
        rows = base.regions["location_quotient_total"].rows()
        present = [r for r in rows if r["value"] is not None]
        known.append((len({r["geo"] for r in present}), len({r["geo"] for r in rows})))
    (first, of), (second, _) = known
    assert of == 35
    assert first < second < 35
    assert any("not in the declared version" in f.rule for f in result.findings)
    assert not any(r["value"] == 0 and "m" in r["status"].split(";") for r in rows)
