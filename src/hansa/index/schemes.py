"""Weighting schemes by name, as the step `weigh` calls them for one family."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hansa.errors import Finding, HansaError, listed
from hansa.index import weights_data as by_data
from hansa.index import weights_people as by_people
from hansa.index.tree import Floats, IndexTree, Ints
from hansa.index.weights_correlation import correlation_optimised
from hansa.index.weights_reading import judgements_of, points_of


@dataclass(frozen=True)
class Family:
    """One parent and its children, with their values on the common scale.

    x     (rows, children); scores of aggregates are weighted arithmetic means of what is below
    rows  labels of the rows
    """

    tree: IndexTree
    parent: int
    children: Ints
    x: Floats
    rows: tuple[str, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the children."""
        return tuple(self.tree.codes[c] for c in self.children)


@dataclass(frozen=True)
class FamilyWeights:
    """Weights of one family (children,), and what has to be said about them.

    by_expert  name of an expert -> weights (children,), where people gave them
    """

    weights: Floats
    said: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    by_expert: Mapping[str, Floats] | None = None


def _given(family: Family) -> FamilyWeights:
    return FamilyWeights(family.tree.weight[family.children])


def _equal(family: Family) -> FamilyWeights:
    return FamilyWeights(np.ones(family.children.size))


def _of_data(family: Family, found: by_data.DataWeights) -> FamilyWeights:
    code = family.tree.codes[family.parent]
    told = [f"{code}: {f.rule} ({f.place}; {f.printed})" for f in found.findings]
    kinds: Sequence[Finding] = found.findings
    warned = tuple(t for t, f in zip(told, kinds, strict=True) if f.severity == "warning")
    said = (f"{code}: weights from {found.rows} rows", *(t for t in told if t not in warned))
    return FamilyWeights(found.weights, said, warned)


def _pca(family: Family, negative: str = "error") -> FamilyWeights:
    return _of_data(family, by_data.pca_first(family.x, family.codes, negative))


def _rotated(family: Family, kaiser: bool = True) -> FamilyWeights:
    return _of_data(family, by_data.pca_rotated(family.x, family.codes, kaiser))


def _correlation(
    family: Family, target: Sequence[float] | None = None, aim: str = "target"
) -> FamilyWeights:
    return _of_data(family, correlation_optimised(family.x, family.codes, target, aim))


def _entropy(family: Family, zeros: str = "refuse") -> FamilyWeights:
    return _of_data(family, by_data.entropy(family.x, family.codes, family.rows, zeros))


def _critic(family: Family) -> FamilyWeights:
    return _of_data(family, by_data.critic(family.x, family.codes))


def _budget(family: Family, points: Sequence[Mapping[str, str]] = ()) -> FamilyWeights:
    return _points(family, points, by_people.budget_allocation)


def _swing(family: Family, points: Sequence[Mapping[str, str]] = ()) -> FamilyWeights:
    return _points(family, points, by_people.swing)


def _points(
    family: Family, rows: Sequence[Mapping[str, str]], scheme: Callable[..., Any]
) -> FamilyWeights:
    own = points_of(rows).get(family.tree.codes[family.parent])
    if own is None:
        return _unasked(family)
    place = _places(family, own.codes, own.experts)
    found = scheme(own.points[:, place], own.experts, family.codes)
    agreed = by_people.agreement(found.by_expert)
    said = f"{own.parent}: {len(own.experts)} experts, Kendall's W {agreed.kendall_w:.2f}"
    return FamilyWeights(
        found.weights, (said,), (), dict(zip(own.experts, found.by_expert, strict=True))
    )


def _ahp(family: Family, judgements: Sequence[Mapping[str, str]] = ()) -> FamilyWeights:
    own = judgements_of(judgements).get(family.tree.codes[family.parent])
    if own is None:
        return _unasked(family)
    place = np.array(_places(family, own.codes, own.experts))
    matrices = own.matrices[:, place[:, None], place]
    found = by_people.group_ahp(matrices, own.experts, family.codes)
    said = f"{own.parent}: consistency ratio of the group {found.group.cr:.3f}"
    warned = [
        f"{own.parent}: judgements of {name} are not consistent (ratio above {by_people.ACCEPTED})"
        for name in found.flagged
    ]
    return FamilyWeights(
        found.group.weights, (said,), tuple(warned),
        dict(zip(own.experts, found.by_expert, strict=True)),
    )  # fmt: skip


def _places(family: Family, codes: Sequence[str], experts: Sequence[str]) -> list[int]:
    """Where each child stands among the codes that experts judged."""
    if sorted(codes) != sorted(family.codes):
        raise HansaError(
            "the experts did not judge exactly the children of this aggregate",
            place=f"aggregate {family.tree.codes[family.parent]}, experts {listed(experts)}",
            printed=listed(codes, 20),
            admissible=listed(family.codes, 20),
            fix="judge each child once, or take the aggregate out of the file",
        )
    return [list(codes).index(code) for code in family.codes]


def _unasked(family: Family) -> FamilyWeights:
    """Weights as given where no expert was asked."""
    code = family.tree.codes[family.parent]
    alone = family.children.size == 1
    return FamilyWeights(
        family.tree.weight[family.children],
        () if alone else (f"{code}: no expert was asked; weights as given",),
    )


Scheme = Callable[..., FamilyWeights]
SCHEMES: dict[str, Scheme] = {
    "given": _given,
    "equal": _equal,
    "pca": _pca,
    "pca-rotated": _rotated,
    "correlation": _correlation,
    "entropy": _entropy,
    "critic": _critic,
    "budget": _budget,
    "swing": _swing,
    "ahp": _ahp,
}


@dataclass(frozen=True)
class SchemeOptions:
    """Options that schemes take: see their functions in `weights_data` and `weights_people`.

    points, judgements  answers of experts: rows, or in recipe.toml the name of a file
    """

    negative: str = "error"
    kaiser: bool = True
    target: Sequence[float] | None = None
    aim: str = "target"
    zeros: str = "refuse"
    points: Sequence[Mapping[str, str]] = ()
    judgements: Sequence[Mapping[str, str]] = ()


def options_of(scheme: str) -> tuple[str, ...]:
    """Names of the options that a scheme takes."""
    return tuple(inspect.signature(SCHEMES[scheme]).parameters)[1:]


def family_weights(scheme: str, family: Family, options: Mapping[str, Any]) -> FamilyWeights:
    """Weights of the children of one parent; options of other schemes are passed over."""
    own = {k: v for k, v in options.items() if k in options_of(scheme)}
    return SCHEMES[scheme](family, **own)
