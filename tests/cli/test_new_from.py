"""`hansa new DIR --from TABLE`: what was understood, every mistake, or a study, never a part."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from hansa.cli import app
from hansa.errors import HansaError
from hansa.sources.spec import FactsSpec
from hansa.sources.tabular import read_facts
from hansa.study.config import read_study

TABLE = """\
Region;Näring;2019;2022
EE00;16;18200;17900
EE00;31;9100;8800
LV00;16;26700;27800
LV00;31;8200;8000
"""


def run(folder: Path, text: str, encoding: str = "latin-1") -> tuple[int, str]:
    path = folder / "jobs.csv"
    path.write_text(text, encoding=encoding)
    found = CliRunner().invoke(app, ["new", str(folder / "mine"), "--from", str(path)])
    if isinstance(found.exception, HansaError):
        raise found.exception
    return found.exit_code, found.output


def test_a_study_is_made_of_a_table(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    code, said = run(tmp_path, TABLE)
    assert code == 0, said
    assert "classification = nace:2   (2 of 2 codes exist there" in said
    spec = read_study(tmp_path / "mine").facts["table"]
    assert (spec.encoding, spec.delimiter, spec.wide) == ("cp1252", ";", "years")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["jobs.csv", "mine"]


def test_every_mistake_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    code, said = run(tmp_path, TABLE.replace("LV00;16", "LX00;16").replace("8800", "88oo"))
    assert code == 1
    assert "unknown geo code 'LX00'" in said
    assert "'88oo'" in said
    assert [p.name for p in tmp_path.iterdir()] == ["jobs.csv"]


def test_what_cannot_be_told_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(HansaError, match="cannot be told: the industry"):
        run(tmp_path, TABLE.replace("Näring", "x").replace(";16;", ";wood;").replace(";31;", ";;"))
    code, said = run(tmp_path, TABLE.replace("EE00;31;9100", "EE00;31"))
    assert (code, "fewer columns than the header" in said) == (1, True)


def test_what_a_table_says_of_itself_stays_in_the_study(tmp_path: Path) -> None:
    """Rows it leaves out, its zeros and its codes: none is guessed anew, none is lost."""
    rows = ("SE11,A,16,100", "SE11,C,16,1000", "SE12,A,16,300", "SE12,A,31,0", "UKM8,A,16,9")
    text = "geo,kind,activity,emp\n" + "\n".join(rows) + "\n"
    (tmp_path / "jobs.meta.toml").write_text(
        'columns = { employment = "emp", time = "=2019" }\nwhere = { "kind!" = ["C", "D"] }\n'
        'zeros = "hidden"\ngeography = "nuts:2013"\nunknown_codes = "set_aside"\n'
        'source = "Office of statistics"\n'
    )
    code, said = run(tmp_path, text)
    assert code == 0, said
    assert "geography = nuts:2013   (The table says so itself.)" in said
    assert 'where = {"kind!": ["C", "D"]}   (The table says so itself.)' in said
    spec = read_study(tmp_path / "mine").facts["table"]
    assert spec.source == "Office of statistics"
    here, there = (
        read_facts(path, own).load(2019).values.value.tolist()
        for path, own in (
            (tmp_path / "jobs.csv", FactsSpec()),
            (tmp_path / "mine" / "facts" / "table.csv", spec),
        )
    )
    assert str(there) == str(here) == "[100.0, 300.0, nan]"


def test_a_column_can_be_named_beside_the_table(tmp_path: Path) -> None:
    text = TABLE.replace("Näring", "x").replace(";16;", ";wood;").replace(";31;", ";cork;")
    with pytest.raises(HansaError, match="cannot be told: the industry") as refused:
        run(tmp_path, text)
    assert 'columns = { activity = "NAME" } in jobs.meta.toml' in refused.value.finding.fix
    (tmp_path / "jobs.meta.toml").write_text('columns = { activity = "x" }\n')
    code, said = run(tmp_path, text)
    assert code == 0, said


def test_columns_that_nothing_is_read_from_are_told(tmp_path: Path) -> None:
    table = "geo,activity,time,employment,remark\nEE00,16,2022,17900,good\nLV00,16,2022,27800,odd\n"
    code, said = run(tmp_path, table)
    assert code == 0, said
    assert "columns that are not used" in said
    assert "found:  remark" in said
