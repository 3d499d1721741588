"""Where to look in a panel, and the names that it does not hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from hansa.codes import classification, geography_codes
from hansa.language import named, spoken
from hansa.panel import Header


@dataclass(frozen=True)
class At:
    """Where to look in a panel; what is left empty is taken from it if there is one answer.

    `cluster` is a cluster or an activity. Without `time` the latest year is taken.
    """

    geo: str | None = None
    cluster: str | None = None
    time: int | None = None


@dataclass(frozen=True)
class Words:
    """Names that a panel does not hold.

    labels     code -> name, for clusters, activities and regions; goes before the code lists
    title      the finding, where the automatic one is not wanted
    area       name of the area pictured
    reference  name of the reference area (`Great Britain`)
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    title: str = ""
    area: str = ""
    reference: str = ""

    def name(self, code: str, header: Header) -> str:
        """The name of a code: the given label, that of its code list, else the code."""
        return self.labels[code] if code in self.labels else self.names((code,), header)[0]

    def names(self, codes: Sequence[str], header: Header) -> Sequence[str]:
        """The name of each code, as `name` gives it."""
        found: list[str | None] = [self.labels.get(code) for code in codes]
        lists = ((_geo_list, header.geography), (_activity_list, header.classification))
        for names_of, text in lists:
            if None not in found:
                break
            if names := names_of(text, spoken()):
                pairs = zip(codes, found, strict=True)
                found = [names.get(code) if known is None else known for code, known in pairs]
        return [c if known is None else known for c, known in zip(codes, found, strict=True)]


HERE = At()
PLAIN = Words()


@cache
def _geo_list(text: str, language: str) -> Mapping[str, str]:
    names = geography_codes(text).names if text not in ("", "local") else {}
    # A region may be a whole country, whose name the catalogue has.
    return {code: named("place", name) for code, name in names.items()}


@cache
def _activity_list(text: str, language: str) -> Mapping[str, str]:
    return classification(text).names if text not in ("", "local") else {}
