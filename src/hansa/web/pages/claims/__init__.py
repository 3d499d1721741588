"""Strengths that were claimed beside the facts: seen, not seen, cannot be said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from hansa.language import N_, _, named
from hansa.web.page import Page
from hansa.web.session import Session
from hansa.web.sheet import Choice, Control, Item, Listing, Sheet
from hansa.web.state import METHOD, State

if TYPE_CHECKING:
    from hansa.panel import Panel
    from hansa.report.document import Section
    from hansa.report.part import Part
    from hansa.views.reading import At
    from hansa.web.pages.claims.own import Row

_LINKED = "hansa-nace2"
"""The definition for which is written down which clusters stand for a claim of 2009."""


def _build(session: Session, state: State) -> Sheet:
    from hansa.web.pages.claims.own import own_claims

    part = session.part(state)
    rows = own_claims(session.folder)
    facts, why = _facts(part, state)
    sections = []
    if facts is not None and rows is not None:
        sections.append(_own(rows, part, facts, bool(state.region)))
    sections += list(_published(part, facts, state))
    lacking = (*why, *_lacking(part, rows is None))
    return Sheet(
        question=_("Which claims are seen in the numbers?"),
        answer=sections[0].answer
        if sections
        else (_("No claim is held against the numbers here."),),
        sections=tuple(sections),
        controls=tuple(_controls(session, part, state)),
        lists=(Listing(_("What is not shown, and what it needs"), lacking),) if lacking else (),
        origin=session.origin_of_2009,
        model_data=session.model_data,
    )


Facts = tuple["Panel", "At"]


def _facts(part: Part, state: State) -> tuple[Facts | None, tuple[Item, ...]]:
    """Quotients of the region chosen, else of the area; or why there are none."""
    from hansa.report.part import QUOTIENT
    from hansa.report.sections import area_section

    if QUOTIENT not in part.base.regions:
        return None, (
            Item(
                _("Nothing to hold a claim against: the study computes no location quotients."),
                (_('Put "{measure}" among measures in study.toml.', measure=QUOTIENT),),
            ),
        )
    if state.region:
        return (part.base.regions[QUOTIENT], part.at(geo=state.region)), ()
    if part.area is None or QUOTIENT not in part.base.area:
        return None, (
            Item(
                _("Nothing to hold a claim against: the study has no area."),
                (_("Choose a region above, or name an area in study.toml."),),
            ),
        )
    if area_section(part) is None:
        return None, (
            Item(
                _(
                    "Nothing to hold a claim against: the area is itself what regions are compared "
                    "with, so each of its shares is its own multiple of one."
                ),
                (_("Choose a region above, or another reference on the page Method."),),
                page="method",
                query=state.method.query,
            ),
        )
    return (part.base.area[QUOTIENT], part.area), ()


def _own(rows: tuple[Row, ...], part: Part, facts: Facts, region: bool) -> Section:
    from hansa.web.pages.claims.own import own_section

    made = own_section(rows, facts[0], part.own.definition, facts[1], part.words)
    python, command = _same(part, region)
    return replace(made, python=python, command=command)


def _same(part: Part, region: bool) -> tuple[str, str]:
    """The lines that give the quotients a claim is held against."""
    from hansa.report.part import QUOTIENT

    lines = part.origin(QUOTIENT, area=not region)
    return str(lines["python"]), str(lines["command"])


def _published(part: Part, facts: Facts | None, state: State) -> Iterator[Section]:
    from hansa.report.published import section_claims, sections_2009

    if not part.result.study.outputs.published:
        return
    if facts is not None and part.own.definition.id == _LINKED:
        made = section_claims(*facts, part.words)
        python, command = _same(part, bool(state.region))
        call = python.partition("\n")[2]
        at = facts[1]
        where = f"At({at.geo!r}, time={at.time})" if state.region else f"At(time={at.time})"
        yield replace(
            made,
            python="import hansa\nfrom hansa.report.published import section_claims\n"
            f"from hansa.views.reading import At\nquotients = {call}\n"
            f"section_claims(quotients, {where})",
            command=command,
        )
    yield sections_2009()[0]


def _lacking(part: Part, without_own: bool) -> Iterator[Item]:
    if not part.result.study.outputs.published:
        yield Item(
            _("The claims of 2009 (table 1 of chapter 2.3 of the BSR InnoNet publication)"),
            (
                _(
                    "They speak of the countries around the Baltic Sea; a study of them shows them "
                    "with published = true under [outputs] in study.toml."
                ),
            ),
        )
    elif part.own.definition.id != _LINKED:
        yield Item(
            _("The claims of 2009 beside the numbers"),
            (
                _(
                    "Which clusters stand for a claim is written down for {linked} only; this is "
                    "{definition}.",
                    linked=_LINKED,
                    definition=part.own.definition.id,
                ),
            ),
        )
    if without_own:
        yield Item(
            _("Claims of your own"),
            (
                _(
                    "Put claims.csv into the study folder, with the columns country, area, claim "
                    "(yes, no, or nothing where it is not known), source, date, author. An area is "
                    "the name or the code of a cluster, or one of the claims of 2009."
                ),
            ),
        )


def _controls(session: Session, part: Part, state: State) -> Iterator[Control]:
    made = session.controls(part, state, "region?", "definition", "base")
    for control in made:
        if control.name == "region":
            own = named("place", part.result.study.area_name) or _("the area of the study")
            first = Choice("", own if part.area else _("choose a region"))
            choices = (first, *control.choices[1:])
            yield replace(control, label=_("Beside the numbers of"), choices=choices)
        else:
            yield control


PAGE = Page(
    id="claims",
    label=N_("Claims"),
    help=N_("Strengths that were claimed beside the facts: seen, not seen, cannot be said"),
    parameters=("definition", "base", "region", *METHOD),
    build=_build,
    place=120,
)
