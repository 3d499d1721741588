"""The tables of a study as files: names and bytes, nothing written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from hansa.files import csv_bytes, header_bytes, parquet_bytes
from hansa.panel import Panel
from hansa.study.run import BaseResult, DefinitionResult, StudyResult


def tables(result: StudyResult) -> dict[str, bytes]:
    """Every panel of a study, and what its facts could say about each cluster."""
    found: dict[str, bytes] = {}
    for own in result.results:
        for base in own.bases:
            for area, panels in ((False, base.regions), (True, base.area)):
                for name, panel in panels.items():
                    found |= _panel(result.table_path(own, base, name, area), panel)
            if base.members:
                path = result.table_path(own, base, "reference_members").rpartition(".")[0]
                found[f"{path}.csv"] = _members(base)
        found[f"tables/{own.definition.id}/coverage.csv"] = _coverage(own)
    return found


def _panel(path: str, panel: Panel) -> dict[str, bytes]:
    if path.endswith(".parquet"):
        return {path: parquet_bytes(panel.to_arrow())}
    header = path.removesuffix(".csv") + ".meta.toml"
    return {path: csv_bytes(panel.table), header: header_bytes(panel)}


def _members(base: BaseResult) -> bytes:
    rows = [(c, len(m), ";".join(m)) for c, m in base.members.items()]
    return _csv(("cluster", "members", "codes"), rows)


def _coverage(own: DefinitionResult) -> bytes:
    rows = [
        (c.cluster, own.definition.label_of(c.cluster), c.state, ";".join(c.outside))
        for c in own.coverage.clusters
    ]
    return _csv(("cluster", "label", "coverage", "outside"), rows)


def _csv(names: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue().encode()
