"""What a study asks of its facts that they do not have: `hansa check` tells it all, with keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from hansa.errors import HansaError
from hansa.report.picks import Picks, picks
from hansa.study.check import check_path
from hansa.study.config import read_study
from hansa.study.run import run_study

FACTS = (
    "geo,activity,time,employment\nSE11,10,2019,5\nSE12,13,2019,7\nSE11,13,2020,6\nSE12,10,2020,1\n"
)
STUDY = """\
format = 1
title = "Two regions"
geography = "{geography}"
reference = "{reference}"
period = [{start}, 2020]
rules = "{rules}"
definitions = ["hansa-divisions"]
measures = ["employment", "{measure}"]
area = "{area}"
base = [{{ name = "all" }}, {{ name = "less", without = [{without}] }}]

[outputs]
region = "{region}"
cluster = "{cluster}"

[facts.table]
file = "facts.csv"
classification = "nace:2"
geography = "nuts:2021"
absent_rows = "zero"
"""
RIGHT = {
    "geography": "",
    "reference": "all",
    "start": "2019",
    "rules": "",
    "measure": "growth_rate",
    "area": "SE11",
    "without": "",
    "region": "SE12",
    "cluster": "food",
}


def study(folder: Path, **wrong: str) -> Path:
    (folder / "facts.csv").write_text(FACTS)
    (folder / "study.toml").write_text(STUDY.format(**{**RIGHT, **wrong}))
    return folder


def errors(folder: Path) -> list[str]:
    return [f.place for f in check_path(folder) if f.severity == "error"]


def reported(folder: Path) -> Picks:
    """As far as a report goes before anything is written."""
    result = run_study(read_study(folder), folder)
    return picks(result, result.results[0], result.results[0].bases[0])


def test_a_study_that_can_be_run_has_none(tmp_path: Path) -> None:
    assert errors(study(tmp_path)) == []


def test_all_are_told_at_once(tmp_path: Path) -> None:
    wrong = {"measure": "growht", "start": "1999", "reference": "EU", "area": "Xland"}
    keys = ("measures", "period", "reference", "area")
    assert errors(study(tmp_path, **wrong)) == [f"study.toml, {key}" for key in keys]
    wrong = {"measure": 'average_wage", "establishments'}
    assert errors(study(tmp_path, **wrong)) == ["table", "table"]
    wrong = {"region": "SE99", "cluster": "mines"}
    keys = ("outputs.region", "outputs.cluster")
    assert errors(study(tmp_path, **wrong)) == [f"study.toml, {key}" for key in keys]


@pytest.mark.parametrize(
    "wrong",
    [
        *({"measure": "growht"}, {"start": "1999"}, {"start": "2020"}, {"reference": "EU"}),
        {"rules": "nothing", "measure": "presence_stars"},
        *({"without": '"62"'}, {"measure": "average_wage"}),
        *({"area": "Xland"}, {"geography": "nowhere"}, {"region": "SE99"}, {"cluster": "mines"}),
    ],
    ids=lambda wrong: "-".join(wrong),
)
def test_what_a_run_refuses_is_told_before(tmp_path: Path, wrong: dict[str, str]) -> None:
    folder = study(tmp_path, **wrong)
    found = [f for f in check_path(folder) if f.severity == "error"]
    assert len(found) == 1
    with pytest.raises(HansaError) as refused:
        reported(folder)
    assert refused.value.finding.rule == found[0].rule
    if "measure" not in wrong:
        assert refused.value.finding == found[0]
