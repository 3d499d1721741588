"""StatBank Denmark: JSON-stat 1, a dimension nobody asked for, errors with codes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from px_server import TOMCAT_PAGE, PxServer, serving
from px_tables import PxDim, PxTable

from hansa.errors import HansaError, UsageError
from hansa.sources.live.cache import Cache
from hansa.sources.live.contract import Reply, Request, TooBig
from hansa.sources.live.fetching import Fetched, Line, fetch
from hansa.sources.live.statbank import SERVICE
from hansa.sources.live.transport import Patience, Transport

AREAS = {"000": "All Denmark", **{str(n): f"Area {n}" for n in range(101, 121)}}
AGES = {"IALT": "Age, total", "0-4": "0-4 years", "100-": "100 years and over"}
SEXES = {"M": "Men", "K": "Women"}
QUARTERS = {f"{y}K{q}": f"{y}Q{q}" for y in range(2020, 2024) for q in range(1, 5)}


def people() -> PxTable:
    """Population by area and age (totals have a code), sex (none), quarter."""
    dims = (
        PxDim("OMRÅDE", "region", AREAS, elimination="000"),
        PxDim("ALDER", "age", AGES, elimination="IALT"),
        PxDim("KØN", "sex", SEXES, elimination="sum"),
        PxDim("Tid", "time", QUARTERS, time=True),
    )
    rows: list[dict[str, Any]] = []
    for a, area in enumerate(AREAS):
        for g, age in enumerate(AGES):
            for s, sex in enumerate(SEXES):
                for t, quarter in enumerate(QUARTERS):
                    hidden = (a + 2 * g + 3 * s + t) % 19 == 5 and area != "000"
                    number = float(10_000 * a + 1000 * g + 100 * s + t)
                    rows.append(
                        {
                            "OMRÅDE": area,
                            "ALDER": age,
                            "KØN": sex,
                            "Tid": quarter,
                            "value": None if hidden else number,
                            "mark": ".." if hidden else None,
                        }
                    )
    return PxTable("-", "FOLK1A", "Population", dims, pa.Table.from_pylist(rows))


def ask(server: PxServer, tmp_path: Path, asked: Mapping[str, Sequence[str]]) -> Fetched:
    home = server.statbank
    with Transport(home, Patience(tries=2), sleep=lambda _: None) as transport:
        return fetch(SERVICE, "folk1a", asked, home, Line(transport, Cache(tmp_path)))


def cells(found: Fetched) -> dict[tuple[str, ...], tuple[float | None, str]]:
    told = found.observations
    rows = told.table.to_pylist()
    return {tuple(row[d] for d in told.dimensions): (row["value"], row["status"]) for row in rows}


def served(**only: Sequence[str]) -> dict[tuple[str, ...], tuple[float | None, str]]:
    dims = ("OMRÅDE", "ALDER", "KØN", "Tid")
    return {
        tuple(row[d] for d in dims): (row["value"], "m" if row["mark"] else "")
        for row in people().rows.to_pylist()
        if all(row[name] in codes for name, codes in only.items())
    }


def test_every_cell_arrives_and_the_unit_goes_to_the_notes(tmp_path: Path) -> None:
    everything = {"OMRÅDE": ["*"], "ALDER": ["*"], "KØN": ["*"]}
    with serving(PxServer((people(),), cells=10_000)) as server:
        found = ask(server, tmp_path, everything)
    assert found.observations.dimensions == ("OMRÅDE", "ALDER", "KØN", "Tid")
    assert cells(found) == served()
    assert len(cells(found)) == 21 * 3 * 2 * 16
    assert "What is measured: Number." in found.observations.notes
    assert found.observations.time == "Tid"
    assert found.observations.agency == "Statistics Denmark (StatBank)"
    assert found.observations.labels["ALDER"]["100-"] == "100 years and over"
    get, post = server.asked
    assert get[:2] == ("GET", "/v1/tableinfo/FOLK1A?lang=en&format=JSON")
    assert post[:2] == ("POST", "/v1/data")
    assert json.loads(post[2]) == {
        "table": "FOLK1A",
        "format": "JSONSTAT",
        "lang": "en",
        "variables": [
            {"code": code, "values": ["*"]} for code in ("OMRÅDE", "ALDER", "KØN", "Tid")
        ],
    }


def test_what_is_left_out_is_the_total_or_a_sum_and_said(tmp_path: Path) -> None:
    with serving(PxServer((people(),))) as server:
        found = ask(server, tmp_path, {"OMRÅDE": ["000"], "tid": ["2022:"]})
    quarters = [q for q in QUARTERS if q >= "2022"]
    rows = served(OMRÅDE=["000"], ALDER=["IALT"], Tid=quarters)
    assert cells(found) == {
        ("000", q): (sum(rows["000", "IALT", s, q][0] or 0 for s in SEXES), "") for q in quarters
    }
    assert (
        "Summed over by the service, as no code was asked for: ALDER, KØN."
        in found.observations.notes
    )


def test_too_big_comes_in_parts(tmp_path: Path) -> None:
    with serving(PxServer((people(),), cells=500)) as server:
        found = ask(server, tmp_path, {"OMRÅDE": ["*"], "ALDER": ["*"], "KØN": ["*"]})
    assert cells(found) == served()
    assert server.statuses.count(400) >= 3


def test_an_unknown_table(tmp_path: Path) -> None:
    with (
        serving(PxServer(())) as server,
        Transport(server.statbank) as transport,
        pytest.raises(UsageError, match="has no table 'folk9'") as caught,
    ):
        fetch(SERVICE, "folk9", {}, server.statbank, Line(transport, Cache(tmp_path)))
    assert "Can't find table: FOLK9" in caught.value.finding.printed
    assert "statbank:FOLK1A" in caught.value.finding.admissible


@pytest.mark.parametrize("name", ["", "FOLK1A?x", "a/b/c", "FOLK 1", "../data"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(UsageError, match="no table of this name"):
        SERVICE.describe(name, SERVICE.home)


def test_a_table_of_another_bank() -> None:
    (request,) = SERVICE.describe("s30/kkbef1", SERVICE.home)
    assert request.url == "https://api.statbank.dk/v1/s30/tableinfo/KKBEF1?lang=en&format=JSON"


def reply(body: Any, status: int = 200, kind: str = "application/json") -> Reply:
    raw = body.encode() if isinstance(body, str) else json.dumps(body, ensure_ascii=False).encode()
    request = Request("https://api.statbank.dk/v1/data", about="FOLK1A")
    return Reply(request, status, {"content-type": kind}, raw)


def test_refusals() -> None:
    limit = {
        "errorTypeCode": "REQUEST-LIMIT",
        "message": "Forespørgslen returnerer for mange observationer",
    }
    outcome = SERVICE.outcome(reply(limit, 400))
    assert outcome == TooBig(1_000_000, "Forespørgslen returnerer for mange observationer")
    lost = {"errorTypeCode": "EXTRACT-NOTFOUND", "message": "Can't find value: 999 (OMRÅDE)"}
    with pytest.raises(HansaError, match="refuses the question") as caught:
        SERVICE.outcome(reply(lost, 400))
    assert caught.value.finding.printed == "400 Bad Request: Can't find value: 999 (OMRÅDE)"
    with pytest.raises(HansaError, match="does not answer at present"):
        SERVICE.outcome(reply(TOMCAT_PAGE, 500, "text/html"))
    with pytest.raises(HansaError, match="a page in place of JSON"):
        SERVICE.outcome(reply(TOMCAT_PAGE, 200, "text/html"))
    with pytest.raises(HansaError, match="something else than numbers"):
        SERVICE.outcome(reply(lost))


@pytest.mark.parametrize(
    "variables",
    [[{"id": "a"}], [{"id": "", "values": [{"id": "1"}]}], [{"id": "a", "values": [{}]}], [3]],
)
def test_descriptions_that_cannot_be_read(variables: Any) -> None:
    with pytest.raises(HansaError, match="a dimension of the table cannot be read"):
        SERVICE.structure("T", [reply({"variables": variables})])


def test_a_code_named_twice_is_refused() -> None:
    twice = [{"id": "a", "values": [{"id": "1", "text": "x"}, {"id": "1", "text": "y"}]}]
    with pytest.raises(HansaError, match="code of a stands twice"):
        SERVICE.structure("T", [reply({"variables": twice})])
