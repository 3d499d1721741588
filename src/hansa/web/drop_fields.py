"""The choices on a dropped table as fields of a form, and what comes back of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from hansa.errors import UsageError
from hansa.language import N_, _
from hansa.web.drop_work import Looked

ONE_YEAR = "=one"
"""In place of the column of time: one year, which stands in a field of its own."""
WIDE = "=years"
LONGEST = 400
"""Letters of a text field."""

_ENCODINGS = (
    ("utf-8", "UTF-8"),
    ("utf-8-sig", N_("UTF-8 with a mark at the beginning")),
    ("cp1252", N_("Windows, Western Europe (cp1252)")),
    ("latin-1", N_("Latin-1, Western Europe")),
    ("cp1250", N_("Windows, Central Europe (cp1250)")),
    ("cp1257", N_("Windows, Baltic (cp1257)")),
    ("utf-16", "UTF-16"),
)
_DELIMITERS = (
    (",", N_("comma ,")),
    (";", N_("semicolon ;")),
    ("tab", N_("tab")),
    ("|", N_("bar |")),
)
_DECIMALS = ((".", N_("point: 12.5")), (",", N_("comma: 12,5")))
_THOUSANDS = (
    ("", N_("nothing: 1234")),
    ("space", N_("space: 1 234")),
    (".", N_("point: 1.234")),
    (",", N_("comma: 1,234")),
    ("'", N_("apostrophe: 1'234")),
)
_CLASSIFICATIONS = (
    ("nace:2", "NACE Rev. 2"),
    ("nace:2.1", "NACE Rev. 2.1"),
    ("nace:1.1", "NACE Rev. 1.1"),
    ("isic:4", "ISIC Rev. 4"),
    ("naics:2017", "NAICS 2017"),
    ("naics:2012", "NAICS 2012"),
    ("local", N_("none: codes or names of the table itself")),
)
_GEOGRAPHIES = (
    *((f"nuts:{year}", f"NUTS {year}") for year in (2024, 2021, 2016, 2013, 2010, 2006)),
    ("local", N_("none: codes or names of the table itself")),
)
_TIMES = (
    ("", N_("single jobs")),
    ("1000", N_("thousands")),
    ("1000000", N_("millions")),
)
_ABSENT = (
    ("unknown", N_("nobody knows: results that need it stay absent")),
    ("zero", N_("there are no such jobs: zero")),
)
_UNKNOWN = (
    ("refuse", N_("is a mistake")),
    ("set_aside", N_("is left out, and told in the results")),
)
_COLUMNS = (
    ("geo", N_("Region")),
    ("activity", N_("Industry or other activity")),
    ("employment", N_("Jobs")),
    ("employment_status", N_("Status of the jobs (confidential, estimated, …)")),
    ("payroll", N_("Wages paid")),
    ("establishments", N_("Local units")),
    ("value_added", N_("Value added")),
)
GROUPS = (
    N_("Which column is which"),
    N_("What the codes mean"),
    N_("How the file is written"),
)

_SPELT = {"tab": "\t", "space": " "}
"""Values that a form would lose, and what they stand for."""


@dataclass(frozen=True)
class Field:
    """One choice.

    options  (value, label) to choose from; empty: a text is written
    value    what is chosen; `why` what it was guessed by, empty where its owner chose
    """

    name: str
    label: str
    group: int
    value: str
    options: tuple[tuple[str, str], ...] = ()
    why: str = ""
    missing: bool = False


def fields_of(seen: Looked) -> tuple[Field, ...]:
    """Every choice on a table, in the language spoken here."""
    made = []
    for field in (*_of_columns(seen), *_of_codes(seen), *_of_file(seen)):
        why = seen.reasons.get(field.name)
        said = _(why[0], **why[1]) if why else ""
        # Names of columns are the table's own words.
        own = seen.names if field.group != 1 else ()
        options = tuple((v, v if label == v in own else _(label)) for v, label in field.options)
        known = replace(field, options=options, label=_(field.label), why=said)
        made.append(replace(known, missing=field.name in seen.open))
    return tuple(made)


def _of_columns(seen: Looked) -> Iterator[Field]:
    columns = tuple((name, name) for name in seen.names if not name.startswith("="))
    time = seen.chosen.get("time", "")
    one = time if time.startswith("=") and time != WIDE else ""
    wide = [name for name in seen.names if re.fullmatch(r"(19|20)\d\d", name)]
    kinds = ((WIDE, N_("columns called after years")),) if wide else ()
    several = (("", N_("not chosen")), *columns, *kinds, (ONE_YEAR, N_("one year for all rows")))
    yield Field("time", N_("Year"), 0, ONE_YEAR if one else time, several)
    yield Field("year", N_("The one year, where no column holds it"), 0, one[1:])
    for name, label in _COLUMNS:
        none = N_("not chosen") if name in ("geo", "activity", "employment") else N_("none")
        if name == "employment" and time == WIDE:
            options: tuple[tuple[str, str], ...] = ((WIDE, N_("the columns of years")),)
            yield Field(name, label, 0, WIDE, options)
            continue
        yield Field(name, label, 0, seen.chosen.get(name, ""), (("", none), *columns))


def _of_codes(seen: Looked) -> Iterator[Field]:
    chosen = seen.chosen
    own = chosen.get("classification", "local")
    yield Field("classification", N_("Classification"), 1, own, _CLASSIFICATIONS)
    own = chosen.get("geography", "local")
    yield Field("geography", N_("Version of the regions"), 1, own, _GEOGRAPHIES)
    for kind, label in (
        ("activity", N_("Level of the industries")),
        ("geo", N_("Level of regions")),
    ):
        if levels := seen.levels.get(kind, ()):
            options = (("", N_("the one that stands there")), *((v, v) for v in levels))
            yield Field(f"level_{kind}", label, 1, chosen.get(f"level_{kind}", ""), options)
    own = chosen.get("unknown_codes", "refuse")
    yield Field("unknown_codes", N_("A code that does not exist"), 1, own, _UNKNOWN)
    own = chosen.get("total", "")
    yield Field("total", N_("Words for the total, parted by ;"), 1, own)


def _of_file(seen: Looked) -> Iterator[Field]:
    chosen = seen.chosen
    back = {spelt: sign for sign, spelt in _SPELT.items()}
    if "encoding" in chosen:
        yield Field("encoding", N_("Encoding"), 2, chosen["encoding"], _ENCODINGS)
        own = chosen["delimiter"]
        yield Field("delimiter", N_("Between columns"), 2, back.get(own, own), _DELIMITERS)
    if "encoding" in chosen or "header" in chosen:
        own = chosen.get("header", "")
        rows = tuple((n, n) for n in dict.fromkeys((*map(str, range(2, 31)), own)) if n)
        yield Field("header", N_("Row of the column names"), 2, own, (("", "1"), *rows))
    if seen.sheets:
        sheets = tuple((name, name) for name in seen.sheets)
        yield Field("sheet", N_("Sheet"), 2, chosen.get("sheet", ""), sheets)
    yield Field("decimal", N_("Decimal mark"), 2, chosen.get("decimal") or ".", _DECIMALS)
    own = chosen.get("thousands", "")
    yield Field("thousands", N_("Between thousands"), 2, back.get(own, own), _THOUSANDS)
    own = chosen.get("times", "")
    others = () if own in dict(_TIMES) else ((own, own),)
    yield Field("times", N_("Jobs are printed in"), 2, own, (*_TIMES, *others))
    own = chosen.get("missing", "")
    yield Field("missing", N_("Signs for a gap, parted by spaces"), 2, own)
    own = chosen.get("absent_rows", "unknown")
    yield Field("absent_rows", N_("A row that is not there"), 2, own, _ABSENT)
    columns = (("", N_("all rows")), *((n, n) for n in seen.names if not n.startswith("=")))
    own = chosen.get("where_column", "")
    yield Field("where_column", N_("Keep only some rows: the column"), 2, own, columns)
    own = chosen.get("where_value", "")
    yield Field("where_value", N_("Keep only some rows: what stands there"), 2, own)


def changed(seen: Looked, form: Mapping[str, str]) -> dict[str, str]:
    """The choices of a form that differ from what was found; a field that is absent stays.

    Raises UsageError for a value that the form does not offer, and for an odd text.
    """
    made: dict[str, str] = {}
    for field in fields_of(seen):
        value = form.get(field.name, field.value)
        if value == field.value or field.name == "year":
            continue
        if field.options and value not in dict(field.options):
            raise _odd(field, value, ", ".join(v or "''" for v, _label in field.options[:12]))
        if len(value) > LONGEST or any(not letter.isprintable() for letter in value):
            raise _odd(field, value, _("at most {n} letters, none of them invisible", n=LONGEST))
        made[field.name] = _SPELT.get(value, value)
    return _with_year(seen, form, made)


def _with_year(seen: Looked, form: Mapping[str, str], made: dict[str, str]) -> dict[str, str]:
    """One year in place of a column; a new way of telling time leaves that of the jobs open."""
    if form.get("time") == ONE_YEAR:
        year, before = form.get("year", "").strip(), seen.chosen.get("time", "")
        time = f"={year}" if re.fullmatch(r"[12]\d{3}", year) else ""
        made = {k: v for k, v in made.items() if k != "time"}
        made |= {} if time == before else {"time": time}
    if made.get("employment") == WIDE:
        made.pop("employment")
    return made


def _odd(field: Field, value: str, admissible: str) -> UsageError:
    return UsageError(
        _("This choice cannot be meant: {label}.", label=field.label),
        printed=repr(value[:60]),
        admissible=admissible,
        fix=_("Go back to the page of the table and choose again."),
    )
