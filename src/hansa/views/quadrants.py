"""Growth of jobs against growth of wages, a mark a cluster (2009 publication, 2.1, figure 4)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from hansa.language import N_, _, ngettext, pgettext
from hansa.law import MEANING
from hansa.measures.reasons import said
from hansa.panel import Header, Panel
from hansa.views.bubbleplot import plot
from hansa.views.bubbles import Bubble, beyond, raised
from hansa.views.canvas import Caption, Thing, compose, stands_for
from hansa.views.captions import header_notes, source_line, thing_head
from hansa.views.figure import Figure, both
from hansa.views.format import MINUS, MISSING, Scale, grouped, joined, spelled
from hansa.views.hover import told, value_words
from hansa.views.reading import (
    HERE,
    PLAIN,
    At,
    Cell,
    Reading,
    Words,
    amount_words,
    cluster_axis,
    noted,
    place_name,
    read,
    within,
)
from hansa.views.sentences import amount_unit
from hansa.views.theme import QUADRANTS

STABLE = 0.9
WAGE = N_("average wage (proxy for productivity)")
_CLASS = {name: name for name in QUADRANTS} | {
    N_("challenged"): "challenged or mature",
    N_("mature"): "challenged or mature",
}
_RATE = Scale("change")


@dataclass(frozen=True)
class Dynamics:
    """The five panels of one picture, for the same area.

    growth       growth_rate of jobs; `wage_growth`: relative_wage_growth
    quadrant     the class of each cluster (column `label`) and the reason where there is none
    stability    quadrant_stability: share of replicates with the same class, 0 to 1; None where
                 it was not computed: then no class counts as stable
    employment   jobs of both years
    """

    growth: Panel
    wage_growth: Panel
    quadrant: Panel
    stability: Panel | None
    employment: Panel

    @property
    def headers(self) -> tuple[Header, ...]:
        """The header of each panel."""
        parts = (self.growth, self.wage_growth, self.quadrant, self.stability, self.employment)
        return tuple(p.header for p in parts if p is not None)


@dataclass(frozen=True)
class _Clusters:
    """Everything the picture says about the clusters of one area."""

    growth: Reading
    sizes: Reading
    bubbles: tuple[Bubble, ...]
    left_out: tuple[Cell, ...]
    rows: tuple[tuple[str, ...], ...]
    count: int

    @property
    def place(self) -> At:
        return self.growth.at


def quadrant_bubbles(panels: Dynamics, at: At = HERE, words: Words = PLAIN) -> Figure:
    """Clusters of one area by growth of jobs (across) and relative growth of wages (up).

    The filled area of a mark is the size at the end, its outline the size at the start. A class
    that does not hold in 90 % of the replicates is pale with a dashed outline; clusters without
    a class are grey; those without a rate are named below the picture. A name without room
    becomes a number with a key.
    Raises UsageError or HansaError where the area or the year is not in a panel.
    """
    found = _read(panels, at, words)
    model = any(h.model_data for h in panels.headers)
    caption = replace(_caption(found, words), model_data=model)
    caption = replace(caption, notes=(*caption.notes, *header_notes(*panels.headers)))
    unit = amount_unit(found.sizes.header)
    labels = (
        _("Growth of {amount} {period}", amount=unit, period=found.growth.period),
        _(
            "Growth of the {wage} against the benchmark, {period}",
            wage=_(WAGE),
            period=found.growth.period,
        ),
    )
    years = (str(_since(found.growth) or _("start")), str(found.place.time or _("end")))
    specs = both(
        lambda form: compose(caption, plot(found.bubbles, (labels, years, unit), form, model), form)
    )
    return Figure(
        id=f"quadrants-{found.place.geo or 'all'}-{found.place.time or 'all'}",
        columns=_columns(found),
        rows=found.rows,
        **vars(caption),
        **specs,
    )


def _since(growth: Reading) -> int | None:
    return next((c.since for c in growth.cells if c.since is not None), None)


def _read(panels: Dynamics, at: At, words: Words) -> _Clusters:
    axis = cluster_axis(panels.growth)
    growth = read(panels.growth, axis, at, words)
    here = replace(growth.at, cluster=None)
    by_code = _cells(panels, here, words, _since(growth))
    sizes = read(panels.employment, axis, here, words)
    texts = _texts(panels.quadrant, axis, here)
    bubbles: list[Bubble] = []
    left_out: list[Cell] = []
    rows: list[tuple[str, ...]] = []
    for x in growth.cells:
        y, mark, share, before, after = (
            d.get(x.code, Cell(x.code, x.name, None, status=frozenset("m"))) for d in by_code
        )
        label, reason = texts.get(x.code, ("", ""))
        missing = next((c for c in (x, y, after) if c.value is None), None)
        gone = (x.status | y.status | mark.status) & {"entry", "exit"}
        if gone:
            left_out.append(Cell(x.code, x.name, None, status=gone))
        elif missing is None:
            own = (x, y, mark, share, before, after)
            bubble = _bubble(own, label, reason)
            bubbles.append(replace(bubble, thing=_thing(panels, growth, own, bubble)))
        else:
            left_out.append(missing)
        numbers = (
            *(sizes.scale.with_interval(c.value, c.lower, c.upper) for c in (before, after)),
            *(_RATE.with_interval(c.value, c.lower, c.upper) for c in (x, y)),
        )
        why = reason or mark.meaning or (missing.reason if missing else "")
        rows.append((x.code, x.name, *numbers, _(label) or MISSING, _share_text(share), why))
    ranked = sorted(bubbles, key=lambda b: (-b.end, b.name, b.code))
    return _Clusters(growth, sizes, tuple(ranked), tuple(left_out), tuple(rows), len(growth.cells))


def _cells(panels: Dynamics, here: At, words: Words, since: int | None) -> list[dict[str, Cell]]:
    """Code -> cell of wages, class, stability, jobs at the start and jobs at the end."""
    start = replace(here, time=since or here.time)
    axis = cluster_axis(panels.growth)
    readings = [
        read(panel, axis, spot, words) if panel else None
        for panel, spot in (
            (panels.wage_growth, here),
            (panels.quadrant, here),
            (panels.stability, here),
            (panels.employment, start),
            (panels.employment, here),
        )
    ]
    return [{c.code: c for c in r.cells} if r else {} for r in readings]


def _texts(panel: Panel, axis: str, at: At) -> dict[str, tuple[str, str]]:
    """Code -> label and reason of the quadrant panel at one place and time."""
    found = {}
    for row in panel.where("geo", at.geo).where("time", at.time).rows():
        # A rate that rounds to nothing has no sign, as in the columns beside it.
        reason = (row.get("reason") or "").replace(f"{MINUS}0.0 %", "0.0 %")
        found[str(row[axis])] = (row.get("label") or "", said(reason))
    return found


def _bubble(cells: tuple[Cell, ...], label: str, reason: str) -> Bubble:
    x, y, mark, share, before, after = cells
    assert x.value is not None
    assert y.value is not None
    assert after.value is not None
    flags = mark.status | x.status
    known = _CLASS.get(label, "") if not flags & {"tiny", "entry", "exit", "boundary"} else ""
    why = reason or mark.meaning or x.meaning or (_(label) or _("no class given"))
    if label == "boundary" or "boundary" in flags:
        why = _(MEANING["boundary"])
    elif "tiny" in flags:
        why = _(MEANING["tiny"])
    return Bubble(
        code=x.code,
        name=x.name,
        x=x.value,
        y=y.value,
        start=before.value,
        end=after.value,
        kind=known,
        label=label,
        stable=_is_stable(share),
        undecided=share.absent or share.high >= STABLE,
        why="" if known else why,
        tiny="tiny" in flags,
        x_bounds=(x.low, x.high) if x.bounded else None,
        y_bounds=(y.low, y.high) if y.bounded else None,
        end_bounds=(after.low, after.high),
    )


def _thing(panels: Dynamics, growth: Reading, cells: tuple[Cell, ...], b: Bubble) -> Thing:
    """The code of a mark, and what is said of its class, its rates and its sizes."""
    x, y, mark, share, before, after = cells
    jobs, since = panels.employment.header, _since(growth)
    doubts = f" ({mark.meaning})" if mark.meaning else ""
    parts = [
        _("class {kind}", kind=_(b.label) + doubts)
        if b.kind
        else _("no class ({reason})", reason=b.why)
    ]
    if b.kind and panels.stability is not None:
        firm = value_words(share, panels.stability.header)
        parts.append(_("replicates with this class: {value}", value=firm))
    rate, wages = value_words(x, panels.growth.header), value_words(y, panels.wage_growth.header)
    parts += [
        _("growth of {amount} {value}", amount=amount_unit(jobs), value=rate),
        _("relative growth of wages {value}", value=wages),
        f"{growth.at.time or _('at the end')}: {value_words(after, jobs)}",
        f"{since or _('at the start')}: {value_words(before, jobs)}",
    ]
    return {**stands_for(growth.axis, b.code), "hover": told(b.name, *parts)}


def _is_stable(share: Cell) -> bool:
    """True where the share of replicates with the same class is certainly high enough."""
    return not share.absent and share.low >= STABLE


def _share_text(share: Cell) -> str:
    return Scale("share").with_interval(share.value, share.lower, share.upper)


def _caption(found: _Clusters, words: Words) -> Caption:
    growth, when = found.growth, found.growth.period
    place = place_name(growth, words)
    unit = amount_unit(found.sizes.header)
    title = words.title or _title(found, place)
    here = place[:1].upper() + place[1:]
    subtitle = _(
        "{place}, {period}. Across: growth of {unit}; up: growth of the {wage} against the "
        "benchmark; both in per cent. Area of a mark: {amount} in {year}.",
        place=here,
        period=when,
        unit=unit,
        wage=_(WAGE),
        amount=amount_words(found.sizes.header),
        year=found.place.time,
    )
    named = {kind: [b.name for b in found.bubbles if b.kind == kind] for kind in QUADRANTS}
    none = pgettext("clusters", "none")
    classes = "; ".join(f"{_(kind)}: {joined(own) or none}" for kind, own in named.items())
    alt = f"{_('Marks in four fields.')} {title}. {classes}."
    return Caption(title, subtitle, alt, tuple(_notes(found)), source_line(growth.header, words))


def _title(found: _Clusters, place: str) -> str:
    """How many grow in both, and the largest of them with how sure that is."""
    winners = [b for b in found.bubbles if b.kind == "growth"]
    what, count = found.growth.what, found.count
    open_ = len(found.left_out) + len([b for b in found.bubbles if not b.kind])
    places = {"all": count, "things": what, "place": place}
    if not winners:
        return (
            _(
                "None of the {all} {things} of {place} is known to grow in jobs and in relative "
                "wages",
                **places,
            )
            if open_
            else _(
                "None of the {all} {things} of {place} grows in jobs and in relative wages",
                **places,
            )
        )
    first = winners[0]
    title = _how_many(len(winners), bool(open_), places)
    sure = first.stable and all(b.end_bounds[1] <= first.end_bounds[0] for b in winners[1:])
    if len(winners) == 1:
        return f"{title}: {within(first.name)}"
    if sure and not open_:
        return _("{title}; the largest of them is {name}", title=title, name=within(first.name))
    return _("{title}; the largest of them may be {name}", title=title, name=within(first.name))


def _how_many(count: int, open_: bool, places: dict[str, Any]) -> str:
    if open_:
        return ngettext(
            "At least {n} of {all} {things} of {place} grows in jobs and in relative wages",
            "At least {n} of {all} {things} of {place} grow in jobs and in relative wages",
            count,
            n=grouped(count),
            **places,
        )
    return ngettext(
        "{n} of {all} {things} of {place} grows in jobs and in relative wages",
        "{n} of {all} {things} of {place} grow in jobs and in relative wages",
        count,
        n=grouped(count),
        **places,
    )


def _notes(found: _Clusters) -> list[str]:
    notes = [_("Shapes of the same area stand for the same number, whatever the shape.")]
    classed = [b for b in found.bubbles if b.kind]
    if shaky := [b for b in classed if not b.stable]:
        open_ = len([b for b in shaky if b.undecided])
        text = _(
            "Dashed and pale: not known to be stable ({n} of {all} {things} with a class). Stable "
            "is a class that holds in at least {share} of the replicates; {finding}.",
            n=len(shaky),
            all=len(classed),
            things=found.growth.what,
            share=Scale("share").text(STABLE),
            finding=_unstable(len(shaky) - open_, open_),
        )
        notes.append(text)
    grey = [b for b in found.bubbles if not b.kind]
    if grey:
        reasons = _grouped([(b.why, b.name) for b in grey])
        notes.append(_("Grey cross: no class ({reasons}).", reasons=reasons))
    if any(b.x_bounds or b.y_bounds for b in found.bubbles):
        notes.append(_("Thin lines: from the lowest to the highest possible rate."))
    if far := beyond(found.bubbles):
        items = "; ".join(
            _("{name} ({x} and {y})", name=b.name, x=_RATE.text(b.x), y=_RATE.text(b.y))
            for b in far
        )
        text = _("Drawn at the edge, their rates are beyond the axes: {names}.", names=items)
        notes.append(text)
    if small := raised(found.bubbles):
        text = _("Drawn larger than their size, to be seen: {n} of the marks.", n=len(small))
        notes.append(text)
    if lone := [b.name for b in found.bubbles if b.start is None]:
        notes.append(_("No outline, size at the start not known: {names}.", names=joined(lone)))
    if found.left_out:
        notes.append(_("Not drawn ({reasons}).", reasons="; ".join(noted(found.left_out))))
    return notes


def _unstable(sure: int, open_: int) -> str:
    """How many classes are not stable, and of how many that is open; nothing of none."""
    parts = []
    if sure:
        text = ngettext("one is not stable", "{count} are not stable", sure, count=spelled(sure))
        parts.append(text)
    if open_:
        parts.append(_("of {count} it cannot be said", count=spelled(open_)))
    return joined(parts)


def _grouped(pairs: list[tuple[str, str]]) -> str:
    groups: dict[str, list[str]] = {}
    for reason, name in pairs:
        groups.setdefault(reason, []).append(name)
    return "; ".join(f"{reason}: {joined(names)}" for reason, names in groups.items())


def _columns(found: _Clusters) -> tuple[str, ...]:
    unit = amount_unit(found.sizes.header)
    unit = unit[:1].upper() + unit[1:]
    first = _since(found.growth) or _("the first year")
    last = found.place.time or _("the last year")
    return (
        _("Code"),
        thing_head(found.growth),
        _("{amount} in {year}", amount=unit, year=first),
        _("{amount} in {year}", amount=unit, year=last),
        _("Growth {period}", period=found.growth.period).strip(),
        _("Relative growth of the {wage}", wage=_(WAGE)),
        _("Class"),
        _("Share of replicates with the same class"),
        _("Why"),
    )
