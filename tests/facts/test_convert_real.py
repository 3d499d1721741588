"""Conversions of real tables by the real crosswalk, beside pandas and sums by hand."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import hansa
from hansa.axes import Axis
from hansa.cli import app
from hansa.codes.codelist import local
from hansa.facts.convert import ESTIMATED, extensive
from hansa.facts.convert_choice import Choice
from hansa.facts.convert_links import Plan, plan_of
from hansa.law import Quantity

pytestmark = pytest.mark.data

VERSIONS = (2006, 2010, 2013, 2016, 2021)
WEIGHTS = ("pop18", "pop11", "areaKm", "artif_surf18", "artif_surf12")
PAIRS = [pair for pair in itertools.product(VERSIONS, repeat=2) if pair[0] != pair[1]]


@pytest.fixture(scope="module")
def crosswalk(hansa_data: Path) -> Path:
    return hansa_data / "nuts" / "nuts_crosswalk_2006_2021.parquet"


@pytest.fixture(scope="module")
def links(crosswalk: Path) -> pd.DataFrame:
    return pd.read_parquet(crosswalk)


def of_pair(links: pd.DataFrame, old: int, new: int) -> pd.DataFrame:
    return links[(links.from_version == old) & (links.to_version == new)]


def plan(links: pd.DataFrame, path: Path, old: int, new: int, weight: str) -> Plan:
    """A plan for every code of one version, all levels; no list ships NUTS 3."""
    codes = tuple(sorted(set(of_pair(links, old, new).from_code)))
    choice = Choice(f"nuts:{new}", f"nuts:{old}", str(path), weight=weight)
    return plan_of(Axis(codes, local(), frozenset()), choice)


def by_pandas(own: pd.DataFrame, weight: str, jobs: pd.Series) -> pd.Series:
    """The rule written once more: shares by weight, slivers out, renormalised, added up."""
    shares = own.set_index(["from_code", "to_code"])[list(WEIGHTS)]
    shares = shares / shares.groupby(level=0).transform("sum")
    sliver = (shares[weight] < 0.001) & (shares.max(axis=1) < 0.01)
    kept = shares.loc[~sliver, weight]
    kept = kept / kept.groupby(level=0).transform("sum")
    moved = kept * jobs.reindex(kept.index.get_level_values(0)).to_numpy()
    return moved.groupby(level=1).sum(min_count=1)


@pytest.mark.slow
@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_every_pair_of_versions_keeps_the_mass_and_agrees_with_pandas(
    links: pd.DataFrame, crosswalk: Path, old: int, new: int
) -> None:
    own = of_pair(links, old, new)
    level = own.drop_duplicates("from_code").set_index("from_code").level
    level_new = own.drop_duplicates("to_code").set_index("to_code").level
    rng = np.random.default_rng(old * new)
    for weight in WEIGHTS:
        made = plan(links, crosswalk, old, new, weight)
        codes = list(level.sort_index().index)
        jobs = pd.Series(np.round(rng.lognormal(8, 2, len(codes))), index=codes)
        result = extensive(Quantity(jobs.to_numpy()[:, None]), made.moves)
        found = pd.Series(result.value[:, 0], index=list(made.axis.codes))
        expected = by_pandas(own, weight, jobs)
        extra = [c for c in codes if c.endswith("Z")]
        # Extra-regio codes pass, or are left out: no link moves them.
        lost = [c for c in extra if c in made.found.without_target]
        for n in (1, 2, 3):
            before = jobs[level == n].drop(lost, errors="ignore").sum()
            after = found[[level_new.get(c, level.get(c)) == n for c in found.index]].sum()
            assert after == pytest.approx(before, rel=1e-9), (weight, n)
        plain = [c for c in found.index if not c.endswith("Z")]
        pd.testing.assert_series_equal(
            found[plain], expected.reindex(plain), check_names=False, rtol=1e-12
        )


@pytest.mark.parametrize("old", VERSIONS)
def test_the_same_version_gives_the_input_back(
    links: pd.DataFrame, crosswalk: Path, old: int
) -> None:
    made = plan(links, crosswalk, old, old, "pop18")
    jobs = np.random.default_rng(3).random((len(made.axis), 2))
    result = extensive(Quantity(jobs), made.moves)
    np.testing.assert_array_equal(result.value, jobs)
    assert result.flags is None


@pytest.mark.parametrize(("old", "new"), [(2013, 2016), (2006, 2021), (2010, 2013)])
def test_new_names_go_there_and_back_exactly(
    links: pd.DataFrame, crosswalk: Path, old: int, new: int
) -> None:
    there = plan(links, crosswalk, old, new, "pop18")
    back = plan(links, crosswalk, new, old, "pop18")
    jobs = np.random.default_rng(4).random((there.moves.sources, 1)) * 1e5
    moved = pd.Series(extensive(Quantity(jobs), there.moves).value[:, 0], there.axis.codes)
    source = pd.Series(jobs[:, 0], sorted(set(of_pair(links, old, new).from_code)))
    codes = sorted(set(of_pair(links, new, old).from_code))
    again = pd.Series(
        extensive(Quantity(moved.reindex(codes).to_numpy()[:, None]), back.moves).value[:, 0],
        back.axis.codes,
    )
    single = [
        (source.index[s], there.axis.codes[t])
        for s, t in zip(there.moves.source, there.moves.target, strict=True)
        if (there.moves.source == s).sum() == 1 and (there.moves.target == t).sum() == 1
    ]
    both = [a for a, b in single if again.get(a) is not None and not np.isnan(again[a])]
    ways = {b: a for a, b in single}
    exact = [
        a
        for k, (a, b) in enumerate(single)
        if (codes.index(b) if b in codes else -1) >= 0
        and list(back.moves.target[back.moves.source == codes.index(b)])
        == [back.axis.place.get(a, -1)]
        and (back.moves.target == back.axis.place.get(a, -1)).sum() == 1
    ]
    assert len(exact) > 800
    assert set(exact) <= set(both)
    assert len(ways) == len(single)
    np.testing.assert_array_equal(again[exact], source[exact])


def facts(codes: dict[str, float]) -> pd.DataFrame:
    rows = [(geo, "10", 2015, jobs) for geo, jobs in codes.items()]
    return pd.DataFrame(rows, columns=["geo", "activity", "time", "employment"])


def converted(codes: dict[str, float], old: str, new: str, path: Path, **options) -> pd.DataFrame:
    describe = {"absent_rows": "unknown", "classification": "nace:2"}
    if not options.get("origin"):
        describe["geography"] = f"nuts:{old}"
    found = hansa.convert(
        facts(codes), f"nuts:{new}", links=path, weight="pop18", describe=describe, **options
    )
    return found.table.to_pandas().set_index("geo")


def test_poland_2013_to_2016_by_hand(crosswalk: Path, links: pd.DataFrame) -> None:
    """Mazowieckie is divided into Warsaw and the rest; all others only change their codes."""
    jobs = {"PL11": 900.0, "PL12": 10_000.0, "PL21": 1300.0, "PL31": 700.0, "PL32": 650.0,
            "PL33": 420.0, "PL34": 380.0, "PL41": 1500.0}  # fmt: skip
    found = converted(jobs, "2013", "2016", crosswalk)
    # Printed people of PL12: 3 030 917.2 in PL91 and 2 353 802.9 in PL92.
    assert found.employment["PL91"] == pytest.approx(10_000 * 3030917.2 / 5384720.1, rel=1e-12)
    assert found.employment["PL92"] == pytest.approx(10_000 * 2353802.9 / 5384720.1, rel=1e-12)
    # By area Warsaw would have 6 104.1 of 35 558.5 km2: the lower end of the spread.
    assert found.employment_lower["PL91"] == pytest.approx(10_000 * 6104.1 / 35558.5, rel=1e-6)
    assert found.employment_status["PL91"] == "e;converted"
    assert found.employment_estimated["PL91"] == 1
    renamed = {"PL11": "PL71", "PL31": "PL81", "PL32": "PL82", "PL33": "PL72", "PL34": "PL84"}
    for old, new in renamed.items():
        assert found.employment[new] == jobs[old]
        assert found.employment_status[new] == "converted"
        assert found.employment_estimated[new] == 0
    assert (found.employment["PL21"], found.employment_status["PL21"]) == (1300, "")
    own = of_pair(links, 2013, 2016)
    expected = by_pandas(own[own.from_code.isin(jobs)], "pop18", pd.Series(jobs))
    pd.testing.assert_series_equal(
        found.employment, expected.reindex(found.index), check_names=False, rtol=1e-12
    )


def test_saxony_2006_to_2010_by_hand(crosswalk: Path, links: pd.DataFrame) -> None:
    """Chemnitz gave Döbeln to Leipzig's neighbours; districts of level 3 add up to counties."""
    jobs = {"DED1": 600.0, "DED2": 700.0, "DED3": 500.0}
    found = converted(jobs, "2006", "2010", crosswalk)
    given = 500 * 63375.8 / (63375.8 + 1035124.7)
    assert found.employment["DED4"] == pytest.approx(600 + given, rel=1e-12)
    assert found.employment["DED5"] == pytest.approx(500 - given, rel=1e-12)
    assert found.employment_estimated["DED4"] == pytest.approx(given / (600 + given), rel=1e-12)
    own = of_pair(links, 2006, 2010)
    districts = own[own.from_code.str.fullmatch("DED..")]
    at_3 = {c: 10.0 + i for i, c in enumerate(sorted(set(districts.from_code)))}
    found = converted(at_3, "2006", "2010", crosswalk, origin="nuts:2006")
    # Mittelsachsen: Mittweida, Freiberg, and Döbeln from Leipzig, each as a whole.
    parts = ("DED16", "DED19", "DED33")
    assert found.employment["DED43"] == sum(at_3[c] for c in parts)
    # 0.6 of 581 886 people of Leipzig are a sliver.
    assert found.employment["DED51"] == at_3["DED31"]
    assert set(found.employment_status) == {"", "converted"}
    expected = by_pandas(districts, "pop18", pd.Series(at_3))
    pd.testing.assert_series_equal(
        found.employment, expected.reindex(found.index), check_names=False, rtol=1e-12
    )


def test_mecklenburg_2006_to_2013_at_level_3_by_hand(crosswalk: Path) -> None:
    """Demmin is divided: 60 037.1 people to the lakes, 12 738.0 to Vorpommern-Greifswald."""
    jobs = {f"DE80{c}": 100.0 for c in "123456789ABCDEFGHI"}
    found = converted(jobs, "2006", "2013", crosswalk, origin="nuts:2006")
    kept = 100 * 60037.1 / (60037.1 + 12738.0)
    assert found.employment["DE80J"] == pytest.approx(300 + kept, rel=1e-12)
    assert found.employment["DE80N"] == pytest.approx(300 + 100 - kept, rel=1e-12)
    assert found.employment["DE80K"] == 200
    assert found.employment.sum() == pytest.approx(1800, rel=1e-12)


def test_finland_2006_to_2010_by_hand(crosswalk: Path, links: pd.DataFrame) -> None:
    """The east and the north merge; the south is divided; 630 people further on are a sliver."""
    jobs = {"FI13": 300.0, "FI18": 2000.0, "FI19": 800.0, "FI1A": 350.0, "FI20": 20.0}
    found = converted(jobs, "2006", "2010", crosswalk)
    assert found.employment["FI1D"] == 650
    assert found.employment_status["FI1D"] == "converted"
    south = 1600633.9 + 1131347.4
    assert found.employment["FI1B"] == pytest.approx(2000 * 1600633.9 / south, rel=1e-12)
    assert found.employment["FI1C"] == pytest.approx(2000 * 1131347.4 / south, rel=1e-12)
    assert found.employment["FI19"] == 800
    own = of_pair(links, 2006, 2010)
    expected = by_pandas(own[own.from_code.isin(jobs)], "pop18", pd.Series(jobs))
    pd.testing.assert_series_equal(
        found.employment, expected.reindex(found.index), check_names=False, rtol=1e-12
    )


def test_norway_sweden_and_denmark(crosswalk: Path) -> None:
    jobs = {"NO01": 600.0, "NO02": 200.0, "NO03": 450.0, "NO04": 350.0, "NO05": 420.0,
            "NO06": 210.0, "NO07": 230.0}  # fmt: skip
    found = converted(jobs, "2016", "2021", crosswalk)
    to_oslo = 200 * 15843.5 / (370392.3 + 15843.5) + 450 * 575350.1 / (575350.1 + 403640.4)
    assert found.employment["NO08"] == pytest.approx(600 + to_oslo, rel=1e-12)
    assert found.employment["NO07"] == 230
    assert found.employment.sum() == pytest.approx(sum(jobs.values()), rel=1e-12)
    sweden = {f"SE{n}": 100.0 + n for n in (11, 12, 21, 22, 23, 31, 32, 33)}
    found = converted(sweden, "2006", "2021", crosswalk)
    assert dict(found.employment) == sweden
    assert set(found.employment_status) == {""}
    denmark = dict.fromkeys(("DK011", "DK012", "DK013", "DK014", "DK050"), 50.0)
    found = converted(denmark, "2006", "2010", crosswalk, origin="nuts:2006")
    assert dict(found.employment) == denmark


def test_slivers_placeholders_and_unused_links_are_listed(
    crosswalk: Path, links: pd.DataFrame
) -> None:
    made = plan(links, crosswalk, 2013, 2016, "pop18")
    own = of_pair(links, 2013, 2016)
    share = own.set_index(["from_code", "to_code"])[list(WEIGHTS)]
    share = share / share.groupby(level=0).transform("sum")
    expected = share[(share.pop18 < 0.001) & (share.max(axis=1) < 0.01)]
    found = {(a, b): s for a, b, s in made.found.slivers}
    assert set(found) == set(expected.index)
    assert len(found) == 18
    for pair, value in found.items():
        assert value == pytest.approx(expected.pop18[pair], rel=1e-12)
    assert ("FRA10", "FRY10") in made.found.placeholder
    numbers = own[list(WEIGHTS)]
    same = own[numbers.max(axis=1) - numbers.min(axis=1) <= 1e-3 * numbers.max(axis=1)]
    assert set(made.found.placeholder) == set(zip(same.from_code, same.to_code, strict=True))


def test_a_level_above_moves_with_its_parts_or_not_at_all(crosswalk: Path) -> None:
    """PL1 is divided between PL7 and PL9, and its parts are whole: these say what PL9 has."""
    jobs = {"PL": 5000.0, "PL1": 2000.0, "PL11": 800.0, "PL12": 1200.0, "PL2": 500.0,
            "PL21": 300.0, "PL22": 200.0}  # fmt: skip
    found = converted(jobs, "2013", "2016", crosswalk)
    assert set(found.index) == {"PL", "PL2", "PL21", "PL22", "PL71", "PL91", "PL92"}
    assert found.employment["PL"] == 5000
    assert found.employment["PL2"] == 500
    assert found.employment["PL91"] + found.employment["PL92"] == pytest.approx(1200)
    alone = converted({"PL1": 2000.0, "PL2": 500.0}, "2013", "2016", crosswalk)
    assert alone.employment["PL9"] == pytest.approx(2000 * 5384720.1 / (5384720.1 + 2.476188e6))


# --- whole tables through the command line --------------------------------------------------------


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["convert", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_british_table_in_the_regions_of_2021(
    hansa_data: Path, crosswalk: Path, links: pd.DataFrame, tmp_path: Path
) -> None:
    path = hansa_data / "employment" / "uk_bres_nuts2_sic4_2015_2018.parquet"
    out, report = tmp_path / "uk.parquet", tmp_path / "uk.json"
    said = run(
        path, "--columns", "time=year,activity=sic4", "--classification", "nace:2",
        "--geography", "nuts:2013", "--absent-rows", "unknown", "--to", "nuts:2021",
        "--links", crosswalk, "--weight", "pop18", "--out", out, "--report", report,
    )  # fmt: skip
    assert "employment 2015: 93.2 % by identity links, 6.8 % by estimated links" in said
    before = pd.read_parquet(path).astype({"geo": str, "sic4": str})
    after = pd.read_parquet(out)
    wide = before.pivot_table(index="geo", columns=["year", "sic4"], values="employment")
    own = of_pair(links, 2013, 2021)
    own = own[own.from_code.isin(wide.index)]
    now = after.pivot_table(index="geo", columns=["time", "activity"], values="employment")
    for year, code in ((2015, "0161"), (2016, "2594"), (2018, "6201")):
        expected = by_pandas(own, "pop18", wide[(year, code)])
        pd.testing.assert_series_equal(
            now[(year, f"{code[:2]}.{code[2:]}")],
            expected.reindex(now.index),
            check_names=False,
            rtol=1e-12,
        )
    assert after.employment.sum() == pytest.approx(before.employment.sum(), rel=1e-9)
    assert set(after.geo[after.employment_estimated > 0]) == {"UKM7", "UKM8", "UKM9"}
    made = json.loads(report.read_text())
    year = made["measures"]["employment"]["2015"]
    scots = before[(before.year == 2015) & before.geo.isin(["UKM2", "UKM3"])].employment.sum()
    assert year["total"] == before[before.year == 2015].employment.sum()
    assert year["shares"]["estimated"] == pytest.approx(scots / year["total"], rel=1e-12)
    # Clyde and Solway by area: the widest spread, computed once more.
    sums = before[before.year == 2015].groupby("geo").employment.sum()
    by = {w: by_pandas(own, w, sums) for w in WEIGHTS}
    width = pd.DataFrame(by)[list(WEIGHTS)]
    total = (width.max(axis=1) - width.min(axis=1)).sum()
    assert year["spread"]["difference"] == pytest.approx(total, rel=1e-9)
    assert year["spread"]["widest"][0]["code"] == "UKM9"
    assert year["spread"]["widest"][0]["greatest"] == pytest.approx(width.loc["UKM9"].max())
    # Every command reads the result without options.
    panel = hansa.compute("location_quotient_total", out, "hansa-divisions")
    assert panel.header.geography == "nuts:2021"
    assert any("spread over 5 weights" in note for note in panel.header.notes)
    assert not [f for f in hansa.check(out) if f.severity == "error"]


SBS = (
    "--columns", "time=year,activity=nace_r2,employment=persons_employed,status=flag",
    "--classification", "nace:2", "--geography", "nuts:2013", "--absent-rows", "unknown",
    "--where", "nace_level=division",
)  # fmt: skip


def test_a_table_of_several_versions_says_so(hansa_data: Path, crosswalk: Path) -> None:
    path = hansa_data / "employment" / "eurostat_sbs_nuts_nace_2015.parquet"
    with pytest.raises(hansa.HansaError) as caught:
        hansa.convert(
            path,
            "nuts:2016",
            links=crosswalk,
            describe={
                "columns": {"time": "year", "activity": "nace_r2",
                            "employment": "persons_employed", "status": "flag"},
                "classification": "nace:2", "geography": "nuts:2013",
                "where": {"nace_level": "division"},
            },
        )  # fmt: skip
    printed = caught.value.finding.printed
    assert printed.startswith("DE41, valid in nuts:2006; of 470 codes, 430 in nuts:2013, ")
    assert "no version holds them all" in printed
    codes = set(pd.read_parquet(path).query("nace_level == 'division'").geo)
    assert len(codes) == 470
    regions = pd.read_parquet(hansa_data / "nuts" / "nuts_regions_2006_2024.parquet")
    valid = pd.read_parquet(hansa_data / "nuts" / "nuts_valid_codes.parquet")
    published = set(regions[regions.nuts_version == 2013].nuts_id)
    published |= set(valid[valid.nuts_version == 2013].geo)
    assert len(codes & published) == 430


def test_the_european_table_in_the_regions_of_2016(
    hansa_data: Path, crosswalk: Path, links: pd.DataFrame, tmp_path: Path
) -> None:
    path = hansa_data / "employment" / "eurostat_sbs_nuts_nace_2015.parquet"
    out = tmp_path / "sbs.csv"
    said = run(
        path, *SBS, "--table", "unknown_codes=set_aside", "--to", "nuts:2016",
        "--links", crosswalk, "--weight", "pop18", "--out", out,
    )  # fmt: skip
    assert "by estimated links" in said
    assert "FRA1 to FRY1" in said
    before = pd.read_parquet(path).query("nace_level == 'division'")
    after = pd.read_csv(out, dtype={"activity": str})
    own = of_pair(links, 2013, 2016)
    for code in ("C10", "C25", "J62"):
        jobs = before[(before.nace_r2 == code) & (before.nuts_level == 2)]
        jobs = jobs[jobs.geo.isin(own.from_code)].set_index("geo").persons_employed.astype(float)
        used = own[own.from_code.isin(jobs.index)]
        moved = used.assign(jobs=jobs.reindex(used.from_code).to_numpy())
        share = moved.pop18 / moved.groupby("from_code").pop18.transform("sum")
        moved = moved[share >= 0.001]
        dark = set(moved[moved.jobs.isna()].to_code)
        expected = by_pandas(used, "pop18", jobs).drop(list(dark), errors="ignore")
        found = after[(after.activity == code[1:]) & (after.geo.str.len() == 4)]
        found = found.set_index("geo").employment
        assert found[sorted(dark & set(found.index))].isna().all()
        pd.testing.assert_series_equal(
            found[expected.index], expected, check_names=False, rtol=1e-12
        )
        assert len(expected) > 200
    panel = hansa.compute("employment", out)
    assert panel.header.geography == "nuts:2016"
    assert panel.header.classification == "nace:2"


def test_the_kinds_of_links_of_a_real_plan(links: pd.DataFrame, crosswalk: Path) -> None:
    made = plan(links, crosswalk, 2013, 2016, "pop18")
    split = {made.moves.source[k] for k in np.flatnonzero(made.moves.kind == ESTIMATED)}
    assert all((made.moves.source == s).sum() > 1 for s in split)
    assert {made.axis.codes[t] for t in np.flatnonzero(made.moves.reached(ESTIMATED))} >= {
        "PL91",
        "PL92",
        "UKM7",
    }
