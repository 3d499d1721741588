"""An attacker on published panels: everything known at once, solved by the house's intervals.

Written from the definitions, not from the gate: unknowns are all hidden numbers of all measures
and years; known are all published ones, all totals, and every identity between measures, with
what moved or came back taken for known.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from scipy import sparse

from hansa.facts.hidden.intervals import intervals_of
from hansa.facts.hidden.system import System

Key = tuple[str, int, int, int]  # measure, year, region, activity


class Attack:
    """truth, shown: (measure, year) -> matrix with totals last; shown is NaN where hidden."""

    def __init__(
        self,
        truth: Mapping[tuple[str, int], np.ndarray],
        shown: Mapping[tuple[str, int], np.ndarray],
        birth_known: bool,
    ) -> None:
        self.truth, self.shown, self.birth_known = truth, shown, birth_known
        self.place: dict[Key, int] = {}
        self.value: list[float] = []
        self.rows: list[tuple[dict[int, float], float, float]] = []
        for (name, t), cells in truth.items():
            for i, j in np.ndindex(cells.shape):
                if np.isnan(shown[name, t][i, j]):
                    self.place[name, t, i, j] = len(self.value)
                    self.value.append(float(cells[i, j]))
        self.totals()
        self.identities()

    def add(self, terms: list[tuple[float, Key]], upper: bool = False) -> None:
        """The sum of terms is what it is in truth; with `upper`, it is zero or more."""
        own = [(w, k) for w, k in terms if (k[0], k[1]) in self.truth]
        if len(own) < len(terms):
            return
        row: dict[int, float] = {}
        total = known = 0.0
        for w, (name, t, i, j) in own:
            value = w * float(self.truth[name, t][i, j])
            total += value
            at = self.place.get((name, t, i, j))
            if at is None:
                known += value
            else:
                row[at] = row.get(at, 0.0) + w
        if row:
            self.rows.append(
                (row, -known if upper else total - known, np.inf if upper else total - known)
            )

    def totals(self) -> None:
        for (name, t), cells in self.truth.items():
            rows, columns = cells.shape
            for i in range(rows):
                parts = [(1.0, (name, t, i, j)) for j in range(columns - 1)]
                self.add([*parts, (-1.0, (name, t, i, columns - 1))])
            for j in range(columns):
                parts = [(1.0, (name, t, i, j)) for i in range(rows - 1)]
                self.add([*parts, (-1.0, (name, t, rows - 1, j))])

    def identities(self) -> None:
        shape = next(iter(self.truth.values())).shape
        for t in {t for _, t in self.truth}:
            for i, j in np.ndindex(shape):

                def at(name: str, year: int = t, i: int = i, j: int = j) -> Key:
                    return name, year, i, j

                self.add(
                    [
                        (1, at("firms")),
                        (-1, at("firms", t - 1)),
                        (-1, at("entry")),
                        (1, at("exit", t - 1)),
                    ]
                )
                self.add(
                    [
                        (1, at("employment")),
                        (-1, at("employment", t - 1)),
                        (-1, at("jobs_entry")),
                        (-1, at("jobs_expansion")),
                        (1, at("jobs_contraction")),
                        (1, at("jobs_exit")),
                    ]
                )
                self.add(
                    [
                        (1, at("young")),
                        (-1, at("entry")),
                        *((-1.0, at(f"survivors_{k}")) for k in range(1, 6)),
                    ]
                )
                for part, whole in (
                    ("entry", "firms"),
                    ("exit", "firms"),
                    ("young", "firms"),
                    ("young_employment", "employment"),
                    ("high_growth", "growth_base"),
                    ("gazelles", "high_growth"),
                ):
                    self.add([(1, at(whole)), (-1, at(part))], upper=True)
                for k in range(2, 6):
                    ends = at(f"survivors_{k - 1}", t - 1), at(f"survivors_{k}")
                    if (
                        all(e[:2] in self.truth for e in ends)
                        and self.truth[ends[0][:2]][i, j] >= (self.truth[ends[1][:2]][i, j])
                    ):
                        self.add([(1, ends[0]), (-1, ends[1])], upper=True)
                for k in range(1, 6):
                    self.add([(1, at("entry", t - k)), (-1, at(f"survivors_{k}"))], upper=True)
                self.add([(1, at("firms", t - 3)), (-1, at("growth_base"))], upper=True)
                self.deaths(t, i, j)

    def deaths(self, t: int, i: int, j: int) -> None:
        """Those of a cohort that are gone are among the deaths, where that is so in truth."""
        chain = ["entry", *(f"survivors_{k}" for k in range(1, 6))]
        for before, after in pairwise(chain):
            keys = ("exit", t - 1), (before, t - 1), (after, t)
            if any(k not in self.truth for k in keys):
                continue
            dead, earlier, later = (self.truth[k][i, j] for k in keys)
            if dead - earlier + later >= 0:
                signs = (1.0, -1.0, 1.0)
                self.add([(w, (*k, i, j)) for w, k in zip(signs, keys, strict=True)], upper=True)

    def intervals(self) -> tuple[np.ndarray, np.ndarray]:
        """Proven bounds of every hidden number, in the order of `place`."""
        n = len(self.value)
        matrix = sparse.lil_matrix((len(self.rows), n))
        for r, (row, _, _) in enumerate(self.rows):
            for c, w in row.items():
                matrix[r, c] = w
        size = len(self.rows)
        found = intervals_of(
            System(
                sparse.csr_matrix(matrix),
                np.array([low for _, low, _ in self.rows]),
                np.array([high for *_, high in self.rows]),
                np.zeros(n),
                np.full(n, np.inf),
                np.arange(n),
                np.full(size, -1),
                np.zeros(size, np.int64),
                (1, n),
            )
        ).system
        return found.lower, found.upper
