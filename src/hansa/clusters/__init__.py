"""Cluster definitions as data: which activities make up a cluster, with weights and reasons."""

from hansa.clusters.coverage import Coverage, coverage
from hansa.clusters.definition import ClusterDefinition, Member, definitions, find_definition

__all__ = [
    "ClusterDefinition",
    "Coverage",
    "Member",
    "coverage",
    "definitions",
    "find_definition",
]
