"""Real tables protected through the command line, and attacked by programmes written here."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog
from scipy.sparse import coo_matrix
from typer.testing import CliRunner

from hansa.cli import app

pytestmark = pytest.mark.data


def ran(*arguments):
    return CliRunner().invoke(app, ["protect", *map(str, arguments)])


def equations(frame):
    """Every sum of a table of classes, divisions and totals, as (whole, parts) of its rows."""
    at = {(r.geo, r.activity): i for i, r in enumerate(frame.itertuples())}
    found = []
    for (geo, activity), whole in at.items():
        if activity == "TOTAL":
            parts = [a for g, a in at if g == geo and len(a) == 2]
        elif len(activity) == 2:
            parts = [a for g, a in at if g == geo and len(a) == 5 and a.startswith(activity)]
        else:
            parts = []
        found += [(whole, [at[geo, a] for a in parts])] if parts else []
        if geo == "TOTAL":
            found.append((whole, [i for (g, a), i in at.items() if a == activity and g != "TOTAL"]))
    return found


class Attacker:
    """Knows what is published and that sums hold."""

    def __init__(self, truth, hidden, sums):
        self.column = np.cumsum(hidden) - 1
        self.size = int(hidden.sum())
        rows, columns, signs, right = [], [], [], []
        for whole, parts in sums:
            if not (hidden[whole] or hidden[parts].any()):
                continue
            k = len(right)
            known = (
                truth[whole] * (not hidden[whole])
                - truth[[p for p in parts if not hidden[p]]].sum()
            )
            right.append(known)
            own = [(p, 1) for p in parts if hidden[p]] + [(whole, -1)] * bool(hidden[whole])
            rows += [k] * len(own)
            columns += [self.column[p] for p, _ in own]
            signs += [s for _, s in own]
        self.a = coo_matrix((signs, (rows, columns)), (len(right), self.size)).tocsr()
        self.b = np.array(right, float)

    def width(self, cell):
        cost = np.zeros(self.size)
        cost[self.column[cell]] = 1
        low = linprog(cost, A_eq=self.a, b_eq=self.b, bounds=(0, None))
        high = linprog(-cost, A_eq=self.a, b_eq=self.b, bounds=(0, None))
        assert low.status == 0
        return np.inf if high.status == 3 else -high.fun - low.fun


@pytest.mark.long
def test_a_year_of_great_britain(hansa_data, tmp_path):
    """39 regions x 525 classes in divisions; cells of fewer than five local units are hidden."""
    folder = hansa_data / "employment"
    jobs = pd.read_parquet(folder / "uk_bres_nuts2_sic4_2015_2018.parquet")
    units = pd.read_parquet(folder / "uk_idbr_nuts2_sic4_2016_2018.parquet")
    keys = ["year", "geo", "sic4"]
    jobs, units = (t.astype({"geo": str, "sic4": str}) for t in (jobs, units))
    own = jobs[jobs.year == 2016].merge(units[[*keys, "local_units"]], on=keys)
    own["activity"] = own.sic4.str[:2] + "." + own.sic4.str[2:]
    own = own.rename(columns={"year": "time", "local_units": "establishments"})
    own = own[["geo", "activity", "time", "employment", "establishments"]]
    whole = [own, own.assign(activity=own.activity.str[:2]), own.assign(activity="TOTAL")]
    table = pd.concat(whole).groupby(["geo", "activity", "time"], as_index=False).sum()
    national = table.groupby(["activity", "time"], as_index=False)[
        ["employment", "establishments"]
    ].sum()
    table = pd.concat([table, national.assign(geo="TOTAL")], ignore_index=True)
    table.to_csv(tmp_path / "uk.csv", index=False)

    few = (table.establishments < 5) & ~((table.establishments == 0) & (table.employment == 0))
    described = ["--classification", "nace:2", "--geography", "nuts:2013", "--fewest", 5]
    described += ["--absent-rows", "unknown"]
    result = ran(
        tmp_path / "uk.csv",
        *described,
        "--out",
        tmp_path / "s.csv",
        "--report",
        tmp_path / "r.json",
    )
    assert result.exit_code == 0, result.output
    (year,) = json.loads((tmp_path / "r.json").read_text())["years"]
    assert year["primary"] == few.sum() == 1102
    assert len(year["exposed_before"]) == 521
    assert year["complementary"] < 600

    safe = pd.read_csv(tmp_path / "s.csv", dtype={"activity": str})
    both = table.merge(safe, on=["geo", "activity", "time"], suffixes=("", "_safe"))
    assert len(both) == len(table)
    hidden = both.employment_safe.isna().to_numpy()
    assert hidden.sum() == year["primary"] + year["complementary"]
    assert (both.employment == both.employment_safe)[~hidden].all()
    secret = (both.establishments < 5) & ~((both.establishments == 0) & (both.employment == 0))
    assert hidden[secret].all()
    truth = both.employment.to_numpy(float)
    attacker = Attacker(truth, hidden, equations(both))
    for cell in np.random.default_rng(1).choice(np.flatnonzero(secret), 25, replace=False):
        assert attacker.width(cell) >= max(1.0, 0.1 * truth[cell]) - 1e-6
    naive = Attacker(truth, secret.to_numpy(), equations(both))
    exposed = {(e["geo"], e["activity"]) for e in year["exposed_before"]}
    for cell in np.random.default_rng(2).choice(np.flatnonzero(secret), 25, replace=False):
        narrow = naive.width(cell) < max(1.0, 0.1 * truth[cell]) - 1e-6
        assert narrow == ((both.geo[cell], both.activity[cell]) in exposed)


def test_a_year_of_new_york(hansa_data, tmp_path):
    """Cells of fewer than four establishments among the printed ones, beside what is absent."""
    path = hansa_data / "employment" / "us_ny_counties_naics3_2000_2008.parquet"
    told = ["--where", "time=2005", "--absent-rows", "unknown"]
    told += ["--table", "total=TOTAL|New York State", "--fewest", 4]
    result = ran(path, *told, "--out", tmp_path / "s.csv", "--report", tmp_path / "r.json")
    assert result.exit_code == 0, result.output
    frame = pd.read_parquet(path)
    frame = frame[frame.time == 2005]
    few = (frame.establishments < 4) & ~(
        (frame.establishments == 0) & (frame.employment == 0) & (frame.payroll == 0)
    )
    (year,) = json.loads((tmp_path / "r.json").read_text())["years"]
    assert year["primary"] == few.sum() == 163
    safe = pd.read_csv(tmp_path / "s.csv", dtype=str)
    assert len(safe) == len(frame)
    assert safe.employment.isna().sum() == safe.payroll.isna().sum()
    assert safe.employment.isna().sum() == year["primary"] + year["complementary"]
    assert safe.establishments.notna().all()
    # The absent rows of the office hide these cells too: nothing has to be added.
    assert year["complementary"] == 0
    assert ran(path, *told).exit_code == 0
