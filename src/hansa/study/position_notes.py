"""What is to be said of a position: who is left out, unknown hours, prices that differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from hansa.language import N_, _, decimal_mark
from hansa.law import ratio
from hansa.measures.prosperity import Standing
from hansa.study.position_reference import Beside, Tables, accounts_of
from hansa.study.position_tables import with_names
from hansa.views.format import enumerated

if TYPE_CHECKING:
    from hansa.study.position import Place

PRICES_NATIONAL = N_(
    "Prices are national: every region has the price level of its country. Purchasing power "
    "standards compare places in one year; for change over time use volumes."
)
_AGREES = 0.01  # published price levels carry one decimal, so they agree to a part in a hundred


def gaps(place: Place, year: str, lost: Sequence[str], complete: bool) -> Iterator[str]:
    """Members of the regions that are outside the tables, or lack a figure of the year."""
    if place.outside:
        outside = with_names(place.outside, place.codes)
        yield _(
            "Members of {area} outside the source (status d): {members}.",
            area=place.name,
            members=outside,
        )
    if lost and complete:
        yield _(
            "Left out of the whole, a figure of {year} is missing (status d): {members}.",
            year=year,
            members=with_names(lost, place.codes),
        )
    elif lost:
        yield _(
            "Without every figure in {year}: {members}; so the whole is not known. Another year "
            "(--time, --least 1), or the whole without them (--complete).",
            year=year,
            members=with_names(lost, place.codes),
        )


def said_of_hours(
    tables: Tables, found: Sequence[Standing], beside: Beside, year: str
) -> Iterator[str]:
    """Why some of the places are counted per worker."""
    own = [s for s in found if s.per_worker]
    if not own:
        return
    if "hours" not in tables:
        yield _(
            "Hours worked were not fetched: GDP per worker stands for GDP per hour and hours per "
            "worker (status d)."
        )
    elif np.isnan(beside.accounts.hours.value).all():
        yield _(
            "Hours worked of the reference are not known in {year}: GDP per worker stands for GDP "
            "per hour and hours per worker (status d).",
            year=year,
        )
    else:
        yield _(
            "Hours worked not known in {year} ({places}): GDP per worker stands for GDP per hour "
            "and hours per worker (status d).",
            year=year,
            places=enumerated([s.name for s in own], 12),
        )


def _name(tables: Tables, code: str) -> str:
    return tables["prices"].codes.names.get(code, code)


def price_check(tables: Tables, year: str) -> Iterator[str]:
    """Price levels of countries implied by the accounts, against the published index."""
    if "prices" not in tables:
        return
    codes = sorted(tables["prices"].years.get(year, {}))
    own = accounts_of(tables, codes, year)
    implied = ratio(own.euro, own.pps).value * 100
    printed = tables["prices"].quantity(codes, year).value
    apart = implied / printed - 1
    known = np.flatnonzero(np.isfinite(apart))
    if not len(known):
        return
    worst = max(known, key=lambda i: abs(apart[i]))
    most = 100 * abs(apart[worst])
    said = {"count": len(known), "most": _decimal(max(most, 0.1))}
    if abs(apart[worst]) > _AGREES:
        yield _(
            "Price levels that follow from the accounts and the published index differ by at most "
            "{most}\u202f% (countries compared: {count}); furthest off is {country} ({implied} "
            "against {published}): the tables may be of different editions.",
            **said,
            country=_name(tables, codes[worst]),
            implied=_decimal(implied[worst]),
            published=_decimal(printed[worst]),
        )
    elif most < 0.1:
        yield _(
            "Price levels that follow from the accounts and the published index differ by under "
            "{most}\u202f% (countries compared: {count}).",
            **said,
        )
    else:
        yield _(
            "Price levels that follow from the accounts and the published index differ by at most "
            "{most}\u202f% (countries compared: {count}).",
            **said,
        )


def _decimal(value: float) -> str:
    return f"{value:.1f}".replace(".", decimal_mark())
