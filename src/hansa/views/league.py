"""League tables: every rank with its interval, absent regions at the end with the reason."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from hansa.language import N_, _
from hansa.law import MEANING
from hansa.panel import Header, Panel
from hansa.views.captions import DATA_COLUMNS, source_line
from hansa.views.flagwords import flags_text
from hansa.views.format import MISSING, Scale, share_estimated
from hansa.views.reading import (
    HERE,
    PLAIN,
    At,
    Cell,
    Reading,
    Words,
    amount_words,
    read,
    reference_name,
    within,
)
from hansa.views.topplaces import above, ends_of, reaching, sharper, top_places, top_sentence
from hansa.views.written import Written


@dataclass(frozen=True)
class LeagueRow:
    """One region. Ranks are None where the region cannot be ranked; `status` says why."""

    code: str
    name: str
    rank: int | None
    best: int | None
    worst: int | None
    value: float | None
    lower: float | None
    upper: float | None
    estimated: float
    status: str
    tiny: bool = False
    flags: str = ""

    @cached_property
    def rank_text(self) -> str:
        """`3 (2–5)`: a rank is never printed without its interval."""
        if self.best is None or self.worst is None:
            return MISSING
        if self.rank is None:
            return Written(f"{self.best}–{self.worst}", None, (self.best, self.worst))
        text = f"{self.rank} ({self.best}–{self.worst})"
        return Written(text, self.rank, (self.best, self.worst))


RANK_HEAD = N_("Rank (best–worst)")
_HEADS = (RANK_HEAD, N_("Code"), N_("Region"), "", *DATA_COLUMNS)


@dataclass(frozen=True)
class League:
    """Regions in the order of a value, the highest first.

    top  how many of the first ten places are certain, in a sentence; empty for a short league
    """

    title: str
    subtitle: str
    note: str
    source: str
    rows: tuple[LeagueRow, ...]
    scale: Scale
    header: Header
    cluster: str = ""
    reference: str = ""
    top: str = ""

    @property
    def ranked(self) -> tuple[LeagueRow, ...]:
        """The rows that have a rank or an interval of it."""
        return tuple(row for row in self.rows if row.best is not None)

    @property
    def columns(self) -> tuple[str, ...]:
        """Heads of `table`; columns that would be empty are left out."""
        return tuple(_(_HEADS[i]) or self.subtitle for i in self._shown)

    def table(self) -> tuple[tuple[str, ...], ...]:
        """The league as text, a row a region, in the order of `columns`."""
        shown = self._shown
        return tuple(tuple(texts[i] for i in shown) for texts in self._every)

    @property
    def _shown(self) -> tuple[int, ...]:
        always = 4
        return tuple(i for i in range(len(_HEADS)) if i < always or any(t[i] for t in self._every))

    @cached_property
    def _every(self) -> list[tuple[str, ...]]:
        return [self._texts(row) for row in self.rows]

    def _texts(self, row: LeagueRow) -> tuple[str, ...]:
        spread = 0.0 if row.lower is None or row.upper is None else row.upper - row.lower
        exact = row.lower == row.upper
        bounds = ("", "") if exact else self.scale.bounds(row.lower, row.upper)
        estimated = share_estimated(row.estimated)
        value = self.scale.text(row.value, spread)
        status = row.status if row.best is None else row.flags
        return (row.rank_text, row.code, row.name, value, *bounds, estimated, status)


def league(panel: Panel, at: At = HERE, words: Words = PLAIN, order: Panel | None = None) -> League:
    """Rank the regions of a panel for one cluster and year, the highest value first.

    best   1 + the number of others that are certainly higher (their lower bound above my upper)
    worst  1 + the number of others that can reach me (their upper bound at or above my lower)
    Equal values share the better rank. A region known only by two bounds has an interval and no
    rank, and stands where its lower bound puts it; an absent one has neither. It counts before a
    rank only where it is certainly higher: the middle of wide bounds says little.

    order  a panel of another measure with the same order of regions, whose bounds rank them more
           sharply (`hansa.views.topplaces.ends_of`): for quotients the share of the region
    """
    reading = read(panel, "geo", at, words)
    ordered = sharper(reading, read(order, "geo", at, words)) if order is not None else None
    known = reading.known
    low, high = ends_of(reading, ordered)
    places = above(low, high) + 1, reaching(low, high) + 1
    ranked = zip(known, _ranks(known), *places, strict=True)
    rows = [_row(c, rank, int(best), int(worst)) for c, rank, best, worst in ranked]
    # Rows are known: each has a value or two bounds.
    rows.sort(key=lambda row: -(row.value if row.value is not None else row.lower or 0.0))
    rows += [_row(c, None, None, None) for c in reading.absent]
    cluster = words.name(reading.at.cluster, panel.header) if reading.at.cluster else ""
    when = f", {reading.period}" if reading.period else ""
    label = amount_words(panel.header)
    label = label[:1].upper() + label[1:]
    return League(
        title=words.title or _title(rows, cluster),
        subtitle=f"{label}{when}",
        note=_note(reading, ordered),
        source=source_line(panel.header, words, reference=reading.scale.style == "quotient"),
        rows=tuple(rows),
        scale=reading.scale,
        header=panel.header,
        cluster=cluster,
        reference=reference_name(panel.header, words),
        top=top_sentence(top_places(reading, ordered), reading.what),
    )


def _title(rows: list[LeagueRow], cluster: str) -> str:
    first = rows[0] if rows else None
    if first is None or first.best is None:
        said = _("no region can be ranked")
    else:
        count = sum(r.best is not None for r in rows)
        ends = {"top": first.best, "low": first.worst}
        said = (
            _("{region} ranks first of {n} regions", region=first.name, n=count)
            if first.worst == 1
            else _(
                "{region} may rank first ({top}–{low}) of {n} regions",
                region=first.name,
                n=count,
                **ends,
            )
        )
    return f"{cluster}: {said}" if cluster else said


def _ranks(cells: tuple[Cell, ...]) -> list[int | None]:
    """One more than the cells that are higher: by value, of those without one by lower bound."""
    values = sorted(c.value for c in cells if c.value is not None)
    lows = sorted(c.low for c in cells if c.value is None)

    def higher(cell: Cell, value: float) -> int:
        above = len(values) - bisect_right(values, value)
        return above + len(lows) - bisect_right(lows, cell.high)

    return [None if c.value is None else 1 + higher(c, c.value) for c in cells]


def _row(cell: Cell, rank: int | None, best: int | None, worst: int | None) -> LeagueRow:
    return LeagueRow(
        code=cell.code,
        name=cell.name,
        rank=rank,
        best=best,
        worst=worst,
        value=cell.value,
        lower=cell.lower,
        upper=cell.upper,
        estimated=cell.estimated,
        status=cell.reason if cell.absent else cell.meaning,
        tiny=cell.tiny,
        flags=flags_text(cell.status),
    )


def _note(reading: Reading, ordered: Reading | None) -> str:
    if any(c.bounded for c in reading.known):
        if ordered is None:
            notes = [
                _(
                    "Rank with its best and worst possible rank: regions whose intervals overlap "
                    "may change places."
                )
            ]
        else:
            text = _(
                "Rank with its best and worst possible rank: regions whose intervals of the "
                "{measure} overlap may change places. What is not known of the reference moves no "
                "rank, so printed intervals may overlap more.",
                measure=within(amount_words(ordered.header)),
            )
            notes = [text]
        if any(c.value is None for c in reading.known):
            notes.append(
                _(
                    "A region known only between two bounds has no rank, only the interval of it, "
                    "and stands where its lower bound puts it."
                )
            )
    else:
        notes = [
            _(
                "No bounds are known for these numbers; the interval of a rank comes from ties "
                "alone."
            )
        ]
    if reading.absent:
        notes.append(
            _("Not ranked: regions whose number is not known, at the end with the reason.")
        )
    used = {flag for c in reading.known for flag in c.status}
    if letters := "; ".join(f"{f} {_(MEANING[f])}" for f in MEANING if f in used):
        notes.append(_("Status: {signs}.", signs=letters))
    return " ".join(notes)
