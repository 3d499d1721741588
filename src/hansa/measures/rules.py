"""Presence rules as data: what makes a cluster present, strong, or worth a star.

A rule set is a TOML file. It names a population of regions and a list of awards; an award is
given where all of its conditions hold. The number of awards is the number of stars
(`count = "sum"`), or the last award given is the mark (`count = "highest"`).
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from hansa.errors import UsageError, listed
from hansa.language import _
from hansa.sources.spec_wrong import keyed

_strict = ConfigDict(extra="forbid", frozen=True)


class Condition(BaseModel):
    """One comparison of one measure with a threshold.

    compare    absolute: the threshold itself; quantile: the value that this share of the population
               does not exceed (linear interpolation, type 7); rank: the value of this rank
    side       at least (>=, ties in) or above (>, ties out)
    group_by   cluster: the population of one cluster; all: of all clusters together
    """

    model_config = _strict

    measure: str
    compare: Literal["absolute", "quantile", "rank"] = "absolute"
    threshold: float
    side: Literal["at least", "above"] = "at least"
    group_by: Literal["cluster", "all"] = "cluster"

    @field_validator("measure")
    @classmethod
    def _a_number(cls, value: str) -> str:
        from hansa.measures.catalogue import measures

        found = measures().get(value)
        if found is None or found.kind in ("ordinal", "nominal"):
            raise ValueError(f"{value} is no measure that can be compared (`hansa measures`)")
        return value

    @model_validator(mode="after")
    def _threshold_of_its_kind(self) -> Condition:
        if self.compare == "quantile" and not 0 <= self.threshold <= 1:
            raise ValueError("a quantile is a share from 0 to 1")
        if self.compare == "rank" and (self.threshold < 1 or self.threshold % 1):
            raise ValueError("a rank is a whole number from 1 on")
        return self


class Award(BaseModel):
    """A star or a mark: given where all conditions hold."""

    model_config = _strict

    name: str
    conditions: tuple[Condition, ...] = Field(min_length=1)


class RuleSet(BaseModel):
    """A rule set; thresholds that no publication confirms make it a draft.

    certainty  `confirmed`: the published rule; `draft`: some thresholds are not confirmed;
               `own`: the user's
    minimum    regions belong to the population of a cluster with more jobs than this
    floor      fewer jobs than this get no award
    smallest   a population of fewer regions says nothing
    """

    model_config = _strict

    format: Literal[1] = 1
    id: str
    version: str
    label: str
    source: str
    certainty: Literal["confirmed", "draft", "own"] = "own"
    to_confirm: str = ""
    count: Literal["sum", "highest"] = "sum"
    minimum: float = 0.0
    floor: float = 0.0
    smallest: int = 4
    award: tuple[Award, ...] = Field(min_length=1)

    @property
    def measures(self) -> tuple[str, ...]:
        """Measures that the rules compare, in the order of the rules."""
        return tuple(dict.fromkeys(c.measure for a in self.award for c in a.conditions))

    @property
    def stamp(self) -> str:
        """What every result and figure says of the rules; a draft is called one."""
        own = _(
            "Rule set {id} {version}: {label}",
            id=self.id,
            version=self.version,
            label=_(self.label),
        )
        if self.count == "highest" and len(self.award) > 1:
            names = ", ".join(_(a.name) for a in self.award)
            own = _("{rules}; marks from one star on: {names}", rules=own, names=names)
        if self.certainty != "draft":
            return f"{own}."
        what = _(self.to_confirm).rstrip(".")
        return _("DRAFT. {rules}; not confirmed: {what}.", rules=own, what=what)


@cache
def rule_sets() -> dict[str, RuleSet]:
    """Every rule set that ships, by id."""
    folder = files("hansa.measures") / "rulesets"
    texts = {e.name: e.read_bytes() for e in folder.iterdir() if e.name.endswith(".toml")}
    found = (_parsed(text, name) for name, text in texts.items())
    return {r.id: r for r in sorted(found, key=lambda r: r.id)}


def find_rules(name: str) -> RuleSet:
    """A shipped rule set by id, or one of the user's own by the path of its file."""
    if name in rule_sets():
        return rule_sets()[name]
    path = Path(name)
    if name.endswith(".toml") and path.is_file():
        own = _parsed(path.read_bytes(), name)
        if own.id in rule_sets():
            raise UsageError(
                "a rule set of your own carries the name of a shipped one",
                place=name,
                printed=own.id,
                admissible="an id of its own: changed rules are other rules",
                fix='change id = "…" in the file',
            )
        return own
    raise UsageError(
        f"unknown rule set {name!r}",
        admissible=listed(rule_sets(), 20),
        fix="`hansa rules` lists them; rules of your own: the path of a .toml file",
    )


def _parsed(text: bytes, place: str) -> RuleSet:
    try:
        data = tomllib.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as problem:
        raise UsageError(
            "a rule set cannot be read",
            place=place,
            printed=str(problem)[:160],
            admissible="TOML in UTF-8",
        ) from problem
    fix = "correct the key in the file; `hansa rules us-strong` shows a complete one"
    return keyed(RuleSet, _renamed(data), place, "the rule set", fix)


def _renamed(data: dict[str, Any]) -> dict[str, Any]:
    """In the file a condition stands under [[award.condition]]."""
    if not isinstance(data.get("award"), list):
        return data
    awards = []
    for award in data["award"]:
        own = dict(award) if isinstance(award, dict) else {"name": award}
        if "condition" in own:
            own["conditions"] = own.pop("condition")
        awards.append(own)
    return {**data, "award": awards}
