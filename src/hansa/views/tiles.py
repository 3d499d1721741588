"""Where each region has its square: hand-made layouts, and blocks by country for the rest."""

from __future__ import annotations

import csv
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.resources import files

from hansa.language import _, spoken

_FOLDER = files("hansa.views") / "tiles"


@dataclass(frozen=True)
class Layout:
    """Positions of equal squares: code -> (column, row), from the upper left.

    `note` says what the reader must know: that places are approximate, or that there are none.
    """

    id: str
    title: str
    places: Mapping[str, tuple[int, int]]
    note: str = ""

    @property
    def placed(self) -> bool:
        """True where squares stand near where the regions lie."""
        return self.id != "blocks"

    @cached_property
    def columns(self) -> int:
        """Number of columns."""
        return 1 + max((x for x, _ in self.places.values()), default=0)

    @cached_property
    def lines(self) -> int:
        """Number of rows."""
        return 1 + max((y for _, y in self.places.values()), default=0)

    @cached_property
    def edges(self) -> tuple[tuple[int, int, int, int], ...]:
        """Sides of squares without a neighbour or with one of another country: x, y, x2, y2."""
        at = {place: code for code, place in self.places.items()}
        countries = {code: country(code) for code in self.places}
        found = []
        for code, (x, y) in sorted(self.places.items()):
            own = countries[code]
            for other, ends in (
                (at.get((x, y - 1)), (x, y, x + 1, y)),
                (at.get((x, y + 1)), (x, y + 1, x + 1, y + 1)),
                (at.get((x - 1, y)), (x, y, x, y + 1)),
                (at.get((x + 1, y)), (x + 1, y, x + 1, y + 1)),
            ):
                if other is None or (countries[other] != own and other > code):
                    found.append(ends)
        return tuple(found)


def layout_for(codes: Iterable[str], geography_version: str = "") -> Layout:
    """The layout that covers most of `codes`; without a good one, blocks by country.

    geography_version  `nuts:2013`; layouts that state other versions are left out
    A layout counts when it covers at least half of the codes; the rest form blocks below it.
    """
    return _layout(tuple(sorted(set(codes))), geography_version, spoken())


@lru_cache(64)
def _layout(wanted: tuple[str, ...], geography_version: str, _language: str) -> Layout:
    best = max(
        (x for x in _layouts() if not geography_version or geography_version in x[1]),
        key=lambda x: sum(code in x[0].places for code in wanted),
        default=None,
    )
    covered = [code for code in wanted if best and code in best[0].places]
    if best is None or 2 * len(covered) < len(wanted):
        return _cropped(_blocks(wanted))
    layout = best[0]
    places = {code: layout.places[code] for code in covered}
    note = _("Squares show roughly where a region lies, not how large it is.")
    if rest := tuple(code for code in wanted if code not in layout.places):
        below = 2 + max(y for _, y in places.values())
        blocks = _blocks(rest, max(8, layout.columns)).places
        places |= {code: (x, y + below) for code, (x, y) in blocks.items()}
        note += " " + _("Regions without a place of their own stand below, by country.")
    return _cropped(Layout(layout.id, layout.title, places, note))


def country(code: str) -> str:
    """The country of a region's code: its first two capitals; empty for names and other codes."""
    capitals = code[:2].isalpha() and code[:2].isupper()
    return code[:2] if capitals and " " not in code else ""


def _blocks(codes: tuple[str, ...], across: int = 0) -> Layout:
    groups: dict[str, list[str]] = {}
    for code in codes:
        groups.setdefault(country(code), []).append(code)
    across = across or max(8, math.ceil(math.sqrt(1.6 * len(codes))))
    places: dict[str, tuple[int, int]] = {}
    x = y = deepest = 0
    for members in groups.values():
        wide = min(across, math.ceil(math.sqrt(len(members))))
        if x and x + wide > across:
            x, y, deepest = 0, y + deepest + 1, 0
        for i, code in enumerate(members):
            places[code] = (x + i % wide, y + i // wide)
        deepest = max(deepest, math.ceil(len(members) / wide))
        x += wide + 1
    note = (
        _("Regions stand in blocks by country, in the order of their codes, not where they lie.")
        if any(country(code) for code in codes)
        else _("Regions stand side by side, in the order of their codes, not where they lie.")
    )
    return Layout("blocks", "Blocks by country", places, note)


def _cropped(layout: Layout) -> Layout:
    if not layout.places:
        return layout
    left = min(x for x, _ in layout.places.values())
    top = min(y for _, y in layout.places.values())
    places = {code: (x - left, y - top) for code, (x, y) in layout.places.items()}
    return Layout(layout.id, layout.title, places, layout.note)


@cache
def _layouts() -> tuple[tuple[Layout, frozenset[str]], ...]:
    """Every layout that ships, with the code versions it is drawn for."""
    found = []
    for entry in tomllib.loads((_FOLDER / "tiles.toml").read_text("utf-8"))["layout"]:
        with (_FOLDER / entry["file"]).open(encoding="utf-8", newline="") as lines:
            places = {row["geo"]: (int(row["x"]), int(row["y"])) for row in csv.DictReader(lines)}
        layout = Layout(entry["id"], entry["title"], places)
        found.append((layout, frozenset(entry["versions"])))
    return tuple(found)
