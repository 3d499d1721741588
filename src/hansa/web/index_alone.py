"""The pages on an index folder without a study: start, data, check, method, downloads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hansa.errors import HansaError
from hansa.language import N_, _, ngettext
from hansa.web.indices import OpenIndex, index_sheet, opened
from hansa.web.session import Session
from hansa.web.sheet import Item, Listing, Sheet
from hansa.web.state import EMPTY, State
from hansa.web.studies import is_alone
from hansa.web.told import unsaid

if TYPE_CHECKING:
    from hansa.report.document import Section, Table

_TABLES = ("indicators", "data")
_KINDS = {
    "indicators": N_("indicators and their tree"),
    "data": N_("values"),
    "recipe.toml": N_("recipe: the steps and their options"),
    "factors.toml": N_("what the replications vary"),
}
_PYTHON = 'import hansa\nresult = hansa.index("INDEX", replications=10000)\n'


def alone(session: Session) -> OpenIndex | None:
    """The index of a session whose folder is that of an index; None for a study."""
    return opened(session, EMPTY) if is_alone(session.folder) else None


# --- start ------------------------------------------------------------------------------


def start(session: Session, index: OpenIndex) -> Sheet:
    """Which index, how large, whose numbers, five findings, and the league."""
    from hansa.report.index_certain import origin
    from hansa.web.pages.monitor import league

    view = index.view
    found, lost = _findings(index)
    sheet = Sheet(
        question=view.title,
        answer=(
            _size(index),
            *_undivided(index),
            *(() if index.words.model_data else (origin(view),)),
            *lost,
        ),
        sections=(index.kept("league", lambda: league(index, "")),),
        lists=(Listing(_("What stands out"), tuple(found)),),
    )
    return index_sheet(session, index, sheet)


def _undivided(index: OpenIndex) -> tuple[str, ...]:
    """That indicators name a denominator and the recipe divides by none; nothing where it does."""
    view = index.view
    named = sum(bool(node.denominator) for node in view.tree.indicators)
    if not named or view.result.stage.done("denominate"):
        return ()
    return (
        ngettext(
            "{number} indicator names a denominator, but the recipe divides by none.",
            "{number} indicators name a denominator, but the recipe divides by none.",
            named,
        ),
    )


def _size(index: OpenIndex) -> str:
    """How many units, indicators and years."""
    view = index.view
    years, levels = view.data.years, int(view.tree.level.max())
    told = {"units": view.size(), "indicators": view.tree.leaves, "levels": levels}
    if not view.year:
        return _(
            "A composite index of {units} and {indicators} indicators in a tree of {levels} "
            "levels, without years.",
            **told,
        )
    when = str(years[0]) if len(years) == 1 else f"{years[0]}–{years[-1]}"
    return ngettext(
        "A composite index of {units} and {indicators} indicators in a tree of {levels} levels, "
        "{number} year ({when}).",
        "A composite index of {units} and {indicators} indicators in a tree of {levels} levels, "
        "{number} years ({when}).",
        len(years),
        when=when,
        **told,
    )


def _findings(index: OpenIndex) -> tuple[list[Item], list[str]]:
    """What stands out, and why something that would belong here cannot be said."""
    makers: Mapping[str, Callable[[], Item]] = {
        _("who leads"): lambda: _leader(index),
        _("which choice matters"): lambda: _choice(index),
        _("how wide the intervals are"): lambda: _widest(index),
        _("the audit"): lambda: _verdict(index),
        _("missing cells"): lambda: _missing(index),
    }
    found, lost = [], []
    for name, make in makers.items():
        try:
            found.append(make())
        except HansaError as problem:
            lost.append(unsaid(name, problem))
    return found, lost


def _leader(index: OpenIndex) -> Item:
    from hansa.views.index_league import first_place

    view = index.view
    first = view.order[0]
    where = _(
        "{name}: rank {rank} of {size}; in brackets the 90\u202f% interval.",
        name=view.names[first],
        rank=view.rank_text(first),
        size=view.size(),
    )
    return Item(f"{first_place(view)}.", (where,), page="monitor")


def _choice(index: OpenIndex) -> Item:
    from hansa.views.index_sensitivity import sensitivity_answer

    # With all that the audit needs: exact ranks come before it, and progress only rises.
    found = next(iter(index.whole.sensitivity), None)
    text = sensitivity_answer(found) if found else _("No choice is left open: nothing varies.")
    return Item(text, page="robustness")


def _widest(index: OpenIndex) -> Item:
    import numpy as np

    from hansa.views.index_league import widest

    view = index.view
    reach = view.bounds[2] - view.bounds[0]
    if np.isnan(reach).all():
        return Item(_("No unit has an interval of its rank."), page="monitor")
    return Item(widest(view), page="unit", query=f"unit={view.codes[int(np.nanargmax(reach))]}")


def _verdict(index: OpenIndex) -> Item:
    from hansa.report.index_audit_report import verdict

    return Item(verdict(index.audit), page="check")


def _missing(index: OpenIndex) -> Item:
    from hansa.report.index_certain import gaps_section

    return Item(gaps_section(index.view, ()).answer[0], page="data")


# --- data -------------------------------------------------------------------------------


def data(session: Session, index: OpenIndex) -> Sheet:
    """Files with checksums, indicators with their sources and cells, steps taken."""
    gaps = _gaps(index)
    sheet = Sheet(
        question=_("What does this index rest on, and how much of it was observed?"),
        answer=gaps.answer,
        sections=(_files(session), _indicators(index), gaps),
        lists=(_steps(index),),
        more={"checksums": "\n".join(f"{sha}  {name}" for name, _k, _s, sha in _paths(session))},
    )
    return index_sheet(session, index, sheet)


def _paths(session: Session) -> Iterator[tuple[str, str, int, str]]:
    """Name, kind, bytes and checksum of each file that the index reads."""
    from hansa.web.pages.data.files import sha_of

    read = {"indicators.csv", "indicators.parquet", "data.csv", "data.parquet", "recipe.toml"}
    for path in sorted(session.folder.iterdir()):
        if path.name in read | {"factors.toml"}:
            kind = _KINDS.get(path.name) or _KINDS[path.stem]
            yield path.name, _(kind), path.stat().st_size, sha_of(path)


def _files(session: Session) -> Section:
    from hansa.report.document import Section, Table
    from hansa.views.format import grouped

    rows = tuple(
        (name, kind, grouped(size / 1024, 1), sha[:12]) for name, kind, size, sha in _paths(session)
    )
    heads = (_("File"), _("What"), _("KiB"), _("Checksum"))
    note = _(
        "Checksum: the first twelve digits of SHA-256; in full at the end of the page. Without "
        "recipe.toml the plain recipe is run, without factors.toml the usual choices vary."
    )
    return Section(
        "files",
        _("Which files are these?"),
        (ngettext("The index reads {number} file.", "The index reads {number} files.", len(rows)),),
        tables=(Table(_("Files of the index"), heads, rows, note),),
        python="import hashlib, pathlib\n"
        "{p.name: hashlib.sha256(p.read_bytes()).hexdigest() "
        'for p in pathlib.Path("INDEX").iterdir()}',
        command="hansa index run INDEX",
    )


def _indicators(index: OpenIndex) -> Section:
    import numpy as np

    from hansa.report.document import Section, Table
    from hansa.views.format import MISSING

    view = index.view
    tree, rows = view.tree, []
    filled, empty = view.data.filled, np.isnan(view.data.values)
    seen = (~filled & ~empty).sum(axis=0)
    for j, node in enumerate(tree.indicators):
        way = _("higher") if node.direction > 0 else _("lower")
        counts = (int(seen[j]), int(filled[:, j].sum()), int(empty[:, j].sum()))
        rows.append((node.label, node.code, node.unit or MISSING, way, node.source or MISSING,
                     *map(str, counts)))  # fmt: skip
    silent = sum(not node.source for node in tree.indicators)
    told = _("Every indicator names its source.")
    if silent:
        told = ngettext(
            "{number} of {all} indicators names no source.",
            "{number} of {all} indicators name no source.",
            silent,
            all=tree.leaves,
        )
    heads = (_("Indicator"), _("Code"), _("Unit"), _("Better is"), _("Source"), _("Observed"),
             _("Filled"), _("Missing"))  # fmt: skip
    note = _("Cells of all units and years, after the recipe was run.")
    return Section(
        "indicators",
        _("Which indicators are these, and whose?"),
        (told,),
        tables=(Table(_("Indicators"), heads, tuple(rows), note),),
        **index.told("result.data.values, result.data.filled", "run {}"),
    )


def _gaps(index: OpenIndex) -> Section:
    from hansa.report.index_certain import gaps_section

    told = index.told("result.data.filled", "run {}")
    return replace(gaps_section(index.view, ()), **told)


def _steps(index: OpenIndex) -> Listing:
    from hansa.index import terms
    from hansa.index.retold import retold

    items = tuple(
        Item(_("Step {number}: {step}", number=number, step=terms.step(entry.step)),
             tuple(map(retold, (*entry.said, *entry.warnings))) or (_("nothing to report"),))
        for number, entry in enumerate(index.result.stage.log, 1)
    )  # fmt: skip
    return Listing(_("What was done, in this order"), items)


# --- downloads --------------------------------------------------------------------------


def downloads(session: Session, index: OpenIndex, state: State) -> Sheet:
    """The list of files of an index, or one of them where `state.name` says which."""
    from hansa.web.index_files import files
    from hansa.web.pages.downloads import groups_of, one_file

    found = files(index)
    if state.name:
        return one_file(session, found, state.name)
    sheet = Sheet(
        question=_("What can I take away?"),
        answer=(
            _("The report, the audit, every table behind them, and the recipe that replays them. "
              "A file is made when you ask for it; nothing is written into the index folder."),
        ),
        sections=(_elsewhere(),),
        more={"groups": groups_of(found.values()), "method": False},
    )  # fmt: skip
    return index_sheet(session, index, sheet)


def _elsewhere() -> Section:
    from hansa.report.document import Section

    return Section(
        "elsewhere",
        _("How do I get the same without the browser?"),
        (_("One command writes all tables into a folder; another one writes the report."),),
        certainty=(
            _("The same tables on the same version of Hansa give the same numbers: draws are "
              "numbered, and their seed stands in the recipe."),
        ),
        python=f"{_PYTHON}from hansa.index.tables import tables\ntables(result)[\"scores\"]",
        command="hansa index run INDEX --out TABLES",
    )  # fmt: skip


# --- method -----------------------------------------------------------------------------


def method(session: Session, index: OpenIndex) -> Sheet:
    """The recipe step by step, what varies, and what the words mean."""
    from hansa.report.index_method import method as explained

    items = tuple(Item(term, (text,)) for term, text in explained(index.view))
    own = (session.folder / "recipe.toml").is_file()
    answer = (
        _("As recipe.toml says. Another choice is made there: it holds for every page.")
        if own
        else _("By the plain recipe: the folder has no recipe.toml that says otherwise.")
    )
    sheet = Sheet(
        question=_("How was the index computed?"),
        answer=(answer,),
        sections=tuple(_choices(index)),
        lists=(Listing(_("Formulas and sources"), items),),
    )
    return index_sheet(session, index, sheet)


def _choices(index: OpenIndex) -> Iterator[Section]:
    from hansa.index import terms
    from hansa.report.document import Section, Table

    result = index.result
    heads = (_("Step"), _("Options"), _("Cells or rows changed"))
    steps = tuple(
        (terms.step(entry.step), _options(entry.options), str(entry.changed))
        for entry in result.stage.log
    )
    yield Section(
        "recipe",
        _("What is done, step by step?"),
        (_("{count} steps, in this order.", count=len(steps)),),
        tables=(Table(_("The recipe"), heads, steps, _("Options that are not named have their "
                      "defaults; the list below spells them out.")),),
        **index.told("result.recipe", "run {} --json"),
    )  # fmt: skip
    if factors := result.evaluator.factors:
        yield Section(
            "factors",
            _("Which choices are left open, and vary?"),
            (_("The intervals of ranks show what these choices do to them."),),
            tables=(_factors(factors),),
            **index.told("result.evaluator.factors", "run {} --out TABLES"),
        )


def _factors(factors: Any) -> Table:
    from dataclasses import asdict

    from hansa.index import terms
    from hansa.report.document import Table
    from hansa.views.index_words import factor_words

    rows = []
    for factor in factors:
        own = {k: v for k, v in asdict(factor).items() if v and k != "id"}
        rows.append((factor_words(factor.id), terms.kind(factor.kind), _options(own)))
    heads = (_("Choice"), _("Kind"), _("What it may be"))
    return Table(_("What the replications vary"), heads, tuple(rows))


def _options(options: Mapping[str, Any]) -> str:
    """Options in words; long ones are counted."""
    said = []
    for name, value in options.items():
        text = ", ".join(map(_plain, value)) if isinstance(value, list | tuple) else _plain(value)
        said.append(f"{name}: {text}" if len(text) <= 120 else f"{name}: {text[:117]}…")
    return "; ".join(said)


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{k} = {v}" for k, v in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)
