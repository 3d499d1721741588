"""What a user asks of `hansa fetch`, and what is refused, over a service on this machine."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner

import hansa
from hansa.cli import app
from hansa.errors import HansaError, UsageError
from hansa.study.fetch import Wanted, fetch_dataset

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "sources" / "live"))

from sdmx_messages import Flow, eurostat_csv
from sdmx_server import Answer, Asked, SdmxServer

YEARS = ("2018", "2019", "2020")
GEO = ("SE", "SE11", "SE12", "FI1B")


def gdp() -> pa.Table:
    rows = [
        {
            "freq": "A",
            "unit": unit,
            "geo": geo,
            "TIME_PERIOD": year,
            "OBS_VALUE": f"{100 * (i + 1) + 10 * j + k}.5",
            "OBS_FLAG": "p" if year == "2020" else "",
            "CONF_STATUS": "",
        }
        for i, unit in enumerate(("MIO_EUR", "MIO_PPS_EU27_2020"))
        for j, geo in enumerate(GEO)
        for k, year in enumerate(YEARS)
        if (geo, year) != ("SE12", "2019")
    ]
    return pa.Table.from_pylist(rows)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SdmxServer]:
    with SdmxServer({"nama_10r_2gdp": gdp()}, labels={"geo": {"SE11": "Stockholm"}}) as own:
        monkeypatch.setenv("HANSA_AT", f"eurostat={own.home}")
        monkeypatch.setenv("HANSA_CACHE", str(tmp_path / "cache"))
        yield own


def run(*arguments: object):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def test_a_data_set_as_it_is(server: SdmxServer, tmp_path: Path) -> None:
    out = tmp_path / "gdp.csv"
    done = run("fetch", "eurostat:nama_10r_2gdp", "--filter", "unit=MIO_EUR", "--out", out)
    assert done.exit_code == 0, done.output
    lines = out.read_text().splitlines()
    assert lines[0] == "freq,unit,geo,TIME_PERIOD,value,status,OBS_FLAG,CONF_STATUS"
    assert "A,MIO_EUR,SE11,2020,112.5,p,p," in lines
    assert len(lines) == 12
    account = json.loads((tmp_path / "gdp.source.json").read_text())
    assert account["filters"] == {"unit": ["MIO_EUR"]}


def test_a_data_set_of_three_dimensions_as_a_whole(server: SdmxServer) -> None:
    """Its key would be two points, which an address cannot hold."""
    made = hansa.fetch("eurostat:nama_10r_2gdp")
    assert len(made) == 22


def test_an_extract_becomes_a_table_of_ours(server: SdmxServer) -> None:
    made = hansa.fetch("gdp-euro", geo="SE??", period="2019:2020")
    assert made.table.to_pylist() == [
        {"geo": "SE11", "time": "2019", "value": 111.5, "status": ""},
        {"geo": "SE11", "time": "2020", "value": 112.5, "status": "p"},
        {"geo": "SE12", "time": "2020", "value": 122.5, "status": "p"},
    ]
    assert made.description["panel"]["geography"] == "nuts:2024"
    assert made.description["panel"]["kind"] == "extensive"


def test_a_fetched_indicator_is_a_panel_that_can_be_exported(
    server: SdmxServer, tmp_path: Path
) -> None:
    for name in ("g.csv", "g.parquet"):
        assert run("fetch", "gdp-euro", "--geo", "SE??", "--out", tmp_path / name).exit_code == 0
        done = run("export", tmp_path / name, "--out", tmp_path / f"{name}.xlsx")
        assert done.exit_code == 0, done.output
        assert (tmp_path / f"{name}.xlsx").read_bytes().startswith(b"PK")


@pytest.mark.parametrize("period", ["2019", "2019:2019"])
def test_one_year_is_one_year(server: SdmxServer, period: str) -> None:
    made = hansa.fetch("gdp-euro", geo="SE??", period=period)
    assert made.table["time"].unique().to_pylist() == ["2019"]
    same = hansa.fetch("gdp-euro", geo="SE??", filters={"time": period})
    assert same.table.equals(made.table)


@pytest.mark.parametrize("period", [2019, [2019], ("2019",), "2019", np.int64(2019)])
def test_a_year_may_be_a_number_and_stand_in_a_list(server: SdmxServer, period: object) -> None:
    made = hansa.fetch("gdp-euro", geo=["SE11"], period=period, part=None)
    assert made.table["time"].to_pylist() == ["2019"]
    raw = hansa.fetch("eurostat:nama_10r_2gdp", filters={"unit": ["MIO_EUR"], "time": period})
    assert set(raw.table["TIME_PERIOD"].to_pylist()) == {"2019"}


def test_several_years_are_a_filter_of_a_data_set(server: SdmxServer) -> None:
    made = hansa.fetch("eurostat:nama_10r_2gdp", geo="SE11", period=[2018, 2020])
    assert set(made.table["TIME_PERIOD"].to_pylist()) == {"2018", "2020"}
    with pytest.raises(UsageError, match="one period or range"):
        hansa.fetch("gdp-euro", period=[2018, 2020])
    with pytest.raises(UsageError, match="asked for twice"):
        hansa.fetch("gdp-euro", period=[2018, 2020], filters={"time": "2019"})


@pytest.mark.parametrize(
    ("odd", "name"),
    [
        ({"period": 2019.0}, "period"),
        ({"period": True}, "period"),
        ({"period": [None]}, "period"),
        ({"geo": {"SE11": 1}}, "geo"),
        ({"geo": ["SE11", None]}, "geo"),
        ({"part": b"new"}, "part"),
        ({"filters": "unit=MIO_EUR"}, "filters"),
        ({"filters": {"unit": 1.5}}, r"filters\['unit'\]"),
        ({"at": 5}, "at"),
    ],
)
def test_what_is_no_text_and_no_year_is_refused(server: SdmxServer, odd: dict, name: str) -> None:
    with pytest.raises(UsageError, match=f"^{name} cannot be read"):
        hansa.fetch("gdp-euro", **odd)
    assert not server.asked


def test_nothing_is_never_silent(server: SdmxServer) -> None:
    made = hansa.fetch("gdp-euro", geo="SE11", period="2023")
    assert len(made) == 0
    assert "NO ROW" in made.lines[1]
    assert "2018 to 2020" in made.lines[1]


@pytest.mark.parametrize(
    ("asked", "note"),
    [
        ({}, "4 rows with codes that the data set does not list (unit USD; geo XX1)"),
        ({"period": "2019:2020"}, "6 rows that were not asked for"),
        ({"filters": {"unit": "MIO_EUR"}}, "3 rows that were not asked for"),
        ({"filters": {"unit": "MIO_EUR"}}, "1 rows with codes that the data set does not list"),
    ],
)
def test_rows_that_nobody_asked_for_are_left_out_and_counted(
    server: SdmxServer, asked: dict, note: str
) -> None:
    """Codes that the structure lacks too, where a dimension is taken whole."""
    own = [row for row in gdp().to_pylist() if row["unit"] == "MIO_EUR"]
    wrong = [{**own[0], "unit": "USD", "TIME_PERIOD": year} for year in ("2018", "2019", "2020")]
    wrong += [{**own[0], "geo": "XX1", "TIME_PERIOD": "2020"}]
    odd = pa.Table.from_pylist([*own, *wrong, {**own[0], "TIME_PERIOD": "1999"}])

    class Gateway(SdmxServer):
        """It answers every question alike, as one that drops the question does."""

        def _estat_rows(self, asked: Asked, flow: Flow, *_: object) -> Answer:
            return Answer(200, eurostat_csv(flow, odd), "text/csv")

    with Gateway({"nama_10r_2gdp": pa.Table.from_pylist(own)}) as gateway:
        made = hansa.fetch("eurostat:nama_10r_2gdp", at=gateway.home, **asked)
    assert any(note in line for line in made.lines), made.lines
    assert set(made.table["unit"].to_pylist()) == {"MIO_EUR"}
    assert "XX1" not in made.table["geo"].to_pylist()
    assert ("1999" in made.table["TIME_PERIOD"].to_pylist()) is ("period" not in asked)


def test_an_answer_without_rows_never_replaces_a_table(server: SdmxServer, tmp_path: Path) -> None:
    out = tmp_path / "gdp.csv"
    for name in ("gdp-euro", "eurostat:nama_10r_2gdp"):
        assert run("fetch", name, "--geo", "SE11", "--out", out).exit_code == 0
        before = {one: one.read_bytes() for one in tmp_path.glob("gdp*")}
        done = run("fetch", name, "--geo", "SE11", "--period", "2023", "--out", out)
        assert type(done.exception) is HansaError, "exit code 1"
        assert "no row, so nothing is written" in str(done.exception)
        assert "The data set holds 2018 to 2020." in str(done.exception)
        assert {one: one.read_bytes() for one in tmp_path.glob("gdp*")} == before


def test_an_entry_without_rows_is_told_and_the_others_of_a_study_are_fetched(
    server: SdmxServer, tmp_path: Path
) -> None:
    (tmp_path / "study.toml").write_text(
        'format = 1\ntitle = "Two"\n\n[facts.a]\nfile = "a.csv"\n\n'
        '[fetch.none]\ndataset = "eurostat:nama_10r_2gdp"\nperiod = "2023"\n\n'
        '[fetch.some]\nextract = "gdp-euro"\n'
    )
    done = run("fetch", tmp_path)
    assert done.exit_code == 1
    assert "NOT FETCHED\nthe answer has no row" in done.output
    assert (tmp_path / "indicators" / "gdp-euro.parquet").is_file()
    assert not (tmp_path / "facts").exists()


@pytest.mark.parametrize("odd", ["abc", "2015,2020", ":", "2015:x"])
def test_odd_periods_are_refused(server: SdmxServer, odd: str) -> None:
    with pytest.raises(UsageError, match="periods cannot be read"):
        hansa.fetch("gdp-euro", geo="SE11", period=odd)
    assert not server.asked, "nothing is asked for what cannot be meant"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"filters": {"unit": "MIO_PPS_EU27_2020"}}, "says itself which unit"),
        ({"filters": {"geo": "SE12"}, "geo": "SE11"}, "asked for twice"),
        ({"filters": {"TIME_PERIOD": "2019"}, "period": "2020"}, "asked for twice"),
        ({"filters": {"time": ["2018", "2020"]}}, "one period or range"),
    ],
)
def test_what_is_asked_for_twice_or_against_an_extract_is_refused(
    server: SdmxServer, more: dict, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        hansa.fetch("gdp-euro", **more)


def test_codes_the_data_set_lacks_are_noted_for_an_extract_and_refused_for_a_question(
    server: SdmxServer,
) -> None:
    made = hansa.fetch("gdp-euro", geo=["SE11", "IS00"])
    assert "The data set has no code of geo like IS00." in made.lines
    with pytest.raises(UsageError, match="has no code 'IS00'"):
        hansa.fetch("eurostat:nama_10r_2gdp", filters={"geo": "IS00"})


def test_a_service_that_answers_less_at_a_time_is_asked_in_parts(tmp_path: Path) -> None:
    with SdmxServer({"nama_10r_2gdp": gdp()}, most=4) as small:
        made = hansa.fetch("eurostat:nama_10r_2gdp", at=small.home, refresh=True)
        assert len([one for one in small.asked if "/data/" in one.path]) > 5
    key = ["unit", "geo", "TIME_PERIOD"]
    found = {tuple(r[k] for k in key): r["value"] for r in made.table.to_pylist()}
    assert found == {tuple(r[k] for k in key): float(r["OBS_VALUE"]) for r in gdp().to_pylist()}


def test_what_was_too_big_is_not_asked_again_within_the_hour(server: SdmxServer) -> None:
    name = "eurostat:nama_10r_2gdp"
    with SdmxServer({"nama_10r_2gdp": gdp()}, most=4) as small:
        first = hansa.fetch(name, at=small.home)
        asked = data_of(small)
        again = hansa.fetch(name, at=small.home)
        repeated = data_of(small)[len(asked) :]
        hansa.fetch(name, at=small.home, refresh=True)
        anew = data_of(small)[len(asked) + len(repeated) :]
    assert again.table.equals(first.table)
    assert set(repeated) < set(asked)
    assert len(repeated) == len(again.report["requests"]) - 2, "the answers, and no refusal"
    assert sorted(anew) == sorted(asked)


def test_a_dry_run_asks_in_the_halves_that_a_fetch_would(server: SdmxServer) -> None:
    with SdmxServer({"nama_10r_2gdp": gdp()}, most=4) as small:
        question = ("fetch", "eurostat:nama_10r_2gdp", "--at", small.home)
        hansa.fetch(question[1], at=small.home)
        done = run(*question, "--dry-run")
        before = len(data_of(small))
        hansa.fetch(question[1], at=small.home)
        sent = data_of(small)[before:]
    assert "; split in halves of what the service found too big" in done.output
    assert all(one in done.output for one in sent)
    assert f"numbers: {len(sent)} requests" in done.output


def test_parts_are_told_with_how_many_there_are(server: SdmxServer) -> None:
    said: list[str] = []
    with SdmxServer({"nama_10r_2gdp": gdp()}, most=4) as small:
        wanted = Wanted({}, at=small.home)
        fetch_dataset("eurostat:nama_10r_2gdp", wanted, lambda text, _: said.append(text))
    told = [text for text in said if "part" in text]
    count = len({text.partition(" of ")[0] for text in told})
    assert count > 5
    assert told[-1] == f"nama_10r_2gdp, part {count} of {count}"
    assert said[said.index(told[0]) :] == [*told, "nama_10r_2gdp, done"], "bytes, too"


def data_of(server: SdmxServer) -> list[str]:
    return [path for path in server.paths if "/data/" in path]


def test_a_new_edition_between_two_parts_is_asked_again_as_a_whole(
    server: SdmxServer, tmp_path: Path
) -> None:
    first = hansa.fetch("gdp-euro", geo="SE11")
    changed = gdp().set_column(4, "OBS_VALUE", pa.array(["7.0"] * 22))
    server.put("nama_10r_2gdp", changed, {}, "2026-05-01T11:00:00+0200")
    second = hansa.fetch("gdp-euro", geo="SE11")
    assert set(first.table["value"].to_pylist()) != {7.0}
    assert set(second.table["value"].to_pylist()) == {7.0}
    assert second.report["edition"] == "2026-05-01T11:00:00"


def test_a_period_that_ends_before_it_starts(server: SdmxServer) -> None:
    with pytest.raises(UsageError, match="before its start") as refused:
        hansa.fetch("gdp-euro", geo="SE11", period="2020:2018")
    assert "--period 2018:2020" in str(refused.value)


def test_regions_given_one_by_one(server: SdmxServer, tmp_path: Path) -> None:
    out = tmp_path / "g.csv"
    done = run("fetch", "gdp-euro", "--geo", "SE99", "--geo", "SE11", "--out", out)
    assert "no code of geo like SE99" in done.output
    assert "SE11" in out.read_text()


def test_what_was_published_since_is_asked_for_too(server: SdmxServer) -> None:
    hansa.fetch("gdp-euro", geo="SE??", period="2019:")
    more = gdp().to_pylist()
    more += [{**more[-1], "unit": "MIO_EUR", "geo": "SE11", "TIME_PERIOD": "2021"}]
    more += [{**more[-1], "geo": "SE13"}]
    server.put("nama_10r_2gdp", pa.Table.from_pylist(more), {}, "2026-05-01T11:00:00+0200")
    again = hansa.fetch("gdp-euro", geo="SE??", period="2019:").table.to_pylist()
    assert {("SE11", "2021"), ("SE13", "2021")} <= {(r["geo"], r["time"]) for r in again}


@pytest.mark.parametrize("lost", [(), ("2021",)])
def test_a_new_series_begins_with_its_first_row(lost: tuple[str, ...]) -> None:
    """Also where the row of the year of the break is not there."""
    from hansa.sources.live.contract import Observations
    from hansa.sources.live.extracts import find_extract, tabulated

    part = find_extract("regional-business").part[-1]
    rows = [
        {"nace_r2": "C10", "indic_sbs": "EMP_LOC_NR", "geo": geo, "TIME_PERIOD": year,
         "value": 1.0, "status": "p" if year == "2022" else ""}
        for geo in ("SE11", "SE12") for year in ("2021", "2022", "2023")
        if not (geo == "SE11" and year in lost)
    ]  # fmt: skip
    names = ("nace_r2", "indic_sbs", "geo", "TIME_PERIOD")
    found = Observations(pa.Table.from_pylist(rows), names, "TIME_PERIOD")
    table = tabulated(found, part).to_pylist()
    marked = {(r["geo"], r["time"]): r["employment_status"] for r in table}
    first = "2022" if lost else "2021"
    assert [k for k, status in marked.items() if "b" in status] == [
        ("SE11", first),
        ("SE12", "2021"),
    ]
    assert marked["SE11", "2022"] == ("p;b" if lost else "p")


def test_a_file_is_written_whole_or_not_at_all(server: SdmxServer, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    done = run("fetch", "gdp-euro", "--out", blocked / "gdp.csv")
    assert isinstance(done.exception, HansaError)
    assert "cannot be written" in str(done.exception)
    done = run("fetch", "gdp-euro", "--out", tmp_path / "gdp.xlsx")
    assert "CSV or Parquet" in str(done.exception)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cache", "file"]


def test_one_table_that_is_refused_does_not_hold_up_the_others(
    server: SdmxServer, tmp_path: Path
) -> None:
    (tmp_path / "study.toml").write_text(
        'format = 1\ntitle = "Two"\n\n[facts.a]\nfile = "a.csv"\n\n'
        '[fetch.both]\nextract = ["price-level", "gdp-euro"]\n'
    )
    done = run("fetch", tmp_path)
    assert done.exit_code == 1
    assert (tmp_path / "indicators" / "gdp-euro.parquet").is_file()
    assert not (tmp_path / "indicators" / "price-level.parquet").exists()
    assert "NOT FETCHED\nEurostat has no data set prc_ppp_ind" in done.output


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('measures = ["averge_wage"]', "unknown measure"),
        ('geography = "bsrr"', "bsrr"),
        ("period = [2023, 2021]", "the earlier one first"),
        ('refrence = "all"', "did you mean reference"),
    ],
)
def test_mistakes_of_a_study_are_told_before_anybody_is_asked(
    server: SdmxServer, tmp_path: Path, line: str, words: str
) -> None:
    (tmp_path / "study.toml").write_text(
        f'format = 1\ntitle = "Odd"\n{line}\n\n[facts.a]\nfile = "a.csv"\n\n'
        '[fetch.gdp]\nextract = "gdp-euro"\n'
    )
    done = run("fetch", tmp_path)
    assert words in str(done.exception)
    assert not server.asked


def test_a_study_says_itself_what_is_fetched(server: SdmxServer, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "study.toml").write_text(
        'format = 1\ntitle = "Own"\ngeography = "mine.toml"\n\n[facts.a]\nfile = "a.csv"\n\n'
        '[fetch.gdp]\nextract = "gdp-euro"\ngeo = ["study", "SE"]\n\n'
        '[fetch.raw]\ndataset = "eurostat:nama_10r_2gdp"\nfile = "raw.csv"\n'
        'filters = { unit = ["MIO_EUR"] }\n'
    )
    (folder / "mine.toml").write_text(
        'format = 1\nid = "mine"\ntitle = "Mine"\ngeography = "nuts:2024"\nstatus = "ours"\n'
        'members = ["SE11", "SE12"]\nsource = "ours"\n'
    )
    done = run("fetch", folder)
    assert done.exit_code == 0, done.output
    assert {p.name for p in folder.rglob("*.*")} == {
        "study.toml", "mine.toml", "gdp-euro.parquet", "gdp-euro.source.json", "raw.csv",
        "raw.meta.toml", "raw.source.json",
    }  # fmt: skip
    assert "Next: hansa run" in done.output
    odd = run("fetch", folder, "--filter", "geo=SE11")
    assert "a study says itself what is fetched" in str(odd.exception)
    odd = run("fetch", folder, "--part", "nothing")
    assert "has no [fetch.nothing]" in str(odd.exception)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ('extract = "gdp-euro"\nfile = "../x.parquet"', "inside the study folder"),
        ('extract = "gdp-euro"\nfile = "/tmp/x.parquet"', "inside the study folder"),
        ('extract = "gdp-euro"\nfile = "study.toml"', "ending in .parquet, .csv"),
        ('dataset = "gisco:nuts-2021-20m-level2"\nfile = "study.toml"', "ending in .geojson"),
        ('dataset = "gisco:nuts-2021-20m-level2"\nfile = "g/a.csv"', "ending in .geojson, .json"),
        ('dataset = "gisco:nuts-2021-names"\nfile = "g/a.geojson"', "ending in .csv"),
        ('extract = "gdp-euro"\ndataset = "eurostat:x"', "either extract"),
        ('extract = "gdp-euro"\n\n[fetch.b]\nextract = "gdp-euro"', "the same file"),
        ('extract = "gdp-euro"\n\n[fetch."../up"]\nextract = "gdp-pps"', "names of letters"),
        ('extract = "gdp-euro"\n\n[scoreboard.s]\ntitle = "S"\nfolder = "../s"\n'
         'indicators = ["gdp-euro"]', "inside the study folder"),
    ],
)  # fmt: skip
def test_a_study_writes_into_its_own_folder_and_each_file_once(
    server: SdmxServer, tmp_path: Path, entry: str, words: str
) -> None:
    (tmp_path / "study.toml").write_text(
        f'format = 1\ntitle = "Odd"\n\n[facts.a]\nfile = "a.csv"\n\n[fetch.a]\n{entry}\n'
    )
    done = run("fetch", tmp_path)
    assert words in str(done.exception)
    assert not server.asked


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nowhere:table", "unknown source 'nowhere'"),
        ("eurostat:", "SOURCE:DATASET"),
        ("no-such-extract", "unknown extract"),
        ("eurostat:no_such_table", "has no data set no_such_table"),
    ],
)
def test_wrong_names_are_refused_with_what_there_is(
    server: SdmxServer, tmp_path: Path, name: str, words: str
) -> None:
    done = run("fetch", name, "--out", tmp_path / "x.csv")
    assert words in str(done.exception)
    assert not list(tmp_path.glob("x*"))


def test_sources_lists_services_extracts_and_the_codes_of_a_data_set(server: SdmxServer) -> None:
    listed = run("sources", "--json")
    names = {one["id"] for one in json.loads(listed.stdout)["sources"]}
    assert {"eurostat", "oecd", "sdmx", "jsonstat", "scb", "ssb", "statfin", "gisco"} <= names
    extracts = json.loads(run("sources", "--extracts", "--json").stdout)["extracts"]
    assert all(
        one["covers"] and one["finest"] and one["gaps"] and one["breaks"] for one in extracts
    )
    shown = run("sources", "eurostat:nama_10r_2gdp").stdout
    assert "SE11  Stockholm" in shown
    assert "one part" not in run("sources", "regional-business").stdout


def test_every_extract_asks_for_every_code_it_takes() -> None:
    from hansa.sources.live.extracts import extracts

    for extract in extracts().values():
        for part in extract.part:
            for column in part.columns.values():
                for dimension, code in column.where.items():
                    assert code in part.filters[dimension], (extract.id, dimension)
