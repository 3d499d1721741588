"""The live Baltic study as its user runs it: new, fetch, run, over the services' real protocols.

The services are on this machine and answer with the tables of `baltic_tables`: real ones, and
constructed ones where no real table is at hand (said there, cell for cell).
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import hansa
from hansa.cli import app
from hansa.errors import HansaError
from hansa.sources.live.patience import Patience

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "sources" / "live"))

import baltic_tables
from gisco_server import GiscoServer, serving_files
from sdmx_server import SdmxServer

# One process: the services and the study are made once.
pytestmark = [pytest.mark.data, pytest.mark.slow, pytest.mark.xdist_group("live")]

FEWER = """geo = ["study", "DK", "EE", "FI", "LT", "LV", "SE"]
period = "2019:2022\""""


@dataclass
class Live:
    """The services, and a study folder whose data were fetched from them."""

    estat: SdmxServer
    gisco: GiscoServer
    folder: Path
    at: str
    said: str


@pytest.fixture(scope="module")
def live(hansa_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    own = tmp_path_factory.mktemp("live")
    tables, labels = baltic_tables.tables(hansa_data), baltic_tables.labels()
    with (
        SdmxServer(tables, labels=labels) as estat,
        serving_files(GiscoServer(hansa_data)) as gisco,
        pytest.MonkeyPatch.context() as patch,
    ):
        at = f"eurostat={estat.home} gisco={gisco.home}"
        patch.setenv("HANSA_AT", at)
        patch.setenv("HANSA_CACHE", str(own / "cache"))
        folder = own / "bsr"
        assert run("new", folder, "--template", "bsr").exit_code == 0
        study = folder / "study.toml"
        # All of Europe takes minutes to fill; the way is the same for fewer countries.
        text = study.read_text().replace('geo = ["study", "countries", "DE??", "PL??"]', FEWER, 1)
        study.write_text(text.replace("period = [2021, 2023]", "period = [2021, 2022]"))
        fetched = run("fetch", folder)
        assert fetched.exit_code == 0, fetched.output
        yield Live(estat, gisco, folder, at, fetched.output)


def run(*arguments: object):
    return CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def result(live: Live):
    return hansa.run(live.folder)


def test_everything_the_template_names_is_there(live: Live) -> None:
    names = {p.relative_to(live.folder).as_posix() for p in live.folder.rglob("*.*")}
    assert {
        "facts/business-2018-2020.parquet",
        "facts/business-2021-2024.parquet",
        "facts/business-2021-2024.source.json",
        "indicators/gdp-pps.parquet",
        "geometry/regions.geojson",
        "indices/scoreboard/data.csv",
    } <= names


def test_what_the_data_lack_is_said(live: Live) -> None:
    assert "no code of geo like NO08, NO09, NO0A, LT01, LT02" in live.said
    assert "gdp-per-head: 2018, 28 of 35 regions" in live.said


def test_where_a_table_came_from_stands_beside_it(live: Live) -> None:
    path = live.folder / "facts" / "business-2021-2024.source.json"
    account = json.loads(path.read_text())
    assert account["dataset"] == "eurostat:sbs_r_nuts2021"
    assert account["edition"].startswith("2026-01-09")
    last = account["requests"][-1]
    assert "/sdmx/2.1/data/SBS_R_NUTS2021/" in last["request"]
    assert len(last["sha256"]) == 64
    assert last["fetched"].endswith("Z")


def test_growth_across_the_new_series_is_refused_and_within_it_is_there(live: Live) -> None:
    files = sorted((live.folder / "facts").glob("business-*.parquet"))
    describe = {
        "convert": "nuts:2021",
        "leave_out": ["NO01", "NO02", "NO03", "NO04", "NO05"],
        "level": {"activity": "division", "geo": "nuts2"},
    }
    growth = hansa.compute("growth_rate", files, describe=describe).to_pandas()
    one = growth[(growth.geo == "SE11") & (growth.activity == "10")].set_index("time")
    assert np.isnan(one.value[2021])
    assert "b" in one.status[2021]
    assert not one.value[[2020, 2022]].isna().any()


def test_the_growth_and_wage_figure_exists_for_the_real_baltic(result) -> None:
    base = result.results[0].bases[0]
    kinds = base.regions["quadrant"].to_pandas()["label"]
    assert {"growth", "mature", "in transition", "challenged"} <= set(kinds.dropna())
    wages = base.regions["average_wage"].to_pandas()
    known = wages.value.dropna()
    assert 3_000 < known.median() < 100_000, "euro a person, no million"


def test_hidden_cells_are_within_their_bounds(result) -> None:
    lq = result.results[0].bases[0].regions["location_quotient_total"].to_pandas()
    bounded = lq.dropna(subset=["value", "lower", "upper"])
    assert len(bounded) > 100
    assert (bounded.lower <= bounded.value + 1e-9).all()
    assert (bounded.value <= bounded.upper + 1e-9).all()


def test_the_report_is_written_and_the_recipe_names_the_editions(
    live: Live, tmp_path: Path
) -> None:
    # What takes minutes is left out; the figures and the map are not.
    text = (live.folder / "study.toml").read_text().replace('hidden = "fill"', 'hidden = "absent"')
    small = tmp_path / "small"
    small.mkdir()
    for part in ("facts", "geometry", "indicators"):
        (small / part).symlink_to(live.folder / part)
    (small / "study.toml").write_text(text)
    done = run("run", small)
    assert done.exit_code == 0, done.output
    page = (small / "out" / "report.html").read_text()
    assert "sbs_r_nuts2021" in page
    assert "EuroGeographics" in page
    assert "How prosperous is" in page
    recipe = json.loads((small / "out" / "recipe.json").read_text())
    editions = {one.get("dataset"): one.get("edition") for one in recipe["inputs"]}
    assert editions["eurostat:sbs_r_nuts06_r2"].startswith("2026-01-09")


def test_the_scoreboard_is_an_index(live: Live) -> None:
    out = live.folder / "out" / "scoreboard"
    done = run("index", "run", live.folder / "indices" / "scoreboard", "--out", out)
    assert done.exit_code == 0, done.output
    ranks = pd.read_csv(out / "ranks.csv")
    assert ranks["index"].min() == 1


def test_fetching_again_asks_only_whether_it_still_holds(live: Live) -> None:
    before = len(live.estat.asked)
    account = (live.folder / "facts" / "business-2021-2024.source.json").read_text()
    assert run("fetch", live.folder, "--part", "business").exit_code == 0
    new = live.estat.asked[before:]
    data = [one for one in new if "/data/" in one.path]
    assert data
    assert all(one.headers.get("if-none-match") for one in data)
    again = (live.folder / "facts" / "business-2021-2024.source.json").read_text()
    sums = [[r["sha256"] for r in json.loads(text)["requests"]] for text in (account, again)]
    assert sums[0] == sums[1]


def test_the_real_table_of_2015_comes_through_cell_by_cell(
    live: Live, hansa_data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "b.parquet"
    done = run("fetch", "regional-business", "--part", "2015-2017", "--period", "2015:2015",
               "--out", out)  # fmt: skip
    assert done.exit_code == 0, done.output
    found = pq.read_table(out).to_pandas().set_index(["geo", "activity"])
    real = baltic_tables.sbs(hansa_data).set_index(["geo", "nace_r2"])
    assert len(found) == len(real)
    both = real.join(found.rename_axis(["geo", "nace_r2"]))
    assert (both.persons_employed.isna() == both.employment.isna()).all()
    known = both.dropna(subset=["employment"])
    assert (known.persons_employed.astype(float) == known.employment).all()
    silent = both.employment.isna() & (both.flag == "")
    assert (both.employment_status == both.flag.mask(silent, "m")).all()


def test_quotients_of_the_fetched_table_are_those_of_the_file(
    live: Live, hansa_data: Path, tmp_path: Path
) -> None:
    """The same study on the file as it lies there, and on what came over the network."""
    out = tmp_path / "b.parquet"
    done = run("fetch", "regional-business", "--period", "2015:2015", "--out", out)
    assert done.exit_code == 0, done.output
    file = hansa_data / "employment" / "eurostat_sbs_nuts_nace_2015.parquet"
    level = {"activity": "division", "geo": "nuts2"}
    described = {
        "columns": {"time": "year", "activity": "nace_r2", "employment": "persons_employed",
                    "employment_status": "flag"},
        "classification": "nace:2", "geography": "nuts:2013", "absent_rows": "unknown",
        "unknown_codes": "set_aside", "level": level,
    }  # fmt: skip
    more = {"reference": "complete", "regions": "bsr-nuts2-2013"}
    name = "location_quotient_total"
    ours = hansa.compute(name, out, "hansa-divisions", describe={"level": level}, **more)
    theirs = hansa.compute(name, file, "hansa-divisions", describe=described, **more)
    keys = ["geo", "cluster", "time", "value", "status"]
    pd.testing.assert_frame_equal(ours.to_pandas()[keys], theirs.to_pandas()[keys])


def test_a_service_that_is_gone_leaves_the_study_as_it_was(live: Live) -> None:
    path = live.folder / "facts" / "business-2021-2024.parquet"
    before = path.read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        hurried = functools.partial(Patience, tries=1)
        patch.setattr("hansa.sources.live.transport.Patience", hurried)
        with pytest.raises(HansaError):
            hansa.fetch("gdp-euro", at="http://127.0.0.1:9")
    assert path.read_bytes() == before


def test_no_other_host_is_asked(live: Live) -> None:
    """The machine of the tests has no network: whatever else was asked would have failed."""
    with pytest.raises(HansaError, match="network is switched off"):
        hansa.fetch("eurostat:nama_10r_2gdp", at="https://ec.europa.eu/eurostat")
