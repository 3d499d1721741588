"""What people ask of an index, in one call each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hansa.errors import UsageError
from hansa.index.factors import Factor
from hansa.index.reading import read_factors, read_folder, read_index, read_recipe
from hansa.index.recipe import PLAIN, Recipe, Step, recipe_of
from hansa.index.result import SEED, IndexResult, computed

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
) -> IndexResult:
    """Run a composite index.

    indicators    an index folder or workbook; or the table of metadata, `data` being the other:
                  a path, or anything that speaks the Arrow C stream (pandas, polars, DuckDB)
    recipe        steps as tables or a file; that of the folder, else min-max, given weights,
                  arithmetic mean
    replications  of the choices left open, 0 for none
    factors       what varies, as tables or a file; factors.toml of the folder, else weights,
                  normaliser, mean, filling and one indicator left out

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
    return computed(
        tree,
        values,
        _recipe(recipe, own),
        replications=replications,
        factors=_factors(factors, folder),
        seed=seed,
    )


def _recipe(given: RecipeLike, own: Recipe) -> Recipe:
    if given is None:
        return own
    return read_recipe(Path(given)) if isinstance(given, str | Path) else recipe_of(given)


def _factors(given: FactorsLike, folder: Path | None) -> Sequence[Mapping[str, Any] | Factor]:
    if isinstance(given, str | Path):
        return read_factors(Path(given))
    if given is not None:
        return given
    beside = None if folder is None else folder / "factors.toml"
    return read_factors(beside) if beside is not None and beside.is_file() else ()
