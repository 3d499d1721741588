"""The commands about composite indices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, floor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hansa.cli import options as o
from hansa.errors import UsageError, listed

if TYPE_CHECKING:
    from hansa.index.result import IndexResult
    from hansa.index.whatif import Answer

Where = Annotated[
    Path,
    typer.Argument(
        help="Index folder (indicators.csv, data.csv, recipe.toml, factors.toml) or workbook."
    ),
]
Replications = Annotated[
    int, typer.Option("--replications", help="Replications of the choices left open; 0 for none.")
]
Seed = Annotated[int, typer.Option("--seed", help="Seed of the replications.")]
Factors = Annotated[
    Path | None, typer.Option("--factors", help="What varies (TOML); factors.toml otherwise.")
]
RecipeFile = Annotated[
    Path | None, typer.Option("--recipe", help="Steps (TOML); recipe.toml of the folder otherwise.")
]
SEED = 20090507
MOST = 12
"""Lines of a list that the screen shows."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="Composite indices: run, exact rank intervals, what-if, change, audit.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("run")(run)
    group.command("intervals")(intervals)
    group.command("whatif")(whatif)
    group.command("change")(change)
    group.command("audit")(audit)
    group.command("report")(report)
    group.command("export")(export)
    app.add_typer(group, name="index")


def run(
    where: Where,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the tables.")] = None,
    replications: Replications = 10_000,
    seed: Seed = SEED,
    recipe: RecipeFile = None,
    factors: Factors = None,
    target: Annotated[
        list[str],
        typer.Option(
            "--sensitivity",
            help="Which choice moves it: shift, rank:UNIT, score:UNIT, top:UNIT (repeat).",
        ),
    ] = [],  # noqa: B006
    replay: Annotated[
        Path | None, typer.Option("--replay", help="draws.csv of an earlier run, played again.")
    ] = None,
    as_json: o.AsJson = False,
) -> None:
    """Run the recipe of an index, and thousands of replications of the choices it leaves open."""
    result = _run(where, recipe, replications, factors, seed, target, replay)
    if out is not None:
        _write(result, out)
    if as_json:
        _print_json(_json_of(result))
        return
    for line in _log(result):
        o.say(line)
    for line in [*_league(result), *_moving(result)]:
        print(line)
    if out is not None:
        o.say(f"{out}: {', '.join(sorted(p.name for p in out.iterdir() if p.is_file()))}")


def _run(
    where: Path, recipe: Path | None, replications: int, factors: Path | None, seed: int,
    target: Sequence[str] = (),
    replay: Path | None = None,
) -> IndexResult:  # fmt: skip
    from hansa.index.verbs import index

    if replications < 0:
        raise UsageError(
            "replications cannot be negative", printed=str(replications), fix="--replications 10000"
        )
    result = index(
        where,
        recipe=recipe,
        replications=replications,
        factors=factors,
        seed=seed,
        replay=replay,
    )
    return _with_sensitivity(result, target, seed) if target else result


def _with_sensitivity(result: IndexResult, target: Sequence[str], seed: int) -> IndexResult:
    from dataclasses import replace

    from hansa.index.sensitivity import sensitivity, target_of

    data = result.data
    wanted = []
    for text in target:
        kind, _, unit = text.partition(":")
        rows = list(data.by_year())[-1].tolist()
        own = [rows.index(data.row_of(u)) for u in unit.split(",") if u]
        wanted.append((text, target_of(kind, own)))
    return replace(result, sensitivity=tuple(sensitivity(result.evaluator, wanted, seed=seed)))


def _write(result: IndexResult, out: Path) -> None:
    from hansa.files import json_bytes, write_bytes, write_table
    from hansa.index.tables import REPLICATED, tables

    made = tables(result)
    for name in set(REPLICATED) - set(made):
        # A table of an earlier run would pass for one of this run.
        (out / f"{name}.csv").unlink(missing_ok=True)
    for name, columns in made.items():
        write_table(_arrow(columns), out / f"{name}.csv")
    recipe: dict[str, Any] = {
        "format": 1,
        "step": [step.as_dict() for step in result.recipe],
        "seed": result.evaluator.seed,
        "replications": 0 if result.robustness is None else result.robustness.draws,
        "factor": [_factor(f) for f in result.evaluator.factors],
    }
    write_bytes(out / "recipe.json", json_bytes(recipe))


def _factor(factor: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return {k: v for k, v in asdict(factor).items() if v}


def _arrow(columns: Mapping[str, Any]) -> Any:
    """Columns as an Arrow table; NaN is an empty cell."""
    import numpy as np
    import pyarrow as pa

    made = {}
    for name, values in columns.items():
        cells = np.asarray(values).tolist() if not isinstance(values, list) else values
        made[name] = pa.array(
            [None if isinstance(v, float) and np.isnan(v) else v for v in cells], from_pandas=False
        )
    return pa.table(made)


def _print_json(content: Any) -> None:
    from hansa.files import json_bytes

    print(json_bytes(content).decode(), end="")


def _json_of(result: IndexResult) -> dict[str, Any]:
    from hansa.index.tables import tables

    found = tables(result)
    keep = ("scores", "ranks", "robustness", "sensitivity", "steps", "coverage")
    out: dict[str, Any] = {k: _arrow(found[k]).to_pylist() for k in keep if k in found}
    if result.robustness is not None:
        out["replications"] = {
            "asked": result.robustness.draws,
            "computed": result.robustness.successes,
            "seed": result.robustness.seed,
            "warnings": result.robustness.warnings(),
        }
    return out


def _log(result: IndexResult) -> list[str]:
    """What each step did, for the person at the terminal."""
    lines = []
    for entry in result.stage.log:
        options = ", ".join(f"{k} = {_short(v)}" for k, v in entry.options.items())
        lines.append(f"{entry.step}{f' ({options})' if options else ''}")
        lines += [f"  {text}" for text in entry.said]
        lines += [f"  warning: {text}" for text in entry.warnings]
    return [*lines, *(f"note: {text}" for text in result.notes)]


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) < 60 else f"{len(value)} rows"


def _league(result: IndexResult, most: int = 15) -> list[str]:
    """The first units of the last year, every rank with its interval."""
    import numpy as np

    data, r = result.data, result.robustness
    rows = list(data.by_year())[-1]
    lines = [] if r is None else [f"Warning: {w}" for w in r.warnings()]
    rank, score = result.rank[rows], result.score[rows]
    order = np.argsort(np.where(np.isnan(rank), np.inf, rank), kind="stable")
    year = f", {data.years[-1]}" if data.years[-1] else ""
    name = result.tree.nodes[result.tree.root].label
    lines.append(f"{name}{year}: {rows.size} units, {result.tree.leaves} indicators")
    if r is None:
        lines.append("No replications: ranks carry no interval (--replications 10000).")
    else:
        spread = r.years[int(data.time[rows[0]])][1]
        low, high = spread.quantile(0.05), spread.quantile(0.95)
        lines.append(
            f"Rank with its 90 % interval over {r.successes} replications (seed {r.seed}) of: "
            + ", ".join(f.id for f in r.factors)
        )
    for i in order[:most]:
        if np.isnan(rank[i]):
            continue
        # Outwards: a rounded interval must not be narrower than the interval.
        between = "" if r is None else f" ({np.floor(low[i]):.0f}–{np.ceil(high[i]):.0f})"
        unit = data.unit[rows[i]]
        text = f"{rank[i]:.0f}{between}"
        lines.append(f"{text:>12}  {score[i]:8.2f}  {data.units[unit]}  {data.names[unit]}")
    if lost := [data.units[data.unit[r]] for r in rows[np.isnan(rank)]]:
        lines.append(f"without a score: {listed(lost, 20)}")
    if rows.size > most:
        lines.append(f"and {rows.size - most} more (--out DIR writes all)")
    return lines


def _moving(result: IndexResult) -> list[str]:
    """Which choice moves what, for the screen."""
    import numpy as np

    lines = []
    for found in result.sensitivity:
        lines.append(f"Variance of {found.target}: by itself, and with others")
        order = np.argsort(-np.nan_to_num(found.total), kind="stable")
        lines += [
            f"  {found.first[i]:6.1%} {found.total[i]:6.1%}  {found.factors[i]}" for i in order
        ]
        lines += [f"  {text}" for text in found.said()]
    return lines


def intervals(
    where: Where,
    spread: Annotated[
        float, typer.Option("--spread", help="Weights up and down by this share of their value.")
    ] = 0.25,
    level: Annotated[
        int, typer.Option("--level", help="Only weights of siblings of this height.")
    ] = 0,
    every: Annotated[
        bool, typer.Option("--any-weights", help="Every weight from 0 to 1, at all levels.")
    ] = False,
    seconds: Annotated[
        float, typer.Option("--seconds", help="Time for one unit; then bounds, not proven.")
    ] = 10.0,
    recipe: RecipeFile = None,
    out: Annotated[Path | None, typer.Option("--out", help="Table (.csv, .parquet).")] = None,
    as_json: o.AsJson = False,
) -> None:
    """Exact best and worst rank of every unit under all weights that are admissible."""
    from hansa.files import write_table
    from hansa.index.extreme import anything, around, rank_intervals
    from hansa.index.tables import intervals as table_of

    _refuse_ending(out, ".csv", ".parquet")
    if every and level:
        raise UsageError("--any-weights knows no level", fix="leave one of the two out")
    if not 0 <= spread < 1:
        raise UsageError("the spread is no share", printed=f"{spread:g}", admissible="0 to below 1")
    stage = _run(where, recipe, 0, None, SEED).stage
    allowed = anything(stage) if every else around(stage, spread, level=level)
    table = _arrow(table_of(stage, rank_intervals(stage, allowed, seconds)))
    if out is not None:
        write_table(table, out)
        o.say(f"{out}: {table.num_rows} rows")
    rows = sorted(table.to_pylist(), key=lambda r: (r["rank"] is None, r["rank"]))
    if as_json:
        _print_json({"intervals": rows})
        return
    if out is None:
        told = "any weights" if every else f"weights within {spread:.0%} of those in use"
        print(f"Best and worst rank under {told}; exact unless marked ~")
        for r in rows:
            marks = ["" if r[k] else "~" for k in ("best_proven", "worst_proven")]
            rank = "-" if r["rank"] is None else r["rank"]
            print(f"{rank:>4}  {r['best']}{marks[0]}–{r['worst']}{marks[1]}  {r['unit']}")


def whatif(
    where: Where,
    unit: Annotated[str, typer.Option("--unit", help="Code of the unit.")],
    cells: Annotated[
        list[str],
        typer.Option(
            "--set",
            help="CODE=VALUE (after denominating), CODE=best, CODE=target or CODE=+10% (repeat).",
        ),
    ] = [],  # noqa: B006
    weights: Annotated[
        list[str],
        typer.Option("--weight", help="CODE=WEIGHT, on the scale of indicators.csv (repeat)."),
    ] = [],  # noqa: B006
    drop: Annotated[list[str], typer.Option("--drop", help="Code to leave out (repeat).")] = [],  # noqa: B006
    gain: Annotated[
        int, typer.Option("--gain", help="Smallest change that gains so many places.")
    ] = 0,
    changeable: Annotated[
        list[str],
        typer.Option("--changeable", help="Indicators that may move for --gain (repeat)."),
    ] = [],  # noqa: B006
    replications: Replications = 10_000,
    seed: Seed = SEED,
    recipe: RecipeFile = None,
    factors: Factors = None,
    as_json: o.AsJson = False,
) -> None:
    """What becomes of a unit if a value, a weight or the set of indicators changes; and back."""
    from hansa.index.whatif import Change, Sheet

    result = _run(where, recipe, replications, factors, seed)
    sheet = Sheet(result.evaluator, result.robustness)
    if changeable and not gain:
        raise UsageError("--changeable belongs to --gain", fix="--gain 1 --changeable CODE")
    out: dict[str, Any] = {"unit": unit}
    if gain:
        out["gain"] = _gain(sheet, unit, gain, tuple(changeable))
    if not (cells or weights or drop or gain):
        raise UsageError(
            "nothing is asked", admissible="--set, --weight, --drop or --gain", fix="--gain 3"
        )
    if cells or weights or drop:
        change_of = Change(
            {(unit, code): _cell(sheet, unit, code, text)
             for code, text in o.pairs(cells, "--set").items()},
            {code: _number(text, "--weight")
             for code, text in o.pairs(weights, "--weight").items()},
            tuple(drop),
        )  # fmt: skip
        out["shares"] = sheet.shares_after(change_of)
        out["answer"] = _answered(sheet.answer(unit, change_of, both=True), sheet, unit)
    if as_json:
        _print_json(out)
    else:
        for line in _told(out):
            print(line)


def _number(text: str, option: str, admissible: str = "a number") -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(
            f"{option} cannot read this", printed=repr(text), admissible=admissible
        ) from None


def _cell(sheet: Any, unit: str, code: str, text: str) -> float:
    """A value by itself, the best peer's, the target, or a percentage more."""
    tree = sheet.stage.tree
    node = tree.nodes[tree.at(code)]
    if text == "best":
        return float(sheet.best_peer(code))
    if text == "target":
        if node.target is None:
            raise UsageError(f"{code} has no target", fix="fill the column target")
        return float(node.target)
    if text.endswith("%"):
        now = sheet.entry.data.values[sheet.entry.data.row_of(unit), tree.at(code)]
        if now != now:
            raise UsageError(
                f"{unit} has no value of {code}", fix=f"--set {code}=VALUE instead of a percentage"
            )
        return float(now * (1 + _number(text[:-1], "--set") / 100))
    return _number(text, "--set", "a number, best, target, or a percentage such as +10%")


def _answered(answer: Answer, sheet: Any, unit: str) -> dict[str, Any]:
    row = int((answer.rows == sheet.stage.data.row_of(unit)).nonzero()[0][0])
    out = {}
    for name in ("before", "frozen", "live"):
        reading = getattr(answer, name)
        out[name] = {
            "score": _plain(reading.scores[row]),
            "rank": _whole_rank(reading.ranks[row]),
            "interval": None if reading.interval is None else list(reading.interval),
        }
    before, after = answer.before.ranks, answer.live.ranks
    moved = ((after != before) & ~((after != after) & (before != before))).nonzero()[0]
    data = sheet.stage.data
    out["others"] = {
        data.label(answer.rows[i]): [_whole_rank(before[i]), _whole_rank(after[i])]
        for i in moved
        if i != row
    }
    return out


def _plain(score: Any) -> float | None:
    return None if score != score else float(score)


def _whole_rank(rank: Any) -> int | None:
    return None if rank != rank else int(rank)


def _gain(sheet: Any, unit: str, gain: int, changeable: tuple[str, ...]) -> dict[str, Any]:
    import numpy as np

    found, one = sheet.reach(unit, gain, changeable)
    tree = sheet.stage.tree
    row = sheet.stage.data.row_of(unit)
    now = sheet.entry.data.values[sheet.entry.data.row_of(unit)]
    raw = sheet.raw_of(sheet.stage.data.values[row] + found.delta)
    alone = np.flatnonzero(one.within)
    return {
        "rank": found.rank, "aim": found.aim, "reached": found.reached,
        "possible": found.possible, "points": found.cost,
        "together": [
            {"code": tree.codes[j], "now": float(now[j]), "then": float(raw[j]),
             "points": float(found.delta[j])}
            for j in np.flatnonzero(found.delta)
        ],
        "alone": [
            {"code": tree.codes[j], "now": float(now[j]), "then": float(one.raw[j]),
             "points": float(one.delta[j])}
            for j in alone
        ],
    }  # fmt: skip


def _told(out: Mapping[str, Any]) -> list[str]:
    lines = [
        f"{code}: {old:.1%} of its family becomes {new:.1%}"
        for code, (old, new) in out.get("shares", {}).items()
    ]
    if "answer" in out:
        names = {"before": "as it is", "frozen": "changed, scale as it was",
                 "live": "changed, scale fitted again"}  # fmt: skip
        for key, words in names.items():
            one = out["answer"][key]
            between = one["interval"]
            told = "" if between is None else f" (90 %: {floor(between[0])}–{ceil(between[1])})"
            if one["score"] is None:
                lines.append(f"{words:<28} no score: too little data")
                continue
            lines.append(f"{words:<28} score {one['score']:8.2f}  rank {one['rank']}{told}")
        others = list(out["answer"]["others"].items())
        lines += [f"  {other}: {a} -> {b}" for other, (a, b) in others[:MOST]]
        if len(others) > MOST:
            lines.append(f"  and {len(others) - MOST} other units change place (--json)")
    if "gain" in out:
        g = out["gain"]
        word = "reaches" if g["possible"] else "cannot reach it; the best is"
        lines.append(
            f"From rank {g['rank']} to {g['aim']}: {word} rank {g['reached']} with "
            f"{g['points']:.2f} points of the common scale:"
        )
        lines += [f"  {r['code']}: {r['now']:.6g} -> {r['then']:.6g}" for r in g["together"]]
        lines.append("Each alone:" if g["alone"] else "No indicator alone is enough.")
        lines += [f"  {r['code']}: {r['now']:.6g} -> {r['then']:.6g}" for r in g["alone"]]
    return lines


def change(
    where: Where,
    start: Annotated[int, typer.Option("--from", help="First year.")],
    end: Annotated[int, typer.Option("--to", help="Last year.")],
    replications: Replications = 10_000,
    seed: Seed = SEED,
    recipe: RecipeFile = None,
    factors: Factors = None,
    out: Annotated[Path | None, typer.Option("--out", help="Table (.csv, .parquet).")] = None,
    as_json: o.AsJson = False,
) -> None:
    """Change of rank between two years, the same choices in both, with what it comes from."""
    from hansa.files import write_table
    from hansa.index.change import rank_change
    from hansa.index.tables import changes

    _refuse_ending(out, ".csv", ".parquet")
    if replications < 1:
        raise UsageError("a change of rank needs replications", fix="--replications 10000")
    result = _run(where, recipe, replications, factors, seed)
    assert result.robustness is not None
    found = rank_change(result.robustness, start, end)
    columns = changes(result, found)
    columns |= _parts(result, start, end)
    table = _arrow(columns)
    if out is not None:
        write_table(table, out)
        o.say(f"{out}: {table.num_rows} rows")
    if found.left_out.size:
        gone = [result.data.units[u] for u in found.left_out]
        o.say(f"left out, without a score in one of the years: {listed(gone, 20)}")
    rows = sorted(table.to_pylist(), key=lambda r: -(r["change"] or 0))
    if as_json:
        _print_json({"from": start, "to": end, "changes": rows})
    elif out is None:
        print(
            f"Change of rank {start} to {end} among the {found.units.size} units with a score in "
            "both years, positive is up; 90 % interval; changed: *"
        )
        for r in rows:
            mark = "*" if r["changed"] else " "
            print(
                f"{r['change']:+5.0f}{mark} ({r['low']:+.0f} to {r['high']:+.0f})  "
                f"{r['rank_before']} -> {r['rank_after']}  "
                + ("" if r["score_change"] is None else f"score {r['score_change']:+.2f}  ")
                + r["unit"]
            )


def _parts(result: IndexResult, start: int, end: int) -> dict[str, Any]:
    """Own and others' part of each change, where one scale holds over the years."""
    from hansa.errors import HansaError
    from hansa.index.change import parts_between
    from hansa.index.whatif import before_treatment

    try:
        entry = before_treatment(result.evaluator)
        _, parts = parts_between(result.stage, entry.data.values, start, end)
    except HansaError as error:
        o.say(f"no parts: {error.finding.rule} ({error.finding.printed})")
        return {}
    names = ("score", "rank")
    return {
        f"{name}_{part}": values[:, i]
        for part, values in parts.items()
        for i, name in enumerate(names)
    }


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
    from hansa.index.audit import audit as audited
    from hansa.index.audit import audit_text

    _refuse_ending(out, ".html", ".xlsx", ".json", ".txt")
    result = _whole(_run(where, recipe, replications, factors, seed), seed)
    found = audited(result, outcome=outcome or None)
    if out is not None:
        _write_audit(result, found, where, out)
        o.say(f"{out}: errors {found.count('error')}, warnings {found.count('warning')}")
    if as_json:
        _print_json({"findings": [f.as_finding().as_dict() for f in found.findings]})
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
    source: Annotated[str, typer.Option("--source", help="Source of the indicators.")] = "",
    replications: Replications = 10_000,
    seed: Seed = SEED,
    recipe: RecipeFile = None,
    factors: Factors = None,
) -> None:
    """An index as a page: league with intervals, tree, profile, change, what-if, audit."""
    from hansa.files import write_bytes
    from hansa.index.audit import audit as audited

    _refuse_ending(out, ".html")
    result = _whole(_run(where, recipe, replications, factors, seed), seed)
    page = _page(result, audited(result), where, (unit, source))
    write_bytes(out, page)
    o.say(f"{out}: {len(page) / 1e6:.1f} MB")


def _whole(result: IndexResult, seed: int) -> IndexResult:
    """With everything that an audit asks about: sensitivity, and exact intervals if any."""
    from dataclasses import replace

    from hansa.errors import HansaError
    from hansa.index.extreme import around, rank_intervals

    if result.robustness is not None:
        result = _with_sensitivity(result, ["shift"], seed)
    try:
        exact = rank_intervals(result.stage, around(result.stage))
    except HansaError as error:
        o.say(f"no exact rank intervals: {error.finding.rule} ({error.finding.place})")
        return result
    return replace(result, intervals=exact)


def _page(result: IndexResult, found: Any, where: Path, words: tuple[str, str]) -> bytes:
    from hansa.report.html import render_html
    from hansa.report.index_report import IndexReport, index_document
    from hansa.views.index_words import IndexWords

    unit, source = words
    draws = 0 if result.robustness is None else result.robustness.draws
    show = IndexReport(
        unit=unit,
        python=f'hansa.index("{where.name}", replications={draws})',
        command=f"hansa index run {where.name} --replications {draws}",
    )
    document = index_document(result, IndexWords(source=source), show, found)
    return render_html(document).encode()


def _write_audit(result: IndexResult, found: Any, where: Path, out: Path) -> None:
    from hansa.files import json_bytes, write_bytes
    from hansa.index.audit import audit_tables, audit_text
    from hansa.index.workbook import write_book

    kind = out.suffix.lower()
    if kind == ".html":
        write_bytes(out, _page(result, found, where, ("", "")))
    elif kind == ".json":
        content = [f.as_finding().as_dict() for f in found.findings]
        write_bytes(out, json_bytes({"findings": content}))
    elif kind == ".txt":
        write_bytes(out, audit_text(found).encode())
    else:
        write_book(out, [(name, _grid(columns)) for name, columns in audit_tables(found)])


def _refuse_ending(out: Path | None, *known: str) -> None:
    """Before anything is computed: a result that could not be written."""
    if out is not None and out.suffix.lower() not in known:
        raise UsageError(
            f"the result cannot be written as {out.suffix or 'a file without an ending'}",
            place=str(out),
            admissible=listed(known),
            fix="change the ending of --out",
        )


def _grid(columns: Mapping[str, Any]) -> list[tuple[int, int, Any]]:
    """Columns as cells (row, column, value); empty ones are left out."""
    table = _arrow(columns)
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

    _refuse_ending(out, ".xlsx")
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
