"""A small study with a composite index: eight regions, six indicators, two years."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np

from hansa.web.session import Session

from .conftest import write_study

INDICATORS = """\
code,type,name,unit,parent,direction,weight,source
rd,indicator,Spending on R&D,% of GDP,Knowledge,1,1,made up for tests
patents,indicator,Patent applications,per million,Knowledge,1,1,made up for tests
graduates,indicator,Graduates,%,People,1,2,made up for tests
neet,indicator,Young people without work,%,People,-1,1,made up for tests
broadband,indicator,Fast internet,%,Links,1,1,made up for tests
firms,indicator,New firms,per 1000,Links,1,1,made up for tests
Knowledge,aggregate,Knowledge,,Index,1,1,
People,aggregate,People,,Index,1,1,
Links,aggregate,Links,,Index,1,1,
Index,aggregate,Innovation on the coast,,,1,1,
"""
CODES = ("rd", "patents", "graduates", "neet", "broadband", "firms")
SIGNS = np.array([1.0, 1, 1, -1, 1, 1])
WEIGHTS = np.array([1 / 6, 1 / 6, 2 / 9, 1 / 9, 1 / 6, 1 / 6])
"""Of each indicator in the index: shares multiplied along the tree, by hand."""
DATA = """\
unit,name,year,rd,patents,graduates,neet,broadband,firms
A,Amber,2019,3.1,210,41,6.2,88,4.1
B,Birch,2019,2.2,160,38,7.9,91,3.2
C,Cliff,2019,0.9,35,30,12.5,70,5.0
D,Dune,2019,1.4,60,33,10.1,75,3.9
E,Elm,2019,1.9,95,34,8.8,80,2.8
F,Fjord,2019,2.8,180,45,5.9,93,3.5
G,Grove,2019,0.6,20,27,14.0,66,2.1
H,Heath,2019,1.1,230,29,11.2,72,4.4
A,Amber,2021,3.3,220,42,6.0,90,4.3
B,Birch,2021,2.1,150,39,8.4,92,3.0
C,Cliff,2021,1.2,48,33,11.0,79,5.6
D,Dune,2021,1.5,66,34,9.7,80,4.1
E,Elm,2021,2.0,99,35,8.5,84,2.9
F,Fjord,2021,2.9,185,46,5.6,94,3.6
G,Grove,2021,0.7,24,28,13.2,70,2.4
H,Heath,2021,1.2,240,30,10.8,76,4.6
"""


def write_index(folder: Path) -> Path:
    """The tables of the index in a folder; without a recipe the plain one is run."""
    folder.mkdir(parents=True)
    (folder / "indicators.csv").write_text(INDICATORS)
    (folder / "data.csv").write_text(DATA)
    return folder


def study_with_index(folder: Path) -> Path:
    """The small study with `indices/coast`."""
    write_study(folder)
    write_index(folder / "indices" / "coast")
    return folder


def open_study(folder: Path) -> Session:
    """A session that says nothing."""
    return Session(folder, lambda text, done: None)


def raw(year: int) -> dict[str, np.ndarray]:
    """Values of a year by unit, read with the standard library alone."""
    rows = csv.DictReader(io.StringIO(DATA))
    return {
        r["unit"]: np.array([float(r[c]) for c in CODES]) for r in rows if int(r["year"]) == year
    }


def by_hand(changed: dict[str, np.ndarray] | None = None) -> dict[str, float]:
    """Scores of 2021 on the scale of both years as they stand: min-max 0 to 100, weighted mean."""
    every = np.array([*raw(2019).values(), *raw(2021).values()])
    low, high = every.min(axis=0), every.max(axis=0)
    now = raw(2021) | (changed or {})
    z = {u: 100 * (v - low) / (high - low) for u, v in now.items()}
    return {u: float(np.where(SIGNS > 0, v, 100 - v) @ WEIGHTS) for u, v in z.items()}


def ranks_by_hand(scores: dict[str, float]) -> dict[str, int]:
    """1 for the highest score."""
    return {u: 1 + sum(other > s for other in scores.values()) for u, s in scores.items()}
