"""What an audit needs to know of a project: the real `lean`, search path, options, sandbox.

With Lake, the search path is what `lake env` says, and the options are what `lake setup-file` tells
Lean's own server; if Lake can't say, none are used. Building is never started.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from fd_core.errors import ToolchainError
from fd_core.proof import Document
from fd_core.settings import LeanSettings
from fd_core.suggestion import AuditResult, AuditUndecided

from .audit import FreshAuditor
from .audit_process import LeanCommand
from .sandbox import FIX, Sandbox, look_for_sandbox
from .toolchain import Toolchain, find_toolchain

_ANSWER_S = 120.0
_LAKEFILES = ("lakefile.lean", "lakefile.toml")
_PRINT_PATH = (sys.executable, "-I", "-c", "import os; print(os.environ.get('LEAN_PATH', ''))")
_LOG = logging.getLogger(__name__)


class ProjectAuditor:
    """Audits one project's files; looks for Lean at the first audit. Implements `ports.Auditor`."""

    def __init__(
        self,
        project: Path,
        settings: LeanSettings | None = None,
        toolchain: Toolchain | None = None,
    ) -> None:
        self._project = project
        self._settings = settings or LeanSettings()
        self._toolchain = toolchain
        self._auditor: FreshAuditor | None = None
        self._starting = asyncio.Lock()

    async def audit(self, challenge: Document, solution: Document, declaration: str) -> AuditResult:
        """Compare `solution` with `challenge` (the same file, proof open) for one declaration."""
        return (await self.audit_many(challenge, [solution], declaration))[0]

    async def audit_many(
        self, challenge: Document, solutions: Sequence[Document], declaration: str
    ) -> list[AuditResult]:
        """The same for several solutions of one challenge."""
        try:
            auditor = await self._ready()
        except ToolchainError as error:
            return [AuditUndecided(declaration, str(error), 0)] * len(solutions)
        return await auditor.audit_many(challenge, solutions, declaration)

    async def aclose(self) -> None:
        """Remove what was compiled. Safe to call twice."""
        if self._auditor is not None:
            await self._auditor.aclose()
            self._auditor = None

    async def _ready(self) -> FreshAuditor:
        async with self._starting:
            if self._auditor is None:
                command = await lean_command(self._project, self._settings, self._toolchain)
                self._auditor = FreshAuditor(command, self._settings)
            return self._auditor


async def lean_command(
    project: Path, settings: LeanSettings | None = None, toolchain: Toolchain | None = None
) -> LeanCommand:
    """The `lean` to run for a project, sandboxed by the settings.

    Raises ToolchainError if there is none, or no sandbox where one is required.
    """
    if toolchain is None:
        search = await asyncio.to_thread(find_toolchain, project, settings)
        toolchain = search.require()
    # elan's proxy goes by its working directory, and ours lies outside the project.
    prefix = await _ask(project, [str(toolchain.lean), "--print-prefix"])
    lean = Path((prefix or "").strip()) / "bin" / toolchain.lean.name
    if prefix is None or not lean.exists():
        lean = toolchain.lean
    sandbox = await sandbox_for(lean, settings or LeanSettings())
    if toolchain.lake is None or not any((project / name).exists() for name in _LAKEFILES):
        path = _paths(project, os.environ.get("LEAN_PATH", ""))
        return LeanCommand(lean, path, sandbox=sandbox)
    lake = str(toolchain.lake)
    path = _paths(project, await _ask(project, [lake, "env", *_PRINT_PATH]) or "")
    return LeanCommand(lean, path, await _options(project, lake), sandbox)


async def sandbox_for(lean: Path | None, settings: LeanSettings) -> Sandbox | None:
    """What the settings ask for, tried with this `lean`.

    Raises ToolchainError if it is required and can't be had.
    """
    if settings.sandbox == "off":
        return None
    found = await asyncio.to_thread(look_for_sandbox, lean)
    if isinstance(found, Sandbox):
        return found
    if settings.sandbox == "required":
        raise ToolchainError(f"no sandbox for audits: {found.reason}", fix=f"{FIX}.")
    _LOG.warning("audits run without a sandbox: %s", found.reason)
    return None


async def _options(project: Path, lake: str) -> tuple[str, ...]:
    file = str(project / "FdAudited.lean")
    answer = await _ask(
        project, [lake, "--no-build", "setup-file", file, "-"], b'{"imports":[],"isModule":false}'
    )
    try:
        setup = json.loads(answer or "{}")
        options = [f"-D{name}={_value(value)}" for name, value in setup.get("options", {}).items()]
        plugins = [f"--plugin={plugin}" for plugin in setup.get("plugins", [])]
        libraries = [f"--load-dynlib={library}" for library in setup.get("dynlibs", [])]
    except (ValueError, AttributeError, TypeError):
        return ()
    return (*options, *libraries, *plugins)


def _value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _paths(project: Path, text: str) -> tuple[Path, ...]:
    return tuple(project / part for part in text.strip().split(os.pathsep) if part)


async def _ask(project: Path, command: Sequence[str], given: bytes = b"") -> str | None:
    """What a program of the toolchain answers; None if it fails or does not answer."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=project,
        )
    except OSError:
        return None
    try:
        answer, _ = await asyncio.wait_for(process.communicate(given), _ANSWER_S)
    except TimeoutError:
        process.kill()
        await process.wait()
        return None
    return answer.decode("utf-8", "replace") if process.returncode == 0 else None
