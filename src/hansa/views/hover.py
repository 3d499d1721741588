"""What a mark says when it is pointed at: a name, the value with its bounds, how sure it is.

The same words in every figure. A value without bounds and without a remark is exact.
"""

from __future__ import annotations

from hansa.language import _
from hansa.language import spoken as language
from hansa.law import MEANING
from hansa.panel import Header
from hansa.views.canvas import Thing, stands_for
from hansa.views.format import Scale, scale_of, share_words
from hansa.views.reading import Cell, Reading
from hansa.views.sentences import amount_unit


def spoken(axis: str, code: str, name: str, *parts: str) -> Thing:
    """A thing of a row: its code, its name, and what is said of it."""
    return {**stands_for(axis, code), "name": name, "hover": told(name, *parts)}


def told(name: str, *parts: str) -> str:
    """`name: part; part`, empty parts left out."""
    return f"{name}: {'; '.join(part for part in parts if part)}"


def cell_hover(cell: Cell, reading: Reading, name: str = "") -> str:
    """What a cell of a reading says; `name` where it is more than that of the cell itself."""
    name = name or full_name(cell, reading.axis)
    # The wide figure and the narrow one say the same.
    key = name, cell, language()
    if (known := reading.said.get(key)) is None:
        known = reading.said[key] = told(name, value_words(cell, reading.header))
    return known


def cell_thing(cell: Cell, reading: Reading) -> Thing:
    """A cell of a reading as the thing of a row."""
    name = full_name(cell, reading.axis)
    return spoken(reading.axis, cell.code, name, value_words(cell, reading.header))


def full_name(cell: Cell, axis: str) -> str:
    """The name of a cell; regions with their codes, which stand in maps and tables."""
    with_code = axis == "geo" and cell.name != cell.code
    return f"{cell.code} {cell.name}" if with_code else cell.name


def value_words(cell: Cell, header: Header, number: str = "") -> str:
    """`2.4 (2.3–2.6) times the reference share (12 % estimated; provisional)`.

    number  the value in other words than those of its measure
    """
    scale = scale_of(header)
    return _worded(cell, scale, "" if number else _unit(header, scale), number)


def hovers(reading: Reading) -> dict[str, str]:
    """What every cell of a reading says, by its code: as `cell_hover`, for many cells at once."""
    scale, unit = reading.scale, _unit(reading.header, reading.scale)
    return {
        c.code: told(full_name(c, reading.axis), _worded(c, scale, unit)) for c in reading.cells
    }


def _worded(cell: Cell, scale: Scale, unit: str, number: str = "") -> str:
    if cell.absent:
        return _("not known ({reasons})", reasons="; ".join(_reasons(cell)))
    doubts = _doubts(cell)
    text = number or _number(cell, scale, unit)
    return f"{text} ({'; '.join(doubts)})" if doubts else text


def filled_words(share: float) -> str:
    """How much of the weight of a score rests on filled cells; empty where none does."""
    if share <= 0:
        return ""
    return _("{share} of the weight on filled cells", share=share_words(share))


def _number(cell: Cell, scale: Scale, unit: str) -> str:
    number = scale.with_interval(cell.value, cell.lower, cell.upper)
    return f"{number} {unit}" if unit else number


def _unit(header: Header, scale: Scale) -> str:
    """The word after a number; shares and changes carry theirs, `%`."""
    if scale.style == "quotient":
        of_shares = header.measure.startswith("location_quotient")
        return _("times the reference share") if of_shares else _("times the reference")
    return amount_unit(header) if scale.style == "amount" and scale.unit else ""


def _reasons(cell: Cell) -> list[str]:
    """Why nothing is known, then the other statuses."""
    return [cell.reason, *(w for w in cell.meanings if w not in cell.reason)]


def _doubts(cell: Cell) -> list[str]:
    """The share that is estimated, and every status in words."""
    statuses = list(cell.meanings)
    if cell.value is None and "interval" not in cell.status:
        statuses.insert(0, _(MEANING["interval"]))
    if cell.estimated > 0:
        statuses.insert(0, _("{share} estimated", share=share_words(cell.estimated)))
    return statuses
