"""Rows of a panel that are looked up again and again: taken apart once, and remembered."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from hansa.panel import Panel

MANY = 2000
"""Rows of a panel from which on its years are cut out."""
MOST = 6000
"""Rows of a panel that is taken apart as a whole."""
KEPT = 64
"""Years and panels that are remembered."""

Made = TypeVar("Made")
Columns = dict[str, list[Any]]
Places = dict[tuple[Any, ...], list[int]]

_kept: OrderedDict[Hashable, tuple[Any, Any]] = OrderedDict()


def year_of(panel: Panel, time: int) -> Panel:
    """The rows of one year, which all regions and clusters share."""
    return _remembered(panel, ("year", time), lambda: panel.where("time", time))


def taken_apart(panel: Panel, dims: tuple[str, ...]) -> tuple[Columns, Places]:
    """The columns as lists, and for each place along `dims` the numbers of its rows."""

    def made() -> tuple[Columns, Places]:
        columns, places = panel.columns(), Places()
        for row, place in enumerate(zip(*(columns[d] for d in dims), strict=True)):
            places.setdefault(place, []).append(row)
        return columns, places

    return _remembered(panel, ("places", dims), made)


def rows_at(panel: Panel, dims: tuple[str, ...]) -> dict[tuple[Any, ...], npt.NDArray[np.int64]]:
    """For each place along `dims` the numbers of its rows, ascending; rows are not unpacked."""

    def made() -> dict[tuple[Any, ...], npt.NDArray[np.int64]]:
        place, words = np.zeros(len(panel), np.int64), []
        for name in dims:
            column = panel.table[name].combine_chunks()
            if not pa.types.is_dictionary(column.type):
                column = column.dictionary_encode()
            words.append(column.dictionary.to_pylist())
            place = place * len(words[-1]) + np.from_dlpack(column.indices).astype(np.int64)
        order = np.argsort(place, kind="stable")
        if not dims:
            return {(): order}
        places, starts = np.unique(place.take(order), return_index=True)
        at = np.unravel_index(places, [len(own) for own in words])
        codes = [[texts[i] for i in one.tolist()] for texts, one in zip(words, at, strict=True)]
        return dict(zip(zip(*codes, strict=True), np.split(order, starts[1:]), strict=True))

    return _remembered(panel, ("rows", dims), made)


def _remembered(panel: Panel, what: Hashable, make: Callable[[], Made]) -> Made:
    # The table is kept with what is made of it: as long as it is there, none has the same id.
    key, own = (id(panel.table), id(panel.header), what), (panel.table, panel.header)
    _, made = known = _kept.pop(key, None) or (own, make())
    _kept[key] = known
    while len(_kept) > KEPT:
        _kept.popitem(last=False)
    return made
