"""An index judged, as a page, and as a workbook."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hansa.cli import options as o
from hansa.cli.index_shared import (
    SEED,
    Factors,
    RecipeFile,
    Replications,
    Seed,
    Where,
    arrow,
    computed,
    print_json,
    refuse_ending,
)
from hansa.study.overwriting import refuse_overwriting

if TYPE_CHECKING:
    from hansa.index.result import IndexResult


def audit(
    where: Where,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Report (.html), tables (.xlsx), findings (.json), text (.txt)."
        ),
    ] = None,
    outcome: Annotated[
        str, typer.Option("--outcome", help="Denominator or node that the index is linked with.")
    ] = "",
    replications: Replications = 10_000,
    seed: Seed = SEED,
    recipe: RecipeFile = None,
    factors: Factors = None,
    as_json: o.AsJson = False,
) -> None:
    """The ten steps of the OECD/JRC handbook as findings; exit code 1 where one is an error."""
    from hansa.index.audit import audit as audit_of
    from hansa.index.audit import audit_text

    refuse_ending(out, ".html", ".xlsx", ".json", ".txt")
    refuse_overwriting([out], [where, recipe, factors])
    result = _whole(computed(where, recipe, replications, factors, seed), seed)
    found = audit_of(result, outcome=outcome or None)
    if out is not None:
        _write_audit(result, found, where, out)
        o.say(f"{out}: errors {found.count('error')}, warnings {found.count('warning')}")
    if as_json:
        print_json({"findings": [f.as_finding().as_dict() for f in found.findings]})
    elif out is None:
        print(audit_text(found), end="")
    if found.count("error"):
        raise typer.Exit(1)


def report(
    where: Where,
    out: Annotated[Path, typer.Option("--out", help="Report (.html).")],
    unit: Annotated[
        str, typer.Option("--unit", help="Unit with a profile and what-if questions.")
    ] = "",
    group: Annotated[
        list[str],
        typer.Option("--group", help="Units with one profile: NAME=UNIT,UNIT (repeat)."),
    ] = [],  # noqa: B006
    source: Annotated[
        str,
        typer.Option(
            "--source", help="Source of the indicators; as indicators.csv states it otherwise."
        ),
    ] = "",
    replications: Replications = 10_000,
    seed: Seed = SEED,
    recipe: RecipeFile = None,
    factors: Factors = None,
) -> None:
    """An index as a page: league with intervals, tree, profile, change, what-if, audit."""
    from hansa.files import write_bytes
    from hansa.index.audit import audit as audit_of

    refuse_ending(out, ".html")
    result = _whole(computed(where, recipe, replications, factors, seed), seed)
    page = _page(result, audit_of(result), where, (unit, source, tuple(group)))
    write_bytes(out, page)
    o.say(f"{out}: {len(page) / 1e6:.1f} MB")


def _whole(result: IndexResult, seed: int) -> IndexResult:
    """With everything that an audit asks about; what it has not is said."""
    from hansa.index.verbs import completed

    whole, problem = completed(result, seed)
    if problem is not None:
        o.say(f"no exact rank intervals: {problem.finding.rule} ({problem.finding.place})")
    return whole


def _page(
    result: IndexResult, found: Any, where: Path, words: tuple[str, str, tuple[str, ...]]
) -> bytes:
    from hansa.errors import HansaError
    from hansa.index.folder import made_up
    from hansa.report.html import render_html
    from hansa.report.index_report import IndexReport, index_document
    from hansa.views.index_gap import conditions_of
    from hansa.views.index_profile import Who
    from hansa.views.index_words import IndexView, IndexWords

    unit, source, groups = words
    draws = 0 if result.robustness is None else result.robustness.draws
    model = not source and made_up(n.source for n in result.tree.indicators)
    own = IndexWords(source=source, model_data=model)
    try:
        conditions = conditions_of(IndexView(result, own), result.evaluator.seed)
    except HansaError as error:
        o.say(f"no critical conditions: {error.finding.rule}")
        conditions = None
    named = [text.partition("=") for text in groups]
    show = IndexReport(
        unit=unit,
        groups=tuple(Who(tuple(codes.split(",")), name) for name, _, codes in named),
        conditions=conditions,
        python=f'hansa.index("{where.name}", replications={draws})',
        command=f"hansa index run {where.name} --replications {draws}",
    )
    return render_html(index_document(result, own, show, found)).encode()


def _write_audit(result: IndexResult, found: Any, where: Path, out: Path) -> None:
    from hansa.files import json_bytes, write_bytes
    from hansa.index.audit import audit_tables, audit_text
    from hansa.index.workbook import write_book

    kind = out.suffix.lower()
    if kind == ".html":
        write_bytes(out, _page(result, found, where, ("", "", ())))
    elif kind == ".json":
        content = [f.as_finding().as_dict() for f in found.findings]
        write_bytes(out, json_bytes({"findings": content}))
    elif kind == ".txt":
        write_bytes(out, audit_text(found).encode())
    else:
        write_book(out, [(name, _grid(columns)) for name, columns in audit_tables(found)])


def _grid(columns: Mapping[str, Any]) -> list[tuple[int, int, Any]]:
    """Columns as cells (row, column, value); empty ones are left out."""
    table = arrow(columns)
    cells: list[tuple[int, int, Any]] = [(1, j, n) for j, n in enumerate(table.column_names, 1)]
    for j, name in enumerate(table.column_names, 1):
        values = table[name].to_pylist()
        cells += [(i, j, v) for i, v in enumerate(values, 2) if v is not None]
    return cells


def export(
    where: Where,
    out: Annotated[Path, typer.Option("--out", help="Workbook (.xlsx).")],
    coin_tool: Annotated[
        bool, typer.Option("--coin-tool", help="The layout of the COIN Tool.")
    ] = False,
    lossy: Annotated[
        bool, typer.Option("--lossy", help="Leave out what that layout cannot hold, and say so.")
    ] = False,
) -> None:
    """An index as a workbook: sheets indicators and data, or the layout of the COIN Tool."""
    from hansa.index.cointool_write import write_coin_tool
    from hansa.index.reading import read_folder, rows_of
    from hansa.index.workbook import write_workbook

    refuse_ending(out, ".xlsx")
    refuse_overwriting([out], [where])
    tree, data, _ = read_folder(where)
    metadata, rows = rows_of(tree, data)
    left = []
    if coin_tool:
        left = write_coin_tool(out, metadata, rows, lossy)
    else:
        write_workbook(out, metadata, rows)
    for text in left:
        o.say(f"left out: {text}")
    for name in ("recipe.toml", "factors.toml"):
        if (where / name).is_file():
            option = name.partition(".")[0]
            o.say(f"{name} is no part of the workbook: give it by --{option} {where / name}")
    o.say(f"{out}: {tree.leaves} indicators, {len(rows)} rows")
