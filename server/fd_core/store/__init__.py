"""The event store: append-only records of what was offered and what became of it."""
