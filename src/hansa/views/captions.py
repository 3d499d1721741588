"""The words that stand in every figure: what the marks mean, what is missing, where it is from."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hansa.clusters import definitions
from hansa.language import N_, _
from hansa.panel import Header
from hansa.views.format import joined, share_estimated, share_words
from hansa.views.reading import PLAIN, Cell, Reading, Words, noted, reference_name

DATA_COLUMNS = (
    N_("Lowest possible"),
    N_("Highest possible"),
    N_("Share estimated"),
    N_("Status"),
)


def source_line(header: Header, words: Words = PLAIN, *, reference: bool = False) -> str:
    """One line: source and vintage, definition, base, reference, version of the regions."""
    parts = [_("Source: {source}", source=sources_once(header.source) or _("not stated"))]
    if header.vintage:
        parts[0] += f", {header.vintage}"
    if header.definition:
        parts.append(_("Definition: {definition}", definition=definition_name(header.definition)))
    if header.base:
        parts.append(_("Base: {base}", base=_(header.base)))
    if reference:
        parts.append(_("Reference: {reference}", reference=reference_name(header, words)))
    if header.geography not in ("", "local"):
        scheme, version = f"{header.geography}:".split(":")[:2]
        version = f"{scheme.upper()} {version}".rstrip()
        parts.append(_("Regions: {version}", version=version))
    return ". ".join(p.rstrip(".") for p in parts) + "."


def definition_name(known_as: str) -> str:
    """Name and id of a definition that ships, `Hansa clusters of … (hansa-nace2)`; else the id."""
    own = definitions().get(known_as)
    return f"{own.name} ({known_as})" if own else known_as


def sources_once(text: str) -> str:
    """Sources that differ only in the name of a table, as one: `Eurostat, jobs (one, two)`."""
    tables: dict[str, list[str]] = {}
    for source in text.split("; "):
        name, opened, table = source.partition(" (")
        whole = opened and table.endswith(")") and table.count(")") == 1
        tables.setdefault(name if whole else source, []).extend([table[:-1]] if whole else [])
    parts = (f"{n} ({', '.join(dict.fromkeys(t))})" if t else n for n, t in tables.items())
    return "; ".join(parts)


def mark_notes(reading: Reading, *, dashed: bool = True) -> list[str]:
    """What whiskers, hatching and dashes mean, for those marks that occur.

    dashed  False where cells of which nothing is known are listed elsewhere
    """
    notes = []
    known = reading.known
    if any(c.bounded and c.value is not None for c in known):
        notes.append(_("Whisker: from the lowest to the highest possible value."))
    notes += open_note(known)
    if any(c.value is None for c in known):
        notes.append(_("Hatched, with outline: only the two bounds are known."))
    shares = [c.estimated for c in known if c.estimated > 0]
    if shares:
        most = share_estimated(max(shares))
        text = (
            _("Pale and hatched: the share that is estimated (at most {share} of a number).")
            if most
            else _("Pale and hatched: the share that is estimated ({share} of a number).")
        )
        notes.append(text.format(share=share_words(max(shares))))
    if dashed and reading.absent:
        reasons = "; ".join(noted(reading.absent))
        notes.append(_("Dashed and empty: not known ({reasons}).", reasons=reasons))
    return notes


def open_note(cells: Iterable[Cell]) -> list[str]:
    """The note on whiskers that run out of the picture, where there are any."""
    if not any(c.half_open for c in cells):
        return []
    return [_("Whisker up to the edge, without an end: on that side no bound is known.")]


def cut_note(cells: Iterable[Cell], beyond: Callable[[float], bool]) -> list[str]:
    """The note on whiskers that are longer than the axis, where there are any.

    beyond  whether a value does not fit on the axis
    """
    closed = [c for c in cells if not c.absent and c.bounded and not c.half_open]
    if not any(beyond(end) for c in closed for end in (c.low, c.high)):
        return []
    return [_("Whisker up to the edge, without an end: it ends beyond the axis.")]


def tiny_note(reading: Reading) -> list[str]:
    """The note on grey marks, where there are any."""
    tiny = [c.name for c in reading.known if c.tiny]
    if not tiny:
        return []
    names = joined(tiny) if len(tiny) <= 4 else f"{len(tiny)} {reading.what}"
    return [_("Grey: too small to carry a rate ({names}).", names=names)]


def header_notes(*headers: Header) -> list[str]:
    """The notes of the panels, each once, and what "model data" means where it applies."""
    notes = list(dict.fromkeys(_(note) for h in headers for note in h.notes))
    if any(h.model_data for h in headers):
        notes.append(_("Model data: made up to show the method; they describe no real region."))
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
    return (_("Code"), thing_head(reading), head or value_head(reading), *map(_, DATA_COLUMNS))


def thing_head(reading: Reading) -> str:
    """The head of the column of names: `Region`, `Activity` or `Cluster`."""
    heads = {"geo": _("Region"), "activity": _("Activity")}
    return heads.get(reading.axis) or _("Cluster")


def value_head(reading: Reading) -> str:
    """Label and unit of the value: `Size: jobs (persons)`."""
    label = _(reading.header.label or reading.header.measure.replace("_", " "))
    unit = reading.header.unit
    if reading.scale.style in ("quotient", "share", "change") or not unit:
        return label
    return f"{label} ({_(unit)})"
