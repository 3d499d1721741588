"""SDMX by REST, versions 2.1 and 3.0, at any address; offices that speak it have a name.

Source: SDMX REST 1.5 and 2.1 (sdmx-twg/sdmx-rest); for Lithuania osp.stat.gov.lt/rdb-rest.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from hansa.errors import HansaError, UsageError, listed
from hansa.sources.live.catalogues import flows_in
from hansa.sources.live.contract import (
    Catalogue,
    Empty,
    Filters,
    Observations,
    Outcome,
    Ready,
    Reply,
    Request,
    Structure,
    TooBig,
)
from hansa.sources.live.jsonstat import refusal
from hansa.sources.live.pages import refused
from hansa.sources.live.sdmx_keys import (
    LONGEST,
    Flow,
    address,
    conditions,
    flow_of,
    key,
    periods,
)
from hansa.sources.live.sdmxcsv import read_csv_message
from hansa.sources.live.sdmxjson import read_json_message
from hansa.sources.live.sdmxml import fault, read_xml_message
from hansa.sources.live.structures import read_structure
from hansa.sources.live.troubles import place_of

STRUCTURE = "application/vnd.sdmx.structure+xml;version=2.1"
DATA = (
    "application/vnd.sdmx.data+csv;version=1.0.0, "
    "application/vnd.sdmx.structurespecificdata+xml;version=2.1;q=0.8, "
    "application/vnd.sdmx.genericdata+xml;version=2.1;q=0.7"
)
DATA_3 = "application/vnd.sdmx.data+csv;version=2.0.0"
NOTHING = re.compile(
    r"no\s*(results?|records?|data|observations?)\b|No(Results|Records)Found", re.I
)
"""Words of a service that has no data for a question."""
UNKNOWN = re.compile(r"could not find|not available|does not exist|unknown", re.I)
NO_RESULTS, TOO_LARGE = "100", ("130", "413", "510")
HEAD = 4096

Kind = Literal["empty", "page", "xml", "json", "text"]


def unpacked(reply: Reply) -> Reply:
    """The reply with its body readable: some services send files of gzip without saying so.

    Raises HansaError for a file that breaks off or is broken.
    """
    if not reply.body.startswith(b"\x1f\x8b"):
        return reply
    import gzip

    try:
        return replace(reply, body=gzip.decompress(reply.body))
    except (EOFError, OSError, zlib.error) as error:
        raise HansaError(
            "the packed answer is broken or cut",
            place=place_of(reply.request),
            printed=str(error)[:160],
            admissible="a whole file of gzip",
            fix="ask again with --refresh",
        ) from error


def head_of(reply: Reply) -> Reply:
    """The reply with the first bytes of its body, unpacked: enough to tell what it is.

    A broken file is told by `unpacked`, which reads all of it.
    """
    body = reply.body
    if body.startswith(b"\x1f\x8b"):
        try:
            body = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(body, HEAD)
        except zlib.error:
            body = b""
    return replace(reply, body=body[:HEAD])


def kind_of(body: bytes) -> Kind:
    """What a body is, told from its first letters, whatever its status and type say."""
    start = body[:HEAD].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not start:
        return "empty"
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")) or (
        start.startswith(b"<") and b"<html" in start[:1000]
    ):
        return "page"
    if start.startswith(b"<"):
        return "xml"
    return "json" if start.startswith((b"{", b"[")) else "text"


def too_long(reply: Reply) -> TooBig | None:
    """A gateway's refusal of a long address: the question is then asked in halves."""
    kind = kind_of(reply.body)
    # Some gateways refuse under status 200, with a page.
    refusing = kind == "page" or (kind != "xml" and reply.status in (400, 403, 404))
    if reply.status == 414 or (refusing and len(reply.request.url) > LONGEST):
        return TooBig(said=f"an address of {len(reply.request.url):,} characters is refused")
    return None


def no_data(reply: Reply, who: str) -> HansaError:
    """The error for a reply of status 200 that is none of the messages asked for."""
    said = refused(reply, who).finding.printed
    what = {"empty": "nothing", "page": "a page"}.get(kind_of(reply.body), "something else")
    return HansaError(
        f"{who} answers with {what} in place of data",
        place=place_of(reply.request),
        printed=said or "an empty answer",
        admissible="a message of SDMX",
        fix="ask again later; if it stays, give another address with --at",
    )


def refuse(reply: Reply, who: str, words: str, fix: str) -> HansaError:
    """The error for a refusal in the service's own words."""
    return HansaError(
        f"{who} refuses the question",
        place=place_of(reply.request),
        printed=words,
        fix=fix,
    )


def outcome_of(reply: Reply, who: str, pace: str = "") -> Outcome:
    """What a reply of an SDMX service means, told from its body first.

    pace  how often the service may be asked, in words, for the message
    """
    first = head_of(reply)
    if long := too_long(first):
        return long
    kind = kind_of(first.body)
    told = fault(unpacked(reply).body) if kind == "xml" else None
    if kind == "json" and (said := refusal(first.body)):
        told = (str(said[0]), said[1])
    if told:
        return _of_fault(reply, told, who)
    words = "" if kind == "page" else first.body.decode("utf-8", "replace").strip()
    if reply.status in (413, 510):
        return TooBig(said=words[:200])
    # A service says in words that a question has no answer, or that it does not know the data set.
    saying = len(words) < 300 and "OBS_VALUE" not in words
    if saying and NOTHING.search(words) and not UNKNOWN.search(words):
        return Empty(words)
    if reply.status == 204:
        return Empty("no content")
    if reply.status != 200:
        raise refused(first, who, pace)
    if kind in ("empty", "page") or (kind == "text" and "OBS_VALUE" not in words):
        raise no_data(first, who)
    if kind == "text" and not re.search(r"[\r\n]", words) and len(first.body) < HEAD:
        return Empty("a header without rows")
    return Ready()


def _of_fault(reply: Reply, told: tuple[str, str], who: str) -> Outcome:
    code, words = told
    said = f"{code}: {words}" if code else words
    if code in TOO_LARGE:
        return TooBig(said=said)
    if code == NO_RESULTS and not UNKNOWN.search(words):
        return Empty(said)
    raise refuse(reply, who, said, "correct the question, or fetch the structure with --refresh")


def parsed(reply: Reply, structure: Structure) -> Observations:
    """The numbers of a message of any SDMX format, with what the structure knows besides.

    Raises HansaError for a message that cannot be read, and for one whose dimensions are not
    those of the structure: the service has changed it since.
    """
    place = place_of(reply.request)
    body = unpacked(reply).body
    kind = kind_of(body)
    if kind == "xml":
        found = read_xml_message(body, structure, place)
    elif kind == "json":
        found = read_json_message(body, structure, place)
    else:
        found = read_csv_message(body, structure, place)
    if kind == "text":
        # In XML and JSON the name is often that of the structure, which several flows share.
        _refuse_other(found.dataset, structure.dataset, place)
    known = tuple(own.id for own in structure.dimensions)
    if {d.lower() for d in found.dimensions} != {d.lower() for d in known}:
        raise HansaError(
            f"{structure.dataset} has other dimensions than its structure said",
            place=place,
            printed=listed(found.dimensions, 20),
            admissible=listed(known, 20),
            fix="fetch the structure again: --refresh",
        )
    labels = {own.id: own.codes for own in structure.dimensions if own.codes and not own.time}
    return replace(
        found,
        labels={**labels, **found.labels},
        dataset=structure.dataset,
        title=found.title or structure.title,
        agency=found.agency or structure.agency,
        updated=found.updated,
    )


def _refuse_other(told: str, asked: str, place: str) -> None:
    """Raise where a message names another flow than the one asked for."""
    names = [re.split(r"[(,]", text.rpartition(":")[2])[0].lower() for text in (told, asked)]
    flow = [part.strip().lower() for part in asked.split(",")]
    if told and names[0] not in (*flow, names[1]):
        raise HansaError(
            "the answer is of another data set",
            place=place,
            printed=told,
            admissible=asked,
            fix="ask again with --refresh; if it stays, the service or a gateway mixes answers up",
        )


def described(reply: Reply, who: str, dataset: str, fix: str) -> bytes:
    """The structure message in a reply; raises HansaError for an unknown data set or a page.

    fix  where names of data sets are looked up
    """
    reply = unpacked(reply)
    kind = kind_of(reply.body)
    told = fault(reply.body) if kind == "xml" else None
    words = told[1] if told else refused(reply, who).finding.printed
    if reply.status == 404 or (told and told[0] == NO_RESULTS):
        raise HansaError(
            f"{who} has no data set {dataset}",
            place=place_of(reply.request),
            printed=words,
            fix=fix,
        )
    if told:
        raise refuse(reply, who, f"{told[0]}: {words}", fix)
    if reply.status != 200:
        raise refused(reply, who)
    if kind != "xml":
        raise no_data(reply, who)
    return reply.body


def spanned(structure: Structure, filters: Filters) -> dict[str, str]:
    """The query of SDMX 2.1 for the periods asked for."""
    start, end = periods(structure, filters)
    return {"startPeriod": start, "endPeriod": end}


@dataclass(frozen=True)
class SdmxRest:
    """A service that speaks SDMX REST: 2.1, or 3.0 where its address says so (`/v2`, `/3.0`).

    agency   agency of a flow that is named without one; empty: every name has its own
    example  a data set, as it is named after the colon
    alone    True where data are asked for by the flow alone, and its structure by the part of
             its name behind the first `_` (Lithuania)
    most     cells in one answer; 0: no limit that the service states
    """

    id: str
    title: str
    home: str
    licence: str
    example: str
    agency: str = ""
    alone: bool = False
    most: int = 0

    def flow(self, dataset: str) -> Flow:
        """The flow of a name; raises UsageError for what cannot be one."""
        name = f"{self.agency},{dataset}" if self.agency and "," not in dataset else dataset
        return flow_of(name, self.example)

    def describe(self, dataset: str, home: str) -> tuple[Request, ...]:
        """One request: the flow with its structure, its code lists and its constraint."""
        flow = self.flow(dataset)
        if self.alone:
            own = flow.id.partition("_")[2]
            if not own:
                raise UsageError(
                    f"this cannot be a data set of {self.title}",
                    printed=dataset,
                    admissible=self.example,
                    fix="copy its name from the office's pages",
                )
            path = f"datastructure/{flow.agency}/{own}/latest"
        elif is_3(home):
            path = f"structure/dataflow/{flow.agency}/{flow.id}/{flow.version or '~'}"
        else:
            path = f"dataflow/{flow.agency}/{flow.id}/{flow.version or 'latest'}"
        references = "children" if self.alone else "all"
        url = address(f"{home}/{path}", {"references": references})
        return (Request(url, STRUCTURE, about=f"structure of {dataset}"),)

    def structure(self, dataset: str, replies: Sequence[Reply]) -> Structure:
        """The structure in the reply, its code lists cut to the codes in use where it says them."""
        fix = f"the name is AGENCY,FLOW,VERSION, as in {self.example}"
        body = described(replies[0], self.title, dataset, fix)
        flow = self.flow(dataset)
        found = read_structure([body], "" if self.alone else flow.id, place_of(replies[0].request))
        return replace(found, dataset=str(flow), agency=flow.agency)

    def ask(self, structure: Structure, filters: Filters, home: str) -> Request:
        """The request for these codes."""
        flow = self.flow(structure.dataset)
        if is_3(home):
            path = f"data/dataflow/{flow.agency}/{flow.id}/{flow.version or '~'}/*"
            query = [*conditions(structure, filters), *bounds(structure, filters)]
            query.append(("dimensionAtObservation", "AllDimensions"))
            return Request(address(f"{home}/{path}", query), DATA_3, about=structure.dataset)
        name = flow.id if self.alone else str(flow)
        url = address(
            f"{home}/data/{name}/{key(structure, filters)}", self._query(structure, filters)
        )
        return Request(url, "application/xml" if self.alone else DATA, about=structure.dataset)

    def _query(self, structure: Structure, filters: Filters) -> Mapping[str, str]:
        flat = {} if self.alone else {"dimensionAtObservation": "AllDimensions"}
        return {**spanned(structure, filters), **flat}

    def outcome(self, reply: Reply) -> Outcome:
        """What a reply means; raises HansaError with the service's words if it refuses."""
        return outcome_of(reply, self.title)

    def parse(self, reply: Reply, structure: Structure) -> Observations:
        """The numbers in a reply, whatever SDMX format it has."""
        return parsed(reply, structure)

    def catalogue(self, words: str, home: str) -> Request:
        """The list of all data flows by name."""
        path = "structure/dataflow/*/*/~" if is_3(home) else f"dataflow/{self.agency or 'all'}/all"
        path = path if is_3(home) else f"{path}/latest"
        url = address(f"{home}/{path}", {"detail": "allstubs"})
        return Request(url, STRUCTURE, about="list of data sets")

    def listed(self, reply: Reply) -> Catalogue:
        """The data flows in the list; without its agency where the service has one only."""
        return flows_in(reply, self.title, lambda flow: flow.id if self.agency else str(flow))


def is_3(home: str) -> bool:
    """True for an address of SDMX REST 2, which gives SDMX 3.0: `…/rest/v2`, `…/sdmx/3.0`."""
    return home.rstrip("/").rsplit("/", 1)[-1].lower() in ("v2", "3.0", "3")


def bounds(structure: Structure, filters: Filters) -> list[tuple[str, str]]:
    """The condition of SDMX 3.0 for the periods asked for: `c[TIME_PERIOD]=ge:2015+le:2020`."""
    start, end = periods(structure, filters)
    limits = [f"ge:{start}" if start else "", f"le:{end}" if end else ""]
    own = next((d.id for d in structure.dimensions if d.time), "TIME_PERIOD")
    return [(f"c[{own}]", "+".join(filter(None, limits)))] if start or end else []


SERVICES = (
    SdmxRest(
        "sdmx",
        "an SDMX service",
        "",
        "as the service states it",
        "ECB,EXR,1.0 with --at https://data-api.ecb.europa.eu/service",
    ),
    SdmxRest(
        "osp",
        "Official statistics of Lithuania",
        "https://osp-rs.stat.gov.lt/rest_xml",
        "Free of charge, to be quoted with its originator. Source: State Data Agency of Lithuania",
        "S3R167_M3010203",
        agency="LSD",
        alone=True,
        most=1_000_000,
    ),
)
