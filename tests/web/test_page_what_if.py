"""The what-if page: changes of an address, sliders, new ranks, and what a better rank takes."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hansa.errors import UsageError
from hansa.web.indices import opened
from hansa.web.page import pages
from hansa.web.pages.what_if.changes import changes_of, text_of
from hansa.web.pages.what_if.ladder import rungs
from hansa.web.pages.what_if.sliders import step_of
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
)


def built(session: Session, **state: str) -> Sheet:
    return pages()["what-if"].build(session, State(**state))


@pytest.fixture(scope="module")
def coast(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return open_study(study_with_index(tmp_path_factory.mktemp("whatif") / "six"))


def changed(unit: str, **values: float) -> dict[str, np.ndarray]:
    now = raw(2021)[unit].copy()
    for code, value in values.items():
        now[CODES.index(code)] = value
    return {unit: now}


def test_new_score_and_rank_are_those_computed_by_hand(coast: Session) -> None:
    page = built(coast, unit="D", changes="rd:2.5,graduates:44")
    figure = page.sections[0].figures[0]
    row = dict(zip(figure.columns, figure.rows[0], strict=True))
    scores = by_hand(changed("D", rd=2.5, graduates=44))
    before = by_hand()
    assert row["Code"] == "D"
    assert float(row["Score before"]) == pytest.approx(before["D"], abs=0.051)
    assert float(row["Score, frozen"]) == pytest.approx(scores["D"], abs=0.051)
    for column, own in (("Rank before", before), ("Rank, frozen", scores)):
        rank, interval = row[column].split("\u00a0")
        assert int(rank) == ranks_by_hand(own)["D"]
        assert interval.startswith("(")
    assert "Spending on R&D of Dune at 2.50 (now 1.50" in page.sections[0].answer[0]


def test_nothing_changed_is_said(coast: Session) -> None:
    told = built(coast, unit="D").sections[0].answer[0]
    assert told.startswith("Nothing is changed yet: Dune ranks")


def test_a_value_beyond_all_others_is_said(coast: Session) -> None:
    certainty = built(coast, unit="D", changes="rd:9").sections[0].certainty
    assert certainty[-1] == "Beyond what any unit has: Spending on R&D."


# --- what a better rank takes -------------------------------------------------------------


def test_the_next_rank_costs_what_the_heaviest_indicator_needs(coast: Session) -> None:
    scores = by_hand()
    rank = ranks_by_hand(scores)["D"]
    ahead = min(s for s in scores.values() if s > scores["D"])
    table = built(coast, unit="D").sections[1].tables[0]
    row = table.rows[0]
    assert row[0] == str(rank - 1)
    # All cost the same: the greatest weight closes the gap with the fewest points.
    assert float(row[2]) == pytest.approx((ahead - scores["D"]) / WEIGHTS.max(), abs=0.051)
    assert re.match(r"Graduates 34\.0+ → ", row[3])


def test_the_smallest_change_gives_the_rank_it_names(coast: Session) -> None:
    index = opened(coast, State())
    assert index is not None
    rank = ranks_by_hand(by_hand())["D"]
    for gain in range(1, rank):
        found, _ = index.whatif.reach("D", gain)
        k = index.whatif.rows.tolist().index(index.view.data.row_of("D"))
        values = index.whatif.raw_of(index.view.data.values[index.view.rows[k]] + found.delta)
        if found.possible:
            after = ranks_by_hand(by_hand({"D": values}))["D"]
            assert after <= rank - gain
    costs = [float(r[2]) for r in built(coast, unit="D").sections[1].tables[0].rows if r[2] != "·"]
    assert costs == sorted(costs)


def test_a_value_at_the_best_observed_is_told_as_that(coast: Session) -> None:
    """Its own digits may be many, and fewer of them are not enough or are more than observed."""
    rows = built(coast, unit="D").sections[1].tables[0].rows
    told = " ".join(row[3] for row in rows)
    assert "(best observed)" in told
    index = opened(coast, State())
    assert index is not None
    seen = index.whatif.entry.data.values[index.whatif.rows]
    for label, value in re.findall(r"([A-Z][^;→]*?) [\d.]+ → ([\d.]+) \(best observed\)", told):
        at = [node.label for node in index.view.tree.nodes].index(label)
        ends = {f"{end:.3g}" for end in (np.nanmax(seen[:, at]), np.nanmin(seen[:, at]))}
        assert f"{float(value):.3g}" in ends


def test_the_first_unit_has_no_ladder(coast: Session) -> None:
    first = next(u for u, rank in ranks_by_hand(by_hand()).items() if rank == 1)
    assert [s.id for s in built(coast, unit=first).sections] == ["answer"]


@given(st.integers(2, 400))
def test_rungs_come_nearer_to_the_first_place(rank: int) -> None:
    found = rungs(rank)
    assert found[0] == rank - 1
    assert found[-1] == 1
    assert found == sorted(set(found), reverse=True)


# --- sliders -----------------------------------------------------------------------------


def test_sliders_hold_every_value_that_is_there(coast: Session) -> None:
    page = built(coast, unit="D", indicator="neet", changes="broadband:99")
    fields = {one["code"]: one for one in page.more["sliders"]}
    assert set(fields) == set(CODES)
    values = np.array(list(raw(2021).values()))
    for j, code in enumerate(CODES):
        one = fields[code]
        assert float(one["low"]) <= values[:, j].min() <= values[:, j].max() <= float(one["high"])
        assert float(one["step"]) > 0
        assert float(one["low"]) <= float(one["slid"]) <= float(one["high"])
    assert fields["broadband"]["value"] == "99"
    assert fields["neet"]["value"] == "9.7"
    assert "lower is better" in fields["neet"]["said"]
    assert "weight 11.1\u202f%" in fields["neet"]["said"]


def test_what_sliders_send_along_is_the_state(coast: Session) -> None:
    page = built(coast, unit="D", changes="patents:90,rd:2.50")
    assert page.more["held"] == [
        ("index", "coast"), ("unit", "D"), ("changes", "rd:2.5,patents:90"),
    ]  # fmt: skip
    back = {one["name"]: dict(parse_qsl(one["query"])) for one in page.more["back"]}
    assert back["Patent applications"]["changes"] == "rd:2.5"
    assert "changes" not in dict(parse_qsl(page.more["all"]))


def test_a_field_that_stays_as_it_is_changes_nothing(coast: Session) -> None:
    page = built(coast, unit="D", changes="rd:1.5,patents:66,firms:5")
    assert dict(page.more["held"])["changes"] == "firms:5"


@given(
    st.floats(-1e9, 1e9), st.floats(1e-6, 1e9)
)  # fmt: skip
def test_steps_are_round_and_neither_few_nor_many(low: float, reach: float) -> None:
    true = (low + reach) - low
    step = step_of(low, low + reach)
    assert 500 * (1 - 1e-6) <= true / step <= 5000 * (1 + 1e-6)
    assert f"{step:e}".startswith("1.0")


def test_the_field_shows_the_value_that_is_said_and_a_step_keeps_its_digits(
    tmp_path: Path,
) -> None:
    folder = study_with_index(tmp_path / "six")
    data = folder / "indices" / "coast" / "data.csv"
    data.write_text(data.read_text().replace("D,Dune,2021,1.5,66,", "D,Dune,2021,1.5,66.911,"))
    page = built(open_study(folder), unit="D")
    one = next(s for s in page.more["sliders"] if s["code"] == "patents")
    assert (one["value"], one["step"]) == ("66.9", "0.1")
    assert one["said"].startswith("now 66.9; median ")
    assert float(one["slid"]) == pytest.approx(66.9, abs=0.05)
    for value, kept in (("66.9", {}), ("66.911", {}), ("66.95", {"patents": "66.95"})):
        page = built(open_study(folder), unit="D", changes=f"patents:{value}")
        assert dict(page.more["held"]).get("changes", "") == ",".join(
            f"{code}:{v}" for code, v in kept.items()
        )


# --- changes in an address -----------------------------------------------------------------


@given(st.dictionaries(st.sampled_from(CODES), st.floats(-1e9, 1e9), max_size=6))
def test_changes_are_read_as_they_are_written(coast: Session, values: dict[str, float]) -> None:
    index = opened(coast, State())
    assert index is not None
    found = changes_of(text_of(values), index.result.tree)
    assert list(found) == [c for c in CODES if c in values]
    for code, value in values.items():
        assert found[code] == pytest.approx(value, rel=1e-9, abs=1e-11)
    assert text_of(found) == text_of(changes_of(text_of(found), index.result.tree))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ("rd", "cannot be read"),
        ("rd:much", "cannot be read"),
        (":3", "cannot be read"),
        ("rd:nan", "cannot be read"),
        ("rd:1e400", "cannot be read"),
        ("rd:1,rd:2", "rd is changed twice"),
        ("Knowledge:3", "Knowledge is no indicator"),
        ("nothing:3", "the index has no node 'nothing'"),
    ],
)
def test_changes_that_cannot_be_meant_are_refused(coast: Session, changes: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        built(coast, unit="D", changes=changes)


def test_an_indicator_that_is_not_there_is_refused(coast: Session) -> None:
    with pytest.raises(UsageError, match="no node 'nothing'"):
        built(coast, unit="D", indicator="nothing")
