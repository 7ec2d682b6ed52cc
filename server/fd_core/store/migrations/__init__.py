"""Alembic migrations of the event store; shipped in the wheel."""
