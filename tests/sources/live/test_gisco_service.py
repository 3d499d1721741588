"""Files of GISCO: boundaries that the project's reader takes as they are, names, links."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from gisco_server import GiscoServer, names_csv, serving_files

from hansa.errors import HansaError, UsageError
from hansa.sources.geometry import EUROGEOGRAPHICS, read_geometry
from hansa.sources.links import read_links
from hansa.sources.live import gisco
from hansa.sources.live.contract import Reply
from hansa.sources.live.transport import Transport

SQUARE = [[[10, 50], [11, 50], [11, 51], [10, 51], [10, 50]]]


def reply(name: str, body: bytes, status: int = 200) -> Reply:
    return Reply(gisco.requests(gisco.find(name))[0], status, {}, body)


def shapes(*codes: str, **extra: Any) -> bytes:
    """Boundaries in the publisher's own layout."""
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": SQUARE},
            "properties": {
                "NUTS_ID": code, "LEVL_CODE": len(code) - 2, "CNTR_CODE": code[:2],
                "NAME_LATN": f"Region {code}", "NUTS_NAME": f"Region {code}", "MOUNT_TYPE": 0,
                "URBN_TYPE": None, "COAST_TYPE": 0, "FID": code,
            },
            "id": code,
        }
        for code in codes
    ]  # fmt: skip
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4326"}}
    whole = {"type": "FeatureCollection", "crs": crs, "features": features, **extra}
    return json.dumps(whole, ensure_ascii=False).encode()


# --- what there is -----------------------------------------------------------------------


def test_what_there_is() -> None:
    there = gisco.datasets()
    assert len(there) == 7 * 5 * 4 + 7 + 21
    assert len({one.id for one in there}) == len({one.file for one in there}) == len(there)
    one = gisco.find(" NUTS-2024-20m-level2 ")
    assert one.title == "Boundaries of NUTS 2 regions, NUTS 2024, scale 1:20 million"
    assert one.notice == EUROGEOGRAPHICS
    assert one.file == "nuts2024_20m_level2.geojson"
    assert gisco.request(one).url == (
        "https://gisco-services.ec.europa.eu/distribution/v2/"
        "nuts/geojson/NUTS_RG_20M_2024_4326_LEVL_2.geojson"
    )
    names = gisco.request(gisco.find("nuts-2024-names"), "https://mirror.example/g/")
    assert names.url == "https://mirror.example/g/nuts/csv/NUTS_AT_2024.csv"
    links = gisco.find("nuts-2021-2024-links")
    assert [r.url.rpartition("/")[2] for r in gisco.requests(links)] == [
        "NUTS_AT_2021.csv",
        "NUTS_AT_2024.csv",
    ]
    with pytest.raises(UsageError, match="made of two files"):
        gisco.request(links)


@pytest.mark.parametrize(
    "name", ["nuts-2024", "nuts-2024-05m-level2", "nuts-2024-2021-links", "nuts-1999-names", ""]
)
def test_what_there_is_not(name: str) -> None:
    with pytest.raises(UsageError, match="GISCO has no file") as caught:
        gisco.find(name)
    told = caught.value.finding.admissible
    assert "01m, 03m, 10m, 20m, 60m" in told
    assert "2003, 2006, 2010, 2013, 2016, 2021, 2024" in told


# --- the real files ----------------------------------------------------------------------


@pytest.mark.data
@pytest.mark.parametrize(
    ("year", "level", "count"), [(2024, 2, 299), (2013, 1, 116), (2006, 0, 35)]
)
def test_real_boundaries_need_no_options(
    hansa_data: Path, tmp_path: Path, year: int, level: int, count: int
) -> None:
    one = gisco.find(f"nuts-{year}-20m-level{level}")
    with serving_files(GiscoServer(hansa_data)) as server, Transport(server.home) as transport:
        answer = transport.send(gisco.request(one, server.home))
    written = tmp_path / one.file
    written.write_bytes(gisco.content(one, answer))
    found = read_geometry(written)
    plain = read_geometry(hansa_data / "geometry" / f"{written.name}.gz", EUROGEOGRAPHICS)
    assert found.codes == plain.codes
    assert len(found.codes) == count
    assert found.notice == EUROGEOGRAPHICS
    assert found.version == f"nuts:{year}"
    for mine, theirs in zip(found.polygons, plain.polygons, strict=True):
        for a, b in zip(mine, theirs, strict=True):
            assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))
    # The publisher's bytes are in it, one after the other, none rewritten.
    source = gzip.decompress((hansa_data / "geometry" / f"{written.name}.gz").read_bytes())
    assert written.read_bytes().endswith(source.lstrip()[1:].lstrip())


@pytest.mark.data
def test_real_names_region_by_region(hansa_data: Path) -> None:
    one = gisco.find("nuts-2021-names")
    with serving_files(GiscoServer(hansa_data)) as server, Transport(server.home) as transport:
        written = gisco.content(one, transport.send(gisco.request(one, server.home)))
    rows = list(csv.DictReader(io.StringIO(written.decode())))
    assert list(rows[0]) == [
        "code", "level", "name", "name_latin", "country", "mount_type", "urban_type", "coast_type",
    ]  # fmt: skip
    table = pq.read_table(hansa_data / "nuts" / "nuts_regions_2006_2024.parquet").to_pylist()
    served = {row["nuts_id"]: row for row in table if row["nuts_version"] == 2021}
    assert [row["code"] for row in rows] == sorted(served)
    for row in rows:
        theirs = served[row["code"]]
        assert row["level"] == str(theirs["level"])
        assert row["name"] == " ".join(theirs["name"].split())
        assert row["name_latin"] == " ".join(theirs["name_latin"].split())
        assert row["country"] == theirs["country"]
    assert any(row["coast_type"] for row in rows)


@pytest.mark.data
def test_real_links_are_what_is_certain_and_the_rest_is_listed(
    hansa_data: Path, tmp_path: Path
) -> None:
    one = gisco.find("nuts-2013-2016-links")
    with serving_files(GiscoServer(hansa_data)) as server, Transport(server.home) as transport:
        answers = [transport.send(request) for request in gisco.requests(one, server.home)]
    written = tmp_path / one.file
    written.write_bytes(gisco.content(one, *answers))
    links = read_links(written, "nuts:2013", "nuts:2016", {})
    assert all(old == new for old, new in links.pairs)
    assert links.flows == {}
    back = read_links(written, "nuts:2016", "nuts:2013", {})
    assert back.turned
    linked = {old for old, _ in links.pairs}
    lists = [gisco.regions(gisco.find(f"nuts-{y}-names"), a)
             for y, a in zip((2013, 2016), answers, strict=True)]  # fmt: skip
    rest = list(csv.DictReader(io.StringIO(gisco.left_over(one, *answers).decode())))
    for found, version in zip(lists, ("nuts:2013", "nuts:2016"), strict=True):
        left = {row["code"] for row in rest if row["version"] == version}
        # Nothing is lost: every region is linked or listed, none is both.
        assert left | linked == set(found)
        assert not left & linked
    # Warsaw was divided, France renamed its regions: neither may be linked.
    assert not linked & {"PL12", "FR10", "FR24"}
    assert {"DE11", "SE11", "LV00"} <= linked
    reasons = {row["code"]: row["reason"] for row in rest if row["version"] == "nuts:2013"}
    assert reasons["PL12"] == "not in nuts:2016"
    assert any(reason.startswith("there named ") for reason in reasons.values())


@pytest.mark.data
@pytest.mark.parametrize(("old", "new"), [(2013, 2016), (2016, 2021)])
def test_no_link_crosses_a_boundary_that_moved(hansa_data: Path, old: int, new: int) -> None:
    """Against Eurostat's own list of changes, which the links are not made from."""
    one = gisco.find(f"nuts-{old}-{new}-links")
    answers = [reply(f"nuts-{year}-names", names_csv(hansa_data, year)) for year in (old, new)]
    rows = csv.DictReader(io.StringIO(gisco.content(one, *answers).decode()))
    linked = {row["from"] for row in rows}
    changes = pq.read_table(hansa_data / "nuts" / "nuts_changes_1999_2021.parquet").to_pylist()
    said = {c[f"code_{old}"]: c[f"change_{new}"] for c in changes if c[f"change_{new}"]}
    assert len(said) > 50
    names_only = ("relabelled", "renamed", "name change")
    assert {said[code] for code in linked & set(said)} <= set(names_only)


@pytest.mark.data
def test_a_file_that_is_not_there(hansa_data: Path) -> None:
    one = gisco.find("nuts-2010-20m-level2")
    with serving_files(GiscoServer(hansa_data)) as server, Transport(server.home) as transport:
        answer = transport.send(gisco.request(one, server.home))
    with pytest.raises(HansaError, match="GISCO has nothing of this name") as caught:
        gisco.content(one, answer)
    assert caught.value.finding.printed == "404 Not Found: 404 Not Found"
    assert "NUTS_RG_20M_2010_4326_LEVL_2.geojson" in caught.value.finding.place


# --- the publisher's layout, and what is no such file --------------------------------------

LEVEL_2 = "nuts-2024-20m-level2"


def test_the_publishers_own_layout(tmp_path: Path) -> None:
    one = gisco.find(LEVEL_2)
    written = tmp_path / one.file
    written.write_bytes(
        gisco.content(one, reply(LEVEL_2, b"\xef\xbb\xbf" + shapes("AT11", "EL30")))
    )
    found = read_geometry(written)
    assert found.codes == ("AT11", "EL30")
    assert found.notice == EUROGEOGRAPHICS
    assert json.loads(written.read_bytes())["crs"]["properties"]["name"].endswith("4326")


def test_a_notice_of_the_publisher_stays() -> None:
    body = shapes("AT11", notice="© Somebody else")
    assert json.loads(gisco.content(gisco.find(LEVEL_2), reply(LEVEL_2, body)))["notice"] == (
        "© Somebody else"
    )


PROJECTED = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3035"}}


@pytest.mark.parametrize(
    ("body", "rule", "printed"),
    [
        (b"<html><title>Maintenance</title></html>", "a page in place of a file", "Maintenance"),
        (shapes("AT11")[:-20], "the boundaries are broken", ""),
        (b"[]", "holds no collection of regions", "[]"),
        (b'{"type": "Topology"}', "holds no collection of regions", "Topology"),
        (shapes(), "the file holds no regions", "no features"),
        (shapes("AT11", "AT11"), "a region stands twice", "AT11"),
        (shapes("AT1", "AT11"), "not of level 2", "AT1"),
        (shapes("at11"), "a code is no code of NUTS", "at11"),
        (shapes("AT11", crs=PROJECTED), "not in degrees", "3035"),
        (shapes("AT11").replace(b"[11, 50]", b"[4321000, 3210000]"), "not in degrees", "4.321e"),
        (shapes("AT11").replace(b'"Polygon"', b'"Point"'), "a region is no area", "Point"),
    ],
)
def test_what_is_no_file_of_boundaries(body: bytes, rule: str, printed: str) -> None:
    with pytest.raises(HansaError, match=rule) as caught:
        gisco.content(gisco.find(LEVEL_2), reply(LEVEL_2, body))
    assert printed in caught.value.finding.printed
    # The address is named, never a file that nobody knows.
    assert "NUTS_RG_20M_2024_4326_LEVL_2.geojson" in caught.value.finding.place
    assert "/tmp" not in str(caught.value)
    assert caught.value.finding.fix


HEAD = "CNTR_CODE,NUTS_ID,NAME_LATN,NUTS_NAME\n"


def test_names_are_trimmed_and_one_of_the_two_is_enough() -> None:
    one = gisco.find("nuts-2024-names")
    body = HEAD + 'EL,EL3,Attiki,"Αττική "\nDE,DE111,"Stuttgart, Stadtkreis",\n'
    assert gisco.content(one, reply(one.id, body.encode())).decode() == (
        "code,level,name,name_latin,country\n"
        'DE111,3,"Stuttgart, Stadtkreis","Stuttgart, Stadtkreis",DE\n'
        "EL3,1,Αττική,Attiki,EL\n"
    )


@pytest.mark.parametrize(
    ("body", "rule", "printed"),
    [
        ("CNTR_CODE,NUTS_ID\n", "no column NUTS_NAME, NAME_LATN", "CNTR_CODE, NUTS_ID"),
        (HEAD, "the list holds no regions", ""),
        (HEAD + "AT,AT1,x,x\nAT,AT1,x,x\n", "a region stands twice in the list", "AT1"),
        (HEAD + "AT,AT1111,x,x\n", "a code is no code of NUTS", "line 2: AT, AT1111"),
        (HEAD + ",AT1,x,x\n", "a region has no country", "line 2"),
        (HEAD + "AT,AT1,, \n", "a region has no name", "line 2"),
        (HEAD + "AT,AT1,x\n", "more or fewer cells", "line 2"),
        (HEAD + "AT,AT1,x,x,y\n", "more or fewer cells", "line 2"),
        ("LEVL_CODE," + HEAD + "2,AT,AT1,x,x\n", "the level of a region", "line 2"),
        ("<!DOCTYPE html><title>Busy</title>", "a page in place of a file", "Busy"),
        ("", "no column NUTS_ID", ""),
    ],
)
def test_what_is_no_list_of_names(body: str, rule: str, printed: str) -> None:
    with pytest.raises(HansaError, match=rule) as caught:
        gisco.content(gisco.find("nuts-2024-names"), reply("nuts-2024-names", body.encode()))
    assert printed in caught.value.finding.printed
    assert "NUTS_AT_2024.csv" in caught.value.finding.place


def test_a_list_in_another_encoding_is_refused() -> None:
    body = (HEAD + "AT,AT1,Österreich,Österreich\n").encode("latin-1")
    with pytest.raises(HansaError, match="the list of names cannot be read"):
        gisco.content(gisco.find("nuts-2024-names"), reply("nuts-2024-names", body))


def test_links_by_hand() -> None:
    """Same code and name: linked. Another name, another code: never, and said."""
    one = gisco.find("nuts-2016-2021-links")
    old = HEAD + "AT,AT1,Ost - Rand / Ecke,Ost - Rand / Ecke\nAT,AT,ÖSTERREICH,ÖSTERREICH\n"
    old += "AT,AT2,Süd,Süd\nAT,AT3,West,West\n"
    new = HEAD + "AT,AT1,Ost—Rand/Ecke,Ost—Rand/Ecke\nAT,AT,Österreich,Österreich\n"
    new += "AT,AT2,Mitte,Mitte\nAT,AT4,West,West\n"
    answers = (reply("nuts-2016-names", old.encode()), reply("nuts-2021-names", new.encode()))
    assert gisco.content(one, *answers).decode() == (
        "from,to,from_version,to_version,level,label\n"
        "AT,AT,nuts:2016,nuts:2021,0,ÖSTERREICH\n"
        "AT1,AT1,nuts:2016,nuts:2021,1,Ost - Rand / Ecke\n"
    )
    assert gisco.left_over(one, *answers).decode() == (
        "code,version,level,name,reason\n"
        "AT2,nuts:2016,1,Süd,there named Mitte\n"
        "AT3,nuts:2016,1,West,not in nuts:2021\n"
        "AT2,nuts:2021,1,Mitte,there named Süd\n"
        "AT4,nuts:2021,1,West,not in nuts:2016\n"
    )
    with pytest.raises(UsageError, match="no file of links") as caught:
        gisco.content(one, answers[0])
    assert caught.value.finding.printed == "1 replies"


@pytest.mark.data
def test_the_list_is_served_in_the_publishers_layout(hansa_data: Path) -> None:
    first = names_csv(hansa_data, 2024).decode("utf-8-sig").splitlines()[0]
    assert first == "CNTR_CODE,NUTS_ID,NAME_LATN,NUTS_NAME,MOUNT_TYPE,URBN_TYPE,COAST_TYPE"
