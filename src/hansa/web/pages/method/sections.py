"""The options in force, and the rules of stars and marks, as sections of the page."""

from __future__ import annotations

from collections.abc import Iterator

from hansa.measures import find_measure
from hansa.measures.rules import Condition, RuleSet, find_rules
from hansa.report.document import Section, Table
from hansa.study.config import Study
from hansa.study.run import StudyResult
from hansa.web.pages.method.choices import LABELS, own_choice, said, used_by

_DECIDES = {
    "reference": "What a share or a rate is held against.",
    "period": "First and last year of growth; levels are shown of the last one.",
    "rules": "What earns a star.",
    "benchmark": "What the growth of wages is held against.",
    "x_line": "Where growing ends and shrinking begins among kinds of clusters.",
    "min_cell": "Rates on fewer persons are computed and marked.",
}


def options_section(own: StudyResult, now: StudyResult) -> Section:
    """Every choice in force beside the study's own, and which measures depend on it."""
    years, users = own.cube.years, used_by(now.study)
    rows = []
    for name, label in LABELS.items():
        before, after = (own_choice(r.study, years, name) for r in (own, now))
        if name == "reference":
            before, after = (_reference(r) for r in (own, now))
        differs = "" if before == after else before
        if not (differs or users[name]):
            continue
        rows.append((label, after, differs, _DECIDES[name], _few(users[name])))
    rows += list(_fixed(now))
    changed = sum(1 for row in rows if row[2])
    shown = (0, 1, 2, 3, 4) if changed else (0, 1, 3, 4)
    heads = ("Choice", "In force", "In study.toml", "What it decides", "Measures that depend on it")
    return Section(
        id="options",
        question="Which choices are in force?",
        answer=(
            f"{changed} differ{'s' * (changed == 1)} from study.toml."
            if changed
            else "All of them are those of study.toml.",
        ),
        tables=(
            Table(
                "Choices of method",
                tuple(heads[i] for i in shown),
                tuple(tuple(row[i] for i in shown) for row in rows),
            ),
        ),
        certainty=(
            "Each of these choices can be made otherwise with good reason: what stays the same "
            "under others is firm.",
        ),
        python='import hansa\nresult = hansa.run("STUDY")\nresult.study.model_dump()',
        command="hansa run STUDY",
    )


def _reference(result: StudyResult) -> str:
    header = next(iter(result.results[0].bases[0].regions.values())).header
    known_as = result.study.reference_name
    return f"{header.reference} ({known_as})" if known_as else header.reference


def _few(names: tuple[str, ...]) -> str:
    return said(names) if len(names) <= 3 else f"{said(names[:3])} and {len(names) - 3} more"


_HIDDEN = {
    "absent": "left open: nothing is known of them",
    "bounds": "between nothing and what the published sums allow",
    "fill": "estimated within the narrowest bounds",
}
_WAGES = {
    "country": "the same cluster in the country",
    "reference": "the same cluster in the reference",
    "region": "all jobs of the region",
}


def _fixed(result: StudyResult) -> Iterator[tuple[str, str, str, str, str]]:
    """Choices that study.toml alone makes: other facts, or too much to compute anew."""
    study = result.study
    yield (
        "Hidden cells",
        _HIDDEN[study.hidden],
        "",
        "What is made of a cell that the publisher hides. Only in study.toml: hidden.",
        "all",
    )
    wages = tuple(m for m in study.measures if "wage_reference" in _options_of(m))
    yield (
        "Level of wages held against",
        _WAGES[study.wage_reference],
        "",
        "Only in study.toml: wage_reference.",
        _few(wages),
    )
    firm = tuple(m for m in study.measures if "leave_out" in find_measure(m).options)
    yield (
        "Each replicate leaves out",
        f"one {study.leave_out}",
        "",
        "How firm a kind of cluster is. Only in study.toml: leave_out.",
        _few(firm),
    )


def _options_of(name: str) -> tuple[str, ...]:
    m = find_measure(name)
    return (*m.options, *(option for one in m.uses for option in _options_of(one)))


def rules_in_force(study: Study, named: str) -> dict[str, RuleSet]:
    """Label of a measure -> the rule set it follows. `named`: the study's rules, found or not."""
    found = {}
    for name in study.measures:
        m = find_measure(name)
        if m.rules:
            found[m.label] = find_rules(named if named and name == "presence_stars" else m.rules)
    return found


def rules_section(rules: dict[str, RuleSet]) -> Section | None:
    """What earns a star or a mark; None where no measure has rules."""
    if not rules:
        return None
    return Section(
        id="rules",
        question="What earns a star?",
        answer=tuple(f"{label}: {one.stamp}" for label, one in rules.items()),
        tables=tuple(_table(one) for one in {r.id: r for r in rules.values()}.values()),
        certainty=tuple(
            f"{one.id} is a draft: {one.to_confirm.rstrip('.')}."
            for one in {r.id: r for r in rules.values()}.values()
            if one.certainty == "draft"
        ),
        python='import hansa\nresult = hansa.run("STUDY")\n'
        "from hansa.measures.rules import rule_sets\nrule_sets()",
        command="hansa rules",
    )


def _table(one: RuleSet) -> Table:
    rows = tuple((award.name, condition_words(c)) for award in one.award for c in award.conditions)
    floor = f" Fewer than {one.floor:g} jobs earn nothing." if one.floor else ""
    counted = "One star an award" if one.count == "sum" else "The highest award counts"
    return Table(
        f"Rule set {one.id} {one.version}",
        ("Award", "Where"),
        rows,
        f"{counted}; every condition of an award has to hold. Regions with more than "
        f"{one.minimum:g} jobs in the cluster are compared, at least {one.smallest} of them."
        f"{floor} Source: {one.source.rstrip('.')}.",
    )


def condition_words(c: Condition) -> str:
    """`location quotient above 1.2`, `number of jobs at least that of the best fifth`."""
    side = "above" if c.side == "above" else "at least"
    among = "all clusters together" if c.group_by == "all" else "the regions"
    line = {
        "absolute": f"{c.threshold:g}",
        "quantile": f"the value that {c.threshold:.0%} of {among} do not exceed",
        "rank": f"that of rank {c.threshold:g} of {among}",
    }[c.compare]
    return f"{find_measure(c.measure).label} {side} {line}"
