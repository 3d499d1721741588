"""What stands in files of links and is no plain weight: found, treated, listed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from hansa.law import Floats

SLIVER = 1e-3
"""Links below this share of their source are slivers: drawing errors of boundaries, no moves."""
NO_SLIVER = 1e-2
"""A link with this share of its source by any other weight is no sliver."""
PIECE = 0.1
"""Weight of a link that a note qualifies, beside 1 for a plain one, where weights are equal."""
SAME = 1e-3
"""Numbers of several weights that differ by less than this share stand for no measurement."""


@dataclass
class Found:
    """What was met in the links, and done.

    slivers     (from, to, share by the chosen weight) dropped, the rest of the source renormalised
    fallbacks   (code, weight used) where the chosen weight says nothing of a code
    placeholder (from, to) with the same number for every weight: taken as a new name
    apart       (from, to) links to what is no code of the list or level, left out
    repeated    (from, to) that stood in several rows, added up
    same_name   regions with the same code and name in both lists, taken as the same area
    left_out    codes set aside on purpose; `without_target` extra-regio codes the list lacks
    parents     codes above others without a link of their own, left out
    torn        codes of the result above others that did not move together with these, left out
    rebuilt     such codes that hold codes without parts, added up from all that moved into them
    """

    slivers: list[tuple[str, str, float]] = field(default_factory=list)
    fallbacks: list[tuple[str, str]] = field(default_factory=list)
    placeholder: list[tuple[str, str]] = field(default_factory=list)
    apart: list[tuple[str, str]] = field(default_factory=list)
    repeated: list[tuple[str, str]] = field(default_factory=list)
    same_name: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    without_target: list[str] = field(default_factory=list)
    parents: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    rebuilt: list[str] = field(default_factory=list)


def split_shares(
    code: str, targets: list[str], flows: Floats, weights: tuple[str, ...], found: Found
) -> tuple[npt.NDArray[np.intp], Floats, Floats] | None:
    """Which links of one source stay, their shares (weights, links) and flows (links,).

    flows  (weights, links), the chosen weight first. None where the numbers are no weights: the
    source is split and a placeholder stands among its links, or every number is zero.
    """
    same = _placeholders(flows)
    if same.any():
        found.placeholder += [(code, t) for t, is_so in zip(targets, same, strict=True) if is_so]
        if len(targets) > 1:
            return None
    if len(targets) == 1:
        return np.arange(1), np.ones((len(weights), 1)), flows[0]
    sums = flows.sum(axis=1)
    if not (sums > 0).any():
        return None
    used = next(w for w in range(len(weights)) if sums[w] > 0)
    if used:
        found.fallbacks.append((code, weights[used]))
    share = np.array([flows[w] / sums[w] if sums[w] > 0 else flows[used] / sums[used]
                      for w in range(len(weights))])  # fmt: skip
    small = (share[0] < SLIVER) & (share.max(axis=0) < NO_SLIVER)
    found.slivers += [(code, targets[k], float(share[0, k])) for k in np.flatnonzero(small)]
    keep = np.flatnonzero(~small)
    kept = share[:, keep]
    whole = kept.sum(axis=1, keepdims=True)
    kept = np.where(whole > 0, kept / np.where(whole > 0, whole, 1.0), kept[0])
    # Another weight counts in another unit: it cannot say how much of a rate is meant.
    flow = flows[0, keep] if used == 0 else np.full(len(keep), np.nan)
    return keep, kept, flow


def _placeholders(flows: Floats) -> npt.NDArray[np.bool_]:
    """Links with nearly the same number for three weights or more: none of them was measured."""
    if len(flows) < 3:
        return np.zeros(flows.shape[1], bool)
    least, most = flows.min(axis=0), flows.max(axis=0)
    return np.asarray((most > 0) & (most - least <= SAME * most))


def equal_shares(pieces: list[bool], weights: int) -> Floats:
    """Equal shares (weights, links); a link that means only a piece counts a tenth."""
    weight = np.where(pieces, PIECE, 1.0)
    return np.tile(weight / weight.sum(), (weights, 1))
