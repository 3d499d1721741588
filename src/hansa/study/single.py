"""One measure of a study: its facts and its choices, under any definition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hansa.clusters import ClusterDefinition, find_definition
from hansa.cube import Cube
from hansa.facts.convert_cube import classification_of
from hansa.measures import find_measure
from hansa.panel import Panel
from hansa.study.choices import keeps_own_rules, options_of, period_of
from hansa.study.compute import compute_one
from hansa.study.config import read_study
from hansa.study.plan import columns_of, looks_back
from hansa.study.run import cube_of


def compute_of_study(
    measure: str,
    folder: Path,
    definition: str | Path | ClusterDefinition = "",
    of: str = "",
    changes: Mapping[str, Any] | None = None,
) -> Panel:
    """A measure as the study in a folder would compute it, on its first base.

    definition  as in `hansa.compute`; a path may start from the folder of the study
    changes     options in place of those of the study
    """
    study, m, cubes = read_study(folder), find_measure(measure), dict[str, Cube]()
    own = dict(changes or {})
    study = study.model_copy(update={"hidden": own.pop("hidden", study.hidden)})
    options = options_of(study, folder, study.base[0], keeps_own_rules(m))
    if "area" in own:
        options = replace(options, regions="")
    options = replace(options, **own)
    columns = columns_of(m, options.choices, of or "employment")
    found = {column: cube_of(study, folder, column, cubes) for column in columns}
    main = found[columns[0]]
    period = period_of(study, main)
    if looks_back(m, options.choices) and period and not {"start", "end"} & set(own):
        options = replace(options, start=period[0], end=period[1])
    if isinstance(definition, str | Path):
        spec = next(iter(study.facts.values()))
        name = str(folder / definition) if (folder / definition).is_file() else str(definition)
        chosen = find_definition(name, classification_of(spec)) if definition else None
    else:
        chosen = definition
    return compute_one(measure, main, chosen, options, found)
