"""A table that says no measure, such as a fetched SOURCE:DATASET: it goes out as it is."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from hansa.files import header_bytes, toml_bytes
from hansa.panel import METADATA_KEY, Header, Panel
from hansa.sources.spec import MEASURES, FactsSpec

_SAID = frozenset(
    ("format", "columns", "classification", "absent_rows", "source", "licence", "vintage", "steps")
)
"""What `hansa fetch` says of a data set; a table of somebody else may say more, and is read."""


@dataclass(frozen=True)
class Described(Panel):
    """All columns of a table under the description it came with; no column is a dimension."""

    description: Mapping[str, Any] = field(default_factory=dict)

    def as_facts(self) -> dict[str, Any]:
        """The description, with the steps that were taken since."""
        steps = {"steps": list(self.header.steps)} if self.header.steps else {}
        return {**self.description, **steps}

    def to_arrow(self) -> pa.Table:
        """The table, its description in the schema metadata as `hansa fetch` writes it."""
        meta = json.dumps({"format": 1, "facts": self.as_facts()}, sort_keys=True).encode()
        return self.table.replace_schema_metadata({METADATA_KEY: meta})


def says_no_measure(said: FactsSpec, columns: Collection[str]) -> bool:
    """Whether a description and the columns beside it are those of a data set as it is."""
    named = {said.columns.get(one, one) for one in MEASURES}
    return (
        {"format", "source"} <= said.model_fields_set <= _SAID
        and {"value", "status"} <= set(columns)
        and not named & set(columns)
        and said.columns.get("measure", "measure") not in columns
    )


def described(table: pa.Table, said: FactsSpec) -> Described:
    """The table under its description."""
    header = Header(
        "",
        kind="intensive",
        label=said.source,
        classification=said.classification or "local",
        source=said.source,
        licence=said.licence,
        vintage=said.vintage,
        absent_rows=said.absent_rows or "unknown",
        steps=said.steps,
    )
    own = said.model_dump(exclude_unset=True, mode="json")
    return Described((), table, header, description={k: v for k, v in own.items() if v})


def beside_csv(panel: Panel) -> bytes:
    """What stands in `NAME.meta.toml` beside a table."""
    if isinstance(panel, Described):
        return toml_bytes(panel.as_facts())
    return header_bytes(panel)
