"""The recipe of an index: an explicit list of steps with their options.

`recipe.toml` is an array of tables: `[[step]]`, each with `do` and the options of that step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hansa.errors import HansaError, UsageError, listed


@dataclass(frozen=True)
class Step:
    """One step by name, and its options by name."""

    do: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def with_options(self, **changes: Any) -> Step:
        """The same step with some options changed."""
        return Step(self.do, {**self.options, **changes})

    def as_dict(self) -> dict[str, Any]:
        """As in recipe.toml."""
        return {"do": self.do, **self.options}


Recipe = tuple[Step, ...]

PLAIN: Recipe = (
    Step("normalise", {"rule": "min-max", "range": [0, 100]}),
    Step("weigh", {"scheme": "given"}),
    Step("aggregate", {"rule": "arithmetic"}),
)
"""What is done without a file: min-max from 0 to 100, weights as given, arithmetic mean."""


def recipe_of(steps: Sequence[Mapping[str, Any] | Step], place: str = "recipe") -> Recipe:
    """A recipe of plain tables. Raises HansaError naming the step that says nothing."""
    out = []
    for number, step in enumerate(steps, 1):
        if isinstance(step, Step):
            out.append(step)
            continue
        if not isinstance(step, Mapping) or not isinstance(step.get("do"), str):
            raise HansaError(
                "a step does not say what to do",
                place=f"{place}, step {number}",
                printed=str(step),
                admissible='do = "normalise", and the options of that step',
                fix="add the key do",
            )
        out.append(Step(step["do"], {k: v for k, v in step.items() if k != "do"}))
    return tuple(out)


def changed(recipe: Recipe, path: str, value: Any) -> Recipe:
    """The recipe with one option of one step changed; `path` is `step.option`.

    Raises UsageError where the recipe has no such step: a choice that is not there cannot vary.
    """
    do, _, option = path.partition(".")
    if not option or all(step.do != do for step in recipe):
        raise UsageError(
            f"the recipe has no step for {path!r}",
            admissible=listed(f"{step.do}.OPTION" for step in recipe),
            fix="name a step of the recipe and one of its options, such as normalise.rule",
        )
    return tuple(step.with_options(**{option: value}) if step.do == do else step for step in recipe)
