"""A table as SDMX-CSV: the columns and codes by which statistical offices exchange data.

Layout: SDMX-CSV 2.0 field guide (sdmx-twg/sdmx-csv). Codes: CL_OBS_STATUS 2.x, CL_CONF_STATUS 1.x
and CL_FREQ 2.x of the SDMX cross-domain code lists; one code of several is chosen in the order
of "Possible Ways of Implementing the Observation Status Concept" (SDMX, version 2.0, 2019).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from hansa.errors import HansaError, UsageError
from hansa.export.prepare import Ready, mapped
from hansa.law import flags_from_text

VERSIONS = ("2.0", "1.0")

_PRESENT = {"b": "B", "d": "D", "imputed": "I", "f": "F", "e": "E", "s": "E", "p": "P"} | {
    "n": "N",
    "u": "U",
}
_ABSENT = {"b": "B", "z": "M", "c": "Q", "m": "O"}
"""Our flag -> its code, the most important first: beside a number, and where there is none."""

_PERIODS = (
    (r"\d{4}(-A1)?", "A"),
    (r"\d{4}-S[12]", "S"),
    (r"\d{4}-T[1-3]", "T"),
    (r"\d{4}-Q[1-4]", "Q"),
    (r"\d{4}-(M)?(0[1-9]|1[0-2])", "M"),
    (r"\d{4}-W(0[1-9]|[1-4]\d|5[0-3])", "W"),
    (r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", "D"),
)
_FREQUENCIES = {
    "A": "Annual",
    "S": "Half-yearly",
    "T": "Every four months",
    "Q": "Quarterly",
    "M": "Monthly",
    "W": "Weekly",
    "D": "Daily",
}
_STATUS_NAMES = {
    "A": "Normal value",
    "B": "Time series break",
    "D": "Definition differs",
    "I": "Imputed value",
    "F": "Forecast value",
    "E": "Estimated value",
    "P": "Provisional value",
    "N": "Not significant",
    "U": "Low reliability",
    "M": "Missing value; data cannot exist",
    "Q": "Missing value; suppressed",
    "O": "Missing value",
}
_CONF_NAMES = {"C": "Confidential statistical information", "F": "Free (no confidentiality)"}
_ATTRIBUTES = {
    "lower": ("OBS_LOWER", "Lowest possible value"),
    "upper": ("OBS_UPPER", "Highest possible value"),
    "estimated": ("ESTIMATED_SHARE", "Share resting on estimates"),
    "method": ("IMPUTATION_METHOD", "Method of an estimate"),
    "reason": ("REASON", "Reason"),
    "from": ("BASE_PER", "Base period"),
}
_NAMES = {
    "geo": "Region",
    "partner": "Partner region",
    "activity": "Activity",
    "activity_2": "Second activity",
    "cluster": "Cluster",
    "cluster_2": "Second cluster",
    "indicator": "Indicator",
    "entity": "Entity",
    "driver": "Driver",
}


def sdmx_csv(ready: Ready, version: str = "2.0", labels: bool = False) -> pa.Table:
    """The table with the columns of SDMX-CSV, one row for each observation.

    version  2.0 (SDMX 3.0: STRUCTURE, STRUCTURE_ID, ACTION) or 1.0 (SDMX 2.1: DATAFLOW)
    labels   names beside codes, as the standard writes them: `DE60: Hamburg`

    OBS_STATUS and CONF_STATUS hold one code each; HANSA_STATUS holds every flag as it was. An
    absent value is an empty OBS_VALUE. Raises HansaError for times that are no SDMX period.
    """
    if version not in VERSIONS:
        raise UsageError(
            f"unknown version of SDMX-CSV {version!r}",
            admissible=" or ".join(VERSIONS),
            fix="--sdmx-version 2.0",
        )
    columns: dict[str, pa.ChunkedArray] = {}
    names: dict[str, str] = {}
    for name, (title, column, own) in _columns(ready).items():
        columns[name] = _both(column, own) if labels and own else column
        names[name] = f"{name}: {title}" if labels else name
    head = _head(ready, version, labels)
    fixed = {
        name: pa.chunked_array([pa.array([text], pa.string()).take(_zeros(len(ready.panel)))])
        for name, text in head.items()
    }
    return pa.table(fixed | {names[name]: column for name, column in columns.items()})


def like_numbers(ready: Ready) -> tuple[str, ...]:
    """Dimensions whose codes would lose a leading zero in readers that take them for numbers."""
    found = []
    for name in ready.panel.dims:
        codes = [str(code) for code in ready.panel.distinct(name)]
        if all(code.isdigit() for code in codes) and any(code.startswith("0") for code in codes):
            found.append(name)
    return tuple(found)


def description(ready: Ready) -> dict[str, Any]:
    """What stands beside the file, so that Hansa reads it again: which column is which, source, …

    Only where codes stand alone: with labels a cell is no code.
    """
    header = ready.panel.header
    unit = "activity" if "activity" in ready.panel.dims else "cluster"
    own = {"geo": "geo", "activity": unit}
    columns = {ours: name.upper() for ours, name in own.items() if name in ready.panel.dims}
    if "time" in ready.panel.dims:
        columns["time"] = "TIME_PERIOD"
    columns |= {"value": "OBS_VALUE", "status": "HANSA_STATUS"}
    for name in ("lower", "upper", "estimated"):
        if name in ready.panel.table.column_names:
            columns[name] = _ATTRIBUTES[name][0]
    said = {
        "measure": header.measure,
        "decimal": ".",
        "classification": header.classification if unit == "activity" else "",
        "geography": header.geography,
        "source": header.source,
        "licence": header.licence,
        "vintage": header.vintage,
        "note": " ".join(header.notes),
        "absent_rows": header.absent_rows,
        "zeros": header.zeros if header.zeros == "hidden" else "",
        "model_data": header.model_data,
        "steps": list(header.steps),
        "columns": columns,
        "unit": {header.measure: header.unit} if header.unit else {},
    }
    return {"format": 1, **{key: value for key, value in said.items() if value}}


def structure_id(measure: str, version: str = "1.0.0") -> str:
    """How a table of a measure is named: `HANSA:LOCATION_QUOTIENT(1.0.0)`."""
    return f"HANSA:{_id(measure)}({version})"


def _id(text: str) -> str:
    return re.sub(r"[^A-Z0-9_]", "_", text.upper()) or "TABLE"


def _head(ready: Ready, version: str, labels: bool) -> dict[str, str]:
    measure = ready.panel.header.measure
    called = f": {ready.title}" if labels else ""
    if version == "1.0":
        return {"DATAFLOW": structure_id(measure, "1.0") + called}
    return {
        "STRUCTURE": "dataflow",
        "STRUCTURE_ID": structure_id(measure) + called,
        "ACTION": "I",
    }


def _zeros(size: int) -> pa.Array:
    return pa.repeat(pa.scalar(0, pa.int8()), size)


_Column = tuple[str, pa.ChunkedArray, Mapping[str, str]]
"""Title, cells, and what their codes are called."""


def _columns(ready: Ready) -> dict[str, _Column]:
    table, header = ready.panel.table, ready.panel.header
    found: dict[str, _Column] = {}
    if "time" in ready.panel.dims:
        found["FREQ"] = ("Frequency", _frequency(table["time"]), _FREQUENCIES)
    for name in ready.panel.dims:
        if name != "time":
            found[name.upper()] = (_NAMES[name], table[name], ready.labels[name])
    if "time" in ready.panel.dims:
        found["TIME_PERIOD"] = ("Time period", table["time"], {})
    found["OBS_VALUE"] = ("Observation value", table[ready.holds], {})
    found["OBS_STATUS"] = ("Observation status", _obs_status(table, ready.holds), _STATUS_NAMES)
    conf = mapped(table["status"], {t: _conf(t) for t in table["status"].unique().to_pylist()})
    found["CONF_STATUS"] = ("Confidentiality status", conf, _CONF_NAMES)
    found["HANSA_STATUS"] = ("Every flag of the value", table["status"], {})
    unit = pa.array([header.unit or None], pa.string()).take(_zeros(len(ready.panel)))
    found["UNIT_MEASURE"] = ("Unit of measure", pa.chunked_array([unit]), {})
    for name, (own, title) in _ATTRIBUTES.items():
        if name in table.column_names:
            found[own] = (title, table[name], {})
    return found


def _both(column: pa.ChunkedArray, labels: Mapping[str, str]) -> pa.ChunkedArray:
    """`DE60: Hamburg`; a code without a name stands alone."""
    codes = column.unique().drop_null().to_pylist()
    if odd := [code for code in codes if ":" in code]:
        raise HansaError(
            "a code cannot stand beside its label",
            printed=odd[0],
            admissible="codes without a colon, which ends the code in SDMX-CSV",
            fix="--labels codes",
        )
    return mapped(column, {c: f"{c}: {labels[c]}" if c in labels else c for c in codes})


def _frequency(column: pa.ChunkedArray) -> pa.ChunkedArray:
    times = column.cast(pa.string())
    return mapped(times, {text: _freq(text) for text in times.unique().to_pylist()})


def _freq(text: str) -> str:
    for pattern, code in _PERIODS:
        if re.fullmatch(pattern, text):
            return code
    raise HansaError(
        "a time is no period of SDMX",
        place="column time",
        printed=repr(text),
        admissible="2023, 2023-S1, 2023-T1, 2023-Q2, 2023-07, 2023-W05 or 2023-07-31",
        fix="write the time in one of these ways, or choose another format",
    )


def _obs_status(table: pa.Table, holds: str) -> pa.ChunkedArray:
    import pyarrow.compute as pc

    texts = table["status"].unique().to_pylist()
    present = mapped(table["status"], {text: _code(text, _PRESENT, "A") for text in texts})
    absent = mapped(table["status"], {text: _code(text, _ABSENT, "O") for text in texts})
    return pc.if_else(pc.is_null(table[holds]), absent, present)


def _code(text: str, codes: Mapping[str, str], otherwise: str) -> str:
    bits = _bits(text)
    return next((code for flag, code in codes.items() if bits & _bits(flag)), otherwise)


def _conf(text: str) -> str:
    return "C" if _bits(text) & _bits("c") else "F"


def _bits(text: str) -> int:
    try:
        return flags_from_text(text)
    except ValueError:
        return 0
