"""What a page is, and which pages there are: one folder in `pages/` each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Literal

from hansa.language import _, pgettext, pN_
from hansa.web.session import Session
from hansa.web.sheet import Goto, Sheet
from hansa.web.state import METHOD, State
from hansa.web.studies import Kind

INDEX = ("index", "unit", "indicator", "changes", "compare")
"""Parameters that mean something without a study."""
NAMES = (pN_("page", "Clusters"), pN_("page", "Cluster"))
"""Words that other languages say of a page in another way than at the head of a column."""
_ALONE = {"index": ("either", "index"), "call": ("call",)}
"""What pages may need that a folder of this kind has without a study."""


@dataclass(frozen=True)
class Page:
    """One page of every study.

    id          name in the address (`region`); `label` its word in the menu
    help        what the page is for, in a sentence
    parameters  the fields of `State` that it knows
    build       what it shows; called in the worker
    place       its place in the menu
    template    how it is laid out
    act         what is done with a form that is sent to the page; None: it only shows
    needs       facts on regions, or an index or facts, or only an index, or a call: what it speaks
                of. An index folder or a call folder that is served without a study has the pages
                that need nothing else
    """

    id: str
    label: str
    help: str
    parameters: tuple[str, ...]
    build: Callable[[Session, State], Sheet]
    place: int
    template: str = "sheet.html"
    act: Callable[[Session, State, Mapping[str, str]], Sheet | Goto] | None = None
    needs: Literal["facts", "either", "index", "call"] = "facts"

    @property
    def name(self) -> str:
        """Its word in the menu, in the language spoken here."""
        own = pgettext("page", self.label)
        return own if own != self.label else _(self.label)

    def known(self, kind: Kind) -> tuple[str, ...]:
        """The parameters that it knows; of an index folder those on indices, if it needs one.

        In a study every page knows the method, if only to hand it on: who comes by a page that
        does not depend on it keeps what was chosen. Without a study there is none to choose.
        """
        if kind == "index":
            return tuple(n for n in self.parameters if n in INDEX) if self.needs == "index" else ()
        if kind == "call":
            return tuple(n for n in self.parameters if n not in METHOD)
        return tuple(dict.fromkeys((*self.parameters, *METHOD)))


@cache
def pages() -> dict[str, Page]:
    """Every page by id, in the order of the menu."""
    package = import_module("hansa.web.pages")
    found = [
        import_module(f"hansa.web.pages.{module.name}").PAGE
        for module in iter_modules(package.__path__)
    ]
    return {page.id: page for page in sorted(found, key=lambda page: page.place)}


def pages_of(kind: Kind) -> dict[str, Page]:
    """The pages of a study, of an index folder or of a call folder without a study."""
    if kind == "study":
        return pages()
    return {i: page for i, page in pages().items() if page.needs in _ALONE[kind]}
