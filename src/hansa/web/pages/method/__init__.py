"""How everything was computed: every choice in force, its formula, and the means to change it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hansa.language import N_, _
from hansa.web.page import Page
from hansa.web.session import Session
from hansa.web.sheet import Control, Item, Listing, Sheet
from hansa.web.state import METHOD, State

if TYPE_CHECKING:
    from hansa.report.document import Section
    from hansa.report.part import Part
    from hansa.study.run import StudyResult


def _build(session: Session, state: State) -> Sheet:
    from hansa.web import index_alone

    if (index := index_alone.alone(session)) is not None:
        return index_alone.method(session, index)
    from hansa.report.content import method

    part = session.part(state)
    own, now = session.result, part.result
    lines = toml_lines(state)
    items = tuple(Item(term, (text,)) for term, text in method(now))
    return Sheet(
        question=_("How was all this computed?"),
        answer=(_answer(own, now, state),),
        sections=tuple(_sections(session, state, part)),
        controls=tuple(_controls(session, state, part)),
        lists=(Listing(_("Formulas and sources"), items),),
        origin=session.origin,
        model_data=session.model_data,
        more={"lines": "\n".join(lines)},
    )


def _answer(own: StudyResult, now: StudyResult, state: State) -> str:
    from hansa.views.format import joined
    from hansa.web.pages.method.choices import LABELS, own_choice

    given = [name for name in METHOD if getattr(state, name)]
    if not given:
        return _(
            "As study.toml says. Another choice below holds for every page until it is undone."
        )
    years = own.cube.years
    said = []
    for name in given:
        before = own_choice(own.study, years, name)
        after = own_choice(now.study, years, name)
        label = _(LABELS[name])
        choice = f"{label[:1].lower()}{label[1:]}: {after}"
        if after != before:
            choice = _("{choice} (the study: {before})", choice=choice, before=before)
        said.append(choice)
    return _(
        "Not as study.toml says. Chosen here: {choices}. This holds for every page.",
        choices=joined(said),
    )


def _controls(session: Session, state: State, part: Part) -> Iterator[Control]:
    from hansa.web.pages.method.choices import LABELS, control, used_by

    users = used_by(session.result.study)
    for name in LABELS:
        if users[name] or getattr(state, name):
            yield control(session.result, state, name)
    yield from session.controls(part, state, "definition", "base")


def _sections(session: Session, state: State, part: Part) -> Iterator[Section]:
    from hansa.web.pages.method.effects import effects, effects_section
    from hansa.web.pages.method.sections import options_section, rules_in_force, rules_section

    if state.changed:
        before = session.part(state.known_to(("definition", "base")))
        yield effects_section(effects(before.base, part.base))
    now = part.result
    yield options_section(session.result, now)
    named = now.study.rules
    if named and (session.folder / named).exists():
        named = str(session.folder / named)
    section = rules_section(rules_in_force(now.study, named))
    if section is not None:
        yield section


def toml_lines(state: State) -> list[str]:
    """The lines of study.toml that make the choices of a state the study's own."""
    import json

    lines = []
    for name in METHOD:
        value = getattr(state, name)
        if not value:
            continue
        if name == "period":
            first, _, last = value.partition("-")
            lines.append(f"period = [{first}, {last}]")
        elif name == "min_cell":
            lines.append(f"min_cell = {float(value):g}")
        else:
            lines.append(f"{name} = {json.dumps(value, ensure_ascii=False)}")
    return lines


PAGE = Page(
    id="method",
    label=N_("Method"),
    help=N_("Every choice with its formula and source, and the means to change it"),
    parameters=("definition", "base", *METHOD),
    build=_build,
    place=80,
    template="method.html",
    needs="either",
)
