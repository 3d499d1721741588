"""The OECD's data explorer by its SDMX 2.1 interface: structure first, then SDMX-CSV 2.0 by key.

Sources: the OECD's API documentation and "API best practices and recommendations" (60 data
downloads an hour, structures not counted; no access from anonymised addresses); NSI web service
of the .Stat Suite (its words for empty answers and wrong keys).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hansa.sources.live.catalogues import flows_in
from hansa.sources.live.contract import (
    Catalogue,
    Filters,
    Observations,
    Outcome,
    Reply,
    Request,
    Structure,
)
from hansa.sources.live.sdmx import STRUCTURE, described, outcome_of, parsed, spanned
from hansa.sources.live.sdmx_keys import Flow, address, flow_of, key
from hansa.sources.live.structures import read_structure
from hansa.sources.live.troubles import place_of

CSV = "application/vnd.sdmx.data+csv;version=2.0.0"
PACE = "60 data downloads an hour from one address; questions answered before come from the cache"
EXAMPLE = "OECD.CFE.EDS,DSD_REG_ECO@DF_GDP,2.0"
_LISTS = (
    "copy AGENCY,FLOW,VERSION from the developer API of a table in data-explorer.oecd.org; tables "
    "of other spaces (sti-public, dcd-public) need their address: "
    "--at https://sdmx.oecd.org/SPACE/rest"
)


@dataclass(frozen=True)
class Oecd:
    """Data flows of the OECD: `AGENCY,FLOW,VERSION`; without a version the latest.

    Nothing is said of a largest answer: a question that is too big is refused (413) and halved.
    Splitting in advance by the product of codes would waste the 60 questions an hour, for regional
    tables are mostly empty.
    """

    id: str = "oecd"
    title: str = "the OECD"
    home: str = "https://sdmx.oecd.org/public/rest"
    licence: str = "Creative Commons Attribution 4.0 (CC BY 4.0). Source: OECD"
    most: int = 0

    def flow(self, dataset: str) -> Flow:
        """The flow of a name; raises UsageError for what cannot be one."""
        return flow_of(dataset, EXAMPLE)

    def describe(self, dataset: str, home: str) -> tuple[Request, ...]:
        """One request: the flow with structure, code lists cut to what is in use, constraint."""
        flow = self.flow(dataset)
        url = address(
            f"{home}/dataflow/{flow.agency}/{flow.id}/{flow.version or 'latest'}",
            {"references": "all", "detail": "referencepartial"},
        )
        return (Request(url, STRUCTURE, about=f"structure of {dataset}"),)

    def structure(self, dataset: str, replies: Sequence[Reply]) -> Structure:
        """Dimensions in the order of the key, with the codes in use and their labels."""
        flow = self.flow(dataset)
        body = described(replies[0], self.title, dataset, _LISTS)
        found = read_structure([body], flow.id, place_of(replies[0].request))
        return replace(found, dataset=str(flow), agency=flow.agency)

    def ask(self, structure: Structure, filters: Filters, home: str) -> Request:
        """The request for these codes, every observation with its full key."""
        flow = self.flow(structure.dataset)
        # An empty version is the latest one, but its comma has to stand.
        name = f"{flow.agency},{flow.id},{flow.version}"
        url = address(
            f"{home}/data/{name}/{key(structure, filters)}",
            {
                **spanned(structure, filters),
                "dimensionAtObservation": "AllDimensions",
                "format": "csvfile",
            },
        )
        return Request(url, CSV, about=structure.dataset)

    def outcome(self, reply: Reply) -> Outcome:
        """What a reply means; raises HansaError with the service's words if it refuses."""
        return outcome_of(reply, self.title, PACE)

    def parse(self, reply: Reply, structure: Structure) -> Observations:
        """The numbers in a reply."""
        return parsed(reply, structure)

    def catalogue(self, words: str, home: str) -> Request:
        """The list of all data flows by name."""
        url = address(f"{home}/dataflow/all/all/latest", {"detail": "allstubs"})
        return Request(url, STRUCTURE, about="list of data sets")

    def listed(self, reply: Reply) -> Catalogue:
        """The data flows in the list, by agency, flow and version."""
        return flows_in(reply, self.title, str)


SERVICE = Oecd()
