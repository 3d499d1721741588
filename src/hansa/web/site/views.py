"""Requests to answers. Nothing is computed here: the desk is asked, a template lays it out."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from hansa.errors import Finding, HansaError, UsageError
from hansa.language import _, spoken
from hansa.web.desk import Busy, Desk, Reply
from hansa.web.page import Page, pages
from hansa.web.sheet import Goto, Sheet
from hansa.web.site.assets import asset
from hansa.web.site.kept import KeptPages
from hansa.web.site.tongue import preferred
from hansa.web.state import EMPTY, State, given_in, state_of
from hansa.web.studies import StudyPlace, studies_in
from hansa.web.twins import TWINS, Twin
from hansa.web.worker import Refusal

PATIENCE = 0.6
"""Seconds until a page that is not there yet shows how far its computing is."""
STEP = 20.0
"""Seconds until a part of a page that is there does."""


LISTED = 0.5
"""Seconds for which the list of studies is taken to hold."""


class Workbench:
    """What is served: a folder, the desk that computes its studies, the pages sent before."""

    def __init__(self, root: Path, desk: Desk) -> None:
        self.root, self.desk, self.kept = root, desk, KeptPages()
        self._listed: tuple[float, dict[str, StudyPlace]] = (0.0, {})

    def studies(self) -> dict[str, StudyPlace]:
        """The studies of the folder as they were half a second ago, or now."""
        now = time.monotonic()
        if now > self._listed[0] + LISTED or not self._listed[1]:
            try:
                self._listed = now, studies_in(self.root)
            except (HansaError, OSError):
                # Moved away while it is served: there is nothing to show, and it may come back.
                self._listed = now, {}
        return self._listed[1]


_served: list[Workbench] = []


def serve_this(workbench: Workbench) -> None:
    """Name what is served; once, before the first request."""
    _served[:] = [workbench]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Which study; with one only, straight to it."""
    studies = _served[0].studies()
    if len(studies) == 1:
        return HttpResponseRedirect(f"/{next(iter(studies))}/")
    return render(request, "home.html", {"studies": studies.values()})


@require_safe
def study_home(request: HttpRequest, study: str) -> HttpResponse:
    """The first page of a study."""
    _study(study)
    return HttpResponseRedirect(f"/{study}/{next(iter(pages()))}")


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, study: str, page: str) -> HttpResponse:
    """A page in the state that its address holds; a form that is sent to it is acted on."""
    place, own = _study(study), _page(page)
    try:
        state = _spoken_in(request, state_of(_given(request), own.parameters))
    except UsageError as problem:
        return _refused(request, place, own, Refusal(problem.finding, usage=True))
    desk = _served[0].desk
    if request.method == "POST":
        form = {name: str(value) for name, value in request.POST.items()}
        reply = desk.act(place.folder, own.id, state, form)
    else:
        reply = desk.ask(place.folder, own.id, state, STEP if _part_only(request) else PATIENCE)
    if isinstance(reply, Goto):
        query = f"?{reply.query}" if reply.query else ""
        return HttpResponseRedirect(f"/{study}/{reply.page}{query}", status=303)
    if isinstance(reply, Busy):
        return _busy(request, place, own, reply)
    if isinstance(reply, Refusal):
        return _refused(request, place, own, reply)
    if _looks_again(request):
        # The page is there now: the browser loads it whole.
        return HttpResponse(headers={"HX-Refresh": "true"})
    return _shown(request, place, own, state, reply)


def _shown(
    request: HttpRequest, place: StudyPlace, own: Page, state: State, reply: Sheet
) -> HttpResponse:
    set_here = {control.name for control in reply.controls}
    shown = {
        "sheet": reply,
        "state": state,
        "query": state.query,
        "state_pairs": given_in(state),
        "kept": [(name, value) for name, value in given_in(state) if name not in set_here],
        "lit": urlencode(_lit(state)),
        "twins": TWINS,
        # A part that htmx puts in place is read with scripting off: what stands in noscript shows.
        "whole": "HX-Request" not in request.headers,
        "part": request.headers.get("HX-Target", ""),
    }
    frame = _frame(place, own, state)

    def laid_out() -> bytes:
        return render(request, own.template, {**frame, **shown}).content

    if own.act is None:
        target = shown["whole"], shown["part"], spoken()
        key = place, frame["several"], own.id, state, target
        response = _served[0].kept.page(request, key, reply, laid_out)
    else:
        # Its form carries a token that is another one each time.
        response = HttpResponse(laid_out(), status=409 if "conflict" in reply.more else 200)
    # An address without empty parameters, the same for the same view.
    # All steps of a slider are one step back.
    header = "HX-Replace-Url" if _part_only(request) else "HX-Push-Url"
    response.headers[header] = request.path + (f"?{state.query}" if state.query else "")
    return response


@require_safe
def twin(request: HttpRequest, study: str, page: str, twin: str) -> HttpResponse:
    """The same content for a machine, a sheet or a slide."""
    place, own, made = _study(study), _page(page), TWINS[twin]
    given = _given(request)
    named = [value for name, value in given if name == "figure"]
    try:
        state = state_of([g for g in given if g[0] != "figure"], own.parameters)
        reply: Reply = _served[0].desk.ask(place.folder, own.id, state, 600)
        if isinstance(reply, Busy):
            return _words(_("The study is still being computed; ask again."), 503)
        if isinstance(reply, Goto):
            return _words(_("This page leads to another one."), 404)
        if isinstance(reply, Refusal):
            return _words(_as_text(reply.finding), 400 if reply.usage else 422)
        content = made.render(reply, named[0] if named else "")
    except UsageError as problem:
        return _words(str(problem), 400)
    return _download(request, content, made, f"{study}-{page}.{twin}")


@require_safe
def file(request: HttpRequest, study: str, name: str) -> HttpResponse:
    """A file to take away, made when it is asked for: the page of downloads knows how."""
    place, own = _study(study), _page("downloads")
    try:
        state = replace(state_of(_given(request), own.parameters), name=name)
    except UsageError as problem:
        return _words(str(problem), 400)
    reply = _served[0].desk.ask(place.folder, own.id, state, 600)
    if isinstance(reply, Refusal):
        return _words(_as_text(reply.finding), 400 if reply.usage else 422)
    if not isinstance(reply, Sheet):
        return _words(_("The file is still being made; ask again."), 503)
    response = HttpResponse(reply.more["content"], content_type=reply.more["type"])
    saved = f"{study}-{name.replace('/', '-')}"
    response.headers["Content-Disposition"] = content_disposition_header(True, saved) or ""
    return response


def _download(request: HttpRequest, content: bytes, made: Twin, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=made.content_type)
    disposition = content_disposition_header(made.saved, name)
    if disposition:
        response.headers["Content-Disposition"] = disposition
    return response


@require_safe
def asset_file(request: HttpRequest, stamp: str, name: str) -> HttpResponse:
    """A file of the pages; its address changes with it, so it may be kept."""
    found = asset(name)
    if found is None:
        raise Http404(name)
    response = HttpResponse(found[0], content_type=found[1])
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """What cannot be read as a request."""
    return _words(_("This request cannot be read."), 400)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that does not come from one of our pages, or from one of an earlier start."""
    text = _(
        "This form does not come from a page of this workbench as it runs now: nothing was done. "
        "Load the page again and send the form from there."
    )
    return _words(text, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """An address that leads nowhere, with where one can go."""
    studies = _served[0].studies().values()
    return render(request, "lost.html", {"studies": studies, "pages": pages().values()}, status=404)


def fault(request: HttpRequest) -> HttpResponse:
    """A fault of Hansa itself."""
    return _words(_("A fault of Hansa; the terminal of `hansa serve` shows the details."), 500)


def _spoken_in(request: HttpRequest, state: State) -> State:
    """The state with the language of the answer, where the address leaves it to the browser."""
    plain = spoken() == preferred(request) == "en"
    return replace(state, lang="" if plain else spoken())


def _given(request: HttpRequest) -> list[tuple[str, str]]:
    return [(name, v) for name, values in request.GET.lists() for v in values if v]


def _study(name: str) -> StudyPlace:
    found = _served[0].studies()
    if name not in found:
        raise Http404(name)
    return found[name]


def _page(name: str) -> Page:
    if name not in pages():
        raise Http404(name)
    return pages()[name]


def _frame(place: StudyPlace, own: Page, state: State = EMPTY) -> dict[str, Any]:
    several = len(_served[0].studies()) > 1
    menu = [
        {
            "id": page.id,
            "label": page.label,
            "help": page.help,
            "query": state.known_to(page.parameters).query,
        }
        for page in pages().values()
    ]
    return {"study": place, "page": own, "pages": menu, "several": several}


def _busy(request: HttpRequest, place: StudyPlace, own: Page, busy: Busy) -> HttpResponse:
    percent = round(100 * busy.progress.done)
    shown = {"progress": busy.progress, "percent": percent, "here": request.get_full_path()}
    template = "progress.html" if _looks_again(request) else "busy.html"
    response = render(request, template, {**_frame(place, own), **shown}, status=202)
    response.headers["Cache-Control"] = "no-store"
    if not _looks_again(request):
        # The page that is loaded once it is there is the one asked for, not the one before.
        response.headers["HX-Push-Url"] = request.get_full_path()
    return _instead(request, response)


def _lit(state: State) -> list[tuple[str, str]]:
    """What figures light up: by the kind that their marks name it."""
    return [
        ("geo", state.region),
        ("cluster", state.cluster),
        ("unit", state.unit),
        ("indicator", state.indicator),
    ]


def _looks_again(request: HttpRequest) -> bool:
    """True where only the progress bar of a page asks how far it is."""
    return request.headers.get("HX-Target") == "progress"


def _refused(request: HttpRequest, place: StudyPlace, own: Page, refusal: Refusal) -> HttpResponse:
    if _looks_again(request):
        return HttpResponse(headers={"HX-Refresh": "true"})
    status = 400 if refusal.usage else 422
    sent = request.method == "POST"
    shown = {"finding": refusal.finding, "sent": sent, "here": request.get_full_path()}
    response = render(request, "refused.html", {**_frame(place, own), **shown}, status=status)
    return _instead(request, response)


def _part_only(request: HttpRequest) -> bool:
    """True where a control asks for a part of its page."""
    return request.headers.get("HX-Target", "content") not in ("content", "progress")


def _instead(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """What is no part of the page that was asked for takes the place of all its content."""
    if _part_only(request):
        response.headers["HX-Retarget"] = response.headers["HX-Reselect"] = "#content"
    return response


def _as_text(f: Finding) -> str:
    parts = (f.rule, f.place, f.printed, f.admissible, f.fix)
    return "\n".join(part for part in parts if part)


def _words(text: str, status: int) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")
