"""Which run a command means: a new one, one by its id, or the last one that is not finished."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from fd_core import locations
from fd_core.durable_file import make_private_folder, replace_file
from pydantic import ValidationError

from fd_trainer.config.load import merged
from fd_trainer.config.night import NightConfig
from fd_trainer.run.errors import RunError
from fd_trainer.run.folder import RunFolder
from fd_trainer.run.record import RunRecord, RunStatus, read_status

_FREE = ("until",)
"""Keys of [run] that may differ when a run is gone on with."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A run's configuration as it was begun with."""

    night: NightConfig
    preset: str


def folders() -> list[RunFolder]:
    """All runs, newest first."""
    there = [RunFolder(p) for p in locations.runs_dir().glob("*") if (p / "phases").is_dir()]
    return sorted(there, key=lambda folder: folder.id, reverse=True)


def by_id(run_id: str) -> RunFolder:
    """A run by its id or an unmistakable beginning of it. Raises RunError naming what there is."""
    found = [folder for folder in folders() if folder.id.startswith(run_id)]
    exact = [folder for folder in found if folder.id == run_id]
    if len(exact or found) == 1:
        return (exact or found)[0]
    known = ", ".join(folder.id for folder in folders()[:5]) or "none yet"
    what = f"several runs begin with {run_id}" if found else f"no run {run_id}"
    raise RunError(what, fix=f"Known are: {known}.")


def unfinished() -> RunFolder | None:
    """The newest run, if it is not finished."""
    newest = next(iter(folders()), None)
    if newest is None or RunRecord(newest).status.state == "finished":
        return None
    return newest


def to_resume(run_id: str | None) -> RunFolder:
    """The run to go on with. Raises RunError if there is none, or it is finished."""
    folder = by_id(run_id) if run_id else unfinished()
    if folder is None:
        raise RunError("no run is unfinished", fix="Begin one: `fd-trainer run`.")
    if RunRecord(folder).status.state == "finished":
        raise RunError(f"run {folder.id} is finished", fix="Begin a new one: `fd-trainer run`.")
    return folder


def to_go_on_with(night: NightConfig) -> RunFolder | None:
    """The newest run, if it got past its pre-flight, was cut off, and was begun with the same
    configuration: a timer that starts anew each evening goes on with what the morning cut off.

    Not one that was refused or broke: each evening would do the same, and nothing new be collected.
    """
    folder = unfinished()
    if folder is None or not _is_cut_off(RunRecord(folder)):
        return None
    try:
        begun = begun_with(folder)
    except RunError:
        return None
    return folder if digest(begun.night) == digest(night) else None


def _is_cut_off(record: RunRecord) -> bool:
    """Whether there is something to go on with, and a chance to get further."""
    status = record.status
    return "collect" in record.done() and (status.state != "failed" or status.may_pass)


def digest(night: NightConfig) -> str:
    """Of everything that decides what a run does, the deadline apart."""
    table = night.table()
    table["run"] = {key: value for key, value in table["run"].items() if key not in _FREE}
    return hashlib.sha256(json.dumps(table, sort_keys=True).encode()).hexdigest()


def begin(folder: RunFolder, night: NightConfig, preset: str) -> None:
    """Keep the configuration. Raises RunError when the disk refuses."""
    content = json.dumps({"preset": preset, "night": night.table()}, indent=1)
    try:
        make_private_folder(folder.path)
        replace_file(folder.config, content.encode())
    except OSError as error:
        raise RunError(
            f"{folder.config}: {error.strerror or error}", fix="Make room, or set FD_DATA_DIR."
        ) from error


def begun_with(folder: RunFolder, **changes: Any) -> Begun:
    """The configuration a run was begun with, [run] changed where that is allowed."""
    try:
        table = json.loads(folder.config.read_bytes())
        night = NightConfig.model_validate(merged(table["night"], {"run": changes}))
        return Begun(night, str(table["preset"]))
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        raise RunError(
            f"{folder.config} can't be read: {error}", fix="Begin a new run with --new."
        ) from error


def statuses() -> list[tuple[RunFolder, RunStatus]]:
    """Every run with where it stands, newest first."""
    return [(folder, read_status(folder) or RunRecord(folder).status) for folder in folders()]
