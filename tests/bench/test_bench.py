"""The bench: the same results whatever the threads and the shape of the table.

Results are compared byte by byte: nothing may depend on threads, order or encoding of rows.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pyarrow.parquet as pq
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
def facts(hansa_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    own = os.environ.get("HANSA_BENCH")
    generator = Path(own) if own else hansa_data.parent / "bench" / "facts_table.py"
    if not generator.is_file():
        pytest.skip("the generator of the bench tables is not here (HANSA_BENCH)")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HANSA_BENCH", str(generator))
        yield module("tables").tables("T", tmp_path_factory.mktemp("bench"))


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
    module("tables")
    contestants, _, run = module("contestants"), module("studies"), module("run")
    runs = {
        name: [{"sums": compute(facts[shape], facts["clusters"])}]
        for name, (shape, compute) in contestants.CONTESTANTS.items()
    }
    assert run.differences(runs) == []
    runs["polars"][0]["sums"]["growth"] *= 1 + 1e-6
    assert [problem.split(":")[0] for problem in run.differences(runs)] == ["growth"]


def test_europe_from_a_cold_start_to_its_first_figure(
    facts: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = sys.modules["tables"]
    monkeypatch.setattr(made, "EUROPE", (12, 615, 3, 0.6, 2015))
    path = made.europe(tmp_path)
    table = pq.read_table(path)
    assert set(table["time"].to_pylist()) == {2015, 2016, 2017}
    assert 0.5 < table.num_rows / (12 * 615 * 3) < 0.7
    assert [p.name for p in tmp_path.iterdir()] == ["europe.parquet"]
    done = subprocess.run(
        [sys.executable, str(BENCH / "study.py"), "europe", str(path)],
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(done.stdout)
    assert list(found["stages"]) == ["start, imports, rest", "read", "compute", "figure"]
    assert all(wall > 0 for wall, _ in found["stages"].values())
    assert 50 < found["peak"] < 2000


def test_time_belongs_to_the_innermost_stage() -> None:
    clock = module("study").Clock()
    inner = clock.timed("inner", time.sleep)

    def outer() -> None:
        time.sleep(0.05)
        inner(0.2)

    clock.timed("outer", outer)()
    walls = {stage: wall for stage, (wall, _) in clock.stages.items()}
    assert walls["inner"] >= 0.2
    assert 0.05 <= walls["outer"] < walls["inner"]


def test_the_results_of_studies_show_medians_beside_the_goals() -> None:
    module("tables")
    studies = module("studies")
    stages = {name: [1.0, 0.5] for name in (*studies.REPORT, "read, check, compute")}
    own = {"stages": stages, "drawing": 2.0, "peak": 400.0, "peak_drawing": 130.0, "load": 1.0}
    runs = {"uk": [{**own, "wall": wall, "cpu": 9.0} for wall in (8.0, 30.0, 9.0)]}
    text = studies.report(runs, "A machine.")
    assert "| 9.0 | 8.0-30.0 | 10 | 9.0 | 9.0-9.0 | 400 + 130 |" in text
    assert "(CPU of the first process) | 6.0 | 6.0-6.0 | 5 | 3.0 | 3.0-3.0 | |" in text
    assert "Europe: table to first figure: stage" not in text
