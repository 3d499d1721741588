"""Which column holds what: by its name in the languages of the sources, and by what it holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from hansa.codes.codelist import membership
from hansa.language import N_
from hansa.sources.guess.reason import Reason
from hansa.sources.quantities import flag_bits

WIDE = "=years"
"""In place of the column of time: every column whose name is a year is one."""

NAMES: Mapping[str, tuple[str, ...]] = {
    "time": (
        *("time", "year", "time_period", "period", "date", "jahr", "aar", "ar", "rok", "vuosi"),
        *("aasta", "gads", "metai", "annee", "ano", "anno", "jaar"),
    ),
    "geo": (
        *("geo", "nuts3", "nuts2", "nuts_2", "nuts_3", "nuts", "nuts_code", "nuts_id", "nuts1"),
        *("geo_code", "region_code", "regioncode", "region", "regions", "ref_area", "area"),
        *("county", "county_code", "fips", "lan", "laen", "maakunta", "land", "kreis", "ags"),
        *("bundesland", "fylke", "amt", "maakond", "novads", "apskritis", "wojewodztwo"),
        *("kommun", "municipality", "district", "state", "country", "territory", "place"),
    ),
    "activity": (
        *("activity", "nace_r2", "nace", "nace_rev2", "nace2", "nace_r1", "nace_code", "sic4"),
        *("sic", "sic2007", "naics", "naics_code", "naics3", "isic", "isic4", "isic_r4"),
        *("ind_code", "industry_code", "sni", "sni2007", "tol", "tol2008", "db07", "emtak", "pkd"),
        *("wz", "wz08", "wz2008", "sn2007", "evrk2", "industry", "industries", "branch", "sector"),
        *("branche", "bransch", "naringsgren", "toimiala", "wirtschaftszweig", "division"),
        *("section", "cluster", "occupation", "occupational_group", "code"),
    ),
    "employment": (
        *("employment", "jobs", "employed", "employees", "persons_employed", "emp", "emp_all"),
        *("number_of_jobs", "number_of_employees", "persons", "workers", "headcount", "emp1000"),
        *("sysselsatta", "anstallda", "forvarvsarbetande", "beschaftigte", "beschaeftigte"),
        *("sysselsatte", "beskaeftigede", "tyolliset", "henkilosto", "tootajad", "hoivatud"),
        *("nodarbinatie", "darbuotojai", "pracujacy", "zatrudnienie", "employment_value"),
    ),
    "payroll": (
        *("payroll", "wages", "total_wages", "wage_bill", "wages_and_salaries", "lonesumma"),
        *("palkkasumma", "lohnsumme", "lonsum", "annual_payroll"),
    ),
    "establishments": (
        *("establishments", "local_units", "plants", "workplaces", "arbetsstallen", "units"),
        *("firms", "enterprises", "estab", "toimipaikat", "betriebe"),
    ),
    "value_added": ("value_added", "gva", "gross_value_added", "foradlingsvarde"),
    "employment_status": (
        *("employment_status", "status", "flag", "flags", "obs_status", "obs_flag"),
    ),
}
"""Names under which our columns stand in other tables, plain letters only; the likelier first."""

UNITS = (
    *("unit", "unit_measure", "units_of_measure", "unit_of_measure", "einheit", "enhet", "enhed"),
    *("yksikko", "uhik", "vieniba", "vienetas", "jednostka", "mattenhet"),
)
"""Names of a column that says what numbers are counted in, plain letters only."""

VALUES = ("obs_value", "value", "values", "number", "count", "antal", "anzahl", "n")
"""Names of a column of numbers that does not say of what."""

_PLAIN = str.maketrans({"å": "a", "ä": "a", "ö": "o", "ø": "o", "æ": "ae", "ü": "u", "õ": "o"})
_PLAIN |= str.maketrans({"ł": "l", "ó": "o", "ą": "a", "ę": "e", "ā": "a", "ė": "e", "é": "e"})
_IN_NAME = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_YEAR = re.compile(r"(1[89]|20|21)\d\d")
_NUMBER = re.compile(r"[+-]?\d[\d.,'\s\u00a0\u2009\u202f]*([eE][+-]?\d+)?(\s*[a-z]{1,2})?")

Columns = Mapping[str, tuple[str, ...]]


def plain(name: str) -> str:
    """A column's name in small plain letters, words joined by `_`."""
    letters = name.strip().lower().translate(_PLAIN)
    return re.sub(r"[^a-z0-9]+", "_", letters).strip("_")


def roles_of(
    columns: Columns, given: Mapping[str, str], file_name: str = ""
) -> tuple[dict[str, str], dict[str, Reason]]:
    """Our keys and measures -> columns of the table, with reasons; what cannot be told is absent.

    given      columns that are known; an empty one means that there is none
    file_name  may name the year of the whole table

    Each column has one role. Time comes first: years can be read as codes of industries.
    """
    made, why = dict(given), dict[str, Reason]()
    for role, find in (
        ("time", _time),
        ("geo", _geo),
        ("activity", _activity),
        ("employment", _employment),
    ):
        if role == "employment" and made.get("time") == WIDE:
            made[role] = WIDE
        if role not in made:
            left = {k: v for k, v in columns.items() if k not in made.values()}
            found = find(left, file_name)
            if found is not None:
                made[role], why[role] = found
    for role in ("payroll", "establishments", "value_added"):
        left = {k: v for k, v in columns.items() if k not in made.values()}
        name = _called(left, NAMES[role])
        if role not in made and name and _numeric(left[name]):
            made[role], why[role] = name, _BY_NAME
    if "employment_status" not in made:
        left = {k: v for k, v in columns.items() if k not in made.values()}
        name = _called(left, NAMES["employment_status"])
        if name and made.get("employment") and _statuses(left[name]):
            made["employment_status"] = name
            why["employment_status"] = Reason(N_("Every cell holds a known status."))
    return made, why


def rows_on_jobs(columns: Columns, taken: Iterable[str]) -> tuple[str, str]:
    """Column and value of the rows that speak of jobs, where rows speak of several measures."""
    for name, cells in columns.items():
        distinct = _distinct(cells) if name not in taken else []
        found = [c for c in distinct if plain(c) in NAMES["employment"]]
        if len(distinct) > 1 and len(found) == 1:
            return name, found[0]
    return "", ""


_BY_NAME = Reason(N_("By its name."))
_Found = tuple[str, Reason] | None


def _called(columns: Iterable[str], names: Iterable[str]) -> str:
    """The column with the likeliest of some names; empty where there is none."""
    by_name: dict[str, str] = {}
    for column in columns:
        by_name.setdefault(plain(column), column)
    return next((by_name[name] for name in names if name in by_name), "")


def _time(columns: Columns, file_name: str) -> _Found:
    name = _called(columns, NAMES["time"])
    if name:
        return name, _BY_NAME
    own = years_among(columns)
    # A row of values, taken for names, repeats its own year.
    if own and not all({c.strip() for c in columns[name]} <= {name, ""} for name in own):
        said = N_("{n} columns are called after a year, {first} to {last}.")
        return WIDE, Reason(said, {"n": len(own), "first": own[0], "last": own[-1]})
    for name, cells in columns.items():
        filled = {cell.strip() for cell in cells} - {""}
        if 1 < len(filled) < 200 and all(_YEAR.fullmatch(cell) for cell in filled):
            return name, Reason(N_("Every cell is a year."))
    if years := _IN_NAME.findall(file_name):
        return f"={years[-1]}", Reason(N_("No column of years; the file's name says so."))
    # The year behind letters belongs to a classification: SNI2007.
    years = sorted({y for n in columns for y in re.findall(r"(?<!\w)(?:19|20)\d\d(?!\w)", n)})
    if len(years) == 1:
        return f"={years[0]}", Reason(N_("No column of years; the name of a column says so."))
    return None


def years_among(names: Iterable[str]) -> list[str]:
    """The columns that are called after a year."""
    return sorted(name for name in names if re.fullmatch(r"(19|20)\d\d", name))


def _geo(columns: Columns, file_name: str) -> _Found:
    coded = []
    for name, cells in columns.items():
        distinct = _distinct(cells)
        best = next(iter(membership(distinct, "nuts").values()), 0)
        if len(distinct) > 1 and 2 * best > len(distinct):
            coded.append((best, name))
    if coded:
        # Of a country and its regions beside each other, the regions.
        best, name = max(coded, key=lambda c: c[0])
        said = N_("It holds codes of NUTS.")
        return name, Reason(said)
    name = _called(columns, NAMES["geo"])
    return (name, _BY_NAME) if name else None


def _activity(columns: Columns, file_name: str) -> _Found:
    named = _called(columns, NAMES["activity"])
    if named and (plain(named) not in _LOOSE or not _coded(columns, named)):
        return named, _BY_NAME
    name = _coded(columns, "") or named
    if not name:
        return None
    return name, Reason(N_("It holds codes of a classification of activities."))


_LOOSE = ("industry", "industries", "branch", "sector", "code", "cluster", "section", "division")
"""Names under which labels stand as often as codes."""


def _coded(columns: Columns, leave: str) -> str:
    """The column, other than one, most of whose cells are codes of a classification."""
    schemes = ("nace", "naics", "isic")
    for name, cells in columns.items():
        distinct = _distinct(cells)
        if name == leave or len(distinct) < 2 or _called([name], (*VALUES, *_MEASURED)):
            continue
        best = max(next(iter(membership(distinct, s).values()), 0) for s in schemes)
        if best >= 0.8 * len(distinct):
            return name
    return ""


_MEASURED = (
    *NAMES["employment"],
    *NAMES["payroll"],
    *NAMES["establishments"],
    *NAMES["value_added"],
)


def _employment(columns: Columns, file_name: str) -> _Found:
    name = _called(columns, NAMES["employment"])
    if name and _numeric(columns[name]):
        return name, _BY_NAME
    name = _called(columns, VALUES)
    if name and _numeric(columns[name]):
        said = N_("A column of numbers that does not say of what: taken as jobs.")
        return name, Reason(said)
    taken = set(_MEASURED) - set(NAMES["employment"])
    left = [n for n, c in columns.items() if plain(n) not in taken and _numeric(c)]
    left = [n for n in left if not _YEAR.fullmatch(n)]
    if len(left) == 1:
        return left[0], Reason(N_("The only other column of numbers."))
    return None


def _numeric(cells: tuple[str, ...]) -> bool:
    """True where at least half of the filled cells are numbers, with or without a flag."""
    filled = [cell.strip() for cell in cells[:5000] if cell.strip()]
    return 2 * sum(bool(_NUMBER.fullmatch(cell)) for cell in filled) > len(filled)


def _statuses(cells: tuple[str, ...]) -> bool:
    for cell in _distinct(cells):
        try:
            flag_bits(cell)
        except ValueError:
            return False
        if len(cell) > 3:
            return False
    return True


def _distinct(cells: Iterable[str]) -> list[str]:
    return [c for c in dict.fromkeys(cell.strip() for cell in cells) if c]
