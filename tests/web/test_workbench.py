"""The workbench as a browser and others meet it: addresses, refusals, guards, twins."""

from __future__ import annotations

import csv
import io
import json
import re
import socket
import time
from pathlib import Path

import httpx
import openpyxl
import pytest

from hansa.errors import UsageError
from hansa.language import LANGUAGES, speaking
from hansa.web.page import pages
from hansa.web.session import Session
from hansa.web.state import METHOD, State, state_of

from .conftest import serving, write_study

pytestmark = pytest.mark.xdist_group("workbench")


def get(served: str, path: str, **headers: str) -> httpx.Response:
    """The answer; a page that is still being computed is asked for again."""
    end = time.monotonic() + 60
    while (found := httpx.get(served + path, headers=headers)).status_code == 202:
        assert time.monotonic() < end
    return found


ASKED = ("", "openapi.json", "studies", "studies/six")


def test_first_page_is_that_of_the_only_study(served: str) -> None:
    found = httpx.get(served, follow_redirects=True)
    assert found.url.path == "/six/start"
    assert "<h1>Six regions</h1>" in found.text


@pytest.mark.parametrize("page", list(pages()))
def test_every_page_answers(served: str, page: str) -> None:
    found = get(served, f"/six/{page}")
    assert found.status_code == 200, found.text
    assert found.text.count("<h1") == 1
    assert 'aria-current="page"' in found.text
    assert 'href="/api/"' in found.text


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/six/region?region=XX", 400, "the study has no region &#x27;XX&#x27;"),
        ("/six/region?regoin=EE00", 400, "this page knows no parameter &#x27;regoin&#x27;"),
        ("/six/region?region=EE00&region=FI19", 400, "stands twice"),
        ("/six/region?period=2023-2020", 400, "two years, the earlier one first"),
        ("/six/region?period=yes", 400, "the period cannot be read"),
        ("/six/region?period=1990-1995", 400, "2020, 2023"),
        *((f"/api/{one}?page=2", 400, "knows no parameter 'page'") for one in ASKED),
        ("/six/cluster?min_cell=few", 400, "min_cell"),
        ("/six/cluster.json?cluster=nothing", 400, "the study has no cluster 'nothing'"),
        ("/six/cluster.svg?figure=nothing", 400, "this page has no figure 'nothing'"),
        ("/six/nothing", 404, "There is no such page"),
        ("/nothing/start", 404, "There is no such page"),
        ("/assets/0/../../study.toml", 404, "There is no such page"),
        ("/six/region?region=%00", 400, "cannot be meant"),
        (f"/six/region?region={'x' * 5000}", 400, "cannot be meant"),
    ],
)
def test_refused_with_the_reason(served: str, path: str, status: int, said: str) -> None:
    found = get(served, path)
    assert (found.status_code, said in found.text) == (status, True), found.text


def test_refusal_names_what_there_is(served: str) -> None:
    found = get(served, "/six/region?region=XX").text
    assert "EE00, FI19, FI1B, FI1D, LT01, LV00" in found


# --- who may ask -----------------------------------------------------------------------


def test_another_name_for_this_machine_is_refused(served: str) -> None:
    found = get(served, "/six/start", Host="evil.example")
    assert found.status_code == 400
    assert "own names only" in found.text


@pytest.mark.parametrize("mode", ["cors", "no-cors"])
def test_scripts_of_other_sites_are_refused(served: str, mode: str) -> None:
    found = get(served, "/six/start", **{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": mode})
    assert found.status_code == 403


def test_links_from_other_sites_lead_here(served: str) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert get(served, "/six/start", **headers).status_code == 200


def test_forms_of_other_sites_are_refused(served: str) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert httpx.post(served + "/six/start", headers=headers).status_code == 403


def test_no_answer_may_be_read_by_other_sites(served: str) -> None:
    found = get(served, "/six/start", Origin="http://evil.example")
    assert "access-control-allow-origin" not in found.headers
    assert found.headers["cross-origin-resource-policy"] == "same-origin"
    assert found.headers["x-frame-options"] == "DENY"
    policy = found.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


KINDS = (
    *("/", "/six/start", "/six/region.json", "/six/region.svg", "/six/nothing", "/nowhere/start"),
    *("/api/", "/api/openapi.json", "/api/nothing", "/assets/0/hansa.css", "/six/files/nothing"),
)
"""An address of every kind of answer."""
REBOUND = ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "six", "0.0.0.0", "")


@pytest.mark.parametrize("path", KINDS)
def test_no_answer_is_framed_read_or_sniffed_elsewhere(served: str, path: str) -> None:
    found = httpx.get(served + path, headers={"Origin": "null"}, timeout=60)
    assert found.headers["x-frame-options"] == "DENY"
    policy = found.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert found.headers["cross-origin-resource-policy"] == "same-origin"
    assert found.headers["x-content-type-options"] == "nosniff"
    assert not [name for name in found.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("name", REBOUND)
def test_a_name_that_was_let_point_here_is_refused(served: str, name: str, method: str) -> None:
    port = served.rpartition(":")[2]
    for host in (name, f"{name}:{port}"):
        for path in ("/six/start", "/six/compose", "/api/studies"):
            found = httpx.request(method, served + path, headers={"Host": host})
            assert found.status_code in (400, 405)
            assert "Six regions" not in found.text
    assert (
        httpx.get(served + "/six/start", headers={"Host": f"localhost:{port}"}).status_code == 200
    )


@pytest.mark.parametrize("path", ["/six/compose", "/six/region.json", "/api/studies"])
@pytest.mark.parametrize("origin", ["http://evil.example", "null"])
def test_no_other_site_is_let_in_beforehand(served: str, path: str, origin: str) -> None:
    """The question a browser asks before a request of another site with headers of its own."""
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-csrftoken",
        "Access-Control-Request-Private-Network": "true",
    }
    found = httpx.options(served + path, headers=headers)
    assert found.status_code == 405
    assert not [name for name in found.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate"},
    ],
)
def test_a_form_with_our_token_is_refused_from_elsewhere(served: str, headers) -> None:
    """Even where somebody got hold of a token: what a browser says of its origin decides."""
    with httpx.Client(base_url=served) as client:
        page = client.get("/six/compose?members=31").text
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token is not None
        form = {"csrfmiddlewaretoken": token[1], "id": "", "reason": "x"}
        sent = client.post("/six/compose?members=31", data=form, headers=headers)
        assert sent.status_code == 403
        # The same form from our own page is looked at: only its empty name is refused.
        assert client.post("/six/compose?members=31", data=form).status_code not in (403, 303)


def test_the_token_is_kept_from_scripts_and_from_other_sites(served: str) -> None:
    cookie = httpx.get(served + "/six/compose?members=31").headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


def test_pages_name_no_other_host(served: str) -> None:
    for page in pages():
        text = get(served, f"/six/{page}").text
        text = re.sub(r'<script type="application/json">.*?</script>', "", text, flags=re.S)
        assert set(re.findall(r'(?:src|href|action)="(?!/|#)[^"]*"', text)) == set(), page


def test_only_one_address_is_listened_to(served: str) -> None:
    port = int(served.rpartition(":")[2])
    with socket.socket() as other, pytest.raises(ConnectionRefusedError):
        # Another address of the same loopback: a server on all addresses would answer.
        other.connect(("127.0.0.2", port))


# --- twins ------------------------------------------------------------------------------


def test_twins_give_the_same_numbers(served: str) -> None:
    page = get(served, "/six/region?region=EE00").text
    table = json.loads(get(served, "/six/region.json?region=EE00").content)["sections"][0][
        "figures"
    ][0]["table"]
    place = table["columns"].index("Specialisation (all jobs as base)")
    row = next(row for row in table["rows"] if row[0] == "wood-furniture")
    assert f">{row[place]}<" in page
    names, values = (table["exact"][i]["values"] for i in (0, place))
    exact = values[names.index(row[0])]
    assert f"{exact:.1f}" == row[place]
    lines = csv.reader(io.StringIO(get(served, "/six/region.csv?region=EE00").text))
    assert float(next(line for line in lines if line[0] == row[0])[place]) == exact
    book = openpyxl.load_workbook(io.BytesIO(get(served, "/six/region.xlsx?region=EE00").content))
    cells = {line[0]: line[place] for line in book["Table 1"].iter_rows(3, values_only=True)}
    assert cells[row[0]] == exact


def test_pictures(served: str) -> None:
    assert get(served, "/six/region.svg").text.startswith("<svg")
    assert get(served, "/six/region.png").content[:8] == b"\x89PNG\r\n\x1a\n"


# --- state and method -------------------------------------------------------------------


def test_states_with_the_same_meaning_have_one_address() -> None:
    known = ("region", "cluster", *METHOD)
    one = state_of([("cluster", "a b"), ("region", "X")], known)
    assert one == state_of([("region", "X"), ("cluster", "a b")], known)
    assert one.query == "region=X&cluster=a+b"


def test_parameters_of_other_pages_are_refused() -> None:
    with pytest.raises(UsageError, match="knows no parameter 'cluster'"):
        state_of([("cluster", "a")], ("region",))


@pytest.mark.parametrize(
    ("given", "changes"),
    [
        ([("changes.rd", "2.5")], "rd:2.5"),
        ([("changes", "rd:1,firms:3"), ("changes.rd", "2.5")], "firms:3,rd:2.5"),
        ([("changes.rd", "2.5"), ("changes.firms", "3")], "rd:2.5,firms:3"),
    ],
)
def test_fields_of_sliders_stand_in_one_parameter(given, changes) -> None:
    assert state_of(given, ("changes",)).changes == changes


def test_another_method_is_computed_on_the_same_facts(session: Session) -> None:
    own = session.part(State()).base.regions["location_quotient_total"]
    other = session.part(State(reference="EE00")).base.regions["location_quotient_total"]
    assert "EE00" not in own.header.reference
    assert other.header.reference != own.header.reference
    assert own.table["value"] != other.table["value"]
    assert session.variant(State(reference="EE00")).cubes == session.result.cubes


def test_what_the_study_says_is_the_default(session: Session) -> None:
    assert session.part(State()).picks.region == "FI1B"
    assert session.part(State(region="EE00")).picks.region == "EE00"
    assert session.variant(State(region="EE00")) is session.variant(State())


def test_a_study_that_goes_away_is_no_fault(tmp_path: Path) -> None:
    for base in serving(write_study(tmp_path / "six")):
        get(base, "/six/check")
        (tmp_path / "six" / "nowhere").symlink_to(tmp_path / "gone")
        assert get(base, "/six/check").status_code == 200
        (tmp_path / "six" / "study.toml").rename(tmp_path / "six" / "away.toml")
        time.sleep(0.6)
        assert get(base, "/six/check").status_code == 404
        assert "There is no study in this folder" in get(base, "/").text


def test_another_method_stays_with_the_reader(served: str) -> None:
    """Every page takes the method over: no link of the menu loses it."""
    text = get(served, "/six/region?min_cell=10").text
    menu = text.partition("<nav")[2].partition("</nav>")[0]
    links = re.findall(r'href="(/six/[^"]*)"', menu)
    assert len(links) == len(pages())
    assert all("min_cell=10" in link for link in links), links


def test_the_language_stays_where_a_page_is_refused(served: str) -> None:
    text = get(served, "/six/region?region=XX&lang=sv").text
    assert 'href="/?studies&amp;lang=sv"' in text
    assert 'href="/?lang=sv"' in text
    assert httpx.get(f"{served}/?lang=sv").headers["location"] == "/six/start?lang=sv"


def test_gzip_is_sent_to_those_who_take_it(served: str) -> None:
    for accepted, sent in (("gzip", "gzip"), ("gzip;q=0", None), ("br", None)):
        for path in ("/six/start", "/?studies", "/api/studies"):
            found = get(served, path, **{"Accept-Encoding": accepted})
            assert found.headers.get("content-encoding") in (sent, None), path
    assert get(served, "/six/start", **{"Accept-Encoding": "gzip"}).headers["content-encoding"]


def test_forged_forms_are_refused_with_the_reason(served: str) -> None:
    found = httpx.post(f"{served}/six/compose", data={"id": "mine"})
    assert (found.status_code, "does not come from a page" in found.text) == (403, True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_menu_names_no_two_pages_alike(language: str) -> None:
    with speaking(language):
        names = [page.name for page in pages().values()]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("page", ["clusters", "cluster", "region", "compare"])
def test_another_definition_is_shown_without_the_cluster_of_the_one_before(
    served: str, page: str
) -> None:
    query = "definition=hansa-divisions&cluster=nonesuch"
    found = get(served, f"/six/{page}?{query}")
    assert found.status_code == 200
    assert "hansa-divisions has no cluster nonesuch" in found.text
    assert found.headers["HX-Push-Url"] == f"/six/{page}?definition=hansa-divisions"
    assert get(served, f"/six/{page}.json?{query}").status_code == 400
    assert get(served, f"/six/{page}?cluster=nonesuch").status_code == 400
