"""Marks of services to Hansa's letters: statuses, confidentiality, texts in place of numbers.

Code lists: CL_OBS_STATUS 2.2 and CL_CONF_STATUS 1.3 of SDMX; Eurostat's dissemination flags;
the marks that PxWeb offices print in place of numbers. A mark without a letter of its own in
`hansa.law` keeps one and is said in the notes; the service's own text stays in its column.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from hansa.errors import HansaError

Told = tuple[str, str]
"""Status text in Hansa's letters, and a note; each empty where there is nothing to say."""

# Read by the definitions of the list. `i` is Eurostat's letter for "see explanatory notes":
# S (strike) cannot keep its own, which means estimated by Eurostat in the law.
_STATUS = {
    "A": "", "B": "b", "C": "c", "D": "d", "E": "e", "F": "f", "G": "g", "H": "m", "I": "e",
    "J": "j", "K": "k", "L": "m", "M": "z", "N": "n", "O": "m", "P": "p", "Q": "c", "R": "r",
    "S": "i", "U": "u", "V": "v", "W": "w", "X": "x",
}  # fmt: skip
_SAID = {
    "C": "confidential, a code of older lists",
    "G": "experimental value",
    "H": "missing: holiday or weekend",
    "I": "imputed by an international organisation",
    "J": "derogation",
    "K": "data included in another category",
    "L": "missing: exists, not collected",
    "Q": "missing: suppressed",
    "S": "strike or other special event",
    "V": "unvalidated value",
    "W": "includes data from another category",
    "X": "value of another organisation",
}
_EUROSTAT = set("bcdefimnprsuz")

# What offices write in place of a number; where they disagree, the service's own table is asked.
_MARKS: dict[str, Told] = {
    "": ("m", ""),
    "nan": ("m", ""),
    "na": ("m", ""),
    "n/a": ("m", ""),
    ":": ("z", ""),
    "|": ("", ""),
    "..": ("m", ""),
    ".": ("z", ""),
    "...": ("m", "the mark ... is read as missing; some offices mean confidential by it"),
    "0": ("n", ""),
    "-": ("x", "the mark - is kept as x: nil, or no data"),
    "_z": ("z", ""),
}
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_ENDLESS = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)


def observation_status(code: str, label: str = "") -> Told:
    """An SDMX observation status (CL_OBS_STATUS), one code or several: `B`, `B;P`, `na`.

    Capital letters are codes of the list; small ones are read as Eurostat's flags. A text that
    is no code of the list becomes its own small letter, or `x`, with a note.
    """
    told = [_one_status(part, label) for part in re.split(r"[;,\s]+", code.strip()) if part]
    return _joined(told)


def _one_status(code: str, label: str) -> Told:
    if code == "M" and "missing" in label.lower() and "cannot exist" not in label.lower():
        return "m", ""
    if code in _STATUS:
        said = _SAID.get(code, "")
        kept = _STATUS[code]
        return kept, f"status {code} ({label or said}) is kept as {kept}" if said else ""
    if code.lower() in _MARKS:
        return _MARKS[code.lower()]
    if re.fullmatch(r"[A-Z]", code):
        return code.lower(), _unknown(code, label, code.lower())
    if re.fullmatch(r"[a-z]", code):
        return eurostat_flags(code, label)
    return "x", _unknown(code, label, "x")


def eurostat_flags(text: str, label: str = "") -> Told:
    """Flags of Eurostat's dissemination: `bp`, `:c`, `|C`, `p|F`, `na`.

    Before a bar stand flags, one letter each, after it a confidentiality status.
    """
    flags, _, confidential = text.strip().partition("|")
    if flags.lower() in _MARKS and flags:
        return _joined([_MARKS[flags.lower()], confidentiality(confidential)])
    told = []
    for letter in re.sub(r"[;,:\s]", "", flags).lower():
        known = letter in _EUROSTAT
        kept = letter if re.match("[a-z]", letter) else "x"
        told.append((kept, "" if known else _unknown(text.strip(), label, kept)))
    return _joined([*told, confidentiality(confidential)])


def confidentiality(code: str, label: str = "") -> Told:
    """A confidentiality status (CL_CONF_STATUS): F is free, every other code is `c`."""
    told: list[Told] = []
    for part in re.split(r"[;,|\s]+", code.strip().upper()):
        if part in ("", "F"):
            continue
        known = part in set("ACDEGMNOSTX")
        note = "" if known else f"confidentiality {part} is not in the code list; read as c"
        told.append(("c", note))
    return _joined(told)


def text_value(text: str, own: Mapping[str, str] | None = None) -> Told:
    """Status of a text in place of a number: `:C`, `..`, `KG`; `own` are marks of the service.

    A word that is no mark becomes `x` with the note `text`: it is no number and no status.
    """
    mark = text.strip()
    if own and mark in own:
        return own[mark], ""
    if mark.lower() in _MARKS:
        return _MARKS[mark.lower()]
    if re.match(r"[:|]", mark):
        return eurostat_flags(mark)
    return "x", "text"


def _unknown(code: str, label: str, kept: str) -> str:
    said = f" ({label})" if label else ""
    return f"status {code!r}{said} is not in the code list; kept as {kept}"


def _joined(told: Sequence[Told]) -> Told:
    letters = dict.fromkeys(letter for status, _ in told for letter in status.split(";") if letter)
    return ";".join(letters), "; ".join(dict.fromkeys(note for _, note in told if note))


@dataclass(frozen=True)
class Values:
    """Cells of observations.

    numbers  float64, null where there is no number
    texts    row -> the text that stands in place of a number
    """

    numbers: pa.Array
    texts: Mapping[int, str] = field(default_factory=dict)


def values_of_texts(column: pa.Array | pa.ChunkedArray, place: str) -> Values:
    """Numbers of a text column; null cells are absent, other texts are told apart.

    Raises HansaError for an infinite value.
    """
    import pyarrow.compute as pc

    try:
        numbers = pc.cast(column, pa.float64())
    except pa.ArrowInvalid:
        trimmed = pc.utf8_trim_whitespace(column)
        number = pc.match_substring_regex(trimmed, f"^{_NUMBER.pattern}$|^(?i:{_ENDLESS.pattern})$")
        plain = pc.replace_substring_regex(trimmed, r"^\+", "")
        numbers = pc.cast(pc.if_else(number, plain, None), pa.float64())
    if isinstance(numbers, pa.ChunkedArray):
        numbers = numbers.combine_chunks()
    if not pc.all(pc.is_finite(numbers)).as_py():
        endless = np.flatnonzero(pc.fill_null(pc.is_inf(numbers), False))
        if endless.size:
            raise infinite(place, int(endless[0]), str(column[int(endless[0])]))
        numbers = pc.if_else(pc.is_finite(numbers), numbers, None)
    if numbers.null_count == column.null_count:
        return Values(numbers)
    odd = pc.and_(pc.is_valid(column), pc.is_null(numbers))
    rows = np.flatnonzero(odd)
    return Values(numbers, dict(zip(rows.tolist(), column.filter(odd).to_pylist(), strict=True)))


def values_of_cells(cells: Iterable[Any], place: str) -> Values:
    """Numbers of values as JSON gives them: numbers, null, texts.

    Raises HansaError for an infinite number and for anything that is neither number nor text.
    """
    cells = list(cells)
    with contextlib.suppress(pa.ArrowException, OverflowError):
        if {*map(type, cells)} <= {int, float, type(None)}:
            plain = pa.array(cells, pa.float64())
            if np.isfinite(plain.fill_null(0.0)).all():
                return Values(plain)
    numbers: list[float | None] = []
    texts: dict[int, str] = {}
    for row, cell in enumerate(cells):
        kind = type(cell)
        if kind is str and _NUMBER.fullmatch(cell.strip()) is None:
            if _ENDLESS.fullmatch(cell.strip()):
                raise infinite(place, row, cell)
            texts[row], cell = cell, None
        elif kind not in (str, int, float) and cell is not None:
            raise malformed(place, f"the value {cell!r:.60}", "a number, a text, or null")
        elif cell is not None:
            cell = _finite(cell, place, row)
            if cell != cell:
                texts[row], cell = "NaN", None
        numbers.append(cell)
    return Values(pa.array(numbers, pa.float64()), texts)


def _finite(cell: str | int | float, place: str, row: int) -> float:
    try:
        number = float(cell)
    except OverflowError:
        number = float("inf")
    if number in (float("inf"), float("-inf")):
        raise infinite(place, row, f"{cell!s:.40}")
    return number


def infinite(place: str, row: int, printed: str) -> HansaError:
    """A value is greater than any number a computer holds."""
    return HansaError(
        "a value is infinite",
        place=f"{place}, observation {row + 1}",
        printed=printed,
        admissible="a finite number, or nothing where there is none",
        fix="ask the service again; if it stays, leave this cell out of the question",
    )


def malformed(place: str, printed: str, admissible: str) -> HansaError:
    """A message is not built as its format says."""
    return HansaError(
        "the message is not built as its format says",
        place=place,
        printed=printed,
        admissible=admissible,
        fix="ask the service again; if it stays, ask for another format",
    )


def scheme(attribute: str) -> Callable[[str, str], Told] | None:
    """How the marks in an attribute are read, by its name; None where it holds none."""
    name = attribute.upper()
    if name == "OBS_FLAG":
        return eurostat_flags
    if re.fullmatch(r"OBS_STATUS(_?\d+)?", name):
        return observation_status
    return confidentiality if re.fullmatch(r"(OBS_CONF|CONF_STATUS)(_?\d+)?", name) else None
