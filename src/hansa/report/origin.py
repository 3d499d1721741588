"""What a report says before its findings: whose numbers these are, and what was done to them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hansa.panel import Panel
from hansa.study.run import StudyResult

_MODEL = "Every number is drawn at random and true of no region."
_MODEL_AND_REAL = (
    "Every number on regions and clusters is drawn at random and true of no region; the tables of "
    "2009 are real: printed figures of the BSR InnoNet conference publication. What is said of the "
    "Nordic Innovation Monitor is computed from its two printed tables."
)

# How the steps begin that give a table other values, and those that only add bounds.
_CHANGED = re.compile(r"converted |hidden cells filled|confidential cells|\d+ cells hidden")
_BOUNDED = re.compile(r"intervals of \d+ hidden cells")
_DETAIL = re.compile(r"[;:] | \(")


def origin(result: StudyResult) -> str:
    """Whether the numbers are real, whose they are, and whether they stand as published."""
    study = result.study
    if any(spec.model_data for spec in study.facts.values()):
        return _MODEL_AND_REAL if study.outputs.published else _MODEL
    sources = "; ".join(dict.fromkeys(s.source or ", ".join(s.file) for s in study.facts.values()))
    steps = dict.fromkeys(step for panel in _panels(result) for step in panel.header.steps)
    changed = [_DETAIL.split(step)[0] for step in steps if _CHANGED.match(step)]
    bounded = [_DETAIL.split(step)[0] for step in steps if _BOUNDED.match(step)]
    if changed:
        done = "; ".join(dict.fromkeys([*bounded, *changed]))
        return (
            f"Data not as published: {sources}. Before anything was computed: {done}. "
            "The method and the recipe say how."
        )
    if bounded:
        return f"Published data: {sources}. Added to them: {'; '.join(dict.fromkeys(bounded))}."
    return f"Published data: {sources}."


def _panels(result: StudyResult) -> Iterator[Panel]:
    for own in result.results:
        for base in own.bases:
            yield from base.regions.values()
            yield from base.area.values()
