"""Statuses of tables as signs of a letter, with their meaning below."""

from __future__ import annotations

from hansa.law import MEANING
from hansa.report.document import table_behind
from hansa.report.signs import key, sign, signs, with_signs
from hansa.views.figure import Figure

WORDS = "confidential; filled by a named step; known only between two bounds"


def test_every_status_has_a_sign_of_its_own() -> None:
    found = [sign(flag) for flag in MEANING]
    assert len(set(found)) == len(MEANING)
    assert all(len(one) <= 5 for one in found)


def test_a_status_in_words_becomes_signs_and_the_key_says_what_they_mean() -> None:
    assert signs([WORDS, "", "Experts: not printed"]) == {WORDS: "c i ±"}
    assert sign("c;imputed;interval") == "c i ±"
    assert key(["c i ±"]) == (
        "Status: c confidential; i filled by a named step; ± known only between two bounds."
    )
    assert key([]) == ""


def test_only_columns_of_statuses_are_shortened() -> None:
    rows, note = with_signs(("Name", "Status"), [("confidential", "confidential"), ("x", "why")])
    assert rows == (("confidential", "c"), ("x", "why"))
    assert note == "Status: c confidential."


def test_the_table_behind_a_figure_says_its_signs() -> None:
    figure = Figure(
        "x", "T", "", {}, {}, "", (), ("Code", "Jobs", "Status"), (("a", "1", WORDS),), "", False
    )
    table = table_behind(figure)
    assert table.rows == (("a", "1", "c i ±"),)
    assert table.note.startswith("Status: c confidential;")


def test_flags_and_reasons_are_signs_too() -> None:
    long = f"{MEANING['d']}, missing and confidential"
    found = signs(["c;d;imputed;interval", "d", "confidential and missing", long])
    assert found == {
        "c;d;imputed;interval": "c d i ±",
        "d": "d",
        "confidential and missing": "c m",
        long: "d m c",
    }
    assert signs(["no reason recorded", "confidentially", "confidential or so", "c; why"]) == {}
    rows, note = with_signs(("Name", "Status"), [("A", "d"), ("B", MEANING["d"]), ("C", "")])
    assert rows == (("A", "d"), ("B", "d"), ("C", ""))
    assert note == f"Status: d {MEANING['d']}."
