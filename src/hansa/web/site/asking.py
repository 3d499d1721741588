"""What a request of the browser is after: a whole page, a part of it, a second look."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest

PATIENCE = 0.6
"""Seconds until a page that is not there yet shows how far its computing is."""
SAME = 3.0
"""Seconds until one of the same page does that is shown already: who composes keeps their place."""
STEP = 20.0
"""Seconds until a part of a page that is there does."""


def patience(request: HttpRequest) -> float:
    """How long an answer is waited for before a progress bar is shown in its place."""
    if part_only(request):
        return STEP
    shown = urlsplit(request.headers.get("HX-Current-URL", "")).path
    return SAME if shown == request.path and not looks_again(request) else PATIENCE


def part_only(request: HttpRequest) -> bool:
    """True where a control asks for a part of its page."""
    return request.headers.get("HX-Target", "content") not in ("content", "progress")


def looks_again(request: HttpRequest) -> bool:
    """True where only the progress bar of a page asks how far it is."""
    return request.headers.get("HX-Target") == "progress"
