"""Hidden cells: what published sums say about them, and the best guess within it."""
