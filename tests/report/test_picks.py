"""Which region and cluster a report shows in full: the study's own, else where most is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

import hansa
from hansa.errors import UsageError
from hansa.report.content import document
from hansa.report.part import parts
from hansa.report.picks import picks

STUDY = """\
format = 1
title = "Three regions"
reference = "complete"
definitions = ["own.csv"]
measures = ["employment", "location_quotient_total"]
min_cell = 0
{outputs}
[facts.jobs]
file = "jobs.csv"
classification = "nace:2"
geography = "nuts:2024"
absent_rows = "unknown"
"""
MEMBERS = """\
cluster,activity,weight,kind
factories,C,1,traded
works,D,1,traded
shops,G,1,local
"""
JOBS = """\
geo,activity,time,employment
FI19,C,2024,100
FI19,D,2024,
FI19,G,2024,900
FI1D,C,2024,10
FI1D,D,2024,60
FI1D,G,2024,30
EE00,C,2024,60
EE00,D,2024,10
EE00,G,2024,80
"""


def result_of(folder: Path, outputs: str = "", jobs: str = JOBS) -> hansa.study.run.StudyResult:
    (folder / "study.toml").write_text(STUDY.format(outputs=outputs))
    (folder / "jobs.csv").write_text(jobs)
    (folder / "own.csv").write_text(MEMBERS)
    return hansa.run(folder)


def picked(result: hansa.study.run.StudyResult) -> tuple[str, str]:
    own = result.results[0]
    found = picks(result, own, own.bases[0])
    return found.region, found.cluster


def changed(result: hansa.study.run.StudyResult, column: str, geo: str, to: object):
    """The same results with one column of one region's quotients changed."""
    own = result.results[0]
    base = own.bases[0]
    panel = base.regions["location_quotient_total"]
    old = panel.table
    values = old[column].to_pylist() if column in old.column_names else [0.0] * old.num_rows
    new = [to if g == geo else v for g, v in zip(old["geo"].to_pylist(), values, strict=True)]
    rest = old.drop_columns([column]) if column in old.column_names else old
    table = rest.append_column(column, pa.array(new))
    regions = {**base.regions, "location_quotient_total": replace(panel, table=table)}
    own = replace(own, bases=(replace(base, regions=regions),))
    return replace(result, results=(own,))


def test_the_study_says_what_is_shown(tmp_path: Path) -> None:
    result = result_of(tmp_path, '[outputs]\nregion = "FI19"\ncluster = "shops"')
    assert picked(result) == ("FI19", "shops")


def test_a_choice_that_is_not_there_is_refused_with_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as e:
        picked(result_of(tmp_path, '[outputs]\nregion = "SE11"'))
    assert "the region 'SE11' of [outputs] is not in the results" in str(e.value)
    assert "EE00, FI19, FI1D" in str(e.value)
    with pytest.raises(UsageError) as e:
        picked(result_of(tmp_path, '[outputs]\ncluster = "mines"'))
    assert "the cluster 'mines' of [outputs] is not in" in str(e.value)
    assert "factories, works, shops" in str(e.value)


def test_the_largest_of_the_regions_known_best_and_the_traded_cluster_that_spreads(
    tmp_path: Path,
) -> None:
    """FI19 is the largest, but what it hides is missing in its total, so no quotient is known.

    EE00 has 150 jobs, FI1D 100. Works are 60 % of FI1D and 7 % of EE00, factories 10 and 40 %.
    """
    assert picked(result_of(tmp_path)) == ("EE00", "works")


def test_a_cluster_known_in_few_regions_is_not_taken(tmp_path: Path) -> None:
    """With totals published, factories are known in all regions and works in two of three."""
    totals = "FI19,TOTAL,2024,1090\nFI1D,TOTAL,2024,100\nEE00,TOTAL,2024,150\n"
    assert picked(result_of(tmp_path, jobs=JOBS + totals)) == ("EE00", "factories")


def test_with_every_number_known_the_largest_region_is_taken(tmp_path: Path) -> None:
    full = JOBS.replace("FI19,D,2024,\n", "FI19,D,2024,90\n")
    # Quotients of works lie between 0.5 and 4.5, those of factories between 0.5 and 2.5.
    assert picked(result_of(tmp_path, jobs=full)) == ("FI19", "works")


def test_a_region_that_is_mostly_estimated_is_not_known(tmp_path: Path) -> None:
    result = changed(result_of(tmp_path), "estimated", "EE00", 0.9)
    assert picked(result)[0] == "FI1D"


def test_where_all_is_estimated_the_choice_is_among_all(tmp_path: Path) -> None:
    result = result_of(tmp_path)
    for geo in ("EE00", "FI1D", "FI19"):
        result = changed(result, "estimated", geo, 0.9)
    assert picked(result)[0] == "EE00"


def test_tiny_cells_say_nothing_of_how_a_cluster_spreads(tmp_path: Path) -> None:
    full = JOBS.replace("FI19,D,2024,\n", "FI19,D,2024,90\n")
    result = changed(result_of(tmp_path, jobs=full), "status", "FI1D", "tiny")
    # Without FI1D works lie between 0.5 and 0.6, factories between 0.9 and 3.
    assert picked(result)[1] == "factories"


def test_what_is_picked_is_what_the_sections_show(tmp_path: Path) -> None:
    result = result_of(tmp_path)
    (part,) = parts(result)
    assert (part.picks.region, part.picks.cluster) == ("EE00", "works")
    made = {section.id: section for section in document(result).sections}
    assert made["region"].question == "What is Eesti specialised in?"
    assert made["region"].tables[0].caption.startswith("Profile of Eesti")
    assert made["cluster"].question == "Where do the jobs of works concentrate?"
    assert any("Eesti" in figure.title for figure in made["cluster"].figures)
    assert list(made).index("region") < list(made).index("cluster")
