"""From raw facts to an analysable panel: reduce, check."""
