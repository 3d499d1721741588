"""How the numbers of an index are made: its recipe step by step, and what the words mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from hansa.index import normalise
from hansa.index.chain import Entry
from hansa.views.index_league import ROBUST
from hansa.views.index_words import IndexView, percent, recipe_words, replications


def method(view: IndexView) -> Iterator[tuple[str, str]]:
    """(term, explanation) pairs for the end of a report."""
    result = view.result
    yield (
        "The index",
        f"{view.title}: {view.tree.leaves} indicators in a tree of "
        f"{int(view.tree.level.max())} levels. Recipe: {recipe_words(result.recipe)}.",
    )
    for number, entry in enumerate(result.stage.log, 1):
        told = [*entry.said, *entry.warnings]
        yield f"Step {number}: {entry.step}", _sentences([_rule(view, entry), *told])
    yield (
        "Rank",
        "1 is the highest score; ties get the lowest number; a missing score has no rank. Ranks "
        "are taken from unrounded scores.",
    )
    if result.robustness is not None:
        yield from _replicated(view)
    if view.exact is not None:
        yield (
            "Exact best and worst rank",
            "The best and the worst rank that any weights of the weight set give, within the tree, "
            f"by integer programming ({view.exact.programmes} programmes). Sources: extreme "
            "ranking analysis, Kadziński, Greco and Słowiński 2012; ranking intervals, Salo and "
            "Punkka 2011.",
        )
    yield (
        "What moves the index",
        "Correlation ratio of each indicator with the score (natural cubic spline), as a share of "
        "their sum. Source: Paruolo, Saisana and Saltelli 2013.",
    )
    yield from _words()


def _words() -> Iterator[tuple[str, str]]:
    yield (
        "Missing values",
        "Absent is not zero: weights are shared among what is there, unless the recipe fills the "
        "gap or leaves the unit out; filled cells keep a mark.",
    )
    yield (
        "Words of certainty",
        "Certain: holds over the whole interval. Likely: in at least 90\u202f% of replications. "
        "Possible: in some. Cannot be said: nothing supports it.",
    )


def _rule(view: IndexView, entry: Entry) -> str:
    """What a step is set to do, its defaults included."""
    options = entry.options
    if entry.step == "normalise":
        known = {f.name for f in fields(normalise.Options)}
        chosen = normalise.Options(**{k: v for k, v in options.items() if k in known})
        low, high = chosen.range
        ends = f", {low:g} to {high:g}" if chosen.rule in ("min-max", "goalposts") else ""
        return f"Rule {chosen.rule}{ends}; one scale for {_scope(view)}"
    if entry.step == "weigh":
        return f"Scheme {options.get('scheme', 'given')}, within each family"
    if entry.step == "aggregate":
        rules = dict.fromkeys(rule.name for rule in view.result.stage.rules.values())
        return f"Mean of the children, {' and '.join(rules)}"
    if not entry.changed:
        return "Nothing had to be changed"
    return ""


def _scope(view: IndexView) -> str:
    many = len(view.result.stage.scopes) > 1
    return "each year" if many else "all years" if len(view.data.years) > 1 else "all units"


def _replicated(view: IndexView) -> Iterator[tuple[str, str]]:
    made = view.replicated()
    yield (
        "Replications",
        f"{replications(made)} Band: 5\u202f% to 95\u202f% quantile of the rank (type 7), rounded "
        "outwards. They show what the choices left open do to ranks; they are no sampling error. "
        "Source: Saisana, Saltelli and Tarantola 2005.",
    )
    yield (
        "Layers",
        f"A unit is robustly better than another if it beats it in {percent(ROBUST)} of "
        "replications or more. Layer 1 holds those that nobody is robustly better than; it is "
        "taken away, and layer 2 is found in the same way.",
    )


def _sentences(told: list[str]) -> str:
    return " ".join(f"{t[0].upper()}{t[1:].rstrip('.')}." for t in told if t)
