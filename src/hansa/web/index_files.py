"""Every file that can be taken away from an index: its reports, its tables, all at once.

Each is made when it is asked for, from the run that the pages show; nothing is written into the
index folder.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hansa.errors import HansaError
from hansa.files import csv_bytes, json_bytes, parquet_bytes
from hansa.index.tables import tables
from hansa.language import N_, _
from hansa.report.document import Document
from hansa.views.index_gap import Conditions, conditions_of
from hansa.web.indices import REPLICATIONS, OpenIndex
from hansa.web.pages.downloads.making import File

_MEANT = {
    "normalised": N_("Values on the common scale"),
    "scores": N_("Scores of the index and its parts"),
    "ranks": N_("Ranks of the index and its parts"),
    "coverage": N_("How much of each unit was observed, and filled"),
    "weights": N_("Weights: given, within the family, in the index"),
    "steps": N_("What each step did"),
    "robustness": N_("Ranks over the replications: intervals, medians, layers"),
    "acceptability": N_("How often each unit has each rank"),
    "pairs": N_("How often each unit beats each other one"),
    "draws": N_("The draws, to be played again"),
    "sensitivity": N_("Which choice moves the ranks"),
    "intervals": N_("Exact best and worst ranks"),
}
"""Names of tables -> what they hold, in the order in which the page lists them."""


def files(index: OpenIndex) -> dict[str, File]:
    """Every file of an index by name, in the order in which a page lists them."""
    found = (*_documents(index), *_everything(index), *_tables(index))
    return {file.name: file for file in found}


def _documents(index: OpenIndex) -> Iterator[File]:
    group = _("Documents")
    for name, row in (("report", _("Report")), ("audit", _("Audit: the ten steps"))):
        yield File(f"{name}.html", group, row, "HTML", partial(_html, index, name))
        yield File(f"{name}.pdf", group, row, "PDF", partial(_pdf, index, name))
    row = _("The index as a workbook: indicators and data, to be run again")
    yield File("index.xlsx", group, row, "Excel", partial(_workbook, index))


def _everything(index: OpenIndex) -> Iterator[File]:
    group = _("Everything at once")
    row = _("Reports, all tables and the recipe")
    yield File("results.zip", group, row, "ZIP", partial(_zip, index))
    row = _("Recipe: steps, seed, replications, what varies")
    yield File("recipe.json", group, row, "JSON", partial(_recipe, index))


def _tables(index: OpenIndex) -> Iterator[File]:
    group = _("Tables")
    for name in _names(index):
        for ending, label in (("csv", "CSV"), ("parquet", "Parquet")):
            yield File(f"{name}.{ending}", group, _(_MEANT[name]), label,
                       partial(_table, index, name, ending))  # fmt: skip


def _names(index: OpenIndex) -> list[str]:
    """Tables that this index has; told without computing what is dear."""
    lost = set()
    if not index.result.evaluator.factors:
        lost.add("sensitivity")
    return [name for name in _MEANT if name not in lost]


def _found(index: OpenIndex) -> Mapping[str, Mapping[str, Any]]:
    return index.kept("tables", lambda: tables(index.whole), said=False)


def _table(index: OpenIndex, name: str, ending: str) -> bytes:
    columns = _found(index).get(name)
    if columns is None:
        raise HansaError(
            f"this index has no table {name}",
            printed=str(index.exact) if isinstance(index.exact, str) else "",
            fix="the other tables are there",
        )
    made = _arrow(columns)
    return csv_bytes(made) if ending == "csv" else parquet_bytes(made)


def _arrow(columns: Mapping[str, Any]) -> pa.Table:
    """Columns as an Arrow table; NaN is an empty cell."""
    made = {}
    for name, values in columns.items():
        cells = values if isinstance(values, list) else np.asarray(values).tolist()
        made[name] = pa.array(
            [None if isinstance(v, float) and np.isnan(v) else v for v in cells], from_pandas=False
        )
    return pa.table(made)


def _document(index: OpenIndex, name: str) -> Document:
    from hansa.report.index_audit_report import audit_document
    from hansa.report.index_report import IndexReport, index_document

    if name == "audit":
        return audit_document(index.audit, index.words)
    show = IndexReport(
        conditions=_conditions(index),
        python=f'hansa.index("{index.where}", replications={REPLICATIONS})',
        command=f"hansa index run {index.where}",
    )
    return index_document(index.whole, index.words, show, index.audit)


def _conditions(index: OpenIndex) -> Conditions | None:
    try:
        return conditions_of(index.view, index.result.evaluator.seed)
    except HansaError:
        return None


def _html(index: OpenIndex, name: str) -> bytes:
    from hansa.report.html import render_html

    return render_html(_document(index, name)).encode()


def _pdf(index: OpenIndex, name: str) -> bytes:
    from hansa.report.pdf import render_pdf

    return render_pdf(_document(index, name))


def _workbook(index: OpenIndex) -> bytes:
    from hansa.index.reading import read_folder, rows_of
    from hansa.index.workbook import write_workbook

    tree, data, _recipe_of_it = read_folder(index.folder)
    with tempfile.TemporaryDirectory(prefix="hansa-") as folder:
        path = Path(folder) / "index.xlsx"
        write_workbook(path, *rows_of(tree, data))
        return path.read_bytes()


def _recipe(index: OpenIndex) -> bytes:
    """What was done, as `hansa index run --out` writes it."""
    result = index.result
    made = result.robustness
    factors = [{k: v for k, v in asdict(f).items() if v} for f in result.evaluator.factors]
    recipe: dict[str, Any] = {
        "format": 1,
        "step": [step.as_dict() for step in result.recipe],
        "seed": result.evaluator.seed,
        "replications": 0 if made is None else made.draws,
        "factor": factors,
    }
    return json_bytes(recipe)


def _zip(index: OpenIndex) -> bytes:
    """All results in one archive, the same bytes for the same results."""
    outputs = {f"{name}.csv": csv_bytes(_arrow(own)) for name, own in _found(index).items()}
    outputs |= {f"{name}.html": _html(index, name) for name in ("report", "audit")}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, made in {**outputs, "recipe.json": _recipe(index)}.items():
            # An entry without a date of its own gets that of 1980: no clock goes in.
            archive.writestr(zipfile.ZipInfo(name), made, zipfile.ZIP_DEFLATED)
    return content.getvalue()
