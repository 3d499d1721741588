"""Findings in the language spoken: each text that is made has a pattern, and is said by it."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

import hansa
from hansa.errors import Finding, HansaError
from hansa.index.retold import FAULTS
from hansa.language import speaking
from hansa.patterns import matched
from hansa.programme.call_reading import read_call
from hansa.programme.model_call import model_call
from hansa.study.told import told
from hansa.study.told_calls import CALLS
from hansa.study.told_files import FILES
from hansa.study.told_indices import INDICES
from hansa.study.told_steps import STEPS
from hansa.study.told_studies import STUDIES
from hansa.study.told_tables import TABLES
from hansa.web import told as web_told

MODULES = (
    *("sources.columns", "sources.cells", "sources.raw", "sources.text", "sources.excel"),
    *("sources.vocabulary", "sources.rows", "sources.quantities", "sources.tabular"),
    *("sources.spec", "sources.spec_measures", "sources.classes", "sources.guess.sample"),
    *("clusters.coverage", "clusters.definition", "clusters.members", "codes.codelist"),
    *("codes.geography", "measures.slices", "measures.rules", "study.config", "study.adopt"),
    *("index.reading", "index.metadata", "index.data", "index.tree"),
    *("study.adopt_check", "study.places", "web.state", "web.session", "web.composing"),
    *("index.chain", "index.recipe", "index.steps", "index.steps_impute", "index.steps_scores"),
    *("index.normalise", "index.treat", "index.impute", "index.impute_draws", "index.factors"),
    *("index.impute_models", "index.impute_rules", "index.schemes", "index.weights_correlation"),
    *("index.weights_data", "index.weights_people", "index.weights_reading", "index.evaluator"),
    *("index.whatif", "index.reach", "index.change", "index.extreme", "index.sensitivity"),
    *("index.robustness", "index.removal", "index.strengths", "index.ratios", "index.noise"),
    *("index.workbook", "index.result", "index.audit_parts"),
    *(
        "study.plan",
        "study.run",
        "study.choices",
        "sources.geometry",
        "report.xlsxlong",
        "report.pdf",
    ),
    *("export.regions", "export.geopackage", "export.guard", "export.sheet"),
    *("programme.call_reading", "programme.call_settings", "programme.call_tables"),
    *("programme.activities", "programme.governance", "programme.laboratory"),
    *("programme.replay", "programme.verbs", "programme.call_claims", "programme.call_check"),
)
"""What a page may have to refuse; the first text of an error is its rule."""
MADE = {
    "HansaError": 0,
    "UsageError": 0,
    "writing": 0,
    "fault": 1,
    "faults.add": 1,
    "Finding": 2,
}
"""What makes a finding, and where its rule stands."""
ALL = TABLES | STUDIES | INDICES | STEPS | CALLS | FILES | web_told.PAGES
ENGLISH = re.compile(r"\b(the|and|or|of|with|is|are|be|rows?|columns?|each|not|by|in)\b")


WORDS = {"self.dimension": "geo", "dimension": "geo"}
"""Words of ours that are filled in."""


def texts_of(node: ast.expr) -> Iterator[str]:
    """The texts that an expression may be, `X` where something is filled in."""
    if isinstance(node, ast.IfExp):
        yield from texts_of(node.body)
        yield from texts_of(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.BinOp):
        ends = list(texts_of(node.right)) or ["X"]
        yield from (left + end for left in texts_of(node.left) for end in ends)
    elif isinstance(node, ast.JoinedStr):
        found = [""]
        for part in node.values:
            inner = part.value if isinstance(part, ast.FormattedValue) else part
            ways = [t for t in texts_of(inner) if t] if isinstance(inner, ast.IfExp) else []
            if isinstance(inner, ast.Constant):
                ways = [str(inner.value)]
            ways = ways or [WORDS.get(ast.unparse(inner), "X")]
            found = [text + way for text in found for way in ways]
        yield from found


def made_in(module: ModuleType) -> Iterator[tuple[str, str]]:
    """(part, text) of every error that a module makes in so many words."""
    assert module.__file__ is not None
    for call in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8"))):
        made = ast.unparse(call.func) if isinstance(call, ast.Call) else ""
        if isinstance(call, ast.Call) and made in MADE:
            first = MADE[made]
            parts = [("rules", arg) for arg in call.args[first : first + 1]]
            parts += [("fixes", arg) for arg in call.args[first + 3 : first + 4]]
            parts += [("fixes", k.value) for k in call.keywords if k.arg == "fix"]
            yield from ((part, text) for part, node in parts for text in texts_of(node))


@pytest.mark.parametrize("name", MODULES)
def test_every_refusal_can_be_said_in_another_language(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    what = "region" if name == "web.session" else "classification"
    monkeypatch.setitem(WORDS, "what", what)
    said = list(made_in(importlib.import_module(f"hansa.{name}")))
    assert said or name == "study.adopt_check"
    lost = [
        (part, text)
        for part, text in said
        if re.search(r"^(?!\w+ = [\[\d])[^-].*[a-z]{3} ", text)
        and matched(text, (*getattr(ALL, part), *FAULTS)) is None
    ]
    assert lost == []


def csv(*rows: str) -> bytes:
    return "\n".join(("geo,activity,time,employment", *rows, "")).encode()


GOOD = "SE11,10,2020,5"
BAD = {
    "thousands.csv": csv(GOOD, 'SE12,10,2020,"1,234"'),
    "words.csv": csv(GOOD, "SE12,10,2020,many"),
    "below.csv": csv(GOOD, "SE12,10,2020,-3"),
    "code.csv": csv(GOOD, "SE99,10,2020,3"),
    "year.csv": csv(GOOD, "SE12,10,2020-05-01,3"),
    "ragged.csv": csv(GOOD, "SE12,10,2020"),
    "twice.csv": csv(GOOD, GOOD),
    "header.csv": b"geo,activity,time,employment\n",
    "names.csv": b"geo,geo,time,employment\nSE11,10,2020,1\n",
    "other.csv": b"geo;activity;time;employment\nSE11;10;2020;1\n",
    "latin.csv": csv(GOOD, "SE12,10,2020,3").replace(b"SE12", b"S\xe412"),
    "quotes.csv": csv(GOOD, '"SE12,10,2020,3'),
    "lost.csv": b"geo,time,employment\nSE11,2020,1\n",
    "empty.csv": b"",
}


def refused(name: str, folder: Path) -> Finding:
    """What the check says first of one of the tables."""
    path = folder / name
    path.write_bytes(BAD[name])
    describe = {"geography": "nuts:2016", "classification": "nace:2", "absent_rows": "unknown"}
    return hansa.check(path, describe)[0]


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_with_a_table_is_said_in_swedish(name: str, tmp_path: Path) -> None:
    found = refused(name, tmp_path)
    with speaking("sv"):
        said = told(found)
    assert said.severity == found.severity == "error"
    for part in ("rule", "fix"):
        assert getattr(said, part) != getattr(found, part)
    # Names of columns and options stay as they are.
    plain = re.sub(r"--\S+ ?\S*|'[^']*'|\{.*?\}|\w+ = \S+", "", " ".join((said.rule, said.fix)))
    assert ENGLISH.findall(plain) == []


def test_the_place_is_said_and_the_file_keeps_its_name(tmp_path: Path) -> None:
    found = refused("words.csv", tmp_path)
    assert found.place.endswith("words.csv, row 3, column employment")
    with speaking("sv"):
        said = told(Finding("error", "row 3.csv, row 3, column employment", "", "", "", ""))
    assert said.place == "row 3.csv, rad 3, kolumn employment"


def test_nothing_changes_in_english(tmp_path: Path) -> None:
    found = refused("thousands.csv", tmp_path)
    assert told(found) is found


def test_a_text_without_a_pattern_stays() -> None:
    odd = Finding("note", "file, somewhere", "who knows", "this", "that", "whatever")
    with speaking("sv"):
        assert told(odd) == odd


@pytest.mark.parametrize(
    ("make", "rule", "needed"),
    [
        (lambda: _study("nowhere"), "det här är ingen studiemapp", "en mapp med study.toml"),
        (lambda: _geography("QQ"), "okänd geografi 'QQ'", ""),
        (lambda: _rules("zzz"), "okänd regeluppsättning 'zzz'", ""),
        (lambda: _state("foo"), "den här sidan känner ingen parameter 'foo'", "lang"),
    ],
    ids=["study", "geography", "rules", "address"],
)
def test_unknown_names_are_refused_in_swedish(
    make: Callable[[], object], rule: str, needed: str
) -> None:
    with pytest.raises(HansaError) as problem, speaking("sv"):
        make()
    with speaking("sv"):
        said = web_told.told(problem.value.finding)
    assert said.rule == rule
    assert needed in said.admissible


def _study(name: str) -> object:
    from hansa.study.config import read_study

    return read_study(Path(name))


def _geography(name: str) -> object:
    from hansa.codes import geography

    return geography(name)


def _rules(name: str) -> object:
    from hansa.measures.rules import find_rules

    return find_rules(name)


def _state(name: str) -> object:
    from hansa.web.state import state_of

    return state_of([(name, "1")], ("lang",))


def test_several_errors_of_a_study_are_counted_in_swedish() -> None:
    first = Finding("error", "x", "the file is empty (2 more: hansa check)", "0 bytes", "", "")
    with speaking("sv"):
        said = told(first)
    assert said.rule == "filen är tom (ytterligare 2: hansa check)"
    assert said.printed == "0 byte"


def test_everything_wrong_with_an_index_is_said_in_swedish(tmp_path: Path) -> None:
    rows = "code,type,parent,direction,weight\ntop,aggregate,,,\na,indicator,top,,x\n"
    (tmp_path / "indicators.csv").write_text(f"{rows}b,indicator,nowhere,2,1\n")
    (tmp_path / "data.csv").write_text("unit,a,b\nX,1,2\n")
    with pytest.raises(HansaError) as problem:
        hansa.index(tmp_path)
    found = problem.value.finding
    with speaking("sv"):
        said = told(found)
    assert re.fullmatch(r"\d things are wrong with .*indicators.csv", found.rule)
    assert re.fullmatch(r"\d saker är fel med .*indicators.csv", said.rule)
    lines = said.printed.split("\n")
    assert len(lines) == int(found.rule[0])
    assert "rad 3 (a): weight är inget tal (hittat x); rätta kolumnen weight" in lines[0]
    assert ENGLISH.findall(said.printed.replace(str(tmp_path), "")) == []


def test_lists_that_were_cut_short_and_numbers_are_said() -> None:
    rows = "rows set aside: their codes are not in the declared version"
    found = Finding("warning", "a.csv", rows, "geo X1: 7 rows, geo X2: 3 rows and 2 more", "", "")
    with speaking("sv"):
        said = told(found)
        share = told(Finding("note", "a.csv", "", "3 of 24 rows (12.5%)", "", "")).printed
    assert said.rule == "rader som lagts åt sidan: deras koder finns inte i den angivna versionen"
    assert said.printed == "region X1: 7 rader, region X2: 3 rader och 2 till"
    assert share.replace("\u202f", " ") == "3 av 24 rader (12,5 %)"


def test_a_broken_recipe_is_told_in_swedish_with_its_step(tmp_path: Path) -> None:
    rows = "code,type,parent,direction,weight\ntop,aggregate,,,\na,indicator,top,1,1\n"
    (tmp_path / "indicators.csv").write_text(f"{rows}b,indicator,top,1,1\n")
    (tmp_path / "data.csv").write_text("unit,a,b\nX,1,2\nY,2,5\n")
    recipe = 'format = 1\n[[step]]\ndo = "normalise"\nrange = "wide"\n'
    (tmp_path / "recipe.toml").write_text(f'{recipe}[[step]]\ndo = "aggregate"\n')
    with pytest.raises(HansaError) as problem:
        hansa.index(tmp_path)
    with speaking("sv"):
        said = told(problem.value.finding)
    assert said.rule == "en inställning har fel slags värde"
    assert said.place.endswith("recept, steg 1 (normalise), range")
    assert said.admissible == "en lista"
    assert said.fix == "rätta det i receptet; inget har beräknats"


def test_everything_wrong_with_a_call_is_said_in_swedish(tmp_path: Path) -> None:
    for name, content in model_call().items():
        (tmp_path / name).write_bytes(content)
    funders = tmp_path / "funders.csv"
    head, first, *rest = funders.read_text(encoding="utf-8").splitlines()
    bad = first.split(",")
    bad[head.split(",").index("cash")] = "1 000"
    funders.write_text("\n".join([head, ",".join(bad), first, *rest]), encoding="utf-8")
    with pytest.raises(HansaError) as problem:
        read_call(tmp_path)
    with speaking("sv"):
        said = told(problem.value.finding)
    assert re.fullmatch(r"\d saker är fel med utlysningen", said.rule)
    assert "cash är inget tal" in said.printed
    assert "står två gånger (hittat först i " in said.printed
    assert ENGLISH.findall(said.printed.replace(str(tmp_path), "")) == []
