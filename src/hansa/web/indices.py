"""The composite indices of a study: which there are, each computed once and kept open."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from hansa.errors import HansaError, UsageError, listed
from hansa.web.session import Session
from hansa.web.sheet import Choice, Control, Sheet
from hansa.web.state import State

if TYPE_CHECKING:
    from hansa.index.audit import Audit
    from hansa.index.extreme import RankInterval
    from hansa.index.result import IndexResult
    from hansa.index.sensitivity import Sensitivity
    from hansa.index.whatif import Sheet as WhatIf
    from hansa.report.document import Section
    from hansa.study.config import Study
    from hansa.views.index_words import IndexView, IndexWords

REPLICATIONS = 10_000
"""Of the choices left open; the number that the commands take, too."""
PUBLISHED = "published"
"""In the place of an index: the two printed tables of the Nordic Innovation Monitor of 2009."""
OF_2009 = "Nordic Innovation Monitor 2009, as printed"
MOST_SOURCES = 3
"""Sources of indicators that are named; the others are counted."""
KEPT = 120
"""Things made of one index that are kept."""

_TABLES = ("indicators.csv", "indicators.parquet")

Made = TypeVar("Made")


@dataclass(frozen=True)
class Place:
    """An index folder of a study.

    name     as it stands in addresses
    path     from the study folder on: `indices/NAME`
    title    of the index, as its tables have it
    fetched  `[scoreboard.NAME]` of study.toml makes it
    there    False where it was not fetched yet
    """

    name: str
    path: str
    title: str
    fetched: bool = False
    there: bool = True


class OpenIndex:
    """One index, run and replicated; what else is dear is made when it is first asked for."""

    def __init__(self, session: Session, place: Place) -> None:
        self.place = place
        self._folder = session.folder / place.path
        self.tell = session.tell
        self._made: OrderedDict[object, Any] = OrderedDict()

    @cached_property
    def result(self) -> IndexResult:
        """The run of its recipe, with replications."""
        from hansa.index.verbs import index
        from hansa.views.format import grouped
        from hansa.web.portions import replicated

        self.tell(f"running the recipe of the index {self.place.name}", 0.05)
        made = index(self._folder)
        rows, leaves = made.data.unit.size, made.tree.leaves
        words = f"{grouped(REPLICATIONS)} replications of {rows} rows and {leaves} indicators"
        drawn = replicated(
            made.evaluator, REPLICATIONS, lambda done: self.tell(words, 0.1 + 0.4 * done)
        )
        return replace(made, robustness=drawn)

    @cached_property
    def view(self) -> IndexView:
        """Its last year as figures take it."""
        from hansa.views.index_words import IndexView

        return IndexView(self.result, self.words)

    @cached_property
    def words(self) -> IndexWords:
        """What it is called, and whose its indicators are."""
        from hansa.views.index_words import IndexWords

        told = list(dict.fromkeys(n.source for n in self.result.tree.indicators if n.source))
        model = bool(told) and all(t.lower().startswith("model data") for t in told)
        if len(told) > MOST_SOURCES:
            rest = len(told) - MOST_SOURCES
            told = [*told[:MOST_SOURCES], f"and {rest} more, named in indicators.csv"]
        thing = ("region", "regions") if self.place.fetched else ("unit", "units")
        return IndexWords(source="; ".join(told), thing=thing[0], things=thing[1], model_data=model)

    @cached_property
    def whatif(self) -> WhatIf:
        """It answers what-if questions. Raises HansaError where its recipe admits none."""
        from hansa.index.whatif import Sheet as WhatIf

        return WhatIf(self.result.evaluator, self.result.robustness)

    @cached_property
    def exact(self) -> RankInterval | str:
        """Best and worst rank under any weights a quarter up or down, or why there are none."""
        from hansa.web.portions import exact_ranks

        rows = self.view.rows

        def told(done: float) -> None:
            count = f"{round(done * rows.size)} of {rows.size} {self.words.things}"
            self.tell(f"exact best and worst ranks: {count}", 0.5 + 0.3 * done)

        try:
            return exact_ranks(self.result.stage, rows, told)
        except HansaError as problem:
            return f"{problem.finding.rule} ({problem.finding.place})"

    @cached_property
    def whole(self) -> IndexResult:
        """With exact ranks, and which choice moves ranks: what an audit asks about."""
        exact = None if isinstance(self.exact, str) else self.exact
        shift = self.sensitivity("shift")
        return replace(self.result, intervals=exact, sensitivity=() if shift is None else (shift,))

    @cached_property
    def audit(self) -> Audit:
        """The ten steps of the handbook."""
        from hansa.index.audit import audit

        whole = self.whole
        self.tell("auditing the index", 0.95)
        return audit(whole)

    def sensitivity(self, target: str) -> Sensitivity | None:
        """Which choice moves a target: `shift`, or `rank:UNIT`; None where nothing varies."""
        return self.kept(("sensitivity", target), lambda: self._sensitivity(target))

    def _sensitivity(self, target: str) -> Sensitivity | None:
        from hansa.index.sensitivity import sensitivity, target_of
        from hansa.views.index_sensitivity import target_words

        evaluator = self.result.evaluator
        if not evaluator.factors:
            return None
        kind, _, unit = target.partition(":")
        own = target_of(kind, [self.view.place(unit)] if unit else [])
        self.tell(f"which choice moves {target_words(target)}", 0.8)
        return sensitivity(evaluator, [(target, own)], seed=evaluator.seed)[0]

    def kept(self, key: object, make: Callable[[], Made]) -> Made:
        """What `make` gives, made once for a key."""
        if key not in self._made:
            self._made[key] = make()
        self._made.move_to_end(key)
        while len(self._made) > KEPT:
            self._made.popitem(last=False)
        made: Made = self._made[key]
        return made

    @property
    def where(self) -> str:
        """The folder as lines of Python and commands name it."""
        return f"STUDY/{self.place.path}"

    def unit(self, code: str, fallback: str = "") -> str:
        """A unit that the page is about: the one named, that of the study, or the middle one.

        Raises UsageError for a code that the index does not have.
        """
        if code:
            self.view.place(code)
            return code
        if fallback in self.view.codes:
            return fallback
        known = [i for i in self.view.order if self.view.rank[i] == self.view.rank[i]]
        return self.view.codes[known[len(known) // 2] if known else 0]

    def told(self, python: str = "", command: str = "") -> Mapping[str, Any]:
        """The quiet line of a section, and how to get its numbers.

        python   lines after `result`; command: what follows `hansa index`, `{}` for the folder
        """
        from hansa.views.format import grouped
        from hansa.views.index_words import recipe_words

        view = self.view
        made = view.replicated()
        line = (
            f"Source: {self.words.source or 'not stated'}; {view.sample()}; recipe "
            f"{recipe_words(view.result.recipe)}; {grouped(made.draws)} replications, seed "
            f"{made.seed}."
        )
        start = f'import hansa\nresult = hansa.index("{self.where}", replications={REPLICATIONS})\n'
        own = f"hansa index {command.format(self.where)}" if command else ""
        return {"line": line, "python": start + python if python else "", "command": own}


@dataclass
class _Shelf:
    """What is known of the indices of one open study."""

    study: Study
    places: Mapping[str, Place]
    opened: dict[str, OpenIndex] = field(default_factory=dict)


_shelves: WeakKeyDictionary[Session, _Shelf] = WeakKeyDictionary()


def _shelf(session: Session) -> _Shelf:
    """The shelf of a study; it goes with its session, which ends when a file changes."""
    from hansa.study.config import read_study

    if session not in _shelves:
        study = read_study(session.folder)
        _shelves[session] = _Shelf(study, _places(study, session.folder))
    return _shelves[session]


def _places(study: Study, folder: Path) -> dict[str, Place]:
    found = {}
    for name, spec in study.scoreboard.items():
        path = spec.folder or f"indices/{name}"
        found[name] = Place(name, path, spec.title, True, _is_index(folder / path))
    taken = {place.path for place in found.values()}
    inner = folder / "indices"
    for one in sorted(inner.iterdir()) if inner.is_dir() else ():
        if _is_index(one) and f"indices/{one.name}" not in taken:
            # A scoreboard elsewhere may have taken the name of the folder.
            name = one.name if one.name not in found else f"{one.name}-folder"
            found[name] = Place(name, f"indices/{one.name}", _title(one))
    return found


def _is_index(folder: Path) -> bool:
    return any((folder / name).is_file() for name in _TABLES)


def _title(folder: Path) -> str:
    """The name of the root; that of the folder where the tables cannot be read."""
    from hansa.index.metadata import tree_of
    from hansa.index.reading import read_table

    path = next(folder / name for name in _TABLES if (folder / name).is_file())
    try:
        meta = read_table(path)
        rows = [dict(zip(meta, row, strict=True)) for row in zip(*meta.values(), strict=True)]
        tree = tree_of(rows, str(path))
    except HansaError:
        return folder.name
    return tree.nodes[tree.root].label


def study_of(session: Session) -> Study:
    """The study as its file has it, without computing it."""
    return _shelf(session).study


def places_of(session: Session) -> dict[str, Place]:
    """The indices of a study that are there, by name."""
    return {name: p for name, p in _shelf(session).places.items() if p.there}


def waiting_of(session: Session) -> tuple[Place, ...]:
    """Scoreboards of study.toml whose folder is not there yet."""
    return tuple(p for p in _shelf(session).places.values() if not p.there)


def is_published(session: Session, state: State) -> bool:
    """Whether a state means the printed Monitor of 2009, by name or for want of an index."""
    shown = study_of(session).outputs.published
    return shown and (state.index == PUBLISHED or not (state.index or places_of(session)))


def opened(session: Session, state: State) -> OpenIndex | None:
    """The index of a state, the first one by default; None where the study has none.

    Raises UsageError for one that the study does not have.
    """
    shelf, there = _shelf(session), places_of(session)
    published = [PUBLISHED] if shelf.study.outputs.published else []
    if state.index == PUBLISHED and published:
        return None
    if state.index and state.index not in there:
        raise UsageError(
            f"the study has no index {state.index!r}",
            admissible=listed([*there, *published], 20) or "none: it has no index folder",
            fix="leave the index out of the address",
        )
    if not there:
        return None
    name = state.index or next(iter(there))
    if name not in shelf.opened:
        shelf.opened[name] = OpenIndex(session, there[name])
    return shelf.opened[name]


def index_controls(session: Session, chosen: str, published: bool = False) -> tuple[Control, ...]:
    """The control that picks an index, where there is a choice.

    published  whether the printed Monitor may be chosen, where the study shows it
    """
    choices = [Choice(name, place.title) for name, place in places_of(session).items()]
    if published and study_of(session).outputs.published:
        choices.append(Choice(PUBLISHED, OF_2009))
    return (Control("index", "Index", tuple(choices), chosen),) if len(choices) > 1 else ()


def unit_control(index: OpenIndex, chosen: str, optional: bool = False) -> Control:
    """The control that picks a unit; one that is optional may stay open."""
    view = index.view
    named = sorted(zip(view.names, view.codes, strict=True))
    choices = [Choice(code, f"{name} ({code})" if name != code else code) for name, code in named]
    if optional:
        choices.insert(0, Choice("", "none"))
    return Control("unit", index.words.thing.capitalize(), tuple(choices), chosen)


def index_sheet(session: Session, index: OpenIndex, sheet: Sheet) -> Sheet:
    """A page on an index, with whose numbers it shows."""
    from hansa.report.index_certain import origin

    told = origin(index.view)
    facts = study_of(session).facts.values()
    if any(spec.model_data for spec in facts) and not index.words.model_data:
        told += " The model data of this study take no part in it."
    return replace(sheet, origin=told, model_data=index.words.model_data)


def sections_of(
    index: OpenIndex, makers: Mapping[str, Callable[[], Section | None]]
) -> tuple[tuple[Section, ...], tuple[str, ...]]:
    """Sections by name, and why those that cannot be had are missing.

    One question that an index cannot be asked must not cost the page. Each is made once.
    """
    made, lost = [], []
    for name, make in makers.items():
        try:
            found = make()
        except UsageError:
            raise
        except HansaError as problem:
            f = problem.finding
            lost.append(f"Nothing is said about {name}: {f.rule} ({f.place or f.printed}).")
            continue
        if found is not None:
            made.append(found)
    return tuple(made), tuple(lost)
