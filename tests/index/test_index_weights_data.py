"""Weights from data: each scheme against an independent way, its edges, its invariants."""

from __future__ import annotations

from decimal import Decimal, localcontext
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from hansa.errors import HansaError, UsageError
from hansa.index.weights_correlation import correlation_optimised
from hansa.index.weights_data import critic, entropy, pca_first, pca_rotated, varimax

Families = dict[str, pd.DataFrame]
NEGATIVE = {"Instit": ["TBTs"], "Environ": ["Forest"], "SusEcFin": ["RDExp", "NEET"]}


@pytest.fixture(scope="module")
def families(hansa_data: Path) -> Families:
    """The eight pillars of ASEM: direction applied, min-max 0-100, gaps left."""
    meta = pd.read_csv(hansa_data / "composite" / "asem_imeta.csv")
    data = pd.read_csv(hansa_data / "composite" / "asem_idata.csv")
    found = {}
    for parent, leaves in meta[meta["Type"] == "Indicator"].groupby("Parent"):
        y = data[leaves["iCode"]] * leaves["Direction"].to_numpy()
        found[str(parent)] = (y - y.min()) / (y.max() - y.min()) * 100
    return found


def each(families: Families):
    return [(name, y.to_numpy(), list(y.columns)) for name, y in families.items()]


# --- principal components --------------------------------------------------------------


def first_by_svd(y: pd.DataFrame) -> np.ndarray:
    """First right singular vector of the standardised complete rows."""
    z = y.dropna()
    z = (z - z.mean()) / z.std()
    v = np.linalg.svd(z.to_numpy(), full_matrices=False)[2][0]
    return v * np.sign(v.sum())


def test_first_loadings_of_asem_are_the_first_right_singular_vector(families: Families) -> None:
    for name, x, codes in each(families):
        v = first_by_svd(families[name])
        if name in NEGATIVE:
            result = pca_first(x, codes, negative="signed")
            np.testing.assert_allclose(result.weights, v / v.sum(), atol=1e-9)
            absolute = pca_first(x, codes, negative="abs").weights
            np.testing.assert_allclose(absolute, np.abs(v) / np.abs(v).sum(), atol=1e-9)
        else:
            result = pca_first(x, codes)
            np.testing.assert_allclose(result.weights, v / v.sum(), atol=1e-9)
        np.testing.assert_allclose(result.by_child["loading"], v, atol=1e-9)
        assert result.rows == len(families[name].dropna())


@pytest.mark.parametrize("name", sorted(NEGATIVE))
def test_negative_loadings_of_asem_are_refused_by_name(families: Families, name: str) -> None:
    y = families[name]
    with pytest.raises(HansaError) as caught:
        pca_first(y.to_numpy(), list(y.columns))
    finding = caught.value.finding
    assert finding.place == ", ".join(NEGATIVE[name])
    assert f"{NEGATIVE[name][0]} -0." in finding.printed
    assert "pca_rotated" in finding.fix


def varimax_by_svd(a: np.ndarray) -> np.ndarray:
    """Kaiser's criterion by the polar factor of its gradient (another algorithm)."""
    length = np.sqrt((a**2).sum(axis=1, keepdims=True))
    b = a / length
    turn = np.eye(a.shape[1])
    for _ in range(1500):
        c = b @ turn
        u, _, vt = np.linalg.svd(b.T @ (c**3 - c * (c**2).mean(axis=0)))
        turn = u @ vt
    return b @ turn * length


def criterion(a: np.ndarray) -> float:
    b = a / np.sqrt((a**2).sum(axis=1, keepdims=True))
    return float(np.var(b**2, axis=0).sum())


def test_rotated_weights_of_asem_equal_another_varimax(families: Families) -> None:
    counts = {}
    for name, x, codes in each(families):
        z = families[name].dropna()
        values, vectors = np.linalg.eig(z.corr().to_numpy())
        order = np.argsort(-values.real)
        values, vectors = values.real[order], vectors.real[:, order]
        share = values / len(codes)
        kept = max(1, int(((values > 1) & (share > 0.1)).sum()))
        while share[:kept].sum() <= 0.6:
            kept += 1
        turned = varimax_by_svd(vectors[:, :kept] * np.sqrt(values[:kept]))
        square = (turned**2).max(axis=1)
        result = pca_rotated(x, codes)
        np.testing.assert_allclose(result.weights, square / square.sum(), atol=1e-7)
        np.testing.assert_allclose(result.eigenvalues, values, atol=1e-9)
        assert criterion(result.loadings) >= criterion(turned) - 1e-12
        # Turning changes no communality and no sum of squares in all.
        np.testing.assert_allclose(
            (result.loadings**2).sum(axis=1), (turned**2).sum(axis=1), atol=1e-9
        )
        counts[name] = kept
    assert counts == {
        "ConEcFin": 1, "Environ": 2, "Instit": 2, "P2P": 2, "Physical": 3, "Political": 2,
        "Social": 2, "SusEcFin": 2,
    }  # fmt: skip


def test_components_below_1_that_are_kept_to_pass_60_percent_are_noted(families: Families) -> None:
    y = families["SusEcFin"]
    (note,) = pca_rotated(y.to_numpy(), list(y.columns)).findings
    assert note.severity == "note"
    assert note.rule == "1 further components kept, to pass 60% of the variance"
    assert note.printed == "1 hold 48.2%, 2 67.8%"


def test_varimax_of_two_factors_is_the_best_of_all_angles() -> None:
    a = np.random.default_rng(5).normal(size=(7, 2))
    angles = np.linspace(0, np.pi / 2, 200_001)
    b = a / np.sqrt((a**2).sum(axis=1, keepdims=True))
    first = b[:, :1] * np.cos(angles) + b[:, 1:] * np.sin(angles)
    second = b[:, 1:] * np.cos(angles) - b[:, :1] * np.sin(angles)
    best = (np.var(first**2, axis=0) + np.var(second**2, axis=0)).max()
    assert criterion(varimax(a)) == pytest.approx(best, abs=1e-9)
    assert criterion(varimax(a)) > criterion(a) + 1e-3


def test_varimax_finds_simple_structure_again() -> None:
    simple = np.zeros((9, 3))
    simple[[0, 1, 2], 0] = 0.9, 0.8, 0.7
    simple[[3, 4, 5], 1] = 0.6, 0.9, 0.5
    simple[[6, 7, 8], 2] = 0.8, 0.7, 0.9
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    for kaiser in (True, False):
        square = varimax(simple @ turn, kaiser) ** 2
        order = square[[0, 3, 6]].argmax(axis=1)
        np.testing.assert_allclose(square[:, order], simple**2, atol=1e-9)


def test_one_component_needs_no_turning() -> None:
    x = np.random.default_rng(2).normal(size=(30, 1)) + 0.3 * np.random.default_rng(3).normal(
        size=(30, 4)
    )
    result = pca_rotated(x, list("abcd"))
    v = first_by_svd(pd.DataFrame(x))
    np.testing.assert_allclose(result.weights, v**2, atol=1e-9)
    assert (result.by_child["factor"] == 1).all()


# --- correlations aimed at -------------------------------------------------------------


def attained(z: np.ndarray, w: np.ndarray, rest: np.ndarray | float = 0.0) -> np.ndarray:
    total = z @ w + rest
    return np.corrcoef(np.column_stack([z, total]).T)[-1, :-1]


def miss(z: np.ndarray, w: np.ndarray, t: np.ndarray, rest: np.ndarray | float = 0.0) -> float:
    r = attained(z, w, rest)
    return float(np.mean((r / r.sum() - t / t.sum()) ** 2))


def best_of_many_starts(z, t, rest=0.0) -> float:
    rng = np.random.default_rng(0)
    k = z.shape[1]
    starts = [np.full(k, 1 / k), *rng.dirichlet(np.ones(k), 3)]
    ends = [
        minimize(
            lambda w: 1e4 * miss(z, w / w.sum(), t, rest),
            start,
            bounds=[(0, 1)] * k,
            constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
            method="SLSQP",
            options={"maxiter": 150, "ftol": 1e-13},
        ).fun
        / 1e4
        for start in starts
    ]
    return min(ends)


def test_asem_correlates_as_aimed_or_no_start_comes_nearer(families: Families) -> None:
    exact = []
    for name, x, codes in each(families):
        z = families[name].dropna().to_numpy()
        result = correlation_optimised(x, codes)
        t = np.ones(len(codes))
        found = miss(z, result.weights, t)
        np.testing.assert_allclose(result.by_child["attained"], attained(z, result.weights))
        assert found <= best_of_many_starts(z, t) + 1e-9
        if found < 1e-12:
            exact.append(name)
            assert not result.findings
        else:
            assert "come nearest" in result.findings[0].rule
    assert exact == ["Environ", "SusEcFin"]


def test_targets_that_can_be_attained_are_attained() -> None:
    x = np.random.default_rng(3).normal(size=(60, 4)) + np.random.default_rng(4).normal(
        size=(60, 1)
    )
    x *= [1, 10, 0.1, 5]
    t = [1.0, 1.3, 1.2, 1.0]
    result = correlation_optimised(x, list("abcd"), t)
    share = attained(x, result.weights)
    np.testing.assert_allclose(share / share.sum(), np.array(t) / 4.5, atol=1e-9)
    # Without the bound w >= 0 the answer is known: w sd = R^-1 t.
    known = np.linalg.solve(np.corrcoef(x.T), t) / x.std(axis=0, ddof=1)
    assert known.min() > 0
    np.testing.assert_allclose(result.weights, known / known.sum(), atol=1e-9)


def test_the_greatest_sum_of_correlations_is_the_sum_of_standard_scores(families: Families) -> None:
    for name, x, codes in each(families):
        z = families[name].dropna()
        result = correlation_optimised(x, codes, aim="sum")
        known = 1 / z.std().to_numpy()
        np.testing.assert_allclose(result.weights, known / known.sum(), atol=1e-9)


def test_the_root_can_be_aimed_at_with_what_other_families_add(families: Families) -> None:
    y = families["Social"]
    others = sum(families[n].mean(axis=1) for n in families if n != "Social").to_numpy()
    result = correlation_optimised(y.to_numpy(), list(y.columns), rest=others)
    at = y.notna().all(axis=1).to_numpy() & ~np.isnan(others)
    z, rest = y.to_numpy()[at], others[at]
    t = np.ones(y.shape[1])
    np.testing.assert_allclose(result.by_child["attained"], attained(z, result.weights, rest))
    assert miss(z, result.weights, t, rest) <= best_of_many_starts(z, t, rest) + 1e-9
    summed = correlation_optimised(y.to_numpy(), list(y.columns), aim="sum", rest=others)
    most = attained(z, summed.weights, rest).sum()
    draws = np.random.default_rng(1).dirichlet(np.full(y.shape[1], 0.5), 3000)
    assert most >= max(attained(z, w, rest).sum() for w in draws)


def test_children_that_repeat_each_other_share_their_weight_in_any_order() -> None:
    x = np.random.default_rng(6).normal(size=(40, 3))
    x = x[:, [0, 1, 2, 0]]
    a = correlation_optimised(x, list("abcd")).weights
    assert a[0] == pytest.approx(a[3], abs=1e-6)
    b = correlation_optimised(x[:, [3, 2, 1, 0]], list("dcba")).weights
    np.testing.assert_allclose(b[::-1], a, atol=1e-6)


@pytest.mark.parametrize("target", [[1.0, -1.0], [0.0, 0.0], [1.0], [np.nan, 1.0]])
def test_targets_without_sense_are_refused(target: list[float]) -> None:
    x = np.random.default_rng(0).normal(size=(9, 2))
    with pytest.raises(UsageError, match=r"(?s)cannot be meant.*one target >= 0 for each child"):
        correlation_optimised(x, ["a", "b"], target)


# --- entropy and CRITIC ----------------------------------------------------------------


def test_entropy_of_asem_by_hand(families: Families) -> None:
    for name, x, codes in each(families):
        y = 1 + 0.99 * families[name]
        p = y / y.sum()
        e = -(p * np.log(p)).sum() / np.log(y.count())
        result = entropy(1 + 0.99 * x, codes)
        np.testing.assert_allclose(result.weights, (1 - e) / (1 - e).sum(), atol=1e-12)
        np.testing.assert_allclose(result.by_child["entropy"], e, atol=1e-12)


def test_entropy_refuses_zeros_by_unit_and_takes_their_limit_on_request() -> None:
    x = np.array([[0.0, 2.0], [3.0, 1.0], [1.0, -1.0]])
    with pytest.raises(HansaError, match=r"(?s)positive values.*a of SE: 0, b of FI: -1.*\[1, 100"):
        entropy(x, ["a", "b"], ["SE", "DK", "FI"])
    with pytest.raises(HansaError, match=r"b of row 3: -1"):
        entropy(x, ["a", "b"], zeros="limit")
    x[2, 1] = 1.0
    result = entropy(x, ["a", "b"], zeros="limit")
    e = np.array([-(0.75 * np.log(0.75) + 0.25 * np.log(0.25)),
                  -(0.5 * np.log(0.5) + 2 * 0.25 * np.log(0.25))]) / np.log(3)  # fmt: skip
    np.testing.assert_allclose(result.weights, (1 - e) / (1 - e).sum(), atol=1e-12)


def test_entropy_of_columns_that_hardly_vary_keeps_its_digits() -> None:
    d = np.array([-3.0, 1.0, 0.0, 1.5])
    x = np.column_stack([1 + size * d for size in (1e-7, 1e-5, 2e-4, 3e-4, 0.01)])
    with localcontext(prec=60):
        kept = []
        for column in x.T:
            y = [Decimal(float(v)) for v in column]
            p = [v / sum(y) for v in y]
            kept.append(1 + sum(v * v.ln() for v in p) / Decimal(4).ln())
        known = [float(k / sum(kept)) for k in kept]
    np.testing.assert_allclose(entropy(x, list("abcde")).weights[1:], known[1:], rtol=1e-10)
    np.testing.assert_allclose(entropy(x, list("abcde")).weights, known, rtol=1e-7)


def test_critic_of_asem_by_hand(families: Families) -> None:
    for name, x, codes in each(families):
        y = families[name] / 100
        c = y.std() * (1 - y.corr()).sum()
        np.testing.assert_allclose(critic(x, codes).weights, c / c.sum(), atol=1e-12)
        np.testing.assert_allclose(critic(7 * x + 3, codes).weights, c / c.sum(), atol=1e-12)


def test_critic_gives_no_weight_without_spread_and_says_so() -> None:
    x = np.random.default_rng(0).normal(size=(12, 3))
    x[:, 1] = 4.0
    result = critic(x, ["a", "b", "c"])
    assert result.weights[1] == 0
    np.testing.assert_allclose(result.weights[[0, 2]], critic(x[:, [0, 2]], ["a", "c"]).weights)
    assert [(f.severity, f.place, f.printed) for f in result.findings] == [
        ("warning", "b", "sd = 0")
    ]


@pytest.mark.parametrize("scheme", [entropy, critic])
def test_children_that_are_all_constant_weigh_the_same_and_that_is_said(scheme) -> None:
    result = scheme(np.full((5, 3), [2.0, 3.0, 4.0]), ["a", "b", "c"])
    np.testing.assert_array_equal(result.weights, np.full(3, 1 / 3))
    assert "do not differ: equal weights" in result.findings[-1].rule


def test_critic_weighs_children_that_repeat_each_other_the_same() -> None:
    a = np.arange(6.0)
    result = critic(np.column_stack([a, 3 * a + 1]), ["a", "b"])
    np.testing.assert_array_equal(result.weights, [0.5, 0.5])
    assert result.findings[0].printed == "perfect correlation"


def test_critic_names_children_without_rows_in_common() -> None:
    x = np.full((8, 3), np.nan)
    x[:4, 0], x[4:, 1], x[:, 2] = np.arange(4), np.arange(4), np.arange(8)
    with pytest.raises(HansaError, match=r"a with b \(0 rows\)"):
        critic(x, ["a", "b", "c"])


# --- edges and invariants of all -------------------------------------------------------

SCHEMES = {
    "pca_first": lambda x, codes: pca_first(x, codes, "abs"),
    "pca_rotated": pca_rotated,
    "correlation": correlation_optimised,
    "entropy": entropy,
    "critic": critic,
}
CORRELATING = [n for n in SCHEMES if n not in ("entropy", "critic")]


@pytest.mark.parametrize("name", CORRELATING)
def test_too_few_complete_rows_are_refused(name: str) -> None:
    x = np.random.default_rng(0).normal(size=(6, 3))
    x[:4, 1] = np.nan
    with pytest.raises(HansaError, match=r"(?s)2 of 6 rows are complete; fewest values in b: 2"):
        SCHEMES[name](x, ["a", "b", "c"])


@pytest.mark.parametrize("name", CORRELATING)
def test_no_spread_at_all_is_refused(name: str) -> None:
    with pytest.raises(HansaError, match=r"(?s)no child varies.*a, b"):
        SCHEMES[name](np.ones((6, 2)), ["a", "b"])


@pytest.mark.parametrize("name", SCHEMES)
def test_a_family_without_values_is_refused(name: str) -> None:
    with pytest.raises(HansaError, match=r"(?s)no child of this family has a value.*a, b"):
        SCHEMES[name](np.full((6, 2), np.nan), ["a", "b"])


@pytest.mark.parametrize("name", SCHEMES)
def test_a_child_without_values_changes_nothing_but_is_named(name: str) -> None:
    x = np.random.default_rng(7).uniform(1, 9, (20, 3))
    wide = SCHEMES[name](np.insert(x, 1, np.nan, axis=1), ["a", "empty", "b", "c"])
    np.testing.assert_allclose(wide.weights[[0, 2, 3]], SCHEMES[name](x, list("abc")).weights)
    assert wide.weights[1] == 0
    assert wide.findings[0].place == "empty"


@pytest.mark.parametrize("name", SCHEMES)
def test_an_only_child_has_all_the_weight(name: str) -> None:
    assert SCHEMES[name](np.array([[1.0], [2.0], [np.nan]]), ["a"]).weights.tolist() == [1.0]


def test_two_opposed_children_have_no_signed_loadings() -> None:
    a = np.random.default_rng(0).normal(size=20)
    x = np.column_stack([a, -a + 0.1 * np.random.default_rng(1).normal(size=20)])
    with pytest.raises(HansaError, match="positive sum"):
        pca_first(x, ["a", "b"], "signed")
    np.testing.assert_allclose(pca_first(x, ["a", "b"], "abs").weights, 0.5)


def test_loadings_of_uncorrelated_children_are_called_arbitrary() -> None:
    x = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    assert "arbitrary" in pca_first(x, ["a", "b"], "abs").findings[0].rule


@pytest.mark.parametrize("name", SCHEMES)
@settings(max_examples=20, deadline=None)
@given(
    units=st.integers(8, 30), children=st.integers(2, 6), seed=st.integers(0, 2**32 - 1),
    gaps=st.booleans(),
)  # fmt: skip
def test_invariants(name: str, units: int, children: int, seed: int, gaps: bool) -> None:
    rng = np.random.default_rng(seed)
    x = np.exp(rng.normal(size=(units, children)) + rng.normal(size=(units, 1)))
    if gaps:
        x[rng.integers(units - 5), rng.integers(children)] = np.nan
    codes = [f"c{j}" for j in range(children)]
    weights = SCHEMES[name](x, codes).weights
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    rows, columns = rng.permutation(units), rng.permutation(children)
    moved = SCHEMES[name](x[np.ix_(rows, columns)], [codes[j] for j in columns]).weights
    np.testing.assert_allclose(moved, weights[columns], atol=1e-7)
    scale = rng.uniform(0.01, 100, children)
    scaled = SCHEMES[name](x * scale, codes).weights
    if name == "correlation":
        scaled = scaled * scale / (scaled * scale).sum()
    np.testing.assert_allclose(scaled, weights, atol=1e-7)


def test_the_same_data_give_the_same_bytes(families: Families) -> None:
    x, codes = families["Social"].to_numpy() + 1, list(families["Social"].columns)
    for scheme in SCHEMES.values():
        assert scheme(x, codes).weights.tobytes() == scheme(x, codes).weights.tobytes()


def test_an_unknown_treatment_is_refused() -> None:
    x = np.random.default_rng(0).normal(size=(9, 2))
    with pytest.raises(UsageError, match=r"(?s)'clip'.*error, abs, signed"):
        pca_first(x, ["a", "b"], "clip")
    with pytest.raises(UsageError, match=r"(?s)'drop'.*refuse, limit"):
        entropy(x, ["a", "b"], zeros="drop")
