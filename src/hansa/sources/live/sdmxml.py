"""SDMX-ML 2.1 and 3.0 data messages to observations, footers and SOAP faults; streaming, pure.

Generic and structure-specific messages, in series or flat. Older versions, cross-sectional
messages and reference metadata are refused by name.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping

import pyarrow as pa

from hansa.errors import HansaError, listed
from hansa.sources.live.contract import Observations, Structure
from hansa.sources.live.drafts import Draft, encoded, group_attributes, observations
from hansa.sources.live.marks import malformed, scheme, values_of_texts
from hansa.sources.live.xmlevents import TIME, VALUE, FooterMessage, Message, local, parse, root

_KIND = re.compile(r"http://www\.sdmx\.org/resources/sdmxml/schemas/v(2_1|3_\d)/message")
_FLAT = "AllDimensions"
# Attributes that stand beside dimensions where no structure tells them apart.
_COMMON = re.compile(
    r"(PRE_BREAK_VALUE|TITLE(_COMPL)?|UNIT_MULT|DECIMALS|COLLECTION|TIME_FORMAT|"
    r"COMMENT\w*|EMBARGO\w*|CONF\w*|SOURCE\w*|BASE_PER|REF_PERIOD\w*)",
    re.IGNORECASE,
)


def read_xml_message(body: bytes, structure: Structure | None, place: str) -> Observations:
    """A data message as `Observations`.

    body       the message, in the encoding that it names
    structure  dimensions and their order; without it, a structure-specific message is read
               as its series have it, which a note says, and a generic one exactly
    place      words for messages of errors

    Raises HansaError for a message that is cut, has a DOCTYPE, is of another kind or version,
    holds deletions or no data set, and for a repeated key.
    """
    _refuse_kind(root(body, place), fault(body), place)
    read = Message()
    parse(body, read.start, read.end, read.text, place)
    said = "; ".join(" ".join(message.texts) for message in read.footer)
    if not read.datasets:
        admissible = "a data set"
        raise malformed(place, f"no data set; the service says: {said:.200}", admissible)
    if read.explicit:
        raise _other("cross-sectional message with explicit measures", place)
    for action in read.actions:
        if action.lower() in ("delete", "d"):
            admissible = "Information, Append, Replace"
            raise malformed(place, "a data set of deletions", admissible)
    if len({*read.refs}) > 1:
        raise malformed(place, f"data sets of {listed(sorted({*read.refs}))}", "one structure")
    return _observations(read, structure, place, said)


def footer(body: bytes) -> tuple[FooterMessage, ...]:
    """Messages in the footer of an SDMX-ML message; none where there is no such thing.

    A body that is cut gives what stands before the cut: reading the data will refuse it.
    """
    if b"Footer" not in body:
        return ()
    read = Message()
    with contextlib.suppress(HansaError):
        parse(body, read.start, read.end, read.text, "")
    return tuple(read.footer)


def fault(body: bytes) -> tuple[str, str] | None:
    """Code and words of a refusal in XML: a SOAP fault, an SDMX error message; None if neither."""
    if len(body) > 1_000_000 or not body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return None
    seen: list[tuple[str, str]] = []
    path: list[str] = []
    codes: list[str] = []

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        path.append(local(tag))
        if path[-1] == "ErrorMessage":
            codes.append(attributes.get("code", ""))
        seen.append((path[-1], ""))

    def text(data: str) -> None:
        name, before = seen[-1]
        seen[-1] = (name, before + data)

    def end(tag: str) -> None:
        path.pop()
        seen.append((path[-1] if path else "", ""))

    try:
        parse(body, start, end, text, "")
    except HansaError:
        return None
    told: dict[str, str] = {}
    for name, said in seen:
        if said.strip():
            told.setdefault(name.lower(), " ".join(said.split()))
    names = {name for name, _ in seen}
    if "Fault" in names:
        code = told.get("faultcode") or told.get("value", "")
        return code, told.get("faultstring") or told.get("text", "")
    if codes:
        return codes[0], told.get("text", "")
    return None


def _other(kind: str, place: str) -> HansaError:
    return HansaError(
        f"the answer is a {kind}, which is not read",
        place=place,
        printed=kind,
        admissible="SDMX-ML 2.1 or 3.0: generic or structure-specific data, series or flat",
        fix="ask the service for another format: SDMX-CSV, or structure-specific data",
    )


def _refuse_kind(found: tuple[str, str], refused: tuple[str, str] | None, place: str) -> None:
    space, name = found
    if refused:
        raise HansaError(
            "the service refuses",
            place=place,
            printed=": ".join(refused),
            fix="ask for less, or correct the question",
        )
    if name.endswith("Metadata"):
        raise _other(f"message of reference metadata ({name})", place)
    if name == "Structure":
        raise _other("message of structures", place)
    if not _KIND.fullmatch(space):
        raise _other(f"message {name} of {space or 'no namespace'}", place)
    if name not in (
        "GenericData",
        "GenericTimeSeriesData",
        "StructureSpecificData",
        "StructureSpecificTimeSeriesData",
    ):
        raise _other(f"message {name}", place)


def _observations(
    read: Message, structure: Structure | None, place: str, said: str
) -> Observations:
    order = _dimensions(read, structure, place)
    dimensions, attributes = _columns(read, order)
    values = pa.array([own.get(VALUE) or None for _, own, _ in read.obs], pa.string())
    notes = [f"the service says: {said:.300}"] if said else []
    if structure is None and not read.generic:
        notes.append(f"dimensions as the message has them, without a structure: {listed(order)}")
    own_time = next((own.id for own in structure.dimensions if own.time), "") if structure else ""
    draft = Draft(
        {name: encoded(column) for name, column in dimensions.items()},
        values_of_texts(values, place),
        {name: encoded(column) for name, column in attributes.items()},
        notes=tuple(notes),
    )
    return observations(
        draft,
        place,
        time=own_time or (TIME if TIME in order else ""),
        dataset=read.about.get("set") or read.about.get("id", ""),
        agency=read.about.get("agencyID", read.about.get("agency", "")),
    )


_Columns = dict[str, list[str | None]]


def _columns(read: Message, order: Mapping[str, str]) -> tuple[_Columns, _Columns]:
    """Texts of dimensions and of attributes: of the observation, else its series, else wider."""
    taken = {*order.values(), VALUE}
    names = _in_order([*(codes for codes, _ in read.series), *(own for _, own, _ in read.obs)])
    columns: _Columns = {
        name: [own.get(name, read.series[at][0].get(name)) for at, own, _ in read.obs]
        for name in names
        if name != VALUE
    }
    missing: list[str | None] = [None] * len(read.obs)
    dimensions = {own: columns.get(name, missing) for own, name in order.items()}
    attributes = {name: column for name, column in columns.items() if name not in taken}
    told = [*(more for _, more in read.series), *(more for _, _, more in read.obs)]
    for name in _in_order(told):
        attributes[name] = [
            more.get(name, read.series[at][1].get(name)) for at, _, more in read.obs
        ]
    groups = []
    for key, more in read.groups:
        codes = {own: key[name] for own, name in order.items() if name in key}
        mixed = {name: text for name, text in key.items() if name not in taken}
        groups.append((codes, {**mixed, **more}))
    for name, column in group_attributes(dimensions, groups).items():
        attributes.setdefault(name, column)
    for name, text in read.whole.items():
        attributes.setdefault(name, [text] * len(read.obs))
    return dimensions, attributes


def _in_order(rows: Iterable[Mapping[str, str]]) -> list[str]:
    """Every name once, as it comes."""
    found: dict[str, str] = {}
    for row in rows:
        found.update(row)
    return list(found)


def _dimensions(read: Message, structure: Structure | None, place: str) -> dict[str, str]:
    """Dimension -> its name in the message, in the order of the result."""
    names = _in_order([*(codes for codes, _ in read.series), *(own for _, own, _ in read.obs)])
    if structure is None:
        return {name: name for name in _read_off(read)}
    lower = {name.lower(): name for name in names}
    found: dict[str, str] = {}
    for dimension in structure.dimensions:
        name = lower.get(dimension.id.lower())
        if name is None and dimension.time:
            name = lower.get(TIME.lower())
        if name is None and read.obs:
            printed = f"no {dimension.id}; there are {listed(names, 30)}"
            admissible = listed((one.id for one in structure.dimensions), 30)
            raise malformed(place, printed, admissible)
        found[dimension.id] = name or dimension.id
    known = {name.lower() for name in structure.attributes}
    for name in names:
        explained = name in (*found.values(), VALUE) or name.lower() in known or scheme(name)
        if known and not explained and not read.generic:
            printed = f"{name}, which the structure does not explain"
            raise malformed(place, printed, listed((*found, *structure.attributes), 30))
    return found


def _read_off(read: Message) -> list[str]:
    """Dimensions of a message that comes without a structure."""
    used = {at for at, _, _ in read.obs}
    keys = [read.series[at][0] for at in sorted(used)]
    own = [one for _, one, _ in read.obs]
    at_obs = read.at_obs or TIME
    order = []
    for rows, level in ((keys, "series"), (own, "observation")):
        for name in _in_order(rows):
            beside = name == VALUE or scheme(name) or _COMMON.fullmatch(name)
            if read.generic and name != VALUE:
                order.append(name)
            elif level == "observation" and at_obs != _FLAT and any(keys):
                order += [name] if name == at_obs else []
            elif not beside and all(name in row for row in rows):
                order.append(name)
    return list(dict.fromkeys(order))
