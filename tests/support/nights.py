"""A whole night on fake parts, ready to run, for tests of the phase machine."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fd_core.registry import FolderRegistry
from fd_trainer.config.load import merged
from fd_trainer.config.night import NightConfig
from fd_trainer.config.presets import preset_table
from fd_trainer.run.clock import Clock, Deadline, MachineClock
from fd_trainer.run.folder import RunFolder, new_run
from fd_trainer.run.interruption import Interruption
from fd_trainer.run.leaving import Leaving
from fd_trainer.run.night import Night
from fd_trainer.run.record import RunRecord
from fd_trainer.run.screen import Screen
from fd_trainer.run.stand import Stand

from support.adapters import BASE
from support.night_parts import FakeParts


@dataclass
class FakeNight:
    """What a test looks at."""

    night: Night
    stand: Stand
    parts: FakeParts
    out: io.StringIO
    interruption: Interruption

    async def run(self) -> str:
        return await self.night.run()


def config(**sections: Any) -> NightConfig:
    """The tiny preset with changes."""
    fixed = {"model": {"base": BASE}, "run": {"retry_s": 0.001, "steps": 8}}
    return NightConfig.model_validate(merged(preset_table("tiny"), fixed, sections))


def no_report(folder: Path) -> str | None:
    return str(folder / "report.html")


def fake_night(
    root: Path,
    folder: RunFolder | None = None,
    *,
    clock: Clock | None = None,
    seconds: float | None = None,
    settings: NightConfig | None = None,
    **faults: Any,
) -> FakeNight:
    """A new run below `root`, or the run of a folder gone on with."""
    folder = folder or new_run(root / "runs")
    registry = FolderRegistry(root / "adapters")
    parts = FakeParts(folder, registry, **faults)
    clock = clock or MachineClock()
    deadline = Deadline.after(seconds, clock) if seconds is not None else Deadline(clock)
    interruption = Interruption(folder.stop)
    out = io.StringIO()
    stand = Stand(
        settings or config(), "tiny", folder, RunRecord(folder), parts,
        Leaving(interruption, deadline), Screen(out), registry.get,
    )  # fmt: skip
    return FakeNight(Night(stand, no_report), stand, parts, out, interruption)
