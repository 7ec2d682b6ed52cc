"""Where a run stands: what its status.json says, and whether the process that runs it is there."""

from __future__ import annotations

import json
import os
from pathlib import Path

from fd_core.plain_data import PlainDataError, from_plain
from fd_core.run_folder import RunFolder
from fd_core.runs import RunStatus, Standing

_CLOCK_MARGIN_S = 5.0


def read(folder: Path) -> RunStatus | None:
    """What a run's status.json says; none if it is absent, damaged, or another run's."""
    file = RunFolder(folder).status
    try:
        status = from_plain(RunStatus, json.loads(file.read_bytes()), ignore_unknown=True)
    except (OSError, ValueError, RecursionError, PlainDataError):
        return None
    return status if status.id == folder.name else None


def standing_of(status: RunStatus) -> Standing:
    """What the run says of itself, or "killed" if it can't say anything any more."""
    return "killed" if status.state == "running" and not is_alive(status) else status.state


def is_alive(status: RunStatus) -> bool:
    """Whether the process that runs it is there, and is no later one that got the same number."""
    if status.state != "running" or status.pid <= 0:
        return False
    try:
        os.kill(status.pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return not _dead_or_younger(status.pid, status.changed_at)


def _dead_or_younger(pid: int, changed_at: float) -> bool:
    """Whether a process is a zombie or began after `changed_at`; false where /proc doesn't tell.

    After a restart of the machine small numbers are soon given away again."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        if words[0] in ("Z", "X"):
            return True
        booted = next(
            int(line.split()[1])
            for line in Path("/proc/stat").read_text("ascii", "replace").splitlines()
            if line.startswith("btime ")
        )
        began = booted + int(words[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, StopIteration):
        return False
    return bool(changed_at) and began > changed_at + _CLOCK_MARGIN_S
