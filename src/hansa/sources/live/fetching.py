"""From a question to numbers: structure, parts, answers, one table, and where each came from."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hansa.errors import HansaError, UsageError, listed
from hansa.sources.live.contract import (
    Empty,
    Filters,
    Later,
    Observations,
    Reply,
    Request,
    Service,
    Structure,
    TooBig,
)
from hansa.sources.live.filters import halves, known, parts, resolved
from hansa.sources.live.joining import together
from hansa.sources.live.jsonstatservice import own_home
from hansa.sources.live.multipliers import multiplied
from hansa.sources.live.sdmx_keys import pieces
from hansa.sources.live.services import find_service, home_of
from hansa.sources.live.troubles import secretless

if TYPE_CHECKING:
    from hansa.sources.live.cache import Cache
    from hansa.sources.live.transport import Transport

Told = Callable[[str, float], None]
FRESH = timedelta(hours=1)
"""Age up to which numbers without validators are taken from the cache without asking: long enough
to go on where a fetch stopped, short enough that two editions hardly meet."""
LONGEST = 3600.0
"""Seconds a service may take to prepare an answer."""
OK, NOT_MODIFIED = 200, 304


@dataclass(frozen=True)
class Asked:
    """One request that was answered: as it was sent, when, and the checksum of the answer.

    end_told  False where nothing in the answer shows that it is whole
    """

    request: str
    fetched: str
    sha256: str
    bytes: int
    end_told: bool = True

    def as_dict(self) -> dict[str, Any]:
        """Its place in the account of a table."""
        return asdict(self)


@dataclass(frozen=True)
class Fetched:
    """The numbers of a data set with what it is made of and where they came from."""

    service: str
    licence: str
    structure: Structure
    filters: Mapping[str, tuple[str, ...]]
    observations: Observations
    asked: tuple[Asked, ...]


@dataclass(frozen=True)
class Got:
    """An answer, when the service last said that it holds, and whether it was kept already."""

    reply: Reply
    fetched: str
    cached: bool = False


@dataclass
class Line:
    """How answers are got: over the network or from the cache; remembers what was asked.

    refresh  ask again even where the cache has an answer
    unasked  answers taken from the cache without asking whether they still hold
    gap      seconds between two questions, for services that count them
    now      the time, for the account
    """

    transport: Transport
    cache: Cache
    told: Told = lambda _text, _done: None
    refresh: bool = False
    gap: float = 0.0
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep
    asked: list[Asked] = field(default_factory=list)
    unasked: int = 0
    _sent: bool = field(default=False, init=False)

    def get(self, request: Request, fresh: timedelta = FRESH) -> Got:
        """The answer to a request: from the cache where it still holds, else over the network."""
        kept = self.cache.find(request)
        validators: Mapping[str, str] = {}
        if kept and not self.refresh:
            validators = self.cache.validators(kept)
            age = self.now() - datetime.fromisoformat(kept.fetched)
            if not validators and age < fresh:
                self.unasked += 1
                return Got(kept.reply, kept.fetched, cached=True)
        if self.gap and self._sent:
            self.sleep(self.gap)
        self._sent = True
        reply = self.transport.send(request, validators, self.cache.part(request))
        if kept and reply.status == NOT_MODIFIED:
            kept = self.cache.confirmed(kept, self.now())
            return Got(kept.reply, kept.fetched, cached=True)
        return Got(reply, f"{self.now():%Y-%m-%dT%H:%M:%SZ}")

    def refused(self, request: Request) -> bool:
        """Whether the service found this request too big, as lately as answers are taken on."""
        return not self.refresh and too_big_lately(self.cache, request, self.now())

    def keep(self, request: Request, got: Got) -> None:
        """Note an answer that could be read, and keep it under the request it answers.

        One that may be cut without anybody seeing it is noted and not kept.
        """
        reply = got.reply
        if not got.cached and reply.status == OK and reply.end_told:
            self.cache.keep(request, replace(reply, request=request), self.now())
        sha = hashlib.sha256(reply.body).hexdigest()
        shown = secretless(request.shown())
        self.asked.append(Asked(shown, got.fetched, sha, len(reply.body), reply.end_told))


def too_big_lately(cache: Cache, request: Request, now: datetime) -> bool:
    """Whether a service refused this request as too big, no longer ago than answers are fresh."""
    told = cache.too_big(request)
    return told is not None and now - told < FRESH


def dataset_of(name: str, at: str = "") -> tuple[Service, str, str]:
    """Service, data set and base address of a name `SOURCE:DATASET`."""
    source, colon, dataset = name.partition(":")
    if not colon or not dataset.strip():
        raise UsageError(
            "a data set is named SOURCE:DATASET",
            printed=name,
            admissible="eurostat:nama_10r_2gdp, oecd:AGENCY,FLOW,VERSION, ssb:11607, …",
            fix="`hansa sources` lists the sources",
        )
    service = find_service(source)
    home = home_of(service.id, service.home, at)
    return service, dataset.strip(), own_home(dataset, home)


def structure_of(service: Service, dataset: str, home: str, line: Line) -> Structure:
    """The structure of a data set; only answers that can be read are kept.

    It is always asked for: an outline of last week would hide what was published since.
    """
    requests = service.describe(dataset, home)
    line.told(f"asking what {dataset} is made of", 0.0)
    before = [line.cache.find(request) for request in requests]
    found = [line.get(request, timedelta(0)) for request in requests]
    if any(b and b.reply.body != got.reply.body for b, got in zip(before, found, strict=True)):
        # Something was published since: numbers kept from before are of another edition.
        line.refresh = True
    structure = service.structure(dataset, [got.reply for got in found])
    for request, got in zip(requests, found, strict=True):
        line.keep(request, got)
    return structure


def fetch(
    service: Service,
    dataset: str,
    asked: Mapping[str, Sequence[str]],
    home: str,
    line: Line,
    *,
    prepared: bool = False,
) -> Fetched:
    """Everything a service has for a question, in as many requests as its limits ask for.

    asked     dimension -> codes or patterns (`hansa.sources.live.filters.resolved`)
    prepared  True for a question made in advance: codes the data set lacks are noted, not refused
    Raises HansaError for what the service refuses, for an answer that cannot be read, and where
    the parts of an answer come from different editions of the data.
    """
    structure = structure_of(service, dataset, home, line)
    own, lost = known(asked, structure) if prepared else (asked, ())
    filters = resolved(own, structure)
    already = len(line.asked)
    found = _answers(service, structure, filters, home, line)
    line.told(f"{dataset}, done", 1.0)
    if len({one.updated for one in found if one.updated}) > 1 and not line.refresh:
        # Parts kept from an earlier edition: all are asked again, once.
        again = replace(line, refresh=True, asked=[])
        return fetch(service, dataset, asked, home, again, prepared=prepared)
    whole = together(structure, filters, found)
    if line.unasked and not whole.updated:
        times = sorted(one.fetched for one in line.asked[already:])
        lost = (*lost, f"The service states no edition: answered {times[0]} to {times[-1]}.")
    whole = multiplied(whole)
    said = (*lost, *open_ends(line.asked), *_nothing(structure, whole))
    whole = replace(whole, notes=(*said, *whole.notes))
    return Fetched(service.id, service.licence, structure, filters, whole, tuple(line.asked))


def questions(
    service: Service,
    structure: Structure,
    filters: Filters,
    home: str,
    refused: Callable[[Request], bool] = lambda _request: False,
) -> tuple[Filters, ...]:
    """The questions a fetch begins with: within the service's cells and the length of an address.

    refused  whether the service found a request too big not long ago: its halves are asked at once

    A service may still find one too big; it is then asked in halves.
    """
    return tuple(
        half
        for part in parts(structure, filters, service.most)
        for piece in pieces(structure, part, lambda f: len(service.ask(structure, f, home).url))
        for half in _divided(structure, piece, lambda f: refused(service.ask(structure, f, home)))
    )


def _divided(
    structure: Structure, filters: Filters, refused: Callable[[Filters], bool]
) -> Iterator[Filters]:
    pair = halves(structure, filters) if refused(filters) else None
    if pair is None:
        yield filters
        return
    for half in pair:
        yield from _divided(structure, half, refused)


def open_ends(asked: Sequence[Asked]) -> list[str]:
    """What is said of answers that may be cut without anybody seeing it."""
    count = sum(not one.end_told for one in asked)
    if not count:
        return []
    which = "its answer" if len(asked) == 1 else f"{count} of {len(asked)} answers"
    return [
        f"The service states no length of {which}: one that broke off at the end of a row cannot "
        "be told from a whole one. It was not kept; fetch again and compare the rows."
    ]


def _nothing(structure: Structure, whole: Observations) -> list[str]:
    """What is said of an answer without a row, so that nobody takes it for data."""
    if whole.table.num_rows:
        return []
    time = next((d for d in structure.dimensions if d.time), None)
    codes = sorted(time.codes) if time else []
    held = f" The data set holds {codes[0]} to {codes[-1]}." if codes else ""
    return [f"The service has NO ROW for this question: an empty table.{held}"]


def _answers(
    service: Service, structure: Structure, filters: Filters, home: str, line: Line
) -> list[Observations]:
    """The answers to all parts of a question, each told with how many there are."""
    found: list[Observations] = []
    waiting = list(questions(service, structure, filters, home, line.refused))[::-1]
    done = 0
    while waiting:
        part, total = waiting.pop(), done + len(waiting) + 1
        request = service.ask(structure, part, home)
        if total > 1:
            request = replace(request, about=f"{request.about}, part {done + 1} of {total}")
        line.told(request.about, done / total)
        answer = _answered(service, structure, part, request, line)
        if isinstance(answer, TooBig):
            waiting += reversed(_halves(structure, part, request, answer))
            continue
        found += answer
        done += 1
    return found


def _answered(
    service: Service, structure: Structure, filters: Filters, request: Request, line: Line
) -> list[Observations] | TooBig:
    """The answer to one question: none where the service has nothing for it."""
    got = line.get(request)
    outcome = service.outcome(got.reply)
    if isinstance(outcome, TooBig):
        line.cache.note_too_big(request, line.now())
        return replace(outcome, said=f"{got.reply.status}: {outcome.said}")
    if isinstance(outcome, Later):
        got = replace(got, reply=_prepared(service, outcome, line))
        outcome = service.outcome(got.reply)
    found = []
    if not isinstance(outcome, Empty):
        found = [service.parse(got.reply, structure)]
        _refuse_other_dimensions(found[0], structure, filters)
    line.keep(request, got)
    return found


def _halves(
    structure: Structure, filters: Filters, request: Request, refused: TooBig
) -> tuple[Filters, Filters]:
    """The two questions to ask in place of one that the service refuses as too big."""
    pair = halves(structure, filters)
    if pair is None:
        raise HansaError(
            "the service refuses the question, even for one series",
            place=f"{request.about}: {request.url}",
            printed=refused.said,
            fix="narrow the question with --filter DIMENSION=CODE, or ask again later",
        )
    return pair


def _refuse_other_dimensions(found: Observations, structure: Structure, filters: Filters) -> None:
    """Raise where an answer lacks a dimension that was asked for, or has one nobody described."""
    known = {d.id for d in structure.dimensions}
    needed = {d.id for d in structure.dimensions if d.id in filters or not d.eliminable}
    there = set(found.dimensions)
    if there <= known and needed <= there:
        return
    raise HansaError(
        "the answer has other dimensions than were asked for",
        place=structure.dataset,
        printed=listed(found.dimensions, 20),
        admissible=listed((d.id for d in structure.dimensions if d.id in needed), 20),
        fix="ask again with --refresh; the data set may have been changed",
    )


def _prepared(service: Service, later: Later, line: Line) -> Reply:
    """Wait for an answer that the service prepares, then fetch it."""
    waited = 0.0
    while True:
        line.told(f"the service prepares the answer ({waited:.0f} s)", 0.0)
        line.sleep(later.seconds)
        waited += later.seconds
        reply = line.transport.send(later.status)
        outcome = service.outcome(reply)
        if isinstance(outcome, Later):
            later = outcome
        elif later.status == later.data:
            return reply
        else:
            return line.transport.send(later.data)
        if waited > LONGEST:
            raise HansaError(
                "the service did not prepare the answer in time",
                place=later.status.url,
                printed=f"{waited:.0f} seconds",
                fix="ask again later: what was answered so far is kept; or narrow the question",
            )
