"""No command writes over what it reads, by whatever name or link; the input stays as it was."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hansa.cli import app
from hansa.errors import UsageError
from hansa.files import write_table
from hansa.programme.model_call import model_call
from hansa.sources.raw import raw_table
from hansa.sources.spec import FactsSpec

JOBS = "geo,activity,time,employment\nnorth,16,2020,30\nnorth,62,2020,70\n"
MEMBERS = "cluster,activity,weight\nwood,16,1\ncode,62,1\n"
NACE = ("--classification", "nace:2")
STUDY = """\
title = "North"
definitions = ["wood.csv"]
[facts.jobs]
file = "facts/jobs.csv"
absent_rows = "unknown"
"""


@pytest.fixture
def jobs(tmp_path: Path) -> Path:
    path = tmp_path / "jobs.csv"
    path.write_text(JOBS)
    return path


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / "study"
    (folder / "facts").mkdir(parents=True)
    (folder / "definitions").mkdir()
    (folder / "study.toml").write_text(STUDY)
    (folder / "facts" / "jobs.csv").write_text(JOBS)
    (folder / "wood.csv").write_text(MEMBERS)
    return folder


def refused(*arguments: object) -> UsageError:
    done = CliRunner().invoke(app, [str(a) for a in arguments])
    assert isinstance(done.exception, UsageError), done.output
    return done.exception


def kept(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "command",
    [
        ("compute", "employment", "--facts", "jobs.csv", "--out", "jobs.csv"),
        ("compute", "employment", "--facts", "jobs.csv", "--out", "sub/../jobs.csv"),
        ("compute", "employment", "--facts", "link.csv", "--out", "jobs.csv"),
        ("compute", "employment", "--facts", "hard.csv", "--out", "jobs.csv"),
        ("compute", "employment", "--facts", "jobs.parquet", "--out", "jobs.parquet"),
        ("compute", "employment", "--facts", "jobs.csv", "--definition", "wood.csv",
         "--out", "wood.csv"),
        ("check", "jobs.csv", "--html", "jobs.csv"),
        ("reduce", "jobs.csv", "--out", "jobs.csv"),
        ("reduce", "jobs.parquet", "--out", "jobs.parquet"),
        ("convert", "jobs.csv", "--to", "nace:2.1", "--out", "jobs.csv"),
        ("convert", "jobs.csv", "--to", "nace:2.1", "--report", "jobs.csv"),
        ("fill", "jobs.csv", "--out", "jobs.csv"),
        ("fill", "jobs.csv", "--draws", "2", "--draws-out", "jobs.csv"),
        ("fill", "jobs.csv", "--units", "jobs.parquet", "--out", "jobs.parquet"),
        ("protect", "jobs.csv", "--out", "jobs.csv"),
        ("protect", "jobs.csv", "--report", "jobs.csv"),
        ("call", "report", "call", "--out", "call/funders.xlsx"),
        ("index", "change", "index", "--from", "1", "--to", "2", "--out", "index/data.csv"),
        ("index", "intervals", "index", "--out", "index/data.csv"),
        ("index", "audit", "book.xlsx", "--out", "book.xlsx"),
        ("index", "export", "book.xlsx", "--out", "book.xlsx"),
    ],
)  # fmt: skip
def test_a_result_never_takes_the_place_of_an_input(
    tmp_path: Path, jobs: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    (tmp_path / "wood.csv").write_text(MEMBERS)
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.csv").symlink_to("jobs.csv")
    os.link(jobs, tmp_path / "hard.csv")
    write_table(raw_table(jobs, FactsSpec()), tmp_path / "jobs.parquet")
    for name, content in {**model_call(), "funders.xlsx": b""}.items():
        (tmp_path / "call").mkdir(exist_ok=True)
        (tmp_path / "call" / name).write_bytes(content)
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "data.csv").write_text("unit\n")
    (tmp_path / "book.xlsx").write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    before = kept(tmp_path)
    told = str(refused(*command))
    assert told.startswith("the result would take the place of what it is made of\n")
    assert kept(tmp_path) == before


def test_the_description_of_an_input_stays(tmp_path: Path, jobs: Path) -> None:
    write_table(raw_table(jobs, FactsSpec()), tmp_path / "rows.parquet")
    (tmp_path / "rows.meta.toml").write_text('source = "us"\n')
    out = tmp_path / "rows.csv"
    told = refused("compute", "employment", "--facts", tmp_path / "rows.parquet", "--out", out)
    assert str(told) == (
        "the result's header would take the place of what it is made of\n"
        f"  where:  {tmp_path}/rows.meta.toml\n"
        "  needed: another name, or another folder\n"
        "  do:     another name than rows.csv"
    )


def test_a_result_of_an_earlier_run_is_written_anew(tmp_path: Path, jobs: Path) -> None:
    command = ["compute", "employment", "--facts", str(jobs), "--out", str(tmp_path / "out.csv")]
    for _ in range(2):
        assert CliRunner().invoke(app, [*command, *NACE]).exit_code == 0


@pytest.mark.parametrize("out", ["", ".", "facts", "facts/new", "definitions", "definitions/new"])
def test_results_of_a_study_have_a_folder_of_their_own(study: Path, out: str) -> None:
    before = kept(study)
    told = str(refused("run", study, "--out", study / out))
    assert told.startswith("the results would lie among the files that the study is made of\n")
    assert f"leave --out out for {study}/out, or name another folder" in told
    assert kept(study) == before


def test_the_usual_folder_of_results_is_never_refused(study: Path) -> None:
    (study / "out").mkdir()
    (study / "facts" / "jobs.csv").rename(study / "out" / "jobs.csv")
    (study / "study.toml").write_text(STUDY.replace("facts/jobs.csv", "out/jobs.csv"))
    before = (study / "out" / "jobs.csv").read_bytes()
    done = CliRunner().invoke(app, ["run", str(study)])
    assert done.exit_code == 0, done.output
    assert (study / "out" / "jobs.csv").read_bytes() == before


def test_a_replay_has_one_too(study: Path) -> None:
    (study / "out").mkdir()
    recipe = study / "out" / "recipe.json"
    recipe.write_text('{"format": 1, "study": {}, "inputs": [], "outputs": []}')
    told = str(refused("run", recipe, "--out", study / "facts"))
    assert told.startswith("the results would lie among the files that the study is made of\n")


def test_the_check_of_a_broken_study_is_still_a_page(study: Path, tmp_path: Path) -> None:
    (study / "study.toml").write_text("title = 3\n")
    page = tmp_path / "found.html"
    assert CliRunner().invoke(app, ["check", str(study), "--html", str(page)]).exit_code == 1
    assert "the study is wrong at" in page.read_text()


@pytest.mark.parametrize("place", ["facts/jobs.csv", "study.toml", "wood.csv"])
def test_a_measure_of_a_study_never_takes_the_place_of_its_files(study: Path, place: str) -> None:
    before = kept(study)
    refused("compute", "employment", "--facts", study, "--out", study / place)
    refused("report", study, "--out", study / place)
    assert kept(study) == before
