"""What was claimed and done in 2009, as sections of a report: real, printed figures."""

from __future__ import annotations

from hansa.panel import Panel
from hansa.report.document import Section
from hansa.study import published
from hansa.views.claims import ILLUSTRATION, VERDICTS, claims, claims_chart
from hansa.views.format import grouped, joined, spelled
from hansa.views.published import pilot_matrix, pilot_steps, stronghold_bars, survey_bars
from hansa.views.reading import HERE, PLAIN, At, Words

_LINE = "Source: BSR InnoNet conference publication, May 2009, {}. Retyped figures; none computed."


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
    said = [f"{v.capitalize()}: {joined(names)}." for v, names in groups if names]
    why = [f"{c.stronghold.name}: {c.why}" for c in found if c.why]
    return Section(
        id="claimed-and-seen",
        question="Which claims of 2009 are seen in the numbers?",
        answer=tuple([ILLUSTRATION, *said] if panel.header.model_data else said),
        figures=(figure,),
        certainty=(
            *why,
            "A claim is of 2007, the numbers are of the year shown: a strength may have come or "
            "gone since.",
            "Which clusters stand for a claim is our choice; other clusters, other answers.",
        ),
        line=figure.source,
        python="from hansa.report.published import section_claims\nsection_claims(quotients)",
    )


def _claimed() -> Section:
    areas = published.strongholds()
    nine = [s for s in areas if s.nine]
    pilots = [s for s in areas if s.pilot]
    first = max(areas, key=lambda s: s.countries)
    return Section(
        id="claimed-2009",
        question="What was claimed in 2009?",
        answer=(
            f"{spelled(len(nine)).capitalize()} areas were named as a strength by at least "
            f"{spelled(min(s.countries for s in nine))} of {first.of} countries, most often "
            f"{first.name} ({first.countries} of {first.of}). Certain: these are counts of a "
            "printed table.",
            f"{spelled(len(pilots)).capitalize()} of them became areas of pilots: "
            f"{joined([s.name for s in pilots])}.",
        ),
        figures=(stronghold_bars(areas),),
        certainty=(
            "A claim is what countries said of themselves; no statistic stands behind the marks.",
            "Which countries marked an area cannot be said: the places of the marks are lost.",
        ),
        line=_LINE.format("chapter 2.3, table 1"),
        python="from hansa.study.published import strongholds\nstrongholds()",
    )


def _asked() -> Section:
    areas = published.survey_frame()
    firms, institutions, experts = (sum(n or 0 for n in c) for c in _columns())
    gaps = [a.name for a in areas if None in a.counts]
    whole = firms + institutions + experts
    return Section(
        id="asked-2009",
        question="Who was asked in 2009?",
        answer=(
            f"{grouped(firms)} companies, {grouped(institutions)} knowledge institutions and at "
            f"least {grouped(experts)} experts in {spelled(len(areas))} areas.",
        ),
        figures=(survey_bars(areas),),
        certainty=(
            f"The number of experts is not printed for {joined(gaps)}; sums are without it.",
            f"The table adds up to {grouped(whole)}; the text speaks of about "
            f"{grouped(published.stated_recipients())} recipients. Both are kept as printed.",
            "These are recipients, not answers: how many answered is not printed.",
        ),
        line=_LINE.format("chapter 2.1, table 1"),
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
        question="What was tried in 2009?",
        answer=(
            f"{spelled(len(pilots)).capitalize()} pilots of one year, each of a different kind of "
            f"cluster, with {len(part)} places for countries; {len(named)} are filled by a named "
            "organisation.",
        ),
        figures=(
            pilot_matrix(pilots, published.countries()),
            pilot_steps(published.pilot_timeline()),
        ),
        certainty=(
            f"Partners that left stand in the text only: {joined(left)}.",
            "What came of the pilots is not in the publication: it was printed before they ended.",
        ),
        line=_LINE.format("chapter 2.2, table 1 and figure 8"),
        python="from hansa.study.published import pilots\npilots()",
    )
