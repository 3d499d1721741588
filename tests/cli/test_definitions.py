"""`hansa definitions`: list, look up a code, compare."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
THREE = ("--compare", "hansa-nace2", "--compare", "bsr-2009", "--compare", "hansa-divisions")


def definitions(*arguments: str, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-c", "from hansa.cli import main; main()", "definitions", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


def test_a_class_is_looked_up_in_every_definition():
    text = definitions("--code", "C2932")
    for words in ("(in bsr-2009)", "(in hansa-divisions)", "traded:   automotive: Motor vehicles"):
        assert words in text
    assert "reason:   Makers of seats, brakes and gearboxes" in text


def test_a_division_is_looked_up_with_its_spread():
    text = definitions("hansa-nace2", "--code", "31")
    assert "count classes, not jobs" in text
    assert "furniture: Furniture" in text
    assert "of 4 classes)" in text
    assert "nowhere:  01.11" in definitions("bsr-2009", "--code", "01.11")


def test_a_look_up_as_json_and_in_a_plain_table(tmp_path):
    (found,) = json.loads(definitions("bsr-2009", "--code", "62.01", "--json"))["lookup"]
    assert found["places"][0]["cluster"] == "information-technology"
    assert found["spread"][0]["classes"] == 1
    path = tmp_path / "mine.csv"
    path.write_text("sector,nace,share\nwood,16,1\n", encoding="utf-8")
    text = definitions(
        str(path),
        "--code=16.10",
        "--classification=nace:2",
        "--columns=cluster=sector,activity=nace,weight=share",
    )
    assert "wood: wood: 16" in text


def test_a_comparison_as_text_json_and_page(tmp_path):
    text = definitions(*THREE)
    assert "Do they draw the same groups?" in text
    assert "hansa-nace2, bsr-2009" in text
    found = json.loads(definitions(*THREE, "--json"))["comparison"]
    assert [d["clusters"] for d in found["definitions"]] == [69, 38, 38]
    page = tmp_path / "page.html"
    assert "written:" in definitions(*THREE, "--out", str(page))
    assert "Cluster definitions compared" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--code", "99.99"), "no definition knows the code"),
        (("--compare", "bsr-2009"), "one definition alone cannot be compared"),
        ((*THREE, "--code", "29"), "a comparison stands alone"),
        (("bsr-2009", *THREE), "a comparison stands alone"),
        (("--out", "x.html"), "--out belongs to a comparison"),
        ((*THREE, "--out", "x.pdf"), "a comparison is written as a page"),
        (("nothing",), "unknown cluster definition"),
    ],
)
def test_what_cannot_be_meant_exits_2(arguments, message):
    assert message in definitions(*arguments, code=2)


@pytest.mark.browser
def test_the_page_fits_a_desk_and_a_telephone(tmp_path: Path):
    playwright = pytest.importorskip("playwright.sync_api")
    if not Path(CHROMIUM).exists():
        pytest.skip("Chromium is not here")
    page = tmp_path / "page.html"
    definitions(*THREE, "--out", str(page))
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        for width in (1440, 390):
            tab = browser.new_context(
                viewport={"width": width, "height": 900}, offline=True
            ).new_page()
            tab.goto(page.as_uri())
            overflow = "document.documentElement.scrollWidth - window.innerWidth"
            assert tab.evaluate(overflow) <= 0
            assert tab.evaluate("document.querySelectorAll('table').length") == 7
        browser.close()
