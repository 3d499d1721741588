"""Claims of the reader's own: `claims.csv` in the study folder, who says what is strong where."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hansa.clusters import ClusterDefinition
from hansa.errors import HansaError, listed
from hansa.language import _, speaking
from hansa.panel import Panel
from hansa.report.document import Section, Table
from hansa.report.published import apart
from hansa.study import published
from hansa.views.claims import ILLUSTRATION, VERDICTS, Claim, Link, claims, claims_chart
from hansa.views.figure import Figure
from hansa.views.format import MISSING
from hansa.views.published import Stronghold
from hansa.views.reading import At, Words

NAME = "claims.csv"
_NEEDED = ("country", "area", "claim")
_COLUMNS = (*_NEEDED, "source", "date", "author")
_MEANT = ("yes", "no", "")


@dataclass(frozen=True)
class Row:
    """One claim. `claim`: yes, no, or empty where it is not known."""

    country: str
    area: str
    claim: str
    source: str = ""
    date: str = ""
    author: str = ""


def own_claims(folder: Path) -> tuple[Row, ...] | None:
    """The rows of `claims.csv`; None where there is none. Raises HansaError for a wrong table."""
    path = folder / NAME
    if not path.is_file():
        return None
    try:
        text = path.read_text(encoding="utf-8-sig")
        table = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        names = table.fieldnames or []
        _refuse_columns(list(names))
        rows = tuple(_row(line, i) for i, line in enumerate(table, 2))
    except (UnicodeDecodeError, csv.Error) as problem:
        raise HansaError(
            "the table of claims cannot be read",
            place=NAME,
            printed=str(problem)[:120],
            admissible="CSV in UTF-8, with commas",
        ) from problem
    _refuse_twice(rows)
    return rows


def _refuse_columns(names: list[str]) -> None:
    missing = [name for name in _NEEDED if name not in names]
    other = [name for name in names if name not in _COLUMNS]
    if missing or other or len(set(names)) < len(names):
        raise HansaError(
            "the table of claims has other columns",
            place=f"{NAME}, first line",
            printed=listed(names, 12),
            admissible=f"{listed(_NEEDED)}; also {listed(_COLUMNS[3:])}",
            fix="rename the columns, or leave the others out",
        )


def _row(line: dict[str | None, str | None], number: int) -> Row:
    if None in line or None in line.values():
        raise HansaError(
            "a claim has more or fewer cells than the table has columns",
            place=f"{NAME}, line {number}",
            admissible="one cell for each column",
        )
    cells = {str(name): (value or "").strip() for name, value in line.items()}
    found = Row(**{**cells, "claim": cells["claim"].lower()})
    if found.claim not in _MEANT or not found.country or not found.area:
        raise HansaError(
            "a claim cannot be read",
            place=f"{NAME}, line {number}",
            printed=f"country {found.country!r}, area {found.area!r}, claim {found.claim!r}",
            admissible="a country, an area, and yes, no, or nothing where it is not known",
        )
    return found


def _refuse_twice(rows: Sequence[Row]) -> None:
    seen: dict[tuple[str, str, str, str], int] = {}
    for number, row in enumerate(rows, 2):
        key = row.country, row.area, row.source, row.date
        if key in seen:
            raise HansaError(
                "a claim stands twice in the table",
                place=f"{NAME}, lines {seen[key]} and {number}",
                printed=f"{row.country}, {row.area}",
                admissible="one line for each country, area, source and date",
            )
        seen[key] = number


def _strongholds(rows: Sequence[Row]) -> tuple[Stronghold, ...]:
    """Each area with how many countries claim it, of those that say anything of it."""
    areas = dict.fromkeys(row.area for row in rows)
    found = []
    for area in areas:
        own = [row for row in rows if row.area == area]
        yes = {row.country for row in own if row.claim == "yes"}
        said = {row.country for row in own if row.claim}
        if yes:
            found.append(Stronghold(area, area, len(yes), len(said), False, False))
    return tuple(found)


def _links(areas: Sequence[Stronghold], definition: ClusterDefinition) -> Iterator[Link]:
    """The clusters that stand for each area: one of its name, or those of a claim of 2009."""
    by_name = {m.cluster_label.lower(): m.cluster for m in definition.members if m.cluster_label}
    # A claim may be named in English, as it was printed, or as the page shows it.
    with speaking("en"):
        printed = published.strongholds()
    every = (*printed, *published.strongholds())
    old = {name.lower(): s.code for s in every for name in (s.name, s.code)}
    known = published.claim_links() if definition.id == "hansa-nace2" else ()
    for area in areas:
        name = area.name.lower()
        if area.name in definition.clusters or name in by_name:
            cluster = area.name if area.name in definition.clusters else by_name[name]
            yield Link(area.code, cluster, _("the cluster of this name"))
            continue
        linked = [link for link in known if link.claim == old.get(name)]
        for link in linked:
            yield Link(area.code, link.cluster, link.reason)
        if not linked:
            why = _("No cluster of {definition} is called so.", definition=definition.id)
            yield Link(area.code, "", why)


def own_section(
    rows: Sequence[Row], panel: Panel, definition: ClusterDefinition, at: At, words: Words
) -> Section:
    """Which of the reader's claims are seen in the numbers of one area or region."""
    areas = _strongholds(rows)
    links = tuple(_links(areas, definition))
    found = claims(panel, areas, links, at, words) if areas else ()
    groups = [(v, [c.stronghold.name for c in found if c.verdict == v]) for v in VERDICTS]
    said = tuple(f"{_capital(_(v))}: {apart(names)}." for v, names in groups if names)
    if said and panel.header.model_data:
        said = (_(ILLUSTRATION), *said)
    left = sorted({row.area for row in rows} - {a.name for a in areas})
    sure = [f"{c.stronghold.name}: {c.why}" for c in found if c.why]
    if left:
        nothing = _(
            "No country claims {areas}: nothing is held against the numbers.", areas=apart(left)
        )
        sure.append(nothing)
    sure += list(_disputed(rows))
    sure.append(_("A claim is what somebody said; the numbers are of the year shown."))
    drawn = any(claim.cells for claim in found)
    return Section(
        id="own-claims",
        question=_("Which of your own claims are seen in the numbers?"),
        answer=said or (_("Nobody claims a strength in claims.csv."),),
        figures=(_drawn(panel, areas, links, at, words),) if drawn else (),
        tables=(_verdicts(found), _listed(rows)) if found else (_listed(rows),),
        certainty=tuple(sure),
        line=_source(),
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _source() -> str:
    return _("Source of the claims: {file} in the study folder.", file=NAME)


def _drawn(
    panel: Panel, areas: Sequence[Stronghold], links: Sequence[Link], at: At, words: Words
) -> Figure:
    """The picture of the published claims, of those of the reader."""
    figure = claims_chart(panel, areas, links, at, words, claimed=_source())
    return replace(figure, id=f"own-{figure.id}")


def _disputed(rows: Sequence[Row]) -> Iterator[str]:
    said: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        if row.claim:
            said.setdefault((row.country, row.area), set()).add(row.claim)
    for (country, area), both in said.items():
        if len(both) > 1:
            yield _(
                "{country} is said to claim {area} and not to: it counts as a claim.",
                country=country,
                area=area,
            )


def _verdicts(found: Sequence[Claim]) -> Table:
    rows = []
    for claim in found:
        own = claim.stronghold
        cells = "; ".join(f"{c.name}: {_range(c.low, c.high)}" for c in claim.cells if not c.absent)
        countries = _("{n} of {all}", n=own.countries, all=own.of)
        rows.append((own.name, countries, _(claim.verdict), cells or MISSING))
    return Table(
        _("Your claims beside the numbers"),
        (
            _("Area"),
            _("Countries that claim it"),
            _("Verdict"),
            _("Specialisation of its clusters"),
        ),
        tuple(rows),
        _(
            "Seen: at least one of the clusters is certainly at 1 or above. Not seen: all are "
            "certainly below. Countries: of those of which a yes or a no is known."
        ),
    )


def _range(low: float, high: float) -> str:
    from hansa.views.format import Scale

    return Scale("quotient").with_interval(low if low == high else None, low, high)


def _listed(rows: Sequence[Row]) -> Table:
    said = {"yes": _("yes"), "no": _("no"), "": _("not known")}
    shown = tuple((r.country, r.area, said[r.claim], r.source, r.date, r.author) for r in rows)
    heads = (_("Country"), _("Area"), _("Claim"), _("Source"), _("Date"), _("Author"))
    return Table(_("Who claims what"), heads, shown)
