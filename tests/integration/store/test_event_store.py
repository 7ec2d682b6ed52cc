"""The store on a real disk: durable order, append-only, schema, purge, export."""

import io
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fd_core.errors import StoreError
from fd_core.events import (
    Accepted,
    Event,
    Overridden,
    ProofObserved,
    SourceSeen,
    SuggestionResolved,
)
from fd_core.ports import EventStore
from fd_core.store import SqlEventStore, open_store
from fd_core.store import export as exporting
from fd_core.store import reader as store_reader
from fd_core.store.database import create_private
from fd_core.store.purge import PurgeScope, purge
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.records import EVENTS, OFFERED, offered


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlEventStore]:
    opened = open_store(tmp_path / "data" / "events.db")
    yield opened
    opened.close()


def events_of(store: SqlEventStore, after: int = 0) -> list[Event]:
    return [event for _, event in store.since(after)]


@settings(
    max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(st.lists(EVENTS.filter(lambda event: not isinstance(event, SourceSeen)), max_size=5))
def test_events_come_back_in_order_and_equal(store: SqlEventStore, batch: list[Event]) -> None:
    port: EventStore = store
    before = max((n for n, _ in port.since()), default=0)
    one_by_one = [port.append(event) for event in batch]
    at_once = store.append_all(batch)
    assert [*one_by_one, *at_once] == sorted({*one_by_one, *at_once})
    assert events_of(store, before) == [*batch, *batch]


def test_reading_goes_on_over_pages_while_others_write(
    store: SqlEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_reader, "PAGE", 3)
    store.append_all([offered(str(n)) for n in range(7)])
    found = []
    for _, event in store.since(2):
        found.append(event)
        if len(found) == 1:
            store.append(offered("late"))
    assert [getattr(e, "suggestion_id", "") for e in found] == ["2", "3", "4", "5", "6", "late"]


def test_a_batch_is_all_or_none(store: SqlEventStore) -> None:
    with pytest.raises(StoreError, match="rank"):
        store.append_all([offered("a"), offered("b", rank="?")])
    assert events_of(store) == []


def test_files_are_the_owners_alone(store: SqlEventStore) -> None:
    store.append(OFFERED)
    assert store.path.parent.stat().st_mode & 0o777 == 0o700
    modes = {p.name: p.stat().st_mode & 0o777 for p in store.path.parent.iterdir()}
    assert "events.db-wal" in modes
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET payload = '{}'",
        "DELETE FROM events",
        "INSERT OR REPLACE INTO events SELECT * FROM events",
        "INSERT OR REPLACE INTO events (sequence, at, kind, version, payload) VALUES (1,1,'x',1,'')",
    ],
)
def test_the_database_itself_is_append_only(store: SqlEventStore, statement: str) -> None:
    store.append(OFFERED)
    with closing(sqlite3.connect(store.path)) as other:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            other.execute(statement)
        other.commit()
    assert events_of(store) == [OFFERED]


def test_stats_count_what_became_of_each(store: SqlEventStore) -> None:
    store.append_all([offered("a"), offered("b"), offered("c", project="/other", at=5.0)])
    store.append(SuggestionResolved("a", 2_000.0, Accepted()))
    store.append(SuggestionResolved("a", 2_001.0, Overridden("omega")))
    stats = store.stats()
    assert stats.by_decision == {"Overridden": 1, "Unobserved": 2}
    assert stats.by_kind == {"SuggestionOffered": 3, "SuggestionResolved": 2}
    assert stats.by_project == {OFFERED.project: 2, "/other": 1}
    assert (stats.events, stats.first_at, stats.last_at, stats.last_sequence) == (5, 5, 2_001, 5)
    assert stats.size > 0
    assert next(f.decision for f in store.suggestions()) == Overridden("omega")
    assert store.knows("a")
    assert not store.knows("z")


def test_read_only_reads_and_cannot_write(store: SqlEventStore, tmp_path: Path) -> None:
    store.append(OFFERED)
    reader = open_store(store.path, read_only=True)
    assert events_of(reader) == [OFFERED]
    with pytest.raises(StoreError, match="read-only"):
        reader.append(OFFERED)
    reader.close()
    with pytest.raises(StoreError, match="nothing is recorded yet"):
        open_store(tmp_path / "absent.db", read_only=True)
    assert not (tmp_path / "absent.db").exists()


def test_a_store_that_is_just_being_created_holds_nothing_yet(tmp_path: Path) -> None:
    fresh = tmp_path / "fresh.db"
    create_private(fresh)
    with pytest.raises(StoreError, match="nothing is recorded yet"):
        open_store(fresh, read_only=True)


def test_export_of_the_log_and_of_suggestions(store: SqlEventStore, tmp_path: Path) -> None:
    store.append_all([OFFERED, SuggestionResolved("s1", 2.0, Accepted())])
    out = io.StringIO()
    assert exporting.write(store, out) == 2
    first, second = map(json.loads, out.getvalue().splitlines())
    assert (first["sequence"], first["kind"], first["version"]) == (1, "SuggestionOffered", 1)
    assert first["event"]["goals"] == ["n : ℕ\n⊢ n + 0 = n"]
    assert second["event"]["decision"] == {"kind": "Accepted", "partial": False}
    target = tmp_path / "suggestions.jsonl"
    assert exporting.export_file(store, target, "suggestions") == 1
    assert target.stat().st_mode & 0o777 == 0o600
    line = json.loads(target.read_text("utf-8"))
    assert line["offered"]["candidate"] == "simp"
    assert (line["decision"]["kind"], line["decided_at"]) == ("Accepted", 2.0)
    with pytest.raises(StoreError, match="exporting records"):
        exporting.export_file(store, tmp_path / "no" / "folder.jsonl")


SECRET = "cauchy_schwarz_of_my_unpublished_paper"


def _bytes_in(folder: Path, needle: bytes) -> list[str]:
    return [path.name for path in sorted(folder.rglob("*")) if needle in path.read_bytes()]


def _fill(store: SqlEventStore) -> None:
    """Many rows, with the secret in every column that can hold it, across pages and the log."""
    for n in range(60):
        secret = n % 3 == 0
        project = f"/home/user/{SECRET}" if secret else "/home/user/proofs"
        text = SECRET * 40 if secret else "ordinary " * 40
        store.append_all(
            [
                offered(f"{project}-{n}", project=project, uri=f"file://{project}/A.lean",
                        candidate=text, at=float(n)),
                SuggestionResolved(f"{project}-{n}", 500.0 + n, Overridden(text)),
                ProofObserved(float(n), project, f"file://{project}/A.lean", text, text, text, "", True),
            ]
        )  # fmt: skip


@pytest.mark.parametrize("by", ["project", "uri"])
def test_a_purge_by_project_leaves_no_byte(store: SqlEventStore, by: str) -> None:
    _fill(store)
    if by == "uri":  # recorded under another project's name, but inside the folder
        store.append(offered("x", project="", uri=f"file:///home/user/{SECRET}/B.lean"))
    folder = store.path.parent
    assert _bytes_in(folder, SECRET.encode())
    report = purge(store, PurgeScope(project=f"/home/user/{SECRET}"))
    assert report.removed == 60 + (by == "uri")
    assert _bytes_in(folder, SECRET.encode()) == []
    assert store.stats().events == 120
    assert report.held_journals == report.damaged_copies == ()


def test_a_purge_finds_a_project_by_whatever_name_links_give_it(
    store: SqlEventStore, tmp_path: Path
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for name in ("real", "link"):
        folder = tmp_path / name
        store.append(offered(name, project=str(folder), uri=(folder / "A.lean").as_uri()))
        store.append(offered(f"{name}-nameless", project="", uri=(folder / "B.lean").as_uri()))
    escaped = (tmp_path / "real").as_uri().replace("real", "r%65al")
    store.append(offered("escaped", project="", uri=f"{escaped}/C.lean"))
    store.append(offered("other", project=str(tmp_path / "realm"), uri="untitled:1"))
    assert purge(store, PurgeScope(project=str(tmp_path / "real") + "/")).removed == 5
    assert [f.offered.suggestion_id for f in store.suggestions()] == ["other"]


def test_a_purge_by_time_takes_later_decisions_along(store: SqlEventStore) -> None:
    store.append_all([offered("old", at=10.0, candidate=SECRET), offered("new", at=20.0)])
    store.append_all([SuggestionResolved(i, 30.0, Overridden(SECRET + i)) for i in ("old", "new")])
    assert purge(store, PurgeScope(before=15.0)).removed == 2
    assert [f.offered.suggestion_id for f in store.suggestions()] == ["new"]
    assert purge(store, PurgeScope(since=25.0)).removed == 1
    assert events_of(store) == [offered("new", at=20.0)]
    assert _bytes_in(store.path.parent, SECRET.encode()) == []


def test_a_purge_by_id_and_of_everything(store: SqlEventStore) -> None:
    store.append_all([offered("a"), offered("b"), SuggestionResolved("a", 1.0, Accepted())])
    assert purge(store, PurgeScope(suggestion_id="a")).removed == 2
    assert purge(store, PurgeScope(project=OFFERED.project, before=1.0)).removed == 0
    last = store.append(offered("c"))
    assert purge(store, PurgeScope(everything=True)).removed == 2
    assert store.append(offered("d")) > last  # numbers are never given twice
    with pytest.raises(StoreError, match="no project, time or id"):
        purge(store, PurgeScope())


def test_after_a_purge_the_log_is_append_only_again(store: SqlEventStore) -> None:
    store.append_all([offered("a"), offered("b")])
    purge(store, PurgeScope(suggestion_id="a"))
    with closing(sqlite3.connect(store.path)) as other:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            other.execute("DELETE FROM events")
        rows = other.execute("SELECT removed FROM purges").fetchall()
    assert rows == [(1,)]


def test_a_purge_that_a_reader_blocks_says_so_and_can_be_repeated(tmp_path: Path) -> None:
    store = open_store(tmp_path / "events.db", busy_s=0.1)
    store.append(offered("a", candidate=SECRET))
    with closing(sqlite3.connect(store.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM events").fetchone()
        with pytest.raises(StoreError) as caught:
            purge(store, PurgeScope(everything=True))
        assert caught.value.fix
    assert events_of(store) == []
    purge(store, PurgeScope(everything=True))
    assert _bytes_in(tmp_path, SECRET.encode()) == []
    store.close()
