"""A second process that draws, while the first one reads, computes and writes.

The renderer needs a second to start and lets nothing else run in its process while it draws.
This file is also the program of that process: it must not import anything of Hansa, so that
both sides are of one version whatever is installed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Request = dict[str, Any]
"""What the renderer is called with, by name."""

_FIRST: Request = {
    "vl_spec": {
        "data": {"values": [{"a": "a"}]},
        "mark": "text",
        "encoding": {"text": {"field": "a"}},
    },
    "allowed_base_urls": [],
}


class Artist:
    """The second process; it draws once, everything it is asked for."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._waiting = ThreadPoolExecutor(1)

    def draw(self, requests: list[Request]) -> Future[list[str]]:
        """Begin to draw; the result holds a picture for each request, or fewer when it failed."""
        return self._waiting.submit(self._drawn, requests)

    def _drawn(self, requests: list[Request]) -> list[str]:
        try:
            lines = "".join(json.dumps(request) + "\n" for request in requests)
            answer, _ = self._process.communicate(lines.encode())
            return [json.loads(line) for line in answer.splitlines()]
        except (OSError, TypeError, ValueError):
            return []

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        self._waiting.shutdown()
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()
        self._process.wait()


@contextmanager
def second_process() -> Iterator[Artist | None]:
    """A process that draws; None where it would not help or cannot be had.

    It does not help on one core, nor where this process has a renderer already.
    """
    artist = None
    if _cores() > 1 and not _renderer_here():
        artist = _started()
    try:
        yield artist
    finally:
        if artist:
            artist.close()


def _started() -> Artist | None:
    program = Path(__file__)
    if not sys.executable or not program.is_file():
        return None
    # -P: a file beside the program or the study must not pass for a module.
    command = [sys.executable, "-P", str(program)]
    pipe = subprocess.PIPE
    try:
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
    except OSError:
        return None
    return Artist(process)


def _renderer_here() -> bool:
    return "vl_convert" in sys.modules


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _main(lines: Iterable[bytes]) -> None:
    import vl_convert

    vl_convert.vegalite_to_svg(**_FIRST)
    for line in lines:
        svg = vl_convert.vegalite_to_svg(**json.loads(line))
        sys.stdout.buffer.write(json.dumps(svg).encode() + b"\n")


if __name__ == "__main__":
    _main(sys.stdin.buffer)
