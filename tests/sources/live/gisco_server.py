"""GISCO's distribution on this machine: the real boundaries and names under its paths."""

from __future__ import annotations

import csv
import gzip
import io
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

NOT_FOUND = (
    b'<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n'
    b"<title>404 Not Found</title>\n</head><body>\n<h1>Not Found</h1>\n"
    b"<p>The requested URL was not found on this server.</p>\n</body></html>\n"
)
COLUMNS = (
    "CNTR_CODE", "NUTS_ID", "NAME_LATN", "NUTS_NAME", "MOUNT_TYPE", "URBN_TYPE", "COAST_TYPE",
)  # fmt: skip


def names_csv(data: Path, year: int) -> bytes:
    """The list of names of a version, in the publisher's layout."""
    table = pq.read_table(data / "nuts" / "nuts_regions_2006_2024.parquet")
    rows = table.filter(pc.equal(table["nuts_version"], year)).to_pylist()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        kinds = (row["mount_type"], row["urban_type"], row["coast_type"])
        told = ("" if kind is None else f"{kind:g}" for kind in kinds)
        writer.writerow((row["country"], row["nuts_id"], row["name_latin"], row["name"], *told))
    return b"\xef\xbb\xbf" + text.getvalue().encode()


@dataclass
class GiscoServer:
    """Files of the folder `data`; `broken` path -> body that is sent in place of a file."""

    data: Path
    broken: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def home(self) -> str:
        return f"http://127.0.0.1:{self.port}/distribution/v2"

    def file(self, path: str) -> bytes | None:
        if path in self.broken:
            return self.broken[path]
        shapes = re.fullmatch(r"nuts/geojson/NUTS_RG_(\d\dM)_(\d{4})_4326_LEVL_(\d)\.geojson", path)
        if shapes:
            scale, year, level = shapes.groups()
            name = f"nuts{year}_{scale.lower()}_level{level}.geojson.gz"
            found = self.data / "geometry" / name
            return gzip.decompress(found.read_bytes()) if found.is_file() else None
        names = re.fullmatch(r"nuts/csv/NUTS_AT_(\d{4})\.csv", path)
        if names and int(names[1]) in (2006, 2013, 2016, 2021, 2024):
            return names_csv(self.data, int(names[1]))
        return None


@contextmanager
def serving_files(server: GiscoServer) -> Iterator[GiscoServer]:
    """The distribution at a free port of this machine, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            start = "/distribution/v2/"
            path = self.path.removeprefix(start) if self.path.startswith(start) else "-"
            server.asked.append(path)
            found = server.file(path)
            body = NOT_FOUND if found is None else found
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Type", _kind(path, found))
            if found is not None and "gzip" in self.headers.get("Accept-Encoding", ""):
                body = gzip.compress(body, 1)
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

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


def _kind(path: str, found: bytes | None) -> str:
    if found is None:
        return "text/html; charset=iso-8859-1"
    return "text/csv" if path.endswith(".csv") else "application/geo+json"
