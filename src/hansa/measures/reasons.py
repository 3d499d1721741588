"""How a comparison reads: what a region has, what was asked, among how many.

A panel keeps reasons in English, the same for every reader; `said` says one of them in the
language spoken.
"""

from __future__ import annotations

import math
import re
from functools import cache, lru_cache

from hansa.language import N_, _, decimal_mark
from hansa.measures.rules import Condition

THIN = "\N{NARROW NO-BREAK SPACE}"


@lru_cache(maxsize=1 << 16)
def number(value: float) -> str:
    """A number with three digits, or whole with thin spaces from a thousand on."""
    if math.isinf(value):
        return "unknown"
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace(",", THIN)
    return f"{value:.3g}"


def interval(low: float, high: float) -> str:
    """A number, or the two between which it lies."""
    if math.isnan(low) or math.isnan(high):
        return "unknown"
    if math.isinf(high):
        return "unknown" if low <= 0 else f"{number(low)} or more"
    return number(low) if low == high else f"{number(low)} to {number(high)}"


def membership(sure: int, may: int) -> str:
    """How many regions the population has."""
    return f"{sure} regions" if sure == may else f"{sure} to {may} regions"


def comparison(
    label: str,
    value: tuple[float, float],
    threshold: tuple[float, float],
    condition: Condition,
    among: str,
) -> str:
    """`Specialisation 2.3 >= 2`, with the meaning of a threshold that others set."""
    low, high = value
    t_low, t_high = threshold
    strict = condition.side == "above"
    met = low > t_high if strict else low >= t_high
    failed = high <= t_low if strict else high < t_low
    sign = (">" if strict else "≥") if met else ("≤" if strict else "<") if failed else "?"
    text = f"{label} {interval(low, high)} {sign} {interval(t_low, t_high)}"
    share = condition.threshold
    if condition.compare == "quantile":
        part = f"top {100 * (1 - share):g} %" if share >= 0.5 else f"above lowest {100 * share:g} %"
        return f"{text} ({part} of {among})"
    if condition.compare == "rank":
        return f"{text} (rank {share:g} of {among})"
    return text


# --- a recorded reason, said -----------------------------------------------------------

_NUMBER = r"(?:unknown|[-+−]?\d[\d.\u202f]*(?:e[-+]?\d+)?(?: %)?)"
_SPAN = re.compile(rf"(?P<low>{_NUMBER})(?: (?P<open>or more)| to (?P<high>{_NUMBER}))?")
_AWARD = re.compile(r"(?P<award>[\w-]+) (?P<state>yes|possible|no): (?P<why>.*)")
_COMPARED = re.compile(
    r"(?P<label>[^≥>≤<?]+?)(?:: (?P<none>not applicable)"
    rf"| (?P<value>{_NUMBER}(?: or more| to {_NUMBER})?) (?P<sign>[≥>≤<?]) "
    rf"(?P<line>{_NUMBER}(?: or more| to {_NUMBER})?)(?: \((?P<part>[^()]*)\))?)(?:, |$)"
)
# Everything else that the measures write; `_text_of` reads a recorded text with them.
_TEMPLATES = (
    N_("top {share} % of {among}"),
    N_("above lowest {share} % of {among}"),
    N_("rank {share} of {among}"),
    N_("{n} regions"),
    N_("fewer than {least} jobs ({jobs}): no award"),
    N_("jobs {jobs}, wages {wages} against the benchmark ({benchmark})"),
    N_("wage level {level}"),
    N_("{share} of all jobs"),
    N_("with growth held against all jobs ({growth}): {kind}"),
    N_("with growth held against zero: {kind}"),
    N_("tiny: {first} jobs at the start, {last} at the end"),
    N_(
        "growth of wages or its benchmark ({benchmark}) is not known: something in it is hidden or "
        "breaks; another benchmark, or hidden = bounds, may help"
    ),
)
_WHOLE = (
    *(N_("no jobs"), N_("outside the population"), N_("population too small"), N_("not known")),
    *(N_("of low reliability: possible at most"), N_("jobs not known"), N_("wages not known")),
    *(N_("jobs not known, may be tiny"), N_("entry"), N_("exit"), N_("boundary")),
    *(N_("growth of all jobs not known"), N_("mature"), N_("challenged"), N_("restructuring")),
    *(N_("challenged or mature"), N_("in transition"), N_("yes"), N_("possible"), N_("no")),
    *(N_("not applicable"), N_("unknown"), N_("totals"), N_("plain"), N_("weighted")),
)
AWARDS = (
    *(N_("size"), N_("specialisation"), N_("focus"), N_("growth"), N_("productivity")),
    *(N_("strong"), N_("specialised"), N_("significant"), N_("qualifying")),
    N_("strong-10"),
)
"""Names of the awards of the rule sets that ship."""


def said(reason: str) -> str:
    """A reason as a panel keeps it, in English, in the language spoken here.

    A part that no rule of this module knows is said as a whole.
    """
    if not reason:
        return ""
    whole = _template(reason)
    # Only a template that holds the sign between two parts speaks of both of them.
    parts = [reason] if whole and "; " in whole[0] else reason.split("; ")
    return "; ".join(_award_said(part) or _text_of(part) for part in parts)


def said_comparisons(text: str) -> str:
    """What was compared for one award, in the language spoken here."""
    found, at = [], 0
    for match in _COMPARED.finditer(text):
        if match.start() != at:
            return _(text)
        at = match.end()
        found.append(_comparison_said(match))
    return ", ".join(found) if found and at == len(text) else _(text)


def _award_said(part: str) -> str:
    found = _AWARD.fullmatch(part)
    if found is None:
        return ""
    return f"{_(found['award'])} {_(found['state'])}: {said_comparisons(found['why'])}"


def _comparison_said(found: re.Match[str]) -> str:
    label = _(found["label"])
    if found["none"]:
        return f"{label}: {_('not applicable')}"
    text = f"{label} {_text_of(found['value'])} {found['sign']} {_text_of(found['line'])}"
    return f"{text} ({_text_of(found['part'])})" if found["part"] else text


def _text_of(text: str) -> str:
    """A number, two numbers, or a text of a template, in the language spoken here."""
    if span := _SPAN.fullmatch(text):
        low = _number_said(span["low"])
        if span["open"]:
            return _("{low} or more", low=low)
        high = _number_said(span["high"] or "")
        return _("{low} to {high}", low=low, high=high) if high else low
    if found := _template(text):
        template, match = found
        return _(template, **{name: _text_of(part) for name, part in match.groupdict().items()})
    return _(text)


def _number_said(text: str) -> str:
    return _(text) if text == "unknown" else text.replace(".", decimal_mark())


def _template(text: str) -> tuple[str, re.Match[str]] | None:
    for template, pattern in _patterns():
        if match := pattern.fullmatch(text):
            return template, match
    return None


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The templates as patterns: a place takes whatever stands there."""
    place = re.compile(r"\\{(\w+)\\}")
    return tuple(
        (text, re.compile(place.sub(r"(?P<\1>.+?)", re.escape(text)))) for text in _TEMPLATES
    )
