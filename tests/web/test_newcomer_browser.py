"""The newcomer's story in a real browser: look, compose, share, take away; the numbers stay."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from hansa.clusters import find_definition

from .conftest import DIVISIONS, HIDDEN, REGIONS, size
from .test_browser import CHROMIUM, arrived, picture, visit

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("workbench")]
REGION = "FI19"
CLASSES = (("furniture", "31"), ("wood", "16"), ("scientific research", "72"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        made = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield made
        made.close()


def fresh(browser: Browser, trouble: list[str]) -> Page:
    """A tab of somebody who was never here; what goes wrong in it is noted."""
    tab = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    tab.on("console", lambda m: trouble.append(m.text) if m.type == "error" else None)
    tab.on("pageerror", lambda error: trouble.append(str(error)))
    tab.on("request", lambda r: None if "//127.0.0.1:" in r.url else trouble.append(r.url))
    return tab


def strongest_by_hand() -> list[str]:
    """Labels of the clusters with the five highest quotients of the region, from the table."""
    definition = find_definition("hansa-divisions")
    found = {}
    for cluster in definition.clusters:
        own = [m for m in definition.members if m.cluster == cluster and m.activity in DIVISIONS]
        if not own or HIDDEN[1] in {m.activity for m in own}:
            continue
        here = sum(m.weight * size(REGION, m.activity, 2023) for m in own)
        there = sum(m.weight * size(geo, m.activity, 2023) for m in own for geo in REGIONS)
        # All jobs of the region and of the reference are the same for each of its clusters.
        found[definition.label_of(cluster)] = here / there
    return sorted(found, key=lambda name: -found[name])[:5]


def quotient_by_hand(region: str) -> float:
    """Share of the composition in the region, as a multiple of its share in all regions."""
    weights = {"31": 1.0, "16": 1.0, "72": 0.5}

    def share(regions: tuple[str, ...]) -> float:
        own = sum(w * size(geo, code, 2023) for code, w in weights.items() for geo in regions)
        return own / sum(size(geo, code, 2023) for code in DIVISIONS for geo in regions)

    return share((region,)) / share(REGIONS)


def rows_of(tab: Page, table: str) -> list[list[str]]:
    return tab.locator(table).evaluate(
        "t => [...t.querySelectorAll('tbody tr')].map(r => [...r.children].map(c => c.innerText))"
    )


def composed(tab: Page) -> None:
    """Three classes found by their words and added, with the keyboard alone."""
    for word, code in CLASSES:
        field = tab.get_by_label("Find industries by a word or a code")
        field.fill(word)
        field.press("Enter")
        arrived(tab, f"search={word.split()[0]}")
        tab.get_by_role("link", name=f"Add {code}", exact=True).press("Enter")
        arrived(tab, rf"members=[^&]*\b{code}(&|$)")
        # What was added can be taken away again from where one is.
        assert tab.evaluate("document.activeElement.id") == f"find-{code}"
    name = tab.get_by_label("Its name")
    name.fill("Woodland")
    name.press("Enter")
    arrived(tab, "name=Woodland")


def specifications(tab: Page) -> list[str]:
    return tab.locator("[data-chart] script").evaluate_all("all => all.map(s => s.textContent)")


def test_a_newcomer_looks_composes_shares_and_takes_away(
    browser: Browser, served: str, tmp_path: Path
) -> None:
    trouble: list[str] = []
    tab = fresh(browser, trouble)
    visit(tab, f"{served}/six/start")
    tab.get_by_role("navigation").get_by_role("link", name="Region", exact=True).click()
    tab.wait_for_url(re.compile("/six/region"))
    tab.locator(".controls select[name=region]").select_option(REGION)
    arrived(tab, f"region={REGION}")
    tab.keyboard.press("t")
    shown = [" ".join(row) for row in rows_of(tab, "details.behind table >> nth=0")]
    for text, name in zip(shown[:5], strongest_by_hand(), strict=True):
        assert name in text

    tab.get_by_role("navigation").get_by_role("link", name="Compose", exact=True).click()
    tab.wait_for_url(re.compile("/six/compose"))
    composed(tab)
    before = picture(tab, "cluster")
    weight = tab.get_by_label("Weight of 72")
    weight.fill("0.5")
    weight.press("Tab")
    arrived(tab, r"72\*0\.5")
    mine = picture(tab, "cluster")
    assert mine != before

    other = fresh(browser, trouble)
    visit(other, tab.url)
    assert picture(other, "cluster") == mine
    assert specifications(other) == specifications(tab)

    with other.expect_download() as coming:
        other.get_by_role("link", name="Spreadsheet", exact=True).click()
    coming.value.save_as(tmp_path / "page.xlsx")
    assert_same_numbers(other, tmp_path / "page.xlsx")
    assert trouble == []


def assert_same_numbers(tab: Page, path: Path) -> None:
    """The league of the page, of the workbook (exact) and of the table by hand is one."""
    rows = rows_of(tab, "#cluster > .table >> nth=0")
    printed = {code: value for _rank, code, _name, value, *_more in rows}
    assert set(printed) == set(REGIONS)
    caption = tab.locator("#cluster > .table caption").first.inner_text()
    book = openpyxl.load_workbook(path)
    lines = list(next(s for s in book if s["A1"].value == caption).values)
    code, value = lines[2].index("Code"), lines[2].index("Value (bounds)")
    exact = {str(line[code]): float(line[value]) for line in lines[4:] if line[code]}
    for region, text in printed.items():
        assert exact[region] == pytest.approx(quotient_by_hand(region), rel=1e-12)
        assert text == f"{exact[region]:.{len(text.partition('.')[2])}f}"
