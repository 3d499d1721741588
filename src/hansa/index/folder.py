"""What makes a folder that of an index, known without reading its tables."""

from __future__ import annotations

from pathlib import Path

TABLES = ("indicators.csv", "indicators.parquet")
"""Either of them does."""


def is_index(folder: Path) -> bool:
    """Whether a folder holds the tables of a composite index."""
    return any((folder / name).is_file() for name in TABLES)
