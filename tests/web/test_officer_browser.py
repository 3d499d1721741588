"""An officer's five tasks before a selection meeting, in a real browser, each timed and printed."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from hansa.programme.laboratory import Outcome
from hansa.programme.model_call import model_call
from hansa.programme.verbs import call_solve

from .conftest import serving
from .test_browser import CHROMIUM, arrived, visit

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("workbench")]
THIRD = "P03"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model call, a folder of its own without a study."""
    place = tmp_path_factory.mktemp("officer") / "model"
    place.mkdir()
    for name, content in model_call().items():
        (place / name).write_bytes(content)
    return place


@pytest.fixture(scope="module")
def laboratory(folder: Path) -> Iterator[str]:
    for base in serving(folder):
        yield f"{base}/model/call-laboratory"


@pytest.fixture(scope="module")
def tab() -> Iterator[Page]:
    """A tab in which nothing goes wrong and no other host is asked."""
    trouble: list[str] = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.on("console", lambda m: trouble.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("request", lambda r: trouble.append(r.url) if "//127.0.0.1:" not in r.url else None)
        yield page
        browser.close()
    assert [t for t in trouble if not t.startswith("data:")] == []


@contextmanager
def task(name: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    print(f"{name}: {time.perf_counter() - start:.1f} s")


def thousands(outcome: Outcome, units: int) -> str:
    """An amount as the page writes it; the smallest unit of the model call is a thousand."""
    assert outcome.call.settings.smallest == 1000
    return f"{units:,}".replace(",", "\u202f")


def rows_of(tab: Page, table: str) -> list[list[str]]:
    return tab.locator(table).first.evaluate(
        "t => [...t.querySelectorAll('tbody tr')].map(r => [...r.children].map(c => c.innerText"
        " || c.textContent))"
    )


def asked(folder: Path, proposals: set[str]) -> int:
    """What proposals ask, in EUR, from the table of partners."""
    with (folder / "partners.csv").open(encoding="utf-8") as file:
        return sum(int(r["ask"] or 0) for r in csv.DictReader(file) if r["proposal"] in proposals)


def test_five_tasks(tab: Page, laboratory: str, folder: Path, tmp_path: Path) -> None:
    before, after = call_solve(folder), call_solve(folder, gap_share="0.6")
    why = before.reasons[THIRD]
    assert why.least is not None

    with task("opening the page"):
        visit(tab, laboratory)
    with task("1 why proposal 3 is not funded"):
        tab.locator(f'#ranking .plot text[data-proposal="{THIRD}"]').first.click(force=True)
        arrived(tab, f"proposal={THIRD}")
        reason = tab.locator("#proposal")
        expect(reason.get_by_role("heading", level=2)).to_be_in_viewport()
        expect(reason).to_contain_text(f"{why.before} comes before it")
        expect(reason).to_contain_text(f"lacks {thousands(before, why.lack.total)} thousand EUR")
    # The figures of the pots do not show the proposal and stay as they are.
    assert tab.locator("#ranking .plot .dim").count() > 0
    assert tab.locator("#pots .plot .dim").count() == 0

    with task("2 what it would cost, from the price list by the keyboard"):
        visit(tab, laboratory)
        summary = tab.locator("#price summary").first
        summary.focus()
        summary.press("Enter")
        price = next(r for r in rows_of(tab, "#price .table table") if r[1] == THIRD)[2]
        link = tab.locator("#price").get_by_role("link", name=THIRD, exact=True)
        link.press("Enter")
        arrived(tab, f"proposal={THIRD}")
        expect(reason.get_by_role("heading", level=2)).to_be_in_viewport()
        assert price == thousands(before, why.least.total)
        expect(reason.locator(".certainty")).to_contain_text(f"{price} thousand EUR")
        assert rows_of(tab, "#proposal table")[0][2] == price

    with task("3 what changes with 60 % for gaps"):
        share = tab.get_by_label("Kept for gaps")
        tab.locator("#number-gap_share").fill("0.6")
        tab.locator("#number-gap_share").press("Tab")
        arrived(tab, "gap_share=0.6")
        expect(share.first).to_have_value("0.6")
        changed = after.reasons[THIRD]
        assert changed.least is not None
        assert changed.least.total != why.least.total
        told = f"{len(after.funded)} of {len(after.contest.proposals)} ranked proposals"
        expect(tab.locator("main > .answer")).to_contain_text(told)
        assert rows_of(tab, "#proposal table")[0][2] == thousands(after, changed.least.total)

    with task("4 who is passed over under free"):
        tab.get_by_label("Ranking rule").select_option("free")
        arrived(tab, "ranking=free")
        ranking = rows_of(tab, "#ranking table")
        score = {r[1]: float(r[3]) for r in ranking if r[3] != "·"}
        funded = {r[1] for r in ranking if r[4] == "yes"}
        passed = rows_of(tab, "#passed-over table")
        assert len(passed) > 3
        for _rank, name, _title, lower in passed:
            others = set(lower.replace(" and ", ", ").split(", "))
            assert name not in funded
            assert others == {p for p in funded if score[p] < score[name]} != set()
        expect(tab.locator("#passed-over")).to_contain_text("Not lawful under a binding ranking")

    with task("5 the sheet and the record taken away"):
        with tab.expect_download() as coming:
            tab.get_by_role("link", name="the whole sheet").click()
        coming.value.save_as(tmp_path / "sheet.xlsx")
        with tab.expect_download() as coming:
            tab.get_by_role("link", name="record of this decision").click()
        coming.value.save_as(tmp_path / "decision.json")
    record = json.loads((tmp_path / "decision.json").read_text(encoding="utf-8"))
    assert (record["mode"], record["ranking"], record["gap_share"]) == ("mixed", "free", "3/5")
    assert set(record["funded"]) == funded
    book = openpyxl.load_workbook(tmp_path / "sheet.xlsx")
    tables = {s["A1"].value: list(s.values) for s in book.worksheets[1:]}
    pots = next(rows for caption, rows in tables.items() if "idle" in caption)
    used, unit = pots[2].index("Used"), pots[3][pots[2].index("Used")]
    assert unit == "EUR"
    # Exact money on the sheet is what the funded ones ask in the table of partners.
    assert sum(row[used] or 0 for row in pots[4:]) == asked(folder, funded) > 10**6
    reasons = next(rows for caption, rows in tables.items() if caption.startswith("Not funded"))
    assert {row[1] for row in reasons[4:] if row[1]} == {r[1] for r in ranking} - funded


@pytest.mark.long
def test_nothing_is_wider_than_a_telephone(tab: Page, laboratory: str) -> None:
    tab.set_viewport_size({"width": 390, "height": 844})
    visit(tab, f"{laboratory}?ranking=bands")
    tab.get_by_label("Look closely at").fill(THIRD)
    tab.get_by_label("Look closely at").press("Enter")
    arrived(tab, f"proposal={THIRD}")
    assert tab.evaluate("document.documentElement.scrollWidth") == 390
    expect(tab.locator("#proposal h2")).to_be_in_viewport()
    expect(tab.locator("#proposal .answer")).to_be_in_viewport()
