"""From codes and links to moves: which link is exact, which needs weights, which is refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from hansa.axes import Axis, extra_regio
from hansa.codes.codelist import Codelist, classification, local, normal_id
from hansa.errors import HansaError, UsageError, listed
from hansa.facts.convert import ESTIMATED, EXACT, IDENTITY, UNKNOWN, Moves
from hansa.facts.convert_choice import (
    ALL,
    EQUAL,
    Choice,
    Reading,
    dimension_of,
    origin_of,
    reading_of,
)
from hansa.facts.convert_traps import Found, equal_shares, split_shares
from hansa.facts.convert_tree import parents_apart, rebuilt
from hansa.law import Floats


@dataclass(frozen=True)
class Plan:
    """A conversion of one axis, ready to be applied.

    axis     the codes of the result; `moves` leads from the positions of the source to these
    weights  names of the weights, the chosen one first; empty where none is used
    found    what was met in the links and done about it
    """

    dimension: str
    origin: str
    target: str
    axis: Axis
    moves: Moves
    weights: tuple[str, ...]
    links: str
    found: Found


def plan_of(axis: Axis, choice: Choice, rates: bool = False) -> Plan:
    """The conversion of the codes of one axis.

    Raises HansaError naming every code that no exact link and no weight can move, UsageError for
    versions and options that cannot be meant. `rates` asks for weights of merged codes too.
    """
    target = classification(normal_id(choice.to))
    if target.is_local:
        raise UsageError("there is no version to convert to", fix="--to nuts:2021 or --to nace:2.1")
    origin = origin_of(axis, choice, target)
    reading = reading_of(axis, origin, target, choice)
    found = Found()
    chosen = _Chosen(axis, origin, target, choice, reading, found)
    return chosen.plan(rates)


class _Chosen:
    """Collects links source by source, then turns them into a plan or one refusal."""

    def __init__(
        self,
        axis: Axis,
        origin: Codelist,
        target: Codelist,
        choice: Choice,
        reading: Reading,
        found: Found,
    ) -> None:
        self.axis, self.origin, self.target = axis, origin, target
        self.choice, self.reading, self.found = choice, reading, found
        self.source: list[int] = []
        self.to: list[str] = []
        self.kind: list[int] = []
        self.share: list[Floats] = []
        self.flow: list[float] = []
        self.columns = max(len(reading.weights), 1)
        self.aside = {self._spell(code) for code in choice.leave_out}
        self.refused: dict[str, list[str]] = {"none": [], "split": [], "apart": [], "rate": []}

    def _spell(self, code: str) -> str:
        return self.axis.codelist.spell(code) or self.target.spell(code) or code

    def plan(self, rates: bool) -> Plan:
        for i, code in enumerate(self.axis.codes):
            self._code(i, code)
        axis, keep = self._axis()
        if rates:
            self._refuse_rates(keep)
        self._refuse()
        moves = self._moves(axis, keep)
        weights = self.reading.weights if ESTIMATED in moves.kind or rates else ()
        return Plan(
            dimension_of(self.target.id),
            self.origin.id,
            self.target.id,
            axis,
            moves,
            weights,
            self.reading.name,
            self.found,
        )

    def _code(self, i: int, code: str) -> None:
        if code in self.axis.apart or self.origin.id == self.target.id:
            self._add(i, [code], EXACT)
        elif code in self.aside:
            self.found.left_out.append(code)
        elif extra_regio(self.axis.codelist, code):
            if code in self.target:
                self._add(i, [code], EXACT)
            else:
                self.found.without_target.append(code)
        else:
            self._linked(i, code)

    def _linked(self, i: int, code: str) -> None:
        odd = [b for b in self.reading.apart.get(code, ()) if self._spell(b) not in self.aside]
        if odd and ALL not in self.aside:
            self.refused["apart"].append(f"{code} to {listed(odd)}")
            return
        self.found.apart += [(code, b) for b in self.reading.apart.get(code, ())]
        rows = [(b, k) for b, k in self.reading.rows.get(code, ()) if b not in self.aside]
        if rows:
            self._from_file(i, code, rows)
            return
        targets = [b for b in self.reading.shipped.get(code, ()) if b not in self.aside]
        if not targets and dimension_of(self.target.id) == "geo":
            same = self.target.spell(code)
            if same and self.target.label[same] == self.origin.label.get(code):
                self.found.same_name.append(code)
                targets = [same]
        if not targets:
            self._without(i, code)
        elif len(targets) == 1:
            self._add(i, targets, EXACT)
        else:
            self._split(i, code, targets)

    def _without(self, i: int, code: str) -> None:
        if i in self.axis.children:
            self.found.parents.append(code)
        elif ALL in self.aside:
            self.found.left_out.append(code)
        else:
            self.refused["none"].append(code)

    def _split(self, i: int, code: str, targets: list[str]) -> None:
        if self.choice.weight == EQUAL:
            pieces = [(code, b) in self.reading.pieces for b in targets]
            self._add(i, targets, ESTIMATED, equal_shares(pieces, self.columns))
        elif self.choice.bounds == "links":
            self._add(i, targets, UNKNOWN, np.full((self.columns, len(targets)), np.nan))
        elif i in self.axis.children:
            self.found.parents.append(code)
        elif ALL in self.aside:
            self.found.left_out.append(code)
        else:
            self.refused["split"].append(f"{code} to {listed(targets)}")

    def _from_file(self, i: int, code: str, rows: list[tuple[str, int]]) -> None:
        targets, places = [b for b, _ in rows], [k for _, k in rows]
        if self.reading.file is not None:
            repeated = {self.reading.file.pairs[k] for k in places}
            self.found.repeated += sorted(repeated & set(self.reading.file.repeated))
        if self.choice.weight == EQUAL or not len(self.reading.flows):
            if len(targets) == 1:
                self._add(i, targets, EXACT)
            else:
                self._split(i, code, targets)
            return
        flows = self.reading.flows[:, places]
        split = split_shares(code, targets, flows, self.reading.weights, self.found)
        if split is None:
            self._split(i, code, targets)
            return
        kept, share, flow = split
        kind = ESTIMATED if len(kept) > 1 else EXACT
        self._add(i, [targets[k] for k in kept], kind, share, flow)

    def _add(
        self,
        i: int,
        targets: list[str],
        kind: int,
        share: Floats | None = None,
        flow: Floats | None = None,
    ) -> None:
        share = np.ones((self.columns, len(targets))) if share is None else share
        flow = np.full(len(targets), np.nan) if flow is None else flow
        for k, target in enumerate(targets):
            self.source.append(i)
            self.to.append(target)
            self.kind.append(kind)
            self.share.append(share[:, k])
            self.flow.append(float(flow[k]))

    def _axis(self) -> tuple[Axis, list[int]]:
        """The codes of the result, and the links that lead there."""
        known = all(t in self.target or t in self.axis.apart for t in self.to)
        codelist = self.target if known else local()
        axis = Axis(tuple(sorted(set(self.to))), codelist, self.axis.apart)
        drop = parents_apart(self.axis, axis, self.source, self.to, self.kind)
        keep = [k for k, t in enumerate(self.to) if t not in drop]
        again = rebuilt(self.axis, axis, self.source, self.to, drop)
        self.found.torn += sorted(drop - set(again))
        self.found.rebuilt += sorted(again)
        outgoing = Counter(self.source)
        for code, links in sorted(again.items()):
            keep += [self._together(code, i, links[i], outgoing[i]) for i in sorted(links)]
        codes = tuple(sorted({self.to[k] for k in keep}))
        return Axis(codes, codelist, self.axis.apart), keep

    def _together(self, code: str, i: int, links: list[int], outgoing: int) -> int:
        """One link that stands for several of one source; its place in the list."""
        share = np.sum([self.share[k] for k in links], axis=0)
        kind = max(self.kind[k] for k in links)
        whole = len(links) == outgoing if kind == UNKNOWN else np.allclose(share, 1.0, 0, 1e-12)
        if whole:
            kind, share = EXACT, np.ones_like(share)
        flow = float(np.sum([self.flow[k] for k in links]))
        self._add(i, [code], kind, share[:, None], np.array([flow]))
        return len(self.source) - 1

    def _moves(self, axis: Axis, keep: list[int]) -> Moves:
        sources = np.array([self.source[k] for k in keep], np.int64)
        target = np.array([axis.place[self.to[k]] for k in keep], np.int64)
        kind = np.array([self.kind[k] for k in keep], np.int8)
        alone = np.bincount(target, minlength=len(axis))[target] == 1
        same = np.array([self.axis.codes[self.source[k]] == self.to[k] for k in keep], bool)
        kind[(kind == EXACT) & alone & same] = IDENTITY
        share = np.array([self.share[k] for k in keep]).reshape(len(keep), self.columns).T
        flow = np.array([self.flow[k] for k in keep], np.float64)
        return Moves(len(self.axis), len(axis), sources, target, share, flow, kind)

    def _refuse_rates(self, keep: list[int]) -> None:
        """Rates of merged codes need to know how much each brings along."""
        into: dict[str, list[int]] = {}
        for k in keep:
            into.setdefault(self.to[k], []).append(k)
        for target, links in into.items():
            if len(links) > 1 and any(np.isnan(self.flow[k]) for k in links):
                codes = [self.axis.codes[self.source[k]] for k in links]
                self.refused["rate"].append(f"{target} from {listed(codes)}")

    def _refuse(self) -> None:
        """One error for everything that cannot be converted, all codes by name."""
        words = {
            "none": "no link: ",
            "split": "several targets and no weights: ",
            "apart": f"linked with what is no code of {self.target.id} or of its level: ",
            "rate": "rates of several codes without weights: ",
        }
        said = [w + "; ".join(self.refused[k]) for k, w in words.items() if self.refused[k]]
        if not said:
            return
        count = sum(map(len, self.refused.values()))
        ways = ["give links with weights (--links FILE --weight NAME)"]
        if self.refused["split"]:
            ways.append("get bounds in place of values (--bounds links)")
        if self.refused["rate"]:
            ways.append("name the column the rates are of (--by COLUMN)")
        ways.append("set codes aside on purpose (--leave-out CODE,CODE, or --leave-out all)")
        raise HansaError(
            f"{count} code{'s' * (count != 1)} cannot be converted from {self.origin.id} to "
            f"{self.target.id}",
            place=self.reading.name or "links that ship, same code and same name",
            printed=". ".join(said),
            admissible="a link that takes all of a code, or weights for its parts",
            fix="; or ".join(ways),
        )
