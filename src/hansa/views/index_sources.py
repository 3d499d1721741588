"""Whose the indicators of an index are."""

from __future__ import annotations

from hansa.index.tree import IndexTree
from hansa.language import _

MOST_SOURCES = 3
"""Sources of indicators that are named; the others are counted."""


def sources_of(tree: IndexTree) -> str:
    """The distinct sources of the indicators, many of them shortened; empty where none is told."""
    told = list(dict.fromkeys(n.source for n in tree.indicators if n.source))
    if not told:
        return ""
    silent = sum(not n.source for n in tree.indicators)
    if len(told) > MOST_SOURCES:
        rest = _("and {rest} more, named in indicators.csv", rest=len(told) - MOST_SOURCES)
        told = [*told[:MOST_SOURCES], rest]
    if silent:
        told.append(_("not stated for {n} of {all} indicators", n=silent, all=tree.leaves))
    return "; ".join(told)
