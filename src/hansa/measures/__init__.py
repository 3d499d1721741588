"""Mathematics of clusters and regions: one module a family, found by the catalogue."""

from hansa.measures.catalogue import Measure, find_measure, measures

__all__ = ["Measure", "find_measure", "measures"]
