"""Rows as registers write them: blanks, spellings, dates, files that are none; no cell is told."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from firms_helpers import before_gate

import hansa
from hansa.clusters.definition import find_definition
from hansa.errors import HansaError, UsageError
from hansa.facts.firms import Machine, firm_panels
from hansa.sources.spec import spec_from

HEAD = "id,geo,activity,time,employment"


def register(
    tmp_path: Path, rows: list[str], head: str = HEAD, name: str = "firms.csv"
) -> list[Path]:
    (tmp_path / name).write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return [tmp_path / name]


def sixty(geo: str = "A", activity: str = "10", time: int = 2020) -> list[str]:
    return [f"F{i},{geo},{activity},{time},{5 + i}" for i in range(60)]


def refused(tmp_path: Path, files: list[Path], **description: str) -> str:
    with pytest.raises(HansaError) as problem:
        firm_panels(files, spec=spec_from(description, "test"), machine=Machine(tmp_path))
    return str(problem.value)


BLANKS = ["X1", "X1 ", " X1", "\tX1\u00a0", "\u3000X1\u2009", '"X1\n"']


def test_one_firm_under_several_blanks_is_refused(tmp_path: Path) -> None:
    text = refused(tmp_path, register(tmp_path, [*sixty(), *(f"{x},B,10,2020,9" for x in BLANKS)]))
    assert text.startswith("a firm stands twice in a year")
    assert "row 63" in text


def test_one_firm_under_several_blanks_stays_one_over_the_years(tmp_path: Path) -> None:
    rows = [f"{x},B ,10,{2014 + i},9" for i, x in enumerate(BLANKS)]
    years = [row for t in range(2014, 2020) for row in sixty(time=t)]
    made = firm_panels(register(tmp_path, years + rows), machine=Machine(tmp_path))
    assert made.account["firms"] == 61
    # One firm alone in a region, with the total of all: nothing of it is told.
    shown = {r["value"] for r in made["firms"].rows() if r["geo"] == "B"}
    assert shown == {None}


def test_blanks_of_parquet_are_no_part_of_ids_either(tmp_path: Path) -> None:
    ids = ["F1", "F1 "]
    table = pa.table({"id": ids, "geo": ["A"] * 2, "activity": ["10"] * 2, "time": [2020] * 2,
                      "employment": [4, 5]})  # fmt: skip
    pq.write_table(table, tmp_path / "f.parquet")
    text = refused(tmp_path, [tmp_path / "f.parquet"])
    assert text.startswith("a firm stands twice in a year")
    assert "F1" not in text


def test_regions_and_activities_are_trimmed(tmp_path: Path) -> None:
    files = register(tmp_path, [*sixty(), "g1,A ,10,2020,7", "g2,\u00a0A, 10\t,2020,7"])
    found = before_gate(files, tmp_path)
    assert found["firms", 2020] == {("A", "10"): 62}


def test_activities_in_any_usual_spelling_of_the_declared_list(tmp_path: Path) -> None:
    files = register(tmp_path, [*sixty(), "g1,A,C10,2020,7", "g2,A,c10,2020,7"])
    spec = spec_from({"classification": "NACE Rev. 2", "geography": "local"}, "test")
    made = firm_panels(files, spec=spec, machine=Machine(tmp_path))
    assert made["firms"].header.classification == "nace:2"
    assert [(r["activity"], r["value"]) for r in made["firms"].rows()] == [("10", 62.0)]
    assert hansa.firms(files)["firms"].distinct("activity") == ["10", "C10", "TOTAL", "c10"]


def test_a_list_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    files = register(tmp_path, sixty())
    assert "unknown classification 'nace:9'" in refused(tmp_path, files, classification="nace:9")
    assert "unknown geography version" in refused(tmp_path, files, geography="nuts:1900")


@pytest.mark.parametrize(
    ("row", "description", "rule"),
    [
        ("q7,A,10.0,2020,7", {"classification": "nace:2"}, "a code is none of nace:2"),
        ("q7,A,5566778899,2020,7", {"classification": "nace:2"}, "a code is none of nace:2"),
        ("q7,A,10,2020,7", {"geography": "nuts:2021"}, "a code is none of nuts:2021"),
    ],
)
def test_a_code_that_is_not_in_the_list_is_refused_without_telling_it(
    tmp_path: Path, row: str, description: dict[str, str], rule: str
) -> None:
    geo = "SE11" if "geography" in description else "A"
    text = refused(tmp_path, register(tmp_path, [*sixty(geo), row]), **description)
    assert text.startswith(rule)
    assert "row 62" in text
    assert "10.0" not in text
    assert "5566778899" not in text


def test_codes_that_lost_a_zero_are_refused(tmp_path: Path) -> None:
    rows = [*sixty(activity="1011"), "q,A,161,2020,7"]
    text = refused(tmp_path, register(tmp_path, rows), classification="nace:2")
    assert text.startswith("a code has lost its leading zero")


def test_codes_that_hold_each_other_are_refused_where_they_are_counted(tmp_path: Path) -> None:
    """The firms of 10.11 are firms of 10: counted apart, the division would lack them."""
    files = register(tmp_path, [*sixty(), *(f"g{i},A,C10.11,2020,7" for i in range(60))])
    text = refused(tmp_path, files, classification="nace:2")
    assert text.startswith("one code of activity holds another")
    assert "10 (division) and 10.11 (class)" in text
    (tmp_path / "own.csv").write_text("cluster,activity,weight\nfood,10,1\n")
    definition = find_definition(str(tmp_path / "own.csv"), "nace:2")
    spec = spec_from({"classification": "nace:2"}, "test")
    made = firm_panels(files, ("activity",), definition, spec, machine=Machine(tmp_path))
    assert [r["value"] for r in made["firms"].rows()] == [120.0]
    regions = register(tmp_path, [*sixty("SE1"), *(f"g{i},SE11,10,2020,7" for i in range(60))])
    text = refused(tmp_path, regions, geography="nuts:2021")
    assert "SE1 (nuts1) and SE11 (nuts2)" in text


def test_files_of_several_lists_are_refused(tmp_path: Path) -> None:
    one = register(tmp_path, sixty(time=2019), name="a.csv")
    two = register(tmp_path, sixty(), name="b.csv")
    for path, version in ((one[0], "1.1"), (two[0], "2")):
        path.with_suffix(".meta.toml").write_text(f'classification = "nace:{version}"\n')
    assert "codes of several lists in activity" in refused(tmp_path, one + two)


def test_a_definition_on_other_codes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("cluster,activity,weight\nfood,10,1\n")
    definition = find_definition(str(tmp_path / "own.csv"), "nace:2")
    spec = spec_from({"classification": "nace:1.1"}, "test")
    with pytest.raises(UsageError, match="the clusters are defined on other codes"):
        firm_panels(register(tmp_path, sixty()), ("activity",), definition, spec)


def test_unknown_names_of_ours_are_refused_with_the_likeliest(tmp_path: Path) -> None:
    files = register(tmp_path, sixty())
    with pytest.raises(UsageError, match="no column 'employmet' of ours") as problem:
        hansa.firms(files, describe={"columns": {"employmet": "jobs"}})
    assert "did you mean employment=jobs?" in str(problem.value)
    assert "id, geo, activity, time, employment, turnover, payroll, birth, death" in str(
        problem.value
    )
    with pytest.raises(UsageError, match="no column 'foo' of ours"):
        hansa.firms(files, describe={"columns": {"foo": "id"}})


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_file_without_a_header_shows_no_row(tmp_path: Path, mark: str) -> None:
    rows = ["Secret1,A,10,2015,6", "Secret2,A,10,2015,7"]
    (tmp_path / "f.csv").write_text("\n".join(rows).replace(",", mark) + "\n")
    text = refused(tmp_path, [tmp_path / "f.csv"])
    assert "Secret" not in text
    if mark == ",":
        assert "there is no column 'id'" in text
        assert "5 columns; the first row may be one of a firm and is not shown" in text
        assert "a first row with the names of the columns" in text
    else:
        assert "the columns are separated by another sign" in text
        assert "--delimiter" in text
    assert "Secret" not in refused(tmp_path, [tmp_path / "f.csv"], delimiter=mark)


def test_columns_are_named_where_the_header_is_one(tmp_path: Path) -> None:
    files = register(tmp_path, sixty(), "orgnr,region,nace,year,jobs")
    assert "orgnr, region, nace, year, jobs" in refused(tmp_path, files)


@pytest.mark.parametrize("rows", [1, 9000])
def test_a_byte_that_is_no_text_is_named_by_its_row(tmp_path: Path, rows: int) -> None:
    text = (HEAD + "\n" + "F,A,10,2020,4\n" * rows).encode() + b"Sec\xffret,A,10,2020,4\n"
    (tmp_path / "f.csv").write_bytes(text)
    said = refused(tmp_path, [tmp_path / "f.csv"])
    assert f"row {rows + 2}" in said
    assert "Sec" not in said


def test_rows_of_another_length_in_another_encoding_show_no_cell(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_bytes((HEAD + "\nG\u00e5rd,A,10,2020,4,5\n").encode("cp1252"))
    said = refused(tmp_path, [tmp_path / "f.csv"], encoding="cp1252")
    assert said.startswith("a row has more columns than the header")
    assert "row 2" in said
    assert "rd" not in said.replace("row", "").partition("found:")[2].partition("needed:")[0]


def test_a_spreadsheet_is_refused_in_words_of_firms(tmp_path: Path) -> None:
    (tmp_path / "f.xlsx").write_bytes(b"PK")
    assert refused(tmp_path, [tmp_path / "f.xlsx"]).startswith("rows of firms are read from CSV")


DATED = f"{HEAD},birth,death"


def test_a_death_after_the_table_is_none_yet(tmp_path: Path) -> None:
    rows = [f"F{i},A,10,{t},5,2000,{2030 if i < 10 else ''}" for i in range(20)
            for t in (2014, 2015)]  # fmt: skip
    rows += [f"G{i},A,10,2014,5,2000,2015" for i in range(5)]
    rows += [f"H{i},A,10,2014,5,2000,2016" for i in range(7)]
    found = before_gate(register(tmp_path, rows, DATED), tmp_path)
    # G died within the table: in 2014, when it was last active. H lives on, out of sight.
    assert found["exit", 2014]["A", "10"] == 5
    assert found["exit", 2015]["A", "10"] == 0


def test_dates_that_agree_with_the_years_stay_as_they_are(tmp_path: Path) -> None:
    rows = [f"F{i},A,10,{t},5,2014,2016" for i in range(20) for t in (2014, 2015, 2016)]
    rows += [f"G{i},A,10,2014,0,2015," for i in range(5)]
    rows += [f"G{i},A,10,{t},3,2015," for i in range(5) for t in (2015, 2016)]
    found = before_gate(register(tmp_path, rows, DATED), tmp_path)
    assert found["entry", 2014]["A", "10"] == 20
    assert found["entry", 2015]["A", "10"] == 5
    assert found["exit", 2016]["A", "10"] == 20


def test_dates_are_compared_row_by_row_over_several_files(tmp_path: Path) -> None:
    one = register(tmp_path, ["q,A,10,2014,5,2010,2014"], DATED, "a.csv")
    two = register(tmp_path, ["r,A,10,2015,5,2010,", "q,A,10,2015,5,2010,2014"], DATED, "b.csv")
    text = refused(tmp_path, one + two)
    assert text.startswith("a firm is active after its death")
    assert "b.csv, row 3" in text


def test_firms_out_of_sight_are_counted_by_year_and_told_where_they_are_many(
    tmp_path: Path,
) -> None:
    # Seven of forty have no row in 2016, two in 2017: two are not counted.
    rows = [row for t in range(2014, 2019) for i, row in enumerate(sixty(time=t)[:40])
            if (t, i < 7) != (2016, True) and (t, i < 2) != (2017, True)]  # fmt: skip
    made = firm_panels(register(tmp_path, rows), machine=Machine(tmp_path))
    counts = {"2014": 0, "2015": 0, "2016": 7, "2017": None, "2018": 0}
    assert made.account["out_of_sight"] == counts
    assert [line for line in made.lines if "before and after" in line] == [
        "2016: 7 firms have rows before and after, and none in this year, more than a tenth of "
        "its firms; are rows missing?"
    ]
