"""Which addresses may be asked: the one service the user named, and nobody else."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from hansa.errors import HansaError, UsageError
from hansa.sources.live.contract import Request
from hansa.sources.live.troubles import place_of, plain, secretless

if TYPE_CHECKING:
    import httpx

_PORTS = {"http": 80, "https": 443}


def address(text: str) -> httpx.URL:
    """An address that can be asked; raises UsageError for any other."""
    import httpx

    try:
        url = httpx.URL(text)
        # What the system does with the name before it looks it up: labels too long fail here.
        url.raw_host.decode("ascii").encode("idna")
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise _unusable(text, plain(str(error))) from error
    if url.scheme not in _PORTS or not url.host:
        raise _unusable(text, "it has no http(s) scheme or no host")
    if url.userinfo:
        raise _with_password(url)
    return url


def _with_password(url: httpx.URL) -> UsageError:
    # The password is never shown again, not even in the message.
    return UsageError(
        "an address with a name or a password in it is not used",
        place=url.host,
        admissible="https://host/path",
        fix="leave out what stands before the @",
    )


def _unusable(text: str, why: str) -> UsageError:
    return UsageError(
        "the address of the service cannot be used",
        printed=f"{secretless(plain(text))[:200]} ({why})",
        admissible="https://host/path, http://host:port/path",
        fix="correct the address",
    )


def shown(url: httpx.URL) -> str:
    """Scheme, host and port, as far as the port has to be said: `https://ec.europa.eu`."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def dialled(url: httpx.URL) -> str:
    """Who is called first for an address: its host, or the proxy the environment names for it."""
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if not proxy or is_loopback(url) or proxy_bypass(url.host):
        return url.host
    return f"the proxy {plain(proxy.rpartition('@')[2])}"


def is_loopback(url: httpx.URL) -> bool:
    """True for this machine itself."""
    if url.host == "localhost" or url.host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(url.host).is_loopback
    except ValueError:
        return False


def refuse_elsewhere(home: httpx.URL, target: httpx.URL, request: Request, last: str) -> None:
    """Raise where `target` is not of the service at `home`, or where it gives up https.

    last  scheme of the request that was redirected to `target`; empty for a request itself
    """
    if target.userinfo:
        raise _with_password(target)
    what = "redirects to" if last else "is asked for at"
    if target.scheme not in _PORTS:
        raise HansaError(
            f"the service {shown(home)} {what} something that is no address of http or https",
            place=place_of(request),
            printed=secretless(plain(str(target)))[:300],
            admissible=f"addresses of {shown(home)} only; nobody else is asked",
            fix="tell the service; give another address of it",
        )
    if not _same_service(home, target):
        raise HansaError(
            f"the service {shown(home)} {what} another address: {shown(target)}",
            place=place_of(request),
            printed=secretless(plain(str(target)))[:300],
            admissible=f"addresses of {shown(home)} only; nobody else is asked",
            fix=f"if you trust it, name {shown(target)} itself as the address of the service",
        )
    if target.scheme == "http" and "https" in (home.scheme, last):
        raise HansaError(
            f"the service {shown(home)} {what} an address without https: {shown(target)}",
            place=place_of(request),
            printed=secretless(plain(str(target)))[:300],
            admissible="https, once it was used",
            fix="tell the service; give another address of it",
        )


def _same_service(home: httpx.URL, target: httpx.URL) -> bool:
    if home.raw_host.lower() != target.raw_host.lower():
        return False
    # A port of None is the one of the scheme: between http and https it changes with it.
    own, other = home.port or _PORTS[home.scheme], target.port or _PORTS[target.scheme]
    return own == other or (home.port is None and target.port is None)
