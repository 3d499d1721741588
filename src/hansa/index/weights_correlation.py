"""Weights with which siblings correlate with their parent, or with the root, as intended.

Methods: index, section 2.6 (correlation-optimised).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hansa.errors import HansaError, UsageError, listed
from hansa.index.weights_data import (
    NOTHING,
    DataWeights,
    Floats,
    alone,
    complete,
    warning,
)


def correlation_optimised(
    x: Floats,
    codes: Sequence[str],
    target: Sequence[float] | None = None,
    aim: str = "target",
    rest: Floats | None = None,
) -> DataWeights:
    """Weights of one family (units, children) from the correlations aimed at, on complete rows.

    aim `target`: least mean (r_i / sum r - t_i / sum t)^2, t equal by default; `sum`: greatest
    sum r; r is Pearson's correlation of child and aggregate. The aggregate is x w, the parent; with
    rest (units,) it is x w + rest, the root: rest is what the other families add, divided by the
    cumulative weight of this one. Both aims depend on the direction of w only and are convex on the
    cone w >= 0: one non-negative least squares problem gives the global optimum, and no start
    matters. by_child: attained (r), its share, target (share). Raises HansaError, UsageError.
    Source: Becker et al. 2017 (aim); Lawson and Hanson 1974 (non-negative least squares).
    """
    t = _target(target, aim, codes)
    if x.shape[1] == 1:
        return alone(x)
    c = complete(x, codes, rest)
    share = t[c.used] / t[c.used].sum() if t[c.used].any() else np.full(c.sd.size, 1 / c.sd.size)
    beside = np.zeros(len(c.z)) if rest is None else rest[c.at] - rest[c.at].mean()
    u = _cone(c.z, c.z + np.outer(beside, 1 / c.sd), share, aim)
    w = u / c.sd / (u / c.sd).sum()
    total = c.z @ (w * c.sd) + beside
    r = c.z.T @ total / np.sqrt((c.z**2).sum(axis=0) * (total @ total))
    miss = float(np.mean((r / r.sum() - share) ** 2))
    found = c.findings
    if aim == "target" and miss > NOTHING:
        rule = "no weights >= 0 give the correlations aimed at; these come nearest"
        printed = f"mean squared miss of the shares {miss:.3g}"
        found += (warning(rule, codes, printed, "look at the attained correlations"),)
    by_child = {"attained": c.spread(r), "share": c.spread(r / r.sum()), "target": c.spread(share)}
    return DataWeights(c.spread(w, 0.0), len(c.z), found, by_child)


def _target(target: Sequence[float] | None, aim: str, codes: Sequence[str]) -> Floats:
    t = np.ones(len(codes)) if target is None else np.asarray(target, dtype=np.float64)
    right = t.shape == (len(codes),) and bool((t >= 0).all() and t.any() and np.isfinite(t).all())
    if aim not in ("target", "sum") or not right:
        raise UsageError(
            "this aim for correlations cannot be meant",
            place=listed(codes),
            printed=f"aim {aim!r}, target {t.tolist()}",
            admissible="aim target or sum; one target >= 0 for each child, not all 0",
            fix="give one target for each child, or none for equal correlations",
        )
    return t


def _cone(z: Floats, moved: Floats, share: Floats, aim: str) -> Floats:
    """Best u = w sd >= 0 of any length; the aggregate is moved @ u.

    With m u the sum of covariances, least |B u|^2 where m u = 1 has the direction of the least
    |B u|^2 + (m u - 1)^2: of a direction with q = |B u|^2 the best length leaves q / (1 + q).
    """
    from scipy.optimize import nnls

    n = len(z) - 1
    covariance = z.T @ moved / n
    m = covariance.sum(axis=0)
    b = covariance - np.outer(share, m) if aim == "target" else moved / np.sqrt(n)
    system = np.vstack([b, m])
    length = np.linalg.norm(system, axis=0)
    system = system / length
    if np.linalg.matrix_rank(system, tol=1e-9 * np.linalg.norm(system)) < m.size:
        # Children that repeat each other: the shortest of all optima, whatever their order.
        system = np.vstack([system, 1e-6 * np.linalg.norm(system) * np.eye(m.size)])
    wanted = np.zeros(len(system))
    wanted[len(b)] = 1.0
    u: Floats = np.maximum(nnls(system, wanted)[0], 0.0) / length
    if not u.any():
        raise HansaError(
            "no weights >= 0 make the children correlate positively with their aggregate",
            printed=f"sums of covariances {listed(f'{v:.3g}' for v in m)}",
            admissible="at least one above 0",
            fix="look at the directions of the children, or use equal weights",
        )
    return u
