"""A newcomer in a real browser: looks, composes, shares, saves; nothing in the console."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from hansa.web.page import pages

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("workbench-browser")]
READY = "html[data-ready] body:not(:has(#progress))"
CHROMIUM = "/usr/bin/chromium"


@pytest.fixture(scope="module")
def context() -> Iterator[BrowserContext]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser.new_context(viewport={"width": 1440, "height": 900})
        browser.close()


@pytest.fixture
def tab(context: BrowserContext) -> Iterator[Page]:
    """A tab that has seen no error and no other host when it is closed."""
    page, trouble = context.new_page(), list[str]()
    page.on("console", lambda m: trouble.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("request", lambda r: None if "//127.0.0.1:" in r.url else trouble.append(r.url))
    yield page
    page.close()
    assert trouble == []


def visit(tab: Page, address: str) -> None:
    tab.goto(address, timeout=90_000)
    tab.wait_for_selector(READY, state="attached", timeout=60_000)


def arrived(tab: Page, address: str) -> None:
    """Wait until a control has led to an address and its figures are drawn."""
    tab.wait_for_url(re.compile(address), timeout=60_000)
    tab.wait_for_selector(READY, state="attached", timeout=60_000)


def picture(tab: Page, section: str) -> str:
    """What the first figure of a section draws, without what belongs to the moment."""
    return re.sub(r' class="[^"]*"', "", tab.locator(f"#{section} .plot svg").first.inner_html())


def test_first_chart_and_its_table(tab: Page, writable: str) -> None:
    visit(tab, f"{writable}/clusters")
    assert tab.locator(".plot svg").count() >= 3
    chart = tab.locator("[data-chart]").first
    assert len(chart.get_attribute("aria-label") or "") > 40
    table = tab.locator("details.behind table").first
    expect(table).to_be_hidden()
    tab.keyboard.press("t")
    expect(table).to_be_visible()


def test_a_click_lights_the_region_up_everywhere(tab: Page, writable: str) -> None:
    visit(tab, f"{writable}/clusters")
    tab.locator('#cluster .plot path[data-geo="EE00"]').first.click(force=True)
    arrived(tab, "region=EE00")
    assert tab.locator('#cluster .plot [data-geo="EE00"].lit').count() > 0
    assert tab.locator('#regions .plot [data-geo="EE00"].lit').count() > 0
    assert tab.locator('#cluster .plot [data-geo="FI19"].dim').count() > 0
    assert tab.locator("select[name=region]").input_value() == "EE00"
    to_region = tab.locator('.menu a[href*="/region"]')
    expect(to_region).to_have_attribute("href", "/six/region?region=EE00")
    tab.keyboard.press("Escape")
    arrived(tab, "clusters$")
    expect(to_region).to_have_attribute("href", "/six/region")


def test_compose_share_and_save(tab: Page, context: BrowserContext, writable: str) -> None:
    visit(tab, f"{writable}/compose")
    for word, code in (("furniture", "31"), ("wood", "16"), ("scientific research", "72")):
        tab.get_by_label("Find industries by a word or a code").fill(word)
        tab.get_by_role("button", name="Find").click()
        arrived(tab, f"search={word.split()[0]}")
        tab.get_by_role("link", name=f"Add {code}", exact=True).click()
        arrived(tab, rf"members=[^&]*\b{code}(&|$)")
    before = picture(tab, "cluster")
    tab.get_by_label("Weight of 72").fill("0.5")
    tab.get_by_label("Weight of 72").press("Tab")
    arrived(tab, r"72\*0\.5")
    mine = picture(tab, "cluster")
    assert mine != before

    context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = tab.get_by_role("button", name="Copy the address of this view")
    button.click()
    expect(tab.locator("footer [role=status]")).to_have_text("The address is copied.")
    assert tab.evaluate("navigator.clipboard.readText()") == tab.url
    expect(button).to_have_text("Copy the address of this view")

    other = context.new_page()
    visit(other, tab.url)
    assert picture(other, "cluster") == mine

    for page, name in ((tab, "mine"), (other, "mine")):
        page.get_by_text("Save it as a definition").click()
        page.get_by_label("Short name of the definition").fill(name)
        page.get_by_label("Why it is composed").fill("for the test")
    tab.get_by_role("button", name="Save").click()
    arrived(tab, "definition=mine")
    other.get_by_role("button", name="Save").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Saved meanwhile by somebody else")
    assert other.locator("[name=members]").last.input_value() == "31,16,72*0.5"
    other.get_by_role("button", name="Save over theirs").click()
    arrived(other, "definition=mine")
    other.close()


@pytest.mark.parametrize("page", list(pages()))
def test_every_page_fits_and_is_accessible(
    context: BrowserContext, writable: str, page: str
) -> None:
    tab = context.new_page()
    try:
        visit(tab, f"{writable}/{page}")
        found = Axe().run(tab)
        assert found.violations_count == 0, found.generate_report()
        tab.set_viewport_size({"width": 390, "height": 844})
        tab.wait_for_selector(READY, state="attached", timeout=60_000)
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    finally:
        tab.close()
