"""Saving a composition: the definition it is put into, and what is said when two save at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hansa.errors import UsageError
from hansa.language import _
from hansa.web.pages.compose.faults import (
    Fault,
    fault_of,
    in_one_line,
    of_finding,
    short_name,
)
from hansa.web.session import Session
from hansa.web.sheet import Goto
from hansa.web.state import METHOD, State


def keep(session: Session, state: State, form: Mapping[str, str]) -> Goto | Fault | dict[str, Any]:
    """Write `definitions/ID.csv`: the definition chosen, with the composed cluster in it.

    form  id: name of the definition; reason: why; seen: mark of the file as the editor knows it;
          of: the definition whose mark that is

    Returns where to go on; or what is wrong with a field; or, where somebody saved meanwhile, what
    is theirs and what yours (`meanwhile.conflict`). Nothing is written but in the first case.
    """
    from hansa.clusters.members import read_members
    from hansa.web import composing, definition_files
    from hansa.web.pages.compose.editor import listed_in
    from hansa.web.pages.compose.meanwhile import conflict

    if fault := fault_of(form, state.name, _taken(session)):
        return fault
    name, reason = form["id"].strip(), in_one_line(form["reason"])
    codes = session.result.cube.activity.codelist
    try:
        weights = composing.weights_of(state.members, codes, listed_in(session))
    except UsageError as problem:
        return of_finding("members", problem.finding)
    if not weights:
        return Fault("members", _("There is nothing to save: add an activity first."))
    base = session.part(state.known_to(("definition", "base", "cluster", *METHOD)))
    own = composing.composed(weights, state.name or name, codes)
    cluster = short_name(state.name) or name
    members = composing.replaced(base.own.definition, own, cluster, reason)
    path = definition_files.definition_path(session.folder, name)
    content = composing.csv_of(members)
    # What could not be read again must not be written.
    read_members(content.decode(), path.name, codes.id)
    # What was seen is the file that was opened: another name is another file.
    seen = form.get("seen", "") if form.get("of", name) == name else ""
    made = definition_files.save(path, content, seen)
    if isinstance(made, definition_files.Changed):
        sent = {"id": name, "reason": reason}
        return conflict(made, weights, state.name or name, sent, codes)
    return Goto("clusters", _led_to(state, name, cluster).query)


def _led_to(state: State, name: str, cluster: str) -> State:
    """The saved definition, under the method and in the language of the composition."""
    return replace(state.known_to(("base", *METHOD)), definition=name, cluster=cluster)


def _taken(session: Session) -> set[str]:
    from hansa.clusters import definitions

    return {*definitions(), *(r.definition.id for r in session.result.results)}
