"""Everything that is wrong with a table nobody has described, at once and with its rows."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from hansa.codes.codelist import Codelist, classification, geography_codes
from hansa.cube import Cube
from hansa.errors import Finding, HansaError
from hansa.facts.check import check_facts
from hansa.facts.check_further import LARGEST, further_rows
from hansa.facts.check_words import row_number
from hansa.files import csv_bytes
from hansa.language import N_, _
from hansa.sources.guess import HOW, Sample, description
from hansa.sources.raw import is_parquet, raw_table
from hansa.sources.rows import row_numbers
from hansa.sources.spec import FactsSpec, picked, spec_from
from hansa.sources.tabular import TEXT_FIRST_ROW, read_facts
from hansa.sources.text import TEXT
from hansa.sources.vocabulary import Vocabulary

MOST = 20
"""Unknown codes of one kind that are told; the rest is counted."""
SET_ASIDE = N_("rows set aside: their codes are not in the declared version")

NO_ROW = 1 << 60


@dataclass(frozen=True)
class Checked:
    """Findings on a table, errors first in the order of its rows; the jobs where they are read."""

    findings: tuple[Finding, ...]
    cube: Cube | None


def check_table(path: Path, sample: Sample, chosen: Mapping[str, str]) -> Checked:
    """All that `hansa check` says of a table under some choices, of every row and every code.

    Codes that do not exist are told once each; the rows that have them are then set aside, so
    that they hide nothing behind them.
    """
    spec = spec_from(description(chosen, sample.told), path.name)
    odd = list(_unknown(path, sample, chosen, spec))
    own = spec.model_copy(update={"unknown_codes": "set_aside"}) if odd else spec
    found = check_facts([path], own, deep=True)
    found = [f for f in found if not (odd and f.rule == _(SET_ASIDE))]
    further = _further(path, own, found)
    told = {(f.place, f.rule, f.printed) for f in found}
    more = [f for f in further if (f.place, f.rule, f.printed) not in told]
    errors = [*odd, *(f for f in found if f.severity == "error"), *more]
    cube = None
    try:
        cube = None if odd else read_facts(path, spec, "employment")
    except HansaError as problem:
        # A table without jobs may pass the check of its other columns.
        errors = errors or [problem.finding]
    others = [f for f in found if f.severity != "error"]
    return Checked((*sorted(errors, key=_row), *others), cube)


def check_reading(path: Path, sample: Sample, chosen: Mapping[str, str]) -> tuple[Finding, ...]:
    """What keeps a file from being read as a table at all, whatever its columns hold."""
    every = description(chosen, sample.told)
    spec = FactsSpec(**{k: v for k, v in every.items() if k in HOW})

    def read(own: Path) -> list[Finding]:
        try:
            raw_table(own, spec)
        except HansaError as problem:
            return [problem.finding]
        return []

    found = read(path)
    return (*found, *further_rows(path, found, read))


def _row(finding: Finding) -> int:
    match = row_number().search(finding.place)
    return int(match[1]) if match else NO_ROW


def _unknown(
    path: Path, sample: Sample, chosen: Mapping[str, str], spec: FactsSpec
) -> Iterator[Finding]:
    """Each code that its list does not have, with its first row and how many more have it."""
    if spec.unknown_codes == "set_aside":
        return
    for dimension, code_list in (
        ("geo", geography_codes(spec.geography)),
        ("activity", classification(spec.classification)),
    ):
        cells = sample.columns.get(chosen.get(dimension, ""), ())
        rows = _rows_of(cells, sample, spec)
        words = Vocabulary(dimension, code_list, spec.total, spec.areas)
        known = [c for c in rows if c and words.knows(c)]
        odd = sorted(rows.keys() - set(known), key=lambda code: rows[code][0])
        for code in odd[:MOST]:
            yield _refused(code, rows[code], known, path, (dimension, code_list, spec))
        if len(odd) > MOST:
            yield Finding(
                "error",
                f"{path.name}, column {chosen[dimension]}",
                f"{len(odd) - MOST} more codes of {dimension} do not exist",
                f"{len(odd)} of {len(rows)} codes",
                f"codes of {code_list.id}",
                "look whether the right list and version are chosen",
            )


def _rows_of(cells: tuple[str, ...], sample: Sample, spec: FactsSpec) -> dict[str, list[int]]:
    """Code -> the rows it stands in, of the rows that are taken."""
    kept = [True] * len(cells)
    for key, wanted in spec.where.items():
        name, wants = picked(key, sample.names)
        texts = {str(w) for w in (wanted if isinstance(wanted, list) else [wanted])}
        # A column that is not there is told where the table is read.
        for i, cell in enumerate(sample.columns.get(name, ())):
            kept[i] = kept[i] and (cell in texts) == wants
    found: dict[str, list[int]] = {}
    for i, cell in enumerate(cells):
        if kept[i]:
            found.setdefault(cell.strip(), []).append(sample.numbers[i])
    return found


def _refused(
    code: str,
    rows: list[int],
    known: list[str],
    path: Path,
    listed: tuple[str, Codelist, FactsSpec],
) -> Finding:
    """What the reader says of a code that it does not know, beside those that it does."""
    dimension, code_list, spec = listed
    words = Vocabulary(dimension, code_list, spec.total, spec.areas)
    try:
        words.positions(pa.chunked_array([[code, *known]]), path.name, lambda i: rows[0])
    except HansaError as problem:
        more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
        own = problem.finding
        return replace(own, place=f"{own.place}{more}")
    raise AssertionError(code)


def _further(path: Path, spec: FactsSpec, found: list[Finding]) -> list[Finding]:
    """The errors of rows behind the first one, in a file of any format."""
    if path.suffix.lower() in TEXT:
        return further_rows(path, found, lambda copy: check_facts([copy], spec))
    if not any(f.severity == "error" and _row(f) < NO_ROW for f in found):
        return []
    try:
        table = raw_table(path, spec)
        content = csv_bytes(table)
    except (HansaError, pa.ArrowException):
        return []
    if len(content) > LARGEST:
        return []
    plain = {"encoding": "utf-8", "delimiter": ",", "sheet": "", "header": 1}
    own = spec.model_copy(update=plain)
    number = row_numbers(table, 1 if is_parquet(path) else TEXT_FIRST_ROW)
    with tempfile.TemporaryDirectory(prefix="hansa-check-") as folder:
        copy = Path(folder) / "table.csv"
        copy.write_bytes(content)
        first = check_facts([copy], own)
        more = [*first, *further_rows(copy, first, lambda part: check_facts([part], own))]
        return [_as_there(f, copy, path, number) for f in more if f.severity == "error"]


def _as_there(finding: Finding, copy: Path, path: Path, number: Callable[[int], int]) -> Finding:
    """A finding on the copy in CSV with the name and the row of the table itself."""

    def moved(match: re.Match[str]) -> str:
        row = int(match[1])
        there = f"{match[0].removesuffix(match[1])}{number(row - TEXT_FIRST_ROW)}"
        return there if row > 1 else match[0]

    place = finding.place.replace(str(copy), str(path)).replace(copy.name, path.name)
    return replace(finding, place=row_number().sub(moved, place, count=1))
