"""What the workbench keeps between two starts: the very same numbers, or nothing."""

from __future__ import annotations

import io
import logging
import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from hansa.law import Quantity
from hansa.study.run import StudyResult
from hansa.views.written import Written
from hansa.web import keeping, marks
from hansa.web.desk import Bench, Desk
from hansa.web.freezing import Damaged, Freezer, thaw
from hansa.web.keeping import Kept, kept_of
from hansa.web.page import pages
from hansa.web.session import Session
from hansa.web.sheet import Sheet
from hansa.web.state import State

from .conftest import write_study

SHOWN = [name for name, page in pages().items() if page.act is None and name != "downloads"]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder of these tests alone."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _own_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANSA_CACHE", str(cache))


@pytest.fixture
def own(study: Path, tmp_path: Path) -> Path:
    """A study folder that one test may change."""
    return Path(shutil.copytree(study, tmp_path / "six"))


def kept(folder: Path, fresh: bool = False) -> Kept:
    found = kept_of(folder, fresh)
    assert found is not None
    return found


def opened(folder: Path, fresh: bool = False) -> tuple[Session, list[str]]:
    """A session over what is kept, and what it says while it opens."""
    said: list[str] = []
    return Session(folder, lambda text, done: said.append(text), kept(folder, fresh)), said


def keep(folder: Path) -> Session:
    """A computed session whose results are on disk now."""
    session, _ = opened(folder)
    list(kept(folder).keep_result(session.result))
    return session


def bits(quantity: Quantity) -> list[bytes | None]:
    parts = (quantity.value, quantity.flags, quantity.lower, quantity.upper, quantity.estimated)
    return [None if p is None else p.dtype.str.encode() + p.tobytes() for p in parts]


def frozen(sheet: Sheet) -> bytes:
    stream = io.BytesIO()
    Freezer(stream).close(sheet)
    return stream.getvalue()


def same_numbers(one: StudyResult, other: StudyResult) -> None:
    """Every panel and every year of every cube, bit by bit."""
    pairs = zip(one.results, other.results, strict=True)
    for ours, theirs in ((a, b) for r, s in pairs for a, b in zip(r.bases, s.bases, strict=True)):
        assert (ours.base, ours.members) == (theirs.base, theirs.members)
        for mine, yours in ((ours.regions, theirs.regions), (ours.area, theirs.area)):
            assert list(mine) == list(yours)
            for name, panel in mine.items():
                assert (panel.dims, panel.header) == (yours[name].dims, yours[name].header)
                assert panel.table.schema.equals(yours[name].table.schema, check_metadata=True)
                assert _bytes(panel.table) == _bytes(yours[name].table)
    for name, cube in one.cubes.items():
        for year in cube.years:
            a, b = cube.load(year), other.cubes[name].load(year)
            assert (a.geo.tobytes(), a.activity.tobytes()) == (
                b.geo.tobytes(),
                b.activity.tobytes(),
            )
            assert bits(a.values) == bits(b.values)
    for name in ("study", "findings", "facts_findings", "files", "names", "folder"):
        assert getattr(one, name) == getattr(other, name), name


def _bytes(table: object) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as out:  # type: ignore[attr-defined]
        out.write_table(table)
    return bytes(sink.getvalue().to_pybytes())


def test_kept_results_are_those_of_a_fresh_computation(own: Path) -> None:
    computed = keep(own)
    session, said = opened(own)
    same_numbers(computed.result, session.result)
    assert computed.computed
    assert not session.computed
    assert len(said) == 1
    assert said[0].startswith("opening the results kept from 20")
    for name in ("clusters", "macro-region"):
        fresh, again = (pages()[name].build(s, State()) for s in (computed, session))
        assert isinstance(fresh, Sheet)
        assert isinstance(again, Sheet)
        assert frozen(again) == frozen(fresh), name


def test_every_page_can_be_kept(session: Session, study: Path) -> None:
    home = kept(study)
    for name in SHOWN:
        sheet = pages()[name].build(session, State())
        if not isinstance(sheet, Sheet):
            continue
        list(home.keep_page(name, State(), sheet))
        again = home.page(name, State())
        assert again == sheet, name
        # Numbers behind texts, lists that are tuples: equality alone does not see them.
        assert frozen(again) == frozen(sheet), name
    assert home.page("start", State(lang="sv")) is None


@pytest.mark.parametrize(
    "values",
    [
        np.array([0.1, 1 / 3, -0.0, np.nan, np.inf, 5e-324, 1e300]),
        np.array([1.0, -0.0, np.nan, 16777216.0, 0.5]),
        np.array([], np.float64),
        np.array([1 << 33, 5], np.uint64),
        np.array([1 << 20, 0], np.uint64),
        np.arange(6, dtype=np.int16).reshape(2, 3).T,
        np.array([True, False]),
    ],
)
def test_arrays_come_back_bit_by_bit(values: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "array"
    with open(path, "wb") as stream:
        Freezer(stream).close({"own": (values, [1.5, None, "å"]), 3: frozenset(("a", "b"))})
    again = thaw(path)
    found, rest = again["own"]
    assert (found.dtype, found.shape) == (values.dtype, values.shape)
    assert found.tobytes() == values.tobytes()
    assert (rest, again[3]) == ([1.5, None, "å"], frozenset(("a", "b")))


def test_numbers_behind_texts_are_kept(tmp_path: Path) -> None:
    text = Written("2.4 (2.3–2.6)", 2.4137, (2.3, None), "ratio", "why")
    with open(tmp_path / "text", "wb") as stream:
        Freezer(stream).close((text,))
    (again,) = thaw(tmp_path / "text")
    assert type(again) is Written
    assert (again, again.value, again.least, again.most) == (text, 2.4137, 2.3, None)
    assert (again.unit, again.meaning) == ("ratio", "why")


def test_no_other_type_is_written(tmp_path: Path) -> None:
    with open(tmp_path / "x", "wb") as stream, pytest.raises(TypeError, match="is not kept"):
        Freezer(stream).close((tmp_path, object()))


@pytest.mark.parametrize("file", ["study.toml", "facts/jobs.csv"])
def test_a_changed_file_is_computed_anew(own: Path, file: str) -> None:
    keep(own)
    before = kept(own)
    os.utime(own / file, (1, 1))
    assert kept(own) == before
    text = (own / file).read_text()
    (own / file).write_text(text.replace("Six", "Our") if "Six" in text else text + "\n")
    changed = kept(own)
    assert changed.mark != before.mark
    assert not changed.made
    # Written anew, what is of the earlier state goes.
    keep(own)
    assert changed.made
    assert not before.made


def test_a_definition_saved_beside_the_study_leaves_its_results(own: Path) -> None:
    session = keep(own)
    home = kept(own)
    list(home.keep_page("start", State(), pages()["start"].build(session, State())))
    assert home.page("start", State()) is not None
    (own / "definitions").mkdir()
    (own / "definitions" / "mine.csv").write_text("cluster,activity,weight\nmine,31,1\n")
    assert kept(own) == home
    assert home.made
    assert home.page("start", State()) is None


def test_a_file_named_elsewhere_counts(own: Path, tmp_path: Path) -> None:
    shutil.move(own / "facts" / "jobs.csv", tmp_path / "jobs.csv")
    study = (own / "study.toml").read_text()
    (own / "study.toml").write_text(study.replace("facts/jobs.csv", "../jobs.csv"))
    before = kept(own)
    with open(tmp_path / "jobs.csv", "a") as stream:
        stream.write("\n")
    after = kept(own)
    assert after.mark != before.mark
    (tmp_path / "jobs.meta.toml").write_text('source = "a register"\n')
    assert kept(own).mark != after.mark


def test_a_page_knows_a_file_elsewhere_that_changed(own: Path, tmp_path: Path) -> None:
    jobs = tmp_path / "jobs.csv"
    shutil.move(own / "facts" / "jobs.csv", jobs)
    study = (own / "study.toml").read_text()
    (own / "study.toml").write_text(study.replace("facts/jobs.csv", "../jobs.csv"))
    desk = Desk()
    try:
        before = desk.ask(own, "data", State(), 120)
        assert desk.ask(own, "data", State(), 120) == before
        jobs.write_text(jobs.read_text() + "\n")
        (tmp_path / "jobs.meta.toml").write_text('source = "a register"\n')
        after = desk.ask(own, "data", State(), 120)
    finally:
        desk.close()
    assert "jobs.meta.toml" not in str(before)
    assert "jobs.meta.toml" in str(after)


def test_another_program_computes_anew(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = kept(own)
    monkeypatch.setattr(marks, "_program", lambda: "another version")
    assert kept(own).mark != before.mark


def test_a_study_that_changed_while_it_was_computed_is_not_kept(own: Path) -> None:
    session, _ = opened(own)
    home = kept(own)
    result = session.result
    (own / "facts" / "jobs.csv").write_text((own / "facts" / "jobs.csv").read_text() + "\n")
    list(home.keep_result(result))
    assert not home.made
    assert not kept(own).made


@pytest.mark.parametrize("hurt", ["flipped", "cut", "empty"])
def test_a_damaged_file_is_computed_anew(
    own: Path, hurt: str, caplog: pytest.LogCaptureFixture
) -> None:
    computed = keep(own)
    path = next(p for p in kept(own).home.iterdir() if kept(own).mark in p.name)
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    cut = content[: len(content) // 2]
    path.write_bytes({"flipped": bytes(content), "cut": bytes(cut), "empty": b""}[hurt])
    with pytest.raises(Damaged):
        thaw(path, computed.result.study)
    session, _ = opened(own)
    with caplog.at_level(logging.WARNING, "hansa.web"):
        same_numbers(computed.result, session.result)
    assert session.computed
    assert "computed anew" in caplog.text
    assert not path.exists()


def test_fresh_opens_nothing_and_keeps_anew(own: Path) -> None:
    keep(own)
    session, said = opened(own, fresh=True)
    assert session.result
    assert session.computed
    assert not any("kept" in text for text in said)


@pytest.mark.skipif(os.name != "posix", reason="rights of files as POSIX has them")
def test_only_a_folder_of_the_user_is_believed(
    own: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = kept(own).home
    home.chmod(0o777)
    assert kept(own).home.stat().st_mode & 0o777 == 0o700
    someone = os.getuid() + 1
    monkeypatch.setattr(os, "getuid", lambda: someone)
    assert kept_of(own) is None
    assert "not yours alone" in caplog.text


def test_what_was_not_opened_for_longest_makes_room(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANSA_CACHE", str(tmp_path / "cache"))
    keep(own)
    size = next(p for p in kept(own).home.iterdir() if p.suffix == ".result").stat().st_size
    monkeypatch.setattr(keeping, "MOST_BYTES", int(1.5 * size))
    other = Path(shutil.copytree(own, tmp_path / "other"))
    keep(other)
    assert kept(other).made
    assert not kept(own).made
    left = kept(own).home / ".waiting-x"
    left.write_bytes(b"of a process that was killed")
    os.utime(left, (0, 0))
    keep(other)
    assert not left.exists()


@pytest.mark.slow
def test_the_next_process_opens_what_a_worker_kept(tmp_path: Path) -> None:
    folder, asked = write_study(tmp_path / "six"), State(region="EE00")
    bench, end = Bench(folder), time.monotonic() + 60
    try:
        answer = bench.ask("region", asked, 60)
        while not (kept(folder).made and kept(folder).page("region", asked)):
            assert time.monotonic() < end
            time.sleep(0.05)
    finally:
        bench.close()
    session, _ = opened(folder)
    assert session.result
    assert not session.computed
    again = kept(folder).page("region", asked)
    assert isinstance(answer, Sheet)
    assert isinstance(again, Sheet)
    assert frozen(again) == frozen(answer)


@pytest.mark.long
def test_the_next_worker_computes_and_writes_nothing(tmp_path: Path) -> None:
    folder, asked = write_study(tmp_path / "six"), State(region="EE00")
    written = []
    for _ in range(2):
        bench, end = Bench(folder), time.monotonic() + 60
        try:
            bench.ask("region", asked, 60)
            while not (kept(folder).made and kept(folder).page("region", asked)):
                assert time.monotonic() < end
                time.sleep(0.05)
            there = sorted(kept(folder).home.glob(f"{kept(folder).place}-*"))
            written.append([(path.name, path.stat().st_mtime_ns) for path in there])
        finally:
            bench.close()
    assert written[0] == written[1]


@pytest.mark.long
@pytest.mark.data
@pytest.mark.parametrize("name", ["uk", "new-york", "baltic"])
def test_real_studies_come_back_bit_by_bit(name: str, hansa_data: Path) -> None:
    folder = Path(__file__).parents[1] / "studies" / name
    computed = keep(folder)
    session, _ = opened(folder)
    same_numbers(computed.result, session.result)
    assert not session.computed
    for page in ("start", "clusters", "region", "macro-region"):
        fresh, again = (pages()[page].build(s, State()) for s in (computed, session))
        assert isinstance(fresh, Sheet)
        assert isinstance(again, Sheet)
        assert frozen(again) == frozen(fresh), page
