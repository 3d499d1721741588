"""Composite indices: from a table of indicators to ranks one can defend."""
