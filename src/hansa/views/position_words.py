"""The position of regions in words: what a factor is called, and what it adds or takes away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hansa.language import N_, _
from hansa.measures.prosperity import (
    ACTIVE,
    COMMUTING,
    EMPLOYED,
    HOURS,
    JOBS,
    PER_HOUR,
    PER_WORKER,
    PRICES,
    Part,
    Standing,
)
from hansa.views.format import MINUS, MISSING, THIN, grouped, joined
from hansa.views.written import Written

NAMES = {
    PER_HOUR: N_("GDP per hour worked"),
    PER_WORKER: N_("GDP per worker"),
    HOURS: N_("Hours per worker"),
    JOBS: N_("Jobs per inhabitant"),
    COMMUTING: N_("Commuting (jobs per employed resident)"),
    EMPLOYED: N_("Share of the labour force employed"),
    ACTIVE: N_("Labour force per inhabitant"),
    PRICES: N_("Prices"),
}
SHORT = {
    PER_HOUR: N_("GDP per hour"),
    PER_WORKER: N_("GDP per worker"),
    HOURS: N_("Hours per worker"),
    JOBS: N_("Jobs per inhabitant"),
    COMMUTING: N_("Commuting"),
    EMPLOYED: N_("Share employed"),
    ACTIVE: N_("Labour force"),
    PRICES: N_("Prices"),
}
ORDER = tuple(NAMES)


@dataclass(frozen=True)
class Setting:
    """What is the same for every place of a figure: year, reference, and where numbers are from."""

    time: int
    reference: str
    source: str
    notes: tuple[str, ...] = ()
    model_data: bool = False


def position_sentences(place: Standing, setting: Setting) -> tuple[str, ...]:
    """The answer in plain words: where a place stands, what takes away and what adds."""
    own, beside = place.whole.value, place.whole.reference
    if own is None or beside is None or place.share is None:
        text = _(
            "The position of {place} in {year} is not known.", place=place.name, year=setting.time
        )
        return (text,)
    first = _(
        "{place}: {share} of {reference} in {year}, {own} against {other} PPS per inhabitant.",
        place=place.name,
        share=percent(place.share),
        reference=lowered(setting.reference),
        year=setting.time,
        own=grouped(own, -1),
        other=grouped(beside, -1),
    )
    if not place.known:
        return first, _("What the difference is made of is not known: a figure is missing.")
    return first, *_reasons(place)


def lowered(name: str) -> str:
    """A name as it stands inside a sentence: `the three Baltic countries`."""
    return f"the {name[4:]}" if name.startswith("The ") else name


def _reasons(place: Standing) -> Iterator[str]:
    """The factors with their amounts, the largest first; those that round to nothing left out."""
    parts = sorted(place.parts, key=lambda p: -abs(p.contribution or 0))
    told = [p for p in parts if round(abs(p.contribution or 0), -1) > 0]
    sides = (
        ("take", [p for p in told if (p.contribution or 0) < 0]),
        ("add", [p for p in told if (p.contribution or 0) > 0]),
    )
    said = [_side(verb, own) for verb, own in sides if own]
    if said:
        text = "; ".join(said)
        text = text[:1].upper() + text[1:]
        yield _("{factors} (PPS per inhabitant).", factors=text)
    else:
        yield _("No factor makes a difference of more than 5 PPS per inhabitant.")


# By whether it takes or adds, and whether the factor is a plural.
_SIDES = {
    ("take", False): N_("{factor} takes away {amount}"),
    ("take", True): N_("{factor} take away {amount}"),
    ("add", False): N_("{factor} adds {amount}"),
    ("add", True): N_("{factor} add {amount}"),
}


def _side(verb: str, parts: Sequence[Part]) -> str:
    phrases = [(reason(p), grouped(abs(p.contribution or 0), -1)) for p in parts]
    (what, amount), *rest = phrases
    first = _(_SIDES[verb, _plural(parts[0])], factor=what, amount=amount)
    return joined([first, *(f"{text} {number}" for text, number in rest)])


def reason(part: Part) -> str:
    """A factor in words: what it is that adds or takes away."""
    more = (part.contribution or 0) > 0
    if part.term == PRICES:
        return _("lower prices") if more else _("higher prices")
    word = {
        HOURS: (N_("fewer hours per worker"), N_("more hours per worker")),
        JOBS: (N_("fewer jobs per inhabitant"), N_("more jobs per inhabitant")),
        COMMUTING: (N_("fewer jobs per employed resident"), N_("more jobs per employed resident")),
        EMPLOYED: (
            N_("a smaller share of the labour force employed"),
            N_("a larger share of the labour force employed"),
        ),
        ACTIVE: (N_("a smaller labour force"), N_("a larger labour force")),
        PER_HOUR: (N_("lower GDP per hour worked"), N_("higher GDP per hour worked")),
        PER_WORKER: (N_("lower GDP per worker"), N_("higher GDP per worker")),
    }
    return _(word[part.term][more])


def title_of(places: Sequence[Standing]) -> str:
    """The finding of a figure: where the whole stands, or between what the regions lie."""
    known = [(p.share, p.name) for p in places if p.share is not None]
    if not known:
        return _("The position of the regions is not known")
    first = places[0]
    if first.share is None or (first.kind != "whole" and len(places) > 1):
        (low, lowest), (high, highest) = min(known), max(known)
        return _(
            "GDP per inhabitant from {low} ({lowest}) to {high} ({highest}) of the reference",
            low=percent(low),
            lowest=lowest,
            high=percent(high),
            highest=highest,
        )
    share = percent(first.share)
    stands = _("{place}: {share} of the reference", place=first.name, share=share)
    parts = [p for p in first.parts if abs(p.contribution or 0) >= 5]
    if not first.known or not parts:
        return stands
    most = max(parts, key=lambda p: abs(p.contribution or 0))
    return _("{finding}; largest part: {factor}", finding=stands, factor=reason(most))


def _plural(part: Part) -> bool:
    return part.term in (HOURS, JOBS, COMMUTING, PRICES)


def terms_of_places(places: Sequence[Standing]) -> tuple[str, ...]:
    """The factors that occur, in the order of the stack."""
    there = {part.term for place in places for part in place.parts}
    return tuple(term for term in ORDER if term in there)


def table_heads(places: Sequence[Standing]) -> tuple[str, ...]:
    """Heads of the table behind a figure, the unit of each in its head."""
    parts = (f"{_(NAMES[term])} (PPS)" for term in terms_of_places(places))
    return (
        _("Code"),
        _("Region"),
        _("PPS per inhabitant"),
        _("Of reference"),
        _("Difference (PPS)"),
        *parts,
        _("Status"),
    )


def table_row(place: Standing, terms: Sequence[str]) -> tuple[str, ...]:
    """A place as a row of that table."""
    own = {part.term: part for part in place.parts}
    whole = place.whole
    # What a place is not counted by (hours, where they are missing) is empty, not missing.
    amounts = (amount(own[t].contribution) if t in own else "" for t in terms)
    letters = dict.fromkeys(
        letter for part in (whole, *place.parts) for letter in part.status.split(";") if letter
    )
    value = MISSING if whole.value is None else grouped(whole.value)
    gap = amount(whole.contribution)
    return (place.code, place.name, value, percent(place.share), gap, *amounts, ";".join(letters))


def percent(share: float | None) -> str:
    """A share in per cent."""
    if share is None:
        return MISSING
    return Written(f"{grouped(100 * share)}{THIN}%", share, unit="share")


def amount(value: float | None) -> str:
    """PPS with their sign; a plain 0 where they round to nothing."""
    if value is None:
        return MISSING
    text = grouped(abs(value))
    if text == "0":
        return Written("0", value)
    return Written(f"+{text}" if value > 0 else f"{MINUS}{text}", value)


def screen_rows(places: Sequence[Standing]) -> list[tuple[str, ...]]:
    """The table on the screen: heads, then the whole, countries and regions, by prosperity."""
    terms = terms_of_places(places)
    heads = ("", "GDP/head", "of ref.", "difference", *(_HEADS[t] for t in terms), "status")
    kinds = ("whole", "country", "region")
    ordered = sorted(
        places, key=lambda p: (kinds.index(p.kind), p.whole.value is None, -(p.whole.value or 0))
    )
    rows = [table_row(place, terms) for place in ordered]
    return [heads, *((fitted_name(f"{r[0]} {r[1]}"), *r[2:]) for r in rows)]


_HEADS = {
    PER_HOUR: "per hour",
    PER_WORKER: "per worker",
    HOURS: "hours",
    JOBS: "jobs",
    COMMUTING: "commuting",
    EMPLOYED: "employed",
    ACTIVE: "active",
    PRICES: "prices",
}


def fitted_name(text: str, most: int = 46) -> str:
    """A name cut to the width of a column on the screen."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
