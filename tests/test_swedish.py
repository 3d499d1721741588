"""The catalogues are up to date, wholly translated, and fill no place that a text does not have."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("babel")
sys.path.insert(0, str(Path(__file__).parents[1] / "docs"))
import texts

PLACE = re.compile(r"\{(\w*)[^{}]*\}")
CASES = [(language, domain) for language in texts.TRANSLATED for domain in ("hansa", "names")]


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def catalogue(request: pytest.FixtureRequest) -> texts.Kept:
    return texts.kept(*request.param)


def forms(given: str | tuple[str, ...]) -> tuple[str, ...]:
    return given if isinstance(given, tuple) else (given,)


def told(catalogue: texts.Kept) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Each text with its translation, in the forms that its number may ask for."""
    yield from ((forms(m.id), forms(m.string)) for m in catalogue.own if m.id)


def test_nothing_is_to_be_collected_or_compiled(catalogue: texts.Kept) -> None:
    assert catalogue.stale == [], "run ./dev texts"


def test_everything_is_translated_in_every_form(catalogue: texts.Kept) -> None:
    short = [text for text, said in told(catalogue) if len(said) < len(text) or not all(said)]
    assert short == []
    assert len(catalogue.own) > 1000


def test_a_translation_has_no_place_that_its_text_lacks(catalogue: texts.Kept) -> None:
    odd = []
    for text, said in told(catalogue):
        # The singular may leave out the number, the other form has every place.
        there = {*PLACE.findall(" ".join(text)), *(["number"] if len(text) > 1 else [])}
        odd += [form for form in said if not set(PLACE.findall(form or "")) <= there]
    assert odd == []
