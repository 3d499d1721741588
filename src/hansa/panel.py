"""The one data type: a table with named dimensions, one value, its status and its bounds."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from hansa.codes.codelist import TOTAL, available, classification
from hansa.errors import HansaError, UsageError, listed

if TYPE_CHECKING:
    import pandas
    import polars

DIMENSIONS = (
    "geo",
    "partner",
    "activity",
    "activity_2",
    "cluster",
    "cluster_2",
    "time",
    "indicator",
    "entity",
    "driver",
)
Kind = Literal["extensive", "intensive", "ordinal", "nominal"]
METADATA_KEY = b"hansa"


@dataclass(frozen=True)
class Header:
    """What is said once about a whole panel.

    `kind` decides what may be done with the values: extensive ones may be summed, all others
    may not (intensive: shares and quotients; ordinal: counts of stars; nominal: classes).
    `absent_rows` says what a row that is not there means; `overlapping`, that the clusters share
    activities. `steps` is the recipe: one line for each named step that made or
    changed a value. `notes` go under every figure.
    """

    measure: str
    unit: str = ""
    kind: Kind = "extensive"
    label: str = ""
    classification: str = "local"
    geography: str = "local"
    definition: str = ""
    base: str = ""
    reference: str = ""
    source: str = ""
    licence: str = ""
    vintage: str = ""
    absent_rows: Literal["zero", "unknown"] = "zero"
    zeros: Literal["printed", "hidden"] = "printed"
    model_data: bool = False
    overlapping: bool = False
    notes: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The fields that say something, for JSON and TOML."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items() if v}

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Header:
        """The header written by `as_dict`; keys of other versions are refused by name."""
        known = {f.name for f in fields(Header)}
        if unknown := sorted(set(data) - known):
            raise HansaError(
                "a panel header holds unknown keys",
                printed=listed(unknown),
                admissible=listed(sorted(known), 30),
            )
        values: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in data.items()
        }
        return Header(**values)


@dataclass(frozen=True)
class Panel:
    """Values by named dimensions.

    `table` has one column a dimension (text codes; `time` is a whole year), then `value`
    (null where absent), `status` (flags joined by `;`), and where there are any `lower`, `upper`,
    `estimated` (share of the value resting on estimates, 0 to 1) and `method`. A nominal panel has
    `label` instead of `value`; a class or a count carries its `reason`.
    """

    dims: tuple[str, ...]
    table: pa.Table
    header: Header
    _distinct: dict[str, list[Any]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        wrong = [d for d in self.dims if d not in DIMENSIONS]
        if wrong:
            raise UsageError(f"{listed(wrong)} is no dimension", admissible=listed(DIMENSIONS, 20))
        holds = "label" if self.header.kind == "nominal" else "value"
        needed = [*self.dims, holds, "status"]
        if missing := [c for c in needed if c not in self.table.column_names]:
            raise UsageError(
                f"a panel needs the columns {listed(missing)}",
                printed=listed(self.table.column_names),
            )

    @staticmethod
    def of(data: Any, dims: Iterable[str], header: Header) -> Panel:
        """A panel of anything that speaks the Arrow C stream: pandas, polars, DuckDB, pyarrow."""
        table = data if isinstance(data, pa.Table) else pa.table(data)
        if "status" not in table.column_names:
            table = table.append_column("status", pa.array([""] * table.num_rows, pa.string()))
        return Panel(tuple(dims), table, header)

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def to_arrow(self) -> pa.Table:
        """The table, its header in the schema metadata."""
        meta = dict(self.table.schema.metadata or {})
        meta[METADATA_KEY] = json.dumps(
            {"format": 1, "dims": list(self.dims), **self.header.as_dict()}, sort_keys=True
        ).encode()
        return self.table.replace_schema_metadata(meta)

    def to_pandas(self) -> pandas.DataFrame:
        """The table as a pandas frame; absent values are missing there."""
        return self.to_arrow().to_pandas()

    def to_polars(self) -> polars.DataFrame:
        """The table as a polars frame; absent values are null there."""
        import polars as pl

        frame = pl.from_arrow(self.to_arrow())
        assert isinstance(frame, pl.DataFrame)
        return frame

    def rows(self) -> list[dict[str, Any]]:
        """The rows as dictionaries, for tables and tests; null is None."""
        columns = self.columns()
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    def columns(self) -> dict[str, list[Any]]:
        """The columns as lists, by name; null is None."""
        names = self.table.column_names
        return {name: _listed(self.table[name]) for name in names}

    def distinct(self, name: str) -> list[Any]:
        """The values that a dimension takes, in order."""
        if name in self._distinct:
            return list(self._distinct[name])
        found: set[Any] = set()
        for chunk in self.table[name].chunks:
            if pa.types.is_dictionary(chunk.type):
                values = chunk.dictionary.to_pylist()
                found.update(values[i] for i in pc.unique(chunk.indices).to_pylist())
            else:
                found.update(pc.unique(chunk).to_pylist())
        self._distinct[name] = sorted(found)
        return list(self._distinct[name])

    def where(self, name: str, value: Any) -> Panel:
        """The rows with one value of a dimension."""
        return self.among(name, [value])

    def among(self, name: str, values: Iterable[Any]) -> Panel:
        """The rows with one of some values of a dimension; rows are not unpacked for it."""
        wanted = set(values)
        masks = []
        for chunk in self.table[name].chunks:
            if not pa.types.is_dictionary(chunk.type):
                chunk = pc.dictionary_encode(chunk)
            # Few values stand in a dictionary: each is looked up once, not per row.
            there = np.array([value in wanted for value in chunk.dictionary.to_pylist()], bool)
            places = np.from_dlpack(chunk.indices)
            masks.append(there[places] if len(there) else np.zeros(len(places), bool))
        return self.taken(np.flatnonzero(np.concatenate(masks)) if masks else np.zeros(0, np.int64))

    def taken(self, kept: npt.NDArray[np.int64]) -> Panel:
        """The rows at some positions, which ascend."""
        if len(kept) and kept[-1] - kept[0] == len(kept) - 1:
            # One stretch of rows, as those of a region are: nothing has to be copied.
            return replace(self, table=self.table.slice(int(kept[0]), len(kept)))
        # `pa.array` would import pandas where it is installed.
        rows = pa.Array.from_buffers(pa.int64(), len(kept), [None, pa.py_buffer(kept)])
        return replace(self, table=self.table.take(rows))

    def with_header(self, **changes: Any) -> Panel:
        """The same values under a changed header."""
        return replace(self, header=replace(self.header, **changes))

    def summed(self, over: str) -> Panel:
        """Sum along one dimension; a group with an absent member is absent (clauses 3 and 5).

        Bounds are added too, and the estimated share is that of the sum (clause 8). Raises for
        intensive values (shares, rates and quotients do not add up) and for parts that overlap.
        """
        if self.header.kind != "extensive":
            raise HansaError(
                f"{self.header.measure} cannot be summed over {over}",
                printed=_NOT_SUMMED[self.header.kind],
                admissible="an extensive one, such as employment",
                fix="sum its numerator and its denominator, then divide",
            )
        if over not in self.dims:
            raise UsageError(f"the panel has no dimension {over}", admissible=listed(self.dims))
        self._refuse_overlap(over)
        keys = [d for d in self.dims if d != over]
        table = _plain(self.table)
        numbers = [c for c in ("value", "lower", "upper") if c in table.column_names]
        wanted = [(name, "sum", _SPREAD) for name in numbers]
        if "estimated" in table.column_names:
            resting = pc.multiply(table["estimated"], table["value"])
            table = table.append_column("resting", resting)
            wanted += [("resting", "sum", _SPREAD), ("estimated", "max", _SPREAD)]
        grouped = table.group_by(keys, use_threads=False).aggregate(
            [*wanted, ("status", "distinct")]
        )
        columns: dict[str, Any] = {k: grouped[k] for k in keys}
        columns |= {name: grouped[f"{name}_sum"] for name in numbers}
        texts = [_joined(group) for group in grouped["status_distinct"].to_pylist()]
        columns["status"] = pa.array(texts, pa.string())
        if "estimated" in table.column_names:
            none = pc.equal(columns["value"], 0)
            share = pc.divide(grouped["resting_sum"], pc.if_else(none, 1.0, columns["value"]))
            columns["estimated"] = pc.if_else(none, grouped["estimated_max"], share)
        order = [*keys, "value", "status", *(c for c in _PARTS if c in columns)]
        summed = pa.table(columns).select(order).sort_by([(k, "ascending") for k in keys])
        return Panel(tuple(keys), summed, self.header)

    def _refuse_overlap(self, over: str) -> None:
        """Raise where one code of a dimension holds another, or clusters share activities."""
        if over.startswith("cluster") and self.header.overlapping:
            raise HansaError(
                "clusters that share activities would be added up",
                printed=f"definition {self.header.definition}: overlapping",
                admissible="clusters whose weights add up to at most 1 for each activity",
                fix="sum over activities, or use a definition without overlap",
            )
        lists = {"geo": self.header.geography, "activity": self.header.classification}
        if over not in lists or lists[over] not in (*available(), "local"):
            return
        codes = classification(lists[over])
        found = set(pc.unique(_plain(self.table)[over]).to_pylist())
        for code in sorted(found):
            above = [a for a in codes.ancestors(code) if a in found]
            if TOTAL in found and len(found) > 1 and code != TOTAL:
                above.append(TOTAL)
            if above:
                raise HansaError(
                    f"parts of {over} that overlap would be added up",
                    printed=f"{code} lies in {above[0]}",
                    admissible="either the whole or its parts",
                    fix="keep the rows of one level",
                )


def _listed(column: pa.ChunkedArray) -> list[Any]:
    """What `to_pylist` gives; numbers and codes are not made one by one, which is ten times slower.

    Such columns are most of a panel, and pages read hundreds of small ones.
    """
    found: list[Any] = []
    for chunk in column.chunks:
        if not pa.types.is_dictionary(chunk.type):
            found += _numbers(chunk)
        elif len(chunk) < len(chunk.dictionary):
            found += _numbers(chunk.dictionary_decode())
        else:
            values = chunk.dictionary.to_pylist()
            found += [None if i is None else values[i] for i in _numbers(chunk.indices)]
    return found


def _numbers(chunk: pa.Array) -> list[Any]:
    if not (pa.types.is_float64(chunk.type) or pa.types.is_integer(chunk.type)):
        return list(chunk.to_pylist())
    if not chunk.null_count:
        return list(np.from_dlpack(chunk).tolist())
    # What lies in the place of a null is any number.
    values = np.frombuffer(chunk.buffers()[1], chunk.type.to_pandas_dtype())
    values = values[chunk.offset : chunk.offset + len(chunk)].tolist()
    for i in np.from_dlpack(pc.indices_nonzero(chunk.is_null())).tolist():
        values[i] = None
    return list(values)


def _plain(table: pa.Table) -> pa.Table:
    """The same table with its dictionary columns as plain ones."""
    for i, field_ in enumerate(table.schema):
        if pa.types.is_dictionary(field_.type):
            plain = pc.cast(table.column(i), field_.type.value_type)
            table = table.set_column(i, field_.name, plain)
    return table


def _joined(statuses: Iterable[str | None]) -> str:
    from hansa.law import flags_from_text, flags_to_text

    bits = 0
    for text in statuses:
        bits |= flags_from_text(text)
    return flags_to_text(bits)


_NOT_SUMMED = {
    "intensive": "an intensive measure: a share, rate or quotient",
    "ordinal": "an ordinal measure: a number of stars",
    "nominal": "a nominal measure: a class",
}
_PARTS = ("lower", "upper", "estimated")
_SPREAD = pc.ScalarAggregateOptions(skip_nulls=False)
