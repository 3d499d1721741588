"""Which cell is wrong where published sums contradict each other.

One wrong cell breaks the sum of its row and that of its column by the same amount. So the cell
is where broken sums meet, all other sums it enters agree, and the amount says what it should be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from hansa.axes import Axis, cube_place
from hansa.cube import OVERLAP
from hansa.errors import Severity
from hansa.facts.check_cells import Cells, Key, Spot, named, number, span
from hansa.facts.check_families import Family, Sums, Term
from hansa.facts.check_slips import slip
from hansa.facts.check_words import at, in_year, together, with_names
from hansa.language import N_, _
from hansa.law import MEANING

ONE_CELL = N_("a number contradicts the published sums it enters")
AND_YEARS = N_("a number contradicts a published sum and its own years")
SWAPPED = N_("two numbers seem to have changed places")
ABOVE = N_("parts add up to more than their published total")
BELOW = N_("parts add up to less than their published total")
DOUBLE = N_("a code seems to be counted twice, in itself and in another one")
OFTEN = N_("parts and their published total often disagree")

OTHERWISE = N_(
    "nothing where the source defines them differently; else correct the total or its parts"
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
    sums = together([_sum_text(cells, b) for b in s.explains[:2]])
    more = len(s.explains) - 2
    if more > 0:
        sums = _("{several} and {n} more", several=sums, n=more)
    agree = N_("{span}, so that all sums agree") if more else N_("{span}, so that both sums agree")
    return Spot(
        _gravity(s.explains),
        ONE_CELL,
        (s.key,),
        f"{number(printed)}; {sums}{_flagged(s.explains)}",
        _(agree, span=span(low, high)),
        _correct(slip(printed, low, high)),
        weight=_weight(s.low, s.high),
    )


def _correct(hint: str) -> str:
    return _("correct the number: {hint}", hint=hint) if hint else _("correct the number")


def _gravity(explained: Sequence[Broken]) -> Severity:
    """A warning where every wrong sum is one whose members are not defined alike, else an error."""
    return "warning" if all(f.differs[t, j] for f, t, j in explained) else "error"


def _flagged(explained: Sequence[Broken]) -> str:
    """What the status of the members says, where it makes an error a warning."""
    if _gravity(explained) != "warning":
        return ""
    return f"; {_('status d: {meaning}', meaning=_(MEANING['d']))}"


def _weight(low: float, high: float) -> float:
    return min(abs(low), abs(high))


def _sum_text(cells: Cells, broken: Broken) -> str:
    f, t, j = broken
    term = Term(f, t, j, 1)
    axis: Axis = getattr(cells, f.axis)
    whole = cells.value[f.cell(t, f.node, j)]
    return _(
        "parts of {code} {parts}, published {whole}",
        code=axis.codes[f.node],
        parts=number(term.gap + whole),
        whole=number(whole),
    )


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
        _(
            "{first} and {second}; two published sums are wrong by their difference",
            first=first,
            second=second,
        )
        + _flagged(explained),
        _("{second} and {first}: both sums then agree", second=second, first=first),
        _("exchange the two numbers"),
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
    where = f"{cube_place(axis, f.node)}, {other.codes[j]}"
    least = max(whole - term.slack, 0)
    admissible = (
        _("at most {number}", number=number(whole + term.slack))
        if above
        else _("at least {number}", number=number(least))
    )
    # Parts above their total cannot be; parts below it may lack one that the table does not list.
    sure = above or (axis.whole(f.node) and -term.gap > _MUCH * whole)
    fix = (
        OVERLAP
        if above
        else N_("correct the total or its parts, or add the part that is not there")
    )
    return Spot(
        _gravity([broken]) if sure else "warning",
        ABOVE if above else BELOW,
        (*(s.key for s in likely), f.cell(t, f.node, j)),
        _(
            "parts {parts}, total {whole}",
            parts=number(term.gap + whole),
            whole=number(whole),
        )
        + _flagged([broken]),
        f"{admissible} ({term.why})" + _guess(cells, likely),
        _(OTHERWISE if term.differs else fix),
        where=in_year(where, cells.years[t]),
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
        _("{span}, so that the sum agrees: that is like the years beside it", span=span(low, high)),
        _("{correct}; or another number of the sum, if the source says so", correct=_correct(hint)),
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
        said.append(
            _(
                "{name}: {printed}, should be {span}",
                name=cells.name(s.key),
                printed=number(printed),
                span=span(low, high),
            )
        )
    errors = reduce(lambda a, b: _("{first}; or {second}", first=a, second=b), said)
    return f"; {_('by its own years the likeliest error is {errors}', errors=errors)}"


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
        _(
            "below it in {number} of {tests} sums; the most in {cell}: {sum}",
            number=len(wrong),
            tests=tests,
            cell=cells.name(f.cell(t, f.node, j)),
            sum=_sum_text(cells, (f, t, j)),
        ),
        _(
            "parts ({codes}) that make up {code}",
            codes=named(axis, f.parts),
            code=axis.codes[f.node],
        ),
        _(
            "look for a part that has no row of its own, such as jobs in no region, or for "
            "zeros that hide a number"
        ),
        where=at(f.axis, with_names(cube_place(axis, f.node))),
        weight=len(wrong),
    )
