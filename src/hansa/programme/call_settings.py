"""call.toml: the rules of a call, agreed before it opens."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal
from unicodedata import normalize

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from hansa.errors import UsageError, listed
from hansa.programme.contest import Rule
from hansa.programme.moments import moment
from hansa.programme.pots import Mode

FILE = "call.toml"
OWN_TIE_BREAKS = ("ask", "received", "proposal")


class Fixed(BaseModel):
    """What the meeting decided about one proposal, whatever the ranking says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    proposal: str
    funded: bool
    by: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    date: str = Field(pattern=r"^\d{4}-\d\d-\d\d$")

    @field_validator("date")
    @classmethod
    def _is_a_day(cls, value: str) -> str:
        if not moment(value):
            raise ValueError("a day, such as 2027-03-12")
        return value


class Limits(BaseModel):
    """Further conditions on the funded proposals together.

    countries   least number of countries among them
    per_lead    most proposals of one lead organisation
    per_module  least number of proposals in a module, by module
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    countries: int | None = Field(default=None, ge=1)
    per_lead: int | None = Field(default=None, ge=1)
    per_module: dict[str, int] = Field(default_factory=dict)


class Stated(BaseModel):
    """What texts about the call say of it; `check` sets it against the tables.

    proposals, funders  how many; cash: all cash pots together; asked: all asks together
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    proposals: int | None = Field(default=None, ge=0)
    funders: int | None = Field(default=None, ge=0)
    cash: Decimal | None = Field(default=None, ge=0)
    asked: Decimal | None = Field(default=None, ge=0)

    @field_validator("cash", "asked", mode="before")
    @classmethod
    def _exact(cls, value: Any) -> Any:
        return Decimal(repr(value)) if isinstance(value, float) else value


class CallSettings(BaseModel):
    """The keys of call.toml.

    currency       of every amount; smallest: the smallest money unit, such as 0.01 or 1000
    mode           virtual: each funder pays its own partners; mixed: a top-up helps; real: one pot
    top_up         common money; gap_share: share of it kept for gaps (0 to 1), mixed mode only
    ranking        strict | ties | bands | free; cut_points: lowest score of each band but the last
    value          what funding counts under `free`: score, count (each 1) or ask (money)
    depth_first    the longest funded head of the list comes before value
    binding        the ranking binds: passing over is not lawful
    min_countries  countries that a proposal needs; threshold: least score that is funded
    score_digits   digits that scores are compared at; scale: lowest and highest score
    tie_break      criteria, or ask (less first), received (earlier first), proposal (id)
    criteria       weight of each criterion of reviews.csv; min_reviews: reviews a proposal needs
    noise          reviews (reviewers drawn anew), normal, or intervals (low and high of proposals)
    draws, seed    of the robustness to noise
    deadline       day or time after which nothing is received; funders may have their own
    min_partners   partners that a proposal needs, associates apart
    stated         numbers that texts about the call give
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1]
    id: str
    title: str
    summary: str = ""
    source: str = ""
    model_data: bool = False
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    smallest: Decimal = Field(Decimal("0.01"), gt=0)
    mode: Mode = "virtual"
    top_up: Decimal = Field(Decimal(0), ge=0)
    gap_share: Decimal = Field(Decimal(0), ge=0, le=1)
    ranking: Rule = "strict"
    cut_points: tuple[Decimal, ...] = ()
    value: Literal["score", "count", "ask"] = "score"
    depth_first: bool = False
    binding: bool = False
    min_countries: int = Field(default=0, ge=0)
    threshold: Decimal | None = None
    score_digits: int = Field(2, ge=0, le=6)
    scale: tuple[Decimal, Decimal] = (Decimal(0), Decimal(100))
    tie_break: tuple[str, ...] = ()
    criteria: dict[str, Decimal] = Field(default_factory=dict)
    min_reviews: int = Field(1, ge=1)
    noise: Literal["", "reviews", "normal", "intervals"] = ""
    draws: int = Field(1000, ge=1, le=100_000)
    seed: int = Field(default=2009, ge=0)
    fixed: tuple[Fixed, ...] = ()
    limits: Limits = Limits()
    deadline: str = ""
    min_partners: int = Field(default=0, ge=0)
    stated: Stated = Stated()

    @field_validator("smallest", "top_up", "gap_share", "threshold", mode="before")
    @classmethod
    def _exact(cls, value: Any) -> Any:
        # A float of TOML is what was written only when it is read through its shortest text.
        return Decimal(repr(value)) if isinstance(value, float) else value

    @field_validator("cut_points", "scale", mode="before")
    @classmethod
    def _all_exact(cls, value: Any) -> Any:
        if isinstance(value, list):
            return [Decimal(repr(v)) if isinstance(v, float) else v for v in value]
        return value

    @field_validator("criteria", mode="before")
    @classmethod
    def _weights(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {k: Decimal(repr(v)) if isinstance(v, float) else v for k, v in value.items()}
        return value

    @model_validator(mode="after")
    def _fit_together(self) -> CallSettings:
        low, high = self.scale
        if not low < high:
            raise ValueError("scale: the lowest score first, then the highest")
        if any(weight < 0 for weight in self.criteria.values()):
            raise ValueError("criteria: weights are 0 or more")
        if self.criteria and not sum(self.criteria.values()):
            raise ValueError("criteria: the weights add up to 0")
        if list(self.cut_points) != sorted(set(self.cut_points), reverse=True):
            raise ValueError("cut_points fall: the lowest score of the best band first")
        if self.ranking == "bands" and not self.cut_points:
            raise ValueError("ranking bands needs cut_points")
        if self.top_up % self.smallest:
            raise ValueError(f"top_up: a multiple of the smallest money unit, {self.smallest}")
        if self.deadline and not moment(self.deadline):
            raise ValueError("deadline: a day or a time, 2027-03-01 or 2027-03-01T12:00")
        known = (*OWN_TIE_BREAKS, *self.criteria)
        if unknown := [name for name in self.tie_break if name not in known]:
            raise ValueError(f"tie_break {unknown[0]!r} is none of {listed(known)}")
        return self

    @property
    def step(self) -> Fraction:
        """One unit of the last declared digit of a score."""
        return Fraction(1, 10**self.score_digits)


def read_settings(folder: Path) -> CallSettings:
    """The rules of a call folder. Raises UsageError that names the key."""
    path = folder / FILE
    try:
        content = tomllib.loads(normalize("NFC", path.read_text(encoding="utf-8-sig")))
    except FileNotFoundError as problem:
        raise UsageError(
            "this is no call folder",
            place=str(folder),
            admissible=f"a folder with {FILE}, funders.csv, proposals.csv and asks.csv",
            fix="see docs/how-to/call.md",
        ) from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise UsageError(
            f"{FILE} cannot be read", place=str(path), printed=str(problem), admissible="TOML"
        ) from problem
    return settings_from(content, str(path))


def settings_from(content: dict[str, Any], place: str) -> CallSettings:
    """Validated rules; `place` names the file for the message."""
    try:
        return CallSettings(**content)
    except ValidationError as problem:
        first: Any = problem.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        unknown = first["type"] == "extra_forbidden" and len(first["loc"]) == 1
        given = first.get("input")
        raise UsageError(
            f"the call is wrong at {key!r}" if key else "the rules of the call do not fit together",
            place=place,
            printed=""
            if not key
            else (f"{given}" if isinstance(given, Decimal) else repr(given))[:120],
            admissible=listed(CallSettings.model_fields, 40)
            if unknown
            else first["msg"].removeprefix("Value error, "),
            fix=_fix(key, given),
        ) from problem


def _fix(key: str, given: Any) -> str:
    number = key == "gap_share" and isinstance(given, int | Decimal)
    if number and Decimal(given).is_finite() and given > 1:
        return way_to_share(Fraction(given), "gap_share = {share}")
    return f"correct {FILE}"


def way_to_share(given: Fraction, line: str) -> str:
    """What to write in place of a number that is no share from 0 to 1; most mean per cent."""
    if not 0 <= given <= 100:
        return f"half of it is 0.5: {line.format(share=0.5)}"
    percent, share = (f"{float(one):.10g}" for one in (given, given / 100))
    return f"{percent} % is {share}: {line.format(share=share)}"
