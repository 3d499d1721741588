"""SDMX-CSV 1.0 and 2.x, and the CSV of Eurostat, the OECD and the ECB, to observations; pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from hansa.errors import HansaError, listed
from hansa.sources.live.contract import Observations, Structure
from hansa.sources.live.drafts import TEXT, Draft, encoded, observations, recoded
from hansa.sources.live.marks import Values, scheme, values_of_texts

_ARTEFACT = re.compile(
    r"(?P<agency>[^:()\s]+):(?P<id>[^:()\s]+)(\((?P<version>[^()]*)\))?(: (?P<title>.*))?"
)
_FIRST = re.compile(r'"?(STRUCTURE(\[(?P<sub>.)\])?|DATAFLOW|KEY)(: [^,;\t]*)?"?(?P<sep>[,;\t|])')
_SERVICE = (
    "DATAFLOW", "STRUCTURE", "STRUCTURE_ID", "STRUCTURE_NAME", "ACTION", "LAST UPDATE",
    "SERIES_KEY", "OBS_KEY", "KEY",
)  # fmt: skip
_VALUE = "OBS_VALUE"
_TIME = "TIME_PERIOD"
_DONE = {"I": "information", "A": "append", "R": "replace", "M": "merge"}


def read_csv_message(body: bytes, structure: Structure | None, place: str) -> Observations:
    """A CSV message of statistical data as `Observations`.

    body       the message, UTF-8
    structure  with it, dimensions are its dimensions in its order, wherever their columns
               stand; without it, they are the columns up to TIME_PERIOD (up to OBS_VALUE where
               there is no time, or it stands first), as the format has them
    place      words for messages of errors

    Codes and labels in one cell (`A: Annual`) or in two columns are told apart; a comma stands
    for the decimal point where the separator is another sign. Attributes with several values
    or languages are kept as they are sent. Every text column is `dictionary<int32, string>`.

    Raises HansaError for a cut or broken message, several structures or measures, deletions,
    a missing dimension, a column that the structure does not explain, a repeated key.
    """
    head = _header(body, place)
    head = _paired(head, structure)
    roles = _roles(head, structure, place)
    table = _table(body, head, roles, place)
    about = _about(table, head, place)
    # Let go column by column: of five million rows each is a hundred megabytes for a moment.
    parts = dict(zip(table.column_names, table.columns, strict=True))
    del table
    columns, labels = _columns(parts, head, roles)
    draft = Draft(
        {name: columns[name] for name in roles.dimensions},
        _values(parts.pop(f"c{roles.value}"), head, place),
        {name: columns[name] for name in roles.attributes},
        marks={name: labels[name] for name in roles.attributes if name in labels},
        notes=() if body.endswith(b"\n") else ("the message does not end with a line end",),
    )
    known = {name: labels[name] for name in roles.dimensions if name in labels}
    return observations(draft, place, time=roles.time, labels=known, **about)


def _columns(
    parts: dict[str, pa.ChunkedArray], head: _Header, roles: _Roles
) -> tuple[dict[str, pa.DictionaryArray], dict[str, Mapping[str, str]]]:
    """Dimensions and attributes by their names, and the labels of their codes."""
    columns: dict[str, pa.DictionaryArray] = {}
    labels: dict[str, Mapping[str, str]] = {}
    for name, at in {**roles.dimensions, **roles.attributes}.items():
        coded = name in roles.dimensions or scheme(name)
        columns[name], found = _labelled(parts, at, head, coded)
        if found:
            labels[name] = found
    return columns, labels


@dataclass(frozen=True)
class _Header:
    """The first line of a message.

    names      ids of the columns; titles of columns that hold labels are empty
    label_of   position of a column of codes -> that of its labels, where they have their own
    both       True where cells hold `code: label`
    separator  sign between columns
    start      offset of the first byte after the header
    """

    names: tuple[str, ...]
    separator: str
    start: int
    both: bool = False
    label_of: Mapping[int, int] | None = None


@dataclass(frozen=True)
class _Roles:
    """What the columns are: id -> position."""

    dimensions: Mapping[str, int]
    attributes: Mapping[str, int]
    value: int
    time: str


def _refuse(rule: str, place: str, printed: str, admissible: str, fix: str = "") -> HansaError:
    fix = fix or "ask the service again; if it stays, ask for another format"
    return HansaError(rule, place=place, printed=printed, admissible=admissible, fix=fix)


def _header(body: bytes, place: str) -> _Header:
    begin = 3 if body.startswith(b"\xef\xbb\xbf") else 0
    end = body.find(b"\n", begin)
    end = len(body) if end < 0 else end + 1
    line = body[begin:end].decode("utf-8", "replace").rstrip("\r\n")
    first = _FIRST.match(line)
    if not first:
        raise _refuse(
            "the answer is no CSV message of statistical data",
            place,
            f"{line[:80]!r}" if line else "nothing",
            "a first line that begins with DATAFLOW, STRUCTURE or KEY",
        )
    try:
        titles = next(csv.reader(io.StringIO(line), delimiter=first["sep"], strict=True))
    except csv.Error as problem:
        admissible = "names, with quotes in pairs"
        raise _refuse("the first line is cut", place, f"{line[-80:]!r}", admissible) from problem
    both = any(re.match(r"[^\s:]+: ", title) for title in titles[1:])
    plain = [title.split(": ", 1)[0].strip() if both else title.strip() for title in titles]
    names = tuple(re.sub(r"\[[^\]]*\]", "", title) for title in plain)
    return _Header(names, first["sep"], end, both)


def _paired(head: _Header, structure: Structure | None) -> _Header:
    """The header with columns of labels told apart from the columns of codes before them."""
    if "STRUCTURE_NAME" not in head.names or head.both:
        return head
    rest = [at for at, name in enumerate(head.names) if name not in _SERVICE]
    label_of: dict[int, int] = {}
    if _regular(head.names, rest):
        label_of = dict(zip(rest[::2], rest[1::2], strict=True))
    elif structure is not None:
        known = {own.id for own in structure.dimensions}
        known |= {*structure.attributes, _VALUE, _TIME}
        for code, label in pairwise(rest):
            if head.names[code] in known and head.names[label] not in known:
                label_of[code] = label
    names = list(head.names)
    for at in label_of.values():
        names[at] = ""
    return replace(head, names=tuple(names), label_of=label_of)


def _regular(names: Sequence[str], rest: Sequence[int]) -> bool:
    """Whether the columns after the service's own stand in pairs of code and label.

    Titles of labels are free text; those behind the value and the time tell them from codes.
    """
    pairs = {names[code]: names[label] for code, label in zip(rest[::2], rest[1::2], strict=False)}
    told = [pairs.get(name) for name in (_VALUE, _TIME) if name in names]
    return (
        len(rest) % 2 == 0
        and _VALUE in pairs
        and all(title is not None and not re.fullmatch(r"[A-Z0-9_]+", title) for title in told)
    )


def _roles(head: _Header, structure: Structure | None, place: str) -> _Roles:
    seen: dict[str, int] = {}
    for at, name in enumerate(head.names):
        if name in seen:
            raise _refuse("two columns have one name", place, name, "every name once")
        if name:
            seen[name] = at
    if _VALUE not in seen:
        raise _refuse(
            f"the message has no column {_VALUE}",
            place,
            listed(seen, 30),
            f"one measure, in the column {_VALUE}",
            "a message of several measures, or of attributes alone, cannot be read",
        )
    own = {name: at for name, at in seen.items() if name not in (*_SERVICE, _VALUE)}
    if structure is not None:
        return _by_structure(own, seen[_VALUE], structure, place)
    end = seen.get(_TIME, seen[_VALUE])
    dimensions = {name: at for name, at in own.items() if at <= end}
    if list(dimensions) in ([], [_TIME]):
        dimensions = {name: at for name, at in own.items() if at < seen[_VALUE]}
    attributes = {name: at for name, at in own.items() if name not in dimensions}
    if not dimensions or any(scheme(name) for name in dimensions):
        admissible = "dimensions before TIME_PERIOD or OBS_VALUE"
        fix = "ask for the structure of the data set first"
        raise _refuse("dimensions cannot be told", place, listed(own, 30), admissible, fix)
    return _Roles(dimensions, attributes, seen[_VALUE], _TIME if _TIME in dimensions else "")


def _by_structure(own: Mapping[str, int], value: int, structure: Structure, place: str) -> _Roles:
    """Roles of the columns by the structure of the data set."""
    lower = {name.lower(): name for name in own}
    dimensions: dict[str, int] = {}
    time = ""
    for dimension in structure.dimensions:
        name = lower.get(dimension.id.lower())
        if name is None and dimension.time:
            name = lower.get(_TIME.lower()) or lower.get("time")
        if name is None:
            raise _refuse(
                f"the message has no column of the dimension {dimension.id}",
                place,
                listed(own, 30),
                listed((one.id for one in structure.dimensions), 30),
                "ask for the structure again: the service may have changed it",
            )
        dimensions[dimension.id] = own[name]
        time = dimension.id if dimension.time else time
    rest = {name: at for name, at in own.items() if at not in dimensions.values()}
    first = min(max(dimensions.values(), default=value), value)
    known = {name.lower() for name in structure.attributes}
    strange = [
        name
        for name, at in rest.items()
        if not scheme(name) and (name.lower() not in known if known else at < first)
    ]
    if strange:
        raise _refuse(
            f"the structure of the data set does not explain the column {strange[0]}",
            place,
            listed(strange),
            listed((*(one.id for one in structure.dimensions), *structure.attributes), 30),
            "ask for the structure again: the service may have changed it",
        )
    return _Roles(dimensions, rest, value, time)


def _refuse_cut(body: bytes, value_last: bool, place: str) -> None:
    """Refuse a message whose end is missing, as far as the text alone can tell."""
    if body.count(b'"') % 2:
        raise _refuse("the message is cut: a quote is open", place, f"{body[-60:]!r}", "pairs")
    if value_last and not body.endswith(b"\n"):
        raise _refuse(
            "the message may be cut: its last number has no line end behind it",
            place,
            f"{body[-60:]!r}",
            "a line end behind the last observation",
        )


def _table(body: bytes, head: _Header, roles: _Roles, place: str) -> pa.Table:
    """The rows of the message; columns `c0`, `c1` and so on."""
    import pyarrow.csv as arrow

    names = [f"c{at}" for at in range(len(head.names))]
    # A key written out is another text in every row: it is checked by nobody and left unread.
    unread = ("SERIES_KEY", "OBS_KEY", "KEY", "STRUCTURE")
    wanted = [f"c{at}" for at, name in enumerate(head.names) if name not in unread]
    kinds = {name: pa.string() if at == roles.value else TEXT for at, name in enumerate(names)}
    _refuse_cut(body, roles.value == len(names) - 1, place)
    rest = pa.py_buffer(body).slice(head.start)
    if not body[head.start : head.start + 64].strip() and not body[head.start :].strip():
        return pa.table({name: pa.array([], kind) for name, kind in kinds.items()})
    try:
        return arrow.read_csv(
            pa.BufferReader(rest),
            read_options=arrow.ReadOptions(column_names=names, block_size=1 << 24),
            parse_options=arrow.ParseOptions(
                delimiter=head.separator, newlines_in_values=b'"' in body
            ),
            convert_options=arrow.ConvertOptions(
                column_types=kinds,
                include_columns=wanted,
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
    except (pa.ArrowException, ValueError) as problem:
        raise _refuse(
            "the message is broken or cut",
            place,
            str(problem).removeprefix("CSV parse error: ")[:160],
            f"{len(names)} columns in every row: {listed(n for n in head.names if n)}",
        ) from problem


def _about(table: pa.Table, head: _Header, place: str) -> dict[str, Any]:
    """Data set, agency, title and date of the message; refuses several and deletions."""
    told = {}
    for at, name in enumerate(head.names):
        if name in ("DATAFLOW", "STRUCTURE_ID", "STRUCTURE_NAME", "ACTION", "LAST UPDATE"):
            found = encoded(table[f"c{at}"]).dictionary.to_pylist()
            told[name] = [text for text in found if text]
    for action in told.get("ACTION", ()):
        if action not in _DONE:
            said = "deletions" if action == "D" else f"the action {action!r:.20}"
            raise _refuse(
                f"the message holds {said}",
                place,
                listed(told["ACTION"]),
                listed(f"{code} ({words})" for code, words in _DONE.items()),
                "ask for the data, not for what changed in it",
            )
    artefacts = told.get("STRUCTURE_ID") or told.get("DATAFLOW") or []
    if len(artefacts) > 1:
        fix = "ask for one data set at a time"
        raise _refuse(
            "the message holds several structures", place, listed(artefacts), "one structure", fix
        )
    named = _ARTEFACT.fullmatch(artefacts[0]) if artefacts else None
    title = next(iter(told.get("STRUCTURE_NAME", ())), "")
    if named and named["title"]:
        title = named["title"]
    return {
        "dataset": named["id"] if named else next(iter(artefacts), ""),
        "agency": named["agency"] if named else "",
        "title": title,
        "updated": next(iter(told.get("LAST UPDATE", ())), ""),
    }


def _labelled(
    parts: dict[str, pa.ChunkedArray], at: int, head: _Header, coded: object
) -> tuple[pa.DictionaryArray, dict[str, str]]:
    """A column of codes and the labels of the codes, as far as the message tells them."""
    column = encoded(parts.pop(f"c{at}"))
    labels: dict[str, str] = {}
    if head.both and coded:
        texts = column.dictionary.to_pylist()
        cut = [text.split(": ", 1) for text in texts]
        labels = {parts[0]: parts[1] for parts in cut if len(parts) == 2}
        column = recoded(column, [parts[0] for parts in cut])
    elif head.label_of and at in head.label_of:
        labels = _first_labels(column, encoded(parts.pop(f"c{head.label_of[at]}")))
    return column, labels


def _first_labels(codes: pa.DictionaryArray, labels: pa.DictionaryArray) -> dict[str, str]:
    """Code -> the label of the first row that has both."""
    both = np.flatnonzero(codes.is_valid().to_numpy(False) & labels.is_valid().to_numpy(False))
    index = codes.indices.take(pa.array(both)).to_numpy()
    first = np.full(len(codes.dictionary), -1)
    # Backwards: of several rows of a code the first is written last.
    first[index[::-1]] = both[::-1]
    rows = first[first >= 0]
    found = labels.take(pa.array(rows)).to_pylist()
    return dict(zip(codes.take(pa.array(rows)).to_pylist(), found, strict=True))


def _values(column: pa.ChunkedArray, head: _Header, place: str) -> Values:
    """Numbers; a decimal comma is read where columns are not separated by commas."""
    import pyarrow.compute as pc

    if head.separator != "," and pc.any(pc.match_substring(column, ",")).as_py():
        if pc.any(pc.match_substring_regex(column, r"\d\.\d|,.*,")).as_py():
            admissible = "a decimal point everywhere, or a decimal comma everywhere"
            raise _refuse("points and commas stand in numbers", place, "both", admissible)
        column = pc.replace_substring(column, ",", ".")
    return values_of_texts(column, place)
