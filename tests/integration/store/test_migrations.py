"""Every earlier schema comes up to date with its rows; a later one is refused untouched."""

import sqlite3
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from fd_core.errors import StoreError
from fd_core.store import migration, open_store
from fd_core.store.codec import to_row
from fd_core.store.database import connect, create_private
from fd_core.store.purge import PurgeScope, purge
from fd_core.store.schema import HEAD, REVISIONS, metadata
from support.records import OFFERED, offered


def test_the_list_of_revisions_is_alembics() -> None:
    config = Config()
    folder = Path(migration.__file__).parent / "migrations"
    config.set_main_option("script_location", str(folder))
    scripts = ScriptDirectory.from_config(config)
    walked = [script.revision for script in scripts.walk_revisions()]
    assert tuple(reversed(walked)) == REVISIONS
    assert scripts.get_current_head() == HEAD


def test_the_migrations_make_the_tables_of_the_schema(tmp_path: Path) -> None:
    store = open_store(tmp_path / "events.db")
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    store.close()


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_store_of_each_revision_opens_with_its_rows(tmp_path: Path, revision: str) -> None:
    path = tmp_path / "events.db"
    create_private(path)
    engine = connect(path)
    migration.upgrade(engine, path, to=revision)
    engine.dispose()
    with closing(sqlite3.connect(path)) as old, old:
        there = {name for _, name, *_ in old.execute("PRAGMA table_info(events)")}
        row = {key: value for key, value in asdict(to_row(OFFERED)).items() if key in there}
        columns = ", ".join(row)
        marks = ", ".join("?" * len(row))
        old.execute(f"INSERT INTO events ({columns}) VALUES ({marks})", tuple(row.values()))
    if revision != HEAD:
        with pytest.raises(StoreError, match="older version"):
            open_store(path, read_only=True)
    store = open_store(path)
    assert [event for _, event in store.since()] == [OFFERED]
    store.append(offered("new"))
    assert purge(store, PurgeScope(suggestion_id="s1")).removed == 1
    store.close()


def test_a_store_of_a_newer_version_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    store = open_store(path)
    store.append(OFFERED)
    store.close()
    with closing(sqlite3.connect(path)) as newer, newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    before = path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(StoreError, match="written by a newer FD Prover") as caught:
            open_store(path, read_only=read_only)
        assert "Upgrade fd-prover" in caught.value.fix
    assert path.read_bytes() == before


def test_somebody_elses_database_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "bookmarks.db"
    with closing(sqlite3.connect(path)) as foreign, foreign:
        foreign.execute("CREATE TABLE bookmarks (url TEXT)")
        foreign.execute("INSERT INTO bookmarks VALUES ('x')")
    with pytest.raises(StoreError, match=r"not of FD Prover \(tables: bookmarks\)"):
        open_store(path)
    with closing(sqlite3.connect(path)) as foreign:
        assert foreign.execute("SELECT url FROM bookmarks").fetchall() == [("x",)]


def test_a_migration_that_fails_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "events.db"
    create_private(path)
    engine = connect(path)
    migration.upgrade(engine, path, to="0001")
    with closing(sqlite3.connect(path)) as old, old:  # in the way of 0002, after its first step
        old.execute("CREATE TABLE replayed_journals (x)")
    with pytest.raises(StoreError):
        open_store(path)
    with closing(sqlite3.connect(path)) as after:
        assert after.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
        tables = {name for (name,) in after.execute("SELECT name FROM sqlite_master")}
    assert "purges" not in tables
    engine.dispose()
