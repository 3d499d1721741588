"""The pictures of the two Monitor tables, read from their specifications.

Numbers are held to the shipped files by numpy, scipy and counting, not to the library.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats
from syrupy.assertion import SnapshotAssertion

from hansa.index.link import link
from hansa.index.link_time import lag_test
from hansa.index.printed import PrintedTable, moves, rounded_ranks
from hansa.study import published
from hansa.views.figure import Figure
from hansa.views.lettering import has_glyph
from hansa.views.lettering import width as length
from hansa.views.monitor import Group, monitor_scatter
from hansa.views.monitor_rows import monitor_links, monitor_ranks

from .panels import dashed, data, words

SHIPPED = Path(published.__file__).parent / "published2009"
SOURCE = "Source: a print."
LOWEST = {"MX", "GR", "IT", "TR", "PT"}
NORDIC = {"DK", "FI", "IS", "NO", "SE"}


def printed(side: str) -> dict[str, dict[str, float]]:
    """code -> column -> number, as the file holds it."""
    with (SHIPPED / f"monitor-{side}.csv").open(encoding="utf-8", newline="") as lines:
        return {
            r["iso2"]: {k: float(v) for k, v in r.items() if k not in ("iso2", "country")}
            for r in csv.DictReader(lines)
        }


def by_code(table: PrintedTable) -> PrintedTable:
    at = np.argsort(np.array(table.codes))
    return PrintedTable(
        table.side,
        table.years,
        tuple(table.codes[i] for i in at),
        tuple(table.names[i] for i in at),
        *(v[at] for v in (table.rank, table.index, table.before, table.change)),
    )


def ranks_figure(table: PrintedTable) -> Figure:
    rng = np.random.default_rng(1)
    now, before = (rounded_ranks(v, rng, draws=50) for v in (table.index, table.before))
    moved = moves(table.index, table.before, table.rank, table.change)
    return monitor_ranks(table, now, before, moved.earlier, SOURCE)


@pytest.fixture(scope="module")
def figures() -> dict[str, Figure]:
    f, p = by_code(published.monitor_framework()), by_code(published.monitor_performance())
    rng = np.random.default_rng(1)
    links = {
        "Index": link(f.index, p.index, rng, p.names, 500),
        "Change": link(f.index - f.before, p.index - p.before, rng, p.names, 500),
    }
    lag = lag_test((f.before, f.index), (p.before, p.index), rng, 500)
    return {
        "scatter": monitor_scatter(f, p, links["Index"], Group("Nordic", NORDIC), SOURCE),
        "performance": ranks_figure(p),
        "framework": ranks_figure(f),
        "links": monitor_links(links, {"Before": lag.lagged}, SOURCE),
    }


NAMES = ("scatter", "performance", "framework", "links")


@pytest.fixture(params=["spec", "narrow"])
def width(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def marks(picture: dict[str, Any], **style: Any) -> list[dict[str, Any]]:
    """Data values of the layers whose mark has these properties."""
    return [
        v
        for layer in picture["layer"]
        if all(layer["mark"].get(k) == own for k, own in style.items())
        for v in layer["data"]["values"]
    ]


@pytest.mark.parametrize("name", NAMES)
def test_real_figures_say_their_source_and_fit_the_paper(
    figures: dict[str, Figure], name: str, width: str
) -> None:
    figure = figures[name]
    picture = getattr(figure, width)
    assert not figure.model_data
    assert SOURCE in words(picture)
    assert "Model data" not in words(picture)
    assert figure.alt.count(figure.title) == 1
    assert all(len(row) == len(figure.columns) for row in figure.rows)
    left, right = -picture["padding"]["left"], picture["width"] + picture["padding"]["right"]
    for layer in picture["layer"]:
        mark = layer["mark"]
        if mark["type"] != "text":
            continue
        for v in layer["data"]["values"]:
            assert all(has_glyph(c) for c in v["text"]), v["text"]
            wide = length(v["text"], mark.get("fontSize", 12), mark.get("fontWeight", 400))
            part = {"left": 0.0, "center": 0.5, "right": 1.0}[mark["align"]]
            assert left <= v["x"] - part * wide, v["text"]
            assert v["x"] + (1 - part) * wide <= right, v["text"]


def test_every_country_is_a_mark_at_its_printed_numbers(
    figures: dict[str, Figure], width: str
) -> None:
    picture = getattr(figures["scatter"], width)
    f, p = printed("framework"), printed("performance")
    drawn = {v["unit"]: (v["x"], v["y"]) for v in data(picture, "unit", "hover") if "text" not in v}
    assert drawn == {c: (f[c]["index_2008"], p[c]["index_2008"]) for c in f}
    hollow = {v["unit"] for v in marks(picture, type="point", filled=False) if "unit" in v}
    assert hollow == LOWEST
    squares = {v["unit"] for v in marks(picture, shape="square") if "unit" in v}
    assert squares == NORDIC
    scales = [
        layer["encoding"][axis]["scale"]["domain"]
        for layer in picture["layer"]
        for axis in ("x", "y")
        if (layer["encoding"][axis].get("scale") or {}).get("domain")
    ]
    assert {ends[0] for ends in scales} == {0}, "an index is drawn from zero"


def test_the_line_is_least_squares_and_far_countries_hang_on_it(
    figures: dict[str, Figure], width: str
) -> None:
    picture = getattr(figures["scatter"], width)
    f, p = printed("framework"), printed("performance")
    x = np.array([f[c]["index_2008"] for c in f])
    y = np.array([p[c]["index_2008"] for c in f])
    slope, intercept = np.polyfit(x, y, 1)
    scale = next(
        layer["encoding"]
        for layer in picture["layer"]
        if (layer["encoding"]["x"].get("scale") or {}).get("domain")
    )

    def value(axis: str, pixel: float) -> float:
        (low, high), (start, end) = (scale[axis]["scale"][k] for k in ("domain", "range"))
        return float(low + (pixel - start) / (end - start) * (high - low))

    (line,) = marks(picture, type="rule", strokeWidth=1.4)
    for a, b in (("x", "y"), ("x2", "y2")):
        at = value("x", line[a])
        assert value("y", line[b]) == pytest.approx(intercept + slope * at, abs=0.1)
    stalks = marks(picture, type="rule", color="#B35806")
    ends = {
        (round(value("x", s["x"])), round(value("y", s["y"]) - value("y", s["y2"]), 1))
        for s in stalks
    }
    residual = {c: p[c]["index_2008"] - intercept - slope * f[c]["index_2008"] for c in f}
    for code in ("JP", "KR"):
        own = f[code]["index_2008"]
        assert any(at == own and abs(gap - residual[code]) < 0.3 for at, gap in ends)
    assert len(stalks) == 2
    bold = [v["text"] for v in marks(picture, type="text", fontWeight=600)]
    assert {t for t in bold if "+" in t} == {"Japan +25", "Korea +19"}


def test_the_scatter_says_on_whom_the_link_hangs(figures: dict[str, Figure]) -> None:
    f, p = printed("framework"), printed("performance")
    rest = [c for c in f if c not in LOWEST]
    less = stats.pearsonr(
        [f[c]["index_2008"] for c in rest], [p[c]["index_2008"] for c in rest]
    ).statistic
    assert f"far less without the five lowest ({less:.2f})" in figures["scatter"].title
    assert figures["scatter"].rows[0][:5] == ("JP", "Japan", "51", "72", "+25.2")


@pytest.mark.parametrize("side", ["performance", "framework"])
def test_ranks_stand_with_what_the_index_allows(
    figures: dict[str, Figure], side: str, width: str
) -> None:
    """Allowed by counting: behind all that are a whole point ahead, before all a point behind."""
    table = printed(side)
    figure = figures[side]

    def allowed(column: str, code: str) -> str:
        own = table[code][column]
        others = [row[column] for c, row in table.items() if c != code]
        best = 1 + sum(v >= own + 1 for v in others)
        worst = 1 + len(others) - sum(v <= own - 1 for v in others)
        return f"{best}" if best == worst else f"{best}–{worst}"

    for row in figure.rows:
        own = table[row[0]]
        assert row[2] == f"{own['rank_2008']:.0f}"
        assert row[5] == f"{own['rank_2008'] + own['rank_change']:.0f}"
        assert row[3] == allowed("index_2008", row[0])
        assert row[6] == allowed("index_2003", row[0])
    assert [int(r[2]) for r in figure.rows] == list(range(1, 26))
    picture = getattr(figure, width)
    filled = [v["at"] for v in marks(picture, type="point", filled=True) if "at" in v]
    assert filled == list(range(1, 26))
    drawn = [v["at"] for v in marks(picture, type="point", filled=False) if "at" in v]
    assert sorted(drawn) == sorted(int(r[5]) for r in figure.rows)


def test_ranks_that_cannot_be_are_dashed_and_not_moved(
    figures: dict[str, Figure], width: str
) -> None:
    """By hand: CH 6 + 4 = 10, GB 7 − 2 = 5; 63 is the eleventh of 2003 and 76 the fourth."""
    wrong = dashed(getattr(figures["framework"], width))
    assert {(v["hover"].partition(":")[0], v["at"]) for v in wrong} == {
        ("Switzerland", 10),
        ("United Kingdom", 5),
    }
    assert dashed(getattr(figures["performance"], width)) == []
    told = {r[0]: (r[5], r[6]) for r in figures["framework"].rows if r[-1] == "no"}
    assert told == {"CH": ("10", "11"), "GB": ("5", "4")}
    assert "do not agree for Switzerland and United Kingdom" in figures["framework"].title
    assert "every printed change of rank agrees" in figures["performance"].title


def test_a_missing_number_is_named_and_not_drawn() -> None:
    nan = float("nan")
    table = PrintedTable(
        "health",
        (2001, 2002),
        ("A", "B", "C"),
        ("Ania", "Boria", "Cedia"),
        *(np.array(v) for v in ([1, 2, 3], [90, 70, 50], [80.0, nan, 40], [0, nan, -1])),
    )
    figure = ranks_figure(table)
    rows = {r[0]: r[4:] for r in figure.rows}
    assert rows["B"] == ("·", "·", "·", "·")
    assert rows["C"] == ("−1", "2", "2", "yes")
    rings = [v for v in marks(figure.spec, type="point", filled=False) if "at" in v]
    assert [v["at"] for v in rings] == [1, 2]


def test_links_stand_with_both_intervals_and_without_the_lowest(
    figures: dict[str, Figure], width: str
) -> None:
    f, p = printed("framework"), printed("performance")
    column = {
        (side, year): np.array([t[c][f"index_{year}"] for c in f])
        for side, t in (("f", f), ("p", p))
        for year in (2003, 2008)
    }
    moved = column["p", 2008] - column["p", 2003]
    pairs = [
        (column["f", 2008], column["p", 2008]),
        (column["f", 2008] - column["f", 2003], moved),
        (column["f", 2003], moved),
    ]
    expected = [stats.pearsonr(x, y) for x, y in pairs]
    picture = getattr(figures["links"], width)
    drawn = [v["at"] for v in marks(picture, type="point", shape="circle") if "at" in v]
    assert drawn == pytest.approx([e.statistic for e in expected], abs=1e-6)
    spans = [(v["from"], v["to"]) for v in marks(picture, type="rule") if "from" in v]
    for span, e in zip(spans, expected, strict=True):
        assert span == pytest.approx(tuple(e.confidence_interval()), abs=1e-6)
    assert len([v for v in marks(picture, type="rect") if "from" in v]) == 2, "no third bootstrap"
    keep = np.array([c not in LOWEST for c in f])
    tail = next(v["at"] for v in marks(picture, shape="diamond") if "at" in v)
    assert tail == pytest.approx(stats.pearsonr(*(v[keep] for v in pairs[0])).statistic, abs=1e-6)
    assert figures["links"].rows[-1][3:] == ("", "", "")
    assert figures["links"].title == (
        "Two of three links lie above zero over their whole intervals; what came first says "
        "nothing certain of what followed"
    )
    assert "0: no link" in words(picture)


@pytest.mark.parametrize("name", NAMES)
def test_pictures_stay_as_they_are(
    figures: dict[str, Figure], name: str, snapshot: SnapshotAssertion
) -> None:
    assert json.dumps(words(figures[name].spec), indent=1, ensure_ascii=False) == snapshot
