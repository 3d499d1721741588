"""What a page on an index says in a study that has none, and how one is made."""

from __future__ import annotations

from hansa.language import _
from hansa.web.indices import PUBLISHED, index_controls, places_of, study_of, waiting_of
from hansa.web.session import Session
from hansa.web.sheet import Item, Listing, Sheet


def without_index(session: Session, question: str) -> Sheet:
    """What a page says in a study without an index, and how one is made.

    Where the printed Monitor is chosen although there is an index, it says what that lacks.
    """
    study = study_of(session)
    if places_of(session):
        told = _(
            "The Nordic Innovation Monitor of 2009 is there as printed: values of two indices "
            "without the indicators behind them, so this cannot be asked of it."
        )
        return Sheet(question, (told,), controls=index_controls(session, PUBLISHED, published=True))
    answer = [_("This study has no composite index, so there is nothing to rank and to change.")]
    if study.outputs.published:
        answer.append(
            _(
                "The Nordic Innovation Monitor of 2009, which the study shows, is there as "
                "printed: values of two indices without the indicators behind them. The page "
                "Monitor has what they tell."
            )
        )
    return Sheet(question, tuple(answer), lists=(Listing(_("How to make one"), _ways(session)),))


def _ways(session: Session) -> tuple[Item, ...]:
    waiting = tuple(
        Item(
            _(
                "[scoreboard.{name}] of study.toml names one that is not there yet.",
                name=place.name,
            ),
            (_("hansa fetch STUDY brings its indicators and makes its folder."),),
        )
        for place in waiting_of(session)
    )
    return (
        *waiting,
        Item(
            _("From indicators that statistical offices publish: name them in study.toml."),
            (
                _('[fetch.indicators] with extract = ["gdp-per-head", …], then [scoreboard.NAME] '
                  'with title = "…" and indicators = ["gdp-per-head", …].'),
                _("hansa sources --extracts lists what can be named; hansa fetch STUDY brings it."),
                _("hansa new DIR --template bsr writes a study that has one."),
            ),
        ),
        Item(
            _("From own tables: put indicators.csv and data.csv into the folder indices/NAME of "
              "the study."),
            (_("The how-to “Composite indices: ranks one can defend” shows both tables, line by "
               "line; recipe.toml beside them says how they are put together."),),
        ),
    )  # fmt: skip
