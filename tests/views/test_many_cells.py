"""Thousands of regions: what is shared between cells, years and formats says the same as before."""

from __future__ import annotations

import numpy as np
import pytest

from hansa.errors import HansaError
from hansa.language import speaking
from hansa.law import MEANING
from hansa.panel import Panel
from hansa.views import reading as readings
from hansa.views.flagwords import flags_of, flags_text
from hansa.views.heatgrid import grid_of
from hansa.views.hover import cell_hover, hovers
from hansa.views.labels import Box, Mark, _free
from hansa.views.reading import At, Cell, Reading, Words, read
from hansa.views.rows import KEPT, MANY, MOST, _kept, taken_apart
from hansa.views.tiles import Layout, country, layout_for

from .panels import NAMES, panel, quotients

REGIONS = [f"{land}{i:02}" for land in ("DE", "FI", "SE") for i in range(25)]
YEARS = tuple(range(2010, 2020))


def many(*, last_of_first: int = 2019) -> Panel:
    """75 regions, 4 clusters, 10 years: 3,000 rows; the first region ends in a year of its own."""
    rows = []
    for i, geo in enumerate(REGIONS):
        for j, cluster in enumerate(("food", "metals", "ships", "wood")):
            for year in YEARS:
                if geo == REGIONS[0] and year > last_of_first:
                    continue
                value = 0.1 * (1 + (7 * i + 3 * j + year) % 31)
                known = (i + j + year) % 9 > 0
                ends = {"lower": value - 0.05, "upper": value + 0.05} if i % 2 and known else {}
                rows.append(
                    {
                        "geo": geo,
                        "cluster": cluster,
                        "time": year,
                        "value": value if known else None,
                        "status": "" if known else "c",
                        **ends,
                    }
                )
    return quotients(*rows, geography="local")


def slowly(own: Panel, along: str, at: At) -> Reading:
    """The same reading row by row, from the whole panel."""
    columns, found = readings._picked(own, along, at)
    cells = tuple(readings._cells(columns, along, (own.header, NAMES)))
    spot = At(found.get("geo"), found.get("cluster"), found.get("time"))
    return Reading(cells, own.header, readings.scale_of(own.header), along, spot)


@pytest.mark.parametrize(
    ("along", "at"),
    [
        ("geo", At(cluster="food")),
        ("geo", At(cluster="wood", time=2012)),
        ("cluster", At(geo="SE07")),
        ("cluster", At(geo="DE00", time=2010)),
        ("time", At(geo="DE01", cluster="ships")),
    ],
)
@pytest.mark.parametrize(("least", "most"), [(MANY, MOST), (10_000, MOST), (MANY, 100), (10**6, 1)])
def test_rows_taken_apart_once_give_what_the_whole_panel_gives(
    along: str, at: At, least: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large panels by year, small ones as a whole, and years that are large themselves."""
    monkeypatch.setattr(readings, "MANY", least)
    monkeypatch.setattr(readings, "MOST", most)
    own = many()
    assert MANY <= len(own) <= MOST
    assert read(own, along, at, NAMES) == slowly(own, along, at)


def test_a_large_year_is_looked_through_once_for_all_regions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Looked through for each region, a report on 30,000 of them would not end."""
    monkeypatch.setattr(readings, "MOST", 1)
    own, looked = many(), []
    among = Panel.among
    monkeypatch.setattr(Panel, "among", lambda *asked: looked.append(asked) or among(*asked))
    for region in REGIONS:
        assert len(read(own, "cluster", At(geo=region, time=2019), NAMES).cells) == 4
    grid_of(own, At(time=2019), NAMES, None)
    assert len(looked) == 1


def test_a_region_whose_years_end_before_is_read_in_its_own_last_year() -> None:
    own = many(last_of_first=2015)
    assert read(own, "cluster", At(geo=REGIONS[0]), NAMES).at.time == 2015
    assert read(own, "cluster", At(geo=REGIONS[1]), NAMES).at.time == 2019
    with pytest.raises(HansaError, match=r"nothing to show for time 2018"):
        read(own, "cluster", At(geo=REGIONS[0], time=2018), NAMES)
    with pytest.raises(HansaError, match="nothing to show for geo XX"):
        read(own, "cluster", At(geo="XX"), NAMES)


def test_years_of_other_panels_are_other_years() -> None:
    one, other = many(), many()
    double = other.table.set_column(
        other.table.column_names.index("value"),
        "value",
        [[None if v is None else 2 * v for v in other.table["value"].to_pylist()]],
    )
    at = At(cluster="food")
    first = {c.code: c.value for c in read(one, "geo", at, NAMES).cells}
    twice = Panel(other.dims, double, other.header)
    second = {c.code: c.value for c in read(twice, "geo", at, NAMES).cells}
    assert first.keys() == second.keys()
    assert all(second[g] == (None if v is None else 2 * v) for g, v in first.items())


def test_no_more_panels_are_remembered_than_said() -> None:
    rows = [{"geo": "UKL2", "cluster": "food", "value": 1.0}]
    own = [panel(rows, measure="focus") for _ in range(KEPT + 5)]
    for each in own:
        assert taken_apart(each, ("geo", "cluster"))[1] == {("UKL2", "food"): [0]}
    assert len(_kept) == KEPT
    assert taken_apart(own[-1], ("geo", "cluster")) is taken_apart(own[-1], ("geo", "cluster"))


def test_all_hovers_at_once_are_those_of_each_cell_in_both_languages() -> None:
    told = {}
    for language in ("en", "sv"):
        with speaking(language):
            reading = read(many(), "geo", At(cluster="food"), NAMES)
            assert hovers(reading) == {c.code: cell_hover(c, reading) for c in reading.cells}
            told[language] = "".join(hovers(reading).values())
    assert "not known (confidential)" in told["en"]
    assert "(1.1–1.3)" in told["en"]
    assert "(1,1–1,3)" in told["sv"]


def test_names_of_many_codes_are_those_of_each() -> None:
    words = Words({"UKL2": "East Wales as it is called here"})
    header = quotients({"value": 1.0}).header
    codes = ["UKL2", "UKD6", "10", "nowhere"]
    assert words.names(codes, header) == [words.name(code, header) for code in codes]
    assert words.names(codes, header)[0] == "East Wales as it is called here"
    assert words.names(codes, header)[1] == "Cheshire"
    assert words.names(codes, header)[3] == "nowhere"


def test_reasons_and_flags_follow_the_language() -> None:
    cell = Cell("a", "a", None, status=flags_of("m;c"))
    assert (cell.reason, cell.meaning) == (
        "confidential and missing",
        f"{MEANING['c']}; {MEANING['m']}",
    )
    with speaking("sv"):
        assert cell.reason != "confidential and missing"
    assert cell.reason == "confidential and missing"
    assert flags_text(flags_of("own;m;c")) == "c;m"


def test_borders_run_where_no_square_or_another_country_lies() -> None:
    layout = layout_for(REGIONS)
    at = {place: code for code, place in layout.places.items()}

    def between(one: tuple[int, int], other: tuple[int, int]) -> bool:
        here, there = at.get(one), at.get(other)
        if here is None or there is None:
            return (here is None) != (there is None)
        return country(here) != country(there)

    wanted = set()
    for x in range(-1, layout.columns + 1):
        for y in range(-1, layout.lines + 1):
            if between((x, y), (x, y - 1)):
                wanted.add((x, y, x + 1, y))
            if between((x, y), (x - 1, y)):
                wanted.add((x, y, x, y + 1))
    assert set(layout.edges) == wanted
    assert len(layout.edges) == len(wanted)


def test_a_layout_is_made_once_a_language() -> None:
    assert layout_for(reversed(REGIONS)) is layout_for(REGIONS)
    with speaking("sv"):
        assert layout_for(REGIONS).note != Layout.note
        swedish = layout_for(REGIONS).note
    assert swedish != layout_for(REGIONS).note


def test_free_places_are_those_that_meet_and_touch_nothing() -> None:
    random = np.random.default_rng(20090507)
    free = 0
    for _ in range(400):
        x, y, wide, high = random.uniform(0, 90, 4)
        box, own = Box(x, y, x + wide / 5, y + high / 9), Mark(x, y, 4.0, "own")
        boxes = [Box(a, b, a + 12, b + 6) for a, b in random.uniform(0, 95, (3, 2))]
        marks = [own, *(Mark(a, b, r, "") for a, b, r in random.uniform(1, 95, (3, 3)) / (1, 1, 9))]
        met = any(box.meets(b) for b in boxes) or any(box.touches(m) for m in marks if m != own)
        assert _free(box, own, boxes, marks) is not met
        free += not met
    assert 50 < free < 350


def test_a_key_that_stands_twice_is_still_refused() -> None:
    rows = [{"geo": "UKL2", "cluster": "food", "value": 1.0}] * 2
    with pytest.raises(HansaError, match="the same key stands in more than one row") as refused:
        read(panel(rows, measure="focus"), "geo", At(cluster="food"))
    assert refused.value.finding.place == "geo UKL2"
