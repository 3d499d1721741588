"""Which choice moves a result: first-order and total indices as bars with their intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from hansa.errors import HansaError
from hansa.index.retold import retold
from hansa.index.sensitivity import Sensitivity
from hansa.language import _, pgettext
from hansa.views.canvas import Caption, Plot, Thing, compose, inner_width
from hansa.views.figure import Figure, both
from hansa.views.format import MISSING, grouped
from hansa.views.hover import told
from hansa.views.index_rows import BAND, Key, Legend, beside, dense_rows, dots, heads, lines, spans
from hansa.views.index_words import IndexView, factor_words, figure_parts, percent
from hansa.views.lettering import width
from hansa.views.rowplot import Column, Rows, axis_layer, numeral
from hansa.views.theme import DEEP, INK, Format
from hansa.views.written import Written


def sensitivity_figure(
    view: IndexView, found: Sensitivity, names: Mapping[str, str] | None = None
) -> Figure:
    """The factors of one target: first-order index as a bar, total index as a dot, each with its
    bootstrap interval where the design is a sample.

    names  of factors, where others than their ids are wanted
    Raises HansaError where no choice moves the target: there is nothing to draw.
    """
    if not found.variance > 0 or np.isnan(found.total).all():
        raise HansaError(
            "no choice moves this target" if found.variance == 0 else "the indices are missing",
            place=f"target {found.target}",
            printed="; ".join(found.said()),
            fix="say so in words instead of a figure",
        )
    caption = _caption(view, found, names or {})
    order = [int(i) for i in np.argsort(-np.nan_to_num(found.total, nan=-1), kind="stable")]
    specs = both(lambda form: compose(caption, _plot(view, found, order, names or {}, form), form))
    return Figure(
        id=f"index-sensitivity-{found.target.replace(' ', '-')}",
        columns=(_("Choice"), _("First-order index"), _("95\u202f% interval"), _("Total index"),
                 _("95\u202f% interval of the total")),
        rows=tuple(_row(found, i, names or {}) for i in order),
        **figure_parts(caption),
        **specs,
    )  # fmt: skip


def sensitivity_answer(found: Sensitivity, names: Mapping[str, str] | None = None) -> str:
    """Which choice matters most, and how much goes with interactions."""
    if not found.variance > 0 or np.isnan(found.total).all():
        return "; ".join(map(retold, found.said())) or _("The indices cannot be computed.")
    i = int(np.nanargmax(found.total))
    first = float(np.clip(found.first[i], 0, 1))
    rest = max(0.0, 1 - float(np.nansum(np.clip(found.first, 0, None))))
    name = _name(found, i, names or {})
    return _(
        "The choice of {name} explains {first} of the variance of {target} by itself and {total} "
        "together with the others; {rest} is due to choices acting together.",
        name=name,
        first=percent(first),
        target=target_words(found.target),
        total=percent(float(found.total[i])),
        rest=percent(rest),
    )


def target_words(target: str) -> str:
    """What a target is, for people."""
    kind, units = f"{target}:".split(":")[:2]
    plain = {"shift": pgettext("what varies", "ranks"), "rank": _("the rank"),
             "score": _("the score"), "top": _("a place on top"),
             "difference": _("the distance")}  # fmt: skip
    words = plain.get(kind, kind)
    if not units:
        return words
    of = units.split(",")
    both = _("{first} and {second}", first=of[0], second=of[1]) if len(of) == 2 else " ".join(of)
    return _("{what} of {units}", what=words, units=both)


def _name(found: Sensitivity, i: int, names: Mapping[str, str]) -> str:
    return names.get(found.factors[i]) or factor_words(found.factors[i])


def _row(found: Sensitivity, i: int, names: Mapping[str, str]) -> tuple[str, ...]:
    return (
        _name(found, i, names), _index(found.first[i]), _interval(found, i, 0),
        _index(found.total[i]), _interval(found, i, 1),
    )  # fmt: skip


def _index(value: float) -> str:
    return MISSING if math.isnan(value) else grouped(value, 2)


def _interval(found: Sensitivity, i: int, which: int) -> str:
    low, high = _ends(found, i, which)
    if math.isnan(low):
        return _("exact") if found.exact else MISSING
    text = _("{low} to {high}", low=grouped(low, 2, -1), high=grouped(high, 2, 1))
    return Written(text, None, (low, high))


def _ends(found: Sensitivity, i: int, which: int) -> tuple[float, float]:
    """Interval of the first-order (0) or total (1) index of a factor; NaN where it is exact."""
    if found.low is None or found.high is None:
        return math.nan, math.nan
    return float(found.low[i, which]), float(found.high[i, which])


def _leads(found: Sensitivity, i: int) -> bool:
    """Whether the total index of a factor lies above all others, intervals and all."""
    low = found.total[i] if found.exact else _ends(found, i, 1)[0]
    others = [k for k in range(len(found.factors)) if k != i]
    return all(low > (found.total[k] if found.exact else _ends(found, k, 1)[1]) for k in others)


def _caption(view: IndexView, found: Sensitivity, names: Mapping[str, str]) -> Caption:
    i = int(np.nanargmax(found.total))
    said = {
        "name": _name(found, i, names),
        "target": target_words(found.target),
        "share": percent(float(found.total[i])),
    }
    title = (
        _(
            "The choice of {name} matters most for {target}: {share} of its variance goes with it",
            **said,
        )
        if _leads(found, i)
        else _(
            "The choice of {name} may matter most for {target}: {share} of its variance goes with "
            "it",
            **said,
        )
    )
    subtitle = _(
        "Share of the variance that goes with each choice, from 0 to 1; {sample}; {n} evaluations.",
        sample=view.sample(),
        n=grouped(found.evaluations),
    )
    told = "; ".join(
        _(
            "{name} {first}, total {total}",
            name=_name(found, k, names),
            first=_index(found.first[k]),
            total=_index(found.total[k]),
        )
        for k in range(len(found.factors))
    )
    return view.caption(title, subtitle, _("Bars: {list}.", list=told), _notes(view, found))


def _notes(view: IndexView, found: Sensitivity) -> list[str]:
    how = (
        _("Exact: every combination of the choices was computed.")
        if found.exact
        else _("Sobol points, scrambled; whiskers: 95\u202f% bootstrap intervals.")
    )
    return [
        how,
        _(
            "First-order: what the choice explains by itself. Total: with all it does together "
            "with others; totals may add up to more than 1 (Saltelli et al. 2010; Jansen 1999)."
        ),
        *[retold(s) for s in found.said() if not s.startswith("Exact")],
        _("Seed of the drawn sets: {seed}.", seed=view.result.evaluator.seed),
    ]


def _thing(found: Sensitivity, i: int, names: Mapping[str, str]) -> Thing:
    """A choice, which has no code of its own, and what is said of it."""
    name = _name(found, i, names)
    first = _("by itself {share}", share=_index(found.first[i]))
    total = _("with others {share}", share=_index(found.total[i]))
    return {"name": name, "hover": told(name, first, total)}


def _plot(
    view: IndexView, found: Sensitivity, order: list[int], names: Mapping[str, str], form: Format
) -> Plot:
    labels = tuple(_name(found, i, names) for i in order)
    things = tuple(_thing(found, i, names) for i in order)
    rows = Rows(labels, form, things) if form.narrow else dense_rows(labels, form, things=things)
    full = inner_width(form, view.words.model_data)
    across, small = full - rows.left, rows.form.small
    firsts = [_index(found.first[i]) for i in order]
    totals = [_index(found.total[i]) for i in order]
    room = max(width(t, small, 600) for t in [*totals, _("Total")]) + 12
    first = pgettext("order of a share", "First")
    first_room = max(width(t, small, 600) for t in [*firsts, first]) + 14
    ends = [_ends(found, i, 1) for i in order]
    high = max(1.0, *(float(np.nan_to_num(found.total[i])) for i in order),
               *(0.0 if math.isnan(h) else h for _low, h in ends))  # fmt: skip
    column = Column(2, round(across - room - first_room), 0, high)
    legend = Legend((Key(_("first-order"), "bar"), Key(_("total"), "circle")), full, small)
    at = list(enumerate(order))
    return Plot(
        across,
        rows.height,
        (
            *rows.furniture(across),
            axis_layer(column, rows, [0, 0.25, 0.5, 0.75, 1], numeral("format(datum.value, '~g')")),
            *spans([(n, 0.0, max(0.0, float(found.first[i]))) for n, i in at], column, rows, 0.6,
                   -5, **BAND),
            *lines([(n, *_ends(found, i, 0)) for n, i in at], column, rows, 3, -5, color=INK),
            *lines([(n, *ends[n]) for n, _i in at], column, rows, 3, 6, color=INK),
            *dots([(n, float(found.total[i]), "") for n, i in at], column, rows, 6, color=DEEP),
            *beside(firsts, across - room, rows, small),
            *beside(totals, across, rows, small),
            heads([(across - room, first), (across, _("Total"))], -12, small),
            *legend.layers(-rows.left, -legend.height - 26),
        ),
        rows.left,
        legend.height + 28,
        4,
    )  # fmt: skip
