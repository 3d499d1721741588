"""A user's file of links between two versions of codes, with or without weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hansa.codes.codelist import normal_id
from hansa.errors import HansaError, UsageError, listed
from hansa.law import Floats
from hansa.sources.cells import as_text, decoded, numbers, to_numpy
from hansa.sources.raw import raw_table
from hansa.sources.spec import FactsSpec

_NAMES = {
    "from": ("from", "from_code", "code_from", "source", "origin"),
    "to": ("to", "to_code", "code_to", "target", "destination"),
    "from_version": ("from_version", "version_from"),
    "to_version": ("to_version", "version_to"),
    "piece": ("piece", "part", "note", "notes"),
}
_NOT_WEIGHTS = ("level", "country", "relation", "label")


@dataclass(frozen=True)
class LinkFile:
    """Links of one pair of versions as they stand in a file.

    pairs    (from code, to code), each once: rows of the same pair are added up
    flows    name of a weight -> its number for each pair: how much of both lies in common
    pieces   pairs that a note marks as meaning only a piece
    repeated pairs that stood in more than one row
    turned   True where the file holds only the other direction and was read backwards
    """

    name: str
    pairs: tuple[tuple[str, str], ...]
    flows: dict[str, Floats]
    pieces: frozenset[tuple[str, str]] = frozenset()
    repeated: tuple[tuple[str, str], ...] = ()
    turned: bool = False


def read_links(path: Path, origin: str, target: str, columns: Mapping[str, str]) -> LinkFile:
    """The links from one version to another (`nuts:2013`) in a file.

    columns  ours -> theirs: from, to, from_version, to_version, piece, and weight (one column
             or several, joined by `|`); by default the usual names, and every other column of
             numbers as a weight
    Raises HansaError for a file that cannot be meant, naming the column or the row.
    """
    table = raw_table(path, FactsSpec())
    place = str(path)
    own = _columns(table, columns, place)
    keep, turned = _of_versions(table, own, origin, target, place)
    # Row numbers in messages are those of the file.
    rows = np.flatnonzero(keep)
    table = table if keep.all() else table.take(pa.array(rows))
    old, new = (_codes(table[own[key]], own[key], place, rows) for key in ("from", "to"))
    names = _weights(table, own, columns, place)
    flows = {name: _flow(table, name, place, rows) for name in names}
    pieces = _marked(table, own.get("piece", ""), place)
    pairs = list(zip(new, old, strict=True) if turned else zip(old, new, strict=True))
    return _once(path.name, pairs, flows, pieces, turned)


def _codes(column: pa.ChunkedArray, name: str, place: str, rows: np.ndarray) -> list[str]:
    texts = pc.fill_null(pc.utf8_trim_whitespace(as_text(column, name, place)), "").to_pylist()
    if "" in texts:
        raise HansaError(
            "a link has no code",
            place=f"{place}, column {name}, row {rows[texts.index('')] + 1} of the values",
            printed="an empty cell",
            admissible="a from code and a to code in every row",
            fix="give the code, or remove the row",
        )
    return list(texts)


def _columns(table: pa.Table, given: Mapping[str, str], place: str) -> dict[str, str]:
    if unknown := sorted(set(given) - {*_NAMES, "weight"}):
        raise UsageError(
            f"links have no column {listed(unknown)}",
            admissible=listed([*_NAMES, "weight"]),
            fix="--link-columns from=NAME,to=NAME",
        )
    own = {}
    for ours, usual in _NAMES.items():
        wanted = (given[ours],) if ours in given else usual
        found = next((name for name in wanted if name in table.column_names), "")
        if not found and (ours in ("from", "to") or ours in given):
            raise HansaError(
                f"the file of links has no column of {ours} codes"
                if ours in ("from", "to")
                else f"the file of links has no column {given[ours]!r}",
                place=place,
                printed=listed(table.column_names, 20),
                admissible=f"a column named {listed(wanted)}",
                fix=f"say which it is: --link-columns {ours}=NAME",
            )
        if found:
            own[ours] = found
    return own


def _of_versions(
    table: pa.Table, own: dict[str, str], origin: str, target: str, place: str
) -> tuple[np.ndarray, bool]:
    """Rows of the pair of versions; of the opposite pair where the file has no other."""
    none = np.zeros(table.num_rows, bool)
    if not {"from_version", "to_version"} <= set(own):
        return np.ones(table.num_rows, bool), False
    scheme = origin.partition(":")[0]
    columns = [_versions(table[own[key]], own[key], scheme, place)
               for key in ("from_version", "to_version")]  # fmt: skip
    for (a, b), turned in (((origin, target), False), ((target, origin), True)):
        keep = columns[0].get(a, none) & columns[1].get(b, none)
        if keep.any():
            return keep, turned
    pairs = [(a, b) for a, x in columns[0].items() for b, y in columns[1].items() if (x & y).any()]
    raise HansaError(
        f"the file of links does not join {origin} and {target}",
        place=place,
        printed=listed((f"{a} to {b}" for a, b in sorted(pairs)), 30),
        admissible="rows of this pair of versions, in either direction; versions are never chained",
        fix="name a version the file holds, or take another file",
    )


def _versions(column: pa.ChunkedArray, name: str, scheme: str, place: str) -> dict[str, np.ndarray]:
    """Rows of each version that a column names; a bare year is one of the scheme."""
    texts = pc.fill_null(pc.utf8_trim_whitespace(as_text(column, name, place)), "")
    codes = pc.dictionary_encode(texts.combine_chunks())
    at = to_numpy(codes.indices)
    found: dict[str, np.ndarray] = {}
    for i, text in enumerate(codes.dictionary.to_pylist()):
        version = normal_id(text if text[:1].isalpha() else f"{scheme}:{text}")
        found[version] = found.get(version, False) | (at == i)
    return found


def _weights(
    table: pa.Table, own: dict[str, str], given: Mapping[str, str], place: str
) -> list[str]:
    if "weight" in given:
        wanted = given["weight"].split("|")
        if lost := [name for name in wanted if name not in table.column_names]:
            raise HansaError(
                f"the file of links has no column {listed(lost)}",
                place=place,
                printed=listed(table.column_names, 20),
                admissible="columns of numbers: how much two codes have in common",
                fix="correct --link-columns weight=NAME",
            )
        return wanted
    rest = [n for n in table.column_names if n not in own.values() and n not in _NOT_WEIGHTS]
    return [name for name in rest if _of_numbers(table[name])]


def _of_numbers(column: pa.ChunkedArray) -> bool:
    kind = decoded(column).type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return True
    if not pa.types.is_string(kind):
        return False
    text = pc.fill_null(pc.utf8_trim_whitespace(decoded(column)), "")
    filled = text.filter(pc.not_equal(text, ""))
    plain = pc.match_substring_regex(filled, r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$")
    return bool(len(filled)) and bool(pc.all(plain).as_py())


def _flow(table: pa.Table, name: str, place: str, rows: np.ndarray) -> Floats:
    column = decoded(table[name])
    if pa.types.is_string(column.type):
        values, _ = numbers(column, name, place, numbered=lambda i: int(rows[i]) + 2)
    else:
        plain = pc.fill_null(pc.cast(column, pa.float64()), float("nan"))
        values = to_numpy(plain.combine_chunks()).copy()
    wrong = ~(values >= 0) | np.isinf(values)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise HansaError(
            "a weight of a link is no number of zero or more",
            place=f"{place}, column {name}, row {rows[row] + 1} of the values",
            printed="an empty cell" if np.isnan(values[row]) else f"{values[row]:g}",
            admissible="how much two codes have in common: 0 or more, in every row",
            fix="correct the cell, or leave the column out: --link-columns weight=OTHER",
        )
    return values


def _marked(table: pa.Table, name: str, place: str) -> list[bool]:
    if not name:
        return [False] * table.num_rows
    texts = as_text(table[name], name, place).to_pylist()
    return [(text or "").strip() not in ("", "0", "false") for text in texts]


def _once(
    name: str,
    pairs: list[tuple[str, str]],
    flows: dict[str, Floats],
    pieces: list[bool],
    turned: bool,
) -> LinkFile:
    """Rows of the same pair added up: they are different pieces of the same link."""
    place: dict[tuple[str, str], int] = {}
    at = np.array([place.setdefault(pair, len(place)) for pair in pairs], np.int64)
    counts = np.bincount(at, minlength=len(place))
    summed = {n: _added(at, flow, len(place)) for n, flow in flows.items()}
    whole = {pair for pair, piece in zip(pairs, pieces, strict=True) if not piece}
    return LinkFile(
        name,
        tuple(place),
        summed,
        frozenset(set(place) - whole),
        tuple(pair for pair, count in zip(place, counts, strict=True) if count > 1),
        turned,
    )


def _added(at: np.ndarray, flow: Floats, size: int) -> Floats:
    return np.bincount(at, weights=flow, minlength=size).astype(np.float64)
