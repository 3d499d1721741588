"""Size, growth and kinds of the clusters of one region, also where the study has an area."""

from __future__ import annotations

from dataclasses import replace

from hansa.report.document import Section
from hansa.report.dynamics import NEEDED, SPLIT, quadrants_section
from hansa.report.part import Part
from hansa.report.sections import size_section


def region_size_section(part: Part) -> Section | None:
    """How large the clusters of the region are, and how they grow."""
    return size_section(_alone(part))


def region_kinds_section(part: Part) -> Section | None:
    """Which of its clusters grow in jobs, and which in wages; None without wages."""
    section = quadrants_section(_cut(_alone(part)))
    if section is None:
        return None
    # Where the change of a wage comes from is a question for sums of regions.
    return replace(section, tables=tuple(table for table in section.tables if table.rows))


def _cut(part: Part) -> Part:
    """The part with the rows of its region alone, of what kinds are made of: they are read fast."""
    panels = {
        name: panel.where("geo", part.picks.region)
        for name, panel in part.base.regions.items()
        if name in (*NEEDED, *SPLIT, "quadrant_stability")
    }
    base = replace(part.base, regions=panels)
    own = replace(part.own, bases=(base, *part.own.bases[1:]))
    return replace(part, own=own, base=base)


def _alone(part: Part) -> Part:
    """The region without the area it lies in; on the first base, as sizes are the same on all."""
    first = replace(part.own.bases[0], area={})
    own = replace(part.own, bases=(first, *part.own.bases[1:]))
    return replace(part, own=own, base=first)
