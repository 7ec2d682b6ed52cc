"""Bringing a store to the schema of this version."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect

from fd_core.store.database import writing
from fd_core.store.faults import StoreVersionError
from fd_core.store.schema import HEAD, REVISIONS


def revision_of(connection: Connection, path: Path) -> str | None:
    """The schema's revision, None for an empty file. Raises StoreVersionError if it is not ours."""
    tables = set(inspect(connection).get_table_names())
    if not tables:
        return None
    if "alembic_version" not in tables:
        raise StoreVersionError(
            f"{path} is a database, but not of FD Prover (tables: {', '.join(sorted(tables))})",
            fix="Set store.path to another file.",
        )
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if found is not None and found not in REVISIONS:
        raise StoreVersionError(
            f"{path} was written by a newer FD Prover (schema {found}, this one knows {HEAD})",
            fix="Upgrade fd-prover, or set store.path to another file. Nothing was changed.",
        )
    return str(found) if found is not None else None


def upgrade(engine: Engine, path: Path, to: str = HEAD) -> None:
    """Run the migrations that are missing, all or none."""
    with engine.connect() as connection:
        if revision_of(connection, path) == to:
            return
    with writing(engine).begin() as connection:
        revision_of(connection, path)
        _run_alembic(connection, to)


def _run_alembic(connection: Connection, to: str) -> None:
    # Alembic is loaded only where there is something to migrate: it takes most of a second.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)
