"""What is wrong or worth knowing in a call folder, before anybody meets over it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hansa.errors import Finding, listed
from hansa.programme.call import Call
from hansa.programme.call_reading import checked_call
from hansa.programme.laboratory import ranked
from hansa.programme.ranking import Place, ranking, unbroken_ties


def check_call(folder: Path) -> list[Finding]:
    """Every mistake of a call folder; where there is none, what the meeting should know."""
    call, found = checked_call(folder)
    if call is None:
        return found
    places = ranking(call)
    return [
        *_ties(call, places, folder),
        *_proposals(places, folder),
        *_money(call, places, folder),
    ]


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


def _proposals(places: tuple[Place, ...], folder: Path) -> Iterator[Finding]:
    for place in places:
        where = f"{folder}, proposal {place.proposal.id}"
        if place.status == "incomplete":
            yield Finding(
                "warning", where, "it has too few valid reviews and is not ranked", "",
                "min_reviews of each criterion", "get the missing reviews",
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
