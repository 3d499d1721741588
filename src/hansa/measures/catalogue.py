"""The catalogue: a measure is one decorated function, found by listing the plugin modules."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Literal

from hansa.errors import UsageError, listed
from hansa.law import Marked, Quantity
from hansa.panel import Kind

FACTS_UNIT = "unit of the facts"


@dataclass(frozen=True)
class Measure:
    """What a measure is, and the function of slices that computes it.

    needs   columns of the facts; empty: any one extensive column (option `of`); with several the
            function gets a slice of each, in this order
    base    what a region's total means: total, traded, local; empty where none is used
    part_of_base  True for a share of the base: it has no value for a unit outside the base
    years   1: a function of one slice; 2: of the slices before, then of the slices after
    formula in plain text, with the names of `slices`
    uses    other measures it is made of: its function gets a whole `Scene` and asks it for them
    rules   the rule set it follows where none is chosen: it is made of what the rules compare
    options names of the choices (`hansa.measures.scene.Choices`) that change it
    """

    id: str
    label: str
    unit: str
    kind: Kind
    formula: str
    source: str
    function: Callable[..., Quantity | Marked]
    needs: tuple[str, ...] = ()
    base: Literal["", "total", "traded", "local"] = ""
    years: Literal[1, 2] = 1
    part_of_base: bool = False
    uses: tuple[str, ...] = ()
    rules: str = ""
    options: tuple[str, ...] = ()
    definition: str = ""

    @property
    def composed(self) -> bool:
        """True where the function gets a `Scene` instead of slices."""
        return bool(self.uses or self.rules)

    def __call__(self, *slices: object) -> Quantity:
        """Compute a measure that is a number; shapes as in `slices`."""
        found = self.function(*slices)
        return found.quantity if isinstance(found, Marked) else found

    def as_dict(self) -> dict[str, object]:
        """The entry of `hansa measures --json`."""
        return {
            "id": self.id,
            "label": self.label,
            "definition": self.definition,
            "formula": self.formula,
            "unit": self.unit,
            "kind": self.kind,
            "base": self.base,
            "needs": list(self.needs) or ["employment, or another extensive column (of=…)"],
            "years": self.years,
            "options": list(self.options),
            "source": self.source,
        }


def measure(
    id: str,
    *,
    label: str,
    unit: str,
    kind: Kind,
    formula: str,
    source: str,
    **more: object,
) -> Callable[[Callable[..., Quantity | Marked]], Measure]:
    """Make a measure of a function; its docstring becomes the definition."""

    def made(function: Callable[..., Quantity | Marked]) -> Measure:
        text = " ".join((function.__doc__ or "").split())
        return Measure(id, label, unit, kind, formula, source, function, definition=text, **more)  # type: ignore[arg-type]

    return made


@cache
def measures() -> dict[str, Measure]:
    """Every measure of every plugin, by id, in the order of the modules."""
    found: dict[str, Measure] = {}
    for module in _modules():
        for value in vars(import_module(module)).values():
            if isinstance(value, Measure):
                found[value.id] = value
    return found


def find_measure(name: str) -> Measure:
    """A measure by id; an unknown name is refused with what there is."""
    known = measures()
    if name in known:
        return known[name]
    hint = "; no measure is called plain lq: its base is part of the name" if name == "lq" else ""
    raise UsageError(
        f"unknown measure {name!r}{hint}",
        admissible=listed(known, 40),
        fix="`hansa measures` lists them with their definitions",
    )


def _modules() -> list[str]:
    names: list[str] = []
    for point in sorted(entry_points(group="hansa.plugins"), key=lambda p: p.name != "builtin"):
        package = import_module(point.value)
        names.append(point.value)
        for inner in pkgutil.iter_modules(getattr(package, "__path__", [])):
            names.append(f"{point.value}.{inner.name}")
    return names
