"""Valid printed accounts, drawn at random: a ranking, a table of sums, lists, counts, statements.

Everything is computed from true numbers first and printed (rounded) afterwards, so each account
is possible by construction. Names of columns, conventions for ties, signs, decimals, directions
and what is there at all are drawn too.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.stats import rankdata

SYLLABLES = (
    *("ba", "do", "fe", "gi", "ka", "lo", "mu", "ne", "pi", "ra", "so", "ti", "va", "wo", "ze"),
    *("hu", "ja", "kel", "mor", "nis", "tar", "vin", "dal", "lund"),
)
METHODS = {
    "strict": "ordinal",
    "competition": "min",
    "modified": "max",
    "dense": "dense",
    "average": "average",
}
WORDS = (("rank", "index"), ("place", "score"), ("position", "points"), ("ranking", "value"))
NOUNS = (
    ("survey", "recipients"),
    ("grant", "holders"),
    ("training", "courses"),
    ("pilot", "visits"),
)
PARTS = ("companies", "institutes", "experts", "schools", "agencies")


@dataclass
class Sheet:
    """One table: its columns as texts. Row i stands in line i + 2 of the file."""

    columns: dict[str, list[str]]

    @property
    def rows(self) -> int:
        return len(next(iter(self.columns.values())))


@dataclass
class Drawn:
    """One account with what is true of it, for the rule that judges planted errors."""

    sheets: dict[str, Sheet]
    names: list[str]
    ranking: dict[str, object] = field(default_factory=dict)
    sums: dict[str, object] = field(default_factory=dict)

    style: tuple[str, str, str] = ("", ".", "-")

    def write(self, folder: Path) -> None:
        """Printed in the spelling of the account: thousands, decimals, minus."""
        folder.mkdir(parents=True, exist_ok=True)
        for file, sheet in self.sheets.items():
            with (folder / file).open("w", encoding="utf-8", newline="") as stream:
                writer = csv.writer(stream, lineterminator="\n")
                writer.writerow(sheet.columns)
                spelled = [[self._spelled(x) for x in cells] for cells in sheet.columns.values()]
                writer.writerows(zip(*spelled, strict=True))

    def _spelled(self, text: str) -> str:
        if not re.fullmatch(r"-?\d+(\.\d+)?", text):
            return text
        groups, point, minus = self.style
        whole, dot, part = text.lstrip("-").partition(".")
        whole = f"{int(whole):,}".replace(",", groups) if len(whole) > 3 else whole
        return (minus if text.startswith("-") else "") + whole + (point if dot else "") + part


def drawn(rng: np.random.Generator) -> Drawn:
    """One valid account."""
    names = _names(rng, int(rng.integers(8, 41)))
    styles = [("", ".", "-"), (",", ".", "-"), (" ", ",", "-"), (" ", ".", "−"), ("", ",", "–")]
    account = Drawn({}, names, style=styles[int(rng.integers(len(styles)))])
    _ranking(rng, account)
    _list(rng, account)
    _sums(rng, account)
    _groups(rng, account)
    _strengths(rng, account)
    _steps(rng, account)
    return account


def selected(account: Drawn, rng: np.random.Generator) -> Drawn:
    """The same account with some rows of its ranking left out: still true, no longer complete."""
    n = len(account.names)
    keep = np.sort(rng.choice(n, max(5, int(n * rng.uniform(0.4, 0.8))), replace=False))
    sheet = account.sheets["ranking_table.csv"]
    for cells in sheet.columns.values():
        cells[:] = [cells[i] for i in keep]
    return account


def _names(rng: np.random.Generator, n: int) -> list[str]:
    found: list[str] = []
    while len(found) < n:
        name = "".join(rng.choice(SYLLABLES, int(rng.integers(3, 6)))).capitalize()
        if all(_apart(name, other) for other in found):
            found.append(name)
    return found


def _apart(one: str, other: str) -> bool:
    return one[:4].lower() != other[:4].lower()


def printed(values: np.ndarray, decimals: int) -> list[str]:
    return [f"{v:.{decimals}f}" for v in values]


def ranks_of(values: np.ndarray, convention: str, best_is_high: bool) -> np.ndarray:
    return rankdata(-values if best_is_high else values, method=METHODS[convention])


def _ranking(rng: np.random.Generator, account: Drawn) -> None:
    n = len(account.names)
    rank_word, value_word = WORDS[int(rng.integers(len(WORDS)))]
    decimals = int(rng.integers(0, 2))
    high = bool(rng.random() < 0.8)
    later = rng.uniform(5, 95) + rng.normal(0, 1, n) * rng.uniform(8, 25)
    earlier = later + rng.normal(0, 1, n) * rng.uniform(2, 12)
    shift = 5 - min(later.min(), earlier.min())
    later, earlier = later + shift, earlier + shift
    rounded_first = bool(rng.random() < 0.5)
    convention = str(rng.choice(list(METHODS)[1:] if rounded_first else list(METHODS)))
    shown = [np.array([float(x) for x in printed(v, decimals)]) for v in (later, earlier)]
    basis = shown if rounded_first else [later, earlier]
    now, before = (ranks_of(v, convention, high) for v in basis)
    order = np.argsort(now, kind="stable") if rng.random() < 0.7 else rng.permutation(n)
    year = int(rng.integers(1995, 2015))
    span = int(rng.integers(1, 9))
    dated = bool(rng.random() < 0.7)
    sign = 1 if rng.random() < 0.7 else -1
    names = {
        "key": str(rng.choice(["country", "region", "name"])),
        "rank": f"{rank_word}_{year + span}" if dated else rank_word,
        "value": f"{value_word}_{year + span}",
        "earlier": f"{value_word}_{year}",
        "change": f"{rank_word}_change_{year}_{year + span}" if dated else f"change_of_{rank_word}",
    }
    has_change, has_earlier = bool(rng.random() < 0.9), bool(rng.random() < 0.8)
    columns = {
        names["key"]: [account.names[i] for i in order],
        **_beside(rng, n),
        names["rank"]: [_rank_text(now[i]) for i in order],
        names["value"]: printed(later[order], decimals),
    }
    if has_earlier:
        columns[names["earlier"]] = printed(earlier[order], decimals)
    if has_change:
        columns[names["change"]] = [_rank_text(sign * (before[i] - now[i])) for i in order]
        if any("." in c for c in columns[names["change"]]):
            del columns[names["change"]]
            has_change = False
    account.sheets["ranking_table.csv"] = Sheet(columns)
    account.ranking = {
        **names,
        "high": high,
        "sign": sign,
        "has_change": has_change,
        "has_earlier": has_earlier,
    }


def _beside(rng: np.random.Generator, n: int) -> dict[str, list[str]]:
    """Columns that have nothing to do with the ranking."""
    able = {
        "population_thousand": [f"{x:.0f}" for x in np.exp(rng.normal(7, 1, n))],
        "members_since": [str(x) for x in rng.integers(1950, 2005, n)],
        "coastal": [str(x) for x in rng.choice(["yes", "no"], n)],
    }
    return {k: v for k, v in able.items() if rng.random() < 0.3}


def _rank_text(value: float) -> str:
    return f"{value:g}".replace("-0", "0") if value == 0 else f"{value:g}"


def _list(rng: np.random.Generator, account: Drawn) -> None:
    order = rng.permutation(len(account.names))
    bodies = [f"Body {chr(65 + k % 26)}{k}" for k in range(len(order))]
    names = [account.names[i] for i in order]
    account.sheets["members.csv"] = Sheet({"member": names, "agency": bodies})


def _sums(rng: np.random.Generator, account: Drawn) -> None:
    m, k = int(rng.integers(4, 16)), int(rng.integers(2, 6))
    decimals = int(rng.integers(0, 2))
    true = np.exp(rng.normal(5, 1, (m, k))) + 1
    if decimals == 0 and rng.random() < 0.6:
        true = np.round(true)
    areas = [f"{name} area" for name in _names(rng, m)]
    parts = [str(p) for p in rng.choice(PARTS, k, replace=False)]
    rows = np.vstack([true, true.sum(axis=0)])
    columns = {"area": [*areas, str(rng.choice(["Total", "All", "Sum"]))]}
    columns |= {p: printed(rows[:, j], decimals) for j, p in enumerate(parts)}
    has_total = bool(rng.random() < 0.7)
    if has_total:
        columns["total"] = printed(rows.sum(axis=1), decimals)
    if rng.random() < 0.4:
        columns["share_percent"] = printed(100 * rows.sum(axis=1) / true.sum(), 1)
    noun = NOUNS[int(rng.integers(len(NOUNS)))]
    file = f"{noun[0]}_{noun[1]}.csv"
    account.sheets[file] = Sheet(columns)
    whole = float(true.sum())
    about = float(f"{whole:.1g}")
    text = f"about {about:.0f}" if rng.random() < 0.5 else f"{whole:.{decimals}f}"
    first = float(true[:, 0].sum())
    facts = {
        "fact": [
            f"{noun[0]} {noun[1]} stated",
            f"{noun[0]} areas",
            f"{noun[0]} {parts[0]}",
            "budget for all years",
            "first meeting",
        ],
        "value": [text, str(m), f"{first:.{decimals}f}", "2.4 million", "2008-05"],
    }
    account.sheets["facts.csv"] = Sheet(facts)
    account.sums = {"file": file, "parts": parts, "has_total": has_total, "decimals": decimals}


def _groups(rng: np.random.Generator, account: Drawn) -> None:
    g = int(rng.integers(4, 9))
    codes = [f"g{i + 1}" for i in range(g)]
    sizes = rng.integers(1, 7, g)
    sizes[0], sizes[1] = 2, 5
    each = int(rng.integers(5, 13))
    marks = [int(rng.integers(0, s * each + 1)) for s in sizes]
    labels = [f"{name} group" for name in _names(rng, g)]
    account.sheets["needs_groups.csv"] = Sheet(
        {
            "group": codes,
            "items": [str(s) for s in sizes],
            "marks": [str(x) for x in marks],
            "marks_possible": [str(s * each) for s in sizes],
        }
    )
    rows = [(codes[i], labels[i]) for i in range(g) for _ in range(sizes[i])]
    account.sheets["needs_items.csv"] = Sheet(
        {
            "group": [a for a, _ in rows],
            "group_label": [b for _, b in rows],
            "need": [f"need number {j} of {a}" for j, (a, _) in enumerate(rows)],
        }
    )


def _strengths(rng: np.random.Generator, account: Drawn) -> None:
    n = int(rng.integers(6, 15))
    marked = rng.integers(0, 10, n)
    marked[:2] = (3, 6)
    turnover = np.exp(rng.normal(4, 0.5, n))
    account.sheets["strengths.csv"] = Sheet(
        {
            "strength": [f"{name} technology" for name in _names(rng, n)],
            "countries_marked": [str(x) for x in marked],
            "at_least_four": ["yes" if x >= 4 else "no" for x in marked],
            "turnover": [f"{x:.0f}" for x in turnover],
        }
    )


def _steps(rng: np.random.Generator, account: Drawn) -> None:
    n = int(rng.integers(4, 9))
    months = np.cumsum(rng.integers(1, 6, n))
    ends = months + rng.integers(0, 4, n)
    account.sheets["timeline.csv"] = Sheet(
        {
            "order": [str(i + 1) for i in range(n)],
            "start": [_month(x) for x in months],
            "end": [_month(x) for x in ends],
            "step": [f"step of {name}" for name in _names(rng, n)],
        }
    )


def _month(x: int) -> str:
    return f"{2006 + int(x) // 12}-{int(x) % 12 + 1:02d}"
