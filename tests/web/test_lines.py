"""What each page calls the same in Python and on the command line does run, and gives the same."""

from __future__ import annotations

import contextlib
import io
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

import hansa
from hansa.cli import app
from hansa.panel import Panel
from hansa.web.page import pages
from hansa.web.session import Session
from hansa.web.sheet import Sheet
from hansa.web.state import METHOD, State

STATES = (
    State(),
    State(region="EE00", cluster="wood-furniture", reference="EE00", min_cell="10"),
    State(members="31,16*0.5", name="Wood", cluster="wood-furniture"),
    State(search="31"),
    State(compare="EE00,FI19"),
)


def sheets(session: Session) -> list[tuple[str, Sheet]]:
    found = []
    for page in pages().values():
        states = {state.known_to(page.parameters) for state in STATES}
        found += [(f"{page.id}?{s.query}", page.build(session, s)) for s in states]
    return found


@pytest.fixture
def beside(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The study under the name that the lines use."""
    shutil.copytree(study, tmp_path / "STUDY")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_lines_of_python_run(session: Session, beside: Path) -> None:
    lines = {
        section.python: name
        for name, sheet in sheets(session)
        for section in sheet.sections
        if section.python
    }
    assert len(lines) > 10
    for python, name in lines.items():
        try:
            exec(compile(python, name, "exec"), {})
        except Exception as problem:
            pytest.fail(f"{name}: {python}\n{problem!r}")


def test_commands_run(session: Session, beside: Path) -> None:
    commands = {
        section.command: name
        for name, sheet in sheets(session)
        for section in sheet.sections
        if section.command
    }
    assert len(commands) > 10
    for command, name in commands.items():
        for line in command.splitlines():
            words = shlex.split(line, comments=True)
            if words[0] != "hansa":
                subprocess.run(["sh", "-c", line], check=True)
                continue
            try:
                with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())):
                    app(words[1:], standalone_mode=False)
            except Exception as problem:
                pytest.fail(f"{name}: {line}\n{problem!r}")


def test_a_line_gives_the_numbers_of_the_page(session: Session, beside: Path) -> None:
    state = State(region="EE00", reference="LV00")
    own = session.part(state.known_to(("region", *METHOD)))
    section = pages()["region"].build(session, state).sections[0]
    line = section.python.splitlines()[-1]
    found = eval(line, {"hansa": hansa})
    assert isinstance(found, Panel)
    expected = own.base.regions[found.header.measure]
    assert found.table.select(expected.table.column_names).equals(expected.table)
