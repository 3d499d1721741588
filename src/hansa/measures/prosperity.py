"""Prosperity of regions as a product of factors, and what each adds against a reference.

Methods: clusters, section 16 (figure 2 of chapter 1.3 of the 2009 publication). With Y output, H
hours, E jobs and P inhabitants, and the price level PLI = Y_eur / Y_pps:

    Y_pps / P = (Y_eur / H) x (H / E) x (E / P) x (1 / PLI)

Logarithms of the factors add up to that of the whole, so their differences do too; multiplied by
the logarithmic mean of the two wholes they are amounts that add up to the difference exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from hansa.law import (
    Floats,
    Quantity,
    difference,
    flags_to_text,
    monotone,
    product,
    ratio,
    stacked,
    total,
)

PER_HOUR, PER_WORKER, HOURS = "productivity", "productivity_per_worker", "hours_per_worker"
JOBS, PRICES, WHOLE = "employment_rate", "prices", "prosperity"
COMMUTING, EMPLOYED, ACTIVE = "commuting", "employed_share", "activity_rate"

UNITS = {
    WHOLE: "PPS per inhabitant",
    PER_HOUR: "euro per hour",
    PER_WORKER: "euro per worker",
    HOURS: "hours per worker and year",
    JOBS: "jobs per inhabitant",
    COMMUTING: "jobs per employed resident",
    EMPLOYED: "employed residents per person in the labour force",
    ACTIVE: "persons in the labour force per inhabitant",
    PRICES: "PPS per euro",
}


@dataclass(frozen=True)
class Accounts:
    """What regional accounts say of some regions; each part has the shape regions.

    euro, pps     gross domestic product, million euro and million purchasing power standards
    population    inhabitants, thousands
    workers       persons employed at the place of work, thousands
    hours         hours they worked in the year, thousands
    residents     employed persons at their residence, thousands
    labour_force  residents employed or looking for work, thousands
    """

    euro: Quantity
    pps: Quantity
    population: Quantity
    workers: Quantity
    hours: Quantity
    residents: Quantity
    labour_force: Quantity

    def __getitem__(self, index: slice | Sequence[int]) -> Accounts:
        """Some of the regions."""
        return Accounts(**{f.name: getattr(self, f.name)[index] for f in fields(self)})

    def marked(self, flag: str) -> Accounts:
        """The same numbers, each with one more flag."""
        return Accounts(**{f.name: getattr(self, f.name).flagged_all(flag) for f in fields(self)})

    def summed(self) -> Accounts:
        """All regions as one: every part added up, absent where a member is (shape 1)."""
        parts = {f.name: getattr(self, f.name)[:, None] for f in fields(self)}
        return Accounts(**{name: total(part, axis=0) for name, part in parts.items()})


@dataclass(frozen=True)
class Part:
    """One factor of a region (or the whole of them) beside the reference; None where absent.

    log_points    100 ln(value / reference)
    contribution  PPS per inhabitant; of the whole, its difference
    """

    term: str
    value: float | None
    reference: float | None
    log_points: float | None
    contribution: float | None
    status: str = ""
    estimated: float = 0.0


@dataclass(frozen=True)
class Standing:
    """One place against the reference: its prosperity, and the factors it is the product of.

    kind  whole (the regions added up), country, or region
    """

    code: str
    name: str
    kind: str
    whole: Part
    parts: tuple[Part, ...]

    @property
    def per_worker(self) -> bool:
        """True where hours are missing, so that output is counted per worker."""
        return any(part.term == PER_WORKER for part in self.parts)

    @property
    def known(self) -> bool:
        """True where every factor has a contribution."""
        return all(part.contribution is not None for part in self.parts)

    @property
    def share(self) -> float | None:
        """Prosperity as a share of the reference's; None where either is absent."""
        own, beside = self.whole.value, self.whole.reference
        return None if own is None or not beside else own / beside


@dataclass(frozen=True)
class Decomposition:
    """Factors of some regions beside those of a reference, shape terms x regions.

    terms         names of the factors, in their order; units as in `UNITS`
    factors       of the regions; reference: of the reference, terms x 1
    logs          ln(factor / factor of the reference)
    contributions what each adds to the difference, PPS per inhabitant
    whole, whole_reference, whole_log, gap  prosperity, that of the reference, the logarithm of
                  their quotient, and their difference; shape regions (the reference: 1)
    """

    terms: tuple[str, ...]
    factors: Quantity
    reference: Quantity
    logs: Quantity
    contributions: Quantity
    whole: Quantity
    whole_reference: Quantity
    whole_log: Quantity
    gap: Quantity


def terms_of(*, long: bool = False, hours: bool = True) -> tuple[str, ...]:
    """Names of the factors: with or without hours, the jobs as one factor or as three."""
    work = (PER_HOUR, HOURS) if hours else (PER_WORKER,)
    return (*work, *((COMMUTING, EMPLOYED, ACTIVE) if long else (JOBS,)), PRICES)


def prosperity(own: Accounts) -> Quantity:
    """Gross domestic product per inhabitant, in purchasing power standards (shape regions)."""
    return _times(ratio(own.pps, own.population), 1000)


def factors_of(own: Accounts, *, long: bool = False, hours: bool = True) -> Quantity:
    """The factors whose product is `prosperity`, terms x regions, in the order of `terms_of`."""
    made = {
        PER_HOUR: (own.euro, own.hours, 1000),
        PER_WORKER: (own.euro, own.workers, 1000),
        HOURS: (own.hours, own.workers, 1),
        JOBS: (own.workers, own.population, 1),
        COMMUTING: (own.workers, own.residents, 1),
        EMPLOYED: (own.residents, own.labour_force, 1),
        ACTIVE: (own.labour_force, own.population, 1),
        PRICES: (own.pps, own.euro, 1),
    }
    # Hours are in thousands like persons, so an hour's output is in thousand euro, as a worker's.
    chosen = (made[term] for term in terms_of(long=long, hours=hours))
    return stacked([_times(ratio(a, b), c) for a, b, c in chosen])


def logarithmic_mean(a: Floats, b: Floats) -> Floats:
    """L(a, b) = (a - b) / ln(a / b), and a where both are the same; absent unless both are > 0."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        apart = np.log(a) - np.log(b)
        # (a - b) / ln(a / b) loses its digits where a is close to b; b (e^d - 1) / d does not.
        bent = np.where(apart == 0, 1.0, np.expm1(apart) / np.where(apart == 0, 1.0, apart))
        found = np.where(np.abs(apart) < 1, b * bent, (a - b) / apart)
    return np.where((a > 0) & (b > 0), found, np.nan)


def decompose(
    own: Accounts, reference: Accounts, *, long: bool = False, hours: bool = True
) -> Decomposition:
    """Regions against one reference (its parts of shape 1).

    A factor that is absent, zero or negative, of the region or of the reference, makes all logs
    and contributions of the region absent; what is known of its factors stays. Such an absence
    carries the flags of everything that was needed, `m` where a part is missing without a reason
    and `z` where a number is not above zero.
    """
    factors = factors_of(own, long=long, hours=hours)
    beside = factors_of(reference, long=long, hours=hours)
    whole, whole_reference = prosperity(own), prosperity(reference)
    logs = _all_or_none(factors, beside)
    gap_log = _all_or_none(whole[None, :], whole_reference[None, :])[0]
    mean = replace(gap_log, value=logarithmic_mean(whole.value, whole_reference.value))
    gap = difference(whole, whole_reference)
    known = ~np.isnan(gap_log.value)
    return Decomposition(
        terms=terms_of(long=long, hours=hours),
        factors=factors,
        reference=beside,
        logs=logs,
        contributions=product(logs, mean[None, :]),
        whole=whole,
        whole_reference=whole_reference,
        whole_log=gap_log,
        gap=replace(gap, value=np.where(known, gap.value, np.nan), flags=gap_log.flags),
    )


def _all_or_none(factors: Quantity, reference: Quantity) -> Quantity:
    """Logarithms of the quotients; a column with any that has none has none at all."""
    quotients = ratio(factors, reference)
    both = np.stack(np.broadcast_arrays(factors.value, reference.value))
    usable = ((both > 0) & np.isfinite(both)).all(axis=0)
    missing = np.isnan(both).any(axis=0)
    whole = usable.all(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = monotone(quotients, np.log)
    value = np.where(whole, logs.value, np.nan)
    if whole.all():
        return replace(logs, value=value)
    shape = np.zeros(value.shape, np.uint64)
    flags = shape if logs.flags is None else logs.flags | shape
    every = np.bitwise_or.reduce(flags, axis=0)
    spread = replace(logs, value=value, flags=np.where(whole, flags, every))
    lost = ~whole & missing.any(axis=0)
    unexplained = lost & (every == 0)
    return spread.flagged(np.broadcast_to(unexplained, value.shape), "m").flagged(
        np.broadcast_to(~whole & ~lost, value.shape), "z"
    )


def _times(q: Quantity, number: float) -> Quantity:
    return q if number == 1 else replace(q, value=q.value * number)


def standings(found: Decomposition, names: Sequence[tuple[str, str, str]]) -> tuple[Standing, ...]:
    """The columns of a decomposition as values; `names` are code, name and kind of each."""
    count = len(names)
    beside = found.whole_reference.map(lambda part: np.broadcast_to(part, count))
    rows = []
    for i, term in enumerate(found.terms):
        other = found.reference[i].map(lambda part: np.broadcast_to(part, count))
        rows.append(_parts(term, found.factors[i], other, found.logs[i], found.contributions[i]))
    whole = _parts(WHOLE, found.whole, beside, found.whole_log, found.gap)
    return tuple(
        Standing(*name, whole[i], tuple(row[i] for row in rows)) for i, name in enumerate(names)
    )


def _parts(
    term: str, own: Quantity, beside: Quantity, logs: Quantity, amounts: Quantity
) -> list[Part]:
    flags = np.zeros(own.shape, np.uint64)
    for part in (own, logs, amounts):
        flags = flags if part.flags is None else flags | part.flags
    estimated = np.zeros(own.shape) if amounts.estimated is None else amounts.estimated
    return [
        Part(
            term,
            _known(own.value[i]),
            _known(beside.value[i]),
            _known(logs.value[i] * 100),
            _known(amounts.value[i]),
            flags_to_text(int(flags[i])),
            _known(estimated[i]) or 0.0,
        )
        for i in range(len(own.value))
    ]


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
