"""What sets a unit of an index apart from its peers: bars of what each indicator adds."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hansa.index.removal import effective_weights
from hansa.index.strengths import WeightedContrast, weighted_contrast
from hansa.language import _
from hansa.views.canvas import Caption, Plot, Thing, compose, inner_width, stands_for
from hansa.views.figure import Figure, both
from hansa.views.format import grouped, joined
from hansa.views.hover import told
from hansa.views.index_rows import beside, dense_rows, even_ticks, heads, spans
from hansa.views.index_words import IndexView, figure_parts, number, signed
from hansa.views.lettering import width
from hansa.views.rowplot import Column, Rows, axis_layer, numeral, reference_line
from hansa.views.theme import ABOVE, BELOW, Format
from hansa.web.pages.unit.peers import PeersOf

SHOWN = 6
"""Indicators at each end that are drawn; the table behind holds all."""


@dataclass(frozen=True)
class Contrast:
    """One unit against its peers; `found` has the indicators in order of what they add."""

    view: IndexView
    unit: str
    peers: PeersOf
    found: WeightedContrast

    @property
    def name(self) -> str:
        """The name of the unit."""
        return self.view.name(self.unit)

    @property
    def adds(self) -> list[float]:
        """Points of the index that each indicator adds, most first."""
        return [float(v) for v in self.found.contribution]

    def label(self, place: int) -> str:
        """The name of an indicator by its place in the order."""
        return self.view.tree.nodes[int(self.found.columns[place])].label

    @property
    def drawn(self) -> list[int]:
        """Places of the indicators that are drawn: both ends of the order."""
        every = list(range(self.found.columns.size))
        return every if len(every) <= 2 * SHOWN else [*every[:SHOWN], *every[-SHOWN:]]


def contrast_of(view: IndexView, unit: str, peers: PeersOf) -> Contrast:
    """What each indicator adds to the score of a unit against the mean of its peers."""
    weights = effective_weights(view.result.stage)[: view.tree.leaves]
    others = [view.place(code) for code in peers.codes]
    found = weighted_contrast(view.data.values[view.rows], weights, view.place(unit), others)
    return Contrast(view, unit, peers, found)


def contrast_answer(contrast: Contrast) -> str:
    """What sets the unit ahead most, and what behind."""
    adds = contrast.adds
    if not adds:
        return _("{name} and its peers share no indicator that both have.", name=contrast.name)
    told = {
        "name": contrast.name,
        "first": contrast.label(0),
        "most": signed(adds[0], 2),
        "last": contrast.label(len(adds) - 1),
        "least": signed(adds[-1], 2),
    }
    if adds[-1] >= 0:
        return _(
            "{name} is behind its peers on nothing: {first} sets it ahead most ({most} points of "
            "the index).",
            **told,
        )
    if adds[0] <= 0:
        return _(
            "{name} is ahead of its peers on nothing: {last} sets it behind most ({least} points).",
            **told,
        )
    return _(
        "Against its peers, {first} sets it ahead most ({most} points of the index); {last} sets "
        "it behind most ({least} points).",
        **told,
    )


def contrast_figure(contrast: Contrast) -> Figure:
    """The indicators that set a unit ahead of and behind the mean of its peers."""
    caption = _caption(contrast)
    specs = both(lambda form: compose(caption, _plot(contrast, form), form))
    return Figure(
        id=f"peers-{contrast.unit}",
        columns=(_("Indicator"), _("Code"), _("Adds, points of the index"),
                 _("Distance to the peers, points"), _("Peers with a value"), _("Weight, %")),
        rows=tuple(_row(contrast, place) for place in range(contrast.found.columns.size)),
        **figure_parts(caption),
        **specs,
    )  # fmt: skip


def _row(contrast: Contrast, place: int) -> tuple[str, ...]:
    found, view = contrast.found, contrast.view
    j = int(found.columns[place])
    weight = float(effective_weights(view.result.stage)[j])
    return (
        contrast.label(place), view.tree.nodes[j].code, signed(contrast.adds[place], 2),
        signed(float(found.difference[place]), 1), str(int(found.peers[place])),
        number(100 * weight, 1),
    )  # fmt: skip


def _caption(contrast: Contrast) -> Caption:
    view, adds = contrast.view, contrast.adds
    ahead = sum(v > 0 for v in adds)
    title = _(
        "{name} is ahead of its peers on {ahead} of {all} indicators",
        name=contrast.name,
        ahead=ahead,
        all=len(adds),
    )
    names = joined([view.name(code) for code in contrast.peers.codes])
    subtitle = _(
        "Points of the index that an indicator adds or takes away, against the mean of {names}; "
        "{sample}.",
        names=names,
        sample=view.sample(),
    )
    notes = [_("Weight times distance on the common scale.")]
    rest = len(adds) - len(contrast.drawn)
    if rest:
        notes.append(
            _("Drawn: both ends; {rest} indicators between them are in the table.",
              rest=grouped(rest))
        )  # fmt: skip
    if contrast.found.left_out.size:
        notes.append(_("Without a value: {n} indicators.", n=contrast.found.left_out.size))
    bars = "; ".join(f"{contrast.label(p)} {signed(adds[p], 2)}" for p in contrast.drawn[:4])
    return view.caption(title, subtitle, _("Bars: {bars}.", bars=bars), notes)


def _plot(contrast: Contrast, form: Format) -> Plot:
    drawn, adds = contrast.drawn, contrast.adds
    things = tuple(_thing(contrast, place) for place in drawn)
    names = [contrast.label(place) for place in drawn]
    rows = Rows(tuple(names), form, things) if form.narrow else dense_rows(names, form, 268, things)
    across = inner_width(form, contrast.view.words.model_data) - rows.left
    small = rows.form.small
    told_ = [signed(adds[place], 2) for place in drawn]
    end = across - max(width(t, small, 600) for t in [*told_, _("Adds")]) - 14
    reach = max((abs(adds[place]) for place in drawn), default=1.0) or 1.0
    column = Column(6, round(end), -1.04 * reach, 1.04 * reach)
    bars = [(n, min(0.0, adds[p]), max(0.0, adds[p]), adds[p] > 0) for n, p in enumerate(drawn)]
    return Plot(
        across,
        rows.height,
        (
            *rows.furniture(across),
            axis_layer(column, rows, even_ticks(-reach, reach, 4 if form.narrow else 7),
                       f"datum.value < 0 ? '−' + {numeral('(-datum.value)')} : {numeral()}"),
            *(layer for up, fill in ((True, ABOVE), (False, BELOW))
              for layer in spans([b[:3] for b in bars if b[3] is up], column, rows, 0.7,
                                 fill=fill)),
            reference_line(column.pixel(0), rows),
            *beside(told_, across, rows, small),
            heads([(across, _("Adds"))], -12, small),
        ),
        rows.left,
        28,
        4,
    )  # fmt: skip


def _thing(contrast: Contrast, place: int) -> Thing:
    """An indicator, and what is said of it."""
    view, j = contrast.view, int(contrast.found.columns[place])
    distance = float(contrast.found.difference[place])
    own = float(view.data.values[view.rows[view.place(contrast.unit)], j])
    said = told(
        contrast.label(place),
        _("adds {points} points", points=signed(contrast.adds[place], 2)),
        _("{points} points from the mean of the peers", points=signed(distance, 1)),
        ""
        if math.isnan(own)
        else _("{name} scores {score}", name=contrast.name, score=number(own, 1)),
    )
    return {**stands_for("indicator", view.tree.nodes[j].code), "hover": said}
