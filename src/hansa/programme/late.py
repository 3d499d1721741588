"""What came too late: for the call, or for one funder only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hansa.errors import listed
from hansa.programme.call import Call, Partner, Proposal
from hansa.programme.moments import late


def after_deadlines(call: Call) -> Call:
    """The call with asks taken out that came too late for their funder (methods, 2).

    The partner pays its own way or leaves, as declared; nothing declared: not eligible. Countries
    and partners are counted afterwards. Too late for the call: not eligible.
    """
    return replace(call, proposals=tuple(_judged(call, p) for p in call.proposals))


def _judged(call: Call, p: Proposal) -> Proposal:
    general = late(p.received, call.settings.deadline)
    if general:
        return _failed(p, f"deadline: received {p.received}, after {call.settings.deadline}")
    limits = {f.id: f.deadline for f in call.funders if p.asks.get(f.id)}
    found = {f: late(p.received, limit) for f, limit in limits.items()}
    gone = [f for f, verdict in found.items() if verdict]
    unsure = [f for f, verdict in found.items() if verdict is None]
    if gone:
        p = _without(p, gone)
    if (general is None or unsure) and p.eligible == "pass":
        what = f"for {listed(unsure)}" if unsure else "for the call"
        return replace(p, eligible="cannot say", reason=f"received: whether it is late {what}")
    return p


def _failed(p: Proposal, reason: str) -> Proposal:
    return replace(p, eligible="fail", reason=reason) if p.eligible != "fail" else p


def _without(p: Proposal, gone: Sequence[str]) -> Proposal:
    own = [one for one in p.partners if one.ask and one.funder in gone]
    if not own or any(not one.late for one in own):
        return _failed(p, f"deadline of {listed(sorted(gone))}: received {p.received}, and no "
                       "partner says whether it pays or leaves")  # fmt: skip
    if any(one.late == "leaves" and one.role == "leader" for one in own):
        return _failed(p, f"deadline of {listed(sorted(gone))}: the leader leaves")
    partners = tuple(_changed(one) if one in own else one for one in p.partners)
    left = tuple(one for one in partners if one is not None)
    return replace(
        p, partners=left, asks={f: ask for f, ask in p.asks.items() if f not in gone},
        changed=tuple(f"{one.organisation} {one.late}" for one in own),
    )  # fmt: skip


def _changed(one: Partner) -> Partner | None:
    if one.late == "leaves":
        return None
    return replace(one, ask=0, own=None if one.own is None else one.own + one.ask)
