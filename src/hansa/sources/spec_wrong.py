"""What is wrong with keys that people write: the first thing, never the whole document."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from hansa.errors import UsageError, listed

Model = TypeVar("Model", bound=BaseModel)

_TABLES = {
    "base": 'tables [[base]], each with a name: name = "…"',
    "facts": "tables with a name each: [facts.NAME]",
    "fetch": "tables with a name each: [fetch.NAME]",
    "scoreboard": "tables with a name each: [scoreboard.NAME]",
}
_NEEDED = {
    "period": "two years, the earlier one first: [2010, 2020]",
    "min_cell": "a number of persons: 0 or more",
    "columns": 'our names = the names of the table: { time = "year" }; or --columns time=year',
    "where": 'columns and values: { sex = "T" }; or --where sex=T',
    "rounding": "pairs of a value and a step: [[0, 5], [100, 10]]; "
    "or --table 'rounding=0:5|100:10'",
    "header": "a number of a row: 1 to 1000",
    "wide": 'years, or a list of columns: ["2015", "2016"]',
    "sums_within": "measures and units: { employment = 1 }",
    "times": "measures and numbers: { employment = 1000 }; or --table times=employment:1000",
    "link_columns": 'our names = those of the file of links: { from = "old" }',
    "level": '{ activity = "division", geo = "nuts2" }',
    "unit": '{ employment = "persons" }',
    "filters": 'dimensions and codes: { sex = ["T"] }',
}
"""What a key holds, where the type of its value alone does not say it."""
_TYPES = {
    "string": "a text in quotes",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "tuple": 'a list of texts: ["…", "…"]',
    "list": 'a list of texts: ["…", "…"]',
    "dict": 'a table: { NAME = "…" }',
    "model": "a table of keys",
    "missing": "this key, which has no default",
}
_FIRST = ("model_type", "extra_forbidden")
"""A key that is not known explains why another one is missing, so it is told before."""


@dataclass(frozen=True)
class WrongKey:
    """The first thing that is wrong; `key` is empty where keys contradict each other.

    near  the known key that an unknown one looks like, else empty
    """

    key: str
    near: str
    printed: str
    needed: str

    @property
    def hint(self) -> str:
        """What follows the key in a rule: `; did you mean title?`, or nothing."""
        return f"; did you mean {self.near}?" if self.near else ""


def keyed(model: type[Model], data: Mapping[str, Any], place: str, what: str, fix: str) -> Model:
    """A document as `model` describes it; `what` and `place` name it where a key is wrong."""
    try:
        return model(**data)
    except ValidationError as problem:
        first = wrong_key(problem, model)
        raise UsageError(
            f"{what} is wrong at {first.key!r}{first.hint}",
            place=place,
            printed=first.printed,
            admissible=first.needed,
            fix=fix,
        ) from problem


def wrong_key(problem: ValidationError, model: type[BaseModel]) -> WrongKey:
    """The first thing that is wrong with the keys of a document that `model` describes."""
    errors: list[Any] = sorted(problem.errors(), key=_rank)
    first = errors[0]
    parts, owner, kind = _walked(model, first["loc"])
    key = ".".join(map(str, parts))
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(parts[-1]), owner.model_fields, 1)
        needed = "one of " + listed(owner.model_fields, 40)
        return WrongKey(key, near[0] if near else "", _short(first["input"]), needed)
    whole = first["type"] == "missing" or (_is_model(kind) and isinstance(first["input"], Mapping))
    return WrongKey(key, "", "" if whole else repr(first["input"])[:120], _needed(first, parts))


def _rank(error: Any) -> int:
    kind = str(error["type"])
    return _FIRST.index(kind) if kind in _FIRST else len(_FIRST) + (kind == "missing")


def _walked(
    model: type[BaseModel], place: tuple[int | str, ...]
) -> tuple[list[int | str], type[BaseModel], Any]:
    """The parts of a place that are keys, the model of the last one, and what it holds.

    Behind them come names of the types that were tried, which say nothing to anybody.
    """
    kind: Any = model
    owner, parts = model, []
    for part in place:
        if _is_model(kind):
            owner, field = kind, kind.model_fields.get(part)
            kind = field.annotation if field else None
        elif get_origin(kind) in (dict, tuple):
            kind = get_args(kind)[-1 if get_origin(kind) is dict else 0]
        else:
            break
        parts.append(part)
    return parts, owner, kind


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _short(value: Any) -> str:
    return f"a table with {listed(value)}" if isinstance(value, dict) else repr(value)[:120]


def _needed(error: Any, parts: list[int | str]) -> str:
    """What would be right: our own words, those of the type, or those of the check."""
    kind = str(error["type"])
    if kind == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    named = [part for part in parts if part in _NEEDED]
    if named and kind != "missing":
        return _NEEDED[str(named[-1])]
    if parts[0] in _TABLES and (len(parts) == 1 or kind == "model_type"):
        return _TABLES[str(parts[0])]
    if kind == "literal_error":
        return str(error["ctx"]["expected"]).replace("'", "")
    return _TYPES.get(kind.partition("_")[0], str(error["msg"]))
