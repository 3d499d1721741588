"""Options that several commands share, and what is made of them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from hansa.errors import UsageError, listed

if TYPE_CHECKING:
    from hansa.facts.made import Made
    from hansa.sources.spec import FactsSpec

Columns = Annotated[
    list[str],
    typer.Option("--columns", help="Our name = the table's name: time=year,activity=sic4."),
]
Where = Annotated[
    list[str],
    typer.Option(
        "--where",
        help="Rows to keep: COLUMN=VALUE, or to leave out: COLUMN!=VALUE (repeat for more).",
    ),
]
Classification = Annotated[
    str, typer.Option("--classification", help="Classification of the activities: nace:2.")
]
GeographyCodes = Annotated[
    str, typer.Option("--geography", help="Version of the region codes: nuts:2013.")
]
Describe = Annotated[
    Path | None,
    typer.Option("--describe", help="TOML file that describes the table (keys as in a study)."),
]
More = Annotated[
    list[str],
    typer.Option(
        "--table",
        help="Any other key of a table's description: absent_rows=zero, zeros=hidden, "
        "level=activity:division, times=employment:1000, missing=n.a., sheet=NAME, "
        "decimal=',' (repeat).",
    ),
]
AbsentRows = Annotated[
    str, typer.Option("--absent-rows", help="What a row that is not there means: zero, unknown.")
]
Zeros = Annotated[str, typer.Option("--zeros", help="What a zero means: printed, hidden.")]
Level = Annotated[
    list[str],
    typer.Option("--level", help="Level of the result: activity=division or geo=nuts2."),
]
Totals = Annotated[str, typer.Option("--totals", help="File of published totals.")]
Encoding = Annotated[str, typer.Option("--encoding", help="Encoding of a CSV file.")]
Delimiter = Annotated[str, typer.Option("--delimiter", help="Separator of a CSV file.")]
Sheet = Annotated[str, typer.Option("--sheet", help="Sheet of a spreadsheet.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def pairs(texts: Sequence[str], option: str) -> dict[str, str]:
    """`a=b,c=d` given once or several times; a comma inside a value needs its own option."""
    found: dict[str, str] = {}
    for text in texts:
        for part in text.split(",") if option == "--columns" else [text]:
            name, sign, value = part.partition("=")
            if not sign or not name.strip():
                raise UsageError(
                    f"{option} needs NAME=VALUE", printed=repr(part), fix=f"{option} time=year"
                )
            # --table thousands=' ' means the blank.
            blank = option == "--table" and value.isspace()
            found[name.strip()] = value if blank else value.strip()
    return found


_DESCRIPTION: dict[str, tuple[Any, Any]] = {
    "columns": (Columns, ()),
    "where": (Where, ()),
    "level": (Level, ()),
    "classification": (Classification, ""),
    "geography": (GeographyCodes, ""),
    "absent_rows": (AbsentRows, ""),
    "zeros": (Zeros, ""),
    "totals": (Totals, ""),
    "encoding": (Encoding, ""),
    "delimiter": (Delimiter, ""),
    "sheet": (Sheet, ""),
    "describe": (Describe, None),
    "more": (More, ()),
}
"""Options that describe a table: annotation and default, in the order of the help."""


def describes_table(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options that describe a table (all, or those named).

    The command itself takes what is made of them as `spec`, a `FactsSpec`.
    """
    shared = {k: v for k, v in _DESCRIPTION.items() if not names or k in names}

    def made(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def run(**given: Any) -> None:
            own = {name: given.pop(name) for name in shared}
            command(spec=_facts_spec(**own), **given)

        hints = get_type_hints(command, include_extras=True)
        own = [p for name, p in signature(command).parameters.items() if name != "spec"]
        more = [
            Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=kind)
            for name, (kind, default) in shared.items()
        ]
        own = [p.replace(kind=Parameter.KEYWORD_ONLY, annotation=hints[p.name]) for p in own]
        run.__signature__ = Signature([*own, *more])  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in (*own, *more)}
        return run

    return made


def _facts_spec(
    *,
    columns: Sequence[str] = (),
    where: Sequence[str] = (),
    level: Sequence[str] = (),
    describe: Path | None = None,
    more: Sequence[str] = (),
    **plain: str,
) -> FactsSpec:
    """The description of a table put together from the options of a command."""
    from hansa.sources.spec import spec_from

    data: dict[str, Any] = _described(describe)
    data |= {name: value for name, value in plain.items() if value}
    if columns:
        data["columns"] = {**data.get("columns", {}), **pairs(columns, "--columns")}
    if where:
        data["where"] = {**data.get("where", {}), **_many(where)}
    if level:
        data["level"] = pairs(level, "--level")
    for text in more:
        for name, value in pairs([text], "--table").items():
            data[name] = _together(data.get(name), _value(name, value))
    return spec_from(data, "command line")


def _many(where: Sequence[str]) -> dict[str, str | list[str]]:
    found: dict[str, list[str]] = {}
    for text in where:
        for name, value in pairs([text], "--where").items():
            found.setdefault(name, []).extend(value.split("|"))
    return {name: v[0] if len(v) == 1 else v for name, v in found.items()}


def _together(before: Any, now: Any) -> Any:
    """An option that repeats adds to a key of several values."""
    if isinstance(before, dict) and isinstance(now, dict):
        return {**before, **now}
    if isinstance(before, list) and isinstance(now, list):
        return [*before, *now]
    return now


def _value(name: str, text: str) -> Any:
    if name in ("level", "unit", "times", "sums_within"):
        key, _, value = text.partition(":")
        return {key: value}
    if name in ("missing", "total", "areas") or (name == "wide" and text != "years"):
        return text.split("|")
    # What holds no numbers is refused where the description is read.
    return [pair.split(":") for pair in text.split("|")] if name == "rounding" else text


def _described(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    import tomllib

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise UsageError(
            "the description cannot be read",
            place=str(path),
            printed=str(problem),
            admissible="a TOML file with the keys of [facts.NAME]",
        ) from problem


def compute_options(settings: list[str]) -> tuple[dict[str, Any], str]:
    """`--set` pairs as fields of `Options`, and the column to compute on (`of`)."""
    known: dict[str, tuple[str, Callable[[str], Any]]] = {
        "from": ("start", int),
        "to": ("end", int),
        "reference": ("reference", str),
        "without": ("without", _codes),
        "regions": ("regions", str),
        "area": ("area", _codes),
        "min_cell": ("min_cell", float),
        "rows": ("rows", str),
        "hidden": ("hidden", str),
        "precision": ("precision", str),
        "rules": ("rules", str),
        "benchmark": ("benchmark", str),
        "x_line": ("x_line", str),
        "wage_reference": ("wage_reference", str),
        "leave_out": ("leave_out", str),
    }
    given = pairs(settings, "--set")
    of = given.pop("of", "")
    found: dict[str, Any] = {}
    for name, text in given.items():
        if name not in known:
            raise UsageError(
                f"unknown option {name!r}",
                admissible=listed([*known, "of"], 20),
                fix="--set from=2015 --set to=2018",
            )
        field, kind = known[name]
        try:
            found[field] = kind(text)
        except ValueError:
            raise UsageError(
                f"{name} is not a {'year' if kind is int else 'number'}", printed=repr(text)
            ) from None
    return found, of


def _codes(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def say(text: str) -> None:
    """A remark for the person at the terminal; never part of what a pipe carries."""
    print(text, file=sys.stderr)


def refuse_unknown_names(spec: FactsSpec, *more: str) -> None:
    """Raise for a column that is mapped to a name which nothing looks for.

    more  names beyond those of every table: columns of a measure, columns to keep
    """
    import difflib

    from hansa.sources.spec import KEYS, MEASURES

    parts = ("status", "lower", "upper", "estimated")
    sizes = list(dict.fromkeys((*MEASURES, *filter(None, more))))
    others = ("value", "measure", "largest", "two_largest", *parts)
    plain = list(dict.fromkeys((*KEYS, *sizes, *others)))
    known = {*plain, *(f"{size}_{part}" for size in sizes for part in (*parts, "class"))}
    for name, theirs in spec.columns.items():
        if name in known:
            continue
        near = difflib.get_close_matches(name, sorted(known), 1)
        raise UsageError(
            f"{name!r} is no name of ours" + (f"; did you mean {near[0]}?" if near else ""),
            place="command line, columns",
            printed=f"{name}={theirs}",
            admissible=f"{listed(plain, 20)}; and {sizes[0]}_status, _lower, _upper, _class",
            fix=f"--columns OURS=THEIRS: {near[0] if near else 'time'}={theirs}",
        )


def tolerance(text: str) -> str | float:
    """How exactly sums hold: auto, exact, rounded, or a number."""
    if text in ("auto", "exact", "rounded"):
        return text
    try:
        return float(text)
    except ValueError:
        raise UsageError(
            "the tolerance is no number",
            printed=repr(text),
            admissible="auto, exact, rounded, or a number of the table's unit",
        ) from None


def give(made: Made, out: Path | None, report: Path | None = None) -> None:
    """A table that a step made, to a file (its description beside a CSV) or to the screen.

    The account goes to a file of its own, and in a few lines to the person at the terminal.
    """
    from hansa.files import csv_bytes, json_bytes, toml_bytes, write_bytes, write_table

    if out is not None:
        write_table(made.table, out)
        if out.suffix.lower() == ".csv":
            header = toml_bytes(made.description)
            write_bytes(out.with_name(out.stem + ".meta.toml"), header)
        say(f"{out}: {len(made)} rows")
    elif made.table is not None:
        sys.stdout.buffer.write(csv_bytes(made.table))
    if report is not None:
        write_bytes(report, json_bytes(made.report))
    for line in made.lines:
        say(line)


class Progress:
    """A bar on a terminal; silence in a pipe."""

    def __init__(self) -> None:
        self.shown = sys.stderr.isatty()

    def __call__(self, text: str, done: float) -> None:
        """Say what is being done and how far, 0 to 1."""
        if self.shown:
            filled = int(30 * done)
            bar = "█" * filled + "·" * (30 - filled)
            end = "\n" if done >= 1 else ""
            print(f"\r{bar} {done:4.0%} {text:<40.40}", end=end, file=sys.stderr, flush=True)
