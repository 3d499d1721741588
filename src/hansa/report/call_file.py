"""The report of a call as a file: HTML, PDF, or a workbook of its tables."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from hansa.errors import UsageError
from hansa.programme.call import Call
from hansa.programme.call_reading import read_call
from hansa.programme.call_results import (
    comparison_table,
    decision_table,
    pots_table,
    price_table,
    record,
)
from hansa.programme.laboratory import Outcome, band_lines, compare, ranked, solve
from hansa.programme.noise import Spread, noise, spread, units_of
from hansa.programme.ranking import exact_scores
from hansa.programme.reasons import swap
from hansa.programme.verbs import mode_named, rule_named
from hansa.programme.ways import ways_out
from hansa.report.call_report import CallReport, call_document

ENDINGS = (".html", ".pdf", ".xlsx")


def call_file(
    folder: Path, ending: str, rules: tuple[str, str], proposal: str = "", seconds: float = 5.0
) -> bytes:
    """The report of a call folder.

    ending   .html | .pdf | .xlsx
    rules    mode and ranking rule; empty: the call's own
    seconds  for each search
    Raises UsageError for another ending and for a proposal that is not in the call.
    """
    if ending not in ENDINGS:
        raise UsageError(
            f"no report can be written as {ending or 'a file without an ending'}",
            admissible=".html, .pdf or .xlsx", fix="change the ending of --out",
        )  # fmt: skip
    call = read_call(folder)
    outcome = solve(call, mode_named(rules[0]), rule_named(rules[1]), seconds)
    others = compare(call, seconds)
    if ending == ".xlsx":
        return _workbook(folder, outcome, others)
    document = call_document(outcome, shown(outcome, others, proposal, seconds))
    if ending == ".pdf":
        from hansa.report.pdf import render_pdf

        return render_pdf(document)
    from hansa.report.html import render_html

    return render_html(document).encode()


def shown(
    outcome: Outcome, others: Sequence[Outcome] = (), proposal: str = "", seconds: float = 5.0
) -> CallReport:
    """What a report shows beside the decision, computed."""
    if proposal and proposal not in {p.id for p in outcome.call.proposals}:
        raise UsageError(f"the call has no proposal {proposal!r}")
    unfunded = proposal in outcome.reasons
    rules = f'"STUDY", "{outcome.mode}", "{outcome.rule}"'
    return CallReport(
        others=tuple(others),
        spread=spread_of(outcome),
        proposal=proposal,
        swap=swap(outcome.contest, outcome.rule, outcome.decision, proposal, seconds)
        if unfunded
        else None,
        ways=ways_out(outcome, proposal) if unfunded else None,
        python=f"from hansa.programme.verbs import call_solve\ncall_solve({rules})",
        command=f"hansa call solve STUDY --mode {outcome.mode} --ranking {outcome.rule}",
    )


def spread_of(outcome: Outcome, draws: int | None = None) -> Spread | None:
    """How often each is funded where scores are uncertain; None where nothing is ranked.

    draws  fewer than the call says; rules that need the solver take 200 at most
    """
    call = outcome.call
    own = ranked(outcome.places)
    if not own:
        return None
    most = draws or (call.settings.draws if outcome.rule == "strict" else 0)
    if not most:
        return None
    exact, _ = exact_scores(call)
    scores = [exact[one.proposal.id] for one in own]
    drawn = noise(call, [one.proposal for one in own], [s for s in scores if s is not None])
    units = units_of(drawn.scores, call.settings.score_digits)[:most]
    return spread(outcome.contest, outcome.rule, units, band_lines(call))


def _workbook(folder: Path, outcome: Outcome, others: Sequence[Outcome]) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    head = book.add_format({"bold": True, "bottom": 1})
    funders = outcome.contest.pots.funders
    _read_me(book, outcome.call, record(outcome, folder))
    for name, columns in (
        ("decision", decision_table(outcome)),
        ("price", price_table(outcome.call, outcome.prices, funders)),
        ("pots", pots_table(outcome)),
        ("modes", comparison_table(others)),
    ):
        _sheet(book.add_worksheet(name), columns, head)
    book.close()
    return out.getvalue()


def _read_me(book: Any, call: Call, content: Mapping[str, Any]) -> None:
    sheet = book.add_worksheet("read me")
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 90)
    rows = [
        ("title", call.settings.title),
        ("data", "model data" if call.settings.model_data else "data of the call"),
        ("amounts", call.settings.currency),
        *((name, content[name]) for name in ("mode", "ranking", "seed", "ended", "value", "bound")),
        *((f"sha256 of {name}", text) for name, text in content["inputs"].items()),
        ("decided by", ""),
        ("on", ""),
    ]
    for y, (name, value) in enumerate(rows):
        sheet.write_string(y, 0, name)
        _cell(sheet, y, 1, value)


def _sheet(sheet: Any, columns: Mapping[str, Sequence[Any]], head: Any) -> None:
    for x, (name, values) in enumerate(columns.items()):
        sheet.write_string(0, x, name, head)
        width = max([len(name), *(len(str(v)) for v in values if v is not None)], default=8)
        sheet.set_column(x, x, min(40, width + 2))
        for y, value in enumerate(values, 1):
            _cell(sheet, y, x, value)
    sheet.freeze_panes(1, 2)


def _cell(sheet: Any, y: int, x: int, value: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        sheet.write_number(y, x, float(value))
    else:
        # Never as a formula, whatever it begins with.
        sheet.write_string(y, x, str(value))
