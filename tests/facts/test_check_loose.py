"""Sums that may miss their total: as far as a table declares, or where definitions differ."""

from __future__ import annotations

import itertools

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hansa

HEAD = "geo,activity,time,employment,employment_status"
ABOVE = "parts add up to more than their published total"
BELOW = "parts add up to less than their published total"
DIFFERS = "status d: definition differs, or part of it is outside the source"
WITHIN = {"sums_within": {"employment": 10}}
SBS = {
    "columns": {"time": "year", "activity": "nace_r2", "employment": "persons_employed",
                "employment_status": "flag"},
    "classification": "nace:2", "geography": "nuts:2013", "unknown_codes": "set_aside",
}  # fmt: skip


def size(geo, activity):
    """Leaves of a table whose numbers all differ."""
    return 100 * (1 + "ABC".index(geo)) + 37 * (1 + "wxyz".index(activity)) ** 2


def table(path, changes=(), flags=()):
    """Totals of both dimensions; `changes` add to a cell, `flags` are statuses of cells."""
    changes, flags, rows = dict(changes), dict(flags), [HEAD]
    for g, a in itertools.product([*"ABC", "TOTAL"], [*"wxyz", "TOTAL"]):
        inner = itertools.product("ABC" if g == "TOTAL" else g, "wxyz" if a == "TOTAL" else a)
        number = sum(size(x, y) for x, y in inner) + changes.get(g + a, 0)
        rows.append(f"{g},{a},2020,{number},{flags.get(g + a, '')}")
    path.write_text("\n".join(rows) + "\n")
    return path


def said(path, **describe):
    """Findings but for what is not declared, and notes."""
    found = hansa.check(path, {"absent_rows": "unknown"} | describe)
    return [f for f in found if "declared" not in f.rule and f.severity != "note"]


def test_sums_that_miss_by_what_the_table_declares_are_no_finding(tmp_path):
    path = table(tmp_path / "t.csv", {"ATOTAL": -9})
    (f,) = said(path)
    assert f.severity == "error"
    assert f.place.endswith("geo A, activity TOTAL, time 2020")
    assert said(path, **WITHIN) == []


def test_a_cell_wrong_beyond_what_is_declared_is_named(tmp_path):
    (f,) = said(table(tmp_path / "t.csv", {"Bx": 700}), **WITHIN)
    assert (f.severity, f.rule) == ("error", "a number contradicts the published sums it enters")
    assert f.place.endswith("geo B, activity x, time 2020")
    assert (
        f.admissible == f"{size('B', 'x') - 10} to {size('B', 'x') + 10}, so that both sums agree"
    )


def test_a_sum_beyond_what_is_declared_says_how_far_it_may_miss(tmp_path):
    path = tmp_path / "t.csv"
    rows = [f"A,{a},2020,{size('A', a)}," for a in "wxyz"]
    path.write_text("\n".join([HEAD, *rows, "A,TOTAL,2020,1000,"]) + "\n")
    (f,) = said(path, **WITHIN)
    assert f.rule == ABOVE
    assert f.admissible == "at most 1010 (sums may miss by 10, as the table tells)"


def test_rounding_wider_than_what_is_declared_stays_what_is_allowed(tmp_path):
    """Numbers rounded to 100: five of them move a sum by 250, whatever the table declares."""
    path = tmp_path / "t.csv"
    rows = [f"{g},{a},2020,{round(size(g, a), -2)}," for g in "ABC" for a in "wxyz"]
    rows += [f"{g},TOTAL,2020,{round(sum(size(g, a) for a in 'wxyz') + 100, -2)}," for g in "ABC"]
    path.write_text("\n".join([HEAD, *rows]) + "\n")
    assert said(path, rounding=[[0, 100]], **WITHIN) == []


def test_parts_below_a_total_of_another_definition_are_a_warning_that_names_the_flag(tmp_path):
    path = tmp_path / "t.csv"
    rows = [f"DK01,{a},2020,{n}," for a, n in (("D", 800), ("D35", 800))]
    rows += [f"DK01,{a},2020,{n},d" for a, n in (("I55", 300), ("I56", 100))]
    path.write_text("\n".join([HEAD, *rows, "DK01,I,2020,900,"]) + "\n")
    lists = {"classification": "nace:2", "geography": "nuts:2013"}
    (f,) = said(path, **lists)
    assert (f.severity, f.rule) == ("warning", BELOW)
    assert f.printed == f"parts 400, total 900; {DIFFERS}"
    assert f.fix.startswith("nothing where the source defines them differently")
    path.write_text(path.read_text().replace(",d\n", ",\n"))
    (f,) = said(path, **lists)
    assert f.severity == "error"


@pytest.mark.parametrize("flagged", ["Ax", "ATOTAL"])
def test_a_cell_whose_sums_all_have_the_flag_is_a_warning(tmp_path, flagged):
    """The flag of a part counts as that of its total. Parts above a total stop a computation."""
    path = table(tmp_path / "t.csv", {"ATOTAL": 400}, {flagged: "d", "BTOTAL": "d"})
    refused, named = said(path)
    assert (named.severity, named.rule) == (
        "warning",
        "a number contradicts the published sums it enters",
    )
    assert named.place.endswith("geo A, activity TOTAL, time 2020")
    assert named.printed.endswith(DIFFERS)
    assert (refused.severity, refused.rule) == ("error", ABOVE)
    with pytest.raises(hansa.HansaError, match=ABOVE):
        hansa.compute("employment", path, describe={"absent_rows": "unknown"})


def test_a_cell_that_breaks_a_sum_without_the_flag_is_an_error_still(tmp_path):
    (f,) = said(table(tmp_path / "t.csv", {"Bx": 700}, {"By": "d"}))
    assert (f.severity, f.rule) == ("error", "a number contradicts the published sums it enters")
    assert f.place.endswith("geo B, activity x, time 2020")


def test_sums_with_the_flag_do_not_hide_a_cell_that_two_others_show(tmp_path):
    """A region whose parts are defined otherwise says nothing against an error in its total."""
    path = tmp_path / "t.csv"
    lists = {"classification": "nace:2", "geography": "nuts:2013", "absent_rows": "unknown"}
    rows = []
    for i, geo in enumerate(["DK01", "DK02", "DK03", "DK04", "DK05"]):
        own = [(a, 100 * (i + 1) + 10 * j) for j, a in enumerate(["I55", "I56", "D35"])]
        sections = [("I", own[0][1] + own[1][1]), ("D", own[2][1])]
        rows += [(geo, a, n) for a, n in [*own, *sections, ("TOTAL", sum(n for _, n in own))]]
    for a in ("I55", "I56", "D35", "I", "D", "TOTAL"):
        rows.append(("DK0", a, sum(n for _, b, n in rows if b == a)))
    cell = next(i for i, (g, a, _) in enumerate(rows) if (g, a) == ("DK02", "I"))
    rows[cell] = ("DK02", "I", rows[cell][2] + 900)
    group = next(i for i, (g, a, _) in enumerate(rows) if (g, a) == ("DK02", "I56"))
    rows[group] = ("DK02", "I56", rows[group][2] - 80)
    text = [f"{g},{a},2020,{n},{'d' if (g, a) == ('DK02', 'I56') else ''}" for g, a, n in rows]
    path.write_text("\n".join([HEAD, *text]) + "\n")
    errors = [f for f in hansa.check(path, lists) if f.severity == "error"]
    assert [f.place.partition("employment, ")[2] for f in errors] == [
        "geo DK02, activity I, time 2020"
    ]


def test_what_a_computation_refuses_is_an_error_with_the_flag_and_a_way_out(tmp_path):
    path = tmp_path / "t.csv"
    rows = [f"A,{a},2020,{size('A', a)},{'d' if a == 'x' else ''}" for a in "wxyz"]
    total = sum(size("A", a) for a in "wxyz")
    path.write_text("\n".join([HEAD, *rows, f"A,TOTAL,2020,{total - 7},"]) + "\n")
    (f,) = said(path)
    assert (f.severity, f.rule) == ("error", ABOVE)
    assert f.printed == f"parts {total}, total {total - 7}; {DIFFERS}"
    assert f.fix == (
        "a computation refuses it: correct the total or its parts, or declare how far sums may "
        "miss: sums_within = { employment = 7 }"
    )
    # The way out is one: with it, the check is silent and the numbers are computed.
    loose = {"sums_within": {"employment": 7}}
    assert said(path, **loose) == []
    jobs = hansa.compute("employment", path, describe={"absent_rows": "unknown", **loose})
    assert jobs.table.num_rows == 4


@settings(max_examples=25, deadline=None)
@given(
    cell=st.sampled_from([g + a for g in "ABC" for a in "wxyz"]),
    change=st.integers(1, 5000),
    within=st.integers(6, 300),
)
def test_one_wrong_cell_is_an_error_beyond_what_is_declared_and_only_there(
    tmp_path_factory, cell, change, within
):
    path = table(tmp_path_factory.mktemp("one") / "t.csv", {cell: change})
    found = said(path, sums_within={"employment": within})
    assert bool(found) == (change > within)
    assert all(f.severity == "error" and f"geo {cell[0]}, activity {cell[1]}" in f.place
               for f in found)  # fmt: skip


@pytest.mark.data
def test_the_real_table_of_2015_has_no_error_and_a_planted_one_is_found(hansa_data, tmp_path):
    path = hansa_data / "employment" / "eurostat_sbs_nuts_nace_2015.parquet"
    rows = pq.read_table(path).to_pandas().query("geo.str.len() == 2")
    rows.to_parquet(tmp_path / "whole.parquet")
    assert [
        f for f in said(tmp_path / "whole.parquet", **SBS, **WITHIN) if f.severity == "error"
    ] == []
    rows.loc[(rows.geo == "CZ") & (rows.nace_r2 == "I56"), "persons_employed"] += 50
    rows.to_parquet(tmp_path / "wrong.parquet")
    (f,) = [f for f in said(tmp_path / "wrong.parquet", **SBS, **WITHIN) if f.severity == "error"]
    assert f.rule == ABOVE
    assert f.place.endswith("I (Accommodation and food service activities), CZ, time 2015")
