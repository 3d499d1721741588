"""What a fetch would send, told from what is kept here: nothing is asked over the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hansa.sources.live.contract import Filters, Request, Service, Structure
from hansa.sources.live.fetching import questions, too_big_lately
from hansa.sources.live.filters import cells, known, parts, resolved
from hansa.sources.live.sdmx_keys import LONGEST

if TYPE_CHECKING:
    from hansa.sources.live.cache import Cache


@dataclass(frozen=True)
class Planned:
    """One request of a plan.

    kept  when an answer to it was last confirmed, where one is kept here; empty for none
    """

    request: Request
    kept: str = ""


@dataclass(frozen=True)
class Plan:
    """What a fetch of one data set would send.

    first    what is asked before anything else: what the data set is made of; `kept` where the
             plan rests on an answer of then
    data     requests for numbers; None where only the answers to `first` tell them
    split    why there are several, and along what; empty for one request
    cells    cells the question may have; 0 where nobody can tell
    notes    codes that the data set lacks
    """

    dataset: str
    service: str
    first: tuple[Planned, ...]
    data: tuple[Planned, ...] | None
    split: str = ""
    cells: int = 0
    notes: tuple[str, ...] = ()


def plan(
    service: Service,
    dataset: str,
    asked: Mapping[str, Sequence[str]],
    home: str,
    cache: Cache,
    prepared: bool = False,
) -> Plan:
    """The plan of a fetch (`hansa.sources.live.fetching.fetch`) with the same question.

    Raises UsageError for codes that a structure kept here does not have.
    """
    first = tuple(_planned(one, cache) for one in service.describe(dataset, home))
    structure = _kept_structure(service, dataset, first, cache)
    if structure is None:
        return Plan(dataset, service.id, first, None)
    own, lost = known(asked, structure) if prepared else (asked, ())
    filters = resolved(own, structure)
    whole = questions(service, structure, filters, home)
    now = datetime.now(UTC)
    smaller = questions(
        service, structure, filters, home, lambda request: too_big_lately(cache, request, now)
    )
    data = tuple(_planned(service.ask(structure, one, home), cache) for one in smaller)
    split = _split(service, structure, filters, whole)
    if len(smaller) > len(whole):
        split = "; ".join(filter(None, (split, "in halves of what the service found too big")))
    return Plan(dataset, service.id, first, data, split, cells(structure, filters), lost)


def _planned(request: Request, cache: Cache) -> Planned:
    found = cache.find(request)
    return Planned(request, found.fetched if found else "")


def _kept_structure(
    service: Service, dataset: str, first: Sequence[Planned], cache: Cache
) -> Structure | None:
    """The structure as it was told last; None where an answer is lacking."""
    found = [cache.find(one.request) for one in first]
    kept = [one.reply for one in found if one is not None]
    return service.structure(dataset, kept) if len(kept) == len(found) else None


def _split(
    service: Service, structure: Structure, filters: Filters, whole: Sequence[Filters]
) -> str:
    """Along which dimensions a question is split, and by which limit."""
    if len(whole) < 2:
        return ""
    along = [
        own.id
        for own in structure.dimensions
        if len({tuple(one.get(own.id, ())) for one in whole}) > 1
    ]
    by_cells = sum(1 for _ in parts(structure, filters, service.most))
    reasons = []
    if by_cells > 1:
        reasons.append(f"at most {service.most:,} cells a request")
    if len(whole) > by_cells:
        reasons.append(f"addresses of at most {LONGEST:,} characters")
    return f"along {', '.join(along)}: {' and '.join(reasons)}"
