"""What is said of a conversion: steps and notes of the header, the report, the summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hansa.errors import listed
from hansa.facts.convert import ESTIMATED, KINDS, UNKNOWN
from hansa.facts.convert_choice import EQUAL, Choice
from hansa.facts.convert_links import Plan
from hansa.facts.convert_report import LEFT, Account, spread
from hansa.facts.convert_traps import PIECE, SLIVER, Found
from hansa.language import N_

_RESTING = {
    "geo": {
        True: N_("{count} of {all} regions rest on parts of codes of {origin}, estimated by {by}."),
        False: N_(
            "{count} of {all} regions rest on parts of codes of {origin}, estimated in equal parts."
        ),
    },
    "activity": {
        True: N_(
            "{count} of {all} activities rest on parts of codes of {origin}, estimated by {by}."
        ),
        False: N_(
            "{count} of {all} activities rest on parts of codes of {origin}, estimated in equal "
            "parts."
        ),
    },
}
_OPEN = {
    "geo": N_(
        "{count} regions are known between bounds only: parts of codes of {origin} without "
        "weights, nothing or all of them."
    ),
    "activity": N_(
        "{count} activities are known between bounds only: parts of codes of {origin} without "
        "weights, nothing or all of them."
    ),
}
_SPREAD = N_("Their bounds are a spread over {count} weights ({weights}), no limits.")
_PIECE = N_("A link that means only a piece counts {share} of a plain one.")
_AREA = N_("Area does not say where jobs are.")
_ALIKE = N_(
    "Regions with the same code and name in both versions are taken as the same; small changes of "
    "their boundaries are not seen."
)
TOLD = (
    *_RESTING["geo"].values(),
    *_RESTING["activity"].values(),
    *_OPEN.values(),
    _SPREAD,
    _PIECE,
    _AREA,
    _ALIKE,
    N_("converted geo from {origin} to {target}; links: {links}; weight: {weight}"),
    N_("converted geo from {origin} to {target}; links: {links}; no weights"),
    N_("converted activity from {origin} to {target}; links: {links}; weight: {weight}"),
    N_("converted activity from {origin} to {target}; links: {links}; no weights"),
)
"""Patterns of the notes, and of the steps that most conversions have."""

if TYPE_CHECKING:
    from hansa.cube import Cube


def steps_of(
    plan: Plan, choice: Choice, account: Account, kind: str, by: Cube | None
) -> tuple[str, ...]:
    """The recipe of a conversion: from, to, links, weight, what moved how, what was set aside."""
    links = plan.links or ("same codes" if plan.origin == plan.target else "same code and name")
    weight = f"; weight: {plan.weights[0]}" if plan.weights else "; no weights"
    bounds = "; splits without weights as bounds" if choice.bounds else ""
    first = f"converted {plan.dimension} from {plan.origin} to {plan.target}; links: {links}"
    rate = ""
    if kind == "intensive":
        of = by.header.measure if by is not None else "what codes have in common"
        rate = f"; as rates, of {of}"
    steps = [first + weight + bounds + rate, *_shares(account)]
    steps += [f"{text}: {listed(names)}" for text, names in _said(plan.found) if names]
    return tuple(steps)


def _shares(account: Account) -> list[str]:
    if not account.moved:
        return []
    total = sum(m.total for m in account.moved.values())
    parts = {k: sum(m.parts[k] for m in account.moved.values()) for k in (*KINDS, LEFT)}
    said = ", ".join(
        f"{percent(parts[k] / total if total else 0)} {WORDS[k]}"
        for k in (*KINDS, LEFT)
        if parts[k] or k in KINDS[:3]
    )
    return [f"of {account.measure} moved: {said}"]


WORDS = {
    "identity": "by identity links",
    "exact": "by exact links",
    "estimated": "by estimated links",
    "bounds only": "known as bounds only",
    LEFT: "left out",
}


def percent(share: float) -> str:
    """A share as people read it; small ones are not rounded to nothing."""
    if 0 < share < 0.0005:
        return "< 0.1 %"
    return f"{100 * share:.1f} %"


def _said(found: Found) -> list[tuple[str, list[str]]]:
    """What was met in the links, in words, with the codes."""
    slivers = [f"{a} to {b} ({100 * s:.3f} %)" for a, b, s in sorted(found.slivers)]
    below = f"below {100 * SLIVER:g} % of their source dropped"
    alike = "with the same code and name in both lists taken as the same area"
    return [
        (f"{_count(slivers, 'sliver')} {below}", slivers),
        (
            "the chosen weight is zero, the next one used",
            [f"{code} ({weight})" for code, weight in found.fallbacks],
        ),
        ("the same number for every weight, taken as a new name", _arrows(found.placeholder)),
        ("links to what is no code of the list or level, left out", _arrows(found.apart)),
        ("pairs in several rows, added up", _arrows(found.repeated)),
        (f"{_count(found.same_name, 'region')} {alike}", found.same_name),
        ("codes set aside", found.left_out),
        ("extra-regio codes that the target list lacks, left out", found.without_target),
        ("totals of parts without a link of their own, left out", found.parents),
        ("totals of parts that moved otherwise than their parts, left out", found.torn),
        ("totals of parts that moved otherwise, added up from what moved there", found.rebuilt),
    ]


def _count(names: list[str], what: str) -> str:
    return f"{len(names)} {what}{'s' * (len(names) != 1)}"


def _arrows(pairs: list[tuple[str, str]]) -> list[str]:
    return [f"{a} to {b}" for a, b in pairs]


def notes_of(plan: Plan, account: Account) -> tuple[str, ...]:
    """What a reader of a figure needs to know of a conversion."""
    of = "geo" if plan.dimension == "geo" else "activity"
    notes = []
    if count := int(plan.moves.reached(ESTIMATED).sum()):
        by, every = plan.weights[0], len(plan.axis)
        resting = _RESTING[of][by != EQUAL]
        said = [resting.format(count=count, all=every, origin=plan.origin, by=by)]
        if len(plan.weights) > 1:
            said.append(_SPREAD.format(count=len(plan.weights), weights=listed(plan.weights)))
        if by == EQUAL:
            said.append(_PIECE.format(share=f"{PIECE:g}"))
        elif by.lower().startswith("area"):
            said.append(_AREA)
        notes.append(" ".join(said))
    if is_open := int((plan.moves.touched == UNKNOWN).sum()):
        notes.append(_OPEN[of].format(count=is_open, origin=plan.origin))
    if plan.found.same_name:
        notes.append(_ALIKE)
    return tuple(notes)


def report(plan: Plan, accounts: list[Account]) -> dict[str, Any]:
    """The report of a conversion, ready to be written as JSON."""
    found = plan.found
    return {
        "from": plan.origin,
        "to": plan.target,
        "dimension": plan.dimension,
        "links": plan.links,
        "weight": plan.weights[0] if plan.weights else "",
        "codes": {
            "from": plan.moves.sources,
            "to": plan.moves.targets,
            "links": {
                name: int(np.count_nonzero(plan.moves.kind == k)) for k, name in enumerate(KINDS)
            },
        },
        "measures": {a.measure: _years(a, plan) for a in accounts},
        "slivers": [{"from": a, "to": b, "share": s} for a, b, s in sorted(found.slivers)],
        "fallbacks": [{"code": code, "weight": weight} for code, weight in found.fallbacks],
        "placeholders": _pairs(found.placeholder),
        "apart": _pairs(found.apart),
        "repeated": _pairs(found.repeated),
        "same_name": found.same_name,
        "left_out": found.left_out,
        "without_target": found.without_target,
        "totals_left_out": [*found.parents, *found.torn],
        "totals_added_up": found.rebuilt,
    }


def _pairs(pairs: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"from": a, "to": b} for a, b in pairs]


def _years(account: Account, plan: Plan) -> dict[str, Any]:
    return {
        str(time): {
            "total": m.total,
            "absent_cells": m.absent,
            "shares": {k.replace(" ", "_"): m.share(k) for k in (*KINDS, LEFT)},
            "spread": spread(account, plan, time),
        }
        for time, m in account.moved.items()
    }


def summary(plan: Plan, accounts: list[Account]) -> list[str]:
    """The report in a few lines, for the person at the terminal."""
    lines = [
        f"{plan.origin} to {plan.target}: {plan.moves.sources} codes to {plan.moves.targets}"
        + (f", weight {plan.weights[0]}" if plan.weights else "")
    ]
    for account in accounts:
        for time, m in account.moved.items():
            shares = ", ".join(
                f"{percent(m.share(k))} {WORDS[k]}" for k in (*KINDS, LEFT) if m.parts[k]
            )
            lines.append(f"  {account.measure} {time}: {shares or 'nothing known'}")
            wide = spread(account, plan, time)
            if wide:
                first = wide["widest"][0]
                lines.append(
                    f"    spread over {len(plan.weights)} weights: {percent(wide['share'])} of the "
                    f"total; widest: {first['code']}, {first['least']:,.0f} to "
                    f"{first['greatest']:,.0f}"
                )
    lines += [f"  {text}: {listed(names)}" for text, names in _said(plan.found) if names]
    return lines
