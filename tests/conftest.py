"""Fixtures for all tests: real data where it is there, and no skip where none is allowed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

# Studies name their tables by $HANSA_DATA.
if (ROOT.parent / "shared" / "data").is_dir():
    os.environ.setdefault("HANSA_DATA", str(ROOT.parent / "shared" / "data"))

# No test asks a service elsewhere, nor touches what the user's own commands have kept.
os.environ["HANSA_OFFLINE"] = "1"
os.environ.setdefault("HANSA_CACHE", tempfile.mkdtemp(prefix="hansa-tests-"))

# Wall time is no property: on a machine that does something else too, an example may stand still.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--run-long", action="store_true", help="run the tests marked long too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--run-long"):
        return
    chosen = [item for item in items if "long" not in item.keywords]
    config.hook.pytest_deselected(items=[item for item in items if "long" in item.keywords])
    items[:] = chosen


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    report = yield
    if report.skipped and os.environ.get("HANSA_REQUIRE") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped although nothing may be skipped here: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def hansa_data() -> Path:
    """The folder of the real data; the test is skipped without it."""
    folder = Path(os.environ.get("HANSA_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip("the real data is not here (HANSA_DATA)")
    return folder
