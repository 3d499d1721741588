"""Small nested tables with a known truth, and the same questions asked in another way.

Regions: the North East (UKC) is made up of UKC1 and UKC2; of the North West (UKD) only two of five
parts are listed, so its parts may add up to less. Activities: agriculture (A) has all its three
divisions, construction (F) two of three. Both axes have a published total.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import linprog

import hansa

UK = {"classification": "nace:2", "geography": "nuts:2013", "absent_rows": "unknown"}

# whole -> its parts; names with a star are what the listed codes leave out
ACTIVITIES = {
    "TOTAL": ["A", "F", "TOTAL*"],
    "A": ["01", "02", "03"],
    "F": ["41", "42", "F*"],
}
REGIONS = {
    "TOTAL": ["UKC", "UKD", "TOTAL*"],
    "UKC": ["UKC1", "UKC2"],
    "UKD": ["UKD1", "UKD3", "UKD*"],
}

Key = tuple[str, str]


def codes_of(tree: dict[str, list[str]]) -> list[str]:
    """Every code of a tree, the stars among them."""
    return list(dict.fromkeys([*tree, *(part for parts in tree.values() for part in parts)]))


@dataclass(frozen=True)
class Truth:
    """Every cell of a table (activity, region), stars included, before and after rounding."""

    exact: dict[Key, float]
    printed: dict[Key, float]

    def table(self, hidden: set[Key]) -> pd.DataFrame:
        """The table as an office prints it: hidden cells are empty and marked `c`."""
        rows = [
            {"geo": geo, "activity": activity, "time": 2015,
             "employment": np.nan if (activity, geo) in hidden else value,
             "employment_status": "c" if (activity, geo) in hidden else ""}
            for (activity, geo), value in self.printed.items()
            if "*" not in activity + geo
        ]  # fmt: skip
        return pd.DataFrame(rows)

    @property
    def keys(self) -> list[Key]:
        """The cells that a table can list."""
        return [key for key in self.printed if "*" not in "".join(key)]


def truth(rng: np.random.Generator, step: float = 0.0, most: int = 9) -> Truth:
    """Random counts, many of them zero, added up; with a step, every number is rounded to it."""
    leaves = [a for a in codes_of(ACTIVITIES) if a not in ACTIVITIES]
    places = [g for g in codes_of(REGIONS) if g not in REGIONS]
    exact = {(a, g): float(rng.integers(0, most + 1)) for a in leaves for g in places}
    for g in places:
        if rng.random() < 0.5:
            exact.update({(a, g): 0.0 for a in leaves if "*" in a + g})
    for whole in reversed(ACTIVITIES):
        for g in places:
            exact[whole, g] = sum(exact[part, g] for part in ACTIVITIES[whole])
    for whole in reversed(REGIONS):
        for a in codes_of(ACTIVITIES):
            exact[a, whole] = sum(exact[a, part] for part in REGIONS[whole])
    printed = {k: np.floor(v / step + 0.5) * step if step else v for k, v in exact.items()}
    return Truth(exact, printed)


def masked(rng: np.random.Generator, keys: list[Key], share: float) -> set[Key]:
    """Some of the cells."""
    return {key for key in keys if rng.random() < share}


def listed(parts: list[str]) -> int:
    """How many parts are printed: what lies outside the listed codes never is."""
    return sum("*" not in part for part in parts)


def sums(slack: float = 0.0) -> list[tuple[Key, list[Key], float]]:
    """Whole, parts and how far the two may be apart: half a unit for each number."""
    found = []
    for whole, parts in ACTIVITIES.items():
        for geo in codes_of(REGIONS):
            found.append(((whole, geo), [(p, geo) for p in parts], slack * (1 + listed(parts))))
    for whole, parts in REGIONS.items():
        for activity in codes_of(ACTIVITIES):
            own = [(activity, p) for p in parts]
            found.append(((activity, whole), own, slack * (1 + listed(parts))))
    return found


def widest(known: dict[Key, float], slack: float = 0.0) -> dict[Key, tuple[float, float]]:
    """Least and greatest value of every unknown cell: two linear programmes each."""
    cells = [(a, g) for a in codes_of(ACTIVITIES) for g in codes_of(REGIONS)]
    place = {key: i for i, key in enumerate(cells)}
    matrix, most = [], []
    for whole, parts, off in sums(slack):
        row = np.zeros(len(cells))
        row[place[whole]] = -1.0
        row[[place[p] for p in parts]] = 1.0
        matrix += [row, -row]
        most += [off, off]
    ends = [(known[key], known[key]) if key in known else (0.0, None) for key in cells]
    found = {}
    for key in (k for k in cells if k not in known and "*" not in "".join(k)):
        cost = np.zeros(len(cells))
        cost[place[key]] = 1.0
        low = linprog(cost, A_ub=np.array(matrix), b_ub=most, bounds=ends, method="highs")
        high = linprog(-cost, A_ub=np.array(matrix), b_ub=most, bounds=ends, method="highs")
        assert low.status in (0, 3), low.message
        found[key] = (low.fun, -high.fun if high.status == 0 else np.inf)
    return found


REASON = "made for a test"


def fill(table: pd.DataFrame, describe: dict | None = None, **options: object) -> pd.DataFrame:
    """The filled table by (activity, region); nobody's secrets are in it."""
    found = hansa.fill(table, reason=REASON, describe=describe or UK, **options)
    return found.table.to_pandas().set_index(["activity", "geo"]).sort_index()


def cell(found: pd.DataFrame, activity: str, geo: str) -> tuple[float, float]:
    """Lower and upper bound of one cell."""
    row = found.loc[(activity, geo)]
    return row.employment_lower, row.employment_upper
