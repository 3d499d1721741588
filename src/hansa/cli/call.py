"""The commands on a call of several funders: price, solve, compare."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hansa.cli.options import AsJson, say
from hansa.errors import UsageError, listed
from hansa.study.overwriting import refuse_overwriting

if TYPE_CHECKING:
    from hansa.programme.laboratory import Outcome

Folder = Annotated[Path, typer.Argument(help="A call folder: call.toml, funders, proposals, asks.")]
Mode = Annotated[str, typer.Option("--mode", help="virtual, mixed or real; left out: the call's.")]
Rule = Annotated[
    str, typer.Option("--ranking", help="strict, ties, bands or free; left out: the call's.")
]
Out = Annotated[Path | None, typer.Option("--out", help="A folder for the tables (CSV).")]
Seconds = Annotated[float, typer.Option("--seconds", help="When to stop searching.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    own = typer.Typer(
        name="call",
        help="A call with money from several funders: what it costs, who is funded and why.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    own.command("price")(price)
    own.command("solve")(solve)
    own.command("compare")(compare)
    own.command("contributions")(contributions)
    own.command("rules")(rules)
    own.command("report")(report)
    own.command("model")(model)
    app.add_typer(own)


def price(folder: Folder, mode: Mode = "", out: Out = None, as_json: AsJson = False) -> None:
    """Tell the least new money that funds the ranking down to each proposal, and whose pot."""
    from hansa.programme.call_results import price_table
    from hansa.programme.verbs import call_price

    call, steps, funders = call_price(folder, mode)
    columns = price_table(call, steps, funders)
    if out is not None:
        _write(out, {"price": columns})
    if as_json:
        print(_as_json(columns))
    elif out is None:
        say(f"{call.settings.title}; amounts in {call.settings.currency}")
        _show(columns, ("rank", "proposal", "price", "blocks", "idle"))


def solve(
    folder: Folder,
    mode: Mode = "",
    ranking: Rule = "",
    seconds: Seconds = 60.0,
    top_up: Annotated[
        str, typer.Option("--top-up", help="Common money in place of the call's.")
    ] = "",
    gap_share: Annotated[
        str, typer.Option("--gap-share", help="Share of it kept for gaps, 0 to 1; mixed mode only.")
    ] = "",
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Say who is funded under a mode and a ranking rule, and why the others are not."""
    from hansa.programme.call_results import decision_table, pots_table
    from hansa.programme.verbs import call_solve

    outcome = call_solve(folder, mode, ranking, seconds, top_up=top_up, gap_share=gap_share)
    columns = decision_table(outcome)
    if out is None and not as_json:
        _tell(outcome)
    _tell_gaps(outcome, gap_share)
    if out is not None:
        _write_decision(out, outcome, folder)
    if as_json:
        print(_as_json(columns))
    elif out is None:
        _show(columns, ("rank", "proposal", "score", "funded", "reason", "blocking", "lack"))
        print()
        _show(pots_table(outcome), ("funder", "available", "gap", "used", "idle"))


def compare(
    folder: Folder, seconds: Seconds = 5.0, out: Out = None, as_json: AsJson = False
) -> None:
    """Decide the call under every mode and ranking rule, side by side."""
    from hansa.programme.call_results import comparison_table
    from hansa.programme.verbs import call_compare

    columns = comparison_table(call_compare(folder, seconds))
    if out is not None:
        _write(out, {"compare": columns})
    if as_json:
        print(_as_json(columns))
    elif out is None:
        shown = ("mode", "rule", "funded", "value", "money", "gap", "idle", "passed_over", "ended")
        _show(columns, shown)


def contributions(
    folder: Folder,
    budget: Annotated[
        str,
        typer.Option("--budget", help="What they have to pay; left out: what they give."),
    ] = "",
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Set each party's GDP share against what it gives, in cash and in kind."""
    from decimal import Decimal

    from hansa.programme.activities import call_contributions
    from hansa.programme.call_reading import read_call
    from hansa.programme.call_results import contributions_table

    call = read_call(folder)
    found = call_contributions(folder, call, Decimal(budget) if budget else None)
    columns = contributions_table(call, found)
    if out is not None:
        _write(out, {"contributions": columns})
    if as_json:
        print(_as_json(columns))
    elif out is None:
        if found.missing:
            say(f"No GDP share can be said: the GDP of {listed(found.missing)} is missing.")
        _show(columns, tuple(columns))


def rules(
    folder: Folder,
    file: Annotated[
        Path | None,
        typer.Option(
            "--rules",
            help="Rules of your own (TOML); left out: the five principles of the 2009 publication.",
        ),
    ] = None,
    on: Annotated[
        str, typer.Option("--on", help="The day of the test (2026-03-31): who left does not count.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Test every activity by rules agreed in advance: pass, fail, or cannot say and why."""
    from hansa.programme.activities import activities_tested, subjects
    from hansa.programme.call_reading import read_call
    from hansa.programme.call_results import rules_table
    from hansa.programme.governance import PUBLISHED, read_rules

    found = activities_tested(
        read_rules(file or PUBLISHED), subjects(folder, read_call(folder), on)
    )
    columns = rules_table(found)
    if as_json:
        print(_as_json(columns))
    else:
        _show(columns, tuple(columns))
    if "fail" in columns["verdict"]:
        raise typer.Exit(1)


def report(
    folder: Folder,
    out: Annotated[Path, typer.Option("--out", help="The report: .html, .pdf or .xlsx.")],
    mode: Mode = "",
    ranking: Rule = "",
    proposal: Annotated[
        str, typer.Option("--proposal", help="A proposal that is looked at closely.")
    ] = "",
    seconds: Seconds = 5.0,
) -> None:
    """Write the report for the meeting: ranking, prices, pots, modes side by side, reasons."""
    from hansa.files import write_bytes
    from hansa.report.call_file import call_file

    refuse_overwriting([out], [folder])
    content = call_file(folder, out.suffix.lower(), (mode, ranking), proposal, seconds)
    write_bytes(out, content)
    say(f"{out}: {len(content)} bytes")


def model(folder: Annotated[Path, typer.Argument(help="A new folder.")]) -> None:
    """Write the model call: twelve funders, sixty proposals, drawn at random."""
    from hansa.files import write_bytes
    from hansa.programme.model_call import model_call

    if folder.exists() and any(folder.iterdir()):
        raise UsageError(
            "the folder is not empty", place=str(folder), admissible="a new or empty folder"
        )
    for name, content in model_call().items():
        write_bytes(folder / name, content)
    say(f"{folder}: a model call; next: hansa call solve {folder}")


def _tell(outcome: Outcome) -> None:
    s = outcome.call.settings
    model = "Model data. " if s.model_data else ""
    say(f"{model}{s.title}: {outcome.mode} pots, ranking {outcome.rule}, {s.currency}")
    ranked = sum(1 for place in outcome.places if place.rank)
    say(f"{len(outcome.funded)} of {ranked} ranked proposals are funded.")
    if outcome.decision.ended != "optimal":
        worth = outcome.contest.worth(outcome.decision.funded or ())
        more = 100 * (outcome.decision.bound / worth - 1) if worth else 0
        say(f"Best found when time was up: a better set is worth {more:.1f} % more at most.")
    if outcome.decision.equal > 1:
        say(f"{outcome.decision.equal} equally good sets; this one prefers the better ranked.")
    if outcome.passed and s.binding:
        say(f"Passed over, not lawful under a binding ranking: {listed(outcome.passed)}")


def _tell_gaps(outcome: Outcome, asked: str) -> None:
    """What is kept for gaps, as a share and in per cent: one is easily taken for the other."""
    s = outcome.call.settings
    if outcome.mode == "mixed":
        share, percent = (f"{float(one):.10g}" for one in (s.gap_share, 100 * s.gap_share))
        told = f"{percent} % of it kept for gaps (a share of {share})"
        say(f"Top-up {s.top_up:f} {s.currency}, {told}.")
    elif asked:
        say("--gap-share changes nothing here: only --mode mixed keeps money for gaps.")


def _write_decision(out: Path, outcome: Outcome, folder: Path) -> None:
    from hansa.files import write_bytes
    from hansa.programme.call_results import (
        decision_table,
        pots_table,
        price_table,
        record,
        record_bytes,
    )

    _write(out, {
        "decision": decision_table(outcome),
        "price": price_table(outcome.call, outcome.prices, outcome.contest.pots.funders),
        "pots": pots_table(outcome),
    })  # fmt: skip
    write_bytes(out / "decision.json", record_bytes(record(outcome, folder)))
    say(f"{out / 'decision.json'}: the record of this computation, for people to decide on")


def _write(folder: Path, tables: Mapping[str, Mapping[str, Sequence[Any]]]) -> None:
    import pyarrow as pa

    from hansa.files import write_table

    if folder.exists() and not folder.is_dir():
        raise UsageError("--out is a file", place=str(folder), admissible="a folder")
    for name, columns in tables.items():
        plain = {n: [_cell(v) for v in values] for n, values in columns.items()}
        write_table(pa.table(plain), folder / f"{name}.csv")
        say(f"{folder / name}.csv: {len(next(iter(plain.values()), []))} rows")


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def _as_json(columns: Mapping[str, Sequence[Any]]) -> str:
    rows = [dict(zip(columns, own, strict=True)) for own in zip(*columns.values(), strict=True)]
    # An amount is a decimal number: as a number of JSON it could come back as another one.
    return json.dumps(rows, ensure_ascii=False, indent=1, default=str)


def _show(columns: Mapping[str, Sequence[Any]], names: Sequence[str]) -> None:
    cells = [[_cell(v) for v in columns[name]] for name in names]
    widths = [max(len(n), *(len(c) for c in own), 1) for n, own in zip(names, cells, strict=True)]
    right = [name not in _TEXTS for name in names]
    for row in (names, *zip(*cells, strict=True)):
        parts = (
            c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True)
        )
        print("  ".join(parts).rstrip())


_TEXTS = (
    "party",
    "activity",
    "verdict",
    "found",
    "missing",
    "proposal",
    "funded",
    "reason",
    "blocking",
    "blocks",
    "funder",
    "mode",
    "rule",
    "ended",
)
