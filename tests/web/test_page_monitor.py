"""The Monitor page, and which indices a study has."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from hansa.cli import app
from hansa.errors import HansaError, UsageError
from hansa.web.indices import REPLICATIONS, opened, places_of
from hansa.web.page import pages
from hansa.web.session import Session
from hansa.web.sheet import Sheet
from hansa.web.state import State

from .conftest import STUDY, write_study
from .index_folder import (
    by_hand,
    open_study,
    ranks_by_hand,
    study_with_index,
    write_index,
)

CHANGES = {"what-if": {"changes": "rd:2.5,graduates:44"}}
PAGES = ("monitor", "unit", "what-if", "robustness")


def built(session: Session, page: str = "monitor", **state: str) -> Sheet:
    return pages()[page].build(session, State(**state))


@pytest.fixture(scope="module")
def coast(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return open_study(study_with_index(tmp_path_factory.mktemp("monitor") / "six"))


def test_ranks_are_those_of_the_scores_computed_by_hand(coast: Session) -> None:
    figure = built(coast).sections[0].figures[0]
    columns = list(figure.columns)
    rows = {row[columns.index("Code")]: row for row in figure.rows}
    scores = by_hand()
    assert {u: int(r[0].partition("\u00a0")[0]) for u, r in rows.items()} == ranks_by_hand(scores)
    for unit, row in rows.items():
        assert float(row[columns.index("Score")]) == pytest.approx(scores[unit], abs=0.051)


def test_every_rank_has_an_interval_that_holds_it(coast: Session) -> None:
    for row in built(coast).sections[0].figures[0].rows:
        rank, ends = row[0].split("\u00a0")
        low, high = ends.strip("()").split("–")
        assert int(low) <= int(rank) <= int(high)


def test_questions_of_the_page(coast: Session) -> None:
    page = built(coast)
    assert page.question == "Who stands where on the index Innovation on the coast?"
    assert [s.id for s in page.sections] == ["league", "time", "tree", "gaps"]
    assert page.sections[1].question == "Who rose and who fell from 2019 to 2021?"
    assert all(s.certainty for s in page.sections[:3])
    assert "made up for tests" in page.origin
    assert not page.model_data


def test_a_unit_is_named_in_bold(coast: Session) -> None:
    plain, chosen = (built(coast, unit=u).sections[0].figures[0] for u in ("", "C"))
    assert plain.rows == chosen.rows
    assert plain.spec != chosen.spec


def test_an_index_is_computed_once(coast: Session) -> None:
    index = opened(coast, State())
    assert index is not None
    assert opened(coast, State(index="coast", unit="A")) is index
    assert index.result.robustness is not None
    assert index.result.robustness.draws == REPLICATIONS
    assert built(coast).sections[0] is built(coast).sections[0]


def test_progress_only_rises_and_says_how_much_there_is(tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    session = Session(
        study_with_index(tmp_path / "six"), lambda text, done: told.append((text, done))
    )
    built(session, "robustness")
    shares = [done for _, done in told]
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] < 1
    assert told[1][0].startswith("10\u202f000 replications of 16 rows and 6 indicators")
    assert "exact best and worst ranks: 4 of 8 units" in [text for text, _ in told]


# --- which indices there are ------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_without_an_index_the_page_says_how_to_make_one(session: Session, page: str) -> None:
    found = built(session, page)
    assert "has no composite index" in found.answer[0]
    assert not found.sections
    told = " ".join([*(i.text for i in found.lists[0].items),
                     *(d for i in found.lists[0].items for d in i.details)])  # fmt: skip
    assert "[scoreboard.NAME]" in told
    assert "indicators.csv" in told


def test_a_scoreboard_that_was_not_fetched_is_named(tmp_path: Path) -> None:
    folder = write_study(tmp_path / "six")
    more = '[scoreboard.growth]\ntitle = "Growth"\nindicators = ["gdp-per-head"]\n'
    (folder / "study.toml").write_text(STUDY + more)
    items = built(open_study(folder)).lists[0].items
    assert items[0].text.startswith("[scoreboard.growth] of study.toml names one")
    assert "hansa fetch" in items[0].details[0]


def test_a_scoreboard_has_its_title_and_its_units_are_regions(tmp_path: Path) -> None:
    folder = write_study(tmp_path / "six")
    spec = 'title = "Growth"\nindicators = ["gdp-per-head"]\nfolder = "boards/growth"\n'
    (folder / "study.toml").write_text(f"{STUDY}[scoreboard.growth]\n{spec}")
    write_index(folder / "boards" / "growth")
    write_index(folder / "indices" / "growth")
    session = open_study(folder)
    places = places_of(session)
    assert {n: (p.path, p.title) for n, p in places.items()} == {
        "growth": ("boards/growth", "Growth"),
        "growth-folder": ("indices/growth", "Innovation on the coast"),
    }
    page = built(session)
    assert [c.name for c in page.controls] == ["index", "unit"]
    assert page.controls[1].label == "Region"
    assert "8 regions" in page.sections[0].answer[0]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("state", "said"),
    [({"index": "nothing"}, "the study has no index 'nothing'"), ({"unit": "X"}, "no unit 'X'")],
)
def test_what_is_not_there_is_refused(
    coast: Session, page: str, state: dict[str, str], said: str
) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        built(coast, page, **state)
    assert refused.value.finding.admissible


def test_a_broken_index_says_where_it_is_broken(tmp_path: Path) -> None:
    folder = study_with_index(tmp_path / "six")
    table = folder / "indices" / "coast" / "data.csv"
    table.write_text(table.read_text().replace("A,Amber,2021,3.3", "A,Amber,2021,much"))
    with pytest.raises(HansaError) as broken:
        built(open_study(folder))
    assert "much" in broken.value.finding.printed
    assert "data.csv" in broken.value.finding.place


# --- the printed tables of 2009 ---------------------------------------------------------


def test_the_printed_monitor_stands_in_for_an_index(tmp_path: Path) -> None:
    folder = write_study(tmp_path / "six")
    text = STUDY.replace("[outputs]", "[outputs]\npublished = true")
    (folder / "study.toml").write_text(text)
    session = open_study(folder)
    page = built(session)
    assert [s.id for s in page.sections] == ["monitor-link", "monitor-ranks", "monitor-limits"]
    assert page.origin.startswith("Real data")
    assert built(session, unit="AU").controls[0].chosen == "AU"
    assert "Korea before United States" in " ".join(page.sections[1].certainty)
    with pytest.raises(UsageError, match="no country 'XX'"):
        built(session, unit="XX")
    assert "as printed" in " ".join(built(session, "what-if").answer)
    write_index(folder / "indices" / "coast")
    both = open_study(folder)
    assert [c.value for c in built(both).controls[0].choices] == ["coast", "published"]
    assert "cannot be asked of it" in built(both, "unit", index="published").answer[0]
    assert built(both, "unit", index="published").controls[0].chosen == "published"
    assert built(both).sections[0].id == "league"
    assert built(both, index="published").sections[0].id == "monitor-link"
    with pytest.raises(UsageError, match="no index 'published'"):
        built(open_study(study_with_index(tmp_path / "other")), index="published")


# --- the same elsewhere -----------------------------------------------------------------


@pytest.mark.slow
def test_lines_of_python_run(coast: Session) -> None:
    lines = {
        line
        for page in PAGES
        for section in built(coast, page, unit="D", **CHANGES.get(page, {})).sections
        if (line := section.python)
    }
    assert len(lines) > 8
    for line in lines:
        *first, last = line.replace("STUDY", str(coast.folder)).splitlines()
        names: dict[str, object] = {}
        exec("\n".join(first), names)
        assert eval(last, names) is not None, line


def test_the_line_of_the_what_if_page_gives_its_numbers(coast: Session) -> None:
    section = built(coast, "what-if", unit="D", **CHANGES["what-if"]).sections[0]
    *first, last = section.python.replace("STUDY", str(coast.folder)).splitlines()
    names: dict[str, object] = {}
    exec("\n".join(first), names)
    answer = eval(last, names)
    scores = by_hand()
    row = section.figures[0].rows[0]
    at = list(scores).index("D")
    assert answer.before.scores[at] == pytest.approx(scores["D"])
    assert row[2] == f"{answer.before.ranks[at]:.0f}\u00a0" + _between(answer.before.interval)
    assert row[3] == f"{answer.frozen.ranks[at]:.0f}\u00a0" + _between(answer.frozen.interval)


def _between(ends: tuple[float, float]) -> str:
    return f"({int(np.floor(ends[0]))}–{int(np.ceil(ends[1]))})"


@pytest.mark.long
def test_commands_run(coast: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    commands = {
        section.command
        for page in PAGES
        for section in built(coast, page, unit="D", **CHANGES.get(page, {})).sections
        if section.command
    }
    assert len(commands) > 6
    for command in commands:
        words = shlex.split(command.replace("STUDY", str(coast.folder)))
        found = CliRunner().invoke(app, words[1:])
        assert found.exit_code == 0 or words[2] == "audit", found.output
        assert found.exception is None or isinstance(found.exception, SystemExit), command
