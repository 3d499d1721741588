"""A report on two joined series: whose numbers it shows, what is said once, what is a list."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import hansa
from hansa.report.content import document
from hansa.report.html import render_html
from hansa.report.origin import of_shown_years
from hansa.report.xlsx import render_xlsx
from hansa.study.run import StudyResult

STUDY = """\
format = 1
title = "Two series"
definitions = ["own.csv"]
measures = ["employment", "location_quotient_total", "growth_rate"]
period = {period}
[facts.jobs]
file = "jobs-*.csv"
convert = "nuts:2021"
"""
GEOS = ("EE00", "LV00", "FI19")


def rows(years: tuple[int, ...]) -> str:
    lines = ["geo,activity,time,employment"]
    for year in years:
        for i, geo in enumerate(GEOS, 1):
            lines += [f"{geo},C,{year},{100 * i + year - 2018}", f"{geo},J,{year},{70 + 10 * i}"]
        # Hidden in the one file and in the other: said of each.
        lines.append(f"FI1C,C,{year},")
        lines.append(f"FI1C,J,{year},5")
    return "\n".join(lines) + "\n"


def result_of(folder: Path, period: str) -> StudyResult:
    (folder / "study.toml").write_text(STUDY.format(period=period))
    (folder / "own.csv").write_text("cluster,activity,weight\nfactories,C,1\nnumbers,J,1\n")
    for name, version, years in (("old", 2016, (2019, 2020)), ("new", 2021, (2021, 2022))):
        (folder / f"jobs-{name}.csv").write_text(rows(years))
        (folder / f"jobs-{name}.meta.toml").write_text(
            f'geography = "nuts:{version}"\nclassification = "nace:2"\nabsent_rows = "unknown"\n'
            f'source = "Office, {name} table"\nnote = "Of the {name} table only."\n'
        )
    return hansa.run(folder)


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> StudyResult:
    return result_of(tmp_path_factory.mktemp("late"), "[2021, 2022]")


def told(result: StudyResult) -> tuple[list[str], list[str]]:
    """Source lines of figures and sections, and the notes of figures."""
    made = document(result)
    figures = [f for section in made.sections for f in section.figures]
    lines = [f.source for f in figures] + [s.line for s in made.sections if s.line]
    assert figures
    return lines, [note for f in figures for note in f.notes]


def test_figures_of_late_years_cite_the_late_table_alone(late: StudyResult) -> None:
    lines, notes = told(late)
    assert all("Office, new table" in line for line in lines)
    assert not any("old table" in text or "[20" in text for text in (*lines, *notes))
    assert "Of the new table only." in notes


def test_figures_of_early_years_cite_the_early_table_alone(tmp_path: Path) -> None:
    lines, notes = told(result_of(tmp_path, "[2019, 2020]"))
    assert all("Office, old table" in line for line in lines)
    assert not any("new table" in text or "[20" in text for text in (*lines, *notes))


def test_growth_across_both_cites_both_with_their_years(tmp_path: Path) -> None:
    made = document(result_of(tmp_path, "[2020, 2022]"))
    lines = {s.id: s.line for s in made.sections}
    both = "Source: Office, old table [2019–2020]; Office, new table [2021–2022]"
    assert lines["size"].startswith(both), "its growth rests on both"
    assert lines["region"].startswith("Source: Office, new table;")


def test_the_report_as_a_whole_names_both_and_the_tables_keep_theirs(late: StudyResult) -> None:
    made = document(late)
    assert "Office, old table; Office, new table" in made.origin
    jobs = late.results[0].bases[0].regions["employment"]
    assert jobs.header.source == "Office, old table [2019–2020]; Office, new table [2021–2022]"
    shown = of_shown_years(late).results[0].bases[0].regions["employment"]
    assert shown.table is jobs.table
    assert shown.header.source == "Office, new table"


def test_what_is_missing_in_two_files_is_said_once_with_their_names(late: StudyResult) -> None:
    (gaps,) = (s for s in document(late).sections if s.id == "gaps")
    (said,) = (line for line in gaps.certainty if "missing in some rows" in line)
    assert said == (
        "Employment is missing in some rows: jobs-new.csv: 2 of 16 rows (12.5%); jobs-old.csv: "
        "2 of 16 rows (12.5%)."
    )


def test_the_steps_are_a_list_in_every_format(late: StudyResult, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    made = document(late)
    steps = dict(made.method)["Steps"].split("\n")
    assert len(steps) > 4
    assert all(step.endswith(".") and step[:1] == step[:1].upper() for step in steps)
    page = render_html(made)
    listed = re.search(r"<dt>Steps</dt>\s*<dd><ol>(.*?)</ol></dd>", page, re.DOTALL)
    assert listed is not None
    assert listed[1].count("<li>") == len(steps)
    (tmp_path / "report.xlsx").write_bytes(render_xlsx(late, made))
    sheet = load_workbook(tmp_path / "report.xlsx")["Method"]
    texts = [str(row[1].value) for row in sheet.iter_rows(min_col=1, max_col=2)]
    assert [text for text in texts if text in steps] == steps


def test_regions_and_activities_stand_with_their_names(late: StudyResult) -> None:
    (gaps,) = (s for s in document(late).sections if s.id == "gaps")
    assert "FI1C (Etelä-Suomi)" in gaps.answer[0]
