"""Nothing confidential follows from all panels together: an attacker who tries finds nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from attacker import Attack
from model_firms import model_rows

from hansa.facts.firms import Choices, joint, together, windows
from hansa.facts.firms.definitions import OF
from hansa.facts.firms.joint import sums_of
from hansa.facts.firms.moves import Moves
from hansa.facts.firms.panels import Told
from hansa.facts.firms.run import _counted, _engine
from hansa.facts.firms.tallies import Grid
from hansa.facts.firms.together import Proofs
from hansa.facts.firms.windows import Safe, _Work, protect
from hansa.sources.spec import FactsSpec


def attacked(tmp_path: Path, seed: int, firms: int, **made: object) -> tuple[int, list[str]]:
    """How many hidden numbers are confidential, and those that an attacker finds out."""
    drop, naive = made.pop("drop", ()), made.pop("naive", False)
    years = made.pop("years")
    table = model_rows(firms, seed, years=years, geos=3, units=2, money=False, **made)
    path = tmp_path / "rows.parquet"
    pq.write_table(table.drop_columns(list(drop)), path)
    choices = Choices()
    with _engine(tmp_path, 1) as engine:
        rows, histories, tallies = _counted(
            engine, [path], ("geo", "activity"), None, FactsSpec(), choices
        )
    grid = Grid(histories.geos, histories.units)
    guard = _only_confidential if naive else protect
    told = Told(grid, years, tallies, guard(tallies, grid, years, choices), rows.scale)
    truth = {k: t.value.astype(float) for k, t in tallies.items() if k[0] in OF}
    shown = {k: told.shown(*k).value for k in truth}
    for key, values in shown.items():
        there = ~np.isnan(values)
        np.testing.assert_array_equal(values[there], truth[key][there])
    attack = Attack(truth, shown, "birth" not in drop)
    low, high = attack.intervals()
    found, secrets = [], 0
    for (name, t, i, j), at in attack.place.items():
        value = attack.value[at]
        assert low[at] - 1e-6 <= value <= high[at] + 1e-6
        count = not OF[name].magnitude
        tally = tallies[name, t]
        # What cannot be counted is published by nobody, nor is its true value known here.
        if tally.missing[i, j]:
            continue
        whole = _whole(tallies, name, t, i, j)
        two = int(tally.largest[i, j] + tally.second[i, j])
        few = tally.contributors[i, j] in (1, 2) or (value > 0 and two > 0.85 * value)
        # None of one or two: the whole is hidden and asked for itself.
        small = count and (
            0 < value < 3 or (whole is not None and value > 0 and 0 < whole - value < 3)
        )
        if not small and not (not count and few):
            continue
        secrets += 1
        needed = 2.0 if count else max(1.0, 0.1 * value)
        if high[at] - low[at] < needed - 1e-6:
            found.append(f"{name} {t} {i},{j}: {value} in {low[at]:.2f} to {high[at]:.2f}")
    return secrets, found


def _only_confidential(tallies, grid, years, choices) -> Safe:  # type: ignore[no-untyped-def]
    """What many do: leave empty what is confidential, and publish the rest."""
    work = _Work(tallies, choices, sums_of(grid.shape, (True, True)), years)
    return Safe(work.hidden)


def _whole(tallies: dict, name: str, t: int, i: int, j: int) -> float | None:
    within = OF[name].within
    back = int(name[-1]) if name.startswith("survivors") else 0
    table = tallies.get((within, t - back)) if within else None
    return None if table is None or table.missing[i, j] else float(table.value[i, j])


SHORT, LONG = tuple(range(2013, 2017)), tuple(range(2010, 2018))
DATES = ("birth", "death")


@pytest.mark.parametrize(
    ("seed", "firms", "moving", "years", "drop"),
    [
        pytest.param(2, 400, 0.0, SHORT, (), marks=pytest.mark.slow),
        (3, 120, 0.0, SHORT, ()),
        (4, 250, 0.02, SHORT, DATES),
        # Hidden survivors of one cohort bound each other here.
        pytest.param(389853, 500, 0.0, LONG, (), marks=pytest.mark.long),
        pytest.param(1, 600, 0.0, LONG, DATES, marks=pytest.mark.slow),
        pytest.param(2, 600, 0.0, LONG, (), marks=pytest.mark.long),
        pytest.param(3, 150, 0.0, LONG, (), marks=pytest.mark.long),
        pytest.param(4, 150, 0.02, LONG, DATES, marks=pytest.mark.long),
        pytest.param(5, 2000, 0.02, LONG, (), marks=pytest.mark.long),
        pytest.param(6, 300, 0.0, LONG, (), marks=pytest.mark.long),
        pytest.param(7, 1000, 0.0, LONG, DATES, marks=pytest.mark.long),
    ],
)
def test_attacker_finds_nothing(
    tmp_path: Path,
    seed: int,
    firms: int,
    moving: float,
    years: tuple[int, ...],
    drop: tuple[str, ...],
) -> None:
    secrets, found = attacked(
        tmp_path, seed, firms, moving=moving, pausing=0.0, drop=drop, years=years
    )
    assert secrets > 3
    assert found == []


@pytest.mark.parametrize("without", ["moves", "programmes"])
def test_attacker_finds_nothing_whichever_way_the_proofs_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without: str
) -> None:
    if without == "moves":
        monkeypatch.setattr(Moves, "run", lambda _: None)
        monkeypatch.setattr(Moves, "more", lambda *_: None)
    else:
        monkeypatch.setattr(together, "SMALL", 0)
        monkeypatch.setattr(together, "MANY", 0)
    secrets, found = attacked(tmp_path, 3, 120, moving=0.0, pausing=0.0, years=SHORT)
    assert secrets > 3
    assert found == []


def test_attacker_finds_much_where_only_confidential_cells_are_hidden(tmp_path: Path) -> None:
    secrets, found = attacked(tmp_path, 2, 400, moving=0.0, pausing=0.0, years=SHORT, naive=True)
    assert len(found) > secrets / 4


@pytest.mark.long
@pytest.mark.parametrize("seed", range(300))
def test_attacker_finds_nothing_in_random_registers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    # Every second one as if it were large.
    monkeypatch.setattr(together, "SMALL", 3000 * (seed % 2))
    monkeypatch.setattr(together, "MANY", 12_000 * (seed % 2))
    rng = np.random.default_rng(seed)
    firms = int(rng.choice([40, 60, 120, 250, 500, 900]))
    pausing, moving = float(rng.choice([0, 0.03])), float(rng.choice([0, 0, 0.02]))
    missing = float(rng.choice([0, 0, 0.01]))
    drop = [(), DATES, ("birth",), ("death",)][int(rng.integers(4))]
    years = LONG if rng.random() < 0.5 else SHORT
    _, found = attacked(
        tmp_path, seed, firms, moving=moving, pausing=pausing, missing=missing,
        drop=drop, years=years,
    )  # fmt: skip
    assert found == []


@pytest.mark.parametrize(
    "weak",
    ["lock", *(pytest.param(w, marks=pytest.mark.slow) for w in ("rests", "relations"))],
)
def test_attacker_sees_a_weakened_gate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weak: str
) -> None:
    if weak == "lock":
        monkeypatch.setattr(windows, "lock_together", lambda *_: Proofs())
    elif weak == "rests":
        monkeypatch.setattr(_Work, "_rest", lambda *_: None)
    else:
        monkeypatch.setattr(joint, "_relations", lambda *_: iter(()))
    made = {"moving": 0.0, "pausing": 0.0, "years": SHORT}
    assert any(attacked(tmp_path, seed, 250, **made)[1] for seed in range(2, 12))
