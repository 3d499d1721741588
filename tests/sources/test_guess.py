"""What a table is taken for: headers as offices print them, versions, marks, reasons."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from hansa.errors import HansaError
from hansa.panel import METADATA_KEY
from hansa.sources.guess import Sample, description, guess, read_sample
from hansa.sources.guess.codes import activity_version, level_of, region_version
from hansa.sources.guess.marks import gaps, written
from hansa.sources.guess.roles import WIDE, roles_of
from hansa.sources.guess.text import delimiter_of, encoding_of, header_line
from hansa.sources.spec import spec_from
from hansa.sources.tabular import read_facts

CODES = {
    "nuts": ("UKC1", "UKM3", "UKI4"),
    "nace": ("0161", "2511", "4711"),
    "sections": ("A", "B-E", "G-I"),
    "naics": ("111", "334", "541"),
    "names": ("Albany County", "Yates County", "Kings County"),
    "years": ("2015", "2016", "2018"),
    "numbers": ("30", "2511", "700"),
    "money": ("1173707", "384106", "148542126"),
    "words": ("automotive", "food", "retail"),
    "flags": ("", "d", ""),
    "bools": ("False", "True", "False"),
}
REAL = [
    (  # uk_bres_nuts2_sic4_2015_2018
        {"year": "years", "geo": "nuts", "geo_name": "words", "sic4": "nace",
         "nesta_segment": "words", "employment": "numbers"},
        {"time": "year", "geo": "geo", "activity": "sic4", "employment": "employment"},
    ),
    (  # eurostat_sbs_nuts_nace_2015
        {"nace_r2": "nace", "nace_level": "words", "geo": "nuts", "nuts_level": "flags",
         "year": "years", "persons_employed": "numbers", "missing": "bools", "flag": "flags"},
        {"time": "year", "geo": "geo", "activity": "nace_r2", "employment": "persons_employed",
         "employment_status": "flag"},
    ),
    (  # us_ny_counties_naics3_2000_2008
        {"geo": "names", "activity": "naics", "time": "years", "employment": "numbers",
         "payroll": "money", "establishments": "numbers"},
        {"time": "time", "geo": "geo", "activity": "activity", "employment": "employment",
         "payroll": "payroll", "establishments": "establishments"},
    ),
    (  # eu28_employees_a10_2004_2016
        {"geo": "nuts", "nace_r2": "sections", "year": "years", "emp1000": "numbers",
         "unit": "words", "s_adj": "words"},
        {"time": "year", "geo": "geo", "activity": "nace_r2", "employment": "emp1000"},
    ),
    (  # de_laender_wz08_2015
        {"year": "years", "region": "names", "region_code": "words", "ind_code": "words",
         "ind_name": "words", "firms": "numbers", "emp_all": "numbers"},
        {"time": "year", "geo": "region_code", "activity": "ind_code", "employment": "emp_all",
         "establishments": "firms"},
    ),
    (  # de_laender_sector_2008_2014
        {"industry": "words", "region": "names", "year": "years", "emp": "numbers"},
        {"time": "year", "geo": "region", "activity": "industry", "employment": "emp"},
    ),
    (  # a Swedish one by hand
        {"Län": "nuts", "Näringsgren": "nace", "År": "years", "Förvärvsarbetande": "numbers"},
        {"time": "År", "geo": "Län", "activity": "Näringsgren", "employment": "Förvärvsarbetande"},
    ),
    (  # SDMX names
        {"REF_AREA": "nuts", "ACTIVITY": "nace", "TIME_PERIOD": "years", "OBS_VALUE": "numbers",
         "OBS_FLAG": "flags"},
        {"time": "TIME_PERIOD", "geo": "REF_AREA", "activity": "ACTIVITY",
         "employment": "OBS_VALUE", "employment_status": "OBS_FLAG"},
    ),
    (  # nothing is called by its name
        {"a": "nuts", "b": "nace", "c": "years", "d": "money"},
        {"time": "c", "geo": "a", "activity": "b", "employment": "d"},
    ),
    (  # years as columns
        {"nuts_code": "nuts", "nace": "nace", "2015": "numbers", "2018": "numbers"},
        {"time": WIDE, "geo": "nuts_code", "activity": "nace", "employment": WIDE},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "roles"), REAL)
def test_columns_are_told_by_name_and_by_what_they_hold(
    columns: dict[str, str], roles: dict[str, str]
) -> None:
    made, why = roles_of({name: CODES[kind] for name, kind in columns.items()}, {})
    assert made == roles
    # Jobs of a wide table stand under the years: that needs no reason.
    assert set(why) >= set(roles) - {"employment"}


def test_what_cannot_be_told_stays_open() -> None:
    columns = {"geo": CODES["nuts"], "jobs_a": CODES["numbers"], "jobs_b": CODES["money"]}
    made, _why = roles_of(columns, {})
    assert set(made) == {"geo"}
    assert roles_of(columns, {}, "jobs-2015-final")[0]["time"] == "=2015"


def test_a_version_is_told_by_its_codes_and_says_so() -> None:
    told = region_version(["UKM2", "UKM3", "UKC1", "UKD6"])
    assert told.id == "nuts:2013"
    assert told.reason.said.startswith("4 of 4 codes exist there; as many in NUTS 2010")
    told = region_version(["UKM2", "UKM3", "UKC1", "UKJ9"])
    assert (told.id, "3 of 4 codes" in told.reason.said) == ("nuts:2013", True)
    # In force in the last year of the table, where the codes alone cannot tell.
    assert region_version(["EE00", "LV00"], 2019).id == "nuts:2016"
    assert region_version(["EE00", "LV00"]).id == "nuts:2024"
    assert region_version(["Kent", "Essex", "EE00"]).id == "local"


@pytest.mark.parametrize(
    ("codes", "name", "found"),
    [
        (["10.11", "25.11", "62.01"], "nace", "nace:2"),
        (["1011", "2511", "6201"], "sic4", "nace:2"),
        (["15.11", "28.11", "72.21", "92.31"], "nace", "nace:1.1"),
        (["111", "334", "541", "31-33"], "industry", "naics:2017"),
        (["10", "26"], "isic4", "isic:4"),
        (["10", "26"], "naics", "nace:2"),
        (["butter", "guns"], "activity", "local"),
    ],
)
def test_a_classification_is_told(codes: list[str], name: str, found: str) -> None:
    assert activity_version(codes, name).id == found


def test_of_several_levels_the_finest_that_covers() -> None:
    sections_and_one_group = ["C", "G", "10", "11", "46", "47", "45", *map(str, range(12, 34))]
    assert level_of([*sections_and_one_group, "47.1"], "nace:2")[0] == "division"
    assert level_of(["10", "11"], "nace:2")[0] == ""
    assert level_of(["SE", "SE11", "SE12", "SE21", "SE22", "SE23", "SE31", "SE32", "SE33"],
                    "nuts:2021")[0] == "nuts2"  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "decimal", "thousands"),
    [
        (["1234", "7"], ".", ""),
        (["12,5", "7", "0,25"], ",", ""),
        (["1.234,5", "7"], ",", "."),
        (["1,234.5", "7"], ".", ","),
        (["1 234", "7", "12 345"], ".", " "),
        (["1\u202f234", "7,5"], ",", " "),
        (["1.234", "950", "12.345"], ",", "."),
        (["1,234", "950", "12,345"], ".", ","),
        (["1'234", "950", "12'345"], ".", "'"),
        # Not thousands: a zero in front, or a number long enough without the mark.
        (["1.234", "0.950", "12.345"], ".", ""),
        (["1,234", "0,950", "12,345"], ",", ""),
        (["1.234", "1950", "12.345"], ".", ""),
        (["1.234", "950"], ",", "."),
        ([":", "", "c"], ".", ""),
    ],
)
def test_how_numbers_are_written(cells: list[str], decimal: str, thousands: str) -> None:
    assert written(cells)[:2] == (decimal, thousands)


@pytest.mark.parametrize(
    ("name", "unit", "times"),
    [
        *(
            ("emp1000", "", "1000"),
            ("jobs_thousand", "", "1000"),
            ("Sysselsatta, tusental", "", "1000"),
        ),
        *(("employees_500_1000", "", ""), ("jobs_over_1000", "", ""), ("firms_1000_plus", "", "")),
        *(("Jobs 1000+", "", ""), ("jobs_per_1000", "", ""), ("Jobs 500-1000", "", "")),
        *(("million_programme_jobs", "", ""), ("jobs", "index 2000 = 1000", "")),
        *(("per_thousand", "", ""), ("jobs (1,000s)", "", "1000"), ("jobs", "Tusental", "1000")),
        *(("employment", "THS_PER", "1000"), ("employment", "1 000 personer", "1000")),
        *(("employment", "MIO", "1000000"), ("employment", "PER", ""), ("employment", "", "")),
    ],
)
def test_thousands_are_told_by_a_name_or_a_unit(name: str, unit: str, times: str) -> None:
    columns = {
        "geo": ("SE11", "SE12"),
        "nace": ("10", "10"),
        "year": ("2020", "2020"),
        name: ("12.5", "7"),
        "unit": (unit, unit),
    }
    found = guess(Sample(columns, 2))
    assert found.chosen.get("times", "") == times
    assert description(found.chosen).get("times", {}) == (
        {"employment": int(times)} if times else {}
    )


TITLES = {
    "a title": ("Jobs by region\n\ngeo;nace;year;jobs\nSE11;10;2020;5\n", 3),
    "wide titles": ('Jobs;;;\n"a; b";;;\ngeo;nace;year;jobs\nSE11;10;2020;5\n', 3),
    "none": ("geo;nace;year;jobs\nSE11;10;2020;5\n", 1),
    "an odd line end in a title": ("Jobs\rby region\n\ngeo;nace;jobs\nSE11;10;5\n", 4),
    "no names at all": ("Jobs\nSE11;A;2019;1.2\nSE11;B;2019;1.9\n", 1),
    "years as columns": ("Jobs\nSE11;2018;2019\nSE11;1;1.9\n", 2),
    "a column without a name": (";geo;nace\n0;SE11;10\n1;SE12;10\n", 1),
    "decimal commas": ("a;b\n1;2,5\n1;2,5\n", 1),
    "one column": ("geo\nSE11\nSE12\n", 1),
    "a broken table": ("geo;nace\nSE11\nSE11\nSE11;10\n", 1),
    "a header with a hole": ("Jobs\ngeo;;jobs\nSE11;10;5\n", 1),
}


@pytest.mark.parametrize(("text", "line"), TITLES.values(), ids=list(TITLES))
def test_the_row_of_the_column_names_is_found_below_titles(text: str, line: int) -> None:
    assert header_line(text) == line


@pytest.mark.parametrize("merged", [False, True])
def test_a_sheet_with_titles_is_read_below_them(tmp_path: Path, merged: bool) -> None:
    path = tmp_path / "t.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        if merged:
            sheet.merge_range("A1:D1", "Jobs by region")
        else:
            sheet.write("A1", "Jobs by region")
        rows = [("geo", "nace", "year", "jobs"), ("SE11", "10", 2020, 5), ("SE11", "62", 2020, 7)]
        for i, row in enumerate(rows):
            sheet.write_row(3 + i, 0, row)
    found = guess(read_sample(path))
    assert (found.open, found.chosen["header"]) == ((), "4")
    spec = spec_from(description(found.chosen), "t.xlsx")
    assert read_facts(path, spec).load(2020).values.value.tolist() == [5, 7]


def test_signs_of_a_gap_are_told_and_statuses_are_not_taken_for_one() -> None:
    assert gaps(["12", "*", "*", "x", "c", ":", "", "12x4"]) == {"*": 2, "x": 1}


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("län,2".encode(), "utf-8"),
        ("län,2".encode("latin-1"), "cp1252"),
        ("l\x81n".encode("latin-1"), "latin-1"),
        ("län".encode("utf-8-sig"), "utf-8-sig"),
        ("län".encode("utf-16"), "utf-16"),
    ],
)
def test_encoding(data: bytes, name: str) -> None:
    assert encoding_of(data)[0] == name


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("a,b,c\n1,2,3\n", ","),
        ("a;b;c\n1;2,5;3\n1;2,5;3\n", ";"),
        ("a\tb, or c\n1\t2\n", "\t"),
        ("a|b\n1|2\n", "|"),
        ('"a;x",b\n"1;2",3\n', ","),
        ("a;b\n" + "1;2\n" * 20 + "1;2;3\n", ";"),
    ],
)
def test_delimiter(text: str, sign: str) -> None:
    assert delimiter_of(text)[0] == sign


def table(path: Path, kind: str) -> Path:
    """The same small table in one of the ways people keep one."""
    regions, industries = ("SE11", "SE12", "SE21", "SE22"), ("10", "16", "26", "62")
    rows = [
        (g, a, t, 1000 * (i + 1) + 10 * j + t - 2018)
        for i, g in enumerate(regions)
        for j, a in enumerate(industries)
        for t in (2018, 2021)
    ]
    if kind == "long":
        lines = ["Län;Näring;År;Sysselsatta", *(f"{g};{a};{t};{n:,}" for g, a, t, n in rows)]
        path.write_bytes("\r\n".join(lines).replace(",", ".").encode("latin-1"))
    elif kind == "wide":
        by = {(g, a): {t: n for gg, aa, t, n in rows if (gg, aa) == (g, a)} for g, a, *_ in rows}
        lines = ["nuts2,nace_r2,2018,2021", *(f"{g},{a},{v[2018]},{v[2021]}" for (g, a), v in
                                              by.items())]  # fmt: skip
        path.write_text("\n".join(lines))
    elif kind == "sheet":
        book = openpyxl.Workbook()
        book.create_sheet("notes").append(["nothing"])
        for row in (("Region", "NACE", "Year", "Jobs"), *rows):
            book.worksheets[0].append(row)
        book.save(path)
    else:
        names = ("geo", "nace", "year", "emp")
        columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
        pq.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize(
    ("kind", "name"),
    [("long", "a.csv"), ("wide", "b.csv"), ("sheet", "c.xlsx"), ("typed", "d.parquet")],
)
def test_a_guess_reads_the_numbers_that_stand_there(tmp_path: Path, kind: str, name: str) -> None:
    path = table(tmp_path / name, kind)
    sample = read_sample(path)
    found = guess(sample)
    assert found.open == ()
    assert guess(read_sample(path)) == found
    assert (found.chosen["classification"], found.chosen["geography"]) == ("nace:2", "nuts:2021")
    cube = read_facts(path, spec_from(description(found.chosen), name), "employment")
    values = cube.laid_out(2021, cube.load(2021)).value
    at = cube.activity.place["62"], cube.geo.place["SE22"]
    assert values[at] == 4033
    assert sample.numbers[0] == (1 if kind == "typed" else 2)


def test_what_is_given_wins_and_is_guessed_again_where_the_column_is_gone(tmp_path: Path) -> None:
    sample = read_sample(table(tmp_path / "d.parquet", "typed"))
    given = {"geography": "nuts:2013", "employment": "year", "activity": "gone"}
    found = guess(sample, given)
    assert found.chosen["geography"] == "nuts:2013"
    assert found.chosen["employment"] == "year"
    assert found.chosen["activity"] == "nace"
    assert "geography" not in found.reasons


def test_what_a_table_says_of_itself_is_no_guess_and_can_be_overruled(tmp_path: Path) -> None:
    path = table(tmp_path / "d.parquet", "typed")
    own = {"geography": "nuts:2013", "zeros": "hidden", "columns": {"lower": "least"}}
    told = {METADATA_KEY: json.dumps({"facts": own}).encode()}
    pq.write_table(pq.read_table(path).replace_schema_metadata(told), path)
    sample = read_sample(path)
    found = guess(sample)
    assert found.chosen["geography"] == "nuts:2013"
    assert found.reasons["geography"].said == "The table says so itself."
    made = description(found.chosen, sample.told)
    assert (made["zeros"], made["columns"]["lower"]) == ("hidden", "least")
    assert "alone" not in made
    other = description(guess(sample, {"geography": "nuts:2016"}).chosen, sample.told)
    assert (other["zeros"], other["geography"]) == ("hidden", "nuts:2016")


@pytest.mark.parametrize(
    ("told", "choice", "jobs"),
    [
        ({"times": {"employment": 1000}}, {"times": ""}, 4033),
        ({"times": {"employment": 1000}}, {}, 4033_000),
        ({"times": {"payroll": 1000}}, {}, 4033),
        ({"where": {"nace": "10"}}, {"where_column": "", "where_value": ""}, 4033),
    ],
)
def test_a_choice_overrules_what_stands_in_the_file(
    tmp_path: Path, told: dict[str, object], choice: dict[str, str], jobs: int
) -> None:
    """What a Parquet file says of itself comes back with it, unless the study stands alone."""
    path = table(tmp_path / "d.parquet", "typed")
    header = {METADATA_KEY: json.dumps({"facts": told}).encode()}
    pq.write_table(pq.read_table(path).replace_schema_metadata(header), path)
    sample = read_sample(path)
    spec = spec_from(description(guess(sample, choice).chosen, sample.told), "d")
    cube = read_facts(path, spec, "employment")
    values = cube.laid_out(2021, cube.load(2021)).value
    assert values[cube.activity.place["62"], cube.geo.place["SE22"]] == jobs


@pytest.mark.parametrize("own", [{"totals": "/etc/hostname"}, {"convert": "nuts:2021"}])
def test_a_table_that_names_other_files_is_refused(tmp_path: Path, own: dict[str, str]) -> None:
    path = table(tmp_path / "d.parquet", "typed")
    told = {METADATA_KEY: json.dumps({"facts": own}).encode()}
    pq.write_table(pq.read_table(path).replace_schema_metadata(told), path)
    with pytest.raises(HansaError, match="asks for other files or for a conversion"):
        read_sample(path)


def test_a_decimal_point_is_declared_where_there_is_one(tmp_path: Path) -> None:
    head = "geo,activity,time,employment\nSE11,10,2020,"
    for cell, said in (("12.5", "."), ("0.950", "."), ("12", None), ("..", None)):
        path = tmp_path / "a.csv"
        path.write_text(f"{head}{cell}\nSE12,10,2020,7\n")
        assert description(guess(read_sample(path)).chosen).get("decimal") == said
