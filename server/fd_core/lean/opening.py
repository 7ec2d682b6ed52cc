"""Which Lean a project gets: a live one, a recording, or a live one that is being recorded."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from fd_core.ports import Lean
from fd_core.settings import LeanSettings

PLAY_VARIABLE = "FD_RECORDED_LEAN"
"""Play the recordings in these folders (`os.pathsep` between them); no Lean is started."""
RECORD_VARIABLE = "FD_RECORD_LEAN"
"""Record everything the live Lean says into this folder."""


def open_lean(
    project: Path, settings: LeanSettings, environment: Mapping[str, str] = os.environ
) -> Lean:
    """A project's Lean; starts nothing. Raises LeanError for a recording that can't be used."""
    if folders := environment.get(PLAY_VARIABLE):
        from fd_core.lean.recorded import RecordedLean

        return RecordedLean(*map(Path, folders.split(os.pathsep)))
    from fd_core.lean.audit_project import ProjectAuditor
    from fd_core.lean.live import LiveLean

    live = LiveLean(project, settings, ProjectAuditor(project, settings))
    if folder := environment.get(RECORD_VARIABLE):
        from fd_core.lean.recording import RecordingLean

        return RecordingLean(live, Path(folder))
    return live
