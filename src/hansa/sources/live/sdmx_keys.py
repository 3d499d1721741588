"""Names, keys and periods of SDMX questions: what stands in an address, and whether it fits.

Source: SDMX REST 1.5 (keys of SDMX 2.1) and 2.1 (`c[...]` of SDMX 3.0).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from hansa.errors import UsageError, listed
from hansa.sources.live.contract import Dimension, Filters, Structure

LONGEST = 2000
"""Characters of an address that every gateway lets through; no service states a number."""

_NAME = r"[A-Za-z0-9_@$-]+(?:\.[A-Za-z0-9_@$-]+)*"
_FLOW = re.compile(
    rf"(?P<agency>{_NAME}),(?P<flow>{_NAME})(?:,(?P<version>[0-9]+(?:\.[0-9]+)*|latest)?)?"
)
_URN = re.compile(rf"(?P<agency>{_NAME}):(?P<flow>{_NAME})\((?P<version>[0-9]+(?:\.[0-9]+)*)\)")
_CODE = re.compile(r"[A-Za-z0-9_@$-]+")


@dataclass(frozen=True)
class Flow:
    """A data flow by its full name; an empty version is the latest one."""

    agency: str
    id: str
    version: str = ""

    def __str__(self) -> str:
        return ",".join(part for part in (self.agency, self.id, self.version) if part)


def flow_of(name: str, example: str) -> Flow:
    """The flow that is named `AGENCY,FLOW[,VERSION]`, or `AGENCY:FLOW(VERSION)` as in a URN.

    example  a name of this service, for the message
    Raises UsageError for anything else: nothing of it may reach an address.
    """
    found = _FLOW.fullmatch(name.strip()) or _URN.fullmatch(name.strip())
    if not found:
        raise UsageError(
            "this cannot be the name of a data flow",
            printed=name,
            admissible=f"AGENCY,FLOW or AGENCY,FLOW,VERSION, as in {example}",
            fix="copy it from the service's data explorer (developer API, data query)",
        )
    version = found["version"] or ""
    return Flow(found["agency"], found["flow"], "" if version == "latest" else version)


ALL = "all"


def key(structure: Structure, filters: Filters) -> str:
    """The key of SDMX 2.1: `A.LOC_NR+WAGE_LOC_MEUR..SE11`, a position a dimension but time.

    A dimension that is taken whole keeps an empty position. A key of one or two points alone would
    be read as a step up in the address (RFC 3986, section 5.2.4): the shortest dimension is then
    spelled out, or `all` stands for the key where no codes are known. Raises UsageError for a code
    that would break the key.
    """
    _refuse_unknown(structure, filters)
    series = [own for own in structure.dimensions if not own.time]
    places = ["+".join(_codes(own, filters.get(own.id, ()))) for own in series]
    if any(places) or len(places) not in (2, 3):
        return ".".join(places)
    listed = [i for i, own in enumerate(series) if own.codes]
    if not listed:
        return ALL
    shortest = min(listed, key=lambda i: len(series[i].codes))
    places[shortest] = "+".join(series[shortest].codes)
    return ".".join(places)


def conditions(structure: Structure, filters: Filters) -> list[tuple[str, str]]:
    """The conditions of SDMX 3.0: `c[geo]` -> `SE11,SE12`; the time dimension is left out."""
    _refuse_unknown(structure, filters)
    found = []
    for own in structure.dimensions:
        codes = () if own.time else _codes(own, filters.get(own.id, ()))
        if codes:
            found.append((f"c[{own.id}]", ",".join(codes)))
    return found


def _refuse_unknown(structure: Structure, filters: Filters) -> None:
    known = {own.id for own in structure.dimensions}
    if odd := [name for name in filters if name not in known]:
        raise UsageError(
            f"{structure.dataset} has no dimension {listed(odd)}",
            admissible=listed((own.id for own in structure.dimensions), 20),
            fix="fetch its structure again: --refresh",
        )


def _codes(own: Dimension, wanted: Sequence[str]) -> tuple[str, ...]:
    for code in wanted:
        # A point separates positions, so a code with one cannot be asked for by a key.
        if not _CODE.fullmatch(code):
            raise UsageError(
                f"this code of {own.id} cannot stand in a key",
                printed=code,
                admissible="letters, digits and _ @ $ -",
                fix=f"leave {own.id} out of the filters and choose its rows afterwards",
            )
    whole = bool(own.codes) and set(wanted) == set(own.codes)
    return () if whole else tuple(wanted)


def periods(structure: Structure, filters: Filters) -> tuple[str, str]:
    """First and last period asked for, each empty where the question leaves it open.

    Kept within the periods the service says it has: Eurostat refuses a span outside of them.
    Periods in between that are not wanted come along; whoever asks drops them.
    """
    own = next((d for d in structure.dimensions if d.time), None)
    wanted = filters.get(own.id, ()) if own else ()
    if own is None or not wanted:
        return "", ""
    # Offices spell months and quarters in several ways; their years are the same everywhere.
    if ":" in wanted[0]:
        first, _, last = (part[:4] for part in wanted[0].partition(":"))
    else:
        first, last = min(wanted)[:4], max(wanted)[:4]
    if not own.codes:
        return first, last
    known = sorted(own.codes)
    start = max(first, known[0]) if first else ""
    end = min(last, known[-1]) if last else ""
    overlap = not start or not end or start[: len(end)] <= end
    return (start, end) if overlap else (first, last)


def address(base: str, query: Mapping[str, str] | Sequence[tuple[str, str]]) -> str:
    """An address with its query; empty values are left out, `+` and brackets are escaped."""
    pairs = query.items() if isinstance(query, Mapping) else query
    told = "&".join(f"{quote(k, safe='')}={quote(v, safe=':,.')}" for k, v in pairs if v)
    return f"{base}?{told}" if told else base


def pieces(
    structure: Structure,
    filters: Filters,
    length: Callable[[Filters], int],
    most: int = LONGEST,
) -> Iterator[Filters]:
    """The same question in as many as it takes for every address to fit, in the order of codes.

    length  characters of the address of a question
    A question of one code a dimension is given as it is, whatever its length.
    """
    widest = _widest(structure, filters) if length(filters) > most else ""
    if not widest:
        yield filters
        return
    codes = filters[widest]
    middle = len(codes) // 2
    for half in (codes[:middle], codes[middle:]):
        yield from pieces(structure, {**filters, widest: half}, length, most)


def _widest(structure: Structure, filters: Filters) -> str:
    """The dimension whose codes take the most characters and can be halved; empty for none."""
    sizes = {
        own.id: sum(len(code) + 1 for code in filters.get(own.id, ()))
        for own in structure.dimensions
        if not own.time and len(filters.get(own.id, ())) > 1
    }
    return max(sizes, key=lambda name: sizes[name], default="")
