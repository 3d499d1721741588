"""What a report says of its data: as published, bounded, or changed before it was computed."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import hansa
from hansa.cli import app
from hansa.report.content import document
from hansa.report.html import render_html
from hansa.views.captions import sources_once

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
        "Published data: holes.csv. Added to them: bounds of 2 hidden cells of 2020, confidential "
        "or not published."
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
        "Before anything was computed: 2 hidden cells of 2020, confidential or not published, were "
        "estimated within what the published sums allow. The method and the recipe say how."
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
        "Data not as published: new.csv. Before anything was computed: region codes of NUTS 2016 "
        "were put into NUTS 2021. The"
    )


TWO_COLUMNS = """\
geo,activity,time,employment,payroll
north,10,2020,900,90
north,16,2020,,
north,TOTAL,2020,1400,140
east,10,2020,900,90
east,16,2020,,
east,TOTAL,2020,1200,120
TOTAL,10,2020,1800,180
TOTAL,16,2020,650,65
TOTAL,TOTAL,2020,2600,260
"""


def test_hidden_cells_of_two_columns_are_counted_together_also_where_they_are_as_many(tmp_path):
    """Two cells of jobs and two of wages are four; no phrase comes twice, no pattern is named."""
    for part in (2019, 2020):
        (tmp_path / f"jobs-{part}.csv").write_text(TWO_COLUMNS.replace("2020", str(part)))
    study = STUDY.replace('"employment", "location', '"employment", "average_wage", "location')
    (tmp_path / "study.toml").write_text(study.format(file="jobs-*.csv", hidden="fill"))
    (tmp_path / "own.csv").write_text("cluster,activity,weight\nfood,10,1\nwood,16,1\n")
    made = document(hansa.run(tmp_path))
    assert made.origin == (
        "Data not as published: the tables of the study. Before anything was computed: 8 hidden "
        "cells of 2019–2020, confidential or not published, were estimated within what the "
        "published sums allow. The method and the recipe say how."
    )


def test_sources_that_differ_only_in_a_table_are_named_once():
    assert sources_once("Eurostat, jobs (one); Eurostat, jobs (two)") == "Eurostat, jobs (one, two)"
    assert sources_once("Eurostat (one); OECD; a (b) c") == "Eurostat (one); OECD; a (b) c"
    assert sources_once("") == ""


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("EE00,LV00,DK01", "another area than the 3 regions"),
        ("EE00,LV00,LT01,LT02,DK01", "less than the 5 regions"),
        ("EE00,LV00,LT01,LT02", ""),
        ("EE00,LV00", "more than the 2 regions"),
    ],
)
def test_an_area_that_is_not_the_sum_of_the_regions_is_named_so(tmp_path, rows, said):
    lines = "".join(f"{geo},C,2020,50\n{geo},J,2020,50\n" for geo in rows.split(","))
    lines += "".join(f"{geo},C,2020,100\n{geo},J,2020,100\n" for geo in ("EE", "LV", "LT", "DK"))
    (tmp_path / "jobs.csv").write_text(f"geo,activity,time,employment\n{lines}")
    text = STUDY.replace('reference = "all"', 'reference = "complete"\narea = "baltic-three"')
    text += 'geography = "nuts:2021"\nlevel = { geo = "nuts2" }\n'
    (tmp_path / "study.toml").write_text(
        text.replace("{file}", "jobs.csv").replace("{hidden}", "absent")
    )
    (tmp_path / "own.csv").write_text("cluster,activity,weight\nfactories,C,1\n")
    subtitle = document(hansa.run(tmp_path)).subtitle
    assert (said in subtitle) if said else subtitle == ""
