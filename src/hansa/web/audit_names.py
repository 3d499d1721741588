"""An audit in the names of its objects: where it says a code, people read a name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from hansa.language import _
from hansa.views.format import MINUS, THIN

if TYPE_CHECKING:
    from hansa.index.audit import Audit, AuditFinding
    from hansa.views.index_words import IndexView

_WORD = re.compile(r"(?<![\w.])\(?[^\W\d_][\w.-]*\w|\(\w\b")
"""What may be a code within a text: a word; one letter only after a bracket."""


def names_of(view: IndexView) -> dict[str, str]:
    """Names of units, indicators and aggregates by code."""
    data = view.data
    own = {node.code: node.label for node in view.tree.nodes}
    return {**dict(zip(data.units, data.names, strict=True)), **own}


def in_names(audit: Audit, names: Mapping[str, str]) -> Audit:
    """The same audit with names in the place of codes; its tables keep the codes."""
    steps = tuple(
        replace(
            step,
            summary=said(step.summary, names),
            findings=tuple(_named(finding, names) for finding in step.findings),
        )
        for step in audit.steps
    )
    return replace(audit, steps=steps)


def _named(finding: AuditFinding, names: Mapping[str, str]) -> AuditFinding:
    parts = re.split(f"(, |{_joints()})", finding.code)
    code = "".join(names.get(part, part) for part in parts)
    return replace(
        finding,
        code=code,
        found=said(finding.found, names),
        what=set_well(finding.what),
        needed=set_well(finding.needed),
        fix=set_well(finding.fix),
    )


def _joints() -> str:
    """What stands between the codes of a finding of several objects, in the language spoken."""
    both = _("{one} and {other}", one="\n", other="\n").strip()
    inside = _("{unit} in {aggregate}", unit="\n", aggregate="\n").strip()
    return "|".join(rf" {re.escape(word)} " for word in (both, inside))


def set_well(text: str) -> str:
    """A text with a real minus before numbers and thin spaces before signs of per cent."""
    text = re.sub(r"(?<![\w.-])-(?=\d)", MINUS, text)
    return re.sub(r"(?<=\d) %", f"{THIN}%", text)


def said(text: str, names: Mapping[str, str]) -> str:
    """A text with names for codes.

    Words in small letters stay as they are: a code such as `rate` may be a plain word there.
    """

    def name(match: re.Match[str]) -> str:
        word = match[0].removeprefix("(")
        if word == word.lower() or word not in names:
            return match[0]
        return match[0].removesuffix(word) + names[word]

    return set_well(_WORD.sub(name, text))
