"""The composite indices of a study: which there are, each computed once and kept open.

An index folder that is served by itself is the one index of a session without a study.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from hansa.errors import HansaError, UsageError, listed
from hansa.index.folder import TABLES, is_index, made_up
from hansa.language import N_, _, pgettext, spoken
from hansa.web.session import Session
from hansa.web.sheet import Choice, Control, Sheet
from hansa.web.state import State
from hansa.web.studies import is_alone

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
OF_2009 = N_("Nordic Innovation Monitor 2009, as printed")
KEPT = 120
"""Things made of one index that are kept."""

Made = TypeVar("Made")


@dataclass(frozen=True)
class Place:
    """An index folder of a study.

    name     as it stands in addresses
    path     from the study folder on: `indices/NAME`; empty where it is the folder itself
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
        self.folder = session.folder / place.path
        self.tell = session.tell
        self._made: OrderedDict[object, Any] = OrderedDict()

    @cached_property
    def result(self) -> IndexResult:
        """The run of its recipe, with replications."""
        from hansa.index.verbs import index
        from hansa.views.format import grouped
        from hansa.web.portions import replicated

        self.tell(_("running the recipe of the index {name}", name=self.place.name), 0.05)
        made = index(self.folder)
        words = _(
            "{draws} replications of {rows} rows and {leaves} indicators",
            draws=grouped(REPLICATIONS), rows=made.data.unit.size, leaves=made.tree.leaves,
        )  # fmt: skip
        drawn = replicated(
            made.evaluator, REPLICATIONS, lambda done: self.tell(words, 0.1 + 0.4 * done)
        )
        return replace(made, robustness=drawn)

    @property
    def view(self) -> IndexView:
        """Its last year as figures take it."""
        from hansa.views.index_words import IndexView

        return self.kept("view", lambda: IndexView(self.result, self.words))

    @property
    def words(self) -> IndexWords:
        """What it is called, and whose its indicators are."""
        from hansa.views.index_sources import sources_of
        from hansa.views.index_words import IndexWords

        tree = self.result.tree
        model = made_up(n.source for n in tree.indicators)
        thing = (_("region"), _("regions")) if self.place.fetched else (_("unit"), _("units"))
        return IndexWords(
            source=sources_of(tree), thing=thing[0], things=thing[1], model_data=model
        )

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
            words = _("exact best and worst ranks: {done} of {all} {things}",
                      done=round(done * rows.size), all=rows.size,
                      things=self.words.things)  # fmt: skip
            self.tell(words, 0.5 + 0.3 * done)

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

    @property
    def audit(self) -> Audit:
        """The ten steps of the handbook, in the names of units and indicators."""
        return self.kept("judged", self._audit)

    def _audit(self) -> Audit:
        from hansa.index.audit import audit
        from hansa.web.audit_names import in_names, names_of

        whole = self.whole
        self.tell(_("auditing the index"), 0.95)
        return in_names(audit(whole), names_of(self.view))

    def sensitivity(self, target: str) -> Sensitivity | None:
        """Which choice moves a target: `shift`, or `rank:UNIT`; None where nothing varies."""
        return self.kept(("sensitivity", target), lambda: self._sensitivity(target), said=False)

    def _sensitivity(self, target: str) -> Sensitivity | None:
        from hansa.index.sensitivity import target_of
        from hansa.views.index_sensitivity import target_words
        from hansa.web.portions import moved_by

        evaluator = self.result.evaluator
        if not evaluator.factors:
            return None
        kind, _colon, unit = target.partition(":")
        own = target_of(kind, [self.view.place(unit)] if unit else [])
        named = target_words(f"{kind}:{self.view.name(unit)}" if unit else kind)
        words = _("which choice moves {target}", target=named)
        return moved_by(evaluator, target, own, lambda done: self.tell(words, 0.8 + 0.14 * done))

    def kept(self, key: object, make: Callable[[], Made], said: bool = True) -> Made:
        """What `make` gives, made once for a key.

        said  it holds words: it is made once for each language
        """
        key = (spoken() if said else "", key)
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
        return f"STUDY/{self.place.path}" if self.place.path else "INDEX"

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
        line = _(
            "Source: {source}; {sample}; recipe {recipe}; {draws} replications, seed {seed}.",
            source=self.view.source,
            sample=view.sample(),
            recipe=recipe_words(view.result.recipe),
            draws=grouped(made.draws),
            seed=made.seed,
        )
        start = f'import hansa\nresult = hansa.index("{self.where}", replications={REPLICATIONS})\n'
        own = f"hansa index {command.format(self.where)}" if command else ""
        return {"line": line, "python": start + python if python else "", "command": own}


@dataclass
class _Shelf:
    """What is known of the indices of one open study; None: an index folder without a study."""

    study: Study | None
    places: Mapping[str, Place]
    opened: dict[str, OpenIndex] = field(default_factory=dict)


_shelves: WeakKeyDictionary[Session, _Shelf] = WeakKeyDictionary()


def _shelf(session: Session) -> _Shelf:
    """The shelf of a study; it goes with its session, which ends when a file changes."""
    from hansa.study.config import read_study

    if session not in _shelves:
        folder = session.folder
        if is_alone(folder):
            name = folder.resolve().name
            _shelves[session] = _Shelf(None, {name: Place(name, "", _title(folder))})
        else:
            study = read_study(folder)
            _shelves[session] = _Shelf(study, _places(study, folder))
    return _shelves[session]


def _places(study: Study, folder: Path) -> dict[str, Place]:
    found = {}
    for name, spec in study.scoreboard.items():
        path = spec.folder or f"indices/{name}"
        found[name] = Place(name, path, spec.title, True, is_index(folder / path))
    taken = {place.path for place in found.values()}
    inner = folder / "indices"
    for one in sorted(inner.iterdir()) if inner.is_dir() else ():
        if is_index(one) and f"indices/{one.name}" not in taken:
            # A scoreboard elsewhere may have taken the name of the folder.
            name = one.name if one.name not in found else f"{one.name}-folder"
            found[name] = Place(name, f"indices/{one.name}", _title(one))
    return found


def _title(folder: Path) -> str:
    """The name of the root; that of the folder where the tables cannot be read."""
    from hansa.index.metadata import tree_of
    from hansa.index.reading import read_table

    path = next(folder / name for name in TABLES if (folder / name).is_file())
    try:
        meta = read_table(path)
        rows = [dict(zip(meta, row, strict=True)) for row in zip(*meta.values(), strict=True)]
        tree = tree_of(rows, str(path))
    except HansaError:
        return folder.name
    return tree.nodes[tree.root].label


def study_of(session: Session) -> Study:
    """The study as its file has it, without computing it. Raises HansaError where there is none."""
    from hansa.study.config import read_study

    return _shelf(session).study or read_study(session.folder)


def region_of(session: Session) -> str:
    """The region that a study is about; empty without a study."""
    study = _shelf(session).study
    return study.outputs.region if study is not None else ""


def _shows_published(session: Session) -> bool:
    study = _shelf(session).study
    return study is not None and study.outputs.published


def places_of(session: Session) -> dict[str, Place]:
    """The indices of a study that are there, by name."""
    return {name: p for name, p in _shelf(session).places.items() if p.there}


def waiting_of(session: Session) -> tuple[Place, ...]:
    """Scoreboards of study.toml whose folder is not there yet."""
    return tuple(p for p in _shelf(session).places.values() if not p.there)


def is_published(session: Session, state: State) -> bool:
    """Whether a state means the printed Monitor of 2009, by name or for want of an index."""
    shown = _shows_published(session)
    return shown and (state.index == PUBLISHED or not (state.index or places_of(session)))


def opened(session: Session, state: State) -> OpenIndex | None:
    """The index of a state, the first one by default; None where the study has none.

    Raises UsageError for one that the study does not have.
    """
    shelf, there = _shelf(session), places_of(session)
    published = [PUBLISHED] if _shows_published(session) else []
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
    if published and _shows_published(session):
        choices.append(Choice(PUBLISHED, _(OF_2009)))
    return (Control("index", _("Index"), tuple(choices), chosen),) if len(choices) > 1 else ()


def unit_control(index: OpenIndex, chosen: str, optional: bool = False) -> Control:
    """The control that picks a unit; one that is optional may stay open."""
    view = index.view
    named = sorted(zip(view.names, view.codes, strict=True))
    choices = [Choice(code, f"{name} ({code})" if name != code else code) for name, code in named]
    if optional:
        choices.insert(0, Choice("", pgettext("unit", "none")))
    return Control("unit", index.words.thing.capitalize(), tuple(choices), chosen)


def index_sheet(session: Session, index: OpenIndex, sheet: Sheet) -> Sheet:
    """A page on an index, with whose numbers it shows."""
    from hansa.report.index_certain import origin

    told = origin(index.view)
    study = _shelf(session).study
    facts = study.facts.values() if study is not None else ()
    if any(spec.model_data for spec in facts) and not index.words.model_data:
        told += " " + _("The model data of this study take no part in it.")
    return replace(sheet, origin=told, model_data=index.words.model_data)


def sections_of(
    index: OpenIndex, makers: Mapping[str, Callable[[], Section | None]]
) -> tuple[tuple[Section, ...], tuple[str, ...]]:
    """Sections by name, and why those that cannot be had are missing.

    One question that an index cannot be asked must not cost the page. Each is made once.
    """
    from hansa.web.told import unsaid

    made, lost = [], []
    for name, make in makers.items():
        try:
            found = make()
        except UsageError:
            raise
        except HansaError as problem:
            lost.append(unsaid(name, problem))
            continue
        if found is not None:
            made.append(found)
    return tuple(made), tuple(lost)
