"""Broken indices: each message names the cell or the code, and a way out; nothing is computed.

One small index (units u0 to u6, indicators a to e, pillars p and q under top) is broken in one
place at a time. `named` are words that the message must hold beside its remedy `do`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from hansa.errors import HansaError, UsageError
from hansa.index.chain import run
from hansa.index.metadata import tree_of
from hansa.index.reading import data_of, read_folder, read_recipe
from hansa.index.recipe import PLAIN, changed, recipe_of

Rows = list[dict[str, Any]]
Table = dict[str, list[Any]]
PARENTS = {"a": "p", "b": "p", "c": "q", "d": "q", "e": "top"}
NORMALISE, WEIGH, AGGREGATE = ({"do": s} for s in ("normalise", "weigh", "aggregate"))


def whole_meta() -> Rows:
    rows = [
        {
            "code": c,
            "type": "indicator",
            "parent": p,
            "direction": -1 if c == "b" else 1,
            "weight": 1,
        }
        for c, p in PARENTS.items()
    ]
    for code, parent in (("p", "top"), ("q", "top"), ("top", "")):
        rows.append(
            {"code": code, "type": "aggregate", "parent": parent, "direction": 1, "weight": 1}
        )
    return rows


def whole_data() -> Table:
    rng = np.random.default_rng(1)
    numbers = {c: rng.normal(50, 10, 7).round(2).tolist() for c in "abcde"}
    return {"unit": [f"u{i}" for i in range(7)], **numbers}


def cell(code: str, **cells: Any) -> Callable[[Rows], Rows]:
    """Cells of one row of the metadata are other ones."""
    return lambda rows: [{**r, **(cells if r["code"] == code else {})} for r in rows]


def more(**row: Any) -> Callable[[Rows], Rows]:
    return lambda rows: [*rows, {"parent": "", "direction": 1, "weight": 1, **row}]


def without(column: str) -> Callable[[Any], Any]:
    def gone(table: Any) -> Any:
        if isinstance(table, dict):
            return {k: v for k, v in table.items() if k != column}
        return [{k: v for k, v in row.items() if k != column} for row in table]

    return gone


def put(column: str, row: int, value: Any) -> Callable[[Table], Table]:
    return lambda t: {**t, column: [value if i == row else v for i, v in enumerate(t[column])]}


def all_of(column: str, values: list[Any]) -> Callable[[Table], Table]:
    return lambda t: {**t, column: values}


def both(*changes: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def one_after_the_other(table: Any) -> Any:
        for change in changes:
            table = change(table)
        return table

    return one_after_the_other


def two_years(table: Table) -> Table:
    out = {c: [*v, *v] for c, v in table.items()}
    return {**out, "year": [2001] * 7 + [2002] * 7}


def tall(table: Table) -> Table:
    """The same as rows of unit, indicator and value."""
    cells = [(u, c, table[c][i]) for i, u in enumerate(table["unit"]) for c in "abcde"]
    return {k: [row[n] for row in cells] for n, k in enumerate(("unit", "indicator", "value"))}


def points(**cells: Any) -> Rows:
    rows = [
        {"expert": e, "parent": "p", "code": c, "points": "50"} for e in ("Ada", "Bo") for c in "ab"
    ]
    return [{**rows[0], **cells}, *rows[1:]]


def steps(**options: Any) -> tuple[dict[str, Any], ...]:
    return (NORMALISE, {**WEIGH, **options}, AGGREGATE)


LONG_TAIL = [1.0, 2, 1, 2, 3, 2, 9e9]


@dataclass(frozen=True)
class Case:
    """named: what the message must say; do: what its remedy must say."""

    name: str
    named: tuple[str, ...]
    do: str
    meta: Callable[[Rows], Rows] = field(default=lambda rows: rows)
    data: Callable[[Table], Table] = field(default=lambda table: table)
    steps: tuple[dict[str, Any], ...] = (NORMALISE, AGGREGATE)


TREE = [
    Case("unknown parent", ("code a", "pp"), "correct the parent", cell("a", parent="pp")),
    Case("an indicator as parent", ("code a", "no aggregate", "c"), "correct the parent",
         cell("a", parent="c")),
    Case("two roots", ("q, top", "several roots"), "give all but one a parent",
         cell("q", parent="")),
    Case("no root", ("no root", "p > top > p"), "leave the parent of the index empty",
         cell("top", parent="p")),
    Case("cycle", ("p, q", "p > q > p"), "correct one of these parents",
         both(cell("p", parent="q"), cell("q", parent="p"))),
    Case("a node under itself", ("codes p", "p > p"), "correct one of these parents",
         cell("p", parent="p")),
    Case("an indicator as root", ("code only", "an indicator is the root"), "add an aggregate",
         lambda rows: [{**rows[0], "code": "only", "parent": ""}]),
    Case("duplicate code", ("code c", "2 rows"), "rename or remove",
         more(code="c", type="indicator", parent="p")),
    Case("an indicator that is a group too", ("code c", "2 rows"), "rename or remove",
         more(code="c", type="group")),
    Case("aggregate without children", ("code lonely", "no children"), "remove it",
         more(code="lonely", type="aggregate", parent="top")),
    Case("row without a code", ("row 10", "no code"), "fill the column code",
         more(code="", type="indicator", parent="p")),
    Case("unknown type", ("row 2 (a)", "'factor'"), "correct the column type",
         cell("a", type="factor")),
    Case("direction 0", ("row 3 (b)", "0"), "correct the column direction",
         cell("b", direction=0)),
    Case("direction in words", ("row 3 (b)", "up"), "column direction", cell("b", direction="up")),
    Case("no direction", ("row 3 (b)", "direction"), "fill the column direction",
         cell("b", direction="")),
    Case("an aggregate turned round", ("row 7 (p)", "-1"), "turn its indicators round",
         cell("p", direction=-1)),
    Case("missing weight", ("row 4 (c)", "weight is missing"), "fill the column weight",
         cell("c", weight="")),
    Case("weight as NA", ("row 4 (c)", "weight is missing"), "fill the column weight",
         cell("c", weight="NA")),
    Case("negative weight", ("row 4 (c)", "-2"), "correct the column weight",
         cell("c", weight=-2)),
    Case("infinite weight", ("row 4 (c)", "inf"), "correct the column weight",
         cell("c", weight="inf")),
    Case("weights all zero", ("aggregate q", "c, d"), "correct the column weight",
         both(cell("c", weight=0), cell("d", weight=0))),
    Case("level against the tree", ("code p", "3", "2"), "leave the column level out",
         cell("p", level=3)),
    Case("unknown denominator", ("code a", "Pop"), "add a row of type denominator",
         cell("a", denominator="Pop")),
    Case("text as a target", ("row 2 (a)", "target", "high"), "correct the column target",
         cell("a", target="high")),
    Case("no column parent", ("no column parent",), "add the column", without("parent")),
]  # fmt: skip

DATA = [
    Case("orphan column", ("column zz",), "add it to indicators.csv", data=all_of("zz", [1.0] * 7)),
    Case("a column of an aggregate", ("column p",), "take it out of the data",
         data=all_of("p", [1.0] * 7)),
    Case("missing column", ("code d", "no such column"), "add the column", data=without("d")),
    Case("missing denominator", ("code Pop", "no such column"), "add the column",
         more(code="Pop", type="denominator")),
    Case("no column of units", ("no column of units",), "name the column", data=without("unit")),
    Case("row without a unit", ("row 4",), "fill the column unit", data=put("unit", 2, None)),
    Case("text in numbers", ("row 5", "unit u3", "column b", "12,5"), "correct the cell",
         data=put("b", 3, "12,5")),
    Case("a number as programmers write it", ("unit u3", "column b", "1_000"), "correct the cell",
         data=put("b", 3, "1_000")),
    Case("infinite value", ("row 3", "unit u1", "column e", "inf"), "correct the cell",
         data=put("e", 1, math.inf)),
    Case("indicator without values", ("column c", "no value at all"), "take it out",
         data=all_of("c", [None, "NA", "", math.nan, "..", None, None])),
    Case("unit without values", ("unit u4", "no value at all"), "take its rows out",
         data=both(*(put(c, 4, None) for c in "abcde"))),
    Case("duplicate unit", ("rows 2 and 4", "u0"), "add a column year", data=put("unit", 2, "u0")),
    Case("duplicate unit and year", ("rows 2 and 10", "u0 2001"), "remove one",
         data=both(two_years, put("year", 8, 2001), put("unit", 8, "u0"))),
    Case("bad year", ("row 3", "column year", "2001/02"), "correct the cell",
         data=both(two_years, put("year", 1, "2001/02"))),
    Case("repeated long cell", ("row 3", "u0", "a"), "remove one",
         data=both(tall, put("indicator", 1, "a"))),
    Case("unknown code in a long table", ("row 3", "column indicator", "zz"), "correct it",
         data=both(tall, put("indicator", 1, "zz"))),
    Case("text in a long table", ("row 4", "unit u0", "c", "high"), "correct the cell",
         data=both(tall, put("value", 2, "high"))),
    Case("a column that a long table drops", ("column status",), "take the column out",
         data=both(tall, all_of("status", ["e"] * 35))),
]  # fmt: skip

VALUES = [
    Case("negative for the geometric mean", ("u", " under ", "-"), "range = [1, 100]",
         steps=({**NORMALISE, "rule": "z"}, {**AGGREGATE, "rule": "geometric"})),
    Case("zero for the geometric mean", ("u0, a under p", "found:  0"), "floor",
         data=all_of("a", [1, 5, 6, 4, 7, 8, 9]),
         steps=(NORMALISE, {**AGGREGATE, "node": {"p": "geometric"}})),
    Case("zero for the harmonic mean", ("u0, a under p", "harmonic"), "limit",
         data=all_of("a", [1, 5, 6, 4, 7, 8, 9]),
         steps=(NORMALISE, {**AGGREGATE, "node": {"p": "harmonic"}})),
    Case("negative for a power mean", ("u", " under p", "power"), "range = [1, 100]",
         steps=({**NORMALISE, "rule": "z"},
                {**AGGREGATE, "node": {"p": {"rule": "power", "power": 2}}})),
    Case("negative mean for Mazziotta-Pareto", ("u", "p", "mazziotta-pareto"), "normalise",
         steps=({**NORMALISE, "rule": "z"}, {**AGGREGATE, "rule": "mazziotta-pareto"})),
    Case("goalposts equal", ("indicator a", "= 5"), "correct one of them",
         cell("a", normaliser="goalposts", goalpost_low=5, goalpost_high=5)),
    Case("goalposts missing", ("indicator a", "goalpost_high"), "fill both columns",
         cell("a", goalpost_low=5), steps=({**NORMALISE, "rule": "goalposts"}, AGGREGATE)),
    Case("target no better than worst", ("indicator a", "target 1", "worst value 2"),
         "correct the target", cell("a", normaliser="distance-to-target", target=1),
         all_of("a", [2, 3, 4, 5, 6, 7, 8])),
    Case("target of an indicator where less is better", ("indicator b", "target 9", "value 8"),
         "correct the target", cell("b", normaliser="distance-to-target", target=9),
         all_of("b", [2, 3, 4, 5, 6, 7, 8])),
    Case("no target", ("indicator a", "target is empty"), "fill the column target",
         cell("a", normaliser="distance-to-target")),
    Case("logged column with goalposts", ("indicator a", "logged"), "another normaliser",
         cell("a", normaliser="goalposts", goalpost_low=0, goalpost_high=5, treatment="log_range"),
         steps=({"do": "treat"}, NORMALISE, AGGREGATE)),
    Case("log_gii below 1", ("indicator a", "maximum 0.7"), "log_range",
         cell("a", treatment="log_gii"), all_of("a", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]),
         ({"do": "treat"},)),
    Case("fraction of max below 0", ("u2", "indicator b", "-4"), "min-max",
         cell("b", normaliser="fraction-of-max"), put("b", 2, -4.0)),
    Case("entropy of zeros", ("p", "u", ": 0"), "range from 1", steps=steps(scheme="entropy")),
    Case("negative loadings", ("step 2 (weigh): b", "b -0."), "direction", cell("c", parent="p"),
         both(all_of("a", [1, 2, 3, 4, 5, 6, 7]), all_of("b", [1, 2, 3, 5, 4, 6, 7]),
              all_of("c", [2, 1, 3, 4, 5, 7, 6])), steps(scheme="pca")),
    Case("scales mixed by treatment of each year", ("treat: scope = year", "scope = pooled"),
         "allow_mixed_scales", data=two_years,
         steps=({"do": "treat", "scope": "year"}, NORMALISE)),
    Case("scales mixed by a base year", ("treat: scope = year", "scope = base"),
         "allow_mixed_scales", data=two_years,
         steps=({"do": "treat", "scope": "year"},
                {**NORMALISE, "scope": "base", "base": 2001})),
]  # fmt: skip

RECIPE = [
    Case("aggregate before normalise", ("step 1 (aggregate)", "needs the step normalise"),
         "move it forward", steps=(AGGREGATE, NORMALISE)),
    Case("treat after normalise", ("step 2 (treat)", "normalise > treat"), "change the order",
         steps=(NORMALISE, {"do": "treat"}, AGGREGATE)),
    Case("impute after normalise", ("step 2 (impute)", "normalise > impute"), "change the order",
         steps=(NORMALISE, {"do": "impute", "rule": "mean"}, AGGREGATE)),
    Case("screen after aggregate", ("step 3 (screen)", "aggregate"), "change the order",
         steps=(NORMALISE, AGGREGATE, {"do": "screen"})),
    Case("normalise twice", ("step 2 (normalise)", "normalise > normalise"), "change the order",
         steps=(NORMALISE, NORMALISE, AGGREGATE)),
    Case("weigh by data before normalise", ("step 1 (weigh)", "normalise"), "add the step",
         steps=({**WEIGH, "scheme": "critic"}, NORMALISE, AGGREGATE)),
    Case("unknown step", ("step 2 (standardise)", "'standardise'", "normalise"), "correct the name",
         steps=(NORMALISE, {"do": "standardise"}, AGGREGATE)),
    Case("unknown option", ("step 1 (normalise)", "rnage", "range"), "correct the name",
         steps=({**NORMALISE, "rnage": [0, 1]}, AGGREGATE)),
    Case("an option of another kind", ("step 1 (screen)", "min_available", "'x'"), "correct it",
         steps=({"do": "screen", "min_available": "x"},)),
    Case("a text where a list is needed", ("step 1 (screen)", "keep", "'u0'", "list"), "correct it",
         steps=({"do": "screen", "keep": "u0"},)),
    Case("unknown normaliser", ("'minmax'", "min-max"), "one of these names",
         steps=({**NORMALISE, "rule": "minmax"}, AGGREGATE)),
    Case("unknown normaliser of an indicator", ("indicator a", "'foo'"), "one of these names",
         cell("a", normaliser="foo")),
    Case("unknown treatment of an indicator", ("indicator a", "'foo'", "winsorise"), "treatment",
         cell("a", treatment="foo"), steps=({"do": "treat"},)),
    Case("half a pair of thresholds", ("indicator a", "'thresholds 2'", "2 3.5"), "kurtosis",
         cell("a", treatment="thresholds 2"), steps=({"do": "treat"},)),
    Case("unknown log", ("step 1 (treat)", "'sqrt'", "log_range"), "", data=all_of("a", LONG_TAIL),
         steps=({"do": "treat", "log": "sqrt", "winsorise": 0},)),
    Case("unknown imputation", ("step 1 (impute)", "'magic'", "median"), "impute",
         data=put("a", 0, None), steps=({"do": "impute", "rule": "magic"},)),
    Case("unknown aggregation", ("'sum'", "arithmetic"), "correct rule",
         steps=(NORMALISE, {**AGGREGATE, "rule": "sum"})),
    Case("unknown option of a node", ("node p", "powr"), "",
         steps=(NORMALISE, {**AGGREGATE, "node": {"p": {"rule": "power", "powr": 2}}})),
    Case("unknown scheme", ("'guess'", "budget"), "correct scheme", steps=steps(scheme="guess")),
    Case("an option the scheme does not take", ("critic", "negative"), "leave it out",
         steps=steps(scheme="critic", negative="abs")),
    Case("a level that is not there", ("step 2 (aggregate)", "9", "2, 3"), "heights of the tree",
         steps=(NORMALISE, {**AGGREGATE, "level": {"9": "geometric"}})),
    Case("a level in words", ("step 2 (weigh)", "top", "1, 2"), "heights of the tree",
         steps=steps(level={"top": "pca"})),
    Case("a node that is not there", ("'zz'", "top"), "name an indicator or an aggregate",
         steps=(NORMALISE, {**AGGREGATE, "node": {"zz": "geometric"}})),
    Case("a node that has no children", ("a is an indicator",), "name aggregates",
         steps=(NORMALISE, {**AGGREGATE, "node": {"a": "geometric"}})),
    Case("alpha below 0", ("alpha = -1",), "correct it",
         steps=(NORMALISE, {**AGGREGATE, "rule": "owa", "alpha": -1.0})),
    Case("more than all children", ("min_children = 5",), "correct it",
         steps=(NORMALISE, {**AGGREGATE, "min_children": 5.0})),
    Case("range without an extent", ("range", "[3.0, 3.0]"), "range = [0, 100]",
         steps=({**NORMALISE, "range": [3, 3]},)),
    Case("range of one number", ("range", "[5]"), "range = [0, 100]",
         steps=({**NORMALISE, "range": [5]},)),
    Case("range upside down", ("range", "[100.0, 0.0]"), "range = [0, 100]",
         steps=({**NORMALISE, "range": [100, 0]},)),
    Case("endless range", ("range", "inf"), "range = [0, 100]",
         steps=({**NORMALISE, "range": [0, math.inf]},)),
    Case("z without a spread", ("sd = 0",), "sd = 1",
         steps=({**NORMALISE, "rule": "z", "sd": 0.0},)),
    Case("unknown scope", ("'decade'", "pooled, year"), "option scope",
         steps=({"do": "treat", "scope": "decade"},)),
    Case("base year without data", ("base = 1999", "2001, 2002"), "name a year", data=two_years,
         steps=({**NORMALISE, "scope": "base", "base": 1999},)),
    Case("base year without its scope", ("base = 2001", "pooled"), 'scope = "base"', data=two_years,
         steps=({**NORMALISE, "base": 2001},)),
    Case("unknown reference unit", ("'u99'", "u0"), "of a unit",
         steps=({**NORMALISE, "rule": "distance-to-reference", "reference": "u99"},)),
    Case("unknown unit to keep", ("u99", "u0"), "correct keep or drop",
         steps=({"do": "screen", "keep": ["u99"]},)),
    Case("a unit kept and dropped", ("u1", "kept and dropped"), "in keep or in drop",
         steps=({"do": "screen", "keep": ["u1"], "drop": ["u1"]},)),
    Case("nobody left", ("no unit", "100%", "65%"), "shorten drop",
         steps=({"do": "screen", "drop": [f"u{i}" for i in range(7)]},)),
    Case("a share above all", ("min_available", "1.01"), "0.65",
         steps=({"do": "screen", "min_available": 1.01},)),
    Case("group that is not declared", ("'region'",), "type group", data=put("a", 0, None),
         steps=({"do": "impute", "rule": "group-mean", "group": "region"},)),
    Case("group rule without a group", ("group-mean",), "group column", data=put("a", 0, None),
         steps=({"do": "impute", "rule": "group-mean"},)),
    Case("denominate what has no denominator", ("indicator a", "Pop"), "denominator",
         more(code="Pop", type="denominator"), all_of("Pop", [1] * 7),
         ({"do": "denominate", "only": ["a"]},)),
    Case("denominate twice", ("denominate > denominate",), "change the order",
         both(more(code="Pop", type="denominator"), cell("a", denominator="Pop")),
         all_of("Pop", [1] * 7), ({"do": "denominate"}, {"do": "denominate"})),
]  # fmt: skip

PEOPLE = [
    Case("points that do not add up to 100", ("Ada: 110", "a, b"), "ask the expert again",
         steps=steps(scheme="budget", points=points(points="60"))),
    Case("negative points", ("Ada", "a", "-50"), "",
         steps=steps(scheme="budget", points=points(points="-50"))),
    Case("points in words", ("line 2", "Ada", "'many'"), "put these rows right",
         steps=steps(scheme="budget", points=points(points="many"))),
    Case("points for other children", ("aggregate p", "a, b, c"), "judge each child once",
         steps=steps(scheme="budget",
                     points=[*points(), *({"expert": e, "parent": "p", "code": "c", "points": "0"}
                                          for e in ("Ada", "Bo"))])),
    Case("points for nobody", ("zz", "p, q, top"), "correct the code",
         steps=steps(scheme="budget", points=points(parent="zz", code="x", points="100") +
                     points()[:1])),
    Case("judgements that are not reciprocal", ("Ada, p", "a against b", "3, and back 3"),
         "put these rows right",
         steps=steps(scheme="ahp", judgements=[
             {"expert": "Ada", "parent": "p", "row": r, "column": c, "value": "3"}
             for r, c in ("ab", "ba")])),
    Case("no judgement of a pair", ("Ada, top", "p against q"), "put these rows right",
         steps=steps(scheme="ahp", judgements=[
             {"expert": "Ada", "parent": "top", "row": r, "column": "e", "value": "1/3"}
             for r in "pq"])),
]  # fmt: skip

CASES = [*TREE, *DATA, *VALUES, *RECIPE, *PEOPLE]


def broken(case: Case) -> None:
    tree = tree_of(case.meta(whole_meta()))
    run(tree, data_of(tree, case.data(whole_data())), recipe_of(case.steps))


def test_the_whole_index_is_whole():
    """Every case is broken by its one change only."""
    tree = tree_of(whole_meta())
    for table in (whole_data(), two_years(whole_data()), tall(whole_data())):
        assert np.isfinite(run(tree, data_of(tree, table)).scores).all()
    for scheme in ({"scheme": "budget", "points": points()}, {"scheme": "critic"}):
        assert run(tree, data_of(tree, whole_data()), recipe_of(steps(**scheme))).scores is not None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_broken_index_is_refused_with_the_cell_and_a_way_out(case):
    with pytest.raises(HansaError) as caught:
        broken(case)
    text, finding = str(caught.value), caught.value.finding
    assert [word for word in case.named if word not in text] == []
    assert finding.fix or finding.admissible, "there is a way out"
    assert case.do in text[text.find(finding.rule) + len(finding.rule) :]
    assert finding.place or finding.printed or finding.rule


def test_there_are_enough_kinds():
    assert len(CASES) >= 30
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", RECIPE, ids=lambda case: case.name)
def test_a_bad_recipe_names_its_step(case):
    with pytest.raises(HansaError) as caught:
        broken(case)
    assert "recipe, step " in caught.value.finding.place


# --- all findings of a table at once -------------------------------------------------


def refused(function, *arguments) -> str:
    with pytest.raises(HansaError) as caught:
        function(*arguments)
    return str(caught.value)


def test_all_findings_of_the_metadata_are_collected():
    change = both(
        cell("a", parent="pp"), cell("b", direction=0), cell("c", weight=-2),
        cell("d", denominator="Pop"), cell("e", target="high"), cell("q", parent=""),
        more(code="lonely", type="aggregate", parent="top"),
        more(code="c", type="group"), more(code="", type="indicator", parent="p"),
    )  # fmt: skip
    text = refused(tree_of, change(whole_meta()))
    assert text.startswith("9 things are wrong with indicators")
    for part in ("code a: ", "(b): ", "(c): ", "code d: ", "(e): ", "codes q, top: ",
                 "code lonely: ", "code c: ", "row 12: "):  # fmt: skip
        assert part in text
    lines = [line for line in text.splitlines() if "indicators, " in line]
    assert len(lines) == 9
    assert all("; " in line for line in lines), "each with its own way out"


def test_all_findings_of_the_data_are_collected():
    change = both(put("a", 0, "x"), put("b", 1, math.inf), put("unit", 2, "u0"),
                  all_of("zz", [1] * 7), without("d"), put("e", 5, "1 000"))  # fmt: skip
    text = refused(data_of, tree_of(whole_meta()), change(whole_data()))
    assert text.startswith("6 things are wrong with data")
    for part in ("row 2, unit u0, column a", "row 3, unit u1, column b", "rows 2 and 4",
                 "column zz", "code d", "row 7, unit u5, column e"):  # fmt: skip
        assert part in text
    empty = both(all_of("c", [None] * 7), all_of("d", [""] * 7),
                 *(put(c, 4, None) for c in "abe"))  # fmt: skip
    text = refused(data_of, tree_of(whole_meta()), empty(whole_data()))
    assert all(part in text for part in ("3 things", "column c", "column d", "unit u4"))


def test_all_answers_of_experts_are_collected():
    rows = points(points="many")
    rows[1] = {**rows[1], "code": ""}
    rows[3] = {**rows[3], "points": "-1"}
    case = Case("", (), "", steps=steps(scheme="swing", points=rows))
    text = refused(broken, case)
    assert all(part in text for part in ("line 2", "line 3", "line 5", "'many'", "'-1'"))


def test_findings_of_a_file_name_the_file(tmp_path):
    lines = ["code,type,parent,direction,weight", "a,indicator,top,0,1", "top,aggregate,,1,1"]
    (tmp_path / "indicators.csv").write_text("\n".join(lines) + "\n", "utf-8")
    text = refused(read_folder, tmp_path)
    assert "one file data" in text or "direction" in text
    (tmp_path / "data.csv").write_text("unit,a\nx,1\ny,2\n", "utf-8")
    text = refused(read_folder, tmp_path)
    assert "indicators.csv, row 2 (a)" in text
    lines[1] = "a,indicator,top,1,1"
    (tmp_path / "indicators.csv").write_text("\n".join(lines) + "\n", "utf-8")
    (tmp_path / "data.csv").write_text("unit,a\nx,1\ny,two\n", "utf-8")
    assert "data.csv, row 3, unit y, column a" in refused(read_folder, tmp_path)
    (tmp_path / "data.csv").unlink()
    text = refused(read_folder, tmp_path)
    assert all(part in text for part in ("one file data", "data.csv", "add the file"))


# --- zero range: a warning, not a refusal --------------------------------------------


@pytest.mark.parametrize("scope", ["pooled", "year"])
def test_a_zero_range_is_warned_of_with_the_code_the_year_and_a_way_out(scope):
    table = two_years(whole_data())
    table["a"] = [3.0] * 7 + (table["a"][7:] if scope == "year" else [3.0] * 7)
    tree = tree_of(whole_meta())
    stage = run(tree, data_of(tree, table), recipe_of([{**NORMALISE, "scope": scope}, AGGREGATE]))
    (warning,) = stage.log[0].warnings
    assert warning.startswith("a is missing")
    assert ("2001" in warning) == (scope == "year")
    assert "same value" in warning
    assert "take it out" in warning
    assert np.isnan(stage.data.values[:7, 0]).all()
    assert np.isnan(stage.data.values[7:, 0]).all() == (scope == "pooled")


def test_a_reference_unit_without_a_value_is_warned_of_by_its_own_reason():
    table = put("a", 0, None)(whole_data())
    tree = tree_of(whole_meta())
    step = {**NORMALISE, "rule": "distance-to-reference", "reference": "u0"}
    warnings = run(tree, data_of(tree, table), recipe_of([step])).log[0].warnings
    (own,) = [w for w in warnings if w.startswith("a ")]
    assert "reference unit" in own
    assert "same value" not in own


# --- recipe.toml ---------------------------------------------------------------------

FILES = [
    ("not TOML", '[[step]]\ndo = "normalise\n', ("line 2",), "correct the line"),
    ("another format", 'format = 2\n[[step]]\ndo = "normalise"\n', ("format = 2", "format = 1"),
     ""),
    ("options beside the steps", 'rule = "z"\n[[step]]\ndo = "normalise"\n',
     ("rule", "[[step]]"), "under their step"),
    ("a step that says nothing", '[[step]]\nrule = "z"\n', ("step 1", "rule"), "add the key do"),
    ("a second step that says nothing", '[[step]]\ndo = "normalise"\n[[step]]\ndo = 3\n',
     ("step 2",), "add the key do"),
    ("one step instead of a list", '[step]\ndo = "normalise"\n', ("step",), "do"),
    ("a file of points that is not there",
     '[[step]]\ndo = "weigh"\nscheme = "budget"\npoints = "none.csv"\n', ("none.csv",), ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "named", "do"), [f[1:] for f in FILES], ids=[f[0] for f in FILES])
def test_a_recipe_file_that_cannot_be_read_is_refused_by_name(tmp_path, text, named, do):
    path = tmp_path / "recipe.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(HansaError) as caught:
        read_recipe(path)
    found, finding = str(caught.value), caught.value.finding
    assert str(tmp_path) in found
    assert [word for word in named if word not in found] == []
    assert finding.fix or finding.admissible
    assert do in finding.fix


def test_a_choice_that_the_recipe_does_not_have_cannot_be_changed():
    for path in ("treat.winsorise", "normalise", "weight.scheme"):
        with pytest.raises(UsageError) as caught:
            changed(PLAIN, path, 1)
        assert path in str(caught.value)
        assert "normalise.OPTION" in caught.value.finding.admissible
