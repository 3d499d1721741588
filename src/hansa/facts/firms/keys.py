"""Keys of firms: blanks around them are no part of them, and codes are those of their list.

Ids stay in the engine. Of regions and activities only the distinct codes leave it, to be spelt as
their list does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from hansa.codes.codelist import TOTAL, Codelist, classification, geography_codes
from hansa.errors import HansaError, listed
from hansa.facts.firms.messages import first_place, how_many
from hansa.sources.rows import code_list
from hansa.sources.vocabulary import Vocabulary

if TYPE_CHECKING:
    from hansa.clusters import ClusterDefinition
    from hansa.facts.firms.rows import Opened
    from hansa.sources.spec import FactsSpec

OUTSIDE = "outside"
"""Activities that no cluster of a definition holds."""

_BLANKS = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""What `str.strip` takes away, and with it every reader of codes."""


def quoted(text: str) -> str:
    """A text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def trimmed(name: str) -> str:
    """SQL of a text without the blanks around it."""
    # To trim blanks of every kind takes the engine long: most ids have none, or plain spaces.
    short = f"trim({name})"
    ways = [
        f"WHEN ascii({text}) BETWEEN 33 AND 126 AND ascii(right({text}, 1)) BETWEEN 33 AND 126 "
        f"THEN {text}"
        for text in (name, short)
    ]
    return f"(CASE {' '.join(ways)} ELSE trim({name}, {quoted(_BLANKS)}) END)"


def lists_of(files: Sequence[Path], specs: Sequence[FactsSpec]) -> dict[str, Codelist]:
    """The code list of `geo` and of `activity`, one for all files; refused where there is none."""
    found = {}
    for name, find, key in (
        ("geo", geography_codes, "geography"),
        ("activity", classification, "classification"),
    ):
        own = [
            code_list(find, getattr(spec, key), str(path))
            for path, spec in zip(files, specs, strict=True)
        ]
        if others := [one.id for one in own if one.id != own[0].id]:
            raise HansaError(
                f"the files have codes of several lists in {name}",
                place=listed(files),
                printed=f"{own[0].id}, {others[0]}",
                admissible=f"one {key} for all files",
                fix=f"convert them to one list first (hansa convert), or name it: --{key} LIST",
            )
        found[name] = own[0]
    return found


def spelt(con: Any, rows: Opened, name: str, codelist: Codelist) -> dict[str, str]:
    """Each code of a key as it stands in the files -> its spelling in the list.

    Raises HansaError for totals, empty cells and codes that are not in the list, by row number.
    """
    cells = _distinct(con, name)
    totals = {total.upper() for spec in rows.specs for total in spec.total} | {TOTAL}
    found = {cell: codelist.spell(cell) or "" for cell in sorted(cells)}
    _refuse_totals([cell for cell in found if cell.strip().upper() in totals], name)
    empty = [cell for cell in found if not cell.strip()]
    unknown = [cell for cell, code in found.items() if not code]
    if unknown:
        told = ", ".join(map(quoted, empty or unknown))
        count = con.execute(f"SELECT count(*) FROM firm_rows WHERE {name} IN ({told})").fetchone()
        raise HansaError(
            "a key is empty" if empty else f"a code is none of {codelist.id}",
            place=_place(con, rows, f"{name} IN ({told})", name),
            printed=f"{how_many(count[0], 'row')}; cells of firms are not shown",
            admissible="a value in every row"
            if empty
            else f"codes of {codelist.id} in any usual spelling",
            fix="correct them, convert the codes first, or leave such rows out: "
            "--where COLUMN!=VALUE",
        )
    _refuse_lost_zeros(found, name, codelist, rows)
    return found


def refuse_nested(codes: Iterable[str], name: str, codelist: Codelist, rows: Opened) -> None:
    """Raise where one code holds another: the coarser would lack the firms of the finer one."""
    met = set(codes)
    pairs = [(own, code) for code in sorted(met) for own in codelist.ancestors(code) if own in met]
    if not pairs:
        return
    above, below = pairs[0]
    more = f" and {len(pairs) - 1} more such pairs" if len(pairs) > 1 else ""
    ways = "bring the codes to one level"
    if name == "activity":
        ways += ", or count by clusters that hold both: --definition NAME"
    raise HansaError(
        f"one code of {name} holds another: its firms would be counted without those of the other",
        place=f"{listed(rows.files)}, column of {name}",
        printed=f"{above} ({codelist.level[above]}) and {below} ({codelist.level[below]}){more}",
        admissible=f"codes of {codelist.id} that do not hold each other",
        fix=ways,
    )


def _distinct(con: Any, name: str) -> list[str]:
    return [row[0] for row in con.execute(f"SELECT DISTINCT {name} FROM firm_rows").fetchall()]


def _refuse_totals(totals: list[str], name: str) -> None:
    if totals:
        raise HansaError(
            "a firm stands in a total",
            place=f"column of {name}",
            printed=listed(totals),
            admissible="the code of the region and the activity of each firm",
            fix=f"leave such rows out: --where {name}!={totals[0]}",
        )


def _place(con: Any, rows: Opened, condition: str, name: str) -> str:
    at = listed(rows.files)
    if not any(spec.where for spec in rows.specs):
        at = first_place(con, rows.files, condition) or at
    return f"{at}, column of {name}"


def _refuse_lost_zeros(cells: Iterable[str], name: str, codelist: Codelist, rows: Opened) -> None:
    """Raise where `161` stands for 01.61, as other readers of codes do."""
    if codelist.is_local:
        return
    met = Vocabulary(name, codelist, ())
    met.positions(pa.chunked_array([pa.array(list(cells), pa.string())]), "", lambda i: i)
    met.refuse_lost_zeros(listed(rows.files))


def clusters_of(codes: Iterable[str], definition: ClusterDefinition) -> dict[str, str]:
    """Activity -> its cluster. A firm cannot be split: partial and double membership is refused."""
    found: dict[str, str] = {}
    list_ = definition.codelist
    held = [(m, list_.leaves(m.activity)) for m in definition.members if m.weight > 0]
    for code in sorted(set(codes)):
        wanted = list_.leaves(code)
        mine = [(m.cluster, m.weight, wanted & own) for m, own in held if wanted & own]
        whole = {c for c, w, own in mine if w == 1 and own == wanted}
        inside: dict[str, set[str]] = {}
        for c, w, own in mine:
            if w == 1:
                inside.setdefault(c, set()).update(own)
        whole |= {c for c, own in inside.items() if own == wanted}
        if not mine:
            found[code] = OUTSIDE
        elif len(whole) == 1 and {c for c, *_ in mine} == whole:
            found[code] = next(iter(whole))
        else:
            raise HansaError(
                "a firm would belong to clusters in parts",
                place=f"definition {definition.id}",
                printed=f"activity {code}: {listed(sorted({c for c, *_ in mine}))}",
                admissible="activities that lie wholly in one cluster, or in none",
                fix="use finer activity codes, or a definition without shared activities",
            )
    return found


def placed(con: Any, name: str, unit_of: Mapping[str, str] | None) -> tuple[str, ...]:
    """The codes of one key, and a table from each cell to the position of its code.

    unit_of  cell -> region, activity or cluster; None where everything is one place
    """
    named = unit_of or dict.fromkeys(_distinct(con, name), TOTAL)
    codes = tuple(sorted(set(named.values())))
    at = {code: i for i, code in enumerate(codes)}
    con.execute(f"CREATE TEMP TABLE of_{name} (code VARCHAR, pos INTEGER)")
    con.executemany(
        f"INSERT INTO of_{name} VALUES (?, ?)", [(c, at[u]) for c, u in sorted(named.items())]
    )
    return codes
