"""What a source can say about each cluster: exact, bounded, or nothing. Never an even split.

The codes of a definition and of a source may stand on different levels. Both are expanded to
the finest codes of their classification; a source code whose finest codes all have the same
weight in a cluster enters with that weight, one that is only partly inside gives bounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hansa.axes import Axis
from hansa.clusters.definition import ClusterDefinition
from hansa.clusters.room import Room
from hansa.errors import HansaError, listed
from hansa.language import N_
from hansa.law import Quantity, absent, stacked, weighted_total

State = Literal["exact", "bounded", "not computable"]
STATES = (N_("exact"), N_("bounded"), N_("not computable"))
"""How a page calls them in any language."""


@dataclass(frozen=True)
class ClusterCoverage:
    """How one cluster is put together from the codes of a source.

    exact    (position, weight) of source codes that enter with one weight
    partial  (position, least weight, greatest weight) of codes only partly inside
    outside  codes of the definition that never occur in the source, the fewest that name them
    """

    cluster: str
    exact: tuple[tuple[int, float], ...]
    partial: tuple[tuple[int, float, float], ...]
    outside: tuple[str, ...]

    @property
    def state(self) -> State:
        """Whether the cluster's size follows, lies between bounds, or cannot be said."""
        if self.partial:
            return "bounded"
        return "exact" if self.exact else "not computable"


@dataclass(frozen=True)
class Coverage:
    """The coverage of every cluster of a definition by one source."""

    definition: ClusterDefinition
    clusters: tuple[ClusterCoverage, ...]

    @property
    def within_cells(self) -> bool:
        """True where every size is a share of its cells, known and at most all of each."""
        return all(not c.partial and all(w <= 1 for _, w in c.exact) for c in self.clusters)

    def sizes(self, cells: Quantity, room: Room | None = None) -> Quantity:
        """Cluster sizes (clusters x regions) of cells (source codes x regions).

        room  what the sums of the cells leave to a cluster: bounds become as narrow as they allow

        A cluster with codes outside the source is the sum of the rest, flagged `d`; one with
        none covered is absent. Absence of any member spreads.
        """
        found = stacked([_size(c, cells) for c in self.clusters])
        if room is None:
            return found
        least = [dict((*c.exact, *((i, w) for i, w, _ in c.partial))) for c in self.clusters]
        most = [dict((*c.exact, *((i, w) for i, _, w in c.partial))) for c in self.clusters]
        return room.narrowed(found, least, most)


def coverage(definition: ClusterDefinition, axis: Axis) -> Coverage:
    """How a source with the codes of `axis` covers a definition.

    Raises HansaError when the classifications differ or no code of the definition occurs.
    """
    if definition.classification != "local" and definition.codelist.id != axis.codelist.id:
        raise HansaError(
            "the definition and the facts use different classifications",
            printed=f"definition {definition.id}: {definition.codelist.id}; "
            f"facts: {axis.codelist.id}",
            admissible="the same classification and version",
            fix=f"declare the table's classification (--classification {definition.codelist.id}), "
            "or pick a definition on its codes",
        )
    root_of = {leaf: root for root in axis.roots for leaf in axis.codelist.leaves(axis.codes[root])}
    plans = tuple(_plan(definition, cluster, axis, root_of) for cluster in definition.clusters)
    if all(plan.state == "not computable" for plan in plans):
        raise HansaError(
            "no code of the definition occurs in the facts",
            printed=f"definition: {listed(m.activity for m in definition.members)}; "
            f"facts: {listed(axis.codes)}",
            admissible="codes of one classification",
            fix="check the activity column and the classification of both",
        )
    return Coverage(definition, plans)


def _plan(
    definition: ClusterDefinition, cluster: str, axis: Axis, root_of: dict[str, int]
) -> ClusterCoverage:
    codes = axis.codelist
    weight: dict[str, float] = {}
    members = [m for m in definition.members if m.cluster == cluster]
    for m in members:
        for leaf in codes.leaves(m.activity):
            weight[leaf] = weight.get(leaf, 0.0) + m.weight
    exact: list[tuple[int, float]] = []
    partial: list[tuple[int, float, float]] = []
    seen: set[str] = set()

    def visit(node: int) -> None:
        leaves = codes.leaves(axis.codes[node])
        inside = [weight.get(leaf, 0.0) for leaf in leaves]
        if not any(inside):
            return
        low, high = min(inside), max(inside)
        children = axis.children.get(node, ())
        if low == high:
            exact.append((node, low))
        elif children and _holds(axis, children, [x for x in leaves if weight.get(x)]):
            for child in children:
                visit(child)
            return
        else:
            partial.append((node, low, high))
        seen.update(leaves)

    for root in sorted({root_of[leaf] for leaf in weight if leaf in root_of}):
        visit(root)
    outside = codes.compact({leaf for leaf, w in weight.items() if w} - seen)
    return ClusterCoverage(cluster, tuple(exact), tuple(partial), outside)


def _holds(axis: Axis, children: tuple[int, ...], leaves: list[str]) -> bool:
    below: set[str] = set()
    for child in children:
        below |= axis.codelist.leaves(axis.codes[child])
    return below.issuperset(leaves)


def _size(plan: ClusterCoverage, cells: Quantity) -> Quantity:
    if plan.state == "not computable":
        return absent(cells.shape[1:], "d")
    nodes = [(node, weight, weight) for node, weight in plan.exact]
    size = weighted_total(cells, [*nodes, *plan.partial])
    return size.flagged_all("d") if plan.outside else size
