"""What the editor of a composition shows: its members, what can be done to each, what is found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hansa.language import _, named
from hansa.web import composing
from hansa.web.definition_files import mark_of
from hansa.web.pages.compose.faults import LONGEST_NAME, LONGEST_REASON, rule_of_id, short_name
from hansa.web.searching import Entry, search
from hansa.web.session import Session
from hansa.web.state import State

if TYPE_CHECKING:
    from hansa.codes.codelist import Codelist
    from hansa.report.part import Part

SHOWN = 30
"""Search results on a page."""


def editor(
    session: Session, state: State, base: Part, weights: Mapping[str, float]
) -> dict[str, Any]:
    """Plain values for the template: each action is the query of the address it leads to."""
    codes = session.result.cube.activity.codelist
    own = listed_in(session)
    hits = found(state.search, codes, own)

    def leading(changed: Mapping[str, float]) -> str:
        return replace(state, members=composing.text_of(changed)).query

    return {
        "text": composing.text_of(weights) or state.members,
        "classification": _("the table")
        if codes.is_local
        else named("classification", codes.title) or codes.id,
        "example": ",".join((*own[:1], f"{own[1]}*0.5")) if len(own) > 1 else "16.2,31*0.5",
        "members": [
            {
                "code": code,
                "label": codes.names.get(code, ""),
                "weight": f"{weight:g}",
                "remove": leading(composing.without(weights, code)),
                "split": leading(composing.split(weights, code, codes))
                if codes.children(code)
                else "",
            }
            for code, weight in weights.items()
        ],
        "found": [
            {
                "code": code,
                "label": codes.names.get(code, ""),
                "inside": _inside(code, weights, codes),
                "add": leading(composing.merged(weights, {code: 1.0}, codes)),
                "mine": code in weights,
                "remove": leading(composing.without(weights, code)),
            }
            for code in hits[:SHOWN]
        ],
        "hits": len(hits),
        "shown": SHOWN,
        "searched": state.search,
        "merge": _merge(state, base, weights, leading),
        "against": _against(state, base, weights),
        "rule": rule_of_id(),
        "longest": LONGEST_REASON,
        "longest_name": LONGEST_NAME,
        "reason": "",
        **_opened(session, state),
    }


def _opened(session: Session, state: State) -> dict[str, str]:
    """The saved definition that is edited, with the mark of its file as it is now."""
    path = session.saved_definitions().get(state.definition)
    if path is None:
        return {"id": short_name(state.name), "seen": "", "of": ""}
    return {"id": state.definition, "seen": mark_of(path), "of": state.definition}


def _merge(state: State, base: Part, weights: Mapping[str, float], leading: Any) -> dict[str, str]:
    """Taking in the cluster of the study that is chosen."""
    if not state.cluster:
        return {}
    definition = base.own.definition
    more = composing.weights_in(definition, state.cluster)
    own = composing.merged(weights, more, definition.codelist)
    if own == dict(weights):
        return {}
    return {"label": definition.label_of(state.cluster), "query": leading(own)}


def _against(state: State, base: Part, weights: Mapping[str, float]) -> dict[str, str]:
    """Holding the composition against the cluster that has most of its classes."""
    from hansa.web.pages.compose.difference import spread

    definition = base.own.definition
    found = [] if state.cluster else spread(weights, definition, base.result.cube.activity.codelist)
    if not found:
        return {}
    query = replace(state, cluster=found[0].cluster).query
    return {"label": definition.label_of(found[0].cluster), "query": query}


def _inside(code: str, weights: Mapping[str, float], codes: Codelist) -> bool:
    return code in weights or any(above in weights for above in codes.ancestors(code))


def listed_in(session: Session) -> tuple[str, ...]:
    """Codes of a table that declares no classification, totals left out; else none."""
    axis = session.result.cube.activity
    if not axis.codelist.is_local:
        return ()
    return tuple(code for i, code in enumerate(axis.codes) if i not in axis.beside)


def found(text: str, codes: Codelist, there: Sequence[str] = ()) -> list[str]:
    """Codes that fit words or a code in any spelling, the best first; a code with those below.

    there  the codes of a table that declares no classification: those that begin like the text
    """
    if codes.is_local:
        start = text.strip().casefold()
        return [code for code in there if start and code.casefold().startswith(start)]
    if (own := codes.spell(text)) is not None and own in codes:
        return [own, *(c for c in codes.names if own in codes.ancestors(c))]
    entries = (Entry(code, label) for code, label in codes.names.items())
    return [entry.code for entry in search(text, entries).entries]
