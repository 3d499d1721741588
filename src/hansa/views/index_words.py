"""What the figures of an index share: whose index it is, its rows of a year, and its words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from hansa.errors import HansaError, UsageError, listed
from hansa.index.data import IndexData
from hansa.index.extreme import RankInterval
from hansa.index.rankstats import RankDistribution
from hansa.index.recipe import Recipe
from hansa.index.removal import effective_weights
from hansa.index.result import IndexResult
from hansa.index.robustness import Robustness
from hansa.index.tree import Floats, IndexTree, Ints
from hansa.views.canvas import Caption
from hansa.views.format import MISSING, THIN, grouped, spelled

LIKELY = 0.9
_HARD = "\u00a0"  # a rank and its interval stay on one line


@dataclass(frozen=True)
class IndexWords:
    """What an index is called.

    title        of the index; the name of its root by default
    source       of the indicators
    thing        what a unit is, one and many: `country`, `countries`
    model_data   made-up numbers: every figure is striped
    """

    title: str = ""
    source: str = ""
    thing: str = "unit"
    things: str = "units"
    model_data: bool = False


PLAIN = IndexWords()


@dataclass(frozen=True)
class IndexView:
    """One year of a computed index; the last year by default."""

    result: IndexResult
    words: IndexWords = PLAIN
    at: int | None = None

    @property
    def tree(self) -> IndexTree:
        """The tree."""
        return self.result.tree

    @property
    def data(self) -> IndexData:
        """The data on the common scale."""
        return self.result.data

    @property
    def title(self) -> str:
        """The name of the index."""
        return self.words.title or self.tree.nodes[self.tree.root].label

    @property
    def year(self) -> int:
        """The year shown."""
        return self.data.years[-1] if self.at is None else self.at

    @cached_property
    def rows(self) -> Ints:
        """Rows of the year. Raises UsageError where there are none."""
        found = np.flatnonzero(self.data.time == self.year)
        if not found.size:
            raise UsageError(
                f"the index has no year {self.year}",
                admissible=listed(self.data.years, 30),
                fix="name one of its years",
            )
        return found.astype(np.int64)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the units of the year."""
        return tuple(self.data.names[self.data.unit[r]] for r in self.rows)

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Codes of the units of the year."""
        return tuple(self.data.units[self.data.unit[r]] for r in self.rows)

    @property
    def scores(self) -> Floats:
        """Scores of all nodes (units of the year, nodes)."""
        assert self.result.stage.scores is not None
        found: Floats = self.result.stage.scores[self.rows]
        return found

    @property
    def score(self) -> Floats:
        """Scores of the index itself."""
        return np.asarray(self.scores[:, self.tree.root])

    @property
    def rank(self) -> Floats:
        """Ranks of the index itself."""
        return np.asarray(self.result.rank[self.rows])

    @cached_property
    def order(self) -> list[int]:
        """Places of the units, best first; units without a score stand last."""
        ranks = np.where(np.isnan(self.rank), np.inf, self.rank)
        return [int(i) for i in np.lexsort((np.array(self.names), ranks))]

    @property
    def spread(self) -> RankDistribution | None:
        """Ranks over the replications of the year."""
        made = self.result.robustness
        return made.years[self.year][1] if made is not None else None

    @property
    def exact(self) -> RankInterval | None:
        """Exact intervals, where they speak of the year shown."""
        found = self.result.intervals
        return found if found is not None and set(found.rows) <= set(self.rows) else None

    def place(self, unit: str) -> int:
        """Place of a unit by code among those of the year. Raises UsageError."""
        row = self.data.row_of(unit, self.year)
        return int(np.flatnonzero(self.rows == row)[0])

    def name(self, unit: str) -> str:
        """The name of a unit by code."""
        return self.names[self.place(unit)]

    @cached_property
    def bounds(self) -> tuple[Floats, Floats, Floats]:
        """5 %, 50 % and 95 % quantile of the rank; NaN without replications."""
        if self.spread is None:
            none = np.full(self.rows.size, np.nan)
            return none, none, none
        low, mid, high = (self.spread.quantile(q) for q in (0.05, 0.5, 0.95))
        return low, mid, high

    def extremes(self, i: int) -> tuple[int, int, bool] | None:
        """Best and worst rank of a unit by place, and whether both are proven."""
        if self.exact is None:
            return None
        at = np.flatnonzero(self.exact.rows == self.rows[i])
        if not at.size:
            return None
        k = int(at[0])
        return (
            int(self.exact.best_bound[k]),
            int(self.exact.worst_bound[k]),
            bool(self.exact.proven[k].all()),
        )

    def rank_text(self, i: int) -> str:
        """`3 (2–5)`: the rank with its 90 % interval, by place."""
        low, _, high = self.bounds
        return ranked(float(self.rank[i]), float(low[i]), float(high[i]))

    @cached_property
    def filled(self) -> Floats:
        """Share of each unit's weight that rests on filled cells."""
        omega = effective_weights(self.result.stage)[: self.tree.leaves]
        return np.asarray(self.data.filled[self.rows] @ omega)

    def sample(self) -> str:
        """`51 countries, 49 indicators, 2018`."""
        when = f", {self.year}" if self.year else ""  # data without years stand in the year 0
        return f"{self.size()}, {self.tree.leaves} indicators{when}"

    def size(self) -> str:
        """`51 countries`."""
        count = self.rows.size
        return f"{count} {self.words.thing if count == 1 else self.words.things}"

    def replicated(self) -> Robustness:
        """The replications. Raises HansaError: ranks without intervals are not drawn."""
        made = self.result.robustness
        if made is None:
            raise HansaError(
                "ranks are drawn with their intervals only",
                printed="an index without replications",
                admissible="at least 100 replications",
                fix="replicate: hansa index run --replications 10000",
            )
        return made

    def notes(self) -> list[str]:
        """What stands under every figure of ranks: replications, seed, what varies, failures."""
        made = self.result.robustness
        return [replications(made), *made.warnings()] if made is not None else []

    def caption(self, title: str, subtitle: str, alt: str, notes: Sequence[str] = ()) -> Caption:
        """The words of a figure with the source and, where it applies, what model data means."""
        told = list(notes)
        if self.words.model_data:
            told.append("Model data: made up to show the method; they describe nobody real.")
        source = f"Source: {self.words.source or 'not stated'}. Computed with Hansa."
        if self.title not in title:
            subtitle = f"{self.title}. {subtitle}"
        text = f"{alt} {title}. {subtitle}"
        return Caption(title, subtitle, text, tuple(told), source, self.words.model_data)


def figure_parts(caption: Caption) -> dict[str, Any]:
    """The fields of a `Figure` that its caption holds."""
    return vars(replace(caption))


def replications(made: Robustness) -> str:
    """`10 000 replications (seed 7) that vary …`, and how many could not be computed."""
    varied = listed((f.id for f in made.factors), 12)
    lost = made.draws - made.successes
    gone = f" {grouped(lost)} could not be computed." if lost else ""
    return f"{grouped(made.draws)} replications (seed {made.seed}) vary: {varied}.{gone}"


def recipe_words(recipe: Recipe) -> str:
    """The steps of a recipe in their order, with their options."""
    out = []
    for step in recipe:
        options = ", ".join(f"{k} {_plain(v)}" for k, v in step.options.items())
        out.append(f"{step.do} ({options})" if options else step.do)
    return " → ".join(out)


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "–".join(str(v) for v in value) if len(value) == 2 else listed(map(str, value), 6)
    return str(value)


def ranked(rank: float, low: float, high: float) -> str:
    """`3 (2–5)`, the interval rounded outwards; the rank alone where there is no interval."""
    if math.isnan(rank):
        return MISSING
    text = f"{rank:.0f}"
    return text if math.isnan(low) else f"{text}{_HARD}({between(low, high)})"


def between(low: float, high: float) -> str:
    """`2–5`, rounded outwards."""
    if math.isnan(low) or math.isnan(high):
        return MISSING
    return f"{math.floor(low + 1e-9)}–{math.ceil(high - 1e-9)}"


def signed(value: float, decimals: int = 0) -> str:
    """`+3`, `−2`, `0`."""
    if math.isnan(value):
        return MISSING
    text = grouped(value, decimals)
    if not text.strip("−0."):
        return text.strip("−")
    return f"+{text}" if value > 0 else text


def signed_interval(value: float, low: float, high: float) -> str:
    """`+3 (−1 to +5)`, whole numbers, the interval rounded outwards."""
    if math.isnan(value):
        return MISSING
    if math.isnan(low):
        return signed(value)
    ends = f"{signed(math.floor(low + 1e-9))} to {signed(math.ceil(high - 1e-9))}"
    return f"{signed(value)}{_HARD}({ends})"


def decimals_of(values: Floats) -> int:
    """Decimals that tell scores of a range apart: one for 0 to 100, three for 0 to 1."""
    known = values[~np.isnan(values)]
    reach = float(np.ptp(known)) if known.size else 0.0
    return max(0, 2 - math.floor(math.log10(reach))) if reach > 0 else 1


def number(value: float, decimals: int) -> str:
    """A number as text, `·` where it is missing."""
    return MISSING if math.isnan(value) else grouped(value, decimals)


def raw_text(value: float) -> str:
    """A raw value with three significant digits."""
    if math.isnan(value):
        return MISSING
    size = abs(value)
    digits = 2 - math.floor(math.log10(size)) if size > 0 else 0
    return grouped(value, min(max(0, digits), 6))


def percent(share: float, decimals: int = 0) -> str:
    """`12 %`."""
    return MISSING if math.isnan(share) else f"{grouped(100 * share, decimals)}{THIN}%"


def often(share: float) -> str:
    """`in 93 % of replications`, never rounded up to all or down to none."""
    if share >= 1:
        return "in every replication"
    if share <= 0:
        return "in no replication"
    shown = min(max(share, 0.01), 0.99)
    sign = "more than " if share > 0.99 else "fewer than " if share < 0.01 else ""
    return f"in {sign}{percent(shown)} of replications"


def counted(count: int, thing: str, things: str) -> str:
    """`one country`, `three countries`, `14 countries`."""
    return f"one {thing}" if count == 1 else f"{spelled(count)} {things}"
