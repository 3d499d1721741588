"""Up to ten regions side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hansa.language import N_, _
from hansa.web.page import Page
from hansa.web.session import Session
from hansa.web.sheet import Control, Item, Listing, Sheet
from hansa.web.sorting import by_name
from hansa.web.state import METHOD, State

if TYPE_CHECKING:
    from hansa.panel import Panel
    from hansa.report.part import Part

_FIRST = 4
"""Regions shown where nobody chose any: the one of the study and those most like it."""


def _build(session: Session, state: State) -> Sheet:
    from hansa.web.pages.compare.picking import MOST, codes_in
    from hansa.web.pages.compare.sections import compared_section
    from hansa.web.pages.region.similar import likeness

    part = session.part(state.known_to(_PART))
    names = _names(session, part)
    own = codes_in(state.compare, tuple(names))
    like = likeness(part, own[0] if own else part.picks.region)
    chosen = own or _chosen(part, names, like)
    section = compared_section(part, chosen) if len(chosen) > 1 else None
    return Sheet(
        question=section.question if section else _("How do regions compare?"),
        answer=() if section else (_("Choose at least two regions below."),),
        sections=(section,) if section else (),
        controls=(
            Control(
                "compare",
                _("Regions (two to {most} codes, joined by commas)", most=MOST),
                (),
                ",".join(chosen),
                ",".join(list(names)[:2]),
            ),
            *session.controls(part, state, "cluster?", "region?", "definition", "base"),
        ),
        lists=(_links(chosen, names, state),) if chosen else (),
        origin=session.origin,
        model_data=session.model_data,
        more=_more(like, chosen, names, state),
    )


def _names(session: Session, part: Part) -> dict[str, str]:
    header = next(iter(part.base.regions.values())).header
    named = {code: part.words.name(code, header) for code in session.regions(part)}
    return dict(sorted(named.items(), key=lambda item: (by_name(item[1]), item[0])))


def _chosen(part: Part, names: dict[str, str], like: Panel | None) -> tuple[str, ...]:
    """Where nobody chose any: the region of the study and those most like it."""
    from hansa.web.pages.region.similar import nearest

    region = part.picks.region
    others = [code for code in names if code != region]
    return (region, *(nearest(like, _FIRST - 1) or others[: _FIRST - 1]))


def _more(
    panel: Panel | None, chosen: tuple[str, ...], names: dict[str, str], state: State
) -> dict[str, object]:
    """What can be picked: the chosen regions, and those searched for or most like the first."""
    from hansa.web.pages.compare.picking import MOST, OFFERED, found, picks
    from hansa.web.pages.region.similar import nearest

    if state.search:
        offered = found(names, state.search)
    elif chosen:
        like = nearest(panel, OFFERED + len(chosen))
        offered = [*like, *(code for code in names if code not in like and code not in chosen)]
    else:
        offered = list(names)
    there = [code for code in offered if code not in chosen]
    return {
        "boxes": picks(chosen, there[:OFFERED], names, state),
        "search": state.search,
        "left": max(0, len(there) - OFFERED),
        "nothing": bool(state.search) and not offered,
        "regions": len(names),
        "most": MOST,
        "like": names[chosen[0]] if chosen and not state.search else "",
    }


def _links(chosen: tuple[str, ...], names: dict[str, str], state: State) -> Listing:
    from dataclasses import replace

    method = replace(state.method, definition=state.definition, base=state.base)
    items = tuple(
        Item(f"{names[code]} ({code})", page="region", query=replace(method, region=code).query)
        for code in chosen
    )
    return Listing(_("Each of them alone"), items)


_PART = ("definition", "base", "region", "cluster", *METHOD)
"""What a part of the results depends on: other parameters find it made already."""

PAGE = Page(
    id="compare",
    label=N_("Compare"),
    help=N_("Up to ten regions side by side"),
    parameters=("definition", "base", "region", "cluster", "compare", "search", *METHOD),
    build=_build,
    place=40,
    template="compare.html",
)
