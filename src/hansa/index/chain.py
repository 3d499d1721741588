"""Running a recipe: each step takes a stage and gives the next one, and says what it did.

The steps themselves are pure functions on arrays; here they are fed from the tree and the data,
in the order that the recipe gives. A step that is named but cannot be done is an error.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from hansa.errors import HansaError, UsageError, listed
from hansa.index.data import IndexData
from hansa.index.normalise import Scale
from hansa.index.recipe import PLAIN, Recipe, Step
from hansa.index.treat import Treatment
from hansa.index.tree import Floats, IndexTree, Ints


@dataclass(frozen=True)
class Entry:
    """What one step did.

    changed  cells it changed or filled, rows it left out, or parents it made of some children
    said     sentences for people
    table    one row an object, where a step has more to say of each
    warnings sentences that somebody has to act on
    """

    step: str
    options: Mapping[str, Any]
    changed: int = 0
    said: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    table: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Scope:
    """Rows that share one scale, and the rows it was fitted on."""

    rows: Ints
    source: Ints
    scales: tuple[Scale, ...]


@dataclass(frozen=True)
class Stage:
    """An index between two steps.

    data        values as they are now
    raw         values before normalisation (treated), None until then
    treatments  rows and the treatment of each indicator in them
    scopes      rows and the scale of each indicator in them
    share       (nodes,) weights within families, adding up to 1
    scores      (rows, nodes) once aggregated; indicators first
    experts     (experts, nodes) weights that people gave, NaN where they gave none
    rules       position of each parent -> its aggregation rule
    mixed       treated year by year: one scale over all years would mix scales
    """

    tree: IndexTree
    data: IndexData
    log: tuple[Entry, ...] = ()
    raw: IndexData | None = None
    treatments: tuple[tuple[Ints, tuple[Treatment, ...]], ...] = ()
    scopes: tuple[Scope, ...] = ()
    share: Floats | None = None
    scores: Floats | None = None
    rules: Mapping[int, Any] = field(default_factory=dict)
    mixed: bool = False
    experts: Floats | None = None

    def done(self, step: str) -> bool:
        """Whether a step was already taken."""
        return any(entry.step == step for entry in self.log)


Taker = Callable[..., tuple[Stage, Entry]]
STEPS: dict[str, Taker] = {}
OPTIONS: dict[str, Mapping[str, str]] = {}
"""Options of each step, and what they hold, as annotations say it."""


def step(*more: type) -> Callable[[Taker], Taker]:
    """Make a function a step of recipes, under its own name.

    more  dataclasses whose fields are options of the step beside its own keywords
    """

    def keep(function: Taker) -> Taker:
        STEPS[function.__name__] = function
        known = {
            name: str(p.annotation)
            for name, p in list(inspect.signature(function).parameters.items())[1:]
            if p.kind is not inspect.Parameter.VAR_KEYWORD
        }
        for kind in more:
            known |= {f.name: str(f.type) for f in fields(kind)}
        OPTIONS[function.__name__] = known
        return function

    return keep


def run(tree: IndexTree, data: IndexData, recipe: Recipe = PLAIN) -> Stage:
    """All steps of a recipe, in its order.

    Raises HansaError or UsageError naming the step and, where one is at fault, the cell.
    """
    import hansa.index.steps  # noqa: F401  (fills STEPS)

    checked(recipe)
    stage = Stage(tree, data)
    for number, one in enumerate(recipe, 1):
        stage = taken(stage, one, number)
    return stage


def checked(recipe: Recipe) -> None:
    """Refuse a recipe with a step or an option that is not there, before anything is done."""
    import hansa.index.steps  # noqa: F401

    for number, one in enumerate(recipe, 1):
        place = f"recipe, step {number} ({one.do})"
        if one.do not in STEPS:
            raise UsageError(
                f"there is no step {one.do!r}",
                place=place,
                admissible=listed(STEPS, 12),
                fix="correct the name of the step; nothing was computed",
            )
        known = OPTIONS[one.do]
        if unknown := sorted(set(one.options) - set(known)):
            raise UsageError(
                f"the step {one.do} has no option {listed(unknown)}",
                place=place,
                admissible=listed(known, 20),
                fix="correct the name of the option; nothing was computed",
            )
        for name, value in one.options.items():
            refuse_kind(f"{place}, {name}", value, known[name])


_KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "float": ((int, float), "a number"),
    "int": ((int,), "a whole number"),
    "str": ((str,), "a text"),
    "bool": ((bool,), "true or false"),
    "None": ((type(None),), "nothing"),
    "Sequence": ((list, tuple), "a list"),
    "tuple": ((list, tuple), "a list"),
    "Mapping": ((Mapping,), "a table"),
}


def refuse_kind(place: str, value: Any, annotation: str) -> None:
    """Refuse a value that is not of a kind that an option holds."""
    kinds = [part.partition("[")[0].strip() for part in re.split(r"\|(?![^\[]*\])", annotation)]
    if "Any" in kinds:
        return
    for kind in kinds:
        types, _ = _KINDS[kind]
        if isinstance(value, types) and (kind == "bool" or not isinstance(value, bool)):
            return
    raise UsageError(
        "an option has the wrong kind of value",
        place=place,
        printed=repr(value),
        admissible=" or ".join(_KINDS[kind][1] for kind in kinds if kind != "None"),
        fix="correct it in the recipe; nothing was computed",
    )


def taken(stage: Stage, one: Step, number: int = 0) -> Stage:
    """One step; its errors name its place in the recipe."""
    import hansa.index.steps  # noqa: F401  (fills STEPS)

    try:
        after, entry = STEPS[one.do](stage, **one.options)
    except HansaError as error:
        f = error.finding
        place = f"recipe, step {number} ({one.do})" if number else f"step {one.do}"
        where = f"{place}: {f.place}" if f.place else place
        kind = type(error)
        raise kind(
            f.rule, place=where, printed=f.printed, admissible=f.admissible, fix=f.fix
        ) from error
    return replace(after, log=(*stage.log, replace(entry, step=one.do, options=one.options)))


def refuse_after(stage: Stage, own: str, *steps: str) -> None:
    """Refuse a step that comes after one of some others."""
    for other in steps:
        if stage.done(other):
            raise HansaError(
                f"{own} cannot come after {other}",
                printed=" > ".join([*(entry.step for entry in stage.log), own]),
                admissible=f"{own} before {other}",
                fix="change the order of the steps in recipe.toml",
            )


def refuse_before(stage: Stage, own: str, needed: str) -> None:
    """Refuse a step that needs another one first."""
    if not stage.done(needed):
        raise HansaError(
            f"{own} needs the step {needed} first",
            printed=" > ".join([*(entry.step for entry in stage.log), own]),
            admissible=f"{needed} before {own}",
            fix=f"add the step {needed}, or move it forward",
        )


def ranks_of(stage: Stage) -> Floats:
    """Ranks of all nodes within each year (rows, nodes)."""
    from hansa.index.ranks import ranks_within

    assert stage.scores is not None
    return ranks_within(stage.scores, np.unique(stage.data.time, return_inverse=True)[1])
