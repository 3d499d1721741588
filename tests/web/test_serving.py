"""How the workbench begins and ends: an empty folder, signals, bodies that are too large."""

from __future__ import annotations

import json
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


def runs(number: int) -> bool:
    """Whether a process still does: one that has ended may wait for its parent to notice."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def answered(port: int, request: str) -> tuple[str, str]:
    """Head and body of the answer to a request as it is sent; what was sent need not be read."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.sendall(request.encode())
        head, _, body = b"".join(iter(lambda: line.recv(4096), b"")).partition(b"\r\n\r\n")
    return head.decode(), body.decode()


def assert_refused_before_they_are_read(port: int) -> None:
    """What the server itself refuses is in our words, in the language and shape that is asked for.

    A body that is too large by its head, a long address, a head that is none, odd pieces.
    """
    size = f"Host: 127.0.0.1\r\nContent-Length: {LARGEST + ROOM}\r\n"
    head, body = answered(port, f"POST /drop HTTP/1.1\r\n{size}\r\n")
    assert head.startswith("HTTP/1.1 413 ")
    assert "Content-Security-Policy: default-src 'none'" in head
    assert body == "This request cannot be read: its body is larger than 216 MiB.\n"
    _head, body = answered(port, f"POST /drop HTTP/1.1\r\nAccept-Language: sv\r\n{size}\r\n")
    assert body.startswith("Förfrågan kan inte läsas: ")
    head, body = answered(port, f"POST /api/studies HTTP/1.1\r\n{size}\r\n")
    assert "Content-Type: application/json" in head
    assert json.loads(body)["rule"].endswith("its body is larger than 216 MiB.")
    # Not a letter more than is read: the line is closed in order.
    head, body = answered(port, "GET /?".ljust(256 << 10, "a"))
    assert head.partition("\r\n")[0].split()[1] == "431"
    assert body.endswith("its address and headers are longer than 256 KiB.\n")
    head, body = answered(port, "GET / HTTP/1.1\r\nno header\r\n\r\n")
    assert head.partition("\r\n")[0].split()[1] == "400"
    assert body.endswith("headers or its form are malformed (Invalid header).\n")
    head, body = answered(port, "POST / HTTP/1.1\r\nTransfer-Encoding: odd\r\n\r\n")
    assert head.partition("\r\n")[0].split()[1] == "501"
    assert body.startswith("This request cannot be read: ")


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
        assert_refused_before_they_are_read(int(base.strip("/").rpartition(":")[2]))
        assert list((tmp_path / "tmp").glob("hansa-drop-*"))
        started = children(process.pid)
        assert started
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert not list((tmp_path / "tmp").glob("hansa-drop-*"))
    end = time.monotonic() + 5
    while any(map(runs, started)) and time.monotonic() < end:
        time.sleep(0.02)
    assert not [pid for pid in started if runs(pid)]
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
