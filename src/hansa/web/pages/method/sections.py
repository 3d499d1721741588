"""The options in force, and the rules of stars and marks, as sections of the page."""

from __future__ import annotations

from collections.abc import Iterator

from hansa.language import N_, _, named, ngettext, pgettext
from hansa.measures import find_measure
from hansa.measures.rules import Condition, RuleSet, find_rules
from hansa.report.document import Section, Table
from hansa.study.config import Study
from hansa.study.run import StudyResult
from hansa.views.format import general, grouped
from hansa.web.pages.method.choices import LABELS, own_choice, said, used_by

_DECIDES = {
    "reference": N_("What a share or a rate is held against."),
    "period": N_("First and last year of growth; levels are shown of the last one."),
    "rules": N_("What earns a star."),
    "benchmark": N_("What the growth of wages is held against."),
    "x_line": N_("Where growing ends and shrinking begins among kinds of clusters."),
    "min_cell": N_("Rates on fewer persons are computed and marked."),
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
        rows.append((_(label), after, differs, _(_DECIDES[name]), _few(users[name])))
    rows += list(_fixed(now))
    changed = sum(1 for row in rows if row[2])
    shown = (0, 1, 2, 3, 4) if changed else (0, 1, 3, 4)
    heads = (
        _("Choice"),
        _("In force"),
        _("In study.toml"),
        _("What it decides"),
        _("Measures that depend on it"),
    )
    return Section(
        id="options",
        question=_("Which choices are in force?"),
        answer=(
            ngettext(
                "{number} differs from study.toml.", "{number} differ from study.toml.", changed
            )
            if changed
            else _("All of them are those of study.toml."),
        ),
        tables=(
            Table(
                _("Choices of method"),
                tuple(heads[i] for i in shown),
                tuple(tuple(row[i] for i in shown) for row in rows),
            ),
        ),
        certainty=(
            _(
                "Each of these choices can be made otherwise with good reason: what stays the same "
                "under others is firm."
            ),
        ),
        python='import hansa\nresult = hansa.run("STUDY")\nresult.study.model_dump()',
        command="hansa run STUDY",
    )


def _reference(result: StudyResult) -> str:
    header = next(iter(result.results[0].bases[0].regions.values())).header
    known_as = named("place", result.study.reference_name)
    called = _(header.reference)
    return f"{called} ({known_as})" if known_as else called


def _few(names: tuple[str, ...]) -> str:
    if len(names) <= 3:
        return said(names)
    return _("{several} and {n} more", several=said(names[:3]), n=len(names) - 3)


_HIDDEN = {
    "absent": N_("left open: nothing is known of them"),
    "bounds": N_("between nothing and what the published sums allow"),
    "fill": N_("estimated within the narrowest bounds"),
}
_WAGES = {
    "country": N_("the same cluster in the country"),
    "reference": N_("the same cluster in the reference"),
    "region": N_("all jobs of the region"),
}


def _fixed(result: StudyResult) -> Iterator[tuple[str, str, str, str, str]]:
    """Choices that study.toml alone makes: other facts, or too much to compute anew."""
    study = result.study
    yield (
        _("Hidden cells"),
        _(_HIDDEN[study.hidden]),
        "",
        _("What is made of a cell that the publisher hides. Only in study.toml: hidden."),
        _("all"),
    )
    wages = tuple(m for m in study.measures if "wage_reference" in _options_of(m))
    yield (
        _("Level of wages held against"),
        _(_WAGES[study.wage_reference]),
        "",
        _("Only in study.toml: wage_reference."),
        _few(wages),
    )
    firm = tuple(m for m in study.measures if "leave_out" in find_measure(m).options)
    yield (
        _("Each replicate leaves out"),
        _("one country") if study.leave_out == "country" else _("one region"),
        "",
        _("How firm a kind of cluster is. Only in study.toml: leave_out."),
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
            found[_(m.label)] = find_rules(named if named and name == "presence_stars" else m.rules)
    return found


def rules_section(rules: dict[str, RuleSet]) -> Section | None:
    """What earns a star or a mark; None where no measure has rules."""
    if not rules:
        return None
    return Section(
        id="rules",
        question=_("What earns a star?"),
        answer=tuple(f"{label}: {one.stamp}" for label, one in rules.items()),
        tables=tuple(_table(one) for one in {r.id: r for r in rules.values()}.values()),
        certainty=tuple(
            _("{rules} is a draft: {why}.", rules=one.id, why=_(one.to_confirm).rstrip("."))
            for one in {r.id: r for r in rules.values()}.values()
            if one.certainty == "draft"
        ),
        python='import hansa\nresult = hansa.run("STUDY")\n'
        "from hansa.measures.rules import rule_sets\nrule_sets()",
        command="hansa rules",
    )


def _table(one: RuleSet) -> Table:
    rows = tuple(
        (_(award.name), condition_words(c)) for award in one.award for c in award.conditions
    )
    if one.count == "sum":
        counted = _("One star an award; every condition of an award has to hold.")
    else:
        counted = _("The highest award counts; every condition of an award has to hold.")
    compared = _(
        "Regions with more than {minimum} jobs in the cluster are compared, at least {n} of them.",
        minimum=general(one.minimum),
        n=one.smallest,
    )
    floor = _("Fewer than {floor} jobs earn nothing.", floor=general(one.floor))
    source = _("Source: {source}.", source=_(one.source).rstrip("."))
    said = (counted, compared, *([floor] if one.floor else []), source)
    caption = _("Rule set {rules} {version}", rules=one.id, version=one.version)
    return Table(caption, (_("Award"), pgettext("condition", "Where")), rows, " ".join(said))


def condition_words(c: Condition) -> str:
    """`location quotient above 1.2`, `number of jobs at least that of the best fifth`."""
    among = _("all clusters together") if c.group_by == "all" else _("the regions")
    lines = {
        "absolute": general(c.threshold),
        "quantile": _(
            "the value that {share}% of {among} do not exceed",
            share=grouped(100 * c.threshold),
            among=among,
        ),
        "rank": _("that of rank {rank} of {among}", rank=general(c.threshold), among=among),
    }
    measure, line = _(find_measure(c.measure).label), lines[c.compare]
    if c.side == "above":
        return _("{measure} above {line}", measure=measure, line=line)
    return _("{measure} at least {line}", measure=measure, line=line)
