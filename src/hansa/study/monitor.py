"""The two tables of the Nordic Innovation Monitor as a study: all that four printed columns allow.

Inputs are two printed rankings over the same countries. Nothing is corrected: what does not agree
inside the tables is found by the checks of printed accounts and goes with every result. Sentences
are in `monitor_words`. Source: BSR InnoNet conference publication, May 2009, chapter 1.2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hansa.errors import Finding, HansaError, listed
from hansa.facts.account.check import check_tables
from hansa.facts.account.table import Table, typed
from hansa.index.link import DRAWS, Link, link
from hansa.index.link_curve import Curve, specification_curve
from hansa.index.link_rows import Floats, row_kendall, row_pearson, row_spearman
from hansa.index.link_time import LagTest, lag_test
from hansa.index.printed import (
    Doubt,
    Gaps,
    Moves,
    PrintedTable,
    RoundedRanks,
    Rounding,
    doubts,
    gap_to_best,
    group_means,
    moves,
    rounded_ranks,
    rounding,
)
from hansa.language import N_
from hansa.study import monitor_words, published

SEED = 2009
BEST = 3
NORDIC = ("DK", "FI", "IS", "NO", "SE")
# The publication counts six of the 25 countries to the region: these five and Germany.
BALTIC = ("DE", *NORDIC)
GROUPS = {
    N_("Nordic five"): (NORDIC, N_("Denmark, Finland, Iceland, Norway and Sweden"), ""),
    N_("Baltic six"): (
        BALTIC,
        N_(
            "the six of the countries that the publication counts to the Baltic Sea Region: the "
            "Nordic five and Germany"
        ),
        N_(
            "Nothing is said of the Baltic Sea Region as a whole: Estonia, Latvia, Lithuania and "
            "Poland are not in the tables, and Germany is in them as a whole, not its north alone."
        ),
    ),
}


@dataclass(frozen=True)
class Side:
    """One table: true ranks under rounding, printed orders in doubt, and what moved.

    ranks   by year
    doubts  pairs of the later year whose order the printed index leaves open
    """

    table: PrintedTable
    ranks: dict[int, RoundedRanks]
    doubts: tuple[Doubt, ...]
    moves: Moves


@dataclass(frozen=True)
class Residual:
    """Performance less what the framework lets expect, in points; and its studentised form."""

    code: str
    name: str
    points: float
    studentised: float
    leverage: float


@dataclass(frozen=True)
class Profile:
    """Means of a group in one index and year, beside the best three and all countries.

    best  mean of the three best performers (of that year) in this index
    """

    side: str
    year: int
    mean: float
    best: float
    median: float
    lowest: float
    highest: float


@dataclass(frozen=True)
class Group:
    """A group of countries: who, by what definition, its profiles, and its mean gap (later year).

    caution  what the group does not stand for
    gap      mean over the group of the gap of each country to the best three, itself left out
    """

    name: str
    definition: str
    caution: str
    codes: tuple[str, ...]
    profiles: tuple[Profile, ...]
    gap: dict[str, float]


@dataclass(frozen=True)
class Monitor:
    """Everything the two tables allow; units in alphabetical order of their codes.

    links      `index 2008`, `index 2003`, `change of index`, `rank 2008`, `change of rank`:
               framework against performance, ranks turned so that more is better
    rounding   the same names but for ranks, which are exact -> statistic -> interval
    curve      r over years, statistics of the two indices and countries left out one at a time
    residuals  of performance 2008 on framework 2008, the largest first
    gaps       side -> gap in the later year to the best three by performance
    findings   what does not agree inside the tables, by the checks of printed accounts
    says, unsupported, inconsistent  the same in sentences: what the tables say, what they do not
               support, and where they contradict themselves
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    framework: Side
    performance: Side
    links: dict[str, Link]
    rounding: dict[str, dict[str, Rounding]]
    lag: LagTest
    curve: Curve
    residuals: tuple[Residual, ...]
    gaps: dict[str, Gaps]
    groups: tuple[Group, ...]
    findings: tuple[Finding, ...]
    seed: int
    draws: int
    says: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()
    inconsistent: tuple[str, ...] = ()


def monitor(
    framework: PrintedTable,
    performance: PrintedTable,
    about: Mapping[str, Any] | None = None,
    seed: int = SEED,
    draws: int = DRAWS,
) -> Monitor:
    """The study of two printed tables. Errors: they have not the same units or years.

    about  what is known of the indices beside the tables, as `[monitor]` of `source.toml`
    Source: Hansa benchmark specification, section 1.2; index specification, section 7.
    """
    _same(framework, performance)
    f, p = _sorted(framework), _sorted(performance)
    rng = np.random.default_rng(seed)
    links = {name: link(a, b, rng, p.names, draws) for name, (a, b) in _pairs(f, p).items()}
    gaps = {t.side: gap_to_best(p.index, t.index, BEST) for t in (f, p)}
    found = Monitor(
        codes=p.codes,
        names=p.names,
        framework=_side(f, rng, draws),
        performance=_side(p, rng, draws),
        links=links,
        rounding=_roundings(f, p, rng, draws),
        lag=lag_test((f.before, f.index), (p.before, p.index), rng, draws),
        curve=_curve(f, p, links[f"index {p.years[1]}"].pearson),
        residuals=_residuals(p, links[f"index {p.years[1]}"]),
        gaps=gaps,
        groups=_groups(f, p, gaps),
        findings=tuple(findings(framework, performance)),
        seed=seed,
        draws=draws,
    )
    return replace(
        found,
        says=monitor_words.says(found),
        unsupported=monitor_words.unsupported(found, about or {}),
        inconsistent=monitor_words.inconsistent(found),
    )


def published_monitor(seed: int = SEED, draws: int = DRAWS) -> Monitor:
    """The study of the two tables of 2009 as they are shipped."""
    tables = published.monitor_framework(), published.monitor_performance()
    return monitor(*tables, published.source()["monitor"], seed, draws)


def findings(*tables: PrintedTable) -> list[Finding]:
    """What does not agree inside printed tables, and between their lists of countries."""
    return check_tables([_typed(t) for t in tables])


def _typed(table: PrintedTable) -> Table:
    before, now = table.years
    columns = {
        "iso2": list(table.codes),
        "country": list(table.names),
        f"rank_{now}": _texts(table.rank),
        f"index_{now}": _texts(table.index),
        f"index_{before}": _texts(table.before),
        "rank_change": _texts(table.change),
    }
    return typed(table.side, columns, list(range(2, len(table.codes) + 2)))


def _texts(values: Floats) -> list[str]:
    return ["" if np.isnan(v) else f"{v:.10g}" for v in values]


def _same(framework: PrintedTable, performance: PrintedTable) -> None:
    one, other = set(framework.codes), set(performance.codes)
    if one != other or framework.years != performance.years:
        raise HansaError(
            "the two tables have not the same countries and years",
            place=f"{framework.side} and {performance.side}",
            printed=f"only in one of them: {listed(sorted(one ^ other)) or 'nobody'}; years "
            f"{framework.years} and {performance.years}",
            admissible="one set of countries and two years in both",
            fix="leave out whom one table lacks, or complete it",
        )


def _sorted(table: PrintedTable) -> PrintedTable:
    at = np.array(sorted(range(len(table.codes)), key=lambda i: table.codes[i]))
    return PrintedTable(
        table.side,
        table.years,
        tuple(table.codes[i] for i in at),
        tuple(table.names[i] for i in at),
        table.rank[at],
        table.index[at],
        table.before[at],
        table.change[at],
    )


def _pairs(f: PrintedTable, p: PrintedTable) -> dict[str, tuple[Floats, Floats]]:
    before, now = p.years
    return {
        f"index {now}": (f.index, p.index),
        f"index {before}": (f.before, p.before),
        "change of index": (f.index - f.before, p.index - p.before),
        f"rank {now}": (-f.rank, -p.rank),
        "change of rank": (f.change, p.change),
    }


def _side(table: PrintedTable, rng: np.random.Generator, draws: int) -> Side:
    before, now = table.years
    ranks = {
        now: rounded_ranks(table.index, rng, draws=draws),
        before: rounded_ranks(table.before, rng, draws=draws),
    }
    moved = moves(table.index, table.before, table.rank, table.change)
    return Side(table, ranks, doubts(table.index, table.rank), moved)


def _roundings(
    f: PrintedTable, p: PrintedTable, rng: np.random.Generator, draws: int
) -> dict[str, dict[str, Rounding]]:
    """Each correlation under rounding; a change carries the rounding of both its years."""
    before, now = p.years
    of: dict[str, Callable[[Floats, Floats], Floats]] = {
        "pearson": row_pearson,
        "spearman": row_spearman,
        "kendall": row_kendall,
    }
    columns = {
        f"index {now}": np.stack([f.index, p.index]),
        f"index {before}": np.stack([f.before, p.before]),
        "change of index": np.stack([f.index, p.index, f.before, p.before]),
    }
    return {
        name: {
            statistic: rounding(table, _statistic(rows, len(table) == 4), rng, draws=draws)
            for statistic, rows in of.items()
        }
        for name, table in columns.items()
    }


def _statistic(
    rows: Callable[[Floats, Floats], Floats], change: bool
) -> Callable[[Floats], Floats]:
    if change:
        return lambda d: rows(d[:, 0] - d[:, 2], d[:, 1] - d[:, 3])
    return lambda d: rows(d[:, 0], d[:, 1])


def _curve(f: PrintedTable, p: PrintedTable, nominal: float) -> Curve:
    """r over what the tables leave to choose: year of either side, and one country left out."""
    frameworks = dict(zip(p.years, (f.before, f.index), strict=True))
    performances = dict(zip(p.years, (p.before, p.index), strict=True))
    x, y = [], []
    choices: dict[str, list[object]] = {"framework": [], "performance": [], "without": []}
    for a, b, gone in product(p.years, p.years, [-1, *range(len(p.codes))]):
        own = frameworks[a].astype(float).copy()
        if gone >= 0:
            own[gone] = np.nan
        x.append(own)
        y.append(performances[b])
        choices["framework"].append(a)
        choices["performance"].append(b)
        choices["without"].append(p.codes[gone] if gone >= 0 else "nobody")
    return specification_curve(np.array(x), np.array(y), choices, nominal)


def _residuals(p: PrintedTable, found: Link) -> tuple[Residual, ...]:
    fit = found.fit
    made = [
        Residual(code, name, float(e), float(t), float(h))
        for code, name, e, t, h in zip(
            p.codes, p.names, fit.residuals, fit.studentised, fit.leverage, strict=True
        )
        if not np.isnan(e)
    ]
    return tuple(sorted(made, key=lambda r: (-r.points, r.code)))


def _groups(f: PrintedTable, p: PrintedTable, gaps: dict[str, Gaps]) -> tuple[Group, ...]:
    """Profiles of the groups whose members are all in the tables."""
    found = []
    for name, (codes, definition, caution) in GROUPS.items():
        if not set(codes) <= set(p.codes):
            continue
        member = np.array([[c in codes for c in p.codes]])
        profiles = tuple(
            _profile(table, year, member, best_by)
            for year, best_by in zip(p.years, (p.before, p.index), strict=True)
            for table in (f, p)
        )
        gap = {s: float(group_means(g.gap, member)[0][0]) for s, g in gaps.items()}
        found.append(Group(name, definition, caution, codes, profiles, gap))
    return tuple(found)


def _profile(
    table: PrintedTable, year: int, member: NDArray[np.bool_], performance: Floats
) -> Profile:
    values = table.index if year == table.years[1] else table.before
    mean = float(group_means(values, member)[0][0])
    at = [float(v) for v in np.nanquantile(values, [0.5, 0, 1])]
    return Profile(table.side, year, mean, _best_mean(performance, values), *at)


def _best_mean(performance: Floats, values: Floats) -> float:
    """Mean of the best three performers, as a newcomer without an index of its own sees it."""
    seen = gap_to_best(np.append(performance, np.nan), np.append(values, 0.0), BEST)
    return float(seen.best[-1])
