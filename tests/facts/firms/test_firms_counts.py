"""Numbers of firms: ten by hand, all by an independent computation, and what must not matter."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from firms_helpers import before_gate
from hypothesis import given, settings
from hypothesis import strategies as st
from model_firms import model_rows
from plain_firms import plain

from hansa.facts.firms import Choices, Machine, firm_panels
from hansa.files import csv_bytes

# Ten firms of 2010 to 2016, employment a year; "." is a year without a row, "?" an empty cell.
TEN = {
    "a": "10 10 11 14 14 14 14",  # 14 > 10 x 1.331: high growth 2010 to 2013
    "b": "10 10 10 13 13 13 13",  # 13 < 13.31: not quite
    "c": "5 5 5 9 9 9 9",  # too small to count
    "d": ". . 2 3 3 3 3",  # born 2012, alive after four years
    "e": ". . 2 2 . . .",  # born 2012, dead 2013
    "f": "4 . 4 4 4 4 4",  # out of sight for a year: neither dead nor born
    "g": "4 4 . . 4 4 4",  # two years: dead 2011, born anew 2014
    "h": "8 8 8 8 8 . .",  # dead 2014: 2015 and 2016 are there to tell
    "i": "20 20 20 20 20 20 .",  # gone in 2016: the years do not tell yet
    "j": "0 0 0 1 1 1 1",  # without employment until 2013: born then
}


def ten_rows(tmp_path: Path, rows: dict[str, str] = TEN) -> Path:
    lines = ["id,geo,activity,time,employment"]
    for name, text in rows.items():
        for t, cell in enumerate(text.split(), 2010):
            if cell != ".":
                lines.append(f"{name},north,10,{t},{cell.replace('?', '')}")
    path = tmp_path / "ten.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def series(found: dict, name: str) -> dict[int, object]:
    return {t: cells["north", "10"] for (n, t), cells in sorted(found.items()) if n == name}


def test_ten_firms_by_hand(tmp_path: Path) -> None:
    found = before_gate([ten_rows(tmp_path)], tmp_path)
    assert series(found, "firms") == dict(
        zip(range(2010, 2017), [7, 6, 8, 9, 9, 8, 7], strict=True)
    )
    # 2010 and 2011 cannot be told apart from older firms: they are absent, not zero.
    assert series(found, "entry") == {2012: 2, 2013: 1, 2014: 1, 2015: 0, 2016: 0}
    assert series(found, "exit") == {2010: 0, 2011: 1, 2012: 0, 2013: 1, 2014: 1}
    assert series(found, "survivors_1") == {2013: 2, 2014: 1, 2015: 1, 2016: 0}
    assert series(found, "survivors_4") == {2016: 1}
    # From 2012 on: firms of ten persons that were not born in the first year.
    assert series(found, "growth_base") == {2015: 3, 2016: 2}
    assert series(found, "high_growth") == {2015: 0, 2016: 0}
    assert series(found, "jobs_entry") == {2012: 4, 2013: 1, 2014: 4, 2015: 0}
    assert series(found, "jobs_exit") == {2012: 4, 2013: 0, 2014: 2, 2015: 8}
    # 2012: a 10 to 11, f back with 4. 2013: a 3, b 3, c 4, d 1.
    assert series(found, "jobs_expansion") == {2012: 5, 2013: 11, 2014: 0, 2015: 0}
    assert series(found, "jobs_contraction") == {2012: 0, 2013: 0, 2014: 0, 2015: 0}


def test_job_flows_add_up_to_the_change_of_employment(tmp_path: Path) -> None:
    found = before_gate([ten_rows(tmp_path)], tmp_path)
    jobs = series(found, "employment")
    for t in range(2012, 2016):
        made = series(found, "jobs_entry")[t] + series(found, "jobs_expansion")[t]
        lost = series(found, "jobs_exit")[t] + series(found, "jobs_contraction")[t]
        assert jobs[t] - jobs[t - 1] == made - lost


def test_growth_is_strictly_more_than_the_rate(tmp_path: Path) -> None:
    # 1,331 is 1,000 grown by exactly 10 % a year, 1,728 by 20 %: neither is above its rate.
    rows = {"a": "1 1 1 1000 1 1 1331", "b": "9 9 9 1000 9 9 1332", "c": "9 9 9 1000 9 9 1729"}
    path = ten_rows(tmp_path, rows)
    assert series(before_gate([path], tmp_path), "high_growth")[2016] == 2
    older = before_gate([path], tmp_path, Choices(growth="0.20"))
    assert series(older, "high_growth")[2016] == 1


def test_missing_employment_is_absent_and_no_zero(tmp_path: Path) -> None:
    found = before_gate([ten_rows(tmp_path, {**TEN, "b": "10 10 10 ? 13 13 13"})], tmp_path)
    assert series(found, "firms") == {
        2010: 7, 2011: 6, 2012: 8, 2013: None, 2014: 9, 2015: 8, 2016: 7,
    }  # fmt: skip
    # Employment before and after says that b was no birth in 2014.
    assert series(found, "entry") == {2012: 2, 2013: 1, 2014: 1, 2015: 0, 2016: 0}
    # And that it did not die in 2012 or 2013.
    assert series(found, "exit") == {2010: 0, 2011: 1, 2012: 0, 2013: 1, 2014: 1}
    assert series(found, "jobs_expansion") == {2012: 5, 2013: None, 2014: None, 2015: 0}


def rows_of(table: pa.Table) -> list[dict]:
    return table.to_pylist()


def compare(found: dict, wanted: dict, names: set[str]) -> int:
    seen = 0
    for (name, t), cells in wanted.items():
        if name not in names:
            continue
        own = found[name, t]
        for place, value in cells.items():
            assert own[place] == value, (name, t, place)
            seen += 1
    # Nothing is there that the definitions do not give.
    assert {k for k in found if k[0] in names} == {k for k in wanted if k[0] in names}
    return seen


@pytest.mark.parametrize("drop", [(), ("birth", "death"), ("death",), ("birth",)])
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_same_as_plain_python(tmp_path: Path, drop: tuple[str, ...], seed: int) -> None:
    table = model_rows(400, seed, missing=0.01, moving=0.05, pausing=0.08, money=False)
    table = table.drop_columns(list(drop))
    path = tmp_path / "rows.parquet"
    pq.write_table(table, path)
    wanted = plain(rows_of(table))
    found = before_gate([path], tmp_path)
    assert compare(found, wanted, {n for n, _ in wanted}) > 500
    # Something is unknown, and something is not: both kinds are compared.
    values = [v for cells in wanted.values() for v in cells.values()]
    assert None in values
    assert sum(v or 0 for v in values) > 1000


def test_twenty_percent_same_as_plain_python(tmp_path: Path) -> None:
    table = model_rows(400, 3, money=False)
    path = tmp_path / "rows.parquet"
    pq.write_table(table, path)
    wanted = plain(rows_of(table), Fraction(1, 5), 1)
    choices = Choices(growth="0.20", gap=1)
    assert compare(before_gate([path], tmp_path, choices), wanted, {"high_growth", "entry"}) > 50


@pytest.mark.slow
def test_process_shows_in_the_panels(tmp_path: Path) -> None:
    # The hazard of the model register is 0.12 a year, for every firm at every age.
    path = tmp_path / "rows.parquet"
    pq.write_table(model_rows(30_000, 5, pausing=0.0, moving=0.0, money=False), path)
    found = before_gate([path], tmp_path)
    born = sum(found["entry", t]["TOTAL", "TOTAL"] for t in range(2010, 2015))
    for k in range(1, 6):
        alive = sum(found[f"survivors_{k}", t + k]["TOTAL", "TOTAL"] for t in range(2010, 2015))
        # A life of n years ends in the n-th year after the birth.
        expected = 0.88 ** (k - 1)
        error = np.sqrt(expected * (1 - expected) / born)
        assert abs(alive / born - expected) <= 4 * error + 1e-12


def test_totals_are_the_sums_of_their_parts(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(model_rows(500, 6, money=False), path)
    for cells in before_gate([path], tmp_path).values():
        parts = [v for (g, a), v in cells.items() if "TOTAL" not in (g, a)]
        assert cells["TOTAL", "TOTAL"] == sum(parts)


@pytest.mark.slow
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10**6), cuts=st.integers(1, 4))
def test_order_files_and_ids_do_not_matter(
    tmp_path_factory: pytest.TempPathFactory, seed: int, cuts: int
) -> None:
    folder = tmp_path_factory.mktemp("order")
    table = model_rows(150, seed, missing=0.01, money=False, years=tuple(range(2012, 2018)))
    rng = np.random.default_rng(seed)
    other = table.take(pa.array(rng.permutation(table.num_rows)))
    ids = pc.unique(other["id"]).to_pylist()
    new = dict(zip(ids, (f"x{i}" for i in rng.permutation(len(ids))), strict=True))
    renamed = pa.array([new[i] for i in other["id"].to_pylist()])
    other = other.set_column(0, "id", renamed)
    pq.write_table(table, folder / "one.parquet")
    parts = []
    for i, rows in enumerate(np.array_split(np.arange(other.num_rows), cuts)):
        parts.append(folder / f"part-{i}.parquet")
        pq.write_table(other.take(pa.array(rows)), parts[-1])
    assert before_gate([folder / "one.parquet"], folder) == before_gate(parts, folder, threads=2)


@pytest.mark.long
def test_same_bytes_on_one_thread_and_on_two_and_from_csv(tmp_path: Path) -> None:
    table = model_rows(700, 8, years=tuple(range(2012, 2017)), missing=0.002)
    pq.write_table(table, tmp_path / "rows.parquet")
    (tmp_path / "rows.csv").write_bytes(csv_bytes(table))
    made = [
        firm_panels([tmp_path / name], machine=Machine(tmp_path, n))
        for name, n in (("rows.parquet", 1), ("rows.parquet", 2), ("rows.csv", 2))
    ]
    for name in made[0]:
        first, *others = [csv_bytes(one[name].table) for one in made]
        assert all(other == first for other in others), name
    assert made[0].account == made[1].account
