"""Figures of a call: marks carry codes and speak, nothing is cut, all is drawn that is decided."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hansa.programme.laboratory import Outcome, compare, pot_rows
from hansa.programme.model_call import model_call
from hansa.programme.robustness import spread_of
from hansa.programme.verbs import call_solve
from hansa.views.call_modes import modes_figure
from hansa.views.call_pots import pots_figure
from hansa.views.call_ranking import ranking_figure
from hansa.views.call_words import money_of
from hansa.views.figure import Figure
from hansa.views.lettering import width
from hansa.views.written import Written

from .marking import breaches, layers

EDGE = 1.5  # pixels: widths of letters are measured, not drawn


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("model")
    for name, content in model_call().items():
        (place / name).write_bytes(content)
    return place


@pytest.fixture(scope="module")
def outcome(folder: Path) -> Outcome:
    return call_solve(folder)


@pytest.fixture(scope="module")
def figures(outcome: Outcome, folder: Path) -> dict[str, Figure]:
    real = call_solve(folder, "real", "ties")
    return {
        "ranking": ranking_figure(outcome, spread_of(outcome)),
        "pots": pots_figure(outcome),
        "common": pots_figure(real),
        "plain": ranking_figure(real),
        "modes": modes_figure(compare(outcome.call, 0.1)),
    }


NAMES = ("ranking", "pots", "common", "plain", "modes")


@pytest.mark.parametrize("name", NAMES)
def test_marks_carry_codes_and_speak(figures: dict[str, Figure], name: str) -> None:
    assert breaches(figures[name]) == []


def written(spec: dict[str, Any]) -> Iterator[tuple[str, float, float]]:
    """Texts with the pixels from the left edge of the picture at which they begin and end."""
    left = spec["padding"]["left"]
    for layer, values in layers(spec):
        mark = layer["mark"]
        if mark["type"] != "text":
            continue
        size = mark.get("fontSize", 13)
        for v in values:
            lines = v["text"] if isinstance(v["text"], list) else [v["text"]]
            for line in lines:
                long, x = width(line, size), v["x"] + left + mark.get("dx", 0)
                share = {"right": 1.0, "center": 0.5}.get(mark.get("align", "left"), 0.0)
                yield line, x - share * long, x + (1 - share) * long


@pytest.mark.parametrize("form", ["spec", "narrow"])
@pytest.mark.parametrize("name", NAMES)
def test_no_text_leaves_the_picture(figures: dict[str, Figure], name: str, form: str) -> None:
    spec = getattr(figures[name], form)
    whole = spec["padding"]["left"] + spec["width"] + spec["padding"]["right"]
    assert whole == (720 if form == "spec" else 358)
    found = list(written(spec))
    assert len(found) > 20
    assert [t for t, start, end in found if start < -EDGE or end > whole + EDGE] == []


def test_every_ranked_proposal_has_its_sign(figures: dict[str, Figure], outcome: Outcome) -> None:
    ranked = {p.proposal.id for p in outcome.places if p.rank}
    for form in ("spec", "narrow"):
        signs = [
            (layer["mark"], v["proposal"])
            for layer, values in layers(getattr(figures["ranking"], form))
            if layer["mark"].get("shape") == "circle"
            for v in values
        ]
        filled = {name for mark, name in signs if mark.get("color") != "#FFFFFF"}
        assert {name for _mark, name in signs} == ranked
        assert filled == set(outcome.funded)


def test_bars_of_pots_are_as_long_as_what_is_paid(
    figures: dict[str, Figure], outcome: Outcome
) -> None:
    used = {r.funder: r.used - r.gap for r in pot_rows(outcome)}
    bars = [
        v
        for layer, values in layers(figures["pots"].spec)
        if layer["mark"]["type"] == "rect"
        for v in values
        if v.get("funder") and v["x"] == 0
    ]
    assert {v["funder"] for v in bars} == set(used)
    scale = max(v["x2"] for v in bars) / max(used.values())
    for v in bars:
        assert v["x2"] == pytest.approx(scale * used[v["funder"]], abs=0.02)


def test_hidden_reasons_are_said_on_the_mark(figures: dict[str, Figure], outcome: Outcome) -> None:
    name = next(n for n, why in outcome.reasons.items() if why.main == "pots")
    why = outcome.reasons[name]
    said = {
        v["hover"]
        for _layer, values in layers(figures["ranking"].spec)
        for v in values
        if v.get("proposal") == name and "hover" in v
    }
    told = next(text for text in said if "lacks" in text)
    assert money_of(outcome.call).full(why.lack.total) in told
    assert "a pot is short" in told


def test_the_table_behind_holds_exact_money(figures: dict[str, Figure], outcome: Outcome) -> None:
    figure = figures["ranking"]
    column = figure.columns.index("Price of the ranking down to here")
    cells = {row[1]: row[column] for row in figure.rows}
    for step in outcome.prices:
        cell = cells[step.proposal]
        assert isinstance(cell, Written)
        assert (cell.value, cell.unit) == (1000.0 * step.price.total, "EUR")


def test_the_grid_says_what_each_mode_decides(folder: Path, figures: dict[str, Figure]) -> None:
    figure = figures["modes"]
    strict = call_solve(folder, "virtual", "strict")
    column = figure.columns.index("distributed pots, strict order")
    assert {row[1] for row in figure.rows if row[column] == "yes"} == set(strict.funded)
