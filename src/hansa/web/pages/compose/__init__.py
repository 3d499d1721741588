"""A cluster of one's own: put together, seen at once, held against one of the study, saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hansa.web.page import Page
from hansa.web.session import Session
from hansa.web.sheet import Goto, Sheet
from hansa.web.state import METHOD, State

if TYPE_CHECKING:
    from hansa.report.document import Section
    from hansa.report.part import Part

MEASURES = (
    "employment",
    "cluster_share",
    "focus",
    "location_quotient_total",
    "growth_rate",
    "presence_stars",
)


def _build(session: Session, state: State) -> Sheet:
    from hansa.web import composing
    from hansa.web.pages.compose.editor import editor

    base = session.part(state.known_to(("definition", "base", "cluster", *METHOD)))
    codes = session.result.cube.activity.codelist
    weights = composing.weights_of(state.members, codes)
    sections: tuple[Section, ...] = ()
    if weights:
        own = _own_part(session, state, weights)
        sections = _sections(own, base if state.cluster else None)
    name = state.name or "your cluster"
    return Sheet(
        question=f"How does {name} do?" if weights else "What belongs to your cluster?",
        answer=sections[0].answer if sections else (_HOW,),
        sections=sections,
        controls=tuple(
            replace(control, label=_LABELS.get(control.name, control.label))
            for control in session.controls(
                base, state, "cluster?", "region?", "definition", "base"
            )
        ),
        origin=session.origin,
        model_data=session.model_data,
        more=editor(session, state, base, weights),
    )


_LABELS = {"cluster": "Cluster of the study to start from or to hold against"}
_HOW = (
    "Search for an industry by a word or its code, or start from a cluster of the study: every "
    "figure follows at once, and the address of the page holds the whole composition."
)


def _own_part(session: Session, state: State, weights: dict[str, float]) -> Part:
    from hansa.study.run import on_definition
    from hansa.web import composing
    from hansa.web.ends import in_end_years

    result = session.variant(state)
    codes = result.cube.activity.codelist
    definition = composing.composed(weights, state.name or "Your cluster", codes)
    bases = {b.name: b for b in result.study.base}
    wanted = [m for m in MEASURES if m in result.study.measures or m == "location_quotient_total"]
    base = bases.get(state.base, result.study.base[0])
    own = on_definition(in_end_years(result), definition, wanted, base)
    made = session.alone(own, state, f"{composing.OWN}.csv")
    if state.region:
        made = replace(made, picks=replace(made.picks, region=state.region))
    return made


def _sections(own: Part, base: Part | None) -> tuple[Section, ...]:
    from hansa.report.sections import cluster_section, stars_section
    from hansa.web.pages.compose.difference import difference_section

    made: list[Section | None] = [cluster_section(own)]
    if base is not None:
        made.append(difference_section(own, base))
    made.append(stars_section(own))
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
    from hansa.web.pages.compose.keeping import keep

    made = keep(session, state, form)
    if isinstance(made, Goto):
        return made
    own = _build(session, state)
    more = {**own.more, **made.more}
    return replace(own, question=made.question, answer=made.answer, more=more)


PAGE = Page(
    id="compose",
    label="Compose",
    help="Put a cluster of your own together and see how it does",
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
