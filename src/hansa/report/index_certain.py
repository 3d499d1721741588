"""What a report of an index says of itself: whose numbers, how sure, and what cannot be said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from hansa.errors import listed
from hansa.report.document import Section, Table
from hansa.views.format import grouped
from hansa.views.index_words import IndexView, decimals_of, number, percent, replications


def scores_only(view: IndexView) -> str:
    """What can be said without replications."""
    best = view.names[view.order[0]]
    return (
        f"{best} has the highest score of {view.size()}; whether it is ahead cannot be said "
        "without replications."
    )


def score_table(view: IndexView) -> Table:
    """Scores without ranks: a rank without its interval is not shown."""
    digits = decimals_of(view.score)
    rows = tuple((view.names[i], view.codes[i], number(view.score[i], digits)) for i in view.order)
    return Table(f"Scores, {view.sample()}", (view.words.thing.capitalize(), "Code", "Score"), rows)


def how_sure(view: IndexView) -> Iterator[str]:
    """What the ranks of a league rest on."""
    made = view.replicated()
    yield replications(made)
    yield from made.warnings()
    share = float(view.data.filled.mean())
    most = int(np.argmax(view.filled))
    if share > 0:
        yield (
            f"{percent(share, 1)} of all cells are filled by a rule; most weight rests on them for "
            f"{view.names[most]}: {percent(view.filled[most])}."
        )
    if view.exact is not None:
        sure = sum(a[0] == a[1] for i in range(view.rows.size) if (a := view.extremes(i)))
        proven = bool(view.exact.proven.all())
        yield (
            f"Under any weights of the weight set, {sure or 'none'} of {view.size()} keeps one "
            "rank; "
            + (
                "all best and worst ranks are exact."
                if proven
                else "some best and worst ranks are outer bounds."
            )
        )


def gaps_section(view: IndexView, lost: Sequence[str]) -> Section:
    """What is missing or filled, and which questions this index could not be asked."""
    data = view.data
    empty = int(np.isnan(data.values[view.rows]).sum())
    filled = int(data.filled[view.rows].sum())
    every = data.values[view.rows].size
    when = f" of {view.year}" if view.year else ""
    answer = [
        f"Of {grouped(every)} cells{when}, {grouped(filled) if filled else 'none'} "
        f"{'is' if filled == 1 else 'are'} filled by a rule and "
        f"{grouped(empty) if empty else 'none'} {'is' if empty == 1 else 'are'} missing."
    ]
    answer += lost
    said = [w for entry in view.result.stage.log for w in entry.warnings]
    out = [t for e in view.result.stage.log if e.step == "screen" for t in e.said]
    return Section(
        "gaps", "What cannot be said, and why?", tuple(answer), tables=_cells(view),
        certainty=(*out, *said, *view.result.notes),
    )  # fmt: skip


def _cells(view: IndexView) -> tuple[Table, ...]:
    """Filled and missing cells by indicator, where there are any."""
    found = (
        ("Cells that a rule filled", "Filled cells", view.data.filled[view.rows]),
        ("Missing cells", "Missing cells", np.isnan(view.data.values[view.rows])),
    )
    out = []
    for title, head, marks in found:
        count = marks.sum(axis=0)
        rows = []
        for j in [int(j) for j in np.argsort(-count, kind="stable") if count[j]]:
            names = listed((view.names[i] for i in np.flatnonzero(marks[:, j])), 12)
            rows.append((view.tree.nodes[j].label, str(count[j]), names))
        if rows:
            columns = ("Indicator", head, view.words.things.capitalize())
            out.append(Table(title, columns, tuple(rows)))
    return tuple(out)


def origin(view: IndexView) -> str:
    """Whose numbers these are, and what was filled before anything was computed."""
    if view.words.model_data:
        return "Every number is made up to show the method and is true of nobody."
    source = view.words.source or "not stated"
    filled = int(view.data.filled.sum())
    done = f" {grouped(filled)} cells are filled by a rule." if filled else ""
    return f"Source of the indicators: {source}.{done} Scores and ranks are computed from them."
