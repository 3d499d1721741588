"""What there is: measures, definitions, geographies."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

import typer

from hansa.cli.options import AsJson

if TYPE_CHECKING:
    from hansa.clusters import ClusterDefinition


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("measures")(measures)
    app.command("definitions")(definitions)
    app.command("geographies")(geographies)


def measures(
    name: str = typer.Argument("", help="One measure, in full."), as_json: AsJson = False
) -> None:
    """List the measures with definition, unit and source."""
    from hansa.measures import find_measure
    from hansa.measures import measures as every

    chosen = [find_measure(name)] if name else list(every().values())
    if as_json:
        _json("measures", [m.as_dict() for m in chosen])
        return
    for m in chosen:
        _entry(m.id, m.label)
        _line("what", m.definition)
        _line("formula", m.formula)
        _line("unit", f"{m.unit} ({m.kind})")
        _line("needs", ", ".join(m.needs) or "employment, or another column (--set of=payroll)")
        _line("source", m.source)


def definitions(
    name: str = typer.Argument("", help="One definition, with its clusters."),
    as_json: AsJson = False,
) -> None:
    """List the cluster definitions."""
    from hansa.clusters import definitions as every
    from hansa.clusters import find_definition

    chosen = [find_definition(name)] if name else list(every().values())
    if as_json:
        _json("definitions", [_definition(d, bool(name)) for d in chosen])
        return
    for d in chosen:
        _entry(d.id, d.label)
        _line("codes", f"{d.classification}, finest level needed: {d.level or 'as given'}")
        kinds = [d.kind_of(c) for c in d.clusters]
        _line(
            "clusters",
            f"{len(kinds)} ({kinds.count('traded')} traded, {kinds.count('local')} local)",
        )
        _line("source", f"{d.source}, {d.licence}")
        if name:
            for cluster in d.clusters:
                codes = [m.activity for m in d.members if m.cluster == cluster]
                _line(d.kind_of(cluster), f"{cluster}: {d.label_of(cluster)} ({', '.join(codes)})")


def _definition(d: ClusterDefinition, full: bool) -> dict[str, object]:
    entry: dict[str, object] = {
        "id": d.id,
        "label": d.label,
        "version": d.version,
        "classification": d.classification,
        "level": d.level,
        "clusters": len(d.clusters),
        "overlapping": d.overlapping,
        "source": d.source,
        "licence": d.licence,
    }
    if full:
        entry["members"] = [vars(m) for m in d.members]
    return entry


def geographies(
    name: str = typer.Argument("", help="One geography, with its members."),
    as_json: AsJson = False,
) -> None:
    """List the named geographies with dates and sources."""
    from hansa.codes import geographies as every
    from hansa.codes import geography, geography_codes

    chosen = [geography(name)] if name else list(every().values())
    if as_json:
        _json("geographies", [{**vars(g), "members": list(g.members)} for g in chosen])
        return
    for g in chosen:
        _entry(g.id, g.title)
        until = f" to {g.valid_to}" if g.valid_to else ""
        since = f", valid from {g.valid_from}{until}" if g.valid_from else ""
        _line("members", f"{len(g.members)} codes of {g.geography}{since}")
        _line("source", f"{g.source} ({g.status})")
        if name:
            labels = geography_codes(g.geography).label
            for member in g.members:
                _line("", f"{member} {labels.get(member, '')}")
            _line("note", g.note)


def _entry(name: str, label: str) -> None:
    print(f"{name}  {label}")


def _line(what: str, text: str) -> None:
    if text:
        head = f"    {what + ':' if what else '':<10}"
        print(
            textwrap.fill(
                " ".join(text.split()), 96, initial_indent=head, subsequent_indent=" " * len(head)
            )
        )


def _json(name: str, entries: list[dict[str, object]]) -> None:
    print(json.dumps({name: entries}, ensure_ascii=False, indent=2))
