"""What `hansa fetch` would send for a data set, an extract, a file or a study; nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from hansa.errors import HansaError, UsageError, listed
from hansa.sources.live.extracts import Extract, extracts, find_extract
from hansa.sources.live.fetching import dataset_of
from hansa.sources.live.planning import Plan, Planned, plan
from hansa.sources.live.services import services
from hansa.sources.live.troubles import secretless
from hansa.study.config import Study
from hansa.study.fetch import Wanted, question_of, questions_of
from hansa.study.fetch_files import GISCO
from hansa.study.fetch_study import regions_of


def planned(what: str, wanted: Wanted) -> list[tuple[str, Plan]]:
    """Name and plan of every table that would be fetched: `hansa.study.fetch` with no network.

    what  SOURCE:DATASET, `gisco:…`, or an extract
    """
    if what.startswith(f"{GISCO}:"):
        return [(what, _of_files(what, wanted.at))]
    return _of_extract(find_extract(what), wanted) if ":" not in what else _of_set(what, wanted)


def refuse_unaskable(what: str, wanted: Wanted) -> None:
    """Raise for what is wrong with a question before anybody is asked: names, address, period."""
    if what.startswith(f"{GISCO}:"):
        _of_files(what, wanted.at)
    elif ":" in what:
        service, dataset, home = dataset_of(what, wanted.at)
        service.describe(dataset, home)
        question_of(wanted)
    else:
        for part, _ in questions_of(_extract_or_folder(what), wanted):
            dataset_of(part.dataset, wanted.at)


def _extract_or_folder(name: str) -> Extract:
    """The extract of a name that is no folder; refused with both, for either may be misspelled."""
    if name in extracts() or name in (*services(), GISCO):
        return find_extract(name)
    raise UsageError(
        f"unknown extract {name!r}, and there is no study folder of this name",
        admissible=listed(extracts(), 40),
        fix="`hansa sources --extracts` lists extracts; a data set is named SOURCE:DATASET",
    )


def _of_set(name: str, wanted: Wanted) -> list[tuple[str, Plan]]:
    from hansa.sources.live.cache import Cache

    service, dataset, home = dataset_of(name, wanted.at)
    return [(secretless(name), plan(service, dataset, question_of(wanted), home, Cache()))]


def _of_extract(extract: Extract, wanted: Wanted) -> list[tuple[str, Plan]]:
    from hansa.sources.live.cache import Cache

    found = []
    for part, asked in questions_of(extract, wanted):
        service, dataset, home = dataset_of(part.dataset, wanted.at)
        told = f"{extract.id} {part.name}".strip()
        made = plan(service, dataset, asked, home, Cache(), prepared=True)
        found.append((f"{told} ({part.dataset})", made))
    return found


def _of_files(name: str, at: str) -> Plan:
    from hansa.sources.live import gisco
    from hansa.sources.live.cache import Cache
    from hansa.sources.live.services import home_of

    wanted, cache = gisco.find(name.partition(":")[2]), Cache()
    found = []
    for request in gisco.requests(wanted, home_of(GISCO, gisco.HOME, at)):
        kept = cache.find(request)
        found.append(Planned(request, kept.fetched if kept else ""))
    return Plan(name, GISCO, (), tuple(found))


def planned_study(
    study: Study, folder: Path, names: Sequence[str], failed: list[HansaError]
) -> Iterator[tuple[str, Plan]]:
    """Name and plan of every table that the entries of a study would fetch.

    What cannot be planned is collected in `failed`, and the others go on.
    """
    for name, spec in study.fetch.items():
        if names and name not in names:
            continue
        geo = regions_of(spec.geo, study, folder)
        wanted = Wanted(spec.filters, geo, spec.period, spec.parts, spec.at)
        for one in (spec.dataset, *spec.extract):
            if not one:
                continue
            try:
                yield from ((f"{name}: {told}", made) for told, made in planned(one, wanted))
            except HansaError as problem:
                failed.append(problem)
