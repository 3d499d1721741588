"""How the workbench begins and ends: an empty folder, signals, bodies that are too large."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from hansa.web.dropping import LARGEST
from hansa.web.server import ROOM
from hansa.web.site.kept import takes_gzip

from .conftest import jobs

pytestmark = [
    pytest.mark.xdist_group("workbench"),
    pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="signals as POSIX has them"),
]
HANSA = [sys.executable, "-c", "from hansa.cli import main; main()"]


def children(number: int) -> list[int]:
    """Processes that a process has started."""
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(number)], stdout=subprocess.PIPE, text=True, check=False
    )
    return [int(pid) for pid in found.stdout.split()]


def refused_by_its_head(port: int, size: int) -> bytes:
    """The answer to a request that only says how large its body will be."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.sendall(
            f"POST /drop HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {size}\r\n\r\n".encode()
        )
        return b"".join(iter(lambda: line.recv(4096), b""))


def test_an_empty_folder_is_served_and_a_signal_clears_everything_away(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "served").mkdir()
    process = subprocess.Popen(
        [*HANSA, "serve", str(tmp_path / "served"), "--port", "0", "--no-open"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "TMPDIR": str(tmp_path / "tmp")},
    )
    assert process.stdout is not None
    try:
        base = next(w for w in process.stdout.readline().split() if w.startswith("http"))
        assert "There is no study in" in process.stdout.readline()
        with httpx.Client(base_url=base, timeout=30) as browser:
            page = browser.get("/")
            assert 'enctype="multipart/form-data"' in page.text
            assert "There is no study in this folder" in page.text
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
            assert token is not None
            form, files = (
                {"csrfmiddlewaretoken": token[1]},
                {"table": ("jobs.csv", jobs().encode())},
            )
            assert browser.post("/drop", data=form, files=files).status_code == 303
        found = refused_by_its_head(int(base.strip("/").rpartition(":")[2]), LARGEST + ROOM)
        assert b" 413 " in found
        assert b"exceeds" in found
        assert list((tmp_path / "tmp").glob("hansa-drop-*"))
        started = children(process.pid)
        assert started
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert not list((tmp_path / "tmp").glob("hansa-drop-*"))
    end = time.monotonic() + 5
    while any(Path(f"/proc/{pid}").exists() for pid in started) and time.monotonic() < end:
        time.sleep(0.02)
    assert not [pid for pid in started if Path(f"/proc/{pid}").exists()]
    assert not list((tmp_path / "served").iterdir())


def test_a_folder_that_is_not_there_is_refused_in_words(tmp_path: Path) -> None:
    command = [*HANSA, "serve", str(tmp_path / "nowhere"), "--no-open"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert "this folder cannot be served" in found.stderr
    assert "Traceback" not in found.stderr


def test_the_process_that_answers_holds_no_numbers() -> None:
    lines = (
        "import sys, hansa.web.server, hansa.web.page; hansa.web.page.pages()\n"
        "from hansa.web.site.settings import configure; configure()\n"
        "import hansa.web.site.urls\n"
        "from hansa.web.site.assets import asset, _FILES\n"
        "[asset(name) for name in _FILES if name != 'vega.js']\n"
        "from hansa.sources.live.cache import default_folder; default_folder()\n"
        "print(*({'numpy', 'pyarrow', 'scipy'} & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", lines], capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == []


@pytest.mark.parametrize(
    ("accepted", "taken"),
    [
        *(
            (text, True)
            for text in ("gzip", "br, gzip;q=0.1", "*", "deflate, GZIP ; q=1", "x-gzip")
        ),
        *(
            (text, False)
            for text in ("", "gzip;q=0", "br", "gzip; q=0.000", "*;q=0", "gzip;q=0, *")
        ),
    ],
)
def test_only_who_takes_gzip_gets_it(accepted: str, taken: bool) -> None:
    assert takes_gzip(accepted) is taken
