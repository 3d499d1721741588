"""A cluster of one's own: put together, seen at once, held against one of the study, saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hansa.errors import UsageError
from hansa.language import N_, _
from hansa.web.page import Page
from hansa.web.session import Session
from hansa.web.sheet import Control, Goto, Sheet
from hansa.web.state import METHOD, State

if TYPE_CHECKING:
    from hansa.report.document import Section
    from hansa.report.part import Part
    from hansa.web.pages.compose.faults import Fault

MEASURES = (
    "employment",
    "cluster_share",
    "focus",
    "location_quotient_total",
    "growth_rate",
    "presence_stars",
)


def _build(session: Session, state: State, fault: Fault | None = None) -> Sheet:
    from hansa.web.pages.compose.editor import editor
    from hansa.web.pages.compose.faults import fault_of_name, in_one_line

    base = session.part(state.known_to(("definition", "base", "cluster", *METHOD)))
    weights, unread = _meant(session, state)
    fault = unread or fault or fault_of_name(state.name)
    named = replace(state, name=in_one_line(state.name))
    sections = _sections(_own_part(session, named, weights), base, state) if weights else ()
    return Sheet(
        question=_question(named.name) if weights else _("What belongs to your cluster?"),
        answer=sections[0].answer if sections else (_(_HOW),),
        sections=sections,
        controls=tuple(_controls(session, base, state)),
        origin=session.origin,
        model_data=session.model_data,
        more={
            **editor(session, state, base, weights),
            **({"refused": {"field": fault.field, "said": fault.said}} if fault else {}),
        },
    )


def _meant(session: Session, state: State) -> tuple[dict[str, float], Fault | None]:
    """The members of the address, or what is wrong with them: what was written is kept."""
    from hansa.web import composing
    from hansa.web.pages.compose.editor import listed_in
    from hansa.web.pages.compose.faults import of_finding

    codes = session.result.cube.activity.codelist
    try:
        return composing.weights_of(state.members, codes, listed_in(session)), None
    except UsageError as problem:
        return {}, of_finding("members", problem.finding)


def _question(name: str) -> str:
    return _("How does {name} do?", name=name) if name else _("How does your cluster do?")


def _controls(session: Session, base: Part, state: State) -> Iterator[Control]:
    for control in session.controls(base, state, "cluster?", "region?", "definition", "base"):
        own = _LABELS.get(control.name, "")
        yield replace(control, label=_(own)) if own else control


_LABELS = {"cluster": N_("Cluster of the study to start from or to hold against")}
_HOW = N_(
    "Search for an industry by a word or its code, or start from a cluster of the study: every "
    "figure follows at once, and the address of the page holds the whole composition."
)


def _own_part(session: Session, state: State, weights: dict[str, float]) -> Part:
    from hansa.study.run import on_definition
    from hansa.web import composing
    from hansa.web.ends import in_end_years

    result = session.variant(state)
    codes = result.cube.activity.codelist
    definition = composing.composed(weights, state.name or _("Your cluster"), codes)
    bases = {b.name: b for b in result.study.base}
    wanted = [m for m in MEASURES if m in result.study.measures or m == "location_quotient_total"]
    base = bases.get(state.base, result.study.base[0])
    own = on_definition(in_end_years(result), definition, wanted, base)
    made = session.alone(own, state, f"{composing.OWN}.csv")
    if state.region:
        made = replace(made, picks=replace(made.picks, region=state.region))
    return made


def _sections(own: Part, base: Part, state: State) -> tuple[Section, ...]:
    from hansa.report.sections import cluster_section, stars_section
    from hansa.web.pages.compose.difference import difference_section, placed_section

    beside = difference_section if state.cluster else placed_section
    made: tuple[Section | None, ...] = (
        cluster_section(own),
        beside(own, base),
        stars_section(own),
    )
    return tuple(
        replace(section, **_lines(own, section)) for section in made if section is not None
    )


def _lines(own: Part, section: Section) -> dict[str, Any]:
    """The lines of a section, led by what writes the composition into a file."""
    from hansa.web import composing

    if not section.python:
        return {}
    weights = composing.weights_in(own.own.definition, composing.OWN)
    rows = "".join(f"own,{code},{weight:g}\\n" for code, weight in weights.items())
    text = f"cluster,activity,weight\\n{rows}"
    return {
        "python": f'from pathlib import Path\nPath("own.csv").write_text("{text}")\n'
        + section.python,
        "command": f"printf '{text}' > own.csv\n{section.command}",
    }


def _act(session: Session, state: State, form: Mapping[str, str]) -> Sheet | Goto:
    """Save the composition as a definition beside the study."""
    from hansa.web.pages.compose.faults import Fault
    from hansa.web.pages.compose.keeping import keep
    from hansa.web.pages.compose.meanwhile import answer

    made = keep(session, state, form)
    if isinstance(made, Goto):
        return made
    if isinstance(made, Fault):
        own = _build(session, state, made)
        sent = {name: form.get(name, "") for name in ("id", "reason", "seen", "of")}
        return replace(own, more={**own.more, **sent, "sent": True})
    own = _build(session, state)
    return replace(
        own,
        question=_("Saved meanwhile by somebody else"),
        answer=answer(made),
        sections=(),
        more={
            **own.more,
            "id": "",
            "reason": made["reason"],
            "seen": "",
            "of": "",
            "conflict": made,
        },
    )


PAGE = Page(
    id="compose",
    label=N_("Compose"),
    help=N_("Put a cluster of your own together and see how it does"),
    parameters=(
        "definition",
        "base",
        "cluster",
        "region",
        "search",
        "members",
        "name",
        *METHOD,
    ),
    build=_build,
    place=42,
    template="compose.html",
    act=_act,
)
