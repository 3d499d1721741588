"""Two saved at once: what stands in the file now beside what is about to be written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hansa.errors import HansaError
from hansa.language import _

if TYPE_CHECKING:
    from hansa.clusters.members import Member
    from hansa.codes.codelist import Codelist
    from hansa.web.definition_files import Changed

MOST = 40
"""Rows of the comparison; those that differ come first."""


def conflict(
    made: Changed, mine: Mapping[str, float], name: str, form: Mapping[str, str], codes: Codelist
) -> dict[str, Any]:
    """What the page of a conflict shows: their cluster and yours side by side.

    mine  weights of the composition; `name` its name
    form  id and reason, as they were sent
    """
    theirs, fault = _theirs(made, codes.id)
    weights = {m.activity: m.weight for m in theirs}
    rows = list(_rows(weights, mine, codes))
    return {
        "file": made.path.name,
        "gone": not made.mark,
        "fault": fault,
        "name": {"theirs": theirs[0].cluster_label if theirs else "", "mine": name},
        "why": {"theirs": theirs[0].reason if theirs else "", "mine": form["reason"]},
        "rows": rows[:MOST],
        "more": max(0, len(rows) - MOST),
        "mark": made.mark,
        **form,
    }


def _theirs(made: Changed, code_list: str) -> tuple[tuple[Member, ...], str]:
    """The members of the cluster that was saved, or why none can be read.

    The composed cluster is written last.
    """
    from hansa.clusters.members import read_members
    from hansa.web.told import told

    if not made.mark:
        return (), ""
    try:
        text = made.content.decode("utf-8")
        members = read_members(text, made.path.name, code_list)
    except UnicodeDecodeError:
        return (), _("it is no text in UTF-8")
    except HansaError as problem:
        return (), told(problem.finding).rule
    return tuple(m for m in members if m.cluster == members[-1].cluster), ""


def _rows(theirs: Mapping[str, float], mine: Mapping[str, float], codes: Codelist) -> Any:
    """A row for each activity of either, those that differ first."""
    both = dict.fromkeys((*mine, *theirs))
    for code in sorted(both, key=lambda c: theirs.get(c) == mine.get(c)):
        own = mine.get(code), theirs.get(code)
        yield {
            "code": code,
            "label": codes.names.get(code, ""),
            "mine": "" if own[0] is None else f"{own[0]:g}",
            "theirs": "" if own[1] is None else f"{own[1]:g}",
            "differs": own[0] != own[1],
        }


def answer(found: Mapping[str, Any]) -> tuple[str, ...]:
    """What to say where the file is no longer what the editor has seen."""
    if found["gone"]:
        text = _(
            "{file} was there when you opened it and is gone now: somebody removed it. "
            "Nothing was written. Save again to put it back.",
            file=found["file"],
        )
        return (text,)
    if found["fault"]:
        first = _(
            "{file} is not what it was when you opened it, and it cannot be read ({fault}). "
            "Nothing was written; your composition is below, as you left it.",
            file=found["file"],
            fault=found["fault"],
        )
    else:
        first = _(
            "{file} is not what it was when you opened it: another tab or somebody else saved it. "
            "Their reason: “{reason}”. Nothing was written; your composition is below, as you "
            "left it.",
            file=found["file"],
            reason=_ended(found["why"]["theirs"]),
        )
    return (
        first,
        _("Save under another short name, or save over theirs: then theirs is lost."),
    )


def _ended(text: str, most: int = 200) -> str:
    return text if len(text) <= most else f"{text[:most].rstrip()}…"
