"""The Nordic Innovation Monitor of 2009 as sections of a report: real, printed tables, computed.

What the tables say, what they do not support, and where they contradict themselves.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import numpy as np

from hansa.index.link import Link
from hansa.index.link_time import Association
from hansa.index.printed import PrintedTable
from hansa.language import N_, _, named, pgettext, spoken
from hansa.report.document import Section, Table
from hansa.study import published
from hansa.study.monitor import NORDIC, Monitor, Side, findings, published_monitor
from hansa.study.monitor_words import Kind, capital, inconsistent, side_of, told, unsupported
from hansa.views.format import MINUS, MISSING, grouped, joined
from hansa.views.monitor import Group, monitor_scatter
from hansa.views.monitor_figure import signed
from hansa.views.monitor_rows import monitor_links, monitor_ranks

MONITOR = ("monitor-link", "monitor-ranks", "monitor-limits")
"""The sections on the two Monitor tables."""

_SOURCE = N_(
    "Source: BSR InnoNet conference publication, May 2009, chapter 1.2, tables 1 and 2 (Nordic "
    "Innovation Monitor), retyped. Computed by Hansa from the four printed columns."
)
_PYTHON = "from hansa.study.monitor import published_monitor\npublished_monitor()"
_CHECK = (
    "import hansa\nfrom pathlib import Path\nfrom hansa.study import published\n"
    'hansa.check(Path(published.__file__).parent / "published2009")'
)


@cache
def _computed() -> Monitor:
    return published_monitor()


def monitor_2009() -> Monitor:
    """The study of the two printed tables, computed once, with countries in the language spoken."""
    return _said_in(spoken())


@cache
def _said_in(language: str) -> Monitor:
    m = _computed()
    framework, performance = (
        replace(side, table=_spoken(side.table)) for side in (m.framework, m.performance)
    )
    residuals = tuple(replace(r, name=named("place", r.name)) for r in m.residuals)
    return replace(
        m,
        names=performance.table.names,
        framework=framework,
        performance=performance,
        residuals=residuals,
    )


def _spoken(table: PrintedTable) -> PrintedTable:
    return replace(table, names=tuple(named("place", name) for name in table.names))


def sections_monitor() -> tuple[Section, ...]:
    """Three questions on the two Monitor tables: the link, the ranks, what is not supported."""
    # The study is computed once; its sentences and findings are said anew in each language.
    tables = published.monitor_framework(), published.monitor_performance()
    m = replace(monitor_2009(), findings=tuple(findings(*map(_spoken, tables))))
    said: dict[Kind, list[str]] = {"main": [], "link": [], "group": [], "rank": []}
    for kind, sentence in told(m):
        said[kind].append(sentence)
    return _link(m, said), _ranks(m, said), _limits(m)


def _years(m: Monitor) -> tuple[int, int]:
    return m.performance.table.years


def _link(m: Monitor, said: dict[Kind, list[str]]) -> Section:
    at = f"index {_years(m)[1]}"
    group = Group(_("Nordic countries"), NORDIC)
    source = _(_SOURCE)
    return Section(
        id=MONITOR[0],
        question=_("Do framework conditions and performance go together?"),
        answer=tuple(said["main"]),
        figures=(
            monitor_scatter(m.framework.table, m.performance.table, m.links[at], group, source),
            monitor_links(named_links(m), lagged(m), source),
        ),
        certainty=tuple(said["link"]),
        line=f"{source} {_draws(m)}",
        python=f"{_PYTHON}.links",
    )


def named_links(m: Monitor) -> dict[str, Link]:
    """The links of two columns, by the names they have in a report."""
    before, now = _years(m)
    called = {
        f"index {now}": _("Index {year}", year=now),
        f"index {before}": _("Index {year}", year=before),
        "change of index": _("Change of index"),
        f"rank {now}": _("Rank {year}", year=now),
        "change of rank": _("Change of rank"),
    }
    return {called[name]: found for name, found in m.links.items()}


def lagged(m: Monitor) -> dict[str, Association]:
    """Earlier framework against later change, by the names they have in a report."""
    before = _years(m)[0]
    return {
        _("Framework {year}, change of performance", year=before): m.lag.lagged,
        _("The same, performance {year} held fixed", year=before): m.lag.controlled,
    }


def _draws(m: Monitor) -> str:
    return _("{draws} draws each, seed {seed}.", draws=grouped(m.draws), seed=m.seed)


def _ranks(m: Monitor, said: dict[Kind, list[str]]) -> Section:
    now = _years(m)[1]
    sides = (m.performance, m.framework)
    first, source = [_first(side) for side in sides], _(_SOURCE)
    figures = [
        monitor_ranks(s.table, s.ranks[now], s.ranks[_years(m)[0]], s.moves.earlier, source)
        for s in sides
    ]
    return Section(
        id=MONITOR[1],
        question=_("Who stood where, and how sure is the order?"),
        answer=(" ".join(first), *said["group"]),
        figures=tuple(figures),
        tables=(profiles(m),),
        certainty=tuple(said["rank"]),
        line=f"{source} {_draws(m)}",
        python=f"{_PYTHON}.performance.ranks",
    )


def _first(side: Side) -> str:
    """Who may be first by the printed index, and who is by the printed rank."""
    now = side.table.years[1]
    can = [side.table.names[i] for i in np.flatnonzero(side.ranks[now].best == 1)]
    printed = joined([side.table.names[i] for i in np.flatnonzero(side.table.rank == 1)])
    said = {"index": _(side.table.side), "year": now, "country": printed}
    if len(can) < 2:
        return _("First in {index} {year}: {country}; certain.", **said)
    return _(
        "First in {index} {year}: {country} by the printed rank; by the printed index also "
        "possible: {others}.",
        **said,
        others=joined([name for name in can if name != printed]),
    )


def profiles(m: Monitor) -> Table:
    """Means of the groups beside the top three performers and all countries."""
    now = _years(m)[1]
    rows = [
        (
            _(g.name),
            capital(_(p.side)),
            f"{p.year}",
            grouped(p.mean, 1),
            grouped(p.best, 1),
            grouped(p.median),
            f"{p.lowest:.0f}–{p.highest:.0f}",
            signed(g.gap[p.side], 1) if p.year == now else MISSING,
        )
        for g in m.groups
        for p in sorted(g.profiles, key=lambda p: (p.side, p.year))
    ]
    heads = (
        *(_("Group"), _("Index"), _("Year"), _("Mean")),
        *(_("Top three"), _("Median"), _("Range"), pgettext("distance", "Gap")),
    )
    return Table(_("Groups of countries, in points of the index"), heads, tuple(rows), _note(m))


def _note(m: Monitor) -> str:
    means = _(
        "Top three: mean of the three with the highest performance of the year, in this index. "
        "Median and range: of all countries. Gap: the top three (the country itself left out) less "
        "its own points, mean over the group, for {year} only; below zero, the group is ahead.",
        year=_years(m)[1],
    )
    return " ".join([means, *(f"{_(g.name)}: {_(g.definition)}." for g in m.groups)])


def _limits(m: Monitor) -> Section:
    limits = unsupported(m, published.source()["monitor"])
    return Section(
        id=MONITOR[2],
        question=_("What do the tables not support?"),
        answer=limits[:2],
        tables=(_contradictions(m),),
        certainty=limits[2:],
        line=_(_SOURCE),
        python=_CHECK,
    )


def _contradictions(m: Monitor) -> Table:
    """What the checks of printed accounts found, errors and warnings, and what they propose."""
    found = [f for f in m.findings if f.severity != "note"]
    rows = [(f"{capital(_(side_of(f)))}: {f.rule}", _with_minus(f.printed)) for f in found]
    # The sentences repeat the rows, but for what follows from them.
    beyond = [s for s in inconsistent(m) if not any(f.printed in s for f in found)]
    note = _(
        "Found by the checks of printed accounts, the same for any table; every number is used as "
        "printed."
    )
    return Table(
        _("Where the tables contradict themselves"),
        (_("What does not agree"), _("What is printed")),
        tuple(rows),
        " ".join([note, *(_with_minus(s) for s in beyond)]),
    )


def _with_minus(text: str) -> str:
    return re.sub(r"(?<![\w.])-(?=\d)", MINUS, text)
