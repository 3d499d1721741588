"""Step 3 of an audit: the rule of filling, the weight of filled cells, what filling does to ranks.

Source: OECD/JRC Handbook (2008), step 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from hansa.errors import listed
from hansa.index.audit_parts import (
    TITLES,
    AuditFinding,
    AuditStep,
    Case,
    Check,
    Hit,
    counted,
    entries,
    percent,
)
from hansa.index.data import Bools
from hansa.index.evaluator import variant_of
from hansa.index.kernel import scores
from hansa.index.ranks import ranks
from hansa.index.tree import Floats


def imputation(case: Case) -> AuditStep:
    """Step 3: the rule, the weight of filled cells, and what filling does to ranks."""
    own = case.result.data
    gap = _gaps(case)
    gaps, filled = int(gap.sum()), int(own.filled.sum())
    root = case.tree.codes[case.tree.root]
    if not gaps and not filled:
        found = AuditFinding(3, "gaps", "ok", root, "no cell is missing", 0)
        return AuditStep(3, TITLES[2], "No cell of a ranked unit is missing: nothing had to be "
                         "filled.", {}, (found,))  # fmt: skip
    weight = own.filled[case.rows] @ case.weight[: case.tree.leaves]
    without = _ranks_without(case)
    moved = without - case.rank
    found_ = [*_left(case, gaps), *_filled(case, weight, moved)]
    rules = [str(e.options.get("rule", "none")) for e in entries(case, "impute")]
    told = f"{filled} cells were filled ({listed(rules) or 'no step impute'}), {gaps} gaps are left"
    if filled:
        told += (
            f". Filled cells carry {percent(float(weight.mean()))} of the weight on average and "
            f"{percent(float(weight.max()))} at most ({case.codes[int(weight.argmax())]}); without "
            f"them ranks move by {np.nanmean(np.abs(moved)):.2f} places on average and "
            f"{np.nanmax(np.abs(moved)):.0f} at most."
        )
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
    return AuditStep(3, TITLES[2], told.rstrip(".") + ".", tables, tuple(found_))


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
        return [AuditFinding(3, "gaps", "ok", root, "no gap is left", 0)]
    return [AuditFinding(
        3, "gaps", "note", root, "averages over gaps: a gap counts as the mean of its siblings",
        gaps, counted(gaps, "gap"), 0, "none", "fill gaps by a rule that is stated (step impute)",
        (root,),
    )]  # fmt: skip


def _filled(case: Case, weight: Floats, moved: Floats) -> Iterator[AuditFinding]:
    most, far = case.limit("filled_weight"), case.limit("filled_shift") * case.units
    heavy = Check(
        3, "filled-weight", "warning", "rests on filled cells", "units rest on filled cells",
        "filled cells carry little weight", "leave the unit out, or show its rank as an estimate",
        f"at most {percent(most)} of the weight", most,
    )  # fmt: skip
    if not case.result.data.filled.any():
        return
    yield from heavy.judge(case, (Hit(case.codes[i], float(weight[i]), percent(weight[i]))
                                  for i in np.flatnonzero(weight > most)))  # fmt: skip
    shift = Check(
        3, "filled-shift", "warning", "owes its rank to filled cells",
        "units owe their ranks to filled cells", "filling gaps moves no rank far",
        "compare rules of filling, and show the interval of the rank",
        f"at most {far:.1f} places", far,
    )  # fmt: skip
    with np.errstate(invalid="ignore"):
        hits = np.flatnonzero(np.abs(moved) > far)
    yield from shift.judge(case, (
        Hit(case.codes[i], abs(float(moved[i])),
            f"rank {case.rank[i]:.0f}, {case.rank[i] + moved[i]:.0f} without") for i in hits
    ))  # fmt: skip
    if case.result.robustness is not None and not any(
        f.kind == "imputation" for f in case.result.evaluator.factors
    ):
        yield AuditFinding(
            3, "filling-fixed", "note", case.tree.codes[case.tree.root],
            "takes filled cells as if they were known: replications do not vary them",
            fix="impute with draws = 20, and let the factor imputation vary",
        )  # fmt: skip
