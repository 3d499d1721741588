"""The first page of a study: whose numbers these are, five findings, how much is known."""

from __future__ import annotations

from hansa.web.page import Page
from hansa.web.session import Session
from hansa.web.sheet import Item, Listing, Sheet
from hansa.web.state import METHOD, State

MOST = 5


def _build(session: Session, state: State) -> Sheet:
    study, made = session.result.study, session.document(state)
    findings = tuple(Item(text) for text in made.findings[:MOST])
    gaps = next(section for section in made.sections if section.id == "gaps")
    quality = tuple(Item(text, page="data") for text in gaps.answer)
    return Sheet(
        question=study.title,
        answer=tuple(text for text in (made.subtitle, _whose(session)) if text),
        lists=(
            Listing("What stands out", findings),
            Listing("How much is known", quality),
        ),
        origin=session.origin,
        model_data=session.model_data,
    )


def _whose(session: Session) -> str:
    """That the numbers are real, and whose; model data are said above every page."""
    return "" if session.model_data else session.origin


PAGE = Page(
    id="start",
    label="Start",
    help="What the study is about, its findings, and how much is known",
    parameters=(*METHOD,),
    build=_build,
    place=0,
)
