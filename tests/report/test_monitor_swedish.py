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
