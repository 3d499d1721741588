"""One unit of an index: its profile, strengths and gaps, beside its peers, and over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hansa.errors import listed
from hansa.language import N_, _
from hansa.web.index_missing import without_index
from hansa.web.indices import (
    OpenIndex,
    index_controls,
    index_sheet,
    opened,
    region_of,
    sections_of,
    unit_control,
)
from hansa.web.page import Page
from hansa.web.pages.unit.peers import peers_of
from hansa.web.session import Session
from hansa.web.sheet import Control, Sheet
from hansa.web.state import METHOD, State

if TYPE_CHECKING:
    from hansa.report.document import Section


def _build(session: Session, state: State) -> Sheet:
    index = opened(session, state)
    if index is None:
        return without_index(session, _("What is one unit of an index strong and weak at?"))
    unit = index.unit(state.unit, region_of(session))
    key = ("unit", unit, state.compare)
    sections, lost = index.kept(key, lambda: _sections(index, unit, state.compare))
    page = Sheet(
        question=_("Where does {name} stand, and why there?", name=index.view.name(unit)),
        answer=(_short(index, unit), *lost),
        sections=sections,
        controls=(
            *index_controls(session, index.place.name),
            unit_control(index, unit),
            Control("compare", _("Peers"), (), state.compare, _("codes: AA, BB; empty: found")),
        ),
    )
    return index_sheet(session, index, page)


def _short(index: OpenIndex, unit: str) -> str:
    view = index.view
    at = view.place(unit)
    if view.rank[at] != view.rank[at]:
        return _(
            "{name} has no score: too few of its indicators have a value.", name=view.names[at]
        )
    ranks = _(
        "{name} ranks {rank} of {size}; in brackets the 90\u202f% interval.",
        name=view.names[at],
        rank=view.rank_text(at),
        size=view.size(),
    )
    return f"{ranks} {view.rests_on(at)}".strip()


def _sections(
    index: OpenIndex, unit: str, peers: str
) -> tuple[tuple[Section, ...], tuple[str, ...]]:
    return sections_of(
        index,
        {
            _("the profile"): lambda: _profile(index, unit),
            _("strengths"): lambda: _strengths(index, unit),
            _("peers"): lambda: _beside(index, unit, peers),
            _("critical conditions"): lambda: _critical(index, unit),
            _("change over years"): lambda: _time(index, unit, peers),
        },
    )


def _profile(index: OpenIndex, unit: str) -> Section:
    from hansa.report.document import Section
    from hansa.views.index_profile import Who, profile_figure
    from hansa.views.index_words import percent

    view = index.view
    figure = profile_figure(view, Who((unit,)))
    share = float(view.filled[view.place(unit)])
    return Section(
        "profile",
        _("Which parts of the index hold it up, and which hold it down?"),
        (f"{figure.title}.",),
        (figure,),
        certainty=(
            _("{share} of its weight rests on filled cells.", share=percent(share))
            if share
            else _("All its values were observed."),
            _(
                "A score is arithmetic on the values as they are; how firm its place among the "
                "others is, the interval of the rank says."
            ),
        ),
        **index.told(_row(unit, "result.stage.scores"), f"report {{}} --unit {unit} --out U.html"),
    )


def _strengths(index: OpenIndex, unit: str) -> Section | None:
    from hansa.report.document import Section
    from hansa.views.index_profile import strengths_figure

    if index.view.tree.leaves < 2:
        return None
    figure = strengths_figure(index.view, unit)
    return Section(
        "strengths",
        _("What is {name} strong and weak at?", name=index.view.name(unit)),
        (f"{figure.title}.",),
        (figure,),
        certainty=(_("Ordered by rank among the units, whatever an indicator weighs."),),
        **index.told(_row(unit, "result.data.values"), f"report {{}} --unit {unit} --out U.html"),
    )


def _row(unit: str, values: str) -> str:
    return f'{values}[result.data.row_of("{unit}")]'


def _beside(index: OpenIndex, unit: str, asked: str) -> Section:
    from hansa.report.document import Section
    from hansa.views.format import joined
    from hansa.web.pages.unit.contrast import contrast_answer, contrast_figure, contrast_of

    view = index.view
    peers = peers_of(view, unit, asked)
    names = [view.name(code) for code in peers.codes]
    contrast = contrast_of(view, unit, peers)
    codes = ",".join(f'"{c}"' for c in peers.codes)
    return Section(
        "peers",
        _("How does {name} differ from its peers?", name=view.name(unit)),
        (contrast_answer(contrast),),
        (contrast_figure(contrast),),
        certainty=(
            _("Peers: {names}; {how}.", names=joined(names), how=peers.how),
            _("Other peers give other differences: name them above. With complete values and "
              "arithmetic means the bars of all indicators add up to the difference of the "
              "scores."),
            *((_("Not in this index: {codes}.", codes=listed(peers.unknown)),)
              if peers.unknown else ()),
        ),
        **index.told(
            "from hansa.index.removal import effective_weights\n"
            "from hansa.index.strengths import weighted_contrast\n"
            f"rows = [result.data.row_of(u) for u in (\"{unit}\", {codes})]\n"
            "weights = effective_weights(result.stage)[: result.tree.leaves]\n"
            "weighted_contrast(result.data.values[rows], weights, 0, range(1, len(rows)))",
            f"report {{}} --unit {unit} --out U.html",
        ),
    )  # fmt: skip


def _critical(index: OpenIndex, unit: str) -> Section | None:
    from hansa.report.document import Section
    from hansa.views.index_gap import conditions_of, critical_answer, critical_figure

    view = index.view
    seed = view.result.evaluator.seed
    own = index.kept("conditions", lambda: conditions_of(view, seed), said=False)
    if own is None:
        return None
    return Section(
        "critical",
        _("Which framework conditions may hold {name} back?", name=view.name(unit)),
        (critical_answer(view, own, unit),),
        (critical_figure(view, own, unit),),
        certainty=(
            _(
                "A gap that goes with weak performance is a place to look, no proof of a cause. "
                "Probabilities say how firm the order is over other sets of units."
            ),
        ),
        **index.told("", f"report {{}} --unit {unit} --out U.html"),
    )


def _time(index: OpenIndex, unit: str, asked: str) -> Section | None:
    from hansa.report.document import Section
    from hansa.views.index_time import time_figure

    view = index.view
    if len(view.data.years) < 2:
        return None
    start, end = view.data.years[0], view.data.years[-1]
    index.tell(_("comparing ranks over the years in every replication"), 0.6)
    peers = peers_of(view, unit, asked).codes
    return Section(
        "time",
        _("Did {name} rise or fall?", name=view.name(unit)),
        (_moved(index, unit, start, end),),
        (time_figure(view, (unit, *peers)),),
        certainty=(
            _(
                "A rank can change because others move. Every replication makes the same choices "
                "in all years."
            ),
        ),
        **index.told(
            "from hansa.index.change import rank_change\n"
            f"rank_change(result.robustness, {start}, {end})",
            f"change {{}} --from {start} --to {end}",
        ),
    )


def _moved(index: OpenIndex, unit: str, start: int, end: int) -> str:
    """How many places a unit rose or fell among the units of both years, and how sure that is."""
    from hansa.views.index_words import signed_interval

    view = index.view
    name = view.name(unit)
    moved = view.moved(start, end)
    at = [i for i, u in enumerate(moved.units) if view.data.units[u] == unit]
    if not at:
        return _(
            "{name} has no score in {start} or in {end}: a change cannot be told.",
            name=name,
            start=start,
            end=end,
        )
    low, high = float(moved.low[at[0]]), float(moved.high[at[0]])
    places = signed_interval(float(moved.change[at[0]]), low, high)
    rose, fell = _("it rose"), _("it fell")
    sure = rose if low > 0 else fell if high < 0 else _("whether it did cannot be said")
    return _(
        "From {start} to {end} {name} moved by {places} places among the {count} {things} with a "
        "score in both years: {sure}.",
        start=start,
        end=end,
        name=name,
        places=places,
        count=moved.units.size,
        things=index.words.things,
        sure=sure,
    )


PAGE = Page(
    id="unit",
    label=N_("Unit"),
    help=N_("One unit of a composite index: profile, strengths, peers, change"),
    parameters=(
        "index",
        "unit",
        "compare",
        *METHOD,
    ),
    build=_build,
    place=60,
    needs="index",
)
