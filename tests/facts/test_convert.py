"""Conversions of small tables: what is exact, what is refused by name, what is written."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import hansa
from hansa.cli import app
from hansa.codes.correspondence import correspondence

GB = {"geography": "nuts:2013", "classification": "nace:2", "absent_rows": "unknown"}
SCOTLAND = """from_code,to_code,people,jobs
UKM2,UKM7,75,60
UKM2,UKM9,25,40
UKM3,UKM8,2,3
UKM3,UKM9,1,1
"""


def facts(**columns: list) -> pd.DataFrame:
    size = max(map(len, columns.values()))
    start = {"geo": ["UKC1"] * size, "activity": ["10"] * size, "time": [2015] * size}
    return pd.DataFrame({**start, **columns})


def links(folder: Path, text: str = SCOTLAND, name: str = "links.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def rows(found: hansa.api.Made, key: str = "geo") -> pd.DataFrame:
    return found.table.to_pandas().set_index(key)


def refusal(*arguments: object, **options: object) -> hansa.HansaError:
    with pytest.raises(hansa.HansaError) as caught:
        hansa.convert(*arguments, **options)
    return caught.value


# --- exact links only -----------------------------------------------------------------------------


def test_same_code_and_name_is_the_same_area_and_this_is_said() -> None:
    data = facts(geo=["UKC1", "UKM5"], employment=[5, 7])
    found = hansa.convert(data, "nuts:2021", describe=GB)
    assert dict(rows(found).employment) == {"UKC1": 5, "UKM5": 7}
    assert set(rows(found).employment_status) == {""}
    assert found.description["geography"] == "nuts:2021"
    assert found.report["same_name"] == ["UKC1", "UKM5"]
    assert any("taken as the same area: UKC1, UKM5" in step for step in found.description["steps"])
    assert "small changes of their boundaries are not seen" in found.description["note"]


def test_the_same_code_under_another_name_is_another_area() -> None:
    """NO02 was Hedmark og Oppland up to 2016 and is Innlandet from 2021."""
    problem = refusal(facts(geo=["NO02"], employment=[5]), "nuts:2021",
                      describe={**GB, "geography": "nuts:2016"})  # fmt: skip
    assert "no link: NO02" in problem.finding.printed


def test_codes_without_a_link_are_refused_by_name_with_the_ways_out() -> None:
    data = facts(geo=["UKC1", "UKM2", "UKM3"], employment=[5, 7, 8])
    problem = refusal(data, "nuts:2021", describe=GB)
    assert problem.finding.rule == "2 codes cannot be converted from nuts:2013 to nuts:2021"
    assert problem.finding.printed == "no link: UKM2; UKM3"
    assert "--links FILE --weight NAME" in problem.finding.fix
    assert "--leave-out" in problem.finding.fix
    for aside in (("UKM2", "UKM3"), "all"):
        found = hansa.convert(data, "nuts:2021", describe=GB, leave_out=aside)
        assert list(rows(found).index) == ["UKC1"]
        assert found.report["left_out"] == ["UKM2", "UKM3"]
        share = found.report["measures"]["employment"]["2015"]["shares"]["left_out"]
        assert share == pytest.approx(15 / 20)


def test_greece_keeps_its_areas_under_another_code() -> None:
    data = facts(geo=["GR30"], employment=[9])
    found = hansa.convert(data, "nuts:2010", describe={**GB, "geography": "nuts:2006"})
    assert dict(rows(found).employment) == {"EL30": 9}
    assert list(rows(found).employment_status) == ["converted"]


def test_extra_regio_codes_pass_or_are_listed() -> None:
    data = facts(geo=["UKZZ", "DEZZ"], employment=[1, 2])
    found = hansa.convert(data, "nuts:2024", describe={**GB, "geography": "nuts:2021"})
    assert list(rows(found).index) == ["DEZZ"]
    assert found.report["without_target"] == ["UKZZ"]
    assert any("UKZZ" in step for step in found.description["steps"])


def test_totals_and_areas_of_the_table_pass() -> None:
    data = facts(geo=["TOTAL", "EU", "UKC1"], employment=[9, 8, 5])
    found = hansa.convert(data, "nuts:2021", describe={**GB, "areas": ["EU"]})
    assert dict(rows(found).employment) == {"TOTAL": 9, "EU": 8, "UKC1": 5}
    assert found.description["areas"] == ["EU"]
    assert list(hansa.read(found.table).table["geo"].unique().to_pylist()) == [
        "EU", "TOTAL", "UKC1",
    ]  # fmt: skip


def test_identity_gives_the_table_back(tmp_path: Path) -> None:
    data = facts(
        geo=["UKC1", "UKM2"], employment=[5.5, np.nan], employment_status=["p", "c"],
        employment_lower=[5, 1], employment_upper=[6, 9], employment_estimated=[0.25, 0],
    )  # fmt: skip
    found = hansa.convert(data, "nuts:2013", describe=GB, links=links(tmp_path))
    pd.testing.assert_frame_equal(
        found.table.to_pandas()[list(data.columns)], data, check_dtype=False
    )


# --- weights --------------------------------------------------------------------------------------


def test_a_split_by_a_file_of_links(tmp_path: Path) -> None:
    data = facts(geo=["UKC1", "UKM2", "UKM3"], employment=[5, 100, 30])
    found = hansa.convert(data, "nuts:2021", describe=GB, links=links(tmp_path), weight="people")
    table = rows(found)
    assert dict(table.employment) == {"UKC1": 5, "UKM7": 75, "UKM8": 20, "UKM9": 35}
    assert dict(table.employment_lower) == {"UKC1": 5, "UKM7": 60, "UKM8": 20, "UKM9": 35}
    assert dict(table.employment_upper) == {"UKC1": 5, "UKM7": 75, "UKM8": 22.5, "UKM9": 47.5}
    assert table.employment_status["UKM9"] == "e;converted"
    assert table.employment_status["UKC1"] == ""
    assert dict(table.employment_estimated) == {"UKC1": 0, "UKM7": 1, "UKM8": 1, "UKM9": 1}
    year = found.report["measures"]["employment"]["2015"]
    assert year["shares"]["estimated"] == pytest.approx(130 / 135)
    # 15 + 2.5 + 12.5 over 135; every job that moves is counted where it leaves and where it comes.
    assert year["spread"]["difference"] == pytest.approx(30)
    assert year["spread"]["share"] == pytest.approx(30 / 135)
    assert [w["code"] for w in year["spread"]["widest"]] == ["UKM9", "UKM7", "UKM8"]
    assert "spread over 2 weights (people, jobs), no limits" in found.description["note"]
    first = next(s for s in found.description["steps"] if s.startswith("converted"))
    assert first == ("converted geo from nuts:2013 to nuts:2021; links: links.csv; weight: people")


def test_one_weight_has_no_spread(tmp_path: Path) -> None:
    data = facts(geo=["UKM2"], employment=[100])
    found = hansa.convert(data, "nuts:2021", describe=GB, links=links(tmp_path),
                          columns={"weight": "jobs"})  # fmt: skip
    assert dict(rows(found).employment) == {"UKM7": 60, "UKM9": 40}
    assert "employment_lower" not in rows(found)
    assert found.report["measures"]["employment"]["2015"]["spread"] == {}


def test_several_weights_and_none_chosen(tmp_path: Path) -> None:
    data = facts(geo=["UKM2"], employment=[100])
    problem = refusal(data, "nuts:2021", describe=GB, links=links(tmp_path))
    assert problem.finding.rule == "the links have several weights"
    assert problem.finding.printed == "people, jobs"
    named = links(tmp_path, SCOTLAND.replace("jobs", "pop11").replace("people", "area"))
    found = hansa.convert(data, "nuts:2021", describe=GB, links=named)
    assert dict(rows(found).employment) == {"UKM7": 60, "UKM9": 40}
    problem = refusal(data, "nuts:2021", describe=GB, links=named, weight="gdp")
    assert problem.finding.admissible == "area, pop11, equal"


def test_the_way_back_is_the_transposed_table(tmp_path: Path) -> None:
    """UKM9 has 25 people of UKM2 and 1 of UKM3 by the first weight."""
    text = "from,to,from_version,to_version,people\n" + "\n".join(
        f"{a},{b},2013,nuts:2021,{n}"
        for a, b, n in (("UKM2", "UKM7", 75), ("UKM2", "UKM9", 25), ("UKM3", "UKM8", 2),
                        ("UKM3", "UKM9", 1))
    )  # fmt: skip
    path = links(tmp_path, text)
    data = facts(geo=["UKM7", "UKM8", "UKM9"], employment=[10, 20, 52])
    found = hansa.convert(data, "nuts:2013", describe={**GB, "geography": "nuts:2021"}, links=path)
    assert dict(rows(found).employment) == {"UKM2": 60, "UKM3": 22}
    problem = refusal(data, "nuts:2016", describe={**GB, "geography": "nuts:2021"}, links=path)
    assert problem.finding.rule == "the file of links does not join nuts:2021 and nuts:2016"
    assert "nuts:2013 to nuts:2021" in problem.finding.printed


def test_all_measures_are_converted_in_one_go_and_absence_stays(tmp_path: Path) -> None:
    data = facts(
        geo=["UKM2", "UKM3"], employment=[100, 30], payroll=[np.nan, 60], establishments=[4, 3],
        employment_status=["", "b"], payroll_status=["c", ""],
    )  # fmt: skip
    found = hansa.convert(data, "nuts:2021", describe=GB, links=links(tmp_path), weight="people")
    table = rows(found)
    assert list(table.establishments) == [3, 2, 2]
    assert np.isnan(table.payroll["UKM7"])
    assert np.isnan(table.payroll["UKM9"])
    assert table.payroll["UKM8"] == 40
    assert table.payroll_status["UKM9"] == "c;converted"
    assert table.employment_status["UKM8"] == "b;e;converted"
    assert table.employment_status["UKM7"] == "e;converted"
    wage = hansa.compute("average_wage", found.table)
    assert wage.where("geo", "UKM8").rows()[0]["value"] == pytest.approx(2)


def test_rows_that_are_not_there_are_zero_or_unknown_as_declared(tmp_path: Path) -> None:
    data = facts(geo=["UKM2", "UKM3", "UKM3"], activity=["10", "10", "11"], employment=[8, 3, 6])
    for absent_rows, expected in (("zero", 2.0), ("unknown", np.nan)):
        found = hansa.convert(
            data, "nuts:2021", describe={**GB, "absent_rows": absent_rows}, links=links(tmp_path),
            weight="people",
        )  # fmt: skip
        table = found.table.to_pandas().set_index(["geo", "activity"]).employment
        np.testing.assert_equal(table["UKM9", "11"], expected)
        assert ("UKM7", "11") not in table.index
        assert found.description["absent_rows"] == absent_rows


@pytest.mark.parametrize("bounds", ["", "links"])
def test_deleting_a_cell_of_a_table_never_makes_an_absent_result_present(
    tmp_path: Path, bounds: str
) -> None:
    """Every cell of a small table in turn, with levels, a total and a cell that is hidden."""
    codes = ["PL", "PL1", "PL11", "PL12", "PL2", "PL21", "TOTAL"]
    cells = [(g, a, 2015, float(10 * i + len(a))) for i, g in enumerate(codes) for a in ("10", "C")]
    data = pd.DataFrame(cells, columns=["geo", "activity", "time", "employment"])
    data.loc[4, "employment"] = np.nan
    pairs = {"PL11,PL71": (1, 1), "PL12,PL91": (3, 1), "PL12,PL92": (1, 1),
             "PL1,PL7": (1, 2), "PL1,PL9": (4, 2)}  # fmt: skip
    weighted = "from,to,people,area\n" + "".join(f"{p},{a},{b}\n" for p, (a, b) in pairs.items())
    bare = "from,to\n" + "".join(f"{p}\n" for p in pairs)
    options = {"describe": GB, "links": links(tmp_path, bare if bounds else weighted)}
    options |= {"bounds": bounds} if bounds else {"weight": "people"}
    keys = ["geo", "activity"]

    def present(table: pd.DataFrame) -> set[tuple[str, str]]:
        made = hansa.convert(table, "nuts:2016", **options).table.to_pandas().set_index(keys)
        return set(made.employment.dropna().index)

    before = present(data)
    assert ("PL91", "10") in before or bounds
    assert ("PL71", "10") not in before
    for row in range(len(data)):
        less = data.copy()
        less.loc[row, "employment"] = np.nan
        assert present(less) <= before


# --- traps ----------------------------------------------------------------------------------------


def test_slivers_are_dropped_and_listed_but_not_where_another_weight_sees_more(
    tmp_path: Path,
) -> None:
    text = "from,to,people,area\nUKM2,UKM7,9995,99\nUKM2,UKM9,5,0.5\n"
    data = facts(geo=["UKM2"], employment=[100])
    options = {"describe": GB, "weight": "people"}
    found = hansa.convert(data, "nuts:2021", links=links(tmp_path, text), **options)
    assert dict(rows(found).employment) == {"UKM7": 100}
    assert list(rows(found).employment_status) == ["converted"]
    assert found.report["slivers"] == [{"from": "UKM2", "to": "UKM9", "share": 0.0005}]
    wide = links(tmp_path, text.replace("5,0.5", "5,50"))
    found = hansa.convert(data, "nuts:2021", links=wide, **options)
    assert set(rows(found).index) == {"UKM7", "UKM9"}
    assert found.report["slivers"] == []


def test_a_weight_of_zero_falls_back_to_the_next(tmp_path: Path) -> None:
    text = "from,to,people,area\nUKM2,UKM7,0,30\nUKM2,UKM9,0,10\n"
    data = facts(geo=["UKM2"], employment=[100])
    found = hansa.convert(data, "nuts:2021", links=links(tmp_path, text), describe=GB,
                          weight="people")  # fmt: skip
    assert dict(rows(found).employment) == {"UKM7": 75, "UKM9": 25}
    assert found.report["fallbacks"] == [{"code": "UKM2", "weight": "area"}]
    assert any("UKM2 (area)" in step for step in found.description["steps"])
    nothing = links(tmp_path, text.replace("30", "0").replace("10", "0"))
    problem = refusal(data, "nuts:2021", links=nothing, describe=GB, weight="people")
    assert problem.finding.printed == "several targets and no weights: UKM2 to UKM7, UKM9"


def test_the_same_number_in_every_column_is_no_weight(tmp_path: Path) -> None:
    head = "from,to,area,pop11,pop18\n"
    data = facts(geo=["UKM2"], employment=[100])
    path = links(tmp_path, head + "UKM2,UKM7,1682.3,1682.3,1682.34\n")
    found = hansa.convert(data, "nuts:2021", links=path, describe=GB)
    assert dict(rows(found).employment) == {"UKM7": 100}
    assert found.report["placeholders"] == [{"from": "UKM2", "to": "UKM7"}]
    path = links(tmp_path, head + "UKM2,UKM7,1682.3,1682.3,1682.34\nUKM2,UKM9,5,60,70\n")
    problem = refusal(data, "nuts:2021", links=path, describe=GB)
    assert "several targets and no weights: UKM2 to UKM7, UKM9" in problem.finding.printed


def test_pairs_that_stand_twice_are_added_up_before_weighting(tmp_path: Path) -> None:
    text = "from,to,people\nUKM2,UKM7,1\nUKM2,UKM9,1\nUKM2,UKM7,2\n"
    data = facts(geo=["UKM2"], employment=[100])
    found = hansa.convert(data, "nuts:2021", links=links(tmp_path, text), describe=GB)
    assert dict(rows(found).employment) == {"UKM7": 75, "UKM9": 25}
    assert found.report["repeated"] == [{"from": "UKM2", "to": "UKM7"}]


def test_a_target_outside_the_list_is_refused_unless_set_aside(tmp_path: Path) -> None:
    text = "from,to,people\nUKM2,UKM7,3\nUKM2,UKX1,1\n"
    data = facts(geo=["UKM2"], employment=[100])
    path = links(tmp_path, text)
    problem = refusal(data, "nuts:2021", links=path, describe=GB)
    assert problem.finding.printed == (
        "linked with what is no code of nuts:2021 or of its level: UKM2 to UKX1"
    )
    found = hansa.convert(data, "nuts:2021", links=path, describe=GB, leave_out=("UKX1",))
    assert dict(rows(found).employment) == {"UKM7": 100}
    assert found.report["apart"] == [{"from": "UKM2", "to": "UKX1"}]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("a,b,people\nUKM2,UKM7,3\n", "the file of links has no column of from codes"),
        ("from,to,people\nUKM2,,3\n", "a link has no code"),
        ("from,to,people\nUKM2,UKM7,-3\n", "a weight of a link is no number of zero or more"),
        ("from,to,people\nUKM2,UKM7,\nUKM3,UKM8,1\n",
         "a weight of a link is no number of zero or more"),
    ],
)  # fmt: skip
def test_broken_files_of_links_are_refused(tmp_path: Path, text: str, rule: str) -> None:
    data = facts(geo=["UKM2"], employment=[100])
    problem = refusal(data, "nuts:2021", links=links(tmp_path, text), describe=GB)
    assert problem.finding.rule == rule
    assert "links.csv" in problem.finding.place


# --- versions -------------------------------------------------------------------------------------


def test_an_undeclared_version_is_never_guessed() -> None:
    data = facts(geo=["UKC1", "UKM2"], employment=[5, 7])
    problem = refusal(data, "nuts:2021", describe={"classification": "nace:2"})
    assert problem.finding.rule == "the version of the codes is not declared"
    assert problem.finding.printed == (
        "of 2 codes, 2 in nuts:2006, 2 in nuts:2010, 2 in nuts:2013, 1 in nuts:2016, "
        "1 in nuts:2021; all are in nuts:2006, nuts:2010, nuts:2013: the codes alone cannot tell "
        "the version"
    )
    assert "--geography nuts:VERSION" in problem.finding.fix


def test_mixed_versions_are_counted() -> None:
    data = facts(geo=["UKC1", "UKM2", "UKM8"], employment=[5, 7, 8])
    problem = refusal(data, "nuts:2021", describe=GB)
    assert problem.finding.rule == "codes of several versions of NUTS are mixed"
    assert problem.finding.printed.startswith("UKM8, valid in nuts:2016, nuts:2021; of 3 codes, ")
    assert problem.finding.printed.endswith("no version holds them all")


@pytest.mark.parametrize(
    ("to", "options", "text"),
    [
        ("nuts:1066", {}, "unknown classification 'nuts:1066'"),
        ("local", {}, "there is no version to convert to"),
        ("isic:4", {"origin": "nace:1.1"}, "declares another version than --from"),
        ("naics:2012", {}, "no correspondence from nace:2 to naics:2012"),
        ("nuts:2021", {"kind": "rate"}, "values are not 'rate'"),
        ("nuts:2021", {"by": "payroll"}, "only rates are of something"),
        ("nuts:2021", {"bounds": "tight"}, "unknown bounds 'tight'"),
        ("nuts:2021", {"bounds": "links", "kind": "intensive"}, "rates have no bounds by links"),
        ("nuts:2021", {"wieght": "pop"}, "unknown option wieght"),
        ("nuts:2021", {"weight": "pop18"}, "the links have no weight 'pop18'"),
    ],
)
def test_wrong_requests(to: str, options: dict, text: str) -> None:
    with pytest.raises(hansa.UsageError) as caught:
        hansa.convert(facts(employment=[5]), to, describe=GB, **options)
    assert text in str(caught.value)


# --- industries -----------------------------------------------------------------------------------


def test_exact_links_between_industries_and_a_refused_split() -> None:
    table = correspondence("nace:2", "nace:2.1")
    assert table.targets["10.11"] == ("10.11",)
    assert set(table.targets["14.13"]) == {"14.10", "14.21"}
    data = facts(activity=["10.11", "14.13", "45.11"], employment=[3, 40, 7])
    problem = refusal(data, "nace:2.1", describe=GB)
    assert "14.13 to 14.10, 14.21" in problem.finding.printed
    found = hansa.convert(data, "nace:2.1", describe=GB, bounds="links")
    out = rows(found, "activity")
    assert (out.employment["10.11"], out.employment_status["10.11"]) == (3, "")
    assert np.isnan(out.employment["14.10"])
    assert (out.employment_lower["14.10"], out.employment_upper["14.10"]) == (0, 40)
    assert "interval" in out.employment_status["14.10"]
    assert found.report["measures"]["employment"]["2015"]["shares"]["bounds_only"] == 0.94
    equal = rows(hansa.convert(data, "nace:2.1", describe=GB, weight="equal"), "activity")
    assert equal.employment["14.10"] == 20
    assert equal.employment_status["14.10"] == "e;converted"


def test_own_weights_for_some_industries_and_shipped_links_for_the_rest(tmp_path: Path) -> None:
    data = facts(activity=["10.11", "14.13"], employment=[3, 40])
    path = links(tmp_path, "from,to,jobs\n14.13,14.10,30\n14.13,14.21,10\n")
    found = hansa.convert(data, "nace:2.1", describe=GB, links=path)
    out = rows(found, "activity")
    assert dict(out.employment) == {"10.11": 3, "14.10": 30, "14.21": 10}


def test_divisions_and_sections_follow_the_links_of_their_classes() -> None:
    """All classes of 10 stay in 10, some of 13 go to 23, some of section C to A and S."""
    data = facts(activity=["10", "62", "C", "TOTAL"], employment=[30, 60, 50, 140])
    found = hansa.convert(data, "nace:2.1", describe=GB)
    assert dict(rows(found, "activity").employment) == {"10": 30, "62": 60, "TOTAL": 140}
    # C stands above 10 here, so it may follow from its parts; alone it is refused.
    assert found.report["totals_left_out"] == ["C"]
    problem = refusal(facts(activity=["13", "C"], employment=[30, 50]), "nace:2.1", describe=GB)
    assert problem.finding.printed == "several targets and no weights: 13 to 13, 23"
    problem = refusal(facts(activity=["C"], employment=[50]), "nace:2.1", describe=GB)
    assert problem.finding.printed == "several targets and no weights: C to A, C, S"


def test_a_total_that_holds_codes_without_parts_is_added_up() -> None:
    """Repair of cars (45.2) becomes 95.3 in Rev. 2.1; division 95 stands without parts here.

    Were 95 left out, as totals that follow from their parts are, its own jobs would be lost.
    """
    codes = {"45": 100, "45.1": 60, "45.2": 40, "62": 5, "95": 7}
    data = facts(activity=list(codes), employment=list(codes.values()))
    found = hansa.convert(data, "nace:2.1", describe=GB, weight="equal")
    out = rows(found, "activity").employment
    lifted = correspondence("nace:2", "nace:2.1").lifted()
    share = {t: 40 / len(lifted.targets["45.2"]) for t in lifted.targets["45.2"]}
    share |= {t: share.get(t, 0) + 60 / len(lifted.targets["45.1"])
              for t in lifted.targets["45.1"]}  # fmt: skip
    own = 7 / len(lifted.targets["95"])
    into = sum(n for t, n in share.items() if t.startswith("95"))
    assert found.report["totals_added_up"] == ["95"]
    assert out["95"] == pytest.approx(own + into)
    year = found.report["measures"]["employment"]["2015"]
    assert year["total"] == 112
    assert year["shares"]["left_out"] == 0
    hansa.compute("employment", found.table)


def test_a_note_counts_a_tenth() -> None:
    """332312 is linked with three classes, two of them for a piece only."""
    table = correspondence("naics:2017", "nace:2")
    code = next(
        c for c, t in table.targets.items()
        if len(t) > 1 and 0 < sum((c, b) in table.pieces for b in t) < len(t)
    )  # fmt: skip
    targets = table.targets[code]
    pieces = [b for b in targets if (code, b) in table.pieces]
    data = facts(activity=[code], employment=[100])
    describe = {"classification": "naics:2017", "absent_rows": "unknown"}
    found = hansa.convert(data, "nace:2", describe=describe, weight="equal")
    out = rows(found, "activity").employment
    whole = len(targets) - len(pieces) + 0.1 * len(pieces)
    for b in targets:
        assert out[b] == pytest.approx((10 if b in pieces else 100) / whole)
    assert "332312" in table.targets
    assert ("332312", "30.11") in table.pieces
    assert "counts 0.1 of a plain one" in found.description["note"]


def test_pseudo_codes_are_kept_apart() -> None:
    describe = {"classification": "nace:1.1", "absent_rows": "unknown"}
    data = facts(activity=["70.11"], employment=[100])
    problem = refusal(data, "nace:2", describe=describe, bounds="links")
    assert "70.11 to 42.00" in problem.finding.printed
    found = hansa.convert(data, "nace:2", describe=describe, leave_out=("42.00",), bounds="links")
    assert "42.00" not in set(rows(found, "activity").index)
    assert found.report["apart"] == [{"from": "70.11", "to": "42.00"}]


def test_clusters_lose_less_than_industries() -> None:
    """Links of one side that end in one cluster change nothing there."""
    data = facts(activity=["10.11", "14.13", "62.01"], employment=[3, 40, 5])
    found = hansa.convert(data, "nace:2.1", describe=GB, bounds="links",
                          definition="hansa-divisions")  # fmt: skip
    year = found.report["clusters"]["employment"]["2015"]
    assert year["food"] == {"jobs": 3, "inside": 1}
    textiles = year["textiles-clothing-leather"]
    table = correspondence("nace:2", "nace:2.1")
    # 14.10 and 14.21 come from classes of division 14 only, as far as this table has any.
    assert textiles == {"jobs": 40, "inside": 1}
    assert {c[:2] for c in table.origins["14.21"]} == {"14"}
    with pytest.raises(hansa.UsageError, match="clusters are made of activities"):
        hansa.convert(facts(employment=[5]), "nuts:2021", describe=GB,
                      definition="hansa-divisions")  # fmt: skip


# --- rates ----------------------------------------------------------------------------------------


def test_rates_with_and_without_what_they_are_of(tmp_path: Path) -> None:
    """Wages per job: 10 x 100 and 40 x 30; UKM9 takes 25 and 10 of the jobs."""
    data = facts(geo=["UKM2", "UKM3"], employment=[10.0, 40.0], jobs=[100, 30])
    path = links(tmp_path)
    found = hansa.convert(data, "nuts:2021", describe=GB, links=path, weight="people",
                          kind="intensive", by="jobs", columns={"weight": "people"})  # fmt: skip
    out = rows(found)
    assert out.employment["UKM7"] == pytest.approx(10)
    assert out.employment["UKM9"] == pytest.approx((10 * 25 + 40 * 10) / 35)
    plain = hansa.convert(data, "nuts:2021", describe=GB, links=path, weight="people",
                          kind="intensive", columns={"weight": "people"})  # fmt: skip
    out = rows(plain)
    assert out.employment["UKM9"] == pytest.approx((10 * 25 + 40 * 1) / 26)
    assert out.employment_status["UKM9"] == "e;converted"
    assert any("as rates, of jobs" in s or "as rates, of establishments" in s
               for s in found.description["steps"])  # fmt: skip


def test_what_rates_are_of_is_converted_as_it_is(tmp_path: Path) -> None:
    data = facts(geo=["UKM2", "UKM3"], employment=[100, 30], payroll=[2.0, 5.0])
    found = hansa.convert(data, "nuts:2021", describe=GB, links=links(tmp_path), weight="people",
                          kind="intensive", by="employment")  # fmt: skip
    out = rows(found)
    assert dict(out.employment) == {"UKM7": 75, "UKM8": 20, "UKM9": 35}
    assert out.payroll["UKM9"] == pytest.approx((2 * 25 + 5 * 10) / 35)
    assert out.payroll["UKM7"] == 2


def test_a_rate_that_only_changes_its_code_needs_no_weight(tmp_path: Path) -> None:
    data = facts(geo=["UKM2", "UKM3"], employment=[7.0, 8.0])
    path = links(tmp_path, "from,to,people\nUKM2,UKM7,0\nUKM3,UKM8,5\n")
    found = hansa.convert(data, "nuts:2021", describe=GB, links=path, kind="intensive")
    assert dict(rows(found).employment) == {"UKM7": 7, "UKM8": 8}
    assert set(rows(found).employment_status) == {"converted"}
    assert "employment_estimated" not in rows(found)


def test_rates_of_merged_codes_need_weights() -> None:
    data = facts(activity=["01.11", "01.61"], employment=[1.0, 1.0])
    merged = next(t for t, o in correspondence("nace:2", "nace:2.1").origins.items() if len(o) > 1)
    codes = correspondence("nace:2", "nace:2.1").origins[merged]
    data = facts(activity=list(codes), employment=[1.0] * len(codes))
    problem = refusal(data, "nace:2.1", describe=GB, kind="intensive", weight="equal")
    assert f"rates of several codes without weights: {merged} from " in problem.finding.printed
    assert "--by COLUMN" in problem.finding.fix


# --- command and study ----------------------------------------------------------------------------


def test_the_command_writes_a_table_that_needs_no_options(tmp_path: Path) -> None:
    data = facts(geo=["UKC1", "UKM2", "UKM3"], employment=[5, 100, 30], payroll=[9, 200, 90])
    data.to_csv(tmp_path / "jobs.csv", index=False)
    for name in ("out.csv", "out.parquet"):
        result = CliRunner().invoke(
            app,
            ["convert", str(tmp_path / "jobs.csv"), "--to", "nuts:2021", "--geography",
             "nuts:2013", "--classification", "nace:2", "--absent-rows", "unknown", "--links",
             str(links(tmp_path)), "--weight", "people", "--out", str(tmp_path / name),
             "--report", str(tmp_path / "report.json")],
            catch_exceptions=False,
        )  # fmt: skip
        assert result.exit_code == 0, result.output
        assert (
            "employment 2015: 3.7 % by identity links, 96.3 % by estimated links" in result.output
        )
        panel = hansa.compute("employment", tmp_path / name)
        assert panel.header.geography == "nuts:2021"
        assert panel.header.classification == "nace:2"
        assert panel.header.absent_rows == "unknown"
        row = panel.where("geo", "UKM9").rows()[0]
        assert (row["value"], row["lower"], row["upper"]) == (35, 35, 47.5)
        assert row["status"] == "e;converted"
        assert any(s.startswith("converted geo from nuts:2013") for s in panel.header.steps)
        assert hansa.read(tmp_path / name, "payroll").where("geo", "UKM7").rows()[0]["value"] == 150
        assert not [f for f in hansa.check(tmp_path / name) if f.severity == "error"]
    assert json.loads((tmp_path / "report.json").read_text())["weight"] == "people"


STUDY = """format = 1
title = "Scotland"
definitions = ["hansa-divisions"]
measures = ["employment"]

[facts.jobs]
file = "jobs.csv"
geography = "nuts:2013"
classification = "nace:2"
absent_rows = "unknown"
convert = "nuts:2021"
links = "links.csv"
weight = "people"
"""


def test_a_study_converts_its_facts_and_its_recipe_knows_the_links(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")
    data = facts(geo=["UKC1", "UKM2", "UKM3"], employment=[5, 100, 30])
    data.to_csv(tmp_path / "jobs.csv", index=False)
    path = links(tmp_path)
    run = CliRunner().invoke(app, ["run", str(tmp_path)], catch_exceptions=False)
    assert run.exit_code == 0, run.output
    recipe = json.loads((tmp_path / "out" / "recipe.json").read_text())
    assert [entry["file"] for entry in recipe["inputs"]] == ["jobs.csv", "links.csv"]
    table = pd.read_csv(tmp_path / "out" / "tables" / "hansa-divisions" / "employment.csv")
    food = table[table.cluster == "food"].set_index("geo").value
    assert dict(food) == {"UKC1": 5, "UKM7": 75, "UKM8": 20, "UKM9": 35}
    replay = ["run", str(tmp_path / "out" / "recipe.json")]
    done = CliRunner().invoke(app, replay)
    assert done.exit_code == 0, done.output
    path.write_text(SCOTLAND.replace("75", "76"), encoding="utf-8")
    done = CliRunner().invoke(app, replay)
    assert done.exit_code != 0
    assert "links.csv" in str(done.exception)


def test_a_header_beside_a_table_cannot_ask_for_a_conversion(tmp_path: Path) -> None:
    facts(employment=[5]).to_csv(tmp_path / "jobs.csv", index=False)
    (tmp_path / "jobs.meta.toml").write_text('format = 1\nconvert = "nuts:2021"\n')
    problem = refusal(tmp_path / "jobs.csv", "nuts:2021", describe=GB)
    assert problem.finding.rule == "a header beside a table cannot ask for a conversion"
    with pytest.raises(hansa.UsageError, match="contradicts itself"):
        hansa.compute("employment", tmp_path / "jobs.csv", describe={"links": "links.csv"})
