"""Step 1 of an audit: the framework, that is the tree and what its indicators say of themselves.

Source: OECD/JRC Handbook on Constructing Composite Indicators (2008), and the ten steps of the JRC.
"""

from __future__ import annotations

from hansa.index.audit_parts import (
    TITLES,
    AuditFinding,
    AuditStep,
    Case,
    Check,
    Columns,
    Hit,
    unjudged,
)
from hansa.index.audit_words import aggregates, indicators, several
from hansa.index.tree import Node
from hansa.language import _

REASONS = ("rationale", "definition", "description")


def framework(case: Case) -> AuditStep:
    """Step 1: tree, names, source and rationale of each indicator."""
    tree = case.tree
    found = _sources(case)
    alone = Check(
        1, "only-child", "note", _("is an aggregate of one element and repeats it"),
        _("{n} aggregates have one element each and repeat it"),
        _("every aggregate has at least two elements"),
        _("take the aggregate out, or give it more elements"), _("2 elements or more"), 2,
    )  # fmt: skip
    found += alone.judge(
        case, (Hit(tree.codes[p], 1, _("1 element")) for p, c in tree.families if c.size == 1)
    )
    nameless = Check(
        1, "no-name", "note", _("has no name"), _("{n} elements have no name"),
        _("every element has a name"), _("fill the column name"),
    )  # fmt: skip
    found += nameless.judge(case, (Hit(n.code) for n in tree.nodes if not n.name))
    sizes = [c.size for _, c in tree.families]
    summary = _(
        "{indicators} under {aggregates} in {levels} levels; families have {least} to {most} "
        "elements. {sourced} of {all} indicators state a source, {reasoned} a rationale or "
        "definition.",
        indicators=indicators(tree.leaves),
        aggregates=aggregates(len(tree.families)),
        levels=int(tree.level.max()),
        least=min(sizes),
        most=max(sizes),
        sourced=sum(bool(n.source) for n in tree.indicators),
        all=tree.leaves,
        reasoned=sum(bool(_why(n)) for n in tree.indicators),
    )
    return AuditStep(1, TITLES[0], summary, {"tree": _tree(case)}, tuple(found))


def _sources(case: Case) -> list[AuditFinding]:
    tree = case.tree
    source = Check(
        1, "missing-source", "warning", _("states no source"), _("{n} indicators state no source"),
        _("every indicator states its source"),
        _("name publisher, table and date in the column source"),
        _("a source for every indicator"),
    )  # fmt: skip
    found = source.judge(case, (Hit(n.code) for n in tree.indicators if not n.source))
    root = tree.codes[tree.root]
    if not any(_why(n) for n in tree.indicators):
        why = _("the metadata has no rationale or definition of any indicator")
        fix = _("add a column {columns} that says why each indicator belongs",
                columns=several(REASONS))  # fmt: skip
        return [*found, unjudged(1, "missing-rationale", root, why, fix)]
    rationale = Check(
        1, "missing-rationale", "note", _("has no rationale"),
        _("{n} indicators have no rationale"), _("every indicator has a rationale"),
        _("say why the indicator belongs in its aggregate"),
    )  # fmt: skip
    return found + rationale.judge(case, (Hit(n.code) for n in tree.indicators if not _why(n)))


def _why(node: Node) -> str:
    return next((v for k, v in node.more.items() if k.lower() in REASONS and v), "")


def _tree(case: Case) -> Columns:
    nodes = case.tree.nodes
    return {
        "code": [n.code for n in nodes],
        "name": [n.name for n in nodes],
        "parent": [n.parent for n in nodes],
        "level": [n.level for n in nodes],
        "direction": [n.direction if n.indicator else None for n in nodes],
        "role": [n.role for n in nodes],
        "unit": [n.unit for n in nodes],
        "denominator": [n.denominator for n in nodes],
        "source": [n.source for n in nodes],
        "rationale": [_why(n) for n in nodes],
        "quality": [n.quality for n in nodes],
        "first_year": [n.first_year for n in nodes],
        "last_year": [n.last_year for n in nodes],
    }
