"""Off the suggestion's path: full, locked, read-only, corrupt, moved; nothing acknowledged is lost."""

import multiprocessing
import os
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fd_core.errors import StoreError
from fd_core.events import Accepted, Overridden, SuggestionOffered, SuggestionResolved
from fd_core.store import SqlEventStore, open_store
from fd_core.store.background import BackgroundWriter
from fd_core.store.journal import journals
from fd_core.store.recorder import Recorder, RecordingPolicy
from fd_core.store.writer_status import WriterStatus
from support.records import offered
from support.store_processes import write_many, write_under_a_file_limit


def impatient(path: Path) -> SqlEventStore:
    """Gives up on a locked store after a tenth of a second, so that tests need not wait for it."""
    return open_store(path, busy_s=0.1)


def names(path: Path) -> list[str]:
    store = open_store(path)
    found = [e.suggestion_id for _, e in store.since() if isinstance(e, SuggestionOffered)]
    store.close()
    return found


def until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 30
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "events.db"


@pytest.fixture
def said() -> list[WriterStatus]:
    return []


@pytest.fixture
def writer(path: Path, said: list[WriterStatus]) -> Iterator[BackgroundWriter]:
    writer = BackgroundWriter(path, on_change=said.append, open_=impatient)
    yield writer
    writer.close(10)


def test_what_was_flushed_is_in_the_store(writer: BackgroundWriter, path: Path) -> None:
    assert not path.exists()  # nothing is created before there is something to write
    sent = [str(n) for n in range(1_000)]
    assert all(writer.submit(offered(name)) for name in sent)
    assert writer.flush(30)
    assert names(path) == sent
    assert writer.status == WriterStatus("recording")


def test_submit_does_not_wait_for_a_slow_disk(path: Path) -> None:
    gate = threading.Event()

    def slow(path: Path) -> SqlEventStore:
        gate.wait(30)
        return open_store(path)

    writer = BackgroundWriter(path, capacity=3, open_=slow)
    assert [writer.submit(offered(str(n))) for n in range(5)] == [True, True, True, False, False]
    assert writer.status.dropped == 2
    assert writer.flush(0.01) is False
    gate.set()
    assert writer.close(30)
    assert names(path) == ["0", "1", "2"]
    assert writer.submit(offered("late")) is False


def test_a_locked_store_spills_and_catches_up(
    writer: BackgroundWriter, path: Path, said: list[WriterStatus]
) -> None:
    writer.submit(offered("before"))
    assert writer.flush(10)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writer.submit(offered("meanwhile"))
        assert writer.flush(10)  # acknowledged: it is in the spill file
        assert writer.status.state == "spilling"
        assert "locked" in said[-1].note
        assert said[-1].fix
        assert len(journals(path)) == 1
        assert journals(path)[0].stat().st_mode & 0o777 == 0o600
        other.execute("ROLLBACK")
    assert until(lambda: writer.status.state == "recording")  # by itself, without a further event
    assert names(path) == ["before", "meanwhile"]
    assert journals(path) == []
    assert [status.state for status in said] == ["spilling", "recording"]


def test_a_replay_that_died_before_removing_its_file_is_not_done_twice(
    writer: BackgroundWriter, path: Path
) -> None:
    writer.submit(offered("before"))
    assert writer.flush(10)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writer.submit(offered("meanwhile"))
        assert writer.flush(10)
        [journal] = journals(path)
        content = journal.read_bytes()
        other.execute("ROLLBACK")
    assert until(lambda: not journals(path))
    journal.write_bytes(content)
    writer.submit(offered("after"))
    assert writer.flush(10)
    assert names(path) == ["before", "meanwhile", "after"]
    assert journals(path) == []


def test_a_torn_last_line_is_left_out_and_a_bad_one_kept_aside(
    writer: BackgroundWriter, path: Path
) -> None:
    with closing(sqlite3.connect(":memory:")):
        store = open_store(path)
        store.close()
    spilled = BackgroundWriter(path.with_name("other.db"), open_=_away)
    spilled.submit(offered("whole"))
    assert spilled.close(10)
    [source] = journals(path.with_name("other.db"))
    whole = source.read_bytes()
    source.unlink()
    torn = path.with_name("events.journal-1.jsonl")
    torn.write_bytes(whole + whole[: len(whole) // 2])
    bad = path.with_name("events.journal-2.jsonl")
    bad.write_bytes(b'{"kind": "garbage"\n' + whole.replace(b'"whole"', b'"second"'))
    writer.submit(offered("new"))
    assert writer.flush(10)
    assert sorted(names(path)) == ["new", "second", "whole"]
    assert journals(path) == []
    assert [p.name for p in path.parent.glob("*.unreadable")] == ["events.journal-2.unreadable"]


def _away(_: Path) -> SqlEventStore:
    raise StoreError("away")


def test_a_corrupt_store_is_kept_aside_and_said(path: Path, said: list[WriterStatus]) -> None:
    open_store(path).close()
    path.write_bytes(b"not a database at all" * 1_000)
    writer = BackgroundWriter(path, on_change=said.append)
    writer.submit(offered("new"))
    assert writer.close(30)
    assert names(path) == ["new"]
    [aside] = path.parent.glob("events.corrupt-*.db")
    assert aside.read_bytes() == b"not a database at all" * 1_000
    assert f"kept at {aside}" in said[-1].note


@pytest.mark.parametrize("how", ["moved", "deleted"])
def test_a_store_moved_away_under_us_is_noticed(
    writer: BackgroundWriter, path: Path, tmp_path: Path, how: str
) -> None:
    writer.submit(offered("before"))
    assert writer.flush(10)
    for file in path.parent.glob("events.db*"):
        file.rename(tmp_path / file.name) if how == "moved" else file.unlink()
    writer.submit(offered("after"))
    assert writer.flush(10)
    assert until(lambda: writer.status.state == "recording")
    assert names(path) == ["after"]


def test_a_store_of_a_newer_version_is_left_alone(path: Path, said: list[WriterStatus]) -> None:
    open_store(path).close()
    with closing(sqlite3.connect(path)) as newer, newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    writer = BackgroundWriter(path, on_change=said.append)
    writer.submit(offered("kept"))
    assert writer.close(10)
    assert "newer FD Prover" in said[0].note
    assert "Upgrade" in said[0].fix
    assert b'"kept"' in journals(path)[0].read_bytes()


def test_our_own_faults_do_not_stop_the_thread(path: Path, said: list[WriterStatus]) -> None:
    def listener(status: WriterStatus) -> None:
        said.append(status)
        raise RuntimeError("a listener's fault")

    faults = iter([ZeroDivisionError("ours"), None])

    def open_(path: Path) -> SqlEventStore:
        if fault := next(faults):
            raise fault
        return open_store(path)

    writer = BackgroundWriter(path, on_change=listener, open_=open_)
    writer.submit(offered("a", rank="malformed"))
    writer.submit(offered("b"))
    assert writer.flush(10)
    assert until(lambda: writer.status.state == "recording")
    assert writer.close(10)
    assert "ZeroDivisionError" in said[0].note
    assert names(path) == ["b"]


def test_processes_on_one_store_at_once(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=write_many, args=(path, str(i), 60)) for i in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    found = names(path)
    assert sorted(found) == sorted(f"{i}-{n}" for i in range(3) for n in range(60))
    for i in range(3):  # each process's events in its own order
        mine = [name for name in found if name.startswith(f"{i}-")]
        assert mine == [f"{i}-{n}" for n in range(60)]


def test_a_disk_that_fills_up_keeps_events_in_memory_until_there_is_space(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[object] = context.Queue()
    worker = context.Process(target=write_under_a_file_limit, args=(path, results))
    worker.start()
    acknowledged, full, note, closed = results.get(timeout=120)  # type: ignore[misc]
    worker.join(60)
    assert not acknowledged  # what is not on the disk is not acknowledged
    assert full.state == "waiting"
    assert full.waiting > 0
    assert "disk" in note
    assert closed
    assert sorted(names(path)) == sorted(["before", *(f"big-{n}" for n in range(200))])


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if os.getuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("needs the right to mount a small file system")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_file_system_is_named_and_serving_goes_on(
    small_disk: Path, said: list[WriterStatus]
) -> None:
    path = small_disk / "events.db"
    writer = BackgroundWriter(path, on_change=said.append)
    writer.submit(offered("before"))
    assert writer.flush(10)
    ballast = small_disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4_096):
                pass
        except OSError:
            pass
    for n in range(100):
        assert writer.submit(offered(f"big-{n}", candidate="x" * 4_000))
    assert not writer.flush(2)
    assert "the disk is full" in said[0].note
    assert "Free some space" in said[0].fix
    ballast.unlink()
    assert writer.close(60)
    assert sorted(names(path)) == sorted(["before", *(f"big-{n}" for n in range(100))])


def test_a_read_only_file_system_is_named(small_disk: Path, said: list[WriterStatus]) -> None:
    path = small_disk / "events.db"
    store = open_store(path)
    store.append(offered("before"))
    store.close()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StoreError) as caught:
        open_store(path)
    assert "read-only" in str(caught.value).lower()
    assert caught.value.fix
    writer = BackgroundWriter(path, on_change=said.append)
    assert writer.submit(offered("meanwhile"))
    assert not writer.flush(0.5)
    assert writer.status.state == "waiting"
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    assert writer.flush(30)
    assert writer.close(10)
    assert names(path) == ["before", "meanwhile"]


def test_consent_no_writes_nothing_at_all(path: Path) -> None:
    for consent in ("ask", "no"):
        writer = BackgroundWriter(path)
        recorder = Recorder(RecordingPolicy(consent), writer)  # type: ignore[arg-type]
        assert recorder.record(offered("a")) is False
        assert recorder.record(SuggestionResolved("a", 1.0, Accepted())) is False
        assert writer.close(10)
        assert not path.parent.exists()


def test_decisions_follow_their_suggestion_also_into_the_next_session(path: Path) -> None:
    excluded = "/home/user/secret"
    policy = RecordingPolicy("yes", (excluded,))
    first = Recorder(policy, BackgroundWriter(path))
    assert first.record(offered("open"))
    assert not first.record(offered("hidden", uri=f"file://{excluded}/A.lean"))
    first.record(SuggestionResolved("hidden", 2.0, Overridden("my secret")))
    assert first.record(SuggestionResolved("open", 2.0, Overridden("omega")))
    assert first.writer.close(10)
    second = Recorder(policy, BackgroundWriter(path))
    second.record(SuggestionResolved("open", 3.0, Accepted()))
    second.record(SuggestionResolved("hidden", 3.0, Overridden("my secret")))
    assert second.writer.close(10)
    store = open_store(path)
    events = [event for _, event in store.since()]
    store.close()
    assert [getattr(event, "suggestion_id", None) for event in events] == ["open"] * 3
    assert b"my secret" not in b"".join(p.read_bytes() for p in path.parent.iterdir())


def test_consent_and_exclusions_may_change_while_running(path: Path) -> None:
    recorder = Recorder(RecordingPolicy("ask"), BackgroundWriter(path))
    assert not recorder.record(offered("a"))
    recorder.consented("yes")
    assert recorder.record(offered("b"))
    recorder.exclude(["/home/user/proofs"])
    assert not recorder.record(offered("c"))
    recorder.exclude([])
    recorder.consented("no")
    assert not recorder.record(offered("d"))
    assert recorder.writer.close(10)
    assert names(path) == ["b"]
