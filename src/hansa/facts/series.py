"""Several series of the same facts as one cube: each in its own codes, converted, then joined.

An office that revises its regions, or starts a series anew, publishes a second table. Its files
may stand in one `[facts.NAME]`: files that declare the same codes are read together, each group is
converted by itself (law, clause 6), and no cell may stand in two of them. What is new in a series
is for its statuses to say (`b`): growth across a break is refused by the measures.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from hansa.axes import Axis
from hansa.codes.codelist import normal_id
from hansa.cube import Cube, Ints, Rows
from hansa.errors import HansaError, listed
from hansa.facts.convert_choice import dimension_of
from hansa.facts.convert_cube import as_described
from hansa.law import side_by_side
from hansa.panel import Header
from hansa.sources.raw import column_names
from hansa.sources.spec import FactsSpec, beside
from hansa.sources.tabular import read_facts


def series_of(paths: Sequence[Path], spec: FactsSpec) -> list[list[Path]]:
    """Files that declare the same codes, in the order of the files."""
    found: dict[tuple[str, str], list[Path]] = {}
    for path in paths:
        own = beside(path, spec)
        codes = (normal_id(own.geography), normal_id(own.classification))
        found.setdefault(codes, []).append(path)
    return list(found.values())


def facts_cube(paths: Sequence[Path], spec: FactsSpec, measure: str = "employment") -> Cube:
    """The cube of one measure in the codes its description asks for.

    Raises HansaError where files declare different codes and nothing says how they meet, where
    their units differ, and where a cell stands in two of them.
    """
    groups = series_of(paths, spec)
    if len(groups) == 1:
        return as_described(_read(paths, spec, measure), spec)
    cubes = [_converted(group, spec, measure) for group in groups]
    _refuse_other_codes(cubes, groups)
    _refuse_other_units(cubes, groups)
    return joined(cubes)


def _read(paths: Sequence[Path], spec: FactsSpec, measure: str) -> Cube:
    """One cube of files. A measure that only some of them hold is refused with what to do then."""
    try:
        return read_facts(paths, spec, measure)
    except HansaError as problem:
        own = problem.finding
        if own.rule != f"the column {measure} is missing" or not _holding(paths, spec, measure):
            raise
        raise HansaError(
            own.rule,
            place=own.place,
            printed=own.printed,
            admissible=f"{own.admissible} in each file, as in {_holding(paths, spec, measure)}",
            fix=f"leave out what needs {measure}, or describe files with other columns apart: "
            "a table [facts.NAME] of a study for each",
        ) from problem


def _holding(paths: Sequence[Path], spec: FactsSpec, measure: str) -> str:
    """The first of several files that has the column of a measure; empty without one."""
    for path in paths:
        own = beside(path, spec)
        if own.columns.get(measure, measure) in column_names(path, own):
            return path.name
    return ""


def _converted(group: list[Path], spec: FactsSpec, measure: str) -> Cube:
    """One series in the codes of the result; one that has them already is left as it is."""
    cube = _read(group, spec, measure)
    if not spec.convert:
        return cube
    axis = cube.geo if dimension_of(spec.convert) == "geo" else cube.activity
    if axis.codelist.id == normal_id(spec.convert):
        return cube
    there = tuple(code for code in spec.leave_out if code in axis.place)
    return as_described(cube, spec.model_copy(update={"leave_out": there}))


def joined(cubes: Sequence[Cube]) -> Cube:
    """Cubes of the same codes as one; years may be shared, cells may not."""
    geo, activity = _axis([c.geo for c in cubes]), _axis([c.activity for c in cubes])
    placed = [(cube, _places(cube.geo, geo), _places(cube.activity, activity)) for cube in cubes]

    def load(time: int) -> Rows:
        found = [
            (to_geo[rows.geo], to_activity[rows.activity], rows.values)
            for cube, to_geo, to_activity in placed
            if time in cube.years
            for rows in [cube.load(time)]
        ]
        if len(found) == 1:
            return Rows(*found[0])
        own_geo = np.concatenate([g for g, _, _ in found])
        own_activity = np.concatenate([a for _, a, _ in found])
        order = np.lexsort((own_activity, own_geo))
        values = side_by_side([values for _, _, values in found])
        return Rows(own_geo[order], own_activity[order], values[order])

    headers = [cube.header for cube in cubes]
    header = replace(
        headers[0],
        notes=_with_years(cubes, lambda h: h.notes),
        steps=tuple(dict.fromkeys(text for h in headers for text in h.steps)),
        source=_JOINT.join(_with_years(cubes, lambda h: h.source.split(_JOINT))),
        licence=_once(h.licence for h in headers),
        vintage=_JOINT.join(_with_years(cubes, lambda h: h.vintage.split(_JOINT))),
        model_data=any(h.model_data for h in headers),
    )
    return replace(
        cubes[0],
        geo=geo,
        activity=activity,
        years=tuple(sorted({year for cube in cubes for year in cube.years})),
        header=header,
        load=load,
        size=sum(cube.size for cube in cubes),
        set_aside=tuple(dict.fromkeys(text for cube in cubes for text in cube.set_aside)),
        sums_within=max(cube.sums_within for cube in cubes),
        unused=tuple(sorted({name for cube in cubes for name in cube.unused})),
    )


def _once(texts: Iterable[str]) -> str:
    return _JOINT.join(dict.fromkeys(text for text in texts if text))


_JOINT = "; "
_MARK = re.compile(r" \[(\d{4}(?:\N{EN DASH}\d{4})?(?:, \d{4}(?:\N{EN DASH}\d{4})?)*)\]$")


def _with_years(cubes: Sequence[Cube], said: Callable[[Header], Iterable[str]]) -> tuple[str, ...]:
    """What the series say, each text once; what is not said of all years carries its own."""
    found: dict[str, set[int]] = {}
    for cube in cubes:
        for text in filter(None, said(cube.header)):
            found.setdefault(text, set()).update(cube.years)
    every = {year for cube in cubes for year in cube.years}
    return tuple(
        text if own == every else f"{text} [{_spans(sorted(own))}]"
        for text, own in sorted(found.items(), key=lambda pair: min(pair[1], default=0))
    )


def _spans(years: Sequence[int]) -> str:
    """`2015, 2018-2020` with a dash between the ends of a span."""
    spans: list[list[int]] = []
    for year in years:
        if spans and year == spans[-1][1] + 1:
            spans[-1][1] = year
        else:
            spans.append([year, year])
    return ", ".join(f"{a}" if a == b else f"{a}\N{EN DASH}{b}" for a, b in spans)


def _years_said(text: str) -> set[int] | None:
    """The years that a text carries; None where it is said of all."""
    match = _MARK.search(text)
    if match is None:
        return None
    ends = (span.split("\N{EN DASH}") for span in match[1].split(", "))
    return {year for e in ends for year in range(int(e[0]), int(e[-1]) + 1)}


def of_years(header: Header, years: Iterable[int]) -> Header:
    """The header of a result that shows some years only: what is said of others is left out.

    Sources, vintages and notes of joined series carry their years in brackets; the brackets go
    where every year shown lies within them.
    """
    shown = set(years)

    def kept(texts: Iterable[str]) -> tuple[str, ...]:
        said = [(text, _years_said(text)) for text in texts]
        there = [(text, own) for text, own in said if own is None or own & shown]
        return tuple(
            text if own is None or not shown <= own else _MARK.sub("", text) for text, own in there
        )

    return replace(
        header,
        notes=kept(header.notes),
        source=_JOINT.join(kept(header.source.split(_JOINT))),
        vintage=_JOINT.join(kept(header.vintage.split(_JOINT))),
    )


def without_years(source: str) -> str:
    """The sources of joined series without the years in brackets."""
    return _JOINT.join(dict.fromkeys(_MARK.sub("", text) for text in source.split(_JOINT)))


def _axis(axes: Sequence[Axis]) -> Axis:
    codes = tuple(sorted({code for axis in axes for code in axis.codes}))
    apart = frozenset[str]().union(*(axis.apart for axis in axes))
    return Axis(codes, axes[0].codelist, apart)


def _places(own: Axis, whole: Axis) -> Ints:
    return np.array([whole.place[code] for code in own.codes], np.int32)


def _refuse_other_codes(cubes: Sequence[Cube], groups: Sequence[Sequence[Path]]) -> None:
    for what, lists in (
        ("regions", [c.geo.codelist.id for c in cubes]),
        ("activities", [c.activity.codelist.id for c in cubes]),
    ):
        if len(set(lists)) > 1:
            raise HansaError(
                f"the files of one table use different codes for {what}",
                place=_told(groups),
                printed=listed(lists),
                admissible="one code list and version (law, clause 6)",
                fix=f'convert = "{lists[-1]}" in study.toml, or hansa convert each file first',
            )


def _refuse_other_units(cubes: Sequence[Cube], groups: Sequence[Sequence[Path]]) -> None:
    for what in ("unit", "absent_rows", "zeros"):
        found = [str(getattr(cube.header, what)) for cube in cubes]
        if len(set(found)) > 1:
            raise HansaError(
                f"the files of one table differ in {what}",
                place=_told(groups),
                printed=listed(found),
                admissible="the same for all",
                fix=f"give {what} once for the table, or keep the files apart in two [facts.NAME]",
            )


def _told(groups: Sequence[Sequence[Path]]) -> str:
    return "; ".join(listed([path.name for path in group]) for group in groups)
