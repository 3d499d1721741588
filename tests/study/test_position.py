"""The position of regions: from fetched tables to a decomposition, held to pandas and by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from hansa.cli import position as command
from hansa.errors import HansaError
from hansa.report.position import position_section
from hansa.study.position import Position, position
from hansa.views.format import MINUS
from position_study import (
    AREA,
    COUNTRIES,
    NAMES,
    PRICES,
    REGIONS,
    numbers,
    position_study,
    write_indicator,
)

SHORT = ("productivity", "hours_per_worker", "employment_rate", "prices")
WORKER = ("productivity_per_worker", "employment_rate", "prices")
LONG = (
    "productivity",
    "hours_per_worker",
    "commuting",
    "employed_share",
    "activity_rate",
    "prices",
)
LT02 = "LT02 (Vidurio ir vakarų Lietuvos regionas)"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return position_study(tmp_path_factory.mktemp("position"))


def cell(found: Position, geo: str, term: str) -> dict[str, Any]:
    (row,) = (r for r in found.table.to_pylist() if r["geo"] == geo and r["term"] == term)
    return row


def terms(found: Position, geo: str) -> tuple[str, ...]:
    rows = [r["term"] for r in found.table.to_pylist() if r["geo"] == geo]
    assert rows[0] == "prosperity"
    return tuple(rows[1:])


def by_hand(year: str, geo: list[str], beside: list[str]) -> pd.DataFrame:
    """The decomposition once more, from sums of plain columns; nothing of the library."""
    own = pd.DataFrame(numbers(year)).T
    a, b = own.loc[geo].sum(), own.loc[beside].sum()
    f = {}
    for key, s in (("value", a), ("reference", b)):
        f[key] = {
            "productivity": s["gdp-euro"] * 1e6 / (s["hours-worked"] * 1e3),
            "hours_per_worker": s["hours-worked"] / s["employment-accounts"],
            "commuting": s["employment-accounts"] / s["employed-residents"],
            "employed_share": s["employed-residents"] / s["labour-force"],
            "activity_rate": s["labour-force"] / s["population"],
            "employment_rate": s["employment-accounts"] / s["population"],
            "prices": 1 / (s["gdp-euro"] / s["gdp-pps"]),
            "prosperity": s["gdp-pps"] * 1e6 / (s["population"] * 1e3),
        }
    table = pd.DataFrame(f)
    y, y0 = table.loc["prosperity"]
    table["log_points"] = 100 * np.log(table.value / table.reference)
    table["contribution"] = (y - y0) / math.log(y / y0) * np.log(table.value / table.reference)
    return table


@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize(
    ("code", "geo"),
    [("baltic-states", list(REGIONS)), ("LT", ["LT01", "LT02"]), ("LV00", ["LV00"])],
)
def test_every_number_is_that_of_plain_sums(
    study: Path, code: str, geo: list[str], long: bool
) -> None:
    found = position(study, long=long)
    assert terms(found, code) == (LONG if long else SHORT)
    wanted = by_hand("2022", geo, list(COUNTRIES))
    for term in (*terms(found, code), "prosperity"):
        row = cell(found, code, term)
        for column in ("value", "reference", "log_points", "contribution"):
            assert row[column] == pytest.approx(wanted.loc[term, column], rel=1e-11), (term, column)


def test_the_table_adds_up_and_says_what_it_is(study: Path) -> None:
    found = position(study)
    table = found.to_pandas()
    assert list(table.columns) == [
        "geo",
        "time",
        "term",
        "value",
        "unit",
        "reference",
        "log_points",
        "contribution",
        "status",
        "estimated",
    ]
    whole = table[table.term == "prosperity"].set_index("geo")
    parts = table[table.term != "prosperity"].groupby("geo")
    assert set(whole.index) == {"baltic-states", "EE", "LV", "LT", *REGIONS}
    assert (parts.contribution.sum() - whole.contribution).abs().max() < 1e-9
    assert (parts.log_points.sum() - whole.log_points).abs().max() < 1e-10
    assert (parts.value.prod() / whole.value - 1).abs().max() < 1e-12
    assert (whole.contribution - (whole.value - whole.reference)).abs().max() == 0
    assert set(table.status) == {""}
    said = json.loads(found.table.schema.metadata[b"hansa"])["position"]
    assert said["time"] == 2022
    assert said["unit_of_contribution"] == "PPS per inhabitant"
    assert said["reference_members"] == ["EE", "FI", "LT", "LV", "SE"]
    assert said["source"].startswith("gdp-euro: constructed; gdp-pps: constructed")


def test_the_whole_is_no_mean_of_its_regions(study: Path) -> None:
    found = position(study)
    own = pd.DataFrame(numbers("2022")).T.loc[list(REGIONS)]
    each = own["gdp-pps"] / own["population"]
    assert found.head.kind == "whole"
    assert found.head.whole.value == pytest.approx(
        1000 * np.average(each, weights=own["population"]), rel=1e-12
    )
    assert abs(found.head.whole.value - 1000 * each.mean()) > 100


def test_the_newest_year_is_one_that_enough_regions_have(study: Path) -> None:
    assert position(study).time == 2022
    assert position(study, least=0.25).time == 2023
    assert position(study, 2021).time == 2021
    with pytest.raises(HansaError, match=r"no region of the study has every figure in 2019\n") as e:
        position(study, "2019")
    assert "found:  2023 (25% of the regions), 2022 (100% of the regions)" in str(e.value)
    with pytest.raises(HansaError, match="least is a share of the regions"):
        position(study, least=1.5)


def test_a_year_no_one_has_in_full_is_refused_with_what_there_is(tmp_path: Path) -> None:
    gone = {("population", r, y): (None, "c") for r in REGIONS[:3] for y in ("2021", "2022")}
    with pytest.raises(HansaError, match="no year has GDP, inhabitants and jobs of 80% of") as e:
        position(position_study(tmp_path, gone))
    assert "2023: 25%, 2022: 25%, 2021: 25%" in str(e.value)


def test_hours_that_are_missing_count_per_worker_and_are_said(tmp_path: Path) -> None:
    found = position(position_study(tmp_path, {("hours-worked", "LT02", "2022"): (None, "c")}))
    # The region and the whole lack hours; the country has its own published row.
    assert terms(found, "LT02") == terms(found, "baltic-states") == WORKER
    assert terms(found, "LT") == terms(found, "LT01") == SHORT
    row = cell(found, "LT02", "productivity_per_worker")
    assert row["unit"] == "euro per worker"
    assert row["status"] == "d"
    assert row["value"] == pytest.approx(37_000e6 / 910e3)
    wanted = by_hand("2022", ["LT02"], list(COUNTRIES)).contribution
    assert row["contribution"] == pytest.approx(
        wanted["productivity"] + wanted["hours_per_worker"], rel=1e-11
    )
    assert (
        "Hours worked not known in 2022 (Baltic states, Vidurio ir vakarų Lietuvos regionas): "
        "GDP per worker stands for GDP per hour and hours per worker (status d)." in found.notes
    )


def test_without_the_table_of_hours_everything_is_per_worker(tmp_path: Path) -> None:
    folder = position_study(tmp_path)
    (folder / "indicators" / "hours-worked.parquet").unlink()
    found = position(folder)
    assert {terms(found, s.code) for s in found.standings} == {WORKER}
    assert any(n.startswith("Hours worked were not fetched: GDP per worker") for n in found.notes)


def test_a_reference_without_hours_counts_per_worker(tmp_path: Path) -> None:
    folder = position_study(tmp_path, {("hours-worked", "SE", "2022"): (None, "")})
    assert "SE" not in position(folder).members, (
        "every figure: hours too, where countries have them"
    )
    found = position(folder, reference="SE")
    assert {terms(found, s.code) for s in found.standings} == {WORKER}
    assert any(n.startswith("Hours worked of the reference are not known") for n in found.notes)


@pytest.mark.parametrize("name", ["gdp-euro", "gdp-pps", "population", "employment-accounts"])
def test_a_hole_empties_the_region_and_the_whole_and_nothing_else(
    tmp_path: Path, name: str
) -> None:
    found = position(position_study(tmp_path, {(name, "LT02", "2022"): (None, "c")}), least=0.5)
    by_code = {s.code: s for s in found.standings}
    for code in ("LT02", "baltic-states"):
        assert all(p.contribution is None and p.log_points is None for p in by_code[code].parts)
        assert all("c" in p.status.split(";") for p in by_code[code].parts), "the reason is kept"
    assert all(s.known for c, s in by_code.items() if c not in ("LT02", "baltic-states"))
    assert found.head.parts[0].reference is not None
    assert any(
        n.startswith(f"Without every figure in 2022: {LT02}; so the whole") for n in found.notes
    )


def test_complete_is_a_named_step_that_says_whom_it_leaves_out(tmp_path: Path) -> None:
    folder = position_study(tmp_path, {("gdp-pps", "LT02", "2022"): (None, "c")})
    found = position(folder, least=0.5, complete=True)
    wanted = by_hand("2022", ["EE00", "LV00", "LT01"], list(COUNTRIES))
    assert found.head.name == "Baltic states (3 of 4 regions)"
    assert found.head.whole.value == pytest.approx(wanted.loc["prosperity", "value"], rel=1e-12)
    assert {p.status for p in found.head.parts} == {"d"}
    assert f"Left out of the whole, a figure of 2022 is missing (status d): {LT02}." in found.notes


def test_a_member_that_never_occurs_is_outside_and_named(tmp_path: Path) -> None:
    gone = {("population", "LT02", y): (None, "no row") for y in ("2021", "2022", "2023")}
    found = position(position_study(tmp_path, gone))
    assert found.head.name == "Baltic states (3 of 4 regions)"
    assert {p.status for p in (found.head.whole, *found.head.parts)} == {"d"}
    assert "LT02" not in {s.code for s in found.standings}
    assert f"Members of Baltic states outside the source (status d): {LT02}." in found.notes


@pytest.mark.parametrize("value", [0.0, -3.0])
def test_a_number_not_above_zero_empties_the_decomposition(tmp_path: Path, value: float) -> None:
    found = position(position_study(tmp_path, {("gdp-euro", "LV00", "2022"): (value, "")}))
    (own,) = (s for s in found.standings if s.code == "LV00")
    assert not own.known
    assert all(p.contribution is None for p in own.parts)
    assert not any(math.isinf(p.value) for p in own.parts if p.value is not None)


def test_statuses_and_estimates_travel_and_unknown_letters_stay(tmp_path: Path) -> None:
    value = numbers("2022")["EE00"]
    found = position(
        position_study(
            tmp_path,
            {
                ("population", "EE00", "2022"): (value["population"], "e"),
                ("gdp-euro", "EE00", "2022"): (value["gdp-euro"], "pq"),
            },
        )
    )
    rate = cell(found, "EE00", "employment_rate")
    assert (rate["status"], rate["estimated"]) == ("e", 1.0)
    assert cell(found, "EE00", "prices")["status"] == "e;p;q"
    # In the whole, the share of the inhabitants that is estimated.
    whole = cell(found, "baltic-states", "employment_rate")
    people = sum(numbers("2022")[r]["population"] for r in REGIONS)
    assert whole["estimated"] == pytest.approx(1350 / people)
    assert cell(found, "LT01", "prosperity")["status"] == ""


def test_the_reference_is_a_code_a_geography_or_all_countries(study: Path) -> None:
    assert position(study).reference == "the 5 countries that have every figure"
    sweden = position(study, reference="SE")
    assert sweden.reference == "Sweden"
    assert sweden.members == ("SE",)
    by_code = position(study, reference="baltic-three")
    assert by_code.reference == "The three Baltic countries"
    assert set(by_code.members) == {"EE", "LV", "LT"}
    # The three countries are the four regions, so the whole stands against itself.
    parts = (by_code.head.whole, *by_code.head.parts)
    assert [p.contribution for p in parts] == pytest.approx([0.0] * 5, abs=1e-9)
    estonia = position(study, reference="EE00")
    (own,) = (s for s in estonia.standings if s.code == "EE00")
    assert {p.contribution for p in (own.whole, *own.parts)} == {0.0}
    partly = position(study, reference="eu27-2020")
    assert set(partly.members) == set(COUNTRIES)
    assert any(
        n.startswith("Members of European Union of 27 member states outside the source: ")
        for n in partly.notes
    )


def test_an_unknown_reference_is_refused_with_the_ways_out(study: Path) -> None:
    with pytest.raises(HansaError, match="unknown reference 'EU27_2020'") as e:
        position(study, reference="EU27_2020")
    assert (
        'do:     --reference NAME; or fetch it too: geo = ["study", "countries", "EU27_2020"]'
        in (str(e.value))
    )


def test_a_reference_with_a_hole_makes_nothing_up(tmp_path: Path) -> None:
    folder = position_study(tmp_path, {("population", "LV", "2022"): (None, "")})
    found = position(folder, reference="baltic-three")
    assert not any(s.known for s in found.standings)
    assert (
        "Members of the three Baltic countries without every figure in 2022: LV (Latvia)."
        in found.notes
    )
    assert "LV" not in position(folder).members
    assert any("Left out, a figure is missing: Latvia." in n for n in position(folder).notes)


def test_price_levels_are_held_to_the_published_index(tmp_path: Path) -> None:
    plain = position(position_study(tmp_path))
    said = "Price levels that follow from the accounts and the published index differ by "
    assert f"{said}under 0.1\u202f% (countries compared: 5)." in plain.notes
    other = {("price-level", "LV", "2022"): (100 * PRICES["LV"] / 1.1, "")}
    (note,) = (n for n in position(position_study(tmp_path, other)).notes if n.startswith(said))
    assert note == (
        f"{said}at most 10.0\u202f% (countries compared: 5); furthest off is Latvia (75.0 against "
        "68.2): the tables may be of different editions."
    )


Row = tuple[Any, Any, Any, str]


@pytest.mark.parametrize(
    ("rows", "header", "said"),
    [
        (
            [("EE00", "2022", 1.0, ""), ("EE00", "2022", 1.0, "")],
            {},
            "a region stands twice in one year of an indicator\n  where:  ",
        ),
        ([(None, "2022", 1.0, "")], {}, "a row of an indicator names no region"),
        ([("EE00", "2022-Q1", 1.0, "")], {}, "a period of an indicator is no year"),
        ([("EE00", "2022", 1.0, "?")], {}, "a status of an indicator cannot be read"),
        ([("EE00", "2022", math.inf, "")], {}, "a value of an indicator is no number"),
        (
            [("EE00", "2022", 1.0, "")],
            {"unit": {"value": "persons"}},
            "the table of population is in another unit",
        ),
        (
            [("EE00", "2022", 1.0, "")],
            {"geography": "nuts:1066"},
            "unknown geography version 'nuts:1066'",
        ),
        (
            [("EE00", "2022", 1.0, ""), ("DE60", "2022", 1.0, "")],
            {},
            "no year has GDP, inhabitants and jobs of 80% of the regions",
        ),
    ],
)
def test_tables_that_cannot_be_trusted_are_refused(
    tmp_path: Path, rows: list[Row], header: dict[str, Any], said: str
) -> None:
    folder = position_study(tmp_path)
    every = (
        rows
        if len(rows) < 2 or rows[1][0] != "DE60"
        else [*rows, *[(r, "2022", None, "") for r in REGIONS[1:]]]
    )
    write_indicator(folder, "population", every, **header)
    with pytest.raises(HansaError) as e:
        position(folder)
    assert str(e.value).startswith(said)


def test_a_table_that_was_not_fetched_is_asked_for(tmp_path: Path) -> None:
    folder = position_study(tmp_path)
    (folder / "indicators" / "labour-force.parquet").unlink()
    assert position(folder).head.known, "only the long form needs it"
    with pytest.raises(HansaError, match="an indicator of the position was not fetched") as e:
        position(folder, long=True)
    assert '[fetch.position] with extract = "labour-force"' in str(e.value)
    (folder / "indicators" / "gdp-pps.parquet").write_bytes(b"no table")
    with pytest.raises(HansaError, match="an indicator cannot be read"):
        position(folder)


def test_regions_that_overlap_are_never_added_up(tmp_path: Path) -> None:
    folder = position_study(tmp_path)
    (folder / "area.toml").write_text(AREA.replace('"EE00",', '"EE00", "LT",'), encoding="utf-8")
    with pytest.raises(HansaError, match="regions that overlap would be added up") as e:
        position(folder)
    assert "LT01 lies in LT" in str(e.value)


def test_two_versions_of_the_codes_meet_only_in_the_same_regions(tmp_path: Path) -> None:
    same = position_study(tmp_path, geography="nuts:2021")
    assert position(same).head.known, "these regions are the same in both"
    area = AREA.replace("2024", "2013").replace('"LT01", "LT02"', '"LT00"')
    (same / "area.toml").write_text(area, encoding="utf-8")
    for name in NAMES:
        rows = [(g, "2022", own[name], "") for g, own in numbers("2022").items()]
        rows += [("LT00", "2022", 5.0, "")]
        write_indicator(same, name, rows, geography="nuts:2021")
    with pytest.raises(HansaError, match="different versions of the regional codes") as e:
        position(same)
    assert "baltic-states: nuts:2013; gdp-euro: nuts:2021; not the same in both: LT00" in str(
        e.value
    )


def test_one_region_alone_has_no_whole(tmp_path: Path) -> None:
    folder = position_study(tmp_path)
    text = AREA.replace('"EE00", "LV00", "LT01", "LT02"', '"LV00"')
    (folder / "area.toml").write_text(text, encoding="utf-8")
    assert [s.code for s in position(folder).standings] == ["LV", "LV00"]


# --- the command and the section ---------------------------------------------------------------


def run(*arguments: str) -> str:
    app = typer.Typer()
    command.register(app)
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_command_answers_on_the_screen(study: Path) -> None:
    lines = run(str(study)).splitlines()
    assert lines[0] == (
        "Baltic states: 80\u202f% of the 5 countries that have every figure in 2022, 31\u202f350 "
        "against 39\u202f190 PPS per inhabitant."
    )
    assert lines[1].startswith("Lower GDP per hour worked takes away 25\u202f130 and fewer jobs ")
    heads = "GDP/head of ref. difference per hour hours jobs prices status"
    assert " ".join(lines[3].split()) == heads
    assert lines[4].startswith("baltic-states Baltic states")
    assert f"{MINUS}7\u202f843" in lines[4]


def test_the_command_writes_tables_and_json(study: Path, tmp_path: Path) -> None:
    run(str(study), "--out", str(tmp_path / "p.csv"), "--long")
    run(str(study), "--out", str(tmp_path / "p.parquet"), "--long")
    from_csv = pd.read_csv(tmp_path / "p.csv", keep_default_na=False)
    from_parquet = pq.read_table(tmp_path / "p.parquet").to_pandas()
    pd.testing.assert_frame_equal(from_csv, from_parquet, check_dtype=False)
    assert 'reference = "the 5 countries' in (tmp_path / "p.meta.toml").read_text("utf-8")
    said = json.loads(run(str(study), "--json"))
    assert said["places"][0] == {"geo": "baltic-states", "name": "Baltic states", "kind": "whole"}
    assert said["rows"] == position(study).table.to_pylist()


def test_the_section_answers_first_and_says_how_sure(study: Path, tmp_path: Path) -> None:
    section = position_section(study)
    assert section is not None
    assert (
        section.question == "How prosperous is Baltic states, and what is the difference made of?"
    )
    assert section.answer[0].startswith("Baltic states: 80\u202f% of the 5 countries")
    assert [f.id for f in section.figures] == ["position"]
    assert section.tables[0].rows[0][0] == "GDP per hour worked"
    assert section.certainty[0] == "No figure is marked as estimated by its publisher."
    assert section.command == "hansa position STUDY --time 2022"
    assert position_section(tmp_path) is None


def test_the_section_speaks_of_the_regions_that_are_known_and_says_so(tmp_path: Path) -> None:
    change = {
        ("gdp-pps", "LT02", "2022"): (None, "c"),
        ("gdp-pps", "EE00", "2022"): (45_000.0, "e;p"),
    }
    folder = position_study(tmp_path, change)
    text = AREA.replace('"EE00",', '"EE00", "FI", "SE",')
    (folder / "area.toml").write_text(text, encoding="utf-8")
    section = position_section(folder)
    assert section is not None
    assert section.answer[0].startswith("Baltic states (5 of 6 regions): ")
    assert f"Left out of the whole, a figure of 2022 is missing (status d): {LT02}." in (
        section.certainty
    )
    assert section.certainty[0].startswith("Rests on estimates: 2 of 10 places; most of all Eesti")
    assert section.certainty[1] == (
        "A figure is provisional (status p): Baltic states (5 of 6 regions) and Eesti."
    )
    assert section.command == "hansa position STUDY --time 2022 --complete"
    assert section.python.endswith("time=2022, complete=True).to_pandas()")


# --- real figures ------------------------------------------------------------------------------


@pytest.mark.data
def test_real_gdp_and_population_with_constructed_columns(tmp_path: Path, hansa_data: Path) -> None:
    """GDP in euro and population are Eurostat's; price levels, jobs and hours are constructed."""
    every = pd.read_parquet(hansa_data / "indicators" / "eurostat_selected_nuts_2000_2020.parquet")
    every["geo"] = every.geo.astype(str)
    gdp = every[every.dataset == "tgs00003"].set_index(["geo", "year"])["value"]
    people = every[every.dataset == "tgs00096"].set_index(["geo", "year"])["value"] / 1000
    own = pd.DataFrame({"gdp-euro": gdp, "population": people}).dropna().reset_index()
    levels = {"SE": 1.25, "FI": 1.22, "DK": 1.35, "EE": 0.78, "LV": 0.71, "LT": 0.64}
    own["country"] = own.geo.str[:2]
    own = own[own.country.isin(levels)]
    own["gdp-pps"] = own["gdp-euro"] / own.country.map(levels)
    own["employment-accounts"] = own.population * (0.4 + 0.01 * (np.arange(len(own)) % 12))
    own["hours-worked"] = own["employment-accounts"] * (1500 + 20 * (np.arange(len(own)) % 11))
    columns = ["gdp-euro", "gdp-pps", "population", "employment-accounts", "hours-worked"]
    countries = own.groupby(["country", "year"])[columns].sum().reset_index()
    rows = pd.concat([own, countries.rename(columns={"country": "geo"})])
    folder = position_study(tmp_path)
    for extra in ("employed-residents", "labour-force", "price-level"):
        (folder / "indicators" / f"{extra}.parquet").unlink()
    for name in columns:
        cells = [
            (g, str(y), v, "") for g, y, v in zip(rows.geo, rows.year, rows[name], strict=True)
        ]
        write_indicator(folder, name, cells, geography="nuts:2016")
    found = position(folder, reference="SE")
    assert found.time == own[own.country == "LV"].year.max()
    table = found.to_pandas()
    # A corner by hand: Vilnius (LT01) against Sweden.
    now = rows[rows.year == found.time].set_index("geo")
    a, b = now.loc["LT01"], now.loc["SE"]
    y, y0 = (1000 * s["gdp-pps"] / s["population"] for s in (a, b))
    mean = (y - y0) / math.log(y / y0)
    prices = mean * math.log(levels["SE"] / levels["LT"])
    vilnius = table[table.geo == "LT01"].set_index("term")
    assert vilnius.loc["prices", "contribution"] == pytest.approx(prices, rel=1e-10)
    assert vilnius.loc["prosperity", "contribution"] == pytest.approx(y - y0, rel=1e-12)
    parts = table[table.term != "prosperity"].groupby("geo").contribution.sum()
    gaps = table[table.term == "prosperity"].set_index("geo").contribution
    assert (parts - gaps).abs().max() < 1e-8
