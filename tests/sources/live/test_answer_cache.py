"""Answers on disk: whole or not there, whoever is killed and whoever writes at the same time."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from faulty_server import Answer, FaultyServer, until
from hypothesis import given, settings
from hypothesis import strategies as st

from hansa.errors import HansaError
from hansa.sources.live.cache import Cache, Kept, default_folder
from hansa.sources.live.contract import Reply, Request
from hansa.sources.live.keys import key_of
from hansa.sources.live.transport import Transport

NOW = datetime(2026, 3, 1, 12, 0, 30, 999_999, UTC)
ASKED = Request("https://service.example/data?geo=LT", "text/csv", about="gdp")
HEADERS = {
    "content-type": "text/csv",
    "etag": '"one"',
    "last-modified": "Wed, 01 Jan 2020 00:00:00 GMT",
    "x-trace": "42",
    "authorization": "hush",
}


def reply(body: bytes = b"1,2\n", request: Request = ASKED) -> Reply:
    return Reply(request, 200, HEADERS, body)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def files(cache: Cache, folder: str = "answers") -> list[Path]:
    return sorted((cache.folder / folder).iterdir()) if (cache.folder / folder).exists() else []


def test_what_is_kept_is_found_as_it_was(cache: Cache) -> None:
    assert cache.find(ASKED) is None
    assert not cache.folder.exists()
    kept = cache.keep(ASKED, reply(), NOW)
    assert kept == cache.find(ASKED) == Cache(cache.folder).find(ASKED)
    assert kept.fetched == "2026-03-01T12:00:30Z"
    assert kept.sha256 == "52186c933993da4082b3cdc7c40bb4bf735b391ff54a2ef78c037dda6c38a680"
    assert (kept.reply.body, kept.reply.status, kept.reply.request) == (b"1,2\n", 200, ASKED)
    assert sorted(kept.reply.headers) == ["content-type", "etag", "last-modified"]


def test_beside_the_body_stands_a_readable_json(cache: Cache) -> None:
    kept = cache.keep(ASKED, reply(), NOW)
    told, body = sorted(files(cache), key=lambda path: path.suffix, reverse=True)
    assert (told.name, body.suffix) == (f"{key_of(ASKED)}.json", ".body")
    assert body.read_bytes() == b"1,2\n"
    if tool := shutil.which("sha256sum"):
        assert subprocess.check_output([tool, body], text=True).split()[0] == kept.sha256
    assert json.loads(told.read_text(encoding="utf-8")) == {
        "format": 1,
        "about": "gdp",
        "method": "GET",
        "url": "https://service.example/data?geo=LT",
        "accept": "text/csv",
        "posted": "",
        "status": 200,
        "headers": {k: HEADERS[k] for k in ("content-type", "etag", "last-modified")},
        "fetched": "2026-03-01T12:00:30Z",
        "sha256": kept.sha256,
        "bytes": 4,
    }
    assert files(cache, "unfinished") == []


def test_no_secret_is_written(cache: Cache) -> None:
    request = Request("https://service.example/?get=A&key=hush", body=b'{"api_key": "hush"}')
    cache.keep(request, reply(request=request), NOW)
    found = cache.find(request)
    assert found is not None
    assert found.reply.request == request
    for path in cache.folder.rglob("*"):
        assert "hush" not in path.name
        assert path.is_dir() or b"hush" not in path.read_bytes()


_REQUESTS = st.builds(
    Request,
    url=st.sampled_from(["https://a.example/", "https://a.example/?x"]),
    accept=st.sampled_from(["", "a", "ab"]),
    body=st.sampled_from([b"", b"a", b"b"]),
    about=st.text(max_size=3),
)


@given(_REQUESTS, _REQUESTS)
def test_a_key_is_of_method_address_accept_and_body(one: Request, two: Request) -> None:
    same = (one.url, one.accept, one.body) == (two.url, two.accept, two.body)
    assert (key_of(one) == key_of(two)) == same


def test_a_key_does_not_change_with_the_version() -> None:
    """What is in the caches of users has to be found again."""
    assert key_of(ASKED) == "af716cc5522913a119a1bef8bac4590cb63864ad9705f1510ad2229a1f381e7f"


@settings(max_examples=25, deadline=None)
@given(body=st.binary(max_size=200), before=st.binary(max_size=200))
def test_any_body_comes_back(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, before: bytes
) -> None:
    cache = Cache(tmp_path_factory.getbasetemp() / "any")
    cache.keep(ASKED, reply(before), NOW)
    kept = cache.keep(ASKED, reply(body), NOW)
    assert cache.find(ASKED) == kept
    assert kept.reply.body == body
    assert len(files(cache)) == 2


def test_times_are_told_in_utc(cache: Cache) -> None:
    east = datetime(2026, 3, 1, 1, 0, tzinfo=timezone(timedelta(hours=2)))
    assert cache.keep(ASKED, reply(), east).fetched == "2026-02-28T23:00:00Z"


def test_a_confirmed_answer_has_a_new_date_only(cache: Cache) -> None:
    kept = cache.keep(ASKED, reply(), NOW)
    again = cache.confirmed(kept, NOW + timedelta(days=1))
    assert again.fetched == "2026-03-02T12:00:30Z"
    assert cache.find(ASKED) == again
    assert again.reply == kept.reply
    assert files(cache, "unfinished") == []


def test_an_answer_confirmed_after_it_was_removed_is_kept_again(cache: Cache) -> None:
    kept = cache.keep(ASKED, reply(), NOW)
    shutil.rmtree(cache.folder)
    again = cache.confirmed(kept, NOW + timedelta(days=1))
    assert cache.find(ASKED) == again


def test_an_answer_confirmed_after_a_newer_one_came_is_one_whole_answer(cache: Cache) -> None:
    old = cache.keep(ASKED, reply(b"old"), NOW)
    cache.keep(ASKED, reply(b"new"), NOW)
    cache.confirmed(old, NOW)
    found = cache.find(ASKED)
    assert found is not None
    assert found.reply.body == b"old"
    assert len(files(cache)) == 2


def test_only_answers_with_data_are_kept(cache: Cache) -> None:
    with pytest.raises(ValueError, match="status 404 is not kept"):
        cache.keep(ASKED, Reply(ASKED, 404, {}, b""), NOW)
    assert not cache.folder.exists()


def test_validators_ask_whether_it_is_current(cache: Cache) -> None:
    kept = cache.keep(ASKED, reply(), NOW)
    assert Cache.validators(kept) == {
        "If-None-Match": '"one"',
        "If-Modified-Since": "Wed, 01 Jan 2020 00:00:00 GMT",
    }
    bare = cache.keep(ASKED, Reply(ASKED, 200, {}, b""), NOW)
    assert Cache.validators(bare) == {}
    posted = Request(ASKED.url, body=b"q")
    assert Cache.validators(cache.keep(posted, reply(request=posted), NOW)) == {}


def test_cache_and_transport_together(cache: Cache) -> None:
    """Fetched, asked whether it is current, fetched again after a change."""
    old, new = Answer(body=b"old", etag='"1"', gzip=True), Answer(body=b"new", etag='"2"')
    with FaultyServer({"/data": [old, old, new]}) as server, Transport(server.home) as transport:
        request = Request(server.url("/data"))
        kept = cache.keep(request, transport.send(request, part=cache.part(request)), NOW)
        assert kept.reply.body == b"old"
        asked = transport.send(request, Cache.validators(kept), cache.part(request))
        assert asked.status == 304
        kept = cache.confirmed(kept, NOW)
        asked = transport.send(request, Cache.validators(kept), cache.part(request))
        assert cache.keep(request, asked, NOW).reply.body == b"new"
        assert [s.headers.get("if-none-match") for s in server.seen] == [None, '"1"', '"1"']
    assert len(files(cache)) == 2
    assert files(cache, "unfinished") == []


# --- damage --------------------------------------------------------------------------


def longer(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"x")


def other(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"x")


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [longer, other, half, empty, Path.unlink])
@pytest.mark.parametrize("suffix", [".json", ".body"])
def test_a_damaged_entry_is_removed(cache: Cache, suffix: str, damage: object) -> None:
    cache.keep(ASKED, reply(), NOW)
    for path in files(cache):
        if path.suffix == suffix:
            damage(path)  # type: ignore[operator]
    assert cache.find(ASKED) is None
    assert files(cache) == [] or (suffix == ".json" and damage is Path.unlink)
    kept = cache.keep(ASKED, reply(), NOW)
    assert cache.find(ASKED) == kept
    assert len(files(cache)) == 2


@pytest.mark.parametrize(
    "told", ["[]", "null", "{}", '{"headers": 1}', '{"headers": {}, "fetched": "", "sha256": 7}']
)
def test_a_strange_json_is_a_damaged_entry(cache: Cache, told: str) -> None:
    cache.keep(ASKED, reply(), NOW)
    files(cache)[1].write_text(told)
    assert files(cache)[1].suffix == ".json"
    assert cache.find(ASKED) is None
    assert files(cache) == []


def test_another_format_is_not_read(cache: Cache) -> None:
    cache.keep(ASKED, reply(), NOW)
    path = next(path for path in files(cache) if path.suffix == ".json")
    path.write_text(path.read_text().replace('"format": 1', '"format": 2'))
    assert cache.find(ASKED) is None


# --- killed, and several at once -----------------------------------------------------

KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from hansa.sources.live import cache as under_test
from hansa.sources.live.contract import Reply, Request

def dies_at(name, time):
    real, left = getattr(os, name), [time]
    def call(*given):
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given)
    setattr(os, name, call)

for stage, (name, time) in enumerate([("fsync", 1), ("fsync", 2), ("replace", 1), ("replace", 2),
                                      ("unlink", 1)]):
    request = Request(f"https://service.example/{stage}")
    cache = under_test.Cache(Path(sys.argv[1]))
    cache.keep(request, Reply(request, 200, {}, b"old" * 100_000), datetime.now(UTC))
    if not os.fork():
        dies_at(name, time)
        cache.keep(request, Reply(request, 200, {}, b"new" * 100_000), datetime.now(UTC))
        os._exit(0)
    assert os.WTERMSIG(os.wait()[1]) == signal.SIGKILL, (name, time)
"""


def test_a_process_killed_anywhere_in_keep_leaves_the_old_answer_or_the_new(cache: Cache) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(cache.folder)], check=True)
    found = [cache.find(Request(f"https://service.example/{stage}")) for stage in range(5)]
    bodies = [kept.reply.body[:3] for kept in found if kept]
    assert bodies == [b"old", b"old", b"old", b"old", b"new"]
    # What the dead left is swept away after a while, and what is in use is not.
    assert len(files(cache, "unfinished")) == 1 + 2 + 2 + 1
    part = cache.part(ASKED)
    part.write_bytes(b"in use")
    for path in files(cache, "unfinished"):
        if path != part:
            os.utime(path, (time.time() - 15 * 86_400,) * 2)
    for stage in range(5):
        request = Request(f"https://service.example/{stage}")
        cache.keep(request, reply(b"newest", request), NOW)
    assert files(cache, "unfinished") == [part]
    assert len(files(cache)) == 10


KEEPER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from hansa.sources.live.cache import Cache
from hansa.sources.live.contract import Reply, Request
cache, request = Cache(Path(sys.argv[1])), Request(sys.argv[2])
for n in range(10**9):
    body = f"{sys.argv[3]} {n} ".encode() * 20_000
    cache.keep(request, Reply(request, 200, {}, body), datetime.now(UTC))
"""


def test_several_processes_keep_the_same_answer_and_are_killed(cache: Cache) -> None:
    command = [sys.executable, "-c", KEEPER, str(cache.folder), ASKED.url]
    request = Request(ASKED.url)
    keepers = [subprocess.Popen([*command, str(number)]) for number in range(3)]
    seen: set[bytes] = set()

    def look() -> Kept | None:
        kept = cache.find(request)
        if kept:
            words = kept.reply.body.split(b" ")
            assert set(words[:-1:2]) == {words[0]}
            assert set(words[1::2]) == {words[1]}
            assert len(words) == 40_001
            seen.add(words[0])
        return kept

    try:
        until(lambda: look() and len(seen) == 3)
        for keeper in keepers:
            for _ in range(3):
                # Once there, an answer is there at every moment.
                assert look()
            keeper.kill()
            assert keeper.wait() == -signal.SIGKILL
            assert look()
    finally:
        for keeper in keepers:
            keeper.kill()
            keeper.wait()
    cache.keep(request, reply(b"last", request), NOW)
    assert len(files(cache)) == 2


def test_who_reads_while_another_writes_gets_the_new_answer(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.keep(ASKED, reply(b"old"), NOW)
    loads = json.loads

    def slow(text: bytes) -> object:
        told = loads(text)
        monkeypatch.undo()
        Cache(cache.folder).keep(ASKED, reply(b"new"), NOW)
        return told

    monkeypatch.setattr(json, "loads", slow)
    found = cache.find(ASKED)
    assert found is not None
    assert found.reply.body == b"new"


def test_who_writes_while_another_writes_waits(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one stops between its two renames, where the second could take its body away."""
    second = threading.Thread(target=lambda: Cache(cache.folder).keep(ASKED, reply(b"2"), NOW))
    move = os.replace

    def slow(source: Path, target: Path) -> None:
        move(source, target)
        monkeypatch.undo()
        second.start()
        second.join(0.1)
        assert second.is_alive()

    monkeypatch.setattr(os, "replace", slow)
    cache.keep(ASKED, reply(b"1"), NOW)
    second.join()
    found = cache.find(ASKED)
    assert found is not None
    assert found.reply.body == b"2"
    assert len(files(cache)) == 2


# --- folders -------------------------------------------------------------------------

FULL = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from hansa.sources.live.cache import Cache
from hansa.sources.live.contract import Reply, Request
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
request = Request(sys.argv[2])
Cache(Path(sys.argv[1])).keep(request, Reply(request, 200, {}, bytes(100_000)), datetime.now(UTC))
"""


def test_a_full_disk_leaves_no_half_entry(cache: Cache) -> None:
    """A limit on the size of files fails the same call a full disk does."""
    request = Request(ASKED.url)
    kept = cache.keep(request, reply(b"old", request), NOW)
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(cache.folder), ASKED.url], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "HansaError: the folder of fetched answers cannot be written" in done.stderr
    assert f"where:  {cache.folder}" in done.stderr
    assert "name another folder in HANSA_CACHE" in done.stderr
    assert cache.find(request) == kept
    assert len(files(cache)) == 2
    assert files(cache, "unfinished") == []


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    cache = Cache(tmp_path / "file" / "cache")
    kept = Kept(reply(), "2026-03-01T12:00:30Z", "0" * 64)
    assert cache.find(ASKED) is None
    assert cache.size() == (0, 0)
    for attempt in (
        lambda: cache.keep(ASKED, reply(), NOW),
        lambda: cache.confirmed(kept, NOW),
        lambda: cache.part(ASKED),
        lambda: cache.forget(ASKED),
    ):
        with pytest.raises(HansaError) as caught:
            attempt()
        message = str(caught.value)
        assert "the folder of fetched answers cannot be written" in message
        assert f"where:  {cache.folder}" in message
        assert "Not a directory" in message
        assert "name another folder in HANSA_CACHE" in message


def test_forgetting_and_size(cache: Cache) -> None:
    second = Request("https://service.example/b")
    cache.keep(ASKED, reply(), NOW)
    cache.keep(second, reply(b"12345", second), NOW)
    cache.part(ASKED).write_bytes(bytes(100))
    told = sum(path.stat().st_size for path in files(cache) if path.suffix == ".json")
    assert cache.size() == (2, told + 4 + 5 + 100)
    cache.forget(ASKED)
    assert cache.find(ASKED) is None
    assert cache.find(second) is not None
    assert cache.size()[0] == 1
    assert files(cache, "unfinished") == []


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in ("HANSA_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("platform", "named", "folder"),
    [
        ("linux", {}, "{home}/.cache/hansa"),
        ("linux", {"XDG_CACHE_HOME": "{home}/x"}, "{home}/x/hansa"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "{home}/.cache/hansa"),
        ("linux", {"HANSA_CACHE": "{home}/own", "XDG_CACHE_HOME": "{home}/x"}, "{home}/own"),
        ("linux", {"HANSA_CACHE": "~/own"}, "{home}/own"),
        ("darwin", {"XDG_CACHE_HOME": "{home}/x"}, "{home}/Library/Caches/hansa"),
        ("win32", {"LOCALAPPDATA": "{home}/local"}, "{home}/local/hansa/cache"),
        ("win32", {}, "{home}/AppData/Local/hansa/cache"),
    ],
)
def test_the_usual_folders(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    platform: str,
    named: dict[str, str],
    folder: str,
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    for name, text in named.items():
        monkeypatch.setenv(name, text.format(home=home))
    assert default_folder() == Path(folder.format(home=home))
    monkeypatch.setattr(sys, "platform", "linux")
    assert Cache().folder == default_folder()


def test_a_relative_folder_stays_where_it_was(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANSA_CACHE", "own")
    monkeypatch.chdir(home)
    assert Cache().folder == home / "own"


def test_nobody_at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANSA_CACHE", "~nobody-of-this-name/cache")
    with pytest.raises(HansaError, match="no home folder") as caught:
        Cache()
    assert "HANSA_CACHE" in str(caught.value)
