"""SDMX-ML structure messages: the real ones against pysdmx and by hand, constructed ones."""

from __future__ import annotations

import pytest
from message_fuzz import survives

from hansa.errors import HansaError
from hansa.sources.live.contract import Dimension, Structure
from hansa.sources.live.structures import (
    constrained,
    read_codelists,
    read_constraint,
    read_structure,
)

SPACES = (
    'xmlns:m="http://www.sdmx.org/resources/sdmxml/schemas/v{v}/message" '
    'xmlns:c="http://www.sdmx.org/resources/sdmxml/schemas/v{v}/common" '
    'xmlns:s="http://www.sdmx.org/resources/sdmxml/schemas/v{v}/structure"'
)


def message(parts, version="2_1"):
    """A constructed message of structures."""
    spaces = SPACES.format(v=version)
    return f"<m:Structure {spaces}><m:Structures>{parts}</m:Structures></m:Structure>".encode()


def codelist(name, codes, version="1.0"):
    items = "".join(
        f'<s:Code id="{code}"><c:Name xml:lang="de">D {code}</c:Name>'
        f'<c:Name xml:lang="en">E {code}</c:Name></s:Code>'
        for code in codes
    )
    title = f"<c:Name>{name} list</c:Name>"
    return f'<s:Codelist agencyID="X" id="{name}" version="{version}">{title}{items}</s:Codelist>'


def dimension(name, position="", codes="", version="1.0", kind="Dimension"):
    at = f' position="{position}"' if position else ""
    ref = f'<s:Enumeration><Ref agencyID="X" id="{codes}" version="{version}"/></s:Enumeration>'
    inner = ref if codes else '<s:TextFormat textType="ObservationalTimePeriod"/>'
    return (
        f'<s:{kind} id="{name}"{at}><s:LocalRepresentation>{inner}</s:LocalRepresentation>'
        f"</s:{kind}>"
    )


def structure(*dimensions, name="DSD", version="1.0"):
    return (
        f'<s:DataStructures><s:DataStructure agencyID="X" id="{name}" version="{version}">'
        "<c:Name>Structure</c:Name><s:DataStructureComponents><s:DimensionList>"
        + "".join(dimensions)
        + '</s:DimensionList><s:AttributeList><s:Attribute id="OBS_STATUS"/></s:AttributeList>'
        "</s:DataStructureComponents></s:DataStructure></s:DataStructures>"
    )


def constraint(regions, flow="JOBS", kind="Actual"):
    return (
        f'<s:Constraints><s:ContentConstraint agencyID="X" id="C" type="{kind}">'
        f'<s:ConstraintAttachment><s:Dataflow><Ref agencyID="X" id="{flow}" version="1.0"/>'
        f"</s:Dataflow></s:ConstraintAttachment>{regions}</s:ContentConstraint></s:Constraints>"
    )


def region(include="true", **keys):
    inner = "".join(
        f'<c:KeyValue id="{name}">'
        + "".join(f"<c:Value>{code}</c:Value>" for code in codes.split())
        + "</c:KeyValue>"
        for name, codes in keys.items()
    )
    return f'<s:CubeRegion include="{include}">{inner}</s:CubeRegion>'


FLOW = (
    '<s:Dataflows><s:Dataflow agencyID="X" id="JOBS" version="1.0"><c:Annotations><c:Annotation>'
    "<c:AnnotationTitle>2026-09-15T23:00:00+0200</c:AnnotationTitle>"
    "<c:AnnotationType>UPDATE_DATA</c:AnnotationType></c:Annotation></c:Annotations>"
    '<c:Name xml:lang="de">Stellen</c:Name><c:Name xml:lang="en">Jobs</c:Name>'
    '<s:Structure><Ref agencyID="X" id="DSD" version="1.0"/></s:Structure>'
    "</s:Dataflow></s:Dataflows>"
)
LISTS = f"<s:Codelists>{codelist('GEO', ['DE', 'FR', 'IT'])}{codelist('FREQ', 'AM')}</s:Codelists>"
DIMENSIONS = (
    dimension("TIME_PERIOD", 3, kind="TimeDimension"),
    dimension("geo", 2, "GEO"),
    dimension("freq", 1, "FREQ"),
)
WHOLE = FLOW + LISTS + structure(*DIMENSIONS)


def test_a_structure():
    found = read_structure(message(WHOLE), "jobs", "here")
    assert found == Structure(
        "JOBS",
        "Jobs",
        "X",
        "1.0",
        "2026-09-15T23:00:00+0200",
        (
            Dimension("freq", "FREQ list", {"A": "E A", "M": "E M"}),
            Dimension("geo", "GEO list", {"DE": "E DE", "FR": "E FR", "IT": "E IT"}),
            Dimension("TIME_PERIOD", time=True),
        ),
        ("OBS_STATUS",),
    )
    assert read_structure(message(WHOLE), "", "") == found
    assert read_structure([message(FLOW + LISTS), message(structure(*DIMENSIONS))], "", "") == found


def test_without_positions_the_list_gives_the_order_and_time_comes_last():
    parts = (
        dimension("TIME_PERIOD", kind="TimeDimension"),
        dimension("geo", codes="GEO"),
        dimension("freq", codes="FREQ"),
    )
    found = read_structure(message(FLOW + LISTS + structure(*parts)), "JOBS", "")
    assert [own.id for own in found.dimensions] == ["geo", "freq", "TIME_PERIOD"]


def test_the_version_that_is_asked_for_gives_the_codes():
    lists = codelist("GEO", ["OLD"], "1.0") + codelist("GEO", ["NEW"], "2.1")
    for version, codes in (
        ("1.0", ["OLD"]),
        ("2.1", ["NEW"]),
        ("2.0+", []),
        ("2+", ["NEW"]),
        ("3", []),
    ):
        parts = structure(dimension("geo", 1, "GEO", version))
        found = read_structure(message(f"<s:Codelists>{lists}</s:Codelists>{parts}"), "", "")
        assert list(found.dimensions[0].codes) == codes, version


def test_version_three():
    urn = "urn:sdmx:org.sdmx.infomodel.codelist.Codelist=X:GEO(1.0)"
    parts = (
        '<s:Dataflows><s:Dataflow agencyID="X" id="JOBS"><c:Name>Jobs</c:Name><s:Structure>'
        "urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=X:DSD(1.0)</s:Structure>"
        "</s:Dataflow></s:Dataflows>"
        '<s:DataStructures><s:DataStructure agencyID="X" id="DSD" version="1.0">'
        '<s:DataStructureComponents><s:DimensionList><s:Dimension id="geo" position="1">'
        "<s:ConceptIdentity>urn:sdmx:org.sdmx.infomodel.conceptscheme.Concept=X:CS(1.0).geo"
        f"</s:ConceptIdentity><s:LocalRepresentation><s:Enumeration>{urn}</s:Enumeration>"
        "</s:LocalRepresentation></s:Dimension></s:DimensionList></s:DataStructureComponents>"
        '</s:DataStructure></s:DataStructures><s:Concepts><s:ConceptScheme id="CS">'
        '<s:Concept id="geo"><c:Name xml:lang="en">Region</c:Name></s:Concept>'
        "</s:ConceptScheme></s:Concepts>"
    )
    found = read_structure(message(parts + LISTS, "3_0"), "jobs", "")
    (own,) = found.dimensions
    assert (own.id, own.label, list(own.codes)) == ("geo", "Region", ["DE", "FR", "IT"])


@pytest.mark.parametrize(
    ("regions", "codes"),
    [
        (region(geo="IT DE"), ["DE", "IT"]),
        (region(geo="DE") + region(geo="FR"), ["DE", "FR"]),
        # The second region leaves the regions whole.
        (region(geo="DE") + region(freq="A"), ["DE", "FR", "IT"]),
        (region("false", geo="FR"), ["DE", "IT"]),
        (region("false", geo="FR", freq="A"), ["DE", "FR", "IT"]),
        (region(geo="DE XX"), ["DE", "XX"]),
        (region(freq="A"), ["DE", "FR", "IT"]),
        ("", ["DE", "FR", "IT"]),
    ],
)
def test_a_constraint_limits_the_codes(regions, codes):
    found = read_structure(message(WHOLE + constraint(regions)), "JOBS", "")
    assert list(found.dimensions[1].codes) == codes
    alone = read_constraint(message(constraint(regions)), "")
    assert constrained(read_structure(message(WHOLE), "JOBS", ""), alone) == found


def test_a_constraint_of_another_flow_limits_nothing():
    body = message(WHOLE + constraint(region(geo="DE"), flow="OTHER"))
    assert read_structure(body, "JOBS", "") == read_structure(message(WHOLE), "JOBS", "")


def test_constraints_of_two_flows_cannot_be_told_apart():
    two = constraint(region(geo="DE")) + constraint(region(geo="FR"), flow="OTHER")
    with pytest.raises(HansaError, match="constraints of JOBS, OTHER"):
        read_constraint(message(two), "here")


def test_a_dimension_without_a_list_gets_the_codes_of_the_constraint():
    parts = FLOW + structure(*DIMENSIONS) + constraint(region(geo="DE FR", TIME_PERIOD="2020 2021"))
    found = read_structure(message(parts), "JOBS", "")
    assert found.dimensions[1].codes == {"DE": "", "FR": ""}
    assert list(found.dimensions[2].codes) == ["2020", "2021"]
    assert found.dimensions[0].codes == {}


def refused(body, dataset=""):
    with pytest.raises(HansaError) as problem:
        read_structure(body, dataset, "here")
    assert "here" in str(problem.value)
    return str(problem.value)


def test_refusals():
    assert "the answer holds no structure of other" in refused(message(WHOLE), "other")
    assert "the answer holds no structure of jobs" in refused(message(FLOW), "jobs")
    two = structure(*DIMENSIONS) + structure(*DIMENSIONS, name="DSD2")
    assert "X:DSD, X:DSD2" in refused(message(two))
    assert "no dimensions" in refused(message(structure()))
    twice = structure(dimension("geo", 1, "GEO"), dimension("geo", 2, "GEO"))
    assert "every dimension once" in refused(message(twice))
    assert "a complete XML document" in refused(message(WHOLE)[:-9])
    assert "the message has a DOCTYPE" in refused(b"<!DOCTYPE x>" + message(WHOLE))
    assert "a message html" in refused(b"<html/>")
    assert "no complete XML" in refused(b"")


def test_damaged_bodies():
    body = message(WHOLE + constraint(region(geo="DE")))
    assert survives(lambda changed: read_structure(changed, "JOBS", "here"), body, 1, 150)


def real(folder, name):
    return (folder / f"sdmx/{name}.xml").read_bytes()


@pytest.mark.data
def test_government_accounts(hansa_data):
    found = read_structure(real(hansa_data, "estat_xml/GOV_10Q_GGNFA"), "gov_10q_ggnfa", "")
    assert [own.id for own in found.dimensions] == [
        "freq", "unit", "s_adj", "sector", "na_item", "geo", "TIME_PERIOD",
    ]  # fmt: skip
    assert found.title == "Quarterly non-financial accounts for general government"
    assert (found.agency, found.version) == ("ESTAT", "43.0")
    assert found.updated == "2023-01-23T11:00:00+0100"
    assert found.attributes == ("OBS_FLAG",)
    # Two versions of the list of regions lie in the message; the structure asks for 13.1.
    geo = found.dimension("geo")
    assert len(geo.codes) == 33
    assert geo.codes["EA20"] == "Euro area – 20 countries (from 2023)"
    assert geo.label == "Geopolitical entity (reporting)"
    assert found.dimension("unit").codes.keys() == {"MIO_EUR", "MIO_NAC", "PC_GDP"}
    assert found.dimension("time").id == "TIME_PERIOD"
    assert found.dimension("freq").codes == {}  # its list is not in the message


@pytest.mark.data
@pytest.mark.parametrize("name", ["estat_xml/apro_mk_cola-structure", "estat_xml/estat_metadata"])
def test_structures_against_pysdmx(hansa_data, name):
    from pysdmx.io import read_sdmx
    from pysdmx.model.dataflow import DataStructureDefinition

    body = real(hansa_data, name)
    found = read_structure(body, "", name)
    (told,) = (
        one
        for one in read_sdmx(body.decode(), validate=False).structures
        if isinstance(one, DataStructureDefinition)
    )
    assert [own.id for own in found.dimensions] == [one.id for one in told.components.dimensions]
    assert list(found.attributes) == [one.id for one in told.components.attributes]
    assert found.version == told.version
    for own, other in zip(found.dimensions, told.components.dimensions, strict=True):
        codes = other.enumeration.codes if other.enumeration else ()
        assert list(own.codes) == [code.id for code in codes]
        assert own.time == (own.id == "TIME_PERIOD")


@pytest.mark.data
def test_a_structure_without_ids_and_with_a_measure_dimension(hansa_data):
    # pysdmx fails on it: it expects a class in every reference.
    found = read_structure(real(hansa_data, "estat_xml/demography-structure"), "DEMOGRAPHY", "")
    assert [own.id for own in found.dimensions] == ["FREQ", "COUNTRY", "SEX", "DEMO", "TIME_PERIOD"]
    assert found.dimension("SEX").codes == {"F": "Female", "M": "Male", "T": "Total"}
    assert len(found.dimension("DEMO").codes) == 14
    assert found.attributes == ("DECIMALS", "UNIT_MEASURE", "UNIT_MULT", "OBS_STATUS")


@pytest.mark.data
def test_a_code_list_of_version_three(hansa_data):
    (told,) = read_codelists(real(hansa_data, "estat_xml/CL_FREQ"), "")
    assert (told.agency, told.id, told.version, told.label) == (
        "ESTAT",
        "FREQ",
        "3.9",
        "Time frequency",
    )
    assert told.codes == {"P": "Pluri-annual"}


@pytest.mark.data
def test_a_constraint_of_the_oecd(hansa_data):
    told = read_constraint(real(hansa_data, "oecd/actualconstraint-0"), "")
    assert told.of[0].id == "DSD_DEBT_TRANS_COLL@DF_MICRO"
    assert {name: len(codes) for name, codes in told.codes.items()} == {
        "DD_ID": 48, "REF_AREA": 17, "RECIPIENT_TYPE": 3, "FIN_TYPE": 2, "CURRENCY": 4,
        "INTEREST_RATE": 4, "INTEREST_RATE_TYPE": 2, "CLAIM_RANK": 3,
    }  # fmt: skip
    assert told.codes["CURRENCY"] == ("EUR", "THB", "USD", "UZS")
    own = Structure(
        "x", dimensions=(Dimension("CURRENCY", codes={"USD": "Dollar", "CHF": "Franc"}),)
    )
    assert constrained(own, told).dimensions[0].codes == {
        "USD": "Dollar", "EUR": "", "THB": "", "UZS": "",
    }  # fmt: skip


@pytest.mark.data
@pytest.mark.parametrize(
    "name",
    [
        "estat_xml/HCL_WSTATUS_SCL_BNSPART",
        "estat_xml/HCL_WSTATUS_SCL_WSTATUSPR",
        "oecd/metadatastructure-0",
        "oecd/actualconstraint-0",
        "estat_xml/CL_FREQ",
    ],
)
def test_messages_without_a_data_structure(hansa_data, name):
    assert "the answer holds no structure of one data set" in refused(real(hansa_data, name))


@pytest.mark.data
def test_a_stub_has_no_dimensions(hansa_data):
    assert "DEMOGRAPHY: no dimensions" in refused(real(hansa_data, "estat_xml/esms-structure"))


SMALL = ("estat_xml/demography-structure", "estat_xml/apro_mk_cola-structure")


@pytest.mark.data
@pytest.mark.parametrize("name", SMALL)
def test_damaged_samples(hansa_data, name):
    body = real(hansa_data, name)
    assert survives(lambda changed: read_structure(changed, "", "here"), body, 2, 60)
    survives(lambda changed: read_codelists(changed, "here"), body, 3, 20)


@pytest.mark.long
@pytest.mark.data
def test_damaged_samples_long(hansa_data):
    for path in sorted((hansa_data / "sdmx").rglob("*.xml")):
        body = path.read_bytes()
        survives(lambda changed: read_structure(changed, "", "here"), body, 4, 300)
        survives(lambda changed: read_constraint(changed, "here"), body, 5, 300)
