"""What the figures of an index share: whose index it is, its rows of a year, and its words."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from hansa.errors import HansaError, UsageError, listed
from hansa.index.change import RankChange, rank_change
from hansa.index.data import IndexData
from hansa.index.extreme import RankInterval
from hansa.index.rankstats import RankDistribution
from hansa.index.recipe import Recipe
from hansa.index.removal import effective_weights
from hansa.index.result import IndexResult
from hansa.index.retold import retold
from hansa.index.robustness import Robustness
from hansa.index.tree import Floats, IndexTree, Ints
from hansa.language import N_, _
from hansa.views.canvas import Caption
from hansa.views.format import MISSING, THIN, enumerated, grouped, spelled
from hansa.views.index_sources import sources_of
from hansa.views.written import Written

LIKELY = 0.9
PARTLY = "*"
"""Beside the rank of a unit of which not all indicators were observed."""
_HARD = "\u00a0"  # a rank and its interval stay on one line


@dataclass(frozen=True)
class IndexWords:
    """What an index is called.

    title        of the index; the name of its root by default
    source       of the indicators; those that their table states by default
    thing        what a unit is, one and many: `country`, `countries`
    model_data   made-up numbers: every figure is striped
    """

    title: str = ""
    source: str = ""
    thing: str = N_("unit")
    things: str = N_("units")
    model_data: bool = False


PLAIN = IndexWords()
UNITS = (N_("country"), N_("countries"), N_("region"), N_("regions"))
"""Words for units that indices often have; others stay as their metadata say them."""


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
    def source(self) -> str:
        """Whose indicators these are."""
        return self.words.source or sources_of(self.tree) or _("not stated")

    @property
    def thing(self) -> str:
        """The word for one unit."""
        return _(self.words.thing)

    @property
    def things(self) -> str:
        """The word for several units."""
        return _(self.words.things)

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
        return ranked(float(self.rank[i]), float(low[i]), float(high[i]), self.partly(i))

    @cached_property
    def observed(self) -> Ints:
        """Indicators that each unit of the year has a value of, none of them filled."""
        return np.asarray(self.data.observed[self.rows], np.int64)

    def partly(self, i: int) -> bool:
        """Whether a unit by place is ranked, and not on observed values of all indicators."""
        return bool(self.observed[i] < self.tree.leaves and not math.isnan(self.rank[i]))

    def observed_text(self, i: int) -> str:
        """`2 of 6`: on how many indicators a unit by place is ranked; empty where on all."""
        if not self.partly(i):
            return ""
        count, every = int(self.observed[i]), self.tree.leaves
        return Written(_("{n} of {all}", n=count, all=every), count / every, unit="share")

    def parts(self) -> list[str]:
        """What the sign beside ranks means, and for whom it stands; those with least come first."""
        places = [i for i in np.argsort(self.observed, kind="stable").tolist() if self.partly(i)]
        if not places:
            return []
        told = enumerated(f"{self.names[i]} {self.observed_text(i)}" for i in places)
        when = f", {self.year}" if self.year else ""
        text = _(
            "{sign} Not all indicators were observed{when}: {list}.",
            sign=PARTLY,
            when=when,
            list=told,
        )
        return [text]

    def rests_on(self, i: int) -> str:
        """On how many indicators the rank of a unit by place rests; empty where on all."""
        if not self.partly(i):
            return ""
        return _(
            "Of its {all} indicators {n} were observed.",
            all=self.tree.leaves,
            n=int(self.observed[i]),
        )

    @cached_property
    def _moved(self) -> dict[tuple[int, int], RankChange]:
        return {}

    def moved(self, start: int, end: int) -> RankChange:
        """The change of ranks between two years, computed once. Raises HansaError."""
        if (start, end) not in self._moved:
            self._moved[start, end] = rank_change(self.replicated(), start, end)
        return self._moved[start, end]

    @cached_property
    def filled(self) -> Floats:
        """Share of each unit's weight that rests on filled cells."""
        omega = effective_weights(self.result.stage)[: self.tree.leaves]
        return np.asarray(self.data.filled[self.rows] @ omega)

    def sample(self) -> str:
        """`51 countries, 49 indicators, 2018`."""
        when = f", {self.year}" if self.year else ""  # data without years stand in the year 0
        return _("{units}, {n} indicators{when}", units=self.size(), n=self.tree.leaves, when=when)

    def size(self) -> str:
        """`51 countries`."""
        count = self.rows.size
        return f"{count} {self.thing if count == 1 else self.things}"

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
        """What stands under every figure of ranks: gaps, replications, what varies."""
        made = self.result.robustness
        if made is None:
            return []
        return [*self.parts(), replications(made), *map(retold, made.warnings())]

    def caption(self, title: str, subtitle: str, alt: str, notes: Sequence[str] = ()) -> Caption:
        """The words of a figure with the source and, where it applies, what model data means."""
        told = list(notes)
        if self.words.model_data:
            told.append(_("Model data: made up to show the method; they describe nobody real."))
        source = _("Source: {source}. Computed with Hansa.", source=self.source)
        if self.title not in title:
            subtitle = f"{self.title}. {subtitle}"
        text = f"{alt} {title}. {subtitle}"
        return Caption(title, subtitle, text, tuple(told), source, self.words.model_data)


def figure_parts(caption: Caption) -> dict[str, Any]:
    """The fields of a `Figure` that its caption holds."""
    return vars(replace(caption))


def replications(made: Robustness) -> str:
    """`10 000 replications (seed 7) that vary …`, and how many could not be computed."""
    varied = enumerated((factor_words(f.id) for f in made.factors), 12)
    lost = made.draws - made.successes
    text = _(
        "{n} replications (seed {seed}) vary: {choices}.",
        n=grouped(made.draws),
        seed=made.seed,
        choices=varied,
    )
    return f"{text} {_('{n} could not be computed.', n=grouped(lost))}" if lost else text


_FACTORS = (
    *(N_("normaliser"), N_("mean"), N_("experts"), N_("filling"), N_("indicator left out")),
)
_LEVEL = re.compile(r"weights of level (\d+)")


def factor_words(id: str) -> str:
    """What a factor of the replications is called; one of the user's own by its id."""
    level = _LEVEL.fullmatch(id)
    return _("weights of level {n}", n=level[1]) if level else _(id)


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


def ranked(rank: float, low: float, high: float, partly: bool = False) -> str:
    """`3 (2–5)`, the interval rounded outwards; the rank alone where there is no interval.

    partly  not all indicators were observed: a sign says so
    """
    if math.isnan(rank):
        return MISSING
    text = f"{rank:.0f}"
    text = text if math.isnan(low) else f"{text}{_HARD}({between(low, high)})"
    return Written(f"{text}{PARTLY}" if partly else text, rank, (low, high))


def between(low: float, high: float) -> str:
    """`2–5`, rounded outwards."""
    if math.isnan(low) or math.isnan(high):
        return MISSING
    return Written(f"{math.floor(low + 1e-9)}–{math.ceil(high - 1e-9)}", None, (low, high))


def signed(value: float, decimals: int = 0) -> str:
    """`+3`, `−2`, `0`."""
    if math.isnan(value):
        return MISSING
    text = grouped(value, decimals)
    if not text.strip("−0.,"):
        return Written(text.strip("−"), value)
    return Written(f"+{text}" if value > 0 else text, value)


def signed_interval(value: float, low: float, high: float) -> str:
    """`+3 (−1 to +5)`, whole numbers, the interval rounded outwards."""
    if math.isnan(value):
        return MISSING
    if math.isnan(low):
        return signed(value)
    least, most = signed(math.floor(low + 1e-9)), signed(math.ceil(high - 1e-9))
    ends = _("{low} to {high}", low=least, high=most)
    return Written(f"{signed(value)}{_HARD}({ends})", value, (low, high))


def decimals_of(values: Floats) -> int:
    """Decimals that tell scores of a range apart: one for 0 to 100, three for 0 to 1."""
    known = values[~np.isnan(values)]
    reach = float(np.ptp(known)) if known.size else 0.0
    return max(0, 2 - math.floor(math.log10(reach))) if reach > 0 else 1


def number(value: float, decimals: int) -> str:
    """A number as text, `·` where it is missing."""
    return MISSING if math.isnan(value) else grouped(value, decimals)


def raw_text(value: float, least: int = 0) -> str:
    """A raw value with three significant digits, and at least so many decimals."""
    if math.isnan(value):
        return MISSING
    size = abs(value)
    digits = 2 - math.floor(math.log10(size)) if size > 0 else 0
    return grouped(value, max(min(max(0, digits), 6), least))


def percent(share: float, decimals: int = 0) -> str:
    """`12 %`."""
    if math.isnan(share):
        return MISSING
    return Written(f"{grouped(100 * share, decimals)}{THIN}%", share, unit="share")


def often(share: float) -> str:
    """`in 93 % of replications`, never rounded up to all or down to none."""
    if share >= 1:
        return _("in every replication")
    if share <= 0:
        return _("in no replication")
    shown = percent(min(max(share, 0.01), 0.99))
    if share > 0.99:
        return _("in more than {share} of replications", share=shown)
    if share < 0.01:
        return _("in fewer than {share} of replications", share=shown)
    return _("in {share} of replications", share=shown)


def counted(count: int, thing: str, things: str) -> str:
    """`one country`, `three countries`, `14 countries`."""
    return _("one {thing}", thing=thing) if count == 1 else f"{spelled(count)} {things}"
