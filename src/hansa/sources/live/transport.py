"""Requests over the network: to one service, patiently, whole answers or one clear error."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from hansa.errors import HansaError
from hansa.sources.live import hosts, troubles
from hansa.sources.live.bodies import Body, Broken, end_is_told, too_large
from hansa.sources.live.contract import Reply, Request
from hansa.sources.live.keys import key_of
from hansa.sources.live.patience import (
    AGAIN,
    Patience,
    asks_too_much,
    given_up,
    pause,
    retry_after,
)
from hansa.sources.live.resume import (
    Part,
    Version,
    claimed,
    continues,
    encoding_of,
    of_the_answer,
    sendable,
    version_of,
)
from hansa.sources.live.troubles import Trouble, place_of

if TYPE_CHECKING:
    import httpx

__all__ = ["Patience", "Told", "Transport"]

Told = Callable[[str, int, int | None], None]
"""What happens, bytes so far, bytes in all (None where the service does not say)."""

TRY = "; try "
"""Stands in what is told before a wait, and in nothing else that is told."""

_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 5
_MOST_SAID = 1 << 16
_MOST_UNPACKED = 1 << 26


def _silent(text: str, done: int, total: int | None) -> None:
    """Tell nobody."""


class Transport:
    """Carries requests to one service; use it in a `with` block.

    home      base address of the service the user named; no other host or port is ever asked
    patience  how long to wait, how much to take
    told      called for every piece that comes and before every wait: what it is about, bytes of
              the body so far and in all, as they are sent
    sleep     waits for seconds
    """

    def __init__(
        self,
        home: str,
        patience: Patience | None = None,
        told: Told = _silent,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._home_text = home
        self._patience = patience or Patience()
        self._told = told
        self._sleep = sleep
        self._clients: dict[str, httpx.Client] = {}

    def __enter__(self) -> Transport:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        while self._clients:
            self._clients.popitem()[1].close()

    def send(
        self,
        request: Request,
        validators: Mapping[str, str] | None = None,
        part: Path | None = None,
    ) -> Reply:
        """The service's answer, whatever its status, its body complete and decoded.

        validators  headers of a conditional GET (`If-None-Match`, `If-Modified-Since`): a service
                    whose data are unchanged answers 304
        part        file for the body of a GET that breaks off: the next try, or the next run,
                    continues it where the service can; gone after success

        408, 425, 429, 500, 502, 503, 504, failed connections and incomplete bodies are tried
        again. Raises UsageError for an address that cannot be used; HansaError where another host
        comes into it, after the last try, where the service asks for too long a wait, for too
        large a body, and for a part that cannot be written.
        """
        home = hosts.address(self._home_text)
        hosts.refuse_elsewhere(home, hosts.address(request.url), request, "")
        asked = {name: text for name, text in (validators or {}).items() if sendable(text)}
        if request.method != "GET":
            asked = {}
        with claimed(part if request.method == "GET" else None, key_of(request)) as own:
            for tried in range(1, max(self._patience.tries, 1) + 1):
                try_ = _Try(self._client, home, request, own, self._patience, self._told)
                got = try_.answer(asked)
                if isinstance(got, Reply):
                    return got
                self._wait(request, got, tried, own)
        raise AssertionError("the last try gives an answer or raises")

    def _wait(self, request: Request, trouble: Trouble, tried: int, part: Part | None) -> None:
        kept = part.size if part else 0
        too_long = asks_too_much(request, trouble, self._patience)
        if too_long:
            raise too_long
        if trouble.final or tried >= self._patience.tries:
            raise given_up(request, trouble, tried, kept)
        seconds = pause(trouble, tried, self._patience)
        about = f"{request.about}: " if request.about else ""
        again = f"{tried + 1} of {self._patience.tries} in {seconds:g} s"
        self._told(f"{about}{trouble.words}{TRY}{again}", kept, None)
        self._sleep(seconds)

    def _client(self, url: httpx.URL) -> httpx.Client:
        if url.scheme not in self._clients:
            self._clients[url.scheme] = _client(url, self._patience)
        return self._clients[url.scheme]


def _client(url: httpx.URL, patience: Patience) -> httpx.Client:
    """A client for addresses like this one, proxies of the environment honoured."""
    import ssl

    import httpx

    # Reading the certificates takes longer than many an answer. A client for http has none, so
    # that it trusts nobody, should it ever speak https.
    verify = True if url.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    timeout = httpx.Timeout(
        connect=patience.connect, read=patience.read, write=patience.read, pool=patience.connect
    )
    try:
        # A transport given by hand is one that no proxy of the environment comes before.
        direct = httpx.HTTPTransport(verify=verify) if hosts.is_loopback(url) else None
        return httpx.Client(
            transport=direct,
            verify=verify,
            timeout=timeout,
            follow_redirects=False,
            headers={"User-Agent": _name(), "Accept-Encoding": "gzip"},
        )
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        raise HansaError(
            "the proxy named in the environment cannot be used",
            place="HTTP_PROXY, HTTPS_PROXY, ALL_PROXY",
            printed=troubles.plain(str(error))[:200],
            admissible="http://host:port, https://host:port",
            fix=f"correct it, or name {url.host} in NO_PROXY",
        ) from error
    except OSError as error:
        raise HansaError(
            "the certificates named in the environment cannot be read",
            place="SSL_CERT_FILE, SSL_CERT_DIR",
            printed=troubles.plain(str(error))[:200],
            admissible="a file of certificates in PEM",
            fix="correct it, or take it away to trust the usual certificates",
        ) from error


def _name() -> str:
    """Who asks: the program and its version, as far as it is known."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"hansa/{version('hansa')}"
    except PackageNotFoundError:
        # A copy that was not installed; no fault of the network, as it would seem below.
        return "hansa"


class _Try:
    """One try to get the answer to one request."""

    def __init__(
        self,
        client: Callable[[httpx.URL], httpx.Client],
        home: httpx.URL,
        request: Request,
        part: Part | None,
        patience: Patience,
        told: Told,
    ) -> None:
        self._client, self._home, self._request = client, home, request
        self._part, self._patience, self._told = part, patience, told

    def answer(self, validators: Mapping[str, str]) -> Reply | Trouble:
        """The reply, or why there is none that can be used."""
        import httpx

        try:
            got = self._asked(validators)
            # None: what was kept is of no use and dropped; now the whole is asked for.
            return got or self._asked(validators) or Trouble("the service answers in pieces only")
        except httpx.HTTPError as error:
            return troubles.of_error(error, hosts.dialled(self._home))
        except httpx.InvalidURL as error:
            return troubles.of_error(error, self._home.host)
        except Broken as error:
            if self._part:
                self._part.drop()
            return Trouble(f"the answer came damaged ({error})")

    def _asked(self, validators: Mapping[str, str]) -> Reply | Trouble | None:
        version = self._part.held() if self._part else None
        headers = {"Accept": self._request.accept, "Accept-Language": "en", **validators}
        if version and self._part:
            headers |= {"Range": f"bytes={self._part.size}-", "If-Range": version.condition}
        if self._request.content_type and self._request.body:
            headers["Content-Type"] = self._request.content_type
        url, method = hosts.address(self._request.url), self._request.method
        body = self._request.body or None
        for _ in range(_MOST_REDIRECTS + 1):
            client = self._client(url)
            with client.stream(method, url, headers=headers, content=body) as response:
                target = response.headers.get("location", "")
                if response.status_code not in _REDIRECTS or not target:
                    return self._taken(response, version)
                url = self._next(url, target)
            if response.status_code == 303 and body is not None:
                # 301 and 302 leave the method to the client; a question without its body is none.
                method, body = "GET", None
                headers.pop("Content-Type", None)
        raise HansaError(
            f"the service redirects more than {_MOST_REDIRECTS} times",
            place=place_of(self._request),
            printed=troubles.secretless(str(url))[:300],
            fix="give another address of the service",
        )

    def _next(self, url: httpx.URL, location: str) -> httpx.URL:
        target = url.join(location)
        hosts.refuse_elsewhere(self._home, target, self._request, url.scheme)
        return target

    def _taken(self, response: httpx.Response, version: Version | None) -> Reply | Trouble | None:
        status, headers = response.status_code, dict(response.headers)
        if status in AGAIN:
            said = troubles.first_words(self._begin_of(response), headers)
            return troubles.of_status(status, said, retry_after(headers, datetime.now(UTC)))
        part = self._part
        if version and part:
            if status == 206 and continues(version, part.size, headers):
                return self._kept(response, part, version)
            part.drop()
            if status not in (200, 304):
                # 416, another version, or a service that dislikes being asked for a piece.
                return None
        if status == 206:
            return Trouble("the service sends a piece of an answer that was asked for as a whole")
        fresh = version_of(headers)
        if status == 200 and part and fresh.condition and headers.get("accept-ranges") != "none":
            part.start(fresh)
            return self._kept(response, part, fresh)
        return self._read(response)

    def _read(self, response: httpx.Response) -> Reply:
        """An answer that is kept in memory only."""
        headers = dict(response.headers)
        total = version_of(headers).total
        body = self._body(encoding_of(headers), total)
        done = 0
        for piece in response.iter_raw():
            done += len(piece)
            body.add(piece)
            self._told(self._request.about, done, total)
        whole = body.whole()
        told = end_is_told(headers, total, whole)
        return Reply(self._request, response.status_code, of_the_answer(headers), whole, told)

    def _kept(self, response: httpx.Response, part: Part, version: Version) -> Reply | Trouble:
        """An answer that is kept in the part as it comes."""
        body = self._body(version.encoding, version.total)
        total = version.total or _total_of(response.headers)
        for piece in response.iter_raw():
            part.add(piece)
            if part.size > self._patience.most_bytes:
                part.drop()
                raise too_large(self._patience.most_bytes, place_of(self._request))
            self._told(self._request.about, part.size, total)
        if total is not None and part.size < total:
            return Trouble("the service sends less of the answer than was asked for")
        try:
            for piece in part.pieces():
                body.add(piece)
            whole = body.whole()
            told = end_is_told(dict(response.headers), total, whole)
            reply = Reply(self._request, 200, version.headers, whole, told)
        except HansaError:
            part.drop()
            raise
        part.drop()
        return reply

    def _body(self, encoding: str, total: int | None) -> Body:
        place = place_of(self._request)
        if total is not None and total > self._patience.most_bytes:
            if self._part:
                self._part.drop()
            raise too_large(self._patience.most_bytes, place)
        return Body(encoding, self._patience.most_bytes, place)

    def _begin_of(self, response: httpx.Response) -> bytes:
        """Enough of a body to see what it says; of a broken one what came."""
        import httpx

        came = b""
        try:
            body = Body(encoding_of(response.headers), _MOST_UNPACKED, place_of(self._request))
            for piece in response.iter_raw():
                body.add(piece[:_MOST_SAID])
                came = body.first(_MOST_SAID)
                if response.num_bytes_downloaded >= _MOST_SAID:
                    break
        except (httpx.HTTPError, Broken, HansaError):
            # The status has said already that there is no answer.
            pass
        return came


def _total_of(headers: Mapping[str, str]) -> int | None:
    total = headers.get("content-range", "").rpartition("/")[2]
    return int(total) if total.isascii() and total.isdigit() else None
