"""What a run has done, on disk: one file per finished phase, and status.json for who looks on.

The phases' files are the truth. status.json can be lost or damaged (it is made anew from them);
front ends read it as `fd_core.runs.RunSummary`, or whole as `RunStatus`.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from fd_core import run_status
from fd_core.durable_file import make_private_folder, replace_file
from fd_core.plain_data import to_plain
from fd_core.runs import PHASES, Phase, RunState, RunStatus

from fd_trainer.run.errors import RunError
from fd_trainer.run.folder import RunFolder


@dataclass(slots=True)
class RunRecord:
    """Reads and writes the records of one run; the holder of the night's lock alone writes."""

    folder: RunFolder
    now: Callable[[], float] = time.time
    status: RunStatus = field(init=False)

    def __post_init__(self) -> None:
        self.status = read_status(self.folder) or self._rebuilt()

    def done(self) -> tuple[Phase, ...]:
        """Finished phases, in order. A phase whose predecessor is not recorded does not count."""
        finished = []
        for phase in PHASES:
            if self.found(phase) is None:
                break
            finished.append(phase)
        return tuple(finished)

    def found(self, phase: Phase) -> dict[str, Any] | None:
        """What a phase wrote; none if it is not done, or its file is damaged (it is done again)."""
        try:
            table = json.loads(self.folder.phase(phase).read_bytes())
        except (OSError, ValueError):
            return None
        return table if isinstance(table, dict) else None

    def finish(self, phase: Phase, found: Mapping[str, Any]) -> None:
        """Record a phase as done, durably. Raises RunError when the disk refuses."""
        path = self.folder.phase(phase)
        content = json.dumps(dict(found), indent=1, ensure_ascii=False, allow_nan=True)
        self._write(path, content)

    def change(self, **fields: Any) -> None:
        """Rewrite status.json with these fields changed."""
        fields = {"changed_at": self.now(), "pid": os.getpid(), **fields}
        self.status = replace(self.status, **fields)
        self._write(self.folder.status, json.dumps(to_plain(self.status), indent=1))

    def _write(self, path: Path, content: str) -> None:
        try:
            make_private_folder(path.parent)
            replace_file(path, content.encode("utf-8", "surrogatepass"))
        except OSError as error:
            raise RunError(
                f"{path}: {error.strerror or error}",
                fix=f"Make room and the folder writable, then `fd-trainer run --resume {self.folder.id}`.",
            ) from error

    def _rebuilt(self) -> RunStatus:
        """A status from the phases' files, where status.json tells nothing."""
        done = self.done()
        phase = PHASES[min(len(done), len(PHASES) - 1)]
        try:
            started = self.folder.path.stat().st_mtime
        except OSError:
            started = self.now()
        if (begun := self.found("preflight")) is not None:
            started = float(begun.get("started_at", started))
        state: RunState = "finished" if len(done) == len(PHASES) else "interrupted"
        return RunStatus(self.folder.id, phase, started, state=state)


def read_status(folder: RunFolder) -> RunStatus | None:
    """What status.json says; none if it is absent, damaged, or another run's."""
    return run_status.read(folder.path)


def as_table(status: RunStatus) -> dict[str, Any]:
    """For `--json`."""
    return asdict(status)


__all__ = ["RunRecord", "RunStatus", "as_table", "read_status"]
