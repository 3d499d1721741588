"""Cluster definitions as data: which activities make up a cluster, with weights and reasons."""

from hansa.clusters.coverage import Coverage, coverage
from hansa.clusters.definition import ClusterDefinition, definitions, find_definition
from hansa.clusters.members import Member

__all__ = [
    "ClusterDefinition",
    "Coverage",
    "Member",
    "coverage",
    "definitions",
    "find_definition",
]
