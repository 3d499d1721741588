"""Drawing the model region set: jobs, wage bill and local units of every cell and year.

Arrays have the shape (regions, classes) or (years, regions, classes). Classes are those of
NACE Rev. 2 in their order, clusters those of `hansa-nace2`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from hansa.clusters import definitions
from hansa.codes import classification
from hansa.study.model_setting import (
    AREA_SHARE,
    BENT_FROM,
    CAPITALS,
    HIGHEST_WAGE,
    JOBS,
    LOWEST_WAGE,
    REST_OF_EUROPE,
    SECTION_UNITS,
    SECTIONS,
    SHOCK_YEAR,
    SPREADS,
    WAGE_LEVEL,
    WAGES,
    YEARS,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Industries:
    """The classes: codes, position of section and cluster, and how much regions differ in each.

    spread  of cluster and industry (2 rows), `drift` of growth: see `Spread`
    """

    codes: tuple[str, ...]
    section: tuple[str, ...]
    cluster: Ints
    clusters: int
    spread: Floats
    drift: Floats


@dataclass(frozen=True)
class Cells:
    """What is true in the model before anything is hidden; whole numbers, EUR for payroll.

    dominated  True where one local unit holds most of the jobs
    """

    jobs: Ints
    payroll: Ints
    units: Ints
    dominated: Bools


@cache
def industries() -> Industries:
    """The 615 classes of NACE Rev. 2 with their place in `hansa-nace2`."""
    codes = classification("nace:2")
    classes = tuple(c for c, level in codes.level.items() if level == "class")
    members = {m.activity: m for m in definitions()["hansa-nace2"].members}
    names = tuple(dict.fromkeys(members[c].cluster for c in classes))
    spreads = [SPREADS[members[c].kind] for c in classes]
    return Industries(
        classes,
        tuple(list(codes.ancestors(c))[-1] for c in classes),
        np.array([names.index(members[c].cluster) for c in classes]),
        len(names),
        np.array([[s.cluster, s.industry] for s in spreads]).T,
        np.array([s.growth for s in spreads]),
    )


def draw(rng: np.random.Generator) -> tuple[Cells, Cells]:
    """The cells of the 31 regions, and those of the rest of Europe as one region."""
    own = industries()
    share = _shares(own, rng)
    unit = _unit_sizes(own, rng)
    level = _levels(own, share, rng)
    time = _growth(own, rng)
    expected = level[None] * time[:, :-1]
    jobs, units, dominated = _counted(own, expected, unit, rng)
    wage = _wages(own, level / (level.sum(1)[:, None] * share), rng)
    regions = Cells(jobs, _payroll(jobs, wage[:, :-1]), units, dominated)
    rest_jobs = np.rint(REST_OF_EUROPE * 1000 * share * time[:, -1]).astype(np.int64)[:, None]
    rest_units = np.maximum(3, np.rint(rest_jobs / unit)).astype(np.int64)
    rest = Cells(
        rest_jobs, _payroll(rest_jobs, wage[:, -1:]), rest_units, np.zeros(rest_jobs.shape, bool)
    )
    return regions, rest


def _shares(own: Industries, rng: np.random.Generator) -> Floats:
    """Share of every class in all jobs: round numbers by section, skewed within it."""
    weight = rng.lognormal(0, 1.8, len(own.codes))
    within = {s: weight[[x == s for x in own.section]].sum() for s in SECTIONS}
    total = sum(SECTIONS.values())
    parts = [SECTIONS[s] / total / within[s] for s in own.section]
    result: Floats = weight * np.array(parts)
    return result


def _unit_sizes(own: Industries, rng: np.random.Generator) -> Floats:
    """Jobs in a typical local unit of every class."""
    typical = np.array([SECTION_UNITS[s][0] for s in own.section])
    return np.maximum(1.2, typical * rng.lognormal(0, 0.9, len(own.codes)))


def _levels(own: Industries, share: Floats, rng: np.random.Generator) -> Floats:
    """Expected jobs in the first year: size of the region x share x what it is strong at."""
    size = np.array(list(JOBS.values())) * 1000.0
    of_area = rng.normal(0, 1, own.clusters)[own.cluster] * own.spread[0] * AREA_SHARE
    pairs = rng.normal(0, 1, (len(size), own.clusters))[:, own.cluster] * own.spread[0]
    singles = rng.normal(0, 1, (len(size), len(own.codes))) * own.spread[1]
    # Less half the variance: the mean of a lognormal number must stay at 1.
    middle = (own.spread**2).sum(axis=0) / 2
    affinity = np.exp(of_area + pairs + singles - middle)
    raw = share[None, :] * affinity
    result: Floats = size[:, None] * raw / raw.sum(1)[:, None]
    return result


def _growth(own: Industries, rng: np.random.Generator) -> Floats:
    """Jobs against the first year, of the regions and, in the last row, the rest of Europe."""
    places = len(JOBS) + 1
    cluster = rng.normal(0.004, 0.018, own.clusters)
    region = np.append(rng.normal(0.004, 0.006, places - 1), 0.004)
    pair = rng.normal(0, 1, (places, own.clusters))
    pair[-1] = 0
    yearly = cluster[own.cluster] + region[:, None] + pair[:, own.cluster] * own.drift
    hit = 0.035 * rng.lognormal(0, 0.6, own.clusters)[own.cluster]
    steps = np.arange(len(YEARS))
    dip = np.array([0 if y < SHOCK_YEAR else 1 if y == SHOCK_YEAR else 0.35 for y in YEARS])
    result: Floats = np.exp(steps[:, None, None] * yearly - dip[:, None, None] * hit)
    return result


def _counted(
    own: Industries, expected: Floats, unit: Floats, rng: np.random.Generator
) -> tuple[Ints, Ints, Bools]:
    """Jobs, local units, and whether one unit dominates, as whole numbers.

    The chance part of a cell stays the same over the years, so that a small industry does not
    come and go at random. One or two local units alone occur where a cluster is thin in a
    region; elsewhere an industry has at least three units or none.
    """
    _, regions, classes = expected.shape
    local = unit * rng.lognormal(0, 0.35, (regions, classes))
    chance = rng.random((regions, classes))
    units = np.floor(expected / local + chance)
    thin = _thin(own, rng)
    # Every class occurs: a total of the area that is one region's alone could not be published.
    home = np.argsort(-expected[0], axis=0)[:2], np.arange(classes)
    thin[home] = False
    units = np.where((units < 3) & ~thin, np.where(units + chance >= 2, 3, 0), units)
    units[:, *home] = np.maximum(units[:, *home], 3)
    wobble = np.exp(rng.normal(0, 0.015, expected.shape))
    jobs = np.where(units > 0, np.maximum(units, np.rint(expected * wobble)), 0)
    dominated = thin & (rng.random((regions, classes)) < 0.75) & (units >= 3) & (units < 14)
    return jobs.astype(np.int64), units.astype(np.int64), dominated


def _thin(own: Industries, rng: np.random.Generator) -> Bools:
    """Cells that may consist of one or two units: some classes, where their cluster is thin."""
    size = np.array(list(JOBS.values()))
    chance = np.clip(0.34 - 0.075 * np.log(size / 180), 0.1, 0.5)
    pairs = rng.random((len(size), own.clusters)) < chance[:, None]
    few = rng.random(len(own.codes)) < 0.45
    result: Bools = pairs[:, own.cluster] & few
    return result


def _wages(own: Industries, affinity: Floats, rng: np.random.Generator) -> Floats:
    """Average wage by year, region (the rest of Europe last) and class, EUR a year."""
    codes = (*JOBS, "")
    level = np.array([WAGES.get(c[:2], (0.95, 0.025))[0] for c in codes])
    rise = np.array([WAGES.get(c[:2], (0.95, 0.025))[1] for c in codes])
    level *= np.where(np.isin(codes, CAPITALS), 1.06, 0.98)
    section = np.array([SECTION_UNITS[s][1] for s in own.section])
    industry = section * rng.lognormal(0, 0.14, len(own.codes))
    pair = rng.normal(0, 0.05, (len(codes), own.clusters))[:, own.cluster]
    strong = np.vstack([0.04 * np.log(np.maximum(affinity, 0.05)), np.zeros(len(own.codes))])
    trend = rng.normal(0, 0.008, (len(codes), own.clusters))[:, own.cluster]
    base = WAGE_LEVEL * level[:, None] * industry * np.exp(pair + strong)
    steps = np.arange(len(YEARS))[:, None, None]
    wage = base * np.exp(steps * (rise[:, None] + trend))
    # High wages bend towards the highest one: a cut would pile them up there.
    room = HIGHEST_WAGE - BENT_FROM
    bent = HIGHEST_WAGE - room * np.exp(-np.maximum(wage - BENT_FROM, 0) / room)
    result: Floats = np.maximum(np.where(wage > BENT_FROM, bent, wage), LOWEST_WAGE)
    return result


def _payroll(jobs: Ints, wage: Floats) -> Ints:
    """Wage bill in EUR, rounded to thousands but never away from a small cell."""
    exact = jobs * wage
    step = np.where(exact >= 1e6, 1000, 1)
    return (np.rint(exact / step) * step).astype(np.int64)
