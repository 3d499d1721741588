"""Every figure of a report says what its marks stand for."""

from __future__ import annotations

from tests.views.marking import breaches, speaking

from hansa.report.content import document, figures
from hansa.study.run import StudyResult

OTHERS = ("claimed-2009", "asked-2009", "tried-2009", "monitor", "position")
"""Figures of printed tables, whose rows are no regions or clusters of a study."""


def test_every_mark_of_a_study_carries_its_codes_and_speaks(rich: StudyResult) -> None:
    drawn = figures(document(rich))
    own = {name: f for name, f in drawn.items() if not name.startswith(OTHERS)}
    kinds = {"size", "regions", "region", "cluster", "stars", "quadrants"}
    assert kinds <= {name.partition("-")[0] for name in own}, sorted(drawn)
    assert [fault for figure in own.values() for fault in breaches(figure)] == []


def test_a_region_and_a_cluster_are_found_in_every_figure_that_shows_them(
    rich: StudyResult,
) -> None:
    drawn = figures(document(rich))
    holding = {
        code: {n for n, f in drawn.items() if any(code in own for own in speaking(f.spec))}
        for code in (("geo", "FI1D"), ("cluster", "factories"))
    }
    assert {"regions", "cluster", "stars"} <= holding["geo", "FI1D"]
    assert {"size", "regions", "region", "quadrants"} <= holding["cluster", "factories"]
