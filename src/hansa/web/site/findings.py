"""Refusals for machines: one shape, the six fields of `hansa.errors.Finding`, as JSON."""

from __future__ import annotations

import json
import re

from django.http import HttpRequest, HttpResponse

from hansa.errors import Finding
from hansa.web.told import told

_MACHINE = re.compile(r"/api(/.*)?|.*/files/.*|.*\.(json|csv|xlsx|svg|png)", re.S)
AGAIN = "5"
"""Seconds after which a page that is still being computed may be asked for again."""


def for_machines(request: HttpRequest) -> bool:
    """Whether an address is one of the interface: it answers and refuses without pages."""
    return _MACHINE.fullmatch(request.path) is not None


def refusal(finding: Finding, status: int) -> HttpResponse:
    """An answer that says why there is none, in the language of the request."""
    text = json.dumps(told(finding).as_dict(), ensure_ascii=False, indent=1)
    response = HttpResponse(text, status=status, content_type="application/json")
    if status == 503:
        response.headers["Retry-After"] = AGAIN
    return response


def stated(rule: str, status: int, *, admissible: str = "", fix: str = "") -> HttpResponse:
    """A refusal that needs no more than its rule and what would do."""
    return refusal(Finding("error", "", rule, "", admissible, fix), status)
