"""What there is: presence rule sets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import typer

from hansa.cli.options import AsJson

if TYPE_CHECKING:
    from hansa.measures.rules import RuleSet


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("rules")(rules)


def rules(
    name: str = typer.Argument("", help="One rule set, by id or the path of a file, in full."),
    as_json: AsJson = False,
) -> None:
    """List the presence rule sets: what earns a star or a mark."""
    from hansa.measures.rules import find_rules, rule_sets

    chosen = [find_rules(name)] if name else list(rule_sets().values())
    if as_json:
        print(json.dumps({"rules": [_entry(r) for r in chosen]}, ensure_ascii=False, indent=2))
        return
    for r in chosen:
        print(f"{r.id}  {r.label}")
        draft = f"draft; not confirmed: {r.to_confirm}" if r.certainty == "draft" else r.certainty
        print(f"    certainty: {draft}")
        print(f"    source:    {r.source}")
        if not name:
            continue
        print(f"    counts:    {'one star an award' if r.count == 'sum' else 'the highest award'}")
        floor = f", at least {r.floor:g} for any award" if r.floor else ""
        print(
            f"    regions:   with more than {r.minimum:g} jobs in the cluster{floor}; "
            f"at least {r.smallest} of them"
        )
        for award in r.award:
            print(f"    {award.name}:")
            for c in award.conditions:
                print(f"        {_condition(c.model_dump())}")


def _condition(c: dict[str, Any]) -> str:
    side = "above" if c["side"] == "above" else "at least"
    where = {"absolute": "", "quantile": "the quantile ", "rank": "rank "}[c["compare"]]
    group = " over all clusters" if c["group_by"] == "all" else ""
    return f"{c['measure']} {side} {where}{c['threshold']:g}{group}"


def _entry(r: RuleSet) -> dict[str, Any]:
    return r.model_dump(mode="json")
