"""What a Python user asks of a fetch: numbers and lists as well as texts, told apart from slips."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Integral
from typing import Any

from hansa.errors import UsageError
from hansa.study.fetch import Wanted


def wanted_of(
    filters: Mapping[str, Any] | None, geo: Any, period: Any, part: Any, at: str, refresh: bool
) -> Wanted:
    """The question in these arguments of `hansa.fetch`; several periods become a filter.

    Raises UsageError for a value that is neither text nor whole number, nor a list of these.
    """
    if not isinstance(filters, Mapping | None):
        raise _odd("filters", filters, "a dict of dimension and codes", '{"unit": "MIO_EUR"}')
    if not isinstance(at, str):
        raise _odd("at", at, "the base address of a service, as text", "https://HOST/PATH")
    own = {name: _texts(f"filters[{name!r}]", codes) for name, codes in (filters or {}).items()}
    regions, periods, parts = (
        () if given is None else tuple(filter(None, _texts(name, given)))
        for name, given in (("geo", geo), ("period", period), ("part", part))
    )
    if len(periods) > 1:
        if any(name.lower() in ("time", "time_period") for name in own):
            raise UsageError("the period is asked for twice", printed="filters and period")
        own["time"], periods = periods, ()
    return Wanted(own, regions, "".join(periods), parts, at, refresh)


def _texts(name: str, given: Any) -> tuple[str, ...]:
    one = isinstance(given, str | Integral)
    several = isinstance(given, Iterable) and not isinstance(given, bytes | Mapping)
    values = (given,) if one else tuple(given) if several else (None,)
    for value in values:
        if isinstance(value, bool) or not isinstance(value, str | Integral):
            needed = "a text or a whole number, or a list of these"
            raise _odd(name, given, needed, "'SE11', ['SE11', 'SE12'], 2019, '2015:2020'")
    return tuple(map(str, values))


def _odd(name: str, given: Any, needed: str, example: str) -> UsageError:
    return UsageError(
        f"{name} cannot be read",
        printed=f"{given!r:.80} ({type(given).__name__})",
        admissible=needed,
        fix=f"such as {example}",
    )
