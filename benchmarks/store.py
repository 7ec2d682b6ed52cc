"""What recording costs: `submit` on the suggestion's path, `append` beside plain sqlite3.

`python benchmarks/store.py [--events 2000] [--folder DIR]`. All in one run on one disk; read the
ratios. The plain sqlite3 row has the same durability (WAL, synchronous=FULL) and the same payload.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from fd_core.events import SuggestionOffered
from fd_core.store import open_store
from fd_core.store.background import BackgroundWriter
from fd_core.store.codec import to_row

EVENT = SuggestionOffered(
    suggestion_id="", at=0.0, project="/home/user/proofs", uri="file:///home/user/proofs/A.lean",
    document_version=1, line=10, column=2, declaration="Nat.foo", state_digest="0" * 32,
    environment="0" * 32, goals=("a b c : ℕ\nh : a ≤ b\n⊢ a + c ≤ b + c",) * 3,
    candidate="exact Nat.add_le_add_right h c", origin="portfolio", base_model="m", adapter_id="",
    prompt_format="fd-tactic-1", logprob=-1.5, verdict="Closed", after=(), milliseconds=12.0,
    heartbeats=40, rank=0, surface="inline", latency_ms=180.0,
)  # fmt: skip


def timed(action: Callable[[SuggestionOffered], object], count: int) -> list[float]:
    """Milliseconds of each call."""
    spent = []
    for n in range(count):
        event = replace(EVENT, suggestion_id=f"s{n}", at=float(n))
        start = time.perf_counter()
        action(event)
        spent.append((time.perf_counter() - start) * 1_000)
    return spent


def row(name: str, spent: list[float], base: float) -> str:
    """One line of the table: median, 99th percentile, ratio of medians to plain sqlite3."""
    median, p99 = statistics.median(spent), statistics.quantiles(spent, n=100)[98]
    return f"| {name} | {median:.3f} | {p99:.3f} | {median / base:.2f} |"


def plain(folder: Path) -> Callable[[SuggestionOffered], object]:
    """The least that can be done: one INSERT per transaction through the standard library."""
    connection = sqlite3.connect(folder / "plain.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE events (sequence INTEGER PRIMARY KEY, payload TEXT)")
    sql = "INSERT INTO events (payload) VALUES (?)"
    return lambda event: connection.execute(sql, (json.dumps(asdict(event)),))


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=2_000)
    parser.add_argument("--folder", type=Path, help="On the disk to measure; default: temporary.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        print(table(Path(name), arguments.events))


def table(folder: Path, count: int) -> str:
    """The table, in Markdown."""
    direct = timed(plain(folder), count)
    store = open_store(folder / "direct.db")
    appended = timed(store.append, count)
    store.close()
    writer = BackgroundWriter(folder / "background.db", capacity=2 * count)
    start = time.perf_counter()
    submitted = timed(writer.submit, count)
    flushed = writer.flush(600)
    per_event = (time.perf_counter() - start) * 1_000 / count
    writer.close()
    encoded = timed(to_row, count)
    base = statistics.median(direct)
    lines = [
        f"{count} events, milliseconds each; all acknowledged: {flushed}",
        "| what | p50 | p99 | p50 against plain |",
        "|---|---|---|---|",
        row("plain sqlite3, one INSERT per commit", direct, base),
        row("`SqlEventStore.append` (durable on return)", appended, base),
        row("`BackgroundWriter.submit` (what a suggestion waits)", submitted, base),
        row("encoding alone", encoded, base),
        f"| submit to acknowledged, mean over the batch | {per_event:.3f} | | {per_event / base:.2f} |",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
