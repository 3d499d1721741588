"""The findings of `hansa check` in Swedish: the same ones, in words of the language, none left."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

import hansa
from hansa.errors import Finding
from hansa.facts.check_words import either, percent, row_number, some, together
from hansa.language import speaking

REGIONS = tuple(f"R{i}" for i in range(1, 7))
ACTIVITIES = tuple(f"a{i}" for i in range(1, 7))
YEARS = (2015, 2016, 2017, 2018)
QUIET = {"absent_rows": "unknown"}
ENGLISH = re.compile(
    r"\b(the|and|or|of|with|is|are|be|rows?|numbers?|more|time|geo|activity|from|it|by|sums?|look)\b"
)


def size(region: int, activity: int, year: int) -> int:
    return 100 + 37 * region + 53 * activity + 3 * (year - 2015)


def lines() -> list[str]:
    """Jobs by region, activity and year, with the total of each region and of each activity."""
    found = ["geo,activity,time,employment,establishments"]
    for t in YEARS:
        for g, geo in enumerate(REGIONS):
            jobs = [size(g, a, t) for a in range(len(ACTIVITIES))]
            rows = zip((*ACTIVITIES, "TOTAL"), (*jobs, sum(jobs)), strict=True)
            found += [f"{geo},{code},{t},{n},{n // 10}" for code, n in rows]
    return found


def both(path: Path, **describe: object) -> tuple[list[Finding], list[Finding]]:
    """Findings in English and in Swedish."""
    plain = hansa.check(path, QUIET | describe)
    with speaking("sv"):
        return plain, hansa.check(path, QUIET | describe)


def plain_words(findings: Sequence[Finding]) -> str:
    """All parts without names of files and columns, values in quotes and options."""
    text = "\n".join("\n".join(list(f.as_dict().values())[1:]) for f in findings)
    return re.sub(r"--\S+ ?\S*|'[^']*'|\w+ = \S+|\S+\.\w{3,4}\b|\d+ more places?", "", text)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Finding], list[Finding]]:
    """One number ten times too large, one zero, one year of a region in other units."""
    path = tmp_path_factory.mktemp("sv") / "jobs.csv"
    text = lines()
    for i, line in enumerate(text):
        geo, activity, time, jobs, units = line.split(",")
        if (geo, activity, time) == ("R2", "a3", "2016"):
            text[i] = f"{geo},{activity},{time},{jobs}0,{units}"
        if (geo, activity, time) == ("R5", "a1", "2017"):
            text[i] = f"{geo},{activity},{time},0,{units}"
        if (geo, time) == ("R4", "2018"):
            text[i] = f"{geo},{activity},{time},{int(jobs) * 1000},{units}"
    path.write_text("\n".join(text))
    return both(path)


def test_the_same_is_found_in_both_languages(
    found: tuple[list[Finding], list[Finding]],
) -> None:
    english, swedish = found
    assert len(english) > 6
    assert [f.severity for f in swedish] == [f.severity for f in english]
    assert not {f.rule for f in english} & {f.rule for f in swedish}
    numbers = [re.findall(r"\d+", f.place) for f in english]
    assert [re.findall(r"\d+", f.place) for f in swedish] == numbers


def test_no_english_is_left(found: tuple[list[Finding], list[Finding]]) -> None:
    english, swedish = found
    assert ENGLISH.search(plain_words(english))
    assert ENGLISH.findall(plain_words(swedish)) == []


def test_a_cell_is_named_in_words_of_the_language(
    found: tuple[list[Finding], list[Finding]],
) -> None:
    (unit,) = [f for f in found[1] if "för stora eller för små" in f.rule]
    assert unit.place == "jobs.csv, employment, region R4, år 2018"
    assert unit.printed == "7 tal, ungefär 1000 gånger för stora"
    assert unit.fix == "dividera dem med 1000 om enheten är en annan"


def test_rows_behind_the_first_wrong_one_are_found_in_swedish(tmp_path: Path) -> None:
    path = tmp_path / "jobs.csv"
    text = lines()
    for i in (5, 17, 40):
        text[i] = text[i].rsplit(",", 2)[0] + ",many,3"
    path.write_text("\n".join(text))
    english, swedish = both(path)
    rows = [row_number().findall(f.place) for f in english if f.severity == "error"]
    assert {"6", "18", "41"} <= {row for own in rows for row in own}
    assert [f.severity for f in swedish] == [f.severity for f in english]


def test_keys_that_stand_twice_name_their_rows_in_swedish(tmp_path: Path) -> None:
    path = tmp_path / "jobs.csv"
    text = lines()
    path.write_text("\n".join([*text, text[1]]))
    (twice,) = [f for f in both(path)[1] if f.severity == "error" and "rader 2, 170" in f.place]
    assert twice.rule == "samma nyckel står i mer än en rad"
    assert twice.place.endswith("region R1, näringsgren a1, år 2015 (1 sådan nyckel 2015)")


RANKS = """country,rank_2008,index_2008,rank_2003
A,1,90.5,1
B,2,81.2,3
C,2,72.3,2
D,4,75.9,4
E,5,61.7,5
F,6,55.1,6
"""


def test_a_printed_account_is_checked_in_swedish(tmp_path: Path) -> None:
    path = tmp_path / "ranks.csv"
    path.write_text(RANKS)
    english, swedish = both(path)
    assert [f.severity for f in swedish] == [f.severity for f in english]
    (wrong,) = [f for f in swedish if f.severity == "error"]
    assert wrong.rule == "en tryckt placering motsäger de tryckta värdena"
    assert "rad 4 (C)" in wrong.place
    assert wrong.admissible == "index_2008 81,15 till 81,25 för C"
    assert ENGLISH.findall(plain_words(swedish)) == []


def test_words_of_lists_and_numbers() -> None:
    def said() -> list[str]:
        return [some("abcd", 2), together(["a", "b", "c"]), either(["1", "2"]), percent(0.125)]

    assert said() == ["a, b and 2 more", "a and b and c", "1 or 2", "12.5%"]
    with speaking("sv"):
        swedish = [text.replace("\u202f", " ") for text in said()]
        assert [m[1] for m in row_number().finditer("x.csv, rad 7 och row 8")] == ["7", "8"]
    assert swedish == ["a, b och 2 till", "a och b och c", "1 eller 2", "12,5 %"]
