"""The Django side: addresses, guards, templates. It asks the desk for pages and lays them out."""
