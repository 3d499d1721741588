"""A macro-region of the reader's own choice: what it is made of, and its results."""

from __future__ import annotations

import tempfile
from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path
from weakref import WeakKeyDictionary

from hansa.axes import extra_regio
from hansa.clusters import ClusterDefinition
from hansa.codes import geographies
from hansa.cube import Cube
from hansa.errors import HansaError, UsageError, listed
from hansa.files import toml_bytes
from hansa.language import _, named
from hansa.measures import find_measure
from hansa.report.part import QUOTIENT, Part, part_of
from hansa.study.choices import options_of, period_of
from hansa.study.compute import Request, compute_all, reference_members
from hansa.study.config import BaseChoice, Study
from hansa.study.places import regions_of
from hansa.study.plan import Options, check_options, columns_of
from hansa.study.run import BaseResult, StudyResult
from hansa.views.format import joined
from hansa.web.session import Session, changes_of, refuse_files, study_under
from hansa.web.state import METHOD, State

OWN = "own-area.toml"
"""Name of the file that holds a macro-region listed by hand."""

_LEVELS = ("employment", "cluster_share", "focus", QUOTIENT)
_CHANGES = ("growth_rate", "relative_wage_growth", "quadrant", "quadrant_stability")
_KEPT = 12


@dataclass(frozen=True)
class Area:
    """A macro-region.

    name     what the options of a computation call it: a geography, a code, or `OWN`
    title    what people call it
    members  codes it is put together of; `inside` the regions of the table that lie in it
    file     content of `OWN` where its regions were listed, else empty
    """

    name: str
    title: str
    members: tuple[str, ...]
    inside: tuple[str, ...]
    file: str = ""


def area_in(cube: Cube, text: str) -> Area:
    """The macro-region that an address names. Raises UsageError for what the table has not."""
    refuse_files(text, "area")
    codes = _codes(cube, text)
    if codes is None:
        members = _members(cube, text)
        known = geographies().get(text)
        label = named("place", cube.geo.codelist.names.get(text, text))
        title = (
            _inside_a_sentence(named("place", known.name))
            if known
            else {"TOTAL": _("the published total")}.get(text, label)
        )
        return Area(text, title, members, _inside(cube, members))
    names = [named("place", cube.geo.codelist.names.get(code, code)) for code in codes]
    title = (
        joined(names)
        if len(names) <= 3
        else _("a macro-region of {count} members", count=len(names))
    )
    return Area(OWN, title, codes, _inside(cube, codes), _file(cube, title, codes))


def _inside_a_sentence(title: str) -> str:
    first, _blank, rest = title.partition(" ")
    return f"{first.lower()} {rest}" if first in ("The", "De") else title


def _codes(cube: Cube, text: str) -> tuple[str, ...] | None:
    """Codes that are listed; None for one name, which a geography or the table may know."""
    given = [part.strip() for part in text.split(",") if part.strip()]
    geo = cube.geo
    spelt = [geo.codelist.spell(code) or code for code in given]
    if len(spelt) == 1 and (spelt[0] in geo.place or spelt[0] in geographies()):
        return None
    beside = {geo.codes[i] for i in geo.beside}
    # A country that has no row of its own is put together from its regions.
    above = {a for code in geo.codes for a in geo.codelist.ancestors(code)}
    unknown = [code for code in spelt if code not in {*geo.codes, *above} - beside]
    if unknown or not spelt:
        raise UsageError(
            f"the table has no region {listed(unknown) or repr(text)}",
            admissible="a named geography, or codes of the table joined by commas: "
            + listed((c for c in geo.codes if c not in beside), 60),
            fix="pick one of the list, or take regions in and out below",
        )
    codes = tuple(dict.fromkeys(spelt))
    for code in codes:
        if inside := set(codes).intersection(geo.codelist.ancestors(code)):
            raise UsageError(
                "regions that overlap would be added up",
                printed=f"{code} lies in {listed(sorted(inside))}",
                admissible="either the whole or its parts",
                fix="leave one of them out",
            )
    return codes


def _members(cube: Cube, name: str) -> tuple[str, ...]:
    places = regions_of(cube, Options(area=(name,)))[0][0]
    return tuple(cube.geo.codes[i] for i in places)


def _inside(cube: Cube, members: tuple[str, ...]) -> tuple[str, ...]:
    """Regions of the table that lie in the members; none where that is not known."""
    geo = cube.geo
    if geo.total >= 0 and geo.codes[geo.total] in members:
        return tuple(geo.codes[i] for i in _proper(cube))
    wanted = set(members)
    return tuple(
        geo.codes[i]
        for i in _proper(cube)
        if not wanted.isdisjoint((geo.codes[i], *geo.codelist.ancestors(geo.codes[i])))
    )


def _proper(cube: Cube) -> list[int]:
    geo = cube.geo
    return [i for i in cube.regions if not extra_regio(geo.codelist, geo.codes[i])]


def _file(cube: Cube, title: str, codes: tuple[str, ...]) -> str:
    return toml_bytes(
        {
            "id": "own-area",
            "title": title,
            "geography": cube.geo.codelist.id,
            "members": list(codes),
            "status": "ours",
            "source": "put together in the workbench",
        }
    ).decode()


_parts: WeakKeyDictionary[Session, OrderedDict[State, Part]] = WeakKeyDictionary()


def part_for(session: Session, state: State, area: Area) -> Part:
    """The results of a macro-region and of the regions inside it; the last ones are kept."""
    shelf = _parts.setdefault(session, OrderedDict())
    key = state.known_to(("definition", "base", "area", *METHOD))
    if key not in shelf:
        shelf[key] = _computed(session, key, area)
    shelf.move_to_end(key)
    while len(shelf) > _KEPT:
        shelf.popitem(last=False)
    return shelf[key]


def _computed(session: Session, state: State, area: Area) -> Part:
    frame = session.part(state.known_to(("definition", "base")))
    result, own = session.result, frame.own
    session.tell(_("computing {area}", area=area.title), 0.2)
    study = study_under(result.study, state.method)
    with tempfile.TemporaryDirectory(prefix="hansa-") as place:
        base = results_of(result, study, (own.definition, frame.base.base), area, Path(place))
    shown = study.model_copy(
        update={
            "area": area.name,
            "area_name": area.title,
            "definitions": (_named(frame),),
            "outputs": study.outputs.model_copy(update={"region": "", "cluster": ""}),
        }
    )
    own = replace(own, bases=(base,))
    made = part_of(replace(result, study=shown, results=(own,)), own, base)
    return replace(made, called=frame.called, changes=changes_of(study, state))


def results_of(
    result: StudyResult,
    study: Study,
    chosen: tuple[ClusterDefinition, BaseChoice],
    area: Area,
    folder: Path,
) -> BaseResult:
    """Levels of the area and of the regions in it, growth and kinds of the area alone.

    folder  where files may lie while this is computed
    """
    definition, base = chosen
    assert result.folder is not None
    options = options_of(study, result.folder, base)
    whole = replace(options, area=(_written(folder, area),), regions="")
    inside = options
    if area.inside:
        inside = replace(options, regions=_regions(folder, result.cube, area))
    requests = [Request(_LEVELS, definition, one) for one in (inside, whole)]
    regions, found = compute_all(_ends(result, study, options), requests)
    for columns, measures in _growth(study, options).items():
        cubes = {name: result.cubes[name] for name in columns}
        main = cubes[columns[0]]
        if (period := period_of(study, main)) is not None:
            over = replace(whole, start=period[0], end=period[1])
            found |= compute_all(main, [Request(measures, definition, over)], cubes)[0]
    members = {}
    if study.reference == "complete":
        members = reference_members(result.cubes["employment"], definition, options)
    return BaseResult(base, regions, found, members)


def _ends(result: StudyResult, study: Study, options: Options) -> Cube:
    """Jobs in the first and the last year shown: the years between say nothing of levels."""
    cube = result.cubes["employment"]
    first, last = period_of(study, cube) or (cube.years[-1], cube.years[-1])
    if first != last:
        check_options(cube, None, replace(options, start=first, end=last))
    return replace(cube, years=tuple(dict.fromkeys((first, last))))


def _growth(study: Study, options: Options) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Measures of growth and kind that the study computes, by the columns they need."""
    grouped: dict[tuple[str, ...], tuple[str, ...]] = {}
    for name in _CHANGES:
        if name in study.measures:
            columns = columns_of(find_measure(name), options.choices)
            grouped[columns] = (*grouped.get(columns, ()), name)
    return grouped


def _named(frame: Part) -> str:
    """The definition as the study names it."""
    if frame.called:
        return frame.called
    ids = [r.definition.id for r in frame.result.results]
    return frame.result.study.definitions[ids.index(frame.own.definition.id)]


def _written(folder: Path, area: Area) -> str:
    """What the options are to call the area: its name, or a file that lists it."""
    if not area.file:
        return area.name
    (folder / OWN).write_text(area.file, encoding="utf-8")
    return str(folder / OWN)


def _regions(folder: Path, cube: Cube, area: Area) -> str:
    path = folder / "inside.toml"
    path.write_text(_file(cube, "regions inside", area.inside), encoding="utf-8")
    return str(path)


def own_area(result: StudyResult) -> Area | None:
    """The area of the study itself; None without one, or where the table does not name it."""
    study: Study = result.study
    if not study.area or study.area.endswith(".toml"):
        return None
    try:
        found = area_in(result.cube, study.area)
    except HansaError:
        return None
    return replace(found, title=named("place", study.area_name) or found.title)
