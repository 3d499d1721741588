"""Charts that the spreadsheet draws itself, from the cells of the sheet they stand on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from xlsxwriter.chart_scatter import ChartScatter

from hansa.language import _
from hansa.report.xlsxcells import spoken
from hansa.report.xlsxsheet import HEAD_ROW, Canvas, capital
from hansa.views.captions import value_head
from hansa.views.reading import Cell, Reading
from hansa.views.theme import DEEP, HAIRLINE

MOST_BARS = 45
_WIDE, _ROW, _AROUND = 640, 19, 130


@dataclass(frozen=True)
class BarWords:
    """What a chart of bars says, and the axis of its values."""

    title: str
    values: str
    things: str
    scale: dict[str, Any] = field(default_factory=dict)


def bars(canvas: Canvas, drawn: Sequence[dict[str, Any]], words: BarWords, count: int) -> Any:
    """Horizontal bars of the first `count` rows, several series on top of each other."""
    stacked = {"subtype": "stacked"} if len(drawn) > 1 else {}
    chart = canvas.book.add_chart({"type": "bar", **stacked})
    for one in drawn:
        chart.add_series({"gap": 40, **one})
    _titled(chart, canvas.start + words.title)
    chart.set_legend({"position": "bottom"} if stacked else {"none": True})
    # In a chart of bars the writer's x axis is the one of the values.
    chart.set_x_axis(
        {
            "name": spoken(words.values),
            "name_font": {"size": 9, "bold": False},
            "major_gridlines": {"visible": True, "line": {"color": HAIRLINE}},
            **words.scale,
        }
    )
    # The first row stands at the top, and the axis of values still at the bottom.
    upside = {"reverse": True, "crossing": "max", "label_position": "low"}
    chart.set_y_axis({"name": spoken(words.things), "num_font": {"size": 9}, **upside})
    chart.set_size({"width": _WIDE, "height": _AROUND + 22 * bool(stacked) + _ROW * count})
    return chart


def insert(canvas: Canvas, chart: Any, across: int = 0, *, down: int = 0) -> None:
    """Put a chart beside the numbers: `across` counts charts, `down` rows from the heads."""
    place = canvas.head_row + down, canvas.beside + 11 * across
    _put(canvas, chart, place)


def insert_above(canvas: Canvas, chart: Any) -> None:
    """Put a chart into the room above the heads."""
    _put(canvas, chart, (HEAD_ROW - 1, 0))


def _put(canvas: Canvas, chart: Any, place: tuple[int, int]) -> None:
    words = canvas.figure.alt or canvas.figure.title
    options = {"description": words, "object_position": 3}
    canvas.sheet.insert_chart(*place, chart, options)


def reading_bars(canvas: Canvas, head: str, reading: Reading, cells: Sequence[Cell]) -> Any:
    """Bars of the values under one head, with whiskers where there are bounds."""
    shown, things = cells[:MOST_BARS], capital(reading.thing)
    series: dict[str, Any] = {
        "name": canvas.name(head),
        "categories": canvas.cells(things, 0, len(shown)),
        "values": canvas.cells(head, 0, len(shown)),
        "fill": {"color": DEEP},
    }
    if any(c.bounded and c.value is not None for c in shown):
        series["y_error_bars"] = {
            "type": "custom",
            "plus_values": [reach(c.upper, c.value) for c in shown],
            "minus_values": [reach(c.value, c.lower) for c in shown],
        }
    own = reading.axis == "geo" or head == value_head(reading)
    header = reading.header
    source = _("Source: {source}", source=header.source) if header.source else ""
    words = BarWords(
        canvas.figure.title if own else head,
        f"{head}. {canvas.start}{source}".rstrip(". "),
        things,
        _scale(reading, shown),
    )
    return bars(canvas, [series], words, len(shown))


def reach(high: float | None, low: float | None) -> float:
    """Length of a whisker; none where there is no bar or no bound."""
    return 0.0 if high is None or low is None else max(0.0, high - low)


def steps(low: float, high: float) -> dict[str, float]:
    """Ends and steps of an axis in round numbers that holds `low` and `high`."""
    rough = (high - low) / 6
    power = 10.0 ** math.floor(math.log10(rough))
    unit = next(s * power for s in (1, 2, 2.5, 5, 10) if s * power >= rough * (1 - 1e-9))
    first, last = math.floor(low / unit + 1e-9), math.ceil(high / unit - 1e-9)
    ends = {"min": first * unit, "max": last * unit, "major_unit": unit}
    return {name: round(value, 9) for name, value in ends.items()}


def _titled(chart: Any, title: str) -> None:
    chart.set_title({"name": spoken(title), "name_font": {"size": 11}, "overlay": False})


def _scale(reading: Reading, cells: Sequence[Cell]) -> dict[str, Any]:
    """The axis of values: doubling steps around 1 for quotients, as in the figure."""
    style = reading.scale.style
    look = {"quotient": "0.##", "share": "0%", "change": "+0%;-0%;0%"}.get(style, "#,##0")
    known = [c.value for c in cells if c.value is not None]
    if style != "quotient" or not known or min(known) <= 0:
        return {"num_format": look}
    low = 2.0 ** math.floor(math.log2(min(*known, 0.5)))
    high = 2.0 ** math.ceil(math.log2(max(*known, 2.0)))
    return {"num_format": look, "log_base": 2, "min": low, "max": high, "crossing": 1}


@dataclass(frozen=True)
class BubbleWords:
    """What a chart of bubbles says: title, axes with their ends."""

    title: str
    across: str
    up: str
    across_scale: dict[str, float]
    up_scale: dict[str, float]


def bubbles(
    canvas: Canvas, drawn: Sequence[tuple[dict[str, Any], list[Any]]], words: BubbleWords
) -> Any:
    """Marks by two rates, their areas an amount; each series with the cells of its sizes."""
    chart = BubbleChart()
    canvas.book.charts.append(chart)
    for series, sizes in drawn:
        chart.add_bubbles(series, sizes)
    _titled(chart, canvas.start + words.title)
    chart.set_legend({"position": "bottom"})
    small = {"size": 9, "bold": False}
    look = {
        "name_font": small,
        "num_font": {"size": 9},
        "num_format": "+0%;-0%;0%",
        # The axes cross at 0; their numbers stand at the edges, clear of the marks.
        "crossing": 0,
        "label_position": "low",
        "major_gridlines": {"visible": True, "line": {"color": HAIRLINE}},
    }
    chart.set_x_axis({"name": spoken(words.across), **look, **words.across_scale})
    chart.set_y_axis({"name": spoken(words.up), **look, **words.up_scale})
    chart.set_size({"width": 940, "height": 640})
    return chart


class BubbleChart(ChartScatter):  # type: ignore[misc]  # xlsxwriter publishes no types
    """Bubbles, which the writer does not know: points with a third range for their areas.

    Order of the elements: ECMA-376 part 1, 21.2.2.20 (bubbleChart) and CT_BubbleSer.
    """

    def __init__(self) -> None:
        super().__init__()
        self.embedded = True
        self.date_1904 = False
        self.remove_timezone = False

    def add_bubbles(self, options: dict[str, Any], sizes: list[Any]) -> None:
        """A series as `add_series` takes it, and the cells with the amounts of its bubbles."""
        self.add_series(options)
        formula = self._list_to_formula(sizes)
        self.series[-1]["sizes"] = formula
        self.series[-1]["size_id"] = self._get_data_id(formula, None)

    def _write_chart_type(self, args: dict[str, Any]) -> None:
        series = self._get_primary_axes_series() if args["primary_axes"] else []
        if not series:
            return
        self._xml_start_tag("c:bubbleChart")
        self._xml_empty_tag("c:varyColors", [("val", 0)])
        for one in series:
            self._write_ser(one)
        self._xml_empty_tag("c:bubbleScale", [("val", 50)])
        self._xml_empty_tag("c:showNegBubbles", [("val", 0)])
        self._xml_empty_tag("c:sizeRepresents", [("val", "area")])
        self._write_axis_ids(args)
        self._xml_end_tag("c:bubbleChart")

    def _write_ser(self, series: dict[str, Any]) -> None:
        index = self.series_index
        self.series_index += 1
        self._xml_start_tag("c:ser")
        self._write_idx(index)
        self._write_order(index)
        self._write_series_name(series)
        self._write_sp_pr(series)
        self._xml_empty_tag("c:invertIfNegative", [("val", 0)])
        self._write_d_pt(series["points"])
        self._write_d_lbls(series["labels"])
        self._write_error_bars(series["error_bars"])
        self._write_x_val(series)
        self._write_y_val(series)
        self._xml_start_tag("c:bubbleSize")
        self._write_num_ref(series["sizes"], self.formula_data[series["size_id"]], "num")
        self._xml_end_tag("c:bubbleSize")
        self._xml_empty_tag("c:bubble3D", [("val", 0)])
        self._xml_end_tag("c:ser")

    def _write_d_pt_point(self, index: int, point: dict[str, Any]) -> None:
        # Points of a scatter chart are markers; bubbles are shapes.
        self._xml_start_tag("c:dPt")
        self._write_idx(index)
        self._xml_empty_tag("c:invertIfNegative", [("val", 0)])
        self._xml_empty_tag("c:bubble3D", [("val", 0)])
        self._write_sp_pr(point)
        self._xml_end_tag("c:dPt")
