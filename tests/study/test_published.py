"""The tables of 2009 as shipped: against the transcription, and against each other.

Sums and counts in the small tests were added up by hand from the print.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pyarrow as pa
import pytest

from hansa.clusters import definitions
from hansa.panel import Header, Panel
from hansa.report.document import Document
from hansa.report.html import render_html
from hansa.report.published import section_claims, sections_2009
from hansa.study import published

SHIPPED = Path(published.__file__).parent / "published2009"
# Shipped file, transcription, columns that hold our own words in either.
PAIRS = [
    ("survey-frame", "survey_recipients", set()),
    ("countries", "matrix_columns", set()),
    ("strongholds", "strongholds_counts", {"note"}),
    ("pilots", "pilots", set()),
    ("pilot-partners", "pilot_partners", {"note"}),
    ("pilot-timeline", "pilot_timeline", {"step", "note"}),
]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.data
@pytest.mark.parametrize(("shipped", "transcribed", "own"), PAIRS)
def test_every_cell_is_that_of_the_transcription(
    shipped: str, transcribed: str, own: set[str], hansa_data: Path
) -> None:
    ours, theirs = (
        [{k: v for k, v in row.items() if k not in own} for row in rows(path)]
        for path in (SHIPPED / f"{shipped}.csv", hansa_data / "bsr2009" / f"{transcribed}.csv")
    )
    assert ours == theirs


@pytest.mark.data
def test_single_figures_are_those_of_the_transcription(hansa_data: Path) -> None:
    facts = {r["fact"]: r["value"] for r in rows(hansa_data / "bsr2009" / "facts.csv")}
    stated = published.source()["stated"]
    assert f"approximately {stated['recipients_about']}" == facts["survey recipients stated"]
    assert facts["regions surveyed"].startswith(f"{stated['regions']} ")


def test_every_file_says_which_table_it_is() -> None:
    files = {path.stem for path in SHIPPED.glob("*.csv")} - {"claims-to-clusters"}
    assert set(published.source()["tables"]) == files


def test_a_dash_of_the_survey_frame_is_not_known() -> None:
    frame = {a.area: a for a in published.survey_frame()}
    assert frame["N-Poland"].counts == (29, 39, None)
    assert [a for a in frame if None in frame[a].counts] == ["N-Poland"]
    assert sum(a.companies or 0 for a in frame.values()) == 5781
    assert sum(a.institutions or 0 for a in frame.values()) == 855
    assert sum(a.experts or 0 for a in frame.values()) == 171


def test_the_nine_strongholds_are_those_of_at_least_four_countries() -> None:
    areas = published.strongholds()
    assert sum(s.nine for s in areas) == 9
    assert all(s.nine == (s.countries >= 4) for s in areas)
    assert sum(s.pilot for s in areas) == len(published.pilots()) == 4
    assert {s.of for s in areas} == {len(published.countries())}


def test_the_leader_of_a_pilot_takes_part_in_it() -> None:
    names = {name for _, name in published.countries()}
    for pilot in published.pilots():
        assert pilot.lead in {p.country for p in pilot.partners if p.status == "participant"}
        assert {p.country for p in pilot.partners} <= names
        assert {p.status for p in pilot.partners} <= {"participant", "associate", "left"}
        assert pilot.start < pilot.report < pilot.end


def test_the_steps_of_the_pilots_follow_each_other() -> None:
    steps = published.pilot_timeline()
    assert [s.start for s in steps] == sorted(s.start for s in steps)
    assert all(s.start <= s.end and re.fullmatch(r"\d{4}-\d{2}", s.start) for s in steps)
    begun, ended = steps[3], steps[5]
    assert {(p.start, p.end) for p in published.pilots()} == {(begun.start, ended.end)}


def test_every_claim_has_clusters_with_a_reason_or_a_reason_for_none() -> None:
    links = published.claim_links()
    claims = {s.code for s in published.strongholds()}
    definition = definitions()["hansa-nace2"]
    assert {x.claim for x in links} == claims
    assert {x.cluster for x in links if x.cluster} <= set(definition.clusters)
    assert all(x.reason.endswith(".") and len(x.reason) > 30 for x in links)
    assert len({(x.claim, x.cluster) for x in links}) == len(links)
    assert [x.claim for x in links if not x.cluster] == ["nanotechnology"]
    # A local cluster follows the people of a place: it cannot show a strength.
    assert {definition.kind_of(x.cluster) for x in links if x.cluster} == {"traded"}


def test_the_sections_say_that_the_figures_are_printed_and_what_is_lost() -> None:
    sections = sections_2009()
    assert [s.question for s in sections] == [
        "What was claimed in 2009?",
        "Who was asked in 2009?",
        "What was tried in 2009?",
    ]
    said = " ".join(" ".join((*s.answer, *s.certainty)) for s in sections).replace("\u202f", " ")
    assert "Nine areas were named as a strength by at least four of 10 countries" in said
    assert "5 781 companies, 855 knowledge institutions and at least 171 experts" in said
    assert "adds up to 6 807; the text speaks of about 5 000" in said
    assert "Which countries marked an area cannot be said" in said
    assert "18 places for countries; 17 are filled by a named organisation" in said
    assert not any(f.model_data for s in sections for f in s.figures)
    assert all("chapter 2." in s.line for s in sections)


def test_the_sections_make_a_page() -> None:
    page = render_html(Document("2009", "", "Printed figures.", (), sections_2009()))
    for section in sections_2009():
        assert section.question in page
    assert "Model data" not in page


@pytest.mark.parametrize("model_data", [True, False])
def test_the_section_on_claims_says_what_is_seen_and_whether_it_means_anything(
    model_data: bool,
) -> None:
    wanted = sorted({x.cluster for x in published.claim_links() if x.cluster})
    values = [2.0 if c in ("software", "tourism") else 0.5 for c in wanted]
    table = pa.table(
        {"geo": ["here"] * len(wanted), "cluster": wanted, "time": [2020] * len(wanted)}
        | {"value": values, "status": [""] * len(wanted)}
    )
    header = Header(measure="location_quotient_total", kind="intensive", model_data=model_data)
    section = section_claims(Panel.of(table, ("geo", "cluster", "time"), header))
    seen = "Claimed and seen: Information and Communications Technology; Tourism."
    assert seen in section.answer
    assert "Cannot be said: Nanotechnology." in section.answer
    assert section.answer[0].startswith("An illustration") == model_data
    assert section.figures[0].model_data == model_data
