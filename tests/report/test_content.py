"""A study's results as a document: questions, answers, gaps, in a case that fits on a page."""

from __future__ import annotations

from pathlib import Path

import pytest

import hansa
from hansa.errors import UsageError
from hansa.report.content import document, figures
from hansa.report.html import render_html
from hansa.study.run import StudyResult

STUDY = """\
format = 1
title = "Three regions"
reference = "complete"
definitions = ["own.csv"]
measures = ["employment", "location_quotient_total"]
[[base]]
name = "everything"
[[base]]
name = "without mining"
without = ["B"]
[facts.jobs]
file = "jobs.csv"
classification = "nace:2"
geography = "nuts:2024"
level = { activity = "section", geo = "nuts2" }
absent_rows = "unknown"
source = "made up"
"""
# FI19 does not publish mining; FI itself does.
JOBS = """\
geo,activity,time,employment
FI19,B,2024,
FI19,C,2024,100
FI19,J,2024,100
FI1D,B,2024,50
FI1D,C,2024,50
FI1D,J,2024,100
FI,B,2024,60
FI,C,2024,150
FI,J,2024,200
EE00,B,2024,10
EE00,C,2024,60
EE00,J,2024,30
EE,B,2024,10
EE,C,2024,60
EE,J,2024,30
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "study.toml").write_text(STUDY)
    (tmp_path / "jobs.csv").write_text(JOBS)
    (tmp_path / "own.csv").write_text("cluster,activity,weight\nfactories,C,1\nnumbers,J,1\n")
    return tmp_path


def test_each_base_has_its_questions_and_the_gaps_come_last(folder: Path) -> None:
    made = document(hansa.run(folder))
    assert [s.id for s in made.sections] == [
        "size",
        "regions",
        "region",
        "cluster",
        "regions-2",
        "region-2",
        "cluster-2",
        "gaps",
    ]
    assert made.sections[2].question.endswith("(base: everything)")
    assert made.origin == "Published data: made up."


def test_what_is_lost_under_each_base_is_said_and_counted(folder: Path) -> None:
    gaps = document(hansa.run(folder)).sections[-1]
    assert gaps.answer == (
        "Base everything: 4 of 6 quotients (67%) can be computed, in 2 of 3 regions; lost: FI19 "
        "(Länsi-Suomi).",
        "Base without mining: every quotient of 3 regions can be computed.",
    )
    bases, clusters, members = gaps.tables
    assert bases.rows == (
        ("everything", "nothing", "4 of 6", "2 of 3", "2"),
        ("without mining", "B", "6 of 6", "3 of 3", "2"),
    )
    assert clusters.rows[0] == ("factories", "exact", "·", "2", "3")
    assert members.rows[0] == ("factories", "2", "2")


def test_the_quotients_behind_the_report_by_hand(folder: Path) -> None:
    base = hansa.run(folder).results[0].bases[1]
    values = {(r["geo"], r["cluster"]): r["value"] for r in base.regions[
        "location_quotient_total"].rows()}  # fmt: skip
    # Without mining FI has 350 jobs and EE 90; factories 150 + 60 of 440.
    assert values[("FI19", "factories")] == pytest.approx((100 / 200) / (210 / 440), abs=1e-15)
    assert values[("EE00", "numbers")] == pytest.approx((30 / 90) / (230 / 440), abs=1e-15)


def test_findings_are_the_first_answers(folder: Path) -> None:
    found = document(hansa.run(folder)).findings
    assert len(found) == 3
    assert found[0].startswith("Largest clusters of ")


def test_figures_and_page_come_from_one_content(folder: Path) -> None:
    result = hansa.run(folder)
    made = document(result)
    page = render_html(made)
    for figure in figures(made).values():
        assert figure.title.replace("’", "'") in page.replace("&#39;", "'").replace("’", "'")


def test_an_unknown_region_in_the_outputs_is_refused(folder: Path) -> None:
    path = folder / "study.toml"
    path.write_text(path.read_text().replace("[facts", '[outputs]\nregion = "FI99"\n[facts'))
    with pytest.raises(UsageError, match="FI99"):
        document(hansa.run(folder))


def test_the_split_of_a_wage_change_stands_beside_the_kinds(rich: StudyResult) -> None:
    """In factories every region pays 12 instead of 10: all of it within the regions."""
    (section,) = [s for s in document(rich).sections if s.id == "quadrants"]
    (table,) = section.tables
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["factories"] == ("+2.00", "+2.00", "0.000", "0.000")
    assert "mining" not in rows, "one region hides it"
    assert table.note.endswith("For 1 of 3 clusters a region's jobs or wages are not known.")


def test_a_profile_says_that_its_stars_are_a_draft(rich: StudyResult) -> None:
    (section,) = [s for s in document(rich).sections if s.id == "region"]
    assert "DRAFT. Rule set eco-2007-draft" in section.tables[0].note
