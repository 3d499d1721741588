"""The words that stand in every figure: what the marks mean, what is missing, where it is from."""

from __future__ import annotations

from hansa.panel import Header
from hansa.views.format import joined, share_estimated
from hansa.views.reading import PLAIN, Reading, Words, noted, reference_name

DATA_COLUMNS = ("Lowest possible", "Highest possible", "Share estimated", "Status")


def source_line(header: Header, words: Words = PLAIN, *, reference: bool = False) -> str:
    """One line: source and vintage, definition, base, reference, version of the regions."""
    parts = [f"Source: {sources_once(header.source) or 'not stated'}"]
    if header.vintage:
        parts[0] += f", {header.vintage}"
    if header.definition:
        parts.append(f"Definition: {header.definition}")
    if header.base:
        parts.append(f"Base: {header.base}")
    if reference:
        parts.append(f"Reference: {reference_name(header, words)}")
    if header.geography not in ("", "local"):
        scheme, _, version = header.geography.partition(":")
        parts.append(f"Regions: {scheme.upper()} {version}".rstrip())
    return ". ".join(p.rstrip(".") for p in parts) + "."


def sources_once(text: str) -> str:
    """Sources that differ only in the name of a table, as one: `Eurostat, jobs (one, two)`."""
    tables: dict[str, list[str]] = {}
    for source in text.split("; "):
        name, opened, table = source.partition(" (")
        whole = opened and table.endswith(")") and table.count(")") == 1
        tables.setdefault(name if whole else source, []).extend([table[:-1]] if whole else [])
    parts = (f"{n} ({', '.join(dict.fromkeys(t))})" if t else n for n, t in tables.items())
    return "; ".join(parts)


def mark_notes(reading: Reading, *, absent: str = "Dashed and empty: not known") -> list[str]:
    """What whiskers, hatching and dashes mean, for those marks that occur."""
    notes = []
    known = reading.known
    if any(c.bounded and c.value is not None for c in known):
        notes.append("Whisker: from the lowest to the highest possible value.")
    if any(c.value is None for c in known):
        notes.append("Hatched, with outline: only the two bounds are known.")
    shares = [c.estimated for c in known if c.estimated > 0]
    if shares:
        most = share_estimated(max(shares))
        most = f"at most {most}" if most else "less than 1\u202f%"
        notes.append(f"Pale and hatched: the share that is estimated ({most} of a number).")
    if reading.absent:
        notes.append(f"{absent} ({'; '.join(noted(reading.absent))}).")
    return notes


def tiny_note(reading: Reading) -> list[str]:
    """The note on grey marks, where there are any."""
    tiny = [c.name for c in reading.known if c.tiny]
    if not tiny:
        return []
    names = joined(tiny) if len(tiny) <= 4 else f"{len(tiny)} {reading.what}"
    return [f"Grey: too small to carry a rate ({names})."]


def header_notes(*headers: Header) -> list[str]:
    """The notes of the panels, each once, and what "model data" means where it applies."""
    notes = list(dict.fromkeys(note for h in headers for note in h.notes))
    if any(h.model_data for h in headers):
        notes.append("Model data: made up to show the method; they describe no real region.")
    return notes


def data_rows(reading: Reading) -> tuple[tuple[str, ...], ...]:
    """Code, name, value, bounds, share estimated and status of every cell, as text.

    A cell without bounds is exact.
    """
    scale = reading.scale
    rows = []
    for cell in reading.ordered:
        estimated = share_estimated(cell.estimated)
        status = cell.meaning or (cell.reason if cell.absent else "")
        bounds = scale.bounds(cell.lower, cell.upper) if cell.bounded else ("", "")
        rows.append((cell.code, cell.name, scale.text(cell.value), *bounds, estimated, status))
    return tuple(rows)


def data_columns(reading: Reading, head: str = "") -> tuple[str, ...]:
    """The heads of `data_rows`, the unit in the head of the value."""
    thing = {"geo": "Region", "activity": "Activity"}.get(reading.axis, "Cluster")
    return ("Code", thing, head or value_head(reading), *DATA_COLUMNS)


def value_head(reading: Reading) -> str:
    """Label and unit of the value: `Size: jobs (persons)`."""
    label = reading.header.label or reading.header.measure.replace("_", " ")
    unit = reading.header.unit
    if reading.scale.style in ("quotient", "share", "change") or not unit:
        return label
    return f"{label} ({unit})"
