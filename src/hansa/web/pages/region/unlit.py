"""Figures of other regions on the page of one: the light on that region must not dim them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hansa.report.document import Section


def without_regions(section: Section) -> Section:
    """The section, its marks no longer standing for regions; clusters light up as before."""
    figures = tuple(
        replace(figure, spec=_without(figure.spec), narrow=_without(figure.narrow))
        for figure in section.figures
    )
    return replace(section, figures=figures)


def _without(spec: dict[str, Any]) -> dict[str, Any]:
    return {**spec, "layer": [_plain(layer) for layer in spec["layer"]]}


def _plain(layer: dict[str, Any]) -> dict[str, Any]:
    values = layer["data"].get("values")
    if values is None:
        return layer
    bare = [{name: v for name, v in own.items() if name != "geo"} for own in values]
    return {**layer, "data": {"values": bare}}
