"""Questions asked of an index: what if, how to gain places, what changed over years."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, floor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hansa.cli import options as o
from hansa.cli.index_shared import (
    MOST,
    PARTS,
    SEED,
    Factors,
    RecipeFile,
    Replications,
    Seed,
    Where,
    arrow,
    computed,
    part_of,
    print_json,
    refuse_ending,
)
from hansa.errors import UsageError, listed
from hansa.study.overwriting import refuse_overwriting

if TYPE_CHECKING:
    from hansa.index.change import RankChange
    from hansa.index.result import IndexResult
    from hansa.index.whatif import Answer


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

    result = computed(where, recipe, replications, factors, seed)
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
        print_json(out)
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
    now = sheet.entry.data.values[sheet.entry.data.row_of(unit)]
    raw = sheet.reached(unit, found)
    alone = np.flatnonzero(one.within)
    both, single = sheet.enough(unit, raw), sheet.enough(unit, one.raw)
    return {
        "rank": found.rank, "aim": found.aim, "reached": found.reached,
        "possible": found.possible, "points": found.cost,
        "together": [
            {"code": tree.codes[j], "now": float(now[j]), "then": float(raw[j]),
             "enough": both[j], "points": float(found.delta[j])}
            for j in np.flatnonzero(found.delta)
        ],
        "alone": [
            {"code": tree.codes[j], "now": float(now[j]), "then": float(one.raw[j]),
             "enough": single[j], "points": float(one.delta[j])}
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
        lines += [f"  {r['code']}: {r['now']:.6g} -> {r['enough']}" for r in g["together"]]
        lines.append("Each alone:" if g["alone"] else "No indicator alone is enough.")
        lines += [f"  {r['code']}: {r['now']:.6g} -> {r['enough']}" for r in g["alone"]]
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

    refuse_ending(out, ".csv", ".parquet")
    refuse_overwriting([out], [where, recipe, factors])
    if replications < 1:
        raise UsageError("a change of rank needs replications", fix="--replications 10000")
    result = computed(where, recipe, replications, factors, seed)
    assert result.robustness is not None
    found = rank_change(result.robustness, start, end)
    columns = changes(result, found)
    columns |= _available(result, found, (start, end)) | _parts(result, start, end)
    table = arrow(columns)
    if out is not None:
        write_table(table, out)
        o.say(f"{out}: {table.num_rows} rows")
    if found.left_out.size:
        gone = [result.data.units[u] for u in found.left_out]
        o.say(f"left out, without a score in one of the years: {listed(gone, 20)}")
    rows = sorted(table.to_pylist(), key=lambda r: -(r["change"] or 0))
    if as_json:
        print_json({"from": start, "to": end, "changes": rows})
    elif out is None:
        print(
            f"Change of rank {start} to {end} among the {found.units.size} units with a score in "
            "both years, positive is up; 90 % interval; changed: *"
        )
        for r in rows:
            print(_change_line(r, result, (start, end)))
        if any(min(r["available_before"], r["available_after"]) < 1 for r in rows):
            print(PARTS)


def _change_line(r: Mapping[str, Any], result: IndexResult, years: tuple[int, int]) -> str:
    mark = "*" if r["changed"] else " "
    score = "" if r["score_change"] is None else f"score {r['score_change']:+.2f}  "
    data = result.data
    parts = (part_of(data, data.row_of(r["unit"], year), year=True) for year in years)
    return (
        f"{r['change']:+5.0f}{mark} ({r['low']:+.0f} to {r['high']:+.0f})  "
        f"{r['rank_before']} -> {r['rank_after']}  {score}{r['unit']}{''.join(parts)}"
    )


def _available(result: IndexResult, found: RankChange, years: tuple[int, int]) -> dict[str, Any]:
    """The share of indicators that each unit had in both years."""
    data, share = result.data, result.data.observed / result.tree.leaves
    return {
        name: share[[data.row_of(data.units[u], year) for u in found.units]]
        for name, year in zip(("available_before", "available_after"), years, strict=True)
    }


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
