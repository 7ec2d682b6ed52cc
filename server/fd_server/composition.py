"""From settings to parts: which Lean, which policy, which registry this server runs on.

The heavy ones are imported when first built, so that neither `--help` nor `initialize` pays for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fd_core.adapter import Adapter
from fd_core.ports import AdapterRegistry, Lean, Policy
from fd_core.settings import Settings

from fd_server.engines import Parts


def real_parts() -> Parts:
    """What `fd-server` is made of."""
    return Parts(lean=lean_for, policy=policy_for, registry=registry, adapters=adapters)


def lean_for(project: Path, settings: Settings) -> Lean:
    """A project's Lean: live, or recorded if the environment names a recording."""
    from fd_core.lean.opening import open_lean

    return open_lean(project, settings.lean)


def policy_for(project: Path, settings: Settings, lean: Lean, registry: AdapterRegistry) -> Policy:
    """Memory, Lean's automation and the configured model, under one budget."""
    from fd_core.policy.choice import from_settings

    from fd_server.recorded_events import RecordedEvents

    return from_settings(settings, lean, registry, RecordedEvents(settings), project=project)


def registry() -> AdapterRegistry:
    """The adapters on this machine."""
    from fd_core.registry import FolderRegistry

    return FolderRegistry()


def adapters(registry: AdapterRegistry) -> Sequence[Adapter]:
    """All adapters of the registry on disk."""
    from fd_core.registry import FolderRegistry

    return registry.adapters() if isinstance(registry, FolderRegistry) else ()
