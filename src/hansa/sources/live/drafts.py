"""Columns of a message to observations: marks read, keys checked, one kind of table; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from hansa.errors import HansaError, listed
from hansa.law import bit, flags_from_text, flags_to_text
from hansa.sources.live.contract import Observations
from hansa.sources.live.marks import Told, Values, scheme, text_value

TEXT = pa.dictionary(pa.int32(), pa.string())
"""Type of every text column of the tables made here."""


@dataclass(frozen=True)
class Draft:
    """Columns of a message before marks are read.

    dimensions  id -> texts, in the order of the result; without nulls
    attributes  id -> texts, null where there is none
    schemes     id of an attribute -> how its marks are read; else by its name (`scheme`)
    own         marks of the service in place of numbers -> letters
    marks       attribute id -> code -> label, where the message tells
    """

    dimensions: Mapping[str, pa.Array]
    values: Values
    attributes: Mapping[str, pa.Array] = field(default_factory=dict)
    schemes: Mapping[str, Callable[[str, str], Told]] = field(default_factory=dict)
    own: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def observations(draft: Draft, place: str, **about: Any) -> Observations:
    """The columns of a message as `Observations`; `about` are its other fields.

    Every text column is `dictionary<int32, string>`. A dimension or attribute named `value` or
    `status` gets an underscore behind its name. Raises HansaError for a repeated key, naming
    it, and for a dimension without a code.
    """
    own = {name: f"{name}_" if name in ("value", "status") else name for name in draft.dimensions}
    dimensions = {own[name]: encoded(column) for name, column in draft.dimensions.items()}
    attributes = {name: encoded(column) for name, column in draft.attributes.items()}
    _refuse_gaps(dimensions, place)
    _refuse_repeated(dimensions, place)
    reader = _Reader(draft, dimensions, attributes)
    status = reader.status()
    columns = {**dimensions, "value": draft.values.numbers, "status": status}
    for name, column in attributes.items():
        while name in columns:
            name += "_"
        columns[name] = column
    if time := about.get("time"):
        about["time"] = own.get(time, time)
    if labels := about.get("labels"):
        about["labels"] = {own.get(name, name): told for name, told in labels.items()}
    return Observations(
        table=pa.table(columns),
        dimensions=tuple(dimensions),
        notes=(*draft.notes, *reader.notes),
        **about,
    )


def encoded(column: pa.Array | pa.ChunkedArray | Sequence[str | None]) -> pa.DictionaryArray:
    """Texts as one dictionary array, every text once in the dictionary."""
    if isinstance(column, pa.ChunkedArray):
        column = column.unify_dictionaries().combine_chunks()
        if isinstance(column, pa.ChunkedArray):
            column = column.chunk(0) if column.num_chunks else pa.array([], TEXT)
    if not isinstance(column, pa.Array):
        column = pa.array(column, pa.string())
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    return column


def recoded(column: pa.DictionaryArray, texts: Sequence[str | None]) -> pa.DictionaryArray:
    """The column with other texts for the entries of its dictionary, which may coincide."""
    places: dict[str, int] = {}
    for text in texts:
        if text is not None:
            places.setdefault(text, len(places))
    to = pa.array([None if text is None else places[text] for text in texts], pa.int32())
    return pa.DictionaryArray.from_arrays(to.take(column.indices), pa.array(places, pa.string()))


def _codes(column: pa.DictionaryArray) -> npt.NDArray[np.int64]:
    """Positions in the dictionary, -1 where null."""
    import pyarrow.compute as pc

    plain: npt.NDArray[np.int64] = pc.fill_null(column.indices, -1).to_numpy(zero_copy_only=False)
    return plain


def _refuse_gaps(dimensions: Mapping[str, pa.DictionaryArray], place: str) -> None:
    for name, column in dimensions.items():
        if column.null_count:
            row = int(np.flatnonzero(_codes(column) < 0)[0])
            raise HansaError(
                f"an observation has no code of the dimension {name}",
                place=f"{place}, observation {row + 1}",
                printed="nothing",
                admissible="a code for every dimension of every observation",
                fix="ask the service again; if it stays, ask for another format",
            )


def _refuse_repeated(dimensions: Mapping[str, pa.DictionaryArray], place: str) -> None:
    key: npt.NDArray[np.int64] | None = None
    size = 1
    for column in dimensions.values():
        count = max(len(column.dictionary), 1)
        if key is None:
            key = _codes(column).astype(np.int64)
        else:
            if size * count >= 2**62:
                _, key = np.unique(key, return_inverse=True)
                size = len(key)
            key *= count
            key += _codes(column)
        size *= count
    if key is None or len(key) < 2:
        return
    ordered = np.sort(key)
    again = np.flatnonzero(ordered[1:] == ordered[:-1])
    if again.size:
        rows = np.flatnonzero(key == ordered[again[0]])
        raise HansaError(
            "a message holds two observations of one key",
            place=f"{place}, observations {rows[0] + 1} and {rows[1] + 1}",
            printed=key_text(dimensions, int(rows[0])),
            admissible="every combination of codes once",
            fix="ask for one version of the data, and for every dimension of its structure",
        )


def key_text(dimensions: Mapping[str, pa.DictionaryArray], row: int) -> str:
    """The key of an observation in words: `freq=A, geo=DE1, time=2022`."""
    return ", ".join(f"{name}={column[row].as_py()}" for name, column in dimensions.items())


class _Reader:
    """Reads the marks of a draft; `notes` says what was unusual, after `status`."""

    def __init__(
        self,
        draft: Draft,
        dimensions: Mapping[str, pa.DictionaryArray],
        attributes: Mapping[str, pa.DictionaryArray],
    ) -> None:
        self.draft = draft
        self.dimensions = dimensions
        self.attributes = attributes
        self.notes: list[str] = []
        self.absent = draft.values.numbers.is_null().to_numpy(zero_copy_only=False)
        self.bits = np.zeros(len(draft.values.numbers), np.uint64)

    def status(self) -> pa.DictionaryArray:
        """Status texts of every row."""
        for name, column in self.attributes.items():
            if how := self.draft.schemes.get(name) or scheme(name):
                self._attribute(name, column, how)
        self._texts()
        self.bits[self.absent & (self.bits == 0)] = bit("m")
        hidden = np.uint64(flags_from_text("c;m;z"))
        beside = int(np.count_nonzero(~self.absent & ((self.bits & hidden) != 0)))
        if beside:
            self.notes.append(f"{beside} values stand beside a status that says there is none")
        found = pa.array(self.bits).dictionary_encode()
        texts = pa.array([flags_to_text(one) for one in found.dictionary.to_pylist()], pa.string())
        return pa.DictionaryArray.from_arrays(found.indices, texts)

    def _attribute(
        self, name: str, column: pa.DictionaryArray, how: Callable[[str, str], Told]
    ) -> None:
        labels = self.draft.marks.get(name, {})
        texts = column.dictionary.to_pylist()
        told = [how(text, labels.get(text, "")) for text in texts]
        codes = _codes(column)
        table = np.array([*(flags_from_text(status) for status, _ in told), 0], np.uint64)
        bits = table[codes]
        for at, text in enumerate(texts):
            if text.strip() == "-":
                # A dash beside a number says that it is nil: the number stands as it is.
                bits[(codes == at) & ~self.absent] = 0
        self.bits |= bits
        counts = np.bincount(codes[codes >= 0], minlength=len(texts))
        for (_, note), count in zip(told, counts, strict=True):
            if note and count:
                self.notes.append(f"{name}: {note} ({count} observations)")

    def _texts(self) -> None:
        counts = Counter(self.draft.values.texts.values())
        first: dict[str, int] = {}
        for row, text in self.draft.values.texts.items():
            first.setdefault(text, row)
        letters = {}
        words = []
        for text, count in counts.items():
            status, note = text_value(text, self.draft.own)
            # Plain missing is what a cell without any status gets: it adds nothing to one.
            letters[text] = np.uint64(0 if status == "m" else flags_from_text(status))
            if note == "text":
                where = key_text(self.dimensions, first[text])
                words.append(f"{text[:40]!r} in {count} observations, first at {where}")
            elif note:
                self.notes.append(f"{note} ({count} observations)")
        if words:
            self.notes.append(f"texts in place of numbers, read as absent: {listed(words, 5)}")
        for row, text in self.draft.values.texts.items():
            self.bits[row] |= letters[text]


def group_attributes(
    dimensions: Mapping[str, Sequence[str | None]],
    groups: Iterable[tuple[Mapping[str, str], Mapping[str, str]]],
) -> dict[str, list[str | None]]:
    """Attributes of groups of observations, one text a row.

    dimensions  id -> code of every row
    groups      codes that name a group, and its attributes
    """
    by_names: dict[tuple[str, ...], dict[tuple[str, ...], Mapping[str, str]]] = {}
    for key, attributes in groups:
        names = tuple(name for name in dimensions if name in key)
        told = by_names.setdefault(names, {})
        at = tuple(key[name] for name in names)
        told[at] = {**told.get(at, {}), **attributes}
    rows = len(next(iter(dimensions.values()), ()))
    columns: dict[str, list[str | None]] = {}
    for names, told in by_names.items():
        keys = zip(*(dimensions[name] for name in names), strict=True) if names else [()] * rows
        for row, one in enumerate(keys):
            for name, text in told.get(one, {}).items():
                columns.setdefault(name, [None] * rows)[row] = text
    return columns
