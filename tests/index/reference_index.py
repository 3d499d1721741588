"""An independent, slow and obvious computation of composite indices, to hold Hansa against.

Written from the method text alone; it imports nothing of Hansa. Scores are float64, missing is NaN.
`meta`: DataFrame by code, columns parent ("" = root), type, direction, weight, denominator.
`data`: DataFrame by unit, with the indicators, groups and denominators as columns.
A rule is a name or (name, options); rules of a table are one rule, or a dict by code ("" = others).

read_asem(folder) -> data, meta            plain_chain(data, meta) -> table of all nodes
full_chain(data, meta, group) -> dict      normalise_column(x, direction, rule, scope, **options)
aggregate_row(x, w, rule, min_children, **options); copeland(X, w); aggregate_tree(Z, meta, ...)
winsorise(x, k) -> values, count, passes   log_form(x, form); treat_column(x) -> values, log
replicate(data, meta, weights, normaliser, aggregation, dropped) -> scores, ranks (Series)
acceptability(R, n, split), quantile7(x, p), win_share(S), probability_top(R, m): draws x units
remove_elements, sobol_exact, sobol_estimates, sobol_coinr
rank_interval (exact), sampled_interval, tree_rows; shapley(value, parts), change_parts

Where the text leaves a choice it is marked CHOICE.
"""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pandas as pd

NAN = float("nan")
EQUAL = 1e-12
"""Two floats that decide a rank are equal within this share of the range."""

# --- input ---------------------------------------------------------------------------


def read_asem(folder):
    """The two CSV files of COINr's example: data by unit code, meta by indicator code."""
    meta = pd.read_csv(Path(folder) / "asem_imeta.csv", keep_default_na=False)
    meta = meta.rename(columns={"iCode": "code", "iName": "name"}).set_index("code")
    meta.columns = [c.lower() for c in meta.columns]
    meta["type"] = meta["type"].str.lower()
    for column in ("level", "direction", "weight", "target"):
        meta[column] = pd.to_numeric(meta[column])
    data = pd.read_csv(Path(folder) / "asem_idata.csv", keep_default_na=False, na_values=[""])
    return data.set_index("uCode"), meta


def leaves(meta):
    return [code for code in meta.index if meta.loc[code, "type"] == "indicator"]


def aggregates(meta):
    return [code for code in meta.index if meta.loc[code, "type"] == "aggregate"]


def root(meta):
    (only,) = [code for code in aggregates(meta) if meta.loc[code, "parent"] == ""]
    return only


def children(meta, node):
    kinds = ("indicator", "aggregate")
    return [c for c in meta.index if meta.loc[c, "parent"] == node and meta.loc[c, "type"] in kinds]


def below(meta, node):
    """The leaves under a node; a leaf is under itself."""
    if meta.loc[node, "type"] == "indicator":
        return [node]
    return [leaf for child in children(meta, node) for leaf in below(meta, child)]


def leaf_weights(meta, weights=None):
    """Cumulative weights: the product of sibling-normalised weights down the path."""
    w = _weights(meta, weights)
    result = {root(meta): 1.0}

    def walk(node):
        own = children(meta, node)
        total = sum(w[c] for c in own)
        for child in own:
            result[child] = result[node] * w[child] / total
            walk(child)

    walk(root(meta))
    return pd.Series({leaf: result[leaf] for leaf in leaves(meta)})


def _weights(meta, weights):
    own = {c: float(meta.loc[c, "weight"]) for c in [*leaves(meta), *aggregates(meta)]}
    own.update({} if weights is None else dict(weights))
    return own


def _spec(rules, code):
    """(name, options) of one code."""
    if isinstance(rules, dict):
        rules = rules.get(code, rules.get(""))
    return (rules, {}) if isinstance(rules, str) else (rules[0], dict(rules[1]))


# --- ranks and moments ---------------------------------------------------------------


def _slack(values):
    """What two values may differ by and still be equal."""
    there = [v for v in values if not math.isnan(v)]
    return EQUAL * (max(there) - min(there)) if there else 0.0


def ranks(scores):
    """1 = best, ties get the lowest number, missing stays missing."""
    scores = [float(s) for s in scores]
    slack = _slack(scores)
    result = []
    for own in scores:
        above = sum(1 for other in scores if other > own + slack)
        result.append(NAN if math.isnan(own) else 1.0 + above)
    return np.array(result)


def _sums(x):
    x = [float(v) for v in x if not math.isnan(v)]
    n = len(x)
    if n == 0:
        return 0, NAN, NAN, NAN
    mean = math.fsum(x) / n
    return n, *(math.fsum((v - mean) ** p for v in x) for p in (2, 3, 4))


def skewness(x):
    """G1, bias-corrected; undefined for n < 3 or no variance."""
    n, s2, s3, _ = _sums(x)
    if n < 3 or not s2 > 0:
        return NAN
    g1 = math.sqrt(n) * s3 / s2**1.5
    return g1 * math.sqrt(n * (n - 1)) / (n - 2)


def kurtosis(x):
    """G2, excess, bias-corrected; undefined for n < 4 or no variance."""
    n, s2, _, s4 = _sums(x)
    if n < 4 or not s2 > 0:
        return NAN
    r = n * s4 / s2**2
    return ((n + 1) * (r - 3) + 6) * (n - 1) / ((n - 2) * (n - 3))


# --- steps before normalising --------------------------------------------------------


def denominate(data, meta, factors=None):
    """x k / D for every indicator whose metadata names a denominator."""
    result = data.copy()
    for code in leaves(meta):
        by = meta.loc[code, "denominator"]
        if by == "":
            continue
        for unit in data.index:
            x, size = float(data.loc[unit, code]), float(data.loc[unit, by])
            usable = not math.isnan(size) and size != 0
            k = (factors or {}).get(code, 1.0)
            result[code] = result[code].astype(float)
            result.loc[unit, code] = x * k / size if usable else NAN
    return result


def impute(data, meta, rule="group_median", group=None):
    """mean, median, group_mean or group_median of the available units, column by column."""
    middle = np.median if rule.endswith("median") else np.mean
    result = data.copy()
    for code in leaves(meta):
        result[code] = result[code].astype(float)
        for unit in data.index:
            if not math.isnan(data.loc[unit, code]):
                continue
            among = data.index
            if rule.startswith("group"):
                own = data.loc[unit, group]
                among = [] if pd.isna(own) else [u for u in data.index if data.loc[u, group] == own]
            found = [data.loc[u, code] for u in among if not math.isnan(data.loc[u, code])]
            if found:
                result.loc[unit, code] = middle(found)
    return result


def screen(data, meta, min_available=0.65, min_nonzero=None, include=(), exclude=()):
    """The units that stay, in their order.

    CHOICE: a unit without any value has no share of non-zeros and is judged by availability only.
    """
    kept = []
    for unit in data.index:
        x = [float(v) for v in data.loc[unit, leaves(meta)]]
        there = [v for v in x if not math.isnan(v)]
        stays = len(there) / len(x) >= min_available
        if min_nonzero is not None and there:
            stays = stays and 1 - sum(v == 0 for v in there) / len(there) >= min_nonzero
        if unit in exclude:
            stays = False
        if unit in include:
            stays = True
        if stays:
            kept.append(unit)
    return kept


def passes(x, skew=2.0, kurt=3.5):
    """True, False, or None where the moments are undefined."""
    g1, g2 = skewness(x), kurtosis(x)
    if math.isnan(g1) or math.isnan(g2):
        return None
    return abs(g1) < skew or g2 < kurt


def winsorise(x, k=5, skew=2.0, kurt=3.5, force=False, count_rule="moved"):
    """Values, count of points, and whether the rule passes at the end.

    CHOICE: the count is of points that were moved (`moved`), as k "points winsorised" means; the
    other reading (`sitting`) also counts the point whose value they were moved to.
    """
    x = np.array(x, dtype=float)
    top, bottom, count = set(), set(), 0
    while count < k and (force or passes(x, skew, kurt) is False):
        values = sorted(set(x[~np.isnan(x)]))
        if len(values) < 2:
            break
        if skewness(x) >= 0:
            top = {i for i in range(len(x)) if x[i] == values[-1]}
            for i in top:
                x[i] = values[-2]
            sitting = sum(x == values[-2]) + (sum(x == values[0]) if bottom else 0)
        else:
            bottom = {i for i in range(len(x)) if x[i] == values[0]}
            for i in bottom:
                x[i] = values[1]
            sitting = sum(x == values[1]) + (sum(x == values[-1]) if top else 0)
        count = len(top) + len(bottom) if count_rule == "moved" else int(sitting)
    return x, count, passes(x, skew, kurt)


def log_form(x, form, power=None):
    """One transformed column; NaN stays."""
    x = np.array(x, dtype=float)
    low, high = np.nanmin(x), np.nanmax(x)
    width = high - low
    if form == "log_signed":
        if skewness(x) > 0:
            form = "log_range"
        else:
            return np.array([-math.log(high + 0.01 * width - v) for v in x])
    if form == "log_range":
        return np.array([math.log(v - low + 0.01 * width) for v in x])
    if form == "log_shift":
        return np.array([math.log(v - low + 1) for v in x])
    if form == "log_gii":
        if not high > 1:
            raise ValueError(f"log_gii needs a maximum above 1, found {high}")
        return np.array([math.log((high - 1) * (v - low) / width + 1) for v in x])
    if form == "box_cox":
        shifted = [v - low + 1 for v in x]
        if power == 0:
            return np.array([math.log(v) for v in shifted])
        return np.array([(v**power - 1) / power for v in shifted])
    raise ValueError(form)


def treat_column(x, k=5, skew=2.0, kurt=3.5, form="log_range", count_rule="moved"):
    """The default chain of one raw column, and what was done."""
    x = np.array(x, dtype=float)
    log = {"g1": skewness(x), "g2": kurtosis(x), "treatment": "none", "count": 0, "passes": True}
    first = passes(x, skew, kurt)
    if first is not False:
        log["passes"] = first
        return x, log
    cut, count, good = winsorise(x, k, skew, kurt, count_rule=count_rule)
    if good:
        return cut, {**log, "treatment": "winsorise", "count": count}
    changed = log_form(x, form)
    return changed, {**log, "treatment": form, "passes": passes(changed, skew, kurt)}


def treat(data, meta, **options):
    result, log = data.copy(), {}
    for code in leaves(meta):
        result[code], log[code] = treat_column(data[code].astype(float).to_numpy(), **options)
    return result, pd.DataFrame(log).T


# --- normalise -----------------------------------------------------------------------


def normalise_column(x, direction=1, rule="minmax", scope=None, **options):
    """One column by one rule; `scope` holds the raw values that set minimum, mean and so on.

    CHOICE: options low/high (ends of the scale, default 0 and 100), goalposts=(lo, hi),
    clip (goalposts only), mean/sd (z, default 0 and 1), reference (position), target, cap, literal.
    CHOICE: reference = the row of `x`; distance rules and percentiles are on 0-1.
    """
    d = float(direction)
    raw = [float(v) for v in x]
    y = [d * v for v in raw]
    pool = raw if scope is None else [float(v) for v in scope]
    pool = [d * v for v in pool if not math.isnan(v)]
    if not pool:
        return np.full(len(y), NAN)
    low, high = min(pool), max(pool)
    a, b = options.get("low", 0.0), options.get("high", 100.0)
    cap = options.get("cap", False)
    flat = np.full(len(y), NAN)

    def every(function):
        return np.array([NAN if math.isnan(v) else function(v) for v in y])

    if rule == "minmax":
        return flat if high == low else every(lambda v: a + (b - a) * (v - low) / (high - low))
    if rule in ("goalposts", "scaled"):
        left, right = sorted(d * g for g in options["goalposts"])
        if left == right:
            raise ValueError("goalposts are equal")
        clip = rule == "goalposts" and options.get("clip", True)

        def between(v):
            z = a + (b - a) * (v - left) / (right - left)
            return min(max(z, min(a, b)), max(a, b)) if clip else z

        return every(between)
    if rule == "z":
        mean = math.fsum(pool) / len(pool)
        if len(pool) < 2 or high == low:
            return flat
        sd = math.sqrt(math.fsum((v - mean) ** 2 for v in pool) / (len(pool) - 1))
        m, s = options.get("mean", 0.0), options.get("sd", 1.0)
        return every(lambda v: m + s * (v - mean) / sd)
    if rule in ("rank", "percentile", "borda"):
        slack = EQUAL * (high - low)
        place = every(lambda v: 1.0 + sum(1 for p in pool if p < v - slack))
        if rule == "rank":
            return place
        if rule == "borda":
            return place - 1
        return flat if len(pool) == 1 else (place - 1) / (len(pool) - 1)
    if rule == "distance_to_max":
        return flat if high == low else every(lambda v: 1 - (high - v) / (high - low))
    if rule == "fraction_of_max":
        if options.get("literal"):
            return every(lambda v: v / high)
        for v in raw:
            if v <= 0:
                raise ValueError(f"fraction of max needs positive values, found {v}")
        if d > 0:
            return every(lambda v: v / high)
        return every(lambda v: -high / -v)
    if rule == "distance_to_reference":
        ref = y[options["reference"]]
        if math.isnan(ref) or ref == low:
            return flat
        z = every(lambda v: 1 - (ref - v) / (ref - low))
        return np.minimum(z, 1.0) if cap else z
    if rule == "distance_to_target":
        goal = d * options["target"]
        if goal <= low:
            raise ValueError(f"target {options['target']} is not better than the worst value")
        z = every(lambda v: (v - low) / (goal - low))
        return np.minimum(z, 1.0) if cap else z
    raise ValueError(rule)


def normalise(data, meta, rules="minmax"):
    """All leaves; (name, options) per code."""
    result = {}
    for code in leaves(meta):
        name, options = _spec(rules, code)
        x = data[code].astype(float).to_numpy()
        result[code] = normalise_column(x, meta.loc[code, "direction"], name, **options)
    return pd.DataFrame(result, index=data.index)


# --- weights from data ---------------------------------------------------------------


def entropy_weights(y):
    """Columns of positive numbers without gaps."""
    y = np.asarray(y, dtype=float)
    n, m = y.shape
    gain = []
    for j in range(m):
        p = [v / sum(y[:, j]) for v in y[:, j]]
        gain.append(1 + sum(v * math.log(v) for v in p) / math.log(n))
    return np.array(gain) / sum(gain)


def critic_weights(z):
    """Columns on min-max scale without gaps, higher = better."""
    z = np.asarray(z, dtype=float)
    m = z.shape[1]
    c = []
    for j in range(m):
        conflict = sum(1 - np.corrcoef(z[:, j], z[:, k])[0, 1] for k in range(m))
        c.append(np.std(z[:, j], ddof=1) * conflict)
    return np.array(c) / sum(c)


# --- aggregate -----------------------------------------------------------------------


def aggregate_row(x, w, rule="arithmetic", min_children=0.0, **options):
    """One parent of one unit from its children.

    CHOICE: a child of weight 0 counts as a child but takes no part in any rule (OWA and the
    median too) nor in its domain. All weights of available children 0 -> missing.
    Options: p (power), alpha (OWA), sign (Mazziotta-Pareto, -1 = positive phenomenon),
    floor e (values below e become e), limit (geometric, harmonic: a 0 gives 0).
    """
    x, w = [float(v) for v in x], [float(v) for v in w]
    there = [i for i in range(len(x)) if not math.isnan(x[i])]
    if not there or len(there) / len(x) < min_children:
        return NAN
    pairs = [(x[i], w[i]) for i in there if w[i] > 0]
    if not pairs:
        return NAN
    if "floor" in options:
        pairs = [(max(v, options["floor"]), u) for v, u in pairs]
    total = math.fsum(u for _, u in pairs)
    p = options.get("p")
    if rule == "power" and p == 0:
        rule = "geometric"
    if rule in ("geometric", "harmonic"):
        worst = min(v for v, _ in pairs)
        if options.get("limit") and worst == 0:
            return 0.0
        if worst <= 0:
            raise ValueError(f"{rule} needs positive values, found {worst}")
    if rule == "arithmetic":
        return math.fsum(u * v for v, u in pairs) / total
    if rule == "geometric":
        return math.exp(math.fsum(u * math.log(v) for v, u in pairs) / total)
    if rule == "harmonic":
        return total / math.fsum(u / v for v, u in pairs)
    if rule == "power":
        if any(v < 0 or (v == 0 and p < 0) for v, _ in pairs):
            raise ValueError(f"power {p} needs positive values")
        return (math.fsum(u * v**p for v, u in pairs) / total) ** (1 / p)
    if rule == "mazziotta_pareto":
        mean = math.fsum(u * v for v, u in pairs) / total
        if mean <= 0:
            raise ValueError(f"Mazziotta-Pareto needs a positive mean, found {mean}")
        variance = math.fsum(u * (v - mean) ** 2 for v, u in pairs) / total
        return mean + options.get("sign", -1) * variance / mean
    if rule == "median":
        return _weighted_median(sorted(pairs), total)
    if rule == "owa":
        ordered = sorted((v for v, _ in pairs), reverse=True)
        m, alpha = len(ordered), options["alpha"]
        share = [(j / m) ** alpha for j in range(m + 1)]
        return math.fsum((share[j + 1] - share[j]) * ordered[j] for j in range(m))
    raise ValueError(rule)


def _weighted_median(pairs, total):
    """The value at which the weights reach the half; at an exact half the mean with the next."""
    reached = 0.0
    for i, (value, weight) in enumerate(pairs):
        reached += weight
        if abs(reached - total / 2) <= EQUAL * total:
            return (value + pairs[i + 1][0]) / 2
        if reached > total / 2:
            return value
    raise AssertionError


def copeland(x, w, min_children=0.0, rescale=False):
    """Copeland scores of a table units x children.

    CHOICE: a unit that has no result (no child, or too few) is no opponent either; `rescale`
    maps -(n-1)..n-1 to 0..100 with n the units that have a result; n = 1 -> missing.
    """
    x, w = np.asarray(x, dtype=float), [float(v) for v in w]
    n, m = x.shape
    used = [k for k in range(m) if w[k] > 0]
    slack = [_slack(x[:, k]) for k in range(m)]
    inside = []
    for i in range(n):
        there = sum(not math.isnan(v) for v in x[i])
        if there and there / m >= min_children and any(not math.isnan(x[i, k]) for k in used):
            inside.append(i)
    scores = np.full(n, NAN)
    for i in inside:
        scores[i] = 0.0
        for j in inside:
            common = [k for k in used if not math.isnan(x[i, k]) and not math.isnan(x[j, k])]
            if i == j or not common:
                continue
            won = 0.0
            for k in common:
                gap = x[i, k] - x[j, k]
                won += w[k] * (0.5 if abs(gap) <= slack[k] else 1.0 if gap > 0 else 0.0)
            lead = won / sum(w[k] for k in common) - 0.5
            scores[i] += 0 if abs(lead) <= EQUAL else math.copysign(1, lead)
    if rescale:
        top = len(inside) - 1
        scores = (scores + top) / (2 * top) * 100 if top else np.full(n, NAN)
    return scores


def aggregate_tree(z, meta, weights=None, rules="arithmetic", min_children=0.0):
    """A copy of the leaves' table with one more column per aggregate, bottom-up."""
    z, w = z.copy(), _weights(meta, weights)

    def fill(node):
        own = children(meta, node)
        for child in own:
            if meta.loc[child, "type"] == "aggregate":
                fill(child)
        name, options = _spec(rules, node)
        least = options.pop("min_children", min_children)
        used = [w[c] for c in own]
        if not own:
            z[node] = NAN
        elif name == "copeland":
            z[node] = copeland(z[own].to_numpy(), used, least, **options)
        else:
            z[node] = [
                aggregate_row(row, used, name, least, **options) for row in z[own].to_numpy()
            ]

    fill(root(meta))
    return z


# --- chains --------------------------------------------------------------------------


def plain_chain(data, meta, weights=None, rules="minmax", aggregation="arithmetic"):
    """Normalise and aggregate, nothing else: units x (indicators and aggregates)."""
    return aggregate_tree(normalise(data, meta, rules), meta, weights, aggregation)


def full_chain(data, meta, group="GDP_group", rule="group_median", weights=None, **treatment):
    """COINr's usual order: denominate, impute, screen, treat, normalise, aggregate."""
    steps = {"denominated": denominate(data, meta)}
    steps["imputed"] = impute(steps["denominated"], meta, rule, group)
    steps["kept"] = screen(steps["imputed"], meta, 0.65)
    steps["screened"] = steps["imputed"].loc[steps["kept"]]
    steps["treated"], steps["log"] = treat(steps["screened"], meta, **treatment)
    steps["normalised"] = normalise(steps["treated"], meta)
    steps["scores"] = aggregate_tree(steps["normalised"], meta, weights)
    steps["ranks"] = pd.Series(ranks(steps["scores"][root(meta)]), index=steps["kept"])
    return steps


# --- replications --------------------------------------------------------------------


def without(meta, dropped):
    """The tree without these nodes and what is below them; a family left empty stays, missing."""
    gone = set(dropped)
    while True:
        more = {c for c in meta.index if meta.loc[c, "parent"] in gone} - gone
        if not more:
            return meta.loc[[c for c in meta.index if c not in gone]]
        gone |= more


def replicate(
    data, meta, weights=None, normaliser="minmax", aggregation="arithmetic", dropped=(), least=0.0
):
    """One replication from raw (or treated) columns: root scores and ranks, Series by unit."""
    tree = without(meta, dropped)
    table = aggregate_tree(normalise(data, tree, normaliser), tree, weights, aggregation, least)
    scores = table[root(tree)]
    return scores, pd.Series(ranks(scores), index=data.index)


def remove_elements(data, meta, nodes, **choices):
    """Per node: scores, ranks, and nominal minus new rank, by running everything again."""
    _, nominal = replicate(data, meta, **choices)
    result = {}
    for node in nodes:
        scores, new = replicate(data, meta, dropped=[node], **choices)
        change = nominal - new
        result[node] = {"scores": scores, "ranks": new, "change": change}
        result[node]["mean_shift"] = float(np.mean(np.abs(change.dropna())))
    return result


def acceptability(rank_draws, n=None, split=False):
    """b[i, r-1], share of the draws where unit i has a rank; ties share places with `split`."""
    rank_draws = np.asarray(rank_draws, dtype=float)
    units = rank_draws.shape[1]
    b = np.zeros((units, n or units))
    for draw in rank_draws:
        for i, rank in enumerate(draw):
            if math.isnan(rank):
                continue
            tied = sum(1 for other in draw if other == rank) if split else 1
            for place in range(int(rank), int(rank) + tied):
                b[i, place - 1] += 1 / tied
    present = [sum(not math.isnan(v) for v in rank_draws[:, i]) for i in range(units)]
    return np.array([b[i] / present[i] if present[i] else b[i] * NAN for i in range(units)])


def quantile7(x, p):
    """Type 7: linear at 1 + (n - 1) p of the sorted available values."""
    x = sorted(float(v) for v in x if not math.isnan(v))
    if not x:
        return NAN
    at = (len(x) - 1) * p
    left = math.floor(at)
    right = min(left + 1, len(x) - 1)
    return x[left] + (at - left) * (x[right] - x[left])


def win_share(score_draws):
    """p[i, j] = P(s_i > s_j) + P(equal) / 2 over draws that have both; NaN on the diagonal."""
    score_draws = np.asarray(score_draws, dtype=float)
    units = score_draws.shape[1]
    p = np.full((units, units), NAN)
    slack = [_slack(draw) for draw in score_draws]
    for i in range(units):
        for j in range(units):
            points = []
            for draw, near in zip(score_draws, slack, strict=True):
                gap = draw[i] - draw[j]
                if not math.isnan(gap):
                    points.append(0.5 if abs(gap) <= near else float(gap > 0))
            if i != j and points:
                p[i, j] = sum(points) / len(points)
    return p


def probability_top(rank_draws, m):
    """P(rank <= m) per unit over the draws where it has a rank."""
    result = []
    for column in np.asarray(rank_draws, dtype=float).T:
        there = [v for v in column if not math.isnan(v)]
        result.append(sum(v <= m for v in there) / len(there) if there else NAN)
    return np.array(result)


# --- sensitivity ---------------------------------------------------------------------


def sobol_exact(y, probabilities=None):
    """First-order and total indices of a finite design; y has one axis a factor."""
    y = np.asarray(y, dtype=float)
    d = y.ndim
    if probabilities is None:
        probabilities = [[1 / size] * size for size in y.shape]
    cells = list(itertools.product(*(range(size) for size in y.shape)))
    chance = {c: math.prod(probabilities[f][c[f]] for f in range(d)) for c in cells}

    def mean(of):
        return math.fsum(chance[c] * y[c] for c in of) / math.fsum(chance[c] for c in of)

    centre = mean(cells)
    variance = math.fsum(chance[c] * (y[c] - centre) ** 2 for c in cells)
    first, total = [], []
    for f in range(d):
        explained, left = 0.0, 0.0
        for level in range(y.shape[f]):
            same = [c for c in cells if c[f] == level]
            if probabilities[f][level] > 0:
                explained += probabilities[f][level] * (mean(same) - centre) ** 2
        for others in {c[:f] + c[f + 1 :] for c in cells}:
            line = [(*others[:f], level, *others[f:]) for level in range(y.shape[f])]
            weight = math.fsum(chance[c] for c in line)
            if weight > 0:
                middle = mean(line)
                left += math.fsum(chance[c] * (y[c] - middle) ** 2 for c in line)
        first.append(explained / variance if variance > 0 else NAN)
        total.append(left / variance if variance > 0 else NAN)
    return np.array(first), np.array(total)


def sobol_estimates(f_a, f_b, f_ab, centre="ab"):
    """S and T of Saltelli et al. 2010; f_ab is d x N.

    CHOICE: V is the population variance of the 2N values of A and B; f is centred on their mean
    (`ab`), on the mean of all N(d+2) values as SALib does (`all`), or not at all (`none`).
    """
    f_a, f_b, f_ab = (np.asarray(f, dtype=float) for f in (f_a, f_b, f_ab))
    both = [*f_a, *f_b]
    middle = math.fsum(both) / len(both)
    variance = math.fsum((v - middle) ** 2 for v in both) / len(both)
    everything = [*both, *f_ab.ravel()]
    shift = {"ab": middle, "all": math.fsum(everything) / len(everything), "none": 0.0}[centre]
    return _sobol(f_a - shift, f_b - shift, f_ab - shift, variance)


def sobol_coinr(y, d):
    """The same of rows A, B, AB_1 .. AB_d: uncentred, variance with divisor 2N - 1."""
    y = [float(v) for v in y]
    n = len(y) // (d + 2)
    blocks = [np.array(y[b * n : (b + 1) * n]) for b in range(d + 2)]
    both = y[: 2 * n]
    middle = math.fsum(both) / (2 * n)
    variance = math.fsum((v - middle) ** 2 for v in both) / (2 * n - 1)
    return _sobol(blocks[0], blocks[1], np.array(blocks[2:]), variance)


def _sobol(f_a, f_b, f_ab, variance):
    n = len(f_a)
    first, total = [], []
    for f_abi in f_ab:
        s = math.fsum(b * (ab - a) for a, b, ab in zip(f_a, f_b, f_abi, strict=True)) / n
        t = math.fsum((a - ab) ** 2 for a, ab in zip(f_a, f_abi, strict=True)) / (2 * n)
        first.append(s / variance if variance > 0 else NAN)
        total.append(t / variance if variance > 0 else NAN)
    return np.array(first), np.array(total)


# --- rank intervals ------------------------------------------------------------------


def tree_rows(meta, low, high):
    """(A, b) with A w <= b on leaf weights: low_c U_parent <= U_c <= high_c U_parent per node."""
    names = leaves(meta)
    rows = []
    for node in [*names, *aggregates(meta)]:
        parent = meta.loc[node, "parent"]
        if parent == "":
            continue
        own = np.isin(names, below(meta, node)).astype(float)
        family = np.isin(names, below(meta, parent)).astype(float)
        rows += [low[node] * family - own, own - high[node] * family]
    return np.array(rows), np.zeros(len(rows))


def rank_interval(x, unit, low, high, a_ub=None, b_ub=None, e=None):
    """Exact best and worst rank of a flat weighted sum: one linear programme a set of units.

    Weights sum to 1 within [low, high] and A w <= b. CHOICE: e = 1e-7 x (max - min of all x).
    """
    x = np.asarray(x, dtype=float)
    e = 1e-7 * (x.max() - x.min()) if e is None else e
    others = [i for i in range(len(x)) if i != unit]
    delta = {i: x[i] - x[unit] for i in others}
    weights = (low, high, a_ub, b_ub)
    for size in range(len(others) + 1):
        sets = itertools.combinations(others, len(others) - size)
        if any(_margin([-delta[i] for i in s], *weights) >= -1e-9 for s in sets):
            best = 1 + size
            break
    for size in range(len(others), -1, -1):
        sets = itertools.combinations(others, size)
        if any(_margin([delta[i] for i in s], *weights) >= e - 1e-9 for s in sets):
            return best, 1 + size
    raise AssertionError


def _margin(rows, low, high, a_ub, b_ub):
    """The largest t such that some admissible w gives row @ w >= t for all rows."""
    from scipy.optimize import linprog

    m = len(low)
    top = 1e6
    a = [np.append(-row, 1.0) for row in rows]
    b = [0.0] * len(rows)
    if a_ub is not None:
        a += [np.append(row, 0.0) for row in a_ub]
        b += list(b_ub)
    found = linprog(
        np.append(np.zeros(m), -1.0),
        A_ub=np.array(a) if a else None,
        b_ub=b if a else None,
        A_eq=[np.append(np.ones(m), 0.0)],
        b_eq=[1.0],
        bounds=[*zip(low, high, strict=True), (-top, top)],
        method="highs",
    )
    return -found.fun if found.status == 0 else -math.inf


def box_vertices(low, high):
    """Vertices of {sum w = 1, low <= w <= high}: all but one weight at an end."""
    m, found = len(low), set()
    for free in range(m):
        fixed = [j for j in range(m) if j != free]
        for signs in itertools.product((0, 1), repeat=m - 1):
            w = np.zeros(m)
            for j, sign in zip(fixed, signs, strict=True):
                w[j] = high[j] if sign else low[j]
            w[free] = 1 - w.sum()
            if low[free] - 1e-12 <= w[free] <= high[free] + 1e-12:
                found.add(tuple(np.round(w, 12)))
    return np.array(sorted(found))


def sampled_interval(x, unit, low, high, draws, rng):
    """Best and worst rank seen at the vertices and at random mixtures of them: an inner bound.

    Counted as the exact interval counts: above means more than 0 (best), at least e (worst).
    """
    x = np.asarray(x, dtype=float)
    e = 1e-7 * (x.max() - x.min())
    corners = box_vertices(low, high)
    best, worst = len(x), 1
    for draw in range(len(corners) + draws):
        if draw < len(corners):
            w = corners[draw]
        else:
            w = rng.dirichlet(np.full(len(corners), rng.choice([0.05, 0.3, 1.0]))) @ corners
        delta = np.delete(x, unit, axis=0) @ w - x[unit] @ w
        best = min(best, 1 + int(sum(delta > 1e-9)))
        worst = max(worst, 1 + int(sum(delta >= e)))
    return best, worst


# --- change over years ---------------------------------------------------------------


def shapley(value, parts):
    """Share of each part in value(all) - value(none): mean over all orders of switching."""
    share, known = dict.fromkeys(parts, 0.0), {}

    def of(on):
        if on not in known:
            known[on] = value(on)
        return known[on]

    orders = list(itertools.permutations(parts))
    for order in orders:
        on = frozenset()
        for part in order:
            share[part] += (of(on | {part}) - of(on)) / len(orders)
            on = on | {part}
    return share


def change_parts(unit, old, new, evaluate, revised=None, old_codes=None, new_codes=None):
    """Split evaluate(new) - evaluate(old) of one unit into own, others, revision, composition.

    `old`, `new`: tables of years t0, t1; `revised`: t0 as published later; `evaluate(table,
    codes)` gives a Series by unit (scores, or minus ranks). Parts without input are absent.
    """
    parts = ["own", "others"]
    parts += ["revision"] if revised is not None else []
    parts += ["composition"] if new_codes is not None else []

    def value(on):
        before = revised if "revision" in on else old
        table = before.copy()
        for name in table.index:
            if ("own" if name == unit else "others") in on:
                table.loc[name] = new.loc[name]
        return float(evaluate(table, new_codes if "composition" in on else old_codes)[unit])

    return shapley(value, parts)
