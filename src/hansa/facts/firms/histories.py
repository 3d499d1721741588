"""Rows become one history a firm, and each measure a question to it in three truth values.

A firm-year without employment is unknown: what depends on it is neither true nor false, and the
number of its cell is absent (law, clauses 1 and 3). A year without a row means: not active. The
id is only the key of one grouping; no table that is kept holds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hansa.errors import HansaError, listed
from hansa.facts.firms.contradictions import dates_of_firms, refuse_firms
from hansa.facts.firms.definitions import OF, SPAN, SURVIVAL, YOUNG, Choices
from hansa.facts.firms.keys import placed
from hansa.facts.firms.rows import Opened

_BITS = 44
"""Bits for employment of one firm and year; the place stands above them."""

LARGEST = 100_000
"""Most places (regions x activities) that the gate is made for."""

YEARS = 60


@dataclass(frozen=True)
class Histories:
    """What the engine holds in the table `histories`: a row a firm, without its id.

    geos, units    codes of the places: place = geo * len(units) + unit
    years          first to last, none missing
    birth, death   whether the source says when firms were born and died
    rows, firms    how many were read
    unseen         firms of each year that have rows before and after it, and none in it
    """

    geos: tuple[str, ...]
    units: tuple[str, ...]
    years: tuple[int, ...]
    birth: bool
    death: bool
    rows: int
    firms: int
    unseen: tuple[int, ...] = ()


def make_histories(
    engine: Any,
    rows: Opened,
    named: Mapping[str, Mapping[str, str]],
    choices: Choices,
) -> Histories:
    """The table `histories`. Raises HansaError for years that are missing and for doubled keys.

    named  `geo`, `activity` or both -> cell -> region, activity or cluster; over the other
           everything is one place
    """
    con = engine.con
    count, first, last, years = con.execute(
        "SELECT count(*), min(time), max(time), list_sort(list(DISTINCT time)) FROM firm_rows"
    ).fetchone()
    if not count:
        raise HansaError(
            "there are no rows of firms",
            place=listed(rows.files),
            printed="no row",
            admissible="a row a firm and year",
            fix="correct the files, or --where",
        )
    _refuse_years(years, rows)
    geos = placed(con, "geo", named.get("geo"))
    units = placed(con, "activity", named.get("activity"))
    _refuse_fine(len(geos), len(units), rows)
    con.execute(_coded(len(units), rows))
    con.execute(_wide(range(first, last + 1), rows))
    refuse_firms(con, rows)
    firms, *unseen = con.execute(_counts(last - first + 1)).fetchone()
    birth, death = "birth" in rows.has, "death" in rows.has
    span = tuple(range(first, last + 1))
    made = Histories(geos, units, span, birth, death, int(count), firms, tuple(unseen))
    asked = Questions(made, choices, rows.scale["employment"])
    con.execute(_told(range(first, last + 1), rows, asked))
    con.execute("DROP TABLE wide")
    return made


def _refuse_fine(geos: int, units: int, rows: Opened) -> None:
    if geos * units > LARGEST:
        raise HansaError(
            "the table is finer than the gate is made for",
            place=listed(rows.files),
            printed=f"{geos:,} regions x {units:,} activities",
            admissible=f"at most {LARGEST:,} cells a year",
            fix="use coarser codes, --definition, or --by geo",
        )


def _refuse_years(years: list[int], rows: Opened) -> None:
    missing = sorted(set(range(years[0], years[-1] + 1)) - set(years))
    if missing or len(years) > YEARS:
        raise HansaError(
            "years are missing between the first and the last"
            if missing
            else "the table spans more years than can be followed",
            place=listed(rows.files),
            printed=listed(missing) if missing else f"{len(years)} years",
            admissible="rows in every year: firms of a missing year would seem to die"
            if missing
            else f"at most {YEARS} years",
            fix="add the file of that year, or keep the years on one side: --where",
        )


def _coded(units: int, rows: Opened) -> str:
    money = "".join(f", {name}" for name in rows.has)
    return (
        "CREATE TEMP VIEW coded AS "
        f"SELECT id, (g.pos * {units} + a.pos)::BIGINT AS place, time, employment{money} "
        "FROM firm_rows JOIN of_geo g ON firm_rows.geo = g.code "
        "JOIN of_activity a ON firm_rows.activity = a.code"
    )


def _wide(years: range, rows: Opened) -> str:
    packed = f"(place << {_BITS}) + coalesce(employment + 1, 0)"
    cells = ", ".join(f"max({packed}) FILTER (time = {t}) AS p{t}" for t in years)
    return (
        f"CREATE TEMP TABLE wide AS SELECT count(*) AS n, "
        f"bit_or(1::BIGINT << (time - {years[0]})) AS seen, {cells}{dates_of_firms(rows.has)} "
        "FROM coded GROUP BY id"
    )


def _counts(years: int) -> str:
    """SQL of how many firms there are, and how many are out of sight in each year."""
    unseen = ", ".join(
        f"count(*) FILTER (seen & {1 << t} = 0 AND seen & {(1 << t) - 1} <> 0 AND seen >> {t} <> 0)"
        for t in range(years)
    )
    return f"SELECT count(*), {unseen} FROM wide"


def _told(years: range, rows: Opened, asked: Questions) -> str:
    """Place c, employment e, activity a (null: unknown), birth n and death x of each year."""
    mask = (1 << _BITS) - 1
    columns = []
    for t in years:
        columns += [
            f"(p{t} >> {_BITS})::INTEGER AS c{t}",
            f"CASE WHEN p{t} IS NULL THEN 0 ELSE nullif(p{t} & {mask}, 0) - 1 END AS e{t}",
            f"CASE WHEN p{t} IS NULL THEN false ELSE nullif(p{t} & {mask}, 0) > 1 END AS a{t}",
        ]
    columns += [d for d in ("birth", "death") if d in rows.has]
    events = [f"{asked.born(t)} AS n{t}" for t in years if asked.knows_entry(t)]
    events += [f"{asked.dead(t)} AS x{t}" for t in years if asked.knows_exit(t)]
    inner = f"SELECT {', '.join(columns)} FROM wide"
    return f"CREATE TEMP TABLE histories AS SELECT {', '.join(('*', *events))} FROM ({inner})"


@dataclass(frozen=True)
class Asked:
    """One measure of one year in SQL, over `histories`.

    what   a truth value for firms, a number for jobs; null where unknown
    where  the place the firm is counted at
    """

    name: str
    time: int
    what: str
    where: str
    magnitude: bool = False


@dataclass(frozen=True)
class Questions:
    """SQL of every measure that needs more than one year, where the years tell it."""

    histories: Histories
    choices: Choices
    scale: int

    @property
    def first(self) -> int:
        """First year of the table."""
        return self.histories.years[0]

    @property
    def last(self) -> int:
        """Last year of the table."""
        return self.histories.years[-1]

    def knows_entry(self, t: int) -> bool:
        """Whether births of a year can be told: the years before it are in the table."""
        start = self.first if self.histories.birth else self.first + self.choices.gap
        return start <= t <= self.last

    def knows_exit(self, t: int) -> bool:
        """Whether deaths of a year can be told: the years after it are in the table."""
        end = self.last if self.histories.death else self.last - self.choices.gap
        return self.first <= t <= end

    def born(self, t: int) -> str:
        """Born: active, and in none of the years of the gap before; or first seen since birth."""
        if self.histories.birth:
            before = self._any(range(self.first, t))
            return f"(a{t} AND NOT {before} AND birth >= {self.first})"
        return f"(a{t} AND NOT {self._any(range(t - self.choices.gap, t))})"

    def dead(self, t: int) -> str:
        """Dead: active, and in none of the years of the gap after; or last seen before death."""
        if self.histories.death:
            after = self._any(range(t + 1, self.last + 1))
            return f"(a{t} AND NOT {after} AND coalesce(death <= {self.last}, false))"
        return f"(a{t} AND NOT {self._any(range(t + 1, t + 1 + self.choices.gap))})"

    def _any(self, years: range) -> str:
        inside = [f"a{t}" for t in years if self.first <= t <= self.last]
        return f"({' OR '.join(inside) or 'false'})"

    def young(self, t: int) -> str:
        """At most five years old; empty where the years do not tell."""
        if self.histories.birth:
            return f"(a{t} AND {t} - birth <= {YOUNG})"
        if not self.knows_entry(t - YOUNG):
            return ""
        born = " OR ".join(f"n{c}" for c in range(t - YOUNG, t + 1))
        return f"(a{t} AND ({born}))"

    def all(self) -> list[Asked]:
        """Every measure of every year that can be told."""
        found: list[Asked] = []
        for t in self.histories.years:
            if self.knows_entry(t):
                found += [Asked("entry", t, f"n{t}", f"c{t}"), *self._survival(t)]
            if self.knows_exit(t):
                found.append(Asked("exit", t, f"x{t}", f"c{t}"))
            found += [*self._age(t), *self._flows(t), *self._growth(t)]
        left = {n for n, a in OF.items() if a.group.partition("_")[0] in self.choices.without}
        if "growth" in self.choices.without:
            left.add("gazelles")
        return [one for one in found if one.name not in left]

    def _survival(self, born: int) -> list[Asked]:
        found = []
        for k in range(1, SURVIVAL + 1):
            t = born + k
            if t > self.last:
                break
            what = f"n{born} AND a{t}"
            if not self.histories.birth:
                # Gone and born anew is no survivor.
                again = " OR ".join(f"n{c}" for c in range(born + 1, t + 1))
                what += f" AND NOT ({again})"
            found.append(Asked(f"survivors_{k}", t, f"({what})", f"c{born}"))
        return found

    def _age(self, t: int) -> list[Asked]:
        young = self.young(t)
        if not young:
            return []
        jobs = f"CASE WHEN {young} THEN e{t} WHEN NOT {young} THEN 0 END"
        rest = f"CASE WHEN {young} THEN 0 WHEN NOT {young} THEN e{t} END"
        return [
            Asked("young", t, young, f"c{t}"),
            Asked("young_employment", t, jobs, f"c{t}", True),
            Asked("older_employment", t, rest, f"c{t}", True),
        ]

    def _flows(self, t: int) -> list[Asked]:
        if t == self.first or not (self.knows_entry(t) and self.knows_exit(t - 1)):
            return []
        born, dead, start = f"n{t}", f"x{t - 1}", f"coalesce(c{t - 1}, c{t})"
        more, less = f"e{t} > e{t - 1}", f"e{t} < e{t - 1}"

        def jobs(name: str, condition: str, value: str, where: str) -> Asked:
            what = f"CASE WHEN {condition} THEN {value} WHEN NOT ({condition}) THEN 0 END"
            return Asked(name, t, what, where, True)

        return [
            jobs("jobs_entry", born, f"e{t}", f"c{t}"),
            jobs("jobs_exit", dead, f"e{t - 1}", f"c{t - 1}"),
            jobs("jobs_expansion", f"{more} AND NOT {born}", f"e{t} - e{t - 1}", start),
            jobs("jobs_contraction", f"{less} AND NOT {dead}", f"e{t - 1} - e{t}", start),
        ]

    def _growth(self, t: int) -> list[Asked]:
        origin = t - SPAN
        if origin < self.first or not self.knows_entry(origin):
            return []
        least, factor = self.choices.start * 10**self.scale, self.choices.factor
        base = f"(e{origin} >= {least} AND a{t} AND NOT n{origin})"
        grown = f"e{t}::HUGEINT * {factor.denominator} > e{origin}::HUGEINT * {factor.numerator}"
        found = [
            Asked("growth_base", t, base, f"c{origin}"),
            Asked("high_growth", t, f"({base} AND {grown})", f"c{origin}"),
        ]
        if young := self.young(t):
            found.append(Asked("gazelles", t, f"({base} AND {grown} AND {young})", f"c{origin}"))
        return found
