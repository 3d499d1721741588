"""Positions of short texts of one length, looked up as whole numbers.

Encoding a column of texts takes Arrow as long as reading it. A text of at most eight bytes is a
number, and codes of a table are often of one length: then one look into a small table does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from hansa.cube import STRETCH, Ints

LONGEST = 8
"""Bytes of a text that one number holds."""
_SLOTS = 17
"""Two to this power are the places of the table; each word met takes one."""
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""Multiplying by it brings differences anywhere in a word into its first bits."""
_MOST = 1 << 15
"""More texts than this are left to Arrow: they would crowd the table."""

Words = npt.NDArray[np.uint64]


class Unusual(Exception):
    """A text that has no position, or more of them than are looked up here."""


def words_of(texts: pa.StringArray) -> tuple[Words, int] | None:
    """Texts as numbers, and their length in bytes; None where one is absent, longer or of another.

    `text_of` gives a text back.
    """
    if not len(texts) or texts.null_count:
        return None
    _valid, ends, content = texts.buffers()
    at = np.frombuffer(ends, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    length = int(at[1] - at[0])
    if not 0 < length <= LONGEST or (np.diff(at) != length).any():
        return None
    letters = np.frombuffer(content, np.uint8)[at[0] : at[-1]]
    words = np.zeros(len(texts), np.uint64)
    own = words.view(np.uint8)
    for i in range(length):
        own[i::LONGEST] = letters[i::length]
    return words, length


def text_of(word: int, length: int) -> str:
    """The text that a number stands for."""
    return word.to_bytes(LONGEST, sys.byteorder)[:length].decode()


class Lookup:
    """The words met so far and the position that `find` gave each text of them.

    A word is looked for in one place only; where another one was there first, both are told
    apart by a search among all that were met.
    """

    def __init__(self, find: Callable[[str], int]) -> None:
        self._find = find
        self._length = 0
        self._slots = np.zeros(1 << _SLOTS, np.int16)
        # A free place is that of a first word, which is no text and has no position.
        self._words = np.full(1, ~np.uint64(0))
        self._positions = np.full(1, -1, np.int16)
        self._order = np.zeros(1, np.int64)

    def positions(self, words: Words, length: int) -> Ints:
        """The position of each word; raises Unusual where `find` has none for one of them."""
        if self._length not in (0, length):
            raise Unusual
        self._length = length
        found = np.empty(len(words), np.int16)
        # Memory for all words at once would be asked of the system, and given back, each time.
        for start in range(0, len(words), STRETCH):
            own = slice(start, start + STRETCH)
            found[own] = self._looked_up(words[own])
        return found

    def _looked_up(self, words: Words) -> Ints:
        place: Ints = self._slots.take(_slot(words)).astype(np.intp)
        other = self._words.take(place) != words
        if other.any():
            wrong = np.flatnonzero(other)
            place[wrong] = self._searched(words[wrong])
        found: Ints = self._positions.take(place)
        if found.min(initial=0) < 0:
            raise Unusual
        return found

    def _searched(self, words: Words) -> Ints:
        """Places of words that are not where they are looked for; new ones are taken up."""
        found: Ints = self._order.take(np.searchsorted(self._words, words, sorter=self._order))
        new = self._words.take(found) != words
        if new.any():
            self._meet(np.unique(words[new]))
            found = self._order.take(np.searchsorted(self._words, words, sorter=self._order))
        return found

    def _meet(self, new: Words) -> None:
        """Take up words that were not met before, in order."""
        if len(self._words) + new.size > _MOST:
            raise Unusual
        found = [self._find(text_of(int(word), self._length)) for word in new]
        if min(found) < 0 or max(found) >= _MOST:
            raise Unusual
        places = np.arange(len(self._words), len(self._words) + new.size, dtype=np.int16)
        slots = _slot(new)
        free = self._slots[slots] == 0
        self._slots[slots[free]] = places[free]
        self._words = np.append(self._words, new)
        self._positions = np.append(self._positions, np.array(found, np.int16))
        self._order = np.argsort(self._words)


def _slot(words: Words) -> Ints:
    with np.errstate(over="ignore"):
        spread = words * _SPREAD
    place: Ints = np.right_shift(spread, np.uint64(64 - _SLOTS), out=spread).view(np.int64)
    return place
