"""Time and memory of the panel steps beside their peers, on tables made from a seed.

Every contestant runs in a process of its own, one after the other, round after round. Before
any time is shown the checksums of all are compared: the task is the same only where they agree.

Tolerance: counts must be equal. Sums may differ by 1e-9 of their size: adding n numbers in
another order differs by at most n times the unit roundoff, 1.8e7 x 1.1e-16 = 2e-9, and about
1e-13 in practice; a single cell computed otherwise would show far above it. `hansa` must give
the very same sums for every shape of the table.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median

import studies
from contestants import CONTESTANTS
from tables import ROOT, tables

TOLERANCE = 1e-9
SINGLE = "hansa, single"
ROUNDED = 1e-6
"""Values stored with seven digits: also a count of quotients from 1 on may differ by rounding."""
HERE = Path(__file__).resolve().parent
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")
HELP = "import sys; sys.argv = ['hansa', '--help']; from hansa.cli import main; main()"
STARTS = {"hansa --help": ["-c", HELP], "import hansa": ["-c", "import hansa"]}
LIBRARIES = ("numpy", "pyarrow", "pandas", "polars")
Runs = dict[str, list[dict]]


def main() -> int:
    """Run the bench; 1 where a table cannot be made or a checksum differs."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--size", choices=("T", "S", "M", "L", "study"), default="S")
    options.add_argument("--repeat", type=int, default=5)
    options.add_argument("--only", action="append", choices=CONTESTANTS, help="may be repeated")
    chosen = options.parse_args()
    if chosen.size == "study":
        return whole_studies(chosen.repeat)
    try:
        facts, warm = tables(chosen.size), tables("T")
    except FileNotFoundError as problem:
        print(problem, file=sys.stderr)
        return 1
    names = chosen.only or list(CONTESTANTS)
    runs: Runs = {name: [] for name in names}
    for number in range(chosen.repeat):
        print(f"round {number + 1} of {chosen.repeat}", file=sys.stderr, flush=True)
        for name in names:
            runs[name].append(measured(name, facts, warm))
    if problems := differences(runs):
        print("The checksums differ, so no time is shown:", *problems, sep="\n", file=sys.stderr)
        return 1
    written(
        chosen.size,
        report(chosen.size, runs, {name: start(command) for name, command in STARTS.items()}),
    )
    return 0


def whole_studies(repeat: int) -> int:
    """Measure whole studies; 1 where the table cannot be made."""
    own = environment()
    data = ROOT.parent / "shared" / "data"
    if "HANSA_DATA" not in own and data.is_dir():
        own["HANSA_DATA"] = str(data)
    try:
        runs = studies.rounds(own, repeat)
    except FileNotFoundError as problem:
        print(problem, file=sys.stderr)
        return 1
    written("study", studies.report(runs, machine()))
    return 0


def written(name: str, text: str) -> None:
    """Print the results, and keep them under the date of today."""
    print(text)
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    target = HERE / "results" / f"{today}-{name}.md"
    target.parent.mkdir(exist_ok=True)
    target.write_text(text, encoding="utf-8")
    print(f"written: {target.relative_to(ROOT)}", file=sys.stderr)


def measured(name: str, facts: dict[str, Path], warm: dict[str, Path]) -> dict:
    """One run of one contestant in a process of its own."""
    shape = CONTESTANTS[name][0]
    places = [facts[shape], facts["clusters"], warm[shape], warm["clusters"]]
    command = [sys.executable, str(HERE / "contestants.py"), name, *map(str, places)]
    done = subprocess.run(command, env=environment(), check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def environment() -> dict[str, str]:
    """One thread for every library; compiled Python code is kept, as in any installation."""
    own = {
        **os.environ,
        **dict.fromkeys(THREADS, "1"),
        "PYTHONPYCACHEPREFIX": str(HERE / ".cache" / "pycache"),
    }
    own.pop("PYTHONDONTWRITEBYTECODE", None)
    return own


def start(command: list[str], times: int = 5) -> float:
    """CPU seconds of a whole process, the interpreter with it; median after a first run."""
    seconds = []
    for _ in range(times + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, *command], env=environment(), check=True, stdout=subprocess.DEVNULL
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        user, system = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
        seconds.append(user + system)
    return median(seconds[1:])


def differences(runs: Runs) -> list[str]:
    """What does not agree: contestants with each other, and the runs of hansa among themselves."""
    every = [(name, run["sums"]) for name, own in runs.items() for run in own if run["sums"]]
    if not every:
        return []
    exact = [sums for name, sums in every if name.startswith("hansa") and name != SINGLE]
    problems = [
        f"hansa: {key} {sums[key]!r}, but {exact[0][key]!r} in another run"
        for sums in exact[1:]
        for key in sums
        if sums[key] != exact[0][key]
    ]
    first, expected = every[0]
    for name, sums in every[1:]:
        for key, value in expected.items():
            allowed = 0.0 if isinstance(value, int) else TOLERANCE * abs(value)
            if SINGLE in (name, first):
                allowed = ROUNDED * abs(value)
            if not abs(sums[key] - value) <= allowed:
                problems.append(f"{key}: {value!r} by {first}, {sums[key]!r} by {name}")
    return problems


def report(size: str, runs: Runs, starts: dict[str, float]) -> str:
    """The results as Markdown: medians, ratios, checksums and the machine."""
    cpu = {name: median(run["cpu"] for run in own) for name, own in runs.items()}
    lines = [
        f"# Bench, size {size}",
        "",
        "LQ of every cell, growth of every cell, LQ and growth of clusters; all years, results in",
        "memory. CPU seconds of the process on one thread, after a warm-up on a small table;",
        "medians, least and most. Peak is the highest resident memory of the process (VmHWM),",
        "`added` the part of it above what was resident when the clock started.",
        "`hard table`: the same rows shuffled, in one row group, texts without dictionary, 1 %",
        "with a status; `single`: values stored with seven digits. Before each clock starts",
        "another process touches free memory and gives it back: on a virtual machine a first",
        "touch costs far more than a later one.",
        "",
        "| contestant | CPU s | least-most | x floor | x hansa | peak MB | added MB |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, own in runs.items():
        seconds = [run["cpu"] for run in own]
        peak = median(run["peak"] for run in own)
        added = median(run["peak"] - run["before"] for run in own)
        lines.append(
            f"| {name} | {cpu[name]:.2f} | {min(seconds):.2f}-{max(seconds):.2f} "
            f"| {_ratio(cpu, name, 'floor')} | {_ratio(cpu, name, 'hansa')} "
            f"| {peak:.0f} | {added:.0f} |"
        )
    lines += ["", "| start of a process | CPU s |", "|---|---|"]
    lines += [f"| `{name}` | {seconds:.2f} |" for name, seconds in starts.items()]
    sums = next((run["sums"] for own in runs.values() for run in own if run["sums"]), {})
    lines += ["", "| checksum | value |", "|---|---|"]
    lines += [f"| {key} | {value:.12g} |" for key, value in sums.items()]
    lines += ["", f"Rounds: {max(len(own) for own in runs.values())}. {machine()}", ""]
    return "\n".join(lines)


def _ratio(cpu: dict[str, float], name: str, other: str) -> str:
    return f"{cpu[name] / cpu[other]:.2f}" if other in cpu else ""


def machine() -> str:
    """Facts of the machine and the versions; nothing that names a host."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES)
    return (
        f"Machine: {os.cpu_count()} cores, {pages / 1e9:.0f} GB memory, {platform.system()} "
        f"{platform.machine()}. Python {platform.python_version()}, {versions}."
    )


if __name__ == "__main__":
    sys.exit(main())
