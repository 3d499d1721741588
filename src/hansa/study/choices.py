"""What a study chose, and what of it its facts and definitions do not know."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from hansa.clusters import ClusterDefinition
from hansa.cube import Cube
from hansa.errors import HansaError, UsageError, listed
from hansa.measures.catalogue import Measure
from hansa.measures.rules import find_rules
from hansa.measures.slices import refuse_below_top
from hansa.study.compute import Options
from hansa.study.config import BaseChoice, Outputs, Study
from hansa.study.places import reference_of, regions_of
from hansa.study.plan import check_options


def own_path(folder: Path, name: str) -> str:
    """A file of the study's own folder wins over a path from elsewhere, and over a name."""
    return str(folder / name) if (folder / name).exists() else name


def keeps_own_rules(m: Measure) -> bool:
    """Marks keep to their own rule set: the key `rules` of a study speaks of stars."""
    return bool(m.rules) and m.id != "presence_stars"


def rules_of(study: Study, folder: Path) -> str:
    """The rule set of a study: an id, or the path of its own file; empty where it names none."""
    return study.rules and own_path(folder, study.rules)


def options_of(study: Study, folder: Path, base: BaseChoice, own_rules: bool = False) -> Options:
    """The choices of a study on one base; `own_rules`: each measure's own rule set."""
    return Options(
        reference=study.reference,
        without=base.without,
        regions=study.geography and own_path(folder, study.geography),
        min_cell=study.min_cell,
        rules="" if own_rules else rules_of(study, folder),
        benchmark=study.benchmark,
        x_line=study.x_line,
        wage_reference=study.wage_reference,
        leave_out=study.leave_out,
    )


def period_of(study: Study, cube: Cube) -> tuple[int, int] | None:
    """First and last year of growth; None where the facts have one year only."""
    if study.period:
        return study.period
    return (cube.years[0], cube.years[-1]) if len(cube.years) > 1 else None


def wrong_choices(study: Study, folder: Path, cube: Cube) -> Iterator[HansaError]:
    """Keys of a study that name regions, an area, a reference or years the facts do not know."""
    options = options_of(study, folder, study.base[0])
    start, end = study.period or (None, None)
    checks: dict[str, Callable[[], object]] = {
        "period": lambda: check_options(cube, None, replace(options, start=start, end=end)),
        "geography": lambda: regions_of(cube, options),
        "reference": lambda: reference_of(cube, options),
    }
    without = [code for base in study.base for code in base.without]
    checks["base"] = lambda: refuse_below_top(cube.activity, without)
    if study.area:
        area = replace(options, area=(own_path(folder, study.area),), regions="")
        checks["area"] = lambda: regions_of(cube, area)
    if study.rules:
        checks["rules"] = lambda: find_rules(rules_of(study, folder))
    for key, check in checks.items():
        try:
            check()
        except HansaError as problem:
            own = problem.finding
            yield type(problem)(
                own.rule,
                place=own.place or f"study.toml, {key}",
                printed=own.printed,
                admissible=own.admissible,
                fix=own.fix if own.place else "correct the key in study.toml",
            )


def wrong_outputs(
    outputs: Outputs, regions: Sequence[str], definition: ClusterDefinition
) -> Iterator[HansaError]:
    """A region or a cluster to be shown in full that there is not."""
    if outputs.region and outputs.region not in regions:
        yield UsageError(
            f"the region {outputs.region!r} of [outputs] is not in the results",
            place="study.toml, outputs.region",
            admissible=listed(regions, 40),
            fix="correct the key in study.toml",
        )
    if outputs.cluster and outputs.cluster not in definition.clusters:
        yield UsageError(
            f"the cluster {outputs.cluster!r} of [outputs] is not in {definition.id}",
            place="study.toml, outputs.cluster",
            admissible=listed(definition.clusters, 60),
            fix="correct the key in study.toml",
        )
