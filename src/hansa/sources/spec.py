"""How a user's table becomes facts: which column is which, which rows, what a gap means."""

from __future__ import annotations

import json
import shlex
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from hansa.errors import HansaError, UsageError, listed
from hansa.files import header_path
from hansa.panel import METADATA_KEY, Header
from hansa.sources.spec_wrong import wrong_key

MEASURES = ("employment", "payroll", "establishments", "value_added")
KEYS = ("geo", "activity", "time")


CONVERSION = (
    "convert",
    "convert_from",
    "links",
    "link_columns",
    "weight",
    "bounds",
    "leave_out",
)
"""Keys that say how the codes of a table are to be converted."""


class FactsSpec(BaseModel):
    """One entry `[facts.NAME]` of a study, a `NAME.meta.toml`, or the options of a command.

    alone     nothing that the table says of itself counts (`NAME.meta.toml`, Parquet header)
    header    number of the row of a text or a sheet that holds the names of the columns; what
              stands above it is passed over
    columns   our name -> the table's name (`time = "year"`); `time = "=2015"` is a constant
    measure   what a column `value` holds where no column `measure` says so
    where     column of the table -> value or values of the rows to keep; a name followed by
              `!` leaves such rows out
    level     `activity`, `geo` -> level of the code list whose rows are the parts of the result
    missing   marks that stand for a missing value; an empty cell always does
    total     codes of the table that mean the published total
    wide      columns that are years, or `years` for every column whose name is a year
    rounding  pairs (from value, step): the publisher rounded to this step from this value on
    times     measure -> what its printed numbers are multiplied by: 1000 where a table counts in
              thousands; rounding, size classes and sums_within speak of the products
    classes   what the size classes of a column `employment_class` mean: `us-cbp`, or a range for
              each class (`A = [0, 19]`; `M = [100000]` is open above)
    sums_within  measure -> units by which printed sums may miss their total, where rounding
              allows less: for publishers whose own sums differ
    areas     codes of `geo` that are aggregates: references, never regions of the result
    unknown_codes  `refuse`, or `set_aside`: such rows are left out and listed
    steps     named steps that made the values, kept from the header of a panel
    convert   version the codes are converted to (`nuts:2021`); with it `convert_from` (where the
              table declares none), `links` (file), `link_columns`, `weight`, `bounds` (`links`)
              and `leave_out` (codes set aside on purpose), as options of `hansa convert`
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: tuple[str, ...] = ()
    alone: bool = False
    sheet: str = ""
    header: int = Field(default=1, ge=1, le=1000)
    format: Literal[1] = 1
    columns: dict[str, str] = Field(default_factory=dict)
    measure: str = ""
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
    sums_within: dict[str, float] = Field(default_factory=dict)
    times: dict[str, float] = Field(default_factory=dict)
    classes: Literal["us-cbp"] | dict[str, tuple[float, ...]] = "us-cbp"
    delimiter: str = ","
    encoding: str = "utf-8"
    decimal: Literal[".", ","] = "."
    thousands: str = ""
    totals: str = ""
    areas: tuple[str, ...] = ()
    model_data: bool = False
    steps: tuple[str, ...] = ()
    convert: str = ""
    convert_from: str = ""
    links: str = ""
    link_columns: dict[str, str] = Field(default_factory=dict)
    weight: str = ""
    bounds: Literal["", "links"] = ""
    leave_out: tuple[str, ...] = ()

    @field_validator("file", "missing", "total", "wide", "areas", "leave_out", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) and value != "years" else value

    @field_validator("vintage", mode="before")
    @classmethod
    def _date_as_text(cls, value: Any) -> Any:
        return str(value)

    @field_validator("delimiter")
    @classmethod
    def _one_sign(cls, value: str) -> str:
        sign = "\t" if value in ("\\t", "tab") else value
        if len(sign) != 1 or sign.isalnum() or sign in "\"'\r\n.":
            raise ValueError("one sign between columns, such as a comma, a semicolon or a tab")
        return sign

    @field_validator("thousands")
    @classmethod
    def _mark_of_thousands(cls, value: str) -> str:
        if len(value) > 1 or value.isalnum() or (value and value in "+-"):
            raise ValueError("one sign between thousands, such as a space, a point or a comma")
        return value

    @field_validator("sums_within")
    @classmethod
    def _no_less_than_nothing(cls, value: dict[str, float]) -> dict[str, float]:
        if odd := [k for k, v in value.items() if k not in MEASURES or not 0 <= v < 1e15]:
            raise ValueError(f"zero or more units for {listed(MEASURES)}; not {listed(odd)}")
        return value

    @field_validator("times")
    @classmethod
    def _a_multiple(cls, value: dict[str, float]) -> dict[str, float]:
        if odd := [k for k, v in value.items() if k not in MEASURES or not 0 < v < 1e15]:
            raise ValueError(f"a number above zero for {listed(MEASURES)}; not {listed(odd)}")
        return value

    @field_validator("classes", mode="before")
    @classmethod
    def _ranges(cls, value: Any) -> Any:
        own = list(value.values()) if isinstance(value, dict) else [()]
        if value != "us-cbp" and not (own and all(map(_is_range, own))):
            raise ValueError("us-cbp, or a range for each class: { A = [0, 19], M = [100000] }")
        return value

    @model_validator(mode="after")
    def _of_a_conversion(self) -> FactsSpec:
        said = [key for key in CONVERSION[1:] if getattr(self, key)]
        if said and not self.convert:
            raise ValueError(
                f'{listed(said)} without convert; with convert = "VERSION", such as nuts:2021'
            )
        return self

    @model_validator(mode="after")
    def _one_class_a_value(self) -> FactsSpec:
        told = [name for name in self.columns if name.endswith("_class")]
        if told and self.wide:
            raise ValueError(
                f"the size classes {listed(told)} beside several columns of years (wide); a table "
                "with one row for each year"
            )
        return self

    @model_validator(mode="after")
    def _two_marks(self) -> FactsSpec:
        if self.thousands == self.decimal:
            other = "," if self.decimal == "." else "."
            raise ValueError(
                f"thousands and decimal are both {self.decimal!r}; with thousands = "
                f"{self.thousands!r} say decimal = {other!r}"
            )
        return self


def _is_range(ends: Any) -> bool:
    """True for one or two numbers of a possible size, the second not below the first."""
    if not isinstance(ends, list | tuple) or len(ends) not in (1, 2):
        return False
    plain = all(isinstance(e, int | float) and not isinstance(e, bool) for e in ends)
    return plain and all(abs(e) < 1e18 for e in ends) and ends[0] <= ends[-1]


def spec_from(data: dict[str, Any], place: str) -> FactsSpec:
    """A validated spec; `place` names the file or command for the message."""
    try:
        return FactsSpec(**data)
    except ValidationError as problem:
        rule, printed, admissible = _wrong(problem)
        raise UsageError(
            rule,
            place=place,
            printed=printed,
            admissible=admissible,
            fix="correct the key, or leave it out",
        ) from problem


def _wrong(problem: ValidationError) -> tuple[str, str, str]:
    """Rule, what was found and what is admissible, of the first thing that is wrong."""
    first = wrong_key(problem, FactsSpec)
    if not first.key:
        rule = "the description of the facts contradicts itself"
        return rule, first.needed.partition("; ")[0], first.needed.rpartition("; ")[2]
    rule = f"the description of the facts is wrong at {first.key!r}{first.hint}"
    return rule, first.printed, first.needed


def declared(key: str, value: str, many: bool = False) -> str:
    """How a user sets one key of a description, for the last line of a message."""
    shown = json.dumps([value] if many else value, ensure_ascii=False)
    return f"{key} = {shown} in study.toml or NAME.meta.toml, or --table {key}={shlex.quote(value)}"


def beside(path: Path, given: FactsSpec) -> FactsSpec:
    """`given`, completed by what the table says of itself; what is given wins.

    `NAME.meta.toml` beside the file comes before the metadata of a Parquet file. A result of
    Hansa carries its header in either, so it is read again without further options.
    """
    if given.alone:
        return given
    return _completed(given, [_beside_file(path), _in_file(path)], str(path))


def inside(schema: pa.Schema, given: FactsSpec) -> FactsSpec:
    """`given`, completed by the header that a panel left in the metadata of an Arrow table."""
    return given if given.alone else _completed(given, [_of_schema(schema, "table")], "table")


def _completed(given: FactsSpec, found: list[dict[str, Any]], place: str) -> FactsSpec:
    if not any(found):
        return given
    merged: dict[str, Any] = {}
    for own in (*reversed(found), given.model_dump(exclude_unset=True)):
        for key, value in own.items():
            inner = isinstance(value, dict) and key in merged
            merged[key] = {**merged[key], **value} if inner else value
    return spec_from(merged, place)


def _beside_file(path: Path) -> dict[str, Any]:
    meta = header_path(path)
    if not meta.is_file():
        return {}
    try:
        data = tomllib.loads(meta.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as problem:
        raise HansaError(
            "the header beside the table cannot be read",
            place=str(meta),
            printed=str(problem),
            admissible="TOML in UTF-8",
            fix="correct the file, or remove it and give the header by options",
        ) from problem
    data.pop("file", None)
    if told := [key for key in CONVERSION if key in data]:
        raise HansaError(
            "a header beside a table cannot ask for a conversion",
            place=str(meta),
            printed=listed(told),
            admissible="what the table holds as it is",
            fix="convert it (hansa convert), or say so in [facts.NAME] of a study",
        )
    panel = data.pop("panel", None)
    return {**(_of_panel(panel, str(meta)) if panel else {}), **_valid(data, str(meta))}


def _valid(data: dict[str, Any], place: str) -> dict[str, Any]:
    try:
        return FactsSpec(**data).model_dump(exclude_unset=True)
    except ValidationError as problem:
        rule, printed, admissible = _wrong(problem)
        raise HansaError(
            rule,
            place=place,
            printed=printed,
            admissible=admissible,
            fix="correct the key in this file",
        ) from problem


def _in_file(path: Path) -> dict[str, Any]:
    from hansa.sources.raw import is_parquet, parquet

    if not (is_parquet(path) and path.is_file() and path.stat().st_size):
        return {}
    with parquet(path) as file:
        return _of_schema(file.schema_arrow, str(path))


def _of_schema(schema: pa.Schema, place: str) -> dict[str, Any]:
    raw = (schema.metadata or {}).get(METADATA_KEY)
    if raw is None:
        return {}
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError) as problem:
        raise _unreadable(place, str(problem)) from problem
    if isinstance(data, dict) and isinstance(data.get("facts"), dict):
        return _valid(data["facts"], place)
    return _of_panel(data, place)


def _of_panel(data: Any, place: str) -> dict[str, Any]:
    """Keys of a description that say the same as the header of a panel."""
    try:
        dims = list(data["dims"])
        header = Header.from_dict({k: v for k, v in data.items() if k not in ("format", "dims")})
        own = _said_by(header)
    except (HansaError, AttributeError, KeyError, TypeError) as problem:
        if isinstance(problem, HansaError):
            found = problem.finding.printed
        else:
            found = (
                f"no key {problem}" if isinstance(problem, KeyError) else "values of other kinds"
            )
        raise _unreadable(place, found) from problem
    # Hansa writes numbers with a decimal point and no sign between thousands.
    own["decimal"] = "."
    if "activity" in dims:
        own["classification"] = header.classification
    elif "cluster" in dims:
        own["columns"] = {"activity": "cluster"}
    return {k: v for k, v in own.items() if v and (k, v) != ("zeros", "printed")}


def _said_by(header: Header) -> dict[str, Any]:
    return {
        "measure": header.measure,
        "geography": header.geography,
        "source": header.source,
        "licence": header.licence,
        "vintage": header.vintage,
        "note": " ".join(header.notes),
        "absent_rows": header.absent_rows,
        "zeros": header.zeros,
        "model_data": header.model_data,
        "steps": header.steps,
        "unit": {header.measure: header.unit} if header.unit else {},
    }


def _unreadable(place: str, found: str) -> HansaError:
    return HansaError(
        "the header of a panel cannot be read",
        place=place,
        printed=found,
        admissible="the header that Hansa writes with a result",
        fix="compute the result again, or remove its header and give one by options",
    )


def says_point(spec: FactsSpec) -> bool:
    """Whether it is known what a point in a number means."""
    # What Hansa has written itself has a decimal point.
    return bool(spec.steps or spec.model_fields_set & {"decimal", "thousands"})


def picked(name: str, names: Iterable[str]) -> tuple[str, bool]:
    """Column that a key of `where` speaks of, and whether its rows are kept or left out."""
    if name.endswith("!") and name not in names:
        return name[:-1], False
    return name, True
