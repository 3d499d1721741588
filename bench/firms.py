"""Firm-level tables: ten million rows to safe panels, in seconds and memory, beside the floor.

    python bench/firms.py [--rows 10000000] [--regions 30] [--activities 20] [--threads 2]

Model data: about a million firms over ten years in one Parquet file, drawn from a seed by
`model_rows` of the tests. Each contestant runs in a process of its own; CPU and peak memory are
those of that process (`resource.getrusage`). The floor is one plain grouping in DuckDB (firms and
employment by region, activity and year: no history, no gate); polars, where it is installed,
computes births by the years alone. Goals: 30 s and 2 GB.
"""

from __future__ import annotations

import argparse
import json
import resource
import runpy
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
A_FIRM = 4.9
"""Rows a firm of the model register, on average."""


def write_rows(path: Path, rows: int, regions: int, activities: int) -> int:
    """The model register in pieces, so that drawing it needs little memory; the rows written."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    drawn = runpy.run_path(str(HERE.parent / "tests" / "facts" / "firms" / "model_firms.py"))
    model_rows = drawn["model_rows"]
    written, piece, writer = 0, 0, None
    while written < rows:
        firms = min(200_000, int((rows - written) / A_FIRM) + 1000)
        table = model_rows(firms, 2009 + piece, geos=regions, units=activities)
        ids = pa.array([f"{piece:02d}{text}" for text in table["id"].to_pylist()])
        table = table.set_column(0, "id", ids).slice(0, rows - written)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
        written, piece = written + table.num_rows, piece + 1
    assert writer is not None
    writer.close()
    return written


def ours(path: Path, threads: int) -> dict[str, object]:
    """`hansa.facts.firms.firm_panels`, with its gate."""
    from hansa.facts.firms import Machine, firm_panels

    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        made = firm_panels([path], machine=Machine(Path(folder), threads))
    cells = made.account["cells"]
    return {
        "firms": made.account["firms"],
        "panels": len(made.panels),
        "published": sum(c["published"] for c in cells.values()),
        "hidden": sum(c["hidden"] for c in cells.values()),
    }


def floor(path: Path, threads: int) -> dict[str, object]:
    """One grouping, nothing else."""
    import duckdb

    con = duckdb.connect()
    con.execute(f"SET threads = {threads}")
    sql = (
        "SELECT geo, activity, time, count(*), sum(employment) "
        f"FROM '{path}' GROUP BY ALL ORDER BY ALL"
    )
    return {"groups": len(con.execute(sql).fetchall())}


def by_polars(path: Path, threads: int) -> dict[str, object]:
    """Births by the years alone, with a shift over each firm."""
    import os

    os.environ["POLARS_MAX_THREADS"] = str(threads)
    import polars as pl

    before = pl.col("time") - pl.col("time").shift(1).over("id")
    found = (
        pl.scan_parquet(path)
        .select("id", "geo", "activity", "time", "employment")
        .sort("id", "time")
        .with_columns(entry=before.is_null() | (before > 2))
        .group_by("geo", "activity", "time")
        .agg(pl.len(), pl.col("entry").sum(), pl.col("employment").sum())
        .collect()
    )
    return {"groups": found.height}


CONTESTANTS: dict[str, Callable[[Path, int], dict[str, object]]] = {
    "hansa": ours,
    "floor": floor,
    "polars": by_polars,
}


def child(name: str, path: Path, threads: int) -> None:
    """Run one contestant in this process and print what it took."""
    start = time.perf_counter()
    said = CONTESTANTS[name](path, threads)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "wall": round(time.perf_counter() - start, 2),
                "cpu": round(used.ru_utime + used.ru_stime, 2),
                "peak_mb": round(used.ru_maxrss / 1024),
                **said,
            }
        )
    )


def main() -> None:
    """Write the register, run every contestant, print a line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--regions", type=int, default=30)
    parser.add_argument("--activities", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="Where the register is written.")
    parser.add_argument("--child", nargs=2, metavar=("NAME", "FILE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(given.child[0], Path(given.child[1]), given.threads)
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        path = Path(folder) / "firms.parquet"
        rows = write_rows(path, given.rows, given.regions, given.activities)
        print(f"{rows:,} rows, {path.stat().st_size / 1e6:.0f} MB, model data")
        for name in CONTESTANTS:
            ran = subprocess.run(
                [sys.executable, __file__, "--child", name, str(path),
                 "--threads", str(given.threads)],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            print(f"{name}: {ran.stdout.strip() or ran.stderr.strip().splitlines()[-1]}")


if __name__ == "__main__":
    main()
