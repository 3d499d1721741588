"""The PxWeb offices: from a name to numbers, over a server that is as strict as theirs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from px_server import CONFIG_PAGE, IIS_PAGE, TOMCAT_PAGE, PxServer, serving
from px_tables import PxDim, PxTable, json_stat_2

from hansa.errors import HansaError, UsageError
from hansa.sources.live.cache import Cache
from hansa.sources.live.contract import Empty, Observations, Ready, Reply, Request, TooBig
from hansa.sources.live.fetching import Fetched, Line, fetch
from hansa.sources.live.pxweb import SERVICES, VERSION_ONE, PxWeb
from hansa.sources.live.transport import Patience, Transport

SERVICE = {service.id: service for service in SERVICES}
V1, V2 = SERVICE["ssb"], SERVICE["ssb-v2"]
REGIONS = {"00": "Whole country", **{f"{n:02}": f"Region {n}" for n in range(1, 31)}}
INDUSTRIES = {"A": "Farming", "C10": "Food, drink", "C11-C12": "Drinks; tobacco", "Q é": "Care é"}
YEARS = {str(year): str(year) for year in range(2015, 2025)}


def jobs(path: str = "al/al06/jobs", name: str = "11607", **years: str) -> PxTable:
    """Jobs by region (the total has a code), industry (it has none), content and year."""
    periods = years or YEARS
    dims = (
        PxDim("Region", "region", REGIONS, elimination="00"),
        PxDim("place of work", "place of work", INDUSTRIES, elimination="sum"),
        PxDim("ContentsCode", "contents", {"Jobs": "Jobs", "Firms": "Firms"}, metric=True),
        PxDim("Tid", "year", periods, time=True),
    )
    rows: list[dict[str, Any]] = []
    for r, region in enumerate(REGIONS):
        for i, industry in enumerate(INDUSTRIES):
            for c, content in enumerate(("Jobs", "Firms")):
                for t, period in enumerate(periods):
                    number = 1000 * r + 100 * i + 10 * c + t + 0.5
                    mark = {7: ":", 11: "..", 13: "."}.get((r + 3 * i + 5 * c + 2 * t) % 17)
                    rows.append(
                        {
                            "Region": region,
                            "place of work": industry,
                            "ContentsCode": content,
                            "Tid": period,
                            "value": None if mark else number,
                            "mark": mark,
                        }
                    )
    return PxTable(path, name, "Jobs and firms", dims, pa.Table.from_pylist(rows))


def ask(
    server: PxServer, version: int, tmp_path: Path, asked: Mapping[str, Sequence[str]] | None = None
) -> Fetched:
    service, home = (V1, server.version_1) if version == 1 else (V2, server.version_2)
    name = server.tables[0].path if version == 1 else server.tables[0].id
    waits: list[float] = []
    with Transport(home, Patience(tries=3), sleep=waits.append) as transport:
        found = fetch(service, name, asked or {}, home, Line(transport, Cache(tmp_path)))
    assert all(wait == 1.0 for wait in waits)
    return found


LETTER = {":": "c", "..": "m", ".": "z"}


def expected(
    table: PxTable, dims: Sequence[str], **only: Sequence[str]
) -> dict[tuple[str, ...], tuple[float | None, str]]:
    """The cells of the served table, by hand: rows of `only`, marks as letters."""
    found = {}
    for row in table.rows.to_pylist():
        if all(row[name.replace("_", " ")] in codes for name, codes in only.items()):
            key = tuple(row[d] for d in dims)
            found[key] = (row["value"], LETTER.get(row["mark"] or "", ""))
    return found


def told(found: Observations) -> dict[tuple[str, ...], tuple[float | None, str]]:
    rows = found.table.to_pylist()
    cells = {tuple(row[d] for d in found.dimensions): (row["value"], row["status"]) for row in rows}
    assert len(cells) == len(rows)
    return cells


# --- the whole way ---------------------------------------------------------------------


@pytest.mark.parametrize("version", [1, 2])
def test_every_cell_and_mark_of_a_table_arrives(version: int, tmp_path: Path) -> None:
    table = jobs()
    everything = {"Region": ["*"], "place of work": ["*"]}
    with serving(PxServer((table,), cells=10_000)) as server:
        found = ask(server, version, tmp_path, everything)
    dims = ("Region", "place of work", "ContentsCode", "Tid")
    assert found.observations.dimensions == dims
    assert told(found.observations) == expected(table, dims)
    assert found.observations.time == "Tid"
    assert found.observations.labels["Region"]["07"] == "Region 7"
    assert found.observations.updated == "2026-02-25T07:00:00Z"
    assert not [n for n in found.observations.notes if "Summed" in n]
    # One question for the description, one for the numbers.
    assert [method for method, _, _ in server.asked] == ["GET", "POST"]


@pytest.mark.parametrize("version", [1, 2])
def test_codes_and_periods_asked_for(version: int, tmp_path: Path) -> None:
    table = jobs()
    asked = {
        "region": ["03", "1?"],
        "place of work": ["C10", "Q é"],
        "contentscode": ["Jobs"],
        "time": ["2019:2021"],
    }
    with serving(PxServer((table,))) as server:
        found = ask(server, version, tmp_path, asked)
    regions = ["03", *(f"1{n}" for n in range(10))]
    assert told(found.observations) == expected(
        table,
        found.observations.dimensions,
        Region=regions,
        place_of_work=["C10", "Q é"],
        ContentsCode=["Jobs"],
        Tid=["2019", "2020", "2021"],
    )
    assert len(told(found.observations)) == 11 * 2 * 3
    sent = json.loads(server.asked[-1][2])
    if version == 1:
        assert sent["response"] == {"format": "json-stat2"}
        assert sent["query"][3] == {
            "code": "Tid",
            "selection": {"filter": "item", "values": ["2019", "2020", "2021"]},
        }
    else:
        assert sent["selection"][3] == {
            "variableCode": "Tid",
            "valueCodes": ["2019", "2020", "2021"],
        }


@pytest.mark.parametrize("version", [1, 2])
def test_dimensions_left_out_are_summed_by_the_office_and_said(
    version: int, tmp_path: Path
) -> None:
    table = jobs()
    with serving(PxServer((table,))) as server:
        found = ask(server, version, tmp_path, {"ContentsCode": ["Jobs"]})
    assert found.observations.dimensions == ("ContentsCode", "Tid")
    cells = told(found.observations)
    rows = expected(table, ("place of work", "Tid"), Region=["00"], ContentsCode=["Jobs"])
    for period in YEARS:
        parts = [rows[industry, period] for industry in INDUSTRIES]
        whole = [value for value, _ in parts if value is not None]
        if len(whole) == len(parts):
            assert cells["Jobs", period] == (math.fsum(whole), "")
        else:
            # A sum over a hidden part is hidden too: never the sum of the rest.
            assert cells["Jobs", period][0] is None
    assert any(len(v) and v[0] is not None for v in cells.values())
    assert (
        "Summed over by the service, as no code was asked for: Region, place of work."
        in found.observations.notes
    )


@pytest.mark.parametrize(("version", "told_as"), [(1, "json"), (1, "page"), (2, "json")])
def test_a_question_too_big_comes_in_parts_and_loses_nothing(
    version: int, told_as: str, tmp_path: Path
) -> None:
    table = jobs()
    # 31 * 4 * 2 * 10 cells; the office gives far less than its service says.
    with serving(PxServer((table,), cells=400, told=told_as)) as server:
        found = ask(server, version, tmp_path, {"Region": ["*"], "place of work": ["*"]})
    assert told(found.observations) == expected(table, found.observations.dimensions)
    refused = [status for status in server.statuses if status >= 400]
    assert len(refused) >= 3
    assert set(refused) == ({403} if version == 1 else {400})


def test_codes_a_question_may_name_are_another_limit(tmp_path: Path) -> None:
    table = jobs()
    with serving(PxServer((table,), cells=10_000, values=25)) as server:
        found = ask(server, 1, tmp_path, {"Region": ["*"], "place of work": ["*"]})
    assert told(found.observations) == expected(table, found.observations.dimensions)
    assert 403 in server.statuses


def test_asked_too_often_the_transport_waits_and_goes_on(tmp_path: Path) -> None:
    table = jobs()
    with serving(PxServer((table,), cells=400, calls=2)) as server:
        found = ask(server, 1, tmp_path, {"Region": ["*"], "place of work": ["*"]})
    assert told(found.observations) == expected(table, found.observations.dimensions)
    assert server.statuses.count(429) >= 3


def test_periods_behind_numbers_stand_as_periods(tmp_path: Path) -> None:
    """Tables of Iceland and Greenland number their years: code 4, label 2019."""
    numbered = {str(at): str(2015 + at) for at in range(10)}
    table = jobs(**numbered)
    with serving(PxServer((table,), cells=10_000)) as server:
        found = ask(server, 1, tmp_path, {"Region": ["05"], "Tid": ["2018:2019"]})
        sent = json.loads(server.asked[-1][2])["query"]
    assert sent[-1]["selection"] == {"filter": "item", "values": ["3", "4"]}
    assert found.structure.dimension("time") is not None
    cells = told(found.observations)
    assert {key[-1] for key in cells} == {"2018", "2019"}
    rows = expected(table, ("place of work", "ContentsCode", "Tid"), Region=["05"])
    for (_, content, period), (value, _) in cells.items():
        parts = [rows[i, content, str(int(period) - 2015)][0] for i in INDUSTRIES]
        assert value == (None if None in parts else math.fsum(p for p in parts if p is not None))
    assert any(value is not None for value, _ in cells.values())


def test_numbers_that_are_no_periods_stay_codes() -> None:
    labels = {"1": "First round", "2": "Second round"}
    structure = described(V1, jobs(**labels))
    assert structure.dimensions[3].codes == labels


def test_a_period_the_table_does_not_list_is_an_error() -> None:
    numbered = {str(at): str(2015 + at) for at in range(10)}
    structure = described(V1, jobs(**numbered))
    more = jobs(**{**numbered, "10": "2025"})
    picked = {d.code: list(d.values) for d in more.dims}
    with pytest.raises(HansaError, match="a period the table does not list") as caught:
        V1.parse(reply(json_stat_2(more, picked)), structure)
    assert "10" in caught.value.finding.printed
    assert "--refresh" in caught.value.finding.fix


# --- names and questions that cannot be meant --------------------------------------------


def reply(body: Any, status: int = 200, kind: str = "application/json", url: str = "") -> Reply:
    raw = (
        body
        if isinstance(body, bytes)
        else (body.encode() if isinstance(body, str) else json.dumps(body).encode())
    )
    request = Request(url or "https://data.ssb.no/api/v0/en/table/11607", about="11607")
    return Reply(request, status, {"content-type": kind}, raw)


def described(service: PxWeb, table: PxTable) -> Any:
    server = PxServer((table,))
    home = "http://h/api/v1/en/db" if service.dialect is VERSION_ONE else "http://h/api/v2"
    name = table.path if service.dialect is VERSION_ONE else table.id
    (request,) = service.describe(name, home)
    status, body, _ = server.answer("GET", request.url.removeprefix("http://h"), b"")
    assert status == 200
    return service.structure(name, [Reply(request, status, {}, body)])


def test_a_folder_is_refused_with_what_lies_in_it(tmp_path: Path) -> None:
    with (
        serving(PxServer((jobs(), jobs("al/al07/pay", "7")))) as server,
        Transport(server.version_1) as transport,
        pytest.raises(UsageError, match="ssb:al is a folder, not a table") as caught,
    ):
        fetch(V1, "al", {}, server.version_1, Line(transport, Cache(tmp_path)))
    assert caught.value.finding.printed == "it holds al06, al07"
    assert "ssb:al/al06" in caught.value.finding.fix


@pytest.mark.parametrize("version", [1, 2])
def test_an_unknown_table(version: int, tmp_path: Path) -> None:
    service = (V1, V2)[version - 1]
    with serving(PxServer((jobs(),))) as server, Transport(server.at) as transport:
        home = (server.version_1, server.version_2)[version - 1]
        with pytest.raises(UsageError, match="has no table 'nothing'") as caught:
            fetch(service, "nothing", {}, home, Line(transport, Cache(tmp_path)))
    assert "404" in caught.value.finding.printed
    assert f"{service.id}:07459" in caught.value.finding.admissible
    assert not list(tmp_path.glob("answers/*.json"))


@pytest.mark.parametrize("name", ["", " / ", "a/../b", "a//b", "11607?config", "a#b", "a\\b"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(UsageError, match="no table of this name") as caught:
        V1.describe(name, V1.home)
    assert caught.value.finding.admissible == "ssb:07459"


def test_names_are_quoted() -> None:
    (request,) = SERVICE["asub"].describe("Statistik/Sjöfart, år/SJ102.px", "https://h/api/v1/en")
    assert request.url == "https://h/api/v1/en/Statistik/Sj%C3%B6fart%2C%20%C3%A5r/SJ102.px"
    assert request.method == "GET"


@pytest.mark.parametrize("wanted", [["2031"], ["2019", "2031"], ["2031:2040"]])
def test_a_period_the_table_does_not_have(wanted: list[str]) -> None:
    structure = described(V1, jobs())
    with pytest.raises(UsageError, match="has no period 2031") as caught:
        V1.ask(structure, {"Tid": tuple(wanted)}, V1.home)
    assert caught.value.finding.admissible == "2015 to 2024"
    assert "--filter Tid=FROM:TO" in caught.value.finding.fix


# --- answers that are none ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "kind", "rule", "printed"),
    [
        (CONFIG_PAGE, "text/html", "answers with a page in place of JSON", "CONFIG404"),
        (TOMCAT_PAGE, "text/html", "answers with a page in place of JSON", "HTTP Status 500"),
        ('CHARSET="ANSI";\nX=1;', "application/octet-stream", "something else in place", "CHARSET"),
        ("", "application/json", "something else in place of JSON", "an empty answer"),
        ('{"dimension": {"a"', "application/json", "something else in place of JSON", "dimension"),
        ({"columns": [], "data": []}, "application/json", "something else than numbers", "columns"),
        ({"error": "Parameter error"}, "application/json", "else than numbers", "Parameter error"),
        ([], "application/json", "something else than numbers", ""),
    ],
)
@pytest.mark.parametrize("service", [V1, V2])
def test_what_comes_under_200_and_is_no_data(
    service: PxWeb, body: Any, kind: str, rule: str, printed: str
) -> None:
    with pytest.raises(HansaError, match=rule) as caught:
        service.outcome(reply(body, kind=kind))
    assert printed in caught.value.finding.printed
    assert "11607" in caught.value.finding.place
    assert caught.value.finding.fix


@pytest.mark.parametrize(
    ("status", "body", "rule", "printed"),
    [
        (400, {"error": "Parameter error"}, "refuses the question", "Parameter error"),
        (400, "Solicitud incorrecta", "refuses the question", "Solicitud incorrecta"),
        (400, {"type": "Parameter error", "title": "Non-existent value", "status": 400},
         "refuses the question", "Non-existent value"),
        (404, {"title": "Non-existent table", "status": 404}, "nothing of this name", "404"),
        (429, "Too Many Requests", "asked too often", "429"),
        (500, TOMCAT_PAGE, "does not answer at present", "HTTP Status 500"),
        (503, "", "does not answer at present", "503 Service Unavailable"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("service", [V1, V2])
def test_refusals_say_what_the_office_said(
    service: PxWeb, status: int, body: Any, rule: str, printed: str
) -> None:
    with pytest.raises(HansaError, match=rule) as caught:
        service.outcome(reply(body, status))
    assert printed in caught.value.finding.printed
    assert "Statistics Norway" in caught.value.finding.rule
    if status == 429:
        assert caught.value.finding.admissible == "30 calls in 60 seconds"


def test_too_big_is_told_in_four_ways() -> None:
    assert V1.outcome(reply({"error": "Too many values selected"}, 403)) == TooBig(
        said="Too many values selected"
    )
    page = V1.outcome(reply(IIS_PAGE, 403, "text/html"))
    assert isinstance(page, TooBig)
    assert "403 - Forbidden" in page.said
    assert isinstance(V1.outcome(reply("", 413)), TooBig)
    problem = {"type": "Parameter error", "title": "Too many cells selected", "status": 400}
    assert V2.outcome(reply(problem, 400)) == TooBig(said="Too many cells selected")
    # At version 1 a refusal of 400 is one of the question itself.
    with pytest.raises(HansaError, match="refuses the question"):
        V1.outcome(reply(problem, 400))


def test_an_answer_without_cells_is_empty_and_one_of_hidden_cells_is_not() -> None:
    bare = {"class": "dataset", "id": ["a"], "size": [0], "dimension": {"a": {}}}
    assert isinstance(V1.outcome(reply({**bare, "value": []})), Empty)
    assert isinstance(V1.outcome(reply({**bare, "value": {}, "status": {"0": ":"}})), Ready)
    assert isinstance(V1.outcome(reply({**bare, "value": [None]})), Ready)


@pytest.mark.parametrize(
    ("variables", "rule"),
    [
        ([{"code": "a", "values": ["1", "1"], "valueTexts": ["x", "y"]}], "code of a stands twice"),
        (
            [{"code": "a", "values": ["1"]}, {"code": "a", "values": ["1"]}],
            "dimension stands twice",
        ),
        ([{"code": "a", "values": ["1", "2"], "valueTexts": ["x"]}], "dimension of the table"),
        ([{"values": ["1"]}], "a dimension of the table cannot be read"),
        ([{"code": "a", "values": "1"}], "a dimension of the table cannot be read"),
        ([7], "a dimension of the table cannot be read"),
        ([], "has no table"),
    ],
)
def test_descriptions_that_cannot_be_read(variables: Any, rule: str) -> None:
    with pytest.raises(HansaError, match=rule):
        V1.structure("11607", [reply({"title": "t", "variables": variables})])


@pytest.mark.parametrize(
    ("dimension", "rule"),
    [
        ({"a": {"category": {"index": {"x": 0, "y": "b"}}}}, "cannot be read"),
        ({"a": {"category": {}}}, "cannot be read"),
        ({}, "cannot be read"),
        ({"a": {"category": {"index": ["x", "x"]}}}, "code of a stands twice"),
    ],
)
def test_descriptions_of_version_2_that_cannot_be_read(dimension: Any, rule: str) -> None:
    with pytest.raises(HansaError, match=rule):
        V2.structure("t", [reply({"id": ["a"], "dimension": dimension})])


# --- the offices -------------------------------------------------------------------------


def test_the_offices() -> None:
    assert set(SERVICE) == {
        "scb", "ssb", "statfin", "hagstofa", "statee", "csp", "asub", "hagstova", "statgl",
        "scb-v2", "ssb-v2", "csp-v2",
    }  # fmt: skip
    assert len(SERVICE) == len(SERVICES)
    for service in SERVICES:
        assert service.home.startswith("https://")
        assert not service.home.endswith("/")
        assert 0 < service.most <= 1_000_000
        assert service.licence
        assert service.office.calls
        assert service.office.seconds
        (request,) = service.describe(service.office.example, service.home)
        assert request.url.startswith(service.home)


# --- any table ---------------------------------------------------------------------------

CODE = st.text("ABab01 -_.é+", min_size=1, max_size=4).map(str.strip).filter(bool)


@st.composite
def tables(draw: st.DrawFn) -> PxTable:
    names = draw(st.lists(CODE, min_size=1, max_size=3, unique_by=str.lower))
    dims = []
    for at, name in enumerate(names):
        if name.lower() in ("value", "status", "status_text", "mark", "time", "time_period"):
            name += "1"
        codes = draw(st.lists(CODE, min_size=1, max_size=4, unique=True))
        total = draw(st.sampled_from([None, "sum", codes[0]])) if at else None
        dims.append(PxDim(name, name.upper(), {c: f"the {c}" for c in codes}, elimination=total))
    keys: list[dict[str, str]] = [{}]
    for d in dims:
        keys = [{**key, d.code: code} for key in keys for code in d.values]
    kinds = st.one_of(st.integers(-(10**9), 10**9).map(float), st.sampled_from([":", "..", "."]))
    rows = []
    for key in keys:
        cell = draw(kinds)
        mark = cell if isinstance(cell, str) else None
        rows.append({**key, "value": None if mark else cell, "mark": mark})
    schema = pa.schema(
        [*((d.code, pa.string()) for d in dims), ("value", pa.float64()), ("mark", pa.string())]
    )
    return PxTable("p/t", "T", "t", tuple(dims), pa.Table.from_pylist(rows, schema))


@settings(max_examples=40, deadline=None)
@given(tables(), st.sampled_from([1, 2]))
def test_any_table_comes_through_as_it_is(table: PxTable, version: int) -> None:
    service = (V1, V2)[version - 1]
    structure = described(service, table)
    home = ("http://h/api/v1/en/db", "http://h/api/v2")[version - 1]
    filters = {d.code: tuple(d.values) for d in table.dims}
    request = service.ask(structure, filters, home)
    server = PxServer((table,))
    status, body, kind = server.answer("POST", request.url.removeprefix("http://h"), request.body)
    answer = Reply(request, status, {"content-type": kind}, body)
    assert isinstance(service.outcome(answer), Ready)
    found = service.parse(answer, structure)
    assert told(found) == expected(table, [d.code for d in table.dims])
