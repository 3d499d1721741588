"""The position of a region: its prosperity against a reference, and what the difference is made of.

Methods: clusters, section 16. Input are the indicators that `hansa fetch` puts into a study folder;
see `position_tables` for what is read and `hansa.measures.prosperity` for the arithmetic.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hansa.codes.codelist import Codelist, geography_codes
from hansa.codes.geography import Geography, geography, read_geography
from hansa.errors import HansaError, UsageError, listed
from hansa.language import _
from hansa.measures.prosperity import (
    PER_WORKER,
    UNITS,
    Accounts,
    Decomposition,
    Standing,
    decompose,
    standings,
)
from hansa.panel import METADATA_KEY
from hansa.study.config import Study, read_study
from hansa.study.position_notes import PRICES_NATIONAL, gaps, price_check, said_of_hours
from hansa.study.position_reference import Beside, Tables, accounts_of, having, reference_of
from hansa.study.position_tables import (
    CORE,
    LONG,
    Table,
    read_tables,
    refuse_other_version,
    refuse_overlap,
)


@dataclass(frozen=True)
class Position:
    """Where regions stand in one year, and why.

    standings  the regions added up (where there are several), their countries, the regions
    reference  name of what they are compared with; members: codes it is the sum of
    notes      what is missing, left out, per worker or estimated, in words
    """

    title: str
    time: int
    standings: tuple[Standing, ...]
    reference: str
    members: tuple[str, ...]
    notes: tuple[str, ...]
    source: str
    licence: str = ""
    vintage: str = ""
    geography: str = ""
    model_data: bool = False

    @property
    def head(self) -> Standing:
        """The regions as a whole; the region itself where there is only one."""
        return self.standings[0]

    @property
    def table(self) -> pa.Table:
        """geo, time, term, value, unit, reference, log_points, contribution, status, estimated.

        A row a place and factor, and one of the term `prosperity` for the product of its factors.
        log_points are 100 ln(value / reference); contributions are PPS per inhabitant and add up
        to that of `prosperity`, the difference. What is absent is null, its reason in `status`.
        """
        rows = [
            {"geo": s.code, "time": self.time, **vars(part), "unit": UNITS[part.term]}
            for s in self.standings
            for part in (s.whole, *s.parts)
        ]
        names = [n for n, _ in _SCHEMA]
        columns = {n: pa.array([r[n] for r in rows], kind) for n, kind in _SCHEMA}
        meta = json.dumps({"format": 1, "position": self.header()}, sort_keys=True).encode()
        return pa.table(columns).select(names).replace_schema_metadata({METADATA_KEY: meta})

    def to_pandas(self) -> Any:
        """The table as a pandas frame."""
        return self.table.to_pandas()

    def header(self) -> dict[str, Any]:
        """What is said once about the whole table."""
        said = {
            "title": self.title,
            "time": self.time,
            "reference": self.reference,
            "reference_members": list(self.members),
            "unit_of_contribution": UNITS["prosperity"],
            "geography": self.geography,
            "source": self.source,
            "licence": self.licence,
            "vintage": self.vintage,
            "model_data": self.model_data,
            "notes": list(self.notes),
        }
        return {k: v for k, v in said.items() if v}

    def as_dict(self) -> dict[str, Any]:
        """What `hansa position --json` prints."""
        places = [{"geo": s.code, "name": s.name, "kind": s.kind} for s in self.standings]
        rows = self.table.to_pylist()
        return {"format": 1, **self.header(), "places": places, "rows": rows}


_SCHEMA = (
    ("geo", pa.string()),
    ("time", pa.int32()),
    ("term", pa.string()),
    ("value", pa.float64()),
    ("unit", pa.string()),
    ("reference", pa.float64()),
    ("log_points", pa.float64()),
    ("contribution", pa.float64()),
    ("status", pa.string()),
    ("estimated", pa.float64()),
)


@dataclass(frozen=True)
class Place:
    """The regions of a study: `inside` the tables, or outside of a table they all need."""

    area: Geography
    name: str
    inside: tuple[str, ...]
    outside: tuple[str, ...]
    countries: tuple[str, ...]
    codes: Codelist


def position(
    folder: Path | str,
    time: int | str = "",
    reference: str = "",
    *,
    long: bool = False,
    least: float = 0.8,
    complete: bool = False,
) -> Position:
    """Prosperity of the regions of a study against a reference, and what the difference is made of.

    folder     a study with a geography, and fetched `indicators/` (`hansa fetch DIR`)
    time       a year; empty: the newest in which a share `least` of the regions has GDP in euro
               and PPS, inhabitants and jobs
    reference  a code of the tables (EU27_2020), a named geography or the path of a .toml; empty:
               the sum of all countries that have every figure
    long       jobs per inhabitant as three factors: commuting, employment, activity
    complete   the whole leaves out regions that lack a figure, by name, in place of being absent

    Raises HansaError for a table that is missing or wrong, a year or reference without figures.
    """
    home = Path(folder)
    study = read_study(home)
    needed = (*CORE, *LONG) if long else CORE
    tables = read_tables(home, needed)
    place = _place(study, home, tables)
    year = _year(tables, place, str(time), least)
    beside = reference_of(tables, year, reference, home, long)
    found, notes = _standings(tables, place, year, beside, (long, complete))
    used = [t for part, t in tables.items() if part in (*needed, "hours")]
    return Position(
        title=study.title,
        time=int(year),
        standings=found,
        reference=beside.name,
        members=beside.members,
        notes=(*beside.notes, *notes, *price_check(tables, year), _(PRICES_NATIONAL)),
        geography=place.area.geography,
        **_said_by(used),
    )


def _said_by(used: Sequence[Table]) -> dict[str, Any]:
    """What the tables say of themselves, each text once."""
    return {
        "source": _each(t.source for t in used),
        "licence": _each(t.licence for t in used),
        "vintage": _each(t.vintage for t in used),
        "model_data": any(t.model_data for t in used),
    }


def _each(texts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(text for text in texts if text))


def _place(study: Study, folder: Path, tables: Tables) -> Place:
    if not study.geography:
        raise UsageError(
            "the study names no regions",
            place=str(folder / "study.toml"),
            fix='geography = "…" (`hansa geographies`)',
        )
    own = folder / study.geography
    area = read_geography(own) if own.is_file() else geography(study.geography)
    codes = geography_codes(area.geography)
    members = tuple(codes.spell(m) or m for m in area.members)
    refuse_overlap(codes, members, area.id)
    core = [tables[part] for part in CORE]
    inside = tuple(m for m in members if all(m in t.known for t in core))
    if not inside:
        raise HansaError(
            "the indicators hold none of the regions of the study",
            place=str(folder / "indicators"),
            printed=listed(sorted(core[0].known)),
            admissible=listed(members),
            fix='fetch them: [fetch.position] geo = ["study", "countries"], then hansa fetch',
        )
    refuse_other_version(tables.values(), inside, area.id, area.geography)
    tops = {} if codes.is_local else dict.fromkeys(_top(codes, m) for m in inside)
    same = study.area in ("", study.geography)
    name = study.area_name if same and study.area_name else area.name.partition(",")[0]
    return Place(
        area,
        name,
        inside,
        tuple(m for m in members if m not in inside),
        tuple(c for c in tops if c not in members),
        codes,
    )


def _top(codes: Codelist, code: str) -> str:
    """The country of a region."""
    return [code, *codes.ancestors(code)][-1]


def _year(tables: Tables, place: Place, wanted: str, least: float) -> str:
    """The year asked for, or the newest one in which enough regions have what all need."""
    if not 0 < least <= 1:
        raise UsageError("least is a share of the regions", printed=str(least), admissible="0 to 1")
    core = [tables[part] for part in CORE]
    years = sorted(set.intersection(*(set(t.years) for t in core)), reverse=True)
    shares = {y: having(core, place.inside, y) / len(place.inside) for y in years}
    if wanted:
        if shares.get(wanted, 0) > 0:
            return wanted
        raise UsageError(
            f"no region of the study has every figure in {wanted}",
            printed=listed(f"{y} ({s:.0%} of the regions)" for y, s in shares.items() if s) or "-",
            admissible="a year in which regions have GDP, inhabitants and jobs",
            fix="--time YEAR, or fetch other years",
        )
    for year, share in shares.items():
        if share >= least:
            return year
    raise HansaError(
        f"no year has GDP, inhabitants and jobs of {least:.0%} of the regions",
        place=place.area.id,
        printed=listed(f"{y}: {s:.0%}" for y, s in shares.items()) or "no year in common",
        admissible=f"{least:.0%} of {len(place.inside)} regions",
        fix="a lower --least, or --time YEAR",
    )


def _standings(
    tables: Tables, place: Place, year: str, beside: Beside, shape: tuple[bool, bool]
) -> tuple[tuple[Standing, ...], tuple[str, ...]]:
    """The whole, its countries and its regions; and what is to be said of them."""
    long, complete = shape
    core = [tables[part] for part in (*CORE, *(LONG if long else ()))]
    lost = tuple(m for m in place.inside if not having(core, [m], year))
    kept = tuple(m for m in place.inside if not (complete and m in lost))
    codes = (*place.countries, *place.inside)
    kinds = ["country"] * len(place.countries) + ["region"] * len(place.inside)
    labels = place.codes.names
    names = [(c, labels.get(c, c), kind) for c, kind in zip(codes, kinds, strict=True)]
    found = list(_decomposed(accounts_of(tables, codes, year), beside.accounts, long, names))
    notes = tuple(gaps(place, year, lost, complete))
    if len(place.inside) + len(place.outside) > 1:
        whole = accounts_of(tables, kept, year).summed()
        if place.outside or len(kept) < len(place.inside):
            whole = whole.marked("d")
        count, every = len(kept), len(place.inside) + len(place.outside)
        name = place.name if count == every else _in_part(place.name, count, every)
        head = (place.area.id, name, "whole")
        found = [*_decomposed(whole, beside.accounts, long, [head]), *found]
    return tuple(found), (*notes, *said_of_hours(tables, found, beside, year))


def _in_part(name: str, count: int, every: int) -> str:
    # The name alone stands before the bracket.
    return f"{name} ({_('{count} of {all} regions', count=count, all=every)})"


def _decomposed(
    own: Accounts, reference: Accounts, long: bool, names: Sequence[tuple[str, str, str]]
) -> Iterator[Standing]:
    """Per hour where hours of the place and of the reference are known, else per worker."""
    with_hours = standings(decompose(own, reference, long=long), names)
    without = standings(_per_worker(decompose(own, reference, long=long, hours=False)), names)
    if np.isnan(reference.hours.value).all():
        yield from without
        return
    for i, missing in enumerate(np.isnan(own.hours.value)):
        # Where more is missing than hours, the place is not known in either way.
        yield without[i] if missing and without[i].known else with_hours[i]


def _per_worker(found: Decomposition) -> Decomposition:
    """The same with the flag `d` on output per worker: it stands in for two factors."""
    at = np.array([[term == PER_WORKER] for term in found.terms])
    marked = found.logs.flagged(np.broadcast_to(at, found.logs.shape), "d")
    return replace(found, logs=marked)
