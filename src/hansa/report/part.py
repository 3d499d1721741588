"""One definition on one base of a study, with the names and the choices of what is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hansa.clusters import ClusterDefinition
from hansa.codes import geographies
from hansa.language import _, named
from hansa.measures import find_measure
from hansa.panel import Panel
from hansa.report.picks import Picks, picks
from hansa.study.config import ALL_ACTIVITIES
from hansa.study.run import BaseResult, DefinitionResult, StudyResult
from hansa.views.captions import sources_once
from hansa.views.reading import At, Words, reference_name

QUOTIENT = "location_quotient_total"


@dataclass(frozen=True)
class Part:
    """One definition on one base, with the names and the choices of what is shown.

    called   how the definition is named in Python and on the command line; empty: as the study
             names it
    changes  options of `hansa.compute` by which the results differ from those of the study
    """

    result: StudyResult
    own: DefinitionResult
    base: BaseResult
    picks: Picks
    words: Words
    called: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def suffix(self) -> str:
        """What tells the parts of a document apart in ids; empty for a single part."""
        at = [(r.definition.id, b.base.name) for r in self.result.results for b in r.bases].index(
            (self.own.definition.id, self.base.base.name)
        )
        return "" if at == 0 else f"-{at + 1}"

    @property
    def heading(self) -> str:
        """Addition to a heading where several definitions or bases are shown."""
        several = [r.definition.name for r in self.result.results]
        parts = [self.own.definition.name] if len(several) > 1 else []
        if len(self.own.bases) > 1:
            parts.append(_("base: {base}", base=base_named(self.base.base.name)))
        return f" ({'; '.join(parts)})" if parts else ""

    @property
    def first_base(self) -> bool:
        """True where sections that do not depend on the base are to be shown."""
        return self.base is self.own.bases[0]

    @property
    def area(self) -> At | None:
        """The area of the study, as its panels name it; None without one."""
        for panel in self.base.area.values():
            found = panel.distinct("geo")
            return self.at(geo=found[0]) if found else None
        return None

    def order(self, along: str, area: bool = False) -> Panel | None:
        """A measure with the same order as the quotients whose bounds do not know the reference.

        Along regions the share of the region; along clusters the share of the cluster, unless
        each cluster has a reference of its own. None where the study does not compute it.
        """
        panels = self.base.area if area else self.base.regions
        if along == "geo":
            return panels.get("focus")
        return None if self.base.members else panels.get("cluster_share")

    def at(self, geo: str | None = None, cluster: str | None = None) -> At:
        """A place in the year that the report speaks of: the last one, or the end of the period."""
        period = self.result.study.period
        return At(geo, cluster, period[1] if period else None)

    def place(self, at: At, panel: Panel) -> str:
        """The name of a region or of the area."""
        return self.words.name(at.geo or "", panel.header)

    def origin(self, measure: str, area: bool = False) -> dict[str, Any]:
        """The quiet line of a section, and how to get its numbers."""
        panel = (self.base.area if area else self.base.regions)[measure]
        header = panel.header
        where = self.result.table_path(self.own, self.base, measure, area)
        definition = self.own.definition
        intensive = find_measure(measure).kind == "intensive"
        bits = [
            _("Source: {source}", source=sources_once(header.source)) if header.source else "",
            header.vintage,
            _("definition: {definition}", definition=definition_named(definition)),
            _("base {base}", base=header.base) if header.base else "",
            _("reference {reference}", reference=reference_name(header, self.words))
            if intensive
            else "",
            version_named(header.geography),
        ]
        options = self._options(area)
        written = "".join(f", {name}={value!r}" for name, value in options.items())
        return {
            "line": "; ".join(b for b in bits if b) + ".",
            "python": "import hansa\n"
            f'hansa.compute("{measure}", "STUDY", "{self.called or self._name}"{written})',
            "command": " ".join(
                [
                    f"hansa compute {measure} --facts STUDY",
                    f"--definition {self.called or self._name}",
                    *(f"--set {_NAMES.get(n, n)}={_shown(v)}" for n, v in options.items()),
                    f"  # {where}" if not self.called else "",
                ]
            ).rstrip(),
        }

    @property
    def _name(self) -> str:
        """The definition as the study names it: an id, or a path from its folder."""
        ids = [r.definition.id for r in self.result.results]
        return self.result.study.definitions[ids.index(self.own.definition.id)]

    def _options(self, area: bool) -> dict[str, Any]:
        """What differs from the study itself: its first base, its regions, its method."""
        study, options = self.result.study, dict(self.changes)
        if self.base.base != study.base[0]:
            options["without"] = self.base.base.without
        if area and study.area:
            options["area"] = study.area
        return options


def definition_named(definition: ClusterDefinition) -> str:
    """Name of a definition with its id and version: `Hansa clusters of … (hansa-nace2 1)`."""
    edition = f"{definition.id} {definition.version}".rstrip()
    return edition if definition.name == definition.id else f"{definition.name} ({edition})"


def version_named(geography: str) -> str:
    """`NUTS 2006` for the version `nuts:2006` of the regions; empty for a table's own codes."""
    scheme, _colon, version = geography.partition(":")
    return f"{scheme.upper()} {version}".strip() if geography != "local" else ""


def base_named(name: str) -> str:
    """How a base is called on a page: its own name, that of the usual base in any language."""
    return _(ALL_ACTIVITIES) if name == ALL_ACTIVITIES else name


_NAMES = {"start": "from", "end": "to"}


def _shown(value: Any) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)


def parts(result: StudyResult) -> Iterator[Part]:
    """Every definition on every base, in the order of the study."""
    for own in result.results:
        for base in own.bases:
            yield part_of(result, own, base)


def part_of(result: StudyResult, own: DefinitionResult, base: BaseResult) -> Part:
    """One definition on one base, with the region and the cluster that are shown in full."""
    return Part(result, own, base, picks(result, own, base), _words(result, own, base))


def _words(result: StudyResult, own: DefinitionResult, base: BaseResult) -> Words:
    study = result.study
    labels = {c: own.definition.label_of(c) for c in own.definition.clusters}
    if study.area:
        title = geographies()[study.area].name if study.area in geographies() else study.area
        codes = next((p.distinct("geo") for p in base.area.values()), [study.area])
        called = named("place", study.area_name) or title
        labels |= dict.fromkeys((study.area, *codes), called)
    labels |= result.names
    return Words(labels=labels, reference=named("place", study.reference_name))
