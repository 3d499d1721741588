"""Whether a figure keeps the convention of `hansa.views.canvas`: marks carry codes and speak.

The exceptions stand here, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hansa.views.canvas import CODES, codes_of
from hansa.views.figure import Figure
from hansa.views.starsmap import STAR

DECORATION = {
    ("rule", "#E3E5E8", 1): "hairlines",
    ("rule", "#1B1F23", 1.2): "the line at the reference",
    ("rule", "#1B1F23", 1.4): "borders between countries",
    ("rule", "#5A606A", 1): "the line at zero",
    ("rule", "#8A8F98", 4): "stripes of model data",
    ("rule", "#111418", 0.8): "hatching in cells of the heat table, which say it themselves",
    ("rule", "#FEFEFE", 0.8): "the same on dark cells",
    ("rule", "#1B1F23", 2): "legend: a median",
    ("rule", "#8A8F98", 1): "legend: a range",
    ("rect", "#FFFFFF", 4): "the frame of model data",
    ("rect", "#FFFFFF", None): "the ground under words",
    ("rect", "#F1F3F5", None): "the band behind a claim",
    ("rect", "#5A606A", 0.8): "legend: its frame",
    ("rect", "#C6DAEC", 1): "legend: a band",
    ("rect", "#5A606A", None): "legend: not known",
    ("rect", "#FFFFFF", 1): "legend: an interval that says nothing",
    ("rect", "#F0D3B8", None): "the corner of what is critical",
    ("rule", "#2166AC", 2): "legend: the top value observed",
    ("rect", None, None): "legend: its colours",
}
"""Layers without codes, by mark, colour and width of the line."""
SILENT = {
    ("rule", None): "hatching, ends of whiskers and of lines",
    ("area", None): "bands of a small picture, whose dots speak",
    ("line", None): "lines of a small picture, whose dots speak",
    ("point", STAR): "stars on a square",
    ("point", "circle"): "rings that say tiny, on a square or an area",
    ("point", "triangle-up"): "arrows beside a mark beyond the axes",
    ("point", "triangle-down"): "the same",
    ("point", "triangle-left"): "the same",
    ("point", "triangle-right"): "the same",
}
"""Layers with codes that say nothing: they lie on marks that do, or beside them."""


def layers(spec: dict[str, Any]) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Marks with their data."""
    for layer in spec["layer"]:
        yield layer, layer["data"].get("values", [])


def breaches(figure: Figure) -> list[str]:
    """What breaks the convention in either width, in words; empty where nothing does."""
    return [
        f"{figure.id} {width}: {fault}"
        for width in ("spec", "narrow")
        for fault in _faults(getattr(figure, width))
    ]


def speaking(spec: dict[str, Any]) -> dict[tuple[tuple[str, str], ...], set[str]]:
    """Codes of the marks that are no texts -> what they say."""
    found: dict[tuple[tuple[str, str], ...], set[str]] = {}
    for layer, values in layers(spec):
        if layer["mark"]["type"] != "text":
            for v in values:
                if "hover" in v:
                    found.setdefault(tuple(codes_of(v).items()), set()).add(v["hover"])
    return found


def _faults(spec: dict[str, Any]) -> Iterator[str]:
    for layer, values in layers(spec):
        mark = layer["mark"]
        name = f"{mark['type']} {_colour(mark)} {mark.get('strokeWidth')}"
        coded = [v for v in values if codes_of(v)]
        said = [v for v in values if "hover" in v]
        if any("code" in v or "said" in v for v in values):
            yield f"{name}: a name outside of {CODES}"
        if bool(said) != ("tooltip" in layer["encoding"]):
            yield f"{name}: words without a tooltip, or the other way round"
        if mark["type"] == "text":
            continue
        if coded and len(coded) < len(values):
            yield f"{name}: some data with codes, some without"
        elif not coded and (said or not _decoration(mark, values)):
            yield f"{name}: no codes, such as {values[:1]}"
        elif coded and len(said) < len(values) and not _silent(mark):
            yield f"{name}: says nothing, such as {values[:1]}"
    yield from _unpaired(spec)


def _unpaired(spec: dict[str, Any]) -> Iterator[str]:
    """Texts of a thing of which no mark speaks, and marks of a thing without any text."""
    told = {pair for codes in speaking(spec) for pair in codes}
    named = {
        pair
        for layer, values in layers(spec)
        if layer["mark"]["type"] == "text"
        for v in values
        for pair in codes_of(v).items()
    }
    countries = {p for p in named if p[0] == "geo" and len(p[1]) == 2}
    for pair in sorted((named - told) - countries):
        yield f"no mark speaks of {pair}"


def _decoration(mark: dict[str, Any], values: list[dict[str, Any]]) -> bool:
    if mark["type"] == "point":
        # Axes are drawn by points that are not seen; a key of a legend is one symbol, or stars.
        return mark.get("opacity") == 0 or len(values) == 1 or mark.get("shape") == STAR
    return (mark["type"], _colour(mark), mark.get("strokeWidth")) in DECORATION


def _silent(mark: dict[str, Any]) -> bool:
    return (mark["type"], mark.get("shape")) in SILENT


def _colour(mark: dict[str, Any]) -> str | None:
    found: str | None = mark.get("color") or mark.get("fill") or mark.get("stroke")
    return found
