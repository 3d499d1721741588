"""What the server refuses before Django sees it, in our words and the shape of other refusals."""

from __future__ import annotations

import contextlib
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, QueryDict
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import ErrorTask
from waitress.utilities import Error

from hansa.language import _, speaking
from hansa.web.site.guard import POLICY
from hansa.web.site.tongue import asked_for
from hansa.web.site.troubles import said

OWN_WORDS = 200
"""Letters of the server's own words that are passed on."""


# The server makes its tasks and channels itself, of the classes that it is given.
class Refusing(ErrorTask):
    """The task of a request that the server refuses, or that broke it."""

    def execute(self) -> None:
        """Send the refusal; nothing more is read on this line."""
        # The types that come with the server take this for its error.
        parsed: Any = self.request
        error, request = parsed.error, _request(parsed)
        with speaking(asked_for(request)):
            answer = said(request, _why(error, parsed), error.code)
        self.status = f"{error.code} {error.reason}"
        self.response_headers = [*answer.items(), *POLICY.items()]
        self.set_close_on_finish()
        self.content_length = len(answer.content)
        self.write(answer.content)


class Channel(HTTPChannel):
    """A line to a browser on which refusals are in our words."""

    error_task_class = Refusing


def _request(parsed: HTTPRequestParser) -> HttpRequest:
    """As much of a request as says in which language and shape it is answered."""
    request = HttpRequest()
    request.path = getattr(parsed, "path", "") or "/"
    request.META["HTTP_ACCEPT_LANGUAGE"] = parsed.headers.get("ACCEPT_LANGUAGE", "")
    with contextlib.suppress(SuspiciousOperation):
        request.GET = QueryDict(getattr(parsed, "query", ""))
    return request


def _why(error: Error, parsed: HTTPRequestParser) -> str:
    limits = parsed.adj
    if error.code == 413:
        most = limits.max_request_body_size >> 20
        why = _("its body is larger than {most} MiB.", most=most)
    elif error.code == 431:
        most = limits.max_request_header_size >> 10
        why = _("its address and headers are longer than {most} KiB.", most=most)
    elif error.code == 500:
        return _("A fault of Hansa; the terminal of `hansa serve` shows the details.")
    else:
        words = ascii(str(error.body))[1:-1][:OWN_WORDS]
        why = _("its address, its headers or its form are malformed ({words}).", words=words)
    return _("This request cannot be read: {why}", why=why)
