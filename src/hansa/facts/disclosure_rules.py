"""Which cells are confidential in themselves: few contributors, dominance, or marked so."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hansa.errors import UsageError
from hansa.facts.disclosure import SHARE
from hansa.facts.hidden.system import Mask
from hansa.law import Floats, Quantity, bit


@dataclass(frozen=True)
class Rules:
    """When a cell is confidential, and how much has to stay open.

    fewest      least number of contributors
    share       least width of what can be inferred of a confidential cell, as a share of its value
    dominance   share of the two largest contributors from which on a cell is confidential
    p_percent   the second largest may not estimate the largest within this share of it
    """

    fewest: int = 3
    share: float = SHARE
    dominance: float = 0.85
    p_percent: float = 0.1
    hide_establishments: bool = False
    tolerance: str | float = "auto"

    def __post_init__(self) -> None:
        for name in ("share", "dominance", "p_percent"):
            if not 0 < getattr(self, name) <= 1:
                given = getattr(self, name)
                plain: float = getattr(type(self), name)
                meant = given / 100 if 1 < given <= 100 else plain
                raise UsageError(
                    f"{name} is no share",
                    printed=f"{given:g}",
                    admissible=f"more than 0, at most 1: {meant:g} is {100 * meant:g} %",
                    fix=f"--{name.replace('_', '-')} {meant:g}",
                )
        if self.fewest < 1:
            raise UsageError(
                "the least number of contributors is at least 1",
                printed=str(self.fewest),
                admissible="1, 2, 3, …",
                fix="--fewest 3",
            )


@dataclass(frozen=True)
class Contributors:
    """What is known of those behind the cells (activities x regions); None where nothing is."""

    number: Floats | None = None
    largest: Floats | None = None
    two_largest: Floats | None = None
    keys: Mask | None = None


@dataclass(frozen=True)
class Primary:
    """Confidential cells, counted by the first rule that holds; `uncounted` cells have a value
    and no number of contributors."""

    cells: Mask
    counts: dict[str, int] = field(default_factory=dict)
    uncounted: int = 0


def primary(measures: list[Quantity], by: Contributors, rules: Rules) -> Primary:
    """Confidential cells of one year, the same for all measures.

    measures  employment, payroll, …: a cell marked `c` in one of them is confidential in all;
              the rules of concentration hold for the first
    """
    shape = measures[0].shape
    found = np.zeros(shape, bool)
    counts: dict[str, int] = {}

    def add(name: str, where: Mask) -> None:
        counts[name] = counts.get(name, 0) + int((where & ~found).sum())
        found[where] = True

    for q in measures:
        if q.flags is not None:
            add("marked c", (q.flags & bit("c")) != 0)
    if by.keys is not None:
        add("named as confidential", by.keys)
    something = np.any([q.value > 0 for q in measures], axis=0)
    nothing = np.all([~(q.value > 0) for q in measures], axis=0)
    if by.number is not None:
        few = (by.number < rules.fewest) & ~((by.number == 0) & nothing)
        add(f"fewer than {rules.fewest} contributors", few & _there(measures))
    first = measures[0].value
    if by.two_largest is not None:
        add("dominance of two", by.two_largest > rules.dominance * first)
        if by.largest is not None:
            within = first - by.two_largest < rules.p_percent * by.largest
            add("p percent", within & (by.largest > 0))
    uncounted = 0
    if by.number is not None:
        uncounted = int((something & np.isnan(by.number) & ~found).sum())
    return Primary(found, {k: v for k, v in counts.items() if v}, uncounted)


def _there(measures: list[Quantity]) -> Mask:
    return np.asarray(np.any([~np.isnan(q.value) for q in measures], axis=0))
