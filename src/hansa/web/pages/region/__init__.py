"""One region: its portfolio, its stars, chosen peers beside it, and the regions like it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hansa.language import N_, _, pgettext
from hansa.web.page import Page
from hansa.web.session import Session
from hansa.web.sheet import Control, Item, Listing, Sheet
from hansa.web.state import METHOD, State

if TYPE_CHECKING:
    from hansa.panel import Panel
    from hansa.report.document import Section
    from hansa.report.part import Part

_PEERS = 3
"""Regions shown beside one where nobody chose any."""


def _build(session: Session, state: State) -> Sheet:
    from dataclasses import replace

    from hansa.report.sections import region_section
    from hansa.web.pages.region.portfolio import region_kinds_section, region_size_section
    from hansa.web.pages.region.similar import likeness, similar_section
    from hansa.web.pages.region.stars import region_stars_section

    part = session.part(replace(state, compare=""))
    like = likeness(part, part.picks.region)
    peers, chosen = _peers(session, part, state, like)
    made = (
        session.section(region_section, state, "region"),
        session.section(region_size_section, state, "region"),
        session.section(region_kinds_section, state, "region"),
        session.section(region_stars_section, state, "region"),
        _beside(part, peers, chosen, like),
        similar_section(part, like) if like is not None else None,
    )
    sections = tuple(section for section in made if section is not None)
    return Sheet(
        question=sections[0].question if sections else _("What is this region specialised in?"),
        answer=sections[0].answer if sections else (),
        sections=sections,
        controls=(
            *session.controls(part, state, "region"),
            Control(
                "compare",
                _("Beside it (codes, joined by commas)"),
                (),
                state.compare,
                _hint(peers),
            ),
            *session.controls(part, state, "cluster?", "definition", "base"),
        ),
        lists=(_links(part, peers, state),),
        origin=session.origin,
        model_data=session.model_data,
        more={"long": True},
    )


def _peers(
    session: Session, part: Part, state: State, like: Panel | None
) -> tuple[tuple[str, ...], bool]:
    """The regions shown beside this one, and whether they were chosen."""
    from hansa.web.pages.compare.picking import codes_in
    from hansa.web.pages.region.similar import nearest

    region = part.picks.region
    if state.compare:
        own = codes_in(state.compare, session.regions(part))
        return tuple(code for code in own if code != region), True
    return nearest(like, _PEERS), False


def _hint(peers: tuple[str, ...]) -> str:
    return ",".join(peers[:2]) or pgettext("regions", "none")


def _beside(part: Part, peers: tuple[str, ...], chosen: bool, like: Panel | None) -> Section | None:
    from dataclasses import replace

    from hansa.web.pages.compare.sections import compared_section
    from hansa.web.pages.region.unlit import without_regions

    if not peers:
        return None
    section = compared_section(part, (part.picks.region, *peers))
    if section is None:
        return None
    name = part.words.name(part.picks.region, next(iter(part.base.regions.values())).header)
    # Their jobs, growth and stars by cluster are on the page that compares.
    section = replace(without_regions(section), tables=section.tables[:1])
    return replace(section, question=_how_beside(name, chosen, like))


def _how_beside(name: str, chosen: bool, like: Panel | None) -> str:
    from hansa.views.league import league
    from hansa.web.pages.region.similar import open_order

    if chosen:
        return _("How does {region} compare with the regions chosen?", region=name)
    if like is not None and open_order(league(like)):
        return _("How does {region} compare with regions that may be like it?", region=name)
    return _("How does {region} compare with the regions most like it?", region=name)


def _links(part: Part, peers: tuple[str, ...], state: State) -> Listing:
    from dataclasses import replace

    side = ",".join((part.picks.region, *peers))
    method = replace(state.method, definition=state.definition, base=state.base)
    items = []
    if peers:
        beside = replace(method, compare=side)
        items.append(Item(_("These regions side by side"), page="compare", query=beside.query))
    header = next(iter(part.base.regions.values())).header
    for code in peers:
        name = part.words.name(code, header)
        query = replace(method, region=code).query
        items.append(Item(f"{name} ({code})", page="region", query=query))
    return Listing(_("Where to go from here"), tuple(items))


PAGE = Page(
    id="region",
    label=N_("Region"),
    help=N_("What one region is specialised in, its stars, and the regions like it"),
    parameters=("definition", "base", "region", "cluster", "compare", *METHOD),
    build=_build,
    place=30,
)
