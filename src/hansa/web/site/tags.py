"""Template tags: addresses of assets, specifications of figures, words of cells."""

from __future__ import annotations

import json
from html import escape
from typing import Any
from urllib.parse import urlencode

from django import template
from django.utils.safestring import SafeString, mark_safe

from hansa.language import LANGUAGES, _, ngettext, spoken
from hansa.report.document import Table, table_behind
from hansa.views.figure import Figure
from hansa.web.site.assets import mark
from hansa.web.site.ways import in_the_browser

register = template.Library()

_HTML = ((">", "\\u003E"), ("<", "\\u003C"), ("&", "\\u0026"))


@register.simple_tag
def asset_url(name: str) -> str:
    """Address of an asset; it changes with the file, so that a browser may keep it."""
    return f"/assets/{mark(name)}/{name}"


@register.simple_tag
def say(text: str, **values: Any) -> str:
    """A text of ours in the language of the page."""
    return _(text, **values)


@register.simple_tag
def say_n(one: str, several: str, number: int, **values: Any) -> str:
    """The form of a text of ours that its number asks for."""
    return ngettext(one, several, number, **values)


@register.simple_tag
def language() -> str:
    """Code of the language of the page."""
    return spoken()


@register.simple_tag(takes_context=True)
def languages(context: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The other languages: code, own name, address of this page in them."""
    request = context["request"]
    found = []
    for code, name in LANGUAGES.items():
        if code != spoken():
            query = request.GET.copy()
            query["lang"] = code
            found.append((code, name, f"{request.path}?{query.urlencode(safe=',*:')}"))
    return found


@register.simple_tag
def spec_json(figure: Figure) -> SafeString:
    """Both specifications of a figure, safe inside a script element of type application/json."""
    text = json.dumps({"wide": figure.spec, "narrow": figure.narrow}, ensure_ascii=False)
    # `translate` takes ten times as long where letters are not all of ASCII.
    for sign, written in _HTML:
        text = text.replace(sign, written)
    return mark_safe(text)


@register.filter
def behind(figure: Figure) -> Table:
    """The table behind a figure."""
    return table_behind(figure)


@register.simple_tag(takes_context=True)
def way_out(context: dict[str, Any], fix: str) -> str:
    """A way out of a finding; on the page of a dropped table through its fields."""
    return in_the_browser(fix) if context.get("seen") else fix


@register.filter
def heads(table: Table) -> list[tuple[str, bool]]:
    """Heads, each with whether its column is set to the right as numbers."""
    return list(zip(table.columns, table.numeric, strict=True))


@register.simple_tag(takes_context=True)
def leading(context: dict[str, Any], table: Table) -> frozenset[str]:
    """The proposals whose rows in a table lead to the reason of theirs; none on other pages."""
    more = getattr(context.get("sheet"), "more", {})
    theirs = len(table.columns) > 1 and table.columns[1] == more.get("column")
    return frozenset(more.get("proposals", ())) if theirs else frozenset()


@register.simple_tag(takes_context=True)
def table_rows(context: dict[str, Any], table: Table, leading: frozenset[str]) -> SafeString:
    """The rows of a table: its first cells head them, numbers stand to the right.

    The id of a proposal among `leading` is a link, its numbers by a click as well. Written here,
    not in the template: tables have thousands of cells.
    """
    kinds = [' class="number"' if number else "" for number in table.numeric]
    rows = []
    for row in table.rows:
        cells = [escape(text) for text in row]
        if leading and row[1] in leading:
            to = f"{_here(context)}{with_query(context['sheet'].more['query'], proposal=row[1])}"
            cells = [_led(cell, i, table, escape(to)) for i, cell in enumerate(cells)]
        rest = "".join(f"<td{k}>{c}</td>" for k, c in zip(kinds[1:], cells[1:], strict=True))
        rows.append(f'<tr><th scope="row"{kinds[0]}>{cells[0]}</th>{rest}</tr>')
    return mark_safe("".join(rows))


def _here(context: dict[str, Any]) -> str:
    return f"/{context['study'].id}/{context['page'].id}"


def _led(cell: str, place: int, table: Table, to: str) -> str:
    if not cell or not (place == 1 or table.numeric[place]):
        return cell
    mouse = "" if place == 1 else ' class="leads" tabindex="-1"'
    return f'<a{mouse} href="{to}#proposal">{cell}</a>'


@register.simple_tag
def with_query(query: str, **more: Any) -> str:
    """The query of an address with further parameters, led by `?`."""
    added = urlencode({k: v for k, v in more.items() if v})
    joined = "&".join(part for part in (query, added) if part)
    return f"?{joined}" if joined else ""
