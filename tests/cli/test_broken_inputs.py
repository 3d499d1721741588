"""Broken inputs: each is refused by one message that says what, where, found, needed, what to do.

The table is written to a real file and read by the real command. Nothing may be left behind, an
output that is there stays as it was, and `hansa check --json` finds the same error once. Rows are
numbered as an editor shows them (the header is row 1); rows of a Parquet file count from 1.
"""

from __future__ import annotations

import datetime
import json
import re
import struct
import subprocess
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hansa.cli import main

HEAD = "geo,activity,time,employment\n"
NACE = ("--classification", "nace:2")
NUTS13 = ("--geography", "nuts:2013")


@dataclass(frozen=True)
class Broken:
    """One broken input: what is wrong, the file, options of the command, the message, exit code."""

    what: str
    file: str
    content: object
    message: str
    options: tuple[str, ...] = ()
    exit: int = 1


def as_parquet(**columns):
    return pa.table(columns)


def cut_off(path):
    rows = pa.table({"geo": ["SE11"] * 99, "activity": ["C"] * 99, "time": [2015] * 99})
    pq.write_table(rows.append_column("employment", pa.array(range(99))), path)
    path.write_bytes(path.read_bytes()[:-60])


def damaged_inside(path):
    rows = pa.table({"geo": ["SE11"] * 999, "activity": ["C"] * 999, "time": [2015] * 999})
    pq.write_table(rows.append_column("employment", pa.array(range(999))), path)
    data = bytearray(path.read_bytes())
    data[4:12] = b"\xff" * 8
    path.write_bytes(bytes(data))


def workbook(*sheets, merge="", far=False):
    """A writer of an xlsx file; a sheet is a list of rows."""

    def write(path):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for i, rows in enumerate(sheets):
            sheet = book.create_sheet(f"Sheet{i + 1}")
            for row in rows:
                sheet.append(row)
            if merge:
                sheet.merge_cells(merge)
            if far:
                sheet.cell(1_048_576, 16_384, "x")
        book.save(path)

    return write


def folder(path):
    path.mkdir()
    (path / "2015.csv").write_text(HEAD)


def nothing(path):
    """No file at all."""


NAMES = ["geo", "activity", "time", "employment"]

TABLES = [
    Broken(
        "text among numbers",
        "jobs.csv",
        HEAD + "SE11,C,2015,12\nSE11,D,2015,many\n",
        """text stands where a number is needed
  where:  {dir}/jobs.csv, row 3, column employment
  found:  'many'
  needed: a number such as 1234 or 1234.5; an empty cell for a missing value
  do:     correct the cell, or name the mark as missing: missing = ["many"] in study.toml or \
NAME.meta.toml, or --table missing=many""",
    ),
    Broken(
        "text below empty lines: the row is the one an editor shows",
        "jobs.csv",
        HEAD + 'SE11,C,2015,12\n\n\nSE11,"D\nE",2015,7\nSE11,F,2015,many\n',
        """text stands where a number is needed
  where:  {dir}/jobs.csv, row 7, column employment
  found:  'many'
  needed: a number such as 1234 or 1234.5; an empty cell for a missing value
  do:     correct the cell, or name the mark as missing: missing = ["many"] in study.toml or \
NAME.meta.toml, or --table missing=many""",
    ),
    Broken(
        "a unit beside the number",
        "jobs.csv",
        HEAD + "SE11,C,2015,12 k\n",
        """text stands where a number is needed
  where:  {dir}/jobs.csv, row 2, column employment
  found:  '12 k'
  needed: a number such as 1234 or 1234.5; an empty cell for a missing value
  do:     correct the cell, or name the mark as missing: missing = ["12 k"] in study.toml or \
NAME.meta.toml, or --table missing='12 k'""",
    ),
    Broken(
        "duplicate keys",
        "jobs.csv",
        HEAD + "SE11,C,2015,12\nSE12,C,2015,13\nSE11,C,2015,14\n",
        """the same key stands in more than one row
  where:  geo SE11, activity C, time 2015 (1 such key in 2015)
  found:  2 rows with this key
  needed: one row for each geo, activity and time
  do:     remove the repeated rows, pick one kind of row (--where column=value), or add them up \
first (hansa reduce)""",
    ),
    Broken(
        "one class in two spellings",
        "jobs.csv",
        HEAD + "SE11,01.61,2015,12\nSE11,A0161,2015,13\n",
        """the same key stands in more than one row
  where:  geo SE11, activity 01.61, time 2015 (1 such key in 2015)
  found:  2 rows with this key
  needed: one row for each geo, activity and time
  do:     remove the repeated rows, pick one kind of row (--where column=value), or add them up \
first (hansa reduce)""",
        NACE,
    ),
    Broken(
        "an unknown code",
        "jobs.csv",
        HEAD + "SE11,C,2015,12\nSE11,ZZ,2015,13\n",
        """unknown activity code 'ZZ'
  where:  {dir}/jobs.csv, row 3
  found:  'ZZ'
  needed: codes of nace:2 in any usual spelling, or TOTAL
  do:     correct the code, pick the right rows (--where), or leave such rows out by name: \
unknown_codes = "set_aside" in study.toml or NAME.meta.toml, or --table unknown_codes=set_aside""",
        NACE,
    ),
    Broken(
        "a region of NUTS 2021 in a table of NUTS 2013",
        "jobs.csv",
        HEAD + "UKM2,C,2015,12\nUKM7,C,2015,13\n",
        """codes of several versions of NUTS are mixed
  where:  {dir}/jobs.csv, row 3
  found:  UKM7, valid in nuts:2016, nuts:2021; of 2 codes, 1 in nuts:2006, 1 in nuts:2010, \
1 in nuts:2013, 1 in nuts:2016, 1 in nuts:2021; no version holds them all
  needed: codes of nuts:2013
  do:     convert the table to one version, or leave such rows out by name: \
unknown_codes = "set_aside" in study.toml or NAME.meta.toml, or --table unknown_codes=set_aside""",
        NUTS13,
    ),
    Broken(
        "an empty code",
        "jobs.csv",
        HEAD + "SE11,C,2015,12\n,D,2015,13\n",
        """geo is empty
  where:  {dir}/jobs.csv, row 3
  found:  an empty cell
  needed: a code in the column of geo
  do:     give the code, or remove the row""",
    ),
    Broken(
        "a missing column",
        "jobs.csv",
        "geo,activity,year,employment\nSE11,C,2015,12\n",
        """the column time is missing
  where:  {dir}/jobs.csv
  found:  geo, activity, year, employment
  needed: a column named time
  do:     say which column it is: --columns time=year, or in the study \
columns = {{ time = "year" }}; a constant: --columns time==VALUE""",
    ),
    Broken(
        "a mapped column that is not there",
        "jobs.csv",
        HEAD + "SE11,C,2015,12\n",
        """there is no column 'year'
  where:  {dir}/jobs.csv
  found:  geo, activity, time, employment
  needed: the name of a column that holds time
  do:     correct the mapping: columns = {{ time = … }} or --columns time=NAME""",
        ("--columns", "time=year"),
    ),
    Broken(
        "another separator",
        "jobs.csv",
        HEAD.replace(",", ";") + "SE11;C;2015;12,5\n",
        """the columns are separated by another sign
  where:  {dir}/jobs.csv, row 1
  found:  semicolon in 'geo;activity;time;employment'
  needed: comma
  do:     name the separator: --delimiter ';' (and --table decimal=, where it applies)""",
    ),
    Broken(
        "Latin-1",
        "jobs.csv",
        (HEAD + "Malmö,C,2015,12\n").encode("latin-1"),
        """the file is not UTF-8 text
  where:  {dir}/jobs.csv, row 2, byte 33
  found:  'loyment\\nMalm\\xf6,C,'
  needed: UTF-8
  do:     save it as UTF-8, or name its encoding: --encoding latin-1""",
    ),
    Broken(
        "a byte-order mark of UTF-8",
        "jobs.csv",
        (HEAD + "SE11,C,2015,12\n").encode("utf-8-sig"),
        """the file begins with a byte-order mark
  where:  {dir}/jobs.csv, first 3 bytes
  found:  EF BB BF
  needed: UTF-8 without a mark
  do:     save it as plain UTF-8, or say so: --encoding utf-8-sig""",
    ),
    Broken(
        "a byte-order mark of UTF-16",
        "jobs.csv",
        (HEAD + "SE11,C,2015,12\n").encode("utf-16"),
        """the file begins with a byte-order mark
  where:  {dir}/jobs.csv, first 2 bytes
  found:  FF FE
  needed: UTF-8 without a mark
  do:     save it as plain UTF-8, or say so: --encoding utf-16""",
    ),
    Broken(
        "UTF-16 without a mark",
        "jobs.csv",
        (HEAD + "SE11,C,2015,12\n").encode("utf-16-le"),
        """the file holds zero bytes: it is no text, or text of another encoding
  where:  {dir}/jobs.csv, row 1, byte 1
  found:  'g\\x00e\\x00o\\x00,\\x00a'
  needed: UTF-8 text
  do:     save it as UTF-8, or name its encoding: --encoding utf-16-le""",
    ),
    Broken(
        "an encoding nobody knows",
        "jobs.csv",
        HEAD + "SE11,C,2015,12\n",
        """unknown encoding 'klingon'
  where:  {dir}/jobs.csv
  found:  unknown encoding: klingon
  needed: utf-8, utf-8-sig, utf-16, latin-1, cp1252, …
  do:     name one: --encoding latin-1""",
        ("--encoding", "klingon"),
    ),
    Broken(
        "merged cells",
        "jobs.xlsx",
        workbook([NAMES, ["SE11", "C", 2015, 12], [None, "D", 2015, 13]], merge="A2:A3"),
        """cells are merged
  where:  {dir}/jobs.xlsx, sheet Sheet1, cells A2:A3
  found:  one value over several cells
  needed: one value a cell: which row it belongs to must be certain
  do:     unmerge the cells and repeat the value in each row""",
    ),
    Broken(
        "an error in a cell",
        "jobs.xlsx",
        workbook([NAMES, ["SE11", "C", 2015, 12], ["SE11", "D", 2015, "#N/A"]]),
        """a cell holds an error instead of a value
  where:  {dir}/jobs.xlsx, sheet Sheet1, cell D3
  found:  #N/A
  needed: a value; an empty cell for a missing one
  do:     correct the formula, or clear the cell""",
    ),
    Broken(
        "a formula without its result",
        "jobs.xlsx",
        workbook([NAMES, ["SE11", "C", 2015, "=6*7"]]),
        """a formula is stored without its result
  where:  {dir}/jobs.xlsx, sheet Sheet1, cell D2
  found:  =6*7
  needed: a value in every cell
  do:     open the workbook in a spreadsheet program and save it: it then stores results""",
    ),
    Broken(
        "several sheets, none named",
        "jobs.xlsx",
        workbook([NAMES, ["SE11", "C", 2015, 12]], [["notes"]]),
        """the workbook has several sheets
  where:  {dir}/jobs.xlsx
  found:  2 sheets
  needed: one of Sheet1, Sheet2
  do:     name one: --sheet NAME""",
    ),
    Broken(
        "a sheet that is not there",
        "jobs.xlsx",
        workbook([NAMES, ["SE11", "C", 2015, 12]]),
        """there is no sheet 'Jobs'
  where:  {dir}/jobs.xlsx
  found:  1 sheet
  needed: one of Sheet1
  do:     name one: --sheet NAME""",
        ("--sheet", "Jobs"),
    ),
    Broken(
        "text in a sheet that begins lower down",
        "jobs.xlsx",
        workbook([[], ["  "], NAMES, ["SE11", "C", 2015, 12], [], ["SE11", "D", 2015, "many"]]),
        """text stands where a number is needed
  where:  {dir}/jobs.xlsx, row 6, column employment
  found:  'many'
  needed: a number such as 1234 or 1234.5; an empty cell for a missing value
  do:     correct the cell, or name the mark as missing: missing = ["many"] in study.toml or \
NAME.meta.toml, or --table missing=many""",
    ),
    Broken(
        "a stray cell in the far corner of a sheet",
        "jobs.xlsx",
        workbook([NAMES, ["SE11", "C", 2015, 12]], far=True),
        """the sheet reaches over more cells than can be read safely
  where:  {dir}/jobs.xlsx, sheet Sheet1, row 1048576 and column XFD
  found:  1,048,576 rows and 16,384 columns up to the last used cell
  needed: at most 10,000,000 cells
  do:     clear what lies far outside the table, or save the sheet as CSV or Parquet""",
    ),
    Broken(
        "a CSV file with the ending of a spreadsheet",
        "jobs.xlsx",
        HEAD + "SE11,C,2015,12\n",
        """the spreadsheet cannot be opened
  where:  {dir}/jobs.xlsx
  found:  File is not a zip file
  needed: a complete xlsx, xls or ods file
  do:     open it in a spreadsheet program and save it again""",
    ),
    Broken(
        "negative employment",
        "jobs.csv",
        HEAD + "SE11,C,2015,-12\n",
        """employment is negative
  where:  {dir}/jobs.csv, row 2, column employment
  found:  -12
  needed: zero or more; an empty cell for a missing value
  do:     correct the cell; a mark for a missing value is named: missing = ["-12"] in study.toml \
or NAME.meta.toml, or --table missing=-12""",
    ),
    Broken(
        "payroll without employment",
        "jobs.csv",
        "geo,activity,time,employment,payroll\nSE11,C,2015,3,90\nSE11,D,2015,,100\n",
        """payroll stands without employment
  where:  {dir}/jobs.csv, row 3
  found:  payroll 100, employment empty
  needed: jobs above zero where wages are paid, or a status that says why not
  do:     correct the row, or give employment_status (such as c) for a hidden number of jobs""",
    ),
    Broken(
        "codes that lost their leading zero in a CSV file",
        "jobs.csv",
        HEAD + "SE11,161,2015,12\nSE11,1011,2015,12\n",
        """a code has lost its leading zero
  where:  {dir}/jobs.csv, column of activity
  found:  161
  needed: 0161 (Support activities for crop production)
  do:     store the column as text before the zero is lost; where 16.1 is meant, write it so""",
        NACE,
    ),
    Broken(
        "codes that lost their leading zero in an integer column",
        "jobs.parquet",
        as_parquet(geo=["SE11"] * 2, activity=[161, 1011], time=[2015, 2016], employment=[12, 13]),
        """a code has lost its leading zero
  where:  {dir}/jobs.parquet, column of activity
  found:  161
  needed: 0161 (Support activities for crop production)
  do:     store the column as text before the zero is lost; where 16.1 is meant, write it so""",
        NACE,
    ),
    Broken(
        "codes as decimal numbers",
        "jobs.parquet",
        as_parquet(geo=["SE11"], activity=[1.61], time=[2015], employment=[12]),
        """the codes of activity are decimal numbers
  where:  {dir}/jobs.parquet
  found:  1.61
  needed: text: codes keep their leading zeros and their points
  do:     store the column as text""",
        NACE,
    ),
    Broken(
        "two totals",
        "jobs.csv",
        HEAD + "SE11,TOTAL,2015,12\nSE11,Insgesamt,2015,12\nSE11,C,2015,1\n",
        """the same key stands in more than one row
  where:  geo SE11, activity TOTAL, time 2015 (1 such key in 2015)
  found:  2 rows with this key
  needed: one row for each geo, activity and time
  do:     remove the repeated rows, pick one kind of row (--where column=value), or add them up \
first (hansa reduce)""",
        ("--table", "total=TOTAL|Insgesamt"),
    ),
    Broken(
        "parts above their total",
        "jobs.csv",
        HEAD + "SE11,TOTAL,2015,50\nSE11,C,2015,40\nSE11,D,2015,20\n",
        """parts add up to more than their published total
  where:  TOTAL, SE11, time 2015
  found:  parts 60, total 50
  needed: at most 51.5 (each number rounded)
  do:     correct the total or its parts; where some rows are subtotals of others, \
leave them out: --where COLUMN!=VALUE""",
    ),
    Broken(
        "an empty file",
        "jobs.csv",
        "",
        """the file is empty
  where:  {dir}/jobs.csv
  found:  0 bytes
  needed: a header row and rows of values
  do:     save or download it again""",
    ),
    Broken(
        "a header only",
        "jobs.csv",
        HEAD.strip(),
        """there are no rows below the header
  where:  {dir}/jobs.csv
  found:  the header: geo, activity, time, employment
  needed: at least one row of values
  do:     check how the table was saved; leave the file out if it is meant to be empty""",
    ),
    Broken(
        "an empty header",
        "jobs.csv",
        ",,,\nSE11,C,2015,12\n",
        """the header row is empty
  where:  {dir}/jobs.csv, header row
  found:  no names
  needed: one name for each column
  do:     begin the table with its column names""",
    ),
    Broken(
        "a Parquet file that was cut off",
        "jobs.parquet",
        cut_off,
        """the Parquet file is damaged or cut off
  where:  {dir}/jobs.parquet
  found:  Parquet magic bytes not found in footer
  needed: a complete Parquet file
  do:     copy or download it again""",
    ),
    Broken(
        "a Parquet file with damaged bytes",
        "jobs.parquet",
        damaged_inside,
        """the Parquet file is damaged
  where:  {dir}/jobs.parquet, after row 0
  found:  *
  needed: a complete Parquet file
  do:     copy or download it again""",
    ),
    Broken(
        "a date as year",
        "jobs.csv",
        HEAD + "SE11,C,2015-12-31,12\n",
        """a date stands where a year is needed
  where:  {dir}/jobs.csv, row 2, column of time
  found:  '2015-12-31'
  needed: a year of four digits, such as 2015
  do:     keep the year only, or name another column: --columns time=NAME""",
    ),
    Broken(
        "a date column as year",
        "jobs.parquet",
        as_parquet(
            geo=["SE11"], activity=["C"], time=[datetime.date(2015, 12, 31)], employment=[12]
        ),
        """a date stands where a year is needed
  where:  {dir}/jobs.parquet, row 1, column of time
  found:  '2015-12-31'
  needed: a year of four digits, such as 2015
  do:     keep the year only, or name another column: --columns time=NAME""",
    ),
    Broken(
        "a date as a whole number",
        "jobs.parquet",
        as_parquet(
            geo=["SE11"] * 2, activity=["C", "D"], time=[2015, 20151231], employment=[12, 13]
        ),
        """a date stands where a year is needed
  where:  {dir}/jobs.parquet, row 2, column of time
  found:  '20151231'
  needed: a year of four digits, such as 2015
  do:     keep the year only, or name another column: --columns time=NAME""",
    ),
    Broken(
        "commas between thousands",
        "jobs.csv",
        HEAD + 'SE11,C,2015,"1,234"\n',
        """a number has thousands separators
  where:  {dir}/jobs.csv, row 2, column employment
  found:  '1,234'
  needed: digits only, such as 1234; or 1.234, if the comma is a decimal mark
  do:     remove them, or say which mark it is: thousands = "," in study.toml or NAME.meta.toml, \
or --table thousands=,""",
    ),
    Broken(
        "spaces between thousands",
        "jobs.csv",
        HEAD + "SE11,C,2015,1 234\n",
        """a number has thousands separators
  where:  {dir}/jobs.csv, row 2, column employment
  found:  '1 234'
  needed: digits only, such as 1234
  do:     remove them, or say which mark it is: thousands = " " in study.toml or NAME.meta.toml, \
or --table thousands=' '""",
    ),
    Broken(
        "points between thousands and a decimal comma",
        "jobs.csv",
        HEAD + 'SE11,C,2015,"1.234,5"\n',
        """a number has thousands separators
  where:  {dir}/jobs.csv, row 2, column employment
  found:  '1.234,5'
  needed: digits only, such as 1234.5
  do:     remove them, or say which mark it is: thousands = "." in study.toml or NAME.meta.toml, \
or --table thousands=.; decimal = "," in study.toml or NAME.meta.toml, or --table decimal=,""",
    ),
    Broken(
        "a decimal comma",
        "jobs.csv",
        HEAD + 'SE11,C,2015,"12,5"\n',
        """a number has a decimal comma
  where:  {dir}/jobs.csv, row 2, column employment
  found:  '12,5'
  needed: a decimal point: 12.5
  do:     say so: decimal = "," in study.toml or NAME.meta.toml, or --table decimal=,""",
    ),
    Broken(
        "a decimal point where commas are declared",
        "jobs.csv",
        HEAD + "SE11,C,2015,12.5\n",
        """a number has a decimal point, though decimal = ',' is declared
  where:  {dir}/jobs.csv, row 2, column employment
  found:  '12.5'
  needed: one kind of decimal mark: 12,5
  do:     leave out decimal = ',', or correct the cell""",
        ("--table", "decimal=,"),
    ),
    Broken(
        "one mark for thousands and decimals",
        "jobs.csv",
        HEAD + "SE11,C,2015,12.5\n",
        """the description of the facts contradicts itself
  where:  command line
  found:  thousands and decimal are both '.'
  needed: with thousands = '.' say decimal = ','
  do:     correct the key, or leave it out""",
        ("--table", "thousands=."),
        exit=2,
    ),
    Broken(
        "column names that repeat",
        "jobs.csv",
        "geo,activity,time,employment,employment\nSE11,C,2015,12,13\n",
        """column names repeat
  where:  {dir}/jobs.csv, header row
  found:  employment (2 times)
  needed: one name for each column
  do:     rename or remove the columns""",
    ),
    Broken(
        "column names that repeat in a sheet",
        "jobs.xlsx",
        workbook([[*NAMES, "employment"], ["SE11", "C", 2015, 12, 13]]),
        """column names repeat
  where:  {dir}/jobs.xlsx, sheet Sheet1, header row
  found:  employment (2 times)
  needed: one name for each column
  do:     rename or remove the columns""",
    ),
    Broken(
        "values without a column name",
        "jobs.csv",
        "geo,activity,time,employment,,\nSE11,C,2015,12,13,14\n",
        """columns have values but no name
  where:  {dir}/jobs.csv, header row
  found:  column 5, column 6
  needed: one name for each column
  do:     give them names""",
    ),
    Broken(
        "a row with more columns",
        "jobs.csv",
        HEAD + "SE11,C,2015,12\nSE11,Wood, paper,2015,12\n",
        """a row has more columns than the header
  where:  {dir}/jobs.csv, row 3
  found:  5 columns: 'SE11,Wood, paper,2015,12'
  needed: 4 columns: geo, activity, time, employment
  do:     put quotes around values that hold the separator: "Wood, paper\"""",
    ),
    Broken(
        "a row with fewer columns",
        "jobs.csv",
        HEAD + "SE11,C,2015,12\nSE11,D,2015\n",
        """a row has fewer columns than the header
  where:  {dir}/jobs.csv, row 3
  found:  3 columns: 'SE11,D,2015'
  needed: 4 columns: geo, activity, time, employment
  do:     complete the row (empty cells count), or remove it if it is no row of the table""",
    ),
    Broken(
        "a quotation mark that is never closed swallows no rows",
        "jobs.csv",
        'geo,activity,time,employment,label\nSE11,C,2015,12,"Kiel\nSE11,D,2015,13,Jena\n',
        """quotation marks do not pair
  where:  {dir}/jobs.csv, row 2
  found:  'SE11,C,2015,12,"Kiel'
  needed: a value in quotes on both sides: "Wood, paper"; a quote inside it doubled
  do:     close the quotation mark, or remove it""",
    ),
    Broken(
        "nan as text",
        "jobs.csv",
        HEAD + "SE11,C,2015,nan\n",
        """text stands where a number is needed
  where:  {dir}/jobs.csv, row 2, column employment
  found:  'nan'
  needed: a number such as 1234 or 1234.5; an empty cell for a missing value
  do:     correct the cell, or name the mark as missing: missing = ["nan"] in study.toml or \
NAME.meta.toml, or --table missing=nan""",
    ),
    Broken(
        "inf as text",
        "jobs.csv",
        HEAD + "SE11,C,2015,inf\n",
        """text stands where a number is needed
  where:  {dir}/jobs.csv, row 2, column employment
  found:  'inf'
  needed: a number such as 1234 or 1234.5; an empty cell for a missing value
  do:     correct the cell, or name the mark as missing: missing = ["inf"] in study.toml or \
NAME.meta.toml, or --table missing=inf""",
    ),
    Broken(
        "a number beyond all numbers",
        "jobs.csv",
        HEAD + "SE11,C,2015,1e400\n",
        """a value is infinite
  where:  {dir}/jobs.csv, row 2, column employment
  found:  '1e400'
  needed: a finite number; an empty cell for a missing value
  do:     correct the cell, or leave it empty""",
    ),
    Broken(
        "infinity in a column of numbers",
        "jobs.parquet",
        as_parquet(
            geo=["SE11"] * 2, activity=["C", "D"], time=[2015] * 2, employment=[1.0, float("inf")]
        ),
        """a value is infinite
  where:  {dir}/jobs.parquet, row 2, column employment
  found:  inf
  needed: a finite number; an empty cell for a missing value
  do:     correct the cell, or leave it empty""",
    ),
    Broken(
        "values that are no numbers at all",
        "jobs.parquet",
        as_parquet(geo=["SE11"], activity=["C"], time=[2015], employment=[True]),
        """the column employment holds no numbers
  where:  {dir}/jobs.parquet, column employment
  found:  values of type bool
  needed: numbers, or text that holds numbers
  do:     store the column as numbers, or name another: --columns employment=NAME""",
    ),
    Broken(
        "a status that cannot be read",
        "jobs.csv",
        "geo,activity,time,employment,status\nSE11,C,2015,12,9?\n",
        """a status cannot be read
  where:  {dir}/jobs.csv, row 2, column status
  found:  '9?'
  needed: letters such as p, e, b, c, u; several joined by ;
  do:     correct it, name the mark as no status: missing = ["9?"] in study.toml or \
NAME.meta.toml, or --table missing='9?'; or take another column: --columns status=NAME""",
    ),
    Broken(
        "a status in words",
        "jobs.csv",
        "geo,activity,time,employment,status\nSE11,C,2015,12,p\nSE11,D,2015,12,provisional\n",
        """a status cannot be read
  where:  {dir}/jobs.csv, row 3, column status
  found:  'provisional'
  needed: letters such as p, e, b, c, u; several joined by ;
  do:     correct it, name the mark as no status: missing = ["provisional"] in study.toml or \
NAME.meta.toml, or --table missing=provisional; or take another column: --columns status=NAME""",
    ),
    Broken(
        "bounds that do not hold the value",
        "jobs.csv",
        "geo,activity,time,employment,employment_lower,employment_upper\nSE11,C,2015,12,13,20\n",
        """the bounds do not hold the value
  where:  {dir}/jobs.csv, row 2, columns employment_lower, employment_upper
  found:  13 ≤ 12 ≤ 20
  needed: lower ≤ value ≤ upper
  do:     correct the row, or leave a bound empty where it is not known""",
    ),
    Broken(
        "one bound only",
        "jobs.csv",
        "geo,activity,time,employment,employment_upper\nSE11,C,2015,12,20\n",
        """upper bounds stand without lower bounds
  where:  {dir}/jobs.csv
  found:  the column employment_upper
  needed: both employment_upper and employment_lower, or neither
  do:     add the other column, or rename this one""",
    ),
    Broken(
        "an unknown column to choose rows by",
        "jobs.csv",
        HEAD + "SE11,C,2015,12\n",
        """there is no column 'sex' to choose rows by
  where:  {dir}/jobs.csv
  found:  geo, activity, time, employment
  needed: the name of a column of the table
  do:     correct where = {{ … }} or --where COLUMN=VALUE""",
        ("--where", "sex=T"),
    ),
    Broken(
        "no row chosen",
        "jobs.csv",
        "geo,activity,time,employment,sex\nSE11,C,2015,12,M\n",
        """no rows are left
  where:  jobs.csv
  found:  no row with sex = T
  needed: at least one row of values
  do:     correct where = {{ … }} or --where COLUMN=VALUE""",
        ("--where", "sex=T"),
    ),
    Broken(
        "no columns that are years",
        "jobs.csv",
        "geo,activity,jobs\nSE11,C,12\n",
        """no column is a year
  where:  {dir}/jobs.csv
  found:  geo, activity, jobs
  needed: columns named 2015, 2016, …
  do:     correct wide = …, or leave it out for a long table""",
        ("--table", "wide=years"),
    ),
    Broken(
        "no such file",
        "jobs.csv",
        nothing,
        """the file is not there
  where:  {dir}/jobs.csv
  found:  no such file
  needed: a CSV, Parquet or spreadsheet file
  do:     check the path; a path in study.toml counts from the study folder""",
    ),
    Broken(
        "an ending nobody reads",
        "jobs.sav",
        HEAD + "SE11,C,2015,12\n",
        """files ending in .sav cannot be read
  where:  {dir}/jobs.sav
  found:  jobs.sav
  needed: csv, tsv, txt, parquet, xlsx, xls, ods
  do:     save the table in one of these formats, with its ending""",
    ),
    Broken(
        "a separator of two signs",
        "jobs.csv",
        HEAD + "SE11,C,2015,12\n",
        """the description of the facts is wrong at 'delimiter'
  where:  command line
  found:  '::'
  needed: one sign between columns, such as a comma, a semicolon or a tab
  do:     correct the key, or leave it out""",
        ("--delimiter", "::"),
        exit=2,
    ),
]


def written(folder, case):
    """The broken file in a folder of its own."""
    path = folder / case.file
    if callable(case.content):
        case.content(path)
    elif isinstance(case.content, pa.Table):
        pq.write_table(case.content, path)
    else:
        content = case.content
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def left(folder):
    """Every file under a folder, hidden ones too, with its bytes."""
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def hansa(monkeypatch, capsys):
    """The command in this process: exit code, what it printed, what it said."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["hansa", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        said = capsys.readouterr()
        return stop.value.code, said.out, said.err

    return run


def matches(text, pattern):
    """Equal, but for the one line that may end in anything (`*`): words of another library."""
    own, wanted = text.splitlines(), pattern.splitlines()
    return len(own) == len(wanted) and all(
        a.startswith(b[:-1]) if b.endswith("*") else a == b
        for a, b in zip(own, wanted, strict=True)
    )


@pytest.mark.parametrize("case", TABLES, ids=lambda case: case.what)
def test_a_broken_table_is_refused_by_one_message_and_leaves_nothing_behind(case, hansa, tmp_path):
    path = written(tmp_path, case)
    (tmp_path / "out.csv").write_text("results of last week\n")
    before = left(tmp_path)
    code, out, err = hansa(
        "compute", "employment", "--facts", path, *case.options, "--out", tmp_path / "out.csv"
    )
    assert matches(err, "hansa: " + case.message.format(dir=tmp_path)), err
    assert (code, out) == (case.exit, "")
    assert left(tmp_path) == before


@pytest.mark.parametrize("case", [c for c in TABLES if c.exit == 1], ids=lambda case: case.what)
def test_check_finds_the_same_error_once(case, hansa, tmp_path):
    path = written(tmp_path, case)
    code, out, err = hansa("check", path, *case.options, "--json")
    assert (code, err) == (1, "")
    errors = [f for f in json.loads(out)["findings"] if f["severity"] == "error"]
    assert len(errors) == 1
    assert list(errors[0]) == ["severity", "place", "rule", "printed", "admissible", "fix"]
    rule, *lines = case.message.format(dir=tmp_path).splitlines()
    assert errors[0]["rule"] == rule
    told = {line.split(":")[0].strip(): line.split(":", 1)[1].strip() for line in lines}
    assert errors[0]["place"].endswith(told["where"])
    assert all(errors[0][part] for part in ("printed", "admissible", "fix"))


def test_the_list_names_all_four_parts_of_every_refusal():
    assert len(TABLES) >= 24
    for case in TABLES:
        heads = [line[2:].split(":")[0] for line in case.message.splitlines()[1:]]
        assert heads == ["where", "found", "needed", "do"], case.what


@pytest.mark.parametrize(
    "what", ["text among numbers", "an empty file", "merged cells", "a separator of two signs"]
)
def test_the_command_itself_refuses(what, tmp_path):
    (case,) = [c for c in TABLES if c.what == what]
    path = written(tmp_path, case)
    done = command(tmp_path, "compute", "employment", "--facts", path, *case.options)
    assert done.stderr == "hansa: " + case.message.format(dir=tmp_path) + "\n"
    assert (done.returncode, done.stdout) == (case.exit, "")


def command(folder, *arguments, code="from hansa.cli import main; main()"):
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )


def test_a_folder_given_as_a_file(hansa, tmp_path):
    folder(tmp_path / "jobs")
    code, _, err = hansa("compute", "employment", "--facts", tmp_path / "jobs")
    assert code == 1
    assert err == (
        "hansa: a folder stands where a file is needed\n"
        f"  where:  {tmp_path}/jobs\n"
        "  found:  2015.csv\n"
        "  needed: a CSV, Parquet or spreadsheet file\n"
        "  do:     name a file in it; several: repeat --facts, or file = [ … ] in study.toml\n"
    )


def test_a_measure_that_only_one_of_the_files_holds(hansa, tmp_path):
    (tmp_path / "jobs.csv").write_text(HEAD + "SE11,C,2015,12\n")
    (tmp_path / "pay.csv").write_text("geo,activity,time,payroll\nSE11,C,2015,12\n")
    files = ("--facts", tmp_path / "jobs.csv", "--facts", tmp_path / "pay.csv")
    code, _, err = hansa("compute", "average_wage", *files)
    assert code == 1
    assert err == (
        "hansa: the column payroll is missing\n"
        f"  where:  {tmp_path}/jobs.csv\n"
        "  found:  geo, activity, time, employment\n"
        "  needed: a column named payroll in each file, as in pay.csv\n"
        "  do:     leave out what needs payroll, or describe files with other columns apart: "
        "a table [facts.NAME] of a study for each\n"
    )


@pytest.mark.parametrize(
    "command",
    [
        ("compute", "employment", "--facts", "jobs.csv"),
        *((name, "jobs.csv") for name in ("reduce", "fill", "protect")),
        ("convert", "jobs.csv", "--to", "nace:2.1"),
    ],
)
def test_a_column_under_a_name_that_nothing_looks_for(hansa, tmp_path, monkeypatch, command):
    (tmp_path / "jobs.csv").write_text(HEAD + "SE11,C,2015,12\n")
    monkeypatch.chdir(tmp_path)
    code, _, err = hansa(*command, "--columns", "employmnt=employment")
    assert code == 2
    assert err == (
        "hansa: 'employmnt' is no name of ours; did you mean employment?\n"
        "  where:  command line, columns\n"
        "  found:  employmnt=employment\n"
        "  needed: geo, activity, time, employment, payroll, establishments, value_added, value, "
        "measure, largest, two_largest, status, lower, upper, estimated; and employment_status, "
        "_lower, _upper, _class\n"
        "  do:     --columns OURS=THEIRS: employment=employment\n"
    )


def test_a_measure_of_ones_own_is_a_name(hansa, tmp_path):
    (tmp_path / "jobs.csv").write_text("geo,activity,time,P,S\nSE11,C,2015,12,p\n")
    own = ("--columns", "patents=P,patents_status=S", "--set", "of=patents")
    code, out, _ = hansa("compute", "focus", "--facts", tmp_path / "jobs.csv", *own, *NACE)
    assert (code, out.splitlines()[0]) == (0, "geo,activity,time,value,status")


def test_a_column_to_keep_is_a_name(hansa, tmp_path):
    (tmp_path / "jobs.csv").write_text("geo,activity,time,employment,T\nSE11,C,2015,12,f\n")
    given = ("--by", "geo,activity,time,sex", "--columns", "sex=T")
    code, out, _ = hansa("reduce", tmp_path / "jobs.csv", *given)
    assert (code, out.splitlines()[0]) == (0, "geo,activity,time,sex,employment")


def test_no_cell_is_below_nothing(hansa, tmp_path):
    (tmp_path / "jobs.csv").write_text(HEAD + "SE11,C,2015,12\n")
    given = ("--facts", tmp_path / "jobs.csv", *NACE, "--set")
    code, _, err = hansa("compute", "focus", *given, "min_cell=-5")
    assert code == 2
    assert err.startswith("hansa: min_cell is no number of persons\n  found:  -5\n")
    assert hansa("compute", "focus", *given, "min_cell=0")[0] == 0


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux how much memory was taken")
@pytest.mark.parametrize("group", [1 << 20, 1 << 24])
def test_a_small_file_of_many_equal_rows_takes_little_memory(tmp_path, group):
    rows = 12_000_000
    same = {"geo": "SE11", "activity": "10", "time": 2020, "employment": 1}
    table = pa.table(
        {
            name: pa.repeat(pa.scalar(cell), rows).dictionary_encode()
            if isinstance(cell, str)
            else pa.repeat(pa.scalar(cell, pa.int32()), rows)
            for name, cell in same.items()
        }
    )
    path = tmp_path / "jobs.parquet"
    pq.write_table(table, path, row_group_size=group)
    assert path.stat().st_size < 1_000_000
    program = (
        "import sys; from hansa.cli import main; "
        f"sys.argv = ['hansa', 'compute', 'employment', '--facts', {str(path)!r}]\n"
        "try: main()\n"
        "finally: print(open('/proc/self/status').read())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr.startswith("hansa: the same key stands in more than one row\n")
    assert "the rest was not read" in done.stderr
    # The promise is 500 MB; 40 million such rows took 1,900 MB.
    most = re.search(r"VmHWM:\s+(\d+) kB", done.stdout)
    assert most is not None
    assert int(most[1]) < 300_000


def test_the_folder_itself_given_as_a_file(hansa, tmp_path, monkeypatch):
    folder(tmp_path / "jobs")
    monkeypatch.chdir(tmp_path / "jobs")
    code, _, err = hansa("compute", "employment", "--facts", ".")
    assert code == 1
    assert err.startswith("hansa: a folder stands where a file is needed\n  where:  .\n")


def test_a_header_beside_the_table_with_a_misspelt_key(hansa, tmp_path):
    (tmp_path / "jobs.csv").write_text(HEAD + "SE11,C,2015,12\n")
    (tmp_path / "jobs.meta.toml").write_text('clasification = "nace:2"\n')
    code, _, err = hansa("compute", "employment", "--facts", tmp_path / "jobs.csv")
    assert code == 1
    assert err.startswith(
        "hansa: the description of the facts is wrong at 'clasification'; "
        "did you mean classification?\n"
        f"  where:  {tmp_path}/jobs.meta.toml\n"
        "  found:  'nace:2'\n"
        "  needed: one of file, alone, sheet, header, format, columns, "
    )
    assert err.endswith("  do:     correct the key in this file\n")


# Definitions

MEMBERS = "cluster,activity,weight\n"

DEFINITIONS = [
    Broken(
        "a weight above 1",
        "own.csv",
        MEMBERS + "wood,16,1.5\n",
        """the weight of 16 is no share
  where:  {dir}/own.csv, row 2
  found:  1.5
  needed: a share from 0 to 1: how much of the activity belongs to the cluster
  do:     correct the weight; without the column every weight is 1""",
    ),
    Broken(
        "a code and the whole it is a part of",
        "own.csv",
        MEMBERS + "wood,16,1\nwood,16.1,1\n",
        """a cluster holds a code and a part of it: jobs would count twice
  where:  {dir}/own.csv
  found:  16.1 and 16 in wood
  needed: one of the two
  do:     remove the part or the whole""",
    ),
    Broken(
        "an activity twice in a cluster",
        "own.csv",
        MEMBERS + "wood,16,0.5\nwood,16,0.5\n",
        """an activity stands twice in one cluster
  where:  {dir}/own.csv
  found:  16 in wood
  needed: one row for each cluster and activity
  do:     remove one row, or add the weights""",
    ),
    Broken(
        "an unknown code in a definition",
        "own.csv",
        MEMBERS + "wood,16,1\nwood,9999,1\n",
        """an activity is not in the classification
  where:  {dir}/own.csv, row 3
  found:  '9999'
  needed: codes of nace:2
  do:     correct the code, or declare the classification it belongs to""",
    ),
    Broken(
        "no column of activities",
        "own.csv",
        "cluster,code,weight\nwood,16,1\n",
        """the column activity is missing
  where:  {dir}/own.csv
  found:  cluster, code, weight
  needed: cluster, activity, weight
  do:     rename the column that holds it to activity, or say which one it is: [columns] in \
definition.toml, --columns for a plain CSV""",
    ),
    Broken(
        "a definition without members",
        "own.csv",
        MEMBERS,
        """the definition has no members
  where:  {dir}/own.csv
  found:  a header row only
  needed: one row for each cluster and activity
  do:     add the rows""",
    ),
]


@pytest.mark.parametrize("case", DEFINITIONS, ids=lambda case: case.what)
def test_a_broken_definition_is_refused_by_one_message(case, hansa, tmp_path):
    facts = tmp_path / "jobs.csv"
    facts.write_text(HEAD + "SE11,16,2015,12\n")
    definition = written(tmp_path, case)
    before = left(tmp_path)
    code, out, err = hansa(
        "compute",
        "employment",
        "--facts",
        facts,
        "--definition",
        definition,
        *NACE,
        "--out",
        tmp_path / "out.parquet",
    )
    assert err == "hansa: " + case.message.format(dir=tmp_path) + "\n"
    assert (code, out) == (1, "")
    assert left(tmp_path) == before


# Archives that unpack to more than they say, or to more than anybody needs


def block(text, times):
    """`text` repeated, as raw deflate data: one packed block, repeated."""
    machine = zlib.compressobj(9, zlib.DEFLATED, -15)
    one = machine.compress(text) + machine.flush(zlib.Z_FULL_FLUSH)
    return one * times + b"\x03\x00"


def archive(path, name, packed, size, crc=0):
    """A zip archive with one packed member that claims a size and a checksum."""
    head = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, crc, len(packed), size, len(name), 0)
    local = b"PK\x03\x04" + head + name + packed
    central = b"PK\x01\x02" + struct.pack("<H", 20) + head + struct.pack("<HHHII", 0, 0, 0, 0, 0)
    end = struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central) + len(name), len(local), 0)
    path.write_bytes(local + central + name + b"PK\x05\x06" + end)


ROWS = b'<row><c t="n"><v>1</v></c></row>' * 32768
SHEET = b"xl/worksheets/sheet1.xml"
GIGABYTES = 3


def claims_gigabytes(path):
    archive(path, SHEET, block(ROWS, GIGABYTES << 10), GIGABYTES << 30)


def claims_little(path):
    archive(path, SHEET, block(ROWS, GIGABYTES << 10), 1000)


def claims_little_and_proves_it(path):
    """The checksum is that of the part it admits to: a reader that stops there is content."""
    archive(path, SHEET, block(ROWS, GIGABYTES << 10), 1000, zlib.crc32(ROWS[:1000]))


def many_members_over_one_another(path):
    """A thousand names for the same packed bytes."""
    packed = block(ROWS, 64)
    head = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, 0, len(packed), 64 << 20, 1, 0)
    local = b"PK\x03\x04" + head + b"a" + packed
    one = b"PK\x01\x02" + struct.pack("<H", 20) + head + struct.pack("<HHHII", 0, 0, 0, 0, 0)
    central = (one + b"a") * 1000
    end = struct.pack("<HHHHIIH", 0, 0, 1000, 1000, len(central), len(local), 0)
    path.write_bytes(local + central + b"PK\x05\x06" + end)


MEASURED = """
import sys
from hansa.cli import main
try:
    main()
finally:
    status = dict(line.split(":", 1) for line in open("/proc/self/status"))
    print("peak", int(status["VmHWM"].split()[0]) >> 10, file=sys.stderr)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="measures memory as Linux does")
@pytest.mark.parametrize(
    "bomb",
    [
        claims_gigabytes,
        claims_little,
        claims_little_and_proves_it,
        many_members_over_one_another,
        workbook([NAMES, ["SE11", "C", 2015, 12]], far=True),
    ],
    ids=["honest", "lying", "lying with a checksum", "overlapping members", "a far cell"],
)
def test_a_spreadsheet_that_unpacks_to_gigabytes_takes_little_memory(bomb, tmp_path):
    path = tmp_path / "bomb.xlsx"
    bomb(path)
    assert path.stat().st_size < 20 << 20
    done = command(tmp_path, "compute", "employment", "--facts", path, code=MEASURED)
    message, _, peak = done.stderr.rpartition("peak ")
    assert done.returncode == 1
    assert int(peak) < 500
    wanted = (
        "the spreadsheet unpacks to more than can be read safely",
        "the sheet reaches over more cells than can be read safely",
    )
    assert message.startswith(tuple(f"hansa: {rule}\n  where:  {path}" for rule in wanted))


def test_an_archive_that_lies_about_a_small_size(hansa, tmp_path):
    path = tmp_path / "jobs.xlsx"
    archive(path, SHEET, block(ROWS, 1), 1000, zlib.crc32(ROWS[:1000]))
    code, _, err = hansa("compute", "employment", "--facts", path)
    assert code == 1
    assert err == (
        "hansa: the spreadsheet cannot be opened\n"
        f"  where:  {path}\n"
        "  found:  xl/worksheets/sheet1.xml unpacks to another size than the archive says\n"
        "  needed: a complete xlsx, xls or ods file\n"
        "  do:     open it in a spreadsheet program and save it again\n"
    )
