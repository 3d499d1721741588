"""Rates of `hansa check`: false alarms on valid tables, single planted errors that it finds.

    bench/check_rates.py [--tables N] [--errors N] [--seed S] [--out FILE]

Seeds 1 to 99 were for looking and tuning; 2026 is the seed of the published rates.
"""

from __future__ import annotations

import argparse
import datetime
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import numpy as np

import hansa
from check_errors import KINDS, NUMBERS, Key, Planted, plant
from check_tables import Table, valid_table
from hansa.errors import Finding

FINAL_SEED = 2026

OFTEN = 3
ORDER = [kind for kind in KINDS for _ in range(OFTEN if kind in NUMBERS else 1)]
"""Kinds in turn; errors of one number that only the table's redundancy shows come more often."""


Part = Callable[["Rates", int, int, Path], None]


@dataclass
class Rates:
    """Counts of one run."""

    tables: int = 0
    with_error: int = 0
    with_warning: int = 0
    warnings: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)
    by: Counter[tuple[str, str]] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def count(self, what: str, kind: str = "") -> int:
        """How many planted errors (of one kind) had this outcome."""
        return sum(n for (k, w), n in self.errors.items() if w == what and kind in ("", k))


def findings_of(table: Table, folder: Path) -> list[Finding]:
    """What the check says of a table written to a file."""
    path = folder / "table.csv"
    table.write(path)
    return hansa.check(path, table.describe)


def names_cell(finding: Finding, table: Table, key: Key) -> bool:
    """True where the place names the cell by its codes and year, or by its row."""
    t, a, g = key
    place = finding.place
    cell = f"geo {table.geo.codes[g]}, activity {table.activity.codes[a]}, time "
    years = "|".join(re.findall(re.escape(cell) + r"(\d{4}(?: or \d{4})?)", place))
    if str(table.years[t]) in years:
        return True
    rows = re.search(r"rows? (\d+(?:, \d+)*)", place)
    return bool(rows) and str(table.row(key)) in rows[1].split(", ")


def names_line(finding: Finding, line: tuple[str, ...]) -> bool:
    """True where the place names every code and year of a line, and no single cell."""
    words = set(re.findall(r"\w+", finding.place))
    whole = not ("geo " in finding.place and "activity " in finding.place)
    return whole and set(line) <= words


def names_sum(finding: Finding, codes: tuple[str, ...]) -> bool:
    """True where the place names the whole, the other code and the year of a broken sum."""
    return bool(codes) and set(codes) <= set(re.findall(r"\w+", finding.place))


def outcome(found: list[Finding], table: Table, planted: Planted) -> str:
    """`error`, `warning`, `unnamed` (found elsewhere) or `missed`."""
    heard = [f for f in found if f.severity != "note" and "declared" not in f.rule]
    for severity in ("error", "warning"):
        own = [f for f in heard if f.severity == severity]
        if planted.line and any(names_line(f, planted.line) for f in own):
            return severity
        if planted.cells and any(names_cell(f, table, k) for f in own for k in planted.cells):
            return severity
    return "unnamed" if heard else "missed"


def valid(rates: Rates, seed: int, number: int, folder: Path) -> None:
    """Check valid tables."""
    for i in range(number):
        table = valid_table(np.random.default_rng([seed, 0, i]))
        found = findings_of(table, folder)
        errors = [f for f in found if f.severity == "error"]
        warnings = [f for f in found if f.severity == "warning"]
        rates.tables += 1
        rates.with_error += bool(errors)
        rates.with_warning += bool(warnings)
        rates.warnings += len(warnings)
        rates.rules.update({f"{f.severity}: {f.rule}" for f in (*errors, *warnings)})
        if errors:
            rates.misses.append(f"valid table {i}: {errors[0].rule}; {errors[0].place}")


def planted(rates: Rates, seed: int, number: int, folder: Path) -> None:
    """Plant errors, one a table, until so many can be found in principle."""
    i = done = 0
    while done < number:
        rng = np.random.default_rng([seed, 1, i])
        kind = ORDER[i % len(ORDER)]
        i += 1
        table = valid_table(rng)
        error = plant(kind, table, rng)
        if error is None:
            continue
        if not error.by:
            rates.errors[kind, "not detectable"] += 1
            found = findings_of(table, folder)
            named = outcome(found, table, error) in ("error", "warning")
            way = "one broken sum" if error.sum else "nothing"
            seen = named or any(names_sum(f, error.sum) for f in found if f.severity == "error")
            rates.by[way, "named" if named else "seen" if seen else "missed"] += 1
            continue
        done += 1
        said = outcome(findings_of(table, folder), table, error)
        rates.errors[kind, said] += 1
        rates.by[error.by, said] += 1
        if said in ("missed", "unnamed"):
            what = [tuple(map(int, k)) for k in error.cells] or list(error.line)
            rates.misses.append(f"{kind} ({error.by}), table {i - 1}: {said}, {what}")


def _alone(part: Part, seed: int, number: int) -> Rates:
    rates = Rates()
    with tempfile.TemporaryDirectory() as name:
        part(rates, seed, number, Path(name))
    return rates


def run(seed: int, tables: int, errors: int) -> Rates:
    """Both rates, each in a process of its own."""
    start = time.perf_counter()
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        first = pool.submit(_alone, valid, seed, tables)
        second = pool.submit(_alone, planted, seed, errors)
        rates, other = first.result(), second.result()
    rates.errors, rates.by = other.errors, other.by
    rates.misses += other.misses
    rates.seconds = time.perf_counter() - start
    return rates


def report(rates: Rates, seed: int) -> str:
    """The counts as a page."""
    found = rates.count("error") + rates.count("warning")
    total = found + rates.count("unnamed") + rates.count("missed")
    lines = [
        f"# Rates of `hansa check`, {datetime.datetime.now(datetime.UTC):%Y-%m-%d}",
        "",
        f"Seed {seed}; seeds 1 to 99 served for looking and tuning. {rates.seconds:.0f} s for "
        f"{rates.tables + total} tables.",
        "",
        f"Valid tables: {rates.tables}. With a finding of severity error: {rates.with_error} "
        f"({rates.with_error / max(rates.tables, 1):.2%}); with a warning: {rates.with_warning} "
        f"({rates.with_warning / max(rates.tables, 1):.1%}), {rates.warnings} warnings in all.",
        "",
        f"Planted errors that can be found in principle: {total}. Found with the cell, region, "
        f"activity or year named: {found} ({found / max(total, 1):.1%}).",
        "",
        "Unnamed: something was found, but not the place. Not detectable: planted as well, but "
        "the table's own redundancy does not show it (`check_errors.py`); not counted above.",
        "",
        "| planted | detectable | error | warning | unnamed | missed | found | not detectable |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for kind in KINDS:
        n = [rates.count(w, kind) for w in ("error", "warning", "unnamed", "missed")]
        share = f"{(n[0] + n[1]) / sum(n):.1%}" if sum(n) else ""
        lines.append(
            f"| {kind} | {sum(n)} | {' | '.join(map(str, n))} | {share} | "
            f"{rates.count('not detectable', kind)} |"
        )
    lines += ["", "| shown by | detectable | found | |", "|---|---|---|---|"]
    for by in ("sums", "series", "units", "law"):
        n = {w: k for (b, w), k in rates.by.items() if b == by}
        good, every = n.get("error", 0) + n.get("warning", 0), sum(n.values())
        lines.append(f"| {by} | {every} | {good} | {good / max(every, 1):.1%} |")
    lines += ["", "| not detectable in principle: shows in | planted | cell named | sum named |"]
    lines += ["|---|---|---|---|"]
    for way in ("one broken sum", "nothing"):
        n = {w: k for (b, w), k in rates.by.items() if b == way}
        lines.append(f"| {way} | {sum(n.values())} | {n.get('named', 0)} | {n.get('seen', 0)} |")
    lines += ["", "Rules that fired on valid tables (tables each):", ""]
    lines += [f"- {rule}: {n}" for rule, n in rates.rules.most_common()] or ["- none"]
    lines += ["", "Each miss, and each error on a valid table:", ""]
    lines += [f"- {text}" for text in rates.misses] or ["- none"]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run and print, or write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=1000)
    parser.add_argument("--errors", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=FINAL_SEED)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    text = report(run(chosen.seed, chosen.tables, chosen.errors), chosen.seed)
    if chosen.out:
        chosen.out.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
