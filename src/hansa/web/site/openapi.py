"""The description of the interface (OpenAPI 3.1), made of the pages and of the studies served."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

from hansa.language import N_, _
from hansa.web.page import Page, pages, pages_of
from hansa.web.site.parameters import PARAMETERS, described, in_query
from hansa.web.site.shapes import SHAPES
from hansa.web.studies import StudyPlace
from hansa.web.twins import TWINS

Operation = dict[str, Any]

REFUSED = {
    "400": N_("The address cannot be meant: an unknown parameter, or an odd value."),
    "403": N_("Another site's page makes this request."),
    "404": N_("There is no such study, page or file."),
    "422": N_("The study is at fault: what it needs is not there, or cannot be read."),
    "503": N_("The study is still being computed: ask again after the seconds of Retry-After."),
}
_FORMS = {
    "json": N_(
        "The words, tables and figures of the page; tables as printed and in exact numbers."
    ),
    "csv": N_("One table in exact numbers: that behind a figure, or the first of the page."),
    "xlsx": N_("A workbook with a sheet for each table, in exact numbers."),
    "svg": N_("One figure of the page as SVG."),
    "png": N_("One figure of the page as PNG."),
}
WITH_FIGURE = ("csv", "svg", "png")
"""Forms that hold one figure or the table behind it, and may be asked for another one."""
_ABOUT = N_(
    "Everything that the workbench shows, for programs: the same numbers as on its pages and as "
    "the command hansa compute gives. It only reads: nothing can be changed through it. "
    "A refusal has one shape: severity, place, rule, printed, admissible, fix."
)


def document(studies: Mapping[str, StudyPlace]) -> dict[str, Any]:
    """The interface over these studies; texts in the language spoken."""
    paths: dict[str, Any] = {
        "/api/studies": {"get": _listed()},
        "/api/studies/{study}": {"get": _contents(studies)},
    }
    for page in pages().values():
        having = [s for s in studies.values() if page.id in pages_of(s.kind)]
        for form in TWINS if having else ():
            paths[f"/{{study}}/{page.id}.{form}"] = {"get": _twin(page, form, having)}
    if having := [s for s in studies.values() if "downloads" in pages_of(s.kind)]:
        paths["/{study}/files/{name}"] = {"get": _file(having)}
    info = {"title": _("Workbench of Hansa"), "version": version("hansa"), "description": _(_ABOUT)}
    tags = [(page.id, _(page.help)) for page in pages().values()]
    return {
        "openapi": "3.1.0",
        "info": info,
        "tags": [
            {"name": name, "description": text}
            for name, text in [("studies", _("What there is")), *tags]
        ],
        "paths": paths,
        "components": {
            "schemas": SHAPES,
            "parameters": {name: described(name) for name in PARAMETERS},
            "responses": {status: _refusal(status) for status in REFUSED},
        },
    }


def _listed() -> Operation:
    text = _("The studies of the folder that is served.")
    given = [_named("lang")]
    return _operation("studies", "studies", text, given, _json("Studies"), ("400", "403"))


def _contents(studies: Mapping[str, StudyPlace]) -> Operation:
    text = _("The pages of a study, each with its parameters.")
    given = [_study(studies.values()), _named("lang")]
    return _operation("pages", "studies", text, given, _json("Pages"), ("400", "403", "404"))


def _twin(page: Page, form: str, having: list[StudyPlace]) -> Operation:
    kinds = {s.kind for s in having}
    known = kinds.pop() if len(kinds) == 1 else "study"
    given = [_study(having), *map(_named, (*page.known(known), "lang"))]
    if form in WITH_FIGURE:
        text = _("Id of a figure of the page. Empty: its first, for CSV its first table.")
        letters = {"type": "string", "maxLength": 400}
        given.append(in_query("figure", text, "league", letters))
    content = _json("Page") if form == "json" else _binary(TWINS[form].content_type)
    own = _operation(f"{page.id}-{form}", page.id, _(_FORMS[form]), given, content, tuple(REFUSED))
    return {**own, "summary": f"{page.name}: {form}", "description": _(page.help)}


def _file(having: Iterable[StudyPlace]) -> Operation:
    name = {
        "name": "name",
        "in": "path",
        "required": True,
        "description": _("Name of a file of the page Downloads; a slash in it as %2F."),
        "schema": {"type": "string", "minLength": 1, "maxLength": 400},
        "example": "report.html",
    }
    given = [_study(having), name, *map(_named, (*pages()["downloads"].parameters, "lang"))]
    text = _("A file to take away, made when it is asked for.")
    return _operation("file", "downloads", text, given, _binary("*/*"), tuple(REFUSED))


def _study(having: Iterable[StudyPlace]) -> dict[str, Any]:
    ids = [study.id for study in having]
    return {
        "name": "study",
        "in": "path",
        "required": True,
        "description": _("Name of the study in addresses."),
        "schema": {"type": "string", **({"enum": ids} if ids else {})},
        **({"example": ids[0]} if ids else {}),
    }


def _operation(
    own: str,
    tag: str,
    text: str,
    parameters: list[dict[str, Any]],
    content: dict[str, Any],
    refused: tuple[str, ...],
) -> Operation:
    responses: dict[str, Any] = {"200": {"description": text, "content": content}}
    responses |= {status: {"$ref": f"#/components/responses/{status}"} for status in refused}
    return {
        "operationId": own,
        "tags": [tag],
        "summary": text,
        "description": text,
        "parameters": parameters,
        "responses": responses,
    }


def _refusal(status: str) -> dict[str, Any]:
    own: dict[str, Any] = {"description": _(REFUSED[status]), "content": _json("Finding")}
    if status == "503":
        seconds = {"description": _("Seconds"), "schema": {"type": "string"}}
        own["headers"] = {"Retry-After": seconds}
    return own


def _named(parameter: str) -> dict[str, Any]:
    return {"$ref": f"#/components/parameters/{parameter}"}


def _json(shape: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{shape}"}}}


def _binary(content_type: str) -> dict[str, Any]:
    return {content_type: {"schema": {"type": "string", "format": "binary"}}}
