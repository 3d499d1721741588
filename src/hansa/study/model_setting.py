"""The hand-made settings of the model region set: rough round sizes, no statistics.

Sizes, levels and rates give the set the shape of a table for this part of Europe. They are set
by hand, taken from no source, and true of no region.
"""

from __future__ import annotations

from dataclasses import dataclass

YEARS = tuple(range(2014, 2024))
SHOCK_YEAR = 2020

# Jobs in thousands in the first year, by region of `bsr-31`.
JOBS = {
    "DK": 2700, "SE11": 1200, "SE12": 760, "SE21": 400, "SE22": 650, "SE23": 950, "SE31": 400,
    "SE32": 180, "SE33": 250, "FI13": 260, "FI18": 1250, "FI19": 600, "FI1A": 270, "FI20": 15,
    "NO01": 700, "NO02": 170, "NO03": 430, "NO04": 340, "NO05": 450, "NO06": 220, "NO07": 240,
    "IS00": 180, "EE00": 620, "LV00": 880, "LT00": 1300, "DE60": 1150, "DE80": 750, "DEF0": 1300,
    "PL42": 620, "PL62": 540, "PL63": 850,
}  # fmt: skip
CAPITALS = ("DK", "SE11", "FI18", "NO01", "IS00", "EE00", "LV00", "LT00", "DE60")
REST_OF_EUROPE = 175_000

# Average wage in the first year against a common level, and its growth a year.
WAGE_LEVEL = 29_000.0
WAGES = {
    "DK": (1.40, 0.024), "SE": (1.18, 0.026), "FI": (1.14, 0.020), "NO": (1.40, 0.025),
    "IS": (1.30, 0.040), "EE": (0.50, 0.062), "LV": (0.42, 0.066), "LT": (0.41, 0.070),
    "DE": (1.05, 0.025), "PL": (0.42, 0.052),
}  # fmt: skip
LOWEST_WAGE, BENT_FROM, HIGHEST_WAGE = 8_000.0, 48_000.0, 70_000.0

# Jobs by NACE section, per cent.
SECTIONS = {
    "A": 4, "B": 0.4, "C": 14, "D": 0.7, "E": 0.8, "F": 6.5, "G": 14, "H": 5.5, "I": 5, "J": 3.5,
    "K": 2.7, "L": 1, "M": 6, "N": 6.5, "O": 7, "P": 8, "Q": 11, "R": 1.8, "S": 2.5, "T": 0.5,
    "U": 0.02,
}  # fmt: skip

# Jobs in a typical local unit, and average wage against the common level, by section.
SECTION_UNITS = {
    "A": (3, 0.75), "B": (18, 1.25), "C": (22, 1.0), "D": (20, 1.30), "E": (12, 0.95),
    "F": (6, 0.95), "G": (7, 0.85), "H": (9, 0.95), "I": (8, 0.65), "J": (8, 1.30),
    "K": (9, 1.35), "L": (3, 0.95), "M": (5, 1.20), "N": (10, 0.75), "O": (45, 1.0),
    "P": (25, 0.92), "Q": (22, 0.88), "R": (6, 0.78), "S": (4, 0.72), "T": (2, 0.60),
    "U": (20, 1.25),
}  # fmt: skip


@dataclass(frozen=True)
class Spread:
    """How much regions differ in the clusters of one kind (standard deviations of logarithms).

    cluster  between regions, for a whole cluster
    industry between regions, for one industry within its cluster
    growth   of the yearly growth, between regions, for a whole cluster
    """

    cluster: float
    industry: float
    growth: float


SPREADS = {
    "traded": Spread(0.60, 0.85, 0.012),
    "local": Spread(0.07, 0.16, 0.004),
    "outside": Spread(0.10, 0.20, 0.004),
}

# What the whole area is strong at: a share of the spread between regions.
AREA_SHARE = 0.5
