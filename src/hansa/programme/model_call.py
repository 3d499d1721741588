"""The model call: twelve funders, sixty proposals, drawn at random and marked so.

It has what real calls have: a few rich purses and several thin ones, proposals that ask three to
six funders, reviewers who differ, ties, a proposal that came without enough reviews, one whose
eligibility cannot be said, and a ranking that meets an empty pot well before the money is gone.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np

from hansa.language import N_, _, pgettext, pN_

SEED = 20090507
FUNDERS = (
    # id, name, country, cash and in-kind (thousand EUR), GDP (thousand million EUR), in the EU
    ("DE-MV", pN_("funder", "Mecklenburg-Vorpommern"), "DE", 400, 100, 44, True),
    ("DE-SH", pN_("funder", "Schleswig-Holstein"), "DE", 650, 100, 92, True),
    ("DK", pN_("funder", "Denmark"), "DK", 1500, 200, 330, True),
    ("EE", pN_("funder", "Estonia"), "EE", 350, 50, 31, True),
    ("FI", pN_("funder", "Finland"), "FI", 1700, 250, 250, True),
    ("IS", pN_("funder", "Iceland"), "IS", 200, 100, 23, False),
    ("LT", pN_("funder", "Lithuania"), "LT", 400, 150, 56, True),
    ("LV", pN_("funder", "Latvia"), "LV", 250, 100, 33, True),
    ("NO", pN_("funder", "Norway"), "NO", 1600, 150, 405, False),
    ("PL", pN_("funder", "Poland"), "PL", 900, 400, 576, True),
    ("SE", pN_("funder", "Sweden"), "SE", 1700, 200, 540, True),
    ("SE-N", pN_("funder", "Sweden, northern counties"), "SE", 300, 200, 44, True),
)
PROPOSALS = 60
CRITERIA = ("excellence", "transnational value", "implementation")
MODULES = ("A", "B", "C")

TITLE = pN_("call", "Model call: clusters across the Baltic Sea")
CALL = f"""\
format = 1
id = "model"
title = "{TITLE}"
summary = "Drawn at random: no funder, partner or reviewer exists, and no pot is anybody's."
source = "Hansa model call, seed {SEED}"
model_data = true

# Amounts are in whole thousands of euro.
currency = "EUR"
smallest = 1000
mode = "mixed"          # virtual: each pays its own; mixed: a top-up helps; real: one pot
top_up = 1500000
gap_share = 0.5         # half of the top-up goes where a pot falls short, half by the key

ranking = "strict"      # down the list until one cannot be paid
binding = true
value = "score"
min_countries = 3
threshold = 8
scale = [0, 15]
score_digits = 1
tie_break = ["transnational value", "ask", "proposal"]
cut_points = [12, 10]   # three bands, for comparing
min_reviews = 3
draws = 1000
seed = {SEED}

[criteria]
excellence = 40
"transnational value" = 30
implementation = 30
"""

_SUBJECTS = (
    pN_("proposal", "Ports that talk to each other"), pN_("proposal", "Timber houses in series"),
    pN_("proposal", "Clean ship engines"), pN_("proposal", "Sensors for cold water"),
    pN_("proposal", "Biogas from manure"), pN_("proposal", "Games as teachers"),
    pN_("proposal", "Remote care at home"), pN_("proposal", "Circular textiles"),
    pN_("proposal", "Offshore wind repair"), pN_("proposal", "Food from side streams"),
    pN_("proposal", "Safer ferries"), pN_("proposal", "Light alloys"),
    pN_("proposal", "Data for small firms"), pN_("proposal", "Peat-free growing"),
    pN_("proposal", "Smart packaging"), pN_("proposal", "Rail freight slots"),
    pN_("proposal", "Algae to feed"), pN_("proposal", "Hospital logistics"),
    pN_("proposal", "Hydrogen for trucks"), pN_("proposal", "Design for all"),
)  # fmt: skip
_ROUNDS = ("{subject}", N_("{subject}: second step"), N_("{subject}: in the small towns"))


def model_call(seed: int = SEED) -> dict[str, bytes]:
    """Files of the model call folder by name, the same bytes for the same seed."""
    rng = np.random.default_rng(seed)
    proposals, partners, reviews = [], [], []
    for number in range(1, PROPOSALS + 1):
        name = f"P{number:02d}"
        own = _partners(name, rng)
        partners += own
        reviews += _reviews(name, number, rng)
        doubtful = number == 37
        proposals.append((
            name, _title(number),
            own[0][1], MODULES[int(rng.integers(len(MODULES)))],
            "cannot say" if doubtful else "",
            "the legal form of one partner is not stated" if doubtful else "",
        ))  # fmt: skip
    funders = [
        (f, name, country, cash * 1000, kind * 1000, gdp, "yes" if eu else "no", gdp)
        for f, name, country, cash, kind, gdp, eu in FUNDERS
    ]
    return {
        "call.toml": CALL.encode(),
        "funders.csv": _csv(
            ("funder", "name", "country", "cash", "in_kind", "gdp", "eu_member", "key"), funders
        ),
        "proposals.csv": _csv(
            ("proposal", "title", "lead", "module", "eligible", "reason"), proposals
        ),
        "partners.csv": _csv(
            ("proposal", "partner", "country", "role", "funder", "cost", "ask", "own"), partners
        ),
        "reviews.csv": _csv(("proposal", "reviewer", "criterion", "score", "conflict"), reviews),
    }


def _title(number: int) -> str:
    round_, subject = divmod(number - 1, len(_SUBJECTS))
    return _ROUNDS[round_].format(subject=_SUBJECTS[subject])


def said(kind: Literal["proposal", "funder", "call"], name: str) -> str:
    """A name of the model call in the language spoken here; any other name stays as it is."""
    subject, *more = name.split(": ", 1)
    if kind == "proposal" and subject in _SUBJECTS and more:
        text = f"{{subject}}: {more[0]}"
        return _(text, subject=pgettext(kind, subject)) if text in _ROUNDS else name
    return pgettext(kind, name)


def _partners(name: str, rng: np.random.Generator) -> list[tuple[object, ...]]:
    """Three to six partners, each asking the funder of its own country."""
    weights = np.array([gdp**0.5 for *_, gdp, _ in FUNDERS])
    size = int(rng.integers(3, 7))
    asked = rng.choice(len(FUNDERS), size, replace=False, p=weights / weights.sum())
    rows: list[tuple[object, ...]] = []
    for i, f in enumerate(asked):
        cost = int(rng.integers(6, 40)) * 10
        rate = (0.5, 0.6, 0.75)[int(rng.integers(3))]
        # One partner in ten comes with its own money.
        ask = 0 if i and rng.random() < 0.1 else int(cost * rate)
        role = "leader" if i == 0 else "participant"
        partner = f"Model partner {int(rng.integers(1, 400)):03d}-{name[1:]}{chr(97 + i)}"
        rows.append((name, partner, FUNDERS[f][2], role, FUNDERS[f][0], cost * 1000, ask * 1000,
                     (cost - ask) * 1000))  # fmt: skip
    return rows


def _reviews(name: str, number: int, rng: np.random.Generator) -> list[tuple[object, ...]]:
    """Three or four reviewers out of twenty, whole and half points of fifteen."""
    quality = float(np.clip(rng.normal(10.4, 2.0), 5, 14.5))
    count = 2 if number == 52 else int(rng.integers(3, 5))
    reviewers = rng.choice(20, count, replace=False)
    rows: list[tuple[object, ...]] = []
    for i, reviewer in enumerate(sorted(int(r) for r in reviewers)):
        conflict = number % 19 == 0 and i == count - 1 and count > 3
        severity = ((reviewer * 7) % 5 - 2) * 0.25
        for criterion in CRITERIA:
            score = round(2 * float(np.clip(rng.normal(quality + severity, 1.1), 0, 15))) / 2
            rows.append((name, f"R{reviewer + 1:02d}", criterion, f"{score:g}",
                         "yes" if conflict else ""))  # fmt: skip
    return rows


def _csv(names: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return out.getvalue().encode()
