"""Files of GISCO, Eurostat's geographical service: boundaries, names and links of NUTS regions.

GISCO publishes boundaries and lists of names for each version of NUTS, and no links between
versions: Eurostat's tables of changes are workbooks for readers, each laid out and worded in its
own way. Links are therefore made here from two lists of names, and only where nothing has to be
guessed: same code and same name. Every other code is left out and can be listed (`left_over`).
A boundary that moved while code and name stayed is not seen; in Eurostat's lists of changes from
2010 to 2021 there is none: every shift of a boundary gave the region another code.

Sources: https://gisco-services.ec.europa.eu/distribution/v2/nuts/ (files and their names),
https://ec.europa.eu/eurostat/web/gisco/geodata/statistical-units (terms, notice).
"""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from hansa.errors import HansaError, UsageError, listed
from hansa.sources.geometry import EUROGEOGRAPHICS, read_geometry
from hansa.sources.live.contract import Reply, Request
from hansa.sources.live.pages import is_page, refused
from hansa.sources.live.troubles import first_words, place_of

ID = "gisco"
TITLE = "GISCO, Eurostat: boundaries, names and versions of NUTS regions"
HOME = "https://gisco-services.ec.europa.eu/distribution/v2"
LICENCE = (
    "Free for non-commercial use where every map shows the notice "
    f"({EUROGEOGRAPHICS!r}); for other use ask EuroGeographics"
)

YEARS = (2003, 2006, 2010, 2013, 2016, 2021, 2024)
SCALES = ("01m", "03m", "10m", "20m", "60m")
LEVELS = (0, 1, 2, 3)

_NAMES_NOTICE = "Names of regions: © European Union, Eurostat (GISCO)"
_CODE = re.compile(r"[A-Z]{2}[0-9A-Z]{0,3}")
_KEPT = {"MOUNT_TYPE": "mount_type", "URBN_TYPE": "urban_type", "COAST_TYPE": "coast_type"}


@dataclass(frozen=True)
class FileSet:
    """One file that can be had.

    id       name after `gisco:`
    title    what it is, for people
    kind     boundaries (GeoJSON), names (CSV), links (CSV made of two lists of names)
    paths    below the base address; two for links, the older list first
    notice   what has to be shown with it
    file     name it should get: `read_geometry` takes the version of NUTS from it
    year     version of NUTS; of links the older one, `later` the newer one, else 0
    """

    id: str
    title: str
    kind: Literal["boundaries", "names", "links"]
    paths: tuple[str, ...]
    notice: str
    file: str
    year: int
    level: int = -1
    later: int = 0


@dataclass(frozen=True)
class Region:
    """One row of a list of names. `more`: its types by mountains, towns and coast, or empty."""

    code: str
    name: str
    latin: str
    country: str
    more: tuple[str, ...] = ("", "", "")

    @property
    def level(self) -> int:
        """0 a country, 1 to 3 the levels of NUTS."""
        return len(self.code) - 2


@cache
def datasets() -> tuple[FileSet, ...]:
    """Everything there is: boundaries by version, scale and level, names, links of two versions."""
    return (
        *(_boundaries(y, s, n) for y in YEARS for s in SCALES for n in LEVELS),
        *(_names(year) for year in YEARS),
        *(_links(old, new) for at, old in enumerate(YEARS) for new in YEARS[at + 1 :]),
    )


def find(dataset: str) -> FileSet:
    """A file by its id, in any case. Raises UsageError naming what there is."""
    wanted = dataset.strip().lower()
    for one in datasets():
        if one.id == wanted:
            return one
    raise UsageError(
        f"GISCO has no file {dataset!r}",
        admissible=f"nuts-YEAR-SCALE-levelN ({_names_of(SCALES)}; level0 to level3), "
        f"nuts-YEAR-names, nuts-OLDER-NEWER-links; years {_names_of(YEARS)}",
        fix="gisco:nuts-2024-20m-level2",
    )


def requests(file_set: FileSet, home: str = HOME) -> tuple[Request, ...]:
    """Every request the file needs, in the order `content` wants their replies."""
    kind = "application/geo+json, application/json" if file_set.level >= 0 else "text/csv"
    return tuple(
        Request(f"{home.rstrip('/')}/{path}", kind, about=file_set.title) for path in file_set.paths
    )


def request(file_set: FileSet, home: str = HOME) -> Request:
    """The one request of boundaries and names. Raises UsageError for links, which need two."""
    asked = requests(file_set, home)
    if len(asked) > 1:
        raise UsageError(f"{file_set.id} is made of two files", fix="ask for `requests`")
    return asked[0]


def content(file_set: FileSet, *replies: Reply) -> bytes:
    """The file, checked and ready to be written.

    boundaries  the publisher's bytes with the notice put in front: read by `read_geometry`
    names       CSV `code, level, name, name_latin, country`, and the types where there are any
    links       CSV `from, to, from_version, to_version, level, label`: read by `read_links`

    Raises HansaError for anything that is not what was asked for.
    """
    if file_set.kind == "boundaries":
        return _geojson(file_set, replies[0])
    if file_set.kind == "names":
        return _names_csv(regions(file_set, replies[0]))
    old, new = _two_lists(file_set, replies)
    versions = (f"nuts:{file_set.year}", f"nuts:{file_set.later}")
    rows = [(a.code, a.code, *versions, str(a.level), a.name) for a in old.values()
            if a.code in new and _same_name(a, new[a.code])]  # fmt: skip
    return _csv(("from", "to", "from_version", "to_version", "level", "label"), rows)


def left_over(file_set: FileSet, *replies: Reply) -> bytes:
    """The codes of both versions that `content` does not link, as CSV, each with the reason."""
    old, new = _two_lists(file_set, replies)
    rows = []
    for own, other, year, last in (
        (old, new, file_set.year, file_set.later),
        (new, old, file_set.later, file_set.year),
    ):
        for region in own.values():
            there = other.get(region.code)
            if there is None or not _same_name(region, there):
                why = f"not in nuts:{last}" if there is None else f"there named {there.name}"
                rows.append((region.code, f"nuts:{year}", str(region.level), region.name, why))
    return _csv(("code", "version", "level", "name", "reason"), rows)


def regions(file_set: FileSet, reply: Reply) -> dict[str, Region]:
    """Code -> region of a list of names, in the order of codes.

    Raises HansaError for a missing column, a code that is none or stands twice, a row whose
    level is not that of its code, a region without a name.
    """
    _refuse_other(file_set, reply)
    try:
        text = reply.body.decode("utf-8-sig")
        table = csv.DictReader(io.StringIO(text), strict=True)
        columns = [str(name).strip().upper() for name in table.fieldnames or ()]
        table.fieldnames = columns
        rows = list(table)
    except (UnicodeDecodeError, csv.Error) as problem:
        raise _wrong(file_set, reply, "the list of names cannot be read", str(problem)) from problem
    if lost := [n for n in ("NUTS_ID", "CNTR_CODE", "NUTS_NAME", "NAME_LATN") if n not in columns]:
        rule = f"the list of names has no column {listed(lost)}"
        raise _wrong(file_set, reply, rule, listed(columns, 20))
    found: dict[str, Region] = {}
    for number, row in enumerate(rows, 2):
        region = _region(row)
        if fault := _fault(region, row):
            raise _wrong(file_set, reply, fault, f"line {number}: {listed(map(str, row.values()))}")
        if region.code in found:
            raise _wrong(file_set, reply, "a region stands twice in the list", region.code)
        found[region.code] = region
    if not found:
        raise _wrong(file_set, reply, "the list holds no regions", "only its first line")
    return dict(sorted(found.items()))


def _region(row: dict[str, str | None]) -> Region:
    def cell(name: str) -> str:
        return " ".join((row.get(name) or "").split())

    latin, name = cell("NAME_LATN"), cell("NUTS_NAME")
    more = tuple(cell(kind) for kind in _KEPT)
    return Region(cell("NUTS_ID"), name or latin, latin or name, cell("CNTR_CODE"), more)


def _fault(region: Region, row: dict[str, str | None]) -> str:
    """What is wrong with a row. Its country may differ from its code: GR and EL both occur."""
    if None in row or None in row.values():
        return "a row has more or fewer cells than the first line"
    if not _CODE.fullmatch(region.code):
        return "a code is no code of NUTS"
    if not re.fullmatch(r"[A-Z]{2}", region.country):
        return "a region has no country"
    if (row.get("LEVL_CODE") or str(region.level)).strip() != str(region.level):
        return "the level of a region is not that of its code"
    return "" if region.name else "a region has no name"


def _two_lists(
    file_set: FileSet, replies: tuple[Reply, ...]
) -> tuple[dict[str, Region], dict[str, Region]]:
    if file_set.kind != "links" or len(replies) != 2:
        raise UsageError(f"{file_set.id} is no file of links", printed=f"{len(replies)} replies")
    old, new = (
        regions(_names(year), reply)
        for year, reply in zip((file_set.year, file_set.later), replies, strict=True)
    )
    return old, new


def _same_name(one: Region, other: Region) -> bool:
    """Equal letters: whole versions differ in capitals, dashes and spaces, not in the name."""
    return _letters(one.name) == _letters(other.name) or _letters(one.latin) == _letters(
        other.latin
    )


def _letters(name: str) -> str:
    plain = unicodedata.normalize("NFC", name).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


def _geojson(file_set: FileSet, reply: Reply) -> bytes:
    _refuse_other(file_set, reply)
    body = reply.body.removeprefix(b"\xef\xbb\xbf").lstrip()
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise _wrong(file_set, reply, "the boundaries are broken", str(problem)) from problem
    if not isinstance(data, dict):
        raise _wrong(file_set, reply, "the file holds no collection of regions", body[:60].decode())
    # The numbers stay as the publisher printed them: the notice goes in as text.
    told = (
        b""
        if data.get("notice")
        else b'"notice":' + json.dumps(file_set.notice, ensure_ascii=False).encode() + b","
    )
    told += f'"geography":"nuts:{file_set.year}",'.encode()
    whole = b"{" + told + body[1:].lstrip()
    codes = _codes_as_read(file_set, reply, whole)
    if odd := [code for code in codes if not _CODE.fullmatch(code)]:
        raise _wrong(file_set, reply, "a code is no code of NUTS", listed(odd))
    if odd := [code for code in codes if len(code) - 2 != file_set.level]:
        rule = f"the file holds regions that are not of level {file_set.level}"
        raise _wrong(file_set, reply, rule, listed(odd))
    return whole


def _codes_as_read(file_set: FileSet, reply: Reply, whole: bytes) -> tuple[str, ...]:
    """The codes that the project's own reader finds in the file, which checks every boundary."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / file_set.file
        path.write_bytes(whole)
        try:
            found = read_geometry(path)
        except HansaError as problem:
            told = problem.finding
            place = told.place.replace(str(path), place_of(reply.request))
            raise HansaError(
                told.rule,
                place=place,
                printed=told.printed,
                admissible=told.admissible,
                fix=told.fix or "ask again; if it stays, tell the publisher",
            ) from problem
    if found.version != f"nuts:{file_set.year}" or not found.notice:
        raise _wrong(file_set, reply, "the version of the boundaries is not told", found.version)
    return found.codes


def _refuse_other(file_set: FileSet, reply: Reply) -> None:
    """Raise for a status other than 200 and for a page in place of a file."""
    if reply.status != 200:
        raise refused(reply, "GISCO")
    if is_page(reply):
        said = first_words(reply.body, reply.headers)
        raise _wrong(file_set, reply, "GISCO answers with a page in place of a file", said)


def _wrong(file_set: FileSet, reply: Reply, rule: str, printed: str) -> HansaError:
    needed = {
        "boundaries": "GeoJSON in degrees, each region once, of one level",
        "names": "CSV with NUTS_ID, CNTR_CODE, NUTS_NAME, NAME_LATN, each code once",
        "links": "",
    }
    return HansaError(
        rule,
        place=place_of(reply.request),
        printed=printed[:300],
        admissible=needed[file_set.kind],
        fix="ask again; if it stays, the publisher has changed the file",
    )


def _boundaries(year: int, scale: str, level: int) -> FileSet:
    what = "countries" if level == 0 else f"NUTS {level} regions"
    return FileSet(
        f"nuts-{year}-{scale}-level{level}",
        f"Boundaries of {what}, NUTS {year}, scale 1:{int(scale[:2])} million",
        "boundaries",
        (f"nuts/geojson/NUTS_RG_{scale.upper()}_{year}_4326_LEVL_{level}.geojson",),
        EUROGEOGRAPHICS,
        f"nuts{year}_{scale}_level{level}.geojson",
        year,
        level,
    )


def _names(year: int) -> FileSet:
    return FileSet(
        f"nuts-{year}-names",
        f"Names of countries and regions of all levels, NUTS {year}",
        "names",
        (f"nuts/csv/NUTS_AT_{year}.csv",),
        _NAMES_NOTICE,
        f"nuts{year}_names.csv",
        year,
    )


def _links(old: int, new: int) -> FileSet:
    return FileSet(
        f"nuts-{old}-{new}-links",
        f"Regions with the same code and name in NUTS {old} and NUTS {new}; no others",
        "links",
        (*_names(old).paths, *_names(new).paths),
        _NAMES_NOTICE,
        f"nuts{old}_nuts{new}_links.csv",
        old,
        later=new,
    )


def _names_csv(found: dict[str, Region]) -> bytes:
    """The list as CSV; types are left out where a version has none."""
    there = [at for at in range(len(_KEPT)) if any(r.more[at] for r in found.values())]
    columns = ("code", "level", "name", "name_latin", "country")
    kinds = tuple(list(_KEPT.values())[at] for at in there)
    rows = (
        (r.code, str(r.level), r.name, r.latin, r.country, *(r.more[at] for at in there))
        for r in found.values()
    )
    return _csv((*columns, *kinds), rows)


def _csv(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()


def _names_of(values: Iterable[object]) -> str:
    return ", ".join(map(str, values))
