"""Calls computed once more from the method text alone: plain Python, fractions, nothing of ours.

A call here is a dictionary: mode, T, g, funders {id: (B, w, F)} with w adding up to 1 and F None
for no cap, and ranked: [(id, score, {funder: ask})] in rank order.
"""

from __future__ import annotations

import csv
import itertools
import tomllib
from collections import defaultdict
from fractions import Fraction
from math import floor


def used(call, ids):
    total = dict.fromkeys(call["funders"], 0)
    for name, _, asks in call["ranked"]:
        if name in ids:
            for f, ask in asks.items():
                total[f] += ask
    return total


def pays(call, demand):
    pots, top, g = call["funders"], call["T"], call["g"]
    if call["mode"] == "real":
        return sum(demand.values()) <= sum(b for b, _, _ in pots.values()) + top
    if call["mode"] == "virtual":
        return all(demand[f] <= pots[f][0] for f in pots)
    needs = lacking(call, demand)
    return sum(needs.values()) <= g * top and all(
        pots[f][2] is None or need <= pots[f][2] for f, need in needs.items()
    )


def lacking(call, demand):
    """need_c of the price list, without gap money."""
    parts = {
        f: (1 - call["g"]) * call["T"] * w if call["mode"] == "mixed" else Fraction(0)
        for f, (_, w, _) in call["funders"].items()
    }
    return {
        f: max(Fraction(0), demand[f] - b - parts[f]) for f, (b, _, _) in call["funders"].items()
    }


def exact_price(call, demand):
    """The formula of 3.3, a fraction."""
    if call["mode"] == "real":
        whole = sum(b for b, _, _ in call["funders"].values()) + call["T"]
        return Fraction(max(0, sum(demand.values()) - whole))
    needs = lacking(call, demand)
    if call["mode"] == "virtual":
        return sum(needs.values(), Fraction(0))
    above = sum(
        max(Fraction(0), need - call["funders"][f][2])
        for f, need in needs.items()
        if call["funders"][f][2] is not None
    )
    return max(Fraction(0), sum(needs.values()) - call["g"] * call["T"], Fraction(above))


def raised(call, extra):
    pots = {f: (b + extra.get(f, 0), w, cap) for f, (b, w, cap) in call["funders"].items()}
    return {**call, "funders": pots}


def whole_price(call, demand):
    """The least sum of whole units, by trying every way to give them out."""
    if call["mode"] == "real":
        return int(exact_price(call, demand))
    names = list(call["funders"])
    total = floor(exact_price(call, demand))
    while True:
        for extra in splits(total, len(names)):
            if pays(raised(call, dict(zip(names, extra, strict=True))), demand):
                return total
        total += 1


def splits(total, parts):
    if parts == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in splits(total - first, parts - 1):
            yield (first, *rest)


def head(call):
    """`strict`: the longest affordable head."""
    names = [name for name, _, _ in call["ranked"]]
    return next(
        names[:k] for k in range(len(names), -1, -1) if pays(call, used(call, set(names[:k])))
    )


def groups(call, rule, cuts=()):
    """Numbers of the groups, in rank order."""
    numbers, number = [], 0
    for i, (_, score, _) in enumerate(call["ranked"]):
        if i:
            before = call["ranked"][i - 1][1]
            number += {
                "strict": True,
                "free": False,
                "ties": score < before,
                "bands": any(score < cut <= before for cut in cuts),
            }[rule]
        numbers.append(number)
    return numbers


def sets(call, rule, cuts=()):
    """Every set that a rule and the pots allow."""
    names, numbers = [name for name, _, _ in call["ranked"]], groups(call, rule, cuts)
    for choice in itertools.product((False, True), repeat=len(names)):
        pairs = list(zip(numbers, choice, strict=True))
        broken = [k for k, yes in pairs if not yes]
        if any(yes and k > min(broken, default=k) for k, yes in pairs):
            continue
        own = {n for n, yes in zip(names, choice, strict=True) if yes}
        if pays(call, used(call, own)):
            yield own


def best_worth(call, rule, cuts=()):
    score = {name: s for name, s, _ in call["ranked"]}
    return max(sum(score[n] for n in own) for own in sets(call, rule, cuts))


def with_new(call, giver, amount):
    if giver in call["funders"]:
        return raised(call, {giver: amount})
    return {**call, "T": call["T"] + amount}


def next_amount(call, giver, rule, cuts=(), most=60):
    """The least new money of one giver that makes the decision better, by counting up."""
    today = best_worth(call, rule, cuts)
    for amount in range(1, most + 1):
        richer = with_new(call, giver, amount)
        better = head(richer) != head(call) if rule == "strict" else (
            best_worth(richer, rule, cuts) > today
        )  # fmt: skip
        if better:
            return amount
    return None


def score_list(reviews, weights, least, out=()):
    """Score of each proposal: sum of weight x mean of valid reviews; None: incomplete.

    reviews  (proposal, reviewer, criterion, score, conflict)
    """
    marks = defaultdict(lambda: defaultdict(list))
    for proposal, reviewer, criterion, score, conflict in reviews:
        if not conflict and reviewer not in out:
            marks[proposal][criterion].append(Fraction(score))
    found = {}
    for proposal in {r[0] for r in reviews}:
        own = marks[proposal]
        if set(own) >= set(weights) and all(len(m) >= least for m in own.values()):
            whole = sum(weights.values())
            found[proposal] = sum(
                Fraction(w) / whole * sum(own[c]) / len(own[c]) for c, w in weights.items()
            )
        else:
            found[proposal] = None
    return found


def at_digits(score, digits):
    return floor(score * 10**digits + Fraction(1, 2))


def shares(gdp, budget):
    """GDP shares and what they ask for, cents by largest remainder; None with one GDP missing."""
    if any(g is None for g in gdp.values()) or not sum(gdp.values()):
        return None
    total = sum(gdp.values())
    exact = {p: Fraction(g) * budget / total for p, g in gdp.items()}
    whole = {p: floor(e) for p, e in exact.items()}
    order = sorted(exact, key=lambda p: (whole[p] - exact[p], p))
    for p in order[: budget - sum(whole.values())]:
        whole[p] += 1
    return {p: (Fraction(gdp[p]) / total, whole[p]) for p in gdp}


def rows(folder, name):
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def from_files(folder, mode, out=()):
    """A call folder with reviews and partners, like the model call; `out`: reviewers left out."""
    rules = tomllib.loads((folder / "call.toml").read_text(encoding="utf-8"))
    unit = rules["smallest"]
    asks, countries = defaultdict(lambda: defaultdict(int)), defaultdict(set)
    for r in rows(folder, "partners"):
        asks[r["proposal"]][r["funder"]] += int(r["ask"]) // unit
        countries[r["proposal"]].add(r["country"])
    reviews = [
        (r["proposal"], r["reviewer"], r["criterion"], r["score"], r["conflict"] == "yes")
        for r in rows(folder, "reviews")
    ]
    weights = rules["criteria"]
    complete = score_list(reviews, weights, rules["min_reviews"])
    scores = score_list(reviews, weights, 1, out) if out else complete
    lead = {c: score_list(reviews, {c: 1}, 1, out) for c in weights}
    digits = rules["score_digits"]
    ranked = [
        p for p, s in scores.items()
        if complete[p] is not None and len(countries[p]) >= rules["min_countries"]
        and at_digits(s, digits) >= rules["threshold"] * 10**digits
    ]  # fmt: skip
    first = rules["tie_break"][0]
    ranked.sort(
        key=lambda p: (-at_digits(scores[p], digits), -lead[first][p], sum(asks[p].values()), p)
    )
    funders = rows(folder, "funders")
    keys = sum(Fraction(r["key"]) for r in funders)
    return {
        "mode": mode,
        "T": rules["top_up"] // unit,
        "g": Fraction(str(rules["gap_share"])),
        "funders": {
            r["funder"]: (int(r["cash"]) // unit, Fraction(r["key"]) / keys, None) for r in funders
        },
        "ranked": [(p, at_digits(scores[p], digits), dict(asks[p])) for p in ranked],
    }
