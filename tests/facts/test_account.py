"""Printed accounts: each rule on a small table, with the text of what it says."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import hansa
from hansa.facts.account.check import check_account

RANKED = """country,rank_2008,index_2008,index_2003,rank_change_2003_2008
Ania,1,90,80,+1
Boria,2,85,85,-1
Cedia,3,70,60,+1
Doria,4,65,65,-1
Elia,5,40,38,0
Foria,6,30,33,0
"""


def account(folder, **tables):
    """Findings on tables, without the note on what they were read as."""
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    found = check_account(folder)
    assert found[-1].rule == "read as printed tables, not as facts"
    return found[:-1]


def only(found):
    assert len(found) == 1, found
    return found[0]


# --- ranks ---------------------------------------------------------------------------


def test_a_sound_ranking_has_no_finding(tmp_path):
    assert account(tmp_path, ranking=RANKED) == []


def test_a_wrong_rank_is_named_with_all_corrections_that_would_do(tmp_path):
    f = only([f for f in account(tmp_path, t=RANKED.replace("Cedia,3", "Cedia,4")) if "change" not
             in f.rule and "changes" not in f.rule])  # fmt: skip
    assert f.severity == "error"
    assert f.place == "t.csv, row 4 (Cedia), row 5 (Doria), rank_2008, index_2008"
    assert f.rule == "a printed rank contradicts the printed values"
    assert f.printed == ("Cedia: rank_2008 4, index_2008 70; Doria: rank_2008 4, index_2008 65")
    # Or the two share the rank, as in 1 2 4 4: then one of the values is wrong.
    assert f.admissible.startswith("rank_2008 3 for Cedia or index_2008 ")
    assert f.fix.startswith("one of these corrections makes all ranks agree: look the numbers up")


def test_exchanged_ranks(tmp_path):
    text = "region,rank,score\na,1,9\nb,4,8\nc,3,7\nd,2,6\ne,5,5\nf,6,4\n"
    f = only(account(tmp_path, t=text))
    assert f.admissible == "rank of b and d exchanged"
    assert f.place == "t.csv, row 3 (b), row 5 (d), rank, score"


def test_a_mistyped_value(tmp_path):
    f = account(tmp_path, t=RANKED.replace("70,60", "07,60"))[0]
    assert f.place == "t.csv, row 4 (Cedia), rank_2008, index_2008"
    assert f.admissible == "index_2008 64.5 to 85.5 for Cedia"


def test_the_smallest_value_may_be_the_best(tmp_path):
    text = "city,place,minutes\na,1,5\nb,2,7\nc,3,7\nd,5,9\ne,4,12\n"
    f = only(account(tmp_path, t=text))
    assert "place of d and e exchanged" in f.admissible
    assert account(tmp_path, t=text.replace("d,5", "d,4").replace("e,4", "e,5")) == []


@pytest.mark.parametrize("ranks", ["1 2 2 4 5", "1 3 3 4 5", "1 2 2 3 4", "1 2.5 2.5 4 5"])
def test_every_convention_for_ties_is_accepted(tmp_path, ranks):
    rows = zip("abcde", ranks.split(), (9, 8, 8, 7, 6), strict=True)
    text = "name,rank,score\n" + "".join(f"{n},{r},{v}\n" for n, r, v in rows)
    assert account(tmp_path, t=text) == []


def test_a_shared_rank_of_different_values_is_an_error(tmp_path):
    text = "name,rank,score\na,1,9\nb,2,8\nc,2,6\nd,4,5\ne,5,4\n"
    f = only(account(tmp_path, t=text))
    assert f.severity == "error"
    assert "rank 3 for c" in f.admissible


def test_a_selection_from_a_longer_list_is_no_error(tmp_path):
    text = "name,rank,score\na,3,90\nb,7,80\nc,12,70\nd,19,60\ne,25,50\n"
    assert account(tmp_path, t=text) == []


# --- changes of rank -----------------------------------------------------------------


def test_changes_that_give_no_permutation(tmp_path):
    without = "\n".join(
        ",".join(line.split(",")[:3] + line.split(",")[4:]) for line in RANKED.split()
    )
    assert account(tmp_path, t=without + "\n") == []
    f = only(account(tmp_path, t=without.replace("65,-1", "65,0") + "\n"))
    # Ties before and none now: strange, not impossible.
    assert f.severity == "warning"
    assert f.rule == "ranks and changes of rank give ranks in 2003 that are no permutation"
    assert f.printed == "rank and change give 4 for Cedia, Doria; nobody has 3"
    # Each of the two alone would reconcile everything.
    assert "rank_change_2003_2008 0 for Cedia or -1 for Doria" in f.fix


def test_rank_and_value_may_move_apart(tmp_path):
    text = RANKED.replace("85,85,-1", "87,85,-1")
    f = only(account(tmp_path, t=text))
    assert (f.severity, f.printed) == ("note", "Boria")
    assert f.rule == "rank and value moved in opposite directions"


def test_changes_against_earlier_values(tmp_path):
    found = account(tmp_path, t=RANKED.replace("38,0", "38,1").replace("33,0", "33,-1"))
    assert {f.severity for f in found} == {"error"}
    f = found[0]
    assert f.place == "t.csv, row 6 (Elia), rank_change_2003_2008, index_2003"
    assert f.rule == "a change of rank contradicts the values in 2003"
    assert f.printed.startswith(
        "Elia: rank_2008 5, rank_change_2003_2008 1, so rank 6 in 2003, index_2003 38; against"
    )
    assert f.admissible == (
        "rank 5 in 2003 by index_2003 (each number rounded), so rank_change_2003_2008 0; "
        "or index_2003 33.5 or less"
    )


def test_equal_printed_values_allow_any_order(tmp_path):
    text = RANKED.replace("38,0", "33,1").replace("33,0", "33,-1")
    assert account(tmp_path, t=text) == []


def test_the_sign_of_changes_is_found(tmp_path):
    turned = RANKED.replace(",+1", ",!").replace(",-1", ",+1").replace(",!", ",-1")
    assert account(tmp_path, t=turned) == []


# --- sums ----------------------------------------------------------------------------

SUMS = "area,firms,schools,total\na,10,5,15\nb,20,6,26\nc,30,7,37\nd,5,5,10\nTotal,65,23,88\n"


def test_totals(tmp_path):
    assert account(tmp_path, t=SUMS) == []
    row, column = account(tmp_path, t=SUMS.replace("30,7,37", "30,7,73"))
    assert column.rule == "a printed total is not the sum of its row"
    assert column.place == "t.csv, row 4 (c), total, firms, schools"
    assert column.printed == "c: total 73; firms + schools add up to 37"
    assert column.admissible == "35.5 to 38.5 (each number rounded)"
    assert row.rule == "a printed total is not the sum of its column"
    found = account(tmp_path, t=SUMS.replace("65,23", "56,23"))
    assert [f.place for f in found] == [
        "t.csv, row 6 (Total), firms",
        "t.csv, row 6 (Total), total, firms, schools",
    ]


def test_rounding_explains_small_differences(tmp_path):
    assert account(tmp_path, t=SUMS.replace("65,23,88", "66,23,89")) == []


def test_a_row_of_means_is_no_row_of_sums(tmp_path):
    assert account(tmp_path, t="area,level\na,10\nb,20\nc,30\nAll,20\n") == []


def test_a_missing_part_leaves_the_upper_end_open(tmp_path):
    assert account(tmp_path, t="area,firms\na,10\nb,-\nc,30\nTotal,55\n") == []
    f = only(account(tmp_path, t="area,firms\na,10\nb,-\nc,30\nTotal,8\n"))
    assert f.printed == "firms 8 for Total; its 3 parts add up to 40 (1 more not printed)"


def test_shares(tmp_path):
    good = "area,share\na,33\nb,33\nc,33\n"
    assert account(tmp_path, t=good) == []
    f = only(account(tmp_path, t=good.replace("c,33", "c,43")))
    assert (f.severity, f.printed) == ("warning", "3 shares add up to 109")


# --- one row -------------------------------------------------------------------------


def test_a_threshold_in_a_name(tmp_path):
    text = "area,countries,at_least_four\na,7,yes\nb,4,yes\nc,3,no\nd,5,no\ne,1,no\n"
    f = only(account(tmp_path, t=text))
    assert f.place == "t.csv, row 5 (d), at_least_four, countries"
    assert "yes exactly where countries is at least 4, as in 4 other rows" in f.admissible


def test_one_of_the_three(tmp_path):
    text = "area,one_of_the_three\na,yes\nb,yes\nc,no\nd,no\ne,no\n"
    f = only(account(tmp_path, t=text))
    assert (f.printed, f.admissible) == ("2 rows with yes in one_of_the_three", "3 rows")


def test_marks_above_the_cells_there_are(tmp_path):
    text = "group,marks,cells_possible\na,12,40\nb,28,20\nc,17,30\nd,8,10\n"
    f = only(account(tmp_path, t=text))
    assert (f.severity, f.printed) == ("error", "b: marks 28, cells_possible 20")


def test_dates(tmp_path):
    text = "step,start,end,report\nx,2008-09,2009-09,2009-02\ny,2009-05,2008-09,\n"
    f = only(account(tmp_path, t=text))
    assert (f.severity, f.rule) == ("error", "an end lies before its start")
    f = only(account(tmp_path, t=text.replace("y,2009-05", "y,2008-05").replace("09-02", "12-02")))
    assert (f.severity, f.rule) == ("warning", "a date lies outside its period")


def test_mixed_units(tmp_path):
    rows = "".join(
        f"{n},{v}\n" for n, v in zip("abcdefg", (31, 28, 40, 35000, 22, 37, 30), strict=True)
    )
    f = only(account(tmp_path, t="area,people\n" + rows))
    assert (f.severity, f.place) == ("warning", "t.csv, row 5 (d), people")
    # Large and small side by side are no mistake.
    skewed = "".join(
        f"{n},{v}\n" for n, v in zip("abcdefg", (2007, 1124, 789, 217, 73, 29, 3), strict=True)
    )
    assert account(tmp_path, t="area,people\n" + skewed) == []


# --- tables together -----------------------------------------------------------------

MEMBERS = "country\nAnia\nBoria\nCedia\nDoria\nElia\nFoxia\n"


def test_lists_against_each_other(tmp_path):
    f = only(account(tmp_path, a=MEMBERS, b="country\nAnia\nBoria\nCedia\nDoria\nElia\nUnion\n"))
    assert (f.severity, f.rule) == ("warning", "two lists share most of their names, not all")
    assert f.place == "a.csv, row 7 (Foxia), country; b.csv, row 7 (Union), country"
    assert f.printed == "only in a.csv, country: Foxia; only in b.csv, country: Union"


def test_spellings_are_notes(tmp_path):
    f = only(account(tmp_path, a=MEMBERS, b=MEMBERS.replace("Foxia", "N-Foxia")))
    assert (f.severity, f.rule) == ("note", "the same name may be spelled in two ways")
    assert f.printed in ("N-Foxia and Foxia", "Foxia and N-Foxia")


def test_a_column_that_uses_some_names_of_a_list_is_fine(tmp_path):
    uses = "project,country\n1,Ania\n2,Ania\n3,Boria\n4,Cedia\n5,Doria\n"
    assert account(tmp_path, a=MEMBERS, b=uses) == []


def test_stated_twice_in_two_tables(tmp_path):
    one = "code,name,members\na,Ania,5\nb,Boria,6\nc,Cedia,7\nd,Doria,8\n"
    f = only(account(tmp_path, one=one, two=one.replace("c,Cedia,7", "c,Cedia,9")))
    assert f.printed == "c: 7 and 9"
    assert f.place == "one.csv, row 4 (c), members; two.csv, row 4 (c), members"


def test_a_leader_among_those_it_leads(tmp_path):
    pilots = "pilot,area,lead_country\n1,food,Ania\n2,wood,Boria\n"
    partners = (
        "pilot,country,status\n1,Ania,partner\n1,Cedia,partner\n2,Boria,left\n2,Elia,partner\n"
    )
    f = only(account(tmp_path, pilots=pilots, partners=partners))
    assert f.rule == "a leader is not among those it leads"
    assert f.printed == "2: lead_country Boria; in partners.csv: Boria has left"


def test_counts_of_rows_elsewhere(tmp_path):
    groups = "group,items\na,2\nb,1\nc,3\nd,1\n"
    items = "group,need\na,p\na,q\nb,r\nc,s\nc,t\nd,u\n"
    f = only(account(tmp_path, need_groups=groups, need_items=items))
    assert f.printed == "c: items 3"
    assert f.admissible == "2 (rows of need_items.csv), as in 3 other rows"


def test_statements_against_tables(tmp_path):
    table = "area,firms,schools\na,10,5\nb,20,6\nc,30,7\n"
    facts = "fact,value\nsurvey recipients stated,approximately {}\nsurvey areas,3\n"
    assert account(tmp_path, survey_recipients=table, facts=facts.format(80)) == []
    f = only(account(tmp_path, survey_recipients=table, facts=facts.format(500)))
    assert f.place == "facts.csv, row 2 (survey recipients stated), value; survey_recipients.csv"
    assert f.printed.endswith("approximately 500 (that is 450 to 550)")
    assert "sum of firms + schools 78 as printed, with rounding 75 to 81" in f.admissible


def test_statements_against_each_other_and_their_parts(tmp_path):
    facts = (
        "what,value,unit,note\nnational share,60,percent,approximate\n"
        '"national share, low",40,percent,\n"national share, high",50,percent,\n'
        "survey questions total,165,,\nsurvey soft questions,30,,\nsurvey hard questions,135,,\n"
    )
    f = only(account(tmp_path, money=facts))
    assert f.severity == "warning"
    assert f.admissible == "55 to 65 and 39.5 to 50.5 have no number in common"
    assert account(tmp_path, money=facts.replace(",50,", ",60,")) == []
    f = only(account(tmp_path, money=facts.replace(",50,", ",60,").replace("135", "153")))
    assert f.rule == "a stated total is not the sum of its parts"
    assert f.place.startswith("money.csv, row 5 (survey questions total), row 6")


def test_counts_inside_texts(tmp_path):
    pilots = "pilot,area\n1,food\n2,wood\n3,ICT\n"
    notes = "id,text\na,the three pilots\nb,8 pilot projects elsewhere\nc,two pilots began late\n"
    f = only(account(tmp_path, pilots=pilots, notes=notes))
    assert (f.printed, f.admissible) == ("2 pilots began late", "3, the rows of pilots.csv")


# --- account.toml --------------------------------------------------------------------

TOML = """
tables = "tables"

[[claim]]
says = "about 80"
of = "sum"
at = { table = "survey.csv", column = ["firms", "schools"] }

[[claim]]
text = "firms in the largest area"
source = "chapter 2"
says = "25"
of = "max"
at = { table = "survey.csv", column = "firms" }

[[claim]]
says = "c"
of = "max"
at = { table = "survey.csv", column = "firms" }

[[claim]]
says = "more than half of it"
of = "share"
at = { table = "survey.csv", column = "firms", where = { area = "c" } }
"""


def write_account(folder, toml=TOML):
    (folder / "tables").mkdir(exist_ok=True)
    (folder / "tables" / "survey.csv").write_text("area,firms,schools\na,10,5\nb,20,6\nc,30,7\n")
    (folder / "account.toml").write_text(toml)


def test_claims_of_a_text(tmp_path):
    write_account(tmp_path, TOML.replace("more than half of it", "at least 50 percent"))
    found = check_account(tmp_path)
    assert [f.severity for f in found] == ["error", "note", "note"]
    assert found[0].place == "account.toml, claim 2 (chapter 2); survey.csv, firms"
    assert found[0].rule == "a statement of the text is not what the table holds"
    assert found[0].printed == "firms in the largest area: 25"
    assert found[0].admissible == "max: 29.5 to 30.5"
    assert found[1].printed == "3 of 4"


def test_a_claim_on_what_is_not_printed_cannot_be_said(tmp_path):
    write_account(tmp_path, TOML.split("[[claim]]\ntext")[0].replace("about 80", "95"))
    (tmp_path / "tables" / "survey.csv").write_text("area,firms,schools\na,10,5\nb,20,-\nc,30,7\n")
    found = check_account(tmp_path)
    assert found[0].rule == "a statement of the text can neither be confirmed nor refused"
    assert found[0].admissible == "sum: 69.5 or more"


def test_a_sum_that_only_rounding_could_explain_is_a_warning(tmp_path):
    write_account(tmp_path, TOML.split("[[claim]]\ntext")[0].replace("about 80", "77"))
    f = check_account(tmp_path)[0]
    assert (f.severity, f.admissible) == ("warning", "sum: 78, if no part is rounded")


def test_other_kinds_of_claims(tmp_path):
    at = 'at = { table = "survey.csv", column = "%s"%s }\n'
    where = ', where = { area = "b" }'
    claims = [
        ("3", "count", at % ("", "")),
        ("2", "count", 'at = { table = "survey.csv", where = { area = "b" } }\n'),
        ("3", "distinct", at % ("area", "")),
        ("2", "rank", at % ("firms", where)),
        ("1", "rank", at % ("firms", where)),
        ("20", "value", at % ("firms", where)),
        ("a", "min", at % ("schools", "")),
    ]
    toml = 'tables = "tables"\n' + "".join(
        f'[[claim]]\nsays = "{says}"\nof = "{of}"\n{place}' for says, of, place in claims
    )
    write_account(tmp_path, toml)
    found = check_account(tmp_path)
    assert [f.place.split(";")[0] for f in found if f.severity == "error"] == [
        "account.toml, claim 2",
        "account.toml, claim 5",
    ]
    assert next(f for f in found if f.severity == "note").printed == "5 of 7"


def test_same_and_lists(tmp_path):
    toml = (
        'tables = "tables"\nlists = [["a.csv:name", "b.csv:name"]]\n'
        'same = [[{ table = "a.csv", column = "n", where = { name = "ash" } }, '
        '{ table = "b.csv", column = "m", where = { name = "ash" } }]]\n'
    )
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "a.csv").write_text("name,n\nash,5\nelm,6\n")
    (tmp_path / "tables" / "b.csv").write_text("name,m\nash,7\noak,6\n")
    (tmp_path / "account.toml").write_text(toml)
    found = check_account(tmp_path)
    assert [(f.severity, f.printed) for f in found[:-1]] == [
        ("error", "5 and 7"),
        ("warning", "only in b.csv, name: oak; only in a.csv, name: elm"),
    ]


def test_roles_where_names_do_not_tell(tmp_path):
    text = "name,a,b\nw,1,90\nx,3,80\ny,2,70\nz,4,60\n"
    assert account(tmp_path, t=text) == []
    (tmp_path / "account.toml").write_text('[roles."t.csv"]\nrank = "a"\nvalue = "b"\n')
    f = check_account(tmp_path)[0]
    assert f.admissible.startswith("a of x and y exchanged or ")
    (tmp_path / "account.toml").write_text('[roles."t.csv"]\nrank = "c"\n')
    f = check_account(tmp_path)[0]
    assert (f.rule, f.printed) == ("a role is given to a column that is not there", "t.csv: c")


@pytest.mark.parametrize(
    ("toml", "rule", "printed"),
    [
        ("claim = 3", "account.toml is wrong at 'claim'", "3"),
        ("claims = []", "account.toml is wrong at 'claims'", "[]"),
        ("[[claim", "account.toml cannot be read", "Expected"),
        ('tables = "nowhere"', "the folder of the tables is not there", "tables = 'nowhere'"),
        (
            '[[claim]]\nsays = "1"\nat = { table = "x.csv" }\ntables = "tables"',
            "account.toml is wrong at 'claim.0.tables'",
            "'tables'",
        ),
        (
            'tables = "tables"\n[[claim]]\nsays = "1"\nof = "mean"\nat = { table = "survey" }',
            "a claim is of no known kind",
            "mean",
        ),
        (
            'tables = "tables"\n[[claim]]\nsays = "1"\nof = "sum"\n'
            'at = { table = "survey", column = "x" }',
            "survey.csv has no such column",
            "x",
        ),
    ],
)
def test_a_wrong_account_is_refused(tmp_path, toml, rule, printed):
    write_account(tmp_path, toml)
    f = check_account(tmp_path)[0]
    assert (f.severity, f.rule) == ("error", rule)
    assert f.printed.startswith(printed)


# --- routes --------------------------------------------------------------------------


def test_the_command_reads_folders_and_single_tables(tmp_path):
    (tmp_path / "account").mkdir()
    (tmp_path / "account" / "t.csv").write_text(RANKED.replace("Cedia,3", "Cedia,4"))
    code = "from hansa.cli import main; main()"
    for path in ("account", "account/t.csv"):
        done = subprocess.run(
            [sys.executable, "-c", code, "check", path, "--json"],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
        found = json.loads(done.stdout)["findings"]
        assert done.returncode == 1, done.stderr
        assert found[0]["rule"] == "a printed rank contradicts the printed values"


def test_a_table_of_facts_stays_one(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("geo,activity,time,employment\nA,x,2015,40\nB,x,2015,4\n")
    assert all("printed tables" not in f.rule for f in hansa.check(path))
    path.write_text("region,nace,year,persons\nA,x,2015,40\nA,y,2015,4\n")
    assert next(f.rule for f in hansa.check(path)).startswith("the column geo is missing")
    described = hansa.check(path, {"columns": {"geo": "region", "activity": "nace"}})
    assert all("printed tables" not in f.rule for f in described)


def test_a_file_that_cannot_be_read_is_one_finding_among_others(tmp_path):
    (tmp_path / "bad.csv").write_text("a,b\n1\n")
    found = account(tmp_path, t=RANKED.replace("Cedia,3", "Cedia,4"))
    assert "a row has fewer columns than the header" in {f.rule for f in found}
    assert "a printed rank contradicts the printed values" in {f.rule for f in found}
