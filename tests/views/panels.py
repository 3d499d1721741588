"""Small panels whose pictures can be checked by hand."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from hansa.panel import Header, Panel
from hansa.views.reading import Words

NAMES = Words(
    labels={
        "food": "Food and drink",
        "metals": "Basic metals",
        "ships": "Ships",
        "wood": "Wood and furniture",
    },
    reference="Great Britain",
)
TEXT = ("geo", "cluster", "status")


def panel(rows: list[dict[str, Any]], **header: Any) -> Panel:
    """A panel of rows with geo, cluster, value and, where given, bounds and the like."""
    filled = [{"status": "", "time": 2018, **row} for row in rows]
    names = sorted({name for row in filled for name in row})
    columns = {
        name: pa.array(
            [row.get(name) for row in filled],
            pa.string()
            if name in TEXT
            else pa.int64()
            if name in ("time", "from")
            else pa.float64(),
        )
        for name in names
    }
    dims = tuple(d for d in ("geo", "cluster", "time") if d in names)
    facts = {"source": "A survey", "vintage": "2018", "geography": "nuts:2013"}
    return Panel.of(pa.table(columns), dims, Header(**{**facts, **header}))


def sizes(*rows: dict[str, Any], **header: Any) -> Panel:
    given = [{"geo": "UKL2", **row} for row in rows]
    return panel(
        given, **{"measure": "employment", "label": "Size: jobs", "unit": "persons", **header}
    )


def rates(*rows: dict[str, Any], **header: Any) -> Panel:
    given = [{"geo": "UKL2", "from": 2015, **row} for row in rows]
    return panel(
        given, measure="growth_rate", label="Growth", unit="share", kind="intensive", **header
    )


def quotients(*rows: dict[str, Any], **header: Any) -> Panel:
    given = [{"geo": "UKL2", "cluster": "food", **row} for row in rows]
    words = {"label": "Specialisation (all jobs as base)", "unit": "ratio", "kind": "intensive"}
    return panel(given, measure="location_quotient_total", **words, **header)


def data(spec: dict[str, Any], *fields: str) -> list[dict[str, Any]]:
    """All data values of a specification that have the fields."""
    values = [v for layer in spec["layer"] for v in layer["data"].get("values", [])]
    return [v for v in values if all(f in v for f in fields)]


def words(spec: dict[str, Any]) -> list[str]:
    """Every text drawn, in drawing order."""
    return [v["text"] for v in data(spec, "text")]


def dashed(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """The boxes with a dashed outline."""
    layers = [x for x in spec["layer"] if "strokeDash" in x.get("mark", {})]
    return [v for layer in layers for v in layer["data"]["values"]]
