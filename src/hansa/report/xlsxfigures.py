"""Which numbers and which chart stand on the sheet of a figure."""

from __future__ import annotations

from hansa.language import _
from hansa.report.document import Section
from hansa.report.origin import of_shown_years
from hansa.report.part import Part, parts
from hansa.report.xlsxbars import KINDS, bars_filling
from hansa.report.xlsxcells import Styles
from hansa.report.xlsxpublished import PUBLISHED, published_filling
from hansa.report.xlsxquadrants import quadrants_filling
from hansa.report.xlsxregions import regions_filling
from hansa.report.xlsxsheet import Column, Filling
from hansa.report.xlsxstars import stars_filling
from hansa.study.run import StudyResult
from hansa.views.figure import Figure


class Fillings:
    """The numbers behind the figures of a study's report, from its panels."""

    def __init__(self, result: StudyResult, styles: Styles) -> None:
        self._parts = tuple(parts(of_shown_years(result)))
        self._styles = styles

    def of(self, section: Section, figure: Figure) -> Filling:
        """The numbers of a figure with its chart; its texts where its numbers are not known."""
        return self._known(section, figure) or _texts(figure, self._styles)

    def _known(self, section: Section, figure: Figure) -> Filling | None:
        kind, _, number = section.id.partition("-")
        if section.id in PUBLISHED:
            return published_filling(section.id, self._parts[0], figure, self._styles)
        place = int(number or 1) - 1 if (number or "1").isdigit() else -1
        if not 0 <= place < len(self._parts):
            return None
        return _of_part(kind, self._parts[place], figure, self._styles)


def _of_part(kind: str, part: Part, figure: Figure, styles: Styles) -> Filling | None:
    if kind in KINDS:
        return bars_filling(kind, part, figure, styles)
    if kind == "regions":
        return regions_filling(part, figure, styles)
    if kind == "stars":
        return stars_filling(part, figure, styles)
    return quadrants_filling(part, figure, styles) if kind == "quadrants" else None


def _texts(figure: Figure, styles: Styles) -> Filling:
    columns = tuple(
        Column(head, [_printed(row[i], head) for row in figure.rows], styles.text, 22)
        for i, head in enumerate(figure.columns)
    )
    note = _("No chart of the spreadsheet's own: the numbers stand as they are printed.")
    return Filling(note, columns)


def _printed(text: str, head: str) -> object:
    """A count as a number, anything else as the text it is: rounded texts are not the number."""
    count = text.isascii() and text.isdigit() and (text == "0" or text[0] != "0")
    return int(text) if count and head != _("Code") else text
