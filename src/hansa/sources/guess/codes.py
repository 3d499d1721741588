"""Which version of which code list the codes of a column come from, and on which levels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hansa.codes.codelist import (
    TOTAL,
    Codelist,
    available,
    classification,
    geography_codes,
)
from hansa.language import N_
from hansa.sources.guess.reason import Reason

ENOUGH = 0.6
"""Share of the codes that a version has to hold; the others are mistakes, told one by one."""
WHOLE = 0.8
"""Share of what a table covers that its finest level has to cover to be taken."""

CALLED_TOTAL = frozenset(
    (
        *("total", "totals", "all", "sum", "insgesamt", "gesamt", "summe", "i alt", "totalt"),
        *("yhteensä", "kokku", "kopā", "iš viso", "ogółem", "razem", "alls", "samtals"),
        # SDMX and Eurostat have codes for it.
        *("_t", "tot"),
        *("all industries", "all activities", "alla", "sammanlagt"),
    )
)
"""Words for the total of all others."""

_ACTIVITY = ("nace:2", "nace:2.1", "nace:1.1", "isic:4", "naics:2017", "naics:2012")
_HINTS = (
    ("naics", "naics"),
    ("isic", "isic"),
    ("nace_r1", "nace:1.1"),
    ("nace_rev_1", "nace:1.1"),
    ("nace_1", "nace:1.1"),
    ("nace_2_1", "nace:2.1"),
    ("nace_rev_2_1", "nace:2.1"),
)


@dataclass(frozen=True)
class Told:
    """A code list (`local` for codes of the table itself), and why."""

    id: str
    reason: Reason


def distinct_codes(cells: Iterable[str]) -> list[str]:
    """The codes of a column once each, without empty cells and words for the total."""
    found = dict.fromkeys(cell.strip() for cell in cells)
    return [c for c in found if c and c.lower() not in CALLED_TOTAL]


def totals_among(cells: Iterable[str]) -> list[str]:
    """Words for the total that stand among codes, other than `TOTAL`, as they are spelled."""
    found = dict.fromkeys(cell.strip() for cell in cells)
    return [c for c in found if c.lower() in CALLED_TOTAL and c.upper() != TOTAL]


def region_version(codes: Sequence[str], last_year: int = 0) -> Told:
    """The version of NUTS that holds most of the codes; of equals the one of the last year.

    last_year  the last year of the table, 0 where it is not known
    """
    ids = [i for i in available() if i.startswith("nuts:")]
    newest = sorted(ids, reverse=True)
    in_force = [i for i in newest if last_year and int(i[5:]) <= last_year]
    return _told(codes, [*in_force, *(i for i in newest if i not in in_force)], _NUTS)


def activity_version(codes: Sequence[str], name: str = "") -> Told:
    """The classification that holds most of the codes; of equals the usual one.

    name  plain name of the column, which may name the classification
    """
    hint = next((to for part, to in _HINTS if part in name), "")
    ids = [i for i in _ACTIVITY if i in available()]
    ids.sort(key=lambda i: not (hint and i.startswith(hint)))
    return _told(codes, ids, "NACE, ISIC, NAICS")


_NUTS = "NUTS (countries to level 2)"


def _told(codes: Sequence[str], ids: Sequence[str], scheme: str) -> Told:
    counts = {i: sum(_list(i).spell(code) is not None for code in codes) for i in ids}
    best = max(ids, key=lambda i: counts[i], default="")
    most, n = counts.get(best, 0), len(codes)
    if not n or most < ENOUGH * n:
        said = N_("At most {most} of {n} codes are in {scheme}: codes of the table itself.")
        return Told("local", Reason(said, {"most": most, "n": n, "scheme": scheme}))
    equal = [i for i in ids if counts[i] == most and i != best]
    next_id = next((i for i in ids if counts[i] < most), "")
    values: dict[str, str | int] = {"most": most, "n": n}
    if equal:
        values["others"] = ", ".join(title(i) for i in equal)
        said = N_("{most} of {n} codes exist there; as many in {others}.")
    elif next_id:
        other = max((i for i in ids if i != best), key=lambda i: counts[i])
        values |= {"other": title(other), "fewer": counts[other]}
        said = N_("{most} of {n} codes exist there, {fewer} in {other}.")
    else:
        said = N_("{most} of {n} codes exist there.")
    return Told(best, Reason(said, values))


def _list(name: str) -> Codelist:
    return geography_codes(name) if name.startswith("nuts") else classification(name)


def title(name: str) -> str:
    """How people call a code list: `NACE Rev. 2`, `NUTS 2013`."""
    scheme, _colon, version = name.partition(":")
    between = " Rev. " if scheme in ("nace", "isic") else " "
    return f"{scheme.upper()}{between}{version}" if version else name


def level_of(codes: Iterable[str], name: str) -> tuple[str, Reason | None]:
    """The level whose rows are the parts of the result, where codes of several levels stand.

    The finest one that covers nearly all that the table covers: a few groups in one section do
    not make a table of groups. Empty for a table of one level, and of a local list.
    """
    if name in ("", "local"):
        return "", None
    code_list = _list(name)
    spelt = [c for code in codes if (c := code_list.spell(code)) is not None]
    by_level = {
        level: [c for c in spelt if code_list.level[c] == level] for level in code_list.levels
    }
    there = [level for level in code_list.levels if by_level[level]]
    if len(there) < 2:
        return "", None
    covered = {
        level: frozenset[str]().union(*(code_list.leaves(c) for c in by_level[level]))
        for level in there
    }
    whole = frozenset[str]().union(*covered.values())
    fitting = [level for level in there if len(covered[level]) >= WHOLE * len(whole)]
    chosen = fitting[-1] if fitting else there[-1]
    said = N_("Codes of several levels: {levels}. {chosen} is the finest that covers them.")
    levels = ", ".join(f"{level} ({len(by_level[level])})" for level in there)
    return chosen, Reason(said, {"levels": levels, "chosen": chosen})


def levels_of(name: str) -> tuple[str, ...]:
    """The levels of a code list, the coarsest first; none of a local one."""
    return () if name in ("", "local") else _list(name).levels
