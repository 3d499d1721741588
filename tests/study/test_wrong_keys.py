"""Keys of study.toml that cannot be meant: told when the study is read, by name, with ways out."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from hansa.cli import app
from hansa.errors import HansaError, UsageError
from hansa.sources.spec import spec_from
from hansa.study.check import check_path
from hansa.study.config import Study, read_study
from hansa.study.run import run_study

FACTS = '[facts.jobs]\nfile = "jobs.csv"\n'
WELL = f'title = "North"\n{FACTS}'
JOBS = "geo,activity,time,employment\nnorth,16,2020,30\nnorth,62,2020,70\n"
MEMBERS = "cluster,activity,weight\nwood,16,1\ncode,62,1\n"


def refusal(folder: Path, text: str) -> HansaError:
    """What reading the study says, which `hansa check` has to say too."""
    (folder / "study.toml").write_text(text)
    with pytest.raises(UsageError) as refused:
        read_study(folder)
    assert check_path(folder) == [refused.value.finding]
    assert refused.value.finding.place == f"{folder}/study.toml"
    return refused.value


@pytest.mark.parametrize(
    ("keys", "key", "needed"),
    [
        ("definitions = []", "definitions", "at least one; leave the key out for the default"),
        ("measures = []", "measures", "at least one; leave the key out for the default"),
        ("base = []", "base", "at least one; leave the key out for the default"),
        ('definitions = ["a.csv", "a.csv"]', "definitions", "each once; twice: a.csv"),
        ('measures = ["focus", "focus"]', "measures", "each once; twice: focus"),
    ],
)
def test_nothing_or_the_same_twice(tmp_path: Path, keys: str, key: str, needed: str) -> None:
    found = refusal(tmp_path, f"{keys}\n{WELL}").finding
    assert found.rule == f"the study is wrong at '{key}'"
    assert found.admissible == needed


def test_two_bases_of_one_folder(tmp_path: Path) -> None:
    bases = '[[base]]\nname = "All of it"\n[[base]]\nname = "all of it"\n'
    found = refusal(tmp_path, WELL + bases).finding
    assert found.rule == "the study is wrong at 'base'"
    assert found.admissible.endswith("alike: 'All of it', 'all of it'")


def test_two_definitions_with_one_id(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "jobs.csv").write_text(JOBS)
    for name in ("wood.csv", "more/wood.csv"):
        (tmp_path / name).write_text(MEMBERS)
    (tmp_path / "study.toml").write_text(f'definitions = ["wood.csv", "more/wood.csv"]\n{WELL}')
    with pytest.raises(HansaError) as refused:
        run_study(read_study(tmp_path), tmp_path)
    assert refused.value.finding.rule == "two definitions of the study have one id"
    assert refused.value.finding.printed == "wood.csv, more/wood.csv"
    assert refused.value.finding in check_path(tmp_path)


@pytest.mark.parametrize(
    ("text", "rule", "found", "needed"),
    [
        (
            f'titel = "North"\n{FACTS}',
            "'titel'; did you mean title?",
            "'North'",
            "one of " + ", ".join(Study.model_fields),
        ),
        (
            'title = "North"\n[fact.jobs]\nfile = "jobs.csv"\n',
            "'fact'; did you mean facts?",
            "a table with jobs",
            "one of " + ", ".join(Study.model_fields),
        ),
        (
            f'{WELL}clasification = "nace:2"\n',
            "'facts.jobs.clasification'; did you mean classification?",
            "'nace:2'",
            "one of file, alone, sheet, header, format, columns, ",
        ),
        (
            f'{WELL}[[base]]\nname = "all"\nwitout = ["A"]\n',
            "'base.0.witout'; did you mean without?",
            "['A']",
            "one of name, without",
        ),
        (
            'title = "North"\n[facts]\nfile = "jobs.csv"\ncolumns = { time = "year" }\n',
            "'facts.file'",
            "'jobs.csv'",
            "tables with a name each: [facts.NAME]",
        ),
        (FACTS, "'title'", "", "this key, which has no default"),
        (f'definitions = "x"\n{WELL}', "'definitions'", "'x'", 'a list of texts: ["…", "…"]'),
        (f'period = "2020"\n{WELL}', "'period'", "'2020'", "two years, the earlier one first: "),
        (f"period = [2020]\n{WELL}", "'period'", "[2020]", "two years, the earlier one first: "),
        (f'base = "x"\n{WELL}', "'base'", "'x'", "tables [[base]], each with a name: "),
        (f'hidden = "x"\n{WELL}', "'hidden'", "'x'", "absent, bounds or fill"),
        (f'min_cell = "few"\n{WELL}', "'min_cell'", "'few'", "a number of persons: 0 or more"),
        (f"min_cell = -5\n{WELL}", "'min_cell'", "-5", "a number of persons: 0 or more"),
        (f"min_cell = nan\n{WELL}", "'min_cell'", "nan", "a number of persons: 0 or more"),
        ("title = 3\n" + FACTS, "'title'", "3", "a text in quotes"),
        (f"{WELL}columns = 3\n", "'facts.jobs.columns'", "3", "our names = the names of the table"),
        (f"{WELL}where = {{ a = {{ b = 1 }} }}\n", "'facts.jobs.where.a'", "{'b': 1}", "columns"),
        (f'{WELL}level = {{ x = "y" }}\n', "'facts.jobs.level.x'", "'x'", "{ activity = "),
        (f"{WELL}rounding = [1]\n", "'facts.jobs.rounding.0'", "1", "pairs of a value and a step"),
        (f'{WELL}links = "a.csv"\n', "'facts.jobs'", "", "links without convert; "),
    ],
)
def test_a_wrong_key_is_named_in_our_words(
    tmp_path: Path, text: str, rule: str, found: str, needed: str
) -> None:
    finding = refusal(tmp_path, text).finding
    assert finding.rule == f"the study is wrong at {rule}"
    assert finding.printed == found
    assert finding.admissible.startswith(needed)


def test_a_wrong_key_of_a_description() -> None:
    with pytest.raises(UsageError) as refused:
        spec_from({"clasification": "nace:2"}, "jobs.meta.toml")
    finding = refused.value.finding
    assert finding.rule.endswith("at 'clasification'; did you mean classification?")


def test_columns_have_an_option_of_their_own() -> None:
    given = ("compute", "employment", "--facts", "x.csv", "--table", "columns=x")
    done = CliRunner().invoke(app, given)
    assert isinstance(done.exception, UsageError)
    assert done.exception.finding.rule == "the description of the facts is wrong at 'columns'"
    assert done.exception.finding.admissible.endswith("or --columns time=year")
