"""The first page of a study: whose numbers these are, five findings, how much is known."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from hansa.language import N_, _, speaking
from hansa.web.page import Page
from hansa.web.session import Session
from hansa.web.sheet import Item, Listing, Sheet
from hansa.web.state import METHOD, State

if TYPE_CHECKING:
    from hansa.report.document import Document
    from hansa.report.picks import Picks

MOST = 5


def _build(session: Session, state: State) -> Sheet:
    from hansa.web.index_alone import alone, start

    if (index := alone(session)) is not None:
        return start(session, index)
    study, made = session.result.study, session.document(state)
    picks = session.part(state).picks
    findings = tuple(_finding(made, text, picks, state) for text in made.findings[:MOST])
    gaps = next(section for section in made.sections if section.id == "gaps")
    method = state.method.query
    quality = tuple(Item(text, page="data", query=method) for text in gaps.answer)
    return Sheet(
        question=study.title,
        answer=tuple(text for text in (_about(session, made), _whose(session)) if text),
        lists=(
            Listing(_("What stands out"), findings),
            Listing(_("How much is known"), quality),
        ),
        origin=session.origin,
        model_data=session.model_data,
    )


def _finding(made: Document, text: str, picks: Picks, state: State) -> Item:
    """A finding with the page that it comes from, in the state that shows it."""
    own = next((s.id for s in made.sections if text in s.answer[:1]), "")
    region = replace(state.method, region=picks.region)
    cluster = replace(state.method, cluster=picks.cluster)
    page, shown = {
        "area": ("macro-region", state.method),
        "size": ("clusters", state.method),
        "region": ("region", region),
        "cluster": ("cluster", cluster),
        "stars": ("cluster", cluster),
        "certain": ("clusters", state.method),
        "quadrants": ("clusters", state.method),
    }.get(own, ("", state.method))
    return Item(text, (), page, shown.query)


def _about(session: Session, made: Document) -> str:
    """What the study says of itself, without what is said above every page of model data."""
    from hansa.report.origin import origin

    if not session.model_data:
        return made.subtitle
    # A study speaks the language of its author.
    with speaking("en"):
        said = _words(origin(session.result))
    sentences = made.subtitle.split(". ")
    return ". ".join(text for text in sentences if not _words(text) <= said)


def _words(text: str) -> set[str]:
    return {*re.findall(r"\w+", text.casefold())} - {"model", "data"}


def _whose(session: Session) -> str:
    """That the numbers are real, and whose; model data are said above every page."""
    return "" if session.model_data else session.origin


PAGE = Page(
    id="start",
    label=N_("Start"),
    help=N_("What the study is about, its findings, and how much is known"),
    parameters=(*METHOD,),
    build=_build,
    place=0,
    template="start.html",
    needs="either",
)
