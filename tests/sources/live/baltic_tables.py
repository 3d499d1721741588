"""What the services of the live Baltic study answer with: real tables in the services' layouts.

REAL: persons employed of 2015 (sbs_r_nuts06_r2), regional GDP in euro, population, unemployment
and life expectancy until 2018, as published. CONSTRUCTED, and no statistics: everything else.
Business in 2018 to 2023 is the real table of 2015 moved by one factor a country and section, so
that published sums go on to hold; wages follow from a wage per country and section; the other
indicators follow from GDP per head.
"""

from __future__ import annotations

import zlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from hansa.codes.codelist import classification, geography_codes

YEARS_OLD, YEARS_NEW = (2018, 2019, 2020), (2021, 2022, 2023)
TIME = "TIME_PERIOD"


def noise(*words: object) -> float:
    """A number from 0 to 1 that depends on the words only."""
    return zlib.crc32("|".join(map(str, words)).encode()) / 2**32


@cache
def sbs(folder: Path) -> pd.DataFrame:
    return pd.read_parquet(folder / "employment" / "eurostat_sbs_nuts_nace_2015.parquet")


def _long(
    table: pd.DataFrame, indicator: str, codes: dict[str, str], confidential: bool
) -> pa.Table:
    """Rows of jobs, wages and units under each other, in Eurostat's columns."""
    blocks = []
    for column, code in codes.items():
        value = table[column]
        hidden = "C" if confidential else ""
        blocks.append(
            pd.DataFrame(
                {
                    "freq": "A",
                    "nace_r2": table["nace_r2"],
                    indicator: code,
                    "geo": table["geo"],
                    TIME: table["year"].astype(str),
                    "OBS_VALUE": [_plain(v) for v in value],
                    "OBS_FLAG": table["flag"],
                    "CONF_STATUS": np.where(value.isna(), hidden, ""),
                }
            )
        )
    return pa.Table.from_pandas(pd.concat(blocks, ignore_index=True), preserve_index=False)


def _plain(value: Any) -> str:
    return "" if pd.isna(value) else f"{float(value):.1f}".removesuffix(".0")


def real_2015(folder: Path) -> pa.Table:
    """Persons employed of 2015 as they were published, in Eurostat's columns."""
    table = sbs(folder).rename(columns={"persons_employed": "jobs"})
    return _long(table, "indic_sb", {"jobs": "V16110"}, confidential=False)


def _moved(table: pd.DataFrame, year: int) -> pd.DataFrame:
    """The table of 2015 in another year: one factor for each country and section."""
    section = table["nace_r2"].str[0]
    country = table["geo"].str[:2]
    pairs = pd.Series(list(zip(country, section, strict=True)))
    rates = {p: 0.03 * noise("growth", *p) - 0.01 for p in pairs.unique()}
    wages = {
        p: 9_000 + 30_000 * noise("wage", p[0]) + 15_000 * noise("pay", p[1])
        for p in pairs.unique()
    }
    factor = np.array([(1 + rates[p]) ** (year - 2015) for p in pairs])
    rise = np.array([(1.02 + 0.03 * noise("rise", *p)) ** (year - 2015) for p in pairs])
    pay = np.array([wages[p] for p in pairs]) * rise
    jobs = (table["persons_employed"].astype(float) * factor).round()
    return pd.DataFrame(
        {
            "nace_r2": table["nace_r2"].to_numpy(),
            "geo": table["geo"].to_numpy(),
            "year": year,
            "flag": table["flag"].to_numpy(),
            "jobs": jobs.to_numpy(),
            "wages": (jobs.to_numpy() * pay / 1e6).round(1),
            "units": (jobs.to_numpy() / 9).round(),
        }
    )


def business(folder: Path) -> dict[str, pa.Table]:
    """The two tables of business by region: until 2020, and the new series since 2021."""
    real = sbs(folder)
    old = real[real["geo"].isin(geography_codes("nuts:2016").level)].reset_index(drop=True)
    until = pd.concat([_moved(old, year) for year in YEARS_OLD])
    first = _long(until, "indic_sb", {"jobs": "V16110", "wages": "V13320", "units": "V11210"}, True)
    known = geography_codes("nuts:2021").level
    new = pd.concat([real[real["geo"].isin(known)], _recut(real)]).reset_index(drop=True)
    since = pd.concat([_moved(new, year) for year in YEARS_NEW])
    codes = {"jobs": "EMP_LOC_NR", "wages": "WAGE_LOC_MEUR", "units": "LOC_NR"}
    return {
        "sbs_r_nuts06_r2": pa.concat_tables([real_2015(folder), first]),
        "sbs_r_nuts2021": _long(since, "indic_sbs", codes, True),
    }


def _recut(real: pd.DataFrame) -> pd.DataFrame:
    """Regions cut anew since: Lithuania in two, Norway's south and west in three."""
    made = {
        "LT01": {"LT00": 0.4},
        "LT02": {"LT00": 0.6},
        "NO08": {"NO01": 1.0, "NO03": 0.5},
        "NO09": {"NO03": 0.5, "NO04": 0.5},
        "NO0A": {"NO04": 0.5, "NO05": 1.0},
    }
    rows = []
    for code, of in made.items():
        parts = [
            real[real["geo"] == old].set_index("nace_r2")["persons_employed"].astype(float) * share
            for old, share in of.items()
        ]
        whole = sum(parts[1:], parts[0]).round()
        rows.append(
            pd.DataFrame(
                {
                    "nace_r2": whole.index,
                    "geo": code,
                    "persons_employed": whole.to_numpy(),
                    "flag": "",
                    "nuts_level": 2,
                }
            )
        )
    return pd.concat(rows)


def _series(folder: Path, dataset: str, chosen: str = "") -> pd.DataFrame:
    path = folder / "indicators" / "eurostat_selected_nuts_2000_2020.parquet"
    table = pd.read_parquet(path)
    own = table[(table["dataset"] == dataset) & (table["value"].notna())]
    if chosen:
        own = own[own["dimensions"] == chosen]
    return own[["geo", "year", "value"]].reset_index(drop=True)


def _laid(table: pd.DataFrame, dimensions: dict[str, str], geo_last: bool = True) -> pa.Table:
    columns: dict[str, Any] = {"freq": "A", **dimensions, "geo": table["geo"]}
    columns |= {
        TIME: table["year"].astype(str),
        "OBS_VALUE": [_plain(v) for v in table["value"]],
        "OBS_FLAG": "",
        "CONF_STATUS": "",
    }
    return pa.Table.from_pandas(pd.DataFrame(columns), preserve_index=False)


def indicators(folder: Path) -> dict[str, pa.Table]:
    """The tables of the position and of the scoreboard."""
    gdp = _series(folder, "tgs00003")
    people = _series(folder, "tgs00096")
    both = gdp.merge(people, on=["geo", "year"], suffixes=("", "_people"))
    of_country = both.assign(geo=both["geo"].str[:2]).groupby(["geo", "year"], as_index=False)
    both = pd.concat([both, of_country.sum()]).drop_duplicates(["geo", "year"])
    heads = both.assign(per_head=both["value"] * 1e6 / both["value_people"])
    prices = {geo: 60 + 60 * noise("price", geo[:2]) for geo in heads["geo"].unique()}
    pli = np.array([prices[geo] for geo in heads["geo"]]) / 100

    def of(value: Any) -> pd.DataFrame:
        return heads.assign(value=np.round(value, 1))[["geo", "year", "value"]]

    def spread(name: str, low: float, high: float) -> pd.DataFrame:
        drawn = np.array([noise(name, geo) for geo in heads["geo"]])
        lift = np.clip(heads["per_head"].to_numpy() / 60_000, 0, 1)
        return of(low + (high - low) * (0.5 * drawn + 0.5 * lift))

    jobs = heads["value_people"].to_numpy() * np.array(
        [0.40 + 0.15 * noise("jobs", geo) for geo in heads["geo"]]
    )
    hours = np.array([1_350 + 450 * noise("hours", geo[:2]) for geo in heads["geo"]])
    per_pps = heads["per_head"].to_numpy() / pli
    gdp_tables = [
        _laid(of(heads["value"]), {"unit": "MIO_EUR"}),
        _laid(of(heads["value"] / pli), {"unit": "MIO_PPS_EU27_2020"}),
        _laid(of(per_pps), {"unit": "PPS_EU27_2020_HAB"}),
    ]
    countries = heads["geo"].str.len() == 2
    lfs = {"unit": "THS_PER", "sex": "T", "age": "Y_GE15"}
    return {
        "nama_10r_2gdp": pa.concat_tables(gdp_tables),
        "nama_10r_3popgdp": _laid(of(heads["value_people"] / 1e3), {"unit": "THS"}),
        "nama_10r_3empers": _laid(
            of(jobs / 1e3), {"unit": "THS", "wstatus": "EMP", "nace_r2": "TOTAL"}
        ),
        "nama_10r_2emhrw": _laid(
            of(jobs * hours / 1e3), {"unit": "THS", "wstatus": "EMP", "nace_r2": "TOTAL"}
        ),
        "lfst_r_lfe2en2": _laid(of(jobs * 0.97 / 1e3), {"nace_r2": "TOTAL", **lfs}),
        "lfst_r_lfp2act": _laid(of(jobs * 1.05 / 1e3), lfs),
        "prc_ppp_ind": _laid(
            of(100 * pli)[countries.to_numpy()], {"na_item": "PLI_EU27_2020", "ppp_cat": "GDP"}
        ),
        "lfst_r_lfu3rt": _laid(
            _series(folder, "tgs00010", "unit=PC;sex=T;age=Y_GE15"),
            {"isced11": "TOTAL", "sex": "T", "age": "Y15-74", "unit": "PC"},
        ),
        "demo_r_mlifexp": _laid(
            _series(folder, "tgs00101", "unit=YR;sex=T;age=Y_LT1"),
            {"unit": "YR", "sex": "T", "age": "Y_LT1"},
        ),
        "lfst_r_lfe2emprt": _laid(
            spread("employment", 60, 84), {"unit": "PC", "sex": "T", "age": "Y20-64"}
        ),
        "edat_lfse_04": _laid(
            spread("tertiary", 18, 55),
            {"sex": "T", "isced11": "ED5-8", "age": "Y25-64", "unit": "PC"},
        ),
        "trng_lfse_04": _laid(
            spread("learning", 3, 32), {"unit": "PC", "sex": "T", "age": "Y25-64"}
        ),
        "rd_e_gerdreg": _laid(
            spread("research", 0.2, 4.5), {"sectperf": "TOTAL", "unit": "PC_GDP"}
        ),
        "htec_emp_reg2": _laid(
            spread("technology", 1, 9), {"nace_r2": "HTC", "unit": "PC_EMP", "sex": "T"}
        ),
        "isoc_r_iuse_i": _laid(
            spread("internet", 55, 96), {"indic_is": "I_IDAY", "unit": "PC_IND"}
        ),
    }


def labels() -> dict[str, dict[str, str]]:
    """Names of regions and industries, as the service gives them."""
    geo = {k: v for y in (2013, 2016, 2021) for k, v in geography_codes(f"nuts:{y}").label.items()}
    return {"geo": geo, "nace_r2": dict(classification("nace:2").label)}


def tables(folder: Path) -> dict[str, pa.Table]:
    """Every table of the live study."""
    return {**business(folder), **indicators(folder)}
