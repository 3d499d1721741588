"""A table of one's own: dropped on the first page, understood, mended, made a study.

The file lies in a temporary folder and is looked at by a process of its own; its name is shown
and never used as a path. Nothing is written into the served folder before the table is accepted.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from hansa.errors import Finding, UsageError
from hansa.language import LANGUAGES, N_, _, spoken
from hansa.web.drop_fields import GROUPS, LONGEST, changed, fields_of
from hansa.web.drop_work import Made
from hansa.web.dropping import LARGEST, Dropped, Tables, zone
from hansa.web.site import views
from hansa.web.worker import Progress

PATIENCE = 0.6
"""Seconds until the page shows how far the looking is."""
FIELDS = 1 << 20
"""Bytes of a form beside the file in it."""
_SEVERITIES = (("warning", N_("Unlikely, or not declared")), ("note", N_("Good to know")))

_View = Callable[..., HttpResponse]


@cache
def tables() -> Tables:
    """The tables dropped on this workbench."""
    return Tables(views.served().root)


def _limited(view: _View) -> _View:
    """Refuse what is too large before it is taken apart; then look at the token of the form."""
    guarded = csrf_protect(view)

    @csrf_exempt
    def answer(request: HttpRequest, **named: str) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if request.method == "POST" and int(length) > LARGEST + FIELDS:
            return _first_page(request, _too_large(), 413)
        response = guarded(request, **named)
        response.headers["Cache-Control"] = "no-store"
        return response

    return answer


@_limited
@require_http_methods(["GET", "HEAD", "POST"])
def dropped(request: HttpRequest) -> HttpResponse:
    """Take a table in and begin to look at it."""
    if request.method != "POST":
        return _to(request, "/?studies")
    try:
        file = _file(request)
        own = tables().add(file.chunks(), file.name or "")
    except UsageError as problem:
        return _first_page(request, problem.finding, 400)
    table = tables().get(own)
    if table is not None:
        tables().look(table, spoken())
    return _to(request, f"/drop/{own}")


@_limited
@require_http_methods(["GET", "HEAD", "POST"])
def table(request: HttpRequest, own: str) -> HttpResponse:
    """A table: what it was taken for, what is wrong with it; a form that is sent is acted on."""
    found, again = tables().get(own), _looks_again(request)
    if found is None:
        folder = tables().study_of(own)
        return again or (_to_study(request, folder) if folder else None) or _lost(request)
    if request.method == "POST":
        try:
            return _act(request, own, found)
        except UsageError as problem:
            return _page(request, own, found, problem.finding)
    if again:
        # What came is kept for the page that is loaded next.
        job = found.job
        waits = job is not None and not job.done.wait(PATIENCE)
        return _busy(request, job.progress) if job and waits else again
    came = tables().outcome(found, PATIENCE)
    if isinstance(came, Progress):
        return _busy(request, came)
    if isinstance(came, Made):
        tables().accept(own, came.folder)
        views.served().look_again()
        return _to_study(request, came.folder) or _lost(request)
    return _page(request, own, found)


def _act(request: HttpRequest, own: str, found: Dropped) -> HttpResponse:
    """Another file in its place, other choices, a study of it, or away with it."""
    do = str(request.POST.get("do", "look"))
    if do == "away":
        tables().forget(own)
        return _to(request, "/?studies")
    if do == "replace":
        file = _file(request)
        tables().replace(own, file.chunks(), file.name or "")
    elif found.seen is not None:
        form = {name: str(value) for name, value in request.POST.items()}
        found.given.update(changed(found.seen, form))
    if do == "make" and found.job is None:
        title = _line(request, "title", N_("Name of the study"), 80)
        source = _line(request, "source", N_("Who published the table"), LONGEST)
        tables().make(found, title, source, spoken())
    elif do != "make":
        # Who asks for a study twice gets one.
        tables().look(found, spoken())
    return _to(request, f"/drop/{own}")


def _line(request: HttpRequest, name: str, label: str, longest: int) -> str:
    """A line of text that is needed."""
    text = " ".join(str(request.POST.get(name, "")).split())
    if not text or len(text) > longest or not text.isprintable():
        raise UsageError(
            _("Something has to be written here: {label}.", label=_(label)),
            printed=repr(text[:60]),
            admissible=_("at most {n} letters, none of them invisible", n=longest),
            fix=_("Fill it in and send the form again."),
        )
    return text


def _file(request: HttpRequest) -> UploadedFile:
    file = request.FILES.get("table")
    if not isinstance(file, UploadedFile) or not file.name:
        raise UsageError(
            _("No file came with the form."),
            admissible=_("one table"),
            fix=_("Choose a file, then send the form."),
        )
    if (file.size or 0) > LARGEST:
        raise UsageError(_too_large().rule, admissible=_too_large().admissible)
    return file


def _to_study(request: HttpRequest, folder: Path) -> HttpResponse | None:
    """To the clusters of a study that was made, and its tile map; None where it is gone."""
    places = views.served().studies().values()
    name = next((p.id for p in places if p.folder == folder), "")
    return _to(request, f"/{name}/clusters") if name else None


def _lost(request: HttpRequest) -> HttpResponse:
    return _first_page(request, _gone(), 404)


def _page(
    request: HttpRequest, own: str, found: Dropped, refused: Finding | None = None
) -> HttpResponse:
    seen = found.seen
    refused = refused or found.refused
    fields = fields_of(seen) if seen else ()
    groups = [
        (_(head), [f for f in fields if f.group == i]) for i, head in enumerate(GROUPS) if fields
    ]
    others = [
        (_(head), [f for f in seen.findings if f.severity == severity])
        for severity, head in _SEVERITIES
        if seen
    ]
    shown = {
        "own": own,
        "name": found.name,
        "seen": seen,
        "groups": groups,
        "asked": ", ".join(f.label for f in fields if f.missing),
        "rows": f"{seen.rows:,}".replace(",", "\u2009") if seen else "",
        "unlikely": sum(f.severity == "warning" for f in seen.findings) if seen else 0,
        "others": [(head, findings) for head, findings in others if findings],
        "refused": refused,
        "title": request.POST.get("title") or _title(found.name),
        "source": request.POST.get("source") or (seen and seen.told.get("source")) or found.name,
        "zone": zone(),
        "lang": _lang(request),
    }
    # What is wrong with a table is what its page is there to show.
    status = 400 if request.method == "POST" else 200
    return render(request, "drop.html", shown, status=status)


def _title(name: str) -> str:
    """A title for the study, from the name of the file."""
    stem = name.rpartition(".")[0] or name
    words = " ".join(stem.replace("_", " ").replace("-", " ").split())
    return words[:1].upper() + words[1:]


def _busy(request: HttpRequest, progress: Progress) -> HttpResponse:
    shown = {
        "progress": progress,
        "percent": round(100 * progress.done),
        "here": request.get_full_path(),
    }
    part = "HX-Request" in request.headers
    template = "progress.html" if part else "drop-busy.html"
    return render(request, template, shown, status=202)


def _looks_again(request: HttpRequest) -> HttpResponse | None:
    """For the progress bar alone: there is something to show, the browser loads it whole."""
    if request.headers.get("HX-Target") == "progress":
        return HttpResponse(headers={"HX-Refresh": "true"})
    return None


def _first_page(request: HttpRequest, refused: Finding, status: int) -> HttpResponse:
    shown = {
        "studies": views.served().studies().values(),
        "zone": zone(),
        "refused": refused,
        "lang": _lang(request),
    }
    return render(request, "home.html", shown, status=status)


def _to(request: HttpRequest, path: str) -> HttpResponse:
    lang = _lang(request)
    between = "&" if "?" in path else "?"
    return HttpResponseRedirect(f"{path}{between}lang={lang}" if lang else path, status=303)


def _lang(request: HttpRequest) -> str:
    """The language that the address names, to be kept by what follows."""
    named = request.GET.get("lang", "")
    return named if named in LANGUAGES else ""


def _too_large() -> Finding:
    return Finding(
        "error",
        "",
        _("The file is too large to be taken here."),
        "",
        _("at most {n} MB", n=LARGEST >> 20),
        _("Save it as Parquet, or describe it in a study by hand: hansa new my-study."),
    )


def _gone() -> Finding:
    return Finding(
        "error",
        "",
        _("This table is not kept any more."),
        "",
        "",
        _("Drop it again: tables that are not made a study are removed after an hour."),
    )
