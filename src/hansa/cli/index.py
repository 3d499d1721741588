"""The commands about composite indices."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hansa.cli import options as o
from hansa.cli.index_audit import audit, export, report
from hansa.cli.index_questions import change, whatif
from hansa.cli.index_shared import (
    SEED,
    Factors,
    RecipeFile,
    Replications,
    Seed,
    Where,
    arrow,
    computed,
    part_of,
    parts_said,
    print_json,
    refuse_ending,
)
from hansa.errors import UsageError, listed
from hansa.study.overwriting import refuse_overwriting

if TYPE_CHECKING:
    from hansa.index.result import IndexResult


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
    result = computed(where, recipe, replications, factors, seed, target, replay)
    if out is not None:
        _write(result, out)
    if as_json:
        print_json(_json_of(result))
        return
    for line in _log(result):
        o.say(line)
    for line in [*_league(result), *_moving(result)]:
        print(line)
    if out is not None:
        o.say(f"{out}: {', '.join(sorted(p.name for p in out.iterdir() if p.is_file()))}")


def _write(result: IndexResult, out: Path) -> None:
    from hansa.files import json_bytes, write_bytes, write_table
    from hansa.index.tables import REPLICATED, tables

    made = tables(result)
    for name in set(REPLICATED) - set(made):
        # A table of an earlier run would pass for one of this run.
        (out / f"{name}.csv").unlink(missing_ok=True)
    for name, columns in made.items():
        write_table(arrow(columns), out / f"{name}.csv")
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


def _json_of(result: IndexResult) -> dict[str, Any]:
    from hansa.index.tables import tables

    found = tables(result)
    keep = ("scores", "ranks", "robustness", "sensitivity", "steps", "coverage")
    out: dict[str, Any] = {k: arrow(found[k]).to_pylist() for k in keep if k in found}
    if result.robustness is not None:
        out["replications"] = {
            "asked": result.robustness.draws,
            "computed": result.robustness.successes,
            "seed": result.robustness.seed,
            "warnings": result.robustness.warnings(),
        }
        if lost := result.robustness.failures_by_value():
            names = ("factor", "value", "failed", "of")
            out["replications"]["failures"] = [dict(zip(names, row, strict=True)) for row in lost]
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
    shown = [i for i in order[:most] if not np.isnan(rank[i])]
    for i in shown:
        # Outwards: a rounded interval must not be narrower than the interval.
        between = "" if r is None else f" ({np.floor(low[i]):.0f}–{np.ceil(high[i]):.0f})"
        unit, text = data.unit[rows[i]], f"{rank[i]:.0f}{between}"
        named = f"{data.units[unit]}  {data.names[unit]}{part_of(data, rows[i])}"
        lines.append(f"{text:>12}  {score[i]:8.2f}  {named}")
    lines += parts_said(data, rows[shown])
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


def _refuse_no_share(spread: float) -> None:
    if not 0 <= spread < 1:
        raise UsageError(
            "the spread is no share",
            printed=f"{spread:g}",
            admissible="0 to below 1: 0.25 is 25 % up and down",
            fix=f"for {spread:g} %: --spread {spread / 100:g}"
            if 1 < spread < 100
            else "--spread 0.25",
        )


def intervals(
    where: Where,
    spread: Annotated[
        float, typer.Option("--spread", help="Weights up and down by this share (0 to 1).")
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

    refuse_ending(out, ".csv", ".parquet")
    refuse_overwriting([out], [where, recipe])
    if every and level:
        raise UsageError("--any-weights knows no level", fix="leave one of the two out")
    _refuse_no_share(spread)
    stage = computed(where, recipe, 0, None, SEED).stage
    allowed = anything(stage) if every else around(stage, spread, level=level)
    table = arrow(table_of(stage, rank_intervals(stage, allowed, seconds)))
    if out is not None:
        write_table(table, out)
        o.say(f"{out}: {table.num_rows} rows")
    rows = sorted(table.to_pylist(), key=lambda r: (r["rank"] is None, r["rank"]))
    if as_json:
        print_json({"intervals": rows})
        return
    if out is None:
        told = "any weights" if every else f"weights within {spread:.0%} of those in use"
        print(f"Best and worst rank under {told}; exact unless marked ~")
        for r in rows:
            marks = ["" if r[k] else "~" for k in ("best_proven", "worst_proven")]
            rank = "-" if r["rank"] is None else r["rank"]
            part = part_of(stage.data, stage.data.row_of(r["unit"]))
            print(f"{rank:>4}  {r['best']}{marks[0]}–{r['worst']}{marks[1]}  {r['unit']}{part}")
        for line in parts_said(stage.data, list(stage.data.by_year())[-1]):
            print(line)
