"""The stars of one region: in which clusters, and which comparison gave each of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

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
        said = [why for _, state, why in self.awards if state == "possible"]
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
    what = "stars" if panel.header.unit == "stars" else "marks"
    shown = sorted(
        (a for a in there if a.possible and not a.open),
        key=lambda a: (-a.certain, -a.possible, a.name),
    )
    return Section(
        id=f"region-stars{part.suffix}",
        question=f"Where does {place} have {what}, and why?{part.heading}",
        answer=(_answer(there, place, what),),
        tables=(_table(shown, f"{what.capitalize()} of {place}, {time}", what),) if shown else (),
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
    remarks = tuple(p for p in parts if p and not _AWARD.fullmatch(p))
    return Awarded(name, int(low), int(high), tuple(found), remarks)


def _answer(own: list[Awarded], place: str, what: str) -> str:
    sure = [a for a in own if a.certain]
    may = [a for a in own if a.possible and not a.certain and not a.open]
    if not sure and not may:
        return f"{place} has no {what} in any cluster that is known."
    most = max((a.certain for a in sure), default=0)
    text = f"{place} has {what} for certain in {len(sure)} of {len(own)} clusters"
    if most:
        best = [within(a.name) for a in sure if a.certain == most]
        rest = [f"{len(best) - 4} more"] if len(best) > 5 else []
        named = joined([*(best[:4] if rest else best), *rest])
        text += f", the most in {named}" if len(sure) > len(best) else f": {named}"
    if may:
        text += f"; {'in' if sure else 'possibly in'} {len(may)} more they are possible"
    return f"{text}."


def _table(own: list[Awarded], title: str, what: str) -> Table:
    left = len(own) - MOST
    note = (
        "★ certain, ☆ possible. Under each star the region's number, and the line that others "
        "draw; a question mark stands where hidden cells leave it open."
    )
    if what == "marks":
        note = (
            "The highest mark that is certain, and the highest that is possible. Beside it what is "
            "compared for the higher of the two: the region's number, and the line that others "
            "draw; a question mark stands where rounding or hidden cells leave it open."
        )
    if left > 0:
        note += f" The first {MOST}; {left} more clusters have some, certain or possible."
    shown = own[:MOST]
    if what == "marks":
        return _marks_table(shown, title, note)
    names = list(dict.fromkeys(name for a in shown for name, _, _ in a.awards))
    heads = ("Cluster", "Stars", *(name.capitalize() for name in names))
    return Table(title, heads, tuple(_row(a, names) for a in shown), note)


def _marks_table(own: list[Awarded], title: str, note: str) -> Table:
    """Of each cluster the highest mark, and what was compared for it, a column a measure."""
    told = [_by_label(a) for a in own]
    labels = list(dict.fromkeys(label for one in told for label in one))
    rows = tuple(
        (_cluster(a), _shown(a, "marks"), *(one.get(label, MISSING) for label in labels))
        for a, one in zip(own, told, strict=True)
    )
    return Table(title, ("Cluster", "Mark", *labels), rows, note)


def _by_label(own: Awarded) -> dict[str, str]:
    """The comparisons of the highest mark that is certain or possible, by what they compare."""
    found: dict[str, list[str]] = {}
    if own.awards:
        for part in own.awards[own.possible - 1][2].split(", "):
            match = _COMPARED.fullmatch(part)
            label, rest = (match["label"], match["rest"]) if match else ("Other", part)
            found.setdefault(label, []).append(rest)
    return {label: "; ".join(parts) for label, parts in found.items()}


def _cluster(own: Awarded) -> str:
    return f"{own.name} ({'; '.join(own.remarks)})" if own.remarks else own.name


def _row(own: Awarded, names: list[str]) -> tuple[str, ...]:
    """One cluster with each comparison under the star it is for, met or not."""
    told = {name: f"{state}: {_numbers_of(why)}" for name, state, why in own.awards}
    return (_cluster(own), _shown(own, "stars"), *(told.get(name, MISSING) for name in names))


def _numbers_of(why: str) -> str:
    """A comparison without the name of what is compared, where the head of the column says it."""
    single = len(_SIGN.findall(why)) == 1
    return _LABEL.sub("", why) if single else why


def _shown(own: Awarded, what: str) -> str:
    if what == "stars":
        return "★" * own.certain + "☆" * (own.possible - own.certain)
    names = [name for name, _, _ in own.awards]
    sure = names[own.certain - 1] if own.certain else ""
    may = names[own.possible - 1] if own.possible > own.certain else ""
    return ", ".join(filter(None, (sure, f"possibly {may}" * bool(may))))


def _open(own: list[Awarded], count: int) -> list[str]:
    lines = []
    if open_ones := [a for a in own if a.open]:
        lines.append(
            f"Of {len(open_ones)} clusters nothing is known here: they may have any number."
        )
    if gone := count - len(own):
        lines.append(f"{gone} of {count} clusters have no such count: too few regions have them.")
    return lines
