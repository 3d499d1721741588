"""SDMX-ML structure messages, 2.1 and 3.0, to a `Structure`: dimensions, codes, labels; pure.

Dimensions stand in the order of their positions, codes in that of their code lists and no more
of them than constraints of the data flow leave.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from xml.etree import ElementTree

from hansa.errors import HansaError, listed
from hansa.sources.live.contract import Dimension, Structure
from hansa.sources.live.marks import malformed
from hansa.sources.live.xmlevents import root

_URN = re.compile(r"=(?P<agency>[^:=]+):(?P<id>[^(]+)\((?P<version>[^)]*)\)(\.(?P<item>.+))?$")
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_UPDATED = ("UPDATE_DATA", "DISSEMINATION_TIMESTAMP_DATA", "LAST_UPDATE", "LAST_UPDATED")

Element = ElementTree.Element


@dataclass(frozen=True)
class Reference:
    """A reference to an artefact, or to an item of one."""

    agency: str
    id: str
    version: str
    item: str = ""


@dataclass(frozen=True)
class CodeList:
    """A code list, or a concept scheme read as one: code -> English label."""

    agency: str
    id: str
    version: str
    label: str
    codes: Mapping[str, str]


@dataclass(frozen=True)
class Constraint:
    """Which codes a constraint leaves: dimension -> codes; `without` are codes it takes away.

    of  artefacts that it is attached to
    """

    of: tuple[Reference, ...]
    codes: Mapping[str, tuple[str, ...]]
    without: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_structure(body: bytes | Sequence[bytes], dataset: str, place: str) -> Structure:
    """The structure of a data set, put together from one message or several.

    body     a structure message, or several: what one refers to may stand in another
    dataset  id of the data flow or of its structure, in any case; may be empty where the
             messages hold one
    place    words for messages of errors

    A dimension whose code list stands in none of the messages has no codes. Raises HansaError
    for a broken message and where the data set is not in it.
    """
    trees = [_tree(one, place) for one in ([body] if isinstance(body, bytes) else body)]
    flow = _chosen(trees, "Dataflow", dataset)
    found = [one for tree in trees for one in _all(tree, "DataStructure") if len(one)]
    own = _definition(trees, found, flow, dataset)
    if own is None:
        raise HansaError(
            f"the answer holds no structure of {dataset or 'one data set'}",
            place=place,
            printed=listed(f"{one.get('agencyID')}:{one.get('id')}" for one in found) or "none",
            admissible="a data structure with its dimensions",
            fix="check the name of the data set",
        )
    dimensions = _dimensions(own, trees, place)
    head = flow if flow is not None else own
    structure = Structure(
        dataset=head.get("id", ""),
        title=_label(head),
        agency=head.get("agencyID", ""),
        version=own.get("version", ""),
        updated=_updated(head),
        dimensions=dimensions,
        attributes=tuple(_id(one) for one in _all(own, "Attribute")),
    )
    ids = {head.get("id", ""), own.get("id", "")}
    for constraint in _constraints(trees):
        if any(one.id in ids for one in constraint.of):
            structure = constrained(structure, constraint)
    return structure


def _definition(
    trees: Sequence[Element], found: Sequence[Element], flow: Element | None, dataset: str
) -> Element | None:
    """The data structure of a data flow, of its version if it is there; else by its own name."""
    wanted = _reference(_child(flow, "Structure"))
    if wanted is None:
        return _chosen(trees, "DataStructure", dataset)
    named = [one for one in found if one.get("id") == wanted.id]
    exact = [one for one in named if one.get("version") == wanted.version]
    return next(iter(exact or named), None)


def read_dataflows(body: bytes, place: str) -> tuple[CodeList, ...]:
    """The data flows of a structure message, in its order: agency, id, version, name; no codes."""
    return tuple(
        CodeList(
            one.get("agencyID", ""), one.get("id", ""), one.get("version", ""), _label(one), {}
        )
        for one in _all(_tree(body, place), "Dataflow")
        if one.get("id")
    )


def read_codelists(body: bytes, place: str) -> tuple[CodeList, ...]:
    """Code lists of a structure message, in its order; codes with their English labels."""
    return tuple(_codelists([_tree(body, place)]))


def read_constraint(body: bytes, place: str) -> Constraint:
    """The content constraint of a structure message: which codes have data, or are allowed.

    Without one, a constraint that leaves everything. Raises HansaError where there are several
    of different artefacts.
    """
    found = list(_constraints([_tree(body, place)]))
    if len({one.of for one in found}) > 1:
        printed = listed(ref.id for one in found for ref in one.of)
        raise malformed(place, f"constraints of {printed}", "a constraint of one data set")
    return next(iter(found), Constraint((), {}))


def constrained(structure: Structure, constraint: Constraint) -> Structure:
    """The structure with the codes that a constraint leaves.

    A dimension without a code list gets the codes of the constraint, without labels. Codes
    that the list does not know are added at its end: the data may hold them.
    """
    dimensions = []
    for own in structure.dimensions:
        codes = dict(own.codes)
        kept = constraint.codes.get(own.id)
        if kept:
            chosen = set(kept)
            codes = {code: label for code, label in codes.items() if code in chosen}
            codes.update({code: "" for code in kept if code not in codes})
        for code in constraint.without.get(own.id, ()):
            codes.pop(code, None)
        dimensions.append(replace(own, codes=codes))
    return replace(structure, dimensions=tuple(dimensions))


def _tree(body: bytes, place: str) -> Element:
    """The tree of a structure message; HansaError for a DOCTYPE and for other messages."""
    _, name = root(body, place)
    if name != "Structure":
        raise malformed(place, f"a message {name}", "an SDMX-ML message of structures")
    try:
        return ElementTree.fromstring(body)
    except (ElementTree.ParseError, LookupError, ValueError) as problem:
        raise malformed(place, f"{problem!s:.120}", "a complete XML document") from problem


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _all(tree: Element, name: str) -> Iterator[Element]:
    return (one for one in tree.iter() if _local(one) == name)


def _children(element: Element, name: str) -> Iterator[Element]:
    return (one for one in element if _local(one) == name)


def _child(element: Element | None, name: str) -> Element | None:
    return next(_children(element, name), None) if element is not None else None


def _chosen(trees: Sequence[Element], kind: str, name: str) -> Element | None:
    """The artefact of this name; the only one where no name is given; with content if any has."""
    known = [one for tree in trees for one in _all(tree, kind) if one.get("id")]
    asked = [one for one in known if not name or one.get("id", "").lower() == name.lower()]
    if not name and len({one.get("id") for one in asked}) > 1:
        return None
    return max(asked, key=len, default=None)


def _reference(element: Element | None) -> Reference | None:
    """What an element refers to: a `Ref` of 2.1, a URN of 3.0."""
    if element is None:
        return None
    ref = next(_all(element, "Ref"), None)
    if ref is not None:
        if parent := ref.get("maintainableParentID"):
            version = ref.get("maintainableParentVersion", "")
            return Reference(ref.get("agencyID", ""), parent, version, ref.get("id", ""))
        return Reference(ref.get("agencyID", ""), ref.get("id", ""), ref.get("version", ""))
    for one in element.iter():
        if found := _URN.search((one.text or "").strip()):
            return Reference(found["agency"], found["id"], found["version"], found["item"] or "")
    return None


def _label(element: Element | None) -> str:
    """The English name; without one the name in no language, else the first."""
    if element is None:
        return ""
    names = {one.get(_LANG, ""): (one.text or "").strip() for one in _children(element, "Name")}
    english = (name for lang, name in names.items() if lang.lower().startswith("en-"))
    first = next(iter(names.values()), "")
    return names.get("en") or next(english, "") or names.get("") or first


def _updated(element: Element) -> str:
    """The service's own date of the data, from the annotations of a data flow."""
    told: dict[str, str] = {}
    for held in _children(element, "Annotations"):
        for one in _children(held, "Annotation"):
            kind, title = _child(one, "AnnotationType"), _child(one, "AnnotationTitle")
            if kind is not None and title is not None and title.text:
                told.setdefault((kind.text or "").strip(), title.text.strip())
    return next((told[kind] for kind in _UPDATED if kind in told), "")


def _id(component: Element) -> str:
    """Id of a dimension or attribute: its own, else that of its concept."""
    if own := component.get("id"):
        return own
    concept = _reference(_child(component, "ConceptIdentity"))
    return (concept.item or concept.id) if concept else ""


def _dimensions(own: Element, trees: Sequence[Element], place: str) -> tuple[Dimension, ...]:
    head = next(_all(own, "DimensionList"), None)
    kinds = ("Dimension", "MeasureDimension", "TimeDimension")
    parts = [one for one in head if _local(one) in kinds] if head is not None else []
    if not parts or not all(_id(one) for one in parts):
        raise malformed(place, f"{own.get('id')}: no dimensions", "a list of dimensions")
    lists = list(_codelists(trees))
    concepts = _concepts(trees)
    found = [_dimension(one, lists, concepts) for one in parts]
    ids = [one.id for one in found]
    if len(set(ids)) != len(ids):
        raise malformed(place, f"dimensions {listed(ids)}", "every dimension once")
    positions = [one.get("position", "") for one in parts]
    if all(text.isascii() and text.isdecimal() for text in positions):
        at = sorted(range(len(found)), key=lambda i: int(positions[i]))
        return tuple(found[i] for i in at)
    # Without positions the order is that of the list, and time closes the key.
    return tuple(sorted(found, key=lambda one: one.time))


def _dimension(
    part: Element, lists: Sequence[CodeList], concepts: Mapping[tuple[str, str], Element]
) -> Dimension:
    said = _reference(_child(part, "ConceptIdentity"))
    concept = concepts.get((said.id, said.item)) if said else None
    representation = _child(part, "LocalRepresentation")
    enumeration = _child(representation, "Enumeration")
    if enumeration is None and representation is None:
        enumeration = _child(_child(concept, "CoreRepresentation"), "Enumeration")
    wanted = _reference(enumeration)
    codes = _pick(lists, wanted) if wanted else None
    label = _label(concept) or (codes.label if codes else "")
    time = _local(part) == "TimeDimension"
    return Dimension(_id(part), label, dict(codes.codes) if codes else {}, time=time)


def _pick(lists: Sequence[CodeList], wanted: Reference) -> CodeList | None:
    """The list that is referred to: of its version, else the only one of its name."""
    named = [one for one in lists if one.id == wanted.id and one.agency == wanted.agency]
    exact = [one for one in named if one.version == wanted.version]
    if exact or len(named) == 1:
        return (exact or named)[0]
    open_end = wanted.version.rstrip("+*")
    later = [one for one in named if one.version.startswith(open_end)]
    return later[-1] if open_end != wanted.version and later else None


def _codelists(trees: Sequence[Element]) -> Iterator[CodeList]:
    """Code lists and concept schemes (codes of a measure dimension) with their items."""
    for tree in trees:
        for kind, item in (("Codelist", "Code"), ("ConceptScheme", "Concept")):
            for one in _all(tree, kind):
                codes = {part.get("id", ""): _label(part) for part in _children(one, item)}
                codes.pop("", None)
                if codes:
                    agency, name = one.get("agencyID", ""), one.get("id", "")
                    yield CodeList(agency, name, one.get("version", ""), _label(one), codes)


def _concepts(trees: Sequence[Element]) -> dict[tuple[str, str], Element]:
    """(Scheme, concept) -> the concept."""
    return {
        (scheme.get("id", ""), concept.get("id", "")): concept
        for tree in trees
        for scheme in _all(tree, "ConceptScheme")
        for concept in _children(scheme, "Concept")
    }


def _constraints(trees: Sequence[Element]) -> Iterator[Constraint]:
    """Content constraints (2.1) and data constraints (3.0)."""
    for tree in trees:
        for kind in ("ContentConstraint", "DataConstraint"):
            for one in _all(tree, kind):
                yield _constraint(one)


def _constraint(own: Element) -> Constraint:
    attached = _child(own, "ConstraintAttachment")
    of = [_reference(one) for one in attached] if attached is not None else []
    kept: dict[str, list[str]] = {}
    without: dict[str, list[str]] = {}
    regions = list(_children(own, "CubeRegion"))
    for region in regions:
        include = region.get("include", "true") in ("true", "1")
        keys = [*_children(region, "KeyValue"), *_children(region, "Component")]
        for key in keys:
            values = [(one.text or "").strip() for one in _children(key, "Value")]
            within = include == (key.get("include", "true") in ("true", "1"))
            # A region to be left out takes codes away only where it names one dimension.
            if within or len(keys) == 1:
                (kept if within else without).setdefault(key.get("id", ""), []).extend(values)
    included = [one for one in regions if one.get("include", "true") in ("true", "1")]
    for name in list(kept):
        named = [one for one in included if any(key.get("id") == name for key in one)]
        if len(named) < len(included):
            # One of the regions leaves this dimension whole.
            del kept[name]
    return Constraint(
        tuple(one for one in of if one is not None),
        {name: tuple(dict.fromkeys(codes)) for name, codes in kept.items() if codes},
        {name: tuple(dict.fromkeys(codes)) for name, codes in without.items() if codes},
    )
