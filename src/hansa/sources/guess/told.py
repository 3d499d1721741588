"""What a table says of itself: choices that need no guess, and keys that no choice stands for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hansa.errors import HansaError, listed
from hansa.language import N_
from hansa.sources.guess.reason import Reason
from hansa.sources.guess.roles import WIDE
from hansa.sources.spec import CONVERSION, FactsSpec, beside

COLUMNS = (
    *("time", "geo", "activity", "employment", "employment_status"),
    *("payroll", "establishments", "value_added"),
)
"""What a column may hold; `time` also `=years` or `=2020`."""
BY_ITSELF = Reason(N_("The table says so itself."))
_PLAIN = (
    *("classification", "geography", "absent_rows", "unknown_codes"),
    *("encoding", "delimiter", "sheet", "header", "decimal", "thousands"),
)
"""Choices that are keys of a description as they stand."""


def said_by(path: Path) -> dict[str, Any]:
    """Keys of a description in `NAME.meta.toml` beside the table, or in a Parquet file itself.

    Raises HansaError where they ask for other files or for a conversion.
    """
    own = beside(path, FactsSpec()).model_dump(exclude_unset=True, exclude={"format"})
    if told := [key for key in ("totals", "file", *CONVERSION) if own.get(key)]:
        raise HansaError(
            "the table asks for other files or for a conversion in its own header",
            place=str(path),
            printed=listed(told),
            admissible="a table that stands for itself",
            fix="save it without this header, or describe it in a study by hand (hansa new)",
        )
    return own


def choices_of(told: Mapping[str, Any]) -> dict[str, str]:
    """The choices that such keys make; a key that no choice stands for makes none."""
    found = {key: str(told[key]) for key in _PLAIN if told.get(key)}
    columns = told.get("columns", {})
    found |= {ours: theirs for ours, theirs in columns.items() if ours in COLUMNS}
    if told.get("wide"):
        found["time"] = WIDE
    found |= {f"level_{key}": value for key, value in told.get("level", {}).items()}
    if times := told.get("times", {}).get("employment"):
        found["times"] = f"{times:.15g}"
    if called := [word for word in told.get("total", ()) if word != "TOTAL"]:
        found["total"] = "; ".join(called)
    if marks := [mark for mark in told.get("missing", ()) if mark not in FactsSpec().missing]:
        found["missing"] = " ".join(marks)
    if told.get("where"):
        (name, value), *more = told["where"].items()
        one = not (more or name.endswith("!") or isinstance(value, list))
        found["where_column"], found["where_value"] = (name, str(value)) if one else ("", "")
    return found


def beyond_choices(told: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the keys that no choice shows."""
    return {k: v for k, v in told.items() if not any(choices_of({k: v}).values())}


def still_said(told: Mapping[str, Any], chosen: Mapping[str, str]) -> dict[str, Any]:
    """Those of the keys that no choice has overruled, as they were said."""
    found: dict[str, Any] = {}
    for key, value in told.items():
        if key in ("columns", "level", "times"):
            parts = {k: v for k, v in value.items() if _stands({key: {k: v}}, chosen)}
            found |= {key: parts} if parts else {}
        elif _stands({key: value}, chosen):
            found[key] = value
    return found


def _stands(said: Mapping[str, Any], chosen: Mapping[str, str]) -> bool:
    return all(chosen.get(k, "") == v for k, v in choices_of(said).items())
