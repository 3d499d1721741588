"""Files beside those of `hansa run`: every page in exact numbers, and the indices of the study."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from hansa.errors import HansaError
from hansa.language import _, spoken
from hansa.web.pages.downloads.making import File
from hansa.web.session import Session
from hansa.web.state import EMPTY, State

if TYPE_CHECKING:
    from hansa.web.page import Page

_APART = ("start", "compose", "check", "downloads", "what-if")
"""Pages that show no tables of their own accord, or none that stay."""
_OF_INDEX = ("monitor", "unit", "robustness")


def page_files(session: Session, state: State) -> Iterator[File]:
    """Each page under the method of the state, as a workbook and for machines."""
    from hansa.web.indices import is_published, places_of
    from hansa.web.page import pages

    with_index = bool(places_of(session)) or is_published(session, EMPTY)
    group = _("Pages: their tables in exact numbers")
    for page in pages().values():
        if page.id in _APART or (page.id in _OF_INDEX and not with_index):
            continue
        for ending, label in (("xlsx", "Excel"), ("json", "JSON")):
            own = partial(_page, session, page, state, ending)
            yield File(f"pages/{page.id}.{ending}", group, page.name, label, own)


def _page(session: Session, page: Page, state: State, ending: str) -> bytes:
    from hansa.web.twins import TWINS

    shown = page.build(session, state.known_to(page.parameters))
    return TWINS[ending].render(shown, "")


def index_files(session: Session) -> Iterator[File]:
    """The files of each index of the study; those of one that cannot be run are left out."""
    from hansa.web.index_files import files
    from hansa.web.indices import opened, places_of

    for name, place in places_of(session).items():
        index = opened(session, State(index=name, lang=spoken()))
        if index is None:
            continue
        try:
            found = files(index)
        except HansaError:
            # The page Monitor says why.
            continue
        for own in found.values():
            group = _("Index {title}: {what}", title=place.title, what=own.group)
            yield replace(own, name=f"indices/{name}/{own.name}", group=group)
