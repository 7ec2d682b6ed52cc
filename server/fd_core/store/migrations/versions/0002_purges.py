"""Purges go through the append-only triggers; replayed journals are remembered."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create `purges` and `replayed_journals`; let a running purge delete."""
    op.create_table(
        "purges",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("removed", sa.Integer),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "replayed_journals",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.execute("DROP TRIGGER events_no_delete")
    op.execute(
        "CREATE TRIGGER events_no_delete BEFORE DELETE ON events"
        " WHEN NOT EXISTS (SELECT 1 FROM purges WHERE removed IS NULL) BEGIN"
        " SELECT RAISE(ABORT, 'events are append-only'); END"
    )
