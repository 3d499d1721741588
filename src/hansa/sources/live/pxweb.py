"""The PxWeb API of the Nordic and Baltic offices, versions 1 and 2, a service an office.

Version 1 is asked at every office: as of 2026 none has left it. The three offices that also run
version 2 (Norway, Sweden, Latvia) have it as a service of its own, `ssb-v2` and so on, whose
tables have other names. Lithuania has no PxWeb: it speaks SDMX 2.1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hansa.errors import HansaError, UsageError, listed
from hansa.sources.live.contract import (
    Catalogue,
    Dimension,
    Filters,
    Observations,
    Outcome,
    Reply,
    Request,
    Service,
    Structure,
    TooBig,
)
from hansa.sources.live.jsonstat import read_json_stat
from hansa.sources.live.offices import VERSION_1, VERSION_2, Office
from hansa.sources.live.pages import json_of, refused, said_by
from hansa.sources.live.pxlists import every_table, found_tables, tables_of, tables_with
from hansa.sources.live.pxtables import (
    MARKS,
    WHOLE,
    answered,
    chosen,
    finished,
    period_dimension,
    refuse_twice,
)
from hansa.sources.live.troubles import place_of

MOST = 1_000_000
"""Cells asked for in one question where an office would give more: an answer stays readable."""


@dataclass(frozen=True)
class Dialect:
    """One version of the API: what is asked of an office, and what its answers mean.

    describe, structure, ask  as in `hansa.sources.live.contract.Service`, with the office first
    too_big    whether a reply refuses a question for its size
    catalogue  address of the list of tables; words are sent where the version searches for them
    listed     the list in a reply
    """

    describe: Callable[[Office, str, str], Request]
    structure: Callable[[Office, str, Reply], Structure]
    ask: Callable[[Office, Structure, Filters, str], Request]
    too_big: Callable[[Reply], bool]
    catalogue: Callable[[Office, str, str], str]
    listed: Callable[[Office, Reply], Catalogue]


@dataclass(frozen=True)
class PxWeb:
    """One office, spoken to in one version of the API."""

    office: Office
    dialect: Dialect

    @property
    def id(self) -> str:
        """Name before the colon."""
        return self.office.id

    @property
    def title(self) -> str:
        """The office, in words."""
        return self.office.title

    @property
    def home(self) -> str:
        """Base address: of version 1 through language and database."""
        return self.office.home

    @property
    def licence(self) -> str:
        """Licence and words of the source."""
        return self.office.licence

    @property
    def gap(self) -> float:
        """Seconds to leave between two questions."""
        return self.office.gap

    @property
    def most(self) -> int:
        """Cells asked for in one question."""
        return min(self.office.cells, MOST)

    def describe(self, dataset: str, home: str) -> tuple[Request, ...]:
        """One request: what the table is made of."""
        return (self.dialect.describe(self.office, dataset, home),)

    def structure(self, dataset: str, replies: Sequence[Reply]) -> Structure:
        """Dimensions of a table. Raises UsageError where the name is one of a folder."""
        return self.dialect.structure(self.office, dataset, replies[0])

    def ask(self, structure: Structure, filters: Filters, home: str) -> Request:
        """POST with the codes of each dimension, answered in JSON-stat 2.0."""
        return self.dialect.ask(self.office, structure, filters, home)

    def outcome(self, reply: Reply) -> Outcome:
        """Ready, empty, or too big as offices say it."""
        if self.dialect.too_big(reply):
            return TooBig(said=said_by(reply))
        if reply.status != 200:
            raise refused(reply, self.title, self.office.pace())
        return answered(reply, self.title)

    def parse(self, reply: Reply, structure: Structure) -> Observations:
        """The numbers, with the periods of the table and what the office summed over."""
        place = place_of(reply.request)
        return finished(read_json_stat(reply.body, place, MARKS), structure)

    def catalogue(self, words: str, home: str) -> Request:
        """The list of the office's tables; version 2 is asked for those with the words."""
        url = self.dialect.catalogue(self.office, words, home)
        return Request(url, "application/json", about="list of tables")

    def listed(self, reply: Reply) -> Catalogue:
        """The tables in the list; raises HansaError where an office gives none."""
        return self.dialect.listed(self.office, reply)


def _describe_1(office: Office, dataset: str, home: str) -> Request:
    return _asking(f"{home}/{table_path(dataset, office)}", dataset)


def _structure_1(office: Office, dataset: str, reply: Reply) -> Structure:
    data = _described(reply, office, dataset)
    variables = data.get("variables")
    if not isinstance(variables, list) or not variables:
        raise _no_table(reply, office, dataset)
    dimensions = tuple(_variable(one, reply, "code", "text") for one in variables)
    refuse_twice([d.id for d in dimensions], "dimension", reply)
    return Structure(dataset, str(data.get("title") or ""), office.title, dimensions=dimensions)


def _ask_1(office: Office, structure: Structure, filters: Filters, home: str) -> Request:
    query = [
        {
            "code": own.id,
            "selection": {"filter": "all" if codes == WHOLE else "item", "values": list(codes)},
        }
        for own, codes in chosen(structure, filters)
    ]
    return _posting(
        f"{home}/{table_path(structure.dataset, office)}",
        {"query": query, "response": {"format": "json-stat2"}},
        structure.dataset,
    )


def _too_big_1(reply: Reply) -> bool:
    """403 with JSON or a page, as offices differ; 413 at a gateway."""
    return reply.status in (403, 413)


def _describe_2(office: Office, dataset: str, home: str) -> Request:
    return _asking(f"{home}/tables/{table_path(dataset, office)}/metadata?lang=en", dataset)


def _structure_2(office: Office, dataset: str, reply: Reply) -> Structure:
    """Metadata is JSON-stat; only it says which dimensions may be left out, not the numbers."""
    data = _described(reply, office, dataset)
    ids, inside = data.get("id"), data.get("dimension")
    if not isinstance(ids, list) or not ids or not isinstance(inside, dict):
        raise _no_table(reply, office, dataset)
    times = (data.get("role") or {}).get("time") or []
    dimensions = tuple(_category(str(one), inside.get(one), times, reply) for one in ids)
    refuse_twice([d.id for d in dimensions], "dimension", reply)
    return Structure(
        dataset,
        str(data.get("label") or ""),
        str(data.get("source") or office.title),
        updated=str(data.get("updated") or ""),
        dimensions=dimensions,
    )


def _ask_2(office: Office, structure: Structure, filters: Filters, home: str) -> Request:
    """POST to the data of the table: a GET would end at about 2,100 letters."""
    selection = [
        {"variableCode": own.id, "valueCodes": list(codes)}
        for own, codes in chosen(structure, filters)
    ]
    path = table_path(structure.dataset, office)
    return _posting(
        f"{home}/tables/{path}/data?lang=en&outputFormat=json-stat2",
        {"selection": selection},
        structure.dataset,
    )


def _too_big_2(reply: Reply) -> bool:
    """400 with these words, 403 by the specification, 413 at a gateway."""
    many = "too many cells" in said_by(reply).lower()
    return reply.status in (403, 413) or (reply.status == 400 and many)


def table_path(dataset: str, office: Office) -> str:
    """The name of a table as a path, quoted. Raises UsageError for a name that is none."""
    name = dataset.strip().strip("/")
    parts = name.split("/")
    if not name or any(p.strip() in ("", ".", "..") for p in parts) or re.search(r"[?#\\]", name):
        raise UsageError(
            f"{office.title} has no table of this name",
            printed=dataset or "an empty name",
            admissible=f"{office.id}:{office.example}",
            fix="the name is what follows the database in the address of the table",
        )
    return "/".join(quote(part, safe="") for part in parts)


def _asking(url: str, dataset: str) -> Request:
    return Request(url, "application/json", about=f"{dataset}, what it is made of")


def _posting(url: str, body: dict[str, Any], dataset: str) -> Request:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Request(url, "application/json", text.encode(), "application/json", dataset)


def _described(reply: Reply, office: Office, dataset: str) -> dict[str, Any]:
    """The JSON object that describes a table; a folder is refused with what lies in it."""
    if reply.status in (400, 404):
        raise _no_table(reply, office, dataset)
    if reply.status != 200:
        raise refused(reply, office.title, office.pace())
    data = json_of(reply, office.title)
    if isinstance(data, list):
        inside = [str(one.get("id", one.get("dbid", ""))) for one in data if isinstance(one, dict)]
        raise UsageError(
            f"{office.id}:{dataset} is a folder, not a table",
            place=place_of(reply.request),
            printed=f"it holds {listed(inside, 20)}",
            admissible=f"a table, such as {office.id}:{office.example}",
            fix=f"go on in one of them: {office.id}:{dataset}/{inside[0] if inside else '…'}",
        )
    if not isinstance(data, dict):
        raise _no_table(reply, office, dataset)
    return data


def _no_table(reply: Reply, office: Office, dataset: str) -> UsageError:
    return UsageError(
        f"{office.title} has no table {dataset!r}",
        place=place_of(reply.request),
        printed=f"HTTP {reply.status}: {said_by(reply)}",
        admissible=f"a table, such as {office.id}:{office.example}",
        fix="the name is what follows the database in the address of the table",
    )


def _variable(one: Any, reply: Reply, code: str, text: str) -> Dimension:
    """A dimension of version 1: codes and their texts stand in two lists of one length."""
    found = one if isinstance(one, dict) else {}
    name, codes, labels = found.get(code), found.get("values"), found.get("valueTexts")
    labels = codes if labels is None else labels
    if not isinstance(name, str) or not isinstance(codes, list) or not isinstance(labels, list):
        raise _no_dimension(reply, found)
    if not name or len(codes) != len(labels):
        raise _no_dimension(reply, found)
    texts = [str(value) for value in codes]
    refuse_twice(texts, f"code of {name}", reply)
    return period_dimension(
        Dimension(
            name,
            str(found.get(text) or ""),
            dict(zip(texts, (str(label) for label in labels), strict=True)),
            time=found.get("time") is True,
            eliminable=found.get("elimination") is True,
        )
    )


def _category(name: str, one: Any, times: Sequence[str], reply: Reply) -> Dimension:
    """A dimension of version 2, from JSON-stat: codes in the order of their index."""
    found = one if isinstance(one, dict) else {}
    category = found.get("category")
    index = category.get("index") if isinstance(category, dict) else None
    if isinstance(index, dict):
        try:
            index = sorted(index, key=index.__getitem__)
        except TypeError as problem:
            raise _no_dimension(reply, {name: index}) from problem
    if not isinstance(category, dict) or not isinstance(index, list) or not index:
        raise _no_dimension(reply, {name: one})
    labels = category.get("label") or {}
    texts = [str(code) for code in index]
    refuse_twice(texts, f"code of {name}", reply)
    return period_dimension(
        Dimension(
            name,
            str(found.get("label") or ""),
            {code: str(labels.get(code, code)) for code in texts},
            time=name in times,
            eliminable=(found.get("extension") or {}).get("elimination") is True,
        )
    )


def _no_dimension(reply: Reply, found: Any) -> HansaError:
    return HansaError(
        "a dimension of the table cannot be read",
        place=place_of(reply.request),
        printed=json.dumps(found, ensure_ascii=False)[:160],
        admissible="a name, codes, and a text for each code",
        fix="ask again with --refresh; if it stays, the service has changed its answers",
    )


VERSION_ONE = Dialect(_describe_1, _structure_1, _ask_1, _too_big_1, every_table, tables_of)
"""A table has an address: GET describes it, POST gives numbers."""

VERSION_TWO = Dialect(_describe_2, _structure_2, _ask_2, _too_big_2, tables_with, found_tables)
"""Tables have ids; metadata is JSON-stat as the numbers are."""

SERVICES: tuple[Service, ...] = (
    *(PxWeb(office, VERSION_ONE) for office in VERSION_1),
    *(PxWeb(office, VERSION_TWO) for office in VERSION_2),
)
