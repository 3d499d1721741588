"""Who makes up the figure of a macro-region: the number of regions and countries behind it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hansa.panel import Panel
from hansa.views.format import grouped
from hansa.views.reading import HERE, PLAIN, At, Cell, Reading, Words, read, reference_name
from hansa.views.tiles import country


@dataclass(frozen=True)
class Carriers:
    """The regions behind one cluster's figure.

    regions    codes of the regions with jobs for certain; `countries` are theirs
    above      those of them whose share is certainly larger than in the reference area
    unknown    regions of which it is not known whether they have jobs
    none       regions without any
    """

    regions: tuple[str, ...]
    countries: tuple[str, ...]
    above: tuple[str, ...]
    unknown: tuple[str, ...]
    none: tuple[str, ...]


def carriers(employment: Panel, quotients: Panel | None, at: At = HERE) -> Carriers:
    """The regions that make up the figure of the cluster `at.cluster` in one year.

    employment  jobs by region; quotients: location quotients of the same regions, or None
    A region counts when its size is known to be above 0, also where only a lower bound says so.
    Codes that name no country (local codes) give no countries.
    """
    return _sorted(read(employment, "geo", replace(at, geo=None)), quotients)


def _sorted(sizes: Reading, quotients: Panel | None) -> Carriers:
    with_jobs = tuple(c.code for c in sizes.cells if _certainly_above(c, 0))
    without = tuple(c.code for c in sizes.cells if not c.absent and c.high <= 0)
    unknown = tuple(c.code for c in sizes.cells if c.code not in {*with_jobs, *without})
    above: tuple[str, ...] = ()
    if quotients is not None:
        shares = read(quotients, "geo", replace(sizes.at, geo=None)).cells
        larger = {c.code for c in shares if _certainly_above(c, 1) and not c.tiny}
        above = tuple(code for code in with_jobs if code in larger)
    countries = tuple(dict.fromkeys(country(code) for code in sorted(with_jobs) if country(code)))
    return Carriers(with_jobs, countries, above, unknown, without)


def carried(employment: Panel, quotients: Panel | None, at: At = HERE, words: Words = PLAIN) -> str:
    """`Furniture is carried by 23 regions in seven countries; …` for the notes of a figure."""
    sizes = read(employment, "geo", replace(at, geo=None), words)
    found = _sorted(sizes, quotients)
    name = words.name(sizes.at.cluster, employment.header) if sizes.at.cluster else "The figure"
    when = f" in {sizes.at.time}" if sizes.at.time is not None else ""
    if not found.regions:
        return f"{name}: no region is known to have jobs{when}{_rest(found)}."
    text = f"{name} is carried by {_counted(len(found.regions), 'region')}"
    if found.countries:
        text += f" in {_counted(len(found.countries), 'country')}"
    if quotients is not None:
        reference = reference_name(quotients.header, words)
        text += f"{when}; in {grouped(len(found.above))} of them its share is certainly larger"
        return f"{text} than in {reference}{_rest(found)}."
    return f"{text}{when}{_rest(found)}."


def _certainly_above(cell: Cell, line: float) -> bool:
    return not cell.absent and cell.low > line


def _rest(found: Carriers) -> str:
    """What the count leaves open, and who has none."""
    text = ""
    if found.none:
        text += f"; {_counted(len(found.none), 'region')} {_have(found.none)} none"
    if found.unknown:
        text += f"; of {_counted(len(found.unknown), 'region')} it is not known"
    return text


def _have(codes: tuple[str, ...]) -> str:
    return "has" if len(codes) == 1 else "have"


def _counted(count: int, noun: str) -> str:
    many = "countries" if noun == "country" else f"{noun}s"
    return f"{grouped(count)} {noun if count == 1 else many}"
