"""What steps, replications and links say of themselves, in the language spoken.

They say it in English when an index is run, once for all languages. What is shown of it is said
anew: the text is held against the patterns it is made with. A text that is not known stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from hansa.index import terms
from hansa.index.audit_words import choice
from hansa.language import N_, _, decimal_mark, ngettext, spoken
from hansa.patterns import matched

STEPS = (
    N_("no unit is left in {years}"),
    N_("{out} of {rows} rows left out: {units}"),
    N_("{code} still has extreme values after treatment ({stage})"),
    N_("{columns} columns treated, {cells} cells changed"),
    N_("{code} is missing in {year}, because {why}: take it out, or normalise it by goalposts"),
    N_("{code} is missing, because {why}: take it out, or normalise it by goalposts"),
    N_("scales meet that cannot be averaged: {scales}"),
    N_("{filled} of {gaps} gaps filled ({rules})"),
    N_("{code}: {scores} scores from less than all children, {lost} missing"),
    N_("{code}: {scores} scores from less than all children"),
    N_("{code}: weights from {rows} rows"),
    N_("{code}: {experts} experts, Kendall's W {value}"),
    N_("{code}: consistency ratio of the group {value}"),
    N_("{code}: judgements of {name} are not consistent (ratio above {value})"),
    N_("{code}: no expert was asked; weights as given"),
    N_(
        "{codes} name a denominator, but the recipe has no step denominate: they are compared as "
        "they are"
    ),
)
RESULTS = (
    N_("{lost} of {all} replications could not be computed: {reasons}"),
    N_("{lost} of {all} evaluations could not be computed. A design with holes has no exact "
       "indices."),
    N_("{lost} of {all} evaluations could not be computed."),
    N_("No choice moves this target."),
    N_("Exact: all {all} combinations."),
    N_("Intervals wider than {value}: {factors}. Take more points."),
    N_("One side is constant or missing: there is no correlation."),
    N_("None of the three tests alone supports a causal reading."),
)  # fmt: skip
FAULTS = (
    N_("a value lies outside the domain of a mean"),
    N_("{changes}: the {rule} mean has no meaning for this value ({where})"),
    N_("the {rule} mean has no meaning for this value"),
    N_("exact rank intervals need a weighted sum ({place})"),
    N_("exact rank intervals need complete data ({place})"),
    N_("only arithmetic means add up to contributions"),
    N_("each year has a scale of its own"),
    N_("no unit stands in both years"),
    N_("no indicator stands on a scale from which a raw value follows"),
    N_("the unit has no score, so it has no rank to gain from"),
    N_("{step} comes after treatment or normalisation"),
    N_("{place} (and {number} more cells)"),
    N_("aggregate {code}"),
)
"""Why a question cannot be asked of an index, as pages and an audit quote it."""
WHY = (
    N_("the reference unit has no value, or the worst one"),
    N_("the base year has no value"),
    N_("all units have the same value"),
    N_("the first two components are equally large: loadings are arbitrary"),
    N_("{number} further components kept, to pass {share} of the variance"),
    N_("the children do not differ: equal weights are used"),
    N_("children without values get weight 0"),
    N_("children without spread get weight 0"),
    N_("no weights >= 0 give the correlations aimed at; these come nearest"),
    N_("eigenvalues {value} and {other_value}"),
    N_("{kept} hold {share}, {enough} {other_share}"),
    N_("no spread"),
    N_("perfect correlation"),
    N_("all cells missing"),
    N_("sd = 0"),
    N_("mean squared miss of the shares {value}"),
)
"""Reasons within a text, and what weights from data have to say."""
COUNTED: Mapping[str, Callable[..., str]] = {
    "{number} indicators divided by their denominators": lambda number: ngettext(
        "{number} indicators divided by their denominators",
        "{number} indicators divided by their denominators",
        int(number),
    ),
    "{number} cells are missing because their denominator is missing or zero": (
        lambda number: ngettext(
            "{number} cells are missing because their denominator is missing or zero",
            "{number} cells are missing because their denominator is missing or zero",
            int(number),
        )
    ),
    "{code}: {number} values outside the ends of the scale were cut": (
        lambda number, code: ngettext(
            "{code}: {number} values outside the ends of the scale were cut",
            "{code}: {number} values outside the ends of the scale were cut",
            int(number),
            code=code,
        )
    ),
    "{code}: {number} children raised to the floor {value}": (
        lambda number, code, value: ngettext(
            "{code}: {number} children raised to the floor {value}",
            "{code}: {number} children raised to the floor {value}",
            int(number),
            code=code,
            value=value,
        )
    ),
}
"""Texts whose form hangs on a number; in English it does not."""
_ALL = (*STEPS, *RESULTS, *FAULTS, *WHY)
_FOUND = re.compile(r"(?P<code>.+?): (?P<rule>.+?) \((?P<place>.+?); (?P<printed>.+)\)")
_REST = re.compile(r" and (\d+) more\b")
_YEARS = re.compile(r"\((\d+) of (\d+) years\)")
_REACH = re.compile(r"(?<![\w.-])(-?[\d.]+) to (-?[\d.]+)(?=: )")


def retold(text: str) -> str:
    """A text of a step, a result or a link in the language spoken; unknown texts stay."""
    if spoken() == "en":
        return text
    if found := matched(text, tuple(COUNTED)):
        pattern, values = found
        return COUNTED[pattern](**_filled(values))
    return _said(text, _ALL) or _weights(text) or text


def _said(text: str, patterns: tuple[str, ...]) -> str | None:
    if found := matched(text, patterns):
        pattern, values = found
        return _(pattern, **_filled(values))
    return None


def _weights(text: str) -> str | None:
    """What a scheme found in the data: a rule, the children, a number."""
    match = _FOUND.fullmatch(text)
    rule = _said(match["rule"], WHY) if match else None
    if match is None or rule is None:
        return None
    printed = _said(match["printed"], WHY) or match["printed"]
    return f"{match['code']}: {rule} ({_listed(match['place'])}; {printed})"


def _filled(found: Mapping[str, str]) -> dict[str, str]:
    """What stands in the places of a pattern, each said as its name asks for."""
    return {name: _place(name, text) for name, text in found.items()}


def _place(name: str, text: str) -> str:
    kind = name.rpartition("_")[2]
    if kind in ("value", "share"):
        return text.replace(".", decimal_mark()).replace("%", " %")
    if kind == "why":
        return _said(text, WHY) or text
    if kind == "reasons":
        return "; ".join(map(_reason, text.split("; ")))
    if kind in ("rule", "rules", "stage"):
        return ", ".join(map(terms.rule, text.split(", ")))
    if kind == "factors":
        return _listed(", ".join(map(choice, text.split(", "))))
    if kind in ("units", "codes", "scales", "years"):
        return _listed(text)
    return retold(text) if kind == "place" else text


def _reason(text: str) -> str:
    """How often replications failed, and why."""
    times, _colon, why = text.partition(" times: ")
    return _("{n} times: {reason}", n=times, reason=retold(why)) if why else retold(text)


def _listed(text: str) -> str:
    """Names in a list, some with their years or their scale, that says how many it leaves out."""
    text = _YEARS.sub(lambda m: _("({some} of {all} years)", some=m[1], all=m[2]), text)
    text = _REACH.sub(
        lambda m: _("{low} to {high}", low=_place("value", m[1]), high=_place("value", m[2])), text
    )
    return _REST.sub(lambda m: _("{several} and {n} more", several="", n=m[1]), text)
