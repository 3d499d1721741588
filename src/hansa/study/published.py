"""The tables of the 2009 publication: real, printed data, shipped with the library.

Every function reads one file of `published2009/`, where `source.toml` says which table of the
publication it is. What was not printed is None, never zero. Source: BSR InnoNet conference
publication, May 2009.
"""

from __future__ import annotations

import csv
import io
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from hansa.errors import HansaError
from hansa.index.printed import PrintedTable
from hansa.language import named
from hansa.views.claims import Link
from hansa.views.published import Partner, Pilot, Step, Stronghold, SurveyArea

__all__ = ["Link", "Partner", "Pilot", "PrintedTable", "Step", "Stronghold", "SurveyArea"]

_FOLDER = files("hansa.study") / "published2009"


@cache
def source() -> dict[str, Any]:
    """Title, date, editors, the table each file was taken from, and single figures of the text."""
    return tomllib.loads((_FOLDER / "source.toml").read_text("utf-8"))


def survey_frame() -> tuple[SurveyArea, ...]:
    """Whom the survey of framework conditions was sent to, by area (chapter 2.1, table 1)."""
    return tuple(
        SurveyArea(
            row["area"],
            row["iso2"],
            _count(row["companies"]),
            _count(row["knowledge_institutions"]),
            _count(row["experts"]),
        )
        for row in _rows("survey-frame")
    )


def stated_recipients() -> int:
    """How many recipients the text speaks of, roughly; the table adds up to more."""
    return int(source()["stated"]["recipients_about"])


def strongholds() -> tuple[Stronghold, ...]:
    """How many countries named an area as their strength (chapter 2.3, table 1)."""
    return tuple(
        Stronghold(
            row["code"],
            _claim(row["stronghold"]),
            int(row["countries_marked"]),
            int(row["of_countries"]),
            _yes(row["one_of_the_nine"]),
            _yes(row["chosen_for_pilot"]),
            _claim(row["note"]),
        )
        for row in _rows("strongholds")
    )


def countries() -> tuple[tuple[str, str], ...]:
    """Code and name of the ten countries, in the order of the columns of chapter 2.3, table 1."""
    rows = sorted(_rows("countries"), key=lambda row: int(row["order"]))
    return tuple((row["iso2"], named("place", row["country"])) for row in rows)


def pilots() -> tuple[Pilot, ...]:
    """The four pilots with their partners (chapter 2.2, table 1); dates as `2008-09`."""
    partners = _rows("pilot-partners")
    return tuple(
        Pilot(
            int(row["pilot"]),
            _claim(row["focus_type"]),
            _claim(row["area"]),
            named("place", row["lead_country"]),
            row["start"],
            row["half_time_report"],
            row["end"],
            tuple(
                Partner(named("place", p["country"]), p["partner"], p["status"], _claim(p["note"]))
                for p in partners
                if p["pilot"] == row["pilot"]
            ),
        )
        for row in _rows("pilots")
    )


def pilot_timeline() -> tuple[Step, ...]:
    """The steps of the pilots in their order (chapter 2.2, figure 8); months as `2008-09`."""
    rows = sorted(_rows("pilot-timeline"), key=lambda row: int(row["order"]))
    return tuple(
        Step(
            _claim(r["step"]),
            _claim(r["period"]),
            r["start"],
            r["end"],
            _claim(r["note"]),
            begins="begin" in r["step"],
        )
        for r in rows
    )


def claim_links() -> tuple[Link, ...]:
    """Which clusters of `hansa-nace2` stand for a claimed area, each with its reason (our own)."""
    return tuple(
        Link(row["claim"], row["cluster"], _claim(row["reason"]))
        for row in _rows("claims-to-clusters")
    )


def monitor_performance() -> PrintedTable:
    """Performance of 25 countries in the Nordic Innovation Monitor (chapter 1.2, table 1)."""
    return _monitor("performance")


def monitor_framework() -> PrintedTable:
    """Framework conditions of the same countries (chapter 1.2, table 2)."""
    return _monitor("framework")


def _monitor(side: str) -> PrintedTable:
    rows = _rows(f"monitor-{side}")
    columns = (
        np.array([float(row[name]) for row in rows])
        for name in ("rank_2008", "index_2008", "index_2003", "rank_change")
    )
    names = tuple(row["country"] for row in rows)
    return PrintedTable(side, (2003, 2008), tuple(row["iso2"] for row in rows), names, *columns)


def _claim(text: str) -> str:
    return named("claim", text)


def _rows(name: str) -> list[dict[str, str]]:
    text = (_FOLDER / f"{name}.csv").read_text("utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def _count(text: str) -> int | None:
    return int(text) if text else None


def _yes(text: str) -> bool:
    if text not in ("yes", "no"):
        raise HansaError(
            "a published table holds no plain answer", printed=text, admissible="yes or no"
        )
    return text == "yes"
