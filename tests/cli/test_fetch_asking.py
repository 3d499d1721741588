"""`hansa sources` by words, `hansa fetch --dry-run`, progress in a pipe, names beside codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from typer.testing import CliRunner, Result

import hansa
from hansa.cli import app
from hansa.cli.progress import Lines, told
from hansa.errors import HansaError, UsageError
from hansa.sources.live.transport import TRY

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "sources" / "live"))

from sdmx_server import Answer, Asked, SdmxServer

GEO = {"SE": "Sweden", "SE11": "Stockholm", "SE12": "Östra Mellansverige", "FI1B": "Helsinki"}
LABELS = {"geo": GEO, "unit": {"MIO_EUR": "Million euro"}}
TITLE = "Gross domestic product (GDP) by NUTS 2 region"


def gdp() -> pa.Table:
    rows = [
        {"freq": "A", "unit": unit, "geo": geo, "TIME_PERIOD": year, "OBS_VALUE": "1.5",
         "OBS_FLAG": ""}
        for unit in ("MIO_EUR", "PPS_EU27_2020_HAB")
        for geo in GEO
        for year in ("2018", "2019", "2020")
    ]  # fmt: skip
    return pa.Table.from_pylist(rows)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SdmxServer]:
    name = "nama_10r_2gdp"
    with SdmxServer({name: gdp()}, labels=LABELS, titles={name: TITLE}) as own:
        monkeypatch.setenv("HANSA_AT", f"eurostat={own.home}")
        monkeypatch.setenv("HANSA_CACHE", str(tmp_path / "cache"))
        yield own


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments])


def asked_for_data(server: SdmxServer) -> list[str]:
    return [path for path in server.paths if "/data/" in path]


def written(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


# --- search ---


def test_words_find_services_and_extracts_without_asking_anybody(server: SdmxServer) -> None:
    done = run("sources", "--search", "GDP inhabitant")
    assert "gdp-per-head" in done.stdout
    assert "price-level" not in done.stdout
    assert "hansa sources eurostat --search 'GDP inhabitant'" in done.stderr
    told = json.loads(run("sources", "--search", "norway", "--json").stdout)
    assert {one["id"] for one in told["sources"]} == {"ssb", "ssb-v2"}
    assert told["extracts"] == []
    only = run("sources", "--extracts", "--search", "euro gross").stdout
    assert "gdp-euro" in only
    assert "Statistics Norway" not in only
    assert not server.asked


def test_words_beside_a_service_ask_it_for_its_data_sets(server: SdmxServer) -> None:
    done = run("sources", "eurostat", "--search", "region gdp")
    assert done.stdout == f"eurostat:nama_10r_2gdp  {TITLE}\n"
    assert "1 data set for 'region gdp'. What one is made of" in done.stderr
    told = json.loads(run("sources", "eurostat", "--search", "gdp", "--json").stdout)
    assert [one["id"] for one in told["data_sets"]] == ["eurostat:nama_10r_2gdp"]
    assert not asked_for_data(server)
    none = run("sources", "eurostat", "--search", "fish")
    assert none.stdout == ""
    assert "0 data sets for 'fish'" in none.stderr


def test_words_beside_a_data_set_find_its_codes(server: SdmxServer) -> None:
    done = run("sources", "eurostat:nama_10r_2gdp", "--search", "ostra mellan")
    assert "SE12  Östra Mellansverige" in done.stdout
    assert "SE11" not in done.stdout
    assert "unit" not in done.stdout
    whole = run("sources", "eurostat:nama_10r_2gdp", "--search", "unit").stdout
    assert "MIO_EUR            Million euro" in whole, "a dimension by its name, with all its codes"


def test_files_are_looked_through_here(server: SdmxServer) -> None:
    done = run("sources", "gisco", "--search", "2021 names")
    assert done.stdout.startswith("gisco:nuts-2021-names  ")


@pytest.mark.parametrize("name", ["gdp-euro", "gisco:nuts-2021-names"])
def test_words_that_would_change_nothing_are_refused(name: str) -> None:
    done = run("sources", name, "--search", "gdp")
    assert f"there is nothing to look for in {name}" in str(done.exception)
    with pytest.raises(UsageError, match="nothing to look for"):
        hansa.sources(name, search="gdp")


@pytest.mark.parametrize("name", ["", "eurostat", "gdp-euro"])
def test_an_address_where_nobody_is_asked_is_refused(name: str) -> None:
    at = "http://127.0.0.1:9"
    done = run("sources", *filter(None, [name]), "--at", at)
    assert "no service is asked here" in str(done.exception)
    with pytest.raises(UsageError, match=r"no service is asked"):
        hansa.sources(name, at=at)


def test_an_unknown_name_is_told_before_an_address_beside_it() -> None:
    done = run("sources", "gisco:foo", "--at", "http://127.0.0.1:9")
    assert "GISCO has no file 'foo'" in str(done.exception)
    done = run("sources", "foo", "--at", "http://127.0.0.1:9")
    assert "no source and no extract is called 'foo'" in str(done.exception)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("foo",), "unknown extract 'foo', and there is no study folder of this name"),
        (("no/such/folder",), "there is no study folder of this name"),
        (("eurostat",), "eurostat is a source; which of its data sets is meant?"),
        (("nowhere:x",), "unknown source 'nowhere'"),
        (("eurostat:a/b",), "this cannot be a data set of Eurostat"),
        (("gdp-euro", "--at", "notaurl"), "this is no address of a service"),
        (("gdp-euro", "--period", "20x"), "these periods cannot be read"),
        (("eurostat:nama_10r_2gdp", "--filter", "geo"), "--filter needs DIMENSION=CODE"),
        (("gisco:foo",), "GISCO has no file 'foo'"),
        (("eurostat:nama_10r_2gdp",), "where to?"),
        (("gisco:nuts-2024-names",), "--out FILE.csv"),
    ],
)
def test_the_place_to_write_is_asked_for_last(
    server: SdmxServer, arguments: tuple[str, ...], words: str
) -> None:
    done = run("fetch", *arguments)
    assert isinstance(done.exception, UsageError)
    assert words in str(done.exception)
    assert not server.asked


@pytest.mark.parametrize(
    ("name", "out", "needed"),
    [
        ("gisco:nuts-2024-20m-level2", "reg.csv", "reg.geojson"),
        ("gisco:nuts-2024-20m-level2", "reg", "reg.geojson"),
        ("gisco:nuts-2024-names", "names.geojson", "names.csv"),
        ("gisco:nuts-2016-2021-links", "links.parquet", "links.csv"),
    ],
)
def test_boundaries_and_lists_are_not_written_under_another_ending(
    tmp_path: Path, name: str, out: str, needed: str
) -> None:
    done = run("fetch", name, "--out", tmp_path / out, "--at", "http://127.0.0.1:9")
    assert "under the ending of another format" in str(done.exception)
    assert f"--out {tmp_path / needed}" in str(done.exception)


def test_a_wrong_name_leads_to_the_search(server: SdmxServer) -> None:
    done = run("sources", "population-density")
    assert "hansa sources --search 'population-density'" in str(done.exception)
    done = run("sources", "jsonstat", "--search", "gdp")
    assert isinstance(done.exception, UsageError)
    assert "gives no list of its data sets" in str(done.exception)


# --- a data set as a reader sees it ---


def test_a_data_set_is_shown_with_names_counts_and_a_way_on(server: SdmxServer) -> None:
    done = run("sources", "eurostat:nama_10r_2gdp")
    lines = done.stdout.splitlines()
    assert lines[0] == f"eurostat:nama_10r_2gdp  {TITLE}"
    assert "  geo  (4 codes)" in lines
    assert "               SE11  Stockholm" in lines
    assert "  TIME_PERIOD  Time period  (3 periods)" in lines
    assert "               2018 to 2020" in lines
    way = done.stderr.splitlines()[-1]
    assert way.startswith("Fetch a part: hansa fetch eurostat:nama_10r_2gdp --filter 'freq=A'")
    assert "--geo 'FI1B'" in way


def test_what_was_fetched_is_told_with_names(server: SdmxServer, tmp_path: Path) -> None:
    out = tmp_path / "gdp.csv"
    done = run(
        "fetch", "eurostat:nama_10r_2gdp", "--filter", "unit=MIO_EUR", "--geo", "SE??", "--out", out
    )
    assert "  unit  MIO_EUR (Million euro)" in done.stderr
    assert "  geo   SE11 (Stockholm), SE12 (Östra Mellansverige)" in done.stderr
    account = json.loads((tmp_path / "gdp.source.json").read_text())
    assert account["codes"]["geo"] == {"SE11": "Stockholm", "SE12": "Östra Mellansverige"}


def test_codes_without_data_are_told_with_names(server: SdmxServer) -> None:
    lonely = gdp().to_pylist()
    lonely = [row for row in lonely if (row["geo"], row["unit"]) != ("SE12", "MIO_EUR")]
    server.put("nama_10r_2gdp", pa.Table.from_pylist(lonely), LABELS, "2026-02-01T11:00:00+0100")
    made = hansa.fetch("gdp-euro", geo="SE??")
    assert "No data for geo: SE12 (Östra Mellansverige)." in made.lines


# --- dry run ---


def test_a_dry_run_sends_nothing_and_says_what_it_cannot_know(
    server: SdmxServer, tmp_path: Path
) -> None:
    done = run("fetch", "gdp-euro", "--geo", "SE??", "--dry-run")
    assert done.exit_code == 0, done.output
    assert not server.asked
    assert written(tmp_path) == []
    assert f"GET {server.home}/sdmx/2.1/dataflow/ESTAT/NAMA_10R_2GDP/1.0?" in done.stdout
    assert "no answer to it is kept here. Ask for it alone: hansa sources" in done.stdout
    assert "nothing was sent, nothing was written" in done.stderr


def test_a_dry_run_with_a_kept_structure_tells_the_very_requests(
    server: SdmxServer, tmp_path: Path
) -> None:
    run("sources", "eurostat:nama_10r_2gdp")
    before, files = list(server.paths), written(tmp_path)
    question = ("fetch", "gdp-euro", "--geo", "SE??", "--period", "2019:")
    done = run(*question, "--dry-run", "--out", tmp_path / "x.csv")
    assert server.paths == before
    assert written(tmp_path) == files
    assert "numbers: 1 request, at most 4 cells" in done.stdout
    run(*question, "--out", tmp_path / "x.csv")
    (sent,) = asked_for_data(server)
    assert f"    GET http://{server.home.split('/')[2]}{sent}\n" in done.stdout
    again = run(*question, "--dry-run").stdout
    assert "  [answer of 2" in again
    assert "kept]" not in run(*question, "--dry-run", "--refresh").stdout


def test_a_dry_run_says_how_a_question_is_split(tmp_path: Path, server: SdmxServer) -> None:
    wide = pa.Table.from_pylist(
        [{"freq": "A", "unit": "MIO_EUR", "geo": f"XX{n:03}", "TIME_PERIOD": "2020",
          "OBS_VALUE": "1.0", "OBS_FLAG": ""} for n in range(700)]
    )  # fmt: skip
    server.put("nama_10r_2gdp", wide, {}, "2026-02-01T11:00:00+0100")
    run("sources", "eurostat:nama_10r_2gdp")
    question = ("fetch", "eurostat:nama_10r_2gdp", "--geo", "XX0*,XX1*,XX2*,XX3*")
    done = run(*question, "--dry-run")
    shown = [line for line in done.stdout.splitlines() if "/data/" in line]
    assert f"numbers: {len(shown)} requests, at most 400 cells; split along geo" in done.stdout
    assert "addresses of at most 2,000 characters" in done.stdout
    run(*question, "--out", tmp_path / "x.csv")
    assert len(asked_for_data(server)) == len(shown) > 1


def test_a_dry_run_says_where_a_limit_of_cells_splits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from px_server import PxServer, serving
    from px_tables import PxDim, PxTable

    years = {str(y): str(y) for y in range(1000, 2200)}
    regions = {f"{n:03}": f"Region {n}" for n in range(400)}
    dims = (PxDim("Region", "region", regions), PxDim("Tid", "year", years, time=True))
    rows = pa.table({"Region": ["000"], "Tid": ["2000"], "value": [1.0], "mark": [""]})
    with serving(PxServer((PxTable("a/b", "1", "People", dims, rows),))) as server:
        monkeypatch.setenv("HANSA_AT", f"scb={server.version_1}")
        monkeypatch.setenv("HANSA_CACHE", str(tmp_path / "cache"))
        run("sources", "scb:a/b")
        done = run("fetch", "scb:a/b", "--dry-run")
        assert [method for method, _, _ in server.asked] == ["GET"]
    assert "4 requests, at most 480,000 cells; split along Region: at most 150,000" in done.stdout
    assert f'POST {server.version_1}/a/b {{"query":[' in done.stdout


def test_a_dry_run_of_wrong_codes_is_refused_as_the_fetch_would_be(server: SdmxServer) -> None:
    run("sources", "eurostat:nama_10r_2gdp")
    done = run("fetch", "eurostat:nama_10r_2gdp", "--geo", "SE99", "--dry-run")
    assert "has no code 'SE99'" in str(done.exception)


def test_a_dry_run_of_a_study_goes_through_its_entries(server: SdmxServer, tmp_path: Path) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "study.toml").write_text(
        'format = 1\ntitle = "Two"\n\n[facts.a]\nfile = "a.csv"\n\n'
        '[fetch.both]\nextract = ["price-level", "gdp-euro"]\n\n'
        '[fetch.map]\ndataset = "gisco:nuts-2021-20m-level2"\n'
    )
    run("sources", "eurostat:nama_10r_2gdp")
    before = list(server.paths)
    done = run("fetch", folder, "--dry-run")
    assert done.exit_code == 0, done.output
    assert "both: price-level (eurostat:prc_ppp_ind)" in done.stdout
    assert "both: gdp-euro (eurostat:nama_10r_2gdp)" in done.stdout
    assert "map: gisco:nuts-2021-20m-level2" in done.stdout
    assert server.paths == before
    assert written(folder) == ["study.toml"]
    part = run("fetch", folder, "--dry-run", "--part", "map").stdout
    assert "price-level" not in part
    odd = run("fetch", folder, "--dry-run", "--part", "nothing")
    assert "has no [fetch.nothing]" in str(odd.exception)


# --- progress ---


class Clock:
    """A clock that is set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_in_a_pipe_parts_are_told_line_by_line_and_bytes_every_few_seconds() -> None:
    clock, lines = Clock(), list[str]()
    say = Lines(every=5.0, least=1.0, write=lines.append, clock=clock)
    say("asking", 0.0)
    say("part 1 of 3", 0.0)
    assert lines == ["asking"], "not twice within a second"
    clock.now = 2
    say("part 2 of 3", 1 / 3)
    for clock.now in (2.5, 3.5, 6.9):
        say("part 2 of 3", 0.5)
    assert lines[1:] == ["part 2 of 3 (33%)"]
    clock.now = 7.1
    say("part 2 of 3", 0.9)
    clock.now = 7.2
    say(f"the service answers 503{TRY}2 of 5 in 60 s", 0.0)
    clock.now = 9
    say("done", 1.0)
    assert lines[2:] == ["part 2 of 3 (90%)", f"the service answers 503{TRY}2 of 5 in 60 s", "done"]


def test_nobody_is_told_where_it_is_to_be_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    told(quiet=True)("asking", 0.0)
    assert capsys.readouterr() == ("", "")
    told()("asking", 0.0)
    assert capsys.readouterr() == ("", "asking\n"), "on the side, never in the pipe"


def test_a_fetch_in_a_pipe_says_that_it_began_and_json_says_nothing(
    server: SdmxServer, tmp_path: Path
) -> None:
    done = run("fetch", "gdp-euro", "--out", tmp_path / "x.csv")
    assert done.stderr.startswith("asking what nama_10r_2gdp is made of\n")
    assert done.stdout == ""
    quiet = run("sources", "eurostat:nama_10r_2gdp", "--json")
    assert quiet.stderr == ""
    json.loads(quiet.stdout)


def test_stopping_a_fetch_says_that_it_goes_on(tmp_path: Path) -> None:
    reached, go_on = threading.Event(), threading.Event()

    class Slow(SdmxServer):
        """It answers one question for numbers, then none until it is told to."""

        def answer(self, asked: Asked) -> Answer:
            if asked_for_data(self) and "/data/" in asked.path and not go_on.is_set():
                reached.set()
                go_on.wait(20)
                return Answer(503, b"")
            return super().answer(asked)

    wide = {f"XX{n:03}": "2020" for n in range(700)}
    rows = [
        {"freq": "A", "unit": "MIO_EUR", "geo": geo, "TIME_PERIOD": year, "OBS_VALUE": "1.0",
         "OBS_FLAG": ""} for geo, year in wide.items()
    ]  # fmt: skip
    out, code = tmp_path / "x.csv", "from hansa.cli import main; main()"
    with Slow({"nama_10r_2gdp": pa.Table.from_pylist(rows)}) as server:
        question = ("fetch", "eurostat:nama_10r_2gdp", "--geo", "XX0*,XX1*,XX2*,XX3*,XX4*,XX5*")
        told = {**os.environ, "HANSA_AT": f"eurostat={server.home}", "HANSA_CACHE": str(tmp_path)}
        command = [sys.executable, "-c", code, *question, "--out", str(out)]
        with subprocess.Popen(command, env=told, stderr=subprocess.PIPE, text=True) as process:
            assert reached.wait(20)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=20)
        assert process.returncode == 130
        assert said.endswith(
            "\nstopped; the answers so far are kept: the same command goes on from there\n"
        )
        go_on.set()
        assert not out.exists()
        before = len(server.asked)
        again = subprocess.run(command, env=told, capture_output=True, text=True, check=False)
        assert again.returncode == 0, again.stderr
    assert out.read_text().count("XX") == 600
    repeated = [one for one in server.asked[before:] if "/data/" in one.path]
    assert [bool(one.headers.get("if-none-match")) for one in repeated[:2]] == [True, False]


# --- in Python ---


def test_sources_in_python_is_what_the_command_shows(server: SdmxServer) -> None:
    every = hansa.sources()
    assert {one["what"] for one in every} == {"service", "files", "extract"}
    assert {"eurostat", "gisco", "gdp-euro"} <= {one["id"] for one in every}
    assert [one["what"] for one in hansa.sources("gdp-euro")] == ["extract"]
    assert [one["id"] for one in hansa.sources("oecd")] == ["oecd"]
    assert [one["what"] for one in hansa.sources("gisco:nuts-2021-names")] == ["files"]
    assert not server.asked
    (found,) = hansa.sources("eurostat:nama_10r_2gdp")
    geo: dict[str, Any] = {d["id"]: d["codes"] for d in found["dimensions"]}
    assert geo["geo"] == {code: GEO[code] for code in sorted(GEO)}
    (found,) = hansa.sources("eurostat", search="gdp")
    assert (found["id"], found["title"]) == ("eurostat:nama_10r_2gdp", TITLE)
    found = hansa.sources("eurostat:nama_10r_2gdp", search="stockholm")[0]
    assert [d["codes"] for d in found["dimensions"]] == [{"SE11": "Stockholm"}]
    with pytest.raises(UsageError, match="no source and no extract is called"):
        hansa.sources("nowhere")
    with pytest.raises(HansaError, match="has no data set"):
        hansa.sources("eurostat:no_such")


def test_the_verb_does_not_hide_the_package() -> None:
    import hansa.sources.live.services

    assert hansa.sources.live.services.services()["eurostat"].title == "Eurostat"
    assert callable(hansa.sources)
