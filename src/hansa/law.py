"""The law of missing values, as arithmetic.

Every calculation on facts goes through the functions of this module, so that each clause
holds everywhere because it holds here (numbers as in `docs/explanation/law.md`):

1. Absent is not zero: an absent value is NaN, and NaN never becomes a number by itself.
2. A status travels with its value: results carry the union of the flags they used.
3. Every measure spreads absence: no function here skips an absent member.
7. A zero denominator gives absent.
8. A result that rests on estimates says which share of it does.

Clauses 4 to 6 and 9 concern steps, totals, versions and ranks; they live with these.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from hansa.statuses import MEANING as MEANING

Floats = npt.NDArray[np.float64]
# uint64; uint32 where none of the flags needs more (`narrowed`)
Flags = npt.NDArray[Any]

# A letter has the bit of its place in the alphabet, so an office's own letter is kept too.
NAMED_FLAGS = ("entry", "exit", "tiny", "boundary", "converted", "imputed", "interval")
_BIT = {chr(97 + i): i for i in range(26)} | {name: 26 + i for i, name in enumerate(NAMED_FLAGS)}
_BIT[":"] = _BIT["z"]

ESTIMATED = ("e", "s", "f", "imputed")


def bit(name: str) -> np.uint64:
    """The bit of one flag."""
    return np.uint64(1 << _BIT[name])


def flags_from_text(text: str | None) -> int:
    """Flags of a status text: `p;e`, `bp`, `:c`, `|C`. Unknown letters are kept.

    Raises ValueError for anything that holds no letters.
    """
    bits = 0
    for token in re.split(r"[;,|\s]+", (text or "").strip()):
        if token in _BIT:
            bits |= 1 << _BIT[token]
            continue
        for letter in token.lower():
            if letter not in _BIT:
                raise ValueError(f"{text!r} is no status")
            bits |= 1 << _BIT[letter]
    return bits


def flags_to_text(bits: int) -> str:
    """The status text of a set of flags, in a fixed order, joined by `;`."""
    names = (name for name in _BIT if name != ":")
    return ";".join(name for name in names if bits >> _BIT[name] & 1)


def any_flag(names: Iterable[str]) -> np.uint64:
    """A mask of several flags."""
    return np.uint64(sum(1 << _BIT[name] for name in names))


def carries(flags: Flags, mask: np.uint64) -> npt.NDArray[np.bool_]:
    """True where a flag of a mask is set, compared in as many bits as the flags have."""
    own = flags.dtype.type(int(mask) & np.iinfo(flags.dtype).max)
    found: npt.NDArray[np.bool_] = (flags & own) != 0
    return found


def any_carries(flags: Flags | None, mask: np.uint64) -> bool:
    """True where a flag of a mask is set anywhere: no array is made to find out."""
    return flags is not None and bool(int(np.bitwise_or.reduce(flags, axis=None)) & int(mask))


@dataclass(frozen=True)
class Quantity:
    """Numbers with what the law needs to know about them; all arrays share one shape.

    value      float64, NaN where absent
    flags      bit sets, or None where no value carries a status
    lower      float64 bounds, NaN where unknown; None where every value is known exactly
    upper      as `lower`; given together
    estimated  share of the value that rests on estimates, 0 to 1; None where nothing does
    """

    value: Floats
    flags: Flags | None = None
    lower: Floats | None = None
    upper: Floats | None = None
    estimated: Floats | None = None

    def __getitem__(self, index: Any) -> Quantity:
        """The same selection of every part: `q[:, None]`, `q[rows]`."""
        return self.map(lambda part: part[index])

    def map(self, change: Any) -> Quantity:
        """Apply one array function to every part that is there."""
        return Quantity(
            change(self.value),
            None if self.flags is None else change(self.flags),
            None if self.lower is None else change(self.lower),
            None if self.upper is None else change(self.upper),
            None if self.estimated is None else change(self.estimated),
        )

    def take(self, places: npt.NDArray[Any]) -> Quantity:
        """Every part at some places of its flattened array."""
        return self.map(lambda part: part.take(places))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of every part."""
        return self.value.shape

    def bounds(self) -> tuple[Floats, Floats]:
        """Lower and upper bound; the value itself where it is known exactly."""
        if self.lower is None or self.upper is None:
            return self.value, self.value
        return self.lower, self.upper

    def flagged(self, where: npt.NDArray[np.bool_], name: str) -> Quantity:
        """The same numbers with one more flag at some places."""
        if self.flags is None:
            return replace(self, flags=np.multiply(where, bit(name), dtype=np.uint64))
        kind = np.promote_types(self.flags.dtype, np.min_scalar_type(bit(name)))
        new = np.multiply(where, kind.type(bit(name)), dtype=kind)
        return replace(self, flags=self.flags | new)

    def unflagged(self, where: npt.NDArray[np.bool_], name: str) -> Quantity:
        """The same numbers without one flag at some places."""
        if self.flags is None or not any_carries(self.flags, bit(name)):
            return self
        kept = self.flags.dtype.type(~bit(name) & np.uint64(np.iinfo(self.flags.dtype).max))
        return replace(self, flags=np.where(where, self.flags & kept, self.flags))

    def narrowed(self) -> Quantity:
        """The same with flags in half the memory where that holds them, None where none is set.

        For results on their way only: what a step may add flags to in place keeps uint64.
        """
        if self.flags is None or self.flags.dtype != np.uint64:
            return self
        used = np.bitwise_or.reduce(self.flags, axis=None)
        if not used:
            return replace(self, flags=None)
        narrow = used <= np.iinfo(np.uint32).max
        return replace(self, flags=self.flags.astype(np.uint32)) if narrow else self

    def flagged_all(self, name: str) -> Quantity:
        """The same numbers with one more flag everywhere."""
        return self.flagged(np.ones(self.shape, bool), name)


@dataclass(frozen=True)
class Marked:
    """A class or a count with the reason for it; all arrays share one shape.

    quantity  the count with its bounds; NaN everywhere for a class
    reason    text, None where there is nothing to say
    label     the class, None where it has none; None as a whole for a count
    """

    quantity: Quantity
    reason: npt.NDArray[np.object_]
    label: npt.NDArray[np.object_] | None = None

    def __getitem__(self, index: Any) -> Marked:
        """The same selection of every part."""
        label = None if self.label is None else self.label[index]
        return Marked(self.quantity[index], self.reason[index], label)


def absent(shape: tuple[int, ...], name: str) -> Quantity:
    """Nothing known, for the reason that `name` flags."""
    return Quantity(np.full(shape, np.nan), np.full(shape, bit(name)))


def total(parts: Quantity, axis: int) -> Quantity:
    """Sum along an axis. One absent member makes the sum absent (clauses 3 and 5)."""
    value = parts.value.sum(axis=axis)
    flags = None if parts.flags is None else np.bitwise_or.reduce(parts.flags, axis=axis)
    lower = upper = estimated = None
    if parts.lower is not None and parts.upper is not None:
        lower, upper = parts.lower.sum(axis=axis), parts.upper.sum(axis=axis)
    if parts.estimated is not None:
        part = (parts.estimated * parts.value).sum(axis=axis)
        estimated = _share(part, value, parts.estimated, axis)
    return Quantity(value, flags, lower, upper, estimated)


def stacked(parts: list[Quantity]) -> Quantity:
    """Quantities of one shape, stacked along a new first axis."""
    return _put_together(parts, np.stack)


def side_by_side(parts: list[Quantity]) -> Quantity:
    """Quantities with the same rows, their columns one after the other."""
    return _put_together(parts, np.hstack)


def end_to_end(parts: list[Quantity], value: Floats) -> Quantity:
    """Quantities of one axis, one after the other; `value` holds their values in this order."""
    return _put_together(parts, np.concatenate, value)


def _put_together(parts: list[Quantity], join: Any, value: Floats | None = None) -> Quantity:
    def joined(name: str, default: Any) -> Any:
        arrays = [getattr(p, name) for p in parts]
        if all(a is None for a in arrays):
            return None
        return join([default(p) if a is None else a for a, p in zip(arrays, parts, strict=True)])

    return Quantity(
        join([p.value for p in parts]) if value is None else value,
        joined("flags", lambda p: np.zeros(p.shape, np.uint64)),
        joined("lower", lambda p: p.value),
        joined("upper", lambda p: p.value),
        joined("estimated", lambda p: np.zeros(p.shape)),
    )


def weighted_total(cells: Quantity, nodes: list[tuple[int, float, float]]) -> Quantity:
    """Weighted sum of rows of `cells`: (row, least weight, greatest weight) each.

    Where a weight is known only as an interval the sum has bounds, and a value only where they
    meet. Absence of any row spreads; rows that do not enter are never touched.
    """
    exact = all(low == high for _, low, high in nodes)
    lows = [(row, low) for row, low, _ in nodes]
    highs = [(row, high) for row, _, high in nodes]
    width = cells.shape[1:]
    value = _rows_sum(cells.value, lows) if exact else np.full(width, np.nan)
    lower = upper = estimated = None
    if not exact or cells.lower is not None:
        below, above = cells.bounds()
        lower, upper = _rows_sum(below, lows), _rows_sum(above, highs)
        if not exact and (below < 0).any():
            # The greatest weight of a negative cell gives the least.
            lower = np.sum([np.minimum(w * below[r], v * below[r]) for r, w, v in nodes], axis=0)
            upper = np.sum([np.maximum(w * above[r], v * above[r]) for r, w, v in nodes], axis=0)
    if cells.estimated is not None:
        shares = {row: cells.estimated[row] * cells.value[row] for row, _, _ in nodes}
        members = cells.estimated[[row for row, _, _ in nodes]]
        estimated = _share(_rows_sum(shares, highs), _rows_sum(cells.value, highs), members, axis=0)
    flags = None
    if cells.flags is not None:
        flags = cells.flags[nodes[0][0]].copy()
        for row, _, _ in nodes[1:]:
            np.bitwise_or(flags, cells.flags[row], out=flags)
    result = Quantity(value, flags, lower, upper, estimated)
    if exact or lower is None or upper is None:
        return result
    met = lower == upper
    return replace(result, value=np.where(met, lower, np.nan)).flagged(~met, "interval")


def _rows_sum(rows: Any, weights: list[tuple[int, float]]) -> Floats:
    """Sum of weight x row, one row after the other: no matrix product mixes rows of weight 0."""
    first, weight = weights[0]
    result = np.multiply(rows[first], weight)
    part = np.empty_like(result)
    for row, weight in weights[1:]:
        if weight == 1.0:
            np.add(result, rows[row], out=result)
        else:
            np.multiply(rows[row], weight, out=part)
            np.add(result, part, out=result)
    return np.asarray(result)


def ratio(numerator: Quantity, denominator: Quantity) -> Quantity:
    """Quotient over a non-negative denominator; a zero denominator gives absent (clause 7).

    Such an absence says `z`: there is no quotient, and none is hidden.
    Bounds are those of interval division: they contain the truth whatever the dependence
    between the two. The estimated share is the larger of the two shares (clause 8).
    """
    value = _divide(numerator.value, denominator.value)
    lower = upper = None
    if numerator.lower is not None or denominator.lower is not None:
        (nl, nu), (dl, du) = numerator.bounds(), denominator.bounds()
        lower = np.where(nl >= 0, _divide(nl, du), _divide(nl, dl))
        upper = np.where(nu >= 0, _divide(nu, dl), _divide(nu, du))
    result = Quantity(
        value, _union(numerator, denominator), lower, upper, _most(numerator, denominator)
    )
    # A total printed as zero that may be more has a quotient, which is hidden.
    zero = (denominator.value == 0) & (denominator.bounds()[1] == 0)
    return result.flagged(np.broadcast_to(zero, value.shape), "z") if zero.any() else result


def choose(where: npt.NDArray[np.bool_], first: Quantity, second: Quantity) -> Quantity:
    """`first` where true, `second` elsewhere."""
    both = stacked([first, second])
    return both.map(lambda part: np.where(where, part[0], part[1]))


def product(a: Quantity, b: Quantity) -> Quantity:
    """Product of two quantities; bounds are those of interval multiplication."""
    lower = upper = None
    if a.lower is not None or b.lower is not None:
        (al, au), (bl, bu) = a.bounds(), b.bounds()
        lower, upper = al * bl, au * bu
        if (al < 0).any() or (bl < 0).any():
            corners = np.stack([lower, upper, al * bu, au * bl])
            lower, upper = corners.min(axis=0), corners.max(axis=0)
    return Quantity(a.value * b.value, _union(a, b), lower, upper, _most(a, b))


def difference(after: Quantity, before: Quantity) -> Quantity:
    """`after - before`, absent where either is."""
    lower = upper = None
    if after.lower is not None or before.lower is not None:
        (al, au), (bl, bu) = after.bounds(), before.bounds()
        lower, upper = al - bu, au - bl
    return Quantity(
        after.value - before.value, _union(after, before), lower, upper, _most(after, before)
    )


def monotone(q: Quantity, function: Any) -> Quantity:
    """An increasing function of one quantity, applied to its value and its bounds."""
    lower = None if q.lower is None else function(q.lower)
    upper = None if q.upper is None else function(q.upper)
    return replace(q, value=function(q.value), lower=lower, upper=upper)


def _share(part: Floats, whole: Floats, members: Floats, axis: int) -> Floats:
    """Share of a sum that rests on estimates; of a sum of zeros, the largest share of a member."""
    result = _divide(part, whole)
    return result if np.all(whole) else np.where(whole == 0, members.max(axis=axis), result)


def _divide(a: Floats, b: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        result = np.asarray(np.divide(a, b))
    zero = b == 0
    if np.any(zero):
        np.copyto(result, np.nan, where=zero)
    return result


def _union(a: Quantity, b: Quantity) -> Flags | None:
    if a.flags is None or b.flags is None:
        one = b.flags if a.flags is None else a.flags
        return None if one is None else np.broadcast_to(one, np.broadcast_shapes(a.shape, b.shape))
    for one, other in ((a.flags, b.flags), (b.flags, a.flags)):
        if one.size == 1 and not any_carries(other, ~np.uint64(one.item())):
            # A total has the flags of all its parts: the same set stands everywhere.
            return np.broadcast_to(one, np.broadcast_shapes(a.shape, b.shape))
    return np.bitwise_or(a.flags, b.flags)


def _most(a: Quantity, b: Quantity) -> Floats | None:
    if a.estimated is None or b.estimated is None:
        one = b.estimated if a.estimated is None else a.estimated
        return None if one is None else np.broadcast_to(one, np.broadcast_shapes(a.shape, b.shape))
    return np.maximum(a.estimated, b.estimated)
