"""Pages as they were sent: a view seen before is neither laid out nor compressed again."""

from __future__ import annotations

import gzip
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

from django.http import HttpRequest, HttpResponse

MOST = 200
"""Pages that are kept, compressed."""


class KeptPages:
    """The last pages by what decides their bytes, each with the content it was made of."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pages: OrderedDict[Hashable, tuple[object, bytes]] = OrderedDict()

    def page(
        self, request: HttpRequest, key: Hashable, content: object, render: Callable[[], bytes]
    ) -> HttpResponse:
        """The page of a content; `render` lays it out where it is not kept for this very one."""
        if "gzip" not in request.headers.get("Accept-Encoding", ""):
            return HttpResponse(render())
        with self._lock:
            known = self._pages.get(key)
        if known is None or known[0] is not content:
            known = content, gzip.compress(render(), compresslevel=5, mtime=0)
        with self._lock:
            self._pages[key] = known
            self._pages.move_to_end(key)
            while len(self._pages) > MOST:
                self._pages.popitem(last=False)
        headers = {
            "Content-Encoding": "gzip",
            "Vary": "Accept-Encoding, Accept-Language, HX-Target",
        }
        return HttpResponse(known[1], headers=headers)
