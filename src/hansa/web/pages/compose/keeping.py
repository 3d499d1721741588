"""Saving a composition: the definition it is put into, and what is said when two save at once."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hansa.errors import HansaError, UsageError
from hansa.web.session import Session
from hansa.web.sheet import Goto, Sheet
from hansa.web.state import METHOD, State


def keep(session: Session, state: State, form: Mapping[str, str]) -> Goto | Sheet:
    """Write `definitions/ID.csv`: the definition chosen, with the composed cluster in it.

    form  id: name of the definition; reason: why; seen: mark of the file as the editor knows it

    Returns where to go on, or what to say where somebody saved meanwhile: nothing is written then.
    Raises UsageError for a name or a composition that cannot be meant.
    """
    from hansa.clusters.members import read_members
    from hansa.web import composing, definition_files

    name, reason = form.get("id", "").strip(), _printable(form.get("reason", ""))
    path = definition_files.definition_path(session.folder, name)
    _refuse(session, name, reason)
    codes = session.result.cube.activity.codelist
    weights = composing.weights_of(state.members, codes)
    if not weights:
        raise UsageError("there is nothing to save", fix="add an activity first")
    base = session.part(state.known_to(("definition", "base", "cluster", *METHOD)))
    own = composing.composed(weights, state.name or name, codes)
    cluster = short_name(state.name) or name
    members = composing.replaced(base.own.definition, own, cluster, reason)
    content = composing.csv_of(members)
    # What could not be read again must not be written.
    read_members(content.decode(), path.name, codes.id)
    made = definition_files.save(path, content, form.get("seen", ""))
    if isinstance(made, definition_files.Changed):
        return _meanwhile(made, name, reason, codes.id)
    return Goto("clusters", State(definition=name, cluster=cluster).query)


def _refuse(session: Session, name: str, reason: str) -> None:
    from hansa.clusters import definitions

    if name in definitions() or name in {r.definition.id for r in session.result.results}:
        raise UsageError(
            f"there is a definition {name!r} already, which is not yours to change",
            fix="choose another short name",
        )
    if not reason:
        raise UsageError(
            "a definition is saved with its reason", fix="say in a sentence why it is like this"
        )


def _printable(text: str) -> str:
    """A text in one line, without signs that cannot be seen."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def short_name(text: str) -> str:
    """`Boats and yards` as `boats-and-yards`."""
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")[:60].strip("-")


def _meanwhile(made: object, name: str, reason: str, code_list: str) -> Sheet:
    """What to say where the file is no longer what the editor has seen."""
    from hansa.clusters.members import read_members
    from hansa.web.definition_files import Changed

    assert isinstance(made, Changed)
    theirs: list[str] = []
    try:
        members = read_members(made.content.decode("utf-8", "replace"), made.path.name, code_list)
        # The composed cluster is written last.
        own = [m for m in members if m.cluster == members[-1].cluster]
        theirs = [f"{m.activity} × {m.weight:g}: {m.cluster_label}" for m in own]
        said = own[-1].reason
    except HansaError as problem:
        said = problem.finding.rule
    if not made.mark:
        answer: tuple[str, ...] = (
            f"{made.path.name} was there when you opened it and is gone now: somebody removed it. "
            "Nothing was written. Save again to put it back.",
        )
    else:
        answer = (
            f"{made.path.name} is not what it was when you opened it: another tab or somebody else "
            f"saved it ({said}). Nothing was written; your composition is below, as you left it.",
            "Save under another short name, or save over theirs: then theirs is lost.",
        )
    conflict = {"theirs": theirs, "mark": made.mark, "id": name, "reason": reason}
    return Sheet("Saved meanwhile by somebody else", answer, more={"conflict": conflict})
