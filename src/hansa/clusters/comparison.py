"""How alike two cluster definitions are, class by class.

Everything here counts classes (the finest codes of the classification), each once: a class with
a thousand jobs and one with none weigh the same. Clusters of the kind "outside" hold nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import combinations, permutations

from hansa.clusters.definition import ClusterDefinition
from hansa.errors import UsageError, listed

_WORDS = (
    (0.8, "nearly the same"),
    (0.5, "mostly the same"),
    (0.2, "partly the same"),
)


@dataclass(frozen=True)
class Placed:
    """A definition laid out over the classes of its classification.

    weights  class -> cluster -> weight, for classes that some cluster holds
    kinds    class -> kind of its main cluster; empty where the definition does not say
    main     class -> the cluster with the greatest weight, of equal ones the first
    """

    definition: ClusterDefinition
    weights: dict[str, dict[str, float]]
    kinds: dict[str, str]
    main: dict[str, str]

    @property
    def split(self) -> int:
        """Classes that several clusters share."""
        return sum(len(own) > 1 for own in self.weights.values())

    @property
    def tied(self) -> int:
        """Classes whose greatest weight is that of several clusters."""
        values = (list(own.values()) for own in self.weights.values())
        return sum(own.count(max(own)) > 1 for own in values)

    def count(self, kind: str) -> int:
        """Classes of a kind."""
        return sum(found == kind for found in self.kinds.values())


@dataclass(frozen=True)
class Pair:
    """Two definitions side by side.

    both, only_first, only_second   classes that clusters of both, of one alone, hold
    kinds_known                     classes of `both` that both call traded or local
    traded_both, local_both         of these, those with the same kind
    rand                            adjusted Rand index of the main clusters over `both`: 1 for
                                    the same groups, 0 for no more than chance; None where one
                                    group, or only groups of one class, leave nothing to compare
    """

    first: str
    second: str
    both: int
    only_first: int
    only_second: int
    kinds_known: int
    traded_both: int
    local_both: int
    rand: float | None

    @property
    def kinds_apart(self) -> int:
        """Classes that one calls traded and the other local."""
        return self.kinds_known - self.traded_both - self.local_both

    @property
    def traded_share(self) -> float | None:
        """Share of the classes in both that both call traded; None where a kind is not said."""
        return self.traded_both / self.both if self.both and self.kinds_known == self.both else None

    @property
    def words(self) -> str:
        """The Rand index in words."""
        if self.rand is None:
            return "cannot be said"
        return next((text for least, text in _WORDS if self.rand >= least), "mostly different")


@dataclass(frozen=True)
class Nearest:
    """The cluster of another definition that shares most with a cluster.

    jaccard  shared weight over the weight of both together, class by class: of two sets of whole
             classes, the classes in both over the classes in either; 0 with no cluster named
    """

    cluster: str
    other: str
    jaccard: float


@dataclass(frozen=True)
class Comparison:
    """Definitions on one classification, each pair compared.

    nearest   (definition, other definition) -> one entry for each cluster of the first
    disputed  class -> definition -> kind, for classes traded in one and local in another
    """

    placed: tuple[Placed, ...]
    pairs: tuple[Pair, ...]
    nearest: dict[tuple[str, str], tuple[Nearest, ...]]
    disputed: dict[str, dict[str, str]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """Plain lists and texts, ready to be written as JSON."""
        return {
            "definitions": [
                {
                    "id": p.definition.id,
                    "classification": p.definition.codelist.id,
                    "clusters": len(p.definition.clusters),
                    "classes": len(p.weights),
                    "split": p.split,
                    "tied": p.tied,
                }
                for p in self.placed
            ],
            "pairs": [
                {
                    **asdict(p),
                    "kinds_apart": p.kinds_apart,
                    "traded_share": p.traded_share,
                    "words": p.words,
                }
                for p in self.pairs
            ],
            "nearest": [
                {"definition": one, "other_definition": two, **asdict(n)}
                for (one, two), found in self.nearest.items()
                for n in found
            ],
            "disputed": self.disputed,
        }


def compare(definitions: Sequence[ClusterDefinition]) -> Comparison:
    """Compare definitions, two or more, on one classification.

    Raises UsageError for fewer, for two of one id, and for different classifications.
    """
    _check(definitions)
    placed = tuple(place(d) for d in definitions)
    return Comparison(
        placed,
        tuple(pair(a, b) for a, b in combinations(placed, 2)),
        {(a.definition.id, b.definition.id): nearest(a, b) for a, b in permutations(placed, 2)},
        _disputed(placed),
    )


def place(definition: ClusterDefinition) -> Placed:
    """A definition laid out over classes."""
    codes = definition.codelist
    weights: dict[str, dict[str, float]] = {}
    for m in definition.members:
        if m.kind == "outside" or m.weight == 0:
            continue
        for leaf in sorted(codes.leaves(m.activity)):
            own = weights.setdefault(leaf, {})
            own[m.cluster] = own.get(m.cluster, 0.0) + m.weight
    main = {leaf: max(own, key=lambda c: own[c]) for leaf, own in weights.items()}
    kind = {cluster: definition.kind_of(cluster) for cluster in definition.clusters}
    return Placed(definition, weights, {leaf: kind[c] for leaf, c in main.items()}, main)


def pair(first: Placed, second: Placed) -> Pair:
    """Two definitions side by side."""
    both = first.main.keys() & second.main.keys()
    kinds = Counter((first.kinds[leaf], second.kinds[leaf]) for leaf in both)
    return Pair(
        first.definition.id,
        second.definition.id,
        len(both),
        len(first.main) - len(both),
        len(second.main) - len(both),
        sum(n for (a, b), n in kinds.items() if a and b),
        kinds["traded", "traded"],
        kinds["local", "local"],
        adjusted_rand([first.main[x] for x in both], [second.main[x] for x in both]),
    )


def adjusted_rand(first: Sequence[str], second: Sequence[str]) -> float | None:
    """The Rand index of two groupings of the same things, adjusted for chance.

    1 for the same groups, about 0 for groups that agree by chance, below 0 for less than that.
    None where chance alone gives full agreement. Source: Hubert & Arabie 1985.
    """
    together = _pairs(Counter(zip(first, second, strict=True)))
    one, two = _pairs(Counter(first)), _pairs(Counter(second))
    every = len(first) * (len(first) - 1) / 2
    if not every:
        return None
    expected = one * two / every
    most = (one + two) / 2
    return (together - expected) / (most - expected) if most != expected else None


def nearest(first: Placed, second: Placed) -> tuple[Nearest, ...]:
    """For each cluster of the first the cluster of the second that shares most with it."""
    own, theirs = _sizes(first), _sizes(second)
    shared: dict[tuple[str, str], float] = {}
    for leaf, mine in first.weights.items():
        for cluster, weight in mine.items():
            for other, other_weight in second.weights.get(leaf, {}).items():
                common = shared.get((cluster, other), 0.0) + min(weight, other_weight)
                shared[cluster, other] = common
    found = []
    for cluster in first.definition.clusters:
        best = Nearest(cluster, "", 0.0)
        for other in second.definition.clusters:
            common = shared.get((cluster, other), 0.0)
            if common:
                alike = common / (own[cluster] + theirs[other] - common)
                best = max(best, Nearest(cluster, other, alike), key=lambda n: n.jaccard)
        found.append(best)
    return tuple(found)


def _sizes(placed: Placed) -> dict[str, float]:
    sizes: dict[str, float] = {}
    for own in placed.weights.values():
        for cluster, weight in own.items():
            sizes[cluster] = sizes.get(cluster, 0.0) + weight
    return sizes


def _pairs(counts: Counter[tuple[str, str]] | Counter[str]) -> float:
    return sum(n * (n - 1) / 2 for n in counts.values())


def _disputed(placed: Sequence[Placed]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for leaf in sorted(set().union(*(p.main for p in placed))):
        kinds = {p.definition.id: p.kinds[leaf] for p in placed if p.kinds.get(leaf)}
        if len(set(kinds.values())) > 1:
            found[leaf] = kinds
    return found


def _check(definitions: Sequence[ClusterDefinition]) -> None:
    ids = [d.id for d in definitions]
    if len(ids) < 2:
        raise UsageError(
            "one definition alone cannot be compared",
            printed=listed(ids),
            fix="name two or more: --compare hansa-nace2 --compare bsr-2009",
        )
    if repeated := sorted({i for i in ids if ids.count(i) > 1}):
        raise UsageError(
            "two definitions share an id",
            printed=listed(repeated),
            admissible="an id of its own for each",
            fix="give one of them another id (a plain CSV: another file name)",
        )
    lists = {d.id: d.codelist.id for d in definitions}
    if len(set(lists.values())) > 1:
        raise UsageError(
            "the definitions stand on different classifications",
            printed=listed(f"{name}: {code_list}" for name, code_list in lists.items()),
            admissible="one classification and version for all",
            fix="a plain CSV needs its classification: --classification nace:2",
        )
