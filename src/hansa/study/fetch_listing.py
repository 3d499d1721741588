"""What can be fetched, by name and by words: services, extracts, data sets, codes."""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import Any

from hansa.errors import UsageError
from hansa.sources.live.catalogues import catalogued, fits, searched
from hansa.sources.live.contract import Catalogue, Catalogued, DataSet, Dimension, Structure
from hansa.sources.live.extracts import Extract, extracts, find_extract
from hansa.sources.live.fetching import Told, dataset_of, structure_of
from hansa.sources.live.services import FILES, find_service, home_of, services
from hansa.study.fetch_line import line_to

Entry = dict[str, Any]


def listing(
    name: str = "", search: str = "", at: str = "", told: Told = lambda _text, _done: None
) -> list[Entry]:
    """What there is to fetch, as plain dicts; `what` says what each is.

    name    empty: every service and every extract; a service, an extract, a file set of GISCO;
            SOURCE:DATASET asks the service what the data set is made of
    search  only what has all these words; beside a service, its data sets (which asks it), beside
            a data set, its codes
    at      base address in place of the service's own

    Raises UsageError for a name that is none of these, HansaError for what a service refuses.
    """
    refuse_senseless(name, search, at)
    if name.startswith(f"{FILES}:"):
        return [file_set(name)]
    if ":" in name:
        return [structure_entry(name, narrowed(structure(name, at, told), search))]
    if name in extracts():
        return [extract_entry(find_extract(name))]
    if name and search:
        found = data_sets(name, search, at, told)
        return [data_set_entry(name, one) for one in found.entries]
    own = [one for one in service_entries(name) if _has(one, search)]
    return own if name else [*own, *map(extract_entry, extracts_with(search))]


def refuse_senseless(name: str, search: str, at: str = "") -> None:
    """Raise for a name of nothing, words without use, an address where nobody is asked."""
    if name.startswith(f"{FILES}:"):
        file_set(name)
    elif ":" not in name:
        _refuse_bare(name)
    if search and (name in extracts() or name.startswith(f"{FILES}:")):
        raise UsageError(
            f"there is nothing to look for in {name}",
            printed=f"search {search!r}",
            admissible="words alone, beside a source, or beside SOURCE:DATASET",
            fix="leave the words out, or the name",
        )
    asked = (":" in name and not name.startswith(f"{FILES}:")) or (name in services() and search)
    if at and not asked:
        raise UsageError(
            "no service is asked here, so that an address says nothing",
            printed=f"--at {at}",
            admissible="an address beside SOURCE:DATASET, or beside a source and --search",
            fix="leave the address out, or name what to ask for",
        )


def _refuse_bare(name: str) -> None:
    """Raise for what is neither a source nor an extract, with what it may be."""
    known = (*services(), FILES, *extracts())
    if not name or name in known:
        return
    near = difflib.get_close_matches(name.lower(), known, 3)
    raise UsageError(
        f"no source and no extract is called {name!r}",
        admissible=", ".join(near) or "a source of `hansa sources`, or one of `--extracts`",
        fix=f"a data set needs its source in front: eurostat:{name}"
        if "_" in name
        else f"look for it by words: hansa sources --search '{name}'",
    )


def service_entries(name: str = "") -> list[Entry]:
    """Every service, or the one of this name, with its address, limit and licence."""
    from hansa.sources.live import gisco

    chosen = [find_service(name)] if name and name != FILES else list(services().values())
    found: list[Entry] = [
        {
            "what": "service",
            "id": s.id,
            "title": s.title,
            "home": s.home,
            "licence": s.licence,
            "most_cells": s.most,
            "lists_data_sets": isinstance(s, Catalogued),
        }
        for s in chosen
        if name != FILES
    ]
    if name in ("", FILES):
        sets = [one.id for one in gisco.datasets()]
        found.append(
            {
                "what": "files",
                "id": FILES,
                "title": gisco.TITLE,
                "home": gisco.HOME,
                "licence": gisco.LICENCE,
                "data_sets": sets,
            }
        )
    return found


def extracts_with(search: str) -> list[Extract]:
    """The extracts with all these words in what they say of themselves."""
    return [one for one in extracts().values() if _has(one.as_dict(), search)]


def extract_entry(one: Extract) -> Entry:
    """An extract as a plain dict."""
    return {"what": "extract", **one.as_dict()}


def _has(entry: Entry, search: str) -> bool:
    """Whether all words occur in the names and texts of an entry, addresses and licences aside."""
    aside = ("home", "licence", "data_sets", "format", "what")
    return not search or fits(search, " ".join(_texts(entry, aside)))


def _texts(told: Any, aside: tuple[str, ...] = ()) -> list[str]:
    if isinstance(told, dict):
        return [t for k, v in told.items() if k not in aside for t in _texts(v, aside)]
    if isinstance(told, list | tuple):
        return [t for one in told for t in _texts(one, aside)]
    return [told] if isinstance(told, str) else []


def services_with(search: str) -> list[Entry]:
    """The services with all these words in their names."""
    return [one for one in service_entries() if _has(one, search)]


def data_sets(
    name: str, search: str, at: str = "", told: Told = lambda _text, _done: None
) -> Catalogue:
    """The data sets of one service that have all these words: asks this service, and no other."""
    if name == FILES:
        from hansa.sources.live import gisco

        sets = [DataSet(one.id, one.title) for one in gisco.datasets()]
        return Catalogue(tuple(one for one in sets if fits(search, f"{one.id} {one.title}")))
    service = find_service(name)
    catalogued(service)
    home = home_of(service.id, service.home, at)
    with line_to(home, told) as line:
        return searched(service, search, home, line)


def data_set_entry(service: str, one: DataSet) -> Entry:
    """A data set of a service's list as a plain dict, named as it is fetched."""
    return {
        "what": "data set",
        "id": f"{service}:{one.id}",
        "title": one.title,
        "updated": one.updated,
        "periods": one.periods,
    }


def file_set(name: str) -> Entry:
    """One set of files of GISCO: where it lies and what has to be shown with it."""
    from hansa.sources.live import gisco

    found = gisco.find(name.partition(":")[2])
    return {
        "what": "files",
        "id": f"{FILES}:{found.id}",
        "title": found.title,
        "at": [request.url for request in gisco.requests(found)],
        "notice": found.notice,
    }


def structure(name: str, at: str = "", told: Told = lambda _text, _done: None) -> Structure:
    """What a data set is made of: asks its service."""
    service, dataset, home = dataset_of(name, at)
    with line_to(home, told) as line:
        return structure_of(service, dataset, home, line)


def narrowed(found: Structure, search: str) -> Structure:
    """The structure with only the codes that have all these words; dimensions without are left out.

    A dimension whose own name has the words keeps all its codes.
    """
    if not search:
        return found
    kept = []
    for own in found.dimensions:
        codes = {c: label for c, label in own.codes.items() if fits(search, f"{c} {label}")}
        if fits(search, f"{own.id} {own.label}"):
            kept.append(own)
        elif codes:
            kept.append(replace(own, codes=codes))
    return replace(found, dimensions=tuple(kept))


def structure_entry(name: str, found: Structure) -> Entry:
    """The structure of a data set as a plain dict: dimensions with codes and their names."""
    return {
        "what": "data set",
        "dataset": name,
        "title": found.title,
        "updated": found.updated,
        "dimensions": [_dimension_entry(own) for own in found.dimensions],
    }


def _dimension_entry(own: Dimension) -> Entry:
    return {
        "id": own.id,
        "label": own.label,
        "time": own.time,
        "summed_when_left_out": own.eliminable,
        "codes": dict(own.codes),
    }
