"""What a report says before its findings: whose numbers these are, and what was done to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from hansa.axes import extra_regio
from hansa.codes import geographies
from hansa.facts.series import of_years, without_years
from hansa.language import N_, _, named, ngettext
from hansa.panel import Panel
from hansa.study.retold import retold
from hansa.study.run import StudyResult
from hansa.views.captions import sources_once
from hansa.views.format import grouped, joined

_MODEL = N_("Every number is drawn at random and true of no region.")
_MODEL_AND_REAL = N_(
    "Every number on regions and clusters is drawn at random and true of no region; the tables of "
    "2009 are real: printed figures of the BSR InnoNet conference publication. What is said of the "
    "Nordic Innovation Monitor is computed from its two printed tables."
)

# How the steps begin that give a table other values, and those that only add bounds.
_CHANGED = re.compile(r"converted |confidential cells|\d+ cells hidden")
_FILLED = "hidden cells filled"
_BOUNDED = re.compile(r"intervals of (\d+) hidden cells")
_CONVERTED = re.compile(r"converted (geo|activity) from (\S+) to (\S+)")
_READ = re.compile(r"read (\w+) from ")
_DETAIL = re.compile(r"[;:] | \(")
_MOVED = {
    "geo": N_("region codes of {before} were put into {after}"),
    "activity": N_("activity codes of {before} were put into {after}"),
}


def origin(result: StudyResult, *, of_2009: bool = True) -> str:
    """Whether the numbers are real, whose they are, and whether they stand as published.

    of_2009  whether a table of 2009 is shown, where the study asks for them
    """
    study = result.study
    if any(spec.model_data for spec in study.facts.values()):
        return _(_MODEL_AND_REAL if study.outputs.published and of_2009 else _MODEL)
    own = [panel.header.steps for panel in _panels(result)]
    steps = list(dict.fromkeys(step for some in own for step in some))
    filled = any(step.startswith(_FILLED) for step in steps)
    hidden = _hidden(own)
    changed = [_in_words(step) for step in steps if _CHANGED.match(step)]
    if filled:
        changed = [_estimated(hidden, _years(result)), *changed]
    source = _sources(result)
    if changed:
        return _(
            "Data not as published: {source}. Before anything was computed: {done}. The method and "
            "the recipe say how.",
            source=source,
            done="; ".join(dict.fromkeys(changed)),
        )
    if hidden:
        return _bounded(source, hidden, _years(result))
    return _("Published data: {source}.", source=source)


def _estimated(count: int, years: str) -> str:
    return ngettext(
        "one hidden cell{years}, confidential or not published, was estimated within what the "
        "published sums allow",
        "{count} hidden cells{years}, confidential or not published, were estimated within what "
        "the published sums allow",
        count,
        count=grouped(count),
        years=years,
    )


def _bounded(source: str, count: int, years: str) -> str:
    return ngettext(
        "Published data: {source}. Added to them: bounds of one hidden cell{years}, confidential "
        "or not published.",
        "Published data: {source}. Added to them: bounds of {count} hidden cells{years}, "
        "confidential or not published.",
        count,
        source=source,
        count=grouped(count),
        years=years,
    )


def of_shown_years(result: StudyResult) -> StudyResult:
    """The same results; each says whose numbers the years are that a report shows of it.

    Levels are shown of the last year (of the period), sizes beside their growth also of its
    first year. The tables keep all years; of joined series a figure names only its own.
    """

    def told(panels: dict[str, Panel]) -> dict[str, Panel]:
        return {name: _told(name, panels, result) for name in panels}

    return replace(
        result,
        results=tuple(
            replace(
                own,
                bases=tuple(
                    replace(base, regions=told(base.regions), area=told(base.area))
                    for base in own.bases
                ),
            )
            for own in result.results
        ),
    )


def _told(name: str, panels: Mapping[str, Panel], result: StudyResult) -> Panel:
    panel, period = panels[name], result.study.period
    times = panel.distinct("time")
    shown = {period[1] if period else times[-1]} if times else set()
    if "from" in panel.table.column_names:
        shown |= set(panel.table["from"].unique().to_pylist())
    elif name == "employment" and "growth_rate" in panels:
        shown |= set(panels["growth_rate"].table["from"].unique().to_pylist())
    return replace(panel, header=of_years(panel.header, shown)) if shown else panel


def not_the_sum(result: StudyResult) -> str:
    """That the area shown is more or less than the regions of the study; empty where it is not."""
    study, codes = result.study, result.cube.geo.codelist
    area = geographies().get(study.area)
    regions = _regions(result)
    if area is None or not regions:
        return ""

    def leaves(members: Iterable[str]) -> set[str]:
        spelled = [codes.spell(member) or member for member in members]
        every = set().union(*(codes.leaves(code) or {code} for code in spelled))
        return {code for code in every if not extra_regio(codes, code)}

    whole, own = leaves(area.members), leaves(regions)
    if whole == own:
        return ""
    more, less = bool(whole - own), bool(own - whole)
    said = _ANOTHER if more and less else _MORE if more else _LESS
    return _(said, area=named("place", study.area_name) or area.name, count=len(regions))


_ANOTHER = N_(
    "The figures of {area} cover another area than the {count} regions of the study: they are not "
    "the sum of the regions."
)
_MORE = N_(
    "The figures of {area} cover more than the {count} regions of the study: they are not the sum "
    "of the regions."
)
_LESS = N_(
    "The figures of {area} cover less than the {count} regions of the study: they are not the sum "
    "of the regions."
)


def _regions(result: StudyResult) -> tuple[str, ...]:
    panels = (panel for own in result.results for b in own.bases for panel in b.regions.values())
    first = next(panels, None)
    return tuple(first.distinct("geo")) if first is not None else ()


def _sources(result: StudyResult) -> str:
    """Who publishes the tables; the names of the files where nothing says it."""
    every = (result.cube.header, *(panel.header for panel in _panels(result)))
    said = without_years(next((header.source for header in every if header.source), ""))
    names = []
    for spec in result.study.facts.values():
        files = [name for name in spec.file if "*" not in name]
        names.append(spec.source or said or ", ".join(files) or _("the tables of the study"))
    return sources_once("; ".join(dict.fromkeys(names)))


def _hidden(panels: list[tuple[str, ...]]) -> int:
    """Hidden cells of all columns of the facts together.

    Two columns can have equally many, and then say so in one step: a panel made of one column
    tells whose a step is.
    """
    found: dict[str, str] = {}
    every: dict[str, None] = {}
    columns = [(tuple(dict.fromkeys(_read(own))), own) for own in panels]
    for names, own in sorted(columns, key=lambda pair: len(pair[0])):
        steps = [step for step in own if _BOUNDED.match(step)]
        every |= dict.fromkeys(steps)
        unknown = [name for name in names if name not in found]
        if steps and len(unknown) == 1:
            rest = [step for step in steps if step not in found.values()]
            found[unknown[0]] = (rest or steps)[0]
    counted = [*found.values(), *(step for step in every if step not in found.values())]
    return sum(int(match[1]) for step in counted if (match := _BOUNDED.match(step)))


def _read(steps: tuple[str, ...]) -> Iterator[str]:
    yield from (match[1] for step in steps if (match := _READ.match(step)))


def _years(result: StudyResult) -> str:
    years = sorted(result.cube.years)
    if not years:
        return ""
    if len(years) == years[-1] - years[0] + 1:
        span = f"{years[0]}" if len(years) == 1 else f"{years[0]}–{years[-1]}"
    else:
        span = joined([str(year) for year in years])
    # After what the years belong to: `hidden cells of 2015-2018`.
    return _(" of {years}", years=span)


def _in_words(step: str) -> str:
    """`region codes of NUTS 2016 were put into NUTS 2021`; another step without its details."""
    if match := _CONVERTED.match(step):
        before, after = (code.rstrip(";,").replace(":", " ").upper() for code in match.groups()[1:])
        return _(_MOVED[match[1]], before=before, after=after)
    return retold(_DETAIL.split(step)[0])


def _panels(result: StudyResult) -> Iterator[Panel]:
    for own in result.results:
        for base in own.bases:
            yield from base.regions.values()
            yield from base.area.values()
