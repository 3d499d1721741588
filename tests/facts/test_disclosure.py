"""What a table gives away, by hand, by an attacker of its own, and by trying all tables."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

import hansa
from hansa.errors import HansaError, UsageError
from hansa.facts.disclosure import withheld
from hansa.facts.disclosure_rules import Contributors, Rules, primary
from hansa.law import Quantity, bit
from small_tables import UNKNOWN, facts

SPEC = {**UNKNOWN}


def audited(table, **options):
    return hansa.protect(table, audit=True, describe=SPEC, **options)


def protected(table, **options):
    return hansa.protect(table, describe=SPEC, **options)


def places(found):
    return {(e.geo, e.activity): (e.low, e.high) for e in found.exposed}


def shown(found, measure="employment"):
    """(geo, activity) -> value, None where hidden."""
    rows = found.table.to_pylist()
    return {(r["geo"], r["activity"]): r[measure] for r in rows}


# --- by hand --------------------------------------------------------------------------------------


def test_one_hidden_cell_beside_its_total_is_exposed():
    """R1: 100 - 60 = 40 is left for B alone."""
    found = audited(facts("A B TOTAL\nR1 60 40c 100\nR2 20 10 30"))
    assert places(found) == {("R1", "B"): (40, 40)}
    (one,) = found.exposed
    assert one.by == ("TOTAL in R1 and its parts",)
    assert one.needed == 4
    assert one.also == "A in R1" or one.also == "B in R2"
    text = str(one)
    assert "employment 2020, B in R1: the rest of the table says 40; needed: 4 wide" in text


def test_two_hidden_in_a_row_are_exposed_by_their_columns():
    """R1 leaves 40 for B and C together, but B is 30 in all and 10 in R2."""
    table = facts("""
            A     B     C   TOTAL
    R1     60   20c   20c     100
    R2     20    10    15      45
    TOTAL  80    30    35     145
    """)
    found = audited(table)
    assert places(found) == {("R1", "B"): (20, 20), ("R1", "C"): (20, 20)}
    assert "B in TOTAL and the regions of it" in found.exposed[0].by


def test_a_square_of_hidden_cells_is_safe():
    """B and C change places between the regions: 10 to 30 is possible for R1 in B, and more."""
    table = facts("""
            A     B     C   TOTAL
    R1     60   20c   20c     100
    R2     20   10c   15c      45
    TOTAL  80    30    35     145
    """)
    assert not audited(table).exposed
    safe = protected(table)
    assert {k for k, v in shown(safe).items() if v is None} == {
        (r, a) for r in ("R1", "R2") for a in "BC"
    }


def test_a_narrow_interval_is_exposed_until_less_is_asked_for():
    """R1 in B lies within 99 and 100: B may only move by what C of R2 holds, which is 1."""
    table = facts("""
            A     B     C   TOTAL
    R1     60  100c    1c     161
    R2     20    5c    0c      25
    TOTAL  80   105     1     186
    """)
    assert places(audited(table, share=0.1))[("R1", "B")] == (100, 101)
    assert ("R1", "B") not in places(audited(table, share=0.01))


def test_rounding_leaves_enough_open():
    """The same cell where sums may be off by 3 numbers of half a unit and more."""
    table = facts("A B TOTAL\nR1 60 4c 64\nR2 20 10 30")
    assert places(audited(table)) == {("R1", "B"): (4, 4)}
    assert not audited(table, tolerance="rounded").exposed
    off = facts("A B TOTAL\nR1 60 4c 64\nR2 20 10 31")
    assert not audited(off).exposed, "R2 shows that sums are off by rounding"


def test_nothing_at_all_can_be_pinned_too():
    """A confidential zero: 100 - 100 leaves nothing for B."""
    assert places(audited(facts("A B TOTAL\nR1 100 0c 100\nR2 20 10 30"))) == {("R1", "B"): (0, 0)}
    safe = protected(facts("A B TOTAL\nR1 100 0c 100\nR2 20 10 30\nTOTAL 120 10 130"))
    assert shown(safe)["R1", "B"] is None
    assert shown(safe)["R1", "A"] is None


def test_a_parent_reveals_its_child():
    """16.1 is what 16.2 leaves of 16: found along the code list, not only along TOTAL."""
    table = facts("16 16.1 16.2\nR1 50 20c 30\nR2 9 4 5")
    spec = {**SPEC, "classification": "nace:2"}
    found = hansa.protect(table, audit=True, describe=spec)
    assert places(found) == {("R1", "16.1"): (20, 20)}
    assert "16 (Manufacture of wood" in found.exposed[0].by[0]


def test_a_hidden_parent_follows_from_its_parts():
    table = facts("16 16.1 16.2\nR1 50c 20 30\nR2 9 4 5")
    found = hansa.protect(table, audit=True, describe={**SPEC, "classification": "nace:2"})
    assert places(found) == {("R1", "16"): (50, 50)}


# --- rules ----------------------------------------------------------------------------------------


def test_fewer_than_three_contributors():
    table = facts("A B TOTAL\nR1 60 40 100\nR2 20 0 20\nTOTAL 80 40 120")
    table["establishments"] = [9, 2, 11, 5, 0, 5, 14, 2, 16]
    found = audited(table)
    # B holds two contributors in all of the source too; the zero of R2 is no secret.
    assert found.lines[0].startswith("2020: 2 confidential cells (fewer than 3 contributors: 2)")
    safe = shown(protected(table))
    assert safe["R1", "B"] is None
    assert safe["TOTAL", "B"] is None
    assert safe["R2", "B"] == 0
    assert not protected(table, fewest=2).exposed


def test_establishments_stay_unless_asked_for():
    table = facts("A B C\nR1 60 40 7")
    table["establishments"] = [9, 2, 5]
    assert shown(protected(table), "establishments")["R1", "B"] == 2
    assert shown(protected(table, hide_establishments=True), "establishments")["R1", "B"] is None


def test_dominance_and_p_percent():
    """86 of 100 by two is above 85 %; 100 - 80 - 15 = 5 is within 10 % of 80."""
    value = Quantity(np.array([[100.0, 100.0, 100.0]]))
    by = Contributors(
        largest=np.array([[50.0, 80.0, 40.0]]), two_largest=np.array([[86.0, 84.0, 60.0]])
    )
    assert primary([value], by, Rules()).cells.tolist() == [[True, False, False]]
    found = primary([value], by, Rules(dominance=1.0, p_percent=0.25))
    assert found.cells.tolist() == [[False, True, False]]
    assert found.counts == {"p percent": 1}


def test_columns_of_the_largest_are_used_and_never_published():
    table = facts("A B C\nR1 60 40 7")
    table["top"], table["two_largest"] = [20.0, 39.0, 2.0], [30.0, 40.0, 4.0]
    found = hansa.protect(table, describe={**SPEC, "columns": {"largest": "top"}})
    assert shown(found)["R1", "B"] is None
    assert shown(found)["R1", "A"] == 60
    assert not {"top", "largest", "two_largest"} & set(found.table.column_names)


def test_keys_of_confidential_cells(tmp_path):
    path = tmp_path / "keys.csv"
    path.write_text("geo,activity\nR1,B\n")
    table = facts({2020: "A B C\nR1 60 40 7", 2021: "A B C\nR1 60 41 7"})
    found = hansa.protect(table, keys=path, describe=SPEC)
    rows = found.table.to_pylist()
    assert [r["employment"] for r in rows if r["activity"] == "B"] == [None, None]
    path.write_text("geo,activity,time\nR1,B,2021\n")
    rows = hansa.protect(table, keys=path, describe=SPEC).table.to_pylist()
    assert [r["employment"] for r in rows if r["activity"] == "B"] == [40, None]
    path.write_text("geo,activity,time\nR9,B,2021\n")
    with pytest.raises(HansaError, match="names no row of the table") as stop:
        hansa.protect(table, keys=path, describe=SPEC)
    assert "geo R9, activity B, time 2021" in str(stop.value)


def test_jobs_and_wages_hide_together():
    """Only jobs have a total here: wages alone would be safe, jobs are not."""
    table = facts("A B C TOTAL\nR1 60 40c 20 120")
    table["payroll"] = [600.0, 400.0, 200.0, np.nan]
    found = protected(table)
    jobs, pay = shown(found), shown(found, "payroll")
    gone = {k for k, v in jobs.items() if v is None}
    assert gone == {("R1", "B"), ("R1", "C")}
    assert all(pay[k] is None for k in gone)


def test_what_makes_no_sense_is_refused():
    with pytest.raises(UsageError, match="share is no share"):
        protected(facts("A B\nR1 1 2"), share=0)
    with pytest.raises(UsageError, match=r"--dominance 0\.85"):
        protected(facts("A B\nR1 1 2"), dominance=85)
    with pytest.raises(UsageError, match=r"--p-percent 0\.2"):
        protected(facts("A B\nR1 1 2"), p_percent=20)
    with pytest.raises(UsageError, match="at least 1"):
        protected(facts("A B\nR1 1 2"), fewest=0)
    with pytest.raises(UsageError, match="unknown option widest"):
        protected(facts("A B\nR1 1 2"), widest=1)


def test_what_cannot_be_protected_is_refused_by_name():
    """Where all is nothing, the total of nothing says so."""
    table = facts("A B TOTAL\nR1 0 0c 0\nR2 5 6 11\nTOTAL 5 6 11")
    with pytest.raises(HansaError, match="cannot be protected by hiding others") as stop:
        protected(table)
    assert "geo R1, activity B, time 2020" in str(stop.value)
    assert "leave out the totals of this region or industry" in str(stop.value)


def test_totals_are_hidden_last():
    """With one other part of the same whole, the part goes; without any, the whole has to."""
    found = protected(facts("A B TOTAL\nR1 40c 900 940"))
    assert {k for k, v in shown(found).items() if v is None} == {("R1", "A"), ("R1", "B")}
    found = protected(facts("A B TOTAL\nR1 40c 0 40\nR2 5 6 11"))
    assert {k for k, v in shown(found).items() if v is None} == {("R1", "A"), ("R1", "TOTAL")}
    assert found.report["years"][0]["totals_hidden_beside"] == 1


def test_the_mark_of_a_hidden_cell_does_not_say_why():
    found = protected(facts("A B C TOTAL\nR1 60 40c 20 120"))
    status = {r["activity"]: r["employment_status"] for r in found.table.to_pylist()}
    assert status["B"] == status["C"] == "c"
    assert "2 cells hidden" in found.description["steps"][-1]
    assert found.report["years"][0]["complementary"] == 1


def test_filled_cells_that_say_too_much_are_withheld():
    """10 within 9.8 and 10.2 says it; within 9 and 11 it does not; without `c` it may be said."""
    value = np.array([[10.0, 10.0, 10.0, 0.0, np.nan]])
    flags = np.array([[bit("c"), bit("c"), 0, bit("c"), bit("c")]], np.uint64)
    low = np.array([[9.8, 9.0, 10.0, 0.0, np.nan]])
    high = np.array([[10.2, 11.0, 10.0, 0.0, np.nan]])
    found = withheld(Quantity(value, flags, low, high))
    assert found.tolist() == [[True, False, False, True, False]]
    assert withheld(Quantity(value, flags, low, high), 0.3)[0, 1]


# --- properties -----------------------------------------------------------------------------------


def with_totals(inner):
    return np.block(
        [[inner, inner.sum(1, keepdims=True)], [inner.sum(0, keepdims=True), inner.sum()]]
    )


def frame_of(whole, secret):
    rows, columns = whole.shape
    regions = [*(f"R{i}" for i in range(1, rows)), "TOTAL"]
    activities = [*(f"A{j}" for j in range(1, columns)), "TOTAL"]
    return pd.DataFrame(
        [
            (r, a, 2020, float(whole[i, j]), "c" if secret[i, j] else "")
            for i, r in enumerate(regions)
            for j, a in enumerate(activities)
        ],
        columns=["geo", "activity", "time", "employment", "employment_status"],
    ), [(r, a) for r in regions for a in activities]


def attack(whole, hidden, at):
    """The interval of one hidden cell by a programme written here: sums as equations."""
    rows, columns = whole.shape
    index = np.arange(whole.size).reshape(whole.shape)
    equations = []
    for i in range(rows):
        line = np.zeros(whole.size)
        line[index[i, :-1]], line[index[i, -1]] = 1, -1
        equations.append(line)
    for j in range(columns):
        line = np.zeros(whole.size)
        line[index[:-1, j]], line[index[-1, j]] = 1, -1
        equations.append(line)
    bounds = [
        (0, None) if gone else (v, v) for v, gone in zip(whole.ravel(), hidden.ravel(), strict=True)
    ]
    cost = np.zeros(whole.size)
    cost[index[at]] = 1
    zero = np.zeros(len(equations))
    least = linprog(cost, A_eq=np.array(equations), b_eq=zero, bounds=bounds)
    most = linprog(-cost, A_eq=np.array(equations), b_eq=zero, bounds=bounds)
    low = least.fun
    high = np.inf if most.status == 3 else -most.fun
    return low, high


def drawn(seed, rows=4, columns=4, top=30, share=0.2):
    random = np.random.default_rng(seed)
    inner = random.integers(0, top, (rows, columns))
    whole = with_totals(inner)
    secret = np.zeros(whole.shape, bool)
    secret[:-1, :-1] = (random.random(inner.shape) < share) & (inner > 0)
    return whole, secret


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_an_attacker_learns_too_little(seed):
    whole, secret = drawn(seed)
    frame, keys = frame_of(whole, secret)
    found = protected(frame)
    values = shown(found)
    hidden = np.array([values[k] is None for k in keys]).reshape(whole.shape)
    assert (hidden >= secret).all()
    kept = [
        (values[k], v) for k, v in zip(keys, whole.ravel(), strict=True) if values[k] is not None
    ]
    assert all(a == b for a, b in kept), "published numbers are the true ones"
    for at in zip(*np.nonzero(secret), strict=True):
        low, high = attack(whole, hidden, at)
        assert high - low >= max(1.0, 0.1 * whole[at]) - 1e-6
        assert low - 1e-6 <= whole[at] <= high + 1e-6


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_audit_finds_what_an_attacker_finds(seed):
    whole, secret = drawn(seed, share=0.35)
    frame, _ = frame_of(whole, secret)
    found = set(places(audited(frame)))
    regions, activities = ("R1", "R2", "R3", "R4"), ("A1", "A2", "A3", "A4")
    for i, j in zip(*np.nonzero(secret), strict=True):
        low, high = attack(whole, secret, (i, j))
        width = np.floor(high + 1e-6) - np.ceil(low - 1e-6)
        assert ((regions[i], activities[j]) in found) == (width < max(1, 0.1 * whole[i, j]))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_every_whole_table_is_tried(seed):
    """Three by three numbers up to 4: each table with the same published cells is listed."""
    whole, secret = drawn(seed, 3, 3, 4, 0.3)
    frame, keys = frame_of(whole, secret)
    values = shown(protected(frame))
    hidden = np.array([values[k] is None for k in keys]).reshape(whole.shape)
    places_hidden = list(zip(*np.nonzero(hidden), strict=True))
    inner = [p for p in places_hidden if p[0] < 3 and p[1] < 3]
    seen = {tuple(p): set() for p in np.argwhere(secret)}
    top = 6
    if len(inner) > 5 or len(inner) < len(places_hidden):
        return
    for numbers in product(range(top + 1), repeat=len(inner)):
        other = whole[:-1, :-1].copy()
        for p, n in zip(inner, numbers, strict=True):
            other[p] = n
        if (with_totals(other)[~hidden] == whole[~hidden]).all():
            for p, own in seen.items():
                own.add(other[p])
    assert all(len(own) > 1 for own in seen.values())


def test_the_same_table_gives_the_same_result():
    whole, secret = drawn(7, 8, 8)
    frame, _ = frame_of(whole, secret)
    first, second = protected(frame), protected(frame.sample(frac=1, random_state=1))
    assert first.table.to_pylist() == second.table.to_pylist()
    assert first.report == second.report


def test_a_safe_table_stays_as_it_is():
    table = facts("""
            A     B     C   TOTAL
    R1     60    :c    :c     100
    R2     20    :c    :c      45
    TOTAL  80    30    35     145
    """)
    found = protected(table)
    assert found.report["years"][0]["complementary"] == 0
    again = hansa.protect(found.table)
    assert again.table.equals(found.table)
    assert again.description["steps"][:1] == found.description["steps"][:1]
    nothing = protected(facts("A B TOTAL\nR1 60 40 100"))
    assert None not in shown(nothing).values()


def skewed(seed):
    """Few large numbers and many small ones, as in the tables of offices."""
    random = np.random.default_rng(seed)
    whole = with_totals(np.round(random.lognormal(3.5, 1.5, (5, 6))))
    secret = np.zeros(whole.shape, bool)
    secret[:-1, :-1] = random.random((5, 6)) < 0.15
    return frame_of(whole, secret)[0]


@pytest.mark.parametrize("seed", range(12))
def test_protecting_twice_hides_nothing_more(seed):
    """Some cells that hide others have narrow intervals of their own: they are no secret."""
    once = protected(skewed(seed))
    twice = hansa.protect(once.table)
    assert [y["complementary"] for y in twice.report["years"]] == [0]
    assert twice.table.equals(once.table)
    assert not hansa.protect(once.table, audit=True).exposed
    hidden = sum(v is None for v in shown(once).values())
    assert twice.report["years"][0]["hidden_before"] == hidden
    if hidden:
        assert f"  {hidden} of them were hidden by an earlier protection" in twice.lines[1]


def test_without_its_steps_a_safe_table_may_seem_to_give_something_away():
    """What the step is for: of these tables some hold a cell that hides others in a narrow way."""
    found = []
    for seed in range(12):
        bare = protected(skewed(seed)).table.replace_schema_metadata(None)
        found.append(len(audited(bare).exposed))
    assert 0 < np.count_nonzero(found) < 12


def test_a_new_secret_in_a_protected_table_is_protected(tmp_path):
    """What was hidden before is settled; a cell named now is not, and its sums are looked at."""
    once = protected(
        facts("A B C D TOTAL\nR1 60 40c 20 30 150\nR2 9 8 7 6 30\nTOTAL 69 48 27 36 180")
    )
    keys = tmp_path / "keys.csv"
    gone = {k for k, v in shown(once).items() if v is None}
    geo, activity = next(k for k in shown(once) if k not in gone and "TOTAL" not in k)
    keys.write_text(f"geo,activity\n{geo},{activity}\n")
    found = hansa.protect(once.table, keys=keys)
    assert gone < {k for k, v in shown(found).items() if v is None}
    left = hansa.protect(found.table.replace_schema_metadata(None), keys=keys, audit=True,
                         describe=SPEC)  # fmt: skip
    assert (geo, activity) not in places(left)


def test_the_account_lists_every_hidden_cell_with_the_reason():
    table = facts("A B TOTAL\nR1 60 40c 100\nR2 20 10 30\nTOTAL 80 50 130")
    found = protected(table)
    (year,) = found.report["years"]
    gone = {k for k, v in shown(found).items() if v is None}
    assert {(c["geo"], c["activity"]) for c in year["cells"]} == gone
    why = {(c["geo"], c["activity"]): c["why"] for c in year["cells"]}
    assert why.pop(("R1", "B")) == "confidential"
    assert set(why.values()) == {"complementary"}
    assert len(why) == year["complementary"] > 0
    totals = {k for k in gone if "TOTAL" in k}
    assert {(c["geo"], c["activity"]) for c in year["cells"] if c["total"]} == totals


def test_cells_hidden_beside_others_are_needed():
    """Publishing any one of them again would reveal a secret: tried one by one."""
    whole, secret = drawn(11, 6, 6, share=0.12)
    frame, keys = frame_of(whole, secret)
    values = shown(protected(frame))
    hidden = np.array([values[k] is None for k in keys]).reshape(whole.shape)
    extra = np.argwhere(hidden & ~secret)
    assert len(extra) > 3
    for at in extra:
        fewer = hidden.copy()
        fewer[tuple(at)] = False
        widths = []
        for p in zip(*np.nonzero(secret), strict=True):
            low, high = attack(whole, fewer, p)
            widths.append(high - low >= max(1.0, 0.1 * whole[p]) - 1e-6)
        assert not all(widths)
