"""Steps 7 and 8 of an audit: uncertainty and sensitivity, back to the data.

Sources: Saisana, Saltelli and Tarantola 2005; OECD/JRC Handbook (2008); ten steps of the JRC.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
from hansa.index.audit_words import (
    aim,
    choice,
    fixed,
    general,
    percent,
    several,
    units,
)
from hansa.index.ranks import ranks
from hansa.index.rankstats import RankDistribution
from hansa.index.removal import Removal, removal
from hansa.index.retold import retold
from hansa.index.robustness import Robustness
from hansa.index.tree import Floats
from hansa.language import _

PICKS = 5
"""Strengths and weaknesses of a unit."""


def uncertainty(case: Case) -> AuditStep:
    """Step 7: rank intervals, failures, fragile ranks, and the choices that decide."""
    result, root = case.result, case.tree.codes[case.tree.root]
    found, tables, said = [], dict[str, Columns](), []
    if result.robustness is None:
        found.append(unjudged(7, "fragile-ranks", root, _("no replications were run"),
                              _("run with 10,000 replications")))  # fmt: skip
        said.append(_("No replications were run: nothing is known of the certainty of ranks."))
    else:
        spread = of_year(case, result.robustness)[1]
        low, high = ends(case, spread)
        found += [*_failures(case, result.robustness), *_fragile(case, low, high)]
        tables["ranks in replications"] = _rank_table(case, spread, low, high)
        said.append(_spread_told(case, result.robustness, low, high))
    found += [*_decisive(case)]
    if result.sensitivity:
        tables["sensitivity"] = _sensitivity_table(case)
    else:
        said.append(_("Which choice matters was not computed."))
    found += [*_exact(case)]
    if result.intervals is not None:
        tables["exact rank intervals"] = _interval_table(case)
        said.append(_(
            "From best to worst rank under the admissible weights it is {places} places at the "
            "median; {one} of {units} units can hold one rank only.",
            places=fixed(np.median(result.intervals.worst - result.intervals.best), 1),
            one=int((result.intervals.best == result.intervals.worst).sum()),
            units=result.intervals.rows.size,
        ))  # fmt: skip
    return AuditStep(7, TITLES[6], " ".join(said), tables, tuple(found))


def of_year(case: Case, own: Robustness) -> tuple[Sequence[int], RankDistribution]:
    """Rows and ranks of the year that is judged."""
    rows, spread = own.years[int(case.result.data.time[case.rows[0]])]
    return list(rows), spread


def ends(case: Case, spread: RankDistribution) -> tuple[Floats, Floats]:
    """Lowest and highest rank of the interval of each unit."""
    half = (1 - case.limit("interval")) / 2
    return spread.quantile(half), spread.quantile(1 - half)


def _failures(case: Case, own: Robustness) -> Iterator[AuditFinding]:
    root, line = case.tree.codes[case.tree.root], case.limit("failed")
    lost, least = own.draws - own.successes, case.limit("replications")
    reasons = "; ".join(_("{n} times: {reason}", n=n, reason=retold(r)) for r, n in own.failures())
    # A choice that always fails was never tried, however rare it is.
    bad = lost > line * own.draws or bool(own.warnings() and lost <= 0.01 * own.draws)
    check = Check(
        7, "failed-replications", "warning" if bad else "note",
        _("has replications that could not be computed"), "", _("every replication was computed"),
        _("correct the factors, or the range of the scale (1 to 100 for geometric means)"),
        _("at most {share}, of no choice alone", share=percent(line)), line,
    )  # fmt: skip
    told = _("{lost} of {all}: {reasons}", lost=lost, all=own.draws, reasons=reasons)
    hit = Hit(root, lost / own.draws, told)
    yield from check.judge(case, [hit] if lost else [])
    few = Check(
        7, "few-replications", "note", _("has few replications"), "", _("replications are many"),
        _("run with 10,000 replications"), _("at least {least}", least=general(least)), least,
    )  # fmt: skip
    yield from few.judge(case, [Hit(root, own.draws, f"{own.draws}")] if own.draws < least else [])


def _fragile(case: Case, low: Floats, high: Floats) -> Iterator[AuditFinding]:
    root, n = case.tree.codes[case.tree.root], case.units
    width, line = case.limit("fragile_width") * n, case.limit("fragile_share")
    with np.errstate(invalid="ignore"):
        wide = high - low > width
    share = float(wide.mean())
    inside = percent(case.limit("interval"))
    check = Check(
        7, "fragile-ranks", "warning", _("has fragile ranks"), "", _("most ranks are steady"),
        _("publish intervals or groups in place of ranks, and settle the choices that decide"),
        _("at most {share} of units with a {inside} interval wider than {width} places",
          share=percent(line), inside=inside, width=fixed(width, 1)), line,
    )  # fmt: skip
    told = _(
        "{wide} of {all} units; median width {median}, greatest {greatest}",
        wide=int(wide.sum()),
        all=n,
        median=fixed(np.nanmedian(high - low), 1),
        greatest=fixed(np.nanmax(high - low), 0),
    )
    yield from check.judge(case, [Hit(root, share, told)] if share > line else [])
    yield from _outside(case, low, high)


def _outside(case: Case, low: Floats, high: Floats) -> list[AuditFinding]:
    """Units whose own rank is not among the usual ones."""
    inside = percent(case.limit("interval"))
    outside = Check(
        7, "rank-outside-interval", "warning", _("has a rank outside its own interval"),
        _("{n} units have ranks outside their own intervals"),
        _("every rank lies in its interval"),
        _("the chosen recipe treats it unlike most others: say so, or show the median rank"),
        _("inside the {inside} interval", inside=inside),
    )  # fmt: skip
    away = np.fmax(low - case.rank, case.rank - high)
    return outside.judge(case, (
        Hit(case.codes[i], float(away[i]), _("rank {rank}, {low} to {high}",
            rank=fixed(case.rank[i], 0), low=fixed(low[i], 0), high=fixed(high[i], 0)))
        for i in np.flatnonzero(away > 0)
    ))  # fmt: skip


def _spread_told(case: Case, own: Robustness, low: Floats, high: Floats) -> str:
    width = high - low
    widest = int(np.nanargmax(width))
    with np.errstate(invalid="ignore"):
        near = int((width <= 2).sum())
    return _(
        "{computed} of {all} replications were computed, over {choices}. The {inside} interval of "
        "a rank is {median} places wide at the median and {most} at most ({unit}, {low} to "
        "{high}); for {near} it is at most 2.",
        computed=own.successes,
        all=own.draws,
        choices=several((choice(f.id) for f in own.factors), 12),
        inside=percent(case.limit("interval")),
        median=fixed(np.nanmedian(width), 1),
        most=fixed(width[widest], 0),
        unit=case.codes[widest],
        low=fixed(low[widest], 0),
        high=fixed(high[widest], 0),
        near=units(near),
    )


def _rank_table(case: Case, spread: RankDistribution, low: Floats, high: Floats) -> Columns:
    return {
        "unit": case.codes, "name": case.names, "rank": case.rank, "mean_rank": spread.mean,
        "median_rank": spread.quantile(0.5), "low": low, "high": high, "least": spread.least,
        "greatest": spread.greatest, "replications": spread.times,
        "group": spread.layers(case.limit("better")),
    }  # fmt: skip


def _decisive(case: Case) -> Iterator[AuditFinding]:
    root, line = case.tree.codes[case.tree.root], case.limit("decisive")
    if not case.result.sensitivity:
        yield unjudged(7, "decisive-choice", root, _("sensitivity was not computed"),
                       _("ask for sensitivity beside the replications"))  # fmt: skip
        return
    check = Check(
        7, "decisive-choice", "note", _("moves the result a great deal"),
        _("{n} choices decide results"), _("no choice alone decides the result"),
        _("argue for this choice in the text, before all others"),
        _("total index at most {most}", most=general(line)), line,
    )  # fmt: skip
    idle = Check(
        7, "idle-choice", "note", _("moves nothing"), _("{n} choices move nothing"), "",
        _("leave it out of the factors, or widen it"),
    )  # fmt: skip
    for own in case.result.sensitivity:
        target = aim(own.target)
        pairs = [(choice(f), float(t)) for f, t in zip(own.factors, own.total, strict=True)]
        yield from check.judge(case, (
            Hit(f, t, _("total index {total} for {target}", total=fixed(t), target=target))
            for f, t in pairs if t > line
        ))  # fmt: skip
        yield from idle.judge(case, (
            Hit(f, t, _("for {target}", target=target)) for f, t in pairs if t < 1e-9
        ))  # fmt: skip
        for text in own.said():
            if not text.startswith("Exact"):
                said = _("sensitivity of {target}: {text}", target=target, text=retold(text))
                yield AuditFinding(7, "sensitivity-said", "note", root, said, codes=(root,))


def _sensitivity_table(case: Case) -> Columns:
    every = case.result.sensitivity
    rows = [(s, i) for s in every for i in range(len(s.factors))]
    none = (np.nan, np.nan)
    low = [none if s.low is None else s.low[i] for s, i in rows]
    high = [none if s.high is None else s.high[i] for s, i in rows]
    return {
        "target": [s.target for s, _ in rows], "factor": [s.factors[i] for s, i in rows],
        "first": [float(s.first[i]) for s, i in rows],
        "first_low": [float(v[0]) for v in low], "first_high": [float(v[0]) for v in high],
        "total": [float(s.total[i]) for s, i in rows],
        "total_low": [float(v[1]) for v in low], "total_high": [float(v[1]) for v in high],
        "exact": [s.exact for s, _ in rows], "evaluations": [s.evaluations for s, _ in rows],
    }  # fmt: skip


def _exact(case: Case) -> Iterator[AuditFinding]:
    own, root = case.result.intervals, case.tree.codes[case.tree.root]
    if own is None:
        yield unjudged(7, "exact-intervals", root, _("exact rank intervals were not computed"),
                       _("ask for intervals; they need arithmetic means and no gaps"))  # fmt: skip
        return
    check = Check(
        7, "exact-intervals", "note", _("has a rank interval that is not proven"),
        _("{n} units have rank intervals that are not proven"),
        _("every exact rank interval is proven"), _("give the search more seconds"),
    )  # fmt: skip
    codes, data = [], case.result.data
    for i in np.flatnonzero(~own.proven.all(axis=1)):
        told = _("{best} to {worst} at most", best=own.best_bound[i], worst=own.worst_bound[i])
        codes.append(Hit(data.units[data.unit[own.rows[i]]], found=told))
    yield from check.judge(case, codes)


def _interval_table(case: Case) -> Columns:
    own, data = case.result.intervals, case.result.data
    assert own is not None
    return {
        "unit": [data.units[data.unit[r]] for r in own.rows], "rank": case.result.rank[own.rows],
        "best": own.best, "worst": own.worst, "best_proven": own.proven[:, 0],
        "worst_proven": own.proven[:, 1],
    }  # fmt: skip


def back_to_data(case: Case) -> AuditStep:
    """Step 8: the index without each element, strengths and weaknesses of each unit."""
    levels = sorted(set(case.tree.level[:-1].tolist()))
    parts = [removal(case.result.stage, level) for level in levels]
    tables = {"removal": _removal_table(case, parts), "strengths": _strengths(case)}
    worth = parts[0].shift
    if np.isnan(worth).all():
        root = case.tree.codes[case.tree.root]
        why = _("there is one indicator only")
        found, said = [unjudged(8, "hinges-on-one", root, why, "")], []
    else:
        found = _hinges(case, parts[0])
        top = int(np.nanargmax(worth))
        said = [_(
            "Without one indicator ranks move by {mean} places on average, most without "
            "{indicator} ({most}).",
            mean=fixed(float(np.nanmean(worth))),
            indicator=parts[0].codes[top], most=fixed(worth[top]),
        )]  # fmt: skip
    best = int(np.nanargmin(case.rank))
    own = [i for i, unit in enumerate(tables["strengths"]["unit"]) if unit == case.codes[best]]
    strong = [str(tables["strengths"]["indicator"][i]) for i in own
              if tables["strengths"]["side"][i] == "strength"]  # fmt: skip
    said.append(
        _("{unit} leads; its best indicators are {indicators}.", unit=case.names[best],
          indicators=several(strong))
    )  # fmt: skip
    return AuditStep(8, TITLES[7], " ".join(said), tables, tuple(found))


def _hinges(case: Case, leaves: Removal) -> list[AuditFinding]:
    line = case.limit("removal") * case.units
    check = Check(
        8, "hinges-on-one", "warning", _("alone moves ranks far"),
        _("{n} indicators alone move ranks far"), _("no single indicator moves ranks far"),
        _("look at its data first: the ranking hinges on it"),
        _("at most {places} places on average", places=fixed(line, 1)), line,
    )  # fmt: skip
    return check.judge(case, (
        Hit(c, float(s), _("{places} places on average without it", places=fixed(s)))
        for c, s in zip(leaves.codes, leaves.shift, strict=True) if s > line
    ))  # fmt: skip


def _removal_table(case: Case, parts: Sequence[Removal]) -> Columns:
    codes = [code for part in parts for code in part.codes]
    change = np.concatenate([part.change[case.rows] for part in parts], axis=1)
    size = np.abs(change)
    at = np.where(np.isnan(size), -1.0, size).argmax(axis=0)
    return {
        "code": codes, "level": [int(case.tree.level[case.tree.at(c)]) for c in codes],
        "effective_weight": [float(case.weight[case.tree.at(c)]) for c in codes],
        "mean_shift": [float(s) for part in parts for s in part.shift],
        "units_moved": (size > 0).sum(axis=0),
        "largest_change": change[at, np.arange(at.size)],
        "unit_moved_most": [case.codes[i] for i in at],
    }  # fmt: skip


def _strengths(case: Case) -> Columns:
    """As `hansa.index.strengths.strengths_and_weaknesses` for all units, ranked once."""
    leaves = case.tree.leaves
    rank = ranks(case.scores[:, :leaves])
    ranked = (~np.isnan(rank)).sum(axis=0)
    cells = []
    for i, own in enumerate(rank):
        kept = np.flatnonzero(~np.isnan(own))
        count = min(PICKS, kept.size // 2)
        order = kept[np.argsort(own[kept], kind="stable")]
        last = order[order.size - count :]
        worst = last[np.argsort(-own[last], kind="stable")]
        cells += [(i, "strength", k, j) for k, j in enumerate(order[:count], 1)]
        cells += [(i, "weakness", k, j) for k, j in enumerate(worst, 1)]
    nodes = case.tree.nodes
    return {
        "unit": [case.codes[i] for i, *_ in cells], "side": [side for _, side, _, _ in cells],
        "place": [k for _, _, k, _ in cells], "indicator": [nodes[j].code for *_, j in cells],
        "name": [nodes[j].name for *_, j in cells],
        "rank": [int(rank[i, j]) for i, *_, j in cells],
        "of": [int(ranked[j]) for *_, j in cells],
        "score": [float(case.scores[i, j]) for i, *_, j in cells],
    }  # fmt: skip
