"""The OECD over a loopback server that answers as its data explorer does."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest
import sdmx_messages as messages
from sdmx_server import OECD, Answer, SdmxServer, sent

from hansa.errors import HansaError, UsageError
from hansa.sources.live.contract import (
    Empty,
    Filters,
    Ready,
    Reply,
    Request,
    Structure,
    TooBig,
)
from hansa.sources.live.filters import halves
from hansa.sources.live.oecd import SERVICE

NAME = "OECD.CFE.EDS,DSD_REG_ECO@DF_GDP,2.0"
LABELS = {"REF_AREA": {"SE11": "Stockholm"}}


def regional() -> pa.Table:
    """Two measures of three regions in two years, and a quarter of one."""
    rows = [
        {"FREQ": "A", "REF_AREA": r, "MEASURE": m, "UNIT_MEASURE": "USD_PPP", "TIME_PERIOD": t}
        for r in ("EE001", "SE11", "SE12")
        for m in ("GDP", "GVA")
        for t in ("2019", "2020")
    ]
    for at, row in enumerate(rows):
        row |= {"OBS_VALUE": 100.0 + at, "OBS_STATUS": "A", "UNIT_MULT": "6", "DECIMALS": "1"}
    rows[1] |= {"OBS_STATUS": "P"}
    return pa.Table.from_pylist(rows)


@pytest.fixture
def server() -> Iterator[SdmxServer]:
    with SdmxServer({NAME: regional()}, layout="oecd", labels=LABELS) as running:
        yield running


def described(server: SdmxServer, name: str = NAME) -> Structure:
    requests = SERVICE.describe(name, server.home)
    return SERVICE.structure(name, [sent(request) for request in requests])


def asked(server: SdmxServer, filters: Filters) -> Reply:
    return sent(SERVICE.ask(described(server), filters, server.home))


def cells(table: pa.Table, value: str) -> set[tuple[object, ...]]:
    names = ["FREQ", "REF_AREA", "MEASURE", "UNIT_MEASURE", "TIME_PERIOD"]
    columns = [table[n].cast(pa.string()).to_pylist() for n in names]
    return set(zip(*columns, table[value].to_pylist(), strict=True))


def test_one_question_tells_dimensions_codes_in_use_and_labels(server: SdmxServer) -> None:
    found = described(server)
    ids = [d.id for d in found.dimensions]
    assert ids == ["FREQ", "REF_AREA", "MEASURE", "UNIT_MEASURE", "TIME_PERIOD"]
    area = found.dimension("ref_area")
    assert area is not None
    assert dict(area.codes) == {"EE001": "EE001", "SE11": "Stockholm", "SE12": "SE12"}
    assert (found.dataset, found.agency) == (NAME, "OECD.CFE.EDS")
    assert server.paths == [
        f"{OECD}/dataflow/OECD.CFE.EDS/DSD_REG_ECO@DF_GDP/2.0"
        "?references=all&detail=referencepartial"
    ]


def test_a_question_is_a_key_by_position_with_every_observation_for_itself(server) -> None:
    filters = {"REF_AREA": ("SE11", "SE12"), "MEASURE": ("GDP",), "TIME_PERIOD": ("2020:",)}
    request = SERVICE.ask(described(server), filters, server.home)
    assert request.url == (
        f"{server.home}/data/{NAME}/.SE11+SE12.GDP."
        "?startPeriod=2020&dimensionAtObservation=AllDimensions&format=csvfile"
    )
    reply = sent(request)
    assert isinstance(SERVICE.outcome(reply), Ready)
    table = SERVICE.parse(reply, described(server)).table
    wanted = [
        r
        for r in regional().to_pylist()
        if r["REF_AREA"] != "EE001" and r["MEASURE"] == "GDP" and r["TIME_PERIOD"] == "2020"
    ]
    assert cells(table, "value") == cells(pa.Table.from_pylist(wanted), "OBS_VALUE")


def test_the_whole_data_set_with_its_marks_and_attributes(server: SdmxServer) -> None:
    structure = described(server)
    found = SERVICE.parse(sent(SERVICE.ask(structure, {}, server.home)), structure)
    assert cells(found.table, "value") == cells(regional(), "OBS_VALUE")
    rows = found.table.to_pylist()
    assert {r["status"] for r in rows} == {"", "p"}
    # The multiplier is the caller's to apply: it must not get lost.
    assert {r["UNIT_MULT"] for r in rows} == {"6"}
    assert found.labels["REF_AREA"]["SE11"] == "Stockholm"
    assert (found.dataset, found.agency, found.time) == (NAME, "OECD.CFE.EDS", "TIME_PERIOD")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (NAME, NAME),
        ("OECD.CFE.EDS:DSD_REG_ECO@DF_GDP(2.0)", NAME),
        ("OECD.CFE.EDS,DSD_REG_ECO@DF_GDP", "OECD.CFE.EDS,DSD_REG_ECO@DF_GDP"),
        ("OECD.CFE.EDS,DSD_REG_ECO@DF_GDP,", "OECD.CFE.EDS,DSD_REG_ECO@DF_GDP"),
        ("OECD.CFE.EDS,DSD_REG_ECO@DF_GDP,latest", "OECD.CFE.EDS,DSD_REG_ECO@DF_GDP"),
    ],
)
def test_a_flow_may_be_named_as_the_explorer_or_a_message_names_it(server, name, told) -> None:
    structure = described(server, name)
    assert structure.dataset == told
    reply = sent(SERVICE.ask(structure, {}, server.home))
    assert isinstance(SERVICE.outcome(reply), Ready)


@pytest.mark.parametrize(
    "name", ["DF_GDP", "", "A,B,C", "A/B,C", "A,B?x,1.0", "A,B,1.0,extra", "A,B,1.0/all", "A,,1.0"]
)
def test_a_name_that_cannot_be_one_is_refused_before_anything_is_asked(name: str) -> None:
    with pytest.raises(UsageError, match="this cannot be the name of a data flow") as caught:
        SERVICE.describe(name, "https://nowhere.example")
    assert "OECD.CFE.EDS,DSD_REG_ECO@DF_GDP,2.0" in str(caught.value)


def test_no_records_are_told_from_no_flow(server: SdmxServer) -> None:
    structure = described(server)
    outcome = SERVICE.outcome(asked(server, {"TIME_PERIOD": ("1950:1951",)}))
    assert outcome == Empty("NoRecordsFound")
    with pytest.raises(HansaError, match="the OECD has no data set") as caught:
        described(server, "OECD.CFE.EDS,DSD_NO@DF_NO,1.0")
    assert "--at https://sdmx.oecd.org/SPACE/rest" in str(caught.value)
    server.flows.clear()
    with pytest.raises(HansaError, match="the OECD") as caught:
        SERVICE.outcome(sent(SERVICE.ask(structure, {}, server.home)))
    assert "Could not find Dataflow and/or DSD" in str(caught.value)


@pytest.mark.parametrize("words", ["NoRecordsFound", "NoResultsFound", "No Results Found"])
def test_every_spelling_of_nothing_is_empty(words: str) -> None:
    request = Request(f"https://x.example/data/{NAME}/.")
    assert SERVICE.outcome(Reply(request, 404, {}, words.encode())) == Empty(words)


def test_a_key_of_another_structure_is_refused_with_the_words_of_the_service(server) -> None:
    structure = described(server)
    more = regional().add_column(1, "SEX", pa.array(["_T"] * regional().num_rows))
    server.put(NAME, more, {}, "2026-02-01T11:00:00+0100")
    with pytest.raises(HansaError, match="the OECD refuses the question") as caught:
        SERVICE.outcome(sent(SERVICE.ask(structure, {}, server.home)))
    assert "Not enough key values in query, expecting 5 got 4" in str(caught.value)


def test_a_question_that_is_too_big_is_halved_until_it_fits() -> None:
    with SdmxServer({NAME: regional()}, layout="oecd", most=4) as server:
        structure = described(server)

        def answers(filters: Filters) -> Iterator[pa.Table]:
            reply = sent(SERVICE.ask(structure, filters, server.home))
            if isinstance(SERVICE.outcome(reply), TooBig):
                pair = halves(structure, filters)
                assert pair is not None
                for half in pair:
                    yield from answers(half)
                return
            yield SERVICE.parse(reply, structure).table

        found = list(answers({}))
    assert len(found) > 1
    assert cells(pa.concat_tables(found), "value") == cells(regional(), "OBS_VALUE")


def test_asking_too_often_is_told_with_the_pace() -> None:
    with SdmxServer({NAME: regional()}, layout="oecd", calls=1) as server:
        assert isinstance(SERVICE.outcome(asked(server, {})), Ready)
        # Structures do not count.
        assert described(server).dataset == NAME
        with pytest.raises(HansaError, match="the OECD was asked too often") as caught:
            SERVICE.outcome(asked(server, {}))
    assert "60 data downloads an hour" in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(200, b"<html><body><h1>Access blocked</h1></body></html>"), "Access blocked"),
        (Answer(200, b'{"errors": ["x"], "error": "no such key"}'), "no such key"),
        (Answer(200, b""), "200 OK"),
        (Answer(403, b"VPN traffic is not allowed", "text/plain"), "VPN traffic"),
        (Answer(200, messages.sdmx_error(140, "Syntax error in key")), "140: Syntax error in key"),
    ],
)
def test_what_is_no_data_is_refused_in_the_words_of_the_service(server, answer, words) -> None:
    request = SERVICE.ask(described(server), {}, server.home)
    server.recorded[request.url.removeprefix(server.home.removesuffix(OECD))] = answer
    with pytest.raises(HansaError, match="the OECD") as caught:
        SERVICE.outcome(sent(request))
    assert words in str(caught.value)
    assert "DSD_REG_ECO" in str(caught.value)


def test_the_service_says_who_it_is() -> None:
    assert (SERVICE.id, SERVICE.most) == ("oecd", 0)
    assert SERVICE.home == "https://sdmx.oecd.org/public/rest"
    assert "Source: OECD" in SERVICE.licence
