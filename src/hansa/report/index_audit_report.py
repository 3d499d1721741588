"""The audit of an index as sections of a report, and as a report of its own: the ten steps."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

from hansa.index import terms
from hansa.index.audit import Audit, AuditFinding, AuditStep
from hansa.index.audit_words import aim, choice
from hansa.language import N_, _, pgettext
from hansa.report.document import Document, Section, Table
from hansa.views.format import MINUS, MISSING, THIN, grouped, joined
from hansa.views.index_words import PLAIN, IndexWords, counted, raw_text

_SHOWN = ("error", "warning", "note")
_HEAD = (N_("Severity"), N_("Finding, measured and needed"), N_("What to do"))
_SEVERITY = {
    "error": N_("error"),
    "warning": N_("warning"),
    "note": N_("note"),
    "ok": N_("ok"),
    "not judged": N_("not judged"),
}
_WORDS: Mapping[str, Callable[[str], str]] = {
    "target": aim, "factor": choice, "rule": terms.rule,
    **dict.fromkeys(("side", "flag", "role", "stage"), terms.cell),
}  # fmt: skip
"""Columns of tables that hold words, and how these are said."""
LONGEST = 60
"""Rows of a table of the audit that a report shows; the audit's own tables hold all."""


def verdict(audit: Audit) -> str:
    """What the audit comes to, in one sentence."""
    told = [
        counted(audit.count("error"), _("error"), _("errors")),
        counted(audit.count("warning"), _("warning"), _("warnings")),
    ]
    if audit.coherent:
        return _("The audit finds {counts}; its structure is coherent.", counts=joined(told))
    return _(
        "The audit finds {counts}; its structure is not shown to be coherent, which comes before "
        "any robustness of ranks.",
        counts=joined(told),
    )


def audit_section(audit: Audit, origin: Mapping[str, Any] | None = None) -> Section:
    """The audit in one section: verdict, findings and the ten steps."""
    lost = sum(not f.judged for f in audit.findings)
    passed = audit.count("ok")
    return Section(
        "audit",
        _("Does the index withstand an audit?"),
        (verdict(audit),),
        tables=(_findings(audit), _steps(audit)),
        certainty=(
            _(
                "{passed} passed; {lost} could not be judged.",
                passed=_capital(counted(passed, _("check"), _("checks"))),
                lost=counted(lost, _("check"), _("checks")),
            ),
            _("A threshold is a question to the developer of the index, not a verdict."),
        ),
        **dict(origin or {}),
    )


def audit_document(audit: Audit, words: IndexWords = PLAIN) -> Document:
    """The audit as a report of its own: findings first, then the ten steps with their tables."""
    title = words.title or audit.name or audit.code
    sections = [audit_section(audit), *(_step(step) for step in audit.steps), _thresholds(audit)]
    worst = [f for f in audit.findings if f.severity in ("error", "warning") and f.judged]
    return Document(
        title=_("Audit: {index}", index=title),
        subtitle=_(
            "{count} {units}, {indicators} indicators, {year}",
            count=audit.units,
            units=_(words.things),
            indicators=audit.indicators,
            year=audit.year,
        ),
        origin=_origin(words),
        findings=(verdict(audit), *(_sentence(f) for f in worst[:5])),
        sections=tuple(sections),
        method=(
            (
                _("The ten steps"),
                _(
                    "OECD/JRC Handbook on Constructing Composite Indicators (2008) and the ten "
                    "steps of the JRC. Coherence (steps 4 and 6) comes before robustness (step 7)."
                ),
            ),
            (
                _("Severity"),
                _(
                    "Error: the index should not be published so. Warning: somebody has to decide. "
                    "Note: to be known, or could not be judged. Passed: nothing was found."
                ),
            ),
        ),
        footer=_("Made with Hansa {version}.", version=version("hansa")),
        model_data=words.model_data,
    )


def _origin(words: IndexWords) -> str:
    if words.model_data:
        return _("Every number is made up to show the method and is true of nobody.")
    return _(
        "Source of the indicators: {source}. The audit computes nothing anew but ranks; it judges "
        "the run as it is.",
        source=words.source or _("not stated"),
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _sentence(f: AuditFinding) -> str:
    found = f"{f.code} {f.what}" + (f": {f.found}" if f.found else "")
    severity = _(_SEVERITY[f.severity])
    said = _("Step {step}, {severity}: {finding}.", step=f.step, severity=severity, finding=found)
    return _set(said.replace("..", "."))


def _set(text: str) -> str:
    """A text of the audit with a real minus and thin spaces, as everywhere in a report."""
    text = re.sub(r"(?<![\w.-])-(?=\d)", MINUS, text)
    text = re.sub(r"(?<=\d) %", f"{THIN}%", text)
    return re.sub(r"(?<![\d.])\d{5,}(?!\d)", lambda m: grouped(float(m[0])), text)


def _findings(audit: Audit) -> Table:
    """Findings that are not passed, most severe first."""
    rows = tuple(_row(f) for f in audit.findings if f.severity in _SHOWN)
    note = "" if rows else _("Nothing was found.")
    return Table(_("Findings, the most severe first"), tuple(map(_, _HEAD)), rows, note)


def _row(f: AuditFinding) -> tuple[str, str, str]:
    """Severity and step; object, measured value and threshold; what to do."""
    measured, limit = f.found, ""
    if not measured and not math.isnan(f.measured):
        measured = _("measured {value}", value=raw_text(f.measured))
    if not math.isnan(f.threshold):
        limit = _("threshold {value}", value=raw_text(f.threshold))
    needed = _("needed: {needed}", needed=f.needed) if f.needed else limit
    told = "; ".join(t for t in (measured, needed) if t)
    finding = f"{f.code} {f.what}" + (f": {told}" if told else "")
    severity = _(_SEVERITY[f.severity if f.judged else "not judged"])
    where = _("{severity}, step {step}", severity=severity, step=f.step)
    return where, _set(finding), _set(f.fix)


def _steps(audit: Audit) -> Table:
    rows = tuple(
        (
            _titled(s),
            _(_SEVERITY[s.severity if s.judged else "not judged"]),
            _set(s.summary),
        )
        for s in audit.steps
    )
    return Table(_("The ten steps"), (_("Step"), _("Most severe"), _("Summary")), rows)


def _titled(step: AuditStep) -> str:
    title = pgettext("audit step", step.title)
    return f"{step.number} {title}"


def _step(step: AuditStep) -> Section:
    passed = [f.what for f in step.findings if f.severity == "ok"]
    own = [f for f in step.findings if f.severity in _SHOWN]
    rows = tuple(_row(f) for f in sorted(own, key=lambda f: _SHOWN.index(f.severity)))
    title, heads = _("Findings of step {number}", number=step.number), tuple(map(_, _HEAD))
    tables = [Table(title, heads, rows)] if rows else []
    for name, columns in step.tables.items():
        if columns and len(next(iter(columns.values()))):
            tables.append(_table(name, columns))
    return Section(
        f"step-{step.number}",
        _titled(step),
        (_set(step.summary),),
        tables=tuple(tables),
        certainty=(_("Passed: {checks}.", checks="; ".join(passed)),) if passed else (),
    )


def _table(name: str, columns: Mapping[str, Any]) -> Table:
    text = [[_cell(v, _WORDS.get(key, str)) for v in own] for key, own in columns.items()]
    rows = tuple(zip(*text, strict=True))
    heads = tuple(_head(key) for key in columns)
    note = (
        ""
        if len(rows) <= LONGEST
        else _(
            "The first {shown} of {all} rows; the tables of the audit hold all.",
            shown=LONGEST,
            all=len(rows),
        )
    )
    return Table(_head(name), heads, rows[:LONGEST], note)


def _head(name: str) -> str:
    words = name.replace("_", " ")
    return pgettext("audit table", f"{words[0].upper()}{words[1:]}")


def _cell(value: Any, say: Callable[[str], str] = str) -> str:
    """Anything that a table of the audit holds, as text."""
    if value is None:
        return MISSING
    if isinstance(value, bool | np.bool_):
        return pgettext("answer", "yes") if value else pgettext("answer", "no")
    if isinstance(value, int | np.integer):
        small = abs(int(value)) < 10_000  # a year has no thin space
        return str(int(value)).replace("-", MINUS) if small else grouped(float(value))
    if isinstance(value, float | np.floating):
        number = float(value)
        whole = not math.isnan(number) and number == round(number) and abs(number) < 1e6
        return grouped(number) if whole else raw_text(number)
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return say(str(value))


def _thresholds(audit: Audit) -> Section:
    rows: Sequence[tuple[str, ...]] = [
        (t.name, _cell(t.value), _("changed") if t.changed else "", _(t.reason), _(t.source))
        for t in audit.thresholds
    ]
    head = (_("Name"), _("Value"), _("Changed"), _("Reason"), _("Source"))
    changed = sum(t.changed for t in audit.thresholds)
    return Section(
        "thresholds",
        _("Where are the lines drawn?"),
        (
            _(
                "{all} thresholds, each with its reason and source; {count} changed by the user.",
                all=len(rows),
                count=changed or pgettext("count", "none"),
            ),
        ),
        tables=(Table(_("Thresholds"), head, tuple(rows)),),
    )
