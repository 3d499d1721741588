"""A name in study.toml that is wrong is told before hidden cells are filled, which takes long."""

from __future__ import annotations

from pathlib import Path

import pytest

import hansa
import hansa.study.run as study_run
from hansa.errors import HansaError

STUDY = """\
format = 1
title = "Two regions"
definitions = ["own.csv"]
measures = ["employment", "location_quotient_total"]
hidden = "fill"
{more}
[facts.jobs]
file = "jobs.csv"
classification = "nace:2"
geography = "nuts:2021"
absent_rows = "unknown"
"""
JOBS = """\
geo,activity,time,employment
EE00,C,2020,10
EE00,J,2020,
LV00,C,2020,30
LV00,J,2020,5
"""


def folder_of(tmp_path: Path, more: str) -> Path:
    (tmp_path / "study.toml").write_text(STUDY.format(more=more))
    (tmp_path / "jobs.csv").write_text(JOBS)
    (tmp_path / "own.csv").write_text("cluster,activity,weight\nfactories,C,1\nnumbers,J,1\n")
    return tmp_path


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('reference = "nowhere"', "unknown reference 'nowhere'"),
        ('geography = "nowhere"', "nowhere"),
        ('area = "nowhere"', "unknown area 'nowhere'"),
        ("period = [2019, 2020]", "there are no facts for 2019"),
    ],
)
def test_a_wrong_name_is_told_before_anything_is_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str, said: str
) -> None:
    filled: list[str] = []
    real = study_run.revealed
    monkeypatch.setattr(
        study_run, "revealed", lambda cube, *how: filled.append(how[0]) or real(cube, *how)
    )
    with pytest.raises(HansaError, match=said):
        hansa.run(folder_of(tmp_path, more))
    assert filled == []


def test_names_that_are_right_are_computed_with_filled_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled: list[str] = []
    real = study_run.revealed
    monkeypatch.setattr(
        study_run, "revealed", lambda cube, *how: filled.append(how[0]) or real(cube, *how)
    )
    made = hansa.run(folder_of(tmp_path, 'reference = "LV00"'))
    assert filled == ["fill"]
    assert made.results[0].bases[0].regions["location_quotient_total"].header.reference == "Latvija"
