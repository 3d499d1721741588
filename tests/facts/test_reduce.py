"""Reduce: exact sums of rows, whatever their order, their files and the number of threads."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hansa
from hansa.errors import HansaError, UsageError

HEAD = "geo,activity,time,employment\n"


@pytest.fixture
def table(tmp_path):
    """Write a CSV file."""

    def write(text, name="t.csv"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def sums(files, **more):
    """(geo, activity, time) -> employment and its status."""
    rows = hansa.reduce(files, **more).to_pylist()
    return {
        (r["geo"], r["activity"], str(r["time"])): (r["employment"], r.get("employment_status"))
        for r in rows
    }


def register(seed, rows=5000, fractions=False):
    """Rows of a made-up register, larger than doubles can add without loss."""
    dice = random.Random(seed)
    return [
        (
            dice.choice(["SE11", "SE12", "DK01"]),
            dice.choice(["0161", "1011"]),
            dice.choice([2015, 2016]),
            Decimal(dice.randint(-(10**4), 10**17)) / (100 if fractions else 1),
        )
        for _ in range(rows)
    ]


def by_hand(rows):
    """The sums as Python's own whole numbers and fractions make them."""
    found = {}
    for geo, activity, time, value in rows:
        key = (geo, activity, str(time))
        found[key] = found.get(key, Fraction(0)) + Fraction(value)
    return found


def written(rows, path):
    """The rows as CSV, or as Parquet with decimals."""
    if path.suffix == ".csv":
        path.write_text(HEAD + "".join(f"{g},{a},{t},{v}\n" for g, a, t, v in rows))
        return path
    names = ("geo", "activity", "time")
    columns = dict(zip(names, map(list, list(zip(*rows, strict=True))[:3]), strict=True))
    columns["employment"] = pa.array([r[3] for r in rows], pa.decimal128(20, 2))
    pq.write_table(pa.table(columns), path, row_group_size=700)
    return path


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("fractions", [False, True], ids=["whole", "fractions"])
def test_sums_are_exact(kind, fractions, tmp_path):
    rows = register(1, fractions=fractions)
    found = sums(written(rows, tmp_path / f"t.{kind}"))
    assert {k: Fraction(v) for k, (v, _) in found.items()} == by_hand(rows)
    assert list(found) == sorted(found)


def test_whole_numbers_stay_whole_numbers(table):
    found = hansa.reduce(table(HEAD + "A,x,2015,1\nA,x,2015,2.0\n"))
    assert found.schema.field("employment").type == pa.int64()


def test_a_sum_beyond_64_bits_is_still_exact(table):
    found = sums(table(HEAD + "A,x,2015,9223372036854775807\nA,x,2015,1\n"))
    assert found["A", "x", "2015"][0] == 2**63


def test_tenths_add_up_as_tenths(table):
    found = sums(table(HEAD + "A,x,2015,0.1\n" * 1 + "A,x,2015,0.2\n"))
    assert found["A", "x", "2015"][0] == Decimal("0.3")


def test_the_order_of_rows_and_files_does_not_matter(tmp_path):
    rows = register(2, fractions=True)
    wanted = hansa.reduce(written(rows, tmp_path / "t.csv"))
    for seed in range(3):
        random.Random(seed).shuffle(rows)
        assert hansa.reduce(written(rows, tmp_path / "t.csv")).equals(wanted)
    parts = [written(rows[i::3], tmp_path / f"{i}.csv") for i in range(3)]
    assert hansa.reduce(parts).equals(wanted)
    assert hansa.reduce(parts[::-1]).equals(wanted)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="chooses processors as Linux does")
def test_the_number_of_threads_does_not_matter(tmp_path):
    path = written(register(3, 200_000, fractions=True), tmp_path / "t.parquet")
    code = """
import os, sys
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(sys.argv[1])])
from hansa.cli import main
sys.argv = ["hansa", "reduce", sys.argv[2]]
main()
"""
    results = [
        subprocess.run([sys.executable, "-c", code, n, path], capture_output=True, check=True)
        for n in ("1", "2")
    ]
    assert results[0].stdout == results[1].stdout
    assert results[0].stdout.count(b"\n") == 1 + 3 * 2 * 2


# Absence and statuses


def test_a_group_with_a_missing_value_is_missing(table):
    text = HEAD + "A,x,2015,1\nA,x,2015,\nB,x,2015,2\nB,x,2015,:\nC,x,2015,4\n"
    assert sums(table(text)) == {
        ("A", "x", "2015"): (None, "m"),
        ("B", "x", "2015"): (None, "m"),
        ("C", "x", "2015"): (4, None),
    }


@pytest.mark.parametrize("kind", [pa.float64(), pa.int64(), pa.decimal128(9, 2)])
def test_a_missing_value_in_a_parquet_column(kind, tmp_path):
    values = [1, None, 2, 3]
    keys = {"geo": ["A", "A", "B", "B"], "activity": ["x"] * 4, "time": [2015] * 4}
    pq.write_table(pa.table({**keys, "employment": pa.array(values, kind)}), tmp_path / "t.parquet")
    found = sums(tmp_path / "t.parquet")
    assert found == {("A", "x", "2015"): (None, "m"), ("B", "x", "2015"): (5, None)}


def test_nan_is_missing_though_statistics_do_not_tell_of_it(tmp_path):
    values = [1.0, float("nan"), 2.0, 3.5]
    keys = {"geo": ["A", "A", "B", "B"], "activity": ["x"] * 4, "time": [2015] * 4}
    pq.write_table(pa.table({**keys, "employment": values}), tmp_path / "t.parquet")
    assert sums(tmp_path / "t.parquet") == {
        ("A", "x", "2015"): (None, "m"),
        ("B", "x", "2015"): (Decimal("5.5"), None),
    }


def test_statuses_of_a_group_are_joined(table):
    text = (
        "geo,activity,time,employment,status\n"
        "A,x,2015,1,p\nA,x,2015,2,e;b\nA,x,2015,3,\nB,x,2015,,c\nB,x,2015,1,u\n"
    )
    assert sums(table(text)) == {
        ("A", "x", "2015"): (6, "b;e;p"),
        ("B", "x", "2015"): (None, "c;u"),
    }


def test_every_measure_has_its_own_status(table):
    text = (
        "geo,activity,time,employment,payroll,employment_status,payroll_status\n"
        "A,x,2015,1,10,p,\nA,x,2015,2,,,c\n"
    )
    assert hansa.reduce(table(text)).to_pylist() == [
        {
            "geo": "A",
            "activity": "x",
            "time": "2015",
            "employment": 3,
            "employment_status": "p",
            "payroll": None,
            "payroll_status": "c",
        }
    ]


# Which rows, which columns


def test_rows_are_chosen_and_columns_are_mapped(table):
    path = table("region,code,year,jobs,sex\nA,x,2015,1,M\nA,x,2015,2,T\nA,x,2015,5,T\n")
    columns = {"geo": "region", "activity": "code", "time": "year", "employment": "jobs"}
    found = sums(path, describe={"columns": columns, "where": {"sex": "T"}})
    assert found == {("A", "x", "2015"): (7, None)}


def test_a_constant_stands_for_a_column(table):
    path = table("geo,activity,employment\nA,x,1\nA,x,2\n")
    found = sums(path, describe={"columns": {"time": "=2015"}})
    assert found == {("A", "x", "2015"): (3, None)}


def test_rows_are_chosen_by_numbers_of_any_type(tmp_path):
    keys = {"geo": ["A", "A"], "activity": ["x"] * 2, "time": [2015] * 2, "employment": [1, 2]}
    for level in ([2, 3], [2.0, 3.0], ["2", "3"]):
        pq.write_table(pa.table({**keys, "level": level}), tmp_path / "t.parquet")
        found = sums(tmp_path / "t.parquet", describe={"where": {"level": 2}})
        assert found == {("A", "x", "2015"): (1, None)}


def test_fewer_columns_are_kept(table):
    path = table(HEAD + "A,x,2015,1\nA,y,2015,2\nB,x,2015,4\n")
    assert hansa.reduce(path, by=["geo"]).to_pylist() == [
        {"geo": "A", "employment": 3},
        {"geo": "B", "employment": 4},
    ]


def test_columns_are_found_by_name_in_every_file(table):
    one = table(HEAD + "A,x,2015,1\n", "one.csv")
    other = table("employment,label,time,activity,geo\n5,north,2015,x,A\n", "other.csv")
    assert sums([one, other]) == {("A", "x", "2015"): (6, None)}


def test_text_and_numbers_meet(table, tmp_path):
    keys = {"geo": ["A"], "activity": ["x"], "time": [2015]}
    pq.write_table(pa.table({**keys, "employment": [0.5]}), tmp_path / "t.parquet")
    found = sums([table(HEAD + "A,x,2015,1\n"), tmp_path / "t.parquet"])
    assert found == {("A", "x", "2015"): (Decimal("1.5"), None)}


@pytest.mark.parametrize("name", ["a[1]*.csv", "it's.csv", "Ö und Ü.csv"])
def test_a_name_is_no_pattern(name, table):
    table(HEAD + "A,x,2015,100\n", "a1.csv")
    assert sums(table(HEAD + "A,x,2015,1\n", name)) == {("A", "x", "2015"): (1, None)}


@pytest.mark.parametrize(
    ("text", "encoding", "describe"),
    [
        ("geo;activity;time;employment\nMalmö;x;2015;1.234,5\nMalmö;x;2015;1\n", "utf-8", {}),
        ("geo;activity;time;employment\nMalmö;x;2015;1.234,5\nMalmö;x;2015;1\n", "latin-1", {}),
        ("geo;activity;time;employment\nMalmö;x;2015;1.234,5\nMalmö;x;2015;1\n", "utf-16", {}),
        ("geo;activity;time;employment\nMalmö;x;2015;1.234,5\nMalmö;x;2015;1\n", "cp1252", {}),
        (
            "geo;activity;time;employment\nMalmö;x;2015;1\u202f234,5\nMalmö;x;2015;1\n",
            "utf-8",
            {"thousands": " "},
        ),
    ],
)
def test_numbers_and_letters_of_another_country(text, encoding, describe, tmp_path):
    (tmp_path / "t.csv").write_bytes(text.encode(encoding))
    own = {"delimiter": ";", "decimal": ",", "thousands": ".", "encoding": encoding} | describe
    assert sums(tmp_path / "t.csv", describe=own) == {
        ("Malmö", "x", "2015"): (Decimal("1235.5"), None)
    }


# Refusals


@pytest.mark.parametrize(
    ("text", "rule", "place", "printed"),
    [
        (
            HEAD + "A,x,2015,1\n\nA,x,2015,many\nA,x,2015,more\n",
            "text stands where a number is needed",
            "t.csv, row 4, column employment (and 1 more row)",
            "'many'",
        ),
        (HEAD + "A,x,2015,nan\n", "text stands where a number is needed", "row 2", "'nan'"),
        (HEAD + "A,x,2015,1_000\n", "text stands where a number is needed", "row 2", "'1_000'"),
        (HEAD + 'A,x,2015,"1,234"\n', "text stands where a number is needed", "row 2", "'1,234'"),
        (HEAD + "A,x,2015,1e400\n", "a number is too large to be summed", "row 2", "'1e400'"),
        (HEAD + ",x,2015,1\n", "geo is empty in some rows", "column of geo", "an empty cell"),
        (
            HEAD + "A,x,2015,1\nA,x,2015,1,2\n",
            "a row has more columns than the header",
            "t.csv, row 3",
            "5 columns: 'A,x,2015,1,2'",
        ),
        (
            HEAD + "A,x,2015,1\nA,x,2015\n",
            "a row has fewer columns than the header",
            "t.csv, row 3",
            "3 columns: 'A,x,2015'",
        ),
        (
            HEAD + 'A,"x,2015,1\nA,x,2015,3\n',
            "quotation marks do not pair",
            "t.csv, row 2",
            "'A,\"x,2015,1'",
        ),
        (HEAD, "there are no rows below the header", "t.csv", "geo, activity, time, employment"),
        ("", "the file is empty", "t.csv", "0 bytes"),
        ("geo,activity,year,jobs\nA,x,1,1\n", "there is no column 'time'", "t.csv", "year, jobs"),
        ("geo,activity,time,jobs\nA,x,1,1\n", "there is no column to sum", "t.csv", "time, jobs"),
        (
            "geo,geo,activity,time,employment\nA,B,x,2015,1\n",
            "column names repeat",
            "header row",
            "geo (2 times)",
        ),
        (
            "geo,activity,time,employment,status\nA,x,2015,1,9?\n",
            "a status cannot be read",
            "column of employment_status",
            "'9?'",
        ),
        (
            "geo,activity,time,employment,status\nA,x,2015,1,see note\n",
            "a status cannot be read",
            "column of employment_status",
            "'see note'",
        ),
    ],
)
def test_a_broken_file_is_refused(text, rule, place, printed, table):
    with pytest.raises(HansaError) as refused:
        hansa.reduce(table(text))
    found = refused.value.finding
    assert found.rule == rule
    assert place in found.place
    assert printed in found.printed
    assert found.admissible
    assert found.fix


def test_latin_1_far_below_the_header_is_refused(tmp_path):
    rows = b"A,x,2015,1\n" * 20_000 + "Malmö,x,2015,1\n".encode("latin-1")
    (tmp_path / "t.csv").write_bytes(HEAD.encode() + rows)
    with pytest.raises(HansaError, match="the file is not UTF-8 text"):
        hansa.reduce(tmp_path / "t.csv")


def test_a_number_too_large_in_a_parquet_file_has_its_row(tmp_path):
    keys = {"geo": ["A", "A"], "activity": ["x"] * 2, "time": [2015] * 2}
    pq.write_table(pa.table({**keys, "employment": [1.5, float("inf")]}), tmp_path / "t.parquet")
    with pytest.raises(HansaError) as refused:
        hansa.reduce(tmp_path / "t.parquet")
    assert refused.value.finding.rule == "a number is too large to be summed"
    assert refused.value.finding.place == f"{tmp_path}/t.parquet, row 2, column employment"


def test_no_row_chosen(table):
    path = table("geo,activity,time,employment,sex\nA,x,2015,1,M\n")
    with pytest.raises(HansaError) as refused:
        hansa.reduce(path, describe={"where": {"sex": "T"}})
    assert refused.value.finding.printed == "no row with sex = T"


def test_sums_of_thousands_would_lose_their_unit(table):
    path = table(HEAD + "A,x,2015,1\n")
    path.with_name("t.meta.toml").write_text("times = { employment = 1000 }\n")
    with pytest.raises(HansaError, match="as they stand in the files"):
        hansa.reduce(path)


@pytest.mark.parametrize("name", ["t.xlsx", "t.sav", "t"])
def test_other_formats_are_refused(name, table):
    with pytest.raises(HansaError) as refused:
        hansa.reduce(table(HEAD, name))
    assert refused.value.finding.admissible == "csv, tsv, txt, parquet"


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        (
            {"describe": {"level": {"activity": "class"}}},
            "reduce adds up rows as they stand in the files",
        ),
        ({"by": []}, "there is nothing to group by"),
        ({"by": ["geo", "employment"]}, "a measure cannot be a group"),
    ],
)
def test_wrong_usage(arguments, rule, table):
    with pytest.raises(UsageError) as refused:
        hansa.reduce(table(HEAD + "A,x,2015,1\n"), **arguments)
    assert refused.value.finding.rule == rule


# The command


def hansa_command(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-c", "from hansa.cli import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )


@pytest.mark.parametrize("name", ["facts.csv", "facts.parquet"])
def test_the_result_of_the_command_is_computed_on_without_further_words(name, tmp_path):
    (tmp_path / "rows.csv").write_text(
        "region,activity,year,jobs,flag\n"
        "A,x,2020,10,p\nA,x,2020,20,\nA,y,2020,70,\nB,x,2020,20.5,\nB,x,2020,,c\nB,y,2020,180,\n"
    )
    columns = "geo=region,time=year,employment=jobs,employment_status=flag"
    done = hansa_command(tmp_path, "reduce", "rows.csv", "--columns", columns, "--out", name)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"{name}: 4 rows\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([name, "rows.csv"])
    computed = hansa_command(tmp_path, "compute", "employment", "--facts", name)
    assert computed.stdout == (
        "geo,activity,time,value,status\nA,x,2020,30,p\nA,y,2020,70,\nB,x,2020,,c\nB,y,2020,180,\n"
    )


def test_the_command_prints_csv_without_out(tmp_path):
    (tmp_path / "rows.csv").write_text(HEAD + "A,x,2020,10\nA,x,2020,20\n")
    done = hansa_command(tmp_path, "reduce", "rows.csv", "--where", "activity=x")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == HEAD + "A,x,2020,30\n"


def test_a_refused_file_leaves_the_output_as_it_was(tmp_path):
    (tmp_path / "rows.csv").write_text(HEAD + "A,x,2020,many\n")
    (tmp_path / "facts.csv").write_text("results of last week\n")
    done = hansa_command(tmp_path, "reduce", "rows.csv", "--out", "facts.csv")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "hansa: text stands where a number is needed\n"
        "  where:  rows.csv, row 2, column employment\n"
        "  found:  'many'\n"
        "  needed: numbers such as 1234 or 1234.5; an empty cell for a missing value\n"
        "  do:     correct the cells, name a mark as missing in NAME.meta.toml, or leave such rows"
        " out: --where COLUMN=VALUE\n"
    )
    assert (tmp_path / "facts.csv").read_text() == "results of last week\n"
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("how", ["asked", "described"])
def test_size_classes_are_not_added_up(table, how):
    """The 0 beside an E stands for 250 to 499 jobs."""
    path = table("geo,activity,time,employment,flag\nSE11,01,2015,0,E\nSE11,01,2015,5,\n")
    columns = {"employment_class": "flag"}
    if how == "described":
        table('[columns]\nemployment_class = "flag"\n', "t.meta.toml")
    with pytest.raises(HansaError) as error:
        hansa.reduce([path], describe={"columns": columns} if how == "asked" else None)
    assert "size classes cannot be added up" in str(error.value)
    assert "flag" in str(error.value)


def test_points_that_may_part_thousands_are_asked_about(tmp_path) -> None:
    path = tmp_path / "jobs.csv"
    head = "geo,activity,time,employment\n"
    path.write_text(head + "A,x,2020,1.200\nA,y,2020,850\nB,x,2020,12.450\n")

    def sums(**said: str) -> list:
        found = hansa.reduce(path, ("geo",), describe=said)
        return [float(v) for v in found["employment"].to_pylist()]

    with pytest.raises(HansaError, match="part thousands or be the decimal mark"):
        sums()
    assert sums(thousands=".", decimal=",") == [2050, 12450]
    assert sums(decimal=".") == [851.2, 12.45]
    path.write_text(head + "A,x,2020,1.200\nA,y,2020,850.5\n")
    assert sums() == [851.7]
