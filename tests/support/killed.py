"""Kill a working child process at random moments, and hear what it had acknowledged before.

Run as a program: a fresh interpreter with one thread, so that forking is safe and each round costs
milliseconds. `python killed.py JOB FOLDER ROUNDS SEED` prints, as JSON, one list per round of the
lines that the child had written when SIGKILL came.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

HERE = Path(__file__).parent


def kill_at_random(job: str, folder: Path, rounds: int, seed: int) -> list[list[str]]:
    """What the child of each round had acknowledged."""
    command = [sys.executable, __file__, job, str(folder), str(rounds), str(seed)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=240)
    acknowledged: list[list[str]] = json.loads(done.stdout)
    return acknowledged


def _append(folder: Path, round_: int) -> Iterator[str]:
    from fd_core.store import open_store

    from support.records import offered

    store = open_store(folder / "events.db")
    for n in itertools.count():
        name = f"{round_}-{n}"
        store.append(offered(name, candidate="x" * 500))
        yield name


def _submit(folder: Path, round_: int) -> Iterator[str]:
    from fd_core.store.background import BackgroundWriter

    from support.records import offered

    writer = BackgroundWriter(folder / "events.db")
    for n in itertools.count():
        names = [f"{round_}-{n}-{i}" for i in range(5)]
        assert all(writer.submit(offered(name)) for name in names)
        if writer.flush(10):
            yield from names


def _spill(folder: Path, round_: int) -> Iterator[str]:
    """The store can't be opened: everything goes to the spill file."""
    from fd_core.errors import StoreError
    from fd_core.store import SqlEventStore
    from fd_core.store.background import BackgroundWriter

    from support.records import offered

    def refuse(_: Path) -> SqlEventStore:
        raise StoreError("away")

    writer = BackgroundWriter(folder / "events.db", open_=refuse)
    for n in itertools.count():
        name = f"{round_}-{n}"
        assert writer.submit(offered(name))
        if writer.flush(10):
            yield name


def _promote(folder: Path, round_: int) -> Iterator[str]:
    from fd_core.registry import FolderRegistry

    from support.adapters import BASE, write_adapter

    registry = FolderRegistry(folder / "adapters")
    for n in itertools.count():
        source = write_adapter(folder / f"trained-{round_}-{n}", f"{round_}-{n}".encode() * 5000)
        adapter = registry.publish(source, BASE, None, {})
        registry.promote(adapter.id)
        yield adapter.id


def _publish(folder: Path, round_: int) -> Iterator[str]:
    from fd_core.registry import FolderRegistry

    from support.adapters import BASE, write_adapter

    registry = FolderRegistry(folder / "adapters")
    for n in itertools.count():
        source = write_adapter(folder / f"trained-{round_}-{n}", f"{round_}-{n}".encode() * 50_000)
        yield registry.publish(source, BASE, None, {}).id


def _queue(folder: Path, round_: int) -> Iterator[str]:
    from fd_core.night import NightQueue
    from fd_core.runs import QueuedGoal

    queue = NightQueue(folder / "night.json")
    for n in itertools.count():
        name = f"{round_}-{n}"
        queue.add(QueuedGoal(name, 1.0, "/p", f"file:///p/{name}.lean", "d", 0, 0))
        yield name


def _ledger(folder: Path, round_: int) -> Iterator[str]:
    """A run that is killed again and again, and goes on in the same ledger."""
    from fd_trainer.audited import Audited
    from fd_trainer.ledger import Ledger

    ledger = Ledger(folder)
    for n in itertools.count():
        names = [f"{round_}-{n}-{i}" for i in range(3)]
        ledger.record_audited({name: Audited("refused", ("x" * 400,)) for name in names})
        yield from names


def _keep_answers(folder: Path, round_: int) -> Iterator[str]:
    """The critic's cache and its journal."""
    from fd_trainer.critic.answer_cache import AnswerCache, key_of
    from fd_trainer.critic.journal import Journal
    from fd_trainer.remark import Material

    cache, journal = AnswerCache(folder / "cache"), Journal(folder / "spent.jsonl")
    for n in itertools.count():
        name = f"{round_}-{n}"
        journal.add({"name": name})
        cache.keep(key_of("test", Material(name, "", ())), (f"answer {name}",))
        yield name


JOBS: dict[str, Callable[[Path, int], Iterator[str]]] = {
    "append": _append, "submit": _submit, "spill": _spill,
    "promote": _promote, "publish": _publish, "queue": _queue, "ledger": _ledger,
    "keep_answers": _keep_answers,
}  # fmt: skip


def _child(job: str, folder: Path, round_: int, pipe: int) -> None:
    for name in JOBS[job](folder, round_):
        os.write(pipe, f"{name}\n".encode())


def _round(job: str, folder: Path, round_: int, chance: random.Random) -> list[str]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            _child(job, folder, round_, writing)
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        # Mostly from its first acknowledgement on; in one of five rounds also while it opens.
        heard = pipe.readline() if chance.random() < 0.8 else b""
        time.sleep(chance.uniform(0, 0.08))
        os.kill(child, signal.SIGKILL)
        heard += pipe.read()
    os.waitpid(child, 0)
    return heard.decode().split()


def main() -> None:
    """Run the rounds."""
    job, folder, rounds, seed = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    chance = random.Random(int(seed))
    print(json.dumps([_round(job, folder, n, chance) for n in range(rounds)]))


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent))
    import fd_core.store.background  # noqa: F401 - loaded once, before the forks

    import support.records  # noqa: F401

    main()
