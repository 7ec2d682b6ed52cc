"""From a configuration to a finished night: lock, folder, parts, phases."""

from __future__ import annotations

import asyncio
from pathlib import Path

from fd_core import settings
from fd_core.registry import FolderRegistry

from fd_trainer.config.night import NightConfig
from fd_trainer.run import choosing
from fd_trainer.run.clock import Deadline, MachineClock
from fd_trainer.run.composition import RealParts
from fd_trainer.run.folder import RunFolder, new_run
from fd_trainer.run.interruption import Interruption, user_at_editor
from fd_trainer.run.leaving import Leaving
from fd_trainer.run.night import Night, night_lock
from fd_trainer.run.quiet import quieten
from fd_trainer.run.record import RunRecord
from fd_trainer.run.screen import Screen
from fd_trainer.run.stand import Stand
from fd_trainer.run.team import Team, follows, joined_team
from fd_trainer.run.turns import in_turn


def launch(
    folder: RunFolder | None, night: NightConfig, preset: str, screen: Screen
) -> tuple[str, str | None]:
    """Run a night to its end; (verdict, where the report lies). Raises FdError: LockedError when
    another run is under way, InterruptedRunError when asked to go.

    Under torchrun, ranks other than the first do their share and have no verdict: ("", None).
    """
    quieten()
    team = joined_team(night.model)
    if team is not None and follows():
        team.follow()
        return "", None
    try:
        return _led(folder, night, preset, screen, team)
    finally:
        if team is not None:
            team.dismiss()


def _led(
    folder: RunFolder | None, night: NightConfig, preset: str, screen: Screen, team: Team | None
) -> tuple[str, str | None]:
    with night_lock(folder.id if folder else "that just begins"):
        if folder is None:
            folder = new_run()
            choosing.begin(folder, night, preset)
        folder.stop.unlink(missing_ok=True)
        parts = RealParts(night, folder, FolderRegistry(), screen, team)
        stand = _stand(folder, night, preset, screen, parts)
        screen.say(f"run {folder.id}, {stand.leaving.deadline.words()}")
        work = Night(stand, written_report).run
        verdict = asyncio.run(in_turn(night, settings.load(), parts, work, screen.say))
        return verdict, stand.record.status.report


def written_report(folder: Path) -> str | None:
    """The morning report, made from the run's files."""
    from fd_trainer.report.page import write_report

    return write_report(folder).report


def _stand(
    folder: RunFolder, night: NightConfig, preset: str, screen: Screen, parts: RealParts
) -> Stand:
    deadline = Deadline.at(night.run.until, MachineClock())
    record = RunRecord(folder)
    record.change(state="running", until=night.run.until, preset=preset, reason="")
    return Stand(
        config=night,
        preset=preset,
        folder=folder,
        record=record,
        parts=parts,
        leaving=Leaving(_interruption(folder, night), deadline),
        screen=screen,
        registry_get=parts.registry.get,
    )


def _interruption(folder: RunFolder, night: NightConfig) -> Interruption:
    if not night.run.yield_to_user:
        return Interruption(folder.stop)
    return Interruption(folder.stop, user_at_editor(night.data, settings.load().store))
