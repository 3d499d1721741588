"""Checks of a study whose facts are converted: a definition is read in the codes of the result."""

from __future__ import annotations

from pathlib import Path

from hansa.study.check import check_path

STUDY = """\
format = 1
title = "Repair"
definitions = ["repair.csv"]
measures = ["employment"]

[facts.jobs]
file = "jobs.csv"
classification = "nace:2"
absent_rows = "unknown"
convert = "nace:2.1"
"""
JOBS = "geo,activity,time,employment\nA,10.11,2020,3\nA,95.11,2020,7\n"


def test_a_definition_in_the_codes_of_the_result(tmp_path: Path) -> None:
    """95.11 becomes 95.10, a code of NACE Rev. 2.1 only; nobody of the table is in 95.31."""
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")
    (tmp_path / "jobs.csv").write_text(JOBS, encoding="utf-8")
    members = "cluster,activity,weight\nfood,10.11,1\nrepair,95.10,1\nrepair,95.31,1\n"
    (tmp_path / "repair.csv").write_text(members, encoding="utf-8")
    found = check_path(tmp_path)
    assert [f for f in found if f.severity != "note"] == []
    outside = [f for f in found if f.rule == "codes of the cluster that never occur in the facts"]
    assert [(f.place, f.printed) for f in outside] == [("repair, cluster repair", "95.31")]
