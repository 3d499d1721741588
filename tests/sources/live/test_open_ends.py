"""Answers whose end nothing tells: used, said in the account, and never kept as whole."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from faulty_server import Answer, FaultyServer
from sdmx_messages import Flow, constraint_message, eurostat_csv, structure_message

import hansa
from hansa.errors import HansaError
from hansa.sources.live.bodies import end_is_told
from hansa.sources.live.cache import Cache
from hansa.sources.live.eurostat import SERVICE
from hansa.sources.live.fetching import Line, fetch
from hansa.sources.live.patience import Patience
from hansa.sources.live.transport import Transport

ROWS = pa.Table.from_pylist(
    [
        {"freq": "A", "geo": geo, "TIME_PERIOD": year, "OBS_VALUE": f"{n}.5", "OBS_FLAG": ""}
        for n, (geo, year) in enumerate((g, y) for g in ("SE11", "SE12") for y in ("2019", "2020"))
    ]
)
FLOW = Flow("ESTAT", "TAB", "1.0", ROWS)
WHOLE = eurostat_csv(FLOW, ROWS)
BASE = "/api/sdmx/2.1"


def serving(*answers: Answer) -> FaultyServer:
    """Eurostat's addresses of one data set, its numbers as `answers`."""
    return FaultyServer(
        {
            f"{BASE}/dataflow/ESTAT/TAB/1.0": [
                Answer(body=structure_message(FLOW, partial=True), unmeasured=True)
            ],
            f"{BASE}/contentconstraint/ESTAT/TAB/1.0": [Answer(body=constraint_message(FLOW))],
            f"{BASE}/data/TAB/.": answers,
            f"{BASE}/data/TAB/A.": answers,
            f"{BASE}/data/TAB/all": answers,
        }
    )


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HANSA_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def kept(cache: Path) -> list[str]:
    """Addresses of the answers that are kept."""
    return sorted(
        json.loads(path.read_text())["url"].rpartition("/sdmx/2.1")[2]
        for path in cache.glob("answers/*.json")
    )


@pytest.mark.parametrize("etag", ["", '"one"'])
def test_a_cut_at_the_end_of_a_row_cannot_be_seen_and_is_said(cache: Path, etag: str) -> None:
    """Also of an answer with a version, which could be continued if anybody saw the cut."""
    cut = WHOLE[: WHOLE.rindex(b"\n", 0, len(WHOLE) - 1) + 1]
    assert cut.endswith(b"\n")
    open_end = Answer(body=cut, unmeasured=True, etag=etag)
    with serving(open_end, Answer(body=WHOLE)) as server:
        made = hansa.fetch("eurostat:tab", at=f"{server.home}/api")
        again = hansa.fetch("eurostat:tab", at=f"{server.home}/api")
    assert (len(made), len(again)) == (3, 4), "asked again: the cut answer was not kept"
    (said,) = [note for note in made.report["notes"] if "no length" in note]
    assert said.startswith("The service states no length of 1 of 3 answers")
    assert said in made.lines
    assert [one["end_told"] for one in made.report["requests"]] == [True, True, False]
    assert not [note for note in again.report["notes"] if "no length" in note]
    assert len([url for url in kept(cache) if "/data/" in url]) == 1


@pytest.mark.parametrize("how", [{}, {"chunked": True}, {"gzip": True, "unmeasured": True}])
def test_a_length_chunks_or_packing_tell_the_end(cache: Path, how: dict[str, bool]) -> None:
    with serving(Answer(body=WHOLE, **how)) as server:
        made = hansa.fetch("eurostat:tab", at=f"{server.home}/api")
    assert len(made) == 4
    assert all(one["end_told"] for one in made.report["requests"])
    assert len(kept(cache)) == 3


@pytest.mark.parametrize("how", [{}, {"chunked": True}, {"gzip": True}])
def test_where_the_end_is_told_a_cut_is_seen(cache: Path, how: dict[str, bool]) -> None:
    at = 20 if how.get("gzip") else WHOLE.rindex(b"\n", 0, len(WHOLE) - 1) + 1
    with (
        serving(Answer(body=WHOLE, cut=at, **how)) as server,
        Transport(server.home, Patience(tries=1)) as transport,
        pytest.raises(HansaError, match="the answer broke off"),
    ):
        fetch(SERVICE, "tab", {}, f"{server.home}/api", Line(transport, Cache(cache)))
    assert not [url for url in kept(cache) if "/data/" in url]


@pytest.mark.parametrize(
    ("headers", "total", "body", "told"),
    [
        ({}, None, b"a,b\n1,2\n", False),
        ({}, 8, b"a,b\n1,2\n", True),
        ({"transfer-encoding": "chunked"}, None, b"a,b\n", True),
        ({"transfer-encoding": "identity"}, None, b"a,b\n", False),
        ({"content-encoding": "gzip"}, None, b"a,b\n", True),
        ({"content-encoding": "identity"}, None, b"a,b\n", False),
        ({}, None, b"\x1f\x8b\x08", True),
        ({}, None, b"\xef\xbb\xbf<x/>", True),
        ({}, None, b'\n {"a": 1}', True),
        ({}, None, b"", True),
    ],
)
def test_what_tells_an_end(
    headers: dict[str, str], total: int | None, body: bytes, told: bool
) -> None:
    assert end_is_told(headers, total, body) is told


def test_a_cache_never_holds_an_open_end(cache: Path) -> None:
    with serving(Answer(body=WHOLE, unmeasured=True)) as server:
        hansa.fetch("eurostat:tab", at=f"{server.home}/api")
        answers = Cache(cache).size()[0]
    assert answers == 2, "structure and codes: XML closes what it opens"
