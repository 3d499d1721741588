"""What random inputs found in the readers of tables, each as the smallest table that shows it."""

from __future__ import annotations

import datetime
import gzip
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hansa
from hansa.errors import HansaError
from hansa.files import write_panel
from hansa.panel import Header, Panel
from hansa.sources import geometry
from hansa.sources.geometry import read_geometry
from hansa.sources.raw import with_dictionary
from hansa.sources.spec import FactsSpec, beside, spec_from
from hansa.sources.tabular import read_facts, read_table

ROW = {"geo": ["A"], "activity": ["x"], "time": [2015], "employment": [7]}


def read(source, **describe):
    """Key to value."""
    reader = read_table if hasattr(source, "__arrow_c_stream__") else read_facts
    cube = reader(source, spec_from(describe, "describe"))
    return {
        (cube.geo.codes[g], cube.activity.codes[a], time): v
        for time in cube.years
        for rows in [cube.load(time)]
        for g, a, v in zip(rows.geo, rows.activity, rows.values.value.tolist(), strict=True)
    }


def refusal(source, **describe):
    """The text of the refusal."""
    with pytest.raises(HansaError) as refused:
        read(source, **describe)
    return str(refused.value)


def stored(path, table):
    """The table as a Parquet file."""
    pq.write_table(table if isinstance(table, pa.Table) else pa.table(table), path)
    return path


def test_a_decimal_of_arrow_keeps_its_number():
    number = pa.array([Decimal("1000.000000000")], pa.decimal128(30, 9))
    assert read(pa.table(ROW | {"employment": number})) == {("A", "x", 2015): 1000.0}


@pytest.mark.parametrize("packed", [False, True])
def test_a_whole_number_beyond_2_53_beside_a_gap_becomes_the_nearest(packed):
    number = pa.array([2**53 + 1, None])
    table = pa.table(
        {"geo": ["A", "B"], "activity": ["x"] * 2, "time": [2015] * 2}
        | {"employment": number.dictionary_encode() if packed else number}
    )
    found = read(table)
    assert found["A", "x", 2015] == float(2**53 + 1)
    assert np.isnan(found["B", "x", 2015])


def test_a_nested_column_beside_the_table_moves_no_year(tmp_path):
    table = pa.table({"more": [{"a": 1999, "b": 1}], **ROW})
    assert read(stored(tmp_path / "t.parquet", table)) == {("A", "x", 2015): 7.0}


def test_a_nested_key_is_refused_by_name(tmp_path):
    path = stored(tmp_path / "t.parquet", ROW | {"geo": [["A"]]})
    assert refusal(path) == (
        "the codes of geo cannot be read as text\n"
        f"  where:  {path}\n"
        "  found:  values of type list<element: string>\n"
        "  needed: text in UTF-8: codes keep their leading zeros and their points\n"
        "  do:     store the column as text"
    )


def test_years_come_from_rows_not_from_statistics(tmp_path):
    path = stored(tmp_path / "t.parquet", ROW | {"time": pa.array([2015], pa.int32())})
    data = path.read_bytes()
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    lie = data[footer:].replace((2015).to_bytes(4, "little"), (2014).to_bytes(4, "little"))
    assert lie != data[footer:]
    path.write_bytes(data[:footer] + lie)
    assert read(path) == {("A", "x", 2015): 7.0}


def test_a_year_of_a_streamed_file_is_checked(tmp_path):
    path = stored(tmp_path / "t.parquet", ROW | {"time": [20150]})
    assert refusal(path) == (
        "time is not a year\n"
        f"  where:  {path}, row 1, column of time\n"
        "  found:  '20150'\n"
        "  needed: a year of four digits, such as 2015\n"
        "  do:     keep the year only, or name another column: --columns time=NAME"
    )


def test_columns_beside_the_table_may_be_of_any_type():
    table = pa.table(ROW | {"sex": ["T"], "more": pa.array([b"7"], pa.binary_view())})
    assert read(table, where={"sex": "T"}) == {("A", "x", 2015): 7.0}


def runs(values, ends, kind=None):
    """A run-end encoded column."""
    return pa.RunEndEncodedArray.from_arrays(pa.array(ends, pa.int32()), pa.array(values, kind))


THREE = {"geo": ["A", "B", "C"], "activity": ["x"] * 3, "time": [2015] * 3, "sex": list("TFT")}


@pytest.mark.parametrize("where", [{}, {"sex": "T"}])
def test_runs_in_memory_are_decoded(where):
    table = pa.table(
        {
            "geo": pa.array(["A", "B", "C"]),
            "activity": runs(["x"], [3], pa.string_view()),
            "time": runs([2015, 2016], [2, 3]),
            "employment": runs([7, None, 9], [1, 2, 3]),
            "employment_status": pa.RunEndEncodedArray.from_arrays(
                pa.array([1, 3], pa.int16()), pa.array(["p", "c"]).dictionary_encode()
            ),
            "sex": runs(["T", "F", "T"], [1, 2, 3]),
        }
    )
    found = read(table, where=where)
    assert found.pop(("B", "x", 2015), None) is None if where else np.isnan(found["B", "x", 2015])
    assert found["A", "x", 2015] == 7.0
    assert found["C", "x", 2016] == 9.0


def test_a_slice_of_runs_begins_in_the_middle_of_a_run():
    jobs = runs([1, 2, 3], [2, 4, 9]).slice(3, 3)
    found = read(pa.table(THREE | {"employment": jobs}))
    assert list(found.values()) == [2.0, 3.0, 3.0]


def test_views_of_bytes_as_words_are_refused_by_name():
    words = pa.DictionaryArray.from_arrays(pa.array([0] * 3), pa.array([b"7"], pa.binary_view()))
    for where in ({}, {"sex": "T"}):
        assert refusal(pa.table(THREE | {"employment": words}), where=where) == (
            "the column employment holds no numbers\n"
            "  where:  table, column employment\n"
            "  found:  values of type binary\n"
            "  needed: numbers, or text that holds numbers\n"
            "  do:     store the column as numbers, or name another: --columns employment=NAME"
        )


def test_rows_are_not_chosen_where_a_column_cannot_be_filtered():
    views = pa.list_(pa.string_view())
    table = pa.table(
        THREE
        | {
            "employment": pa.array([{"a": "7"}] * 3, pa.struct([("a", pa.string_view())])),
            "geo": pa.array([["A"]] * 3, views),
        }
    )
    assert refusal(table, where={"sex": "T"}) == (
        "rows cannot be chosen: a column has a type that cannot be filtered\n"
        "  where:  table\n"
        "  found:  geo of type list<item: string_view>, "
        "employment of type struct<a: string_view>\n"
        "  needed: text, numbers or dates, plain or dictionary encoded\n"
        "  do:     store the column as text or numbers"
    )


def test_an_empty_piece_of_a_stream_adds_nothing():
    codes = pa.array(["B", "A", "B"], pa.string_view())
    pieces = pa.chunked_array([codes.slice(1, 0), codes.slice(1, 1)])
    table = pa.table(ROW).set_column(0, "geo", pieces)
    assert read(table.to_reader()) == {("A", "x", 2015): 7.0}


def test_names_that_repeat_in_memory():
    table = pa.table(ROW).append_column("geo", pa.array(["B"]))
    assert refusal(table) == (
        "column names repeat\n"
        "  where:  table, header row\n"
        "  found:  geo (2 times)\n"
        "  needed: one name for each column\n"
        "  do:     rename or remove the columns"
    )


@pytest.mark.parametrize(
    ("frame", "found"),
    [
        (pd.DataFrame([["A", "B"]], columns=["geo", "geo"]), "Duplicate column names found"),
        (pd.DataFrame({"geo": ["A", 5]}, dtype=object), "Expected bytes, got a 'int' object"),
    ],
    ids=["a name twice", "two kinds of values"],
)
def test_a_frame_that_is_no_table(frame, found):
    text = refusal(frame)
    assert text.startswith("the table in memory cannot be read as columns\n  where:  table\n")
    assert found in text
    assert text.endswith("  do:     give each column one type and one name")


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        (pa.array([datetime.date(2015, 1, 1)]), "date32[day]"),
        (pa.array([7], pa.duration("s")), "duration[s]"),
        (pa.array([(1, 2, 3)], pa.month_day_nano_interval()), "month_day_nano_interval"),
    ],
)
def test_codes_that_became_dates(codes, kind):
    assert refusal(pa.table(ROW | {"activity": codes})) == (
        "the codes of activity are dates or times\n"
        "  where:  table\n"
        f"  found:  values of type {kind}\n"
        "  needed: text: codes keep their leading zeros and their points\n"
        "  do:     store the column as text"
    )


def test_codes_that_are_decimals_with_a_fraction():
    text = refusal(pa.table(ROW | {"activity": pa.array([Decimal("1.61")])}))
    assert text.startswith("the codes of activity are decimal numbers\n")
    assert "  found:  1.61\n" in text


def test_utf_16_without_its_mark(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"geo,activity,time,employment\nA,x,2015,7\n")
    assert refusal(path, encoding="utf-16") == (
        "the file is not UTF-16 text\n"
        f"  where:  {path}\n"
        "  found:  67 65 6F 2C as its first bytes\n"
        "  needed: UTF-16 with its byte-order mark\n"
        "  do:     name the encoding of the file, such as --encoding utf-16-le"
    )


@pytest.mark.parametrize("encoding", ["undefined", "a\0b", "base64"])
def test_an_encoding_that_is_none(encoding, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("geo,activity,time,employment\nA,x,2015,7\n")
    text = refusal(path, encoding=encoding)
    assert text.startswith(f"unknown encoding {encoding!r}\n  where:  {path}\n")


def test_an_open_quote_below_a_lone_carriage_return(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b'\rgeo,activity,time,employment\nA,"x,2015,7\n')
    assert refusal(path) == (
        "quotation marks do not pair\n"
        f"  where:  {path}, row 3\n"
        "  found:  'A,\"x,2015,7'\n"
        '  needed: a value in quotes on both sides: "Wood, paper"; a quote inside it doubled\n'
        "  do:     close the quotation mark, or remove it"
    )


def test_a_number_of_a_sheet_that_looks_like_thousands(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(list(ROW))
    book.active.append(["A", "x", 2015, 1.234])
    path = tmp_path / "t.xlsx"
    book.save(path)
    assert read(path) == {("A", "x", 2015): 1.234}
    assert refusal(path, decimal=",", thousands=".") == (
        "a number with three decimals would be read as thousands\n"
        f"  where:  {path}, sheet Sheet, cell D2\n"
        "  found:  1.234, stored as a number\n"
        "  needed: texts such as 1.234 for 1234, or numbers without decimals\n"
        "  do:     leave out thousands and decimal: numbers of a sheet need neither"
    )


def test_a_text_of_a_sheet_with_points_between_thousands(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(list(ROW))
    book.active.append(["A", "x", "2015", "1.234"])
    book.save(tmp_path / "t.xlsx")
    found = read(tmp_path / "t.xlsx", decimal=",", thousands=".")
    assert found == {("A", "x", 2015): 1234.0}


def test_an_unknown_code_list_is_refused_with_the_table_that_names_it(tmp_path):
    (tmp_path / "t.csv").write_text("geo,activity,time,employment\nA,x,2015,7\n")
    (tmp_path / "t.meta.toml").write_text('geography = "nuts:1999"\n')
    text = refusal(tmp_path / "t.csv")
    assert text.startswith(
        f"unknown geography version 'nuts:1999'\n  where:  {tmp_path}/t.csv\n  needed: country, "
    )


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ({"dims": ["geo"], "measure": "employment", "notes": 5}, "values of other kinds"),
        ({"dims": ["geo"]}, "values of other kinds"),
        ({"measure": "employment"}, "no key 'dims'"),
        ([1], "values of other kinds"),
    ],
)
def test_a_header_of_a_panel_with_other_kinds_of_values(header, found):
    table = pa.table(ROW).replace_schema_metadata({b"hansa": json.dumps(header).encode()})
    assert refusal(table) == (
        "the header of a panel cannot be read\n"
        "  where:  table\n"
        f"  found:  {found}\n"
        "  needed: the header that Hansa writes with a result\n"
        "  do:     compute the result again, or remove its header and give one by options"
    )


@pytest.mark.parametrize(
    "content", [b"a = " + b"[" * 20_000, b"a = " + b"9" * 5_000], ids=["nested", "a long number"]
)
def test_a_description_that_no_reader_of_toml_takes(content, tmp_path):
    (tmp_path / "t.meta.toml").write_bytes(content)
    with pytest.raises(HansaError) as refused:
        beside(tmp_path / "t.csv", FactsSpec())
    text = str(refused.value)
    assert text.startswith("the header beside the table cannot be read\n")
    assert f"  where:  {tmp_path}/t.meta.toml\n" in text


# --- boundaries ---------------------------------------------------------------------------------

SQUARE = [[0, 0], [0, 1], [1, 1], [0, 0]]


def shapes(geometry, **more):
    """A collection of one region."""
    region = {"properties": {"id": "SE11"}, "geometry": geometry}
    return {"type": "FeatureCollection", "features": [region], **more}


def polygon(*rings):
    """A region of one part."""
    return shapes({"type": "Polygon", "coordinates": list(rings)})


@pytest.mark.parametrize(
    ("data", "rule", "printed"),
    [
        (None, "the file holds no collection of regions", "null"),
        ({"type": [1]}, "the file holds no collection of regions", "[1]"),
        ({"type": "FeatureCollection", "features": 5}, "features of the file is no list", "5"),
        (shapes([1]), "a region is no area", "[1]"),
        (shapes("Polygon"), "a region is no area", "Polygon"),
        (shapes(None), "a region is no area", "no geometry"),
        (shapes({"type": "Polygon"}), "a region has no boundary", "null"),
        (shapes({"type": "MultiPolygon", "coordinates": [7]}), "a region has no boundary", "7"),
        (shapes({"type": "MultiPolygon", "coordinates": [[]]}), "a region has no boundary", "[]"),
        (
            polygon([["1", "2"], [3, 4], [5, 6]]),
            "a boundary holds something else than pairs of numbers",
            '["1", "2"]',
        ),
        (
            polygon(["12", "34", "56"]),
            "a boundary holds something else than pairs of numbers",
            "12",
        ),
        (
            polygon([[True, 2], [3, 4], [5, 6]]),
            "a boundary holds something else than pairs of numbers",
            "[true, 2]",
        ),
        (
            polygon([[10**400, 2], [3, 4], [5, 6]]),
            "the boundaries are not in degrees",
            "a whole number of more than 308 digits",
        ),
        (polygon([]), "a boundary has fewer than three points", "0 points"),
        (polygon(SQUARE) | {"crs": [1]}, "the boundaries are not in degrees", "[1]"),
        (
            {"type": "FeatureCollection", "features": [{"properties": [1], "id": " "}]},
            "a shape has no code",
            "no properties",
        ),
    ],
)
def test_shapes_that_are_none(data, rule, printed, tmp_path):
    path = tmp_path / "t.json"
    path.write_text(json.dumps(data))
    with pytest.raises(HansaError) as refused:
        read_geometry(path, "© us")
    found = refused.value.finding
    assert (found.rule, found.printed) == (rule, printed)
    assert found.place.startswith(str(path))
    assert found.admissible


def test_a_notice_is_a_text(tmp_path):
    path = tmp_path / "t.json"
    path.write_text(json.dumps(polygon(SQUARE) | {"notice": {"a": 1}, "licence": "CC BY"}))
    assert read_geometry(path).notice == "CC BY"


def test_boundaries_nested_without_end(tmp_path):
    (tmp_path / "t.json").write_text("[" * 100_000)
    with pytest.raises(HansaError, match="the boundaries cannot be read"):
        read_geometry(tmp_path / "t.json", "© us")


def test_boundaries_that_unpack_to_more_than_a_map(tmp_path, monkeypatch):
    monkeypatch.setattr(geometry, "MOST_BYTES", 1 << 20)
    (tmp_path / "t.json.gz").write_bytes(gzip.compress(b" " * ((1 << 20) + 1)))
    with pytest.raises(HansaError) as refused:
        read_geometry(tmp_path / "t.json.gz", "© us")
    assert str(refused.value) == (
        "the boundaries cannot be read\n"
        f"  where:  {tmp_path}/t.json.gz\n"
        "  found:  more than 1 MiB\n"
        "  needed: GeoJSON in UTF-8, plain or with gzip"
    )


def test_what_hansa_wrote_itself_is_read_again(tmp_path: Path) -> None:
    """A single 446.765 of a result: its header says whose point it is."""
    table = pa.table({"geo": ["A"], "activity": ["x"], "time": [2020], "value": [446.765],
                      "status": [""]})  # fmt: skip
    panel = Panel(("geo", "activity", "time"), table, Header("employment", unit="persons"))
    write_panel(panel, tmp_path / "t.csv")
    assert hansa.read(tmp_path / "t.csv").table["value"].to_pylist() == [446.765]


def test_a_locked_part_of_a_workbook_is_refused(tmp_path):
    """One flipped bit of the archive says so; the way out of the message was a traceback."""
    path = tmp_path / "t.xlsx"
    book = openpyxl.Workbook()
    for row in [list(ROW), *zip(*ROW.values(), strict=True)]:
        book.active.append(row)
    book.save(path)
    data = bytearray(path.read_bytes())
    entry = data.rfind(b"PK\x01\x02", 0, data.rfind(b"xl/worksheets/sheet1.xml"))
    data[entry + 8] |= 1
    path.write_bytes(data)
    assert "is encrypted" in refusal(path)


DAMAGED = """
import resource, sys
from pathlib import Path
import pyarrow as pa, pyarrow.parquet as pq
from hansa.errors import HansaError
from hansa.sources.spec import FactsSpec
from hansa.sources.tabular import read_facts

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

path = Path(sys.argv[1])
table = pa.table({"time": [2020, 2021], "employment": [5, 7], "geo": ["SE11", "SE12"],
                  "activity": ["10", "62"]})
plain = sys.argv[2] == "bytes of the pages"
pq.write_table(table, path, write_page_checksum=True, use_dictionary=not plain)
data = path.read_bytes()
footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
if not plain:
    cases = [
        data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]
        for at in range(footer, footer + 120) for bit in range(8)
    ]
else:
    cases = [data[:at] + data[at + n :] for at in range(4, footer) for n in (1, 2, 3)]
path.write_bytes(data)
read_facts(path, FactsSpec())
before, read = peak(), 0
for case in cases:
    path.write_bytes(case)
    try:
        read_facts(path, FactsSpec())
        read += 1
    except HansaError:
        pass
print(len(cases), read, peak() - before)
"""


@pytest.mark.parametrize("damage", ["bits of the metadata", "bytes of the pages"])
def test_a_damaged_parquet_file_costs_no_process_and_no_memory(tmp_path, damage):
    """Arrow aborts where a column's own metadata are asked for and do not make sense.

    A page header read from the wrong byte claims two gigabytes, and its stream took them.
    """
    done = subprocess.run(
        [sys.executable, "-c", DAMAGED, str(tmp_path / "t.parquet"), damage],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    cases, read, kib = map(int, done.stdout.split())
    assert read < cases > 900
    assert read > 0 or damage == "bytes of the pages"
    assert kib < 100 << 10


def test_a_long_word_of_a_dictionary_is_not_repeated_in_every_row(tmp_path):
    """47 kB of Parquet took 1.5 GB while their texts were read one by one."""
    path = tmp_path / "t.parquet"
    texts = {"geo": ["x" * 100_000] * 40, "activity": ["10", "62"] * 20}
    pq.write_table(pa.table(texts), path)
    assert with_dictionary(path, ("geo", "activity")) == ("geo",)
    pq.write_table(pa.table(texts), path, use_dictionary=False)
    assert with_dictionary(path, ("geo", "activity")) == ("geo",)
    words = [f"R{i:03}" for i in range(100)]
    pq.write_table(pa.table({"geo": words, "activity": words}), path, use_dictionary=["geo"])
    assert with_dictionary(path, ("geo", "activity")) == ("geo",)
