"""A computed index as a document: who stands where, why, how firmly, and what would change it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import numpy as np

from hansa.errors import HansaError, UsageError
from hansa.index.audit import Audit
from hansa.index.removal import effective_weights, removal
from hansa.index.result import IndexResult
from hansa.index.retold import retold
from hansa.index.whatif import Change, Sheet
from hansa.language import N_, _
from hansa.report.document import Document, Section, Table
from hansa.report.index_audit_report import audit_section, verdict
from hansa.report.index_certain import gaps_section, how_sure, origin, score_table, scores_only
from hansa.report.index_method import method
from hansa.study.told import told
from hansa.views.figure import Figure
from hansa.views.format import grouped, joined
from hansa.views.index_change import change_answer, change_figure
from hansa.views.index_gap import Conditions, critical_answer, critical_figure
from hansa.views.index_league import first_place, league_figure, widest
from hansa.views.index_profile import Who, profile_figure, strengths_figure
from hansa.views.index_sensitivity import (
    sensitivity_answer,
    sensitivity_figure,
    target_words,
)
from hansa.views.index_time import time_figure
from hansa.views.index_tree import tree_answer, tree_figure
from hansa.views.index_whatif import (
    reach_answer,
    reach_figure,
    whatif_answer,
    whatif_figure,
)
from hansa.views.index_words import (
    PLAIN,
    IndexView,
    IndexWords,
    number,
    percent,
    recipe_words,
    signed,
)


@dataclass(frozen=True)
class IndexReport:
    """What a report on an index shows.

    unit        code of the unit with a profile and what-if questions; the one in the middle of the
                league by default
    groups      groups of units, a profile each
    chosen      codes in bold in the league
    period      years compared; the first and the last by default
    change      a what-if change; by default the unit's indicator with most to gain, at its best
    gain        places of the inverse question
    conditions  critical framework conditions, where they were computed
    python, command  lines that give the same result
    """

    unit: str = ""
    groups: tuple[Who, ...] = ()
    chosen: tuple[str, ...] = ()
    period: tuple[int, int] | None = None
    change: Change | None = None
    gain: int = 3
    conditions: Conditions | None = None
    python: str = ""
    command: str = ""


USUAL = IndexReport()
_NO_FINDINGS = ("gaps", "audit", "removal")


@dataclass(frozen=True)
class _Part:
    """A result with its choices: what every section needs."""

    view: IndexView
    show: IndexReport
    lost: list[str] = field(default_factory=list)

    @property
    def unit(self) -> str:
        if self.show.unit:
            self.view.place(self.show.unit)
            return self.show.unit
        known = [i for i in self.view.order if not np.isnan(self.view.rank[i])]
        return self.view.codes[known[len(known) // 2]]

    @property
    def replicated(self) -> bool:
        return self.view.result.robustness is not None

    def lose(self, problem: HansaError, what: str) -> None:
        """Keep why a question cannot be asked of this index."""
        f = told(problem.finding)
        self.lost.append(f"{what}: {f.rule} ({f.place or f.printed}).")

    def origin(self) -> dict[str, Any]:
        """The quiet line of a section, and how to get its numbers."""
        view, made = self.view, self.view.result.robustness
        bits = [
            _("Source: {source}", source=view.source),
            view.sample(),
            _("recipe {recipe}", recipe=recipe_words(view.result.recipe)),
            _("{count} replications, seed {seed}", count=grouped(made.draws), seed=made.seed)
            if made
            else _("no replications"),
        ]
        line = "; ".join(bits) + "."
        return {"line": line, "python": self.show.python, "command": self.show.command}


def index_document(
    result: IndexResult,
    words: IndexWords = PLAIN,
    show: IndexReport = USUAL,
    audit: Audit | None = None,
) -> Document:
    """The whole report of an index; the answers of its sections in short come first.

    Sections whose question cannot be asked of this index (years, what-if on an index that is no
    weighted sum) are left out, and the last section says why.
    """
    part = _Part(IndexView(result, words), show)
    view = part.view
    sections = list(_sections(part))
    if audit is not None:
        sections.append(audit_section(audit, part.origin()))
    sections.append(gaps_section(view, part.lost))
    findings = [s.answer[0] for s in sections if s.answer and s.id not in _NO_FINDINGS]
    if audit is not None:
        # Coherence comes before anything that is said about the firmness of ranks.
        findings.insert(1, verdict(audit))
    return Document(
        title=view.title,
        subtitle=_subtitle(view),
        origin=origin(view),
        findings=tuple(dict.fromkeys(findings)),
        sections=tuple(sections),
        method=tuple(method(view)),
        footer=_(
            "Made with Hansa {version}. The recipe beside this report replays it.",
            version=version("hansa"),
        ),
        model_data=words.model_data,
    )


def _subtitle(view: IndexView) -> str:
    sample, years = f"{view.sample()[0].upper()}{view.sample()[1:]}", view.data.years
    if len(years) < 2:
        return sample
    return _("{sample} ({start} to {end})", sample=sample, start=years[0], end=years[-1])


def _sections(part: _Part) -> Iterator[Section]:
    yield _league(part)
    makers = (
        (N_("Nothing is said about change over years"), _time),
        (N_("Nothing is said about the tree"), _tree),
        (N_("Nothing is said about leaving indicators out"), _removal),
        (N_("Nothing is said about the profile of a unit"), _unit),
        (N_("Nothing is said about what-if questions"), _whatif),
        (N_("Nothing is said about critical framework conditions"), _critical),
    )
    for nothing, maker in makers:
        try:
            found = maker(part)
        except UsageError:
            raise
        except HansaError as problem:
            # One question that this index cannot be asked must not cost the report.
            part.lose(problem, _(nothing))
            continue
        if found is not None:
            yield found
        if maker is _unit:
            yield from (_group(part, who, n) for n, who in enumerate(part.show.groups))
    yield from (_sensitivity(part, n) for n in range(len(part.view.result.sensitivity)))


def _league(part: _Part) -> Section:
    view = part.view
    if not part.replicated:
        part.lost.append(
            _("Ranks are not shown: an interval needs replications, and none were asked for.")
        )
        return Section(
            "league", _("Who stands where?"), (scores_only(view),), tables=(score_table(view),),
            **part.origin(),
        )  # fmt: skip
    return Section(
        "league",
        _("Who stands where?"),
        (f"{first_place(view)}.", widest(view)),
        (league_figure(view, part.show.chosen or (part.unit,)),),
        certainty=tuple(how_sure(view)),
        **part.origin(),
    )


def _time(part: _Part) -> Section | None:
    view = part.view
    years = view.data.years
    if len(years) < 2 or not part.replicated:
        return None
    start, end = part.show.period or (years[0], years[-1])
    answer = change_answer(view, start, end)
    figures = (time_figure(view, part.show.chosen), change_figure(view, start, end))
    return Section(
        "time", _("Who rose and who fell from {start} to {end}?", start=start, end=end),
        answer, figures,
        certainty=(_("A change counts where its own 90\u202f% interval leaves 0 out. A rank can "
                     "change because others move: the change of score stands beside it."),),
        **part.origin(),
    )  # fmt: skip


def _tree(part: _Part) -> Section:
    view = part.view
    return Section(
        "tree", _("What is the index made of, and what moves it?"), (f"{tree_answer(view)}.",),
        (tree_figure(view),),
        certainty=(_("Correlation ratios over {units} describe this table; they rise a little by "
                     "chance where units are few.", units=view.size()),),
        **part.origin(),
    )  # fmt: skip


def _removal(part: _Part) -> Section | None:
    view, tree = part.view, part.view.tree
    if tree.leaves < 2:
        return None
    found = removal(view.result.stage, codes=tuple(n.code for n in tree.indicators))
    change = found.change[view.rows]
    shift = np.nan_to_num(np.abs(change)).mean(axis=0)
    order = np.argsort(-shift, kind="stable")
    rows = []
    for j in order:
        most = int(np.argmax(np.nan_to_num(np.abs(change[:, j]))))
        rows.append((
            tree.nodes[j].label, number(float(shift[j]), 2),
            f"{view.names[most]} {signed(float(change[most, j]))}",
            str(int((np.nan_to_num(change[:, j]) != 0).sum())),
        ))  # fmt: skip
    first = tree.nodes[order[0]].label
    columns = (
        _("Left out"),
        _("Mean change of rank"),
        _("Changes most"),
        _("Ranks that change"),
    )
    return Section(
        "removal",
        _("What if an indicator were left out?"),
        (
            _("Without {indicator}, ranks change by {places} places on average, more than without "
              "any other of {all} indicators.",
              indicator=first, places=number(float(shift[order[0]]), 1), all=tree.leaves),
        ),
        tables=(Table(_("The index without each indicator"), columns, tuple(rows),
                      _("Places that the rank rises (+) or falls (−) without the indicator; all "
                        "else as it is.")),),
        **part.origin(),
    )  # fmt: skip


def _unit(part: _Part) -> Section:
    view, unit = part.view, part.unit
    figures: list[Figure] = [profile_figure(view, Who((unit,)))]
    if view.tree.leaves > 1:
        figures.append(strengths_figure(view, unit))
    name, at = view.name(unit), view.place(unit)
    share = float(view.filled[at])
    told = [f"{figures[0].title}."]
    if part.replicated:
        told.append(_("It ranks {rank} of {units}.", rank=view.rank_text(at), units=view.size()))
    observed = view.rests_on(at) or _("All its values were observed.")
    filled = _("{share} of its weight rests on filled cells.", share=percent(share))
    return Section(
        "unit", _("What is {unit} strong and weak at?", unit=name), (" ".join(told),),
        tuple(figures),
        certainty=(*((observed,) if view.partly(at) or not share else ()),
                   *((filled,) if share else ()),
                   _("Strengths are ordered by rank among the units, whatever an indicator "
                     "weighs.")),
        **part.origin(),
    )  # fmt: skip


def _group(part: _Part, who: Who, n: int) -> Section:
    figure = profile_figure(part.view, who)
    names = joined([part.view.name(u) for u in who.units])
    return Section(
        f"group-{n + 1}",
        _("Where does {group} stand?", group=who.name or _("the group")),
        (f"{figure.title}.",),
        (figure,),
        certainty=(_("Members: {units}. The mean hides how far members differ.", units=names),),
        **part.origin(),
    )  # fmt: skip


def _whatif(part: _Part) -> Section | None:
    view = part.view
    if not part.replicated or np.isnan(view.rank[view.place(part.unit)]):
        return None
    sheet = Sheet(view.result.evaluator, view.result.robustness)
    change = part.show.change or most_to_gain(view, sheet, part.unit)
    answer = sheet.answer(part.unit, change, both=True)
    told = [whatif_answer(view, answer, change)]
    figures = [whatif_figure(view, answer, change)]
    gain = min(part.show.gain, int(view.rank[view.place(part.unit)]) - 1)
    try:
        if gain > 0:
            told.append(reach_answer(view, sheet, part.unit, gain))
            figures.append(reach_figure(view, sheet, part.unit, gain))
    except HansaError as problem:  # the inverse question needs a weighted sum
        part.lose(problem, _("What would gain places cannot be told"))
    return Section(
        "what-if", _("What would lift {unit}?", unit=view.name(part.unit)),
        tuple(told), tuple(figures),
        certainty=(_("Arithmetic of the index, no forecast: others stay as they are, and nothing "
                     "is said about whether or how such a change can be made."),),
        **part.origin(),
    )  # fmt: skip


def most_to_gain(view: IndexView, sheet: Sheet, unit: str) -> Change:
    """The indicator with the greatest weight times distance to the best value, at that value."""
    z, at = view.data.values[view.rows], view.place(unit)
    weight = effective_weights(view.result.stage)[: view.tree.leaves]
    gain = np.nan_to_num(weight * (np.fmax.reduce(z, axis=0) - z[at]), nan=-1.0)
    code = view.tree.nodes[int(np.argmax(gain))].code
    return Change({(unit, code): sheet.best_peer(code)})


def _critical(part: _Part) -> Section | None:
    own = part.show.conditions
    if own is None:
        return None
    figure = critical_figure(part.view, own, part.unit)
    return Section(
        "critical",
        _("Which framework conditions may hold {unit} back?", unit=part.view.name(part.unit)),
        (critical_answer(part.view, own, part.unit),), (figure,),
        certainty=(_("A gap that goes with weak performance is a place to look, no proof of a "
                     "cause. Probabilities say how firm the order is over other sets of units."),),
        **part.origin(),
    )  # fmt: skip


def _sensitivity(part: _Part, n: int) -> Section:
    found = part.view.result.sensitivity[n]
    try:
        figures: tuple[Figure, ...] = (sensitivity_figure(part.view, found),)
    except HansaError:
        figures = ()
    return Section(
        "sensitivity" + (f"-{n + 1}" if n else ""),
        _("Which choice moves {target} most?", target=target_words(found.target)),
        (sensitivity_answer(found),), figures, certainty=tuple(map(retold, found.said())),
        **part.origin(),
    )  # fmt: skip
