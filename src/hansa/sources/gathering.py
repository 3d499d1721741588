"""Rows of batches in any order -> pieces of years, in memory that is freed year by year."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from hansa.cube import Ints
from hansa.law import Flags, Quantity
from hansa.sources.pieces import Piece, by_year, known, memory, usual


class Gathering:
    """Rows of batches on their way to the year that they belong to.

    They are gathered in blocks of one size: memory of many sizes, freed year by year, would
    stay with the process.
    """

    def __init__(self) -> None:
        self._pieces: dict[int, list[Piece]] = {}
        self._open: dict[int, _Block] = {}
        self.rows = 0

    @property
    def years(self) -> int:
        """In how many years rows were found so far."""
        return len(self._pieces.keys() | self._open.keys())

    def add(self, year: int, piece: Piece) -> None:
        """Append rows as they are, whatever waits for the year before them."""
        self.rows += piece.geo.size
        self._close(year)
        self._pieces.setdefault(year, []).append(piece)

    def add_batch(self, time: Ints, geo: Ints, activity: Ints, values: Quantity) -> None:
        """Append rows of any years; `values` are packed."""
        for year, rows in by_year(time):
            if rows is None or not _Block.holds(geo, activity, values):
                own = values if rows is None else values.take(rows)
                keys = (geo, activity) if rows is None else (geo.take(rows), activity.take(rows))
                self.add(year, Piece(*keys, partial(known, own)))
                continue
            while rows.size:
                if (block := self._open.get(year)) is None:
                    more = year in self._pieces
                    block = self._open[year] = _Block(_Block.ROWS if more else _Block.FIRST)
                now, rows = rows[: block.room], rows[block.room :]
                block.add(geo, activity, values, now)
                self.rows += now.size
                if not block.room:
                    self._close(year)

    def _close(self, year: int) -> None:
        if (block := self._open.pop(year, None)) is not None:
            self._pieces.setdefault(year, []).append(block.piece())

    def pieces(self) -> dict[int, list[Piece]]:
        """Everything that was gathered, by year; nothing is left here."""
        for year in list(self._open):
            self._close(year)
        found, self._pieces = self._pieces, {}
        return found


class _Block:
    """Rows of one year, as many as were found so far.

    Its memory goes back to the system as soon as nobody uses it.
    """

    ROWS = 1 << 16
    FIRST = 1 << 12
    """Rows of the first block of a year: most tables need no other."""

    def __init__(self, rows: int) -> None:
        self._rows, self._end = rows, 0
        own = memory(9 * rows, np.uint8)
        self._value: Any = own[: 4 * rows].view(np.float32)
        self._geo = own[4 * rows : 6 * rows].view(np.int16)
        self._activity = own[6 * rows : 8 * rows].view(np.int16)
        self._flags: Flags = own[8 * rows :]
        self._flagged = False

    @staticmethod
    def holds(geo: Ints, activity: Ints, values: Quantity) -> bool:
        """True for rows of the usual kinds, which fit without a change of any number."""
        return geo.dtype == activity.dtype == np.int16 and usual(values)

    @property
    def room(self) -> int:
        """How many rows can still be added."""
        return self._rows - self._end

    def add(self, geo: Ints, activity: Ints, values: Quantity, rows: Ints) -> None:
        """Append some rows of a batch."""
        own = slice(self._end, self._end + rows.size)
        # Positions are within the batch; the check of `take` would need a copy.
        geo.take(rows, out=self._geo[own], mode="clip")
        activity.take(rows, out=self._activity[own], mode="clip")
        values.value.take(rows, out=self._value[own], mode="clip")
        if values.flags is not None:
            self._flagged = True
            values.flags.take(rows, out=self._flags[own], mode="clip")
        self._end = own.stop

    def piece(self) -> Piece:
        """All rows that were added."""
        flags = self._flags[: self._end] if self._flagged else None
        values = Quantity(self._value[: self._end], flags)
        geo, activity = self._geo[: self._end], self._activity[: self._end]
        return Piece(geo, activity, partial(known, values))
