"""SDMX at any address: keys and periods, versions 2.1 and 3.0, Lithuania."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa
import pytest
import sdmx_messages as messages
from hypothesis import given, settings
from hypothesis import strategies as st
from sdmx_server import OECD, Answer, SdmxServer, sent

from hansa.errors import HansaError, UsageError
from hansa.sources.live.contract import (
    Dimension,
    Empty,
    Filters,
    Ready,
    Reply,
    Request,
    Structure,
    TooBig,
)
from hansa.sources.live.filters import within
from hansa.sources.live.sdmx import SERVICES, is_3, outcome_of
from hansa.sources.live.sdmx_keys import address, conditions, flow_of, key, periods, pieces

GENERIC, OSP = SERVICES
NAME = "ABC,JOBS,1.0"


def jobs() -> pa.Table:
    rows = [
        {"FREQ": "A", "AREA": a, "SEX": s, "TIME_PERIOD": str(t), "OBS_VALUE": float(t) + len(s)}
        for a in ("R1", "R2", "R3")
        for s in ("F", "_T")
        for t in (2018, 2019, 2020)
    ]
    return pa.Table.from_pylist(rows)


@pytest.fixture
def server() -> Iterator[SdmxServer]:
    with SdmxServer({NAME: jobs()}, layout="oecd") as running:
        yield running


def described(home: str, name: str = NAME) -> Structure:
    requests = GENERIC.describe(name, home)
    return GENERIC.structure(name, [sent(request) for request in requests])


def cells(table: pa.Table, value: str) -> set[tuple[object, ...]]:
    columns = [table[n].cast(pa.string()).to_pylist() for n in ("AREA", "SEX", "TIME_PERIOD")]
    return set(zip(*columns, table[value].to_pylist(), strict=True))


# --- any address ---


@pytest.mark.parametrize("version", ["", "/v2"])
@pytest.mark.parametrize(
    "filters",
    [{}, {"AREA": ("R1", "R3"), "SEX": ("_T",), "TIME_PERIOD": ("2019:2020",)}],
)
def test_both_versions_give_the_same_numbers(server, version: str, filters: Filters) -> None:
    home = server.home + version
    structure = described(home)
    assert [d.id for d in structure.dimensions] == ["FREQ", "AREA", "SEX", "TIME_PERIOD"]
    reply = sent(GENERIC.ask(structure, filters, home))
    assert isinstance(GENERIC.outcome(reply), Ready)
    found = GENERIC.parse(reply, structure)
    wanted = [
        r
        for r in jobs().to_pylist()
        if not filters or (r["AREA"] != "R2" and r["SEX"] == "_T" and r["TIME_PERIOD"] >= "2019")
    ]
    assert cells(found.table, "value") == cells(pa.Table.from_pylist(wanted), "OBS_VALUE")
    assert found.dataset == NAME


def test_addresses_of_both_versions(server: SdmxServer) -> None:
    structure = described(server.home)
    filters = {"AREA": ("R1", "R3"), "TIME_PERIOD": ("2019:2020",)}
    old = GENERIC.ask(structure, filters, server.home)
    new = GENERIC.ask(structure, filters, f"{server.home}/v2")
    assert old.url == (
        f"{server.home}/data/ABC,JOBS,1.0/.R1+R3.?startPeriod=2019&endPeriod=2020"
        "&dimensionAtObservation=AllDimensions"
    )
    assert "version=1.0.0" in old.accept
    assert new.url.startswith(f"{server.home}/v2/data/dataflow/ABC/JOBS/1.0/*?c%5BAREA%5D=R1,R3&")
    assert parse_qs(urlsplit(new.url).query)["c[TIME_PERIOD]"] == ["ge:2019+le:2020"]
    assert "version=2.0.0" in new.accept


@pytest.mark.parametrize(
    ("home", "new"),
    [
        ("https://x.example/rest", False),
        ("https://x.example/sdmx/2.1", False),
        ("https://x.example/rest/v2", True),
        ("https://x.example/sdmx/3.0", True),
        ("https://v2.example/rest", False),
    ],
)
def test_the_version_is_told_by_the_address(home: str, new: bool) -> None:
    assert is_3(home) is new


def test_without_a_version_the_latest_is_asked_for() -> None:
    (old,) = GENERIC.describe("ABC,JOBS", "https://x.example/rest")
    (new,) = GENERIC.describe("ABC,JOBS", "https://x.example/rest/v2")
    assert old.url == "https://x.example/rest/dataflow/ABC/JOBS/latest?references=all"
    assert new.url == "https://x.example/rest/v2/structure/dataflow/ABC/JOBS/~?references=all"


def test_an_unknown_flow_is_told_with_how_to_name_one(server: SdmxServer) -> None:
    with pytest.raises(HansaError, match="an SDMX service has no data set ABC,NO") as caught:
        described(server.home, "ABC,NO,1.0")
    assert "AGENCY,FLOW,VERSION" in str(caught.value)


# --- messages of other services ---


def generic_message(flow: str, rows: list[dict[str, str]]) -> bytes:
    """SDMX-ML 2.1 generic data, flat, as Lithuania answers."""
    space = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1"
    observations = "".join(
        "<g:Obs><g:ObsKey>"
        + "".join(f'<g:Value id="{n}" value="{v}"/>' for n, v in r.items() if n != "value")
        + f'</g:ObsKey><g:ObsValue value="{r["value"]}"/></g:Obs>'
        for r in rows
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><m:GenericData xmlns:m="{space}/message" '
        f'xmlns:g="{space}/data/generic" xmlns:c="{space}/common"><m:Header><m:ID>x</m:ID>'
        "<m:Test>false</m:Test><m:Prepared>2026-01-10T11:00:00Z</m:Prepared>"
        f'<m:Sender id="LSD"/><m:Structure structureID="{flow}" '
        'dimensionAtObservation="AllDimensions"><c:Structure>'
        f'<Ref agencyID="LSD" id="{flow}" version="1.0"/></c:Structure></m:Structure></m:Header>'
        f'<m:DataSet structureRef="{flow}" action="Replace">{observations}</m:DataSet>'
        "</m:GenericData>"
    ).encode()


def test_lithuania_is_asked_by_the_flow_alone_and_answers_in_xml() -> None:
    table = pa.Table.from_pylist(
        [
            {"savivaldybesRegdb": a, "Lytis": "0", "TIME_PERIOD": t, "OBS_VALUE": v}
            for a, t, v in (("13", "2019", 1.5), ("13", "2020", 2.5), ("19", "2020", 7.0))
        ]
    )
    flow = messages.Flow("LSD", "M3010203", "1.0", table)
    rows = [
        {
            "savivaldybesRegdb": r["savivaldybesRegdb"],
            "Lytis": "0",
            "TIME_PERIOD": r["TIME_PERIOD"],
            "value": str(r["OBS_VALUE"]),
        }
        for r in table.to_pylist()
        if r["savivaldybesRegdb"] == "13"
    ]
    # The office sends its messages as files to be saved.
    kind = "application/force-download"
    recorded = {
        f"{OECD}/datastructure/LSD/M3010203/latest": Answer(
            200, messages.structure_message(flow, partial=True, constraint=True), kind
        ),
        f"{OECD}/data/S3R167_M3010203/13.?startPeriod=2019&endPeriod=2020": Answer(
            200, generic_message("M3010203", rows), kind
        ),
    }
    with SdmxServer({}, layout="oecd", recorded=recorded) as server:
        replies = [sent(r) for r in OSP.describe("S3R167_M3010203", server.home)]
        structure = OSP.structure("S3R167_M3010203", replies)
        filters = {"savivaldybesRegdb": ("13",), "TIME_PERIOD": ("2019", "2020")}
        reply = sent(OSP.ask(structure, filters, server.home))
        assert isinstance(OSP.outcome(reply), Ready)
        found = OSP.parse(reply, structure)
    assert [r["value"] for r in found.table.to_pylist()] == [1.5, 2.5]
    assert found.dimensions == ("savivaldybesRegdb", "Lytis", "TIME_PERIOD")
    assert OSP.home == "https://osp-rs.stat.gov.lt/rest_xml"


def test_a_lithuanian_flow_without_its_structure_in_its_name_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot be a data set of Official statistics of Lith"):
        OSP.describe("S3R167", OSP.home)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, messages.sdmx_error(100, "No results found"), Empty),
        (200, messages.sdmx_error(100, "No Results Found"), Empty),
        (404, b"No data for data query against the dataflow", Empty),
        (204, b"", Empty),
        (413, messages.sdmx_error(130, "Response too large"), TooBig),
        (400, messages.sdmx_error(510, "Response size exceeds service limit"), TooBig),
        (413, b"too large", TooBig),
        (414, b"URI Too Long", TooBig),
        (200, b"DATAFLOW,A,TIME_PERIOD,OBS_VALUE\nX:Y(1.0),a,2020,1\n", Ready),
        (200, b'{"dataSets": [], "structure": {}}', Ready),
    ],
)
def test_what_the_standard_and_its_services_say(status: int, body: bytes, kind: type) -> None:
    reply = Reply(Request("https://x.example/rest/data/A,B,1.0/."), status, {}, body)
    assert isinstance(outcome_of(reply, "X"), kind)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (404, messages.sdmx_error(100, "Could not find requested structures"), "Could not find"),
        (400, messages.sdmx_error(150, "Semantic error"), "150: Semantic error"),
        (401, b"", "401"),
        (501, messages.sdmx_error(501, "Not implemented"), "501: Not implemented"),
        (200, b"OK, no problem", "OK, no problem"),
    ],
)
def test_what_is_refused_is_quoted(status: int, body: bytes, words: str) -> None:
    reply = Reply(Request("https://x.example/rest/data/A,B,1.0/."), status, {}, body)
    with pytest.raises(HansaError, match="X") as caught:
        outcome_of(reply, "X")
    assert words in str(caught.value)
    assert "https://x.example/rest/data/A,B,1.0/." in str(caught.value)


# --- keys ---

CODES = st.text("ABC019_-@$", min_size=1, max_size=6)
LISTS = st.lists(CODES, min_size=1, max_size=12, unique=True)


@st.composite
def questions(draw: st.DrawFn) -> tuple[Structure, Filters]:
    """Dimensions with codes, and a choice of them."""
    lists = draw(st.lists(LISTS, min_size=1, max_size=5))
    own = [Dimension(f"D{at}", codes=dict.fromkeys(codes, "")) for at, codes in enumerate(lists)]
    filters = {
        d.id: tuple(draw(st.lists(st.sampled_from(list(d.codes)), min_size=1, unique=True)))
        for d in own
        if draw(st.booleans())
    }
    time = Dimension("TIME_PERIOD", time=True)
    return Structure("x", dimensions=(*own, time)), filters


@given(questions())
def test_a_key_has_a_position_a_dimension_and_says_what_was_asked(question) -> None:
    structure, filters = question
    places = key(structure, filters).split(".")
    assert len(places) == len(structure.dimensions) - 1
    told = dict(conditions(structure, filters))
    for own, place in zip(structure.dimensions, places, strict=False):
        wanted = set(filters.get(own.id, own.codes))
        assert set(place.split("+") if place else own.codes) == wanted
        condition = told.get(f"c[{own.id}]", "")
        assert set(condition.split(",") if condition else own.codes) == wanted


@given(questions(), st.integers(1, 60))
@settings(max_examples=60)
def test_pieces_fit_and_make_up_the_question_without_overlap(question, most: int) -> None:
    structure, filters = question

    def length(part: Filters) -> int:
        return len(key(structure, part))

    found = list(pieces(structure, filters, length, most))
    for piece in found:
        assert length(piece) <= most or all(len(codes) == 1 for codes in piece.values())
        assert set(piece) == set(filters)
    # A cell of the question is a choice of one code a dimension; each is in one piece.
    from itertools import product

    def asked_cells(part: Filters) -> list[tuple[str, ...]]:
        return list(product(*(part[name] for name in sorted(part))))

    together = [cell for piece in found for cell in asked_cells(piece)]
    assert sorted(together) == sorted(asked_cells(filters))


YEARS = st.lists(st.integers(1990, 2030).map(str), min_size=1, max_size=6, unique=True)


@given(YEARS, st.lists(st.integers(1990, 2030).map(str), max_size=8, unique=True))
def test_a_span_holds_every_period_asked_for_and_no_more_than_there_is(wanted, known) -> None:
    time = Dimension("TIME_PERIOD", codes=dict.fromkeys(sorted(known), ""), time=True)
    structure = Structure("x", dimensions=(time,))
    start, end = periods(structure, {"TIME_PERIOD": tuple(wanted)})
    for year in set(wanted) & set(known):
        assert start <= year <= end
    if known and min(wanted) <= max(known) and max(wanted) >= min(known):
        assert min(known) <= start <= end <= max(known)


@pytest.mark.parametrize(
    ("wanted", "known", "span"),
    [
        (("2015:2016",), (), ("2015", "2016")),
        (("2015:",), (), ("2015", "")),
        ((":2016",), (), ("", "2016")),
        # A year holds its quarters.
        (("2014:2015",), ("2014-Q3", "2014-Q4", "2015-Q1"), ("2014-Q3", "2015")),
        (("2014:2020",), ("2014-Q3", "2014-Q4", "2015-Q1"), ("2014-Q3", "2015-Q1")),
        (("2015", "2015-Q2"), (), ("2015", "2015")),
        ((), ("2015",), ("", "")),
        # Nothing in common: the question is sent as it is, and answered with nothing.
        (("1980:1990",), ("2015", "2016"), ("1980", "1990")),
    ],
)
def test_spans(wanted, known, span) -> None:
    time = Dimension("TIME_PERIOD", codes=dict.fromkeys(known, ""), time=True)
    structure = Structure("x", dimensions=(time,))
    assert periods(structure, {"TIME_PERIOD": wanted}) == span
    start, end = span
    inside = [p for p in known if (not start or p >= start) and (not end or p[: len(end)] <= end)]
    assert [p for p in known if within(p, wanted)] == inside


def test_an_address_escapes_what_has_a_meaning_of_its_own() -> None:
    told = address("https://x.example/d", {"c[T]": "ge:1+le:2", "empty": "", "a": "b,c"})
    assert told == "https://x.example/d?c%5BT%5D=ge:1%2Ble:2&a=b,c"
    assert address("https://x.example/d", {}) == "https://x.example/d"


@pytest.mark.parametrize("name", ["A,B,1.0", "A.B.C,D@E_F-G$,2.10.3"])
def test_a_flow_says_its_name_as_it_was_given(name: str) -> None:
    assert str(flow_of(name, "X")) == name
