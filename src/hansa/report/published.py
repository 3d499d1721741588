"""What was claimed and done in 2009, as sections of a report: real, printed figures."""

from __future__ import annotations

from collections.abc import Sequence

from hansa.language import N_, _
from hansa.panel import Panel
from hansa.report.document import Section
from hansa.study import published
from hansa.views.claims import ILLUSTRATION, VERDICTS, claims, claims_chart
from hansa.views.format import grouped, joined, spelled
from hansa.views.published import pilot_matrix, pilot_steps, stronghold_bars, survey_bars
from hansa.views.reading import HERE, PLAIN, At, Words

_LINE = N_(
    "Source: BSR InnoNet conference publication, May 2009, {place}. Retyped figures; none computed."
)


def sections_2009() -> tuple[Section, ...]:
    """Three questions on the publication of 2009: claims, whom it asked, and what was tried."""
    return _claimed(), _asked(), _tried()


def section_claims(panel: Panel, at: At = HERE, words: Words = PLAIN) -> Section:
    """Claimed and seen: the claims of 2009 beside the location quotients of one area.

    panel  location quotients by cluster of `hansa-nace2`, of the area that `at` names
    Raises UsageError and HansaError as `hansa.views.claims.claims` does.
    """
    given = published.strongholds(), published.claim_links()
    found = claims(panel, *given, at, words)
    figure = claims_chart(panel, *given, at, words)
    groups = [(v, [c.stronghold.name for c in found if c.verdict == v]) for v in VERDICTS]
    said = [f"{_first_capital(_(v))}: {apart(names)}." for v, names in groups if names]
    why = [f"{c.stronghold.name}: {c.why}" for c in found if c.why]
    return Section(
        id="claimed-and-seen",
        question=_("Which claims of 2009 are seen in the numbers?"),
        answer=tuple([_(ILLUSTRATION), *said] if panel.header.model_data else said),
        figures=(figure,),
        certainty=(
            *why,
            _(
                "A claim is of 2007, the numbers are of the year shown: a strength may have come "
                "or gone since."
            ),
            _("Which clusters stand for a claim is our choice; other clusters, other answers."),
        ),
        line=figure.source,
        python="from hansa.report.published import section_claims\nsection_claims(quotients)",
    )


def apart(names: Sequence[str]) -> str:
    """Names in a list, semicolons between them where one has an `and` of its own."""
    own = any(word in f" {name} " for name in names for word in (" and ", " och "))
    return "; ".join(names) if own else joined(names)


def _first_capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _claimed() -> Section:
    areas = published.strongholds()
    nine = [s for s in areas if s.nine]
    pilots = [s for s in areas if s.pilot]
    first = max(areas, key=lambda s: s.countries)
    return Section(
        id="claimed-2009",
        question=_("What was claimed in 2009?"),
        answer=(
            _(
                "{areas} areas were named as a strength by at least {least} of {of} countries, "
                "most often {first} ({most} of {of}). Certain: these are counts of a printed "
                "table.",
                areas=_first_capital(spelled(len(nine))),
                least=spelled(min(s.countries for s in nine)),
                of=first.of,
                first=first.name,
                most=first.countries,
            ),
            _(
                "{count} of them became areas of pilots: {areas}.",
                count=_first_capital(spelled(len(pilots))),
                areas=apart([s.name for s in pilots]),
            ),
        ),
        figures=(stronghold_bars(areas),),
        certainty=(
            _(
                "A claim is what countries said of themselves; no statistic stands behind the "
                "marks."
            ),
            _("Which countries marked an area cannot be said: the places of the marks are lost."),
        ),
        line=_(_LINE, place=_("chapter 2.3, table 1")),
        python="from hansa.study.published import strongholds\nstrongholds()",
    )


def _asked() -> Section:
    areas = published.survey_frame()
    firms, institutions, experts = (sum(n or 0 for n in c) for c in _columns())
    gaps = [a.name for a in areas if None in a.counts]
    whole = firms + institutions + experts
    return Section(
        id="asked-2009",
        question=_("Who was asked in 2009?"),
        answer=(
            _(
                "{firms} companies, {institutions} knowledge institutions and at least {experts} "
                "experts in {areas} areas.",
                firms=grouped(firms),
                institutions=grouped(institutions),
                experts=grouped(experts),
                areas=spelled(len(areas)),
            ),
        ),
        figures=(survey_bars(areas),),
        certainty=(
            _(
                "The number of experts is not printed for {areas}; sums are without it.",
                areas=joined(gaps),
            ),
            _(
                "The table adds up to {sum}; the text speaks of about {stated} recipients. Both "
                "are kept as printed.",
                sum=grouped(whole),
                stated=grouped(published.stated_recipients()),
            ),
            _("These are recipients, not answers: how many answered is not printed."),
        ),
        line=_(_LINE, place=_("chapter 2.1, table 1")),
        python="from hansa.study.published import survey_frame\nsurvey_frame()",
    )


def _columns() -> tuple[tuple[int | None, ...], ...]:
    return tuple(zip(*(a.counts for a in published.survey_frame()), strict=True))


def _tried() -> Section:
    pilots = published.pilots()
    part = [p for pilot in pilots for p in pilot.partners if p.status == "participant"]
    named = [p for p in part if p.name]
    left = [
        f"{p.country} ({pilot.area})"
        for pilot in pilots
        for p in pilot.partners
        if p.status == "left"
    ]
    return Section(
        id="tried-2009",
        question=_("What was tried in 2009?"),
        answer=(
            _(
                "{pilots} pilots of one year, each of a different kind of cluster, with {places} "
                "places for countries; {filled} are filled by a named organisation.",
                pilots=_first_capital(spelled(len(pilots))),
                places=len(part),
                filled=len(named),
            ),
        ),
        figures=(
            pilot_matrix(pilots, published.countries()),
            pilot_steps(published.pilot_timeline()),
        ),
        certainty=(
            _("Partners that left stand in the text only: {partners}.", partners=joined(left)),
            _(
                "What came of the pilots is not in the publication: it was printed before they "
                "ended."
            ),
        ),
        line=_(_LINE, place=_("chapter 2.2, table 1 and figure 8")),
        python="from hansa.study.published import pilots\npilots()",
    )
