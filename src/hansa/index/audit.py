"""The audit of an index: the ten steps of the OECD/JRC handbook as findings.

Source: OECD/JRC Handbook on Constructing Composite Indicators (2008); ten steps of the JRC.
Thresholds, with reasons and sources, stand in `audit-thresholds.toml`.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from hansa.index.audit_data import data
from hansa.index.audit_framework import framework
from hansa.index.audit_imputation import imputation
from hansa.index.audit_outcome import Outcome, outcomes
from hansa.index.audit_parts import (
    SEVERITIES,
    Audit,
    AuditFinding,
    AuditStep,
    Columns,
    Threshold,
    case_of,
    thresholds_of,
)
from hansa.index.audit_presentation import presentation
from hansa.index.audit_results import back_to_data, uncertainty
from hansa.index.audit_scores import normalisation, weighting
from hansa.index.audit_structure import multivariate
from hansa.index.data import IndexData
from hansa.index.result import IndexResult

__all__ = [
    "Audit", "AuditFinding", "AuditStep", "Threshold", "audit", "audit_tables", "audit_text",
]  # fmt: skip

WIDTH = 96
SHEET = 31
"""Longest name of a sheet."""


def audit(
    result: IndexResult,
    data_before: IndexData | None = None,
    thresholds: Mapping[str, float] | None = None,
    outcome: Outcome | None = None,
) -> Audit:
    """Judge an index in ten steps; nothing is changed and nothing is computed again but ranks.

    data_before  the data as they came in; those of the run by default
    thresholds   values by name that replace those of `audit-thresholds.toml`
    outcome      a denominator column or a node; or a name and a value by unit code. Without one,
                 elements of role framework are linked with those of role performance

    Correlations, ranks and links are those of the last year; coverage, filled cells and scales of
    all years. What cannot be judged is a note, never ok. Raises UsageError for an unknown
    threshold or outcome, HansaError for an index without scores.
    """
    lines = thresholds_of(thresholds)
    case = case_of(result, data_before, lines)
    coherence = multivariate(case)
    steps = (
        framework(case), data(case), imputation(case), coherence, normalisation(case),
        weighting(case, coherence.findings), uncertainty(case), back_to_data(case),
        outcomes(case, outcome), presentation(case),
    )  # fmt: skip
    root = case.tree.nodes[case.tree.root]
    year = int(result.data.time[case.rows[0]])
    return Audit(root.code, root.name, year, case.units, case.tree.leaves, steps, lines)


def audit_text(audit: Audit, width: int = WIDTH) -> str:
    """The audit for a terminal: findings first, most severe first, then what each step says."""
    title = f"{audit.name} ({audit.code})" if audit.name else audit.code
    lines = [
        f"Audit of {title}, {audit.year}: {counted(audit.units, 'unit')}, "
        f"{counted(audit.indicators, 'indicator')}",
        _counts(audit),
        *_wrapped(_verdict(audit), width),
    ]
    for severity in SEVERITIES[:-1]:
        own = [f for f in audit.findings if f.severity == severity and f.judged]
        if own:
            lines += ["", f"{severity.upper()}S"]
            lines += _told(own, width)
    if lost := [f for f in audit.findings if not f.judged]:
        lines += ["", "NOT JUDGED"]
        lines += _told(lost, width)
    lines += ["", "THE TEN STEPS"]
    for step in audit.steps:
        own_ = [f for f in step.findings if f.severity == "ok"]
        state = step.severity if step.judged else "not judged"
        lines.append(f"{step.number:>2} {step.title}: {state}")
        lines += _wrapped(step.summary, width, "   ", "   ")
        if own_:
            told = (f.what if f.code == audit.code else f"{f.code} {f.what}" for f in own_)
            text = "passed: " + "; ".join(told)
            lines += _wrapped(text, width, "   ", "     ")
    return "\n".join(lines) + "\n"


def counted(n: int, thing: str) -> str:
    """A number and its noun: 1 indicator, 2 indicators."""
    return f"{n} {thing if n == 1 else thing + 's'}"


def _counts(audit: Audit) -> str:
    lost = sum(not f.judged for f in audit.findings)
    return (
        f"{counted(audit.count('error'), 'error')}, {counted(audit.count('warning'), 'warning')}, "
        f"{counted(audit.count('note') - lost, 'note')}; {counted(audit.count('ok'), 'check')} "
        f"passed, {lost} not judged"
    )


def _verdict(audit: Audit) -> str:
    if audit.coherent:
        return "The structure is coherent (steps 4 and 6): the certainty of ranks can be read."
    return (
        "The structure is not shown to be coherent (steps 4 and 6): settle it first. Steady ranks "
        "of an index that does not hang together say little."
    )


def _told(findings: Sequence[AuditFinding], width: int) -> Iterator[str]:
    """Findings in words; those of one check share what is needed and what to do."""
    for (step, _), group in groupby(findings, key=lambda f: (f.step, f.rule)):
        own = list(group)
        for f in own:
            text = f"{f.code} {f.what}" + (f": {f.found}" if f.found else "")
            yield from _wrapped(f"{step:>2}  {text.rstrip('.')}.", width, "  ", "        ")
        for name, told in (("needed", own[0].needed), ("do", own[0].fix)):
            if told:
                yield from _wrapped(f"{name}: {told}", width, "      ", "        ")


def _wrapped(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    """Lines of a width; a number and its sign of per cent stay together."""
    held = re.sub(r"(\d) %", "\\1\u00a0%", text)
    lines = textwrap.wrap(held, width, initial_indent=first, subsequent_indent=rest)
    return [line.replace("\u00a0", " ") for line in lines]


def audit_tables(audit: Audit) -> list[tuple[str, Columns]]:
    """Findings, steps, thresholds and all tables, with names that sheets and files can bear."""
    findings = audit.findings
    out: list[tuple[str, Columns]] = [
        ("findings", {
            "severity": [f.severity for f in findings], "step": [f.step for f in findings],
            "rule": [f.rule for f in findings], "code": [", ".join(f.codes) or f.code
                                                         for f in findings],
            "what": [f.what for f in findings], "measured": [f.measured for f in findings],
            "found": [f.found for f in findings], "threshold": [f.threshold for f in findings],
            "needed": [f.needed for f in findings], "fix": [f.fix for f in findings],
            "judged": [f.judged for f in findings],
        }),
        ("steps", {
            "step": [s.number for s in audit.steps], "title": [s.title for s in audit.steps],
            "severity": [s.severity for s in audit.steps],
            "judged": [s.judged for s in audit.steps],
            "summary": [s.summary for s in audit.steps],
        }),
    ]  # fmt: skip
    for step in audit.steps:
        for name, columns in step.tables.items():
            if any(len(column) for column in columns.values()):
                out.append((f"{step.number} {name}"[:SHEET], columns))
    out.append(("thresholds", _thresholds(audit.thresholds)))
    return out


def _thresholds(lines: Sequence[Threshold]) -> Columns:
    return {
        "name": [t.name for t in lines], "value": [t.value for t in lines],
        "changed": [t.changed for t in lines], "reason": [t.reason for t in lines],
        "source": [t.source for t in lines],
    }  # fmt: skip
