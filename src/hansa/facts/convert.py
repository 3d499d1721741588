"""Moving numbers along one axis by weighted links: pure functions on arrays.

Source: Eurostat, "Statistical regions in the European Union and partner countries" and the
conversion rule of its NUTS converter: y_t = sum_s y_s w_st with shares w of one source adding up
to 1. Bounds over several weights are a spread, no limits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from hansa.law import Flags, Floats, Quantity, bit, product, ratio

IDENTITY, EXACT, ESTIMATED, UNKNOWN = range(4)
KINDS = ("identity", "exact", "estimated", "bounds only")

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Moves:
    """Links as arrays: link k moves `share[w, k]` of source `source[k]` to target `target[k]`.

    sources, targets  how many there are
    share  (weights, links); the first row is the chosen weight. The shares of one source add up
           to 1 in each row; NaN where no weight is known (kind UNKNOWN)
    flow   (links,) what source and target have in common by the chosen weight, in its own unit;
           NaN where unknown
    kind   (links,) IDENTITY: same code, nothing else on either side; EXACT: all of the source;
           ESTIMATED: a share by weights; UNKNOWN: a part without a weight
    """

    sources: int
    targets: int
    source: Ints
    target: Ints
    share: Floats
    flow: Floats
    kind: npt.NDArray[np.int8]

    def matrix(self, weight: Floats) -> Any:
        """Sparse targets x sources; links of weight zero are no links (absence stays behind)."""
        from scipy.sparse import csr_matrix

        use = weight > 0
        at = (self.target[use], self.source[use])
        return csr_matrix((weight[use], at), shape=(self.targets, self.sources))

    @cached_property
    def touched(self) -> npt.NDArray[np.int8]:
        """(targets,) the least sure kind of link that reaches each target."""
        found = np.zeros(self.targets, np.int8)
        np.maximum.at(found, self.target, self.kind)
        return found

    def reached(self, kind: int) -> npt.NDArray[np.bool_]:
        """(targets,) where a link of one kind ends."""
        found = np.zeros(self.targets, bool)
        found[self.target[self.kind == kind]] = True
        return found

    def compact(self) -> tuple[Moves, Ints]:
        """The same links with the sources that have any numbered anew, and which these are."""
        used, source = np.unique(self.source, return_inverse=True)
        return replace(self, sources=len(used), source=source), used

    def rows(self, targets: npt.NDArray[np.bool_]) -> Moves:
        """The links to some targets, these numbered anew."""
        place = np.cumsum(targets) - 1
        use = targets[self.target]
        return Moves(
            self.sources,
            int(targets.sum()),
            self.source[use],
            place[self.target[use]],
            self.share[:, use],
            self.flow[use],
            self.kind[use],
        )


def extensive(cells: Quantity, moves: Moves) -> Quantity:
    """y_t = sum over s of y_s w_st: cells (sources x others) to (targets x others).

    An absent source makes absent every target it reaches with a weight above zero; flags are
    joined; bounds move along, and where links are estimated they span all weights (lower = the
    least, upper = the greatest result of any). `estimated` is the share of a value that came
    through estimated links, or was estimated before. Links without weights give no value, only
    bounds: nothing or all of the source.
    """
    known = np.where(np.isnan(moves.share[0]), 0.0, moves.share[0])
    value = moves.matrix(known) @ cells.value
    unsure = moves.touched >= ESTIMATED
    spread = bool((moves.touched == UNKNOWN).any()) or (len(moves.share) > 1 and unsure.any())
    lower = upper = None
    if cells.lower is not None or spread:
        low, high = cells.bounds()
        lower, upper = value.copy(), value.copy()
        if low is not high:
            lower, upper = moves.matrix(known) @ low, moves.matrix(known) @ high
        if spread:
            part = moves.rows(unsure)
            lower[unsure], upper[unsure] = _spread(part, low, high)
            value[unsure] = _met(value[unsure], part, lower[unsure], upper[unsure])
    result = Quantity(value, _joined(cells.flags, moves), lower, upper)
    result = replace(result, estimated=_estimated(cells, moves, known, value))
    return _flagged(result, moves)


def _spread(part: Moves, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Least and greatest result over the weights; a part without weights is nothing or all."""
    same = low is high
    part, used = part.compact()
    low = low[used]
    high = low if same else high[used]
    open_links = part.kind == UNKNOWN
    some = part.matrix(open_links.astype(float)) if open_links.any() else None
    below = above = None
    for row in part.share:
        matrix = part.matrix(np.where(open_links, 0.0, row))
        l_own = matrix @ low
        u_own = l_own if same else matrix @ high
        below = l_own if below is None else np.minimum(below, l_own)
        above = u_own if above is None else np.maximum(above, u_own)
    assert below is not None
    assert above is not None
    if some is not None:
        below = below + some @ np.minimum(low, 0)
        above = above + some @ np.maximum(high, 0)
    return below, above


def _met(value: Floats, part: Moves, lower: Floats, upper: Floats) -> Floats:
    """No value where a part is open, unless the bounds meet; none where a bound is unknown.

    A bound is unknown where an absent source reaches the target by another weight only.
    """
    is_open = (part.touched == UNKNOWN)[:, None]
    value = np.where(is_open, np.where(lower == upper, lower, np.nan), value)
    return np.where(np.isnan(lower) | np.isnan(upper), np.nan, value)


def _joined(flags: Flags | None, moves: Moves) -> Flags | None:
    """Union of the flags of all sources of each target."""
    if flags is None:
        return None
    result = np.zeros((moves.targets, *flags.shape[1:]), np.uint64)
    order = np.argsort(moves.target, kind="stable")
    target, source = moves.target[order], moves.source[order]
    first = np.r_[True, target[1:] != target[:-1]] if len(target) else np.zeros(0, bool)
    result[target[first]] = flags[source[first]]
    for t, s in zip(target[~first], source[~first], strict=True):
        result[t] |= flags[s]
    return result


def _estimated(cells: Quantity, moves: Moves, known: Floats, value: Floats) -> Floats | None:
    """Share of each value that is estimated; of a zero, the largest share of a part."""
    by_weight = moves.reached(ESTIMATED)
    if cells.estimated is None and not by_weight.any():
        return None
    rows = by_weight if cells.estimated is None else np.ones(moves.targets, bool)
    part, used = moves.rows(rows).compact()
    there = ~np.isnan(value[rows])
    sure = part.kind != ESTIMATED
    weight = known[rows[moves.target]]
    size = np.abs(cells.value[used])
    moved, whole = part.matrix(np.where(sure, 0.0, weight)) @ size, part.matrix(weight) @ size
    most = np.repeat(part.reached(ESTIMATED)[:, None].astype(float), value.shape[1], axis=1)
    if cells.estimated is not None:
        given = cells.estimated[used]
        moved += part.matrix(np.where(sure, weight, 0.0)) @ (size * given)
        for target, source in zip(part.target, part.source, strict=True):
            np.maximum(most[target], given[source], out=most[target])
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.clip(moved / whole, 0.0, 1.0)
    share = np.zeros(value.shape)
    share[rows] = np.where(there, np.where(whole == 0, most, own), 0.0)
    return share


def _flagged(result: Quantity, moves: Moves) -> Quantity:
    """`converted` on what did not stay as it was, `e` on values by weights, `interval` on open."""
    if not (moves.touched > IDENTITY).any():
        return result
    flags = np.zeros(result.shape, np.uint64) if result.flags is None else result.flags
    converted, by_weight = bit("converted"), moves.reached(ESTIMATED)
    for row in np.flatnonzero(moves.touched > IDENTITY):
        flags[row] |= converted
    there = ~np.isnan(result.value[by_weight])
    flags[by_weight] |= np.multiply(there, bit("e"), dtype=np.uint64)
    is_open = moves.touched == UNKNOWN
    if is_open.any() and result.lower is not None and result.upper is not None:
        bounded = ~np.isnan(result.lower[is_open] + result.upper[is_open])
        bounded &= np.isnan(result.value[is_open])
        flags[is_open] |= np.multiply(bounded, bit("interval"), dtype=np.uint64)
    return replace(result, flags=flags)


def intensive(cells: Quantity, moves: Moves) -> Quantity:
    """Rates: y_t = sum y_s f_st / sum f_st, f being what source and target have in common.

    Bounds span the weights as in `extensive`. All-ones rates give ones. A target that is all of
    one source takes its rate as it is; every other one is an estimate, flagged `e`.
    """
    flows = replace(moves, share=_as_flows(moves))
    top = extensive(cells, flows)
    below = flows.matrix(flows.share[0]) @ np.ones(cells.shape)
    value = np.divide(top.value, below, out=np.full(top.shape, np.nan), where=below > 0)
    lower = upper = None
    if top.lower is not None:
        lower, upper = _rate_spread(cells, flows)
    alone = np.bincount(moves.target, minlength=moves.targets) == 1
    mixed = (~alone | (moves.touched >= ESTIMATED))[:, None] & ~np.isnan(value)
    estimated = np.where(mixed, 1.0, 0.0 if top.estimated is None else top.estimated)
    result = Quantity(value, top.flags, lower, upper, estimated if estimated.any() else None)
    return result.flagged(mixed, "e")


def _as_flows(moves: Moves) -> Floats:
    """Weights of a rate: shares of the source times all that the source has, by the chosen weight.

    A target of one source needs none: its rate is that of the source, however little that has.
    """
    whole = np.zeros(moves.sources)
    np.add.at(whole, moves.source, np.nan_to_num(moves.flow, nan=1.0))
    alone = np.bincount(moves.target, minlength=moves.targets)[moves.target] == 1
    return np.asarray(np.where(alone, 1.0, moves.share * whole[moves.source]))


def _rate_spread(cells: Quantity, flows: Moves) -> tuple[Floats, Floats]:
    low, high = cells.bounds()
    below = above = None
    for row in flows.share:
        matrix = flows.matrix(row)
        whole = matrix @ np.ones(cells.shape)
        with np.errstate(divide="ignore", invalid="ignore"):
            l_own, u_own = (matrix @ low) / whole, (matrix @ high) / whole
        below = l_own if below is None else np.fmin(below, l_own)
        above = u_own if above is None else np.fmax(above, u_own)
    assert below is not None
    assert above is not None
    return below, above


def rates(cells: Quantity, denominator: Quantity, moves: Moves) -> Quantity:
    """Rates with their denominators: both converted apart, then divided (clause 7 holds)."""
    top = extensive(product(cells, denominator), moves)
    return ratio(top, extensive(denominator, moves))
