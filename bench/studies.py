"""A whole study and a table of Europe, cold: each run in a new process, measured from outside.

The study of Great Britain needs the real data (`HANSA_DATA`); without it only Europe is run.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from statistics import median

from tables import ROOT, europe

HERE = Path(__file__).resolve().parent
STUDY = ROOT / "tests" / "studies" / "uk"
REPORT = ("document", "figures", "html", "pdf", "xlsx", "brief")
"""Stages that make the report."""
LIMITS = {"uk": 10.0, "report": 5.0, "europe": 5.0}
"""Seconds of wall time that are the goal on a quiet machine with two cores."""
Run = dict


def measured(environment: dict[str, str], task: str, *given: str) -> Run:
    """One cold run in a process of its own, with the wall and CPU time of the whole."""
    command = [sys.executable, str(HERE / "study.py"), task, *given]
    load = os.getloadavg()[0]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {**json.loads(done.stdout), "wall": wall, "cpu": cpu, "load": load}


def rounds(environment: dict[str, str], repeat: int) -> dict[str, list[Run]]:
    """The runs of each task, in turn, after one that leaves compiled Python code behind.

    Raises FileNotFoundError without the generator of the tables.
    """
    table = str(europe())
    runs: dict[str, list[Run]] = {"uk": [], "europe": []}
    for number in range(repeat + 1):
        print(f"round {number} of {repeat}", file=sys.stderr, flush=True)
        if environment.get("HANSA_DATA"):
            with tempfile.TemporaryDirectory() as out:
                runs["uk"].append(measured(environment, "uk", str(STUDY), out))
        runs["europe"].append(measured(environment, "europe", table))
    return {task: own[1:] for task, own in runs.items() if own}


def report(runs: dict[str, list[Run]], machine: str) -> str:
    """The results as Markdown."""
    lines = ["# Bench, whole studies", "", *_INTRODUCTION, ""]
    lines += ["| cold, whole process | wall s | least-most | goal | CPU s | least-most | peak MB |"]
    lines += ["|---|---|---|---|---|---|---|"]
    for task, name in _TASKS.items():
        if own := runs.get(task):
            lines.append(
                f"| {name} | {_spread(run['wall'] for run in own)} | {LIMITS[task]:g} "
                f"| {_spread(run['cpu'] for run in own)} | {_peak(own)} |"
            )
        if own and task == "uk":
            lines.append(_report_row(own))
    for task, own in runs.items():
        lines += [
            "",
            f"| {_TASKS[task]}: stage | wall s | CPU s of this process |",
            "|---|---|---|",
        ]
        for stage in own[0]["stages"]:
            wall, cpu = (median(run["stages"][stage][i] for run in own) for i in (0, 1))
            lines.append(f"| {stage} | {wall:.2f} | {cpu:.2f} |")
        if any(run["drawing"] for run in own):
            drawing = median(run["drawing"] for run in own)
            lines.append(f"| the second process, which draws beside all this | | {drawing:.2f} |")
    loads = [run["load"] for own in runs.values() for run in own]
    lines += ["", f"Rounds: {max(map(len, runs.values()))}. {machine}"]
    lines += [
        "The machine was shared with other work: load before a run (average of a minute)",
        f"{min(loads):.1f} to {max(loads):.1f}, median {median(loads):.1f}. Wall times say what "
        "was seen, the least of them comes",
        "closest to a quiet machine; CPU times are sounder. The Python of this bench also has",
        "pandas, which pyarrow imports at a first array: half a second of `document` that an",
        "installation without pandas does not pay.",
        "",
    ]
    return "\n".join(lines)


_TASKS = {
    "uk": "`hansa run` of Great Britain, everything written",
    "europe": "Europe: table to first figure",
}
_INTRODUCTION = (
    "Every run is a new process, from the start of the interpreter to its end; one run before,",
    "not counted, leaves compiled Python code behind. Great Britain: 39 regions, 525 industries,",
    "4 years, the clusters of `hansa-nace2`, study `tests/studies/uk`. Europe: a seeded table",
    "of 330 regions, 615 classes of NACE and 17 years (2.2 million rows, 62 % of all cells);",
    "location quotients of the same clusters, all years, and one figure of specialisation as SVG.",
    "Medians, least and most; CPU with that of the second process; peak is the highest resident",
    "memory of the first process, then of the second.",
)


def _report_row(own: list[Run]) -> str:
    wall, cpu = ([sum(run["stages"][s][i] for s in REPORT) for run in own] for i in (0, 1))
    part = f"of it the report: {', '.join(REPORT)} (CPU of the first process)"
    return f"| {part} | {_spread(wall)} | {LIMITS['report']:g} | {_spread(cpu)} | |"


def _spread(values: Iterable[float]) -> str:
    own = list(values)
    return f"{median(own):.1f} | {min(own):.1f}-{max(own):.1f}"


def _peak(own: list[Run]) -> str:
    first, second = (median(run[key] for run in own) for key in ("peak", "peak_drawing"))
    return f"{first:.0f} + {second:.0f}" if second else f"{first:.0f}"
