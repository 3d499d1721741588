"""Requests over a real connection to a server that misbehaves on purpose."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from faulty_server import Answer, FaultyServer, until, unused_port, write_certificate
from hypothesis import given, settings
from hypothesis import strategies as st

from hansa import __version__
from hansa.errors import HansaError, UsageError
from hansa.sources.live.contract import Reply, Request
from hansa.sources.live.patience import retry_after
from hansa.sources.live.transport import Patience, Transport
from hansa.sources.live.troubles import first_words, secretless

# Long enough for a machine that has much else to do; only where a stall is meant, it is waited for.
QUICK = Patience(read=10, connect=10)
STALLS = Patience(read=0.2)
BODY = random.Random(1).randbytes(100_000)
LONG_AGO = "Wed, 01 Jan 2020 00:00:00 GMT"
GOOD = Answer(body=BODY, etag='"one"', ranges=True)


class Asked:
    """A transport to a server, with everything it told and every wait it asked for."""

    def __init__(self, home: str, patience: Patience = QUICK) -> None:
        self.told: list[tuple[str, int, int | None]] = []
        self.waits: list[float] = []
        self.transport = Transport(home, patience, self._tell, self.waits.append)

    def _tell(self, *what: object) -> None:
        self.told.append(what)  # type: ignore[arg-type]


def bomb_of(megabytes: int) -> bytes:
    """So many MB of zeros in one member of gzip (its checksum missing), made of equal blocks."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    first, block = (
        packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2)
    )
    return first + block * (megabytes - 1)


def ask(
    server: FaultyServer,
    path: str = "/data",
    patience: Patience = QUICK,
    part: Path | None = None,
    body: bytes = b"",
) -> tuple[Reply, Asked]:
    asked = Asked(server.home, patience)
    with asked.transport as transport:
        request = Request(server.url(path), body=body, about="gdp, part 2 of 7")
        return transport.send(request, part=part), asked


def refused(*answers: Answer, patience: Patience = QUICK, part: Path | None = None) -> str:
    with FaultyServer({"/data": answers}) as server, pytest.raises(HansaError) as caught:
        ask(server, patience=patience, part=part)
    return str(caught.value)


def trouble(home: str, patience: Patience = QUICK) -> tuple[str, Asked]:
    asked = Asked(home, patience)
    with asked.transport as transport, pytest.raises(HansaError) as caught:
        transport.send(Request(home + "/data"))
    return str(caught.value), asked


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / "unfinished" / "a.part"


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def left(part: Path) -> list[str]:
    return sorted(path.name for path in part.parent.iterdir()) if part.parent.exists() else []


# --- what is asked -------------------------------------------------------------------


def test_a_request_says_who_asks_and_what_it_takes() -> None:
    with FaultyServer({"/data": [Answer(body=b"1,2")]}) as server:
        with Transport(server.home + "/base") as transport:
            reply = transport.send(Request(server.url("/data?c=a+b"), accept="text/csv"))
        seen = server.seen
    assert (reply.status, reply.body, reply.content_type) == (200, b"1,2", "text/plain")
    assert [(s.method, s.path, s.body) for s in seen] == [("GET", "/data?c=a+b", b"")]
    sent = dict(seen[0].headers)
    assert sent.pop("host") == f"127.0.0.1:{server.port}"
    assert sent == {
        "accept": "text/csv",
        "accept-language": "en",
        "accept-encoding": "gzip",
        "connection": "keep-alive",
        "user-agent": f"hansa/{__version__}",
    }


def test_a_post_carries_its_body_again_after_a_failure() -> None:
    with FaultyServer({"/data": [Answer(503), Answer(body=b"1")]}) as server:
        with Asked(server.home).transport as transport:
            request = Request(
                server.url("/data"), body=b'{"q": 1}', content_type="application/json"
            )
            reply = transport.send(request, validators={"If-None-Match": '"a"'})
        seen = server.seen
    assert reply.body == b"1"
    assert [(s.method, s.body) for s in seen] == [("POST", b'{"q": 1}')] * 2
    assert seen[1].headers["content-type"] == "application/json"
    assert "if-none-match" not in seen[0].headers


@pytest.mark.parametrize(
    "status", [201, 204, 304, 400, 401, 403, 404, 406, 410, 413, 414, 422, 501]
)
def test_other_statuses_are_for_the_service_to_judge(status: int) -> None:
    body = b"" if status in (204, 304) else b"said"
    with FaultyServer({"/data": [Answer(status, body, {"X-Own": "1"})]}) as server:
        reply, asked = ask(server)
        assert len(server.seen) == 1
    assert (reply.status, reply.body, reply.headers["x-own"]) == (status, body, "1")
    assert asked.waits == []


def test_an_error_page_under_200_is_an_answer_here() -> None:
    page = b"<html><body>Sorry, maintenance</body></html>"
    with FaultyServer({"/data": [Answer(200, page, {"Content-Type": "text/html"})]}) as server:
        reply, _ = ask(server)
    assert (reply.body, reply.content_type) == (page, "text/html")


def test_a_condition_is_sent_and_304_comes_back() -> None:
    answer = Answer(body=b"1", etag='"a"')
    with FaultyServer({"/data": [answer]}) as server, Transport(server.home) as transport:
        request = Request(server.url("/data"))
        assert transport.send(request, {"If-None-Match": '"b"'}).status == 200
        assert transport.send(request, {"If-None-Match": '"a"'}).status == 304
        # What cannot be sent is left out: the answer comes whole.
        assert transport.send(request, {"If-None-Match": '"ä"'}).status == 200


def test_headers_of_the_way_and_cookies_are_not_handed_on() -> None:
    answer = Answer(body=b"1", gzip=True, headers={"Set-Cookie": "who=you"})
    with FaultyServer({"/data": [answer]}) as server:
        reply, _ = ask(server)
    assert sorted(reply.headers) == ["content-type", "date"]


# --- only the one service ------------------------------------------------------------


def test_another_host_is_never_asked() -> None:
    with FaultyServer({}) as server, Transport("https://service.example") as transport:
        with pytest.raises(HansaError) as caught:
            transport.send(Request(server.url("/data")))
        assert server.seen == []
    message = str(caught.value)
    assert "the service https://service.example is asked for at another address" in message
    assert f"http://127.0.0.1:{server.port}" in message


@pytest.mark.parametrize("path", ["/data", "//127.0.0.1:{other}/data", "http://localhost:{own}/"])
def test_a_redirect_elsewhere_is_refused(path: str) -> None:
    with FaultyServer({}) as other, FaultyServer({}) as server:
        path = path if path != "/data" else other.url(path)
        location = path.format(other=other.port, own=server.port)
        server.answers["/data"] = [Answer(302, headers={"Location": location})]
        with pytest.raises(HansaError) as caught:
            ask(server)
        assert (len(server.seen), other.seen) == (1, [])
    message = str(caught.value)
    assert f"the service {server.home} redirects to another address: http://" in message
    assert "gdp, part 2 of 7: http://127.0.0.1" in message
    assert "name http://" in message


@pytest.mark.parametrize("location", ["file:/etc/passwd", "ftp://127.0.0.1/x"])
def test_a_redirect_to_no_address_of_http_is_refused_without_naming_it(location: str) -> None:
    message = refused(Answer(302, headers={"Location": location}))
    assert "redirects to something that is no address of http or https" in message
    assert f"found:  {location}\n" in message
    assert message.endswith("do:     tell the service; give another address of it")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_on_the_same_host_is_followed(status: int) -> None:
    answers = {"/data": [Answer(status, headers={"Location": "new?x=1"})]}
    with FaultyServer(answers | {"/new": [Answer(body=b"1")]}) as server:
        reply, _ = ask(server)
        assert reply.request.url == server.url("/data")
        assert [s.path for s in server.seen] == ["/data", "/new?x=1"]
        again, _ = ask(server, body=b"question")
        assert reply.body == again.body == b"1"
        last = server.seen[-1]
    assert (last.method, last.body) == (("GET", b"") if status == 303 else ("POST", b"question"))


def test_five_redirects_are_followed_and_a_sixth_is_not() -> None:
    chain = {f"/{n}": [Answer(302, headers={"Location": f"/{n + 1}"})] for n in range(6)}
    with FaultyServer(chain | {"/6": [Answer(body=b"1")]}) as server:
        assert ask(server, "/1")[0].body == b"1"
        with pytest.raises(HansaError, match="redirects more than 5 times"):
            ask(server, "/0")
    for location in ("http://[::1/", "//[::1/", "//host:port/"):
        message = refused(Answer(302, headers={"Location": location}))
        assert "no answer: the service redirects to what is no address" in message
    with FaultyServer({"/data": [Answer(302, b"no address")]}) as server:
        assert ask(server)[0].status == 302


def test_http_may_become_https_but_never_the_other_way(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(write_certificate(tmp_path / "authority.pem")))
    with FaultyServer({"/new": [Answer(body=b"1")]}) as server:
        server.answers["/data"] = [Answer(301, headers={"Location": server.secure_home + "/new"})]
        assert ask(server)[0].body == b"1"
        assert [s.secure for s in server.seen] == [False, True]
        server.answers["/new"] = [Answer(302, headers={"Location": server.url("/old")})]
        with pytest.raises(HansaError, match="redirects to an address without https: http://127"):
            ask(server)
        with Transport(server.secure_home) as transport:
            with pytest.raises(HansaError, match="is asked for at an address without https"):
                transport.send(Request(server.url("/data")))
            with pytest.raises(HansaError, match="redirects to an address without https"):
                transport.send(Request(server.secure_home + "/new"))
        assert "/old" not in [s.path for s in server.seen]


def test_the_usual_ports_of_http_and_https_are_one_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen by a proxy, so that no name is looked up."""
    with FaultyServer({}) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.home)
        monkeypatch.setenv("HTTPS_PROXY", proxy.home)
        to = {"Location": "https://service.example/new"}
        proxy.answers["http://service.example/data"] = [Answer(301, headers=to)]
        # The proxy refuses to connect further; that it was asked shows the way taken.
        assert "the proxy refuses" in trouble("http://service.example")[0]
        assert proxy.seen[0].path == "http://service.example/data"
        to = {"Location": "https://service.example:8443/new"}
        proxy.answers["http://service.example/data"] = [Answer(301, headers=to)]
        message, _ = trouble("http://service.example")
        assert "redirects to another address: https://service.example:8443" in message


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("ftp://service.example", "no http"),
        ("service.example/api", "no http"),
        ("https://", "no host"),
        ("https://[::1", "cannot be used"),
        ("https://a..b.example", "cannot be used"),
        (f"https://{'a' * 70}.example", "cannot be used"),
        ("http://service.example:port", "cannot be used"),
    ],
)
def test_an_address_that_cannot_be_used_is_a_usage_fault(address: str, words: str) -> None:
    with Transport(address) as transport, pytest.raises(UsageError, match=words) as caught:
        transport.send(Request(address))
    assert address[:60] in str(caught.value)
    assert "needed: https://host/path" in str(caught.value)


def test_no_password_is_taken_or_shown() -> None:
    with FaultyServer({}) as server:
        own = f"http://me:hush@127.0.0.1:{server.port}/"
        server.answers["/data"] = [Answer(302, headers={"Location": own})]
        for home in (own, server.home):
            with Transport(home) as transport, pytest.raises(UsageError) as caught:
                transport.send(Request(server.url("/data")))
            assert "a name or a password in it is not used" in str(caught.value)
            assert "hush" not in str(caught.value)
    with FaultyServer({"/data": [Answer(503)]}) as server, pytest.raises(HansaError) as refusal:
        ask(server, "/data?key=hush&get=1&apikey=hush", Patience(tries=1))
    assert "/data?key=***&get=1&apikey=***" in str(refusal.value)


# --- proxies -------------------------------------------------------------------------


def test_this_machine_is_asked_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{unused_port()}")
    with FaultyServer({"/data": [Answer(body=b"1")]}) as server:
        assert ask(server)[0].body == b"1"
        with Transport(f"http://localhost:{server.port}") as transport:
            url = f"http://localhost:{server.port}/data"
            assert transport.send(Request(url)).body == b"1"


def test_others_are_asked_through_the_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with FaultyServer({"http://service.example/data": [Answer(body=b"1")]}) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://me:hush@127.0.0.1:{proxy.port}")
        with Transport("http://service.example") as transport:
            assert transport.send(Request("http://service.example/data")).body == b"1"
        assert "proxy-authorization" in proxy.seen[0].headers
    message, _ = trouble("http://service.example")
    assert f"the proxy 127.0.0.1:{proxy.port} refuses the connection" in message
    assert "hush" not in message


def test_a_proxy_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "carrier://pigeon")
    message, _ = trouble("http://service.example")
    assert "the proxy named in the environment cannot be used" in message
    assert "name service.example in NO_PROXY" in message


# --- trying again --------------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_some_statuses_are_tried_again(status: int) -> None:
    with FaultyServer({"/data": [Answer(status), Answer(status), Answer(body=b"1")]}) as server:
        reply, asked = ask(server)
        assert len(server.seen) == 3
    assert (reply.status, reply.body) == (200, b"1")
    assert asked.waits == [1.0, 2.0]
    assert asked.told[0][0].startswith(f"gdp, part 2 of 7: the service answers {status} ")
    assert asked.told[0][0].endswith("; try 2 of 5 in 1 s")


def test_waits_double_up_to_the_longest() -> None:
    patience = replace(QUICK, tries=6, first_wait=3, longest_wait=20)
    with FaultyServer({"/data": [Answer(500)] * 5 + [Answer(body=b"1")]}) as server:
        assert ask(server, patience=patience)[1].waits == [3, 6, 12, 20, 20]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(cut=-1), "the service closed the connection without an answer"),
        (Answer(body=BODY, cut=5000), "the answer broke off"),
        (Answer(body=BODY, length=200_000), "the answer broke off"),
        (Answer(body=BODY, chunked=True, cut=20_000), "the answer broke off"),
        (Answer(body=BODY, gzip=True, unmeasured=True, cut=20_000), "the gzip of the answer ends"),
        (Answer(body=b"no gzip", packed=True), "the answer came damaged (broken gzip"),
        (Answer(body=gzip.compress(BODY)[:-5] + b"12345", packed=True), "damaged (broken gzip"),
        (Answer(stall=-1), "the service went silent (time-out)"),
        (Answer(body=BODY, stall=50), "the service went silent (time-out)"),
        (Answer(206, b"ab"), "the service sends a piece of an answer"),
        (Answer(headers={"Content-Length": "x"}), "not HTTP"),
    ],
)
def test_a_broken_answer_is_tried_again(answer: Answer, words: str) -> None:
    for given_ in ({}, {"etag": '"a"'}):
        script = {"/data": [replace(answer, **given_), GOOD]}
        with FaultyServer(script) as server, tempfile.TemporaryDirectory() as folder:
            patience = QUICK if answer.stall is None else STALLS
            reply, asked = ask(server, "/data", patience, Path(folder) / "p" if given_ else None)
            assert os.listdir(folder) == []
        assert reply.body == BODY
        assert asked.waits == [1.0]
        assert words in next(told[0] for told in asked.told if "try 2 of 5" in told[0])


@pytest.mark.parametrize(("asked_for", "waits"), [("7", [7.0]), ("0", [1.0]), ("soon", [1.0])])
def test_retry_after_in_seconds_is_kept_to(asked_for: str, waits: list[float]) -> None:
    answers = [Answer(503, headers={"Retry-After": asked_for}), Answer(body=b"1")]
    with FaultyServer({"/data": answers}) as server:
        assert ask(server)[1].waits == waits


def test_retry_after_as_a_date_is_read_by_the_clock_of_the_service() -> None:
    then = datetime(2030, 1, 1, tzinfo=UTC)
    headers = {"Date": format_datetime(then, True)}
    headers["Retry-After"] = format_datetime(then + timedelta(seconds=90), usegmt=True)
    with FaultyServer({"/data": [Answer(429, headers=headers), Answer(body=b"1")]}) as server:
        assert ask(server)[1].waits == [90.0]
    asked = {"retry-after": headers["Retry-After"]}
    assert retry_after(asked, then + timedelta(seconds=60)) == 30.0
    assert retry_after(asked, then + timedelta(seconds=91)) is None
    assert retry_after({"retry-after": "Wed, 99 Jan 2020"}, then) is None


@pytest.mark.parametrize("seconds", ["121", "9" * 400])
def test_a_service_that_asks_for_too_long_a_wait_is_not_waited_for(seconds: str) -> None:
    answer = Answer(429, b"Quota used up", {"Retry-After": seconds})
    message = refused(answer)
    assert "the service asks to come back in " in message
    assert ("come back in 121 s, at 20" in message) == (seconds == "121")
    assert "429 Too Many Requests; Quota used up" in message
    assert "at most 120 s" in message
    assert "gdp, part 2 of 7: http://127.0.0.1" in message


def test_after_the_last_try_the_error_says_what_and_where_and_the_ways_out() -> None:
    page = b"<html><head><title>Busy &amp; closed</title></head><body>Back on Monday</body></html>"
    with FaultyServer({"/data": [Answer(503, page)]}) as server:
        with pytest.raises(HansaError) as caught:
            ask(server)
        assert len(server.seen) == 5
    assert str(caught.value).splitlines() == [
        "no answer after 5 tries: the service answers 503 Service Unavailable",
        f"  where:  gdp, part 2 of 7: {server.url('/data')}",
        "  found:  Busy & closed",
        "  do:     try again later; ask for less (narrower filters); "
        "give another address of the service",
    ]
    assert "no answer after 1 try: the service answers 500" in refused(
        Answer(500), patience=Patience(tries=1)
    )


def test_what_a_failing_service_says_is_read_packed_broken_and_without_end() -> None:
    once, stalls = Patience(tries=1), Patience(tries=1, read=0.2)
    said = b"Too many cells"
    assert "found:  Too many cells" in refused(Answer(503, said, gzip=True), patience=once)
    assert "found:  Too many" in refused(Answer(503, said, stall=8), patience=stalls)
    assert "found:  ~~~" in refused(Answer(503, b"~" * 400_000, stall=300_000), patience=stalls)
    bomb = Answer(503, bomb_of(300), packed=True)
    assert "answers 503" in refused(bomb, patience=once)
    strange = Answer(503, b"x", {"Content-Encoding": "br"})
    assert "answers 503" in refused(strange, patience=once)


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (b"\n  plain text \nmore", "text/plain", "plain text"),
        ("Zu groß".encode("latin-1"), "text/plain; charset=ISO-8859-1", "Zu groß"),
        (b"fine", "text/plain; charset=nonsense", "fine"),
        (b"<?xml version='1.0'?><e:Error><Text>No data</Text></e:Error>", "x/xml", "No data"),
        (b"<style>p {}</style><!-- x --><p>One</p><p>Two</p>", "text/html", "One"),
        (b'{\n "error": {"status": 413, "label": "Too big"}}', "application/json", "Too big"),
        (b'{"title": "Bad", "errors": [{"message": "Wrong code"}]}', "a/json", "Wrong code"),
        (b'{"a": [1, 2]}', "application/json", '{"a": [1, 2]}'),
        (b'{"cut', "application/json", '{"cut'),
        (b"\x1b[31mred\x07\r\n", "text/plain", "[31mred"),
        (b"PK\x03\x04\0\0", "application/octet-stream", ""),
        (b"GIF89a", "image/gif", ""),
        (b"", "text/html", ""),
        (b"a" * 300, "text/plain", "a" * 199 + "…"),
    ],
)
def test_the_first_words_of_a_body(body: bytes, kind: str, words: str) -> None:
    assert first_words(body, {"content-type": kind}) == words


@given(st.binary(max_size=300), st.sampled_from(["text/html", "application/json", ""]))
def test_first_words_of_anything_are_one_short_line(body: bytes, kind: str) -> None:
    words = first_words(body, {"content-type": kind})
    assert len(words) <= 200
    assert words == "" or words.isprintable()


def test_secrets_are_taken_out_of_what_is_shown() -> None:
    assert secretless("?get=A&key=abc&for=x&API_KEY=d") == "?get=A&key=***&for=x&API_KEY=***"
    assert secretless('{"registrationkey": "abc", "a": 1}') == '{"registrationkey": "***", "a": 1}'
    assert secretless("/data/A.key.B?keys=1") == "/data/A.key.B?keys=1"


# --- which trouble it is -------------------------------------------------------------


def test_a_refused_connection() -> None:
    message, asked = trouble(f"http://127.0.0.1:{unused_port()}")
    assert "no answer after 5 tries: 127.0.0.1 refuses the connection" in message
    assert "check the address and its port" in message
    assert asked.waits == [1, 2, 4, 8]


def test_a_connection_that_does_not_come_about() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        home = f"https://127.0.0.1:{deaf.getsockname()[1]}"
        message, _ = trouble(home, Patience(tries=1, connect=0.2))
    assert "no connection to 127.0.0.1 in time" in message


def test_a_certificate_that_is_not_trusted_is_not_tried_again() -> None:
    with FaultyServer({"/data": [Answer(body=b"1")]}) as server:
        message, asked = trouble(server.secure_home)
        assert (server.seen, asked.waits) == ([], [])
    assert "no answer: the certificate of 127.0.0.1 is not trusted (" in message
    assert "SSL_CERT_FILE" in message
    assert "try again later" not in message


def test_https_where_only_http_is_spoken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def answer() -> None:
            connection, _ = plain.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        message, _ = trouble(f"https://127.0.0.1:{plain.getsockname()[1]}", Patience(tries=1))
    assert "no secure connection to 127.0.0.1" in message


@pytest.mark.parametrize(
    ("error", "words", "tries"),
    [
        (socket.gaierror(socket.EAI_NONAME, "x"), "no answer: there is no host service.ex", 1),
        (socket.gaierror(socket.EAI_AGAIN, "x"), "5 tries: no network: the name service.ex", 5),
        (OSError(101, "Network is unreachable"), "5 tries: no network: there is no way to", 5),
        (OSError(5, "odd"), "5 tries: no connection to service.example: [Errno 5] odd", 5),
    ],
)
def test_names_and_networks_that_are_not_there(
    monkeypatch: pytest.MonkeyPatch, error: OSError, words: str, tries: int
) -> None:
    """The system's own answer is put in its place: no name may be looked up here."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(socket, "create_connection", fail)
    message, asked = trouble("http://service.example")
    assert words in message
    assert len(asked.waits) == tries - 1


def test_certificates_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    message, _ = trouble("https://127.0.0.1:1")
    assert "the certificates named in the environment cannot be read" in message


# --- bodies --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=BODY),
        Answer(body=BODY, chunked=True),
        Answer(body=BODY, unmeasured=True),
        Answer(body=BODY, gzip=True),
        Answer(body=BODY, gzip=True, chunked=True),
        Answer(body=gzip.compress(BODY[:9]) + gzip.compress(BODY[9:]) + bytes(20), packed=True),
        Answer(body=b"", packed=True),
        Answer(body=gzip.compress(b""), packed=True),
    ],
)
@pytest.mark.parametrize("kept", [True, False])
def test_a_body_is_whole_and_unpacked(answer: Answer, kept: bool, part: Path) -> None:
    with FaultyServer({"/data": [replace(answer, etag='"a"', ranges=True)]}) as server:
        reply, asked = ask(server, part=part if kept else None)
    empty = answer.packed and len(answer.body) < 30
    assert reply.body == (b"" if empty else BODY)
    assert left(part) == []
    if not (answer.gzip or answer.packed):
        total = None if answer.chunked or answer.unmeasured else len(BODY)
        assert asked.told[-1] == ("gdp, part 2 of 7", len(BODY), total)


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=BODY),
        Answer(body=BODY, chunked=True),
        Answer(body=b"~" * 60_000, gzip=True),
        Answer(body=bomb_of(64), packed=True),
    ],
)
def test_a_body_larger_than_agreed_is_refused(answer: Answer, kept: bool, part: Path) -> None:
    patience = replace(QUICK, most_bytes=50_000)
    message = refused(replace(answer, etag='"a"'), patience=patience, part=part if kept else None)
    assert message.startswith("the answer is too large\n")
    assert "at most 50,000 bytes" in message
    assert "gdp, part 2 of 7" in message
    assert "narrower filters" in message
    assert left(part) == []


def test_a_body_that_says_it_is_too_large_is_not_waited_for(part: Path) -> None:
    said = replace(NEW, ranges=False, length=3 << 30, stall=10)
    with FaultyServer({"/data": [replace(GOOD, cut=30_000), said]}) as server:
        asked = Asked(server.home)
        with asked.transport as transport, pytest.raises(HansaError) as caught:
            transport.send(Request(server.url("/data")), part=part)
        assert len(server.seen) == 2
    assert "more than 2,147,483,648 bytes" in str(caught.value)
    assert asked.waits == [1.0]
    assert left(part) == []


def test_a_bomb_never_fills_the_memory() -> None:
    """256 MB behind 300 kB of gzip."""
    program = """
import sys
from hansa.sources.live.transport import Patience, Transport
from hansa.sources.live.contract import Request
with Transport(sys.argv[1], Patience(most_bytes=8 << 20)) as transport:
    try:
        transport.send(Request(sys.argv[1] + "/data"))
    except Exception as error:
        print(type(error).__name__, error)
status = open("/proc/self/status").read()
print("peak", int(status.split("VmHWM:")[1].split()[0]) // 1024)
"""
    with FaultyServer({"/data": [Answer(body=bomb_of(256), packed=True)]}) as server:
        done = subprocess.run(
            [sys.executable, "-c", program, server.home], capture_output=True, text=True, check=True
        )
    assert done.stdout.startswith("HansaError the answer is too large"), done.stderr
    assert int(done.stdout.split()[-1]) < 200


def test_a_way_of_packing_nobody_asked_for_is_refused() -> None:
    message = refused(Answer(body=b"x", headers={"Content-Encoding": "br"}))
    assert "packs its answer in a way that was not asked for" in message
    assert "Content-Encoding: br" in message


# --- going on where it broke off -----------------------------------------------------


def ranges(server: FaultyServer) -> list[tuple[str | None, str | None]]:
    return [(s.headers.get("range"), s.headers.get("if-range")) for s in server.seen]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("told", [{"etag": '"one"'}, {"modified": LONG_AGO}])
def test_a_cut_body_is_continued(part: Path, packed: bool, told: Mapping[str, str]) -> None:
    whole = Answer(body=BODY, gzip=packed, ranges=True, **told)
    cuts = [replace(whole, cut=30_000), replace(whole, cut=20_000)]
    with FaultyServer({"/data": [*cuts, whole]}) as server:
        reply, asked = ask(server, part=part)
        condition = next(iter(told.values()))
        assert ranges(server) == [
            (None, None),
            ("bytes=30000-", condition),
            ("bytes=50000-", condition),
        ]
    assert (reply.body, reply.status) == (BODY, 200)
    assert reply.headers["content-type"] == "text/plain"
    assert "content-range" not in reply.headers
    assert left(part) == []
    assert asked.told[-1][1] == asked.told[-1][2]
    assert ("answer broke off" in asked.told[2][0]) or len(asked.told) > 3


@pytest.mark.parametrize(
    "first",
    [
        Answer(body=BODY, ranges=True),
        Answer(body=BODY, ranges=True, etag='W/"weak"'),
        Answer(body=BODY, ranges=True, etag='W/"weak"', modified=LONG_AGO),
        Answer(body=BODY, ranges=True, etag='"ä"'),
        Answer(body=BODY, ranges=True, headers={"Date": LONG_AGO}, modified=LONG_AGO),
        Answer(body=BODY, etag='"one"', headers={"Accept-Ranges": "none"}),
    ],
)
def test_what_cannot_be_told_apart_is_asked_for_again(part: Path, first: Answer) -> None:
    with FaultyServer({"/data": [replace(first, cut=30_000), first]}) as server:
        assert ask(server, part=part)[0].body == BODY
        assert ranges(server) == [(None, None)] * 2
    assert left(part) == []


NEW = Answer(body=BODY[::-1], etag='"two"', ranges=True)


def piece(span: str, packing: str = "identity") -> Answer:
    headers = {"Content-Range": span, "Content-Encoding": packing}
    return Answer(206, BODY[:60_000], headers, etag='"one"')


@pytest.mark.parametrize(
    ("then", "requests"),
    [
        ([NEW], 2),  # another version: 200
        ([replace(NEW, ranges=False)], 2),  # a service without ranges
        ([replace(NEW, careless=True)], 3),  # 206 of another version
        ([replace(NEW, careless=True, etag="")], 3),  # 206 of who knows what
        ([replace(GOOD, shift=7), NEW], 3),  # 206 from another place
        ([replace(GOOD, gzip=True), NEW], 3),  # 206 packed, begun unpacked
        ([replace(GOOD, body=BODY + b"more"), NEW], 3),  # same name, other length
        ([replace(GOOD, body=b"short", careless=True), NEW], 3),  # 416
        ([Answer(206, b"x", {"Content-Range": "nonsense"}, etag='"one"'), NEW], 3),
        ([piece("bytes 0-59999/100000"), NEW], 3),  # as long as wanted, from another place
        ([piece("bytes 40000-99999/*", "gzip"), NEW], 3),  # as long as wanted, packed
        ([Answer(400, b"no ranges here"), NEW], 3),
        ([Answer(503), NEW], 3),
    ],
)
def test_two_versions_are_never_mixed(part: Path, then: list[Answer], requests: int) -> None:
    with FaultyServer({"/data": [replace(GOOD, cut=40_000), *then]}) as server:
        reply, _ = ask(server, part=part)
        assert len(server.seen) == requests
        assert server.seen[1].headers["range"] == "bytes=40000-"
    assert reply.body == NEW.body
    assert left(part) == []


_ANSWERS = st.builds(
    Answer,
    body=st.sampled_from([BODY, BODY[::-1], BODY[:60_000] * 2]),
    gzip=st.booleans(),
    chunked=st.booleans(),
    cut=st.sampled_from([0, 1, 16_384, 40_000, 90_000, 99_999]),
    ranges=st.booleans(),
    careless=st.booleans(),
    shift=st.sampled_from([0, 0, 3]),
)


@settings(max_examples=15, deadline=None)
@given(st.lists(_ANSWERS, min_size=1, max_size=5), st.booleans())
def test_whatever_breaks_off_the_body_is_that_of_one_answer(
    cut: list[Answer], by_date: bool
) -> None:
    def named(answer: Answer) -> Answer:
        number = 1 + [BODY, BODY[::-1]].index(answer.body) if len(answer.body) < 110_000 else 3
        date = LONG_AGO.replace("01 Jan", f"0{number} Jan")
        return replace(answer, **({"modified": date} if by_date else {"etag": f'"{number}"'}))

    answers = [named(a) for a in cut] + [named(replace(cut[-1], cut=None, shift=0))]
    with FaultyServer({"/data": answers}) as server, tempfile.TemporaryDirectory() as folder:
        reply, _ = ask(server, patience=replace(QUICK, tries=7), part=Path(folder) / "p")
        assert os.listdir(folder) == []
        last = answers[min(len(server.seen), len(answers)) - 1]
    assert reply.body == last.body


def test_the_next_run_goes_on(part: Path) -> None:
    cut = replace(GOOD, cut=30_000)
    with FaultyServer({"/data": [cut, cut, replace(GOOD, cut=-1), GOOD]}) as server:
        with pytest.raises(HansaError) as caught:
            ask(server, part=part, patience=replace(QUICK, tries=3))
        assert "(60,000 bytes are kept, the next run goes on from there)" in str(caught.value)
        assert left(part) == ["a.part", "a.part.json"]
        assert part.read_bytes() == BODY[:60_000]
        assert json.loads((part.parent / "a.part.json").read_text())["version"]["total"] == 100_000
        assert ask(server, part=part)[0].body == BODY
        assert ranges(server)[-1] == ("bytes=60000-", '"one"')
    assert left(part) == []


def test_a_part_that_was_complete_already_is_confirmed(part: Path) -> None:
    with FaultyServer({"/data": [replace(GOOD, cut=30_000), GOOD]}) as server:
        with pytest.raises(HansaError):
            ask(server, part=part, patience=Patience(tries=1))
        part.write_bytes(BODY)
        assert ask(server, part=part)[0].body == BODY
        assert ranges(server)[-1] == ("bytes=99999-", '"one"')


@pytest.mark.parametrize("damage", ["{", "[]", '{"question": "other"}', "total", "other", None])
def test_a_part_nobody_knows_is_not_continued(part: Path, damage: str | None) -> None:
    with FaultyServer({"/data": [replace(GOOD, cut=30_000), GOOD], "/b": [GOOD]}) as server:
        with pytest.raises(HansaError):
            ask(server, part=part, patience=Patience(tries=1))
        about = part.parent / "a.part.json"
        if damage is None:
            about.unlink()
        elif damage == "total":
            about.write_text(about.read_text().replace("100000", '"many"'))
        elif damage != "other":
            about.write_text(damage)
        reply, _ = ask(server, "/b" if damage == "other" else "/data", part=part)
        assert ranges(server)[-1] == (None, None)
    assert reply.body == BODY
    assert left(part) == []


def test_304_and_a_part_of_an_older_version(part: Path) -> None:
    with FaultyServer({"/data": [replace(GOOD, cut=30_000), GOOD]}) as server:
        with pytest.raises(HansaError):
            ask(server, part=part, patience=Patience(tries=1))
        with Transport(server.home) as transport:
            reply = transport.send(Request(server.url("/data")), {"If-None-Match": '"one"'}, part)
    assert (reply.status, reply.body) == (304, b"")
    assert left(part) == []


def test_a_part_holds_no_cookie(part: Path) -> None:
    answer = replace(GOOD, cut=30_000, headers={"Set-Cookie": "who=hush"})
    with FaultyServer({"/data": [answer]}) as server, pytest.raises(HansaError):
        ask(server, "/data?key=hush", part=part, patience=Patience(tries=1))
    assert left(part) == ["a.part", "a.part.json"]
    assert "hush" not in (part.parent / "a.part.json").read_text()


def test_an_interruption_leaves_the_part_and_nothing_else(part: Path) -> None:
    def interrupt(text: str, done: int, total: int | None) -> None:
        if done >= 30_000:
            raise KeyboardInterrupt

    with FaultyServer({"/data": [GOOD]}) as server:
        with Transport(server.home, QUICK, told=interrupt) as transport:
            with pytest.raises(KeyboardInterrupt):
                transport.send(Request(server.url("/data")), part=part)
            kept = part.stat().st_size
            assert left(part) == ["a.part", "a.part.json"]
        assert ask(server, part=part)[0].body == BODY
        assert server.seen[-1].headers["range"] == f"bytes={min(kept, 99_999)}-"
    assert left(part) == []


def test_an_interruption_while_waiting_leaves_nothing_where_nothing_came(part: Path) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    with (
        FaultyServer({"/data": [Answer(503)]}) as server,
        Transport(server.home, QUICK, sleep=interrupt) as transport,
        pytest.raises(KeyboardInterrupt),
    ):
        transport.send(Request(server.url("/data")), part=part)
    assert left(part) == []


DOWNLOAD = """
import sys
from pathlib import Path
from hansa.sources.live.contract import Request
from hansa.sources.live.transport import Transport
with Transport(sys.argv[1]) as transport:
    reply = transport.send(Request(sys.argv[1] + "/data"), part=Path(sys.argv[2]))
Path(sys.argv[3]).write_bytes(reply.body)
"""


def download(home: str, part: Path, out: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", DOWNLOAD, home, str(part), str(out)])


def test_a_killed_download_is_continued_by_the_next_process(part: Path, tmp_path: Path) -> None:
    with FaultyServer({"/data": [replace(GOOD, drip=0.1), GOOD]}) as server:
        process = download(server.home, part, tmp_path / "never")
        until(lambda: part.exists() and part.stat().st_size > 0)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        kept = part.stat().st_size
        assert 0 < kept < len(BODY)
        assert left(part) == ["a.part", "a.part.json"]
        with Transport(server.home) as transport:
            reply = transport.send(Request(server.url("/data")), part=part)
        assert ranges(server)[-1] == (f"bytes={kept}-", '"one"')
    assert reply.body == BODY
    assert left(part) == []
    assert not (tmp_path / "never").exists()


def test_two_processes_fetch_the_same_answer_at_once(part: Path, tmp_path: Path) -> None:
    with FaultyServer({"/data": [replace(GOOD, drip=0.02)]}) as server:
        outs = [tmp_path / "one", tmp_path / "two"]
        processes = [download(server.home, part, out) for out in outs]
        assert [process.wait(20) for process in processes] == [0, 0]
        assert ranges(server) == [(None, None)] * 2
    assert [out.read_bytes() for out in outs] == [BODY, BODY]
    assert left(part) == []


def test_two_threads_share_no_part(part: Path) -> None:
    with FaultyServer({"/data": [replace(GOOD, drip=0.002)]}) as server:
        bodies: list[bytes] = []
        threads = [
            threading.Thread(target=lambda: bodies.append(ask(server, part=part)[0].body))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert bodies == [BODY] * 4
    assert left(part) == []


def test_a_part_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    message = refused(GOOD, part=tmp_path / "file" / "a.part")
    assert "the part of an answer that came so far cannot be kept" in message
    assert f"where:  {tmp_path / 'file' / 'a.part'}" in message
    assert "HANSA_CACHE" in message


def test_a_full_disk_ends_a_download_and_leaves_no_half_file(part: Path, tmp_path: Path) -> None:
    """A limit on the size of files fails the same call a full disk does."""
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
    with FaultyServer({"/data": [GOOD]}) as server:
        done = subprocess.run(
            [sys.executable, "-c", limited + DOWNLOAD, server.home, str(part), str(tmp_path / "o")],
            capture_output=True,
            text=True,
        )
    assert done.returncode == 1
    assert "HansaError: the part of an answer that came so far cannot be kept" in done.stderr
    assert "HANSA_CACHE" in done.stderr
    assert left(part) == []


# --- the house -----------------------------------------------------------------------


def test_nothing_heavy_is_loaded_before_something_is_asked() -> None:
    program = (
        "import sys; from hansa.sources.live.transport import Transport; "
        "from hansa.sources.live.cache import Cache; Transport('https://service.example'); "
        "print('httpx' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
