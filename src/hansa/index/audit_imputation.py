"""Step 3 of an audit: the rule of filling, the weight of filled cells, what filling does to ranks.

Source: OECD/JRC Handbook (2008), step 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from hansa.index import terms
from hansa.index.audit_parts import (
    TITLES,
    AuditFinding,
    AuditStep,
    Case,
    Check,
    Hit,
    entries,
)
from hansa.index.audit_words import fixed, percent, several
from hansa.index.data import Bools
from hansa.index.evaluator import variant_of
from hansa.index.kernel import scores
from hansa.index.ranks import ranks
from hansa.index.tree import Floats
from hansa.language import _, ngettext


def imputation(case: Case) -> AuditStep:
    """Step 3: the rule, the weight of filled cells, and what filling does to ranks."""
    own = case.result.data
    gap = _gaps(case)
    gaps, filled = int(gap.sum()), int(own.filled.sum())
    root = case.tree.codes[case.tree.root]
    if not gaps and not filled:
        found = AuditFinding(3, "gaps", "ok", root, _("no cell is missing"), 0)
        told = _("No cell of a ranked unit is missing: nothing had to be filled.")
        return AuditStep(3, TITLES[2], told, {}, (found,))
    weight = own.filled[case.rows] @ case.weight[: case.tree.leaves]
    without = _ranks_without(case)
    moved = without - case.rank
    found_ = [*_left(case, gaps), *_filled(case, weight, moved)]
    table = {
        "unit": case.codes, "name": case.names, "filled": own.filled[case.rows].sum(axis=1),
        "gaps": gap[case.rows].sum(axis=1), "weight_filled": weight,
        "rank": case.rank, "rank_without": without,
    }  # fmt: skip
    by_column = {
        "code": case.tree.codes[: case.tree.leaves], "filled": own.filled.sum(axis=0),
        "gaps": gap.sum(axis=0), "rows": [own.unit.size] * case.tree.leaves,
    }  # fmt: skip
    tables = {"filled by unit": table, "filled by indicator": by_column}
    return AuditStep(3, TITLES[2], _summary(case, gaps, weight, moved), tables, tuple(found_))


def _summary(case: Case, gaps: int, weight: Floats, moved: Floats) -> str:
    """How many cells were filled by what, and what they weigh and do."""
    filled = int(case.result.data.filled.sum())
    rules = [str(e.options.get("rule", "none")) for e in entries(case, "impute")]
    told = _(
        "{filled} cells were filled ({rules}), {gaps} gaps are left.",
        filled=filled,
        rules=several(map(terms.rule, rules)) or _("no step impute"),
        gaps=gaps,
    )
    if not filled:
        return told
    carried = _(
        "Filled cells carry {mean} of the weight on average and {most} at most ({unit}); without "
        "them ranks move by {places} places on average and {farthest} at most.",
        mean=percent(float(weight.mean())),
        most=percent(float(weight.max())),
        unit=case.codes[int(weight.argmax())],
        places=fixed(float(np.nanmean(np.abs(moved)))),
        farthest=fixed(np.nanmax(np.abs(moved)), 0),
    )
    return f"{told} {carried}"


def _gaps(case: Case) -> Bools:
    """Cells that are missing before normalisation, in columns that are not empty throughout."""
    stage = case.result.stage
    assert stage.raw is not None
    missing = np.isnan(stage.raw.values)
    return np.asarray(missing & ~missing.all(axis=0))


def _ranks_without(case: Case) -> Floats:
    """Ranks if no gap had been filled: parents then average what is there."""
    stage = case.result.stage
    open_ = replace(variant_of(stage), x=np.where(stage.data.filled, np.nan, stage.data.values))
    return ranks(scores(open_, case.share[:, None])[case.rows])[:, 0]


def _left(case: Case, gaps: int) -> list[AuditFinding]:
    root = case.tree.codes[case.tree.root]
    if not gaps:
        return [AuditFinding(3, "gaps", "ok", root, _("no gap is left"), 0)]
    return [AuditFinding(
        3, "gaps", "note", root, _("averages over gaps: a gap counts as the mean of its siblings"),
        gaps, ngettext("{number} gap", "{number} gaps", gaps), 0, _("none"),
        _("fill gaps by a rule that is stated (step impute)"), (root,),
    )]  # fmt: skip


def _filled(case: Case, weight: Floats, moved: Floats) -> Iterator[AuditFinding]:
    most, far = case.limit("filled_weight"), case.limit("filled_shift") * case.units
    heavy = Check(
        3, "filled-weight", "warning", _("rests on filled cells"),
        _("{n} units rest on filled cells"), _("filled cells carry little weight"),
        _("leave the unit out, or show its rank as an estimate"),
        _("at most {share} of the weight", share=percent(most)), most,
    )  # fmt: skip
    if not case.result.data.filled.any():
        return
    yield from heavy.judge(case, (Hit(case.codes[i], float(weight[i]), percent(weight[i]))
                                  for i in np.flatnonzero(weight > most)))  # fmt: skip
    shift = Check(
        3, "filled-shift", "warning", _("owes its rank to filled cells"),
        _("{n} units owe their ranks to filled cells"), _("filling gaps moves no rank far"),
        _("compare rules of filling, and show the interval of the rank"),
        _("at most {places} places", places=fixed(far, 1)), far,
    )  # fmt: skip
    with np.errstate(invalid="ignore"):
        hits = np.flatnonzero(np.abs(moved) > far)
    yield from shift.judge(case, (
        Hit(case.codes[i], abs(float(moved[i])),
            _("rank {rank}, {without} without", rank=fixed(case.rank[i], 0),
              without=fixed(case.rank[i] + moved[i], 0))) for i in hits
    ))  # fmt: skip
    if case.result.robustness is not None and not any(
        f.kind == "imputation" for f in case.result.evaluator.factors
    ):
        yield AuditFinding(
            3, "filling-fixed", "note", case.tree.codes[case.tree.root],
            _("takes filled cells as if they were known: replications do not vary them"),
            fix=_("impute with draws = 20, and let the factor imputation vary"),
        )  # fmt: skip
