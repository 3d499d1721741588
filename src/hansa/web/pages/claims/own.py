"""Claims of the reader's own: `claims.csv` in the study folder, who says what is strong where."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hansa.clusters import ClusterDefinition
from hansa.errors import HansaError, listed
from hansa.panel import Panel
from hansa.report.document import Section, Table
from hansa.study import published
from hansa.views.claims import ILLUSTRATION, VERDICTS, Claim, Link, claims
from hansa.views.format import MISSING, joined
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
    by_name = {definition.label_of(c).lower(): c for c in definition.clusters}
    old = {s.name.lower(): s.code for s in published.strongholds()}
    old |= {s.code.lower(): s.code for s in published.strongholds()}
    known = published.claim_links() if definition.id == "hansa-nace2" else ()
    for area in areas:
        name = area.name.lower()
        if area.name in definition.clusters or name in by_name:
            cluster = area.name if area.name in definition.clusters else by_name[name]
            yield Link(area.code, cluster, "the cluster of this name")
            continue
        linked = [link for link in known if link.claim == old.get(name)]
        for link in linked:
            yield Link(area.code, link.cluster, link.reason)
        if not linked:
            yield Link(area.code, "", f"No cluster of {definition.id} is called so.")


def own_section(
    rows: Sequence[Row], panel: Panel, definition: ClusterDefinition, at: At, words: Words
) -> Section:
    """Which of the reader's claims are seen in the numbers of one area or region."""
    areas = _strongholds(rows)
    found = claims(panel, areas, _links(areas, definition), at, words) if areas else ()
    groups = [(v, [c.stronghold.name for c in found if c.verdict == v]) for v in VERDICTS]
    said = tuple(f"{v.capitalize()}: {joined(names)}." for v, names in groups if names)
    if said and panel.header.model_data:
        said = (ILLUSTRATION, *said)
    left = sorted({row.area for row in rows} - {a.name for a in areas})
    sure = [f"{c.stronghold.name}: {c.why}" for c in found if c.why]
    if left:
        sure.append(f"No country claims {joined(left)}: nothing is held against the numbers.")
    sure += list(_disputed(rows))
    sure.append("A claim is what somebody said; the numbers are of the year shown.")
    return Section(
        id="own-claims",
        question="Which of your own claims are seen in the numbers?",
        answer=said or ("Nobody claims a strength in claims.csv.",),
        tables=(_verdicts(found), _listed(rows)) if found else (_listed(rows),),
        certainty=tuple(sure),
        line=f"Source of the claims: {NAME} in the study folder.",
    )


def _disputed(rows: Sequence[Row]) -> Iterator[str]:
    said: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        if row.claim:
            said.setdefault((row.country, row.area), set()).add(row.claim)
    for (country, area), both in said.items():
        if len(both) > 1:
            yield f"{country} is said to claim {area} and not to: it counts as a claim."


def _verdicts(found: Sequence[Claim]) -> Table:
    rows = []
    for claim in found:
        own = claim.stronghold
        cells = "; ".join(f"{c.name}: {_range(c.low, c.high)}" for c in claim.cells if not c.absent)
        rows.append((own.name, f"{own.countries} of {own.of}", claim.verdict, cells or MISSING))
    return Table(
        "Your claims beside the numbers",
        ("Area", "Countries that claim it", "Verdict", "Specialisation of its clusters"),
        tuple(rows),
        "Seen: at least one of the clusters is certainly at 1 or above. Not seen: all are "
        "certainly below. Countries: of those of which a yes or a no is known.",
    )


def _range(low: float, high: float) -> str:
    from hansa.views.format import Scale

    return Scale("quotient").with_interval(low if low == high else None, low, high)


def _listed(rows: Sequence[Row]) -> Table:
    shown = tuple(
        (r.country, r.area, r.claim or "not known", r.source, r.date, r.author) for r in rows
    )
    return Table("Who claims what", ("Country", "Area", "Claim", "Source", "Date", "Author"), shown)
