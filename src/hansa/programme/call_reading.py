"""A call folder to a `Call`: every table read, every mistake told at once, nothing half taken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import cast

from hansa.errors import Finding, HansaError, listed, refuse
from hansa.programme.activities import read_terms
from hansa.programme.call import Call, Funder, Partner, Proposal, Review, Verdict
from hansa.programme.call_settings import CallSettings, read_settings
from hansa.programme.call_tables import Faults, Row, Shape, decimal, money, once, rows_of, truth
from hansa.programme.eligibility import Term
from hansa.programme.fund_terms import by_terms
from hansa.programme.late import after_deadlines
from hansa.programme.moments import moment
from hansa.programme.prices import COMMON, TOP_UP

FUNDERS = Shape(
    "funders",
    ("funder", "cash"),
    ("name", "country", "in_kind", "gdp", "eu_member", "gap_cap", "key", "currency", "deadline"),
)
PROPOSALS = Shape(
    "proposals",
    ("proposal",),
    (
        "title",
        "score",
        "low",
        "high",
        "lead",
        "module",
        "received",
        "eligible",
        "reason",
        "activity",
    ),
)
REVIEWS = Shape("reviews", ("proposal", "reviewer", "criterion", "score"), ("conflict", "comment"))
ASKS = Shape("asks", ("proposal", "funder", "ask"), ("currency",))
PARTNERS = Shape(
    "partners",
    ("proposal", "partner", "country", "funder", "ask"),
    ("role", "cost", "own", "currency", "kind", "late"),
)
ROLES = ("leader", "participant", "associate")
LATE = ("pays", "leaves")
ACTIVITIES = ("soft", "hard")
VERDICTS = ("pass", "fail", "cannot say")


def read_call(folder: Path) -> Call:
    """The call of a folder. Raises HansaError with every mistake of its tables."""
    call, found = checked_call(folder)
    refuse(found, "the call")
    assert call is not None
    return call


def checked_call(folder: Path) -> tuple[Call | None, list[Finding]]:
    """The call, and what is wrong with it; no call where anything is."""
    settings, faults = read_settings(folder), Faults()
    tables = {shape.stem: _table(folder, shape, faults) for shape in _ALL}
    for stem, other in (("funders", ""), ("proposals", ""), ("asks", "partners")):
        if tables[stem] is None and (not other or tables[other] is None):
            faults.add(
                str(folder), f"there is no {stem}.csv" + (f" and no {other}.csv" if other else ""),
                "", f"{stem} as CSV, Parquet or spreadsheet", "see docs/how-to/call.md",
            )  # fmt: skip
    if faults.found:
        return None, faults.found
    for rows in tables.values():
        _one_currency(rows or [], settings, faults)
    funders = _funders(tables["funders"] or [], settings, faults)
    ids = {f.id for f in funders}
    proposals = _proposals(tables, settings, ids, faults)
    reviews = _reviews(tables["reviews"] or [], proposals, settings, faults)
    _whole(folder, settings, proposals, reviews, faults)
    terms = _terms(folder, faults)
    if faults.found:
        return None, faults.found
    call = after_deadlines(Call(settings, funders, proposals, reviews))
    return by_terms(call, terms), []


_ALL = (FUNDERS, PROPOSALS, REVIEWS, ASKS, PARTNERS)


def _table(folder: Path, shape: Shape, faults: Faults) -> list[Row] | None:
    try:
        return rows_of(folder, shape, faults)
    except HansaError as problem:
        finding = problem.finding
        if "--" in finding.fix:
            # Options of other commands; a call has one form.
            finding = replace(finding, fix="save it as CSV in UTF-8, without a mark, with commas")
        faults.found.append(finding)
        return []


def _terms(folder: Path, faults: Faults) -> tuple[Term, ...]:
    try:
        return read_terms(folder)
    except HansaError as problem:
        faults.found.append(problem.finding)
        return ()


def _one_currency(rows: Sequence[Row], settings: CallSettings, faults: Faults) -> None:
    for row in rows:
        if row["currency"] not in ("", settings.currency):
            faults.add(
                row, "a second currency", row["currency"], settings.currency,
                "convert the amount at a dated rate and say so in source",
            )  # fmt: skip


def _funders(rows: Sequence[Row], s: CallSettings, faults: Faults) -> tuple[Funder, ...]:
    once(rows, ("funder",), faults)
    found = []
    for row in rows:
        _named(row, "funder", faults)
        if not row["cash"]:
            faults.add(
                row, "the cash pot is not known", "", "an amount; 0 where there is none",
                "ask the funder: a call cannot be computed over an unknown pot",
            )  # fmt: skip
        found.append(
            Funder(
                id=row["funder"],
                name=row["name"] or row["funder"],
                country=row["country"] or row["funder"],
                cash=money(row, "cash", s.smallest, faults) or 0,
                in_kind=money(row, "in_kind", s.smallest, faults) or 0,
                gdp=_weight(row, "gdp", faults),
                eu=truth(row, "eu_member", faults) if row["eu_member"] else None,
                gap_cap=money(row, "gap_cap", s.smallest, faults),
                key=_weight(row, "key", faults) or Fraction(0),
                deadline=_moment(row, "deadline", faults),
            )
        )
    shares = [f.key for f in found]
    if s.mode == "mixed" and s.gap_share < 1 and s.top_up and not sum(shares):
        faults.add(
            rows[0].place.rpartition(", row")[0] if rows else "funders",
            "the top-up has no key",
            "", "a column key with a number above 0 in it", "or gap_share = 1: all of it for gaps",
        )  # fmt: skip
    return tuple(sorted(found, key=lambda f: f.id))


def _named(row: Row, what: str, faults: Faults) -> None:
    """An id that can stand in a list of ids and is no name of ours."""
    name = row[what]
    if not name or ";" in name:
        faults.add(row, f"a {what} has no id" if not name else f"the id of a {what} holds a ;",
                   name, "a short name, such as SE")  # fmt: skip
    elif what == "funder" and name in (COMMON, TOP_UP):
        faults.add(row, f"a funder is called {name!r}, which is the name of common money", "",
                   "another id")  # fmt: skip


def _moment(row: Row, name: str, faults: Faults) -> str:
    if row[name] and not moment(row[name]):
        faults.add(row, f"{name} is no day and no time", repr(row[name]),
                   "2027-03-01 or 2027-03-01T12:00")  # fmt: skip
    return row[name]


def _activity(row: Row, faults: Faults) -> str:
    if row["activity"] not in ("", *ACTIVITIES):
        faults.add(row, "the kind of activity is not known", row["activity"], listed(ACTIVITIES))
    return row["activity"]


def _weight(row: Row, name: str, faults: Faults) -> Fraction | None:
    found = decimal(row, name, faults)
    if found is not None and found < 0:
        faults.add(row, f"{name} is below zero", row[name], "0 or more")
    return None if found is None else Fraction(found)


def _proposals(
    tables: dict[str, list[Row] | None], s: CallSettings, funders: set[str], faults: Faults
) -> tuple[Proposal, ...]:
    rows = tables["proposals"] or []
    once(rows, ("proposal",), faults)
    known = {row["proposal"] for row in rows}
    partners = _partners(tables["partners"] or [], s, known, funders, faults)
    asks = _asks(tables["asks"], s, known, funders, faults)
    _agreeing(tables["asks"], asks, partners, faults)
    found = []
    for row in rows:
        own = partners.get(row["proposal"], [])
        sums: dict[str, int] = defaultdict(int)
        for p in own:
            if p.funder:
                sums[p.funder] += p.ask
        _named(row, "proposal", faults)
        verdict = row["eligible"].lower() or "pass"
        if verdict not in VERDICTS:
            faults.add(row, "eligible is no verdict", row["eligible"], listed(VERDICTS))
        found.append(
            Proposal(
                id=row["proposal"],
                title=row["title"] or row["proposal"],
                asks=asks.get(row["proposal"], {}) if tables["asks"] is not None else dict(sums),
                partners=tuple(own),
                score=_score(row, "score", s, faults),
                low=_score(row, "low", s, faults),
                high=_score(row, "high", s, faults),
                lead=row["lead"] or next((p.organisation for p in own if p.role == "leader"), ""),
                module=row["module"],
                received=_moment(row, "received", faults),
                eligible=cast(Verdict, verdict),
                reason=row["reason"],
                activity=_activity(row, faults),
            )
        )
        _interval(row, found[-1], faults)
    return tuple(sorted(found, key=lambda p: p.id))


def _interval(row: Row, p: Proposal, faults: Faults) -> None:
    ends = [end for end in (p.low, p.score, p.high) if end is not None]
    if ends != sorted(ends):
        faults.add(row, "the score does not lie between low and high", row["score"],
                   f"{row['low']} to {row['high']}")  # fmt: skip


def _score(row: Row, name: str, s: CallSettings, faults: Faults) -> Fraction | None:
    found = decimal(row, name, faults)
    if found is None:
        return None
    low, high = s.scale
    if not low <= found <= high:
        faults.add(
            row, f"{name} is outside the scale", row[name], f"{low} to {high}",
            "correct it, or set scale in call.toml",
        )  # fmt: skip
    return Fraction(found)


def _known(row: Row, known: set[str], funders: set[str], faults: Faults) -> None:
    if row["proposal"] not in known:
        faults.add(row, "the proposal is not in proposals.csv", repr(row["proposal"]),
                   listed(sorted(known), 6))  # fmt: skip
    if "funder" in row.cells and row["funder"] and row["funder"] not in funders:
        faults.add(row, "the funder is not in funders.csv", repr(row["funder"]),
                   listed(sorted(funders), 20), "correct the id, or add its pot")  # fmt: skip


def _asks(
    rows: list[Row] | None, s: CallSettings, known: set[str], funders: set[str], faults: Faults
) -> dict[str, dict[str, int]]:
    once(rows or [], ("proposal", "funder"), faults)
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows or []:
        _known(row, known, funders, faults)
        if not row["funder"] or not row["ask"]:
            what = "funder" if not row["funder"] else "ask"
            faults.add(row, f"the {what} is empty", "", "a funder's id and an amount, 0 for none")
        found[row["proposal"]][row["funder"]] = money(row, "ask", s.smallest, faults) or 0
    return found


def _partners(
    rows: Sequence[Row], s: CallSettings, known: set[str], funders: set[str], faults: Faults
) -> dict[str, list[Partner]]:
    once(rows, ("proposal", "partner"), faults)
    found: dict[str, list[Partner]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row["proposal"], row["partner"])):
        _known(row, known, funders, faults)
        if not row["country"]:
            faults.add(row, f"partner {row['partner']!r} has no country", "", "a country code")
        role = row["role"].lower() or "participant"
        if role not in ROLES:
            faults.add(row, "the role is not known", row["role"], listed(ROLES))
        if row["late"] not in ("", *LATE):
            faults.add(row, "what a late partner does is not known", row["late"], listed(LATE))
        ask = money(row, "ask", s.smallest, faults) or 0
        cost = money(row, "cost", s.smallest, faults)
        if ask and not row["funder"]:
            faults.add(row, "a partner asks nobody for money", row["ask"], "a funder's id")
        if cost is not None and ask > cost:
            faults.add(row, "the ask is above the cost", row["ask"], f"at most {row['cost']}")
        found[row["proposal"]].append(
            Partner(row["partner"], row["country"], role, row["funder"], ask, cost,
                    money(row, "own", s.smallest, faults), row["kind"], row["late"])
        )  # fmt: skip
    return found


def _agreeing(
    rows: list[Row] | None, asks: dict[str, dict[str, int]], partners: dict[str, list[Partner]],
    faults: Faults,
) -> None:  # fmt: skip
    """The asks of partners add up to the asks of their proposal, funder by funder."""
    if rows is None or not partners:
        return
    place = rows[0].place.rpartition(", row")[0] if rows else "asks"
    for proposal in sorted(partners):
        sums: dict[str, int] = defaultdict(int)
        for p in partners[proposal]:
            if p.ask:
                sums[p.funder] += p.ask
        own = {f: a for f, a in asks.get(proposal, {}).items() if a}
        for f in sorted(set(sums) | set(own)):
            if sums.get(f, 0) != own.get(f, 0):
                faults.add(
                    place, f"asks of {proposal} to {f} differ from those of its partners",
                    str(own.get(f, 0)), f"{sums.get(f, 0)} in smallest units, as in partners",
                    "correct one of the two tables, or leave asks out",
                )  # fmt: skip


def _reviews(
    rows: Sequence[Row], proposals: Sequence[Proposal], s: CallSettings, faults: Faults
) -> tuple[Review, ...]:
    once(rows, ("proposal", "reviewer", "criterion"), faults)
    by_id = {p.id: p for p in proposals}
    found = []
    for row in rows:
        _known(row, set(by_id), set(), faults)
        conflict = truth(row, "conflict", faults)
        score = _score(row, "score", s, faults)
        if score is None and not conflict:
            faults.add(row, "a review has no score", row["score"], "a number, or conflict = yes")
        if s.criteria and row["criterion"] not in s.criteria:
            faults.add(row, "the criterion is not in call.toml", repr(row["criterion"]),
                       listed(s.criteria))  # fmt: skip
        own = by_id.get(row["proposal"])
        names = {own.lead, *(p.organisation for p in own.partners)} if own else set()
        if row["reviewer"] and row["reviewer"] in names and not conflict:
            faults.add(
                row, "a reviewer takes part in the proposal", row["reviewer"], "conflict = yes",
                "mark the conflict: the review is then dropped and counted",
            )  # fmt: skip
        found.append(
            Review(row["proposal"], row["reviewer"], row["criterion"], score or Fraction(0),
                   bool(conflict))
        )  # fmt: skip
    return tuple(sorted(found, key=lambda r: (r.proposal, r.reviewer, r.criterion)))


def _whole(
    folder: Path, s: CallSettings, proposals: Sequence[Proposal], reviews: Sequence[Review],
    faults: Faults,
) -> None:  # fmt: skip
    """What the tables must agree on with the rules, and with each other."""
    ids = {p.id for p in proposals}
    for fixed in s.fixed:
        if fixed.proposal not in ids:
            faults.add(
                str(folder / "call.toml"), "a decision of the meeting names no proposal",
                repr(fixed.proposal), listed(sorted(ids), 6),
            )  # fmt: skip
    twice = [f.proposal for f in s.fixed]
    for name in sorted({n for n in twice if twice.count(n) > 1}):
        faults.add(str(folder / "call.toml"), f"the meeting decided twice about {name}", "",
                   "one decision", "keep the later one")  # fmt: skip
    if s.min_partners and not any(p.partners for p in proposals):
        faults.add(str(folder / "call.toml"), "min_partners needs a table of partners", "",
                   "partners.csv", "add it, or take min_partners out")  # fmt: skip
    scored = [p.id for p in proposals if p.score is not None]
    if reviews and scored:
        faults.add(
            str(folder), "scores stand twice: in proposals and as reviews", listed(scored, 4),
            "one of the two", "leave the column score out, or the reviews",
        )  # fmt: skip
    if modules := sorted(set(s.limits.per_module) - {p.module for p in proposals}):
        faults.add(str(folder / "call.toml"), f"no proposal is in module {listed(modules)}", "",
                   listed(sorted({p.module for p in proposals if p.module})))  # fmt: skip
