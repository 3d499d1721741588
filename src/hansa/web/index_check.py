"""What is wrong with an index that is served without a study: its tables, then its audit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hansa.errors import HansaError
from hansa.language import N_, _
from hansa.web.indices import index_sheet, opened
from hansa.web.session import Session
from hansa.web.sheet import Item, Listing, Sheet
from hansa.web.state import EMPTY

if TYPE_CHECKING:
    from hansa.errors import Finding
    from hansa.index.audit import Audit


def check(session: Session) -> Sheet:
    """What is wrong with the tables; where they can be run, the findings of the audit."""
    from hansa.report.index_audit_report import verdict
    from hansa.web.pages.check import checked_sections, inside

    question = _("What is wrong with this index?")
    looked = Listing(_("What was checked"), tuple(Item(_(text)) for text in _LOOKS))
    try:
        index = opened(session, EMPTY)
        assert index is not None
        audit = index.audit
    except HansaError as problem:
        found = [inside(problem.finding, session.folder)]
        told = _("The index cannot be run: its tables have to be put right first.")
        return Sheet(question, (told,), tuple(checked_sections(found, _RUN)), lists=(looked,))
    sections = tuple(checked_sections(list(_audited(audit)), _AUDIT))
    sheet = Sheet(question, (verdict(audit),), sections, lists=(looked,))
    return index_sheet(session, index, sheet)


_PYTHON = 'import hansa\nresult = hansa.index("INDEX", replications=10000)\n'
_RUN = (_PYTHON.rstrip(), "hansa index run INDEX")
_AUDIT = (f"{_PYTHON}from hansa.index.audit import audit\naudit(result).findings",
          "hansa index audit INDEX --json")  # fmt: skip
_LOOKS = (
    N_("Looked at: both tables, cell by cell; the tree and its families; correlations, loadings "
       "and consistency of each family; weights against what they move; filled cells; "
       "replications of the choices left open; ties; the ten steps of the OECD/JRC handbook."),
    N_("Not looked at: whether the publishers counted correctly, and whether the indicators "
       "measure what the index is called."),
)  # fmt: skip


def _audited(audit: Audit) -> Iterator[Finding]:
    """Findings of an audit in the one shape of all findings; what passed is left out."""
    from hansa.errors import Finding

    for f in audit.findings:
        if f.severity != "ok":
            place = _("{object} (step {step})", object=f.code, step=f.step)
            what = f.what.strip("()") if f.what.startswith("(") else f.what
            yield Finding(f.severity, place, what, f.found, f.needed, f.fix)
