"""Figures of an index and of the Monitor of 2009: their marks carry codes and speak."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hansa.index.sensitivity import sensitivity, target_of
from hansa.study.monitor import published_monitor
from hansa.views.figure import Figure
from hansa.views.index_gap import critical_figure
from hansa.views.index_words import IndexView
from hansa.views.monitor import monitor_scatter
from hansa.views.monitor_rows import monitor_ranks

from . import test_index_figures as indices
from .marking import breaches, layers, speaking


@pytest.fixture(scope="module")
def figures() -> dict[str, Figure]:
    made = indices.index()
    found = sensitivity(made.evaluator, [("shift", target_of("shift"))], points=16, seed=1)
    view = IndexView(replace(made, sensitivity=tuple(found)), indices.WORDS)
    own = replace(indices.conditions(view), codes=("a", "c", "d"))
    return {**indices.every(view), "critical": critical_figure(view, own, "U1")}


@pytest.fixture(scope="module")
def printed() -> dict[str, Figure]:
    m = published_monitor(draws=50)
    p, (first, last) = m.performance, m.performance.table.years
    return {
        "scatter": monitor_scatter(m.framework.table, p.table, m.links[f"index {last}"]),
        "ranks": monitor_ranks(p.table, p.ranks[last], p.ranks[first], p.moves.earlier),
    }


@pytest.mark.parametrize("name", ["tree", "time", "change", "whatif", "reach", "critical"])
def test_every_mark_carries_its_codes_and_speaks(name: str, figures: dict[str, Figure]) -> None:
    # An aggregate of the tree has no mark: its name says its weight.
    words = "no mark speaks of" if name == "tree" else "none"
    assert [fault for fault in breaches(figures[name]) if words not in fault] == []


@pytest.mark.parametrize("name", ["scatter", "ranks"])
def test_so_do_those_of_the_printed_tables(name: str, printed: dict[str, Figure]) -> None:
    assert breaches(printed[name]) == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [("tree", "indicator"), ("time", "unit"), ("change", "unit"), ("reach", "indicator")],
)
def test_what_is_drawn_stands_in_the_table(
    name: str, kind: str, figures: dict[str, Figure]
) -> None:
    figure = figures[name]
    codes = {row[figure.columns.index("Code")] for row in figure.rows}
    for spec in (figure.spec, figure.narrow):
        drawn = {code for pairs in speaking(spec) for k, code in pairs if k == kind}
        assert drawn
        assert drawn <= codes


def test_a_choice_has_no_code_but_says_its_shares(figures: dict[str, Figure]) -> None:
    said = {v["hover"] for _layer, own in layers(figures["sensitivity"].spec)
            for v in own if "hover" in v and "text" not in v}  # fmt: skip
    assert len(said) == len(figures["sensitivity"].rows)
    assert all("by itself" in text and "with others" in text for text in said)
