"""One activity on the facts of a study, as a cluster of its own: where its jobs concentrate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hansa.clusters import ClusterDefinition, Member
from hansa.panel import Panel
from hansa.report.part import QUOTIENT, Part, part_of
from hansa.report.picks import Picks
from hansa.study.choices import period_of
from hansa.study.run import DefinitionResult, StudyResult, on_definition
from hansa.web.ends import in_end_years

LEVELS = ("employment", "cluster_share", "focus", QUOTIENT)


def activity_part(part: Part, code: str, label: str, region: str = "") -> Part:
    """The activity `code` as the only cluster of a definition, on the base of a part.

    region  the one that is lit up; empty: none
    """
    codes = part.result.cube.activity.codelist
    own = ClusterDefinition(
        code, label, "local" if codes.is_local else codes.id, (Member(code, code, 1.0, label),)
    )
    measures = [*LEVELS, *(("growth_rate",) if _grows(part) else ())]
    made = on_definition(in_end_years(part.result), own, measures, part.base.base)
    return _part(part, made, Picks(region, code))


def _grows(part: Part) -> bool:
    return period_of(part.result.study, part.result.cube) is not None


def _part(part: Part, made: DefinitionResult, picks: Picks) -> Part:
    # What the study says of a cluster to show is meant for its own definitions.
    outputs = part.result.study.outputs.model_copy(update={"cluster": ""})
    study = part.result.study.model_copy(
        update={"outputs": outputs, "definitions": (made.definition.id,)}
    )
    # Squares alone: true areas take most of the time of a page that changes with each word.
    result = replace(part.result, study=study, results=(made,), geometry=None)
    own = part_of(result, made, made.bases[0])
    return replace(own, picks=picks, changes=part.changes)


def named_definition(result: StudyResult, definition: ClusterDefinition) -> tuple[str, str]:
    """A definition of the study as the command line and as Python name it."""
    ids = [own.definition.id for own in result.results]
    names = result.study.definitions
    name = names[ids.index(definition.id)] if len(ids) == len(names) else definition.id
    folder = result.folder
    if folder is None or not (folder / name).exists():
        return name, f'find_definition("{name}")'
    listed = "" if definition.classification == "local" else f', "{definition.classification}"'
    return f"STUDY/{name}", f'find_definition("STUDY/{name}"{listed})'


def focus_of(part: Part) -> tuple[Part, Panel]:
    """Shares of the regions by cluster: those of the study, else computed; with the part."""
    panels = part.base.regions
    if "focus" not in panels:
        panels = {**panels, "focus": measured(part, ("focus",))["focus"]}
        part = replace(part, base=replace(part.base, regions=panels))
    return part, panels["focus"]


def measured(part: Part, measures: Sequence[str]) -> dict[str, Panel]:
    """Further measures of the clusters of a part, in the years that a page shows."""
    own = in_end_years(part.result)
    return on_definition(own, part.own.definition, measures, part.base.base).bases[0].regions
