"""Complementary suppression: which further cells to hide so that no sum gives a secret away.

A heuristic in three steps. (1) Exposed cells are found by exact intervals. (2) A linear programme
looks for another table that agrees with everything published and differs enough in every exposed
cell, at the least value of further cells that have to differ too (Kelly, Golden and Assad, 1992;
Fischetti and Salazar, 2001, section 6); those are hidden, totals only where nothing else helps.
(3) Hidden cells that turn out not to be needed are published again, the largest first. Every step
is checked by exact intervals; the result is safe, and not claimed to be the least.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from hansa.facts.disclosure import Left, left_open, needed, too_narrow, whole_ends
from hansa.facts.disclosure_sheet import Sheet
from hansa.facts.hidden.intervals import components, intervals_of
from hansa.facts.hidden.presolve import presolved
from hansa.facts.hidden.system import Ints, Mask, System, system_of
from hansa.law import Floats
from hansa.solve import Polytope, least_cost

ROUNDS = 40
"""Most rounds of hiding more."""

DIFFERS = 1e-6
"""A cell that has to move by more than this is hidden."""


@dataclass(frozen=True)
class Hidden:
    """Cells to hide beside the confidential ones; `open` are confidential and cannot be saved."""

    complementary: Mask
    unsafe: Mask


def complementary(
    sheets: Sequence[Sheet], secret: Mask, never: Mask, share: float, settled: Mask | None = None
) -> Hidden:
    """Further cells to hide, the same for all measures of one year.

    never    cells that are not to be hidden: nothing would be gained, as everybody knows them
    settled  cells that are hidden already and need no protection of their own
    """
    empty = secret if settled is None else secret | settled
    hidden = empty.copy()
    unsafe = np.zeros(secret.shape, bool)
    for attempt in range(ROUNDS):
        before = int(hidden.sum())
        unsafe[:] = False
        for sheet in sheets:
            bad = left_open(sheet, hidden).revealed(secret, share)
            if bad.any():
                unsafe |= bad
                more = _more(sheet, hidden, (bad, never), share, attempt)
                hidden |= more
        if not unsafe.any() or (int(hidden.sum()) == before and attempt > 2):
            break
    if not unsafe.any():
        hidden = _needed_ones(sheets, hidden, (secret, empty), share)
    return Hidden(hidden & ~empty, unsafe)


def _more(
    sheet: Sheet, hidden: Mask, bad_never: tuple[Mask, Mask], share: float, attempt: int
) -> Mask:
    """Cells that differ in the cheapest other table; totals only where nothing else does."""
    bad, never = bad_never
    fine = np.zeros(hidden.shape, bool)
    fine[np.ix_(sheet.activity.leaves, sheet.geo.leaves)] = True
    may = ~hidden & ~never & (sheet.cells.value > 0)
    for totals in (False, True):
        found = _moved(sheet, hidden, (bad, may & (fine | totals)), share, attempt)
        if found.any():
            return found
    return np.zeros(hidden.shape, bool)


def _moved(
    sheet: Sheet, hidden: Mask, bad_may: tuple[Mask, Mask], share: float, attempt: int
) -> Mask:
    """The cells that move in the cheapest table that differs in the exposed cells.

    Variables: every cell; up and down of each cell that may be hidden; what an exposed cell falls
    short of. Its price is above that of any way to move it, so that it is the last resort.
    """
    bad, may = bad_may
    every = np.ones(sheet.table.shape, bool)
    system = system_of(replace(sheet.table, unknown=every), sheet.tolerance)
    own = np.where(np.isnan(sheet.cells.value), _highest(sheet, hidden), sheet.cells.value)[bad]
    need = np.array([needed(v, share, sheet.whole) for v in own]) * (1 + 1e-9)
    way = _signs(bad, own, need, attempt)
    price = sheet.cells.value[may]
    count, bads = price.size, own.size
    low, high = _known_ends(sheet, hidden, system)
    bottom, top = _row_ends(sheet, system)
    cost = np.maximum(1.0, price / np.median(need)) * (1 + 1e-7 * np.arange(count))
    last = np.full(bads, 20 * cost.max(initial=1.0))
    polytope = Polytope(
        _matrix(system, _flat(may, system), (_flat(bad, system), way)),
        np.concatenate([bottom, way * own + need]),
        np.concatenate([top, np.full(bads, np.inf)]),
        np.concatenate([low, np.zeros(2 * count + bads)]),
        np.concatenate([high, np.full(count, np.inf), price, np.full(bads, np.inf)]),
    )
    # Whether the cells it names protect the others is found out by exact intervals.
    x = least_cost(polytope, np.concatenate([np.zeros(low.size), cost, cost, last]))
    found = np.zeros(hidden.shape, bool)
    if x is not None:
        up, down = x[low.size : low.size + count], x[low.size + count :][:count]
        found[may] = np.maximum(up, down) > DIFFERS
    return found


Ends = tuple[Floats, Floats]


def _matrix(system: System, may: Ints, bad: tuple[Ints, Floats]) -> sparse.csc_matrix:
    """All sums over (cells, up, down, shortfall), and one row for each exposed cell."""
    rows, cells = system.matrix.shape
    at, way = bad
    bads, count = np.arange(at.size), np.arange(may.size)
    moved = system.matrix @ sparse.csr_matrix((np.ones(may.size), (may, count)), (cells, may.size))
    short = sparse.csr_matrix((way, (bads, at)), (at.size, cells))
    zero = sparse.csr_matrix((rows, at.size))
    blank = sparse.csr_matrix((at.size, may.size))
    return sparse.bmat(
        [[system.matrix, moved, -moved, zero], [short, blank, blank, sparse.identity(at.size)]],
        format="csc",
    )


def _signs(bad: Mask, own: Floats, need: Floats, attempt: int) -> Floats:
    """Which way each exposed cell is to differ: in turn, so that some balance each other."""
    row, column = np.nonzero(bad)
    if attempt % 3 == 2:
        return np.ones(own.size)
    down = ((row + column + attempt) % 2 == 1) & (own >= need)
    return np.where(down, -1.0, 1.0)


def _highest(sheet: Sheet, hidden: Mask) -> Floats:
    """Upper ends of hidden cells that even the owner of the table does not know."""
    if not np.isnan(sheet.cells.value[hidden]).any():
        return sheet.cells.value
    high = left_open(sheet, hidden).high
    return np.where(np.isinf(high), 0.0, np.nan_to_num(high))


def _known_ends(sheet: Sheet, hidden: Mask, system: System) -> Ends:
    """Bounds of every cell as published: hidden ones are only known not to be negative."""
    low, high = np.zeros(system.shape), np.full(system.shape, np.inf)
    below, above = sheet.published(hidden).bounds()
    inside = (slice(0, below.shape[0]), slice(0, below.shape[1]))
    low[inside] = np.where(np.isnan(below), 0.0, below)
    high[inside] = np.where(np.isnan(above), np.inf, above)
    high[sheet.closed] = 0.0
    return low.ravel(), high.ravel()


def _row_ends(sheet: Sheet, system: System) -> Ends:
    """Ends of the sums, widened where the numbers of the table themselves miss them."""
    value = np.zeros(system.shape)
    value[: sheet.cells.shape[0], : sheet.cells.shape[1]] = sheet.cells.value
    flat = value.ravel()
    known = ~np.isnan(flat)
    unknown = ((system.matrix != 0) @ (~known).astype(float)) > 0
    off = system.matrix @ np.where(known, flat, 0.0)
    off[unknown] = 0.0
    rest = sheet.table.row_rest
    # A rest can only add: parts above their whole are a miss, parts below it are none.
    bottom = np.where(rest, system.row_lower, np.minimum(system.row_lower, off))
    return bottom, np.maximum(system.row_upper, off)


def _flat(cells: Mask, system: System) -> Ints:
    row, column = np.nonzero(cells)
    return np.asarray(row * system.shape[1] + column)


@dataclass(frozen=True)
class _Piece:
    """Cells that hang together, and their flat positions in the table without rests, -1 for one."""

    system: System
    place: Ints


class _Pieces:
    """The hidden cells of one measure in parts that say nothing of each other."""

    def __init__(self, left: Left, secret: Mask, share: float) -> None:
        self.sheet, self.share = left.sheet, share
        self.secret = secret.ravel()
        self.value = np.where(np.isnan(left.sheet.cells.value), left.high, left.sheet.cells.value)
        self.of: dict[int, _Piece] = {}
        system = left.found.system
        row, column = np.divmod(system.place, system.shape[1])
        inside = (row < secret.shape[0]) & (column < secret.shape[1])
        self._split(system, np.where(inside, row * secret.shape[1] + column, -1))

    def _split(self, system: System, place: Ints) -> None:
        for part in components(system):
            p = part.polytope
            own = replace(
                system,
                matrix=sparse.csr_matrix(p.matrix),
                row_lower=p.row_lower,
                row_upper=p.row_upper,
                lower=p.lower,
                upper=p.upper,
                place=np.arange(part.cells.size),
                row_whole=np.zeros(part.rows.size, np.int64),
            )
            piece = _Piece(own, place[part.cells])
            self.of |= {int(at): piece for at in piece.place if at >= 0}

    def without(self, at: int) -> System | None:
        """The piece of a cell with that cell published; None where that reveals a secret."""
        piece = self.of[at]
        value = self.value.ravel()[at]
        lower, upper = piece.system.lower.copy(), piece.system.upper.copy()
        own = piece.place == at
        lower[own] = upper[own] = value
        system = replace(piece.system, lower=lower, upper=upper)
        quick, broken = presolved(system)
        if broken or self._reveals(piece, quick):
            return None
        found = intervals_of(quick)
        if found.contradictions or self._reveals(piece, found.system):
            return None
        return found.system

    def _reveals(self, piece: _Piece, system: System) -> bool:
        mine = (piece.place >= 0) & self.secret[piece.place]
        low, high = system.lower[mine], system.upper[mine]
        if self.sheet.whole:
            low, high = whole_ends(low, high)
        return bool(too_narrow(low, high, self.value.ravel()[piece.place[mine]], self.share).any())

    def publish(self, at: int, system: System) -> None:
        """Take the piece of a cell apart after the cell was published."""
        piece = self.of[at]
        for one in piece.place:
            self.of.pop(int(one), None)
        self._split(system, piece.place)


def _needed_ones(
    sheets: Sequence[Sheet], hidden: Mask, secret_empty: tuple[Mask, Mask], share: float
) -> Mask:
    """Hidden cells without those that can be published again, the largest first."""
    secret, empty = secret_empty
    extra = np.flatnonzero((hidden & ~empty).ravel())
    if not extra.size:
        return hidden
    pieces = [_Pieces(left_open(sheet, hidden), secret, share) for sheet in sheets]
    size = np.nan_to_num(sheets[0].cells.value.ravel()[extra])
    kept = hidden.copy()
    for at in extra[np.lexsort((extra, -size))]:
        found = {i: p.without(int(at)) for i, p in enumerate(pieces) if int(at) in p.of}
        if any(system is None for system in found.values()):
            continue
        kept.ravel()[at] = False
        for i, system in found.items():
            assert system is not None
            pieces[i].publish(int(at), system)
    safe = all(not left_open(s, kept).revealed(secret, share).any() for s in sheets)
    return kept if safe else hidden
