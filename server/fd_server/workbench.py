"""What all features share: the client, its documents, one engine per project, and the status.

Owns life and death of the engines. Knows nothing of single LSP methods; how the parts are built is
`composition.py`'s business, and a test's.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fd_core import locations
from fd_core.errors import FdError, LeanError, RegistryError, ToolchainError
from fd_core.events import Event
from fd_core.ports import AdapterRegistry, Lean, Policy
from fd_core.settings import TRUSTED_ONLY, Settings, load

from fd_server.client import Client
from fd_server.documents import Documents, path_of
from fd_server.editor_goals import EditorGoals
from fd_server.offers import Offers
from fd_server.position import PositionEncoding
from fd_server.records import Records
from fd_server.silence import is_read_only
from fd_server.status import StatusBoard
from fd_server.suggest import Engine, Suggester

_log = logging.getLogger(__name__)
_RETRY_S, _POINTER_CHECK_S = 10.0, 1.0


@dataclass(frozen=True, slots=True)
class Parts:
    """How to build what the server is made of. Each may raise an FdError."""

    lean: Callable[[Path, Settings], Lean]
    policy: Callable[[Settings, Lean, AdapterRegistry], Policy]
    registry: Callable[[], AdapterRegistry]


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with its own toolchain and settings, and what thinks for it."""

    root: Path
    engine: Engine


class Workbench:
    """One per server."""

    def __init__(self, parts: Parts, status: StatusBoard) -> None:
        self.parts, self.status = parts, status
        self.client = Client()
        self.documents = Documents()
        self.goals = EditorGoals()
        self.suggester = Suggester(status, self.goals)
        self.records = Records(self.settings_for(None))
        self.offers = Offers(self.record)
        self.client_settings: dict[str, Any] = {}
        self._projects: dict[Path, Project] = {}
        self._refused: dict[Path, float] = {}
        self._registry: AdapterRegistry | None = None
        self._served: str | None = None
        self._pointer_checked = 0.0

    @property
    def encoding(self) -> PositionEncoding:
        """How the client counts."""
        return self.documents.encoding

    def welcome(self, client: Client) -> None:
        """A client said `initialize`."""
        self.client = client
        self.documents.encoding = PositionEncoding(client.encoding)
        self.configure(client.options.settings)

    def configure(self, settings: Mapping[str, Any]) -> None:
        """Take the client's settings. Raises SettingsError and keeps the old ones if they are wrong."""
        given = dict(settings)
        if not self.client.options.trusted:
            given = _without_trusted(given)
        loaded = load(None, overrides=given)
        self.client_settings = given
        self.records.configure(loaded)
        logging.getLogger("fd_server").setLevel(loaded.log_level.upper())
        logging.getLogger("fd_core").setLevel(loaded.log_level.upper())

    def settings_for(self, root: Path | None) -> Settings:
        """Settings of a project, or the user's own."""
        return load(root, overrides=getattr(self, "client_settings", {}))

    @property
    def registry(self) -> AdapterRegistry:
        """The adapters on this machine."""
        if self._registry is None:
            self._registry = self.parts.registry()
        return self._registry

    def project_of(self, uri: str) -> Project | None:
        """A Lean file's project with its engine; where there is none the status says why."""
        path = path_of(uri)
        if path is None or path.suffix != ".lean" or is_read_only(path):
            return None
        root = locations.project_root(path)
        if time.monotonic() - self._refused.get(root, -_RETRY_S) < _RETRY_S:
            return None
        if root not in self._projects:
            try:
                self._projects[root] = self._open(root)
            except FdError as error:
                self._refused[root] = time.monotonic()
                self.status.lean_down(error)
                return None
        self._follow_pointer()
        return self._projects[root]

    def projects(self) -> list[Project]:
        """Every project with an engine."""
        return list(self._projects.values())

    def _open(self, root: Path) -> Project:
        if not self.client.options.trusted:
            raise ToolchainError(
                f"{root.name} is not trusted, and Lean runs what a file says",
                fix="Trust the workspace in the editor.",
            )
        settings = self.settings_for(root)
        lean = self.parts.lean(root, settings)
        policy = self._policy(settings, lean)
        self.status.facts(model=policy.version.base_model, lean=lean.label)
        return Project(root, Engine(lean, policy, settings))

    def _policy(self, settings: Settings, lean: Lean) -> Policy:
        return self.parts.policy(settings, lean, self.registry)

    def _follow_pointer(self) -> None:
        """Between requests: if another adapter was promoted, serve that one from now on."""
        if time.monotonic() - self._pointer_checked < _POINTER_CHECK_S:
            return
        self._pointer_checked = time.monotonic()
        with suppress(RegistryError):
            promoted = self.registry.promoted()
            served = promoted.id if promoted else None
            if served != self._served:
                self._served = served
                self.reload_policies()

    def reload_policies(self) -> None:
        """Build every policy anew; work that runs keeps the old one."""
        for root, project in self._projects.items():
            engine = project.engine
            policy = self._policy(engine.settings, engine.lean)
            self._projects[root] = Project(root, replace(engine, policy=policy))
            version = policy.version
            self.status.facts(model=version.base_model, adapter_id=version.adapter_id or "")

    async def drop(self, root: Path | None = None) -> None:
        """Close engines (all, or one project's): the next request builds them anew."""
        self.suggester.stop_all()
        self._refused.clear()
        for known in [root] if root else list(self._projects):
            project = self._projects.pop(known, None)
            if project is not None:
                await close_quietly(project.engine.lean)

    def record(self, event: Event) -> None:
        """Write an event off the path, if it may be written."""
        self.records.record(event)

    async def aclose(self) -> None:
        """End everything."""
        self.suggester.stop_all()
        await self.drop()
        await asyncio.to_thread(self.records.close)


async def close_quietly(lean: Lean) -> None:
    """Release Lean's processes; a failure there is for the log alone."""
    try:
        await lean.aclose()
    except (LeanError, OSError) as error:
        _log.warning("closing Lean: %s", error)


def _without_trusted(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings that an untrusted workspace may set."""
    kept: dict[str, Any] = {}
    for section, table in settings.items():
        if isinstance(table, Mapping):
            kept[section] = {k: v for k, v in table.items() if f"{section}.{k}" not in TRUSTED_ONLY}
        elif section != "trusted_projects":
            kept[section] = table
    return kept
