"""What is left to choice in an index, and how each choice is drawn (methods: index, 4.1).

Every factor has one drawn value a replication: the number of an option, a number in a range, or
the number of a set (of weights, of noise). A replication depends only on the seed, its own
number and the name of the factor, so neither order nor workers matter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from hansa.errors import UsageError, listed
from hansa.index.chain import checked, refuse_kind
from hansa.index.recipe import Recipe, changed
from hansa.index.tree import Floats, IndexTree, Ints

KINDS = ("options", "range", "weights", "dirichlet", "experts", "drop", "imputation", "noise")
SETS = ("weights", "dirichlet", "experts", "noise")
"""Kinds whose drawn value is the number of a set of many random numbers."""


@dataclass(frozen=True)
class Factor:
    """One choice that varies. Exactly one of the fields named in `KINDS` is given.

    options        changes of the recipe, one of which is taken: {"normalise.rule": "z"}
    probabilities  of the options; equal by default
    range          path, low, high: an option of the recipe drawn uniformly
    weights        f: weights are multiplied by 1 + f (2 u - 1) and renormalised in the family
    dirichlet      concentration: weights of a family are drawn around their shares
    experts        draws again with replacement the experts whose weights the step weigh averaged
    drop           one indicator is left out, of these codes; "all" for any of them
    imputation     one of so many completed tables of the step impute
    noise          standard deviation of each indicator as a share of its own, or by code in raw
                   units; the scale is fitted again
    level          height of the children whose weights vary; all by default
    """

    id: str
    options: tuple[Mapping[str, Any], ...] = ()
    probabilities: tuple[float, ...] = ()
    range: tuple[Any, ...] = ()
    weights: float = 0.0
    dirichlet: float = 0.0
    experts: bool = False
    drop: tuple[str, ...] = ()
    imputation: int = 0
    noise: float | Mapping[str, float] = 0.0
    level: int = 0

    @property
    def kind(self) -> str:
        """Which of `KINDS` it is."""
        return next(k for k in KINDS if getattr(self, k))

    def size(self, tree: IndexTree) -> int:
        """Number of values that it takes; 0 for a range or a set."""
        if self.kind == "options":
            return len(self.options)
        if self.kind == "imputation":
            return self.imputation
        return len(self.dropped(tree)) if self.kind == "drop" else 0

    def dropped(self, tree: IndexTree) -> tuple[str, ...]:
        """Codes of which one is left out."""
        every = tuple(node.code for node in tree.indicators)
        return every if self.drop == ("all",) else self.drop

    def values(self, u: Floats, tree: IndexTree) -> Floats:
        """Drawn values of uniform numbers in [0, 1): floor(u K), or by cumulative probability."""
        if self.kind == "range":
            low, high = float(self.range[1]), float(self.range[2])
            return low + (high - low) * u
        if self.kind in SETS:
            return np.floor(u * NUMBERED)
        if self.probabilities:
            steps = np.cumsum(self.probabilities) / sum(self.probabilities)
            return np.searchsorted(steps, u, side="right").clip(max=len(steps) - 1).astype(float)
        return np.floor(u * self.size(tree))

    def weights_of_values(self, tree: IndexTree) -> Floats:
        """Probability of each value of a finite factor."""
        if self.probabilities:
            return np.array(self.probabilities) / sum(self.probabilities)
        return np.full(self.size(tree), 1.0 / self.size(tree))

    def paths(self) -> tuple[str, ...]:
        """Options of the recipe that it changes, as `step.option`."""
        return tuple(path for path, _ in _paths(self))

    def changes(self, value: float) -> Mapping[str, Any]:
        """Options of the recipe that a drawn value sets; empty where it sets none."""
        if self.kind == "options":
            return self.options[int(value)]
        if self.kind == "range":
            return {self.range[0]: float(value)}
        return {"impute.draw": int(value)} if self.kind == "imputation" else {}


NUMBERED = 4096
"""Numbered sets among which designs other than plain replication choose."""


def generator(seed: int, factor: str, block: int = 0, purpose: str = "") -> np.random.Generator:
    """The random numbers of one factor from a block of four on (Philox, Salmon et al. 2011)."""
    digest = hashlib.sha256(f"{seed}/{factor}/{purpose}".encode()).digest()
    return np.random.Generator(
        np.random.Philox(key=int.from_bytes(digest[:16], "big"), counter=block)
    )


def uniforms(seed: int, factor: str, numbers: Ints, k: int) -> Floats:
    """Sets of k uniform numbers (numbers, k): each depends on its own number only."""
    padded = -(-k // 4)
    first = int(numbers[0]) if numbers.size else 0
    if np.array_equal(numbers, np.arange(first, first + numbers.size)):
        found = generator(seed, factor, first * padded).random((numbers.size, 4 * padded))
        return found[:, :k]
    distinct, where = np.unique(numbers, return_inverse=True)
    rows = [generator(seed, factor, int(m) * padded).random(k) for m in distinct]
    return np.stack(rows)[where]


def factors_of(
    rows: Sequence[Mapping[str, Any] | Factor], tree: IndexTree, recipe: Recipe
) -> tuple[Factor, ...]:
    """Factors of plain tables, checked against the tree and the recipe before anything runs."""
    out = []
    for number, row in enumerate(rows, 1):
        one = (
            row
            if isinstance(row, Factor)
            else _factor(row, f"factor {dict(row).get('id', number)}")
        )
        _check(one, tree, recipe)
        out.append(one)
    if sum(f.kind == "noise" for f in out) > 1:
        raise UsageError("noise is one factor", fix="give noise by code in one factor")
    ids = [f.id for f in out]
    if repeated := sorted({i for i in ids if ids.count(i) > 1}):
        raise UsageError(f"two factors are named {listed(repeated)}", fix="give each its own id")
    return tuple(out)


def _factor(row: Mapping[str, Any], place: str) -> Factor:
    known = [f.name for f in fields(Factor)]
    if unknown := sorted(set(row) - set(known)):
        raise UsageError(
            f"a factor has no key {listed(unknown)}", place=place, admissible=listed(known, 12)
        )
    for f in fields(Factor):
        if f.name in row:
            single = isinstance(row[f.name], str) and f.name == "drop"
            refuse_kind(f"{place}, {f.name}", [row[f.name]] if single else row[f.name], str(f.type))
    if not all(isinstance(option, Mapping) for option in row.get("options", ())):
        raise UsageError(
            "an option is a table of settings", place=place, printed=str(row["options"]),
            admissible='[{ "normalise.rule" = "z" }]', fix="write each option as a table",
        )  # fmt: skip
    if "id" not in row or sum(bool(row.get(k)) for k in KINDS) != 1:
        raise UsageError(
            "a factor has an id and says one thing that varies",
            place=place,
            printed=str(dict(row)),
            admissible=f"id and one of {listed(KINDS)}",
        )
    tuples = ("options", "probabilities", "range", "drop")
    given: dict[str, Any] = {k: ((v,) if isinstance(v, str) else tuple(v)) if k in tuples else v
             for k, v in row.items()}  # fmt: skip
    return Factor(**given)


def _check(one: Factor, tree: IndexTree, recipe: Recipe) -> None:
    place = f"factor {one.id}"
    given = [k for k in KINDS if getattr(one, k)]
    if len(given) != 1:
        raise UsageError(
            "a factor says one thing that varies", place=place,
            printed=listed(given) or "nothing", admissible=f"one of {listed(KINDS)}",
            fix="make one factor of each",
        )  # fmt: skip
    for path, value in _paths(one):
        # A misspelled option would otherwise only fail, or change nothing, in every replication.
        checked(changed(recipe, path, value))
    if one.kind == "range" and not _ordered(one.range):
        raise UsageError(
            "a range has an option and two numbers", place=place, printed=str(list(one.range)),
            admissible='["aggregate.power", 0.5, 1.0]', fix="give the lower number first",
        )  # fmt: skip
    if one.probabilities and (
        len(one.probabilities) != len(one.options)
        or min(one.probabilities) < 0
        or not sum(one.probabilities) > 0
    ):
        raise UsageError(
            "each option needs one probability of 0 or more", place=place,
            printed=f"{list(one.probabilities)} for {len(one.options)} options",
            fix="give one number an option, not all of them 0",
        )  # fmt: skip
    _check_sizes(one, place)
    for code in one.dropped(tree) if one.kind == "drop" else ():
        if tree.at(code) >= tree.leaves:
            raise UsageError(f"{code} is no indicator", place=place, fix="name indicators in drop")
    for code in one.noise if isinstance(one.noise, Mapping) else ():
        tree.at(code)
    heights = sorted({int(tree.level[c].max()) for _, c in tree.families})
    if one.level and one.level not in heights:
        raise UsageError(
            f"the tree has no children of height {one.level}", place=place,
            admissible=listed(heights), fix="name a height of the tree, or leave level out",
        )  # fmt: skip


def _paths(one: Factor) -> list[tuple[str, Any]]:
    """Options of the recipe that a factor changes, each with a value."""
    found = [pair for option in one.options for pair in option.items()]
    if one.range:
        found.append((str(one.range[0]), one.range[-1]))
    return [*found, *([("impute.draw", 0)] if one.imputation else [])]


def _ordered(given: tuple[Any, ...]) -> bool:
    return (
        len(given) == 3
        and all(isinstance(v, int | float) for v in given[1:])
        and float(given[1]) < float(given[2])
    )


def _check_sizes(one: Factor, place: str) -> None:
    if not 0 <= one.weights < 1:
        raise UsageError(
            "weights vary by a share below 1", place=place, printed=f"{one.weights:g}",
            admissible="0.25 for a quarter up and down", fix="give a share from 0 to 1",
        )  # fmt: skip
    noise = list(one.noise.values()) if isinstance(one.noise, Mapping) else [one.noise]
    if one.dirichlet < 0 or one.imputation < 0 or min(noise, default=0) < 0:
        raise UsageError(
            "a factor has a negative size", place=place,
            printed=f"dirichlet {one.dirichlet:g}, imputation {one.imputation}, noise {noise}",
            admissible="numbers above 0", fix="correct it",
        )  # fmt: skip


def defaults(tree: IndexTree, recipe: Recipe) -> tuple[Factor, ...]:
    """What varies unless a study says otherwise: weights, normaliser, mean, filling, one left out.

    Experts are drawn again with replacement where the recipe takes their weights.

    Every scale is one of numbers above 0, so that the geometric mean can be taken on each.
    """
    heights = sorted({int(tree.level[c].max()) for _, c in tree.families if c.size > 1})
    found = [Factor(f"weights of level {h}", weights=0.25, level=h) for h in heights]
    found.append(
        Factor(
            "normaliser",
            options=(
                {"normalise.rule": "min-max", "normalise.range": [1, 100]},
                {"normalise.rule": "z", "normalise.mean": 100, "normalise.sd": 10},
                {"normalise.rule": "rank"},
            ),
        )
    )
    found.append(
        Factor("mean", options=({"aggregate.rule": "arithmetic"}, {"aggregate.rule": "geometric"}))
    )
    if any(s.do == "weigh" and {"points", "judgements"} & set(s.options) for s in recipe):
        found.append(Factor("experts", experts=True))
    if any(s.do == "impute" and s.options.get("draws", 0) for s in recipe):
        draws = next(int(s.options["draws"]) for s in recipe if s.do == "impute")
        found.append(Factor("filling", imputation=draws))
    if tree.leaves > 1:
        found.append(Factor("indicator left out", drop=("all",)))
    return tuple(found)


def apply_changes(recipe: Recipe, changes: Mapping[str, Any]) -> Recipe:
    """The recipe with several options changed."""
    for path, value in changes.items():
        recipe = changed(recipe, path, value)
    return recipe
