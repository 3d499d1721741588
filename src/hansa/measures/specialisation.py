"""Location quotients; the base is part of the name (methods: clusters, section 2)."""

from __future__ import annotations

from hansa.language import N_
from hansa.law import Quantity, product, ratio
from hansa.measures.catalogue import measure
from hansa.measures.parts import as_part, by_itself
from hansa.measures.slices import Slice

_FORMULA = "LQ_cr = (E_cr / E_r) / (E_c / E)"


def quotient(now: Slice) -> Quantity:
    """The share of the unit in its region over its share in the reference area."""
    now = now.saying_once()
    # One division of exact products: jobs are whole numbers, so 21000/25000 is 0.84 to the bit.
    found = ratio(product(now.size, now.of_all), product(now.of_region, now.of_unit))
    if now.inside[0]:
        found = as_part(found, now.size, now.of_region, (now.of_all, now.of_unit))
    if now.inside[1]:
        found = by_itself(found, (now.size, now.of_unit), (now.of_region, now.of_all))
    return found


@measure(
    "location_quotient_total",
    label=N_("Specialisation (all jobs as base)"),
    unit=N_("ratio"),
    kind="intensive",
    formula=_FORMULA + ", totals over all activities of the source",
    source="European Cluster Observatory (quoted in BSR InnoNet 2009, chapter 2.1)",
    base="total",
)
def location_quotient_total(now: Slice) -> Quantity:
    """Share of a cluster in a region's jobs over its share in the reference area's jobs."""
    return quotient(now)


@measure(
    "location_quotient_traded",
    label=N_("Specialisation (traded jobs as base)"),
    unit=N_("ratio"),
    kind="intensive",
    formula=_FORMULA + ", totals over traded clusters",
    source="U.S. Cluster Mapping (Delgado, Porter, Stern 2016)",
    base="traded",
)
def location_quotient_traded(now: Slice) -> Quantity:
    """Share of a traded cluster in a region's traded jobs over that in the reference area."""
    return quotient(now)


@measure(
    "location_quotient_local",
    label=N_("Specialisation (local jobs as base)"),
    unit=N_("ratio"),
    kind="intensive",
    formula=_FORMULA + ", totals over local clusters",
    source="U.S. Cluster Mapping (Delgado, Porter, Stern 2016)",
    base="local",
)
def location_quotient_local(now: Slice) -> Quantity:
    """Share of a local cluster in a region's local jobs over that in the reference area."""
    return quotient(now)
