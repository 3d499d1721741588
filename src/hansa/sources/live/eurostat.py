"""Eurostat by its SDMX 2.1 interface: structure and constraint first, then SDMX-CSV by key.

Of Eurostat's interfaces this one is asked because its key names every dimension by position: a
structure that has changed is refused (fault 140) and never answered in part; its addresses are
the shortest, which counts for lists of regions; and one pair of small messages says which codes
and periods are in use. Extractions too long to wait for are queued, as in its 3.0 interface.

Sources: "API - Detailed guidelines" and "API - FAQ" on wikis.ec.europa.eu (limits: 5,000,000
cells in one extraction, prepared in the background above 500,000, or when the service is busy).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hansa.errors import HansaError, UsageError
from hansa.sources.live.catalogues import flows_in
from hansa.sources.live.contract import (
    Catalogue,
    Empty,
    Filters,
    Later,
    Observations,
    Outcome,
    Ready,
    Reply,
    Request,
    Structure,
    TooBig,
)
from hansa.sources.live.sdmx import (
    described,
    head_of,
    kind_of,
    outcome_of,
    parsed,
    refuse,
    spanned,
    unpacked,
)
from hansa.sources.live.sdmx_keys import address, key
from hansa.sources.live.sdmxml import fault, footer
from hansa.sources.live.structures import read_structure
from hansa.sources.live.troubles import place_of
from hansa.sources.live.xmlevents import FooterMessage

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_$.-]*")
MOST = 5_000_000
SECONDS = 5.0
"""Between two questions whether an extraction is ready."""

_JOB = re.compile(rb"<(?:\w+:)?queued>.*?<(?:\w+:)?id>\s*([\w-]+)\s*</", re.S)
_STATES = re.compile(rb"(?:<(?:\w+:)?status>|\"status\"\s*:\s*\")\s*([A-Z_]+)\s*[<\"]")
_WAITING = ("SUBMITTED", "PROCESSING", "PENDING", "QUEUED", "RUNNING")
_AUTHORISED = re.compile(r"max authorised is ([0-9]+)")
_STATUS, _DATA, _OLD = "/1.0/async/status/", "/1.0/async/data/", "/diss-web/file/"
_LISTS = "search Eurostat's data browser; the name is the online data code, as in nama_10r_2gdp"


@dataclass(frozen=True)
class Eurostat:
    """Eurostat's data sets by their online data codes, in any case: `sbs_r_nuts06_r2`."""

    id: str = "eurostat"
    title: str = "Eurostat"
    home: str = "https://ec.europa.eu/eurostat/api/dissemination"
    licence: str = (
        "Reuse is free with the source named (Commission Decision 2011/833/EU, CC BY 4.0). "
        "Source: Eurostat"
    )
    most: int = MOST

    def describe(self, dataset: str, home: str) -> tuple[Request, Request]:
        """Two requests: the structure with labels, and the codes and periods in use."""
        name = self._code(dataset)
        base = f"{_base(name, home)}/sdmx/2.1"
        query = {"references": "descendants", "detail": "referencepartial"}
        return (
            Request(
                address(f"{base}/dataflow/ESTAT/{name}/1.0", query), about=f"structure of {dataset}"
            ),
            Request(f"{base}/contentconstraint/ESTAT/{name}/1.0", about=f"codes of {dataset}"),
        )

    def _code(self, dataset: str) -> str:
        name = dataset.strip()
        if not NAME.fullmatch(name):
            raise UsageError(
                "this cannot be a data set of Eurostat",
                printed=dataset,
                admissible="letters, digits and _ $ . -, as in nama_10r_2gdp",
                fix=_LISTS,
            )
        return name.upper()

    def structure(self, dataset: str, replies: Sequence[Reply]) -> Structure:
        """Dimensions in the order of the key, each with the codes that are in use and labels."""
        name = self._code(dataset)
        bodies = [described(reply, self.title, dataset, _LISTS) for reply in replies]
        found = read_structure(bodies, name, place_of(replies[0].request))
        return replace(found, dataset=name.lower(), agency="ESTAT")

    def ask(self, structure: Structure, filters: Filters, home: str) -> Request:
        """The request for these codes: the key by position, the periods by their first and last."""
        name = self._code(structure.dataset)
        url = address(
            f"{_base(name, home)}/sdmx/2.1/data/{name}/{key(structure, filters)}",
            {"format": "SDMX-CSV", **spanned(structure, filters), "compressed": "true"},
        )
        return Request(url, about=structure.dataset)

    def outcome(self, reply: Reply) -> Outcome:
        """What a reply to a question, or to the question whether it is ready, means."""
        first = head_of(reply)
        if _STATUS in reply.request.url:
            return _state(reply, self.title)
        if _OLD in reply.request.url and reply.status == 404:
            return Later(reply.request, reply.request, SECONDS)
        if kind_of(first.body) != "xml":
            return outcome_of(reply, self.title)
        if job := _JOB.search(first.body):
            return _later(reply.request, job[1].decode())
        whole = unpacked(reply)
        if told := fault(whole.body):
            return self._refused(reply, *told)
        if messages := footer(whole.body):
            return _in_a_file(reply, messages, self.title)
        return outcome_of(reply, self.title)

    def _refused(self, reply: Reply, code: str, words: str) -> Outcome:
        said = f"{code}: {words}"
        if code == "413":
            most = _AUTHORISED.search(words)
            return TooBig(int(most[1]) if most else 0, said)
        if code == "100" and reply.status != 404 and "NOT_FOUND" not in words:
            return Empty(said)
        if code == "150" and _only_periods(words):
            # Periods outside of what there is: nothing to fetch, nothing wrong with the question.
            return Empty(said)
        fixes = {"100": _LISTS}
        again = "the data set has changed since it was described: ask again with --refresh"
        raise refuse(reply, self.title, said, fixes.get(code, again))

    def parse(self, reply: Reply, structure: Structure) -> Observations:
        """The numbers in a reply, the date of the edition as ISO 8601 writes it."""
        found = parsed(reply, structure)
        return replace(found, updated=_edition(found.updated))

    def catalogue(self, words: str, home: str) -> Request:
        """The list of all data sets by name; trade in goods and PRODCOM (`DS-…`) are not in it."""
        url = address(f"{home}/sdmx/2.1/dataflow/ESTAT/all/latest", {"detail": "allstubs"})
        return Request(url, about="list of data sets")

    def listed(self, reply: Reply) -> Catalogue:
        """The data sets in the list, by their online data codes."""
        return flows_in(reply, self.title, lambda flow: flow.id.lower())


def _edition(said: str) -> str:
    """`15/09/26 23:00:00` as `2026-09-15T23:00:00`; any other words as they are."""
    day = re.fullmatch(r"(\d\d)/(\d\d)/(\d\d) (\d\d:\d\d:\d\d)", said)
    return f"20{day[3]}-{day[2]}-{day[1]}T{day[4]}" if day else said


def _only_periods(words: str) -> bool:
    """True where the periods are all that the service finds wrong with a question."""
    named = {name.upper() for name in re.findall(r"(\w+)=", words)}
    return named <= {"TIME_PERIOD"} if named else "PERIOD" in words.upper()


def _base(name: str, home: str) -> str:
    """The address of a data set: trade in goods and PRODCOM (`DS-…`) have one of their own."""
    own = "/api/dissemination"
    if name.startswith("DS-") and home.endswith(own) and "/comext" not in home:
        return home.removesuffix(own) + "/api/comext/dissemination"
    return home


def _later(request: Request, job: str) -> Later:
    """Where a queued extraction is asked after, beside the address that it was asked at."""
    base = request.url.partition("/sdmx/")[0]
    about = f"{request.about}, prepared by the service"
    status = Request(f"{base}{_STATUS}{job}", about=about)
    return Later(status, Request(f"{base}{_DATA}{job}", about=about), SECONDS)


def _state(reply: Reply, who: str) -> Outcome:
    """How far a queued extraction is."""
    states = _STATES.findall(head_of(reply).body)
    state = states[-1].decode() if states else ""
    if state == "AVAILABLE":
        return Ready()
    if state in _WAITING:
        data = Request(reply.request.url.replace(_STATUS, _DATA), about=reply.request.about)
        return Later(reply.request, data, SECONDS)
    if not state:
        outcome_of(reply, who)
    raise HansaError(
        f"{who} does not prepare the answer any more",
        place=place_of(reply.request),
        printed=state or "no state",
        admissible="AVAILABLE, after SUBMITTED and PROCESSING",
        fix="ask again: the extraction expired, or the data set was updated meanwhile",
    )


def _in_a_file(reply: Reply, told: Sequence[FooterMessage], who: str) -> Outcome:
    """The older way: a message whose footer names the file the answer is written to."""
    found = next((message.address for message in told if message.address), "")
    if not found:
        return outcome_of(reply, who)
    # The footer says http where the service has gone over to https.
    scheme = reply.request.url.partition(":")[0]
    url = f"{scheme}:{found.partition(':')[2]}"
    file = Request(url, about=reply.request.about)
    return Later(file, file, SECONDS)


SERVICE = Eurostat()
