"""The contestants: each computes the same results in its own way, and says what it took.

`python contestants.py NAME TABLE CLUSTERS WARM_TABLE WARM_CLUSTERS` prints one JSON object.
Every contestant first does the whole task on the warm-up table, so imports, first calls and
compiled plans are paid before its clock starts. The clock is the CPU time of the process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

Sums = dict[str, float]
BALLAST = 64
"""Free memory that is touched before the clock starts, in sizes of the table's file."""


def floor(table: Path, clusters: Path) -> Sums:
    """Decode all columns once, one row group after the other, one thread; keep nothing."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(table) as file:
        for group in range(file.num_row_groups):
            file.read_row_group(group, use_threads=False)
    return {}


def hansa(table: Path, clusters: Path, precision: str = "double") -> Sums:
    """The library as a user calls it; results stay in memory as panels.

    No cell is marked as tiny: none of the others marks any.
    """
    from hansa.clusters.definition import read_csv
    from hansa.sources.tabular import read_facts
    from hansa.study.compute import Options, Request, compute_all

    measures = ("location_quotient_total", "growth_rate")
    cells, groups = compute_all(
        read_facts(table),
        [
            Request(measures, None, Options(rows="listed", min_cell=0, precision=precision)),
            Request(measures, read_csv(clusters), Options(min_cell=0, precision=precision)),
        ],
    )
    lq, growth = (cells[name].table["value"].chunks for name in measures)
    cluster_lq, cluster_growth = (groups[name].table["value"].chunks for name in measures)
    return {
        "lq": _sum(lq),
        "lq_from_1": _count_from_1(lq),
        "growth": _sum(growth),
        "cluster_lq": _sum(cluster_lq),
        "cluster_growth": _sum(cluster_growth),
    }


def hansa_single(table: Path, clusters: Path) -> Sums:
    """The same, values stored with seven digits: the option for very large results."""
    return hansa(table, clusters, "single")


def _sum(chunks: list) -> float:
    import pyarrow.compute as pc

    return sum(pc.sum(chunk).as_py() or 0.0 for chunk in chunks)


def _count_from_1(chunks: list) -> int:
    import numpy as np

    return sum(int((np.from_dlpack(c) >= 1).sum()) for c in chunks if not c.null_count)


def pandas_text(table: Path, clusters: Path) -> Sums:
    """Text keys, as a table without categories gives them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = ["time", "geo", "activity", "employment"]
    facts = pq.read_table(table, columns=names)
    for i in (1, 2):
        facts = facts.set_column(i, names[i], facts[i].cast(pa.string()))
    return _pandas(facts.to_pandas(), clusters)


def pandas_category(table: Path, clusters: Path) -> Sums:
    """Category keys, which the dictionary columns of the file become by themselves."""
    import pandas as pd

    columns = ["time", "geo", "activity", "employment"]
    return _pandas(pd.read_parquet(table, columns=columns), clusters)


def _pandas(facts, clusters: Path) -> Sums:
    import pandas as pd

    by = {"observed": True, "sort": False}
    jobs = facts["employment"]
    region = facts.groupby(["time", "geo"], **by)["employment"].transform("sum")
    activity = facts.groupby(["time", "activity"], **by)["employment"].transform("sum")
    everything = facts.groupby("time", **by)["employment"].transform("sum")
    facts["lq"] = (jobs / region) / (activity / everything)
    del region, activity, everything
    before = facts.groupby(["geo", "activity"], **by)[["time", "employment"]].shift()
    growth = jobs / before["employment"].where(before["time"] == facts["time"] - 1) - 1
    facts["growth"] = growth
    del before, growth

    members = pd.read_csv(clusters)
    if isinstance(facts["activity"].dtype, pd.CategoricalDtype):
        members["activity"] = members["activity"].astype(facts["activity"].dtype)
    parts = facts[["time", "geo", "activity", "employment"]].merge(members, on="activity")
    parts["size"] = parts["employment"] * parts["weight"]
    sizes = parts.groupby(["time", "geo", "cluster"], observed=True)["size"].sum()
    del parts
    wide = sizes.unstack("cluster", fill_value=0.0)
    total = facts.groupby(["time", "geo"], observed=True)["employment"].sum()
    years = wide.groupby(level="time").sum()
    base = total.groupby(level="time").sum()
    share = years.div(base, axis=0)
    cluster_lq = wide.div(total, axis=0) / share.reindex(wide.index, level="time")
    earlier = wide.groupby(level="geo", observed=True).shift()
    cluster_growth = wide / earlier.where(earlier != 0) - 1
    return {
        "lq": float(facts["lq"].sum()),
        "lq_from_1": int((facts["lq"] >= 1).sum()),
        "growth": float(facts["growth"].sum()),
        "cluster_lq": float(cluster_lq.to_numpy().sum()),
        "cluster_growth": float(cluster_growth.sum().sum()),
    }


def polars(table: Path, clusters: Path) -> Sums:
    """Polars with its lazy frames; results collected into memory."""
    import polars as pl

    jobs = pl.col("employment").cast(pl.Int64)
    keys = ["time", "geo", "activity"]
    source = pl.scan_parquet(table).select(*keys, jobs)
    facts = source.collect()
    before = facts.lazy().select(
        (pl.col("time") + 1).cast(pl.Int16).alias("time"),
        "geo",
        "activity",
        pl.col("employment").alias("before"),
    )
    share = pl.col("employment") / pl.col("employment").sum().over("time", "geo")
    of_unit = pl.col("employment").sum().over("time", "activity")
    results = (
        facts.lazy()
        .with_columns((share / (of_unit / pl.col("employment").sum().over("time"))).alias("lq"))
        .join(before, on=keys, how="left")
        .with_columns((pl.col("employment") / pl.col("before") - 1).alias("growth"))
        .drop("before")
        .collect()
    )
    groups = _polars_clusters(facts, pl.read_csv(clusters))
    return {
        "lq": results["lq"].sum(),
        "lq_from_1": int((results["lq"] >= 1).sum()),
        "growth": results["growth"].sum(),
        "cluster_lq": groups["lq"].sum(),
        "cluster_growth": groups["growth"].sum(),
    }


def _polars_clusters(facts, members):
    """Every cluster in every region and year: a cluster that is not there has size 0."""
    import polars as pl

    members = members.with_columns(pl.col("activity").cast(facts["activity"].dtype))
    total = facts.lazy().group_by("time", "geo").agg(pl.col("employment").sum().alias("total"))
    size = (
        facts.lazy()
        .join(members.lazy(), on="activity")
        .group_by("time", "geo", "cluster")
        .agg((pl.col("employment") * pl.col("weight")).sum().alias("size"))
    )
    share = pl.col("size").sum().over("time", "cluster") / pl.col("all")
    earlier = pl.col("size").shift().over("geo", "cluster", order_by="time")
    return (
        total.with_columns(pl.col("total").sum().over("time").alias("all"))
        .join(members.lazy().select("cluster").unique(), how="cross")
        .join(size, on=["time", "geo", "cluster"], how="left")
        .with_columns(pl.col("size").fill_null(0.0))
        .with_columns(
            (pl.col("size") / pl.col("total") / share).alias("lq"),
            pl.when(earlier != 0).then(pl.col("size") / earlier - 1).alias("growth"),
        )
        .collect()
    )


CONTESTANTS: dict[str, tuple[str, Callable[[Path, Path], Sums]]] = {
    "floor": ("plain", floor),
    "hansa": ("plain", hansa),
    "hansa, single": ("plain", hansa_single),
    "hansa, hard table": ("hard", hansa),
    "pandas, text": ("plain", pandas_text),
    "pandas, category": ("plain", pandas_category),
    "polars": ("plain", polars),
}


def touch_memory(size: int) -> None:
    """Let another process touch free memory and give it back.

    A virtual machine may own its free memory only once it is touched, and a first touch then
    costs ten times the usual; this way no contestant pays for what its host does.
    """
    size = min(size, os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2)
    code = f"m = bytearray({size}); m[::4096] = bytes(len(range(0, {size}, 4096)))"
    subprocess.run([sys.executable, "-c", code], check=True)


def status_of_process(key: str) -> float:
    """A figure of this process in MB, such as VmHWM, its peak of resident memory."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) * 1024 / 1e6
    return float("nan")


def main(name: str, *paths: str) -> None:
    """Run one contestant, first on the warm-up table, and print what it took."""
    table, clusters, warm_table, warm_clusters = map(Path, paths)
    run = CONTESTANTS[name][1]
    run(warm_table, warm_clusters)
    touch_memory(BALLAST * table.stat().st_size)
    before = status_of_process("VmRSS")
    start = time.process_time()
    sums = run(table, clusters)
    cpu = time.process_time() - start
    peak = status_of_process("VmHWM")
    print(json.dumps({"cpu": cpu, "peak": peak, "before": before, "sums": sums}))


if __name__ == "__main__":
    main(*sys.argv[1:])
