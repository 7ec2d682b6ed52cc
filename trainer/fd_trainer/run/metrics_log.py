"""metrics.jsonl: one line per optimiser step, flushed at once, whole or not at all.

A resumed run goes back to a checkpoint and makes some steps again; their lines are then cut off
first, so that every step has one line. Numbers that are not finite are written as null.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fd_core.durable_file import make_private_folder, replace_file

from fd_trainer.run.errors import RunError


class MetricsLog:
    """Appends steps. Raises RunError when the disk refuses."""

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self.path = path
        self._now = now

    def append(self, step: int, stage: str, metrics: Mapping[str, float]) -> None:
        """One step's line."""
        line: dict[str, Any] = {"step": step, "phase": stage, "at": round(self._now(), 3)}
        line |= {name: _plain(value) for name, value in metrics.items()}
        try:
            make_private_folder(self.path.parent)
            with self.path.open("ab") as file:
                file.write(json.dumps(line, allow_nan=False).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise self._refused(error) from error

    def cut_from(self, step: int) -> None:
        """Forget the lines of this step and later ones, and a last line that was cut."""
        try:
            kept = [line for line in self.lines() if int(line["step"]) < step]
            content = "".join(json.dumps(line) + "\n" for line in kept)
            if self.path.exists():
                replace_file(self.path, content.encode())
        except OSError as error:
            raise self._refused(error) from error

    def lines(self) -> list[dict[str, Any]]:
        """What is there, damaged lines left out."""
        return read_lines(self.path)

    def _refused(self, error: OSError) -> RunError:
        return RunError(
            f"{self.path}: {error.strerror or error}",
            fix="Make room on that disk, then resume the run: its last checkpoint stands.",
        )


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Objects of a JSON lines file, what is damaged left out."""
    found = []
    try:
        content = path.read_bytes()
    except OSError:
        return []
    for line in content.split(b"\n"):
        try:
            table = json.loads(line)
        except ValueError:
            continue
        if isinstance(table, dict):
            found.append(table)
    return found


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None
