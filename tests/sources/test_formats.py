"""The same facts in every format, type and frame give the same panel."""

from __future__ import annotations

from decimal import Decimal

import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

import hansa
from hansa.files import write_panel

NACE = {"classification": "nace:2", "geography": "nuts:2013"}

TABLE = [
    ("geo", "activity", "time", "employment", "employment_status"),
    ("SE11", "0161", 2015, 12, "p"),
    ("SE11", "1011", 2015, None, "c"),
    ("SE12", "0161", 2015, 30.5, ""),
    ("SE12", "1011", 2016, 0, ""),
]
PANEL = [
    ("SE11", "01.61", 2015, 12.0, "p"),
    ("SE11", "10.11", 2015, None, "c"),
    ("SE12", "01.61", 2015, 30.5, ""),
    ("SE12", "10.11", 2016, 0.0, ""),
]


def values(panel):
    """The rows of a panel as tuples: geo, activity, time, value, status."""
    return [(r["geo"], r["activity"], r["time"], r["value"], r["status"]) for r in panel.rows()]


def csv_text(rows=TABLE, separator=","):
    return "".join(separator.join("" if v is None else str(v) for v in row) + "\n" for row in rows)


def arrow(rows=TABLE):
    names, *body = rows
    columns = zip(*body, strict=True)
    return pa.table({name: list(column) for name, column in zip(names, columns, strict=True)})


def as_csv(path):
    path.write_text(csv_text())


def as_crlf(path):
    path.write_bytes(csv_text().replace("\n", "\r\n").encode())


def as_old_mac(path):
    path.write_bytes(csv_text().replace("\n", "\r").encode())


def without_last_line_end(path):
    path.write_text(csv_text().rstrip("\n"))


def with_empty_lines(path):
    path.write_text("\n" + csv_text().replace("\n", "\n\n"))


def in_quotes(path):
    lines = csv_text().splitlines()
    path.write_text("".join('"' + line.replace(",", '","') + '"\n' for line in lines))


def with_unnamed_blank_columns(path):
    path.write_text("".join(line + ",,\n" for line in csv_text().splitlines()))


def as_tabs(path):
    path.write_text(csv_text(separator="\t"))


def as_parquet(path):
    pq.write_table(arrow(), path)


def by_openpyxl(path):
    book = openpyxl.Workbook()
    for row in TABLE:
        book.active.append(list(row))
    book.save(path)


def by_xlsxwriter(path):
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Jobs")
    for i, row in enumerate(TABLE):
        for j, value in enumerate(row):
            sheet.write(i + 2, j + 1, value)
    book.close()


def second_sheet(path):
    book = openpyxl.Workbook()
    book.active.append(["notes"])
    for row in TABLE:
        (book["Jobs"] if "Jobs" in book.sheetnames else book.create_sheet("Jobs")).append(row)
    book.save(path)


@pytest.mark.parametrize(
    ("name", "write", "more"),
    [
        ("t.csv", as_csv, {}),
        ("t.csv", as_crlf, {}),
        ("t.csv", as_old_mac, {}),
        ("t.csv", without_last_line_end, {}),
        ("t.csv", with_empty_lines, {}),
        ("t.csv", in_quotes, {}),
        ("t.csv", with_unnamed_blank_columns, {}),
        ("t.txt", as_csv, {}),
        ("T.CSV", as_csv, {}),
        ("t.tsv", as_tabs, {}),
        ("t.csv", as_tabs, {"delimiter": "\t"}),
        ("t.csv", as_tabs, {"delimiter": "\\t"}),
        ("t.parquet", as_parquet, {}),
        ("t.xlsx", by_openpyxl, {}),
        ("t.xlsx", by_xlsxwriter, {}),
        ("t.xlsx", second_sheet, {"sheet": "Jobs"}),
    ],
    ids=lambda x: getattr(x, "__name__", None),
)
def test_every_format_gives_the_same_panel(name, write, more, tmp_path):
    write(tmp_path / name)
    panel = hansa.read(tmp_path / name, describe=NACE | more)
    assert values(panel) == PANEL
    assert panel.header.classification == "nace:2"


@pytest.mark.parametrize(
    "encoding", ["latin-1", "cp1252", "utf-16", "utf-8-sig", "utf-16-le", "UTF-8"]
)
def test_another_encoding_is_read_when_named(encoding, tmp_path):
    text = "geo,activity,time,employment\nMalmö,Köttförädling,2015,12\n"
    (tmp_path / "t.csv").write_bytes(text.encode(encoding))
    panel = hansa.read(tmp_path / "t.csv", describe={"encoding": encoding})
    assert values(panel) == [("Malmö", "Köttförädling", 2015, 12.0, "")]


@pytest.mark.parametrize(
    ("column", "given"),
    [
        ("geo", pa.array(["SE11", "SE12"]).dictionary_encode()),
        ("geo", pa.array(["SE11", "SE12"], pa.large_string())),
        ("geo", pa.array(["SE11", "SE12"], pa.large_string()).dictionary_encode()),
        ("geo", pa.array(["SE11", "SE12"], pa.string_view())),
        ("geo", pa.array([b"SE11", b"SE12"])),
        ("activity", pa.array([1011, 1012])),
        ("activity", pa.array([1011, 1012], pa.int16()).dictionary_encode()),
        ("time", pa.array([2015, 2016], pa.int16())),
        ("time", pa.array([2015.0, 2016.0])),
        ("time", pa.array(["2015", "2016"])),
        ("time", pa.array(["2015", "2016"]).dictionary_encode()),
        ("employment", pa.array([7, 8], pa.int8())),
        ("employment", pa.array([7, 8], pa.uint64())),
        ("employment", pa.array([7, 8], pa.float32())),
        ("employment", pa.array([Decimal("7.00"), Decimal("8.00")], pa.decimal128(9, 2))),
        ("employment", pa.array(["7", "8"])),
        ("employment", pa.array(["7", "8.0"], pa.large_string())),
        ("employment", pa.array([7, 8]).dictionary_encode()),
        ("status", pa.nulls(2)),
        ("status", pa.array([float("nan"), None])),
        ("status", pa.array(["", None]).dictionary_encode()),
    ],
    ids=lambda x: str(getattr(x, "type", x)).split("<")[0],
)
def test_every_usual_type_of_a_column(column, given, tmp_path):
    plain = {
        "geo": pa.array(["SE11", "SE12"]),
        "activity": pa.array(["1011", "1012"]),
        "time": pa.array([2015, 2016]),
        "employment": pa.array([7, 8]),
    }
    table = pa.table({**plain, column: given})
    wanted = [("SE11", "10.11", 2015, 7.0, ""), ("SE12", "10.12", 2016, 8.0, "")]
    assert values(hansa.read(table, describe={"classification": "nace:2"})) == wanted
    pq.write_table(table, tmp_path / "t.parquet")
    read = hansa.read(tmp_path / "t.parquet", describe={"classification": "nace:2"})
    assert values(read) == wanted


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        (pa.float64(), None),
        (pa.float64(), float("nan")),
        (pa.float32(), float("nan")),
        (pa.int16(), None),
        (pa.decimal128(9, 1), None),
    ],
)
def test_null_and_nan_are_missing_never_zero(kind, missing):
    table = pa.table(
        {
            "geo": ["SE11", "SE12"],
            "activity": ["C", "C"],
            "time": [2015, 2015],
            "employment": pa.array([7, missing], kind, from_pandas=False),
        }
    )
    assert values(hansa.read(table)) == [
        ("SE11", "C", 2015, 7.0, ""),
        ("SE12", "C", 2015, None, "m"),
    ]


FRAME = {
    "geo": ["SE11", "SE12"],
    "activity": ["C", "C"],
    "time": [2015, 2015],
    "employment": [7.0, None],
    "sex": ["T", "T"],
}


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(FRAME),
        pd.DataFrame(FRAME).astype({"geo": "category", "employment": "Int64"}),
        pl.DataFrame(FRAME),
        pl.DataFrame(FRAME).with_columns(pl.col("geo", "activity", "sex").cast(pl.Categorical)),
        pa.table(FRAME),
        pa.table(FRAME).to_reader(),
    ],
    ids=["pandas", "pandas categories", "polars", "polars categories", "arrow", "a stream"],
)
def test_frames_are_read_and_computed_on(frame):
    panel = hansa.read(frame, describe={"where": {"sex": "T"}})
    assert values(panel) == [("SE11", "C", 2015, 7.0, ""), ("SE12", "C", 2015, None, "m")]


def test_compute_takes_a_frame():
    frame = pd.DataFrame(
        {
            "geo": ["A", "A", "B", "B"],
            "activity": ["x", "y", "x", "y"],
            "time": 2020,
            "employment": [30, 70, 20, 180],
        }
    )
    panel = hansa.compute("location_quotient_total", frame, min_cell=0)
    assert [r["value"] for r in panel.rows()] == [1.8, 0.84, 0.6, 1.08]
    assert (
        panel.rows()
        == hansa.compute("location_quotient_total", pl.from_pandas(frame), min_cell=0).rows()
    )


# One year a row group is streamed: nothing of it shows.


def big():
    """Regions x classes x years with missing cells, statuses and bounds, years in any order."""
    rows = []
    for time in (2016, 2015, 2017):
        for g in range(7):
            for a in range(11):
                n = (g * 31 + a * 17 + time * 7) % 101
                value = None if n % 13 == 0 else n
                low, high = (None, None) if value is None else (max(value - 2, 0), value + 2)
                flag = "c" if n == 0 else "p" if n % 5 == 0 else ""
                rows.append((f"R{g}", f"A{a:02d}", time, value, flag, low, high))
    names = ["geo", "activity", "time", "employment", "employment_status"]
    return [(*names, "employment_lower", "employment_upper"), *rows]


def test_streaming_gives_the_same_as_reading_at_once_and_as_csv(tmp_path):
    rows = big()
    table = arrow(rows)
    with pq.ParquetWriter(tmp_path / "streamed.parquet", table.schema) as writer:
        for time in (2016, 2015, 2017):
            own = table.filter(pa.compute.equal(table["time"], time))
            writer.write_table(own, row_group_size=len(own))
    pq.write_table(table, tmp_path / "eager.parquet")
    text = table.set_column(2, "time", table["time"].cast(pa.string()))
    pq.write_table(text, tmp_path / "text.parquet")
    (tmp_path / "t.csv").write_text(csv_text(rows))
    names = ["streamed.parquet", "eager.parquet", "text.parquet", "t.csv"]
    panels = [hansa.read(tmp_path / name) for name in names]
    wanted = panels[0].rows()
    assert len(wanted) == 3 * 7 * 11
    assert [(r["time"], r["geo"], r["activity"]) for r in wanted] == sorted(
        (r[2], r[0], r[1]) for r in rows[1:]
    )
    for panel in panels[1:]:
        assert panel.rows() == wanted
    results = [
        hansa.compute("growth_rate", tmp_path / name, describe={"absent_rows": "unknown"}).rows()
        for name in names
    ]
    assert results[1:] == [results[0]] * 3


def test_a_streamed_year_may_span_several_row_groups(tmp_path):
    table = arrow(big())
    table = table.take(pa.compute.sort_indices(table["time"]))
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=77)
    pq.write_table(table, tmp_path / "halves.parquet", row_group_size=11)
    assert (
        hansa.read(tmp_path / "t.parquet").rows() == hansa.read(tmp_path / "halves.parquet").rows()
    )


def test_a_cell_of_a_streamed_file_is_refused_with_its_row(tmp_path):
    table = pa.table(
        {
            "geo": ["A", "B", "A", "B"],
            "activity": ["x"] * 4,
            "time": [2015, 2015, 2016, 2016],
            "employment": [1.0, 2.0, 3.0, -4.0],
        }
    )
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=2)
    with pytest.raises(hansa.HansaError) as refused:
        hansa.read(tmp_path / "t.parquet")
    assert refused.value.finding.place == f"{tmp_path}/t.parquet, row 4, column employment"


# What Hansa writes, Hansa reads, header and all.


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_a_panel_written_to_a_file_is_read_back_with_its_header(name, tmp_path):
    pq.write_table(arrow(), tmp_path / "t.parquet")
    describe = {
        **NACE,
        "absent_rows": "unknown",
        "unit": {"employment": "jobs"},
        "source": "Statistics of nowhere",
        "licence": "CC0",
        "vintage": "2024-05-01",
        "note": "Jobs at the place of work.",
    }
    panel = hansa.read(tmp_path / "t.parquet", describe=describe)
    write_panel(panel, tmp_path / name)
    again = hansa.read(tmp_path / name)
    assert values(again) == values(panel)
    assert again.header.steps == (*panel.header.steps, f"read employment from {name}")
    assert again.with_header(steps=panel.header.steps).header == panel.header


def test_bounds_and_estimated_shares_of_a_panel_come_back(tmp_path):
    table = arrow(big()).append_column("employment_estimated", pa.array([0.25] * (3 * 7 * 11)))
    panel = hansa.read(table)
    for name in ("out.csv", "out.parquet"):
        write_panel(panel, tmp_path / name)
        assert hansa.read(tmp_path / name).rows() == panel.rows()


def test_a_panel_in_memory_keeps_its_header():
    panel = hansa.read(arrow(), describe=NACE)
    again = hansa.read(panel)
    assert values(again) == PANEL
    assert again.header.classification == "nace:2"
    assert hansa.read(panel.to_arrow()).rows() == panel.rows()


def test_clusters_of_a_panel_become_activities_of_a_local_list(tmp_path):
    rows = [TABLE[0][:4], ("SE11", "16", 2015, 12), ("SE11", "29", 2015, 30)]
    sizes = hansa.compute("employment", arrow(rows), "hansa-divisions", describe=NACE)
    write_panel(sizes, tmp_path / "sizes.parquet")
    read = hansa.read(tmp_path / "sizes.parquet")
    assert read.header.classification == "local"
    assert {(r["activity"], r["value"]) for r in read.rows()} >= {("vehicles", 30.0)}


def test_what_is_given_wins_over_the_metadata_and_the_meta_file_stands_between(tmp_path):
    panel = hansa.read(arrow(), describe={**NACE, "source": "metadata", "licence": "metadata"})
    write_panel(panel, tmp_path / "t.parquet")
    assert hansa.read(tmp_path / "t.parquet").header.source == "metadata"
    (tmp_path / "t.meta.toml").write_text('source = "meta file"\nvintage = 2024-05-01\n')
    header = hansa.read(tmp_path / "t.parquet").header
    assert (header.source, header.licence, header.vintage) == (
        "meta file",
        "metadata",
        "2024-05-01",
    )
    header = hansa.read(tmp_path / "t.parquet", describe={"source": "given"}).header
    assert (header.source, header.vintage) == ("given", "2024-05-01")


def test_a_header_of_a_panel_that_cannot_be_read_is_refused(tmp_path):
    table = arrow().replace_schema_metadata({b"hansa": b'{"colour": "red"}'})
    pq.write_table(table, tmp_path / "t.parquet")
    with pytest.raises(hansa.HansaError) as refused:
        hansa.read(tmp_path / "t.parquet")
    assert str(refused.value) == (
        "the header of a panel cannot be read\n"
        f"  where:  {tmp_path}/t.parquet\n"
        "  found:  no key 'dims'\n"
        "  needed: the header that Hansa writes with a result\n"
        "  do:     compute the result again, or remove its header and give one by options"
    )
