"""What an audit is made of: thresholds, findings, steps, and the case that is judged.

A check gives a hit for every object that fails it; none is a finding of severity ok.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from math import isnan, nan
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from hansa.errors import Finding, HansaError, UsageError, listed
from hansa.index.audit_words import general, several, units
from hansa.index.chain import Entry
from hansa.index.correlations import Correlations, correlate
from hansa.index.data import IndexData
from hansa.index.ratios import CorrelationRatios, correlation_ratios
from hansa.index.removal import effective_weights
from hansa.index.result import IndexResult
from hansa.index.tree import Floats, IndexTree, Ints
from hansa.language import _, pN_

Severity = Literal["ok", "note", "warning", "error"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note", "ok")
Columns = Mapping[str, Any]
"""Names to columns of one length: sequences or arrays."""
Tables = Mapping[str, Columns]

TITLES = (
    pN_("audit step", "Framework"),
    pN_("audit step", "Data"),
    pN_("audit step", "Imputation"),
    pN_("audit step", "Multivariate analysis"),
    pN_("audit step", "Normalisation"),
    pN_("audit step", "Weights and aggregation"),
    pN_("audit step", "Uncertainty and sensitivity"),
    pN_("audit step", "Back to the data"),
    pN_("audit step", "Links to outcomes"),
    pN_("audit step", "Presentation"),
)


@dataclass(frozen=True)
class Threshold:
    """One line of `audit-thresholds.toml`, and whether the user moved it."""

    name: str
    value: float
    reason: str
    source: str
    changed: bool = False


@dataclass(frozen=True)
class AuditFinding:
    """One thing that an audit says of one object, or of several of a kind.

    rule      name of the check, the same for all its findings
    code      code of the object: indicator, aggregate, unit, factor; or a list of them
    codes     all objects that it speaks of
    measured  the value, the most severe one of several; NaN where it is no number
    found     the same in words
    threshold NaN where there is none; `needed` in words
    judged    False where the check could not be made
    """

    step: int
    rule: str
    severity: Severity
    code: str
    what: str
    measured: float = nan
    found: str = ""
    threshold: float = nan
    needed: str = ""
    fix: str = ""
    codes: tuple[str, ...] = ()
    judged: bool = True

    def as_finding(self) -> Finding:
        """In the one shape of Hansa; ok becomes a note."""
        severity = "note" if self.severity == "ok" else self.severity
        place = f"step {self.step}, {self.code}"
        return Finding(
            severity, place, f"{self.code} {self.what}", self.found, self.needed, self.fix
        )


@dataclass(frozen=True)
class AuditStep:
    """One of the ten steps: what it says in a paragraph, its tables, its findings."""

    number: int
    title: str
    summary: str
    tables: Tables
    findings: tuple[AuditFinding, ...]

    @property
    def severity(self) -> Severity:
        """Of its most severe finding."""
        found = {f.severity for f in self.findings}
        return next((s for s in SEVERITIES if s in found), "note")

    @property
    def judged(self) -> bool:
        """Whether anything in it could be judged."""
        return any(f.judged for f in self.findings)


@dataclass(frozen=True)
class Audit:
    """The audit of one index.

    coherent  no warning in steps 4 and 6: only then do robust ranks mean much
    """

    code: str
    name: str
    year: int
    units: int
    indicators: int
    steps: tuple[AuditStep, ...]
    thresholds: tuple[Threshold, ...]

    @property
    def findings(self) -> tuple[AuditFinding, ...]:
        """All, most severe first, then in the order of the steps."""
        every = [f for step in self.steps for f in step.findings]
        return tuple(sorted(every, key=lambda f: SEVERITIES.index(f.severity)))

    @property
    def coherent(self) -> bool:
        """Whether steps 4 and 6 are without warnings and were judged."""
        own = [f for s in self.steps if s.number in (4, 6) for f in s.findings]
        lost = {f.rule for f in own if not f.judged} & {"few-units"}
        return not lost and all(f.severity in ("ok", "note") for f in own)

    def count(self, severity: Severity) -> int:
        """Number of findings of a severity."""
        return sum(f.severity == severity for f in self.findings)


@dataclass(frozen=True)
class Hit:
    """One object that fails a check: its code, the value, and the value in words."""

    code: str
    measured: float = nan
    found: str = ""


@dataclass(frozen=True)
class Check:
    """One question of the audit, in the language spoken.

    one, many  what is said of an object and of several: "states no source",
               "{n} indicators state no source"
    passed     what is said where nothing fails
    worst      which of several values is the most severe one
    together   report several objects as one finding, however few they are
    """

    step: int
    rule: str
    severity: Severity
    one: str
    many: str
    passed: str
    fix: str
    needed: str = ""
    threshold: float = nan
    worst: Literal["least", "greatest"] = "greatest"
    together: bool = False

    def judge(self, case: Case, hits: Iterable[Hit], code: str = "") -> list[AuditFinding]:
        """A finding for each hit, one for all where they are many, or one of severity ok."""
        found = list(hits)
        shared = (self.threshold, self.needed)
        root = code or case.tree.codes[case.tree.root]
        if not found:
            if not self.passed:
                return []
            return [AuditFinding(self.step, self.rule, "ok", root, self.passed, nan, "", *shared)]
        if len(found) > (1 if self.together else case.limit("grouped_from")):
            return [self._grouped(found)]
        return [
            AuditFinding(self.step, self.rule, self.severity, h.code, self.one, h.measured,
                         h.found, *shared, self.fix, (h.code,))
            for h in found
        ]  # fmt: skip

    def _grouped(self, hits: Sequence[Hit]) -> AuditFinding:
        known = [h for h in hits if not isnan(h.measured)]
        pick = max if self.worst == "greatest" else min
        worst = pick(known, key=lambda h: h.measured) if known else hits[0]
        found = _("worst {code}: {found}", code=worst.code, found=worst.found)
        return AuditFinding(
            self.step, self.rule, self.severity, several((h.code for h in hits), 6),
            f"({self.many.format(n=len(hits))})", worst.measured, found if worst.found else "",
            self.threshold, self.needed, self.fix, tuple(h.code for h in hits),
        )  # fmt: skip


def unjudged(step: int, rule: str, code: str, why: str, fix: str) -> AuditFinding:
    """A note that a check could not be made: never ok."""
    what = _("not judged: {why}", why=why)
    return AuditFinding(step, rule, "note", code, what, fix=fix, judged=False)


@dataclass(frozen=True)
class Case:
    """The index that is judged; arrays of the last year unless stated.

    before  data as it came in, all years
    rows    rows of the last year in the result
    """

    result: IndexResult
    before: IndexData
    limits: Mapping[str, float]
    rows: Ints = field(default_factory=lambda: np.empty(0, np.int64))

    def limit(self, name: str) -> float:
        """The value of a threshold."""
        return self.limits[name]

    @property
    def tree(self) -> IndexTree:
        """The tree."""
        return self.result.tree

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Codes of the units."""
        data = self.result.data
        return tuple(data.units[u] for u in data.unit[self.rows])

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the units."""
        data = self.result.data
        return tuple(data.names[u] for u in data.unit[self.rows])

    @property
    def units(self) -> int:
        """Number of units."""
        return int(self.rows.size)

    @cached_property
    def scores(self) -> Floats:
        """Scores of all nodes (units, nodes)."""
        assert self.result.stage.scores is not None
        return self.result.stage.scores[self.rows]

    @cached_property
    def rank(self) -> Floats:
        """Ranks of the index (units,)."""
        return self.result.rank[self.rows]

    @cached_property
    def share(self) -> Floats:
        """Weights within families (nodes,)."""
        assert self.result.stage.share is not None
        return self.result.stage.share

    @cached_property
    def weight(self) -> Floats:
        """Weights in the index (nodes,)."""
        return effective_weights(self.result.stage)

    @cached_property
    def parents(self) -> tuple[str, ...]:
        """Code of each node's parent."""
        return tuple(node.parent for node in self.tree.nodes)

    @cached_property
    def families(self) -> tuple[tuple[int, Ints], ...]:
        """Aggregates and their children that have weight and any value."""
        empty = np.asarray(np.isnan(self.scores).all(axis=0))
        return tuple((p, c[(self.share[c] > 0) & ~empty[c]]) for p, c in self.tree.families)

    @cached_property
    def among(self) -> Correlations:
        """Correlations between all nodes."""
        return correlate(self.scores, self.tree.codes)

    @cached_property
    def ratios(self) -> tuple[tuple[int, Ints, CorrelationRatios], ...]:
        """Correlation ratios of the children of each family with their parent."""
        return tuple(
            (p, c, correlation_ratios(self.scores[:, c], self.scores[:, p],
                                      [self.tree.codes[i] for i in c]))
            for p, c in self.families if c.size
        )  # fmt: skip

    @property
    def enough(self) -> bool:
        """Whether there are units enough to judge correlations."""
        return self.units >= self.limit("least_units")


@lru_cache(maxsize=1)
def standard() -> tuple[Threshold, ...]:
    """The thresholds that ship with Hansa."""
    import tomllib
    from importlib.resources import files

    text = files("hansa.index").joinpath("audit-thresholds.toml").read_text("utf-8")
    content = tomllib.loads(text)
    content.pop("format")
    return tuple(Threshold(name, float(t["value"]), t["reason"], t["source"])
                 for name, t in content.items())  # fmt: skip


def thresholds_of(own: Mapping[str, float] | None = None) -> tuple[Threshold, ...]:
    """The thresholds, some of them moved by name. Raises UsageError for a name or a value."""
    given = dict(own or {})
    names = [t.name for t in standard()]
    if unknown := sorted(set(given) - set(names)):
        raise UsageError(
            f"the audit has no threshold {listed(unknown)}", admissible=listed(names, 60),
            fix="correct the name",
        )  # fmt: skip
    for name, value in given.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
            raise UsageError(
                "a threshold is a number", place=f"threshold {name}", printed=repr(value),
                fix="give a number, or leave it out for the standard value",
            )  # fmt: skip
    return tuple(
        Threshold(t.name, float(given[t.name]), t.reason, t.source, True) if t.name in given else t
        for t in standard()
    )


def case_of(result: IndexResult, before: IndexData | None, lines: Sequence[Threshold]) -> Case:
    """The case to judge. Raises HansaError for an index without scores."""
    stage = result.stage
    if stage.scores is None or stage.share is None:
        raise HansaError(
            "an index without scores cannot be audited",
            printed=" > ".join(entry.step for entry in stage.log) or "no step",
            admissible="a recipe that ends with aggregate",
            fix="add the step aggregate to the recipe",
        )
    limits = MappingProxyType({t.name: t.value for t in lines})
    rows = list(result.data.by_year())[-1]
    if np.isnan(result.score[rows]).all():
        raise HansaError(
            "an index without scores cannot be audited",
            place=f"year {result.data.time[rows[0]]}", printed="every score is missing",
            admissible="a score for at least one unit", fix="look at min_children and at the data",
        )  # fmt: skip
    return Case(result, before or result.evaluator.data, limits, rows)


def few_units(case: Case, step: int) -> AuditFinding:
    """A note that there are too few units."""
    return unjudged(
        step, "few-units", case.tree.codes[case.tree.root],
        _("{units}, at least {least} needed", units=units(case.units),
          least=general(case.limit("least_units"))),
        _("judge coherence by argument, not by correlation"),
    )  # fmt: skip


def entries(case: Case, step: str) -> list[Entry]:
    """What a step of the recipe said of itself."""
    return [entry for entry in case.result.stage.log if entry.step == step]


def columns_of(rows: Iterable[Mapping[str, Any]]) -> Columns:
    """Rows of a log as columns; None where a row lacks one."""
    every = list(rows)
    names = dict.fromkeys(name for row in every for name in row)
    return {name: [row.get(name) for row in every] for name in names}
