"""What every answer carries and what no request gets past: nothing but our own pages acts here.

A server on one's own machine can be reached by every page open in the same browser. Names that
are not ours are refused (a page elsewhere may let its name point to 127.0.0.1), so are requests
that another site makes, and no page of another site may frame or read ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import DisallowedHost, SuspiciousOperation
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from hansa.language import _
from hansa.web.site.findings import for_machines
from hansa.web.site.settings import HOSTS
from hansa.web.site.troubles import said, unknown_method

POLICY = {
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
"""Headers of every answer."""


def guarded(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Django middleware, the outermost one."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = _refusal(request) or get_response(request)
        if response.status_code == 405:
            response = unknown_method(request, response)
        for name, value in POLICY.items():
            response.headers.setdefault(name, value)
        return response

    return answer


Application = Callable[..., Iterable[bytes]]
"""What a server of WSGI calls."""


def readable(app: WSGIHandler) -> Application:
    """The application around which a request that cannot even be made into one is refused.

    Django reads the fields of an address early where a content type names a charset.
    """

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            return app(environ, start_response)
        except SuspiciousOperation:
            text = "This request cannot be read: it has too many fields, or odd ones.\n"
            kind = ("Content-Type", "text/plain; charset=utf-8")
            start_response("400 Bad Request", [kind, *POLICY.items()])
            return [text.encode()]

    return answer


def _refusal(request: HttpRequest) -> HttpResponse | None:
    try:
        request.get_host()
    except DisallowedHost:
        names = ", ".join(HOSTS)
        text = _("This workbench answers under its own names only: {names}.", names=names)
        return said(request, text, 400)
    if _from_elsewhere(request):
        text = _("Another site makes this request; the workbench does not answer it.")
        return said(request, text, 403)
    allowed = ("GET", "HEAD") if for_machines(request) else ("GET", "HEAD", "POST")
    return None if request.method in allowed else HttpResponseNotAllowed(allowed)


def _from_elsewhere(request: HttpRequest) -> bool:
    """True for what another site's page asks for; following a link to us is no such thing."""
    if request.headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin"):
        return False
    followed = request.headers.get("Sec-Fetch-Mode") == "navigate"
    return not (followed and request.method in ("GET", "HEAD"))
