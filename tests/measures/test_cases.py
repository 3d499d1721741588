"""Every measure by hand: the cases of `cases.toml`, and that no measure is without one.

Tolerance: 1e-12 relative, the accuracy the methods promise (peers-and-speed, section 7).
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pytest

import hansa
from hansa.measures import measures
from small_tables import UNKNOWN, cells, definition, facts, results

CASES = tomllib.loads((Path(__file__).parent / "cases.toml").read_text(encoding="utf-8"))["case"]


def computed(case: dict, folder: Path) -> hansa.Panel:
    groups = definition(folder, case["definition"]) if "definition" in case else ""
    jobs = facts({int(year): grid for year, grid in case["facts"].items()})
    needed = measures()[case["measure"]].needs
    if len(needed) == 1 and needed[0] != "employment" and needed[0] not in case:
        jobs.columns = [c.replace("employment", needed[0]) for c in jobs.columns]
    for column in ("payroll", "establishments"):
        if column in case:
            more = facts({int(year): grid for year, grid in case[column].items()})
            more.columns = [c.replace("employment", column) for c in more.columns]
            jobs = jobs.merge(more, on=["geo", "activity", "time"], how="outer")
    years = sorted(int(year) for year in case["facts"])
    options = {"min_cell": 0, **case.get("options", {})}
    if len(years) > 1:
        options |= {"start": years[0], "end": years[-1]}
    if "area" in options:
        own = folder / "area.toml"
        members = json.dumps(options["area"])
        own.write_text(
            f'id = "area"\ntitle = "The area"\ngeography = "local"\nmembers = {members}\n'
            'status = "ours"\nsource = "a case"\n',
            encoding="utf-8",
        )
        options["area"] = str(own)
    describe = {**UNKNOWN, **case.get("describe", {})}
    return hansa.compute(case["measure"], jobs, groups, describe=describe, **options)


@pytest.mark.parametrize("case", CASES, ids=[f"{c['measure']}: {c['says']}" for c in CASES])
def test_a_case_checked_by_hand(case, tmp_path):
    panel = computed(case, tmp_path)
    if "area" in case.get("options", {}):
        codes = [Path(code).stem for code in panel.table["geo"].to_pylist()]
        panel = replace(panel, table=panel.table.set_column(0, "geo", pa.array(codes)))
    if "labels" in case:
        labels = {key[:2]: text for key, text in results(panel, "label").items()}
        wanted = {key: None if text == "." else text for key, text in cells(case["labels"]).items()}
        assert {k: v and v.replace(" ", "-") for k, v in labels.items()} == wanted
    for part in ("lower", "upper"):
        if part in case:
            found = {key[:2]: value for key, value in results(panel, part).items()}
            assert found == {k: float(Fraction(t)) for k, t in cells(case[part]).items()}
    if "expected" not in case:
        return
    expected = cells(case["expected"])
    found = {key[:2]: value for key, value in results(panel).items()}
    assert set(found) == set(expected)
    for key, text in expected.items():
        if text == ".":
            assert found[key] is None, key
        else:
            assert found[key] == pytest.approx(float(Fraction(text)), rel=1e-12, abs=0), key
    if "status" in case:
        status = {key[:2]: text or "-" for key, text in results(panel, "status").items()}
        assert status == cells(case["status"])


@pytest.mark.parametrize("name", measures())
def test_a_measure_has_a_case_and_says_what_it_is(name):
    """The table of design section 2: no readable case, no unit or no source is a failure."""
    measure = measures()[name]
    assert measure.id == name
    assert any(case["measure"] == name for case in CASES), f"no case in cases.toml for {name}"
    for part in ("label", "unit", "kind", "formula", "source", "definition"):
        assert getattr(measure, part), f"{name} has no {part}"
    assert measure.definition.endswith(".")
    assert measure.kind in ("extensive", "intensive", "ordinal", "nominal")


def test_a_case_needs_a_measure():
    assert {case["measure"] for case in CASES} <= set(measures())


def test_the_base_is_part_of_the_name():
    assert "lq" not in measures()
    for name, measure in measures().items():
        if name == "location_quotient_shrunken":
            assert measure.base == "total"
        elif name.startswith("location_quotient"):
            assert name == f"location_quotient_{measure.base}"
    with pytest.raises(hansa.HansaError, match="no measure is called plain lq"):
        hansa.compute("lq", facts("A\nR1 1"))
