"""What is wrong or worth knowing in a call folder, before anybody meets over it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hansa.errors import Finding, HansaError, listed
from hansa.programme.activities import read_ledger, subjects
from hansa.programme.call import Call
from hansa.programme.call_claims import said_twice
from hansa.programme.call_reading import checked_call
from hansa.programme.call_results import TABLES
from hansa.programme.call_tables import ENDINGS
from hansa.programme.governance import read_rules
from hansa.programme.laboratory import TIED, decide_first, ranked
from hansa.programme.ranking import Place, ranking, unbroken_ties


def check_call(folder: Path) -> list[Finding]:
    """Every mistake of a call folder; where there is none, what the meeting should know."""
    call, found = checked_call(folder)
    if call is None:
        return found
    places = ranking(call)
    return [
        *_ties(call, places, folder),
        *_proposals(places, folder, bool(call.reviews)),
        *_money(call, places, folder),
        *said_twice(call, folder),
        *_tables(call, folder),
        *_rules(call, places, folder),
        *_unknown(folder),
    ]


def _tables(call: Call, folder: Path) -> Iterator[Finding]:
    """Mistakes of the tables that only some verbs read."""
    for read in (lambda: read_ledger(folder, call), lambda: subjects(folder, call)):
        try:
            read()
        except HansaError as problem:
            yield problem.finding
    own = folder / "rules.toml"
    if own.is_file():
        try:
            read_rules(own)
        except HansaError as problem:
            yield problem.finding


def _rules(call: Call, places: tuple[Place, ...], folder: Path) -> Iterator[Finding]:
    """Rules of the call that nothing can keep, or that can never speak."""
    s, where = call.settings, str(folder / "call.toml")
    try:
        decide_first(call, places)
    except HansaError as problem:
        if problem.finding.rule not in TIED:
            yield problem.finding
    low, high = s.scale
    for name, values in (("cut_points", s.cut_points), ("threshold", (s.threshold,))):
        outside = [v for v in values if v is not None and not low <= v <= high]
        if outside:
            yield Finding("error", where, f"{name} outside the scale", listed(map(str, outside)),
                          f"{low} to {high}", "correct it")  # fmt: skip
    most = max((len({r.reviewer for r in call.reviews if r.proposal == p.id})
                for p in call.proposals), default=0)  # fmt: skip
    if call.reviews and most < s.min_reviews:
        yield Finding("error", where, "no proposal has as many reviews as the call asks for",
                      f"{most} at most", f"{s.min_reviews}", "lower min_reviews")  # fmt: skip
    if s.noise == "intervals" and all(p.low is None and p.high is None for p in call.proposals):
        yield Finding("warning", where, "noise by intervals, and no proposal has one", "",
                      "columns low and high of proposals.csv", "")  # fmt: skip


def _unknown(folder: Path) -> Iterator[Finding]:
    """Tables that nothing reads: a name misspelt would be lost in silence."""
    known = {*TABLES, "decision", "price", "pots", "compare", "money", "reviewers", "blockers",
             "contributions"}  # fmt: skip
    strange = sorted(
        p.name for p in folder.iterdir() if p.suffix in ENDINGS and p.stem not in known
    )
    if strange:
        yield Finding("warning", str(folder), "nothing reads these tables", listed(strange, 8),
                      listed(TABLES, 20), "rename them, if they are of the call")  # fmt: skip


def _ties(call: Call, places: tuple[Place, ...], folder: Path) -> Iterator[Finding]:
    ties = unbroken_ties(call, places)
    if ties:
        yield Finding(
            "error" if call.settings.ranking == "strict" else "note",
            str(folder / "call.toml"),
            "proposals are tied, and the call does not say how ties are broken",
            "; ".join(listed(group) for group in ties[:5]),
            "tie_break, or the ranking rule ties",
            "declare it before scores are known",
        )


def _proposals(places: tuple[Place, ...], folder: Path, reviewed: bool) -> Iterator[Finding]:
    for place in places:
        where = f"{folder}, proposal {place.proposal.id}"
        if place.status == "incomplete":
            few = "it has too few valid reviews and is not ranked"
            yield Finding(
                "warning", where, few if reviewed else "it has no score and is not ranked", "",
                "min_reviews of each criterion" if reviewed else "a score",
                "get the missing reviews" if reviewed else "add it",
            )  # fmt: skip
        if place.flagged:
            yield Finding(
                "warning", where, "its eligibility cannot be said; it is ranked all the same",
                place.reason, "pass or fail", "clear it up before the meeting",
            )  # fmt: skip
        if place.dropped:
            yield Finding(
                "note", where, "reviews are left out because of a conflict",
                f"{place.dropped} scores", "", "",
            )  # fmt: skip


def _money(call: Call, places: tuple[Place, ...], folder: Path) -> Iterator[Finding]:
    own = ranked(places)
    s = call.settings
    if s.mode == "virtual" and s.top_up:
        yield Finding(
            "note", str(folder / "call.toml"), "the top-up stays idle in virtual mode",
            f"{s.top_up} {s.currency}", "mode mixed or real", "",
        )  # fmt: skip
    missing = [f.id for f in call.funders if f.gdp is None]
    if missing and len(missing) < len(call.funders):
        yield Finding(
            "warning", str(folder / "funders.csv"),
            "without every GDP no share of contributions can be said", listed(missing),
            "a number for each party", "add it with its source",
        )  # fmt: skip
    for f in call.funders:
        asked = sum(one.proposal.asks.get(f.id, 0) for one in own)
        where = f"{folder / 'funders.csv'}, funder {f.id}"
        if asked and not f.cash:
            yield Finding(
                "warning", where, "its pot is empty, and ranked proposals ask it for money",
                str(call.written(asked)), "a pot above 0",
                "each of them is blocked unless gap money reaches it",
            )  # fmt: skip
        elif not asked:
            yield Finding("note", where, "no ranked proposal asks it for money", "", "", "")
