"""The report of a call: HTML, PDF without overfull tables, a workbook of its tables."""

from __future__ import annotations

import io
import itertools
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from hansa.errors import UsageError
from hansa.programme.laboratory import Outcome
from hansa.programme.model_call import model_call
from hansa.programme.verbs import call_solve
from hansa.report.call_file import call_file, shown
from hansa.report.call_report import PAPER, CallReport, call_document
from hansa.report.document import Document
from hansa.report.pdf import render_pdf

BLOCKED = "P03"
QUESTIONS = (
    "Who is funded, and who is not?", "Why is P03 where it is?",
    "Why is each of the others not funded?", "What does it cost to fund further down?",
    "Which pots block, and where is money left?", "How much depends on the scores?",
    "What would another mode or rule change?", "How much is asked of each pot?",
    "What would more money buy?", "Who pays by economic strength?",
    "Are the rules kept that were agreed in advance?",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("model")
    for name, content in model_call().items():
        (place / name).write_bytes(content)
    return place


@pytest.fixture(scope="module")
def small(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model call with four of its proposals and hardly a pot in Poland, decided in a moment."""
    place = tmp_path_factory.mktemp("small")
    for path in folder.iterdir():
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        if path.suffix == ".csv" and lines[0].startswith("proposal,"):
            lines = [n for n in lines if n[0] != "P" or n[:3] in ("P03", "P05", "P11", "P21")]
        (place / path.name).write_text("".join(lines), encoding="utf-8")
    for name, old, new in (
        ("funders.csv", "PL,Poland,PL,900000", "PL,Poland,PL,1000"),
        ("call.toml", 'mode = "mixed"', 'mode = "virtual"'),
    ):
        text = (place / name).read_text(encoding="utf-8")
        assert old in text
        (place / name).write_text(text.replace(old, new), encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def outcome(folder: Path) -> Outcome:
    return call_solve(folder)


@pytest.fixture(scope="module")
def show(outcome: Outcome, folder: Path) -> CallReport:
    return shown(outcome, (outcome, call_solve(folder, "real")), BLOCKED, 0.2)


def words(pdf: bytes) -> list[list[tuple[float, float, float, float, str]]]:
    """The words of each page: left, top, right, bottom in points, text."""
    tool = shutil.which("pdftotext")
    if tool is None:
        pytest.skip("pdftotext is not there")
    found = subprocess.run([tool, "-bbox", "-", "-"], input=pdf, capture_output=True, check=True)
    pattern = r'<word xMin="(.+?)" yMin="(.+?)" xMax="(.+?)" yMax="(.+?)">(.*?)</word>'
    pages = found.stdout.decode().split("<page ")[1:]
    return [
        [(float(a), float(b), float(c), float(d), text)
         for a, b, c, d, text in re.findall(pattern, page)]
        for page in pages
    ]  # fmt: skip


def overlaps(pdf: bytes) -> list[str]:
    """Words of one line that lie over each other, and words beyond the edges of the page."""
    faults = []
    for page in words(pdf):
        lines: dict[int, list[tuple[float, float, str]]] = {}
        for left, top, right, _bottom, text in page:
            lines.setdefault(round(top), []).append((left, right, text))
            if left < 20 or right > 575:
                faults.append(text)
        for own in lines.values():
            own.sort()
            faults += [f"{a[2]}|{b[2]}" for a, b in itertools.pairwise(own) if a[1] > b[0] + 0.3]
    return faults


def test_no_table_is_overfull_on_paper(outcome: Outcome, show: CallReport) -> None:
    assert len(outcome.contest.pots.funders) > PAPER

    def printed(one: CallReport, *ids: str) -> bytes:
        own = [s for s in call_document(outcome, one).sections if not ids or s.id in ids]
        plain = tuple(replace(s, figures=()) for s in own)
        return render_pdf(Document("A call", "", "Model data", (), plain))

    assert overlaps(printed(replace(show, paper=True))) == []
    # With a column for each funder the page is too narrow for all of them side by side.
    assert overlaps(printed(show, "price")) == []


def test_amounts_of_each_pot_are_told_on_paper_too(outcome: Outcome, show: CallReport) -> None:
    wide, paper = (
        next(s for s in call_document(outcome, one).sections if s.id == "price").tables[0]
        for one in (show, replace(show, paper=True))
    )
    assert len(wide.columns) == len(outcome.contest.pots.funders) + 4
    assert len(paper.columns) == 5
    for a, b in zip(wide.rows, paper.rows, strict=True):
        told = {f"{f} {v}" for f, v in zip(wide.columns[3:-1], a[3:-1], strict=True) if v}
        assert told == {part for part in b[3].split("; ") if part}
        assert (a[:3], a[-1]) == (b[:3], b[-1])


def test_the_whole_report_as_a_page(small: Path) -> None:
    page = call_file(small, ".html", ("", ""), BLOCKED, 0.1).decode()
    for question in QUESTIONS:
        assert f">{question}<" in page
    assert "people decide" in page
    assert page.count("<svg") >= 3
    reasons = call_solve(small).reasons
    assert BLOCKED in reasons
    for name in reasons:
        assert f">{name}<" in page


def test_the_workbook_holds_exact_money(small: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(call_file(small, ".xlsx", ("", ""), "", 0.1)))
    assert book.sheetnames == [
        "read me", "decision", "price", "pots", "modes", "contributions", "rules", "money",
        "reviewers",
    ]  # fmt: skip
    rows = list(book["price"].values)
    column, prices = rows[0].index("price"), call_solve(small).prices
    assert [row[column] for row in rows[1:]] == [1000 * s.price.total for s in prices]
    assert prices[-1].price.total > 0
    about = dict(list(book["read me"].values))
    assert (about["top_up"], about["gap_share"]) == ("1500000", "1/2")
    assert about["decided by"] is None


def test_reasons_and_scores_agree(outcome: Outcome, show: CallReport) -> None:
    sections = {s.id: s for s in call_document(outcome, show).sections}
    reasons = sections["reasons"].tables[0].rows
    assert [row[1] for row in reasons if row[0] != "·"] == list(outcome.reasons)
    shares = {row[1]: row for row in sections["scores"].tables[0].rows}
    # A score that no draw can lift over the last funded ones stays out, and says so.
    assert shares[outcome.funded[0]][6] == "sure in"
    assert shares[outcome.contest.proposals[-1]][6] == "sure out"
    assert {row[6] for row in shares.values()} == {"sure in", "sure out", "depends on the scores"}
    left = next(t for t in sections["scores"].tables if t.caption == "Each reviewer left out")
    assert all(row[2] or row[3] for row in left.rows)


def test_other_endings_are_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"\.docx"):
        call_file(folder, ".docx", ("", ""))
    with pytest.raises(UsageError, match="no proposal"):
        call_file(folder, ".html", ("", ""), "P99", 0.1)


def test_pots_of_a_price_are_named_under_the_way_that_gap_money_goes(
    outcome: Outcome, small: Path
) -> None:
    def said(one: Outcome) -> str:
        return next(s for s in call_document(one).sections if s.id == "price").answer[0]

    assert outcome.contest.pots.gap > 0
    assert "all in Poland where gap money goes to the smallest needs first" in said(outcome)
    assert "all in Poland; down to rank" in said(call_solve(small))
