"""A journal holds what happened whatever ends the process."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
from fd_tui.proving.journal import Journal, JournalError, read, sessions_dir
from fd_tui.proving.journal_lines import encode, parse
from fd_tui.proving.journals import purge, unfinished
from fd_tui.proving.replay import replay
from fd_tui.proving.session_events import (
    Applied,
    Closed,
    Copied,
    Entry,
    Finished,
    Lost,
    Named,
    Opened,
    Rejected,
    Searched,
    SessionEvent,
    Went,
    Wrote,
)
from fd_tui.proving.words import in_words, text_of
from hypothesis import given
from hypothesis import strategies as st

OPENED = Opened(
    "s1", "file:///p/A.lean", "d" * 32, 3, 2, "Foo.bar", "/p", "theorem …", 4, goals=("⊢ p",)
)
STEP = Applied(0, 1, "intro h", "policy x", "progressed", 12.5, 1, ("h : p\n⊢ q",))
EVENTS: tuple[SessionEvent, ...] = (
    STEP,
    Applied(1, None, "bad", "user", "failed", 1.0, 0, (), ("no",)),
    Went(0),
    Named(1, "first"),
    Rejected(0, "simp", "too magical", "portfolio simp"),
    Searched(0, True, 120, 5_000.0),
    Lost(0, ("a", "b"), "unknown", "x"),
    Finished(1, "intro h", "proved", ("propext",), (), 90.0),
    Copied(),
)


def test_every_event_comes_back_as_it_was(tmp_path: Path) -> None:
    journal = Journal.create(OPENED, folder=tmp_path / "sessions")
    journal.append(*EVENTS, Wrote("/p/A.lean"), Closed("done"))
    journal.close()
    record = read(journal.path)
    assert [entry.event for entry in record.entries] == [
        OPENED, *EVENTS, Wrote("/p/A.lean"), Closed("done"),
    ]  # fmt: skip
    assert (record.session, record.steps, record.current, record.damaged) == ("s1", 1, 0, 0)
    assert record.is_over
    assert record.tree.nodes[1].name == "first"
    assert all(in_words(entry.event) for entry in record.entries)
    assert text_of(STEP) == "intro h"


def test_nobody_else_may_look_into_it(tmp_path: Path) -> None:
    journal = Journal.create(OPENED, folder=tmp_path / "a" / "b")
    assert journal.path.stat().st_mode & 0o777 == 0o600
    assert journal.path.parent.stat().st_mode & 0o777 == 0o700
    journal.close()
    assert sessions_dir().name == "sessions"


def test_what_is_noted_gets_there_in_order_with_the_next_sync(tmp_path: Path) -> None:
    journal = Journal.create(OPENED, folder=tmp_path)
    journal.note(STEP)
    journal.note(Went(0))
    assert len(read(journal.path).entries) == 1
    journal.sync()
    assert [entry.event for entry in read(journal.path).entries] == [OPENED, STEP, Went(0)]
    journal.close()
    journal.close()
    with pytest.raises(JournalError, match="is closed"):
        journal.append(Went(1))


def test_a_full_disk_leaves_no_half_line_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal.create(OPENED, folder=tmp_path)
    before = journal.path.read_bytes()
    write, calls = os.write, list[int]()

    def full(descriptor: int, content: bytes) -> int:
        calls.append(len(content))
        if len(calls) > 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, content[:10])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(JournalError, match="No space left"):
            journal.append(STEP)
    assert journal.path.read_bytes() == before
    journal.append(Went(0))
    assert [entry.event for entry in read(journal.path).entries] == [OPENED, STEP, Went(0)]
    journal.close()


def test_a_disk_that_refuses_while_a_journal_is_taken_or_made_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal.create(OPENED, folder=tmp_path)
    journal.close()
    with journal.path.open("ab") as file:
        file.write(b'{"half')

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(JournalError, match="No space left"):
        Journal.take(journal.path)
    monkeypatch.setattr(Journal, "sync", lambda _: None)
    with pytest.raises(JournalError, match="No space left"):
        Journal.create(replace(OPENED, session="s2"), folder=tmp_path)
    assert not (tmp_path / "s2.jsonl").exists()


def test_only_one_has_it(tmp_path: Path) -> None:
    journal = Journal.create(OPENED, folder=tmp_path)
    assert unfinished(tmp_path).sessions == ()
    with pytest.raises(JournalError, match="open in another fd-tui"):
        Journal.take(journal.path)
    journal.close()
    assert [record.session for record in unfinished(tmp_path).sessions] == ["s1"]
    again = Journal.take(journal.path)
    assert unfinished(tmp_path).sessions == ()
    again.close()
    with pytest.raises(JournalError, match="File exists"):
        Journal.create(OPENED, folder=tmp_path)


def test_a_session_without_a_proper_id_gets_no_file(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="no file name"):
        Journal.create(replace(OPENED, session="../x"), folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_line_that_a_kill_cut_is_closed_and_left_out(tmp_path: Path) -> None:
    journal = Journal.create(OPENED, folder=tmp_path)
    journal.append(STEP)
    journal.close()
    whole = journal.path.read_bytes()
    journal.path.write_bytes(whole + b'{"at": 1.0, "event": {"ki')
    assert read(journal.path).damaged == 1
    again = Journal.take(journal.path)
    again.append(Went(0))
    again.close()
    record = read(journal.path)
    assert [entry.event for entry in record.entries] == [OPENED, STEP, Went(0)]
    assert record.damaged == 1


@given(st.integers(0, 4_000))
def test_cut_anywhere_it_is_read_up_to_there_or_refused(cut: int) -> None:
    content = b"".join(encode(Entry(float(i), e)) for i, e in enumerate((OPENED, *EVENTS)))
    first = len(encode(Entry(0.0, OPENED))) - 1
    if cut < first:
        with pytest.raises(JournalError):
            parse(Path("x"), content[:cut])
    else:
        found = [entry.event for entry in parse(Path("x"), content[:cut]).entries]
        assert found == [OPENED, *EVENTS][: len(found)]
        assert len(found) >= content[:cut].count(b"\n")


@given(st.lists(st.binary(max_size=30), max_size=5))
def test_lines_of_anything_are_counted(lines: list[bytes]) -> None:
    content = encode(Entry(0.0, OPENED)) + b"\n".join(lines)
    assert parse(Path("x"), content).opened == OPENED


def test_newest_first_without_what_is_over_or_damaged(tmp_path: Path) -> None:
    ends: dict[str, tuple[SessionEvent, ...]] = {
        "old": (), "closed": (Closed(),), "written": (Wrote("x"),), "new": (Copied(),),
    }  # fmt: skip
    for id, more in ends.items():
        journal = Journal.create(replace(OPENED, session=id), folder=tmp_path)
        journal.append(Went(0), *more)
        journal.close()
    (tmp_path / "bad.jsonl").write_bytes(b"\xff\x00{")
    (tmp_path / "none.jsonl").write_bytes(b"")
    found = unfinished(tmp_path)
    assert [record.session for record in found.sessions] == ["new", "old"]
    assert found.damaged == 2
    assert unfinished(tmp_path / "nowhere").sessions == ()


def test_a_text_that_looks_like_an_end_is_none(tmp_path: Path) -> None:
    journal = Journal.create(OPENED, folder=tmp_path)
    journal.append(replace(STEP, text='"event":{"kind":"Closed"'))
    journal.close()
    assert len(unfinished(tmp_path).sessions) == 1


def test_a_half_made_continuation_hides_behind_what_it_goes_on_with(tmp_path: Path) -> None:
    Journal.create(OPENED, folder=tmp_path).close()
    later = replace(OPENED, session="s2", continues="s1")
    Journal.create(later, folder=tmp_path).close()
    assert [record.session for record in unfinished(tmp_path).sessions] == ["s1"]
    old = Journal.take(tmp_path / "s1.jsonl")
    old.append(Closed("goes on as s2"))
    old.close()
    assert [record.session for record in unfinished(tmp_path).sessions] == ["s2"]


def test_old_ones_go_but_none_in_use(tmp_path: Path) -> None:
    journals = [Journal.create(replace(OPENED, session=f"s{i}"), folder=tmp_path) for i in range(5)]
    for age, journal in enumerate(journals):
        os.utime(journal.path, (1_000 - age, 1_000 - age))
    for journal in journals[:4]:
        journal.close()
    assert purge(tmp_path, keep=2) == 2
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["s0", "s1", "s4"]
    journals[4].close()


def test_after_kill_9_everything_synced_is_there(tmp_path: Path) -> None:
    program = f"""
        import os, signal
        from pathlib import Path
        from fd_tui.proving.journal import Journal
        from fd_tui.proving.session_events import Applied, Opened
        opened = Opened("k1", "u", "d", 0, 0, "x", "/p", "t", 0)
        journal = Journal.create(opened, folder=Path({str(tmp_path)!r}))
        for i in range(20):
            journal.append(Applied(i, i + 1, f"step {{i}}", "user", "progressed", 1.0, 1))
        journal.note(Applied(20, 21, "never synced", "user", "progressed", 1.0, 1))
        os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False)
    assert done.returncode == -9
    (record,) = unfinished(tmp_path).sessions
    assert (record.steps, record.current, record.damaged) == (20, 20, 0)


EVENTS_SEEN: tuple[SessionEvent, ...] = (OPENED, STEP, Went(0), Went(7))


def test_a_replay_tells_every_event_with_the_goals_then() -> None:
    entries = tuple(Entry(100.0 + i, e) for i, e in enumerate(EVENTS_SEEN))
    record = parse(Path("x"), b"".join(map(encode, entries)))
    moments = list(replay(record))
    assert [moment.event for moment in moments] == [entry.event for entry in entries]
    assert [moment.current for moment in moments] == [0, 1, 0, 0]
    assert [moment.goals for moment in moments] == [("⊢ p",), STEP.goals, ("⊢ p",), ("⊢ p",)]
    assert [moment.seconds for moment in moments] == [0.0, 1.0, 2.0, 3.0]
