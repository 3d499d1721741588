"""One cold run of a whole study, or of the European table to its first figure, by stages.

`python study.py uk STUDY OUT` and `python study.py europe TABLE` print one JSON object.
The stages are those of the command itself: its functions are timed from outside, and a stage
that calls another does not count it twice. Nothing is warmed up before.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import wraps
from io import StringIO
from pathlib import Path
from typing import Any

Stages = dict[str, list[float]]
TIMED = {
    "hansa.study.run": {"run_study": "read, check, compute"},
    "hansa.report.content": {"document": "document"},
    "hansa.report.brief": {"brief": "document"},
    "hansa.report.document": {"Pictures.prepare": "figures", "Pictures.svg": "figures"},
    "hansa.report.html": {"render_html": "html"},
    "hansa.report.pdf": {"render_pdf": "pdf"},
    "hansa.report.xlsx": {"render_xlsx": "xlsx"},
    "hansa.study.outputs": {"tables": "tables, recipe, writing"},
    "hansa.study.recipe": {
        "recipe": "tables, recipe, writing",
        "write_results": "tables, recipe, writing",
    },
}
"""Functions of the command and the stage each belongs to."""


class Clock:
    """Wall and CPU seconds of each stage; time belongs to the innermost stage."""

    def __init__(self) -> None:
        self.stages: Stages = {}
        self._open = ["start, imports, rest"]
        self._last = (time.perf_counter(), 0.0)

    def lap(self) -> None:
        """Add what passed since the last lap to the stage that is open."""
        now = (time.perf_counter(), time.process_time())
        own = self.stages.setdefault(self._open[-1], [0.0, 0.0])
        for i in (0, 1):
            own[i] += now[i] - self._last[i]
        self._last = now

    def timed(self, stage: str, run: Callable[..., Any]) -> Callable[..., Any]:
        """The function, its time counted for a stage; reports of a brief are a stage of theirs."""

        @wraps(run)
        def around(*given: Any, **named: Any) -> Any:
            self.lap()
            brief = stage in ("html", "pdf") and given[0].brief
            self._open.append("brief" if brief else stage)
            try:
                return run(*given, **named)
            finally:
                self.lap()
                self._open.pop()

        return around


def uk(clock: Clock, study: str, out: str) -> None:
    """`hansa run STUDY --out OUT`, as the command does it."""
    for module, functions in TIMED.items():
        home = importlib.import_module(module)
        for path, stage in functions.items():
            *outer, name = path.split(".")
            place = getattr(home, outer[0]) if outer else home
            setattr(place, name, clock.timed(stage, getattr(place, name)))
    from hansa.cli import app

    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        app(["run", study, "--out", out], standalone_mode=False)


def europe(clock: Clock, table: str) -> None:
    """Read the table, location quotients of `hansa-nace2`, one figure as SVG."""
    from hansa.clusters import find_definition
    from hansa.sources.spec import FactsSpec
    from hansa.sources.tabular import read_facts
    from hansa.study.compute import compute_one
    from hansa.views.quotients import specialisation_bars
    from hansa.views.reading import At

    spec = FactsSpec(classification="nace:2", absent_rows="zero")
    cube = clock.timed("read", read_facts)([Path(table)], spec)
    chosen = find_definition("hansa-nace2", "nace:2")
    name = "location_quotient_total"
    panel = clock.timed("compute", compute_one)(name, cube, chosen)
    draw = clock.timed("figure", lambda: specialisation_bars(panel, At(geo="R00007")).svg())
    svg = draw()
    if "<svg" not in svg or not panel.table.num_rows:
        raise SystemExit("no figure")


def peak(of: int) -> float:
    """Highest resident memory in MB: of this process, or of the largest that it started."""
    return resource.getrusage(of).ru_maxrss * 1024 / 1e6


def main(task: str, *given: str) -> None:
    """Run one task and print what it took."""
    clock = Clock()
    {"uk": uk, "europe": europe}[task](clock, *given)
    clock.lap()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = {
        "stages": clock.stages,
        "drawing": children.ru_utime + children.ru_stime,
        "peak": peak(resource.RUSAGE_SELF),
        "peak_drawing": peak(resource.RUSAGE_CHILDREN),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
