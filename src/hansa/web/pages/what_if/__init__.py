"""What if: other values for one unit of an index, its new score and rank, and what a rank takes."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from hansa.errors import listed
from hansa.language import N_, _, pgettext
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
from hansa.web.pages.what_if.changes import Changes, changes_of, plain, text_of
from hansa.web.pages.what_if.ladder import ladder_section
from hansa.web.pages.what_if.sliders import Span, as_fields, shown, spans_of, without_same
from hansa.web.session import Session
from hansa.web.sheet import Choice, Control, Sheet
from hansa.web.state import METHOD, State

if TYPE_CHECKING:
    from hansa.index.whatif import Answer, Change
    from hansa.report.document import Section


def _build(session: Session, state: State) -> Sheet:
    index = opened(session, state)
    if index is None:
        return without_index(session, _("What would change the rank of a unit?"))
    unit = index.unit(state.unit, region_of(session))
    changes = changes_of(state.changes, index.result.tree)
    if state.indicator:
        changes_of(f"{state.indicator}:0", index.result.tree)
    spans = index.kept(("spans", unit), lambda: spans_of(index, unit))
    changes = without_same(changes, spans)
    inverse, lost = index.kept(
        ("reach", unit),
        lambda: sections_of(index, {_("a better rank"): lambda: ladder_section(index, unit)}),
    )
    page = Sheet(
        question=_question(index, unit),
        answer=lost,
        sections=(_answer(index, unit, changes), *inverse),
        controls=(
            *index_controls(session, index.place.name),
            unit_control(index, unit),
            _further(spans, state.indicator),
        ),
        more=_sliders(index, unit, state, (spans, changes)),
    )
    return index_sheet(session, index, page)


def _question(index: OpenIndex, unit: str) -> str:
    return _("What would change the rank of {name}?", name=index.view.name(unit))


def _further(spans: tuple[Span, ...], chosen: str) -> Control:
    named = sorted((s.name, s.code) for s in spans)
    choices = (
        Choice("", pgettext("indicator", "none")),
        *(Choice(code, name) for name, code in named),
    )
    return Control("indicator", _("A slider for"), choices, chosen)


def _sliders(
    index: OpenIndex, unit: str, state: State, given: tuple[tuple[Span, ...], Changes]
) -> dict[str, object]:
    """What the template lays out: sliders, what they send, and ways back."""
    spans, changes = given
    drawn = shown(spans, changes, state.indicator)
    own = {"index": index.place.name, "unit": unit, "indicator": state.indicator}
    held = [(name, value) for name, value in own.items() if value]
    names = {span.code: span.name for span in spans}
    back = [
        {"name": names.get(code, code),
         "query": urlencode([*held, *_rest(changes, code)])}
        for code in changes
    ]  # fmt: skip
    return {
        "sliders": as_fields(drawn, changes),
        "held": [*held, *([("changes", text_of(changes))] if changes else [])],
        "back": back,
        "all": urlencode(held),
    }


def _rest(changes: Changes, without: str) -> list[tuple[str, str]]:
    text = text_of({code: value for code, value in changes.items() if code != without})
    return [("changes", text)] if text else []


def _answer(index: OpenIndex, unit: str, changes: Changes) -> Section:
    from hansa.index.whatif import Change
    from hansa.report.document import Section
    from hansa.views.index_whatif import whatif_figure

    view = index.view
    change = Change({(unit, code): value for code, value in changes.items()})
    answer = index.whatif.answer(unit, change)
    cells = ", ".join(f'("{unit}", "{code}"): {plain(v)}' for code, v in changes.items())
    options = "".join(f" --set {code}={plain(value)}" for code, value in changes.items())
    return Section(
        "answer",
        _question(index, unit),
        _told(index, answer, change),
        (whatif_figure(view, answer, change),),
        certainty=(
            _(
                "Arithmetic of the index, no forecast: others stay as they are, and nothing is "
                "said about whether or how such a change can be made."
            ),
            *_beyond(index, changes),
        ),
        **index.told(
            "from hansa.index.whatif import Change, Sheet\n"
            f"change = Change({{{cells}}})\n"
            f'Sheet(result.evaluator, result.robustness).answer("{unit}", change)',
            f"whatif {{}} --unit {unit}{options}" if changes else "run {}",
        ),
    )


def _told(index: OpenIndex, answer: Answer, change: Change) -> tuple[str, ...]:
    """What becomes of the unit: its rank with intervals, and its score beside it."""
    from hansa.views.index_whatif import whatif_answer
    from hansa.views.index_words import decimals_of, number

    view = index.view
    at = view.place(answer.unit)
    digits = decimals_of(answer.before.scores)
    before, frozen, live = (
        number(float(r.scores[at]), digits) for r in (answer.before, answer.frozen, answer.live)
    )
    if not change.cells:
        return (
            _(
                "Nothing is changed yet: {name} ranks {rank} with a score of {score}.",
                name=view.names[at],
                rank=view.rank_text(at),
                score=before,
            ),
            _("Move a slider, or write a value beside it."),
        )
    return (
        whatif_answer(view, answer, change),
        _(
            "Its score would go from {before} to {frozen} on the frozen scale, and to {live} on a "
            "live one.",
            before=before,
            frozen=frozen,
            live=live,
        ),
    )


def _beyond(index: OpenIndex, changes: Changes) -> list[str]:
    """Values that no unit has: the scale is drawn on beyond what was seen."""
    import numpy as np

    sheet, tree = index.whatif, index.view.tree
    raw = sheet.entry.data.values[sheet.rows]
    names = [
        tree.nodes[j].label
        for code, value in changes.items()
        for j in [tree.at(code)]
        if not np.nanmin(raw[:, j]) <= value <= np.nanmax(raw[:, j])
    ]
    return [_("Beyond what any unit has: {names}.", names=listed(names))] if names else []


PAGE = Page(
    id="what-if",
    label=N_("What if"),
    help=N_("Other values for one unit of a composite index, and what a better rank takes"),
    parameters=(
        "index",
        "unit",
        "indicator",
        "changes",
        *METHOD,
    ),
    build=_build,
    place=70,
    template="what-if.html",
    needs="index",
)
