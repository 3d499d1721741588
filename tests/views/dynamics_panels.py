"""Small panels of growth, wages, classes and stars, as the measures give them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from hansa.panel import Header, Panel
from hansa.views.reading import Words

WORDS = Words(
    labels={
        "food": "Food and drink",
        "metals": "Basic metals",
        "ships": "Ships",
        "wood": "Wood and furniture",
        "tourism": "Tourism",
        "media": "Media",
        "bsr": "Baltic Sea Region",
    },
    reference="Europe",
)
TEXT = ("geo", "cluster", "status", "label", "reason")
YEARS = ("time", "from")


def panel(rows: list[dict[str, Any]], **header: Any) -> Panel:
    """A panel with every column the rows name; `value` and `status` are always there."""
    filled = [{"status": "", "value": None, "time": 2018, **row} for row in rows]
    names = sorted({name for row in filled for name in row})
    columns = {
        name: pa.array([row.get(name) for row in filled], _type(name))  # None stays null
        for name in names
    }
    dims = tuple(d for d in ("geo", "cluster", "time") if d in names)
    facts = {"source": "A survey", "vintage": "2018", "geography": "nuts:2013"}
    return Panel.of(pa.table(columns), dims, Header(**{**facts, **header}))


def _type(name: str) -> pa.DataType:
    if name in TEXT:
        return pa.string()
    return pa.int64() if name in YEARS else pa.float64()


# cluster: growth, relative wage growth, class, stability, jobs in 2015, jobs in 2018, status
CLUSTERS: dict[str, tuple[Any, ...]] = {
    "food": (0.10, 0.05, "growth", 1.0, 1000.0, 1100.0, ""),
    "wood": (0.02, 0.01, "growth", 0.6, 400.0, 408.0, ""),
    "metals": (-0.20, 0.04, "restructuring", 0.95, 500.0, 400.0, ""),
    "ships": (-0.05, -0.08, "in transition", None, 200.0, 190.0, ""),
    "tourism": (0.06, -0.02, "mature", 0.9, 800.0, 848.0, ""),
    "media": (0.50, 0.20, None, None, 20.0, 30.0, "tiny"),
    "new": (None, None, None, None, 0.0, 70.0, "entry"),
    "hidden": (None, 0.03, None, None, None, 300.0, "c"),
}


def dynamics(clusters: dict[str, tuple[Any, ...]] = CLUSTERS, **header: Any) -> dict[str, Panel]:
    """The five panels of the bubble chart, by the names of its arguments."""
    rows: dict[str, list[dict[str, Any]]] = {
        k: [] for k in ("growth", "wage_growth", "quadrant", "stability", "employment")
    }
    for code, (x, y, label, share, before, after, status) in clusters.items():
        key = {"geo": "bsr", "cluster": code, "from": 2015}
        rows["growth"].append({**key, "value": x, "status": status})
        rows["wage_growth"].append({**key, "value": y, "status": status})
        rows["quadrant"].append({**key, "label": label, "reason": "", "status": status})
        rows["stability"].append({**key, "value": share, "lower": None, "upper": None})
        for year, jobs in ((2015, before), (2018, after)):
            rows["employment"].append(
                {"geo": "bsr", "cluster": code, "time": year, "value": jobs, "status": ""}
            )
    rate = {"unit": "share", "kind": "intensive"}
    return {
        "growth": panel(rows["growth"], measure="growth_rate", **rate, **header),
        "wage_growth": panel(rows["wage_growth"], measure="relative_wage_growth", **rate, **header),
        "quadrant": panel(rows["quadrant"], measure="quadrant", kind="nominal", **header),
        "stability": panel(rows["stability"], measure="quadrant_stability", **rate, **header),
        "employment": panel(
            rows["employment"], measure="employment", label="Size: jobs", unit="persons", **header
        ),
    }


def quotients(rows: list[dict[str, Any]], **header: Any) -> Panel:
    """Location quotients of several regions and clusters."""
    facts = {"label": "Specialisation (all jobs as base)", "unit": "ratio", "kind": "intensive"}
    return panel(rows, **{"measure": "location_quotient_total", **facts, **header})


def jobs(rows: list[dict[str, Any]], **header: Any) -> Panel:
    """Employment of several regions and clusters."""
    facts = {"label": "Size: jobs", "unit": "persons", "kind": "extensive"}
    return panel(rows, **{"measure": "employment", **facts, **header})


def stars(rows: list[dict[str, Any]], **header: Any) -> Panel:
    """Stars of several regions; the stamp of the rule set stands in the notes."""
    stamp = "Draft rule set eco-2007-draft: thresholds not confirmed."
    facts = {"label": "Stars", "unit": "stars", "kind": "ordinal", "notes": (stamp,)}
    given = [{"cluster": "food", "reason": "", **row} for row in rows]
    return panel(given, **{"measure": "presence_stars", **facts, **header})
