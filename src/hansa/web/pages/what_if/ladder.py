"""What it takes to reach each better rank: the smallest change of indicators together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hansa.language import _, ngettext
from hansa.report.document import Section, Table

if TYPE_CHECKING:
    from hansa.index.reach import Reach
    from hansa.web.indices import OpenIndex

NEXT = 6
"""Ranks just ahead that the ladder names, each."""
AIMS = (20, 10, 5, 3, 1)
"""Ranks farther ahead that it names."""
NAMED = 4
"""Indicators of one change that are named; the others are counted."""
GAIN = 3
"""Places of the figure of single indicators."""


def ladder_section(index: OpenIndex, unit: str) -> Section | None:
    """Every rank ahead of a unit; None for the first one and for a unit without a rank.

    Raises HansaError where the index is no weighted sum.
    """
    from hansa.views.index_whatif import reach_answer, reach_figure

    view, sheet = index.view, index.whatif
    rank = view.rank[view.place(unit)]
    if not rank > 1:
        return None
    gain = min(GAIN, int(rank) - 1)
    return Section(
        "reach",
        _("What would it take for {name} to rank higher?", name=view.name(unit)),
        (reach_answer(view, sheet, unit, gain),),
        (reach_figure(view, sheet, unit, gain),),
        (_ladder(index, unit, int(rank)),),
        certainty=(
            _(
                "Others are taken to stay where they are, and the scale as it is; what a point "
                "costs in effort is taken to be the same for every indicator."
            ),
            _(
                "The ranks are those of the run as described. {name} ranks {rank} with the choices "
                "left open.",
                name=view.name(unit),
                rank=view.rank_text(view.place(unit)),
            ),
        ),
        **index.told(
            "from hansa.index.whatif import Sheet\n"
            f'Sheet(result.evaluator).reach("{unit}", {gain})',
            f"whatif {{}} --unit {unit} --gain {gain}",
        ),
    )


def rungs(rank: int) -> list[int]:
    """Ranks that are named, the nearest first."""
    near = list(range(rank - 1, max(0, rank - 1 - NEXT), -1))
    return [*near, *(aim for aim in AIMS if near and aim < near[-1])]


def _ladder(index: OpenIndex, unit: str, rank: int) -> Table:
    from hansa.index.reach import smallest_change
    from hansa.views.index_words import number

    view, sheet = index.view, index.whatif
    k, lever = sheet.levers(unit)
    assert sheet.stage.scores is not None
    own = sheet.stage.scores[sheet.rows, sheet.stage.tree.root]
    rows = []
    for aim in rungs(rank):
        found = smallest_change(own, k, rank - aim, lever)
        holders = [view.names[i] for i in view.order if view.rank[i] == aim]
        if found.possible:
            rows.append((str(aim), ", ".join(holders), number(found.cost, 1),
                         _change(index, unit, k, found)))  # fmt: skip
        else:
            best = _(
                "out of reach: all at the best value observed give rank {rank}", rank=found.reached
            )
            rows.append((str(aim), ", ".join(holders), "·", best))
    note = _(
        "Points of the common scale over all indicators that move; values after denominating and "
        "filling. No indicator goes beyond what some unit has."
    )
    columns = (_("Rank"), _("Held now by"), _("Points"), _("Smallest change"))
    caption = _("What {name} would need, now on rank {rank}", name=view.name(unit), rank=rank)
    return Table(caption, columns, tuple(rows), note)


def _change(index: OpenIndex, unit: str, k: int, found: Reach) -> str:
    import numpy as np

    from hansa.views.index_reach import decimals_in, needed_text
    from hansa.views.index_words import raw_text

    sheet, tree = index.whatif, index.view.tree
    now = sheet.entry.data.values[sheet.rows[k]]
    after = sheet.reached(unit, found)
    enough = sheet.enough(unit, after)
    moved = [int(j) for j in np.argsort(-np.abs(found.delta), kind="stable") if found.delta[j]]
    best = sheet.best(unit, after)
    told = [
        # As many digits as a published value has are of no use beside its name.
        f"{tree.nodes[j].label} {raw_text(float(now[j]))} → "
        + _("{value} (best observed)", value=raw_text(float(after[j])))
        if best[j]
        else f"{tree.nodes[j].label} {raw_text(float(now[j]), decimals_in(enough[j]))} → "
        f"{needed_text(float(after[j]), enough[j])}"
        for j in moved[:NAMED]
    ]
    rest = len(moved) - NAMED
    return "; ".join(
        [*told, *([ngettext("and {number} more", "and {number} more", rest)] if rest > 0 else [])]
    )
