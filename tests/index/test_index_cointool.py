"""Workbooks: the layout of the COIN Tool, and our own two sheets."""

from __future__ import annotations

import math
import random
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from hansa.errors import HansaError
from hansa.index.cointool import read_coin_tool
from hansa.index.cointool_write import write_coin_tool
from hansa.index.metadata import tree_of
from hansa.index.reading import data_of
from hansa.index.workbook import (
    cell_name,
    columns_of,
    read_workbook,
    write_book,
    write_workbook,
)
from hansa.sources import excel

# A small index in the layout of the tool, as the tool itself leaves it: column A empty, headings
# above, one level (sub-index) unused, prepared columns and rows without anything in them.
NAMES = ["Early leavers", "Recent graduates", "Activity rate", "Unemployment"]
WEIGHTS, DIRECTIONS = [0.7, 0.3, 1, 1], [-1, 1, 1, -1]
SUB_PILLARS, PILLARS = ["sp.01", "sp.01", "sp.02", "sp.03"], ["p.01", "p.01", "p.01", "p.02"]
FRAME = [("Index", 1, "Skills"), ("p.01", 0.6, "Activation"), ("p.02", 0.4, "Matching")]
FRAME += [("sp.01", 0.5, "Transition"), ("sp.02", 0.5, "Activity"), ("sp.03", 1, "Jobs")]


def tool_book(header: int = 4, name_column: str = "H") -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Database"
    sheet["B2"] = "COIN Tool"
    sheet.merge_cells("B2:H3")
    sheet["C4"] = "#N/A"
    for i, text in enumerate(("weights", "directions", "lower", "upper")):
        sheet.cell(7 + i, 2, text)
    for j in range(8):
        sheet.cell(16, 5 + j, f"ind.{j + 1:02d}")
    for j, name in enumerate(NAMES):
        values = [
            WEIGHTS[j],
            DIRECTIONS[j],
            "n/a",
            "n/a",
            "Index",
            "si.01",
            PILLARS[j],
            SUB_PILLARS[j],
        ]
        for i, value in enumerate([*values, name]):
            sheet.cell(7 + i, 5 + j, value)
    sheet["F9"], sheet["F10"] = 0, 12.5
    units = [("Namibia", "NA"), ("Sweden", "SE"), ("Latvia", "LV")]
    for i, (name, code) in enumerate(units):
        sheet.cell(17 + i, 2, name)
        sheet.cell(17 + i, 3, code)
        for j in range(4):
            sheet.cell(17 + i, 5 + j, "n/a" if (i, j) == (1, 2) else 10 * i + j + 1 / 3)
    frame = book.create_sheet("Framework")
    frame["B2"] = "Framework"
    frame[f"C{header}"], frame[f"{name_column}{header}"] = "Code", "Dimension/indicator"
    for i, (code, weight, name) in enumerate(FRAME):
        row = header + 1 + i
        frame[f"C{row}"], frame[f"E{row}"], frame[f"H{row}"] = code, weight, name
    for row in range(header + 1 + len(FRAME), header + 20):
        frame[f"C{row}"], frame[f"{name_column}{row}"] = "sp.09", "--"
    frame[f"C{header + 20}"], frame[f"H{header + 20}"] = "ind.01", NAMES[0]
    book.create_sheet("Heatmap")
    return book


def saved(book: openpyxl.Workbook, folder: Path, name: str = "tool.xlsx") -> Path:
    book.save(folder / name)
    return folder / name


@pytest.mark.parametrize(("header", "column"), [(4, "H"), (5, "H"), (4, "D")])
def test_a_workbook_as_the_tool_leaves_it(tmp_path, header, column) -> None:
    book = tool_book(header, column)
    if column == "D":
        for i, (_, _, name) in enumerate(FRAME):
            book["Framework"][f"D{header + 1 + i}"] = name
    metadata, data = read_coin_tool(saved(book, tmp_path))
    tree = tree_of(metadata)
    assert [n.code for n in tree.indicators] == ["ind.01", "ind.02", "ind.03", "ind.04"]
    assert [n.name for n in tree.indicators] == NAMES
    assert [n.weight for n in tree.indicators] == WEIGHTS
    assert [n.direction for n in tree.indicators] == DIRECTIONS
    assert [n.parent for n in tree.indicators] == SUB_PILLARS
    assert (tree.nodes[1].goalpost_low, tree.nodes[1].goalpost_high) == (0, 12.5)
    assert tree.nodes[0].goalpost_low is None
    above = {n.code: (n.parent, n.weight, n.name) for n in tree.nodes[4:]}
    assert above == {
        "sp.01": ("p.01", 0.5, "Transition"),
        "sp.02": ("p.01", 0.5, "Activity"),
        "sp.03": ("p.02", 1, "Jobs"),
        "p.01": ("Index", 0.6, "Activation"),
        "p.02": ("Index", 0.4, "Matching"),
        "Index": ("", 1, "Skills"),
    }
    assert [(r["unit"], r["name"]) for r in data] == [
        ("NA", "Namibia"),
        ("SE", "Sweden"),
        ("LV", "Latvia"),
    ]
    assert data[1]["ind.03"] is None
    assert data[2]["ind.04"] == pytest.approx(23 + 1 / 3, rel=1e-15)
    assert np.isnan(data_of(tree, columns_of(data)).values).sum() == 1


FAULTS = [
    ("Database", "G18", "many", "sheet Database, cell G18", "no number"),
    ("Database", "E8", 2, "sheet Database, cell E8", "1 or -1"),
    ("Database", "E8", None, "sheet Database, cell E8", "an empty cell"),
    ("Database", "H7", None, "sheet Database, cell H7", "weight"),
    ("Database", "H7", -1, "sheet Database, cell H7", "0 or more"),
    (
        "Database",
        "F16",
        "ind.01",
        "sheet Database, cell F16",
        "ind.01 stands twice, here and in E16",
    ),
    ("Database", "F16", None, "sheet Database, cell F16", "no code"),
    ("Database", "C19", "SE", "sheet Database, cell C19", "SE stands twice, here and in C18"),
    ("Database", "C19", None, "sheet Database, cell C19", "the unit has no code"),
    ("Database", "G14", None, "sheet Database, cell G14", "names no aggregate"),
    ("Database", "G14", "sp.07", "sheet Database, cell G14", "sp.07 is not in the sheet Framework"),
    ("Database", "F13", "p.02", "sheet Database, cell F14", "under p.02 here, under p.01 in E14"),
    ("Database", "F9", "low", "sheet Database, cell F9", "no number"),
    ("Framework", "E7", "x", "sheet Framework, cell E7", "no number"),
    ("Framework", "E7", None, "sheet Framework, cell E7", "p.02 has no weight"),
    ("Framework", "C8", "sp.02", "sheet Framework, cell C9", "sp.02 stands twice"),
    ("Framework", "H4", "Name", "sheet Framework, cells C4 to H4", "Dimension/indicator"),
    ("Database", "F18", "=1/0", "sheet Database, cell F18", "without its result"),
]


@pytest.mark.parametrize(("sheet", "cell", "value", "place", "text"), FAULTS)
def test_faults_name_sheet_and_cell(tmp_path, sheet, cell, value, place, text) -> None:
    book = tool_book()
    book[sheet][cell] = value
    with pytest.raises(HansaError) as problem:
        read_coin_tool(saved(book, tmp_path))
    assert place in str(problem.value)
    assert text in str(problem.value)


def test_all_faults_are_told_at_once(tmp_path) -> None:
    book = tool_book()
    book["Database"]["G18"] = "many"
    book["Database"]["E8"] = 0
    with pytest.raises(HansaError, match="2 things are wrong") as problem:
        read_coin_tool(saved(book, tmp_path))
    assert "G18" in str(problem.value)
    assert "E8" in str(problem.value)


def test_merged_cells_matter_only_where_values_stand(tmp_path) -> None:
    book = tool_book()
    book["Database"].merge_cells("E17:E18")
    with pytest.raises(HansaError, match="cells E17:E18"):
        read_coin_tool(saved(book, tmp_path))


def test_an_error_among_the_values_is_named(tmp_path) -> None:
    book = tool_book()
    book["Database"]["F18"] = "#DIV/0!"
    book["Database"]["F18"].data_type = "e"
    with pytest.raises(HansaError, match="cell F18"):
        read_coin_tool(saved(book, tmp_path))


def test_other_files_are_refused(tmp_path, monkeypatch) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    with pytest.raises(HansaError, match=r"\.xlsx or \.xlsm"):
        read_coin_tool(tmp_path / "a.csv")
    (tmp_path / "b.xlsx").write_bytes(b"no archive")
    with pytest.raises(HansaError, match="cannot be opened"):
        read_coin_tool(tmp_path / "b.xlsx")
    book = tool_book()
    del book["Framework"]
    with pytest.raises(HansaError, match="no sheet 'Framework'") as problem:
        read_coin_tool(saved(book, tmp_path))
    assert "Database, Heatmap" in str(problem.value)
    empty = tool_book()
    empty["Database"].delete_rows(7, 20)
    with pytest.raises(HansaError, match="holds no indicator"):
        read_coin_tool(saved(empty, tmp_path))
    far = tool_book()
    far["Database"]["XFD1048576"] = 1
    with pytest.raises(HansaError, match="more cells than can be read safely"):
        read_coin_tool(saved(far, tmp_path))
    monkeypatch.setattr(excel, "MOST_BYTES", 2000)
    with pytest.raises(HansaError, match="unpacks to more"):
        read_coin_tool(saved(tool_book(), tmp_path))


def asem(hansa_data) -> tuple[list[dict], list[dict]]:
    meta = pd.read_csv(hansa_data / "composite" / "asem_imeta.csv", keep_default_na=False)
    data = pd.read_csv(hansa_data / "composite" / "asem_idata.csv")
    rows = data.astype(object).where(data.notna(), None)
    return meta.to_dict("records"), rows.to_dict("records")


def test_asem_there_and_back(hansa_data, tmp_path) -> None:
    metadata, data = asem(hansa_data)
    path = tmp_path / "asem.xlsx"
    with pytest.raises(HansaError, match="cannot hold all of this index") as problem:
        write_coin_tool(path, metadata, data)
    assert not path.exists()
    lost = write_coin_tool(path, metadata, data, lossy=True)
    for text in ("unit of LPI", "target of LPI", "denominator of Flights", "group GDP_group",
                 "denominator Energy", "the year 2018"):  # fmt: skip
        assert any(text in one for one in lost), text
        assert text in str(problem.value)
    before = tree_of(metadata)
    metadata_back, data_back = read_coin_tool(path)
    after = tree_of(metadata_back)
    held = ("code", "indicator", "parent", "direction", "weight", "name", "level")
    for old, new in zip(before.nodes, after.nodes, strict=True):
        assert [getattr(old, k) for k in held] == [getattr(new, k) for k in held]
    x = data_of(before, columns_of([dict(r) for r in data]))
    y = data_of(after, columns_of(data_back))
    assert (x.units, x.names) == (y.units, y.names)
    np.testing.assert_array_equal(x.values, y.values)
    assert np.isnan(y.values).sum() == 63


def test_asem_as_another_reader_of_the_layout_sees_it(hansa_data, tmp_path) -> None:
    """Cells by position, with openpyxl and pandas, in the ranges COINr reads."""
    metadata, data = asem(hansa_data)
    path = tmp_path / "asem.xlsx"
    write_coin_tool(path, metadata, data, lossy=True)
    sheet = openpyxl.load_workbook(path)["Database"]
    table = pd.DataFrame([[c.value for c in row] for row in sheet["E16:CY315"]])
    codes = [c for c in table.iloc[0] if c]
    assert codes == [f"ind.{i:02d}" for i in range(1, 50)]
    values = table.iloc[1:].replace("n/a", None).dropna(how="all").dropna(how="all", axis=1)
    raw = pd.read_csv(hansa_data / "composite" / "asem_idata.csv")
    leaves = [r["iCode"] for r in metadata if r["Type"] == "Indicator"]
    np.testing.assert_array_equal(values.to_numpy(float), raw[leaves].to_numpy(float))
    assert [c[0].value for c in sheet["C17:C67"]] == list(raw.uCode)
    assert [c[0].value for c in sheet["B17:B67"]] == list(raw.uName)
    rows = {i: [sheet.cell(i, j).value for j in range(5, 54)] for i in range(7, 16)}
    assert rows[7] == [1] * 49
    assert rows[8] == [int(r["Direction"]) for r in metadata if r["Type"] == "Indicator"]
    assert rows[15] == [r["iName"] for r in metadata if r["Type"] == "Indicator"]
    assert (set(rows[11]), set(rows[12])) == ({"Index"}, {"si.01"})  # three levels are used
    assert set(rows[13]) == {"p.01", "p.02"}
    assert set(rows[14]) == {f"sp.{i:02d}" for i in range(1, 9)}
    frame = openpyxl.load_workbook(path)["Framework"]
    header = [c.value for c in frame["C4:H4"][0]]
    assert "Dimension/indicator" in header
    body = [[c.value for c in row] for row in frame["C5:H52"]]
    listed = [(r[0], r[2], r[5]) for r in body if r[header.index("Dimension/indicator")] != "--"]
    assert listed[0] == ("Index", 1, "Sustainable Connectivity")
    assert listed[1] == ("p.01", 1, "Connectivity")
    assert listed[3] == ("sp.01", 1, "Physical")
    assert len(listed) == 11


def small(depth: int, leaves: int = 2, units: int = 2) -> tuple[list[dict], list[dict]]:
    metadata = [
        {
            "code": f"i{j}",
            "type": "indicator",
            "parent": f"a{depth}",
            "direction": 1,
            "weight": j + 0.1,
        }
        for j in range(leaves)
    ]
    for level in range(1, depth + 1):
        parent = f"a{level - 1}" if level > 1 else ""
        metadata.append({"code": f"a{level}", "type": "aggregate", "parent": parent, "weight": 1})
    data = [
        {"unit": f"u{i}", "name": "", **{f"i{j}": i * j + 0.5 for j in range(leaves)}}
        for i in range(units)
    ]
    return metadata, data


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_every_depth_the_tool_has(tmp_path, depth) -> None:
    metadata, data = small(depth)
    assert write_coin_tool(tmp_path / "a.xlsx", metadata, data) == []
    back, values = read_coin_tool(tmp_path / "a.xlsx")
    assert tree_of(back).nodes == tree_of(metadata).nodes
    assert values == data


def test_limits_of_the_layout(tmp_path) -> None:
    path = tmp_path / "a.xlsx"
    for (metadata, data), text in (
        (small(5), "5 levels of aggregates"),
        (small(1, leaves=100), "100 indicators"),
        (small(1, units=300), "300 units"),
    ):
        with pytest.raises(HansaError, match=text) as problem:
            write_coin_tool(path, metadata, data, lossy=True)
        assert "at most" in str(problem.value)
    write_coin_tool(path, *small(1, leaves=99, units=299))
    metadata, data = read_coin_tool(path)
    assert (len(metadata), len(data)) == (100, 299)
    metadata, data = small(2)
    metadata[0]["parent"] = "a1"
    with pytest.raises(HansaError, match="i0 with fewer aggregates above"):
        write_coin_tool(path, metadata, data, lossy=True)
    metadata, data = small(1)
    years = [{**row, "year": y} for row in data for y in (2008, 2009)]
    with pytest.raises(HansaError, match="years 2008, 2009"):
        write_coin_tool(path, metadata, years, lossy=True)
    data[0]["unit"] = "0"
    with pytest.raises(HansaError, match="units '0'"):
        write_coin_tool(path, metadata, data)
    with pytest.raises(HansaError, match="no column of units"):
        write_coin_tool(path, metadata, [{"i0": 1, "i1": 2}])


def test_own_workbook_keeps_everything(tmp_path) -> None:
    random.seed(3)
    numbers = [random.uniform(-1, 1) * 10 ** random.randint(-12, 12) for _ in range(200)]
    metadata = [
        {"code": "a", "type": "indicator", "parent": "top", "direction": -1, "weight": 1 / 3,
         "name": "=1+1", "unit": "per cent", "target": 0.1, "first_year": 2006, "note": "ä ø"},
        {"code": "b", "type": "indicator", "parent": "top", "direction": 1, "weight": 2.0,
         "name": None, "unit": None, "target": None, "first_year": None, "note": "02"},
        {"code": "top", "type": "aggregate", "parent": None, "direction": 1, "weight": 1.0,
         "name": "Top", "unit": None, "target": None, "first_year": None, "note": None},
        {"code": "land", "type": "group", "parent": None, "direction": None, "weight": None,
         "name": None, "unit": None, "target": None, "first_year": None, "note": None},
    ]  # fmt: skip
    data = [
        {"unit": f"{i:03d}", "name": "NA", "year": 2006 + i, "land": "x", "a": v, "b": None}
        for i, v in enumerate(numbers)
    ]
    path = tmp_path / "own.xlsx"
    write_workbook(path, metadata, data)
    back, values = read_workbook(path)
    assert back == metadata
    assert values == data
    first = path.read_bytes()
    write_workbook(path, metadata, data)
    assert path.read_bytes() == first


def test_own_workbook_names_the_cell(tmp_path) -> None:
    path = tmp_path / "own.xlsx"
    metadata, data = small(1)
    metadata[0]["weight"] = "heavy"
    data[1]["i1"] = "many"
    write_workbook(path, metadata, data)
    with pytest.raises(HansaError, match="2 things") as problem:
        read_workbook(path)
    assert "sheet indicators, cell E2" in str(problem.value)
    assert "sheet data, cell D3" in str(problem.value)
    write_book(path, [("indicators", [(1, 1, "code"), (1, 2, "code")]), ("data", [(1, 1, "unit")])])
    with pytest.raises(HansaError, match="stands twice") as problem:
        read_workbook(path)
    assert "sheet data: the sheet has no rows" in str(problem.value)
    with pytest.raises(HansaError, match="no sheet 'indicators'"):
        read_workbook(saved(tool_book(), tmp_path))
    with pytest.raises(HansaError, match="infinite") as problem:
        write_workbook(path, metadata, [{"unit": "u", "i0": math.inf}])
    assert "sheet data, cell B2" in str(problem.value)


def test_own_workbook_reads_the_names_of_coinr(hansa_data, tmp_path) -> None:
    metadata, data = asem(hansa_data)
    write_workbook(tmp_path / "asem.xlsx", metadata, data)
    back, values = read_workbook(tmp_path / "asem.xlsx")
    assert set(back[0]) == {
        "level", "code", "name", "direction", "weight", "unit", "target", "denominator",
        "parent", "type",
    }  # fmt: skip
    assert tree_of(back) == tree_of(metadata)
    x = data_of(tree_of(metadata), columns_of([dict(r) for r in data]))
    y = data_of(tree_of(back), columns_of(values))
    np.testing.assert_array_equal(x.values, y.values)
    np.testing.assert_array_equal(x.time, y.time)
    for name, column in x.denominators.items():
        np.testing.assert_array_equal(column, y.denominators[name])
    assert x.groups == y.groups


def test_cell_names() -> None:
    assert [cell_name(1, j) for j in (1, 26, 27, 52, 103, 702, 703)] == [
        "A1", "Z1", "AA1", "AZ1", "CY1", "ZZ1", "AAA1",
    ]  # fmt: skip
