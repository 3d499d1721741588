"""What a report says of its data: as published, bounded, or changed before it was computed."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

import hansa
from hansa.cli import app
from hansa.report.content import document
from hansa.report.html import render_html

TABLE = """\
geo,activity,time,employment
north,10,2020,900
north,16,2020,
north,TOTAL,2020,1400
east,10,2020,900
east,16,2020,
east,TOTAL,2020,1200
TOTAL,10,2020,1800
TOTAL,16,2020,650
TOTAL,TOTAL,2020,2600
"""
STUDY = """\
format = 1
title = "Two regions"
reference = "all"
hidden = "{hidden}"
definitions = ["own.csv"]
measures = ["employment", "location_quotient_total"]
[facts.jobs]
file = "{file}"
classification = "nace:2"
absent_rows = "unknown"
"""


def origin(folder: Path, file: str, hidden: str = "absent") -> str:
    (folder / "study.toml").write_text(STUDY.format(file=file, hidden=hidden))
    (folder / "own.csv").write_text("cluster,activity,weight\nfood,10,1\nwood,16,1\n")
    made = document(hansa.run(folder))
    assert made.origin in render_html(made)
    return made.origin


def test_a_table_as_published_says_so(tmp_path):
    (tmp_path / "holes.csv").write_text(TABLE)
    assert origin(tmp_path, "holes.csv") == "Published data: holes.csv."
    assert origin(tmp_path, "holes.csv", "bounds") == (
        "Published data: holes.csv. Added to them: intervals of 2 hidden cells from published sums."
    )


def test_a_filled_table_is_not_called_published(tmp_path):
    """Filled by the command into a file, or by the study itself: the steps tell."""
    (tmp_path / "holes.csv").write_text(TABLE)
    names = ["holes.csv", "filled.csv"]
    source, filled = (str(tmp_path / name) for name in names)
    known = ["--classification", "nace:2", "--absent-rows", "unknown"]
    ran = CliRunner().invoke(app, ["fill", source, *known, "--out", filled])
    assert ran.exit_code == 0, ran.output
    done = (
        "Before anything was computed: intervals of 2 hidden cells from published sums; hidden "
        "cells filled. The method and the recipe say how."
    )
    assert origin(tmp_path, "filled.csv") == f"Data not as published: filled.csv. {done}"
    assert origin(tmp_path, "holes.csv", "fill") == f"Data not as published: holes.csv. {done}"


def test_a_converted_table_names_both_versions(tmp_path):
    """NUTS 2016 to 2021: a region whose code stays the same, by the codes alone."""
    text = TABLE.replace("north", "SE11").replace("east", "SE12").replace(",\n", ",100\n")
    (tmp_path / "old.csv").write_text(text)
    known = ["--geography", "nuts:2016", "--classification", "nace:2", "--absent-rows", "unknown"]
    new = tmp_path / "new.csv"
    order = ["convert", str(tmp_path / "old.csv"), *known, "--to", "nuts:2021", "--out", str(new)]
    ran = CliRunner().invoke(app, order)
    assert ran.exit_code == 0, ran.output
    assert origin(tmp_path, "new.csv").startswith(
        "Data not as published: new.csv. Before anything was computed: converted geo from "
        "nuts:2016 to nuts:2021. The"
    )
