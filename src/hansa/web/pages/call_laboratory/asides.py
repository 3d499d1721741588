"""What the call laboratory shows beside the decision when it is asked for, and how to get it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hansa.language import N_, _
from hansa.web.calls import call_folders
from hansa.web.session import Session
from hansa.web.state import State

if TYPE_CHECKING:
    from hansa.programme.laboratory import Outcome
    from hansa.report.call_report import CallReport
    from hansa.report.document import Section

SECONDS = 0.4
"""For one search while somebody waits; the page says where it was not enough."""
PATIENCE = 30.0
"""For all draws of the scores, where each has to be solved."""
BESIDE = {
    "modes": N_("every mode and rule"),
    "scores": N_("how much depends on the scores"),
    "money": N_("what more money would buy"),
    "contributions": N_("who pays by economic strength"),
    "rules": N_("rules agreed in advance"),
}
"""What may be shown as well, by its code in the address."""


def where(session: Session, name: str) -> str:
    """Where the call lies, as lines of Python and commands have it."""
    folder = call_folders(session.folder)[name]
    return "STUDY" if folder == session.folder else f"STUDY/calls/{name}"


def lines(outcome: Outcome, state: State, place: str) -> tuple[str, str]:
    """The same in Python and on the command line."""
    python, command = "", ""
    if state.top_up:
        python += f', top_up="{state.top_up}"'
        command += f" --top-up {state.top_up}"
    if state.gap_share:
        python += f', gap_share="{state.gap_share}"'
        command += f" --gap-share {state.gap_share}"
    return (
        "from hansa.programme.verbs import call_solve\n"
        f'outcome = call_solve("{place}", "{outcome.mode}", "{outcome.rule}"{python})',
        f"hansa call solve {place} --mode {outcome.mode} --ranking {outcome.rule}{command}",
    )


def beside_sections(
    session: Session, outcome: Outcome, state: State, name: str, show: CallReport
) -> Iterator[Section]:
    """The section that is asked for as well; it takes longer than the rest, and tells how far."""
    from hansa.report.call_report import origin_of

    told = origin_of(outcome, show)
    place, folder = where(session, name), call_folders(session.folder)[name]
    if state.beside == "modes":
        yield _modes(session, outcome, told, place)
    elif state.beside == "scores":
        yield _scores(session, outcome, told)
    elif state.beside == "money":
        yield _money(session, outcome, told)
    elif state.beside == "contributions":
        yield _contributions(outcome, folder, told, place)
    elif state.beside == "rules":
        yield _rules(outcome, folder, told, place)


def _modes(session: Session, outcome: Outcome, told: dict[str, Any], place: str) -> Section:
    from hansa.programme.laboratory import rules_for, solve
    from hansa.programme.pots import MODES
    from hansa.report.call_report import modes_section

    pairs = [(mode, rule) for mode in MODES for rule in rules_for(outcome.call)]
    others = []
    for done, (mode, rule) in enumerate(pairs):
        session.tell(_("deciding under every mode and rule"), done / len(pairs))
        others.append(solve(outcome.call, mode, rule, SECONDS))
    own = {
        "line": told["line"],
        "python": f'from hansa.programme.verbs import call_compare\ncall_compare("{place}")',
        "command": f"hansa call compare {place}",
    }
    return modes_section(tuple(others), own)


def _scores(session: Session, outcome: Outcome, told: dict[str, Any]) -> Section:
    from hansa.report.call_scores import how_sure, longest, scores_section

    text = _("drawing the scores")
    if outcome.rule != "strict":
        text = _(
            "drawing the scores and deciding each draw anew: up to about {seconds} seconds",
            seconds=longest(outcome, PATIENCE),
        )
    found = how_sure(outcome, PATIENCE, lambda done: session.tell(text, done))
    python = f"{told['python']}\nfrom hansa.report.call_scores import how_sure\n"
    python += f"how_sure(outcome, {PATIENCE:g})"
    return scores_section(outcome, found, {**told, "python": python})


def _money(session: Session, outcome: Outcome, told: dict[str, Any]) -> Section:
    from hansa.programme.money import ladders
    from hansa.report.call_money import STEPS, money_section
    from hansa.report.call_scores import passing

    text = _("looking for what more money would buy")
    session.tell(text, 0.1)
    steps = STEPS if outcome.rule == "strict" else 1
    givers = len(outcome.contest.pots.funders) + 1
    with passing(lambda done: session.tell(text, done), (0.1, 0.95), SECONDS * givers):
        found = ladders(outcome, steps, SECONDS)
    python = "from hansa.programme.money import ladders\n"
    python = f"{told['python']}\n{python}ladders(outcome, {steps})"
    return money_section(outcome, found, {**told, "python": python})


def _contributions(outcome: Outcome, folder: Path, told: dict[str, Any], place: str) -> Section:
    from hansa.programme.activities import call_contributions
    from hansa.report.call_agreed import contributions_section

    own = {
        "line": told["line"],
        "python": "from pathlib import Path\n"
        "from hansa.programme.activities import call_contributions\n"
        "from hansa.programme.call_reading import read_call\n"
        f'call_contributions(Path("{place}"), read_call(Path("{place}")))',
        "command": f"hansa call contributions {place}",
    }
    return contributions_section(outcome.call, call_contributions(folder, outcome.call), own)


def _rules(outcome: Outcome, folder: Path, told: dict[str, Any], place: str) -> Section:
    from hansa.report.call_agreed import agreed, rules_section

    _found, rules, tested = agreed(folder, outcome.call)
    own = {
        "line": told["line"],
        "python": "from pathlib import Path\n"
        "from hansa.programme.call_reading import read_call\n"
        "from hansa.report.call_agreed import agreed\n"
        f'agreed(Path("{place}"), read_call(Path("{place}")))',
        "command": f"hansa call rules {place}",
    }
    return rules_section(rules, tested, own)
