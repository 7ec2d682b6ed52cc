"""The event store: append-only records of what was offered and what became of it.

schema, migrations/, migration   the tables and how they came to be
opening                          create, check, salvage, migrate, or refuse
event_store, reader, folding     append; read in order; what became of each suggestion
journal, sink, background        off the suggestion's path; a spill file when the store is away
recorder, consent                what may be recorded at all
export, purge                    JSON Lines out; really gone
"""

from fd_core.store.event_store import SqlEventStore
from fd_core.store.opening import open_store

__all__ = ["SqlEventStore", "open_store"]
