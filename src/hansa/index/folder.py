"""What makes a folder that of an index, known without reading its tables."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

TABLES = ("indicators.csv", "indicators.parquet")
"""Either of them does."""


def is_index(folder: Path) -> bool:
    """Whether a folder holds the tables of a composite index."""
    return any((folder / name).is_file() for name in TABLES)


def made_up(sources: Iterable[str]) -> bool:
    """Whether the sources of all indicators that name one say model data."""
    told = [source for source in sources if source]
    return bool(told) and all(source.lower().startswith("model data") for source in told)
