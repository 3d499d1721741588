"""The tables of the bench: made by the shared generator, and the same table in a hard shape.

The generator is `$HANSA_BENCH`, else `../shared/bench/facts_table.py` beside the repository.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / "bench" / ".cache"
SHAPES = ("plain", "hard")
STATUSES = ("p", "u", "r")
"""Statuses that travel and change no value, so that both shapes have the same results."""
SEED = 20260102
EUROPE = (330, 615, 17, 0.62, 2008)
"""Regions, classes of NACE, years, share of cells that are not zero, first year."""


def generator() -> Path:
    """The file that makes the tables; raises FileNotFoundError where it is not."""
    own = os.environ.get("HANSA_BENCH")
    path = Path(own) if own else ROOT.parent / "shared" / "bench" / "facts_table.py"
    if not path.is_file():
        raise FileNotFoundError(
            f"the generator of the bench tables is not at {path}: name it in HANSA_BENCH"
        )
    return path


def tables(size: str, folder: Path = CACHE) -> dict[str, Path]:
    """The table in every shape and the cluster definition of a size; made where missing."""
    folder.mkdir(parents=True, exist_ok=True)
    plain, clusters = folder / f"{size}.parquet", folder / f"{size}.clusters.csv"
    hard = folder / f"{size}.hard.parquet"
    if not (plain.is_file() and clusters.is_file()):
        making = folder / "making"
        command = [sys.executable, str(generator()), size, str(making)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        for path in (plain, clusters):
            (making / path.name).replace(path)
        making.rmdir()
    if not hard.is_file():
        write_hard(plain, hard.with_suffix(".making"))
        hard.with_suffix(".making").replace(hard)
    return {"plain": plain, "hard": hard, "clusters": clusters}


def write_hard(source: Path, target: Path) -> None:
    """The same rows shuffled, in one row group, texts without dictionary, 1 % with a status."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(source)
    random = np.random.default_rng(SEED)
    order = random.permutation(table.num_rows)
    status = np.zeros(table.num_rows, np.int8)
    marked = random.random(table.num_rows) < 0.01
    status[marked] = random.integers(1, len(STATUSES) + 1, int(marked.sum()))
    texts = pa.DictionaryArray.from_arrays(pa.array(status), pa.array([None, *STATUSES]))
    table = table.append_column("employment_status", texts)
    schema = pa.schema(
        [
            pa.field(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type)
            for f in table.schema
        ]
    )
    options = {"compression": "zstd", "use_dictionary": False}
    with pq.ParquetWriter(target, schema, **options) as writer:
        shuffled = table.take(pa.array(order)).cast(schema)
        writer.write_table(shuffled, row_group_size=max(shuffled.num_rows, 1))


def europe(folder: Path = CACHE) -> Path:
    """A table as large as Europe by region, class of NACE and year; made where missing."""
    path = folder / "europe.parquet"
    if not path.is_file():
        making = folder / "making"
        spec = importlib.util.spec_from_file_location("facts_table", generator())
        made = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(made)
        made.SIZES["E"] = EUROPE
        with contextlib.redirect_stdout(io.StringIO()):
            made.main("E", str(making))
        write_classes(making / "E.parquet", path.with_suffix(".making"))
        path.with_suffix(".making").replace(path)
        for name in ("E.parquet", "E.clusters.csv"):
            (making / name).unlink()
        making.rmdir()
    return path


def write_classes(source: Path, target: Path) -> None:
    """The same rows, the activities named as classes of NACE Rev. 2 in the order of the list."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from hansa.codes import classification

    classes = [code for code in classification("nace:2").label if len(code) == len("01.11")]
    with pq.ParquetFile(source) as file:
        place = file.schema_arrow.get_field_index("activity")
        with pq.ParquetWriter(target, file.schema_arrow, compression="zstd") as writer:
            for group in range(file.num_row_groups):
                table = file.read_row_group(group)
                chunks = table["activity"].chunks
                names = [pa.array(classes[: len(c.dictionary)]) for c in chunks]
                renamed = [
                    pa.DictionaryArray.from_arrays(c.indices, n)
                    for c, n in zip(chunks, names, strict=True)
                ]
                writer.write_table(table.set_column(place, "activity", pa.chunked_array(renamed)))
