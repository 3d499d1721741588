"""Each check of a table on a table small enough to do by hand: the cell, and what is admissible."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow.parquet as pq
import pytest

import hansa
from hansa.facts.check_cells import half_units, middle
from hansa.facts.check_slips import exchanged, slip, usual_factor

HEAD = "geo,activity,time,employment"
QUIET = {"absent_rows": "unknown"}


def table(path, value, years=(2020,), geos="ABC", activities="wxyz", head=HEAD):
    """A table with totals of both dimensions; `value(geo, activity, year)` is a leaf's number."""
    rows = [head]
    for year in years:
        for g, a in itertools.product([*geos, "TOTAL"], [*activities, "TOTAL"]):
            inner = itertools.product(
                geos if g == "TOTAL" else [g], activities if a == "TOTAL" else [a]
            )
            rows.append(f"{g},{a},{year},{sum(value(x, y, year) for x, y in inner)}")
    path.write_text("\n".join(rows) + "\n")
    return path


def size(geo, activity, year=2020):
    """Leaves of a table whose numbers all differ."""
    return 100 * (1 + "ABCDEFGHIJ".index(geo)) + 37 * (1 + "uvwxyz".index(activity)) ** 2


def changed(path, key, new):
    """One number of a table replaced; the row number of the cell."""
    lines = path.read_text().splitlines()
    (at,) = [i for i, line in enumerate(lines) if line.startswith(f"{key},")]
    lines[at] = f"{key},{new}"
    path.write_text("\n".join(lines) + "\n")
    return at + 1


def said(path, **describe):
    """Findings but for what is not declared."""
    return [f for f in hansa.check(path, QUIET | describe) if "declared" not in f.rule]


# --- sums ------------------------------------------------------------------------------


def test_a_table_that_adds_up_has_no_findings(tmp_path):
    assert said(table(tmp_path / "t.csv", size)) == []


def test_one_wrong_cell_is_named_where_its_row_and_its_column_meet(tmp_path):
    path = table(tmp_path / "t.csv", size)
    row = changed(path, "B,x,2020", size("B", "x") * 10)
    (f,) = said(path)
    assert (f.severity, f.rule) == ("error", "a number contradicts the published sums it enters")
    assert f.place == f"t.csv, row {row}, employment, geo B, activity x, time 2020"
    # 792 jobs; four parts and a total may each be rounded by a half, three regions by two in all.
    assert f.admissible == "790 to 794, so that both sums agree"
    assert f.printed.startswith("7920; parts of TOTAL ")
    assert f.fix == "correct the number: 10 times too large"


def test_a_total_that_was_not_updated_is_named_not_its_parts(tmp_path):
    path = table(tmp_path / "t.csv", size)
    total = sum(size("B", a) for a in "wxyz")
    changed(path, "B,TOTAL,2020", total - 400)
    (f,) = said(path)
    assert f.place.endswith("geo B, activity TOTAL, time 2020")
    assert f.admissible.startswith(f"{total - 2} to {total + 2}")


def test_two_numbers_that_changed_places_are_both_named(tmp_path):
    path = table(tmp_path / "t.csv", lambda g, a, y: size(g, a) ** 2 // 50)
    first, second = size("B", "x") ** 2 // 50, size("B", "z") ** 2 // 50
    changed(path, "B,x,2020", second)
    changed(path, "B,z,2020", first)
    (f,) = said(path)
    assert f.rule == "two numbers seem to have changed places"
    assert "geo B, activity x, time 2020" in f.place
    assert "geo B, activity z, time 2020" in f.place


def test_digits_exchanged_are_recognised(tmp_path):
    path = table(tmp_path / "t.csv", lambda g, a, y: 1827 if (g, a) == ("C", "y") else size(g, a))
    changed(path, "C,y,2020", 8127)
    (f,) = said(path)
    assert f.fix == "correct the number: two digits may have changed places (1827)"


def test_rounding_alone_is_no_contradiction(tmp_path):
    """Every number rounded to 10 by itself, as declared: sums differ by up to 20."""
    path = table(tmp_path / "t.csv", size)
    lines = [line.rsplit(",", 1) for line in path.read_text().splitlines()[1:]]
    rounded = [f"{key},{round(int(n), -1)}" for key, n in lines]
    path.write_text("\n".join([HEAD, *rounded]) + "\n")
    assert [f for f in said(path, rounding=[[0, 10]]) if f.severity == "error"] == []


def test_sums_of_which_a_part_is_hidden_say_nothing(tmp_path):
    path = table(tmp_path / "t.csv", size)
    changed(path, "B,w,2020", "")
    assert [f.rule for f in said(path)] == ["employment is missing in some rows"]


def test_parts_of_a_table_that_is_not_complete_may_stay_below_their_total(tmp_path):
    path = table(tmp_path / "t.csv", size)
    lines = [line for line in path.read_text().splitlines() if ",z," not in line]
    path.write_text("\n".join(lines) + "\n")
    assert [f for f in said(path) if f.severity != "note"] == []


def test_a_sum_that_no_single_cell_explains_is_shown_as_a_sum(tmp_path):
    """Only one dimension has a total: any of five numbers may be wrong."""
    path = tmp_path / "t.csv"
    rows = [f"{g},{a},2020,{size(g, a)}" for g in "ABCDEFGH" for a in "wxyz"]
    rows += [f"{g},TOTAL,2020,{sum(size(g, a) for a in 'wxyz')}" for g in "ABCDEFGH"]
    path.write_text("\n".join([HEAD, *rows]) + "\n")
    changed(path, "D,y,2020", 9)
    (f,) = said(path)
    assert f.rule == "parts add up to less than their published total"
    # A part may have no row: that is not certain. Parts above their total are.
    assert f.severity == "warning"
    assert f.place.endswith("TOTAL, D, time 2020")
    changed(path, "D,y,2020", 9999)
    (f,) = said(path)
    assert (f.severity, f.rule) == ("error", "parts add up to more than their published total")


# --- series ----------------------------------------------------------------------------


def growing(geo, activity, year):
    return size(geo, activity) * (100 + 2 * (year - 2010)) // 100 * 10


def series(path, years, geos="ABCDEF", activities="uvwxyz"):
    rows = [
        f"{g},{a},{y},{growing(g, a, y)}" for y, g, a in itertools.product(years, geos, activities)
    ]
    path.write_text("\n".join([HEAD, *rows]) + "\n")
    return path


def test_a_steady_series_has_no_findings(tmp_path):
    assert said(series(tmp_path / "t.csv", range(2010, 2015))) == []


def test_a_spike_is_named_with_what_is_plausible(tmp_path):
    path = series(tmp_path / "t.csv", range(2010, 2015))
    row = changed(path, "C,w,2012", growing("C", "w", 2012) // 10)
    (f,) = said(path)
    assert f.severity == "warning"
    assert f.rule == "a number stands out between its own years"
    assert f.place == f"t.csv, row {row}, employment, geo C, activity w, time 2012"
    before, after = growing("C", "w", 2011), growing("C", "w", 2013)
    assert f.printed.endswith(f"{before} before and {after} after (10 times too small?)")
    low, high = (float(x) for x in f.admissible.split(",")[0].removeprefix("about ").split(" to "))
    assert low <= growing("C", "w", 2012) <= high


def test_a_change_that_stays_is_no_error(tmp_path):
    """A plant opens in 2012 and is there ever after."""
    path = series(tmp_path / "t.csv", range(2010, 2015))
    for year in (2012, 2013, 2014):
        changed(path, f"C,w,{year}", growing("C", "w", year) * 4)
    assert said(path) == []


def test_small_cells_may_jump(tmp_path):
    path = series(tmp_path / "t.csv", range(2010, 2015))
    for year, jobs in zip(range(2010, 2015), (1, 0, 9, 2, 1), strict=True):
        changed(path, f"C,w,{year}", jobs)
    assert said(path) == [f for f in said(path) if f.severity == "note"]


@pytest.mark.parametrize("factor", [1000, 12])
def test_a_region_in_other_units_in_one_year(tmp_path, factor):
    path = series(tmp_path / "t.csv", range(2010, 2014), activities="uvwxyz")
    for a in "uvwxyz":
        changed(path, f"D,{a},2012", growing("D", a, 2012) * factor)
    (f,) = said(path)
    assert f.rule == "all numbers of a region are by one factor too large or too small"
    assert f.place == "t.csv, employment, geo D, time 2012"
    assert f.printed == f"6 numbers, about {factor} times too large"


def test_a_region_of_one_year_in_other_units_by_its_sums(tmp_path):
    path = table(tmp_path / "t.csv", size, geos="ABCDE", activities="uvwxyz")
    for a in [*"uvwxyz", "TOTAL"]:
        own = size("D", a) if a != "TOTAL" else sum(size("D", x) for x in "uvwxyz")
        changed(path, f"D,{a},2020", own * 1000)
    (f,) = said(path)
    assert (f.severity, f.place) == ("error", "t.csv, employment, geo D, time 2020")


def test_a_region_that_has_nothing_for_a_year(tmp_path):
    path = series(tmp_path / "t.csv", range(2010, 2014))
    for a in "uvwxyz":
        changed(path, f"D,{a},2012", 0)
    f, *rest = said(path)
    assert f.rule == "a region has nothing but zeros in one year"
    assert f.place == "t.csv, employment, geo D, time 2012"
    assert [f.severity for f in rest] == ["note"]


# --- single cells ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "rule", "severity"),
    [
        ("12,c", "a value stands where its status says that it is hidden", "error"),
        ("12,z", "a value stands where its status says that there is none", "error"),
        ("12,:", "a value stands where its status says that there is none", "error"),
        ("0,c", "a hidden number is printed as 0", "warning"),
        ("12,x", "a status letter that nobody knows", "warning"),
        (",c", "employment is missing in some rows", "note"),
        ("12,p", None, None),
    ],
)
def test_a_status_that_contradicts_its_value(tmp_path, cell, rule, severity):
    path = tmp_path / "t.csv"
    path.write_text(f"{HEAD},employment_status\nA,x,2020,5,\nB,x,2020,{cell}\n")
    found = [f for f in said(path) if not f.rule.startswith("zeros of")]
    assert [(f.rule, f.severity) for f in found] == ([(rule, severity)] if rule else [])
    if severity in ("error", "warning"):
        assert found[0].place == "t.csv, row 3, employment, geo B, activity x, time 2020"


def test_what_hansa_filled_itself_contradicts_nothing(tmp_path):
    """A filled gap keeps the status that says why it was one, and may hold part of a job."""
    rows = [f"{g},{a},2020,{5 + i}" for i, (g, a) in enumerate(itertools.product("ABC", "xyz"))]
    rows[4], rows[8] = "B,y,2020,", "C,z,2020,"
    status = ["c" if row.endswith(",") else "" for row in rows]
    total = ["TOTAL,x,2020,24", "TOTAL,y,2020,27", "TOTAL,z,2020,30"]
    text = "\n".join(
        f"{row},{own}" for row, own in zip(rows + total, [*status, "", "", ""], strict=True)
    )
    (tmp_path / "t.csv").write_text(f"{HEAD},employment_status\n{text}\n")
    made = hansa.fill(tmp_path / "t.csv", describe=QUIET)
    pq.write_table(made.table, tmp_path / "f.parquet")
    assert {s for s in made.table["employment_status"].to_pylist() if s} == {"c;imputed;interval"}
    assert [f.rule for f in hansa.check(tmp_path / "f.parquet") if f.severity != "note"] == []


def test_an_estimate_says_how_it_was_made(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(f"{HEAD},employment_status\nA,x,2020,5,\nB,x,2020,7,imputed\n")
    (f,) = said(path)
    assert (f.severity, f.rule) == ("warning", "estimates name no method")
    assert f.place == "t.csv, row 3, employment, geo B, activity x, time 2020"
    path.write_text(f"{HEAD},employment_status,method\nA,x,2020,5,,\nB,x,2020,7,imputed,kl\n")
    assert "estimates name no method" not in {f.rule for f in said(path)}


def test_a_fraction_among_whole_numbers(tmp_path):
    path = series(tmp_path / "t.csv", (2020,))
    changed(path, "B,w,2020", "812.5")
    (f,) = said(path)
    assert f.rule == "a fraction stands in a table of whole numbers"
    assert f.place.endswith("geo B, activity w, time 2020")


def test_a_number_that_is_not_rounded_like_the_others(tmp_path):
    path = series(tmp_path / "t.csv", range(2010, 2017))
    changed(path, "B,w,2013", growing("B", "w", 2013) + 3)
    (f,) = said(path)
    assert f.rule == "a number is not rounded as the others are"
    assert f"the nearest is {growing('B', 'w', 2013)}" in f.admissible


def test_every_key_that_stands_twice_is_named_with_its_rows(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(f"{HEAD}\nA,x,2020,5\nB,x,2020,6\nA,x,2020,7\nB,x,2021,1\nB,x,2021,2\n")
    places = [f.place for f in said(path)]
    assert places == [
        "t.csv, rows 2, 4, geo A, activity x, time 2020 (1 such key in 2020)",
        "t.csv, rows 5, 6, geo B, activity x, time 2021 (1 such key in 2021)",
    ]


# --- two measures ----------------------------------------------------------------------


def both(path, odd):
    rows = []
    for g, a in itertools.product("ABCDEF", "uvwxyz"):
        jobs = size(g, a)
        jobs, pay, units = odd.get((g, a), (jobs, jobs * (20_000 + 10 * jobs), 1 + jobs // 9))
        rows.append(f"{g},{a},2020,{jobs},{pay},{units}")
    path.write_text("\n".join([f"{HEAD},payroll,establishments", *rows]) + "\n")
    return path


def test_payroll_in_thousands_in_one_cell(tmp_path):
    assert said(both(tmp_path / "t.csv", {})) == []
    jobs = size("C", "w")
    path = both(tmp_path / "t.csv", {("C", "w"): (jobs, jobs * 25, 1 + jobs // 9)})
    (f,) = [f for f in said(path) if f.severity == "warning"]
    assert f.rule == "payroll and employment do not go together"
    assert f.place.endswith("geo C, activity w, time 2020")
    assert f.fix == "one of the two may be in another unit: about 1000 times"


def test_jobs_without_payroll_or_establishment(tmp_path):
    jobs = size("C", "w")
    path = both(tmp_path / "t.csv", {("C", "w"): (jobs, 0, 0)})
    found = {f.rule: f for f in said(path) if f.severity == "warning"}
    assert set(found) == {"jobs without any payroll", "jobs without any establishment"}
    assert all(f.place.endswith("geo C, activity w, time 2020") for f in found.values())


# --- pure functions --------------------------------------------------------------------


def test_units_of_rounding_grow_with_the_number():
    small, large = np.arange(5, 95, 5), np.arange(1000, 9000, 100)
    half, smallest = half_units(np.concatenate([small, large]).astype(float))
    assert smallest == 5
    assert set(half[: len(small)]) == {2.5}
    assert set(half[len(small) :]) == {50}


def test_a_median_leaves_out_what_is_absent():
    values = np.array([[1, np.nan, 3, 9], [np.nan] * 4])
    assert middle(values, 1)[0, 0] == 3
    assert np.isnan(middle(values, 1)[1, 0])


def test_slips():
    assert slip(7920, 790, 794) == "10 times too large"
    assert slip(79, 790, 794) == "10 times too small"
    assert slip(-792, 790, 794) == "its sign is wrong"
    assert slip(927, 790, 794) == ""
    assert exchanged(120) == [210, 102]
    assert [usual_factor(np.log(x)) for x in (10.2, 1 / 12, 990, 5)] == [10, 12, 1000, 0]


# --- nothing may stop the check --------------------------------------------------------


def odd_table(rng, path):
    """A small table of any numbers a file can hold: zeros, gaps, very large and very small ones."""
    geos = [*"ABCDE"[: rng.integers(1, 6)], *["TOTAL"][: rng.integers(2)]]
    activities = [*"uvwx"[: rng.integers(1, 5)], *["TOTAL"][: rng.integers(2)]]
    columns = ["employment", "payroll", "establishments", "value_added"][: rng.integers(1, 5)]
    numbers = {
        "whole": lambda: str(rng.integers(0, 1000)),
        "zero": lambda: "0",
        "huge": lambda: repr(float(10 ** rng.uniform(0, 300))),
        "tiny": lambda: repr(float(10 ** rng.uniform(-300, 0))),
        "gap": lambda: "",
    }
    own = rng.choice([*numbers, "all"])
    rows = [",".join(["geo,activity,time", *columns, "employment_status"])]
    for year, geo, activity in itertools.product(range(rng.integers(1, 5)), geos, activities):
        if rng.random() < 0.85:
            kinds = [rng.choice(list(numbers)) if own == "all" else own for _ in columns]
            cells = [numbers[kind]() for kind in kinds]
            rows.append(",".join([geo, activity, str(2000 + year), *cells, rng.choice(["", "cz"])]))
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("seed", range(4))
def test_no_table_stops_the_check(tmp_path, seed):
    rng = np.random.default_rng(seed)
    for _ in range(40):
        found = hansa.check(odd_table(rng, tmp_path / "t.csv"), QUIET)
        assert all(isinstance(text, str) for f in found for text in f.as_dict().values())
