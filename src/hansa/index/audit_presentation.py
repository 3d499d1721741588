"""Step 10 of an audit: how ranks and scores are printed.

Source: ten steps of the JRC.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from hansa.index.audit_parts import (
    TITLES,
    AuditFinding,
    AuditStep,
    Case,
    Check,
    Columns,
    Hit,
    unjudged,
)
from hansa.index.audit_results import ends, of_year
from hansa.index.audit_words import digits_after, fixed, general, short, together, units
from hansa.index.tree import Floats
from hansa.language import _, ngettext


def presentation(case: Case) -> AuditStep:
    """Step 10: ranks with their intervals, ties, and digits."""
    root = case.tree.codes[case.tree.root]
    score = case.scores[:, case.tree.root]
    found = [*_digits(case, score)]
    known = case.result.robustness is not None or case.result.intervals is not None
    if known:
        found.append(AuditFinding(10, "rank-intervals", "ok", root, _("ranks have intervals")))
    else:
        found.append(unjudged(10, "rank-intervals", root, _("ranks have no intervals to print"),
                              _("run replications, or exact rank intervals")))  # fmt: skip
    summary = _(
        "{units} are ranked, scores from {low} to {high}; {tied} share a rank.",
        units=units(int((~np.isnan(case.rank)).sum())),
        low=fixed(np.nanmin(score)),
        high=fixed(np.nanmax(score)),
        tied=units(int(sum(np.sum(case.rank == r) > 1 for r in case.rank))),
    )
    table, groups = _league(case)
    if groups:
        summary += " " + ngettext(
            "Robust wins make {number} group of units: inside a group no order is certain.",
            "Robust wins make {number} groups of units: inside a group no order is certain.",
            groups,
        )
    return AuditStep(10, TITLES[9], summary, {"league": table}, tuple(found))


def _digits(case: Case, score: Floats) -> Iterator[AuditFinding]:
    digits, root = int(case.limit("decimals")), case.tree.codes[case.tree.root]
    order = np.argsort(-score[~np.isnan(score)], kind="stable")
    codes = [case.codes[i] for i in np.flatnonzero(~np.isnan(score))[order]]
    values, rank = score[~np.isnan(score)][order], case.rank[~np.isnan(score)][order]
    apart = np.flatnonzero(np.diff(rank) > 0)
    printed = np.round(values, digits)
    tied = Check(
        10, "equal-ranks", "note", _("share a rank"), _("{n} pairs of neighbours share a rank"),
        _("no two units share a rank"), _("print it with a sign of equality, such as 3="),
        together=True,
    )  # fmt: skip
    yield from tied.judge(case, (
        Hit(together(codes[i], codes[i + 1]), 0.0, _("rank {rank}", rank=fixed(rank[i], 0)))
        for i in np.flatnonzero(np.diff(rank) == 0)
    ))  # fmt: skip
    few = Check(
        10, "too-few-digits", "note", _("print the same score and have different ranks"),
        _("{n} pairs of neighbours print the same score and have different ranks"),
        _("different ranks print different scores"),
        _("say that ranks follow unrounded scores, or print the two as even"),
        _("different scores with {digits}", digits=digits_after(digits)), worst="least",
        together=True,
    )  # fmt: skip
    yield from few.judge(case, (
        Hit(together(codes[i], codes[i + 1]), float(values[i] - values[i + 1]),
            _("both {score}, ranks {one} and {other}", score=fixed(printed[i], digits),
              one=fixed(rank[i], 0), other=fixed(rank[i + 1], 0)))
        for i in apart if printed[i] == printed[i + 1]
    ))  # fmt: skip
    yield from _too_many(case, -np.diff(values)[apart], digits, root)


def _too_many(case: Case, gaps: Floats, digits: int, root: str) -> Iterator[AuditFinding]:
    if not gaps.size:
        yield unjudged(10, "too-many-digits", root, _("no two units have different ranks"), "")
        return
    usual, line = float(np.median(gaps)), case.limit("digits")
    check = Check(
        10, "too-many-digits", "warning", _("prints digits that say nothing"), "",
        _("scores are printed with digits that say something"), _("print fewer digits"),
        _("last digit at least {least} of the usual gap of neighbours, {usual}",
          least=general(line), usual=short(usual)), line,
    )  # fmt: skip
    fine = 10.0**-digits / usual
    told = _("{digits}, {fine} of the usual gap", digits=digits_after(digits), fine=short(fine))
    yield from check.judge(case, [Hit(root, fine, told)] if fine < line else [])


def _league(case: Case) -> tuple[Columns, int]:
    own, data = case.result, case.result.data
    order = np.argsort(np.where(np.isnan(case.rank), np.inf, case.rank), kind="stable")
    table: dict[str, Any] = {
        "rank": case.rank[order], "unit": [case.codes[i] for i in order],
        "name": [case.names[i] for i in order], "score": case.scores[order, case.tree.root],
    }  # fmt: skip
    groups = 0
    if own.robustness is not None:
        spread = of_year(case, own.robustness)[1]
        low, high = ends(case, spread)
        layer = spread.layers(case.limit("better"))
        groups = int(layer.max())
        table |= {"low": low[order], "high": high[order], "group": layer[order]}
    if own.intervals is not None:
        exact = {data.units[data.unit[r]]: (int(b), int(w)) for r, b, w in zip(
            own.intervals.rows, own.intervals.best, own.intervals.worst, strict=True)}  # fmt: skip
        pairs = [exact.get(case.codes[i], (None, None)) for i in order]
        table |= {"best": [b for b, _ in pairs], "worst": [w for _, w in pairs]}
    return table, groups
