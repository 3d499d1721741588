"""What is measured on firms, in the words of the manual, and what may be chosen about it.

Certain (Eurostat and OECD, 2007, Manual on Business Demography Statistics): a birth is a firm
active in a year and in neither of the two years before; a death, one active in a year and in
neither of the two years after (a unit that comes back within two years is a reactivation); rates
are of the active firms of the same year; a survivor after k years is a firm of the birth cohort
that is active k years on; high growth starts from at least ten employees and leaves out firms born
in the first year, 20 % a year there, 10 % in the later European rules (parameter to confirm: since
2014); gazelles are the high-growth firms of up to five years. Job flows: Davis, Haltiwanger and
Schuh (1996, Job Creation and Destruction).

Our choice: a firm is active in a year in which it has employment above zero; a firm stands where
it is in the year, its growth, its survival and its job flows where they started; the share of
high growth is of the firms that could have been one and are still active (at least ten persons
three years ago, not born then). Where the source has dates, a firm whose birth lies in the table
is born in its first active year, one whose death lies in it dies in its last active year.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from fractions import Fraction

from hansa.errors import UsageError, listed
from hansa.facts.disclosure_rules import Rules

NEEDED = ("id", "geo", "activity", "time", "employment")
MONEY = ("turnover", "payroll")
DATES = ("birth", "death")
OURS = (*NEEDED, *MONEY, *DATES)
"""Columns of the rows, by our names."""

Group = str
"""Measures hidden in the same cells: stocks, flows, survival_1, …, age, growth, gazelles."""

SURVIVAL = 5
"""Years over which a cohort is followed."""

YOUNG = 5
"""Greatest age of a young firm, and of a gazelle, in years."""

SPAN = 3
"""Years over which growth is measured."""


@dataclass(frozen=True)
class Additive:
    """A number that adds up over regions and activities.

    magnitude  True for jobs and money, to which the rules of concentration apply; False for firms
    within     the count it is a part of, whose rest is as confidential as the part
    """

    name: str
    group: Group
    unit: str
    magnitude: bool = False
    within: str = ""


@dataclass(frozen=True)
class Derived:
    """A number computed from published ones alone, so that it tells nothing more.

    top, bottom   additive measures with their weight; without `bottom`, a sum
    years_ago     of the bottom, before the year of the top
    average       True where the bottom is the mean of the year and the year before
    """

    name: str
    top: tuple[tuple[str, int], ...]
    bottom: str = ""
    years_ago: int = 0
    average: bool = False

    @property
    def unit(self) -> str:
        """Unit of the values."""
        if self.name == "average_size":
            return "persons a firm"
        return "share" if self.bottom else "jobs"


ADDITIVE: tuple[Additive, ...] = (
    Additive("firms", "stocks", "firms"),
    Additive("employment", "stocks", "persons", True),
    Additive("turnover", "stocks", "as in the source", True),
    Additive("payroll", "stocks", "as in the source", True),
    Additive("entry", "flows", "firms", within="firms"),
    Additive("exit", "flows", "firms", within="firms"),
    Additive("jobs_entry", "flows", "jobs", True),
    Additive("jobs_expansion", "flows", "jobs", True),
    Additive("jobs_contraction", "flows", "jobs", True),
    Additive("jobs_exit", "flows", "jobs", True),
    *(
        Additive(f"survivors_{k}", f"survival_{k}", "firms", within="entry")
        for k in range(1, SURVIVAL + 1)
    ),
    Additive("young", "age", "firms", within="firms"),
    Additive("young_employment", "age", "persons", True, within="employment"),
    Additive("growth_base", "growth", "firms"),
    Additive("high_growth", "growth", "firms", within="growth_base"),
    Additive("gazelles", "gazelles", "firms", within="high_growth"),
)

OF = {one.name: one for one in ADDITIVE}

DERIVED: tuple[Derived, ...] = (
    Derived("average_size", (("employment", 1),), "firms"),
    Derived("entry_rate", (("entry", 1),), "firms"),
    Derived("exit_rate", (("exit", 1),), "firms"),
    *(
        Derived(f"survival_{k}", ((f"survivors_{k}", 1),), "entry", years_ago=k)
        for k in range(1, SURVIVAL + 1)
    ),
    Derived("young_share", (("young", 1),), "firms"),
    Derived("young_employment_share", (("young_employment", 1),), "employment"),
    Derived("high_growth_share", (("high_growth", 1),), "growth_base"),
    Derived("gazelle_share", (("gazelles", 1),), "growth_base"),
    Derived("job_creation", (("jobs_entry", 1), ("jobs_expansion", 1))),
    Derived("job_destruction", (("jobs_contraction", 1), ("jobs_exit", 1))),
    Derived(
        "job_creation_rate",
        (("jobs_entry", 1), ("jobs_expansion", 1)),
        "employment",
        average=True,
    ),
    Derived(
        "job_destruction_rate",
        (("jobs_contraction", 1), ("jobs_exit", 1)),
        "employment",
        average=True,
    ),
)


@dataclass(frozen=True)
class Choices:
    """What may be chosen.

    growth    growth a year, as a share, above which a firm is of high growth: 0.10, or 0.20 as in
              2007
    start     persons at the start from which growth counts
    gap       years out of sight after which a firm that comes back is born anew
    without   groups that are not computed: flows, survival, age, growth; every one that is left out
              leaves more cells of the others to publish
    fewest    least number of firms in a published cell, at most 100; less than 3 only with a
              `reason`
    reason    why rules are weaker
    share     least width left open of a hidden value, as a share of it
    """

    growth: str | float = "0.10"
    start: int = 10
    gap: int = 2
    without: tuple[str, ...] = ()
    fewest: int = 3
    share: float = 0.1
    dominance: float = 0.85
    p_percent: float = 0.1
    reason: str = ""

    def __post_init__(self) -> None:
        _ = (self.rules, self.factor)
        self._refuse_ranges()
        self._refuse_weaker()

    def _refuse_ranges(self) -> None:
        if not 1 <= self.gap <= 5:
            raise UsageError(
                "the gap of a reactivation is some years",
                printed=str(self.gap),
                admissible="1 to 5; the manual has 2",
                fix="--gap 2",
            )
        if unknown := [name for name in self.without if name not in OPTIONAL]:
            raise UsageError(
                "there is no such group of measures",
                printed=listed(unknown),
                admissible=listed(OPTIONAL),
                fix="--without survival",
            )
        if self.start < 1:
            raise UsageError(
                "growth starts from at least one person",
                printed=str(self.start),
                admissible="1 or more; the manual has 10",
                fix="--start 10",
            )
        if self.fewest > MOST:
            raise UsageError(
                "a rule of disclosure asks for a handful of firms in a cell",
                printed=f"fewest {self.fewest:,}",
                admissible=f"3 to {MOST}; offices ask for 3 to 10",
                fix="--fewest 3; to leave out small cells altogether, use coarser codes",
            )

    def _refuse_weaker(self) -> None:
        # A field that weakens the gate is only taken with words for it.
        weaker = [f.name for f in fields(self) if f.name in _STRICT and self._weakens(f.name)]
        if weaker and not self.reason.strip():
            name = weaker[0]
            raise UsageError(
                f"{name} would protect less than the rule of the house",
                printed=f"{getattr(self, name):g}",
                admissible=f"{_STRICT[name]:g} or {'less' if name == 'dominance' else 'more'}",
                fix='say why: --reason "…" (it is written into every table)',
            )

    def _weakens(self, name: str) -> bool:
        more = getattr(self, name) - _STRICT[name]
        return bool(more > 0 if name == "dominance" else more < 0)

    @property
    def rules(self) -> Rules:
        """The rules of disclosure."""
        return Rules(self.fewest, self.share, self.dominance, self.p_percent)

    @property
    def factor(self) -> Fraction:
        """How many times its start a firm of high growth must exceed, exactly."""
        try:
            rate = Fraction(str(self.growth))
        except (ValueError, ZeroDivisionError):
            rate = Fraction(0)
        if not 0 < rate <= 1 or rate.denominator > 1000:
            percent = f"{float(rate / 100):g}" if 1 < rate <= 100 else "0.10"
            raise UsageError(
                "the growth is no share a year",
                printed=str(self.growth),
                admissible="a share above 0, at most 1, with at most three digits: 0.10 is 10 % "
                "a year",
                fix=f"--growth {percent}",
            )
        return (1 + rate) ** SPAN


MOST = 100
"""Greatest least number of firms; to prove more, the gate takes longer than anybody waits."""

OPTIONAL = ("flows", "survival", "age", "growth")

_STRICT = {"fewest": 3, "share": 0.1, "dominance": 0.85, "p_percent": 0.1}
