"""One server on this machine, for one user: it binds, says where it is, and ends with Ctrl-C."""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
import subprocess
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hansa.errors import HansaError, UsageError
from hansa.web.desk import Desk
from hansa.web.studies import studies_in

if TYPE_CHECKING:
    from hansa.web.site.guard import Application

PORT = 8009
THREADS = 8
ROOM = 16 << 20
"""Bytes over the largest table up to which a request is taken in, to be refused in words."""


def serve(
    root: Path,
    port: int | None = None,
    *,
    open_browser: bool = True,
    fresh: bool = False,
    ready: Callable[[str], None] = lambda address: None,
) -> None:
    """Serve the studies of a folder on 127.0.0.1 until interrupted.

    port   0 takes any free one; None the usual one, or any free one where that is taken
    fresh  compute anew: results kept from an earlier start are not opened
    ready  called with the address once requests are answered
    SIGTERM, and a terminal that is closed, end it as Ctrl-C does: everything is cleared away.
    Raises HansaError where there is no such folder or the port is taken.
    """
    studies = studies_in(root)
    listening = _usual() if port is None else _bound(port)
    address = f"http://127.0.0.1:{listening.getsockname()[1]}/"
    desk = Desk(fresh)
    _stopped_by_signals()
    try:
        if len(studies) == 1:
            # Its computing starts before anybody asks, beside the start of the server.
            threading.Thread(target=_opened, args=(desk, root), daemon=True).start()
        app = _application(root, desk)
        threading.Thread(target=_prepared, daemon=True).start()
        ready(address)
        if open_browser:
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
        _answer(app, listening)
    except KeyboardInterrupt:
        # Asked to end before it had begun to answer.
        listening.close()
    finally:
        desk.close()


def _stopped_by_signals() -> None:
    """Let a signal that ends the process end it as Ctrl-C does, with everything cleared away."""
    if threading.current_thread() is not threading.main_thread():
        return

    def stop(number: int, _frame: object) -> None:
        # A second one does not break off the clearing away.
        signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for name in ("SIGTERM", "SIGHUP"):
        own = getattr(signal, name, None)
        # Whoever starts it with one ignored (nohup) wants it to go on.
        if own is not None and signal.getsignal(own) == signal.SIG_DFL:
            signal.signal(own, stop)


def _usual() -> socket.socket:
    try:
        return _bound(PORT)
    except HansaError:
        return _bound(0)


def _bound(port: int) -> socket.socket:
    if not 0 <= port < 2**16:
        raise UsageError(f"{port} is no port", admissible="0 to 65535", fix="--port 8009")
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind(("127.0.0.1", port))
        # Who asks before the server runs waits for it, and is not refused.
        found.listen(64)
    except OSError as problem:
        found.close()
        raise HansaError(
            "the workbench cannot listen on this port",
            place=f"127.0.0.1:{port}",
            printed=problem.strerror or str(problem),
            fix="another workbench may run; name another port: --port 0 takes any free one",
        ) from problem
    return found


def _application(root: Path, desk: Desk) -> Application:
    from hansa.web.site.settings import configure

    configure()
    from django.core.wsgi import get_wsgi_application

    from hansa.web.site.guard import readable
    from hansa.web.site.views import Workbench, serve_this

    serve_this(Workbench(root, desk))
    return readable(get_wsgi_application())


def _opened(desk: Desk, root: Path) -> None:
    from hansa.web.page import pages
    from hansa.web.state import State

    place = next(iter(studies_in(root).values()))
    with contextlib.suppress(HansaError):
        desk.ask(place.folder, next(iter(pages())), State(), wait=0)


def _prepared() -> None:
    from hansa.web.site.assets import asset

    # What fails here fails again where it is asked for; or the server ends at this moment.
    with contextlib.suppress(subprocess.CalledProcessError):
        asset("vega.js")


def _answer(app: Application, listening: socket.socket) -> None:
    from waitress.server import create_server

    from hansa.web.dropping import LARGEST
    from hansa.web.site.wire import Channel

    logging.getLogger("waitress").setLevel(logging.ERROR)
    server: Any = create_server(
        app,
        sockets=[listening],
        threads=THREADS,
        ident="hansa",
        # What is larger is refused by its head; what is a little too large, by a page in words.
        max_request_body_size=LARGEST + ROOM,
    )
    server.channel_class = Channel
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    server.close()
