"""Views: a panel becomes a figure, a map, a table or a sentence. They write nothing."""
