"""Status `u` (low reliability): which cells carry it on their own numbers.

Results carry the union of the flags of all they used (law, clause 2), totals included; whether a
cell itself is reliable has to be asked of its own sizes.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hansa.law import Quantity, bit
from hansa.measures.catalogue import Measure, find_measure
from hansa.measures.scene import Bools, Scene


def unreliable(q: Quantity) -> Bools:
    """Cells that carry the status `u`."""
    if q.flags is None:
        return np.zeros(q.shape, bool)
    return np.asarray((q.flags & bit("u")) != 0)


def unreliable_cells(scene: Scene, name: str) -> Bools:
    """Cells (units x regions) whose own sizes, in what a measure is made of, carry `u`.

    The columns and years of the measure count, and those of the measures it uses; totals and
    other regions do not.
    """
    found = np.zeros(scene.shape, bool)
    made_of = list(_with_used(find_measure(name)))
    looks_back = any(m.years == 2 for m in made_of)
    for m in made_of:
        for column in () if m.composed else m.needs or (scene.main,):
            view = scene.view(column, m.base or "total")
            found |= unreliable(view.now.size)
            if looks_back and view.before is not None:
                found |= unreliable(view.before.size)
    return found


def _with_used(m: Measure) -> Iterator[Measure]:
    yield m
    for name in m.uses:
        yield from _with_used(find_measure(name))
