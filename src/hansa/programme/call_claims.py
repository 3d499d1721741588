"""What a call folder says twice: both statements, both places, the difference, no correction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from hansa.errors import Finding, HansaError, listed
from hansa.programme.activities import read_ledger
from hansa.programme.call import Call
from hansa.programme.call_results import inputs
from hansa.programme.call_settings import FILE
from hansa.programme.replay import read_record

RECORD = "decision.json"


def said_twice(call: Call, folder: Path) -> Iterator[Finding]:
    """Numbers of texts against tables, tables against each other, ids that only look different."""
    yield from _stated(call, folder)
    yield from _ledger(call, folder)
    yield from _partners(call, folder)
    yield from _spellings(call, folder)
    yield from _record(folder)


def _stated(call: Call, folder: Path) -> Iterator[Finding]:
    said = call.settings.stated
    asked = sum(sum(p.asks.values()) for p in call.proposals)
    for name, one, other, table in (
        ("proposals", said.proposals, len(call.proposals), "proposals"),
        ("funders", said.funders, len(call.funders), "funders"),
        ("cash", said.cash, call.written(sum(f.cash for f in call.funders)), "funders"),
        ("asked", said.asked, call.written(asked), "asks"),
    ):
        if one is not None and one != other:
            yield Finding(
                "error", f"{folder / FILE}, stated.{name}", f"{name} are stated otherwise than "
                f"in the table {table}", str(one), f"{other}, a difference of {other - one}",
                "correct the text or the table",
            )  # fmt: skip


def _ledger(call: Call, folder: Path) -> Iterator[Finding]:
    """Cash that a ledger has as promised or more, against the cash pot."""
    try:
        entries = read_ledger(folder, call)
    except HansaError:
        return
    given: dict[str, int] = defaultdict(int)
    for e in entries:
        if e.kind == "cash":
            given[e.party] += e.amount
    names = {f.id for f in call.funders}
    for f in call.funders:
        if f.id in given and given[f.id] != f.cash:
            yield Finding(
                "warning", f"{folder / 'ledger'}, party {f.id}", "its cash differs from its pot",
                str(call.written(given[f.id])), f"{call.written(f.cash)}, as in funders",
                "say in source why, or correct one of the two",
            )  # fmt: skip
    if strange := sorted({e.party for e in entries if e.level in ("national", "regional")} - names):
        yield Finding(
            "warning", f"{folder / 'ledger'}", "parties of the ledger are no funders",
            listed(strange, 6), listed(sorted(names), 20), "add their pots, or correct the ids",
        )  # fmt: skip


def _partners(call: Call, folder: Path) -> Iterator[Finding]:
    country = {f.id: f.country for f in call.funders}
    for p in call.proposals:
        where = f"{folder / 'partners'}, proposal {p.id}"
        leaders = [one.organisation for one in p.partners if one.role == "leader"]
        if len(leaders) > 1:
            yield Finding("warning", where, "it has more than one leader", listed(leaders),
                          "one leader", "")  # fmt: skip
        if p.partners and leaders and p.lead not in leaders:
            yield Finding("warning", where, "its lead differs from the leader among its partners",
                          p.lead, listed(leaders), "correct one of the two tables")  # fmt: skip
        for one in p.partners:
            if one.ask and one.country != country[one.funder]:
                yield Finding(
                    "warning", f"{where}, {one.organisation}", "it asks a funder abroad",
                    f"{one.country}: {one.funder}", f"a funder of {one.country}",
                    "correct it, unless the funder pays abroad",
                )  # fmt: skip
            if None not in (one.cost, one.own) and one.cost != one.ask + (one.own or 0):
                yield Finding(
                    "warning", f"{where}, {one.organisation}", "ask and own money are not its cost",
                    str(call.written(one.ask + (one.own or 0))), str(call.written(one.cost or 0)),
                    "correct one of the three, or say who pays the rest",
                )  # fmt: skip
        if p.changed:
            yield Finding("note", where, "it was late for a funder; partners pay or leave",
                          "; ".join(p.changed), "", "")  # fmt: skip


def _spellings(call: Call, folder: Path) -> Iterator[Finding]:
    for name, ids in (
        ("proposals", [p.id for p in call.proposals]), ("funders", [f.id for f in call.funders]),
    ):  # fmt: skip
        alike: dict[str, list[str]] = defaultdict(list)
        for one in ids:
            alike[one.casefold()].append(one)
        for group in alike.values():
            if len(group) > 1:
                yield Finding(
                    "warning", str(folder / name), "ids differ only in their case", listed(group),
                    "ids that cannot be mistaken", "rename one, or merge the two",
                )  # fmt: skip


def _record(folder: Path) -> Iterator[Finding]:
    path = folder / RECORD
    if not path.is_file():
        return
    try:
        recorded = read_record(path)["inputs"]
    except HansaError as problem:
        yield problem.finding
        return
    now = inputs(folder)
    changed = [n for n in sorted({*recorded, *now}) if recorded.get(n) != now.get(n)]
    if changed:
        yield Finding(
            "warning", str(path), "files have changed since this decision was computed",
            listed(changed, 20), "the files whose hashes it holds", "decide again",
        )  # fmt: skip
