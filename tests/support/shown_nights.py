"""Run folders as a night leaves them, for what shows nights."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from fd_core.plain_data import to_plain
from fd_core.runs import PHASES, RunStatus
from fd_trainer.report.page import write_report

from support.sample_night import write_night


def put_status(folder: Path, **fields: Any) -> None:
    """The run's status file, as its night writes it."""
    given = {"id": folder.name, "phase": "train", "started_at": 1e9, "pid": os.getpid(),
             "changed_at": time.time()}  # fmt: skip
    (folder / "phases").mkdir(parents=True, exist_ok=True)
    (folder / "status.json").write_text(json.dumps(to_plain(RunStatus(**given | fields))))


def reported(runs: Path, name: str = "20260102-000000-bbbb", **fields: Any) -> Path:
    """A night that ended with its report."""
    folder = write_night(runs / name)
    write_report(folder)
    for phase in PHASES:
        (folder / "phases").mkdir(exist_ok=True)
        (folder / "phases" / f"{phase}.json").write_text('{"took_s": 3}')
    given = {"state": "finished", "phase": "promote", "started_at": 2e9, "step": 60,
             "verdict": "promoted: it rose"}  # fmt: skip
    put_status(folder, **given | fields)
    return folder
