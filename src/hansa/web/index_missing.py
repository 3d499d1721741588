"""What a page on an index says in a study that has none, and how one is made."""

from __future__ import annotations

from hansa.web.indices import PUBLISHED, index_controls, places_of, study_of, waiting_of
from hansa.web.session import Session
from hansa.web.sheet import Item, Listing, Sheet


def without_index(session: Session, question: str) -> Sheet:
    """What a page says in a study without an index, and how one is made.

    Where the printed Monitor is chosen although there is an index, it says what that lacks.
    """
    study = study_of(session)
    if places_of(session):
        told = (
            "The Nordic Innovation Monitor of 2009 is there as printed: values of two indices "
            "without the indicators behind them, so this cannot be asked of it.",
        )
        return Sheet(question, told, controls=index_controls(session, PUBLISHED, published=True))
    answer = ["This study has no composite index, so there is nothing to rank and to change."]
    if study.outputs.published:
        answer.append(
            "The Nordic Innovation Monitor of 2009, which the study shows, is there as printed: "
            "values of two indices without the indicators behind them. The page Monitor has what "
            "they tell."
        )
    return Sheet(question, tuple(answer), lists=(Listing("How to make one", _ways(session)),))


def _ways(session: Session) -> tuple[Item, ...]:
    waiting = tuple(
        Item(
            f"[scoreboard.{place.name}] of study.toml names one that is not there yet.",
            ("hansa fetch STUDY brings its indicators and makes its folder.",),
        )
        for place in waiting_of(session)
    )
    return (
        *waiting,
        Item(
            "From indicators that statistical offices publish: name them in study.toml.",
            (
                '[fetch.indicators] with extract = ["gdp-per-head", …], then [scoreboard.NAME] '
                'with title = "…" and indicators = ["gdp-per-head", …].',
                "hansa sources --extracts lists what can be named; hansa fetch STUDY brings it.",
                "hansa new DIR --template bsr writes a study that has one.",
            ),
        ),
        Item(
            "From own tables: put indicators.csv and data.csv into the folder indices/NAME of the "
            "study.",
            ("The how-to “Composite indices: ranks one can defend” shows both tables, line by "
             "line; recipe.toml beside them says how they are put together.",),
        ),
    )  # fmt: skip
