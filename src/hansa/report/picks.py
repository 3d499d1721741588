"""Which region and which cluster a report shows where the study does not say."""

from __future__ import annotations

from dataclasses import dataclass

from hansa.panel import Panel
from hansa.study.choices import wrong_outputs
from hansa.study.run import BaseResult, DefinitionResult, StudyResult

_MOSTLY = 0.5  # share estimated from which on a value says little of its region


@dataclass(frozen=True)
class Picks:
    """The region and the cluster that are shown in full."""

    region: str
    cluster: str


def picks(result: StudyResult, own: DefinitionResult, base: BaseResult) -> Picks:
    """The study's own choice; else the region and the traded cluster about which most is known.

    What is known are published numbers; one that is mostly estimated does not count. Among
    regions known equally well the largest is taken, among clusters the one whose quotients
    spread most.
    """
    outputs = result.study.outputs
    panel = next(iter(base.regions.values()))
    regions = tuple(dict.fromkeys(panel.table["geo"].to_pylist()))
    for problem in wrong_outputs(outputs, regions, own.definition):
        raise problem
    return Picks(outputs.region or _region(base, regions), outputs.cluster or _cluster(own, base))


def _latest(panel: Panel) -> list[dict[str, object]]:
    """Values of the last year that rest mostly on published numbers; if there are none, all."""
    times = panel.distinct("time")
    rows = panel.where("time", times[-1]).rows() if times else []
    known = [row for row in rows if row["value"] is not None]
    return [row for row in known if float(row.get("estimated") or 0) < _MOSTLY] or known


def _region(base: BaseResult, regions: tuple[str, ...]) -> str:
    panel = base.regions.get("location_quotient_total") or next(iter(base.regions.values()))
    known: dict[str, int] = dict.fromkeys(regions, 0)
    size: dict[str, float] = dict.fromkeys(regions, 0.0)
    for row in _latest(panel):
        known[str(row["geo"])] += 1
    if (jobs := base.regions.get("employment")) is not None:
        for row in _latest(jobs):
            size[str(row["geo"])] += float(row["value"])  # type: ignore[arg-type]
    return max(regions, key=lambda r: (known[r], size[r]))


def _cluster(own: DefinitionResult, base: BaseResult) -> str:
    panel = base.regions.get("location_quotient_total") or next(iter(base.regions.values()))
    traded = [c for c in own.definition.clusters if own.definition.kind_of(c) == "traded"]
    candidates = traded or list(own.definition.clusters)
    values: dict[str, list[float]] = {c: [] for c in candidates}
    for row in _latest(panel):
        if row["cluster"] in values and "tiny" not in str(row["status"]).split(";"):
            values[str(row["cluster"])].append(float(row["value"]))  # type: ignore[arg-type]

    def weight(cluster: str) -> tuple[int, float]:
        found = values[cluster]
        return len(found), max(found, default=0.0) - min(found, default=0.0)

    most = max(len(v) for v in values.values())
    return max((c for c in candidates if len(values[c]) >= 0.9 * most), key=lambda c: weight(c)[1])
