"""Rules as data: three verdicts, and the invariants of what is not known (methods, 5)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hansa.errors import UsageError
from hansa.programme.eligibility import Case, Term, eligible
from hansa.programme.governance import Rule, Subject, apply_rules, joined_verdict, read_rules

PUBLISHED = {rule.id: rule for rule in read_rules()}

countries = st.sampled_from(["DK", "SE", "FI", "EE", ""])
roles = st.sampled_from(["leader", "participant", "associate", ""])
days = st.sampled_from(["2008-01-01", "2008-04-01", "2008-12-01", ""])
partners = st.lists(st.fixed_dictionaries({"country": countries, "role": roles}), max_size=6)
meetings = st.lists(st.fixed_dictionaries({"date": days}), max_size=5)
positions = st.lists(
    st.fixed_dictionaries(
        {"position": st.sampled_from(["support", "accept", "object", "none", ""])}
    ),
    max_size=4,
)
amounts = st.sampled_from(["100", "50", "0", ""])
money = st.lists(st.fixed_dictionaries({"amount": amounts, "gdp": amounts}), max_size=4)
subjects = st.builds(
    lambda named, start, evaluated, p, m, q, c: Subject(
        "x", {"leader_named": named, "start": start, "evaluation_set": evaluated},
        {"partners": p, "meetings": m, "positions": q, "contributions": c},
    ),
    days, days, days, partners, meetings, positions, money,
)  # fmt: skip


def rules() -> list[Rule]:
    """The published ones, with a limit on the contributions, which the publication leaves open."""
    own = dict(PUBLISHED)
    own["2"] = own.pop("2-contribution-by-gdp").model_copy(
        update={"most": Decimal("0.1"), "id": "2"}
    )
    return [Rule(**rule.model_dump()) for rule in own.values()]


def cells(subject: Subject):
    yield from ((None, name) for name in subject.fields)
    for table, rows in subject.tables.items():
        yield from (((table, i), name) for i, row in enumerate(rows) for name in row)


def changed(subject: Subject, where, name: str, value: str) -> Subject:
    if where is None:
        return replace(subject, fields={**subject.fields, name: value})
    table, at = where
    rows = [dict(row) for row in subject.tables[table]]
    rows[at][name] = value
    return replace(subject, tables={**subject.tables, table: rows})


def verdicts(subject: Subject) -> dict[str, str]:
    return {r.rule.id: r.verdict for r in apply_rules(rules(), subject)}


@given(subjects)
def test_blanking_a_cell_never_turns_fail_or_cannot_say_into_pass(subject):
    before = verdicts(subject)
    for where, name in cells(subject):
        after = verdicts(changed(subject, where, name, ""))
        for rule, verdict in before.items():
            if verdict != "pass":
                assert after[rule] != "pass", (rule, where, name)


FILLED = {"country": "LT", "role": "participant", "date": "2008-06-01", "position": "accept",
          "amount": "60", "gdp": "60"}  # fmt: skip


@given(subjects)
def test_filling_what_is_missing_settles_it(subject):
    for where, name in cells(subject):
        value = subject.fields[name] if where is None else subject.tables[where[0]][where[1]][name]
        if value == "":
            subject = changed(subject, where, name, FILLED.get(name, "2008-02-02"))
    for result in apply_rules(rules(), subject):
        few = {"4-meetings": len(subject.tables["meetings"]) < 2,
               "2": not sum(float(r["amount"]) for r in subject.tables["contributions"])
               or not sum(float(r["gdp"]) for r in subject.tables["contributions"])}  # fmt: skip
        assert few.get(result.rule.id) or result.verdict != "cannot say", result


@given(subjects)
def test_the_order_of_rules_changes_nothing_and_what_is_missing_is_named(subject):
    results = apply_rules(rules(), subject)
    assert results == apply_rules(rules()[::-1], subject)
    assert all(bool(r.missing) == (r.verdict == "cannot say") for r in results)


def test_who_left_and_who_only_listens_is_no_country():
    rows = [
        {"country": "DK", "role": "leader"},
        {"country": "SE", "role": "participant", "to": "2008-06-01"},
        {"country": "FI", "role": "participant", "from": "2008-03-01"},
        {"country": "EE", "role": "associate"},
    ]
    rule = [PUBLISHED["1-three-countries"]]
    found = {
        on: apply_rules(rule, Subject("x", {}, {"partners": rows}, on))[0].verdict
        for on in ("2008-02-01", "2008-05-31", "2008-06-01")
    }
    assert found == {"2008-02-01": "fail", "2008-05-31": "pass", "2008-06-01": "fail"}


def test_a_table_that_is_not_there_is_no_empty_table():
    results = apply_rules(list(PUBLISHED.values()), Subject("x", {}, {}))
    assert {r.verdict for r in results} == {"cannot say"}
    assert joined_verdict(results) == "cannot say"


def test_a_rule_that_cannot_be_read_is_told(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(
        '[[rule]]\nid = "a"\ntext = {en = "x"}\ntest = "distinct"\nof = "p.c"\nsource = "s"\n'
    )
    from hansa.programme.governance import read_rules as read

    with pytest.raises(UsageError, match="distinct needs least or most"):
        read(path)


TERMS = (
    Term("ERDF", "pays up to rate", activity="soft", rate=None),
    Term("ERDF", "doesn't pay", activity="hard"),
    Term("ERDF", "doesn't pay", party_group="IS"),
    Term("National", "pays"),
)


def test_what_a_fund_pays():
    """Structural funds pay soft cooperation, not hard; Iceland takes part by other means."""
    assert eligible(TERMS, Case("ERDF", activity="soft", party_group="EU")).verdict == "pass"
    assert eligible(TERMS, Case("ERDF", activity="hard", party_group="EU")).verdict == "fail"
    assert eligible(TERMS, Case("ERDF", activity="soft", party_group="IS")).verdict == "fail"
    assert eligible(TERMS, Case("National", party_group="IS")).verdict == "pass"
    unknown = eligible(TERMS, Case("ERDF", activity="soft"))
    assert (unknown.verdict, unknown.missing) == ("cannot say", ("party_group",))
    assert eligible(TERMS, Case("Other")).missing == ("a row for Other",)
