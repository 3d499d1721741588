"""Template tags: addresses of assets, specifications of figures, words of cells."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django import template
from django.utils.safestring import SafeString, mark_safe

from hansa.language import LANGUAGES, _, ngettext, spoken
from hansa.report.document import Table, table_behind
from hansa.views.figure import Figure
from hansa.web.site.assets import mark

register = template.Library()

_HTML = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


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
    return mark_safe(text.translate(_HTML))


@register.filter
def behind(figure: Figure) -> Table:
    """The table behind a figure."""
    return table_behind(figure)


@register.filter
def cells(table: Table) -> list[list[tuple[str, bool]]]:
    """Rows of (text, whether it is set to the right as a number)."""
    return [list(zip(row, table.numeric, strict=True)) for row in table.rows]


@register.filter
def heads(table: Table) -> list[tuple[str, bool]]:
    """Heads with the same mark as `cells`."""
    return list(zip(table.columns, table.numeric, strict=True))


@register.simple_tag
def with_query(query: str, **more: Any) -> str:
    """The query of an address with further parameters, led by `?`."""
    added = urlencode({k: v for k, v in more.items() if v})
    joined = "&".join(part for part in (query, added) if part)
    return f"?{joined}" if joined else ""
