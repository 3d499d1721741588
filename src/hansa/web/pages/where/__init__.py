"""Where is my industry: found by words or a code, with its clusters and the places of its jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hansa.web.page import Page
from hansa.web.session import Session
from hansa.web.sheet import Control, Item, Listing, Sheet
from hansa.web.state import METHOD, State

if TYPE_CHECKING:
    from hansa.codes.codelist import Codelist
    from hansa.report.part import Part

_SHOWN = 30
_QUESTION = "Where is my industry?"


def _build(session: Session, state: State) -> Sheet:
    part = session.part(state.known_to(_PART))
    code = _code(part, state.search)
    if code:
        return _activity(session, part, state, code)
    return _results(session, part, state) if state.search else _start(session, part, state)


def _controls(session: Session, part: Part, state: State, *more: str) -> tuple[Control, ...]:
    field = Control("search", "Industry: a word or a code", (), state.search, "furniture, or 31.01")
    return (field, *session.controls(part, state, *more))


def _code(part: Part, text: str) -> str:
    """The code that a text spells; empty where it is none of the classification or the table."""
    axis = part.result.cube.activity
    spelt = axis.codelist.spell(text) if text else None
    if spelt is None or (axis.codelist.is_local and spelt not in axis.place):
        return ""
    return spelt


def _named(codes: Codelist, code: str) -> str:
    label = codes.label.get(code, "")
    return f"{code} {label}" if label and label != code else code


# --- one activity ------------------------------------------------------------------------


def _activity(session: Session, part: Part, state: State, code: str) -> Sheet:
    from hansa.web.pages.where.sections import jobs_section, placed_section

    codes = part.result.cube.activity.codelist
    label = _named(codes, code)
    placed, jobs = placed_section(part, code, label), jobs_section(part, code, label, state.region)
    return Sheet(
        question=f"Where is {label}?",
        answer=() if jobs else (_UNKNOWN,),
        sections=(placed, *((jobs,) if jobs else ())),
        controls=_controls(session, part, state, "region?", "base"),
        lists=(_onwards(part, state, code), *_around(codes, state, code)),
        origin=session.origin,
        model_data=session.model_data,
    )


_UNKNOWN = "The facts of the study hold nothing of it."


def _onwards(part: Part, state: State, code: str) -> Listing:
    """Its clusters, and composing a cluster that starts from it."""
    from hansa.web.pages.where.sections import look_ups

    items = [
        Item(
            f"Cluster: {share.label}",
            (name,) if len(part.result.results) > 1 else (),
            "cluster",
            _linked(state, cluster=share.cluster, definition=found.definition).query,
        )
        for name, found in look_ups(part, code)
        for share in found.spread
        if share.kind != "outside"
    ]
    compose = _linked(state, members=code)
    items.append(Item("Compose a cluster that starts with it", (), "compose", compose.query))
    return Listing("Where to go from here", tuple(items))


def _around(codes: Codelist, state: State, code: str) -> tuple[Listing, ...]:
    """The codes above and below."""
    above = tuple(reversed([*codes.ancestors(code)]))
    below = codes.children(code)
    found = [_found(codes, state, c) for c in (*above, *below)]
    return (Listing("Above and below it in the classification", tuple(found)),) if found else ()


def _found(codes: Codelist, state: State, code: str, details: tuple[str, ...] = ()) -> Item:
    query = _linked(state, search=code, region=state.region).query
    return Item(_named(codes, code), details, "where", query)


def _linked(state: State, **more: str) -> State:
    from dataclasses import replace

    kept = state.known_to(("definition", "base", *METHOD))
    return replace(kept, **more)


# --- words -------------------------------------------------------------------------------


def _results(session: Session, part: Part, state: State) -> Sheet:
    from hansa.web.searching import Entry, search

    codes = part.result.cube.activity.codelist
    listed = codes.label or dict.fromkeys(part.result.cube.activity.codes, "")
    hits = search(state.search, [Entry(code, label) for code, label in listed.items()])
    shown = hits.entries[:_SHOWN]
    items = tuple(_found(codes, state, e.code, _clusters_of(part, e.code)) for e in shown)
    clusters = _clusters(part, state)
    lists = [Listing("Clusters of this name", clusters)] if clusters else []
    lists += [Listing("Industries", items)] if items else []
    return Sheet(
        question=_QUESTION,
        answer=(_said(state.search, len(hits.entries), hits.whole, len(clusters)),),
        controls=_controls(session, part, state),
        lists=tuple(lists) or (_roots(part, state),),
        origin=session.origin,
        model_data=session.model_data,
    )


def _said(asked: str, count: int, whole: bool, clusters: int) -> str:
    asked = asked if len(asked) <= 60 else f"{asked[:60]}…"
    if not count and not clusters:
        return (
            f"Nothing is called “{asked}”: neither an industry of the classification nor a cluster "
            "of the study. Try another word, or go down from the top."
        )
    found = f"{count} industr{'y' if count == 1 else 'ies'}" if count else "no industry"
    and_ = f" and {clusters} cluster{'s' * (clusters != 1)}" if clusters else ""
    text = f"“{asked}” is found in {found}{and_}."
    if count and not whole:
        text += " None holds all the words; shown are those with some."
    if count > _SHOWN:
        text += f" The best {_SHOWN} are shown."
    return text


def _clusters_of(part: Part, code: str) -> tuple[str, ...]:
    """In which clusters of the definition in force a code stands, in a line."""
    from hansa.clusters.lookup import look_up

    found = look_up(code, part.own.definition)
    names = [s.label for s in found.spread if s.kind != "outside"] if found else []
    if not names:
        return ("in no cluster",)
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return (f"in {'; '.join(names[:3])}{more}",)


def _clusters(part: Part, state: State) -> tuple[Item, ...]:
    """Clusters of every definition whose names, or those of their parts, hold all the words."""
    from hansa.web.searching import Entry, search

    items = []
    for result in part.result.results:
        own = result.definition
        entries = [Entry(c, own.label_of(c)) for c in own.clusters]
        hits = search(state.search, entries)
        parts = search(
            state.search,
            [Entry(m.cluster, m.subcluster) for m in own.members if m.kind != "outside"],
        )
        named = {e.code: "" for e in hits.entries} if hits.whole else {}
        if parts.whole:
            named = {**{e.code: e.label for e in reversed(parts.entries)}, **named}
        first = [c for c in named if not named[c]] + [c for c in named if named[c]]
        for code in first:
            details = [f"its part: {named[code]}"] if named[code] else []
            details += [own.label] if len(part.result.results) > 1 else []
            query = _linked(state, cluster=code, definition=own.id).query
            items.append(Item(own.label_of(code), tuple(details), "cluster", query))
    return tuple(items)


def _start(session: Session, part: Part, state: State) -> Sheet:
    return Sheet(
        question=_QUESTION,
        answer=(
            "Write a word of its name, such as furniture or boats, or its code in any spelling: "
            "31.01, 3101 or C31.01. Then see which clusters hold it and where its jobs are.",
        ),
        controls=_controls(session, part, state),
        lists=(_roots(part, state),),
        origin=session.origin,
        model_data=session.model_data,
    )


def _roots(part: Part, state: State) -> Listing:
    """The top of the classification, or every code of a table that declares none."""
    axis = part.result.cube.activity
    codes = axis.codelist
    if codes.is_local:
        own = [code for i, code in enumerate(axis.codes) if i != axis.total]
        return Listing("Codes of the table", tuple(_found(codes, state, c) for c in own))
    top = [code for code in codes.label if code not in codes.parent]
    return Listing(f"From the top: {codes.title}", tuple(_found(codes, state, c) for c in top))


_PART = ("definition", "base", "region", "cluster", *METHOD)
"""What a part of the results depends on: other parameters find it made already."""

PAGE = Page(
    id="where",
    label="Where is my industry?",
    help="An industry by word or code: its clusters, and where its jobs are",
    parameters=("definition", "base", "region", "search", *METHOD),
    build=_build,
    place=46,
)
