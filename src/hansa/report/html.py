"""A report as one HTML file that needs nothing else: no script, no request, no other file.

The same document gives the same bytes. Figures are inline SVG, each drawn for a page and for a
telephone; the font is part of the file.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from hansa.language import _, spoken
from hansa.report.document import (
    Document,
    Pictures,
    Section,
    joint_of_bounds,
    table_behind,
)
from hansa.views.figure import Figure
from hansa.views.lettering import font_directory

_WEIGHTS = ((400, "SourceSansPro-Regular.otf"), (600, "SourceSansPro-Semibold.otf"))


def render_html(document: Document, pictures: Pictures | None = None) -> str:
    """The document as one self-contained HTML page; `pictures` holds what is already drawn.

    Raises ValueError when two sections share an id: links would lead to the wrong one.
    """
    ids = [section.id for section in document.sections]
    if repeated := sorted({i for i in ids if ids.count(i) > 1}):
        raise ValueError(f"sections share an id: {', '.join(repeated)}")
    template = _environment().get_template("report.html")
    page: str = template.render(
        doc=document,
        style=_style(document.title),
        sections=_numbered(document.sections, pictures or Pictures()),
        table_of=table_behind,
        words=words_of_pages(),
    )
    return page


def words_of_pages() -> dict[str, str]:
    """What the templates say around the texts of a document, in the language spoken."""
    return {
        "lang": "en-GB" if spoken() == "en" else spoken(),
        "contents": _("Contents"),
        "figure": _("Figure {number}"),
        "how_sure": _("How sure are we?"),
        "in_python": _("In Python"),
        "in_short": _("In short"),
        "made_by_check": _(
            "Made with Hansa (hansa check). A finding says what does not agree; what is true, the "
            "source has to say."
        ),
        "method": _("How the numbers are made"),
        "model_data": _("Model data"),
        "on_command_line": _("On the command line"),
        "table_behind": _("Table behind figure {number}"),
        "to": joint_of_bounds(),
        "to_answers": _("To the answers"),
        "to_findings": _("To the findings"),
    }


def inline_svg(
    figure: Figure, prefix: str, *, narrow: bool = False, pictures: Pictures | None = None
) -> str:
    """The SVG of a figure for use inside a page: scalable, labelled, with ids of its own.

    prefix  starts every id, so that two figures of a page never share a clip path
    """
    from markupsafe import escape

    svg = (pictures or Pictures()).svg(figure, narrow=narrow)
    for name in (' id="', "url(#", 'href="#'):
        svg = svg.replace(name, f"{name}{prefix}-")
    start, rest = svg.split(">", 1)
    sizes = [re.search(rf' {name}="[^"]+"', start) for name in ("width", "height", "viewBox")]
    kept = "".join(size[0] for size in sizes if size)
    return f'<svg role="img" aria-label="{escape(figure.alt or figure.title)}"{kept}>{rest}'


def _numbered(sections: Sequence[Section], pictures: Pictures) -> list[dict[str, Any]]:
    """Sections with their figures drawn and numbered through the document."""
    from markupsafe import Markup

    drawn, number = [], 0
    for section in sections:
        figures = []
        for figure in section.figures:
            number += 1
            wide = Markup(inline_svg(figure, f"f{number}w", pictures=pictures))
            narrow = Markup(inline_svg(figure, f"f{number}n", narrow=True, pictures=pictures))
            figures.append({"figure": figure, "number": number, "wide": wide, "narrow": narrow})
        drawn.append({"section": section, "figures": figures})
    return drawn


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
