"""How alike two regions are in what their jobs do: shares of the same clusters, laid side by side.

The similarity of Finger and Kreinin is the sum over all groups of the smaller of the two shares:
0 for regions without a group in common, 1 for the same structure. Written for exports, it is used
for jobs alike; Krugman's index of 1991 says the same: similarity = 1 - index / 2.

Shares are those of the region's jobs, and jobs outside every cluster are one more group, so the
shares of a region add up to 1. A share known only between bounds, or not at all, makes an
interval: whatever the hidden shares are, as long as they are not negative and add up to 1, the
similarity lies inside. The upper end is sharp for the shares as bounded; the lower one may lie
lower than it need.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from hansa.errors import HansaError, UsageError, listed
from hansa.language import N_
from hansa.law import Flags, Floats, Quantity, any_flag, bit, carries, flags_from_text
from hansa.panel import Header, Panel

SOURCE = (
    "J. M. Finger and M. E. Kreinin, A measure of “export similarity” and its possible uses, "
    "Economic Journal 89 (1979); P. Krugman, Geography and Trade (1991)"
)
LEAST_KNOWN = 0.5
"""Share of a region's jobs whose group has to be known: below it nothing is said (our choice)."""

_ALIKE = 1e-12


@dataclass(frozen=True)
class _Structure:
    """Shares (groups x regions) with their bounds, jobs in no cluster as the last group."""

    value: Floats
    low: Floats
    high: Floats


def similarity(shares: Quantity, place: int) -> Quantity:
    """Similarity of one region to every region (Finger and Kreinin 1979), shape (regions,).

    shares  of each region's jobs that a cluster holds (clusters x regions), 0 to 1; clusters share
            no jobs
    place   column of the region

    Absent (`m`) for regions of which less than `LEAST_KNOWN` of the jobs is known by cluster.
    """
    own = _structure(shares)
    both = np.minimum(own.value, own.value[:, [place]])
    low, high = _bounds(own, place)
    # Sums of the same shares in another order differ in their last bits.
    met = high - low <= _ALIKE
    low, high = np.where(met, high, low), high
    value = np.clip(both.sum(axis=0), low, high)
    value = np.where(np.isnan(value) & met, high, value)
    known = own.low.sum(axis=0) >= LEAST_KNOWN
    there = known & known[place]
    found = Quantity(
        np.where(there, value, np.nan),
        _flags(shares, place),
        np.where(there, low, np.nan),
        np.where(there, high, np.nan),
        _estimated(shares, place),
    )
    found = found.flagged(there & np.isnan(value), "interval").flagged(~there, "m")
    return replace(found, lower=None, upper=None) if (met | ~there).all() else found


def _structure(shares: Quantity) -> _Structure:
    """Bounds for every share, as narrow as the sum of 1 makes each of them on its own."""
    low, high = shares.bounds()
    gone = np.isnan(low) | np.isnan(high)
    low = np.clip(np.where(gone, 0.0, low), 0.0, 1.0)
    high = np.clip(np.where(gone, 1.0, high), 0.0, 1.0)
    rest = 1.0 - shares.value.sum(axis=0)
    low = np.vstack([low, np.maximum(0.0, 1.0 - high.sum(axis=0))])
    high = np.vstack([high, np.maximum(0.0, 1.0 - low[:-1].sum(axis=0))])
    value = np.vstack([shares.value, np.maximum(0.0, rest)])
    others_low = low.sum(axis=0) - low
    others_high = high.sum(axis=0) - high
    narrow = np.maximum(low, np.minimum(high, 1.0 - others_low))
    return _Structure(value, np.minimum(narrow, np.maximum(low, 1.0 - others_high)), narrow)


def _bounds(own: _Structure, place: int) -> tuple[Floats, Floats]:
    """Least and greatest similarity to the region at `place`, shape (regions,)."""
    low, high = own.low, own.high
    a_low, a_high = low[:, [place]], high[:, [place]]
    most = _greatest(low, high, a_low, a_high)
    # 1 - similarity is the largest p(S) - q(S) over sets S of groups. p(S) is at most the upper
    # bounds in S, and at most 1 less the lower ones outside; q(S) likewise the other way round.
    apart = np.minimum.reduce(
        [
            np.maximum(0.0, a_high - low).sum(axis=0),
            np.maximum(0.0, high - a_low).sum(axis=0),
            np.maximum(a_high, high).sum(axis=0) - 1.0,
            1.0 - np.minimum(a_low, low).sum(axis=0),
        ]
    )
    least = np.clip(1.0 - apart, 0.0, most)
    least[place] = most[place] = 1.0
    return least, most


def _greatest(low: Floats, high: Floats, a_low: Floats, a_high: Floats) -> Floats:
    """The greatest sum of smaller shares where each region's shares add up to 1.

    The smaller share of a group rises for nothing up to the lower of the two lower bounds; up to
    the other one it takes jobs of one region, beyond that of both. What takes from one comes first.
    """
    ceiling = np.minimum(high, a_high)
    free = np.minimum(low, a_low)
    step = np.minimum(ceiling, np.maximum(low, a_low))
    takes_own = np.where(a_low <= low, step - free, 0.0).sum(axis=0)
    takes_other = np.where(a_low <= low, 0.0, step - free).sum(axis=0)
    takes_both = np.maximum(0.0, ceiling - step).sum(axis=0)
    room_own = np.maximum(0.0, 1.0 - a_low.sum(axis=0))
    room_other = np.maximum(0.0, 1.0 - low.sum(axis=0))
    first, second = np.minimum(takes_own, room_own), np.minimum(takes_other, room_other)
    third = np.minimum(takes_both, np.minimum(room_own - first, room_other - second))
    found: Floats = np.minimum(1.0, free.sum(axis=0) + first + second + np.maximum(0.0, third))
    return found


def _flags(shares: Quantity, place: int) -> Flags | None:
    if shares.flags is None:
        return None
    own: Flags = np.bitwise_or.reduce(shares.flags, axis=0).astype(np.uint64)
    # A cell too small for a rate is part of a sum; whether the sum has bounds is seen from it.
    both: Flags = (own | own[place]) & ~any_flag(("tiny", "interval"))
    return both


def _estimated(shares: Quantity, place: int) -> Floats | None:
    """Share of the similarity that rests on estimates, the larger one of each pair of shares."""
    if shares.estimated is None:
        return None
    both = np.minimum(shares.value, shares.value[:, [place]])
    resting = both * np.maximum(shares.estimated, shares.estimated[:, [place]])
    whole = both.sum(axis=0)
    found: Floats = np.divide(resting.sum(axis=0), whole, out=np.zeros_like(whole), where=whole > 0)
    return found


def similar_regions(focus: Panel, geo: str, time: int | None = None) -> Panel:
    """Similarity of one region to every other one, as a panel by geo, partner and time.

    focus  share of the region by cluster (the measure `focus`); without `time` its last year

    Clusters that the source or the base does not hold are left out: they have no jobs there.
    Raises UsageError for another measure and an unknown region or year, HansaError for clusters
    that share activities.
    """
    _refuse(focus, geo, time)
    year = focus.distinct("time")[-1] if time is None else time
    now = focus.where("time", year)
    regions, clusters = now.distinct("geo"), now.distinct("cluster")
    shares = _of_this_source(_matrix(now, clusters, regions))
    place = regions.index(geo)
    found = similarity(shares, place)
    others = [i for i in range(len(regions)) if i != place]
    return _panel(found[others], geo, [regions[i] for i in others], year, focus.header)


def _refuse(focus: Panel, geo: str, time: int | None) -> None:
    header = focus.header
    if header.measure != "focus":
        raise UsageError(
            f"{header.measure} says nothing of how alike regions are",
            admissible="focus: the share of the region that each cluster holds",
        )
    if header.overlapping:
        raise HansaError(
            "how alike regions are cannot be said with clusters that share activities",
            printed=f"definition {header.definition}: overlapping",
            admissible="clusters whose weights add up to at most 1 for each activity",
            fix="use a definition without overlap",
        )
    for name, wanted in (("geo", geo), ("time", time)):
        there = focus.distinct(name)
        if wanted is not None and wanted not in there:
            raise UsageError(f"the panel has no {name} {wanted}", admissible=listed(there, 60))


def _matrix(focus: Panel, clusters: list[str], regions: list[str]) -> Quantity:
    """The panel's numbers, clusters x regions; a cell without a row is missing."""
    told, shape = focus.columns(), (len(clusters), len(regions))
    row = {code: i for i, code in enumerate(clusters)}
    column = {code: i for i, code in enumerate(regions)}
    rows = np.array([row[c] for c in told["cluster"]], int)
    columns = np.array([column[c] for c in told["geo"]], int)

    def laid(name: str, blank: float) -> Floats | None:
        if name not in told:
            return None
        cells = np.full(shape, blank)
        cells[rows, columns] = [blank if v is None else v for v in told[name]]
        return cells

    flags: Flags = np.full(shape, bit("m"))
    texts = told["status"]
    known = {text: flags_from_text(text) for text in set(texts)}
    flags[rows, columns] = np.array([known[text] for text in texts], np.uint64)
    value, estimated = laid("value", np.nan), laid("estimated", 0.0)
    assert value is not None
    return Quantity(value, flags, laid("lower", np.nan), laid("upper", np.nan), estimated)


def _of_this_source(shares: Quantity) -> Quantity:
    """The clusters that the source holds: absent everywhere by their nature are the others."""
    low, _ = shares.bounds()
    assert shares.flags is not None
    gone: npt.NDArray[np.bool_] = np.isnan(low) & np.isnan(shares.value)
    hidden = carries(shares.flags, any_flag(("c", "m")))
    outside = carries(shares.flags, any_flag(("d", "z"))) & ~hidden
    return shares[~(gone & outside).all(axis=1)]


def _panel(found: Quantity, geo: str, partners: list[str], time: int, header: Header) -> Panel:
    import pyarrow as pa

    from hansa.law import flags_to_text

    def numbers(values: Floats) -> pa.Array:
        return pa.array([None if np.isnan(v) else float(v) for v in values], pa.float64())

    flags = np.zeros(len(partners), np.uint64) if found.flags is None else found.flags
    columns = {
        "geo": pa.array([geo] * len(partners), pa.string()),
        "partner": pa.array(partners, pa.string()),
        "time": pa.array([time] * len(partners), pa.int16()),
        "value": numbers(found.value),
        "status": pa.array([flags_to_text(int(bits)) for bits in flags], pa.string()),
    }
    if found.lower is not None and found.upper is not None:
        columns |= {"lower": numbers(found.lower), "upper": numbers(found.upper)}
    if found.estimated is not None:
        columns["estimated"] = numbers(found.estimated)
    own = replace(
        header,
        measure="structural_similarity",
        label=N_("Similarity of the structure of jobs"),
        unit=N_("share 0-1"),
        kind="intensive",
        notes=(),
    )
    return Panel(("geo", "partner", "time"), pa.table(columns), own)
