"""Pages as they were sent: a view seen before is neither laid out nor compressed again."""

from __future__ import annotations

import gzip
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from weakref import ref

from django.http import HttpRequest, HttpResponse

MOST_BYTES = 32 << 20
"""What the pages that are kept take, compressed."""


class KeptPages:
    """The last pages by what decides their bytes, each with the content it was made of.

    The content is kept elsewhere, or not any more: here it is only recognised.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pages: OrderedDict[Hashable, tuple[ref[object], bytes]] = OrderedDict()
        self._size = 0

    def page(
        self, request: HttpRequest, key: Hashable, content: object, render: Callable[[], bytes]
    ) -> HttpResponse:
        """The page of a content; `render` lays it out where it is not kept for this very one."""
        if not takes_gzip(request.headers.get("Accept-Encoding", "")):
            return HttpResponse(render())
        with self._lock:
            known = self._pages.get(key)
        if known is None or known[0]() is not content:
            known = ref(content), gzip.compress(render(), compresslevel=5, mtime=0)
        with self._lock:
            self._keep(key, known)
        headers = {
            "Content-Encoding": "gzip",
            "Vary": "Accept-Encoding, Accept-Language, HX-Target",
        }
        return HttpResponse(known[1], headers=headers)

    def _keep(self, key: Hashable, page: tuple[ref[object], bytes]) -> None:
        if key in self._pages:
            self._size -= len(self._pages.pop(key)[1])
        self._pages[key] = page
        self._size += len(page[1])
        while self._size > MOST_BYTES and len(self._pages) > 1:
            self._size -= len(self._pages.popitem(last=False)[1][1])


def told_encodings(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Django middleware before its own compression, which takes `gzip;q=0` for consent."""

    def answer(request: HttpRequest) -> HttpResponse:
        taken = takes_gzip(request.META.get("HTTP_ACCEPT_ENCODING", ""))
        request.META["HTTP_ACCEPT_ENCODING"] = "gzip" if taken else ""
        return get_response(request)

    return answer


def takes_gzip(accepted: str) -> bool:
    """Whether a header Accept-Encoding admits gzip: by name, else by `*`; `q=0` is a no."""
    told: dict[str, bool] = {}
    for part in accepted.split(","):
        name, *parameters = (word.strip().lower() for word in part.split(";"))
        weights = [w.partition("=")[2].strip() for w in parameters if w.startswith("q")]
        told[name] = not any(_ZERO.fullmatch(weight) for weight in weights)
    return next((told[name] for name in ("gzip", "x-gzip", "*") if name in told), False)


_ZERO = re.compile(r"0(\.0*)?")
