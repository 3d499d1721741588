"""The workbench is killed while it saves: the old file or the new one is there, whole."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from hansa.clusters.members import read_members
from hansa.web.definition_files import clear_left, mark_of, save

from .conftest import write_study

pytestmark = [
    pytest.mark.xdist_group("workbench"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="kills processes as POSIX has them"),
]

SAVERS = """\
import os, sys
from pathlib import Path
from hansa.web.definition_files import mark_of, save
path = Path(sys.argv[1])
contents = [letter * int(sys.argv[2]) for letter in (b"a", b"b")]
for _ in sys.stdin:
    if (own := os.fork()) == 0:
        os.setsid()
        print(os.getpid(), flush=True)
        while True:
            for content in contents:
                save(path, content, mark_of(path))
    os.waitpid(own, 0)
    print("ended", flush=True)
"""
SIZE = 400_000
"""Bytes of a file: writing them is most of the time of a save."""


@pytest.fixture
def savers(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A process that starts one that saves for ever, for each line it is sent."""
    path = tmp_path / "definitions" / "boats.csv"
    path.parent.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", SAVERS, str(path), str(SIZE)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process, path
    process.communicate()


def left_in(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if name.startswith(".boats")]


def killed(savers: subprocess.Popen[str], seconds: float) -> None:
    """Start a process that saves, and end it with all it started after some time."""
    assert savers.stdin is not None
    assert savers.stdout is not None
    savers.stdin.write("\n")
    savers.stdin.flush()
    own = int(savers.stdout.readline())
    time.sleep(seconds)
    os.killpg(own, signal.SIGKILL)
    assert savers.stdout.readline() == "ended\n"


def survives(process: subprocess.Popen[str], path: Path, times: int) -> None:
    """Kill savers this often; there is a whole file each time, and nothing is left at the end."""
    whole = {letter * SIZE for letter in (b"a", b"b")}
    chance, halves = random.Random(20261128), 0
    for _ in range(times):
        killed(process, chance.uniform(0.0005, 0.012))
        if path.exists():
            assert path.read_bytes() in whole
        # What one that was killed left is taken away by the next one that saves.
        left = left_in(path.parent)
        halves += len(left)
        assert len(left) <= 1
    # Some were killed in the middle of it: without them this would say nothing.
    assert halves > 0
    save(path, b"mine", mark_of(path))
    assert path.read_bytes() == b"mine"
    assert left_in(path.parent) == []


def test_killed_at_any_moment(savers) -> None:
    survives(*savers, 30)


@pytest.mark.long
def test_killed_at_very_many_moments(savers) -> None:
    survives(*savers, 1500)


def test_a_start_takes_away_what_was_left(tmp_path: Path) -> None:
    folder = tmp_path / "definitions"
    folder.mkdir()
    for name in (".boats.csv.s2355zhg", ".a-b.csv.12_456ab", ".boats.csv.swp", ".notes", "a.csv"):
        (folder / name).write_text("x")
    clear_left(tmp_path)
    assert sorted(os.listdir(folder)) == [".boats.csv.swp", ".lock", ".notes", "a.csv"]
    clear_left(tmp_path / "nowhere")


# --- the whole workbench --------------------------------------------------------------------


class Workbench:
    """`hansa serve` in a process group of its own."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-c", "from hansa.cli import main; main()", "serve", str(folder)]
        self._process = subprocess.Popen(
            [*command, "--port", "0", "--no-open"],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        base = next(word for word in line.split() if word.startswith("http")).rstrip("/")
        self.address = f"{base}/six/compose?members=31,16&name=Boats"

    def kill(self) -> None:
        """End it and its worker at once."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def form(self, client: httpx.Client) -> dict[str, str]:
        """The hidden fields of the form that saves."""
        end = time.monotonic() + 120
        while (found := client.get(self.address)).status_code == 202:
            assert time.monotonic() < end
        fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', found.text)
        assert {"csrfmiddlewaretoken", "seen"} <= dict(fields).keys()
        return dict(fields)


def killed_while_saving(folder: Path, chance: random.Random) -> bytes:
    """Save with two tabs at once, kill the workbench meanwhile; the file that is there then."""
    path = folder / "definitions" / "boats.csv"
    bench = Workbench(folder)

    def saving(number: int) -> None:
        with httpx.Client(timeout=30) as client, suppress(httpx.HTTPError):
            form = bench.form(client) | {"id": "boats", "reason": f"reason {number}"}
            for _ in range(1000):
                client.post(bench.address, data=form | {"seen": mark_of(path), "of": "boats"})

    tabs = [threading.Thread(target=saving, args=(n,)) for n in range(2)]
    try:
        with httpx.Client(timeout=30) as client:
            bench.form(client)
        for tab in tabs:
            tab.start()
        end = time.monotonic() + 60
        while not path.exists() and time.monotonic() < end:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.2))
    finally:
        bench.kill()
        for tab in tabs:
            tab.join()
    return path.read_bytes()


def whole(content: bytes) -> bool:
    """Whether a definition can be read and holds what was composed, with its reason."""
    members = read_members(content.decode(), "boats.csv", "nace:2")
    own = [member for member in members if member.cluster == "boats"]
    return len(own) == 2 and content.endswith(b"\n")


def test_the_workbench_is_killed_while_it_saves(tmp_path: Path) -> None:
    assert whole(killed_while_saving(write_study(tmp_path / "six"), random.Random(7)))


@pytest.mark.long
def test_the_workbench_is_killed_many_times(tmp_path: Path) -> None:
    folder, chance = write_study(tmp_path / "six"), random.Random(8)
    for _ in range(20):
        assert whole(killed_while_saving(folder, chance))
        (folder / "definitions" / ".boats.csv.abcd_123").write_text("half")
    bench = Workbench(folder)
    try:
        with httpx.Client(timeout=30) as client:
            bench.form(client)
        assert left_in(folder / "definitions") == []
    finally:
        bench.kill()
