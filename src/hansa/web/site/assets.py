"""Files that pages need: our style and script, the fonts, Vega and htmx as installed."""

from __future__ import annotations

import atexit
import hashlib
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from hansa.errors import HansaError

_STATIC = Path(__file__).resolve().parent.parent / "static"


def _own(name: str) -> Callable[[], bytes]:
    return lambda: (_STATIC / name).read_bytes()


def _font(name: str) -> Callable[[], bytes]:
    def read() -> bytes:
        from hansa.views.lettering import font_directory

        return (font_directory() / name).read_bytes()

    return read


def _htmx() -> bytes:
    spec = find_spec("django_htmx")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "static" / "django_htmx"
    return (folder / "htmx-2.min.js").read_bytes()


_vega_lock = threading.Lock()


def _vega() -> bytes:
    """Vega, Vega-Lite and Vega-Embed in one file; made once a version (some seconds), then kept."""
    from hansa.sources.live.cache import default_folder

    with _vega_lock:
        try:
            kept = default_folder() / "workbench" / f"vega-{version('vl-convert-python')}.js"
            if not kept.is_file():
                # What writes files brings numbers along: only where there is one to write.
                from hansa.files import write_bytes

                write_bytes(kept, _bundled())
            return kept.read_bytes()
        except (HansaError, OSError):
            # Nowhere to keep it: it is made anew at each start.
            return _bundled()


def _bundled() -> bytes:
    # In a process of its own: it would keep this one from answering anybody meanwhile.
    made = (
        "import sys, vl_convert; sys.stdout.buffer.write(vl_convert.javascript_bundle().encode())"
    )
    command = [sys.executable, "-c", made]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        # Whoever ends the server does not wait for it, and does not leave it behind.
        atexit.register(process.kill)
        bundle, _nothing = process.communicate()
        atexit.unregister(process.kill)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return bundle


_TYPES = {"css": "text/css", "js": "text/javascript", "otf": "font/otf", "svg": "image/svg+xml"}

_FILES: dict[str, Callable[[], bytes]] = {
    "hansa.css": _own("hansa.css"),
    "hansa.js": _own("hansa.js"),
    "drop.css": _own("drop.css"),
    "drop.js": _own("drop.js"),
    "icon.svg": _own("icon.svg"),
    "htmx.js": _htmx,
    "vega.js": _vega,
    "regular.otf": _font("SourceSansPro-Regular.otf"),
    "semibold.otf": _font("SourceSansPro-Semibold.otf"),
}


@cache
def asset(name: str) -> tuple[bytes, str] | None:
    """Bytes and content type of a file; None for a name that is not among them."""
    if name not in _FILES:
        return None
    kind = _TYPES[name.rpartition(".")[2]]
    text = kind.startswith("text")
    return _FILES[name](), f"{kind}; charset=utf-8" if text else kind


@cache
def mark(name: str) -> str:
    """What changes when the file does, for addresses that may be kept forever."""
    if name == "vega.js":
        return version("vl-convert-python")
    found = asset(name)
    assert found is not None, name
    return hashlib.sha256(found[0]).hexdigest()[:12]
