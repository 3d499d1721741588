"""The PxWeb API of the Nordic and Baltic offices, versions 1 and 2, a service an office.

Version 1 is asked at every office: as of 2026 none has left it. The three offices that also run
version 2 (Norway, Sweden, Latvia) have it as a service of its own, `ssb-v2` and so on, whose
tables have other names. Lithuania has no PxWeb: it speaks SDMX 2.1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hansa.errors import HansaError, UsageError, listed
from hansa.sources.live.contract import (
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
class PxWeb1:
    """One office by version 1: a table has an address, GET describes it, POST gives numbers."""

    office: Office

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
        """Address through language and database."""
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
        """One request: the address of the table."""
        return (_asking(f"{home}/{table_path(dataset, self.office)}", dataset),)

    def structure(self, dataset: str, replies: Sequence[Reply]) -> Structure:
        """Dimensions of a table. Raises UsageError where the name is one of a folder."""
        data = _described(replies[0], self.office, dataset)
        variables = data.get("variables")
        if not isinstance(variables, list) or not variables:
            raise _no_table(replies[0], self.office, dataset)
        dimensions = tuple(_variable(one, replies[0], "code", "text") for one in variables)
        refuse_twice([d.id for d in dimensions], "dimension", replies[0])
        return Structure(dataset, str(data.get("title") or ""), self.title, dimensions=dimensions)

    def ask(self, structure: Structure, filters: Filters, home: str) -> Request:
        """POST to the address of the table, answered in JSON-stat 2.0."""
        query = [
            {
                "code": own.id,
                "selection": {"filter": "all" if codes == WHOLE else "item", "values": list(codes)},
            }
            for own, codes in chosen(structure, filters)
        ]
        return _posting(
            f"{home}/{table_path(structure.dataset, self.office)}",
            {"query": query, "response": {"format": "json-stat2"}},
            structure.dataset,
        )

    def outcome(self, reply: Reply) -> Outcome:
        """Ready, or too big: 403 with JSON or a page, as offices differ; 413 at a gateway."""
        if reply.status in (403, 413):
            return TooBig(said=said_by(reply))
        return _outcome(reply, self.office)

    def parse(self, reply: Reply, structure: Structure) -> Observations:
        """The numbers, with the periods of the table and what the office summed over."""
        place = place_of(reply.request)
        return finished(read_json_stat(reply.body, place, MARKS), structure)


@dataclass(frozen=True)
class PxWeb2:
    """One office by version 2: tables have ids, metadata is JSON-stat as the numbers are."""

    office: Office

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
        """Address of the API."""
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
        """One request: the metadata of the table."""
        path = table_path(dataset, self.office)
        return (_asking(f"{home}/tables/{path}/metadata?lang=en", dataset),)

    def structure(self, dataset: str, replies: Sequence[Reply]) -> Structure:
        """Dimensions of a table; only its metadata says which may be left out, not its numbers."""
        reply = replies[0]
        data = _described(reply, self.office, dataset)
        ids, inside = data.get("id"), data.get("dimension")
        if not isinstance(ids, list) or not ids or not isinstance(inside, dict):
            raise _no_table(reply, self.office, dataset)
        times = (data.get("role") or {}).get("time") or []
        dimensions = tuple(_category(str(one), inside.get(one), times, reply) for one in ids)
        refuse_twice([d.id for d in dimensions], "dimension", reply)
        return Structure(
            dataset,
            str(data.get("label") or ""),
            str(data.get("source") or self.title),
            updated=str(data.get("updated") or ""),
            dimensions=dimensions,
        )

    def ask(self, structure: Structure, filters: Filters, home: str) -> Request:
        """POST to the data of the table: a GET would end at about 2,100 letters."""
        selection = [
            {"variableCode": own.id, "valueCodes": list(codes)}
            for own, codes in chosen(structure, filters)
        ]
        path = table_path(structure.dataset, self.office)
        return _posting(
            f"{home}/tables/{path}/data?lang=en&outputFormat=json-stat2",
            {"selection": selection},
            structure.dataset,
        )

    def outcome(self, reply: Reply) -> Outcome:
        """Ready, or too big: 400 with these words, 403 by the specification, 413 at a gateway."""
        said = said_by(reply)
        if reply.status in (403, 413) or (reply.status == 400 and "too many cells" in said.lower()):
            return TooBig(said=said)
        return _outcome(reply, self.office)

    def parse(self, reply: Reply, structure: Structure) -> Observations:
        """The numbers, with the periods of the table and what the office summed over."""
        place = place_of(reply.request)
        return finished(read_json_stat(reply.body, place, MARKS), structure)


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


def _outcome(reply: Reply, office: Office) -> Outcome:
    if reply.status != 200:
        raise refused(reply, office.title, office.pace())
    return answered(reply, office.title)


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


SERVICES: tuple[Service, ...] = (
    *(PxWeb1(office) for office in VERSION_1),
    *(PxWeb2(office) for office in VERSION_2),
)
