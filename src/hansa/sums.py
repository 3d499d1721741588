"""What published sums leave to the cells of a region together, once hidden cells have bounds.

Bounds of single cells forget that the cells share what is left over. A step that reads the sums
(`hansa.facts.fill`) keeps here how exactly each of them holds, so that whoever adds up cells
later (`hansa.clusters.room`) need not make the result wider than the sums allow.
"""

from __future__ import annotations

from dataclasses import dataclass

from hansa.law import Floats


@dataclass(frozen=True)
class Left:
    """The sums over the activities of one year, for every region of the source.

    slack  by how much each sum may miss its whole, shape (sums, regions); infinite where it was
           given up because it contradicts others
    rest   the most that lies outside the listed parts of a whole, shape (rests, regions);
           infinite where nothing bounds it
    whole  True where the cells are whole numbers, hidden ones too
    """

    slack: Floats
    rest: Floats
    whole: bool


@dataclass(frozen=True)
class Sums:
    """The sums over activities that hold in every region: a tree, its deepest sums first.

    codes   activities and regions that the positions are of
    wholes  position of the whole of each sum
    parts   positions of its parts; from the number of activities on they are rests
    years   what holds in each year
    """

    codes: tuple[tuple[str, ...], tuple[str, ...]]
    wholes: tuple[int, ...]
    parts: tuple[tuple[int, ...], ...]
    years: dict[int, Left]
