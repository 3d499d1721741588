"""The house itself: locks, doors, scripts, and the wheel outside the repository."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import hypothesis
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "hansa"
LOCKS = ("requirements.lock", "requirements-dev.lock")
VERBS = ("setup", "demo", "test", "long", "lint", "bench", "docs", "lock", "help")


def run(*command: object, **options: object) -> subprocess.CompletedProcess[str]:
    """Run a command to its end and keep what it printed, in one stream."""
    settings: dict[str, object] = {
        "cwd": ROOT,
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.STDOUT,
        "text": True,
        "timeout": 300,
    }
    settings.update(options)
    return subprocess.run([str(part) for part in command], check=False, **settings)  # type: ignore[call-overload,no-any-return]


# --- locks ---------------------------------------------------------------------------


def locked(name: str) -> dict[str, list[tuple[Requirement, int]]]:
    """Read a lock file: package name -> its pins, each with its number of hashes.

    One package has several pins where newer Pythons get a newer version.
    """
    text = (ROOT / name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    pins: dict[str, list[tuple[Requirement, int]]] = {}
    for entry in "\n".join(lines).replace("\\\n", " ").splitlines():
        if not entry.strip():
            continue
        requirement = Requirement(entry.split(" --hash=")[0].strip())
        hashes = re.findall(r"--hash=sha256:[0-9a-f]{64}(?=\s|$)", entry)
        pins.setdefault(canonicalize_name(requirement.name), []).append((requirement, len(hashes)))
    return pins


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_place(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    places = re.findall(
        r"(?i)https?:|file:|git\+|://|--(?:extra-)?index-url|--find-links"
        r"|\b(?:[a-z0-9-]+\.)+(?:org|com|net|io|dev|eu)\b",
        text,
    )
    assert not places, f"{name} must hold names, versions and hashes only, found {places}"
    absolute = [line for line in text.splitlines() if re.search(r"(?:^|[\s=])/\w", line)]
    assert not absolute, f"{name} holds absolute paths: {absolute}"


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_one_version_and_a_hash(name: str) -> None:
    pins = locked(name)
    assert len(pins) > 20
    for pin, hashes in (entry for entries in pins.values() for entry in entries):
        assert re.fullmatch(r"==[^,*]+", str(pin.specifier)), f"{pin} is not one version"
        assert hashes, f"{pin} has no hash"


def test_the_locks_satisfy_the_project_file() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {
        "requirements.lock": project["dependencies"],
        "requirements-dev.lock": [
            *project["dependencies"],
            *project["optional-dependencies"]["dev"],
        ],
    }
    for name, requirements in wanted.items():
        pins = locked(name)
        for requirement in map(Requirement, requirements):
            found = pins.get(canonicalize_name(requirement.name), [])
            assert found, f"{name} lacks {requirement}: run ./dev lock"
            for pin, _ in found:
                version = next(iter(pin.specifier)).version
                assert requirement.specifier.contains(version, prereleases=True), (
                    f"{name} has {pin}, the project wants {requirement}: run ./dev lock"
                )


def test_what_is_tested_is_what_is_run() -> None:
    run_lock, dev_lock = locked("requirements.lock"), locked("requirements-dev.lock")
    for name, entries in run_lock.items():
        pins = {str(pin) for pin, _ in entries}
        assert pins <= {str(pin) for pin, _ in dev_lock.get(name, [])}, (
            f"{name} differs between the locks: run ./dev lock"
        )


# --- doors ---------------------------------------------------------------------------


def test_doors_open_one_way() -> None:
    command = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    assert command, "import-linter is not installed beside this Python: run ./dev setup"
    result = run(command, "--no-cache")
    assert result.returncode == 0, result.stdout
    assert "Doors open one way KEPT" in result.stdout


def test_every_room_has_its_place_in_the_contract() -> None:
    """A room that the contract does not name would be free of it."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    named = set(re.findall(r"\w+", " ".join(layers)))
    rooms = {path.stem for path in PACKAGE.glob("*.py")} | {
        path.parent.name for path in PACKAGE.glob("*/__init__.py")
    }
    rooms -= {"__init__", "__main__"}
    assert not rooms - named, (
        f"name {sorted(rooms - named)} in the import contract of pyproject.toml"
    )


IMPORT_EVERY_ROOM = """
import importlib, pkgutil, hansa
print(hansa.__file__)
for module in pkgutil.walk_packages(hansa.__path__, "hansa."):
    if not module.name.endswith(".__main__"):
        importlib.import_module(module.name)
"""


def test_every_room_can_be_imported() -> None:
    """In a process of its own: no room may lean on what another test has imported."""
    result = run(sys.executable, "-c", IMPORT_EVERY_ROOM)
    assert result.returncode == 0, result.stdout


# --- scripts -------------------------------------------------------------------------


def test_dev_offers_every_verb() -> None:
    result = run(ROOT / "dev", "help")
    assert result.returncode == 0, result.stdout
    for verb in VERBS:
        assert re.search(rf"^  {verb}\b", result.stdout, re.MULTILINE), f"help lacks {verb}"


def test_dev_refuses_an_unknown_verb() -> None:
    result = run(ROOT / "dev", "no-such-verb")
    assert result.returncode == 2
    assert "usage: ./dev VERB" in result.stdout


@pytest.mark.parametrize(
    ("shell", "script"), [("sh", "dev"), ("bash", ".ci/run")], ids=["dev", "ci"]
)
def test_a_script_parses_and_can_be_run(shell: str, script: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"needs {shell}")
    result = run(shell, "-n", ROOT / script)
    assert result.returncode == 0, result.stdout
    assert os.access(ROOT / script, os.X_OK), f"{script} is not executable"


def test_no_file_holds_a_path_of_somebodys_machine() -> None:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("needs a git work tree")
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    assert listed.returncode == 0, listed.stdout
    # Joined here, so that this file does not find itself.
    pattern = re.compile(r"(?<![\w.~}-])/(?:" + "|".join(("work", "root", "home")) + r")/")
    found = []
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if not path.is_file():
            continue
        content = path.read_bytes()
        if b"\0" in content[:8192]:
            continue
        lines = content.decode("utf-8", errors="replace").splitlines()
        found += [f"{name}:{n}" for n, line in enumerate(lines, 1) if pattern.search(line)]
    assert not found, f"paths of one machine in {found}"


# --- the wheel -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree without any network."""
    folder = tmp_path_factory.mktemp("wheel")
    result = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder)
    assert result.returncode == 0, result.stdout
    (built,) = folder.glob("hansa-*.whl")
    return built


@pytest.mark.slow
def test_the_wheel_holds_the_whole_package(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    tree = {
        path.relative_to(PACKAGE.parent).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }
    assert not tree - inside, f"not in the wheel: {sorted(tree - inside)}"
    stray = {name for name in inside - tree if ".dist-info/" not in name}
    assert not stray, f"in the wheel, not in the package: {sorted(stray)}"
    # A tree without data would pass the comparison above.
    for what, pattern in {
        "code lists": r"hansa/codes/data/.+\.csv",
        "cluster definitions": r"hansa/clusters/definitions/.+/definition\.toml",
        "members of the definitions": r"hansa/clusters/definitions/.+/members\.csv",
        "report templates": r"hansa/report/.+\.(?:html|j2|jinja)",
        "licence": r"hansa-[^/]+\.dist-info/licenses/LICENSE",
    }.items():
        assert any(re.fullmatch(pattern, name) for name in inside), f"the wheel has no {what}"


def link_run_packages(site_packages: Path) -> None:
    """Link the packages of the run lock, and no others, into an empty environment.

    They are installed already, so this needs no network; and a package that only
    the development tools bring is not there, as on a user's machine.
    """
    for entries in locked("requirements.lock").values():
        for pin, _ in entries:
            if pin.marker is not None and not pin.marker.evaluate():
                continue
            distribution = importlib.metadata.distribution(pin.name)
            for file in distribution.files or ():
                top = file.parts[0]
                if top in ("..", "__pycache__") or (site_packages / top).exists():
                    continue
                (site_packages / top).symlink_to(Path(str(distribution.locate_file(top))))


@pytest.fixture(scope="module")
def outside(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python outside the repository that has the wheel and the run lock, nothing else."""
    # With a space in its name, as many users' folders have.
    home = tmp_path_factory.mktemp("outside") / "clean environment"
    assert ROOT not in home.resolve().parents
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    found = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))")
    site_packages = Path(found.stdout.strip())
    assert home in site_packages.parents, found.stdout
    link_run_packages(site_packages)
    # A wheel of pure Python is installed by unpacking it.
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site_packages)
    return python


def run_outside(python: Path, folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the clean Python in a folder, without what this test run put into the environment."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "PYTEST", "HANSA_", "VIRTUAL_ENV", "COVERAGE_"))
    }
    return run(python, *arguments, cwd=folder, env={**environment, "HANSA_OFFLINE": "1"})


@pytest.mark.slow
def test_the_run_lock_is_enough_to_import_every_room(outside: Path, tmp_path: Path) -> None:
    result = run_outside(outside, tmp_path, "-c", IMPORT_EVERY_ROOM)
    assert result.returncode == 0, result.stdout
    place = Path(result.stdout.splitlines()[0])
    assert outside.parents[1] in place.parents, f"hansa comes from {place}"


@pytest.mark.slow
def test_the_run_lock_is_enough_for_the_engine(outside: Path, tmp_path: Path) -> None:
    """Ibis is installed without its extra: what it loads late must be in the lock too."""
    code = """
import sys, ibis, pyarrow as pa
table = pa.table({"geo": ["DE", "DE", "SE"], "employment": [1, 2, 4]})
engine = ibis.duckdb.connect()
facts = engine.create_table("facts", table)
facts.to_parquet("facts.parquet")
again = engine.read_parquet("facts.parquet").union(ibis.memtable(table))
total = again.employment.sum().cast("decimal(38, 2)")
print(again.group_by("geo").agg(total=total).order_by("geo").to_pyarrow().to_pylist())
engine.drop_table("facts")
assert "pandas" not in sys.modules, "pandas came in"
"""
    result = run_outside(outside, tmp_path, "-c", code)
    assert result.returncode == 0, result.stdout
    assert "{'geo': 'DE', 'total': Decimal('6.00')}" in result.stdout


@pytest.mark.slow
def test_the_wheel_runs_the_demo_outside_the_repository(outside: Path, tmp_path: Path) -> None:
    # What the console script of an installed wheel does, as its metadata say it.
    code = """
import sys
from importlib.metadata import entry_points
(start,) = entry_points(group="console_scripts", name="hansa")
sys.exit(start.load()())
"""
    study = tmp_path / "a demo"
    result = run_outside(outside, tmp_path, "-c", code, "demo", study, "--no-serve")
    assert result.returncode == 0, result.stdout
    assert (study / "out" / "report.html").is_file(), result.stdout
    assert str(ROOT) not in result.stdout


def test_a_busy_machine_fails_no_test_that_draws_its_cases() -> None:
    assert hypothesis.settings().deadline is None
