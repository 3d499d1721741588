"""The sliders of the what-if page: one indicator each, from the worst to the best value seen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hansa.language import _
from hansa.web.pages.what_if.changes import Changes, plain

if TYPE_CHECKING:
    from hansa.views.index_words import IndexView
    from hansa.web.indices import OpenIndex

MOST_TO_GAIN = 6
"""Sliders that are there from the start: the indicators with which a unit could gain most."""
STEPS = 500
"""At least so many steps over the values that most units have."""
FINEST = 10
"""Those values take at least one of so many parts of the slider."""


@dataclass(frozen=True)
class Span:
    """An indicator of one unit: its value, and what other units have.

    now        NaN where it is missing
    low, high  ends of the slider, multiples of `step`, which hold every value observed
    """

    place: int
    code: str
    name: str
    measured_in: str
    now: float
    low: float
    high: float
    step: float
    said: str


def spans_of(index: OpenIndex, unit: str) -> tuple[Span, ...]:
    """Every indicator of a unit, those with which it could gain most first."""
    import numpy as np

    from hansa.index.removal import effective_weights

    view, sheet = index.view, index.whatif
    at = view.place(unit)
    raw = sheet.entry.data.values[sheet.rows]
    z = view.data.values[view.rows]
    weight = effective_weights(view.result.stage)[: view.tree.leaves]
    gain = np.nan_to_num(weight * (np.fmax.reduce(z, axis=0) - z[at]), nan=-1.0)
    order = np.argsort(-gain, kind="stable")
    return tuple(
        _span(view, at, int(j), raw) for j in order if np.ptp(raw[~np.isnan(raw[:, j]), j]) > 0
    )


def _span(view: IndexView, at: int, j: int, raw: Any) -> Span:
    import numpy as np

    node, column = view.tree.nodes[j], raw[:, j]
    ends = float(np.nanmin(column)), float(np.nanmax(column))
    step = step_of(ends[0], ends[0] + _usual(column))
    low, high = _grid(*ends, step)
    measured_in = node.unit
    if node.denominator and view.result.stage.done("denominate"):
        measured_in = f"{node.unit} / {node.denominator}"
    return Span(
        j, node.code, node.label, measured_in, float(column[at]), low, high, step,
        _said(view, j, at, column, step),
    )  # fmt: skip


def _usual(column: Any) -> float:
    """How far the values of most units reach: twice their middle half, without the far ones."""
    import numpy as np

    low, first, third, high = (float(np.nanquantile(column, q)) for q in (0, 0.25, 0.75, 1))
    reach = high - low
    return min(reach, max(2 * (third - first), reach / FINEST))


def _said(view: IndexView, j: int, at: int, column: Any, step: float) -> str:
    """What stands under a slider: the value now, and where others are."""
    import numpy as np

    from hansa.index.removal import effective_weights
    from hansa.views.index_words import percent

    up = view.tree.nodes[j].direction > 0
    best = int(np.nanargmax(column if up else -column))
    now = _("now {value}", value=_read(float(column[at]), step))
    if view.data.filled[view.rows[at], j]:
        now = _("now {value} (filled by a rule)", value=_read(float(column[at]), step))
    if np.isnan(column[at]):
        now = _("no value now")
    told = {
        "now": now,
        "median": _read(float(np.nanmedian(column)), step),
        "best": _read(float(column[best]), step),
        "holder": view.names[best],
        "weight": percent(float(effective_weights(view.result.stage)[j]), 1),
    }
    if up:
        return _(
            "{now}; median {median}; best {best}, {holder}; higher is better; weight {weight}",
            **told,
        )
    return _(
        "{now}; median {median}; best {best}, {holder}; lower is better; weight {weight}", **told
    )


def _read(value: float, step: float) -> str:
    """A value with the digits of its field, for people."""
    from hansa.views.format import grouped

    text = as_written(value, step)
    return grouped(float(text), len(text.partition(".")[2])) if text else ""


def step_of(low: float, high: float) -> float:
    """The power of ten that divides a range into five hundred to five thousand steps.

    A power of ten: the digits of a value are those of the steps.
    """
    return float(10.0 ** math.floor(math.log10((high - low) / STEPS) + 1e-9))


def _grid(low: float, high: float, step: float) -> tuple[float, float]:
    return (
        float(plain(math.floor(low / step + 1e-9) * step)),
        float(plain(math.ceil(high / step - 1e-9) * step)),
    )


def without_same(changes: Changes, spans: tuple[Span, ...]) -> dict[str, float]:
    """The changes that change something: a field that stays as it is sends its value, too."""
    steps = {span.code: (span.now, span.step) for span in spans}
    return {
        code: value for code, value in changes.items()
        if not (code in steps and plain(value) in _same(*steps[code]))
    }  # fmt: skip


def _same(now: float, step: float) -> set[str]:
    """What a field and an address say of the value that is there."""
    return set() if math.isnan(now) else {as_written(now, step), plain(now)}


def as_written(value: float, step: float) -> str:
    """A value as a field shows it, with the digits of its steps; empty for a missing one."""
    if math.isnan(value):
        return ""
    return plain(round(value, max(0, -math.floor(math.log10(step) + 1e-9))))


def shown(spans: tuple[Span, ...], changes: Changes, more: str) -> tuple[Span, ...]:
    """The spans that get a slider: most to gain, what is changed, and the indicator asked for."""
    wanted = {*changes, more}
    return tuple(s for n, s in enumerate(spans) if n < MOST_TO_GAIN or s.code in wanted)


def as_fields(spans: tuple[Span, ...], changes: Changes) -> list[dict[str, Any]]:
    """Sliders as the template lays them out: plain texts."""
    return [_field(span, changes.get(span.code)) for span in spans]


def _field(span: Span, changed: float | None) -> dict[str, Any]:
    value = span.now if changed is None else changed
    middle = (span.low + span.high) / 2
    slid = middle if math.isnan(value) else value
    low, high = min(span.low, slid), max(span.high, slid)
    return {
        "id": span.place,
        "code": span.code,
        "name": span.name,
        "unit": span.measured_in,
        "low": plain(low),
        "high": plain(high),
        "step": plain(span.step),
        "slid": plain(slid),
        "value": as_written(value, span.step) if changed is None else plain(value),
        "said": span.said,
    }
