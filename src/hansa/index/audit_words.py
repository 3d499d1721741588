"""Numbers, lists and counted things as an audit says them, in the language spoken."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import reduce
from math import isnan

from hansa.language import _, decimal_mark, ngettext, pgettext, pN_

TARGETS = (
    *(pN_("audit target", "shift"), pN_("audit target", "rank"), pN_("audit target", "score")),
    *(pN_("audit target", "difference"), pN_("audit target", "top")),
)
"""What a choice may move (`hansa.index.sensitivity.TARGETS`)."""
_LEVEL = re.compile(r"weights of level (\d+)")


def fixed(value: float, digits: int = 2) -> str:
    """A number with so many decimals."""
    return f"{value:.{digits}f}".replace(".", decimal_mark())


def general(value: float) -> str:
    """A number in as many digits as it needs, at most six."""
    return f"{value:g}".replace(".", decimal_mark())


def short(value: float) -> str:
    """A number in two digits, whatever its size."""
    return f"{value:.2g}".replace(".", decimal_mark())


def percent(share: float, digits: int = 0) -> str:
    """A share in words."""
    if isnan(share):
        return "-"
    return f"{share:.{digits}%}".replace(".", decimal_mark()).replace("%", " %")


def several(names: Iterable[object], most: int = 8) -> str:
    """Names in a sentence that says how many it leaves out: `a, b, c and 4 more`."""
    every = [str(name) for name in names]
    first, rest = ", ".join(every[:most]), len(every) - most
    return _("{several} and {n} more", several=first, n=rest) if rest > 0 else first


def together(*names: str) -> str:
    """Objects that a finding holds beside each other: `A and B`."""
    return reduce(lambda one, other: _("{one} and {other}", one=one, other=other), names)


def units(n: int) -> str:
    """`2 units`."""
    return ngettext("{number} unit", "{number} units", n)


def indicators(n: int) -> str:
    """`2 indicators`."""
    return ngettext("{number} indicator", "{number} indicators", n)


def aggregates(n: int) -> str:
    """`2 aggregates`."""
    return ngettext("{number} aggregate", "{number} aggregates", n)


def years(n: int) -> str:
    """`2 years`."""
    return ngettext("{number} year", "{number} years", n)


def digits_after(n: int) -> str:
    """`2 digits after the point`."""
    return ngettext("{number} digit after the point", "{number} digits after the point", n)


def choice(factor: str) -> str:
    """A choice that replications vary, by its id; one of the user's own keeps it."""
    level = _LEVEL.fullmatch(factor)
    return _("weights of level {n}", n=level[1]) if level else _(factor)


def aim(target: str) -> str:
    """What a choice moves: `shift`, `rank:UNIT`."""
    kind, colon, of = target.partition(":")
    return f"{pgettext('audit target', kind)}{colon}{of}"
