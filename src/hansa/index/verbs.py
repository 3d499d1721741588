"""What people ask of an index, in one call each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hansa.errors import HansaError, UsageError, listed
from hansa.index.extreme import around, rank_intervals
from hansa.index.factors import Factor
from hansa.index.reading import read_factors, read_folder, read_index, read_recipe, read_table
from hansa.index.recipe import PLAIN, Recipe, Step, recipe_of
from hansa.index.result import SEED, IndexResult, computed
from hansa.index.robustness import replayed
from hansa.index.sensitivity import sensitivity, target_of
from hansa.index.tree import Floats

RecipeLike = str | Path | Sequence[Mapping[str, Any] | Step] | None
FactorsLike = str | Path | Sequence[Mapping[str, Any] | Factor] | None


def index(
    indicators: Any,
    data: Any = None,
    recipe: RecipeLike = None,
    *,
    replications: int = 0,
    factors: FactorsLike = None,
    seed: int = SEED,
    replay: str | Path | None = None,
) -> IndexResult:
    """Run a composite index.

    indicators    an index folder or workbook; or the table of metadata, `data` being the other:
                  a path, or anything that speaks the Arrow C stream (pandas, polars, DuckDB)
    recipe        steps as tables or a file; that of the folder, else min-max, given weights,
                  arithmetic mean
    replications  of the choices left open, 0 for none
    factors       what varies, as tables or a file; factors.toml of the folder, else weights,
                  normaliser, mean, filling and one indicator left out

    replay        draws.csv of an earlier run, to play its replications again; the same seed

    Raises HansaError with everything that is wrong with a table, UsageError for a recipe or a
    factor that names what is not there.
    """
    own: Recipe = PLAIN
    folder = None
    if data is None:
        if not isinstance(indicators, str | Path):
            raise UsageError(
                "an index needs its data too",
                printed=type(indicators).__name__,
                fix="pass indicators and data, or the path of an index folder",
            )
        folder = Path(indicators)
        tree, values, own = read_folder(folder)
    else:
        tree, values = read_index(indicators, data)
    result = computed(
        tree,
        values,
        _recipe(recipe, own),
        replications=0 if replay else replications,
        factors=_factors(factors, folder),
        seed=seed,
    )
    if replay is None:
        return result
    drawn = drawn_values(Path(replay), result)
    return replace(result, robustness=replayed(result.evaluator, drawn))


def with_sensitivity(result: IndexResult, target: Sequence[str], seed: int) -> IndexResult:
    """With the indices of every target asked for, such as `rank:UNIT`."""
    data = result.data
    wanted = []
    for text in target:
        kind, _, unit = text.partition(":")
        rows = list(data.by_year())[-1].tolist()
        own = [rows.index(data.row_of(u)) for u in unit.split(",") if u]
        wanted.append((text, target_of(kind, own)))
    return replace(result, sensitivity=tuple(sensitivity(result.evaluator, wanted, seed=seed)))


def completed(result: IndexResult, seed: int = SEED) -> tuple[IndexResult, HansaError | None]:
    """With all that an audit asks about: sensitivity, and exact rank intervals.

    Intervals that this index cannot have are left out; why is the second of the pair.
    """
    if result.robustness is not None:
        result = with_sensitivity(result, ["shift"], seed)
    try:
        exact = rank_intervals(result.stage, around(result.stage))
    except HansaError as problem:
        return result, problem
    return replace(result, intervals=exact), None


def drawn_values(path: Path, result: IndexResult) -> Floats:
    """Drawn values (factors, draws) of a table of draws.

    Raises HansaError where a factor of the index has no column, or a cell is no number.
    """
    columns = read_table(path)
    names = [f.id for f in result.evaluator.factors]
    if missing := [n for n in names if n not in columns]:
        raise HansaError(
            f"the draws have no column {listed(missing)}",
            place=str(path),
            printed=listed(columns, 12),
            admissible=listed(names, 12),
            fix="give the factors of the run that wrote the draws (--factors)",
        )
    try:
        values = np.array([[float(v) for v in columns[n]] for n in names])
    except (TypeError, ValueError) as problem:
        raise HansaError(
            "a draw is no number", place=str(path), printed=str(problem), fix="correct the cell"
        ) from problem
    for factor, own in zip(result.evaluator.factors, values, strict=True):
        _refuse_drawn(factor, own, result, path)
    return values


def _refuse_drawn(factor: Factor, own: Floats, result: IndexResult, path: Path) -> None:
    """Refuse a drawn value that its factor cannot take."""
    low, high = 0.0, float(factor.size(result.tree) or np.inf) - 1
    if factor.kind == "range":
        low, high = float(factor.range[1]), float(factor.range[2])
    whole = factor.kind == "range" or (own == np.floor(own))
    bad = np.flatnonzero(~((own >= low) & (own <= high) & whole & np.isfinite(own)))
    if bad.size:
        raise HansaError(
            "a draw is outside what its factor can take",
            place=f"{path}, row {bad[0] + 2}, column {factor.id}",
            printed=f"{own[bad[0]]:g}",
            admissible=f"{low:g} to {high:g}" if np.isfinite(high) else "0 or more, whole",
            fix="give the factors of the run that wrote the draws (--factors)",
        )


def _recipe(given: RecipeLike, own: Recipe) -> Recipe:
    if given is None:
        return own
    return read_recipe(Path(given)) if isinstance(given, str | Path) else recipe_of(given)


def _factors(
    given: FactorsLike, folder: Path | None
) -> Sequence[Mapping[str, Any] | Factor] | None:
    if isinstance(given, str | Path):
        return read_factors(Path(given))
    if given is not None:
        return given
    beside = None if folder is None else folder / "factors.toml"
    return read_factors(beside) if beside is not None and beside.is_file() else None
