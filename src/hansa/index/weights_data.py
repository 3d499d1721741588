"""Weights of siblings that the data themselves suggest.

Methods: index, section 2.6. Every scheme takes x (units, children) of one family, direction
applied (higher is better), NaN for missing, and the codes of the children. It returns
`DataWeights`. A child without values, or without spread where correlations are needed, gets
weight 0 and a warning; a family of one child has weight 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from hansa.errors import Finding, HansaError, UsageError, listed

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

NOTHING = 1e-12
"""Two shares, loadings or correlations are equal within this."""

FEWEST = 3
"""Complete rows needed for a correlation: two always correlate perfectly."""

KAISER, EACH, TOGETHER = 1.0, 0.10, 0.60
"""Components kept: eigenvalue above, share of variance each, together (Handbook 2008, step 6)."""


@dataclass(frozen=True)
class DataWeights:
    """Weights of one family and what they rest on.

    weights      (children,) sum to 1; not negative unless signed loadings were asked for
    rows         rows used: complete rows, or rows with any value for entropy and CRITIC
    findings     warnings and notes
    by_child     name -> (children,), NaN for a child left out
    loadings     (children, components); first: unit-norm eigenvector, rotated: after varimax
    eigenvalues  of the correlation matrix, falling
    """

    weights: Floats
    rows: int
    findings: tuple[Finding, ...] = ()
    by_child: Mapping[str, Floats] = field(default_factory=dict)
    loadings: Floats = field(default_factory=lambda: np.empty((0, 0)))
    eigenvalues: Floats = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True)
class Complete:
    """Standardised complete rows of the children that vary.

    z   (rows, used) mean 0 and sd 1; sd is (used,)
    used, at  which children (children,) and which units (units,)
    """

    z: Floats
    sd: Floats
    used: Bools
    at: Bools
    findings: tuple[Finding, ...]

    def spread(self, values: Floats, left_out: float = np.nan) -> Floats:
        """Values of the used children in the order of all children."""
        wide = np.full((self.used.size, *values.shape[1:]), left_out)
        wide[self.used] = values
        return wide


def pca_first(x: Floats, codes: Sequence[str], negative: str = "error") -> DataWeights:
    """Loadings of the first principal component of the correlation matrix, on complete rows.

    The eigenvector has unit norm and the sign with a positive sum. negative: `error`, `abs`
    (absolute loadings) or `signed` (as they are, divided by their sum). Raises HansaError naming
    the children with a negative loading, or where fewer than 3 rows are complete.
    Source: OECD/JRC Handbook 2008, step 6; COINr (getPCA).
    """
    if negative not in ("error", "abs", "signed"):
        rule = f"negative loadings cannot be treated by {negative!r}"
        raise UsageError(rule, admissible="error, abs, signed", fix="choose one of them")
    if x.shape[1] == 1:
        return alone(x)
    c = complete(x, codes)
    values, vectors = _components(c.z)
    v = vectors[:, 0]
    if v.sum() < -NOTHING or (abs(v.sum()) <= NOTHING and v[np.abs(v).argmax()] < 0):
        v = -v
    below = v < -NOTHING
    w = v if negative == "signed" else np.abs(v)
    if (below.any() and negative == "error") or w.sum() <= NOTHING:
        names = np.asarray(codes)[c.used]
        raise HansaError(
            "the first component has negative loadings, so they cannot be weights",
            place=listed(names[below]),
            printed=listed(f"{n} {a:.3f}" for n, a in zip(names[below], v[below], strict=True)),
            admissible="loadings of one sign; signed loadings with a positive sum",
            fix="look at direction and place in the tree of these children, use pca_rotated, "
            "or ask for abs or signed",
        )
    found = c.findings
    if values.size > 1 and values[0] - values[1] <= 1e-9 * values[0]:
        printed = f"eigenvalues {values[0]:.6g} and {values[1]:.6g}"
        rule = "the first two components are equally large: loadings are arbitrary"
        found += (warning(rule, codes, printed, "use equal weights or pca_rotated"),)
    a = c.spread(v)
    w = c.spread(w / w.sum(), 0.0)
    return DataWeights(w, len(c.z), found, {"loading": a}, a[:, None], values)


def pca_rotated(x: Floats, codes: Sequence[str], kaiser: bool = True) -> DataWeights:
    """Squared loadings after varimax: w_i = L_if^2 / SS_f x SS_f / sum SS, scaled to sum 1.

    SS_f is the sum of squared loadings of factor f, so w_i is in proportion to L_if^2.

    Kept are components with an eigenvalue above 1 and more than 10 % of the variance, at least
    one; further components follow in order until together they pass 60 %, and a note says so.
    f is the factor of the child's largest squared loading. kaiser: rows are scaled to length 1
    while rotating. by_child: factor (from 1) and its loading. Raises HansaError as `pca_first`.
    Source: Nicoletti, Scarpetta and Boylaud 2000; OECD/JRC Handbook 2008, step 6.
    """
    if x.shape[1] == 1:
        return alone(x)
    c = complete(x, codes)
    values, vectors = _components(c.z)
    share = values / values.sum()
    kept = max(1, int(((values > KAISER + NOTHING) & (share > EACH + NOTHING)).sum()))
    enough = int(np.searchsorted(np.cumsum(share), TOGETHER + NOTHING)) + 1
    found = c.findings
    if enough > kept:
        rule = f"{enough - kept} further components kept, to pass {TOGETHER:.0%} of the variance"
        printed = f"{kept} hold {share[:kept].sum():.1%}, {enough} {share[:enough].sum():.1%}"
        note = warning(rule, codes, printed, "look at the loadings")
        found += (replace(note, severity="note"),)
        kept = enough
    loadings = varimax(vectors[:, :kept] * np.sqrt(values[:kept]), kaiser)
    loadings = loadings[:, np.argsort(-(loadings**2).sum(axis=0), kind="stable")]
    square = loadings**2
    # A tie up to rounding goes to the larger factor, whatever the order of the children.
    factor = (square >= square.max(axis=1, keepdims=True) - NOTHING).argmax(axis=1)
    own = np.take_along_axis(loadings, factor[:, None], axis=1)[:, 0]
    w = c.spread(own**2 / (own**2).sum(), 0.0)
    by_child = {"factor": c.spread(factor + 1.0), "loading": c.spread(own)}
    return DataWeights(w, len(c.z), found, by_child, c.spread(loadings), values)


def varimax(loadings: Floats, kaiser: bool = True) -> Floats:
    """Loadings (children, factors) turned so that the variance of their squares is greatest.

    Planar rotations by the closed angle of each pair of factors until none turns any more.
    Source: Kaiser 1958 (normal varimax; raw with kaiser False).
    """
    turned = np.array(loadings, dtype=np.float64)
    length = np.sqrt((turned**2).sum(axis=1)) if kaiser else np.ones(len(turned))
    length[length == 0] = 1.0
    turned /= length[:, None]
    n, factors = turned.shape
    for _ in range(500):
        widest = 0.0
        for p in range(factors):
            for q in range(p + 1, factors):
                a, b = turned[:, p].copy(), turned[:, q].copy()
                u, v = a * a - b * b, 2 * a * b
                num = 2 * (u @ v - u.sum() * v.sum() / n)
                den = u @ u - v @ v - (u.sum() ** 2 - v.sum() ** 2) / n
                # Where every angle is as good as any other, rounding must not turn anything.
                angle = np.arctan2(num, den) / 4 if np.hypot(num, den) > NOTHING * n else 0.0
                cos, sin = np.cos(angle), np.sin(angle)
                turned[:, p], turned[:, q] = a * cos + b * sin, b * cos - a * sin
                widest = max(widest, abs(float(angle)))
        if widest < 1e-13:
            break
    back: Floats = turned * length[:, None]
    return back


def entropy(
    x: Floats, codes: Sequence[str], units: Sequence[str] = (), zeros: str = "refuse"
) -> DataWeights:
    """p = y / sum y, e = -sum p ln p / ln n, w = (1 - e) / sum (1 - e), over the n values there.

    zeros: `refuse`, or `limit` (0 ln 0 = 0). All children constant: equal weights and a warning.
    by_child: entropy e. Raises HansaError naming the cells that are not positive.
    Source: Shannon 1948; Zeleny 1982.
    """
    if zeros not in ("refuse", "limit"):
        rule = f"zeros cannot be treated by {zeros!r}"
        raise UsageError(rule, admissible="refuse, limit", fix="choose one of them")
    seen, found = _seen(x, codes)
    wrong = np.argwhere((x <= 0) if zeros == "refuse" else (x < 0)).tolist()
    if wrong:
        names = units or [f"row {i + 1}" for i in range(len(x))]
        raise HansaError(
            "entropy needs positive values",
            place=listed(dict.fromkeys(codes[j] for _, j in wrong)),
            printed=listed(f"{codes[j]} of {names[i]}: {x[i, j]:g}" for i, j in wrong),
            admissible="values above 0",
            fix="normalise to a range from 1, as [1, 100], or ask for zeros = limit",
        )
    n = seen.sum(axis=0)
    constant = _constant(x)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(seen, x, 0.0).sum(axis=0) / n
        d = np.where(seen, (x - mean) / mean, 0.0)
        # 1 - e = mean of (1 + d) ln(1 + d) - d over ln n: no term is negative, and where a column
        # hardly varies its series keeps the digits that e itself loses.
        series = d**2 * (1 / 2 - d / 6 + d**2 / 12 - d**3 / 20 + d**4 / 30)
        terms = np.where(np.abs(d) < 1e-3, series, (1 + d) * np.log1p(d) - d)
        terms = np.where(d <= -1, 1.0, terms)
        kept = np.where(constant, 0.0, terms.sum(axis=0) / n / np.log(n))
    return _shared(kept, constant, seen, found, codes, {"entropy": 1 - kept})


def critic(x: Floats, codes: Sequence[str]) -> DataWeights:
    """c_j = sd_j sum_k (1 - r_jk) on min-max data, w = c / sum c; r over pairs of values there.

    Columns are scaled to their own minimum and maximum first. A child without spread has weight 0
    and a warning; equal weights and a warning where nothing differs. by_child: sd, conflict (the
    sum). Raises HansaError naming a pair of children without a correlation.
    Source: Diakoulaki, Mavrotas and Papayannakis 1995.
    """
    seen, found = _seen(x, codes)
    constant = _constant(x)
    sd, conflict = np.full(x.shape[1], np.nan), np.full(x.shape[1], np.nan)
    used = np.flatnonzero(~constant)
    if used.size:
        y = x[:, used]
        y = (y - np.nanmin(y, axis=0)) / (np.nanmax(y, axis=0) - np.nanmin(y, axis=0))
        sd[used] = np.nanstd(y, axis=0, ddof=1)
        conflict[used] = (1 - _pairwise(y, [codes[j] for j in used.tolist()])).sum(axis=1)
    c = np.where(constant | (conflict <= NOTHING), 0.0, sd * conflict)
    return _shared(c, constant, seen, found, codes, {"sd": sd, "conflict": conflict})


def _shared(
    size: Floats,
    constant: Bools,
    seen: Bools,
    found: tuple[Finding, ...],
    codes: Sequence[str],
    by_child: Mapping[str, Floats],
) -> DataWeights:
    """Weights in proportion to size; equal ones where there is no size."""
    rows = int(seen.any(axis=1).sum())
    if size.sum() > 0:
        found += _flat(constant, seen, codes)
        return DataWeights(size / size.sum(), rows, found, by_child)
    even = ~constant if not constant.all() else seen.any(axis=0)
    if even.sum() > 1:
        rule = "the children do not differ: equal weights are used"
        printed = "no spread" if constant.all() else "perfect correlation"
        found += (warning(rule, codes, printed, "use equal weights"),)
    return DataWeights(even / even.sum(), rows, found, by_child)


def _pairwise(y: Floats, codes: Sequence[str]) -> Floats:
    """Correlations over pairs of values (children, children); HansaError where one is undefined."""
    seen = (~np.isnan(y)).astype(np.float64)
    z = np.where(seen > 0, y - np.nanmean(y, axis=0), 0.0)
    n, s, s2 = seen.T @ seen, z.T @ seen, (z**2).T @ seen
    with np.errstate(invalid="ignore", divide="ignore"):
        cov, var = z.T @ z - s * s.T / n, s2 - s**2 / n
        r = np.clip(cov / np.sqrt(var * var.T), -1.0, 1.0)
    bad = np.triu((n < FEWEST) | (var <= NOTHING) | (var.T <= NOTHING), 1)
    if bad.any():
        pairs = [f"{codes[i]} with {codes[j]} ({int(n[i, j])} rows)" for i, j in np.argwhere(bad)]
        raise HansaError(
            "some children have no correlation",
            place=listed(codes),
            printed=listed(pairs),
            admissible=f"{FEWEST} rows in common, with some spread",
            fix="impute, drop one of the children, or use equal weights",
        )
    np.fill_diagonal(r, 1.0)
    return np.asarray(r, dtype=np.float64)


def alone(x: Floats) -> DataWeights:
    """Weight 1 for the only child of a family."""
    return DataWeights(np.ones(1), int((~np.isnan(x)).sum()))


def complete(x: Floats, codes: Sequence[str], rest: Floats | None = None) -> Complete:
    """Complete rows of the children that have values and spread, standardised.

    rest (units,) must be there too. Raises HansaError for fewer than 3 such rows or no spread.
    """
    seen, found = _seen(x, codes)
    used = seen.any(axis=0)
    at: Bools = np.asarray(seen[:, used].all(axis=1))
    if rest is not None:
        at = np.logical_and(at, ~np.isnan(rest))
    if at.sum() < FEWEST:
        least = int(np.flatnonzero(used)[seen[:, used].sum(axis=0).argmin()])
        raise HansaError(
            "too few complete rows for correlations of these children",
            place=listed(codes),
            printed=f"{at.sum()} of {len(x)} rows are complete; fewest values in {codes[least]}: "
            f"{seen[:, least].sum()}",
            admissible=f"at least {FEWEST} rows with all children",
            fix="impute first, drop the child with most gaps, or use equal weights",
        )
    constant = _constant(np.where(at[:, None], x, np.nan))
    found += _flat(constant, seen, codes)
    used = used & ~constant
    if not used.any():
        raise HansaError(
            "no child varies over the complete rows",
            place=listed(codes),
            printed=f"{at.sum()} complete rows",
            admissible="at least one child with spread",
            fix="use equal weights for this family",
        )
    y = x[np.ix_(at, used)]
    sd = y.std(axis=0, ddof=1)
    return Complete((y - y.mean(axis=0)) / sd, sd, used, at, found)


def _components(z: Floats) -> tuple[Floats, Floats]:
    """Eigenvalues, falling, and unit eigenvectors (columns) of the correlation matrix."""
    values, vectors = np.linalg.eigh(z.T @ z / (len(z) - 1))
    return np.maximum(values[::-1], 0.0), vectors[:, ::-1]


def _seen(x: Floats, codes: Sequence[str]) -> tuple[Bools, tuple[Finding, ...]]:
    """Which cells are there; a warning for children without any. HansaError for none at all."""
    seen: Bools = ~np.isnan(x)
    empty: Bools = np.asarray(~seen.any(axis=0))
    if empty.all():
        raise HansaError(
            "no child of this family has a value",
            place=listed(codes),
            admissible="at least one value",
            fix="drop the family or use equal weights",
        )
    if not empty.any():
        return seen, ()
    names = np.asarray(codes)[empty].tolist()
    return seen, (warning("children without values get weight 0", names, "all cells missing",
                           "impute or drop them"),)  # fmt: skip


def _constant(x: Floats) -> Bools:
    """Columns without spread up to rounding, and columns without values."""
    seen = ~np.isnan(x)
    high = np.where(seen, x, -np.inf).max(axis=0)
    low = np.where(seen, x, np.inf).min(axis=0)
    size = np.where(seen, np.abs(x), 0.0).max(axis=0)
    flat: Bools = high - low <= 4 * np.finfo(np.float64).eps * size
    return flat


def _flat(constant: Bools, seen: Bools, codes: Sequence[str]) -> tuple[Finding, ...]:
    flat = np.logical_and(constant, seen.any(axis=0))
    names = np.asarray(codes)[flat].tolist()
    if not names:
        return ()
    return (warning("children without spread get weight 0", names, "sd = 0", "drop them"),)


def warning(rule: str, names: Sequence[str], printed: str, fix: str) -> Finding:
    """A finding about some children that stops nothing."""
    return Finding("warning", listed(names), rule, printed, "", fix)
