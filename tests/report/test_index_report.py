"""The report of an index on real data: its structure, its numbers, and nothing from elsewhere."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from tests.views.index_texts import overlaps, placed

from hansa.errors import UsageError
from hansa.index.audit import Audit, audit
from hansa.index.critical import critical_conditions
from hansa.index.extreme import around, rank_intervals
from hansa.index.reading import read_index
from hansa.index.recipe import recipe_of
from hansa.index.result import IndexResult, computed
from hansa.index.sensitivity import sensitivity, target_of
from hansa.report.document import Document, Section, table_behind
from hansa.report.html import render_html
from hansa.report.index_audit_report import audit_document
from hansa.report.index_report import IndexReport, index_document
from hansa.views.index_gap import Conditions
from hansa.views.index_profile import Who
from hansa.views.index_words import IndexView, IndexWords, number

WORDS = IndexWords("", "ASEM portal, JRC", "country", "countries")
NORDIC = Who(("DNK", "FIN", "NOR", "SWE"), "the Nordic countries of ASEM")
PILLARS = ("Physical", "ConEcFin", "Political", "Instit", "P2P")
FULL = recipe_of([
    {"do": "denominate"}, {"do": "impute", "rule": "group-median", "group": "GDP_group"},
    {"do": "screen"}, {"do": "treat"}, {"do": "normalise"}, {"do": "weigh"}, {"do": "aggregate"},
])  # fmt: skip


@pytest.fixture(scope="module")
def result(hansa_data: Path) -> IndexResult:
    folder = hansa_data / "composite"
    tree, data = read_index(folder / "asem_imeta.csv", folder / "asem_idata.csv")
    made = computed(tree, data, FULL, replications=400)
    few = [made.data.row_of(code) for code in ("CHE", "EST")]
    return replace(
        made,
        intervals=rank_intervals(made.stage, around(made.stage), 2.0, few),
        sensitivity=tuple(
            sensitivity(made.evaluator, [("mean shift of rank", target_of("shift"))], points=64)
        ),
    )


@pytest.fixture(scope="module")
def view(result: IndexResult) -> IndexView:
    return IndexView(result, WORDS)


@pytest.fixture(scope="module")
def judged(result: IndexResult) -> Audit:
    return audit(result)


@pytest.fixture(scope="module")
def conditions(view: IndexView) -> Conditions:
    places = [view.tree.at(code) for code in PILLARS]
    scores, outcome = view.scores[:, places], view.scores[:, [view.tree.at("Sust")]]
    found = critical_conditions(scores, outcome, np.zeros(5, np.int64), np.random.default_rng(1))
    names = tuple(view.tree.nodes[n].label for n in places)
    return Conditions(found, scores, names, "Sustainability", seed=1)


@pytest.fixture(scope="module")
def made(result: IndexResult, judged: Audit, conditions: Conditions) -> Document:
    show = IndexReport("EST", (NORDIC,), conditions=conditions, command="hansa index report ASEM")
    return index_document(result, WORDS, show, judged)


@pytest.fixture(scope="module")
def page(made: Document) -> str:
    return render_html(made)


def section(made: Document, name: str) -> Section:
    return next(s for s in made.sections if s.id == name)


class Reader(HTMLParser):
    """Ids, links and open elements of a page."""

    VOID = frozenset(("meta", "link", "br", "hr", "img", "input", "path", "rect", "line"))

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = dict(attrs)
        if own.get("id"):
            self.ids.append(str(own["id"]))
        for key in ("href", "src", "xlink:href", "aria-labelledby"):
            if own.get(key):
                self.links.append(str(own[key]))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


# --- structure -----------------------------------------------------------------------


def test_sections_of_a_full_report(made: Document) -> None:
    assert [s.id for s in made.sections] == [
        "league", "tree", "removal", "unit", "group-1", "what-if", "critical", "sensitivity",
        "audit", "gaps",
    ]  # fmt: skip
    assert made.title == "Sustainable Connectivity"
    assert made.subtitle == "51 countries, 49 indicators, 2018"
    assert all(s.question.endswith("?") and s.answer for s in made.sections)
    assert all(s.command == "hansa index report ASEM" for s in made.sections if s.id != "gaps")


def test_findings_come_first_and_coherence_before_the_rest(made: Document) -> None:
    assert made.findings[0].startswith("Switzerland ")
    assert made.findings[1].startswith("The audit finds ")
    answers = [line for s in made.sections for line in s.answer]
    assert all(finding in answers for finding in made.findings)


def test_every_figure_has_title_source_sample_and_table(made: Document) -> None:
    figures = [f for s in made.sections for f in s.figures]
    assert len(figures) == 9
    for figure in figures:
        assert figure.title
        assert "2018" in figure.subtitle
        assert "51 countries" in figure.subtitle
        assert figure.source == "Source: ASEM portal, JRC. Computed with Hansa."
        assert table_behind(figure).rows
    for name in ("league", "what-if"):
        for figure in section(made, name).figures:
            assert any("400 replications (seed 20090507)" in note for note in figure.notes)


def test_texts_of_real_figures_do_not_meet(made: Document) -> None:
    for s in made.sections:
        for figure in s.figures:
            for narrow in (False, True):
                overlaps(figure, narrow)


@pytest.mark.parametrize("narrow", [False, True])
def test_names_in_the_tree_end_before_its_bars(made: Document, narrow: bool) -> None:
    figure = section(made, "tree").figures[0]
    spec = figure.narrow if narrow else figure.spec
    bars = next(x for x in spec["layer"] if x["mark"]["type"] == "rect" and "x" in x["encoding"]
                and x["encoding"]["x"].get("scale"))  # fmt: skip
    start = bars["encoding"]["x"]["scale"]["range"][0] + spec["padding"]["left"]
    top = spec["padding"]["top"]
    names = [t for t in placed(spec) if top < t[3] < top + spec["height"] and t[1] < start]
    assert len(names) == 60
    assert all(right <= start for _, _, right, _, _ in names)


def test_the_page_is_well_formed_and_needs_nothing_else(page: str) -> None:
    reader = Reader()
    reader.feed(page)
    assert not reader.open
    assert len(set(reader.ids)) == len(reader.ids)
    for link in reader.links:
        assert link.removeprefix("#") in reader.ids, link
    assert "<script" not in page
    inside = page.replace("http://www.w3.org/", "")
    assert "http://" not in inside
    assert "https://" not in inside
    for url in re.findall(r"url\(([^)]*)\)", page):
        assert url.startswith(("data:", "#", "'#", '"#')), url


def test_the_same_result_gives_the_same_bytes(made: Document, page: str) -> None:
    assert render_html(made) == page


# --- numbers -------------------------------------------------------------------------


def test_the_league_has_the_ranks_and_scores_of_the_result(
    made: Document, result: IndexResult
) -> None:
    figure = section(made, "league").figures[0]
    assert result.robustness is not None
    data = result.data
    rank = 1 + (result.score[None] > result.score[:, None]).sum(axis=1)
    for row in figure.rows:
        at = data.row_of(row[1])
        own = result.robustness.ranks[at]
        low, high = np.quantile(own, [0.05, 0.95])
        seen = int((~np.isnan(data.values[at]) & ~data.filled[at]).sum())
        mark, part = ("", "") if seen == 49 else ("*", f"{seen} of 49")
        assert row[0] == f"{rank[at]}\u00a0({np.floor(low):.0f}–{np.ceil(high):.0f}){mark}"
        assert row[8] == part
        assert row[2] == data.names[data.unit[at]]
        assert row[3] == f"{result.score[at]:.1f}"
    best = {row[1]: row[5] for row in figure.rows if row[5]}
    assert set(best) == {"CHE", "EST"}
    assert result.intervals is not None
    assert best["CHE"].startswith(f"{result.intervals.best_bound[0]}–")


def test_ranks_in_words_stand_with_their_interval(made: Document, view: IndexView) -> None:
    at = view.place("EST")
    assert f"It ranks {view.rank_text(at)} of 51 countries." in section(made, "unit").answer[0]
    assert f"from rank {view.rank_text(at)} to " in section(made, "what-if").answer[0]


def test_filled_cells_are_those_of_the_data(made: Document, result: IndexResult) -> None:
    gaps = section(made, "gaps")
    filled = int(result.data.filled.sum())
    assert filled == 65
    assert "65 are filled by a rule and none are missing" in gaps.answer[0]
    assert sum(int(row[1]) for row in gaps.tables[0].rows) == filled
    assert "65 cells are filled" in made.origin


def test_removal_is_what_weights_of_zero_give(made: Document, result: IndexResult) -> None:
    tree, stage = result.tree, result.stage
    assert stage.share is not None
    code = "Forest"
    share = stage.share.copy()
    share[tree.at(code)] = 0
    z = stage.data.values
    scores = np.zeros((z.shape[0], len(tree.nodes)))
    scores[:, : tree.leaves] = z
    for p, children in tree.families:
        scores[:, p] = scores[:, children] @ share[children] / share[children].sum()
    root = scores[:, tree.root]
    without = 1 + (root[None] > root[:, None]).sum(axis=1)
    shift = np.abs(result.rank - without).mean()
    label = tree.nodes[tree.at(code)].label
    row = next(r for r in section(made, "removal").tables[0].rows if r[0] == label)
    assert row[1] == number(float(shift), 2)
    assert row[3] == str(int((result.rank != without).sum()))


def test_group_profile_has_the_mean_of_the_nordic_countries(
    made: Document, result: IndexResult
) -> None:
    rows = [result.data.row_of(u) for u in NORDIC.units]
    figure = section(made, "group-1").figures[0]
    assert figure.rows[0][2] == f"{result.score[rows].mean():.1f}"


def test_the_method_names_the_recipe_and_the_sources(made: Document) -> None:
    method = dict(made.method)
    assert "impute (rule group-median, group GDP_group)" in method["The index"]
    assert "65 of 65 gaps filled" in method["Step 2: impute"]
    assert method["Step 5: normalise"].startswith("Rule min-max, 0 to 100")
    assert "Kadziński" in method["Exact best and worst rank"]
    assert "Salo" in method["Exact best and worst rank"]


# --- what is not there ---------------------------------------------------------------


def test_without_replications_no_rank_is_shown(hansa_data: Path) -> None:
    folder = hansa_data / "composite"
    tree, data = read_index(folder / "asem_imeta.csv", folder / "asem_idata.csv")
    made = index_document(computed(tree, data), WORDS)
    assert [s.id for s in made.sections] == ["league", "tree", "removal", "unit", "gaps"]
    league = section(made, "league")
    assert not league.figures
    assert "Rank" not in " ".join(league.tables[0].columns)
    assert "cannot be said without replications" in league.answer[0]
    assert any("Ranks are not shown" in line for line in section(made, "gaps").answer)
    # The plain chain fills nothing: its gaps are counted.
    missing = int(np.isnan(data.values).sum())
    assert f"{missing} are missing" in section(made, "gaps").answer[0]
    assert sum(int(r[1]) for r in section(made, "gaps").tables[0].rows) == missing


def test_a_question_that_cannot_be_asked_is_named(hansa_data: Path) -> None:
    folder = hansa_data / "composite"
    tree, data = read_index(folder / "asem_imeta.csv", folder / "asem_idata.csv")
    recipe = recipe_of([
        {"do": "normalise", "range": [1, 100]}, {"do": "weigh"},
        {"do": "aggregate", "rule": "geometric"},
    ])  # fmt: skip
    made = index_document(computed(tree, data, recipe, replications=50), WORDS)
    assert len(section(made, "what-if").figures) == 1
    told = section(made, "gaps").answer
    assert any("only arithmetic means add up to contributions" in line for line in told)


def test_an_unknown_unit_is_refused(result: IndexResult) -> None:
    with pytest.raises(UsageError, match="there is no unit 'XXX'"):
        index_document(result, WORDS, IndexReport("XXX"))


# --- the audit -----------------------------------------------------------------------


def test_the_audit_section_holds_every_finding(made: Document, judged: Audit) -> None:
    audited = section(made, "audit")
    told = [f for f in judged.findings if f.severity != "ok"]
    assert len(audited.tables[0].rows) == len(told)
    assert len(audited.tables[1].rows) == 10
    warnings = sum(f.severity == "warning" for f in judged.findings)
    assert sum(r[0].startswith("warning") for r in audited.tables[0].rows) == warnings


def test_the_audit_report_has_ten_steps(judged: Audit) -> None:
    made = audit_document(judged, WORDS)
    assert [s.id for s in made.sections] == [
        "audit", *(f"step-{n}" for n in range(1, 11)), "thresholds",
    ]  # fmt: skip
    page = render_html(made)
    reader = Reader()
    reader.feed(page)
    assert not reader.open
    for table in (t for s in made.sections for t in s.tables):
        assert all(len(row) == len(table.columns) for row in table.rows)
        # A report has a real minus, never a hyphen before a number.
        assert not [c for row in table.rows for c in row if re.search(r"(^|[\s(])-\d", c)]
    assert len(section(made, "thresholds").tables[0].rows) == len(judged.thresholds)
