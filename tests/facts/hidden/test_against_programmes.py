"""Intervals against an independent formulation, and against every table there could be."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.optimize import linprog

import hansa
from hansa.facts.hidden.intervals import intervals_of
from hansa.facts.hidden.system import System as Sums
from hansa.solve import Polytope, ranges
from tables import REASON, Truth, cell, fill, masked, truth, widest


def ends(found: pd.DataFrame, key: tuple[str, str]) -> tuple[float, float]:
    low, high = cell(found, *key)
    return low, np.inf if np.isnan(high) else high


def compare(seed: int, step: float, scale: float = 1.0) -> None:
    """One random table under a random mask: every interval is that of two programmes a cell."""
    rng = np.random.default_rng(seed)
    made = truth(rng, step * 3)
    shrink = 3.0 if step else 1.0
    made = Truth(
        *({k: v / shrink * scale for k, v in d.items()} for d in (made.exact, made.printed))
    )
    hidden = masked(rng, made.keys, rng.uniform(0.1, 0.8))
    known = {k: made.printed[k] / scale for k in made.keys if k not in hidden}
    found = fill(made.table(hidden), tolerance="rounded" if step else "exact")
    for key, (low, high) in widest(known, 0.5 if step else 0.0).items():
        # Numbers are whole, and so are the ends of their intervals.
        low, high = np.ceil(low - 1e-6) * scale, np.floor(high + 1e-6) * scale
        assert ends(found, key) == pytest.approx((low, high), rel=1e-6, abs=1e-6), (seed, key)
        assert ends(found, key)[0] <= made.printed[key] <= ends(found, key)[1]


@pytest.mark.parametrize("seed", range(3))
def test_interval_is_that_of_two_programmes_a_cell(seed: int) -> None:
    compare(seed, 0.0)


@pytest.mark.parametrize("seed", range(3))
def test_the_same_where_every_number_is_rounded_on_its_own(seed: int) -> None:
    compare(100 + seed, 1.0)


@pytest.mark.parametrize("seed", [1, 16])
def test_the_same_in_a_table_of_billions(seed: int) -> None:
    """Wages come in such numbers; the tolerances of a solver are made for smaller ones."""
    compare(seed, 0.0, 1e9)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(200))
def test_many_tables(seed: int) -> None:
    compare(seed, float(seed % 2), [1.0, 1e9][seed % 3 == 2 and seed % 2 == 0])


@pytest.mark.parametrize("seed", range(4))
def test_every_whole_table_there_could_be_lies_within(seed: int) -> None:
    """3 x 3 with all margins: each completion is counted out, and the ends are attained."""
    rng = np.random.default_rng(seed)
    inner = rng.integers(0, 4, (3, 3))
    rows = [("TOTAL", "TOTAL", inner.sum())]
    rows += [("TOTAL", f"G{j}", inner[:, j].sum()) for j in range(3)]
    rows += [(f"A{i}", "TOTAL", inner[i].sum()) for i in range(3)]
    rows += [(f"A{i}", f"G{j}", np.nan) for i in range(3) for j in range(3)]
    data = pd.DataFrame(rows, columns=["activity", "geo", "employment"]).assign(time=2015)
    found = fill(data, {"absent_rows": "unknown"}, tolerance="exact")
    every = []
    for four in itertools.product(range(int(inner.max()) * 3 + 1), repeat=4):
        whole = np.zeros((3, 3), int)
        whole[:2, :2] = np.reshape(four, (2, 2))
        whole[:2, 2] = inner[:2].sum(axis=1) - whole[:2, :2].sum(axis=1)
        whole[2] = inner.sum(axis=0) - whole[:2].sum(axis=0)
        if (whole >= 0).all():
            every.append(whole)
    least, most = np.min(every, axis=0), np.max(every, axis=0)
    for i, j in itertools.product(range(3), range(3)):
        assert cell(found, f"A{i}", f"G{j}") == (least[i, j], most[i, j])


@pytest.mark.parametrize(("step", "seed"), [(0.0, 1), (0.0, 2), (1.0, 3), (1.0, 4)])
def test_showing_one_more_cell_widens_no_interval(step: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = truth(rng, step)
    hidden = masked(rng, made.keys, 0.6)
    how = "rounded" if step else "exact"
    before = fill(made.table(hidden), tolerance=how, prior="")
    for shown in sorted(hidden)[::9]:
        after = fill(made.table(hidden - {shown}), tolerance=how, prior="")
        for key in hidden - {shown}:
            (low, high), (wide_low, wide_high) = ends(after, key), ends(before, key)
            assert wide_low <= low
            assert high <= wide_high


def test_decimal_numbers_do_not_contradict_each_other() -> None:
    """0.1 + 0.2 is not 0.3 to the last bit."""
    data = pd.DataFrame(
        [("A", "G0", 0.1), ("A", "G1", 0.2), ("A", "TOTAL", 0.3), ("B", "G0", np.nan),
         ("B", "G1", 0.7), ("B", "TOTAL", 1.1)],
        columns=["activity", "geo", "payroll"],
    ).assign(time=2015)  # fmt: skip
    found = hansa.fill(data, reason=REASON, describe={"absent_rows": "unknown"}, tolerance="exact")
    assert found.report["measures"]["payroll"][0]["contradictions"] == []
    row = found.table.to_pandas().set_index(["activity", "geo"]).loc[("B", "G0")]
    assert (row.payroll_lower, row.payroll_upper) == pytest.approx((0, 0.4), abs=1e-12)


# --- how exactly sums hold ------------------------------------------------------------------------


def tolerance(value: np.ndarray, hidden: list[tuple[int, int]] = ()) -> str:  # type: ignore[assignment]
    """What is found out about a table of regions (UKC, UKC1, UKC2) x divisions of A, many years."""
    from hansa.facts.fill import Filler
    from hansa.sources.spec import FactsSpec
    from hansa.sources.tabular import read_table

    rows = [
        (["UKC", "UKC1", "UKC2"][j], f"{i + 1:02d}", 2015, np.nan if (i, j) in hidden else v)
        for i, line in enumerate(value)
        for j, v in enumerate(line)
    ]
    data = pd.DataFrame(rows, columns=["geo", "activity", "time", "employment"])
    spec = FactsSpec(geography="nuts:2013", absent_rows="unknown")
    filler = Filler(read_table(data, spec, "employment"))
    return filler.years[2015].tolerance.why


def test_sums_are_exact_where_enough_of_them_are_seen_to_hold() -> None:
    parts = np.random.default_rng(0).integers(1, 50, (30, 2))
    exact = np.column_stack([parts.sum(axis=1), parts])
    assert tolerance(exact, [(0, 1)]).startswith("sums hold exactly in all 29")
    assert tolerance(exact[:15], [(0, 1)]) == "each number is rounded to a whole"


def test_sums_of_nothing_show_nothing() -> None:
    """Families of zeros, or of one part that is the whole, hold however numbers are rounded."""
    value = np.zeros((40, 3))
    value[:5] = [[7, 3, 4]] * 5
    value[5:, :2] = 9
    assert tolerance(value, [(0, 1)]) == "each number is rounded to a whole"


def test_numbers_rounded_to_tens_are_taken_as_such() -> None:
    parts = np.random.default_rng(1).integers(1, 500, (30, 2)).astype(float)
    value = np.column_stack([parts.sum(axis=1), parts])
    value = np.floor(value / 10 + 0.5) * 10
    # A total may be below its parts by the rounding; the reader would refuse more than that.
    value[:, 0] = np.maximum(value[:, 0], value[:, 1:].sum(axis=1))
    assert tolerance(value, [(0, 1)]) == "rounded to 10"


def test_one_axis_says_nothing_of_the_other() -> None:
    """Offices add up activities themselves and round regions: 30 exact sums over activities."""
    rng = np.random.default_rng(3)
    rows = []
    for region in range(30):
        a, b = rng.integers(1, 99, 2)
        geo = f"R{region:02d}"
        rows += [(geo, "A", a + b), (geo, "01", a), (geo, "02", b), (geo, "03", 0)]
    rows += [("TOTAL", "A", np.nan), ("TOTAL", "01", 1500), ("TOTAL", "02", 1500)]
    data = pd.DataFrame(rows, columns=["geo", "activity", "employment"]).assign(time=2015)
    known = {"classification": "nace:2", "absent_rows": "unknown"}
    found = hansa.fill(data, reason=REASON, describe=known)
    assert found.report["measures"]["employment"][0]["sums"] == "each number is rounded to a whole"


def test_programmes_know_when_they_are_beaten() -> None:
    """Two sums that cannot both hold: each is given up by name, none by a rounding error."""
    import scipy.sparse as sparse

    matrix = sparse.csr_matrix(
        np.array([[1.0, 1.0, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]])
    )
    ends_of = np.array([10.0, 10.0, 10.0, 11.0])
    place = np.arange(4)
    sums = Sums(
        matrix, ends_of, ends_of, np.zeros(4), np.full(4, np.inf), place, place, place, (4, 1)
    )
    found = intervals_of(sums)
    assert len(found.contradictions) == 1
    assert found.contradictions[0].miss == pytest.approx(1.0)
    assert (found.system.lower <= 10).all()


def test_sums_with_room_for_just_the_tolerance_of_the_solver_end() -> None:
    """In such a system the primal simplex once went round for ever."""
    rng = np.random.default_rng(7)
    cells, sums = int(rng.integers(20, 300)), 2.5
    matrix = sparse.lil_matrix((int(cells * rng.uniform(0.5, sums)), cells))
    for row in range(matrix.shape[0]):
        first, *others = rng.choice(cells, int(rng.integers(2, 6)), replace=False)
        matrix[row, first] = 1.0
        matrix[row, others] = -1.0
    value = rng.integers(0, 6, cells) * (rng.random(cells) < 0.6)
    own = matrix.tocsc() @ value
    open_above = rng.random(own.size) < rng.uniform(0.2, 0.9)
    low = np.where(open_above, np.minimum(own, 0), own) - 1e-7
    high = np.where(open_above, np.inf, own) + 1e-7
    found = ranges(Polytope(matrix.tocsc(), low, high, np.zeros(cells), np.full(cells, np.inf)))
    sides = sparse.vstack([matrix.tocsr()[~open_above], -matrix.tocsr()])
    limits = np.concatenate([high[~open_above], -low])
    for j in range(0, cells, 20):
        for sign, bound in ((1.0, found.lower[j]), (-1.0, -found.upper[j])):
            cost = np.zeros(cells)
            cost[j] = sign
            best = linprog(cost, sides, limits)
            assert bound == pytest.approx(best.fun if best.status == 0 else -np.inf, abs=1e-5)
