"""From settings to parts: which Lean, which policy, which registry this server runs on.

The heavy ones are imported when first built, so that neither `--help` nor `initialize` pays for them.
"""

from __future__ import annotations

import os
from pathlib import Path

from fd_core.ports import AdapterRegistry, Lean, Policy
from fd_core.settings import Settings

from fd_server.workbench import Parts

RECORDED_LEAN = "FD_RECORDED_LEAN"
"""Names a folder of recordings that answers instead of a live Lean; everything is labelled so."""


def real_parts() -> Parts:
    """What `fd-server` is made of."""
    return Parts(lean=lean_for, policy=policy_for, registry=registry)


def lean_for(project: Path, settings: Settings) -> Lean:
    """A project's Lean: live, or recorded if the environment names a recording."""
    if folder := os.environ.get(RECORDED_LEAN):
        from fd_core.lean.recorded import RecordedLean

        return RecordedLean(Path(folder))
    from fd_core.lean.live import LiveLean

    return LiveLean(project, settings.lean)


def policy_for(settings: Settings, lean: Lean, registry: AdapterRegistry) -> Policy:
    """The mixture of Lean's automation and the configured model."""
    from fd_core.policy.choice import from_settings

    return from_settings(settings, lean, registry)


def registry() -> AdapterRegistry:
    """The adapters on this machine."""
    from fd_core.registry import FolderRegistry

    return FolderRegistry()
