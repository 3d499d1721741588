"""The report of a call as a file: HTML, PDF, or a workbook of its tables."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from hansa.errors import UsageError, listed
from hansa.programme.call import Call
from hansa.programme.call_reading import read_call
from hansa.programme.call_results import (
    comparison_table,
    contributions_table,
    decision_table,
    money_table,
    pots_table,
    price_table,
    record,
    reviewers_table,
    rules_table,
)
from hansa.programme.laboratory import Outcome, compare, solve
from hansa.programme.losses import lost_to_pots
from hansa.programme.money import ladders
from hansa.programme.noise import Spread
from hansa.programme.reasons import swap
from hansa.programme.robustness import each_reviewer, spread_of
from hansa.programme.verbs import mode_named, rule_named
from hansa.programme.ways import ways_out
from hansa.report.call_agreed import agreed, contributions_section, rules_section
from hansa.report.call_money import STEPS, money_section
from hansa.report.call_reasons import Closely
from hansa.report.call_report import CallReport, call_document, origin_of
from hansa.report.call_scores import Sure, how_sure

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
    names = [p.id for p in call.proposals]
    if proposal and proposal not in names:
        raise UsageError(f"the call has no proposal {proposal!r}", admissible=listed(names, 20))
    outcome = solve(call, mode_named(rules[0]), rule_named(rules[1]), seconds)
    others = compare(call, seconds)
    if ending == ".xlsx":
        return _workbook(folder, outcome, others, min(1.0, seconds))
    show = shown(outcome, others, proposal, seconds)
    told = origin_of(outcome, show)
    contributed, agreed_on, tested = agreed(folder, call)
    further = (
        money_section(outcome, ladders(outcome, STEPS, min(1.0, seconds)), told),
        contributions_section(call, contributed, told),
        rules_section(agreed_on, tested, told),
    )
    document = call_document(outcome, replace(show, further=further, paper=ending == ".pdf"))
    if ending == ".pdf":
        from hansa.report.pdf import render_pdf

        return render_pdf(document)
    from hansa.report.html import render_html

    return render_html(document).encode()


def shown(
    outcome: Outcome, others: Sequence[Outcome] = (), proposal: str = "", seconds: float = 5.0,
    whole: bool = True,
) -> CallReport:  # fmt: skip
    """What a report shows beside the decision, computed.

    whole  with what has to be solved anew, whatever the rule
    """
    rules = f'"STUDY", "{outcome.mode}", "{outcome.rule}"'
    return CallReport(
        others=tuple(others),
        sure=how_sure(outcome, 4 * seconds) if whole else Sure(quick_spread(outcome)),
        lost=lost_to_pots(outcome, seconds) if whole else None,
        closely=closely(outcome, proposal, seconds) if proposal else None,
        python=f"from hansa.programme.verbs import call_solve\ncall_solve({rules})",
        command=f"hansa call solve STUDY --mode {outcome.mode} --ranking {outcome.rule}",
    )


def quick_spread(outcome: Outcome) -> Spread | None:
    """Draws of the scores where none has to be solved; None elsewhere."""
    return spread_of(outcome) if outcome.rule == "strict" else None


def closely(outcome: Outcome, proposal: str, seconds: float = 5.0) -> Closely:
    """One proposal with its swap and its ways out, where it is ranked and not funded."""
    if proposal not in outcome.reasons:
        return Closely(proposal)
    found = swap(outcome.contest, outcome.rule, outcome.decision, proposal, seconds)
    return Closely(proposal, found, ways_out(outcome, proposal))


def _workbook(folder: Path, outcome: Outcome, others: Sequence[Outcome], seconds: float) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    head = book.add_format({"bold": True, "bottom": 1})
    funders = outcome.contest.pots.funders
    contributed, _rules, tested = agreed(folder, outcome.call)
    _read_me(book, outcome.call, record(outcome, folder))
    for name, columns in (
        ("decision", decision_table(outcome)),
        ("price", price_table(outcome.call, outcome.prices, funders)),
        ("pots", pots_table(outcome)),
        ("modes", comparison_table(others)),
        ("contributions", contributions_table(outcome.call, contributed)),
        ("rules", rules_table(tested)),
        ("money", money_table(outcome, ladders(outcome, STEPS, seconds))),
        ("reviewers", reviewers_table(each_reviewer(outcome, seconds))),
    ):
        _sheet(book.add_worksheet(name), columns, head)
    book.close()
    return out.getvalue()


_TOLD = ("mode", "ranking", "top_up", "gap_share", "seed", "ended", "value", "bound")


def _read_me(book: Any, call: Call, content: Mapping[str, Any]) -> None:
    sheet = book.add_worksheet("read me")
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 90)
    rows = [
        ("title", call.settings.title),
        ("data", "model data" if call.settings.model_data else "data of the call"),
        ("amounts", call.settings.currency),
        *((name, content[name]) for name in _TOLD),
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
