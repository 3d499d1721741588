"""What must not leave with a table: confidential values, and bounds that all but give them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from hansa.errors import HansaError
from hansa.facts.disclosure import SHARE, too_narrow
from hansa.facts.hidden.system import Mask
from hansa.law import Floats, flags_from_text
from hansa.panel import Panel
from hansa.sources.cells import to_numpy

GIVEN_OUT = "confidential cells given out: "
"""How the step begins by which somebody gave a reason for handing confidential cells on."""

COMPUTED = "computed "
"""How the step begins that made a result of facts; results were audited when they were made."""


def guarded(panel: Panel) -> tuple[Panel, tuple[str, ...]]:
    """The panel without bounds that all but give a confidential value, and what to say of it.

    Facts with status `c` and a known value are their owner's secret: HansaError. Cells that a
    named step filled, or that are known between bounds only, lose value and bounds where these
    are closer than a tenth of the value (the rule of `hansa.facts.disclosure.withheld`), unless
    a step of the header gives the reason for handing them on. Results computed from facts keep
    their values: what they reveal was audited then.
    """
    marked, filled = _flags(panel, "c"), _flags(panel, "imputed")
    if "value" not in panel.table.column_names or not marked.any():
        return panel, ()
    steps = panel.header.steps
    computed = any(step.startswith(COMPUTED) for step in steps)
    value = _numbers(panel, "value")
    known = marked & ~np.isnan(value)
    if not computed and (known & ~filled).any():
        raise _secret(panel, known & ~filled)
    if told := [step for step in steps if step.startswith(GIVEN_OUT)]:
        return panel, (told[0],)
    tight = _tight(panel, marked, value, computed)
    notes = []
    if computed and known.any():
        notes.append(
            f"{int(known.sum())} results rest on confidential cells (status c); what they reveal "
            "was audited when they were computed"
        )
    if not tight.any():
        return panel, tuple(notes)
    said = f"confidential cells left empty, their bounds all but give them: {int(tight.sum())}"
    blank = replace(panel, table=_blanked(panel.table, tight))
    return blank.with_header(steps=(*steps, said)), (*notes, said)


def _tight(panel: Panel, marked: Mask, value: Floats, computed: bool) -> Mask:
    """Where what is known of a confidential cell all but gives it."""
    low, high = (_numbers(panel, name) for name in ("lower", "upper"))
    point = np.where(np.isnan(value), high, value)
    bounded = marked & ~np.isnan(low) & ~np.isnan(high)
    if computed:
        bounded &= np.isnan(value)
    else:
        # A filled cell without bounds says nothing of how closely its value is known.
        bounded |= marked & ~np.isnan(value)
        low, high = np.where(np.isnan(low), value, low), np.where(np.isnan(high), value, high)
    return np.asarray(bounded & too_narrow(low, high, np.abs(point), SHARE))


def _flags(panel: Panel, name: str) -> Mask:
    """Where the status holds a flag; a status that is no set of letters holds none."""
    found = np.zeros(len(panel), bool)
    start = 0
    for chunk in panel.table["status"].dictionary_encode().chunks:
        there = np.array([_has(text, name) for text in chunk.dictionary.to_pylist()], bool)
        if len(there):
            found[start : start + len(chunk)] = there[to_numpy(chunk.indices)]
        start += len(chunk)
    return found


def _has(text: str | None, name: str) -> bool:
    try:
        return bool(flags_from_text(text) & flags_from_text(name))
    except ValueError:
        # Numbers or signs of an office: kept as they are. A c among them counts, to be safe.
        return name == "c" and "c" in (text or "").lower()


def _numbers(panel: Panel, name: str) -> Floats:
    if name not in panel.table.column_names:
        return np.full(len(panel), np.nan)
    column = panel.table[name].combine_chunks()
    return np.asarray(to_numpy(column.fill_null(float("nan"))), np.float64)


def _blanked(table: pa.Table, gone: Mask) -> pa.Table:
    import pyarrow.compute as pc

    mask = pa.array(gone)
    for name in ("value", "lower", "upper", "estimated"):
        if name in table.column_names:
            i = table.column_names.index(name)
            table = table.set_column(i, name, pc.if_else(mask, None, table[name]))
    return table


def _secret(panel: Panel, where: Mask) -> HansaError:
    row = int(np.flatnonzero(where)[0])
    return HansaError(
        "confidential cells hold a value",
        place=", ".join(f"{d}={panel.table[d][row].as_py()}" for d in panel.dims)
        or f"row {row + 1}",
        printed=f"{int(where.sum())} cells with status c and a value",
        admissible="a table in which confidential cells are empty",
        fix="hansa protect TABLE --out safe.csv, then export safe.csv",
    )
