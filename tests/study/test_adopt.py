"""A study made of a table: which clusters its codes allow, its name, all of it or nothing."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from hansa.errors import HansaError
from hansa.sources.guess import description, guess, read_sample
from hansa.study.adopt import Table, adopt, slug
from hansa.study.check import check_path
from hansa.study.config import read_study

YEARS = (2018, 2021)


def table(tmp_path: Path, activities: tuple[str, ...], years: tuple[int, ...] = YEARS) -> Table:
    lines = ["geo,activity,time,employment"]
    for i, geo in enumerate(("EE00", "LV00", "SE11")):
        for j, activity in enumerate(activities):
            lines += [f"{geo},{activity},{t},{100 * i + 10 * j + t - 2000}" for t in years]
    path = tmp_path / "own.csv"
    path.write_text("\n".join(lines) + "\n")
    spec = description(guess(read_sample(path)).chosen)
    return Table(path, spec, 'Mine: "all" \\ of it', "the office\u2019s “own”", "A table.")


@pytest.mark.parametrize(
    ("activities", "definition"),
    [
        (("10", "16", "31", "62", "86"), "hansa-divisions"),
        (("10.11", "10.12", "31.01", "62.01", "86.10"), "hansa-nace2"),
        (("A", "B", "C", "D", "G"), "definitions/activities.csv"),
        (("Fishing", "Farming", "Trade"), "definitions/activities.csv"),
    ],
)
def test_clusters_are_those_that_the_codes_allow(
    tmp_path: Path, activities: tuple[str, ...], definition: str
) -> None:
    folder = adopt(table(tmp_path, activities), tmp_path / "new", tmp_path / ".new")
    study = read_study(folder)
    assert study.definitions == (definition,)
    assert study.title == 'Mine: "all" \\ of it'
    assert not study.facts["table"].model_data
    assert not [f for f in check_path(folder) if f.severity == "error"]
    if definition.startswith("definitions"):
        assert len((folder / definition).read_text().splitlines()) == 1 + len(activities)


def test_one_year_has_no_growth(tmp_path: Path) -> None:
    folder = adopt(table(tmp_path, ("10", "16", "31"), (2021,)), tmp_path / "n", tmp_path / ".n")
    measures = tomllib.loads((folder / "study.toml").read_text())["measures"]
    assert measures == ["employment", "cluster_share", "focus", "location_quotient_total"]


def test_a_folder_that_is_there_is_never_touched(tmp_path: Path) -> None:
    mine = table(tmp_path, ("10", "16", "31"))
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "letter.txt").write_text("mine")
    made = [adopt(mine, tmp_path / "new", tmp_path / ".new").name for _ in range(2)]
    assert made == ["new-2", "new-3"]
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["letter.txt"]
    assert not (tmp_path / ".new").exists()


def test_nothing_is_left_of_what_cannot_be_computed(tmp_path: Path) -> None:
    def trial(folder: Path) -> None:
        assert (folder / "study.toml").is_file()
        raise HansaError("it cannot be computed")

    mine = table(tmp_path, ("10", "16", "31"))
    with pytest.raises(HansaError, match="cannot be computed"):
        adopt(mine, tmp_path / "new", tmp_path / ".new", trial)
    assert [p.name for p in tmp_path.iterdir()] == ["own.csv"]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Mina jobb på Åland", "mina-jobb-pa-aland"),
        ("../../etc", "etc"),
        ("...", "own-table"),
        ("API", "study-api"),
        ("x" * 200, "x" * 60),
    ],
)
def test_a_name_is_plain(title: str, name: str) -> None:
    assert slug(title) == name
