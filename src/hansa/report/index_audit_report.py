"""The audit of an index as sections of a report, and as a report of its own: the ten steps."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

from hansa.index.audit import Audit, AuditFinding, AuditStep
from hansa.report.document import Document, Section, Table
from hansa.views.format import MINUS, MISSING, THIN, grouped, joined
from hansa.views.index_words import PLAIN, IndexWords, counted, raw_text

_SHOWN = ("error", "warning", "note")
_HEAD = ("Severity", "Finding, measured and needed", "What to do")
LONGEST = 60
"""Rows of a table of the audit that a report shows; the audit's own tables hold all."""


def verdict(audit: Audit) -> str:
    """What the audit comes to, in one sentence."""
    told = [
        counted(audit.count("error"), "error", "errors"),
        counted(audit.count("warning"), "warning", "warnings"),
    ]
    coherent = (
        "its structure is coherent"
        if audit.coherent
        else "its structure is not shown to be coherent, which comes before any robustness of ranks"
    )
    return f"The audit finds {joined(told)}; {coherent}."


def audit_section(audit: Audit, origin: Mapping[str, Any] | None = None) -> Section:
    """The audit in one section: verdict, findings and the ten steps."""
    lost = sum(not f.judged for f in audit.findings)
    passed = audit.count("ok")
    return Section(
        "audit",
        "Does the index withstand an audit?",
        (verdict(audit),),
        tables=(_findings(audit), _steps(audit)),
        certainty=(
            f"{counted(passed, 'check', 'checks').capitalize()} passed; "
            f"{counted(lost, 'check', 'checks')} could not be judged.",
            "A threshold is a question to the developer of the index, not a verdict.",
        ),
        **dict(origin or {}),
    )


def audit_document(audit: Audit, words: IndexWords = PLAIN) -> Document:
    """The audit as a report of its own: findings first, then the ten steps with their tables."""
    title = words.title or audit.name or audit.code
    sections = [audit_section(audit), *(_step(step) for step in audit.steps), _thresholds(audit)]
    worst = [f for f in audit.findings if f.severity in ("error", "warning") and f.judged]
    things = words.things
    return Document(
        title=f"Audit: {title}",
        subtitle=f"{audit.units} {things}, {audit.indicators} indicators, {audit.year}",
        origin=(
            "Every number is made up to show the method and is true of nobody."
            if words.model_data
            else f"Source of the indicators: {words.source or 'not stated'}. The audit computes "
            "nothing anew but ranks; it judges the run as it is."
        ),
        findings=(verdict(audit), *(_sentence(f) for f in worst[:5])),
        sections=tuple(sections),
        method=(
            (
                "The ten steps",
                "OECD/JRC Handbook on Constructing Composite Indicators (2008) and the ten steps "
                "of the JRC. Coherence (steps 4 and 6) comes before robustness (step 7).",
            ),
            (
                "Severity",
                "Error: the index should not be published so. Warning: somebody has to decide. "
                "Note: to be known, or could not be judged. Passed: nothing was found.",
            ),
        ),
        footer=f"Made with Hansa {version('hansa')}.",
        model_data=words.model_data,
    )


def _sentence(f: AuditFinding) -> str:
    found = f": {f.found}" if f.found else ""
    return _set(f"Step {f.step}, {f.severity}: {f.code} {f.what}{found}.".replace("..", "."))


def _set(text: str) -> str:
    """A text of the audit with a real minus and thin spaces, as everywhere in a report."""
    text = re.sub(r"(?<![\w.-])-(?=\d)", MINUS, text)
    text = re.sub(r"(?<=\d) %", f"{THIN}%", text)
    return re.sub(r"(?<![\d.])\d{5,}(?!\d)", lambda m: grouped(float(m[0])), text)


def _findings(audit: Audit) -> Table:
    """Findings that are not passed, most severe first."""
    rows = tuple(_row(f) for f in audit.findings if f.severity in _SHOWN)
    note = "" if rows else "Nothing was found."
    return Table("Findings, the most severe first", _HEAD, rows, note)


def _row(f: AuditFinding) -> tuple[str, str, str]:
    """Severity and step; object, measured value and threshold; what to do."""
    severity = f.severity if f.judged else "not judged"
    measured = f.found or (f"measured {raw_text(f.measured)}" if not math.isnan(f.measured) else "")
    limit = "" if math.isnan(f.threshold) else f"threshold {raw_text(f.threshold)}"
    needed = f"needed: {f.needed}" if f.needed else limit
    told = "; ".join(t for t in (measured, needed) if t)
    finding = f"{f.code} {f.what}" + (f": {told}" if told else "")
    return f"{severity}, step {f.step}", _set(finding), _set(f.fix)


def _steps(audit: Audit) -> Table:
    rows = tuple(
        (f"{s.number} {s.title}", s.severity if s.judged else "not judged", _set(s.summary))
        for s in audit.steps
    )
    return Table("The ten steps", ("Step", "Most severe", "Summary"), rows)


def _step(step: AuditStep) -> Section:
    passed = [f.what for f in step.findings if f.severity == "ok"]
    own = [f for f in step.findings if f.severity in _SHOWN]
    rows = tuple(_row(f) for f in sorted(own, key=lambda f: _SHOWN.index(f.severity)))
    tables = [Table(f"Findings of step {step.number}", _HEAD, rows)] if rows else []
    for name, columns in step.tables.items():
        if columns and len(next(iter(columns.values()))):
            tables.append(_table(name, columns))
    return Section(
        f"step-{step.number}",
        f"{step.number} {step.title}",
        (_set(step.summary),),
        tables=tuple(tables),
        certainty=(f"Passed: {'; '.join(passed)}.",) if passed else (),
    )


def _table(name: str, columns: Mapping[str, Any]) -> Table:
    text = [[_cell(v) for v in column] for column in columns.values()]
    rows = tuple(zip(*text, strict=True))
    heads = tuple(_head(key) for key in columns)
    note = (
        ""
        if len(rows) <= LONGEST
        else (f"The first {LONGEST} of {len(rows)} rows; the tables of the audit hold all.")
    )
    return Table(_head(name), heads, rows[:LONGEST], note)


def _head(name: str) -> str:
    words = name.replace("_", " ")
    return f"{words[0].upper()}{words[1:]}"


def _cell(value: Any) -> str:
    """Anything that a table of the audit holds, as text."""
    if value is None:
        return MISSING
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        small = abs(int(value)) < 10_000  # a year has no thin space
        return str(int(value)).replace("-", MINUS) if small else grouped(float(value))
    if isinstance(value, float | np.floating):
        number = float(value)
        whole = not math.isnan(number) and number == round(number) and abs(number) < 1e6
        return grouped(number) if whole else raw_text(number)
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)


def _thresholds(audit: Audit) -> Section:
    rows: Sequence[tuple[str, ...]] = [
        (t.name, _cell(t.value), "changed" if t.changed else "", t.reason, t.source)
        for t in audit.thresholds
    ]
    head = ("Name", "Value", "Changed", "Reason", "Source")
    changed = sum(t.changed for t in audit.thresholds)
    return Section(
        "thresholds",
        "Where are the lines drawn?",
        (
            f"{len(rows)} thresholds, each with its reason and source; "
            f"{changed if changed else 'none'} changed by the user.",
        ),
        tables=(Table("Thresholds", head, tuple(rows)),),
    )
