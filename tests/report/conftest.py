"""A small study whose every number is known, and ways to read what reports say."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

import hansa
from hansa.report.content import document
from hansa.report.document import Document
from hansa.study.run import StudyResult
from hansa.views.figure import Figure

STUDY = """\
format = 1
title = "Three regions"
reference = "complete"
definitions = ["own.csv"]
measures = ["employment", "location_quotient_total", "growth_rate"]
[[base]]
name = "everything"
[[base]]
name = "without mining"
without = ["B"]
[outputs]
region = "FI1D"
cluster = "factories"
[facts.jobs]
file = "jobs.csv"
classification = "nace:2"
geography = "nuts:2024"
level = { activity = "section", geo = "nuts2" }
absent_rows = "unknown"
source = "made up"
licence = "none"
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
EARLIER = """\
FI19,B,2020,
FI19,C,2020,90
FI19,J,2020,120
FI1D,B,2020,40
FI1D,C,2020,70
FI1D,J,2020,70
FI,B,2020,50
FI,C,2020,160
FI,J,2020,190
EE00,B,2020,10
EE00,C,2020,30
EE00,J,2020,30
EE,B,2020,10
EE,C,2020,30
EE,J,2020,30
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    (folder / "study.toml").write_text(STUDY)
    (folder / "jobs.csv").write_text(JOBS + EARLIER)
    (folder / "own.csv").write_text("cluster,activity,weight\nfactories,C,1\nnumbers,J,1\n")
    return folder


MORE = """\
measures = [
    "employment", "location_quotient_total", "growth_rate", "presence_stars", "average_wage",
    "relative_wage_growth", "quadrant", "quadrant_stability",
    "wage_change_within", "wage_change_reallocation", "wage_change_cross",
]
hidden = "bounds"
benchmark = "plain-known"
wage_reference = "region"
area = "TOTAL"
"""


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> StudyResult:
    """The same regions with wages, three clusters, stars, kinds and the tables of 2009.

    A person of an industry earns 10, in factories 12 in 2024; mining is hidden in one region.
    """
    folder = tmp_path_factory.mktemp("rich")
    measures = STUDY.index("measures = ["), STUDY.index("[[base]]")
    text = STUDY[: measures[0]] + MORE + STUDY[STUDY.index("[outputs]") :]
    (folder / "study.toml").write_text(text.replace("[outputs]", "[outputs]\npublished = true"))
    lines = (JOBS + EARLIER).splitlines()
    rows = [f"{line},{_payroll(line)}" for line in lines[1:]]
    rows += [f"TOTAL,{a},{t},{n},{_payroll(f'TOTAL,{a},{t},{n}')}" for a, t, n in TOTALS]
    (folder / "jobs.csv").write_text("\n".join([f"{lines[0]},payroll", *rows]))
    members = "cluster,activity,weight\nfactories,C,1\nnumbers,J,1\nmining,B,1\n"
    (folder / "own.csv").write_text(members)
    return hansa.run(folder)


TOTALS = (
    ("B", 2024, 70), ("C", 2024, 210), ("J", 2024, 230),
    ("B", 2020, 60), ("C", 2020, 190), ("J", 2020, 220),
)  # fmt: skip


def _payroll(line: str) -> str:
    _, activity, time, jobs = line.split(",")
    wage = 12 if (activity, time) == ("C", "2024") else 10
    return str(wage * int(jobs)) if jobs else ""


@pytest.fixture(scope="module")
def result(study: Path) -> StudyResult:
    return hansa.run(study)


@pytest.fixture(scope="module")
def made(result: StudyResult) -> Document:
    """The report with the questions that these tests know by hand, whatever else it may hold."""
    whole = document(result)
    kinds = ("size", "region", "cluster", "gaps")
    sections = tuple(s for s in whole.sections if s.id.partition("-")[0] in kinds)
    answers = [s.answer[0] for s in sections]
    return replace(
        whole, sections=sections, findings=tuple(f for f in whole.findings if f in answers)
    )


def picture(height: int, rows: int) -> Figure:
    """A figure of a given height with a numbered table behind it."""
    plot = {"$schema": "https://vega.github.io/schema/vega-lite/v6.json", "width": 720,
            "height": height, "mark": "rect", "data": {"values": [{}]},
            "padding": {"top": 0, "bottom": 0, "left": 0, "right": 0}}  # fmt: skip
    table = tuple(
        (f"c{i}", f"Name {i}", str(rows - i), "confidential" * (i == 1)) for i in range(rows)
    )
    return Figure(
        "f",
        "A finding",
        "What",
        plot,
        plot,
        "words",
        (),
        ("Code", "Cluster", "Jobs", "Status"),
        table,
    )


def pages_of(pdf: bytes) -> int:
    """Pages of a PDF by its page objects, and by a reader where there is one."""
    counted = len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))
    if shutil.which("pdfinfo"):
        told = subprocess.run(["pdfinfo", "-"], input=pdf, capture_output=True, check=True)
        assert int(re.search(rb"Pages:\s+(\d+)", told.stdout)[1]) == counted  # type: ignore[index]
    return counted


def text_of(pdf: bytes) -> list[str]:
    """The text of each page, as a reader of PDF sees it."""
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext (poppler-utils) is not here")
    told = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    )
    return told.stdout.decode().split("\f")[:-1]
