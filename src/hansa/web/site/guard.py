"""What every answer carries and what no request gets past: nothing but our own pages acts here.

A server on one's own machine can be reached by every page open in the same browser. Names that
are not ours are refused (a page elsewhere may let its name point to 127.0.0.1), so are requests
that another site makes, and no page of another site may frame or read ours.
"""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse

from hansa.web.site.settings import HOSTS

_POLICY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def guarded(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Django middleware, the outermost one."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = _refusal(request) or get_response(request)
        for name, value in _POLICY.items():
            response.headers.setdefault(name, value)
        return response

    return answer


def _refusal(request: HttpRequest) -> HttpResponse | None:
    try:
        request.get_host()
    except DisallowedHost:
        names = ", ".join(HOSTS)
        return _said(f"This workbench answers under its own names only: {names}.\n", 400)
    if _from_elsewhere(request):
        return _said("Another site makes this request; the workbench does not answer it.\n", 403)
    return None


def _from_elsewhere(request: HttpRequest) -> bool:
    """True for what another site's page asks for; following a link to us is no such thing."""
    if request.headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin"):
        return False
    followed = request.headers.get("Sec-Fetch-Mode") == "navigate"
    return not (followed and request.method in ("GET", "HEAD"))


def _said(text: str, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
