"""Files as people save them: read as they are, or refused with a way out that works."""

from __future__ import annotations

import gzip
import io
import sys
import zipfile

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hansa.cli import main

ROWS = "geo,activity,time,employment\nSE11,10,2020,30\nSE11,62,2020,1070\n"
OPTIONS = ("--classification", "nace:2", "--geography", "nuts:2021", "--absent-rows", "zero")


@pytest.fixture
def compute(tmp_path, monkeypatch, capsys):
    """Write the table, compute jobs: the result below its header, or what was said."""

    def run(content, *options, name="jobs.csv"):
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        out = tmp_path / "out.csv"
        command = ["hansa", "compute", "employment", "--facts", str(tmp_path / name), *OPTIONS]
        monkeypatch.setattr(sys, "argv", [*command, "--out", str(out), *options])
        with pytest.raises(SystemExit) as stop:
            main()
        said = capsys.readouterr()
        return said.err if stop.value.code else out.read_text()

    return run


READ = "geo,activity,time,value,status\nSE11,10,2020,30,\nSE11,62,2020,1070,\n"


def test_a_plain_table(compute):
    assert compute(ROWS) == READ


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u202f", "\u2009", "\u2007", "\u3000"])
def test_any_blank_between_thousands_follows_the_advice(compute, blank):
    table = ROWS.replace("1070", f"1{blank}070")
    advice = compute(table)
    assert "a number has thousands separators" in advice
    assert advice.rstrip().endswith("--table thousands=' '")
    assert compute(table, "--table", "thousands= ") == READ


def test_blanks_around_names_do_not_count(compute):
    table = ROWS.replace("geo,activity,time,employment", ' geo ,"activity ",time, jobs ')
    assert compute(table, "--columns", "employment=jobs") == READ
    assert "column names repeat" in compute(ROWS.replace("time,", "geo ,"))


def test_numbers_of_an_option_that_are_none_are_refused_with_one_that_works(compute):
    for wrong, right in (
        ("rounding=abc", "rounding=0:5|100:10"),
        ("times=x", "times=employment:1000"),
    ):
        said = compute(ROWS, "--table", wrong)
        assert "the description of the facts is wrong at" in said
        assert right in said
        assert compute(ROWS, "--table", right).startswith("geo,activity,time,value,status")
    both = ("--table", "times=employment:1000", "--table", "times=payroll:1000000")
    assert "62,2020,1070000," in compute(ROWS, *both)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("options", [(), ("--delimiter", ";")])
def test_the_line_that_tells_excel_the_separator(compute, end, options):
    table = "sep=;\n" + ROWS.replace(",", ";")
    assert compute(table.replace("\n", end), *options) == READ
    assert "row 4, column employment" in compute(table.replace("1070", "many"), *options)


def test_one_zero_byte_is_to_be_removed_from_its_row(compute):
    said = compute(ROWS.replace("30", "3\x000"))
    assert said.startswith("hansa: the file holds a zero byte\n")
    assert "do:     remove the byte from row 2," in said


def test_text_in_utf_16_follows_the_advice(compute):
    for encoding in ("utf-16-le", "utf-16-be"):
        said = compute(ROWS.encode(encoding))
        assert "the file holds zero bytes" in said
        assert said.rstrip().endswith(f"--encoding {encoding}")
        assert compute(ROWS.encode(encoding), "--encoding", encoding) == READ


def packed():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        # The time of writing would make another name of the test in each process.
        archive.writestr(zipfile.ZipInfo("jobs.csv"), ROWS)
    return content.getvalue()


def parquet():
    content = io.BytesIO()
    pq.write_table(pa.table({"geo": ["SE11"]}), content)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "what", "way"),
    [
        (
            gzip.compress(ROWS.encode(), mtime=0),
            "packed by gzip",
            "unpack it, and name the table in it",
        ),
        (packed(), "a zip archive or a workbook", "an archive: unpack it"),
        (parquet(), "a Parquet file", "give it its ending: .parquet"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF document", "save the table in it as CSV or as a workbook"),
    ],
)
def test_what_is_no_text_is_named(compute, content, what, way):
    said = compute(content)
    assert said.startswith(f"hansa: the file is {what}\n")
    assert said.rstrip().endswith(way)


def test_lines_above_the_header_are_told(compute):
    said = compute("Employment by region\nSource: SCB\n\n" + ROWS)
    assert said.startswith("hansa: the table does not begin with its column names\n")
    assert "do:     row 4 seems to hold them: delete what stands above them; " in said
    assert said.rstrip().endswith("or --table header=4")
    assert compute("Employment by region\nSource: SCB\n\n" + ROWS, "--table", "header=4") == READ


def test_a_row_of_values_below_a_title_holds_no_names(compute):
    said = compute("Employment 2019\nSE11,A,2019,12\nSE12,A,2019,7\n")
    assert "what looks like a title: 'Employment 2019'" in said
    assert said.rstrip().endswith("do:     begin the table with its column names")


def test_rows_below_a_title_keep_their_numbers(compute):
    wrong = "Table 1\n\n" + ROWS.replace("1070", "many")
    assert "row 5, column employment" in compute(wrong, "--table", "header=3")
    assert "below the end of the file" in compute(wrong, "--table", "header=9")


TITLED = ROWS.replace(",", ";")


@pytest.mark.parametrize(
    ("above", "title", "row"),
    [("Table 1;;;\n", "'Table 1'", 2),
     ("Table 1;Jobs;;\n", "'Table 1', 'Jobs'", 2),
     ("Table 1;;;\n;;;\n\n", "'Table 1'", 4),
     ("Table 1;;;\n\"Source;\nSCB\";;;\n", "'Table 1'", 4),
     (";;;Table 1\n;;;\n", "'Table 1'", 3)],
)  # fmt: skip
def test_a_title_in_a_line_of_empty_cells_follows_the_advice(compute, above, title, row):
    said = compute(above + TITLED, "--delimiter", ";")
    assert said.startswith("hansa: the table does not begin with its column names\n")
    assert f"found:  what looks like a title: {title}\n" in said
    assert f"do:     row {row} seems to hold them: delete what stands above them; " in said
    assert compute(above + TITLED, "--delimiter", ";", "--table", f"header={row}") == READ
    rest = "".join((above + TITLED).splitlines(keepends=True)[row - 1 :])
    assert rest == TITLED
    assert compute(rest, "--delimiter", ";") == READ


def test_a_title_in_a_sheet_follows_the_advice(compute):
    def book(*above):
        content = io.BytesIO()
        written = openpyxl.Workbook()
        for line in (*above, *(line.split(",") for line in ROWS.splitlines())):
            written.active.append(line)
        written.save(content)
        return content.getvalue()

    said = compute(book(["Table 1"], [], ["Source: SCB"], []), name="jobs.xlsx")
    assert "what looks like a title: 'Table 1'\n" in said
    assert "do:     row 5 seems to hold them: delete what stands above them; " in said
    titles = book(["Table 1"], [], ["Source: SCB"], [])
    assert compute(titles, "--table", "header=5", name="jobs.xlsx") == READ
    assert compute(book(), name="jobs.xlsx") == READ


def test_columns_without_names_are_no_title(compute):
    said = compute(TITLED.replace("activity;time;", ";;"), "--delimiter", ";")
    assert said.startswith("hansa: columns have values but no name\n")
    # One name alone is none of the table's, whatever stands below.
    said = compute(TITLED.replace("activity;time;employment", ";;"), "--delimiter", ";")
    assert said.rstrip().endswith("do:     begin the table with its column names")


def test_the_line_that_tells_excel_the_separator_is_no_header_of_sums(tmp_path, monkeypatch):
    (tmp_path / "jobs.csv").write_text("sep=;\n" + ROWS.replace(",", ";"))
    out = tmp_path / "sums.csv"
    command = ["hansa", "reduce", str(tmp_path / "jobs.csv"), "--by", "geo,time"]
    monkeypatch.setattr(sys, "argv", [*command, "--out", str(out)])
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code
    assert out.read_text() == "geo,time,employment\nSE11,2020,1100\n"
