"""Parts of an answer to one table: of one edition, only what was asked for, no cell twice.

A service or gateway may answer more than was asked. Such rows are left out and counted, whether a
filter names the codes or the dimension is taken whole: then its codes are those of the structure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa

from hansa.errors import HansaError, listed
from hansa.sources.live.contract import Dimension, Filters, Observations, Structure
from hansa.sources.live.filters import within


def together(structure: Structure, filters: Filters, found: Sequence[Observations]) -> Observations:
    """The parts as one table, in the order they were asked for, periods not asked for left out.

    Raises HansaError where parts have different columns, come from different editions, or give
    the same cell twice.
    """
    if not found:
        names = [d.id for d in structure.dimensions]
        schema = [(n, pa.string()) for n in names] + [
            ("value", pa.float64()),
            ("status", pa.string()),
        ]
        time_id = next((d.id for d in structure.dimensions if d.time), "")
        empty = pa.schema(schema).empty_table()
        return Observations(empty, tuple(names), time_id, dataset=structure.dataset)
    first = found[0]
    editions = sorted({one.updated for one in found if one.updated})
    if len(editions) > 1:
        raise HansaError(
            "the service changed its data while it was asked",
            place=structure.dataset,
            printed=listed(editions),
            admissible="parts of one edition",
            fix="ask again with --refresh",
        )
    if any(one.dimensions != first.dimensions for one in found):
        raise HansaError(
            "parts of the answer have different dimensions",
            place=structure.dataset,
            printed=listed(sorted({", ".join(one.dimensions) for one in found})),
            fix="ask again with --refresh",
        )
    table = pa.concat_tables([one.table for one in found], promote_options="default")
    table, lost = _asked_periods(table.combine_chunks(), first.time, filters.get(first.time, ()))
    table, unasked = _asked_codes(table, structure, filters, lost)
    table, unlisted = _listed_codes(table, structure, filters)
    _refuse_twice(table, first.dimensions, structure.dataset)
    labels = _labels(found)
    notes = tuple(dict.fromkeys(note for one in found for note in one.notes))
    absent = [*_without_data(structure, filters, table), *_yearless(table, first.time)]
    return replace(first, table=table, labels=labels, notes=(*notes, *unasked, *unlisted, *absent))


def _labels(found: Sequence[Observations]) -> dict[str, dict[str, str]]:
    labels: dict[str, dict[str, str]] = {}
    for one in found:
        for dimension, own in one.labels.items():
            labels.setdefault(dimension, {}).update(own)
    return labels


def _asked_periods(table: pa.Table, time_id: str, wanted: Sequence[str]) -> tuple[pa.Table, int]:
    """Only rows of periods that were asked for, and how many lay outside of the years.

    Services are asked from one year to another: what lies between two periods comes along.
    """
    if not time_id or not wanted:
        return table, 0
    import pyarrow.compute as pc

    column = table[time_id].cast(pa.string())
    there = [str(p) for p in pc.unique(column).to_pylist()]
    inside = [p for p in there if within(p, wanted)]
    if len(inside) == len(there):
        return table, 0
    ends = wanted[0].split(":") if ":" in wanted[0] else (min(wanted), max(wanted))
    start, end = (year[:4] for year in ends)
    far = [p for p in there if p not in inside and not start <= p[:4] <= (end or "9999")]
    lost = pc.sum(pc.is_in(column, value_set=pa.array(far, pa.string()))).as_py() or 0
    return table.filter(pc.is_in(column, value_set=pa.array(inside, pa.string()))), lost


def _asked_codes(
    table: pa.Table, structure: Structure, filters: Filters, lost: int
) -> tuple[pa.Table, list[str]]:
    """Only rows with codes that were asked for: a gateway that drops the question answers all.

    lost  rows already left out
    """
    import pyarrow.compute as pc

    before = table.num_rows + lost
    for own in structure.dimensions:
        if own.time or own.id not in filters or own.id not in table.column_names:
            continue
        wanted = pa.array(filters[own.id], pa.string())
        table = table.filter(pc.is_in(table[own.id].cast(pa.string()), value_set=wanted))
    lost = before - table.num_rows
    said = f"The service answered {lost:,} rows that were not asked for; they are left out."
    return table, [said] if lost else []


def _listed_codes(
    table: pa.Table, structure: Structure, filters: Filters
) -> tuple[pa.Table, list[str]]:
    """Only rows with codes that the structure lists, in dimensions that are taken whole."""
    import pyarrow.compute as pc

    before, odd = table.num_rows, []
    for own in structure.dimensions:
        whole = not own.time and own.id not in filters and own.id in table.column_names
        if not whole or not own.codes or own.partial:
            continue
        if lost := [c for c in table[own.id].unique().to_pylist() if c not in own.codes]:
            column = table[own.id].cast(pa.string())
            table = table.filter(pc.invert(pc.is_in(column, value_set=pa.array(lost, pa.string()))))
            odd.append(f"{own.id} {listed(lost, 5)}")
    said = (
        f"The service answered {before - table.num_rows:,} rows with codes that the data set does "
        f"not list ({'; '.join(odd)}); they are left out."
    )
    return table, [said] if odd else []


def _refuse_twice(table: pa.Table, dimensions: Sequence[str], place: str) -> None:
    counted = table.group_by(list(dimensions)).aggregate([([], "count_all")])
    if counted.num_rows == table.num_rows:
        return
    import pyarrow.compute as pc

    twice = counted.filter(pc.greater(counted["count_all"], 1)).slice(0, 1).to_pylist()[0]
    raise HansaError(
        "a cell stands twice in the answer",
        place=place,
        printed=", ".join(f"{d}={twice[d]}" for d in dimensions),
        admissible="one value a cell",
        fix="ask again with --refresh; if it stays, narrow the question",
    )


def _without_data(structure: Structure, filters: Filters, table: pa.Table) -> list[str]:
    """Codes that were asked for and have no row: said, for an absent row is no zero."""
    said = []
    for own in structure.dimensions:
        wanted = filters.get(own.id, ())
        if not wanted or own.id not in table.column_names or not table.num_rows:
            continue
        if own.time:
            said += _short(wanted, table[own.id].unique().to_pylist())
            continue
        there = set(table[own.id].unique().to_pylist())
        if lost := [named(own, code) for code in wanted if code not in there]:
            said.append(f"No data for {own.id}: {listed(lost, 12)}.")
    return said


def _yearless(table: pa.Table, time_id: str) -> list[str]:
    """What is said of periods that do not begin with a year: nobody can put them in order."""
    if not time_id:
        return []
    odd = [p for p in table[time_id].unique().to_pylist() if not re.match(r"\d{4}", str(p))]
    return [f"No year can be read from the periods {listed(odd, 5)}."] if odd else []


def named(own: Dimension, code: str) -> str:
    """A code with what the service calls it: `SE11 (Stockholm)`."""
    label = own.codes.get(code, "")
    return f"{code} ({label})" if label and label != code else code


def _short(wanted: Sequence[str], there: Sequence[str]) -> list[str]:
    """What is said where the data begin later or end sooner than was asked for."""
    first, _, last = (
        wanted[0].partition(":") if ":" in wanted[0] else (min(wanted), "", max(wanted))
    )
    said = []
    if first and min(there)[: len(first)] > first:
        said.append(f"No data before {min(there)}.")
    if last and max(there)[: len(last)] < last[: len(max(there))]:
        said.append(f"No data after {max(there)}.")
    return said
