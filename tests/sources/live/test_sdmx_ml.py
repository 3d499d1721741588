"""SDMX-ML data messages: real ones against pysdmx, constructed ones of every kind, refusals."""

from __future__ import annotations

import contextlib

import pytest
from message_fuzz import survives

from hansa.errors import HansaError
from hansa.sources.live.contract import Dimension, Structure
from hansa.sources.live.sdmxml import fault, footer, read_xml_message

SPACES = (
    'xmlns:m="http://www.sdmx.org/resources/sdmxml/schemas/v{v}/message" '
    'xmlns:c="http://www.sdmx.org/resources/sdmxml/schemas/v{v}/common" '
    'xmlns:g="http://www.sdmx.org/resources/sdmxml/schemas/v{v}/data/generic" '
    'xmlns:s="http://www.sdmx.org/resources/sdmxml/schemas/v{v}/data/structurespecific" '
    'xmlns:f="http://www.sdmx.org/resources/sdmxml/schemas/v{v}/message/footer" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:u="urn:own"'
)
HEAD = (
    '<m:Header><m:ID>X</m:ID><m:Structure structureID="S" dimensionAtObservation="{at}">'
    "<c:Structure>{ref}</c:Structure></m:Structure></m:Header>"
)
REF = '<Ref agencyID="ESTAT" id="GDP" version="1.0"/>'
URN = "urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=ESTAT:GDP(1.0)"
REGIONS = Structure(
    "gdp",
    dimensions=(Dimension("geo"), Dimension("freq"), Dimension("TIME_PERIOD", time=True)),
    attributes=("OBS_FLAG", "TITLE", "UNIT_MULT", "NOTE"),
)
EXPECTED = {
    ("DE", "A", "2020"): (1.5, "p"),
    ("DE", "A", "2021"): (2.5, ""),
    ("FR", "A", "2020"): (None, "c"),
}


def message(kind, data, at="TIME_PERIOD", version="2_1", ref=REF):
    """A constructed message around a data set."""
    head = HEAD.format(at=at, ref=ref)
    return f"<m:{kind} {SPACES.format(v=version)}>{head}{data}</m:{kind}>".encode()


SERIES = message(
    "StructureSpecificData",
    '<u:DataSet s:structureRef="S" xsi:type="u:DataSetType" UNIT_MULT="3">'
    '<Group xsi:type="u:Sibling" geo="DE" TITLE="Germany"/>'
    '<Series freq="A" geo="DE"><Obs TIME_PERIOD="2020" OBS_VALUE="1.5" OBS_FLAG="p"/>'
    '<Obs TIME_PERIOD="2021" OBS_VALUE="2.5"/></Series>'
    '<Series freq="A" geo="FR"><Obs TIME_PERIOD="2020" OBS_VALUE="NaN" OBS_FLAG="c"/></Series>'
    "</u:DataSet>",
)
FLAT = message(
    "StructureSpecificData",
    '<u:DataSet s:structureRef="S" UNIT_MULT="3">'
    '<Group geo="DE" TITLE="Germany"/>'
    '<Obs freq="A" geo="DE" TIME_PERIOD="2020" OBS_VALUE="1.5" OBS_FLAG="p"/>'
    '<Obs freq="A" geo="DE" TIME_PERIOD="2021" OBS_VALUE="2.5"/>'
    '<Obs freq="A" geo="FR" TIME_PERIOD="2020" OBS_FLAG="c"/>'
    "</u:DataSet>",
    at="AllDimensions",
)
THREE = message(
    "StructureSpecificData",
    '<m:DataSet s:structureRef="S" s:dataScope="DataStructure" UNIT_MULT="3">'
    '<Series freq="A" geo="DE"><Comp id="TITLE"><Value>Ger</Value><Value>many</Value></Comp>'
    '<Obs TIME_PERIOD="2020" OBS_VALUE="1.5" OBS_FLAG="p"/>'
    '<Obs TIME_PERIOD="2021" OBS_VALUE="2.5"/></Series>'
    '<Series freq="A" geo="FR"><Obs TIME_PERIOD="2020" OBS_FLAG="c"/></Series></m:DataSet>',
    version="3_0",
    ref=URN,
)


def value(name, code):
    return f'<g:Value id="{name}" value="{code}"/>'


GENERIC = message(
    "GenericData",
    '<m:DataSet structureRef="S" action="Append">'
    f"<g:Attributes>{value('UNIT_MULT', 3)}</g:Attributes>"
    f'<g:Group type="Sibling"><g:GroupKey>{value("geo", "DE")}</g:GroupKey>'
    f"<g:Attributes>{value('TITLE', 'Germany')}</g:Attributes></g:Group>"
    f"<g:Series><g:SeriesKey>{value('geo', 'DE')}{value('freq', 'A')}</g:SeriesKey>"
    '<g:Obs><g:ObsDimension value="2020"/><g:ObsValue value="1.5"/>'
    f"<g:Attributes>{value('OBS_FLAG', 'p')}</g:Attributes></g:Obs>"
    '<g:Obs><g:ObsDimension value="2021"/><g:ObsValue value="2.5"/></g:Obs></g:Series>'
    f"<g:Series><g:SeriesKey>{value('geo', 'FR')}{value('freq', 'A')}</g:SeriesKey>"
    '<g:Obs><g:ObsDimension value="2020"/>'
    f"<g:Attributes>{value('OBS_FLAG', 'c')}</g:Attributes></g:Obs></g:Series></m:DataSet>",
)
TITLE = value("TITLE", "Germany")
GENERIC_FLAT = message(
    "GenericData",
    f'<m:DataSet structureRef="S"><g:Attributes>{value("UNIT_MULT", 3)}</g:Attributes>'
    + "".join(
        f"<g:Obs><g:ObsKey>{value('geo', geo)}{value('freq', 'A')}{value('TIME_PERIOD', year)}"
        f"</g:ObsKey>{number}<g:Attributes>{more}</g:Attributes></g:Obs>"
        for geo, year, number, more in (
            ("DE", 2020, '<g:ObsValue value="1.5"/>', value("OBS_FLAG", "p") + TITLE),
            ("DE", 2021, '<g:ObsValue value="2.5"/>', TITLE),
            ("FR", 2020, "", value("OBS_FLAG", "c")),
        )
    )
    + "</m:DataSet>",
    at="AllDimensions",
)  # fmt: skip
ALL = {
    "series": SERIES,
    "flat": FLAT,
    "three": THREE,
    "generic": GENERIC,
    "generic flat": GENERIC_FLAT,
}


def cells(found):
    """Key -> (value, status) of every row."""
    rows = found.table.to_pylist()
    return {tuple(r[d] for d in found.dimensions): (r["value"], r["status"]) for r in rows}


@pytest.mark.parametrize("kind", ALL)
def test_every_kind_says_the_same(kind):
    found = read_xml_message(ALL[kind], REGIONS, "here")
    assert cells(found) == EXPECTED
    assert found.dimensions == ("geo", "freq", "TIME_PERIOD")
    assert found.time == "TIME_PERIOD"
    title = "Ger;many" if kind == "three" else "Germany"
    assert found.table["TITLE"].to_pylist() == [title, title, None]
    assert found.table["UNIT_MULT"].to_pylist() == ["3"] * 3
    assert (found.dataset, found.agency) == ("GDP", "ESTAT")
    assert found.notes == ()


@pytest.mark.parametrize("kind", ALL)
def test_without_a_structure(kind):
    found = read_xml_message(ALL[kind], None, "here")
    names = {"geo", "freq", "TIME_PERIOD"}
    assert set(found.dimensions) == names
    order = [found.dimensions.index(name) for name in ("geo", "freq", "TIME_PERIOD")]
    assert {tuple(k[i] for i in order): v for k, v in cells(found).items()} == EXPECTED
    assert bool(found.notes) == ("generic" not in kind)


def test_names_are_found_in_any_case_and_time_under_its_own_name():
    own = (Dimension("GEO"), Dimension("FREQ"), Dimension("time", time=True))
    found = read_xml_message(SERIES, Structure("gdp", dimensions=own), "")
    assert found.dimensions == ("GEO", "FREQ", "time")
    assert cells(found) == EXPECTED


def test_a_cross_section():
    body = message(
        "StructureSpecificData",
        '<u:DataSet s:structureRef="S"><Series freq="A" TIME_PERIOD="2020">'
        '<Obs geo="DE" OBS_VALUE="1"/><Obs geo="FR" OBS_VALUE="2"/></Series></u:DataSet>',
        at="geo",
    )
    found = read_xml_message(body, REGIONS, "")
    assert cells(found) == {("DE", "A", "2020"): (1.0, ""), ("FR", "A", "2020"): (2.0, "")}
    assert set(read_xml_message(body, None, "").dimensions) == {"geo", "freq", "TIME_PERIOD"}


def test_two_data_sets_of_one_structure_join():
    body = SERIES.replace(
        b"</u:DataSet>",
        b'</u:DataSet><u:DataSet s:structureRef="S"><Series freq="A" geo="IT">'
        b'<Obs TIME_PERIOD="2020" OBS_VALUE="9"/></Series></u:DataSet>',
    )
    found = cells(read_xml_message(body, REGIONS, ""))
    assert found == {**EXPECTED, ("IT", "A", "2020"): (9.0, "")}


def test_an_empty_data_set_is_an_empty_answer():
    body = message("StructureSpecificData", '<u:DataSet s:structureRef="S"/>')
    found = read_xml_message(body, REGIONS, "")
    assert found.table.num_rows == 0
    assert found.dimensions == ("geo", "freq", "TIME_PERIOD")
    assert read_xml_message(body, None, "").table.num_rows == 0


def test_a_footer_behind_data_is_said():
    said = (
        b'<f:Footer><f:Message code="510" severity="Warning"><c:Text>Cut at 1000.</c:Text>'
        b"</f:Message></f:Footer></m:StructureSpecificData>"
    )
    body = SERIES.replace(b"</m:StructureSpecificData>", said)
    assert read_xml_message(body, REGIONS, "").notes == ("the service says: Cut at 1000.",)
    (told,) = footer(body)
    assert (told.code, told.severity, told.texts) == ("510", "Warning", ("Cut at 1000.",))
    assert told.address == ""


def refused(body, structure=REGIONS):
    with pytest.raises(HansaError) as problem:
        read_xml_message(body, structure, "here")
    assert "here" in str(problem.value)
    return str(problem.value)


@pytest.mark.parametrize("kind", ALL)
def test_a_message_that_ends_early(kind):
    for at in range(1, len(ALL[kind]) - 1, 37):
        refused(ALL[kind][:at])
    assert "no complete XML" in refused(ALL[kind][:-4])


def test_doctype_and_entities():
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + SERIES
    assert "the message has a DOCTYPE" in refused(bomb)
    assert "no complete XML" in refused(SERIES.replace(b'"2.5"', b'"&b;"'))
    outside = b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + SERIES
    assert "the message has a DOCTYPE" in refused(outside)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b'xsi:type="u:DataSetType"', b'action="Delete"', "a data set of deletions"),
        (b"v2_1", b"v2_0", "message StructureSpecificData of http"),
        (b"m:StructureSpecificData", b"m:CrossSectionalData", "message CrossSectionalData"),
        (b"m:StructureSpecificData", b"m:GenericMetadata", "reference metadata"),
        (b"m:StructureSpecificData", b"m:Structure", "message of structures"),
        (b'"TIME_PERIOD">', b'"X" explicitMeasures="true">', "explicit measures"),
        (b'geo="FR"', b'geo="DE"', "two observations of one key"),
        (b' geo="FR"', b"", "no code of the dimension geo"),
        (b'"2.5"', b'"INF"', "a value is infinite"),
        (b' geo="', b' region="', "no geo; there are freq, region"),
        (b'"2.5"', b'"2.5" ODD="1"', "ODD, which the structure does not explain"),
    ],
)
def test_refusals(old, new, said):
    body = SERIES.replace(old, new)
    assert body != SERIES
    assert said in refused(body)


def test_data_sets_of_two_structures():
    body = SERIES.replace(b"</u:DataSet>", b'</u:DataSet><u:DataSet s:structureRef="T"/>')
    assert "data sets of S, T" in refused(body)


def test_older_messages_are_refused_by_their_name():
    body = b'<CompactData xmlns="http://www.SDMX.org/resources/SDMXML/schemas/v2_0/message"/>'
    assert "message CompactData of http://www.SDMX.org" in refused(body)
    assert "no complete XML" in refused(b"")
    assert "no complete XML" in refused(b'{"error": 1}')
    assert "message html of no namespace" in refused(b"<html><body>busy</body></html>")


SOAP = (
    b'<?xml version="1.0" ?><S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/">'
    b'<S:Body><S:Fault xmlns:ns4="http://www.w3.org/2003/05/soap-envelope">'
    b"<faultcode>413</faultcode><faultstring>EXTRACTION_TOO_BIG: estimated 10305182 rows"
    b"</faultstring></S:Fault></S:Body></S:Envelope>"
)
BARE = (
    b'<S:Fault xmlns:S="http://schemas.xmlsoap.org/soap/envelope/">\n <faultcode>100</faultcode>'
    b"\n <faultstring>ERR_NO_RESULTS_FOUND</faultstring>\n</S:Fault>"
)
ERROR = (
    b'<m:Error xmlns:m="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message" '
    b'xmlns:c="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common">'
    b'<m:ErrorMessage code="140"><c:Text>Syntax error</c:Text></m:ErrorMessage></m:Error>'
)


def test_faults():
    assert fault(SOAP) == ("413", "EXTRACTION_TOO_BIG: estimated 10305182 rows")
    assert fault(BARE) == ("100", "ERR_NO_RESULTS_FOUND")
    assert fault(ERROR) == ("140", "Syntax error")
    for body in (SERIES, b"", b"<html>", SOAP[:-9], b"{}", b"a,b\n"):
        assert fault(body) is None
    assert "found:  413: EXTRACTION_TOO_BIG" in refused(SOAP)


@pytest.mark.parametrize("kind", ALL)
def test_damaged_bodies(kind):
    assert survives(lambda body: read_xml_message(body, REGIONS, "here"), ALL[kind], 1, 60)
    assert survives(lambda body: read_xml_message(body, None, "here"), ALL[kind], 2, 60)
    survives(footer, ALL[kind], 3, 10)


def real(folder, name):
    return (folder / f"sdmx/estat_xml/{name}.xml").read_bytes()


@pytest.mark.data
@pytest.mark.parametrize("name", ["NAMA_10_GDP-ss", "generic_2_1_cdh_e_fos_with_na"])
def test_real_messages_against_pysdmx(hansa_data, name):
    from pysdmx.io import read_sdmx

    body = real(hansa_data, name)
    found = read_xml_message(body, None, name)
    lost = pytest.warns(UserWarning, match="attributes will be lost: Timezone")
    with lost if name[0] == "g" else contextlib.nullcontext():
        (told,) = read_sdmx(body.decode(), validate=False).data
    rows = told.data.to_dict("records")
    assert found.table.num_rows == len(rows) == 4
    for own, other in zip(found.table.to_pylist(), rows, strict=True):
        assert all(own[d] == other[d] for d in found.dimensions)
        number = float(other["OBS_VALUE"])
        assert own["value"] == (None if number != number else number)
        if other.get("OBS_STATUS") == "na":
            assert own["status"] == "m"
    # Neither of the two messages has another column that is no dimension.
    assert set(told.data.columns) - {"OBS_VALUE", "OBS_STATUS"} == set(found.dimensions)


@pytest.mark.data
def test_real_messages_by_hand(hansa_data):
    found = read_xml_message(real(hansa_data, "NAMA_10_GDP-ss"), None, "")
    assert found.dimensions == ("geo", "na_item", "unit", "freq", "TIME_PERIOD")
    printed = {"2012": 46526.2, "2013": 49094.5, "2014": 51791.3, "2015": 54142.3}
    assert cells(found) == {
        ("LU", "B1GQ", "CP_MEUR", "A", year): (number, "") for year, number in printed.items()
    }
    assert (found.dataset, found.agency) == ("NAMA_10_GDP", "ESTAT")
    found = read_xml_message(real(hansa_data, "generic_2_1_cdh_e_fos_with_na"), None, "")
    assert found.table["value"].to_pylist() == [None, None, 43.75, None]
    assert found.table["status"].to_pylist() == ["m", "m", "", "m"]
    assert found.dataset == "cdh_e_fos"


@pytest.mark.data
@pytest.mark.parametrize("name", ["footer", "footer2"])
def test_an_answer_that_is_being_prepared(hansa_data, name):
    (told,) = footer(real(hansa_data, name))
    assert told.code == "413"
    assert told.severity == "Infomation"  # as it is spelt there
    assert len(told.texts) == 3
    assert told.address.startswith("http://ec.europa.eu/eurostat/SDMX/diss-web/file/")
    assert told.address == told.texts[1]
    assert "no data set; the service says: Due to the large query" in refused(
        real(hansa_data, name)
    )


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("demography-xs", "cross-sectional message with explicit measures"),
        ("esms", "reference metadata (GenericMetadata)"),
        ("esms-ss", "reference metadata (StructureSpecificMetadata)"),
        ("CL_FREQ", "message of structures"),
        ("HCL_WSTATUS_SCL_BNSPART", "message of structures"),
    ],
)
def test_real_messages_of_other_kinds(hansa_data, name, said):
    assert said in refused(real(hansa_data, name))


@pytest.mark.data
def test_damaged_samples(hansa_data):
    paths = sorted((hansa_data / "sdmx/estat_xml").glob("*.xml"))
    assert len(paths) == 15
    for path in paths:
        body = path.read_bytes()[:20_000]
        survives(lambda changed: read_xml_message(changed, None, "here"), body, 5, 20)
        survives(footer, body, 5, 10)


@pytest.mark.long
@pytest.mark.data
def test_damaged_samples_long(hansa_data):
    for path in sorted((hansa_data / "sdmx/estat_xml").glob("*.xml")):
        body = path.read_bytes()
        survives(lambda changed: read_xml_message(changed, None, "here"), body, 6, 1000)
