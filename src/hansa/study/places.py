"""Regions, areas and references of a result: which columns of the source make them up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from hansa.axes import Axis, extra_regio
from hansa.codes import geographies, geography
from hansa.cube import Cube
from hansa.errors import UsageError, listed
from hansa.language import _
from hansa.measures.scene import Area
from hansa.measures.slices import Reference, positions_of
from hansa.views.format import enumerated

if TYPE_CHECKING:
    from hansa.study.plan import Options


def area_of(cube: Cube, columns: tuple[tuple[int, ...], ...], short: tuple[bool, ...] = ()) -> Area:
    """How the regions of the result lie in the source."""
    countries = tuple(_country(cube.geo, i) for i in range(len(cube.geo)))
    members = tuple(own if len(own) > 1 else _inside(cube, own[0]) for own in columns)
    wanted = {countries[i] for own in columns for i in own} - {""}
    return Area(
        columns,
        members,
        tuple(i for i in cube.regions if not extra_regio(cube.geo.codelist, cube.geo.codes[i])),
        countries,
        {name: _country_columns(cube, name, countries) for name in sorted(wanted)},
        short,
    )


def _country(geo: Axis, i: int) -> str:
    """Code at the top of the code list; empty for codes that know no country."""
    if geo.codelist.is_local or i in geo.beside:
        return ""
    above = list(geo.codelist.ancestors(geo.codes[i]))
    return above[-1] if above else geo.codes[i]


def _inside(cube: Cube, column: int) -> tuple[int, ...]:
    """Regions of the source that lie in a column; all of them for the published total.

    What other aggregates are made of is not known.
    """
    if column == cube.geo.total:
        return tuple(cube.regions)
    if column not in cube.geo.children:
        return ()

    def above(i: int) -> bool:
        while i >= 0:
            i = cube.geo.parent[i]
            if i == column:
                return True
        return False

    return tuple(i for i in cube.regions if above(i))


def _country_columns(cube: Cube, name: str, countries: tuple[str, ...]) -> tuple[int, ...]:
    """Columns that make up a country: its own row, else all of its regions; empty otherwise."""
    if name in cube.geo.place:
        return (cube.geo.place[name],)
    parts = [i for i in cube.regions if countries[i] == name]
    leaves = cube.geo.codelist.leaves
    covered = frozenset[str]().union(*(leaves(cube.geo.codes[i]) for i in parts))
    lacking = {x for x in leaves(name) - covered if not extra_regio(cube.geo.codelist, x)}
    return () if lacking else tuple(parts)


def regions_of(
    cube: Cube, options: Options
) -> tuple[tuple[tuple[int, ...], ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Columns and codes of the regions, notes, and the areas with members outside the source."""
    if options.area:
        found = {_area_name(name): _area_positions(cube, name) for name in options.area}
        short = {name: outside for name, (_, outside) in found.items() if outside}
        notes = tuple(_outside(name, outside) for name, outside in short.items())
        return tuple(own for own, _ in found.values()), tuple(found), notes, tuple(short)
    positions: Iterable[int] = cube.regions
    notes = ()
    if options.regions:
        positions, outside = positions_of(cube.geo, geography(options.regions))
        if outside:
            notes = (_outside(options.regions, outside),)
    positions = sorted(positions)
    return tuple((i,) for i in positions), tuple(cube.geo.codes[i] for i in positions), notes, ()


def _outside(area: str, members: Iterable[str]) -> str:
    return _(
        "Members of {area} outside the source: {members}.", area=area, members=enumerated(members)
    )


def _area_name(name: str) -> str:
    """How an area is called in a result: never by the path of its file."""
    return geography(name).id if name.endswith(".toml") else name


def _area_positions(cube: Cube, name: str) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Columns of an area, and its members outside: a geography, or a code of the table."""
    code = cube.geo.codelist.spell(name) or name
    if name not in geographies() and code in cube.geo.place:
        return (cube.geo.place[code],), ()
    if name not in geographies() and not name.endswith(".toml"):
        total = "TOTAL for the published total, " if cube.geo.total >= 0 else ""
        raise UsageError(
            f"unknown area {name!r}",
            admissible=f"{total}a code of the table, or a geography: {listed(geographies(), 20)}",
            fix="--set area=NAME; a file of your own: the path of a .toml",
        )
    return positions_of(cube.geo, geography(name))


def reference_of(cube: Cube, options: Options) -> Reference:
    """The reference area that the options name."""
    name = options.reference
    if name == "all":
        return Reference(_("all regions of the source"))
    if name == "complete":
        called = _("members where both the cluster and the base are published")
        return Reference(called, cube.geo.roots, True)
    if name in geographies() or name.endswith(".toml"):
        area = geography(name)
        positions, outside = positions_of(cube.geo, area)
        return Reference(area.name, positions, outside=outside)
    code = cube.geo.codelist.spell(name) or name
    if code in cube.geo.place:
        return Reference(cube.geo.codelist.names.get(code, code), (cube.geo.place[code],))
    raise UsageError(
        f"unknown reference {name!r}",
        admissible="all, complete, a code of the table, or a geography: "
        + listed(geographies(), 20),
        fix="--reference NAME",
    )
