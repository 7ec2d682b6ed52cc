"""One engine per project: built when first needed, rebuilt when what it stands on moved."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from fd_core import locations
from fd_core.adapter import Adapter
from fd_core.errors import FdError, RegistryError, ToolchainError
from fd_core.ports import AdapterRegistry, Lean, Policy
from fd_core.settings import Settings

from fd_server.documents import path_of
from fd_server.silence import is_read_only
from fd_server.status import StatusBoard
from fd_server.suggest import Engine

_log = logging.getLogger(__name__)
_RETRY_S, _POINTER_CHECK_S = 10.0, 1.0


@dataclass(frozen=True, slots=True)
class Parts:
    """How to build what the server is made of. Each may raise an FdError."""

    lean: Callable[[Path, Settings], Lean]
    policy: Callable[[Path, Settings, Lean, AdapterRegistry], Policy]
    registry: Callable[[], AdapterRegistry]
    adapters: Callable[[AdapterRegistry], Sequence[Adapter]]
    """All adapters of a registry, newest first: more than the port promises."""


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with its own toolchain and settings, and what thinks for it."""

    root: Path
    engine: Engine


class Engines:
    """All projects that were asked about."""

    def __init__(
        self, parts: Parts, status: StatusBoard, settings: Callable[[Path | None], Settings],
        promoted: Callable[[str | None], None],
    ) -> None:  # fmt: skip
        self._parts, self._status, self._settings = parts, status, settings
        self._promoted = promoted
        self._projects: dict[Path, Project] = {}
        self._refused: dict[Path, float] = {}
        self._building: dict[Path, asyncio.Task[Project | None]] = {}
        self._drops = 0
        self._registry: AdapterRegistry | None = None
        self._served: str | None = None
        self._followed = False
        self._pointer_checked = 0.0
        self.trusted = True

    @property
    def registry(self) -> AdapterRegistry:
        """The adapters on this machine."""
        if self._registry is None:
            self._registry = self._parts.registry()
        return self._registry

    def all(self) -> list[Project]:
        """Every project with an engine."""
        return list(self._projects.values())

    async def of(self, uri: str) -> Project | None:
        """A Lean file's project with its engine; where there is none the status says why.

        Looking for Lean holds up nothing else: elan may fetch a toolchain first.
        """
        path = path_of(uri)
        if path is None or path.suffix != ".lean" or is_read_only(path):
            return None
        root = locations.project_root(path)
        if time.monotonic() - self._refused.get(root, -_RETRY_S) < _RETRY_S:
            return None
        self._follow_pointer()
        return self._projects.get(root) or await self._built(root)

    async def prepare(self, uri: str) -> Project | None:
        """The same ahead of the first question, and though Lean was not found a moment ago."""
        path = path_of(uri)
        if path is None or is_read_only(path):
            return None
        root = locations.project_root(path)
        return self._projects.get(root) or await self._built(root)

    async def _built(self, root: Path) -> Project | None:
        """Built once, however many ask; who is cancelled meanwhile cancels nobody else's wait."""
        if root not in self._building:
            self._building[root] = asyncio.create_task(self._build_and_adopt(root))
        return await asyncio.shield(self._building[root])

    async def _build_and_adopt(self, root: Path) -> Project | None:
        try:
            built, drops = None, -1
            while drops != self._drops:  # else what it was built from has changed meanwhile
                drops = self._drops
                built = await asyncio.to_thread(self._build, root)
            if built is not None:
                self._adopt(*built)
        except FdError as error:
            self._refuse(root, error)
        finally:
            del self._building[root]
        return self._projects.get(root)

    def _build(self, root: Path) -> tuple[Project, str]:
        if not self.trusted:
            raise ToolchainError(
                f"{root.name} is not trusted, and Lean runs what a file says",
                fix="Trust the workspace in the editor.",
            )
        settings = self._settings(root)
        lean = self._parts.lean(root, settings)
        policy = self._parts.policy(root, settings, lean, self.registry)
        return Project(root, Engine(lean, policy, settings)), lean.label

    def _adopt(self, project: Project, label: str) -> None:
        self._projects[project.root] = project
        self._tell(project.engine.policy, project.engine.settings)
        self._status.facts(lean=label)
        self._status.lean_up()

    def _refuse(self, root: Path, error: FdError) -> None:
        self._refused[root] = time.monotonic()
        self._status.lean_down(error)

    def _follow_pointer(self) -> None:
        """Between requests: if another adapter was promoted, serve that one from now on."""
        if time.monotonic() - self._pointer_checked < _POINTER_CHECK_S:
            return
        self._pointer_checked = time.monotonic()
        with suppress(RegistryError):
            promoted = self.registry.promoted()
            served = promoted.id if promoted else None
            if self._followed and served != self._served:
                self.reload_policies()
                self._promoted(served)
            self._served, self._followed = served, True

    def reload_policies(self) -> None:
        """Build every policy anew; work that runs keeps the old one. Raises PolicyError."""
        for root, project in self._projects.items():
            engine = project.engine
            policy = self._parts.policy(root, engine.settings, engine.lean, self.registry)
            self._projects[root] = Project(root, replace(engine, policy=policy))
            self._tell(policy, engine.settings)
        with suppress(RegistryError):
            promoted = self.registry.promoted()
            self._served, self._followed = (promoted.id if promoted else None), True

    def _tell(self, policy: Policy, settings: Settings) -> None:
        version = policy.version
        model = version.base_model if settings.policy.kind != "none" else ""
        self._status.facts(model=model, adapter_id=version.adapter_id or "")

    async def drop(self, root: Path | None = None) -> None:
        """Close engines (all, or one project's): the next request builds them anew."""
        self._refused.clear()
        self._drops += 1
        for known in [root] if root else list(self._projects):
            project = self._projects.pop(known, None)
            if project is not None:
                await _close(project.engine)


async def _close(engine: Engine) -> None:
    """Release processes and connections; a failure there is for the log alone."""
    for part in (engine.policy, engine.lean):
        close = getattr(part, "aclose", None)
        try:
            if close is not None:
                await close()
        except (FdError, OSError) as error:
            _log.warning("closing: %s", error)
