"""Documentation cannot drift: generated reference, a tutorial that runs, links that hold."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "bench" / "README.md"]


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of one language, `` for blocks without one."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.S | re.M)
    return [body for name, body in found if name == language]


def test_the_reference_is_what_the_program_says() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "build.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_tutorial_does_what_it_says(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    table, expected = blocks(text, "csv")
    (tmp_path / "jobs.csv").write_text(table)
    commands = [
        line
        for block in blocks(text, "")
        for line in block.replace("\\\n", " ").splitlines()
        if line.startswith("hansa ")
    ]
    assert len(commands) == 5
    outputs = []
    for command in commands:
        if command == "hansa run my-study":
            (tmp_path / "my-study" / "facts" / "jobs.csv").write_text(table)
            (tmp_path / "my-study" / "study.toml").write_text(blocks(text, "toml")[0])
        done = subprocess.run(
            [sys.executable, "-c", "from hansa.cli import main; main()", *shlex.split(command)[1:]],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
        outputs.append(done.stdout)
    assert outputs[2] == expected
    assert (tmp_path / "my-study" / "out" / "report.html").is_file()


def test_the_glossary_and_the_law_name_every_clause_and_flag() -> None:
    law = (ROOT / "docs" / "explanation" / "law.md").read_text(encoding="utf-8")
    for clause in range(1, 10):
        assert re.search(rf"^#+ {clause}\b|^{clause}\. ", law, re.M), f"clause {clause}"


def test_the_house_map_names_every_room() -> None:
    text = (ROOT / "AGENTS.md").read_text(encoding="utf-8")
    for path in sorted((ROOT / "src" / "hansa").iterdir()):
        if path.name.startswith("__") or path.suffix == ".typed":
            continue
        name = path.name + ("/" if path.is_dir() else "")
        assert f"`src/hansa/{name}`" in text or f"`{name}`" in text, name
