"""The event log and the triggers that keep it append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TRIGGERS = (
    "CREATE TRIGGER events_no_update BEFORE UPDATE ON events BEGIN"
    " SELECT RAISE(ABORT, 'events are append-only'); END",
    "CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN"
    " SELECT RAISE(ABORT, 'events are append-only'); END",
    # INSERT OR REPLACE would delete without firing the trigger above.
    "CREATE TRIGGER events_no_replace BEFORE INSERT ON events"
    " WHEN EXISTS (SELECT 1 FROM events WHERE sequence = NEW.sequence) BEGIN"
    " SELECT RAISE(ABORT, 'events are append-only'); END",
)


def upgrade() -> None:
    """Create `events`."""
    op.create_table(
        "events",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("project", sa.Text),
        sa.Column("uri", sa.Text),
        sa.Column("suggestion_id", sa.Text),
        sa.Column("payload", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("events_by_suggestion", "events", ["suggestion_id"])
    op.create_index("events_by_time", "events", ["at"])
    op.create_index("events_by_project", "events", ["project"])
    for trigger in _TRIGGERS:
        op.execute(trigger)
