"""What is said of the two printed Monitor tables is said anew in each language."""

from __future__ import annotations

from hansa.language import speaking
from hansa.report.monitor import MONITOR, sections_monitor


def contradictions(language: str) -> str:
    with speaking(language):
        (section,) = [s for s in sections_monitor() if s.id == MONITOR[2]]
    return " ".join(cell for table in section.tables for row in table.rows for cell in row)


def test_findings_follow_the_language_whoever_asks_first() -> None:
    swedish, english = contradictions("sv"), contradictions("en")
    assert "motsäger värdena år 2003" in swedish
    assert "contradicts the values in 2003" in english
    assert "alltså placering" in swedish
    assert "contradicts" not in swedish
    assert contradictions("sv") == swedish


def test_countries_have_their_names_in_the_language_spoken() -> None:
    def first(language: str) -> str:
        with speaking(language):
            return sections_monitor()[1].answer[0]

    assert "Sydkorea" in first("sv")
    assert "USA" in first("sv")
    assert "Korea by the printed rank" in first("en")
    with speaking("sv"):
        said = " ".join(
            " ".join((*s.answer, *s.certainty, *(t for f in s.figures for t in (f.title, f.alt))))
            for s in sections_monitor()
        )
    assert not {"Denmark", "Norway", "United", "Turkey", "Switzerland"} & set(said.split())
