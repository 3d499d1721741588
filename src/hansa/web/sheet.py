"""What a page shows, before it is laid out: a question, its answer, figures, how sure we are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from hansa.report.document import Section


@dataclass(frozen=True)
class Choice:
    """One way to set a control: what stands in the address, and what people read."""

    value: str
    label: str


@dataclass(frozen=True)
class Control:
    """A parameter of the page that the reader sets.

    name     key in the address (`region`)
    choices  the admissible values; `chosen` is the one in force; none: a field to write in
    hint     what may be written there
    """

    name: str
    label: str
    choices: tuple[Choice, ...] = ()
    chosen: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Item:
    """One line of a list of findings or files: a text with its details, perhaps with a link.

    page, query  where the link leads inside the study
    """

    text: str
    details: tuple[str, ...] = ()
    page: str = ""
    query: str = ""
    severity: Literal["", "error", "warning", "note"] = ""


@dataclass(frozen=True)
class Listing:
    """A list with a heading."""

    heading: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Sheet:
    """The content of one page.

    question  its heading; `answer` one or two plain sentences under it
    sections  questions of their own, each with answer, figures, tables and certainty
    lists     findings, files, terms; they stand after the answer
    origin    whether the numbers are real, and whose
    more      what the template of this one page needs beside; plain values that JSON knows
    """

    question: str
    answer: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    controls: tuple[Control, ...] = ()
    lists: tuple[Listing, ...] = ()
    origin: str = ""
    model_data: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Goto:
    """What was to be done is done; the browser goes on to this page of the study."""

    page: str
    query: str = ""
