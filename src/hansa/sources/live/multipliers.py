"""Values that are printed in tens, thousands, millions (UNIT_MULT of SDMX) in the unit itself.

The standard says that a value times 10 to the power UNIT_MULT stands in the unit of the data. It
is done once, for the joined answer, exactly as if the service had printed the zeros. Where the
unit of a row names a multiple already (`MIO_EUR`) nobody can tell whether the two say the same
thing twice: such rows are left as they are printed, and that is said.

Source: SDMX Content-Oriented Guidelines (cross-domain concepts, code list CL_UNIT_MULT).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from hansa.errors import listed
from hansa.sources.live.contract import Observations
from hansa.sources.live.drafts import encoded

NAME = "UNIT_MULT"
_MOST = 24
"""The greatest power that is taken for one: a code beyond is something else."""

_POWER = re.compile(r"([+-]?\d{1,2})(: .*)?")
_MULTIPLE = re.compile(
    r"(?<![A-Za-z])(HUNDREDS?|THS|THOUSANDS?|MIO|MLN|MN|MILLIONS?|MRD|BIO|BN|BLN|BILLIONS?|"
    r"TRILLIONS?|[KM](EUR|USD|GBP|ECU))(?![A-Za-z])|10\s?\^|\b1?[ ,.]?000s?\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Powers:
    """The power of ten of each row, 0 where none is applied; rows whose unit says it already."""

    power: npt.NDArray[np.int64]
    twice: npt.NDArray[np.bool_]
    units: tuple[str, ...]
    odd: tuple[str, ...]
    silent: int


def multiplied(found: Observations) -> Observations:
    """The same numbers in their unit: value times 10 to the power UNIT_MULT, row by row.

    UNIT_MULT is 0 where it was applied, so that nobody applies it again. `steps` and `notes` say
    what was done, and what was not: codes that are no powers of ten, units that name a multiple.
    """
    name = next((n for n in found.table.column_names if n.upper() == NAME), "")
    if not name:
        return found
    powers = _powers(found, name)
    left = _left(found, name, powers)
    if name in found.dimensions or not np.any(powers.power):
        return replace(found, notes=(*left, *found.notes))
    table = found.table
    shifted = _shifted(table["value"], powers.power)
    table = table.set_column(table.column_names.index("value"), "value", shifted)
    table = table.set_column(table.column_names.index(name), name, _zeroed(found, name, powers))
    step = _step(powers)
    said = f"Printed in multiples of its unit: {step}. UNIT_MULT is 0 there now."
    return replace(
        found, table=table, steps=(*found.steps, step), notes=(said, *left, *found.notes)
    )


def _powers(found: Observations, name: str) -> _Powers:
    column = encoded(found.table[name])
    texts = column.dictionary.to_pylist()
    known = [_power(text) for text in texts]
    table = np.array([*((p or 0) for p in known), 0], np.int64)
    place = _places(column)
    power = table[place]
    odd = tuple(t for t, p in zip(texts, known, strict=True) if p is None and t.strip())
    twice, units = _named_multiples(found)
    twice &= power != 0
    power[twice] = 0
    return _Powers(power, twice, units, odd, int(np.count_nonzero(place < 0)))


def _power(text: str) -> int | None:
    """The power a code stands for, alone or with its name (`6: Millions`); None for none."""
    told = _POWER.fullmatch(text.strip())
    return int(told[1]) if told and abs(int(told[1])) <= _MOST else None


def _places(column: pa.DictionaryArray) -> npt.NDArray[np.int64]:
    """Positions in the dictionary, -1 where null."""
    import pyarrow.compute as pc

    filled = pc.fill_null(column.indices, -1).to_numpy(zero_copy_only=False)
    return np.asarray(filled, np.int64)


def _named_multiples(found: Observations) -> tuple[npt.NDArray[np.bool_], tuple[str, ...]]:
    """Rows whose unit names a multiple by its code or label, and these units."""
    rows = np.zeros(found.table.num_rows, bool)
    said: dict[str, None] = {}
    for name in found.table.column_names:
        if "UNIT" not in name.upper() or name.upper() == NAME:
            continue
        column = encoded(found.table[name])
        labels = found.labels.get(name, {})
        texts = [f"{code} ({labels[code]})" if labels.get(code) else code
                 for code in column.dictionary.to_pylist()]  # fmt: skip
        multiple = np.array([*(bool(_MULTIPLE.search(_words(text))) for text in texts), False])
        rows |= multiple[_places(column)]
        said.update(dict.fromkeys(t for t, m in zip(texts, multiple, strict=False) if m))
    return rows, tuple(said)


def _words(text: str) -> str:
    return text.replace("_", " ")


def _shifted(values: pa.ChunkedArray, power: npt.NDArray[np.int64]) -> pa.Array:
    """Each value with its decimal point moved: the nearest number to what is printed, moved.

    Multiplying would round twice: 4.35 times 100 is 434.99999999999994.
    """
    import pyarrow.compute as pc

    flat = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    for one in sorted({int(p) for p in power[power != 0]}):
        rows = pa.array(power == one)
        rows = pc.and_(rows, pc.fill_null(pc.is_finite(flat), False))
        printed = pc.cast(pc.filter(flat, rows), pa.string())
        plain = pc.invert(pc.match_substring(printed, "e"))
        moved = pc.if_else(plain, pc.binary_join_element_wise(printed, f"e{one}", ""), None)
        numbers = pc.cast(moved, pa.float64())
        if numbers.null_count:
            long = [
                float(Decimal(t).scaleb(one)) if "e" in t else None for t in printed.to_pylist()
            ]
            numbers = pc.coalesce(numbers, pa.array(long, pa.float64()))
        flat = pc.replace_with_mask(flat, rows, numbers)
    return flat


def _zeroed(found: Observations, name: str, powers: _Powers) -> pa.DictionaryArray:
    import pyarrow.compute as pc

    column = encoded(found.table[name])
    done = pa.array(powers.power != 0)
    return encoded(pc.if_else(done, "0", column.cast(pa.string())))


def _step(powers: _Powers) -> str:
    counted = Counter(powers.power.tolist())
    if len(counted) == 1:
        return f"value multiplied by 10^{next(iter(counted))}, as UNIT_MULT says"
    told = ", ".join(f"10^{p} in {n:,} rows" for p, n in sorted(counted.items()))
    return f"value multiplied by 10 to the power UNIT_MULT, row by row ({told})"


def _left(found: Observations, name: str, powers: _Powers) -> list[str]:
    """What is said of rows that are left as they are printed."""
    said = []
    if name in found.dimensions and np.any(powers.power):
        said.append(
            "UNIT_MULT is a dimension here: values are left as printed; multiply each by 10 to "
            "that power before adding up or comparing."
        )
    if np.any(powers.twice):
        said.append(
            f"{np.count_nonzero(powers.twice):,} values are left as printed: UNIT_MULT states a "
            f"multiple and so does their unit, {listed(powers.units, 4)}. Find out whether the two "
            "mean the same multiple before using them."
        )
    if powers.odd:
        said.append(f"UNIT_MULT {_quoted(powers.odd)} is no power of ten: left as printed.")
    if powers.silent and (np.any(powers.power) or np.any(powers.twice)):
        said.append(f"{powers.silent:,} values state no UNIT_MULT: left as printed.")
    return said


def _quoted(texts: Sequence[str]) -> str:
    return listed([repr(text) for text in texts], 5)
