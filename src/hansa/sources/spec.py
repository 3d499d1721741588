"""How a user's table becomes facts: which column is which, which rows, what a gap means."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from hansa.errors import HansaError, UsageError, listed

MEASURES = ("employment", "payroll", "establishments", "value_added")
KEYS = ("geo", "activity", "time")


class FactsSpec(BaseModel):
    """One entry `[facts.NAME]` of a study, a `NAME.meta.toml`, or the options of a command.

    columns   our name -> the table's name (`time = "year"`)
    where     column of the table -> value or values of the rows to keep
    level     `activity`, `geo` -> level of the code list whose rows are the parts of the result
    missing   marks that stand for a missing value; an empty cell always does
    total     codes of the table that mean the published total
    wide      columns that are years, or `years` for every column whose name is a year
    rounding  pairs (from value, step): the publisher rounded to this step from this value on
    areas     codes of `geo` that are aggregates: references, never regions of the result
    unknown_codes  `refuse`, or `set_aside`: such rows are left out and listed
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: tuple[str, ...] = ()
    sheet: str = ""
    format: int = 1
    columns: dict[str, str] = Field(default_factory=dict)
    where: dict[str, str | int | float | bool | list[str | int]] = Field(default_factory=dict)
    level: dict[Literal["activity", "geo"], str] = Field(default_factory=dict)
    classification: str = ""
    geography: str = ""
    unit: dict[str, str] = Field(default_factory=dict)
    source: str = ""
    licence: str = ""
    vintage: str = ""
    note: str = ""
    zeros: Literal["printed", "hidden"] = "printed"
    absent_rows: Literal["zero", "unknown"] | None = None
    missing: tuple[str, ...] = (":", "..", "…", "-", "n/a", "NA", "NaN", "null")
    total: tuple[str, ...] = ("TOTAL",)
    wide: Literal["years"] | tuple[str, ...] = ()
    unknown_codes: Literal["refuse", "set_aside"] = "refuse"
    rounding: tuple[tuple[float, float], ...] = ()
    delimiter: str = ","
    encoding: str = "utf-8"
    decimal: Literal[".", ","] = "."
    thousands: str = ""
    totals: str = ""
    areas: tuple[str, ...] = ()
    model_data: bool = False

    @field_validator("file", "missing", "total", "wide", "areas", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) and value != "years" else value

    @field_validator("vintage", mode="before")
    @classmethod
    def _date_as_text(cls, value: Any) -> Any:
        return str(value)


def spec_from(data: dict[str, Any], place: str) -> FactsSpec:
    """A validated spec; `place` names the file or command for the message."""
    try:
        return FactsSpec(**data)
    except ValidationError as problem:
        first = problem.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"the description of the facts is wrong at {key!r}",
            place=place,
            printed=repr(first.get("input")),
            admissible=first["msg"]
            if first["type"] != "extra_forbidden"
            else "one of " + listed(FactsSpec.model_fields, 40),
        ) from problem


def beside(path: Path, given: FactsSpec) -> FactsSpec:
    """`given`, completed by `NAME.meta.toml` beside the file; what is given wins."""
    meta = path.with_name(path.stem + ".meta.toml")
    if not meta.is_file():
        return given
    try:
        data = tomllib.loads(meta.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise HansaError(
            "the header beside the table cannot be read",
            place=str(meta),
            printed=str(problem),
            admissible="TOML in UTF-8",
            fix="correct the file, or remove it and give the header by options",
        ) from problem
    data.pop("file", None)
    own = {k: v for k, v in data.items() if k in FactsSpec.model_fields}
    return spec_from({**own, **given.model_dump(exclude_unset=True)}, str(meta))
