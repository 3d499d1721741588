"""A small study that is computed in a moment, open in a session and behind a real server."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from hansa.web.session import Session

# A browser and two servers run beside these tests: time says nothing about them.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")
# Nothing is asked over TLS here; a context for each request would cost more than its answer.
ssl.create_default_context = cache(ssl.create_default_context)  # type: ignore[assignment]

STUDY = """\
format = 1
title = "Six regions"
summary = "A study for tests."
reference = "all"
period = [2020, 2023]
definitions = ["hansa-divisions"]
measures = [
  "employment", "cluster_share", "focus", "location_quotient_total", "growth_rate",
  "presence_stars",
]
[outputs]
region = "FI1B"
cluster = "wood-furniture"
[facts.jobs]
file = "facts/jobs.csv"
classification = "nace:2"
geography = "nuts:2024"
absent_rows = "unknown"
source = "made up for tests"
"""
REGIONS = ("EE00", "FI19", "FI1B", "FI1D", "LV00", "LT01")
DIVISIONS = ("10", "16", "20", "26", "30", "31", "41", "47", "49", "56", "62", "72", "85", "86")
HIDDEN = ("FI1D", "30", 2023)
"""The one cell without a number."""


def size(geo: str, activity: str, time_: int) -> int:
    """Jobs in a cell: numbers that differ everywhere, furniture strong in Estonia."""
    i, j = REGIONS.index(geo), DIVISIONS.index(activity)
    found = 400 + 137 * ((3 * i + 5 * j) % 11) + 40 * (i + 1) * (time_ - 2020)
    return 4 * found if (geo, activity) == ("EE00", "31") else found


def jobs() -> str:
    """The table; totals are published, so that one hidden cell costs one cluster only."""
    lines = ["geo,activity,time,employment,employment_status"]
    for geo in REGIONS:
        for time_ in (2020, 2023):
            for activity in DIVISIONS:
                hidden = (geo, activity, time_) == HIDDEN
                value = "" if hidden else size(geo, activity, time_)
                lines.append(f"{geo},{activity},{time_},{value},{'c' if hidden else ''}")
            total = sum(size(geo, activity, time_) for activity in DIVISIONS)
            lines.append(f"{geo},TOTAL,{time_},{total},")
    return "\n".join(lines) + "\n"


def write_study(folder: Path) -> Path:
    """The small study in a folder."""
    (folder / "facts").mkdir(parents=True)
    (folder / "study.toml").write_text(STUDY)
    (folder / "facts" / "jobs.csv").write_text(jobs())
    return folder


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small study."""
    return write_study(tmp_path_factory.mktemp("web") / "six")


@pytest.fixture(scope="session")
def session(study: Path) -> Session:
    """The small study, open; nobody may write into its folder."""
    return Session(study, lambda text, done: None)


def serving(folder: Path) -> Iterator[str]:
    """`hansa serve` on a free port, in a process of its own, ended at the end."""
    command = [sys.executable, "-c", "from hansa.cli import main; main()", "serve", str(folder)]
    process = subprocess.Popen(
        [*command, "--port", "0", "--no-open"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert "http://127.0.0.1:" in line, line
        yield next(word for word in line.split() if word.startswith("http")).rstrip("/")
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a workbench over the small study, `…/six/PAGE`, computed already."""
    import httpx

    folder = write_study(tmp_path_factory.mktemp("served") / "six")
    for address in serving(folder):
        end = time.monotonic() + 60
        while httpx.get(f"{address}/six/start").status_code == 202:
            assert time.monotonic() < end
        yield address


@pytest.fixture(scope="module")
def writable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a study of its own (`…/six`) that the tests of one module may write into."""
    folder = write_study(tmp_path_factory.mktemp("writable") / "six")
    for base in serving(folder):
        yield f"{base}/six"
