"""Which language a request is answered in: that of the address, else the browser's first."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.translation.trans_real import parse_accept_lang_header

from hansa.language import LANGUAGES, speaking


def spoken_to(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Django middleware: the answer is made in the language of the request."""

    def answer(request: HttpRequest) -> HttpResponse:
        with speaking(asked_for(request)):
            return get_response(request)

    return answer


def asked_for(request: HttpRequest) -> str:
    """Code of the language that the address names, else the browser's first that we speak."""
    named = request.GET.get("lang", "")
    return named if named in LANGUAGES else preferred(request)


def preferred(request: HttpRequest) -> str:
    """Code of the language that the browser would rather read."""
    for tag, _quality in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        if (code := tag.partition("-")[0]) in LANGUAGES:
            return code
    return "en"
