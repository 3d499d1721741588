"""What a dropped table is told in another language: findings with the names of its own words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hansa.errors import Finding
from hansa.language import speaking
from hansa.sources.cells import infinite
from hansa.web.drop_fields import fields_of
from hansa.web.drop_work import Look, Looked, for_people

LOOK = Look(Path("/somewhere/0123/table.csv"), "my jobs.csv", {})
SEEN = Looked(("activity", "geo", "year", "n"), 3, (), {"geo": "geo", "time": "year"}, {}, ())


def test_names_of_columns_are_not_translated() -> None:
    with speaking("sv"):
        fields = {field.name: field for field in fields_of(SEEN)}
    assert ("activity", "activity") in fields["activity"].options
    assert ("", "inte valt") in fields["activity"].options
    assert fields["where_column"].options[0] == ("", "alla rader")


def test_a_finding_has_the_name_of_its_owner_and_is_said_in_swedish() -> None:
    found = infinite(f"{LOOK.path}, row 4, column n", "inf").finding
    with speaking("sv"):
        said = for_people(found, LOOK)
    assert said.place == "my jobs.csv, rad 4, kolumn n"
    assert said.rule == "ett värde är oändligt"
    assert said.fix == "rätta cellen eller lämna den tom"
    assert for_people(found, LOOK).rule == "a value is infinite"


def test_ways_out_name_the_fields_in_swedish_where_they_are_there() -> None:
    fix = "keep the year only, or name another column: --columns time=NAME"
    found = Finding("error", "table.csv, row 2, column of time", "time is empty", "''", "", fix)
    declared = 'say so: decimal = "," in study.toml or NAME.meta.toml, or --table decimal=,'
    with speaking("sv"):
        above, alone = for_people(found, LOOK, fields=True), for_people(found, LOOK)
        choose = for_people(replace(found, fix=declared), LOOK, fields=True)
    assert above.place == "my jobs.csv, rad 2, tidskolumnen"
    assert above.fix == "behåll bara året, eller ange en annan kolumn: nedan, vid ”År”"
    assert alone.fix == "behåll bara året, eller ange en annan kolumn: --columns time=NAME"
    assert choose.fix == "ange det: välj det nedan"
