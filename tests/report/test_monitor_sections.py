"""The two Monitor tables in a report: what they say, do not support, and contradict."""

from __future__ import annotations

import io
import re
from typing import Any

import openpyxl
import pytest
from scipy import stats

import hansa.report.monitor as sections
from hansa.errors import HansaError
from hansa.report.brief import brief
from hansa.report.content import document, figures
from hansa.report.document import Document
from hansa.report.html import render_html
from hansa.report.xlsx import render_xlsx
from hansa.study import published
from hansa.study.run import StudyResult


@pytest.fixture(scope="module")
def book(rich: StudyResult) -> Any:
    return openpyxl.load_workbook(io.BytesIO(render_xlsx(rich, document(rich))))


def sheet(book: Any, ending: str, number: int = 0) -> Any:
    found = [n for n in book.sheetnames if re.fullmatch(rf"Figure \d+ {ending}( 2)?", n)]
    return book[found[number]]


def table(own: Any, head: str) -> list[dict[str, Any]]:
    """The rows under the first line that begins with `head`, down to the first empty one."""
    at = next(r[0].row for r in own.iter_rows() if r[0].value == head)
    names = [c.value for c in own[at]]
    rows = []
    for values in own.iter_rows(min_row=at + 1, values_only=True):
        if values[1] is None:
            break
        rows.append(dict(zip(names, values, strict=False)))
    return rows


def test_the_report_asks_three_questions_of_the_tables(rich: StudyResult) -> None:
    made = document(rich)
    ids = [s.id for s in made.sections]
    at = ids.index("monitor-link")
    assert ids[at - 1 : at + 3] == ["tried-2009", *sections.MONITOR]
    for s in sections.sections_monitor():
        assert "chapter 1.2, tables 1 and 2" in s.line
        assert "Computed by Hansa from the four printed columns" in s.line
        assert not any(f.model_data for f in s.figures)
        assert all(f.source in s.line for f in s.figures)
    drawn = [n for n in figures(made) if n.startswith("monitor")]
    assert drawn == ["monitor-link", "monitor-link1", "monitor-ranks", "monitor-ranks1"]


def test_a_study_without_the_published_tables_does_not_have_them(result: StudyResult) -> None:
    assert not [s for s in document(result).sections if s.id in sections.MONITOR]


def test_the_monitor_is_no_finding_of_the_regions(rich: StudyResult) -> None:
    made = document(rich)
    assert not [f for f in made.findings if "framework" in f.lower()]
    assert not {s.id for s in brief(made).sections} & set(sections.MONITOR)


def test_every_sentence_of_the_study_stands_once_under_its_question() -> None:
    m = sections.monitor_2009()
    link, ranks, limits = sections.sections_monitor()
    said = {s.id: (*s.answer, *s.certainty) for s in (link, ranks, limits)}
    shown = [*said["monitor-link"], *said["monitor-ranks"][1:]]
    assert sorted(shown) == sorted(m.says)
    assert said["monitor-limits"] == m.unsupported
    assert link.answer[0].startswith("In 2008 framework conditions and performance")
    assert [a.partition(" (")[0] for a in ranks.answer[1:]] == ["Nordic five", "Baltic six"]
    assert all("printed index" in s or "directions" in s for s in ranks.certainty)


def test_who_is_first_is_said_with_what_rounding_leaves_open() -> None:
    """Korea and the United States both print 73 in performance; 87 is alone in framework."""
    first = sections.sections_monitor()[1].answer[0]
    assert first == (
        "First in performance 2008: Korea by the printed rank; by the printed index also "
        "possible: United States. First in framework 2008: United States; certain."
    )


def test_the_limits_hold_what_check_finds_and_propose_without_applying() -> None:
    limits = sections.sections_monitor()[2]
    (own,) = limits.tables
    assert [r[0] for r in own.rows] == [
        "Framework: ranks and changes of rank give ranks in 2003 that are no permutation",
        "Framework: a change of rank contradicts the values in 2003",
        "Framework: a change of rank contradicts the values in 2003",
    ]
    assert own.rows[0][1] == "rank and change give 5 for GB, AU; 10 for DK, CH; nobody has 4, 11"
    assert "rank_change −2, so rank 5 in 2003, index_2003 76" in own.rows[2][1]
    assert "A proposal, not applied" in own.note
    assert "rank_change +5 for CH and −3 for GB" in own.note
    assert "add up to 0 all the same" in own.note
    printed = published.monitor_framework()
    changes = dict(zip(printed.codes, printed.change, strict=True))
    assert (changes["CH"], changes["GB"]) == (4, -2), "as printed"
    assert "165 indicators" in limits.answer[0]
    assert "no sensitivity run" in limits.answer[1]


def test_profiles_of_groups_are_means_of_the_print() -> None:
    own = sections.sections_monitor()[1].tables[0]
    at = {r[:3]: r[3:] for r in own.rows}
    # DK FI IS NO SE: 77 75 79 62 69 and 71 66 66 56 68; best performers KR US JP: 60 87 51.
    f, p = (77 + 75 + 79 + 62 + 69) / 5, (71 + 66 + 66 + 56 + 68) / 5
    assert at["Nordic five", "Framework", "2008"][:2] == (f"{f:.1f}", f"{198 / 3:.1f}")
    assert at["Nordic five", "Performance", "2008"][:2] == (f"{p:.1f}", f"{218 / 3:.1f}")
    assert at["Nordic five", "Framework", "2008"][2:] == ("61", "5–87", "−6.4")
    assert at["Nordic five", "Framework", "2003"][-1] == "·", "a gap is of the later year"
    assert len(at) == 8
    assert "Germany" in own.note


def test_the_page_shows_all_of_it() -> None:
    page = render_html(Document("2009", "", "Printed.", (), sections.sections_monitor()))
    for s in sections.sections_monitor():
        assert s.question in page
    assert "Model data" not in page
    assert "Where the tables contradict themselves" in page


def test_the_lines_of_python_run() -> None:
    for s in sections.sections_monitor():
        names: dict[str, Any] = {}
        try:
            exec(s.python, names)
        except HansaError as error:
            pytest.fail(str(error))


def test_the_study_is_computed_once() -> None:
    assert sections.monitor_2009() is sections.monitor_2009()


def test_the_sheets_hold_every_digit_and_their_charts_the_cells(book: Any) -> None:
    f = published.monitor_framework()
    p = published.monitor_performance()
    own = sheet(book, "monitor-link")
    rows = {r["Code"]: r for r in table(own, "Code")}
    assert {c: r["Framework"] for c, r in rows.items()} == dict(zip(f.codes, f.index, strict=True))
    assert {c: r["Performance"] for c, r in rows.items()} == dict(
        zip(p.codes, p.index, strict=True)
    )
    x = [rows[c]["Framework"] for c in sorted(rows)]
    y = [rows[c]["Performance"] for c in sorted(rows)]
    fit = stats.linregress(x, y)
    for c, r in rows.items():
        expected = r["Performance"] - fit.intercept - fit.slope * r["Framework"]
        assert r["Points off the line"] == pytest.approx(expected, abs=1e-9), c
    (chart,) = own._charts
    marked = [chart.series[0].xVal.numRef.f, chart.series[1].xVal.numRef.f]
    sizes = []
    for formula in marked:
        cells = own[formula.rsplit("!", 1)[1].replace("$", "")]
        sizes.append([row[0].value for row in cells])
    assert sorted(sizes[0]) == [62, 69, 75, 77, 79], "the Nordic five"
    assert len(sizes[1]) == 20
    assert chart.series[2].trendline.trendlineType == "linear"


def test_the_sheet_of_links_is_that_of_scipy(book: Any) -> None:
    own = sheet(book, "monitor-link", 1)
    rows = {r["Link"]: r for r in table(own, "Link")}
    f, p = (
        dict(zip(t.codes, t.index, strict=True))
        for t in (published.monitor_framework(), published.monitor_performance())
    )
    theirs = stats.pearsonr([f[c] for c in f], [p[c] for c in f])
    at = rows["Index 2008"]
    assert at["r"] == pytest.approx(theirs.statistic, abs=1e-9)
    assert (at["Fisher: low"], at["Fisher: high"]) == pytest.approx(
        tuple(theirs.confidence_interval()), abs=1e-9
    )
    assert at["Bootstrap: low"] < at["r"] < at["Bootstrap: high"]
    late = rows["Framework 2003, change of performance"]
    assert late["Bootstrap: low"] is None
    assert late["r without the lowest"] is None
    assert len(own._charts) == 1


def test_the_sheets_of_ranks_and_of_limits(book: Any) -> None:
    performance, framework = (sheet(book, "monitor-ranks", i) for i in (0, 1))
    wrong = {r["Code"] for r in table(framework, "Code") if r["Agrees"] == "no"}
    assert wrong == {"CH", "GB"}
    assert {r["Agrees"] for r in table(performance, "Code")} == {"yes"}
    groups = table(performance, "Group")
    assert len(groups) == 8
    now = [g for g in groups if (g["Group"], g["Index"], g["Year"])[1:] == ("Framework", 2008)]
    assert now[0]["Mean"] == pytest.approx(72.4)
    assert now[0]["Gap"] == pytest.approx(66 - 72.4)
    text = [r[0].value for r in book["Monitor-limits"].iter_rows()]
    assert "What do the tables not support?" in text
    for name in ("Monitor-limits", performance.title, framework.title):
        assert "MODEL DATA" not in (book[name].oddHeader.center.text or "")
