"""Real tables against other implementations: pandas by hand, and the package econcomplex.

Tolerance: 1e-12 relative. A quotient is one division of exact products here and three divisions
there, so that the last bits may differ: each rounding is at most 1.1e-16 relative.

Where a peer and the law of missing values disagree, the law decides and the name says so.
"""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hansa
from hansa.clusters import find_definition
from hansa.sources.spec import spec_from
from hansa.sources.tabular import read_facts
from hansa.study.compute import Options, reference_members
from small_tables import results

pytestmark = pytest.mark.data

DATA = Path(hansa.__file__).parent
CLOSE = {"rtol": 1e-12, "atol": 0}

# --- Great Britain: jobs in 39 regions and 525 classes, 2015 to 2018 ------------------------------

UK = {
    "columns": {"time": "year", "activity": "sic4"},
    "classification": "nace:2",
    "geography": "nuts:2013",
    "absent_rows": "unknown",
}


@pytest.fixture(scope="module")
def uk(hansa_data) -> pd.DataFrame:
    path = hansa_data / "employment" / "uk_bres_nuts2_sic4_2015_2018.parquet"
    frame = pd.read_parquet(path, columns=["year", "geo", "sic4", "employment"])
    return frame.astype({"geo": str, "sic4": str})


def matrix(frame: pd.DataFrame, year: int) -> pd.DataFrame:
    """Regions x classes, in text order; codes as Hansa spells them."""
    own = frame[frame.year == year]
    wide = own.pivot(index="geo", columns="sic4", values="employment").astype(float)
    wide.columns = [f"{code[:2]}.{code[2:]}" for code in wide.columns]
    return wide.sort_index(axis=0).sort_index(axis=1)


def ours(panel: hansa.Panel, year: int) -> pd.DataFrame:
    frame = panel.to_pandas().astype({"geo": str, "activity": str})
    own = frame[frame.time.astype(int) == year]
    return own.pivot(index="geo", columns="activity", values="value").astype(float)


def by_pandas(jobs: pd.DataFrame) -> pd.DataFrame:
    """Share in the region over share in the whole, as one writes it by hand."""
    share = jobs.div(jobs.sum(axis=1, skipna=False), axis=0)
    of_all = jobs.sum(skipna=False) / jobs.sum(skipna=False).sum(skipna=False)
    return share.div(of_all.where(of_all != 0), axis=1)


def test_quotients_equal_those_of_econcomplex_and_of_pandas(uk):
    from econcomplex import location_quotient

    panel = hansa.compute("location_quotient_total", uk, describe=UK)
    for year in (2015, 2018):
        jobs, found = matrix(uk, year), ours(panel, year)
        assert found.shape == (39, 525)
        pd.testing.assert_frame_equal(
            found, by_pandas(jobs), check_names=False, check_exact=False, **CLOSE
        )
        there = jobs.columns[jobs.sum() > 0]
        peer = location_quotient(jobs)
        np.testing.assert_allclose(found[there], peer[there], **CLOSE)


def test_where_nobody_works_econcomplex_says_0_and_the_law_says_absent(uk):
    """0/0 is no specialisation of 0 (law, clause 7)."""
    from econcomplex import location_quotient

    jobs = matrix(uk, 2018)
    assert (jobs.sum() > 0).all(), "no such class in 2018, so one is emptied"
    empty = jobs.columns[:1]
    jobs = jobs.assign(**{empty[0]: 0.0})
    long = jobs.stack().rename("employment").rename_axis(["geo", "activity"]).reset_index()
    long["time"] = 2018
    described = {key: value for key, value in UK.items() if key != "columns"}
    found = ours(hansa.compute("location_quotient_total", long, describe=described), 2018)
    assert found[empty].isna().all().all()
    assert (location_quotient(jobs)[empty] == 0).all().all()


def test_with_hidden_cells_econcomplex_computes_on_and_the_law_says_absent(uk):
    """Three cells of Tees Valley and Durham are blanked.

    econcomplex's own step from a long table to a matrix turns a blank into 0. So it prints a
    quotient of 0 for the hidden cells, and quotients that are too high for all others of the
    region, because the region's total is too small. The law knows no region total and no
    reference total, so every quotient is absent (clauses 1, 3 and 5); so does econcomplex when
    the blanks are put into its matrix by hand. With `reference = complete` the law compares the
    other regions with each other.
    """
    from econcomplex import location_quotient, pivot_to_matrix

    year = uk[uk.year == 2018]
    biggest = year[year.geo == "UKC1"].nlargest(3, "employment")
    blanked = year.astype({"employment": float})
    blanked.loc[biggest.index, "employment"] = np.nan
    hidden = [f"{code[:2]}.{code[2:]}" for code in biggest.sic4]

    assert location_quotient(matrix(blanked, 2018)).isna().all().all()
    peer = location_quotient(pivot_to_matrix(blanked, "geo", "sic4", "employment"))
    peer.columns = [f"{code[:2]}.{code[2:]}" for code in peer.columns]
    truth = by_pandas(matrix(year, 2018))
    assert (peer.loc["UKC1", hidden] == 0).all()
    assert (truth.loc["UKC1", hidden] > 0.5).all()
    known = truth.columns.difference(hidden)[truth.loc["UKC1"].drop(hidden) > 0]
    assert (peer.loc["UKC1", known] > truth.loc["UKC1", known] * 1.05).all()

    found = ours(hansa.compute("location_quotient_total", blanked, describe=UK), 2018)
    assert found.isna().all().all()
    among = hansa.compute("location_quotient_total", blanked, describe=UK, reference="complete")
    found = ours(among, 2018)
    assert found.loc["UKC1"].isna().all()
    rest = matrix(year, 2018).drop(index="UKC1")
    np.testing.assert_allclose(found.drop(index="UKC1"), by_pandas(rest), **CLOSE)


def test_growth_and_shares_equal_those_of_pandas(uk):
    first, last = matrix(uk, 2015), matrix(uk, 2018)
    period = {"start": 2015, "end": 2018}
    with np.errstate(all="ignore"):
        ratio = last / first.where(first != 0)
        wanted = {
            "employment_change": last - first,
            "growth_rate": ratio - 1,
            "growth_annual": ratio ** (1 / 3) - 1,
            "growth_symmetric": 2 * (last - first) / (last + first).where(last + first != 0),
            "growth_contribution": (last - first).div(first.sum(axis=1), axis=0),
            "focus": last.div(last.sum(axis=1), axis=0),
            "cluster_share": last / last.sum().where(last.sum() != 0),
        }
    for measure, own in wanted.items():
        panel = hansa.compute(measure, uk, describe=UK, **period)
        found = ours(panel, 2018)
        # Near-zero rates are differences of nearly equal numbers: 1e-15 absolute.
        np.testing.assert_allclose(found, own, rtol=1e-12, atol=1e-15, err_msg=measure)


def test_regional_growth_equals_that_of_econcomplex(uk):
    """Contributions of all classes add up to the peer's growth of the region."""
    from econcomplex import growth_rate

    panel = hansa.compute("growth_contribution", uk, describe=UK, start=2015, end=2018)
    added = ours(panel, 2018).sum(axis=1, skipna=False)
    peer = growth_rate(matrix(uk, 2015), matrix(uk, 2018), pct=False)
    np.testing.assert_allclose(added, peer, rtol=1e-12, atol=1e-12)


# --- Europe: structural business statistics 2015, with hidden cells -------------------------------
#
# Everything below is computed again from the raw file, with the code lists read as plain tables.

SBS = {
    "columns": {
        "time": "year",
        "activity": "nace_r2",
        "employment": "persons_employed",
        "employment_status": "flag",
    },
    "classification": "nace:2",
    "geography": "nuts:2013",
    "level": {"geo": "nuts2", "activity": "division"},
    "absent_rows": "unknown",
    "unknown_codes": "set_aside",
}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


class Sbs:
    """Persons employed by NACE code and NUTS code, hidden parents added up from whole sets."""

    def __init__(self, folder: Path) -> None:
        nace = {row["code"]: row["parent"] for row in rows_of(DATA / "codes/data/nace-2.csv")}
        nuts = {
            row["code"]: row["parent"]
            for row in rows_of(DATA / "codes/data/nuts.csv")
            if "2013" in row["versions"].split(";")
        }
        raw = pd.read_parquet(folder / "employment" / "eurostat_sbs_nuts_nace_2015.parquet")
        raw = raw[raw.geo.isin(list(nuts))]
        spelled = raw.nace_r2.map(self.spelled)
        assert spelled.isin(list(nace)).all()
        assert not pd.concat([spelled, raw.geo], axis=1).duplicated().any()
        self.jobs = (
            raw.assign(activity=spelled, persons=raw.persons_employed.astype("Float64"))
            .pivot(index="activity", columns="geo", values="persons")
            .astype(float)
        )
        self.activities = Tree(nace, list(self.jobs.index))
        self.places = Tree(nuts, list(self.jobs.columns))
        self.published = self.jobs.copy()
        # Until nothing changes: no order of the two directions may matter.
        while True:
            known = self.jobs.notna().sum().sum()
            self.activities.add_up(self.jobs)
            turned = self.jobs.T.copy()
            self.places.add_up(turned)
            self.jobs = turned.T.copy()
            if self.jobs.notna().sum().sum() == known:
                break

    @staticmethod
    def spelled(code: str) -> str:
        """`C` a section, `C10` division 10, `G451` group 45.1."""
        plain = code[1:] if len(code) > 1 else code
        return f"{plain[:2]}.{plain[2:]}" if len(plain) > 2 else plain

    def base(self, without: tuple[str, ...]) -> pd.Series:
        tops = [code for code in self.activities.tops if code not in without]
        return self.jobs.loc[tops].sum(skipna=False)

    def clusters(self) -> pd.DataFrame:
        """Clusters x places: a whole section where a cluster holds all of it, else divisions."""
        members: dict[str, list[str]] = {}
        for row in rows_of(DATA / "clusters/definitions/hansa-divisions/members.csv"):
            if row["kind"] != "outside":
                members.setdefault(row["cluster"], []).append(row["activity"])
                assert float(row["weight"]) == 1
        sizes = {}
        for cluster, divisions in members.items():
            own = [d for d in divisions if d in self.jobs.index]
            for top in self.activities.tops:
                below = self.activities.below_in_list(top)
                if top in self.jobs.index and below and below <= set(divisions):
                    own = [d for d in own if d not in below] + [top]
            sizes[cluster] = self.jobs.loc[own].sum(skipna=False) if own else np.nan
        return pd.DataFrame(sizes).T.reindex(columns=self.jobs.columns).astype(float)


class Tree:
    """The codes of a table in their code list: who lies directly below whom."""

    def __init__(self, parent: dict[str, str], codes: list[str]) -> None:
        self.parent, self.codes = parent, codes
        inner = set(parent.values())
        self.finest = {code for code in parent if code not in inner}
        self.children: dict[str, list[str]] = {}
        self.tops = []
        for code in codes:
            above = next((a for a in self.above(code) if a in codes), None)
            if above:
                self.children.setdefault(above, []).append(code)
            else:
                self.tops.append(code)

    def above(self, code: str) -> list[str]:
        found = []
        while code := self.parent.get(code, ""):
            found.append(code)
        return found

    def finest_of(self, code: str) -> set[str]:
        return {leaf for leaf in self.finest if leaf == code or code in self.above(leaf)}

    def below_in_list(self, code: str) -> set[str]:
        return {own for own, parent in self.parent.items() if parent == code}

    def add_up(self, jobs: pd.DataFrame) -> None:
        """Give empty rows the sum of the rows below where these hold everything (law, 5)."""
        for code in sorted(self.children, key=lambda c: -len(self.above(c))):
            held = set().union(*(self.finest_of(c) for c in self.children[code]))
            lacking = {leaf for leaf in self.finest_of(code) - held if not leaf.endswith("Z")}
            if not lacking:
                added = jobs.loc[self.children[code]].sum(skipna=False)
                jobs.loc[code] = jobs.loc[code].fillna(added)


@pytest.fixture(scope="module")
def sbs(hansa_data) -> Sbs:
    return Sbs(hansa_data)


@pytest.fixture(scope="module")
def sbs_file(hansa_data) -> Path:
    return hansa_data / "employment" / "eurostat_sbs_nuts_nace_2015.parquet"


@pytest.fixture(scope="module")
def baltic_regions() -> list[str]:
    path = DATA / "codes/data/geographies/bsr-nuts2-2013.toml"
    return sorted(tomllib.loads(path.read_text(encoding="utf-8"))["members"])


WITHOUT = [(), ("B", "D", "E")]


@pytest.mark.parametrize(("without", "present"), [((), 781), (("B", "D", "E"), 871)])
def test_baltic_quotients_computed_again(sbs, sbs_file, baltic_regions, without, present):
    """35 regions x 38 clusters: the same cells are known, with the same numbers."""
    panel = hansa.compute(
        "location_quotient_total",
        sbs_file,
        "hansa-divisions",
        describe=SBS,
        reference="complete",
        regions="bsr-nuts2-2013",
        without=without,
    )
    found = panel.to_pandas().astype({"geo": str, "cluster": str})
    found = found.pivot(index="cluster", columns="geo", values="value").astype(float)
    size, base = sbs.clusters(), sbs.base(without)
    countries = sbs.places.tops
    assert len(countries) == 30
    assert {len(code) for code in countries} == {2}
    both = size[countries].notna() & base[countries].notna()
    of_cluster = size[countries].where(both, 0).sum(axis=1)
    of_all = both.astype(float).mul(base[countries].fillna(0), axis=1).sum(axis=1)
    reference = (of_cluster / of_all).where(both.any(axis=1) & (of_cluster > 0))
    wanted = size[baltic_regions].div(base[baltic_regions], axis=1).div(reference, axis=0)
    wanted = wanted.replace([np.inf, -np.inf], np.nan).loc[found.index]
    assert found.shape == (38, 35)
    assert int(wanted.notna().sum().sum()) == present
    pd.testing.assert_frame_equal(found, wanted, check_names=False, check_exact=False, **CLOSE)


@pytest.mark.parametrize("without", WITHOUT)
def test_members_of_the_complete_reference_computed_again(sbs, sbs_file, without):
    cube = read_facts(sbs_file, spec_from(SBS, "test"))
    found = reference_members(
        cube,
        find_definition("hansa-divisions"),
        Options(reference="complete", without=without),
    )
    size, base = sbs.clusters(), sbs.base(without)
    for cluster in size.index:
        wanted = tuple(
            c for c in sbs.places.tops if pd.notna(size.loc[cluster, c]) and pd.notna(base[c])
        )
        assert found[cluster] == wanted, cluster


@pytest.mark.parametrize(
    ("without", "hiding"), [((), ["IE", "MT"]), (("B", "D", "E"), ["IE"])], ids=["all", "-B-D-E"]
)
def test_why_no_quotient_is_known_against_all_countries(sbs, sbs_file, without, hiding):
    """With `reference = all` every quotient is absent, on either base, and this is why.

    Ireland hides manufacturing (and Malta a section of B, D, E), so the jobs of all thirty
    countries are not known; they are part of every quotient. Five clusters are themselves known
    in every country: for them the base alone is what is missing.
    """
    panel = hansa.compute(
        "location_quotient_total",
        sbs_file,
        "hansa-divisions",
        describe=SBS,
        reference="all",
        regions="bsr-nuts2-2013",
        without=without,
    )
    assert set(results(panel).values()) == {None}
    base = sbs.base(without)[sbs.places.tops]
    assert sorted(base.index[base.isna()]) == hiding
    sizes = sbs.clusters()[sbs.places.tops]
    assert set(sizes.index[sizes.notna().all(axis=1)]) == {
        "construction",
        "wholesale",
        "retail-household-services",
        "restaurants",
        "real-estate",
    }


def test_no_parent_in_europe_is_hidden_above_a_whole_set_of_parts(sbs):
    """Law 5 would add such parts up; this publisher never leaves them that way.

    So the numbers above rest on published cells only, totals of the base excepted.
    """
    pd.testing.assert_frame_equal(sbs.jobs, sbs.published)


# --- New York: suppressed cells are absent rows, totals are published ------------------------

NY = {"absent_rows": "unknown", "total": ["TOTAL", "New York State"]}


@pytest.fixture(scope="module")
def ny_file(hansa_data) -> Path:
    return hansa_data / "employment" / "us_ny_counties_naics3_2000_2008.parquet"


def test_new_york_quotients_by_hand_with_published_totals(ny_file):
    """2008: machinery (333), chemicals (325) and professional services (541) in three counties.

    Monroe County, around Rochester: 11,753 of 331,488 jobs against 50,171 of 7,151,160.
    """
    panel = hansa.compute("location_quotient_total", ny_file, describe=NY, start=2008)
    found = results(panel)
    for (county, industry), by_hand in {
        ("Monroe County", "333"): (11753 / 331488) / (50171 / 7151160),
        ("Kings County", "325"): (1157 / 442240) / (45804 / 7151160),
        ("Albany County", "541"): (15893 / 161653) / (585624 / 7151160),
    }.items():
        assert found[county, industry, 2008] == pytest.approx(by_hand, rel=1e-12)
    assert found["Monroe County", "333", 2008] == pytest.approx(5.0536, abs=5e-5)
    counties = {key[0] for key in found}
    assert len(counties) == 62
    assert "New York State" not in counties


def test_in_new_york_a_cell_without_a_row_is_absent_and_no_zero(ny_file):
    """Every known quotient has its row in the table; every row has its quotient or a reason."""
    raw = pd.read_parquet(ny_file)
    rows = raw[~raw.activity.eq("TOTAL") & ~raw.geo.eq("New York State")]
    listed = set(zip(rows.geo, rows.activity, rows.time, strict=True))
    found = results(hansa.compute("location_quotient_total", ny_file, describe=NY))
    known = {key for key, value in found.items() if value is not None}
    assert known <= listed
    state = set(
        raw[raw.geo.eq("New York State") & raw.employment.gt(0)][["activity", "time"]].itertuples(
            index=False, name=None
        )
    )
    assert {key for key in listed - known if key[1:] in state} == set()


def test_new_york_growth_equals_that_of_pandas(ny_file):
    raw = pd.read_parquet(ny_file)
    jobs = raw.pivot(index=["geo", "activity"], columns="time", values="employment").astype(float)
    jobs = jobs.drop(index="New York State").drop(index="TOTAL", level="activity")
    wanted = (jobs[2008] / jobs[2000].where(jobs[2000] > 0) - 1).dropna()
    panel = hansa.compute("growth_rate", ny_file, describe=NY, start=2000, end=2008)
    found = {key[:2]: value for key, value in results(panel).items() if value is not None}
    assert set(found) == set(wanted.index)
    np.testing.assert_allclose([found[key] for key in wanted.index], wanted, rtol=1e-12, atol=1e-15)


def test_new_york_contributions_rest_on_the_published_county_total(ny_file):
    """Monroe County, machinery: jobs gained 2000 to 2008 over all jobs of the county in 2000."""
    raw = pd.read_parquet(ny_file).set_index(["geo", "activity", "time"]).employment
    one, two = (raw["Monroe County", "333", year] for year in (2000, 2008))
    by_hand = (two - one) / raw["Monroe County", "TOTAL", 2000]
    panel = hansa.compute("growth_contribution", ny_file, describe=NY, start=2000, end=2008)
    found = results(panel)["Monroe County", "333", 2008]
    assert found == pytest.approx(by_hand, rel=1e-12)


@pytest.mark.data
def test_german_groups_that_overlap_are_refused_by_name(hansa_data):
    """Manufacturing (C) lies within B-E: together they exceed the published total."""
    table = hansa_data / "employment" / "de_laender_sector_2008_2014.parquet"
    describe = {
        "columns": {"geo": "region", "activity": "industry", "time": "year", "employment": "emp"},
        "total": ["Insgesamt"],
        "absent_rows": "unknown",
    }
    with pytest.raises(hansa.HansaError) as refused:
        hansa.compute("location_quotient_total", table, describe=describe)
    finding = refused.value.finding
    assert finding.rule == "parts add up to more than their published total"
    assert "Baden-Wuerttemberg" in finding.place
    assert "leave them out: --where COLUMN!=VALUE" in finding.fix

    part = "Verarbeitendes Gewerbe (C)"
    panel = hansa.compute(
        "location_quotient_total", table, describe={**describe, "where": {"industry!": part}}
    )
    assert part not in set(panel.distinct("activity"))
    assert panel.table["value"].null_count == 0
