"""The bench: the same results whatever the threads and the shape of the table.

Results are compared byte by byte: nothing may depend on threads, order or encoding of rows.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"

COMPUTE = """
import hashlib, sys
import pyarrow as pa
from pathlib import Path
from hansa.clusters.definition import read_csv
from hansa.sources.tabular import read_facts
from hansa.study.compute import Options, Request, compute_all

measures = ("location_quotient_total", "growth_rate")
requests = [
    Request(measures, None, Options(rows="listed")),
    Request(measures, read_csv(Path(sys.argv[2])), Options()),
]
found = compute_all(read_facts(Path(sys.argv[1])), requests)
digest = hashlib.sha256()
for panel in (own[name] for own in found for name in measures):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, panel.table.schema) as writer:
        writer.write_table(panel.table.unify_dictionaries())
    digest.update(sink.getvalue())
print(pa.cpu_count(), digest.hexdigest())
"""


def module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, BENCH / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules[name] = found
    spec.loader.exec_module(found)
    return found


@pytest.fixture(scope="module")
def facts(hansa_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    own = os.environ.get("HANSA_BENCH")
    generator = Path(own) if own else hansa_data.parent / "bench" / "facts_table.py"
    if not generator.is_file():
        pytest.skip("the generator of the bench tables is not here (HANSA_BENCH)")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HANSA_BENCH", str(generator))
        return module("tables").tables("T", tmp_path_factory.mktemp("bench"))


def test_one_and_two_threads_give_the_same_bytes(facts: dict[str, Path]) -> None:
    printed = []
    for threads in ("1", "2"):
        names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "ARROW_IO_THREADS")
        done = subprocess.run(
            [sys.executable, "-c", COMPUTE, str(facts["plain"]), str(facts["clusters"])],
            env={**os.environ, **dict.fromkeys(names, threads)},
            check=True,
            capture_output=True,
            text=True,
        )
        printed.append(done.stdout.split())
    assert [count for count, _ in printed] == ["1", "2"]
    assert printed[0][1] == printed[1][1]


def test_shuffled_plain_text_with_statuses_gives_the_same_numbers(facts: dict[str, Path]) -> None:
    from hansa.clusters.definition import read_csv
    from hansa.sources.tabular import read_facts
    from hansa.study.compute import Options, Request, compute_all

    measures = ("location_quotient_total", "growth_rate")
    requests = [
        Request(measures, None, Options(rows="listed")),
        Request(measures, read_csv(facts["clusters"]), Options()),
    ]
    plain, hard = (compute_all(read_facts(facts[shape]), requests) for shape in ("plain", "hard"))
    for one, two in zip(plain, hard, strict=True):
        for name in measures:
            assert _numbers(one[name].table).equals(_numbers(two[name].table))
            assert "p" in str(two[name].table["status"].unique().to_pylist())


def _numbers(table: pa.Table) -> pa.Table:
    keys = {"geo", "activity", "cluster"}
    return pa.table(
        {
            name: table[name].cast(pa.string() if name in keys else table[name].type)
            for name in table.column_names
            if name != "status"
        }
    ).combine_chunks()


def test_every_contestant_computes_the_same(facts: dict[str, Path]) -> None:
    contestants, run = module("contestants"), module("run")
    runs = {
        name: [{"sums": compute(facts[shape], facts["clusters"])}]
        for name, (shape, compute) in contestants.CONTESTANTS.items()
    }
    assert run.differences(runs) == []
    runs["polars"][0]["sums"]["growth"] *= 1 + 1e-6
    assert [problem.split(":")[0] for problem in run.differences(runs)] == ["growth"]
