"""A damaged store is found at opening, kept aside, and what can be read of it goes on."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from fd_core.events import SuggestionOffered
from fd_core.store import SqlEventStore, open_store, salvage
from fd_core.store.purge import PurgeScope, purge
from support.records import offered

COUNT = 400


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "events.db"
    store = open_store(path)
    store.append_all([offered(str(n), candidate=f"{n} " * 200) for n in range(COUNT)])
    purge(store, PurgeScope(suggestion_id="3"))  # a hole, and everything in the main file
    store.close()
    return path


def names(store: SqlEventStore) -> list[str]:
    found = [e.suggestion_id for _, e in store.since() if isinstance(e, SuggestionOffered)]
    store.close()
    return found


def spoil(path: Path, start: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(content)


def test_a_spoilt_page_in_the_middle_costs_only_its_rows(path: Path) -> None:
    spoil(path, path.stat().st_size // 2 // 4096 * 4096, b"\xff" * 4096)
    damaged = path.read_bytes()
    store = open_store(path)
    assert store.salvage is not None
    assert store.salvage.recovered > COUNT * 0.9
    assert Path(store.salvage.moved_to).read_bytes() == damaged
    assert "could not be read" in str(store.salvage)
    last = store.append(offered("new"))
    assert last > COUNT
    found = names(store)
    assert {"0", "1", str(COUNT - 1), "new"} <= set(found)
    assert found == sorted(found, key=lambda name: COUNT if name == "new" else int(name))
    again = open_store(path)
    assert again.salvage is None
    assert names(again) == found


def test_a_truncated_file_keeps_its_beginning(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    store = open_store(path)
    assert store.salvage is not None
    assert 0 < store.salvage.recovered < COUNT
    found = names(store)
    assert found[:5] == ["0", "1", "2", "4", "5"]


def test_sequence_numbers_stay_what_they_were(path: Path) -> None:
    store = open_store(path)
    before = {e.suggestion_id: n for n, e in store.since() if isinstance(e, SuggestionOffered)}
    store.close()
    spoil(path, path.stat().st_size // 2 // 4096 * 4096, b"\xff" * 4096)
    store = open_store(path)
    after = {e.suggestion_id: n for n, e in store.since() if isinstance(e, SuggestionOffered)}
    store.close()
    assert after.items() <= before.items()


def test_rows_that_do_not_decode_are_left_behind_not_passed_on(path: Path) -> None:
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute(
            "INSERT INTO events (at, kind, version, payload) VALUES (1, 'SuggestionOffered', 1, '{')"
        )
    spoil(path, path.stat().st_size // 2 // 4096 * 4096, b"\xff" * 4096)
    store = open_store(path)
    assert store.salvage is not None
    assert store.stats().events == store.salvage.recovered == len(names(store))


def test_the_log_of_a_damaged_store_moves_along_and_is_read(path: Path, tmp_path: Path) -> None:
    store = open_store(path)
    store.append(offered("only in the log"))
    copies = {p.name: p.read_bytes() for p in tmp_path.iterdir()}  # as a crash leaves them
    store.close()
    for name, content in copies.items():
        (tmp_path / name).write_bytes(content)
    spoil(path, path.stat().st_size // 2 // 4096 * 4096, b"\xff" * 4096)
    store = open_store(path)
    assert store.salvage is not None
    assert Path(store.salvage.moved_to + "-wal").exists()
    assert "only in the log" in names(store)


@pytest.mark.parametrize("moved", [0, 1, 2])
def test_a_death_between_the_steps_is_made_good(
    path: Path, monkeypatch: pytest.MonkeyPatch, moved: int
) -> None:
    """Die after building the new store, and after each move of the damaged one's files."""
    spoil(path, path.stat().st_size // 2 // 4096 * 4096, b"\xff" * 4096)
    damaged = path.read_bytes()
    path.with_name("events.db-wal").touch()
    left = [moved]
    rename = Path.rename

    def dying(source: Path, target: Path) -> Path:
        if source.name.startswith("events.db") and not source.name.endswith(".salvaging"):
            if left[0] == 0:
                raise KeyboardInterrupt
            left[0] -= 1
        return rename(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", dying)
        with pytest.raises(KeyboardInterrupt):
            open_store(path)
    store = open_store(path)
    found = names(store)
    assert len(found) > COUNT * 0.9
    asides = list(path.parent.glob("events.corrupt-*.db"))
    assert [p.read_bytes() for p in asides] == [damaged]
    assert names(open_store(path)) == found


def test_a_purge_names_the_damaged_copies_it_cannot_reach(path: Path) -> None:
    path.write_bytes(b"garbage" * 1_000)
    store = open_store(path)
    assert store.salvage is not None
    assert store.salvage.recovered == 0
    report = purge(store, PurgeScope(everything=True))
    assert report.damaged_copies == (store.salvage.moved_to,)
    assert salvage.damaged_copies(path) == [Path(store.salvage.moved_to)]
    store.close()
