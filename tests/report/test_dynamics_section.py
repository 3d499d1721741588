"""The section on kinds of clusters: no empty picture, and plain words on what is stable."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

from hansa.panel import Panel
from hansa.report.dynamics import quadrants_section
from hansa.report.part import Part, parts
from hansa.study.run import StudyResult
from hansa.views.quadrants import _unstable


def blank(panel: Panel) -> Panel:
    """The same panel with nothing known."""
    table = panel.table
    for name in ("value", "lower", "upper"):
        if name in table.column_names:
            kind = table[name].type
            at = table.column_names.index(name)
            table = table.set_column(at, name, pa.nulls(table.num_rows, kind))
    return replace(panel, table=table)


def section_of(part: Part):
    found = quadrants_section(part)
    assert found is not None
    return found


def test_without_a_known_rate_of_wages_a_table_stands_for_the_picture(rich: StudyResult) -> None:
    part = next(iter(parts(rich)))
    whole = section_of(part)
    assert len(whole.figures) == 1
    name = "relative_wage_growth"
    area = {**part.base.area, name: blank(part.base.area[name])}
    base = replace(part.base, area=area)
    own = replace(part.own, bases=(base, *part.own.bases[1:]))
    empty = section_of(replace(part, base=base, own=own, result=replace(rich, results=(own,))))
    assert empty.figures == ()
    assert len(empty.tables) == len(whole.tables) + 1
    assert empty.tables[0].caption.startswith("Table behind the figure: ")
    assert {row[1] for row in empty.tables[0].rows} == {row[1] for row in whole.figures[0].rows}


@pytest.mark.parametrize(
    ("sure", "open_", "said"),
    [
        (2, 0, "two are not stable"),
        (1, 1, "one is not stable and of one it cannot be said"),
        (0, 3, "of three it cannot be said"),
    ],
)
def test_what_is_not_stable_is_said_without_counting_nothing(
    sure: int, open_: int, said: str
) -> None:
    assert _unstable(sure, open_) == said
