"""The sliders of the what-if page: one indicator each, from the worst to the best value seen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hansa.web.pages.what_if.changes import Changes, plain

if TYPE_CHECKING:
    from hansa.views.index_words import IndexView
    from hansa.web.indices import OpenIndex

MOST_TO_GAIN = 6
"""Sliders that are there from the start: the indicators with which a unit could gain most."""
STEPS = 100
"""About so many steps from one end to the other."""


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
    step = step_of(float(np.nanmin(column)), float(np.nanmax(column)))
    low, high = _grid(float(np.nanmin(column)), float(np.nanmax(column)), step)
    measured_in = f"{node.unit} / {node.denominator}" if node.denominator else node.unit
    return Span(
        j, node.code, node.label, measured_in, float(column[at]), low, high, step,
        _said(view, j, at, column),
    )  # fmt: skip


def _said(view: IndexView, j: int, at: int, column: Any) -> str:
    """What stands under a slider: the value now, and where others are."""
    import numpy as np

    from hansa.views.index_words import percent, raw_text

    up = view.tree.nodes[j].direction > 0
    best = int(np.nanargmax(column if up else -column))
    filled = " (filled by a rule)" if view.data.filled[view.rows[at], j] else ""
    now = f"now {raw_text(float(column[at]))}{filled}"
    if np.isnan(column[at]):
        now = "no value now"
    from hansa.index.removal import effective_weights

    weight = float(effective_weights(view.result.stage)[j])
    return (
        f"{now}; median {raw_text(float(np.nanmedian(column)))}; best "
        f"{raw_text(float(column[best]))}, {view.names[best]}; "
        f"{'higher' if up else 'lower'} is better; weight {percent(weight, 1)}"
    )


def step_of(low: float, high: float) -> float:
    """A round step (1, 2 or 5 times a power of ten) of about a hundredth of a range."""
    rough = (high - low) / STEPS
    size = 10.0 ** math.floor(math.log10(rough))
    return next(size * m for m in (1, 2, 5, 10) if size * m >= rough * (1 - 1e-9))


def _grid(low: float, high: float, step: float) -> tuple[float, float]:
    return (
        float(plain(math.floor(low / step + 1e-9) * step)),
        float(plain(math.ceil(high / step - 1e-9) * step)),
    )


def without_same(changes: Changes, spans: tuple[Span, ...]) -> dict[str, float]:
    """The changes that change something: a field that stays as it is sends its value, too."""
    now = {span.code: span.now for span in spans}
    return {
        code: value for code, value in changes.items()
        if not (code in now and as_written(now[code]) == as_written(value))
    }  # fmt: skip


def as_written(value: float) -> str:
    """A value as a field shows it; empty for a missing one."""
    return "" if math.isnan(value) else plain(float(f"{value:.6g}"))


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
        "value": as_written(value),
        "said": span.said,
    }
