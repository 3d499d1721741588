"""Programmes: calls of several funders, their pots, and what a ranking costs."""
