"""A report as one HTML file that needs nothing else: no script, no request, no other file.

The same document gives the same bytes. Figures are inline SVG, each drawn for a page and for a
telephone; the font is part of the file.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from hansa.views.figure import Figure
from hansa.views.lettering import font_directory

_WEIGHTS = ((400, "SourceSansPro-Regular.otf"), (600, "SourceSansPro-Semibold.otf"))
_NUMBER = re.compile(r"[+−]?\d(?:[\d\s.,%()+−–]| to )*|·|")


@dataclass(frozen=True)
class Table:
    """A table of texts; columns of numbers are set to the right. `note` stands below it."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    @property
    def numeric(self) -> tuple[bool, ...]:
        """For each column: whether every cell is a number, an interval, missing or empty."""
        return tuple(
            any(row[i] for row in self.rows) and all(_NUMBER.fullmatch(row[i]) for row in self.rows)
            for i in range(len(self.columns))
        )


@dataclass(frozen=True)
class Section:
    """One question with its answer, in the order of every page of Hansa.

    id         name in the address (`#specialisation`); unique in a document
    question   the heading
    answer     one or two plain sentences with figures and certainty
    certainty  how sure we are: shares estimated, missing parts, what would change the answer
    line       source, period, definition, base, reference, version
    python     the lines of Python that give the same result; `command` the command
    """

    id: str
    question: str
    answer: tuple[str, ...]
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    certainty: tuple[str, ...] = ()
    line: str = ""
    python: str = ""
    command: str = ""


@dataclass(frozen=True)
class Document:
    """A whole report.

    origin    says before any figure whether the data are real or model data
    findings  the answers in short
    method    (term, explanation) pairs
    """

    title: str
    subtitle: str
    origin: str
    findings: tuple[str, ...]
    sections: tuple[Section, ...]
    method: tuple[tuple[str, str], ...] = ()
    footer: str = ""
    model_data: bool = False


def render_html(document: Document) -> str:
    """The document as one self-contained HTML page.

    Raises ValueError when two sections share an id: links would lead to the wrong one.
    """
    ids = [section.id for section in document.sections]
    if repeated := sorted({i for i in ids if ids.count(i) > 1}):
        raise ValueError(f"sections share an id: {', '.join(repeated)}")
    template = _environment().get_template("report.html")
    page: str = template.render(
        doc=document,
        style=_style(document.title),
        sections=_numbered(document.sections),
        table_of=_table_of,
    )
    return page


def inline_svg(figure: Figure, prefix: str, *, narrow: bool = False) -> str:
    """The SVG of a figure for use inside a page: scalable, labelled, with ids of its own.

    prefix  starts every id, so that two figures of a page never share a clip path
    """
    from markupsafe import escape

    svg = figure.svg(narrow=narrow)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", svg)
    svg = re.sub(r'(xlink:)?href="#([^"]+)"', rf'href="#{prefix}-\2"', svg)
    start, rest = svg.split(">", 1)
    sizes = [re.search(rf' {name}="[^"]+"', start) for name in ("width", "height", "viewBox")]
    kept = "".join(size[0] for size in sizes if size)
    return f'<svg role="img" aria-label="{escape(figure.alt or figure.title)}"{kept}>{rest}'


def _numbered(sections: Sequence[Section]) -> list[dict[str, Any]]:
    """Sections with their figures drawn and numbered through the document."""
    from markupsafe import Markup

    drawn, number = [], 0
    for section in sections:
        figures = []
        for figure in section.figures:
            number += 1
            wide = Markup(inline_svg(figure, f"f{number}w"))
            narrow = Markup(inline_svg(figure, f"f{number}n", narrow=True))
            figures.append({"figure": figure, "number": number, "wide": wide, "narrow": narrow})
        drawn.append({"section": section, "figures": figures})
    return drawn


def _table_of(figure: Figure) -> Table:
    """The table behind a figure, without the columns that are empty throughout."""
    kept = [i for i in range(len(figure.columns)) if any(row[i] for row in figure.rows)]
    rows = tuple(tuple(row[i] for i in kept) for row in figure.rows)
    columns = tuple(figure.columns[i] for i in kept)
    return Table(f"Table behind the figure: {figure.title}", columns, rows)


def _style(title: str) -> Any:
    from markupsafe import Markup

    css = (files("hansa.report") / "templates" / "style.css").read_text(encoding="utf-8")
    return Markup(_fonts() + css.replace("RUNNING_TITLE", _css_string(title)))


def _css_string(text: str) -> str:
    """A text as a CSS string that cannot end the string or the style element."""
    return '"' + "".join(c if c.isalnum() or c in " ,:;." else f"\\{ord(c):x} " for c in text) + '"'


@cache
def _fonts() -> str:
    faces = []
    for weight, name in _WEIGHTS:
        data = base64.b64encode((font_directory() / name).read_bytes()).decode("ascii")
        faces.append(
            f'@font-face{{font-family:"Source Sans Pro";font-weight:{weight};font-style:normal;'
            f'font-display:swap;src:url(data:font/otf;base64,{data}) format("opentype")}}\n'
        )
    return "".join(faces)


@cache
def _environment() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("hansa.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
