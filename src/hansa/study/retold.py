"""Notes and steps of facts in the language spoken: they are said in English when facts are read.

A study reads its facts once, and steps are a recipe that later steps look into. What a page shows
of them is said anew: the text is held against the patterns it is made with.
"""

from __future__ import annotations

import re

from hansa.facts.convert_words import TOLD as CONVERTED
from hansa.language import N_, _, spoken
from hansa.patterns import matched

PATTERNS = (
    N_("Industries without jobs have no row; cells of fewer than three local units are hidden."),
    N_("Zeros taken as printed; some may stand for hidden cells."),
    N_("Bounds are the worst case of the publisher's rounding, all cells to one side."),
    N_("read {column} from {files}"),
    N_("printed sums of {column} taken to hold within {within}"),
    N_("rows that are not there taken as zero (not declared by the table)"),
    N_("intervals of {count} hidden cells from published sums ({why})"),
    N_(
        "intervals of {count} hidden cells from published sums ({why}), with at least {jobs} jobs "
        "in each local unit"
    ),
    N_(
        "hidden cells filled: nearest point to the prior {prior} by bounded Kullback-Leibler "
        "divergence; regions that the table does not list have their share of {left}"
    ),
    N_(
        "hidden cells filled: nearest point to the prior {prior} by bounded Kullback-Leibler "
        "divergence"
    ),
    N_("confidential cells given out: {reason}"),
    N_("confidential cells left empty, the sums all but give them: {count}"),
    N_("{count} cells hidden: confidential ones ({few}), and others so that no sum reveals them"),
    N_("columns that are not used: {names}"),
    N_("totals of activities as published; where absent, all top-level codes"),
    N_("parents of activities as published; where absent, all of their parts"),
    N_("totals of regions as published; where absent, all top-level codes"),
    N_("parents of regions as published; where absent, all of their parts"),
    N_("codes outside the source: {codes}"),
    N_("values stored in single precision, seven digits; computed in double"),
    N_("{count} cells hidden"),
    N_("confidential cells given out"),
    N_("confidential cells left empty, the sums all but give them"),
    N_("computed {measure} of {columns}"),
    N_("{money} per person"),
    *CONVERTED,
)
WHY = (
    N_("sums hold exactly"),
    N_("sums hold exactly in all {count} complete families"),
    N_("each number is rounded to a whole"),
    N_("rounded to {unit}"),
    N_("complete families are off by up to {most}"),
)
"""How the tolerance of sums was found (`facts.hidden.system.Tolerance`)."""
_YEARS = re.compile(r" \[[\d\N{EN DASH}, ]+\]$")
_SENTENCE = re.compile(r"(?<=\.) (?=[A-Z])")


def retold(text: str) -> str:
    """A note, a step or a unit of a header in the language spoken; unknown texts stay.

    Years in brackets at its end stay, and a note of several sentences is said one by one.
    """
    if spoken() == "en":
        return text
    years = _YEARS.search(text)
    told = text[: years.start()] if years else text
    # Sentence by sentence first: the last place of a pattern would take up all that follows.
    parts = [(part, _said(part)) for part in _SENTENCE.split(told)]
    whole = None if all(said for _part, said in parts) else _said(told)
    found = whole or " ".join(said or part for part, said in parts)
    return f"{found}{years[0]}" if years else found


def _said(text: str, patterns: tuple[str, ...] = PATTERNS) -> str | None:
    if (match := matched(text, patterns)) is None:
        return None
    pattern, found = match
    if "why" in found:
        found["why"] = ", ".join(_said(w, WHY) or w for w in found["why"].split(", "))
    return _(pattern, **found)
