"""XML of statistical services: safe parsing, and the elements of an SDMX-ML data message; pure."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from hansa.errors import HansaError

VALUE = "OBS_VALUE"
TIME = "TIME_PERIOD"
_REFERENCES = ("URN", "Structure", "StructureUsage", "ProvisionAgreement")
_URN = re.compile(r"=(?P<agency>[^:=]+):(?P<id>[^(]+)\((?P<version>[^)]*)\)")


@dataclass(frozen=True)
class FooterMessage:
    """What a service says behind or in place of data: `413`, `Information`, texts."""

    code: str
    severity: str
    texts: tuple[str, ...]

    @property
    def address(self) -> str:
        """The first address in the texts, where a prepared answer will lie; empty without."""
        found = (re.search(r"https?://[^\s<>\"]+", text) for text in self.texts)
        return next((match[0] for match in found if match), "")


def root(body: bytes, place: str) -> tuple[str, str]:
    """Namespace and name of the first element; HansaError for a DOCTYPE or no XML at all."""
    found: list[str] = []

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        if not found:
            found.append(tag)
            raise _Stop

    with contextlib.suppress(_Stop):
        parse(body, start, lambda tag: None, lambda data: None, place)
    space, _, name = found[0].rpartition(" ")
    return space, name


class _Stop(Exception):
    """The first element is known."""


def parse(
    body: bytes,
    start: Callable[[str, Mapping[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], None],
    place: str,
) -> None:
    """Send a body through expat: names as `namespace name`; no DOCTYPE, no entities."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text

    def doctype(*told: object) -> None:
        raise HansaError(
            "the message has a DOCTYPE, which may hide anything",
            place=place,
            printed=f"<!DOCTYPE {told[0]}",
            admissible="XML without DOCTYPE and entities",
            fix="check the address of the service",
        )

    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, LookupError, ValueError) as problem:
        raise HansaError(
            "the message is no complete XML",
            place=place,
            printed=f"{problem!s:.100}; it begins with {body[:60]!r}",
            admissible="a complete XML document",
            fix="ask again; if it stays, ask for less at a time",
        ) from problem


def local(tag: str) -> str:
    """Name of an element or attribute without its namespace."""
    return tag.rpartition(" ")[2]


@dataclass
class Message:
    """Collects a message while it is read.

    series  one mapping of codes and one of attributes a series; a flat message has one empty
    obs     (series, codes and attributes, attributes of a generic message) an observation
    """

    series: list[tuple[dict[str, str], dict[str, str]]] = field(default_factory=list)
    obs: list[tuple[int, dict[str, str], dict[str, str]]] = field(default_factory=list)
    groups: list[tuple[dict[str, str], dict[str, str]]] = field(default_factory=list)
    whole: dict[str, str] = field(default_factory=dict)
    footer: list[FooterMessage] = field(default_factory=list)
    about: dict[str, str] = field(default_factory=dict)
    actions: list[str] = field(default_factory=list)
    refs: list[str] = field(default_factory=list)
    datasets: int = 0
    generic: bool = False
    explicit: bool = False
    at_obs: str = ""
    path: list[str] = field(default_factory=list)
    chars: str = ""
    part: str = ""
    comp: str = ""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        name = tag.rpartition(" ")[2]
        self.path.append(name)
        self.chars = ""
        if self.datasets:
            self._data(name, attributes)
        elif name == "Structure" and "structureID" in attributes:
            self.at_obs = attributes.get("dimensionAtObservation", "")
            self.explicit = attributes.get("explicitMeasures") in ("true", "1")
        elif name == "Ref" and "Header" in self.path:
            self.about.update({k: v for k, v in attributes.items() if " " not in k})
        if name == "DataSet":
            self._dataset(attributes)
        elif "Footer" in self.path and name == "Message":
            message = FooterMessage(attributes.get("code", ""), attributes.get("severity", ""), ())
            self.footer.append(message)

    def _dataset(self, attributes: Mapping[str, str]) -> None:
        self.datasets += 1
        own = {local(name): text for name, text in attributes.items()}
        self.actions.append(own.get("action", ""))
        self.refs.append(own.get("structureRef", ""))
        # In capitals: attributes of the data; others are attributes of the format itself.
        self.whole.update({name: text for name, text in attributes.items() if name.isupper()})

    def _data(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element below a data set."""
        if name == "Obs":
            plain = {k: v for k, v in attributes.items() if " " not in k}
            if self.part != "Series" and (not self.series or any(self.series[-1])):
                self.series.append(({}, {}))
            self.obs.append((len(self.series) - 1, plain, {}))
        elif name == "Series":
            self.series.append(({k: v for k, v in attributes.items() if " " not in k}, {}))
            self.part = "Series"
        elif name == "Group":
            self.groups.append(({k: v for k, v in attributes.items() if " " not in k}, {}))
            self.part = "Group"
        elif name == "Comp":
            self.comp = attributes.get("id", "")
        elif "value" in attributes and name in ("Value", "ObsDimension", "ObsValue"):
            self._generic(name, attributes)

    def _generic(self, name: str, attributes: Mapping[str, str]) -> None:
        self.generic = True
        above = self.path[-2]
        text = attributes["value"]
        if name == "ObsValue":
            if self.obs:
                self.obs[-1][1][VALUE] = text
            return
        if name == "ObsDimension":
            if self.obs:
                self.obs[-1][1][attributes.get("id") or self.at_obs or TIME] = text
            return
        to = self._target(0 if above in ("SeriesKey", "ObsKey", "GroupKey") else 1)
        if to is not None:
            to[attributes.get("id", "")] = text

    def _target(self, which: int) -> dict[str, str] | None:
        """Where codes (0) or attributes (1) of the element that is open belong."""
        if "Obs" in self.path:
            _, codes, attributes = self.obs[-1] if self.obs else (0, None, None)
            return attributes if which else codes
        if self.part == "Series" and self.series:
            return self.series[-1][which]
        if self.part == "Group" and self.groups:
            return self.groups[-1][which]
        return self.whole

    def end(self, tag: str) -> None:
        """An element ends."""
        name = self.path.pop()
        text = self.chars.strip()
        if name in ("Series", "Group"):
            self.part = ""
        elif self.comp and name == "Value":
            to = self._target(1)
            if to is not None:
                to[self.comp] = f"{to[self.comp]};{text}" if self.comp in to else text
        elif name == "Comp":
            self.comp = ""
        elif self.footer and name == "Text" and "Footer" in self.path:
            last = self.footer[-1]
            self.footer[-1] = FooterMessage(last.code, last.severity, (*last.texts, text))
        elif name == "DataSetAction":
            self.actions.append(text)
        elif name == "DataSetID":
            self.about["set"] = text
        elif name in _REFERENCES and (found := _URN.search(text)):
            self.about.update(found.groupdict())
        self.chars = ""

    def text(self, data: str) -> None:
        """Text inside an element."""
        self.chars += data
