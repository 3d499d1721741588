"""Stars of one cluster as numbers: certain, possible and not certain, beside the reason."""

from __future__ import annotations

from functools import partial

from hansa.language import N_, _
from hansa.measures import find_measure
from hansa.measures.reasons import said
from hansa.measures.rules import find_rules
from hansa.report.part import Part
from hansa.report.sections import STARS
from hansa.report.xlsxbars import first_rows, latest, names_of
from hansa.report.xlsxcells import Styles
from hansa.report.xlsxcharts import MOST_BARS, BarWords, bars, insert
from hansa.report.xlsxsheet import EMPTY, Canvas, Column, Filling, capital, status
from hansa.study.choices import keeps_own_rules
from hansa.views.captions import header_notes
from hansa.views.figure import Figure
from hansa.views.reading import Cell, Words, read
from hansa.views.theme import DEEP, GROUND

_CERTAIN, _MORE, _MOST = N_("Certain stars"), N_("Possible, not certain"), N_("Possible stars")


def stars_filling(part: Part, figure: Figure, styles: Styles) -> Filling | None:
    """Stars by region with their reasons, and stacked bars; None where the codes do not match."""
    name = next((n for n in STARS if n in part.base.regions), "")
    names = names_of(figure)
    if not name or not names:
        return None
    panel = part.base.regions[name].where("cluster", part.picks.cluster)
    panel = latest(panel) if len(panel) else panel
    if set(panel.table["geo"].to_pylist()) != set(names):
        return None
    reading = read(panel, "geo", words=Words(labels=names))
    by_code = {c.code: c for c in reading.cells}
    cells = [by_code[code] for code in names]
    table = panel.table
    texts = table["reason"].to_pylist() if "reason" in table.column_names else [""] * len(panel)
    reasons = dict(zip(table["geo"].to_pylist(), texts, strict=True))
    columns = (
        Column(N_("Code"), list(names), None, 28),
        Column(capital(reading.thing), [c.name for c in cells], None, 40),
        Column(_CERTAIN, [_least(c) for c in cells], styles.year, 12, main=True),
        Column(_MORE, [_more(c) for c in cells], styles.year, 12, main=True),
        Column(_MOST, [_most(c) for c in cells], styles.year, 12, main=True),
        Column(
            N_("Why"), [said(reasons[code] or "") or None for code in names], styles.indented, 60
        ),
        Column(N_("Status"), [status(c) for c in cells], styles.indented, 40),
    )
    rules = panel.header.notes[:1]  # a count of stars begins with the rules that it follows
    shown, of = min(len(cells), MOST_BARS), len(cells)
    draw = partial(
        _draw, count=shown, thing=capital(reading.thing), values=_values(part, name, figure)
    )
    return Filling(
        " ".join([_(EMPTY), *first_rows(shown, of), *rules]),
        columns,
        tuple(header_notes(panel.header)),
        draw,
    )


def _values(part: Part, name: str, figure: Figure) -> str:
    """What the axis of the stars says."""
    source = part.base.regions[name].header.source
    said = [_("Number of stars.")]
    said += [_("Draft rules.")] if _draft(part, name) else []
    said += [_("MODEL DATA.")] if figure.model_data else []
    return " ".join([*said, _("Source: {source}", source=source)]).rstrip(". ")


def _draft(part: Part, name: str) -> bool:
    """Whether the rules of a measure are a draft."""
    study, folder = part.result.study, part.result.folder
    m = find_measure(name)
    chosen = "" if keeps_own_rules(m) else study.rules
    if chosen and folder is not None and (folder / chosen).exists():
        chosen = str(folder / chosen)
    return find_rules(chosen or m.rules).certainty == "draft"


def _least(cell: Cell) -> int | None:
    return None if cell.absent else int(cell.low)


def _most(cell: Cell) -> int | None:
    return None if cell.absent else int(cell.high)


def _more(cell: Cell) -> int | None:
    return None if cell.absent else int(cell.high) - int(cell.low)


def _draw(canvas: Canvas, count: int, thing: str, values: str) -> None:
    if not canvas.has(_CERTAIN):
        return
    hatch = {"pattern": "wide_upward_diagonal", "fg_color": DEEP, "bg_color": GROUND}
    looks = {_CERTAIN: {"fill": {"color": DEEP}}, _MORE: {"pattern": hatch}}
    drawn = [
        {
            "name": canvas.name(head),
            "categories": canvas.cells(thing, 0, count),
            "values": canvas.cells(head, 0, count),
            "border": {"color": DEEP, "width": 0.75},
            **look,
        }
        for head, look in looks.items()
    ]
    scale = {"min": 0, "major_unit": 1, "num_format": "0"}
    insert(canvas, bars(canvas, drawn, BarWords(canvas.figure.title, values, thing, scale), count))
