"""Any JSON-stat address: Eurostat's dialect of it, and files that know no filters."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from px_server import PxServer, serving
from px_tables import PxDim, PxTable, json_stat_2

from hansa.errors import HansaError, UsageError
from hansa.sources.live.cache import Cache
from hansa.sources.live.contract import Empty, Later, Ready, Reply, Request, TooBig
from hansa.sources.live.fetching import Fetched, Line, fetch
from hansa.sources.live.jsonstatservice import EUROSTAT, SERVICE, address, own_home
from hansa.sources.live.transport import Transport

GEO = {f"AT{n}": f"Austria {n}" for n in range(1, 31)}
UNITS = {"THS": "Thousand", "PC": "Per cent"}
YEARS = {str(year): str(year) for year in range(2010, 2020)}


def gdp() -> PxTable:
    dims = (
        PxDim("unit", "Unit", UNITS),
        PxDim("geo", "Geo", GEO),
        PxDim("time", "Time", YEARS, time=True),
    )
    rows: list[dict[str, Any]] = []
    for u, unit in enumerate(UNITS):
        for g, geo in enumerate(GEO):
            for t, year in enumerate(YEARS):
                hidden = (u + g + t) % 13 == 4
                flag = "|C" if hidden else "p" if year == "2019" else None
                number = None if hidden else 1000.0 * u + 10 * g + t
                rows.append({"unit": unit, "geo": geo, "time": year, "value": number, "mark": flag})
    return PxTable("-", "nama_x", "GDP", dims, pa.Table.from_pylist(rows))


def ask(
    server: PxServer, name: str, tmp_path: Path, asked: Mapping[str, Sequence[str]], home: str = ""
) -> Fetched:
    at = own_home(name, home or server.statistics)
    with Transport(at) as transport:
        return fetch(SERVICE, name, asked, at, Line(transport, Cache(tmp_path)))


def cells(found: Fetched) -> dict[tuple[str, ...], tuple[float | None, str]]:
    told = found.observations
    return {
        tuple(row[d] for d in ("unit", "geo", "time")): (row["value"], row["status"])
        for row in told.table.to_pylist()
    }


def served(**only: Sequence[str]) -> dict[tuple[str, ...], tuple[float | None, str]]:
    letter = {"|C": "c", "p": "p", None: ""}
    return {
        (row["unit"], row["geo"], row["time"]): (row["value"], letter[row["mark"]])
        for row in gdp().rows.to_pylist()
        if all(row[name] in codes for name, codes in only.items())
    }


# --- Eurostat's dialect ------------------------------------------------------------------


def test_filters_and_periods_as_eurostat_reads_them(tmp_path: Path) -> None:
    asked = {"geo": ["AT1", "AT2?"], "unit": ["THS"], "time": ["2012:2014"]}
    with serving(PxServer((gdp(),), cells=1000)) as server:
        found = ask(server, "nama_x", tmp_path, asked)
    geo = ["AT1", *(f"AT2{n}" for n in range(10))]
    assert cells(found) == served(geo=geo, unit=["THS"], time=["2012", "2013", "2014"])
    assert [target for _, target, _ in server.asked] == [
        "/statistics/1.0/data/nama_x?lastTimePeriod=1",
        "/statistics/1.0/data/nama_x?unit=THS&"
        + "&".join(f"geo={code}" for code in geo)
        + "&sinceTimePeriod=2012&untilTimePeriod=2014",
    ]
    assert found.structure.dimension("time") is not None
    # Only the last period was sent, so periods are not listed.
    assert found.structure.dimensions[2].codes == {}
    # A code without any place in it may be missing, so rows of other codes are kept.
    assert all(own.partial for own in found.structure.dimensions)
    assert found.structure.dimensions[1].codes["AT7"] == "Austria 7"


def test_single_periods_and_one_open_end(tmp_path: Path) -> None:
    with serving(PxServer((gdp(),))) as server:
        one = ask(server, "nama_x", tmp_path, {"time": ["2011", "2019"]})
        open_end = ask(server, "nama_x", tmp_path, {"time": ["2018:"]})
    assert cells(one) == served(time=["2011", "2019"])
    assert cells(open_end) == served(time=["2018", "2019"])
    assert {status for _, status in cells(open_end).values()} == {"", "c", "p"}


def test_too_big_is_halved_until_it_fits(tmp_path: Path) -> None:
    with serving(PxServer((gdp(),), cells=100)) as server:
        found = ask(server, "nama_x", tmp_path, {})
    assert cells(found) == served()
    assert server.statuses.count(413) >= 3


def test_an_unknown_code_list_and_data_set(tmp_path: Path) -> None:
    with serving(PxServer((gdp(),))) as server:
        with pytest.raises(HansaError, match="has nothing of this name") as caught:
            ask(server, "nama_y", tmp_path, {})
        assert "ERR_NOT_FOUND_4" in caught.value.finding.printed
        with pytest.raises(UsageError, match="has no code 'XX'"):
            ask(server, "nama_x", tmp_path, {"geo": ["XX"]})


# --- other addresses ---------------------------------------------------------------------


def test_a_file_that_knows_no_filters_is_cut_here(tmp_path: Path) -> None:
    table = gdp()
    whole = json_stat_2(table, {d.code: list(d.values) for d in table.dims})
    server = PxServer((), broken={"/f/t.json": (200, json.dumps(whole).encode(), "text/json")})
    with serving(server):
        name = f"{server.at}/f/t.json"
        everything = ask(server, name, tmp_path, {})
        some = ask(server, name, tmp_path, {"geo": ["AT3"], "time": ["2011:2012"]})
        below = ask(server, "t.json", tmp_path, {"unit": ["PC"]}, home=f"{server.at}/f")
    assert cells(everything) == served()
    assert cells(some) == served(geo=["AT3"], time=["2011", "2012"])
    assert cells(below) == served(unit=["PC"])
    # The description is the data set itself: one question for both, asked anew each time.
    assert [target for _, target, _ in server.asked] == [
        "/f/t.json",
        "/f/t.json",
        "/f/t.json?geo=AT3&time=2011&time=2012",
        "/f/t.json",
        "/f/t.json?unit=PC",
    ]
    assert list(everything.structure.dimensions[2].codes) == list(YEARS)
    assert not any(own.partial for own in everything.structure.dimensions)


def test_a_period_without_a_year_is_told(tmp_path: Path) -> None:
    dims = (*gdp().dims[:2], PxDim("time", "Time", {"spring": "spring"}, time=True))
    rows = [{"unit": "THS", "geo": "AT1", "time": "spring", "value": 1.0, "mark": None}]
    table = PxTable("-", "x", "X", dims, pa.Table.from_pylist(rows))
    whole = json_stat_2(table, {d.code: list(d.values) for d in table.dims})
    server = PxServer((), broken={"/t.json": (200, json.dumps(whole).encode(), "text/json")})
    with serving(server):
        found = ask(server, f"{server.at}/t.json", tmp_path, {})
    assert "No year can be read from the periods spring." in found.observations.notes


def test_addresses() -> None:
    assert address("nama_10_gdp", EUROSTAT) == f"{EUROSTAT}/nama_10_gdp"
    assert address("a/b c".replace(" ", "%20"), "https://h/p/") == "https://h/p/a/b%20c"
    assert address("t?lang=DE", "https://h") == "https://h/t?lang=DE"
    assert address("https://x.org/y.json?a=1", "https://h") == "https://x.org/y.json?a=1"
    assert own_home("https://x.org:81/y.json", "https://h") == "https://x.org:81"
    assert own_home("y", "https://h/p") == "https://h/p"
    for wrong in ("", "/", "a b", "../x", "x#y"):
        with pytest.raises(UsageError, match="no JSON-stat data set"):
            address(wrong, "https://h")


@pytest.mark.parametrize(
    "name",
    ["file:///etc/passwd", "ftp://x/y", "FILE:/x", "data:text/json,{}", "HTTPS://h/x", "//h/x"],
)
def test_an_address_of_another_scheme_is_never_asked_for_elsewhere(name: str) -> None:
    """A part of it would be sent to the host of the source, which nobody named."""
    with pytest.raises(UsageError, match="only addresses of http and https are asked") as caught:
        SERVICE.describe(name, EUROSTAT)
    assert caught.value.finding.printed == name


# --- real answers of Eurostat ------------------------------------------------------------


def reply(body: bytes, status: int = 200) -> Reply:
    request = Request(f"{EUROSTAT}/x", about="x")
    return Reply(request, status, {"content-type": "application/json"}, body)


@pytest.mark.data
def test_real_answers_of_eurostat(hansa_data: Path) -> None:
    folder = hansa_data / "sdmx" / "jsonstat"
    big = (folder / "error_413_extraction_too_big.json").read_bytes()
    outcome = SERVICE.outcome(reply(big, 413))
    assert isinstance(outcome, TooBig)
    assert outcome.most == 5_000_000
    assert outcome.said.startswith("EXTRACTION_TOO_BIG")
    # Hidden cells are cells; a data set without any is empty.
    hidden = reply((folder / "sts_inpr_m_all_confidential.json").read_bytes())
    assert isinstance(SERVICE.outcome(hidden), Ready)
    structure = SERVICE.structure("sts_inpr_m", [hidden])
    assert [d.id for d in structure.dimensions if d.time] == ["time"]
    found = SERVICE.parse(hidden, structure)
    assert found.table["status"].to_pylist() == ["c"] * 6
    assert found.table["value"].null_count == 6
    assert isinstance(SERVICE.outcome(reply((folder / "une_rt_m_empty.json").read_bytes())), Empty)
    mixed = reply((folder / "prodcom_ds059358_mixed_value_types.json").read_bytes())
    assert isinstance(SERVICE.outcome(mixed), Ready)
    read = SERVICE.parse(mixed, SERVICE.structure("ds-059358", [mixed]))
    told = json.loads(mixed.body)["value"]
    numbers = [value for value in told.values() if not isinstance(value, str)]
    assert sorted(v for v in read.table["value"].to_pylist() if v is not None) == sorted(numbers)


def test_an_answer_in_preparation_is_asked_for_again() -> None:
    words = b'{"warning":{"status":413,"label":"ASYNCHRONOUS_RESPONSE. Please try again later."}}'
    outcome = SERVICE.outcome(reply(words))
    assert isinstance(outcome, Later)
    assert outcome.status == outcome.data == reply(words).request


def test_no_results_are_empty_and_other_errors_are_not() -> None:
    def error(status: int, words: str) -> bytes:
        return json.dumps({"error": [{"status": status, "label": words}]}).encode()

    assert isinstance(SERVICE.outcome(reply(error(100, "No results found"), 400)), Empty)
    with pytest.raises(HansaError, match="refuses the question") as caught:
        SERVICE.outcome(reply(error(400, "INVALID_QUERY_DIMENSION"), 400))
    assert "INVALID_QUERY_DIMENSION" in caught.value.finding.printed
    with pytest.raises(HansaError, match="refuses the question"):
        SERVICE.outcome(reply(error(400, "INVALID_QUERY_DIMENSION")))
    with pytest.raises(HansaError, match="in place of JSON"):
        SERVICE.outcome(reply(b"<html><title>Maintenance</title></html>"))


@pytest.mark.parametrize(
    ("status", "rule", "fix"),
    [
        (204, "answers without any content", "look the name up"),
        (403, "does not admit the question", "it may want an account or keep this network out"),
        (410, "has nothing of this name any more", "look the name up"),
    ],
)
def test_a_refusal_is_told_by_its_number(status: int, rule: str, fix: str) -> None:
    with pytest.raises(HansaError, match=rule) as caught:
        SERVICE.structure("x", [reply(b"", status)])
    assert caught.value.finding.printed.startswith(f"{status} ")
    assert caught.value.finding.fix.startswith(fix)
    assert "--filter" not in str(caught.value)


def test_no_content_for_a_question_is_no_data() -> None:
    assert isinstance(SERVICE.outcome(reply(b"", 204)), Empty)


@pytest.mark.parametrize(
    ("body", "rule", "printed"),
    [
        (
            b'{"class":"dataset","label":"L\xe4n","value":[1]}',
            "not UTF-8",
            "byte 0xe4 at position 29",
        ),
        (b'{"label":"L","id":["a"],"size":[1],"value":[1]}', "else than numbers", "no dimension"),
        (b'{"label":"L","id":["a"],"size":[1]}', "else than numbers", "no dimension, no value"),
        (b'{"message":"closed on Sundays"}', "else than numbers", "closed on Sundays"),
    ],
)
def test_what_is_wrong_with_an_answer_is_said(body: bytes, rule: str, printed: str) -> None:
    with pytest.raises(HansaError, match=rule) as caught:
        SERVICE.structure("x", [reply(body)])
    assert caught.value.finding.printed == printed


def test_a_data_set_that_changed_its_dimensions() -> None:
    table = gdp()
    whole = json_stat_2(table, {d.code: list(d.values) for d in table.dims})
    structure = SERVICE.structure("x", [reply(json.dumps(whole).encode())])
    other = PxTable("-", "x", "x", table.dims[:2], table.rows.slice(0, 0))
    cut = json_stat_2(other, {"unit": ["THS"], "geo": ["AT1"]})
    with pytest.raises(HansaError, match="other dimensions than before") as caught:
        SERVICE.parse(reply(json.dumps(cut).encode()), structure)
    assert caught.value.finding.admissible == "unit, geo, time"
