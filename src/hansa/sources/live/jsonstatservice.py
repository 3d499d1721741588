"""Any address that answers in JSON-stat: `jsonstat:https://HOST/PATH`, or a name and `--at`.

Without `--at` a name is one of Eurostat's statistics API, whose dialect is known: filters as
repeated parameters, periods from and to. Its data sets are described by their last period, so that
periods are not listed, and a code without any place in that period may not be. What another address
sends beyond what was asked for is left out here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import pyarrow as pa

from hansa.errors import HansaError, UsageError, listed
from hansa.sources.live.contract import (
    Dimension,
    Empty,
    Filters,
    Later,
    Observations,
    Outcome,
    Reply,
    Request,
    Structure,
    TooBig,
)
from hansa.sources.live.filters import within
from hansa.sources.live.jsonstat import read_json_stat, refusal
from hansa.sources.live.pages import json_of, refused
from hansa.sources.live.pxtables import answered
from hansa.sources.live.troubles import place_of, secretless

EUROSTAT = "https://ec.europa.eu/eurostat/api/dissemination/statistics/1.0/data"
_DIALECT = "/statistics/1.0/data"
_LAST = "lastTimePeriod"
_SINCE, _UNTIL = "sinceTimePeriod", "untilTimePeriod"
_EXAMPLE = "jsonstat:https://HOST/PATH/table.json, or jsonstat:nama_10_gdp of Eurostat"
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
"""How a whole address begins, whatever its scheme: none of it belongs below another host."""


@dataclass(frozen=True)
class JsonStat:
    """Addresses that answer in JSON-stat 2.0 (1.x is read too)."""

    id: str = "jsonstat"
    title: str = "Any JSON-stat address (by default Eurostat's statistics API)"
    home: str = EUROSTAT
    licence: str = "As the address says; Eurostat: reuse allowed with the source, © European Union"
    most: int = 0

    def describe(self, dataset: str, home: str) -> tuple[Request, ...]:
        """One request: the data set itself; at Eurostat only its last period."""
        url = address(dataset, home)
        if _is_eurostat(url):
            url = _with(url, [(_LAST, "1")])
        return (
            Request(url, "application/json", about=f"{secretless(dataset)}, what it is made of"),
        )

    def structure(self, dataset: str, replies: Sequence[Reply]) -> Structure:
        """Dimensions of the data set; periods are listed only where all of them were sent."""
        reply = replies[0]
        if reply.status != 200 or refusal(reply.body):
            raise refused(reply, f"The address of {dataset}")
        answered(reply, f"The address of {dataset}")
        # Codes and labels are all that is wanted here, not the cells.
        found = read_json_stat(reply.body, place_of(reply.request))
        inside = _categories(reply)
        partial = _LAST in dict(parse_qsl(urlsplit(reply.request.url).query))
        dimensions = tuple(
            Dimension(
                name,
                inside[_theirs(name)][0],
                {} if partial and name == found.time else inside[_theirs(name)][1],
                time=name == found.time,
                partial=partial,
            )
            for name in found.dimensions
        )
        return Structure(
            dataset,
            found.title,
            found.agency,
            updated=found.updated,
            dimensions=dimensions,
        )

    def ask(self, structure: Structure, filters: Filters, home: str) -> Request:
        """GET with `DIMENSION=CODE` for every code asked for; nothing added where none is."""
        url = address(structure.dataset, home)
        pairs: list[tuple[str, str]] = []
        for own in structure.dimensions:
            wanted = tuple(filters.get(own.id, ()))
            if own.time and wanted:
                pairs += _periods(own, wanted, structure, _is_eurostat(url))
            else:
                pairs += [(_theirs(own.id), code) for code in wanted]
        return Request(_with(url, pairs), "application/json", about=secretless(structure.dataset))

    def outcome(self, reply: Reply) -> Outcome:
        """Ready, empty, too big (413, with the limit where it is told), or in preparation."""
        status, said = refusal(reply.body) or (0, "")
        if "ASYNCHRONOUS" in said:
            return Later(reply.request, reply.request)
        if 413 in (reply.status, status) or "TOO_BIG" in said:
            most = re.search(r"max authori[sz]ed is (\d+)", said)
            return TooBig(int(most[1]) if most else 0, said)
        if status == 100 or "no results found" in said.lower():
            return Empty(said)
        if reply.status == 204:
            return Empty("no content")
        if reply.status != 200 or said:
            raise refused(reply, "The address")
        return answered(reply, "The address")

    def parse(self, reply: Reply, structure: Structure) -> Observations:
        """The numbers of the codes asked for, whatever else the address sent."""
        found = read_json_stat(reply.body, place_of(reply.request))
        names = tuple(own.id for own in structure.dimensions)
        if set(found.dimensions) != set(names):
            raise HansaError(
                "the data set has other dimensions than before",
                place=place_of(reply.request),
                printed=listed(found.dimensions, 20),
                admissible=listed(names, 20),
                fix="ask again with --refresh",
            )
        found = replace(
            found, dataset=structure.dataset, table=_asked_for(found, reply.request.url)
        )
        return found if found.title else replace(found, title=structure.title)


def address(dataset: str, home: str) -> str:
    """The complete address of a data set: itself where it is one, else below `home`.

    Raises UsageError for a name that cannot be part of an address.
    """
    name = dataset.strip()
    if name.startswith(("https://", "http://")):
        return name
    if _ADDRESS.match(name):
        raise UsageError(
            "only addresses of http and https are asked",
            printed=secretless(name),
            admissible=_EXAMPLE,
            fix="name such an address; files on this machine are read without fetching",
        )
    if not name.strip("/") or re.search(r"[\s\\#]", name) or ".." in name.split("/"):
        raise UsageError(
            "this is no JSON-stat data set",
            printed=dataset or "an empty name",
            admissible=_EXAMPLE,
            fix="name the whole address, or give its beginning with --at",
        )
    path, question, query = name.strip("/").partition("?")
    return f"{home.rstrip('/')}/{quote(path, safe='/%')}{question}{query}"


def own_home(dataset: str, home: str) -> str:
    """The base address that is asked for a data set: its own where its name is an address."""
    name = dataset.strip()
    if not name.startswith(("https://", "http://")):
        return home
    parts = urlsplit(name)
    return f"{parts.scheme}://{parts.netloc}"


def _is_eurostat(url: str) -> bool:
    return _DIALECT in urlsplit(url).path


def _with(url: str, pairs: Sequence[tuple[str, str]]) -> str:
    """An address with more parameters behind those it has."""
    if not pairs:
        return url
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode(pairs))))
    return urlunsplit(parts._replace(query=query))


def _periods(
    own: Dimension, wanted: tuple[str, ...], structure: Structure, eurostat: bool
) -> list[tuple[str, str]]:
    """Parameters for periods: single ones, or from and to where the address knows these words."""
    if ":" not in wanted[0]:
        return [(own.id, period) for period in wanted]
    start, _, end = wanted[0].partition(":")
    if eurostat:
        return [(key, value) for key, value in ((_SINCE, start), (_UNTIL, end)) if value]
    inside = [code for code in own.codes if within(code, wanted)]
    if not inside:
        raise UsageError(
            f"{structure.dataset} has no period {wanted[0]}",
            admissible=listed(own.codes, 12),
            fix=f"--filter {own.id}=FROM:TO",
        )
    return [(own.id, code) for code in inside]


def _asked_for(found: Observations, url: str) -> pa.Table:
    """Rows of the codes that the address was asked for."""
    import pyarrow.compute as pc

    told = {_theirs(name): name for name in found.dimensions}
    wanted: dict[str, list[str]] = {}
    for name, code in parse_qsl(urlsplit(url).query):
        if name in told:
            wanted.setdefault(told[name], []).append(code)
    table = found.table
    for name, codes in wanted.items():
        chosen = pc.is_in(table[name].cast(pa.string()), value_set=pa.array(codes, pa.string()))
        table = table.filter(chosen)
    return table


def _theirs(name: str) -> str:
    """A dimension as the address spells it: columns of our own names have it with a dash."""
    return name[:-1] if name in ("value_", "status_") else name


def _categories(reply: Reply) -> dict[str, tuple[str, dict[str, str]]]:
    """Label, and code -> label, of every dimension of a message that was read before."""
    data = json_of(reply, "The address")
    if data.get("class") == "collection":
        data = data["link"]["item"][0]
    data = data.get("dataset", data)
    found = {}
    for name, one in data["dimension"].items():
        category = one.get("category", {}) if isinstance(one, dict) else {}
        labels, index = category.get("label", {}), category.get("index")
        if isinstance(index, dict):
            index = sorted(index, key=index.__getitem__)
        codes = list(labels) if index is None else index
        found[name] = (
            str(one.get("label") or "") if isinstance(one, dict) else "",
            {code: str(labels.get(code, code)) for code in codes},
        )
    return found


SERVICE = JsonStat()
