"""A server on this machine that answers as it is told to: well, badly, slowly, or not at all.

    with FaultyServer({"/data": [Answer(503), Answer(body=b"1,2", etag='"a"')]}) as server:
        ...  # server.home, server.url("/data"), server.seen

The last answer of a path is repeated. One port speaks http and https.
"""

from __future__ import annotations

import contextlib
import functools
import gzip
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import TracebackType

import trustme

_PIECE = 1 << 14


@functools.cache
def _authority() -> trustme.CA:
    """An authority that lives as long as the tests: no key lies in the repository."""
    return trustme.CA()


def write_certificate(path: Path) -> Path:
    """The certificate of the authority, for clients that are to trust the server."""
    _authority().cert_pem.write_to_path(path)
    return path


@dataclass(frozen=True)
class Answer:
    """What one request gets.

    gzip       pack the body where the client takes it; `body` is what it unpacks to
    packed     send `body` as it is, but say it is gzip
    chunked    in chunks, without a Content-Length
    unmeasured without a Content-Length, up to the end of the connection
    length     the Content-Length that is said, in place of the true one
    cut        close the connection after so many bytes of the body; -1: before any answer
    stall      say nothing any more after so many bytes of the body; -1: before any answer
    drip       seconds between pieces of 16 KiB
    etag, modified  told, compared with conditions of the client (304, and the whole for If-Range)
    ranges     answer `Range` with 206, or 416 behind the end
    careless   answer `Range` without reading `If-Range`
    shift      begin a range so many bytes late
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    gzip: bool = False
    packed: bool = False
    chunked: bool = False
    unmeasured: bool = False
    length: int | None = None
    cut: int | None = None
    stall: int | None = None
    drip: float = 0.0
    etag: str = ""
    modified: str = ""
    ranges: bool = False
    careless: bool = False
    shift: int = 0


@dataclass(frozen=True)
class Seen:
    """A request as it came; names of headers in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    secure: bool


class FaultyServer:
    """Answers by path: the path with its query, else without it; anything else gets 404."""

    def __init__(self, answers: Mapping[str, Sequence[Answer]]) -> None:
        self.answers = {path: list(given) for path, given in answers.items()}
        self.seen: list[Seen] = []
        self.over = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,))

    def __enter__(self) -> FaultyServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def home(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def secure_home(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        return self.home + path

    def next(self, seen: Seen) -> Answer:
        with self._lock:
            self.seen.append(seen)
            given = self.answers.get(seen.path) or self.answers.get(seen.path.partition("?")[0])
            if not given:
                return Answer(404, b"nothing here")
            return given.pop(0) if len(given) > 1 else given[0]


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    owner: FaultyServer

    def finish_request(self, request: socket.socket, client_address: object) -> None:
        # The first byte of a TLS handshake is 22; no request of HTTP begins with it.
        if request.recv(1, socket.MSG_PEEK) == b"\x16":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            _authority().issue_cert("127.0.0.1", "localhost").configure_cert(context)
            with contextlib.suppress(OSError):
                secure = context.wrap_socket(request, server_side=True)
                self.RequestHandlerClass(secure, client_address, self)
                with contextlib.suppress(OSError):
                    secure.unwrap()
            return
        self.RequestHandlerClass(request, client_address, self)

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are what this server is for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _answer(self, body: bytes) -> None:
        headers = {name.lower(): text for name, text in self.headers.items()}
        secure = isinstance(self.connection, ssl.SSLSocket)
        owner = self.server.owner
        answer = owner.next(Seen(self.command, self.path, headers, body, secure))
        if answer.cut == -1 or answer.stall == -1:
            self._leave(answer)
            return
        status, said, wire = _framed(answer, headers)
        lines = [f"HTTP/1.1 {status} Scripted"] + [f"{k}: {v}" for k, v in said.items()]
        self.wfile.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        ends = [end for end in (answer.cut, answer.stall) if end is not None]
        for piece in _pieces(wire[: min([len(wire), *ends])], answer.chunked):
            self.wfile.write(piece)
            self.wfile.flush()
            if answer.drip and owner.over.wait(answer.drip):
                break
        if ends or answer.unmeasured or answer.length is not None:
            self._leave(answer)
        elif answer.chunked:
            self.wfile.write(b"0\r\n\r\n")

    def _leave(self, answer: Answer) -> None:
        self.close_connection = True
        if answer.stall is not None:
            self.server.owner.over.wait(10)
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


def _framed(answer: Answer, asked: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body as they go over the wire."""
    wire, said = answer.body, {"Date": formatdate(usegmt=True), "Content-Type": "text/plain"}
    if answer.packed or (answer.gzip and "gzip" in asked.get("accept-encoding", "")):
        said["Content-Encoding"] = "gzip"
        wire = wire if answer.packed else gzip.compress(wire, 1, mtime=0)
    if answer.etag:
        said["ETag"] = answer.etag
    if answer.modified:
        said["Last-Modified"] = answer.modified
    status, wire, extra = _conditional(answer, asked, wire)
    said |= extra
    if answer.chunked:
        said["Transfer-Encoding"] = "chunked"
    elif status not in (204, 304) and not answer.unmeasured:
        said["Content-Length"] = str(len(wire) if answer.length is None else answer.length)
    return status, said | dict(answer.headers), wire


def _conditional(
    answer: Answer, asked: Mapping[str, str], wire: bytes
) -> tuple[int, bytes, dict[str, str]]:
    own = {text for text in (answer.etag, answer.modified) if text}
    if own & {asked.get("if-none-match"), asked.get("if-modified-since")}:
        return 304, b"", {}
    wanted = asked.get("range", "")
    current = answer.careless or asked.get("if-range") in own
    if answer.status != 200 or not answer.ranges or not wanted or not current:
        return answer.status, wire, {}
    start = int(wanted.removeprefix("bytes=").removesuffix("-")) + answer.shift
    if start >= len(wire):
        return 416, b"", {"Content-Range": f"bytes */{len(wire)}"}
    span = f"bytes {start}-{len(wire) - 1}/{len(wire)}"
    return 206, wire[start:], {"Content-Range": span}


def _pieces(wire: bytes, chunked: bool) -> Iterator[bytes]:
    for at in range(0, len(wire), _PIECE):
        piece = wire[at : at + _PIECE]
        yield b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece


def unused_port() -> int:
    """A port of this machine where nobody answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(true: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until a condition holds; fail where it never does."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)
