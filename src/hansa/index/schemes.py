"""Weighting schemes by name, as the step `weigh` calls them for one family."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hansa.errors import UsageError, listed
from hansa.index.tree import Floats, Ints

if TYPE_CHECKING:
    from hansa.index.chain import Stage


@dataclass(frozen=True)
class FamilyWeights:
    """Weights of one family (children,), and what has to be said about them."""

    weights: Floats
    said: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


Scheme = Callable[..., FamilyWeights]


def family_weights(
    stage: Stage, scheme: str, p: int, children: Ints, options: Mapping[str, Any]
) -> FamilyWeights:
    """Weights of the children of one parent by a scheme. Raises UsageError for its options."""
    return SCHEMES[scheme](stage, p, children, **options)


def _given(stage: Stage, p: int, children: Ints) -> FamilyWeights:
    return FamilyWeights(stage.tree.weight[children])


def _equal(stage: Stage, p: int, children: Ints) -> FamilyWeights:
    return FamilyWeights(np.ones(children.size))


SCHEMES: dict[str, Scheme] = {"given": _given, "equal": _equal}

OPTIONS_OF_SCHEMES: tuple[str, ...] = ()
"""Names of the options that any scheme takes."""
