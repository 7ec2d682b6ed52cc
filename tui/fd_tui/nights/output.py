"""What runs started from here print: a file each, named by the time and the process."""

from __future__ import annotations

import time
from pathlib import Path

from fd_core import locations
from fd_core.durable_file import make_private_folder
from fd_core.runs import RunStatus

_TAIL = 16_384


def folder() -> Path:
    """Where those files lie."""
    return locations.data_dir() / "run-output"


def new_file() -> Path:
    """A place for what is about to be started. Raises OSError."""
    make_private_folder(folder())
    return folder() / time.strftime("%Y%m%d-%H%M%S.log")


def named_for(path: Path, pid: int) -> Path:
    """The file once its process is known; an open file keeps being written to. Raises OSError."""
    return path.rename(path.with_name(f"{path.stem}-{pid}.log"))


def tail(path: Path, lines: int = 40) -> str:
    """The last lines of a file; nothing where it can't be read."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL))
            text = file.read(_TAIL).decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.rstrip().split("\n")[-lines:])


def last_line(status: RunStatus) -> str:
    """What the process of a run printed last; nothing if it was not started from here."""
    found = sorted(folder().glob(f"*-{status.pid}.log")) if status.pid else []
    return tail(found[-1], 1) if found else ""
