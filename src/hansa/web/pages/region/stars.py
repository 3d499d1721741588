"""The stars of one region: in which clusters, and which comparison gave each of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from hansa.language import _, ngettext
from hansa.measures.reasons import said, said_comparisons
from hansa.report.document import Section, Table
from hansa.report.part import Part
from hansa.report.sections import STARS
from hansa.views.format import MISSING, joined
from hansa.views.reading import within

_AWARD = re.compile(r"(?P<name>[\w-]+) (?P<state>yes|possible|no): (?P<why>.*)")
_UNKNOWN = "unknown ?"
_SIGN = re.compile(r" [≥≤<>?] ")
_COMPARED = re.compile(r"(?P<label>.*?) (?P<rest>(?:\d|unknown|not applicable).*)")
_LABEL = re.compile(r"^.*?(?=\d|unknown)")
MOST = 20
_STARS, _MARKS = "stars", "marks"


@dataclass(frozen=True)
class Awarded:
    """The stars of one cluster: how many are certain, how many possible, and the reasons."""

    name: str
    certain: int
    possible: int
    awards: tuple[tuple[str, str, str], ...]
    remarks: tuple[str, ...]

    @property
    def open(self) -> bool:
        """True where stars are possible only because nothing is known of the cluster here."""
        said = [why for _name, state, why in self.awards if state == "possible"]
        return not self.certain and bool(said) and all(_UNKNOWN in why for why in said)


def region_stars_section(part: Part) -> Section | None:
    """Where one region has stars or marks, with the reason for each."""
    name = next((n for n in STARS if n in part.base.regions), None)
    if name is None:
        return None
    panel, region = part.base.regions[name], part.picks.region
    times = panel.distinct("time")
    time = part.at().time if part.at().time in times else times[-1]
    rows = panel.where("geo", region).where("time", time).rows()
    own = [_awarded(row, part.own.definition.label_of(row["cluster"])) for row in rows]
    there = [a for a in own if a is not None]
    place = part.words.name(region, panel.header)
    what = _STARS if panel.header.unit == "stars" else _MARKS
    shown = sorted(
        (a for a in there if a.possible and not a.open),
        key=lambda a: (-a.certain, -a.possible, a.name),
    )
    return Section(
        id=f"region-stars{part.suffix}",
        question=_question(place, what) + part.heading,
        answer=(_answer(there, place, what),),
        tables=(_table(shown, _title(place, what, time), what),) if shown else (),
        certainty=(*_open(there, len(rows)), *panel.header.notes[:1]),
        **part.origin(name),
    )


def _awarded(row: dict[str, Any], name: str) -> Awarded | None:
    low, high = row.get("lower"), row.get("upper")
    low, high = (row["value"], row["value"]) if low is None or high is None else (low, high)
    if low is None or high is None:
        return None
    parts = (row.get("reason") or "").split("; ")
    found = [(m["name"], m["state"], m["why"]) for p in parts if (m := _AWARD.fullmatch(p))]
    remarks = tuple(said(p) for p in parts if p and not _AWARD.fullmatch(p))
    return Awarded(name, int(low), int(high), tuple(found), remarks)


def _question(place: str, what: str) -> str:
    if what == _STARS:
        return _("Where does {place} have stars, and why?", place=place)
    return _("Where does {place} have marks, and why?", place=place)


def _title(place: str, what: str, time: int | None) -> str:
    if what == _STARS:
        return _("Stars of {place}, {time}", place=place, time=time)
    return _("Marks of {place}, {time}", place=place, time=time)


def _answer(own: list[Awarded], place: str, what: str) -> str:
    sure = [a for a in own if a.certain]
    may = [a for a in own if a.possible and not a.certain and not a.open]
    said = {"place": place, "what": _("stars") if what == _STARS else _("marks")}
    if not sure and not may:
        return _("{place} has no {what} in any cluster that is known.", **said)
    said |= {"all": str(len(own))}
    if not sure:
        return ngettext(
            "{place} has {what} for certain in none of {all} clusters; possibly in {number}.",
            "{place} has {what} for certain in none of {all} clusters; possibly in {number}.",
            len(may),
            **said,
        )
    text = _sure_of(sure, said)
    if may:
        text += ngettext(
            "; in {number} more they are possible", "; in {number} more they are possible", len(may)
        )
    return f"{text}."


def _sure_of(sure: list[Awarded], said: dict[str, str]) -> str:
    """In how many clusters stars are certain, and in which are most."""
    most = max(a.certain for a in sure)
    best = [within(a.name) for a in sure if a.certain == most]
    told = best
    if len(best) > 5:
        told = [*best[:4], _("{count} more", count=len(best) - 4)]
    said |= {"count": str(len(sure)), "clusters": joined(told)}
    if len(sure) > len(best):
        return _(
            "{place} has {what} for certain in {count} of {all} clusters, the most in {clusters}",
            **said,
        )
    return _("{place} has {what} for certain in {count} of {all} clusters: {clusters}", **said)


def _table(own: list[Awarded], title: str, what: str) -> Table:
    left = len(own) - MOST
    note = _(
        "★ certain, ☆ possible. Under each star the region's number, and the line that others "
        "draw; a question mark stands where hidden cells leave it open."
    )
    if what == _MARKS:
        note = _(
            "The highest mark that is certain, and the highest that is possible. Beside it what is "
            "compared for the higher of the two: the region's number, and the line that others "
            "draw; a question mark stands where rounding or hidden cells leave it open."
        )
    if left > 0:
        note += " " + ngettext(
            "The first {most}; {number} more cluster has some, certain or possible.",
            "The first {most}; {number} more clusters have some, certain or possible.",
            left,
            most=MOST,
        )
    shown = own[:MOST]
    if what == _MARKS:
        return _marks_table(shown, title, note)
    names = list(dict.fromkeys(name for a in shown for name, _state, _why in a.awards))
    heads = (_("Cluster"), _("Stars"), *(_(name).capitalize() for name in names))
    return Table(title, heads, tuple(_row(a, names) for a in shown), note)


def _marks_table(own: list[Awarded], title: str, note: str) -> Table:
    """Of each cluster the highest mark, and what was compared for it, a column a measure."""
    told = [_by_label(a) for a in own]
    labels = list(dict.fromkeys(label for one in told for label in one))
    rows = tuple(
        (_cluster(a), _shown(a, "marks"), *(one.get(label, MISSING) for label in labels))
        for a, one in zip(own, told, strict=True)
    )
    return Table(title, (_("Cluster"), _("Mark"), *labels), rows, note)


def _by_label(own: Awarded) -> dict[str, str]:
    """The comparisons of the highest mark that is certain or possible, by what they compare."""
    found: dict[str, list[str]] = {}
    if own.awards:
        for part in own.awards[own.possible - 1][2].split(", "):
            told = said_comparisons(part)
            match = _COMPARED.fullmatch(told)
            label, rest = (match["label"], match["rest"]) if match else (_("Other"), told)
            found.setdefault(label, []).append(rest)
    return {label: "; ".join(parts) for label, parts in found.items()}


def _cluster(own: Awarded) -> str:
    return f"{own.name} ({'; '.join(own.remarks)})" if own.remarks else own.name


def _row(own: Awarded, names: list[str]) -> tuple[str, ...]:
    """One cluster with each comparison under the star it is for, met or not."""
    told = {name: f"{_(state)}: {_numbers_of(why)}" for name, state, why in own.awards}
    return (_cluster(own), _shown(own, "stars"), *(told.get(name, MISSING) for name in names))


def _numbers_of(why: str) -> str:
    """A comparison without the name of what is compared, where the head of the column says it."""
    single, told = len(_SIGN.findall(why)) == 1, said_comparisons(why)
    return _LABEL.sub("", told) if single else told


def _shown(own: Awarded, what: str) -> str:
    if what == "stars":
        return "★" * own.certain + "☆" * (own.possible - own.certain)
    names = [name for name, _state, _why in own.awards]
    sure = _(names[own.certain - 1]) if own.certain else ""
    may = _(names[own.possible - 1]) if own.possible > own.certain else ""
    return ", ".join(filter(None, (sure, may and _("possibly {mark}", mark=may))))


def _open(own: list[Awarded], count: int) -> list[str]:
    lines = []
    if open_ones := sum(a.open for a in own):
        lines.append(
            ngettext(
                "Of {number} cluster nothing is known here: it may have any number.",
                "Of {number} clusters nothing is known here: they may have any number.",
                open_ones,
            )
        )
    if gone := count - len(own):
        lines.append(
            ngettext(
                "{number} of {all} clusters has no such count: too few regions have it.",
                "{number} of {all} clusters have no such count: too few regions have them.",
                gone,
                all=count,
            )
        )
    return lines
