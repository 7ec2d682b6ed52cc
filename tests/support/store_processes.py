"""What other processes do to a store in tests; a module that a spawned child can import."""

from __future__ import annotations

import multiprocessing
import resource
from pathlib import Path

from fd_core.store import open_store
from fd_core.store.background import BackgroundWriter
from fd_core.store.writer_status import WriterStatus

from support.records import offered


def write_many(path: Path, who: str, count: int) -> None:
    """Append one by one."""
    store = open_store(path)
    for n in range(count):
        store.append(offered(f"{who}-{n}"))
    store.close()


def write_under_a_file_limit(path: Path, results: multiprocessing.Queue[object]) -> None:
    """A real refusal by the kernel to let files grow, as quota or a full disk give it."""
    store = open_store(path)
    store.append(offered("before"))
    store.close()
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (120_000, hard))
    said: list[WriterStatus] = []
    writer = BackgroundWriter(path, on_change=said.append)
    for n in range(200):
        writer.submit(offered(f"big-{n}", candidate="x" * 4_000))
    acknowledged_when_full = writer.flush(3)
    full = writer.status
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    results.put((acknowledged_when_full, full, said[0].note, writer.close(60)))
