"""Every confidential number keeps its proof: other tables that agree with all that is published.

The other tables are built from what the lock found and checked against the counts themselves, by
the definitions alone; an outsider with a solver tries the panels, too.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from model_firms import model_rows
from outsider import COUNTS, Outsider
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from hansa.facts.firms import Choices, Machine, firm_panels, together
from hansa.facts.firms.definitions import OF
from hansa.facts.firms.lock import Lock
from hansa.facts.firms.moves import Move, Moves, Turn
from hansa.facts.firms.panels import Told
from hansa.facts.firms.rectangles import Seen, _Rectangles, _signs
from hansa.facts.firms.run import _counted, _engine
from hansa.facts.firms.tallies import Grid, Tally
from hansa.facts.firms.windows import protect
from hansa.sources.spec import FactsSpec

SHORT, LONG = tuple(range(2013, 2017)), tuple(range(2010, 2018))
DATES = ("birth", "death")
LIFE = ("entry", *(f"survivors_{k}" for k in range(1, 6)))
PARTS = {"entry": "firms", "exit": "firms", "young": "firms", "young_employment": "employment",
         "high_growth": "growth_base", "gazelles": "high_growth"}  # fmt: skip

Tables = dict[tuple[str, int], np.ndarray]


def counted(tmp_path: Path, seed: int, firms: int, **made: object) -> tuple[Grid, dict, object]:
    drop, years = made.pop("drop", ()), made.pop("years", SHORT)
    path = tmp_path / "rows.parquet"
    table = model_rows(firms, seed, years=years, money=False, **made)
    pq.write_table(table.drop_columns(list(drop)), path)
    with _engine(tmp_path, 1) as engine:
        _, histories, tallies = _counted(
            engine, [path], ("geo", "activity"), None, FactsSpec(), Choices()
        )
    return Grid(histories.geos, histories.units), tallies, histories


def proven(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, firms: int, **made: object
) -> int:
    """Protect a register and check every set of tables that the lock takes for a proof.

    A number may stay narrower only where it does so with nothing published at all.

    Gives back how many numbers are confidential.
    """
    grid, tallies, histories = counted(tmp_path, seed, firms, **made)
    shifts = kept(monkeypatch)
    safe = protect(tallies, grid, histories.years, Choices())
    told = Told(grid, histories.years, tallies, safe, {})
    truth = {k: t.value.astype(float) for k, t in tallies.items() if k[0] in OF}
    low, high = ({k: v.copy() for k, v in truth.items()} for _ in range(2))
    for lock, shift in shifts:
        other = {k: v + shift[lock.joint.block(k)].reshape(v.shape) for k, v in truth.items()}
        if all((low[k] <= v).all() and (v <= high[k]).all() for k, v in other.items()):
            continue
        agrees(other, truth, told)
        for k, v in other.items():
            np.minimum(low[k], v, out=low[k])
            np.maximum(high[k], v, out=high[k])
    assert safe.proofs.unproven == 0
    secrets, narrow = 0, []
    for key in truth:
        needed = least_width(key, tallies)
        secrets += int((needed > 0).sum())
        less = zip(*np.nonzero(high[key] - low[key] < needed), strict=True)
        narrow += [(key, cell, needed[cell]) for cell in less]
    assert len(narrow) <= safe.proofs.known
    for key, cell, needed in narrow:
        assert unpublished(truth, key, cell, needed) < needed, (key, cell)
    return secrets


def unpublished(truth: Tables, key: tuple[str, int], cell: tuple[int, int], most: float) -> float:
    """How wide a number is, `most` at most, for whom no panel tells anything.

    By the definitions below: what moved or came back is known, and places without a firm are.
    """
    keys = sorted(truth)
    value = np.concatenate([truth[k].ravel() for k in keys])
    empty = np.concatenate([(truth["firms", t] == 0).ravel() for _, t in keys]) & (value == 0)
    at = keys.index(key) * truth[key].size + int(np.ravel_multi_index(cell, truth[key].shape))
    least, greatest = np.zeros(value.size), np.where(empty, 0.0, np.inf)
    least[at], greatest[at] = max(0.0, value[at] - most), value[at] + most
    ends, all_that_holds = [], relations(truth, keys)
    for way in (1.0, -1.0):
        cost = np.zeros(value.size)
        cost[at] = way
        found = milp(
            cost,
            integrality=np.ones(value.size),
            bounds=Bounds(least, greatest),
            constraints=all_that_holds,
        )
        assert found.status == 0, found.message
        ends.append(round(found.fun) * way)
    return min(most, ends[1] - ends[0])


def relations(truth: Tables, keys: list[tuple[str, int]]) -> LinearConstraint:
    """What holds of all tables in every register: `sums`, `orders`, `reasons`, and totals."""
    shape = truth[keys[0]].shape
    every_cell = sparse.identity(truth[keys[0]].size)
    rows, low, high = [], [], []
    for held, open_above in ((sums, False), (orders, True), (reasons, True)):
        # What a relation takes of a table is what it gives where that table alone is 1.
        ones = ({k: np.full(shape, float(k == own)) for k in keys} for own in keys)
        weights = np.array([[made.flat[0] for made in held(one)] for one in ones]).T
        for weight, values in zip(weights, held(truth), strict=True):
            there = values.ravel()
            at = np.flatnonzero(there >= 0) if open_above else np.arange(there.size)
            rows.append(sparse.kron(weight[None, :], every_cell, format="csr")[at])
            low.append(np.zeros(at.size) if open_above else there[at])
            high.append(np.full(at.size, np.inf) if open_above else there[at])
    down, across = (sparse.csr_matrix(np.r_[np.ones(n - 1), -1.0]) for n in shape)
    for parts in ((down, sparse.identity(shape[1])), (sparse.identity(shape[0]), across)):
        rows.append(sparse.kron(sparse.identity(len(keys)), sparse.kron(*parts)))
        low.append(np.zeros(rows[-1].shape[0]))
        high.append(low[-1])
    return LinearConstraint(
        sparse.vstack(rows, format="csr"), np.concatenate(low), np.concatenate(high)
    )


def kept(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Lock | Moves, np.ndarray]]:
    """Every set of tables taken for a proof, as shifts of all columns."""
    shifts: list[tuple[Lock | Moves, np.ndarray]] = []
    now: list[tuple[Moves, Move]] = []
    seen, prove, make = Lock._seen, Moves._prove, Moves._make
    see, add = _Rectangles._see, Seen.add

    def by_lock(self: Lock, shift: np.ndarray) -> None:
        if shift.any():
            shifts.append((self, shift))
        seen(self, shift)

    def by_move(times: np.ndarray) -> None:
        work, move = now[-1]
        table = np.zeros(work.value.shape)
        table[move.tables] = move.by[:, None] * times.ravel()
        shifts.append((work, table.ravel()))

    def proving(self: Moves, move: Move, far: bool = False) -> None:
        now.append((self, move))
        prove(self, move, far)

    def four(self: _Rectangles, *at: np.ndarray) -> None:
        for i, j, k, m in zip(*at, strict=True):
            one = _Rectangles(self.free, self.up, self.down, self.need)
            see(one, *(np.array([n]) for n in (i, j, k, m)))
            sign = _signs(self.need.shape)
            for turned in (1, -1):
                turn = np.zeros(sign.shape)
                for way, cell in ((1, (i, j)), (1, (k, m)), (-1, (i, m)), (-1, (k, j))):
                    turn[cell] = (one.rise if way * turned > 0 else -one.fall)[cell]
                by_move(turn * sign)
        see(self, *at)

    def many(self: Seen, at: np.ndarray, shift: np.ndarray) -> None:
        times = np.zeros(self.rise.size)
        times[at] = shift
        by_move(times)
        add(self, at, shift)

    def turning(self: Moves, move: Move, turn: Turn) -> None:
        now.append((self, move))
        cells, ways = turn.at.cells, turn.at.ways * np.sign(turn.times)
        for way, plus, minus in ((1, move.forward, move.back), (-1, move.back, move.forward)):
            most = np.where(ways > 0, plus[cells], minus[cells]).min()
            times = np.zeros(self.joint.size)
            times[cells] = way * ways * (abs(turn.times) if np.isinf(most) else most)
            by_move(times)
        make(self, move, turn)

    monkeypatch.setattr(Lock, "_seen", by_lock)
    monkeypatch.setattr(Moves, "_prove", proving)
    monkeypatch.setattr(Moves, "_make", turning)
    monkeypatch.setattr(_Rectangles, "_see", four)
    monkeypatch.setattr(Seen, "add", many)
    return shifts


def agrees(other: Tables, truth: Tables, told: Told) -> None:
    """Other tables tell what is published, add up, and are tables of firms as much as the true."""
    for key, values in other.items():
        shown = told.shown(*key).value
        there = ~np.isnan(shown)
        np.testing.assert_array_equal(values[there], shown[there])
        assert (values >= 0).all()
        assert (values == np.round(values)).all()
        np.testing.assert_array_equal(values[:-1].sum(axis=0), values[-1])
        np.testing.assert_array_equal(values[:, :-1].sum(axis=1), values[:, -1])
    for mine, first in zip(sums(other), sums(truth), strict=True):
        np.testing.assert_array_equal(mine, first)
    for held in (orders, reasons):
        for mine, first in zip(held(other), held(truth), strict=True):
            assert (mine[first >= 0] >= 0).all()


def sums(of: Tables) -> list[np.ndarray]:
    """What must come out the same: what moved or came back is taken for known."""
    found = []
    for t in sorted({t for _, t in of}):
        for terms in (
            ((1, "firms", t), (-1, "firms", t - 1), (-1, "entry", t), (1, "exit", t - 1)),
            ((1, "employment", t), (-1, "employment", t - 1), (-1, "jobs_entry", t),
             (-1, "jobs_expansion", t), (1, "jobs_contraction", t), (1, "jobs_exit", t)),
            ((1, "young", t), *((-1, name, t) for name in LIFE)),
        ):  # fmt: skip
            if all((name, u) in of for _, name, u in terms):
                found.append(np.sum([w * of[name, u] for w, name, u in terms], axis=0))
    return found


def orders(of: Tables) -> list[np.ndarray]:
    """What is zero or more, unless it is not in truth."""
    found = []
    for name, t in sorted(of):
        back = int(name[-1]) if name.startswith("survivors") else 0
        whole = ("entry", t - back) if back else (PARTS.get(name, ""), t)
        if whole in of:
            found.append(of[whole] - of[name, t])
        if name == "growth_base" and ("firms", t - 3) in of:
            found += [of["firms", t - 3] - of[name, t], of["firms", t] - of[name, t]]
        if name == "employment":
            found.append(of[name, t] - of["firms", t])
    for t in sorted({t for _, t in of}):
        for before, after in pairwise(LIFE):
            if (before, t - 1) in of and (after, t) in of:
                gone = of[before, t - 1] - of[after, t]
                found.append(gone)
                if ("exit", t - 1) in of:
                    found.append(of["exit", t - 1] - gone)
        there = [of[name, t] for name in LIFE if (name, t) in of]
        if there and ("firms", t) in of:
            found.append(of["firms", t] - np.sum(there, axis=0))
    return found


def reasons(of: Tables) -> list[np.ndarray]:
    """What is zero or more by who can have grown, and by jobs, unless it is not in truth."""
    found = []
    for t in sorted({t for _, t in of}):
        base, late = ("growth_base", t), [(-1, name, t) for name in LIFE[:4]]
        for terms in (
            ((1, "firms", t - 3), (-1, *base), (-1, "exit", t - 3)),
            ((1, "firms", t - 3), (-1, *base), (-1, "entry", t - 3)),
            ((1, "firms", t), (-1, *base), *late),
            ((1, "survivors_4", t), (1, "survivors_5", t), (-1, "gazelles", t)),
            ((1, "employment", t - 3), (-1, "firms", t - 3), (-9, *base)),
            ((1, "employment", t), (-1, "firms", t), (-13, "high_growth", t)),
            (*((1, "jobs_expansion", u) for u in range(t - 2, t + 1)), (-4, "high_growth", t)),
            ((1, "young_employment", t), (-1, "young", t), (-13, "gazelles", t)),
            ((1, "jobs_entry", t), (-1, "entry", t)),
            ((1, "jobs_exit", t), (-1, "exit", t - 1)),
            ((1, "employment", t), (-1, "young_employment", t), (-1, "firms", t), (1, "young", t)),
        ):
            if all((name, u) in of for _, name, u in terms):
                found.append(np.sum([w * of[name, u] for w, name, u in terms], axis=0))
    return found


def least_width(key: tuple[str, int], tallies: dict[tuple[str, int], Tally]) -> np.ndarray:
    """By the words of the how-to page: what has to stay open of each number, 0 for nothing."""
    name, t = key
    tally = tallies[key]
    value = tally.value.astype(float)
    if OF[name].magnitude:
        two = tally.largest + tally.second
        few = (tally.contributors > 0) & (tally.contributors < 3)
        few |= (value > 0) & (two > 0.85 * value)
        few |= (value > 0) & (value - two < 0.1 * tally.largest)
        return np.where(few & ~tally.missing, np.maximum(1.0, 0.1 * value), 0.0)
    few = (value > 0) & (value < 3)
    back = int(name[-1]) if name.startswith("survivors") else 0
    whole = tallies.get(("entry", t - back) if back else (PARTS.get(name, ""), t))
    if whole is not None:
        rest = whole.value - value
        few |= (value > 0) & (rest > 0) & (rest < 3) & ~whole.missing
    return np.where(few & ~tally.missing, 2.0, 0.0)


@pytest.mark.parametrize(
    ("seed", "firms", "made", "local"),
    [
        (3, 80, {"geos": 2, "units": 2, "moving": 0.0, "pausing": 0.0}, False),
        (4, 2000, {"geos": 6, "units": 4, "drop": DATES}, True),
        pytest.param(5, 900, {"geos": 4, "units": 3, "years": LONG}, True, marks=pytest.mark.long),
    ],
)
def test_every_proof_agrees_with_all_that_is_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, firms: int, made: dict, local: bool
) -> None:
    if local:
        monkeypatch.setattr(together, "SMALL", 0)
        monkeypatch.setattr(together, "NEAR", (2,))
        monkeypatch.setattr(together, "MANY", 0)
    assert proven(tmp_path, monkeypatch, seed, firms, **made) > 20


@pytest.mark.long
def test_a_lock_that_forgets_a_relation_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hansa.facts.firms.joint._cohorts", lambda _: iter(()))
    with pytest.raises(AssertionError):
        proven(tmp_path, monkeypatch, 3, 120, geos=3, units=2, moving=0.0, pausing=0.0)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(200))
def test_every_proof_in_random_registers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    monkeypatch.setattr(together, "SMALL", int(rng.choice([0, 3000])))
    monkeypatch.setattr(together, "NEAR", (int(rng.integers(1, 5)),))
    firms = int(rng.choice([60, 150, 500, 2000]))
    proven(
        tmp_path, monkeypatch, seed, firms, geos=int(rng.integers(2, 8)),
        units=int(rng.integers(2, 6)), years=(SHORT, LONG)[int(rng.integers(2))],
        drop=((), DATES)[int(rng.integers(2))], moving=float(rng.choice([0, 0.02])),
        pausing=float(rng.choice([0, 0.03])), missing=float(rng.choice([0, 0, 0.01])),
    )  # fmt: skip


@pytest.mark.parametrize("seed", [12, 80])
def test_what_follows_from_firms_that_came_back_withholds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    made = {"geos": 2, "units": 2, "moving": 0.0, "pausing": 0.1}
    grid, tallies, histories = counted(tmp_path, seed, 12, **made)
    did = protect(tallies, grid, histories.years, Choices()).proofs
    assert did.known > 0
    assert not did.withheld
    assert proven(tmp_path, monkeypatch, seed, 12, **made) > 20


def test_without_any_proof_nothing_is_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lock, "many", lambda *_: None)
    monkeypatch.setattr(Lock, "more", lambda *_: None)
    monkeypatch.setattr(Moves, "run", lambda _: None)
    monkeypatch.setattr(Moves, "more", lambda *_: None)
    grid, tallies, histories = counted(tmp_path, 3, 60, geos=2, units=2, years=SHORT[:3])
    safe = protect(tallies, grid, histories.years, Choices())
    assert safe.proofs.unproven == safe.proofs.confidential > 0
    assert all(mask.all() for mask in safe.hidden.values())


def outside(tmp_path: Path, seed: int, most: int, **made: object) -> tuple[int, list[str]]:
    """How many confidential counts were tried, and those told to fewer than three numbers."""
    drop = made.pop("drop", ())
    path = tmp_path / "rows.parquet"
    table = model_rows(made.pop("firms"), seed, moving=0.0, pausing=0.0, money=False, **made)
    pq.write_table(table.drop_columns(list(drop)), path)
    with _engine(tmp_path, 1) as engine:
        *_, tallies = _counted(engine, [path], ("geo", "activity"), None, FactsSpec(), Choices())
    panels = firm_panels([path], machine=Machine(tmp_path, 1))
    shown = Outsider({name: panels[name].rows() for name in panels})
    geos = {g: i for i, g in enumerate(shown.geos)}
    units = {a: j for j, a in enumerate(shown.units)}
    secret = [
        (key, float(tallies[key[:2]].value[geos[key[2]], units[key[3]]]))
        for key in shown.place
        if key[0] in COUNTS and least_width(key[:2], tallies)[geos[key[2]], units[key[3]]] > 0
    ]
    found = []
    for i in np.random.default_rng(seed).permutation(len(secret))[:most]:
        key, value = secret[i]
        low, high = shown.interval(key)
        assert low - 1e-5 <= value <= high + 1e-5, key
        if np.floor(high + 1e-5) - np.ceil(low - 1e-5) < 2:
            found.append(f"{key}: {value} in {low:.2f} to {high:.2f}")
    return min(most, len(secret)), found


def test_outsider_learns_nothing(tmp_path: Path) -> None:
    tried, found = outside(tmp_path, 3, 6, firms=80, geos=2, units=2, years=SHORT)
    assert tried == 6
    assert found == []


@pytest.mark.long
@pytest.mark.parametrize("seed", range(200))
def test_outsider_learns_nothing_in_random_registers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    rng = np.random.default_rng(10_000 + seed)
    monkeypatch.setattr(together, "SMALL", int(rng.choice([0, 3000])))
    monkeypatch.setattr(together, "NEAR", (int(rng.integers(1, 5)),))
    _, found = outside(
        tmp_path, seed, 60, firms=int(rng.choice([30, 60, 120, 300, 700])),
        geos=int(rng.integers(2, 5)), units=int(rng.integers(2, 4)),
        years=tuple(range(2011, 2011 + int(rng.integers(4, 9)))),
        drop=((), DATES)[int(rng.integers(2))],
    )  # fmt: skip
    assert found == []
