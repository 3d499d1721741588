"""Any tabular file to an Arrow table, refused with a clear message where it is broken."""

from __future__ import annotations

import bisect
import codecs
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from hansa.errors import HansaError, listed
from hansa.sources.spec import FactsSpec

BATCH_ROWS = 1 << 20
TEXT = (".csv", ".tsv", ".txt")
SHEETS = (".xlsx", ".xlsm", ".xls", ".ods")
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SEPARATORS = {";": "semicolon", "\t": "tab", "|": "bar", ",": "comma"}
_SHIFTS = b"hansa.rows"
_FAILURES = (pa.ArrowException, OSError, UnicodeDecodeError)


def is_parquet(path: Path) -> bool:
    """True for the endings of Parquet files."""
    return path.suffix.lower() in (".parquet", ".pq")


def raw_table(path: Path, spec: FactsSpec) -> pa.Table:
    """The whole file; text formats give text columns, Parquet its own types."""
    _refuse_no_file(path)
    suffix = path.suffix.lower()
    if is_parquet(path):
        with parquet(path) as file:
            found = [table for _, table in batches(file, file.schema_arrow.names, path)]
            return pa.concat_tables([file.schema_arrow.empty_table(), *found])
    if suffix in SHEETS:
        from hansa.sources.excel import read_sheet

        return read_sheet(path, spec.sheet)
    if suffix in TEXT:
        return read_csv(path, spec)
    raise HansaError(
        f"files ending in {suffix} cannot be read" if suffix else "the file has no ending",
        place=str(path),
        printed=path.name,
        admissible="csv, tsv, txt, parquet, xlsx, xls, ods",
        fix="save the table in one of these formats, with its ending",
    )


def _refuse_no_file(path: Path) -> None:
    if path.is_dir():
        inside = sorted(p.name for p in path.iterdir() if p.suffix.lower() in (*TEXT, ".parquet"))
        raise HansaError(
            "a folder stands where a file is needed",
            place=str(path),
            printed=listed(inside) or "a folder without tables",
            admissible="a CSV, Parquet or spreadsheet file",
            fix="name a file in it; several: repeat --facts, or file = [ … ] in study.toml",
        )
    if not path.is_file():
        raise HansaError(
            "the file is not there",
            place=str(path),
            printed="no such file" if path.parent.is_dir() else "no such folder",
            admissible="a CSV, Parquet or spreadsheet file",
            fix="check the path; a path in study.toml counts from the study folder",
        )
    if path.stat().st_size == 0:
        raise HansaError(
            "the file is empty",
            place=str(path),
            printed="0 bytes",
            admissible="a header row and rows of values",
            fix="save or download it again",
        )


def parquet(path: Path, dictionary: tuple[str, ...] = ()) -> pa.parquet.ParquetFile:
    """An open Parquet file; a truncated or foreign file is refused."""
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path, read_dictionary=list(dictionary))
        names = file.schema_arrow.names
    except _FAILURES as problem:
        raise HansaError(
            "the Parquet file is damaged or cut off",
            place=str(path),
            printed=_first_sentence(problem),
            admissible="a complete Parquet file",
            fix="copy or download it again",
        ) from problem
    refuse_repeated(names, str(path))
    return file


def batches(
    file: pa.parquet.ParquetFile, columns: list[str], place: Path
) -> Iterator[tuple[int, pa.Table]]:
    """The columns batch by batch, with the number of the first row of each batch."""
    first = 1
    try:
        for batch in file.iter_batches(BATCH_ROWS, columns=columns, use_threads=False):
            yield first, pa.Table.from_batches([batch])
            first += batch.num_rows
    except _FAILURES as problem:
        raise _damaged(place, first, problem) from problem


def row_group(
    file: pa.parquet.ParquetFile, group: int, columns: list[str], place: Path, first: int
) -> pa.Table:
    """The columns of one row group, whose first row has the number `first`."""
    try:
        return file.read_row_group(group, columns=columns, use_threads=False)
    except _FAILURES as problem:
        raise _damaged(place, first, problem) from problem


def _damaged(place: Path, first: int, problem: Exception) -> HansaError:
    return HansaError(
        "the Parquet file is damaged",
        place=f"{place}, after row {first - 1}",
        printed=_first_sentence(problem),
        admissible="a complete Parquet file",
        fix="copy or download it again",
    )


def _first_sentence(problem: Exception) -> str:
    return str(problem).splitlines()[0].split(". ")[0][:160] if str(problem) else "damaged bytes"


def read_csv(path: Path, spec: FactsSpec) -> pa.Table:
    """A CSV file (RFC 4180) with every column as text; lines without anything are passed over.

    Raises HansaError for another encoding or separator, quotes that do not pair, rows of
    another length than the header, and a table without rows.
    """
    import pyarrow.csv as csv

    spec = _tabs(path, spec)
    text = _decoded(path, spec.encoding)
    _refuse_wrong_separator(path, text, spec)
    names = _header_names(path, text, spec.delimiter)
    try:
        table = csv.read_csv(
            io.BytesIO(text),
            read_options=csv.ReadOptions(use_threads=False, block_size=1 << 24),
            parse_options=csv.ParseOptions(delimiter=spec.delimiter, newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                column_types={name: pa.string() for name in names}, strings_can_be_null=False
            ),
        )
        shifts = _shifts(path, text, spec, names) if _lines(text) != table.num_rows + 1 else []
    except pa.ArrowInvalid as problem:
        _shifts(path, text, spec, names)
        if _lines(text) == 1:
            raise no_rows(str(path), names) from problem
        raise HansaError(
            "the text cannot be taken apart into rows and columns",
            place=str(path),
            printed=str(problem).removeprefix("CSV parse error: ")[:160],
            admissible=f"{len(names)} columns: {listed(names)}",
            fix='put quotes around values that hold the separator: "Wood, paper"',
        ) from problem
    if not table.num_rows:
        raise no_rows(str(path), names)
    return shifted(named_columns(table, names, str(path)), shifts)


def header_names(path: Path, spec: FactsSpec) -> list[str]:
    """Names in the header of a CSV file, which is otherwise left unread."""
    spec = _tabs(path, spec)
    with path.open("rb") as stream:
        head = stream.read(1 << 16)
    if b"\n" in head:
        head = head[: head.rindex(b"\n") + 1]
    text = _text(path, head, spec.encoding)
    _refuse_wrong_separator(path, text, spec)
    return _header_names(path, text, spec.delimiter)


def _tabs(path: Path, spec: FactsSpec) -> FactsSpec:
    """A .tsv file is separated by tabs unless something else is said."""
    if path.suffix.lower() != ".tsv" or "delimiter" in spec.model_fields_set:
        return spec
    return spec.model_copy(update={"delimiter": "\t"})


def named_columns(table: pa.Table, names: list[str], place: str) -> pa.Table:
    """The table without blank columns that have no name; other such columns are refused."""
    nameless = [i for i, name in enumerate(names) if not name.strip()]
    if len(nameless) < 2 and all(isinstance(n, str) and n for n in names):
        return table
    blank = [i for i in nameless if _blank(table.column(i))]
    if len(nameless) - len(blank) > 1:
        raise HansaError(
            "columns have values but no name",
            place=f"{place}, header row",
            printed=listed(f"column {i + 1}" for i in nameless if i not in blank),
            admissible="one name for each column",
            fix="give them names",
        )
    return table.select([i for i in range(len(names)) if i not in blank])


def _blank(column: pa.ChunkedArray) -> bool:
    if pa.types.is_null(column.type):
        return True
    filled = pc.not_equal(pc.fill_null(pc.utf8_trim_whitespace(column), ""), "")
    return not pc.any(filled).as_py()


def refuse_repeated(names: list[str], place: str) -> None:
    """Raise where a name stands twice, or where no column has one."""
    seen = [n for n in names if n.strip()]
    twice = sorted({n for n in seen if seen.count(n) > 1}) if len(set(seen)) < len(seen) else []
    if twice or not seen:
        raise HansaError(
            "column names repeat" if twice else "the header row is empty",
            place=f"{place}, header row",
            printed=listed(f"{n} ({seen.count(n)} times)" for n in twice) or "no names",
            admissible="one name for each column",
            fix="rename or remove the columns"
            if twice
            else "begin the table with its column names",
        )


def no_rows(place: str, names: list[str]) -> HansaError:
    """The table has a header only."""
    return HansaError(
        "there are no rows below the header",
        place=place,
        printed=f"the header: {listed(names)}",
        admissible="at least one row of values",
        fix="check how the table was saved; leave the file out if it is meant to be empty",
    )


def shifted(table: pa.Table, shifts: list[tuple[int, int]]) -> pa.Table:
    """The table, remembering by how much the rows from a position on stand lower in the file."""
    if not shifts:
        return table
    return table.replace_schema_metadata({_SHIFTS: json.dumps(shifts).encode()})


def row_numbers(table: pa.Table, first: int) -> Callable[[int], int]:
    """Row number in the file of a position in the table; `first` is that of position 0."""
    raw = (table.schema.metadata or {}).get(_SHIFTS)
    if raw is None:
        return lambda i: first + i
    shifts = [tuple(pair) for pair in json.loads(raw)]
    starts = [start for start, _ in shifts]

    def number(i: int) -> int:
        at = bisect.bisect_right(starts, i) - 1
        return first + i + (shifts[at][1] if at >= 0 else 0)

    return number


def _lines(text: bytes) -> int:
    """Lines up to the last one that holds anything."""
    end = len(text)
    while end and text[end - 1] in b"\r\n":
        end -= 1
    return text.count(b"\n", 0, end) + 1


def _shifts(path: Path, text: bytes, spec: FactsSpec, names: list[str]) -> list[tuple[int, int]]:
    """Where rows stand lower than their position says: empty lines, line ends inside quotes.

    Walks through the text record by record, and so finds what is wrong in which line.
    """
    import csv

    stream = io.StringIO(text.decode("utf-8"), newline="")
    reader = csv.reader(stream, delimiter=spec.delimiter, strict=True)
    found: list[tuple[int, int]] = []
    line, row, shift = 1, -1, 0
    try:
        for record in reader:
            if record:
                if len(record) != len(names):
                    raise _ragged(path, line, record, names, spec)
                if row >= 0 and line - row - 2 != shift:
                    shift = line - row - 2
                    found.append((row, shift))
                row += 1
            line = reader.line_num + 1
    except csv.Error as problem:
        raise HansaError(
            "quotation marks do not pair",
            place=f"{path}, row {line}",
            printed=repr(_line(text, line)[:80]),
            admissible='a value in quotes on both sides: "Wood, paper"; a quote inside it doubled',
            fix="close the quotation mark, or remove it",
        ) from problem
    return found


def _line(text: bytes, number: int) -> str:
    return text.split(b"\n", number)[number - 1].decode("utf-8").rstrip("\r")


def _ragged(
    path: Path, line: int, record: list[str], names: list[str], spec: FactsSpec
) -> HansaError:
    more = len(record) > len(names)
    shown = spec.delimiter.join(record)
    return HansaError(
        f"a row has {'more' if more else 'fewer'} columns than the header",
        place=f"{path}, row {line}",
        printed=f"{len(record)} column{'s' * (len(record) != 1)}: {shown[:80]!r}",
        admissible=f"{len(names)} columns: {listed(names)}",
        fix='put quotes around values that hold the separator: "Wood, paper"'
        if more
        else "complete the row (empty cells count), or remove it if it is no row of the table",
    )


def _decoded(path: Path, encoding: str) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise HansaError(
            "the file cannot be opened",
            place=str(path),
            printed=problem.strerror or str(problem),
            admissible="a file that may be read",
            fix="check its permissions",
        ) from problem
    return _text(path, data, encoding)


def _text(path: Path, data: bytes, encoding: str) -> bytes:
    """The bytes as UTF-8 with line ends of one kind."""
    codec = _codec(path, encoding)
    for mark, name in _MARKS:
        if data.startswith(mark) and codec not in (name, *_ENDS.get(name, ())):
            raise HansaError(
                "the file begins with a byte-order mark",
                place=f"{path}, first {len(mark)} bytes",
                printed=" ".join(f"{b:02X}" for b in mark),
                admissible="UTF-8 without a mark",
                fix=f"save it as plain UTF-8, or say so: --encoding {name}",
            )
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as problem:
        line = data[: problem.start].count(b"\n") + 1
        raise HansaError(
            f"the file is not {encoding.upper()} text",
            place=f"{path}, row {line}, byte {problem.start}",
            printed=repr(data[max(0, problem.start - 12) : problem.start + 4])[1:],
            admissible=encoding.upper(),
            fix="save it as UTF-8, or name its encoding: --encoding latin-1",
        ) from problem
    plain = data if codec == "utf-8" else text.removeprefix("\ufeff").encode("utf-8")
    _refuse_zero_bytes(path, plain)
    return plain if b"\n" in plain else plain.replace(b"\r", b"\n")


_ENDS = {"utf-16": ("utf-16-le", "utf-16-be")}


def _codec(path: Path, encoding: str) -> str:
    try:
        codec = codecs.lookup(encoding).name
        b"text".decode(codec, "ignore")
    except LookupError as problem:
        raise HansaError(
            f"unknown encoding {encoding!r}",
            place=str(path),
            printed=str(problem),
            admissible="utf-8, utf-8-sig, utf-16, latin-1, cp1252, …",
            fix="name one: --encoding latin-1",
        ) from problem
    return codec


def _refuse_zero_bytes(path: Path, text: bytes) -> None:
    at = text.find(b"\x00")
    if at < 0:
        return
    raise HansaError(
        "the file holds zero bytes: it is no text, or text of another encoding",
        place=f"{path}, row {text[:at].count(bytes([10])) + 1}, byte {at}",
        printed=repr(text[max(0, at - 8) : at + 8])[1:],
        admissible="UTF-8 text",
        fix="save it as UTF-8, or name its encoding: --encoding utf-16-le",
    )


def _header_names(path: Path, text: bytes, delimiter: str) -> list[str]:
    import csv

    head = io.StringIO(text[: 1 << 20].decode("utf-8", "ignore"), newline="")
    try:
        names = next((r for r in csv.reader(head, delimiter=delimiter) if r), [])
    except csv.Error as problem:
        raise HansaError(
            "the header row cannot be read",
            place=f"{path}, row 1",
            printed=str(problem),
            admissible="column names separated by " + _SEPARATORS.get(delimiter, repr(delimiter)),
            fix="begin the table with its column names",
        ) from problem
    refuse_repeated(names, str(path))
    return names


def _refuse_wrong_separator(path: Path, text: bytes, spec: FactsSpec) -> None:
    first = text.lstrip(b"\r\n").split(b"\n", 1)[0].decode("utf-8", "ignore").rstrip("\r")
    if spec.delimiter in first:
        return
    other = max(_SEPARATORS, key=first.count)
    if first.count(other) == 0:
        return
    shown = "\\t" if other == "\t" else other
    raise HansaError(
        "the columns are separated by another sign",
        place=f"{path}, row 1",
        printed=f"{_SEPARATORS[other]} in {first[:60]!r}",
        admissible=_SEPARATORS.get(spec.delimiter, repr(spec.delimiter)),
        fix=f"name the separator: --delimiter '{shown}' (and --table decimal=, where it applies)",
    )
