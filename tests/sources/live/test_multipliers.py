"""UNIT_MULT: values come to stand in their unit, exactly, once, and never where it is unclear."""

from __future__ import annotations

import math
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sdmx_server import SdmxServer

import hansa
from hansa.errors import HansaError
from hansa.sources.live.contract import Observations
from hansa.sources.live.extracts import extracts, find_extract, tabulated
from hansa.sources.live.multipliers import multiplied

NAME = "OECD.CFE.EDS,DSD_REG_ECO@DF_GDP,2.0"


def found(values: list[float | None], powers: list[str | None], **more: object) -> Observations:
    rows = len(values)
    table = pa.table(
        {
            "geo": [f"R{n}" for n in range(rows)],
            "UNIT_MEASURE": pa.array(more.pop("unit", ["EUR"] * rows), pa.string()),
            "value": pa.array(values, pa.float64()),
            "status": [""] * rows,
            "UNIT_MULT": pa.array(powers, pa.string()),
        }
    )
    return Observations(table, ("geo", "UNIT_MEASURE"), notes=("kept",), **more)  # type: ignore[arg-type]


def test_one_multiplier_is_applied_as_if_the_zeros_were_printed() -> None:
    # 4.35 * 100 and 1.1 * 1000 in floats: the first misses 435.
    assert 4.35 * 100 != 435.0
    done = multiplied(found([4.35, None, 0.0], ["2", "2", "2"]))
    assert done.table["value"].to_pylist() == [435.0, None, 0.0]
    assert done.table["UNIT_MULT"].to_pylist() == ["0", "0", "0"]
    assert done.steps == ("value multiplied by 10^2, as UNIT_MULT says",)
    assert done.notes[0].startswith("Printed in multiples of its unit")
    assert done.notes[-1] == "kept"
    assert multiplied(done).table.equals(done.table), "once is enough"


def test_multipliers_that_differ_are_applied_row_by_row_and_said() -> None:
    done = multiplied(found([1.5, 2.5, 3.5, 4.5], ["6", "3", "0", None]))
    assert done.table["value"].to_pylist() == [1.5e6, 2.5e3, 3.5, 4.5]
    assert done.table["UNIT_MULT"].to_pylist() == ["0", "0", "0", None]
    assert done.steps == (
        "value multiplied by 10 to the power UNIT_MULT, row by row (10^0 in 2 rows, 10^3 in 1 "
        "rows, 10^6 in 1 rows)",
    )
    assert any("1 values state no UNIT_MULT" in note for note in done.notes)


def test_units_that_name_a_multiple_are_left_as_printed() -> None:
    own = found([1.5, 2.5, 3.5], ["6", "6", "6"], unit=["MIO_EUR", "USD_PPP", "EUR"],
                labels={"UNIT_MEASURE": {"EUR": "Thousand euro"}})  # fmt: skip
    done = multiplied(own)
    assert done.table["value"].to_pylist() == [1.5, 2.5e6, 3.5]
    assert done.table["UNIT_MULT"].to_pylist() == ["6", "0", "6"]
    (said,) = [note for note in done.notes if "left as printed" in note]
    assert said.startswith("2 values are left as printed")
    assert "MIO_EUR, EUR (Thousand euro)" in said


@pytest.mark.parametrize(
    ("unit", "left"),
    [("THS_PER", True), ("USD_MN", True), ("1000 t", True), ("10^6 EUR", True), ("MEUR", True),
     ("per 100 000", True), ("USD_PPP", False), ("2000", False), ("I15", False), ("MNT", False),
     ("PC", False), ("EUR_KP_PRE", False)],
)  # fmt: skip
def test_what_counts_as_a_unit_that_names_a_multiple(unit: str, left: bool) -> None:
    done = multiplied(found([1.0], ["3"], unit=[unit]))
    assert done.table["value"].to_pylist() == [1.0 if left else 1000.0]


def test_codes_that_are_no_power_of_ten_are_left_and_said() -> None:
    done = multiplied(found([1.0, 2.0, 3.0], ["_Z", "1.5", "3"]))
    assert done.table["value"].to_pylist() == [1.0, 2.0, 3000.0]
    assert any("UNIT_MULT '_Z', '1.5' is no power of ten" in note for note in done.notes)


def test_a_code_may_come_with_its_name() -> None:
    done = multiplied(found([1.5, 2.5], ["6: Millions", "0: Units"]))
    assert done.table["value"].to_pylist() == [1.5e6, 2.5]
    assert done.table["UNIT_MULT"].to_pylist() == ["0", "0: Units"]


def test_nothing_to_do_changes_nothing() -> None:
    own = found([1.0, 2.0], ["0", "0"])
    assert multiplied(own) == own


def test_a_multiplier_that_is_a_dimension_is_said_and_not_applied() -> None:
    own = found([1.0, 2.0], ["3", "6"])
    own = Observations(own.table, ("geo", "UNIT_MULT"))
    done = multiplied(own)
    assert done.table.equals(own.table)
    assert "UNIT_MULT is a dimension here" in done.notes[0]


@given(st.decimals(-(10**11), 10**11, places=4, allow_nan=False), st.integers(-12, 15))
def test_any_printed_number_moves_exactly(printed: Decimal, power: int) -> None:
    done = multiplied(found([float(printed)], [str(power)]))
    assert done.table["value"].to_pylist() == [float(printed.scaleb(power))]


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e280, max_value=1e280))
def test_any_float_moves_to_the_nearest_one(value: float) -> None:
    done = multiplied(found([value, 1.0], ["3", "3"]))
    got = done.table["value"].to_pylist()[0]
    assert got == float(Decimal(repr(value)).scaleb(3))
    assert math.isfinite(got)


def gdp() -> pa.Table:
    rows = [
        {"FREQ": "A", "REF_AREA": r, "UNIT_MEASURE": "USD_PPP", "TIME_PERIOD": "2020",
         "OBS_VALUE": f"{12345.67 + n}", "OBS_STATUS": "A", "UNIT_MULT": "6"}
        for n, r in enumerate(("SE11", "SE12"))
    ]  # fmt: skip
    return pa.Table.from_pylist(rows)


def test_fetched_values_stand_in_their_unit_and_the_header_says_so() -> None:
    with SdmxServer({NAME: gdp()}, layout="oecd") as server:
        made = hansa.fetch(f"oecd:{NAME}", at=server.home)
    assert made.table["value"].to_pylist() == [12_345_670_000.0, 12_346_670_000.0]
    step = "value multiplied by 10^6, as UNIT_MULT says"
    assert made.description["steps"] == [step]
    assert any(step in note for note in made.report["notes"])


def test_the_steps_of_a_fetched_table_can_be_read_back(tmp_path: Path) -> None:
    from hansa.files import toml_bytes

    with SdmxServer({NAME: gdp()}, layout="oecd") as server:
        made = hansa.fetch(f"oecd:{NAME}", at=server.home)
    path = tmp_path / "gdp.csv"
    path.write_text("geo,activity,time,employment\nSE11,A,2020,1\n")
    (tmp_path / "gdp.meta.toml").write_bytes(
        toml_bytes({"format": 1, "steps": made.description["steps"]})
    )
    assert made.description["steps"][0] in hansa.read(path).header.steps


def test_no_extract_is_multiplied_twice() -> None:
    """All of them ask Eurostat, whose units name their multiples and which sends no UNIT_MULT."""
    for extract in extracts().values():
        assert {part.dataset.partition(":")[0] for part in extract.part} == {"eurostat"}
    part = find_extract("gdp-euro").part[0]
    table = pa.table(
        {"unit": ["MIO_EUR"], "geo": ["SE11"], "TIME_PERIOD": ["2020"], "value": [1.5],
         "status": [""], "UNIT_MULT": ["6"]}
    )  # fmt: skip
    own = multiplied(Observations(table, ("unit", "geo", "TIME_PERIOD"), "TIME_PERIOD"))
    assert tabulated(own, part)["value"].to_pylist() == [1.5], "MIO_EUR is a multiple already"
    plain = table.set_column(0, "unit", pa.array(["EUR"]))
    own = multiplied(Observations(plain, ("unit", "geo", "TIME_PERIOD"), "TIME_PERIOD"))
    with pytest.raises(HansaError, match="states its unit in another way than the extract"):
        tabulated(own, part)
