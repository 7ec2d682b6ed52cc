"""Alembic's environment: runs on the connection that `store.migration` hands over, in its transaction."""

from alembic import context

from fd_core.store.schema import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
context.run_migrations()
