"""How sure the first ten places of a study are: counted, said first, and listed by cluster."""

from __future__ import annotations

from pathlib import Path

import hansa
from hansa.report.content import document

STUDY = """\
format = 1
title = "Twelve regions"
reference = "all"
definitions = ["own.csv"]
measures = ["employment", "location_quotient_total"{more}]
[outputs]
region = "R05"
cluster = "factories"
[facts.jobs]
file = "jobs.csv"
absent_rows = "unknown"
total = ["TOTAL", "ALL"]
source = "made up"
"""


def made(folder: Path, more: str = ""):
    """Twelve regions of 1 000 jobs: factories 10, 20 … 120, numbers 501 … 512.

    The factories of R03 are known between 15 and 35 only, so R02 with its 20 may stand before it.
    """
    rows = ["geo,activity,time,employment,employment_lower,employment_upper"]
    for i in range(1, 13):
        low, high = (15, 35) if i == 3 else (10 * i, 10 * i)
        rows.append(f"R{i:02},C,2024,{10 * i},{low},{high}")
        rows.append(f"R{i:02},J,2024,{500 + i},{500 + i},{500 + i}")
        rows.append(f"R{i:02},TOTAL,2024,1000,1000,1000")
    rows += ["ALL,C,2024,780,780,780", "ALL,J,2024,6078,6078,6078"]
    rows += ["ALL,TOTAL,2024,12000,12000,12000"]
    (folder / "study.toml").write_text(STUDY.format(more=more))
    (folder / "jobs.csv").write_text("\n".join(rows))
    (folder / "own.csv").write_text("cluster,activity,weight\nfactories,C,1\nnumbers,J,1\n")
    return document(hansa.run(folder))


def test_nineteen_of_twenty_places_are_certain(tmp_path):
    report = made(tmp_path)
    said = (
        "The 10 most specialised regions of each cluster: 19 of 20 places (95\u202f%) are certain, "
        "over 2 clusters."
    )
    assert said in report.findings
    section = next(s for s in report.sections if s.id == "certain")
    assert section.answer == (said,), "two clusters in each region: no first ten of them"
    assert section.tables[0].rows == (
        ("numbers", "10", "10", "12"),
        ("factories", "9", "11", "12"),
    )
    cluster = next(s for s in report.sections if s.id == "cluster")
    assert cluster.certainty[0] == (
        "9 of the 10 top places are certain; 11 regions may hold one of them."
    )


def test_the_league_is_ranked_by_the_shares_where_the_study_has_them(tmp_path):
    report = made(tmp_path, ', "focus"')
    table = next(t for s in report.sections if s.id == "cluster" for t in s.tables)
    ranks = {row[1]: row[0] for row in table.rows}
    assert (ranks["R12"], ranks["R03"], ranks["R02"]) == ("1 (1–1)", "10 (10–11)", "11 (10–11)")
    assert "intervals of the share of the region overlap" in table.note


def test_a_study_of_few_regions_has_no_first_ten(result):
    assert not [s for s in document(result).sections if s.id.startswith("certain")]


def test_regions_with_names_for_codes_get_no_squares_without_letters(tmp_path):
    """Twelve squares that nobody can tell apart say less than the ranking below them."""
    table = made(tmp_path)
    assert [f.id.split("-")[0] for s in table.sections if s.id == "cluster" for f in s.figures] == [
        "map",
        "league",
    ]
    jobs = (tmp_path / "jobs.csv").read_text().replace("\nR", "\nCounty R")
    (tmp_path / "jobs.csv").write_text(jobs)
    text = (tmp_path / "study.toml").read_text().replace('"R05"', '"County R05"')
    (tmp_path / "study.toml").write_text(text)
    cluster = next(s for s in document(hansa.run(tmp_path)).sections if s.id == "cluster")
    assert [f.id for f in cluster.figures] == ["league"]
    assert cluster.answer[0].startswith("factories: highest in County R12 (1.8)")
    assert cluster.tables[0].columns == ("Rank (best–worst)", "Region", "Value (bounds)", "Status")
