"""Firm-level tables: entry, exit, survival, growth and age of firms, through the disclosure gate.

Rows of firms go in and only safe panels come out (`run.firm_panels`). `rows` opens files,
`keys` reads ids and codes, `histories` makes one history a firm and asks it, `contradictions` are
firms that cannot be counted, `tallies` adds up, `windows` finds what is confidential, `together`
what else to hide, with proofs from `moves` and `lock`, `panels` lays out what is published;
`messages` holds what may be said of rows, `definitions` what is measured and where it is defined.
"""

from hansa.facts.firms.definitions import Choices
from hansa.facts.firms.run import FirmPanels, Machine, firm_panels

__all__ = ["Choices", "FirmPanels", "Machine", "firm_panels"]
