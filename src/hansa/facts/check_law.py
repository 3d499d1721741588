"""Single cells against the law: a status beside its value, fractions of jobs, rounding, breaks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hansa.facts.check_cells import Bools, Cells, Spot, multiples, number
from hansa.facts.check_words import percent
from hansa.language import N_, _
from hansa.law import MEANING, any_flag, bit, flags_to_text

HIDDEN = N_("a value stands where its status says that it is hidden")
NONE = N_("a value stands where its status says that there is none")
ZERO = N_("a hidden number is printed as 0")
ODD = N_("a status letter that nobody knows")
FRACTION = N_("a fraction stands in a table of whole numbers")
UNROUNDED = N_("a number is not rounded as the others are")
NAMELESS = N_("estimates name no method")
BREAK = N_("breaks in the series are flagged")

_MANY = 200
_MIXED = 0.02


def of_single_cells(cells: Cells) -> list[Spot]:
    """Everything that a cell and its status say by themselves."""
    found = [*_fractions(cells), *_unrounded(cells)]
    if cells.flags is not None:
        found += [*_contradictions(cells), *_letters(cells), *_breaks(cells)]
        found += _without_method(cells)
    return found


def _contradictions(cells: Cells) -> Iterator[Spot]:
    assert cells.flags is not None
    known = _printed(cells)
    hidden = known & ((cells.flags & bit("c")) != 0)
    none = known & ((cells.flags & any_flag(("z", "m"))) != 0)
    for t, a, g in np.argwhere(hidden & (cells.value == 0)):
        yield Spot(
            "warning",
            ZERO,
            ((int(t), int(a), int(g)),),
            _("0 with the status c (confidential)"),
            _("an empty cell: a hidden number is not zero"),
            _("leave the cell empty, or declare zeros = 'hidden'"),
        )
    for where, rule, meaning in (
        (
            hidden & (cells.value != 0),
            HIDDEN,
            N_("an empty cell where the status has c, or the value with another status"),
        ),
        (
            none & ~hidden,
            NONE,
            N_("an empty cell where the status has z, : or m, or the value with another status"),
        ),
    ):
        for t, a, g in np.argwhere(where):
            key = (int(t), int(a), int(g))
            status = flags_to_text(int(cells.flags[key]))
            yield Spot(
                "error",
                rule,
                (key,),
                _(
                    "{number} with the status {status}",
                    number=number(cells.at(key)),
                    status=status,
                ),
                _(meaning),
                _("remove the value if it must not be known, or correct the status"),
                weight=cells.at(key),
            )


def _printed(cells: Cells) -> Bools:
    """Listed numbers that the publisher printed: what a step made keeps the status of the gap."""
    known: Bools = cells.listed & ~np.isnan(cells.value)
    if cells.flags is None:
        return known
    made: Bools = (cells.flags & any_flag(("imputed", "interval"))) != 0
    return known & ~made


def _letters(cells: Cells) -> Iterator[Spot]:
    """Letters without a meaning are kept by the reader; they are said here."""
    assert cells.flags is not None
    odd = np.uint64(0)
    for i in range(26):
        if chr(97 + i) not in MEANING:
            odd |= np.uint64(1 << i)
    for t, a, g in np.argwhere(cells.listed & ((cells.flags & odd) != 0)):
        key = (int(t), int(a), int(g))
        yield Spot(
            "warning",
            ODD,
            (key,),
            flags_to_text(int(cells.flags[key])),
            ", ".join(sorted(name for name in MEANING if len(name) == 1)),
            _("correct the letter, or say in the note of the table what it means"),
        )


def _fractions(cells: Cells) -> Iterator[Spot]:
    known = _printed(cells) & (cells.value != 0)
    odd = known & ~multiples(np.where(known, cells.value, 0.0), 1.0)
    count = int(odd.sum())
    if not count or (count > _MIXED * known.sum() and count > 1) or known.sum() < 5:
        return
    for t, a, g in np.argwhere(odd):
        key = (int(t), int(a), int(g))
        value = cells.at(key)
        yield Spot(
            "warning",
            FRACTION,
            (key,),
            number(value),
            _("a whole number, as in the other {number}", number=int(known.sum()) - count),
            _("correct the cell: another unit, or a decimal mark in the wrong place"),
            weight=value,
        )


def _unrounded(cells: Cells) -> Iterator[Spot]:
    """Numbers that are no multiples of the unit which nearly all numbers of their size have."""
    known = cells.listed & (np.nan_to_num(cells.value) > 0)
    values = cells.value[known]
    unit = cells.unit
    if values.size < _MANY or unit <= 1:
        return
    odd = ~multiples(values, unit)
    if not odd.any() or odd.mean() > _MIXED / 2:
        return
    keys = np.argwhere(known)[odd]
    for t, a, g in keys:
        key = (int(t), int(a), int(g))
        near = np.round(cells.at(key) / unit) * unit
        yield Spot(
            "warning",
            UNROUNDED,
            (key,),
            number(cells.at(key)),
            _(
                "a multiple of {unit}, as {share} of all numbers are; the nearest is {near}",
                unit=number(unit),
                share=percent(1 - odd.mean()),
                near=number(float(near)),
            ),
            _("compare the cell with the source"),
            weight=cells.at(key),
        )


def _without_method(cells: Cells) -> Iterator[Spot]:
    """Filled cells and intervals say how they were made (a column `method`)."""
    assert cells.flags is not None
    made = cells.listed & ((cells.flags & any_flag(("imputed", "interval", "converted"))) != 0)
    if not made.any() or "method" in cells.cube.unused or cells.cube.header.steps[1:]:
        return
    t, a, g = (int(x) for x in np.argwhere(made)[0])
    yield Spot(
        "warning",
        NAMELESS,
        ((t, a, g),),
        _(
            "{number} cells with the status imputed, interval or converted",
            number=int(made.sum()),
        ),
        _("a column method, or a header that lists the steps"),
        _("say how they were made, or read the table with its header (NAME.meta.toml)"),
    )


def _breaks(cells: Cells) -> Iterator[Spot]:
    assert cells.flags is not None
    marked: Bools = cells.listed & ((cells.flags & bit("b")) != 0)
    if len(cells.years) < 2 or not marked[1:].any():
        return
    count = marked.sum(axis=(1, 2))
    years = ", ".join(
        _("{time} ({number} cells)", time=time, number=n)
        for time, n in zip(cells.years, count, strict=True)
        if n
    )
    t, a, g = (int(x) for x in np.argwhere(marked)[0])
    yield Spot(
        "note",
        BREAK,
        ((t, a, g),),
        _("status b in {years}", years=years),
        "",
        _("growth across a break is not a change of the thing measured: start after it"),
        weight=float(marked.sum()),
    )
