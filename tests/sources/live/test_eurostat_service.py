"""Eurostat over a loopback server that answers as Eurostat does."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import sdmx_messages as messages
from sdmx_server import ESTAT, Answer, SdmxServer, sent

from hansa.errors import HansaError, UsageError
from hansa.sources.live.contract import (
    Dimension,
    Empty,
    Filters,
    Later,
    Observations,
    Ready,
    Reply,
    Request,
    Structure,
    TooBig,
)
from hansa.sources.live.eurostat import SERVICE, Eurostat
from hansa.sources.live.filters import parts
from hansa.sources.live.sdmx_keys import LONGEST, pieces

NAME = "sbs_r_nuts06_r2"
GEO = ["EE00", "SE11", "SE12"]
LABELS = {
    "indic_sb": {"V16110": "Persons employed, number"},
    "geo": {"SE11": "Stockholm", "EE00": "Eesti"},
}


def business() -> pa.Table:
    """Two indicators, two activities, three regions, 2015-2017; one cell confidential."""
    rows = [
        {"freq": "A", "nace_r2": n, "indic_sb": i, "geo": g, "TIME_PERIOD": str(t)}
        for n in ("C", "C10")
        for i in ("V11210", "V16110")
        for g in GEO
        for t in (2015, 2016, 2017)
        # The 2017 figures of one region are not there at all.
        if (g, t) != ("SE12", 2017)
    ]
    for at, row in enumerate(rows):
        row |= {"OBS_VALUE": at * 1.5, "OBS_FLAG": None, "CONF_STATUS": None}
    rows[3] |= {"OBS_VALUE": None, "CONF_STATUS": "C"}
    rows[5] |= {"OBS_FLAG": "be"}
    kinds = [(n, pa.float64() if n == "OBS_VALUE" else pa.string()) for n in rows[0]]
    return pa.Table.from_pylist(rows, pa.schema(kinds))


@pytest.fixture
def server() -> Iterator[SdmxServer]:
    with SdmxServer({NAME: business()}, labels=LABELS) as running:
        yield running


def described(server: SdmxServer, name: str = NAME, service: Eurostat = SERVICE) -> Structure:
    requests = service.describe(name, server.home)
    return service.structure(name, [sent(request) for request in requests])


def asked(server: SdmxServer, filters: Filters) -> Reply:
    return sent(SERVICE.ask(described(server), filters, server.home))


def fetched(server: SdmxServer, structure: Structure, filters: Filters) -> Observations:
    reply = sent(SERVICE.ask(structure, filters, server.home))
    assert isinstance(SERVICE.outcome(reply), Ready)
    return SERVICE.parse(reply, structure)


def cells(table: pa.Table, value: str) -> set[tuple[object, ...]]:
    names = ["freq", "nace_r2", "indic_sb", "geo", "TIME_PERIOD"]
    columns = [table[n].cast(pa.string()).to_pylist() for n in names]
    return set(zip(*columns, table[value].to_pylist(), strict=True))


# --- what a data set is made of ---


def test_the_structure_has_the_order_of_the_key_and_the_codes_in_use(server: SdmxServer) -> None:
    found = described(server)
    assert [d.id for d in found.dimensions] == [
        "freq",
        "nace_r2",
        "indic_sb",
        "geo",
        "TIME_PERIOD",
    ]
    geo, time = found.dimension("GEO"), found.dimension("time")
    assert geo is not None
    assert time is not None
    assert time.time
    assert list(geo.codes) == GEO
    assert geo.codes["SE11"] == "Stockholm"
    assert list(time.codes) == ["2015", "2016", "2017"]
    assert (found.dataset, found.agency) == (NAME, "ESTAT")
    assert server.paths == [
        f"{ESTAT}/sdmx/2.1/dataflow/ESTAT/SBS_R_NUTS06_R2/1.0"
        "?references=descendants&detail=referencepartial",
        f"{ESTAT}/sdmx/2.1/contentconstraint/ESTAT/SBS_R_NUTS06_R2/1.0",
    ]


def test_code_lists_of_the_whole_office_are_cut_to_the_codes_in_use() -> None:
    flow = messages.Flow("ESTAT", NAME.upper(), "1.0", business(), LABELS)
    wide = messages.structure_message(flow, partial=False)
    path = f"{ESTAT}/sdmx/2.1/dataflow/ESTAT/{NAME.upper()}/1.0"
    with SdmxServer({NAME: business()}, recorded={path: wide}) as server:
        geo = described(server).dimension("geo")
    assert messages.UNUSED.encode() in wide
    assert geo is not None
    assert list(geo.codes) == GEO


@pytest.mark.parametrize("name", [NAME, NAME.upper(), "Sbs_R_Nuts06_r2", f" {NAME} "])
def test_a_name_is_read_in_any_case(server: SdmxServer, name: str) -> None:
    assert described(server, name).dataset == NAME


@pytest.mark.parametrize(
    "name", ["", "nama/10", "a b", "x?format=TSV", "ä", "../up", "..", "a#b", "a+b"]
)
def test_a_name_that_cannot_be_one_is_refused_before_anything_is_asked(name: str) -> None:
    with pytest.raises(UsageError, match="this cannot be a data set of Eurostat") as caught:
        SERVICE.describe(name, "https://nowhere.example")
    assert "nama_10r_2gdp" in str(caught.value)


def test_an_unknown_data_set_is_refused_with_the_words_of_the_service(server: SdmxServer) -> None:
    with pytest.raises(HansaError, match="Eurostat has no data set nothing_here") as caught:
        described(server, "nothing_here")
    assert "ERR_NOT_FOUND_4: NOTHING_HERE" in str(caught.value)
    assert "data browser" in str(caught.value)


def test_trade_has_an_address_of_its_own() -> None:
    first, second = SERVICE.describe("ds-045409", SERVICE.home)
    comext = "https://ec.europa.eu/eurostat/api/comext/dissemination/sdmx/2.1/"
    assert first.url.startswith(f"{comext}dataflow/ESTAT/DS-045409/1.0?")
    assert second.url == f"{comext}contentconstraint/ESTAT/DS-045409/1.0"


# --- questions and numbers ---


@pytest.mark.parametrize(
    ("filters", "tail"),
    [
        ({}, "...?"),
        ({"geo": ("SE11", "SE12")}, "...SE11+SE12?"),
        # A dimension with all of its codes is asked for as a whole.
        ({"geo": tuple(GEO), "nace_r2": ("C",)}, ".C..?"),
        ({"TIME_PERIOD": ("2016", "2015")}, "...?format=SDMX-CSV&startPeriod=2015&endPeriod=2016"),
        ({"TIME_PERIOD": ("2016:",)}, "...?format=SDMX-CSV&startPeriod=2016&compressed"),
        ({"TIME_PERIOD": (":2016",)}, "...?format=SDMX-CSV&endPeriod=2016&compressed"),
        # Eurostat refuses a span that goes beyond what it has.
        ({"TIME_PERIOD": ("1990:2030",)}, "startPeriod=2015&endPeriod=2017"),
    ],
)
def test_a_question_is_a_key_by_position(server: SdmxServer, filters: Filters, tail: str) -> None:
    url = SERVICE.ask(described(server), filters, server.home).url
    assert url.startswith(f"{server.home}/sdmx/2.1/data/SBS_R_NUTS06_R2/...".removesuffix("..."))
    assert tail in url
    assert "compressed=true" in url


@pytest.mark.parametrize(
    ("filters", "keep"),
    [
        ({}, lambda r: True),
        (
            {"indic_sb": ("V16110",), "geo": ("SE11", "EE00"), "TIME_PERIOD": ("2015:2016",)},
            lambda r: (
                r["indic_sb"] == "V16110" and r["geo"] != "SE12" and r["TIME_PERIOD"] != "2017"
            ),
        ),
    ],
)
def test_the_numbers_are_those_of_the_table(server, filters, keep) -> None:
    found = fetched(server, described(server), filters)
    wanted = pa.Table.from_pylist([r for r in business().to_pylist() if keep(r)])
    assert cells(found.table, "value") == cells(wanted, "OBS_VALUE")
    assert found.dimensions == ("freq", "nace_r2", "indic_sb", "geo", "TIME_PERIOD")
    assert found.time == "TIME_PERIOD"
    assert found.labels["geo"]["EE00"] == "Eesti"
    assert (found.dataset, found.agency) == (NAME, "ESTAT")
    assert found.updated == "2026-01-09T23:00:00"


def test_a_confidential_cell_is_absent_and_marked_and_an_absent_row_stays_absent(server) -> None:
    table = fetched(server, described(server), {"nace_r2": ("C",)}).table
    hidden = table.filter(pc.is_null(table["value"]))
    assert hidden.num_rows == 1
    assert hidden["status"].cast(pa.string()).to_pylist() == ["c"]
    flags = set(table["status"].cast(pa.string()).to_pylist())
    assert "b;e" in flags
    south = table.filter(pc.equal(table["geo"].cast(pa.string()), "SE12"))
    assert "2017" not in south["TIME_PERIOD"].cast(pa.string()).to_pylist()


def test_an_answer_that_was_had_before_is_confirmed_in_a_few_bytes(server: SdmxServer) -> None:
    request = SERVICE.ask(described(server), {}, server.home)
    first = sent(request)
    again = sent(request, {"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    assert first.headers["last-modified"] == "Fri, 09 Jan 2026 22:00:00 GMT"


@pytest.mark.parametrize("headers", [{}, {"Accept-Encoding": "gzip"}])
def test_a_file_of_gzip_is_read_although_nothing_says_that_it_is_one(server, headers) -> None:
    structure = described(server)
    reply = sent(SERVICE.ask(structure, {}, server.home), headers)
    assert reply.body.startswith(b"\x1f\x8b")
    assert "content-encoding" not in reply.headers
    assert isinstance(SERVICE.outcome(reply), Ready)
    assert SERVICE.parse(reply, structure).table.num_rows == business().num_rows


# --- limits ---


def test_a_question_that_is_too_big_is_told_with_the_limit() -> None:
    with SdmxServer({NAME: business()}, most=20) as server:
        outcome = SERVICE.outcome(asked(server, {}))
        assert isinstance(outcome, TooBig)
        assert outcome.most == 20
        assert "EXTRACTION_TOO_BIG" in outcome.said
        assert "estimated 36 rows" in outcome.said


def test_parts_that_fit_make_up_the_whole() -> None:
    with SdmxServer({NAME: business()}, most=10) as server:
        structure = described(server)
        planned = list(parts(structure, {}, 10))
        assert len(planned) > 3
        found = [fetched(server, structure, part) for part in planned]
    whole = pa.concat_tables([one.table for one in found])
    assert cells(whole, "value") == cells(business(), "OBS_VALUE")
    assert whole.num_rows == business().num_rows


def waited(server: SdmxServer, outcome: Later) -> tuple[Reply, int]:
    polls = 0
    while isinstance(outcome, Later):
        later, polls = outcome, polls + 1
        outcome = SERVICE.outcome(sent(later.status))
    assert isinstance(outcome, Ready)
    return sent(later.data), polls


def test_a_queued_extraction_is_asked_after_and_fetched() -> None:
    with SdmxServer({NAME: business()}, later=20) as server:
        structure = described(server)
        request = SERVICE.ask(structure, {}, server.home)
        reply = sent(request)
        first = SERVICE.outcome(reply)
        # Status 200 and the type of a message: only the body tells.
        assert reply.status == 200
        assert isinstance(first, Later)
        assert first.status.url.startswith(f"{server.home}/1.0/async/status/")
        data, polls = waited(server, first)
        assert polls == 3
        assert isinstance(SERVICE.outcome(data), Ready)
        found = SERVICE.parse(data, structure)
        assert cells(found.table, "value") == cells(business(), "OBS_VALUE")
        # Once it is prepared, the same question is answered at once.
        assert isinstance(SERVICE.outcome(sent(request)), Ready)


@pytest.mark.parametrize("state", ["EXPIRED", "ERROR", "UNKNOWN_REQUEST"])
def test_an_extraction_that_is_gone_is_an_error(state: str) -> None:
    with SdmxServer({NAME: business()}, later=20, states=("PROCESSING", state)) as server:
        outcome = SERVICE.outcome(asked(server, {}))
        assert isinstance(outcome, Later)
        second = SERVICE.outcome(sent(outcome.status))
        assert isinstance(second, Later)
        with pytest.raises(HansaError, match="does not prepare the answer any more") as caught:
            SERVICE.outcome(sent(second.status))
    assert state in str(caught.value)
    assert "ask again" in str(caught.value)


@pytest.mark.data
def test_the_older_way_to_queue_names_a_file_in_a_footer(hansa_data: Path) -> None:
    body = (hansa_data / "sdmx/estat_xml/footer.xml").read_bytes()
    request = Request("https://ec.europa.eu/eurostat/api/dissemination/sdmx/2.1/data/X/A")
    outcome = SERVICE.outcome(Reply(request, 200, {}, body))
    assert isinstance(outcome, Later)
    assert outcome.status == outcome.data
    assert outcome.data.url == ("https://ec.europa.eu/eurostat/SDMX/diss-web/file/wHsvjs7hQCy7Dqf4")
    waiting = SERVICE.outcome(Reply(outcome.status, 404, {}, b"not yet"))
    assert isinstance(waiting, Later)


def test_an_address_too_long_for_a_gateway_is_halved_or_never_sent() -> None:
    rows = [
        {"freq": "A", "geo": f"R{n:04}", "TIME_PERIOD": "2020", "OBS_VALUE": float(n)}
        for n in range(600)
    ]
    with SdmxServer({"regions": pa.Table.from_pylist(rows)}) as server:
        structure = described(server, "regions")
        wanted = {"geo": tuple(r["geo"] for r in rows[:599])}

        def length(filters: Filters) -> int:
            return len(SERVICE.ask(structure, filters, server.home).url)

        refused = sent(SERVICE.ask(structure, wanted, server.home))
        assert refused.status == 400
        assert isinstance(SERVICE.outcome(refused), TooBig)
        planned = list(pieces(structure, wanted, length))
        assert len(planned) == 2
        assert all(length(piece) <= LONGEST for piece in planned)
        found = [fetched(server, structure, piece).table for piece in planned]
    assert sorted(pa.concat_tables(found)["value"].to_pylist()) == [float(n) for n in range(599)]


# --- answers without data ---


def test_no_rows_are_told_from_no_data_set(server: SdmxServer) -> None:
    outcome = SERVICE.outcome(asked(server, {"geo": ("SE12",), "TIME_PERIOD": ("2017",)}))
    assert isinstance(outcome, Empty)
    assert "NO_RESULTS" in outcome.said
    structure = described(server)
    del server.flows[NAME.upper()]
    with pytest.raises(HansaError, match="Eurostat refuses the question") as caught:
        SERVICE.outcome(sent(SERVICE.ask(structure, {}, server.home)))
    assert "100: ERR_NOT_FOUND_4" in str(caught.value)


@pytest.mark.parametrize("span", ["2030:", ":1990", "1980:1990"])
def test_periods_outside_of_what_there_is_are_empty(server: SdmxServer, span: str) -> None:
    assert isinstance(SERVICE.outcome(asked(server, {"TIME_PERIOD": (span,)})), Empty)


@pytest.mark.parametrize(
    ("words", "empty"),
    [
        ("INVALID_QUERY_DIMENSION_VALUE: not allowed: TIME_PERIOD=1950.", True),
        ("INVALID_QUERY_TIME_PERIOD: out of range", True),
        ("INVALID_QUERY_DIMENSION_VALUE: not allowed: GEO=X, TIME_PERIOD=1950.", False),
        ("INVALID_QUERY_DIMENSION_VALUE: not allowed: PERIOD_COVERED=X.", False),
        ("INVALID_QUERY_DIMENSION_VALUE: not allowed: GEO=X.", False),
    ],
)
def test_only_a_refusal_of_periods_alone_means_that_there_is_nothing(words, empty) -> None:
    request = Request("https://x.example/sdmx/2.1/data/X/.")
    reply = Reply(request, 400, {}, messages.fault(150, words))
    if empty:
        assert SERVICE.outcome(reply) == Empty(f"150: {words}")
        return
    with pytest.raises(HansaError, match="Eurostat refuses the question") as caught:
        SERVICE.outcome(reply)
    assert words in str(caught.value)


def test_a_changed_structure_is_an_error_with_a_way_out(server: SdmxServer) -> None:
    structure = described(server)
    more = business().add_column(1, "size_emp", pa.array(["TOTAL"] * business().num_rows))
    server.put(NAME, more, {}, "2026-02-01T11:00:00+0100")
    with pytest.raises(HansaError, match="Eurostat refuses the question") as caught:
        SERVICE.outcome(sent(SERVICE.ask(structure, {}, server.home)))
    assert "INVALID_QUERY_NB_FILTERS" in str(caught.value)
    assert "--refresh" in str(caught.value)


@pytest.mark.parametrize(
    "table",
    [
        business().drop_columns(["indic_sb"]).filter(pc.equal(business()["indic_sb"], "V11210")),
        business().add_column(1, "size_emp", pa.array(["TOTAL"] * business().num_rows)),
    ],
    ids=["one dimension less", "one more"],
)
def test_an_answer_of_another_structure_is_never_read(server: SdmxServer, table: pa.Table) -> None:
    structure = described(server)
    flow = messages.Flow("ESTAT", NAME.upper(), "1.0", table)
    request = SERVICE.ask(structure, {}, server.home)
    body = messages.eurostat_csv(flow, table)
    with pytest.raises(HansaError) as caught:
        SERVICE.parse(Reply(request, 200, {}, body), structure)
    assert "structure" in str(caught.value)
    assert "again" in str(caught.value)


def test_a_code_that_is_gone_is_named(server: SdmxServer) -> None:
    structure = described(server)
    less = business().filter(pc.not_equal(business()["geo"], "EE00"))
    server.put(NAME, less, {}, "2026-02-01T11:00:00+0100")
    with pytest.raises(HansaError, match="Eurostat refuses the question") as caught:
        SERVICE.outcome(sent(SERVICE.ask(structure, {"geo": ("EE00",)}, server.home)))
    assert "not allowed: GEO=EE00" in str(caught.value)
    assert "--refresh" in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "rule", "words"),
    [
        (
            Answer(200, b"<!DOCTYPE html><html><h1>Maintenance</h1></html>", "text/csv"),
            "a page in place of data",
            "Maintenance",
        ),
        (Answer(200, b"", "text/csv"), "nothing in place of data", "200 OK"),
        (Answer(200, b"\xef\xbb\xbf \r\n", "text/csv"), "nothing in place of data", "200 OK"),
        (Answer(200, b"all is well", "text/csv"), "something else in place of data", "all is well"),
        (
            Answer(400, b'{"error": [{"status": 400, "id": 150, "label": "WRONG: x"}]}'),
            "refuses the question",
            "WRONG: x",
        ),
        (Answer(403, b"<html><h1>Forbidden</h1></html>"), "Eurostat", "Forbidden"),
        (Answer(500, messages.fault(500, "Internal")), "refuses the question", "500: Internal"),
        (
            Answer(200, gzip.compress(messages.fault(150, "BAD: GEO=X"))),
            "refuses the question",
            "150: BAD: GEO=X",
        ),
    ],
)
def test_what_is_no_data_is_told_by_its_body(
    server: SdmxServer, answer: Answer, rule: str, words: str
) -> None:
    structure = described(server)
    request = SERVICE.ask(structure, {}, server.home)
    server.recorded[request.url.removeprefix(server.home.removesuffix(ESTAT))] = answer
    with pytest.raises(HansaError, match=rule) as caught:
        SERVICE.outcome(sent(request))
    assert words in str(caught.value)
    assert NAME in str(caught.value).lower()


def test_a_broken_file_is_an_error(server: SdmxServer) -> None:
    structure = described(server)
    reply = sent(SERVICE.ask(structure, {}, server.home))
    cut = Reply(reply.request, 200, {}, reply.body[:-20])
    with pytest.raises(HansaError, match="the packed answer is broken or cut"):
        SERVICE.parse(cut, structure)


def test_a_header_alone_is_empty() -> None:
    head = b"DATAFLOW,LAST UPDATE,freq,geo,TIME_PERIOD,OBS_VALUE,OBS_FLAG\n"
    reply = Reply(Request("https://x.example/sdmx/2.1/data/X/."), 200, {}, head)
    assert isinstance(SERVICE.outcome(reply), Empty)


@pytest.mark.parametrize("reply", [Answer(200, b"<html>no</html>"), Answer(502, b"<html>x</html>")])
def test_a_page_in_place_of_a_structure_is_refused(reply: Answer) -> None:
    path = f"{ESTAT}/sdmx/2.1/dataflow/ESTAT/{NAME.upper()}/1.0"
    served = SdmxServer({NAME: business()}, recorded={path: reply})
    with served as server, pytest.raises(HansaError, match="Eurostat"):
        described(server)


# --- the messages of the server are what the standard says ---


@pytest.mark.parametrize("partial", [True, False])
def test_the_structure_messages_are_valid_by_the_schemas_of_the_standard(partial: bool) -> None:
    import pysdmx.io

    flow = messages.Flow("ESTAT", NAME.upper(), "1.0", business(), LABELS)
    body = messages.structure_message(flow, partial=partial, constraint=True)
    read = pysdmx.io.read_sdmx(BytesIO(body), validate=True)
    components = read.get_data_structure_definitions()[0].components
    assert [d.id for d in components.dimensions] == [*flow.dimensions, "TIME_PERIOD"]


def test_the_service_says_who_it_is() -> None:
    assert (SERVICE.id, SERVICE.most) == ("eurostat", 5_000_000)
    assert SERVICE.home == "https://ec.europa.eu/eurostat/api/dissemination"
    assert "Source: Eurostat" in SERVICE.licence


def test_a_code_that_would_break_the_key_is_refused() -> None:
    own = Dimension("geo", codes={"A.B": "", "C": ""})
    structure = Structure("x", dimensions=(own, Dimension("TIME_PERIOD", time=True)))
    with pytest.raises(UsageError, match="this code of geo cannot stand in a key"):
        SERVICE.ask(structure, {"geo": ("A.B",)}, "https://x.example")
    with pytest.raises(UsageError, match="x has no dimension sex"):
        SERVICE.ask(structure, {"sex": ("T",)}, "https://x.example")
