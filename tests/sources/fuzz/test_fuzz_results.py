"""Results of Hansa, written and read again, whole and damaged."""

from __future__ import annotations

import csv

import pyarrow as pa
import pyarrow.parquet as pq
from fuzz_cases import BYTES, NUMBERS, Choice, damaged, folder, fuzzed, outcome
from fuzz_grids import Layout, from_csv
from fuzz_tables import Plan, cell, facts, meaning, read, same
from hypothesis import strategies as st

from hansa.files import write_panel
from hansa.panel import Header, Panel


def panel_of(known, choice):
    """A panel of the facts as its writer knows them, and the cells in it."""
    bounded = choice.of((False, True))
    names = ["geo", "activity", "time", "value", "status"]
    names += ["lower", "upper"] if bounded else []
    names += ["estimated"] if choice.of((False, True)) else []
    rows, answer = [], {}
    for entry in sorted(known.entries, key=lambda e: e.key):
        value = None if entry.value is None else float(entry.value)
        low, high = (0.0, 9.0) if value is None else (value / 2, value * 2)
        share = Choice(entry.style).of((0.0, 0.25, 1.0))
        parts = {"lower": low, "upper": high, "estimated": share}
        own = [*entry.key, value, ";".join(sorted(entry.flags)), *(parts[n] for n in names[5:])]
        rows.append(own)
        bounds = {n: parts[n] for n in ("lower", "upper") if n in names}
        answer[entry.key] = cell(
            value, entry.flags, estimated=share if "estimated" in names else None, **bounds
        )
    columns = list(zip(*rows, strict=True))
    kinds = [pa.string(), pa.string(), pa.int16(), pa.float64(), pa.string(), *[pa.float64()] * 3]
    table = pa.table({n: pa.array(c, k) for n, c, k in zip(names, columns, kinds, strict=False)})
    if choice.of((True, False)):
        for name in ("geo", "activity", "status"):
            at = names.index(name)
            table = table.set_column(at, name, table[name].dictionary_encode())
    header = Header(
        known.measure,
        unit=choice.of(("persons", "", 'a "unit"')),
        classification=known.classification,
        geography=known.geography,
        source=choice.of(("", "Eurostat, “x”\n2nd line", "ß")),
        zeros=choice.of(("printed", "hidden")),
        absent_rows=choice.of(("zero", "unknown")),
        notes=choice.of(((), ("one", "two"))),
        steps=choice.of(((), ("read it", "filled it"))),
    )
    if header.zeros == "hidden":
        answer = {k: c if c.value else hidden(c) for k, c in answer.items()}
    return Panel(("geo", "activity", "time"), table, header), answer


def hidden(own):
    """A printed zero that stands for a hidden value; its bounds stay."""
    return cell(None, own.flags - {"m"}, own.lower, own.upper, own.estimated)


@fuzzed(
    st.tuples(
        facts(),
        NUMBERS,
        st.one_of(st.just([]), st.just([]), BYTES),
        st.one_of(st.just([]), st.just([]), BYTES),
    ),
    few=60,
)
def test_fuzz_results_read_again(case):
    known, style, damage, beside = case
    choice = Choice(style)
    panel, answer = panel_of(known, choice)
    suffix = choice.of((".csv", ".parquet"))
    with folder() as place:
        path = place / f"t{suffix}"
        write_panel(panel, path)
        meta = place / "t.meta.toml"
        # Without checksums of its own, Parquet may change under a damage nobody can see.
        if damage and suffix == ".parquet":
            pq.write_table(panel.to_arrow(), path, write_page_checksum=True)
        path.write_bytes(damaged(path.read_bytes(), damage))
        if meta.is_file():
            meta.write_bytes(damaged(meta.read_bytes(), beside))
        found, refused = outcome(
            lambda: read(path, known.measure, {}), str(place), "geo ", path.name
        )
        data = path.read_bytes()
    beside = beside if suffix == ".csv" else []
    if not damage and not beside:
        assert refused is None, refused
    if refused is None and not beside and suffix == ".csv":
        assert found == spelt_out(data, panel, known)
    if refused is None and not beside and (suffix == ".parquet" or not damage):
        same(found, answer)


def spelt_out(data, panel, known):
    """The cells of a damaged CSV by a second reader."""
    try:
        header, rows = from_csv(data, Layout())
    except (ValueError, csv.Error) as doubt:
        raise AssertionError(f"read, though doubtful: {doubt}; {data!r}") from doubt
    there = {n: n for n in ("status", "lower", "upper", "estimated") if n in header}
    plan = Plan(
        "geo",
        "activity",
        "time",
        "value",
        geography=known.geography,
        classification=known.classification,
        negative=known.measure == "value_added",
        where=(("measure", known.measure),) if "measure" in header else (),
        **there,
    )
    found = meaning(header, rows, plan)
    if panel.header.zeros == "hidden":
        found = {k: c if c.value else hidden(c) for k, c in found.items()}
    return found


def test_a_header_that_is_damaged_is_refused_by_name():
    """The metadata of an Arrow table, cut and changed byte by byte."""
    table = pa.table({"geo": ["A"], "activity": ["x"], "time": [2015], "value": [1.0]})
    panel = Panel.of(table, ("geo", "activity", "time"), Header("employment"))
    arrow = panel.to_arrow()
    raw = arrow.schema.metadata[b"hansa"]
    for at in range(len(raw)):
        for sign in (b"", b"[", b'"', b"9", b"\xff"):
            changed = raw[:at] + sign + raw[at + 1 :]
            own = arrow.replace_schema_metadata({b"hansa": changed})
            outcome(lambda own=own: read(own, "employment", {}), "table", "describe")
