"""The parameters of an address: those given, what each means and may hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from hansa.language import LANGUAGES, N_, _
from hansa.web.state import longest

_VISIBLE = r"^[^\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]*$"


@dataclass(frozen=True)
class Parameter:
    """One parameter: what it says, and an example that reads as people write it."""

    text: str
    example: str
    pattern: str = _VISIBLE


PARAMETERS = {
    "definition": Parameter(
        N_("Cluster definition: one of the study, or one saved beside it. Empty: its first."),
        "hansa-divisions",
    ),
    "base": Parameter(
        N_("Base of the shares, by the name that the study gives it. Empty: its first."), "all jobs"
    ),
    "region": Parameter(N_("Code of a region of the study; its marks light up."), "EE00"),
    "cluster": Parameter(N_("Code of a cluster of the definition."), "wood-furniture"),
    "compare": Parameter(
        N_("Codes of regions, or of units of an index, joined by commas."), "EE00,FI1B"
    ),
    "area": Parameter(
        N_("A named geography, or codes of regions joined by commas."), "EE00,LV00,LT01"
    ),
    "search": Parameter(N_("Words, or a code, that are looked for."), "furniture"),
    "members": Parameter(
        N_("Activities of a cluster put together: CODE or CODE*WEIGHT, joined by commas."),
        "31,16*0.5",
    ),
    "name": Parameter(N_("Name of the cluster put together."), "Boats and yards"),
    "index": Parameter(N_("Folder of a composite index of the study."), "index"),
    "unit": Parameter(N_("Code of a unit of the index."), "A"),
    "indicator": Parameter(N_("Code of an indicator of the index."), "rd"),
    "changes": Parameter(
        N_("What if: INDICATOR:VALUE, joined by commas; or changes.INDICATOR=VALUE one by one."),
        "rd:2.5",
    ),
    "call": Parameter(N_("Folder of a call of the study."), "model"),
    "mode": Parameter(N_("Pots of a call: virtual, mixed or real."), "mixed"),
    "ranking": Parameter(N_("Ranking rule of a call: strict, ties, bands or free."), "ties"),
    "top_up": Parameter(N_("Common money of a call, in its currency."), "2000000"),
    "gap_share": Parameter(N_("Share of the top-up kept for gaps, 0 to 1."), "0.6"),
    "proposal": Parameter(N_("Id of a proposal of the call."), "P26"),
    "beside": Parameter(
        N_("Shown as well of a call: modes, scores, money, contributions or rules."), "modes"
    ),
    "reference": Parameter(
        N_("Reference that shares are compared with, in place of the study's."), "all"
    ),
    "period": Parameter(
        N_("First and last year, in place of the study's."), "2020-2023", r"^(\d{4}-\d{4})?$"
    ),
    "rules": Parameter(N_("Rule set of presence, in place of the study's."), "us-strong"),
    "benchmark": Parameter(N_("Benchmark of growth, in place of the study's."), "plain"),
    "x_line": Parameter(
        N_("Where the picture of four kinds of clusters is divided, in place of the study's."),
        "zero",
    ),
    "min_cell": Parameter(
        N_("Jobs below which a cell carries no rate, in place of the study's."), "20"
    ),
    "lang": Parameter(N_("Language of the texts. Empty: that of Accept-Language."), "en"),
}


def given(request: HttpRequest) -> list[tuple[str, str]]:
    """The parameters that an address gives a value."""
    return [(name, v) for name, values in request.GET.lists() for v in values if v]


def described(name: str) -> dict[str, Any]:
    """A parameter of a query, as OpenAPI describes it."""
    own = PARAMETERS[name]
    return in_query(name, _(own.text), own.example, schema_of(name))


def schema_of(name: str) -> dict[str, Any]:
    """What the value of a parameter of an address may be."""
    if name == "lang":
        return {"type": "string", "enum": list(LANGUAGES)}
    return {"type": "string", "maxLength": longest(name), "pattern": PARAMETERS[name].pattern}


def in_query(name: str, text: str, example: str, schema: dict[str, Any]) -> dict[str, Any]:
    """An optional parameter of a query."""
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": text,
        "schema": schema,
        "example": example,
    }
