"""The HTML report: complete in itself, well formed, safe, and fit for a telephone."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pyarrow as pa
import pytest

from hansa.panel import Header, Panel
from hansa.report.document import Document, Section, Table
from hansa.report.html import inline_svg, render_html
from hansa.views.charts import Figure, Words, size_bars, specialisation_bars, tile_map

VOID = {"meta", "link", "br", "hr", "img", "input", "path", "rect", "line", "circle"}
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"


def clusters(count: int, measure: str, unit: str, kind: str, model: bool) -> Panel:
    names = [f"cluster-{i:02d}" for i in range(count)]
    values = [None if i == 3 else 2.0 ** (3 - i / 4) for i in range(count)]
    columns = {
        "geo": pa.array(["UKL2"] * count),
        "cluster": pa.array(names),
        "time": pa.array([2018] * count),
        "value": pa.array(values, pa.float64()),
        "status": pa.array(["c" if v is None else "" for v in values]),
        "lower": pa.array([None if v is None else v * 0.9 for v in values], pa.float64()),
        "upper": pa.array([None if v is None else v * 1.1 for v in values], pa.float64()),
    }
    header = Header(measure, unit, kind, source="A survey", model_data=model)  # type: ignore[arg-type]
    return Panel.of(pa.table(columns), ("geo", "cluster", "time"), header)


def regions(model: bool) -> Panel:
    codes = ["UKC1", "UKC2", "UKD1", "UKL1", "UKL2", "UKM2"]
    columns = {"geo": codes, "value": [2.0, 0.5, 1.0, None, 3.1, 0.8]}
    header = Header("location_quotient_total", "ratio", "intensive", geography="nuts:2013")
    panel = Panel.of(pa.table(columns), ("geo",), header)
    return panel.with_header(model_data=model, source="A survey", reference="Great Britain")


def figures(model: bool = False) -> tuple[Figure, ...]:
    words = Words({f"cluster-{i:02d}": f"Machines, tools & repair no. {i}" for i in range(30)})
    return (
        size_bars(clusters(24, "employment", "persons", "extensive", model), words=words),
        specialisation_bars(
            clusters(24, "location_quotient_total", "ratio", "intensive", model), words=words
        ),
        tile_map(regions(model)),
    )


def document(model: bool = False) -> Document:
    size, quotients, places = figures(model)
    ranks = Table(
        "Ranks",
        ("Rank (best–worst)", "Region", "Value", "Status"),
        (("1 (1–2)", "East Wales", "3.1", ""), ("·", "West Wales", "·", "confidential")),
        "A rank with its interval.",
    )
    return Document(
        title='Clusters "of" <East Wales>',
        subtitle="2018",
        origin="Invented numbers." if model else "Real data of a survey.",
        findings=("Metals: twice the share of Great Britain; certain.",),
        sections=(
            Section("size", "How large are they?", ("Machines are the largest.",), (size,)),
            Section(
                "strong",
                "What is East Wales strong at?",
                ("Metals & more.", "<script>alert(1)</script>"),
                (quotients, places),
                (ranks,),
                ("23 of 24 clusters are known between two bounds.",),
                "Source: A survey.",
                'import hansa\nhansa.compute("employment")',
                "hansa compute employment --facts a-file-with-a-very-long-name.parquet --out x.csv",
            ),
        ),
        method=(("Location quotient", "Share of a region over share of the reference."),),
        footer="Hansa",
        model_data=model,
    )


class Outline(HTMLParser):
    """Checks nesting, and collects tags, ids and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.problems: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {k: v or "" for k, v in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {k: v or "" for k, v in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> at {self.getpos()}")


@pytest.fixture(scope="module")
def page() -> str:
    return render_html(document())


@pytest.fixture(scope="module")
def outline(page: str) -> Outline:
    parser = Outline()
    parser.feed(page)
    parser.close()
    return parser


def test_every_element_is_closed_in_order(outline: Outline) -> None:
    assert outline.problems == []
    assert outline.open == []


def test_the_page_asks_for_nothing_and_runs_nothing(page: str, outline: Outline) -> None:
    tags = {tag for tag, _ in outline.tags}
    assert not tags & {"script", "link", "iframe", "img", "object", "embed", "base", "form"}
    assert "http:" not in page
    assert "https:" not in page
    assert "@import" not in page
    assert not re.search(r"url\((?!data:font/otf|#)", page)
    assert not [a for _, a in outline.tags if any(name.startswith("on") for name in a)]


def test_texts_are_escaped(page: str) -> None:
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<title>Clusters &#34;of&#34; &lt;East Wales&gt;</title>" in page


def test_ids_are_unique_and_references_lead_somewhere(page: str, outline: Outline) -> None:
    ids = [a["id"] for _, a in outline.tags if "id" in a]
    assert len(ids) == len(set(ids))
    links = [a["href"][1:] for t, a in outline.tags if t == "a"]
    assert set(links) <= set(ids)
    assert set(re.findall(r"url\(#([^)]+)\)", page)) <= set(ids)
    labelled = [a["aria-labelledby"] for _, a in outline.tags if "aria-labelledby" in a]
    assert set(labelled) <= set(ids)


def test_landmarks_language_and_text_alternatives(outline: Outline) -> None:
    tags = [tag for tag, _ in outline.tags]
    assert dict(outline.tags)["html"]["lang"] == "en-GB"
    for landmark in ("header", "nav", "main", "footer"):
        assert tags.count(landmark) == 1
    pictures = [a for t, a in outline.tags if t == "svg"]
    assert len(pictures) == 6, "three figures, each wide and narrow"
    assert all(a["role"] == "img" and a["aria-label"] for a in pictures)
    assert tags.count("figure") == tags.count("figcaption") == 3
    assert tags.count("table") == tags.count("caption")
    heads = [a for t, a in outline.tags if t == "th"]
    assert all(a["scope"] in ("col", "row") for a in heads)


def test_the_anatomy_of_a_page_question_answer_figure_certainty_line(page: str) -> None:
    body = page[page.index('id="strong"') :]
    parts = (
        "What is East Wales",
        "Metals &amp; more.",
        "<figure",
        "How sure are we?",
        'class="quiet">Source: A survey.',
    )
    places = [body.index(part) for part in (*parts, "In Python", "On the command line")]
    assert places == sorted(places)


def test_the_origin_stands_before_any_figure(page: str) -> None:
    assert page.index("Real data of a survey.") < page.index("<svg")
    model = render_html(document(model=True))
    assert model.index("<strong>Model data.</strong>") < model.index("<svg")


def test_the_same_document_gives_the_same_bytes(page: str) -> None:
    assert render_html(document()) == page


def test_the_file_is_small_enough_to_send(page: str) -> None:
    assert len(page.encode()) < 1_500_000


def test_columns_of_numbers_are_found() -> None:
    table = Table(
        "t",
        ("Name", "Value", "Rank", "Status"),
        (
            ("a", "1\u202f234", "1 (1–2)", ""),
            ("b", "·", "·", "confidential"),
            ("c", "−3.1\u202f%", "3–4", ""),
        ),
    )
    assert table.numeric == (False, True, True, False)


def test_two_sections_of_one_id_are_refused() -> None:
    twice = (Section("a", "?", ("!",)), Section("a", "?", ("!",)))
    with pytest.raises(ValueError, match="share an id: a"):
        render_html(Document("t", "", "o", (), twice))


def test_ids_inside_a_picture_are_its_own() -> None:
    picture = inline_svg(figures()[1], "f7w")
    ids = re.findall(r'\bid="([^"]+)"', picture)
    assert all(i.startswith("f7w-") for i in ids)


@pytest.mark.browser
def test_the_page_fits_a_desk_and_a_telephone(tmp_path: Path) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    if not Path(CHROMIUM).exists():
        pytest.skip("Chromium is not here")
    file = tmp_path / "report.html"
    file.write_text(render_html(document(model=True)), encoding="utf-8")
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        for width in (1440, 390):
            for scheme in ("light", "dark"):
                context = browser.new_context(
                    viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
                )
                tab = context.new_page()
                tab.goto(file.as_uri())
                shot = tab.screenshot(path=tmp_path / f"{width}-{scheme}.png", full_page=True)
                assert shot.startswith(b"\x89PNG")
                overflow = "document.documentElement.scrollWidth - window.innerWidth"
                assert tab.evaluate(overflow) <= 0
                assert tab.evaluate("document.fonts.check('16px \"Source Sans Pro\"')")
                shown = "[...document.querySelectorAll('figure svg')].filter(s => s.clientWidth)"
                assert tab.evaluate(f"{shown}.length") == 3
                assert tab.evaluate(f"Math.max(...{shown}.map(s => s.clientWidth))") <= width
        browser.close()
