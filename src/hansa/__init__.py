"""Hansa."""
