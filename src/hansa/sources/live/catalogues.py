"""The data sets of a service by words: its own list, and which of it fit."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from hansa.errors import HansaError, UsageError, listed
from hansa.sources.live.contract import Catalogue, Catalogued, DataSet, Reply, Service
from hansa.sources.live.sdmx_keys import Flow
from hansa.sources.live.structures import read_dataflows
from hansa.sources.live.troubles import place_of

if TYPE_CHECKING:
    from hansa.sources.live.fetching import Line

FRESH = timedelta(days=1)
"""Age up to which a list is taken from the cache where the service offers no way to ask."""


def searched(service: Service, words: str, home: str, line: Line) -> Catalogue:
    """The data sets of a service that fit all the words, in its order.

    Raises UsageError for a service that lists none, HansaError for one that refuses.
    """
    listing = catalogued(service)
    request = listing.catalogue(words, home)
    line.told(f"asking {service.title} for its list of data sets", 0.0)
    got = line.get(request, FRESH)
    found = listing.listed(got.reply)
    line.keep(request, got)
    if found.searched:
        return found
    entries = tuple(one for one in found.entries if fits(words, f"{one.id} {one.title}"))
    return Catalogue(entries)


def catalogued(service: Service) -> Catalogued:
    """The service as one that lists its data sets. Raises UsageError for one that does not."""
    if not isinstance(service, Catalogued):
        raise UsageError(
            f"{service.title} gives no list of its data sets",
            place=service.id,
            admissible=listed(_with_lists(), 40),
            fix=f"look its names up on its pages, and ask for one: hansa sources {service.id}:NAME",
        )
    return service


def _with_lists() -> list[str]:
    from hansa.sources.live.services import services

    return [one.id for one in services().values() if isinstance(one, Catalogued)]


def fits(words: str, text: str) -> bool:
    """True where all the words occur in a text, in any case, with or without their accents."""
    plain = _plain(text)
    return all(word in plain for word in _plain(words).split())


def _plain(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def flows_in(reply: Reply, who: str, name: Callable[[Flow], str]) -> Catalogue:
    """The data flows in a structure message of SDMX.

    name  of a flow, as it stands after the colon
    """
    from hansa.sources.live.pages import refused
    from hansa.sources.live.sdmx import kind_of, no_data, refuse, unpacked
    from hansa.sources.live.sdmxml import fault

    reply = unpacked(reply)
    kind = kind_of(reply.body)
    if kind == "xml" and (told := fault(reply.body)):
        fix = "name the data set as the service's pages do"
        raise refuse(reply, who, ": ".join(filter(None, told)), fix)
    if reply.status != 200:
        raise refused(reply, who)
    if kind != "xml":
        raise no_data(reply, who)
    flows = read_dataflows(reply.body, place_of(reply.request))
    if not flows:
        raise HansaError(
            f"{who} answers with a list without a data set",
            place=place_of(reply.request),
            printed="no data flow in the message",
            admissible="a message with data flows",
            fix="ask again with --refresh; or give another address with --at",
        )
    return Catalogue(
        tuple(DataSet(name(Flow(one.agency, one.id, one.version)), one.label) for one in flows)
    )
