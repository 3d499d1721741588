"""How many cells of the facts are certain, between bounds, estimated or missing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hansa.cube import Cube
from hansa.language import N_, _, pgettext, pN_
from hansa.law import ESTIMATED, MEANING, Quantity, any_flag, bit, carries
from hansa.report.document import Section, Table
from hansa.study.retold import retold
from hansa.study.run import StudyResult
from hansa.views.format import grouped, joined


@dataclass(frozen=True)
class Counts:
    """Cells of one column by what is known of them; `marks` counts each status.

    rounded  published numbers that the publisher rounded: certain within their step
    bounded  hidden ones, of which two bounds are known
    """

    cells: int
    certain: int
    rounded: int
    bounded: int
    estimated: int
    missing: int
    marks: dict[str, int]


def counted(cube: Cube) -> Counts:
    """Every cell of every year as it is computed with: parents filled from complete parts."""
    kinds = np.zeros(5, np.int64)
    marks: dict[str, int] = {}
    for time in cube.years:
        cells = cube.year(time).cells
        kinds += _kinds(cells)
        if cells.flags is not None:
            for name in MEANING:
                marks[name] = marks.get(name, 0) + int(carries(cells.flags, bit(name)).sum())
    sure, rounded, bounded, guessed, nothing = (int(n) for n in kinds)
    found = {name: n for name, n in marks.items() if n}
    return Counts(int(kinds.sum()), sure, rounded, bounded, guessed, nothing, found)


def _kinds(cells: Quantity) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Numbers of cells, each counted once: certain, rounded, bounded, estimated, missing."""
    lower, upper = cells.bounds()
    nothing = np.isnan(cells.value) & np.isnan(lower)
    guessed = np.zeros(cells.shape, bool)
    if cells.estimated is not None:
        guessed |= cells.estimated > 0
    if cells.flags is not None:
        guessed |= carries(cells.flags, any_flag(ESTIMATED))
    guessed &= ~nothing & ~np.isnan(cells.value)
    wide = ~nothing & ~guessed & ~(lower == upper)
    rounded = wide & ~np.isnan(cells.value)
    sure = ~(nothing | guessed | wide)
    return np.array([x.sum() for x in (sure, rounded, wide & ~rounded, guessed, nothing)], np.int64)


def cells_section(result: StudyResult) -> Section:
    """The cells of each column of the facts by what is known of them."""
    found = {name: counted(cube) for name, cube in result.cubes.items()}
    first_name, first = next(iter(found.items()))
    return Section(
        id="cells",
        question=_("How much is certain, hidden, estimated, missing?"),
        answer=(_answer(first_name, first),),
        tables=(_table(result, found), *_marks(found)),
        certainty=tuple(_why(result)),
        line=_(
            "Cells: every industry of every region in every year that occurs in the facts, totals "
            "included."
        ),
        python='import hansa\nresult = hansa.run("STUDY")\n'
        "{name: cube.year(cube.years[-1]).cells for name, cube in result.cubes.items()}",
        command="hansa check STUDY",
    )


_COLUMNS = {
    "employment": pN_("column", "employment"),
    "payroll": pN_("column", "payroll"),
    "establishments": pN_("column", "establishments"),
    "value_added": pN_("column", "value added"),
}


def column_words(name: str) -> str:
    """What a column counts, in the language spoken here."""
    return pgettext("column", _COLUMNS.get(name, name.replace("_", " ")))


def _answer(name: str, c: Counts) -> str:
    there = [(n, words) for n, words in zip(_split(c), _KNOWN, strict=True) if n]
    cells = grouped(c.cells, 0)
    if len(there) == 1:
        return _(there[0][1][0], cells=cells, column=column_words(name))
    said = [
        _(several, cells=grouped(n, 0), share=_share(n / c.cells)) for n, (_all, several) in there
    ]
    return _(
        "Of {cells} cells of {column}, {parts}.",
        cells=cells,
        column=column_words(name),
        parts=joined(said),
    )


def _split(c: Counts) -> tuple[int, ...]:
    return c.certain, c.rounded, c.bounded, c.estimated, c.missing


_KNOWN = (
    (
        N_("All {cells} cells of {column} are certain."),
        N_("{cells} ({share}) are certain"),
    ),
    (
        N_("All {cells} cells of {column} are published, but rounded."),
        N_("{cells} ({share}) are published, but rounded"),
    ),
    (
        N_("All {cells} cells of {column} are hidden, with two bounds."),
        N_("{cells} ({share}) are hidden, with two bounds"),
    ),
    (
        N_("All {cells} cells of {column} are estimated."),
        N_("{cells} ({share}) are estimated"),
    ),
    (
        N_("All {cells} cells of {column} are missing."),
        N_("{cells} ({share}) are missing"),
    ),
)
"""What is said where all cells are alike, and of a part of them; in the order of `_split`."""


def _share(part: float) -> str:
    """The share in per cent; never 0 or 100 % of something that is there or lacks a part."""
    if part < 0.0005:
        return _("under {share}", share=_per_cent(0.001))
    return _("over {share}", share=_per_cent(0.999)) if part > 0.9995 else _per_cent(part)


def _per_cent(part: float) -> str:
    return _("{number}%", number=grouped(100 * part, 1))


def _table(result: StudyResult, found: dict[str, Counts]) -> Table:
    rows = tuple(
        (
            column_words(name).capitalize(),
            _period(result.cubes[name].years),
            grouped(c.cells, 0),
            *(grouped(n, 0) for n in _split(c)),
            grouped(c.cells - result.cubes[name].size, 0),
            _meant(result.cubes[name]),
        )
        for name, c in found.items()
    )
    return Table(
        _("Cells of each column, by what is known of them"),
        (
            _("Column"),
            _("Years"),
            _("Cells"),
            _("Certain"),
            _("Rounded"),
            _("Between bounds"),
            _("Estimated"),
            _("Missing"),
            _("Without a row"),
            _("A missing row is"),
        ),
        rows,
        _(
            "Rounded: published, and certain within the step of rounding. Between bounds: hidden "
            "by the publisher, but not larger nor smaller than the published sums allow. "
            "Estimated: the number itself rests on an estimate. Missing: nothing is known."
        ),
    )


def _meant(cube: Cube) -> str:
    return _("zero") if cube.header.absent_rows == "zero" else _("not known")


def _period(years: tuple[int, ...]) -> str:
    return str(years[0]) if len(years) == 1 else f"{years[0]}–{years[-1]} ({len(years)})"


def _marks(found: dict[str, Counts]) -> tuple[Table, ...]:
    names = [name for name in MEANING if any(name in c.marks for c in found.values())]
    if not names:
        return ()
    rows = tuple(
        (_(MEANING[name]), name, *(grouped(c.marks.get(name, 0), 0) for c in found.values()))
        for name in names
    )
    heads = (
        pgettext("cell", "Mark"),
        _("Sign"),
        *(column_words(name).capitalize() for name in found),
    )
    note = _("A cell may carry several marks; each is counted.")
    return (Table(_("Marks of the cells"), heads, rows, note),)


_HIDDEN = {
    "absent": N_("Cells that the publisher hides are left open: what needs them is not computed."),
    "bounds": N_(
        "Hidden cells are not estimated: they lie between nothing and what the published "
        "sums allow, and every result carries both bounds."
    ),
    "fill": N_(
        "Hidden cells are estimated: the best point within the narrowest bounds that the "
        "published sums allow; results carry the bounds and the share that is estimated."
    ),
}


def _why(result: StudyResult) -> list[str]:
    said = [_(_HIDDEN[result.study.hidden])]
    for name, cube in result.cubes.items():
        said += [
            f"{column_words(name).capitalize()}: {retold(step)}."
            for step in cube.header.steps
            if not step.startswith("read ")
        ]
    return list(dict.fromkeys(said))
