"""Names stand where people look for them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hansa.language import speaking
from hansa.web.sorting import by_name

NAMES = ["Zürich", "Åland", "Lietuva", "Östergötland", "Ísland", "Länsi-Suomi", "Alsace", "Łódzkie"]


def test_accented_letters_stand_beside_their_base_letters() -> None:
    assert sorted(NAMES, key=by_name) == [
        "Åland",
        "Alsace",
        "Ísland",
        "Länsi-Suomi",
        "Lietuva",
        "Łódzkie",
        "Östergötland",
        "Zürich",
    ]


def test_in_swedish_three_letters_stand_after_z() -> None:
    with speaking("sv"):
        assert sorted(["Öland", "Ärla", "Åland", "Zürich", "Øst", "alfa"], key=by_name) == [
            "alfa",
            "Zürich",
            "Åland",
            "Ärla",
            "Öland",
            "Øst",
        ]


@given(st.lists(st.text(max_size=6)))
def test_the_order_is_total(names: list[str]) -> None:
    turned = names[::-1]
    assert sorted(names, key=by_name) == sorted(turned, key=by_name)
