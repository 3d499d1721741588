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

from hansa.errors import HansaError, UsageError
from hansa.language import _, spoken
from hansa.web.desk import Busy, Desk, Reply
from hansa.web.dropping import zone
from hansa.web.page import Page, pages, pages_of
from hansa.web.sheet import Goto, Sheet
from hansa.web.site.asking import looks_again, part_only, patience
from hansa.web.site.assets import asset
from hansa.web.site.findings import for_machines, refusal, stated
from hansa.web.site.kept import KeptPages
from hansa.web.site.openapi import WITH_FIGURE
from hansa.web.site.parameters import given
from hansa.web.site.tongue import preferred
from hansa.web.site.troubles import said
from hansa.web.state import EMPTY, State, given_in, state_of
from hansa.web.studies import StudyPlace, studies_in
from hansa.web.told import told
from hansa.web.twins import TWINS, Twin
from hansa.web.worker import Refusal

WHOLE = 600.0
"""Seconds until a program that asks for a page is told to come again."""
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

    def look_again(self) -> None:
        """Take the list of studies anew: one was written just now."""
        self._listed = (0.0, {})


_served: list[Workbench] = []


def served() -> Workbench:
    """What is served here."""
    return _served[0]


def serve_this(workbench: Workbench) -> None:
    """Name what is served; once, before the first request."""
    _served[:] = [workbench]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Which study, or a table of one's own; with one study only, straight to it.

    `?studies` shows the page in any case.
    """
    studies = _served[0].studies()
    if len(studies) == 1 and "studies" not in request.GET:
        return study_home(request, next(iter(studies)))
    shown = {"studies": studies.values(), "zone": zone(), "lang": request.GET.get("lang", "")}
    return render(request, "home.html", shown)


@require_safe
def study_home(request: HttpRequest, study: str) -> HttpResponse:
    """The first page of a study."""
    place = _study(study)
    query = _spoken_in(request, EMPTY).query
    first = next(iter(pages_of(place.kind)))
    return HttpResponseRedirect(f"/{study}/{first}" + (f"?{query}" if query else ""))


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, study: str, page: str) -> HttpResponse:
    """A page in the state that its address holds; a form that is sent to it is acted on."""
    place, own = _study(study), _page(page)
    if own.id not in pages_of(place.kind):
        return _absent(request, place, own)
    try:
        known = own.known(place.kind)
        state = _spoken_in(request, state_of(given(request), known))
    except UsageError as problem:
        return _refused(request, place, own, Refusal(problem.finding, usage=True))
    desk = _served[0].desk
    if request.method == "POST":
        form = {name: str(value) for name, value in request.POST.items()}
        reply = desk.act(place.folder, own.id, state, form)
    else:
        reply = desk.ask(place.folder, own.id, state, patience(request))
    word = ""
    if isinstance(reply, Refusal) and reply.usage and state.definition and state.cluster:
        reply, state, word = _without_cluster(request, place, own, state, reply)
    if isinstance(reply, Goto):
        query = f"?{reply.query}" if reply.query else ""
        return HttpResponseRedirect(f"/{study}/{reply.page}{query}", status=303)
    if isinstance(reply, Busy):
        return _busy(request, place, own, state, reply)
    if isinstance(reply, Refusal):
        return _refused(request, place, own, reply)
    if looks_again(request):
        # The page is there now: the browser loads it whole.
        return HttpResponse(headers={"HX-Refresh": "true"})
    return _shown(request, place, own, state, reply, word)


def _without_cluster(
    request: HttpRequest, place: StudyPlace, own: Page, state: State, refused: Refusal
) -> tuple[Reply, State, str]:
    """What the page shows where only its cluster is refused, and a word on it.

    Who changes the definition sends the cluster of the one before along.
    """
    without = replace(state, cluster="")
    reply = _served[0].desk.ask(place.folder, own.id, without, patience(request))
    if isinstance(reply, Refusal):
        return refused, state, ""
    controls = reply.controls if isinstance(reply, Sheet) else ()
    labels = {c.value: c.label for own in controls if own.name == "definition" for c in own.choices}
    word = _(
        "{definition} has no cluster {cluster}: the page is shown as when none is chosen.",
        definition=labels.get(state.definition, state.definition),
        cluster=state.cluster,
    )
    return reply, without, word


def _shown(
    request: HttpRequest, place: StudyPlace, own: Page, state: State, reply: Sheet, word: str
) -> HttpResponse:
    """The page; `word` is what has to be said of it this once."""
    set_here = {control.name for control in reply.controls}
    shown = {
        "sheet": reply,
        "word": word,
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

    if own.act is None and not word:
        target = shown["whole"], shown["part"], spoken()
        key = place, frame["several"], own.id, state, target
        response = _served[0].kept.page(request, key, reply, laid_out)
    else:
        # Its form carries a token that is another one each time; a word is said once.
        response = HttpResponse(laid_out(), status=_status(reply))
    # An address without empty parameters, the same for the same view.
    # All steps of a slider are one step back, and htmx would copy the page for each.
    header = "Hansa-Address" if part_only(request) else "HX-Push-Url"
    response.headers[header] = _address(request, state)
    return response


def _address(request: HttpRequest, state: State) -> str:
    """The address of a view, the same however it was asked for."""
    return request.path + (f"?{state.query}" if state.query else "")


def _status(sheet: Sheet) -> int:
    """409 where somebody saved meanwhile, 400 where a field of a form cannot be meant."""
    return 409 if "conflict" in sheet.more else 400 if "refused" in sheet.more else 200


@require_safe
def twin(request: HttpRequest, study: str, page: str, twin: str) -> HttpResponse:
    """The same content for a machine, a sheet or a slide."""
    place, own, made = _study(study), _page(page), TWINS[twin]
    if own.id not in pages_of(place.kind):
        return stated(_about_facts(place, own), 404)
    asked = given(request)
    # Other forms hold the whole page: a figure named there would be taken no notice of.
    apart = ("figure",) if twin in WITH_FIGURE else ()
    named = [value for name, value in asked if name in apart]
    try:
        known = own.known(place.kind)
        state = _spoken_in(request, state_of([g for g in asked if g[0] not in apart], known))
        reply: Reply = _served[0].desk.ask(place.folder, own.id, state, WHOLE)
        if isinstance(reply, Busy):
            return stated(_("The study is still being computed; ask again."), 503)
        if isinstance(reply, Goto):
            return stated(_("This page leads to another one."), 404, fix=reply.page)
        if isinstance(reply, Refusal):
            return refusal(reply.finding, 400 if reply.usage else 422)
        if "refused" in reply.more:
            return stated(reply.more["refused"]["said"], 400)
        if len(named) > 1:
            raise UsageError("the parameter 'figure' stands twice in the address")
        content = made.render(reply, named[0] if named else "")
    except UsageError as problem:
        return refusal(problem.finding, 400)
    return _download(request, content, made, f"{study}-{page}.{twin}")


@require_safe
def file(request: HttpRequest, study: str, name: str) -> HttpResponse:
    """A file to take away, made when it is asked for: the page of downloads knows how."""
    place, own = _study(study), _page("downloads")
    try:
        state = replace(state_of(given(request), own.known(place.kind)), name=name)
    except UsageError as problem:
        return refusal(problem.finding, 400)
    reply = _served[0].desk.ask(place.folder, own.id, state, WHOLE)
    if isinstance(reply, Refusal):
        return refusal(reply.finding, 400 if reply.usage else 422)
    if not isinstance(reply, Sheet):
        return stated(_("The file is still being made; ask again."), 503)
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


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that does not come from one of our pages, or from one of an earlier start."""
    text = _(
        "This form does not come from a page of this workbench as it runs now: nothing was done. "
        "Load the page again and send the form from there."
    )
    return said(request, text, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """An address that leads nowhere, with where one can go."""
    if for_machines(request):
        return stated(_("there is nothing at this address"), 404, fix=_("see /api/ for what is"))
    studies = [
        {"place": place, "pages": pages_of(place.kind).values()}
        for place in _served[0].studies().values()
    ]
    return render(request, "lost.html", {"studies": studies}, status=404)


def fault(request: HttpRequest) -> HttpResponse:
    """A fault of Hansa itself."""
    text = _("A fault of Hansa; the terminal of `hansa serve` shows the details.")
    return said(request, text, 500)


def _spoken_in(request: HttpRequest, state: State) -> State:
    """The state with the language of the answer, where the address leaves it to the browser."""
    plain = spoken() == preferred(request) == "en"
    return replace(state, lang="" if plain else spoken())


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
            "label": page.name,
            "help": _(page.help),
            "query": state.known_to(page.known(place.kind)).query,
        }
        for page in pages_of(place.kind).values()
    ]
    shown = {"study": place, "page": own, "pages": menu, "several": several}
    return {**shown, "lang": state.lang}


def _absent(request: HttpRequest, place: StudyPlace, own: Page) -> HttpResponse:
    """A page that an index folder or a call folder without a study has not: why."""
    shown = {**_frame(place, own, _spoken_in(request, EMPTY)), "why": _about_facts(place, own)}
    return _instead(request, render(request, "absent.html", shown, status=404))


def _about_facts(place: StudyPlace, own: Page) -> str:
    if own.needs == "call":
        return _(
            "The page {page} is about a call of several funders. {title} is an index without a "
            "study, and has none.",
            page=own.name, title=place.title,
        )  # fmt: skip
    if place.kind == "call":
        return _(
            "The page {page} is about a study or an index. {title} is a call without a study.",
            page=own.name, title=place.title,
        )  # fmt: skip
    return _(
        "The page {page} is about regions and clusters. {title} is a composite index without a "
        "study: there are no facts that it could show.",
        page=own.name,
        title=place.title,
    )


def _busy(
    request: HttpRequest, place: StudyPlace, own: Page, state: State, busy: Busy
) -> HttpResponse:
    percent = round(100 * busy.progress.done)
    here = _address(request, state)
    shown = {"progress": busy.progress, "percent": percent, "here": here}
    template = "progress.html" if looks_again(request) else "busy.html"
    response = render(request, template, {**_frame(place, own, state), **shown}, status=202)
    response.headers["Cache-Control"] = "no-store"
    if not looks_again(request):
        # The page that is loaded once it is there is the one asked for, not the one before.
        response.headers["HX-Push-Url"] = here
    return _instead(request, response)


def _lit(state: State) -> list[tuple[str, str]]:
    """What figures light up: by the kind that their marks name it."""
    return [
        ("geo", state.region),
        ("cluster", state.cluster),
        ("unit", state.unit),
        ("indicator", state.indicator),
        ("proposal", state.proposal),
    ]


def _refused(request: HttpRequest, place: StudyPlace, own: Page, refusal: Refusal) -> HttpResponse:
    if looks_again(request):
        return HttpResponse(headers={"HX-Refresh": "true"})
    status = 400 if refusal.usage else 422
    sent = request.method == "POST"
    shown = {"finding": told(refusal.finding), "sent": sent, "here": request.get_full_path()}
    response = render(
        request,
        "refused.html",
        {**_frame(place, own, _spoken_in(request, EMPTY)), **shown},
        status=status,
    )
    return _instead(request, response)


def _instead(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """What is no part of the page that was asked for takes the place of all its content."""
    if part_only(request):
        response.headers["HX-Retarget"] = response.headers["HX-Reselect"] = "#content"
    return response
