"""The StatBank API of Statistics Denmark: `statbank:FOLK1A`.

Its numbers come as JSON-stat 1: a `dataset` with `id`, `size` and `role` inside `dimension`. A
million cells go into an answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from hansa.errors import HansaError, UsageError
from hansa.sources.live.contract import (
    Catalogue,
    DataSet,
    Dimension,
    Filters,
    Observations,
    Outcome,
    Reply,
    Request,
    Structure,
    TooBig,
)
from hansa.sources.live.jsonstat import read_json_stat
from hansa.sources.live.pages import json_of, refused, said_by
from hansa.sources.live.pxtables import (
    MARKS,
    answered,
    chosen,
    finished,
    no_list,
    period_dimension,
    refuse_twice,
    span_of,
)
from hansa.sources.live.troubles import place_of

_NAME = re.compile(r"[A-Za-zÆØÅæøå0-9_]+(/[A-Za-zÆØÅæøå0-9_]+)?")
_EXAMPLE = "statbank:FOLK1A"


@dataclass(frozen=True)
class StatBank:
    """Tables of StatBank Denmark; `statbank:s30/KKBEF1` is one of another bank at this address."""

    id: str = "statbank"
    title: str = "Statistics Denmark (StatBank)"
    home: str = "https://api.statbank.dk/v1"
    licence: str = "Creative Commons Attribution 4.0 (CC BY 4.0). Source: Statistics Denmark"
    most: int = 1_000_000

    def describe(self, dataset: str, home: str) -> tuple[Request, ...]:
        """One request: the function `tableinfo`."""
        bank, table = _named(dataset)
        url = f"{home}{bank}/tableinfo/{quote(table)}?lang=en&format=JSON"
        return (Request(url, "application/json", about=f"{dataset}, what it is made of"),)

    def structure(self, dataset: str, replies: Sequence[Reply]) -> Structure:
        """Dimensions of a table, in the order of `tableinfo`."""
        reply = replies[0]
        if reply.status in (400, 404):
            raise _no_table(reply, dataset, self.title)
        if reply.status != 200:
            raise refused(reply, self.title)
        data = json_of(reply, self.title)
        variables = data.get("variables") if isinstance(data, dict) else None
        if not isinstance(variables, list) or not variables:
            raise _no_table(reply, dataset, self.title)
        dimensions = tuple(_variable(one, reply) for one in variables)
        refuse_twice((d.id for d in dimensions), "dimension", reply)
        return Structure(
            dataset,
            str(data.get("text") or ""),
            self.title,
            updated=str(data.get("updated") or ""),
            dimensions=dimensions,
        )

    def ask(self, structure: Structure, filters: Filters, home: str) -> Request:
        """POST to the function `data`; a dimension left out is summed over where it may be."""
        bank, table = _named(structure.dataset)
        variables = [
            {"code": own.id, "values": list(codes)} for own, codes in chosen(structure, filters)
        ]
        body = {"table": table, "format": "JSONSTAT", "lang": "en", "variables": variables}
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        return Request(
            f"{home}{bank}/data",
            "application/json",
            text.encode(),
            "application/json",
            structure.dataset,
        )

    def outcome(self, reply: Reply) -> Outcome:
        """Ready, or too big: the error REQUEST-LIMIT."""
        if reply.status == 200:
            return answered(reply, self.title)
        if reply.status == 413 or (reply.status == 400 and b"REQUEST-LIMIT" in reply.body):
            return TooBig(self.most, said_by(reply))
        raise refused(reply, self.title)

    def parse(self, reply: Reply, structure: Structure) -> Observations:
        """The numbers. The dimension `ContentsCode`, which the table does not list, goes to notes.

        It has one code, the unit of the table; with several it stays a dimension.
        """
        found = read_json_stat(reply.body, place_of(reply.request), MARKS)
        listed = {d.id for d in structure.dimensions}
        for name in [d for d in found.dimensions if d not in listed]:
            codes = found.table[name].unique().to_pylist()
            if len(codes) == 1:
                label = found.labels.get(name, {}).get(codes[0], codes[0])
                found = replace(
                    found,
                    table=found.table.drop_columns([name]),
                    dimensions=tuple(d for d in found.dimensions if d != name),
                    labels={k: v for k, v in found.labels.items() if k != name},
                    notes=(*found.notes, f"What is measured: {label}."),
                )
        return finished(found, structure)

    def catalogue(self, words: str, home: str) -> Request:
        """The function `tables`: all that are active."""
        return Request(
            f"{home}/tables?lang=en&format=JSON", "application/json", about="list of tables"
        )

    def listed(self, reply: Reply) -> Catalogue:
        """The tables in the list."""
        if reply.status != 200:
            raise refused(reply, self.title)
        found = json_of(reply, self.title)
        if not isinstance(found, list) or not all(isinstance(o, dict) and "id" in o for o in found):
            raise no_list(reply, self.title)
        return Catalogue(
            tuple(
                DataSet(
                    str(one["id"]),
                    str(one.get("text") or ""),
                    str(one.get("updated") or ""),
                    span_of(one.get("firstPeriod"), one.get("latestPeriod")),
                )
                for one in found
            )
        )


def _named(dataset: str) -> tuple[str, str]:
    """Path of the bank (empty for Denmark's own) and name of the table."""
    name = dataset.strip()
    if not _NAME.fullmatch(name):
        raise UsageError(
            "StatBank has no table of this name",
            printed=dataset or "an empty name",
            admissible=_EXAMPLE,
            fix="the name stands before the title of the table at statbank.dk",
        )
    bank, slash, table = name.rpartition("/")
    return (f"/{quote(bank)}" if slash else ""), table.upper()


def _no_table(reply: Reply, dataset: str, who: str) -> UsageError:
    return UsageError(
        f"{who} has no table {dataset!r}",
        place=place_of(reply.request),
        printed=f"HTTP {reply.status}: {said_by(reply)}",
        admissible=f"a table, such as {_EXAMPLE}",
        fix="the name stands before the title of the table at statbank.dk",
    )


def _variable(one: Any, reply: Reply) -> Dimension:
    found = one if isinstance(one, dict) else {}
    name, values = found.get("id"), found.get("values")
    if not isinstance(name, str) or not name or not isinstance(values, list) or not values:
        raise _no_dimension(reply, found)
    if not all(isinstance(value, dict) and "id" in value for value in values):
        raise _no_dimension(reply, found)
    refuse_twice((str(v["id"]) for v in values), f"code of {name}", reply)
    return period_dimension(
        Dimension(
            name,
            str(found.get("text") or ""),
            {str(v["id"]): str(v.get("text", v["id"])) for v in values},
            time=found.get("time") is True,
            eliminable=found.get("elimination") is True,
        )
    )


def _no_dimension(reply: Reply, found: dict[str, Any]) -> HansaError:
    return HansaError(
        "a dimension of the table cannot be read",
        place=place_of(reply.request),
        printed=json.dumps(found, ensure_ascii=False)[:160],
        admissible="id, and values with id and text",
        fix="ask again with --refresh; if it stays, the service has changed its answers",
    )


SERVICE = StatBank()
