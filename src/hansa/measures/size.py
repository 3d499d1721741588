"""Size, share, focus (methods: clusters, section 1)."""

from __future__ import annotations

from hansa.language import N_
from hansa.law import Quantity, ratio
from hansa.measures.catalogue import FACTS_UNIT, measure
from hansa.measures.parts import as_part
from hansa.measures.slices import Slice

_OBSERVATORY = "European Cluster Observatory (quoted in BSR InnoNet 2009, chapter 2.1)"


def _size(now: Slice) -> Quantity:
    return now.size


@measure(
    "employment",
    label=N_("Size: jobs"),
    unit=FACTS_UNIT,
    kind="extensive",
    formula="E_cr = sum_i weight_ic E_ir",
    source=_OBSERVATORY,
    needs=("employment",),
)
def employment(now: Slice) -> Quantity:
    """Jobs of a cluster or activity in a region."""
    return _size(now)


@measure(
    "establishments",
    label=N_("Size: local units"),
    unit=FACTS_UNIT,
    kind="extensive",
    formula="N_cr = sum_i weight_ic N_ir",
    source="U.S. Cluster Mapping (Delgado, Porter, Stern 2016)",
    needs=("establishments",),
)
def establishments(now: Slice) -> Quantity:
    """Local units of a cluster or activity in a region."""
    return _size(now)


@measure(
    "payroll",
    label=N_("Wage bill"),
    unit=FACTS_UNIT,
    kind="extensive",
    formula="P_cr = sum_i weight_ic P_ir",
    source="U.S. Cluster Mapping (Delgado, Porter, Stern 2016)",
    needs=("payroll",),
)
def payroll(now: Slice) -> Quantity:
    """Wages and salaries paid in a cluster or activity of a region."""
    return _size(now)


@measure(
    "cluster_share",
    label=N_("Share of the cluster"),
    unit=N_("share 0-1"),
    kind="intensive",
    formula="s_cr = E_cr / E_c",
    source=_OBSERVATORY,
)
def cluster_share(now: Slice) -> Quantity:
    """Share of a cluster's jobs in the reference area that a region holds."""
    found = ratio(now.size, now.of_unit)
    return as_part(found, now.size, now.of_unit) if now.inside[1] else found


@measure(
    "focus",
    label=N_("Share of the region"),
    unit=N_("share 0-1"),
    kind="intensive",
    formula="p_cr = E_cr / E_r",
    source=_OBSERVATORY,
    base="total",
    part_of_base=True,
)
def focus(now: Slice) -> Quantity:
    """Share of a region's jobs that a cluster holds."""
    found = ratio(now.size, now.of_region)
    return as_part(found, now.size, now.of_region) if now.inside[0] else found
