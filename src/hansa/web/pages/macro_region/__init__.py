"""A macro-region, picked or put together: its strengths, and which regions carry them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hansa.language import N_, _, named
from hansa.web.page import Page
from hansa.web.session import Session
from hansa.web.sheet import Choice, Control, Sheet
from hansa.web.state import METHOD, State

if TYPE_CHECKING:
    from hansa.report.document import Section
    from hansa.report.part import Part
    from hansa.web.pages.macro_region.area import Area


def _build(session: Session, state: State) -> Sheet:
    from hansa.web.pages.macro_region.area import area_in, own_area, part_for

    frame = session.part(state.known_to(("definition", "base")))
    if state.area:
        area: Area | None = area_in(session.result.cube, state.area)
    else:
        area = own_area(session.result)
    controls = tuple(_controls(session, frame, state, area))
    if area is None:
        return Sheet(
            question=_("What is a macro-region strong at?"),
            answer=(_("This study has no area of its own: pick one, or put one together below."),),
            controls=controls,
            origin=session.origin,
            model_data=session.model_data,
            more=_picker(session, None),
        )
    part = part_for(session, replace(state, area=state.area or area.name), area)
    if not state.area:
        part = replace(part, words=replace(part.words, labels=_called(part, area.title)))
    sections = tuple(_sections(_with_cluster(part, state), area))
    return Sheet(
        question=sections[0].question,
        answer=sections[0].answer,
        sections=sections,
        controls=controls,
        origin=session.origin,
        model_data=session.model_data,
        more=_picker(session, area),
    )


def _called(part: Part, title: str) -> dict[str, str]:
    codes = part.base.area["employment"].distinct("geo")
    return {**part.words.labels, **dict.fromkeys(codes, title)}


def _with_cluster(part: Part, state: State) -> Part:
    from hansa.errors import UsageError, listed

    clusters = part.own.definition.clusters
    if state.cluster and state.cluster not in clusters:
        raise UsageError(
            f"the study has no cluster {state.cluster!r}", admissible=listed(sorted(clusters), 60)
        )
    return replace(part, picks=replace(part.picks, cluster=state.cluster))


def _sections(part: Part, area: Area) -> Iterator[Section]:
    from hansa.report.dynamics import quadrants_section
    from hansa.report.sections import area_section, size_section
    from hansa.web.pages.macro_region.area import OWN
    from hansa.web.pages.macro_region.carriers import (
        carriers_section,
        with_file,
        without_strengths,
    )

    made = (
        area_section(part) or without_strengths(part, area.title),
        carriers_section(part, area.inside),
        size_section(part),
        quadrants_section(part),
    )
    for section in made:
        if section is not None:
            yield with_file(section, OWN, area.file)


def _controls(session: Session, frame: Part, state: State, area: Area | None) -> Iterator[Control]:
    from hansa.web.pages.method.choices import areas, control

    own = session.result.study
    choices = list(areas(session.result.cube))
    known = {c.value for c in choices}
    if state.area and state.area not in known and area is not None:
        choices.insert(0, Choice(state.area, _("your own: {title}", title=area.title)))
    title = named("place", own.area_name) or own.area
    first = Choice("", _("as the study has it: {own}", own=title) if title else _("none yet"))
    yield Control("area", _("Macro-region"), (first, *choices), state.area)
    yield control(session.result, state, "reference")
    made = session.controls(frame, state, "cluster?", "definition", "base")
    yield from (
        replace(c, label=_("Carriers of the cluster")) if c.name == "cluster" else c for c in made
    )


def _picker(session: Session, area: Area | None) -> dict[str, Any]:
    """The map to pick from, and the file that says what was picked."""
    from hansa.web.pages.macro_region.area import OWN
    from hansa.web.pages.macro_region.picking import picker

    made = picker(session.result.cube, session.result.names, area.inside if area else ())
    regions = [region for group in made["groups"] for region in group["regions"]]
    return {
        **made,
        "grouped": len(made["groups"]) > 1,
        "named": any(region["name"] != region["code"] for region in regions),
        "example": ", ".join(region["code"] for region in regions[:3]),
        "file": area.file if area else "",
        "file_name": OWN,
    }


PAGE = Page(
    id="macro-region",
    label=N_("Macro-region"),
    help=N_("A macro-region of your choice against a reference, and who carries its strengths"),
    parameters=("definition", "base", "area", "cluster", *METHOD),
    build=_build,
    place=45,
    template="macro-region.html",
)
