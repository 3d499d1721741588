"""Tables to the data of an index: wide or long, one year or many; faults are collected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from hansa.errors import Finding, HansaError, fault, listed, refuse
from hansa.index.data import IndexData
from hansa.index.metadata import tree_of
from hansa.index.recipe import PLAIN, Recipe, recipe_of
from hansa.index.tree import Floats, IndexTree, Ints

NAMES = {"uCode": "unit", "uName": "name", "Time": "year", "time": "year", "iCode": "indicator"}
MISSING = ("NA", "NaN", "n/a", "..", "…", ":", "-", "null", "None")
LONG = ("unit", "indicator", "value")


def read_index(
    indicators: Any, data: Any, names: tuple[str, str] = ("indicators", "data")
) -> tuple[IndexTree, IndexData]:
    """Tree and data of an index from two tables (paths, or anything of the Arrow C stream).

    Raises HansaError with every fault of a table at once.
    """
    meta = read_table(indicators)
    rows = [dict(zip(meta, r, strict=True)) for r in zip(*meta.values(), strict=True)]
    tree = tree_of(rows, _place(indicators, names[0]))
    return tree, data_of(tree, read_table(data), _place(data, names[1]))


def read_folder(path: Path) -> tuple[IndexTree, IndexData, Recipe]:
    """An index: a folder with indicators, data and perhaps recipe.toml, or a workbook.

    A workbook has the sheets `indicators` and `data`, or is one of the COIN Tool (Database and
    Framework); its recipe is the plain one. Raises HansaError for anything else.
    """
    if path.is_file():
        return (*read_book(path), PLAIN)
    if not path.is_dir():
        raise HansaError(
            "there is no such index", place=str(path),
            admissible="a folder with indicators.csv and data.csv, or a workbook",
            fix="correct the path",
        )  # fmt: skip
    tree, data = read_index(_file(path, "indicators"), _file(path, "data"))
    recipe = path / "recipe.toml"
    return tree, data, read_recipe(recipe) if recipe.is_file() else PLAIN


def read_book(path: Path) -> tuple[IndexTree, IndexData]:
    """Tree and data of a workbook of ours or of the COIN Tool."""
    from hansa.index.cointool import DATABASE, read_coin_tool
    from hansa.index.workbook import columns_of, open_book, read_workbook

    own = DATABASE not in open_book(path).sheets
    metadata, rows = read_workbook(path) if own else read_coin_tool(path)
    tree = tree_of(metadata, str(path))
    return tree, data_of(tree, columns_of(rows), str(path))


def read_factors(path: Path) -> list[Mapping[str, Any]]:
    """What varies, from factors.toml: an array of tables `[[factor]]`."""
    content = _toml(path)
    if unknown := sorted(set(content) - {"format", "factor"}):
        raise HansaError(
            f"factors.toml knows no key {listed(unknown)}", place=str(path),
            admissible="format, [[factor]]", fix="put keys under their factor",
        )  # fmt: skip
    return list(content.get("factor", []))


def read_recipe(path: Path) -> Recipe:
    """The recipe of a file. Raises HansaError naming the line or the key."""
    content = _toml(path)
    if unknown := sorted(set(content) - {"format", "title", "step"}):
        raise HansaError(
            f"recipe.toml knows no key {listed(unknown)}", place=str(path),
            admissible="format, title, [[step]]", fix="put options under their step",
        )  # fmt: skip
    steps = [_with_tables(step, path.parent) for step in content.get("step", [])]
    return recipe_of(steps, str(path))


def _toml(path: Path) -> dict[str, Any]:
    import tomllib

    if not path.is_file():
        raise HansaError("the file is not there", place=str(path), fix="correct the path")
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise HansaError(
            "the file is no TOML", place=str(path), printed=str(problem), fix="correct the line"
        ) from problem
    if content.get("format", 1) != 1:
        raise HansaError(
            "the file is of another format", place=str(path),
            printed=f"format = {content['format']}", admissible="format = 1",
            fix="write format = 1, or leave the key out",
        )  # fmt: skip
    return content


def _with_tables(step: Any, folder: Path) -> Any:
    """A step whose answers of experts stand in a file, with the rows of that file instead."""
    if not isinstance(step, Mapping):
        return step
    out = dict(step)
    for key in ("points", "judgements"):
        if isinstance(out.get(key), str):
            table = read_table(folder / out[key])
            out[key] = [
                dict(zip(table, ("" if c is None else str(c) for c in row), strict=True))
                for row in zip(*table.values(), strict=True)
            ]
    return out


def _file(folder: Path, stem: str) -> Path:
    found = [p for end in (".csv", ".parquet") if (p := folder / f"{stem}{end}").is_file()]
    if len(found) != 1:
        raise HansaError(
            f"an index folder has one file {stem}", place=str(folder),
            printed=listed(p.name for p in found) or "none of them",
            admissible=f"{stem}.csv or {stem}.parquet",
            fix="add the file" if not found else "remove all but one",
        )  # fmt: skip
    return found[0]


def _place(source: Any, name: str) -> str:
    return str(source) if isinstance(source, str | Path) else name


def read_table(source: Any) -> dict[str, list[Any]]:
    """Columns by our names, cells as they are."""
    if isinstance(source, Mapping):
        return dict(source)
    if isinstance(source, str | Path):
        from hansa.sources.raw import SHEETS, raw_table
        from hansa.sources.spec import FactsSpec

        if Path(source).suffix.lower() in SHEETS:
            raise HansaError(
                "a workbook holds both tables of an index",
                place=str(source),
                fix="name the workbook in place of the folder: sheets indicators and data",
            )
        table = raw_table(Path(source), FactsSpec())
    else:
        import pyarrow as pa

        table = pa.table(source)
    return {name: table[name].to_pylist() for name in table.column_names}


def data_of(tree: IndexTree, table: Mapping[str, Sequence[Any]], place: str = "data") -> IndexData:
    """The data of a tree from the columns of a table, wide or long.

    Raises HansaError with every fault: unknown and missing columns, text where numbers stand,
    repeated units, units and indicators without any value.
    """
    findings: list[Finding] = []
    columns: dict[str, list[Any]] = {}
    for given, values in table.items():
        name = NAMES.get(given, given) if given not in tree.place else given
        if name in columns:
            findings.append(fault(
                f"{place}, column {given}", f"two columns are the {name}",
                fix="take one of them out",
            ))  # fmt: skip
        columns[name] = list(values)
    if len({len(v) for v in columns.values()}) > 1:
        told = listed((f"{k}: {len(v)}" for k, v in columns.items()), 12)
        findings.append(fault(
            place, "the columns are not equally long", told, fix="give every column all rows"
        ))  # fmt: skip
    refuse(findings, place)
    if "unit" not in columns:
        findings.append(fault(
            place, "there is no column of units", listed(columns, 12), "unit (or uCode)",
            "name the column of unit codes unit",
        ))  # fmt: skip
        refuse(findings, place)
    if all(name in columns for name in LONG) and "value" not in tree.place:
        columns = _wide(tree, columns, place, findings)
    beside = ("unit", "name", "year", *tree.groups, *tree.denominators)
    leaves = [n.code for n in tree.indicators]
    if orphans := [c for c in columns if c not in beside and c not in leaves]:
        findings.append(fault(
            f"{place}, column {listed(orphans)}", "the column is in no row of the metadata",
            admissible="a code of indicators, or of type group or denominator",
            fix="add it to indicators.csv, or take it out of the data",
        ))  # fmt: skip
    needed = [n.code for n in tree.indicators] + list(tree.denominators) + list(tree.groups)
    if absent := [c for c in needed if c not in columns]:
        findings.append(fault(
            f"{place}, code {listed(absent, 12)}", "the data has no such column",
            fix="add the column, or take the row out of indicators.csv",
        ))  # fmt: skip
    return _data(tree, columns, place, findings)


def _data(
    tree: IndexTree, columns: Mapping[str, list[Any]], place: str, findings: list[Finding]
) -> IndexData:
    codes = ["" if c is None else str(c).strip() for c in columns["unit"]]
    if empty := [i + 2 for i, c in enumerate(codes) if not c]:
        findings.append(fault(
            f"{place}, row {listed(empty)}", "the row has no unit", fix="fill the column unit"
        ))  # fmt: skip
    time = _years(columns.get("year"), len(codes), place, findings)
    numbers = {
        c: _numbers(columns[c], c, codes, place, findings)
        for c in (*(n.code for n in tree.indicators), *tree.denominators)
        if c in columns
    }
    findings += _repeated(codes, time, place)
    refuse(findings, place)
    values = np.column_stack([numbers[n.code] for n in tree.indicators])
    units = tuple(dict.fromkeys(codes))
    place_of = {u: i for i, u in enumerate(units)}
    unit = np.array([place_of[c] for c in codes], np.int64)
    names = dict(zip(codes, columns.get("name", codes), strict=True))
    refuse(_empty(tree, values, units, unit, place), place)
    return IndexData(
        units,
        tuple(str(names[u] or u) for u in units),
        unit,
        time,
        values,
        np.zeros(values.shape, bool),
        {d: numbers[d] for d in tree.denominators},
        {g: tuple("" if v is None else str(v).strip() for v in columns[g]) for g in tree.groups},
    )


def _years(column: list[Any] | None, rows: int, place: str, findings: list[Finding]) -> Ints:
    if column is None:
        return np.zeros(rows, np.int64)
    out = np.zeros(rows, np.int64)
    for i, cell in enumerate(column):
        text = "" if cell is None else str(cell).strip().removesuffix(".0")
        if text.lstrip("-").isdigit():
            out[i] = int(text)
        else:
            findings.append(fault(
                f"{place}, row {i + 2}, column year", "the year is no whole number", text,
                "a year such as 2018", "correct the cell",
            ))  # fmt: skip
    return out


def _numbers(
    column: list[Any], name: str, codes: Sequence[str], place: str, findings: list[Finding]
) -> Floats:
    """Numbers of a column, NaN for empty cells; every other cell is a finding."""
    out = np.full(len(column), np.nan)
    for i, cell in enumerate(column):
        if cell is None:
            continue
        text = cell.strip() if isinstance(cell, str) else cell
        if text == "" or (isinstance(text, str) and text in MISSING):
            continue
        try:
            out[i] = float("x" if isinstance(text, str) and "_" in text else text)
        except (TypeError, ValueError):
            findings.append(fault(
                f"{place}, row {i + 2}, unit {codes[i]}, column {name}", "the cell is no number",
                str(cell), "a number with a decimal point, or an empty cell", "correct the cell",
            ))  # fmt: skip
            continue
        if np.isinf(out[i]):
            findings.append(fault(
                f"{place}, row {i + 2}, unit {codes[i]}, column {name}", "the value is infinite",
                str(cell), "a finite number, or an empty cell", "correct the cell",
            ))  # fmt: skip
    return out


def _repeated(codes: Sequence[str], time: Ints, place: str) -> list[Finding]:
    seen: dict[tuple[str, int], int] = {}
    found = []
    for i, key in enumerate(zip(codes, time.tolist(), strict=True)):
        if key in seen and key[0]:
            found.append(fault(
                f"{place}, rows {seen[key] + 2} and {i + 2}",
                "a unit stands twice in one year" if key[1] else "a unit stands twice",
                f"{key[0]} {key[1] or ''}".strip(), "one row a unit and year",
                "remove one" if key[1] else "remove one, or add a column year",
            ))  # fmt: skip
        seen.setdefault(key, i)
    return found


def _empty(
    tree: IndexTree, values: Floats, units: Sequence[str], unit: Ints, place: str
) -> list[Finding]:
    found = []
    there = ~np.isnan(values)
    for j in np.flatnonzero(~there.any(axis=0)):
        found.append(fault(
            f"{place}, column {tree.codes[j]}", "the indicator has no value at all",
            fix="take it out of indicators.csv and the data",
        ))  # fmt: skip
    for i, code in enumerate(units):
        if not there[unit == i].any():
            found.append(fault(
                f"{place}, unit {code}", "the unit has no value at all",
                fix="take its rows out of the data",
            ))  # fmt: skip
    return found


def _wide(
    tree: IndexTree, columns: Mapping[str, list[Any]], place: str, findings: list[Finding]
) -> dict[str, list[Any]]:
    """A long table (unit, indicator, value[, year, name]) as a wide one; numbers are read here,
    where the row of the file is known."""
    if more := [c for c in columns if c not in (*LONG, "year", "name")]:
        findings.append(fault(
            f"{place}, column {listed(more)}", "a long table has no place for this column",
            admissible="unit, name, year, indicator, value",
            fix="give groups and denominators as rows, or take the column out",
        ))  # fmt: skip
    rows: dict[tuple[Any, Any], dict[str, Any]] = {}
    years = columns.get("year", [0] * len(columns["unit"]))
    names = columns.get("name", columns["unit"])
    numbers = {n.code for n in tree.indicators} | set(tree.denominators)
    codes = numbers | set(tree.groups)
    labels = [f"{u}, {c}" for u, c in zip(columns["unit"], columns["indicator"], strict=True)]
    wanted = [v if c in numbers else None
              for v, c in zip(columns["value"], columns["indicator"], strict=True)]  # fmt: skip
    value = _numbers(wanted, "value", labels, place, findings)
    cells = zip(columns["unit"], years, columns["indicator"], columns["value"], names, strict=True)
    for i, (unit, year, code, text, name) in enumerate(cells):
        row = rows.setdefault((unit, year), {"unit": unit, "year": year, "name": name})
        if code not in codes:
            findings.append(fault(
                f"{place}, row {i + 2}, column indicator", "the code is in no row of the metadata",
                str(code), listed(sorted(codes), 12), "correct it, or add it to indicators.csv",
            ))  # fmt: skip
        elif code in row:
            findings.append(fault(
                f"{place}, row {i + 2}", "a cell stands twice", f"{unit}, {year}, {code}",
                "one row a unit, year and indicator", "remove one",
            ))  # fmt: skip
        else:
            row[code] = None if np.isnan(value[i]) and code in numbers else (
                float(value[i]) if code in numbers else text)  # fmt: skip
    out = ["unit", "name", *(["year"] if "year" in columns else []), *sorted(codes)]
    return {c: [row.get(c) for row in rows.values()] for c in out}


def rows_of(tree: IndexTree, data: IndexData) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Metadata and data of an index as rows by our column names; missing cells are None."""
    metadata: list[dict[str, Any]] = []
    for node in tree.nodes:
        row: dict[str, Any] = {"code": node.code}
        row["type"] = "indicator" if node.indicator else "aggregate"
        row |= {f.name: getattr(node, f.name) for f in fields(node)
                if f.name not in ("code", "indicator", "more")}  # fmt: skip
        metadata.append({k: v for k, v in row.items() if v not in ("", None)} | {**node.more})
    for kind, codes in (("group", tree.groups), ("denominator", tree.denominators)):
        metadata += [{"code": c, "type": kind, "name": tree.labels.get(c, c)} for c in codes]
    rows = []
    for r, u in enumerate(data.unit):
        row = dict[str, Any](unit=data.units[u], name=data.names[u])
        if len(data.years) > 1 or data.years[0]:
            row["year"] = int(data.time[r])
        row.update({g: texts[r] or None for g, texts in data.groups.items()})
        row.update({d: _plain(x[r]) for d, x in data.denominators.items()})
        row.update({n.code: _plain(data.values[r, j]) for j, n in enumerate(tree.indicators)})
        rows.append(row)
    return metadata, rows


def _plain(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)
