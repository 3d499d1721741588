"""Tables of results as CSV: heads look alike whatever the cells hold."""

from __future__ import annotations

import pyarrow as pa
import pytest

from hansa.files import csv_bytes


@pytest.mark.parametrize(("cell", "row"), [("plain", "plain,1"), ("a, b", '"a, b",1')])
def test_names_stand_in_quotes_only_where_they_need_them(cell: str, row: str) -> None:
    table = pa.table({"reason": [cell], "value": [1]})
    assert csv_bytes(table).decode() == f"reason,value\n{row}\n"


def test_a_name_with_a_separator_stands_in_quotes() -> None:
    table = pa.table({"jobs, all": [1], "value": [2]})
    assert csv_bytes(table).decode() == '"jobs, all","value"\n1,2\n'
