"""A cube in other codes: the same facts, converted a year at a time when they are asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hansa.codes.codelist import normal_id
from hansa.cube import Cube, Ints, Rows
from hansa.errors import HansaError
from hansa.facts.convert import Moves, extensive, intensive, rates
from hansa.facts.convert_choice import Choice, dimension_of
from hansa.facts.convert_links import Plan, plan_of
from hansa.facts.convert_report import Account, account_of
from hansa.facts.convert_words import notes_of, steps_of
from hansa.law import Quantity
from hansa.sources.spec import FactsSpec


@dataclass(frozen=True)
class Converted:
    """A converted cube with its plan and the account of what moved how."""

    cube: Cube
    plan: Plan
    account: Account


def converted(
    cube: Cube, choice: Choice, kind: str = "extensive", by: Cube | None = None
) -> Converted:
    """The cube in the codes of another version; its header names the version and the steps.

    kind  `extensive`, or `intensive` for rates: of the values of `by` where it is given, else
          of what the links say that codes have in common
    Raises HansaError naming every code that cannot be converted.
    """
    axis = cube.geo if dimension_of(choice.to) == "geo" else cube.activity
    plan = plan_of(axis, choice, rates=kind == "intensive" and by is None)
    account = account_of(cube, plan, kind)
    geo = plan.axis if plan.dimension == "geo" else cube.geo
    activity = plan.axis if plan.dimension == "activity" else cube.activity
    header = replace(
        cube.header,
        geography=geo.codelist.id,
        classification=activity.codelist.id,
        notes=(*cube.header.notes, *notes_of(plan, account)),
        steps=(*cube.header.steps, *steps_of(plan, choice, account, kind, by)),
    )
    levels = (
        _level(cube.levels[0], plan, "geo"),
        _level(cube.levels[1], plan, "activity"),
    )
    new = replace(
        cube,
        geo=geo,
        activity=activity,
        header=header,
        load=lambda time: _rows(cube, plan, time, kind, by),
        size=0,
        levels=levels,
    )
    return Converted(new, plan, account)


def choice_of(spec: FactsSpec) -> Choice:
    """The conversion that a description asks for."""
    return Choice(
        spec.convert,
        spec.convert_from,
        spec.links,
        dict(spec.link_columns),
        spec.weight,
        spec.bounds,
        spec.leave_out,
    )


def as_described(cube: Cube, spec: FactsSpec) -> Cube:
    """The cube in the codes its description asks for; itself where it asks for none."""
    return converted(cube, choice_of(spec)).cube if spec.convert else cube


def classification_of(spec: FactsSpec) -> str:
    """The classification of the facts after the conversion that a description asks for."""
    of_activities = spec.convert and dimension_of(spec.convert) == "activity"
    return normal_id(spec.convert) if of_activities else spec.classification


def _level(level: str, plan: Plan, dimension: str) -> str:
    """The declared level of the parts, where the codes of the result have it too."""
    own = plan.dimension != dimension or level in plan.axis.codelist.levels
    return level if own else ""


def _rows(cube: Cube, plan: Plan, time: int, kind: str, by: Cube | None) -> Rows:
    rows = cube.load(time)
    cells = cube.laid_out(time, rows)
    there = np.zeros(cells.shape, bool)
    there[rows.activity, rows.geo] = True
    across = plan.dimension == "geo"
    if across:
        cells, there = cells.map(_turned), there.T
    if kind == "extensive":
        result = extensive(cells, plan.moves)
    elif by is None:
        result = intensive(cells, plan.moves)
    else:
        beside = _beside(cube, by, time)
        result = rates(cells, beside.map(_turned) if across else beside, plan.moves)
    moved = _reached(there, plan.moves)
    if across:
        result, moved = result.map(_turned), moved.T
    geo, activity = np.nonzero(moved.T)
    return Rows(_narrow(geo), _narrow(activity), result[activity, geo])


def _turned(part: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(part.T)


def _narrow(positions: Ints) -> Ints:
    return positions.astype(np.int32)


def _reached(there: np.ndarray, moves: Moves) -> np.ndarray:
    """Cells of the result that have a row: those that a row of the source moves to."""
    found = np.zeros((moves.targets, there.shape[1]), bool)
    for target, source in zip(moves.target, moves.source, strict=True):
        found[target] |= there[source]
    return found


def _beside(cube: Cube, by: Cube, time: int) -> Quantity:
    """What the rates are of, on the same axes; refused where it is in other codes."""
    if by.geo.codes == cube.geo.codes and by.activity.codes == cube.activity.codes:
        if time in by.years:
            return by.laid_out(time, by.load(time))
        raise HansaError(
            "what the rates are of is not there for every year",
            printed=f"{by.header.measure}: no row of {time}",
            fix="add the year, or leave it out of the rates (--where)",
        )
    return cube.on_these_axes(by, time)
