"""A panel made ready to leave: plain columns, chosen times, no row twice, labels beside codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from hansa.clusters import definitions
from hansa.codes.codelist import TOTAL, available, classification, geography_codes
from hansa.errors import HansaError, UsageError, listed
from hansa.export.guard import guarded
from hansa.export.reading import NUMBERS
from hansa.law import MEANING, flags_from_text, flags_to_text
from hansa.panel import Header, Panel

Labels = Mapping[str, str]
"""What a code is called, by code."""


@dataclass(frozen=True)
class Ready:
    """A panel that may leave.

    panel   plain columns: texts, whole years or texts as time, doubles; NaN is null
    labels  by dimension, what its codes are called; only codes that have a name
    notes   what the person who exports has to know
    """

    panel: Panel
    labels: Mapping[str, Labels]
    notes: tuple[str, ...] = ()

    @property
    def holds(self) -> str:
        """The column that carries the result: value, or label of a class."""
        return "label" if self.panel.header.kind == "nominal" else "value"

    @property
    def title(self) -> str:
        """What the table is called."""
        return self.panel.header.label or self.panel.header.measure

    def labelled(self) -> pa.Table:
        """The table with a column of labels behind each column of codes."""
        table = self.panel.table
        for name, labels in self.labels.items():
            if labels and f"{name}_label" not in table.column_names:
                at = table.column_names.index(name) + 1
                table = table.add_column(at, f"{name}_label", mapped(table[name], labels))
        return table


def prepared(panel: Panel, times: Sequence[str] = ()) -> Ready:
    """The panel made ready, with labels and notes.

    times  the times to keep, as texts; all without any

    Raises UsageError for a time that does not occur, HansaError for a row that stands twice or
    lacks a code, and for confidential cells that must not leave (`hansa.export.guard`).
    """
    panel = replace(panel, table=plain(panel.table))
    if times:
        panel = _at(panel, times)
    _refuse_gaps(panel)
    _refuse_twice(panel)
    panel, notes = guarded(panel)
    if odd := _unknown_marks(panel):
        notes = (*notes, f"no flag that Hansa knows, kept in status as it was: {listed(odd)}")
    labels = {name: _labels(name, panel) for name in panel.dims}
    without = [name for name in panel.dims if name in _NAMED and not labels[name]]
    if without:
        notes = (*notes, f"no labels are known for the codes of {listed(without)}")
    return Ready(panel, labels, notes)


def _unknown_marks(panel: Panel) -> list[str]:
    """What stands in the status and has no meaning here: numbers and own letters of an office."""
    texts = panel.table["status"].unique().to_pylist()
    return [text for text in texts if text and not _known(text)]


def _known(text: str) -> bool:
    try:
        names = flags_to_text(flags_from_text(text)).split(";")
    except ValueError:
        return False
    return all(name in MEANING for name in names)


def mapped(column: pa.ChunkedArray, texts: Mapping[str, str | None]) -> pa.ChunkedArray:
    """Another text for each code, null where there is none; each code is looked up once."""
    found = []
    for chunk in column.dictionary_encode().chunks:
        own = pa.array([texts.get(code) for code in chunk.dictionary.to_pylist()], pa.string())
        found.append(own.take(chunk.indices))
    return pa.chunked_array(found, pa.string())


def plain(table: pa.Table) -> pa.Table:
    """The same table in plain types: doubles, whole years, and texts for all else."""
    for i, field in enumerate(table.schema):
        table = table.set_column(i, field.name, _plain(table.column(i), field.name))
    return table.combine_chunks()


def _plain(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = pc.cast(column, kind.value_type), kind.value_type
    if name in NUMBERS:
        # Adding zero takes the sign off a zero, which readers would print.
        column = pc.add(pc.cast(column, pa.float64()), 0.0)
        return pc.if_else(pc.is_nan(column), None, column)
    if name == "status":
        return pc.fill_null(pc.cast(column, pa.string()), "")
    if pa.types.is_integer(kind) and name in ("time", "from"):
        return pc.cast(column, pa.int32())
    if pa.types.is_floating(kind) and name not in ("time", "from"):
        return pc.cast(column, pa.float64())
    return column if kind == pa.string() else pc.cast(column, pa.string())


def _at(panel: Panel, times: Sequence[str]) -> Panel:
    if "time" not in panel.dims:
        raise UsageError(
            "the table has no time to choose from",
            printed=listed(panel.dims),
            fix="leave --time out",
        )
    there = {str(time): time for time in panel.distinct("time")}
    if missing := [time for time in times if time not in there]:
        raise UsageError(
            f"the table has nothing at {listed(missing)}",
            admissible=listed(there, 12),
            fix=f"--time {next(reversed(there), '')}",
        )
    return panel.among("time", [there[time] for time in times])


def _refuse_gaps(panel: Panel) -> None:
    for name in panel.dims:
        column = panel.table[name]
        if not column.null_count:
            continue
        row = column.is_null().index(True).as_py()
        raise HansaError(
            f"a row has no {name}",
            place=f"row {row + 1} of {len(panel)}",
            printed=", ".join(f"{d}={panel.table[d][row].as_py()}" for d in panel.dims),
            admissible="a code in every dimension",
        )


def keys_of(panel: Panel) -> list[str]:
    """The columns that tell rows apart: the dimensions, and the year a change is measured from."""
    return [*panel.dims, *(["from"] if "from" in panel.table.column_names else [])]


def _refuse_twice(panel: Panel) -> None:
    import pyarrow.compute as pc

    keys = keys_of(panel)
    if not keys:
        return
    counted = panel.table.select(keys).group_by(keys).aggregate([([], "count_all")])
    double = counted.filter(pc.greater(counted["count_all"], 1))
    if double.num_rows:
        first = {key: double[key][0].as_py() for key in keys}
        raise HansaError(
            "a row stands twice in the table",
            place=", ".join(f"{key}={value}" for key, value in first.items()),
            printed=f"{double.num_rows} such cells",
            admissible="one row for each cell",
            fix="find out which of them holds, and leave the others out",
        )


_NAMED = ("geo", "partner", "activity", "activity_2", "cluster", "cluster_2")


def _labels(name: str, panel: Panel) -> Labels:
    known = _all_labels(name, panel.header)
    codes = panel.distinct(name) if known else []
    own = {code: known[code] for code in codes if code in known and known[code] != code}
    return {**own, **({TOTAL: "Total"} if own and TOTAL in codes else {})}


def _all_labels(name: str, header: Header) -> Labels:
    if name in ("geo", "partner"):
        return geography_codes(header.geography).label if _ships(header.geography) else {}
    if name in ("activity", "activity_2"):
        own = header.classification
        return classification(own).label if _ships(own) else {}
    if name in ("cluster", "cluster_2"):
        found = definitions().get(header.definition)
        return {c: found.label_of(c) for c in found.clusters} if found else {}
    return {}


def _ships(name: str) -> bool:
    return bool(name) and name in available()
