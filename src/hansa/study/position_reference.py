"""What regions are compared with: a code of the tables, a geography, or all countries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hansa.codes.codelist import COUNTRY, geography_codes
from hansa.codes.geography import Geography, geographies, geography, read_geography
from hansa.errors import HansaError, UsageError, listed
from hansa.language import _, ngettext
from hansa.measures.prosperity import Accounts
from hansa.study.position_tables import (
    COLUMNS,
    CORE,
    LONG,
    Table,
    nothing,
    refuse_other_version,
    refuse_overlap,
    with_names,
)
from hansa.views.format import enumerated

COUNTRIES = "countries"
Tables = Mapping[str, Table]


@dataclass(frozen=True)
class Beside:
    """The reference: its name, its accounts as one, of whom it is the sum, and what to say."""

    name: str
    accounts: Accounts
    members: tuple[str, ...]
    notes: tuple[str, ...] = ()


def having(core: Sequence[Table], codes: Sequence[str], year: str) -> int:
    """How many of some regions have a value in every one of some tables."""
    return int((~np.isnan([t.quantity(codes, year).value for t in core])).all(axis=0).sum())


def accounts_of(tables: Tables, codes: Sequence[str], year: str) -> Accounts:
    """The accounts of some regions in one year; parts without a table are absent."""
    return Accounts(
        **{
            part: tables[part].quantity(codes, year) if part in tables else nothing(len(codes))
            for part in COLUMNS
        }
    )


def reference_of(tables: Tables, year: str, name: str, folder: Path, long: bool) -> Beside:
    """The reference of that name; empty: all countries that have every figure, added up.

    Raises UsageError for a name that is neither, HansaError where nothing of it is known.
    """
    if name in ("", COUNTRIES):
        return _countries(tables, year, long)
    own = folder / name
    if name in geographies() or name.endswith(".toml"):
        area = read_geography(own) if own.is_file() else geography(name)
        return _named(tables, year, area)
    core = [tables[part] for part in CORE]
    code = core[0].codes.spell(name) or name
    if all(code in t.known for t in core):
        accounts = accounts_of(tables, [code], year)
        return Beside(core[0].codes.names.get(code, code), accounts, (code,))
    aggregates = sorted(c for c in core[0].known if c not in core[0].codes)
    raise UsageError(
        f"unknown reference {name!r}",
        admissible=f"{COUNTRIES}, a code of the tables"
        + (f" ({listed(aggregates, 4)}, a region)" if aggregates else "")
        + f", or a geography: {listed(geographies(), 20)}",
        fix=f'--reference NAME; or fetch it too: geo = ["study", "countries", "{name}"]',
    )


def _named(tables: Tables, year: str, area: Geography) -> Beside:
    """A geography as the reference: the sum of its members that the tables hold."""
    codes = geography_codes(area.geography)
    members = tuple(codes.spell(m) or m for m in area.members)
    refuse_overlap(codes, members, area.id)
    core = [tables[part] for part in CORE]
    inside = tuple(m for m in members if all(m in t.known for t in core))
    if not inside:
        raise HansaError(
            f"the indicators hold no member of the reference {area.id}",
            printed=listed(sorted(core[0].known)),
            admissible=listed(members),
            fix="fetch its members, or choose another --reference",
        )
    refuse_other_version(tables.values(), inside, area.id, area.geography)
    lost = [m for m in members if m not in inside]
    notes, called = [], area.name.partition(",")[0].replace("The ", "the ", 1)
    if lost:
        notes.append(
            _(
                "Members of {area} outside the source: {members}.",
                area=called,
                members=with_names(lost, codes),
            )
        )
    whole = accounts_of(tables, inside, year).summed()
    short = [m for m in inside if having(core, [m], year) == 0]
    if short:
        notes.append(
            _(
                "Members of {area} without every figure in {year}: {members}.",
                area=called,
                year=year,
                members=with_names(short, codes),
            )
        )
    return Beside(area.name, whole, inside, tuple(notes))


def _countries(tables: Tables, year: str, long: bool) -> Beside:
    """The sum of all countries that have every figure; the others are left out, by name."""
    codes = tables["euro"].codes
    list_of = geography_codes(COUNTRY) if codes.is_local else codes
    every = sorted(c for c in tables["euro"].known if list_of.level.get(c) == COUNTRY)
    parts = [*CORE, *(LONG if long else ())]
    core = [tables[part] for part in parts]
    if "hours" in tables and any(having([*core, tables["hours"]], [code], year) for code in every):
        core.append(tables["hours"])
    members = tuple(c for c in every if having(core, [c], year))
    if not members:
        raise HansaError(
            f"no country has every figure in {year}, so there is nothing to compare with",
            printed=listed(every, 40) or "no country in the tables",
            admissible=listed(t.name for t in core),
            fix='fetch countries: geo = ["study", "countries"], or name a --reference',
        )
    names = [list_of.names.get(c, c) for c in members]
    lost = [c for c in every if c not in members]
    said = _("Reference: the sum of {countries}.", countries=enumerated(names, 40))
    if lost:
        left_out = enumerated([list_of.names.get(c, c) for c in lost], 40)
        more = _("Left out, a figure is missing: {countries}.", countries=left_out)
        said = f"{said} {more}"
    name = names[0] if len(names) == 1 else _every_figure(len(names))
    return Beside(name, accounts_of(tables, members, year).summed(), members, (said,))


def _every_figure(count: int) -> str:
    return ngettext(
        "the {number} countries that have every figure",
        "the {number} countries that have every figure",
        count,
    )
