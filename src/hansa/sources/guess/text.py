"""Text files nobody has described: which encoding, and which sign between the columns."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from itertools import islice

from hansa.language import N_
from hansa.sources.guess.reason import Reason

DELIMITERS = (",", ";", "\t", "|")
LOOKED_AT = 200
"""Lines by which the sign between columns is told."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def encoding_of(data: bytes) -> tuple[str, Reason]:
    """The encoding of a whole file, and why.

    A mark at the beginning tells; else UTF-8 where every byte fits, and Windows' Western
    encoding where it does not. Bytes alone do not tell the single-byte encodings apart.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name, Reason(N_("The file begins with the mark of {name}."), {"name": name})
    if (at := _first_that_fails(data, "utf-8")) < 0:
        plain = data.isascii()
        said = N_("Plain letters only.") if plain else N_("Every letter fits.")
        return "utf-8", Reason(said)
    name = "cp1252" if _first_that_fails(data, "cp1252") < 0 else "latin-1"
    row = data.count(b"\n", 0, at) + 1
    said = N_("Row {row} is not UTF-8; look whether letters such as å, ü, é are right below.")
    return name, Reason(said, {"row": row})


def _first_that_fails(data: bytes, encoding: str) -> int:
    """Position of the first byte that an encoding cannot hold; -1 where all fit."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError as problem:
        return problem.start
    return -1


_NUMBER = re.compile(r"\s*[+-]?(?!(1[89]|20)\d\d\s*$)\d[\d.,' ]*")
"""A number that is no year: no name of a column."""


def header_line(text: str) -> int:
    """The line of the column names where lines with one cell, such as titles, stand above; else 1.

    Only the first line with several cells can be it, where all of them are filled and the next
    line is as wide.
    """
    found = [header_among(islice(records(text, sign), LOOKED_AT)) for sign in DELIMITERS]
    wide = {line: width for width, line in found if width > 1}
    return max(wide, key=lambda line: wide[line]) if wide and 1 not in wide else 1


def header_among(rows: Iterable[tuple[int, list[str]]]) -> tuple[int, int]:
    """Width and number of the first row with several filled cells, of rows that hold anything.

    Number 1 where nothing stands above it, width 0 where it is no header.
    """
    titles = 0
    rows = iter(rows)
    for line, cells in rows:
        filled = sum(bool(cell.strip()) for cell in cells)
        if titles and any(map(_NUMBER.fullmatch, cells)):
            return 0, 1
        if filled < 2:
            titles += 1
            continue
        below = next(rows, (0, []))[1]
        whole = filled == len(cells) == len(below)
        return (len(cells) if whole or not titles else 0), (line if titles else 1)
    return 0, 1


def delimiter_of(text: str) -> tuple[str, Reason]:
    """The sign between the columns of a table, and why.

    The sign by which most lines have as many columns as the first one, more than one; between
    equals the one that gives more columns.
    """
    best, best_score, columns = ",", (0.0, 0), 1
    for sign in DELIMITERS:
        lengths = [len(r) for _line, r in islice(records(text, sign), LOOKED_AT)]
        if not lengths or lengths[0] < 2:
            continue
        share = sum(n == lengths[0] for n in lengths) / len(lengths)
        # Up to a tenth of the lines may be broken: that is what the check is for.
        score = (min(share, 0.9), lengths[0])
        if score > best_score:
            best, best_score, columns = sign, score, lengths[0]
    if not best_score[1]:
        return best, Reason(N_("No sign parts the first line into columns."))
    return best, Reason(N_("It parts the first line into {n} columns."), {"n": columns})


def records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Lines as lists of cells with the number of the line they begin in.

    Those that hold nothing, or cannot be taken apart, are passed over.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    while True:
        line = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error:
            continue
        if any(cell.strip() for cell in record):
            yield line, record
