"""What an index and its audit say goes through the catalogue, every sentence and number of it."""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from test_index_audit import PLANTED, clean, outcome_of

from hansa.errors import HansaError
from hansa.index import aggregate, factors, impute, normalise, schemes, steps_impute, terms
from hansa.index.audit import Audit, audit
from hansa.index.audit_words import aim, choice, fixed, general, percent, short
from hansa.index.chain import STEPS, run
from hansa.index.extreme import around, rank_intervals
from hansa.index.link import link
from hansa.index.metadata import tree_of
from hansa.index.reading import data_of
from hansa.index.recipe import recipe_of
from hansa.index.result import computed
from hansa.index.retold import COUNTED, FAULTS, RESULTS, WHY, retold
from hansa.index.retold import STEPS as TOLD
from hansa.index.sensitivity import Sensitivity, sensitivity, target_of
from hansa.language import speaking
from other_language import catalogue

FAMILIAR = {"KMO", "Spearman", "min", "max", "rationale", "definition", "description"}
"""Words that are the same in every language, and names of columns."""
NAN = float("nan")


class Marked(gettext.NullTranslations):
    """A catalogue that has every text, between marks."""

    def gettext(self, message: str) -> str:
        return f"«{message}»"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"«{msgid1 if n == 1 else msgid2}»"

    def pgettext(self, context: str, message: str) -> str:
        return f"«{message}»"


@pytest.fixture
def marked() -> Iterator[None]:
    """Another language is spoken, whose catalogue marks what it is asked for."""
    with catalogue(lambda code, domain="hansa": Marked()):
        yield


def unsaid(text: str, codes: set[str]) -> list[str]:
    """Words that no mark encloses and that are no codes of the index."""
    before = ""
    while before != text:
        before, text = text, re.sub("«[^«»]*»", " ", text)
    assert "«" not in text
    return [w for w in re.findall(r"[A-Za-z][\w-]+", text) if w not in codes | FAMILIAR]


def words_of(made: Audit) -> Iterator[str]:
    for step in made.steps:
        yield step.summary
        for f in step.findings:
            yield from (f.code, f.what, f.found, f.needed, f.fix)


# --- audit ------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", PLANTED)
def test_an_audit_says_nothing_past_the_catalogue(fault: str, marked: None) -> None:
    made = clean()
    PLANTED[fault][0](made)
    result = made.result()
    codes = {*result.tree.codes, *result.data.units, *result.data.names, *result.data.denominators}
    codes |= {"Unit"}  # a name of two words, one of which is a number
    found = audit(result)
    assert [w for text in words_of(found) for w in unsaid(text, codes)] == []
    assert all(text.count("«") for text in (s.summary for s in found.steps))


def test_nor_does_one_of_replications_outcomes_and_years(marked: None) -> None:
    made = clean()
    made.values[3, 4] = NAN
    result = made.result(replications=100, factors=[
        {"id": "scale", "options": [{"normalise.rule": "min-max"}, {"normalise.rule": "z"}]},
        {"id": "mean", "options": [{"aggregate.rule": "arithmetic"},
                                   {"aggregate.rule": "median"}]},
    ])  # fmt: skip
    own = sensitivity(result.evaluator, [("shift", target_of("shift"))], points=16)
    result = replace(result, sensitivity=tuple(own))
    codes = {*result.tree.codes, *result.data.units, "Unit", "wealth"}
    few = {"link_draws": 100}
    found = audit(result, outcome=outcome_of(result), thresholds=few)
    assert [w for text in words_of(found) for w in unsaid(text, codes)] == []
    assert any("«shift»" in text for text in words_of(found))
    small = audit(result, thresholds={"least_units": 1000, "link_units": 1000, **few},
                  outcome=outcome_of(result))  # fmt: skip
    assert [w for text in words_of(small) for w in unsaid(text, codes)] == []


def test_numbers_of_an_audit_have_the_mark_of_the_language() -> None:
    written = [(fixed, (-0.125, 2), "-0.12"), (general, (0.25,), "0.25"),
               (short, (0.0234,), "0.023"), (percent, (0.125, 1), "12.5 %"),
               (percent, (NAN,), "-")]  # fmt: skip
    for write, given, text in written:
        assert write(*given) == text  # type: ignore[operator]
        with speaking("sv"):
            assert write(*given) == text.replace(".", ",")  # type: ignore[operator]


def test_choices_and_targets_keep_their_names_in_english() -> None:
    for name in ("weights of level 2", "normaliser", "my own"):
        assert choice(name) == name
    assert (aim("shift"), aim("rank:AA")) == ("shift", "rank:AA")


# --- steps ------------------------------------------------------------------------------


def index_of(
    columns: Mapping[str, Sequence[float]],
    *steps: dict[str, Any],
    own: Mapping[str, dict[str, Any]] | None = None,
    years: Sequence[int] = (),
) -> Any:
    """A stage of indicators under one aggregate; a column `d` is a denominator."""
    meta = [{"code": c, "type": "denominator" if c == "d" else "indicator", "weight": 1,
             "parent": "" if c == "d" else "top", **({} if c == "d" else {"direction": 1}),
             **(own or {}).get(c, {})} for c in columns]  # fmt: skip
    if any("parent" in row for row in (own or {}).values()):
        meta.append({"code": "inner", "type": "aggregate", "parent": "top", "weight": 1})
    meta.append({"code": "top", "type": "aggregate", "parent": "", "weight": 1})
    n = len(next(iter(columns.values())))
    units = ["U0", "U1"] * (n // 2) if years else [f"U{i}" for i in range(n)]
    table: dict[str, Any] = {"unit": units,
             **({"year": list(years)} if years else {}),
             **{c: list(v) for c, v in columns.items()}}  # fmt: skip
    tree = tree_of(meta)
    return tree, data_of(tree, table), recipe_of(steps)


X = [1.0, 2, 3, 5, 9, 4, 6, 7, 8, 8.5, 2.5, 3.5]
Y = [9.0, 1, 4, 2, 8, 5, 3, 7, 2.5, 6, 1.5, 8.5]
GAPS = [NAN, NAN, *Y[2:]]
WEIGHED = ({"do": "normalise"}, {"do": "aggregate"})
RECIPES: dict[str, Any] = {
    "denominators": ({"a": X, "b": Y, "d": [0.0, *X[1:]]}, {"do": "denominate"},
                     {"own": {"a": {"denominator": "d"}}}),
    "units left out": ({"a": X, "b": GAPS}, {"do": "screen", "min_available": 0.8}, {}),
    "a year without units": ({"a": [NAN, NAN, 1.0, 2.0], "b": [NAN, NAN, 2.0, 1.0]},
                             {"do": "screen"}, {"years": (2019, 2019, 2020, 2020)}),
    "many units left out": ({"a": X, "b": Y},
                            {"do": "screen", "keep": ["U0"], "min_nonzero": 1.0,
                             "drop": [f"U{i}" for i in range(1, 11)]}, {}),
    "extreme values": ({"a": [*[1.0] * 3, *X[3:8], 9e3, 9e3, 9e3, 9e5], "b": Y},
                       {"do": "treat", "winsorise": 0, "log": ""}, {}),
    "one value": ({"a": [3.0] * 12, "b": Y}, {"do": "normalise"}, {}),
    "one value a year": ({"a": [3.0, 3, 1, 2], "b": [1.0, 2, 3, 4]},
                         {"do": "normalise", "scope": "year"},
                         {"years": (2019, 2019, 2020, 2020)}),
    "no base": ({"a": [NAN, NAN, 1.0, 2.0], "b": [1.0, 2, 3, 4]},
                {"do": "normalise", "scope": "base", "base": 2019},
                {"years": (2019, 2019, 2020, 2020)}),
    "no reference": ({"a": GAPS, "b": Y},
                     {"do": "normalise", "rule": "distance-to-reference", "reference": "U0"}, {}),
    "goalposts": ({"a": X, "b": Y}, {"do": "normalise", "rule": "goalposts"},
                  {"own": {c: {"goalpost_low": 2, "goalpost_high": 7} for c in "ab"}}),
    "mixed scales": ({"a": X, "b": Y}, {"do": "normalise"}, {"own": {"a": {"normaliser": "z"}}}),
    "filled": ({"a": X, "b": GAPS}, {"do": "impute", "rule": "median"}, {}),
    "gaps": ({"a": X, "b": GAPS, "c": [NAN, *X[1:]]}, WEIGHED, {}),
    "too few": ({"a": X, "b": GAPS}, ({"do": "normalise"},
                                      {"do": "aggregate", "min_children": 1}), {}),
    "a floor": ({"a": X, "b": Y}, ({"do": "normalise"}, {"do": "aggregate", "floor": 0.5}), {}),
    "weights from data": ({"a": X, "b": GAPS, "c": Y},
                          ({"do": "normalise"}, {"do": "weigh", "scheme": "critic"}), {}),
    "no spread": ({"a": X, "b": X, "c": X},
                  ({"do": "normalise"}, {"do": "weigh", "scheme": "critic"}), {}),
    "rotated": ({"a": X, "b": Y, "c": GAPS, "e": [x * y for x, y in zip(X, Y, strict=True)]},
                ({"do": "normalise"}, {"do": "weigh", "scheme": "pca-rotated"}), {}),
    "no experts": ({"a": X, "b": Y, "c": X}, ({"do": "normalise"}, {
        "do": "weigh", "scheme": "budget",
        "points": [{"expert": "one", "parent": "inner", "code": c, "points": 50} for c in "ab"]}),
        {"own": {c: {"parent": "inner"} for c in "ab"}}),
    "experts": ({"a": X, "b": Y}, ({"do": "normalise"}, {
        "do": "weigh", "scheme": "budget",
        "points": [{"expert": e, "parent": "top", "code": c, "points": p}
                   for e, pair in (("one", (60, 40)), ("two", (30, 70)))
                   for c, p in zip("ab", pair, strict=True)]}), {}),
}  # fmt: skip


@pytest.mark.parametrize("case", RECIPES)
def test_a_step_says_what_is_known_to_be_said(case: str, marked: None) -> None:
    columns, steps, options = RECIPES[case]
    own = steps if isinstance(steps, tuple) else (steps,)
    tree, data, recipe = index_of(columns, *own, **options)
    log = run(tree, data, recipe).log
    said = [text for entry in log for text in (*entry.said, *entry.warnings)]
    assert said
    codes = {*tree.codes, *data.units, "one", "two"}
    for text in map(retold, said):
        assert "«" in text
        assert unsaid(text, codes) == []


def test_what_a_result_says_is_known(marked: None) -> None:
    own = {"a": {"denominator": "d"}}
    tree, data, recipe = index_of({"a": X, "b": Y, "d": X}, *WEIGHED, own=own)
    assert [retold(text) for text in computed(tree, data, recipe).notes] == [
        "«a name a denominator, but the recipe has no step denominate: they are compared as they "
        "are»"
    ]
    failing = [{"id": "scale", "options": [{"normalise.range": [0, 100]},
                                           {"normalise.range": [-9, 100]}]},
               {"id": "mean", "options": [{"aggregate.rule": "arithmetic"},
                                          {"aggregate.rule": "geometric"}]}]  # fmt: skip
    made = computed(tree, data, recipe, replications=200, factors=failing).robustness
    assert made is not None
    (warning,) = made.warnings()
    assert unsaid(retold(warning), {*tree.codes, *data.units}) == []
    assert "«geometric»" in retold(warning)


def test_why_exact_ranks_cannot_be_had_is_known(marked: None) -> None:
    for columns, mean in (({"a": X, "b": Y}, "geometric"), ({"a": X, "b": GAPS}, "arithmetic")):
        tree, data, recipe = index_of(columns, {"do": "normalise", "range": [1, 100]},
                                      {"do": "aggregate", "rule": mean})  # fmt: skip
        stage = run(tree, data, recipe)
        with pytest.raises(HansaError) as caught:
            rank_intervals(stage, around(stage))
        f = caught.value.finding
        assert retold(f"{f.rule} ({f.place})").startswith("«exact rank intervals need")


def test_what_sensitivity_and_links_say_is_known(marked: None) -> None:
    index, wide = np.array([0.5]), np.array([[0.1, 0.9]])
    exact = Sensitivity(("a",), "shift", index, index, 1.0, 36, True, failed=2)
    found = [exact, replace(exact, exact=False, low=wide - 0.9, high=wide),
             replace(exact, variance=0.0), replace(exact, variance=NAN)]  # fmt: skip
    same = link(np.ones(12), np.arange(12.0), np.random.default_rng(0))
    said = [text for one in found for text in one.said()] + [same.warnings[0]]
    assert len(said) == 8
    for text in said:
        assert unsaid(retold(text), {"a"}) == []


def test_in_english_texts_stay_and_unknown_ones_stay_everywhere(marked: None) -> None:
    assert retold("a text that nobody says") == "a text that nobody says"
    with speaking("en"):
        assert retold("Exact: all 36 combinations.") == "Exact: all 36 combinations."


def test_every_pattern_is_its_own(marked: None) -> None:
    """No pattern takes up what an earlier one of the list already said."""
    every = [*COUNTED, *TOLD, *RESULTS, *FAULTS, *WHY]
    assert len(set(every)) == len(every)
    for pattern in every:
        text = re.sub(r"\{(?:number|\w*value)\}", "7", pattern)
        text = re.sub(r"\{\w+\}", "x", text)
        assert re.sub("[«»]", "", retold(text)) == text


# --- names ------------------------------------------------------------------------------


def test_every_step_rule_and_kind_has_a_name() -> None:
    rules = {*normalise.RULES, *aggregate.RULES, *impute.RULES, *schemes.SCHEMES}
    assert {*rules, *steps_impute.DRAWN, "winsorised"} == set(terms.RULES)
    assert set(STEPS) == set(terms.STEPS)
    assert set(factors.KINDS) == set(terms.KINDS)
