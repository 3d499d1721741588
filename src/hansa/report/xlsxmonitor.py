"""The figures of the two Monitor tables as numbers with charts: real data, computed from print."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import partial

from hansa.index.link import Link
from hansa.index.link_rows import Floats
from hansa.index.link_time import Association
from hansa.language import N_, _, pgettext
from hansa.report.monitor import lagged, monitor_2009, named_links, profiles
from hansa.report.xlsxcells import Styles, clean, spoken
from hansa.report.xlsxcharts import BarWords, bars, insert, reach
from hansa.report.xlsxsheet import Canvas, Column, Filling, capital, yes_or_no
from hansa.study.monitor import NORDIC, Monitor, Side
from hansa.views.figure import Figure
from hansa.views.theme import DEEP, HAIRLINE, LINE

_REAL = N_("Computed by Hansa from real, printed figures; those that are printed stand as printed.")
_R = "r"


def monitor_filling(figure: Figure, styles: Styles) -> Filling | None:
    """The numbers of a figure on the Monitor tables; None for any other figure."""
    m = monitor_2009()
    if figure.id == "monitor-scatter":
        return _scatter(m, styles)
    if figure.id == "monitor-links":
        return _links(m, styles)
    sides = {f"monitor-ranks-{s.table.side}": s for s in (m.performance, m.framework)}
    return _ranks(m, sides[figure.id], styles) if figure.id in sides else None


def _scatter(m: Monitor, styles: Styles) -> Filling:
    now = m.performance.table.years[1]
    found = m.links[f"index {now}"]
    out = set(found.lowest.left_out)
    # Marked countries first, so that each series of the chart is one range of cells.
    order = sorted(range(len(m.codes)), key=lambda i: (m.codes[i] not in NORDIC, m.codes[i]))
    fit = found.fit
    columns = (
        Column(N_("Code"), [m.codes[i] for i in order], None, 8),
        Column(N_("Country"), [m.names[i] for i in order], None, 20),
        Column(N_("Nordic"), [yes_or_no(m.codes[i] in NORDIC) for i in order], None, 10),
        Column(N_("Framework"), _of(m.framework.table.index, order), styles.year, 12),
        Column(N_("Performance"), _of(m.performance.table.index, order), styles.year, 12),
        Column(N_("Points off the line"), _of(fit.residuals, order), styles.amount_fine, 12),
        Column(N_("Studentised"), _of(fit.studentised, order), styles.amount_fine, 12),
        Column(N_("Leverage"), _of(fit.leverage, order), styles.amount_fine, 12),
        Column(N_("Left out as lowest"), [yes_or_no(i in out) for i in order], styles.indented, 12),
    )
    count = sum(code in NORDIC for code in m.codes)
    draw = partial(_draw_scatter, counts=(count, len(order)), year=now)
    return Filling(_(_REAL), columns, draw=draw)


def _draw_scatter(canvas: Canvas, counts: tuple[int, int], year: int) -> None:
    marked, total = counts
    chart = canvas.book.add_chart({"type": "scatter"})

    def series(name: str, first: int, count: int, colour: str, kind: str) -> dict[str, object]:
        return {
            "name": name,
            "categories": canvas.cells("Framework", first, count),
            "values": canvas.cells("Performance", first, count),
            "marker": {
                "type": kind,
                "size": 7,
                "fill": {"color": colour},
                "border": {"color": colour},
            },
        }

    chart.add_series(series(_("Nordic countries"), 0, marked, DEEP, "square"))
    chart.add_series(series("other countries", marked, total - marked, LINE, "circle"))
    # A line of least squares belongs to one series: all countries, without marks of their own.
    every = series("all countries", 0, total, LINE, "circle") | {"marker": {"type": "none"}}
    chart.add_series(every | {"trendline": {"type": "linear", "name": "least squares, all"}})
    title = {"name": spoken(canvas.figure.title), "name_font": {"size": 11}, "overlay": False}
    chart.set_title(title)
    chart.set_legend({"position": "bottom", "delete_series": [2]})
    look = {
        "min": 0,
        "max": 100,
        "major_unit": 20,
        "name_font": {"size": 9, "bold": False},
        "major_gridlines": {"visible": True, "line": {"color": HAIRLINE}},
    }
    chart.set_x_axis({"name": _("Framework conditions {year} (index)", year=year), **look})
    chart.set_y_axis({"name": _("Performance {year} (index)", year=year), **look})
    chart.set_size({"width": 640, "height": 520})
    insert(canvas, chart)


def _links(m: Monitor, styles: Styles) -> Filling:
    full, late = named_links(m), lagged(m)
    every: list[Link | Association] = [*full.values(), *late.values()]
    r = [v.pearson if isinstance(v, Link) else v.r for v in every]
    fine = styles.amount_fine

    def short(head: str, values: Iterable[float], wide: float = 10) -> Column:
        return Column(head, [*_known(values), *[None] * len(late)], fine, wide)

    own = list(full.values())
    columns = (
        Column(N_("Link"), [*full, *late], None, 38),
        Column(_R, _known(r), fine, 10),
        Column(N_("Fisher: low"), _known(v.fisher[0] for v in every), fine, 10),
        Column(N_("Fisher: high"), _known(v.fisher[1] for v in every), fine, 10),
        short(N_("Bootstrap: low"), (v.bootstrap.low for v in own)),
        short(N_("Bootstrap: high"), (v.bootstrap.high for v in own)),
        Column(N_("p by permutation"), _known(v.p for v in every), None, 18),
        short(N_("Spearman"), (v.spearman for v in own)),
        short(N_("Kendall"), (v.kendall for v in own)),
        short(N_("r without the lowest"), (v.lowest.r for v in own), 12),
        Column(
            N_("Left out"), [*(len(v.lowest.left_out) for v in own), *[None] * len(late)], None, 10
        ),
        Column(N_("Countries"), [v.n for v in every], styles.year, 10),
    )
    ends = [(v.fisher[1], v.fisher[0]) for v in every]
    whiskers = [
        (reach(high, one), reach(one, low)) for one, (high, low) in zip(r, ends, strict=True)
    ]
    note = f"{_(_REAL)} {_('Empty cell: not computed for this link.')}"
    return Filling(note, columns, draw=partial(_draw_links, whiskers=whiskers))


def _draw_links(canvas: Canvas, whiskers: Sequence[tuple[float, float]]) -> None:
    count = len(whiskers)
    series = {
        "name": canvas.name(_R),
        "categories": canvas.cells("Link", 0, count),
        "values": canvas.cells(_R, 0, count),
        "fill": {"color": DEEP},
        "y_error_bars": {
            "type": "custom",
            "plus_values": [high for high, _ in whiskers],
            "minus_values": [low for _, low in whiskers],
        },
    }
    scale = {"min": -1, "max": 1, "major_unit": 0.5, "num_format": "0.0"}
    words = BarWords(canvas.figure.title, _("r with its Fisher interval"), _("Link"), scale)
    insert(canvas, bars(canvas, [series], words, count))


def _ranks(m: Monitor, side: Side, styles: Styles) -> Filling:
    table = side.table
    first, last = table.years
    now, before = side.ranks[last], side.ranks[first]
    order = sorted(range(len(m.codes)), key=lambda i: (table.rank[i], m.codes[i]))
    earlier = side.moves.earlier
    agrees = (before.best <= earlier) & (earlier <= before.worst)
    whole = styles.year
    columns = (
        Column(N_("Code"), [m.codes[i] for i in order], None, 14),
        Column(N_("Country"), [m.names[i] for i in order], None, 20),
        Column(_("Index {year}", year=last), _of(table.index, order), whole, 10),
        Column(_("Index {year}", year=first), _of(table.before, order), whole, 10),
        Column(_("Rank {year}", year=last), _of(table.rank, order), whole, 10),
        Column(_("Highest rank {year} by the index", year=last), _of(now.best, order), whole, 12),
        Column(_("Lowest rank {year} by the index", year=last), _of(now.worst, order), whole, 12),
        Column(N_("Change of rank"), _of(table.change, order), None, 10),
        Column(_("Rank {year}, implied", year=first), _of(earlier, order), whole, 10),
        Column(
            _("Highest rank {year} by the index", year=first), _of(before.best, order), whole, 12
        ),
        Column(
            _("Lowest rank {year} by the index", year=first), _of(before.worst, order), whole, 12
        ),
        Column(N_("Agrees"), [yes_or_no(agrees[i]) for i in order], styles.indented, 10),
    )
    draw = partial(_draw_profiles, m=m) if side is m.performance else None
    return Filling(f"{_(_REAL)} {_('Ranks with their bounds have no chart.')}", columns, draw=draw)


def _draw_profiles(canvas: Canvas, m: Monitor) -> None:
    """The table of groups below the notes: its means with all digits."""
    sheet, styles, table = canvas.sheet, canvas.styles, profiles(m)
    y = canvas.below + 1
    sheet.write_string(y, 0, clean(table.caption), styles.strong)
    heads = (
        *(_("Group"), _("Index"), _("Year"), _("Mean"), _("Top three")),
        *(_("Median"), _("Lowest"), _("Highest"), pgettext("distance", "Gap")),
    )
    for x, head in enumerate(heads):
        sheet.write_string(y + 1, x, head, styles.head)
    y += 2
    for group in m.groups:
        for p in group.profiles:
            sheet.write_string(y, 0, clean(_(group.name)))
            sheet.write_string(y, 1, clean(capital(_(p.side))))
            sheet.write_number(y, 2, p.year, styles.year)
            numbers = [p.mean, p.best, p.median, p.lowest, p.highest]
            if p.year == m.performance.table.years[1]:
                numbers.append(group.gap[p.side])
            for x, value in enumerate(numbers, 3):
                sheet.write_number(y, x, value, styles.amount_fine)
            y += 1
    for line in table.note.rstrip(".").split(". "):
        sheet.write_string(y, 0, clean(f"{line}."), styles.quiet)
        y += 1


def _of(values: Floats, order: Sequence[int]) -> list[float | None]:
    return _known(float(values[i]) for i in order)


def _known(values: Iterable[float]) -> list[float | None]:
    return [None if math.isnan(v) else float(v) for v in values]
