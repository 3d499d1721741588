"""The code lists, geographies, own definition and tiles that ship: are they whole and true?"""

from __future__ import annotations

import csv
import tomllib
from collections import Counter
from pathlib import Path

import pytest

HANSA = Path(__file__).resolve().parents[2] / "src" / "hansa"
DATA = HANSA / "codes" / "data"
TILES = HANSA / "views" / "tiles"
DIVISIONS = HANSA / "clusters" / "definitions" / "hansa-divisions"

VERSIONS = ("2006", "2010", "2013", "2016", "2021", "2024")
EFTA = {"CH", "IS", "LI", "NO"}


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def toml(path: Path) -> dict:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def nuts(version: str) -> dict[str, dict[str, str]]:
    rows = table(DATA / "nuts.csv")
    return {row["code"]: row for row in rows if version in row["versions"].split(";")}


def is_extra_regio(code: str) -> bool:
    return len(code) > 2 and set(code[2:]) == {"Z"}


GEOGRAPHIES = {path.stem: toml(path) for path in sorted((DATA / "geographies").glob("*.toml"))}
LAYOUTS = {layout["id"]: layout for layout in toml(TILES / "tiles.toml")["layout"]}


# --- NACE -----------------------------------------------------------------------------------------


def test_nace_has_996_codes_on_four_levels():
    levels = Counter(row["level"] for row in table(DATA / "nace-2.csv"))
    assert levels == {"section": 21, "division": 88, "group": 272, "class": 615}
    assert list(levels) == toml(DATA / "nace-2.toml")["levels"]


def test_nace_codes_are_unique_and_every_parent_is_one_level_up():
    rows = table(DATA / "nace-2.csv")
    level = {row["code"]: row["level"] for row in rows}
    above = {"division": "section", "group": "division", "class": "group"}
    assert len(level) == len(rows)
    for row in rows:
        assert row["label"], row["code"]
        if row["level"] == "section":
            assert row["parent"] == "", row["code"]
        else:
            assert level[row["parent"]] == above[row["level"]], row["code"]


def test_nace_agrees_with_the_published_structure(hansa_data: Path):
    path = hansa_data / "correspondences" / "nace2_structure.csv"
    if not path.exists():
        pytest.skip(f"no published NACE structure at {path}: set HANSA_DATA")

    def plain(label: str) -> str:
        return label.strip().replace(" — ", "-").casefold()

    levels = toml(DATA / "nace-2.toml")["levels"]
    published = {
        (r["nace2"], plain(r["label"]), levels[int(r["level"]) - 1], r["parent"])
        for r in table(path)
    }
    ours = {
        (r["code"], plain(r["label"]), r["level"], r["parent"]) for r in table(DATA / "nace-2.csv")
    }
    assert ours == published


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("nace-1.1", (17, 62, 232, 522)),
        ("isic-4", (21, 88, 238, 419)),
        ("naics-2012", (20, 99, 312, 713, 1065)),
        ("naics-2017", (20, 99, 311, 709, 1057)),
    ],
)
def test_further_lists_form_trees_of_their_levels(name, sizes):
    rows, meta = table(DATA / f"{name}.csv"), toml(DATA / f"{name}.toml")
    level = {row["code"]: row["level"] for row in rows}
    assert len(level) == len(rows)
    counts = Counter(row["level"] for row in rows)
    assert tuple(counts[one] for one in meta["levels"]) == sizes
    above = dict(zip(meta["levels"][1:], meta["levels"], strict=False))
    for row in rows:
        if row["level"] == meta["levels"][0]:
            assert row["parent"] == ""
        else:
            assert level[row["parent"]] == above[row["level"]], row["code"]
    parents = {row["parent"] for row in rows}
    assert {c for c, one in level.items() if one != meta["levels"][-1]} <= parents


# --- NUTS -----------------------------------------------------------------------------------------


def test_nuts_says_which_versions_it_holds():
    meta = toml(DATA / "nuts.toml")
    printed = {v for row in table(DATA / "nuts.csv") for v in row["versions"].split(";")}
    assert tuple(meta["versions"]) == VERSIONS
    assert printed == set(VERSIONS)
    assert tuple(version["id"] for version in meta["version"]) == VERSIONS


def test_a_nuts_code_has_one_meaning_in_a_version():
    pairs = Counter(
        (row["code"], version)
        for row in table(DATA / "nuts.csv")
        for version in row["versions"].split(";")
    )
    assert {pair for pair, times in pairs.items() if times > 1} == set()


@pytest.mark.parametrize("version", VERSIONS)
def test_nuts_codes_form_a_tree_and_have_labels(version):
    rows = nuts(version)
    for code, row in rows.items():
        assert row["level"] == {2: "country", 3: "nuts1", 4: "nuts2"}[len(code)], code
        assert row["parent"] == (code[:-1] if len(code) > 2 else ""), code
        assert row["parent"] == "" or row["parent"] in rows, code
        assert row["label"], code
    parents = {row["parent"] for row in rows.values()}
    assert {c for c in rows if len(c) < 4} <= parents, "a country or NUTS 1 region without parts"


def codes_of(parquet, path: Path, version: str, code: str, year: str) -> set[str]:
    found = parquet.read_table(path, columns=[code, year]).to_pylist()
    return {row[code] for row in found if str(row[year]) == version and len(row[code]) <= 4}


def published_nuts(folder: Path, version: str) -> set[str]:
    """Codes of levels 0 to 2 in all published lists of one version together."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow reads the published lists")
    regions = folder / "nuts" / "nuts_regions_2006_2024.parquet"
    valid = folder / "nuts" / "nuts_valid_codes.parquet"
    crosswalk = folder / "nuts" / "nuts_crosswalk_2006_2021.parquet"
    for path in (regions, valid, crosswalk):
        if not path.exists():
            pytest.skip(f"no published NUTS list at {path}: set HANSA_DATA")
    codes = codes_of(parquet, regions, version, "nuts_id", "nuts_version")
    codes |= codes_of(parquet, valid, version, "geo", "nuts_version")
    if version == "2010":  # the only list of this version that holds EFTA and Croatia
        codes |= codes_of(parquet, crosswalk, version, "from_code", "from_version")
        codes |= {code[:2] for code in codes}
    return codes


@pytest.mark.parametrize("version", VERSIONS)
def test_nuts_codes_agree_with_the_published_lists(hansa_data: Path, version):
    published = published_nuts(hansa_data, version)
    ours = set(nuts(version))
    countries = {code for code in ours if len(code) == 2}
    covered = {code for code in published if code[:2] in countries}
    assert {c for c in ours if not is_extra_regio(c)} == {
        c for c in covered if not is_extra_regio(c)
    }
    assert {c for c in covered if is_extra_regio(c)} <= ours


@pytest.mark.parametrize(
    ("version", "members"),
    [("2006", 27), ("2010", 28), ("2013", 28), ("2016", 28), ("2021", 28), ("2024", 27)],
)
def test_nuts_covers_the_member_states_of_the_time_and_efta(version, members):
    countries = {code for code in nuts(version) if len(code) == 2}
    assert countries >= EFTA
    assert len(countries - EFTA) == members
    assert ("UK" in countries) == (version <= "2021")
    assert ("GR" in countries) == (version == "2006")
    assert ("HR" in countries) == (version >= "2010")


def test_changes_that_studies_of_the_baltic_sea_meet():
    assert nuts("2016")["NO02"]["label"] == "Hedmark og Oppland"
    assert nuts("2021")["NO02"]["label"] == "Innlandet"
    assert "LT00" in nuts("2013")
    assert {"LT01", "LT02"} <= set(nuts("2016"))
    assert {"FI1B", "FI1C", "FI1D"} <= set(nuts("2010"))


# --- Geographies ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GEOGRAPHIES)
def test_a_geography_lists_valid_codes_that_do_not_overlap(name):
    found = GEOGRAPHIES[name]
    members = found["members"]
    assert found["format"] == 1
    assert found["id"] == name
    assert found["status"] in {"as printed", "official", "ours"}
    assert found["title"]
    assert found["source"]
    assert found["note"].strip()
    assert len(members) == len(set(members))
    scheme, _, version = found["geography"].partition(":")
    if scheme == "country":
        valid = {c for v in VERSIONS[1:] for c in nuts(v) if len(c) == 2}
    else:
        assert scheme == "nuts"
        valid = set(nuts(version))
    assert set(members) <= valid
    overlaps = [(a, b) for a in members for b in members if a != b and b.startswith(a)]
    assert overlaps == []
    assert not any(is_extra_regio(code) for code in members)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("bsr-nuts2-2013", 35),
        ("bsr-nuts2-2016", 36),
        ("bsr-nuts2-2021", 35),
        ("bsr-nuts2-2024", 35),
        ("bsr-31", 31),
        ("bsr-project", 14),
        ("baltic-countries", 10),
        ("eusbsr", 8),
        ("eusbsr-no-is", 10),
        ("nordic-five", 5),
        ("baltic-three", 3),
        ("gb-nuts2-2013", 39),
        ("eu28", 28),
        ("eu27-2020", 27),
    ],
)
def test_a_geography_has_its_number_of_members(name, size):
    assert len(GEOGRAPHIES[name]["members"]) == size


@pytest.mark.parametrize("version", ["2013", "2016", "2021", "2024"])
def test_the_baltic_sea_region_takes_its_countries_whole(version):
    members = set(GEOGRAPHIES[f"bsr-nuts2-{version}"]["members"])
    whole = {"DK", "SE", "FI", "NO", "IS", "EE", "LV", "LT"}
    expected = {
        code
        for code in nuts(version)
        if len(code) == 4 and code[:2] in whole and not is_extra_regio(code)
    }
    north = {"DE60", "DE80", "DEF0", "PL42", "PL62", "PL63"}
    assert members == (expected - {"NO0B"}) | north


def test_great_britain_is_the_united_kingdom_without_northern_ireland():
    expected = {
        code
        for code in nuts("2013")
        if len(code) == 4 and code.startswith("UK") and not is_extra_regio(code)
    }
    assert set(GEOGRAPHIES["gb-nuts2-2013"]["members"]) == expected - {"UKN0"}


def test_the_union_lost_one_member():
    before, after = (set(GEOGRAPHIES[name]["members"]) for name in ("eu28", "eu27-2020"))
    assert before - after == {"UK"}
    assert after < before


# --- Own definition -------------------------------------------------------------------------------


def test_hansa_divisions_places_every_division_once():
    divisions = [r["code"] for r in table(DATA / "nace-2.csv") if r["level"] == "division"]
    rows = table(DIVISIONS / "members.csv")
    assert sorted(row["activity"] for row in rows) == sorted(divisions)
    assert {row["weight"] for row in rows} == {"1"}
    assert toml(DIVISIONS / "definition.toml")["classification"] == "nace:2"


def test_hansa_divisions_gives_every_group_one_label_and_kind():
    seen: dict[str, set[tuple[str, str]]] = {}
    for row in table(DIVISIONS / "members.csv"):
        assert row["kind"] in {"traded", "local", "outside"}, row["activity"]
        seen.setdefault(row["cluster"], set()).add((row["cluster_label"], row["kind"]))
    assert {cluster for cluster, marks in seen.items() if len(marks) > 1} == set()
    labels = [label for marks in seen.values() for label, _ in marks]
    assert len(labels) == len(set(labels))


def test_hansa_divisions_gives_every_row_a_reason_of_its_own():
    reasons = [row["reason"] for row in table(DIVISIONS / "members.csv")]
    assert min(map(len, reasons)) >= 40
    assert len(reasons) == len(set(reasons))


def test_no_group_lies_half_inside_the_regional_business_statistics():
    """Sections B to N without K, and division 95: a group is wholly inside or wholly outside."""
    parent = {row["code"]: row["parent"] for row in table(DATA / "nace-2.csv")}
    covered = {code for code, above in parent.items() if above and above in "BCDEFGHIJLMN"} | {"95"}
    groups: dict[str, set[bool]] = {}
    for row in table(DIVISIONS / "members.csv"):
        groups.setdefault(row["cluster"], set()).add(row["activity"] in covered)
    assert {cluster for cluster, sides in groups.items() if len(sides) > 1} == set()
    assert sum(sides == {True} for sides in groups.values()) == 31


# --- Tiles ----------------------------------------------------------------------------------------


def test_every_tile_file_is_described():
    assert {layout["file"] for layout in LAYOUTS.values()} == {p.name for p in TILES.glob("*.csv")}


@pytest.mark.parametrize("name", LAYOUTS)
def test_tiles_hold_valid_codes_and_one_region_a_cell(name):
    layout = LAYOUTS[name]
    rows = table(TILES / layout["file"])
    codes = [row["geo"] for row in rows]
    assert len(codes) == len(set(codes))
    known: set[str] = set()
    for version in layout["versions"]:
        valid = set(nuts(version.removeprefix("nuts:")))
        known |= valid
        cells = Counter((int(r["x"]), int(r["y"])) for r in rows if r["geo"] in valid)
        assert {cell for cell, times in cells.items() if times > 1} == set(), version
    assert set(codes) <= known
    assert min(int(row["x"]) for row in rows) == min(int(row["y"]) for row in rows) == 0


@pytest.mark.parametrize("name", LAYOUTS)
def test_tiles_cover_their_geographies(name):
    layout = LAYOUTS[name]
    codes = {row["geo"] for row in table(TILES / layout["file"])}
    for geography in layout["geographies"]:
        assert set(GEOGRAPHIES[geography]["members"]) <= codes, geography
        assert GEOGRAPHIES[geography]["geography"] in layout["versions"]


# --- All files ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        *sorted(DATA.glob("n*.*")),
        *sorted((DATA / "geographies").glob("*.toml")),
        *sorted(DIVISIONS.iterdir()),
        *sorted(TILES.iterdir()),
    ],
    ids=lambda path: path.name,
)
def test_files_are_utf_8_with_line_feeds(path):
    raw = path.read_bytes()
    raw.decode("utf-8")
    assert b"\r" not in raw
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert raw.endswith(b"\n")
