"""A newcomer with a table of her own: two mistakes, both told, both mended, and the map."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect, sync_playwright

from .conftest import jobs, serving, write_study

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("workbench-browser")]
READY = "html[data-ready] body:not(:has(#progress))"
CHROMIUM = "/usr/bin/chromium"
DROPPED = """([text, name]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name, { type: "text/csv" }));
  return data;
}"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A served folder with two studies, which may be written into.

    One alone would be computed as soon as it is served.
    """
    folder = tmp_path_factory.mktemp("dropping")
    for name in ("six", "seven"):
        write_study(folder / name)
    return folder


@pytest.fixture(scope="module")
def home(root: Path) -> Iterator[str]:
    for base in serving(root):
        yield f"{base}/?studies"


@pytest.fixture
def tab() -> Iterator[Page]:
    """A tab that has seen no error and no other host when it is closed."""
    trouble = list[str]()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.on("console", lambda m: trouble.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("request", lambda r: None if "//127.0.0.1:" in r.url else trouble.append(r.url))
        yield page
        browser.close()
    assert trouble == []


def drop(tab: Page, text: str, name: str) -> None:
    """Let a file fall on the page."""
    data = tab.evaluate_handle(DROPPED, [text, name])
    tab.dispatch_event("main", "drop", {"dataTransfer": data})


def settled(tab: Page, heading: str) -> None:
    expect(tab.get_by_role("heading", level=1)).to_have_text(heading, timeout=90_000)
    tab.wait_for_selector(READY, state="attached", timeout=90_000)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


def test_two_mistakes_told_mended_and_the_map(tab: Page, home: str, root: Path) -> None:
    good = "Land;Näring;År;Sysselsatta\n" + "".join(
        ";".join(line.split(",")[:4]) + "\n" for line in jobs().splitlines()[1:]
    )
    bad = good.replace("FI1B;10;2020;", "FI9Q;10;2020;").replace("LV00;47;2023;", "LV00;47;2O23;")
    assert bad != good
    tab.goto(home)
    tab.wait_for_selector(READY, state="attached", timeout=90_000)
    # What is no table is refused before it is sent.
    drop(tab, "x", "letter.pdf")
    expect(tab.get_by_role("alert")).to_have_text("This file cannot be read as a table.")
    drop(tab, bad, "mina jobb.csv")
    settled(tab, "Your table needs mending")
    told = tab.locator("ol.mistakes > li")
    expect(told).to_have_count(2)
    rows = {name: 2 + bad.splitlines()[1:].index(next(x for x in bad.splitlines() if name in x))
            for name in ("FI9Q", "2O23")}  # fmt: skip
    said = sorted(told.all_inner_texts())
    assert f"mina jobb.csv, row {rows['2O23']}" in said[0] + said[1]
    assert f"mina jobb.csv, row {rows['FI9Q']}" in said[0] + said[1]
    found = Axe().run(tab)
    assert found.violations_count == 0, found.generate_report()
    assert not [p for p in root.iterdir() if p.name not in ("six", "seven")]

    drop(tab, good, "mina jobb.csv")
    settled(tab, "Is this what your table says?")
    found = Axe().run(tab)
    assert found.violations_count == 0, found.generate_report()
    tab.get_by_label("Name of the study").fill("Mina jobb")
    tab.get_by_role("button", name="Make the study").press("Enter")
    tab.wait_for_url("**/mina-jobb/clusters", timeout=90_000)
    settled(tab, "Which clusters are there, and how do they do?")
    tiles = tab.locator("#cluster .plot path[data-geo]")
    assert {t.get_attribute("data-geo") for t in tiles.all()} >= {"EE00", "FI1B", "LT01"}
    assert (root / "mina-jobb" / "facts" / "table.csv").read_text() == good
