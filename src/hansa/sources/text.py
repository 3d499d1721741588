"""CSV files (RFC 4180) to tables of text, refused where they are ambiguous."""

from __future__ import annotations

import codecs
import csv
import io
import re
from pathlib import Path

import pyarrow as pa

from hansa.errors import HansaError, listed
from hansa.sources.rows import are_names, named_columns, no_rows, refuse_repeated, shifted, titled
from hansa.sources.spec import FactsSpec

TEXT = (".csv", ".tsv", ".txt")
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SEP_LINE = re.compile(rb"sep=([^\w\r\n])\r?\n", re.IGNORECASE)
"""A first line by which Excel is told the sign between columns."""
_UNPACK = "unpack it, and name the table in it"
_OTHER_KINDS = {
    b"\x1f\x8b": ("the file is packed by gzip", _UNPACK),
    b"BZh91AY&SY": ("the file is packed by bzip2", _UNPACK),
    b"\xfd7zXZ": ("the file is packed by xz", _UNPACK),
    b"\x28\xb5\x2f\xfd": ("the file is packed by zstd", _UNPACK),
    b"PK\x03\x04": (
        "the file is a zip archive or a workbook",
        "a workbook: give it its ending, such as .xlsx; an archive: unpack it",
    ),
    b"\xd0\xcf\x11\xe0": ("the file is a workbook of the old format", "give it its ending: .xls"),
    b"%PDF-": ("the file is a PDF document", "save the table in it as CSV or as a workbook"),
    b"PAR1\x15": ("the file is a Parquet file", "give it its ending: .parquet"),
}
"""First bytes of files that are no text -> what they are, and what to do."""
SEPARATORS = {";": "semicolon", "\t": "tab", "|": "bar", ",": "comma"}


def read_csv(path: Path, spec: FactsSpec) -> pa.Table:
    """A CSV file (RFC 4180) with every column as text; lines without anything are passed over.

    Raises HansaError for another encoding or separator, quotes that do not pair, rows of
    another length than the header, and a table without rows.
    """
    import pyarrow.csv as arrow

    text, spec = _opened(path, spec)
    written = _header_names(path, text, spec.delimiter)
    names = _trimmed(written, path)
    try:
        table = arrow.read_csv(
            io.BytesIO(text),
            read_options=arrow.ReadOptions(use_threads=False, block_size=1 << 24),
            parse_options=arrow.ParseOptions(delimiter=spec.delimiter, newlines_in_values=True),
            convert_options=arrow.ConvertOptions(
                column_types={name: pa.string() for name in written}, strings_can_be_null=False
            ),
        )
        plain = _lines(text) == table.num_rows + 1 and not _open_quote(text)
        shifts = [] if plain else _shifts(path, text, spec, names)
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
    return shifted(named_columns(table.rename_columns(names), names, str(path), shifts), shifts)


def header_names(path: Path, spec: FactsSpec) -> list[str]:
    """Names in the header of a CSV file, which is otherwise left unread."""
    text, spec = _opened(path, spec, 1 << 16)
    return _trimmed(_header_names(path, text, spec.delimiter), path)


def _trimmed(names: list[str], path: Path) -> list[str]:
    """Names without the blanks around them, each of them once."""
    trimmed = [name.strip() for name in names]
    refuse_repeated(trimmed, str(path))
    return trimmed


def _opened(path: Path, spec: FactsSpec, most: int = -1) -> tuple[bytes, FactsSpec]:
    """The text of a file, or its first bytes, and the description with the sign between columns."""
    data = _bytes(path, most)
    _refuse_no_text(path, data)
    text = _text(path, data, spec.encoding, whole=most < 0)
    sign = separator(path, spec)
    if told := _SEP_LINE.match(text):
        # Rows keep their numbers: the line is left empty.
        text = b"\n" + text[told.end() :]
        if "delimiter" not in spec.model_fields_set:
            sign = told[1].decode()
    text = _without_titles(path, text, spec.header)
    spec = spec.model_copy(update={"delimiter": sign})
    _refuse_wrong_separator(path, text, spec)
    return text, spec


def _without_titles(path: Path, text: bytes, header: int) -> bytes:
    """The text with empty lines in place of those above the header: rows keep their numbers."""
    if header == 1:
        return text
    # Lines end where the reader that counts them says so.
    lines = re.split(rb"\r\n|\r|\n", text, maxsplit=header - 1)
    if len(lines) < header:
        raise HansaError(
            "the row of column names lies below the end of the file",
            place=str(path),
            printed=f"header = {header}, {len(lines)} lines",
            admissible="the number of the row that holds the names of the columns",
            fix="correct header",
        )
    return b"\n" * (header - 1) + lines[-1]


def _refuse_no_text(path: Path, data: bytes) -> None:
    """Raise for a file of another kind that has the ending of a text."""
    for start, (rule, fix) in _OTHER_KINDS.items():
        if data.startswith(start):
            raise HansaError(
                rule,
                place=str(path),
                printed=" ".join(f"{b:02X}" for b in data[:4]) + " as its first bytes",
                admissible="a table as text: a header row, and values with a sign between them",
                fix=fix,
            )


def separator(path: Path, spec: FactsSpec) -> str:
    """The sign between columns; a .tsv file has tabs unless something else is said."""
    tabs = path.suffix.lower() == ".tsv" and "delimiter" not in spec.model_fields_set
    return "\t" if tabs else spec.delimiter


def names_separator(path: Path) -> bool:
    """True for a file whose first line is no header: it tells Excel the sign between columns."""
    return bool(_SEP_LINE.match(_bytes(path, 16).removeprefix(codecs.BOM_UTF8)))


def first_line_with(path: Path, spec: FactsSpec, column: str, cell: str) -> int | None:
    """Number of the first line whose value in a column is exactly this."""
    with path.open(encoding=spec.encoding, newline="") as stream:
        line, at = 1, -1
        reader = csv.reader(stream, delimiter=separator(path, spec))
        for record in reader:
            if at < 0:
                names = [name.strip() for name in record]
                at = names.index(column) if column in names else -1
            elif len(record) > at and record[at] == cell:
                return line
            line = reader.line_num + 1
    return None


def _lines(text: bytes) -> int:
    """Lines up to the last one that holds anything."""
    return text.count(b"\n", 0, _end(text)) + 1


def _end(text: bytes) -> int:
    """Where the text ends, line ends left out."""
    end = len(text)
    while end and text[end - 1] in b"\r\n":
        end -= 1
    return end


def _open_quote(text: bytes) -> bool:
    """Whether a quotation mark may be open at the end: a reader would take it as closed there."""
    last = text.rfind(b"\n", 0, _end(text))
    return text.count(b'"') % 2 == 1 or text.count(b'"', max(last, 0)) % 2 == 1


def _shifts(path: Path, text: bytes, spec: FactsSpec, names: list[str]) -> list[tuple[int, int]]:
    """Where rows stand lower than their position says: empty lines, line ends inside quotes.

    Walks through the text record by record, and so finds what is wrong in which line.
    """
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
    # A lone carriage return ends a line too for the reader that counts them.
    lines = re.split(rb"\r\n|\r|\n", text, maxsplit=number)
    return lines[min(number, len(lines)) - 1].decode("utf-8")


def _ragged(
    path: Path, line: int, record: list[str], names: list[str], spec: FactsSpec
) -> HansaError:
    more = len(record) > len(names)
    if more and sum(bool(name) for name in names) == 1:
        row = line if are_names([cell.strip() for cell in record]) else None
        return titled(f"{path}, row 1", [name for name in names if name], row)
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


def _bytes(path: Path, most: int = -1) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(most)
    except OSError as problem:
        raise HansaError(
            "the file cannot be opened",
            place=str(path),
            printed=problem.strerror or str(problem),
            admissible="a file that may be read",
            fix="check its permissions",
        ) from problem


def _text(path: Path, data: bytes, encoding: str, whole: bool = True) -> bytes:
    """The bytes as UTF-8 with line ends of one kind."""
    codec = codec_name(path, encoding)
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
        # The end of a part may cut a character in two.
        text = codecs.getincrementaldecoder(codec)("strict").decode(data, final=whole)
    except UnicodeDecodeError as problem:
        line = data[: problem.start].count(b"\n") + 1
        raise HansaError(
            f"the file is not {encoding.upper()} text",
            place=f"{path}, row {line}, byte {problem.start}",
            printed=repr(data[max(0, problem.start - 12) : problem.start + 4])[1:],
            admissible=encoding.upper(),
            fix="save it as UTF-8, or name its encoding: --encoding latin-1",
        ) from problem
    except UnicodeError as problem:
        raise HansaError(
            f"the file is not {encoding.upper()} text",
            place=str(path),
            printed=" ".join(f"{b:02X}" for b in data[:4]) + " as its first bytes",
            admissible=f"{encoding.upper()} with its byte-order mark",
            fix="name the encoding of the file, such as --encoding utf-16-le",
        ) from problem
    plain = data if codec == "utf-8" and whole else text.removeprefix("\ufeff").encode("utf-8")
    _refuse_zero_bytes(path, plain)
    return plain if b"\n" in plain else plain.replace(b"\r", b"\n")


_ENDS = {"utf-16": ("utf-16-le", "utf-16-be")}


def codec_name(path: Path, encoding: str) -> str:
    """The one name of an encoding that goes by several."""
    try:
        codec = codecs.lookup(encoding).name
        b"text".decode(codec, "ignore")
    except (LookupError, ValueError) as problem:
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
    row = text[:at].count(bytes([10])) + 1
    # In UTF-16 every second byte of Latin letters and digits is zero.
    wide = 3 * text.count(b"\x00") > len(text)
    raise HansaError(
        "the file holds zero bytes: it is no text, or text of another encoding"
        if wide
        else "the file holds a zero byte",
        place=f"{path}, row {row}, byte {at}",
        printed=repr(text[max(0, at - 8) : at + 8])[1:],
        admissible="UTF-8 text",
        fix=f"save it as UTF-8, or name its encoding: --encoding utf-16-{'le' if at % 2 else 'be'}"
        if wide
        else f"remove the byte from row {row}, or save the file again with the program it is from",
    )


def _header_names(path: Path, text: bytes, delimiter: str) -> list[str]:
    head = io.StringIO(text[: 1 << 20].decode("utf-8", "ignore"), newline="")
    try:
        names = next((r for r in csv.reader(head, delimiter=delimiter) if r), [])
    except csv.Error as problem:
        raise HansaError(
            "the header row cannot be read",
            place=f"{path}, row 1",
            printed=str(problem),
            admissible="column names separated by " + SEPARATORS.get(delimiter, repr(delimiter)),
            fix="begin the table with its column names",
        ) from problem
    refuse_repeated(names, str(path))
    return names


def _refuse_wrong_separator(path: Path, text: bytes, spec: FactsSpec) -> None:
    first = text.lstrip(b"\r\n").split(b"\n", 1)[0].decode("utf-8", "ignore").rstrip("\r")
    if spec.delimiter in first:
        return
    other = max(SEPARATORS, key=first.count)
    if first.count(other) == 0:
        return
    shown = "\\t" if other == "\t" else other
    raise HansaError(
        "the columns are separated by another sign",
        place=f"{path}, row 1",
        printed=f"{SEPARATORS[other]} in {first[:60]!r}",
        admissible=SEPARATORS.get(spec.delimiter, repr(spec.delimiter)),
        fix=f"name the separator: --delimiter '{shown}' (and --table decimal=, where it applies)",
    )
