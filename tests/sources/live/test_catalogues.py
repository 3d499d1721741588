"""Data sets by words: each service's own list, over servers that list as the services do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from px_server import PxServer, serving
from px_tables import PxDim, PxTable
from sdmx_server import OECD, Answer, SdmxServer

from hansa.errors import HansaError, UsageError
from hansa.sources.live.cache import Cache
from hansa.sources.live.catalogues import catalogued, fits, searched
from hansa.sources.live.contract import Catalogue, Reply, Request
from hansa.sources.live.fetching import Line
from hansa.sources.live.services import find_service, services
from hansa.sources.live.transport import Patience, Transport

QUICK = Patience(tries=1)
TITLES = {
    "nama_10r_2gdp": "Gross domestic product (GDP) by NUTS 2 region",
    "demo_r_pjan": "Population on 1 January",
}
FLOW = "OECD.CFE.EDS,DSD_REG_ECO@DF_GDP,2.0"


def table() -> pa.Table:
    row = {"FREQ": "A", "geo": "SE11", "TIME_PERIOD": "2020", "OBS_VALUE": 1.0}
    return pa.Table.from_pylist([row])


def px(path: str, name: str, title: str) -> PxTable:
    dims = (PxDim("Tid", "year", {"2020": "2020"}, time=True),)
    rows = pa.Table.from_pylist([{"Tid": "2020", "value": 1.0, "mark": None}])
    return PxTable(path, name, title, dims, rows)


TABLES = (
    px("al/al06/jobs.px", "07459", "Population by region"),
    px("be/pop.px", "11607", "Employed persons by industry"),
)


def look(service: str, words: str, home: str, folder: Path) -> Catalogue:
    with Transport(home, QUICK) as transport:
        return searched(find_service(service), words, home, Line(transport, Cache(folder)))


def names(found: Catalogue) -> list[tuple[str, str]]:
    return [(one.id, one.title) for one in found.entries]


# --- SDMX ---


def test_eurostat_lists_its_data_flows(tmp_path: Path) -> None:
    tables = dict.fromkeys(TITLES, table())
    with SdmxServer(tables, titles=TITLES) as server:
        found = look("eurostat", "REGION gdp", server.home, tmp_path)
        assert names(found) == [("nama_10r_2gdp", TITLES["nama_10r_2gdp"])]
        assert names(look("eurostat", "demo_r", server.home, tmp_path)) == [
            ("demo_r_pjan", TITLES["demo_r_pjan"])
        ], "names of data sets are looked through too"
        assert look("eurostat", "nothing like it", server.home, tmp_path).entries == ()
        asked = "/sdmx/2.1/dataflow/ESTAT/all/latest?detail=allstubs"
        assert [path.partition("/dissemination")[2] for path in server.paths] == [asked], (
            "one list serves every search"
        )


@pytest.mark.parametrize(("service", "end"), [("oecd", ""), ("sdmx", ""), ("sdmx", "/v2")])
def test_flows_of_any_agency_are_named_in_full(service: str, end: str, tmp_path: Path) -> None:
    titles = {FLOW: "Regional GDP"}
    with SdmxServer({FLOW: table()}, layout="oecd", titles=titles) as server:
        found = look(service, "regional", server.home + end, tmp_path)
        path = server.paths[0].removeprefix(OECD)
    assert names(found) == [(FLOW, "Regional GDP")]
    start = "/v2/structure/dataflow/*/*/~" if end else "/dataflow/all/all/latest"
    assert path == f"{start}?detail=allstubs"


def test_an_office_with_one_agency_names_flows_alone() -> None:
    osp = find_service("osp")
    request = catalogued(osp).catalogue("", osp.home)
    assert request.url == f"{osp.home}/dataflow/LSD/all/latest?detail=allstubs"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(404, b"<html><body>Not Found</body></html>", "text/html"), "nothing of this name"),
        (Answer(200, b"<html><body>Down</body></html>", "text/html"), "page in place of data"),
        (Answer(200, b"{}", "application/json"), "something else in place of data"),
    ],
)
def test_what_is_no_list_is_refused(answer: Answer, words: str, tmp_path: Path) -> None:
    path = "/eurostat/api/dissemination/sdmx/2.1/dataflow/ESTAT/all/latest"
    with SdmxServer({}, recorded={path: answer}) as server, pytest.raises(HansaError, match=words):
        look("eurostat", "gdp", server.home, tmp_path)
    assert Cache(tmp_path).size()[0] == 0, "a refusal is not kept"


def test_a_list_of_nothing_is_no_list(tmp_path: Path) -> None:
    with SdmxServer({}) as server, pytest.raises(HansaError, match="a list without a data set"):
        look("eurostat", "gdp", server.home, tmp_path)


# --- PxWeb and StatBank ---


def test_version_1_lists_all_tables_once_and_names_them_as_they_are_fetched(tmp_path: Path) -> None:
    with serving(PxServer(TABLES)) as server:
        found = look("csp", "population", server.version_1, tmp_path)
        assert names(found) == [("al/al06/jobs.px", "Population by region")]
        assert server.asked[0][1].endswith("/api/v1/en/db?query=*&filter=*")
        service = find_service("csp")
        (request,) = service.describe(found.entries[0].id, server.version_1)
        assert server.answer("GET", request.url.removeprefix(server.at), b"")[0] == 200


def test_an_office_whose_tables_have_numbers_is_named_by_them(tmp_path: Path) -> None:
    body = [{"id": "07459", "path": "/be/be01", "title": "Folkemengde, åpen"}]
    request = Request("https://data.ssb.no/api/v0/en/table?query=*&filter=*")
    found = catalogued(find_service("ssb")).listed(reply(body, request))
    assert names(found) == [("07459", "Folkemengde, åpen")]


def test_an_office_whose_address_ends_with_the_language_is_asked_by_database() -> None:
    service = find_service("statfin")
    request = catalogued(service).catalogue("", service.home)
    assert request.url == "https://pxdata.stat.fi/PXWeb/api/v1/en/StatFin?query=*&filter=*"
    body = [{"id": "11ra.px", "path": "/vaerak", "title": "Key figures"}]
    found = catalogued(service).listed(reply(body, request))
    assert found.entries[0].id == "StatFin/vaerak/11ra.px", "as the office's example is named"


def reply(body: Any, request: Request, status: int = 200) -> Reply:
    return Reply(request, status, {"content-type": "application/json"}, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("service", "fix"),
    [("scb", "hansa sources scb-v2 --search WORDS"), ("hagstofa", "hansa sources hagstofa:Ibuar")],
)
def test_an_office_without_a_search_says_where_to_look(
    service: str, fix: str, tmp_path: Path
) -> None:
    refusing = pytest.raises(HansaError, match="gives no list of its tables")
    with serving(PxServer(TABLES, told="text")) as server, refusing as refused:
        look(service, "population", server.version_1, tmp_path)
    assert fix in str(refused.value)
    folders = [{"id": "BE", "type": "l", "text": "Population"}]
    overlooked = reply(folders, Request("https://h/x?query=*&filter=*"))
    with pytest.raises(HansaError, match="gives no list of its tables"):
        catalogued(find_service(service)).listed(overlooked)


def test_version_2_looks_for_the_words_itself_and_says_how_many_there_are(tmp_path: Path) -> None:
    many = tuple(px(f"a/{n}.px", f"TAB{n}", f"Population {n}") for n in range(520))
    with serving(PxServer((*TABLES, *many))) as server:
        found = look("scb-v2", "population", server.version_2, tmp_path)
        other = look("scb-v2", "åland industry", server.version_2, tmp_path)
    assert (len(found.entries), found.of) == (500, 521)
    assert found.entries[0].periods == "2019 to 2021"
    assert names(other) == [("11607", "Employed persons by industry")], "as the office finds it"
    assert other.of == 0


def test_statbank_lists_its_tables(tmp_path: Path) -> None:
    with serving(PxServer(TABLES)) as server:
        found = look("statbank", "POPULATION", server.statbank, tmp_path)
    (one,) = found.entries
    assert (one.id, one.title, one.periods) == ("07459", "Population by region", "2019 to 2021")


@pytest.mark.parametrize("service", ["statbank", "ssb", "ssb-v2"])
@pytest.mark.parametrize("body", [{}, [1], [{"name": "x"}], "x"])
def test_lists_that_cannot_be_read_are_refused(service: str, body: Any) -> None:
    told = reply(body, Request("https://h/x?query=*"))
    with pytest.raises(HansaError, match="something else than a list of tables"):
        catalogued(find_service(service)).listed(told)


# --- all ---


def test_a_service_without_a_list_is_refused_with_those_that_have_one() -> None:
    with pytest.raises(UsageError, match="gives no list of its data sets") as refused:
        catalogued(find_service("jsonstat"))
    assert "eurostat" in str(refused.value)
    for one in services().values():
        if one.id != "jsonstat":
            assert catalogued(one).catalogue("gdp", one.home or "https://h/rest").method == "GET"


def test_words_are_found_in_any_case_without_accents_and_all_of_them() -> None:
    assert fits("östra GDP", "Ostra and gdp")
    assert not fits("east gdp", "Ostra and gdp")
    assert fits("", "anything")
