"""The Nordic Innovation Monitor of 2009 as sections of a report: real, printed tables, computed.

What the tables say, what they do not support, and where they contradict themselves.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np

from hansa.index.link import Link
from hansa.index.link_time import Association
from hansa.report.document import Section, Table
from hansa.study.monitor import NORDIC, Monitor, Side, published_monitor
from hansa.views.format import MINUS, MISSING, grouped, joined
from hansa.views.monitor import Group, monitor_scatter
from hansa.views.monitor_figure import signed
from hansa.views.monitor_rows import monitor_links, monitor_ranks

MONITOR = ("monitor-link", "monitor-ranks", "monitor-limits")
"""The sections on the two Monitor tables."""

_SOURCE = (
    "Source: BSR InnoNet conference publication, May 2009, chapter 1.2, tables 1 and 2 (Nordic "
    "Innovation Monitor), retyped. Computed by Hansa from the four printed columns."
)
_PYTHON = "from hansa.study.monitor import published_monitor\npublished_monitor()"
_CHECK = (
    "import hansa\nfrom pathlib import Path\nfrom hansa.study import published\n"
    'hansa.check(Path(published.__file__).parent / "published2009")'
)


@cache
def monitor_2009() -> Monitor:
    """The study of the two printed tables, computed once a process."""
    return published_monitor()


def sections_monitor() -> tuple[Section, ...]:
    """Three questions on the two Monitor tables: the link, the ranks, what is not supported."""
    m = monitor_2009()
    said = _sorted_out(m)
    return _link(m, said["link"]), _ranks(m, said), _limits(m)


def _sorted_out(m: Monitor) -> dict[str, list[str]]:
    """Each sentence of the study under its question: `group`, `rank` or `link`."""
    said: dict[str, list[str]] = {"group": [], "rank": [], "link": []}
    groups = tuple(f"{g.name} (" for g in m.groups)
    sides = {s.table.side.capitalize() for s in (m.performance, m.framework)}
    heads = {f"{side}{year}" for side in sides for year in ("", *(f" {y}" for y in _years(m)))}
    for sentence in m.says:
        rank = sentence.partition(":")[0] in heads
        kind = "group" if sentence.startswith(groups) else "rank" if rank else "link"
        said[kind].append(sentence)
    return said


def _years(m: Monitor) -> tuple[int, int]:
    return m.performance.table.years


def _link(m: Monitor, said: list[str]) -> Section:
    now = _years(m)[1]
    main = [s for s in said if s.startswith(("In ", "Without ", "Framework conditions of "))]
    at = f"index {now}"
    group = Group("Nordic countries", NORDIC)
    return Section(
        id=MONITOR[0],
        question="Do framework conditions and performance go together?",
        answer=tuple(main),
        figures=(
            monitor_scatter(m.framework.table, m.performance.table, m.links[at], group, _SOURCE),
            monitor_links(named_links(m), lagged(m), _SOURCE),
        ),
        certainty=tuple(s for s in said if s not in main),
        line=f"{_SOURCE} {_draws(m)}",
        python=f"{_PYTHON}.links",
    )


def named_links(m: Monitor) -> dict[str, Link]:
    """The links of two columns, by the names they have in a report."""
    return {name.capitalize(): found for name, found in m.links.items()}


def lagged(m: Monitor) -> dict[str, Association]:
    """Earlier framework against later change, by the names they have in a report."""
    before = _years(m)[0]
    return {
        f"Framework {before}, change of performance": m.lag.lagged,
        f"The same, performance {before} held fixed": m.lag.controlled,
    }


def _draws(m: Monitor) -> str:
    return f"{grouped(m.draws)} draws each, seed {m.seed}."


def _ranks(m: Monitor, said: dict[str, list[str]]) -> Section:
    now = _years(m)[1]
    sides = (m.performance, m.framework)
    first = [_first(side) for side in sides]
    figures = [
        monitor_ranks(s.table, s.ranks[now], s.ranks[_years(m)[0]], s.moves.earlier, _SOURCE)
        for s in sides
    ]
    return Section(
        id=MONITOR[1],
        question="Who stood where, and how sure is the order?",
        answer=(" ".join(first), *said["group"]),
        figures=tuple(figures),
        tables=(profiles(m),),
        certainty=tuple(said["rank"]),
        line=f"{_SOURCE} {_draws(m)}",
        python=f"{_PYTHON}.performance.ranks",
    )


def _first(side: Side) -> str:
    """Who may be first by the printed index, and who is by the printed rank."""
    now = side.table.years[1]
    can = [side.table.names[i] for i in np.flatnonzero(side.ranks[now].best == 1)]
    printed = joined([side.table.names[i] for i in np.flatnonzero(side.table.rank == 1)])
    start = f"First in {side.table.side} {now}: {printed}"
    if len(can) < 2:
        return f"{start}; certain."
    others = joined([name for name in can if name != printed])
    return f"{start} by the printed rank; by the printed index also possible: {others}."


def profiles(m: Monitor) -> Table:
    """Means of the groups beside the top three performers and all countries."""
    now = _years(m)[1]
    rows = [
        (
            g.name,
            p.side.capitalize(),
            f"{p.year}",
            f"{p.mean:.1f}",
            f"{p.best:.1f}",
            f"{p.median:.0f}",
            f"{p.lowest:.0f}–{p.highest:.0f}",
            signed(g.gap[p.side], 1) if p.year == now else MISSING,
        )
        for g in m.groups
        for p in sorted(g.profiles, key=lambda p: (p.side, p.year))
    ]
    heads = ("Group", "Index", "Year", "Mean", "Top three", "Median", "Range", "Gap")
    return Table("Groups of countries, in points of the index", heads, tuple(rows), _note(m))


def _note(m: Monitor) -> str:
    who = [f"{g.name}: {g.definition}." for g in m.groups]
    return " ".join(
        [
            "Top three: mean of the three with the highest performance of the year, in this index. "
            "Median and range: of all countries. Gap: the top three (the country itself left out) "
            f"less its own points, mean over the group, for {_years(m)[1]} only; below zero, the "
            "group is ahead.",
            *who,
        ]
    )


def _limits(m: Monitor) -> Section:
    return Section(
        id=MONITOR[2],
        question="What do the tables not support?",
        answer=m.unsupported[:2],
        tables=(_contradictions(m),),
        certainty=m.unsupported[2:],
        line=_SOURCE,
        python=_CHECK,
    )


def _contradictions(m: Monitor) -> Table:
    """What the checks of printed accounts found, errors and warnings, and what they propose."""
    found = [f for f in m.findings if f.severity != "note"]
    rows = [
        (f"{f.place.partition(',')[0].capitalize()}: {f.rule}", _with_minus(f.printed))
        for f in found
    ]
    # The sentences repeat the rows, but for what follows from them.
    beyond = [s for s in m.inconsistent if not any(f.printed in s for f in found)]
    note = (
        "Found by the checks of printed accounts, the same for any table; every number is used as "
        "printed."
    )
    return Table(
        "Where the tables contradict themselves",
        ("What does not agree", "What is printed"),
        tuple(rows),
        " ".join([note, *(_with_minus(s) for s in beyond)]),
    )


def _with_minus(text: str) -> str:
    return re.sub(r"(?<![\w.])-(?=\d)", MINUS, text)
