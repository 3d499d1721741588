"""The workbench as an interface: what there is, its description, and a page about it.

The pages themselves are their twins (`/STUDY/PAGE.json`, see `views.twin`); this adds the lists
that lead to them. Everything only reads.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hansa.errors import UsageError, listed
from hansa.language import _
from hansa.web.page import Page, pages, pages_of
from hansa.web.site.findings import refusal, stated
from hansa.web.site.openapi import REFUSED, document
from hansa.web.site.parameters import PARAMETERS, given
from hansa.web.site.views import served
from hansa.web.state import state_of
from hansa.web.studies import StudyPlace
from hansa.web.twins import TWINS

_View = Callable[..., HttpResponse]


def _plain(view: _View) -> _View:
    """Refuse parameters: these addresses know none but the language."""

    @require_safe
    @wraps(view)
    def answer(request: HttpRequest, **named: str) -> HttpResponse:
        try:
            state_of(given(request), ())
        except UsageError as problem:
            return refusal(problem.finding, 400)
        return view(request, **named)

    return answer


@_plain
def described(request: HttpRequest) -> HttpResponse:
    """The description of the interface, for programs that read OpenAPI."""
    return _json(document(served().studies()))


@_plain
def studies(request: HttpRequest) -> HttpResponse:
    """The studies of the folder."""
    return _json({"studies": [_study(place) for place in served().studies().values()]})


@_plain
def contents(request: HttpRequest, study: str) -> HttpResponse:
    """The pages of a study with their parameters."""
    found = served().studies()
    if study not in found:
        return stated(_("there is no such study"), 404, admissible=listed(found, 30))
    place = found[study]
    own = [_page(place, page) for page in pages_of(place.kind).values()]
    return _json({"study": study, "pages": own})


@_plain
def people(request: HttpRequest) -> HttpResponse:
    """The same description as a page: every operation, its parameters, its answers."""
    made = document(served().studies())
    groups = []
    for tag in made["tags"]:
        own = [
            {"path": path, "gives": found["get"]["responses"]["200"]["description"], **found["get"]}
            for path, found in made["paths"].items()
            if tag["name"] in found["get"]["tags"]
        ]
        if own:
            given = _together(own, made["components"]["parameters"])
            label = pages()[tag["name"]].name if tag["name"] in pages() else _("Studies")
            groups.append({**tag, "label": label, "operations": own, "parameters": given})
    refused = [(status, _(text)) for status, text in REFUSED.items()]
    shown = {"info": made["info"], "groups": groups, "refused": refused}
    return render(request, "api.html", shown)


@require_safe
def slashed(request: HttpRequest) -> HttpResponse:
    """The page's own address ends with a slash."""
    return HttpResponseRedirect("/api/")


def _study(place: StudyPlace) -> dict[str, Any]:
    return {
        "id": place.id,
        "title": place.title,
        "summary": place.summary,
        "model_data": place.model_data,
        "broken": place.broken,
        "kind": place.kind,
        "address": f"/api/studies/{place.id}",
    }


def _page(place: StudyPlace, page: Page) -> dict[str, Any]:
    known = (*page.known(place.kind), "lang")
    return {
        "id": page.id,
        "label": page.name,
        "help": _(page.help),
        "address": f"/{place.id}/{page.id}",
        "forms": {form: f"/{place.id}/{page.id}.{form}" for form in TWINS},
        "parameters": [
            {"name": n, "description": _(PARAMETERS[n].text), "example": PARAMETERS[n].example}
            for n in known
        ],
    }


def _together(
    operations: list[dict[str, Any]], shared: dict[str, dict[str, Any]]
) -> list[dict[str, Any]]:
    """The parameters of some operations, each once, in their order."""
    every = (parameter for own in operations for parameter in own["parameters"])
    found = [shared.get(one.get("$ref", "").rpartition("/")[2], one) for one in every]
    return list({one["name"]: one for one in found}.values())


def _json(content: Any) -> HttpResponse:
    text = json.dumps(content, ensure_ascii=False, indent=1)
    return HttpResponse(text, content_type="application/json")
