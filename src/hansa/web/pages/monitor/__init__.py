"""The Monitor: who stands where on a composite index, how firmly, and who rose and fell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from hansa.errors import UsageError, listed
from hansa.language import N_, _, pgettext
from hansa.web.index_missing import without_index
from hansa.web.indices import (
    PUBLISHED,
    OpenIndex,
    index_controls,
    index_sheet,
    is_published,
    opened,
    sections_of,
    unit_control,
)
from hansa.web.page import Page
from hansa.web.session import Session
from hansa.web.sheet import Choice, Control, Sheet
from hansa.web.state import METHOD, State

if TYPE_CHECKING:
    from hansa.report.document import Section

_QUESTION = N_("Who stands where?")


def _build(session: Session, state: State) -> Sheet:
    if is_published(session, state):
        return _published(session, state.unit)
    index = opened(session, state)
    if index is None:
        return without_index(session, _(_QUESTION))
    view = index.view
    if state.unit:
        view.place(state.unit)
    sections, lost = index.kept(("monitor", state.unit), lambda: _sections(index, state.unit))
    page = Sheet(
        question=_question(index),
        answer=lost,
        sections=sections,
        controls=(
            *index_controls(session, index.place.name, published=True),
            unit_control(index, state.unit, optional=True),
        ),
    )
    return index_sheet(session, index, page)


def _question(index: OpenIndex) -> str:
    return _("Who stands where on the index {title}?", title=index.view.title)


def _sections(index: OpenIndex, unit: str) -> tuple[tuple[Section, ...], tuple[str, ...]]:
    made, lost = sections_of(
        index,
        {
            pgettext("section", "ranks"): lambda: league(index, unit),
            _("change over years"): lambda: index.kept("time", lambda: _time(index)),
            _("the tree"): lambda: index.kept("tree", lambda: _tree(index)),
        },
    )
    return (*made, index.kept("gaps", lambda: _gaps(index))), lost


def league(index: OpenIndex, unit: str) -> Section:
    """Every rank with its interval; a unit, where one is chosen, in bold."""
    from hansa.report.document import Section
    from hansa.report.index_certain import how_sure
    from hansa.views.index_league import first_place, league_figure, widest

    view = index.view
    return Section(
        "league",
        _question(index),
        (f"{first_place(view)}.", widest(view)),
        (league_figure(view, (unit,) if unit else ()),),
        certainty=tuple(how_sure(view)),
        **index.told("result.rank, result.robustness.years", "run {}"),
    )


def _time(index: OpenIndex) -> Section | None:
    from hansa.report.document import Section
    from hansa.views.index_change import change_answer, change_figure
    from hansa.views.index_time import time_figure

    view = index.view
    years = view.data.years
    if len(years) < 2:
        return None
    start, end = years[0], years[-1]
    words = _("comparing ranks of {start} and {end} in every replication", start=start, end=end)
    index.tell(words, 0.6)
    return Section(
        "time",
        _("Who rose and who fell from {start} to {end}?", start=start, end=end),
        change_answer(view, start, end),
        (time_figure(view), change_figure(view, start, end)),
        certainty=(
            _(
                "A change counts where its own 90\u202f% interval leaves 0 out. A rank can change "
                "because others move: the change of score stands beside it."
            ),
            _("Every replication makes the same choices in all years."),
        ),
        **index.told(
            "from hansa.index.change import rank_change\n"
            f"rank_change(result.robustness, {start}, {end})",
            f"change {{}} --from {start} --to {end}",
        ),
    )


def _tree(index: OpenIndex) -> Section:
    from hansa.report.document import Section
    from hansa.views.index_tree import tree_answer, tree_figure

    view = index.view
    return Section(
        "tree",
        _("What is the index made of, and what moves it?"),
        (f"{tree_answer(view)}.",),
        (tree_figure(view),),
        certainty=(
            _(
                "Correlation ratios over {size} describe this table; they rise a little by chance "
                "where units are few.",
                size=view.size(),
            ),
        ),
        **index.told(
            "from hansa.index.removal import effective_weights\neffective_weights(result.stage)",
            "report {} --out index.html",
        ),
    )


def _gaps(index: OpenIndex) -> Section:
    from hansa.report.index_certain import gaps_section

    return gaps_section(index.view, ())


def _published(session: Session, unit: str) -> Sheet:
    """The two printed tables of 2009: real, whatever the facts of the study are."""
    from hansa.report.monitor import monitor_2009, sections_monitor

    session.tell(_("computing what the printed tables of 2009 support"), 0.2)
    sections = sections_monitor()
    return Sheet(
        question=_("What does the Nordic Innovation Monitor of 2009 say, and what does it not?"),
        sections=sections,
        controls=(
            *index_controls(session, PUBLISHED, published=True),
            _country(dict(zip(monitor_2009().codes, monitor_2009().names, strict=True)), unit),
        ),
        origin=_(
            "Real data: two tables of the conference publication of May 2009, retyped. The facts "
            "of this study take no part in them."
        ),
    )


def _country(names: Mapping[str, str], chosen: str) -> Control:
    """The control that lights up a country of the printed tables. Raises UsageError."""
    if chosen and chosen not in names:
        raise UsageError(
            f"the printed tables have no country {chosen!r}",
            admissible=listed(sorted(names), 60),
            fix="leave unit out of the address",
        )
    named = sorted((name, code) for code, name in names.items())
    none = Choice("", pgettext("country", "none"))
    choices = (none, *(Choice(code, f"{name} ({code})") for name, code in named))
    return Control("unit", _("Country"), choices, chosen)


PAGE = Page(
    id="monitor",
    label=N_("Monitor"),
    help=N_("A composite index: ranks with their intervals, its tree, its change over years"),
    parameters=(
        "index",
        "unit",
        *METHOD,
    ),
    build=_build,
    place=50,
    needs="index",
)
