"""PxWeb 1 and 2, StatBank, Eurostat's statistics API on this machine, from tables in memory.

Made from the offices' documentation and from answers published by others, independently of
`hansa.sources.live`: it imports nothing of Hansa.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from px_tables import (
    PxTable,
    Refused,
    chosen,
    json_stat_1,
    json_stat_2,
    metadata_2,
    variable_1,
    variable_dk,
)

IIS_PAGE = (
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN"><html><head>'
    "<title>403 - Forbidden: Access is denied.</title></head><body>"
    "<h1>Server Error</h1></body></html>"
)
TOMCAT_PAGE = (
    '<!doctype html><html lang="en"><head><title>HTTP Status 500 – Internal Server Error</title>'
    "</head><body><h1>HTTP Status 500 – Internal Server Error</h1></body></html>"
)
# Statistics Greenland answers so, under 200, where it has no such page.
CONFIG_PAGE = "<html><body>CONFIG404;https://bank.example/api/v2/config;not found</body></html>"


@dataclass
class PxServer:
    """The four services at one address.

    cells    most cells of an answer      values  most codes of a question (version 1)
    calls    after so many questions one is refused with 429, then counting starts again
    told     how version 1 says that something is wrong: "json" (Norway), "text" (Sweden),
             "page" (Finland)
    broken   path -> (status, body, type) that is answered in place of anything else
    """

    tables: tuple[PxTable, ...]
    cells: int = 1000
    values: int = 1000
    calls: int = 0
    told: str = "json"
    broken: dict[str, tuple[int, bytes, str]] = field(default_factory=dict)
    asked: list[tuple[str, str, bytes]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    port: int = 0
    _since: int = 0

    @property
    def at(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def version_1(self) -> str:
        return f"{self.at}/api/v1/en/db"

    @property
    def version_2(self) -> str:
        return f"{self.at}/api/v2"

    @property
    def statbank(self) -> str:
        return f"{self.at}/v1"

    @property
    def statistics(self) -> str:
        return f"{self.at}/statistics/1.0/data"

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, bytes, str]:
        path = unquote(urlsplit(target).path)
        query = {k: v[-1] for k, v in parse_qs(urlsplit(target).query).items()}
        try:
            if self.calls and self._since >= self.calls:
                self._since = 0
                raise Refused(429, "Too Many Requests", "text/plain")
            self._since += 1
            if path in self.broken:
                status, text, kind = self.broken[path]
                return status, text, kind
            for start, how in (
                ("/api/v1/en/db", self._one), ("/api/v2", self._two), ("/v1", self._bank),
            ):  # fmt: skip
                if path.startswith(start):
                    found = how(method, path[len(start) :].strip("/"), query, body)
                    text = found if isinstance(found, str) else json.dumps(found)
                    kind = "text/html" if text.startswith("<") else "application/json"
                    return 200, text.encode(), kind
            if path.startswith("/statistics/1.0/data/"):
                pairs = parse_qsl(urlsplit(target).query)
                return 200, self._eurostat(path.rpartition("/")[2], pairs), "application/json"
            raise Refused(404, "Not Found", "text/plain")
        except Refused as no:
            text = no.body if isinstance(no.body, str) else json.dumps(no.body)
            return no.status, text.encode(), no.kind

    def _no(self, words: str) -> Refused:
        """A refusal of version 1, as this office words it."""
        if self.told == "json":
            return Refused(400, {"error": words})
        return Refused(400, "Bad Request", "text/plain")

    def _one(self, method: str, path: str, query: dict[str, str], body: bytes) -> Any:
        table = next((t for t in self.tables if t.path == path), None)
        if table is None and "query" in query and self.told == "text":
            # Sweden and Iceland have the search switched off.
            raise Refused(400, "Bad Request", "text/plain")
        if table is None and "query" in query:
            return self._every(path)
        if table is None:
            return self._folder(path)
        if method == "GET":
            return {"title": table.title, "variables": [variable_1(d) for d in table.dims]}
        asked = _json(body, lambda: self._no("Parameter error"))
        if asked.get("response", {}).get("format") != "json-stat2":
            raise self._no("Parameter error")
        wanted: dict[str, Sequence[str]] = {}
        for one in asked["query"]:
            kind, values = one["selection"]["filter"], one["selection"]["values"]
            if kind not in ("item", "all") or (kind == "item" and "*" in values):
                raise self._no("Parameter error")
            wanted[one["code"]] = values

        def unknown(what: str, name: str) -> Refused:
            if what == "variable":
                return self._no("Parameter error")
            return self._no(f"The request for variable '{name}' has an error.")

        picked = chosen(table, wanted, unknown)
        for d in table.dims:
            if d.code not in picked and d.elimination is None:
                picked[d.code] = list(d.values)
        over = math.prod(map(len, picked.values())) > self.cells
        if over or sum(map(len, picked.values())) > self.values:
            if self.told == "page":
                raise Refused(403, IIS_PAGE, "text/html")
            raise Refused(403, {"error": "Too many values selected"})
        return json_stat_2(table, picked)

    def _every(self, database: str) -> Any:
        """All tables below, as the search for `*` lists them; one in two folders stands twice."""
        found = []
        for t in self.tables:
            folder, _, name = t.path.removeprefix(database).strip("/").rpartition("/")
            one = {"id": name, "path": f"/{folder}", "title": t.title, "score": 1.0}
            found += [{**one, "published": t.updated}] * 2
        return found

    def _folder(self, path: str) -> Any:
        inside = [t for t in self.tables if not path or t.path.startswith(f"{path}/")]
        if not inside:
            raise Refused(404, "Not Found", "text/plain")
        names = dict.fromkeys(t.path[len(path) :].strip("/").split("/")[0] for t in inside)
        tables = {t.path for t in inside}
        return [
            {"id": n, "type": "t" if f"{path}/{n}".strip("/") in tables else "l", "text": n}
            for n in names
        ]

    def _two(self, method: str, path: str, query: dict[str, str], body: bytes) -> Any:
        if path == "config":
            return CONFIG_PAGE
        if path == "tables" and method == "GET":
            return self._search(query)
        parts = path.split("/")
        table = next((t for t in self.tables if parts[:2] == ["tables", t.id]), None)
        if table is None:
            raise _problem("Non-existent table", 404)
        if query.get("lang", "en") != "en":
            raise _problem("Unsupported language")
        if method == "GET" and parts[2:] == ["metadata"]:
            return metadata_2(table)
        if method != "POST" or parts[2:] != ["data"]:
            raise Refused(404, "", "text/plain")
        if query.get("outputFormat") != "json-stat2":
            return 'CHARSET="ANSI";\nAXIS-VERSION="2013";\n'
        asked = _json(body, lambda: _problem("Bad Request"))
        wanted = {one["variableCode"]: one["valueCodes"] for one in asked["selection"]}
        picked = chosen(table, wanted, lambda what, _name: _problem(f"Non-existent {what}"))
        if any(d.code not in picked and d.elimination is None for d in table.dims):
            raise _problem("Missing selection for mandantory variable")
        if math.prod(map(len, picked.values())) > self.cells:
            raise _problem("Too many cells selected", detail="Too many cells selected")
        return json_stat_2(table, picked)

    def _search(self, query: dict[str, str]) -> Any:
        """Tables whose title or codes have any of the words, a page of them."""
        words = query.get("query", "").lower().split()
        text = {t.id: f"{t.title} {[list(d.values.values()) for d in t.dims]}" for t in self.tables}
        found = [t for t in self.tables if any(w in text[t.id].lower() for w in words)]
        size = int(query.get("pageSize", "20"))
        return {
            "language": "en",
            "tables": [
                {"type": "Table", "id": t.id, "label": t.title, "updated": t.updated,
                 "firstPeriod": "2019", "lastPeriod": "2021"} for t in found[:size]
            ],
            "page": {"pageNumber": 1, "pageSize": size, "totalElements": len(found),
                     "totalPages": math.ceil(len(found) / size)},
        }  # fmt: skip

    def _bank(self, method: str, path: str, query: dict[str, str], body: bytes) -> Any:
        parts = path.split("/")
        if method == "GET" and parts[0] == "tableinfo":
            table = self._of(parts[1] if len(parts) > 1 else "")
            return {
                "id": table.id,
                "text": table.title,
                "unit": "Number",
                "updated": table.updated,
                "active": True,
                "variables": [variable_dk(d) for d in table.dims],
            }
        if method == "GET" and parts == ["tables"]:
            return [
                {"id": t.id, "text": t.title, "unit": "Number", "updated": t.updated,
                 "firstPeriod": "2019", "latestPeriod": "2021", "active": True, "variables": []}
                for t in self.tables
            ]  # fmt: skip
        if method != "POST" or parts != ["data"]:
            raise Refused(404, "", "text/plain")
        asked = _json(body, lambda: _danish("REQUEST-EMPTY", "Request is empty."))
        table = self._of(asked.get("table", ""))
        if asked.get("format") != "JSONSTAT":
            raise _danish("REQUEST-MISSING", "Format not found or not valid.")
        wanted = {one["code"]: one["values"] for one in asked["variables"]}

        def unknown(what: str, name: str) -> Refused:
            return _danish("EXTRACT-NOTFOUND", f"Can't find {what}: {name}")

        picked = chosen(table, wanted, unknown)
        for d in table.dims:
            if d.code not in picked and d.elimination is None:
                raise _danish("EXTRACT-NOTALLOWED", f"Values must be selected for: {d.code}")
        if math.prod(map(len, picked.values())) > self.cells:
            raise _danish("REQUEST-LIMIT", "The request returns too many observations.")
        return json_stat_1(table, picked)

    def _eurostat(self, name: str, pairs: list[tuple[str, str]]) -> bytes:
        """Filters as repeated parameters in any case; sparse values; flags as they are printed."""
        table = next((t for t in self.tables if t.id.lower() == name.lower()), None)
        if table is None:
            raise _european(404, 100, "ERR_NOT_FOUND_4: not found")
        known = {d.code.lower(): d for d in table.dims}
        time = next(d for d in table.dims if d.time)
        periods = list(time.values)
        wanted: dict[str, list[str]] = {}
        for key, value in pairs:
            if key == "lastTimePeriod":
                periods = periods[-int(value) :]
            elif key == "sinceTimePeriod":
                periods = [p for p in periods if p >= value]
            elif key == "untilTimePeriod":
                periods = [p for p in periods if p[: len(value)] <= value]
            elif key.lower() not in known:
                raise _european(400, 150, f"Dimension {key} is not in the data set")
            else:
                wanted.setdefault(known[key.lower()].code, []).append(value)
        picked = chosen(
            table, wanted, lambda _what, name: _european(400, 150, f"Bad value of {name}")
        )
        picked = {d.code: picked.get(d.code, list(d.values)) for d in table.dims}
        picked[time.code] = [p for p in picked[time.code] if p in periods]
        size = math.prod(map(len, picked.values()))
        if size > self.cells:
            raise _european(
                413, 413, f"EXTRACTION_TOO_BIG: The requested extraction is too big, estimated "
                f"{size} rows, max authorised is {self.cells}, please change your filters"
            )  # fmt: skip
        told = json_stat_2(table, picked)
        told["value"] = {str(n): v for n, v in enumerate(told["value"]) if v is not None}
        return json.dumps(told).encode()

    def _of(self, name: str) -> PxTable:
        for table in self.tables:
            if table.id.upper() == name.upper():
                return table
        raise _danish("EXTRACT-NOTFOUND", f"Can't find table: {name}")


def _json(body: bytes, no: Any) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError as error:
        raise no() from error
    if not isinstance(found, dict):
        raise no()
    return found


def _problem(title: str, status: int = 400, **more: str) -> Refused:
    return Refused(status, {"type": "Parameter error", "title": title, "status": status, **more})


def _european(http: int, code: int, words: str) -> Refused:
    return Refused(http, {"error": [{"status": http, "id": code, "label": words}]})


def _danish(code: str, words: str) -> Refused:
    return Refused(400, {"errorTypeCode": code, "message": words})


@contextmanager
def serving(server: PxServer) -> Iterator[PxServer]:
    """The services at a free port of this machine, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _reply(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            server.asked.append((self.command, self.path, body))
            status, text, kind = server.answer(self.command, self.path, body)
            server.statuses.append(status)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text)))
            if status == 429:
                self.send_header("Retry-After", "1")
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = _reply

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        server.port = http.server_address[1]
        thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()
