"""Codes that are counted twice: in themselves, and in another code of the table."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hansa.axes import Axis
from hansa.facts.check_cells import Cells, Spot
from hansa.facts.check_families import Family, Sums
from hansa.facts.check_slips import FACTORS
from hansa.facts.check_sums import DOUBLE
from hansa.facts.check_words import at
from hansa.language import _
from hansa.law import Floats


def counted_twice(cells: Cells, sums: Sums) -> Iterator[Spot]:
    """A part whose own number is what the parts exceed their total by, wherever that is tested.

    Its sums are explained by it and are not looked at again.
    """
    for f in sums.families:
        known = ~np.isnan(f.gap)
        above = known & (f.gap > f.slack)
        if above.sum() < _TESTS or above.sum() < _MOSTLY * known.sum():
            continue
        view = cells.value if f.axis == "activity" else cells.value.transpose(0, 2, 1)
        for part in f.parts:
            own = view[:, part]
            with np.errstate(invalid="ignore"):
                fits = np.abs(f.gap - own) <= f.slack + _NEAR * own
            if fits[known].mean() < _MOSTLY or _other_units(f, own):
                continue
            if (own[known] > f.slack[known]).any():
                yield _twice(cells, f, part, int(fits[known].sum()))
                sums.drop(f)
                break


def _other_units(f: Family, own: Floats) -> bool:
    """True where one factor of usual units explains the sums better than a part too many."""
    known = ~np.isnan(f.gap) & ~np.isnan(own)
    gap, slack = f.gap[known], f.slack[known]
    off = [np.abs(gap - (1 - 1 / k) * own[known]) <= slack for k in FACTORS]
    exact = np.abs(gap - own[known]) <= slack
    return max(float(o.mean()) for o in off) > max(_MOSTLY, float(exact.mean()))


_TESTS = 6
_NEAR = 0.02
_MOSTLY = 0.9


def _twice(cells: Cells, f: Family, part: int, fits: int) -> Spot:
    axis: Axis = getattr(cells, f.axis)
    whole, code = axis.codes[f.node], axis.codes[part]
    tests = int((~np.isnan(f.gap)).sum())
    return Spot(
        "error",
        DOUBLE,
        (),
        _(
            "without it the parts add up to {whole} or nearly in {fits} of {tests} sums",
            whole=whole,
            fits=fits,
            tests=tests,
        ),
        _("parts of {whole} that do not overlap", whole=whole),
        _("leave its rows out: --where COLUMN!={code}", code=code),
        where=at(f.axis, code),
        weight=fits,
    )
