"""Findings for people: grouped by what is wrong, as one page of HTML and as lines of text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hansa.errors import Finding, Severity
from hansa.language import N_, _, ngettext, pgettext
from hansa.report import html
from hansa.views.format import joined

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")

_MEANING = {
    "error": (
        N_("Errors: {count}"),
        N_("What cannot be right: results would be wrong, or are refused."),
    ),
    "warning": (
        N_("Warnings: {count}"),
        N_("What is unlikely, or not declared: compare it with the source before you use it."),
    ),
    "note": (
        N_("Notes: {count}"),
        N_("What a reader should know; nothing has to be done."),
    ),
}
_SEVERITY = {"error": N_("error"), "warning": N_("warning"), "note": N_("note")}
_MORE = re.compile(r"(?:^|, )(\d+) more places?$")
_PARTS = (
    ("place", "where", N_("Where")),
    ("printed", "found", N_("What is printed")),
    ("admissible", "needed", N_("What is admissible")),
    ("fix", "do", N_("What to do")),
)
_LISTED = 5
"""Places of one rule that the text shows; JSON and HTML show them all."""


@dataclass(frozen=True)
class Group:
    """Findings of one rule and severity.

    places  how many places there are, those that are only counted included
    more    places that are only counted
    """

    severity: Severity
    rule: str
    findings: tuple[Finding, ...]
    more: int

    @property
    def places(self) -> int:
        """All places of the rule."""
        return len(self.findings) + self.more

    def common(self, name: str) -> str:
        """What all findings say alike in one field, empty where they differ or there is one."""
        texts = {getattr(f, name) for f in self.findings}
        return texts.pop() if len(texts) == 1 and len(self.findings) > 1 else ""


def grouped(findings: Sequence[Finding]) -> list[Group]:
    """Findings by severity and rule, in the order in which each rule comes first."""
    by_rule: dict[tuple[Severity, str], list[Finding]] = {}
    for f in findings:
        by_rule.setdefault((f.severity, f.rule), []).append(f)
    groups = []
    for severity in SEVERITIES:
        for (own, rule), found in by_rule.items():
            if own == severity:
                counted = [int(m[1]) for f in found if (m := _MORE.search(f.place))]
                listed = tuple(f for f in found if not _MORE.search(f.place))
                groups.append(Group(severity, rule, listed, sum(counted)))
    return groups


def counts(groups: Sequence[Group]) -> dict[Severity, int]:
    """Places by severity."""
    return {s: sum(g.places for g in groups if g.severity == s) for s in SEVERITIES}


def answer(findings: Sequence[Finding]) -> str:
    """How much was found, and what the gravest is, in one or two sentences."""
    groups = grouped(findings)
    if not groups:
        return _("Nothing was found: no error, no warning, no note.")
    found = counts(groups)
    said = [_counted(n, s) for s, n in found.items() if n]
    first = groups[0]
    if first.severity == "note":
        return _("No error and no warning; {counts}.", counts=said[-1])
    where = first.findings[0].place if first.findings else ""
    if first.places > 1:
        return _(
            "{counts}. The gravest: {rule} ({count} places, the first: {where}).",
            counts=joined(said),
            rule=first.rule,
            count=first.places,
            where=where,
        )
    return _(
        "{counts}. The gravest: {rule} ({where}).",
        counts=joined(said),
        rule=first.rule,
        where=where,
    )


def _counted(number: int, severity: str) -> str:
    if severity == "error":
        return ngettext("{number} error", "{number} errors", number)
    if severity == "warning":
        return ngettext("{number} warning", "{number} warnings", number)
    return ngettext("{number} note", "{number} notes", number)


def text(findings: Sequence[Finding]) -> str:
    """Findings as lines: each rule once, its first places, what is common to them once."""
    groups = grouped(findings)
    lines = [line for g in groups for line in _group_lines(g)]
    found = counts(groups)
    lines.append(", ".join(_counted(found[s], s) for s in SEVERITIES))
    return "\n".join(lines)


def _group_lines(group: Group) -> Iterator[str]:
    many = f" ({group.places} places)" if group.places > 1 else ""
    yield f"{group.severity}: {group.rule}{many}"
    alike = {part[0] for part in _PARTS if group.common(part[0])}
    for f in group.findings[:_LISTED]:
        yield from _lines(f, [p for p in _PARTS if p[0] not in alike])
    if len(group.findings) > _LISTED:
        yield f"  {group.places - _LISTED} more places: --html FILE shows them, --json lists them"
    elif group.more:
        yield f"  {group.more} more places are counted only"
    if alike:
        yield from _lines(group.findings[0], [p for p in _PARTS if p[0] in alike])


def _lines(finding: Finding, parts: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    for name, word, _label in parts:
        if said := getattr(finding, name):
            yield f"  {word + ':':<8}{said}"


def page(findings: Sequence[Finding], name: str) -> str:
    """Findings on `name` as one self-contained page: the same findings give the same bytes."""
    findings = [_without_name(f, name) for f in findings]
    groups = grouped(findings)
    title = _("What is wrong with {name}?", name=name)
    environment, style = html._environment(), html._style(title)
    made: str = environment.get_template("findings.html").render(
        title=title,
        style=style,
        answer=answer(findings),
        words=html.words_of_pages(),
        sections=[_section(s, [g for g in groups if g.severity == s]) for s in SEVERITIES],
    )
    return made


def _without_name(finding: Finding, name: str) -> Finding:
    """The place without the name of the file that the whole page is about."""
    place = re.sub(rf"^(.*/)?{re.escape(name)}, ", "", finding.place)
    return replace(finding, place=_("the whole table") if place == name else place)


def _section(severity: Severity, groups: Sequence[Group]) -> dict[str, Any]:
    heading, meaning = _MEANING[severity]
    number = sum(g.places for g in groups)
    return {
        "severity": severity,
        "called": _(_SEVERITY[severity]),
        "heading": _(heading, count=number or pgettext("findings", "none")),
        "meaning": _(meaning),
        "groups": [_shown(severity, i, g) for i, g in enumerate(groups, start=1)],
    }


def _shown(severity: Severity, number: int, group: Group) -> dict[str, Any]:
    """One rule as a table: columns that differ; what all places have in common stands above."""
    alike = [(_(label), group.common(name)) for name, _w, label in _PARTS if group.common(name)]
    own = [
        (name, _(label))
        for name, _w, label in _PARTS
        if not group.common(name) and any(getattr(f, name) for f in group.findings)
    ]
    return {
        "id": f"{severity}-{number}",
        "rule": group.rule[:1].upper() + group.rule[1:],
        "places": ngettext("{number} place", "{number} places", group.places),
        "more": _more(group.more) if group.more else "",
        "alike": alike,
        "columns": [label for _, label in own],
        "rows": [[getattr(f, name) for name, _ in own] for f in group.findings],
    }


def _more(number: int) -> str:
    return ngettext(
        "{number} more place of this kind, counted but not listed: the gravest come first.",
        "{number} more places of this kind, counted but not listed: the gravest come first.",
        number,
    )
