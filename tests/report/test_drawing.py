"""Figures drawn by a second process: the same bytes, and never a run that depends on it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from hansa.report import drawing
from hansa.report.document import Document, Pictures, Section
from hansa.report.drawing import Artist, second_process
from hansa.views.canvas import Caption, Plot, compose, texts
from hansa.views.figure import Figure, both


def figure(word: str) -> Figure:
    def spec(form: Any) -> dict[str, Any]:
        marks = (texts([{"x": 0.1, "y": 1 / 3, "text": f"{word} ünlü …"}]),)
        return compose(Caption(word, "below", "alt"), Plot(100, 50, marks), form)

    made = both(spec)
    return Figure(word, word, "", made["spec"], made["narrow"], "alt")


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process that has drawn nothing, with two cores."""
    monkeypatch.setattr(drawing, "_renderer_here", lambda: False)
    monkeypatch.setattr(drawing, "_cores", lambda: 2)


@pytest.fixture
def artist(fresh: None) -> Iterator[Artist]:
    with second_process() as found:
        assert found is not None
        yield found


def document(*figures: Figure) -> Document:
    section = Section("one", "One?", ("Yes.",), figures=figures)
    return Document("Title", "", "", (), (section,))


def svgs(pictures: Pictures, *figures: Figure) -> list[str]:
    return [pictures.svg(f, narrow=narrow) for f in figures for narrow in (False, True)]


def test_a_second_process_draws_the_same_bytes(
    artist: Artist, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = figure("one"), figure("two")
    expected = svgs(Pictures(), one, two)
    pictures = Pictures(artist)
    pictures.prepare(document(one, two))
    monkeypatch.setattr(Figure, "svg", None)  # nothing is drawn here
    assert svgs(pictures, one, two) == expected
    assert "two ünlü …" in expected[2]


def test_a_process_that_ends_leaves_the_drawing_to_this_one(artist: Artist) -> None:
    one = figure("one")
    artist._process.kill()
    pictures = Pictures(artist)
    pictures.prepare(document(one))
    assert svgs(pictures, one) == svgs(Pictures(), one)


def test_a_figure_that_cannot_be_sent_or_drawn_fails_as_without_the_process(
    artist: Artist,
) -> None:
    good, bad = figure("good"), figure("bad")
    bad.spec["layer"] = "no list of layers"
    pictures = Pictures(artist)
    pictures.prepare(document(good, bad))
    assert svgs(pictures, good) == svgs(Pictures(), good)
    with pytest.raises(ValueError, match="conversion failed"):
        pictures.svg(bad)


def test_one_core_or_a_renderer_of_its_own_needs_no_second_process(
    fresh: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "_renderer_here", lambda: True)
    with second_process() as found:
        assert found is None
    monkeypatch.setattr(drawing, "_renderer_here", lambda: False)
    monkeypatch.setattr(drawing, "_cores", lambda: 1)
    with second_process() as found:
        assert found is None


def test_no_process_stays_behind_after_an_error(fresh: None) -> None:
    seen: list[Artist | None] = []

    def run() -> None:
        with second_process() as found:
            seen.append(found)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        run()
    assert seen[0] is not None
    assert seen[0]._process.returncode is not None


def test_a_system_that_starts_no_process_is_no_error(
    fresh: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise OSError("no processes")

    monkeypatch.setattr(subprocess, "Popen", refused)
    with second_process() as found:
        assert found is None
