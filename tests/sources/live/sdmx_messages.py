"""SDMX messages as Eurostat and the OECD lay them out, written from tables.

Layouts: SDMX-ML 2.1 structure messages (valid by the standard's schemas, which the tests check),
SDMX-CSV 1.0 with `LAST UPDATE` as Eurostat sends it, SDMX-CSV 2.0 as the OECD sends it, SOAP
faults and the envelope of a queued extraction.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

NOT_DIMENSIONS = {
    "OBS_VALUE", "OBS_FLAG", "CONF_STATUS", "OBS_STATUS", "UNIT_MULT", "DECIMALS",
    "BASE_PER", "CURRENCY_DENOM", "PRICE_BASE",
}  # fmt: skip
TIME = "TIME_PERIOD"
NAMESPACE = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1"
UNUSED = "NOT_IN_USE"
"""A code that is in every code list and in no data, as in the lists of a whole office."""


@dataclass(frozen=True)
class Flow:
    """A data set as it is served: its name, its table (dimensions, TIME_PERIOD, OBS_VALUE, ...).

    labels  dimension -> code -> label; a code without one is its own label
    """

    agency: str
    id: str
    version: str
    table: pa.Table
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    title: str = ""
    updated: str = "2026-01-09T23:00:00+0100"
    known: dict[str, list[str]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def dimensions(self) -> list[str]:
        """Ids of the dimensions without time, in the order of the table."""
        return [n for n in self.table.column_names if n != TIME and n not in NOT_DIMENSIONS]

    @property
    def attributes(self) -> list[str]:
        """Columns that are neither dimension nor number."""
        return [n for n in self.table.column_names if n in NOT_DIMENSIONS - {"OBS_VALUE"}]

    def codes(self, name: str) -> list[str]:
        """Codes in use, sorted."""
        if name not in self.known:
            column = self.table[name].combine_chunks().cast(pa.string())
            self.known[name] = sorted(pc.unique(column).to_pylist())
        return self.known[name]

    def last_update(self) -> str:
        """The date of the data as Eurostat writes it into SDMX-CSV: `09/01/26 23:00:00`."""
        return datetime.fromisoformat(self.updated).strftime("%d/%m/%y %H:%M:%S")


def structure_message(flow: Flow, *, partial: bool, constraint: bool = False) -> bytes:
    """The data flow with its structure, concepts and code lists, and its constraint if wanted.

    partial     code lists hold the codes in use only (`detail=referencepartial`)
    constraint  with the codes in use, and the first and last period, as the OECD tells them
    """
    ids = [*flow.dimensions, TIME, "OBS_VALUE", *flow.attributes]
    parts = [
        _dataflow(flow),
        "<s:Codelists>" + "".join(_codelist(flow, n, partial) for n in flow.dimensions),
        "</s:Codelists>",
        f'<s:Concepts><s:ConceptScheme id="{_dsd(flow)}" {_by(flow)}>{_name(_dsd(flow))}',
        *(f'<s:Concept id="{n}">{_name(_concept(n))}</s:Concept>' for n in ids),
        "</s:ConceptScheme></s:Concepts>",
        _data_structure(flow),
        _constraint(flow, _time_range(flow)) if constraint else "",
    ]
    return _message("".join(parts), flow.agency)


def dataflows_message(flows: Sequence[Flow]) -> bytes:
    """The list of data flows as stubs (`detail=allstubs`): names alone."""
    stubs = "".join(
        f'<s:Dataflow id="{flow.id}" {_by(flow)} isExternalReference="true" '
        f'structureURL="https://ec.europa.eu/x">{_name(flow.title or flow.id)}</s:Dataflow>'
        for flow in flows
    )
    agency = flows[0].agency if flows else "ESTAT"
    return _message(f"<s:Dataflows>{stubs}</s:Dataflows>", agency)


def constraint_message(flow: Flow) -> bytes:
    """The codes and periods in use: a content constraint of type Actual."""
    return _message(_constraint(flow, _key_value(flow, TIME)), flow.agency)


def _message(inner: str, agency: str) -> bytes:
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<m:Structure xmlns:m="{NAMESPACE}/message" xmlns:s="{NAMESPACE}/structure" '
        f'xmlns:c="{NAMESPACE}/common"><m:Header><m:ID>DF1</m:ID><m:Test>false</m:Test>'
        f'<m:Prepared>2026-01-10T11:00:00Z</m:Prepared><m:Sender id="{agency}"/></m:Header>'
    )
    return f"{head}<m:Structures>{inner}</m:Structures></m:Structure>".encode()


def _by(flow: Flow) -> str:
    return f'agencyID="{flow.agency}" version="{flow.version}"'


def _dsd(flow: Flow) -> str:
    return flow.id.partition("@")[0]


def _concept(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _name(text: str) -> str:
    return f'<c:Name xml:lang="en">{escape(text)}</c:Name>'


def _ref(flow: Flow, kind: str, name: str, package: str) -> str:
    return f'<Ref id="{name}" {_by(flow)} package="{package}" class="{kind}"/>'


def _dataflow(flow: Flow) -> str:
    told = {"OBS_COUNT": str(flow.table.num_rows), "UPDATE_DATA": flow.updated}
    notes = "".join(
        f"<c:Annotation><c:AnnotationTitle>{escape(v)}</c:AnnotationTitle>"
        f"<c:AnnotationType>{k}</c:AnnotationType></c:Annotation>"
        for k, v in told.items()
    )
    return (
        f'<s:Dataflows><s:Dataflow id="{flow.id}" {_by(flow)} isFinal="false">'
        f"<c:Annotations>{notes}</c:Annotations>{_name(flow.title or flow.id)}<s:Structure>"
        f"{_ref(flow, 'DataStructure', _dsd(flow), 'datastructure')}</s:Structure>"
        "</s:Dataflow></s:Dataflows>"
    )


def _codelist(flow: Flow, name: str, partial: bool) -> str:
    labels = flow.labels.get(name, {})
    codes = flow.codes(name) + ([] if partial else [UNUSED])
    told = "".join(f"<s:Code id={quoteattr(c)}>{_name(labels.get(c, c))}</s:Code>" for c in codes)
    return f'<s:Codelist id="{name.upper()}" {_by(flow)}>{_name(_concept(name))}{told}</s:Codelist>'


def _identity(flow: Flow, name: str) -> str:
    return (
        f'<s:ConceptIdentity><Ref id="{name}" maintainableParentID="{_dsd(flow)}" '
        f'maintainableParentVersion="{flow.version}" agencyID="{flow.agency}" '
        'package="conceptscheme" class="Concept"/></s:ConceptIdentity>'
    )


def _data_structure(flow: Flow) -> str:
    dimensions = "".join(
        f'<s:Dimension id="{n}" position="{at}">{_identity(flow, n)}<s:LocalRepresentation>'
        f"<s:Enumeration>{_ref(flow, 'Codelist', n.upper(), 'codelist')}</s:Enumeration>"
        "</s:LocalRepresentation></s:Dimension>"
        for at, n in enumerate(flow.dimensions, 1)
    )
    attributes = "".join(
        f'<s:Attribute id="{n}" assignmentStatus="Conditional">{_identity(flow, n)}'
        "<s:AttributeRelationship><s:PrimaryMeasure>"
        '<Ref id="OBS_VALUE"/></s:PrimaryMeasure></s:AttributeRelationship></s:Attribute>'
        for n in flow.attributes
    )
    listed = f'<s:AttributeList id="AttributeDescriptor">{attributes}</s:AttributeList>'
    return (
        f'<s:DataStructures><s:DataStructure id="{_dsd(flow)}" {_by(flow)}>{_name(flow.id)}'
        f'<s:DataStructureComponents><s:DimensionList id="DimensionDescriptor">{dimensions}'
        f'<s:TimeDimension id="{TIME}" position="{len(flow.dimensions) + 1}">'
        f"{_identity(flow, TIME)}<s:LocalRepresentation>"
        '<s:TextFormat textType="ObservationalTimePeriod"/></s:LocalRepresentation>'
        f"</s:TimeDimension></s:DimensionList>{listed if attributes else ''}"
        '<s:MeasureList id="MeasureDescriptor"><s:PrimaryMeasure id="OBS_VALUE">'
        f"{_identity(flow, 'OBS_VALUE')}</s:PrimaryMeasure></s:MeasureList>"
        "</s:DataStructureComponents></s:DataStructure></s:DataStructures>"
    )


def _key_value(flow: Flow, name: str) -> str:
    values = "".join(f"<c:Value>{escape(c)}</c:Value>" for c in flow.codes(name))
    return f'<c:KeyValue id="{name}">{values}</c:KeyValue>'


def _time_range(flow: Flow) -> str:
    first, last = flow.codes(TIME)[0][:4], flow.codes(TIME)[-1][:4]
    return (
        f'<c:KeyValue id="{TIME}"><c:TimeRange><c:StartPeriod isInclusive="true">'
        f'{first}-01-01T00:00:00</c:StartPeriod><c:EndPeriod isInclusive="true">'
        f"{last}-12-31T23:59:59</c:EndPeriod></c:TimeRange></c:KeyValue>"
    )


def _constraint(flow: Flow, time: str) -> str:
    values = "".join(_key_value(flow, name) for name in flow.dimensions) + time
    return (
        f'<s:Constraints><s:ContentConstraint id="{flow.id.replace("@", "_")}" {_by(flow)} '
        f'type="Actual">{_name(flow.id)}<s:ConstraintAttachment><s:Dataflow>'
        f"{_ref(flow, 'Dataflow', flow.id, 'datastructure')}</s:Dataflow>"
        f'</s:ConstraintAttachment><s:CubeRegion include="true">{values}</s:CubeRegion>'
        "</s:ContentConstraint></s:Constraints>"
    )


def eurostat_csv(flow: Flow, rows: pa.Table) -> bytes:
    """SDMX-CSV 1.0 as Eurostat sends it: `DATAFLOW,LAST UPDATE,freq,...,OBS_VALUE,OBS_FLAG`."""
    name = f"{flow.agency}:{flow.id}({flow.version})"
    return _csv({"DATAFLOW": name, "LAST UPDATE": flow.last_update()}, rows)


def oecd_csv(flow: Flow, rows: pa.Table) -> bytes:
    """SDMX-CSV 2.0 as the OECD sends it: `STRUCTURE,STRUCTURE_ID,ACTION,REF_AREA,...`."""
    name = f"{flow.agency}:{flow.id}({flow.version})"
    return _csv({"STRUCTURE": "DATAFLOW", "STRUCTURE_ID": name, "ACTION": "I"}, rows)


def _csv(constant: Mapping[str, str], rows: pa.Table) -> bytes:
    columns = {name: pa.repeat(text, rows.num_rows) for name, text in constant.items()}
    whole = pa.table(columns | {n: rows[n] for n in rows.column_names})
    sink = io.BytesIO()
    sink.write((",".join(whole.column_names) + "\n").encode())
    options = pa.csv.WriteOptions(include_header=False, quoting_style="none")
    pa.csv.write_csv(whole, sink, options)
    return sink.getvalue()


def fault(code: int, text: str) -> bytes:
    """The SOAP fault with which Eurostat refuses."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><S:Fault xmlns:S='
        f'"http://schemas.xmlsoap.org/soap/envelope/"><faultcode>{code}</faultcode>'
        f"<faultstring>{escape(text)}</faultstring></S:Fault>"
    ).encode()


def queued(job: str, status: str) -> bytes:
    """The envelope Eurostat answers in place of data while it prepares them."""
    return (
        '<?xml version="1.0" encoding="UTF-8" ?>\n<env:Envelope xmlns:env='
        '"http://schemas.xmlsoap.org/soap/envelope/"><env:Header/><env:Body><ns0:syncResponse '
        'xmlns:ns0="http://estat.ec.europa.eu/disschain/soap/extraction">'
        f"<processingTime>111</processingTime><queued><id>{job}</id><status>{status}</status>"
        "</queued></ns0:syncResponse></env:Body></env:Envelope>"
    ).encode()


def job_status(job: str, status: str) -> bytes:
    """What Eurostat's `async/status` answers: the state of a job."""
    return (
        '<?xml version="1.0" encoding="UTF-8" ?>\n<env:Envelope xmlns:env='
        '"http://schemas.xmlsoap.org/soap/envelope/"><env:Header/><env:Body>'
        '<ns1:asyncResponse xmlns:ns1="http://estat.ec.europa.eu/disschain/asynchronous">'
        f"<ns1:status><ns1:key>{job}</ns1:key><ns1:status>{status}</ns1:status></ns1:status>"
        "</ns1:asyncResponse></env:Body></env:Envelope>"
    ).encode()


def sdmx_error(code: int, text: str) -> bytes:
    """The error message of SDMX-ML 2.1, as many services send it."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><m:Error xmlns:m="{NAMESPACE}/message" '
        f'xmlns:c="{NAMESPACE}/common"><m:ErrorMessage code="{code}">'
        f'<c:Text xml:lang="en">{escape(text)}</c:Text></m:ErrorMessage></m:Error>'
    ).encode()


def chosen(flow: Flow, codes: Mapping[str, Sequence[str]], start: str, end: str) -> pa.Table:
    """The rows of a question; an empty list of codes is the whole dimension.

    `2015` as an end includes `2015-Q4`.
    """
    rows = flow.table
    for name, wanted in codes.items():
        if wanted:
            values = pa.array(list(wanted), pa.string())
            rows = rows.filter(pc.is_in(rows[name].cast(pa.string()), value_set=values))
    if not start and not end:
        return rows
    times = [
        t
        for t in flow.codes(TIME)
        if (not start or t >= start) and (not end or t[: len(end)] <= end)
    ]
    return rows.filter(
        pc.is_in(rows[TIME].cast(pa.string()), value_set=pa.array(times, pa.string()))
    )
