"""The study of two printed index tables in short sentences: what they say, and what they do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from hansa.errors import Finding
from hansa.index.link import FAR, Link
from hansa.index.link_time import NO_CAUSE, Association
from hansa.language import N_, _, decimal_mark
from hansa.views.format import MINUS, general, grouped, joined, spelled

if TYPE_CHECKING:
    from hansa.study.monitor import Group, Monitor, Side


SIDES = (N_("framework"), N_("performance"))
Kind = Literal["main", "link", "group", "rank"]
"""What a sentence is about: the link itself, more on it, a group of countries, the ranks."""


def says(m: Monitor) -> tuple[str, ...]:
    """What the tables say, each sentence with its numbers."""
    return tuple(sentence for _kind, sentence in told(m))


def told(m: Monitor) -> Iterator[tuple[Kind, str]]:
    """What the tables say, each sentence with what it is about."""
    now = m.performance.table.years[1]
    found = m.links[f"index {now}"]
    yield from _strength(m, found, now)
    yield from _dependence(m, found)
    yield from _over_time(m)
    yield from _rounded(m, now)
    yield from (("group", _profile(m, g)) for g in m.groups)
    for side in (m.performance, m.framework):
        if sentence := _opposite(side):
            yield "rank", sentence


def unsupported(m: Monitor, about: Mapping[str, Any]) -> tuple[str, ...]:
    """What the tables do not support, whatever is said of them.

    about  what the publication says of its indices (`[monitor]` of `source.toml`), or nothing
    """
    return tuple(_limits(m, about))


def inconsistent(m: Monitor) -> tuple[str, ...]:
    """What does not agree inside the tables, in the words of the checks; errors and warnings."""
    found = [f for f in m.findings if f.severity != "note"]
    said = [f"{capital(_(side_of(f)))}: {f.rule}: {f.printed}." for f in found]
    fixes = dict.fromkeys(f.fix.partition(";")[0] for f in found)
    said += [_("A proposal, not applied: {fix}.", fix=fix) for fix in fixes]
    for side in (m.framework, m.performance):
        if found and side.moves.rank.sum() == 0 and _impossible(side):
            said.append(
                _(
                    "The changes of rank in {index} add up to 0 all the same: their errors cancel, "
                    "and a check of the sum alone would find nothing.",
                    index=_(side.table.side),
                )
            )
    return tuple(said)


def side_of(finding: Finding) -> str:
    """Which of the two tables a finding is about: `framework`."""
    return finding.place.partition(",")[0]


def _strength(m: Monitor, found: Link, now: int) -> Iterator[tuple[Kind, str]]:
    low, high = (_r(v) for v in found.fisher)
    yield (
        "main",
        _(
            "In {year} framework conditions and performance of {count} countries go together: "
            "r = {r} (95 % interval {low} to {high}; by bootstrap {boot_low} to {boot_high}; "
            "{chance}). By their order: Spearman {spearman}, Kendall {kendall}.",
            year=now,
            count=found.n,
            r=_r(found.pearson),
            low=low,
            high=high,
            boot_low=_r(found.bootstrap.low),
            boot_high=_r(found.bootstrap.high),
            chance=_chance(found.p),
            spearman=_r(found.spearman),
            kendall=_r(found.kendall),
        ),
    )
    c = m.curve
    yield (
        "link",
        _(
            "Over {count} specifications (year of either index, one country left out) r lies "
            "between {least} and {greatest}, median {median}.",
            count=len(c.r),
            least=_r(c.least),
            greatest=_r(c.greatest),
            median=_r(c.median),
        ),
    )


def _dependence(m: Monitor, found: Link) -> Iterator[tuple[Kind, str]]:
    tail = found.lowest
    names = joined([m.names[i] for i in tail.left_out])
    without = {"count": spelled(len(tail.left_out)), "countries": names, "r": _r(tail.r)}
    if tail.falls:
        text = _(
            "Without the {count} lowest ({countries}) r is {r}, less by more than a third: the "
            "link hangs on them, even if a narrower range lowers any r.",
            **without,
        )
    else:
        text = _("Without the {count} lowest ({countries}) r is {r}.", **without)
    yield "main", text
    loo = found.leave_one_out
    low, high = (joined([m.names[i] for i in u]) for u in (loo.low_units, loo.high_units))
    yield (
        "link",
        _(
            "Leaving out one country moves r between {low} (without {low_country}) and {high} "
            "(without {high_country}).",
            low=_r(loo.low),
            low_country=low,
            high=_r(loo.high),
            high_country=high,
        ),
    )
    yield "link", _far(m)


def _far(m: Monitor) -> str:
    far = [r for r in m.residuals if abs(r.studentised) > FAR]
    if not far:
        return _("No country is further than |t| = {far} from the line.", far=general(FAR))
    countries = [
        _(
            "{country} ({points} points, t = {t})",
            country=r.name,
            points=_signed(r.points),
            t=_r(r.studentised),
        )
        for r in far
    ]
    return _(
        "Performance is far from what the framework lets expect in {countries}.",
        countries=joined(countries),
    )


def _over_time(m: Monitor) -> Iterator[tuple[Kind, str]]:
    before, now = m.performance.table.years
    lag = m.lag
    said = {
        "before": before,
        "now": now,
        "link": _link(lag.lagged),
        "controlled": _link(lag.controlled),
    }
    if min(lag.lagged.p, lag.controlled.p) < 0.05:
        text = _(
            "Framework conditions of {before} go with the change of performance to {now}: {link}; "
            "with performance of {before} held fixed {controlled}.",
            **said,
        )
    else:
        text = _(
            "Framework conditions of {before} say nothing certain on the change of performance to "
            "{now}: {link}; with performance of {before} held fixed {controlled}.",
            **said,
        )
    yield "main", text
    if lag.changes is not None:
        text = _("The two changes go together: {link}.", link=_link(lag.changes))
        yield "link", f"{text} {_(NO_CAUSE)}"


def _rounded(m: Monitor, now: int) -> Iterator[tuple[Kind, str]]:
    own = m.rounding[f"index {now}"]["pearson"]
    change = m.rounding["change of index"]["pearson"]
    yield (
        "link",
        _(
            "Rounding to whole numbers leaves r in {year} between {low} and {high} (95 % of "
            "{draws} draws), that of the changes between {change_low} and {change_high}.",
            year=now,
            low=_decimals(own.low, 3),
            high=_decimals(own.high, 3),
            draws=grouped(own.draws),
            change_low=_r(change.low),
            change_high=_r(change.high),
        ),
    )
    for side in (m.performance, m.framework):
        if side.doubts:
            yield "rank", _doubted(m, side, now)


def _doubted(m: Monitor, side: Side, now: int) -> str:
    pairs = [
        _("{above} before {below}", above=m.names[d.above], below=m.names[d.below])
        for d in side.doubts
    ]
    right = [d.probability for d in side.doubts]
    said = {
        "index": capital(_(side.table.side)),
        "year": now,
        "count": spelled(len(pairs)),
        "pairs": joined(pairs),
        "probability": _decimals(min(right), 1),
    }
    if max(right) > min(right):
        return _(
            "{index} {year}: {count} of the printed orders cannot be seen in the printed index "
            "({pairs}); by it alone each is right with probability {probability} or more. The "
            "printed ranks come from unrounded numbers.",
            **said,
        )
    return _(
        "{index} {year}: {count} of the printed orders cannot be seen in the printed index "
        "({pairs}); by it alone each is right with probability {probability}. The printed ranks "
        "come from unrounded numbers.",
        **said,
    )


def _profile(m: Monitor, group: Group) -> str:
    before, now = m.performance.table.years
    at = {(p.side, p.year): p for p in group.profiles}
    f, p = m.framework.table.side, m.performance.table.side
    one, other = at[f, now], at[p, now]
    said = _(
        "{group} ({codes}) in {now}: {framework} {f_mean} (in {before} {f_before}), against "
        "{f_best} of the best three performers and {f_median} in the middle; {performance} "
        "{p_mean} (in {before} {p_before}), against {p_best} and {p_median}.",
        group=_(group.name),
        codes=joined([m.names[m.codes.index(code)] for code in group.codes]),
        now=now,
        before=before,
        framework=_(f),
        f_mean=_decimals(one.mean, 1),
        f_before=_decimals(at[f, before].mean, 1),
        f_best=_decimals(one.best, 1),
        f_median=_decimals(one.median, 0),
        performance=_(p),
        p_mean=_decimals(other.mean, 1),
        p_before=_decimals(at[p, before].mean, 1),
        p_best=_decimals(other.best, 1),
        p_median=_decimals(other.median, 0),
    )
    if one.mean > one.best:
        behind = _(
            "The best performers are behind in {framework}: a gap to them shows nothing to learn.",
            framework=_(f),
        )
        said = f"{said} {behind}"
    return said


def _opposite(side: Side) -> str:
    rows = side.moves.opposite
    if not rows:
        return ""
    t = side.table
    moved = [
        _(
            "{code} (rank {rank}, index {index})",
            code=t.names[i],
            rank=_signed(t.change[i]),
            index=_signed(side.moves.index[i]),
        )
        for i in rows
    ]
    return _(
        "{index}: {countries} moved in rank and index in opposite directions; “lost ground” is a "
        "statement on ranks.",
        index=capital(_(t.side)),
        countries=joined(moved),
    )


def _limits(m: Monitor, about: Mapping[str, Any]) -> Iterator[str]:
    yield _not_rebuilt(about)
    yield _(
        "So no sensitivity run is possible: what other choices would do to a rank is not known."
    )
    yield _("No sampling errors are printed: there are no confidence sets of ranks.")
    if "drivers" in about:
        yield _(
            "No driver ({drivers}) can be held against performance: their numbers are lost with "
            "the figures.",
            drivers=joined(list(about["drivers"])),
        )
    together = _(
        "{count} countries at two dates show what went together, not what did what.",
        count=len(m.codes),
    )
    yield f"{_(NO_CAUSE)} {together}"
    wrong = _impossible(m.framework) + _impossible(m.performance)
    if wrong:
        yield _(
            "The change of rank is used as printed, although {changes} cannot be; its link with "
            "the other table ({r}) hangs on that.",
            changes=joined(wrong),
            r=_r(m.links["change of rank"].pearson),
        )
    yield from (_(group.caution) for group in m.groups if group.caution)


def _not_rebuilt(about: Mapping[str, Any]) -> str:
    if "indicators" in about and "drivers" in about:
        return _(
            "The composite cannot be rebuilt: neither the values of {indicators} indicators nor "
            "the scores of the {drivers} drivers, the weights or the way of scaling are printed.",
            indicators=about["indicators"],
            drivers=spelled(len(about["drivers"])),
        )
    if "indicators" in about:
        return _(
            "The composite cannot be rebuilt: neither the values of {indicators} indicators nor "
            "the scores, the weights or the way of scaling are printed.",
            indicators=about["indicators"],
        )
    if "drivers" in about:
        return _(
            "The composite cannot be rebuilt: neither the values nor the scores of the {drivers} "
            "drivers, the weights or the way of scaling are printed.",
            drivers=spelled(len(about["drivers"])),
        )
    return _(
        "The composite cannot be rebuilt: neither the values nor the scores, the weights or the "
        "way of scaling are printed."
    )


def _impossible(side: Side) -> list[str]:
    """Countries whose rank and change give an earlier rank that the earlier index excludes."""
    t, ranks = side.table, side.ranks[side.table.years[0]]
    out = (side.moves.earlier < ranks.best) | (side.moves.earlier > ranks.worst)
    return [
        _("that of {country} ({index})", country=t.names[i], index=_(t.side))
        for i in np.flatnonzero(out)
    ]


def _link(found: Association) -> str:
    low, high = (_r(v) for v in found.fisher)
    return _(
        "r = {r} ({low} to {high}; {chance})",
        r=_r(found.r),
        low=low,
        high=high,
        chance=_chance(found.p),
    )


def _chance(p: float) -> str:
    if np.isnan(p):
        return _("no p-value")
    return f"p = {_decimals(p, 4 if p < 0.01 else 2)}"


def _r(value: float) -> str:
    return _("not defined") if np.isnan(value) else _decimals(round(value, 2) + 0.0, 2)


def _decimals(value: float, decimals: int) -> str:
    return _minus(f"{value:.{decimals}f}").replace(".", decimal_mark())


def _signed(value: float) -> str:
    return _minus(f"{round(float(value)) + 0:+d}")


def _minus(text: str) -> str:
    return text.replace("-", MINUS)


def capital(text: str) -> str:
    """A text at the start of a sentence: `Performance`."""
    return text[:1].upper() + text[1:]
