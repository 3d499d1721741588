"""Robustness: ranks under all the choices left open, which choice matters, and the audit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hansa.language import N_, _, pgettext
from hansa.web.index_missing import without_index
from hansa.web.indices import (
    OpenIndex,
    index_controls,
    index_sheet,
    opened,
    sections_of,
    unit_control,
)
from hansa.web.page import Page
from hansa.web.session import Session
from hansa.web.sheet import Sheet
from hansa.web.state import METHOD, State

if TYPE_CHECKING:
    from hansa.report.document import Section, Table
    from hansa.views.figure import Figure

_QUESTION = N_("How firm are the ranks?")
_WHISKERS = N_(
    "The whiskers are 95\u202f% intervals of the shares, by bootstrap over the evaluations."
)
MOST = 12
"""Indicators in the table of removals."""
_SHORT = ("choices-shift", "audit")
"""Sections whose answers stand at the top."""


def _build(session: Session, state: State) -> Sheet:
    index = opened(session, state)
    if index is None:
        return without_index(session, _(_QUESTION))
    unit, view = state.unit, index.view
    if unit:
        view.place(unit)
    sections, lost = index.kept(("robustness", unit), lambda: _sections(index, unit))
    page = Sheet(
        question=_("How firm are the ranks of the index {title}?", title=view.title),
        answer=(*(s.answer[0] for s in sections[1:] if s.id in _SHORT), *lost),
        sections=sections,
        controls=(
            *index_controls(session, index.place.name),
            unit_control(index, unit, optional=True),
        ),
    )
    return index_sheet(session, index, page)


def _sections(index: OpenIndex, unit: str) -> tuple[tuple[Section, ...], tuple[str, ...]]:
    return sections_of(
        index,
        {
            pgettext("section", "ranks"): lambda: _ranks(index, unit),
            _("which choice matters"): lambda: _choices(index, "shift"),
            _("the rank of the unit"): lambda: _choices(index, f"rank:{unit}") if unit else None,
            _("leaving indicators out"): lambda: index.kept("removal", lambda: _removal(index)),
            _("the audit"): lambda: index.kept("audit", lambda: _audit(index)),
        },
    )


def _ranks(index: OpenIndex, unit: str) -> Section:
    from hansa.index.retold import retold
    from hansa.report.document import Section
    from hansa.report.index_certain import how_sure
    from hansa.views.index_league import first_place, league_figure, widest
    from hansa.views.index_words import IndexView
    from hansa.web.pages.robustness.frequency import frequency_figure

    view = IndexView(index.whole, index.words)
    chosen = (unit,) if unit else ()
    why = retold(index.exact) if isinstance(index.exact, str) else ""
    return Section(
        "ranks",
        _("How often does each stand where?"),
        (f"{first_place(view)}.", widest(view)),
        (frequency_figure(view, chosen), league_figure(view, chosen)),
        certainty=(
            *how_sure(view),
            *((_("No exact best and worst ranks: {why}.", why=why),) if why else ()),
        ),
        **index.told(
            "result.robustness.years[result.data.years[-1]][1].acceptability",
            "intervals {}",
        ),
    )


def _choices(index: OpenIndex, target: str) -> Section | None:
    from hansa.errors import HansaError
    from hansa.index.retold import retold
    from hansa.report.document import Section
    from hansa.views.format import grouped
    from hansa.views.index_sensitivity import (
        sensitivity_answer,
        sensitivity_figure,
        target_words,
    )

    found = index.sensitivity(target)
    if found is None:
        return None
    kind, _colon, unit = target.partition(":")
    if unit and "," not in index.view.name(unit):
        found = replace(found, target=f"{kind}:{index.view.name(unit)}")
    count = grouped(found.evaluations)
    how = "" if found.exact else _("{count} evaluations of the index.", count=count)
    said = map(retold, found.said())
    try:
        figures: tuple[Figure, ...] = (sensitivity_figure(index.view, found),)
    except HansaError:  # no choice moves it: the answer says so
        figures = ()
    rows = f'[rows.tolist().index(result.data.row_of("{unit}"))]' if unit else "[]"
    return Section(
        f"choices-{kind}",
        _("Which choice moves {target} most?", target=target_words(found.target)),
        (sensitivity_answer(found),),
        figures,
        certainty=tuple(filter(None, (how, *said, "" if found.exact else _(_WHISKERS)))),
        **index.told(
            "from hansa.index.sensitivity import sensitivity, target_of\n"
            "rows = list(result.data.by_year())[-1]\n"
            f'target = target_of("{kind}", {rows})\n'
            f'sensitivity(result.evaluator, [("{target}", target)], seed=result.evaluator.seed)',
            f"run {{}} --sensitivity {target}",
        ),
    )


def _removal(index: OpenIndex) -> Section | None:
    from hansa.report.document import Section
    from hansa.views.index_words import number

    view = index.view
    if view.tree.leaves < 2:
        return None
    first, mean, table = _without_each(index)
    return Section(
        "removal",
        _("What if an indicator were left out?"),
        (
            _("Without {first}, ranks change by {mean} places on average, more than without any "
              "other of {count} indicators.",
              first=first, mean=number(mean, 1), count=view.tree.leaves),
        ),
        tables=(table,),
        certainty=(_("All else stays as it is: scales are not fitted again, weights are shared "
                     "among what is left of the family."),),
        **index.told(
            "from hansa.index.removal import removal\nremoval(result.stage)",
            "report {} --out index.html",
        ),
    )  # fmt: skip


def _without_each(index: OpenIndex) -> tuple[str, float, Table]:
    """Whose removal moves ranks most, by how many places, and the table of all."""
    import numpy as np

    from hansa.index.removal import removal
    from hansa.report.document import Table
    from hansa.views.index_words import number, signed

    view, tree = index.view, index.view.tree
    found = removal(view.result.stage, codes=tuple(n.code for n in tree.indicators))
    change = np.nan_to_num(found.change[view.rows])
    order = np.argsort(-found.shift, kind="stable")
    most = np.argmax(np.abs(change), axis=0)
    rows = tuple(
        (tree.nodes[j].label, number(float(found.shift[j]), 2),
         f"{view.names[most[j]]} {signed(float(change[most[j], j]))}",
         str(int((change[:, j] != 0).sum())))
        for j in order[:MOST]
    )  # fmt: skip
    columns = (_("Left out"), _("Mean change of rank"), _("Changes most"), _("Ranks that change"))
    note = _("Places that the rank rises (+) or falls (−) without the indicator.")
    if order.size > MOST:
        more = _("The {most} of {all} that move ranks most; the report has all.", most=MOST,
                 all=order.size)  # fmt: skip
        note = f"{note} {more}"
    table = Table(_("The index without each indicator"), columns, rows, note)
    return tree.nodes[int(order[0])].label, float(found.shift[order[0]]), table


def _audit(index: OpenIndex) -> Section:
    from hansa.report.index_audit_report import audit_section

    told = index.told("from hansa.index.audit import audit\naudit(result)", "audit {}")
    made = audit_section(index.audit, told)
    found, steps = made.tables
    # Rows are in the order of severity, whatever their language calls it.
    rows = found.rows[: index.audit.count("error") + index.audit.count("warning")]
    if notes := len(found.rows) - len(rows):
        note = _(
            "{notes} more are notes, or could not be judged; the command below lists them.",
            notes=notes,
        )
        found = replace(found, rows=rows, note=note)
    return replace(made, tables=(found, steps))


PAGE = Page(
    id="robustness",
    label=N_("Robustness"),
    help=N_("Ranks under all choices, which choice matters, removal of indicators, the audit"),
    parameters=(
        "index",
        "unit",
        *METHOD,
    ),
    build=_build,
    place=75,
    needs="index",
)
