"""What was agreed before a call: who pays by economic strength, and rules of common governance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from hansa.language import N_, _, spoken
from hansa.programme.activities import Tested
from hansa.programme.call import Call
from hansa.programme.contributions import Contributions, Share
from hansa.programme.governance import ORDER, Result, Rule
from hansa.report.document import Section, Table
from hansa.views.call_words import funder_names, money_of
from hansa.views.format import MINUS, MISSING, grouped, joined
from hansa.views.written import Written, because

VERDICTS = {"pass": N_("pass"), "fail": N_("fail"), "cannot say": N_("cannot say")}


def contributions_section(call: Call, found: Contributions, told: dict[str, Any]) -> Section:
    """GDP shares of the funders against what they give, in cash and in kind.

    told  line, python and command of the section
    """
    money = money_of(call)
    columns = (
        _("Funder"), _("Share of GDP"), _("Expected"), _("Cash"), _("In kind"), _("Total"),
        _("Above or below, points"), _("Cash in its total"),
    )  # fmt: skip
    rows = tuple(_share_row(call, found, s) for s in found.shares)
    caption = _("What GDP asks for and what is given, amounts in {unit}", unit=money.unit)
    sure = [_("In-kind money stands apart: it never fills a cash pot.")]
    if found.leverage is not None:
        sure.append(
            _(
                "All money in the ledger is {times} times the budget of {budget}.",
                times=grouped(float(found.leverage), 2), budget=money.full(found.budget),
            )
        )  # fmt: skip
    return Section(
        id="contributions",
        question=_("Who pays by economic strength?"),
        answer=(_contributions_answer(call, found),),
        tables=(Table(caption, columns, rows),),
        certainty=tuple(sure),
        **told,
    )


def _contributions_answer(call: Call, found: Contributions) -> str:
    if found.missing:
        return _(
            "No GDP share can be said: the GDP of {funders} is missing.",
            funders=funder_names(call, found.missing),
        )
    known = [(s.deviation, s.party) for s in found.shares if s.deviation is not None]
    if not known:
        return _("Nothing is promised yet, so nothing stands against the GDP shares.")
    (low, least), (high, most) = min(known), max(known)
    return _(
        "{most} gives most beyond its share of GDP ({high} points), {least} least ({low} points).",
        most=funder_names(call, (most,)), high=_points(high),
        least=funder_names(call, (least,)), low=_points(low),
    )  # fmt: skip


def _share_row(call: Call, found: Contributions, s: Share) -> tuple[str, ...]:
    money = money_of(call)
    why = _("the GDP of {funders} is missing", funders=joined(found.missing))
    return (
        funder_names(call, (s.party,)),
        because(MISSING, why) if s.share is None else _percent(s.share),
        because(MISSING, why) if s.expected is None else money.text(s.expected),
        money.text(s.cash), money.text(s.in_kind), money.text(s.total),
        because(MISSING, why) if s.deviation is None else _points(s.deviation),
        because(MISSING, _("it gives nothing")) if s.cash_share is None
        else _percent(s.cash_share),
    )  # fmt: skip


def _percent(share: Fraction) -> Written:
    return Written(f"{grouped(100 * float(share), 1)} %", float(share), unit="share")


def _points(share: Fraction) -> Written:
    points = 100 * float(share)
    text = grouped(points, 1)
    return Written(text if text.startswith(MINUS) else f"+{text}", points, unit="points")


def rules_section(rules: Sequence[Rule], tested: Sequence[Tested], told: dict[str, Any]) -> Section:
    """Every activity by the rules agreed in advance: pass, fail, or cannot say.

    told  line, python and command of the section
    """
    counts = Counter(r.verdict for one in tested for r in one.results)
    answer = _(
        "{rules} rules on {activities} activities: {passed} pass, {failed} fail, {unsaid} cannot "
        "be said.",
        rules=len(rules), activities=len(tested), passed=counts["pass"], failed=counts["fail"],
        unsaid=counts["cannot say"],
    )  # fmt: skip
    return Section(
        id="rules",
        question=_("Are the rules kept that were agreed in advance?"),
        answer=(answer,),
        tables=(_by_rule(rules, tested), _by_activity(tested)),
        certainty=(
            _(
                "Nothing unknown is guessed: cannot say becomes pass or fail once what is named "
                "as missing is filled in."
            ),
        ),
        **told,
    )


_WANTING = {
    "the table ": N_("the table {name}"),
    "limit of ": N_("limit of {name}"),
    "two dates in ": N_("two dates in {name}"),
}
"""What stands for a field that is missing, by how the rules call it."""


def _wanting(field: str) -> str:
    """What would settle a rule: a field by its name, or in words."""
    for head, text in _WANTING.items():
        if field.startswith(head):
            return _(text, name=field.removeprefix(head))
    return field


def _by_rule(rules: Sequence[Rule], tested: Sequence[Tested]) -> Table:
    rows = []
    for rule in sorted(rules, key=lambda r: r.id):
        own = [r for one in tested for r in one.results if r.rule.id == rule.id]
        counts = Counter(r.verdict for r in own)
        missing = [_wanting(m) for m in dict.fromkeys(m for r in own for m in r.missing)]
        more = _("{first} and {more} more", first=joined(missing[:2]), more=len(missing) - 2)
        rows.append((
            text_of(rule), *(str(counts[v]) for v in reversed(ORDER)),
            joined(missing) if len(missing) < 4 else more, rule.source,
        ))  # fmt: skip
    columns = (_("Rule"), _("Pass"), _("Cannot say"), _("Fail"), _("Missing"), _("Source"))
    return Table(_("Rule by rule: how many activities"), columns, tuple(rows))


def _by_activity(tested: Sequence[Tested]) -> Table:
    ids = [r.rule.id for r in tested[0].results] if tested else []
    rows = tuple((one.activity, *(_verdict(r) for r in one.results)) for one in tested)
    return Table(_("Activity by activity"), (_("Activity"), *ids), rows)


def _verdict(result: Result) -> str:
    word = _(VERDICTS[result.verdict])
    return f"{word} ({result.found})" if result.verdict != "cannot say" and result.found else word


def text_of(rule: Rule) -> str:
    """The rule in the language spoken, in English where it has no other."""
    return rule.text.get(spoken()) or rule.text.get("en") or next(iter(rule.text.values()))


def agreed(folder: Any, call: Call) -> tuple[Contributions, tuple[Rule, ...], tuple[Tested, ...]]:
    """Contributions to a call folder and its activities tested by the published rules."""
    from hansa.programme.activities import activities_tested, call_contributions, subjects
    from hansa.programme.governance import read_rules

    rules = read_rules()
    tested = activities_tested(rules, subjects(folder, call))
    return call_contributions(folder, call), rules, tested
