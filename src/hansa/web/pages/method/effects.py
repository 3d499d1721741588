"""What another choice of method changes in the results of a study."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from hansa.language import _, ngettext
from hansa.measures import find_measure
from hansa.panel import Panel
from hansa.report.document import Section, Table
from hansa.study.run import BaseResult
from hansa.views.format import grouped

_FUZZ = 1e-9


@dataclass(frozen=True)
class Effect:
    """How many results of one measure are others: of all, changed, no longer known, now known."""

    measure: str
    cells: int
    changed: int
    lost: int
    gained: int


def effects(own: BaseResult, other: BaseResult) -> list[Effect]:
    """For each measure over the regions, in the last year that both show."""
    return [
        _effect(name, panel, other.regions[name])
        for name, panel in own.regions.items()
        if name in other.regions
    ]


def _effect(name: str, own: Panel, other: Panel) -> Effect:
    import pyarrow.compute as pc

    before, after = _last(own), _last(other)
    keys = [d for d in own.dims if d != "time"]
    if before is None or after is None or not before.select(keys).equals(after.select(keys)):
        return Effect(name, 0, 0, 0, 0)
    then, now = _known(before), _known(after)
    others = pa.chunked_array([[False] * before.num_rows], pa.bool_())
    for column in set(_HOLD) & set(before.column_names) & set(after.column_names):
        others = pc.or_(others, _differs(before[column], after[column]))
    return Effect(
        name,
        before.num_rows,
        _count(pc.and_(pc.and_(then, now), others)),
        _count(pc.and_not(then, now)),
        _count(pc.and_not(now, then)),
    )


_HOLD = ("value", "label", "lower", "upper")


def _last(panel: Panel) -> pa.Table | None:
    """The rows of the last year in plain types; their order is that of region and cluster."""
    times = panel.distinct("time")
    return _plain(panel.where("time", times[-1]).table) if times else None


def _plain(table: pa.Table) -> pa.Table:
    for i, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(i, field.name, table[field.name].cast(field.type.value_type))
    return table


def _known(table: pa.Table) -> pa.ChunkedArray:
    """Whether there is a value, a label or at least two bounds."""
    import pyarrow.compute as pc

    columns = [pc.is_valid(table[name]) for name in _HOLD if name in table.column_names]
    if "label" in table.column_names:
        columns = [pc.and_(columns[0], pc.not_equal(pc.fill_null(table["label"], ""), ""))]
    found = columns[0]
    for one in columns[1:]:
        found = pc.or_(found, one)
    return found


def _differs(then: pa.ChunkedArray, now: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow.compute as pc

    one_only = pc.xor(pc.is_valid(then), pc.is_valid(now))
    if pa.types.is_string(then.type):
        unlike = pc.not_equal(then, now)
    else:
        size = pc.max_element_wise(pc.abs(then), pc.abs(now), 1.0)
        unlike = pc.greater(pc.abs(pc.subtract(then, now)), pc.multiply(size, _FUZZ))
    return pc.or_(one_only, pc.fill_null(unlike, False))


def _count(mask: pa.ChunkedArray) -> int:
    import pyarrow.compute as pc

    return int(pc.sum(mask).as_py() or 0)


def effects_section(found: list[Effect]) -> Section:
    """How much the results differ from those of the study's own file."""
    moved = [e for e in found if e.changed or e.lost or e.gained]
    if moved:
        most = max(moved, key=lambda e: (e.changed + e.lost + e.gained) / e.cells)
        answer = ngettext(
            "{number} of {all} measures changes: {measure}, in {changed} of {cells} places.",
            "{number} of {all} measures change; most of all {measure}, in {changed} of {cells} "
            "places.",
            len(moved),
            all=len(found),
            measure=_(find_measure(most.measure).label),
            changed=grouped(_others(most), 0),
            cells=grouped(most.cells, 0),
        )
    else:
        answer = _("Nothing: every result of the regions is the same as in the study's own file.")
    rows = tuple(
        (
            _(find_measure(e.measure).label),
            *(grouped(n, 0) for n in (e.cells, e.changed, e.lost, e.gained)),
        )
        for e in found
    )
    return Section(
        id="effects",
        question=_("What does it change?"),
        answer=(answer,),
        tables=(
            Table(
                _("Results of the regions under this method beside the study's own"),
                (
                    _("Measure"),
                    _("Compared"),
                    _("Another value"),
                    _("No longer known"),
                    _("Now known"),
                ),
                rows,
                _(
                    "In the last year each method shows, on the definition and base chosen above. "
                    "Another value: number, class or one of its bounds differs."
                ),
            ),
        ),
        certainty=(
            _("Certain: both were computed from the same cells of the facts, one after the other."),
            _(
                "That a result hardly changes says that it does not hang on this choice, not that "
                "the choice is right."
            ),
        ),
    )


def _others(e: Effect) -> int:
    return e.changed + e.lost + e.gained
