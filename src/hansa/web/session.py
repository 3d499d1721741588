"""An open study: its results, and the part of them that a state asks for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from hansa.errors import UsageError, listed
from hansa.language import _, speaking, spoken
from hansa.web.sheet import Control, Sheet
from hansa.web.state import EMPTY, METHOD, State, given_in

if TYPE_CHECKING:
    from hansa.report.document import Document, Section
    from hansa.report.part import Part
    from hansa.study.config import Study
    from hansa.study.run import BaseResult, DefinitionResult, StudyResult
    from hansa.web.keeping import Kept

Progress = Callable[[str, float], None]

VARIANTS = 4
"""Results under other methods that are kept."""
PARTS = 24
"""Parts (definition, base, method) that are kept."""


class Session:
    """One study, computed when first asked for and kept; lives in the worker process."""

    def __init__(self, folder: Path, progress: Progress, kept: Kept | None = None) -> None:
        """`kept`: where its results may lie from an earlier start."""
        self.folder = folder
        self._progress = progress
        self._kept = kept
        self.computed = False
        self._variants: OrderedDict[State, StudyResult] = OrderedDict()
        self._documents: OrderedDict[State, Document] = OrderedDict()
        self._parts: OrderedDict[State, Part] = OrderedDict()
        self._definitions: dict[tuple[Path, int, State], DefinitionResult] = {}
        self._sections: dict[str, OrderedDict[State, Section | None]] = {}
        self.region_choices: OrderedDict[Any, Any] = OrderedDict()

    def tell(self, text: str, done: float) -> None:
        """Say what is being computed, and how far (0 to 1)."""
        self._progress(text, done)

    @cached_property
    def result(self) -> StudyResult:
        """The results of the study as its file has it; the first call opens or computes them."""
        from hansa.study.config import read_study
        from hansa.study.run import run_study

        study, language = read_study(self.folder), spoken()
        if self._kept is not None and (made := self._kept.made):
            self._progress(_("opening the results kept from {date}", date=made), 0.1)
            if (found := self._kept.result(study)) is not None:
                return found
        self.computed = True

        def told(text: str, done: float) -> None:
            with speaking(language):
                self._progress(_said(text), done)

        # Names and notes in English: what is kept serves every language.
        with speaking("en"):
            return run_study(study, self.folder, told)

    def document(self, state: State) -> Document:
        """The report as a value, under the method of a state."""
        from hansa.report.content import document

        method = state.method
        if method not in self._documents:
            result = self.variant(method)
            self._progress(_("putting the findings together"), 0.9)
            self._documents[method] = document(result)
        return _kept(self._documents, method, VARIANTS)

    @cached_property
    def model_data(self) -> bool:
        """Whether the numbers are drawn at random."""
        return any(spec.model_data for spec in self.result.study.facts.values())

    @property
    def origin(self) -> str:
        """Whether the numbers are real, and whose; of a page without a table of 2009."""
        from hansa.report.origin import origin

        return origin(self.result, of_2009=False)

    @property
    def origin_of_2009(self) -> str:
        """The same of a page that shows tables of 2009, which are real beside model data."""
        from hansa.report.origin import origin

        return origin(self.result)

    def variant(self, state: State) -> StudyResult:
        """The results under the method of a state: the study's own, or computed anew and kept.

        Each says whose numbers the years are that pages show of it.
        """
        from hansa.report.origin import of_shown_years
        from hansa.study.run import rerun
        from hansa.web.pages.method.known import refuse_early, refuse_period

        method = state.method
        if method not in self._variants:
            if "result" not in self.__dict__ and method.changed:
                refuse_early(self.folder, method)
            made = self.result
            if method != EMPTY:
                # Another language only: notes and names are said anew, numbers stay.
                under = study_under(made.study, method)
                refuse_period(made, under)
                made = rerun(made, under, self._progress)
            self._variants[method] = of_shown_years(made)
        return _kept(self._variants, method, VARIANTS)

    def part(self, state: State) -> Part:
        """One definition on one base, with the region and the cluster of the state.

        Raises UsageError for what the study does not have, with what it has.
        """
        made = self._part(state.known_to(("definition", "base", *METHOD)))
        picks = made.picks
        if state.region:
            picks = replace(picks, region=_known(state.region, self.regions(made), "region"))
        if state.cluster:
            clusters = made.own.definition.clusters
            picks = replace(picks, cluster=_known(state.cluster, clusters, "cluster"))
        return replace(made, picks=picks)

    def _part(self, state: State) -> Part:
        from hansa.report.part import part_of

        if state not in self._parts:
            result = self.variant(state)
            if (saved := self._saved(result, state)) is not None:
                path = f"definitions/{state.definition}.csv"
                return self.alone(saved, state, path)
            own = _definition(result, state.definition)
            made = part_of(result, own, _base(own, state.base))
            self._parts[state] = replace(made, changes=changes_of(result.study, state))
        return _kept(self._parts, state, PARTS)

    def alone(self, own: DefinitionResult, state: State, called: str) -> Part:
        """A definition that is not one of the study's, on its facts; `called`: its file."""
        from hansa.report.part import part_of

        result = self.variant(state)
        study = result.study
        if study.outputs.cluster not in own.definition.clusters:
            outputs = study.outputs.model_copy(update={"cluster": ""})
            study = study.model_copy(update={"outputs": outputs})
        made = part_of(replace(result, study=study, results=(own,)), own, own.bases[0])
        return replace(made, called=called, changes=changes_of(result.study, state))

    def saved_definitions(self) -> dict[str, Path]:
        """Definitions that lie in the study folder without being named in study.toml, by id."""
        named = {r.definition.id for r in self.result.results}
        paths = sorted((self.folder / "definitions").glob("*.csv"))
        return {p.stem: p for p in paths if p.stem not in named}

    def _saved(self, result: StudyResult, state: State) -> DefinitionResult | None:
        """The results of a definition saved beside the study, where the state names one."""
        from hansa.clusters import find_definition
        from hansa.study.run import on_definition

        path = self.saved_definitions().get(state.definition)
        if path is None:
            return None
        key = path, path.stat().st_mtime_ns, state.known_to(("base", *METHOD))
        if key not in self._definitions:
            self._definitions = {k: v for k, v in self._definitions.items() if k[:2] == key[:2]}
            definition = find_definition(str(path), result.results[0].definition.classification)
            bases = {b.name: b for b in result.study.base}
            base = bases.get(state.base, result.study.base[0])
            self._definitions[key] = on_definition(result, definition, result.study.measures, base)
        return self._definitions[key]

    def section(
        self, build: Callable[[Part], Section | None], state: State, *depends: str
    ) -> Section | None:
        """A section of the report, made once for all states in which it is the same.

        depends  what it depends on beside definition, base and method: region, cluster
        """
        own = state.known_to(("definition", "base", *METHOD, *depends))
        if own.definition in self.saved_definitions():
            return build(self.part(own))
        shelf = self._sections.setdefault(build.__qualname__, OrderedDict())
        if own not in shelf:
            shelf[own] = build(self.part(own))
        return _kept(shelf, own, PARTS)

    def regions(self, part: Part) -> tuple[str, ...]:
        """Codes of the regions of the results."""
        return tuple(next(iter(part.base.regions.values())).distinct("geo"))

    def controls(self, part: Part, state: State, *names: str) -> tuple[Control, ...]:
        """The controls of these names, those without a choice left out.

        A name that ends in `?` may stay open: nothing is lit up then.
        """
        from hansa.web.controls import control_of

        made = [control_of(self, part, state, name) for name in names]
        return tuple(control for control in made if len(control.choices) > 1)


def study_under(study: Study, method: State) -> Study:
    """The study with other choices of method. Raises UsageError for what cannot be meant."""
    from hansa.study.config import study_from

    own = study.model_dump(exclude_unset=True)
    changed = {name: value for name in METHOD if (value := getattr(method, name))}
    for name in ("rules", "reference"):
        refuse_files(changed.get(name, ""), name, getattr(study, name))
    if changed.get("reference", study.reference) != study.reference:
        # What the study calls its own reference is no name of another one.
        own.pop("reference_name", None)
    if period := changed.pop("period", ""):
        own["period"] = _years(period)
    if cell := changed.pop("min_cell", ""):
        own["min_cell"] = _persons(cell)
    try:
        return study_from({**own, **changed}, "the address")
    except UsageError as problem:
        f = problem.finding
        raise UsageError(
            f.rule.replace("the study is wrong", "the address is wrong"),
            printed=f.printed,
            admissible=f.admissible,
            fix="correct it in the address, or take it out",
        ) from problem


def refuse_files(value: str, name: str, own: str = "") -> None:
    """Raise where a value of an address names a file: an address opens none but the study's own."""
    if value != own and (value.endswith(".toml") or "/" in value or "\\" in value):
        raise UsageError(
            f"{name} in an address is no file",
            printed=repr(value[:60]),
            admissible="a name that the page offers" + (f", or {own}" if own else ""),
            fix="a file of your own stands in study.toml",
        )


def _persons(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found < 1e12:
        raise UsageError(
            "min_cell cannot be read",
            printed=repr(text[:40]),
            admissible="a number of persons: 0 or more",
        )
    return found


def told_under(sheet: Sheet, session: Session, state: State) -> Sheet:
    """A sheet whose lines run the study under the method of the state, not as its file has it."""
    if not state.changed or not any(_RUN in s.python for s in sheet.sections):
        return sheet
    changed = [name for name, _ in given_in(state) if name in METHOD]
    under = study_under(session.result.study, state.method)
    keys = ", ".join(f"{name!r}: {getattr(under, name)!r}" for name in changed)
    head = (
        "from pathlib import Path\n"
        "from hansa.study.config import read_study\n"
        "from hansa.study.run import run_study\n"
        f'study = read_study(Path("STUDY")).model_copy(update={{{keys}}})\n'
    )
    own = tuple(
        replace(
            s, python=head + s.python.replace(_RUN, 'run_study(study, Path("STUDY"))'), command=""
        )
        if _RUN in s.python
        else s
        for s in sheet.sections
    )
    return replace(sheet, sections=own)


_RUN = 'hansa.run("STUDY")'


def changes_of(study: Study, state: State) -> dict[str, Any]:
    """The method of a state as options of `hansa.compute`; `study` is the study under it."""
    found: dict[str, Any] = {
        name: getattr(study, name) for name in METHOD if name != "period" and getattr(state, name)
    }
    if state.period:
        found["start"], found["end"] = _years(state.period)
    return found


def _years(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    if not (first.isdecimal() and last.isdecimal() and len(text) == 9):
        raise UsageError(
            "the period cannot be read", printed=repr(text[:40]), admissible="two years: 2015-2018"
        )
    return int(first), int(last)


def _said(text: str) -> str:
    """What a study says while it is computed, in the language spoken here."""
    doing, _space, name = text.partition(" ")
    if doing == "checking":
        return _("checking {name}", name=name)
    return _("computing {name}", name=name) if doing == "computing" else _(text)


Made = TypeVar("Made")


def _kept(shelf: OrderedDict[State, Made], key: State, most: int) -> Made:
    """What lies on the shelf under a key; what was not used for longest makes room."""
    shelf.move_to_end(key)
    while len(shelf) > most:
        shelf.popitem(last=False)
    return shelf[key]


def _definition(result: StudyResult, name: str) -> DefinitionResult:
    own = {r.definition.id: r for r in result.results}
    return own[_known(name, tuple(own), "definition")] if name else next(iter(own.values()))


def _base(own: DefinitionResult, name: str) -> BaseResult:
    found = {b.base.name: b for b in own.bases}
    return found[_known(name, tuple(found), "base")] if name else own.bases[0]


def _known(name: str, admissible: tuple[str, ...], what: str) -> str:
    if name not in admissible:
        raise UsageError(
            f"the study has no {what} {name!r}", admissible=listed(sorted(admissible), 60)
        )
    return name
