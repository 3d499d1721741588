"""Findings for people: grouped, counted, as lines of text and as one page of HTML."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from hansa.cli import main
from hansa.errors import Finding
from hansa.report.findings import answer, grouped, page, text

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
RULE = "a number contradicts the published sums it enters"
FIX = "correct the number"


def cell(row: int, severity: str = "error", rule: str = RULE, fix: str = FIX) -> Finding:
    place = f"jobs.csv, row {row}, employment, geo A, activity x, time 2020"
    return Finding(severity, place, rule, f"{row}0", f"{row} to {row + 1}", fix)  # type: ignore[arg-type]


def counted(number: int) -> Finding:
    return Finding("error", f"jobs.csv, employment, {number} more places", RULE, "", "", "")


NOTE = Finding("note", "jobs.csv", "columns that are not used", "a <b>, c", "", "map them")
FEW = [cell(2), cell(3, "warning", "it stands out"), NOTE]
MANY = [*(cell(i) for i in range(2, 22)), counted(15), NOTE]


def test_findings_of_one_rule_are_one_group_and_what_is_only_counted_counts() -> None:
    first, note = grouped(MANY)
    assert (first.rule, len(first.findings), first.more, first.places) == (RULE, 20, 15, 35)
    assert first.common("fix") == FIX
    assert first.common("printed") == ""
    assert note.places == 1


def test_the_answer_says_how_much_and_what_is_gravest() -> None:
    assert answer([]) == "Nothing was found: no error, no warning, no note."
    assert answer([NOTE]) == "No error and no warning; 1 note."
    assert answer(FEW) == (
        f"1 error, 1 warning and 1 note. The gravest: {RULE} "
        "(jobs.csv, row 2, employment, geo A, activity x, time 2020)."
    )
    assert answer(MANY).startswith(f"35 errors and 1 note. The gravest: {RULE} (35 places, the ")


def test_few_findings_as_text_are_told_in_full() -> None:
    assert text(FEW[:1]) == (
        f"error: {RULE}\n"
        "  where:  jobs.csv, row 2, employment, geo A, activity x, time 2020\n"
        "  found:  20\n"
        "  needed: 2 to 3\n"
        "  do:     correct the number\n"
        "1 error, 0 warnings, 0 notes"
    )


def test_many_findings_as_text_are_cut_and_what_is_common_is_said_once() -> None:
    lines = text(MANY).splitlines()
    assert lines[0] == f"error: {RULE} (35 places)"
    assert sum(line.startswith("  where:  jobs.csv, row") for line in lines) == 5
    assert "  30 more places: --html FILE shows them, --json lists them" in lines
    assert sum(line == f"  do:     {FIX}" for line in lines) == 1
    assert lines[-1] == "35 errors, 0 warnings, 1 note"


def test_the_page_holds_every_finding_and_asks_for_nothing() -> None:
    made = page(MANY, "jobs.csv")
    assert made == page(MANY, "jobs.csv")
    assert "<h1>What is wrong with jobs.csv?</h1>" in made
    assert made.count('<th role="rowheader"') == 21
    # The page is about one file: its name does not stand before every place.
    assert "row 21, employment, geo A, activity x, time 2020</th>" in made
    assert "jobs.csv, row" not in made
    assert "15 more places of this kind" in made
    assert "a &lt;b&gt;, c" in made
    assert not re.search(r"<(script|link|img|iframe)\b|https?:", made)


def test_landmarks_headings_and_severity_in_words() -> None:
    made = page(FEW, "jobs.csv")
    for tag in ("header", "nav", "main", "footer", "h1"):
        assert made.count(f"<{tag}") == 1 or tag == "header"
    for words in ("Errors: 1", "Warnings: 1", "Notes: 1", "error, 1 place", "warning, 1 place"):
        assert words in made
    ids = re.findall(r'\bid="([^"]+)"', made)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:href="#|aria-labelledby=")([^"]+)"', made)) <= set(ids)
    assert made.count("<table") == made.count("<caption") == made.count("<thead")
    assert all("scope=" in tag for tag in re.findall(r"<th\b[^>]*>", made[made.index("<main") :]))


def test_the_command_writes_the_page_and_keeps_its_exit_codes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*arguments: object) -> tuple[object, str]:
        monkeypatch.setattr(sys, "argv", ["hansa", "check", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        return stop.value.code, capsys.readouterr().out

    table, made = tmp_path / "jobs.csv", tmp_path / "out" / "check.html"
    table.write_text("geo,activity,time,employment\nA,TOTAL,2020,5\nA,x,2020,40\n")
    code, out = run(table, "--absent-rows", "unknown", "--html", made)
    assert code == 1
    assert out.startswith(f"{made}: 1 error and 2 notes. The gravest: parts add up to more")
    assert "parts 40, total 5" in made.read_text(encoding="utf-8")
    assert [p.name for p in made.parent.iterdir()] == ["check.html"]
    code, out = run(table, "--absent-rows", "unknown", "--html", made, "--json")
    assert (code, len(json.loads(out)["findings"])) == (1, 3)
    table.write_text("geo,activity,time,employment\nA,TOTAL,2020,40\nA,x,2020,40\n")
    assert run(table, "--absent-rows", "unknown", "--html", made)[0] in (0, None)


@pytest.mark.browser
def test_the_page_fits_a_desk_and_a_telephone(tmp_path: Path) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    if not Path(CHROMIUM).exists():
        pytest.skip("Chromium is not here")
    long = cell(9, "warning", "it stands out", fix="compare " + "averylongwordwithoutaspace" * 4)
    file = tmp_path / "check.html"
    file.write_text(page([*MANY, long], "jobs.csv"), encoding="utf-8")
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for width, stacked in ((1440, "table-cell"), (390, "block")):
            tab = browser.new_page(viewport={"width": width, "height": 900})
            tab.goto(file.as_uri())
            overflow = "document.documentElement.scrollWidth - window.innerWidth"
            assert tab.evaluate(overflow) <= 0
            shown = "getComputedStyle(document.querySelector('tbody td')).display"
            assert tab.evaluate(shown) == stacked
        browser.close()
