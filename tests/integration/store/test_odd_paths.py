"""A store lies in the file that was named, whatever characters are in its path."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from fd_core.events import SuggestionResolved, Unobserved
from fd_core.store.newest import newest_sequence
from fd_core.store.opening import open_store

EVENT = SuggestionResolved("x", 1.0, Unobserved())


@pytest.mark.parametrize("name", ["a#b", "a?b", "a%41b", "a b", "a%b", "ä&mode=rwc", "a\\b"])
def test_written_and_read_where_it_was_named_and_nowhere_else(tmp_path: Path, name: str) -> None:
    path = tmp_path / "home" / name / "events.db"
    store = open_store(path)
    number = store.append(EVENT)
    assert newest_sequence(path) == number
    store.close()
    reader = open_store(path, read_only=True)
    assert [event for _, event in reader.since()] == [EVENT]
    reader.close()
    assert path.read_bytes().startswith(b"SQLite format 3")
    assert [folder.name for folder in path.parent.parent.iterdir()] == [name]
    assert not any(stat.S_IMODE(file.stat().st_mode) & 0o077 for file in path.parent.iterdir())


@pytest.mark.parametrize("name", ["a#b.db", "a?b.db"])
def test_a_file_of_such_a_name_too(tmp_path: Path, name: str) -> None:
    path = tmp_path / "home" / name
    store = open_store(path)
    store.append(EVENT)
    assert newest_sequence(path)
    store.close()
    assert {file.name for file in path.parent.iterdir()} <= {name, f"{name}.lock"}
