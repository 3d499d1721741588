"""Step 4 of an audit: whether families of the tree hang together.

Coherence comes before robustness: steady ranks of an index that does not hang together say little.
Sources: OECD/JRC Handbook (2008), step 4; ten steps of the JRC.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from hansa.index.audit_parts import (
    TITLES,
    AuditFinding,
    AuditStep,
    Case,
    Check,
    Columns,
    Hit,
    columns_of,
    few_units,
    unjudged,
)
from hansa.index.audit_words import fixed, general, percent, several, together, units
from hansa.index.coherence import (
    Alpha,
    Components,
    Kmo,
    components,
    covariances,
    cronbach_alpha,
    kmo,
)
from hansa.index.tree import Floats, Ints
from hansa.language import _, ngettext

Group = tuple[int, Ints, Alpha, Kmo, Components]


def multivariate(case: Case) -> AuditStep:
    """Step 4: correlations within families, alpha, KMO, components, wrong places."""
    groups = _groups(case)
    first, second = _pairs(case)
    tables = {
        "correlations": _pair_table(case, first, second),
        "families": _family_table(case, groups),
        "loadings": _loading_table(case, groups),
    }
    if not case.enough:
        told = _("{units} are too few to judge correlations.", units=units(case.units))
        return AuditStep(4, TITLES[3], told, tables, (few_units(case, 4),))
    found = [*_pair_findings(case, first, second), *_family_findings(case, groups)]
    found += _misplaced(case)
    summary = _summary(case, case.among.r[first, second], groups)
    return AuditStep(4, TITLES[3], summary, tables, tuple(found))


def _summary(case: Case, r: Floats, groups: Sequence[Group]) -> str:
    """Pairs within families, and how far families are one scale."""
    alphas = [g[2].alpha for g in groups if not np.isnan(g[2].alpha)]
    line = case.limit("redundant")
    with np.errstate(invalid="ignore"):
        pairs = _(
            "Of {pairs} pairs within families {negative} are correlated negatively and {high} "
            "above {line}.",
            pairs=r.size,
            negative=int((r < 0).sum()),
            high=int((r > line).sum()),
            line=general(line),
        )
    if not alphas:
        return f"{pairs} "
    scales = ngettext(
        "Alpha runs from {low} to {high} over {number} family; {one} of {all} have one dimension.",
        "Alpha runs from {low} to {high} over {number} families; {one} of {all} have one "
        "dimension.",
        len(alphas),
        low=fixed(min(alphas)),
        high=fixed(max(alphas)),
        one=sum(not _more_dimensions(case, g) for g in groups),
        all=len(groups),
    )
    return f"{pairs} {scales}"


def _groups(case: Case) -> list[Group]:
    out = []
    for p, c in case.families:
        if c.size > 1:
            x, names = case.scores[:, c], [case.tree.codes[i] for i in c]
            out.append((p, c, cronbach_alpha(x, names), kmo(x, names), components(x, names)))
    return out


def _pairs(case: Case) -> tuple[Ints, Ints]:
    both = [(c[i], c[j]) for _, c in case.families for i, j in zip(*np.triu_indices(c.size, 1),
                                                                  strict=True)]  # fmt: skip
    pairs = np.array(both, np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _pair_findings(case: Case, first: Ints, second: Ints) -> Iterator[AuditFinding]:
    high, low = case.limit("redundant"), case.limit("trade_off")
    r, codes = case.among.r[first, second], case.tree.codes
    redundant = Check(
        4, "redundant-pair", "warning", _("say the same"), _("{n} pairs of siblings say the same"),
        _("no two siblings say the same"),
        _("merge the two, leave one out, or halve their weights"),
        _("r at most {most}", most=general(high)), high,
    )  # fmt: skip
    with np.errstate(invalid="ignore"):
        alike, against = np.flatnonzero(r > high), np.flatnonzero(r < low)
    lot = _by_lot(low, case.units) * r.size
    # Many indicators of few units pull apart by lot; that is no finding about any of them.
    chance = lot > against.size / 2
    many = _("{n} pairs of siblings pull against each other")
    if chance:
        many = _("{n} pairs of siblings pull against each other, hardly more than the {lot} that "
                 "chance alone makes", n="{n}", lot=fixed(lot, 0))  # fmt: skip
    apart = Check(
        4, "trade-off", "note" if chance else "warning", _("pull against each other"), many,
        _("no siblings pull against each other"),
        _("look at direction and place of both: averaged, they cancel each other"),
        _("r at least {least}", least=general(low)), low, "least",
    )  # fmt: skip
    for check, where in ((redundant, alike), (apart, against)):
        yield from check.judge(case, (
            Hit(together(codes[first[i]], codes[second[i]]), float(r[i]), f"r = {fixed(r[i], 3)}")
            for i in where
        ))  # fmt: skip


def _by_lot(r: float, n: int) -> float:
    """Probability that n unrelated units give a correlation below r < 0."""
    from scipy.special import betainc

    return 0.5 * float(betainc((n - 2) / 2, 0.5, 1 - min(r, 0.0) ** 2)) if n > 2 else 0.5


def _family_findings(case: Case, groups: Sequence[Group]) -> Iterator[AuditFinding]:
    few = case.limit("least_units")
    good = [g for g in groups if g[4].rows >= few and not np.isnan(g[4].loadings).any()]
    for p, *_rest, parts in groups:
        if p not in {g[0] for g in good}:
            why = ngettext(
                "{number} complete row, at least {least} needed",
                "{number} complete rows, at least {least} needed",
                parts.rows,
                least=general(few),
            )
            yield unjudged(4, "negative-loading", case.tree.codes[p], why, _("fill gaps first"))
    split = {p for p, *_, parts in good if _against(parts.loadings[:, 0]) > case.limit("bipolar")}
    yield from _loadings(case, [g for g in good if g[0] not in split], len(good) < len(groups))
    yield from _split(case, [g for g in good if g[0] in split])
    yield from _alphas(case, groups, case.limit("alpha_low"))
    weak = Check(
        4, "low-kmo", "note", _("has little in common"), _("{n} families have little in common"),
        _("correlations within families have a common part"),
        _("do not read its components as dimensions"),
        _("KMO at least {least}", least=general(case.limit("kmo"))), case.limit("kmo"), "least",
    )  # fmt: skip
    yield from weak.judge(case, (
        Hit(case.tree.codes[p], k.overall, f"KMO {fixed(k.overall)}")
        for p, c, _alpha, k, _parts in groups if c.size > 2 and k.overall < case.limit("kmo")
    ))  # fmt: skip
    yield from _second(case, good)


def _loadings(case: Case, groups: Sequence[Group], some: bool) -> list[AuditFinding]:
    """Elements against the first component of their family; `some` families were not judged."""
    codes, r, least = case.tree.codes, case.among.r, case.limit("negative_loading")
    check = Check(
        4, "negative-loading", "warning", _("works against its family"),
        _("{n} elements work against their families"),
        "" if some else _("no single element works against its family"),
        _("look at its direction; otherwise move it or take it out"),
        _("loading on the first component at least {least}", least=general(least)), least, "least",
    )  # fmt: skip
    return check.judge(case, (
        Hit(codes[i], float(v), _("loading {loading} in {family}, r = {r} with it",
            loading=fixed(v), family=codes[p], r=fixed(r[i, p])))
        for p, c, *_rest, parts in groups for i, v in zip(c, parts.loadings[:, 0], strict=True)
        if v < least
    ))  # fmt: skip


def _second(case: Case, groups: Sequence[Group]) -> list[AuditFinding]:
    """Families of more than one dimension, where no trade-off said above makes the second."""
    line, least = case.limit("second_eigenvalue"), case.limit("negative_loading")
    more = [g for g in groups if _more_dimensions(case, g)]
    check = Check(
        4, "second-dimension", "note", _("holds more than one dimension"),
        _("{n} families hold more than one dimension"),
        "" if more else _("families hold one dimension each"),
        _("read the loadings, and split the family if the theory agrees"),
        _("second eigenvalue at most {most}", most=general(line)), line,
    )  # fmt: skip
    hits = []
    for p, c, *_rest, parts in more:
        apart = (case.among.r[np.ix_(c, c)] < case.limit("trade_off")).any()
        if not apart and not (parts.loadings[:, 0] < least).any():
            second = float(parts.eigenvalues[1])
            told = _("second eigenvalue {value}", value=fixed(second, 3))
            hits.append(Hit(case.tree.codes[p], second, told))
    return check.judge(case, hits)


def _against(loadings: Floats) -> float:
    """Share of the first component that loads against its majority."""
    square = loadings * loadings
    return float(square[loadings < 0].sum() / square.sum())


def _split(case: Case, groups: Sequence[Group]) -> list[AuditFinding]:
    line, codes = case.limit("bipolar"), case.tree.codes
    check = Check(
        4, "bipolar-family", "warning", _("has two halves that pull against each other"),
        _("{n} families have two halves that pull against each other"), "",
        _("look at directions; otherwise split the family: its mean hides the trade-off"),
        _("at most {share} of the first component against the rest", share=percent(line)), line,
    )  # fmt: skip
    hits = []
    for p, c, *_rest, parts in groups:
        sides = [[codes[i] for i, v in zip(c, parts.loadings[:, 0], strict=True) if sign * v > 0]
                 for sign in (1, -1)]  # fmt: skip
        told = _("{one} against {other}", one=several(sides[0]), other=several(sides[1]))
        hits.append(Hit(codes[p], _against(parts.loadings[:, 0]), told))
    return check.judge(case, hits)


def _alphas(case: Case, groups: Sequence[Group], low: float) -> Iterator[AuditFinding]:
    """Families that are not one scale, whatever the spread of their elements.

    Unequal spread lowers alpha too, but that is a matter of weights and judged there (step 6).
    """
    good, hits = case.limit("alpha"), []
    for p, c, alpha, *_rest in groups:
        even = _even_alpha(case, c)
        told = _("alpha {alpha}, {even} of standardised elements", alpha=fixed(alpha.alpha),
                 even=fixed(even))  # fmt: skip
        hits.append(Hit(case.tree.codes[p], float(np.fmax(alpha.alpha, even)), told))
    fix = _("look at pairs and loadings of the family; an index of causes need not have a high "
            "alpha")  # fmt: skip
    passed = "" if any(h.measured < good for h in hits) else _("every family is one scale")
    bad = Check(
        4, "low-alpha", "warning", _("is not one scale"), _("{n} families are not one scale"),
        passed, fix, _("alpha at least {least}", least=general(low)), low, "least",
    )  # fmt: skip
    fair = Check(
        4, "fair-alpha", "note", _("is barely one scale"), _("{n} families are barely one scale"),
        "", fix, _("alpha at least {least}", least=general(good)), good, "least",
    )  # fmt: skip
    yield from bad.judge(case, (h for h in hits if h.measured < low))
    yield from fair.judge(case, (h for h in hits if low <= h.measured < good))


def _even_alpha(case: Case, children: Ints) -> float:
    """Alpha of the elements divided by their standard deviations."""
    x = case.scores[:, children]
    sd = np.sqrt(np.diagonal(covariances(x)))
    with np.errstate(invalid="ignore", divide="ignore"):
        return cronbach_alpha(x / sd, [case.tree.codes[i] for i in children]).alpha


def _more_dimensions(case: Case, group: Group) -> bool:
    values = group[4].eigenvalues
    return values.size > 2 and bool(values[1] > case.limit("second_eigenvalue"))


def _misplaced(case: Case) -> Iterator[AuditFinding]:
    """Elements closer to another aggregate of the height of their parent."""
    tree, r, margin = case.tree, case.among.r, case.limit("misplaced")
    least = case.limit("silent")
    hits = []
    for p, c in case.families:
        others = [q for q, _own in case.families if q != p and tree.level[q] == tree.level[p]]
        if not others or not c.size:
            continue
        near = r[c][:, others]
        far = np.where(np.isnan(near), -2.0, near)
        for i, q in zip(c, far.argmax(axis=1), strict=True):
            # A weak link with another aggregate is no reason to move there.
            if r[i, others[q]] >= least and r[i, others[q]] - r[i, p] > margin:
                told = _("r = {r} with {parent}, {more} with {other}", r=fixed(r[i, p]),
                         parent=tree.codes[p], more=fixed(r[i, others[q]]),
                         other=tree.codes[others[q]])  # fmt: skip
                hits.append(Hit(tree.codes[i], float(r[i, others[q]] - r[i, p]), told))
    check = Check(
        4, "misplaced", "note", _("goes with another aggregate more than with its own"),
        _("{n} elements go with another aggregate more than with their own"),
        _("every element goes with its own aggregate most"), _("move it if the theory agrees"),
        _("at most {margin} more", margin=general(margin)), margin,
    )  # fmt: skip
    yield from check.judge(case, hits)


def _pair_table(case: Case, first: Ints, second: Ints) -> Columns:
    codes, of = case.tree.codes, case.among
    r, p = of.r[first, second], of.p[first, second]
    high, low = case.limit("redundant"), case.limit("trade_off")
    return {
        "parent": [case.parents[i] for i in first],
        "first": [codes[i] for i in first], "second": [codes[j] for j in second],
        "r": r, "n": of.n[first, second], "p": p,
        "significant": p < case.limit("significance"),
        "flag": ["redundant" if v > high else "trade-off" if v < low else "" for v in r],
    }  # fmt: skip


def _family_table(case: Case, groups: Sequence[Group]) -> Columns:
    return columns_of(
        {
            "aggregate": case.tree.codes[p], "elements": c.size, "complete_rows": parts.rows,
            "alpha": alpha.alpha, "alpha_standardised": _even_alpha(case, c),
            "kmo": adequacy.overall,
            "first_eigenvalue": parts.eigenvalues[0], "first_share": parts.shares[0],
            "second_eigenvalue": parts.eigenvalues[1],
            "negative_loadings": int((parts.loadings[:, 0] < 0).sum()),
            "note": "; ".join(n for n in (alpha.note, adequacy.note, parts.note) if n),
        }
        for p, c, alpha, adequacy, parts in groups
    )  # fmt: skip


def _loading_table(case: Case, groups: Sequence[Group]) -> Columns:
    return columns_of(
        {
            "aggregate": case.tree.codes[p], "element": case.tree.codes[i],
            "loading_1": parts.loadings[k, 0], "loading_2": parts.loadings[k, 1],
            "covariance_with_rest": alpha.with_rest[k], "kmo": adequacy.columns[k],
        }
        for p, c, alpha, adequacy, parts in groups for k, i in enumerate(c)
    )  # fmt: skip
