"""Reports from the command line: every format, the brief, and a replay of the same bytes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.report.conftest import pages_of
from typer.testing import CliRunner

from hansa.cli import app
from hansa.errors import UsageError

REPORTS = {"report.html", "report.pdf", "report.xlsx", "brief.html", "brief.pdf"}


def command(*arguments: object):
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=True)


def test_run_writes_every_format_and_the_recipe_replays_them(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert command("run", study, "--out", out).exit_code == 0
    named = {e["file"] for e in json.loads((out / "recipe.json").read_text())["outputs"]}
    assert named >= REPORTS
    assert pages_of((out / "brief.pdf").read_bytes()) <= 2
    replay = command("run", out / "recipe.json", "--study", study, "--out", tmp_path / "again")
    assert replay.exit_code == 0, replay.output
    assert "byte for byte" in replay.output
    for name in REPORTS:
        assert (tmp_path / "again" / name).read_bytes() == (out / name).read_bytes()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("report.html", []),
        ("report.pdf", ["--to", "pdf"]),
        ("report.xlsx", ["--to", "xlsx"]),
        ("brief.html", ["--brief"]),
        ("brief.pdf", ["--brief", "--to", "pdf"]),
    ],
)
def test_report_writes_what_run_writes(
    study: Path, tmp_path: Path, name: str, arguments: list[str]
) -> None:
    if not (study / "out" / "recipe.json").is_file():
        assert command("run", study).exit_code == 0
    target = tmp_path / name
    done = command("report", study, *arguments, "--out", target)
    assert done.exit_code == 0, done.output
    assert target.read_bytes() == (study / "out" / name).read_bytes()


def test_other_formats_are_refused_by_name(study: Path) -> None:
    refused = command("report", study, "--to", "docx").exception
    assert isinstance(refused, UsageError)
    assert "needed: html, pdf, xlsx" in str(refused).replace("  ", " ")
    refused = command("report", study, "--to", "xlsx", "--brief").exception
    assert isinstance(refused, UsageError)
    assert "needed: html, pdf" in str(refused).replace("  ", " ")
