"""Speed of the call laboratory: 200 proposals before 12 funders, under every mode and rule.

    bench/call.py [--seconds 5] [--out FILE]

Calls are drawn at random (seed below, decided before anything was measured). Seconds are of the
processor; goals of the issue: 5 s each, optimal or with the gap printed; 1,000 score draws for
strict rules in 5 s.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import time
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import numpy as np

from hansa.programme.contest import RULES, Contest
from hansa.programme.decide import Wishes, decide
from hansa.programme.noise import spread
from hansa.programme.pots import MODES, Pots
from hansa.programme.prices import price_list

SEEDS = (1, 2, 3)


def drawn_call(proposals: int, funders: int, seed: int) -> Contest:
    r = random.Random(seed)
    score = sorted(
        (round(min(15, max(0, r.gauss(10, 2))) * 10) for _ in range(proposals)), reverse=True
    )
    asks = []
    for _ in range(proposals):
        asked = r.sample(range(funders), r.randint(3, 6))
        asks.append(tuple(r.randint(50, 400) * 1000 if c in asked else 0 for c in range(funders)))
    demand = [sum(own) for own in zip(*asks, strict=True)]
    cash = tuple(int(d * r.uniform(0.15, 0.5)) // 1000 * 1000 for d in demand)
    weights = [r.randint(1, 50) for _ in range(funders)]
    key = tuple(Fraction(w, sum(weights)) for w in weights)
    names = tuple(f"F{c:02d}" for c in range(funders))
    pots = Pots(names, cash, "mixed", sum(cash) // 10, Fraction(3, 5), key)
    bands = tuple(p for p in range(1, proposals) if score[p] // 20 != score[p - 1] // 20)
    ids = tuple(f"P{p:03d}" for p in range(proposals))
    return Contest(ids, tuple(score), tuple(score), tuple(asks), pots, bands)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=4.5)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    lines = [
        "# The call laboratory", "",
        f"200 proposals, 12 funders, drawn with seeds {SEEDS}; at most {given.seconds:g} s of",
        "the clock for each search. Median of the seconds of the processor; `gap`: the worst of",
        "bound over value.", "",
        "| mode | rule | CPU s | most | proven | worst gap |", "|---|---|---|---|---|---|",
    ]  # fmt: skip
    for mode in MODES:
        for rule in RULES:
            lines.append(one(mode, rule, given.seconds))
            print(lines[-1], flush=True)
    lines += ["", *draws()]
    text = "\n".join(lines) + "\n"
    print(text)
    if given.out:
        given.out.write_text(text, encoding="utf-8")


def one(mode: str, rule: str, seconds: float) -> str:
    from dataclasses import replace

    spent, gaps, proven = [], [], 0
    for seed in SEEDS:
        call = drawn_call(200, 12, seed)
        call = replace(call, pots=replace(call.pots, mode=mode))
        start = time.process_time()
        found = decide(call, rule, Wishes(seconds=seconds))
        spent.append(time.process_time() - start)
        worth = call.worth(found.funded)
        gaps.append(found.bound / worth - 1 if worth else 0.0)
        proven += found.ended == "optimal"
    return (
        f"| {mode} | {rule} | {statistics.median(spent):.2f} | {max(spent):.2f} | "
        f"{proven} of {len(SEEDS)} | {max(gaps):.2%} |"
    )


def draws() -> list[str]:
    call = drawn_call(200, 12, 1)
    rng = np.random.default_rng(2009)
    units = np.rint(np.array(call.score) + 5 * rng.standard_normal((1000, 200))).astype(np.int64)
    found = []
    for name, work in (
        ("1,000 score draws, strict", lambda: spread(call, "strict", units)),
        ("price list", lambda: price_list(call)),
    ):
        start = time.process_time()
        work()
        found.append(f"{name}: {time.process_time() - start:.2f} CPU s.")
    load = os.getloadavg()[0]
    return [
        *found, "",
        f"{datetime.now(UTC):%Y-%m-%d}, two cores, load {load:.1f}: the clock that ends a search "
        "runs on while others compute, so a search under load gets fewer seconds.",
    ]  # fmt: skip


if __name__ == "__main__":
    main()
