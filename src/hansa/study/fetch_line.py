"""Network and cache for one service: opened at the user's command, never to another host."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hansa.errors import HansaError
from hansa.sources.live.contract import Service
from hansa.sources.live.fetching import Line, Told

if TYPE_CHECKING:
    from hansa.sources.live.transport import Patience

OFFLINE = "HANSA_OFFLINE"


@contextmanager
def line_to(
    home: str, told: Told, refresh: bool = False, patience: Patience | None = None
) -> Iterator[Line]:
    """Network and cache for one service, and no other host.

    Raises HansaError where $HANSA_OFFLINE is set and the address is not on this machine.
    """
    from hansa.sources.live.cache import Cache
    from hansa.sources.live.transport import Patience, Transport

    _refuse_offline(home)

    def bytes_told(text: str, done: int, total: int | None) -> None:
        told(text, done / total if total else 0.0)

    with Transport(home, patience or Patience(), bytes_told) as transport:
        yield Line(transport, Cache(), told, refresh)


def gap_of(service: Service) -> float:
    """Seconds to leave between two questions; 0 where the service does not count them."""
    return float(getattr(service, "gap", 0.0))


def _refuse_offline(home: str) -> None:
    host = urlsplit(home).hostname or ""
    if os.environ.get(OFFLINE) and host not in ("127.0.0.1", "localhost", "::1"):
        raise HansaError(
            "the network is switched off",
            place=home,
            printed=f"{OFFLINE}={os.environ[OFFLINE]}",
            fix=f"unset {OFFLINE}, or name a service on this machine with --at",
        )
