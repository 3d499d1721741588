"""An outsider who has the panels and the definitions, and a solver: nothing else.

Written from the how-to page: every number that is published is known, every empty cell with the
status `c` is an unknown of zero or more, and all that must hold in a register in which no firm
moves, pauses or comes back holds. Nothing of the package is used.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

Key = tuple[str, int, str, str]
COUNTS = ("firms", "entry", "exit", *(f"survivors_{k}" for k in range(1, 6)), "young",
          "growth_base", "high_growth", "gazelles")  # fmt: skip
JOBS = ("employment", "young_employment", "jobs_entry", "jobs_expansion", "jobs_contraction",
        "jobs_exit")  # fmt: skip


class Outsider:
    """panels: measure -> rows of geo, activity, time, value and status."""

    def __init__(self, panels: Mapping[str, list[dict]], gain: int = 4, start: int = 10) -> None:
        self.known: dict[Key, float] = {}
        self.place: dict[Key, int] = {}
        self.geos: list[str] = []
        self.units: list[str] = []
        self.gain, self.start = gain, start
        for name in (*COUNTS, *JOBS):
            for row in panels.get(name, []):
                key = name, row["time"], row["geo"], row["activity"]
                self.geos += [row["geo"]] * (row["geo"] not in self.geos)
                self.units += [row["activity"]] * (row["activity"] not in self.units)
                if row["value"] is not None:
                    self.known[key] = row["value"]
                elif row["status"] == "c":
                    self.place[key] = len(self.place)
        self.years = sorted({t for _, t, *_ in (*self.known, *self.place)})
        self.same: list[tuple[dict[int, float], float]] = []
        self.least: list[tuple[dict[int, float], float]] = []
        self.totals()
        for t in self.years:
            for g in self.geos:
                for a in self.units:
                    self.counts(t, g, a)
                    self.jobs(t, g, a)

    def add(self, *terms: tuple[float, Key], least: bool = False) -> None:
        """A sum of terms is nothing, or nothing or more; left out where a table is not there."""
        row: dict[int, float] = {}
        told = 0.0
        for w, key in terms:
            if key in self.known:
                told += w * self.known[key]
            elif key in self.place:
                row[self.place[key]] = row.get(self.place[key], 0.0) + w
            else:
                return
        if row:
            (self.least if least else self.same).append((row, -told))

    def totals(self) -> None:
        for name in (*COUNTS, *JOBS):
            for t in self.years:
                # Counted by one key, a table has totals alone on the other axis.
                if len(self.units) > 1:
                    for g in self.geos:
                        parts = [(1.0, (name, t, g, a)) for a in self.units if a != "TOTAL"]
                        self.add(*parts, (-1.0, (name, t, g, "TOTAL")))
                if len(self.geos) > 1:
                    for a in self.units:
                        parts = [(1.0, (name, t, g, a)) for g in self.geos if g != "TOTAL"]
                        self.add(*parts, (-1.0, (name, t, "TOTAL", a)))

    def counts(self, t: int, g: str, a: str) -> None:
        def at(name: str, year: int = t) -> Key:
            return name, year, g, a

        life = ["entry", *(f"survivors_{k}" for k in range(1, 6))]
        self.add((1, at("firms")), (-1, at("firms", t - 1)), (-1, at("entry")),
                 (1, at("exit", t - 1)))  # fmt: skip
        self.add((1, at("young")), *((-1, at(name)) for name in life))
        gone: list[tuple[float, Key]] = [(1, at("exit", t - 1))]
        for k in range(6):
            seen = [(-1.0, at(name)) for name in life[: k + 1]]
            self.add((1, at("firms")), *seen, least=True)
            self.add((1, at("young")), *seen, least=True)
            if k:
                pair = [(-1.0, at(life[k - 1], t - 1)), (1.0, at(life[k]))]
                self.add(*((-w, key) for w, key in pair), least=True)
                self.add((1, at("entry", t - k)), (-1, at(life[k])), least=True)
                gone += pair
                self.add(*gone, least=True)
        for part, whole, year in (
            ("exit", "firms", t), ("young", "firms", t), ("high_growth", "growth_base", t),
            ("gazelles", "high_growth", t), ("growth_base", "firms", t),
            ("growth_base", "firms", t - 3), ("gazelles", "young", t),
        ):  # fmt: skip
            self.add((1, at(whole, year)), (-1, at(part)), least=True)
        late = [(-1.0, at(name)) for name in life[:4]]
        self.add((1, at("firms")), (-1, at("growth_base")), *late, least=True)
        self.add((1, at("firms", t - 3)), (-1, at("growth_base")), (-1, at("exit", t - 3)),
                 least=True)  # fmt: skip
        self.add((1, at("firms", t - 3)), (-1, at("growth_base")), (-1, at("entry", t - 3)),
                 least=True)  # fmt: skip
        self.add((1, at("survivors_4")), (1, at("survivors_5")), (-1, at("gazelles")), least=True)

    def jobs(self, t: int, g: str, a: str) -> None:
        def at(name: str, year: int = t) -> Key:
            return name, year, g, a

        self.add((1, at("employment")), (-1, at("employment", t - 1)), (-1, at("jobs_entry")),
                 (-1, at("jobs_expansion")), (1, at("jobs_contraction")),
                 (1, at("jobs_exit")))  # fmt: skip
        for jobs, firms in (
            (at("employment"), at("firms")), (at("young_employment"), at("young")),
            (at("jobs_entry"), at("entry")), (at("jobs_exit"), at("exit", t - 1)),
        ):  # fmt: skip
            self.add((1, jobs), (-1, firms), least=True)
        self.add((1, at("employment")), (-1, at("young_employment")), (-1, at("firms")),
                 (1, at("young")), least=True)  # fmt: skip
        self.add((1, at("employment", t - 3)), (-1, at("firms", t - 3)),
                 (1 - self.start, at("growth_base")), least=True)  # fmt: skip
        more = [(1.0, at("jobs_expansion", u)) for u in range(t - 2, t + 1)]
        self.add(*more, (-self.gain, at("high_growth")), least=True)

    def interval(self, key: Key) -> tuple[float, float]:
        """Least and greatest value that agrees with all that is known."""
        n = len(self.place)
        (a, b), (c, d) = _matrix(self.same, n), _matrix(self.least, n)
        ends = []
        for way in (1.0, -1.0):
            cost = np.zeros(n)
            cost[self.place[key]] = way
            found = linprog(cost, -c, -d, a, b, (0, None), "highs")
            assert found.status in (0, 3), found.message
            ends.append(way * found.fun if found.status == 0 else np.inf)
        return ends[0], ends[1]


def _matrix(rows: list[tuple[dict[int, float], float]], n: int) -> tuple[sparse.csr_matrix, object]:
    entries = [(w, r, c) for r, (row, _) in enumerate(rows) for c, w in row.items()]
    weight, at, column = np.array(entries, float).reshape(-1, 3).T
    matrix = sparse.csr_matrix((weight, (at, column)), (len(rows), n))
    return matrix, np.array([told for _, told in rows])
