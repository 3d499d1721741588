"""A table with several wrong rows: each of them is told, with its row in the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from hansa.sources.spec import spec_from
from hansa.study.check import check_path

SPEC = spec_from({"classification": "nace:2", "geography": "nuts:2024"}, "test")
HEAD = "geo,activity,time,employment"
RIGHT = [f"{geo},{code},2020,{100 + i}" for i, geo in enumerate(("EE00", "LV00")) for code in "CJ"]


def errors(path: Path, lines: list[str]) -> list[tuple[str, str]]:
    path.write_text("\n".join([HEAD, *lines]) + "\n", encoding="utf-8")
    found = [f for f in check_path(path, SPEC) if f.severity == "error"]
    return [(f.place.replace(str(path), path.name), f.rule) for f in found]


def test_two_mistakes_are_both_told(tmp_path: Path) -> None:
    found = errors(tmp_path / "jobs.csv", [RIGHT[0], "EE00,K,2020,abc", "XX99,C,2020,5", RIGHT[2]])
    assert found == [
        ("jobs.csv, row 4", "unknown geo code 'XX99'"),
        ("jobs.csv, row 3, column employment", "text stands where a number is needed"),
    ]


def test_mistakes_of_every_kind_in_one_table(tmp_path: Path) -> None:
    wrong = ["EE00,K,2020,abc", "FI1B,C,2020,-5", "FI1B,99.9,2020,1", "XX99,C,2020,1", "LT01,C,x,1"]
    lines = [line for pair in zip(RIGHT + RIGHT[:1], wrong, strict=True) for line in pair][:-2]
    found = errors(tmp_path / "jobs.csv", [*lines, wrong[-1]])
    rows = {place.partition("row ")[2].partition(",")[0] for place, _ in found}
    told = [i for i, line in enumerate([HEAD, *lines, wrong[-1]], 1) if line in wrong]
    assert rows == {str(i) for i in told}


@pytest.mark.parametrize("lines", [RIGHT, ["EE00,C,2020,abc", *RIGHT[1:]]])
def test_nothing_is_told_that_is_not_there(tmp_path: Path, lines: list[str]) -> None:
    assert len(errors(tmp_path / "jobs.csv", lines)) == (lines is not RIGHT)


def test_a_table_that_is_wrong_throughout_ends_soon(tmp_path: Path) -> None:
    lines = [f"XX{i:02},C,2020,1" for i in range(90)]
    assert 1 <= len(errors(tmp_path / "jobs.csv", lines)) <= 21


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    errors(tmp_path / "jobs.csv", ["XX99,C,2020,5", *RIGHT])
    assert [p.name for p in tmp_path.iterdir()] == ["jobs.csv"]
