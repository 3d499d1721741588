"""A report as a workbook: real numbers, native charts, and a first sheet that says what is what.

The same study gives the same bytes. Texts are written as texts: none becomes a formula or a link.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from xlsxwriter.worksheet import Worksheet

from hansa.language import N_, _
from hansa.law import MEANING
from hansa.panel import Panel
from hansa.report.document import Document, Section, Table
from hansa.report.part import base_named
from hansa.report.xlsxbook import Book
from hansa.report.xlsxcells import MOST_ROWS, Styles, clean, lines_of, sheet_name
from hansa.report.xlsxfigures import Fillings
from hansa.report.xlsxlong import LongSheet
from hansa.report.xlsxpublished import PUBLISHED
from hansa.report.xlsxsheet import TITLE, figure_sheet
from hansa.study.run import StudyResult

_MODEL = N_("MODEL DATA")
_HEAD_ROW = 4
_WIDE = 110
_COLUMNS = {
    "geo": N_("Region: its code in the version named on the sheet."),
    "cluster": N_("Cluster: its id in the cluster definition."),
    "activity": N_("Activity: its code in the classification named on the sheet."),
    "from": N_("The year a change is measured from."),
    "time": N_("Year; for a change, its last year."),
    "value": N_("The number itself. Empty where it is not known: absent is not zero."),
    "status": N_("What is true of the number, as flags (below), separated by semicolons."),
    "lower": N_("The lowest value that is possible."),
    "upper": N_("The highest value that is possible."),
    "estimated": N_("Share of the value that rests on estimates, 0 to 1."),
    "method": N_("How an estimated value was made."),
}


@dataclass
class _Writer:
    book: Book
    styles: Styles
    model: bool
    sheets: list[tuple[str, str]] = field(default_factory=list)

    def sheet(
        self, wanted: str, about: str, kind: type[Worksheet] | None = None, model: bool = True
    ) -> Any:
        """A new sheet under a free name; `about` is its line in the list of sheets.

        model  False for real data beside model data: such a sheet does not carry the band
        """
        name = sheet_name(wanted, [name for name, _about in self.sheets])
        made = self.book.add_worksheet(name, kind)
        self.sheets.append((name, about))
        made.set_row(0, TITLE)
        made.set_paper(9)
        made.set_landscape()
        made.fit_to_pages(1, 0)
        made.set_footer("&L&A&R&P / &N")
        if self.model and model:
            made.set_header(f"&C&B{_(_MODEL)}")
            made.set_tab_color("#BBBBBB")
        return made


def render_xlsx(result: StudyResult, document: Document) -> bytes:
    """The workbook of a study: read me, figures, every panel, gaps, method."""
    book = Book(document.title)
    writer = _Writer(book, Styles.of(book), document.model_data)
    first = writer.sheet("Read me", _("What is in this workbook."))
    _figures(writer, result, document)
    _measures(writer, result)
    _texts(writer, document)
    _read_me(writer, first, result, document)
    return book.content()


def _figures(writer: _Writer, result: StudyResult, document: Document) -> None:
    number, found = 0, Fillings(result, writer.styles)
    for section in document.sections:
        for figure in section.figures:
            number += 1
            sheet = writer.sheet(
                f"Figure {number} {section.id}", figure.title, model=figure.model_data
            )
            filling = found.of(section, figure)
            figure_sheet(writer.book, sheet, writer.styles, figure, filling)


def _measures(writer: _Writer, result: StudyResult) -> None:
    for own in result.results:
        for base in own.bases:
            for area, panels in ((False, base.regions), (True, base.area)):
                for name, panel in panels.items():
                    path = result.table_path(own, base, name, area)
                    about = _about(panel, own.definition.name, base.base.name, area)
                    sheet = writer.sheet(f"{'area ' if area else ''}{name}", about, LongSheet)
                    _measure(sheet, writer, panel, (about, path))


def _about(panel: Panel, definition: str, base: str, area: bool) -> str:
    said = {
        "measure": _(panel.header.label or panel.header.measure),
        "definition": definition,
        "base": base_named(base),
    }
    if area:
        return _("{measure}, {definition}, base {base}, the area as one region", **said)
    return _("{measure}, {definition}, base {base}", **said)


def _measure(sheet: LongSheet, writer: _Writer, panel: Panel, words: tuple[str, str]) -> None:
    """One panel with the columns of its CSV file."""
    header, styles, (about, path) = panel.header, writer.styles, words
    sheet.write_string(
        0, 0, clean(f"{about} ({_(header.unit)})" if header.unit else about), styles.title
    )
    facts = [
        _("Source: {source}", source=header.source) if header.source else "",
        header.vintage,
        _("reference {reference}", reference=_(header.reference)) if header.reference else "",
        _("regions {version}", version=header.geography),
        _("the same numbers as {file}", file=path),
    ]
    sheet.write_string(1, 0, clean("; ".join(f for f in facts if f) + "."), styles.quiet)
    if writer.model:
        sheet.write_string(2, 0, _("MODEL DATA: true of no region."), styles.warning)
    names = panel.table.column_names
    for x, name in enumerate(names):
        sheet.write_string(_HEAD_ROW, x, name, styles.head)
        sheet.set_column(x, x, 26 if name in ("cluster", "activity", "status") else 14)
    if len(panel) > MOST_ROWS - _HEAD_ROW - 1:
        text = _(
            "{count} rows do not fit on a sheet; all are in {file}.", count=len(panel), file=path
        )
        sheet.write_string(_HEAD_ROW + 1, 0, text, styles.strong)
        return
    looks = {name: styles.number(header) for name in ("value", "lower", "upper")}
    looks |= {"estimated": styles.share}
    sheet.set_table(_HEAD_ROW + 1, panel.table, [looks.get(name) for name in names])
    sheet.freeze_panes(_HEAD_ROW + 1, 0)
    sheet.autofilter(_HEAD_ROW, 0, _HEAD_ROW + max(1, len(panel)), len(names) - 1)


def _texts(writer: _Writer, document: Document) -> None:
    """What cannot be said, and how the numbers are made."""
    for section in document.sections:
        if section.tables and not section.figures:
            _tables(writer, section)
    sheet = writer.sheet("Method", _("How the numbers are made."))
    sheet.set_column(0, 0, 32)
    sheet.set_column(1, 1, _WIDE)
    sheet.write_string(0, 0, _("How the numbers are made"), writer.styles.title)
    lines = [
        (term if i == 0 else "", line)
        for term, text in document.method
        for i, line in enumerate(text.split("\n"))
    ]
    _pairs(sheet, writer.styles, 2, lines)


def _tables(writer: _Writer, section: Section) -> None:
    real = section.id in PUBLISHED
    sheet = writer.sheet(section.id.capitalize(), section.question, model=not real)
    styles = writer.styles
    sheet.set_column(0, 0, 42)
    sheet.set_column(1, 12, 22)
    sheet.write_string(0, 0, clean(section.question), styles.title)
    y = 2
    for text in (*section.answer, *section.certainty):
        sheet.write_string(y, 0, clean(text))
        y += 1
    for table in section.tables:
        y = _table(sheet, styles, table, y + 1)


def _table(sheet: Worksheet, styles: Styles, table: Table, y: int) -> int:
    """Write one table of texts; counts in it are numbers. Returns the row below."""
    sheet.write_string(y, 0, clean(table.caption), styles.strong)
    for x, head in enumerate(table.columns):
        sheet.write_string(y + 1, x, clean(head), styles.head)
    y += 2
    for row in table.rows:
        for x, cell in enumerate(row):
            if cell.isascii() and cell.isdigit() and table.numeric[x]:
                sheet.write_number(y, x, int(cell))
            else:
                sheet.write_string(y, x, clean(cell))
        y += 1
    if table.note:
        sheet.write_string(y, 0, clean(table.note), styles.quiet)
        y += 1
    return y


def _read_me(writer: _Writer, sheet: Worksheet, result: StudyResult, document: Document) -> None:
    styles = writer.styles
    sheet.set_column(0, 0, 32)
    sheet.set_column(1, 1, _WIDE)
    sheet.write_string(0, 0, clean(document.title), styles.title)
    y = 1
    if document.model_data:
        sheet.write_string(y, 0, _(_MODEL), styles.warning)
        sheet.write_string(y, 1, clean(document.origin), styles.strong)
        y += 1
    rows = [(_("Summary"), document.subtitle), (_("Data"), document.origin)]
    rows += [(_("In short") if i == 0 else "", text) for i, text in enumerate(document.findings)]
    for spec in result.study.facts.values():
        rows += [
            (_("Source"), spec.source or ", ".join(spec.file)),
            (_("Licence"), spec.licence),
        ]
    rows.append((_("Made with"), document.footer))
    y = _pairs(sheet, styles, y + 1, [(term, text) for term, text in rows if text])
    sheet.write_string(y, 0, _("Sheets"), styles.head)
    sheet.write_string(y, 1, "", styles.head)
    for name, about in writer.sheets[1:]:
        y += 1
        sheet.set_row(y, 15 * lines_of(about, _WIDE))
        sheet.write_url(y, 0, f"internal:'{name}'!A1", styles.link, name)
        sheet.write_string(y, 1, clean(about), styles.text)
    for title, meanings in ((_("Columns"), _COLUMNS), (_("Flags"), MEANING)):
        pairs = [(name, _(meaning)) for name, meaning in meanings.items()]
        sheet.write_string(y + 2, 0, title, styles.head)
        sheet.write_string(y + 2, 1, "", styles.head)
        y = _pairs(sheet, styles, y + 3, pairs) - 2


def _pairs(sheet: Worksheet, styles: Styles, y: int, pairs: Sequence[tuple[str, str]]) -> int:
    """Terms with their texts; returns the second row below."""
    for term, text in pairs:
        sheet.set_row(y, 15 * max(lines_of(text, _WIDE), lines_of(term, 32)))
        sheet.write_string(y, 0, clean(term), styles.wrapped)
        sheet.write_string(y, 1, clean(text), styles.text)
        y += 1
    return y + 1
