"""Codes as they stand in a table -> positions, in any usual spelling, refused when unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hansa.codes.codelist import TOTAL, Codelist, membership_text, versions_with
from hansa.cube import Ints
from hansa.errors import HansaError, listed
from hansa.sources.cells import to_numpy
from hansa.sources.lookup import Lookup, Unusual, words_of
from hansa.sources.rows import lost_zero, without_zero
from hansa.sources.spec import declared

SET_ASIDE = -1

_WRONG = {True: "decimal numbers", False: "dates or times"}


class Vocabulary:
    """The codes of one dimension met so far; each keeps the position of its first appearance."""

    def __init__(
        self,
        dimension: str,
        codelist: Codelist,
        total: tuple[str, ...],
        apart: tuple[str, ...] = (),
        set_aside: bool = False,
    ) -> None:
        self.dimension = dimension
        self.codelist = codelist
        self.codes: list[str] = []
        self.left_out: dict[str, int] = {}
        self._position: dict[str, int] = {}
        self._last: tuple[pa.Array, list[str], Ints] | None = None
        self._full: pa.Array | None = None
        self._met: dict[str, int] = {}
        self._total = {t.upper() for t in total} | {TOTAL}
        self._apart = set(apart)
        self._set_aside = set_aside
        self._lookup = Lookup(self._find)

    def positions(
        self, column: pa.ChunkedArray, place: str, numbered: Callable[[int], int]
    ) -> Ints:
        """Position of every cell of a column, `SET_ASIDE` for rows that are left out."""
        array = column.combine_chunks()
        if isinstance(array, pa.ChunkedArray):
            array = array.chunk(0) if array.num_chunks else pa.array([], pa.string())
        if pa.types.is_string(array.type) and (found := self._of_short(array)) is not None:
            return found
        if pa.types.is_dictionary(array.type) and not pa.types.is_string(array.type.value_type):
            texts = self._as_text(array.dictionary, place)
            array = pa.DictionaryArray.from_arrays(array.indices, texts)
        if not pa.types.is_dictionary(array.type):
            array = pc.dictionary_encode(self._as_text(array, place))
        if array.null_count:
            row = int(np.flatnonzero(np.asarray(array.is_null().to_pylist()))[0])
            self._refuse("", f"{place}, row {numbered(row)}")
        array = self._without_unused(array)
        indices = to_numpy(array.indices)
        texts, known = self._of_dictionary(array.dictionary)
        used = np.bincount(indices, minlength=len(texts)) if (known < SET_ASIDE).any() else None
        for i, text in enumerate(texts):
            if known[i] < SET_ASIDE and used is not None and used[i]:
                at = numbered(int(np.argmax(indices == i)))
                self._refuse(text, f"{place}, row {at}", texts)
        result = _looked_up(known, indices)
        if self._set_aside and (known == SET_ASIDE).any():
            for left in np.flatnonzero(known == SET_ASIDE):
                rows = int((indices == left).sum())
                self.left_out[texts[left]] = self.left_out.get(texts[left], 0) + rows
        return result

    def knows(self, text: str) -> bool:
        """Whether a code, as it stands in a table, is one of the dimension or is left out of it."""
        return self._find(text) >= SET_ASIDE

    def _of_short(self, array: pa.StringArray) -> Ints | None:
        """Positions of short texts of one length that all have one; None for any other column."""
        words = words_of(array)
        if words is None:
            return None
        try:
            return self._lookup.positions(*words)
        except Unusual:
            return None

    def _without_unused(self, array: pa.DictionaryArray) -> pa.DictionaryArray:
        """The array without words that no row has: a filtered column keeps its whole dictionary.

        Words that an earlier batch used all are codes of the table already.
        """
        if self._full is not None and self._full.equals(array.dictionary):
            return array
        indices = to_numpy(array.indices)
        used = np.zeros(len(array.dictionary), bool)
        used[indices] = True
        if used.all():
            self._full = array.dictionary
            return array
        moved = (np.cumsum(used) - 1).astype(np.int32).take(indices)
        kept = array.dictionary.take(pa.array(np.flatnonzero(used)))
        return pa.DictionaryArray.from_arrays(pa.array(moved), kept)

    def _of_dictionary(self, dictionary: pa.Array) -> tuple[list[str], Ints]:
        """The texts of a dictionary and their positions; many batches have the same one."""
        if self._last is None or not self._last[0].equals(dictionary):
            texts = [text or "" for text in dictionary.to_pylist()]
            known = np.array([self._find(t) for t in texts] or [0], np.int32)
            narrow = known.astype(np.int16) if len(self.codes) < 2**15 else known
            self._last = dictionary, texts, narrow
        return self._last[1:]

    def _as_text(self, array: pa.Array, place: str) -> pa.Array:
        kind = array.type
        fraction = pa.types.is_floating(kind) or (pa.types.is_decimal(kind) and kind.scale > 0)
        if fraction or pa.types.is_temporal(kind):
            raise HansaError(
                f"the codes of {self.dimension} are {_WRONG[fraction]}",
                place=place,
                printed=str(array[0].as_py())
                if fraction and len(array)
                else f"values of type {kind}",
                admissible="text: codes keep their leading zeros and their points",
                fix="store the column as text",
            )
        try:
            return pc.cast(array, pa.string())
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as problem:
            raise HansaError(
                f"the codes of {self.dimension} cannot be read as text",
                place=place,
                printed=f"values of type {array.type}",
                admissible="text in UTF-8: codes keep their leading zeros and their points",
                fix="store the column as text",
            ) from problem

    def _find(self, text: str) -> int:
        if text in self._met:
            return self._met[text]
        code = self._spelled(text)
        if code is None:
            return SET_ASIDE if self._set_aside else SET_ASIDE - 1
        if code not in self._position:
            self._position[code] = len(self.codes)
            self.codes.append(code)
        self._met[text] = self._position[code]
        return self._met[text]

    def _spelled(self, text: str) -> str | None:
        plain = text.strip()
        if plain.upper() in self._total:
            return TOTAL
        if plain in self._apart:
            return plain
        return self.codelist.spell(plain)

    def _beside(self, text: str) -> bool:
        """True for the published total and for areas, which no version holds."""
        return text.strip().upper() in self._total or text.strip() in self._apart

    def _refuse(self, text: str, place: str, others: Iterable[str] = ()) -> None:
        scheme = self.codelist.id.partition(":")[0]
        if not text.strip():
            raise HansaError(
                f"{self.dimension} is empty",
                place=place,
                printed="an empty cell",
                admissible=f"a code in the column of {self.dimension}",
                fix="give the code, or remove the row",
            )
        if text.isdigit() and self.codelist.spell("0" + text):
            raise lost_zero(self.codelist, text, place)
        elsewhere = versions_with(text, scheme)
        if elsewhere:
            raise HansaError(
                f"codes of several versions of {scheme.upper()} are mixed",
                place=place,
                printed=f"{text}, valid in {listed(elsewhere)}; "
                + membership_text((t for t in others if not self._beside(t)), scheme),
                admissible=f"codes of {self.codelist.id}",
                fix="convert the table to one version, or leave such rows out by name: "
                + declared("unknown_codes", "set_aside"),
            )
        raise HansaError(
            f"unknown {self.dimension} code {text!r}",
            place=place,
            printed=repr(text),
            admissible=f"codes of {self.codelist.id} in any usual spelling, or TOTAL",
            fix="if it is the total of all others, say so: " + declared("total", text, many=True)
            if self._called_total(text)
            else "correct the code, pick the right rows (--where), or leave such rows out by name: "
            + declared("unknown_codes", "set_aside"),
        )

    def _called_total(self, text: str) -> bool:
        # What guesses is not needed to read.
        from hansa.sources.guess.codes import CALLED_TOTAL

        return text.strip().lower() in CALLED_TOTAL

    def refuse_lost_zeros(self, place: str) -> None:
        """Refuse codes of the table that have lost their leading zero (`without_zero`)."""
        if found := without_zero(self.codelist, self._met):
            raise lost_zero(self.codelist, found, f"{place}, column of {self.dimension}")


def _looked_up(known: Ints, indices: Ints) -> Ints:
    """`known[indices]`; the indices themselves where each word stands at its own position."""
    if not len(indices):
        return np.zeros(0, np.int32)
    if np.array_equal(known, np.arange(len(known))):
        return indices.astype(known.dtype)
    result: Ints = known.take(indices)
    return result
