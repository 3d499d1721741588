"""Kinds of clusters on the page of one region: read from its rows alone, the same as from all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hansa.report.dynamics import quadrants_section
from hansa.report.part import Part, parts
from hansa.study.run import StudyResult
from hansa.web.pages.region.portfolio import _alone, _cut, region_kinds_section

pytestmark = pytest.mark.long


def parts_by_region(result: StudyResult) -> list[Part]:
    part = next(iter(parts(result)))
    regions = part.base.regions["quadrant"].distinct("geo")
    return [replace(part, picks=replace(part.picks, region=region)) for region in regions[:3]]


def test_the_rows_of_the_region_are_enough(rich: StudyResult) -> None:
    for part in parts_by_region(rich):
        whole = quadrants_section(_alone(part))
        assert whole is not None
        wanted = replace(whole, tables=tuple(table for table in whole.tables if table.rows))
        assert region_kinds_section(part) == wanted
        cut = _cut(_alone(part)).base.regions
        assert {panel.distinct("geo")[0] for panel in cut.values()} == {part.picks.region}
        assert len(cut["employment"]) < len(part.base.regions["employment"])


def test_without_wages_there_are_no_kinds(rich: StudyResult) -> None:
    part = parts_by_region(rich)[0]
    names = [name for name in part.base.regions if name != "relative_wage_growth"]
    panels = {name: part.base.regions[name] for name in names}
    base = replace(part.base, regions=panels)
    own = replace(part.own, bases=(base, *part.own.bases[1:]))
    assert region_kinds_section(replace(part, own=own, base=base)) is None
