"""How long a service is waited for, and what is said when it is not waited for any longer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from hansa.errors import HansaError
from hansa.sources.live.contract import Request
from hansa.sources.live.troubles import Trouble, place_of

AGAIN = (408, 425, 429, 500, 502, 503, 504)
"""Numbers of HTTP after which the same question may be asked again."""


@dataclass(frozen=True)
class Patience:
    """Limits of one request.

    tries         how often in all
    first_wait    seconds before the second try, doubled for each one after it
    longest_wait  seconds; a service that asks for more is not waited for
    connect       seconds to get a connection
    read          seconds without a byte
    most_bytes    of one decoded answer
    """

    tries: int = 5
    first_wait: float = 1.0
    longest_wait: float = 120.0
    connect: float = 10.0
    read: float = 60.0
    most_bytes: int = 2 << 30


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds asked for by `Retry-After`, a number or a date (RFC 9110, 10.2.3).

    A date is read against the service's own `Date`, for its clock may be wrong. None where the
    header is absent, cannot be read, or asks for no wait at all.
    """
    asked = headers.get("retry-after", "").strip()
    if asked.isascii() and asked.isdigit():
        # Capped: a number of hundreds of digits has no float.
        seconds = float(min(int(asked[:20]), 10**12))
    else:
        until = http_date(asked)
        if until is None:
            return None
        seconds = (until - (http_date(headers.get("date", "")) or now)).total_seconds()
    return seconds if seconds > 0 else None


def http_date(text: str) -> datetime | None:
    """A date of HTTP, in UTC; None where it is none."""
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def pause(trouble: Trouble, tried: int, patience: Patience) -> float:
    """Seconds to wait after the `tried`-th try: what the service asks for, else doubling."""
    if trouble.after is not None:
        return trouble.after
    return min(patience.first_wait * 2.0 ** (tried - 1), patience.longest_wait)


def asks_too_much(request: Request, trouble: Trouble, patience: Patience) -> HansaError | None:
    """The error where a service asks for a longer wait than is granted; None where it does not."""
    if trouble.after is None or trouble.after <= patience.longest_wait:
        return None
    return HansaError(
        f"the service asks to come back in {trouble.after:.0f} s{_when(trouble.after)}",
        place=place_of(request),
        printed="; ".join(filter(None, (trouble.words, trouble.said))),
        admissible=f"a wait of at most {patience.longest_wait:.0f} s",
        fix="run this again then; ask for less (narrower filters) to be let in earlier",
    )


def _when(seconds: float) -> str:
    try:
        then = datetime.now(UTC) + timedelta(seconds=seconds)
    except OverflowError:
        return ""
    return f", at {then:%Y-%m-%d %H:%M:%S} UTC"


def given_up(request: Request, trouble: Trouble, tried: int, kept: int) -> HansaError:
    """The error after the last try. kept: bytes on disk from which the next run goes on."""
    times = "" if trouble.final else f" after {tried} {'try' if tried == 1 else 'tries'}"
    ways = [trouble.fix] if trouble.fix else []
    if not trouble.final:
        ways.append("try again later")
        if kept:
            ways[-1] += f" ({kept:,} bytes are kept, the next run goes on from there)"
        ways.append("ask for less (narrower filters)")
    ways.append("give another address of the service")
    return HansaError(
        f"no answer{times}: {trouble.words}",
        place=place_of(request),
        printed=trouble.said,
        fix="; ".join(ways),
    )
