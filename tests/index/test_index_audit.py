"""The audit of an index: a clean index gives no warnings, a planted fault exactly its finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from hansa.errors import HansaError, UsageError
from hansa.index.audit import Audit, AuditFinding, audit, audit_tables, audit_text
from hansa.index.audit_parts import standard
from hansa.index.data import IndexData
from hansa.index.extreme import around, rank_intervals
from hansa.index.factors import Factor
from hansa.index.metadata import tree_of
from hansa.index.reading import read_index
from hansa.index.recipe import recipe_of
from hansa.index.result import IndexResult, computed
from hansa.index.sensitivity import sensitivity, target_of
from hansa.index.strengths import strengths_and_weaknesses

UNITS, FAMILIES, SIZE = 40, 3, 6
INSIDE, BETWEEN = 0.6, 0.4
FINE = {"decimals": 2}
"""Which neighbours print alike changes with every number; two digits keep them apart here."""


@dataclass
class Made:
    """A clean index that a test may spoil before it is computed."""

    meta: list[dict[str, Any]]
    values: np.ndarray
    corr: np.ndarray
    recipe: list[dict[str, Any]]
    denominators: dict[str, np.ndarray]

    def row(self, code: str) -> dict[str, Any]:
        return next(r for r in self.meta if r["code"] == code)

    def recorrelate(self) -> None:
        """Draw the values again with exactly the correlations of `corr`."""
        self.values = correlated(self.corr)

    def result(self, **options: Any) -> IndexResult:
        tree = tree_of(self.meta)
        names = tuple(f"U{i:02d}" for i in range(UNITS))
        own = IndexData(
            names, tuple(f"Unit {i}" for i in range(UNITS)), np.arange(UNITS),
            np.full(UNITS, 2020), self.values, np.zeros(self.values.shape, bool),
            self.denominators,
        )  # fmt: skip
        return computed(tree, own, recipe_of(self.recipe), **options)


def correlated(corr: np.ndarray, seed: int = 3) -> np.ndarray:
    """Columns with exactly these correlations, mean 50 and standard deviation 10."""
    rng = np.random.default_rng(seed)
    raw = rng.uniform(-1, 1, (UNITS, corr.shape[0]))
    raw -= raw.mean(axis=0)
    white = np.linalg.qr(raw)[0] * np.sqrt(UNITS - 1)
    return 50 + 10 * white @ np.linalg.cholesky(corr).T


def leaf(family: int, k: int) -> int:
    return family * SIZE + k


def clean() -> Made:
    n = FAMILIES * SIZE
    family = np.repeat(np.arange(FAMILIES), SIZE)
    corr = np.where(family[:, None] == family, INSIDE, BETWEEN)
    np.fill_diagonal(corr, 1.0)
    shared = {"source": "Office of Statistics, table 1, 2020", "unit": "points", "weight": 1,
              "first_year": 2019, "last_year": 2020, "rationale": "theory says so"}  # fmt: skip
    meta = [
        {"code": f"I{j:02d}", "name": f"Indicator {j}", "type": "indicator", "direction": 1,
         "parent": f"P{family[j]}", **shared} for j in range(n)
    ]  # fmt: skip
    meta += [{"code": f"P{p}", "name": f"Pillar {p}", "type": "aggregate", "parent": "X",
              "weight": 1} for p in range(FAMILIES)]  # fmt: skip
    meta += [{"code": "X", "name": "The index", "type": "aggregate", "parent": "", "weight": 1}]
    steps = [{"do": "normalise", "rule": "min-max", "range": [0, 100]},
             {"do": "weigh"}, {"do": "aggregate"}]  # fmt: skip
    return Made(meta, correlated(corr), corr, steps, {})


def raised(found: Audit) -> set[tuple[str, str]]:
    """What is not ok and was judged: rule and object."""
    return {(f.rule, f.code) for f in found.findings if f.severity != "ok" and f.judged}


def warned(found: Audit) -> list[AuditFinding]:
    return [f for f in found.findings if f.severity in ("warning", "error")]


def full(result: IndexResult) -> IndexResult:
    """With sensitivity and exact intervals beside the replications."""
    own = sensitivity(result.evaluator, [("shift", target_of("shift"))], points=256)
    return replace(result, sensitivity=tuple(own),
                   intervals=rank_intervals(result.stage, around(result.stage)))  # fmt: skip


@pytest.fixture(scope="module")
def whole() -> IndexResult:
    return full(clean().result(replications=2000))


@pytest.fixture(scope="module")
def baseline() -> set[tuple[str, str]]:
    return raised(audit(clean().result(), thresholds=FINE))


def outcome_of(result: IndexResult, noise: float = 8.0) -> tuple[str, dict[str, float]]:
    rng = np.random.default_rng(1)
    y = result.score + noise * rng.standard_normal(result.score.size)
    return "wealth", dict(zip(result.data.units, y.tolist(), strict=True))


def test_a_clean_index_gives_no_warnings(whole: IndexResult) -> None:
    found = audit(whole, outcome=outcome_of(whole))
    assert warned(found) == []
    assert found.coherent
    assert [s.number for s in found.steps] == list(range(1, 11))
    assert all(s.judged for s in found.steps)
    # Every step has something that passed, and a sentence with a number.
    assert all(any(f.severity == "ok" for f in s.findings) for s in found.steps)
    assert all(any(c.isdigit() for c in s.summary) for s in found.steps if s.number != 3)
    assert all(f.judged for f in found.findings)


@pytest.mark.parametrize("seed", range(10))
def test_chance_gives_no_warnings(seed: int) -> None:
    made = clean()
    made.values = correlated(made.corr, seed)
    assert warned(audit(made.result())) == []


def test_coverage_is_that_of_the_data_handed_in() -> None:
    made = clean()
    result = made.result()
    values = made.values.copy()
    values[:20, 5] = np.nan
    before = replace(result.evaluator.data, values=values)
    (one,) = warned(audit(result, before))
    assert (one.rule, one.code, one.measured) == ("low-coverage-indicator", "I05", 0.5)
    assert (one.found, one.needed) == ("50 %", "65 % of units")


def test_pairs_that_pull_apart_by_lot_are_no_warning() -> None:
    made = clean()
    made.values = np.random.default_rng(0).normal(50, 10, (UNITS, FAMILIES * SIZE))
    line = -0.15
    found = audit(made.result(), thresholds={"trade_off": line})
    (one,) = [f for f in found.findings if f.rule == "trade-off"]
    assert one.severity == "note"
    # 48 pairs, 38 degrees of freedom: P(t < r sqrt(38 / (1 - r^2))) = 0.178.
    assert "the 9 that chance alone makes" in one.what


def no_source(m: Made) -> None:
    m.row("I04")["source"] = ""


def no_unit(m: Made) -> None:
    m.row("I05")["unit"] = ""


def no_rationale(m: Made) -> None:
    m.row("I06")["rationale"] = ""


def old(m: Made) -> None:
    m.row("I07")["last_year"] = 2012


def thin_indicator(m: Made) -> None:
    m.values[1::2, 3] = np.nan
    m.values[0, 3] = np.nan


def empty_indicator(m: Made) -> None:
    m.values[:, 3] = np.nan


def thin_unit(m: Made) -> None:
    # Half of each family: below the line for a unit, not below that for an aggregate.
    m.values[7, [0, 2, 4, 7, 9, 11, 12, 14, 16]] = np.nan


def thin_node(m: Made) -> None:
    m.values[7, 0:4] = np.nan


def extreme(m: Made) -> None:
    # An order-preserving change, and only of the highest value.
    m.values[np.argmax(m.values[:, 8]), 8] += 80


def same(m: Made) -> None:
    cut = np.quantile(m.values[:, 2], 0.6)
    m.values[:, 2] = np.maximum(m.values[:, 2], cut)


def undivided(m: Made) -> None:
    m.meta.append({"code": "people", "type": "denominator", "name": "People"})
    m.row("I09")["denominator"] = "people"
    m.denominators["people"] = np.random.default_rng(5).uniform(1, 2, UNITS)


def follows_size(m: Made) -> None:
    m.meta.append({"code": "people", "type": "denominator", "name": "People"})
    noise = np.random.default_rng(5).standard_normal(UNITS)
    m.denominators["people"] = 1000 + m.values[:, 9] + 9 * noise


def filled(m: Made) -> None:
    m.values[7, [0, 3, 7, 10, 13]] = np.nan
    m.recipe.insert(0, {"do": "impute", "rule": "mean"})


def redundant(m: Made) -> None:
    m.corr[0, 1] = m.corr[1, 0] = 0.95
    m.recorrelate()


def pull_apart(m: Made) -> None:
    m.corr[0, 1] = m.corr[1, 0] = -0.45
    for j in (0, 1):
        m.corr[j, 2:SIZE] = m.corr[2:SIZE, j] = 0.35
        m.corr[j, SIZE:] = m.corr[SIZE:, j] = 0.25
    m.recorrelate()


def negative_loading(m: Made) -> None:
    m.corr[0, 1:] = m.corr[1:, 0] = -0.22
    m.recorrelate()


def low_alpha(m: Made) -> None:
    own = slice(0, SIZE)
    m.corr[own, own] = 0.17
    m.corr[own, SIZE:] = 0.25
    m.corr[SIZE:, own] = 0.25
    np.fill_diagonal(m.corr, 1.0)
    m.recorrelate()


def silent(m: Made) -> None:
    m.corr[0, 1:] = m.corr[1:, 0] = -0.05
    m.recorrelate()


def clipped(m: Made) -> None:
    low, high = m.values[:, 10].min(), np.sort(m.values[:, 10])[-6]
    m.row("I10").update(normaliser="goalposts", goalpost_low=low, goalpost_high=high)


def zero_range(m: Made) -> None:
    m.values[:, 11] = 3.0


def narrow(m: Made) -> None:
    low, high = m.values[:, 10].min(), m.values[:, 10].max()
    m.row("I10").update(normaliser="goalposts", goalpost_low=low - 1.6 * (high - low),
                        goalpost_high=high + 1.6 * (high - low))  # fmt: skip


def mixed(m: Made) -> None:
    m.row("I10")["normaliser"] = "percentile-rank"


def dominated(m: Made) -> None:
    m.corr[m.corr == BETWEEN] = 0.3
    m.recorrelate()
    # One pillar of wide scales among two of narrow ones decides the index.
    for j in range(SIZE, FAMILIES * SIZE):
        low, high = m.values[:, j].min(), m.values[:, j].max()
        spread = 1.4 * (high - low)
        m.row(f"I{j:02d}").update(normaliser="goalposts", goalpost_low=low - spread,
                                  goalpost_high=high + spread)  # fmt: skip


def unequal(m: Made) -> None:
    m.row("I00")["weight"] = 0.2


def only_child(m: Made) -> None:
    m.meta.insert(-1, {"code": "Q", "name": "Alone", "type": "aggregate", "parent": "P1",
                       "weight": 1})  # fmt: skip
    m.row("I06")["parent"] = "Q"


def twins(m: Made) -> None:
    m.values[4] = m.values[3]


def tied(m: Made) -> None:
    # The same numbers in two indicators of one family and one scale, the other way round.
    for code in ("I00", "I01"):
        m.row(code).update(normaliser="goalposts", goalpost_low=10, goalpost_high=90)
    m.values[4] = m.values[3]
    m.values[4, [0, 1]] = m.values[3, [1, 0]]


PLANTED: dict[str, tuple[Callable[[Made], None], set[tuple[str, str]]]] = {
    "a source": (no_source, {("missing-source", "I04")}),
    "a unit of measure": (no_unit, {("missing-unit", "I05")}),
    "a rationale": (no_rationale, {("missing-rationale", "I06")}),
    "old data": (old, {("old-data", "I07")}),
    "a thin indicator": (thin_indicator, {("low-coverage-indicator", "I03"), ("gaps", "X")}),
    "an empty indicator": (empty_indicator, {("empty-indicator", "I03")}),
    "a thin unit": (thin_unit, {("low-coverage-unit", "U07"), ("gaps", "X")}),
    "a thin aggregate": (thin_node, {("low-coverage-node", "U07 in P0"), ("gaps", "X")}),
    "an extreme indicator": (extreme, {("extreme-values", "I08")}),
    "one value for most": (same, {("same-values", "I02")}),
    "no denominator used": (undivided, {("not-denominated", "I09")}),
    "size": (follows_size, {("follows-size", "I09")}),
    "filled cells": (filled, {("filled-weight", "U07")}),
    "a redundant pair": (redundant, {("redundant-pair", "I00 and I01")}),
    "a trade-off": (pull_apart, {("trade-off", "I00 and I01")}),
    "a negative loading": (negative_loading, {("negative-loading", "I00")}),
    "a low alpha": (low_alpha, {("low-alpha", "P0")}),
    "a silent indicator": (silent, {("silent", "I00")}),
    "clipped values": (clipped, {("clipped", "I10")}),
    "no range": (zero_range, {("zero-range", "I11")}),
    "little of the scale": (narrow, {("narrow-use", "I10")}),
    "mixed scales": (mixed, {("mixed-scales", "X")}),
    "a dominated index": (dominated, {("dominates", "P0")}),
    "unequal weights": (unequal, {("unequal-weights", "X")}),
    "an only child": (only_child, {("only-child", "Q")}),
    "one unit twice": (twins, {("identical-units", "U03 and U04"), ("equal-ranks", "U03 and U04")}),
    "equal ranks": (tied, {("equal-ranks", "U03 and U04")}),
}


@pytest.mark.parametrize("name", PLANTED)
def test_each_planted_fault_gives_exactly_its_finding(
    name: str, baseline: set[tuple[str, str]]
) -> None:
    spoil, expected = PLANTED[name]
    made = clean()
    spoil(made)
    found = raised(audit(made.result(), thresholds=FINE))
    assert found - baseline == expected


def test_what_cannot_be_judged_is_a_note_and_never_ok() -> None:
    found = audit(clean().result())
    lost = {(f.step, f.rule) for f in found.findings if not f.judged}
    assert lost == {(7, "fragile-ranks"), (7, "decisive-choice"), (7, "exact-intervals"),
                    (9, "no-link"), (10, "rank-intervals")}  # fmt: skip
    assert all(f.severity == "note" for f in found.findings if not f.judged)
    by_number = {s.number: s for s in found.steps}
    assert not by_number[7].judged
    assert not by_number[9].judged
    assert {s.number for s in found.steps if s.severity == "ok"} == {1, 2, 3, 4, 5, 6, 8}
    text = audit_text(found)
    assert "NOT JUDGED" in text
    assert "7 Uncertainty and sensitivity: not judged" in text


def test_metadata_that_say_nothing_are_not_judged() -> None:
    made = clean()
    for row in made.meta:
        for key in ("rationale", "first_year", "last_year"):
            row.pop(key, None)
    lost = {(f.step, f.rule) for f in audit(made.result()).findings if not f.judged}
    assert {(1, "missing-rationale"), (2, "old-data")} <= lost


def test_few_units_are_not_judged_by_correlation() -> None:
    found = audit(clean().result(), thresholds={"least_units": 41})
    lost = {(f.step, f.rule) for f in found.findings if not f.judged}
    assert {(4, "few-units"), (6, "few-units")} <= lost
    assert not found.coherent
    assert not [f for f in found.findings if f.rule == "low-alpha"]


def test_many_objects_of_one_fault_are_one_finding() -> None:
    made = clean()
    for j in range(7):
        made.row(f"I{j:02d}")["source"] = ""
    (one,) = [f for f in audit(made.result()).findings if f.rule == "missing-source"]
    assert one.codes == tuple(f"I{j:02d}" for j in range(7))
    assert one.what == "(7 indicators state no source)"
    five = audit(made.result(), thresholds={"grouped_from": 7})
    assert sum(f.rule == "missing-source" for f in five.findings) == 7


def replicated(factors: list[Factor], draws: int = 1000, **options: Any) -> IndexResult:
    return clean().result(replications=draws, factors=factors, **options)


def test_fragile_ranks() -> None:
    found = audit(replicated([Factor("noise", noise=1.5)]))
    (one,) = [f for f in warned(found) if f.step == 7]
    assert (one.rule, one.code, one.threshold) == ("fragile-ranks", "X", 0.25)
    assert one.measured > 0.25
    assert one.needed == "at most 25 % of units with a 90 % interval wider than 10.0 places"


def test_failing_replications() -> None:
    # The worst unit of an indicator has 0 on this scale: no geometric mean can be taken.
    mean = Factor("mean", ({"aggregate.rule": "arithmetic"}, {"aggregate.rule": "geometric"}))
    result = replicated([mean])
    found = audit(result)
    assert [(f.rule, f.severity) for f in warned(found)] == [("failed-replications", "warning")]
    (one,) = warned(found)
    lost = result.robustness.draws - result.robustness.successes  # type: ignore[union-attr]
    assert one.measured == lost / 1000
    assert f"{lost} of 1000" in one.found


def test_a_rank_that_no_replication_gives() -> None:
    only_ranks = Factor("scale", ({"normalise.rule": "rank"},))
    result = replicated([only_ranks])
    (one,) = [f for f in warned(audit(result)) if f.rule == "rank-outside-interval"]
    spread = result.robustness.years[2020][1]  # type: ignore[union-attr]
    away = [u for u, r, m in zip(result.data.units, result.rank, spread.mean, strict=True)
            if r != m]  # fmt: skip
    assert sorted(one.codes) == sorted(away)


def test_choices_that_decide_and_choices_that_do_nothing() -> None:
    factors = [
        Factor("scale", ({"normalise.rule": "min-max"}, {"normalise.rule": "rank"})),
        Factor("range", ({"normalise.range": [0, 100]}, {"normalise.range": [0, 10]})),
    ]
    result = replicated(factors, 200)
    own = sensitivity(result.evaluator, [("shift", target_of("shift"))])
    found = raised(audit(replace(result, sensitivity=tuple(own))))
    assert ("decisive-choice", "scale") in found
    assert ("idle-choice", "range") in found
    assert ("few-replications", "X") in found
    assert ("decisive-choice", "range") not in found


def test_one_indicator_that_moves_ranks_far() -> None:
    made = clean()
    made.row("I00")["weight"] = 30
    made.row("P0")["weight"] = 8
    found = audit(made.result(), thresholds={"removal": 0.05})
    (one,) = [f for f in found.findings if f.rule == "hinges-on-one" and f.severity != "ok"]
    assert (one.severity, one.code, one.threshold) == ("warning", "I00", 2.0)


def test_digits_that_say_nothing_and_digits_that_are_missing() -> None:
    result = clean().result()
    fine = {f.rule: f for f in audit(result, thresholds={"decimals": 6}).findings}
    gap = np.median(np.diff(np.sort(result.score)))
    assert fine["too-many-digits"].severity == "warning"
    assert fine["too-many-digits"].measured == pytest.approx(1e-6 / gap)
    assert fine["too-few-digits"].severity == "ok"
    coarse = {f.rule: f for f in audit(result, thresholds={"decimals": 0}).findings}
    printed = np.round(np.sort(result.score)[::-1], 0)
    assert len(coarse["too-few-digits"].codes) == (np.diff(printed) == 0).sum()


def test_links_to_outcomes() -> None:
    result = clean().result()

    def ninth(outcome: Any) -> dict[str, str]:
        return {f.rule: f.severity for f in audit(result, outcome=outcome).findings
                if f.step == 9}  # fmt: skip

    name, good = outcome_of(result)
    assert ninth((name, good)) == {"no-link": "ok", "link-of-few": "ok"}
    assert ninth((name, {u: -v for u, v in good.items()}))["negative-link"] == "warning"
    rng = np.random.default_rng(4)
    lot = dict(zip(result.data.units, rng.standard_normal(UNITS).tolist(), strict=True))
    assert ninth((name, lot)) == {"no-link": "note"}
    # Three far units make the whole link.
    for i in np.argsort(result.rank)[:3]:
        lot[result.data.units[i]] = 40.0
    assert ninth((name, lot))["link-of-few"] == "warning"
    assert ninth("P0")["shared-elements"] == "warning"
    seven = dict(list(good.items())[:7])
    few = [f for f in audit(result, outcome=(name, seven)).findings if f.step == 9]
    assert [(f.rule, f.severity, f.judged) for f in few] == [("no-link", "note", False)]


def test_framework_and_performance_are_linked_by_driver() -> None:
    made = clean()
    for code, role, driver in (("P0", "performance", "skills"), ("P1", "framework", "skills"),
                               ("P2", "framework", "money")):  # fmt: skip
        made.row(code).update(role=role, driver=driver)
    result = made.result()
    (step,) = [s for s in audit(result).steps if s.number == 9]
    links = step.tables["outcome links"]
    assert list(zip(links["framework"], links["outcome"], strict=True)) == [("P1", "P0")]
    at = [result.tree.place[c] for c in ("P1", "P0")]
    r = np.corrcoef(result.stage.scores[:, at].T)[0, 1]  # type: ignore[index]
    assert links["pearson"][0] == pytest.approx(r, abs=1e-12)


def test_an_unknown_outcome_names_what_there_is() -> None:
    result = clean().result()
    with pytest.raises(UsageError, match="there is no outcome 'gdp'") as caught:
        audit(result, outcome="gdp")
    assert "P0" in str(caught.value)
    with pytest.raises(UsageError, match="no value for any ranked unit"):
        audit(result, outcome=("gdp", {"Mars": 1.0}))


def test_thresholds_are_moved_by_name_only() -> None:
    result = clean().result()
    strict = audit(result, thresholds={"alpha_low": 0.95})
    assert {f.code for f in strict.findings if f.rule == "low-alpha"} == {"P0", "P1", "P2", "X"}
    assert [t.name for t in strict.thresholds if t.changed] == ["alpha_low"]
    with pytest.raises(UsageError, match="no threshold alfa") as caught:
        audit(result, thresholds={"alfa": 1})
    assert "alpha_low" in str(caught.value)
    with pytest.raises(UsageError, match="a threshold is a number"):
        audit(result, thresholds={"alpha": float("nan")})


def test_every_threshold_has_a_reason_and_a_source_and_is_used() -> None:
    from importlib.resources import files

    code = "".join(
        p.read_text("utf-8") for p in files("hansa.index").iterdir()  # type: ignore[attr-defined]
        if p.name.startswith("audit") and p.name.endswith(".py")
    )  # fmt: skip
    for line in standard():
        assert line.reason
        assert line.source
        assert f'limit("{line.name}")' in code, line.name


def test_an_index_without_scores_is_refused() -> None:
    result = clean().result()
    bare = replace(result, stage=replace(result.stage, scores=None))
    with pytest.raises(HansaError, match="an index without scores cannot be audited"):
        audit(bare)


def test_findings_speak_the_language_of_hansa() -> None:
    made = clean()
    no_source(made)
    (one,) = warned(audit(made.result()))
    plain = one.as_finding()
    assert plain.severity == "warning"
    assert plain.place == "step 1, I04"
    assert plain.rule == "I04 states no source"
    assert plain.fix == "name publisher, table and date in the column source"


def test_text_and_tables(whole: IndexResult) -> None:
    made = clean()
    for spoil in (no_source, zero_range, narrow):
        spoil(made)
    found = audit(made.result(), thresholds={"decimals": 6})
    text = audit_text(found)
    assert max(map(len, text.splitlines())) <= 100
    order = [text.index(w) for w in ("ERRORS", "WARNINGS", "NOTES", "NOT JUDGED", "THE TEN STEPS")]
    assert order == sorted(order)
    severities = [f.severity for f in found.findings]
    assert severities == sorted(severities, key=["error", "warning", "note", "ok"].index)
    steps = [f.step for f in found.findings if f.severity == "warning"]
    assert steps == sorted(steps)
    tables = audit_tables(audit(whole, outcome=outcome_of(whole)))
    names = [name for name, _ in tables]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 31
    for name, columns in tables:
        assert len({len(c) for c in columns.values()}) == 1, name
    assert {"7 ranks in replications", "7 sensitivity", "7 exact rank intervals", "8 removal",
            "8 strengths", "9 outcome links", "10 league"} <= set(names)  # fmt: skip
    league = dict(tables)["10 league"]
    assert (np.asarray(league["best"]) <= league["low"]).sum() >= UNITS / 2
    assert (np.asarray(league["low"]) <= league["high"]).all()


def test_strengths_are_those_of_the_analysis() -> None:
    result = clean().result()
    (step,) = [s for s in audit(result).steps if s.number == 8]
    table = step.tables["strengths"]
    for i, unit in enumerate(result.data.units):
        own = strengths_and_weaknesses(result.data.values, i)
        for side, want in (("strength", own.strengths), ("weakness", own.weaknesses)):
            rows = [k for k, (u, s) in enumerate(zip(table["unit"], table["side"], strict=True))
                    if (u, s) == (unit, side)]  # fmt: skip
            assert [table["indicator"][k] for k in rows] == [result.tree.codes[j] for j in want]


def test_the_order_of_units_and_indicators_changes_nothing() -> None:
    def spoiled() -> Made:
        made = clean()
        for spoil in (redundant, no_unit, extreme, clipped):
            spoil(made)
        return made

    one = spoiled()
    first = audit(one.result())
    other = spoiled()
    rng = np.random.default_rng(8)
    columns = rng.permutation(FAMILIES * SIZE)
    rows = rng.permutation(UNITS)
    other.values = other.values[rows][:, columns]
    leaves = [other.meta[j] for j in columns]
    other.meta = leaves + other.meta[FAMILIES * SIZE :]
    second = audit(other.result())

    def pure(found: Audit) -> set[tuple[str, frozenset[str]]]:
        return {(f.rule, frozenset(f.code.split(" and "))) for f in warned(found)}

    assert pure(first) == pure(second)
    assert len(pure(first)) == 4


def test_years_are_judged_together_where_they_should_be() -> None:
    made = clean()
    tree = tree_of(made.meta)
    names = tuple(f"U{i:02d}" for i in range(UNITS))
    shift = np.random.default_rng(2).normal(0, 1, made.values.shape)
    values = np.concatenate([made.values, made.values + shift])
    values[UNITS:, 3][:30] = np.nan
    two = IndexData(
        names, names, np.tile(np.arange(UNITS), 2), np.repeat([2019, 2020], UNITS), values,
        np.zeros(values.shape, bool),
    )  # fmt: skip
    result = computed(tree, two, recipe_of(made.recipe))
    found = audit(result)
    assert (found.year, found.units) == (2020, UNITS)
    (thin,) = [f for f in found.findings if f.rule == "low-coverage-indicator"]
    assert thin.measured == 50 / 80
    by_year = [{"do": "normalise", "scope": "year"}, *made.recipe[1:]]
    assert ("scale-by-year", "X") in raised(audit(computed(tree, two, recipe_of(by_year))))


ASEM = (
    {"do": "denominate"}, {"do": "impute", "rule": "group-median", "group": "GDP_group"},
    {"do": "screen"}, {"do": "treat"}, {"do": "normalise"}, {"do": "weigh"}, {"do": "aggregate"},
)  # fmt: skip


@pytest.fixture(scope="module")
def asem(hansa_data: Any) -> IndexResult:
    folder = hansa_data / "composite"
    tree, data = read_index(folder / "asem_imeta.csv", folder / "asem_idata.csv")
    return computed(tree, data, recipe_of(ASEM))


def test_findings_on_asem_by_hand(asem: IndexResult) -> None:
    """Each number again, from the normalised table with plain formulas."""
    found = {(f.rule, f.code): f for f in audit(asem).findings}
    tree, z, s = asem.tree, asem.data.values, asem.stage.scores
    assert s is not None
    at = tree.place

    (apart,) = [f for f in found.values() if f.rule == "trade-off"]
    r = np.corrcoef(z[:, [at["TBTs"], at["RTAs"]]].T)[0, 1]
    assert apart.measured == pytest.approx(r, abs=1e-12)
    inside = [(i, j) for p, c in tree.families for i in c for j in c if i < j]
    below = [(i, j) for i, j in inside if np.corrcoef(s[:, i], s[:, j])[0, 1] < -0.4]
    assert len(apart.codes) == len(below) == 6

    x = z[:, [at[c] for c in ("PubDebt", "PrivDebt", "GDPGrow", "RDExp", "NEET")]]
    alpha = 5 / 4 * (1 - x.var(axis=0, ddof=1).sum() / x.sum(axis=1).var(ddof=1))
    assert found["low-alpha", "SusEcFin"].found.startswith(f"alpha {alpha:.2f}")

    pillars = [z[:, tree.under[at[p]]].mean(axis=1) for p in ("Environ", "Social", "SusEcFin")]
    r = np.corrcoef(pillars[2], np.mean(pillars, axis=0))[0, 1]
    assert found["silent", "SusEcFin"].measured == pytest.approx(abs(r), abs=1e-12)

    tariff = found["same-values", "Tariff"]
    raw = asem.evaluator.data.values[:, at["Tariff"]]
    _, times = np.unique(raw[~np.isnan(raw)], return_counts=True)
    assert tariff.measured == times.max() / times.sum()

    values, vectors = np.linalg.eigh(np.corrcoef(z[:, tree.under[at["Environ"]]].T))
    own = np.flatnonzero(tree.under[at["Environ"]])
    first = vectors[:, -1] * np.sign(vectors[:, -1].sum()) * np.sqrt(values[-1])
    forest = first[list(own).index(at["Forest"])]
    assert found["negative-loading", "Forest"].measured == pytest.approx(forest, abs=1e-9)


def test_tables_on_asem_by_hand(asem: IndexResult) -> None:
    steps = {s.number: s.tables for s in audit(asem).steps}
    raw = asem.evaluator.data.values
    coverage = steps[2]["coverage by unit"]
    assert np.allclose(coverage["Index"], (~np.isnan(raw)).mean(axis=1), atol=1e-12)
    # Filled cells are gaps of the data, or cells without a denominator.
    assert sum(steps[3]["filled by unit"]["filled"]) == asem.data.filled.sum() == 65
    weights = steps[6]["weights"]
    leaf = dict(zip(weights["code"], weights["effective_weight"], strict=True))
    assert leaf["LPI"] == pytest.approx(1 / 8 / 5 / 2)
    assert sum(leaf[n.code] for n in asem.tree.indicators) == pytest.approx(1)
    removed = dict(zip(steps[8]["removal"]["code"], steps[8]["removal"]["mean_shift"],
                       strict=True))  # fmt: skip
    rows = [n.__dict__ | {"type": "indicator" if n.indicator else "aggregate"}
            for n in asem.tree.nodes if n.code != "Forest"]  # fmt: skip
    kept = [j for j, n in enumerate(asem.tree.indicators) if n.code != "Forest"]
    own = asem.evaluator.data
    others = [(c, "denominator") for c in asem.tree.denominators]
    others += [(c, "group") for c in asem.tree.groups]
    meta = [_plain(r) for r in rows]
    meta += [{"code": c, "type": kind, "parent": "", "direction": "", "weight": ""}
             for c, kind in others]  # fmt: skip
    less = computed(
        tree_of(meta), replace(own, values=own.values[:, kept], filled=own.filled[:, kept]),
        recipe_of(ASEM),
    )  # fmt: skip
    assert removed["Forest"] == pytest.approx(np.abs(less.rank - asem.rank).mean(), abs=1e-12)


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    wanted = ("code", "type", "parent", "direction", "weight", "denominator")
    return {k: row[k] for k in wanted if not (k == "denominator" and not row[k])}


def test_asem_without_dividing_by_size(hansa_data: Any) -> None:
    folder = hansa_data / "composite"
    tree, data = read_index(folder / "asem_imeta.csv", folder / "asem_idata.csv")
    found = {f.rule: f for f in audit(computed(tree, data), outcome="GDP").findings}
    named = tuple(n.code for n in tree.indicators if n.denominator)
    assert found["not-denominated"].codes == named
    assert found["follows-size"].severity == "warning"
    assert found["gaps"].measured == 63
    assert found["shared-elements"].severity == "warning"


def test_the_artificial_panel_of_asem_runs(hansa_data: Any) -> None:
    folder = hansa_data / "composite"
    tree, data = read_index(folder / "asem_imeta.csv", folder / "asem_idata_panel.csv")
    found = audit(computed(tree, data, recipe_of(ASEM), replications=200))
    assert len(found.steps) == 10
    assert found.year == max(data.years)
    assert found.steps[6].tables["ranks in replications"]["unit"] == tuple(
        found.steps[7].tables["strengths"]["unit"][::10]
    )
