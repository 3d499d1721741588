"""The codes of one dimension that occur in a source, and how they nest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from hansa.codes.codelist import TOTAL, Codelist
from hansa.errors import HansaError, listed


@dataclass(frozen=True)
class Axis:
    """The codes of one dimension that occur in a source, in text order, with their nesting.

    `apart` holds codes that stand beside the tree: the published total, aggregates of areas.
    """

    codes: tuple[str, ...]
    codelist: Codelist
    apart: frozenset[str] = frozenset((TOTAL,))

    def __len__(self) -> int:
        return len(self.codes)

    @cached_property
    def place(self) -> dict[str, int]:
        """Code -> position."""
        return {code: i for i, code in enumerate(self.codes)}

    @cached_property
    def total(self) -> int:
        """Position of the published total, -1 without one."""
        return self.place.get(TOTAL, -1)

    @cached_property
    def beside(self) -> frozenset[int]:
        """Positions of the codes that stand beside the tree."""
        return frozenset(i for i, code in enumerate(self.codes) if code in self.apart)

    @property
    def tree(self) -> bool:
        """True where some codes are totals or parents of others."""
        return bool(self.children or self.beside)

    @cached_property
    def parent(self) -> tuple[int, ...]:
        """Position of the nearest code above that occurs too, -1 at the top."""
        above = []
        for code in self.codes:
            nearest = (self.place[a] for a in self.codelist.ancestors(code) if a in self.place)
            above.append(next(nearest, -1))
        return tuple(above)

    @cached_property
    def children(self) -> dict[int, tuple[int, ...]]:
        """Inner position -> the positions directly below it."""
        below: dict[int, list[int]] = {}
        for i, parent in enumerate(self.parent):
            if parent >= 0:
                below.setdefault(parent, []).append(i)
        return {i: tuple(nodes) for i, nodes in below.items()}

    @cached_property
    def roots(self) -> tuple[int, ...]:
        """Positions with nothing above them, the codes beside the tree left out."""
        return tuple(i for i, p in enumerate(self.parent) if p < 0 and i not in self.beside)

    @cached_property
    def leaves(self) -> tuple[int, ...]:
        """Positions with nothing below them, the codes beside the tree left out."""
        return tuple(i for i in range(len(self)) if i not in self.children and i not in self.beside)

    @cached_property
    def inner(self) -> tuple[int, ...]:
        """Inner positions, the deepest first."""
        depth = {i: len(list(self.codelist.ancestors(self.codes[i]))) for i in self.children}
        return tuple(sorted(self.children, key=lambda i: (-depth[i], i)))

    def whole(self, node: int) -> bool:
        """True where the codes directly below `node` make up all of it."""
        covered: set[str] = set()
        for child in self.children.get(node, ()):
            covered |= self.codelist.leaves(self.codes[child])
        return {
            leaf
            for leaf in self.codelist.leaves(self.codes[node]) - covered
            if not extra_regio(self.codelist, leaf)
        } == set()

    def at_level(self, level: str) -> tuple[int, ...]:
        """Positions at one named level of the code list."""
        found = tuple(i for i, c in enumerate(self.codes) if self.codelist.level.get(c) == level)
        if not found:
            have = sorted({self.codelist.level.get(c, "") for c in self.codes} - {""})
            raise HansaError(
                f"no code of level {level!r} occurs",
                printed=listed(have) or "codes of an undeclared classification, without levels",
                admissible=listed(self.codelist.levels) or "no level",
                fix="name a level that occurs, or declare the classification of the table",
            )
        return found


def extra_regio(codelist: Codelist, code: str) -> bool:
    """True for Eurostat's codes of what lies in no region (`DEZZ`)."""
    return codelist.id.startswith("nuts") and code.endswith("Z")


def cube_place(axis: Axis, node: int) -> str:
    """A total for people: its code, with its label where it has one."""
    code = axis.codes[node]
    label = axis.codelist.label.get(code, "")
    return f"{code} ({label})" if label and label != code else code
