"""Every file that can be taken away from a study, by its name; each is made when it is asked for.

Nothing is written into the study folder: formats that need a file are written beside, read and
taken away again.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hansa.export.verb import MAPS, export
from hansa.files import json_bytes
from hansa.language import N_, _
from hansa.measures import find_measure
from hansa.panel import Panel
from hansa.report.document import Document, Pictures
from hansa.study.run import StudyResult

FORMATS = {
    "csv": "CSV",
    "meta.toml": N_("its header"),
    "parquet": "Parquet",
    "xlsx": "Excel",
    "sdmx.csv": "SDMX-CSV",
    "geojson": "GeoJSON",
    "gpkg": "GeoPackage",
}
"""Ending of a table -> what it is called. Maps hold the last year."""

TYPES = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "zip": "application/zip",
    "csv": "text/csv; charset=utf-8",
    "toml": "application/toml",
    "parquet": "application/vnd.apache.parquet",
    "geojson": "application/geo+json",
    "gpkg": "application/geopackage+sqlite3",
}


@dataclass(frozen=True)
class File:
    """A file to take away.

    name   where it stands under `files/`, as in the results of `hansa run`
    group  the heading it stands under, `row` the line of it, `label` its own word there
    """

    name: str
    group: str
    row: str
    label: str
    make: Callable[[], bytes]

    @property
    def content_type(self) -> str:
        """What a browser is told it is."""
        return TYPES[self.name.rpartition(".")[2]]


def files(result: StudyResult) -> dict[str, File]:
    """Every file of a study by name, in the order in which a page lists them."""
    found = (*_documents(result), *_everything(result), *_tables(result))
    return {file.name: file for file in found}


def _documents(result: StudyResult) -> Iterator[File]:
    group = _("Documents")
    for short, row in ((False, _("Report")), (True, _("Brief: two pages"))):
        name = "brief" if short else "report"
        yield File(f"{name}.html", group, row, "HTML", partial(_html, result, short))
        yield File(f"{name}.pdf", group, row, "PDF", partial(_pdf, result, short))
        if not short:
            yield File("report.xlsx", group, row, _("Excel with charts"), partial(_xlsx, result))


def _everything(result: StudyResult) -> Iterator[File]:
    group = _("Everything at once")
    yield File(
        "results.zip",
        group,
        _("What hansa run writes: tables, figures, reports, recipe"),
        "ZIP",
        partial(_zip, result),
    )
    yield File(
        "recipe.json",
        group,
        _("Recipe: choices, versions, checksums of what goes in and what comes out"),
        "JSON",
        lambda: _recipe(result, _outputs(result)),
    )


def _tables(result: StudyResult) -> Iterator[File]:
    for own in result.results:
        for base in own.bases:
            several = f", {base.base.name}" if len(own.bases) > 1 else ""
            for area, panels in ((False, base.regions), (True, base.area)):
                which = f"{own.definition.name}{several}"
                if area:
                    group = _("Tables of the area: {definition}", definition=which)
                else:
                    group = _("Tables of the regions: {definition}", definition=which)
                for measure, panel in panels.items():
                    stem = result.table_path(own, base, measure, area).rpartition(".")[0]
                    yield from _formats(result, panel, stem, group, area)


def _formats(
    result: StudyResult, panel: Panel, stem: str, group: str, area: bool
) -> Iterator[File]:
    row = _(find_measure(panel.header.measure).label)
    # The sum of an area has no shape of its own, and without boundaries nothing has.
    maps = result.geometry is not None and not area and len(panel) > 0
    for ending, label in FORMATS.items():
        if maps or ending not in MAPS:
            name = f"{stem}.{ending}"
            yield File(name, group, row, _(label), partial(_exported, result, panel, name))


def _exported(result: StudyResult, panel: Panel, name: str) -> bytes:
    file = Path(name).name
    stem = file.removesuffix(".meta.toml")
    target = f"{stem}.csv" if file.endswith(".meta.toml") else file
    chosen = {}
    if file.rpartition(".")[2] in MAPS:
        chosen = {"geometry": result.geometry, "time": panel.distinct("time")[-1]}
    with tempfile.TemporaryDirectory(prefix="hansa-") as folder:
        export(panel, Path(folder) / target, **chosen)
        return (Path(folder) / file).read_bytes()


def _html(result: StudyResult, short: bool) -> bytes:
    from hansa.report.html import render_html

    made = _shown(result)
    return render_html(made.brief if short else made.document, made.pictures).encode()


def _pdf(result: StudyResult, short: bool) -> bytes:
    from hansa.report.pdf import render_pdf

    made = _shown(result)
    return render_pdf(made.brief if short else made.document, made.pictures)


def _xlsx(result: StudyResult) -> bytes:
    from hansa.report.xlsx import render_xlsx

    return render_xlsx(result, _shown(result).document)


def _outputs(result: StudyResult) -> dict[str, bytes]:
    """What `hansa run` writes, but for the recipe."""
    from hansa.report.content import figures
    from hansa.study.outputs import tables

    made = _shown(result)
    drawn = figures(made.document).items()
    return {
        **tables(result),
        **{f"figures/{n}.svg": made.pictures.svg(f).encode() for n, f in drawn},
        "report.html": _html(result, short=False),
        "report.pdf": _pdf(result, short=False),
        "report.xlsx": _xlsx(result),
        "brief.html": _html(result, short=True),
        "brief.pdf": _pdf(result, short=True),
    }


def _recipe(result: StudyResult, outputs: dict[str, bytes]) -> bytes:
    from hansa.study.recipe import recipe

    assert result.folder is not None
    return json_bytes(recipe(result, result.folder, outputs))


def _zip(result: StudyResult) -> bytes:
    """All results in one archive, the same bytes for the same results."""
    outputs = _outputs(result)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, made in {**outputs, "recipe.json": _recipe(result, outputs)}.items():
            # An entry without a date of its own gets that of 1980: no clock goes in.
            archive.writestr(zipfile.ZipInfo(name), made, zipfile.ZIP_DEFLATED)
    return content.getvalue()


@dataclass(frozen=True)
class _Shown:
    """The report of a result, in full and in short, with what is drawn of it already."""

    result: StudyResult
    document: Document
    brief: Document
    pictures: Pictures


_kept: list[_Shown] = []


def _shown(result: StudyResult) -> _Shown:
    """The report of a result; the last two are kept, so that a second format draws nothing."""
    for made in _kept:
        if made.result is result:
            return made
    from hansa.report.brief import brief
    from hansa.report.content import document

    whole = document(result)
    _kept.append(_Shown(result, whole, brief(whole), Pictures()))
    del _kept[:-2]
    return _kept[-1]
