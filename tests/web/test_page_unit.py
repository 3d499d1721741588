"""The page on one unit of an index."""

from __future__ import annotations

import numpy as np
import pytest

from hansa.errors import UsageError
from hansa.views.index_words import IndexView
from hansa.web.indices import opened
from hansa.web.page import pages
from hansa.web.pages.unit.contrast import contrast_of
from hansa.web.pages.unit.peers import peers_of
from hansa.web.session import Session
from hansa.web.sheet import Sheet
from hansa.web.state import State

from .index_folder import CODES, by_hand, open_study, ranks_by_hand, raw, study_with_index


def built(session: Session, **state: str) -> Sheet:
    return pages()["unit"].build(session, State(**state))


@pytest.fixture(scope="module")
def coast(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return open_study(study_with_index(tmp_path_factory.mktemp("unit") / "six"))


@pytest.fixture(scope="module")
def view(coast: Session) -> IndexView:
    index = opened(coast, State())
    assert index is not None
    return index.view


def test_the_unit_in_the_middle_is_the_default(coast: Session) -> None:
    middle = next(u for u, rank in ranks_by_hand(by_hand()).items() if rank == 5)
    chosen = next(c for c in built(coast).controls if c.name == "unit")
    assert chosen.chosen == middle


def test_rank_stands_with_its_interval_at_the_top(coast: Session) -> None:
    rank = ranks_by_hand(by_hand())["H"]
    told = built(coast, unit="H").answer[0]
    assert told.startswith(f"Heath ranks {rank}\u00a0(")
    assert "of 8 units" in told


def test_questions_of_the_page(coast: Session) -> None:
    page = built(coast, unit="H")
    assert [s.id for s in page.sections] == ["profile", "strengths", "peers", "time"]
    assert len({f.id for s in page.sections for f in s.figures}) == 4
    assert all(s.certainty and s.python and s.command for s in page.sections)


def test_change_over_years_is_that_of_the_ranks(coast: Session) -> None:
    earlier = by_hand(raw(2019))
    moved = ranks_by_hand(earlier)["B"] - ranks_by_hand(by_hand())["B"]
    told = next(s for s in built(coast, unit="B").sections if s.id == "time").answer[0]
    signed = "0" if not moved else f"{moved:+d}".replace("-", "−")
    assert told.startswith(f"From 2019 to 2021 Birch moved by {signed}\u00a0(")


def test_what_indicators_add_is_the_difference_of_the_scores(view: IndexView) -> None:
    scores = by_hand()
    contrast = contrast_of(view, "H", peers_of(view, "H", "A, C,D"))
    mean = np.mean([scores[u] for u in "ACD"])
    assert sum(contrast.adds) == pytest.approx(scores["H"] - mean, abs=1e-9)
    assert contrast.adds == sorted(contrast.adds, reverse=True)
    assert sorted(contrast.label(i) for i in range(6)) == sorted(
        n.label for n in view.tree.indicators
    )
    assert view.tree.codes[:6] == CODES


def test_peers_are_the_nearest_profiles(view: IndexView) -> None:
    found = peers_of(view, "A", "")
    parts = view.scores[:, [view.tree.at(c) for c in ("Knowledge", "People", "Links")]]
    parts = parts / parts.std(axis=0, ddof=1)
    far = np.linalg.norm(parts - parts[view.place("A")], axis=1)
    assert found.codes == tuple(view.codes[i] for i in np.argsort(far)[1:6])


def test_peers_that_are_not_there_are_said(coast: Session) -> None:
    section = next(s for s in built(coast, unit="A", compare="B,XX,A").sections if s.id == "peers")
    assert any("Not in this index: XX." in text for text in section.certainty)
    assert any("Peers: Birch; as named" in text for text in section.certainty)


def test_too_many_peers_are_refused(coast: Session) -> None:
    many = ",".join(f"U{n}" for n in range(11))
    with pytest.raises(UsageError, match="too many peers"):
        built(coast, unit="A", compare=many)
