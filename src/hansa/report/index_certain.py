"""What a report of an index says of itself: whose numbers, how sure, and what cannot be said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from hansa.index.retold import retold
from hansa.language import _, ngettext, pgettext
from hansa.report.document import Section, Table
from hansa.views.format import enumerated, grouped
from hansa.views.index_words import IndexView, decimals_of, number, percent, replications


def scores_only(view: IndexView) -> str:
    """What can be said without replications."""
    best = view.names[view.order[0]]
    return _(
        "{best} has the highest score of {units}; whether it is ahead cannot be said without "
        "replications.",
        best=best,
        units=view.size(),
    )


def score_table(view: IndexView) -> Table:
    """Scores without ranks: a rank without its interval is not shown."""
    digits = decimals_of(view.score)
    rows = [
        (view.names[i], view.codes[i], number(view.score[i], digits), view.observed_text(i))
        for i in view.order
    ]
    title = _("Scores, {sample}", sample=view.sample())
    columns = (_capital(view.thing), _("Code"), _("Score"), _("Indicators observed"))
    shown = len(columns) if any(row[-1] for row in rows) else len(columns) - 1
    return Table(title, columns[:shown], tuple(row[:shown] for row in rows))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def how_sure(view: IndexView) -> Iterator[str]:
    """What the ranks of a league rest on."""
    made = view.replicated()
    yield from view.parts()
    yield replications(made)
    yield from map(retold, made.warnings())
    share = float(view.data.filled.mean())
    most = int(np.argmax(view.filled))
    if share > 0:
        yield _(
            "{share} of all cells are filled by a rule; most weight rests on them for {unit}: "
            "{most}.",
            share=percent(share, 1),
            unit=view.names[most],
            most=percent(view.filled[most]),
        )
    if view.exact is not None:
        sure = sum(a[0] == a[1] for i in range(view.rows.size) if (a := view.extremes(i)))
        said = {"count": sure or pgettext("count", "none"), "units": view.size()}
        if view.exact.proven.all():
            yield _(
                "Under any weights of the weight set, {count} of {units} keeps one rank; all best "
                "and worst ranks are exact.",
                **said,
            )
        else:
            yield _(
                "Under any weights of the weight set, {count} of {units} keeps one rank; some best "
                "and worst ranks are outer bounds.",
                **said,
            )


def gaps_section(view: IndexView, lost: Sequence[str]) -> Section:
    """What is missing or filled, and which questions this index could not be asked."""
    data = view.data
    empty = int(np.isnan(data.values[view.rows]).sum())
    filled = int(data.filled[view.rows].sum())
    every = data.values[view.rows].size
    answer = [_counted(view.year, every, filled, empty), *lost]
    said = [w for entry in view.result.stage.log for w in entry.warnings]
    out = [t for e in view.result.stage.log if e.step == "screen" for t in e.said]
    return Section(
        "gaps", _("What cannot be said, and why?"), tuple(answer), tables=_cells(view),
        certainty=tuple(map(retold, (*out, *said, *view.result.notes))),
    )  # fmt: skip


def _counted(year: int, every: int, filled: int, empty: int) -> str:
    none = pgettext("count", "none")
    said = {
        "cells": _cells_of(every, year),
        "filled": grouped(filled) if filled else none,
        "missing": grouped(empty) if empty else none,
    }
    if filled == 1 and empty == 1:
        return _("Of {cells}, {filled} is filled by a rule and {missing} is missing.", **said)
    if filled == 1:
        return _("Of {cells}, {filled} is filled by a rule and {missing} are missing.", **said)
    if empty == 1:
        return _("Of {cells}, {filled} are filled by a rule and {missing} is missing.", **said)
    return _("Of {cells}, {filled} are filled by a rule and {missing} are missing.", **said)


def _cells_of(count: int, year: int) -> str:
    if year:
        return _("{count} cells of {year}", count=grouped(count), year=year)
    return _("{count} cells", count=grouped(count))


def _cells(view: IndexView) -> tuple[Table, ...]:
    """Filled and missing cells by indicator, where there are any."""
    found = (
        (_("Cells that a rule filled"), _("Filled cells"), view.data.filled[view.rows]),
        (_("Missing cells"), _("Missing cells"), np.isnan(view.data.values[view.rows])),
    )
    out = []
    for title, head, marks in found:
        count = marks.sum(axis=0)
        rows = []
        for j in [int(j) for j in np.argsort(-count, kind="stable") if count[j]]:
            names = enumerated((view.names[i] for i in np.flatnonzero(marks[:, j])), 12)
            rows.append((view.tree.nodes[j].label, str(count[j]), names))
        if rows:
            columns = (_("Indicator"), head, _capital(view.things))
            out.append(Table(title, columns, tuple(rows)))
    return tuple(out)


def origin(view: IndexView) -> str:
    """Whose numbers these are, and what was filled before anything was computed."""
    if view.words.model_data:
        return _("Every number is made up to show the method and is true of nobody.")
    if filled := int(view.data.filled.sum()):
        return ngettext(
            "Source of the indicators: {source}. One cell is filled by a rule. Scores and ranks "
            "are computed from them.",
            "Source of the indicators: {source}. {count} cells are filled by a rule. Scores and "
            "ranks are computed from them.",
            filled,
            source=view.source,
            count=grouped(filled),
        )
    return _(
        "Source of the indicators: {source}. Scores and ranks are computed from them.",
        source=view.source,
    )
