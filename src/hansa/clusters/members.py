"""The rows of a definition: what a member is, and how a table of members is read."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from hansa.codes.codelist import Codelist, classification
from hansa.errors import HansaError, listed
from hansa.sources.rows import code_list as listed_codes
from hansa.sources.rows import lost_zero, without_zero
from hansa.sources.text import SEPARATORS

KINDS = ("traded", "local", "outside")
_COLUMNS = {"cluster", "activity", "weight", "cluster_label", "subcluster", "kind", "reason"}


@dataclass(frozen=True)
class Member:
    """One activity of a cluster; `weight` is the share of its jobs that belong there."""

    cluster: str
    activity: str
    weight: float
    cluster_label: str = ""
    subcluster: str = ""
    kind: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Layout:
    """How a table made by others names our columns and kinds.

    columns  our name -> the table's; with it, the other columns of the table are left aside
    kinds    the table's word -> traded, local or outside
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)


def read_members(
    text: str, place: str, code_list: str = "", layout: Layout | None = None
) -> tuple[Member, ...]:
    """The members in the text of a CSV; `place` names it in errors.

    A row without a cluster and with weight 0 says that its activity is placed nowhere; it makes
    no member. Raises HansaError for missing or unknown columns, codes, weights and kinds.
    """
    layout = layout or Layout()
    records = _records(text, place)
    _, names = next(records, (1, []))
    ours = _ours(names, layout, place)
    codes = listed_codes(classification, code_list, place)
    found = []
    written: dict[str, int] = {}
    for line, record in records:
        where = f"{place}, row {line}"
        _refuse_ragged(record, names, where)
        row = dict(zip(names, record, strict=False))
        plain = {name: row[theirs].strip() for name, theirs in ours.items()}
        plain["kind"] = layout.kinds.get(plain.get("kind", ""), plain.get("kind", ""))
        member = _member(plain, where, codes)
        written.setdefault(plain["activity"], line)
        if member is not None:
            found.append(member)
    if short := without_zero(codes, written):
        raise lost_zero(codes, short, f"{place}, row {written[short]}")
    if not found:
        raise HansaError(
            "the definition has no members",
            place=place,
            printed="a header row only",
            admissible="one row for each cluster and activity",
            fix="add the rows",
        )
    return tuple(found)


def _records(text: str, place: str) -> Iterator[tuple[int, list[str]]]:
    """The records that hold anything, each with the line it begins in."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for record in reader:
            if record:
                yield line, record
            line = reader.line_num + 1
    except csv.Error as problem:
        raise HansaError(
            "a row of the definition cannot be taken apart",
            place=f"{place}, row {line}",
            printed=str(problem),
            admissible='values with commas or quotes in quotes on both sides: "Wood, paper"',
            fix="close the quotation mark, or remove it",
        ) from problem


def _refuse_ragged(record: list[str], names: list[str], place: str) -> None:
    """A row that is cut off would get the weight 1 for the weight it has lost."""
    if len(record) < len(names) or any(cell.strip() for cell in record[len(names) :]):
        raise HansaError(
            "a row has another number of columns than the header",
            place=place,
            printed=f"{len(record)} column{'s' * (len(record) != 1)}",
            admissible=f"{len(names)}: {listed(names)}",
            fix="complete the row (empty cells count), or put quotes around values with commas",
        )


def _ours(names: list[str], layout: Layout, place: str) -> dict[str, str]:
    """Our column -> the table's, for those the table has."""
    if twice := sorted({name for name in names if name.strip() and names.count(name) > 1}):
        raise HansaError(
            "column names repeat",
            place=f"{place}, header row",
            printed=listed(twice),
            admissible="one name for each column",
            fix="rename or remove the columns",
        )
    _refuse_other_separator(names, place)
    own = layout.columns or {name: name for name in names if name.strip()}
    _refuse_missing(("cluster", "activity"), own, names, place)
    if unknown := sorted(set(own) - _COLUMNS):
        raise HansaError(
            "the definition has columns without meaning",
            place=place,
            printed=listed(unknown),
            admissible=listed(sorted(_COLUMNS)),
            fix="remove or rename them",
        )
    _refuse_missing(own.values(), names, names, place)
    return dict(own)


def _refuse_other_separator(names: list[str], place: str) -> None:
    """Raise for a header of one name that holds another sign between names."""
    only = names[0] if len(names) == 1 else ""
    if sign := next((sign for sign in SEPARATORS if sign in only), ""):
        raise HansaError(
            "the columns are separated by another sign",
            place=f"{place}, header row",
            printed=f"{SEPARATORS[sign]} in {only[:60]!r}",
            admissible=SEPARATORS[","],
            fix="save the definition with commas between its columns",
        )


def _refuse_missing(
    needed: Iterable[str], there: Iterable[str], names: list[str], place: str
) -> None:
    for name in needed:
        if name not in there:
            raise HansaError(
                f"the column {name} is missing",
                place=place,
                printed=listed(names),
                admissible="cluster, activity, weight",
                fix=f"rename the column that holds it to {name}, or say which one it is: "
                "[columns] in definition.toml, --columns for a plain CSV",
            )


def _member(row: dict[str, str], place: str, codes: Codelist) -> Member | None:
    weight = _weight(row, place)
    if not row["cluster"]:
        if weight == 0:
            return None
        raise HansaError(
            "a row names no cluster",
            place=place,
            printed=f"{row['activity']} with weight {weight:g}",
            admissible="the cluster in every row; empty only with weight 0: placed nowhere",
            fix="write the cluster (a merged cell of a spreadsheet leaves it out below its first "
            "row), or the weight 0",
        )
    activity = codes.spell(row["activity"])
    if activity is None and row["activity"].isdigit() and codes.spell("0" + row["activity"]):
        raise lost_zero(codes, row["activity"], place)
    if activity is None:
        raise HansaError(
            "an activity is not in the classification",
            place=place,
            printed=repr(row["activity"]),
            admissible=f"codes of {codes.id}",
            fix="correct the code, or declare the classification it belongs to",
        )
    if row["kind"] not in ("", *KINDS):
        raise HansaError(
            f"unknown kind {row['kind']!r}", place=place, admissible=listed(KINDS) + ", or empty"
        )
    names = ("cluster_label", "subcluster", "kind", "reason")
    return Member(row["cluster"], activity, weight, *(row.get(name, "") for name in names))


def _weight(row: dict[str, str], place: str) -> float:
    text = row.get("weight") or "1"
    usual = re.fullmatch(r"\+?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", text)
    weight = float(text) if usual else float("nan")
    if not 0 <= weight <= 1:
        raise HansaError(
            f"the weight of {row['activity']} is no share",
            place=place,
            printed=text,
            admissible="a share from 0 to 1: how much of the activity belongs to the cluster",
            fix="correct the weight; without the column every weight is 1",
        )
    return weight
