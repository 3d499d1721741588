"""What the sums all but give away of a confidential cell is not handed on without a reason."""

from __future__ import annotations

import hansa
from small_tables import UNKNOWN, facts

PINNED = """
        A     B     C   TOTAL
R1     60    :c    :c     100
R2     20    :c    :c      45
R3      5    10    :c      30
TOTAL  85    35    55     175
"""
"""C of R3 is 30 - 5 - 10 = 15 to the last job; the four others can change places."""


def shown(found, geo: str, activity: str) -> dict:
    rows = found.table.to_pylist()
    return next(r for r in rows if (r["geo"], r["activity"]) == (geo, activity))


def test_a_confidential_cell_that_follows_from_the_sums_stays_empty():
    found = hansa.fill(facts(PINNED), describe=UNKNOWN, tolerance="exact", draws=3)
    secret, wide = shown(found, "R3", "C"), shown(found, "R1", "B")
    assert (secret["employment"], secret["employment_status"]) == (None, "c")
    assert (secret["employment_lower"], secret["employment_upper"]) == (None, None)
    assert (wide["employment_lower"], wide["employment_upper"]) == (0, 25)
    assert wide["employment_status"] == "c;imputed;interval"
    drawn = {(r["geo"], r["activity"]) for r in found.draws.to_pylist()}
    assert ("R3", "C") not in drawn
    assert ("R1", "B") in drawn
    assert found.report["measures"]["employment"][0]["withheld"] == 1
    told = (
        "  confidential cells left empty because the sums all but give them: 1 "
        "(--reason TEXT gives them out)"
    )
    assert told in found.lines


def test_a_reason_gives_it_out_and_stands_in_the_recipe():
    found = hansa.fill(facts(PINNED), describe=UNKNOWN, tolerance="exact", reason="agreed with R3")
    assert shown(found, "R3", "C")["employment"] == 15
    assert "confidential cells given out: agreed with R3" in found.description["steps"]


def test_a_hidden_cell_that_is_not_confidential_is_given():
    found = hansa.fill(facts(PINNED.replace(":c", ":m")), describe=UNKNOWN, tolerance="exact")
    assert shown(found, "R3", "C")["employment"] == 15
