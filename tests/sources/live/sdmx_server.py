"""A loopback server that speaks SDMX as Eurostat and the OECD do: strict, and with their limits.

    with SdmxServer({"nama_10r_2gdp": table}) as server:
        hansa fetch eurostat:nama_10r_2gdp --at {server.home}

Tables have one column a dimension, in the order of the key, then `TIME_PERIOD`, `OBS_VALUE`, and
`OBS_FLAG`, `CONF_STATUS` (Eurostat) or `OBS_STATUS`, `UNIT_MULT` (OECD). Behaviour is that of
Eurostat's guide and FAQ, of recorded answers in public code, and of the OECD's guide; the wording
of Eurostat's refusal of a period out of range is the only text made up.
"""

from __future__ import annotations

import gzip
import hashlib
import itertools
import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Literal, Self
from urllib.parse import parse_qsl, unquote, urlsplit

import pyarrow as pa
import sdmx_messages as messages
from sdmx_messages import TIME, Flow

from hansa.sources.live.contract import Reply, Request

ESTAT = "/eurostat/api/dissemination"
OECD = "/public/rest"
XML, CSV, TEXT, HTML = "application/xml", "text/csv", "text/plain; charset=utf-8", "text/html"
PERIOD_OUT = "INVALID_QUERY_TIME_PERIOD: the periods asked for are outside of the data set's"


@dataclass(frozen=True)
class Answer:
    """Status, body, media type and further headers of an answer."""

    status: int
    body: bytes
    kind: str = XML
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """A request as the server saw it: path without query, query pairs, headers in lower case."""

    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    target: str

    def get(self, name: str, default: str = "") -> str:
        """The value of a query parameter."""
        return dict(self.query).get(name, default)


class SdmxServer:
    """A context manager that serves `tables` on a free port of 127.0.0.1.

    tables    name -> table; `nama_10r_2gdp`, or `AGENCY,FLOW,VERSION` for the OECD's layout
    labels    dimension -> code -> label, of every table
    updated   the service's date of the data
    titles    name of a table -> its title
    layout    `estat`, or `oecd` (which also answers REST v2 under `home` + `/v2`)
    most      cells (product of the positions asked for) above which an extraction is refused
    later     cells above which Eurostat prepares an answer; `states` are told one a poll
    calls     data queries the OECD allows; 0: any number
    longest   characters of an address above which a gateway refuses it with a page
    recorded  path (with its query, or without) -> Answer or bytes, served as they are
    """

    def __init__(
        self,
        tables: Mapping[str, pa.Table],
        *,
        labels: Mapping[str, Mapping[str, str]] | None = None,
        updated: str = "2026-01-09T23:00:00+0100",
        titles: Mapping[str, str] | None = None,
        layout: Literal["estat", "oecd"] = "estat",
        most: int = 5_000_000,
        later: int = 500_000,
        states: Sequence[str] = ("SUBMITTED", "PROCESSING", "AVAILABLE"),
        calls: int = 0,
        longest: int = 2_000,
        recorded: Mapping[str, Answer | bytes] | None = None,
    ) -> None:
        self.layout, self.most, self.later, self.calls = layout, most, later, calls
        self.states, self.longest, self.recorded = tuple(states), longest, dict(recorded or {})
        self.titles = dict(titles or {})
        self.asked: list[Asked] = []
        self.flows: dict[str, Flow] = {}
        for name, table in tables.items():
            self.put(name, table, labels or {}, updated)
        self._jobs: dict[str, tuple[bytes, itertools.count[int]]] = {}
        self._ready: dict[str, bytes] = {}
        self._data_calls = itertools.count(1)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def put(
        self, name: str, table: pa.Table, labels: Mapping[str, Mapping[str, str]], updated: str
    ) -> None:
        """Serve a table, or a new edition of one."""
        agency, flow, version = [*name.split(","), ""][:3] if "," in name else ("ESTAT", name, "")
        title = self.titles.get(name, "")
        own = Flow(
            agency, flow.upper(), version or "1.0", table, labels, title=title, updated=updated
        )
        self.flows[own.id] = own

    @property
    def home(self) -> str:
        """Base address, to be given as `--at`."""
        host, port = self._server.server_address[:2]
        return f"http://{host}:{port}{ESTAT if self.layout == 'estat' else OECD}"

    @property
    def paths(self) -> list[str]:
        """What was asked for so far: paths with their queries, in order."""
        return [one.target for one in self.asked]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, asked: Asked) -> Answer:
        """The answer to a request; no error leaves it."""
        self.asked.append(asked)
        for target in (asked.target, asked.path):
            if target in self.recorded:
                kept = self.recorded[target]
                return kept if isinstance(kept, Answer) else Answer(200, kept)
        if len(asked.target) > self.longest:
            page = b"<!DOCTYPE html><html><body><h1>Request Rejected</h1></body></html>"
            return Answer(400, page, HTML)
        return self._estat(asked) if self.layout == "estat" else self._oecd(asked)

    # --- Eurostat ---

    def _estat(self, asked: Asked) -> Answer:
        steps = asked.path.removeprefix(ESTAT + "/").split("/")
        match steps:
            case ["sdmx", "2.1", "dataflow", "ESTAT", "all", "latest"]:
                return Answer(200, messages.dataflows_message(list(self.flows.values())))
            case ["sdmx", "2.1", "dataflow", "ESTAT", name, "1.0"]:
                return self._estat_structure(asked, name)
            case ["sdmx", "2.1", "contentconstraint", "ESTAT", name, *version] if version in (
                [],
                ["1.0"],
            ):
                flow = self.flows.get(name.upper())
                return Answer(200, messages.constraint_message(flow)) if flow else _unknown(name)
            case ["sdmx", "2.1", "data", name] | ["sdmx", "2.1", "data", name, ""]:
                return self._estat_data(asked, name, None)
            case ["sdmx", "2.1", "data", name, key]:
                return self._estat_data(asked, name, key)
            case ["1.0", "async", "status", job]:
                return Answer(200, messages.job_status(job, self._state(job)))
            case ["1.0", "async", "data", job] if job in self._ready:
                return _packed(asked, self._ready[job], "true")
        return Answer(404, b"<html><body>Not Found</body></html>", HTML)

    def _estat_structure(self, asked: Asked, name: str) -> Answer:
        flow = self.flows.get(name.upper())
        if flow is None:
            return _unknown(f"{name.upper()} (DATA_FLOW:ESTAT,*)")
        if asked.get("references") != "descendants":
            return Answer(400, messages.fault(140, "INVALID_QUERY: references"))
        partial = asked.get("detail") == "referencepartial"
        return Answer(200, messages.structure_message(flow, partial=partial))

    def _estat_data(self, asked: Asked, name: str, key: str | None) -> Answer:
        flow = self.flows.get(name.upper())
        if flow is None:
            return _unknown(name.upper())
        if asked.get("format").upper() != "SDMX-CSV":
            return Answer(400, messages.fault(140, "INVALID_QUERY: format"))
        codes = _positions(flow, key)
        if codes is None:
            text = "INVALID_QUERY_NB_FILTERS: Incorrect number of filters"
            return Answer(400, messages.fault(140, text))
        if odd := _not_allowed(flow, codes):
            text = (
                "INVALID_QUERY_DIMENSION_VALUE: Query is invalid as per its structure's "
                f"definition. The following values for dimension are not allowed: {odd}."
            )
            return Answer(400, messages.fault(150, text))
        start, end = asked.get("startPeriod"), asked.get("endPeriod")
        times = flow.codes(TIME)
        if (start and start > times[-1]) or (end and end < times[0][: len(end)]):
            return Answer(400, messages.fault(150, PERIOD_OUT))
        return self._estat_rows(asked, flow, codes, (start, end))

    def _estat_rows(
        self, asked: Asked, flow: Flow, codes: Mapping[str, Sequence[str]], span: tuple[str, str]
    ) -> Answer:
        cells = _cost(flow, codes, span)
        if cells > self.most:
            text = (
                f"EXTRACTION_TOO_BIG: The requested extraction is too big, estimated {cells} "
                f"rows, max authorised is {self.most}, please change your filters to reduce the "
                "extraction size"
            )
            return Answer(413, messages.fault(413, text))
        rows = messages.chosen(flow, codes, *span)
        if not rows.num_rows:
            text = "NO_RESULTS: The query did not return any results."
            return Answer(400, messages.fault(100, text))
        body = messages.eurostat_csv(flow, rows)
        if cells > self.later:
            job = hashlib.sha256(f"{asked.target} {flow.updated}".encode()).hexdigest()[:32]
            # A finished extraction is kept: the same question is then answered at once.
            if job not in self._ready:
                self._jobs.setdefault(job, (body, itertools.count()))
                return Answer(200, messages.queued(job, "SUBMITTED"), XML)
        answer = _packed(asked, body, asked.get("compressed"))
        return _validated(asked, answer, flow.updated)

    def _state(self, job: str) -> str:
        if job not in self._jobs:
            return "UNKNOWN_REQUEST"
        body, polls = self._jobs[job]
        state = self.states[min(next(polls), len(self.states) - 1)]
        if state == "AVAILABLE":
            self._ready[job] = body
        return state

    # --- OECD ---

    def _oecd(self, asked: Asked) -> Answer:
        steps = [unquote(s) for s in asked.path.removeprefix(OECD + "/").split("/")]
        match steps:
            case ["dataflow", "all", "all", "latest"] | [
                "v2", "structure", "dataflow", "*", "*", "~"
            ]:  # fmt: skip
                return Answer(200, messages.dataflows_message(list(self.flows.values())))
            case ["dataflow", agency, name, _] | [
                "v2", "structure", "dataflow", agency, name, _
            ]:  # fmt: skip
                flow = self._flow(agency, name)
                if flow is None:
                    return Answer(404, b"No Results Found", TEXT)
                partial = asked.get("detail") == "referencepartial"
                body = messages.structure_message(flow, partial=partial, constraint=True)
                return Answer(200, body, "application/vnd.sdmx.structure+xml; version=2.1")
            case ["data", name, key]:
                agency, flow_id = [*name.split(","), ""][:2]
                own = self._flow(agency, flow_id)
                codes = _positions(own, key) if own else None
                if own and codes is None:
                    wanted, got = len(own.dimensions), key.count(".") + 1
                    text = f"Not enough key values in query, expecting {wanted} got {got}"
                    return Answer(422, text.encode(), TEXT)
                span = (asked.get("startPeriod"), asked.get("endPeriod"))
                return self._oecd_data(asked, own, codes or {}, span)
            case ["v2", "data", "dataflow", agency, flow_id, _, "*"]:
                own = self._flow(agency, flow_id)
                named = own.dimensions if own else []
                asked_codes = {n: asked.get(f"c[{n}]").split(",") for n in named}
                codes = {n: [c for c in wanted if c] for n, wanted in asked_codes.items()}
                bounds = [b.partition(":") for b in asked.get(f"c[{TIME}]").split("+") if b]
                limits = {operator: period for operator, _, period in bounds}
                span = (limits.get("ge", ""), limits.get("le", ""))
                return self._oecd_data(asked, own, codes, span)
        return Answer(404, b"<html><body>Not Found</body></html>", HTML)

    def _flow(self, agency: str, name: str) -> Flow | None:
        flow = self.flows.get(name.upper())
        return flow if flow and flow.agency == agency else None

    def _oecd_data(
        self,
        asked: Asked,
        flow: Flow | None,
        codes: Mapping[str, Sequence[str]],
        span: tuple[str, str],
    ) -> Answer:
        if flow is None:
            text = b"Could not find Dataflow and/or DSD related with this data request"
            return Answer(404, text, TEXT)
        if self.calls and next(self._data_calls) > self.calls:
            return Answer(429, b"Too Many Requests", TEXT, {"Retry-After": "1"})
        if _cost(flow, codes, span) > self.most:
            return Answer(413, b"Request Entity Too Large", TEXT)
        rows = messages.chosen(flow, codes, *span)
        if not rows.num_rows:
            return Answer(404, b"NoRecordsFound", TEXT)
        body = messages.oecd_csv(flow, rows)
        return _validated(asked, _packed(asked, body, ""), flow.updated)


def sent(request: Request, headers: Mapping[str, str] | None = None) -> Reply:
    """The reply to a request, sent as it is: nothing is repeated, kept or unpacked."""
    parts = urlsplit(request.url)
    line = HTTPConnection(parts.netloc, timeout=10)
    try:
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        line.request("GET", target, headers={"Accept": request.accept, **(headers or {})})
        got = line.getresponse()
        told = {name.lower(): value for name, value in got.getheaders()}
        return Reply(request, got.status, told, got.read())
    finally:
        line.close()


def _unknown(name: str) -> Answer:
    text = f"ERR_NOT_FOUND_4: {name} is not available for dissemination."
    return Answer(404, messages.fault(100, text))


def _positions(flow: Flow, key: str | None) -> dict[str, list[str]] | None:
    """Codes of each dimension of a key; None for a wrong number of positions."""
    if key is None or key == "all":
        return {name: [] for name in flow.dimensions}
    places = [[c for c in p.split("+") if c] for p in unquote(key).split(".")]
    if len(places) != len(flow.dimensions):
        return None
    return dict(zip(flow.dimensions, places, strict=True))


def _not_allowed(flow: Flow, codes: Mapping[str, Sequence[str]]) -> str:
    odd = (
        f"{name.upper()}={code}"
        for name, wanted in codes.items()
        for code in wanted
        if code not in flow.codes(name)
    )
    return ", ".join(odd)


def _cost(flow: Flow, codes: Mapping[str, Sequence[str]], span: tuple[str, str]) -> int:
    """What a question may answer at most: the product of the positions it matches."""
    sizes = [len(codes.get(name) or flow.codes(name)) for name in flow.dimensions]
    start, end = span
    times = [t for t in flow.codes(TIME) if t >= start and (not end or t[: len(end)] <= end)]
    return math.prod(sizes) * len(times)


def _packed(asked: Asked, body: bytes, compressed: str) -> Answer:
    """`compressed=true` gives a file of gzip, without saying so in `Content-Encoding`."""
    if compressed == "true":
        name = {"Content-Disposition": "attachment;filename=data.csv.gz"}
        return Answer(200, gzip.compress(body, 1), CSV, name)
    if "gzip" in asked.headers.get("accept-encoding", ""):
        return Answer(200, gzip.compress(body, 1), CSV, {"Content-Encoding": "gzip"})
    return Answer(200, body, CSV)


def _validated(asked: Asked, answer: Answer, updated: str) -> Answer:
    """An answer with `ETag` and `Last-Modified`; 304 where the caller has it already."""
    moment = datetime.fromisoformat(updated).astimezone(UTC)
    tag = f'"{hashlib.sha256(f"{asked.target} {updated}".encode()).hexdigest()[:16]}"'
    headers = {"ETag": tag, "Last-Modified": format_datetime(moment, usegmt=True)}
    if asked.headers.get("if-none-match") == tag:
        return Answer(304, b"", answer.kind, headers)
    return Answer(answer.status, answer.body, answer.kind, {**answer.headers, **headers})


def _handler(server: SdmxServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = tuple(parse_qsl(parts.query, keep_blank_values=True))
            answer = server.answer(Asked(parts.path, query, headers, self.path))
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.status != 304:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is written to the terminal of the tests."""

    return Handler
