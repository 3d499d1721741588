"""Who makes up the figure of a macro-region: the number of regions and countries behind it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hansa.language import _, ngettext
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
    """`Furniture: carried by 23 regions in seven countries; …` for the notes of a figure."""
    sizes = read(employment, "geo", replace(at, geo=None), words)
    found = _sorted(sizes, quotients)
    name = words.name(sizes.at.cluster, employment.header) if sizes.at.cluster else ""
    name = name or _("The figure")
    said = {
        "cluster": name,
        "by": _carriers(found),
        "when": "" if sizes.at.time is None else " " + _("in {year}", year=sizes.at.time),
        "rest": _rest(found),
    }
    if not found.regions:
        return _("{cluster}: no region is known to have jobs{when}{rest}.", **said)
    if quotients is None:
        return _("{cluster}: carried by {by}{when}{rest}.", **said)
    return _(
        "{cluster}: carried by {by}{when}; in {n} of {all} the share is certainly larger than in "
        "{reference}{rest}.",
        n=grouped(len(found.above)),
        all=grouped(len(found.regions)),
        reference=reference_name(quotients.header, words),
        **said,
    )


def _carriers(found: Carriers) -> str:
    """`23 regions in seven countries`; regions alone where no country is known."""
    regions = _regions(found.regions)
    if not found.countries:
        return regions
    count = len(found.countries)
    countries = ngettext("{n} country", "{n} countries", count, n=grouped(count))
    return _("{regions} in {countries}", regions=regions, countries=countries)


def _certainly_above(cell: Cell, line: float) -> bool:
    return not cell.absent and cell.low > line


def _rest(found: Carriers) -> str:
    """What the count leaves open, and who has none."""
    text, none = "", len(found.none)
    if none:
        text += ngettext("; {n} region has none", "; {n} regions have none", none, n=grouped(none))
    if found.unknown:
        text += _("; of {regions} it is not known", regions=_regions(found.unknown))
    return text


def _regions(codes: tuple[str, ...]) -> str:
    return ngettext("{n} region", "{n} regions", len(codes), n=grouped(len(codes)))
