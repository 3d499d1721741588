"""The reader of files of links: a clear error or right links, never anything else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hansa.errors import HansaError
from hansa.sources.links import read_links

CELL = st.sampled_from(
    ["UKM2", "UKM7", "", " UKM3 ", "1", "0.5", "-1", "1e400", "nan", "2013", "nuts:2016", "ä", '"']
)
HEAD = st.sampled_from(
    ["from", "to", "from_code", "to_code", "from_version", "to_version", "note", "people", "", "x"]
)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(head=st.lists(HEAD, min_size=1, max_size=6), data=st.data())
def test_any_text_is_links_or_one_clear_error(
    tmp_path_factory: pytest.TempPathFactory, head: list[str], data: st.DataObject
) -> None:
    rows = data.draw(st.lists(st.lists(CELL, min_size=0, max_size=7), max_size=5))
    path = tmp_path_factory.mktemp("links") / "links.csv"
    path.write_text("\n".join(",".join(row) for row in [head, *rows]), encoding="utf-8")
    refused: HansaError | None = None
    try:
        found = read_links(path, "nuts:2013", "nuts:2016", {})
    except HansaError as problem:
        refused = problem
    if refused is not None:
        assert refused.finding.rule
        assert "links.csv" in str(refused)
        return
    assert len(set(found.pairs)) == len(found.pairs)
    assert all(a and b and a == a.strip() for a, b in found.pairs)
    for flow in found.flows.values():
        assert flow.shape == (len(found.pairs),)
        assert (flow >= 0).all()
        assert np.isfinite(flow).all()


@pytest.mark.parametrize("kind", [pa.string(), pa.dictionary(pa.int32(), pa.string())])
def test_parquet_with_several_versions(tmp_path: Path, kind: pa.DataType) -> None:
    table = pa.table({
        "from_code": pa.array(["A", "A", "A", "B"]).cast(kind),
        "to_code": pa.array(["X", "Y", "Z", "A"]).cast(kind),
        "from_version": [2013, 2013, 2016, 2021],
        "to_version": [2016, 2016, 2021, 2013],
        "level": [2, 2, 2, 2],
        "pop": pa.array([1, 2, 3, 4], pa.int32()),
    })  # fmt: skip
    pq.write_table(table, tmp_path / "links.parquet")
    found = read_links(tmp_path / "links.parquet", "nuts:2013", "nuts:2016", {})
    assert found.pairs == (("A", "X"), ("A", "Y"))
    assert list(found.flows) == ["pop"]
    assert list(found.flows["pop"]) == [1, 2]
    back = read_links(tmp_path / "links.parquet", "nuts:2013", "nuts:2021", {})
    assert (back.pairs, back.turned) == ((("A", "B"),), True)
    with pytest.raises(HansaError, match="does not join nuts:2006 and nuts:2016"):
        read_links(tmp_path / "links.parquet", "nuts:2006", "nuts:2016", {})


def test_columns_by_other_names(tmp_path: Path) -> None:
    path = tmp_path / "links.csv"
    path.write_text("old,new,people,area\nA,X,1,2\n", encoding="utf-8")
    with pytest.raises(HansaError, match="--link-columns from=NAME"):
        read_links(path, "nuts:2013", "nuts:2016", {})
    found = read_links(
        path, "nuts:2013", "nuts:2016", {"from": "old", "to": "new", "weight": "area"}
    )
    assert found.pairs == (("A", "X"),)
    assert list(found.flows) == ["area"]
    with pytest.raises(HansaError, match="no column jobs"):
        read_links(path, "nuts:2013", "nuts:2016", {"from": "old", "to": "new", "weight": "jobs"})
    with pytest.raises(HansaError, match="links have no column origin"):
        read_links(path, "nuts:2013", "nuts:2016", {"origin": "old"})
