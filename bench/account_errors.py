"""Single errors planted in a valid account, and whether each could be known for one at all.

The rule of detectability shares no code with the program: ranks are judged by `scipy.stats.
rankdata` over the printed values (a rank may break their ties), sums by their own intervals.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from account_tables import METHODS, Drawn, Sheet

KINDS = (
    "ranks exchanged",
    "rank off",
    "change off",
    "value mistyped",
    "earlier value mistyped",
    "total wrong",
    "part wrong",
    "member missing",
    "statement wrong",
    "count wrong",
    "flag turned",
    "marks above cells",
    "unit mixed",
    "dates exchanged",
)


@dataclass
class Planted:
    """The account with one error.

    at  (file, line) of the places of which one must be named
    """

    account: Drawn
    kind: str
    at: list[tuple[str, int]]
    what: str
    detectable: bool


def plant(account: Drawn, kind: str, rng: np.random.Generator) -> Planted | None:
    """One error of a kind; None where the account has no place for it, or nothing changed."""
    bad = copy.deepcopy(account)
    planter = {
        "ranks exchanged": _exchange,
        "rank off": _rank_off,
        "change off": _change_off,
        "value mistyped": lambda b, r: _mistype(b, r, "value"),
        "earlier value mistyped": lambda b, r: _mistype(b, r, "earlier"),
        "total wrong": lambda b, r: _sum_cell(b, r, True),
        "part wrong": lambda b, r: _sum_cell(b, r, False),
        "member missing": _missing,
        "statement wrong": _statement,
        "count wrong": _count,
        "flag turned": _flag,
        "marks above cells": _marks,
        "unit mixed": _unit,
        "dates exchanged": _dates,
    }[kind]
    done = planter(bad, rng)
    if done is None or _same(account, bad):
        return None
    at, what, detectable = done
    return Planted(bad, kind, at, what, detectable)


Done = tuple[list[tuple[str, int]], str, bool] | None


def _same(one: Drawn, other: Drawn) -> bool:
    return all(one.sheets[f].columns == other.sheets[f].columns for f in one.sheets)


# --- rankings --------------------------------------------------------------------------


def ranking_possible(account: Drawn) -> bool:
    """Whether one convention for ties gives all printed ranks, now and before."""
    told = account.ranking
    columns = account.sheets["ranking_table.csv"].columns
    sign = 1 if told["high"] else -1
    now = np.array([float(x) for x in columns[told["rank"]]])
    values = sign * np.array([float(x) for x in columns[told["value"]]])
    states = [(now, values)]
    if told["has_change"]:
        change = np.array([float(x) for x in columns[told["change"]]])
        before = now + told["sign"] * change
        if told["has_earlier"]:
            values = sign * np.array([float(x) for x in columns[told["earlier"]]])
        else:
            values = np.zeros(len(now))
        states.append((before, values))
    return any(all(_follows(r, v, m) for r, v in states) for m in METHODS.values())


def _follows(ranks: np.ndarray, values: np.ndarray, method: str) -> bool:
    """The printed values, their ties broken by the printed ranks, give these ranks."""
    _, level = np.unique(values, return_inverse=True)
    refined = -(level.astype(float) * (len(ranks) + 2) * 4 - ranks)
    return bool(np.array_equal(rankdata(refined, method=method), ranks))


def _ranking(account: Drawn) -> tuple[Sheet, dict]:
    return account.sheets["ranking_table.csv"], account.ranking


def _at(*rows: int, file: str = "ranking_table.csv") -> list[tuple[str, int]]:
    return [(file, i + 2) for i in rows]


def _exchange(bad: Drawn, rng: np.random.Generator) -> Done:
    sheet, told = _ranking(bad)
    cells = sheet.columns[told["rank"]]
    i, j = (int(x) for x in rng.choice(sheet.rows, 2, replace=False))
    cells[i], cells[j] = cells[j], cells[i]
    return _at(i, j), f"ranks of {i} and {j}", not ranking_possible(bad)


def _rank_off(bad: Drawn, rng: np.random.Generator) -> Done:
    sheet, told = _ranking(bad)
    cells = sheet.columns[told["rank"]]
    i = int(rng.integers(sheet.rows))
    cells[i] = f"{max(1, float(cells[i]) + int(rng.choice([-3, -2, -1, 1, 2, 3]))):g}"
    return _at(i), cells[i], not ranking_possible(bad)


def _change_off(bad: Drawn, rng: np.random.Generator) -> Done:
    sheet, told = _ranking(bad)
    if not told["has_change"]:
        return None
    cells = sheet.columns[told["change"]]
    i = int(rng.integers(sheet.rows))
    cells[i] = f"{float(cells[i]) + int(rng.choice([-2, -1, 1, 2])):g}"
    return _at(i), cells[i], not ranking_possible(bad)


def _mistype(bad: Drawn, rng: np.random.Generator, which: str) -> Done:
    sheet, told = _ranking(bad)
    # Without the changes, nothing speaks of an earlier value.
    if told[which] not in sheet.columns or (which == "earlier" and not told["has_change"]):
        return None
    cells = sheet.columns[told[which]]
    i = int(rng.integers(sheet.rows))
    cells[i] = _typo(cells[i], rng)
    return _at(i), cells[i], not ranking_possible(bad)


def _typo(text: str, rng: np.random.Generator) -> str:
    """Two digits exchanged, or one digit another one."""
    at = [k for k, c in enumerate(text) if c.isdigit()]
    if len(at) > 1 and rng.random() < 0.5:
        k = int(rng.integers(len(at) - 1))
        a, b = at[k], at[k + 1]
        letters = list(text)
        letters[a], letters[b] = letters[b], letters[a]
        return "".join(letters) if letters[0] != "0" else text
    k = at[int(rng.integers(len(at)))]
    digit = str(int(rng.integers(1, 10)))
    return text[:k] + digit + text[k + 1 :]


# --- sums ------------------------------------------------------------------------------


def sums_possible(account: Drawn) -> bool:
    """Whether every total, by row and by column, meets its parts within their rounding."""
    told = account.sums
    columns = account.sheets[told["file"]].columns
    half = 0.5 * 10.0 ** -told["decimals"]
    numbers = {p: np.array([float(x) for x in columns[p]]) for p in told["parts"]}
    checked = list(numbers.values())
    if told["has_total"]:
        total = np.array([float(x) for x in columns["total"]])
        checked.append(total)
        parts = sum(numbers.values())
        if (np.abs(total - parts) > half * (len(numbers) + 1) + 1e-6).any():
            return False
    return all(abs(c[:-1].sum() - c[-1]) <= half * len(c) + 1e-6 for c in checked)


def _sum_cell(bad: Drawn, rng: np.random.Generator, total: bool) -> Done:
    told = bad.sums
    file = told["file"]
    sheet = bad.sheets[file]
    last = sheet.rows - 1
    if total:
        places = [(last, p) for p in told["parts"]]
        if told["has_total"]:
            places += [(i, "total") for i in range(sheet.rows)]
    else:
        places = [(i, p) for i in range(last) for p in told["parts"]]
    i, column = places[int(rng.integers(len(places)))]
    sheet.columns[column][i] = _typo(sheet.columns[column][i], rng)
    # A wrong part shows in the total of its row or of its column.
    at = _at(i, last, file=file)
    return at, f"{column} {sheet.columns[column][i]}", not sums_possible(bad)


def _statement(bad: Drawn, rng: np.random.Generator) -> Done:
    told = bad.sums
    file = told["file"]
    columns = bad.sheets[file].columns
    which = int(rng.integers(3))
    cell = bad.sheets["facts.csv"].columns["value"][which]
    words = cell.split()
    number = float(words[-1])
    factor = float(rng.choice([0.4, 0.6, 1.5, 1.8, 3.0]))
    wrong = max(1.0, round(number * factor))
    wrong = wrong + 1 if wrong == number else wrong
    bad.sheets["facts.csv"].columns["value"][which] = " ".join([*words[:-1], f"{wrong:.0f}"])
    sums = [sum(float(x) for x in columns[p][:-1]) for p in told["parts"]]
    rows = bad.sheets[file].rows - 1
    if which == 0:
        meant = [rows, *sums, sum(sums)]
        half = 10.0 ** np.floor(np.log10(wrong)) / 2 if len(words) > 1 else 0.5
        reach = max(half, 0.05 * wrong) if len(words) > 1 else half
    else:
        meant, reach = ([rows] if which == 1 else [sums[0]]), 0.5
    slack = 0.5 * 10.0 ** -told["decimals"] * rows * len(told["parts"])
    known = all(abs(wrong - x) > reach + (0 if x == rows else slack) for x in meant)
    return _at(which, file="facts.csv"), f"{wrong:.0f}", known


# --- lists, counts, flags, dates -------------------------------------------------------


def _missing(bad: Drawn, rng: np.random.Generator) -> Done:
    sheet = bad.sheets["members.csv"]
    i = int(rng.integers(sheet.rows))
    name = sheet.columns["member"][i]
    for cells in sheet.columns.values():
        del cells[i]
    other = bad.sheets["ranking_table.csv"].columns[bad.ranking["key"]]
    return _at(other.index(name)), name, True


def _count(bad: Drawn, rng: np.random.Generator) -> Done:
    sheet = bad.sheets["needs_groups.csv"]
    i = int(rng.integers(sheet.rows))
    cells = sheet.columns["items"]
    cells[i] = str(int(cells[i]) + int(rng.choice([-1, 1, 2])))
    return _at(i, file="needs_groups.csv"), cells[i], True


def _flag(bad: Drawn, rng: np.random.Generator) -> Done:
    cells = bad.sheets["strengths.csv"].columns["at_least_four"]
    i = int(rng.integers(len(cells)))
    cells[i] = "no" if cells[i] == "yes" else "yes"
    return _at(i, file="strengths.csv"), cells[i], True


def _marks(bad: Drawn, rng: np.random.Generator) -> Done:
    columns = bad.sheets["needs_groups.csv"].columns
    i = int(rng.integers(len(columns["marks"])))
    columns["marks"][i] = str(int(columns["marks_possible"][i]) + int(rng.integers(1, 20)))
    return _at(i, file="needs_groups.csv"), columns["marks"][i], True


def _unit(bad: Drawn, rng: np.random.Generator) -> Done:
    cells = bad.sheets["strengths.csv"].columns["turnover"]
    i = int(rng.integers(len(cells)))
    cells[i] = str(int(cells[i]) * 1000)
    return _at(i, file="strengths.csv"), cells[i], True


def _dates(bad: Drawn, rng: np.random.Generator) -> Done:
    columns = bad.sheets["timeline.csv"].columns
    i = int(rng.integers(len(columns["start"])))
    columns["start"][i], columns["end"][i] = columns["end"][i], columns["start"][i]
    return _at(i, file="timeline.csv"), columns["start"][i], True
