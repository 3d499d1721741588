"""Spreadsheets and several files together, whole and damaged."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from decimal import Decimal
from xml.sax.saxutils import escape

from fuzz_cases import BYTES, NUMBERS, Choice, damaged, folder, fuzzed, outcome
from fuzz_grids import SPOILS, adapted, csv_bytes, layout, long_grid, spoiled
from fuzz_tables import CODES, Entry, cell, facts, meaning, read, same
from hypothesis import strategies as st

NOT_IN_XML = dict.fromkeys([*range(9), 11, 12, *range(14, 32)])

TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/'
    'package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxml'
    'formats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-office'
    'document.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    "</Types>"
)
DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def relations(kind, target):
    return (
        f'<?xml version="1.0"?><Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" '
        f'Type="{DOCUMENT}/{kind}" Target="{target}"/></Relationships>'
    )


BOOK = (
    f'<?xml version="1.0"?><workbook xmlns="{MAIN}" xmlns:r="{DOCUMENT}"><sheets>'
    '<sheet name="Jobs" sheetId="1" r:id="rId1"/></sheets></workbook>'
)


def letters(number):
    """A, B, …"""
    return chr(65 + number)


def xlsx_bytes(rows, style, points=True):
    """Rows as a workbook, written by hand: numbers as numbers where that keeps every digit."""
    choice = Choice(style)
    down, right = choice.of((0, 0, 2)), choice.of((0, 0, 1))
    gap = choice.of((0, 0, 3))
    lines = []
    for i, row in enumerate(rows):
        at = i + 1 + down + (1 if gap and i >= gap else 0)
        cells = "".join(
            one_cell(f"{letters(j + right)}{at}", content, i > 0, points, choice)
            for j, content in enumerate(row)
        )
        lines.append(f'<row r="{at}">{cells}</row>')
    sheet = f'<?xml version="1.0"?><worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}'
    parts = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": relations("officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": BOOK,
        "xl/_rels/workbook.xml.rels": relations("worksheet", "worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": sheet + "</sheetData></worksheet>",
    }
    packed = choice.of((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packed) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content.encode(), packed)
    return buffer.getvalue()


def one_cell(place, content, row, points, choice):
    """A cell as a number, as the result of a formula, or as text.

    points  a number with a point means the same as a number and as text
    """
    if content == "" and choice.of((True, False)):
        return ""
    if (
        row
        and (points or "." not in content)
        and plain_number(content)
        and choice.of((True, False))
    ):
        formula = choice.of(("", "", "<f>1+1</f>"))
        return f'<c r="{place}">{formula}<v>{content}</v></c>'
    text = escape(content)
    if row and choice.of((False, False, True)):
        return f'<c r="{place}" t="str"><f>A1</f><v>{text}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def plain_number(content):
    """A number that a spreadsheet stores as such: 15 digits, no leading zeros or signs."""
    try:
        value = Decimal(content)
    except ArithmeticError:
        return False
    if "." in content and content.endswith("0"):
        return False
    usual = value.is_finite() and 0 <= value < 10**14 and str(value) == content
    return usual and len(value.as_tuple().digits) <= 15 and "E" not in content


SHEETS = st.tuples(
    facts(), NUMBERS, st.one_of(st.just([]), SPOILS), st.one_of(st.just([]), st.just([]), BYTES)
)


@fuzzed(SHEETS, few=60)
def test_fuzz_sheets(case):
    known, style, spoils, damage = case
    grid = long_grid(known)
    header, rows = spoiled(grid.header, grid.rows, spoils, ragged=False)
    # XML has no place for these signs, and line ends are of one kind.
    header, *rows = (
        [c.translate(NOT_IN_XML).replace("\r", "")[:32_000] for c in r] for r in [header, *rows]
    )
    points = grid.plan.signs.decimal == "."
    data = damaged(xlsx_bytes([header, *rows], style, points), damage)
    with folder() as place:
        path = place / "t.xlsx"
        path.write_bytes(data)
        found, refused = outcome(
            lambda: read(path, grid.measure, grid.describe), str(path), "geo ", path.name
        )
    if not spoils and not damage:
        assert refused is None, refused
        same(found, grid.answer)
    if refused is None:
        # An archive has checksums: what is damaged is refused, or damaged where nothing is.
        kept = [row for row in rows if any(c.strip() for c in row)]
        same(found, meaning(header, kept, adapted(grid, header)))


# --- several files ------------------------------------------------------------------------------


def in_parts(grid, number):
    """The rows of a grid in some files; each has a row."""
    parts = [grid.rows[i::number] for i in range(number)]
    return [part for part in parts if part]


@fuzzed(st.tuples(facts(most=8), NUMBERS, st.one_of(st.just([]), SPOILS)), few=60)
def test_fuzz_several_files_and_their_totals(case):
    known, style, spoils = case
    choice = Choice(style)
    grid = long_grid(replace(known, entries=tuple(e for e in known.entries if e.geo != "TOTAL")))
    if not grid.rows:
        return
    parts = in_parts(grid, choice.of((1, 2, 3)))
    header, parts[0] = spoiled(grid.header, parts[0], spoils, ragged=False)
    written = layout(style, grid.header, [row for part in parts for row in part] + [header])
    with folder() as place:
        paths = []
        for i, part in enumerate(parts):
            paths.append(place / f"t{i}{written.suffix}")
            names = header if i == 0 else grid.header
            paths[-1].write_bytes(csv_bytes(names, part, written))
        describe = grid.describe | written.describe()
        extra = {}
        if choice.of((False, True)):
            describe["totals"] = str(place / f"totals{written.suffix}")
            extra = totals(place / f"totals{written.suffix}", grid, written, choice)
        found, refused = outcome(
            lambda: read(paths, grid.measure, describe), str(place), "geo ", paths[0].name
        )
    if not spoils:
        assert refused is None, refused
        same(found, grid.answer | extra)
    if refused is None:
        rows = [row for part in parts[1:] for row in part]
        first = meaning(header, parts[0], adapted(grid, header))
        rest = meaning(grid.header, rows, grid.plan)
        assert not first.keys() & rest.keys()
        same(found, first | rest | extra)


def totals(path, grid, written, choice):
    """A file of totals without activities, in the dialect of the others; its cells."""
    columns = grid.describe.get("columns", {})
    names = [columns.get(n, n) for n in ("geo", "time", grid.measure)]
    scheme = grid.plan.geography
    years = choice.of(((2014,), (2016, 2015)))
    value = Decimal(choice.of((0, 7, 1000)))
    rows, found = [], {}
    for year in years:
        entry = Entry("TOTAL", "TOTAL", year, value, "", 0)
        rows.append([CODES[scheme]["TOTAL"][0], str(year), str(value)])
        found[entry.key] = cell(value, "")
    for name in ("activity",):
        if columns.get(name):
            names, rows = [*names, columns[name]], [[*row, "TOTAL"] for row in rows]
    for name in columns:
        if name.startswith(grid.measure) and name != grid.measure:
            names, rows = [*names, columns[name]], [[*row, ""] for row in rows]
    path.write_bytes(csv_bytes(names, rows, written))
    return found
