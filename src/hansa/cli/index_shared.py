"""What the commands about composite indices share: options, running, tables on their way out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hansa.errors import UsageError, listed

if TYPE_CHECKING:
    from hansa.index.data import IndexData
    from hansa.index.result import IndexResult
    from hansa.index.tree import Ints

Where = Annotated[
    Path,
    typer.Argument(
        help="Index folder (indicators.csv, data.csv, recipe.toml, factors.toml) or workbook."
    ),
]
Replications = Annotated[
    int, typer.Option("--replications", help="Replications of the choices left open; 0 for none.")
]
Seed = Annotated[int, typer.Option("--seed", help="Seed of the replications.")]
Factors = Annotated[
    Path | None, typer.Option("--factors", help="What varies (TOML); factors.toml otherwise.")
]
RecipeFile = Annotated[
    Path | None, typer.Option("--recipe", help="Steps (TOML); recipe.toml of the folder otherwise.")
]
SEED = 20090507
MOST = 12
"""Lines of a list that the screen shows."""

PARTS = (
    "[n of all]: indicators observed, where not all were; scores rest on these and on any filled"
)
"""What `part_of` prints."""


def part_of(data: IndexData, row: int, year: bool = False) -> str:
    """`  [2 of 6]`, `  [5 of 6, 1 filled]`: what a score rests on; empty where all was observed."""
    observed, every = int(data.observed[row]), data.values.shape[1]
    if observed == every:
        return ""
    when = f"{data.time[row]}: " if year else ""
    filled = int(data.filled[row].sum())
    told = f"{observed} of {every}" + (f", {filled} filled" if filled else "")
    return f"  [{when}{told}]"


def parts_said(data: IndexData, rows: Ints) -> list[str]:
    """What `part_of` means, where it says something of one of the rows."""
    return [PARTS] if (data.observed[rows] < data.values.shape[1]).any() else []


def computed(
    where: Path, recipe: Path | None, replications: int, factors: Path | None, seed: int,
    target: Sequence[str] = (),
    replay: Path | None = None,
) -> IndexResult:  # fmt: skip
    """An index as the options of a command ask for it."""
    from hansa.index.verbs import index, with_sensitivity

    if replications < 0:
        raise UsageError(
            "replications cannot be negative", printed=str(replications), fix="--replications 10000"
        )
    result = index(
        where,
        recipe=recipe,
        replications=replications,
        factors=factors,
        seed=seed,
        replay=replay,
    )
    return with_sensitivity(result, target, seed) if target else result


def arrow(columns: Mapping[str, Any]) -> Any:
    """Columns as an Arrow table; NaN is an empty cell."""
    import numpy as np
    import pyarrow as pa

    made = {}
    for name, values in columns.items():
        cells = np.asarray(values).tolist() if not isinstance(values, list) else values
        made[name] = pa.array(
            [None if isinstance(v, float) and np.isnan(v) else v for v in cells], from_pandas=False
        )
    return pa.table(made)


def print_json(content: Any) -> None:
    """JSON on standard output."""
    from hansa.files import json_bytes

    print(json_bytes(content).decode(), end="")


def refuse_ending(out: Path | None, *known: str) -> None:
    """Before anything is computed: a result that could not be written."""
    if out is not None and out.suffix.lower() not in known:
        raise UsageError(
            f"the result cannot be written as {out.suffix or 'a file without an ending'}",
            place=str(out),
            admissible=listed(known),
            fix="change the ending of --out",
        )
