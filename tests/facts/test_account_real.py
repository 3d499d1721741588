"""The published account of 2009: what does not agree in it, found without being told."""

from __future__ import annotations

from pathlib import Path

import pytest

import hansa
from hansa.study import published

pytestmark = pytest.mark.data

CLAIMS = Path(__file__).resolve().parents[1] / "studies" / "bsr2009-account"


@pytest.fixture(scope="module")
def found(hansa_data):
    return hansa.check(hansa_data / "bsr2009")


def texts(found, severity):
    return [(f.place, f.printed, f.admissible) for f in found if f.severity == severity]


def test_errors_are_the_changes_of_rank_that_cannot_be(found):
    """By hand: rank 2008 + change is 5 twice and 10 twice, never 4 or 11.

    Of the four rows, two have an index of 2003 that allows the rank and two have not: 76 is the
    fourth largest, 63 the eleventh; no index equals either of them.
    """
    errors = [f for f in found if f.severity == "error"]
    assert [f.rule for f in errors] == [
        "ranks and changes of rank give ranks in 2003 that are no permutation",
        "a change of rank contradicts the values in 2003",
        "a change of rank contradicts the values in 2003",
    ]
    assert errors[0].place == (
        "nim_table2_framework.csv, row 5 (DK), row 7 (CH), row 8 (GB), row 9 (AU), rank_2008, "
        "rank_change_2003_2008"
    )
    assert errors[0].printed == "rank and change give 5 for GB, AU; 10 for DK, CH; nobody has 4, 11"
    assert "rank_change_2003_2008 +5 for CH and -3 for GB" in errors[0].fix
    assert "the one smallest correction" in errors[0].fix
    assert [f.place.split(", ")[1] for f in errors[1:]] == ["row 7 (CH)", "row 8 (GB)"]
    assert errors[1].admissible.startswith("rank 11 in 2003 by index_2003")
    assert errors[2].admissible.startswith("rank 4 in 2003 by index_2003")


def test_the_other_table_has_no_error(found):
    assert not [f for f in found if "table1" in f.place and f.severity != "note"]


def test_warnings_are_what_may_have_an_explanation(found):
    warnings = {f.rule: f for f in found if f.severity == "warning"}
    assert len(warnings) == sum(f.severity == "warning" for f in found) == 3

    survey = warnings["a stated number is not what the table of the same name holds"]
    assert survey.place.startswith("facts.csv, row 12 (survey recipients stated), value; survey_")
    assert survey.printed.endswith("approximately 5000 (that is 4500 to 5500)")
    # 5,781 companies, 855 institutions, 171 experts and one dash.
    assert "sum of companies 5781 as printed, with rounding 5776 to 5786" in survey.admissible
    assert "knowledge_institutions + experts 6807 as printed, 1 not printed" in survey.admissible

    share = warnings["one thing is stated twice, and differently"]
    assert "national share: about 60 percent (that is 55 to 65)" in share.printed
    assert share.place.startswith("financing_facts.csv, row 6 (national share), value; ")

    lists = warnings["two lists share most of their names, not all"]
    assert lists.printed == (
        "only in partners.csv, country_or_body: Nordic Council of Ministers, "
        "Nordic Innovation Centre"
    )


def test_notes_are_spellings_words_and_what_was_read(found):
    notes = [f for f in found if f.severity == "note"]
    assert sorted(f.rule for f in notes) == [
        "a statement names a row that a yes/no column of like name denies",
        "rank and value moved in opposite directions",
        "rank and value moved in opposite directions",
        "read as printed tables, not as facts",
        "the same name may be spelled in two ways",
        "the same name may be spelled in two ways",
    ]
    spellings = {f.printed for f in notes if "spelled" in f.rule}
    assert spellings == {
        "N-Germany and Germany, N-Poland and Poland",
        "Value-chain clusters and Value chain clusters",
    }
    fell = [f.printed for f in notes if "opposite" in f.rule]
    assert fell == ["CH, AU, IE, BE, ES, FR", "AU, SE, IE, BE"]
    assert notes[-1].printed.startswith(
        "35 tables; nim_table1_performance.csv: rank_2008 by index_"
    )


def test_claims_typed_in(hansa_data):
    found = hansa.check(CLAIMS)
    claims = [f for f in found if f.place.startswith("account.toml, claim")]
    assert [(f.severity, f.place.split(";")[0]) for f in claims] == [
        ("error", "account.toml, claim 3 (chapter 2.1)"),
        ("error", "account.toml, claim 7 (chapter 2.3, lesson 3)"),
    ]
    assert claims[0].printed.startswith("recipients of the survey: approximately 5000")
    assert claims[0].admissible.endswith("or more, 1 more not printed")
    agree = next(f for f in found if f.rule == "statements of the text that agree with the tables")
    assert agree.printed == "5 of 7"


def test_the_tables_shipped_with_the_library_have_the_errors_of_the_print_and_no_other():
    folder = Path(published.__file__).parent / "published2009"
    found = hansa.check(folder)
    errors = [f for f in found if f.severity == "error"]
    assert [f.rule for f in errors] == [
        "ranks and changes of rank give ranks in 2003 that are no permutation",
        "a change of rank contradicts the values in 2003",
        "a change of rank contradicts the values in 2003",
    ]
    assert {f.place.partition(",")[0] for f in errors} == {"monitor-framework.csv"}
    assert not texts(found, "warning")
    notes = [(f.rule, f.place.partition(",")[0]) for f in found if f.severity == "note"]
    assert notes == [
        ("rank and value moved in opposite directions", "monitor-framework.csv"),
        ("rank and value moved in opposite directions", "monitor-performance.csv"),
        ("the same name may be spelled in two ways", "countries.csv"),
        ("read as printed tables, not as facts", str(folder)),
    ]
