"""The page on how firm the ranks of an index are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hansa
from hansa.index.extreme import around, rank_intervals
from hansa.index.robustness import robustness
from hansa.index.sensitivity import sensitivity, target_of
from hansa.language import LANGUAGES, speaking
from hansa.web.indices import OpenIndex, opened
from hansa.web.page import pages
from hansa.web.pages.robustness.frequency import STEPS, _runs
from hansa.web.portions import moved_by, replicated
from hansa.web.session import Session
from hansa.web.sheet import Sheet
from hansa.web.state import State

from .index_folder import (
    CODES,
    WEIGHTS,
    by_hand,
    open_study,
    ranks_by_hand,
    raw,
    study_with_index,
    write_index,
)


def built(session: Session, **state: str) -> Sheet:
    return pages()["robustness"].build(session, State(**state))


@pytest.fixture(scope="module")
def coast(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return open_study(study_with_index(tmp_path_factory.mktemp("firm") / "six"))


@pytest.fixture(scope="module")
def index(coast: Session) -> OpenIndex:
    found = opened(coast, State())
    assert found is not None
    return found


def test_questions_of_the_page(coast: Session) -> None:
    page = built(coast)
    assert [s.id for s in page.sections] == ["ranks", "choices-shift", "removal", "audit"]
    assert len({f.id for s in page.sections for f in s.figures}) == 3
    assert all(s.certainty and s.python and s.command for s in page.sections)
    assert page.answer[1].startswith("The audit finds")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_somebody_has_to_act_on_is_listed_in_every_language(
    coast: Session, index: OpenIndex, lang: str
) -> None:
    with speaking(lang):
        found = built(coast, lang=lang).sections[-1].tables[0]
        counts = [index.audit.count(severity) for severity in ("error", "warning", "note")]
    assert len(found.rows) == counts[0] + counts[1] > 0
    assert found.note.startswith(f"{counts[2]} ")


def test_shares_of_ranks_are_counts_of_the_replications(coast: Session, index: OpenIndex) -> None:
    made = index.result.robustness
    assert made is not None
    figure = built(coast).sections[0].figures[0]
    for row in figure.rows:
        own = made.ranks[index.view.data.row_of(row[1])]
        counts = np.bincount(own[made.failed < 0], minlength=9)[1:]
        assert row[3] == str(int(counts.argmax()) + 1)
        at = list(figure.columns).index("Among the first 3")
        share = counts[:3].sum() / counts.sum()
        assert float(row[at].removesuffix("\u202f%")) == pytest.approx(100 * share, abs=0.51)


FAILING = [
    {"id": "weights", "weights": 0.25},
    {"id": "mean", "options": [{"aggregate.rule": "arithmetic"}, {"aggregate.rule": "geometric"}]},
    {"id": "scale", "options": [{"normalise.range": [0, 100]}, {"normalise.range": [-9, 100]}]},
]  # fmt: skip


@pytest.mark.parametrize("factors", [None, FAILING])
def test_replications_in_portions_are_those_of_one_go(
    tmp_path: Path, factors: list[dict[str, object]] | None
) -> None:
    made = hansa.index(write_index(tmp_path / "coast"), factors=factors)
    told: list[float] = []
    found, every = replicated(made.evaluator, 500, told.append), robustness(made.evaluator, 500)
    assert told == [n / 8 for n in range(8)]
    assert (found.successes < 500) is (factors is not None)
    for name in ("scores", "ranks", "values", "nominal", "score"):
        assert np.array_equal(getattr(found, name), getattr(every, name), equal_nan=True)
    assert found.failures() == every.failures()
    assert found.failures_by_value() == every.failures_by_value()
    for year, (rows, own) in every.years.items():
        assert np.array_equal(found.years[year][0], rows)
        for name in ("counts", "wins", "both"):
            assert np.array_equal(getattr(found.years[year][1], name), getattr(own, name))


def test_exact_ranks_in_portions_are_those_of_all_at_once(index: OpenIndex) -> None:
    stage = index.result.stage
    found, every = index.exact, rank_intervals(stage, around(stage))
    assert not isinstance(found, str)
    assert found.rows.tolist() == every.rows.tolist()
    for name in ("best", "worst", "best_bound", "worst_bound"):
        assert getattr(found, name).tolist() == getattr(every, name).tolist()
    assert found.proven.all()


def test_why_there_are_no_exact_ranks_is_said(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = study_with_index(tmp_path_factory.mktemp("gap") / "six")
    table = folder / "indices" / "coast" / "data.csv"
    table.write_text(table.read_text().replace("A,Amber,2021,3.3", "A,Amber,2021,"))
    told = built(open_study(folder)).sections[0].certainty
    assert any(t.startswith("No exact best and worst ranks: exact rank intervals") for t in told)


def test_the_index_without_an_indicator_is_that_computed_by_hand(coast: Session) -> None:
    table = next(s for s in built(coast).sections if s.id == "removal").tables[0]
    row = next(r for r in table.rows if r[0] == "Graduates")
    # Without graduates, its weight in the family goes to its one sister.
    weights = WEIGHTS.copy()
    weights[CODES.index("neet")] += weights[CODES.index("graduates")]
    weights[CODES.index("graduates")] = 0
    every = np.array([*raw(2019).values(), *raw(2021).values()])
    low, high = every.min(axis=0), every.max(axis=0)
    z = {u: 100 * (v - low) / (high - low) for u, v in raw(2021).items()}
    for v in z.values():
        v[CODES.index("neet")] = 100 - v[CODES.index("neet")]
    after = ranks_by_hand({u: float(v @ weights) for u, v in z.items()})
    before = ranks_by_hand(by_hand())
    moved = [before[u] - after[u] for u in before]
    assert float(row[1]) == pytest.approx(np.mean(np.abs(moved)), abs=0.0051)
    assert int(row[3]) == sum(m != 0 for m in moved)


def test_the_rank_of_a_unit_has_choices_of_its_own(coast: Session) -> None:
    page = built(coast, unit="H")
    own = next(s for s in page.sections if s.id == "choices-rank")
    assert own.question == "Which choice moves the rank of Heath most?"
    assert "--sensitivity rank:H" in own.command


def test_the_audit_shows_what_somebody_has_to_decide(coast: Session) -> None:
    table = next(s for s in built(coast).sections if s.id == "audit").tables[0]
    assert table.rows
    assert all(row[0].startswith(("error", "warning")) for row in table.rows)
    assert "command below lists them" in table.note


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=60).filter(any))
def test_shades_hold_every_rank_that_is_not_rare(counts: list[int]) -> None:
    shares = np.array(counts) / sum(counts)
    found: dict[int, int] = {}
    for first, last, level in _runs(shares):
        for rank in range(first, last + 1):
            assert rank not in found
            found[rank] = level
    assert set(found) == {r for r, s in enumerate(shares, 1) if s >= STEPS[-1]}
    for rank, level in found.items():
        share = float(shares[rank - 1])
        assert share >= STEPS[level]
        assert level == 0 or share < STEPS[level - 1]


def test_progress_of_the_choices_changes_no_number(index: OpenIndex) -> None:
    evaluator, told = index.result.evaluator, []
    own = target_of("shift")
    found = moved_by(evaluator, "shift", own, told.append)
    (plain,) = sensitivity(evaluator, [("shift", own)], seed=evaluator.seed)
    assert (found.factors, found.evaluations) == (plain.factors, plain.evaluations)
    for name in ("first", "total", "low", "high"):
        np.testing.assert_array_equal(getattr(found, name), getattr(plain, name))
    assert told == sorted(told)
    assert len(told) > 10
    assert (told[0], told[-1]) == (0.0, 1.0)
