"""Lists of the tables of offices that speak PxWeb, versions 1 and 2.

Version 1 lists all tables of a database under `?query=*&filter=*`, where an office has its search
switched on; Sweden and Iceland answer 400. Version 2 looks for words itself.
Sources: data.ssb.no/api/v0 (guide to the search), PxAPI-2.yml (PxTools/PxApiSpecs).
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlencode

from hansa.errors import HansaError
from hansa.sources.live.contract import Catalogue, DataSet, Reply
from hansa.sources.live.offices import VERSION_2, Office
from hansa.sources.live.pages import json_of, refused, said_by
from hansa.sources.live.pxtables import no_list, span_of
from hansa.sources.live.troubles import place_of

PAGE = 500
"""Tables asked for at a time, the best first."""


def every_table(office: Office, words: str, home: str) -> str:
    """The address of the list at version 1: all tables, whatever the words."""
    return f"{home}{_database(office, home)}?query=*&filter=*"


def _database(office: Office, home: str) -> str:
    """The database of an office whose address ends with the language: the search needs one."""
    ends = re.search(r"/v\d/[a-z]{2}$", home) is not None
    return f"/{quote(office.example.partition('/')[0])}" if ends else ""


def tables_of(office: Office, reply: Reply) -> Catalogue:
    """The tables in a list of version 1, each once, as they are named after the colon."""
    if reply.status in (400, 404):
        raise _no_search(office, reply)
    asked, own = reply.request.url.partition("?")[0], office.example.partition("/")[0]
    database = own if asked.endswith(f"/{quote(own)}") else ""
    entries: dict[str, DataSet] = {}
    for one in _rows(office, reply, None):
        path = str(one.get("path") or "").strip("/")
        inside = [database, path] if "/" in office.example else []
        name = "/".join(part for part in (*inside, str(one["id"])) if part)
        title = str(one.get("title") or one.get("text") or "")
        # A table that lies in several folders is listed as often.
        entries.setdefault(name, DataSet(name, title, str(one.get("published") or "")))
    return Catalogue(tuple(entries.values()))


def tables_with(office: Office, words: str, home: str) -> str:
    """The address of the list at version 2: tables with these words, as the office finds them."""
    asked = {"lang": "en", "query": words, "pageSize": str(PAGE)}
    return f"{home}/tables?{urlencode({k: v for k, v in asked.items() if v})}"


def found_tables(office: Office, reply: Reply) -> Catalogue:
    """The tables in a list of version 2, in the office's order."""
    rows = _rows(office, reply, "tables")
    entries = tuple(
        DataSet(
            str(one["id"]),
            str(one.get("label") or ""),
            str(one.get("updated") or ""),
            span_of(one.get("firstPeriod"), one.get("lastPeriod")),
        )
        for one in rows
    )
    page = json_of(reply, office.title).get("page")
    total = page.get("totalElements") if isinstance(page, dict) else None
    more = total if isinstance(total, int) and total > len(entries) else 0
    return Catalogue(entries, searched=True, of=more)


def _rows(office: Office, reply: Reply, inside: str | None) -> list[dict[str, Any]]:
    if reply.status != 200:
        raise refused(reply, office.title, office.pace())
    data = json_of(reply, office.title)
    rows = data.get(inside) if inside and isinstance(data, dict) else data
    if not isinstance(rows, list) or not all(isinstance(o, dict) and "id" in o for o in rows):
        raise no_list(reply, office.title)
    if inside is None and any("type" in one for one in rows):
        # The folders of the database: an office without a search overlooks the question.
        raise _no_search(office, reply)
    return rows


def _no_search(office: Office, reply: Reply) -> HansaError:
    other = f"{office.id}-v2"
    if any(one.id == other for one in VERSION_2):
        fix = f"search its other address: hansa sources {other} --search WORDS"
    else:
        folder = office.example.partition("/")[0]
        fix = f"go through its folders: hansa sources {office.id}:{folder}"
    return HansaError(
        f"{office.title} gives no list of its tables at this address",
        place=place_of(reply.request),
        printed=f"HTTP {reply.status}: {said_by(reply)}",
        admissible="an office whose search is switched on",
        fix=fix,
    )
