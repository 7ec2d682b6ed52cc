"""Texts above declarations are events that are kept once: found by their digest."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column `digest`, empty in every event there is."""
    op.add_column("events", sa.Column("digest", sa.Text))
    op.create_index("events_by_digest", "events", ["digest"])
