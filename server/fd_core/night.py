"""The night as front ends see it: goals queued for it, and the runs there were.

The queue is one small JSON file, rewritten whole under a lock: a queued goal is there or not, never
half, and what `add` returned for survives a power cut. Runs are read from `runs/<id>/status.json`,
which the trainer writes.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fd_core import file_lock, locations
from fd_core.durable_file import make_private_folder, replace_file
from fd_core.errors import StoreError
from fd_core.plain_data import PlainDataError, from_plain, to_plain
from fd_core.runs import QueuedGoal, RunSummary

log = logging.getLogger(__name__)


def new_goal_id() -> str:
    """A fresh id for a goal to queue."""
    return uuid.uuid4().hex[:16]


@dataclass(frozen=True, slots=True)
class _Queue:
    goals: tuple[QueuedGoal, ...] = ()


class NightQueue:
    """Goals to be tried tonight, shared by editors, terminals and the trainer."""

    def __init__(self, path: Path | None = None, *, wait_s: float = 10.0) -> None:
        self.path = path or locations.data_dir() / "night.json"
        self._wait_s = wait_s

    def goals(self) -> tuple[QueuedGoal, ...]:
        """What is queued, oldest first. Raises StoreError if the file can't be read."""
        try:
            return from_plain(_Queue, json.loads(self.path.read_bytes())).goals
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise StoreError(f"{self.path}: {error}", fix="Make the file readable.") from error
        except (PlainDataError, ValueError) as error:
            raise StoreError(
                f"{self.path} is no queue: {error}", fix="Move that file away and queue anew."
            ) from error

    def add(self, goal: QueuedGoal) -> QueuedGoal:
        """Queue a goal; one of the same file, declaration and line that is there already stays."""
        kept = [goal]

        def change(goals: tuple[QueuedGoal, ...]) -> tuple[QueuedGoal, ...]:
            for other in goals:
                if _place(other) == _place(goal):
                    kept[0] = other
                    return goals
            return (*goals, goal)

        self._change(change)
        return kept[0]

    def remove(self, goal_id: str) -> bool:
        """Take a goal out; False if it is not there."""
        return self._keep(lambda goal: goal.id != goal_id) > 0

    def purge(self, project: str) -> int:
        """Take all goals of a project out; returns how many."""
        return self._keep(lambda goal: goal.project.rstrip("/") != project.rstrip("/"))

    def _keep(self, wanted: Callable[[QueuedGoal], bool]) -> int:
        removed: list[QueuedGoal] = []

        def change(goals: tuple[QueuedGoal, ...]) -> tuple[QueuedGoal, ...]:
            removed.extend(goal for goal in goals if not wanted(goal))
            return tuple(goal for goal in goals if wanted(goal))

        if self.path.exists():
            self._change(change)
        return len(removed)

    def _change(self, change: Callable[[tuple[QueuedGoal, ...]], tuple[QueuedGoal, ...]]) -> None:
        with self._locked():
            before = self.goals()
            after = change(before)
            if after != before:
                content = json.dumps(to_plain(_Queue(after)), ensure_ascii=True, indent=1)
                replace_file(self.path, content.encode())

    @contextmanager
    def _locked(self) -> Iterator[None]:
        lock = self.path.with_name(self.path.name + ".lock")
        try:
            make_private_folder(self.path.parent)
            with file_lock.hold(lock, "changing the queue for the night", wait_s=self._wait_s):
                yield
        except file_lock.LockedError as error:
            raise StoreError(error.what, fix=error.fix) from error
        except OSError as error:
            raise StoreError(
                f"{self.path}: {error.strerror or error}",
                fix="Make the folder writable and see that the disk has space.",
            ) from error


def runs(folder: Path | None = None) -> tuple[RunSummary, ...]:
    """All runs, newest first. One that can't be read (being written, foreign) is left out."""
    found = [
        read_run(path.parent) for path in (folder or locations.runs_dir()).glob("*/status.json")
    ]
    return tuple(sorted(filter(None, found), key=lambda run: -run.started_at))


def read_run(folder: Path) -> RunSummary | None:
    """One run's summary; none if there is nothing to read yet."""
    file = folder / "status.json"
    try:
        return from_plain(RunSummary, json.loads(file.read_bytes()), ignore_unknown=True)
    except (OSError, ValueError, PlainDataError) as error:
        log.info("%s left out: %s", file, error)
        return None


def _place(goal: QueuedGoal) -> tuple[str, str, int]:
    return goal.uri, goal.declaration, goal.line
