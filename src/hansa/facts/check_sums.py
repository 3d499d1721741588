"""Which cell is wrong where published sums contradict each other.

One wrong cell breaks the sum of its row and that of its column by the same amount. So the cell
is where broken sums meet, all other sums it enters agree, and the amount says what it should be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hansa.cube import OVERLAP, Axis, Cube, cube_place, parts_above_total
from hansa.errors import Finding, Severity
from hansa.facts.check_cells import Cells, Key, Spot, named, number, span
from hansa.facts.check_families import Family, Sums, Term
from hansa.facts.check_slips import FACTORS, slip
from hansa.law import MEANING, Floats, Quantity

ONE_CELL = "a number contradicts the published sums it enters"
AND_YEARS = "a number contradicts a published sum and its own years"
SWAPPED = "two numbers seem to have changed places"
ABOVE = "parts add up to more than their published total"
BELOW = "parts add up to less than their published total"
DOUBLE = "a code seems to be counted twice, in itself and in another one"
OFTEN = "parts and their published total often disagree"

OTHERWISE = "nothing where the source defines them differently; else correct the total or its parts"

DECLARE = (
    "a computation refuses it: correct the total or its parts, or declare how far sums may miss: "
    "sums_within = {{ {} = {:.0f} }}"
)

NAMED = (ONE_CELL, AND_YEARS, SWAPPED)
RULES = (*NAMED, DOUBLE, ABOVE, BELOW)

_MOST = 300
"""Broken sums that are looked into one by one; the rest is counted."""
_LIKELY = 3
_MUCH = 0.1
"""Share of a total that no small part left out explains, where the code list has no other part."""
_CLEAR = np.log(1.5)
"""How much more usual a corrected value has to be for a series to name the cell."""

SHOWN = 3
"""Totals of one year that are shown where parts exceed them; the rest is counted."""


Broken = tuple[Family, int, int]


@dataclass(frozen=True)
class Suspect:
    """A cell that alone would explain broken sums, with the bounds of its correction."""

    key: Key
    low: float
    high: float
    explains: tuple[Broken, ...]


def contradictions(cells: Cells, sums: Sums) -> list[Spot]:
    """Every broken sum: by the one cell that explains it, as a pair of cells, or as a sum."""
    spots = [s for f in sums.families for s in _systematic(cells, f)]
    broken = [
        (f, int(t), int(j)) for f in sums.families for t, j in np.argwhere(sums.broken[id(f)])
    ]
    left = {_id(b): b for b in broken[:_MOST]}
    suspects = _suspects(cells, sums, list(left.values()))
    for s in _unique(suspects):
        if all(_id(b) in left for b in s.explains):
            spots.append(_one_cell(cells, s))
            for b in s.explains:
                del left[_id(b)]
    for pair, explained in _pairs(cells, list(left.values())):
        if all(_id(b) in left for b in explained):
            spots.append(_swapped(cells, pair, explained))
            for b in explained:
                del left[_id(b)]
    spots += [_as_sum(cells, b, suspects) for b in left.values()]
    spots += [_as_sum(cells, b, []) for b in broken[_MOST:]]
    return spots


def _id(broken: Broken) -> tuple[int, int, int]:
    return id(broken[0]), broken[1], broken[2]


def _suspects(cells: Cells, sums: Sums, broken: list[Broken]) -> list[Suspect]:
    """Cells that alone could be wrong: all sums they enter agree on one correction."""
    keys = dict.fromkeys(
        f.cell(t, member, j)
        for f, t, j in broken
        for member in f.members
        if not np.isnan(cells.value[f.cell(t, member, j)])
    )
    found = (_suspect(cells, key, sums.terms(key)) for key in keys)
    return [s for s in found if s is not None]


def _suspect(cells: Cells, key: Key, terms: list[Term]) -> Suspect | None:
    """The cell with the one correction that all its sums agree on, None without such a one.

    Sums that are wrong where definitions differ are heard, but do not outvote the others.
    """
    low = max(x.change[0] for x in terms)
    high = min([*(x.change[1] for x in terms), cells.at(key) + cells.half[key]])
    if low <= high and (low > 0 or high < 0):
        return Suspect(key, low, high, tuple(_where(x) for x in terms if x.broken))
    plain = [x for x in terms if not (x.broken and x.differs)]
    if len(plain) == len(terms) or not any(x.broken for x in plain):
        return None
    return _suspect(cells, key, plain)


def _where(term: Term) -> Broken:
    return term.family, term.t, term.other


def _unique(suspects: list[Suspect]) -> Iterator[Suspect]:
    """Suspects that break two sums or more and are the only ones to explain as many of them."""
    best: dict[tuple[int, int, int], int] = {}
    rivals: dict[tuple[int, int, int], int] = {}
    for s in suspects:
        for b in map(_id, s.explains):
            count = len(s.explains)
            if count > best.get(b, 0):
                best[b], rivals[b] = count, 1
            elif count == best[b]:
                rivals[b] += 1
    for s in sorted(suspects, key=lambda s: -len(s.explains)):
        own = [_id(b) for b in s.explains]
        if len(own) > 1 and all(best[b] == len(own) and rivals[b] == 1 for b in own):
            yield s


def _one_cell(cells: Cells, s: Suspect) -> Spot:
    printed = cells.at(s.key)
    low, high = printed - s.high, printed - s.low
    sums = " and ".join(_sum_text(cells, b) for b in s.explains[:2])
    more = f" and {len(s.explains) - 2} more" if len(s.explains) > 2 else ""
    hint = slip(printed, low, high)
    return Spot(
        _gravity(s.explains),
        ONE_CELL,
        (s.key,),
        f"{number(printed)}; {sums}{more}{_flagged(s.explains)}",
        span(low, high) + f", so that {'both' if len(s.explains) == 2 else 'all'} sums agree",
        f"correct the number{': ' + hint if hint else ''}",
        weight=_weight(s.low, s.high),
    )


def _gravity(explained: Sequence[Broken]) -> Severity:
    """A warning where every wrong sum is one whose members are not defined alike, else an error."""
    return "warning" if all(f.differs[t, j] for f, t, j in explained) else "error"


def _flagged(explained: Sequence[Broken]) -> str:
    """What the status of the members says, where it makes an error a warning."""
    return f"; status d: {MEANING['d']}" if _gravity(explained) == "warning" else ""


def _weight(low: float, high: float) -> float:
    return min(abs(low), abs(high))


def _sum_text(cells: Cells, broken: Broken) -> str:
    f, t, j = broken
    term = Term(f, t, j, 1)
    axis: Axis = getattr(cells, f.axis)
    whole = cells.value[f.cell(t, f.node, j)]
    return f"parts of {axis.codes[f.node]} {number(term.gap + whole)}, published {number(whole)}"


def _pairs(cells: Cells, left: list[Broken]) -> Iterator[tuple[tuple[Key, Key], list[Broken]]]:
    """Two members of one axis whose exchange, at one place of the other, mends two sums."""
    for i, (f, t, j) in enumerate(left):
        for other in left[i + 1 :]:
            if other[0] is not f or other[1] != t:
                continue
            first, second = Term(f, t, j, 1), Term(f, t, other[2], 1)
            slack = first.slack + second.slack
            if abs(first.gap + second.gap) > slack:
                continue
            fits = [
                m
                for m in f.parts
                if abs(cells.at(f.cell(t, m, j)) - cells.at(f.cell(t, m, other[2])) - first.gap)
                <= slack
            ]
            if len(fits) == 1:
                yield (f.cell(t, fits[0], j), f.cell(t, fits[0], other[2])), [(f, t, j), other]


def _swapped(cells: Cells, pair: tuple[Key, Key], explained: list[Broken]) -> Spot:
    first, second = (number(cells.at(key)) for key in pair)
    return Spot(
        _gravity(explained),
        SWAPPED,
        pair,
        f"{first} and {second}; two published sums are wrong by their difference"
        + _flagged(explained),
        f"{second} and {first}: both sums then agree",
        "exchange the two numbers",
        weight=abs(cells.at(pair[0]) - cells.at(pair[1])),
    )


def _as_sum(cells: Cells, broken: Broken, suspects: list[Suspect]) -> Spot:
    """A broken sum that no single cell explains, with the likeliest cells where a series helps."""
    f, t, j = broken
    term = Term(f, t, j, 1)
    axis: Axis = getattr(cells, f.axis)
    other: Axis = cells.geo if f.axis == "activity" else cells.activity
    whole = cells.at(f.cell(t, f.node, j))
    likely = _likely(cells, [s for s in suspects if _id(broken) in map(_id, s.explains)])
    if len(likely) == 1:
        return _by_its_years(cells, likely[0], broken)
    above = term.gap > 0
    place = f"{cube_place(axis, f.node)}, {other.codes[j]}, time {cells.years[t]}"
    least = max(whole - term.slack, 0)
    admissible = f"at most {number(whole + term.slack)}" if above else f"at least {number(least)}"
    # Parts above their total cannot be; parts below it may lack one that the table does not list.
    sure = above or (axis.whole(f.node) and -term.gap > _MUCH * whole)
    fix = OVERLAP if above else "correct the total or its parts, or add the part that is not there"
    return Spot(
        _gravity([broken]) if sure else "warning",
        ABOVE if above else BELOW,
        (*(s.key for s in likely), f.cell(t, f.node, j)),
        f"parts {number(term.gap + whole)}, total {number(whole)}{_flagged([broken])}",
        f"{admissible} ({term.why})" + _guess(cells, likely),
        OTHERWISE if term.differs else fix,
        where=place,
        weight=abs(term.gap),
    )


def _by_its_years(cells: Cells, s: Suspect, broken: Broken) -> Spot:
    """One sum does not say which number is wrong; the years of its members do."""
    printed = cells.at(s.key)
    low, high = printed - min(s.high, printed), printed - s.low
    hint = slip(printed, low, high)
    return Spot(
        _gravity([broken]),
        AND_YEARS,
        (s.key,),
        f"{number(printed)}; {_sum_text(cells, broken)}{_flagged([broken])}",
        f"{span(low, high)}, so that the sum agrees: that is like the years beside it",
        f"correct the number{': ' + hint if hint else ''}; or another number of the sum, if the "
        "source says so",
        weight=_weight(s.low, s.high),
    )


def _likely(cells: Cells, suspects: list[Suspect]) -> list[Suspect]:
    """The suspects whose correction makes a series much more usual, the likeliest first."""
    from hansa.facts.check_series import surprise

    if len(cells.years) < 2:
        return []
    gains = []
    for s in suspects:
        printed = cells.at(s.key)
        corrected = printed - (s.low + min(s.high, printed)) / 2
        gain = surprise(cells, s.key, printed) - surprise(cells, s.key, max(corrected, 0.0))
        if gain > _CLEAR:
            gains.append((gain, s))
    gains.sort(key=lambda pair: -pair[0])
    best = gains[0][0] if gains else 0.0
    return [s for gain, s in gains if gain >= best / 2][:_LIKELY]


def _guess(cells: Cells, likely: list[Suspect]) -> str:
    if not likely:
        return ""
    said = []
    for s in likely:
        printed = cells.at(s.key)
        low, high = printed - min(s.high, printed), printed - s.low
        said.append(f"{cells.name(s.key)}: {number(printed)}, should be {span(low, high)}")
    return "; by its own years the likeliest error is " + "; or ".join(said)


def counted_twice(cells: Cells, sums: Sums) -> Iterator[Spot]:
    """A part whose own number is what the parts exceed their total by, wherever that is tested.

    Its sums are explained by it and are not looked at again.
    """
    for f in sums.families:
        known = ~np.isnan(f.gap)
        above = known & (f.gap > f.slack)
        if above.sum() < _TESTS or above.sum() < _MOSTLY * known.sum():
            continue
        view = cells.value if f.axis == "activity" else cells.value.transpose(0, 2, 1)
        for part in f.parts:
            own = view[:, part]
            with np.errstate(invalid="ignore"):
                fits = np.abs(f.gap - own) <= f.slack + _NEAR * own
            if fits[known].mean() < _MOSTLY or _other_units(f, own):
                continue
            if (own[known] > f.slack[known]).any():
                yield _twice(cells, f, part, int(fits[known].sum()))
                sums.drop(f)
                break


def _other_units(f: Family, own: Floats) -> bool:
    """True where one factor of usual units explains the sums better than a part too many."""
    known = ~np.isnan(f.gap) & ~np.isnan(own)
    gap, slack = f.gap[known], f.slack[known]
    off = [np.abs(gap - (1 - 1 / k) * own[known]) <= slack for k in FACTORS]
    exact = np.abs(gap - own[known]) <= slack
    return max(float(o.mean()) for o in off) > max(_MOSTLY, float(exact.mean()))


_TESTS = 6
_NEAR = 0.02
_MOSTLY = 0.9


def _twice(cells: Cells, f: Family, part: int, fits: int) -> Spot:
    axis: Axis = getattr(cells, f.axis)
    whole, code = axis.codes[f.node], axis.codes[part]
    tests = int((~np.isnan(f.gap)).sum())
    return Spot(
        "error",
        DOUBLE,
        (),
        f"without it the parts add up to {whole} or nearly in {fits} of {tests} sums",
        f"parts of {whole} that do not overlap",
        f"leave its rows out: --where COLUMN!={code}",
        where=f"{f.axis} {code}",
        weight=fits,
    )


def _systematic(cells: Cells, f: Family) -> Iterator[Spot]:
    """A family that should be complete by its code list and often is not: said once."""
    axis: Axis = getattr(cells, f.axis)
    if f.complete or not axis.whole(f.node):
        return
    with np.errstate(invalid="ignore"):
        wrong = np.argwhere(f.gap < -f.slack)
    tests = int((~np.isnan(f.gap)).sum())
    if not len(wrong):
        return
    t, j = (int(x) for x in wrong[np.argmin(f.gap[wrong[:, 0], wrong[:, 1]])])
    yield Spot(
        "warning",
        OFTEN,
        (f.cell(t, f.node, j),),
        f"below it in {len(wrong)} of {tests} sums; the most in "
        f"{cells.name(f.cell(t, f.node, j))}: {_sum_text(cells, (f, t, j))}",
        f"parts ({named(axis, f.parts)}) that make up {axis.codes[f.node]}",
        "look for a part that has no row of its own, such as jobs in no region, or for zeros "
        "that hide a number",
        where=f"{f.axis} {cube_place(axis, f.node)}",
        weight=len(wrong),
    )


def refused(cells: Cells, spots: list[Spot]) -> list[Spot]:
    """Sums above their total that a computation refuses are errors, whatever their status says."""
    differs = {s.where for s in spots if s.rule == ABOVE and s.severity == "warning"}
    if not differs:
        return spots
    most = {}
    for time in cells.years:
        laid = cells.cube.laid_out(time, cells.cube.load(time))
        for above in parts_above_total(cells.cube, laid):
            most[f"{above.place}, time {time}"] = above.parts - above.total
    return [
        replace(s, severity="error", fix=DECLARE.format(cells.measure, np.ceil(most[s.where])))
        if s.rule == ABOVE and s.where in differs & set(most)
        else s
        for s in spots
    ]


def above_totals(cube: Cube, laid: Quantity, place: str, time: int) -> Iterable[Finding]:
    """Parts above their total, as a computation refuses them, the first of a year."""
    found = list(parts_above_total(cube, laid))
    for above in found[:SHOWN]:
        more = f" ({len(found) - SHOWN} more places in {time})" if len(found) > SHOWN else ""
        yield Finding(
            "error",
            f"{place}, {above.place}, time {time}{more}",
            ABOVE,
            f"parts {above.parts:g}, total {above.total:g}",
            f"at most {above.total + above.tolerance:g} (each number rounded)",
            OVERLAP,
        )
