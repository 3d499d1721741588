"""How the numbers of an index are made: its recipe step by step, and what the words mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from functools import reduce

from hansa.index import normalise, terms
from hansa.index.chain import Entry
from hansa.index.retold import retold
from hansa.language import N_, _, decimal_mark
from hansa.views.format import joined
from hansa.views.index_league import ROBUST
from hansa.views.index_words import IndexView, percent, recipe_words, replications


def method(view: IndexView) -> Iterator[tuple[str, str]]:
    """(term, explanation) pairs for the end of a report."""
    result = view.result
    yield (
        _("The index"),
        _(
            "{index}: {count} indicators in a tree of {levels} levels. Recipe: {recipe}.",
            index=view.title,
            count=view.tree.leaves,
            levels=int(view.tree.level.max()),
            recipe=recipe_words(result.recipe),
        ),
    )
    for number, entry in enumerate(result.stage.log, 1):
        told = map(retold, (*entry.said, *entry.warnings))
        term = _("Step {number}: {step}", number=number, step=terms.step(entry.step))
        yield term, _sentences([_rule(view, entry), *told])
    yield (
        _("Rank"),
        _(
            "1 is the highest score; ties get the lowest number; a missing score has no rank. "
            "Ranks are taken from unrounded scores."
        ),
    )
    if result.robustness is not None:
        yield from _replicated(view)
    if view.exact is not None:
        yield (
            _("Exact best and worst rank"),
            _(
                "The best and the worst rank that any weights of the weight set give, within the "
                "tree, by integer programming ({count} programmes). Sources: extreme ranking "
                "analysis, Kadziński, Greco and Słowiński 2012; ranking intervals, Salo and Punkka "
                "2011.",
                count=view.exact.programmes,
            ),
        )
    yield (
        _("What moves the index"),
        _(
            "Correlation ratio of each indicator with the score (natural cubic spline), as a share "
            "of their sum. Source: Paruolo, Saisana and Saltelli 2013."
        ),
    )
    yield from _words()


def _words() -> Iterator[tuple[str, str]]:
    yield (
        _("Missing values"),
        _(
            "Absent is not zero: weights are shared among what is there, unless the recipe fills "
            "the gap or leaves the unit out; filled cells keep a mark."
        ),
    )
    yield (
        _("Words of certainty"),
        _(
            "Certain: holds over the whole interval. Likely: in at least 90\u202f% of "
            "replications. Possible: in some. Cannot be said: nothing supports it."
        ),
    )


def _rule(view: IndexView, entry: Entry) -> str:
    """What a step is set to do, its defaults included."""
    options = entry.options
    if entry.step == "normalise":
        known = {f.name for f in fields(normalise.Options)}
        chosen = normalise.Options(**{k: v for k, v in options.items() if k in known})
        rule = terms.rule(chosen.rule)
        if chosen.rule in ("min-max", "goalposts"):
            low, high = (f"{end:g}".replace(".", decimal_mark()) for end in chosen.range)
            rule = _("{rule}, {low} to {high}", rule=rule, low=low, high=high)
        return _(_scale(view), rule=rule)
    if entry.step == "weigh":
        scheme = terms.rule(options.get("scheme", "given"))
        return _("Scheme {scheme}, within each family", scheme=scheme)
    if entry.step == "aggregate":
        rules = dict.fromkeys(terms.rule(r.name) for r in view.result.stage.rules.values())
        return _("Mean of the children, {rules}", rules=reduce(_both, rules))
    if not entry.changed:
        return _("Nothing had to be changed")
    return ""


def _both(one: str, other: str) -> str:
    return joined((one, other))


def _scale(view: IndexView) -> str:
    if len(view.result.stage.scopes) > 1:
        return N_("Rule {rule}; one scale for each year")
    if len(view.data.years) > 1:
        return N_("Rule {rule}; one scale for all years")
    return N_("Rule {rule}; one scale for all units")


def _replicated(view: IndexView) -> Iterator[tuple[str, str]]:
    made = view.replicated()
    band = _(
        "Band: 5\u202f% to 95\u202f% quantile of the rank (type 7), rounded outwards. They show "
        "what the choices left open do to ranks; they are no sampling error. Source: Saisana, "
        "Saltelli and Tarantola 2005."
    )
    yield _("Replications"), f"{replications(made)} {band}"
    yield (
        _("Layers"),
        _(
            "A unit is robustly better than another if it beats it in {share} of replications or "
            "more. Layer 1 holds those that nobody is robustly better than; it is taken away, and "
            "layer 2 is found in the same way.",
            share=percent(ROBUST),
        ),
    )


def _sentences(told: list[str]) -> str:
    return " ".join(f"{t[0].upper()}{t[1:].rstrip('.')}." for t in told if t)
