"""The tree of an index: what each indicator means and how indicators roll up.

Any depth; siblings may sit at different depths. Arrays speak of nodes by position: indicators
first, in the order of the metadata, then aggregates, children before their parents. The root is
last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from hansa.errors import UsageError, listed

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Node:
    """One indicator or aggregate.

    direction   +1: higher is better; -1: lower is better
    weight      among its siblings; only ratios matter
    level       height in the tree: 1 for an indicator, one more than its highest child otherwise
    more        columns of the metadata that Hansa carries along without using them
    """

    code: str
    indicator: bool
    parent: str = ""
    direction: int = 1
    weight: float = 1.0
    name: str = ""
    unit: str = ""
    level: int = 1
    target: float | None = None
    denominator: str = ""
    scale_factor: float = 1.0
    goalpost_low: float | None = None
    goalpost_high: float | None = None
    normaliser: str = ""
    treatment: str = ""
    role: str = ""
    driver: str = ""
    source: str = ""
    quality: str = ""
    first_year: int | None = None
    last_year: int | None = None
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The name, or the code where there is none."""
        return self.name or self.code


@dataclass(frozen=True)
class IndexTree:
    """Nodes in the order of arrays, and what else the metadata declares.

    denominators, groups   columns of the data that are no indicators
    """

    nodes: tuple[Node, ...]
    denominators: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Codes of all nodes."""
        return tuple(node.code for node in self.nodes)

    @cached_property
    def place(self) -> Mapping[str, int]:
        """Position of each code."""
        return {code: i for i, code in enumerate(self.codes)}

    @cached_property
    def leaves(self) -> int:
        """Number of indicators: they are the first nodes."""
        return sum(node.indicator for node in self.nodes)

    @cached_property
    def indicators(self) -> tuple[Node, ...]:
        """The indicators."""
        return self.nodes[: self.leaves]

    @property
    def root(self) -> int:
        """Position of the root."""
        return len(self.nodes) - 1

    @cached_property
    def parent(self) -> Ints:
        """Position of each node's parent; -1 for the root."""
        return np.array([self.place.get(node.parent, -1) for node in self.nodes], np.int64)

    @cached_property
    def direction(self) -> Floats:
        """Direction of each indicator (leaves,)."""
        return np.array([node.direction for node in self.indicators], float)

    @cached_property
    def weight(self) -> Floats:
        """Weight of each node among its siblings, as given (nodes,)."""
        return np.array([node.weight for node in self.nodes], float)

    @cached_property
    def level(self) -> Ints:
        """Height of each node (nodes,)."""
        return np.array([node.level for node in self.nodes], np.int64)

    @cached_property
    def families(self) -> tuple[tuple[int, Ints], ...]:
        """Each aggregate with its children, children's families first."""
        kids: dict[int, list[int]] = {i: [] for i in range(self.leaves, len(self.nodes))}
        for i, p in enumerate(self.parent):
            if p >= 0:
                kids[int(p)].append(i)
        return tuple((p, np.array(c, np.int64)) for p, c in kids.items())

    @cached_property
    def family_level(self) -> Ints:
        """Height of the highest sibling of each node (nodes,); 0 for the root."""
        out = np.zeros(len(self.nodes), np.int64)
        for _, children in self.families:
            out[children] = self.level[children].max()
        return out

    @cached_property
    def layout(self) -> tuple[Ints, tuple[tuple[int, slice], ...]]:
        """An order of nodes in which siblings stand together, and each family in that order.

        Families are (place of the parent, slice of the children), children's families first; the
        root stands last.
        """
        order = np.concatenate([*(c for _, c in self.families), [self.root]])
        place = np.empty(order.size, np.int64)
        place[order] = np.arange(order.size)
        found = []
        for p, children in self.families:
            first = int(place[children[0]])
            found.append((int(place[p]), slice(first, first + children.size)))
        return order.astype(np.int64), tuple(found)

    @cached_property
    def under(self) -> npt.NDArray[np.bool_]:
        """Which indicators lie under which node (nodes x leaves); an indicator under itself."""
        below = np.zeros((len(self.nodes), self.leaves), bool)
        below[: self.leaves] = np.eye(self.leaves, dtype=bool)
        for p, children in self.families:
            below[p] = below[children].any(axis=0)
        return below

    def at(self, code: str) -> int:
        """Position of a code. Raises UsageError with the codes there are."""
        if code not in self.place:
            raise UsageError(
                f"the index has no node {code!r}",
                admissible=listed(self.codes, 20),
                fix="name an indicator or an aggregate of indicators.csv",
            )
        return self.place[code]


def shares(tree: IndexTree, weight: Floats) -> Floats:
    """Weights within each family, adding up to 1 (nodes,) or (nodes, draws); the root has 1."""
    out = np.array(weight, float)
    for _, children in tree.families:
        with np.errstate(invalid="ignore", divide="ignore"):
            out[children] /= out[children].sum(axis=0)
    out[tree.root] = 1.0
    return out


def cumulative(tree: IndexTree, share: Floats) -> Floats:
    """Weight of each node in the root: the product of shares on the path (same shape).

    The effective (nominal) weight of methods index.md section 3; indicators add up to 1.
    """
    out = np.array(share, float)
    for p, children in reversed(tree.families):
        out[children] *= out[p]
    return out


def ordered(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """Indicators first, then aggregates by height, in the order given within a height."""
    return tuple(sorted(nodes, key=lambda n: (not n.indicator, n.level)))
