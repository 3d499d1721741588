"""What a table nobody has described seems to be: columns, versions, marks, and why.

Pure and deterministic: the same cells give the same guess. Every guess can be overruled, and each
carries its reason. Mistakes are not looked for here: `hansa.facts.check` tells them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hansa.language import N_
from hansa.sources.guess.codes import (
    activity_version,
    distinct_codes,
    level_of,
    region_version,
    totals_among,
)
from hansa.sources.guess.marks import gaps, multiple_in, written
from hansa.sources.guess.reason import Reason
from hansa.sources.guess.roles import UNITS, WIDE, plain, roles_of, rows_on_jobs, years_among
from hansa.sources.guess.sample import HOW, Sample, read_sample
from hansa.sources.guess.told import BY_ITSELF, COLUMNS, beyond_choices, choices_of, still_said
from hansa.sources.spec import FactsSpec

__all__ = [
    "BY_ITSELF",
    "HOW",
    "NEEDED",
    "Guess",
    "Sample",
    "beyond_choices",
    "description",
    "guess",
    "read_sample",
]

NEEDED = ("geo", "activity", "time", "employment")
"""What cannot be left open."""


@dataclass(frozen=True)
class Guess:
    """What a table is taken for.

    chosen   choice -> its value as a text: the names of `COLUMNS`, and encoding, delimiter,
             sheet, header, decimal, thousands, missing, total, classification, geography,
             level_activity, level_geo, absent_rows, unknown_codes, where_column, where_value,
             times (what numbers of jobs are multiplied by)
    reasons  choice -> why; what was given has none
    open     what is needed and could not be told
    """

    chosen: Mapping[str, str]
    reasons: Mapping[str, Reason]

    @property
    def open(self) -> tuple[str, ...]:
        """What of `NEEDED` is not known."""
        return tuple(name for name in NEEDED if not self.chosen.get(name))


def guess(sample: Sample, given: Mapping[str, str] | None = None, file_name: str = "") -> Guess:
    """What the table seems to be, under the choices that are given already.

    What the table says of itself is no guess. A given column that the table does not have is
    guessed again: the file was replaced.
    """
    own = {k: v for k, v in (given or {}).items() if _possible(k, v, sample)}
    said = {k: v for k, v in choices_of(sample.told).items() if k not in own}
    own = {**said, **own}
    made: dict[str, str] = {"absent_rows": "unknown", "unknown_codes": "refuse", **sample.how}
    reasons: dict[str, Reason] = dict(sample.reasons)
    columns = {k: v for k, v in sample.columns.items() if not k.startswith("=")}
    roles, why = roles_of(columns, {k: v for k, v in own.items() if k in COLUMNS}, file_name)
    made |= roles
    reasons |= why
    made["where_column"], made["where_value"] = rows_on_jobs(columns, roles.values())
    if made["where_column"]:
        reasons["where_column"] = Reason(N_("Rows speak of several measures; these of jobs."))
    now = {**made, **own}
    for part in (_marks(sample, now), _multiple(columns, now), _codes(columns, now, own)):
        made |= part.chosen
        reasons |= part.reasons
    made |= own
    why = {k: v for k, v in reasons.items() if k not in own}
    why |= dict.fromkeys(said, BY_ITSELF)
    return Guess(made, {k: v for k, v in why.items() if made.get(k)})


def _possible(key: str, value: str, sample: Sample) -> bool:
    if key not in (*COLUMNS, "where_column") or not value or value.startswith("="):
        return True
    return value in sample.columns


def _marks(sample: Sample, made: Mapping[str, str]) -> Guess:
    names = [made.get(name, "") for name in COLUMNS[3:] if name != "employment_status"]
    if made.get("time") == WIDE:
        names += years_among(sample.columns)
    names = [name for name in dict.fromkeys(names) if name not in sample.typed]
    cells = [cell for name in names for cell in sample.columns.get(name, ())]
    decimal, thousands, reasons = written(cells)
    marks = gaps(cells)
    # Where no number has a point, nothing is said of it: a later table may have thousands so.
    said_of = decimal if decimal != "." or any("." in c for c in cells if c.strip(".")) else ""
    chosen = {"decimal": said_of, "thousands": thousands, "missing": " ".join(marks)}
    if marks:
        said = N_("Taken as a gap, not as zero, in {n} cells.")
        reasons["missing"] = Reason(said, {"n": sum(marks.values())})
    return Guess(chosen, reasons)


def _multiple(columns: Mapping[str, tuple[str, ...]], made: Mapping[str, str]) -> Guess:
    """Whether jobs are printed in thousands or millions, by a name or a column of units."""
    if own := multiple_in(made.get("employment", "").removeprefix(WIDE)):
        said = N_("The name of the column says so.")
        return Guess({"times": own}, {"times": Reason(said)})
    if any(made.get(name) for name in ("payroll", "establishments", "value_added")):
        # A unit of the whole table would be one of these too.
        return Guess({}, {})
    picks = columns.get(made.get("where_column", ""))
    for name, cells in columns.items():
        if plain(name) not in UNITS:
            continue
        met = {c for i, c in enumerate(cells) if not picks or picks[i] == made["where_value"]}
        if len(met) == 1 and (own := multiple_in(*met)):
            said = N_("The column {name} says {unit} in every row.")
            return Guess({"times": own}, {"times": Reason(said, {"name": name, "unit": met.pop()})})
    return Guess({}, {})


def _codes(
    columns: Mapping[str, tuple[str, ...]], made: Mapping[str, str], own: Mapping[str, str]
) -> Guess:
    regions = columns.get(made.get("geo", ""), ())
    activities = columns.get(made.get("activity", ""), ())
    years = [int(y) for y in _years(columns, made.get("time", ""))]
    chosen: dict[str, str] = {}
    reasons: dict[str, Reason] = {}
    if called := list(dict.fromkeys([*totals_among(regions), *totals_among(activities)])):
        chosen["total"] = "; ".join(called)
        reasons["total"] = Reason(N_("A word for the total of all others."))
    geo, activity = distinct_codes(regions), distinct_codes(activities)
    if geo:
        told = region_version(geo, max(years, default=0))
        chosen["geography"] = own.get("geography", told.id)
        chosen["level_geo"], level = level_of(geo, chosen["geography"])
        reasons |= {"geography": told.reason} | ({"level_geo": level} if level else {})
    if activity:
        told = activity_version(activity, plain(made["activity"]))
        chosen["classification"] = own.get("classification", told.id)
        chosen["level_activity"], level = level_of(activity, chosen["classification"])
        reasons |= {"classification": told.reason} | ({"level_activity": level} if level else {})
    return Guess(chosen, reasons)


def _years(columns: Mapping[str, tuple[str, ...]], time: str) -> list[str]:
    """The years of a table as far as they are years at all."""
    if time == WIDE:
        return years_among(columns)
    if time.startswith("="):
        return years_among([time[1:]])
    return years_among(dict.fromkeys(cell.strip() for cell in columns.get(time, ())))


def description(chosen: Mapping[str, str], told: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The choices as keys of a description (`FactsSpec`), defaults left out.

    told  what the table says of itself (`Sample.told`); a choice that differs overrules it

    Raises nothing: what contradicts itself is told where the description is read.
    """
    made, said = _described(chosen), still_said(told or {}, chosen)
    if said != (told or {}):
        # What is overruled would come back from the table.
        made["alone"] = True
    for key in ("columns", "level", "times"):
        if key in said and key in made:
            said[key] = {**made[key], **said[key]}
    return {**made, **said}


def _described(chosen: Mapping[str, str]) -> dict[str, Any]:
    columns = {k: v for k in COLUMNS if (v := chosen.get(k, "")) and v not in (k, WIDE)}
    wide = chosen.get("time") == WIDE
    if wide:
        # Its numbers stand under the years.
        columns.pop("employment", None)
        columns.pop("employment_status", None)
    made: dict[str, Any] = {
        "columns": columns,
        "classification": _declared(chosen, "classification"),
        "geography": _declared(chosen, "geography"),
        "level": {
            k: v
            for k in ("activity", "geo")
            if (v := chosen.get(f"level_{k}", "")) not in ("", "-")
        },
        "absent_rows": chosen.get("absent_rows", "unknown"),
    }
    if wide:
        made |= {"wide": "years", "measure": "employment"}
    if chosen.get("unknown_codes") == "set_aside":
        made["unknown_codes"] = "set_aside"
    for key in ("encoding", "delimiter", "sheet", "decimal", "thousands"):
        value = chosen.get(key, "")
        if value and (key == "decimal" or value != FactsSpec.model_fields[key].default):
            made[key] = value
    if header := chosen.get("header", ""):
        made["header"] = int(header)
    if times := chosen.get("times", ""):
        made["times"] = {"employment": float(times) if "." in times else int(times)}
    if called := [w.strip() for w in chosen.get("total", "").split(";") if w.strip()]:
        made["total"] = ["TOTAL", *called]
    if marks := chosen.get("missing", "").split():
        made["missing"] = [*FactsSpec().missing, *marks]
    if chosen.get("where_column") and chosen.get("where_value"):
        made["where"] = {chosen["where_column"]: chosen["where_value"]}
    return {k: v for k, v in made.items() if v not in ({}, "", ())}


def _declared(chosen: Mapping[str, str], key: str) -> str:
    value = chosen.get(key, "")
    return "" if value == "local" else value
