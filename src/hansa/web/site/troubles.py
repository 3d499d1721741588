"""Requests that cannot be read, and methods that an address does not know: each told why."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError

from hansa.language import _
from hansa.web.site.findings import for_machines, stated

SECOND_PART = 200
"""Letters of a parser's own words that are passed on."""


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """What cannot be read as a request, and why not."""
    return said(request, _("This request cannot be read: {why}", why=_why(exception)), 400)


def _why(problem: Exception | None) -> str:
    if isinstance(problem, RequestDataTooBig):
        size = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
        return _("its body is larger than {most} KiB.", most=size // 1024)
    if isinstance(problem, TooManyFieldsSent):
        most = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        return _("it has more than {most} parameters or fields.", most=most)
    if isinstance(problem, TooManyFilesSent):
        most = settings.DATA_UPLOAD_MAX_NUMBER_FILES
        return _("it sends more than {most} files.", most=most)
    if isinstance(problem, MultiPartParserError):
        return _("the parts of its form cannot be told apart ({words}).", words=_words(problem))
    if isinstance(problem, BadRequest):
        return _("its form is no UTF-8 text ({words}).", words=_words(problem))
    return _("its address, its headers or its form are malformed ({words}).", words=_words(problem))


def _words(problem: Exception | None) -> str:
    found = ascii(str(problem))[1:-1] if problem is not None and str(problem) else ""
    return found[:SECOND_PART] or type(problem).__name__


def unknown_method(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The refusal of a method, with words; its header `Allow` says what may be done."""
    allowed = response.headers.get("Allow", "")
    text = _(
        "{method} is nothing that can be done at this address; it knows {allowed}.",
        method=ascii(request.method or "")[1:-1][:20],
        allowed=allowed,
    )
    answer = said(request, text, response.status_code)
    answer.headers["Allow"] = allowed
    return answer


def said(request: HttpRequest, text: str, status: int) -> HttpResponse:
    """Words for people, a finding for machines."""
    if for_machines(request):
        return stated(text, status)
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")
