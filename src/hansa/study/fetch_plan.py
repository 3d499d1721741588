"""What `hansa fetch` would send for a data set, an extract, a file or a study; nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from hansa.errors import HansaError
from hansa.sources.live.extracts import Extract, find_extract
from hansa.sources.live.fetching import dataset_of
from hansa.sources.live.planning import Plan, Planned, plan
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
