"""Hansa, the open workbench for transnational cluster policy.

The verbs of the command line as functions: `sources`, `fetch`, `read`, `compute`, `convert`,
`reduce`, `index`, `check`, `run`, `export`. Everything is loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hansa.api import check, compute, convert, fetch, firms, read, reduce, run, sources
    from hansa.errors import Finding, HansaError, UsageError
    from hansa.export.verb import export
    from hansa.index.verbs import index
    from hansa.panel import Panel
    from hansa.study.position import position

__version__ = "0.1.0"

_HOMES = {
    "read": "hansa.api",
    "compute": "hansa.api",
    "convert": "hansa.api",
    "fetch": "hansa.api",
    "fill": "hansa.api",
    "firms": "hansa.api",
    "position": "hansa.study.position",
    "protect": "hansa.api",
    "reduce": "hansa.api",
    "check": "hansa.api",
    "run": "hansa.api",
    "Panel": "hansa.panel",
    "Finding": "hansa.errors",
    "HansaError": "hansa.errors",
    "UsageError": "hansa.errors",
}

__all__ = [
    "Finding",
    "HansaError",
    "Panel",
    "UsageError",
    "check",
    "compute",
    "convert",
    "export",
    "fetch",
    "fill",
    "firms",
    "index",
    "position",
    "protect",
    "read",
    "reduce",
    "run",
    "sources",
]


def __getattr__(name: str) -> Any:
    if name in ("index", "export", "sources"):
        # The packages can be called: they are the verbs.
        return import_module(f"hansa.{name}")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'hansa' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES, "export", "index", "sources"})
