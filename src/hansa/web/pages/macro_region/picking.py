"""The map to pick a macro-region from: a square for each region of the table, by country."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hansa.language import named
from hansa.web.sorting import by_name

if TYPE_CHECKING:
    from hansa.codes.codelist import Codelist
    from hansa.cube import Cube
    from hansa.views.tiles import Layout

MOST = 400
"""Regions that are offered one by one; of a larger table whole groups are."""
_FOLDED = 40
"""Regions without a map beyond which a group shows its own only where some of them are in."""
_WIDEST = 12
"""Columns of squares that a telephone has room for."""
_DEEPEST = 24
_LETTERS = 6
"""Letters of a code that a square has room for."""
_SIDES = (("top", 0, -1), ("right", 1, 0), ("bottom", 0, 1), ("left", -1, 0))


def picker(cube: Cube, names: Mapping[str, str], inside: tuple[str, ...]) -> dict[str, Any]:
    """What the map shows: groups of regions, each with the area that a click on it makes.

    names   code -> name of the regions of the table
    inside  codes that make up the macro-region now

    `placed`: squares stand where regions lie; else by group, in the order of their names. Every
    `value` is what stands at `area` in the address.
    """
    from hansa.axes import extra_regio

    geo = cube.geo
    codes = [geo.codes[i] for i in cube.regions if not extra_regio(geo.codelist, geo.codes[i])]
    chosen = set(codes).intersection(inside)
    layout = _layout(codes, geo.codelist)
    called = {
        code: named("place", names.get(code) or geo.codelist.names.get(code, code))
        for code in codes
    }
    at = _places(layout) if layout is not None else {}
    groups = []
    for name, members in _groups(codes, geo.codelist).items():
        own = sorted(members, key=lambda code: (by_name(called[code]), code))
        regions = [
            {
                "code": code,
                "name": called[code],
                "inside": code in chosen,
                "value": _value(chosen ^ {code}),
                "at": at.get(code, ""),
            }
            for code in own
        ]
        groups.append({**_group(name, own, chosen), "regions": regions[:MOST]})
    return {
        "members": len(chosen),
        "regions": len(codes),
        "placed": layout is not None,
        "short": max(map(len, codes), default=0) <= _LETTERS,
        "each": len(codes) <= MOST,
        "groups": sorted(groups, key=lambda one: by_name(one["name"])),
        "folded": len(codes) > _FOLDED,
        "all": _value(set(codes)),
    }


def _value(codes: set[str]) -> str:
    return ",".join(sorted(codes))


def _group(name: str, own: list[str], chosen: set[str]) -> dict[str, Any]:
    """A group as a whole: how much of it is in, what taking all of it in or out makes."""
    there = chosen.intersection(own)
    whole = len(there) == len(own)
    return {
        "name": name,
        "inside": len(there),
        "of": len(own),
        "whole": whole,
        "single": bool(name) and len(own) == 1,
        "open": bool(there) and not whole,
        "value": _value(chosen.difference(own) if whole else chosen.union(own)),
        "alone": "" if chosen == set(own) else _value(set(own)),
    }


def _groups(codes: list[str], codelist: Codelist) -> dict[str, list[str]]:
    """Regions by country; those of one country by the next level that tells them apart.

    One group without a name where the code list knows no levels.
    """
    chains = {code: [*[*codelist.ancestors(code)][::-1], code] for code in codes}
    deepest = max(map(len, chains.values()), default=0)
    for level in range(deepest - 1):
        found: dict[str, list[str]] = {}
        for code, chain in chains.items():
            found.setdefault(chain[min(level, len(chain) - 1)], []).append(code)
        if 1 < len(found) < len(codes):
            return {named("place", codelist.names.get(top, top)): own for top, own in found.items()}
    return {"": codes}


def _layout(codes: list[str], codelist: Codelist) -> Layout | None:
    """Squares near where the regions lie; None without such a layout, or one too large."""
    from hansa.views.tiles import layout_for

    layout = layout_for(codes, codelist.id)
    fits = layout.columns <= _WIDEST and layout.lines <= _DEEPEST
    short = max(map(len, codes), default=0) <= _LETTERS
    return layout if layout.placed and fits and short else None


def _places(layout: Layout) -> dict[str, str]:
    """For each region the classes of its square: column, row, sides where its country ends."""
    from hansa.views.tiles import country

    there = {place: code for code, place in layout.places.items()}
    found = {}
    for code, (x, y) in layout.places.items():
        ends = [
            f"end-{side}"
            for side, dx, dy in _SIDES
            if country(there.get((x + dx, y + dy), "")) != country(code)
        ]
        found[code] = " ".join((f"x{x + 1}", f"y{y + 1}", *ends))
    return found
