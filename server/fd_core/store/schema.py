"""The tables. The migrations make them; a test holds both equal.

One `events` table, not one per kind: the events are one ordered log that the trainer reads with one
cursor, a purge must find all of it in one place, and the kinds will change more often than the
five columns that we look things up by. The event itself is JSON in `payload`, with its version.
`AUTOINCREMENT`: a number once given is never given again, not even after a purge, so that a reader's
cursor stays true. Triggers refuse UPDATE, and DELETE outside a purge. `digest` is of texts that are
kept once (`SourceSeen`): the text above a declaration would otherwise be written with every offer.
"""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, MetaData, Table, Text

metadata = MetaData()

events = Table(
    "events",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False),
    Column("kind", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("project", Text),
    Column("uri", Text),
    Column("suggestion_id", Text),
    Column("payload", Text, nullable=False),
    Column("digest", Text),
    Index("events_by_suggestion", "suggestion_id"),
    Index("events_by_time", "at"),
    Index("events_by_project", "project"),
    Index("events_by_digest", "digest"),
    sqlite_autoincrement=True,
)

purges = Table(
    "purges",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False),
    Column("removed", Integer),
    sqlite_autoincrement=True,
)
"""Every purge: when, and how many events. `removed` is empty while one runs: the DELETE trigger
lets only that transaction through. Never what was purged."""

replayed_journals = Table(
    "replayed_journals",
    metadata,
    Column("name", Text, primary_key=True),
    Column("at", Float, nullable=False),
)
"""Journals whose events are in `events`: a replay that died before the file was removed is not
done twice."""

REVISIONS = ("0001", "0002", "0003")
"""Alembic revisions, oldest first; the last one is ours."""

HEAD = REVISIONS[-1]
