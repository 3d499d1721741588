"""The workbench as an interface: what its description says is what its addresses do."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
import requests
import schemathesis
from django.test import RequestFactory
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS
from schemathesis.checks import load_all_checks as load_checks

from hansa.web.desk import Desk
from hansa.web.page import pages
from hansa.web.site.openapi import REFUSED, WITH_FIGURE
from hansa.web.site.parameters import PARAMETERS, schema_of
from hansa.web.site.shapes import SHAPES
from hansa.web.state import State, state_of
from hansa.web.studies import studies_in
from hansa.web.twins import TWINS

from .conftest import write_study

pytestmark = pytest.mark.xdist_group("workbench")

SIX = ("severity", "place", "rule", "printed", "admissible", "fix")


@pytest.fixture(scope="module")
def description(served: str) -> dict[str, Any]:
    found = httpx.get(f"{served}/api/openapi.json")
    assert (found.status_code, found.headers["content-type"]) == (200, "application/json")
    return found.json()


def of_shape(name: str) -> jsonschema_rs.Draft202012Validator:
    """What tells whether an answer has one of the described shapes."""
    own = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": SHAPES}}
    return jsonschema_rs.Draft202012Validator(own)


# --- the description ------------------------------------------------------------------------


def test_every_page_stands_in_the_description_with_its_parameters(description) -> None:
    paths = description["paths"]
    for page in pages().values():
        for form in TWINS:
            own = paths[f"/{{study}}/{page.id}.{form}"]["get"]
            refs = [p["$ref"].rpartition("/")[2] for p in own["parameters"] if "$ref" in p]
            assert refs == [*page.known("study"), "lang"], own["operationId"]
            apart = [p["name"] for p in own["parameters"] if "$ref" not in p]
            assert apart == (["study", "figure"] if form in WITH_FIGURE else ["study"])
            assert set(own["responses"]) == {"200", *REFUSED}
            types = {*own["responses"]["200"]["content"]}
            assert types == {TWINS[form].content_type}
    assert len(paths) == len(pages()) * len(TWINS) + 3


def test_every_parameter_of_a_state_is_described(description) -> None:
    assert set(PARAMETERS) == {field.name for field in fields(State)}
    shared = description["components"]["parameters"]
    assert set(shared) == set(PARAMETERS)
    for name, own in shared.items():
        assert len(own["description"].split()) > 2
        schema = jsonschema_rs.validator_for(schema_of(name))
        assert schema.is_valid(own["example"])
        assert getattr(state_of([(name, own["example"])], (name,)), name) == own["example"]
        # What the description rules out is refused by the workbench too.
        for odd in ("x" * 5000, "a\x00b", "a\u202eb"):
            assert not schema.is_valid(odd)


def test_the_description_is_one_of_openapi(description) -> None:
    schemathesis.openapi.from_dict(description).validate()


# --- what there is --------------------------------------------------------------------------


def test_lists_lead_to_every_page(served: str) -> None:
    studies = httpx.get(f"{served}/api/studies").json()
    of_shape("Studies").validate(studies)
    assert [(s["id"], s["title"]) for s in studies["studies"]] == [("six", "Six regions")]
    found = httpx.get(served + studies["studies"][0]["address"]).json()
    of_shape("Pages").validate(found)
    assert [page["id"] for page in found["pages"]] == list(pages())
    for page in found["pages"]:
        known = pages()[page["id"]].known("study")
        assert [p["name"] for p in page["parameters"]] == [*known, "lang"]
        assert set(page["forms"]) == set(TWINS)


def test_every_page_has_the_described_shape(served: str) -> None:
    shape = of_shape("Page")
    with httpx.Client(base_url=served) as client:
        for page in client.get("/api/studies/six").json()["pages"]:
            found = client.get(page["forms"]["json"], timeout=60)
            assert found.status_code == 200, page["id"]
            shape.validate(found.json())


def test_people_read_the_same_without_scripts(served: str, description) -> None:
    text = httpx.get(f"{served}/api/").text
    assert "<script" not in text
    assert not re.search(r"\s(style|on\w+)=", text)
    shown = set(re.findall(r"<code>GET ([^<]+)</code>", text))
    assert shown == set(description["paths"])
    for name, own in PARAMETERS.items():
        if any(name in page.parameters for page in pages().values()):
            assert f"<code>{name}</code>" in text
            assert own.text.replace("'", "&#x27;") in text
    assert httpx.get(f"{served}/api").headers["location"] == "/api/"


def test_people_read_it_in_their_language(served: str) -> None:
    found = httpx.get(f"{served}/api/", headers={"Accept-Language": "sv"})
    assert '<html lang="sv">' in found.text


def test_a_study_folder_may_be_called_as_the_interface(tmp_path: Path) -> None:
    for name in ("api", "assets", "six"):
        write_study(tmp_path / name)
    assert list(studies_in(tmp_path)) == ["api-2", "assets-2", "six"]


# --- refusals -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/six/region.json?region=XX", 400, "the study has no region 'XX'"),
        ("/six/region.csv?regoin=EE00", 400, "this page knows no parameter 'regoin'"),
        ("/six/region.xlsx?lang=xx", 400, "the workbench does not speak 'xx'"),
        ("/six/region.svg?figure=none", 400, "this page has no figure 'none'"),
        ("/six/region.svg?figure=a&figure=b", 400, "stands twice"),
        ("/six/region.json?figure=a", 400, "knows no parameter 'figure'"),
        ("/six/region.png?region=%E2%80%AE", 400, "cannot be meant"),
        ("/six/start.csv", 400, "this page has no table"),
        ("/six/files/nothing", 400, "there is no such file"),
        ("/six/nothing.json", 404, "there is nothing at this address"),
        ("/nothing/region.json", 404, "there is nothing at this address"),
        ("/api/nothing", 404, "there is nothing at this address"),
        ("/api/studies/nothing", 404, "there is no such study"),
    ],
)
def test_refusals_have_one_shape(served: str, path: str, status: int, said: str) -> None:
    found = httpx.get(served + path, timeout=60)
    assert (found.status_code, found.headers["content-type"]) == (status, "application/json")
    finding = found.json()
    of_shape("Finding").validate(finding)
    assert tuple(finding) == SIX
    assert said in finding["rule"]


def test_a_study_at_fault_is_told_apart_from_an_odd_address(tmp_path: Path) -> None:
    folder = write_study(tmp_path / "six")
    (folder / "facts" / "jobs.csv").write_text("geo,activity\nEE00,10\n")
    found = asked_here(folder, "region", "json")
    assert found.status_code == 422
    of_shape("Finding").validate(found.json())


def test_a_study_still_computed_says_when_to_come_again(tmp_path: Path, monkeypatch) -> None:
    from hansa.web.site import views

    monkeypatch.setattr(views, "WHOLE", 0.0)
    found = asked_here(write_study(tmp_path / "six"), "region", "json")
    assert (found.status_code, found.headers["Retry-After"]) == (503, "5")
    assert "still being computed" in found.json()["rule"]


def asked_here(folder: Path, page: str, form: str) -> httpx.Response:
    """A page of a study that is opened for it, asked for in this process."""
    from hansa.web.site import views
    from hansa.web.site.settings import configure

    configure()
    desk = Desk()
    try:
        views.serve_this(views.Workbench(folder, desk))
        request = RequestFactory().get(f"/six/{page}.{form}")
        found = views.twin(request, folder.name, page, form)
    finally:
        desk.close()
    return httpx.Response(found.status_code, headers=dict(found.items()), content=found.content)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/api/", "/api/studies", "/six/region.json", "/six/files/x"])
def test_nothing_can_be_changed_through_it(served: str, method: str, path: str) -> None:
    found = httpx.request(method, served + path)
    assert (found.status_code, found.headers["allow"]) == (405, "GET, HEAD")
    assert f"{method} is nothing that can be done" in found.json()["rule"]


@pytest.mark.parametrize("path", ["/api/", "/api/openapi.json", "/api/studies", "/six/region.json"])
def test_the_guards_hold_for_it(served: str, path: str) -> None:
    foreign = {"Host": "evil.example"}
    assert httpx.get(served + path, headers=foreign).status_code == 400
    cross = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Origin": "null"}
    found = httpx.get(served + path, headers=cross)
    assert found.status_code == 403
    assert "Another site" in found.text
    allowed = httpx.get(served + path)
    assert allowed.headers["cross-origin-resource-policy"] == "same-origin"
    assert not [h for h in allowed.headers if h.startswith("access-control-")]


# --- any request that the description allows, and some that it does not ---------------------


def conforming(served: str, mode: GenerationMode, most: int) -> None:
    """Requests made from the description are answered as it says; none is a fault."""
    load_checks()
    schema = schemathesis.openapi.from_url(f"{served}/api/openapi.json")
    checks = [CHECKS.get_one(name) for name in OURS]
    with requests.Session() as session:

        @settings(
            max_examples=most,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=schema.as_strategy(generation_mode=mode))
        def each(case: schemathesis.Case) -> None:
            found = case.call_and_validate(session=session, checks=checks, timeout=60)
            assert b"a fault of Hansa" not in found.content

        each()


OURS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_requests_of_the_description_are_answered_as_it_says(served: str, mode) -> None:
    conforming(served, mode, 20)


@pytest.mark.long
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_many_requests_of_the_description(served: str, mode) -> None:
    conforming(served, mode, 3000)
