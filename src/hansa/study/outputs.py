"""The tables of a study as files: names and bytes, nothing written."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

from hansa.files import csv_bytes, header_bytes, parquet_bytes
from hansa.panel import Panel
from hansa.study.run import BaseResult, DefinitionResult, StudyResult


def tables(result: StudyResult) -> dict[str, bytes]:
    """Every panel of a study, and what its facts could say about each cluster."""
    found: dict[str, bytes] = {}
    for own in result.results:
        for base in own.bases:
            folder = "/".join(("tables", own.definition.id, *_base_folder(own, base)))
            for name, panel in base.regions.items():
                found |= _panel(f"{folder}/{name}", panel, result.study.outputs.tables)
            for name, panel in base.area.items():
                found |= _panel(f"{folder}/area_{name}", panel, result.study.outputs.tables)
            if base.members:
                found[f"{folder}/reference_members.csv"] = _members(base)
        found[f"tables/{own.definition.id}/coverage.csv"] = _coverage(own)
    return found


def _base_folder(own: DefinitionResult, base: BaseResult) -> tuple[str, ...]:
    if len(own.bases) == 1:
        return ()
    return (re.sub(r"[^a-z0-9]+", "-", base.base.name.lower()).strip("-"),)


def _panel(name: str, panel: Panel, kind: str) -> dict[str, bytes]:
    if kind == "parquet":
        return {f"{name}.parquet": parquet_bytes(panel.to_arrow())}
    return {f"{name}.csv": csv_bytes(panel.table), f"{name}.meta.toml": header_bytes(panel)}


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
