"""Step 9 of an audit: the link of the index, or of its framework side, with outcomes.

Source: OECD/JRC Handbook (2008), step 9; methods: index, section 7.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from hansa.errors import UsageError, listed
from hansa.index.audit_parts import (
    TITLES,
    AuditFinding,
    AuditStep,
    Case,
    Check,
    Hit,
    columns_of,
    unjudged,
)
from hansa.index.audit_words import fixed, general, several, short
from hansa.index.factors import generator
from hansa.index.link import Link, Tail, link
from hansa.index.retold import retold
from hansa.index.tree import Floats
from hansa.language import _, ngettext

Outcome = str | tuple[str, Mapping[str, float]]
"""A denominator column or another node by name; or a name and a value by unit code."""


@dataclass(frozen=True)
class Pair:
    """One link: what is explained by what. shared: what stands on both sides."""

    framework: str
    outcome: str
    x: Floats
    y: Floats
    shared: tuple[str, ...]


def outcomes(case: Case, outcome: Outcome | None) -> AuditStep:
    """Step 9: correlation with outcomes, and on how many units it hangs."""
    root = case.tree.codes[case.tree.root]
    pairs = _pairs(case, outcome)
    if not pairs:
        why = _("no outcome was given, and no roles performance and framework are in the metadata")
        fix = _("name a column of outcomes, or fill the column role")
        return AuditStep(
            9, TITLES[8], _("Nothing is known of the link to outcomes."), {},
            (unjudged(9, "no-link", root, why, fix),),
        )  # fmt: skip
    draws = int(case.limit("link_draws"))
    done = [(p, link(p.x, p.y, generator(0, f"audit/{p.framework}/{p.outcome}"), case.codes, draws))
            for p in pairs]  # fmt: skip
    adjusted = _holm([own.p for _pair, own in done])
    found = [f for (p, own), chance in zip(done, adjusted, strict=True)
             for f in _judged(case, p, own, chance)]  # fmt: skip
    first, own = max(done, key=lambda d: -1.0 if np.isnan(d[1].pearson) else abs(d[1].pearson))
    summary = ngettext(
        "{number} link; the strongest is {framework} with {outcome}: r = {r} (95 % interval {low} "
        "to {high}), Spearman {spearman}, {n} units; without one unit r runs from {least} to "
        "{most}. A correlation is no cause.",
        "{number} links; the strongest is {framework} with {outcome}: r = {r} (95 % interval {low} "
        "to {high}), Spearman {spearman}, {n} units; without one unit r runs from {least} to "
        "{most}. A correlation is no cause.",
        len(done),
        framework=first.framework,
        outcome=first.outcome,
        r=fixed(own.pearson),
        low=fixed(own.fisher[0]),
        high=fixed(own.fisher[1]),
        spearman=fixed(own.spearman),
        n=own.n,
        least=fixed(own.leave_one_out.low),
        most=fixed(own.leave_one_out.high),
    )
    rows = [_row(case, p, own, chance) for (p, own), chance in zip(done, adjusted, strict=True)]
    return AuditStep(9, TITLES[8], summary, {"outcome links": columns_of(rows)}, tuple(found))


def _pairs(case: Case, outcome: Outcome | None) -> list[Pair]:
    tree, score = case.tree, case.scores
    if outcome is not None:
        name, y, own = _given(case, outcome)
        under = {tree.codes[j] for j in np.flatnonzero(tree.under[tree.root])}
        shared = own & under | {
            n.code for n in tree.indicators if n.denominator == name
        }  # fmt: skip
        return [Pair(tree.codes[tree.root], name, score[:, tree.root], y, tuple(sorted(shared)))]
    sides = [_topmost(case, role) for role in ("framework", "performance")]
    out = []
    for f in sides[0]:
        for p in sides[1]:
            one, two = tree.nodes[f], tree.nodes[p]
            if one.driver == two.driver or not (one.driver and two.driver):
                out.append(Pair(one.code, two.code, score[:, f], score[:, p], ()))
    return out


def _topmost(case: Case, role: str) -> list[int]:
    """Nodes of a role whose parents have another one."""
    nodes, parent = case.tree.nodes, case.tree.parent
    return [i for i, n in enumerate(nodes)
            if n.role == role and (parent[i] < 0 or nodes[parent[i]].role != role)]  # fmt: skip


def _given(case: Case, outcome: Outcome) -> tuple[str, Floats, set[str]]:
    """Name and values of an outcome, and the indicators that make it."""
    tree, columns = case.tree, case.result.data.denominators
    if isinstance(outcome, str):
        if outcome in columns:
            return outcome, columns[outcome][case.rows], set()
        if outcome in tree.place:
            at = tree.place[outcome]
            own = {tree.codes[j] for j in np.flatnonzero(tree.under[at])}
            return outcome, case.scores[:, at], own
        raise UsageError(
            f"there is no outcome {outcome!r}",
            admissible=listed([*columns, *tree.codes], 30),
            fix="name a denominator column or a node, or hand over values by unit",
        )
    name, values = outcome
    if not set(values) & set(case.codes):
        raise UsageError(
            f"the outcome {name} has no value for any ranked unit", printed=listed(values),
            admissible=listed(case.codes), fix="use the codes of the units",
        )  # fmt: skip
    return name, np.array([values.get(code, np.nan) for code in case.codes], float), set()


def _holm(p: list[float]) -> list[float]:
    """Step-down correction for several links (Holm 1979); NaN stays."""
    known = [i for i in range(len(p)) if not np.isnan(p[i])]
    out, least = list(p), 0.0
    for place, i in enumerate(sorted(known, key=lambda i: p[i])):
        least = max(least, min(1.0, p[i] * (len(known) - place)))
        out[i] = least
    return out


def _judged(case: Case, pair: Pair, own: Link, p: float) -> Iterator[AuditFinding]:
    code, level = _linked(pair), case.limit("significance")
    fewest = case.limit("link_units")
    if own.n < fewest or np.isnan(own.pearson):
        few_units = ngettext(
            "{number} unit have both numbers", "{number} units have both numbers", own.n
        )
        why = few_units if own.n < fewest else retold(own.warnings[0])
        yield unjudged(9, "no-link", code, why, _("find an outcome for more units"))
        return
    told = _("r = {r}, p = {p}, {n} units", r=fixed(own.pearson), p=short(p), n=own.n)
    weak = Check(
        9, "no-link", "note", _("are not linked"), "", _("are linked"),
        _("say what the index is for, if not for this outcome"),
        _("p below {level}", level=general(level)), level,
    )  # fmt: skip
    yield from weak.judge(case, [Hit(code, p, told)] if p >= level else [], code)
    against = Check(
        9, "negative-link", "warning", _("are linked the wrong way round"), "", "",
        _("look at the direction of the outcome and of the index"), _("r above 0"), 0,
    )  # fmt: skip
    wrong = own.pearson < 0 and p < level
    yield from against.judge(case, [Hit(code, own.pearson, told)] if wrong else [])
    few = Check(
        9, "link-of-few", "warning", _("are linked through a few units"), "",
        _("hold without the ends of the outcome") if p < level else "",
        _("show the link without them"), _("|r| falls by at most a third"),
    )  # fmt: skip
    falls = [t for t in (own.lowest, own.highest) if t.falls and p < level]
    hits = (Hit(code, t.r, _without(t, own.pearson)) for t in falls)
    yield from few.judge(case, hits, code)
    both = Check(
        9, "shared-elements", "warning", _("stand on both sides of a link"), "", "",
        _("choose an outcome that is no part of the index, nor divides its indicators"),
    )  # fmt: skip
    hit = Hit(code, float(len(pair.shared)), several(pair.shared))
    yield from both.judge(case, [hit] if pair.shared else [])


def _linked(pair: Pair) -> str:
    """A link by the names of its sides."""
    return _("{framework} with {outcome}", framework=pair.framework, outcome=pair.outcome)


def _without(tail: Tail, whole: float) -> str:
    """What a link is without one end of the outcome."""
    told = {"r": fixed(tail.r), "n": len(tail.left_out), "whole": fixed(whole)}
    if tail.end == "lowest":
        return _("r = {r} without the {n} lowest in place of {whole}", **told)
    return _("r = {r} without the {n} highest in place of {whole}", **told)


def _row(case: Case, pair: Pair, own: Link, p: float) -> dict[str, object]:
    def names(units: tuple[int, ...]) -> str:
        return listed((case.codes[i] for i in units), 12)

    return {
        "framework": pair.framework, "outcome": pair.outcome, "n": own.n, "pearson": own.pearson,
        "fisher_low": own.fisher[0], "fisher_high": own.fisher[1],
        "bootstrap_low": own.bootstrap.low, "bootstrap_high": own.bootstrap.high,
        "spearman": own.spearman, "kendall": own.kendall, "p": own.p, "p_holm": p,
        "without_one_low": own.leave_one_out.low, "without_one_high": own.leave_one_out.high,
        "without_lowest": own.lowest.r, "without_highest": own.highest.r,
        "far_units": names(own.fit.far), "shared": listed(pair.shared),
    }  # fmt: skip
