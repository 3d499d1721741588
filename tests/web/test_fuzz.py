"""Requests that nobody means: none is a fault of the workbench, and every refusal says why.

Written as bytes on a socket, so that nothing puts them right on the way. The same numbers give the
same requests.
"""

from __future__ import annotations

import gzip
import http.client
import json
import random
import re
import socket
import time
from collections import Counter
from dataclasses import fields
from urllib.parse import quote

import httpx
import pytest

from hansa.web.page import pages
from hansa.web.site.findings import for_machines
from hansa.web.state import State
from hansa.web.twins import TWINS

pytestmark = pytest.mark.xdist_group("workbench")

VALUES = (
    *("EE00", "FI1D", "XX", "wood-furniture", "31,16", "31*0.5", "all", "2020-2023", "2023-2020"),
    *("hansa-divisions", "../../etc/passwd", "definitions/x.csv", "/dev/zero", "C:\\x.toml"),
    *("-1", "1e400", "nan", "inf", "0x10", "９", "٣", "1" * 390, "20", "1.5.2", "--", "*", ",,,"),
    *("=1+1", "{x}", "{0.__class__}", "%s%n", "{{ 7|add:7 }}", "<script>", "';--", '"', "\\"),
    *("Åland", "e\u0301", "🦭" * 9, "\u202eEE00", "\ufeff", "\u2028", "a\u0000b", "a\tb", "a\nb"),
    *("rd:2.5", "rd:nan", "rd:", ":", "rd:1,rd:2", "zero", "sv", "en", "xx", "x" * 401, "y" * 4001),
)
RAW = (
    "%",
    "%zz",
    "%ff%fe",
    "%c0%80",
    "%00",
    "%ed%a0%80",
    "%0d%0aX-Injected:%201",
    "%25%32%35",
    "+",
)
NAMES = (*(f.name for f in fields(State)), "changes.rd", "changes.", "figure", "sort", "x" * 300)
ODD_NAMES = ("", "%00", "%ff", "a[]", "__proto__", "csrfmiddlewaretoken", "région", "lang%20")
TAILS = ("", "", "", "", "/", "//", "/..", "/%2e%2e/x", ".json", ".svg/", ";x=1", "%00", "%ff", "~")
PLACES = (
    *("/", "//", "/six/", "/six", "/api/", "/api/studies", "/api/studies/six", "/api/openapi.json"),
    *("/assets/0/hansa.css", "/assets/0/vega", "/assets/../x", "/six/files/report", "/six/files/"),
    *("/six/files/../../../etc/passwd", "/six/files/%2e%2e%2fstudy.toml", "/six/study.toml"),
    *("/nothing/start", "/six/nothing", "/drop", "/drop/" + "0" * 32, "/%f0%9f%a6%ad/start"),
    *("/six/" + "a" * 5000, "*", "http://evil.example/six/start", "six/start", "/?", "/#x", "/\\x"),
)
METHODS = ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD", "get", "FOO", "PROPFIND")
HEADERS = (
    *("Origin: null", "Origin: http://evil.example", "Sec-Fetch-Site: cross-site"),
    *("Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: \u00ff"),
    *("Accept-Language: sv", "Accept-Language: " + "x," * 900, "Accept-Language: *;q=9"),
    *("Accept-Language: \u00e5\u00e4", "Accept-Encoding: gzip;q=0", "Accept-Encoding: br, \u00ff"),
    *("HX-Request: true", "HX-Target: progress", "HX-Target: <b>", "Cookie: csrftoken=\u00ff;;=="),
    *("Cookie: " + "a=b; " * 900, "X-Forwarded-Host: evil.example", "Range: bytes=5-1"),
    *(
        "If-None-Match: \u00ff",
        "If-Modified-Since: never",
        "Expect: 200-ok",
        "Accept: \u00ff/\u00ff",
    ),
    *(
        "Content-Encoding: gzip",
        "Upgrade: h2c",
        "X-HTTP-Method-Override: DELETE",
        "X_Y: underscore",
    ),
)
HOSTS = ("localhost", "evil.example", "127.0.0.1.evil.example", "", "[::1]", "a b", "127.0.0.1:x")
TYPES = (
    *("application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-7"),
    *("application/x-www-form-urlencoded; charset=nothing", "multipart/form-data"),
    *("multipart/form-data; boundary=x", "multipart/form-data; boundary=" + "b" * 300),
    *("multipart/form-data; boundary=\u00e9", "application/json", "text/plain", "\u00ff", ""),
)
BODIES = (
    *(b"", b"id=mine&reason=why", b"id=%ff&reason=%00", b"a=1&" * 1500, b"{", b"\xff\xfe\x00"),
    *(b"--x\r\n\r\n", b"--x\r\nContent-Disposition: form-data; name=id\r\n\r\nmine\r\n--x--\r\n"),
    b'--x\r\nContent-Disposition: form-data; name="f"; filename="../a\x00.csv"\r\n\r\ngeo\r\n--x--',
    b"--x\r\nContent-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64\r\n\r\n!",
)
LARGE = b"reason=" + b"x" * 1_200_000


class Line:
    """A connection that is kept open as long as the other side keeps it."""

    def __init__(self, base: str) -> None:
        self.port = int(base.rpartition(":")[2])
        self._socket: socket.socket | None = None

    def ask(self, method: str, sent: bytes) -> tuple[http.client.HTTPResponse, bytes]:
        """The answer to a request, written as it is; a line that has ended is opened anew."""
        for _ in range(2):
            fresh = self._socket is None
            if self._socket is None:
                self._socket = socket.create_connection(("127.0.0.1", self.port), timeout=60)
            try:
                self._socket.sendall(sent)
                found = http.client.HTTPResponse(self._socket, method=method)
                found.begin()
                content = found.read()
            except (ConnectionError, http.client.BadStatusLine):
                self.close()
                if fresh:
                    raise
                continue
            if found.will_close:
                self.close()
            return found, content
        raise ConnectionError("no answer")

    def close(self) -> None:
        """End it."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class Chance:
    """Requests, one after the other, from one number."""

    def __init__(self, seed: int, cookie: str, token: str) -> None:
        self._r = random.Random(seed)
        self._cookie, self._token = cookie, token
        every = [f"/six/{page}" for page in pages()]
        self._twins = [f"{page}.{form}" for page in every for form in TWINS]
        self._pages = every

    def request(self) -> tuple[str, str, bytes]:
        """Method, address, and the whole as bytes."""
        r = self._r
        method = "GET" if r.random() < 0.7 else r.choice(METHODS)
        target = self._target()
        headers = [f"Host: {'127.0.0.1' if r.random() < 0.93 else r.choice(HOSTS)}"]
        headers += r.sample(HEADERS, r.choice((0, 0, 0, 1, 2)))
        body = b""
        if method in ("POST", "PUT", "PATCH") or r.random() < 0.03:
            body = LARGE if r.random() < 0.02 else r.choice(BODIES)
            headers.append(f"Content-Type: {r.choice(TYPES)}")
            if r.random() < 0.6:
                headers.append(f"Cookie: csrftoken={self._cookie}")
                headers.append(f"X-CSRFToken: {self._token}")
            headers.append(f"Content-Length: {len(body)}")
        head = "\r\n".join((f"{method} {target} HTTP/1.1", *headers, "", ""))
        return method, target, head.encode("latin-1", "replace") + body

    def _target(self) -> str:
        r = self._r
        kind = r.random()
        place = r.choice(PLACES if kind < 0.25 else self._twins if kind < 0.55 else self._pages)
        place += r.choice(TAILS)
        parts = [self._pair() for _ in range(r.choice((0, 1, 1, 2, 3)))]
        if parts and r.random() < 0.05:
            parts *= 2
        if r.random() < 0.01:
            parts = [f"region={i}" for i in range(1100)]
        return f"{place}?{'&'.join(parts)}" if parts else place

    def _pair(self) -> str:
        r = self._r
        name = r.choice(NAMES) if r.random() < 0.9 else r.choice(ODD_NAMES)
        if r.random() < 0.15:
            return f"{name}={r.choice(RAW)}"
        # A number nobody has chosen yet would have everything computed anew, each time.
        value = r.choice(VALUES)
        return f"{name}={quote(value, safe='') if r.random() < 0.9 else quote(value)}"


@pytest.fixture(scope="module")
def ready(writable: str) -> tuple[str, str, str]:
    """Address of a workbench whose study is computed, a cookie and a token of its forms."""
    with httpx.Client() as client:
        end = time.monotonic() + 120
        address = f"{writable}/compose?members=31"
        while (found := client.get(address)).status_code == 202:
            assert time.monotonic() < end
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', found.text)
        assert token is not None
        return writable.removesuffix("/six"), client.cookies["csrftoken"], token[1]


def judged(method: str, target: str, found: http.client.HTTPResponse, content: bytes) -> None:
    """Whether an answer is one that the workbench may give."""
    if found.headers["Content-Encoding"] == "gzip" and content:
        content = gzip.decompress(content)
    status, told = found.status, (method, target[:200], found.status, content[:300])
    assert status < 500, told
    assert b"Traceback" not in content, told
    assert b"fault of Hansa" not in content, told
    assert not [name for name in found.headers if name.lower().startswith("access-control")], told
    assert found.headers["X-Injected"] is None, told
    if status >= 400 and method != "HEAD":
        assert len(content) > 10, told
        kind = found.headers["Content-Type"].partition(";")[0]
        if kind == "application/json":
            finding = json.loads(content)
            assert len(finding["rule"]) > 10, told
            assert set(finding) >= {"severity", "place", "printed", "admissible", "fix"}, told
    if found.headers["Content-Security-Policy"] is None:
        # What is no request at all is refused before it reaches the workbench, by the server.
        assert status in (400, 413, 431), told
        assert b"generated by" in content or method == "HEAD", told


def thrown(ready: tuple[str, str, str], seed: int, times: int) -> Counter[int]:
    """Throw requests at a workbench; how often each status came back."""
    base, cookie, token = ready
    chance, line, seen = Chance(seed, cookie, token), Line(base), Counter[int]()
    try:
        for _ in range(times):
            method, target, sent = chance.request()
            found, content = line.ask(method, sent)
            judged(method, target, found, content)
            seen[found.status] += 1
    finally:
        line.close()
    assert httpx.get(f"{base}/six/start", timeout=60).status_code == 200
    return seen


def test_no_request_is_a_fault(ready) -> None:
    seen = thrown(ready, 2026, 500)
    assert set(seen) >= {200, 400, 403, 404, 405}, seen


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_very_many_requests(ready, seed: int) -> None:
    thrown(ready, seed, 2000)


BROKEN = (
    b"\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET /six/start\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost 127.0.0.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n folded\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\nX: bare\r\n\r\n",
    b"GET / HTTP/1.1\r\nX: \x00\r\n\r\n",
    b"GET /\x00\x01 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /" + bytes(range(128, 256)) + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 90_000 + b"\r\n",
    b"GET /" + b"a" * 400_000 + b" HTTP/1.1\r\n\r\n",
    b"POST /six/compose HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5\r\n\r\n",
    b"POST /six/compose HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1, 2\r\n\r\nab",
    b"POST /six/compose HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999999\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n",
)


@pytest.mark.parametrize("sent", BROKEN, ids=[str(i) for i in range(len(BROKEN))])
def test_what_is_no_request_is_refused(ready, sent: bytes) -> None:
    """Each is answered with words or not at all, and the next request is answered as ever."""
    port = int(ready[0].rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        try:
            line.sendall(sent)
            line.shutdown(socket.SHUT_WR)
            found = b"".join(iter(lambda: line.recv(65536), b""))
        except (ConnectionError, OSError):
            found = b""
    if found:
        status = re.match(rb"HTTP/1\.[01] (\d{3}) ", found)
        assert status is not None, found[:100]
        assert int(status[1]) < 500, found[:300]
        assert len(found.partition(b"\r\n\r\n")[2]) > 10 or status[1] in (b"200", b"302"), found
    assert httpx.get(f"{ready[0]}/six/start", timeout=60).status_code == 200


# --- refusals of what cannot be read: each says which ----------------------------------------


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("application/x-www-form-urlencoded", b"a=1&" * 1500, "more than 1000 parameters"),
        ("application/x-www-form-urlencoded", LARGE, "larger than 1024 KiB"),
        ("application/x-www-form-urlencoded; charset=utf-7", b"a=1", "no UTF-8 text"),
        ("multipart/form-data", b"--x", "the parts of its form cannot be told apart"),
        ("multipart/form-data; boundary=\u00e9", b"--x", "the parts of its form cannot be told"),
    ],
)
def test_what_cannot_be_read_says_why(ready, kind: str, body: bytes, said: str) -> None:
    base, cookie, _ = ready
    headers = {"Content-Type": kind.encode("latin-1"), "Cookie": f"csrftoken={cookie}"}
    found = httpx.post(f"{base}/six/compose", content=body, headers=headers)  # type: ignore[arg-type]
    assert (found.status_code, said in found.text) == (400, True), found.text


def test_too_many_parameters_of_an_address(ready) -> None:
    query = "&".join(f"a={i}" for i in range(1100))
    found = httpx.get(f"{ready[0]}/six/start?{query}")
    assert (found.status_code, "more than 1000 parameters" in found.text) == (400, True)
    found = httpx.get(f"{ready[0]}/six/start.json?{query}")
    assert "more than 1000 parameters" in found.json()["rule"]


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PUT", "DELETE", "PATCH", "PROPFIND"])
@pytest.mark.parametrize("path", ["/", "/six/start", "/six/start.svg", "/assets/0/hansa.css"])
def test_other_methods_are_refused_in_words(ready, method: str, path: str) -> None:
    found = httpx.request(method, ready[0] + path)
    assert found.status_code == 405
    assert "GET, HEAD" in found.headers["allow"]
    assert f"{method} is nothing that can be done at this address" in found.text


def test_machines_and_people_are_told_apart() -> None:
    from django.test import RequestFactory

    from hansa.web.site.settings import configure

    configure()
    for path, machine in (
        ("/api", True),
        ("/api/x", True),
        ("/api/a%0Ab", True),
        ("/six/files/a%0Ab", True),
        ("/six/a.csv", True),
        ("/six/a", False),
        ("/six/a.csv%0A", False),
        ("/six/api", False),
    ):
        assert for_machines(RequestFactory().get(path)) == machine


def test_too_many_fields_are_refused_however_the_body_is_called(served: str) -> None:
    """A content type with a charset makes the fields be read before anybody could refuse."""
    fields = "&".join(f"region={n}" for n in range(1200))
    for kind in ("text/plain", "text/plain; charset=utf-8"):
        found = httpx.get(f"{served}/start?{fields}", headers={"Content-Type": kind})
        assert found.status_code == 400
        assert "fields" in found.text
