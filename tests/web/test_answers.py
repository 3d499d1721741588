"""What the server keeps in memory is bounded by bytes, and found again as it was."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from django.test import RequestFactory

from hansa.web import answers
from hansa.web.answers import Answers
from hansa.web.sheet import Sheet
from hansa.web.site import kept
from hansa.web.site.kept import KeptPages
from hansa.web.site.settings import configure
from hansa.web.studies import studies_in


def sheet(name: str, letters: int = 1000) -> Sheet:
    # Letters that do not repeat: they are not packed away.
    return Sheet(
        name, answer=tuple(f"{name}{i:x}{hash((name, i)):x}" for i in range(letters // 20))
    )


def test_the_last_answers_are_the_same_objects() -> None:
    own, made = Answers(), sheet("a")
    own.keep("a", made)
    assert own.get("a") is made
    assert own.get("b") is None
    own.clear()
    assert own.get("a") is None


def test_older_answers_are_packed_and_the_oldest_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "OPEN_BYTES", 4_000)
    monkeypatch.setattr(answers, "PACKED_BYTES", 9_000)
    own, made = Answers(), {name: sheet(name, 2_000) for name in "abcdefghij"}
    for name, content in made.items():
        own.keep(name, content)
    assert own.get("j") is made["j"]
    there = [name for name in made if own.get(name) is not None]
    assert there == list("abcdefghij")[-len(there) :]
    assert 2 < len(there) < 10
    first = own.get(there[0])
    assert first == made[there[0]]
    assert first is not made[there[0]]
    # Opened again, it stays open.
    assert own.get(there[0]) is first


def test_an_answer_that_is_larger_than_all_is_kept_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "OPEN_BYTES", 10)
    monkeypatch.setattr(answers, "PACKED_BYTES", 10)
    own, made = Answers(), sheet("a", 5_000)
    own.keep("b", sheet("b"))
    own.keep("a", made)
    assert own.get("a") is made
    assert own.get("b") is None


def test_pages_are_bounded_by_bytes_and_bound_to_their_content(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configure()
    monkeypatch.setattr(kept, "MOST_BYTES", 1_500)
    request = RequestFactory().get("/", headers={"accept-encoding": "gzip"})
    pages, contents, made = KeptPages(), [sheet(f"s{i}") for i in range(5)], []

    def page(i: int, content: Sheet) -> bytes:
        def render() -> bytes:
            made.append(i)
            return "\n".join(content.answer).encode()

        return gzip.decompress(pages.page(request, i, content, render).content)

    for i, content in enumerate(contents):
        assert page(i, content) == page(i, content)
    assert made == [0, 1, 2, 3, 4]
    page(0, contents[0])
    page(0, contents[1])
    assert made[5:] == [0, 0]


def test_a_list_of_studies_follows_its_files(tmp_path: Path) -> None:
    file = tmp_path / "one" / "study.toml"
    file.parent.mkdir()
    for title in ("First", "Second"):
        file.write_text(f'title = "{title}"\n')
        assert [place.title for place in studies_in(tmp_path).values()] == [title]
    file.write_text("no TOML at all")
    assert next(iter(studies_in(tmp_path).values())).broken
