"""What an index folder says of where an indicator is from: its publisher, not an edition."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from hansa.sources.live.extracts import find_extract
from hansa.study.config import ScoreboardSpec
from hansa.study.scoreboard import scoreboard_files

REGIONS = ("EE00", "LV00", "LT01", "LT02")
NAMES = ("gdp-per-head", "unemployment-rate")


def test_the_source_of_an_indicator_is_that_of_its_extract(tmp_path: Path) -> None:
    (tmp_path / "indicators").mkdir()
    for i, name in enumerate(NAMES):
        table = pa.table(
            {
                "geo": list(REGIONS),
                "time": ["2022"] * 4,
                "value": [10.0 + i, 20.0, 30.0, 40.0],
                "status": ["p" if i else "", "", "", ""],
            }
        )
        pq.write_table(table, tmp_path / "indicators" / f"{name}.parquet")
    spec = ScoreboardSpec(title="S", indicators=NAMES)
    files, said = scoreboard_files(spec, "s", tmp_path, REGIONS, "nuts:2021")
    (metadata,) = (data for path, data in files.items() if path.name == "indicators.csv")
    rows = {row["code"]: row["source"] for row in csv.DictReader(metadata.decode().splitlines())}
    for name in NAMES:
        publisher = find_extract(name).part[0].source
        assert publisher.startswith("Eurostat")
        assert rows[name].startswith(publisher)
    assert rows[NAMES[1]].endswith("; 1 provisional (p)")
    assert said == (
        "gdp-per-head: 2022, 4 of 4 regions",
        "unemployment-rate: 2022, 4 of 4 regions; 1 provisional (p)",
    )
