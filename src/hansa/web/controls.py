"""The controls of a page: what its reader sets, and what there is to choose from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from hansa.language import N_, _, pgettext, spoken
from hansa.web.sheet import Choice, Control
from hansa.web.sorting import by_name
from hansa.web.state import State

if TYPE_CHECKING:
    from hansa.report.part import Part
    from hansa.web.session import Session

KEPT = 8
"""Lists of regions that are kept."""


def control_of(session: Session, part: Part, state: State, name: str) -> Control:
    """The control of a name; one that ends in `?` may stay open: nothing is lit up then."""
    optional = name.endswith("?")
    name = name.removesuffix("?")
    label, choices, chosen = _CONTROLS[name](session, part)
    if optional:
        choices, chosen = (Choice("", pgettext("choice", "none")), *choices), getattr(state, name)
    return Control(name, _(label), choices, chosen)


_Shown = tuple[str, tuple[Choice, ...], str]


def _definitions(session: Session, part: Part) -> _Shown:
    own = [r.definition for r in part.result.results]
    saved = [
        Choice(name, _("{name} (your own)", name=name)) for name in session.saved_definitions()
    ]
    choices = (*(Choice(d.id, d.name) for d in own), *saved)
    return N_("Clusters as defined by"), choices, part.own.definition.id


def _bases(session: Session, part: Part) -> _Shown:
    from hansa.report.part import base_named

    names = [b.base.name for b in part.own.bases]
    return N_("Base"), tuple(Choice(n, base_named(n)) for n in names), part.base.base.name


def _regions(session: Session, part: Part) -> _Shown:
    return N_("Region"), _named_regions(session, part), part.picks.region


def _named_regions(session: Session, part: Part) -> tuple[Choice, ...]:
    """The regions by name: thousands of them, and the same for every composition of a study."""
    shelf = session.region_choices
    # What a key is made of is kept with it: as long as it is there, nothing else has the same id.
    key, own = (id(part.words), id(part.base), spoken()), (part.words, part.base)
    choices: tuple[Choice, ...]
    _, choices = shelf.get(key) or (own, tuple(_sorted_regions(session, part)))
    shelf[key] = own, choices
    shelf.move_to_end(key)
    while len(shelf) > KEPT:
        shelf.popitem(last=False)
    return choices


def _sorted_regions(session: Session, part: Part) -> Iterator[Choice]:
    header = next(iter(part.base.regions.values())).header
    codes = session.regions(part)
    named = dict(zip(codes, part.words.names(codes, header), strict=True))
    for code in sorted(named, key=lambda code: (by_name(named[code]), code)):
        yield Choice(code, code if named[code] == code else f"{named[code]} ({code})")


def _clusters(session: Session, part: Part) -> _Shown:
    definition = part.own.definition
    named = {code: definition.label_of(code) for code in definition.clusters}
    codes = sorted(named, key=lambda code: (by_name(named[code]), code))
    return N_("Cluster"), tuple(Choice(code, named[code]) for code in codes), part.picks.cluster


_CONTROLS: dict[str, Callable[[Session, Part], _Shown]] = {
    "definition": _definitions,
    "base": _bases,
    "region": _regions,
    "cluster": _clusters,
}
