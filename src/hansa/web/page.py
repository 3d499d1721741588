"""What a page is, and which pages there are: one folder in `pages/` each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from hansa.web.session import Session
from hansa.web.sheet import Goto, Sheet
from hansa.web.state import State


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
    """

    id: str
    label: str
    help: str
    parameters: tuple[str, ...]
    build: Callable[[Session, State], Sheet]
    place: int
    template: str = "sheet.html"
    act: Callable[[Session, State, Mapping[str, str]], Sheet | Goto] | None = None


@cache
def pages() -> dict[str, Page]:
    """Every page by id, in the order of the menu."""
    package = import_module("hansa.web.pages")
    found = [
        import_module(f"hansa.web.pages.{module.name}").PAGE
        for module in iter_modules(package.__path__)
    ]
    return {page.id: page for page in sorted(found, key=lambda page: page.place)}
