"""What a live source is: questions, answers, structures, observations; no network here.

A service says which `Request`s answer a question and reads their bodies (`parse`, pure). The
transport (`transport`) carries requests, the cache keeps answers, `fetching` puts them together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import pyarrow as pa

Filters = Mapping[str, tuple[str, ...]]
"""Dimension, as the service spells it -> codes asked for; a dimension left out is taken whole."""


REGIONS = ("geo", "ref_area", "region", "reg", "omr\u00e5de", "alue", "maakond", "svaedi")
"""Names that services give the dimension of regions, in lower case."""


@dataclass(frozen=True)
class Request:
    """One question to a service, as it is sent.

    url    complete, with its query
    body   what is posted; empty: a GET
    about  words for progress and messages: `sbs_r_nuts06_r2, part 2 of 7`
    """

    url: str
    accept: str = "*/*"
    body: bytes = b""
    content_type: str = ""
    about: str = ""

    @property
    def method(self) -> str:
        """GET, or POST where there is a body."""
        return "POST" if self.body else "GET"

    def shown(self) -> str:
        """The request as one line for a message, a recipe, the docs."""
        sent = f"GET {self.url}" if not self.body else f"POST {self.url} {self.body.decode()}"
        return sent


@dataclass(frozen=True)
class Dimension:
    """One dimension of a data set.

    id          as the service spells it
    codes       code -> label, in the service's order; empty where the service does not list them
    time        True for the time dimension
    eliminable  True where the service sums over the dimension when no code is asked for (PxWeb)
    partial     True where the data may have codes that are not among `codes`
    """

    id: str
    label: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)
    time: bool = False
    eliminable: bool = False
    partial: bool = False


@dataclass(frozen=True)
class Structure:
    """A data set before its numbers: dimensions in the order the service wants them in a key.

    updated   what the service says of its last change, as it says it; empty where it does not
    version   version of the data structure, where the service has one
    """

    dataset: str
    title: str = ""
    agency: str = ""
    version: str = ""
    updated: str = ""
    dimensions: tuple[Dimension, ...] = ()
    attributes: tuple[str, ...] = ()

    def dimension(self, name: str) -> Dimension | None:
        """A dimension by its id, in any case; None if absent.

        `time` finds the time dimension, `geo` the one that offices name after regions.
        """
        wanted = name.lower()
        for own in self.dimensions:
            if own.id.lower() == wanted or (own.time and wanted in ("time", "time_period")):
                return own
        if wanted != "geo":
            return None
        return next((own for own in self.dimensions if own.id.lower() in REGIONS), None)


@dataclass(frozen=True)
class DataSet:
    """A data set in a service's list.

    id       as it is named after the colon
    periods  first and last period, as far as the list tells: `2000 to 2023`
    """

    id: str
    title: str = ""
    updated: str = ""
    periods: str = ""


@dataclass(frozen=True)
class Catalogue:
    """A service's list of its data sets.

    searched  True where the service itself has looked for the words
    of        how many there are in all, where these are the first of them; 0: these are all
    """

    entries: tuple[DataSet, ...]
    searched: bool = False
    of: int = 0


@dataclass(frozen=True)
class Observations:
    """Numbers of a data set.

    table       one text column a dimension (named by its id), then `value` (float64, null where
                absent), `status` (text: letters of `hansa.law` joined by `;`, empty where
                ordinary), then attributes of the service as text columns
    dimensions  ids of the dimensions, the time dimension among them, in the service's order
    time        id of the time dimension; empty where there is none
    labels      dimension id -> code -> label, as far as the answer tells
    updated     the service's own date of the data; empty where it does not say
    notes       what was unusual: unknown flags, texts in place of numbers
    steps       what was done to the values after they came
    """

    table: pa.Table
    dimensions: tuple[str, ...]
    time: str = ""
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    dataset: str = ""
    title: str = ""
    agency: str = ""
    updated: str = ""
    notes: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ready:
    """The answer is the data."""


@dataclass(frozen=True)
class Later:
    """The service prepares the answer: ask `status` again after `seconds`, then fetch `data`.

    Where the service has one address for both, the two are equal.
    """

    status: Request
    data: Request
    seconds: float = 5.0


@dataclass(frozen=True)
class TooBig:
    """The service answers less at a time; `most` cells or rows where it says how many."""

    most: int = 0
    said: str = ""


@dataclass(frozen=True)
class Empty:
    """The service has no data for the question (not an error: every cell is absent)."""

    said: str = ""


Outcome = Ready | Later | TooBig | Empty


@dataclass(frozen=True)
class Reply:
    """What came back for a request.

    status    number of HTTP; headers with names in lower case; body complete and decoded
    end_told  False where nothing tells that the body is whole: no length, no chunks, no packing,
              no closing bracket
    """

    request: Request
    status: int
    headers: Mapping[str, str]
    body: bytes
    end_told: bool = True

    @property
    def content_type(self) -> str:
        """The media type without its parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Service(Protocol):
    """A live source. Every method is pure: nothing is asked over the network here."""

    @property
    def id(self) -> str:
        """Name before the colon: `hansa fetch eurostat:nama_10r_2gdp`."""

    @property
    def title(self) -> str:
        """Who it is, in words."""

    @property
    def home(self) -> str:
        """Base address, without a slash at its end; an own one may be given in its place."""

    @property
    def licence(self) -> str:
        """What may be done with the figures, and how the source is to be named."""

    def describe(self, dataset: str, home: str) -> Sequence[Request]:
        """Requests that answer what the data set is made of; none where nothing has to be asked.

        Raises UsageError for a name that cannot be one of this service.
        """

    def structure(self, dataset: str, replies: Sequence[Reply]) -> Structure:
        """The structure told by the replies to `describe`, in their order."""

    def ask(self, structure: Structure, filters: Filters, home: str) -> Request:
        """The one request for these codes. `filters` name dimensions as `structure` does."""

    def outcome(self, reply: Reply) -> Outcome:
        """What a reply to `ask` means; raises HansaError with the service's own words if refused.

        Called for every reply that the transport does not repeat by itself, whatever its status:
        an error page under status 200 is refused here.
        """

    def parse(self, reply: Reply, structure: Structure) -> Observations:
        """The numbers in a reply whose outcome is `Ready`; raises HansaError for a broken body."""

    @property
    def most(self) -> int:
        """Cells the service gives in one answer; 0 where it has no such limit."""


@runtime_checkable
class Catalogued(Protocol):
    """A service that lists its data sets; pure, as `Service` is."""

    def catalogue(self, words: str, home: str) -> Request:
        """The one request for the list: of data sets with these words where the service searches,
        of all of them where it does not."""

    def listed(self, reply: Reply) -> Catalogue:
        """The list in the reply; raises HansaError for a refusal and for what is no list."""
