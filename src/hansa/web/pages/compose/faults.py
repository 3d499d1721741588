"""What is wrong with what was written into the form: a sentence beside the field it is about."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from hansa.errors import Finding
from hansa.language import _
from hansa.web.told import told

LONGEST_ID = 60
LONGEST_REASON = 2000
LONGEST_NAME = 80

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_DEVICE = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]")
"""Names that Windows keeps for devices: no file there can have them, whatever its ending."""
_LETTERS = str.maketrans({"æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th"})
"""Letters of our neighbours that are none of ours with a mark on it."""
_WRITING = "\n\r\t\u00ad\u200c\u200d"
"""Signs without a picture that belong to writing: line ends, soft hyphens, joiners of letters."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with one field. `field`: id, reason, name or members."""

    field: str
    said: str


def hidden_sign(text: str) -> str:
    """The first sign of a text that nobody sees: control letters, marks of direction; or nothing.

    Such a sign makes two names look alike, or turns the words around it.
    """
    for letter in text:
        if letter not in _WRITING and unicodedata.category(letter) in _UNSEEN:
            return letter
    return ""


_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def in_one_line(text: str) -> str:
    """A text without hidden signs, every blank one space."""
    return " ".join("".join(" " if hidden_sign(c) else c for c in text).split())


def short_name(text: str) -> str:
    """`Båtar och varv` as `batar-och-varv`; nothing where no file may be called so."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    bare = "".join(c for c in plain if not unicodedata.combining(c))
    found = re.sub(r"[^a-z0-9]+", "-", bare).strip("-")[:LONGEST_ID].strip("-")
    return "" if _DEVICE.fullmatch(found) else found


def fault_of(form: Mapping[str, str], name: str, taken: set[str]) -> Fault | None:
    """The first thing that keeps a composition from being saved; None where nothing does.

    form   id: short name of the definition; reason: why
    name   what the cluster is called
    taken  definitions that are not the reader's to change
    """
    if said := _of_name(name):
        return Fault("name", said)
    if said := _of_id(form.get("id", "").strip(), taken):
        return Fault("id", said)
    if said := _of_reason(form.get("reason", "")):
        return Fault("reason", said)
    return None


def fault_of_name(name: str) -> Fault | None:
    """What is wrong with the name of a cluster."""
    said = _of_name(name)
    return Fault("name", said) if said else None


def _of_name(name: str) -> str:
    if sign := hidden_sign(name):
        return _unseen(sign)
    if len(name) > LONGEST_NAME:
        return _(
            "A name has at most {most} letters; this one has {n}.", most=LONGEST_NAME, n=len(name)
        )
    return ""


def _unseen(sign: str) -> str:
    code = f"{ord(sign):04X}"
    return _("There is a sign in it that cannot be seen (U+{code}): take it out.", code=code)


def _of_id(text: str, taken: set[str]) -> str:
    if not text:
        return _("The definition needs a short name: {rule}.", rule=rule_of_id())
    if sign := hidden_sign(text):
        return _unseen(sign)
    if not _ID.fullmatch(text) or len(text) > LONGEST_ID:
        said = _("This is no short name. A short name has {rule}.", rule=rule_of_id())
        if better := short_name(text):
            said += " " + _("Perhaps {name}?", name=better)
        return said
    if _DEVICE.fullmatch(text):
        return _("Windows can have no file called {name}: choose another short name.", name=text)
    if text in taken:
        return _(
            "There is a definition {name} already, which is not yours to change: "
            "choose another short name.",
            name=text,
        )
    return ""


def rule_of_id() -> str:
    """What a short name is made of, for the form and for who did not keep to it."""
    return _(
        "small letters (a to z), digits and single hyphens between them, at most {most} in all",
        most=LONGEST_ID,
    )


def _of_reason(text: str) -> str:
    if not in_one_line(text):
        return _("A definition is saved with its reason: say in a sentence why it is like this.")
    if sign := hidden_sign(text):
        return _unseen(sign)
    if len(text) > LONGEST_REASON:
        return _(
            "A reason has at most {most} letters; this one has {n}.",
            most=LONGEST_REASON,
            n=len(text),
        )
    return ""


def of_finding(field: str, finding: Finding) -> Fault:
    """What a refusal says, as one text beside a field."""
    finding = told(finding)
    # A code list or a code at the head keeps its spelling.
    head = finding.rule.partition(" ")[0]
    said = finding.rule[:1].upper() + finding.rule[1:] if head.isalpha() else finding.rule
    if finding.printed:
        said += f" ({finding.printed})"
    if finding.admissible:
        said += ". " + _("Needed: {what}", what=finding.admissible)
    if finding.fix:
        said += f"; {finding.fix}" if finding.admissible else f": {finding.fix}"
    return Fault(field, f"{said}.")
