"""The admissible values of each choice of method, as the controls of a page."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import get_args

from hansa.codes import geographies
from hansa.cube import Cube
from hansa.errors import HansaError
from hansa.language import N_, _, named
from hansa.measures import find_measure
from hansa.measures.rules import rule_sets
from hansa.measures.scene import Choices
from hansa.sources.spec_measures import measures_in
from hansa.study.config import Study, facts_paths, placed
from hansa.study.places import reference_of, regions_of
from hansa.study.plan import Options, columns_of
from hansa.study.run import StudyResult
from hansa.views.format import general, joined
from hansa.web.sheet import Choice, Control
from hansa.web.state import State

LABELS = {
    "reference": N_("Compared with"),
    "period": N_("Years of growth"),
    "rules": N_("Rules of stars"),
    "benchmark": N_("Growth of wages held against"),
    "x_line": N_("Growth of jobs held against"),
    "min_cell": N_("Smallest cell that carries a rate"),
}
_BENCHMARK = {
    "plain": N_("the plain mean over clusters"),
    "weighted": N_("the mean over clusters, weighted by jobs"),
    "totals": N_("the average wage of all jobs"),
    "plain-known": N_("the plain mean over the clusters that are known"),
    "weighted-known": N_("the weighted mean over the clusters that are known"),
}
_LINE = {
    "zero": N_("nothing: growing or shrinking"),
    "region": N_("growth of all jobs of the region"),
}
ALL = N_("all regions of the table")
COMPLETE = N_("members where both the cluster and the base are published")
_MOST_PERIODS = 120


def references(result: StudyResult) -> Iterator[Choice]:
    """What regions can be compared with: all, complete, geographies and codes of the table."""
    yield Choice("all", _(ALL))
    yield Choice("complete", _(COMPLETE))
    yield from areas(result.cube, reference=True)


_tried: list[tuple[Cube, bool, tuple[str, ...]]] = []


def areas(cube: Cube, reference: bool = False) -> tuple[Choice, ...]:
    """Named geographies that work with a table, then its countries and aggregates.

    reference  those that lie wholly in the table: what others are compared with
    """
    there = [found for known, kind, found in _tried if known is cube and kind == reference]
    if not there:
        there = [tuple(_areas(cube, reference))]
        _tried.append((cube, reference, there[0]))
        del _tried[:-4]
    return tuple(_area(cube, code) for code in there[0])


def _areas(cube: Cube, reference: bool) -> Iterator[str]:
    geo = cube.geo
    codes = (*geographies(), *sorted(geo.codes[i] for i in geo.beside), *_countries(cube))
    return (code for code in dict.fromkeys(codes) if _works(cube, code, reference))


def _area(cube: Cube, code: str) -> Choice:
    """A geography or a code of the table under its name in the language spoken here."""
    known = geographies().get(code)
    label = known.name if known else cube.geo.codelist.names.get(code, "")
    name = _("the published total") if code == "TOTAL" else named("place", label)
    return Choice(code, f"{name} ({code})" if name and name != code else code)


def _countries(cube: Cube) -> Iterator[str]:
    """Codes of the table with nothing above them in their code list."""
    geo = cube.geo
    if geo.codelist.is_local:
        return
    for i in geo.roots:
        if not any(geo.codelist.ancestors(geo.codes[i])):
            yield geo.codes[i]


def _works(cube: Cube, name: str, reference: bool) -> bool:
    try:
        if reference:
            return not reference_of(cube, Options(reference=name)).outside
        regions_of(cube, Options(area=(name,)))
    except HansaError:
        return False
    return True


def used_by(study: Study) -> dict[str, tuple[str, ...]]:
    """For each choice of method the measures of a study that depend on it."""
    found: dict[str, tuple[str, ...]] = {}
    for name in LABELS:
        found[name] = tuple(m for m in study.measures if _depends(m, name))
    return found


def _depends(name: str, choice: str) -> bool:
    m = find_measure(name)
    if choice == "rules":
        # Marks keep to the rules they are named after.
        return name == "presence_stars"
    if choice == "period":
        return m.years == 2 or any(_depends(one, choice) for one in m.uses)
    if choice in ("reference", "min_cell"):
        return m.kind != "extensive"
    return choice in m.options or any(_depends(one, choice) for one in m.uses)


def own_choice(study: Study, years: tuple[int, ...], name: str) -> str:
    """What a study's file says of a choice, in words."""
    if name == "reference":
        words = {"all": _(ALL), "complete": _(COMPLETE)}
        own = geographies().get(study.reference)
        known = named("place", own.name) if own else ""
        return (
            named("place", study.reference_name)
            or words.get(study.reference)
            or known
            or study.reference
        )
    if name == "period":
        first, last = study.period or (years[0], years[-1])
        return f"{first}–{last}"
    if name == "min_cell":
        return _("{number} persons", number=general(study.min_cell))
    if name == "rules":
        return study.rules or _("those that each measure is defined with")
    words = {"benchmark": _BENCHMARK, "x_line": _LINE}[name]
    return _(words[getattr(study, name)])


def control(result: StudyResult, state: State, name: str) -> Control:
    """The control of one choice; its first value is the study's own."""
    own = own_choice(result.study, result.cube.years, name)
    chosen, label = getattr(state, name), _(LABELS[name])
    as_it_is = _("as the study has it: {choice}", choice=own)
    if name == "min_cell":
        return Control(name, label, (), chosen, as_it_is)
    choices = tuple(_values(result, name))
    if len(choices) > _MOST_PERIODS and name == "period":
        return Control(name, label, (), chosen, as_it_is)
    if chosen and chosen not in {c.value for c in choices}:
        choices = (*choices, Choice(chosen, chosen))
    return Control(name, label, (Choice("", as_it_is), *choices), chosen)


def _values(result: StudyResult, name: str) -> Iterator[Choice]:
    if name == "reference":
        yield from references(result)
    elif name == "period":
        for first, last in combinations(result.cube.years, 2):
            yield Choice(f"{first}-{last}", f"{first}–{last}")
    elif name == "rules":
        there = _columns(result)
        for one in rule_sets().values():
            if not set(columns_of(find_measure("presence_stars"), Choices(rules=one.id))) <= there:
                continue
            draft = _("draft") if one.certainty == "draft" else ""
            told = f"{one.id}; {draft}" if draft else one.id
            yield Choice(one.id, f"{_(one.label)} ({told})")
    else:
        words = {"benchmark": _BENCHMARK, "x_line": _LINE}[name]
        admissible = get_args(Study.model_fields[name].annotation)
        yield from (Choice(value, _(words[value])) for value in admissible)


def _columns(result: StudyResult) -> set[str]:
    """Columns that the facts of a study hold, read so far or not."""
    found = set(result.cubes)
    assert result.folder is not None
    for spec in result.study.facts.values():
        try:
            paths = facts_paths(result.folder, spec)
            found |= set(measures_in(paths[0], placed(result.folder, spec)))
        except HansaError:
            continue
    return found


def said(names: tuple[str, ...]) -> str:
    """Measures by their labels, in a sentence."""
    return joined([_(find_measure(n).label) for n in names]) if names else _("no measure here")
