"""A new run's folder. Its files are named in `fd_core.run_folder`, which front ends read too."""

from __future__ import annotations

import secrets
import time
from pathlib import Path

from fd_core import locations
from fd_core.durable_file import make_private_folder
from fd_core.run_folder import RunFolder


def new_run(root: Path | None = None, now: float | None = None) -> RunFolder:
    """A fresh folder, named by the time it was made and four letters; sorts by age."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
    folder = RunFolder((root or locations.runs_dir()) / f"{stamp}-{secrets.token_hex(2)}")
    make_private_folder(folder.path / "phases")
    return folder


__all__ = ["RunFolder", "new_run"]
