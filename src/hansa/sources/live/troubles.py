"""What can go wrong between here and a service, in words a reader can act on."""

from __future__ import annotations

import errno
import html
import json
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from hansa.sources.live.contract import Request

_TELLING = ("message", "detail", "details", "description", "label", "title", "error", "text")
_NO_WAY = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN)
_SECRET = re.compile(
    r"""(?ix) ( [?&;] key= | (?: \b | _ )
        (?: api[-_]?key | (?: subscription | registration )-?key | token | password | userid
          | secret )
        ["']? \s* [=:] \s* ["']? ) [^&;"'\s]+"""
)


@dataclass(frozen=True)
class Trouble:
    """Why a try gave no answer.

    words  to stand after a colon: `the service answers 503 Service Unavailable`
    said   the service's own words; empty where it said nothing
    after  seconds the service asks to wait; None where it does not say
    final  True where another try cannot help
    fix    the way out that goes with this trouble, before the general ones
    """

    words: str
    said: str = ""
    after: float | None = None
    final: bool = False
    fix: str = ""


def of_error(error: Exception, host: str) -> Trouble:
    """The trouble behind an exception of httpx, told from what lies at its ground."""
    import httpx

    for found in _ground(error):
        told = _of_ground(found, host)
        if told:
            return told
    if isinstance(error, httpx.InvalidURL) or "location header" in str(error):
        return Trouble("the service redirects to what is no address", plain(str(error)), final=True)
    if isinstance(error, httpx.ConnectTimeout):
        return Trouble(f"no connection to {host} in time", fix="check the network and the proxy")
    if isinstance(error, httpx.TimeoutException):
        return Trouble("the service went silent (time-out)")
    if isinstance(error, httpx.ProxyError):
        return Trouble(f"the proxy refuses: {plain(str(error))}", fix="check HTTPS_PROXY, NO_PROXY")
    if isinstance(error, httpx.ConnectError):
        return Trouble(f"no connection to {host}: {plain(str(error))}")
    if isinstance(error, httpx.RemoteProtocolError) and "without sending a resp" in str(error):
        return Trouble("the service closed the connection without an answer")
    if isinstance(error, httpx.NetworkError):
        return Trouble("the connection broke off in the middle")
    return Trouble(f"the answer broke off or is not HTTP ({plain(str(error))})")


def _of_ground(found: BaseException, host: str) -> Trouble | None:
    if isinstance(found, ssl.SSLCertVerificationError):
        return Trouble(
            f"the certificate of {host} is not trusted ({plain(found.verify_message)})",
            final=True,
            fix="where your organisation has certificates of its own, name their file in "
            "SSL_CERT_FILE; otherwise do not trust this address",
        )
    if isinstance(found, ssl.SSLError):
        return Trouble(f"no secure connection to {host} ({plain(str(found.reason or found))})")
    if isinstance(found, socket.gaierror):
        if found.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", None)):
            fix = "is this machine on the network? If it is, check the address"
            return Trouble(f"there is no host {host}", final=True, fix=fix)
        return Trouble(f"no network: the name {host} cannot be looked up", fix=_NETWORK)
    if isinstance(found, ConnectionRefusedError):
        return Trouble(f"{host} refuses the connection", fix="check the address and its port")
    if isinstance(found, OSError) and found.errno in _NO_WAY:
        return Trouble(f"no network: there is no way to {host}", fix=_NETWORK)
    return None


_NETWORK = "check the network; answers already fetched are in the cache"


def _ground(error: BaseException) -> Iterator[BaseException]:
    at: BaseException | None = error
    while at is not None:
        yield at
        at = at.__cause__ or at.__context__


def of_status(status: int, said: str, after: float | None) -> Trouble:
    """The trouble of an answer that asks to try again."""
    return Trouble(f"the service answers {status_words(status)}", said, after)


def status_words(status: int) -> str:
    """A number of HTTP with its standard words: `503 Service Unavailable`."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def first_words(body: bytes, headers: Mapping[str, str], most: int = 200) -> str:
    """The first line of a body for a reader: tags taken off, JSON searched for its message.

    Empty for a body that is not text. At most `most` characters, no control characters.
    """
    kind = headers.get("content-type", "").lower()
    charset = re.search(r"charset=[\"']?([\w.-]+)", kind)
    if b"\0" in body or kind.startswith(("image/", "audio/", "video/", "application/zip")):
        return ""
    try:
        text = body.decode(charset[1] if charset else "utf-8", "replace")
    except LookupError:
        text = body.decode("utf-8", "replace")
    for line in (_message(text) or _untagged(text)).splitlines():
        if shown := plain(line):
            return shown if len(shown) <= most else shown[: most - 1] + "…"
    return ""


def _message(text: str) -> str:
    if not text.lstrip().startswith(("{", "[")):
        return ""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    found = {name: word for name, word in _texts(data, 6) if word.strip()}
    for name in _TELLING:
        if name in found:
            return found[name]
    return json.dumps(data, ensure_ascii=False)


def _texts(data: object, depth: int) -> Iterator[tuple[str, str]]:
    """Names and texts of a JSON value; the outermost come last, so that they win."""
    if depth and isinstance(data, list):
        for inner in data[:20]:
            yield from _texts(inner, depth - 1)
    elif depth and isinstance(data, dict):
        for inner in data.values():
            yield from _texts(inner, depth - 1)
        yield from ((name.lower(), word) for name, word in data.items() if isinstance(word, str))


def _untagged(text: str) -> str:
    if "<" not in text:
        return text
    text = re.sub(r"(?is)<!--.*?(-->|$)|<(script|style)\b.*?(</\2\s*>|$)", "\n", text)
    # A tag starts a line of its own: `<h1>Error</h1><p>…` must not read as one word.
    return html.unescape(re.sub(r"(?s)<[^>]*(>|$)", "\n", text))


def plain(text: str) -> str:
    """One line without control characters (they could steer a terminal), spaces made single."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def secretless(text: str) -> str:
    """A text without the values of keys and passwords, as some services want them in a query."""
    return _SECRET.sub(r"\1***", text)


def place_of(request: Request, most: int = 500) -> str:
    """Where in a message: what it is about, then the address, without secrets."""
    url = secretless(plain(request.url))
    url = url if len(url) <= most else url[: most - 1] + "…"
    return f"{request.about}: {url}" if request.about else url
