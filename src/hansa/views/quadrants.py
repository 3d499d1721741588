"""Growth of jobs against growth of wages, a mark a cluster (2009 publication, 2.1, figure 4)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hansa.law import MEANING
from hansa.panel import Header, Panel
from hansa.views.bubbleplot import plot
from hansa.views.bubbles import Bubble, beyond, raised
from hansa.views.canvas import Caption, Thing, compose, stands_for
from hansa.views.captions import header_notes, source_line
from hansa.views.figure import Figure, both
from hansa.views.format import MINUS, MISSING, THIN, Scale, grouped, joined, spelled
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
WAGE = "average wage (proxy for productivity)"
_CLASS = {name: name for name in QUADRANTS} | {
    "challenged": "challenged or mature",
    "mature": "challenged or mature",
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
    labels = (
        f"Growth of {amount_unit(found.sizes.header)} {found.growth.period}",
        f"Growth of the {WAGE} against the benchmark, {found.growth.period}",
    )
    years = (str(_since(found.growth) or "start"), str(found.place.time or "end"))
    unit = amount_unit(found.sizes.header)
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
        said = reason or mark.meaning or (missing.reason if missing else "")
        rows.append((x.code, x.name, *numbers, label or MISSING, _share_text(share), said))
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
        found[str(row[axis])] = (row.get("label") or "", reason)
    return found


def _bubble(cells: tuple[Cell, ...], label: str, reason: str) -> Bubble:
    x, y, mark, share, before, after = cells
    assert x.value is not None
    assert y.value is not None
    assert after.value is not None
    flags = mark.status | x.status
    known = _CLASS.get(label, "") if not flags & {"tiny", "entry", "exit", "boundary"} else ""
    why = reason or mark.meaning or x.meaning or (label or "no class given")
    if label == "boundary" or "boundary" in flags:
        why = MEANING["boundary"]
    elif "tiny" in flags:
        why = MEANING["tiny"]
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
    parts = [f"class {b.label}{doubts}" if b.kind else f"no class ({b.why})"]
    if b.kind and panels.stability is not None:
        parts.append(f"replicates with this class: {value_words(share, panels.stability.header)}")
    parts += [
        f"growth of {amount_unit(jobs)} {value_words(x, panels.growth.header)}",
        f"relative growth of wages {value_words(y, panels.wage_growth.header)}",
        f"{growth.at.time or 'at the end'}: {value_words(after, jobs)}",
        f"{since or 'at the start'}: {value_words(before, jobs)}",
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
    subtitle = (
        f"{here}, {when}. Across: growth of {unit}; up: growth of the {WAGE} against the "
        f"benchmark; both in per cent. Area of a mark: {amount_words(found.sizes.header)} in "
        f"{found.place.time}."
    )
    classes = "; ".join(
        f"{name}: {joined([b.name for b in found.bubbles if b.kind == name]) or 'none'}"
        for name in QUADRANTS
    )
    alt = f"Marks in four fields. {title}. {classes}."
    return Caption(title, subtitle, alt, tuple(_notes(found)), source_line(growth.header, words))


def _title(found: _Clusters, place: str) -> str:
    """How many grow in both, and the largest of them with how sure that is."""
    winners = [b for b in found.bubbles if b.kind == "growth"]
    what, count = found.growth.what, found.count
    open_ = len(found.left_out) + len([b for b in found.bubbles if not b.kind])
    if not winners:
        end = "is known to grow" if open_ else "grows"
        return f"None of the {count} {what} of {place} {end} in jobs and in relative wages"
    first, least = winners[0], "At least " if open_ else ""
    sure = first.stable and all(b.end_bounds[1] <= first.end_bounds[0] for b in winners[1:])
    verb = "is" if sure and not open_ else "may be"
    grow = "grows" if len(winners) == 1 else "grow"
    title = (
        f"{least}{grouped(len(winners))} of {count} {what} of {place} {grow} in jobs and in "
        "relative wages"
    )
    if len(winners) == 1:
        return f"{title}: {within(first.name)}"
    return f"{title}; the largest of them {verb} {within(first.name)}"


def _notes(found: _Clusters) -> list[str]:
    notes = ["Shapes of the same area stand for the same number, whatever the shape."]
    classed = [b for b in found.bubbles if b.kind]
    if shaky := [b for b in classed if not b.stable]:
        open_ = len([b for b in shaky if b.undecided])
        notes.append(
            f"Dashed and pale: not known to be stable ({len(shaky)} of {len(classed)} "
            f"{found.growth.what} with a class). Stable is a class that holds in at least "
            f"{100 * STABLE:.0f}{THIN}% of the replicates; {_unstable(len(shaky) - open_, open_)}."
        )
    grey = [b for b in found.bubbles if not b.kind]
    if grey:
        notes.append(f"Grey cross: no class ({_grouped([(b.why, b.name) for b in grey])}).")
    if any(b.x_bounds or b.y_bounds for b in found.bubbles):
        notes.append("Thin lines: from the lowest to the highest possible rate.")
    if far := beyond(found.bubbles):
        items = [f"{b.name} ({_RATE.text(b.x)} and {_RATE.text(b.y)})" for b in far]
        notes.append(f"Drawn at the edge, their rates are beyond the axes: {'; '.join(items)}.")
    if small := raised(found.bubbles):
        notes.append(f"Drawn larger than their size, to be seen: {len(small)} of the marks.")
    if lone := [b.name for b in found.bubbles if b.start is None]:
        notes.append(f"No outline, size at the start not known: {joined(lone)}.")
    if found.left_out:
        notes.append(f"Not drawn ({'; '.join(noted(found.left_out))}).")
    return notes


def _unstable(sure: int, open_: int) -> str:
    """How many classes are not stable, and of how many that is open; nothing of none."""
    said = [f"{spelled(sure)} {'is' if sure == 1 else 'are'} not stable"] if sure else []
    return joined([*said, *([f"of {spelled(open_)} it cannot be said"] if open_ else [])])


def _grouped(pairs: list[tuple[str, str]]) -> str:
    groups: dict[str, list[str]] = {}
    for reason, name in pairs:
        groups.setdefault(reason, []).append(name)
    return "; ".join(f"{reason}: {joined(names)}" for reason, names in groups.items())


def _columns(found: _Clusters) -> tuple[str, ...]:
    unit = amount_unit(found.sizes.header)
    unit = unit[:1].upper() + unit[1:]
    thing = "Activity" if found.growth.axis == "activity" else "Cluster"
    return (
        "Code",
        thing,
        f"{unit} in {_since(found.growth) or 'the first year'}",
        f"{unit} in {found.place.time or 'the last year'}",
        f"Growth {found.growth.period}".strip(),
        f"Relative growth of the {WAGE}",
        "Class",
        "Share of replicates with the same class",
        "Why",
    )
