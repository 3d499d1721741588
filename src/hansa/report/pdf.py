"""A report as a PDF: A4, the figures as drawings, the texts as text, tagged for screen readers.

The same document gives the same bytes: no date, no font of the machine, nothing fetched.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from hansa.errors import HansaError
from hansa.language import N_, _, spoken
from hansa.report.document import Document, Pictures, Section, table_behind
from hansa.report.pdfsigns import lacking, note, replaced
from hansa.report.pdftables import parts_of
from hansa.views.figure import Figure
from hansa.views.lettering import font_directory

# The folder of the fonts holds each face twice; which of the two is taken must not depend on
# the order of a folder.
_FONTS = ("SourceSansPro-Regular.otf", "SourceSansPro-Semibold.otf")
_MODEL_WORDS = N_("MODEL DATA")
_SCALES = (1.0, 0.92, 0.85, 0.78, 0.71, 0.64, 0.57, 0.5, 0.43, 0.36)
# Height by width from which a figure becomes so small on a page that its table follows it.
_LEGIBLE = 1.8
_TOO_LONG = "more pages than allowed"
BRIEF_PAGES = 2


def render_pdf(
    document: Document,
    pictures: Pictures | None = None,
    told: Callable[[str], None] = lambda _text: None,
) -> bytes:
    """The document as PDF; `told` hears of characters that its font does not have.

    A brief has at most two pages: its figures shrink to a third of the width of the page, and
    HansaError is raised where even that is not enough.
    """
    pictures = pictures or Pictures()
    for scale in _SCALES if document.brief else (1.0,):
        source, said = _files(document, pictures, scale)
        try:
            content = _compiled(source)
        except _TooLong:
            continue
        if said:
            told(said)
        return content
    raise HansaError(
        "the brief does not fit on its pages",
        place=document.title,
        printed=f"more than {BRIEF_PAGES} pages with the smallest figures",
        admissible=f"at most {BRIEF_PAGES} pages",
        fix="shorten the title or the summary of the study, or write the full report",
    )


class _TooLong(Exception):
    """More pages than are allowed."""


def _compiled(source: Any) -> bytes:  # a mapping, which the types of typst leave out
    import typst

    with _fonts() as folder:
        compiler = typst.Compiler(source, font_paths=[folder], ignore_system_fonts=True)
        try:
            pdf: Any = compiler.compile(format="pdf", timestamp=0, pdf_standards=["ua-1"])
            return bytes(pdf)
        except typst.TypstError as problem:
            if _TOO_LONG in problem.message:
                raise _TooLong from problem
            raise


@contextmanager
def _fonts() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        for name in _FONTS:
            shutil.copyfile(font_directory() / name, Path(folder) / name)
        yield folder


def _files(document: Document, pictures: Pictures, scale: float) -> tuple[dict[str, bytes], str]:
    """The template and what it lays out; then what is to be said of characters without a sign.

    Texts travel as JSON, so none can become markup.
    """
    figures = [figure for section in document.sections for figure in section.figures]
    drawn = [pictures.svg(figure) for figure in figures]
    numbers = iter(range(1, len(figures) + 1))
    sections = [_section(section, drawn, numbers) for section in document.sections]
    data: dict[str, Any] = {
        **_words(),
        "name": document.title,
        "title": document.title,
        "subtitle": document.subtitle,
        "origin": document.origin,
        "words": _(_MODEL_WORDS),
        "model": document.model_data,
        "brief": document.brief,
        "pages": BRIEF_PAGES if document.brief else None,
        "too_long": _TOO_LONG,
        "scale": scale,
        "findings": document.findings,
        "sections": sections,
        "method": document.method,
        "footer": document.footer,
    }
    signs = lacking([data, drawn])
    if signs:
        data, drawn = replaced(data, signs), replaced(drawn, signs)
    data["lacking"] = said = note(signs)
    template = files("hansa.report") / "templates" / "report.typ"
    made = {
        "main.typ": template.read_bytes(),
        "document.json": json.dumps(data, ensure_ascii=False).encode(),
        **{_file(i): svg.encode() for i, svg in enumerate(drawn, 1)},
    }
    return made, said


def _words() -> dict[str, str | None]:
    """What the template says around the texts of a document, in the language spoken."""
    return {
        "lang": spoken(),
        "region": "GB" if spoken() == "en" else None,
        "how_sure": _("How sure are we?"),
        "figure": _("Figure {number}"),
        "in_short": _("In short"),
        "contents": _("Contents"),
        "how_made": _("How the numbers are made"),
    }


def _file(number: int) -> str:
    return f"figure-{number}.svg"


def _section(section: Section, drawn: list[str], numbers: Iterator[int]) -> dict[str, Any]:
    figures = [_figure(f, drawn, next(numbers)) for f in section.figures]
    small = [
        table_behind(figure)
        for figure, own in zip(section.figures, figures, strict=True)
        if own["height"] > _LEGIBLE * own["width"] and figure.rows
    ]
    return {
        "question": section.question,
        "answer": section.answer,
        "figures": figures,
        "tables": [part for table in (*section.tables, *small) for part in parts_of(table)],
        "certainty": section.certainty,
        "kept": bool(figures),
        "line": section.line,
    }


def _figure(figure: Figure, drawn: list[str], number: int) -> dict[str, Any]:
    across, down = _size(drawn[number - 1])
    return {
        "file": _file(number),
        "number": number,
        "alt": figure.alt or figure.title,
        "width": across,
        "height": down,
    }


def _size(svg: str) -> tuple[float, float]:
    start = svg.partition(">")[0]
    found = [re.search(rf' {name}="([0-9.]+)"', start) for name in ("width", "height")]
    across, down = (float(match[1]) if match else 0.0 for match in found)
    return across, down
