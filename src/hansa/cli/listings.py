"""What there is: measures, definitions, geographies."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hansa.cli.options import AsJson, Classification, Columns, pairs
from hansa.errors import UsageError

if TYPE_CHECKING:
    from hansa.clusters import ClusterDefinition
    from hansa.codes.geography import Membership


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
    code: Annotated[
        str,
        typer.Option(
            "--code", help="A code in any usual spelling: which clusters hold it, and why."
        ),
    ] = "",
    compare: Annotated[
        list[str] | None,
        typer.Option(
            "--compare", help="A definition to compare: id, folder or CSV (repeat for more)."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the comparison as a page: page.html.")
    ] = None,
    code_list: Classification = "",
    columns: Columns = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """List the cluster definitions, look a code up in them, or compare them."""
    from hansa.clusters import find_definition

    _check_choice(name, code, compare or [], out)
    ours = pairs(columns, "--columns")
    chosen = [find_definition(n, code_list, ours) for n in compare or ([name] if name else [])]
    if compare:
        _compare(chosen, out, as_json)
    elif code:
        _look_up(code, chosen, as_json)
    else:
        _list(chosen, as_json)


def _check_choice(name: str, code: str, compare: list[str], out: Path | None) -> None:
    if compare and (name or code):
        raise UsageError(
            "a comparison stands alone",
            printed=f"--compare together with {name or '--code'}",
            fix="leave out one of the two",
        )
    if out and not compare:
        raise UsageError("--out belongs to a comparison", fix="--compare ID --compare ID")
    if out and out.suffix.lower() not in (".html", ".htm"):
        raise UsageError(
            "a comparison is written as a page",
            place=str(out),
            admissible=".html",
            fix="change the ending of --out",
        )


def _compare(chosen: list[ClusterDefinition], out: Path | None, as_json: bool) -> None:
    from hansa.clusters.comparison import compare

    found = compare(chosen)
    if out:
        from hansa.files import write_bytes
        from hansa.report.definitions_page import document
        from hansa.report.html import render_html

        write_bytes(out, render_html(document(found)).encode())
        print(f"written: {out}")
    elif as_json:
        print(json.dumps({"comparison": found.as_dict()}, ensure_ascii=False, indent=2))
    else:
        from hansa.report.definitions_page import text

        print(text(found))


def _look_up(code: str, chosen: list[ClusterDefinition], as_json: bool) -> None:
    from hansa.clusters.lookup import look_up_all

    found = look_up_all(code, chosen or None)
    if as_json:
        _json("lookup", [f.as_dict() for f in found])
        return
    for f in found:
        _entry(f"{f.code}  {f.label}".rstrip(), f"(in {f.definition})")
        if f.classes > 1:
            _line("classes", f"{f.classes}; the shares below count classes, not jobs")
        for share in f.spread:
            part = f" ({share.weight:g} of {f.classes} classes)" if f.classes > 1 else ""
            codes = ", ".join(share.activities)
            _line(share.kind or "in", f"{share.cluster}: {share.label}{part}: {codes}")
        if f.classes == 1:
            for p in f.places:
                _line("part", p.subcluster)
                _line("weight", f"{p.weight:g} in {p.cluster}")
                _line("reason", p.reason)
        _line("nowhere", ", ".join(f.left))


def _list(chosen: list[ClusterDefinition], as_json: bool) -> None:
    from hansa.clusters import definitions as every

    full = bool(chosen)
    chosen = chosen or list(every().values())
    if as_json:
        _json("definitions", [_definition(d, full) for d in chosen])
        return
    for d in chosen:
        _entry(d.id, d.label)
        _line("codes", f"{d.classification}, finest level needed: {d.level or 'as given'}")
        kinds = [d.kind_of(c) for c in d.clusters]
        _line(
            "clusters",
            f"{len(kinds)} ({kinds.count('traded')} traded, {kinds.count('local')} local)",
        )
        _line("source", ", ".join(part for part in (d.source, d.licence) if part))
        if full:
            for cluster in d.clusters:
                codes = [m.activity for m in d.members if m.cluster == cluster]
                _line(d.kind_of(cluster), f"{cluster}: {d.label_of(cluster)} ({', '.join(codes)})")
            _line("note", d.note)


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
        _json("geographies", [g.as_dict() for g in chosen])
        return
    for g in chosen:
        _entry(g.id, g.title)
        until = f" to {g.valid_to}" if g.valid_to else ""
        since = f", valid from {g.valid_from}{until}" if g.valid_from else ""
        _line("members", f"{len(g.members)} codes of {g.geography}{since}")
        _line("without", ", ".join(g.left_out))
        _line("source", f"{g.source} ({g.status})")
        if name:
            labels = geography_codes(g.geography).label
            for member in g.members:
                _line("", f"{member} {labels.get(member, '')}")
            for m in g.memberships:
                _line("joined", " ".join((_since(m), m.name, f"({m.note})" if m.note else "")))
            _line("note", g.note)


def _since(m: Membership) -> str:
    return f"{m.valid_from} to {m.valid_to}" if m.valid_to else m.valid_from


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
