"""With whom a unit of an index is compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hansa.errors import HansaError, UsageError
from hansa.language import _

if TYPE_CHECKING:
    from hansa.views.index_words import IndexView

FOUND = 5
"""Peers that are looked for where none are named."""
MOST = 10
"""Peers that can be named."""


@dataclass(frozen=True)
class PeersOf:
    """Codes of the peers of a unit, how they were found (half a sentence), and who is unknown."""

    codes: tuple[str, ...]
    how: str
    unknown: tuple[str, ...] = ()


def peers_of(view: IndexView, unit: str, asked: str) -> PeersOf:
    """The peers named (codes joined by commas), or the units with the most similar profile.

    Similar: least distance over the parts just below the index, each divided by its spread. Codes
    that the index does not have come from pages on regions; they are named as unknown.
    Raises UsageError for too many codes, HansaError for a unit that has no peers.
    """
    named = list(dict.fromkeys(c for code in asked.split(",") if (c := code.strip()) != unit and c))
    if len(named) > MOST:
        raise UsageError(
            "these are too many peers",
            printed=f"{len(named)} codes",
            admissible=f"at most {MOST}",
            fix="shorten compare in the address",
        )
    known = tuple(code for code in named if code in view.codes)
    unknown = tuple(code for code in named if code not in view.codes)
    if known:
        return PeersOf(known, _("as named in the address"), unknown)
    from hansa.index.strengths import nearest_units

    children = next(kids for p, kids in view.tree.families if p == view.tree.root)
    found = nearest_units(view.scores[:, children], view.place(unit), FOUND, view.names)
    codes = tuple(view.codes[i] for i in found.peers)
    if not codes:
        raise HansaError("nobody has a profile to compare with", place=unit)
    how = _("found by themselves: the most similar scores on the parts just below the index")
    return PeersOf(codes, how, unknown)
