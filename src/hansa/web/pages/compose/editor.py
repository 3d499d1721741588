"""What the editor of a composition shows: its members, what can be done to each, what is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hansa.web import composing
from hansa.web.definition_files import mark_of
from hansa.web.pages.compose.keeping import short_name
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

    def leading(changed: Mapping[str, float]) -> str:
        return replace(state, members=composing.text_of(changed)).query

    return {
        "text": composing.text_of(weights),
        "classification": codes.title or codes.id,
        "members": [
            {
                "code": code,
                "label": codes.label.get(code, code),
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
                "label": codes.label.get(code, code),
                "inside": _inside(code, weights, codes),
                "add": leading(composing.merged(weights, {code: 1.0}, codes)),
            }
            for code in found(state.search, codes)[:SHOWN]
        ],
        "searched": state.search,
        "merge": _merge(state, base, weights, leading),
        **_opened(session, state),
    }


def _opened(session: Session, state: State) -> dict[str, str]:
    """The saved definition that is edited, with the mark of its file as it is now."""
    path = session.saved_definitions().get(state.definition)
    if path is None:
        return {"id": short_name(state.name), "seen": ""}
    return {"id": state.definition, "seen": mark_of(path)}


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


def _inside(code: str, weights: Mapping[str, float], codes: Codelist) -> bool:
    return code in weights or any(above in weights for above in codes.ancestors(code))


def found(text: str, codes: Codelist) -> list[str]:
    """Codes that fit words or a code in any spelling, the best first; a code with those below."""
    if (own := codes.spell(text)) is not None and own in codes:
        return [own, *(c for c in codes.label if own in codes.ancestors(c))]
    entries = (Entry(code, label) for code, label in codes.label.items())
    return [entry.code for entry in search(text, entries).entries]
