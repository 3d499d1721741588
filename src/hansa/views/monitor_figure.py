"""What the figures of two printed index tables share: how they are put together, and numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from hansa.language import _, decimal_mark
from hansa.views.canvas import Caption, compose
from hansa.views.figure import Figure, both
from hansa.views.format import MINUS, MISSING
from hansa.views.written import Written


def figure_of(
    name: str,
    caption: Caption,
    plot: Any,
    columns: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
) -> Figure:
    """A figure of real numbers from its words, its table and its plot in either format."""
    return Figure(
        id=name,
        title=caption.title,
        subtitle=caption.subtitle,
        alt=caption.alt,
        notes=caption.notes,
        columns=columns,
        rows=tuple(rows),
        source=caption.source,
        model_data=False,
        **both(lambda form: compose(caption, plot(form), form)),
    )


def interval(ends: tuple[float, float]) -> str:
    """Both ends of an interval of correlations."""
    return Written(_("{low} to {high}", low=r_text(ends[0]), high=r_text(ends[1])), None, ends)


def whole(value: float) -> str:
    """A printed whole number."""
    return MISSING if math.isnan(value) else Written(f"{value:.0f}", value)


def r_text(value: float) -> str:
    """A correlation with two decimals."""
    if math.isnan(value):
        return MISSING
    return Written(_marked(f"{round(value, 2) + 0.0:.2f}"), value)


def signed(value: float, decimals: int = 0) -> str:
    """A difference with its sign; a plain 0 where it rounds to nothing."""
    if math.isnan(value):
        return MISSING
    shown = round(value, decimals)
    sign = "+" if shown else ""
    return Written(_marked(f"{shown + 0.0:{sign}.{decimals}f}"), value)


def _marked(text: str) -> str:
    """A number as Python writes it, with a real minus and the decimal mark of the language."""
    return text.replace("-", MINUS).replace(".", decimal_mark())
