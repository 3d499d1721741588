"""Where is my industry: found by words or a code, with its clusters and the places of its jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hansa.language import N_, _, named, ngettext
from hansa.web.page import Page
from hansa.web.session import Session
from hansa.web.sheet import Control, Item, Listing, Sheet
from hansa.web.state import METHOD, State

if TYPE_CHECKING:
    from hansa.codes.codelist import Codelist
    from hansa.report.part import Part

_SHOWN = 30
_QUESTION = N_("Where is my industry?")


def _build(session: Session, state: State) -> Sheet:
    part = session.part(state.known_to(_PART))
    code = _code(part, state.search)
    if code:
        return _activity(session, part, state, code)
    return _results(session, part, state) if state.search else _start(session, part, state)


def _controls(session: Session, part: Part, state: State, *more: str) -> tuple[Control, ...]:
    label, hint = _("Industry: a word or a code"), _("furniture, or 31.01")
    if part.result.cube.activity.codelist.is_local:
        label, hint = _("Industry: a code of the table"), ""
    field = Control("search", label, (), state.search, hint)
    return (field, *session.controls(part, state, *more))


def _code(part: Part, text: str) -> str:
    """The code that a text spells; empty where it is none of the classification or the table."""
    axis = part.result.cube.activity
    spelt = axis.codelist.spell(text) if text else None
    if spelt is None or (axis.codelist.is_local and spelt not in axis.place):
        return ""
    return spelt


def _named(codes: Codelist, code: str) -> str:
    label = codes.names.get(code, "")
    return f"{code} {label}" if label and label != code else code


# --- one activity ------------------------------------------------------------------------


def _activity(session: Session, part: Part, state: State, code: str) -> Sheet:
    from hansa.web.pages.where.sections import jobs_section, placed_section

    codes = part.result.cube.activity.codelist
    label = _named(codes, code)
    placed, jobs = placed_section(part, code, label), jobs_section(part, code, label, state.region)
    return Sheet(
        question=_("Where is {industry}?", industry=label),
        answer=() if jobs else (_(_UNKNOWN),),
        sections=(placed, *((jobs,) if jobs else ())),
        controls=_controls(session, part, state, "region?", "base"),
        lists=(_onwards(part, state, code), *_around(codes, state, code)),
        origin=session.origin,
        model_data=session.model_data,
    )


_UNKNOWN = N_("The facts of the study hold nothing of it.")


def _onwards(part: Part, state: State, code: str) -> Listing:
    """Its clusters, and composing a cluster that starts from it."""
    from hansa.web.pages.where.sections import look_ups

    items = [
        Item(
            _("Cluster: {cluster}", cluster=share.label),
            (name,) if len(part.result.results) > 1 else (),
            "cluster",
            _linked(state, cluster=share.cluster, definition=found.definition).query,
        )
        for name, found in look_ups(part, code)
        for share in found.spread
        if share.kind != "outside"
    ]
    compose = _linked(state, members=code)
    items.append(Item(_("Compose a cluster that starts with it"), (), "compose", compose.query))
    return Listing(_("Where to go from here"), tuple(items))


def _around(codes: Codelist, state: State, code: str) -> tuple[Listing, ...]:
    """The codes above and below."""
    above = tuple(reversed([*codes.ancestors(code)]))
    below = codes.children(code)
    found = [_found(codes, state, c) for c in (*above, *below)]
    return (Listing(_("Above and below it in the classification"), tuple(found)),) if found else ()


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
    listed = codes.names or dict.fromkeys(part.result.cube.activity.codes, "")
    hits = search(state.search, [Entry(code, label) for code, label in listed.items()])
    shown = hits.entries[:_SHOWN]
    items = tuple(_found(codes, state, e.code, _clusters_of(part, e.code)) for e in shown)
    clusters = _clusters(part, state)
    lists = [Listing(_("Clusters of this name"), clusters)] if clusters else []
    lists += [Listing(_("Industries"), items)] if items else []
    return Sheet(
        question=_(_QUESTION),
        answer=(_said(state.search, len(hits.entries), hits.whole, len(clusters)),),
        controls=_controls(session, part, state),
        lists=tuple(lists) or (_roots(part, state),),
        origin=session.origin,
        model_data=session.model_data,
    )


def _said(asked: str, count: int, whole: bool, clusters: int) -> str:
    from hansa.views.format import joined

    asked = asked if len(asked) <= 60 else f"{asked[:60]}…"
    if not count and not clusters:
        return _(
            "Nothing is called “{words}”: neither an industry of the classification nor a cluster "
            "of the study. Try another word, or go down from the top.",
            words=asked,
        )
    found = ngettext("{number} industry", "{number} industries", count) if count else ""
    inside = ngettext("{number} cluster", "{number} clusters", clusters) if clusters else ""
    text = _(
        "“{words}” is found in {places}.",
        words=asked,
        places=joined([part for part in (found or _("no industry"), inside) if part]),
    )
    if count and not whole:
        text += " " + _("None holds all the words; shown are those with some.")
    if count > _SHOWN:
        text += " " + _("The best {n} are shown.", n=_SHOWN)
    return text


def _clusters_of(part: Part, code: str) -> tuple[str, ...]:
    """In which clusters of the definition in force a code stands, in a line."""
    from hansa.clusters.lookup import look_up

    found = look_up(code, part.own.definition)
    names = [s.label for s in found.spread if s.kind != "outside"] if found else []
    if not names:
        return (_("in no cluster"),)
    told = "; ".join(names[:3])
    if len(names) > 3:
        told = _("{several} and {n} more", several=told, n=len(names) - 3)
    return (_("in {clusters}", clusters=told),)


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
            [
                Entry(m.cluster, named("cluster", m.subcluster))
                for m in own.members
                if m.kind != "outside"
            ],
        )
        met = {e.code: "" for e in hits.entries} if hits.whole else {}
        if parts.whole:
            met = {**{e.code: e.label for e in reversed(parts.entries)}, **met}
        first = [c for c in met if not met[c]] + [c for c in met if met[c]]
        for code in first:
            details = [_("its part: {part}", part=met[code])] if met[code] else []
            details += [own.name] if len(part.result.results) > 1 else []
            query = _linked(state, cluster=code, definition=own.id).query
            items.append(Item(own.label_of(code), tuple(details), "cluster", query))
    return tuple(items)


_HOW = N_(
    "Write a word of its name, such as furniture or boats, or its code in any spelling: 31.01, "
    "3101 or C31.01. Then see which clusters hold it and where its jobs are."
)
_CODE_ONLY = N_(
    "Write a code of the table, or the name of a cluster. Then see which clusters hold it and "
    "where its jobs are. The table declares no classification, so its codes have no names."
)


def _start(session: Session, part: Part, state: State) -> Sheet:
    return Sheet(
        question=_(_QUESTION),
        answer=(_(_CODE_ONLY if part.result.cube.activity.codelist.is_local else _HOW),),
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
        return Listing(_("Codes of the table"), tuple(_found(codes, state, c) for c in own))
    top = [code for code in codes.names if code not in codes.parent]
    return Listing(
        _("From the top: {classification}", classification=named("classification", codes.title)),
        tuple(_found(codes, state, c) for c in top),
    )


_PART = ("definition", "base", "region", "cluster", *METHOD)
"""What a part of the results depends on: other parameters find it made already."""

PAGE = Page(
    id="where",
    label=_QUESTION,
    help=N_("An industry by word or code: its clusters, and where its jobs are"),
    parameters=("definition", "base", "region", "search", *METHOD),
    build=_build,
    place=46,
)
