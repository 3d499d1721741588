"""The study of two printed index tables in short sentences: what they say, and what they do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from hansa.index.link import FAR, Link
from hansa.index.link_time import NO_CAUSE, Association
from hansa.views.format import MINUS, grouped, joined, spelled

if TYPE_CHECKING:
    from hansa.study.monitor import Group, Monitor, Side


def says(m: Monitor) -> tuple[str, ...]:
    """What the tables say, each sentence with its numbers."""
    now = m.performance.table.years[1]
    found = m.links[f"index {now}"]
    return (
        *_strength(m, found, now),
        *_dependence(m, found),
        *_over_time(m),
        *_rounded(m, now),
        *(_profile(m, g) for g in m.groups),
        *(s for side in (m.performance, m.framework) if (s := _opposite(side))),
    )


def unsupported(m: Monitor, about: Mapping[str, Any]) -> tuple[str, ...]:
    """What the tables do not support, whatever is said of them.

    about  what the publication says of its indices (`[monitor]` of `source.toml`), or nothing
    """
    return tuple(_limits(m, about))


def inconsistent(m: Monitor) -> tuple[str, ...]:
    """What does not agree inside the tables, in the words of the checks; errors and warnings."""
    found = [f for f in m.findings if f.severity != "note"]
    said = [f"{f.place.partition(',')[0].capitalize()}: {f.rule}: {f.printed}." for f in found]
    fixes = dict.fromkeys(f.fix.partition(";")[0] for f in found)
    said += [f"A proposal, not applied: {fix}." for fix in fixes]
    for side in (m.framework, m.performance):
        if found and side.moves.rank.sum() == 0 and _impossible(side):
            said.append(
                f"The changes of rank in {side.table.side} add up to 0 all the same: their errors "
                "cancel, and a check of the sum alone would find nothing."
            )
    return tuple(said)


def _strength(m: Monitor, found: Link, now: int) -> Iterator[str]:
    low, high = (_r(v) for v in found.fisher)
    boot = f"{_r(found.bootstrap.low)} to {_r(found.bootstrap.high)}"
    yield (
        f"In {now} framework conditions and performance of {found.n} countries go together: "
        f"r = {_r(found.pearson)} (95 % interval {low} to {high}; by bootstrap {boot}; "
        f"{_chance(found.p)}). By their order: Spearman {_r(found.spearman)}, Kendall "
        f"{_r(found.kendall)}."
    )
    c = m.curve
    yield (
        f"Over {len(c.r)} specifications (year of either index, one country left out) r lies "
        f"between {_r(c.least)} and {_r(c.greatest)}, median {_r(c.median)}."
    )


def _dependence(m: Monitor, found: Link) -> Iterator[str]:
    tail = found.lowest
    names = joined([m.names[i] for i in tail.left_out])
    much = (
        ", less by more than a third: the link hangs on them, even if a narrower range lowers any r"
        if tail.falls
        else ""
    )
    yield f"Without the {_many(len(tail.left_out))} lowest ({names}) r is {_r(tail.r)}{much}."
    loo = found.leave_one_out
    low, high = (joined([m.names[i] for i in u]) for u in (loo.low_units, loo.high_units))
    yield (
        f"Leaving out one country moves r between {_r(loo.low)} (without {low}) and "
        f"{_r(loo.high)} (without {high})."
    )
    far = [r for r in m.residuals if abs(r.studentised) > FAR]
    if far:
        told = joined(
            [f"{r.name} ({_signed(r.points)} points, t = {_r(r.studentised)})" for r in far]
        )
        yield f"Performance is far from what the framework lets expect in {told}."
    else:
        yield f"No country is further than |t| = {FAR} from the line."


def _over_time(m: Monitor) -> Iterator[str]:
    before, now = m.performance.table.years
    lag = m.lag
    seen = min(lag.lagged.p, lag.controlled.p) < 0.05
    what = "go with" if seen else "say nothing certain on"
    yield (
        f"Framework conditions of {before} {what} the change of performance to {now}: "
        f"{_link(lag.lagged)}; with performance of {before} held fixed {_link(lag.controlled)}."
    )
    if lag.changes is not None:
        yield f"The two changes go together: {_link(lag.changes)}. {NO_CAUSE}"


def _rounded(m: Monitor, now: int) -> Iterator[str]:
    own = m.rounding[f"index {now}"]["pearson"]
    change = m.rounding["change of index"]["pearson"]
    yield (
        f"Rounding to whole numbers leaves r in {now} between {own.low:.3f} and {own.high:.3f} "
        f"(95 % of {grouped(own.draws)} draws), that of the changes between {_r(change.low)} and "
        f"{_r(change.high)}."
    )
    for side in (m.performance, m.framework):
        if side.doubts:
            pairs = [f"{m.codes[d.above]} before {m.codes[d.below]}" for d in side.doubts]
            right = [d.probability for d in side.doubts]
            more = " or more" if max(right) > min(right) else ""
            yield (
                f"{side.table.side.capitalize()} {now}: {_many(len(pairs))} of the printed orders "
                f"cannot be seen in the printed index ({joined(pairs)}); by it alone each is right "
                f"with probability {min(right):.1f}{more}. The printed ranks come from unrounded "
                "numbers."
            )


def _profile(m: Monitor, group: Group) -> str:
    before, now = m.performance.table.years
    at = {(p.side, p.year): p for p in group.profiles}
    f, p = m.framework.table.side, m.performance.table.side
    one, other = at[f, now], at[p, now]
    said = (
        f"{group.name} ({joined(list(group.codes))}) in {now}: {f} {one.mean:.1f} (in {before} "
        f"{at[f, before].mean:.1f}), against {one.best:.1f} of the best three performers and "
        f"{one.median:.0f} in the middle; {p} {other.mean:.1f} (in {before} "
        f"{at[p, before].mean:.1f}), against {other.best:.1f} and {other.median:.0f}."
    )
    if one.mean > one.best:
        said += f" The best performers are behind in {f}: a gap to them shows nothing to learn."
    return said


def _opposite(side: Side) -> str:
    rows = side.moves.opposite
    if not rows:
        return ""
    t = side.table
    told = [
        f"{t.codes[i]} (rank {_signed(t.change[i])}, index {_signed(side.moves.index[i])})"
        for i in rows
    ]
    return (
        f"{t.side.capitalize()}: {joined(told)} moved in rank and index in opposite directions; "
        "“lost ground” is a statement on ranks."
    )


def _limits(m: Monitor, about: Mapping[str, Any]) -> Iterator[str]:
    indicators = f" of {about['indicators']} indicators" if "indicators" in about else ""
    drivers = f" of the {_many(len(about['drivers']))} drivers" if "drivers" in about else ""
    yield (
        f"The composite cannot be rebuilt: neither the values{indicators} nor the scores{drivers}, "
        "the weights or the way of scaling are printed."
    )
    yield "So no sensitivity run is possible: what other choices would do to a rank is not known."
    yield "No sampling errors are printed: there are no confidence sets of ranks."
    if drivers:
        yield (
            f"No driver ({joined(list(about['drivers']))}) can be held against performance: "
            "their numbers are lost with the figures."
        )
    n = len(m.codes)
    yield f"{NO_CAUSE} {n} countries at two dates show what went together, not what did what."
    wrong = _impossible(m.framework) + _impossible(m.performance)
    if wrong:
        yield (
            f"The change of rank is used as printed, although {joined(wrong)} cannot be; its link "
            f"with the other table ({_r(m.links['change of rank'].pearson)}) hangs on that."
        )
    yield from (group.caution for group in m.groups if group.caution)


def _impossible(side: Side) -> list[str]:
    """Countries whose rank and change give an earlier rank that the earlier index excludes."""
    t, ranks = side.table, side.ranks[side.table.years[0]]
    out = (side.moves.earlier < ranks.best) | (side.moves.earlier > ranks.worst)
    return [f"that of {t.names[i]} ({t.side})" for i in np.flatnonzero(out)]


def _link(found: Association) -> str:
    low, high = (_r(v) for v in found.fisher)
    return f"r = {_r(found.r)} ({low} to {high}; {_chance(found.p)})"


def _chance(p: float) -> str:
    return "no p-value" if np.isnan(p) else f"p = {p:.4f}" if p < 0.01 else f"p = {p:.2f}"


def _r(value: float) -> str:
    return "not defined" if np.isnan(value) else _minus(f"{round(value, 2) + 0.0:.2f}")


def _signed(value: float) -> str:
    return _minus(f"{round(float(value)) + 0:+d}")


def _minus(text: str) -> str:
    return text.replace("-", MINUS)


def _many(count: int) -> str:
    return spelled(count)
