"""How-to guides do what they say: their commands run, and print the lines shown below them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pytest

from position_study import position_study

sys.path.insert(0, str(Path(__file__).resolve().parent / "sources" / "live"))

from sdmx_server import SdmxServer

ROOT = Path(__file__).resolve().parent.parent
GUIDES = ROOT / "docs" / "how-to"

# `hansa` of this Python, whatever is on the path.
COMMAND = f"""
set -e
hansa() {{ "{sys.executable}" -c 'from hansa.cli import main; main()' "$@"; }}
"""


@dataclass
class Guide:
    """One page, walked through from top to bottom in a folder."""

    folder: Path
    name: str
    known: dict[str, str] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    shown: int = 0

    def walk(self) -> None:
        """Save what the page says to save, run what it runs, find what it prints."""
        printed = ""
        for before, language, body in _parts(self.name):
            if saved := re.search(r"[Ss]ave this as\s+`([^`]+)`", before):
                _save(self.folder / saved[1], body)
            elif language == "":
                printed = self.run(body)
            elif language == "text":
                self.find(body, printed)

    def run(self, body: str) -> str:
        """What the commands of one block print, on both streams."""
        for word, value in self.known.items():
            body = body.replace(word, value)
        # A short name given to a table holds for the commands below it.
        if re.fullmatch(r"[A-Z]+=\S+\n", body):
            name, value = body.strip().split("=", 1)
            self.known[f"${name}"] = value
            return ""
        ran = subprocess.run(
            ["sh", "-c", COMMAND + body],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            env={**os.environ, "PYTHONUTF8": "1"},
            check=False,
        )
        assert ran.returncode == 0, f"{self.name}: {body}{ran.stdout}"
        self.done += [line for line in body.splitlines() if line.startswith("hansa ")]
        return ran.stdout

    def find(self, body: str, printed: str) -> None:
        """Every line shown was printed, or stands in a table that was written; … is anything."""
        written = "".join(p.read_text(encoding="utf-8") for p in self.folder.glob("stars.csv"))
        lines = {*printed.splitlines(), *written.splitlines()}
        for line in body.splitlines():
            shape = ".*".join(map(re.escape, line.split("…")))
            assert any(re.fullmatch(shape, one) for one in lines), f"{self.name}: {line}"
            self.shown += 1


def _parts(name: str) -> Iterator[tuple[str, str, str]]:
    """Each block of a page: the paragraph before it, its language, its text."""
    text = (GUIDES / name).read_text(encoding="utf-8")
    at = 0
    for block in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.S | re.M):
        paragraph = text[at : block.start()].strip().rsplit("\n\n", 1)[-1]
        yield paragraph, block[1], block[2]
        at = block.end()


def _save(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(body, encoding="utf-8")


def _saved(page: str, name: str) -> str:
    """What a page says to save under a name."""
    return next(body for before, _, body in _parts(page) if f"ave this as `{name}`" in before)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder `hansa-demo`, made once for all pages."""
    folder = tmp_path_factory.mktemp("demo")
    Guide(folder, "demo").run("hansa demo\n")
    return folder / "hansa-demo"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small study after its run, for the pages that speak of any STUDY."""
    folder = tmp_path_factory.mktemp("study") / "my-study"
    _save(
        folder / "study.toml",
        'format = 1\ntitle = "Wood"\ndefinitions = ["wood.csv"]\n\n'
        '[facts.jobs]\nfile = "jobs.csv"\nclassification = "nace:2"\n'
        'absent_rows = "unknown"\nsource = "made up"\n',
    )
    for name in ("jobs.csv", "wood.csv"):
        _save(folder / name, _saved("own-clusters.md", name))
    Guide(folder.parent, "study").run("hansa run my-study\n")
    return folder


def test_describe_a_table(tmp_path: Path) -> None:
    guide = Guide(tmp_path, "describe-a-table.md")
    guide.walk()
    assert (len(guide.done), guide.shown) == (1, 3)


@pytest.mark.long
def test_hidden_cells(tmp_path: Path) -> None:
    guide = Guide(tmp_path, "hidden-cells.md")
    guide.walk()
    assert (len(guide.done), guide.shown) == (4, 12)


@pytest.mark.long
def test_protect_a_table(tmp_path: Path) -> None:
    guide = Guide(tmp_path, "protect-a-table.md")
    guide.walk()
    assert (len(guide.done), guide.shown) == (3, 14)
    assert "confidential" in (tmp_path / "account.json").read_text(encoding="utf-8")


@pytest.mark.long
def test_changing_codes(tmp_path: Path) -> None:
    guide = Guide(tmp_path, "changing-codes.md")
    guide.walk()
    assert (len(guide.done), guide.shown) == (4, 13)


def test_check_a_table(tmp_path: Path) -> None:
    guide = Guide(tmp_path, "check-a-table.md")
    guide.walk()
    assert (len(guide.done), guide.shown) == (3, 6)
    assert (tmp_path / "check.html").is_file()


def test_check_an_account(tmp_path: Path) -> None:
    guide = Guide(tmp_path, "check-an-account.md")
    guide.walk()
    assert (len(guide.done), guide.shown) == (2, 12)


def test_own_clusters(tmp_path: Path) -> None:
    guide = Guide(tmp_path, "own-clusters.md")
    guide.walk()
    assert (len(guide.done), guide.shown) == (5, 1)
    assert (tmp_path / "comparison.html").is_file()


def test_ecosystems(tmp_path: Path) -> None:
    _save(
        tmp_path / "jobs.csv", "geo,activity,time,employment\nnorth,10,2020,30\nnorth,55,2020,7\n"
    )
    guide = Guide(tmp_path, "ecosystems.md")
    guide.walk()
    assert len(guide.done) == 3


def test_reduce(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    for i in (1, 2):
        row = {"geo": ["a"], "activity": ["10"], "year": [2020], "employment": [i]}
        pq.write_table(pa.table(row), tmp_path / f"rows-{i}.parquet")
    Guide(tmp_path, "reduce.md").walk()
    assert pq.read_table(tmp_path / "facts.parquet")["employment"].to_pylist() == [3]


@pytest.mark.long
def test_firm_level_tables(tmp_path: Path) -> None:
    guide = Guide(tmp_path, "firm-level-tables.md")
    guide.walk()
    assert (len(guide.done), guide.shown) == (3, 8)


def test_call(tmp_path: Path) -> None:
    guide = Guide(tmp_path, "call.md")
    guide.walk()
    assert (len(guide.done), guide.shown) == (7, 10)


@pytest.mark.long
def test_take_results_elsewhere(tmp_path: Path) -> None:
    guide = Guide(tmp_path, "take-results-elsewhere.md")
    guide.walk()
    assert (len(guide.done), guide.shown) == (6, 7)


def test_position_of_a_region(tmp_path: Path) -> None:
    position_study(tmp_path / "my-study")
    guide = Guide(tmp_path, "position-of-a-region.md", {"STUDY": "my-study"})
    guide.walk()
    assert (len(guide.done), guide.shown) == (3, 6)


def test_live_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its service is on this machine, and speaks as Eurostat does."""
    with SdmxServer({"nama_10r_2gdp": _gdp()}) as server:
        monkeypatch.setenv("HANSA_AT", f"eurostat={server.home}")
        monkeypatch.setenv("HANSA_CACHE", str(tmp_path / "cache"))
        guide = Guide(tmp_path, "live-data.md")
        guide.walk()
    assert (len(guide.done), guide.shown) == (7, 13)
    assert (tmp_path / "gdp.source.json").is_file()


def _gdp() -> pa.Table:
    """Made up: gross domestic product of three regions, in Eurostat's columns."""
    told = {"SE11": 48_700, "FI1B": 47_000, "EE00": 29_000}
    return pa.Table.from_pylist(
        [
            {
                "freq": "A", "unit": unit, "geo": geo, "TIME_PERIOD": str(year),
                "OBS_VALUE": str(value + 400 * (year - 2019)),
                "OBS_FLAG": "p" if year == 2020 else "", "CONF_STATUS": "",
            }
            for unit in ("MIO_EUR", "PPS_EU27_2020_HAB")
            for geo, value in {**told, "SE12": 39_000}.items()
            for year in (2018, 2019, 2020)
            if geo != "SE12" or unit == "MIO_EUR"
        ]
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.long
def test_reports(tmp_path: Path, study: Path) -> None:
    shutil.copytree(study, tmp_path / "my-study")
    guide = Guide(tmp_path, "reports.md", {"STUDY": "my-study"})
    guide.walk()
    assert len(guide.done) == 4
    assert (tmp_path / "my.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.long
def test_replay(tmp_path: Path, study: Path) -> None:
    shutil.copytree(study, tmp_path / "my-study")
    shutil.copy(study / "out" / "recipe.json", tmp_path)
    guide = Guide(tmp_path, "replay.md", {"STUDY": "my-study"})
    guide.walk()
    assert len(guide.done) == 3
    assert (tmp_path / "again" / "report.html").is_file()


@pytest.mark.long
def test_stars(tmp_path: Path, demo: Path) -> None:
    (tmp_path / "hansa-demo").symlink_to(demo)
    # The page makes the demo itself; here it is there already.
    guide = Guide(tmp_path, "stars.md", {"hansa demo\n": ""})
    guide.walk()
    assert (len(guide.done), guide.shown) == (5, 6)


@pytest.mark.long
@pytest.mark.data
def test_wages_and_kinds(tmp_path: Path, demo: Path, hansa_data: Path) -> None:
    (tmp_path / "hansa-demo").symlink_to(demo)
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    _save(tmp_path / "model.toml", _saved("stars.md", "model.toml"))
    guide = Guide(tmp_path, "wages-and-kinds.md", {"$HANSA_DATA": str(hansa_data)})
    guide.walk()
    assert (len(guide.done), guide.shown) == (9, 17)
    assert (tmp_path / "ny" / "report.html").is_file()
